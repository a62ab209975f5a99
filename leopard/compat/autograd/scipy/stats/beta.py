"""The beta distribution: functions of ``(x, a, b)``."""

from scipy import stats as _scipys

from leopard.compat.autograd.scipy._either import methods as _methods
from leopard.scipy import stats as _ours

__all__ = ["cdf", "logcdf", "logpdf", "logsf", "pdf", "sf"]

cdf, logcdf, logpdf, logsf, pdf, sf = _methods(_scipys.beta, _ours.beta, *__all__)
