"""Checks of derivatives against slopes that are computed from values alone."""

from leopard.testing._check import check_grads

__all__ = ["check_grads"]
