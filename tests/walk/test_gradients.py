"""Gradients between given Variables: what comes back, where the walk stops, and what it leaves alone."""

import numpy as np
import pytest

import leopard
from leopard import Function, Variable, functions, no_grad, using_config
from leopard._core import count_records, gradients
from tests import laws
from tests.laws import EVERY_CASE, draw, variables
from tests.threads import in_threads
from tests.walk.test_walk import Raises, Returns, Split, random_graph

shapes = pytest.mark.parametrize("shape", [(), (3,), (2, 2)], ids=str)


def array(*shape, seed=0):
    return np.random.default_rng(seed).uniform(0.5, 1.5, shape)


def values(gs):
    return [None if g is None else g.data for g in gs]


@shapes
@pytest.mark.parametrize("create_graph", [False, True])
@pytest.mark.parametrize("selection", ["bucket", "max", "sort"])
def test_they_are_those_of_backward(shape, create_graph, selection):
    leaves, y = random_graph(3, 60, shape)
    start = array(*shape)
    y.grad = start
    y.backward()
    with using_config("selection", selection):
        gs, others = gradients([y], [start], leaves, create_graph)
    assert not others
    assert any(g is not None for g in gs)
    for g, x in zip(gs, leaves, strict=True):
        if g is None:
            assert x.grad is None
        else:
            np.testing.assert_array_equal(g.data, x.grad.data, strict=True)


@pytest.mark.parametrize("case", EVERY_CASE[::3], ids=str)
def test_of_every_operation_they_are_those_of_backward(case):
    rng = np.random.default_rng(0)
    xs = variables(draw(case, rng))
    ys = [y for y in laws.variables_of(case.call(*xs)) if y.dtype.kind in "fc"]
    starts = [rng.standard_normal(y.shape) for y in ys]
    total = Variable(np.array(0.0)) * 1.0
    for y, start in zip(ys, starts, strict=True):
        total = total + functions.sum(np.real(y) * start)
    total.backward()
    for create_graph in (False, True):
        gs, _ = gradients(ys, starts, xs, create_graph)
        for g, x in zip(gs, xs, strict=True):
            wanted = np.zeros_like(x.data) if x.grad is None else x.grad.data
            got = np.zeros_like(x.data) if g is None else g.data
            np.testing.assert_allclose(got, wanted, rtol=1e-11, atol=1e-13, strict=True)


@shapes
def test_gradients_of_several_outputs_are_added(shape):
    x = Variable(array(*shape))
    y0, y1, y2 = x * x, leopard.exp(x), x * 3
    (g,), _ = gradients([y0, y1, y2, x], [2.0 * array(*shape), y0, None, y1], [x])
    np.testing.assert_allclose(g.data, 4 * x.data * x.data + y0.data * y1.data + y1.data)


@shapes
@pytest.mark.parametrize("create_graph", [False, True])
def test_the_walk_stops_at_an_input_that_is_no_leaf(shape, create_graph):
    x = Variable(array(*shape))
    y = x * x
    z = y * x + y
    one = np.ones(shape)
    assert_all(gradients([z], [one], [y], create_graph)[0], [x.data + 1])
    assert_all(gradients([z], [one], [x, y], create_graph)[0], [y.data, x.data + 1])
    assert_all(gradients([z], [one], [x], create_graph)[0], [3 * y.data + 2 * x.data])


def assert_all(gs, wanted):
    for g, w in zip(gs, wanted, strict=True):
        np.testing.assert_allclose(g.data, w, rtol=1e-14, strict=True)


def test_one_of_several_outputs_of_a_function_may_be_where_it_stops():
    x = Variable(array(3))
    y0, y1 = Split()(x)
    z = y0 * y0 * y1
    gs, others = gradients([z], [np.ones(3)], [y1, x])
    assert_all(gs, [y0.data * y0.data, 2 * (2 * y0.data * y1.data)])
    assert not others
    assert_all(gradients([z], [np.ones(3)], [y0])[0], [2 * y0.data * y1.data])


