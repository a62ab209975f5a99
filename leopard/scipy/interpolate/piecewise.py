"""Polynomials in pieces: cubic splines, Hermite's, monotone and Akima's."""

import numpy as np
import scipy.interpolate as si
from scipy.special import poch

from leopard._core import as_variable
from leopard.functions._registry import call, drawn, implements
from leopard.functions.basic.arithmetic import abs
from leopard.functions.basic.indexing import where
from leopard.functions.basic.shape import broadcast_to, plain, reshape
from leopard.functions.linalg.solving import solve
from leopard.functions.manipulation.axes import moveaxis
from leopard.functions.manipulation.joining import concatenate, stack
from leopard.functions.math.cumulative import cumsum
from leopard.functions.math.differences import diff
from leopard.functions.math.sums import sum
from leopard.scipy.interpolate._interpolants import as_doubles, enter, in_place_of_axis, nan_outside, periodic
from leopard.scipy.linalg.solving import solve_banded

__all__ = [
    "Akima1DInterpolator", "CubicHermiteSpline", "CubicSpline", "PPoly", "PchipInterpolator",
    "pchip_interpolate",
]  # fmt: skip


def _steps(x, ndim):
    """A vector along the first of `ndim` axes."""
    return reshape(x, (-1,) + (1,) * (ndim - 1))


_X = drawn(5, made=lambda x: 0.15 * x + np.arange(5.0))
_XI = np.array([[0.7, 2.4, 3.5], [1.3, 0.5, 3.4]])
_AT = drawn(3, made=lambda x: 0.1 * x + np.array([0.6, 2.4, 3.4]))


