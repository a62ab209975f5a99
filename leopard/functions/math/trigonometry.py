"""Trigonometric functions and their inverses, and angles."""

import numpy as np

from leopard.functions._primitives import Elementwise, Primitive
from leopard.functions._registry import call, drawn, implements
from leopard.functions.basic.arithmetic import anywhere, chosen, copysign
from leopard.functions.basic.complex import Imag, Real, conj
from leopard.functions.basic.reductions import constant
from leopard.functions.basic.shape import floating, operand
from leopard.functions.math.powers import reciprocal, sqrt

__all__ = [
    "angle",
    "arccos",
    "arccot",
    "arccsc",
    "arcsec",
    "arcsin",
    "arctan",
    "arctan2",
    "cos",
    "cot",
    "csc",
    "deg2rad",
    "degrees",
    "hypot",
    "rad2deg",
    "radians",
    "sec",
    "sin",
    "tan",
    "unwrap",
]


class Sin(Elementwise):
    """Sine of x in radians.

    The gradient is gy * cos(x).

    Examples
    --------
    >>> sin(Variable(np.array(0.0)))
    variable(0.0)
    """

    ufunc = np.sin

    def backward(self, gy):
        (x,) = self.inputs
        return gy * conj(cos(x))


sin = Sin.operation


class Cos(Elementwise):
    """Cosine of x in radians.

    The gradient is -gy * sin(x).

    Examples
    --------
    >>> cos(Variable(np.array(0.0)))
    variable(1.0)
    """

    ufunc = np.cos

    def backward(self, gy):
        (x,) = self.inputs
        return -gy * conj(sin(x))


cos = Cos.operation


class Tan(Elementwise):
    """Tangent of x in radians.

    The gradient is gy * (1 + y**2).

    Examples
    --------
    >>> tan(Variable(np.array(0.0)))
    variable(0.0)
    """

    ufunc = np.tan
    domain = [(-1.2, 1.2)]

    def backward(self, gy):
        y = conj(self.output)
        return gy * (1 + y * y)


tan = Tan.operation


def _root(x):
    """sqrt(1 - x**2), accurate near -1 and 1; for a complex x on the same side of the branch cuts as x."""
    if x.dtype.kind != "c":
        return sqrt((1 - x) * (1 + x))
    return sqrt(-(x - 1) * (x - -1))  # 1 - x and 1 + x would make 0j of an imaginary part -0


class Arcsin(Elementwise):
    """Inverse sine, for x between -1 and 1; in radians.

    The gradient is gy / sqrt(1 - x**2), infinite at both ends.

    Examples
    --------
    >>> arcsin(Variable(np.array(0.0)))
    variable(0.0)
    """

    ufunc = np.arcsin
    domain = [(-0.8, 0.8)]

    def backward(self, gy):
        (x,) = self.inputs
        return gy / conj(_root(x))


arcsin = Arcsin.operation


class Arccos(Elementwise):
    """Inverse cosine, for x between -1 and 1; in radians.

    The gradient is -gy / sqrt(1 - x**2), infinite at both ends.

    Examples
    --------
    >>> arccos(Variable(np.array(1.0)))
    variable(0.0)
    """

    ufunc = np.arccos
    domain = [(-0.8, 0.8)]

    def backward(self, gy):
        (x,) = self.inputs
        return -gy / conj(_root(x))


arccos = Arccos.operation


class Arctan(Elementwise):
    """Inverse tangent, in radians.

    The gradient is gy / (1 + x**2).

    Examples
    --------
    >>> arctan(Variable(np.array(0.0)))
    variable(0.0)
    """

    ufunc = np.arctan

    def backward(self, gy):
        x = conj(self.inputs[0])
        return gy / (1 + x * x)


arctan = Arctan.operation


