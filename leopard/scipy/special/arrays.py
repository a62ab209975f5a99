"""The functions of SciPy's that are not ufuncs: reductions over axes, and combinations with whole numbers."""

import math

import numpy as np
import scipy.special as sp

from leopard.functions._registry import call, drawn, implements
from leopard.functions.basic.indexing import where
from leopard.functions.basic.shape import operand, plain
from leopard.functions.math.exponentials import exp
from leopard.functions.math.logistic import logsumexp, softmax, softplus
from leopard.functions.math.special import sinc
from leopard.functions.math.sums import sum
from leopard.functions.math.trigonometry import cos
from leopard.scipy.special.beta import binom
from leopard.scipy.special.gamma import gamma, gammaln, poch

__all__ = [
    "comb", "diric", "factorial", "factorial2", "log_softmax", "logsumexp", "multigammaln", "perm", "sinc",
    "softmax", "softplus",
]  # fmt: skip


@implements(
    plain=sp.log_softmax,
    exact=False,
    cases=[
        call(drawn(2, 3)),
        call(drawn(2, 3), axis=-1),
        call(drawn(2, 3, 2), (0, 2)),
        call(drawn(2, 3, made=lambda x: 1000 * x), 0),
    ],
)
def log_softmax(x, axis=None):
    """Logarithm of softmax, x - logsumexp(x), without overflow.

    The gradient is gy - softmax(x) * sum(gy).
    """
    return x - logsumexp(x, axis=axis, keepdims=True)


@implements(
    plain=sp.multigammaln,
    exact=False,
    cases=[call(drawn(2, 3, low=2.0, high=5.0), 3), call(drawn(low=1.0), 1)],
)
def multigammaln(a, d):
    """Logarithm of the multivariate gamma function of whole dimension d, for a > (d - 1) / 2.

    The gradient is gy times the sum of digamma(a - j / 2) for j from 0 to d - 1.
    """
    a = operand(a)
    if not np.isscalar(d) or np.floor(d) != d:
        raise ValueError("d should be a positive integer (dimension)")
    if np.any(plain(a) <= 0.5 * (d - 1)):
        raise ValueError(f"condition a ({plain(a)}) > 0.5 * (d-1) ({0.5 * (d - 1)}) not met")
    total = d * (d - 1) * 0.25 * math.log(math.pi) + gammaln(a)
    for j in range(1, int(d)):
        total = total + gammaln(a - 0.5 * j)
    return total


def _no_exact(exact):
    if exact:
        raise TypeError(
            "exact=True computes with Python's whole numbers, which have no derivative; leave it out"
        )


@implements(
    plain=sp.comb,
    cases=[
        call(drawn(2, 3, low=4.0, high=6.0), drawn(3, low=0.5, high=2.0)),
        call(drawn(low=4.0, high=6.0), 2),
        call(drawn(2, low=4.0, high=6.0), 2, repetition=True),
    ],
)
def comb(N, k, *, exact=False, repetition=False):
    """Number of combinations of N things taken k at a time, of real numbers; 0 where k is negative or above
    N.

    The gradients are those of binom(N, k).
    """
    _no_exact(exact)
    if repetition:
        return comb(N + k - 1, k)
    n, m = plain(operand(N)), plain(operand(k))
    return where((m <= n) & (n >= 0) & (m >= 0), binom(N, k), 0.0)


@implements(
    plain=sp.perm,
    exact=False,
    cases=[
        call(drawn(2, 3, low=4.0, high=6.0), drawn(3, low=0.5, high=2.0)),
        call(drawn(low=4.0, high=6.0), 2),
    ],
)
def perm(N, k, exact=False):
    """Number of permutations of N things taken k at a time, of real numbers; 0 where k is negative or above
    N.

    The gradients are those of poch(N - k + 1, k).
    """
    _no_exact(exact)
    n, m = plain(operand(N)), plain(operand(k))
    return where((m <= n) & (n >= 0) & (m >= 0), poch(N - k + 1, k), 0.0)


def _gamma_of_1(x):
    return sp.gamma(np.asarray(x) + 1)


@implements(
    plain=_gamma_of_1, exact=False, cases=[call(drawn(2, 3, low=0.5, high=5.0)), call(drawn(low=0.5))]
)
def factorial(n, exact=False, extend="zero"):
    """gamma(n + 1), and 0 for negative n; with extend="complex", gamma(n + 1) everywhere.

    The gradient is gy * y * digamma(n + 1).
    """
    _no_exact(exact)
    if extend not in ("zero", "complex"):
        raise ValueError(f'extend is "zero" or "complex", not {extend!r}')
    n = operand(n)
    return where(plain(n) < 0, 0.0, gamma(n + 1)) if extend == "zero" else gamma(n + 1)


def _factorial2(n):
    n = np.asarray(n, float)
    return np.exp2(n / 2) * sp.gamma(n / 2 + 1) * np.where(n % 2 == 1, np.sqrt(2 / np.pi), 1)


@implements(
    plain=_factorial2, exact=False, cases=[call(drawn(2, 3, low=0.5, high=5.0)), call(drawn(low=0.5))]
)
def factorial2(n, exact=False, extend="zero"):
    """Double factorial, 2**(n / 2) * gamma(n / 2 + 1), times sqrt(2 / pi) for odd n.

    The gradient is gy * y * (log(2) + digamma(n / 2 + 1)) / 2.
    """
    _no_exact(exact)
    if extend not in ("zero", "complex"):
        raise ValueError(f'extend is "zero" or "complex", not {extend!r}')
    n = operand(n)
    scale = np.where(plain(n) % 2 == 1, np.sqrt(2 / np.pi), 1.0)
    y = exp(n * (np.log(2) / 2)) * gamma(n / 2 + 1) * scale
    return where(plain(n) < 0, 0.0, y) if extend == "zero" else y


@implements(
    plain=sp.diric,
    exact=False,
    cases=[call(drawn(2, 3), 5), call(drawn(), 4), call(drawn(3, low=-9.0, high=9.0), 3)],
)
def diric(x, n):
    """Periodic sinc function, sin(n * x / 2) / (n * sin(x / 2)), of whole n; 1 or -1 at the multiples of 2 *
    pi.

    The gradient is that of the mean of cos((n - 1) / 2 * x), cos((n - 3) / 2 * x), ... , which it is.
    """
    if not np.isscalar(n) or n < 1 or n != np.floor(n):
        raise ValueError(f"diric takes one whole number n of at least 1, not {n!r}")
    x = operand(x)
    frequencies = np.arange(n) - (n - 1) / 2
    return sum(cos(x[..., None] * frequencies), axis=-1) / n
