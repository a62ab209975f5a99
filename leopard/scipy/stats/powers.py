"""Distributions with tails that fall as powers."""

import numpy as np
import scipy.special as sp

from leopard.functions.basic.shape import form_of, plain
from leopard.scipy.special.convenience import xlogy
from leopard.scipy.stats._continuous import Continuous
from leopard.scipy.stats._distributions import Distribution
from leopard.scipy.stats._integrals import mean_over_probabilities
from leopard.scipy.stats._selection import constant, only, select
from leopard.scipy.stats.exponential import log1p_over


def _nan(*xs):
    return constant(np.full(np.broadcast_shapes(*[np.shape(form_of(x)) for x in xs]), np.nan), *xs)


def _inf(*xs):
    return constant(np.full(np.broadcast_shapes(*[np.shape(form_of(x)) for x in xs]), np.inf), *xs)


class Cauchy(Continuous):
    """Cauchy distribution: pdf = 1 / (pi * (1 + z**2))."""

    symmetric = True

    def _logpdf(self, z):
        return -np.log(np.pi) - np.log1p(z * z)

    def _pdf(self, z):
        return 1 / (np.pi * (1 + z * z))

    def _cdf(self, z):
        return np.arctan2(1.0, -z) / np.pi

    def _ppf(self, q):
        def tail(q):
            return -1 / np.tan(np.pi * q)

        return select(plain(q) < 0.5, tail, lambda q: -tail(1 - q), q)

    def _isf(self, q):
        return -self._ppf(q)

    def _entropy(self):
        return np.log(4 * np.pi)

    def _mean(self):
        return np.nan

    def _var(self):
        return np.nan


class HalfCauchy(Continuous):
    """Half-Cauchy distribution: pdf = 2 / (pi * (1 + z**2))."""

    def _logpdf(self, z):
        return np.log(2 / np.pi) - np.log1p(z * z)

    def _cdf(self, z):
        return (2 / np.pi) * np.arctan(z)

    def _sf(self, z):
        return (2 / np.pi) * np.arctan2(1.0, z)

    def _ppf(self, q):
        return np.tan((np.pi / 2) * q)

    def _isf(self, q):
        return 1 / np.tan((np.pi / 2) * q)

    def _entropy(self):
        return np.log(2 * np.pi)

    def _mean(self):
        return np.inf

    def _var(self):
        return np.inf


class FoldCauchy(Continuous):
    """Folded Cauchy distribution of shape c: that of the absolute value of c + z with a Cauchy distributed
    z.
    """

    def _pdf(self, z, c):
        return (1 / (1 + (z - c) ** 2) + 1 / (1 + (z + c) ** 2)) / np.pi

    def _cdf(self, z, c):
        return (np.arctan(z - c) + np.arctan(z + c)) / np.pi

    def _sf(self, z, c):
        return (np.arctan2(1.0, z - c) + np.arctan2(1.0, z + c)) / np.pi

    def _mean(self, c):
        return _inf(c)

    def _var(self, c):
        return _inf(c)


class SkewCauchy(Continuous):
    """Skewed Cauchy distribution of shape a: pdf = 1 / (pi * (1 + (z / (1 + a * sign(z)))**2))."""

    def _pdf(self, z, a):
        t = z / (a * np.sign(plain(z)) + 1)
        return 1 / (np.pi * (1 + t * t))

    def _cdf(self, z, a):
        def below(z, a):
            return (1 - a) / np.pi * np.arctan2(1.0, -z / (1 - a))

        def above(z, a):
            return (1 - a) / 2 + (1 + a) / np.pi * np.arctan(z / (1 + a))

        return select(plain(z) <= 0, below, above, z, a)

    def _sf(self, z, a):
        return self._cdf(-z, -a)

    def _ppf(self, q, a):
        def below(q, a):
            return -(1 - a) / np.tan(np.pi * q / (1 - a))

        def above(q, a):
            return (1 + a) / np.tan(np.pi * (1 - q) / (1 + a))

        return select(plain(q) < (1 - plain(a)) / 2, below, above, q, a)

    def _entropy(self, a):
        return 0 * a + np.log(4 * np.pi)

    def _mean(self, a):
        return _nan(a)

    def _var(self, a):
        return _nan(a)


