"""The normal distribution, its transformations and its mixtures."""

import numpy as np
import scipy.special as sp

from leopard.functions.basic.shape import plain
from leopard.scipy.stats._continuous import Continuous
from leopard.scipy.stats._selection import only, select

_HALF_LOG_2_PI = 0.5 * np.log(2 * np.pi)
_ROOT_2_PI = np.sqrt(2 * np.pi)


def log_phi(z):
    """Logarithm of the standard normal density."""
    return -0.5 * z * z - _HALF_LOG_2_PI


def phi(z):
    """The standard normal density."""
    return np.exp(-0.5 * z * z) / _ROOT_2_PI


class Norm(Continuous):
    """Normal distribution: pdf = e**(-z**2 / 2) / sqrt(2 * pi), cdf = ndtr(z)."""

    symmetric = True

    def _logpdf(self, z):
        return log_phi(z)

    def _pdf(self, z):
        return phi(z)

    def _cdf(self, z):
        return sp.ndtr(z)

    def _logcdf(self, z):
        return sp.log_ndtr(z)

    def _ppf(self, q):
        return sp.ndtri(q)

    def _entropy(self):
        return _HALF_LOG_2_PI + 0.5

    def _mean(self):
        return 0.0

    def _var(self):
        return 1.0


class HalfNorm(Continuous):
    """Half-normal distribution: that of the absolute value of a standard normal number."""

    def _logpdf(self, z):
        return log_phi(z) + np.log(2)

    def _cdf(self, z):
        return sp.erf(z * np.sqrt(0.5))

    def _sf(self, z):
        return sp.erfc(z * np.sqrt(0.5))

    def _logsf(self, z):
        return np.log(2) + sp.log_ndtr(-z)

    def _ppf(self, q):
        return sp.ndtri((1 + q) / 2)

    def _isf(self, q):
        return -sp.ndtri(q / 2)

    def _entropy(self):
        return 0.5 * np.log(np.pi / 2) + 0.5

    def _mean(self):
        return np.sqrt(2 / np.pi)

    def _var(self):
        return 1 - 2 / np.pi


class LogNorm(Continuous):
    """Log-normal distribution of shape s: that of e**(s * z) with a standard normal z."""

    def _logpdf(self, z, s):
        log = np.log(z)
        return log_phi(log / s) - np.log(s) - log

    def _cdf(self, z, s):
        return sp.ndtr(np.log(z) / s)

    def _logcdf(self, z, s):
        return sp.log_ndtr(np.log(z) / s)

    def _sf(self, z, s):
        return sp.ndtr(-np.log(z) / s)

    def _logsf(self, z, s):
        return sp.log_ndtr(-np.log(z) / s)

    def _ppf(self, q, s):
        return np.exp(s * sp.ndtri(q))

    def _isf(self, q, s):
        return np.exp(-s * sp.ndtri(q))

    def _entropy(self, s):
        return _HALF_LOG_2_PI + 0.5 + np.log(s)

    def _mean(self, s):
        return np.exp(0.5 * s * s)

    def _var(self, s):
        return np.exp(s * s) * np.expm1(s * s)


class Gibrat(Continuous):
    """Gibrat's distribution: the log-normal distribution of shape 1."""

    def _logpdf(self, z):
        return lognorm._logpdf(z, 1.0)

    def _cdf(self, z):
        return sp.ndtr(np.log(z))

    def _logcdf(self, z):
        return sp.log_ndtr(np.log(z))

    def _sf(self, z):
        return sp.ndtr(-np.log(z))

    def _logsf(self, z):
        return sp.log_ndtr(-np.log(z))

    def _ppf(self, q):
        return np.exp(sp.ndtri(q))

    def _isf(self, q):
        return np.exp(-sp.ndtri(q))

    def _entropy(self):
        return _HALF_LOG_2_PI + 0.5

    def _mean(self):
        return np.exp(0.5)

    def _var(self):
        return np.e * np.expm1(1)


class FoldNorm(Continuous):
    """Folded normal distribution of shape c: that of the absolute value of c + z with a standard normal z."""

    def _logpdf(self, z, c):
        return np.logaddexp(log_phi(z + c), log_phi(z - c))

    def _pdf(self, z, c):
        return phi(z + c) + phi(z - c)

    def _cdf(self, z, c):
        return 0.5 * (sp.erf((z - c) * np.sqrt(0.5)) + sp.erf((z + c) * np.sqrt(0.5)))

    def _sf(self, z, c):
        return sp.ndtr(c - z) + sp.ndtr(-z - c)

    def _logsf(self, z, c):
        return np.logaddexp(sp.log_ndtr(c - z), sp.log_ndtr(-z - c))

    def _mean(self, c):
        return 2 * phi(c) + c * sp.erf(c * np.sqrt(0.5))

    def _var(self, c):
        mean = self._mean(c)
        return c * c + 1 - mean * mean


