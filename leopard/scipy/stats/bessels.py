"""Distributions of Bessel functions, and of directions on the circle."""

import numpy as np
import scipy.special as sp

from leopard.functions.basic.shape import plain
from leopard.scipy.special._log_ive import log_ive
from leopard.scipy.stats._continuous import Continuous
from leopard.scipy.stats._selection import select


class VonMises(Continuous):
    """Von Mises distribution of shape kappa: pdf = e**(kappa * cos(z)) / (2 * pi * i0(kappa)), for all z."""

    without_slopes = ("kappa",)

    def _logpdf(self, z, kappa):
        return kappa * sp.cosm1(z) - np.log(2 * np.pi) - np.log(sp.i0e(kappa))

    def _entropy(self, kappa):
        i0e = sp.i0e(kappa)
        return kappa * (1 - sp.i1e(kappa) / i0e) + np.log(2 * np.pi * i0e)

    def _mean(self, kappa):
        return kappa * 0

    def _var(self, kappa):
        return vonmises_line._var(kappa)

    def rvs(self, *args, **kwds):
        """Directions drawn at random, from -pi to pi: those that SciPy draws.

        The gradients of `loc` and `scale` are those of loc + scale * z; kappa has none.
        """
        drawn = super().rvs(*args, **kwds)
        return drawn - 2 * np.pi * np.round(plain(drawn) / (2 * np.pi))


class VonMisesLine(VonMises):
    """Von Mises distribution of shape kappa on the line: its density from -pi to pi, and 0 elsewhere."""

    name = "vonmises_line"
    _var = Continuous._var


class WrapCauchy(Continuous):
    """Wrapped Cauchy distribution of shape c: pdf = (1 - c**2) / (2 * pi * (1 + c**2 - 2 * c * cos(z)))."""

    def _logpdf(self, z, c):
        square = c * c
        return np.log1p(-square) - np.log(2 * np.pi) - np.log(1 + square - 2 * c * np.cos(z))

    def _cdf(self, z, c):
        ratio = (1 + c) / (1 - c)
        return select(
            plain(z) < np.pi,
            lambda z, r: np.arctan(r * np.tan(z / 2)) / np.pi,
            lambda z, r: 1 - np.arctan(r * np.tan((2 * np.pi - z) / 2)) / np.pi,
            z,
            ratio,
        )

    def _sf(self, z, c):
        return self._cdf(2 * np.pi - z, c)

    def _ppf(self, q, c):
        ratio = (1 - c) / (1 + c)
        return select(
            plain(q) < 0.5,
            lambda q, r: 2 * np.arctan(r * np.tan(np.pi * q)),
            lambda q, r: 2 * np.pi - 2 * np.arctan(r * np.tan(np.pi * (1 - q))),
            q,
            ratio,
        )

    def _isf(self, q, c):
        return 2 * np.pi - self._ppf(q, c)

    def _entropy(self, c):
        return np.log(2 * np.pi) + np.log1p(-c * c)

    def rvs(self, *args, **kwds):
        """Directions drawn at random, from 0 to 2 * pi: those that SciPy draws."""
        drawn = super().rvs(*args, **kwds)
        return drawn - 2 * np.pi * np.floor(plain(drawn) / (2 * np.pi))


class Argus(Continuous):
    """ARGUS distribution of shape chi: pdf proportional to z * sqrt(1 - z**2) * e**(-chi**2 * (1 - z**2) /
    2).
    """

    def _logpdf(self, z, chi):
        square = chi * chi
        start = 3 * np.log(chi) - 0.5 * np.log(2 * np.pi) - np.log(0.5 * sp.gammainc(1.5, 0.5 * square))
        return start + np.log(z) + 0.5 * np.log1p(-z * z) - 0.5 * square * (1 - z * z)

    def _sf(self, z, chi):
        square = 0.5 * chi * chi
        return sp.gammainc(1.5, square * (1 - z) * (1 + z)) / sp.gammainc(1.5, square)

    def _cdf(self, z, chi):
        return 1 - self._sf(z, chi)


class Rice(Continuous):
    """Rice distribution of shape b: pdf = z * e**(-(z**2 + b**2) / 2) * i0(z * b)."""

    def _logpdf(self, z, b):
        t = z - b
        return np.log(z) - 0.5 * t * t + np.log(sp.i0e(z * b))

    def _cdf(self, z, b):
        return sp.chndtr(z * z, 2.0, b * b)

    def _ppf(self, q, b):
        return np.sqrt(sp.chndtrix(q, 2.0, b * b))

    def _mean(self, b):
        t = 0.25 * b * b
        return np.sqrt(np.pi / 2) * ((1 + 2 * t) * sp.i0e(t) + 2 * t * sp.i1e(t))

    def _var(self, b):
        mean = self._mean(b)
        return 2 + b * b - mean * mean


