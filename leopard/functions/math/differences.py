"""Differences of neighbours along an axis, finite-difference slopes, and the trapezoidal rule."""

import numpy as np
from numpy.lib.array_utils import normalize_axis_index, normalize_axis_tuple

from leopard._core import Variable, as_variable
from leopard.functions._registry import call, drawn, implements
from leopard.functions.basic.reductions import NOT_GIVEN
from leopard.functions.basic.shape import astype, broadcast_to, composed, operand, reshape
from leopard.functions.manipulation.joining import concatenate
from leopard.functions.math.sums import sum

__all__ = ["diff", "ediff1d", "gradient", "trapezoid"]


def part(axis, *bounds):
    """An index that is a slice along one axis, counted from 0."""
    return (*[slice(None)] * axis, slice(*bounds))


def _end(x, a, axis):
    """The array to be joined to `a` at an end of an axis; a scalar is repeated."""
    x = operand(x)
    if x.ndim:
        return x
    shape = list(a.shape)
    shape[axis] = 1
    return broadcast_to(x, tuple(shape))


@implements(
    np.diff,
    cases=[
        call(drawn(4)),
        call(drawn(4), 2),
        call(drawn(3, 4), n=3, axis=-1),
        call(drawn(3, 4, 2), axis=1),
        call(drawn(3, 2), axis=0, prepend=0.0),
        call(drawn(3, 2), axis=0, prepend=drawn(), append=drawn(2, 2)),
        call(drawn(3, 2), 2, append=drawn(3, 1, dtype=complex)),
        call(np.arange(3.0), prepend=drawn(2)),
        call(drawn(3, dtype=complex)),
        call(drawn(2, 1)),
    ],
)
@composed(np.diff)
def diff(a, n=1, axis=-1, prepend=NOT_GIVEN, append=NOT_GIVEN):
    """Differences of neighbours along an axis, a[1:] - a[:-1], n times over.

    The gradient is minus the differences of gy, between zeros.

    Parameters
    ----------
    a : Variable or ndarray
    n : int
        How many times; 0 gives a itself.
    axis : int
    prepend, append : Variable, ndarray or scalar, optional
        Joined to a along the axis first; a scalar stands for a slice of it.

    Returns
    -------
    Variable

    Raises
    ------
    ValueError
        When n is negative or a has no axis.

    Examples
    --------
    >>> diff(Variable(np.array([1.0, 2.0, 4.0])))
    variable([1. 2.])
    """
    a = as_variable(operand(a))
    if n == 0:
        return a
    if n < 0:
        raise ValueError(f"diff: n is at least 0, not {n}")
    if a.ndim == 0:
        raise ValueError("diff: a scalar has no neighbours")
    axis = normalize_axis_index(axis, a.ndim)
    ends = [None if x is NOT_GIVEN else _end(x, a, axis) for x in (prepend, append)]
    joined = [x for x in (ends[0], a, ends[1]) if x is not None]
    if len(joined) > 1:
        a = concatenate(joined, axis)
    for _ in range(n):
        next, this = a[part(axis, 1, None)], a[part(axis, None, -1)]
        a = next - this if a.dtype != bool else as_variable(next != this)
    return a


@implements(
    np.ediff1d,
    cases=[
        call(drawn(4)),
        call(drawn(2, 3)),
        call(drawn(4), drawn(2)),
        call(drawn(2, 2), to_end=drawn(), to_begin=[1.0, 2.0]),
        call(np.arange(3.0), 1.5, drawn(2, 2)),
        call(drawn(3, dtype=complex), to_begin=drawn(2)),
        call(drawn(1)),
        call(drawn(0), to_end=drawn(2)),
    ],
)
@composed(np.ediff1d)
def ediff1d(ary, to_end=None, to_begin=None):
    """Differences of neighbours in the flattened array, with `to_begin` before and `to_end` behind them.

    The gradient of ary is minus the differences of its part of gy, between zeros; those of the ends are their
    parts of gy.

    Parameters
    ----------
    ary : Variable or ndarray
    to_end, to_begin : Variable, ndarray or scalar, optional
        Flattened, and cast to the type of ary.

    Returns
    -------
    Variable

    Raises
    ------
    TypeError
        When an end cannot be cast to the type of ary.

    Examples
    --------
    >>> ediff1d(Variable(np.array([1.0, 2.0, 4.0])), to_end=0.0)
    variable([1. 2. 0.])
    """
    ary = as_variable(operand(ary))
    ary = reshape(ary, (ary.size,))
    ends = []
    for name, x in (("to_begin", to_begin), ("to_end", to_end)):
        if x is None:
            ends.append(None)
            continue
        x = operand(x)
        if not np.can_cast(x.dtype, ary.dtype, "same_kind"):
            raise TypeError(f"ediff1d: {name} of {x.dtype} cannot be cast to {ary.dtype}")
        x = reshape(x, (x.size,))
        ends.append(x if x.dtype == ary.dtype else astype(x, ary.dtype))
    begin, end = ends
    joined = [x for x in (begin, ary[1:] - ary[:-1], end) if x is not None]
    return joined[0] if len(joined) == 1 else concatenate(joined)


