"""Bessel functions: of the first, second and third kind, modified, scaled, spherical; their integrals."""

import numpy as np
import scipy.special as sp

from leopard.functions._primitives import Elementwise, Primitive
from leopard.functions._registry import call, drawn, implements
from leopard.functions.basic.arithmetic import sign
from leopard.functions.basic.complex import conj, imag, real
from leopard.functions.math.exponentials import exp
from leopard.scipy.special import _orders
from leopard.scipy.special._derivatives import Slope, bessel_derivative, central, in_order, near
from leopard.scipy.special._series import slope_of_besselpoly, slope_of_log_wright_bessel
from leopard.scipy.special._values import corrected

__all__ = [
    "besselpoly", "h1vp", "h2vp", "hankel1", "hankel1e", "hankel2", "hankel2e", "i0", "i0e", "i1", "i1e",
    "it2i0k0", "it2j0y0", "iti0k0", "itj0y0", "iv", "ive", "ivp", "j0", "j1", "jn", "jv", "jve", "jvp", "k0",
    "k0e", "k1", "k1e", "kn", "kv", "kve", "kvp", "log_wright_bessel", "spherical_in", "spherical_jn",
    "spherical_kn", "spherical_yn", "wright_bessel", "y0", "y1", "yn", "yv", "yve", "yvp",
]  # fmt: skip

_complex = [call(1.5, drawn(2, 3, low=0.5, dtype=complex))]


# -- Whole orders ----------------------------------------------------------------------------------


class J0(Elementwise):
    """Bessel function of the first kind and order 0.

    The gradient is -gy * j1(x).
    """

    ufunc = "scipy.special.j0"
    domain = [(-3.0, 3.0)]

    def backward(self, gy):
        return gy * -j1(self.inputs[0])


class J1(Elementwise):
    """Bessel function of the first kind and order 1.

    The gradient is gy * (j0(x) - y / x), and gy / 2 at 0.
    """

    ufunc = "scipy.special.j1"
    domain = [(-3.0, 3.0)]

    def backward(self, gy):
        return gy * SlopeOfJ1.operation(self.inputs[0], self.output)


def _of_order_1(slope, x):
    """The derivative of a function of order 1, which is 1/2 at 0, where its formula has 0 / 0."""
    return np.where(x == 0, np.asarray(0.5, slope.dtype), slope)


class SlopeOfJ1(Slope, listed=False):
    """Derivative of j1."""

    def forward(self, x, y):
        with np.errstate(invalid="ignore"):
            return _of_order_1(sp.j0(x) - np.divide(y, x), x)

    def second(self, x):
        return 0.25 * (jv(3.0, x) - 3 * j1(x))


class Y0(Elementwise):
    """Bessel function of the second kind and order 0.

    The gradient is -gy * y1(x).
    """

    ufunc = "scipy.special.y0"
    domain = [(0.5, 4.0)]

    def backward(self, gy):
        return gy * -y1(self.inputs[0])


class Y1(Elementwise):
    """Bessel function of the second kind and order 1.

    The gradient is gy * (y0(x) - y / x).
    """

    ufunc = "scipy.special.y1"
    domain = [(0.5, 4.0)]

    def backward(self, gy):
        (x,) = self.inputs
        return gy * (y0(x) - self.output / x)


class I0(Elementwise):
    """Modified Bessel function of the first kind and order 0.

    The gradient is gy * i1(x).
    """

    ufunc = "scipy.special.i0"
    domain = [(-3.0, 3.0)]

    def backward(self, gy):
        return gy * i1(self.inputs[0])


class I1(Elementwise):
    """Modified Bessel function of the first kind and order 1.

    The gradient is gy * (i0(x) - y / x), and gy / 2 at 0.
    """

    ufunc = "scipy.special.i1"
    domain = [(-3.0, 3.0)]

    def backward(self, gy):
        return gy * SlopeOfI1.operation(self.inputs[0], self.output)


class SlopeOfI1(Slope, listed=False):
    """Derivative of i1."""

    def forward(self, x, y):
        with np.errstate(invalid="ignore"):
            return _of_order_1(sp.i0(x) - np.divide(y, x), x)

    def second(self, x):
        return 0.25 * (iv(3.0, x) + 3 * i1(x))


class I0E(Elementwise):
    """Modified Bessel function of order 0, scaled, e**-abs(x) * i0(x).

    The gradient is gy * (i1e(x) - sign(x) * y), for large x by Hankel's expansion.
    """

    ufunc = "scipy.special.i0e"
    domain = [(0.5, 4.0)]

    def backward(self, gy):
        return gy * SlopeOfI0E.operation(self.inputs[0], self.output)


#: Up to here the formula of the derivative of a scaled function loses less than a digit and a half.
_SCALED = 10.0


