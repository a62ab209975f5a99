"""`autograd.scipy.special`: SciPy's own ufuncs, which call leopard's operations, and three functions more."""

import scipy.special as _ss
from scipy.special import (
    beta,
    betainc,
    betaln,
    digamma,
    erf,
    erfc,
    erfcinv,
    erfinv,
    expit,
    gamma,
    gammainc,
    gammaincc,
    gammaln,
    gammasgn,
    i0,
    i1,
    iv,
    ive,
    j0,
    j1,
    jn,
    logit,
    psi,
    rgamma,
    y0,
    y1,
    yn,
)

from leopard.compat.autograd.scipy._either import either as _either
from leopard.scipy import special as _ours

__all__ = [
    "beta",
    "betainc",
    "betaln",
    "digamma",
    "erf",
    "erfc",
    "erfcinv",
    "erfinv",
    "expit",
    "gamma",
    "gammainc",
    "gammaincc",
    "gammaln",
    "gammasgn",
    "i0",
    "i1",
    "iv",
    "ive",
    "j0",
    "j1",
    "jn",
    "logit",
    "logsumexp",
    "multigammaln",
    "polygamma",
    "psi",
    "rgamma",
    "y0",
    "y1",
    "yn",
]

polygamma = _either(_ss.polygamma, _ours.polygamma)
multigammaln = _either(_ss.multigammaln, _ours.multigammaln)
logsumexp = _either(_ss.logsumexp, _ours.logsumexp)
