"""Splines as sums of B-splines, and splines through data."""

import operator

import numpy as np
import scipy.interpolate as si

from leopard._core import Variable, as_variable
from leopard.functions._registry import call, drawn, implements
from leopard.functions.basic.indexing import AddAt, where
from leopard.functions.basic.shape import form_of, plain, reshape
from leopard.functions.linalg.solving import solve
from leopard.functions.manipulation.axes import moveaxis
from leopard.functions.manipulation.joining import concatenate, stack
from leopard.functions.math.cumulative import cumsum
from leopard.functions.math.differences import diff
from leopard.scipy._parts import axis_of, constant
from leopard.scipy.interpolate._interpolants import as_doubles, enter, in_place_of_axis, nan_outside, periodic
from leopard.scipy.linalg.solving import solve_banded

__all__ = ["BSpline", "make_interp_spline", "splev", "splrep"]


def intervals(t, k, x):
    """For each place the number of the knot below it, in the interval where the B-splines are a basis."""
    n = t.shape[0] - k - 1
    return np.clip(np.searchsorted(plain(t), plain(x), "right") - 1, k, n - 1)


def basis(t, k, x, ell, nu=0):
    """The k + 1 B-splines that are not 0 at each place, or their derivatives of order nu."""
    weights = [1.0]
    for p in range(1, k + 1):
        below = [0.0, *weights, 0.0]
        # (weight of the order below) / (t[m + p] - t[m]), where m = ell - p + j
        parts = [0.0, *[below[j] / (t[ell + j] - t[ell - p + j]) for j in range(1, p + 1)], 0.0]
        if p > k - nu:
            weights = [p * (parts[j] - parts[j + 1]) for j in range(p + 1)]
        else:
            weights = [
                (x - t[ell - p + j]) * parts[j]
                + (t[np.minimum(ell + j + 1, t.shape[0] - 1)] - x) * parts[j + 1]
                for j in range(p + 1)
            ]
    return weights


_T = np.array([0.0, 0, 0, 0, 1, 2.5, 4, 4, 4, 4])
_MOVED = drawn(8, made=lambda x: 0.1 * x + np.arange(8.0))
_AT = drawn(3, made=lambda x: 0.1 * x + np.array([0.6, 2.2, 3.3]))
_XI = np.array([[0.7, 2.4, 3.9], [1.3, 0.2, 3.6]])


