"""The Dirichlet distribution: functions of ``(x, alpha)``, and random samples."""

from scipy import stats as _scipys

from leopard.compat.autograd.extend import primitive as _primitive
from leopard.compat.autograd.scipy._either import methods as _methods
from leopard.scipy import stats as _ours

__all__ = ["logpdf", "pdf", "rvs"]

logpdf, pdf = _methods(_scipys.dirichlet, _ours.dirichlet, "logpdf", "pdf")
rvs = _primitive(_scipys.dirichlet.rvs)
