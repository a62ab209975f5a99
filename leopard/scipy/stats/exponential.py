"""Distributions of exponential tails and of extreme values."""

import numpy as np
import scipy.special as sp

from leopard.functions.basic.shape import plain
from leopard.scipy.special.convenience import xlogy
from leopard.scipy.stats._continuous import Continuous
from leopard.scipy.stats._selection import only, select


class Expon(Continuous):
    """Exponential distribution: pdf = e**-z."""

    def _logpdf(self, z):
        return -z

    def _cdf(self, z):
        return -np.expm1(-z)

    def _sf(self, z):
        return np.exp(-z)

    def _logsf(self, z):
        return -z

    def _ppf(self, q):
        return -np.log1p(-q)

    def _isf(self, q):
        return -np.log(q)

    def _entropy(self):
        return 1.0

    def _mean(self):
        return 1.0

    def _var(self):
        return 1.0


class Laplace(Continuous):
    """Laplace distribution: pdf = e**-abs(z) / 2."""

    symmetric = True

    def _logpdf(self, z):
        return -np.abs(z) - np.log(2)

    def _cdf(self, z):
        return select(plain(z) > 0, lambda z: 1 - 0.5 * np.exp(-z), lambda z: 0.5 * np.exp(z), z)

    def _logcdf(self, z):
        return select(plain(z) > 0, lambda z: np.log1p(-0.5 * np.exp(-z)), lambda z: z - np.log(2), z)

    def _ppf(self, q):
        return select(plain(q) > 0.5, lambda q: -np.log(2 * (1 - q)), lambda q: np.log(2 * q), q)

    def _entropy(self):
        return np.log(2) + 1

    def _mean(self):
        return 0.0

    def _var(self):
        return 2.0


class LaplaceAsymmetric(Continuous):
    """Asymmetric Laplace distribution of shape kappa: pdf = e**(-z * kappa) above 0 and e**(z / kappa) below
    it, divided by kappa + 1 / kappa.
    """

    name = "laplace_asymmetric"

    def _pieces(self, z, kappa, above, below):
        return select(plain(z) >= 0, above, below, z, kappa)

    def _logpdf(self, z, kappa):
        exponent = self._pieces(z, kappa, lambda z, k: -z * k, lambda z, k: z / k)
        return exponent - np.log(kappa + 1 / kappa)

    def _cdf(self, z, kappa):
        return self._pieces(
            z,
            kappa,
            lambda z, k: 1 - np.exp(-z * k) / (1 + k * k),
            lambda z, k: np.exp(z / k) * (k * k / (1 + k * k)),
        )

    def _sf(self, z, kappa):
        return self._pieces(
            z,
            kappa,
            lambda z, k: np.exp(-z * k) / (1 + k * k),
            lambda z, k: 1 - np.exp(z / k) * (k * k / (1 + k * k)),
        )

    def _logcdf(self, z, kappa):
        return self._pieces(
            z,
            kappa,
            lambda z, k: np.log1p(-np.exp(-z * k) / (1 + k * k)),
            lambda z, k: z / k - np.log1p(1 / (k * k)),
        )

    def _logsf(self, z, kappa):
        return self._pieces(
            z,
            kappa,
            lambda z, k: -z * k - np.log1p(k * k),
            lambda z, k: np.log1p(-np.exp(z / k) * (k * k / (1 + k * k))),
        )

    def _ppf(self, q, kappa):
        k = plain(kappa)
        return select(
            plain(q) >= k * k / (1 + k * k),
            lambda q, k: -np.log((1 - q) * (1 + k * k)) / k,
            lambda q, k: np.log(q * (1 + k * k) / (k * k)) * k,
            q,
            kappa,
        )

    def _isf(self, q, kappa):
        k = plain(kappa)
        return select(
            plain(q) <= 1 / (1 + k * k),
            lambda q, k: -np.log(q * (1 + k * k)) / k,
            lambda q, k: np.log((1 - q) * (1 + k * k) / (k * k)) * k,
            q,
            kappa,
        )

    def _entropy(self, kappa):
        return 1 + np.log(kappa + 1 / kappa)

    def _mean(self, kappa):
        return 1 / kappa - kappa

    def _var(self, kappa):
        square = kappa * kappa
        return 1 / square + square


