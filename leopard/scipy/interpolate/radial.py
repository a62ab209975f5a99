"""Interpolation of scattered data by radial functions."""

import warnings
from itertools import combinations_with_replacement

import numpy as np
import scipy.interpolate as si
from scipy.spatial import KDTree

from leopard._core import as_variable
from leopard.functions._registry import call, drawn
from leopard.functions.basic.indexing import where
from leopard.functions.basic.shape import broadcast_to, plain, reshape
from leopard.functions.creation.matrices import diag
from leopard.functions.linalg.norms import vector_norm
from leopard.functions.linalg.solving import solve
from leopard.functions.manipulation.joining import concatenate, stack
from leopard.functions.math.exponentials import exp, log
from leopard.functions.math.powers import sqrt
from leopard.functions.math.sums import sum
from leopard.scipy._parts import constant
from leopard.scipy.interpolate._interpolants import as_doubles, enter

__all__ = ["RBFInterpolator"]


def _thin_plate(d):
    s = sum(d * d, -1)
    apart = plain(s) > 0
    if apart.all():
        return 0.5 * s * log(s)
    return where(apart, 0.5 * s * log(where(apart, s, 1.0)), 0.0)


#: The radial functions, of differences of places in the last axis.
_KERNELS = {
    "linear": lambda d: -1.0 * vector_norm(d, axis=-1),
    "thin_plate_spline": _thin_plate,
    "cubic": lambda d: vector_norm(d, axis=-1) ** 3,
    "quintic": lambda d: -1.0 * vector_norm(d, axis=-1) ** 5,
    "multiquadric": lambda d: -1.0 * sqrt(sum(d * d, -1) + 1),
    "inverse_multiquadric": lambda d: 1 / sqrt(sum(d * d, -1) + 1),
    "inverse_quadratic": lambda d: 1 / (sum(d * d, -1) + 1),
    "gaussian": lambda d: exp(-1.0 * sum(d * d, -1)),
}
_WITHOUT_SCALE = {"linear", "thin_plate_spline", "cubic", "quintic"}
_LEAST_DEGREE = {"multiquadric": 0, "linear": 0, "thin_plate_spline": 1, "cubic": 1, "quintic": 2}

_PLACES = np.array([[0.0, 0.1], [1.0, 0.3], [0.2, 1.0], [1.1, 1.2], [0.5, 0.4], [0.8, 0.9]])
_Y = drawn(6, 2, made=lambda x: 0.05 * x + _PLACES)
_XI = drawn(3, 2, low=0.2, high=0.9)


