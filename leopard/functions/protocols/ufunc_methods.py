"""The methods of ufuncs: `reduce`, `accumulate`, `reduceat` and `outer`.

Those that are sums, products, extrema, norms or logarithms of sums are operations of their own. For other
ufuncs the ufunc is applied to one slice after another, and recorded each time.
"""

from functools import partial

import numpy as np
from numpy.lib.array_utils import normalize_axis_index

from leopard import _core
from leopard._core import Variable, array_of_any, as_variable
from leopard.functions._primitives import Primitive
from leopard.functions._registry import call, drawn, implements
from leopard.functions.basic.indexing import places
from leopard.functions.basic.indexing import where as choose
from leopard.functions.basic.reductions import (
    NOT_GIVEN,
    MaskedReduction,
    axes_of,
    constant,
    has_initial,
    mask,
    refuse_out,
)
from leopard.functions.basic.shape import astype, copy, operand, plain, reshape
from leopard.functions.manipulation.joining import concatenate, stack
from leopard.functions.math.cumulative import backwards, cumprod, cumsum, solved, to_the_end
from leopard.functions.math.differences import part
from leopard.functions.math.exponentials import exp, exp2
from leopard.functions.math.extrema import Extremum, Max, Min
from leopard.functions.math.products import prod
from leopard.functions.math.sums import SparseMap, full_sum, sum

#: (ufunc, name of the method) -> function
METHODS = {}


def means(ufunc, name, cases=()):
    """A decorator: the function implements a method of a ufunc, and is registered where it has `cases`."""

    def register(function):
        function.__name__ = f"{ufunc.__name__}_{name}"
        METHODS[ufunc, name] = function
        _core.set_ufunc((ufunc, name), function)
        return (
            implements(getattr(ufunc, name), cases=cases, reads_values=True)(function) if cases else function
        )

    return register


class Rounded(Primitive, listed=False):
    """The identity, with the value rounded as NumPy rounds it. The gradient is gy."""

    options = ("value",)

    def forward(self, y):
        return self.value

    def backward(self, gy):
        return gy


def as_numpy_has_it(y, value):
    """A result y of several steps with NumPy's own value, where that differs by rounding.

    For float16 NumPy's loops keep more digits from one step to the next. For other dtypes the steps give
    NumPy's value, so y is returned as it is. (There NumPy's `power.reduce` and `arctan2.reduce` of a
    contiguous vector are wrong, up to NumPy 2.4 at least.) A single element is cast to the dtype that it
    would have with others.
    """
    if y.dtype == np.float16:
        return Rounded.operation(y, np.asarray(value))
    return y if y.dtype == value.dtype else astype(y, value.dtype)


# -- reduce --------------------------------------------------------------------------------------

_ROW = np.array([True, False, True])
_reductions = [
    call(drawn(4)),
    call(drawn(2, 3)),
    call(drawn(2, 3), -1, keepdims=True),
    call(drawn(2, 3, 2), (0, -1)),
    call(drawn(2, 3), None),
    call(drawn(2, 3), axis=1, dtype=np.float64, initial=0.5),
    call(drawn(2, 3), 1, where=_ROW, initial=-0.5),
    call(drawn(2, 3), initial=None),
]
_complex = [call(drawn(2, 3, dtype=complex), 1), call(drawn(2, 3), 0, complex)]


@means(np.add, "reduce", [*_reductions, *_complex])
def add_reduce(array, axis=0, dtype=None, out=None, keepdims=False, initial=NOT_GIVEN, where=True):
    if dtype is None and out is None and initial is NOT_GIVEN and where is True:
        return sum(array, axis, keepdims=keepdims)
    return full_sum(array, axis, dtype, out, keepdims, initial, where)


@means(np.multiply, "reduce", [*_reductions, *_complex])
def multiply_reduce(array, axis=0, dtype=None, out=None, keepdims=False, initial=NOT_GIVEN, where=True):
    return prod(array, axis, dtype, out, keepdims, initial, where)


class FMax(Extremum):
    numpy = staticmethod(np.fmax.reduce)
    selects_elements = True


class FMin(Extremum):
    numpy = staticmethod(np.fmin.reduce)
    selects_elements = True