class SlopeOfI0E(Slope, listed=False):
    """Derivative of i0e."""

    def forward(self, x, y):
        slope = sp.i1e(x) - np.sign(x) * y
        return corrected(slope, np.abs(x) > _SCALED, lambda x: _orders.slope_in_x_of_ive(0.0, x), x)

    def second(self, x):
        return SlopeOfIvE.operation(1.0, x) - sign(x) * self.output


class I1E(Elementwise):
    """Modified Bessel function of order 1, scaled, e**-abs(x) * i1(x).

    The gradient is gy * (i0e(x) - y / x - sign(x) * y), and gy / 2 at 0; for large x by Hankel's expansion.
    """

    ufunc = "scipy.special.i1e"
    domain = [(0.5, 4.0)]

    def backward(self, gy):
        return gy * SlopeOfI1E.operation(self.inputs[0], self.output)


class SlopeOfI1E(Slope, listed=False):
    """Derivative of i1e."""

    def forward(self, x, y):
        with np.errstate(invalid="ignore"):
            slope = _of_order_1(sp.i0e(x) - np.divide(y, x) - np.sign(x) * y, x)
        lost = (np.abs(x) > _SCALED) | (np.abs(slope) < 0.02)  # it is 0 near 1.545
        return corrected(slope, lost, lambda x: _orders.slope_in_x_of_ive(1.0, x), x)

    def second(self, x):
        of = SlopeOfIvE.operation
        return 0.5 * (of(0.0, x) + of(2.0, x)) - sign(x) * self.output


class K0(Elementwise):
    """Modified Bessel function of the second kind and order 0.

    The gradient is -gy * k1(x).
    """

    ufunc = "scipy.special.k0"
    domain = [(0.5, 4.0)]

    def backward(self, gy):
        return gy * -k1(self.inputs[0])


class K1(Elementwise):
    """Modified Bessel function of the second kind and order 1.

    The gradient is -gy * (k0(x) + y / x).
    """

    ufunc = "scipy.special.k1"
    domain = [(0.5, 4.0)]

    def backward(self, gy):
        (x,) = self.inputs
        return gy * -(k0(x) + self.output / x)


class K0E(Elementwise):
    """Modified Bessel function of order 0, scaled, e**x * k0(x).

    The gradient is gy * (y - k1e(x)), for large x by Hankel's expansion.
    """

    ufunc = "scipy.special.k0e"
    domain = [(0.5, 4.0)]

    def backward(self, gy):
        return gy * SlopeOfK0E.operation(self.inputs[0], self.output)


class SlopeOfK0E(Slope, listed=False):
    """Derivative of k0e."""

    def forward(self, x, y):
        slope = y - sp.k1e(x)
        return corrected(slope, np.abs(x) > _SCALED, lambda x: _orders.slope_in_x_of_kve(0.0, x), x)

    def second(self, x):
        return self.output - SlopeOfKvE.operation(1.0, x)


class K1E(Elementwise):
    """Modified Bessel function of order 1, scaled, e**x * k1(x).

    The gradient is gy * (y - k0e(x) - y / x), for large x by Hankel's expansion.
    """

    ufunc = "scipy.special.k1e"
    domain = [(0.5, 4.0)]

    def backward(self, gy):
        return gy * SlopeOfK1E.operation(self.inputs[0], self.output)


class SlopeOfK1E(Slope, listed=False):
    """Derivative of k1e."""

    def forward(self, x, y):
        with np.errstate(all="ignore"):
            slope = y - sp.k0e(x) - np.divide(y, x)
        return corrected(slope, np.abs(x) > _SCALED, lambda x: _orders.slope_in_x_of_kve(1.0, x), x)

    def second(self, x):
        of = SlopeOfKvE.operation
        return self.output - 0.5 * (of(0.0, x) + of(2.0, x))


class Kn(Elementwise):
    """Modified Bessel function of the second kind and whole order n.

    The gradient of x is -gy * (kn(n - 1, x) + kn(n + 1, x)) / 2; n is a whole number.
    """

    ufunc = "scipy.special.kn"
    domain = [(2.0, 3.0), (0.5, 4.0)]
    whole = {0: "n"}

    def backward(self, gy):
        n, x = self.inputs
        return None, gy * (-0.5 * (kv(n - 1, x) + kv(n + 1, x)))


class Yn(Elementwise):
    """Bessel function of the second kind and whole order n.

    The gradient of x is gy * (yn(n - 1, x) - yn(n + 1, x)) / 2; n is a whole number.
    """

    ufunc = "scipy.special.yn"
    domain = [(2.0, 3.0), (0.5, 4.0)]
    whole = {0: "n"}

    def backward(self, gy):
        n, x = self.inputs
        return None, gy * (0.5 * (yv(n - 1, x) - yv(n + 1, x)))


# -- Any order -------------------------------------------------------------------------------------


