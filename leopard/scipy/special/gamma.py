"""The gamma function, its logarithms and derivatives, and the incomplete gamma functions."""

import numpy as np
import scipy.special as sp

from leopard.functions._primitives import Elementwise
from leopard.functions._registry import call, drawn
from leopard.functions.basic.complex import conj
from leopard.functions.math.exponentials import log
from leopard.scipy.special._derivatives import Slope, of_inverse, products
from leopard.scipy.special._values import (
    corrected,
    density_of_gamma,
    digamma_step,
    of_reals,
    slope_of_gammainc,
)

__all__ = [
    "digamma", "gamma", "gammainc", "gammaincc", "gammainccinv", "gammaincinv", "gammaln", "gammasgn",
    "loggamma", "poch", "polygamma", "psi", "rgamma",
]  # fmt: skip


class Gamma(Elementwise):
    """Gamma function.

    The gradient is gy * y * digamma(x).
    """

    ufunc = "scipy.special.gamma"
    domain = [(0.5, 4.0)]

    def backward(self, gy):
        return gy * (conj(self.output) * digamma(conj(self.inputs[0])))


class GammaLn(Elementwise):
    """Logarithm of the absolute value of the gamma function.

    The gradient is gy * digamma(x).

    Examples
    --------
    >>> x = Variable(np.array([0.5, 3.0, 170.0]))
    >>> gammaln(x).sum().backward()
    >>> x.grad
    variable([-1.96351003  0.92278434  5.13285438])
    """

    ufunc = "scipy.special.gammaln"
    domain = [(0.5, 4.0)]

    def backward(self, gy):
        return gy * digamma(self.inputs[0])


class LogGamma(Elementwise):
    """Principal branch of the logarithm of the gamma function, for real and complex numbers.

    The gradient is gy * digamma(x).
    """

    ufunc = "scipy.special.loggamma"
    domain = [(0.5, 4.0)]
    cases = [call(drawn(2, 3, low=1.0, high=3.0, dtype=complex))]

    def backward(self, gy):
        return gy * digamma(conj(self.inputs[0]))


class Digamma(Elementwise):
    """Derivative of the logarithm of the gamma function.

    The gradient is gy * zeta(2, x). At complex numbers the trigamma function is computed by its recurrence
    (DLMF 5.5.2 differentiated) and, where abs(x) is at least 16, by its asymptotic expansion (5.15.8).

    Examples
    --------
    >>> x = Variable(np.array([0.5, 1.0, 10.0]))
    >>> digamma(x).sum().backward()
    >>> x.grad
    variable([4.9348022  1.64493407 0.10516634])
    """

    ufunc = "scipy.special.digamma"
    domain = [(0.5, 4.0)]
    cases = [call(drawn(2, 3, low=1.0, high=3.0, dtype=complex))]

    def backward(self, gy):
        x = conj(self.inputs[0])
        return gy * (ComplexPolyGamma.operation(1.0, x) if x.dtype.kind == "c" else _zeta(2.0, x))


class PolyGamma(Elementwise):
    """Derivatives of the digamma function, of order n, a whole number of at least 0.

    The gradient of x is gy * polygamma(n + 1, x); n is a whole number.
    """

    ufunc = "scipy.special.polygamma"
    domain = [(1.0, 3.0), (0.5, 4.0)]
    whole = {0: "n"}

    def backward(self, gy):
        n, x = self.inputs
        return None, gy * polygamma(n + 1, x)


def _complex_polygamma(n, z):
    """Polygamma functions, n > 0: recurrence to a real part of 16 + n, then DLMF 5.15.8 and 5.15.9."""
    n, z = np.broadcast_arrays(np.asarray(n, float), np.asarray(z, complex))
    sign = (-1.0) ** (n + 1) * sp.gamma(n + 1)
    z, total = z.copy(), np.zeros(z.shape, complex)
    while np.any(small := z.real < 16 + n):
        total = total + np.where(small, np.where(small, z, 1) ** -(n + 1), 0)
        z = np.where(small, z + 1, z)
    total = total + z**-n / n + z ** -(n + 1) / 2
    for k, b in enumerate(sp.bernoulli(30)[2::2], 1):
        total = total + b * sp.poch(n + 1, 2 * k - 1) / sp.gamma(2 * k + 1) * z ** -(n + 2 * k)
    return sign * total


