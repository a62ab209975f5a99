"""Orthogonal polynomials of degree n; where n is not whole, the functions that extend them."""

import numpy as np
import scipy.special as sp

from leopard.functions._primitives import Elementwise, Primitive
from leopard.functions._registry import call, drawn, implements
from leopard.functions.basic.complex import conj
from leopard.functions.basic.indexing import where
from leopard.functions.math.hyperbolic import arccosh, cosh, sinh
from leopard.functions.math.special import sinc
from leopard.functions.math.trigonometry import arccos, cos, sin
from leopard.scipy.special._derivatives import central, near, products, real_only
from leopard.scipy.special._polynomials import slope_of_gegenbauer, slope_of_jacobi, slope_of_laguerre
from leopard.scipy.special.beta import binom
from leopard.scipy.special.gamma import DigammaStep, digamma, poch

__all__ = [
    "eval_chebyc", "eval_chebys", "eval_chebyt", "eval_chebyu", "eval_gegenbauer", "eval_genlaguerre",
    "eval_hermite", "eval_hermitenorm", "eval_jacobi", "eval_laguerre", "eval_legendre", "eval_sh_chebyt",
    "eval_sh_chebyu", "eval_sh_jacobi", "eval_sh_legendre", "lpmv",
]  # fmt: skip


def below(n, function, *rest):
    """The polynomial of degree n - 1, and 0 where n is 0."""
    is_0 = n == 0
    return where(is_0, 0.0, function(n - 1 + is_0, *rest))


def _whole(n):
    """A Python whole number as an array of one, for which SciPy has the recurrence of whole degrees."""
    return np.asarray(n) if type(n) is int else n


class OfDegree(Elementwise, abstract=True):
    """A polynomial of degree n, with its derivatives as methods: `slope` in x, and `in_degree` in a real
    degree n.
    """

    def backward(self, gy):
        n, x = self.inputs
        gn = None
        if self.wants(0):
            real_only(self, x, "n")
            gn = gy * self.in_degree(n, x)
        return gn, gy * self.slope(n, conj(x))


# -- Derivatives in the degree and in parameters ---------------------------------------------------


class SlopeOfJacobi(Primitive):
    """Derivative of eval_jacobi in n (k = 0), alpha (1) or beta (2); those in them again are central
    differences.
    """

    n_inputs = 4
    options = ("k",)
    broadcasts = True

    def forward(self, n, alpha, beta, x):
        return slope_of_jacobi(n, alpha, beta, x, self.k)

    def backward(self, gy):
        n, a, b, x = xs = self.inputs

        def again(i, step):
            def slope(t):
                return SlopeOfJacobi.operation(*xs[:i], t, *xs[i + 1 :], self.k)

            return central(slope, xs[i], *xs, step=step)

        def in_x():
            above = (n + a + b + 1) * SlopeOfJacobi.operation(n - 1, a + 1, b + 1, x, self.k)
            return 0.5 * (below(n, eval_jacobi, a + 1, b + 1, x) + above)

        return products(self, gy, [
            lambda: again(0, near(n + a + 1)), lambda: again(1, near(a + 1)), lambda: again(2, near(b + 1)),
            in_x,
        ])  # fmt: skip


class SlopeOfGegenbauer(Primitive):
    """Derivative of eval_gegenbauer in n (k = 0) or alpha (1); those in them again are central
    differences.
    """

    n_inputs = 3
    options = ("k",)
    broadcasts = True

    def forward(self, n, alpha, x):
        return slope_of_gegenbauer(n, alpha, x, self.k)

    def backward(self, gy):
        n, a, x = self.inputs
        slope = SlopeOfGegenbauer.operation

        def in_x():
            above = 2 * a * slope(n - 1, a + 1, x, self.k)
            return above + 2 * below(n, eval_gegenbauer, a + 1, x) if self.k else above

        return products(self, gy, [
            lambda: central(lambda t: slope(t, a, x, self.k), n, a, x, step=near(n + 2 * a)),
            lambda: central(lambda t: slope(n, t, x, self.k), a, n, x, step=near(a)),
            in_x,
        ])  # fmt: skip


