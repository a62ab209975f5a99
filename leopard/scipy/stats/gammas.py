"""The gamma distribution, its powers, and what is made of gamma distributed numbers."""

import numpy as np
import scipy.special as sp

from leopard.functions.basic.shape import form_of, plain
from leopard.scipy.special.convenience import xlogy
from leopard.scipy.stats._continuous import Continuous
from leopard.scipy.stats._selection import only, select
from leopard.scipy.stats.normal import log_phi, norm


def _entropy_of_gamma(a):
    """a + gammaln(a) + (1 - a) * digamma(a), by its expansion where these terms would cancel."""

    def regular(a):
        return sp.digamma(a) * (1 - a) + a + sp.gammaln(a)

    def far(a):
        r = 1 / a
        return 0.5 * (1 + np.log(2 * np.pi) + np.log(a)) - r * (1 / 3 + r * (1 / 12 + r * (1 / 90 - r / 120)))

    return select(plain(a) < 250, regular, far, a)


class Gamma(Continuous):
    """Gamma distribution of shape a: pdf = z**(a - 1) * e**-z / gamma(a), cdf = gammainc(a, z)."""

    def _logpdf(self, z, a):
        return xlogy(a - 1, z) - z - sp.gammaln(a)

    def _cdf(self, z, a):
        return sp.gammainc(a, z)

    def _sf(self, z, a):
        return sp.gammaincc(a, z)

    def _ppf(self, q, a):
        return sp.gammaincinv(a, q)

    def _isf(self, q, a):
        return sp.gammainccinv(a, q)

    def _entropy(self, a):
        return _entropy_of_gamma(a)

    def _mean(self, a):
        return a

    def _var(self, a):
        return a


class Erlang(Gamma):
    """Erlang distribution of shape a: the gamma distribution, with a whole number as its shape."""


class Chi2(Continuous):
    """Chi-square distribution of df degrees of freedom: twice the gamma distribution of shape df / 2."""

    def _logpdf(self, z, df):
        half = df * 0.5
        return xlogy(half - 1, z) - z * 0.5 - sp.gammaln(half) - half * np.log(2)

    def _cdf(self, z, df):
        return sp.gammainc(df * 0.5, z * 0.5)

    def _sf(self, z, df):
        return sp.gammaincc(df * 0.5, z * 0.5)

    def _ppf(self, q, df):
        return 2 * sp.gammaincinv(df * 0.5, q)

    def _isf(self, q, df):
        return 2 * sp.gammainccinv(df * 0.5, q)

    def _entropy(self, df):
        return _entropy_of_gamma(df * 0.5) + np.log(2)

    def _mean(self, df):
        return df

    def _var(self, df):
        return 2 * df


class Chi(Continuous):
    """Chi distribution of df degrees of freedom: the root of a chi-square distributed number."""

    def _logpdf(self, z, df):
        half = df * 0.5
        return xlogy(df - 1, z) - 0.5 * z * z - sp.gammaln(half) - (half - 1) * np.log(2)

    def _cdf(self, z, df):
        return sp.gammainc(df * 0.5, 0.5 * z * z)

    def _sf(self, z, df):
        return sp.gammaincc(df * 0.5, 0.5 * z * z)

    def _ppf(self, q, df):
        return np.sqrt(2 * sp.gammaincinv(df * 0.5, q))

    def _isf(self, q, df):
        return np.sqrt(2 * sp.gammainccinv(df * 0.5, q))

    def _entropy(self, df):
        def regular(df):
            half = df * 0.5
            return sp.gammaln(half) + half - 0.5 * np.log(2) - (half - 0.5) * sp.digamma(half)

        def far(df):
            r = 1 / df
            return 0.5 + np.log(np.pi) / 2 - r * (1 / 6 + r * (1 / 6 + r * (4 / 45 - r / 15)))

        return select(plain(df) < 300, regular, far, df)

    def _mean(self, df):
        return np.sqrt(2) * sp.poch(0.5 * df, 0.5)

    def _var(self, df):
        mean = self._mean(df)
        return df - mean * mean


