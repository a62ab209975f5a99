"""`autograd.scipy.misc`: `logsumexp`, where older programs have it from."""

from leopard.compat.autograd.scipy.special import logsumexp

__all__ = ["logsumexp"]
