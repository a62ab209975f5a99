"""The error function and its relatives, the normal distribution, and the Fresnel integrals."""

import numpy as np
import scipy.special as sp

from leopard.functions._primitives import Elementwise, Primitive
from leopard.functions._registry import call, drawn, implements
from leopard.functions.basic.complex import conj, imag, real
from leopard.functions.math.exponentials import exp
from leopard.functions.math.trigonometry import cos, sin
from leopard.scipy.special._derivatives import Slope
from leopard.scipy.special._values import corrected

__all__ = [
    "dawsn", "erf", "erfc", "erfcinv", "erfcx", "erfi", "erfinv", "fresnel", "log_ndtr", "modfresnelm",
    "modfresnelp", "ndtr", "ndtri", "ndtri_exp", "owens_t", "voigt_profile", "wofz",
]  # fmt: skip

_slope = 2 / np.sqrt(np.pi)
_root_2_pi = np.sqrt(2 * np.pi)
_complex = [call(drawn(2, 3, low=-1.5, high=1.5, dtype=complex))]


class Erf(Elementwise):
    """Error function.

    The gradient is gy * 2 / sqrt(pi) * e**(-x**2).

    Examples
    --------
    >>> x = Variable(np.array([0.0, 0.5, 6.0]))
    >>> erf(x).sum().backward()
    >>> x.grad
    variable([1.12837917e+00 8.78782579e-01 2.61730124e-16])
    """

    ufunc = "scipy.special.erf"
    cases = _complex

    def backward(self, gy):
        x = conj(self.inputs[0])
        return gy * (_slope * exp(-x * x))


class ErfC(Elementwise):
    """Complement of the error function, 1 - erf(x).

    The gradient is -gy * 2 / sqrt(pi) * e**(-x**2).
    """

    ufunc = "scipy.special.erfc"
    cases = _complex

    def backward(self, gy):
        x = conj(self.inputs[0])
        return gy * (-_slope * exp(-x * x))


class ErfI(Elementwise):
    """Imaginary error function, -i * erf(i * x).

    The gradient is gy * 2 / sqrt(pi) * e**(x**2).
    """

    ufunc = "scipy.special.erfi"
    cases = _complex

    def backward(self, gy):
        x = conj(self.inputs[0])
        return gy * (_slope * exp(x * x))


_FAR = 5.95  # where the least term of the asymptotic expansions is an epsilon


def _far_slope(x, sign, n):
    """Asymptotic n-th derivative of erfcx * sqrt(pi) (sign -1) or of 2 * dawsn (sign 1), DLMF 7.12.1."""
    x = np.where(np.abs(x) > _FAR, x, np.inf)
    total = term = 1 / x ** (n + 1) * (-1.0) ** n * sp.gamma(n + 1)
    for k in range(1, 36):
        # (2k - 1)!! / 2**k * x**-(2k + 1), differentiated n times
        term = (
            term * sign * (2 * k - 1) / (2 * x * x) * (2 * k + n) * (2 * k + n - 1) / ((2 * k) * (2 * k - 1))
        )
        total = total + term
    return total


class ErfCX(Elementwise):
    """Scaled complement of the error function, e**(x**2) * erfc(x).

    The gradient is gy * (2 * x * y - 2 / sqrt(pi)); for real x above 6 it is computed by the asymptotic
    expansion, as this difference would lose its digits.
    """

    ufunc = "scipy.special.erfcx"
    cases = _complex

    def backward(self, gy):
        return gy * SlopeOfErfCX.operation(conj(self.inputs[0]), conj(self.output))


class SlopeOfErfCX(Slope, listed=False):
    """Derivative of erfcx."""

    def forward(self, x, y):
        slope = 2 * x * y - _slope
        if slope.dtype.kind == "c":
            return slope
        return corrected(slope, x > _FAR, lambda x: _far_slope(x, -1, 1) / np.sqrt(np.pi), x)

    def second(self, x):
        x = conj(x)
        return 2 * (erfcx(x) + x * conj(self.output))


class Dawsn(Elementwise):
    """Dawson's integral, e**(-x**2) times the integral of e**(t**2) from 0 to x.

    The gradient is gy * (1 - 2 * x * y); for real x above 6 it is computed by the asymptotic expansion, as
    this difference would lose its digits.
    """

    ufunc = "scipy.special.dawsn"
    cases = _complex

    def backward(self, gy):
        return gy * SlopeOfDawsn.operation(conj(self.inputs[0]), conj(self.output))


class SlopeOfDawsn(Slope, listed=False):
    """Derivative of dawsn."""

    def forward(self, x, y):
        slope = 1 - 2 * x * y
        if slope.dtype.kind == "c":
            return slope
        return corrected(slope, np.abs(x) > _FAR, lambda x: 0.5 * _far_slope(x, 1, 1), x)

    def second(self, x):
        x = conj(x)
        return -2 * (dawsn(x) + x * conj(self.output))


