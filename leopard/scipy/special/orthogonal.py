"""Orthogonal polynomials of degree n; where n is not whole, the functions that extend them."""

import numpy as np
import scipy.special as sp

from leopard.functions._primitives import Elementwise, Primitive
from leopard.functions._registry import call, drawn, implements
from leopard.functions.basic.complex import conj
from leopard.functions.basic.indexing import where

__all__ = [
    "eval_chebyc", "eval_chebys", "eval_chebyt", "eval_chebyu", "eval_gegenbauer", "eval_genlaguerre",
    "eval_hermite", "eval_hermitenorm", "eval_jacobi", "eval_laguerre", "eval_legendre", "eval_sh_chebyt",
    "eval_sh_chebyu", "eval_sh_jacobi", "eval_sh_legendre", "lpmv",
]  # fmt: skip


def _below(n, function, *rest):
    """The polynomial of degree n - 1, and 0 where n is 0."""
    is_0 = n == 0
    return where(is_0, 0.0, function(n - 1 + is_0, *rest))


def _whole(n):
    """A Python whole number as an array of one, for which SciPy has the recurrence of whole degrees."""
    return np.asarray(n) if type(n) is int else n


class OfDegree(Elementwise, abstract=True):
    """A polynomial of degree n, with its derivative in x as a method `slope`."""

    refused = {0: "n"}

    def backward(self, gy):
        n, x = self.inputs
        return None, gy * self.slope(n, conj(x))


def _cases(low, high, between, of_complex):
    """Sample calls of whole degrees in one interval, of a degree between, and of complex numbers."""
    return [
        call(3, drawn(2, 3, low=low, high=high)),
        call(np.array([0, 1, 4]), drawn(3, low=low, high=high)),
        call(2.5, drawn(low=between[0], high=between[1])),
        call(2.0, drawn(2, low=of_complex[0], high=of_complex[1], dtype=complex)),
    ]


class ChebyT(OfDegree, listed=False):
    ufunc = sp.eval_chebyt
    domain = [(3.0, 4.0), (-0.9, 0.9)]

    def slope(self, n, x):
        return n * _below(n, eval_chebyu, x)


@implements(
    sp.eval_chebyt,
    exact=False,
    cases=_cases(-0.9, 0.9, (-0.5, 0.8), (0.1, 0.8)),
)
def eval_chebyt(n, x):
    """Chebyshev polynomial of the first kind of degree n.

    The gradient of x is gy * n * eval_chebyu(n - 1, x); n has none.
    """
    return ChebyT.operation(_whole(n), x)


class ChebyU(OfDegree, listed=False):
    ufunc = sp.eval_chebyu
    domain = [(3.0, 4.0), (-0.9, 0.9)]

    def slope(self, n, x):
        return 2 * _below(n, eval_gegenbauer, 2.0, x)


@implements(
    sp.eval_chebyu,
    exact=False,
    cases=_cases(-0.9, 0.9, (-0.5, 0.8), (0.1, 0.8)),
)
def eval_chebyu(n, x):
    """Chebyshev polynomial of the second kind of degree n.

    The gradient of x is gy * 2 * eval_gegenbauer(n - 1, 2, x); n has none.
    """
    return ChebyU.operation(_whole(n), x)


class ChebyC(OfDegree, listed=False):
    ufunc = sp.eval_chebyc
    domain = [(3.0, 4.0), (-1.8, 1.8)]

    def slope(self, n, x):
        return n * _below(n, eval_chebyu, x / 2)


@implements(
    sp.eval_chebyc,
    exact=False,
    cases=_cases(-1.8, 1.8, (-0.5, 0.8), (0.1, 0.8)),
)
def eval_chebyc(n, x):
    """Chebyshev polynomial of the first kind on -2 to 2 of degree n.

    The gradient of x is gy * n * eval_chebyu(n - 1, x / 2); n has none.
    """
    return ChebyC.operation(_whole(n), x)


class ChebyS(OfDegree, listed=False):
    ufunc = sp.eval_chebys
    domain = [(3.0, 4.0), (-1.8, 1.8)]

    def slope(self, n, x):
        return _below(n, eval_gegenbauer, 2.0, x / 2)


@implements(
    sp.eval_chebys,
    exact=False,
    cases=_cases(-1.8, 1.8, (-0.5, 0.8), (0.1, 0.8)),
)
def eval_chebys(n, x):
    """Chebyshev polynomial of the second kind on -2 to 2 of degree n.

    The gradient of x is gy * eval_gegenbauer(n - 1, 2, x / 2); n has none.
    """
    return ChebyS.operation(_whole(n), x)


class ShChebyT(OfDegree, listed=False):
    ufunc = sp.eval_sh_chebyt
    domain = [(3.0, 4.0), (0.1, 0.9)]

    def slope(self, n, x):
        return 2 * n * _below(n, eval_chebyu, 2 * x - 1)


