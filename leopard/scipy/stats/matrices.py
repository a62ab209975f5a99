"""Distributions of matrices."""

import numpy as np
import scipy.stats as stats

from leopard.functions.basic.shape import composed, form_of, plain, reshape
from leopard.functions.creation.matrices import diag
from leopard.functions.linalg.decompositions import cholesky
from leopard.functions.linalg.outer import outer
from leopard.functions.linalg.solving import solve
from leopard.functions.manipulation.axes import squeeze
from leopard.functions.math.exponentials import log
from leopard.scipy.special.arrays import multigammaln
from leopard.scipy.special.gamma import digamma
from leopard.scipy.stats._multivariate import (
    LOG_2PI,
    Multivariate,
    Spread,
    density_of,
    deviation_of,
    floats,
    parameters_of,
)

__all__ = ["invwishart", "matrix_normal", "wishart"]


def _scale(df, scale):
    """The number of rows, the degrees of freedom and the matrix of a Wishart distribution."""
    scale = floats(1.0 if scale is None else scale)
    if scale.ndim == 0:
        scale = reshape(scale, (1, 1))
    elif scale.ndim == 1:
        scale = diag(scale)
    if scale.ndim > 2 or scale.shape[0] != scale.shape[1]:
        raise ValueError(f"Array 'scale' must be square if it is two dimensional, not {scale.shape}")
    dim = scale.shape[0]
    df = floats(dim if df is None else df)
    if df.ndim:
        raise ValueError("Degrees of freedom must be a scalar.")
    if not plain(df) > dim - 1:
        raise ValueError("Degrees of freedom must be greater than the dimension of scale matrix minus 1.")
    return dim, df, scale


def _matrices(x, dim):
    """Square matrices with the batch in the first axis, from one that may stand in the last."""
    x = floats(x)
    if x.ndim == 0:
        x = x * np.eye(dim)
    elif x.ndim == 1:
        x = reshape(x, (1, 1, -1)) if dim == 1 else diag(x)
    if x.ndim > 3 or x.shape[:2] != (dim, dim):
        raise ValueError(f"Quantiles have incompatible dimensions: should be {(dim, dim)}, got {x.shape}")
    return np.moveaxis(x, -1, 0) if x.ndim == 3 else x


def _logdet(factor):
    return 2 * log(np.diagonal(factor, 0, -2, -1)).sum(-1)


def _squares(factor, other):
    """The trace of inv(A) @ B from the Cholesky factors of A and B."""
    y = solve(factor, other)
    return (y * y).sum((-2, -1))


class Wishart(Multivariate):
    """Wishart's distribution of positive definite matrices of n rows, with df degrees of freedom.

    The logarithm of the density is (df - n - 1) / 2 * log(det(x)) - trace(inv(scale) @ x) / 2 - df / 2 *
    log(det(2 * scale)) - multigammaln(df / 2, n). The gradients follow from this formula; those of matrices
    are added up at the elements of the lower triangle.
    """

    scipys = stats.wishart

    @staticmethod
    @composed(stats.wishart.logpdf)
    def logpdf(x, df, scale):
        """The logarithm of the density, of a matrix or of several in the last axis."""
        dim, df, scale = _scale(df, scale)
        x, c = cholesky(_matrices(x, dim)), cholesky(scale)
        constant = 0.5 * df * (dim * np.log(2) + _logdet(c)) + multigammaln(0.5 * df, dim)
        return squeeze(0.5 * ((df - dim - 1) * _logdet(x) - _squares(c, x)) - constant)

    pdf = density_of(logpdf, stats.wishart.pdf)

    @staticmethod
    @composed(stats.wishart.mean)
    def mean(df, scale):
        """The mean, df * scale."""
        _, df, scale = _scale(df, scale)
        return squeeze(df * scale)

    @staticmethod
    @composed(stats.wishart.mode)
    def mode(df, scale):
        """The mode, (df - n - 1) * scale; None where df is below n + 1."""
        dim, df, scale = _scale(df, scale)
        return squeeze((df - dim - 1) * scale) if plain(df) >= dim + 1 else None

    @staticmethod
    @composed(stats.wishart.var)
    def var(df, scale):
        """The variances of the elements, df * (scale**2 + d @ d.T) for the diagonal d of the scale."""
        _, df, scale = _scale(df, scale)
        d = diag(scale)
        return squeeze(df * (scale**2 + outer(d, d)))

    @staticmethod
    @composed(stats.wishart.entropy)
    def entropy(df, scale):
        """The differential entropy."""
        dim, df, scale = _scale(df, scale)
        psi = digamma(0.5 * (df - np.arange(dim))).sum()
        return (
            0.5 * (dim + 1) * (_logdet(cholesky(scale)) + dim * np.log(2))
            + multigammaln(0.5 * df, dim)
            - 0.5 * (df - dim - 1) * psi
            + 0.5 * df * dim
        )


