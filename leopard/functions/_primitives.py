"""The base classes of operations, `Primitive` and `Elementwise`: what an operation states about itself."""

import importlib
import sys
from contextvars import ContextVar
from functools import wraps
from operator import attrgetter

import numpy as np

from leopard import _core
from leopard.functions._registry import Call, claim, classes, place_of

#: While a rule is read into loops: the Function that stands for it, and the bits of the wanted gradients.
being_read = ContextVar("being_read", default=(None, 0))


class _Plain(type):
    """A class whose instances have no attributes beyond the `__slots__` it names."""

    def __new__(meta, name, bases, namespace, **options):
        namespace.setdefault("__slots__", ())
        return super().__new__(meta, name, bases, namespace, **options)


class Primitive(_core.Function, metaclass=_Plain):
    """The base class of operations: a Function whose class states its value, its rule and its properties.

    `leopard.extend` has examples.

    Attributes
    ----------
    n_inputs : int
        The number of array inputs; -1 for any number.
    options : tuple of str, or dict
        Names of the arguments behind the inputs, in a dict with their defaults. They are numbers, shapes or
        copies of arrays, never Variables.
    kernel : str, optional
        The core's kernel for the common cases. Elsewhere, and in a recorded walk, the methods below run.
    broadcasts : bool
        Whether `backward` may return a gradient of a larger shape than its input's; the walk then sums it to
        the shape of the input.
    selects_elements : bool
        Whether it leaves elements out. Behind it a gradient of 0 then stays 0, whatever the slope.
    takes_arrays : bool
        Whether `backward` computes with arrays as well as with Variables: it is written with NumPy's
        functions and operators. In a walk that is not recorded it gets arrays, also as its inputs.
    linear : bool
        Whether, for all its options, the outputs are linear in all inputs together, over the real numbers.
        Its tangent is then the operation of the tangents, with zeros for an input without one.
    multilinear : bool
        Whether the outputs are linear in each single input (integers excepted, which have no tangents). Its
        tangent is then the sum over k of the operation with the k-th tangent in the place of the k-th input.
        A class that is `linear` leaves it False. An elementwise class states neither: its tangent follows
        from its rule.
    of_rows : method, optional
        ``of_rows(*ts)`` returns the tangent for a batch: the tangents of the inputs (or None) have one more
        axis in front; or NotImplemented. For linear and multilinear classes; else the rows go one by one.
    refused, whole : dict
        The names of the inputs in which there is no derivative, by their numbers: where their gradient is
        wanted, TypeError is raised. `whole` has those that are whole numbers by their meaning.
    order : int
        The highest order of derivative that the tests check.
    operation : Operation
        The class as a function: ``operation(*inputs, *options)``.
    cases : list
        Sample calls for the laws in the tests: tuples of shapes, then options.
    plain : callable, optional
        The reference for its values: a function of arrays and of the options by their names; or `forward`.

    Notes
    -----
    The class is registered when it is defined. ``class Roll(Primitive, listed=False)`` is not registered;
    ``abstract=True`` makes a base class of operations, which is no operation itself.

    Raises
    ------
    TypeError
        When the class states no rule, or a sample call has another number of inputs and options.
    """

    name = None
    n_inputs = 1
    options = ()
    kernel = None
    broadcasts = False
    selects_elements = False
    takes_arrays = False
    linear = False
    multilinear = False
    refused = {}
    whole = {}
    order = 3
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
        if "whole" in cls.__dict__:
            cls.refused = {**cls.whole, **cls.refused}
        if cls.refused and not hasattr(cls.backward, "refuses"):
            cls.backward = _refusing(cls.backward)
        own = cls.__dict__.get("options", ())
        for i, name in enumerate(own):
            setattr(cls, name, property(attrgetter("option") if len(own) == 1 else _part(i)))
        if not abstract:
            cls._check()
            cls.operation = _core.Operation(cls)
            if listed:
                classes[place_of(cls)] = cls

    def wants(self, k):
        """Whether the gradient of input k is wanted: in a walk, and while the rule is read into loops."""
        function, mask = being_read.get()
        return bool(mask >> k & 1) if function is self else self.wanted[k]

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


