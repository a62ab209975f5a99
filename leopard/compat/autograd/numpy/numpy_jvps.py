"""`autograd.numpy.numpy_jvps`: what programs take from there to state tangents of their own."""

import numpy as np

from leopard.compat.autograd.numpy.numpy_vjps import match_complex
from leopard.compat.autograd.numpy.numpy_wrapper import metadata

__all__ = ["broadcast", "match_complex", "metadata"]


def broadcast(x, target):
    """A tangent broadcast to the shape of a target, and complex where that is."""
    x = np.broadcast_to(x, np.broadcast_shapes(np.shape(x), np.shape(target)))
    return x + 0j if np.iscomplexobj(target) and not np.iscomplexobj(x) else x