class SlopeOfJv(Elementwise):
    """Derivative of jv(v, x) in v, for real x > 0, by `_orders.slope_of_jv`; that in v again is a central
    difference.
    """

    domain = [(1.5, 3.0), (0.5, 4.0)]
    exact = False

    def forward(self, v, x):
        return _orders.slope_of_jv(v, x)

    def backward(self, gy):
        v, x = self.inputs
        gv = gy * central(lambda t: SlopeOfJv.operation(t, x), v, x) if self.wants(0) else None
        return gv, gy * (0.5 * (SlopeOfJv.operation(v - 1, x) - SlopeOfJv.operation(v + 1, x)))


class SlopeOfYv(Elementwise):
    """Derivative of yv(v, x) in v, for real x > 0, by `_orders.slope_of_yv`; that in v again is a central
    difference.
    """

    domain = [(1.5, 3.0), (0.5, 4.0)]
    exact = False

    def forward(self, v, x):
        return _orders.slope_of_yv(v, x)

    def backward(self, gy):
        v, x = self.inputs
        gv = gy * central(lambda t: SlopeOfYv.operation(t, x), v, x) if self.wants(0) else None
        return gv, gy * (0.5 * (SlopeOfYv.operation(v - 1, x) - SlopeOfYv.operation(v + 1, x)))


class OrderOfIvE(Elementwise):
    """Derivative of ive(v, x) in v, for real x > 0, by `_orders.slope_of_ive`; that in v again is a central
    difference.
    """

    domain = [(1.5, 3.0), (0.5, 4.0)]
    exact = False

    def forward(self, v, x):
        return _orders.slope_of_ive(v, x)

    def backward(self, gy):
        v, x = self.inputs
        both = OrderOfIvE.operation(v - 1, x) + OrderOfIvE.operation(v + 1, x)
        gv = gy * central(lambda t: OrderOfIvE.operation(t, x), v, x) if self.wants(0) else None
        return gv, gy * (0.5 * both - self.output)


class OrderOfKvE(Elementwise):
    """Derivative of kve(v, x) in v, for real x > 0, by `_orders.slope_of_kve`; that in v again is a central
    difference.
    """

    domain = [(0.5, 3.0), (0.5, 4.0)]
    exact = False

    def forward(self, v, x):
        return _orders.slope_of_kve(v, x)

    def backward(self, gy):
        v, x = self.inputs
        both = OrderOfKvE.operation(v - 1, x) + OrderOfKvE.operation(v + 1, x)
        gv = gy * central(lambda t: OrderOfKvE.operation(t, x), v, x) if self.wants(0) else None
        return gv, gy * (self.output - 0.5 * both)


class SlopeOfIvE(Elementwise):
    """Derivative of ive(v, x) in x, by `_orders.slope_in_x_of_ive`."""

    domain = [(0.5, 3.0), (0.5, 4.0)]
    exact = False

    def forward(self, v, x):
        return _orders.slope_in_x_of_ive(v, x)

    def backward(self, gy):
        v, x = self.inputs
        both = SlopeOfIvE.operation(v - 1, x) + SlopeOfIvE.operation(v + 1, x)
        order, gv = OrderOfIvE.operation, None
        if self.wants(0):
            gv = gy * (0.5 * (order(v - 1, x) + order(v + 1, x)) - sign(x) * order(v, x))
        return gv, gy * (0.5 * both - sign(x) * self.output)


class SlopeOfKvE(Elementwise):
    """Derivative of kve(v, x) in x, by `_orders.slope_in_x_of_kve`."""

    domain = [(0.5, 3.0), (0.5, 4.0)]
    exact = False

    def forward(self, v, x):
        return _orders.slope_in_x_of_kve(v, x)

    def backward(self, gy):
        v, x = self.inputs
        both = SlopeOfKvE.operation(v - 1, x) + SlopeOfKvE.operation(v + 1, x)
        order, gv = OrderOfKvE.operation, None
        if self.wants(0):
            gv = gy * (order(v, x) - 0.5 * (order(v - 1, x) + order(v + 1, x)))
        return gv, gy * (self.output - 0.5 * both)


class Jv(Elementwise):
    """Bessel function of the first kind and real order v, of real or complex z.

    The gradient of z is gy * (jv(v - 1, z) - jv(v + 1, z)) / 2. That of v, for real
    z > 0, follows from an integral or a power series differentiated in v.

    Examples
    --------
    >>> v = Variable(np.array([0.0, 1.5]))
    >>> z = Variable(np.array([1.0, 20.0]))
    >>> jv(v, z).sum().backward()
    >>> v.grad
    variable([ 0.13863372 -0.24920833])
    >>> z.grad
    variable([-0.44005059  0.16773048])
    """

    ufunc = "scipy.special.jv"
    domain = [(0.5, 3.0), (0.5, 4.0)]
    cases = _complex
    order = 2

    def backward(self, gy):
        v, z = self.inputs
        gv = in_order(self, gy, z, lambda: SlopeOfJv.operation(v, z))
        return gv, gy * conj(0.5 * (jv(v - 1, z) - jv(v + 1, z)))