@implements(
    sp.eval_sh_chebyt,
    exact=False,
    cases=_cases(0.1, 0.9, (0.1, 0.8), (0.1, 0.8)),
)
def eval_sh_chebyt(n, x):
    """Chebyshev polynomial of the first kind on 0 to 1 of degree n.

    The gradient of x is gy * 2 * n * eval_chebyu(n - 1, 2 * x - 1); n has none.
    """
    return ShChebyT.operation(_whole(n), x)


class ShChebyU(OfDegree, listed=False):
    ufunc = sp.eval_sh_chebyu
    domain = [(3.0, 4.0), (0.1, 0.9)]

    def slope(self, n, x):
        return 4 * _below(n, eval_gegenbauer, 2.0, 2 * x - 1)


@implements(
    sp.eval_sh_chebyu,
    exact=False,
    cases=_cases(0.1, 0.9, (0.1, 0.8), (0.1, 0.8)),
)
def eval_sh_chebyu(n, x):
    """Chebyshev polynomial of the second kind on 0 to 1 of degree n.

    The gradient of x is gy * 4 * eval_gegenbauer(n - 1, 2, 2 * x - 1); n has none.
    """
    return ShChebyU.operation(_whole(n), x)


class LegendreP(OfDegree, listed=False):
    ufunc = sp.eval_legendre
    domain = [(3.0, 4.0), (-0.9, 0.9)]

    def slope(self, n, x):
        return _below(n, eval_gegenbauer, 1.5, x)


@implements(
    sp.eval_legendre,
    exact=False,
    cases=_cases(-0.9, 0.9, (-0.5, 0.8), (0.1, 0.8)),
)
def eval_legendre(n, x):
    """Legendre polynomial of degree n.

    The gradient of x is gy * eval_gegenbauer(n - 1, 3/2, x); n has none.
    """
    return LegendreP.operation(_whole(n), x)


class ShLegendre(OfDegree, listed=False):
    ufunc = sp.eval_sh_legendre
    domain = [(3.0, 4.0), (0.1, 0.9)]

    def slope(self, n, x):
        return 2 * _below(n, eval_gegenbauer, 1.5, 2 * x - 1)


@implements(
    sp.eval_sh_legendre,
    exact=False,
    cases=_cases(0.1, 0.9, (0.1, 0.8), (0.1, 0.8)),
)
def eval_sh_legendre(n, x):
    """Legendre polynomial on 0 to 1 of degree n.

    The gradient of x is gy * 2 * eval_gegenbauer(n - 1, 3/2, 2 * x - 1); n has none.
    """
    return ShLegendre.operation(_whole(n), x)


class LaguerreL(OfDegree, listed=False):
    ufunc = sp.eval_laguerre
    domain = [(3.0, 4.0), (0.2, 2.0)]

    def slope(self, n, x):
        return -_below(n, eval_genlaguerre, 1.0, x)


@implements(
    sp.eval_laguerre,
    exact=False,
    cases=_cases(0.2, 2.0, (0.2, 0.8), (0.2, 0.8)),
)
def eval_laguerre(n, x):
    """Laguerre polynomial of degree n.

    The gradient of x is gy * -eval_genlaguerre(n - 1, 1, x); n has none.
    """
    return LaguerreL.operation(_whole(n), x)


class HermiteH(OfDegree, listed=False):
    ufunc = sp.eval_hermite
    domain = [(3.0, 4.0), (-2.0, 2.0)]

    def slope(self, n, x):
        return 2 * n * _below(n, eval_hermite, x)


@implements(
    sp.eval_hermite,
    exact=False,
    cases=[
        call(3, drawn(2, 3, low=-2.0, high=2.0)),
        call(np.array([0, 1, 4]), drawn(3, low=-2.0, high=2.0)),
    ],
)
def eval_hermite(n, x):
    """Hermite polynomial, of the physicists, of degree n.

    The gradient of x is gy * 2 * n * eval_hermite(n - 1, x); n has none.
    """
    return HermiteH.operation(_whole(n), x)


class HermiteHe(OfDegree, listed=False):
    ufunc = sp.eval_hermitenorm
    domain = [(3.0, 4.0), (-2.0, 2.0)]

    def slope(self, n, x):
        return n * _below(n, eval_hermitenorm, x)


@implements(
    sp.eval_hermitenorm,
    exact=False,
    cases=[
        call(3, drawn(2, 3, low=-2.0, high=2.0)),
        call(np.array([0, 1, 4]), drawn(3, low=-2.0, high=2.0)),
    ],
)
def eval_hermitenorm(n, x):
    """Hermite polynomial, of the probabilists, of degree n.

    The gradient of x is gy * n * eval_hermitenorm(n - 1, x); n has none.
    """
    return HermiteHe.operation(_whole(n), x)


class GenLaguerre(Elementwise, listed=False):
    ufunc = sp.eval_genlaguerre
    domain = [(3.0, 4.0), (1.0, 1.5), (0.2, 2.0)]
    refused = {0: "n", 1: "alpha"}

    def backward(self, gy):
        n, alpha, x = *self.inputs[:2], conj(self.inputs[2])
        return None, None, gy * -_below(n, eval_genlaguerre, alpha + 1, x)


