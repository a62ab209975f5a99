"""`autograd.misc`: flattened structures and simple optimizers."""

from leopard.compat.autograd.misc.flatten import flatten, flatten_func

__all__ = ["flatten", "flatten_func"]
