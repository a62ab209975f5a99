"""Mathieu, parabolic cylinder and spheroidal wave functions: a function and its derivative, in one argument.

Each pair (y, y') satisfies a differential equation of second order, which has the derivative of y'. The
derivatives in a parameter come from expansions in eigenvectors, or are central differences of SciPy's own
values.
"""

import numpy as np
import scipy.special as sp

from leopard.functions._primitives import Elementwise, Primitive
from leopard.functions._registry import call, drawn, implements
from leopard.functions.math.hyperbolic import cosh
from leopard.functions.math.trigonometry import cos
from leopard.scipy.special._derivatives import central, near
from leopard.scipy.special._mathieu import (
    slope_of_mathieu,
    slope_of_mathieu_characteristic,
    slope_of_spheroidal_angular,
    slope_of_spheroidal_characteristic,
    slope_of_spheroidal_radial,
)

__all__ = [
    "mathieu_a", "mathieu_b", "mathieu_cem", "mathieu_modcem1", "mathieu_modcem2", "mathieu_modsem1",
    "mathieu_modsem2", "mathieu_sem", "obl_ang1", "obl_ang1_cv", "obl_cv", "obl_rad1", "obl_rad1_cv",
    "obl_rad2", "obl_rad2_cv", "pbdv", "pbvv", "pbwa", "pro_ang1", "pro_ang1_cv", "pro_cv", "pro_rad1",
    "pro_rad1_cv", "pro_rad2", "pro_rad2_cv",
]  # fmt: skip


class Wave(Primitive, abstract=True):
    """A pair (y, y') of the last input, with the second derivative as a method `second`.

    Attributes
    ----------
    function : numpy.ufunc
        SciPy's function.
    scale : float
        Of the last argument: y' is the derivative in scale * x.
    parameter : int, optional
        The number of the input that is a real parameter.
    slopes : InParameter, optional
        The derivatives of the pair in the parameter; else they are central differences.
    step : float
        Of these differences, at most.
    positive : bool
        Whether the parameter is to stay above 0 in them.
    """

    broadcasts = True
    scale = 1.0
    parameter = None
    slopes = None
    step = 0.12
    positive = False

    def forward(self, *xs):
        return self.function(*xs)

    @classmethod
    def step_at(cls, v):
        return near(v, cls.step) if cls.positive else cls.step

    def backward(self, gy, gslope):
        *parameters, x = self.inputs
        operation = type(self).operation
        gs = [None] * len(parameters)
        k = self.parameter
        if k is not None and self.wanted[k]:
            if self.slopes:
                sy, sslope = self.slopes.operation(*self.inputs)
                gs[k] = gy * sy + gslope * sslope
            else:
                gs[k] = central(
                    lambda t: _weighted(operation(*parameters[:k], t, *parameters[k + 1 :], x), gy, gslope),
                    parameters[k], *self.inputs, step=self.step_at(parameters[k]),
                )  # fmt: skip
        if not self.wanted[len(parameters)]:
            return (*gs, None)
        y, slope = operation(*parameters, x)
        return (*gs, self.scale * (gy * slope + gslope * self.second(*parameters, x, y, slope)))


def _weighted(pair, gy, gslope):
    return gy * pair[0] + gslope * pair[1]


class InParameter(Primitive, abstract=True):
    """The derivatives of the pair of a Wave in its parameter; those of them in it again are central
    differences.

    Attributes
    ----------
    wave : Wave
    values : callable
        Of the inputs, and 0 for the derivative of y or 1 for that of y'.
    """

    broadcasts = True

    def __init_subclass__(cls, **options):
        super().__init_subclass__(**options)
        cls.wave.slopes = cls

    def forward(self, *xs):
        return self.values(*xs, 0), self.values(*xs, 1)

    def backward(self, gy, gslope):
        *parameters, x = self.inputs
        wave, operation, k = self.wave, type(self).operation, self.wave.parameter

        def at(t):
            return *parameters[:k], t, *parameters[k + 1 :]

        def second(t):
            y, slope = wave.operation(*at(t), x)
            return wave().second(*at(t), x, y, slope)

        gs, v, step = [None] * len(parameters), parameters[k], wave.step_at(parameters[k])
        if self.wanted[k]:
            gs[k] = central(lambda t: _weighted(operation(*at(t), x), gy, gslope), v, *self.inputs, step=step)
        if not self.wanted[len(parameters)]:
            return (*gs, None)
        mixed = central(second, v, *self.inputs, step=step)
        return (*gs, wave.scale * (gy * operation(*parameters, x)[1] + gslope * mixed))


