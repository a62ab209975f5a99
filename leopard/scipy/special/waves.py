"""Mathieu, parabolic cylinder and spheroidal wave functions: a function and its derivative, in one argument.

Each pair (y, y') satisfies a differential equation of second order, which has the derivative of y'. The
orders and parameters have no derivatives.
"""

import numpy as np
import scipy.special as sp

from leopard.functions._primitives import Primitive
from leopard.functions._registry import call, drawn, implements
from leopard.functions.math.hyperbolic import cosh
from leopard.functions.math.trigonometry import cos

__all__ = [
    "mathieu_cem", "mathieu_modcem1", "mathieu_modcem2", "mathieu_modsem1", "mathieu_modsem2", "mathieu_sem",
    "obl_ang1", "obl_ang1_cv", "obl_rad1", "obl_rad1_cv", "obl_rad2", "obl_rad2_cv", "pbdv", "pbvv", "pbwa",
    "pro_ang1", "pro_ang1_cv", "pro_rad1", "pro_rad1_cv", "pro_rad2", "pro_rad2_cv",
]  # fmt: skip


class Wave(Primitive, abstract=True):
    """A pair (y, y') of the last input, with the second derivative as a method `second`.

    Attributes
    ----------
    function : numpy.ufunc
        SciPy's function.
    scale : float
        Of the last argument: y' is the derivative in scale * x.
    """

    broadcasts = True
    scale = 1.0

    def forward(self, *xs):
        return self.function(*xs)

    def backward(self, gy, gslope):
        *parameters, x = self.inputs
        y, slope = type(self).operation(*parameters, x)
        gx = self.scale * (gy * slope + gslope * self.second(*parameters, x, y, slope))
        return (*[None] * len(parameters), gx)


class MathieuCem(Wave):
    function = sp.mathieu_cem
    n_inputs = 3
    refused = {0: "m", 1: "q"}
    scale = np.pi / 180

    def second(self, m, q, x, y, slope):
        return -(sp.mathieu_a(m.data, q.data) - 2 * q * cos(x * (np.pi / 90))) * y


@implements(
    sp.mathieu_cem,
    cases=[call(2, 0.5, drawn(3, low=10.0, high=80.0)), call(1, 0.5, drawn(low=10.0, high=80.0))],
    exact=False,
    order=2,
)
def mathieu_cem(m, q, x):
    """The even Mathieu function of order m and parameter q at x degrees, and its derivative in radians.

    The gradient of x is (gy * y' - gslope * (mathieu_a(m, q) - 2 * q * cos(2 * x)) * y) * pi / 180; m and q
    have none.
    """
    return tuple(MathieuCem.operation(m, q, x))


class MathieuSem(Wave):
    function = sp.mathieu_sem
    n_inputs = 3
    refused = {0: "m", 1: "q"}
    scale = np.pi / 180

    def second(self, m, q, x, y, slope):
        return -(sp.mathieu_b(m.data, q.data) - 2 * q * cos(x * (np.pi / 90))) * y


@implements(
    sp.mathieu_sem,
    cases=[call(2, 0.5, drawn(3, low=10.0, high=80.0)), call(1, 0.5, drawn(low=10.0, high=80.0))],
    exact=False,
    order=2,
)
def mathieu_sem(m, q, x):
    """The odd Mathieu function of order m and parameter q at x degrees, and its derivative in radians.

    The gradient of x is (gy * y' - gslope * (mathieu_b(m, q) - 2 * q * cos(2 * x)) * y) * pi / 180; m and q
    have none.
    """
    return tuple(MathieuSem.operation(m, q, x))


class ModifiedMathieu(Wave, abstract=True):
    """With the equation's characteristic value, a function of m and q."""

    n_inputs = 3
    refused = {0: "m", 1: "q"}

    def second(self, m, q, x, y, slope):
        return (self.characteristic(m.data, q.data) - 2 * q * cosh(2 * x)) * y


