"""`autograd.misc`: flattened structures, simple optimizers, fixed points and graphs of calls."""

from leopard.compat.autograd.misc.flatten import flatten, flatten_func
from leopard.compat.autograd.misc.tracers import const_graph

__all__ = ["const_graph", "flatten", "flatten_func"]
