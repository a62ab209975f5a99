"""The push: what comes of tangents, by which rule, and what it leaves alone. The laws are in `functions`."""

import gc

import numpy as np
import pytest

import leopard
from leopard import Function, Variable, no_grad, using_config
from leopard._core import count_records, gradients, tangents
from leopard._numeric.arrays import pooled_bytes
from tests.threads import in_threads
from tests.walk.test_gradients import array, assert_all, shapes, values
from tests.walk.test_walk import Raises, Returns, Split, random_graph

recorded = pytest.mark.parametrize("create_graph", [False, True])


@shapes
@recorded
@pytest.mark.parametrize("selection", ["bucket", "max", "sort"])
def test_of_any_graph_they_are_the_transpose_of_the_gradients(shape, create_graph, selection):
    for seed in range(10):
        leaves, y = random_graph(seed, 60, shape)
        ts = [array(*shape, seed=k) for k in range(3)]
        start = array(*shape, seed=4)
        with using_config("selection", selection):
            (ty,), others = tangents([y], leaves, ts, create_graph)
        assert not others
        gs, _ = gradients([y], [start], leaves)
        wanted = sum(np.sum(g.data * t) for g, t in zip(gs, ts, strict=True) if g is not None)
        np.testing.assert_allclose(np.sum(ty.data * start), wanted, rtol=1e-10)


@shapes
@recorded
def test_the_push_begins_at_an_input_that_is_no_leaf(shape, create_graph):
    x = Variable(array(*shape))
    y = x * x
    z = y * x + y
    one, two = np.ones(shape), np.full(shape, 2.0)
    assert_all(tangents([z], [y], [one], create_graph)[0], [x.data + 1])
    assert_all(tangents([z], [x], [one], create_graph)[0], [3 * y.data + 2 * x.data])
    assert_all(tangents([z], [x, y], [one, two], create_graph)[0], [y.data + 2 * (x.data + 1)])
    assert_all(tangents([z, y], [x, y], [one, two], create_graph)[0], [y.data + 2 * (x.data + 1), two])
    assert_all(tangents([z], [x, x], [one, one], create_graph)[0], [2 * (3 * y.data + 2 * x.data)])


@recorded
def test_one_of_several_outputs_may_be_where_it_begins(create_graph):
    x = Variable(array(3))
    y0, y1 = Split()(x)
    z = y0 * y1
    t = array(3, seed=1)
    assert_all(tangents([z], [y1], [t], create_graph)[0], [y0.data * t])
    assert_all(tangents([z], [x, y1], [t, t], create_graph)[0], [2 * y1.data * t + y0.data * t])
    assert_all(tangents([y1, y0], [x], [t], create_graph)[0], [3 * t, 2 * t])


def test_nothing_came():
    x, y = Variable(array(3)), Variable(array(3))
    z = x * 2
    assert tangents([z], [y], [np.ones(3)]) == ([None], True)
    assert tangents([z], [x], [None]) == ([None], False)
    assert tangents([z], [], []) == ([None], True)
    assert tangents([], [x], [np.ones(3)]) == ([], False)
    with no_grad():
        z = x * 2
    assert tangents([z, y], [x], [np.ones(3)])[0] == [None, None]


def test_other_leaves_are_those_that_are_still_referenced():
    x, w = Variable(array(3)), Variable(array(3))
    assert tangents([x * w], [x], [np.ones(3)])[1]
    assert not tangents([x * w], [x, w], [np.ones(3), None])[1]
    assert not tangents([x * Variable(array(3))], [x], [np.ones(3)])[1]
    assert not tangents([x * np.ones(3) + x[np.array([0, 1, 1])]], [x], [np.ones(3)])[1]


@recorded
def test_what_comes_back_shares_memory_with_nothing(create_graph):
    x = Variable(array(2, 3))
    t = array(2, 3)
    given = Variable(t)
    y = x + 1
    ys = [x, y, x.reshape(3, 2), y.T, y, leopard.broadcast_to(x, (2, 2, 3))]
    tys, _ = tangents(ys, [x], [given], create_graph)
    arrays = [t, x.data, *values(ys), *values(tys)]
    for i, a in enumerate(arrays):
        assert i < 8 or a.flags.owndata and a.flags.writeable
        assert i < 8 or not any(np.may_share_memory(a, b) for b in arrays[:i])
    np.testing.assert_array_equal(tys[5].data, np.broadcast_to(t, (2, 2, 3)))


