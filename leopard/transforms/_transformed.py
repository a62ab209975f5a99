"""What a transform returns: a function that is called, and can be pickled, as the given one can."""

import functools
import sys
import types


class Transformed(functools.partial):
    """A transformed function.

    It is called as the function that was given, and as a method it is bound as that is. A pickle of it holds
    the transform by its name and what it was called with.

    Attributes
    ----------
    __wrapped__ : callable
        The function that was given.
    made : tuple
        (transform, args, kwargs): the call that returned this.
    """

    def __get__(self, instance, owner=None):
        return self if instance is None else types.MethodType(self, instance)

    def __reduce__(self):
        return name_in_place_of(self, self.__wrapped__) or (_made_again, self.made)

    def __repr__(self):
        return f"<{self.__name__}>"


def name_in_place_of(made, f):
    """The name by which pickle finds what a decorator has put in the place of f, or None where it has not."""
    found, name = sys.modules.get(getattr(f, "__module__", None)), getattr(f, "__qualname__", "")
    for part in name.split("."):
        found = getattr(found, part, None)
    return name if found is made else None


def _made_again(transform, args, kwargs):
    return transform(*args, **kwargs)


def transform(make):
    """Decorate a function that returns a `Transformed`: what it returns keeps the call, to be pickled by."""

    @functools.wraps(make)
    def made(*args, **kwargs):
        transformed = make(*args, **kwargs)
        transformed.made = made, args, kwargs
        return transformed

    return made


def dressed(function, f, name=None):
    """The `Transformed` of a function that calls f: named as f is, or as ``name(f)``."""
    transformed = Transformed(function)
    functools.update_wrapper(transformed, f)
    if not hasattr(transformed, "__name__"):
        transformed.__name__ = type(f).__name__
    if name is not None:
        transformed.__name__ = transformed.__qualname__ = f"{name}({transformed.__name__})"
    return transformed
