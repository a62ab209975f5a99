"""Interpolation of values on a grid of any number of axes."""

import numpy as np
import scipy.interpolate as si

from leopard._core import as_variable
from leopard.functions._registry import call, drawn, implements
from leopard.functions.basic.indexing import where
from leopard.functions.basic.shape import floating, plain, reshape
from leopard.functions.manipulation.axes import moveaxis
from leopard.functions.manipulation.joining import stack
from leopard.functions.math.differences import diff
from leopard.functions.math.sums import sum
from leopard.scipy.interpolate._interpolants import as_doubles, enter
from leopard.scipy.interpolate.piecewise import hermite, pchip_slopes
from leopard.scipy.interpolate.splines import basis, intervals, make_interp_spline

__all__ = ["RegularGridInterpolator", "interpn"]

_DEGREES = {"slinear": 1, "cubic": 3, "quintic": 5, "pchip": 3}
_DEGREES |= {f"{name}_legacy": _DEGREES[name] for name in ("slinear", "cubic", "quintic")}
_SPLINES = ("slinear", "cubic", "quintic")


def _grid(points):
    """The places along each axis in ascending order, and the axes along which they were descending."""
    grid, turned = [], []
    for axis, p in enumerate(points):
        p = as_doubles(p)
        if p.ndim != 1:
            raise ValueError(f"The points in dimension {axis} must be 1-dimensional")
        steps = np.diff(plain(p))
        if not np.all(steps > 0):
            if not np.all(steps < 0):
                raise ValueError(f"The points in dimension {axis} must be strictly ascending or descending")
            turned.append(axis)
            p = p[::-1]
        grid.append(p)
    return grid, turned


def _coordinates(xi, d):
    """Places whose last axis has a coordinate for each axis of the grid."""
    if isinstance(xi, tuple) and len(xi) == 1:
        xi = xi[0]
    if isinstance(xi, tuple):
        return stack([as_doubles(p) for p in np.broadcast_arrays(*[floating(p) for p in xi])], -1)
    xi = as_doubles(xi)
    if xi.ndim == 1:
        xi = reshape(xi, (-1, 1) if d == 1 else (1, -1))
    if xi.shape[-1] != d:
        raise ValueError(
            f"The requested sample points xi have dimension {xi.shape[-1]}, but this RegularGridInterpolator "
            f"has dimension {d}"
        )
    return xi


def _theirs(points, values, method="linear", **options):
    """SciPy's, with an exact solution of the equations for the coefficients of splines."""
    if method in _SPLINES:
        from scipy.sparse.linalg import spsolve

        options["solver"] = spsolve
    return si.RegularGridInterpolator(points, values, method, **options)


_POINTS = (np.array([0.0, 1.0, 2.5, 3.0]), np.array([1.0, 2.0, 2.5]))
_MANY = (np.array([0.0, 1.0, 2.5, 3.0, 4.0, 5.0]), np.array([0.0, 1.0, 1.5, 3.0, 4.5, 5.0]))
_XI = drawn(3, 2, made=lambda x: 0.1 * x + np.array([[0.5, 1.4], [1.7, 2.2], [2.7, 1.7]]))


