"""Hooks on Variables and Functions, gradients that are kept, and the search for the first nan."""

import gc
import weakref

import numpy as np
import pytest

import leopard
from leopard import Variable, _core, anomaly, using_config
from leopard._core import gradients, tangents
from tests.threads import in_threads


def chain(n):
    x = Variable(np.linspace(0.5, 2, n) if n else np.array(0.7))
    y = x * x
    z = np.sin(y)
    return x, y, z, z.sum() if n else z * 1.0


@pytest.mark.parametrize("n", [0, 3, 1000])
@pytest.mark.parametrize("create_graph", [False, True])
def test_hooks_are_called_in_order_with_whole_gradients(n, create_graph):
    x, y, z, loss = chain(n)
    loss = loss + y.sum() if n else loss + y
    called = []
    for name, v in (("x", x), ("y", y), ("z", z)):
        v.register_hook(lambda g, name=name: called.append((name, 1, g.data.copy())))
        v.register_hook(lambda g, name=name: called.append((name, 2, g.data.copy())))
    loss.backward(create_graph=create_graph)
    assert [c[:2] for c in called] == [("z", 1), ("z", 2), ("y", 1), ("y", 2), ("x", 1), ("x", 2)]
    np.testing.assert_allclose(called[2][2], np.cos(y.data) + 1)
    np.testing.assert_array_equal(called[4][2], x.grad.data)


@pytest.mark.parametrize("n", [0, 3, 1000])
@pytest.mark.parametrize("create_graph", [False, True])
def test_what_a_hook_returns_goes_on(n, create_graph):
    x, y, _, loss = chain(n)
    first = y.register_hook(lambda g: g * 2.0)
    y.register_hook(lambda g: g.data + 1.0)
    x.register_hook(lambda g: -g)
    loss.backward(create_graph=create_graph)
    want = -(np.cos(y.data) * 2 + 1) * 2 * x.data
    np.testing.assert_allclose(x.grad.data, want)
    first.remove()
    x.cleargrad()
    loss.backward()
    np.testing.assert_allclose(x.grad.data, -(np.cos(y.data) + 1) * 2 * x.data)
    (g,), _ = gradients([loss], [1.0], [x])
    np.testing.assert_allclose(g.data, x.grad.data)


