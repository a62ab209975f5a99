"""`autograd.misc`: `flatten`, `const_graph` and, in `leopard.compat.autograd.misc.optimizers`, optimizers."""

from leopard.compat.autograd.misc.flatten import flatten, flatten_func
from leopard.compat.autograd.misc.tracers import const_graph

__all__ = ["const_graph", "flatten", "flatten_func"]