class Yv(Elementwise):
    """Bessel function of the second kind and real order v, of real or complex z.

    The gradient of z is gy * (yv(v - 1, z) - yv(v + 1, z)) / 2. That of v, for real
    z > 0, follows from an integral differentiated in v.
    """

    ufunc = "scipy.special.yv"
    domain = [(0.5, 3.0), (0.5, 4.0)]
    cases = _complex
    order = 2

    def backward(self, gy):
        v, z = self.inputs
        gv = in_order(self, gy, z, lambda: SlopeOfYv.operation(v, z))
        return gv, gy * conj(0.5 * (yv(v - 1, z) - yv(v + 1, z)))


class Iv(Elementwise):
    """Modified Bessel function of the first kind and real order v, of real or complex z.

    The gradient of z is gy * (iv(v - 1, z) + iv(v + 1, z)) / 2. That of v, for real
    z > 0, follows from an integral or a power series differentiated in v.
    """

    ufunc = "scipy.special.iv"
    domain = [(0.5, 3.0), (0.5, 4.0)]
    cases = _complex
    order = 2

    def backward(self, gy):
        v, z = self.inputs
        gv = in_order(self, gy, z, lambda: OrderOfIvE.operation(v, z) * exp(z))
        return gv, gy * conj(0.5 * (iv(v - 1, z) + iv(v + 1, z)))


class Kv(Elementwise):
    """Modified Bessel function of the second kind and real order v, of real or complex z.

    The gradient of z is -gy * (kv(v - 1, z) + kv(v + 1, z)) / 2. That of v, for real
    z > 0, follows from the integral of t * sinh(v * t) * e**(-z * cosh(t)).
    """

    ufunc = "scipy.special.kv"
    domain = [(0.5, 3.0), (0.5, 4.0)]
    cases = _complex
    order = 2

    def backward(self, gy):
        v, z = self.inputs
        gv = in_order(self, gy, z, lambda: OrderOfKvE.operation(v, z) * exp(-z))
        return gv, gy * conj(-0.5 * (kv(v - 1, z) + kv(v + 1, z)))


class JvE(Elementwise):
    """Bessel function of the first kind, scaled: jv(v, z) * e**-abs(imag(z)).

    The gradient of z is gy * (jve(v - 1, z) - jve(v + 1, z)) / 2, and of complex z also that of the scale.
    That of v, for real z > 0, follows from that of jv.
    """

    ufunc = "scipy.special.jve"
    domain = [(0.5, 3.0), (0.5, 4.0)]
    cases = _complex
    order = 2

    def backward(self, gy):
        v, z = self.inputs
        gv = in_order(self, gy, z, lambda: SlopeOfJv.operation(v, z))
        slope = gy * conj(0.5 * (jve(v - 1, z) - jve(v + 1, z)))
        if z.dtype.kind == "c":
            slope = slope - 1j * sign(imag(z)) * real(conj(gy) * self.output)
        return gv, slope


class YvE(Elementwise):
    """Bessel function of the second kind, scaled: yv(v, z) * e**-abs(imag(z)).

    The gradient of z is gy * (yve(v - 1, z) - yve(v + 1, z)) / 2, and of complex z also that of the scale.
    That of v, for real z > 0, follows from that of yv.
    """

    ufunc = "scipy.special.yve"
    domain = [(0.5, 3.0), (0.5, 4.0)]
    cases = _complex
    order = 2

    def backward(self, gy):
        v, z = self.inputs
        gv = in_order(self, gy, z, lambda: SlopeOfYv.operation(v, z))
        slope = gy * conj(0.5 * (yve(v - 1, z) - yve(v + 1, z)))
        if z.dtype.kind == "c":
            slope = slope - 1j * sign(imag(z)) * real(conj(gy) * self.output)
        return gv, slope


class IvE(Elementwise):
    """Modified Bessel function of the first kind, scaled: iv(v, z) * e**-abs(real(z)).

    The gradient of z is gy * ((ive(v - 1, z) + ive(v + 1, z)) / 2 - sign(z) * y), for large real z by
    Hankel's expansion. That of v, for real z > 0, follows from that of iv.
    """

    ufunc = "scipy.special.ive"
    domain = [(0.5, 3.0), (0.5, 4.0)]
    cases = _complex
    order = 2

    def backward(self, gy):
        v, z = self.inputs
        gv = in_order(self, gy, z, lambda: OrderOfIvE.operation(v, z))
        if z.dtype.kind != "c":
            return gv, gy * SlopeOfIvE.operation(v, z)
        slope = gy * conj(0.5 * (ive(v - 1, z) + ive(v + 1, z)))
        return gv, slope - sign(real(z)) * real(conj(gy) * self.output)