class Pareto(Continuous):
    """Pareto distribution of shape b: sf = z**-b, for z above 1."""

    def _logpdf(self, z, b):
        return np.log(b) - (b + 1) * np.log(z)

    def _cdf(self, z, b):
        return -np.expm1(-b * np.log(z))

    def _sf(self, z, b):
        return z**-b

    def _logsf(self, z, b):
        return -b * np.log(z)

    def _ppf(self, q, b):
        return np.exp(-np.log1p(-q) / b)

    def _isf(self, q, b):
        return q ** (-1 / b)

    def _entropy(self, b):
        return 1 + 1 / b - np.log(b)

    def _mean(self, b):
        return only(plain(b) > 1, lambda b: b / (b - 1), np.inf, b)

    def _var(self, b):
        return only(plain(b) > 2, lambda b: b / ((b - 2) * (b - 1) ** 2), np.inf, b)


class Lomax(Continuous):
    """Lomax distribution of shape c: sf = (1 + z)**-c."""

    def _logpdf(self, z, c):
        return np.log(c) - (c + 1) * np.log1p(z)

    def _cdf(self, z, c):
        return -np.expm1(-c * np.log1p(z))

    def _logsf(self, z, c):
        return -c * np.log1p(z)

    def _ppf(self, q, c):
        return np.expm1(-np.log1p(-q) / c)

    def _isf(self, q, c):
        return np.expm1(-np.log(q) / c)

    def _entropy(self, c):
        return 1 + 1 / c - np.log(c)

    def _mean(self, c):
        return only(plain(c) > 1, lambda c: 1 / (c - 1), np.inf, c)

    def _var(self, c):
        return pareto._var(c)


class GenPareto(Continuous):
    """Generalized Pareto distribution of shape c: sf = (1 + c * z)**(-1 / c), and e**-z where c is 0."""

    def _support(self, c):
        return 0.0 * c, select(plain(c) < 0, lambda c: -1 / c, lambda c: c * 0 + np.inf, c)

    def _exponential(self, z, c):
        """The exponentially distributed number, log(1 + c * z) / c."""
        return z * log1p_over(c * z)

    def _logpdf(self, z, c):
        return -(c + 1) * self._exponential(z, c)

    def _logsf(self, z, c):
        return -self._exponential(z, c)

    def _cdf(self, z, c):
        return -np.expm1(-self._exponential(z, c))

    def _ppf(self, q, c):
        return -sp.boxcox1p(-q, -c)

    def _isf(self, q, c):
        return -sp.boxcox(q, -c)

    def _entropy(self, c):
        return 1 + c

    def _mean(self, c):
        return only(plain(c) < 1, lambda c: 1 / (1 - c), np.inf, c)

    def _var(self, c):
        return only(plain(c) < 0.5, lambda c: 1 / ((1 - c) ** 2 * (1 - 2 * c)), np.nan, c)


class TruncPareto(Continuous):
    """Pareto distribution of shape b truncated to the interval from 1 to c."""

    def _support(self, b, c):
        return 1.0 + 0 * c, c

    def _log_share(self, t, b):
        """log(abs(1 - e**(-b * t))) of t above 0."""
        return np.log(np.abs(np.expm1(-b * t)))

    def _logpdf(self, z, b, c):
        return np.log(np.abs(b)) - self._log_share(np.log(c), b) - (b + 1) * np.log(z)

    def _cdf(self, z, b, c):
        return np.expm1(-b * np.log(z)) / np.expm1(-b * np.log(c))

    def _sf(self, z, b, c):
        log = np.log(z)
        return np.exp(-b * log) * np.expm1(-b * (np.log(c) - log)) / np.expm1(-b * np.log(c))

    def _logcdf(self, z, b, c):
        return self._log_share(np.log(z), b) - self._log_share(np.log(c), b)

    def _logsf(self, z, b, c):
        log = np.log(z)
        return -b * log + self._log_share(np.log(c) - log, b) - self._log_share(np.log(c), b)

    def _ppf(self, q, b, c):
        return np.exp(-np.log1p(q * np.expm1(-b * np.log(c))) / b)

    def _isf(self, q, b, c):
        return np.exp(-np.log1p((1 - q) * np.expm1(-b * np.log(c))) / b)

    def _entropy(self, b, c):
        log = np.log(c)
        return -(np.log(b / -np.expm1(-b * log)) + (b + 1) * (log / np.expm1(b * log) - 1 / b))

    def _mean(self, b, c):
        return self._moment(1, b, c)

    def _var(self, b, c):
        mean = self._mean(b, c)
        return self._moment(2, b, c) - mean * mean

    def _moment(self, n, b, c):
        log = np.log(c)
        return -b * log * sp.exprel((n - b) * log) / np.expm1(-b * log)


