"""Is a derivative right? It is held against slopes that come from the values alone."""

from leopard.testing._check import check_grads

__all__ = ["check_grads"]