@enter(
    si.BSpline,
    cases=[
        call(_T, drawn(6), 3, _AT),
        call(_MOVED, drawn(5), 2, drawn(2, made=lambda x: 0.1 * x + np.array([2.5, 3.4]))),
        call(_T, drawn(2, 6), 3, _XI, axis=1),
        call(_T, drawn(6), 3, np.array([0.5, 3.0]), extrapolate=False),
        call(_T, drawn(6), 3, np.array([0.5, 5.2]), extrapolate="periodic"),
        call(_T, drawn(6), 3, np.array([-0.5, 5.2])),
        call(_T, drawn(6, dtype=complex), 3, np.array([0.5, 2.0])),
        call(_T, drawn(6), 3, lambda s: s(_XI, 2)),
        call(_T, drawn(6), 3, lambda s: s.derivative()(_XI)),
        call(_T, drawn(6), 3, lambda s: s.antiderivative()(_XI)),
        call(_T, drawn(6), 3, lambda s: s.integrate(0.5, 3.0)),
        call(_T, drawn(6), 3, lambda s: s.integrate(0.5, 6.0, "periodic")),
        call(_T, drawn(6), 3, lambda s: s.integrate(-1.0, 3.0, False)),
        call(np.arange(5.0), drawn(4), 0, np.array([0.5, 2.5])),
    ],
)
class BSpline:
    """Spline of degree k: the sum of c[i] times the B-spline on the knots t[i] to t[i + k + 1].

    The gradient of the coefficients is gy times the B-splines, that of the places gy times the slope, and
    that of the knots follows from de Boor's recursion.

    Parameters
    ----------
    t : Variable or ndarray
        The knots, in ascending order.
    c : Variable or ndarray
        The coefficients, at least len(t) - k - 1 along an axis.
    k : int
    extrapolate : {True, False, "periodic"}
        Whether the first and the last polynomial are continued; otherwise values beyond them are nan.
    axis : int

    Raises
    ------
    ValueError
        When the shapes do not fit, or the knots are not in order.
    """

    def __init__(self, t, c, k, extrapolate=True, axis=0):
        k, t, c = operator.index(k), as_doubles(t), as_doubles(c)
        self.extrapolate = extrapolate if extrapolate == "periodic" else bool(extrapolate)
        n = t.shape[0] - k - 1
        axis = axis_of(axis, c.ndim)
        c = moveaxis(c, axis, 0) if axis else c
        values = plain(t)
        if k < 0:
            raise ValueError("Spline order cannot be negative.")
        if t.ndim != 1:
            raise ValueError("Knot vector must be one-dimensional.")
        if n < k + 1:
            raise ValueError(f"Need at least {2 * k + 2} knots for degree {k}")
        if (np.diff(values) < 0).any():
            raise ValueError("Knots must be in a non-decreasing order.")
        if len(np.unique(values[k : n + 1])) < 2:
            raise ValueError("Need at least two internal knots.")
        if not np.isfinite(values).all():
            raise ValueError("Knots should not have nans or infs.")
        if c.shape[0] < n:
            raise ValueError("Knots, coefficients and degree are inconsistent.")
        self.t, self.c, self.k, self.axis = t, c, k, axis

    @classmethod
    def construct_fast(cls, t, c, k, extrapolate=True, axis=0):
        """A spline of coefficients whose axis is the first, without checks."""
        made = object.__new__(cls)
        made.t, made.c, made.k, made.extrapolate, made.axis = t, c, k, extrapolate, axis
        return made

    @property
    def tck(self):
        """The knots, the coefficients and the degree."""
        return self.t, self.c, self.k

    def _span(self):
        return self.t[self.k], self.t[self.t.shape[0] - self.k - 1]

    def __call__(self, x, nu=0, extrapolate=None):
        """The values, or those of the derivative of order nu, at places x, with SciPy's parameters."""
        extrapolate = self.extrapolate if extrapolate is None else extrapolate
        x = as_doubles(x)
        low, high = self._span()
        if extrapolate == "periodic":
            x = periodic(x, low, high)
            extrapolate = False
        ell = intervals(self.t, self.k, x)
        y = combined(self.c, ell - self.k, basis(self.t, self.k, x, ell, nu), x.ndim)
        if nu > self.k:
            y = 0.0 * y
        if not extrapolate:
            y = nan_outside(y, x, plain(low), plain(high))
        elif self.k == 0:
            y = y + 0.0 * reshape(x, (*x.shape, *(1,) * (y.ndim - x.ndim)))
        return as_variable(in_place_of_axis(y, x.ndim, self.axis))

    def derivative(self, nu=1):
        """The derivative of order nu, a spline of degree k - nu; for a negative nu the antiderivative."""
        if nu < 0:
            return self.antiderivative(-nu)
        t, k = self.t, self.k
        if nu > k:
            raise ValueError(f"Order of derivative (n = {nu}) must be <= order of spline (k = {k})")
        c = self.c[: t.shape[0] - k - 1]
        for _ in range(nu):
            c = diff(c, axis=0) * k / _steps(t[k + 1 : -1] - t[1 : -k - 1], c.ndim)
            t, k = t[1:-1], k - 1
        return BSpline.construct_fast(t, c, k, self.extrapolate, self.axis)

    def antiderivative(self, nu=1):
        """The antiderivative of order nu, a spline of degree k + nu that is 0 at the first knot."""
        if nu < 0:
            return self.derivative(-nu)
        t, k = self.t, self.k
        c = self.c[: t.shape[0] - k - 1]
        for _ in range(nu):
            sums = cumsum(c * _steps(t[k + 1 :] - t[: -k - 1], c.ndim), 0) / (k + 1)
            c = concatenate([np.zeros((1, *c.shape[1:]), c.dtype), sums])
            t, k = concatenate([t[:1], t, t[-1:]]), k + 1
        extrapolate = False if self.extrapolate == "periodic" else self.extrapolate
        return BSpline.construct_fast(t, c, k, extrapolate, self.axis)

    def integrate(self, a, b, extrapolate=None):
        """The integral from a to b, which have gradients, too."""
        extrapolate = self.extrapolate if extrapolate is None else extrapolate
        whole = BSpline.construct_fast(self.t, self.c, self.k, True).antiderivative()
        low, high = self._span()
        a, b = as_doubles(a), as_doubles(b)
        if extrapolate == "periodic":

            def at(x):
                turns = np.floor((plain(x) - plain(low)) / plain(high - low))
                return whole(x - turns * (high - low)) + turns * (whole(high) - whole(low))

            return as_variable(at(b) - at(a))
        if not extrapolate:
            a, b = [_clipped(x, low, high) for x in (a, b)]
        return as_variable(whole(b) - whole(a))