class _Line:
    """f along one axis, with helpers for weighted sums of three neighbours."""

    def __init__(self, f, axis):
        self.f, self.axis = f, axis

    def at(self, *bounds):
        return self.f[part(self.axis, *bounds)]

    def along(self, weight):
        """A vector reshaped to broadcast along the axis; a scalar as it is."""
        if _is_scalar(weight):
            return weight
        return weight.reshape((-1,) + (1,) * (self.f.ndim - 1 - self.axis))

    def three(self, weights, *slices):
        """a * f[i] + b * f[i+1] + c * f[i+2]."""
        a, b, c = [self.along(w) * self.at(*bounds) for w, bounds in zip(weights, slices, strict=True)]
        return a + b + c


def _is_scalar(x):
    return (x.ndim if isinstance(x, Variable) else np.ndim(x)) == 0


def _spacings(f, axes, varargs):
    """For each axis the distance between neighbours: a scalar, or a vector where they differ."""
    if not varargs:
        return [1.0] * len(axes)
    if len(varargs) == 1 and _is_scalar(varargs[0]):
        return list(varargs) * len(axes)
    if len(varargs) != len(axes):
        raise TypeError(f"gradient: one spacing, or one for each of the {len(axes)} axes, not {len(varargs)}")
    spacings = []
    for x, axis in zip(varargs, axes, strict=True):
        if _is_scalar(x):
            spacings.append(x)
            continue
        x = operand(x)
        if x.ndim != 1:
            raise ValueError("gradient: places are a vector, and distances a scalar")
        if len(x) != f.shape[axis]:
            raise ValueError(f"gradient: {len(x)} places along an axis of {f.shape[axis]} elements")
        d = np.diff(x.astype(np.float64) if x.dtype.kind in "iu" else x)
        even = not isinstance(d, Variable) and (d == d[0]).all()
        spacings.append(d[0] if even else d)
    return spacings


def _slope(f, axis, d, edge_order):
    """The slopes along one axis by the formulas of `numpy.gradient`, term by term."""
    line = _Line(f, axis)
    even = _is_scalar(d)
    if even:
        inner = (line.at(2, None) - line.at(None, -2)) / (2.0 * d)
    else:
        d1, d2 = d[:-1], d[1:]
        weights = -d2 / (d1 * (d1 + d2)), (d2 - d1) / (d1 * d2), d1 / (d2 * (d1 + d2))
        inner = line.three(weights, (None, -2), (1, -1), (2, None))
    first, last = (d, d) if even else (d[0], d[-1])
    if edge_order == 1:
        begin = (line.at(1, 2) - line.at(0, 1)) / first
        end = (line.at(-1, None) - line.at(-2, -1)) / last
        return begin, inner, end
    if even:
        weights = -1.5 / d, 2.0 / d, -0.5 / d
    else:
        d1, d2 = d[0], d[1]
        weights = -(2.0 * d1 + d2) / (d1 * (d1 + d2)), (d1 + d2) / (d1 * d2), -d1 / (d2 * (d1 + d2))
    begin = line.three(weights, (0, 1), (1, 2), (2, 3))
    if even:
        weights = 0.5 / d, -2.0 / d, 1.5 / d
    else:
        d1, d2 = d[-2], d[-1]
        weights = d2 / (d1 * (d1 + d2)), -(d2 + d1) / (d1 * d2), (2.0 * d2 + d1) / (d2 * (d1 + d2))
    end = line.three(weights, (-3, -2), (-2, -1), (-1, None))
    return begin, inner, end


