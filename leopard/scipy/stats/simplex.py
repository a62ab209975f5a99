"""Distributions of probabilities that sum to 1, and of counts."""

import numpy as np
import scipy.special as sp
import scipy.stats as stats

from leopard.functions.basic.indexing import where
from leopard.functions.basic.shape import composed, plain, reshape
from leopard.functions.creation.matrices import diag
from leopard.functions.linalg.outer import outer
from leopard.functions.manipulation.axes import squeeze
from leopard.functions.manipulation.joining import concatenate
from leopard.functions.math.exponentials import exp
from leopard.scipy.special.convenience import xlog1py, xlogy
from leopard.scipy.special.gamma import digamma, gammaln
from leopard.scipy.special.information import entr
from leopard.scipy.stats._multivariate import Multivariate, density_of, excepted, floats

__all__ = ["dirichlet", "dirichlet_multinomial", "multinomial"]


def _concentrations(alpha, axes=1):
    alpha = floats(alpha)
    if not (plain(alpha) > 0).all():
        raise ValueError("All parameters must be greater than 0")
    if axes is not None and alpha.ndim != axes:
        raise ValueError(f"Parameter vector 'a' must be one dimensional, but a.shape = {alpha.shape}.")
    return alpha


def _of_simplex(x, alpha):
    """Points of the simplex, with components in the first axis, the last one of which may be missing."""
    x = floats(x)
    if x.ndim not in (1, 2):
        raise ValueError(
            "The input must be one dimensional or a two dimensional matrix containing the entries."
        )
    if x.shape[0] not in (alpha.shape[0], alpha.shape[0] - 1):
        raise ValueError(
            "Vector 'x' must have either the same number of entries as, or one entry fewer than, parameter "
            f"vector 'a', but alpha.shape = {alpha.shape} and x.shape = {x.shape}."
        )
    if x.shape[0] < alpha.shape[0]:
        x = concatenate([x, 1 - x.sum(0, keepdims=True)])
    values, least = plain(x), plain(alpha).reshape((-1,) + (1,) * (x.ndim - 1))
    if not (values >= 0).all():
        raise ValueError("Each entry in 'x' must be greater than or equal to zero.")
    if not (values <= 1).all():
        raise ValueError("Each entry in 'x' must be smaller or equal one.")
    if ((values == 0) & (least < 1)).any():
        raise ValueError("Each entry in 'x' must be greater than zero if its alpha is less than one.")
    if (np.abs(values.sum(0) - 1.0) > 10e-10).any():
        raise ValueError(
            f"The input vector 'x' must lie within the normal simplex. but np.sum(x, 0) = {values.sum(0)}."
        )
    return x


class Dirichlet(Multivariate):
    """Dirichlet's distribution of vectors of positive numbers that sum to 1.

    The logarithm of the density is gammaln(sum(alpha)) - sum(gammaln(alpha)) + sum((alpha - 1) * log(x)). Its
    gradients are (alpha - 1) / x, for all components of x as if they were independent, and log(x) -
    digamma(alpha) + digamma(sum(alpha)).
    """

    scipys = stats.dirichlet

    @staticmethod
    @composed(stats.dirichlet.logpdf)
    def logpdf(x, alpha):
        """The logarithm of the density, of points whose components stand in the first axis."""
        alpha = _concentrations(alpha)
        x = _of_simplex(x, alpha)
        powers = alpha - 1 if x.ndim == 1 else reshape(alpha - 1, (-1, 1))
        return squeeze(xlogy(powers, x).sum(0) - _log_beta(alpha))

    pdf = density_of(logpdf, stats.dirichlet.pdf)

    @staticmethod
    @composed(stats.dirichlet.mean)
    def mean(alpha):
        """The mean, alpha / sum(alpha)."""
        alpha = _concentrations(alpha)
        return squeeze(alpha / alpha.sum())

    @staticmethod
    @composed(stats.dirichlet.var)
    def var(alpha):
        """The variances, m * (1 - m) / (sum(alpha) + 1) for the mean m."""
        alpha = _concentrations(alpha)
        total = alpha.sum()
        mean = alpha / total
        return squeeze(mean * (1 - mean) / (total + 1))

    @staticmethod
    @composed(stats.dirichlet.cov)
    def cov(alpha):
        """The covariance, (diag(m) - m @ m.T) / (sum(alpha) + 1) for the mean m."""
        alpha = _concentrations(alpha)
        total = alpha.sum()
        mean = alpha / total
        return squeeze((diag(mean) - outer(mean, mean)) / (total + 1))

    @staticmethod
    @composed(stats.dirichlet.entropy)
    def entropy(alpha):
        """The differential entropy."""
        alpha = _concentrations(alpha)
        total = alpha.sum()
        return (
            _log_beta(alpha)
            + (total - alpha.shape[0]) * digamma(total)
            - ((alpha - 1) * digamma(alpha)).sum()
        )


def _log_beta(alpha, axis=None):
    """The logarithm of the beta function of vectors."""
    return gammaln(alpha).sum(axis) - gammaln(alpha.sum(axis))


def _probabilities(p):
    """Rows of probabilities; the last is 1 less the others in a row that does not sum to 1, as in SciPy."""
    p = floats(p)
    wrong = np.abs(1 - plain(p).sum(-1)) > 10 * np.finfo(np.float32 if p.dtype.itemsize < 8 else float).eps
    if wrong.any():
        rest = 1 - p[..., :-1].sum(-1, keepdims=True)
        p = where(wrong[..., None], concatenate([p[..., :-1], rest], -1), p)
    values = plain(p)
    return p, ((values < 0) | (values > 1)).any(-1)