class InverseWishart(Multivariate):
    """The distribution of the inverse of a matrix that has Wishart's distribution, of the inverse scale.

    The logarithm of the density is df / 2 * log(det(scale)) - (df + n + 1) / 2 * log(det(x)) - trace(scale @
    inv(x)) / 2 - df * n / 2 * log(2) - multigammaln(df / 2, n). The gradients follow from this formula; those
    of matrices are added up at the elements of the lower triangle.
    """

    scipys = stats.invwishart

    @staticmethod
    @composed(stats.invwishart.logpdf)
    def logpdf(x, df, scale):
        """The logarithm of the density, of a matrix or of several in the last axis."""
        dim, df, scale = _scale(df, scale)
        x, c = cholesky(_matrices(x, dim)), cholesky(scale)
        constant = 0.5 * df * (dim * np.log(2) - _logdet(c)) + multigammaln(0.5 * df, dim)
        return squeeze(-0.5 * ((df + dim + 1) * _logdet(x) + _squares(x, c)) - constant)

    pdf = density_of(logpdf, stats.invwishart.pdf)

    @staticmethod
    @composed(stats.invwishart.mean)
    def mean(df, scale):
        """The mean, scale / (df - n - 1); None where df is not above n + 1."""
        dim, df, scale = _scale(df, scale)
        return squeeze(scale / (df - dim - 1)) if plain(df) > dim + 1 else None

    @staticmethod
    @composed(stats.invwishart.mode)
    def mode(df, scale):
        """The mode, scale / (df + n + 1)."""
        dim, df, scale = _scale(df, scale)
        return squeeze(scale / (df + dim + 1))

    @staticmethod
    @composed(stats.invwishart.var)
    def var(df, scale):
        """The variances of the elements; None where df is not above n + 3."""
        dim, df, scale = _scale(df, scale)
        if not plain(df) > dim + 3:
            return None
        d = diag(scale)
        rest = df - dim
        y = (rest + 1) * scale**2 + (rest - 1) * outer(d, d)
        return squeeze(y / (rest * (rest - 1) ** 2 * (rest - 3)))

    @staticmethod
    def entropy(df, scale):
        """The differential entropy.

        SciPy 1.17 subtracts (n + 1) / 2 * log(2) once, where the formula has it n times.
        """
        dim, df, scale = _scale(df, scale)
        psi = digamma(0.5 * (df - np.arange(dim))).sum()
        return (
            multigammaln(0.5 * df, dim)
            + 0.5 * dim * df
            + 0.5 * (dim + 1) * (_logdet(cholesky(scale)) - dim * np.log(2))
            - 0.5 * (df + dim + 1) * psi
        )


class MatrixNormal(Multivariate):
    """The normal distribution of matrices, with covariances of their rows and of their columns.

    It is the normal distribution of the vectors of all elements, whose covariance is the Kronecker product of
    the two; the gradients are those of `multivariate_normal`.
    """

    scipys = stats.matrix_normal

    @staticmethod
    @composed(stats.matrix_normal.logpdf)
    def logpdf(X, mean=None, rowcov=1, colcov=1):
        """The logarithm of the density, of matrices in the last two axes."""
        mean, rows, columns = _sides(mean, rowcov, colcov)
        x = floats(X)
        if x.shape[-2:] != (rows.dim, columns.dim):
            raise ValueError(f"matrices of shape {(rows.dim, columns.dim)} are wanted, not {x.shape}")
        y = columns.whitened(np.swapaxes(rows.whitened(deviation_of(x, mean)), -2, -1))
        constant = columns.dim * rows.logdet + rows.dim * columns.logdet + rows.dim * columns.dim * LOG_2PI
        return squeeze(-0.5 * ((y * y).sum((-2, -1)) + constant))

    pdf = density_of(logpdf, stats.matrix_normal.pdf)

    @staticmethod
    @composed(getattr(stats.matrix_normal, "entropy", stats.multivariate_normal.entropy))
    def entropy(rowcov=1, colcov=1):
        """The differential entropy."""
        _, rows, columns = _sides(None, rowcov, colcov)
        n, p = rows.dim, columns.dim
        return 0.5 * (n * p * (1 + LOG_2PI) + p * rows.logdet + n * columns.logdet)


def _sides(mean, *covs):
    """The mean, or None, and what is needed of the covariances of the rows and of the columns."""
    if mean is None:
        shape = [np.shape(form_of(c))[0] if np.ndim(form_of(c)) else 1 for c in covs]
    else:
        mean = floats(mean)
        shape = mean.shape
        if mean.ndim != 2 or 0 in shape:
            raise ValueError("Array `mean` must be two dimensional, and no axis may be empty")
    spreads = []
    for n, cov, name in zip(shape, covs, ("rowcov", "colcov"), strict=True):
        dim, _, cov = parameters_of(np.zeros(n), cov, ("mean", name))
        spreads.append(Spread(cov, dim))
    return mean, *spreads


invwishart = InverseWishart()
matrix_normal = MatrixNormal()
wishart = Wishart()