class PowerNorm(Continuous):
    """Power normal distribution of shape c: that of the smallest of c standard normal numbers."""

    def _logpdf(self, z, c):
        return np.log(c) + log_phi(z) + (c - 1) * sp.log_ndtr(-z)

    def _logsf(self, z, c):
        return c * sp.log_ndtr(-z)

    def _ppf(self, q, c):
        return -sp.ndtri_exp(np.log1p(-q) / c)

    def _isf(self, q, c):
        return -sp.ndtri_exp(np.log(q) / c)


class PowerLogNorm(Continuous):
    """Power log-normal distribution of shapes c and s: e**(s * z) with z of the power normal distribution."""

    def _logpdf(self, z, c, s):
        x = np.log(z)
        return powernorm._logpdf(x / s, c) - np.log(s) - x

    def _logsf(self, z, c, s):
        return c * sp.log_ndtr(-np.log(z) / s)

    def _ppf(self, q, c, s):
        return np.exp(s * powernorm._ppf(q, c))

    def _isf(self, q, c, s):
        return np.exp(s * powernorm._isf(q, c))


class SkewNorm(Continuous):
    """Skew-normal distribution of shape a: pdf = 2 * phi(z) * ndtr(a * z), cdf = ndtr(z) - 2 * owens_t(z,
    a).
    """

    def _logpdf(self, z, a):
        return np.log(2) + log_phi(z) + sp.log_ndtr(a * z)

    def _pdf(self, z, a):
        return 2 * phi(z) * sp.ndtr(a * z)

    def _cdf(self, z, a):
        return sp.ndtr(z) - 2 * sp.owens_t(z, a)

    def _sf(self, z, a):
        return sp.ndtr(-z) + 2 * sp.owens_t(z, a)

    def _mean(self, a):
        return np.sqrt(2 / np.pi) * a / np.sqrt(1 + a * a)

    def _var(self, a):
        return 1 - (2 / np.pi) * a * a / (1 + a * a)


class JohnsonSU(Continuous):
    """Johnson's unbounded distribution of shapes a and b: a + b * arcsinh(z) is standard normal."""

    def _logpdf(self, z, a, b):
        return np.log(b) - 0.5 * np.log1p(z * z) + log_phi(a + b * np.arcsinh(z))

    def _cdf(self, z, a, b):
        return sp.ndtr(a + b * np.arcsinh(z))

    def _logcdf(self, z, a, b):
        return sp.log_ndtr(a + b * np.arcsinh(z))

    def _sf(self, z, a, b):
        return sp.ndtr(-a - b * np.arcsinh(z))

    def _logsf(self, z, a, b):
        return sp.log_ndtr(-a - b * np.arcsinh(z))

    def _ppf(self, q, a, b):
        return np.sinh((sp.ndtri(q) - a) / b)

    def _isf(self, q, a, b):
        return np.sinh((-sp.ndtri(q) - a) / b)

    def _mean(self, a, b):
        return -np.exp(0.5 / (b * b)) * np.sinh(a / b)

    def _var(self, a, b):
        square = 1 / (b * b)
        return 0.5 * np.expm1(square) * (np.exp(square) * np.cosh(2 * a / b) + 1)


class JohnsonSB(Continuous):
    """Johnson's bounded distribution of shapes a and b: a + b * logit(z) is standard normal."""

    def _logpdf(self, z, a, b):
        return np.log(b) - np.log(z) - np.log1p(-z) + log_phi(a + b * sp.logit(z))

    def _cdf(self, z, a, b):
        return sp.ndtr(a + b * sp.logit(z))

    def _logcdf(self, z, a, b):
        return sp.log_ndtr(a + b * sp.logit(z))

    def _sf(self, z, a, b):
        return sp.ndtr(-a - b * sp.logit(z))

    def _logsf(self, z, a, b):
        return sp.log_ndtr(-a - b * sp.logit(z))

    def _ppf(self, q, a, b):
        return sp.expit((sp.ndtri(q) - a) / b)

    def _isf(self, q, a, b):
        return sp.expit((-sp.ndtri(q) - a) / b)