class NCX2(Continuous):
    """Noncentral chi-square distribution of df degrees of freedom and noncentrality nc."""

    def _central(self, f, of_chi2, x, df, nc):
        from leopard.scipy.stats.gammas import chi2

        return select(plain(nc) > 0, f, lambda x, df, nc: getattr(chi2, of_chi2)(x, df), x, df, nc)

    def _logpdf(self, z, df, nc):
        def logpdf(z, df, nc):
            order = 0.5 * df - 1
            x, n = np.sqrt(z), np.sqrt(nc)
            start = 0.5 * order * (np.log(z) - np.log(nc)) - 0.5 * (x - n) ** 2
            return start + log_ive(order, x * n) - np.log(2)

        return self._central(logpdf, "_logpdf", z, df, nc)

    def _cdf(self, z, df, nc):
        return self._central(lambda z, df, nc: sp.chndtr(z, df, nc), "_cdf", z, df, nc)

    def _ppf(self, q, df, nc):
        return self._central(lambda q, df, nc: sp.chndtrix(q, df, nc), "_ppf", q, df, nc)

    def _mean(self, df, nc):
        return df + nc

    def _var(self, df, nc):
        return 2 * (df + 2 * nc)


class GenInvGauss(Continuous):
    """Generalized inverse Gaussian distribution of shapes p and b: pdf = z**(p - 1) * e**(-b * (z + 1 / z) /
    2) / (2 * kv(p, b)).
    """

    without_slopes = ("p", "b")

    def _logpdf(self, z, p, b):
        t = z - 1
        return (p - 1) * np.log(z) - 0.5 * b * (t * t / z) - np.log(2 * sp.kve(p, b))

    def _mean(self, p, b):
        return sp.kve(p + 1, b) / sp.kve(p, b)

    def _var(self, p, b):
        k = sp.kve(p, b)
        mean = sp.kve(p + 1, b) / k
        return sp.kve(p + 2, b) / k - mean * mean


class GenHyperbolic(Continuous):
    """Generalized hyperbolic distribution of shapes p, a and b (Barndorff-Nielsen)."""

    without_slopes = ("p", "a", "b")

    def _logpdf(self, z, p, a, b):
        square = (a - b) * (a + b)
        d = np.sqrt(square)
        r = np.hypot(1.0, z)
        start = 0.5 * p * np.log(square) - 0.5 * np.log(2 * np.pi) - (p - 0.5) * np.log(a)
        start = start - np.log(sp.kve(p, d)) + d
        return start + b * z + np.log(sp.kve(p - 0.5, a * r)) - a * r + (p - 0.5) * np.log(r)

    def _mean(self, p, a, b):
        d = np.sqrt((a - b) * (a + b))
        return b / d * sp.kve(p + 1, d) / sp.kve(p, d)

    def _var(self, p, a, b):
        d = np.sqrt((a - b) * (a + b))
        k = sp.kve(p, d)
        first, second = sp.kve(p + 1, d) / k, sp.kve(p + 2, d) / k
        return first / d + b * b / (d * d) * (second - first * first)


class RelBreitWigner(Continuous):
    """Relativistic Breit-Wigner distribution of shape rho: pdf proportional to 1 / (1 + ((z**2 - rho**2) /
    rho)**2).
    """

    name = "rel_breitwigner"

    def _logpdf(self, z, rho):
        square = 1 / (rho * rho)
        root = np.sqrt(1 + square)
        t = (z - rho) * (z + rho) / rho
        return 0.5 * np.log(2 * (1 + square) / (1 + root)) + np.log(2 / np.pi) - np.log1p(t * t)

    def _mean(self, rho):
        square = 1 / (rho * rho)
        start = np.sqrt(2 * (1 + square) / (1 + np.sqrt(1 + square))) * rho / np.pi
        return start * (np.pi / 2 + np.arctan(rho))

    def _var(self, rho):
        mean = self._mean(rho)
        square = 1 / (rho * rho)
        start = np.sqrt(2 * (1 + square) / (1 + np.sqrt(1 + square))) * rho
        return start * np.real((1 - 1j * rho) / np.sqrt(-1 - 1j / rho)) - mean * mean

    def _cdf(self, z, rho):
        start = np.sqrt(2 / (1 + np.sqrt(1 + 1 / (rho * rho)))) * (2 / np.pi)
        turned = np.sqrt(1j / rho - 1) * np.arctan(z / np.sqrt(-rho * (rho + 1j)))
        return start * np.imag(turned)


vonmises = VonMises()
vonmises_line = VonMisesLine()
wrapcauchy = WrapCauchy()
argus = Argus()
rice = Rice()
ncx2 = NCX2()
geninvgauss = GenInvGauss()
genhyperbolic = GenHyperbolic()
rel_breitwigner = RelBreitWigner()

__all__ = [name for name, x in list(globals().items()) if isinstance(x, Continuous)]