class Burr(Continuous):
    """Burr distribution of type III, of shapes c and d: cdf = (1 + z**-c)**-d."""

    def _logpdf(self, z, c, d):
        def inside(z, c, d):
            log = np.log(z)
            return np.log(c) + np.log(d) - (c + 1) * log - (d + 1) * np.logaddexp(0.0, -c * log)

        def at_0(z, c, d):
            return np.log(c) + np.log(d) + sp.xlogy(c * d - 1, z)

        return select(plain(z) != 0, inside, at_0, z, c, d)

    def _logcdf(self, z, c, d):
        return -d * np.logaddexp(0.0, -c * np.log(z))

    def _cdf(self, z, c, d):
        return np.exp(self._logcdf(z, c, d))

    def _sf(self, z, c, d):
        return -np.expm1(self._logcdf(z, c, d))

    def _logsf(self, z, c, d):
        return np.log(-np.expm1(self._logcdf(z, c, d)))

    def _ppf(self, q, c, d):
        return np.expm1(-np.log(q) / d) ** (-1 / c)

    def _isf(self, q, c, d):
        return np.expm1(-np.log1p(-q) / d) ** (-1 / c)

    def _mean(self, c, d):
        return only(plain(c) > 1, lambda c, d: self._moment(1, c, d), np.nan, c, d)

    def _var(self, c, d):
        def var(c, d):
            mean = self._moment(1, c, d)
            return self._moment(2, c, d) - mean * mean

        return only(plain(c) > 2, var, np.nan, c, d)

    def _moment(self, n, c, d):
        return d * sp.beta(d + n / c, 1 - n / c)


class Fisk(Continuous):
    """Log-logistic distribution of shape c: cdf = 1 / (1 + z**-c)."""

    def _logpdf(self, z, c):
        return burr._logpdf(z, c, 1.0)

    def _cdf(self, z, c):
        return sp.expit(c * np.log(z))

    def _logcdf(self, z, c):
        return sp.log_expit(c * np.log(z))

    def _sf(self, z, c):
        return sp.expit(-c * np.log(z))

    def _logsf(self, z, c):
        return sp.log_expit(-c * np.log(z))

    def _ppf(self, q, c):
        return np.exp(sp.logit(q) / c)

    def _isf(self, q, c):
        return np.exp(-sp.logit(q) / c)

    def _entropy(self, c):
        return 2 - np.log(c)

    def _mean(self, c):
        return burr._mean(c, 1.0)

    def _var(self, c):
        return burr._var(c, 1.0)


class Burr12(Continuous):
    """Burr distribution of type XII, of shapes c and d: sf = (1 + z**c)**-d."""

    def _logpdf(self, z, c, d):
        return np.log(c) + np.log(d) + xlogy(c - 1, z) - (d + 1) * np.log1p(z**c)

    def _logsf(self, z, c, d):
        return -d * np.log1p(z**c)

    def _cdf(self, z, c, d):
        return -np.expm1(self._logsf(z, c, d))

    def _ppf(self, q, c, d):
        return np.expm1(-np.log1p(-q) / d) ** (1 / c)

    def _isf(self, q, c, d):
        return np.expm1(-np.log(q) / d) ** (1 / c)

    def _mean(self, c, d):
        return self._moment(1, c, d)

    def _var(self, c, d):
        mean = self._moment(1, c, d)
        return self._moment(2, c, d) - mean * mean

    def _moment(self, n, c, d):
        def moment(c, d):
            return d * sp.beta(1 + n / c, d - n / c)

        return only(plain(c) * plain(d) > n, moment, np.nan, c, d)