class WofZ(Elementwise):
    """Faddeeva function, e**(-z**2) * erfc(-i * z), which is complex.

    The gradient is gy times the conjugate of -2 * z * y + 2i / sqrt(pi), computed by the asymptotic expansion
    where abs(z) is above 6 in the upper half plane.
    """

    ufunc = "scipy.special.wofz"
    cases = _complex
    exact = False

    def backward(self, gy):
        return gy * conj(SlopeOfWofZ.operation(self.inputs[0], 1.0))


def _slope_of_wofz(z, n):
    """The n-th derivative of wofz, n > 0: by w' = -2 * z * w + 2i / sqrt(pi), and by DLMF 7.12.1 far out."""
    z, n = np.broadcast_arrays(np.asarray(z, complex), np.asarray(n, float))
    far = (np.abs(z) > _FAR) & (z.imag >= 0)
    u = np.where(far, z, np.inf)
    with np.errstate(all="ignore"):
        term = 1j / np.sqrt(np.pi) * (-1.0) ** n * sp.gamma(n + 1) / u ** (n + 1)
        total = term
        for k in range(1, 36):
            term = term * (2 * k - 1) / (2 * u * u) * (2 * k + n) * (2 * k + n - 1) / ((2 * k) * (2 * k - 1))
            total = total + term
        gauss = np.where(far, np.exp(-z * z), 0)  # what the expansion leaves out, beside the real line
        below, y = 0 * z, np.where(far, gauss, sp.wofz(z))
        for k in range(int(n.max(initial=0))):
            following = -2 * z * y - 2 * k * below
            following = following + np.where(far, 0, 1j * _slope) if k == 0 else following
            below, y = np.where(k < n, y, below), np.where(k < n, following, y)
    return np.where(far, np.where(np.isfinite(y), y, 0) * (np.abs(z.imag) < 1) + total, y)[()]


class SlopeOfWofZ(Elementwise):
    """The n-th derivative of wofz, n > 0; its gradient is that of order n + 1."""

    domain = [(-2.0, 2.0), (1.0, 2.0)]
    whole = {1: "n"}
    exact = False

    def forward(self, z, n):
        return _slope_of_wofz(z, n)

    def backward(self, gy):
        z, n = self.inputs
        return gy * conj(SlopeOfWofZ.operation(z, n + 1)), None


class ErfInv(Elementwise):
    """Inverse of the error function.

    The gradient is gy * sqrt(pi) / 2 * e**(y**2).
    """

    ufunc = "scipy.special.erfinv"
    domain = [(-0.9, 0.9)]

    def backward(self, gy):
        y = self.output
        return gy * (exp(y * y) / _slope)


class ErfCInv(Elementwise):
    """Inverse of the complement of the error function.

    The gradient is -gy * sqrt(pi) / 2 * e**(y**2).
    """

    ufunc = "scipy.special.erfcinv"
    domain = [(0.1, 1.9)]

    def backward(self, gy):
        y = self.output
        return gy * (exp(y * y) / -_slope)


class NdTr(Elementwise):
    """Distribution function of the normal distribution.

    The gradient is gy * e**(-x**2 / 2) / sqrt(2 * pi).

    Examples
    --------
    >>> x = Variable(np.array([-40.0, 0.0, 1.0]))
    >>> ndtr(x).sum().backward()
    >>> x.grad
    variable([0.         0.39894228 0.24197072])
    """

    ufunc = "scipy.special.ndtr"
    cases = _complex

    def backward(self, gy):
        x = conj(self.inputs[0])
        return gy * (exp(-0.5 * x * x) / _root_2_pi)


class LogNdTr(Elementwise):
    """Logarithm of the distribution function of the normal distribution.

    The gradient is gy * e**(-x**2 / 2 - y) / sqrt(2 * pi); in the tails, where this would lose digits, gy *
    sqrt(2 / pi) / erfcx(-x / sqrt(2)).

    Examples
    --------
    >>> x = Variable(np.array([-40.0, 0.0, 1.0]))
    >>> log_ndtr(x).sum().backward()
    >>> x.grad
    variable([40.02496885  0.79788456  0.28759997])
    """

    ufunc = "scipy.special.log_ndtr"
    cases = _complex

    def backward(self, gy):
        return gy * SlopeOfLogNdTr.operation(conj(self.inputs[0]), conj(self.output))


class SlopeOfLogNdTr(Slope, listed=False):
    """Derivative of log_ndtr."""

    def forward(self, x, y):
        def far(x):
            return np.sqrt(2 / np.pi) / sp.erfcx(x * -np.sqrt(0.5))

        if np.asarray(x).dtype.kind == "c":
            return far(x)
        with np.errstate(all="ignore"):
            slope = np.exp(-0.5 * x * x - y) / _root_2_pi
        return corrected(slope, ~(np.abs(x) < 6), far, x)

    def second(self, x):
        slope = conj(self.output)
        return -slope * (conj(x) + slope)


class NdTrI(Elementwise):
    """Inverse of the distribution function of the normal distribution.

    The gradient is gy * sqrt(2 * pi) * e**(y**2 / 2).
    """

    ufunc = "scipy.special.ndtri"
    domain = [(0.05, 0.95)]

    def backward(self, gy):
        y = self.output
        return gy * (_root_2_pi * exp(0.5 * y * y))


