"""`autograd.misc.tracers`: graphs of calls."""

import functools

import numpy as np

from leopard._core import Variable
from leopard._pytrees import flatten
from leopard.compat.autograd.tracer import Node, subvals, toposort, trace

__all__ = ["ConstGraphNode", "FullGraphNode", "const_graph", "full_graph"]


class ConstGraphNode(Node):
    """A node with its `parents`, and the call that it repeats with other values of theirs."""

    def __init__(self, value, fun, args, kwargs, parent_argnums, parents):
        self.parents = parents
        self.repeated = lambda values: fun(*subvals(args, zip(parent_argnums, values, strict=True)), **kwargs)

    def initialize_root(self):
        self.parents = ()


def const_graph(fun, *args, **kwargs):
    """A function of the remaining arguments of fun, which repeats the operations of its first call.

    They must not depend on values. With arguments of another structure, other shapes or dtypes, or under a
    derivative, fun itself is called; so it is where its result is no array that depends on the arguments.
    `leopard.compile` is quicker, and sees where the operations depend on values.

    Examples
    --------
    >>> from leopard.compat.autograd.misc.tracers import const_graph
    >>> float(const_graph(lambda n, x: n * x, 2)(3.0))
    6.0
    """
    partial, graphs = functools.partial(fun, *args, **kwargs), {}

    def call(*rest):
        leaves, form = flatten(rest)
        if any(isinstance(x, Variable) for x in leaves):
            return partial(*rest)
        key = form, tuple([(np.shape(x), np.asarray(x).dtype.char) for x in leaves])
        nodes = graphs.get(key)
        if nodes is not None:
            return _repeated(nodes, rest) if nodes else partial(*rest)
        value, end = trace(ConstGraphNode.new_root(), lambda given: partial(*given), rest)
        graphs[key] = [] if end is None else list(toposort(end))[::-1]
        return value

    return functools.wraps(fun)(call)


def _repeated(nodes, start):
    """The value of the last node, for a value of the first."""
    values = {nodes[0]: start}
    for node in nodes[1:]:
        values[node] = node.repeated([values[parent] for parent in node.parents])
    return values[nodes[-1]]


class FullGraphNode(Node):
    """A node with its `value` and its `recipe`: the function, its arguments, and (argnum, parent) pairs."""

    def __init__(self, value, fun, args, kwargs, parent_argnums, parents):
        self.value, self.recipe = value, (fun, args, kwargs, list(zip(parent_argnums, parents, strict=True)))

    def initialize_root(self):
        self.value, self.recipe = None, (lambda x: x, (), {}, [])


def full_graph(fun, *args, **kwargs):
    """The node of ``fun(*args, **kwargs)``, from which all others are found, or None."""
    return trace(FullGraphNode.new_root(), lambda given: fun(*given, **kwargs), args)[1]
