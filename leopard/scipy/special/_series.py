"""Derivatives of Struve's, Wright's and other functions in their parameters, as values of plain arrays: power
series differentiated term by term, and one integral differentiated under its sign.
"""

import numpy as np
import scipy.special as sp

from leopard.scipy.special._orders import slope_of_yv
from leopard.scipy.special._values import half_line, of_reals

_column = (slice(None), None)


def _slope_of_rgamma(z):
    """Derivative of 1 / gamma(z); (-1)**n * n! at -n."""
    whole = (z <= 0) & (z == np.round(z))
    n = np.where(whole, -z, 0)
    regular = np.where(whole, 1, z)
    return np.where(whole, (-1.0) ** n * sp.gamma(n + 1), -sp.rgamma(regular) * sp.digamma(regular))


def _sum(terms, most=4000):
    """Sum of a series of arrays, until its terms stay below 1e-17 of the sum."""
    total, quiet = 0.0, 0
    for k, term in enumerate(terms):
        total = total + term
        small = np.abs(term) <= 1e-17 * np.abs(total)
        quiet = quiet + 1 if np.all(small | ~np.isfinite(total)) else 0
        if k > 8 and quiet > 2 or k > most:
            break
    return total


def _struve_series(v, x, sign):
    """DLMF 11.2.1 and 11.2.2, (x / 2)**(v + 2 * k + 1) / (gamma(k + 3/2) * gamma(k + v + 3/2)),
    times signs.
    """
    z, half = sign * x * x / 4, np.log(x / 2)
    scale = np.exp((v + 1) * half)

    def terms():
        # 1 / gamma and its derivative at v + 3/2 + k, by the recurrence, so that no pole is met
        power = scale / sp.gamma(1.5)
        k = 0
        while True:
            b = v + 1.5 + k
            large = b > 20
            safe = np.where(large, b, 20)
            r = np.where(large, np.exp(-sp.gammaln(safe)), sp.rgamma(np.where(large, 1, b)))
            slope = np.where(large, -r * sp.digamma(safe), _slope_of_rgamma(np.where(large, 1, b)))
            yield power * (r * half + slope)
            power = power * z / (k + 1.5)
            k += 1

    return _sum(terms())


def _of_struve(v, x):
    # For orders above x yv grows without bound, and would cancel.
    near = (x < 5) | (v > np.minimum(x * x / 8, 1.5 * x))
    series = _struve_series(v, np.where(near & (x > 0), x, 1.0), -1)
    xs, vs = np.where(near, 5.0, x), np.where(near, 0.0, v)
    # DLMF 11.5.2: struve - yv = 2 * (x / 2)**v / (sqrt(pi) * gamma(v + 1/2)) times an integral over t
    n = v + 0.5
    n = np.where(near, 0.5, n)

    def weight(s):
        return -s

    def factor(power):
        return lambda s: (
            (1 + (s / xs[_column]) ** 2) ** (vs[_column] - 0.5) * np.log1p((s / xs[_column]) ** 2) ** power
        )

    scale = np.ones(x.shape)
    plain = half_line(weight, factor(0), scale)
    logs = half_line(weight, factor(1), scale)
    outer = 2 * np.exp(vs * np.log(xs / 2)) / np.sqrt(np.pi) / xs
    r = sp.rgamma(n)
    far = outer * ((r * np.log(xs / 2) + _slope_of_rgamma(n)) * plain + r * logs) + slope_of_yv(vs, xs)
    return np.where(x > 0, np.where(near, series, far), np.nan)


def slope_of_struve(v, x):
    """Derivative of struve(v, x) in v, for x > 0: the power series for x < 5 or v > x**2 / 8, and DLMF 11.5.2
    elsewhere.
    """
    return of_reals(_of_struve, v, x)


def _of_modstruve(v, x):
    return np.where(x > 0, _struve_series(v, np.where(x > 0, x, 1.0), 1), np.nan)


def slope_of_modstruve(v, x):
    """Derivative of modstruve(v, x) in v, for x > 0, by the power series."""
    return of_reals(_of_modstruve, v, x)


def _wright_ratio(k, a, b, x):
    """The derivative in a (k = 0) or b (k = 1), divided by the value; the largest term is taken as 1."""
    log_x = np.log(np.where(x > 0, x, 1.0))
    n = np.arange(1500.0)[:, None]
    with np.errstate(all="ignore"):
        z = n * a + b
        logs = np.where((n > 0) & (x == 0), -np.inf, n * log_x - sp.gammaln(n + 1))
        large = z > 20
        safe = np.where(large, z, 20)
        r_log = np.where(large, -sp.gammaln(safe), 0)
        top = np.max(logs + np.where(z > 0, -sp.gammaln(np.where(z > 0, z, 1)), 0), axis=0)
        weight = np.exp(logs + r_log - top)
        small = np.where(large, 1, z)
        value = np.where(large, 1, sp.rgamma(small))
        slope = np.where(large, -sp.digamma(safe), _slope_of_rgamma(small))
        factor = n if k == 0 else 1.0
        y = np.sum(weight * slope * factor, axis=0) / np.sum(weight * value, axis=0)
    return np.where((a >= 0) & (x >= 0), y, np.nan)


def slope_of_log_wright_bessel(a, b, x, k):
    """Derivative of log_wright_bessel(a, b, x) in a (k = 0) or in b (k = 1), by the power series of DLMF
    10.46.1, of which 1500 terms are taken: for x up to some 1000.
    """
    return of_reals(lambda *xs: _wright_ratio(k, *xs), a, b, x)


def _besselpoly_slope(k, a, lmb, nu):
    z, half = -a * a, np.log(a)
    scale = np.exp(nu * half)

    def terms():
        power, i = scale, 0
        while True:
            r = sp.rgamma(nu + i + 1)
            rest = lmb + nu + 2 * i + 1
            if k == 1:
                yield -power * r / (rest * rest)
            else:
                yield power * (r * half + _slope_of_rgamma(nu + i + 1) - r / rest) / rest
            i += 1
            power = power * z / i

    return np.where(a > 0, _sum(terms(), 160), np.nan)


def slope_of_besselpoly(a, lmb, nu, k):
    """Derivative of besselpoly(a, lmb, nu) in lmb (k = 1) or in nu (k = 2), for a > 0, by its power series in
    a.
    """
    return of_reals(lambda *xs: _besselpoly_slope(k, *xs), a, lmb, nu)