def _clipped(x, low, high):
    return low if plain(x) < plain(low) else high if plain(x) > plain(high) else x


def _steps(x, ndim):
    return reshape(x, (-1,) + (1,) * (ndim - 1))


def combined(c, first, weights, ndim):
    """The sum of consecutive coefficients, from the number `first` on, times weights of `ndim` axes."""
    y = 0.0
    for j, w in enumerate(weights):
        part = c[first + j]
        y = y + part * (reshape(w, (*w.shape, *(1,) * (part.ndim - ndim))) if np.ndim(form_of(w)) else w)
    return y


# -- Through data ---------------------------------------------------------------------------------


def _not_a_knot(x, k):
    half = (k + 1) // 2 if k % 2 else k // 2
    t = x if k % 2 else (x[1:] + x[:-1]) / 2
    t = t[half:-half] if half else t
    return concatenate([*[x[:1]] * (k + 1), t, *[x[-1:]] * (k + 1)])


def _periodic_knots(x, k):
    if k % 2 == 0:
        h = diff(x)
        x = concatenate([x[:1], x[1:-1] - h[:-1] / 2, x[-1:]])
    h, n = diff(x), x.shape[0]
    before, after = [x[0]], [x[-1]]
    for i in range(k):
        before.insert(0, before[0] - h[-(i % (n - 1)) - 1])
        after.append(after[-1] + h[i % (n - 1)])
    ends = [stack(v) if v else x[:0] for v in (before[:-1], after[1:])]
    return concatenate([ends[0], x, ends[1]])


def _conditions(bc_type, shape):
    """The derivatives that are given at both ends: pairs of an order and a value."""
    if bc_type is None or isinstance(bc_type, str) and bc_type in ("not-a-knot", "periodic"):
        return [], []
    pair = (bc_type, bc_type) if isinstance(bc_type, str) else bc_type
    try:
        left, right = pair
    except TypeError as error:
        raise ValueError(f"Unknown boundary condition: {bc_type}") from error
    named = {"clamped": [(1, np.zeros(shape))], "natural": [(2, np.zeros(shape))]}
    ends = []
    for given in (left, right):
        if isinstance(given, str):
            if given not in named:
                raise ValueError(f"Unknown boundary condition : {given}")
            given = named[given]
        try:
            ends.append([] if given is None else [(order, value) for order, value in given])
        except TypeError as error:
            raise ValueError(
                "Derivatives, `bc_type`, should be specified as a pair of iterables of pairs of "
                "(order, value)."
            ) from error
    return ends


def _periodic_coefficients(x, y, t, k):
    """The coefficients of a periodic spline: the last k of them are the first."""
    n = x.shape[0] - 1
    ell = intervals(t, k, x[:-1])
    rows = np.arange(n)
    matrix = 0.0
    for j, w in enumerate(basis(t, k, x[:-1], ell)):
        w = w if np.ndim(form_of(w)) else np.full(n, float(w))
        matrix = matrix + AddAt.operation(w, (rows, (ell - k + j) % n), (n, n))
    b = reshape(y[:-1], (n, -1))
    c = reshape(solve(matrix, b), y[:-1].shape)
    return concatenate([c, c[np.arange(k) % n]])