class KvE(Elementwise):
    """Modified Bessel function of the second kind, scaled: kv(v, z) * e**z.

    The gradient of z is gy * (y - (kve(v - 1, z) + kve(v + 1, z)) / 2), for large real z by Hankel's
    expansion. That of v, for real z > 0, follows from that of kv.
    """

    ufunc = "scipy.special.kve"
    domain = [(0.5, 3.0), (0.5, 4.0)]
    cases = _complex
    order = 2

    def backward(self, gy):
        v, z = self.inputs
        gv = in_order(self, gy, z, lambda: OrderOfKvE.operation(v, z))
        if z.dtype.kind != "c":
            return gv, gy * SlopeOfKvE.operation(v, z)
        return gv, gy * conj(self.output - 0.5 * (kve(v - 1, z) + kve(v + 1, z)))


def _slope_of_hankel(v, z, i):
    """The slope of jv(v, z) + i * yv(v, z) in v; i is 1j or -1j."""
    return SlopeOfJv.operation(v, z) + i * SlopeOfYv.operation(v, z)


class Hankel1(Elementwise):
    """Hankel function of the first kind, jv(v, z) + i * yv(v, z).

    The gradient of z is gy * conj(hankel1(v - 1, z) - hankel1(v + 1, z)) / 2. That of v, for real
    z > 0, follows from those of jv and yv.
    """

    ufunc = "scipy.special.hankel1"
    domain = [(0.5, 3.0), (0.5, 4.0)]
    cases = _complex
    order = 1
    exact = False

    def backward(self, gy):
        v, z = self.inputs
        gv = in_order(self, gy, z, lambda: conj(_slope_of_hankel(v, z, 1j)))
        return gv, gy * conj(0.5 * (hankel1(v - 1, z) - hankel1(v + 1, z)))


class Hankel1E(Elementwise):
    """Hankel function of the first kind, scaled by e**(-i * z).

    The gradient of z is gy * conj((hankel1e(v - 1, z) - hankel1e(v + 1, z)) / 2 - i * y). That of v, for real
    z > 0, follows from those of jv and yv.
    """

    ufunc = "scipy.special.hankel1e"
    domain = [(0.5, 3.0), (0.5, 4.0)]
    cases = _complex
    order = 1
    exact = False

    def backward(self, gy):
        v, z = self.inputs
        gv = in_order(self, gy, z, lambda: conj(exp(-1j * z) * _slope_of_hankel(v, z, 1j)))
        slope = 0.5 * (hankel1e(v - 1, z) - hankel1e(v + 1, z)) - 1j * self.output
        return gv, gy * conj(slope)


class Hankel2(Elementwise):
    """Hankel function of the second kind, jv(v, z) - i * yv(v, z).

    The gradient of z is gy * conj(hankel2(v - 1, z) - hankel2(v + 1, z)) / 2. That of v, for real
    z > 0, follows from those of jv and yv.
    """

    ufunc = "scipy.special.hankel2"
    domain = [(0.5, 3.0), (0.5, 4.0)]
    cases = _complex
    order = 1
    exact = False

    def backward(self, gy):
        v, z = self.inputs
        gv = in_order(self, gy, z, lambda: conj(_slope_of_hankel(v, z, -1j)))
        return gv, gy * conj(0.5 * (hankel2(v - 1, z) - hankel2(v + 1, z)))


class Hankel2E(Elementwise):
    """Hankel function of the second kind, scaled by e**(+i * z).

    The gradient of z is gy * conj((hankel2e(v - 1, z) - hankel2e(v + 1, z)) / 2 + i * y). That of v, for real
    z > 0, follows from those of jv and yv.
    """

    ufunc = "scipy.special.hankel2e"
    domain = [(0.5, 3.0), (0.5, 4.0)]
    cases = _complex
    order = 1
    exact = False

    def backward(self, gy):
        v, z = self.inputs
        gv = in_order(self, gy, z, lambda: conj(exp(+1j * z) * _slope_of_hankel(v, z, -1j)))
        slope = 0.5 * (hankel2e(v - 1, z) - hankel2e(v + 1, z)) + 1j * self.output
        return gv, gy * conj(slope)


class WrightBessel(Elementwise):
    """Wright's generalized Bessel function of a, b and x >= 0.

    The gradient of x is gy * wright_bessel(a, a + b, x). Those of a and b are the power series (DLMF 10.46.1)
    differentiated term by term, for x up to some 1000.
    """

    ufunc = "scipy.special.wright_bessel"
    domain = [(0.5, 1.5), (0.5, 1.5), (0.5, 2.0)]

    def backward(self, gy):
        a, b, x = self.inputs
        g = gy * self.output
        ga = g * SlopeOfLogWright.operation(a, b, x, 0) if self.wants(0) else None
        gb = g * SlopeOfLogWright.operation(a, b, x, 1) if self.wants(1) else None
        return ga, gb, gy * wright_bessel(a, a + b, x)