class TruncNorm(Continuous):
    """Normal distribution truncated to the interval from a to b: pdf = phi(z) / (ndtr(b) - ndtr(a))."""

    def _support(self, a, b):
        return a, b

    def _logpdf(self, z, a, b):
        return log_phi(z) - log_mass(a, b)

    def _cdf(self, z, a, b):
        def within(z, a, b):
            return np.exp(log_mass(a, z) - log_mass(a, b))

        def end(z, a, b):
            return (z - a) * self._pdf(z, a, b)

        return select(plain(z) > plain(a), within, end, z, a, b)

    def _sf(self, z, a, b):
        def within(z, a, b):
            return np.exp(log_mass(z, b) - log_mass(a, b))

        def end(z, a, b):
            return (b - z) * self._pdf(z, a, b)

        return select(plain(z) < plain(b), within, end, z, a, b)

    def _logcdf(self, z, a, b):
        def low(z, a, b):
            return log_mass(a, z) - log_mass(a, b)

        def high(z, a, b):
            return np.log1p(-self._sf(z, a, b))

        return select(self._lower(z, a, b), low, high, z, a, b)

    def _logsf(self, z, a, b):
        def low(z, a, b):
            return np.log1p(-self._cdf(z, a, b))

        def high(z, a, b):
            return log_mass(z, b) - log_mass(a, b)

        return select(self._lower(z, a, b), low, high, z, a, b)

    def _lower(self, z, a, b):
        z, a, b = map(plain, (z, a, b))
        return plain(log_mass(a, z)) < plain(log_mass(z, b))

    def _entropy(self, a, b):
        total = log_mass(a, b)
        return _HALF_LOG_2_PI + 0.5 + total + 0.5 * (_moved(a, total) - _moved(b, total))

    def _mean(self, a, b):
        total = log_mass(a, b)
        return np.exp(log_phi(a) - total) - np.exp(log_phi(b) - total)

    def _var(self, a, b):
        total, mean = log_mass(a, b), self._mean(a, b)
        return 1 + _moved(a, total) - _moved(b, total) - mean * mean


def _moved(a, total):
    """a * phi(a) / e**total, which is 0 at an infinite a."""
    return only(np.isfinite(plain(a)), lambda a, total: a * np.exp(log_phi(a) - total), 0.0, a, total)


def log_mass(a, b):
    """log(ndtr(b) - ndtr(a)), in each tail by the numbers of that tail."""

    def left(a, b):
        low, high = sp.log_ndtr(a), sp.log_ndtr(b)
        return high + np.log(-np.expm1(low - high))

    def right(a, b):
        return left(-b, -a)

    def central(a, b):
        return np.log1p(-sp.ndtr(a) - sp.ndtr(-b))

    p, q = np.broadcast_arrays(plain(a), plain(b))

    def other(a, b):
        return select(
            np.broadcast_to(plain(a), np.broadcast_shapes(np.shape(a), np.shape(b))) > 0, right, central, a, b
        )

    return select(q <= 0, left, other, a, b)


class Moyal(Continuous):
    """Moyal distribution: pdf = e**(-(z + e**-z) / 2) / sqrt(2 * pi), cdf = erfc(e**(-z / 2) / sqrt(2))."""

    def _logpdf(self, z):
        return -0.5 * (z + np.exp(-z)) - _HALF_LOG_2_PI

    def _cdf(self, z):
        return sp.erfc(np.exp(-0.5 * z) * np.sqrt(0.5))

    def _logcdf(self, z):
        return np.log(2) + sp.log_ndtr(-np.exp(-0.5 * z))

    def _sf(self, z):
        return sp.erf(np.exp(-0.5 * z) * np.sqrt(0.5))

    def _ppf(self, q):
        return -np.log(2 * sp.erfcinv(q) ** 2)

    def _isf(self, q):
        return -np.log(2 * sp.erfinv(q) ** 2)

    def _mean(self):
        return np.log(2) + np.euler_gamma

    def _var(self):
        return np.pi**2 / 2


