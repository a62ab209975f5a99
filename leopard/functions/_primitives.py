"""Classes of operations: what each states, and what follows from it."""

import importlib
import sys
from operator import attrgetter

import numpy as np

from leopard import _core
from leopard.functions._registry import Call, claim, classes, place_of


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
    selects_elements : bool
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
    plain : callable, optional
        What its values are held against: a function of arrays and, by their names, of the options. Where
        there is none, they are held against `forward`.

    Notes
    -----
    The class enters the register as it is defined; with ``class Roll(Primitive, listed=False)`` it does not,
    and with ``abstract=True`` it is a base class of others alone.

    Raises
    ------
    TypeError
        When the class states no rule, or sample calls of another number of inputs and options.
    """

    name = None
    n_inputs = 1
    options = ()
    kernel = None
    broadcasts = False
    selects_elements = False
    linear = False
    multilinear = False
    operation = None
    cases = []
    plain = None

    def __init__(self, *options):
        if len(options) != len(self.options):
            raise TypeError(f"{type(self).__name__} takes {len(self.options)} options, not {len(options)}")
        if options:
            self.option = options[0] if len(options) == 1 else options

    def __init_subclass__(cls, abstract=False, listed=True, **options):
        super().__init_subclass__(**options)
        _core.mark_gc_exempt(cls)
        cls.name = cls.__dict__.get("name") or cls.__name__.lower()
        own = cls.__dict__.get("options", ())
        for i, name in enumerate(own):
            setattr(cls, name, property(attrgetter("option") if len(own) == 1 else _part(i)))
        if not abstract:
            cls._check()
            cls.operation = _core.Operation(cls)
            if listed:
                classes[place_of(cls)] = cls

    @classmethod
    def _check(cls):
        if cls.backward is _core.Function.backward:
            raise TypeError(f"{cls.__name__} states no rule: give it a backward(self, gy)")
        for sample in cls.cases:
            if not isinstance(sample, Call) and cls.n_inputs > 0:
                wanted = cls.n_inputs + len(cls.options)
                if len(sample) != wanted:
                    raise TypeError(
                        f"a sample call of {cls.__name__} is {cls.n_inputs} shapes and {len(cls.options)} "
                        f"options, not {sample}"
                    )


def _part(i):
    return lambda self: self.option[i]


class Elementwise(Primitive, abstract=True):
    """An operation that acts element by element: its rule is read into loops.

    Attributes
    ----------
    ufunc : numpy.ufunc, callable or str, optional
        Its value. A ufunc of NumPy's or of another package, which then means this operation when it is called
        with Variables; any function of arrays that broadcasts as a ufunc does; or the name of one, such as
        "scipy.special.gammaln", whose package is imported when the operation is first used.
    operator : str, optional
        The operator of Variable that means it.
    number_specialisations : dict, optional
        Classes of one input that stand in for a class of two where the second operand is this
        Python number.
    domain : list of (float, float), optional
        For each input the interval that the tests draw from; by default from -2 to 2.
    smooth : bool
        Whether it can be differentiated everywhere in its domain.
    plain : callable, optional
        What its values are held against, a function of arrays; by default its own value of arrays.
    exact : bool
        Whether these are the same to the last bit; they are within rounding of them otherwise.
    cases : list of Call
        Sample calls beside those that are made of `domain`: of complex numbers where `forward` takes them, of
        constants among the operands.

    Notes
    -----
    Without a ufunc a class states its value by ``forward(self, x)``, of one to three arrays or numbers: an
    expression of NumPy's functions, which stands in the loops of any rule that calls the operation.

    Raises
    ------
    TypeError
        When the class states no value or no rule, or its parts disagree about the number of inputs.
    ValueError
        When its ufunc means another operation already.

    Examples
    --------
    >>> class Sigmoid(Elementwise, listed=False):
    ...     def forward(self, x):
    ...         return 1 / (1 + np.exp(-x))
    ...     def backward(self, gy):
    ...         return gy * self.output * (1 - self.output)
    >>> sigmoid = Sigmoid.operation
    >>> sigmoid(Variable(np.array(0.0)))
    variable(0.5)
    """

    kernel = "loops"
    ufunc = None
    operator = None
    number_specialisations = {}
    domain = None
    smooth = True
    exact = True
    broadcasts = True

    def __init_subclass__(cls, listed=True, **options):
        cls.n_inputs = _n_inputs(cls)
        if cls.domain is None:
            cls.domain = [(-2.0, 2.0)] * cls.n_inputs
        if len(cls.domain) != cls.n_inputs:
            raise TypeError(
                f"{cls.__name__} has {cls.n_inputs} inputs, and {len(cls.domain)} intervals as its domain"
            )
        if listed and isinstance(cls.ufunc, np.ufunc):
            claim(_core.of_ufunc(cls.ufunc), cls, f"the ufunc {cls.ufunc.__name__}")
        super().__init_subclass__(listed=listed, **options)
        if not listed:
            return
        if isinstance(cls.ufunc, np.ufunc):
            _core.set_ufunc(cls.ufunc, cls.operation)
        elif isinstance(cls.ufunc, str):
            awaited[place_of(cls)] = cls
        if cls.operator:
            _core.set_operator(cls.operator, cls.operation)

    def forward(self, *xs):
        return _value(type(self))(*xs)


#: Classes, by their places, whose ufunc is known by its name alone: its package has not been imported.
awaited = {}


def _n_inputs(cls):
    """How many operands an elementwise class has: its ufunc, its forward or its domain says so."""
    if isinstance(cls.ufunc, np.ufunc):
        return cls.ufunc.nin
    if cls.forward is not Elementwise.forward:
        return _core.n_inputs_of(cls)
    if cls.ufunc is None:
        raise TypeError(f"{cls.__name__} states no value: give it a ufunc or a forward(self, x)")
    return 1 if cls.domain is None else len(cls.domain)


def _value(cls):
    """The callable that an elementwise class names as its value; imported now if it is not yet."""
    if not isinstance(cls.ufunc, str):
        return cls.ufunc
    module, _, name = cls.ufunc.rpartition(".")
    found = getattr(importlib.import_module(module), name)
    if isinstance(found, np.ufunc):
        if place_of(cls) in awaited:
            claim(_core.of_ufunc(found), cls, f"the ufunc {cls.ufunc}")
            _core.set_ufunc(found, cls.operation)
        cls.operation.find_ufunc(found)
    awaited.pop(place_of(cls), None)
    cls.ufunc = found
    return found


def operation_awaited(ufunc):
    """What a ufunc means that some class knows by its name: its package has been imported by now."""
    for cls in list(awaited.values()):
        if cls.ufunc.rpartition(".")[0] in sys.modules:
            _value(cls)
    return _core.of_ufunc(ufunc)


def value_of(cls):
    """The value of an elementwise class as a function of arrays: its ufunc, or what its `forward` returns."""
    if cls.forward is not Elementwise.forward:
        return cls().forward
    return _value(cls)


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


def once(function, gx):
    """A gradient or tangent from the rule of a Function that has read `.data`; its own derivative raises."""
    return Once(f"{type(function).__name__}.backward")(gx, *function.inputs)
