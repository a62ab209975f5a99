"""`autograd.misc.tracers`: graphs of calls."""

import functools

from leopard.compat.autograd.tracer import Node, trace

__all__ = ["FullGraphNode", "const_graph", "full_graph"]


def const_graph(fun, *args, **kwargs):
    """The function with these arguments in front.

    Autograd calls it once and repeats its graph; here each call records one, with the same results.
    """
    return functools.partial(fun, *args, **kwargs)


class FullGraphNode(Node):
    """A node with its `value` and its `recipe`: the function, its arguments, and (argnum, parent) pairs."""

    def __init__(self, value, fun, args, kwargs, parent_argnums, parents):
        self.value, self.recipe = value, (fun, args, kwargs, list(zip(parent_argnums, parents, strict=True)))

    def initialize_root(self):
        self.value, self.recipe = None, (lambda x: x, (), {}, [])


def full_graph(fun, x, **kwargs):
    """The node of ``fun(x, **kwargs)``, from which all others are found, or None."""
    return trace(FullGraphNode.new_root(), lambda x: fun(x, **kwargs), x)[1]