# -- Characteristic values -------------------------------------------------------------------------


class MathieuA(Elementwise):
    """Characteristic value of the even Mathieu function of order m and parameter q.

    The gradient of q is gy times the derivative of an eigenvalue of the matrix of DLMF 28.4.5; m is a whole
    number.
    """

    name = "mathieu_a"
    ufunc = "scipy.special.mathieu_a"
    domain = [(2.0, 2.5), (0.5, 3.0)]
    whole = {0: "m"}

    def backward(self, gy):
        return None, gy * SlopeOfMathieuCharacteristic.operation(*self.inputs, True)


class MathieuB(Elementwise):
    """Characteristic value of the odd Mathieu function of order m and parameter q.

    The gradient of q is gy times the derivative of an eigenvalue of the matrix of DLMF 28.4.7; m is a whole
    number.
    """

    name = "mathieu_b"
    ufunc = "scipy.special.mathieu_b"
    domain = [(2.0, 2.5), (0.5, 3.0)]
    whole = {0: "m"}

    def backward(self, gy):
        return None, gy * SlopeOfMathieuCharacteristic.operation(*self.inputs, False)


class SlopeOfMathieuCharacteristic(Primitive):
    """Derivative of mathieu_a or mathieu_b in q; that in q again is a central difference."""

    n_inputs = 2
    options = ("even",)
    broadcasts = True
    whole = {0: "m"}

    def forward(self, m, q):
        return slope_of_mathieu_characteristic(m, q, self.even)

    def backward(self, gy):
        m, q = self.inputs
        slope = SlopeOfMathieuCharacteristic.operation
        return None, gy * central(lambda t: slope(m, t, self.even), q, m, step=0.05)


class ProCv(Elementwise):
    """Characteristic value of the prolate spheroidal wave functions of order m, degree n and parameter c.

    The gradient of c is gy times the derivative of an eigenvalue: 2 * c times the mean of x**2 by the square
    of the angular function; m and n are whole numbers.
    """

    name = "pro_cv"
    ufunc = "scipy.special.pro_cv"
    domain = [(1.0, 1.5), (2.0, 2.5), (0.5, 3.0)]
    whole = {0: "m", 1: "n"}

    def backward(self, gy):
        return None, None, gy * SlopeOfSpheroidalCharacteristic.operation(*self.inputs, 1)


class OblCv(Elementwise):
    """Characteristic value of the oblate spheroidal wave functions of order m, degree n and parameter c.

    The gradient of c is gy times the derivative of an eigenvalue: -2 * c times the mean of x**2 by the square
    of the angular function; m and n are whole numbers.
    """

    name = "obl_cv"
    ufunc = "scipy.special.obl_cv"
    domain = [(1.0, 1.5), (2.0, 2.5), (0.5, 3.0)]
    whole = {0: "m", 1: "n"}

    def backward(self, gy):
        return None, None, gy * SlopeOfSpheroidalCharacteristic.operation(*self.inputs, -1)


class SlopeOfSpheroidalCharacteristic(Primitive):
    """Derivative of pro_cv (sign 1) or obl_cv (sign -1) in c; that in c again is a central difference."""

    n_inputs = 3
    options = ("sign",)
    broadcasts = True
    whole = {0: "m", 1: "n"}

    def forward(self, m, n, c):
        return slope_of_spheroidal_characteristic(m, n, c, self.sign)

    def backward(self, gy):
        m, n, c = self.inputs
        slope = SlopeOfSpheroidalCharacteristic.operation
        return None, None, gy * central(lambda t: slope(m, n, t, self.sign), c, m, n)


mathieu_a, mathieu_b = MathieuA.operation, MathieuB.operation
pro_cv, obl_cv = ProCv.operation, OblCv.operation


# -- Mathieu functions -----------------------------------------------------------------------------


class MathieuCem(Wave):
    function = sp.mathieu_cem
    n_inputs = 3
    whole = {0: "m"}
    parameter = 1
    step = 0.05
    scale = np.pi / 180

    def second(self, m, q, x, y, slope):
        return -(mathieu_a(m, q) - 2 * q * cos(x * (np.pi / 90))) * y