class Levy(Continuous):
    """Lévy distribution: pdf = z**(-3/2) * e**(-1 / (2 * z)) / sqrt(2 * pi), cdf = erfc(sqrt(1 / (2 *
    z))).
    """

    def _logpdf(self, z):
        return -_HALF_LOG_2_PI - 1.5 * np.log(z) - 0.5 / z

    def _cdf(self, z):
        return sp.erfc(np.sqrt(0.5 / z))

    def _logcdf(self, z):
        return np.log(2) + sp.log_ndtr(-np.sqrt(1 / z))

    def _sf(self, z):
        return sp.erf(np.sqrt(0.5 / z))

    def _ppf(self, q):
        return 1 / sp.ndtri(q / 2) ** 2

    def _isf(self, q):
        return 0.5 / sp.erfinv(q) ** 2

    def _entropy(self):
        return (1 + 3 * np.euler_gamma + np.log(16 * np.pi)) / 2

    def _mean(self):
        return np.inf

    def _var(self):
        return np.inf


class LevyL(Continuous):
    """Left-skewed Lévy distribution: that of -z with z of the Lévy distribution."""

    name = "levy_l"

    def _logpdf(self, z):
        return levy._logpdf(-z)

    def _cdf(self, z):
        return levy._sf(-z)

    def _sf(self, z):
        return levy._cdf(-z)

    def _logsf(self, z):
        return levy._logcdf(-z)

    def _ppf(self, q):
        return -levy._isf(q)

    def _isf(self, q):
        return -levy._ppf(q)

    def _entropy(self):
        return levy._entropy()

    def _mean(self):
        return np.inf

    def _var(self):
        return np.inf


class FatigueLife(Continuous):
    """Birnbaum-Saunders distribution of shape c: (sqrt(z) - 1 / sqrt(z)) / c is standard normal."""

    def _normal(self, z, c):
        root = np.sqrt(z)
        return (root - 1 / root) / c

    def _logpdf(self, z, c):
        return np.log1p(z) - np.log(2 * c) - 1.5 * np.log(z) + log_phi(self._normal(z, c))

    def _cdf(self, z, c):
        return sp.ndtr(self._normal(z, c))

    def _logcdf(self, z, c):
        return sp.log_ndtr(self._normal(z, c))

    def _sf(self, z, c):
        return sp.ndtr(-self._normal(z, c))

    def _logsf(self, z, c):
        return sp.log_ndtr(-self._normal(z, c))

    def _ppf(self, q, c):
        return _of_normal(c * sp.ndtri(q))

    def _isf(self, q, c):
        return _of_normal(-c * sp.ndtri(q))

    def _mean(self, c):
        return c * c / 2 + 1

    def _var(self, c):
        square = c * c
        return square * (5 * square + 4) / 4


def _of_normal(t):
    """The z at which sqrt(z) - 1 / sqrt(z) is t."""
    return np.exp(2 * np.arcsinh(0.5 * t))


class InvGauss(Continuous):
    """Inverse Gaussian distribution of shape mu: pdf = e**(-(z - mu)**2 / (2 * z * mu**2)) / sqrt(2 * pi *
    z**3).
    """

    def _logpdf(self, z, mu):
        t = z / mu - 1
        return -_HALF_LOG_2_PI - 1.5 * np.log(z) - t * t / (2 * z)

    def _logcdf(self, z, mu):
        a, b = self._parts(z, mu, 1)
        return a + np.log1p(np.exp(b - a))

    def _logsf(self, z, mu):
        a, b = self._parts(z, mu, -1)
        return a + np.log1p(-np.exp(b - a))

    def _parts(self, z, mu, sign):
        root, t = 1 / np.sqrt(z), z / mu
        return sp.log_ndtr(sign * root * (t - 1)), 2 / mu + sp.log_ndtr(-root * (t + 1))

    def _entropy(self, mu):
        r = 2 / mu
        # e**r * exp1(r) by hyperu(1, 1, r), without overflow (DLMF 6.11.2)
        return 0.5 + _HALF_LOG_2_PI + 1.5 * np.log(mu) - 1.5 * sp.hyperu(1.0, 1.0, r)

    def _mean(self, mu):
        return mu

    def _var(self, mu):
        return mu * mu * mu


class Wald(Continuous):
    """Wald distribution: the inverse Gaussian distribution of shape 1."""

    def _logpdf(self, z):
        return invgauss._logpdf(z, 1.0)

    def _logcdf(self, z):
        return invgauss._logcdf(z, 1.0)

    def _logsf(self, z):
        return invgauss._logsf(z, 1.0)

    def _entropy(self):
        return float(invgauss._entropy(np.float64(1.0)))

    def _mean(self):
        return 1.0

    def _var(self):
        return 1.0


