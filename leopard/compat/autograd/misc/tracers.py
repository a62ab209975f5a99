"""`autograd.misc.tracers`: graphs of calls."""

import functools

from leopard.compat.autograd.tracer import Node, trace

__all__ = ["FullGraphNode", "const_graph", "full_graph"]


def const_graph(fun, *args, **kwargs):
    """A function of the remaining arguments of fun.

    autograd's records the operations of the first call and repeats them. This one calls `fun` each time, so
    that it gives the same for a function whose operations do not depend on values, and the right result for
    one whose operations do; `leopard.compile` saves the time.

    Examples
    --------
    >>> from leopard.compat.autograd.misc.tracers import const_graph
    >>> const_graph(lambda n, x: n * x, 2)(3.0)
    6.0
    """
    partial = functools.partial(fun, *args, **kwargs)
    return functools.wraps(fun)(lambda *rest: partial(*rest))


class FullGraphNode(Node):
    """A node with its `value` and its `recipe`: the function, its arguments, and (argnum, parent) pairs."""

    def __init__(self, value, fun, args, kwargs, parent_argnums, parents):
        self.value, self.recipe = value, (fun, args, kwargs, list(zip(parent_argnums, parents, strict=True)))

    def initialize_root(self):
        self.value, self.recipe = None, (lambda x: x, (), {}, [])


def full_graph(fun, x, **kwargs):
    """The node of ``fun(x, **kwargs)``, from which all others are found, or None."""
    return trace(FullGraphNode.new_root(), lambda x: fun(x, **kwargs), x)[1]
