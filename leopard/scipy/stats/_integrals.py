"""Means over a continuous distribution by the double exponential quadrature of Takahasi and Mori (1974).

The trapezoidal rule converges exponentially after a substitution under which the integrand falls doubly
exponentially, singular or not at the ends. There are two substitutions. Where the quantile has a formula it
is x = ppf(q) with q = 1 / (1 + e**(pi * sinh(t))), so that ends of the support that depend on parameters move
with them. Elsewhere the nodes x are constants on a support that is constant, and the density is the weight.
"""

import numpy as np
import scipy.special as sp

from leopard.functions.basic.shape import form_of, plain
from leopard.scipy.stats._selection import in_blocks, only

_STEP = 1 / 32
_T = np.arange(-4.5, 4.5 + _STEP / 2, _STEP)
_FAR, _SLOPE_OF_FAR = np.sinh(np.pi / 2 * np.sinh(_T)), np.cosh(np.pi / 2 * np.sinh(_T)) * np.cosh(_T)
_T_OF_LOG = np.arange(-9.0, 9.0 + _STEP / 2, _STEP)
_STEP_OF_Q = 1 / 128
_T_OF_Q = (np.arange(640) + 0.5) * _STEP_OF_Q  # from 0 to 5, where q is 1e-101
_Q = sp.expit(-np.pi * np.sinh(_T_OF_Q))
#: The numbers that a mean takes for each element.
TERMS = 2 * _Q.size
_WEIGHTS_OF_Q = _STEP_OF_Q * np.pi * np.cosh(_T_OF_Q) * _Q * (1 - _Q)


def mean_by_quantiles(distribution, g, shapes):
    """The mean of g(x, *shapes), a function of numbers along a last axis."""
    wide = [_wide(x) for x in shapes]
    low, high = (g(f(_Q, *wide), *wide) for f in (distribution._ppf, distribution._isf))
    return np.sum(_WEIGHTS_OF_Q * low, axis=-1) + np.sum(_WEIGHTS_OF_Q * high, axis=-1)


def mean_over_probabilities(g, *shapes):
    """The integral from 0 to 1 of g(q, *shapes), which is the same at 1 - q."""

    def integral(*shapes):
        return 2 * np.sum(_WEIGHTS_OF_Q * g(_Q, *map(_wide, shapes)), axis=-1)

    return in_blocks(integral, _Q.size, *shapes)


def mean_by_density(distribution, g, shapes):
    """The mean of g(x, *shapes), a function of numbers along a last axis, on a constant support."""
    wide = [_wide(x) for x in shapes]
    x, weights = _nodes(distribution, [plain(s) for s in wide])
    with np.errstate(all="ignore"):
        log = distribution._logpdf(x, *map(plain, wide))
    counts = np.asarray(plain(log) > -700) & (weights > 0)

    def term(x, weights, *wide):
        return weights * np.exp(distribution._logpdf(x, *wide)) * g(x, *wide)

    return np.sum(only(counts, term, 0.0, x, weights, *wide), axis=-1)


def _nodes(distribution, shapes):
    """Places and weights on the support, close to each other where the quartiles are.

    Where the support has ends, they are those of sinh(t) in the logarithm of the distance from the end, or of
    the quotient of the distances from both, which falls exponentially.
    """
    low, high = distribution._support(*shapes)
    first, middle, last = (distribution._of_scipy("ppf", q, *shapes) for q in (0.25, 0.5, 0.75))
    if not np.all(np.isfinite(low)):
        scale = 0.5 * (last - first)
        return middle + scale * _FAR, scale * _SLOPE_OF_FAR * (np.pi / 2 * _STEP)
    bounded = np.all(np.isfinite(high))

    def coordinate(x):
        return np.log(x - low) - (np.log(high - x) if bounded else 0.0)

    centre, scale = coordinate(middle), 0.5 * (coordinate(last) - coordinate(first))
    u, slope = centre + scale * np.sinh(_T_OF_LOG), scale * np.cosh(_T_OF_LOG) * _STEP
    with np.errstate(over="ignore"):
        if bounded:
            x, slope = low + (high - low) * sp.expit(u), slope * (high - low) * sp.expit(u) * sp.expit(-u)
        else:
            x, slope = low + np.exp(u), slope * np.exp(u)
    inside = (x > low) & (x < high) & np.isfinite(slope)
    return np.where(inside, x, middle), np.where(inside, slope, 0.0)


def _wide(x):
    return x if np.ndim(form_of(x)) == 0 else x[..., None]