@recorded
def test_no_variable_is_changed(create_graph):
    leaves, y = random_graph(1, 30, (3,))
    between = y.creator.inputs[0]
    kept = [Variable(np.full(3, 7.0)) for _ in range(3)]
    leaves[0].grad, between.grad, y.grad = kept
    tangents([y], leaves, [np.ones(3)] * 3, create_graph)
    assert [leaves[0].grad, between.grad, y.grad] == kept
    assert all(np.all(k.data == 7.0) for k in kept)
    assert leaves[1].grad is None


def test_a_recorded_push_can_be_differentiated_by_inputs_and_tangents():
    x, v = Variable(array(3)), Variable(array(3, seed=1))
    y = x * x * x
    with no_grad():
        (t,), _ = tangents([y], [x], [v], create_graph=True)
    assert_all(gradients([t], [np.ones(3)], [x, v])[0], [6 * x.data * v.data, 3 * x.data**2])
    (tt,), _ = tangents([t], [x], [v], create_graph=True)
    assert_all(tangents([tt], [x, v], [np.ones(3), None])[0], [6 * v.data**2])
    (g,), _ = gradients([y], [np.ones(3)], [x], create_graph=True)
    assert_all(tangents([g], [x], [v])[0], [6 * x.data * v.data])


def test_a_plain_push_records_nothing():
    x = Variable(array(3))
    assert tangents([x * x], [x], [Variable(array(3))])[0][0].creator is None
    assert tangents([x[::-1] @ x], [x], [Variable(array(3))])[0][0].creator is None


def test_wrong_arguments_are_errors():
    x = Variable(array(3))
    y = x * 2
    with pytest.raises(ValueError, match=r"a tangent has shape \(2,\), its input \(3,\)"):
        tangents([y], [x], [np.ones(2)])
    with pytest.raises(ValueError, match="2 tangents for 1 inputs"):
        tangents([y], [x], [np.ones(3), None])
    with pytest.raises(TypeError, match="a tangent is complex128, its input float64"):
        tangents([y], [x], [1j * np.ones(3)])
    with pytest.raises(TypeError, match="floating-point data, its input is int64"):
        tangents([y], [Variable(np.arange(3))], [np.ones(3)])
    with pytest.raises(TypeError, match="from Variables to Variables"):
        tangents([np.ones(3)], [x], [np.ones(3)])
    with pytest.raises(TypeError, match="from Variables to Variables"):
        tangents([y], [None], [None])
    with pytest.raises(ValueError, match="holds no data"):
        tangents([y], [Variable(None)], [np.ones(3)])
    with pytest.raises(TypeError):
        tangents(None, None, None)


# -- Rules of users' own -------------------------------------------------------------------------


class Cubic(Function):
    """One whose tangent follows from its backward."""

    def forward(self, x, w):
        return x**3 * w

    def backward(self, gy):
        x, w = self.inputs
        return 3 * x**2 * w * gy, leopard.sum_to(gy * x**3, w.shape)


class Stated(Cubic):
    """One that states its tangent."""

    calls = 0

    def tangent(self, tx, tw):
        Stated.calls += 1
        x, w = self.inputs
        ty = 0.0
        if tx is not None:
            ty = ty + 3 * x**2 * w * tx
        if tw is not None:
            ty = ty + x**3 * tw
        return ty


@pytest.mark.parametrize("rule", [Cubic, Stated])
@recorded
def test_a_users_function_has_a_tangent(rule, create_graph):
    x, w, t = Variable(array(2, 3)), Variable(array(3, seed=1)), array(2, 3, seed=2)
    y = rule()(x, w)
    assert_all(tangents([y], [x], [t], create_graph)[0], [3 * x.data**2 * w.data * t])
    tw = array(3, seed=3)
    (ty,), _ = tangents([y], [x, w], [t, tw], create_graph)
    np.testing.assert_allclose(ty.data, 3 * x.data**2 * w.data * t + x.data**3 * tw)
    if create_graph:
        (tty,), _ = tangents([ty], [w], [tw])
        np.testing.assert_allclose(tty.data, 3 * x.data**2 * tw * t)
    assert rule is Cubic or Stated.calls