class NdTrIExp(Elementwise):
    """The inverse of log_ndtr.

    The gradient is gy * sqrt(pi / 2) * erfcx(-y / sqrt(2)).
    """

    ufunc = "scipy.special.ndtri_exp"
    domain = [(-3.0, -0.1)]

    def backward(self, gy):
        return gy * (np.sqrt(np.pi / 2) * erfcx(self.output * -np.sqrt(0.5)))


class OwensT(Elementwise):
    """Owen's T function of h and a.

    The gradients are -gy * e**(-h**2 / 2) * erf(a * h / sqrt(2)) / sqrt(8 * pi) and gy * e**(-h**2 *
    (1 + a**2) / 2) / (2 * pi * (1 + a**2)).
    """

    ufunc = "scipy.special.owens_t"
    domain = [(-2.0, 2.0), (-2.0, 2.0)]
    exact = False

    def backward(self, gy):
        h, a = self.inputs
        square = 1 + a * a
        gh = gy * (exp(-0.5 * h * h) * erf(a * h * np.sqrt(0.5)) / -np.sqrt(8 * np.pi))
        return gh, gy * (exp(-0.5 * h * h * square) / (2 * np.pi * square))


class VoigtProfile(Elementwise):
    """Convolution of a normal density of deviation sigma and a Cauchy density of width gamma, at x.

    With z = (x + i * gamma) / (sigma * sqrt(2)) and the derivatives d and e of wofz at z, the gradients are
    gy / (2 * sqrt(pi) * sigma**2) times the real part of d, the real part of e / sqrt(2), as the profile
    obeys the equation of heat conduction, and minus the imaginary part of d.
    """

    ufunc = "scipy.special.voigt_profile"
    domain = [(-2.0, 2.0), (0.5, 2.0), (0.5, 2.0)]

    def backward(self, gy):
        x, sigma, gamma = self.inputs
        z = (x + 1j * gamma) / (sigma * np.sqrt(2))
        d = SlopeOfWofZ.operation(z, 1.0)
        g = gy / (2 * np.sqrt(np.pi) * sigma * sigma)
        return g * real(d), np.sqrt(0.5) * g * real(SlopeOfWofZ.operation(z, 2.0)), -g * imag(d)


class Fresnel(Primitive):
    def forward(self, x):
        return sp.fresnel(x)

    def backward(self, gs, gc):
        x = conj(self.inputs[0])
        t = np.pi / 2 * x * x
        return gs * sin(t) + gc * cos(t)


@implements(
    sp.fresnel,
    cases=[call(drawn(2, 3)), call(drawn()), call(drawn(2, 3, dtype=complex, low=0.5, high=1.5))],
)
def fresnel(x):
    """Fresnel integrals S(x) and C(x).

    The gradient is gs * sin(pi * x**2 / 2) + gc * cos(pi * x**2 / 2).
    """
    return tuple(Fresnel.operation(x))


class ModFresnelP(Primitive):
    sign = 1

    def forward(self, x):
        return sp.modfresnelp(x)

    def backward(self, gf, gk):
        (x,) = self.inputs
        i = 1j * self.sign
        k = (modfresnelp if self.sign > 0 else modfresnelm)(x)[1]
        df = -exp(i * x * x)
        dk = -2 * i * x * k - np.exp(-i * np.pi / 4) / np.sqrt(np.pi)
        return real(gf * conj(df) + gk * conj(dk))


class ModFresnelM(ModFresnelP):
    sign = -1

    def forward(self, x):
        return sp.modfresnelm(x)


@implements(sp.modfresnelp, cases=[call(drawn(2, 3, low=0.2)), call(drawn(low=0.2))], exact=False)
def modfresnelp(x):
    """Modified Fresnel integrals F+(x) and K+(x), of real x; both are complex.

    The gradients are those of gf * -e**(i * x**2) and gk * (-2i * x * K - e**(-i * pi / 4) / sqrt(pi)). SciPy
    1.17 has wrong values of F for negative x.
    """
    return tuple(ModFresnelP.operation(x))


@implements(sp.modfresnelm, cases=[call(drawn(2, 3, low=0.2)), call(drawn(low=0.2))], exact=False)
def modfresnelm(x):
    """Modified Fresnel integrals F-(x) and K-(x), of real x; both are complex.

    The gradients are those of gf * -e**(-i * x**2) and gk * (2i * x * K - e**(i * pi / 4) / sqrt(pi)). SciPy
    1.17 has wrong values of F for negative x.
    """
    return tuple(ModFresnelM.operation(x))


erf = Erf.operation
erfc = ErfC.operation
erfcx = ErfCX.operation
erfi = ErfI.operation
dawsn = Dawsn.operation
wofz = WofZ.operation
erfinv = ErfInv.operation
erfcinv = ErfCInv.operation
ndtr = NdTr.operation
log_ndtr = LogNdTr.operation
ndtri = NdTrI.operation
ndtri_exp = NdTrIExp.operation
owens_t = OwensT.operation
voigt_profile = VoigtProfile.operation