class SlopeOfLaguerre(Primitive):
    """Derivative of eval_genlaguerre in n (k = 0) or alpha (1); those in them again are central
    differences.
    """

    n_inputs = 3
    options = ("k",)
    broadcasts = True

    def forward(self, n, alpha, x):
        return slope_of_laguerre(n, alpha, x, self.k)

    def backward(self, gy):
        n, a, x = self.inputs
        slope = SlopeOfLaguerre.operation
        return products(self, gy, [
            lambda: central(lambda t: slope(t, a, x, self.k), n, a, x, step=near(n + a + 1)),
            lambda: central(lambda t: slope(n, t, x, self.k), a, n, x, step=near(a + 1)),
            lambda: -slope(n - 1, a + 1, x, self.k),
        ])  # fmt: skip


def _cosine_in_degree(n, x):
    """Derivative in n of cos(n * arccos(x)), and of cosh(n * arccosh(x)) for x > 1; nan for x < -1."""
    t, e = arccos(where(x > 1, 0.5, x)), arccosh(where(x > 1, x, 2.0))
    return where(x > 1, e * sinh(n * e), -t * sin(n * t))


def _sine_in_degree(n, x):
    """Derivative in n of sin((n + 1) * t) / sin(t) with t = arccos(x), and for x > 1 of the
    hyperbolic sines.
    """
    t, e = arccos(where(x > 1, 0.5, x)), arccosh(where(x > 1, x, 2.0))
    return where(x > 1, e * cosh((n + 1) * e) / sinh(e), cos((n + 1) * t) / sinc(t / np.pi))


# -- Polynomials -----------------------------------------------------------------------------------


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
        return n * below(n, eval_chebyu, x)

    def in_degree(self, n, x):
        return _cosine_in_degree(n, x)


@implements(
    sp.eval_chebyt,
    exact=False,
    cases=_cases(-0.9, 0.9, (-0.5, 0.8), (0.1, 0.8)),
)
def eval_chebyt(n, x):
    """Chebyshev polynomial of the first kind of degree n.

    The gradient of x is gy * n * eval_chebyu(n - 1, x); that of n,
    for x from -1 on, is the derivative of cos(n * arccos(x)).
    """
    return ChebyT.operation(_whole(n), x)


class ChebyU(OfDegree, listed=False):
    ufunc = sp.eval_chebyu
    domain = [(3.0, 4.0), (-0.9, 0.9)]

    def slope(self, n, x):
        return 2 * below(n, eval_gegenbauer, 2.0, x)

    def in_degree(self, n, x):
        return _sine_in_degree(n, x)


@implements(
    sp.eval_chebyu,
    exact=False,
    cases=_cases(-0.9, 0.9, (-0.5, 0.8), (0.1, 0.8)),
)
def eval_chebyu(n, x):
    """Chebyshev polynomial of the second kind of degree n.

    The gradient of x is gy * 2 * eval_gegenbauer(n - 1, 2, x); that of n,
    for x from -1 on, is the derivative of sin((n + 1) * t) / sin(t), t = arccos(x).
    """
    return ChebyU.operation(_whole(n), x)


class ChebyC(OfDegree, listed=False):
    ufunc = sp.eval_chebyc
    domain = [(3.0, 4.0), (-1.8, 1.8)]

    def slope(self, n, x):
        return n * below(n, eval_chebyu, x / 2)

    def in_degree(self, n, x):
        return 2 * _cosine_in_degree(n, x / 2)


@implements(
    sp.eval_chebyc,
    exact=False,
    cases=_cases(-1.8, 1.8, (-0.5, 0.8), (0.1, 0.8)),
)
def eval_chebyc(n, x):
    """Chebyshev polynomial of the first kind on -2 to 2 of degree n.

    The gradient of x is gy * n * eval_chebyu(n - 1, x / 2); that of n,
    for x from -2 on, is the derivative of 2 * cos(n * arccos(x / 2)).
    """
    return ChebyC.operation(_whole(n), x)


