"""Programs that walk autograd's graph themselves find its nodes in leopard's."""

import importlib
import types
import warnings

import numpy as np
import pytest

from leopard import Variable
from leopard.compat.autograd import core, tracer
from leopard.compat.autograd.misc import const_graph
from leopard.compat.autograd.misc.tracers import full_graph
from tests.compat.structures import assert_same

GRID = np.arange(6.0).reshape(2, 3)


def modules(place):
    names = ("numpy", "core", "tracer")
    return types.SimpleNamespace(**{n: importlib.import_module(f"{place}.{n}") for n in names})


def both():
    pytest.importorskip("autograd")
    return [modules("autograd"), modules("leopard.compat.autograd")]


def test_rows_of_a_jacobian_by_backward_passes():
    found = []
    for m in both():
        start = m.tracer.new_box(GRID, 0, m.core.VJPNode.new_root())
        np_ = m.numpy
        y = np_.stack([np_.sum(start**2, axis=1), np_.sin(start[:, 0]) * start[:, 1]], axis=1)
        assert m.tracer.isbox(y) and y._trace == start._trace
        rows = []
        for j in range(2):
            e = np.zeros(y.shape)
            e[:, j] = 1.0
            g = m.tracer.new_box(e, 0, m.core.VJPNode.new_root())
            rows.append(m.core.backward_pass(g, y._node))
        plain = m.core.backward_pass(np.ones(y.shape), y._node)
        assert type(plain) is np.ndarray
        found.append([y._value, np_.stack(rows)._value, plain])
    assert_same(found[1], found[0])


def printed(m):
    """What a program prints that names each call of a function, with its value."""
    lines = []

    class Line(m.tracer.Node):
        def __init__(self, value, fun, args, kwargs, parent_argnums, parents):
            self.parents, self.name = parents, f"v{len(lines)}"
            names = ["c"] * len(args)
            for i, parent in zip(parent_argnums, parents, strict=True):
                names[i] = parent.name
            lines.append((names, float(value)))

        def initialize_root(self, x):
            self.parents, self.name = [], "v0"
            lines.append(([], x))

    with m.tracer.trace_stack.new_trace() as number:
        assert number == 0
    f = lambda x: m.numpy.sin(x * x + 1.0) * x / 2.0 + x  # noqa: E731
    value, end = m.tracer.trace(Line.new_root(1.5), f, 1.5)
    return lines, float(value), [node.name for node in m.tracer.toposort(end)]


def test_each_call_is_a_node():
    theirs, ours = [printed(m) for m in both()]
    assert [names for names, _ in ours[0]] == [names for names, _ in theirs[0]]
    assert_same([v for _, v in ours[0]], [v for _, v in theirs[0]])
    assert_same(ours[1], theirs[1])
    assert ours[2] == theirs[2]


def test_nodes_have_parents_and_a_vjp():
    start = tracer.new_box(3.0, 0, core.VJPNode.new_root())
    y = start * start + 2.0 * np.sin(start)
    last = list(tracer.toposort(y._node))[-1]
    assert last == start._node and last.parents == [] and hash(last) == hash(start._node)
    assert last != y._node and last != 3
    square = (start * start)._node
    assert square.parents == [start._node]
    assert_same(square.vjp(1.0), (6.0,))
    value, node = tracer.trace(core.VJPNode.new_root(), np.sin, 0.5)
    assert_same(core.backward_pass(1.0, node), np.cos(0.5))
    assert value == np.sin(0.5)


def test_what_cannot_be_traced_says_so():
    with pytest.raises(TypeError, match="Can't differentiate w.r.t. type <class 'int'>"):
        tracer.new_box(3, 0, core.VJPNode.new_root())
    with pytest.raises(TypeError, match="no Variable of new_box"):
        core.backward_pass(1.0, (2.0 * Variable(np.array(1.0)))._node)
    with pytest.warns(UserWarning, match="independent of input"):
        assert tracer.trace(core.VJPNode.new_root(), lambda x: 3.0, 1.0) == (3.0, None)
    for call in (tracer.Node.new_root, lambda: tracer.Node(1, 2, (), {}, (), ())):
        with pytest.raises(NotImplementedError, match="Node states no"):
            call()
    v = Variable(np.array(2.0))
    assert tracer.new_box(v, 0, core.VJPNode.new_root()) is not v


def test_graphs_of_calls():
    node = full_graph(lambda x: np.exp(x) * 2.0, 0.0)
    fun, args, _, parents = node.recipe
    assert node.value == 2.0 and args[0] == 1.0 and parents[0][0] == 0
    inner = parents[0][1]
    assert inner.value == 1.0 and inner.recipe[0].__name__ == "exp"
    assert inner.recipe[0](1.0) == np.exp(1.0) and fun(3.0, 2.0) == 6.0
    assert const_graph(lambda a, x: a * x, 3.0)(2.0) == 6.0
    with warnings.catch_warnings(action="ignore"):
        assert full_graph(lambda x: 1.0, 0.0) is None