@shapes
def test_an_input_that_is_an_output_gets_the_cotangent(shape):
    x = Variable(array(*shape))
    start = array(*shape, seed=1)
    gs, others = gradients([x, x], [start, Variable(start)], [x, x])
    assert_all(gs, [2 * start] * 2)
    assert not others


def test_nothing_came():
    x, y = Variable(array(3)), Variable(array(3))
    z = x * 2
    assert gradients([z], [np.ones(3)], [y]) == ([None], True)
    assert gradients([z], [None], [x]) == ([None], False)
    assert gradients([], [], [x]) == ([None], False)
    with no_grad():
        z = x * 2
    assert gradients([z], [np.ones(3)], [x])[0] == [None]


def test_other_leaves_are_those_that_are_still_referenced():
    x, w = Variable(array(3)), Variable(array(3))
    assert gradients([x * w], [np.ones(3)], [x])[1]
    assert gradients([x * (w * 2)], [np.ones(3)], [x])[1]
    assert not gradients([x * w], [np.ones(3)], [x, w])[1]
    assert not gradients([x * Variable(array(3))], [np.ones(3)], [x])[1]
    passing = Variable(array(3))
    y = x * passing * passing + leopard.concatenate([passing, x])[:3]
    del passing
    assert not gradients([y], [np.ones(3)], [x])[1]
    y0, y1 = Split()(Variable(array(3)))
    assert not gradients([x * y0 + y1], [np.ones(3)], [x])[1]
    assert not gradients([x * np.ones(3) * 2], [np.ones(3)], [x])[1]


@shapes
@pytest.mark.parametrize("create_graph", [False, True])
def test_no_grad_field_is_read_or_written(shape, create_graph):
    leaves, y = random_graph(1, 30, shape)
    between = y.creator.inputs[0]
    kept = [Variable(np.full(shape, 7.0)) for _ in range(3)]
    leaves[0].grad, between.grad, y.grad = kept
    gradients([y], [np.ones(shape)], leaves, create_graph)
    assert [leaves[0].grad, between.grad, y.grad] == kept
    assert leaves[1].grad is None and leaves[2].grad is None
    assert all(np.all(k.data == 7.0) for k in kept)


@pytest.mark.parametrize("create_graph", [False, True])
def test_what_comes_back_shares_memory_with_nothing(create_graph):
    x, w = Variable(array(2, 3)), Variable(array(2, 3))
    start = array(2, 3)
    given = Variable(start)
    z = x + w + w.reshape(3, 2).reshape(2, 3)
    gs, _ = gradients([z, x, x], [start, given, start], [x, w, x], create_graph)
    gs += gradients([z], [start], [z], create_graph)[0]
    arrays = [start, x.data, w.data, z.data, *values(gs)]
    for i, a in enumerate(arrays):
        assert i < 4 or a.flags.owndata and a.flags.writeable
        assert not any(np.may_share_memory(a, b) for b in arrays[:i])


def test_a_recorded_walk_can_be_differentiated_by_inputs_and_cotangents():
    x, v = Variable(array(3)), Variable(array(3, seed=1))
    y = x * x * x
    with no_grad():
        (g,), _ = gradients([y], [v], [x], create_graph=True)
    assert_all(gradients([g], [np.ones(3)], [x, v])[0], [6 * x.data * v.data, 3 * x.data**2])
    (gg,), _ = gradients([g], [np.ones(3)], [x], create_graph=True)
    assert_all(gradients([gg], [np.ones(3)], [x])[0], [6 * v.data])


def test_a_plain_walk_records_nothing():
    x = Variable(array(3))
    (g,), _ = gradients([x * x * x], [Variable(array(3))], [x])
    assert g.creator is None


def test_a_cotangent_takes_the_dtype_of_its_output():
    x = Variable(array(3).astype(np.float32))
    for start in (np.ones(3), np.ones(3, int), [1, 1, 1], Variable(np.ones(3))):
        for create_graph in (False, True):
            (g,), _ = gradients([x * 2], [start], [x], create_graph)
            assert g.dtype == np.float32


