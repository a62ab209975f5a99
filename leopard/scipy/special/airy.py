"""Airy functions, Kelvin functions, Struve functions and their integrals."""

import numpy as np
import scipy.special as sp

from leopard.functions._primitives import Elementwise, Primitive
from leopard.functions._registry import call, drawn, implements
from leopard.functions.basic.arithmetic import maximum, sign
from leopard.functions.basic.complex import conj, real
from leopard.functions.basic.indexing import where
from leopard.functions.math.exponentials import exp, log
from leopard.functions.math.powers import sqrt
from leopard.scipy.special._derivatives import central
from leopard.scipy.special._series import slope_of_modstruve, slope_of_struve
from leopard.scipy.special.gamma import digamma, gammaln

__all__ = [
    "airy", "airye", "bei", "beip", "ber", "berp", "it2struve0", "itairy", "itmodstruve0", "itstruve0", "kei",
    "keip", "kelvin", "ker", "kerp", "modstruve", "struve",
]  # fmt: skip


class Airy(Primitive):
    def forward(self, z):
        return sp.airy(z)

    def backward(self, gai, gaip, gbi, gbip):
        z = conj(self.inputs[0])
        ai, aip, bi, bip = airy(z)
        return gai * aip + gaip * (z * ai) + gbi * bip + gbip * (z * bi)


@implements(sp.airy, cases=[call(drawn(2, 3)), call(drawn()), call(drawn(2, 3, dtype=complex))])
def airy(z):
    """Airy functions Ai and Bi, and their derivatives: Ai(z), Ai'(z), Bi(z), Bi'(z).

    The gradient is gai * Ai' + gaip * z * Ai + gbi * Bi' + gbip * z * Bi.
    """
    return tuple(Airy.operation(z))


class AiryE(Primitive):
    def forward(self, z):
        return sp.airye(z)

    def backward(self, gai, gaip, gbi, gbip):
        (z,) = self.inputs
        ai, aip, bi, bip = airye(z)
        if z.dtype.kind == "c":
            root = sqrt(z)
            first = gai * conj(aip + root * ai) + gaip * conj(z * ai + root * aip)
            second = gbi * conj(bip) + gbip * conj(z * bi)
            side = sign(real(root * z))  # of the real part of 2/3 * z**1.5
            return first + second - side * real(conj(gbi) * bi + conj(gbip) * bip) * conj(root)
        sa, sap, sb, sbp = SlopeOfAiryE.operation(z)
        return gai * sa + gaip * sap + gbi * sb + gbip * sbp


def _scaled_airy_slopes(z):
    """The derivatives of airye for real z: by the formulas, and by DLMF 9.7.5 to 9.7.8 for z above 9."""
    ai, aip, bi, bip = sp.airye(z)
    root = np.sqrt(np.maximum(z, 0))
    low = (z > 0) & (z < 5)  # where SciPy's airy has more digits than its airye
    scale, (f, g, _, _) = np.exp(np.where(low, 2 / 3 * z * root, 0)), sp.airy(np.where(low, z, 1))
    f, g = np.where(low, f * scale, ai), np.where(low, g * scale, aip)
    near = g + root * f, z * f + root * g, bip - root * bi, z * bi - root * bip
    near = [y.astype(ai.dtype, copy=False) for y in near]
    far = np.asarray(z, float) > 9
    if not np.any(far):
        return tuple(near)
    x = np.where(far, z, 12.0).astype(float)
    series = [np.zeros(x.shape) for _ in range(4)]
    u = 1.0
    for k in range(24):
        if k:
            u = u * (6 * k - 5) * (6 * k - 1) / (72 * k) * 1.5  # u_k * 1.5**k, of z**-(1.5 * k)
        v = -u * (6 * k + 1) / (6 * k - 1) if k else 1.0
        for i, (power, c) in enumerate(((-0.25, u), (0.25, v))):
            power = power - 1.5 * k
            slope = c * power * x ** (power - 1)
            series[i] = series[i] + (-1.0) ** (k + i) * slope / 2
            series[i + 2] = series[i + 2] + slope
    return tuple([
        np.where(far, a / np.sqrt(np.pi), b).astype(b.dtype) for a, b in zip(series, near, strict=True)
    ])  # fmt: skip


class SlopeOfAiryE(Primitive):
    """The derivatives of the four functions of airye, for real z."""

    def forward(self, z):
        return _scaled_airy_slopes(z)

    def backward(self, *gs):
        (z,) = self.inputs
        outputs, slopes = airye(z), SlopeOfAiryE.operation(z)
        positive = z > 0
        root = sqrt(maximum(z, 0.0))
        bent = where(positive, 0.5 / where(positive, root, 1.0), 0.0)
        total = 0.0
        for k, side in ((0, 1), (2, -1)):
            f, g, s, t = outputs[k], outputs[k + 1], slopes[k], slopes[k + 1]
            total = total + gs[k] * (t + side * (bent * f + root * s))
            total = total + gs[k + 1] * (f + z * s + side * (bent * g + root * t))
        return total