@implements(
    np.gradient,
    cases=[
        call(drawn(5)),
        call(drawn(5), 0.5),
        call(drawn(5), drawn()),
        call(drawn(2)),
        call(drawn(4, 3)),
        call(drawn(4, 3), 2.0, 0.5, edge_order=2),
        call(drawn(4, 3), np.array([0.0, 1.0, 3.0, 3.5]), 2),
        call(drawn(4, 3), np.array([0, 1, 3, 4]), axis=0, edge_order=2),
        call(drawn(4, 3), np.array([0.0, 0.5, 1.0]), axis=-1),
        call(drawn(4, 3), drawn(4), drawn(3), axis=(0, 1)),
        call(drawn(4, 3), drawn(4), axis=0, edge_order=2),
        call(drawn(2, 3, 4), axis=(2, 0)),
        call(np.arange(4.0) ** 2, drawn(4)),
        call(drawn(5, dtype=complex), 0.5, edge_order=2),
    ],
)
@composed(np.gradient)
def gradient(f, *varargs, axis=None, edge_order=1):
    """Slopes along axes by central differences, and by one-sided differences at the ends.

    The slopes are linear in f, and the gradient of f is the adjoint of this linear map applied to gy. Places
    and distances that are Variables have the gradients of the same formulas.

    Parameters
    ----------
    f : Variable or ndarray
    *varargs : Variable, ndarray or scalar
        One distance between neighbours for all axes; or for each axis a distance or a vector of places. NumPy
        replaces places that are equally far apart by their distance; those in a Variable are not replaced,
        and the slopes then agree with NumPy's within rounding.
    axis : int or tuple of int, optional
        By default all.
    edge_order : 1 or 2
        The order of accuracy at the ends.

    Returns
    -------
    Variable, or a tuple of them
        One for each axis.

    Raises
    ------
    ValueError
        When an axis has no more elements than `edge_order`.

    Examples
    --------
    >>> gradient(Variable(np.array([1.0, 2.0, 4.0])))
    variable([1.  1.5 2. ])
    """
    f = as_variable(operand(f))
    axes = tuple(range(f.ndim)) if axis is None else normalize_axis_tuple(axis, f.ndim)
    spacings = _spacings(f, axes, varargs)
    if edge_order > 2:
        raise ValueError(f"gradient: edge_order is 1 or 2, not {edge_order}")
    dtype = f.dtype if f.dtype.kind in "fc" else np.dtype(np.float64)
    f = astype(f, dtype) if f.dtype.kind in "iu" else f
    slopes = []
    for axis, d in zip(axes, spacings, strict=True):
        if f.shape[axis] < edge_order + 1:
            raise ValueError(
                f"gradient: at least {edge_order + 1} elements, not {f.shape[axis]}, along an axis"
            )
        pieces = [x if x.dtype == dtype else astype(x, dtype) for x in _slope(f, axis, d, edge_order)]
        slopes.append(concatenate(pieces, axis))
    return slopes[0] if len(slopes) == 1 else tuple(slopes)


@implements(
    np.trapezoid,
    cases=[
        call(drawn(4)),
        call(drawn(3, 4), dx=0.5),
        call(drawn(3, 4), axis=0, dx=drawn()),
        call(drawn(3, 4), drawn(4)),
        call(drawn(3, 4), x=drawn(3), axis=0),
        call(drawn(3, 4), drawn(3, 4), axis=-1),
        call(drawn(2, 3, 4), drawn(3, 4), axis=-2),
        call(drawn(3, 4, dtype=complex), np.array([0.0, 1.0, 3.0, 3.5])),
        call(np.ones((2, 3)), drawn(3)),
        call(drawn(2, 1)),
        call(drawn(3), drawn(2, 3)),
        call(drawn(3, 1), drawn(2, 3, 4), axis=-2),
    ],
)
@composed(np.trapezoid)
def trapezoid(y, x=None, dx=1.0, axis=-1):
    """Integral along an axis by the trapezoidal rule, sum of (x[1:] - x[:-1]) * (y[1:] + y[:-1]) / 2.

    The gradient of y is gy times half the width of the two intervals at each point. That of x[i] is
    gy * (y[i-1] - y[i+1]) / 2, at the ends -gy * (y[0] + y[1]) / 2 and gy * (y[-2] + y[-1]) / 2.

    Parameters
    ----------
    y : Variable or ndarray
    x : Variable or ndarray, optional
        The places of the y: a vector along the axis, or an array that broadcasts with y.
    dx : Variable or scalar
        The distance between neighbours where there is no x.
    axis : int

    Returns
    -------
    Variable

    Examples
    --------
    >>> trapezoid(Variable(np.array([1.0, 2.0, 4.0])), dx=2.0)
    variable(9.0)
    """
    y = as_variable(operand(y))
    d = dx
    if x is not None:
        x = operand(x)
        d = diff(x, axis=-1 if x.ndim == 1 else axis)
    of_y = normalize_axis_index(axis, y.ndim)
    if x is not None and x.ndim == 1:
        d = reshape(d, (-1,) + (1,) * (y.ndim - 1 - of_y))
    return sum(d * (y[part(of_y, 1, None)] + y[part(of_y, None, -1)]) / 2.0, axis)
