"""Distributions on an interval, the beta distribution among them, and those of beta distributed numbers."""

import numpy as np
import scipy.special as sp

from leopard.functions.basic.shape import form_of, plain
from leopard.scipy.special.convenience import xlog1py, xlogy
from leopard.scipy.stats._continuous import Continuous
from leopard.scipy.stats._selection import constant, only, select


class Uniform(Continuous):
    """Uniform distribution on the interval from 0 to 1: pdf = 1, cdf = z."""

    def _logpdf(self, z):
        return constant(np.zeros(np.shape(form_of(z))), z)

    def _pdf(self, z):
        return constant(np.ones(np.shape(form_of(z))), z)

    def _cdf(self, z):
        return z

    def _sf(self, z):
        return 1 - z

    def _ppf(self, q):
        return q

    def _isf(self, q):
        return 1 - q

    def _entropy(self):
        return 0.0

    def _mean(self):
        return 0.5

    def _var(self):
        return 1 / 12


class Beta(Continuous):
    """Beta distribution of shapes a and b: pdf = z**(a - 1) * (1 - z)**(b - 1) / beta(a, b), cdf =
    betainc(a, b, z).
    """

    def _logpdf(self, z, a, b):
        return xlog1py(b - 1, -z) + xlogy(a - 1, z) - sp.betaln(a, b)

    def _cdf(self, z, a, b):
        return sp.betainc(a, b, z)

    def _sf(self, z, a, b):
        return sp.betaincc(a, b, z)

    def _ppf(self, q, a, b):
        return sp.betaincinv(a, b, q)

    def _isf(self, q, a, b):
        return sp.betainccinv(a, b, q)

    def _entropy(self, a, b):
        def regular(a, b):
            first = sp.betaln(a, b) - (a - 1) * sp.digamma(a) - (b - 1) * sp.digamma(b)
            return first + (a + b - 2) * sp.digamma(a + b)

        def one_far(a, b):
            """b is far above a: by the expansions of digamma and gammaln at b and at a + b."""
            s = a + b
            first = sp.gammaln(a) - (a - 1) * sp.digamma(a)
            second = s * np.log1p(a / b) + np.log(b) - 2 * np.log(s)
            return first + second + _far_term(b) + 1 / s - 1 / (12 * s) + s**-2 / 6 + s**-3 / 120

        def both_far(a, b):
            s = a + b
            log = 0.5 * (np.log(2 * np.pi) + np.log(a) + np.log(b) - 3 * np.log(s) + 1)
            return log + ((110 + 20 / s) / s - (50 + 10 / a) / a - (50 + 10 / b) / b) / 120

        p, q = plain(a), plain(b)

        def far(a, b):
            p, q = plain(a), plain(b)
            return select((p >= 4.96e6) & (q >= 4.96e6), both_far, one_of_them, a, b)

        def one_of_them(a, b):
            return select(plain(b) > plain(a), one_far, lambda a, b: one_far(b, a), a, b)

        return select((p < 4.9e6) & (q < 4.9e6), regular, far, a, b)

    def _mean(self, a, b):
        return a / (a + b)

    def _var(self, a, b):
        s = a + b
        return a * b / (s * s * (s + 1))


def _far_term(b):
    return -1 / (2 * b) + 1 / (12 * b) - b**-2 / 12 - b**-3 / 120


class BetaPrime(Continuous):
    """Beta prime distribution of shapes a and b: that of z / (1 - z) with z beta distributed."""

    def _logpdf(self, z, a, b):
        return xlogy(a - 1, z) - (a + b) * np.log1p(z) - sp.betaln(a, b)

    def _cdf(self, z, a, b):
        def far(z, a, b):
            return sp.betaincc(b, a, 1 / (1 + z))

        def near(z, a, b):
            return sp.betainc(a, b, z / (1 + z))

        return select(plain(z) > 1, far, near, z, a, b)

    def _sf(self, z, a, b):
        def far(z, a, b):
            return sp.betainc(b, a, 1 / (1 + z))

        def near(z, a, b):
            return sp.betaincc(a, b, z / (1 + z))

        return select(plain(z) > 1, far, near, z, a, b)

    def _mean(self, a, b):
        return only(plain(b) > 1, lambda a, b: a / (b - 1), np.inf, a, b)

    def _var(self, a, b):
        return only(plain(b) > 2, lambda a, b: a * (a + b - 1) / ((b - 1) ** 2 * (b - 2)), np.inf, a, b)


