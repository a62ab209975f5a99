"""Carlson's symmetric elliptic integrals of any half-integral exponents, as values of plain arrays (DLMF
19.16.9).

All their derivatives are integrals of the same kind, with larger exponents. They are computed by the
trapezoidal rule over log(t), whose error falls exponentially with the step, since the integrand is analytic
around the line.
"""

import numpy as np
import scipy.special as sp

_STEP = 0.25


def symmetric_integral(xs, exponents):
    """Integral over t from 0 of the product of (t + x)**-e, for real x >= 0 or complex x of a positive real
    part.

    The relative error is a few epsilon; an x of 0 may have an exponent below 1.
    """
    xs = [np.asarray(x) for x in xs]
    xs = np.broadcast_arrays(*[x.astype(np.result_type(x.dtype, np.float64)) for x in xs])
    shape, flat = xs[0].shape, [x.reshape(-1, 1) for x in xs]
    sizes = np.abs(np.concatenate(flat, axis=1))
    largest = np.max(sizes, axis=1, keepdims=True)
    least = np.min(np.where(sizes > 0, sizes, np.inf), axis=1, keepdims=True)
    start = np.log(least) - np.where(np.any(sizes == 0, axis=1, keepdims=True), 80, 40)
    stop = np.log(largest) + 40 / (sum(exponents) - 1)
    span = np.where(np.isfinite(stop - start), stop - start, 0)
    u = start + _STEP * np.arange(int(np.max(span, initial=0) / _STEP) + 2)
    with np.errstate(all="ignore"):
        t = np.exp(u)
        product = t * _STEP
        for x, e in zip(flat, exponents, strict=True):
            if e:
                product = product * (t + x) ** -e
        found = np.sum(product, axis=1)
        finite = np.all(np.isfinite(np.concatenate(flat, axis=1)), axis=1) & (largest[:, 0] > 0)
        real = np.concatenate(flat, axis=1).real
        found = np.where(finite & np.all((real > 0) | (sizes == 0), axis=1), found, np.nan)
    return found.reshape(shape)


def _with_digits(formula, close, exponents, scale, xs, kind):
    """The formula, and where it would lose digits the integral."""
    xs = np.broadcast_arrays(*xs)
    with np.errstate(all="ignore"):
        y = np.asarray(formula(*xs))
        if np.any(close):
            y = y.copy()
            y[close] = scale * symmetric_integral([x[close] for x in xs], exponents)
    return y.astype(kind)[()]


def slope_of_elliprd(x, y, z):
    """Derivative of elliprd(x, y, z) in x, (elliprd(y, z, x) - elliprd(x, y, z)) / (x - z) / 2; near x = z
    it is computed as the integral.
    """
    x, y, z = np.broadcast_arrays(*[np.asarray(a) for a in (x, y, z)])
    close = np.abs(x - z) < 0.3 * np.abs(z)

    def formula(x, y, z):
        return 0.5 * (sp.elliprd(y, z, x) - sp.elliprd(x, y, z)) / (x - z)

    return _with_digits(formula, close, (1.5, 0.5, 1.5), -0.75, (x, y, z), sp.elliprd(x, y, z).dtype)


def slope_of_elliprj(x, y, z, p):
    """Derivative of elliprj(x, y, z, p) in x: (elliprj(x, y, z, p) - elliprd(y, z, x)) / (p - x) / 2; near x
    = p the integral.
    """
    x, y, z, p = np.broadcast_arrays(*[np.asarray(a) for a in (x, y, z, p)])
    close = np.abs(x - p) < 0.3 * np.abs(p)

    def formula(x, y, z, p):
        return 0.5 * (sp.elliprj(x, y, z, p) - sp.elliprd(y, z, x)) / (p - x)

    return _with_digits(
        formula, close, (1.5, 0.5, 0.5, 1.0), -0.75, (x, y, z, p), sp.elliprj(x, y, z, p).dtype
    )