class InvGamma(Continuous):
    """Inverse gamma distribution of shape a: that of 1 / z with z gamma distributed."""

    def _logpdf(self, z, a):
        return -(a + 1) * np.log(z) - sp.gammaln(a) - 1 / z

    def _cdf(self, z, a):
        return sp.gammaincc(a, 1 / z)

    def _sf(self, z, a):
        return sp.gammainc(a, 1 / z)

    def _ppf(self, q, a):
        return 1 / sp.gammainccinv(a, q)

    def _isf(self, q, a):
        return 1 / sp.gammaincinv(a, q)

    def _entropy(self, a):
        def regular(a):
            return a - (a + 1) * sp.digamma(a) + sp.gammaln(a)

        def far(a):
            r = 1 / a
            start = (1 - 3 * np.log(a) + np.log(2 * np.pi)) / 2
            return start + r * (2 / 3 + r * (1 / 12 - r * (1 / 90 + r / 120)))

        return select(plain(a) < 200, regular, far, a)

    def _mean(self, a):
        return only(plain(a) > 1, lambda a: 1 / (a - 1), np.inf, a)

    def _var(self, a):
        return only(plain(a) > 2, lambda a: 1 / ((a - 1) ** 2 * (a - 2)), np.inf, a)


class GenGamma(Continuous):
    """Generalized gamma distribution of shapes a and c: z**c is gamma distributed of shape a."""

    def _logpdf(self, z, a, c):
        return np.log(np.abs(c)) + xlogy(c * a - 1, z) - z**c - sp.gammaln(a)

    def _tail(self, z, a, c, upper):
        def low(z, a, c):
            return sp.gammainc(a, z**c)

        def high(z, a, c):
            return sp.gammaincc(a, z**c)

        return select((plain(c) > 0) != upper, low, high, z, a, c)

    def _cdf(self, z, a, c):
        return self._tail(z, a, c, False)

    def _sf(self, z, a, c):
        return self._tail(z, a, c, True)

    def _inverse_of_tail(self, q, a, c, upper):
        def low(q, a, c):
            return sp.gammaincinv(a, q) ** (1 / c)

        def high(q, a, c):
            return sp.gammainccinv(a, q) ** (1 / c)

        return select((plain(c) > 0) != upper, low, high, q, a, c)

    def _ppf(self, q, a, c):
        return self._inverse_of_tail(q, a, c, False)

    def _isf(self, q, a, c):
        return self._inverse_of_tail(q, a, c, True)

    def _entropy(self, a, c):
        def regular(a, c):
            psi = sp.digamma(a)
            return a * (1 - psi) + psi / c + sp.gammaln(a) - np.log(np.abs(c))

        def far(a, c):
            r = 1 / a
            log = np.log(a)
            first = norm._entropy() - log / 2 - np.log(np.abs(c)) + r / 6 - r**3 / 90
            return first + (log - r / 2 - r * r / 12 + r**4 / 120) / c

        return select(plain(a) < 200, regular, far, a, c)

    def _mean(self, a, c):
        return self._moment(1, a, c)

    def _var(self, a, c):
        mean = self._moment(1, a, c)
        return self._moment(2, a, c) - mean * mean

    def _moment(self, n, a, c):
        return sp.poch(a, n / c)


class LogGamma(Continuous):
    """Log-gamma distribution of shape c: that of log(z) with z gamma distributed of shape c."""

    def _logpdf(self, z, c):
        return c * z - np.exp(z) - sp.gammaln(c)

    def _cdf(self, z, c):
        return select(plain(z) < -700, lambda z, c: np.exp(self._low(z, c)), self._cdf_above, z, c)

    def _sf(self, z, c):
        return select(plain(z) < -700, lambda z, c: -np.expm1(self._low(z, c)), self._sf_above, z, c)

    def _low(self, z, c):
        """Logarithm of cdf where e**z is as good as 0."""
        return c * z - sp.gammaln(c + 1)

    def _cdf_above(self, z, c):
        return sp.gammainc(c, np.exp(z))

    def _sf_above(self, z, c):
        return sp.gammaincc(c, np.exp(z))

    def _ppf(self, q, c):
        def above(q, c):
            return np.log(sp.gammaincinv(c, q))

        def below(q, c):
            return (np.log(q) + sp.gammaln(c + 1)) / c

        return select(sp.gammaincinv(plain(c), plain(q)) > 1e-300, above, below, q, c)

    def _isf(self, q, c):
        def above(q, c):
            return np.log(sp.gammainccinv(c, q))

        def below(q, c):
            return (np.log1p(-q) + sp.gammaln(c + 1)) / c

        return select(sp.gammainccinv(plain(c), plain(q)) > 1e-300, above, below, q, c)

    def _entropy(self, c):
        def regular(c):
            return sp.gammaln(c) - c * sp.digamma(c) + c

        def far(c):
            r = 1 / c
            return norm._entropy() - 0.5 * np.log(c) + r / 6 - r**3 / 90 + r**5 / 210

        return select(plain(c) < 45, regular, far, c)

    def _mean(self, c):
        return sp.digamma(c)

    def _var(self, c):
        from leopard.scipy.special.gamma import polygamma

        return polygamma(1.0, c)