class UfuncReduce(MaskedReduction, abstract=True):
    """The base class of reductions that are smooth in every term."""

    operator = None
    options = Extremum.options

    def forward(self, x):
        return self.operator.reduce(x, self.axis, None, None, self.keepdims, self.initial, self.where)


class LogAddExpReduce(UfuncReduce):
    """``logaddexp.reduce``: log(sum(e**x)). The gradient of a term is gy times its share of the sum."""

    operator = np.logaddexp
    exp = staticmethod(exp)

    def backward(self, gy):
        (x,) = self.inputs
        y = array_of_any(self.kept(self.output))  # a constant: the shares do not change with a common shift
        infinite = np.isinf(y)
        usual = self.among(np.broadcast_to(~infinite, x.shape))
        y = np.where(infinite, 0, y)
        terms = choose(usual, self.exp(choose(usual, x, y) - y), 0.0)
        total = sum(terms, self.axes(), keepdims=True)
        if has_initial(self.initial):
            total = total + np.where(infinite, 0, self.exp.ufunc(self.initial - y))
        equal = self.among(x == self.kept(self.output))  # the terms of an infinite sum with equal shares
        parts = equal / np.maximum(np.sum(equal, axis=self.axes(), keepdims=True), 1)
        parts = choose(infinite, parts, terms / (total + infinite))
        return choose(plain(parts) != 0, self.kept(gy), 0.0) * parts


class LogAddExp2Reduce(LogAddExpReduce):
    operator = np.logaddexp2
    exp = staticmethod(exp2)


class HypotReduce(UfuncReduce):
    """``hypot.reduce``: the Euclidean norm. The gradient is gy * x / y, and 0 where y is 0."""

    operator = np.hypot

    def backward(self, gy):
        (x,) = self.inputs
        y = self.kept(self.output)
        gx = choose(y != 0, self.kept(gy), 0.0) * (x / (y + (y == 0)))
        return gx if self.where is True else choose(self.where, gx, 0.0)


def _selective(cls):
    """The subclass with `selects_elements`, for reductions with a `where`."""
    return type(
        f"{cls.__name__}Where", (cls,), {"name": cls.name, "selects_elements": True, "__module__": __name__}
    )


for _cls in (LogAddExpReduce, LogAddExp2Reduce, HypotReduce):
    _cls.selective = _selective(_cls)


def _own(cls, array, axis=0, dtype=None, out=None, keepdims=False, initial=NOT_GIVEN, where=True):
    refuse_out("reduce", out)
    array, where = operand(array, dtype), mask(where)
    return cls.operation_for(where)(array, axis, keepdims, constant("initial", initial), where)


for _ufunc, _cls in (
    (np.maximum, Max),
    (np.minimum, Min),
    (np.fmax, FMax),
    (np.fmin, FMin),
    (np.logaddexp, LogAddExpReduce),
    (np.logaddexp2, LogAddExp2Reduce),
    (np.hypot, HypotReduce),
):
    means(_ufunc, "reduce", _reductions)(partial(_own, _cls))


def reduce(ufunc, array, axis=0, dtype=None, out=None, keepdims=False, initial=NOT_GIVEN, where=True):
    """``ufunc.reduce`` of any other ufunc: y = x[0], then y = ufunc(y, x[i]) for each i, along one axis."""
    refuse_out(f"{ufunc.__name__}.reduce", out)
    x, where, initial = operand(array, dtype), mask(where), constant("initial", initial)
    value = ufunc.reduce(plain(x), axis, dtype, None, keepdims, initial, where)  # raises NumPy's errors
    if x.size == 0 or not isinstance(x, Variable):
        return as_variable(value)
    axes = axes_of(axis, x.ndim)
    if len(axes) > 1:
        raise TypeError(f"{ufunc.__name__}.reduce of a Variable takes one axis, not {axis}")
    if axes:
        (axis,) = axes
        n = x.shape[axis]
        slices = [x[part(axis, i, i + 1)] for i in range(n)]
    else:  # nothing is reduced
        n, slices = 1, [x]
    if has_initial(initial):
        slices.insert(0, np.full(slices[0].shape, initial, x.dtype))
    y, *slices = slices
    for i, x_ in enumerate(slices, n - len(slices)):
        z = ufunc(y, x_)
        if where is not True:
            chosen = np.broadcast_to(where, x.shape)
            z = choose(chosen[part(axis, i, i + 1)] if axes else chosen, z, y)
        y = z
    if not slices:  # one element, which is still a view of x
        y = copy(y)
    return as_numpy_has_it(reshape(y, value.shape), value)