class Hypot(Elementwise):
    """Length of the hypotenuse, sqrt(x0**2 + x1**2), without overflow.

    The gradients are gy * x0 / y and gy * x1 / y, both 0 where y is 0.

    Examples
    --------
    >>> hypot(Variable(np.array(3.0)), 4.0)
    variable(5.0)
    """

    ufunc = np.hypot
    domain = [anywhere, anywhere]

    def backward(self, gy):
        x0, x1 = self.inputs
        y = self.output
        gy, length = chosen(y != 0, gy), y + (y == 0)
        return gy * (x0 / length), gy * (x1 / length)


hypot = Hypot.operation


class Arctan2(Elementwise):
    """Angle of the point (x1, x0) seen from the origin, from -pi to pi: arctan(x0 / x1) in all quadrants.

    With r = hypot(x0, x1) the gradients are gy * x1 / r**2 and -gy * x0 / r**2, both 0 at the origin.

    Examples
    --------
    >>> arctan2(Variable(np.array(0.0)), 2.0)
    variable(0.0)
    """

    ufunc = np.arctan2
    domain = [anywhere, anywhere]

    def backward(self, gy):
        x0, x1 = self.inputs
        r = hypot(x0, x1)
        gy, r = chosen(r != 0, gy), r + (r == 0)
        return gy * (x1 / r / r), -gy * (x0 / r / r)


arctan2 = Arctan2.operation


class Deg2Rad(Elementwise):
    """Angle in radians of x in degrees, x * pi / 180.

    The gradient is gy * pi / 180.

    Examples
    --------
    >>> deg2rad(Variable(np.array(0.0)))
    variable(0.0)
    """

    ufunc = np.deg2rad

    def backward(self, gy):
        return deg2rad(gy)


deg2rad = Deg2Rad.operation
radians = implements(np.radians, cases=[call(drawn(2, 3)), call(drawn())])(deg2rad)


class Rad2Deg(Elementwise):
    """Angle in degrees of x in radians, x * 180 / pi.

    The gradient is gy * 180 / pi.

    Examples
    --------
    >>> rad2deg(Variable(np.array(0.0)))
    variable(0.0)
    """

    ufunc = np.rad2deg

    def backward(self, gy):
        return rad2deg(gy)


rad2deg = Rad2Deg.operation
degrees = implements(np.degrees, cases=[call(drawn(2, 3)), call(drawn())])(rad2deg)


@implements(
    np.angle,
    cases=[
        call(drawn(2, 3, dtype=complex)),
        call(drawn(dtype=complex), True),
        call(drawn(3, dtype=complex), deg=True),
        call(drawn(2, 3)),
        call(drawn(), deg=True),
        call(drawn(0, 2, dtype=complex)),
    ],
)
def angle(z, deg=False):
    """Angle of a complex number, arctan2(imag(z), real(z)).

    The gradient is that of `arctan2`, gy * 1j * z / abs(z)**2, and 0 at z = 0 and for a real z.

    Parameters
    ----------
    z : Variable or ndarray
    deg : bool
        Whether the result is in degrees; by default it is in radians.

    Returns
    -------
    Variable

    Examples
    --------
    >>> angle(Variable(np.array(2j)), deg=True)
    variable(90.0)
    """
    z = operand(z)
    y = arctan2(Imag.operation(z), Real.operation(z)) if z.dtype.kind == "c" else arctan2(0, z)
    return y * (180 / np.pi) if deg else y


@implements(
    plain=lambda x: 1 / np.tan(x),
    exact=False,
    cases=[call(drawn(low=0.2, high=1.3)), call(drawn(2, 3, low=0.2, high=1.3))],
)
def cot(x):
    """Cotangent of x in radians, 1 / tan(x).

    The gradient is -gy * (1 + y**2).

    Examples
    --------
    >>> bool(cot(Variable(np.array(np.pi / 2))) < 1e-15)
    True
    """
    return reciprocal(tan(x))