class Mielke(Continuous):
    """Mielke's distribution of shapes k and s: cdf = z**k / (1 + z**s)**(k / s)."""

    def _logpdf(self, z, k, s):
        return np.log(k) + xlogy(k - 1, z) - np.log1p(z**s) * (1 + k / s)

    def _logcdf(self, z, k, s):
        return -(k / s) * np.logaddexp(0.0, -s * np.log(z))

    def _cdf(self, z, k, s):
        return np.exp(self._logcdf(z, k, s))

    def _ppf(self, q, k, s):
        return np.expm1(-np.log(q) * s / k) ** (-1 / s)

    def _isf(self, q, k, s):
        return np.expm1(-np.log1p(-q) * s / k) ** (-1 / s)

    def _mean(self, k, s):
        return self._moment(1, k, s)

    def _var(self, k, s):
        mean = self._moment(1, k, s)
        return self._moment(2, k, s) - mean * mean

    def _moment(self, n, k, s):
        def moment(k, s):
            return np.exp(sp.gammaln((k + n) / s) + sp.gammaln(1 - n / s) - sp.gammaln(k / s))

        return only(plain(s) > n, moment, np.inf, k, s)


class Kappa3(Continuous):
    """Kappa distribution of 3 parameters, of shape a: cdf = z / (a + z**a)**(1 / a)."""

    def _logpdf(self, z, a):
        return np.log(a) - (1 / a + 1) * np.log(a + z**a)

    def _logcdf(self, z, a):
        return -np.log1p(a * z**-a) / a

    def _cdf(self, z, a):
        return z * (a + z**a) ** (-1 / a)

    def _sf(self, z, a):
        return -np.expm1(self._logcdf(z, a))

    no_moment = np.nan

    def _moment_exists(self, n, a):
        return a > n

    def _ppf(self, q, a):
        return (a / np.expm1(-a * np.log(q))) ** (1 / a)

    def _isf(self, q, a):
        return (a / np.expm1(-a * np.log1p(-q))) ** (1 / a)


class Kappa4(Continuous):
    """Kappa distribution of 4 parameters, of shapes h and k: cdf = (1 - h * (1 - k * z)**(1 / k))**(1 / h),
    and its limits where h or k is 0.
    """

    def _support(self, h, k):
        low, high = self.scipys._get_support(*np.broadcast_arrays(plain(h), plain(k)))

        def of_both(h, k):
            return select(
                np.abs(plain(k)) > 0, lambda h, k: (1 - h**-k) / k, lambda h, k: np.log(h) + 0 * k, h, k
            )

        def of_k(h, k):
            return select(plain(k) < 0, lambda h, k: 1 / k + 0 * h, lambda h, k: 0 * h + 0 * k - np.inf, h, k)

        del low
        first = select(plain(h) + 0 * plain(k) > 0, of_both, of_k, h, k)
        return first, select(
            plain(k) + 0 * plain(h) > 0, lambda h, k: 1 / k + 0 * h, lambda h, k: 0 * h + 0 * k + np.inf, h, k
        )

    _mean, _var = Distribution._mean, Distribution._var  # SciPy's, which has its own rule of where they exist

    def _gumbel(self, z, k):
        return z * log1p_over(-k * z)

    def _logcdf(self, z, h, k):
        t = np.exp(-self._gumbel(z, k))
        return -t * log1p_over(-h * t)

    def _logpdf(self, z, h, k):
        g = self._gumbel(z, k)
        t = np.exp(-g)
        return -(1 - k) * g - (1 - h) * t * log1p_over(-h * t)

    def _ppf(self, q, h, k):
        # t = (1 - q**h) / h, with log(t) the number of Gumbel's distribution
        log = np.log(q)
        g = -np.log(-log * sp.exprel(h * log))
        return g * sp.exprel(-k * g)

    def _isf(self, q, h, k):
        log = np.log1p(-q)
        g = -np.log(-log * sp.exprel(h * log))
        return g * sp.exprel(-k * g)


