"""Derivatives of Bessel functions in their order, for real orders and arguments x > 0, as values of plain
arrays.

By the integrals of DLMF 10.9.6, 10.9.7, 10.32.4 and 10.32.9, differentiated under the integral sign and
computed by Gauss's formula with 32 nodes in each of several panels; for small x by the power series of DLMF
10.15.1 and 10.38.1.
"""

import numpy as np
import scipy.special as sp

from leopard.scipy.special._values import of_reals

_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(32)
_column = (slice(None), None)


def _panels(f, stop, n):
    """Integral of f from 0 to stop, a column each, in n panels of 32 nodes."""
    t = ((np.arange(n)[:, None] + (_NODES + 1) / 2) / n).reshape(-1)
    w = np.tile(_WEIGHTS / (2 * n), n)
    return np.sum(f(stop[:, None] * t) * w, axis=1) * stop


def _n_panels(*xs):
    return int(min(4 + np.nanmax([np.max(np.abs(x[np.isfinite(x)]), initial=0) for x in xs]) / 8, 400))


def _stop(v, x):
    """Where exp(-x * cosh(t) + v * t) has become smaller than 1e-18 of its maximum."""
    scale = np.hypot(v, x)
    return np.arcsinh(np.abs(v) / x) + np.arccosh(1 + 45 / scale) + 0.5


def _power_series(v, x, sign, tolerance=1e-17):
    """Sum over k of (sign * x**2 / 4)**k / (k! * gamma(v + k + 1)) * (x / 2)**v; and that with digammas."""
    z, k = x * x / 4 * sign, 0
    term = np.exp(v * np.log(x / 2) - sp.gammaln(v + 1)) * sp.gammasgn(v + 1)
    total, slope = term.copy(), term * sp.digamma(v + 1)
    while k < 30 or np.any(np.abs(term) > tolerance * np.abs(total)) and k < 4000:
        k += 1
        term = term * z / (k * (v + k))
        total = total + term
        slope = slope + term * sp.digamma(v + k + 1)
    return total, slope


def _series_slope(v, x, sign):
    total, slope = _power_series(v, x, sign)
    return total * np.log(x / 2) - slope


def _of_kve(v, x):
    a = np.abs(v)
    found = _panels(
        lambda t: t * 0.5 * (np.exp(a[_column] * t - x[_column] * 2 * np.sinh(t / 2) ** 2)
                             - np.exp(-a[_column] * t - x[_column] * 2 * np.sinh(t / 2) ** 2)),
        _stop(a, x), 8,
    )  # fmt: skip
    return np.where(x > 0, np.sign(v) * found, np.nan)


def slope_of_kve(v, x):
    """Derivative of kve(v, x) in v, for any order: the integral of t * sinh(v * t) * exp(x - x * cosh(t))."""
    return of_reals(_of_kve, v, x)


def _of_ive(v, x):
    near = (x < 6) | (v * v > x)
    xs = np.where(near & (x > 0), x, 1.0)
    series = _series_slope(v, xs, 1) * np.exp(-xs)
    xi, vi = np.where(near, 6.0, x), np.where(near, 0.0, v)
    first = _panels(
        lambda t: -t * np.sin(v[_column] * t) * np.exp(-2 * xi[_column] * np.sin(t / 2) ** 2),
        np.minimum(np.full(x.shape, np.pi), 14 / np.sqrt(xi) * 1.2), _n_panels(np.where(near, 0, v)),
    ) / np.pi  # fmt: skip

    def second(t):
        c, s = np.cos(vi * np.pi)[_column], np.sin(vi * np.pi)[_column]
        return np.exp(-2 * xi[_column] * np.cosh(t / 2) ** 2 - vi[_column] * t) * (t * s / np.pi - c)

    found = first + _panels(second, np.arccosh(1 + 45 / xi), 2)
    return np.where(x > 0, np.where(near, series, found), np.nan)