class Arcsine(Continuous):
    """Arcsine distribution: the beta distribution of shapes 1/2 and 1/2, cdf = 2 / pi * arcsin(sqrt(z))."""

    def _logpdf(self, z):
        return -np.log(np.pi) - 0.5 * (np.log(z) + np.log1p(-z))

    def _cdf(self, z):
        return (2 / np.pi) * np.arcsin(np.sqrt(z))

    def _sf(self, z):
        return (2 / np.pi) * np.arcsin(np.sqrt(1 - z))

    def _ppf(self, q):
        return np.sin((np.pi / 2) * q) ** 2

    def _isf(self, q):
        return np.cos((np.pi / 2) * q) ** 2

    def _entropy(self):
        return np.log(np.pi / 4)

    def _mean(self):
        return 0.5

    def _var(self):
        return 0.125


class RDist(Continuous):
    """R distribution of shape c: that of 2 * z - 1 with z beta distributed of shapes c / 2 and c / 2."""

    def _logpdf(self, z, c):
        return beta._logpdf((z + 1) / 2, c / 2, c / 2) - np.log(2)

    def _cdf(self, z, c):
        return beta._cdf((z + 1) / 2, c / 2, c / 2)

    def _sf(self, z, c):
        return beta._cdf((1 - z) / 2, c / 2, c / 2)

    def _ppf(self, q, c):
        return 2 * beta._ppf(q, c / 2, c / 2) - 1

    def _isf(self, q, c):
        return 1 - 2 * beta._ppf(q, c / 2, c / 2)

    def _entropy(self, c):
        return beta._entropy(c / 2, c / 2) + np.log(2)

    def _mean(self, c):
        return c * 0

    def _var(self, c):
        return 1 / (c + 1)


class Semicircular(Continuous):
    """Wigner's semicircle distribution: pdf = 2 / pi * sqrt(1 - z**2)."""

    symmetric = True

    def _logpdf(self, z):
        return np.log(2 / np.pi) + 0.5 * np.log1p(-z * z)

    def _cdf(self, z):
        return 0.5 + (z * np.sqrt(1 - z * z) + np.arcsin(z)) / np.pi

    def _entropy(self):
        return np.log(np.pi) - 0.5

    def _mean(self):
        return 0.0

    def _var(self):
        return 0.25


class PowerLaw(Continuous):
    """Power law distribution of shape a: cdf = z**a."""

    def _logpdf(self, z, a):
        return np.log(a) + xlogy(a - 1, z)

    def _cdf(self, z, a):
        return z**a

    def _logcdf(self, z, a):
        return a * np.log(z)

    def _sf(self, z, a):
        return -np.expm1(a * np.log(z))

    def _ppf(self, q, a):
        return q ** (1 / a)

    def _isf(self, q, a):
        return np.exp(np.log1p(-q) / a)

    def _entropy(self, a):
        return 1 - 1 / a - np.log(a)

    def _mean(self, a):
        return a / (a + 1)

    def _var(self, a):
        return a / ((a + 2) * (a + 1) ** 2)