class Logistic(Continuous):
    """Logistic distribution: cdf = expit(z)."""

    symmetric = True

    def _logpdf(self, z):
        return -z + 2 * sp.log_expit(z)

    def _cdf(self, z):
        return sp.expit(z)

    def _logcdf(self, z):
        return sp.log_expit(z)

    def _ppf(self, q):
        return sp.logit(q)

    def _entropy(self):
        return 2.0

    def _mean(self):
        return 0.0

    def _var(self):
        return np.pi**2 / 3


class GenLogistic(Continuous):
    """Generalized logistic distribution of shape c: cdf = expit(z)**c."""

    def _logpdf(self, z, c):
        return np.log(c) - z + (c + 1) * sp.log_expit(z)

    def _logcdf(self, z, c):
        return c * sp.log_expit(z)

    def _cdf(self, z, c):
        return np.exp(c * sp.log_expit(z))

    def _ppf(self, q, c):
        return -np.log(np.expm1(-np.log(q) / c))

    def _isf(self, q, c):
        return -np.log(np.expm1(-np.log1p(-q) / c))

    def _entropy(self, c):
        def regular(c):
            return -np.log(c) + sp.digamma(c + 1) + np.euler_gamma + 1

        def far(c):
            return 1 / (2 * c) + np.euler_gamma + 1

        return select(plain(c) < 8e6, regular, far, c)

    def _mean(self, c):
        return np.euler_gamma + sp.digamma(c)

    def _var(self, c):
        from leopard.scipy.special.gamma import polygamma

        return np.pi**2 / 6 + polygamma(1.0, c)


class HalfLogistic(Continuous):
    """Half-logistic distribution: cdf = tanh(z / 2)."""

    def _logpdf(self, z):
        return np.log(2) - z + 2 * sp.log_expit(z)

    def _cdf(self, z):
        return np.tanh(0.5 * z)

    def _sf(self, z):
        return 2 * sp.expit(-z)

    def _logsf(self, z):
        return np.log(2) + sp.log_expit(-z)

    def _ppf(self, q):
        return 2 * np.arctanh(q)

    def _isf(self, q):
        return select(plain(q) < 0.5, lambda q: -sp.logit(0.5 * q), lambda q: 2 * np.arctanh(1 - q), q)

    def _entropy(self):
        return 2 - np.log(2)

    def _mean(self):
        return 2 * np.log(2)

    def _var(self):
        return np.pi**2 / 3 - 4 * np.log(2) ** 2


class HypSecant(Continuous):
    """Hyperbolic secant distribution: pdf = 1 / (pi * cosh(z)), cdf = 2 / pi * arctan(e**z)."""

    symmetric = True

    def _logpdf(self, z):
        return np.log(1 / np.pi) - np.logaddexp(z, -z) + np.log(2)

    def _cdf(self, z):
        return (2 / np.pi) * np.arctan(np.exp(z))

    def _ppf(self, q):
        return np.log(np.tan((np.pi / 2) * q))

    def _entropy(self):
        return np.log(2 * np.pi)

    def _mean(self):
        return 0.0

    def _var(self):
        return np.pi**2 / 4


class GumbelR(Continuous):
    """Gumbel distribution of the largest: cdf = e**-e**-z."""

    name = "gumbel_r"

    def _logpdf(self, z):
        return -z - np.exp(-z)

    def _cdf(self, z):
        return np.exp(-np.exp(-z))

    def _logcdf(self, z):
        return -np.exp(-z)

    def _sf(self, z):
        return -np.expm1(-np.exp(-z))

    def _ppf(self, q):
        return -np.log(-np.log(q))

    def _isf(self, q):
        return -np.log(-np.log1p(-q))

    def _entropy(self):
        return np.euler_gamma + 1

    def _mean(self):
        return np.euler_gamma

    def _var(self):
        return np.pi**2 / 6


class GumbelL(Continuous):
    """Gumbel distribution of the smallest: sf = e**-e**z."""

    name = "gumbel_l"

    def _logpdf(self, z):
        return gumbel_r._logpdf(-z)

    def _cdf(self, z):
        return gumbel_r._sf(-z)

    def _sf(self, z):
        return gumbel_r._cdf(-z)

    def _logsf(self, z):
        return gumbel_r._logcdf(-z)

    def _ppf(self, q):
        return -gumbel_r._isf(q)

    def _isf(self, q):
        return -gumbel_r._ppf(q)

    def _entropy(self):
        return np.euler_gamma + 1

    def _mean(self):
        return -np.euler_gamma

    def _var(self):
        return np.pi**2 / 6