@enter(
    _theirs,
    cases=[
        call(_POINTS, drawn(4, 3), _XI),
        call(_POINTS, drawn(4, 3, 2), _XI),
        call((drawn(3, made=lambda x: 0.1 * x + np.arange(3.0)),), drawn(3), drawn(2, 1, low=0.3, high=1.7)),
        call(_POINTS, drawn(4, 3), _XI, method="nearest"),
        call(_POINTS, drawn(4, 3), _XI, method="slinear"),
        call((_MANY[0], _MANY[1][:4]), drawn(6, 4), _XI, method="cubic"),
        call(_MANY, drawn(6, 6), np.array([[0.5, 1.2], [2.2, 3.3]]), method="quintic"),
        call((_MANY[0], _MANY[1][:4]), drawn(6, 4), _XI, method="pchip"),
        call((np.array([3.0, 1.0, 0.0]), np.arange(2.0)), drawn(3, 2), np.array([0.5, 0.3])),
        call(_POINTS, drawn(4, 3), np.array([[0.5, 3.0], [1.7, 2.2]]), bounds_error=False, fill_value=1.0),
        call(_POINTS, drawn(4, 3), np.array([[0.5, 3.0], [1.7, 2.2]]), bounds_error=False, fill_value=None),
        call(_POINTS, drawn(4, 3, dtype=complex), np.array([[0.5, 1.4]])),
        call((_MANY[0], _MANY[1][:4]), drawn(6, 4), lambda f: f(_MANY[1][1:3], nu=(1, 0)), method="cubic"),
    ],
)
class RegularGridInterpolator:
    """Interpolation of values on a grid whose distances may differ.

    The gradient of the values is gy times the weights with which they contribute; that of the places is gy
    times the slope, 0 for "nearest". With "linear" and splines the places of the grid have gradients as well.

    Parameters
    ----------
    points : tuple of Variable or ndarray
        The places along each axis, in ascending or descending order.
    values : Variable or ndarray
        The values; further axes belong to each place of the grid.
    method : str
        "linear", "nearest", "slinear", "cubic", "quintic" or "pchip".
    bounds_error : bool
        Whether places beyond the grid raise a ValueError.
    fill_value : number or None
        The value beyond the grid; None where the outermost polynomials are continued.
    solver, solver_args
        Accepted and not used for splines: the equations are solved exactly.

    Raises
    ------
    ValueError
        When the shapes do not fit, there are too few places, or the method is unknown.
    """

    def __init__(
        self, points, values, method="linear", bounds_error=True, fill_value=np.nan, *, solver=None,
        solver_args=None,
    ):  # fmt: skip
        self._check(method)
        if method not in _SPLINES and (solver is not None or solver_args):
            raise ValueError(f"method ={method!r} does not accept the 'solver' argument.")
        self.method, self.bounds_error = method, bounds_error
        grid, turned = _grid(points)
        values = floating(values)
        if len(grid) > values.ndim:
            raise ValueError(f"There are {len(grid)} point arrays, but values has {values.ndim} dimensions")
        for axis, p in enumerate(grid):
            if p.shape[0] != values.shape[axis]:
                raise ValueError(
                    f"There are {p.shape[0]} points and {values.shape[axis]} values in dimension {axis}"
                )
            if method in _DEGREES and p.shape[0] <= _DEGREES[method]:
                raise ValueError(
                    f"There are {p.shape[0]} points in dimension {axis}, but method {method} requires at "
                    f"least  {_DEGREES[method] + 1} points per dimension."
                )
        if turned:
            values = values[tuple([slice(None, None, -1 if k in turned else 1) for k in range(values.ndim)])]
        if method == "pchip" and values.dtype.kind == "c":
            raise ValueError("`PchipInterpolator` only works with real values.")
        self.grid, self.values = tuple(grid), values
        self.fill_value = fill_value

    @staticmethod
    def _check(method):
        if method not in ("linear", "nearest", *_DEGREES):
            raise ValueError(f"Method '{method}' is not defined")

    def __call__(self, xi, method=None, *, nu=None):
        """The values at places xi, whose last axis has a coordinate for each axis of the grid.

        Parameters
        ----------
        xi : Variable, ndarray or tuple
        method : str, optional
            By default the one with which the interpolant was made.
        nu : sequence of int, optional
            The orders of a derivative, for "slinear", "cubic" and "quintic".

        Returns
        -------
        Variable
        """
        method = self.method if method is None else method
        self._check(method)
        if nu is not None and method not in _SPLINES:
            raise ValueError(f"Can only compute derivatives for methods {_SPLINES}, got method ={method!r}.")
        d = len(self.grid)
        xi = _coordinates(xi, d)
        shape = xi.shape[:-1]
        ts = [reshape(xi[..., k], (-1,)) for k in range(d)]
        outside = np.zeros(ts[0].shape, bool)
        for k, (t, p) in enumerate(zip(ts, self.grid, strict=True)):
            own = (plain(t) < plain(p)[0]) | (plain(t) > plain(p)[-1])
            if self.bounds_error and (own | np.isnan(plain(t))).any():
                raise ValueError(f"One of the requested xi is out of bounds in dimension {k}")
            outside |= own
        y = self._at(ts, method, (0,) * d if nu is None else nu)
        if method in ("nearest", "pchip") and y.dtype != self.values.dtype:
            y = y.astype(self.values.dtype)
        rest = (1,) * (y.ndim - 1)
        if not self.bounds_error and self.fill_value is not None and outside.any():
            y = where(outside.reshape(-1, *rest), self.fill_value, y)
        nans = np.isnan(plain(xi)).any(-1).reshape(-1)
        if nans.any():
            y = where(nans.reshape(-1, *rest), np.nan, y)
        return as_variable(reshape(y, (*shape, *y.shape[1:])))

    def _at(self, ts, method, nu):
        if method in ("linear", "nearest"):
            places, weights = [], []
            for t, p in zip(ts, self.grid, strict=True):
                n = p.shape[0]
                i = np.clip(np.searchsorted(plain(p), plain(t), "right") - 1, 0, max(n - 2, 0))
                u = (t - p[i]) / (p[i + 1] - p[i]) if n > 1 else 0.0 * t
                if method == "nearest":
                    i = np.where(plain(u) <= 0.5, i, i + 1)
                    places.append(i[None])
                    weights.append(stack([0.0 * u + 1.0]))
                else:
                    places.append(np.stack([i, i + 1 if n > 1 else i]))
                    weights.append(stack([1 - u, u]))
            return _contracted(self.values, places, weights)
        if method == "pchip":
            return self._by_pchip(ts)
        k = _DEGREES[method]
        c, places, weights = self.values, [], []
        for axis, (t, p, order) in enumerate(zip(ts, self.grid, nu, strict=True)):
            spline = make_interp_spline(p, moveaxis(c, axis, 0), k)
            c = moveaxis(spline.c, 0, axis)
            ell = intervals(spline.t, k, t)
            own = basis(spline.t, k, t, ell, int(order))
            places.append(ell - k + np.arange(k + 1)[:, None])
            weights.append(stack([w + 0.0 * t for w in own]))
        return _contracted(c, places, weights)

    def _by_pchip(self, ts):
        """Along the last axis at all places, and then along the one before it at each place on its own."""
        d = len(ts)
        y = moveaxis(as_doubles(self.values), range(d), range(d))
        together = False
        for axis in range(d - 1, -1, -1):
            p, t = self.grid[axis], ts[axis]
            y = moveaxis(y, axis, 0)  # then the places, if they have an axis already, and the others
            h = reshape(diff(p), (-1,) + (1,) * (y.ndim - 1))
            c = hermite(y, pchip_slopes(y, h), h)
            i = np.clip(np.searchsorted(plain(p), plain(t), "right") - 1, 0, p.shape[0] - 2)
            if together:
                c = moveaxis(c, -1, 2)[:, i, np.arange(len(i))]
            else:
                c = c[:, i]
            s = reshape(t - p[i], (-1,) + (1,) * (c.ndim - 2))
            y = ((c[0] * s + c[1]) * s + c[2]) * s + c[3]
            y = moveaxis(y, 0, -1)  # the places are in the last axis
            together = True
        return moveaxis(y, -1, 0)


