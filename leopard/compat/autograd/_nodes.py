"""The nodes of autograd's graph, made from leopard's: for programs that walk the graph themselves.

Autograd builds a node for each call while it traces. Here the graph is recorded as always, and its nodes are
read from it afterwards, in the order of the calls.
"""

import warnings
from contextlib import contextmanager
from weakref import WeakValueDictionary

import numpy as np

from leopard._config import recording
from leopard._core import Variable, add_method, constant, gradients
from leopard._pytrees import flatten, unflatten
from leopard.compat.autograd._boxes import getval
from leopard.functions.basic.complex import conj
from leopard.transforms._values import alias_of

__all__ = ["Node", "TraceStack", "VJPNode", "backward_pass", "new_box", "trace", "trace_stack"]

_roots = WeakValueDictionary()  # the Variables of `new_box`, by their id


class Node:
    """The base class of a program's own nodes, which `trace` makes one of for each call."""

    def __init__(self, value, fun, args, kwargs, parent_argnums, parents):
        raise NotImplementedError(f"{type(self).__name__} states no __init__")

    def initialize_root(self, *args, **kwargs):
        raise NotImplementedError(f"{type(self).__name__} states no initialize_root")

    @classmethod
    def new_root(cls, *args, **kwargs):
        """The node of the start, which no call has made."""
        root = cls.__new__(cls)
        root.initialize_root(*args, **kwargs)
        return root


class VJPNode(Node):
    """The node of a Variable in the graph: `parents`, and the vjp of the call that made it."""

    def __init__(self, variable):
        self.variable = variable

    def initialize_root(self, *_):
        self.variable = None  # until `new_box` makes one

    @property
    def parents(self):
        return [VJPNode(x) for x in _parents(self.variable)]

    def vjp(self, g):
        """The gradients of the parents, for a cotangent of this node."""
        return tuple(_pulled(g, self.variable, _parents(self.variable)))

    def __eq__(self, other):
        return isinstance(other, VJPNode) and self.variable is not None and self.variable is other.variable

    def __hash__(self):
        return id(self.variable)


add_method("_node", property(VJPNode))
add_method("_trace", property(lambda self: 0))


def _inputs(v):
    creator = None if v is None else v.creator
    return [] if creator is None else [x for x in creator.inputs if isinstance(x, Variable)]


def _parents(v):
    """The inputs that are no constants, each once."""
    inputs = {id(x): x for x in _inputs(v)}
    return [x for x in inputs.values() if x.creator is not None or _roots.get(id(x)) is x]


def new_box(value, trace, node):
    """A Variable of a value, which is where `backward_pass` ends.

    Raises
    ------
    TypeError
        When the value is neither an array nor a floating-point number.
    """
    if isinstance(value, Variable):
        box = alias_of(value)
    elif is_floating(value):
        box = Variable(np.array(value))
    else:
        raise TypeError(f"Can't differentiate w.r.t. type {type(value)}")
    if isinstance(node, VJPNode):
        node.variable = box
    _roots[id(box)] = box
    return box


def backward_pass(g, end_node):
    """The gradient of the Variable of `new_box` that a node comes from, for a cotangent of the node."""
    root = next((v for v in _before(end_node.variable) if _roots.get(id(v)) is v), None)
    if root is None:
        raise TypeError("backward_pass: the node was computed from no Variable of new_box")
    return _pulled(g, end_node.variable, [root])[0]


def _before(v):
    """v and the Variables that it was computed from, the latest first."""
    found, seen = [v], {id(v)}
    for v in found:
        for x in _inputs(v):
            if id(x) not in seen:
                seen.add(id(x))
                found.append(x)
    return sorted(found, key=lambda v: -v.generation)


def _pulled(g, y, xs):
    connected = isinstance(g, Variable) and recording()
    g = g if isinstance(g, Variable) else constant(np.asarray(g, y.dtype))
    found, _ = gradients([y], [conj(g)], xs, connected)
    found = [
        constant(np.zeros(x.shape, x.dtype)) if gx is None else conj(gx)
        for gx, x in zip(found, xs, strict=True)
    ]
    return found if connected else [getval(gx) for gx in found]


class TraceStack:
    """The numbers of the traces that a program opens."""

    def __init__(self):
        self.top = -1

    @contextmanager
    def new_trace(self):
        """The number of a trace, inside of the block."""
        self.top += 1
        try:
            yield self.top
        finally:
            self.top -= 1


trace_stack = TraceStack()


def trace(start_node, fun, x):
    """Call fun at x and make nodes like `start_node` of all calls in it.

    Each is ``type(start_node)(value, fun, args, kwargs, parent_argnums, parents)``: the value of the call,
    what was called, its arguments, and the numbers of those that have a node, with these. The arrays of a
    structure x have a node each, with `start_node` as its parent.

    Returns
    -------
    value : array
    node : Node or None
        Of the result; None where it does not depend on x.
    """
    if isinstance(start_node, VJPNode):
        end = fun(new_box(x, 0, start_node))
        return (getval(end), end._node) if isinstance(end, Variable) else (_independent(end), None)
    nodes, start = _started(start_node, x)
    end = fun(start)
    if not isinstance(end, Variable):
        return _independent(end), None
    for v in reversed(_before(end)):
        xs = _inputs(v)
        argnums = tuple([i for i, x in enumerate(xs) if id(x) in nodes])
        if argnums and id(v) not in nodes:
            parents = tuple([nodes[id(xs[i])] for i in argnums])
            args = tuple([getval(x) for x in xs])
            nodes[id(v)] = type(start_node)(getval(v), _Recorded(v.creator), args, {}, argnums, parents)
    return getval(end), nodes.get(id(end))


def _started(start_node, x):
    """The nodes of the Variables that x is replaced by, by their id, and these in x's structure."""
    leaves, form = flatten(x)
    boxes = [new_box(leaf, 0, None) if is_floating(leaf) else leaf for leaf in leaves]
    if form.kind is None:
        return {id(boxes[0]): start_node}, boxes[0]
    nodes = {
        id(box): type(start_node)(getval(box), _leaf, (x, i), {}, (0,), (start_node,))
        for i, box in enumerate(boxes)
        if isinstance(box, Variable)
    }
    return nodes, unflatten(form, boxes)


def is_floating(x):
    """Whether a value is replaced by a Variable where a derivative is taken."""
    return isinstance(x, (Variable, np.ndarray, np.inexact, float, complex))


def _leaf(x, i):
    return flatten(x)[0][i]


def _independent(end):
    warnings.warn("Output seems independent of input.", stacklevel=3)
    return end


class _Recorded:
    """What a Function of the graph computes, as a function of its inputs."""

    def __init__(self, function):
        self.function = function
        kind = type(function)
        operation = getattr(kind, "operation", None)
        named = getattr(operation, "ufunc", None) or operation  # `divide`, which is leopard's `div`
        self.__name__ = getattr(named, "__name__", None) or kind.__name__.lower()

    def __call__(self, *args):
        y = self.function.forward(*map(np.asarray, args))
        return y[0] if isinstance(y, tuple) and len(y) == 1 else y