class DGamma(Continuous):
    """Double gamma distribution of shape a: pdf = abs(z)**(a - 1) * e**-abs(z) / (2 * gamma(a))."""

    symmetric = True
    bare_centre = True

    def _logpdf(self, z, a):
        return gamma._logpdf(np.abs(z), a) - np.log(2)

    def _cdf(self, z, a):
        def above(z, a):
            return 0.5 + 0.5 * sp.gammainc(a, z)

        def below(z, a):
            return 0.5 * sp.gammaincc(a, -z)

        return select(plain(z) > 0, above, below, z, a)

    def _ppf(self, q, a):
        def above(q, a):
            return sp.gammaincinv(a, 2 * q - 1)

        def below(q, a):
            return -sp.gammainccinv(a, 2 * q)

        return select(plain(q) > 0.5, above, below, q, a)

    def _entropy(self, a):
        return gamma._entropy(a) + np.log(2)

    def _mean(self, a):
        return a * 0

    def _var(self, a):
        return a * (a + 1)


class Maxwell(Continuous):
    """Maxwell distribution: the chi distribution of 3 degrees of freedom."""

    def _logpdf(self, z):
        return 0.5 * np.log(2 / np.pi) + 2 * np.log(z) - 0.5 * z * z

    def _cdf(self, z):
        return sp.gammainc(1.5, 0.5 * z * z)

    def _sf(self, z):
        return sp.gammaincc(1.5, 0.5 * z * z)

    def _ppf(self, q):
        return np.sqrt(2 * sp.gammaincinv(1.5, q))

    def _isf(self, q):
        return np.sqrt(2 * sp.gammainccinv(1.5, q))

    def _entropy(self):
        return np.euler_gamma + 0.5 * np.log(2 * np.pi) - 0.5

    def _mean(self):
        return 2 * np.sqrt(2 / np.pi)

    def _var(self):
        return 3 - 8 / np.pi


class Nakagami(Continuous):
    """Nakagami distribution of shape nu: nu * z**2 is gamma distributed of shape nu."""

    def _logpdf(self, z, nu):
        return np.log(2) + nu * np.log(nu) - sp.gammaln(nu) + xlogy(2 * nu - 1, z) - nu * z * z

    def _cdf(self, z, nu):
        return sp.gammainc(nu, nu * z * z)

    def _sf(self, z, nu):
        return sp.gammaincc(nu, nu * z * z)

    def _ppf(self, q, nu):
        return np.sqrt(sp.gammaincinv(nu, q) / nu)

    def _isf(self, q, nu):
        return np.sqrt(sp.gammainccinv(nu, q) / nu)

    def _entropy(self, nu):
        def regular(nu):
            return sp.gammaln(nu) + nu - (nu - 0.5) * sp.digamma(nu)

        def far(nu):
            return norm._entropy() - 1 / (12 * nu)

        return select(plain(nu) <= 5e4, regular, far, nu) - 0.5 * np.log(nu) - np.log(2)

    def _mean(self, nu):
        return sp.poch(nu, 0.5) / np.sqrt(nu)

    def _var(self, nu):
        mean = self._mean(nu)
        return 1 - mean * mean


class GenNorm(Continuous):
    """Generalized normal distribution of shape beta: pdf = beta * e**-abs(z)**beta / (2 * gamma(1 /
    beta)).
    """

    symmetric = True

    def _logpdf(self, z, beta):
        power = only(plain(z) != 0, lambda z, beta: np.abs(z) ** beta, 0.0, z, beta)
        return halfgennorm._logpdf(0.0, beta) - np.log(2) - power

    def _cdf(self, z, beta):
        def above(z, beta):
            return 0.5 + 0.5 * halfgennorm._cdf(z, beta)

        def below(z, beta):
            return 0.5 * halfgennorm._sf(-z, beta)

        return select(plain(z) > 0, above, below, z, beta)

    def _ppf(self, q, beta):
        def above(q, beta):
            return halfgennorm._isf(2 * (1 - q), beta)

        def below(q, beta):
            return -halfgennorm._isf(2 * q, beta)

        return select(plain(q) > 0.5, above, below, q, beta)

    def _entropy(self, beta):
        return halfgennorm._entropy(beta) + np.log(2)

    def _mean(self, beta):
        return beta * 0

    def _var(self, beta):
        return np.exp(sp.gammaln(3 / beta) - sp.gammaln(1 / beta))