# -- accumulate ----------------------------------------------------------------------------------

_running = [
    call(drawn(4)),
    call(drawn(2, 3)),
    call(drawn(2, 3), -1),
    call(drawn(3, 4, 2), axis=1, dtype=np.float64),
]


def one_axis(ufunc, array, axis):
    """The axis as a number from 0; raises NumPy's error where it is not one axis."""
    if axis is None or array.ndim == 0:
        ufunc.accumulate(np.zeros(array.shape), axis)
        return 0
    return axis


@means(np.add, "accumulate", [*_running, *_complex, call(drawn(3), None)])
def add_accumulate(array, axis=0, dtype=None, out=None):
    array = operand(array)
    return cumsum(array, one_axis(np.add, array, axis), dtype, out)


@means(np.multiply, "accumulate", [*_running, *_complex, call(drawn(3), None)])
def multiply_accumulate(array, axis=0, dtype=None, out=None):
    array = operand(array)
    return cumprod(array, one_axis(np.multiply, array, axis), dtype, out)


class SumOfRuns(Primitive):
    """Cumulative sums along the last axis that restart where `stays` is false, also after infinite terms."""

    options = ("stays",)
    linear = True

    def forward(self, x):
        return solved(self.stays, x, in_runs=True)

    def backward(self, gy):
        return backwards(SumOfRuns.operation(backwards(gy), backwards(self.stays)))


class RunningExtremum(Primitive):
    """Cumulative maximum or minimum; elements that equal it share its gradient equally.

    Where the extremum stays the same from one place to the next, the gradients add up, from the last to the
    first.
    """

    options = ("operator", "axis")
    selects_elements = True

    def forward(self, x):
        return self.operator.accumulate(x, self.axis)

    def backward(self, gy):
        x, y, gy = [to_the_end(v, self.axis) for v in (self.inputs[0], self.output, gy)]
        equal = x == y
        stays = y[..., 1:] == y[..., :-1]
        so_far = np.maximum(solved(stays.astype(float), equal.astype(float)), 1)
        later = SumOfRuns.operation(backwards(gy / so_far), backwards(stays))
        return to_the_end(choose(equal, backwards(later), 0.0), self.axis)


def _running_extremum(ufunc, array, axis=0, dtype=None, out=None):
    refuse_out(f"{ufunc.__name__}.accumulate", out)
    array = operand(array, dtype)
    return RunningExtremum.operation(array, ufunc, one_axis(ufunc, array, axis))


for _ufunc in (np.maximum, np.minimum, np.fmax, np.fmin):
    means(_ufunc, "accumulate", _running)(partial(_running_extremum, _ufunc))


def accumulate(ufunc, array, axis=0, dtype=None, out=None):
    """``ufunc.accumulate`` of any other ufunc: y[0] = x[0], y[i] = ufunc(y[i-1], x[i])."""
    refuse_out(f"{ufunc.__name__}.accumulate", out)
    x = operand(array, dtype)
    values = ufunc.accumulate(plain(x), axis)  # raises NumPy's errors
    if values.size == 0 or not isinstance(x, Variable):
        return as_variable(values)
    axis = normalize_axis_index(axis or 0, x.ndim)
    before = (slice(None),) * axis
    ys = [x[(*before, 0)]]
    for i in range(1, x.shape[axis]):
        ys.append(ufunc(ys[-1], x[(*before, i)]))
    return as_numpy_has_it(stack(ys, axis), values)


# -- reduceat ------------------------------------------------------------------------------------


def segments(indices, n):
    """The first and the last-plus-one index of each segment of ``ufunc.reduceat``."""
    begin = indices.astype(np.intp)
    end = np.append(begin[1:], n)
    return begin, np.where(end > begin, end, begin + 1)


class AddReduceAt(Primitive):
    options = ("indices", "axis", "dtype")
    linear = True

    def forward(self, x):
        return np.add.reduceat(x, self.indices, self.axis, self.dtype)

    def backward(self, gy):
        (x,) = self.inputs
        begin, end = segments(self.indices, x.shape[self.axis])
        lengths = end - begin
        i = np.repeat(np.arange(len(lengths)), lengths)
        j = np.arange(len(i)) + np.repeat(begin - np.cumsum(lengths) + lengths, lengths)
        gy = to_the_end(gy, self.axis)
        gx = SparseMap.operation(gy, j, i, np.ones(len(i)), x.shape[self.axis])
        return to_the_end(gx, self.axis)