class JFSkewT(Continuous):
    """Skew t distribution of Jones and Faddy, of shapes a and b: (1 + z / sqrt(a + b + z**2)) / 2 is beta
    distributed of shapes a and b.
    """

    name = "jf_skew_t"

    def _shares(self, z, a, b):
        """The beta distributed number and its complement, each with all its digits."""
        s = a + b
        root = np.sqrt(s + z * z)

        def above(z, root, s):
            return s / (2 * root * (root + z))

        def below(z, root, s):
            return 0.5 * (1 - z / root)

        def mirrored(z, root, s):
            return select(plain(z) > 0, above, below, z, root, s)

        return mirrored(-z, root, s), mirrored(z, root, s)

    def _logpdf(self, z, a, b):
        u, v = self._shares(z, a, b)
        first = (a + 0.5) * np.log(2 * u) + (b + 0.5) * np.log(2 * v)
        return first - (a + b - 1) * np.log(2) - sp.betaln(a, b) - 0.5 * np.log(a + b)

    def _cdf(self, z, a, b):
        return sp.betainc(a, b, self._shares(z, a, b)[0])

    def _sf(self, z, a, b):
        return sp.betainc(b, a, self._shares(z, a, b)[1])

    def _ppf(self, q, a, b):
        u = sp.betaincinv(a, b, q)
        return (2 * u - 1) * np.sqrt(a + b) / (2 * np.sqrt(u * (1 - u)))

    def _mean(self, a, b):
        def mean(a, b):
            quotient = sp.gammaln(a - 0.5) + sp.gammaln(b - 0.5) - sp.gammaln(a) - sp.gammaln(b)
            return 0.5 * (a - b) * np.sqrt(a + b) * np.exp(quotient)

        return only((plain(a) > 0.5) & (plain(b) > 0.5), mean, np.nan, a, b)

    def _var(self, a, b):
        def var(a, b):
            mean = self._mean(a, b)
            second = 0.25 * (a + b) * ((a - b) ** 2 + a + b - 2) / ((a - 1) * (b - 1))
            return second - mean * mean

        return only((plain(a) > 1) & (plain(b) > 1), var, np.nan, a, b)


class GaussHyper(Continuous):
    """Gauss hypergeometric distribution of shapes a, b, c and z: pdf proportional to x**(a - 1) * (1 - x)**(b
    - 1) * (1 + z * x)**-c.
    """

    without_slopes = ("a", "b", "c", "z")

    def _logpdf(self, x, a, b, c, z):
        total = sp.betaln(a, b) + np.log(sp.hyp2f1(c, a, a + b, -z))
        return xlogy(a - 1, x) + xlog1py(b - 1, -x) - c * np.log1p(z * x) - total

    def _mean(self, a, b, c, z):
        return self._moment(1, a, b, c, z)

    def _var(self, a, b, c, z):
        mean = self._mean(a, b, c, z)
        return self._moment(2, a, b, c, z) - mean * mean

    def _moment(self, n, a, b, c, z):
        quotient = sp.hyp2f1(c, a + n, a + b + n, -z) / sp.hyp2f1(c, a, a + b, -z)
        return quotient * np.exp(sp.betaln(a + n, b) - sp.betaln(a, b))


class Anglit(Continuous):
    """Anglit distribution: pdf = cos(2 * z), cdf = sin(z + pi / 4)**2."""

    def _logpdf(self, z):
        return np.log(np.cos(2 * z))

    def _pdf(self, z):
        return np.cos(2 * z)

    def _cdf(self, z):
        return np.sin(z + np.pi / 4) ** 2

    def _sf(self, z):
        return np.cos(z + np.pi / 4) ** 2

    def _ppf(self, q):
        return np.arcsin(np.sqrt(q)) - np.pi / 4

    def _isf(self, q):
        return np.arccos(np.sqrt(q)) - np.pi / 4

    def _entropy(self):
        return 1 - np.log(2)

    def _mean(self):
        return 0.0

    def _var(self):
        return np.pi**2 / 16 - 0.5


class Cosine(Continuous):
    """Cosine distribution: pdf = (1 + cos(z)) / (2 * pi), cdf = (pi + z + sin(z)) / (2 * pi)."""

    symmetric = True

    def _logpdf(self, z):
        return np.log1p(np.cos(z)) - np.log(2 * np.pi)

    def _pdf(self, z):
        return (1 + np.cos(z)) / (2 * np.pi)

    def _cdf(self, z):
        return (np.pi + z + np.sin(z)) / (2 * np.pi)

    def _entropy(self):
        return np.log(4 * np.pi) - 1

    def _mean(self):
        return 0.0

    def _var(self):
        return np.pi**2 / 3 - 2