class MathieuModcem1(ModifiedMathieu):
    function = sp.mathieu_modcem1
    characteristic = sp.mathieu_a


@implements(
    sp.mathieu_modcem1,
    cases=[call(2, 0.5, drawn(3, low=0.3, high=1.0)), call(1, 0.5, drawn(low=0.3, high=1.0))],
    exact=False,
    order=2,
)
def mathieu_modcem1(m, q, x):
    """The even modified Mathieu function of kind 1, of order m and parameter q, and its derivative.

    The gradient of x is gy * y' + gslope * (mathieu_a(m, q) - 2 * q * cosh(2 * x)) * y; m and q have none.
    """
    return tuple(MathieuModcem1.operation(m, q, x))


class MathieuModcem2(ModifiedMathieu):
    function = sp.mathieu_modcem2
    characteristic = sp.mathieu_a


@implements(
    sp.mathieu_modcem2,
    cases=[call(2, 0.5, drawn(3, low=0.3, high=1.0)), call(1, 0.5, drawn(low=0.3, high=1.0))],
    exact=False,
    order=2,
)
def mathieu_modcem2(m, q, x):
    """The even modified Mathieu function of kind 2, of order m and parameter q, and its derivative.

    The gradient of x is gy * y' + gslope * (mathieu_a(m, q) - 2 * q * cosh(2 * x)) * y; m and q have none.
    """
    return tuple(MathieuModcem2.operation(m, q, x))


class MathieuModsem1(ModifiedMathieu):
    function = sp.mathieu_modsem1
    characteristic = sp.mathieu_b


@implements(
    sp.mathieu_modsem1,
    cases=[call(2, 0.5, drawn(3, low=0.3, high=1.0)), call(1, 0.5, drawn(low=0.3, high=1.0))],
    exact=False,
    order=2,
)
def mathieu_modsem1(m, q, x):
    """The odd modified Mathieu function of kind 1, of order m and parameter q, and its derivative.

    The gradient of x is gy * y' + gslope * (mathieu_b(m, q) - 2 * q * cosh(2 * x)) * y; m and q have none.
    """
    return tuple(MathieuModsem1.operation(m, q, x))


class MathieuModsem2(ModifiedMathieu):
    function = sp.mathieu_modsem2
    characteristic = sp.mathieu_b


@implements(
    sp.mathieu_modsem2,
    cases=[call(2, 0.5, drawn(3, low=0.3, high=1.0)), call(1, 0.5, drawn(low=0.3, high=1.0))],
    exact=False,
    order=2,
)
def mathieu_modsem2(m, q, x):
    """The odd modified Mathieu function of kind 2, of order m and parameter q, and its derivative.

    The gradient of x is gy * y' + gslope * (mathieu_b(m, q) - 2 * q * cosh(2 * x)) * y; m and q have none.
    """
    return tuple(MathieuModsem2.operation(m, q, x))


class Weber(Wave, abstract=True):
    """Parabolic cylinder functions of order v (DLMF 12.2.2)."""

    n_inputs = 2
    refused = {0: "v"}

    def second(self, v, x, y, slope):
        return (x * x / 4 - v - 0.5) * y


class Pbdv(Weber):
    function = sp.pbdv


@implements(
    sp.pbdv,
    cases=[call(1.5, drawn(3, low=-2.0, high=2.0)), call(0.5, drawn(low=-2.0, high=2.0))],
    exact=False,
    order=2,
)
def pbdv(v, x):
    """Parabolic cylinder function D of order v, and its derivative.

    The gradient of x is gy * y' + gslope * (x * x / 4 - v - 0.5) * y; v has none.
    """
    return tuple(Pbdv.operation(v, x))


class Pbvv(Weber):
    function = sp.pbvv