class LogWrightBessel(Elementwise):
    """Logarithm of Wright's generalized Bessel function.

    The gradient of x is gy * e**(log_wright_bessel(a, a + b, x) - y). Those of a and b are the power series
    (DLMF 10.46.1) differentiated term by term, for x up to some 1000.
    """

    ufunc = "scipy.special.log_wright_bessel"
    domain = [(0.5, 1.5), (0.5, 1.5), (0.5, 2.0)]

    def backward(self, gy):
        a, b, x = self.inputs
        ga = gy * SlopeOfLogWright.operation(a, b, x, 0) if self.wants(0) else None
        gb = gy * SlopeOfLogWright.operation(a, b, x, 1) if self.wants(1) else None
        return ga, gb, gy * exp(log_wright_bessel(a, a + b, x) - self.output)


class SlopeOfLogWright(Primitive):
    """Derivative of log_wright_bessel in a (k = 0) or b (k = 1); those in a and b again are central
    differences.
    """

    n_inputs = 3
    options = ("k",)
    broadcasts = True

    def forward(self, a, b, x):
        return slope_of_log_wright_bessel(a, b, x, self.k)

    def backward(self, gy):
        a, b, x = self.inputs

        def slope(a, b, k=self.k):
            return SlopeOfLogWright.operation(a, b, x, k)

        ga = gy * central(lambda t: slope(t, b), a, b, x, step=near(a)) if self.wanted[0] else None
        gb = gy * central(lambda t: slope(a, t), b, a, x, step=near(b)) if self.wanted[1] else None
        if not self.wanted[2]:
            return ga, gb, None
        above = slope(a, a + b) - slope(a, b) + (slope(a, a + b, 1) if self.k == 0 else 0)
        return ga, gb, gy * exp(log_wright_bessel(a, a + b, x) - log_wright_bessel(a, b, x)) * above


class BesselPoly(Elementwise):
    """Integral of x**lmb * jv(nu, 2 * a * x) for x from 0 to 1.

    The gradient of a is gy * (besselpoly(a, lmb + 1, nu - 1) - besselpoly(a, lmb + 1, nu + 1)). Those of lmb
    and nu, for a > 0, are its power series in a differentiated term by term, which loses digits for a above
    3, as SciPy's own value does.
    """

    ufunc = "scipy.special.besselpoly"
    domain = [(0.5, 2.0), (0.5, 1.5), (1.5, 3.5)]

    def backward(self, gy):
        a, lmb, nu = self.inputs
        ga = gy * (besselpoly(a, lmb + 1, nu - 1) - besselpoly(a, lmb + 1, nu + 1))
        g1 = gy * SlopeOfBesselPoly.operation(a, lmb, nu, 1) if self.wants(1) else None
        return ga, g1, gy * SlopeOfBesselPoly.operation(a, lmb, nu, 2) if self.wants(2) else None


class SlopeOfBesselPoly(Primitive):
    """Derivative of besselpoly in lmb (k = 1) or nu (k = 2); those in lmb and nu again are central
    differences.
    """

    n_inputs = 3
    options = ("k",)
    broadcasts = True

    def forward(self, a, lmb, nu):
        return slope_of_besselpoly(a, lmb, nu, self.k)

    def backward(self, gy):
        a, lmb, nu = self.inputs

        def slope(lmb, nu):
            return SlopeOfBesselPoly.operation(a, lmb, nu, self.k)

        ga = gy * (slope(lmb + 1, nu - 1) - slope(lmb + 1, nu + 1)) if self.wanted[0] else None
        g1 = gy * central(lambda t: slope(t, nu), lmb, a, nu) if self.wanted[1] else None
        return ga, g1, gy * central(lambda t: slope(lmb, t), nu, a, lmb) if self.wanted[2] else None


# -- Spherical -------------------------------------------------------------------------------------


def _spherical(cls, n, z):
    return cls.operation(np.asarray(n, np.dtype("long")), z)


def _spherical_second(f, gy, cls, sign):
    """The rule of a derivative f of the function y of `cls`, by its differential equation.

    It is z * z * y'' + 2 * z * y' = (sign * z * z + n * (n + 1)) * y, where the sign is -1 (DLMF 10.47.1), or
    1 for the modified functions (10.47.2).
    """
    n, z = f.inputs[0], conj(f.inputs[1])
    y, slope = cls.operation(n, z), type(f).operation(n, z)
    return None, gy * (-2 / z * slope + (sign + n * (n + 1) / (z * z)) * y)


class SphericalJn(Elementwise):
    """Spherical Bessel function of the first kind, and whole order n.

    The gradient of z is gy * spherical_jn(n, z, derivative=True); n is a whole number.
    """

    ufunc = "scipy.special._ufuncs._spherical_jn"
    domain = [(2.0, 3.0), (0.5, 4.0)]
    whole = {0: "n"}
    exact = False

    def backward(self, gy):
        n, z = self.inputs
        return None, gy * SphericalJnSlope.operation(n, conj(z))