def _contracted(c, places, weights):
    """The sums of elements at given places along each axis, times weights; the points are the last axis."""
    d = len(places)
    index = []
    for axis, own in enumerate(places):
        shape = [1] * d
        shape[axis] = own.shape[0]
        index.append(own.reshape(*shape, -1))
    y = c[tuple(index)]
    rest = (1,) * (c.ndim - d)
    for w in weights[::-1]:
        axis = y.ndim - len(rest) - 2
        y = sum(y * reshape(w, (*w.shape, *rest)), axis)
    return y


@implements(
    plain=si.interpn,
    exact=False,
    cases=[
        call(_POINTS, drawn(4, 3), _XI),
        call(_POINTS, drawn(4, 3), (np.array([0.5, 1.2]), drawn(low=1.2, high=1.8))),
        call(_POINTS, drawn(4, 3), _XI, method="nearest"),
        call(_POINTS, drawn(4, 3), np.array([[0.5, 3.0], [1.7, 2.2]]), "linear", False, 1.5),
        call((_MANY[0], _MANY[1][:4]), drawn(6, 4), _XI, "pchip"),
    ],
)
def interpn(points, values, xi, method="linear", bounds_error=True, fill_value=np.nan):
    """Interpolation of values on a grid, at places xi.

    The gradients are those of `RegularGridInterpolator`, whose parameters these are.

    Raises
    ------
    TypeError
        When the method is "splinef2d", which has no derivative here.
    """
    if method == "splinef2d":
        raise TypeError('method="splinef2d" has no derivative in leopard; method="cubic" has one')
    if method not in ("linear", "nearest", *_DEGREES):
        raise ValueError(f"interpn does not understand the method {method!r}")
    return RegularGridInterpolator(points, values, method, bounds_error, fill_value)(xi)