class ComplexPolyGamma(Elementwise):
    """Polygamma functions of complex numbers, of order n > 0.

    The gradient of x is that of the order above.
    """

    domain = [(1.0, 3.0), (0.5, 4.0)]
    whole = {0: "n"}
    exact = False

    def forward(self, n, x):
        return _complex_polygamma(n, x)

    def backward(self, gy):
        n, x = self.inputs
        return None, gy * ComplexPolyGamma.operation(n + 1, conj(x))


class RGamma(Elementwise):
    """Reciprocal of the gamma function, which is 0 at 0, -1, -2, ...

    The gradient is -gy * y * digamma(x), and gy * (-1)**n * n! at -n.
    """

    ufunc = "scipy.special.rgamma"
    domain = [(0.5, 4.0)]
    cases = [call(drawn(2, 3, low=1.0, high=3.0, dtype=complex))]

    def backward(self, gy):
        return gy * SlopeOfRGamma.operation(conj(self.inputs[0]), conj(self.output))


class SlopeOfRGamma(Slope, listed=False):
    """Derivative of 1 / gamma(x); at the poles of gamma by its residue."""

    def forward(self, x, y):
        with np.errstate(all="ignore"):
            slope = -y * sp.digamma(x)
        whole = (y == 0) & (np.real(x) <= 0) & (x == np.round(x))
        return corrected(slope, whole, lambda x: (-1.0) ** -x.real * sp.gamma(1 - x.real), x)

    def second(self, x):
        x = conj(x)
        trigamma = ComplexPolyGamma.operation(1.0, x) if x.dtype.kind == "c" else _zeta(2.0, x)
        d = digamma(x)
        return rgamma(x) * (d * d - trigamma)


class GammaSgn(Elementwise):
    """Sign of the gamma function. The gradient is 0."""

    ufunc = "scipy.special.gammasgn"
    smooth = False

    def backward(self, gy):
        return None


class DigammaStep(Elementwise):
    """digamma(a + b) - digamma(a), with all digits where b is small beside a.

    The gradients are gy * (zeta(2, a + b) - zeta(2, a)) and gy * zeta(2, a + b).
    """

    domain = [(0.5, 4.0), (0.5, 4.0)]
    exact = False

    def forward(self, a, b):
        return digamma_step(a, b)

    def backward(self, gy):
        a, b = self.inputs
        above = _zeta(2.0, a + b)
        return gy * (above - _zeta(2.0, a)), gy * above


class Poch(Elementwise):
    """Rising factorial (Pochhammer symbol), gamma(z + m) / gamma(z).

    The gradients are gy * y * (digamma(z + m) - digamma(z)) and gy * y * digamma(z + m).
    """

    ufunc = "scipy.special.poch"
    domain = [(0.5, 4.0), (0.5, 3.0)]

    def backward(self, gy):
        z, m = self.inputs
        step = DigammaStep.operation(z, m)
        return gy * (self.output * step), gy * (self.output * digamma(z + m))


# -- Incomplete gamma functions --------------------------------------------------------------------


class DensityOfGamma(Elementwise):
    """Density of the gamma distribution, x**(a - 1) * e**-x / gamma(a), accurate for large a, too.

    The gradients are gy * y * (log(x) - digamma(a)) and gy * y * ((a - 1) / x - 1).
    """

    domain = [(1.2, 4.0), (0.3, 4.0)]
    exact = False

    def forward(self, a, x):
        return density_of_gamma(a, x)

    def backward(self, gy):
        a, x = self.inputs
        y = self.output
        return gy * y * (log(x) - digamma(a)) if self.wants(0) else None, gy * y * ((a - 1 - x) / x)


class SlopeOfGammaInc(Elementwise):
    """Derivative of gammainc(a, x) in a, by `slope_of_gammainc`.

    The gradient of x is gy times the mixed derivative, the density times log(x) - digamma(a).
    """

    domain = [(1.2, 4.0), (0.3, 4.0)]
    exact = False
    refused = {0: "a (twice)"}
    order = 2

    def forward(self, a, x):
        return slope_of_gammainc(a, x)

    def backward(self, gy):
        a, x = self.inputs
        return None, gy * DensityOfGamma.operation(a, x) * (log(x) - digamma(a))