def _counts(x, n):
    """Counts as plain numbers, and where they do not sum to n."""
    x, n = np.asarray(plain(x)), np.asarray(plain(n))
    if x.ndim == 0:
        raise ValueError("x must be an array.")
    whole = x.astype(int)
    return whole, n, (whole != x).any(-1) | (whole < 0).any(-1) | (whole.sum(-1) != n)


class Multinomial(Multivariate):
    """Counts of n draws from categories of probabilities p.

    The logarithm of the probability is gammaln(n + 1) + sum(x * log(p) - gammaln(x + 1)); its gradient in p
    is x / p, for all components of p as if they were independent. The counts take no gradient.
    """

    scipys = stats.multinomial

    @staticmethod
    @composed(stats.multinomial.logpmf)
    def logpmf(x, n, p):
        """The logarithm of the probability of counts, whose categories stand in the last axis."""
        p, bad = _probabilities(p)
        x, n, outside = _counts(x, n)
        if x.shape[-1] != p.shape[-1]:
            raise ValueError(
                f"Size of each quantile should be size of p: received {x.shape[-1]}, but expected "
                f"{p.shape[-1]}."
            )
        ways = sp.gammaln(n + 1) - sp.gammaln(x + 1).sum(-1)
        y = excepted(xlogy(x, p).sum(-1) + ways, outside | np.zeros_like(bad), -np.inf)
        return excepted(y, bad | (n < 0), np.nan)

    pmf = density_of(logpmf, stats.multinomial.pmf)

    @staticmethod
    @composed(stats.multinomial.mean)
    def mean(n, p):
        """The mean, n * p."""
        p, bad = _probabilities(p)
        n = np.asarray(plain(n))
        return excepted(n[..., None] * p, (bad | (n < 0))[..., None], np.nan)

    @staticmethod
    @composed(stats.multinomial.cov)
    def cov(n, p):
        """The covariance, n * (diag(p) - p @ p.T)."""
        p, bad = _probabilities(p)
        n = np.asarray(plain(n))
        matrix = np.eye(p.shape[-1]) * p[..., None] - p[..., :, None] * p[..., None, :]
        return excepted(n[..., None, None] * matrix, (bad | (n < 0))[..., None, None], np.nan)

    @staticmethod
    @composed(stats.multinomial.entropy)
    def entropy(n, p):
        """The entropy, a sum over the counts of each category."""
        p, bad = _probabilities(p)
        n = np.asarray(plain(n))
        x = np.arange(1, n.max(initial=0) + 1)
        many, row = n[..., None, None], p[..., None]
        rest = np.maximum(many - x, 0)
        ways = sp.gammaln(many + 1) - sp.gammaln(rest + 1)
        terms = exp(xlogy(x, row) + xlog1py(rest, -row) + (ways - sp.gammaln(x + 1)))
        total = (terms * (sp.gammaln(x + 1) * (x <= many))).sum((-2, -1))
        return excepted(n * entr(p).sum(-1) - sp.gammaln(n + 1) + total, bad | (n < 0), np.nan)


class DirichletMultinomial(Multivariate):
    """Counts of n draws from categories whose probabilities have Dirichlet's distribution.

    The logarithm of the probability is sum(gammaln(x + alpha) - gammaln(alpha) - gammaln(x + 1)) +
    gammaln(s) + gammaln(n + 1) - gammaln(n + s) for s = sum(alpha). The counts take no gradient.
    """

    scipys = stats.dirichlet_multinomial

    @staticmethod
    @composed(stats.dirichlet_multinomial.logpmf)
    def logpmf(x, alpha, n):
        """The logarithm of the probability of counts, whose categories stand in the last axis."""
        alpha = _concentrations(alpha, None)
        x, n, outside = _counts(x, n)
        if (x < 0).any() or x.shape[-1] != alpha.shape[-1]:
            stats.dirichlet_multinomial.logpmf(x, plain(alpha), n)  # raises
        total = alpha.sum(-1)
        y = gammaln(total) - gammaln(n + total) + sp.gammaln(n + 1)
        y = y + (gammaln(x + alpha) - gammaln(alpha) - sp.gammaln(x + 1)).sum(-1)
        return excepted(y, outside, -np.inf)

    pmf = density_of(logpmf, stats.dirichlet_multinomial.pmf)

    @staticmethod
    @composed(stats.dirichlet_multinomial.mean)
    def mean(alpha, n):
        """The mean, n * m for m = alpha / sum(alpha)."""
        alpha, n = _concentrations(alpha, None), np.asarray(plain(n))
        return n[..., None] * (alpha / alpha.sum(-1, keepdims=True))

    @staticmethod
    @composed(stats.dirichlet_multinomial.var)
    def var(alpha, n):
        """The variances, n * m * (1 - m) * (n + s) / (1 + s) for s = sum(alpha)."""
        alpha, n = _concentrations(alpha, None), np.asarray(plain(n))[..., None]
        total = alpha.sum(-1, keepdims=True)
        mean = alpha / total
        return n * mean * (1 - mean) * ((n + total) / (1 + total))

    @staticmethod
    @composed(stats.dirichlet_multinomial.cov)
    def cov(alpha, n):
        """The covariance, n * (diag(m) - m @ m.T) * (n + s) / (1 + s) for s = sum(alpha)."""
        alpha, n = _concentrations(alpha, None), np.asarray(plain(n))[..., None, None]
        total = alpha.sum(-1, keepdims=True)
        mean = alpha / total
        matrix = np.eye(alpha.shape[-1]) * mean[..., None] - mean[..., :, None] * mean[..., None, :]
        total = total[..., None]
        return n * matrix * ((n + total) / (1 + total))


dirichlet = Dirichlet()
dirichlet_multinomial = DirichletMultinomial()
multinomial = Multinomial()
