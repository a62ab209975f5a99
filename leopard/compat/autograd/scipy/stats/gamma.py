"""The gamma distribution: functions of ``(x, a)``."""

from scipy import stats as _scipys

from leopard.compat.autograd.scipy._either import methods as _methods
from leopard.scipy import stats as _ours

__all__ = ["cdf", "logcdf", "logpdf", "logsf", "pdf", "sf"]

cdf, logcdf, logpdf, logsf, pdf, sf = _methods(_scipys.gamma, _ours.gamma, *__all__)
