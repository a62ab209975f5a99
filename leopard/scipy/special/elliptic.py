"""Elliptic integrals and functions.

The derivatives of Legendre's are Carlson's, which have no cancellation.
"""

import numpy as np
import scipy.special as sp

from leopard.functions._primitives import Elementwise, Primitive
from leopard.functions._registry import call, drawn, implements
from leopard.functions.basic.complex import conj
from leopard.functions.basic.indexing import where
from leopard.functions.math.powers import sqrt
from leopard.functions.math.rounding import rint
from leopard.functions.math.trigonometry import cos, sin
from leopard.scipy.special._carlson import slope_of_elliprd, slope_of_elliprj, symmetric_integral
from leopard.scipy.special._derivatives import Slope, products
from leopard.scipy.special._values import corrected
from leopard.scipy.special.hypergeometric import hyp2f1

__all__ = [
    "agm", "ellipe", "ellipeinc", "ellipj", "ellipk", "ellipkinc", "ellipkm1", "elliprc", "elliprd",
    "elliprf", "elliprg", "elliprj",
]  # fmt: skip


#: Nearer to 0 the formulas of the derivatives of complete integrals lose more than a digit and a half.
_NEAR = 0.1
_k = np.arange(1.0, 17.0)
_powers = np.pi / 2 * _k * sp.poch(0.5, _k) ** 2 / sp.gamma(_k + 1) ** 2  # of m**(k - 1) (DLMF 19.5.1)
_K_NEAR_0, _E_NEAR_0 = _powers[::-1], (_powers / (1 - 2 * _k))[::-1]


class EllipK(Elementwise):
    """Complete elliptic integral of the first kind, of the parameter m.

    The gradient is gy * (ellipe(m) / (1 - m) - y) / (2 * m), by a power series near 0.

    Examples
    --------
    >>> m = Variable(np.array([0.0, 0.5, 0.99]))
    >>> ellipk(m).sum().backward()
    >>> m.grad
    variable([ 0.39269908  0.84721308 49.44632179])
    """

    ufunc = "scipy.special.ellipk"
    domain = [(-2.0, 0.8)]

    def backward(self, gy):
        return gy * SlopeOfEllipK.operation(self.inputs[0], self.output)


class SlopeOfEllipK(Slope, listed=False):
    """Derivative of ellipk; by its power series near 0, where the terms of the formula cancel."""

    def forward(self, m, y):
        with np.errstate(all="ignore"):
            slope = (sp.ellipe(m) / (1 - m) - y) / (2 * m)
        return corrected(slope, np.abs(m) < _NEAR, lambda m: np.polyval(_K_NEAR_0, m), m)

    def second(self, m):
        return 9 * np.pi / 64 * hyp2f1(2.5, 2.5, 3.0, m)


class EllipKM1(Elementwise):
    """Complete elliptic integral of the first kind, of p = 1 - m.

    The gradient is gy * (y - ellipe(1 - p) / p) / (2 * (1 - p)), by a power series near 1.
    """

    ufunc = "scipy.special.ellipkm1"
    domain = [(0.2, 2.0)]

    def backward(self, gy):
        return gy * SlopeOfEllipKM1.operation(self.inputs[0], self.output)


class SlopeOfEllipKM1(Slope, listed=False):
    """Derivative of ellipkm1, by its power series near p = 1."""

    def forward(self, m, y):
        with np.errstate(all="ignore"):
            slope = (y - sp.ellipe(1 - m) / m) / (2 * (1 - m))
        return corrected(slope, np.abs(1 - m) < _NEAR, lambda p: -np.polyval(_K_NEAR_0, 1 - p), m)

    def second(self, m):
        return 9 * np.pi / 64 * hyp2f1(2.5, 2.5, 3.0, 1 - m)


class EllipE(Elementwise):
    """Complete elliptic integral of the second kind, of the parameter m.

    The gradient is gy * (y - ellipk(m)) / (2 * m), by a power series near 0.
    """

    ufunc = "scipy.special.ellipe"
    domain = [(-2.0, 0.8)]

    def backward(self, gy):
        return gy * SlopeOfEllipE.operation(self.inputs[0], self.output)