class SphericalJnSlope(Elementwise):
    """Derivative of spherical_jn. Its gradient follows from the differential equation (DLMF 10.47.1)."""

    ufunc = "scipy.special._ufuncs._spherical_jn_d"
    domain = [(2.0, 3.0), (0.5, 4.0)]
    whole = {0: "n"}
    exact = False

    def backward(self, gy):
        return _spherical_second(self, gy, SphericalJn, -1)


def spherical_jn(n, z, derivative=False):
    """Spherical Bessel function of the first kind, and whole order n, or its derivative in z.

    The gradient of z is that of the derivative; n is a whole number.
    """
    return _spherical(SphericalJnSlope if derivative else SphericalJn, n, z)


class SphericalYn(Elementwise):
    """Spherical Bessel function of the second kind, and whole order n.

    The gradient of z is gy * spherical_yn(n, z, derivative=True); n is a whole number.
    """

    ufunc = "scipy.special._ufuncs._spherical_yn"
    domain = [(2.0, 3.0), (0.5, 4.0)]
    whole = {0: "n"}
    exact = False

    def backward(self, gy):
        n, z = self.inputs
        return None, gy * SphericalYnSlope.operation(n, conj(z))


class SphericalYnSlope(Elementwise):
    """Derivative of spherical_yn. Its gradient follows from the differential equation (DLMF 10.47.1)."""

    ufunc = "scipy.special._ufuncs._spherical_yn_d"
    domain = [(2.0, 3.0), (0.5, 4.0)]
    whole = {0: "n"}
    exact = False

    def backward(self, gy):
        return _spherical_second(self, gy, SphericalYn, -1)


def spherical_yn(n, z, derivative=False):
    """Spherical Bessel function of the second kind, and whole order n, or its derivative in z.

    The gradient of z is that of the derivative; n is a whole number.
    """
    return _spherical(SphericalYnSlope if derivative else SphericalYn, n, z)


class SphericalIn(Elementwise):
    """Spherical Bessel function of the first kind, modified, and whole order n.

    The gradient of z is gy * spherical_in(n, z, derivative=True); n is a whole number.
    """

    ufunc = "scipy.special._ufuncs._spherical_in"
    domain = [(2.0, 3.0), (0.5, 4.0)]
    whole = {0: "n"}
    exact = False

    def backward(self, gy):
        n, z = self.inputs
        return None, gy * SphericalInSlope.operation(n, conj(z))


class SphericalInSlope(Elementwise):
    """Derivative of spherical_in. Its gradient follows from the differential equation (DLMF 10.47.2)."""

    ufunc = "scipy.special._ufuncs._spherical_in_d"
    domain = [(2.0, 3.0), (0.5, 4.0)]
    whole = {0: "n"}
    exact = False

    def backward(self, gy):
        return _spherical_second(self, gy, SphericalIn, 1)


def spherical_in(n, z, derivative=False):
    """Spherical Bessel function of the first kind, modified, and whole order n, or its derivative in z.

    The gradient of z is that of the derivative; n is a whole number.
    """
    return _spherical(SphericalInSlope if derivative else SphericalIn, n, z)


class SphericalKn(Elementwise):
    """Spherical Bessel function of the second kind, modified, and whole order n.

    The gradient of z is gy * spherical_kn(n, z, derivative=True); n is a whole number.
    """

    ufunc = "scipy.special._ufuncs._spherical_kn"
    domain = [(2.0, 3.0), (0.5, 4.0)]
    whole = {0: "n"}
    exact = False

    def backward(self, gy):
        n, z = self.inputs
        return None, gy * SphericalKnSlope.operation(n, conj(z))


class SphericalKnSlope(Elementwise):
    """Derivative of spherical_kn. Its gradient follows from the differential equation (DLMF 10.47.2)."""

    ufunc = "scipy.special._ufuncs._spherical_kn_d"
    domain = [(2.0, 3.0), (0.5, 4.0)]
    whole = {0: "n"}
    exact = False

    def backward(self, gy):
        return _spherical_second(self, gy, SphericalKn, 1)


def spherical_kn(n, z, derivative=False):
    """Spherical Bessel function of the second kind, modified, and whole order n, or its derivative in z.

    The gradient of z is that of the derivative; n is a whole number.
    """
    return _spherical(SphericalKnSlope if derivative else SphericalKn, n, z)


# -- Derivatives -----------------------------------------------------------------------------------


def jvp(v, z, n=1):
    """The n-th derivative in z of the Bessel function of the first kind (jv), by DLMF 10.6.7 and 10.29.5.

    The gradients are those of jv at orders from v - n to v + n.
    """
    return bessel_derivative(jv, v, z, n, -1)


