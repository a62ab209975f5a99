"""Interpolation of one variable by lines, steps or splines."""

import numpy as np
import scipy.interpolate as si

from leopard._core import as_variable
from leopard.functions._registry import call, drawn
from leopard.functions.basic.indexing import take, where
from leopard.functions.basic.shape import floating, plain, reshape
from leopard.functions.manipulation.axes import moveaxis
from leopard.scipy._parts import axis_of
from leopard.scipy.interpolate._interpolants import enter, in_place_of_axis
from leopard.scipy.interpolate.splines import make_interp_spline

__all__ = ["interp1d"]

_ORDERS = {"zero": 0, "slinear": 1, "quadratic": 2, "cubic": 3}
_STEPS = ("nearest", "nearest-up", "previous", "next")
_X = drawn(5, made=lambda x: 0.1 * x + np.arange(5.0))
_AT = drawn(3, made=lambda x: 0.1 * x + np.array([0.7, 2.3, 3.3]))


def _extrapolates(fill_value):
    return isinstance(fill_value, str) and fill_value == "extrapolate"


@enter(
    si.interp1d,
    cases=[
        *[call(_X, drawn(5), _AT, kind=kind) for kind in ("linear", *_STEPS, *_ORDERS, 4)],
        call(_X, drawn(2, 5), np.array([[0.7, 2.3], [3.2, 1.6]])),
        call(np.array([2.0, 0.0, 1.0]), drawn(3, 2), np.array([0.5, 1.7]), axis=0),
        call(np.arange(4.0), drawn(4), np.array([-0.5, 1.7, 3.4]), fill_value="extrapolate"),
        call(np.arange(4.0), drawn(4), np.array([-0.5, 1.7]), kind="next", fill_value="extrapolate"),
        call(np.arange(4.0), drawn(4), np.array([1.7, 3.4]), kind="previous", fill_value="extrapolate"),
        call(np.arange(4.0), drawn(4), np.array([-0.5, 1.7]), bounds_error=False, fill_value=(1.0, 2.0)),
        call(
            np.arange(4.0), drawn(4), np.array([-0.5, 1.7]), bounds_error=False, kind="cubic", fill_value=3.0
        ),
        call(np.arange(3.0), drawn(3, dtype=complex), np.array([0.5, 1.7])),
    ],
)
class interp1d:  # noqa: N801 (SciPy's name)
    """Interpolation of data by lines, by steps, or by a spline.

    The gradient of y is gy times the weights of the neighbours, or that of `make_interp_spline`; that of the
    place is gy times the slope, which is 0 for steps; that of x follows from the lines or the spline.

    Parameters
    ----------
    x : Variable or ndarray
        The places, a vector.
    y : Variable or ndarray
        The values.
    kind : str or int
        "linear", "nearest", "nearest-up", "previous", "next"; "zero", "slinear", "quadratic", "cubic" or the
        degree of a spline.
    axis : int
        The axis of y along which x is.
    copy : bool
        Accepted and not used: no argument is changed.
    bounds_error : bool, optional
        Whether places beyond the data raise a ValueError; by default so, where they have no value.
    fill_value : number, array, pair or "extrapolate"
        The value beyond the data, or below and above them, which may be Variables; or that the outermost
        line, step or polynomial is continued.
    assume_sorted : bool
        Whether x is in ascending order.

    Raises
    ------
    ValueError
        When the shapes do not fit, or there are too few data.
    NotImplementedError
        When the kind is unknown.
    """

    def __init__(
        self, x, y, kind="linear", axis=-1, copy=True, bounds_error=None, fill_value=np.nan,
        assume_sorted=False,
    ):  # fmt: skip
        x, y = floating(x), floating(y)
        if x.ndim != 1:
            raise ValueError("the x array must have exactly one dimension.")
        if y.ndim == 0:
            raise ValueError("the y array must have at least one dimension.")
        order = _ORDERS.get(kind, kind if isinstance(kind, int) else None)
        if order is None and kind not in ("linear", *_STEPS):
            raise NotImplementedError(f"{kind} is unsupported: Use fitpack routines for other types.")
        self.axis = axis_of(axis, y.ndim)
        if x.shape[0] != y.shape[self.axis]:
            raise ValueError("x and y arrays must be equal in length along interpolation axis.")
        if not assume_sorted:
            order_of_x = np.argsort(plain(x), kind="mergesort")
            if (np.diff(order_of_x) < 0).any():
                x, y = x[order_of_x], take(y, order_of_x, self.axis)
        least = 1 if order is None else order + 1
        if x.shape[0] < least:
            raise ValueError(f"x and y arrays must have at least {least} entries")
        self.x, self.y, self._kind = x, y, kind
        self._y = moveaxis(y, self.axis, 0)
        self._spline = None if order is None else make_interp_spline(x, self._y, order, check_finite=False)
        self._extrapolate = _extrapolates(fill_value)
        if self._extrapolate:
            if bounds_error:
                raise ValueError("Cannot extrapolate and raise at the same time.")
            bounds_error = False
            if kind == "previous":
                fill_value, self._extrapolate = (np.nan, self._y[-1]), False
            elif kind == "next":
                fill_value, self._extrapolate = (self._y[0], np.nan), False
        self.bounds_error = True if bounds_error is None else bounds_error
        self.fill_value = fill_value
        pair = isinstance(fill_value, tuple) and len(fill_value) == 2
        self._below, self._above = fill_value if pair else (fill_value, fill_value)

    def __call__(self, x):
        """The values at places x, whose axes are in the place of the axis of the data."""
        t = floating(x)
        y = self._at(t)
        if not self._extrapolate:
            values, (low, high) = plain(t), plain(self.x)[[0, -1]]
            for outside, side, fill in (
                (values < low, f"below the interpolation range's minimum value ({low})", self._below),
                (values > high, f"above the interpolation range's maximum value ({high})", self._above),
            ):
                if outside.any():
                    if self.bounds_error:
                        raise ValueError(
                            f"A value ({np.ravel(values)[np.ravel(outside)][0]}) in x_new is {side}."
                        )
                    y = where(np.reshape(outside, t.shape + (1,) * (y.ndim - t.ndim)), fill, y)
        return as_variable(in_place_of_axis(y, t.ndim, self.axis))

    def _at(self, t):
        """The values with the axes of the places in front, as if the data went on."""
        if self._spline is not None:
            return self._spline(t)
        knots, values, n = plain(self.x), plain(t), self.x.shape[0]
        if self._kind != "linear":
            y = self._y[_step(self._kind, knots, values, n)] + 0.0 * _beside(t, self._y)
            return y if y.dtype == self.y.dtype else y.astype(self.y.dtype)
        high = np.clip(np.searchsorted(knots, values), 1, n - 1)
        x0, x1, y0, y1 = self.x[high - 1], self.x[high], self._y[high - 1], self._y[high]
        slope = (y1 - y0) / _beside(x1 - x0, self._y)
        return slope * _beside(t - x0, self._y) + y0


def _beside(t, y):
    """Places with axes of length 1 behind theirs, for those of the values."""
    return reshape(t, (*t.shape, *(1,) * (y.ndim - 1)))


def _step(kind, knots, values, n):
    """The numbers of the data whose values are taken."""
    if kind == "previous":
        return np.clip(np.searchsorted(np.nextafter(knots, -np.inf), values, "left"), 1, n) - 1
    if kind == "next":
        return np.clip(np.searchsorted(np.nextafter(knots, np.inf), values, "right"), 0, n - 1)
    middles = knots / 2.0
    side = "left" if kind == "nearest" else "right"
    return np.clip(np.searchsorted(middles[1:] + middles[:-1], values, side), 0, n - 1)