class MathieuCemInQ(InParameter):
    wave = MathieuCem
    n_inputs = 3
    whole = {0: "m"}

    def values(self, m, q, x, k):
        return slope_of_mathieu(m, q, x, k, even=True, kind=0)


@implements(
    sp.mathieu_cem,
    cases=[
        call(2, drawn(low=0.5, high=1.5), drawn(3, low=10.0, high=80.0)),
        call(1, 0.5, drawn(low=10.0, high=80.0)),
    ],
    exact=False,
    order=2,
)
def mathieu_cem(m, q, x):
    """The even Mathieu function of order m and parameter q at x degrees, and its derivative in radians.

    The gradient of x is (gy * y' - gslope * (mathieu_a(m, q) - 2 * q * cos(2 * x)) * y) * pi / 180. That of q
    follows from the derivatives of the Fourier coefficients, an eigenvector; m is a whole number.
    """
    return tuple(MathieuCem.operation(m, q, x))


class MathieuSem(Wave):
    function = sp.mathieu_sem
    n_inputs = 3
    whole = {0: "m"}
    parameter = 1
    step = 0.05
    scale = np.pi / 180

    def second(self, m, q, x, y, slope):
        return -(mathieu_b(m, q) - 2 * q * cos(x * (np.pi / 90))) * y


class MathieuSemInQ(InParameter):
    wave = MathieuSem
    n_inputs = 3
    whole = {0: "m"}

    def values(self, m, q, x, k):
        return slope_of_mathieu(m, q, x, k, even=False, kind=0)


@implements(
    sp.mathieu_sem,
    cases=[
        call(2, drawn(low=0.5, high=1.5), drawn(3, low=10.0, high=80.0)),
        call(1, 0.5, drawn(low=10.0, high=80.0)),
    ],
    exact=False,
    order=2,
)
def mathieu_sem(m, q, x):
    """The odd Mathieu function of order m and parameter q at x degrees, and its derivative in radians.

    The gradient of x is (gy * y' - gslope * (mathieu_b(m, q) - 2 * q * cos(2 * x)) * y) * pi / 180. That of q
    follows from the derivatives of the Fourier coefficients, an eigenvector; m is a whole number.
    """
    return tuple(MathieuSem.operation(m, q, x))


class ModifiedMathieu(Wave, abstract=True):
    """With the equation's characteristic value, a function of m and q."""

    n_inputs = 3
    positive = True
    whole = {0: "m"}
    parameter = 1
    step = 0.05

    def second(self, m, q, x, y, slope):
        return (self.characteristic(m, q) - 2 * q * cosh(2 * x)) * y


class MathieuModcem1(ModifiedMathieu):
    function = sp.mathieu_modcem1
    characteristic = staticmethod(mathieu_a)


class MathieuModcem1InQ(InParameter):
    wave = MathieuModcem1
    n_inputs = 3
    whole = {0: "m"}

    def values(self, m, q, x, k):
        return slope_of_mathieu(m, q, x, k, even=True, kind=1)


@implements(
    sp.mathieu_modcem1,
    cases=[
        call(2, drawn(low=0.5, high=1.5), drawn(3, low=0.3, high=1.0)),
        call(1, 0.5, drawn(low=0.3, high=1.0)),
    ],
    exact=False,
    order=2,
)
def mathieu_modcem1(m, q, x):
    """The even modified Mathieu function of kind 1, of order m and parameter q, and its derivative.

    The gradient of x is gy * y' + gslope * (mathieu_a(m, q) - 2 * q * cosh(2 * x)) * y. That of
    q > 0 is the series of products of Bessel functions (DLMF 28.24) differentiated; m is a whole number.
    """
    return tuple(MathieuModcem1.operation(m, q, x))


class MathieuModcem2(ModifiedMathieu):
    function = sp.mathieu_modcem2
    characteristic = staticmethod(mathieu_a)


class MathieuModcem2InQ(InParameter):
    wave = MathieuModcem2
    n_inputs = 3
    whole = {0: "m"}

    def values(self, m, q, x, k):
        return slope_of_mathieu(m, q, x, k, even=True, kind=2)