def _refusing(rule):
    """A rule that raises first, where a gradient in which there is no derivative is wanted."""

    @wraps(rule)
    def backward(self, *gys):
        for k, name in self.refused.items():
            if self.wants(k):
                meant = ", a whole number" if k in self.whole else ""
                raise TypeError(
                    f"{type(self).name} has no derivative in leopard with respect to {name}{meant}; pass "
                    f"{name} as a plain number or array, or state the derivative with leopard.custom_vjp"
                )
        return rule(self, *gys)

    backward.refuses = True
    return backward


def _part(i):
    return lambda self: self.option[i]


class Elementwise(Primitive, abstract=True):
    """The base class of operations that act element by element; the rule of each is read into compiled loops.

    Attributes
    ----------
    ufunc : numpy.ufunc, callable or str, optional
        Its value. Either a ufunc of NumPy or of another package, which then calls this operation when it is
        given Variables; or any function of arrays that broadcasts as a ufunc does; or the name of one, such
        as "scipy.special.gammaln", whose package is imported when the operation is first used.
    operator : str, optional
        The operator of Variable that calls it.
    number_specialisations : dict, optional
        From Python numbers to classes of one input, which replace this class of two inputs where the second
        operand is that number.
    domain : list of (float, float), optional
        For each input the interval that the tests draw from; by default from -2 to 2.
    smooth : bool
        Whether it can be differentiated everywhere in its domain.
    plain : callable, optional
        The reference for its values, a function of arrays; by default its own value for arrays.
    exact : bool
        Whether its values equal those of `plain` to the last bit; otherwise they agree within rounding.
    cases : list of Call
        Further sample calls beside those drawn from `domain`: with complex numbers, where `forward` takes
        them, or with constants among the operands.

    Notes
    -----
    Without a ufunc a class states its value by ``forward(self, x)``, a function of one to three arrays or
    numbers. It is an expression of NumPy's functions, which become part of the loops of any rule that calls
    the operation.

    Raises
    ------
    TypeError
        When the class states no value or no rule, or its parts disagree about the number of inputs.
    ValueError
        When its ufunc calls another operation already.

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

    def __init_subclass__(cls, abstract=False, listed=True, **options):
        if abstract:
            super().__init_subclass__(abstract, listed, **options)
            return
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


#: Classes, by module and name, whose ufunc is still a name, because its package has not been imported.
awaited = {}


def _n_inputs(cls):
    """The number of operands of an elementwise class, found from its ufunc, its forward or its domain."""
    if isinstance(cls.ufunc, np.ufunc):
        return cls.ufunc.nin
    if cls.forward is not Elementwise.forward:
        return _core.n_inputs_of(cls)
    if cls.ufunc is None:
        raise TypeError(f"{cls.__name__} states no value: give it a ufunc or a forward(self, x)")
    return 1 if cls.domain is None else len(cls.domain)


def _value(cls):
    """The callable that is the value of an elementwise class; imported now where the class has its name."""
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
    """The operation of a ufunc that a class has stated by name, now that its package is imported; or None."""
    find_ufuncs_of("")
    return _core.of_ufunc(ufunc)


def find_ufuncs_of(package):
    """Connect the classes that name a ufunc of a package; one that the installed version lacks is left."""
    for cls in list(awaited.values()):
        module, _, name = cls.ufunc.rpartition(".")
        if module.startswith(package) and hasattr(sys.modules.get(module), name):
            _value(cls)


def value_of(cls):
    """The value of an elementwise class as a function of arrays: its ufunc, or its `forward`."""
    if cls.forward is not Elementwise.forward:
        return cls().forward
    return _value(cls)


class Once(Primitive, listed=False):
    """The identity on a gradient that cannot be differentiated again, because its rule has read `.data`."""

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
    """A gradient or tangent from a rule that has read `.data`, wrapped so that its derivative raises."""
    return Once(f"{type(function).__name__}.backward")(gx, *function.inputs)