def test_a_complex_output_takes_a_complex_cotangent():
    z = Variable(array(3) + 1j * array(3, seed=1))
    v = array(3, seed=2) + 1j * array(3, seed=3)
    assert_all(gradients([z * z], [v], [z])[0], [2 * np.conj(z.data) * v])


def test_wrong_arguments_are_errors():
    x = Variable(array(3))
    y = x * 2
    with pytest.raises(ValueError, match=r"shape \(2,\), its output \(3,\)"):
        gradients([y], [np.ones(2)], [x])
    with pytest.raises(ValueError, match="2 cotangents for 1 outputs"):
        gradients([y], [np.ones(3), None], [x])
    with pytest.raises(TypeError, match="complex128, its output float64"):
        gradients([y], [1j * np.ones(3)], [x])
    with pytest.raises(TypeError, match="floating-point data, its output is <U1"):
        gradients([Variable(np.array(["a"]))], [np.ones(1)], [x])
    with pytest.raises(TypeError, match="of Variables by Variables"):
        gradients([y], [np.ones(3)], [np.ones(3)])
    with pytest.raises(TypeError, match="of Variables by Variables"):
        gradients([None], [np.ones(3)], [x])
    with pytest.raises(ValueError, match="holds no data"):
        gradients([Variable(None)], [np.ones(3)], [x])
    with pytest.raises(TypeError):
        gradients(None, None, None)
    with pytest.raises(TypeError, match="is object"):
        gradients([y], [np.array([None] * 3)], [x])


def test_an_exception_leaves_everything_as_it_was():
    x = Variable(array(3))
    x.grad = kept = Variable(array(3))
    before = count_records()
    for rule in (Raises(), Returns("a string")):
        z = rule(x * x) * x
        with pytest.raises((KeyError, TypeError)) as caught:
            gradients([z], [np.ones(3)], [x])
        assert "in R" in caught.value.__notes__[0]
        del caught
    assert x.grad is kept
    del z, rule
    assert count_records() == before
    assert_all(gradients([x * x], [np.ones(3)], [x])[0], [2 * x.data])


class Nested(Function):
    """A rule that takes gradients and walks back itself."""

    def forward(self, x):
        return x**3

    def backward(self, gy):
        (x,) = self.inputs
        inside = Variable(x.data)
        with using_config("enable_backprop", True):
            y = inside * inside * inside
        (g,), _ = gradients([y], [gy], [inside])
        y.backward()
        assert np.all(inside.grad.data == 3 * x.data**2)
        return g


def test_a_rule_may_take_gradients_itself():
    x = Variable(array(3))
    y = Nested()(x * 2) * x
    (g,), _ = gradients([y], [np.ones(3)], [x])
    np.testing.assert_allclose(g.data, 32 * x.data**3)


def test_threads_may_walk_one_graph_at_once():
    leaves, y = random_graph(5, 300, (4,))
    wanted = values(gradients([y], [np.ones(4)], leaves)[0])
    found = []

    def walk(_):
        for k in range(30):
            found.append(values(gradients([y], [np.ones(4)], leaves, k % 3 == 0)[0]))

    in_threads(walk)
    assert len(found) == 120
    for gs in found:
        for g, w in zip(gs, wanted, strict=True):
            np.testing.assert_array_equal(g, w)


def test_a_long_chain_is_walked_without_recursion():
    x = Variable(np.array(1.0))
    y = x
    for _ in range(100_000):
        y = y * 1.0
    middle = y
    for _ in range(100_000):
        y = y + 1.0
    (g, gm), _ = gradients([y], [1.0], [x, middle])
    assert g is None and gm.data == 1.0


def test_nothing_is_kept_after_they_are_freed():
    before = count_records()
    for _ in range(3):
        leaves, y = random_graph(7, 40, (3,))
        gs = gradients([y], [np.ones(3)], leaves, create_graph=True)
        del leaves, y, gs
    assert count_records() == before