class ReadsData(Function):
    def forward(self, x):
        return x**3

    def backward(self, gy):
        return gy * 3 * self.inputs[0].data ** 2


class ReadsUpstream(Function):
    def forward(self, x):
        return x**3

    def backward(self, gy):
        return gy.data * 3 * self.inputs[0] ** 2


def test_a_rule_that_reads_values_is_right_to_first_order_and_raises_beyond():
    x, t = Variable(array(3)), array(3, seed=1)
    y = ReadsData()(x)
    assert_all(tangents([y], [x], [t])[0], [t * 3 * x.data**2])
    (ty,), _ = tangents([y], [x], [t], create_graph=True)
    for further in (lambda: tangents([ty], [x], [t]), lambda: gradients([ty], [t], [x])):
        with pytest.raises(RuntimeError, match="backward read .data"):
            further()


def test_a_rule_that_reads_its_upstream_gradient_has_no_tangent():
    x = Variable(array(3))
    with pytest.raises(TypeError, match="reads the values of its upstream.*define `tangent`") as caught:
        tangents([ReadsUpstream()(x)], [x], [np.ones(3)])
    assert caught.value.__notes__ == ["in ReadsUpstream.tangent, inputs of shape (3,)"]


class Refuses(Function):
    """A rule that cannot itself be differentiated by its input: a tangent does not need that."""

    def forward(self, x):
        return x**2

    def backward(self, gy):
        (x,) = self.inputs
        return gy * Raises()(2 * x - 1)


def test_the_walk_back_from_a_rule_goes_to_the_upstream_gradient_alone():
    x, t = Variable(array(3)), array(3, seed=1)
    assert_all(tangents([Refuses()(x)], [x], [t])[0], [t * 2 * x.data])


class Tells(Function):
    def __init__(self, what):
        self.what = what

    def forward(self, x):
        return x * 2

    def tangent(self, t):
        return self.what


@pytest.mark.parametrize(
    "what, error, text",
    [
        ("a string", TypeError, "a tangent is a Variable, an ndarray or None"),
        (np.ones(2), ValueError, r"shape \(2,\) for an output of shape \(3,\)"),
        ((np.ones(3), np.ones(3)), ValueError, "2 tangents for 1 outputs"),
        (np.array(["a"] * 3), TypeError, "<U1 for an output of float64"),
    ],
)
def test_what_a_stated_tangent_returns_is_checked(what, error, text):
    x = Variable(array(3))
    with pytest.raises(error, match=text) as caught:
        tangents([Tells(what)(x)], [x], [np.ones(3)])
    assert caught.value.__notes__ == ["in Tells.tangent, inputs of shape (3,)"]


def test_a_stated_tangent_may_be_an_array_or_nothing():
    x = Variable(array(3))
    t = np.arange(3.0)
    assert_all(tangents([Tells(t)(x)], [x], [np.ones(3)])[0], [t])
    assert_all(tangents([Tells([np.arange(3)])(x)], [x], [np.ones(3)])[0], [t])
    assert tangents([Tells(None)(x)], [x], [np.ones(3)])[0] == [None]


class Square(Function):
    elementwise = True

    def forward(self, x):
        return x * x

    def backward(self, gy):
        return gy * 2 * self.inputs[0]


class SquareStated(Square):
    elementwise = True

    def tangent(self, t):
        return t * 20 * self.inputs[0]


class Scaled(Function):
    elementwise = True

    def __init__(self, c):
        self.c = c

    def forward(self, x):
        return x * self.c

    def backward(self, gy):
        return gy * self.c