@enter(
    si.PPoly,
    cases=[
        call(drawn(3, 4), _X, _AT),
        call(drawn(2, 2, 4), np.arange(5.0), np.array([0.5, 2.5]), axis=1),
        call(drawn(3, 4, 2), _X, _XI),
        call(drawn(3, 4), _X, drawn(made=lambda x: 0.1 * x + 7.5), extrapolate="periodic"),
        call(drawn(3, 4), _X, np.array([0.8, 3.1]), extrapolate=False),
        call(drawn(3, 4), _X, lambda s: s(_XI, 1)),
        call(drawn(3, 4), _X, lambda s: s.derivative(2)(_XI)),
        call(drawn(3, 4), _X, lambda s: s.antiderivative(2)(_XI)),
        call(drawn(3, 4), _X, lambda s: s.integrate(0.7, 3.1)),
        call(drawn(3, 4), _X, lambda s: s.integrate(0.7, 8.1, extrapolate="periodic")),
        call(drawn(2, 3, dtype=complex), np.arange(4.0), np.array([0.5, 2.5])),
    ],
)
class PPoly:
    """Piecewise polynomial: the sum over k of c[k, i] * (x - x[i])**(n - k) between breakpoints i and i + 1.

    The gradient of the coefficients is gy times the powers, that of the place x gy times the slope, and
    that of the breakpoint below it the negative of that.

    Parameters
    ----------
    c : Variable or ndarray
        The coefficients, the highest power first; the intervals are in the second axis.
    x : Variable or ndarray
        The breakpoints, in ascending or descending order.
    extrapolate : {True, False, "periodic"}, optional
        Whether the first and the last polynomial are continued; otherwise values beyond them are nan.
    axis : int
        The axis of the intervals, counted without the one of the powers.

    Raises
    ------
    ValueError
        When the shapes do not fit, or the breakpoints are not in order.
    """

    def __init__(self, c, x, extrapolate=None, axis=0):
        c, x = as_doubles(c), as_doubles(x)
        extrapolate = True if extrapolate is None else extrapolate
        self.extrapolate = extrapolate if extrapolate == "periodic" else bool(extrapolate)
        if c.ndim < 2:
            raise ValueError("Coefficients array must be at least 2-dimensional.")
        if not 0 <= axis < c.ndim - 1:
            raise ValueError(f"axis={axis} must be between 0 and {c.ndim - 1}")
        if axis:
            c = moveaxis(moveaxis(c, axis + 1, 0), axis + 1, 0)
        if x.ndim != 1:
            raise ValueError("x must be 1-dimensional")
        if x.shape[0] < 2:
            raise ValueError("at least 2 breakpoints are needed")
        if c.shape[0] == 0:
            raise ValueError("polynomial must be at least of order 0")
        if c.shape[1] != x.shape[0] - 1:
            raise ValueError("number of coefficients != len(x)-1")
        steps = np.diff(plain(x))
        if not (np.all(steps >= 0) or np.all(steps <= 0)):
            raise ValueError("`x` must be strictly increasing or decreasing.")
        self.c, self.x, self.axis = c, x, axis

    @classmethod
    def construct_fast(cls, c, x, extrapolate=None, axis=0):
        """A polynomial of coefficients in the order of the attribute `c`, without checks."""
        made = object.__new__(cls)
        made.c, made.x, made.axis = c, x, axis
        made.extrapolate = True if extrapolate is None else extrapolate
        return made

    def __call__(self, x, nu=0, extrapolate=None):
        """The values, or those of the derivative of order nu, at places x.

        Parameters
        ----------
        x : Variable or ndarray
        nu : int
        extrapolate : {True, False, "periodic"}, optional
            By default as the polynomial was made.

        Returns
        -------
        Variable
            With the axes of x in the place of the axis of the intervals.
        """
        if nu < 0:
            raise ValueError("Order of derivative cannot be negative")
        extrapolate = self.extrapolate if extrapolate is None else extrapolate
        t = as_doubles(x)
        if extrapolate == "periodic":
            t = periodic(t, self.x[0], self.x[-1])
            extrapolate = False
        knots, values = plain(self.x), plain(t)
        sign = 1.0 if knots[-1] >= knots[0] else -1.0
        i = np.searchsorted(sign * knots, sign * values, "right") - 1
        i = np.clip(i, 0, len(knots) - 2)
        c, n = self.c, self.c.shape[0]
        s = reshape(t - self.x[i], (*t.shape, *(1,) * (c.ndim - 2)))
        y = 0.0 * s + np.zeros((*t.shape, *c.shape[2:]), c.dtype)
        for k in range(n - nu):
            y = y * s + c[k, i] * float(poch(n - nu - k, nu))
        if not extrapolate:
            y = nan_outside(y, t, *sorted(knots[[0, -1]]))
        return as_variable(in_place_of_axis(y, t.ndim, self.axis))

    def derivative(self, nu=1):
        """The derivative of order nu, a `PPoly`; for a negative nu the antiderivative."""
        if nu < 0:
            return self.antiderivative(-nu)
        n = self.c.shape[0] - nu
        if n < 1:
            c = np.zeros((1, *self.c.shape[1:]), self.c.dtype)
        else:
            c = self.c[:n] * _steps(poch(np.arange(n, 0, -1), nu), self.c.ndim)
        return PPoly.construct_fast(c, self.x, self.extrapolate, self.axis)

    def antiderivative(self, nu=1):
        """The antiderivative of order nu, a `PPoly` that is 0 at the first breakpoint."""
        if nu <= 0:
            return self.derivative(-nu)
        c = self.c
        h = reshape(diff(self.x), (-1,) + (1,) * (c.ndim - 2))
        for _ in range(nu):
            c = c / _steps(np.arange(c.shape[0], 0.0, -1), c.ndim)
            total = 0.0
            for k in range(c.shape[0]):
                total = (total + c[k]) * h
            total = cumsum(total, 0)
            first = np.zeros((1, *c.shape[2:]), c.dtype)
            c = concatenate([c, concatenate([first, total[:-1]])[None]])
        extrapolate = False if self.extrapolate == "periodic" else self.extrapolate
        return PPoly.construct_fast(c, self.x, extrapolate, self.axis)

    def integrate(self, a, b, extrapolate=None):
        """The integral from a to b, which have gradients, too."""
        extrapolate = self.extrapolate if extrapolate is None else extrapolate
        whole = PPoly.construct_fast(self.c, self.x, self.extrapolate).antiderivative()
        return as_variable(_integral(whole, a, b, extrapolate, self.x[0], self.x[-1]))


def _integral(whole, a, b, extrapolate, low, high):
    """The difference of an antiderivative at two places, beyond an interval by whole periods."""
    if extrapolate != "periodic":
        return whole(b, extrapolate=extrapolate) - whole(a, extrapolate=extrapolate)

    def at(t):
        turns = np.floor((plain(t) - plain(low)) / plain(high - low))
        return whole(t - turns * (high - low)) + turns * (whole(high) - whole(low))

    return at(as_doubles(b)) - at(as_doubles(a))


# -- By slopes at the data ------------------------------------------------------------------------