@implements(
    sp.pbvv,
    cases=[call(1.5, drawn(3, low=0.5, high=2.0)), call(0.5, drawn(low=0.5, high=2.0))],
    exact=False,
    order=2,
)
def pbvv(v, x):
    """Parabolic cylinder function V of order v, and its derivative.

    The gradient of x is gy * y' + gslope * (x * x / 4 - v - 0.5) * y; v has none.
    """
    return tuple(Pbvv.operation(v, x))


class Pbwa(Wave):
    function = sp.pbwa
    n_inputs = 2
    refused = {0: "v"}

    def second(self, v, x, y, slope):
        return (v - x * x / 4) * y


@implements(
    sp.pbwa,
    cases=[call(1.5, drawn(3, low=0.5, high=2.0)), call(0.5, drawn(low=0.5, high=2.0))],
    exact=False,
    order=2,
)
def pbwa(v, x):
    """Parabolic cylinder function W of parameter v, and its derivative.

    The gradient of x is gy * y' + gslope * (v - x * x / 4) * y; v has none.
    """
    return tuple(Pbwa.operation(v, x))


class Angular(Wave, abstract=True):
    """Spheroidal angular wave functions, with the equation's characteristic value (DLMF 30.2.1).

    The sign is 1 for the prolate, and -1 for the oblate, whose c is multiplied by i.
    """

    n_inputs = 4
    refused = {0: "m", 1: "n", 2: "c"}
    sign = 1

    def second(self, m, n, c, x, y, slope):
        return self.with_value(m, c, self.characteristic(m.data, n.data, c.data), x, y, slope)

    def with_value(self, m, c, cv, x, y, slope):
        rest = 1 - x * x
        return (2 * x * slope - (cv - self.sign * c * c * x * x - m * m / rest) * y) / rest


class AngularCv(Angular, abstract=True):
    """The same with the characteristic value as an argument."""

    n_inputs = 5
    refused = {0: "m", 1: "n", 2: "c", 3: "cv"}

    def second(self, m, n, c, cv, x, y, slope):
        return self.with_value(m, c, cv, x, y, slope)


class Radial(Angular, abstract=True):
    """Spheroidal radial wave functions; an oblate one is of i * x."""

    def with_value(self, m, c, cv, x, y, slope):
        rest = x * x - self.sign
        return ((cv - c * c * x * x + self.sign * m * m / rest) * y - 2 * x * slope) / rest


class RadialCv(AngularCv, abstract=True):
    """The same with the characteristic value as an argument."""

    with_value = Radial.with_value


class ProAng1(Angular):
    function = sp.pro_ang1
    characteristic = sp.pro_cv


@implements(
    sp.pro_ang1,
    cases=[call(1, 2, 3.0, drawn(3, low=-0.7, high=0.7)), call(1, 2, 3.0, drawn(low=-0.7, high=0.7))],
    exact=False,
    order=2,
)
def pro_ang1(m, n, c, x):
    """Prolate spheroidal angular wave function of kind 1, of order m and degree n, and its derivative.

    The gradient of x is gy * y' + gslope * y'', with y'' from the differential equation whose characteristic
    value is pro_cv(m, n, c); the parameters have none.
    """
    return tuple(ProAng1.operation(m, n, c, x))


class ProAng1Cv(AngularCv):
    function = sp.pro_ang1_cv


@implements(
    sp.pro_ang1_cv,
    cases=[
        call(1, 2, 3.0, sp.pro_cv(1, 2, 3.0), drawn(3, low=-0.7, high=0.7)),
        call(1, 2, 3.0, sp.pro_cv(1, 2, 3.0), drawn(low=-0.7, high=0.7)),
    ],
    exact=False,
    order=2,
)
def pro_ang1_cv(m, n, c, cv, x):
    """Prolate spheroidal angular wave function of kind 1, of order m and degree n, and its derivative.

    The gradient of x is gy * y' + gslope * y'', with y'' from the differential equation whose characteristic
    value is cv; the parameters have none.
    """
    return tuple(ProAng1Cv.operation(m, n, c, cv, x))