class ChebyS(OfDegree, listed=False):
    ufunc = sp.eval_chebys
    domain = [(3.0, 4.0), (-1.8, 1.8)]

    def slope(self, n, x):
        return below(n, eval_gegenbauer, 2.0, x / 2)

    def in_degree(self, n, x):
        return _sine_in_degree(n, x / 2)


@implements(
    sp.eval_chebys,
    exact=False,
    cases=_cases(-1.8, 1.8, (-0.5, 0.8), (0.1, 0.8)),
)
def eval_chebys(n, x):
    """Chebyshev polynomial of the second kind on -2 to 2 of degree n.

    The gradient of x is gy * eval_gegenbauer(n - 1, 2, x / 2); that of n,
    for x from -2 on, is the derivative of sin((n + 1) * t) / sin(t), t = arccos(x / 2).
    """
    return ChebyS.operation(_whole(n), x)


class ShChebyT(OfDegree, listed=False):
    ufunc = sp.eval_sh_chebyt
    domain = [(3.0, 4.0), (0.1, 0.9)]

    def slope(self, n, x):
        return 2 * n * below(n, eval_chebyu, 2 * x - 1)

    def in_degree(self, n, x):
        return _cosine_in_degree(n, 2 * x - 1)


@implements(
    sp.eval_sh_chebyt,
    exact=False,
    cases=_cases(0.1, 0.9, (0.1, 0.8), (0.1, 0.8)),
)
def eval_sh_chebyt(n, x):
    """Chebyshev polynomial of the first kind on 0 to 1 of degree n.

    The gradient of x is gy * 2 * n * eval_chebyu(n - 1, 2 * x - 1); that of n,
    for x from 0 on, is the derivative of cos(n * arccos(2 * x - 1)).
    """
    return ShChebyT.operation(_whole(n), x)


class ShChebyU(OfDegree, listed=False):
    ufunc = sp.eval_sh_chebyu
    domain = [(3.0, 4.0), (0.1, 0.9)]

    def slope(self, n, x):
        return 4 * below(n, eval_gegenbauer, 2.0, 2 * x - 1)

    def in_degree(self, n, x):
        return _sine_in_degree(n, 2 * x - 1)


@implements(
    sp.eval_sh_chebyu,
    exact=False,
    cases=_cases(0.1, 0.9, (0.1, 0.8), (0.1, 0.8)),
)
def eval_sh_chebyu(n, x):
    """Chebyshev polynomial of the second kind on 0 to 1 of degree n.

    The gradient of x is gy * 4 * eval_gegenbauer(n - 1, 2, 2 * x - 1); that of n,
    for x from 0 on, is the derivative of sin((n + 1) * t) / sin(t), t = arccos(2 * x - 1).
    """
    return ShChebyU.operation(_whole(n), x)


class LegendreP(OfDegree, listed=False):
    ufunc = sp.eval_legendre
    domain = [(3.0, 4.0), (-0.9, 0.9)]

    def slope(self, n, x):
        return below(n, eval_gegenbauer, 1.5, x)

    def in_degree(self, n, x):
        return SlopeOfJacobi.operation(n, 0.0, 0.0, x, 0)


@implements(
    sp.eval_legendre,
    exact=False,
    cases=_cases(-0.9, 0.9, (-0.5, 0.8), (0.1, 0.8)),
)
def eval_legendre(n, x):
    """Legendre polynomial of degree n.

    The gradient of x is gy * eval_gegenbauer(n - 1, 3/2, x); that of n,
    for x > -1, is that of the hypergeometric function of a degree below 2, led on by the recurrence.
    """
    return LegendreP.operation(_whole(n), x)


class ShLegendre(OfDegree, listed=False):
    ufunc = sp.eval_sh_legendre
    domain = [(3.0, 4.0), (0.1, 0.9)]

    def slope(self, n, x):
        return 2 * below(n, eval_gegenbauer, 1.5, 2 * x - 1)

    def in_degree(self, n, x):
        return SlopeOfJacobi.operation(n, 0.0, 0.0, 2 * x - 1, 0)