@shapes
def test_recipes_of_users_elementwise_functions_are_used_where_they_are_complete(shape):
    x, t = Variable(array(*shape)), array(*shape, seed=1)
    assert_all(tangents([Square()(x)], [x], [t])[0], [t * 2 * x.data])
    assert_all(tangents([SquareStated()(x)], [x], [t])[0], [t * 20 * x.data])
    assert_all(tangents([Scaled(3.0)(Scaled(2.0)(x))], [x], [t])[0], [t * 2 * 3])


def test_an_exception_leaves_everything_as_it_was():
    gc.collect()  # what earlier tests have left is not counted
    x = Variable(array(3))
    before = count_records()
    for rule in (Raises(), Returns((1, 2))):
        z = rule(x * x) * x
        with pytest.raises((KeyError, ValueError)) as caught:
            tangents([z], [x], [np.ones(3)])
        assert "in R" in caught.value.__notes__[0]
        del caught
    del z, rule
    assert count_records() == before
    assert_all(tangents([x * x], [x], [np.ones(3)])[0], [2 * x.data])


class Pushes(Function):
    """A rule that pushes and walks itself."""

    def forward(self, x):
        return x**3

    def tangent(self, t):
        (x,) = self.inputs
        inside = Variable(x.data)
        with using_config("enable_backprop", True):
            y = inside * inside * inside
        (ty,), _ = tangents([y], [inside], [t])
        y.backward()
        assert np.all(inside.grad.data == 3 * x.data**2)
        return ty


def test_a_rule_may_push_itself():
    x, t = Variable(array(3)), array(3, seed=1)
    (ty,), _ = tangents([Pushes()(x * 2) * x], [x], [t])
    np.testing.assert_allclose(ty.data, 32 * x.data**3 * t)


# -- Infinite values and errors ------------------------------------------------------------------


@shapes
@recorded
def test_where_a_tangent_is_0_nothing_goes_on(shape, create_graph):
    x = Variable(np.zeros(shape))
    with np.errstate(all="ignore"):
        y = leopard.sqrt(x * 0) + x
        (ty,), _ = tangents([y], [x], [np.ones(shape)], create_graph)
    assert_all([ty], [np.ones(shape)])
    z = leopard.sqrt(leopard.concatenate([x.reshape(-1) + 1, np.zeros(2)]))
    with np.errstate(divide="ignore"):
        (tz,), _ = tangents([z], [x], [np.ones(shape)], create_graph)
    assert_all([tz], [np.append(np.full(x.size, 0.5), [0, 0])])


@pytest.mark.parametrize("shape", [(), (3,)], ids=str)
def test_floating_point_errors_are_numpys(shape):
    x = Variable(np.zeros(shape))
    y = leopard.sqrt(x) * 3
    with pytest.warns(RuntimeWarning, match="divide by zero"):
        (ty,), _ = tangents([y], [x], [np.ones(shape)])
    assert np.all(ty.data == np.inf)
    with np.errstate(divide="raise"), pytest.raises(FloatingPointError) as caught:
        tangents([y], [x], [np.ones(shape)])
    assert caught.value.__notes__[0].startswith("in Sqrt.tangent")
    x = Variable(np.full(shape, 1e100))
    with pytest.warns(RuntimeWarning, match="overflow"):
        tangents([x * x], [x], [np.full(shape, 1e250)])
    with np.errstate(all="ignore"):
        tangents([x * x], [x], [np.full(shape, 1e250)])
    assert np.geterr()["invalid"] == "warn"


# -- Sizes, threads, memory ----------------------------------------------------------------------


def test_programs_of_many_functions_arrays_and_numbers():
    x, c = Variable(array(700)), Variable(np.array(1.5))
    t, tc = array(700, seed=1), 0.5
    y, wanted = x, t
    value = x.data.copy()
    for k in range(120):
        y = leopard.sin(y) * c + x if k % 3 else y * y + c
        wanted = np.cos(value) * wanted * 1.5 + np.sin(value) * tc + t if k % 3 else 2 * value * wanted + tc
        value = np.sin(value) * 1.5 + x.data if k % 3 else value * value + 1.5
    assert_all([Variable(y.data)], [value])
    (ty,), _ = tangents([y], [x, c], [t, tc])
    np.testing.assert_allclose(ty.data, wanted, rtol=1e-9)


