"""The chi-squared distribution: functions of ``(x, df)``."""

from scipy import stats as _scipys

from leopard.compat.autograd.scipy._either import methods as _methods
from leopard.scipy import stats as _ours

__all__ = ["cdf", "logcdf", "logpdf", "logsf", "pdf", "sf"]

cdf, logcdf, logpdf, logsf, pdf, sf = _methods(_scipys.chi2, _ours.chi2, *__all__)
