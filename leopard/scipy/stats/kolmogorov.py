"""Distributions of the statistics of Kolmogorov and Smirnov."""

import scipy.special as sp

from leopard.scipy.special.statistical import KolmogP, SmirnovP
from leopard.scipy.stats._continuous import ByPdf, Continuous
from leopard.scipy.stats._distributions import Distribution


class KSTwoBigN(Continuous):
    """Kolmogorov's limit distribution of the two-sided statistic: sf = kolmogorov(z)."""

    name = "kstwobign"

    def _pdf(self, z):
        return -KolmogP.operation(z)

    def _cdf(self, z):
        return ByPdf(self, "cdf")(z)

    def _sf(self, z):
        return sp.kolmogorov(z)

    def _isf(self, q):
        return sp.kolmogi(q)


class KSOne(Continuous):
    """Distribution of Smirnov's one-sided statistic of n samples, a whole number: sf = smirnov(n, z)."""

    whole = ("n",)
    # SciPy's, because the density has kinks
    _mean, _var, _entropy = Distribution._mean, Distribution._var, Distribution._entropy

    def _pdf(self, z, n):
        return -SmirnovP.operation(n, z)

    def _cdf(self, z, n):
        return ByPdf(self, "cdf")(z, n)

    def _sf(self, z, n):
        return sp.smirnov(n, z)

    def _isf(self, q, n):
        return sp.smirnovi(n, q)


kstwobign = KSTwoBigN()
ksone = KSOne()

__all__ = [name for name, x in list(globals().items()) if isinstance(x, Continuous)]
