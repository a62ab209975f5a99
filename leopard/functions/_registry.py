"""The register of operations: each is stated once, and enters here by itself.

Classes enter from `leopard.functions._primitives`, functions by `implements`. `leopard.extend` has the
public names of both modules, for operations of other packages.
"""

from collections.abc import Callable
from functools import cache
from typing import NamedTuple

import numpy as np

from leopard import _core

#: Every class of an operation, by its place. One that a reloaded module states again replaces itself.
classes = {}

#: Every function that `implements` was given, by its place and NumPy's callables that mean it.
entries = {}


def is_own(statement):
    """Whether a class or a function is leopard's own. Those of other packages have their own tests."""
    made_of = getattr(statement, "func", statement)  # of a functools.partial
    return made_of.__module__.partition(".")[0] == "leopard"


def place_of(statement):
    """The module of a class, a function or an operation, and its name there."""
    cls = getattr(statement, "cls", statement)  # of an operation
    return cls.__module__, getattr(cls, "__qualname__", cls.__name__)


def claim(meant, new, what):
    """Raise where `what`, NumPy's, means an operation or a function of somebody else's already."""
    if meant is not None and meant is not new and place_of(meant) != place_of(new):
        raise ValueError(
            f"{what} means {_name_of(meant)} already, and cannot mean {_name_of(new)} too; a class that is "
            "not to take its place says listed=False"
        )


def _name_of(statement):
    return ".".join(place_of(statement))


class Drawn(NamedTuple):
    """An array of a sample call, drawn at random, of which a gradient is wanted.

    Attributes
    ----------
    shape : tuple of int
    low, high : float
        The interval it is drawn from; no two of its elements are close.
    dtype : type
        float or complex.
    made : callable, optional
        What is made of it before it is passed on (a matrix that is positive definite, ...), in
        operations that take Variables and arrays alike.
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
        What is made of it before it is passed on, in operations that take Variables and arrays alike.

    Returns
    -------
    Drawn
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
    """A sample call, for `cases`: the laws of the tests, and the benchmarks, make it.

    Parameters
    ----------
    *args, **keywords
        What the function is called with; `drawn` may stand anywhere among them, in lists and tuples too.

    Returns
    -------
    Call
    """
    return Call(args, keywords)


class Entry(NamedTuple):
    """A function with its sample calls, and what it is held against.

    Attributes
    ----------
    function : callable
        leopard's.
    callables : tuple of callable
        NumPy's that mean it; none where NumPy has no such function.
    plain : callable
        What it is held against: of arrays it has the values that `function` has of Variables.
    cases : tuple of Call
        Sample calls for the laws in the tests.
    smooth : bool
        Whether it can be differentiated everywhere in its cases.
    exact : bool
        Whether its values are NumPy's to the last bit; they are within rounding of them otherwise.
    order : int
        How many derivatives the laws take.
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


def implements(*callables, plain=None, method=None, operator=None, cases=(), **facts):
    """Let a function be what NumPy's callables, a method of Variable or an operator mean.

    Parameters
    ----------
    *callables : callable
        NumPy's functions and ufuncs that mean the function when they are called with Variables. None where
        NumPy has no such function.
    plain : callable, optional
        What its values are held against; by default the first of the callables, else the function itself,
        of arrays.
    method, operator : str, optional
        The method, or the operator, of Variable that means it.
    cases : sequence of Call
        Made by `call`. The laws of the tests are tried on them, and the benchmarks take the first.
    smooth : bool, optional
        Whether it can be differentiated everywhere in its cases. True.
    exact : bool, optional
        Whether its values are those of `plain` to the last bit, not within rounding of them. True.
    order : int, optional
        How many derivatives the laws take. 3.
    changes : bool, optional
        Whether it changes its first argument, by assignment, and returns nothing. False.

    Returns
    -------
    callable
        A decorator, which returns the function as it is.

    Raises
    ------
    ValueError
        When there are no sample calls, or a callable means another function already.
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
        held_against = plain or (callables[0] if callables else _of_arrays(function))
        entries[place_of(function), callables] = Entry(function, callables, held_against, cases_, **facts)
        for f in callables:
            if isinstance(f, np.ufunc):
                _core.set_ufunc(f, function)
            else:
                _core.set_function(f, function)
        if method:
            _core.add_method(method, function)
        if operator:
            _core.set_operator(operator, function)
        return function

    return register


def _of_arrays(function):
    """A function as one from arrays to arrays: what it returns of them takes no gradient."""

    def plain(*args, **keywords):
        y = function(*args, **keywords)
        return tuple(map(_core.array_of_any, y)) if isinstance(y, tuple) else _core.array_of_any(y)

    return plain