def yvp(v, z, n=1):
    """The n-th derivative in z of the Bessel function of the second kind (yv), by DLMF 10.6.7 and 10.29.5.

    The gradients are those of yv at orders from v - n to v + n.
    """
    return bessel_derivative(yv, v, z, n, -1)


def ivp(v, z, n=1):
    """The n-th derivative in z of the Bessel function modified, of the first kind (iv), by DLMF 10.6.7 and
    10.29.5.

    The gradients are those of iv at orders from v - n to v + n.
    """
    return bessel_derivative(iv, v, z, n, 1)


def kvp(v, z, n=1):
    """The n-th derivative in z of the Bessel function modified, of the second kind (kv), by DLMF 10.6.7 and
    10.29.5.

    The gradients are those of kv at orders from v - n to v + n.
    """
    return (-1) ** n * bessel_derivative(kv, v, z, n, 1)


def h1vp(v, z, n=1):
    """The n-th derivative in z of the Bessel function of Hankel's first kind (hankel1), by DLMF 10.6.7 and
    10.29.5.

    The gradients are those of hankel1 at orders from v - n to v + n.
    """
    return bessel_derivative(hankel1, v, z, n, -1)


def h2vp(v, z, n=1):
    """The n-th derivative in z of the Bessel function of Hankel's second kind (hankel2), by DLMF 10.6.7 and
    10.29.5.

    The gradients are those of hankel2 at orders from v - n to v + n.
    """
    return bessel_derivative(hankel2, v, z, n, -1)


# -- Integrals -------------------------------------------------------------------------------------


class ItJ0Y0(Primitive):
    def forward(self, x):
        return sp.itj0y0(x)

    def backward(self, ga, gb):
        (x,) = self.inputs
        return ga * j0(x) + gb * y0(x)


@implements(sp.itj0y0, cases=[call(drawn(2, 3, low=0.5)), call(drawn(low=0.5))], exact=False)
def itj0y0(x):
    """Integrals of j0 and y0 from 0 to x.

    The gradient is gj * j0(x) + gy * y0(x).
    """
    return tuple(ItJ0Y0.operation(x))


class ItI0K0(Primitive):
    def forward(self, x):
        return sp.iti0k0(x)

    def backward(self, ga, gb):
        (x,) = self.inputs
        return ga * i0(x) + gb * k0(x)


@implements(sp.iti0k0, cases=[call(drawn(2, 3, low=0.5)), call(drawn(low=0.5))], exact=False)
def iti0k0(x):
    """Integrals of i0 and k0 from 0 to x.

    The gradient is gi * i0(x) + gk * k0(x).
    """
    return tuple(ItI0K0.operation(x))


class It2J0Y0(Primitive):
    def forward(self, x):
        return sp.it2j0y0(x)

    def backward(self, ga, gb):
        (x,) = self.inputs
        return ga * ((1 - j0(x)) / x) - gb * (y0(x) / x)


@implements(sp.it2j0y0, cases=[call(drawn(2, 3, low=0.5)), call(drawn(low=0.5))], exact=False)
def it2j0y0(x):
    """Integrals of (1 - j0(t)) / t from 0 to x, and of y0(t) / t from x on.

    The gradient is gj * (1 - j0(x)) / x - gy * y0(x) / x.
    """
    return tuple(It2J0Y0.operation(x))


class It2I0K0(Primitive):
    def forward(self, x):
        return sp.it2i0k0(x)

    def backward(self, ga, gb):
        (x,) = self.inputs
        return ga * ((i0(x) - 1) / x) - gb * (k0(x) / x)


@implements(sp.it2i0k0, cases=[call(drawn(2, 3, low=0.5)), call(drawn(low=0.5))], exact=False)
def it2i0k0(x):
    """Integrals of (i0(t) - 1) / t from 0 to x, and of k0(t) / t from x on.

    The gradient is gi * (i0(x) - 1) / x - gk * k0(x) / x.
    """
    return tuple(It2I0K0.operation(x))


j0 = J0.operation
j1 = J1.operation
y0 = Y0.operation
y1 = Y1.operation
i0 = I0.operation
i1 = I1.operation
i0e = I0E.operation
i1e = I1E.operation
k0 = K0.operation
k1 = K1.operation
k0e = K0E.operation
k1e = K1E.operation
kn = Kn.operation
yn = Yn.operation
jv = Jv.operation
yv = Yv.operation
iv = Iv.operation
kv = Kv.operation
jve = JvE.operation
yve = YvE.operation
ive = IvE.operation
kve = KvE.operation
hankel1 = Hankel1.operation
hankel1e = Hankel1E.operation
hankel2 = Hankel2.operation
hankel2e = Hankel2E.operation
wright_bessel = WrightBessel.operation
log_wright_bessel = LogWrightBessel.operation
besselpoly = BesselPoly.operation
jn = jv