class Bradford(Continuous):
    """Bradford distribution of shape c: cdf = log(1 + c * z) / log(1 + c)."""

    def _logpdf(self, z, c):
        return np.log(c) - np.log1p(c * z) - np.log(np.log1p(c))

    def _cdf(self, z, c):
        return np.log1p(c * z) / np.log1p(c)

    def _ppf(self, q, c):
        return np.expm1(q * np.log1p(c)) / c

    def _isf(self, q, c):
        return np.expm1((1 - q) * np.log1p(c)) / c

    def _entropy(self, c):
        k = np.log1p(c)
        return k / 2 - np.log(c / k)

    def _mean(self, c):
        k = np.log1p(c)
        return (c - k) / (c * k)

    def _var(self, c):
        k = np.log1p(c)
        return ((c + 2) * k - 2 * c) / (2 * c * k * k)


class LogUniform(Continuous):
    """Log-uniform distribution on the interval from a to b: pdf = 1 / (z * log(b / a))."""

    def _support(self, a, b):
        return a, b

    def _logpdf(self, z, a, b):
        return -np.log(z) - np.log(np.log(b) - np.log(a))

    def _cdf(self, z, a, b):
        return (np.log(z) - np.log(a)) / (np.log(b) - np.log(a))

    def _sf(self, z, a, b):
        return (np.log(b) - np.log(z)) / (np.log(b) - np.log(a))

    def _ppf(self, q, a, b):
        return np.exp(np.log(a) + q * (np.log(b) - np.log(a)))

    def _isf(self, q, a, b):
        return np.exp(np.log(b) + q * (np.log(a) - np.log(b)))

    def _entropy(self, a, b):
        return 0.5 * (np.log(a) + np.log(b)) + np.log(np.log(b) - np.log(a))

    def _mean(self, a, b):
        return (b - a) / (np.log(b) - np.log(a))

    def _var(self, a, b):
        t = np.log(b) - np.log(a)
        mean = (b - a) / t
        return (b - a) * (b + a) / (2 * t) - mean * mean


class Reciprocal(LogUniform):
    """Reciprocal distribution on the interval from a to b, another name of the log-uniform distribution."""


class TruncExpon(Continuous):
    """Exponential distribution truncated to the interval from 0 to b."""

    def _support(self, b):
        return 0.0 * b, b

    def _logpdf(self, z, b):
        return -z - np.log(-np.expm1(-b))

    def _cdf(self, z, b):
        return np.expm1(-z) / np.expm1(-b)

    def _sf(self, z, b):
        return np.exp(-z) * np.expm1(z - b) / np.expm1(-b)

    def _ppf(self, q, b):
        return -np.log1p(q * np.expm1(-b))

    def _isf(self, q, b):
        return -np.log(np.exp(-b) - q * np.expm1(-b))

    def _entropy(self, b):
        t = np.expm1(b)
        return np.log(t) - (1 + (t + 1) * (b - 1)) / t

    def _mean(self, b):
        return 1 - b / np.expm1(b)

    def _var(self, b):
        t = np.expm1(b)
        return 1 - b * b * (t + 1) / (t * t)


