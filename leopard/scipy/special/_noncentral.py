"""Derivatives of the distribution functions of noncentral distributions in their parameters, as values of
plain arrays.

The noncentral chi-square and F distributions are mixtures of central ones, with the weights of a Poisson
distribution of mean nc / 2 (Johnson, Kotz, Balakrishnan 1995, chapters 29 and 30): the slopes are the
mixtures of the central slopes. The noncentral t distribution is an average of normal ones over the chi
distribution.
"""

import numpy as np
import scipy.special as sp

from leopard.scipy.special._values import (
    _density_of_beta,
    _log_minus_digamma,
    _slope_of_betainc,
    _slope_of_gammainc,
    log1p_minus,
    log_gamma_star,
    of_reals,
)


def _mixture(nc, term):
    """Sum over j of term(j) with Poisson weights of mean nc / 2; nan for nc above 2e4."""
    mean = np.where((nc >= 0) & (nc <= 2e4), nc / 2, np.nan)
    top = np.nanmax(mean, initial=0.0)
    total = np.zeros(nc.shape)
    for j in range(int(top + 12 * np.sqrt(top) + 40)):
        weight = np.exp(sp.xlogy(j, mean) - mean - sp.gammaln(j + 1.0))
        share = np.where(weight > 0, weight * term(j), 0 * weight)
        total = total + share
        if j > top and np.all((np.abs(share) <= 1e-18 * np.abs(total)) | ~np.isfinite(total)):
            break
    return total


def _of_chndtr(x, df, nc):
    y = _mixture(nc, lambda j: _slope_of_gammainc(df / 2 + j, x / 2)) / 2
    return np.where((df > 0) & (x >= 0), y, np.nan)


def slope_of_chndtr(x, df, nc):
    """Derivative of chndtr(x, df, nc) in df: half the mixture of the slopes of gammainc(df / 2 + j,
    x / 2).
    """
    return of_reals(_of_chndtr, x, df, nc)


def _of_ncfdtr(k, m, n, nc, f):
    a, b, t = m / 2, n / 2, n + m * f
    u, u1 = m * f / t, n / t

    def term(j):
        if k == 2:  # half of betainc(a + j + 1, b, u) - betainc(a + j, b, u)
            return _density_of_beta(a + j, b, u, u1) * u * u1 / (a + j) / -2
        density = _density_of_beta(a + j, b, u, u1) * u * u1
        if k == 0:
            return _slope_of_betainc(a + j, b, u, u1) / 2 + density / m
        if k == 1:
            return -_slope_of_betainc(b, a + j, u1, u) / 2 - density / n
        return density / f

    y = _mixture(nc, term)
    return np.where((m > 0) & (n > 0) & (f >= 0), y, np.nan)


def slope_of_ncfdtr(dfn, dfd, nc, f, k):
    """Derivative of ncfdtr(dfn, dfd, nc, f) in its k-th argument: the mixture of those of betainc(dfn / 2 +
    j, dfd / 2, u) with u = dfn * f / (dfd + dfn * f).
    """
    return of_reals(lambda *xs: _of_ncfdtr(k, *xs), dfn, dfd, nc, f)


_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(32)


def _on_panels(n):
    """Nodes and weights of Gauss's formula in n panels from 0 to 1."""
    return ((np.arange(n)[:, None] + (_NODES + 1) / 2) / n).reshape(-1), np.tile(_WEIGHTS / (2 * n), n)


def _average(v, t, d, integrand):
    """Integral of integrand(w, log density - its constant) over w, the logarithm of r / sqrt(v), in two
    parts.

    The density of w is sqrt(v / pi) * exp(v / 2 * (2 * w - e**(2 * w) + 1) - log_gamma_star(v / 2)).
    """
    # The exponent, that of the density minus (t * e**w - d)**2 / 2, has its maximum above `low`.
    rate, shift = t / np.sqrt(v), np.abs(d)
    q = 1 + rate * rate
    linear = np.abs(rate) * shift
    high = (linear + np.sqrt(linear * linear + 4 * q * v)) / 2  # the larger of both signs of t * d
    low = 0.9 * np.minimum(v / high, np.sqrt(v))
    first = np.log(low / np.sqrt(v)) - np.minimum(9 / np.sqrt(v), 2)
    last = np.log((np.maximum(np.sqrt(v), high) + 9) / np.sqrt(v))
    v = v[:, None]

    def at(w):
        y = np.expm1(2 * w)
        bent = np.where(w < -0.1, 2 * w - y, log1p_minus(np.maximum(y, -0.9)))
        return integrand(w, bent) * np.sqrt(v / np.pi) * np.exp(v / 2 * bent - log_gamma_star(v / 2))

    x, weights = _on_panels(4)
    tail = np.sum(at(first[:, None] - 45 * x / v) * weights, axis=1) * 45 / v[:, 0]
    x, weights = _on_panels(16)
    span = last - first
    return tail + np.sum(at(first[:, None] + span[:, None] * x) * weights, axis=1) * span


def _density_of_normal(z):
    return np.exp(-z * z / 2) / np.sqrt(2 * np.pi)


def _step_of_ndtr(z, h):
    """ndtr(z + h) - ndtr(z), by Gauss's formula where h is small."""
    near = np.where(np.abs(h) < 1, h, 0)
    x, weights = np.polynomial.legendre.leggauss(10)
    inner = (
        sum(w * _density_of_normal(z + near * (u + 1) / 2) for u, w in zip(x, weights, strict=True))
        * near
        / 2
    )
    below = z + h / 2 < 0
    outer = np.where(below, sp.ndtr(z + h) - sp.ndtr(z), sp.ndtr(-z) - sp.ndtr(-z - h))
    return np.where(np.abs(h) < 1, inner, outer)


def _of_nctdtr(k, v, d, t):
    v, t_, d_ = np.where(v > 0, v, np.nan), t[:, None], d[:, None]
    if k == 1:
        return _average(v, t, d, lambda w, bent: -_density_of_normal(t_ * np.exp(w) - d_))
    if k == 2:
        return _average(v, t, d, lambda w, bent: np.exp(w) * _density_of_normal(t_ * np.exp(w) - d_))
    mean = _log_minus_digamma(v / 2)[:, None]
    # The derivative of the density is the density times (mean + bent) / 2, whose average is 0.
    return _average(v, t, d, lambda w, bent: _step_of_ndtr(t_ - d_, t_ * np.expm1(w)) * (mean + bent) / 2)


def slope_of_nctdtr(df, nc, t, k):
    """Derivative of nctdtr(df, nc, t) in df (k = 0), nc (k = 1) or t (k = 2).

    The distribution function is the average of ndtr(t * e**w - nc) over w, the logarithm of the square root
    of a chi-square variable over df; it is differentiated under the integral sign, which is computed by
    Gauss's formula. For df from 0.1 to 1000.
    """
    return of_reals(lambda *xs: _of_nctdtr(k, *xs), df, nc, t)