def _data(x, y, axis, slopes=None):
    """Places, their distances, and values with the axis of interpolation in front."""
    x, y = as_doubles(x), as_doubles(y)
    if x.dtype.kind == "c":
        raise ValueError("`x` must contain real values.")
    if slopes is not None:
        slopes = as_doubles(slopes)
        if slopes.shape != y.shape:
            raise ValueError("The shapes of `y` and `dydx` must be identical.")
        dtype = np.result_type(y.dtype, slopes.dtype)
        y, slopes = [v if v.dtype == dtype else v.astype(dtype) for v in (y, slopes)]
    axis = axis % y.ndim
    if x.ndim != 1:
        raise ValueError("`x` must be 1-dimensional.")
    if x.shape[0] < 2:
        raise ValueError("`x` must contain at least 2 elements.")
    if x.shape[0] != y.shape[axis]:
        raise ValueError(f"The length of `y` along `axis`={axis} doesn't match the length of `x`")
    for name, v in (("x", x), ("y", y), ("dydx", slopes)):
        if v is not None and not np.isfinite(plain(v)).all():
            raise ValueError(f"`{name}` must contain only finite values.")
    steps = diff(x)
    if np.any(plain(steps) <= 0):
        raise ValueError("`x` must be strictly increasing sequence.")
    y = moveaxis(y, axis, 0)
    return x, _steps(steps, y.ndim), y, axis, slopes if slopes is None else moveaxis(slopes, axis, 0)


def hermite(y, slopes, h):
    """The coefficients of the cubic polynomials with given values and slopes at the ends of intervals."""
    secant = (y[1:] - y[:-1]) / h
    t = (slopes[:-1] + slopes[1:] - 2 * secant) / h
    return stack([t / h, (secant - slopes[:-1]) / h - t, slopes[:-1], y[:-1]])


class _ByEnds(PPoly):
    """A piecewise cubic polynomial, from values and slopes at the breakpoints."""

    def _set(self, x, y, slopes, h, axis, extrapolate):
        self.x, self.c, self.axis = x, hermite(y, slopes, h), axis
        self.extrapolate = extrapolate


_y = [
    call(_X, drawn(5), _AT),
    call(_X, drawn(5, 2), _XI),
    call(np.arange(5.0), drawn(2, 5), _AT, axis=1),
    call(np.array([0.0, 2.0]), drawn(2), np.array([0.5, 1.2])),
    call(drawn(3, made=lambda x: 0.1 * x + np.arange(3.0)), drawn(3), np.array([0.5, 1.6])),
]


@enter(
    si.CubicHermiteSpline,
    cases=[
        call(_X, drawn(5), drawn(5), _AT),
        call(np.arange(4.0), drawn(2, 4), drawn(2, 4), np.array([0.5, 2.6]), axis=1),
        call(np.arange(3.0), drawn(3, dtype=complex), drawn(3), np.array([0.5, 1.6])),
        call(_X, drawn(5), drawn(5), _AT, extrapolate=False),
        call(_X, drawn(5), drawn(5), lambda s: s.antiderivative()(_XI)),
    ],
)
class CubicHermiteSpline(_ByEnds):
    """Cubic polynomials in pieces with given values and slopes at the breakpoints.

    The gradients of the values and of the slopes are gy times Hermite's cubic polynomials; those of the
    places follow from them.

    Parameters
    ----------
    x : Variable or ndarray
        The breakpoints, in ascending order.
    y, dydx : Variable or ndarray
        The values and the slopes.
    axis : int
        The axis of y along which x is.
    extrapolate : {True, False, "periodic"}, optional

    Raises
    ------
    ValueError
        When the shapes do not fit, or x is not in ascending order.
    """

    def __init__(self, x, y, dydx, axis=0, extrapolate=None):
        x, h, y, axis, slopes = _data(x, y, axis, dydx)
        self._set(x, y, slopes, h, axis, True if extrapolate is None else extrapolate)


def _of_real(y, name):
    if y.dtype.kind == "c":
        raise ValueError(f"`{name}` only works with real values for `y`.")


def _slopes_at_end(h0, h1, m0, m1):
    d = ((2 * h0 + h1) * m0 - h0 * m1) / (h0 + h1)
    values, v0, v1 = plain(d), plain(m0), plain(m1)
    other = np.sign(values) != np.sign(v0)
    steep = ~other & (np.sign(v0) != np.sign(v1)) & (np.abs(values) > 3.0 * np.abs(v0))
    if other.any():
        d = where(other, 0.0, d)
    return where(steep, 3.0 * m0, d) if steep.any() else d


