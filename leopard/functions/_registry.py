"""The register of operations: each is stated once, in its class, and enters here by itself."""

from collections.abc import Callable
from operator import attrgetter
from typing import NamedTuple

import numpy as np

from leopard import _core

#: Every Function class of leopard's own, in the order of the files.
classes = []

#: Every function that NumPy's callables mean, in the order of the files.
entries = []


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


def drawn(*shape, **options):
    """`Drawn`, of this shape."""
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
            return f"<{x.dtype} {x.shape}>" if isinstance(x, np.ndarray) else str(x)

        return ", ".join([*map(shown, self.args), *(f"{k}={shown(v)}" for k, v in self.keywords.items())])


def call(*args, **keywords):
    """A sample call, for the `cases` of `implements`."""
    return Call(args, keywords)


class Entry(NamedTuple):
    """A function that NumPy's callables mean.

    Attributes
    ----------
    function : callable
        leopard's.
    callables : tuple of callable
        NumPy's.
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
    cases: tuple
    smooth: bool = True
    exact: bool = True
    order: int = 3
    changes: bool = False


class _Plain(type):
    """A class whose instances have no attributes beyond the `__slots__` it names."""

    def __new__(meta, name, bases, namespace, **options):
        namespace.setdefault("__slots__", ())
        return super().__new__(meta, name, bases, namespace, **options)


class Primitive(_core.Function, metaclass=_Plain):
    """A Function of leopard's own.

    Attributes
    ----------
    n_inputs : int
        How many arrays it is called with; -1 for any number.
    options : tuple of str, or dict
        Names of what it is called with besides, with their defaults in a dict: numbers, shapes, arrays of
        its own; never a Variable.
    kernel : str, optional
        The core's fast way to compute it and to walk it back. What is stated here holds all the same: it
        is run where the kernel has nothing of its own, and when the walk is recorded.
    broadcasts : bool
        Whether the gradient of an input may have a larger shape, which the walk then sums.
    chooses : bool
        Whether it leaves elements out, so that where a gradient is 0 in the walk behind it nothing goes on,
        also where a slope is infinite or nan.
    linear : bool
        Whether, for all its options, the outputs are linear in all inputs together, over the real numbers:
        then the tangent is the operation itself of the tangents, with zeros where an input has none.
    multilinear : bool
        The same in each input by itself (but integers, which have no tangents): then the tangent is the sum
        over k of the operation with the k-th tangent in the place of the k-th input. Of a class that is
        `linear` it is not said. An elementwise class needs neither: its rule tells.
    of_rows : method, optional
        ``of_rows(*ts)``: the tangent, of a class that is linear or multilinear, where those of the inputs, or
        None, have one more axis in front; or NotImplemented. Without it rows are taken one by one.
    operation : Operation
        The class as a function: ``operation(*inputs, *options)``.
    cases : list
        Sample calls for the laws in the tests: tuples of shapes, then options.
    """

    name = None
    n_inputs = 1
    options = ()
    kernel = None
    broadcasts = False
    chooses = False
    linear = False
    multilinear = False
    operation = None
    cases = []

    def __init__(self, *options):
        if len(options) != len(self.options):
            raise TypeError(f"{type(self).__name__} takes {len(self.options)} options, not {len(options)}")
        if options:
            self.option = options[0] if len(options) == 1 else options

    def __init_subclass__(cls, abstract=False, listed=True, **options):
        super().__init_subclass__(**options)
        _core.mark_innocent(cls)
        cls.name = cls.__dict__.get("name") or cls.__name__.lower()
        own = cls.__dict__.get("options", ())
        for i, name in enumerate(own):
            setattr(cls, name, property(attrgetter("option") if len(own) == 1 else _part(i)))
        if not abstract:
            cls.operation = _core.Operation(cls)
            if listed:
                classes.append(cls)


def _part(i):
    return lambda self: self.option[i]


class Elementwise(Primitive, abstract=True):
    """A ufunc with a derivative.

    Attributes
    ----------
    ufunc : numpy.ufunc
        Its value, element by element.
    operator : str, optional
        The operator of Variable that means it.
    special : dict, optional
        Classes of one input that stand in for a class of two where the second operand is this
        Python number.
    domain : list of (float, float)
        For each input the interval that the tests draw from.
    smooth : bool
        Whether it can be differentiated everywhere in its domain.
    """

    ufunc = None
    operator = None
    special = {}
    domain = [(-2.0, 2.0)]
    smooth = True
    broadcasts = True

    def __init_subclass__(cls, **options):
        super().__init_subclass__(**options)
        _core.set_ufunc(cls.ufunc, cls.operation)
        if cls.operator:
            _core.set_operator(cls.operator, cls.operation)

    def forward(self, *xs):
        return self.ufunc(*xs)


class Once(Primitive, listed=False):
    """A gradient that cannot be differentiated again: its rule has read `.data`."""

    n_inputs = -1
    options = ("rule",)

    def forward(self, gx, *xs):
        return gx.copy()

    def backward(self, ggx):
        raise RuntimeError(
            f"{self.rule} read .data, so a further derivative would miss a term; write the rule with the "
            "Variables themselves (`x * gy`, a mask `x > 0`)"
        )


def _once(function, gx):
    return Once(f"{type(function).__name__}.backward")(gx, *function.inputs)


_core.connect(once=_once)


def implements(*numpy_callables, method=None, operator=None, cases=(), **facts):
    """Let a function be what NumPy's callables, a method of Variable or an operator mean.

    The sample calls and the other fields of its `Entry` are for the laws in the tests.
    """

    def register(function):
        entries.append(Entry(function, numpy_callables, tuple(cases), **facts))
        for f in numpy_callables:
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
