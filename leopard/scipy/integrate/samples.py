"""Integrals of samples, and of functions by a Gaussian rule: functions of `scipy.integrate`, of Variables.

SciPy's own functions raise TypeError when they are given Variables, and name these.
"""

import numpy as np
import scipy.integrate as si

from leopard._core import as_variable
from leopard.functions._registry import call, drawn, implements
from leopard.functions.basic.indexing import where
from leopard.functions.basic.shape import broadcast_to, floating, operand, plain
from leopard.functions.manipulation.axes import moveaxis, swapaxes
from leopard.functions.manipulation.joining import concatenate, stack
from leopard.functions.math.cumulative import cumsum
from leopard.functions.math.differences import diff, trapezoid
from leopard.functions.math.sums import sum
from leopard.scipy._parts import along, axis_of, column

__all__ = [
    "cumulative_simpson", "cumulative_trapezoid", "fixed_quad", "romb", "simpson", "trapezoid",
]  # fmt: skip


def _spacings(x, y, axis):
    """The distances between the places x of samples y, along the axis of y."""
    x = operand(x)
    if x.ndim == 1:
        d = column(diff(x), axis, y.ndim)
    elif x.ndim != y.ndim:
        raise ValueError("If given, shape of x must be 1-D or the same as y.")
    else:
        d = diff(x, axis=axis)
    if d.shape[axis] != y.shape[axis] - 1:
        raise ValueError("If given, length of x along axis must be the same as y.")
    return d


_places = np.array([0.0, 0.5, 1.5, 1.75, 3.0])
_PLACES = drawn(5, made=lambda x: 0.2 * x + np.arange(5.0))


@implements(
    plain=si.cumulative_trapezoid,
    exact=False,
    cases=[
        call(drawn(4)),
        call(drawn(3, 5), _PLACES),
        call(drawn(5, 2), _places, axis=0, initial=0),
        call(drawn(2, 3), drawn(2, 3), axis=-2),
        call(drawn(2, 3, dtype=complex), dx=drawn(), initial=0),
        call(drawn(1)),
    ],
)
def cumulative_trapezoid(y, x=None, dx=1.0, axis=-1, initial=None):
    """Integrals from the first to each further sample by the trapezoidal rule.

    The gradient of y is half of each width times the sum of gy from there to the end, for both ends of the
    interval; that of x follows from the widths.

    Parameters
    ----------
    y : Variable or ndarray
    x : Variable or ndarray, optional
        The places of the samples, a vector along the axis or of the shape of y.
    dx : Variable or float
        The distance between neighbours where there is no x.
    axis : int
    initial : {None, 0}
        Whether a 0 stands in front.

    Returns
    -------
    Variable

    Raises
    ------
    ValueError
        When there are no samples, shapes do not fit, or initial is neither None nor 0.
    """
    y = floating(y)
    axis = axis_of(axis, y.ndim)
    if y.shape[axis] == 0:
        raise ValueError("At least one point is required along `axis`.")
    if initial is not None and (not np.isscalar(initial) or initial != 0):
        raise ValueError("`initial` must be `None` or `0`.")
    d = dx if x is None else _spacings(x, y, axis)
    y = cumsum(d * (y[along(axis, 1, None)] + y[along(axis, None, -1)]) / 2.0, axis)
    return y if initial is None else _after_zero(y, axis)


def _after_zero(y, axis):
    return concatenate([np.zeros((*y.shape[:axis], 1, *y.shape[axis + 1 :]), y.dtype), y], axis)


def _over(a, b):
    """The quotient, and 0 where b is 0, as SciPy has it."""
    nonzero = plain(b) != 0
    if np.all(nonzero):
        return a / b
    return where(nonzero, a / where(nonzero, b, 1.0), 0.0)


def _parabolas(y, h, axis):
    """The integrals over pairs of intervals, by the parabolas through each three points; y of odd length."""
    y0, y1, y2 = [y[along(axis, k, y.shape[axis] - 2 + k, 2)] for k in range(3)]
    if h is None:
        return (y0 + 4.0 * y1 + y2) / 3.0
    h0, h1 = h[along(axis, 0, None, 2)], h[along(axis, 1, None, 2)]
    total, ratio = h0 + h1, _over(h0, h1)
    y0 = y0 * (2.0 - _over(1.0, ratio))
    return total / 6.0 * (y0 + y1 * (total * _over(total, h0 * h1)) + y2 * (2.0 - ratio))


