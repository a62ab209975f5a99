"""The logarithm of a scaled Bessel function where the function itself is below the smallest number."""

import numpy as np

from leopard.functions.basic.indexing import where
from leopard.functions.basic.shape import broadcast_to, plain
from leopard.functions.math.exponentials import log, log1p
from leopard.functions.math.powers import sqrt
from leopard.scipy.special.bessel import ive
from leopard.scipy.special.gamma import gammaln

#: From this order on the expansion for large orders has all digits.
_LARGE = 60.0


def below_range(v, x):
    """Where ive(v, x) is too small for its own logarithm, at orders and arguments above 0. Plain arrays."""
    v, x = plain(v), plain(x)
    return (plain(ive(v, x)) < 1e-280) & (v > 0) & (x > 0)


def log_ive(v, x):
    """Logarithm of ive(v, x), for orders v and arguments x that are 0 or more; with gradients in both.

    Where ive itself has no digits any more, it is that of the first two terms of its series (DLMF 10.25.2)
    for v < 60, where x is then small, and of the uniform expansion for large orders (DLMF 10.41.3) elsewhere.
    """
    lost = below_range(v, x)
    if not np.any(lost):
        return log(ive(v, x))
    v, x = broadcast_to(v, lost.shape), broadcast_to(x, lost.shape)
    usual = log(ive(where(lost, 1.0, v), where(lost, 1.0, x)))
    large = lost & (plain(v) >= _LARGE)
    few = lost & ~large
    y = where(few, _of_small(where(few, v, 1.0), where(few, x, 1.0)), usual)
    return where(large, _of_large_order(where(large, v, _LARGE), where(large, x, 1.0)), y)


def _of_small(v, x):
    return v * log(0.5 * x) - gammaln(v + 1) + log1p(0.25 * x * x / (v + 1)) - x


def _of_large_order(v, x):
    z = x / v
    r = sqrt(1 + z * z)
    p = 1 / r
    s = p * p
    terms = (
        p * (3 - 5 * s) / (24 * v)
        + s * (81 + s * (-462 + 385 * s)) / (1152 * v**2)
        + p * s * (30375 + s * (-369603 + s * (765765 - 425425 * s))) / (414720 * v**3)
        + s * s * (4465125 + s * (-94121676 + s * (349922430 + s * (-446185740 + 185910725 * s))))
        / (39813120 * v**4)
    )  # fmt: skip
    exponent = v * (r + log(z / (1 + r))) - x
    return exponent - 0.5 * log(2 * np.pi * v * r) + log1p(terms)