@implements(
    plain=lambda x: 1 / np.cos(x),
    exact=False,
    cases=[call(drawn(low=0.2, high=1.3)), call(drawn(2, 3, low=0.2, high=1.3))],
)
def sec(x):
    """Secant of x in radians, 1 / cos(x).

    The gradient is gy * y * tan(x).

    Examples
    --------
    >>> sec(Variable(np.array(0.0)))
    variable(1.0)
    """
    return reciprocal(cos(x))


@implements(
    plain=lambda x: 1 / np.sin(x),
    exact=False,
    cases=[call(drawn(low=0.2, high=1.3)), call(drawn(2, 3, low=0.2, high=1.3))],
)
def csc(x):
    """Cosecant of x in radians, 1 / sin(x).

    The gradient is -gy * y * cot(x).

    Examples
    --------
    >>> csc(Variable(np.array(np.pi / 2)))
    variable(1.0)
    """
    return reciprocal(sin(x))


@implements(
    plain=lambda x: np.arctan(1 / x),
    exact=False,
    cases=[call(drawn(low=0.2, high=1.3)), call(drawn(2, 3, low=0.2, high=1.3))],
)
def arccot(x):
    """Inverse cotangent in radians, arctan(1 / x); pi / 2 at 0.

    The gradient is -gy / (1 + x**2), also at 0, where the value jumps from -pi / 2 to pi / 2.

    Examples
    --------
    >>> arccot(Variable(np.array(np.inf)))
    variable(0.0)
    """
    s = copysign(1, x)
    return arctan2(s, s * x)


@implements(
    plain=lambda x: np.arccos(1 / x),
    exact=False,
    cases=[call(drawn(low=1.2, high=3.0)), call(drawn(2, 3, low=1.2, high=3.0))],
)
def arcsec(x):
    """Inverse secant in radians, arccos(1 / x), for abs(x) of at least 1.

    The gradient is gy / (abs(x) * sqrt(x**2 - 1)), infinite at -1 and 1.

    Examples
    --------
    >>> arcsec(Variable(np.array(1.0)))
    variable(0.0)
    """
    return arccos(reciprocal(floating(x)))


@implements(
    plain=lambda x: np.arcsin(1 / x),
    exact=False,
    cases=[call(drawn(low=1.2, high=3.0)), call(drawn(2, 3, low=1.2, high=3.0))],
)
def arccsc(x):
    """Inverse cosecant in radians, arcsin(1 / x), for abs(x) of at least 1.

    The gradient is -gy / (abs(x) * sqrt(x**2 - 1)), infinite at -1 and 1.

    Examples
    --------
    >>> arccsc(Variable(np.array(np.inf)))
    variable(0.0)
    """
    return arcsin(reciprocal(floating(x)))


class Unwrap(Primitive):
    options = ("discont", "axis", "period")

    def forward(self, p):
        return np.unwrap(p, self.discont, self.axis, period=self.period)

    def backward(self, gy):
        return gy


@implements(
    np.unwrap,
    cases=[
        call(drawn(5, low=-9.0, high=9.0)),
        call(drawn(5, low=-9.0, high=9.0), discont=4.0),
        call(drawn(3, 4, low=-9.0, high=9.0), 3.5, 0),
        call(drawn(3, 4), axis=-1, period=1.5),
    ],
)
def unwrap(p, discont=None, axis=-1, *, period=2 * np.pi):
    """Angles without jumps: each gets the multiple of the period that brings it nearest to the one before.

    The gradient is gy, also at a jump of exactly half a period.

    Parameters
    ----------
    p : Variable or ndarray
    discont : float, optional
        The smallest jump that is removed; by default half a period.
    axis : int
        The axis along which the angles follow each other.
    period : float
        The period of the angles, by default 2 * pi.

    Returns
    -------
    Variable

    Examples
    --------
    >>> unwrap(Variable(np.array([0.0, 0.5, 3.75])), period=4.0)
    variable([ 0.    0.5  -0.25])
    """
    return Unwrap.operation(p, constant("discont", discont), axis, constant("period", period))
