"""Discrete distributions."""

import numpy as np
import scipy.special as sp

from leopard.functions.basic.shape import form_of, plain
from leopard.scipy.special._log_ive import log_ive
from leopard.scipy.special.convenience import xlog1py, xlogy
from leopard.scipy.special.gamma import zeta
from leopard.scipy.stats._discrete import Discrete
from leopard.scipy.stats._selection import constant, only, select


class Poisson(Discrete):
    """Poisson distribution of mean mu: pmf = e**-mu * mu**k / k!."""

    def _logpmf(self, k, mu):
        return xlogy(k, mu) - sp.gammaln(k + 1) - mu

    def _cdf(self, k, mu):
        return sp.gammaincc(k + 1, mu)

    def _sf(self, k, mu):
        return sp.gammainc(k + 1, mu)

    def _mean(self, mu):
        return mu

    def _var(self, mu):
        return mu


class Binom(Discrete):
    """Binomial distribution of n trials of probability p: pmf = binom(n, k) * p**k * (1 - p)**(n - k)."""

    whole = ("n",)

    def _support(self, n, p):
        return 0, n

    def _logpmf(self, k, n, p):
        ways = sp.gammaln(n + 1) - (sp.gammaln(k + 1) + sp.gammaln(n - k + 1))
        return ways + xlogy(k, p) + xlog1py(n - k, -p)

    def _cdf(self, k, n, p):
        return sp.betaincc(k + 1, n - k, p)

    def _sf(self, k, n, p):
        return sp.betainc(k + 1, n - k, p)

    def _mean(self, n, p):
        return n * p

    def _var(self, n, p):
        return n * p * (1 - p)


class Bernoulli(Discrete):
    """Bernoulli distribution of probability p: the binomial distribution of one trial."""

    def _logpmf(self, k, p):
        return xlogy(k, p) + xlog1py(1 - k, -p)

    def _pmf(self, k, p):
        return k * p + (1 - k) * (1 - p)

    def _cdf(self, k, p):
        return 1 - p + 0 * k

    def _sf(self, k, p):
        return p + 0 * k

    def _logcdf(self, k, p):
        return np.log1p(-p) + 0 * k

    def _logsf(self, k, p):
        return np.log(p) + 0 * k

    def _mean(self, p):
        return p

    def _var(self, p):
        return p * (1 - p)

    def _entropy(self, p):
        return sp.entr(p) + sp.entr(1 - p)


class NBinom(Discrete):
    """Negative binomial distribution of shapes n and p: pmf = gamma(n + k) / (k! * gamma(n)) * p**n * (1 -
    p)**k.
    """

    def _logpmf(self, k, n, p):
        ways = sp.gammaln(n + k) - sp.gammaln(k + 1) - sp.gammaln(n)
        return ways + n * np.log(p) + xlog1py(k, -p)

    def _cdf(self, k, n, p):
        return sp.betainc(n, k + 1, p)

    def _sf(self, k, n, p):
        return sp.betaincc(n, k + 1, p)

    def _mean(self, n, p):
        return n * (1 - p) / p

    def _var(self, n, p):
        return n * (1 - p) / (p * p)


class BetaBinom(Discrete):
    """Beta-binomial distribution: the binomial distribution of n trials whose probability is beta distributed
    of shapes a and b.
    """

    whole = ("n",)

    def _support(self, n, a, b):
        return 0, n

    def _logpmf(self, k, n, a, b):
        ways = -np.log(n + 1) - sp.betaln(n - k + 1, k + 1)
        return ways + sp.betaln(k + a, n - k + b) - sp.betaln(a, b)

    def _mean(self, n, a, b):
        return n * a / (a + b)

    def _var(self, n, a, b):
        s = a + b
        return n * (s + n) * a * b / (s * s * (s + 1))


class BetaNBinom(Discrete):
    """Beta-negative binomial distribution: the negative binomial distribution of n successes whose
    probability is beta distributed of shapes a and b.
    """

    whole = ("n",)

    def _logpmf(self, k, n, a, b):
        ways = -np.log(n + k) - sp.betaln(n, k + 1)
        return ways + sp.betaln(a + n, b + k) - sp.betaln(a, b)

    def _mean(self, n, a, b):
        return only(plain(a) > 1, lambda n, a, b: n * b / (a - 1), np.inf, n, a, b)

    def _var(self, n, a, b):
        def var(n, a, b):
            return n * b * (n + a - 1) * (a + b - 1) / ((a - 2) * (a - 1) ** 2)

        return only(plain(a) > 2, var, np.inf, n, a, b)


class Geom(Discrete):
    """Geometric distribution of probability p: pmf = (1 - p)**(k - 1) * p, for k of at least 1."""

    def _logpmf(self, k, p):
        return xlog1py(k - 1, -p) + np.log(p)

    def _cdf(self, k, p):
        return -np.expm1(k * np.log1p(-p))

    def _sf(self, k, p):
        return np.exp(k * np.log1p(-p))

    def _logsf(self, k, p):
        return k * np.log1p(-p)

    def _mean(self, p):
        return 1 / p

    def _var(self, p):
        return (1 - p) / (p * p)

    def _entropy(self, p):
        return -np.log(p) - np.log1p(-p) * (1 - p) / p


