"""The functions that transforms return: callable, bindable and picklable like the function that was given."""

import functools
import sys
import types


class Transformed(functools.partial):
    """A transformed function.

    It has the signature of the function that was given, and can be a method, too. A pickle of it holds the
    name of the transform and the arguments that the transform was called with.

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
    """The name of f, where `made` has replaced f in its module, as a decorator does; else None."""
    found, name = sys.modules.get(getattr(f, "__module__", None)), getattr(f, "__qualname__", "")
    for part in name.split("."):
        found = getattr(found, part, None)
    return name if found is made else None


def _made_again(transform, args, kwargs):
    return transform(*args, **kwargs)


def transform(make):
    """A decorator for functions that return a `Transformed`, which then keeps the call for its pickle."""

    @functools.wraps(make)
    def made(*args, **kwargs):
        transformed = make(*args, **kwargs)
        transformed.made = made, args, kwargs
        return transformed

    return made


def dressed(function, f, name=None):
    """A `Transformed` for a function that calls f, with the name of f or ``name(f)``."""
    transformed = Transformed(function)
    functools.update_wrapper(transformed, f)
    if not hasattr(transformed, "__name__"):
        transformed.__name__ = type(f).__name__
    if name is not None:
        transformed.__name__ = transformed.__qualname__ = f"{name}({transformed.__name__})"
    return transformed