def pchip_slopes(y, h):
    """The slopes of the monotone interpolant: harmonic means of the secants, 0 where their signs differ."""
    m = (y[1:] - y[:-1]) / h
    if y.shape[0] == 2:
        return concatenate([m, m])
    values = plain(m)
    flat = (np.sign(values[1:]) != np.sign(values[:-1])) | (values[1:] == 0) | (values[:-1] == 0)
    w1, w2 = 2 * h[1:] + h[:-1], h[1:] + 2 * h[:-1]
    m0, m1 = [where(flat, 1.0, part) if flat.any() else part for part in (m[:-1], m[1:])]
    inner = (w1 + w2) / (w1 / m0 + w2 / m1)
    inner = where(flat, 0.0, inner) if flat.any() else inner
    first = _slopes_at_end(h[:1], h[1:2], m[:1], m[1:2])
    last = _slopes_at_end(h[-1:], h[-2:-1], m[-1:], m[-2:-1])
    return concatenate([first, inner, last])


@enter(si.PchipInterpolator, cases=[*_y, call(_X, drawn(5), lambda s: s.derivative()(_XI))])
class PchipInterpolator(_ByEnds):
    """Monotone cubic interpolation: the slopes are harmonic means of those of the neighbouring secants.

    The gradient is that of `CubicHermiteSpline`, through the slopes; a slope that is 0 because the secants
    have different signs has none.

    Parameters
    ----------
    x : Variable or ndarray
        The places, in ascending order.
    y : Variable or ndarray
        The values, real.
    axis : int
    extrapolate : bool, optional

    Raises
    ------
    ValueError
        When the shapes do not fit, x is not in ascending order, or y is complex.
    """

    def __init__(self, x, y, axis=0, extrapolate=None):
        x, h, y, axis, _ = _data(x, y, axis)
        _of_real(y, "PchipInterpolator")
        self._set(x, y, pchip_slopes(y, h), h, axis, True if extrapolate is None else extrapolate)


@implements(
    plain=si.pchip_interpolate,
    exact=False,
    cases=[
        call(_X, drawn(5), _AT),
        call(np.arange(4.0), drawn(4), np.array([0.5, 1.6]), 1),
        call(np.arange(4.0), drawn(2, 4), np.array([0.5, 1.6]), [0, 1], 1),
    ],
)
def pchip_interpolate(xi, yi, x, der=0, axis=0):
    """Values, or derivatives, of the monotone interpolant `PchipInterpolator` of data at places x.

    The gradients are those of the interpolant.

    Parameters
    ----------
    xi, yi : Variable or ndarray
        The places and the values of the data.
    x : Variable or ndarray
    der : int or sequence of int
        The order of the derivative; for a sequence a list is returned.
    axis : int

    Returns
    -------
    Variable, or list of Variable
    """
    made = PchipInterpolator(xi, yi, axis=axis)
    if np.ndim(der) == 0:
        return made.derivative(der)(x) if der else made(x)
    return [made.derivative(nu)(x) for nu in der]


@enter(
    si.Akima1DInterpolator,
    cases=[
        *[sample for sample in _y if sample.args[0].shape[0] != 3],
        call(_X, drawn(5), np.array([0.7, 2.3]), method="makima", extrapolate=True),
        call(np.arange(3.0), drawn(3), np.array([0.5, 1.6])),
    ],
)
class Akima1DInterpolator(_ByEnds):
    """Akima's interpolation: the slopes are weighted means of those of the neighbouring secants.

    The gradient is that of `CubicHermiteSpline`, through the slopes and their weights.

    Parameters
    ----------
    x : Variable or ndarray
        The places, in ascending order.
    y : Variable or ndarray
        The values, real.
    axis : int
    method : {"akima", "makima"}
        Akima's weights, or the modified ones.
    extrapolate : bool, optional
        By default values beyond the data are nan.

    Raises
    ------
    ValueError
        When the shapes do not fit, x is not in ascending order, or y is complex.
    NotImplementedError
        When the method is unknown.
    """

    def __init__(self, x, y, axis=0, *, method="akima", extrapolate=None):
        if method not in ("akima", "makima"):
            raise NotImplementedError(f"`method`={method} is unsupported.")
        x, h, y, axis, _ = _data(x, y, axis)
        _of_real(y, "Akima1DInterpolator")
        slopes = _akima_slopes(y, h, method)
        self._set(x, y, slopes, h, axis, False if extrapolate is None else extrapolate)