class ProRad1(Radial):
    function = sp.pro_rad1
    characteristic = sp.pro_cv


@implements(
    sp.pro_rad1,
    cases=[call(1, 2, 3.0, drawn(3, low=1.3, high=2.0)), call(1, 2, 3.0, drawn(low=1.3, high=2.0))],
    exact=False,
    order=2,
)
def pro_rad1(m, n, c, x):
    """Prolate spheroidal radial wave function of kind 1, of order m and degree n, and its derivative.

    The gradient of x is gy * y' + gslope * y'', with y'' from the differential equation whose characteristic
    value is pro_cv(m, n, c); the parameters have none.
    """
    return tuple(ProRad1.operation(m, n, c, x))


class ProRad1Cv(RadialCv):
    function = sp.pro_rad1_cv


@implements(
    sp.pro_rad1_cv,
    cases=[
        call(1, 2, 3.0, sp.pro_cv(1, 2, 3.0), drawn(3, low=1.3, high=2.0)),
        call(1, 2, 3.0, sp.pro_cv(1, 2, 3.0), drawn(low=1.3, high=2.0)),
    ],
    exact=False,
    order=2,
)
def pro_rad1_cv(m, n, c, cv, x):
    """Prolate spheroidal radial wave function of kind 1, of order m and degree n, and its derivative.

    The gradient of x is gy * y' + gslope * y'', with y'' from the differential equation whose characteristic
    value is cv; the parameters have none.
    """
    return tuple(ProRad1Cv.operation(m, n, c, cv, x))


class ProRad2(Radial):
    function = sp.pro_rad2
    characteristic = sp.pro_cv


@implements(
    sp.pro_rad2,
    cases=[call(1, 2, 1.0, drawn(3, low=3.0, high=5.0)), call(1, 2, 1.0, drawn(low=3.0, high=5.0))],
    exact=False,
    order=2,
)
def pro_rad2(m, n, c, x):
    """Prolate spheroidal radial wave function of kind 2, of order m and degree n, and its derivative.

    The gradient of x is gy * y' + gslope * y'', with y'' from the differential equation whose characteristic
    value is pro_cv(m, n, c); the parameters have none.
    """
    return tuple(ProRad2.operation(m, n, c, x))


class ProRad2Cv(RadialCv):
    function = sp.pro_rad2_cv


@implements(
    sp.pro_rad2_cv,
    cases=[
        call(1, 2, 1.0, sp.pro_cv(1, 2, 1.0), drawn(3, low=3.0, high=5.0)),
        call(1, 2, 1.0, sp.pro_cv(1, 2, 1.0), drawn(low=3.0, high=5.0)),
    ],
    exact=False,
    order=2,
)
def pro_rad2_cv(m, n, c, cv, x):
    """Prolate spheroidal radial wave function of kind 2, of order m and degree n, and its derivative.

    The gradient of x is gy * y' + gslope * y'', with y'' from the differential equation whose characteristic
    value is cv; the parameters have none.
    """
    return tuple(ProRad2Cv.operation(m, n, c, cv, x))


class OblAng1(Angular):
    function = sp.obl_ang1
    characteristic = sp.obl_cv
    sign = -1


@implements(
    sp.obl_ang1,
    cases=[call(1, 2, 3.0, drawn(3, low=-0.7, high=0.7)), call(1, 2, 3.0, drawn(low=-0.7, high=0.7))],
    exact=False,
    order=2,
)
def obl_ang1(m, n, c, x):
    """Oblate spheroidal angular wave function of kind 1, of order m and degree n, and its derivative.

    The gradient of x is gy * y' + gslope * y'', with y'' from the differential equation whose characteristic
    value is obl_cv(m, n, c); the parameters have none.
    """
    return tuple(OblAng1.operation(m, n, c, x))


class OblAng1Cv(AngularCv):
    function = sp.obl_ang1_cv
    sign = -1


