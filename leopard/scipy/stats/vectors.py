"""Distributions of vectors: the normal distribution and those that come from it, and directions."""

import numpy as np
import scipy.stats as stats

from leopard.functions.basic.shape import composed, plain, reshape
from leopard.functions.manipulation.axes import squeeze
from leopard.functions.math.exponentials import exp, log, log1p
from leopard.scipy.special._log_ive import log_ive
from leopard.scipy.special.gamma import digamma, gammaln
from leopard.scipy.stats._multivariate import (
    LOG_2PI,
    Multivariate,
    Spread,
    density_of,
    deviation_of,
    excepted,
    floats,
    parameters_of,
    vectors,
)

__all__ = ["multivariate_normal", "multivariate_t", "vonmises_fisher"]


class MultivariateNormal(Multivariate):
    """The normal distribution of vectors, of density e**(-d**2 / 2) / sqrt(det(2 pi cov)).

    d is the distance of Mahalanobis, d**2 = (x - mean) @ inv(cov) @ (x - mean). The gradients of the
    logarithm of the density are -inv(cov) @ (x - mean) in x, the negative of it in the mean, and
    (inv(cov) @ (x - mean) @ (x - mean).T @ inv(cov) - inv(cov)) / 2 in the covariance, added up at the
    elements of its lower triangle.
    """

    scipys = stats.multivariate_normal

    @staticmethod
    @composed(stats.multivariate_normal.logpdf)
    def logpdf(x, mean=None, cov=1, allow_singular=False):
        """The logarithm of the density."""
        dim, mean, cov = parameters_of(mean, cov)
        spread = Spread(cov, dim, allow_singular)
        exponent = spread.normal_exponent(deviation_of(vectors(x, dim), mean))
        return squeeze(exponent - 0.5 * spread.rank * LOG_2PI)

    pdf = density_of(logpdf, stats.multivariate_normal.pdf)

    @staticmethod
    @composed(stats.multivariate_normal.entropy)
    def entropy(mean=None, cov=1):
        """The differential entropy, log(det(2 pi e cov)) / 2."""
        dim, _, cov = parameters_of(mean, cov)
        spread = Spread(cov, dim, True)
        return 0.5 * (spread.logdet + spread.rank * (LOG_2PI + 1))

    @staticmethod
    @composed(stats.multivariate_normal.rvs)
    def rvs(mean=None, cov=1, size=1, random_state=None):
        """SciPy's random numbers, as a function of the mean and the covariance.

        The numbers are mean + L @ z, where L is the Cholesky factor of the covariance, and z does not depend
        on the parameters.
        """
        drawn = stats.multivariate_normal.rvs(plain(mean), plain(cov), size, random_state)
        return _drawn(drawn, *parameters_of(mean, cov))


def _drawn(drawn, dim, mean, cov):
    center = np.zeros(dim) if mean is None else mean
    shape = np.shape(drawn)
    rows = np.reshape(drawn, (-1, dim)) - plain(center)
    return reshape(center + Spread(cov, dim).moved(rows), shape)


class MultivariateT(Multivariate):
    """Student's distribution of vectors, with a matrix `shape` and df degrees of freedom.

    The logarithm of the density is log(gamma((df + n) / 2) / gamma(df / 2)) - log(det(df pi shape)) / 2 -
    (df + n) / 2 * log1p(d**2 / df), where d is the distance of Mahalanobis and n the number of components.
    The gradients follow from this formula, in df as well.
    """

    scipys = stats.multivariate_t

    @staticmethod
    @composed(stats.multivariate_t.logpdf)
    def logpdf(x, loc=None, shape=1, df=1):
        """The logarithm of the density."""
        df = _degrees(df)
        if np.isinf(plain(df)):
            return MultivariateNormal.logpdf(x, loc, shape, True)
        dim, loc, shape = parameters_of(loc, shape, ("loc", "shape"))
        spread = Spread(shape, dim, True)
        distance = spread.distance(deviation_of(vectors(x, dim), loc))
        half = 0.5 * (df + dim)
        constant = gammaln(half) - gammaln(0.5 * df) - 0.5 * (dim * log(np.pi * df) + spread.logdet)
        return squeeze(constant - half * log1p(distance / df))

    pdf = density_of(logpdf, stats.multivariate_t.pdf)

    @staticmethod
    @composed(stats.multivariate_t.entropy)
    def entropy(loc=None, shape=1, df=1):
        """The differential entropy."""
        df = _degrees(df)
        if np.isinf(plain(df)):
            return MultivariateNormal.entropy(None, shape)
        dim, _, shape = parameters_of(loc, shape, ("loc", "shape"))
        logdet = 0.5 * Spread(shape, dim, True).logdet
        if plain(df) >= 400 * dim / (np.log(dim) + 1):
            return logdet + _entropy_of_large_df(dim, 1 / df)
        half = 0.5 * (df + dim)
        return (
            gammaln(0.5 * df)
            - gammaln(half)
            + 0.5 * dim * log(np.pi * df)
            + half * (digamma(half) - digamma(0.5 * df))
            + logdet
        )


def _degrees(df):
    """Degrees of freedom, a number above 0."""
    df = floats(1.0 if df is None else df)
    if df.ndim or not plain(df) > 0:
        raise ValueError("'df' must be a scalar above 0")
    return df


def _entropy_of_large_df(n, r):
    """Entropy for the unit matrix in powers of r = 1 / df, from the series of Stirling; the next is r**6."""
    terms = [
        0.5 * n * (LOG_2PI + 1),
        n,
        -n * (n - 2) / 4,
        n**2 * (n - 2) / 6,
        n * (-3 * n**3 + 8 * n**2 - 8) / 24,
        n**2 * (3 * n**3 - 10 * n**2 + 16) / 30,
    ]
    total = 0.0
    for term in reversed(terms):
        total = total * r + term
    return total