class LogSer(Discrete):
    """Logarithmic series distribution of shape p: pmf = -p**k / (k * log(1 - p)), for k of at least 1."""

    def _logpmf(self, k, p):
        return k * np.log(p) - np.log(k) - np.log(-np.log1p(-p))

    def _mean(self, p):
        return -p / ((1 - p) * np.log1p(-p))

    def _var(self, p):
        r = np.log1p(-p)
        return -p * (p + r) / ((1 - p) ** 2 * r * r)


class Planck(Discrete):
    """Planck's discrete exponential distribution of shape lambda_: pmf = (1 - e**-lambda_) * e**(-lambda_ *
    k).
    """

    def _logpmf(self, k, lambda_):
        return np.log(-np.expm1(-lambda_)) - lambda_ * k

    def _cdf(self, k, lambda_):
        return -np.expm1(-lambda_ * (k + 1))

    def _sf(self, k, lambda_):
        return np.exp(-lambda_ * (k + 1))

    def _logsf(self, k, lambda_):
        return -lambda_ * (k + 1)

    def _mean(self, lambda_):
        return 1 / np.expm1(lambda_)

    def _var(self, lambda_):
        return np.exp(-lambda_) / np.expm1(-lambda_) ** 2

    def _entropy(self, lambda_):
        return lambda_ / np.expm1(lambda_) - np.log(-np.expm1(-lambda_))


class Boltzmann(Discrete):
    """Boltzmann's truncated discrete exponential distribution: Planck's, of the numbers below N."""

    whole = ("N",)

    def _support(self, lambda_, N):
        return 0, N - 1

    def _logpmf(self, k, lambda_, N):
        return np.log(-np.expm1(-lambda_)) - np.log(-np.expm1(-lambda_ * N)) - lambda_ * k

    def _cdf(self, k, lambda_, N):
        return np.expm1(-lambda_ * (k + 1)) / np.expm1(-lambda_ * N)

    def _sf(self, k, lambda_, N):
        t = -lambda_ * (k + 1)
        return np.exp(t) * np.expm1(-lambda_ * (N - k - 1)) / np.expm1(-lambda_ * N)

    def _mean(self, lambda_, N):
        return 1 / np.expm1(lambda_) - N / np.expm1(lambda_ * N)

    def _var(self, lambda_, N):
        return _spread(lambda_) - N * N * _spread(lambda_ * N)


def _spread(x):
    """e**-x / (1 - e**-x)**2."""
    t = np.expm1(-x)
    return np.exp(-x) / (t * t)


class DLaplace(Discrete):
    """Discrete Laplace distribution of shape a: pmf = tanh(a / 2) * e**(-a * abs(k))."""

    def _logpmf(self, k, a):
        return np.log(np.tanh(a / 2)) - a * np.abs(k)

    def _cdf(self, k, a):
        def above(k, a):
            return 1 - np.exp(-a * k) / (np.exp(a) + 1)

        def below(k, a):
            return np.exp(a * k) * sp.expit(a)

        return select(plain(k) + 0 * plain(a) >= 0, above, below, k, a)

    def _sf(self, k, a):
        return self._cdf(-k - 1, a)

    def _mean(self, a):
        return a * 0

    def _var(self, a):
        return 2 * _spread(a)

    def _entropy(self, a):
        return a / np.sinh(a) - np.log(np.tanh(a / 2))


class Zipf(Discrete):
    """Zipf's distribution of shape a: pmf = k**-a / zeta(a), for k of at least 1."""

    def _logpmf(self, k, a):
        return -a * np.log(k) - np.log(zeta(a, 1.0))

    def _sf(self, k, a):
        return zeta(a, k + 1) / zeta(a, 1.0)

    def _cdf(self, k, a):
        return 1 - zeta(a, k + 1) / zeta(a, 1.0)

    def _mean(self, a):
        return only(plain(a) > 2, lambda a: zeta(a - 1, 1.0) / zeta(a, 1.0), np.inf, a)

    def _var(self, a):
        def var(a):
            total = zeta(a, 1.0)
            mean = zeta(a - 1, 1.0) / total
            return zeta(a - 2, 1.0) / total - mean * mean

        return only(plain(a) > 3, var, np.inf, a)