@implements(
    sp.airye,
    cases=[call(drawn(2, 3, low=0.5)), call(drawn(low=0.5)), call(drawn(2, 3, low=0.5, dtype=complex))],
)
def airye(z):
    """Airy functions, scaled: Ai and Ai' by e**(2/3 * z**1.5), Bi and Bi' by e**-abs(real(2/3 * z**1.5)).

    The gradient is that of airy, with sqrt(z) times Ai and Ai' added and times Bi and Bi' subtracted; at
    complex numbers that of the scale of Bi and Bi', which is not holomorphic, is subtracted in place of the
    last.
    """
    return tuple(AiryE.operation(z))


class ItAiry(Primitive):
    def forward(self, x):
        return sp.itairy(x)

    def backward(self, ga, gb, gc, gd):
        (x,) = self.inputs
        ai, _, bi, _ = airy(x)
        an, _, bn, _ = airy(-x)
        return ga * ai + gb * bi + gc * an + gd * bn


@implements(sp.itairy, cases=[call(drawn(2, 3, low=0.5)), call(drawn(low=0.5))], exact=False, order=2)
def itairy(x):
    """Integrals from 0 to x of Ai(t), Bi(t), Ai(-t) and Bi(-t).

    The gradient is ga * Ai(x) + gb * Bi(x) + gc * Ai(-x) + gd * Bi(-x).
    """
    return tuple(ItAiry.operation(x))


# -- Kelvin functions ------------------------------------------------------------------------------
# With y = ber + i * bei, or ker + i * kei, the equation is x**2 * y'' + x * y' = i * x**2 * y.


class Ber(Elementwise):
    """Kelvin function ber.

    The gradient is gy * berp(x).
    """

    ufunc = "scipy.special.ber"
    domain = [(0.5, 4.0)]

    def backward(self, gy):
        return gy * berp(self.inputs[0])


class Bei(Elementwise):
    """Kelvin function bei.

    The gradient is gy * beip(x).
    """

    ufunc = "scipy.special.bei"
    domain = [(0.5, 4.0)]

    def backward(self, gy):
        return gy * beip(self.inputs[0])


class BerP(Elementwise):
    """Derivative of the Kelvin function ber.

    The gradient is -gy * (bei(x) + y / x).
    """

    ufunc = "scipy.special.berp"
    domain = [(0.5, 4.0)]

    def backward(self, gy):
        (x,) = self.inputs
        return gy * -(bei(x) + self.output / x)


class BeiP(Elementwise):
    """Derivative of the Kelvin function bei.

    The gradient is gy * (ber(x) - y / x).
    """

    ufunc = "scipy.special.beip"
    domain = [(0.5, 4.0)]

    def backward(self, gy):
        (x,) = self.inputs
        return gy * (ber(x) - self.output / x)


class Ker(Elementwise):
    """Kelvin function ker.

    The gradient is gy * kerp(x).
    """

    ufunc = "scipy.special.ker"
    domain = [(0.5, 4.0)]

    def backward(self, gy):
        return gy * kerp(self.inputs[0])


class Kei(Elementwise):
    """Kelvin function kei.

    The gradient is gy * keip(x).
    """

    ufunc = "scipy.special.kei"
    domain = [(0.5, 4.0)]

    def backward(self, gy):
        return gy * keip(self.inputs[0])


class KerP(Elementwise):
    """Derivative of the Kelvin function ker.

    The gradient is -gy * (kei(x) + y / x).
    """

    ufunc = "scipy.special.kerp"
    domain = [(0.5, 4.0)]

    def backward(self, gy):
        (x,) = self.inputs
        return gy * -(kei(x) + self.output / x)


class KeiP(Elementwise):
    """Derivative of the Kelvin function kei.

    The gradient is gy * (ker(x) - y / x).
    """

    ufunc = "scipy.special.keip"
    domain = [(0.5, 4.0)]

    def backward(self, gy):
        (x,) = self.inputs
        return gy * (ker(x) - self.output / x)


@implements(sp.kelvin, cases=[call(drawn(2, 3, low=0.5)), call(drawn(low=0.5))], exact=False)
def kelvin(x):
    """Kelvin functions as complex numbers: ber + i * bei, ker + i * kei, and their derivatives.

    The gradients are those of ber, bei, ker, kei, berp, beip, kerp and keip.
    """
    return ber(x) + 1j * bei(x), ker(x) + 1j * kei(x), berp(x) + 1j * beip(x), kerp(x) + 1j * keip(x)


