"""NumPy's functions with what autograd adds: Variables in lists, plain values, sequences of arrays.

`numpys` of each is the function of NumPy's, to which rules that a program sets belong.
"""

from functools import wraps

import numpy as np

from leopard._core import Variable
from leopard.compat.autograd._boxes import getval
from leopard.functions import array

_Dispatching = type(np.sum)
_OF_UFUNCS = "accumulate", "at", "identity", "nargs", "nin", "nout", "outer", "reduce", "reduceat", "types"


def has_variable(xs):
    """Whether a Variable is among the elements, at any depth of lists and tuples."""
    for x in xs:
        kind = type(x)
        if has_variable(x) if kind is list or kind is tuple else isinstance(x, Variable):
            return True
    return False


def either(numpys, ours):
    """A function that calls `ours` where a Variable is among the arguments, lists included, else `numpys`."""

    @wraps(numpys)
    def call(*args, **options):
        return (ours if has_variable([*args, *options.values()]) else numpys)(*args, **options)

    return call


def joined(x):
    """The array of a list or tuple in which a Variable is; anything else unchanged."""
    kind = type(x)
    return array(x) if (kind is list or kind is tuple) and has_variable(x) else x


def of_lists(numpys):
    """A function of NumPy's whose arguments may be lists in which Variables are."""

    @wraps(numpys)
    def call(*args, **options):
        for x in args:
            kind = type(x)
            if kind is list or kind is tuple:
                args = map(joined, args)
                break
        if options:
            options = {name: joined(x) for name, x in options.items()}
        return numpys(*args, **options)

    call.numpys = numpys
    return call


def of_operands(ufunc):
    """A ufunc of one or two operands, which may be lists in which Variables are, with its attributes."""
    if ufunc.nin == 1:

        def call(x, *args, **options):
            kind = type(x)
            return ufunc(joined(x) if kind is list or kind is tuple else x, *args, **options)
    else:

        def call(x0, x1, *args, **options):
            kind = type(x0)
            if kind is list or kind is tuple:
                x0 = joined(x0)
            kind = type(x1)
            if kind is list or kind is tuple:
                x1 = joined(x1)
            return ufunc(x0, x1, *args, **options)

    for name in _OF_UFUNCS:
        setattr(call, name, getattr(ufunc, name))
    call.numpys = ufunc
    return wraps(ufunc)(call)


def of_sequences(numpys):
    """A function of NumPy's that joins arrays, of any iterable of them; they may be lists with Variables."""

    @wraps(numpys)
    def call(arrays, *args, **options):
        if not hasattr(arrays, "shape"):
            kind = type(arrays)
            if kind is not list and kind is not tuple:
                arrays = list(arrays)
            for x in arrays:
                kind = type(x)
                if kind is list or kind is tuple:
                    arrays = [joined(x) for x in arrays]
                    break
        return numpys(arrays, *args, **options)

    call.numpys = numpys
    return call


def without_gradient(numpys):
    """A function of NumPy's that is called with the values of Variables, and returns plain arrays."""

    @wraps(numpys)
    def call(*args, **options):
        args = [getval(joined(x)) for x in args]
        return numpys(*args, **{name: getval(joined(x)) for name, x in options.items()})

    return call


def of_python(where):
    """`numpy.where`, which returns numbers and lists of Python's where it is given nothing but these."""

    @wraps(where)
    def call(condition, *xy, **named):
        if len(xy) == 2 and isinstance(condition, (np.ndarray, Variable)):  # most of the time
            return where(condition, *xy)
        xy += tuple([named[name] for name in ("x", "y") if name in named])
        found = where(condition, *xy)
        return found.tolist() if xy and not any(map(_has_array, (condition, *xy))) else found

    return call


def _has_array(x):
    if isinstance(x, (list, tuple)):
        return any(map(_has_array, x))
    return isinstance(x, (np.ndarray, np.generic, Variable))


def of_numbers(ours):
    """leopard's function that makes an array, where ``dtype=object`` stands for an array of numbers."""

    @wraps(ours)
    def call(x, dtype=None, *args, **options):
        objects = dtype is not None and np.dtype(dtype) == object
        return ours(x, None if objects else dtype, *args, **options)

    return call


class _IntegerKind(type):
    """The class of a class of NumPy's integers, to which the original's integers belong."""

    def __instancecheck__(cls, x):
        return isinstance(x, cls.__base__)

    def __subclasscheck__(cls, other):
        return issubclass(other, cls.__base__)

    def __eq__(cls, other):
        return cls is other or cls.__base__ is other

    def __hash__(cls):
        return hash(cls.__base__)


def of_integers(kind):
    """A class of NumPy's integers, by which the values of Variables become integers, too."""
    return _IntegerKind(kind.__name__, (kind,), {"__new__": lambda cls, *args: kind(*map(getval, args))})


class Joining:
    """`r_` or `c_`, which call leopard's where a Variable is in the brackets, else NumPy's."""

    def __init__(self, numpys, ours):
        self.numpys, self.ours = numpys, ours

    def __getitem__(self, parts):
        return (self.ours if has_variable([parts]) else self.numpys)[parts]


def lists_taken(module, apart=()):
    """The functions of a module of NumPy's that dispatch on their arguments, by name, made by `of_lists`."""
    return {
        name: of_lists(thing)
        for name, thing in vars(module).items()
        if isinstance(thing, _Dispatching) and not name.startswith("_") and name not in apart
    }