class RecipInvGauss(Continuous):
    """Reciprocal inverse Gaussian distribution of shape mu: that of 1 / z with z inverse Gaussian."""

    def _logpdf(self, z, mu):
        t = 1 - mu * z
        return -(t * t) / (2 * z * mu * mu) - _HALF_LOG_2_PI - 0.5 * np.log(z)

    def _logcdf(self, z, mu):
        return invgauss._logsf(1 / z, mu)

    def _logsf(self, z, mu):
        return invgauss._logcdf(1 / z, mu)

    def _mean(self, mu):
        return 1 / mu + 1

    def _var(self, mu):
        return 1 / mu + 2


class ExponNorm(Continuous):
    """Exponentially modified normal distribution of shape K: the sum of a standard normal number and K times
    a standard exponential one.
    """

    def _log_product(self, z, K):
        r = 1 / K
        return r * (0.5 * r - z) + sp.log_ndtr(z - r)

    def _logpdf(self, z, K):
        return self._log_product(z, K) - np.log(K)

    def _cdf(self, z, K):
        return sp.ndtr(z) - np.exp(self._log_product(z, K))

    def _sf(self, z, K):
        return sp.ndtr(-z) + np.exp(self._log_product(z, K))

    def _logsf(self, z, K):
        return np.logaddexp(sp.log_ndtr(-z), self._log_product(z, K))

    def _mean(self, K):
        return K

    def _var(self, K):
        return 1 + K * K


class CrystalBall(Continuous):
    """Crystal Ball distribution of shapes beta and m: a normal density above -beta, and a power below it."""

    def _masses(self, beta, m):
        """The integrals of the power and of the density above it, and the density at -beta."""
        at = np.exp(-0.5 * beta * beta)
        return at * m / (beta * (m - 1)), _ROOT_2_PI * sp.ndtr(beta), at

    def _mean(self, beta, m):
        def mean(beta, m):
            power, normal, at = self._masses(beta, m)
            r = m / beta
            return (at + (r - beta) * power - at * r * r / (m - 2)) / (power + normal)

        return only(plain(m) > 2, mean, np.inf, beta, m)

    def _var(self, beta, m):
        def var(beta, m):
            power, normal, at = self._masses(beta, m)
            r = m / beta
            b, mean = r - beta, self._mean(beta, m)
            below = b * b * power - 2 * b * at * r * r / (m - 2) + at * r**3 / (m - 3)
            return (normal - beta * at + below) / (power + normal) - mean * mean

        return only(plain(m) > 3, var, np.inf, beta, m)

    def _entropy(self, beta, m):
        power, normal, at = self._masses(beta, m)
        part = 0.5 * (normal - beta * at) + power * (0.5 * beta * beta + m / (m - 1))
        return np.log(power + normal) + part / (power + normal)

    def _parts(self, beta, m):
        """The logarithms of the integrals of the power below -beta and of the density above it."""
        return np.log(m / (beta * (m - 1))) - 0.5 * beta * beta, _HALF_LOG_2_PI + sp.log_ndtr(beta)

    def _log_tail(self, z, beta, m):
        # (1 - beta / m * (beta + z)): 1 at -beta
        return np.log1p(-(beta / m) * (beta + z))

    def _logpdf(self, z, beta, m):
        total = np.logaddexp(*self._parts(beta, m))

        def above(z, beta, m):
            return -0.5 * z * z

        def below(z, beta, m):
            return -0.5 * beta * beta - m * self._log_tail(z, beta, m)

        return select(plain(z) > -plain(beta), above, below, z, beta, m) - total

    def _cdf(self, z, beta, m):
        total = np.logaddexp(*self._parts(beta, m))

        def above(z, beta, m):
            return np.exp(self._parts(beta, m)[0]) + _ROOT_2_PI * (sp.ndtr(z) - sp.ndtr(-beta))

        def below(z, beta, m):
            return np.exp(self._parts(beta, m)[0] - (m - 1) * self._log_tail(z, beta, m))

        return select(plain(z) > -plain(beta), above, below, z, beta, m) * np.exp(-total)

    def _sf(self, z, beta, m):
        total = np.logaddexp(*self._parts(beta, m))

        def above(z, beta, m):
            return _ROOT_2_PI * sp.ndtr(-z) * np.exp(-np.logaddexp(*self._parts(beta, m)))

        def below(z, beta, m):
            return 1 - self._cdf(z, beta, m)

        del total
        return select(plain(z) > -plain(beta), above, below, z, beta, m)