@implements(
    plain=si.simpson,
    exact=False,
    cases=[
        call(drawn(5)),
        call(drawn(6), dx=0.5),
        call(drawn(2, 5), _PLACES),
        call(drawn(4, 2), drawn(4, made=lambda x: 0.2 * x + np.arange(4.0)), axis=0),
        call(drawn(2, 6), drawn(2, 6, made=lambda x: 0.2 * x + np.arange(6.0)), dx=1.0),
        call(drawn(2), dx=drawn()),
        call(drawn(2), drawn(2)),
        call(drawn(3, dtype=complex), np.array([0.0, 1.0, 3.0])),
        call(drawn(3), np.array([0.0, 1.0, 1.0])),
    ],
)
def simpson(y, x=None, *, dx=1.0, axis=-1):
    """Integral along an axis by Simpson's rule.

    Of an even number of samples the last interval is integrated by the parabola through the last three.

    The gradient of y is gy times the weights of the rule, that of x the one of the weights.

    Parameters
    ----------
    y : Variable or ndarray
    x : Variable or ndarray, optional
        The places of the samples, a vector along the axis or of the shape of y.
    dx : Variable or float
        The distance between neighbours where there is no x.
    axis : int

    Returns
    -------
    Variable

    Raises
    ------
    ValueError
        When the shapes of x and y do not fit.
    """
    y = floating(y)
    axis = axis_of(axis, y.ndim)
    n = y.shape[axis]
    if n == 2:
        width = dx if x is None else sum(_spacings(floating(x), y, axis), axis)
        return as_variable(width * sum(y, axis) * 0.5)
    if x is not None:
        x = floating(x)
        x = x if x.dtype.kind == "c" else x.astype(np.float64)
    elif n % 2 == 0:
        dx = floating(dx).astype(np.float64)
    h = None if x is None else _spacings(x, y, axis)
    if n % 2:
        parts = sum(_parabolas(y, h, axis), axis)
        return as_variable(parts if h is not None else parts * dx)
    first = along(axis, 0, n - 1)
    total = sum(_parabolas(y[first], h if h is None else h[along(axis, 0, n - 2)], axis), axis)
    y3, y2, y1 = [y[(*[slice(None)] * axis, -k)] for k in (3, 2, 1)]
    if h is None:
        total = total * dx
        h0 = h1 = dx
    else:
        h0, h1 = [h[(*[slice(None)] * axis, -k)] for k in (2, 1)]
    alpha = _over(2 * h1 * h1 + 3 * h0 * h1, 6 * (h1 + h0))
    beta = _over(h1 * h1 + 3.0 * h0 * h1, 6 * h0)
    eta = _over(h1 * h1 * h1, 6 * h0 * (h0 + h1))
    return as_variable(total + (alpha * y1 + beta * y2 - eta * y3))


def _first_of_two(y, h, even):
    """The integrals over the first of two intervals, by the parabolas of three points; of the last axis."""
    f1, f2, f3 = y[..., :-2], y[..., 1:-1], y[..., 2:]
    h1, h2 = h[..., :-1], h[..., 1:]
    if even:
        return h1 / 3 * (1.25 * f1 + 2 * f2 - 0.25 * f3)
    a = h1 / (h1 + h2)
    b = a * (h1 / h2)
    return h1 / 6 * ((3 - a) * f1 + (3 + b + a) * f2 - b * f3)