_stretches = [
    call(drawn(5), [0, 2, 4]),
    call(drawn(5), [3, 1, 2, 2]),
    call(drawn(4, 3), np.array([0, 2]), 0),
    call(drawn(2, 4, 3), [1, 0], axis=-2),
    call(drawn(2, 3), np.zeros(0, np.intp), 1),
]


@means(
    np.add,
    "reduceat",
    [*_stretches, call(drawn(3, 2, dtype=complex), [0, 1]), call(drawn(3), [1], 0, complex)],
)
def add_reduceat(array, indices, axis=0, dtype=None, out=None):
    refuse_out("add.reduceat", out)
    indices = places(indices)
    return AddReduceAt.operation(array, indices, axis, dtype)


def reduceat(ufunc, array, indices, axis=0, dtype=None, out=None):
    """``ufunc.reduceat`` of any other ufunc: `reduce` of each segment."""
    refuse_out(f"{ufunc.__name__}.reduceat", out)
    x = operand(array, dtype)
    indices = places(indices)
    values = ufunc.reduceat(plain(x), indices, axis)
    if values.size == 0 or not isinstance(x, Variable):
        return as_variable(values)
    axis = normalize_axis_index(axis, x.ndim)
    each = METHODS[ufunc, "reduce"]
    pieces = []
    for i, j in zip(*segments(indices, x.shape[axis]), strict=True):
        piece = x[part(axis, i, j)]  # NumPy returns a single element unchanged, even for hypot
        pieces.append(piece if j == i + 1 else each(piece, axis, keepdims=True))
    return as_numpy_has_it(concatenate(pieces, axis), values)


# -- outer ---------------------------------------------------------------------------------------


def outer(ufunc, a, b, /, **options):
    """``ufunc.outer``: the ufunc of each element of a with each of b; the axes of a, then those of b."""
    a, b = operand(a), operand(b)
    y = ufunc(a.reshape(a.shape + (1,) * b.ndim), b, **options)
    return as_variable(y) if isinstance(y, (np.ndarray, np.generic)) else y


GENERAL = {"reduce": reduce, "accumulate": accumulate, "reduceat": reduceat, "outer": outer}
_sampled = {
    (np.subtract, "reduce"): [*_reductions[:3], *_reductions[5:], call(drawn(3), None), call(drawn(1, 2))],
    (np.divide, "reduce"): [call(drawn(3, 2, low=0.5)), call(drawn(2, 3, low=0.5), -1)],
    (np.logaddexp, "accumulate"): [*_running],
    (np.subtract, "accumulate"): [*_running, *_complex],
    (np.maximum, "reduceat"): _stretches,
    (np.multiply, "reduceat"): [*_stretches, call(drawn(3), [1], 0, np.float64)],
    (np.subtract, "reduceat"): _stretches,
    (np.hypot, "reduceat"): _stretches,
    (np.multiply, "outer"): [
        call(drawn(2), drawn(3)),
        call(drawn(2, 2), drawn()),
        call(drawn(2, dtype=complex), drawn(2, 1)),
        call([1.0, 2.0], drawn(3)),
        call(drawn(3), 2.0),
    ],
    (np.add, "outer"): [call(drawn(2), drawn(3, 1)), call(drawn(2), np.arange(2))],
    (np.hypot, "outer"): [call(drawn(2), drawn(3))],
    (np.power, "outer"): [call(drawn(2, low=0.5), drawn(3))],
}


def give_methods(ufunc):
    """Connect the general functions for the methods of a binary ufunc that have none of their own."""
    for name, function in GENERAL.items():
        if (ufunc, name) not in METHODS:
            means(ufunc, name, _sampled.get((ufunc, name), ()))(partial(function, ufunc))


for _ufunc in list(vars(np).values()):
    if isinstance(_ufunc, np.ufunc) and _ufunc.nin == 2 and _core.of_ufunc(_ufunc) and not _ufunc.signature:
        give_methods(_ufunc)
