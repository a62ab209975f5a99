"""What distributions of vectors and of matrices have in common.

Where none of the arguments is a Variable SciPy computes the value, and raises its errors. Of a matrix of
covariances the lower triangle is read, as SciPy does, and gradients are added up at its elements.
"""

import functools
import inspect

import numpy as np
import scipy.linalg as sl
import scipy.stats as stats

from leopard._core import Variable
from leopard.functions._primitives import Primitive
from leopard.functions.basic.indexing import where
from leopard.functions.basic.shape import composed, plain, reshape, transpose
from leopard.functions.creation.matrices import diag
from leopard.functions.linalg.decompositions import cholesky
from leopard.functions.linalg.eigenvalues import eigvalsh, on_triangle
from leopard.functions.linalg.solving import inv, solve
from leopard.functions.math.exponentials import exp, log
from leopard.scipy.linalg.norms import pinvh
from leopard.scipy.linalg.solving import solve_triangular
from leopard.scipy.stats._selection import real

LOG_2PI = np.log(2 * np.pi)


class Multivariate:
    """A distribution whose methods have SciPy's names and parameters; its call fixes the parameters.

    Attributes
    ----------
    scipys : object
        SciPy's distribution.
    """

    def __call__(self, *args, **options):
        return Frozen(self, *args, **options)


class Frozen:
    """A distribution with parameters of its own, which its methods do not take.

    A method of the distribution is one of this object, without the parameters that are fixed; a parameter
    that is no method is an attribute.
    """

    def __init__(self, dist, *args, **options):
        parameters = inspect.signature(dist.scipys).parameters.values()
        named = [p for p in parameters if p.kind != p.VAR_KEYWORD]
        call = inspect.Signature(named).bind(*args, **options)
        call.apply_defaults()
        self.dist, self._fixed = dist, call.arguments

    def __getattr__(self, name):
        method = None if name.startswith("_") else getattr(type(self.dist), name, None)
        if name == "scipys" or method is None:
            fixed = self.__dict__.get("_fixed", {})
            if name in fixed:
                return fixed[name]
            raise AttributeError(f"{type(self.__dict__.get('dist')).__name__} has no attribute {name!r}")
        names = list(inspect.signature(method).parameters)
        fixed = {key: x for key, x in self._fixed.items() if key in names}
        free = [key for key in names if key not in fixed]

        def call(*args, **options):
            if len(args) > len(free):
                raise TypeError(f"{name}() takes {len(free)} arguments but {len(args)} were given")
            return method(**fixed, **dict(zip(free, args, strict=False)), **options)

        return call


def density_of(logarithm, scipys):
    """The density itself, from its logarithm."""

    @composed(scipys)
    def density(*args, **options):
        return exp(logarithm(*args, **options))

    density.__signature__ = inspect.signature(logarithm)
    density.__doc__ = f"The density, e to the power of `{logarithm.__name__}`.\n"
    return staticmethod(density)


def floats(x):
    """As `real`, but an array for a number, since axes are read."""
    return real(x if isinstance(x, (Variable, np.ndarray)) else np.asarray(x))


def vectors(x, dim):
    """Points as vectors in the last axis."""
    x = floats(x)
    if x.ndim == 0:
        return reshape(x, (1,))
    if x.ndim == 1:
        return reshape(x, (-1, 1) if dim == 1 else (1, -1))
    return x


def parameters_of(mean, cov, names=("mean", "cov")):
    """The number of components, the mean or None for 0, and the covariance: a number, a vector of variances
    or a matrix.
    """
    if isinstance(cov, stats.Covariance):
        cov = cov.covariance
    cov = floats(1.0 if cov is None else cov)
    mean = None if mean is None else floats(mean)
    dim = (1 if cov.ndim < 2 else cov.shape[0]) if mean is None else mean.size
    if dim == 1:
        mean = None if mean is None else reshape(mean, (1,))
        cov = reshape(cov, ()) if cov.size == 1 else cov
    if mean is not None and mean.ndim != 1:
        raise ValueError(f"Array '{names[0]}' must be a vector of length {dim}.")
    if cov.ndim > 2:
        raise ValueError(f"Array '{names[1]}' must be at most two-dimensional, but its shape is {cov.shape}")
    if cov.ndim == 2 and cov.shape[0] != cov.shape[1]:
        raise ValueError(f"Array '{names[1]}' must be square if it is two dimensional, not {cov.shape}")
    if cov.ndim and cov.shape[0] != dim:
        raise ValueError(
            f"Dimension mismatch: array '{names[1]}' is of shape {cov.shape}, but '{names[0]}' is a vector "
            f"of length {dim}."
        )
    return dim, mean, cov


