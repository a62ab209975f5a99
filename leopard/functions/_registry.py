"""The register of operations, which the dispatch of NumPy's calls and the tests read.

Classes are entered when they are defined (`leopard.functions._primitives`), functions by `implements`.
`leopard.extend` has the public names of both modules, for operations of other packages.
"""

from collections.abc import Callable
from functools import cache, wraps
from typing import NamedTuple

import numpy as np

from leopard import _core

#: Every class of an operation, by module and name, so that a reloaded module replaces its classes.
classes = {}

#: Every function given to `implements`, by module and name and by NumPy's callables that it implements.
entries = {}


def is_own(statement):
    """Whether a class or a function is leopard's own, and so is tested by leopard's tests."""
    made_of = getattr(statement, "func", statement)  # of a functools.partial
    return made_of.__module__.partition(".")[0] == "leopard"


def place_of(statement):
    """The module of a class, a function or an operation, and its name there."""
    cls = getattr(statement, "cls", statement)  # of an operation
    return cls.__module__, getattr(cls, "__qualname__", cls.__name__)


def claim(meant, new, what):
    """Raise where NumPy's `what` already calls another operation or function (`meant`) than `new`."""
    if meant is not None and meant is not new and place_of(meant) != place_of(new):
        raise ValueError(
            f"{what} means {_name_of(meant)} already, and cannot mean {_name_of(new)} too; define a class "
            "that is not to take its place with listed=False"
        )


def _name_of(statement):
    return ".".join(place_of(statement))


class Drawn(NamedTuple):
    """An array of a sample call, drawn at random, with respect to which the laws differentiate.

    Attributes
    ----------
    shape : tuple of int
    low, high : float
        The interval it is drawn from; no two of its elements are close.
    dtype : type
        float or complex.
    made : callable, optional
        A function that is applied to it before the call (to make a matrix positive definite, ...), written
        with operations that take Variables and arrays alike.
    """

    shape: tuple
    low: float = -2.0
    high: float = 2.0
    dtype: type = float
    made: Callable | None = None


@cache
def drawn(*shape, **options):
    """An array of this shape, drawn at random, in a sample call.

    Parameters
    ----------
    *shape : int
    low, high : float, optional
        The interval it is drawn from, by default from -2 to 2; no two of its elements are close.
    dtype : type, optional
        float or complex.
    made : callable, optional
        A function that is applied to it before the call, written with operations that take Variables and
        arrays alike.

    Returns
    -------
    Drawn

    Examples
    --------
    >>> from leopard.extend import drawn
    >>> drawn(2, 3, low=0.5, dtype=complex).shape
    (2, 3)
    """
    return Drawn(shape, **options)


class Call(NamedTuple):
    """A sample call; a `Drawn` may stand anywhere in it, in lists and tuples too."""

    args: tuple
    keywords: dict

    def __str__(self):
        def shown(x):
            if isinstance(x, Drawn):
                return f"<{' '.join(map(str, x.shape))}{' complex' * (x.dtype is complex)}>"
            if isinstance(x, (list, tuple)):
                return f"[{', '.join(map(shown, x))}]"
            if isinstance(x, np.ndarray):
                return f"<{x.dtype} {x.shape}>"
            return getattr(x, "__name__", "function") if callable(x) else str(x)  # no address: it changes

        return ", ".join([*map(shown, self.args), *(f"{k}={shown(v)}" for k, v in self.keywords.items())])


def call(*args, **keywords):
    """A sample call for `cases`, which the laws of the tests and the benchmarks make.

    Parameters
    ----------
    *args, **keywords
        The arguments of the function; `drawn` may stand anywhere among them, in lists and tuples too.

    Returns
    -------
    Call

    Examples
    --------
    >>> from leopard.extend import call, drawn
    >>> print(call(drawn(2, 3), axis=0))
    <2 3>, axis=0
    """
    return Call(args, keywords)