@implements(
    sp.mathieu_modcem2,
    cases=[
        call(2, drawn(low=0.5, high=1.5), drawn(3, low=0.3, high=1.0)),
        call(1, 0.5, drawn(low=0.3, high=1.0)),
    ],
    exact=False,
    order=2,
)
def mathieu_modcem2(m, q, x):
    """The even modified Mathieu function of kind 2, of order m and parameter q, and its derivative.

    The gradient of x is gy * y' + gslope * (mathieu_a(m, q) - 2 * q * cosh(2 * x)) * y. That of
    q > 0 is the series of products of Bessel functions (DLMF 28.24) differentiated; m is a whole number.
    """
    return tuple(MathieuModcem2.operation(m, q, x))


class MathieuModsem1(ModifiedMathieu):
    function = sp.mathieu_modsem1
    characteristic = staticmethod(mathieu_b)


class MathieuModsem1InQ(InParameter):
    wave = MathieuModsem1
    n_inputs = 3
    whole = {0: "m"}

    def values(self, m, q, x, k):
        return slope_of_mathieu(m, q, x, k, even=False, kind=1)


@implements(
    sp.mathieu_modsem1,
    cases=[
        call(2, drawn(low=0.5, high=1.5), drawn(3, low=0.3, high=1.0)),
        call(1, 0.5, drawn(low=0.3, high=1.0)),
    ],
    exact=False,
    order=2,
)
def mathieu_modsem1(m, q, x):
    """The odd modified Mathieu function of kind 1, of order m and parameter q, and its derivative.

    The gradient of x is gy * y' + gslope * (mathieu_b(m, q) - 2 * q * cosh(2 * x)) * y. That of
    q > 0 is the series of products of Bessel functions (DLMF 28.24) differentiated; m is a whole number.
    """
    return tuple(MathieuModsem1.operation(m, q, x))


class MathieuModsem2(ModifiedMathieu):
    function = sp.mathieu_modsem2
    characteristic = staticmethod(mathieu_b)


class MathieuModsem2InQ(InParameter):
    wave = MathieuModsem2
    n_inputs = 3
    whole = {0: "m"}

    def values(self, m, q, x, k):
        return slope_of_mathieu(m, q, x, k, even=False, kind=2)


@implements(
    sp.mathieu_modsem2,
    cases=[
        call(2, drawn(low=0.5, high=1.5), drawn(3, low=0.3, high=1.0)),
        call(1, 0.5, drawn(low=0.3, high=1.0)),
    ],
    exact=False,
    order=2,
)
def mathieu_modsem2(m, q, x):
    """The odd modified Mathieu function of kind 2, of order m and parameter q, and its derivative.

    The gradient of x is gy * y' + gslope * (mathieu_b(m, q) - 2 * q * cosh(2 * x)) * y. That of
    q > 0 is the series of products of Bessel functions (DLMF 28.24) differentiated; m is a whole number.
    """
    return tuple(MathieuModsem2.operation(m, q, x))


class Weber(Wave, abstract=True):
    """Parabolic cylinder functions of order v (DLMF 12.2.2)."""

    n_inputs = 2
    parameter = 0

    def second(self, v, x, y, slope):
        return (x * x / 4 - v - 0.5) * y


class Pbdv(Weber):
    function = sp.pbdv


@implements(
    sp.pbdv,
    cases=[
        call(drawn(3, low=0.5, high=2.5), drawn(3, low=-2.0, high=2.0)),
        call(0.5, drawn(low=-2.0, high=2.0)),
    ],
    exact=False,
    order=2,
)
def pbdv(v, x):
    """Parabolic cylinder function D of order v, and its derivative.

    The gradient of x is gy * y' + gslope * (x * x / 4 - v - 0.5) * y; that of v is the central
    difference of order 16 of SciPy's values, of step 0.12.
    """
    return tuple(Pbdv.operation(v, x))


class Pbvv(Weber):
    function = sp.pbvv


@implements(
    sp.pbvv,
    cases=[
        call(drawn(3, low=0.5, high=2.5), drawn(3, low=0.5, high=2.0)),
        call(0.5, drawn(low=0.5, high=2.0)),
    ],
    exact=False,
    order=2,
)
def pbvv(v, x):
    """Parabolic cylinder function V of order v, and its derivative.

    The gradient of x is gy * y' + gslope * (x * x / 4 - v - 0.5) * y; that of v is the central
    difference of order 16 of SciPy's values, of step 0.12.
    """
    return tuple(Pbvv.operation(v, x))