def _akima_slopes(y, h, method):
    m = (y[1:] - y[:-1]) / h
    if y.shape[0] == 2:
        return concatenate([m, m])
    before, after = 2.0 * m[:1] - m[1:2], 2.0 * m[-1:] - m[-2:-1]
    m = concatenate([2.0 * before - m[:1], before, m, after, 2.0 * after - m[-1:]])
    d = abs(m[1:] - m[:-1])
    if method == "makima":
        s = abs(m[1:] + m[:-1])
        d = d + 0.5 * s
    f1, f2 = d[2:], d[:-2]
    total = plain(f1) + plain(f2)
    weighted = total > 1e-9 * total.max(initial=-np.inf)
    middle = 0.5 * (m[3:] + m[:-3])
    if not weighted.any():
        return middle
    sum_of = f1 + f2 if weighted.all() else where(weighted, f1 + f2, 1.0)
    t = m[1:-2] + f2 / sum_of * (m[2:-1] - m[1:-2])
    return t if weighted.all() else where(weighted, t, middle)


# -- Cubic splines --------------------------------------------------------------------------------


def _ends(bc_type, y, axis):
    """The conditions at both ends, each "not-a-knot", "periodic" or a pair of an order and a value."""
    shape = y.shape[1:]
    if isinstance(bc_type, str):
        if bc_type == "periodic" and not np.allclose(plain(y)[0], plain(y)[-1], rtol=1e-15, atol=1e-15):
            raise ValueError(
                f"The first and last `y` point along axis {axis} must be identical (within machine "
                "precision) when bc_type='periodic'."
            )
        bc_type = (bc_type, bc_type)
    elif len(bc_type) != 2:
        raise ValueError("`bc_type` must contain 2 elements to specify start and end conditions.")
    elif any(isinstance(bc, str) and bc == "periodic" for bc in bc_type):
        raise ValueError(
            "'periodic' `bc_type` is defined for both curve ends and cannot be used with other boundary "
            "conditions."
        )
    found = []
    for bc in bc_type:
        if isinstance(bc, str):
            named = {"clamped": (1, np.zeros(shape)), "natural": (2, np.zeros(shape))}
            if bc not in (*named, "not-a-knot", "periodic"):
                raise ValueError(f"bc_type={bc} is not allowed.")
            found.append(named.get(bc, bc))
            continue
        try:
            order, value = bc
        except Exception as error:
            raise ValueError(
                "A specified derivative value must be given in the form (order, value)."
            ) from error
        if order not in (1, 2):
            raise ValueError("The specified derivative order must be 1 or 2.")
        value = as_doubles(value)
        if value.shape != shape:
            raise ValueError(f"`deriv_value` shape {value.shape} is not the expected one {shape}.")
        found.append((order, value))
    return found


def _solved(lower, diagonal, upper, b):
    """The solution with a matrix of three diagonals, of right sides in the first axis."""
    zero = np.zeros(1)
    bands = stack([concatenate([zero, upper]), diagonal, concatenate([lower, zero])])
    return reshape(solve_banded((1, 1), bands, reshape(b, (b.shape[0], -1)), check_finite=False), b.shape)


def _end_row(bc, sign, h0, h1, m0, m1):
    """The diagonal, the element beside it, and the right side of the equation of one end."""
    if bc == "not-a-knot":
        d = h0 + h1
        return h1, d, ((h0 + 2 * d) * h1 * m0 + h0 * h0 * m1) / d
    order, value = bc
    one = np.ones(1)
    if order == 1:
        return one, 0.0 * one, value[None] + 0.0 * m0
    return 2 * h0, h0, 3 * (m0 * h0) - sign * 0.5 * value[None] * h0 * h0