@implements(
    plain=si.cumulative_simpson,
    exact=False,
    cases=[
        call(drawn(5)),
        call(drawn(6), dx=0.5),
        call(drawn(2, 5), x=_PLACES, initial=drawn()),
        call(drawn(4, 2), x=np.array([0.0, 1.0, 1.5, 2.0]), axis=0, initial=0),
        call(drawn(2, 3), dx=drawn(2, 1)),
        call(drawn(2), x=np.array([1.0, 3.0])),
    ],
)
def cumulative_simpson(y, *, x=None, dx=1.0, axis=-1, initial=None):
    """Integrals from the first to each further sample by Simpson's rule.

    The gradient of y is that of the weights of the parabolas through each three points. `initial` is added,
    and stands in front.

    Parameters
    ----------
    y : Variable or ndarray
    x : Variable or ndarray, optional
        The places of the samples, in ascending order: a vector along the axis, or of the shape of y.
    dx : Variable or float
        The distance between neighbours where there is no x; one, or one for each row.
    axis : int
    initial : Variable or float, optional
        One, or one for each row.

    Returns
    -------
    Variable

    Raises
    ------
    ValueError
        When the shapes do not fit, or x is not in ascending order.
    """
    y = floating(y)
    axis = axis_of(axis, y.ndim)
    row = (*y.shape[:axis], 1, *y.shape[axis + 1 :])
    if y.shape[axis] < 3:
        total = swapaxes(cumulative_trapezoid(y, x, dx, axis), axis, -1)
    else:
        shape = (*row[:axis], y.shape[axis] - 1, *row[axis + 1 :])
        if x is not None:
            x = floating(x)
            if not (x.shape == y.shape or x.shape == (y.shape[axis],)):
                raise ValueError(
                    "If given, shape of `x` must be the same as `y` or 1-D with the same length as `y` "
                    "along `axis`."
                )
            h = broadcast_to(_spacings(x, y, axis), shape)
            if np.any(plain(h) <= 0):
                raise ValueError("Input x must be strictly increasing.")
        else:
            h = floating(dx)
            if h.shape not in ((), row):
                raise ValueError(
                    "If provided, `dx` must either be a scalar or have the same shape as `y` but with only 1 "
                    "point along `axis`."
                )
            h = broadcast_to(h, shape)
        y, h = swapaxes(y, axis, -1), swapaxes(h, axis, -1)
        forth = _first_of_two(y, h, x is None)
        back = _first_of_two(y[..., ::-1], h[..., ::-1], x is None)[..., ::-1]
        pairs = stack([forth[..., ::2], back[..., ::2]], -1)
        parts = pairs.reshape(*pairs.shape[:-2], -1)
        if y.shape[-1] % 2 == 0:
            parts = concatenate([parts, back[..., -1:]], -1)
        total = cumsum(parts, -1)
    if initial is not None:
        initial = floating(initial)
        if initial.shape not in ((), row):
            raise ValueError(
                "If provided, `initial` must either be a scalar or have the same shape as `y` but with only "
                "1 point along `axis`."
            )
        initial = swapaxes(broadcast_to(initial, row), axis, -1)
        total = concatenate([initial, total + initial], -1)
    return swapaxes(total, -1, axis)


@implements(
    plain=si.romb,
    exact=False,
    cases=[
        call(drawn(5)),
        call(drawn(3, 2), drawn(), axis=0),
        call(drawn(2, 9), dx=0.5),
        call(drawn(2, dtype=complex)),
    ],
)
def romb(y, dx=1.0, axis=-1, show=False):
    """Integral of 2**k + 1 samples at equal distances by Romberg's rule.

    The gradient of y is gy times the weights of the rule, that of dx the integral for dx = 1.

    Parameters
    ----------
    y : Variable or ndarray
    dx : Variable or float
        The distance.
    axis : int
    show : bool
        Must be False: the table of the extrapolation is not printed.

    Returns
    -------
    Variable

    Raises
    ------
    ValueError
        When the number of samples is another, or `show` is true.
    """
    if show:
        raise ValueError("show=True prints the table of SciPy's romb: give that one y.data")
    y = floating(y)
    y = moveaxis(y, axis_of(axis, y.ndim), 0)
    n = y.shape[0] - 1
    k = max(n, 1).bit_length() - 1
    if n != 1 << k:
        raise ValueError("Number of samples must be one plus a non-negative power of 2.")
    h = n * floating(dx).astype(np.float64)
    table = [(y[0] + y[-1]) / 2.0 * h]
    for i in range(1, k + 1):
        step = n >> i
        row = [0.5 * (table[0] + h * sum(y[step :: 2 * step], 0))]
        for j in range(1, i + 1):
            row.append(row[-1] + (row[-1] - table[j - 1]) / ((1 << (2 * j)) - 1))
        table, h = row, h / 2.0
    return as_variable(table[-1])


@implements(
    plain=si.fixed_quad,
    exact=False,
    cases=[
        call(np.exp, drawn(), drawn()),
        call(np.sin, 0.0, drawn(), n=3),
        call(lambda x, k: x**k, drawn(low=0.5), 3.0, (drawn(low=0.5),), 4),
    ],
)
def fixed_quad(func, a, b, args=(), n=5):
    """Integral of a function by the rule of Gauss and Legendre of n points.

    The gradients are those of (b - a) / 2 * sum(w * func(x, *args)): in a and b, in the arguments, and in
    Variables that the function closes over.

    Parameters
    ----------
    func : callable
        ``func(x, *args)`` takes the vector of the places, and returns the values in its last axis.
    a, b : Variable or float
        The limits.
    args : tuple
    n : int

    Returns
    -------
    integral : Variable
    None
        As SciPy returns it.

    Raises
    ------
    ValueError
        When a limit is infinite.
    """
    places, weights = np.polynomial.legendre.leggauss(n)
    if np.isinf(plain(a)).any() or np.isinf(plain(b)).any():
        raise ValueError("Gaussian quadrature is only available for finite limits.")
    y = (b - a) * (places + 1) / 2.0 + a
    return as_variable((b - a) / 2.0 * sum(weights * func(y, *args), -1)), None