@implements(
    sp.eval_sh_legendre,
    exact=False,
    cases=_cases(0.1, 0.9, (0.1, 0.8), (0.1, 0.8)),
)
def eval_sh_legendre(n, x):
    """Legendre polynomial on 0 to 1 of degree n.

    The gradient of x is gy * 2 * eval_gegenbauer(n - 1, 3/2, 2 * x - 1); that of n,
    for x > 0, is that of the hypergeometric function of a degree below 2, led on by the recurrence.
    """
    return ShLegendre.operation(_whole(n), x)


class LaguerreL(OfDegree, listed=False):
    ufunc = sp.eval_laguerre
    domain = [(3.0, 4.0), (0.2, 2.0)]

    def slope(self, n, x):
        return -below(n, eval_genlaguerre, 1.0, x)

    def in_degree(self, n, x):
        return SlopeOfLaguerre.operation(n, 0.0, x, 0)


@implements(
    sp.eval_laguerre,
    exact=False,
    cases=_cases(0.2, 2.0, (0.2, 0.8), (0.2, 0.8)),
)
def eval_laguerre(n, x):
    """Laguerre polynomial of degree n.

    The gradient of x is gy * -eval_genlaguerre(n - 1, 1, x); that of n,
    for x >= 0, is that of the hypergeometric function of a degree below 2, led on by the recurrence.
    """
    return LaguerreL.operation(_whole(n), x)


class HermiteH(OfDegree, listed=False):
    ufunc = sp.eval_hermite
    domain = [(3.0, 4.0), (-2.0, 2.0)]
    whole = {0: "n"}

    def slope(self, n, x):
        return 2 * n * below(n, eval_hermite, x)


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

    The gradient of x is gy * 2 * n * eval_hermite(n - 1, x); n is a whole number.
    """
    return HermiteH.operation(_whole(n), x)


class HermiteHe(OfDegree, listed=False):
    ufunc = sp.eval_hermitenorm
    domain = [(3.0, 4.0), (-2.0, 2.0)]
    whole = {0: "n"}

    def slope(self, n, x):
        return n * below(n, eval_hermitenorm, x)


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

    The gradient of x is gy * n * eval_hermitenorm(n - 1, x); n is a whole number.
    """
    return HermiteHe.operation(_whole(n), x)


class GenLaguerre(Elementwise, listed=False):
    ufunc = sp.eval_genlaguerre
    domain = [(3.0, 4.0), (1.0, 1.5), (0.2, 2.0)]

    def backward(self, gy):
        n, alpha, x = *self.inputs[:2], conj(self.inputs[2])
        if self.wants(0) or self.wants(1):
            real_only(self, x, "n or alpha")
        return products(self, gy, [
            lambda: SlopeOfLaguerre.operation(n, alpha, x, 0),
            lambda: SlopeOfLaguerre.operation(n, alpha, x, 1),
            lambda: -below(n, eval_genlaguerre, alpha + 1, x),
        ])  # fmt: skip


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

    The gradient of x is -gy * eval_genlaguerre(n - 1, alpha + 1, x); those of n and alpha are
    those of the hypergeometric function of a degree below 2, led on by the recurrence.
    """
    return GenLaguerre.operation(_whole(n), alpha, x)


class Gegenbauer(Elementwise, listed=False):
    ufunc = sp.eval_gegenbauer
    domain = [(3.0, 4.0), (1.0, 1.5), (-0.9, 0.9)]

    def backward(self, gy):
        n, alpha, x = *self.inputs[:2], conj(self.inputs[2])
        if self.wants(0) or self.wants(1):
            real_only(self, x, "n or alpha")
        return products(self, gy, [
            lambda: SlopeOfGegenbauer.operation(n, alpha, x, 0),
            lambda: SlopeOfGegenbauer.operation(n, alpha, x, 1),
            lambda: 2 * alpha * below(n, eval_gegenbauer, alpha + 1, x),
        ])  # fmt: skip


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

    The gradient of x is gy * 2 * alpha * eval_gegenbauer(n - 1, alpha + 1, x); those of n, for x > -1,
    and alpha are those of the hypergeometric function of a degree below 2, led on by the recurrence.
    """
    return Gegenbauer.operation(_whole(n), alpha, x)