class SlopeOfEllipE(Slope, listed=False):
    """Derivative of ellipe; by its power series near 0, where the terms of the formula cancel."""

    def forward(self, m, y):
        with np.errstate(all="ignore"):
            slope = (y - sp.ellipk(m)) / (2 * m)
        return corrected(slope, np.abs(m) < _NEAR, lambda m: np.polyval(_E_NEAR_0, m), m)

    def second(self, m):
        return -3 * np.pi / 64 * hyp2f1(1.5, 2.5, 3.0, m)


def _reduced(phi):
    """The amplitude within pi / 2 of 0, and twice the number of complete integrals that were taken away."""
    n = rint(phi / np.pi)
    return phi - n * np.pi, 2 * n


class EllipKInc(Elementwise):
    """Incomplete elliptic integral of the first kind, of the amplitude phi and the parameter m.

    The gradients are gy / sqrt(1 - m * sin(phi)**2) and, for abs(phi) up to pi / 2, gy * sin(phi)**3 / 6 *
    elliprd(cos(phi)**2, 1, 1 - m * sin(phi)**2).
    """

    ufunc = "scipy.special.ellipkinc"
    domain = [(-1.3, 1.3), (-2.0, 0.8)]

    def backward(self, gy):
        phi, m = self.inputs
        s = sin(phi)
        gphi = gy / sqrt(1 - m * s * s) if self.wants(0) else None
        return gphi, gy * _slope_of_f(phi, m) if self.wants(1) else None


def _slope_of_f(phi, m):
    phi, n = _reduced(phi)
    s, c = sin(phi), cos(phi)
    return s * s * s / 6 * elliprd(c * c, 1.0, 1 - m * s * s) + n * SlopeOfEllipK.operation(m, ellipk(m))


class EllipEInc(Elementwise):
    """Incomplete elliptic integral of the second kind, of the amplitude phi and the parameter m.

    The gradients are gy * sqrt(1 - m * sin(phi)**2) and, for abs(phi) up to pi / 2, -gy * sin(phi)**3 / 6 *
    elliprd(cos(phi)**2, 1 - m * sin(phi)**2, 1).
    """

    ufunc = "scipy.special.ellipeinc"
    domain = [(-1.3, 1.3), (-2.0, 0.8)]

    def backward(self, gy):
        phi, m = self.inputs
        s = sin(phi)
        gphi = gy * sqrt(1 - m * s * s) if self.wants(0) else None
        if not self.wants(1):
            return gphi, None
        phi, n = _reduced(phi)
        s, c = sin(phi), cos(phi)
        slope = s * s * s / -6 * elliprd(c * c, 1 - m * s * s, 1.0) + n * SlopeOfEllipE.operation(
            m, ellipe(m)
        )
        return gphi, gy * slope


class EllipJ(Primitive):
    n_inputs = 2
    broadcasts = True

    def forward(self, u, m):
        return sp.ellipj(u, m)

    def backward(self, gs, gc, gd, gp):
        u, m = self.inputs
        sn, cn, dn, ph = ellipj(u, m)
        of_phase = gs * cn - gc * sn - gd * (m * sn * cn / dn) + gp
        gu = of_phase * dn if self.wanted[0] else None
        if not self.wanted[1]:
            return gu, None
        return gu, -of_phase * dn * _slope_of_f(ph, m) - gd * (sn * sn / (2 * dn))


@implements(
    sp.ellipj,
    exact=False,
    cases=[
        call(drawn(2, 3, low=-1.0, high=1.0), drawn(3, low=0.2, high=0.8)),
        call(drawn(low=-1.0, high=1.0), 0.5),
        call(0.7, drawn(3, low=0.2, high=0.8)),
    ],
)
def ellipj(u, m):
    """Jacobi's elliptic functions sn, cn and dn, and the amplitude ph.

    The gradient of u is gsn * cn * dn - gcn * sn * dn - gdn * m * sn * cn + gph * dn; that of m follows from
    the slope of ellipkinc(ph, m) in m.
    """
    return tuple(EllipJ.operation(u, m))


# -- Carlson's symmetric integrals (DLMF 19.16) ----------------------------------------------------

_three = [(0.5, 1.0), (1.5, 2.0), (2.5, 3.0)]