@implements(
    sp.eval_genlaguerre,
    exact=False,
    cases=[
        call(3, 1.5, drawn(2, 3, low=0.2, high=2.0)),
        call(np.array([0, 1, 4]), 1.5, drawn(3, low=0.2, high=2.0)),
        call(2.5, 1.5, drawn(low=0.2, high=0.8)),
        call(2.0, 1.5, drawn(2, low=0.2, high=0.8, dtype=complex)),
    ],
)
def eval_genlaguerre(n, alpha, x):
    """Generalized Laguerre polynomial of degree n and parameter alpha.

    The gradient of x is -gy * eval_genlaguerre(n - 1, alpha + 1, x); n and alpha have none.
    """
    return GenLaguerre.operation(_whole(n), alpha, x)


class Gegenbauer(Elementwise, listed=False):
    ufunc = sp.eval_gegenbauer
    domain = [(3.0, 4.0), (1.0, 1.5), (-0.9, 0.9)]
    refused = {0: "n", 1: "alpha"}

    def backward(self, gy):
        n, alpha, x = *self.inputs[:2], conj(self.inputs[2])
        return None, None, gy * (2 * alpha * _below(n, eval_gegenbauer, alpha + 1, x))


@implements(
    sp.eval_gegenbauer,
    exact=False,
    cases=[
        call(3, 1.5, drawn(2, 3, low=-0.9, high=0.9)),
        call(np.array([0, 1, 4]), 1.5, drawn(3, low=-0.9, high=0.9)),
        call(2.5, 1.5, drawn(low=-0.5, high=0.8)),
        call(2.0, 1.5, drawn(2, low=0.1, high=0.8, dtype=complex)),
    ],
)
def eval_gegenbauer(n, alpha, x):
    """Gegenbauer polynomial of degree n and parameter alpha.

    The gradient of x is gy * 2 * alpha * eval_gegenbauer(n - 1, alpha + 1, x); n and alpha have none.
    """
    return Gegenbauer.operation(_whole(n), alpha, x)


class Jacobi(Primitive):
    n_inputs = 4
    broadcasts = True
    refused = {0: "n", 1: "alpha", 2: "beta"}

    def forward(self, n, alpha, beta, x):
        return sp.eval_jacobi(n, alpha, beta, x)

    def backward(self, gy):
        n, alpha, beta, x = *self.inputs[:3], conj(self.inputs[3])
        below = _below(n, eval_jacobi, alpha + 1, beta + 1, x)
        return None, None, None, gy * ((n + alpha + beta + 1) / 2 * below)


@implements(
    sp.eval_jacobi,
    cases=[
        call(3, 0.5, 1.5, drawn(2, 3, low=-0.9, high=0.9)),
        call(np.array([0, 1, 4]), 0.5, 1.5, drawn(3, low=-0.9, high=0.9)),
        call(2.5, 0.5, 1.5, drawn(low=-0.5, high=0.5)),
    ],
)
def eval_jacobi(n, alpha, beta, x):
    """Jacobi polynomial of degree n and parameters alpha and beta.

    The gradient of x is gy * (n + alpha + beta + 1) / 2 * eval_jacobi(n - 1, alpha + 1, beta + 1, x); n,
    alpha and beta have none.
    """
    return Jacobi.operation(_whole(n), alpha, beta, x)


class ShJacobi(Primitive):
    n_inputs = 4
    broadcasts = True
    refused = {0: "n", 1: "p", 2: "q"}

    def forward(self, n, p, q, x):
        return sp.eval_sh_jacobi(n, p, q, x)

    def backward(self, gy):
        n, p, q, x = *self.inputs[:3], conj(self.inputs[3])
        return None, None, None, gy * (n * _below(n, eval_sh_jacobi, p + 2, q + 1, x))


@implements(
    sp.eval_sh_jacobi,
    cases=[
        call(3, 2.5, 1.5, drawn(2, 3, low=0.1, high=0.9)),
        call(np.array([0, 1, 4]), 2.5, 1.5, drawn(3, low=0.1, high=0.9)),
    ],
)
def eval_sh_jacobi(n, p, q, x):
    """Jacobi polynomial on 0 to 1, of degree n and parameters p and q, with the leading coefficient 1.

    The gradient of x is gy * n * eval_sh_jacobi(n - 1, p + 2, q + 1, x); n, p and q have none.
    """
    return ShJacobi.operation(_whole(n), p, q, x)


class LpMv(Elementwise):
    """Associated Legendre function of whole order m and real degree v.

    The gradient of x is gy * (v * x * y - (v + m) * lpmv(m, v - 1, x)) / (x**2 - 1); m and v have none.
    """

    ufunc = "scipy.special.lpmv"
    domain = [(1.0, 1.5), (3.0, 3.5), (-0.8, 0.8)]
    refused = {0: "m", 1: "v"}

    def backward(self, gy):
        m, v, x = self.inputs
        return None, None, gy * ((v * x * self.output - (v + m) * lpmv(m, v - 1, x)) / (x * x - 1))


lpmv = LpMv.operation