class VonMisesFisher(Multivariate):
    """The distribution of unit vectors around a direction mu with the concentration kappa.

    The logarithm of the density in n dimensions is kappa * mu @ x + (n / 2 - 1) * log(kappa) - n / 2 *
    log(2 pi) - log(iv(n / 2 - 1, kappa)). Its gradient in kappa is mu @ x - iv(n / 2, kappa) / iv(n / 2 - 1,
    kappa); those of x and mu are for all components as if they were independent.
    """

    scipys = stats.vonmises_fisher

    @staticmethod
    @composed(stats.vonmises_fisher.logpdf)
    def logpdf(x, mu=None, kappa=1):
        """The logarithm of the density, of unit vectors in the last axis."""
        mu, kappa = _direction(mu, kappa)
        x = floats(x)
        if x.shape[-1:] != mu.shape:
            raise ValueError(
                "The dimensionality of the last axis of 'x' must match the dimensionality of the von Mises "
                "Fisher distribution."
            )
        _must_be_unit(x, "'x' must be unit vectors of norm 1 along last dimension.")
        return kappa * (x * mu).sum(-1) + _log_norm_factor(mu.size, kappa)

    pdf = density_of(logpdf, stats.vonmises_fisher.pdf)

    @staticmethod
    @composed(stats.vonmises_fisher.entropy)
    def entropy(mu=None, kappa=1):
        """The differential entropy."""
        mu, kappa = _direction(mu, kappa)
        half = 0.5 * mu.size
        ratio = exp(log_ive(half, kappa) - log_ive(half - 1, kappa))
        return -_log_norm_factor(mu.size, kappa) - kappa * ratio


def _must_be_unit(x, error):
    if not np.allclose(np.linalg.norm(plain(x), axis=-1), 1.0):
        raise ValueError(error)


def _direction(mu, kappa):
    mu, kappa = floats(mu), floats(kappa)
    if mu.ndim != 1:
        raise ValueError("'mu' must have one-dimensional shape.")
    _must_be_unit(mu, "'mu' must be a unit vector of norm 1.")
    if mu.size < 2:
        raise ValueError("'mu' must have at least two entries.")
    if kappa.ndim or not plain(kappa) > 0:
        raise ValueError("'kappa' must be a positive scalar.")
    return mu, kappa


def _log_norm_factor(n, kappa):
    return (n / 2 - 1) * log(kappa) - n / 2 * LOG_2PI - log_ive(n / 2 - 1, kappa) - kappa


if hasattr(stats, "normal_inverse_gamma"):  # of SciPy 1.15
    __all__.append("normal_inverse_gamma")

    class NormalInverseGamma(Multivariate):
        """A mean x of normal distribution and a variance s2 of inverse gamma distribution.

        The logarithm of the density is log(lmbda / (2 pi s2)) / 2 + a * log(b) - gammaln(a) - (a + 1) *
        log(s2) - (2 * b + lmbda * (x - mu)**2) / (2 * s2). The gradients follow from this formula.
        """

        scipys = stats.normal_inverse_gamma

        @staticmethod
        @composed(stats.normal_inverse_gamma.logpdf)
        def logpdf(x, s2, mu=0, lmbda=1, a=1, b=1):
            """The logarithm of the density."""
            x, s2, mu, lmbda, a, b = [floats(v) for v in (x, s2, mu, lmbda, a, b)]
            bad = ~((plain(lmbda) > 0) & (plain(a) > 0) & (plain(b) > 0))
            outside = plain(s2) <= 0
            lmbda, a, b, s2 = [excepted(v, bad | outside, 1.0) for v in (lmbda, a, b, s2)]
            y = 0.5 * log(lmbda / (2 * np.pi)) + (a * log(b) - gammaln(a)) - (a + 1.5) * log(s2)
            y = y - (b + 0.5 * lmbda * (x - mu) ** 2) / s2
            return excepted(excepted(y, outside, -np.inf), bad, np.nan)

        pdf = density_of(logpdf, stats.normal_inverse_gamma.pdf)

        @staticmethod
        @composed(stats.normal_inverse_gamma.mean)
        def mean(mu=0, lmbda=1, a=1, b=1):
            """The means of x, which is mu, and of s2, b / (a - 1)."""
            mu, lmbda, a, b = [floats(v) for v in (mu, lmbda, a, b)]
            bad = ~((plain(lmbda) > 0) & (plain(a) > 1) & (plain(b) > 0))
            x = mu + 0 * (lmbda + a + b)
            return excepted(x, bad, np.nan), excepted(b / (a - 1) + 0 * (mu + lmbda), bad, np.nan)

        @staticmethod
        @composed(stats.normal_inverse_gamma.var)
        def var(mu=0, lmbda=1, a=1, b=1):
            """The variances of x, b / ((a - 1) * lmbda), and of s2, b**2 / ((a - 1)**2 * (a - 2))."""
            mu, lmbda, a, b = [floats(v) for v in (mu, lmbda, a, b)]
            known = (plain(lmbda) > 0) & (plain(b) > 0)
            x = b / ((a - 1) * lmbda) + 0 * mu
            s2 = b**2 / ((a - 1) ** 2 * (a - 2)) + 0 * (mu + lmbda)
            return (
                excepted(x, ~(known & (plain(a) > 1)), np.nan),
                excepted(s2, ~(known & (plain(a) > 2)), np.nan),
            )

    normal_inverse_gamma = NormalInverseGamma()


multivariate_normal = MultivariateNormal()
multivariate_t = MultivariateT()
vonmises_fisher = VonMisesFisher()