class Pbwa(Wave):
    function = sp.pbwa
    n_inputs = 2
    parameter = 0
    step = 1 / 64  # poles in v are 1/2 off the real line

    def second(self, v, x, y, slope):
        return (v - x * x / 4) * y


@implements(
    sp.pbwa,
    cases=[
        call(drawn(3, low=0.5, high=2.5), drawn(3, low=0.5, high=2.0)),
        call(0.5, drawn(low=0.5, high=2.0)),
    ],
    exact=False,
    order=2,
)
def pbwa(v, x):
    """Parabolic cylinder function W of parameter v, and its derivative.

    The gradient of x is gy * y' + gslope * (v - x * x / 4) * y; that of v is the central
    difference of order 16 of SciPy's values, of step 1/24.
    """
    return tuple(Pbwa.operation(v, x))


class Angular(Wave, abstract=True):
    """Spheroidal angular wave functions, with the equation's characteristic value (DLMF 30.2.1).

    The sign is 1 for the prolate, and -1 for the oblate, whose c is multiplied by i.
    """

    n_inputs = 4
    whole = {0: "m", 1: "n"}
    parameter = 2
    positive = True
    sign = 1

    def second(self, m, n, c, x, y, slope):
        return self.with_value(m, c, self.characteristic(m, n, c), x, y, slope)

    def with_value(self, m, c, cv, x, y, slope):
        rest = 1 - x * x
        return (2 * x * slope - (cv - self.sign * c * c * x * x - m * m / rest) * y) / rest


class AngularCv(Angular, abstract=True):
    """The same with the characteristic value as an argument."""

    n_inputs = 5
    whole = {0: "m", 1: "n"}
    refused = {2: "c", 3: "cv"}
    parameter = None

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
    characteristic = staticmethod(pro_cv)


class ProAng1InC(InParameter):
    wave = ProAng1
    n_inputs = 4
    whole = {0: "m", 1: "n"}

    def values(self, m, n, c, x, k):
        return slope_of_spheroidal_angular(m, n, c, x, k, 1)


@implements(
    sp.pro_ang1,
    cases=[
        call(1, 2, drawn(low=2.0, high=3.0), drawn(3, low=-0.7, high=0.7)),
        call(1, 2, 3.0, drawn(low=-0.7, high=0.7)),
    ],
    exact=False,
    order=2,
)
def pro_ang1(m, n, c, x):
    """Prolate spheroidal angular wave function of kind 1, of order m and degree n, and its derivative.

    The gradient of x is gy * y' + gslope * y'', with y'' from the differential equation whose characteristic
    value is pro_cv(m, n, c). That of c follows from the derivatives of the expansion in Legendre functions,
    an eigenvector; m and n are whole numbers.
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
    value is cv. c and cv, which depend on one another, have none; m and n are whole numbers.
    """
    return tuple(ProAng1Cv.operation(m, n, c, cv, x))


class ProRad1(Radial):
    function = sp.pro_rad1
    characteristic = staticmethod(pro_cv)


class ProRad1InC(InParameter):
    wave = ProRad1
    n_inputs = 4
    whole = {0: "m", 1: "n"}

    def values(self, m, n, c, x, k):
        return slope_of_spheroidal_radial(m, n, c, x, k, 1)


@implements(
    sp.pro_rad1,
    cases=[
        call(1, 2, drawn(low=2.0, high=3.0), drawn(3, low=1.3, high=2.0)),
        call(1, 2, 3.0, drawn(low=1.3, high=2.0)),
    ],
    exact=False,
    order=2,
)
def pro_rad1(m, n, c, x):
    """Prolate spheroidal radial wave function of kind 1, of order m and degree n, and its derivative.

    The gradient of x is gy * y' + gslope * y'', with y'' from the differential equation whose characteristic
    value is pro_cv(m, n, c). That of c is the expansion in spherical Bessel functions differentiated; m and n
    are whole numbers.
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
    value is cv. c and cv, which depend on one another, have none; m and n are whole numbers.
    """
    return tuple(ProRad1Cv.operation(m, n, c, cv, x))


class ProRad2(Radial):
    function = sp.pro_rad2
    characteristic = staticmethod(pro_cv)