class EllipRF(Elementwise):
    """Carlson's symmetric elliptic integral of the first kind.

    The gradients are -gy / 6 * elliprd(y, z, x), -gy / 6 * elliprd(z, x, y) and -gy / 6 * elliprd(x, y, z).
    """

    ufunc = "scipy.special.elliprf"
    domain = _three
    cases = [call(*[drawn(2, low=k + 0.5, high=k + 1.0, dtype=complex) for k in range(3)])]

    def backward(self, gy):
        x, y, z = map(conj, self.inputs)
        g = gy / -6
        gx = g * elliprd(y, z, x) if self.wants(0) else None
        gz = g * elliprd(x, y, z) if self.wants(2) else None
        return gx, g * elliprd(z, x, y) if self.wants(1) else None, gz


class EllipRC(Elementwise):
    """Carlson's degenerate elliptic integral, elliprf(x, y, y), for y > 0 or complex y.

    The gradients are -gy / 6 * elliprd(y, y, x) and -gy / 3 * elliprd(x, y, y).
    """

    ufunc = "scipy.special.elliprc"
    domain = [(0.5, 1.0), (1.5, 2.0)]
    cases = [call(*[drawn(2, low=k + 0.5, high=k + 1.0, dtype=complex) for k in range(2)])]

    def backward(self, gy):
        x, y = map(conj, self.inputs)
        return gy * (elliprd(y, y, x) / -6), gy * (elliprd(x, y, y) / -3)


class EllipRD(Elementwise):
    """Carlson's elliptic integral of the second kind, which is symmetric in x and y.

    The gradients of x and y are gy / 2 * (elliprd(y, z, x) - r) / (x - z) and gy / 2 * (elliprd(x, z, y) - r)
    / (y - z), of the result r, and near x = z or y = z the integrals that these are; that of z follows from
    the homogeneity of degree -3/2.
    """

    ufunc = "scipy.special.elliprd"
    domain = _three
    cases = [call(*[drawn(2, low=k + 0.5, high=k + 1.0, dtype=complex) for k in range(3)])]

    def backward(self, gy):
        x, y, z = map(conj, self.inputs)
        slope = SlopeOfEllipRD.operation

        def in_z():
            u, v = (
                where(x == 0, 1.0, x),
                where(y == 0, 1.0, y),
            )  # at 0 the slope is infinite, its product is 0
            return (-1.5 * conj(self.output) - x * slope(u, y, z) - y * slope(v, x, z)) / z

        return products(self, gy, [lambda: slope(x, y, z), lambda: slope(y, x, z), in_z])


class SymmetricIntegral(Primitive):
    """Integral over t from 0 of the product of (t + x)**-e over four x (DLMF 19.16.9), times a number.

    The derivative in x is that of the exponent e + 1, times -e.
    """

    n_inputs = 4
    options = ("exponents",)
    broadcasts = True

    def forward(self, *xs):
        return symmetric_integral(xs, self.exponents)

    def backward(self, gy):
        xs, e = [conj(x) for x in self.inputs], self.exponents

        def slope(k):
            above = tuple([a + (i == k) for i, a in enumerate(e)])
            return lambda: -e[k] * SymmetricIntegral.operation(*xs, above)

        return products(self, gy, [slope(k) if e[k] else None for k in range(4)])


class SlopeOfEllipRD(Elementwise):
    """Derivative of elliprd(x, y, z) in x, minus 3/4 of the integral of the exponents 3/2, 1/2 and 3/2."""

    domain = _three
    exact = False

    def forward(self, x, y, z):
        return slope_of_elliprd(x, y, z)

    def backward(self, gy):
        x, y, z = map(conj, self.inputs)

        def slope(scale, *exponents):
            return lambda: scale * SymmetricIntegral.operation(x, y, z, 1.0, (*exponents, 0.0))

        return products(self, gy, [
            slope(1.125, 2.5, 0.5, 1.5), slope(0.375, 1.5, 1.5, 1.5), slope(1.125, 1.5, 0.5, 2.5),
        ])  # fmt: skip