class LogLaplace(Continuous):
    """Log-Laplace distribution of shape c: that of e**z with z Laplace distributed of scale 1 / c."""

    def _logpdf(self, z, c):
        log = np.log(z)
        return np.log(c / 2) - c * np.abs(log) - log

    def _pieces(self, z, c, below, above):
        return select(plain(z) < 1, below, above, z, c)

    def _cdf(self, z, c):
        return self._pieces(z, c, lambda z, c: 0.5 * z**c, lambda z, c: 1 - 0.5 * z**-c)

    def _sf(self, z, c):
        return self._pieces(z, c, lambda z, c: 1 - 0.5 * z**c, lambda z, c: 0.5 * z**-c)

    def _ppf(self, q, c):
        return select(
            plain(q) < 0.5, lambda q, c: (2 * q) ** (1 / c), lambda q, c: (2 * (1 - q)) ** (-1 / c), q, c
        )

    def _isf(self, q, c):
        return select(
            plain(q) > 0.5, lambda q, c: (2 * (1 - q)) ** (1 / c), lambda q, c: (2 * q) ** (-1 / c), q, c
        )

    def _entropy(self, c):
        return np.log(2 / c) + 1

    def _mean(self, c):
        return self._moment(1, c)

    def _var(self, c):
        mean = self._moment(1, c)
        return self._moment(2, c) - mean * mean

    def _moment(self, n, c):
        return only(plain(c) > n, lambda c: c * c / (c * c - n * n), np.inf, c)


class GenHalfLogistic(Continuous):
    """Generalized half-logistic distribution of shape c: with t = (1 - c * z)**(1 / c), cdf = (1 - t) / (1 +
    t).
    """

    def _support(self, c):
        return 0.0 * c, 1 / c

    def _gumbel(self, z, c):
        return z * log1p_over(-c * z)

    def _logpdf(self, z, c):
        g = self._gumbel(z, c)
        return np.log(2) - (1 - c) * g + 2 * sp.log_expit(g)

    def _cdf(self, z, c):
        return np.tanh(0.5 * self._gumbel(z, c))

    def _sf(self, z, c):
        return 2 * sp.expit(-self._gumbel(z, c))

    def _ppf(self, q, c):
        g = 2 * np.arctanh(q)
        return g * sp.exprel(-c * g)

    def _isf(self, q, c):
        g = np.log((2 - q) / q)
        return g * sp.exprel(-c * g)

    def _entropy(self, c):
        return 2 - (2 * c + 1) * np.log(2)


class TukeyLambda(Continuous):
    """Tukey's lambda distribution of shape lam: ppf = (q**lam - (1 - q)**lam) / lam, and logit where lam is
    0.
    """

    symmetric = True

    def _support(self, lam):
        high = select(plain(lam) > 0, lambda lam: 1 / lam, lambda lam: lam * 0 + np.inf, lam)
        return -high, high

    def _moment_exists(self, n, lam):
        return lam > -1 / n

    def _mean(self, lam):
        return lam * 0

    def _entropy(self, lam):
        # the mean of the logarithm of the slope of the quantile
        return mean_over_probabilities(
            lambda q, lam: np.logaddexp((lam - 1) * np.log(q), (lam - 1) * np.log1p(-q)), lam
        )

    def _pdf(self, z, lam):
        p = sp.tklmbda(-np.abs(z), lam)  # at most 1/2, with all its digits
        return 1 / (p ** (lam - 1) + (1 - p) ** (lam - 1))

    def _cdf(self, z, lam):
        return sp.tklmbda(z, lam)

    def _ppf(self, q, lam):
        return sp.boxcox(q, lam) - sp.boxcox1p(-q, lam)


cauchy = Cauchy()
halfcauchy = HalfCauchy()
foldcauchy = FoldCauchy()
skewcauchy = SkewCauchy()
pareto = Pareto()
lomax = Lomax()
genpareto = GenPareto()
truncpareto = TruncPareto()
burr = Burr()
fisk = Fisk()
burr12 = Burr12()
mielke = Mielke()
kappa3 = Kappa3()
kappa4 = Kappa4()
loglaplace = LogLaplace()
genhalflogistic = GenHalfLogistic()
tukeylambda = TukeyLambda()

__all__ = [name for name, x in list(globals().items()) if isinstance(x, Continuous)]