@implements(
    sp.pro_rad2,
    cases=[
        call(1, 2, drawn(low=1.5, high=2.0), drawn(3, low=3.0, high=5.0)),
        call(1, 2, 1.0, drawn(low=3.0, high=5.0)),
    ],
    exact=False,
    order=2,
)
def pro_rad2(m, n, c, x):
    """Prolate spheroidal radial wave function of kind 2, of order m and degree n, and its derivative.

    The gradient of x is gy * y' + gslope * y'', with y'' from the differential equation whose characteristic
    value is pro_cv(m, n, c). That of c is the central difference of order 16 of SciPy's values, of step
    0.12 or c / 32; m and n are whole numbers.
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
    value is cv. c and cv, which depend on one another, have none; m and n are whole numbers.
    """
    return tuple(ProRad2Cv.operation(m, n, c, cv, x))


class OblAng1(Angular):
    function = sp.obl_ang1
    characteristic = staticmethod(obl_cv)
    sign = -1


class OblAng1InC(InParameter):
    wave = OblAng1
    n_inputs = 4
    whole = {0: "m", 1: "n"}

    def values(self, m, n, c, x, k):
        return slope_of_spheroidal_angular(m, n, c, x, k, -1)


@implements(
    sp.obl_ang1,
    cases=[
        call(1, 2, drawn(low=2.0, high=3.0), drawn(3, low=-0.7, high=0.7)),
        call(1, 2, 3.0, drawn(low=-0.7, high=0.7)),
    ],
    exact=False,
    order=2,
)
def obl_ang1(m, n, c, x):
    """Oblate spheroidal angular wave function of kind 1, of order m and degree n, and its derivative.

    The gradient of x is gy * y' + gslope * y'', with y'' from the differential equation whose characteristic
    value is obl_cv(m, n, c). That of c follows from the derivatives of the expansion in Legendre functions,
    an eigenvector; m and n are whole numbers.
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
    value is cv. c and cv, which depend on one another, have none; m and n are whole numbers.
    """
    return tuple(OblAng1Cv.operation(m, n, c, cv, x))


class OblRad1(Radial):
    function = sp.obl_rad1
    characteristic = staticmethod(obl_cv)
    sign = -1


class OblRad1InC(InParameter):
    wave = OblRad1
    n_inputs = 4
    whole = {0: "m", 1: "n"}

    def values(self, m, n, c, x, k):
        return slope_of_spheroidal_radial(m, n, c, x, k, -1)


@implements(
    sp.obl_rad1,
    cases=[
        call(1, 2, drawn(low=2.0, high=3.0), drawn(3, low=0.3, high=1.0)),
        call(1, 2, 3.0, drawn(low=0.3, high=1.0)),
    ],
    exact=False,
    order=2,
)
def obl_rad1(m, n, c, x):
    """Oblate spheroidal radial wave function of kind 1, of order m and degree n, and its derivative.

    The gradient of x is gy * y' + gslope * y'', with y'' from the differential equation whose characteristic
    value is obl_cv(m, n, c). That of c is the expansion in spherical Bessel functions differentiated; m and n
    are whole numbers.
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
    value is cv. c and cv, which depend on one another, have none; m and n are whole numbers.
    """
    return tuple(OblRad1Cv.operation(m, n, c, cv, x))


class OblRad2(Radial):
    function = sp.obl_rad2
    characteristic = staticmethod(obl_cv)
    sign = -1


@implements(
    sp.obl_rad2,
    cases=[
        call(1, 2, drawn(low=1.5, high=2.0), drawn(3, low=3.0, high=5.0)),
        call(1, 2, 1.0, drawn(low=3.0, high=5.0)),
    ],
    exact=False,
    order=2,
)
def obl_rad2(m, n, c, x):
    """Oblate spheroidal radial wave function of kind 2, of order m and degree n, and its derivative.

    The gradient of x is gy * y' + gslope * y'', with y'' from the differential equation whose characteristic
    value is obl_cv(m, n, c). That of c is the central difference of order 16 of SciPy's values, of step
    0.12 or c / 32; m and n are whole numbers.
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
    value is cv. c and cv, which depend on one another, have none; m and n are whole numbers.
    """
    return tuple(OblRad2Cv.operation(m, n, c, cv, x))