def _slopes_of_gammainc(a, x):
    """The slopes of gammainc in a and x, each as a function of nothing."""
    return lambda: SlopeOfGammaInc.operation(a, x), lambda: DensityOfGamma.operation(a, x)


class GammaInc(Elementwise):
    """Regularized lower incomplete gamma function, the share of the integral up to x.

    The gradient of x is gy * x**(a - 1) * e**-x / gamma(a). That of a is the integral of its derivative,
    (log(t) - digamma(a)) * t**(a - 1) * e**-t / gamma(a), over the side of x on which that does not change
    its sign, by a double exponential quadrature (Takahasi and Mori 1974); it can be differentiated in x
    again.

    Examples
    --------
    >>> a = Variable(np.array([0.5, 2.0]))
    >>> x = Variable(np.array([1.0, 3.0]))
    >>> gammainc(a, x).sum().backward()
    >>> a.grad
    variable([-0.38983726 -0.19742542])
    >>> x.grad
    variable([0.20755375 0.14936121])
    """

    ufunc = "scipy.special.gammainc"
    domain = [(1.2, 4.0), (0.3, 4.0)]
    order = 1

    def backward(self, gy):
        return products(self, gy, _slopes_of_gammainc(*self.inputs))


class GammaIncC(Elementwise):
    """Regularized upper incomplete gamma function, 1 - gammainc(a, x).

    The gradients are those of gammainc, negated.
    """

    ufunc = "scipy.special.gammaincc"
    domain = [(1.2, 4.0), (0.3, 4.0)]
    order = 1

    def backward(self, gy):
        return products(self, -gy, _slopes_of_gammainc(*self.inputs))


class GammaIncInv(Elementwise):
    """The x at which gammainc(a, x) is y.

    The gradient of y is gy divided by the density at x, that of a follows from the slope of gammainc in a.
    """

    ufunc = "scipy.special.gammaincinv"
    domain = [(1.2, 4.0), (0.2, 0.8)]
    order = 1

    def backward(self, gy):
        sa, sx = _slopes_of_gammainc(self.inputs[0], self.output)
        return of_inverse(self, gy, sx(), [sa, None])


class GammaIncCInv(Elementwise):
    """The x at which gammaincc(a, x) is y.

    The gradient of y is -gy divided by the density at x, that of a follows from the slope of gammaincc in a.
    """

    ufunc = "scipy.special.gammainccinv"
    domain = [(1.2, 4.0), (0.2, 0.8)]
    order = 1

    def backward(self, gy):
        sa, sx = _slopes_of_gammainc(self.inputs[0], self.output)
        return of_inverse(self, gy, -sx(), [lambda: -sa(), None])


# -- Hurwitz zeta ----------------------------------------------------------------------------------


class HurwitzZeta(Elementwise):
    """Hurwitz zeta function, the sum over k >= 0 of (k + q)**-s.

    The gradient of q is -gy * s * zeta(s + 1, q). That of s is minus the sum of log(k + q) * (k + q)**-s, by
    the formula of Euler and Maclaurin (DLMF 25.11.5 differentiated).
    """

    name = "zeta"
    ufunc = "scipy.special._ufuncs._zeta"
    domain = [(1.5, 4.0), (0.5, 4.0)]

    def backward(self, gy):
        s, q = self.inputs
        gs = gy * SlopeOfZeta.operation(s, q, 1.0) if self.wants(0) else None
        return gs, gy * (-s * _zeta(s + 1, q)) if self.wants(1) else None