class DParetoLogNorm(Continuous):
    """Double Pareto log-normal distribution of shapes u, s, a and b (Reed and Jorgensen)."""

    name = "dpareto_lognorm"

    def _ratios(self, z, u, s, a, b):
        """log(z), the normal number t, and the logarithms of Mills' ratios of the two powers."""
        x = np.log(z)
        t = (x - u) / s
        return x, t, _log_mills(a * s - t), _log_mills(b * s + t)

    def _logpdf(self, z, u, s, a, b):
        x, t, first, second = self._ratios(z, u, s, a, b)
        return np.log(a) + np.log(b) - np.log(a + b) - x + log_phi(t) + np.logaddexp(first, second)

    def _cdf(self, z, u, s, a, b):
        _, t, first, second = self._ratios(z, u, s, a, b)
        part = np.exp(log_phi(t) + first + np.log(b)) - np.exp(log_phi(t) + second + np.log(a))
        return sp.ndtr(t) - part / (a + b)

    def _sf(self, z, u, s, a, b):
        _, t, first, second = self._ratios(z, u, s, a, b)
        part = np.exp(log_phi(t) + first + np.log(b)) - np.exp(log_phi(t) + second + np.log(a))
        return sp.ndtr(-t) + part / (a + b)

    def _mean(self, u, s, a, b):
        return self._moment(1, u, s, a, b)

    def _var(self, u, s, a, b):
        mean = self._mean(u, s, a, b)
        return self._moment(2, u, s, a, b) - mean * mean

    def _moment(self, n, u, s, a, b):
        def moment(u, s, a, b):
            return a * b / ((a - n) * (b + n)) * np.exp(n * u + 0.5 * n * n * s * s)

        return only(plain(a) > n, moment, np.inf if n == 1 else np.nan, u, s, a, b)


def _log_mills(z):
    """Logarithm of ndtr(-z) / phi(z)."""
    return sp.log_ndtr(-z) - log_phi(z)


class Alpha(Continuous):
    """Alpha distribution of shape a: pdf = phi(a - 1 / z) / (z**2 * ndtr(a)), cdf = ndtr(a - 1 / z) /
    ndtr(a).
    """

    def _logpdf(self, z, a):
        return -2 * np.log(z) + log_phi(a - 1 / z) - sp.log_ndtr(a)

    def _cdf(self, z, a):
        return sp.ndtr(a - 1 / z) / sp.ndtr(a)

    def _logcdf(self, z, a):
        return sp.log_ndtr(a - 1 / z) - sp.log_ndtr(a)

    def _ppf(self, q, a):
        return 1 / (a - sp.ndtri(q * sp.ndtr(a)))

    def _mean(self, a):
        return only(plain(a) != plain(a), None, np.inf, a)

    def _var(self, a):
        return only(plain(a) != plain(a), None, np.inf, a)


class NormInvGauss(Continuous):
    """Normal-inverse Gaussian distribution of shapes a and b: pdf = a * k1(a * r) / (pi * r) * e**(g + b * z)
    with r = sqrt(1 + z**2) and g = sqrt(a**2 - b**2).
    """

    without_slopes = ("a", "b")

    def _logpdf(self, z, a, b):
        r = np.hypot(1.0, z)
        g = np.sqrt((a - b) * (a + b))
        return np.log(a / np.pi) + np.log(sp.k1e(a * r)) + b * z - a * r + g - np.log(r)

    def _mean(self, a, b):
        return b / np.sqrt((a - b) * (a + b))

    def _var(self, a, b):
        return a * a / ((a - b) * (a + b)) ** 1.5


norm = Norm()
halfnorm = HalfNorm()
lognorm = LogNorm()
gibrat = Gibrat()
foldnorm = FoldNorm()
powernorm = PowerNorm()
powerlognorm = PowerLogNorm()
skewnorm = SkewNorm()
johnsonsu = JohnsonSU()
johnsonsb = JohnsonSB()
truncnorm = TruncNorm()
moyal = Moyal()
levy = Levy()
levy_l = LevyL()
fatiguelife = FatigueLife()
invgauss = InvGauss()
wald = Wald()
recipinvgauss = RecipInvGauss()
exponnorm = ExponNorm()
crystalball = CrystalBall()
dpareto_lognorm = DParetoLogNorm()
alpha = Alpha()
norminvgauss = NormInvGauss()

__all__ = [name for name, x in list(globals().items()) if isinstance(x, Continuous)]