class GenExtreme(Continuous):
    """Generalized extreme value distribution of shape c: cdf = e**-(1 - c * z)**(1 / c), and that of Gumbel
    where c is 0.
    """

    def _support(self, c):
        p = plain(c)
        low = select(p < 0, lambda c: 1 / c, lambda c: c * 0 - np.inf, c)
        return low, select(p > 0, lambda c: 1 / c, lambda c: c * 0 + np.inf, c)

    def _gumbel(self, z, c):
        """The number of Gumbel's distribution, -log(1 - c * z) / c."""
        return z * log1p_over(-c * z)

    def _logpdf(self, z, c):
        t = self._gumbel(z, c)
        return -t * (1 - c) - np.exp(-t)

    def _logcdf(self, z, c):
        return -np.exp(-self._gumbel(z, c))

    def _ppf(self, q, c):
        t = -np.log(-np.log(q))
        return t * sp.exprel(-c * t)

    def _isf(self, q, c):
        t = -np.log(-np.log1p(-q))
        return t * sp.exprel(-c * t)

    def _entropy(self, c):
        return np.euler_gamma * (1 - c) + 1

    def _mean(self, c):
        def mean(c):
            return select(np.abs(plain(c)) > 0.05, lambda c: -np.expm1(sp.gammaln(c + 1)) / c, near, c)

        def near(c):
            first = _powers_of_zeta(c, _LOG_GAMMA_1P)  # gammaln(1 + c) / c
            return -first * sp.exprel(c * first)

        return only(plain(c) >= -1, mean, np.nan, c)

    def _var(self, c):
        def var(c):
            log = sp.gammaln(c + 1)
            return np.exp(2 * log) * np.expm1(sp.gammaln(2 * c + 1) - 2 * log) / (c * c)

        def near(c):
            step = _powers_of_zeta(c, _STEP_OF_LOG_GAMMA)  # (gammaln(1 + 2 * c) - 2 * gammaln(1 + c)) / c**2
            return np.exp(2 * c * _powers_of_zeta(c, _LOG_GAMMA_1P)) * step * sp.exprel(c * c * step)

        return only(plain(c) >= -0.5, lambda c: select(np.abs(plain(c)) > 0.05, var, near, c), np.nan, c)


# Coefficients of gammaln(1 + c) / c (DLMF 5.7.3) and of (gammaln(1 + 2 * c) - 2 * gammaln(1 + c)) / c**2, for
# abs(c) up to 0.05, with a remainder below 1e-19
_LOG_GAMMA_1P = [-np.euler_gamma, *[(-1) ** k * sp.zeta(k) / k for k in range(2, 18)]]
_STEP_OF_LOG_GAMMA = [(-1) ** k * sp.zeta(k) / k * (2**k - 2) for k in range(2, 22)]


def _powers_of_zeta(c, coefficients):
    total = coefficients[-1]
    for a in coefficients[-2::-1]:
        total = total * c + a
    return total


def log1p_over(t):
    """log(1 + t) / t, which is 1 at 0, and all of whose derivatives are accurate there."""
    from leopard.scipy.special.convenience import SlopeOfLogRel

    return select(
        np.abs(plain(t)) < 0.1, lambda t: SlopeOfLogRel.operation(t, 0.0), lambda t: np.log1p(t) / t, t
    )


class WeibullMin(Continuous):
    """Weibull distribution of shape c: sf = e**-z**c."""

    name = "weibull_min"

    def _logpdf(self, z, c):
        return np.log(c) + xlogy(c - 1, z) - z**c

    def _cdf(self, z, c):
        return -np.expm1(-(z**c))

    def _logsf(self, z, c):
        return -(z**c)

    def _sf(self, z, c):
        return np.exp(-(z**c))

    def _ppf(self, q, c):
        return (-np.log1p(-q)) ** (1 / c)

    def _isf(self, q, c):
        return (-np.log(q)) ** (1 / c)

    def _entropy(self, c):
        return -np.euler_gamma / c - np.log(c) + np.euler_gamma + 1

    def _mean(self, c):
        return sp.gamma(1 + 1 / c)

    def _var(self, c):
        mean = self._mean(c)
        return sp.gamma(1 + 2 / c) - mean * mean


class WeibullMax(Continuous):
    """Weibull distribution of the largest, of shape c: cdf = e**-(-z)**c, for z below 0."""

    name = "weibull_max"

    def _logpdf(self, z, c):
        return weibull_min._logpdf(-z, c)

    def _cdf(self, z, c):
        return weibull_min._sf(-z, c)

    def _logcdf(self, z, c):
        return weibull_min._logsf(-z, c)

    def _sf(self, z, c):
        return weibull_min._cdf(-z, c)

    def _ppf(self, q, c):
        return -weibull_min._isf(q, c)

    def _isf(self, q, c):
        return -weibull_min._ppf(q, c)

    def _entropy(self, c):
        return weibull_min._entropy(c)

    def _mean(self, c):
        return -weibull_min._mean(c)

    def _var(self, c):
        return weibull_min._var(c)


