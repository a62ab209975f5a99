"""The multivariate normal distribution: functions of ``(x, mean, cov)``, and `entropy` of ``(mean, cov)``."""

from scipy import stats as _scipys

from leopard.compat.autograd.scipy._either import either as _either
from leopard.compat.autograd.scipy._either import of_symmetric as _of_symmetric
from leopard.scipy import stats as _ours

__all__ = ["entropy", "logpdf", "pdf"]


def _named(name, position):
    ours = _of_symmetric(getattr(_ours.multivariate_normal, name), position, "cov")
    return _either(getattr(_scipys.multivariate_normal, name), ours)


entropy, logpdf, pdf = _named("entropy", 1), _named("logpdf", 2), _named("pdf", 2)