@enter(
    si.RBFInterpolator,
    cases=[
        call(_Y, drawn(6), _XI),
        call(_PLACES, drawn(6, 2), _XI, smoothing=0.1),
        *[call(_PLACES, drawn(6), _XI, kernel=kernel) for kernel in ("linear", "cubic", "quintic")],
        *[
            call(_Y, drawn(6), np.array([[0.3, 0.4]]), kernel=kernel, epsilon=1.3)
            for kernel in ("multiquadric", "inverse_multiquadric", "inverse_quadratic", "gaussian")
        ],
        call(_PLACES, drawn(6), _XI, neighbors=4, kernel="linear"),
        call(_PLACES, drawn(6), _XI, smoothing=drawn(6, low=0.1), kernel="gaussian", epsilon=1.0, degree=-1),
        call(_PLACES, drawn(6, dtype=complex), np.array([[0.3, 0.4]])),
    ],
    order=2,
)
class RBFInterpolator:
    """Interpolation of scattered data: a sum of radial functions around the data, and a polynomial.

    The gradients of the data and of their places are those of the solution of the system of equations for the
    coefficients; that of the place x is through the radial functions and the polynomial.

    Parameters
    ----------
    y : Variable or ndarray
        The places of the data, one a row.
    d : Variable or ndarray
        The data, the first axis of which is along the places.
    neighbors : int, optional
        How many data are used for each place; by default all.
    smoothing : Variable, float or ndarray
        What is added to the diagonal of the system.
    kernel : str
        "thin_plate_spline", "linear", "cubic", "quintic", "multiquadric", "inverse_multiquadric",
        "inverse_quadratic" or "gaussian".
    epsilon : Variable or float, optional
        The factor of the distances.
    degree : int, optional
        Of the polynomial; -1 for none.

    Raises
    ------
    ValueError
        When the shapes do not fit, there are too few data, or the kernel is unknown.
    numpy.linalg.LinAlgError
        When the system is singular.
    """

    def __init__(
        self, y, d, neighbors=None, smoothing=0.0, kernel="thin_plate_spline", epsilon=None, degree=None
    ):
        y, d = as_doubles(y), as_doubles(d)
        if y.ndim != 2:
            raise ValueError("`y` must be a 2-dimensional array.")
        n = y.shape[0]
        if d.shape[0] != n:
            raise ValueError(f"Expected the first axis of `d` to have length {n}.")
        smoothing = as_doubles(smoothing)
        smoothing = broadcast_to(smoothing, (n,)) if smoothing.ndim == 0 else smoothing
        if smoothing.shape != (n,):
            raise ValueError(f"Expected `smoothing` to be a scalar or have shape ({n},).")
        kernel = kernel.lower()
        if kernel not in _KERNELS:
            raise ValueError(f"`kernel` must be one of {set(_KERNELS)}.")
        if epsilon is None:
            if kernel not in _WITHOUT_SCALE:
                raise ValueError(f"`epsilon` must be specified if `kernel` is not one of {_WITHOUT_SCALE}.")
            epsilon = 1.0
        least = _LEAST_DEGREE.get(kernel, -1)
        if degree is None:
            degree = max(least, 0)
        elif degree < -1:
            raise ValueError("`degree` must be at least -1.")
        elif -1 < degree < least:
            warnings.warn(
                f"`degree` should not be below {least} except -1 when `kernel` is '{kernel}'.",
                UserWarning,
                stacklevel=2,
            )
        self.y, self.d, self.smoothing, self.kernel, self.epsilon = y, d, smoothing, kernel, epsilon
        self.neighbors = None if neighbors is None else int(min(neighbors, n))
        self.powers = _powers(y.shape[1], int(constant(degree, "RBFInterpolator", "degree")))
        if len(self.powers) > (self.neighbors or n):
            raise ValueError(
                f"At least {len(self.powers)} data points are required when `degree` is {degree} and the "
                f"number of dimensions is {y.shape[1]}."
            )
        if self.neighbors is None:
            self._solution = self._solved(np.arange(n))

    def _around(self, x, near):
        """The values of the radial functions and monomials of some data, at places."""
        y = self.y[near]
        f = _KERNELS[self.kernel]((x[:, None, :] - y[None]) * self.epsilon)
        values = plain(y)
        shift = (values.max(0) + values.min(0)) / 2
        scale = (values.max(0) - values.min(0)) / 2
        scale = np.where(scale == 0, 1.0, scale)
        z = (x - shift) / scale
        columns = [f]
        if len(self.powers):
            one = np.ones(x.shape[0])
            monomials = []
            for powers in self.powers:
                product = one
                for axis, power in enumerate(powers):
                    for _ in range(power):
                        product = product * z[:, axis]
                monomials.append(product)
            columns.append(stack(monomials, 1))
        return concatenate(columns, 1)

    def _solved(self, near):
        """The coefficients of the radial functions and monomials, from some of the data."""
        n, m = len(near), len(self.powers)
        upper = self._around(self.y[near], near)
        upper = upper + concatenate([diag(self.smoothing[near]), np.zeros((n, m))], 1)
        lower = concatenate([upper[:, n:].T, np.zeros((m, m))], 1)
        d = reshape(self.d[near], (n, -1))
        return solve(concatenate([upper, lower]), concatenate([d, np.zeros((m, d.shape[1]))]))

    def __call__(self, x):
        """The values at places x, one a row."""
        x = as_doubles(x)
        if x.ndim != 2:
            raise ValueError("`x` must be a 2-dimensional array.")
        if x.shape[1] != self.y.shape[1]:
            raise ValueError(f"Expected the second axis of `x` to have length {self.y.shape[1]}.")
        if self.neighbors is None:
            y = self._around(x, np.arange(self.y.shape[0])) @ self._solution
        else:
            y = self._of_neighbours(x)
        return as_variable(reshape(y, (x.shape[0], *self.d.shape[1:])))

    def _of_neighbours(self, x):
        _, near = KDTree(plain(self.y)).query(plain(x), self.neighbors)
        near = np.sort(near.reshape(x.shape[0], -1), axis=1)
        sets, own = np.unique(near, return_inverse=True, axis=0)
        own = np.ravel(own)
        parts, order = [], []
        for k, chosen in enumerate(sets):
            rows = np.flatnonzero(own == k)
            order.append(rows)
            parts.append(self._around(x[rows], chosen) @ self._solved(chosen))
        return concatenate(parts)[np.argsort(np.concatenate(order))]


def _powers(ndim, degree):
    """The exponents of all monomials up to a degree."""
    found = []
    for total in range(degree + 1):
        for axes in combinations_with_replacement(range(ndim), total):
            found.append([axes.count(axis) for axis in range(ndim)])
    return found