class DWeibull(Continuous):
    """Double Weibull distribution of shape c: pdf = c / 2 * abs(z)**(c - 1) * e**-abs(z)**c."""

    symmetric = True
    bare_centre = True

    def _logpdf(self, z, c):
        return weibull_min._logpdf(np.abs(z), c) - np.log(2)

    def _cdf(self, z, c):
        def above(z, c):
            return 1 - 0.5 * np.exp(-(z**c))

        def below(z, c):
            return 0.5 * np.exp(-((-z) ** c))

        return select(plain(z) > 0, above, below, z, c)

    def _logcdf(self, z, c):
        def above(z, c):
            return np.log1p(-0.5 * np.exp(-(z**c)))

        def below(z, c):
            return -((-z) ** c) - np.log(2)

        return select(plain(z) > 0, above, below, z, c)

    def _ppf(self, q, c):
        def above(q, c):
            return (-np.log(2 * (1 - q))) ** (1 / c)

        def below(q, c):
            return -((-np.log(2 * q)) ** (1 / c))

        return select(plain(q) > 0.5, above, below, q, c)

    def _entropy(self, c):
        return weibull_min._entropy(c) + np.log(2)

    def _mean(self, c):
        return c * 0

    def _var(self, c):
        return sp.gamma(1 + 2 / c)


class InvWeibull(Continuous):
    """Fréchet distribution (inverse Weibull) of shape c: cdf = e**-z**-c."""

    def _logpdf(self, z, c):
        return np.log(c) - (c + 1) * np.log(z) - z**-c

    def _logcdf(self, z, c):
        return -(z**-c)

    def _cdf(self, z, c):
        return np.exp(-(z**-c))

    def _sf(self, z, c):
        return -np.expm1(-(z**-c))

    def _ppf(self, q, c):
        return (-np.log(q)) ** (-1 / c)

    def _isf(self, q, c):
        return (-np.log1p(-q)) ** (-1 / c)

    def _entropy(self, c):
        return 1 + np.euler_gamma + np.euler_gamma / c - np.log(c)

    def _mean(self, c):
        return _moment_of_frechet(1, c)

    def _var(self, c):
        mean = _moment_of_frechet(1, c)
        return _moment_of_frechet(2, c) - mean * mean


def _moment_of_frechet(n, c):
    return only(plain(c) > n, lambda c: sp.gamma(1 - n / c), np.inf, c)


class ExponWeib(Continuous):
    """Exponentiated Weibull distribution of shapes a and c: cdf = (1 - e**-z**c)**a."""

    def _logpdf(self, z, a, c):
        t = z**c
        return np.log(a) + np.log(c) + xlogy(a - 1, -np.expm1(-t)) - t + xlogy(c - 1, z)

    def _logcdf(self, z, a, c):
        return a * _log1mexp(z**c)

    def _ppf(self, q, a, c):
        return (-_log1mexp(-np.log(q) / a)) ** (1 / c)

    def _isf(self, q, a, c):
        return (-_log1mexp(-np.log1p(-q) / a)) ** (1 / c)


def _log1mexp(t):
    """log(1 - e**-t) for t above 0, with all digits (Mächler, 2012)."""
    return select(plain(t) < 0.6931, lambda t: np.log(-np.expm1(-t)), lambda t: np.log1p(-np.exp(-t)), t)


class ExponPow(Continuous):
    """Exponential power distribution of shape b: sf = e**(1 - e**z**b)."""

    def _logpdf(self, z, b):
        t = z**b
        return np.log(b) + xlogy(b - 1, z) + t - np.expm1(t)

    def _cdf(self, z, b):
        return -np.expm1(-np.expm1(z**b))

    def _logsf(self, z, b):
        return -np.expm1(z**b)

    def _ppf(self, q, b):
        return np.log1p(-np.log1p(-q)) ** (1 / b)

    def _isf(self, q, b):
        return np.log1p(-np.log(q)) ** (1 / b)