class NormalExponent(Primitive):
    """-(d**2 + log(det(cov))) / 2 for rows of deviations, where d is the distance of Mahalanobis of each.

    One operation, since the gradients of its parts by way of the Cholesky factor take longer than these.
    """

    n_inputs = 2

    def forward(self, cov, rows):
        factor = np.linalg.cholesky(cov)
        y = sl.solve_triangular(factor, rows.T, lower=True, check_finite=False)
        return -0.5 * (y * y).sum(0) - np.log(np.diagonal(factor)).sum()

    def backward(self, gy):
        cov, rows = self.inputs
        whitening = inv(cholesky(cov))
        inverse = transpose(whitening) @ whitening
        whitened = rows @ inverse
        g = reshape(gy, (-1, 1)) * whitened
        if not self.wanted[0]:
            return None, -g
        gcov = on_triangle(0.5 * (transpose(whitened) @ g - gy.sum() * inverse), False)
        return gcov, -g if self.wanted[1] else None


class Spread:
    """What densities need of a covariance.

    Attributes
    ----------
    logdet : Variable, ndarray or float
        The logarithm of its determinant; of the product of the eigenvalues above 0 where 0 is among them.
    rank : int
        The number of eigenvalues above 0.
    factor : Variable, ndarray or None
        The Cholesky factor of a regular matrix.
    """

    def __init__(self, cov, dim, allow_singular=False):
        self.cov, self.dim, self.rank = cov, dim, dim
        self.factor = self.outside = None
        if cov.ndim < 2:
            self._of_variances(cov, allow_singular)
            return
        if not allow_singular:
            self.factor = _factor(cov)
        if self.factor is None:
            self._of_singular(cov, allow_singular)

    @functools.cached_property
    def logdet(self):
        return 2 * log(diag(self.factor)).sum()

    def _of_variances(self, cov, allow_singular):
        values = np.broadcast_to(plain(cov), self.dim)
        if not (values > _epsilon(values)).all():
            self.cov = diag(cov * np.ones(self.dim))
            self._of_singular(self.cov, allow_singular)
        else:
            self.logdet = log(cov) * self.dim if cov.ndim == 0 else log(cov).sum()

    def _of_singular(self, cov, allow_singular):
        values, vectors = np.linalg.eigh(plain(cov))
        epsilon = _epsilon(values)
        if values.min() < -epsilon:
            raise ValueError("The input matrix must be symmetric positive semidefinite.")
        kept = values > epsilon
        if not (kept.all() or allow_singular):
            raise np.linalg.LinAlgError(
                "When `allow_singular is False`, the input matrix must be symmetric positive definite."
            )
        self.rank = int(kept.sum())
        self.logdet = log(eigvalsh(cov)[kept]).sum()
        self.inverse = pinvh(cov, atol=epsilon, rtol=0.0)
        if not kept.all():
            self.outside = vectors[:, ~kept], 1e3 * epsilon

    def normal_exponent(self, deviation):
        """-(d**2 + logdet) / 2 for the distances of Mahalanobis of vectors in the last axis."""
        if self.factor is None:
            return -0.5 * (self.distance(deviation) + self.logdet)
        rows = reshape(deviation, (-1, self.dim))
        return reshape(NormalExponent.operation(self.cov, rows), deviation.shape[:-1])

    def distance(self, deviation):
        """Squares of Mahalanobis' distances, of vectors in the last axis; infinity outside of the support."""
        if self.cov.ndim < 2:
            return (deviation**2 / self.cov).sum(-1)
        if self.factor is None:
            y = ((deviation @ self.inverse) * deviation).sum(-1)
            if self.outside is None:
                return y
            null, epsilon = self.outside
            return where(np.linalg.norm(plain(deviation) @ null, axis=-1) < epsilon, y, np.inf)
        rows = reshape(deviation, (-1, self.dim))
        y = solve_triangular(self.factor, rows.T, lower=True)
        return reshape((y * y).sum(0), deviation.shape[:-1])

    def whitened(self, columns):
        """Vectors in the axis before the last, with the unit matrix for a covariance."""
        if self.factor is None:
            return columns / reshape(self.cov**0.5 * np.ones(self.dim), (-1, 1))
        return solve(self.factor, columns)

    def moved(self, drawn):
        """Deviations that were drawn with this covariance, as a function of it."""
        if not isinstance(self.cov, Variable):
            return drawn
        if self.cov.ndim < 2:
            deviation = np.sqrt(plain(self.cov))
            return drawn / deviation * self.cov**0.5
        if self.factor is None:
            raise np.linalg.LinAlgError(
                "numbers drawn with a singular covariance have no derivative in it; pass cov.data"
            )
        rows = drawn.reshape(-1, self.dim)
        y = np.linalg.solve(plain(self.factor), rows.T)
        return reshape((self.factor @ y).T, drawn.shape)


def _epsilon(values):
    """The largest eigenvalue that counts as 0, SciPy's."""
    return 1e6 * np.finfo(float).eps * np.abs(values).max(initial=0.0)


def _factor(cov):
    """The Cholesky factor; None where the matrix is not positive definite, or nearly singular."""
    try:
        factor = cholesky(cov)
    except np.linalg.LinAlgError:
        return None
    pivots = np.diagonal(plain(factor)) ** 2
    return factor if pivots.min() > 1e-8 * pivots.max() else None


def deviation_of(x, mean):
    return x if mean is None else x - mean


def excepted(y, outside, value):
    """The value where something is outside of its domain."""
    return where(outside, value, y) if np.any(outside) else y