def slope_of_ive(v, x):
    """Derivative of ive(v, x) in v, for orders v >= 0 and x > 0."""
    return of_reals(_of_ive, v, x)


def _of_jv(v, x):
    # Where v > x the series loses x**2 / (4 * v) in the logarithm, and the integral, of size 1, that of jv.
    a = np.arccosh(np.maximum(v / np.where(x > 0, x, 1), 1))
    near = (x < 6) | (v > x * x / 8) | (x * x < 4 * v * v * (a - np.tanh(a)))
    series = _series_slope(v, np.where(near & (x > 0), x, 1.0), -1)
    xi, vi = np.where(near, 6.0, x), np.where(near, 1.0, v)
    pi = np.full(x.shape, np.pi)
    first = _panels(lambda t: t * np.sin(xi[_column] * np.sin(t) - vi[_column] * t), pi, _n_panels(xi, vi))

    def second(t):
        c, s = np.cos(vi * np.pi)[_column], np.sin(vi * np.pi)[_column]
        return np.exp(-xi[_column] * np.sinh(t) - vi[_column] * t) * (t * s / np.pi - c)

    last = _panels(second, np.arcsinh(45 / xi), 6)
    return np.where(x > 0, np.where(near, series, first / np.pi + last), np.nan)


def slope_of_jv(v, x):
    """Derivative of jv(v, x) in v, for x > 0; where v is somewhat above x, to fewer relative digits."""
    return of_reals(_of_jv, v, x)


def _of_yv(v, x):
    pi = np.full(x.shape, np.pi)
    first = _panels(lambda t: -t * np.cos(x[_column] * np.sin(t) - v[_column] * t), pi, _n_panels(x, v))

    def second(t):
        c, s = np.cos(v * np.pi)[_column], np.sin(v * np.pi)[_column]
        up = np.exp(-x[_column] * np.sinh(t) + v[_column] * t)
        down = np.exp(-x[_column] * np.sinh(t) - v[_column] * t)
        return t * up - down * (t * c + np.pi * s)

    last = _panels(second, _stop(v, x), 10)
    return np.where(x > 0, (first - last) / np.pi, np.nan)


def slope_of_yv(v, x):
    """Derivative of yv(v, x) in v, for x > 0."""
    return of_reals(_of_yv, v, x)


def _hankel(v, x, sign, damped):
    """Slope of exp(-+x) times a modified Bessel function: Hankel's expansion (DLMF 10.40.1), by terms."""
    x = np.where(damped, x, np.inf)
    term = np.ones(x.shape)
    total = -0.5 * term
    for k in range(1, 40):
        term = term * sign * (4 * v * v - (2 * k - 1) ** 2) / (8 * k * x)
        total = total - (k + 0.5) * term
    return total / x**1.5


def _of_x_ive(v, x):
    far = x > np.maximum(40, 2 * v * v)
    above = sp.ive(v + 1, x)
    plain = (sp.ive(v - 1, x) + above) / 2 - np.sign(x) * sp.ive(v, x)
    safe = np.where(x == 0, 1, x)
    plain = np.where((v >= 0) & (x != 0), above + (v / safe - np.sign(x)) * sp.ive(v, x), plain)
    return np.where(far, _hankel(v, x, -1, far) / np.sqrt(2 * np.pi), plain)


def _of_x_kve(v, x):
    far = x > np.maximum(40, 2 * v * v)
    plain = sp.kve(v, x) - (sp.kve(v - 1, x) + sp.kve(v + 1, x)) / 2
    return np.where(far, _hankel(v, x, 1, far) * np.sqrt(np.pi / 2), plain)


def slope_in_x_of_ive(v, x):
    """Derivative of ive(v, x) in x; by Hankel's expansion for large x, where the other terms cancel."""
    return of_reals(_of_x_ive, v, x)


def slope_in_x_of_kve(v, x):
    """Derivative of kve(v, x) in x; by Hankel's expansion for large x, where the other terms cancel."""
    return of_reals(_of_x_kve, v, x)