class Entry(NamedTuple):
    """A function with its sample calls and the reference for its values.

    Attributes
    ----------
    function : callable
        leopard's function.
    callables : tuple of callable
        NumPy's callables that it implements; none where NumPy has no such function.
    plain : callable
        The reference: for arrays it has the values that `function` has for Variables.
    cases : tuple of Call
        Sample calls for the laws in the tests.
    smooth : bool
        Whether it can be differentiated everywhere in its cases.
    exact : bool
        Whether its values equal those of `plain` to the last bit; otherwise they agree within rounding.
    order : int
        The highest order of derivative that the laws test.
    changes : bool
        Whether it changes its first argument, by assignment, and returns nothing.
    """

    function: Callable
    callables: tuple
    plain: Callable
    cases: tuple
    smooth: bool = True
    exact: bool = True
    order: int = 3
    changes: bool = False


def implements(*callables, plain=None, method=None, operator=None, cases=(), reads_values=None, **facts):
    """A decorator: the function implements NumPy's callables, a method or an operator for Variables.

    Parameters
    ----------
    *callables : callable
        NumPy's functions and ufuncs that call the function when they are given Variables; none where NumPy
        has no such function.
    plain : callable, optional
        The reference for its values: by default the first of the callables, or else the function itself,
        called with arrays.
    method, operator : str, optional
        The method, or the operator, of Variable that calls it.
    cases : sequence of Call
        Sample calls made by `call`, over which leopard's tests run, if the function is leopard's own; the
        benchmarks take the first.
    smooth : bool, optional
        Whether it can be differentiated everywhere in its cases. True by default.
    exact : bool, optional
        Whether its values equal those of `plain` to the last bit, not only within rounding. True by default.
    order : int, optional
        The highest order of derivative that the laws test. 3 by default.
    changes : bool, optional
        Whether it changes its first argument, by assignment, and returns nothing. False by default.
    reads_values : bool, optional
        Whether it may read the values of Variables as arrays; a replay calls it in Python then. False by
        default, but for functions of `leopard.scipy`.

    Returns
    -------
    callable
        A decorator that returns the function unchanged, or in a wrapper if it reads values.

    Raises
    ------
    TypeError
        When a sample call is not made by `call`.
    ValueError
        When there are no sample calls, or a callable is implemented by another function already.
    """

    def register(function):
        cases_ = tuple(cases)
        if not all(isinstance(sample, Call) for sample in cases_):
            raise TypeError(f"the sample calls of {function.__name__} are not all made by call(...)")
        if not cases_ and not facts.get("changes"):
            raise ValueError(f"{function.__name__} states no sample calls: cases=[call(drawn(2, 3)), ...]")
        for f in callables:
            meant = _core.of_ufunc(f) if isinstance(f, np.ufunc) else _core.of_function(f)
            claim(meant, function, getattr(f, "__name__", f))
        reads = function.__module__.startswith("leopard.scipy.") if reads_values is None else reads_values
        public = replayed_as_one(function) if reads else function
        reference = plain or (callables[0] if callables else _of_arrays(function))
        entries[place_of(function), callables] = Entry(public, callables, reference, cases_, **facts)
        for f in callables:
            if isinstance(f, np.ufunc):
                _core.set_ufunc(f, function)
            else:
                _core.set_function(f, function)
        if method:
            _core.add_method(method, function)
        if operator:
            _core.set_operator(operator, function)
        return public

    return register


def replayed_as_one(function):
    """A decorator: where a function reads values while a call is recorded, each replay calls it in Python."""

    @wraps(function)
    def call(*args, **options):
        if _core.following():
            return _core.follow_own_function(function, args, options)
        return function(*args, **options)

    call.__module__ = getattr(function, "func", function).__module__  # of a functools.partial
    return call


def _of_arrays(function):
    """A function of Variables as a function from arrays to arrays."""

    def plain(*args, **keywords):
        y = function(*args, **keywords)
        return tuple(map(_core.array_of_any, y)) if isinstance(y, tuple) else _core.array_of_any(y)

    return plain