class HalfGenNorm(Continuous):
    """Half of the generalized normal distribution of shape beta: z**beta is gamma distributed of shape 1 /
    beta.

    At z = 0, where the density is finite and z**beta has no slope in general, the functions are those of
    their tangents.
    """

    def _logpdf(self, z, beta):
        return np.log(beta) - sp.gammaln(1 / beta) - z**beta

    def _cdf(self, z, beta):
        def above(z, beta):
            return sp.gammainc(1 / beta, z**beta)

        return select(plain(z) + 0 * plain(beta) > 0, above, self._tangent, z, beta)

    def _sf(self, z, beta):
        def above(z, beta):
            return sp.gammaincc(1 / beta, z**beta)

        return select(
            plain(z) + 0 * plain(beta) > 0, above, lambda z, beta: 1 - self._tangent(z, beta), z, beta
        )

    def _tangent(self, z, beta):
        return z * beta * sp.rgamma(1 / beta)

    def _ppf(self, q, beta):
        def above(q, beta):
            return sp.gammaincinv(1 / beta, q) ** (1 / beta)

        def tangent(q, beta):
            return q * sp.gamma(1 / beta) / beta

        return select(plain(q) + 0 * plain(beta) > 0, above, tangent, q, beta)

    def _isf(self, q, beta):
        def above(q, beta):
            return sp.gammainccinv(1 / beta, q) ** (1 / beta)

        return select(plain(q) + 0 * plain(beta) < 1, above, lambda q, beta: self._ppf(1 - q, beta), q, beta)

    def _entropy(self, beta):
        return 1 / beta - np.log(beta) + sp.gammaln(1 / beta)

    def _mean(self, beta):
        return np.exp(sp.gammaln(2 / beta) - sp.gammaln(1 / beta))

    def _var(self, beta):
        mean = self._mean(beta)
        return np.exp(sp.gammaln(3 / beta) - sp.gammaln(1 / beta)) - mean * mean


class Pearson3(Continuous):
    """Pearson's distribution of type III of shape skew: a gamma distributed number of shape (2 / skew)**2,
    times skew / 2, of mean 0 and variance 1; below a skew of 1.6e-5 the normal distribution.
    """

    def _support(self, skew):
        s = plain(skew)
        low = only(s > 1.6e-5, lambda s: -2 / s, -np.inf, skew)
        return low, only(s < -1.6e-5, lambda s: -2 / s, np.inf, skew)

    def _of_gamma(self, of_gamma, of_normal, z, skew):
        def curved(z, skew):
            b = 2 / skew
            return of_gamma(b * (z + b), b * b, b)

        return select(np.abs(plain(skew)) >= 1.6e-5, curved, lambda z, skew: of_normal(z), z, skew)

    def _logpdf(self, z, skew):
        return self._of_gamma(lambda x, a, b: np.log(np.abs(b)) + gamma._logpdf(x, a), log_phi, z, skew)

    def _cdf(self, z, skew):
        def tail(x, a, b):
            return select(plain(b) > 0, lambda x, a: gamma._cdf(x, a), lambda x, a: gamma._sf(x, a), x, a)

        return self._of_gamma(tail, norm._cdf, z, skew)

    def _sf(self, z, skew):
        def tail(x, a, b):
            return select(plain(b) > 0, lambda x, a: gamma._sf(x, a), lambda x, a: gamma._cdf(x, a), x, a)

        return self._of_gamma(tail, norm._sf, z, skew)

    def _ppf(self, q, skew):
        return self._inverse_of_tail(q, skew, 1)

    def _isf(self, q, skew):
        return self._inverse_of_tail(q, skew, -1)

    def _inverse_of_tail(self, q, skew, sign):
        def low(q, skew):
            b = 2 / skew
            return sp.gammaincinv(b * b, q) / b - b

        def high(q, skew):
            b = 2 / skew
            return sp.gammainccinv(b * b, q) / b - b

        def curved(q, skew):
            return select(sign * plain(skew) > 0, low, high, q, skew)

        def straight(q, skew):
            return sign * sp.ndtri(q)

        return select(np.abs(plain(skew)) >= 1.6e-5, curved, straight, q, skew)

    def _entropy(self, skew):
        def curved(skew):
            b = 2 / skew
            return gamma._entropy(b * b) - np.log(np.abs(b))

        def straight(skew):
            return norm._entropy() + 0 * skew

        return select(np.abs(plain(skew)) >= 1.6e-5, curved, straight, skew)

    def _mean(self, skew):
        return skew * 0

    def _var(self, skew):
        return skew * 0 + 1