class Zipfian(Discrete):
    """Zipfian distribution of shapes a and n: pmf proportional to k**-a, for k from 1 to n."""

    whole = ("n",)

    def _support(self, a, n):
        return 1, np.floor(n)

    def _sum(self, first, last, a):
        """The sum of j**-a for j from first to last."""
        low, high, shape = np.min(first), np.max(last), np.broadcast_shapes(np.shape(first), np.shape(last))
        js = np.arange(low, high + 1)
        first, last = (np.broadcast_to(x, shape)[..., None] for x in (first, last))
        wide = a if np.ndim(form_of(a)) == 0 else a[..., None]
        return np.sum(np.where((first <= js) & (js <= last), js**-wide, 0.0), axis=-1)

    def _logpmf(self, k, a, n):
        return -a * np.log(k) - np.log(self._sum(1, np.floor(plain(n)), a))

    def _cdf(self, k, a, n):
        return self._sum(1, k, a) / self._sum(1, np.floor(plain(n)), a)

    def _sf(self, k, a, n):
        n = np.floor(plain(n))
        return self._sum(k + 1, n, a) / self._sum(1, n, a)

    def _mean(self, a, n):
        n = np.floor(plain(n))
        return self._sum(1, n, a - 1) / self._sum(1, n, a)

    def _var(self, a, n):
        n = np.floor(plain(n))
        total = self._sum(1, n, a)
        mean = self._sum(1, n, a - 1) / total
        return self._sum(1, n, a - 2) / total - mean * mean


class YuleSimon(Discrete):
    """Yule-Simon distribution of shape alpha: pmf = alpha * beta(k, alpha + 1), for k of at least 1."""

    def _logpmf(self, k, alpha):
        return np.log(alpha) + sp.betaln(k, alpha + 1)

    def _sf(self, k, alpha):
        return np.exp(self._logsf(k, alpha))

    def _cdf(self, k, alpha):
        return -np.expm1(self._logsf(k, alpha))

    def _logsf(self, k, alpha):
        return np.log(k) + sp.betaln(k, alpha + 1)

    def _mean(self, alpha):
        return only(plain(alpha) > 1, lambda a: a / (a - 1), np.inf, alpha)

    def _var(self, alpha):
        def var(a):
            return only(plain(a) > 2, lambda a: a * a / ((a - 2) * (a - 1) ** 2), np.inf, a)

        return only(plain(alpha) > 1, var, np.nan, alpha)


class Skellam(Discrete):
    """Skellam distribution: that of the difference of Poisson distributed numbers of means mu1 and mu2."""

    def _logpmf(self, k, mu1, mu2):
        root = np.sqrt(mu1 * mu2)
        start = 0.5 * k * (np.log(mu1) - np.log(mu2)) - (np.sqrt(mu1) - np.sqrt(mu2)) ** 2
        return start + log_ive(np.abs(k), 2 * root)

    def _cdf(self, k, mu1, mu2):
        def below(k, mu1, mu2):
            return sp.chndtr(2 * mu2, -2 * k, 2 * mu1)

        def above(k, mu1, mu2):
            return 1 - sp.chndtr(2 * mu1, 2 * (k + 1), 2 * mu2)

        return select(plain(k) + 0 * plain(mu1) + 0 * plain(mu2) < 0, below, above, k, mu1, mu2)

    def _sf(self, k, mu1, mu2):
        return self._cdf(-k - 1, mu2, mu1)

    def _mean(self, mu1, mu2):
        return mu1 - mu2

    def _var(self, mu1, mu2):
        return mu1 + mu2


class OfWholeNumbers(Discrete):
    """The base class of discrete distributions all of whose parameters are whole numbers: values are SciPy's,
    and there is no derivative but that of the moments in `loc`.
    """

    def _logpmf(self, k, *shapes):
        return constant(self._of_scipy("logpmf", k, *shapes), *shapes)

    def _cdf(self, k, *shapes):
        return constant(self._of_scipy("cdf", k, *shapes), *shapes)

    def _sf(self, k, *shapes):
        return constant(self._of_scipy("sf", k, *shapes), *shapes)

    def _logcdf(self, k, *shapes):
        return constant(self._of_scipy("logcdf", k, *shapes), *shapes)

    def _logsf(self, k, *shapes):
        return constant(self._of_scipy("logsf", k, *shapes), *shapes)


class HyperGeom(OfWholeNumbers):
    """Hypergeometric distribution: the number among N drawn of M that belong to n of a kind. All parameters
    are whole numbers, which have no derivative.
    """

    whole = ("M", "n", "N")

    def _support(self, M, n, N):
        return np.maximum(N - (M - n), 0), np.minimum(n, N)


class NHyperGeom(OfWholeNumbers):
    """Negative hypergeometric distribution: the number of a kind of n among M that is drawn before r others.
    All parameters are whole numbers, which have no derivative.
    """

    whole = ("M", "n", "r")

    def _support(self, M, n, r):
        return 0, n


class RandInt(OfWholeNumbers):
    """Uniform distribution on the whole numbers from low to high - 1, which have no derivative."""

    whole = ("low", "high")

    def _support(self, low, high):
        return low, high - 1


poisson = Poisson()
binom = Binom()
bernoulli = Bernoulli()
nbinom = NBinom()
betabinom = BetaBinom()
betanbinom = BetaNBinom()
geom = Geom()
logser = LogSer()
planck = Planck()
boltzmann = Boltzmann()
dlaplace = DLaplace()
zipf = Zipf()
zipfian = Zipfian()
yulesimon = YuleSimon()
skellam = Skellam()
hypergeom = HyperGeom()
nhypergeom = NHyperGeom()
randint = RandInt()

__all__ = [name for name, x in list(globals().items()) if isinstance(x, Discrete)]
