"""Bessel functions of order 0: `sinc`, which is the spherical one, and `i0`, the modified one.

Each is the first of a sequence of functions. ``g(n, x) = j_n(x) / x**n`` has the derivative ``-x * g(n + 1,
x)``, and ``g(n, x) = I_n(x) / x**n`` has ``x * g(n + 1, x)`` (DLMF 10.51 and 10.29.4). All are smooth at 0
and even, so no derivative is computed as a small difference divided by a small number.
"""

import math

import numpy as np

from leopard.functions._primitives import Primitive
from leopard.functions._registry import call, drawn, implements
from leopard.functions.basic.complex import conj

__all__ = ["i0", "sinc"]


class _Tower(Primitive, abstract=True):
    """A sequence of functions g(n, x), the derivative of each being ``factor * x * g(n + 1, x)``."""

    factor = 1.0

    def backward(self, gy):
        (x,) = self.inputs
        return gy * conj(self.factor * x * type(self).operation(x, self.n + 1))


class Sinc(_Tower):
    options = ("n",)
    factor = -(np.pi**2)

    def forward(self, x):
        return np.sinc(x) if self.n == 0 else _spherical(np.pi * _wide(x), self.n).astype(x.dtype)


class I0(_Tower):
    options = ("n",)

    def forward(self, x):
        return np.i0(x) if self.n == 0 else _modified(np.abs(_wide(x)), self.n).astype(x.dtype)


def _wide(x):
    return x.astype(np.result_type(x.dtype, float))


def _series(z, m):
    """Sum over k of z**k / (k! * (m + 2*k)!!), where its first term is the largest or all are positive."""
    total = term = np.full_like(z, 1 / math.prod(range(m, 1, -2)))
    small, k = 1e-22 * np.abs(term), 0
    while np.any(np.abs(term) > small):
        k += 1
        term = term * z / (k * (m + 2 * k))
        total = total + term
    return total


def _spherical(u, n):
    """j_n(u) / u**n, to a few units in the last place.

    For u up to about n by its power series (DLMF 10.53.1), beyond by the recurrence from sin and cos
    (10.51.1), which is stable there.
    """
    near = np.abs(u) < n + 1
    far = np.where(near, n + 1, u)
    below, g = np.cos(far), np.sin(far) / far
    for k in range(n):
        below, g = g, ((2 * k + 1) * g - below) / far / far
    return np.where(near, _series(np.where(near, -u * u / 2, 0), 2 * n + 1), g)


def _modified(x, n):
    """I_n(x) / x**n for x of at least 0, to a few units in the last place.

    By its power series, of which every term is positive (DLMF 10.25.2), and for large x by Hankel's
    expansion (10.40.1), whose smallest term is then below 1e-25.
    """
    near = ~(x > max(30, n * n))
    far = np.where(near, 2 * max(30, n * n), x)
    hankel = term = np.ones_like(far)
    for k in range(1, 60):
        term = term * ((2 * k - 1) ** 2 - 4 * n * n) / (8 * k * far)
        hankel = hankel + term
    g = np.exp(far) / np.sqrt(2 * np.pi * far) * hankel / far**n
    return np.where(near, _series(np.where(near, x * x / 2, 0), 2 * n), g)


@implements(
    np.sinc,
    cases=[
        call(drawn(2, 3)),
        call(drawn()),
        call(drawn(5, low=-8.0, high=8.0)),
        call(drawn(2, 3, low=-1e-3, high=1e-3)),
        call(drawn(2, 3, dtype=complex)),
        call(drawn(0, 2)),
    ],
)
def sinc(x):
    """The normalized sinc, sin(pi * x) / (pi * x), which is 1 at 0.

    The gradient is gy * (cos(pi * x) - y) / x. It and all higher derivatives are accurate near 0: at 0 the
    first is 0, the second -pi**2 / 3.

    Parameters
    ----------
    x : Variable or ndarray

    Returns
    -------
    Variable

    Examples
    --------
    >>> sinc(Variable(np.array(0.0)))
    variable(1.0)
    """
    return Sinc.operation(x, 0)


@implements(
    np.i0,
    cases=[
        call(drawn(2, 3)),
        call(drawn()),
        call(drawn(5, low=-12.0, high=12.0)),
        call(drawn(0, 2)),
    ],
)
def i0(x):
    """Modified Bessel function of the first kind and order 0, of a real x.

    The gradient is gy * I_1(x). It and all higher derivatives are computed to a few units in the last place.

    Parameters
    ----------
    x : Variable or ndarray

    Returns
    -------
    Variable

    Raises
    ------
    TypeError
        When x is complex.

    Examples
    --------
    >>> i0(Variable(np.array(0.0)))
    variable(1.0)
    """
    return I0.operation(x, 0)