# -- Struve functions ------------------------------------------------------------------------------


def _extra(v, x):
    """(x / 2)**v / (sqrt(pi) * gamma(v + 3 / 2)), the inhomogeneous term, for v > -3/2."""
    return exp(v * log(0.5 * x) - gammaln(v + 1.5)) / np.sqrt(np.pi)


class Struve(Elementwise):
    """Struve function of order v.

    The gradient of x > 0 is gy / 2 * (struve(v - 1, x) - struve(v + 1, x) + (x / 2)**v / (sqrt(pi) * gamma(v
    + 3/2))). That of v, for x > 0, is the power series differentiated term by term (DLMF 11.2.1) or, for
    large x, the derivative of an integral (11.5.2) and of yv.
    """

    ufunc = "scipy.special.struve"
    domain = [(0.5, 2.5), (0.5, 4.0)]

    def backward(self, gy):
        v, x = self.inputs
        gv = gy * SlopeOfStruve.operation(v, x) if self.wants(0) else None
        return gv, gy * (0.5 * (struve(v - 1, x) - struve(v + 1, x) + _extra(v, x)))


class ModStruve(Elementwise):
    """Modified Struve function of order v.

    The gradient of x > 0 is gy * (modstruve(v + 1, x) + v / x * y + (x / 2)**v / (sqrt(pi) * gamma(v +
    3/2))). That of v, for x > 0, is the power series differentiated term by term (DLMF 11.2.2).
    """

    ufunc = "scipy.special.modstruve"
    domain = [(0.5, 2.5), (0.5, 4.0)]

    def backward(self, gy):
        v, x = self.inputs
        gv = gy * SlopeOfModStruve.operation(v, x) if self.wants(0) else None
        return gv, gy * (modstruve(v + 1, x) + v / x * self.output + _extra(v, x))


def _extra_slope(v, x):
    """The derivative of the inhomogeneous term in v."""
    return _extra(v, x) * (log(0.5 * x) - digamma(v + 1.5))


class SlopeOfStruve(Elementwise):
    """Derivative of struve(v, x) in v, for x > 0, by `slope_of_struve`; that in v again is a central
    difference.
    """

    domain = [(0.5, 2.5), (0.5, 4.0)]
    exact = False

    def forward(self, v, x):
        return slope_of_struve(v, x)

    def backward(self, gy):
        v, x = self.inputs
        slope = SlopeOfStruve.operation
        gv = gy * central(lambda t: slope(t, x), v, x) if self.wants(0) else None
        return gv, gy * (0.5 * (slope(v - 1, x) - slope(v + 1, x) + _extra_slope(v, x)))


class SlopeOfModStruve(Elementwise):
    """Derivative of modstruve(v, x) in v, for x > 0, by `slope_of_modstruve`; that in v again is a central
    difference.
    """

    domain = [(0.5, 2.5), (0.5, 4.0)]
    exact = False

    def forward(self, v, x):
        return slope_of_modstruve(v, x)

    def backward(self, gy):
        v, x = self.inputs
        slope = SlopeOfModStruve.operation
        gv = gy * central(lambda t: slope(t, x), v, x) if self.wants(0) else None
        return gv, gy * (0.5 * (slope(v - 1, x) + slope(v + 1, x) + _extra_slope(v, x)))


class ItStruve0(Elementwise):
    """Integral of the Struve function of order 0 from 0 to x.

    The gradient is gy * struve(0, x).
    """

    ufunc = "scipy.special.itstruve0"
    domain = [(0.5, 4.0)]

    def backward(self, gy):
        return gy * struve(0.0, self.inputs[0])


class It2Struve0(Elementwise):
    """Integral of struve(0, t) / t from x on.

    The gradient is -gy * struve(0, x) / x.
    """

    ufunc = "scipy.special.it2struve0"
    domain = [(0.5, 4.0)]

    def backward(self, gy):
        (x,) = self.inputs
        return gy * (-struve(0.0, x) / x)


class ItModStruve0(Elementwise):
    """Integral of the modified Struve function of order 0 from 0 to x.

    The gradient is gy * modstruve(0, x).
    """

    ufunc = "scipy.special.itmodstruve0"
    domain = [(0.5, 4.0)]

    def backward(self, gy):
        return gy * modstruve(0.0, self.inputs[0])


ber, bei, berp, beip = Ber.operation, Bei.operation, BerP.operation, BeiP.operation
ker, kei, kerp, keip = Ker.operation, Kei.operation, KerP.operation, KeiP.operation
struve, modstruve = Struve.operation, ModStruve.operation
itstruve0, it2struve0 = ItStruve0.operation, It2Struve0.operation
itmodstruve0 = ItModStruve0.operation