class Jacobi(Primitive):
    n_inputs = 4
    broadcasts = True

    def forward(self, n, alpha, beta, x):
        return sp.eval_jacobi(n, alpha, beta, x)

    def backward(self, gy):
        n, alpha, beta, x = *self.inputs[:3], conj(self.inputs[3])
        if any(self.wanted[:3]):
            real_only(self, x, "n, alpha or beta")

        def slope(k):
            return lambda: SlopeOfJacobi.operation(n, alpha, beta, x, k)

        def in_x():
            return (n + alpha + beta + 1) / 2 * below(n, eval_jacobi, alpha + 1, beta + 1, x)

        return products(self, gy, [slope(0), slope(1), slope(2), in_x])


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

    The gradient of x is gy * (n + alpha + beta + 1) / 2 * eval_jacobi(n - 1, alpha + 1, beta + 1, x); those
    of n, for x > -1, alpha and beta are those of the hypergeometric function of a degree below 2, led on by
    the recurrence.
    """
    return Jacobi.operation(_whole(n), alpha, beta, x)


class ShJacobi(Primitive):
    n_inputs = 4
    broadcasts = True

    def forward(self, n, p, q, x):
        return sp.eval_sh_jacobi(n, p, q, x)

    def backward(self, gy):
        n, p, q, x = *self.inputs[:3], conj(self.inputs[3])
        if any(self.wanted[:3]):
            real_only(self, x, "n, p or q")
        y = self.output

        def slope(k):
            return SlopeOfJacobi.operation(n, p - q, q - 1, 2 * x - 1, k) / binom(2 * n + p - 1, n)

        def in_degree():
            return slope(0) - y * (2 * DigammaStep.operation(n + p, n) + digamma(n + p) - digamma(n + 1))

        return products(self, gy, [
            in_degree,
            lambda: slope(1) - y * DigammaStep.operation(n + p, n),
            lambda: slope(2) - slope(1),
            lambda: n * below(n, eval_sh_jacobi, p + 2, q + 1, x),
        ])  # fmt: skip


@implements(
    sp.eval_sh_jacobi,
    cases=[
        call(3, 2.5, 1.5, drawn(2, 3, low=0.1, high=0.9)),
        call(np.array([0, 1, 4]), 2.5, 1.5, drawn(3, low=0.1, high=0.9)),
    ],
)
def eval_sh_jacobi(n, p, q, x):
    """Jacobi polynomial on 0 to 1, of degree n and parameters p and q, with the leading coefficient 1.

    The gradient of x is gy * n * eval_sh_jacobi(n - 1, p + 2, q + 1, x); those of n, p and q are those of
    eval_jacobi(n, p - q, q - 1, 2 * x - 1) / binom(2 * n + p - 1, n).
    """
    return ShJacobi.operation(_whole(n), p, q, x)


class LpMv(Elementwise):
    """Associated Legendre function of whole order m and real degree v.

    The gradient of x is gy * (v * x * y - (v + m) * lpmv(m, v - 1, x)) / (x**2 - 1). That of v, for x > -1,
    follows from that of eval_jacobi(v - abs(m), abs(m), abs(m), x) in its degree; m is a whole number.
    """

    ufunc = "scipy.special.lpmv"
    domain = [(1.0, 1.5), (2.5, 3.5), (-0.8, 0.8)]
    whole = {0: "m"}

    def backward(self, gy):
        m, v, x = self.inputs
        gv = None
        if self.wants(1):
            k = abs(m)
            sign = where(m > 0, 1 - 2 * (m % 2), 1)
            scale = sign * poch(v + 1, m) * (0.25 * (1 - x * x)) ** (0.5 * k)
            slope = self.output * DigammaStep.operation(v + 1, m) + scale * SlopeOfJacobi.operation(
                v - k, k, k, x, 0
            )
            gv = gy * slope
        return None, gv, gy * ((v * x * self.output - (v + m) * lpmv(m, v - 1, x)) / (x * x - 1))


lpmv = LpMv.operation
