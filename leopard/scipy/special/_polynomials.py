"""Derivatives of orthogonal polynomials in their degree and parameters, as values of plain arrays.

The degree is real: outside of the whole numbers the functions are hypergeometric (DLMF 18.5.7 to 18.5.12). A
value of a degree below 1, and of one below 2, is differentiated by the power series, or for a whole degree by
the polynomial; from there the recurrence (18.9.1), which is differentiated with it, leads to any degree. A
pair (value, derivative) is a complex number, value + i * H * derivative: the step H is so small that its
square vanishes beside 1.
"""

import numpy as np
import scipy.special as sp

from leopard.scipy.special._series import _slope_of_rgamma
from leopard.scipy.special._values import of_reals
from leopard.scipy.special.hypergeometric import _slope_of_hyp1f1, _slope_of_hyp2f1

_H = 1e-30


def _gamma_ratio(n, a, dn, da):
    """gamma(n + a) / gamma(n + 1) / gamma(a), 0 at n = -1, -2, ..., and its derivative along (dn, da)."""
    up, r = sp.gamma(n + a) * sp.rgamma(a), sp.rgamma(n + 1)
    large = n > 20
    far = np.exp(sp.gammaln(n + a) - sp.gammaln(a) - sp.gammaln(np.where(large, n, 1) + 1))
    y = np.where(large, far, up * r)
    slope = y * (sp.digamma(n + a) * (dn + da) - sp.digamma(a) * da)
    return y, slope + (up * _slope_of_rgamma(n + 1) * dn if dn else 0)


def _upwards(n, base, first, second, step):
    """The pair of degree n: from those of the two lowest degrees, by p(i + 1) = step(i, p(i), p(i - 1))."""
    count = np.where(n >= 1, np.floor(n), 0)
    below, y = first, np.where(count == 0, first, second)
    for k in range(1, int(np.nanmax(count, initial=0))):
        i = base + k
        following = step(i, y, below)
        active = count > k
        below, y = np.where(active, y, below), np.where(active, following, y)
    return y.imag / _H


def _lowest(n):
    return np.where(n >= 1, n - np.floor(n), n)


def _slope_of_jacobi(k, n, a, b, x):
    dn, da, db = [float(k == i) for i in range(3)]
    z = (1 - x) / 2
    low = _lowest(n)
    whole = (n == np.floor(n)) & (n >= 0) & (k > 0)

    def of_series(v):
        scale, change = _gamma_ratio(v, a + 1, dn, da)
        value = sp.hyp2f1(-v, v + a + b + 1, a + 1, z)
        slope = _slope_of_hyp2f1(-v, v + a + b + 1, a + 1, z, 1)
        if k == 0:
            slope = slope - _slope_of_hyp2f1(-v, v + a + b + 1, a + 1, z, 0)
        if k == 1:
            slope = slope + _slope_of_hyp2f1(-v, v + a + b + 1, a + 1, z, 2)
        return scale * value + 1j * _H * (change * value + scale * slope)

    ca, cb = a + 1j * _H * da, b + 1j * _H * db
    first, second = np.ones(n.shape, complex), ca + 1 - (ca + cb + 2) * z
    if not np.all(whole):
        first, second = np.where(whole, first, of_series(low)), np.where(whole, second, of_series(low + 1))

    def step(i, p, q):
        i = i + 1j * _H * dn
        s = 2 * i + ca + cb
        top = (s + 1) * (s * (s + 2) * x + ca * ca - cb * cb) * p - 2 * (i + ca) * (i + cb) * (s + 2) * q
        return top / (2 * (i + 1) * (i + ca + cb + 1) * s)

    return _upwards(n, low, first, second, step)


def slope_of_jacobi(n, alpha, beta, x, k):
    """Derivative of eval_jacobi(n, alpha, beta, x) in n (k = 0), alpha (1) or beta (2).

    For alpha, beta > -1; for derivatives in n, and of degrees that are not whole, x > -1, and the power
    series takes the more terms the closer x is to -1; below -0.998 or so the value is nan.
    """
    return of_reals(lambda *xs: _slope_of_jacobi(k, *xs), n, alpha, beta, x)


def _slope_of_gegenbauer(k, n, a, x):
    dn, da = float(k == 0), float(k == 1)
    z = (1 - x) / 2
    low = _lowest(n)
    whole = (n == np.floor(n)) & (n >= 0) & (k > 0)

    def of_series(v):
        scale, change = _gamma_ratio(v, 2 * a, dn, 2 * da)
        value = sp.hyp2f1(-v, v + 2 * a, a + 0.5, z)
        slope = _slope_of_hyp2f1(-v, v + 2 * a, a + 0.5, z, 1)
        if k == 0:
            slope = slope - _slope_of_hyp2f1(-v, v + 2 * a, a + 0.5, z, 0)
        else:
            slope = 2 * slope + _slope_of_hyp2f1(-v, v + 2 * a, a + 0.5, z, 2)
        return scale * value + 1j * _H * (change * value + scale * slope)

    ca = a + 1j * _H * da
    first, second = np.ones(n.shape, complex), 2 * ca * x
    if not np.all(whole):
        first, second = np.where(whole, first, of_series(low)), np.where(whole, second, of_series(low + 1))

    def step(i, p, q):
        i = i + 1j * _H * dn
        return (2 * (i + ca) * x * p - (i + 2 * ca - 1) * q) / (i + 1)

    return _upwards(n, low, first, second, step)


def slope_of_gegenbauer(n, alpha, x, k):
    """Derivative of eval_gegenbauer(n, alpha, x) in n (k = 0) or alpha (1); as `slope_of_jacobi`, for
    alpha > 0.
    """
    return of_reals(lambda *xs: _slope_of_gegenbauer(k, *xs), n, alpha, x)


def _slope_of_laguerre(k, n, a, x):
    dn, da = float(k == 0), float(k == 1)
    low = _lowest(n)
    whole = (n == np.floor(n)) & (n >= 0) & (k > 0)

    def of_series(v):
        scale, change = _gamma_ratio(v, a + 1, dn, da)
        value = sp.hyp1f1(-v, a + 1, x)
        slope = -_slope_of_hyp1f1(-v, a + 1, x, 0) if k == 0 else _slope_of_hyp1f1(-v, a + 1, x, 1)
        return scale * value + 1j * _H * (change * value + scale * slope)

    ca = a + 1j * _H * da
    first, second = np.ones(n.shape, complex), ca + 1 - x
    if not np.all(whole):
        first, second = np.where(whole, first, of_series(low)), np.where(whole, second, of_series(low + 1))

    def step(i, p, q):
        i = i + 1j * _H * dn
        return ((2 * i + ca + 1 - x) * p - (i + ca) * q) / (i + 1)

    return _upwards(n, low, first, second, step)


def slope_of_laguerre(n, alpha, x, k):
    """Derivative of eval_genlaguerre(n, alpha, x) in n (k = 0) or alpha (1), for alpha > -1 and x >= 0."""
    return of_reals(lambda *xs: _slope_of_laguerre(k, *xs), n, alpha, x)
