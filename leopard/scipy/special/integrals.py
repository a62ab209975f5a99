"""Exponential, sine and cosine integrals, the dilogarithm, and the functions of Lambert and Wright."""

import numpy as np
import scipy.special as sp

from leopard.functions._primitives import Elementwise, Primitive
from leopard.functions._registry import call, drawn, implements
from leopard.functions.basic.complex import conj
from leopard.functions.basic.indexing import where
from leopard.functions.math.exponentials import exp, log
from leopard.functions.math.hyperbolic import cosh, sinh
from leopard.functions.math.trigonometry import cos, sin
from leopard.scipy.special._derivatives import Slope
from leopard.scipy.special._values import corrected
from leopard.scipy.special.hypergeometric import hyp2f1

__all__ = ["exp1", "expi", "expn", "lambertw", "shichi", "sici", "spence", "wrightomega"]

_complex = [call(drawn(2, 3, low=0.5, dtype=complex))]


class Exp1(Elementwise):
    """Exponential integral E1, the integral of e**-t / t from x on.

    The gradient is -gy * e**-x / x.
    """

    ufunc = "scipy.special.exp1"
    domain = [(0.5, 4.0)]
    cases = _complex

    def backward(self, gy):
        x = conj(self.inputs[0])
        return gy * (-exp(-x) / x)


class ExpI(Elementwise):
    """Exponential integral Ei, the integral of e**t / t up to x.

    The gradient is gy * e**x / x.
    """

    ufunc = "scipy.special.expi"
    domain = [(0.5, 4.0)]
    cases = _complex

    def backward(self, gy):
        x = conj(self.inputs[0])
        return gy * (exp(x) / x)


class ExpN(Elementwise):
    """Generalized exponential integral of whole order n, the integral of e**(-x * t) / t**n from 1 on.

    The gradient of x is -gy * expn(n - 1, x), and for n = 0 it is -gy * e**-x * (1 + 1 / x) / x; n is a
    whole number.
    """

    ufunc = "scipy.special.expn"
    domain = [(3.0, 4.0), (0.5, 4.0)]
    whole = {0: "n"}

    def backward(self, gy):
        n, x = self.inputs
        lowest = exp(-x) * (1 + 1 / x) / x
        return None, gy * where(n == 0, -lowest, -expn(n - 1 + (n == 0), x))


class Spence(Elementwise):
    """Dilogarithm of Spence, the integral of log(t) / (1 - t) from 1 to z.

    The gradient is gy * log(z) / (1 - z), which is -gy at z = 1.
    """

    ufunc = "scipy.special.spence"
    domain = [(0.6, 1.4)]
    cases = [call(drawn(2, 3, low=2.0, high=4.0)), call(drawn(2, 3, low=0.6, high=1.4, dtype=complex))]

    def backward(self, gy):
        return gy * SlopeOfSpence.operation(conj(self.inputs[0]), conj(self.output))


class SlopeOfSpence(Slope, listed=False):
    """Derivative of spence; log(z) is log1p(z - 1) within 1/2 of 1, where it and 1 - z are near 0."""

    def forward(self, z, y):
        with np.errstate(all="ignore"):
            slope = np.log(z) / (1 - z)
            return corrected(slope, np.abs(1 - z) < 0.5, _log_near_1, z)

    def second(self, z):
        z = conj(z)
        near = abs(1 - z) < 0.5
        other = where(near, 2.0, z)
        far = (1 / other + log(other) / (1 - other)) / (1 - other)
        return where(near, 0.5 * hyp2f1(2.0, 2.0, 3.0, where(near, 1 - z, 0.0)), far)


def _log_near_1(z):
    return np.where(z == 1, -1, np.log1p(z - 1) / (1 - z))


class Sici(Primitive):
    def forward(self, x):
        return sp.sici(x)

    def backward(self, gs, gc):
        x = conj(self.inputs[0])
        return (gs * sin(x) + gc * cos(x)) / x


@implements(
    sp.sici,
    cases=[call(drawn(2, 3, low=0.5)), call(drawn(low=0.5)), call(drawn(2, 3, low=0.5, dtype=complex))],
)
def sici(x):
    """Sine and cosine integrals.

    The gradient is (gs * sin(x) + gc * cos(x)) / x.
    """
    return tuple(Sici.operation(x))


class ShiChi(Primitive):
    def forward(self, x):
        return sp.shichi(x)

    def backward(self, gs, gc):
        x = conj(self.inputs[0])
        return (gs * sinh(x) + gc * cosh(x)) / x


@implements(
    sp.shichi,
    cases=[call(drawn(2, 3, low=0.5)), call(drawn(low=0.5)), call(drawn(2, 3, low=0.5, dtype=complex))],
)
def shichi(x):
    """Hyperbolic sine and cosine integrals.

    The gradient is (gs * sinh(x) + gc * cosh(x)) / x.
    """
    return tuple(ShiChi.operation(x))


class LambertW(Elementwise):
    """Lambert's W function of branch k, which is complex: the w with w * e**w = z; found to the tolerance
    tol.

    The gradient of z is gy times the conjugate of e**-w / (1 + w); k is a whole number, and tol has none.
    """

    ufunc = "scipy.special._ufuncs._lambertw"
    domain = [(0.3, 3.0), (0.0, 0.5), (1e-8, 1.1e-8)]
    whole = {1: "k"}
    refused = {2: "tol"}
    exact = False

    def backward(self, gy):
        w = conj(self.output)
        return gy * (exp(-w) / (1 + w)), None, None


def lambertw(z, k=0, tol=1e-8):
    """Lambert's W function of branch k, which is complex: the w with w * e**w = z.

    The gradient of z is gy times the conjugate of e**-w / (1 + w).
    """
    return LambertW.operation(z, int(k), float(tol))


class WrightOmega(Elementwise):
    """Wright's omega function, the solution w of w + log(w) = z.

    The gradient is gy * w / (1 + w).
    """

    ufunc = "scipy.special.wrightomega"
    cases = [call(drawn(2, 3, dtype=complex))]

    def backward(self, gy):
        w = conj(self.output)
        return gy * (w / (1 + w))


exp1, expi, expn = Exp1.operation, ExpI.operation, ExpN.operation
spence, wrightomega = Spence.operation, WrightOmega.operation