# -- Of the beta family --------------------------------------------------------------------------------


class F(Continuous):
    """F distribution of dfn and dfd degrees of freedom: the quotient of chi-square distributed numbers, each
    divided by its degrees of freedom.
    """

    def _logpdf(self, z, dfn, dfd):
        n, m = dfn / 2, dfd / 2
        t = dfn * z
        return (
            m * np.log(dfd) + n * np.log(dfn) + xlogy(n - 1, z) - (n + m) * np.log(dfd + t) - sp.betaln(n, m)
        )

    def _cdf(self, z, dfn, dfd):
        return sp.fdtr(dfn, dfd, z)

    def _sf(self, z, dfn, dfd):
        return sp.fdtrc(dfn, dfd, z)

    def _ppf(self, q, dfn, dfd):
        return sp.fdtri(dfn, dfd, q)

    def _entropy(self, dfn, dfd):
        n, m = dfn / 2, dfd / 2
        first = np.log(dfd) - np.log(dfn) + sp.betaln(n, m) + (1 - n) * sp.digamma(n)
        return first - (1 + m) * sp.digamma(m) + (n + m) * sp.digamma(n + m)

    def _mean(self, dfn, dfd):
        return only(plain(dfd) > 2, lambda dfn, dfd: dfd / (dfd - 2) + 0 * dfn, np.inf, dfn, dfd)

    def _var(self, dfn, dfd):
        def var(n, m):
            return 2 * m * m * (n + m - 2) / (n * (m - 2) ** 2 * (m - 4))

        return only(plain(dfd) > 4, var, np.inf, dfn, dfd)


class T(Continuous):
    """Student's t distribution of df degrees of freedom: pdf = (1 + z**2 / df)**(-(df + 1) / 2) / (sqrt(df) *
    beta(df / 2, 1 / 2)); the normal distribution where df is infinite.
    """

    symmetric = True

    def _finite(self, f, of_normal, z, df):
        if np.all(np.isfinite(plain(df))):
            return f(z, df)
        return select(np.isfinite(plain(df)), f, lambda z, df: of_normal(z), z, df)

    def _logpdf(self, z, df):
        def logpdf(z, df):
            half = 0.5 * df
            start = np.log(sp.poch(half, 0.5)) - 0.5 * np.log(df) - 0.5 * np.log(np.pi)
            return start - (half + 0.5) * np.log1p(z * z / df)

        return self._finite(logpdf, log_phi, z, df)

    def _cdf(self, z, df):
        return self._finite(lambda z, df: sp.stdtr(df, z), norm._cdf, z, df)

    def _ppf(self, q, df):
        return self._finite(lambda q, df: sp.stdtrit(df, q), norm._ppf, q, df)

    def _entropy(self, df):
        def regular(df):
            half = df / 2
            step = sp.digamma(half + 0.5) - sp.digamma(half)
            return (half + 0.5) * step + 0.5 * np.log(df) + sp.betaln(half, 0.5)

        def far(df):
            r = 1 / df
            return norm._entropy() + r * (1 + r * (1 / 4 - r * (1 / 6 + r * (1 / 8 - r * (3 / 10 + r / 4)))))

        return select(plain(df) < 100, regular, far, df)

    def _mean(self, df):
        return only(plain(df) > 1, lambda df: constant_of(0.0, df), np.inf, df)

    def _var(self, df):
        def regular(df):
            return only(plain(df) > 2, lambda df: df / (df - 2), np.inf, df)

        def other(df):
            return select(
                np.isinf(plain(df)), lambda df: constant_of(1.0, df), lambda df: constant_of(np.nan, df), df
            )

        d = plain(df)
        return select((d > 1) & np.isfinite(d), regular, other, df)


def constant_of(value, x):
    """A number with a gradient of 0 in x."""
    return only(np.zeros(np.shape(form_of(x)), bool), None, value, x)


gamma = Gamma()
erlang = Erlang()
chi2 = Chi2()
chi = Chi()
invgamma = InvGamma()
gengamma = GenGamma()
loggamma = LogGamma()
dgamma = DGamma()
maxwell = Maxwell()
nakagami = Nakagami()
gennorm = GenNorm()
halfgennorm = HalfGenNorm()
pearson3 = Pearson3()
f = F()
t = T()

__all__ = [name for name, x in list(globals().items()) if isinstance(x, Continuous) and name != "norm"]