def make_interp_spline(x, y, k=3, t=None, bc_type=None, axis=0, check_finite=True):
    """The spline of degree k through data, a `BSpline`.

    The gradient of y is that of the solution of a banded system of equations; x and t have gradients through
    the matrix of this system, and the knots.

    Parameters
    ----------
    x : Variable or ndarray
        The places, in ascending order.
    y : Variable or ndarray
        The values.
    k : int
    t : Variable or ndarray, optional
        The knots; by default x without the neighbours of its ends, or for an even k their middles.
    bc_type : str or pair, optional
        "not-a-knot", "periodic", "clamped", "natural", or for each end a sequence of pairs (order, value).
    axis : int
    check_finite : bool
        Whether numbers that are not finite raise a ValueError.

    Returns
    -------
    BSpline

    Raises
    ------
    ValueError
        When the shapes do not fit, x is not in ascending order, or the conditions are unknown.
    numpy.linalg.LinAlgError
        When there is no such spline.
    """
    x, y, k = as_doubles(x), as_doubles(y), operator.index(k)
    axis = axis_of(axis, y.ndim)
    y = moveaxis(y, axis, 0)
    values = plain(x)
    if check_finite:
        for v in (values, plain(y)):
            np.asarray_chkfinite(v)
    is_periodic = isinstance(bc_type, str) and bc_type == "periodic"
    if is_periodic and not np.allclose(plain(y)[0], plain(y)[-1], atol=1e-15):
        raise ValueError("First and last points does not match while periodic case expected")
    if x.ndim != 1 or np.any(values[1:] < values[:-1]):
        raise ValueError("Expect x to be a 1D strictly increasing sequence.")
    if x.shape[0] != y.shape[0]:
        raise ValueError(f"Shapes of x {x.shape} and y {y.shape} are incompatible")
    if np.any(values[1:] == values[:-1]):
        raise ValueError("Expect x to not have duplicates")
    if k < 0:
        raise ValueError("Expect non-negative k.")
    left, right = _conditions(bc_type, y.shape[1:])
    if k < 2 and (left or right):
        raise ValueError(f"Too much info for k={k}: bc_type can only be None.")
    if k == 0:
        if t is not None:
            raise ValueError("Too much info for k=0: t and bc_type can only be None.")
        return BSpline.construct_fast(concatenate([x, x[-1:]]), y, k, axis=axis)
    if k == 1 and t is None:
        return BSpline.construct_fast(concatenate([x[:1], x, x[-1:]]), y, k, axis=axis)
    if is_periodic:
        if t is not None:
            raise NotImplementedError(
                "For periodic case t is constructed automatically and can not be passed manually"
            )
        t = _periodic_knots(x, k)
        return BSpline.construct_fast(t, _periodic_coefficients(x, y, t, k), k, "periodic", axis)
    if t is None:
        t = concatenate([*[x[:1]] * k, x, *[x[-1:]] * k]) if left or right else _not_a_knot(x, k)
    t = as_doubles(t)
    if t.ndim != 1 or np.any(np.diff(plain(t)) < 0):
        raise ValueError("Expect t to be a 1-D sorted array_like.")
    if t.shape[0] < x.shape[0] + k + 1:
        raise ValueError(f"Got {t.shape[0]} knots, need at least {x.shape[0] + k + 1}.")
    if values[0] < plain(t)[k] or values[-1] > plain(t)[-k - 1]:
        raise ValueError(f"Out of bounds w/ x = {values}.")
    n = t.shape[0] - k - 1
    if n - x.shape[0] != len(left) + len(right):
        raise ValueError(
            "The number of derivatives at boundaries does not match: expected "
            f"{n - x.shape[0]}, got {len(left)}+{len(right)}"
        )
    return BSpline.construct_fast(t, _interpolating(x, y, t, k, n, left, right), k, axis=axis)


def _interpolating(x, y, t, k, n, left, right):
    """The coefficients of the spline through data, from a banded system of equations."""
    bands = 0.0

    def entered(rows, places, nu):
        nonlocal bands
        ell = intervals(t, k, places)
        for j, w in enumerate(basis(t, k, places, ell, nu)):
            columns = ell - k + j
            if (np.abs(rows - columns) > k).any():
                keep = np.abs(rows - columns) <= k
                w, own, columns = w[keep], rows[keep], columns[keep]
            else:
                own = rows
            w = w if np.ndim(form_of(w)) else np.full(len(own), float(w))
            bands = bands + AddAt.operation(w, (k + own - columns, columns), (2 * k + 1, n))

    entered(len(left) + np.arange(x.shape[0]), x, 0)
    b = [y]
    for i, (order, value) in enumerate(left):
        entered(np.array([i]), x[:1], int(order))
        b.insert(i, _row(value, y))
    for i, (order, value) in enumerate(right):
        entered(np.array([n - len(right) + i]), x[-1:], int(order))
        b.append(_row(value, y))
    b = concatenate(b) if len(b) > 1 else y
    c = solve_banded((k, k), bands, reshape(b, (n, -1)), check_finite=False)
    return reshape(c, b.shape)


def _row(value, y):
    value = as_doubles(value)
    return reshape(value + np.zeros(y.shape[1:]), (1, *y.shape[1:]))


def _closed(x):
    return x * np.array([1.0, 1, 1, 1, 1, 0]) + x[0] * np.array([0.0, 0, 0, 0, 0, 1])