class Triang(Continuous):
    """Triangular distribution of shape c: pdf = 2 * z / c below c and 2 * (1 - z) / (1 - c) above it."""

    def _pieces(self, z, c):
        below = (plain(z) < plain(c)) | (plain(c) == 1)
        return below

    def _pdf(self, z, c):
        return select(self._pieces(z, c), lambda z, c: 2 * z / c, lambda z, c: 2 * (1 - z) / (1 - c), z, c)

    def _cdf(self, z, c):
        return select(
            self._pieces(z, c), lambda z, c: z * z / c, lambda z, c: 1 - (1 - z) ** 2 / (1 - c), z, c
        )

    def _sf(self, z, c):
        return select(
            self._pieces(z, c), lambda z, c: 1 - z * z / c, lambda z, c: (1 - z) ** 2 / (1 - c), z, c
        )

    def _ppf(self, q, c):
        return select(
            plain(q) < plain(c),
            lambda q, c: np.sqrt(c * q),
            lambda q, c: 1 - np.sqrt((1 - c) * (1 - q)),
            q,
            c,
        )

    def _isf(self, q, c):
        return select(
            1 - plain(q) < plain(c),
            lambda q, c: np.sqrt(c * (1 - q)),
            lambda q, c: 1 - np.sqrt((1 - c) * q),
            q,
            c,
        )

    def _entropy(self, c):
        return c * 0 + (0.5 - np.log(2))

    def _mean(self, c):
        return (c + 1) / 3

    def _var(self, c):
        return (1 - c + c * c) / 18


class Trapezoid(Continuous):
    """Trapezoidal distribution of shapes c and d: the density rises up to c, and falls above d."""

    def _pieces(self, z, c, d, *pieces):
        rising, flat, falling = pieces
        low, high = plain(c), plain(d)

        def other(z, c, d):
            return select(plain(z) <= np.broadcast_to(plain(d), np.shape(form_of(z))), flat, falling, z, c, d)

        z_ = plain(z)
        if np.ndim(z_) < max(np.ndim(low), np.ndim(high)):
            z = z + 0 * c + 0 * d
            z_ = plain(z)
        return select(z_ < low, rising, other, z, c, d)

    def _pdf(self, z, c, d):
        return self._pieces(
            z,
            c,
            d,
            lambda z, c, d: 2 / (d - c + 1) * z / c,
            lambda z, c, d: 2 / (d - c + 1) + 0 * z,
            lambda z, c, d: 2 / (d - c + 1) * (1 - z) / (1 - d),
        )

    def _cdf(self, z, c, d):
        return self._pieces(
            z,
            c,
            d,
            lambda z, c, d: z * z / (c * (d - c + 1)),
            lambda z, c, d: (2 * z - c) / (d - c + 1),
            lambda z, c, d: 1 - (1 - z) ** 2 / ((d - c + 1) * (1 - d)),
        )

    def _sf(self, z, c, d):
        return self._pieces(
            z,
            c,
            d,
            lambda z, c, d: 1 - z * z / (c * (d - c + 1)),
            lambda z, c, d: (1 + d - 2 * z) / (d - c + 1),
            lambda z, c, d: (1 - z) ** 2 / ((d - c + 1) * (1 - d)),
        )

    def _entropy(self, c, d):
        return 0.5 * (1 - d + c) / (1 + d - c) + np.log(0.5 * (1 + d - c))

    def _mean(self, c, d):
        return (self._cubes(d, c, 3)) / (3 * (d - c + 1))

    def _var(self, c, d):
        mean = self._mean(c, d)
        return self._cubes(d, c, 4) / (6 * (d - c + 1)) - mean * mean

    def _cubes(self, d, c, n):
        """((1 - d**n) / (1 - d) - c**(n - 1)): a sum of powers."""
        total = 1 + d
        for k in range(2, n):
            total = total + d**k
        return total - c ** (n - 1)


uniform = Uniform()
beta = Beta()
betaprime = BetaPrime()
arcsine = Arcsine()
rdist = RDist()
semicircular = Semicircular()
powerlaw = PowerLaw()
jf_skew_t = JFSkewT()
gausshyper = GaussHyper()
anglit = Anglit()
cosine = Cosine()
bradford = Bradford()
loguniform = LogUniform()
reciprocal = Reciprocal()
truncexpon = TruncExpon()
triang = Triang()
trapezoid = Trapezoid()

__all__ = [name for name, x in list(globals().items()) if isinstance(x, Continuous)]
