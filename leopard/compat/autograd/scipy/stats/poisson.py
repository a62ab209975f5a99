"""The Poisson distribution: functions of ``(k, mu)``."""

from scipy import stats as _scipys

from leopard.compat.autograd.scipy._either import methods as _methods
from leopard.scipy import stats as _ours

__all__ = ["cdf", "logcdf", "logpmf", "logsf", "pmf", "sf"]

cdf, logcdf, logpmf, logsf, pmf, sf = _methods(_scipys.poisson, _ours.poisson, *__all__)