def _slope_of_zeta(s, q, n):
    """n-th derivative in s of the Hurwitz zeta function, by Euler and Maclaurin, to a few epsilon times s.

    The n-th derivative of f(t) = t**-s is (-log t)**n * t**-s; those in t are found by Leibniz' rule from the
    Taylor coefficients in s, which are carried along as polynomials cut off at order n.
    """
    terms = 24
    s, q, n = np.broadcast_arrays(*[np.asarray(x, float) for x in (s, q, n)])
    n = np.maximum(n, 0)
    top = int(n.max(initial=0))

    def times(p, r):
        return [sum(p[i] * r[k - i] for i in range(k + 1)) for k in range(top + 1)]

    def power(t):  # Taylor coefficients of t**-(s + h) in h
        base, logs = t**-s, -np.log(t)
        return [base * logs**k / sp.gamma(k + 1) for k in range(top + 1)]

    total = [np.zeros(s.shape) for _ in range(top + 1)]
    for k in range(terms):
        total = [a + b for a, b in zip(total, power(q + k), strict=True)]
    t = q + terms
    p = power(t)
    integral = [(-1.0) ** k * t / (s - 1) ** (k + 1) for k in range(top + 1)]  # t / (s + h - 1)
    total = [a + b + c / 2 for a, b, c in zip(total, times(p, integral), p, strict=True)]
    rising, zero = [s, np.ones(s.shape)] + [np.zeros(s.shape)] * top, np.zeros(s.shape)
    rising = rising[: top + 1]
    for k, b in enumerate(sp.bernoulli(30)[2::2], 1):
        scale = b / sp.gamma(2 * k + 1) * t ** (1 - 2 * k)
        total = [a + scale * c for a, c in zip(total, times(p, rising), strict=True)]
        for j in (2 * k - 1, 2 * k):
            rising = times(rising, ([s + j, np.ones(s.shape)] + [zero] * top)[: top + 1])
    found = np.choose(n.astype(int), total) if top else total[0]
    return found * sp.gamma(n + 1)


class SlopeOfZeta(Elementwise):
    """The n-th derivative in s of the Hurwitz zeta function. The gradient of s is that of order n + 1."""

    domain = [(1.5, 4.0), (0.5, 4.0), (1.0, 2.0)]
    whole = {2: "n"}
    exact = False

    def forward(self, s, q, n):
        return of_reals(_slope_of_zeta, s, q, n)

    def backward(self, gy):
        s, q, n = self.inputs
        gs = gy * SlopeOfZeta.operation(s, q, n + 1) if self.wants(0) else None
        if not self.wants(1):
            return gs, None, None
        # d/dq of the n-th derivative of zeta(s, q) in s: that of -s * zeta(s + 1, q)
        above = -s * SlopeOfZeta.operation(s + 1, q, n) - n * SlopeOfZeta.operation(s + 1, q, n - 1)
        return gs, gy * above, None


class RiemannZeta(Elementwise):
    """Riemann zeta function of real numbers.

    The gradient is minus gy times the sum of log(k) * k**-s, by the formula of Euler and Maclaurin.
    """

    ufunc = "scipy.special._ufuncs._riemann_zeta"
    domain = [(1.5, 4.0)]

    def backward(self, gy):
        return gy * SlopeOfZeta.operation(self.inputs[0], 1.0, 1.0)


class ZetaC(Elementwise):
    """Riemann zeta function minus 1, of real numbers.

    The gradient is minus gy times the sum of log(k) * k**-s, by the formula of Euler and Maclaurin.
    """

    ufunc = "scipy.special.zetac"
    domain = [(1.5, 4.0)]

    def backward(self, gy):
        return gy * SlopeOfZeta.operation(self.inputs[0], 1.0, 1.0)


gamma = Gamma.operation
gammaln = GammaLn.operation
loggamma = LogGamma.operation
digamma = psi = Digamma.operation
polygamma = PolyGamma.operation
rgamma = RGamma.operation
gammasgn = GammaSgn.operation
poch = Poch.operation
gammainc = GammaInc.operation
gammaincc = GammaIncC.operation
gammaincinv = GammaIncInv.operation
gammainccinv = GammaIncCInv.operation
_zeta = HurwitzZeta.operation
_riemann_zeta = RiemannZeta.operation
zetac = ZetaC.operation


def zeta(x, q=None):
    """Riemann zeta function, or with q the Hurwitz zeta function, of real numbers.

    The gradient of q is -gy * x * zeta(x + 1, q), that of x follows from the formula of Euler and Maclaurin.
    """
    return _riemann_zeta(x) if q is None else _zeta(x, q)


__all__ += ["zeta", "zetac"]