_X = drawn(6, made=lambda x: 0.1 * x + np.arange(6.0))
enter(
    si.make_interp_spline,
    cases=[
        *[call(_X, drawn(6), k, _AT) for k in (0, 1, 2, 3, 5)],
        call(np.arange(6.0), drawn(2, 6), _XI, axis=1),
        call(_X, drawn(6), _AT, bc_type="natural"),
        call(np.arange(6.0), drawn(6), _AT, bc_type=([(1, 0.5)], [(2, drawn())])),
        call(_X, drawn(6, made=_closed), _AT, bc_type="periodic"),
        call(np.arange(6.0), drawn(6, made=_closed), 2, _AT, bc_type="periodic"),
        call(np.arange(4.0), drawn(4, dtype=complex), np.array([0.5, 1.6])),
        call(np.arange(6.0), drawn(6), 2, np.array([0.0, 0, 0, 1.3, 2.4, 3.5, 5, 5, 5]), _AT),
    ],
)(make_interp_spline)


@implements(
    plain=si.splev,
    exact=False,
    cases=[
        call(_AT, (_T, drawn(6), 3)),
        call(_XI, (_T, drawn(6), 3), 1),
        call(np.array([0.5, 5.0]), (_T, drawn(6), 3), ext=1),
        call(np.array([-0.5, 5.0]), (_T, drawn(6), 3), ext=3),
        call(np.array([-0.5, 5.0]), (_T, drawn(6), 3)),
        call(_AT, (_T, [drawn(6), drawn(6)], 3)),
    ],
)
def splev(x, tck, der=0, ext=0):
    """Values of a spline, or of one of its derivatives, at places x.

    The gradients of the places and of the coefficients are those of `BSpline`.

    Parameters
    ----------
    x : Variable or ndarray
    tck : tuple or BSpline
        The knots, the coefficients, and the degree; for a curve a list of coefficients.
    der : int
        The order of the derivative.
    ext : {0, 1, 2, 3}
        Beyond the knots the first and the last polynomial, 0, a ValueError, or the values at the ends.

    Returns
    -------
    Variable, or list of Variable for a curve

    Raises
    ------
    ValueError
        When `der` or `ext` is out of range, or a place is beyond the knots with ext=2.
    """
    if isinstance(tck, BSpline):
        t, c, k = tck.tck
    else:
        t, c, k = tck
    if isinstance(c, (list, tuple)) and len(c) and np.ndim(form_of(c[0])) > 0:
        return [splev(x, (t, part, k), der, ext) for part in c]
    if not 0 <= der <= k:
        raise ValueError(f"0<=der={der}<=k={k} must hold")
    if ext not in (0, 1, 2, 3):
        raise ValueError(f"ext = {ext} not in (0, 1, 2, 3) ")
    x = as_doubles(x)
    spline = BSpline(t, c, k)
    low, high = [plain(v) for v in spline._span()]
    outside = (plain(x) < low) | (plain(x) > high)
    if ext == 2 and outside.any():
        raise ValueError("x is beyond the knots")
    if ext == 3 and outside.any():
        x = where(outside, np.clip(plain(x), low, high), x)
    y = spline(x, der)
    return where(outside, 0.0, y) if ext == 1 and outside.any() else y


def splrep(
    x, y, w=None, xb=None, xe=None, k=3, task=0, s=None, t=None, full_output=0, per=0, quiet=1
):  # fmt: skip
    """The knots, the coefficients and the degree of the spline of odd degree through data.

    The gradients are those of `make_interp_spline`.

    Parameters
    ----------
    x, y : Variable or ndarray
        Vectors: the places, in ascending order, and the values.
    k : int
    w, xb, xe, task, s, t, full_output, per, quiet
        Must have their defaults, or s = 0: smoothing splines have no derivative here.

    Returns
    -------
    tuple

    Raises
    ------
    TypeError
        When another parameter asks for a smoothing or periodic spline.
    """
    given = {"w": w, "xb": xb, "xe": xe, "t": t}
    others = {"task": task, "s": s, "full_output": full_output, "per": per}
    for name, v in (given | others).items():
        constant(v, "splrep", name)
        if v is not None and (name in given or v):
            raise TypeError(
                f"splrep with {name} has no derivative in leopard: splines through data alone have"
            )
    x, y = as_doubles(x), as_doubles(y)
    made = make_interp_spline(x, y, k)
    return made.t, concatenate([made.c, np.zeros(k + 1)]), k


def _at(x, theirs=si.splev):
    """A function of what `splrep` returns: its values at places."""

    def values(tck):
        return (splev if isinstance(tck[1], Variable) else theirs)(x, tck)

    return values


enter(
    si.splrep,
    cases=[
        call(_X, drawn(6), _at(_XI)),
        call(np.arange(6.0), drawn(6), _at(_XI), k=1, s=0),
        call(_X, drawn(6), _at(_XI), k=5),
    ],
)(splrep)