def test_a_number_moves_a_whole_array():
    c, x = Variable(np.array(1.5)), Variable(array(2, 3))
    y = (x - c) ** 2
    moved = -4 * (x.data - 1.5)
    assert_all(tangents([y, x - c, y.T], [c], [2.0])[0], [moved, np.full((2, 3), -2.0), moved.T])
    z = leopard.broadcast_to(c, (4, 3))
    tys, _ = tangents([z * x[0], z[1:, 0], z.T, leopard.sum(z)], [c], [2.0])
    twice = 2 * np.ones((4, 3))
    assert_all(tys, [twice * x.data[0], twice[1:, 0], twice.T, np.sum(twice)])


def test_large_arrays():
    x = Variable(array(200_001))
    t = array(200_001, seed=1)
    (ty, ts), _ = tangents([leopard.tanh(x) * x, leopard.sum(x * x)], [x], [t])
    tanh = np.tanh(x.data)
    np.testing.assert_allclose(ty.data, t * ((1 - tanh**2) * x.data + tanh), rtol=1e-13)
    np.testing.assert_allclose(ts.data, np.sum(2 * x.data * t))


def test_a_long_chain_is_pushed_through_without_recursion():
    x = Variable(np.array(1.0))
    y = x
    for _ in range(200_000):
        y = y * 1.0
    assert_all(tangents([y], [x], [2.0])[0], [np.array(2.0)])


def test_tangents_that_were_passed_are_let_go():
    import tracemalloc

    x = Variable(array(100_000))
    y = x
    for k in range(200):
        y = leopard.cumsum(y) if k % 2 else -y * 0.01
    t = np.ones(100_000)
    tangents([y], [x], [t])
    tracemalloc.start()
    tangents([y], [x], [t])
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 8 * t.nbytes + pooled_bytes()


def test_threads_may_push_through_one_graph_at_once():
    leaves, y = random_graph(5, 300, (4,))
    ts = [array(4, seed=k) for k in range(3)]
    wanted = values(tangents([y], leaves, ts)[0])
    found = []

    def push(_):
        for k in range(30):
            found.append(values(tangents([y], leaves, ts, k % 3 == 0)[0]))

    in_threads(push)
    assert len(found) == 120
    for tys in found:
        np.testing.assert_allclose(tys[0], wanted[0], rtol=1e-12)


@recorded
def test_nothing_is_kept_after_they_are_freed(create_graph):
    before = count_records()
    for _ in range(3):
        leaves, y = random_graph(7, 40, (3,))
        y = Cubic()(leopard.linalg.inv(leopard.outer(y, y) + np.eye(3)) @ y, leaves[0])
        result = tangents([y], leaves, [np.ones(3)] * 3, create_graph)
        del leaves, y, result
    assert count_records() == before


def test_a_generation_out_of_order_is_an_error():
    x = Variable(array(3))
    y = x * 2
    z = leopard.sin(y)
    z.creator.generation = 0
    w = z * y
    w.creator.generation = 0
    try:
        (t,), _ = tangents([w], [x], [np.ones(3)])
    except RuntimeError as error:
        assert "out of order" in str(error)
    else:
        np.testing.assert_allclose(t.data, 2 * np.cos(y.data) * y.data + 2 * z.data)


# -- Many at once --------------------------------------------------------------------------------


class Elements(Function):
    """Several outputs, one of them an integer."""

    def forward(self, x, w):
        return x * w, np.arange(3), np.sum(x**2)

    def backward(self, gy, gn, gs):
        x, w = self.inputs
        return gy * w + 2 * x * gs, gy * x