def _spline_slopes(y, h, ends):
    """The slopes of the cubic spline at the data, in which its second derivative is continuous."""
    n, m = y.shape[0], (y[1:] - y[:-1]) / h
    line = reshape(h, (-1,))
    if n == 2:
        ends = [(1, m[0]) if isinstance(bc, str) else bc for bc in ends]
    if n == 3 and ends == ["not-a-knot"] * 2:
        zero = np.zeros(1)
        rows = [np.array([1.0, 1, 0]), concatenate([line[1:], 2 * (line[:1] + line[1:]), line[:1]])]
        rows.append(concatenate([zero, np.ones(2)]))
        b = stack([2 * m[0], 3 * (h[0] * m[1] + h[1] * m[0]), 2 * m[1]])
        return reshape(solve(stack(rows), reshape(b, (3, -1))), b.shape)
    if n == 3 and ends[0] == "periodic":
        return broadcast_to((sum(m / h, 0) / sum(1.0 / h, 0))[None], y.shape)
    inner = 3 * (h[1:] * m[:-1] + h[:-1] * m[1:])
    middle = 2 * (line[:-1] + line[1:])
    if ends[0] == "periodic":
        first = 3 * (h[:1] * m[-1:] + h[-1:] * m[:1])
        b = concatenate([first, inner])  # of all but the last of the data
        diagonal = concatenate([2 * (line[-1:] + line[:1]), middle])
        k = n - 2
        upper = concatenate([line[-1:], line[: k - 2]]) if k > 1 else line[:0]
        lower = line[1 : k - 1 + 1][: k - 1]
        corner = stack([-1.0 * line[0], *[0.0 * line[0]] * (k - 2), -1.0 * line[n - 4]])
        corner = _steps(corner, y.ndim) + 0.0 * plain(b[:k]).real
        s1 = _solved(lower, diagonal[:k], upper, b[:k])
        s2 = _solved(lower, diagonal[:k], upper, corner)
        last = (b[k] - line[n - 3] * s1[0] - line[n - 2] * s1[-1]) / (
            2 * (line[n - 2] + line[n - 3]) + line[n - 3] * s2[0] + line[n - 2] * s2[-1]
        )
        s = concatenate([s1 + last[None] * s2, last[None]])
        return concatenate([s, s[:1]])
    h1, m1 = (h[1:2], m[1:2]) if n > 2 else (h, m)
    d0, u0, b0 = _end_row(ends[0], 1.0, h[:1], h1, m[:1], m1)
    h1, m1 = (h[-2:-1], m[-2:-1]) if n > 2 else (h, m)
    d1, l1, b1 = _end_row(ends[1], -1.0, h[-1:], h1, m[-1:], m1)
    d0, u0, d1, l1 = [reshape(v, (-1,)) for v in (d0, u0, d1, l1)]
    return _solved(
        concatenate([line[1:], l1]),
        concatenate([d0, middle, d1]),
        concatenate([u0, line[:-1]]),
        concatenate([b0, inner, b1]),
    )


def _closed(x):
    return x * np.array([1.0, 1, 1, 1, 0]) + x[0] * np.array([0.0, 0, 0, 0, 1])


@enter(
    si.CubicSpline,
    cases=[
        *_y,
        call(_X, drawn(5), _AT, bc_type="natural"),
        call(_X, drawn(5), np.array([-1.2, 5.3])),
        call(_X, drawn(5), _AT, bc_type="clamped", extrapolate=False),
        call(_X, drawn(5), _AT, bc_type=((2, 0.5), (1, drawn()))),
        call(_X, drawn(5, made=_closed), _AT, bc_type="periodic"),
        call(
            np.arange(3.0), np.array([1.0, 0.5, 1.0]), drawn(made=lambda x: 0.1 * x + 1.4), bc_type="periodic"
        ),
        call(np.arange(5.0), drawn(5, dtype=complex), np.array([0.5, 1.6])),
        call(np.arange(4.0), drawn(4), lambda s: s.derivative()(np.array([0.5, 1.6]))),
        call(_X, drawn(5), lambda s: s.integrate(0.5, 2.5)),
    ],
)
class CubicSpline(_ByEnds):
    """Cubic spline: cubic polynomials in pieces whose second derivatives are continuous.

    The gradient is that of `CubicHermiteSpline`, through the slopes, which solve a system of equations of
    three diagonals.

    Parameters
    ----------
    x : Variable or ndarray
        The places, in ascending order.
    y : Variable or ndarray
        The values.
    axis : int
    bc_type : str or pair
        The conditions at the ends: "not-a-knot", "periodic", "clamped", "natural", or for each end one of
        these or a pair (order, value) of the derivative of order 1 or 2, which may be a Variable.
    extrapolate : {True, False, "periodic"}, optional

    Raises
    ------
    ValueError
        When the shapes do not fit, x is not in ascending order, or the conditions are unknown.
    """

    def __init__(self, x, y, axis=0, bc_type="not-a-knot", extrapolate=None):
        x, h, y, axis, _ = _data(x, y, axis)
        ends = _ends(bc_type, y, axis)
        if extrapolate is None:
            extrapolate = "periodic" if isinstance(ends[0], str) and ends[0] == "periodic" else True
        self._set(x, y, _spline_slopes(y, h, ends), h, axis, extrapolate)
