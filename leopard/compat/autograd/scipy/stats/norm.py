"""The normal distribution: functions of ``(x, loc=0, scale=1)``."""

from scipy import stats as _scipys

from leopard.compat.autograd.scipy._either import methods as _methods
from leopard.scipy import stats as _ours

__all__ = ["cdf", "logcdf", "logpdf", "logsf", "pdf", "sf"]

cdf, logcdf, logpdf, logsf, pdf, sf = _methods(_scipys.norm, _ours.norm, *__all__)