class EllipRG(Elementwise):
    """Carlson's completely symmetric elliptic integral of the second kind.

    The gradient of x is gy / 4 * (elliprf(x, y, z) - x / 3 * elliprd(y, z, x)), and so for y and z.
    """

    ufunc = "scipy.special.elliprg"
    domain = _three
    cases = [call(*[drawn(2, low=k + 0.5, high=k + 1.0, dtype=complex) for k in range(3)])]

    def backward(self, gy):
        x, y, z = map(conj, self.inputs)
        f, g = elliprf(x, y, z), gy / 4
        gx = g * (f - x / 3 * elliprd(y, z, x)) if self.wants(0) else None
        g1 = g * (f - y / 3 * elliprd(z, x, y)) if self.wants(1) else None
        return gx, g1, g * (f - z / 3 * elliprd(x, y, z)) if self.wants(2) else None


class EllipRJ(Primitive):
    n_inputs = 4
    broadcasts = True

    def forward(self, x, y, z, p):
        return sp.elliprj(x, y, z, p)

    def backward(self, gr):
        x, y, z, p = map(conj, self.inputs)
        slope = SlopeOfEllipRJ.operation

        def in_p():
            u, v, w = [
                where(a == 0, 1.0, a) for a in (x, y, z)
            ]  # at 0 the slope is infinite, its product is 0
            rest = x * slope(u, y, z, p) + y * slope(v, z, x, p) + z * slope(w, x, y, p)
            return (-1.5 * conj(self.output) - rest) / p

        return products(self, gr, [
            lambda: slope(x, y, z, p), lambda: slope(y, z, x, p), lambda: slope(z, x, y, p), in_p,
        ])  # fmt: skip


class SlopeOfEllipRJ(Primitive):
    """Derivative of elliprj(x, y, z, p) in x, minus 3/4 of the integral of the exponents 3/2, 1/2,
    1/2 and 1.
    """

    n_inputs = 4
    broadcasts = True

    def forward(self, x, y, z, p):
        return slope_of_elliprj(x, y, z, p)

    def backward(self, gy):
        xs = [conj(x) for x in self.inputs]
        e = (1.5, 0.5, 0.5, 1.0)

        def slope(k):
            above = tuple([a + (i == k) for i, a in enumerate(e)])
            return lambda: 0.75 * e[k] * SymmetricIntegral.operation(*xs, above)

        return products(self, gy, [slope(k) for k in range(4)])


@implements(
    sp.elliprj,
    cases=[
        call(*[drawn(2, low=k + 0.5, high=k + 1.0) for k in range(4)]),
        call(0.5, 1.0, drawn(2, low=1.5, high=2.0), 3.0),
        call(*[drawn(2, low=k + 0.5, high=k + 1.0, dtype=complex) for k in range(4)]),
    ],
)
def elliprj(x, y, z, p):
    """Carlson's symmetric elliptic integral of the third kind.

    The gradient of x is gy / 2 * (r - elliprd(y, z, x)) / (p - x), of the result r, and near x = p the
    integral that this is; and so for y and z. That of p follows from the homogeneity of degree -3/2. Second
    derivatives are for p > 0.
    """
    return EllipRJ.operation(x, y, z, p)


class AGM(Elementwise):
    """Arithmetic-geometric mean of a and b.

    The gradients are those of pi / 4 * (a + b) / ellipkm1(4 * a * b / (a + b)**2).
    """

    ufunc = "scipy.special.agm"
    domain = [(0.5, 2.0), (0.5, 2.0)]
    exact = False

    def backward(self, gy):
        a, b = self.inputs
        total = a + b
        p = 4 * a * b / (total * total)
        share, whole = self.output / total, ellipkm1(p)
        slope = 4 * share * (SlopeOfEllipKM1.operation(p, whole) / whole) * (a - b) / (total * total)
        return gy * (share + slope * b), gy * (share - slope * a)


ellipk, ellipkm1, ellipe = EllipK.operation, EllipKM1.operation, EllipE.operation
ellipkinc, ellipeinc = EllipKInc.operation, EllipEInc.operation
elliprf, elliprc, elliprd, elliprg = (
    EllipRF.operation,
    EllipRC.operation,
    EllipRD.operation,
    EllipRG.operation,
)
agm = AGM.operation