@recorded
@pytest.mark.parametrize("rule", [Cubic, Stated, Elements, ReadsData])
def test_rows_of_a_users_function(rule, create_graph):
    inputs = [Variable(array(3)), Variable(array(3, seed=1))][: 1 if rule is ReadsData else 2]
    ys = rule()(*inputs)
    ys = [y for y in (ys if isinstance(ys, list) else [ys]) if y.dtype.kind == "f"]
    ts = [array(4, 3, seed=k) for k in range(len(inputs))]
    found, _ = tangents(ys, inputs, ts, create_graph, batched=True)
    back, _ = gradients(ys, [array(4, *y.shape, seed=7) for y in ys], inputs, create_graph, batched=True)
    for r in range(4):
        one, _ = tangents(ys, inputs, [t[r] for t in ts])
        for got, wanted in zip(found, one, strict=True):
            np.testing.assert_allclose(got.data[r], wanted.data, rtol=1e-13)
        one, _ = gradients(ys, [array(4, *y.shape, seed=7)[r] for y in ys], inputs)
        for got, wanted in zip(back, one, strict=True):
            np.testing.assert_allclose(got.data[r], wanted.data, rtol=1e-13)


def test_a_rule_that_reads_its_upstream_gradient_is_run_for_each_row():
    x, gys = Variable(array(3)), array(4, 3, seed=1)
    (g,), _ = gradients([ReadsUpstream()(x) * 2], [gys], [x], batched=True)
    np.testing.assert_allclose(g.data, gys * 6 * x.data**2)


@pytest.mark.parametrize("n", [0, 1])
@recorded
def test_no_row_and_one_row(n, create_graph):
    x, c = Variable(array(2, 3)), Variable(np.array(2.0))
    ys = [leopard.sin(x) * c, leopard.sum(x * c), x.T @ x, Cubic()(x, x[0]), x[:, [0, 1]], leopard.cumsum(x)]
    tys, _ = tangents(ys, [x, c], [np.ones((n, 2, 3)), np.ones(n)], create_graph, batched=True)
    assert n == 0 or all(ty is not None for ty in tys)
    assert all(ty is None or ty.shape == (n, *y.shape) for ty, y in zip(tys, ys, strict=True))
    gs, _ = gradients(ys, [np.ones((n, *y.shape)) for y in ys], [x, c], create_graph, batched=True)
    assert [g.shape for g in gs] == [(n, 2, 3), (n,)]


def test_wrong_rows_are_errors():
    x, w = Variable(array(3)), Variable(array(3))
    y = x * w
    with pytest.raises(ValueError, match=r"shape \(3,\), its input \(3,\) in each row"):
        tangents([y], [x], [np.ones(3)], batched=True)
    with pytest.raises(ValueError, match="a tangent has 3 rows, one before it 2"):
        tangents([y], [x, w], [np.ones((2, 3)), np.ones((3, 3))], batched=True)
    with pytest.raises(ValueError, match="a cotangent has shape"):
        gradients([leopard.sum(y)], [1.0], [x], batched=True)


def test_rows_that_were_recorded_can_be_differentiated():
    x = Variable(array(3))
    y = leopard.sum(leopard.sin(x) * x[::-1]) ** 2
    eye = np.eye(3)
    (g,), _ = gradients([y], [1.0], [x], create_graph=True)
    (hessian,), _ = tangents([g], [x], [eye], create_graph=True, batched=True)
    (other,), _ = gradients([g], [eye], [x], create_graph=True, batched=True)
    np.testing.assert_allclose(hessian.data, hessian.data.T, rtol=1e-13)
    np.testing.assert_allclose(hessian.data, other.data, rtol=1e-13)
    v = array(3, seed=2)
    third, h = [], 1e-5
    for sign in (1, -1):
        moved = Variable(x.data + sign * h * v)
        y = leopard.sum(leopard.sin(moved) * moved[::-1]) ** 2
        (g,), _ = gradients([y], [1.0], [moved], create_graph=True)
        third.append(tangents([g], [moved], [eye], batched=True)[0][0].data)
    slope = (third[0] - third[1]) / (2 * h)
    for recorded_rows in (hessian, other):
        (found,), _ = tangents([recorded_rows], [x], [v])
        np.testing.assert_allclose(found.data, slope, rtol=1e-7)


def test_zero_rows_do_not_meet_infinite_slopes():
    x = Variable(np.array([0.0, 1.0]))
    with np.errstate(divide="ignore"):
        (ty,), _ = tangents([leopard.sqrt(x)], [x], [np.eye(2)], batched=True)
    np.testing.assert_array_equal(ty.data, [[np.inf, 0.0], [0.0, 0.5]])