class GenExpon(Continuous):
    """Generalized exponential distribution of shapes a, b and c: pdf = (a + b * (1 - e**(-c * z))) * sf, sf =
    e**(-(a + b) * z + b / c * (1 - e**(-c * z))).
    """

    def _logpdf(self, z, a, b, c):
        t = -np.expm1(-c * z)
        return np.log(a + b * t) - (a + b) * z + b * t / c

    def _logsf(self, z, a, b, c):
        return -(a + b) * z - b * np.expm1(-c * z) / c

    def _cdf(self, z, a, b, c):
        return -np.expm1(self._logsf(z, a, b, c))

    def _ppf(self, q, a, b, c):
        return self._at_logsf(np.log1p(-q), a, b, c)

    def _isf(self, q, a, b, c):
        return self._at_logsf(np.log(q), a, b, c)

    def _at_logsf(self, log, a, b, c):
        from leopard.scipy.special.integrals import lambertw

        s = a + b
        t = (b - c * log) / s
        return (t + np.real(lambertw(-(b / s) * np.exp(-t)))) / c


class Gompertz(Continuous):
    """Gompertz distribution of shape c: sf = e**(-c * (e**z - 1))."""

    def _logpdf(self, z, c):
        return np.log(c) + z - c * np.expm1(z)

    def _cdf(self, z, c):
        return -np.expm1(-c * np.expm1(z))

    def _logsf(self, z, c):
        return -c * np.expm1(z)

    def _ppf(self, q, c):
        return np.log1p(-np.log1p(-q) / c)

    def _isf(self, q, c):
        return np.log1p(-np.log(q) / c)

    def _entropy(self, c):
        # e**c * exp1(c) by hyperu(1, 1, c), without overflow (DLMF 6.11.2)
        return 1 - np.log(c) - sp.hyperu(1.0, 1.0, c)

    def _mean(self, c):
        return sp.hyperu(1.0, 1.0, c)


class Rayleigh(Continuous):
    """Rayleigh distribution: pdf = z * e**(-z**2 / 2)."""

    def _logpdf(self, z):
        return np.log(z) - 0.5 * z * z

    def _cdf(self, z):
        return -np.expm1(-0.5 * z * z)

    def _logsf(self, z):
        return -0.5 * z * z

    def _ppf(self, q):
        return np.sqrt(-2 * np.log1p(-q))

    def _isf(self, q):
        return np.sqrt(-2 * np.log(q))

    def _entropy(self):
        return np.euler_gamma / 2 + 1 - 0.5 * np.log(2)

    def _mean(self):
        return np.sqrt(np.pi / 2)

    def _var(self):
        return (4 - np.pi) / 2


class TruncWeibullMin(Continuous):
    """Weibull distribution of shape c truncated to the interval from a to b."""

    name = "truncweibull_min"

    def _support(self, c, a, b):
        return a, b

    def _logpdf(self, z, c, a, b):
        return np.log(c) + xlogy(c - 1, z) - z**c - _log_step(a, b, c)

    def _logcdf(self, z, c, a, b):
        return _log_step(a, z, c) - _log_step(a, b, c)

    def _logsf(self, z, c, a, b):
        return _log_step(z, b, c) - _log_step(a, b, c)

    def _cdf(self, z, c, a, b):
        return np.exp(self._logcdf(z, c, a, b))

    def _sf(self, z, c, a, b):
        return np.exp(self._logsf(z, c, a, b))

    def _ppf(self, q, c, a, b):
        ta, tb = a**c, b**c
        return (ta - np.log1p(q * np.expm1(ta - tb))) ** (1 / c)

    def _isf(self, q, c, a, b):
        ta, tb = a**c, b**c
        return (ta - np.log1p((1 - q) * np.expm1(ta - tb))) ** (1 / c)


def _log_step(a, b, c):
    """log(e**-a**c - e**-b**c)."""
    ta, tb = a**c, b**c
    return _log1mexp(tb - ta) - ta


expon = Expon()
laplace = Laplace()
laplace_asymmetric = LaplaceAsymmetric()
logistic = Logistic()
genlogistic = GenLogistic()
halflogistic = HalfLogistic()
hypsecant = HypSecant()
gumbel_r = GumbelR()
gumbel_l = GumbelL()
genextreme = GenExtreme()
weibull_min = WeibullMin()
weibull_max = WeibullMax()
dweibull = DWeibull()
invweibull = InvWeibull()
exponweib = ExponWeib()
exponpow = ExponPow()
genexpon = GenExpon()
gompertz = Gompertz()
rayleigh = Rayleigh()
truncweibull_min = TruncWeibullMin()

__all__ = [name for name, x in list(globals().items()) if isinstance(x, Continuous)]