def test_a_hook_that_returns_something_else_is_an_error_and_changes_nothing():
    x, y, _, loss = chain(3)
    for wrong, error in (("text", TypeError), (np.ones(4), ValueError), (np.ones(3, np.float32), ValueError)):
        hook = y.register_hook(lambda g, wrong=wrong: wrong)
        with pytest.raises(error, match="hook"):
            loss.backward()
        assert x.grad is None
        hook.remove()
    with pytest.raises(TypeError, match="hook"):
        y.register_hook(3)
    y.register_hook(lambda g: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        loss.backward()
    assert x.grad is None


def test_hooks_of_a_function_see_what_its_rule_was_given_and_returned():
    x, _, z, loss = chain(3)
    seen = []
    z.creator.register_hook(lambda gxs, gys: seen.append((gxs[0].data, gys[0].data)))
    double = z.creator.register_hook(lambda gxs, gys: (gxs[0] * 2,))
    loss.backward()
    np.testing.assert_allclose(seen[0][0], np.cos(x.data**2))
    np.testing.assert_array_equal(seen[0][1], np.ones(3))
    np.testing.assert_allclose(x.grad.data, 4 * x.data * np.cos(x.data**2))
    double.remove()
    z.creator.register_hook(lambda gxs, gys: gxs[0])
    with pytest.raises(TypeError, match="tuple of 1"):
        loss.backward()


def test_a_hook_is_of_what_a_variable_is_now():
    x = Variable(np.ones(3), name="x")
    called = []
    x.register_hook(lambda g: called.append(g.data.copy()))
    before = (x * 2).sum()
    x[0] = 5.0
    assert x.name == "x"
    after = (x * 3).sum()
    before.backward()
    assert not called
    after.backward()
    np.testing.assert_array_equal(called[0], [3.0, 3.0, 3.0])
    x.register_hook(lambda g: called.append("second"))
    x += 1.0
    (x * 4).sum().backward()
    assert called[2] == "second" and called[1][0] == 4.0
    x.name = "y"
    assert x.name == "y"


def test_hooks_that_refer_to_their_variables_are_collected_with_them():
    def run():
        x, y, _, loss = chain(3)
        y.register_hook(lambda g: y.data)
        x.register_hook(lambda g: x.data)
        loss.backward()
        y[0] = 1.0
        return weakref.ref(x), weakref.ref(y)

    run()
    gc.collect()
    before = _core.count_records()
    gone = [run() for _ in range(3)]
    gc.collect()
    assert [r() for pair in gone for r in pair] == [None] * 6
    assert _core.count_records() == before


def test_removed_hooks_leave_no_trace():
    x = Variable(np.linspace(0.5, 2, 3))
    y = x * x
    registered = _core.count_hooked()

    def step():
        calls = [lambda g: g, lambda gxs, gys: None]
        hook = x.register_hook(calls[0])
        other = y.creator.register_hook(calls[1])
        assert _core.count_hooked() == registered + 2
        ends = [weakref.ref(call) for call in calls]
        hook.remove()
        other.remove()
        hook.remove()
        return ends

    gone = [step() for _ in range(10)]
    assert [r() for pair in gone for r in pair] == [None] * 20
    assert _core.count_hooked() == registered
    y.sum().backward()
    np.testing.assert_array_equal(x.grad.data, 2 * x.data)


def test_hooks_end_with_what_they_are_on():
    registered = _core.count_hooked()
    _, y, z, loss = chain(3)
    hooks = [y.register_hook(lambda g: g * 2.0), z.creator.register_hook(lambda gxs, gys: None)]
    loss.backward()
    assert _core.count_hooked() == registered + 2
    y[0] = 1.0  # the hooks go on to the new version
    assert _core.count_hooked() == registered + 2
    del y, z, loss
    gc.collect()
    assert _core.count_hooked() == registered
    for hook in hooks:
        hook.remove()
    assert _core.count_hooked() == registered


def test_a_function_whose_last_hook_is_removed_is_walked_as_any_other():
    calls = []

    class Double(leopard.Function):
        def forward(self, x):
            return x * 2

        def backward(self, gy):
            return gy * 2

    x = Variable(np.ones(3))
    y = Double()(x)
    first, second = (y.creator.register_hook(lambda gxs, gys, k=k: calls.append(k)) for k in (1, 2))
    first.remove()
    y.backward()
    assert calls == [2]
    second.remove()
    x.cleargrad()
    y.backward()
    assert calls == [2]
    third = y.creator.register_hook(lambda gxs, gys: calls.append(3))
    second.remove()
    x.cleargrad()
    y.backward()
    third.remove()
    assert calls == [2, 3]
    np.testing.assert_array_equal(x.grad.data, [2.0, 2.0, 2.0])


def test_a_function_without_hooks_is_searched_for_nan_yet():
    x = Variable(np.array([1.0, 0.0]))
    with anomaly():
        y = np.sqrt(x)
    y.creator.register_hook(lambda gxs, gys: None).remove()
    with np.errstate(divide="ignore"), pytest.raises(FloatingPointError, match="of Sqrt is inf"):
        y.backward()


def test_hooks_may_be_registered_and_removed_while_hooks_are_called():
    x, y, _, loss = chain(3)
    called = []

    def first(g):
        called.append(1)
        second.remove()
        y.register_hook(lambda g: called.append(3))  # from the next walk on

    y.register_hook(first)
    second = y.register_hook(lambda g: called.append(2))
    loss.backward()
    assert called == [1]
    loss.backward()
    assert called == [1, 1, 3]


def test_hooks_may_be_registered_and_removed_by_other_threads():
    x, y, _, loss = chain(3)
    registered = _core.count_hooked()

    def work(_):
        for _ in range(300):
            hooks = [y.register_hook(lambda g: None), y.creator.register_hook(lambda gxs, gys: None)]
            gradients([loss], [1.0], [x])
            for hook in hooks:
                hook.remove()

    in_threads(work)
    assert _core.count_hooked() == registered


def test_names_of_hooked_variables():
    x = Variable(np.ones(2), name="x")
    x.register_hook(print)
    assert x.name == "x"
    x.name = "y"
    assert x.name == "y"
    x.name = None
    assert x.name is None


@pytest.mark.parametrize("n", [0, 3, 1000])
def test_an_intermediate_gradient_is_kept_on_request(n):
    _, y, z, loss = chain(n)
    y.retain_grad()
    loss.backward()
    np.testing.assert_allclose(y.grad.data, np.cos(y.data))
    assert z.grad is None


def bad_forward(x):
    return np.log(x) * 2.0  # the line that is named


def bad_backward(x):
    return np.sqrt(x)


@pytest.mark.parametrize("n", [1, 1000])
def test_the_first_nan_of_a_computation_is_found(n):
    x = Variable(np.concatenate([np.ones(n), [-1.0]]))
    with anomaly(), np.errstate(invalid="ignore"), pytest.raises(FloatingPointError) as error:
        bad_forward(x)
    said = str(error.value)
    assert f"Log computed nan at {n}" in said
    assert "test_hooks.py" in said and "the line that is named" in said


@pytest.mark.parametrize("n", [0, 1, 1000])
@pytest.mark.parametrize("create_graph", [False, True])
@pytest.mark.parametrize("compiled", [False, True])
def test_the_first_infinity_of_a_walk_is_found(n, create_graph, compiled):
    x = Variable(np.concatenate([np.ones(n), [0.0]]) if n else np.array(0.0))
    with anomaly():
        y = bad_backward(x * 1.0) * 3.0
        y = y.sum() if n else y
    with np.errstate(divide="ignore"), pytest.raises(FloatingPointError) as error:
        with using_config("compiled", compiled):
            y.backward(create_graph=create_graph)
    said = str(error.value)
    assert "the gradient of input 0 of Sqrt is inf" in said and "return np.sqrt(x)" in said
    assert x.grad is None
    with np.errstate(divide="ignore"), pytest.raises(FloatingPointError, match="tangent of Sqrt is inf"):
        tangents([y], [x], [np.ones(x.shape)])


def test_nothing_is_raised_for_finite_values_or_outside_the_block():
    x = Variable(np.array([1.0, 2.0]))
    with anomaly():
        y = np.sum(np.log(x) * x + np.cumprod(x) / x)
        y.backward()
    x.cleargrad()
    with np.errstate(all="ignore"):
        y = np.log(x * 0.0)
        y.backward()
    assert not leopard.Config.anomaly


def test_several_outputs_are_looked_at():
    x = Variable(np.array([[1.0, 2.0], [2.0, 5.0]]))
    with anomaly():
        w, v = np.linalg.eigh(x)
        (w.sum() + v[0, 0]).backward()
    assert np.isfinite(x.grad.data).all()