@implements(
    sp.obl_ang1_cv,
    cases=[
        call(1, 2, 3.0, sp.obl_cv(1, 2, 3.0), drawn(3, low=-0.7, high=0.7)),
        call(1, 2, 3.0, sp.obl_cv(1, 2, 3.0), drawn(low=-0.7, high=0.7)),
    ],
    exact=False,
    order=2,
)
def obl_ang1_cv(m, n, c, cv, x):
    """Oblate spheroidal angular wave function of kind 1, of order m and degree n, and its derivative.

    The gradient of x is gy * y' + gslope * y'', with y'' from the differential equation whose characteristic
    value is cv; the parameters have none.
    """
    return tuple(OblAng1Cv.operation(m, n, c, cv, x))


class OblRad1(Radial):
    function = sp.obl_rad1
    characteristic = sp.obl_cv
    sign = -1


@implements(
    sp.obl_rad1,
    cases=[call(1, 2, 3.0, drawn(3, low=0.3, high=1.0)), call(1, 2, 3.0, drawn(low=0.3, high=1.0))],
    exact=False,
    order=2,
)
def obl_rad1(m, n, c, x):
    """Oblate spheroidal radial wave function of kind 1, of order m and degree n, and its derivative.

    The gradient of x is gy * y' + gslope * y'', with y'' from the differential equation whose characteristic
    value is obl_cv(m, n, c); the parameters have none.
    """
    return tuple(OblRad1.operation(m, n, c, x))


class OblRad1Cv(RadialCv):
    function = sp.obl_rad1_cv
    sign = -1


@implements(
    sp.obl_rad1_cv,
    cases=[
        call(1, 2, 3.0, sp.obl_cv(1, 2, 3.0), drawn(3, low=0.3, high=1.0)),
        call(1, 2, 3.0, sp.obl_cv(1, 2, 3.0), drawn(low=0.3, high=1.0)),
    ],
    exact=False,
    order=2,
)
def obl_rad1_cv(m, n, c, cv, x):
    """Oblate spheroidal radial wave function of kind 1, of order m and degree n, and its derivative.

    The gradient of x is gy * y' + gslope * y'', with y'' from the differential equation whose characteristic
    value is cv; the parameters have none.
    """
    return tuple(OblRad1Cv.operation(m, n, c, cv, x))


class OblRad2(Radial):
    function = sp.obl_rad2
    characteristic = sp.obl_cv
    sign = -1


@implements(
    sp.obl_rad2,
    cases=[call(1, 2, 1.0, drawn(3, low=3.0, high=5.0)), call(1, 2, 1.0, drawn(low=3.0, high=5.0))],
    exact=False,
    order=2,
)
def obl_rad2(m, n, c, x):
    """Oblate spheroidal radial wave function of kind 2, of order m and degree n, and its derivative.

    The gradient of x is gy * y' + gslope * y'', with y'' from the differential equation whose characteristic
    value is obl_cv(m, n, c); the parameters have none.
    """
    return tuple(OblRad2.operation(m, n, c, x))


class OblRad2Cv(RadialCv):
    function = sp.obl_rad2_cv
    sign = -1


@implements(
    sp.obl_rad2_cv,
    cases=[
        call(1, 2, 1.0, sp.obl_cv(1, 2, 1.0), drawn(3, low=3.0, high=5.0)),
        call(1, 2, 1.0, sp.obl_cv(1, 2, 1.0), drawn(low=3.0, high=5.0)),
    ],
    exact=False,
    order=2,
)
def obl_rad2_cv(m, n, c, cv, x):
    """Oblate spheroidal radial wave function of kind 2, of order m and degree n, and its derivative.

    The gradient of x is gy * y' + gslope * y'', with y'' from the differential equation whose characteristic
    value is cv; the parameters have none.
    """
    return tuple(OblRad2Cv.operation(m, n, c, cv, x))
