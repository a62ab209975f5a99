"""Running sums along an axis, and what adds up neighbours: integrals, angles without their jumps."""

import numpy as np
from numpy.lib.array_utils import normalize_axis_index

from leopard._core import Variable, as_variable
from leopard.functions._registry import Primitive, call, drawn, implements
from leopard.functions.differences import diff, part
from leopard.functions.factors import running, since_numpy_2_1
from leopard.functions.reduction import (
    constant,
    gaps,
    refuse_out,
    sum,
    without_nan,
)
from leopard.functions.shape import composed, reshape

__all__ = ["cumsum", "cumulative_sum", "nancumsum", "trapezoid", "unwrap"]


class CumSum(Primitive):
    options = ("axis", "dtype")
    linear = True

    def forward(self, x):
        return np.cumsum(x, self.axis, self.dtype)

    def backward(self, gy):
        (x,) = self.inputs
        axis = 0 if self.axis is None else self.axis % gy.ndim
        backwards = part(axis, None, None, -1)
        gx = cumsum(gy[backwards], axis)[backwards]
        return gx if gx.shape == x.shape else reshape(gx, x.shape)


_running = [
    call(drawn(4)),
    call(drawn(2, 3)),
    call(drawn(2, 3), 0),
    call(drawn(2, 3, 2), axis=-2),
    call(drawn(2, 3, dtype=complex), 1),
    call(drawn(2, 3), -1, np.float64),
    call(drawn(3), dtype=complex),
    call(drawn()),
    call(drawn(2, 0), 1),
]


@implements(np.cumsum, method="cumsum", cases=_running)
def cumsum(a, axis=None, dtype=None, out=None):
    """Sums of the elements from the first to each, along an axis.

    The gradient is the sums of gy from the last to each.

    Parameters
    ----------
    a : Variable or ndarray
    axis : int, optional
        By default a is flattened.
    dtype : dtype, optional
        To sum in, and of the result.

    Returns
    -------
    Variable

    Examples
    --------
    >>> cumsum(Variable(np.array([1.0, 2.0, 3.0])))
    variable([1. 3. 6.])
    """
    refuse_out("cumsum", out)
    return CumSum.operation(a, axis, dtype)


@implements(
    np.nancumsum, cases=[call(drawn(2, 3, made=gaps)), call(drawn(2, 3, made=gaps), 1), *_running[1:5]]
)
@composed(np.nancumsum)
def nancumsum(a, axis=None, dtype=None, out=None):
    """Sums of the elements from the first to each, along an axis, nans taken as 0.

    The gradient is that of `cumsum`, and 0 at the nans.

    Parameters
    ----------
    a : Variable or ndarray
    axis, dtype
        As for `cumsum`.

    Returns
    -------
    Variable

    Examples
    --------
    >>> nancumsum(Variable(np.array([1.0, np.nan, 3.0])))
    variable([1. 1. 4.])
    """
    return cumsum(without_nan(a, 0), axis, dtype, out)


@since_numpy_2_1("cumulative_sum")
def cumulative_sum(x, /, *, axis=None, dtype=None, out=None, include_initial=False):
    """Sums of the elements from the first to each, along an axis.

    The gradient is that of `cumsum`.

    Parameters
    ----------
    x : Variable or ndarray
    axis : int, optional
        Needed where x has several axes.
    dtype : dtype, optional
        To sum in, and of the result.
    include_initial : bool
        Begin with the sum of nothing, 0.

    Returns
    -------
    Variable

    Examples
    --------
    >>> cumulative_sum(Variable(np.array([2.0, 3.0])), include_initial=True)
    variable([0. 2. 5.])
    """
    return running(cumsum, 0, "cumulative_sum", x, axis, dtype, out, include_initial)


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
    ],
)
@composed(np.trapezoid)
def trapezoid(y, x=None, dx=1.0, axis=-1):
    """Integral along an axis by the trapezoidal rule, sum of (x[1:] - x[:-1]) * (y[1:] + y[:-1]) / 2.

    The gradient of y is gy times half the width of the two intervals at each point; that of x is its
    share of the areas.

    Parameters
    ----------
    y : Variable or ndarray
    x : Variable or ndarray, optional
        Where the y are: along the axis, or of the shape of y.
    dx : Variable or scalar
        The distance of neighbours where there is no x.
    axis : int

    Returns
    -------
    Variable

    Examples
    --------
    >>> trapezoid(Variable(np.array([1.0, 2.0, 4.0])), dx=2.0)
    variable(9.0)
    """
    y = as_variable(y if isinstance(y, Variable) else np.asarray(y))
    d = dx
    if x is not None:
        x = x if isinstance(x, Variable) else np.asarray(x)
        d = diff(x, axis=-1 if x.ndim == 1 else axis)
    axis = normalize_axis_index(axis, y.ndim)
    if x is not None and x.ndim == 1:
        d = reshape(d, (-1,) + (1,) * (y.ndim - 1 - axis))
    return sum(d * (y[part(axis, 1, None)] + y[part(axis, None, -1)]) / 2.0, axis)


class Unwrap(Primitive):
    options = ("discont", "axis", "period")

    def forward(self, p):
        return np.unwrap(p, self.discont, self.axis, period=self.period)

    def backward(self, gy):
        return gy


@implements(
    np.unwrap,
    cases=[
        call(drawn(5, low=-9.0, high=9.0)),
        call(drawn(5, low=-9.0, high=9.0), discont=4.0),
        call(drawn(3, 4, low=-9.0, high=9.0), 3.5, 0),
        call(drawn(3, 4), axis=-1, period=1.5),
    ],
)
def unwrap(p, discont=None, axis=-1, *, period=2 * np.pi):
    """Angles without their jumps: to each is added the multiple of the period that brings it nearest.

    The gradient is gy; at a jump of exactly half a period it is that of either side.

    Parameters
    ----------
    p : Variable or ndarray
    discont : float, optional
        Jumps that are smaller stay; by default half a period.
    axis : int
        Along which the angles follow each other.
    period : float

    Returns
    -------
    Variable

    Examples
    --------
    >>> unwrap(Variable(np.array([0.0, 0.5, 3.75])), period=4.0)
    variable([ 0.    0.5  -0.25])
    """
    return Unwrap.operation(p, constant("discont", discont), axis, constant("period", period))
