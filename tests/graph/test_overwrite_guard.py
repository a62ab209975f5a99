"""The guard: an array that is overwritten before it is walked is found out."""

import gc

import numpy as np
import pytest

import leopard
from leopard import Config, Function, Variable, guard, using_config
from leopard._core import gradients, tangents


class Square(Function):
    def forward(self, x):
        return x**2

    def backward(self, gy):
        (x,) = self.inputs
        return 2 * x * gy


READ = {
    "a constant": (lambda x, a: x * a, "input 1 of Mul"),
    "a leaf": (lambda x, a: np.sin(x), "input 0 of Sin"),
    "an operand of a product": (lambda x, a: np.dot(x, a), "input 1 of Dot"),
    "a user's function": (lambda x, a: Square()(x), "input 0 of Square"),
    "an output": (lambda x, a: np.exp(x * 1.0), "output of Exp"),
}


def overwrite(name, x, y, a):
    if name in ("a constant", "an operand of a product"):
        a[1] += 1.0
    elif name == "an output":
        y.data[0] = 0.0
    else:
        x.data[1] += 1.0


@pytest.mark.parametrize("name", READ)
@pytest.mark.parametrize("compiled", [True, False])
def test_what_a_rule_reads_may_not_be_overwritten(name, compiled):
    f, said = READ[name]
    for n in (3, 1000):
        x, a = Variable(np.linspace(0.5, 2, n)), np.linspace(1, 2, n)
        with guard():
            y = f(x, a)
            loss = np.sum(y) if y.ndim else y * 1.0
        overwrite(name, x, y, a)
        with using_config("compiled", compiled), pytest.raises(RuntimeError, match=said):
            loss.backward()
        assert x.grad is None
        with pytest.raises(RuntimeError, match=said):
            gradients([loss], [1.0], [x])
        with pytest.raises(RuntimeError, match=said):
            tangents([loss], [x], [np.ones(n)])


@pytest.mark.parametrize("n", [2, 1000])
def test_what_no_rule_reads_may_be(n):
    x, a = Variable(np.ones(n)), np.ones(n)
    with guard():
        y = (x + a).sum() + x[1:].reshape(-1).mean()
    x.data[0] = 9.0
    a[0] = 5.0
    y.backward()
    assert x.grad.data[0] == 1.0


def test_a_product_reads_only_the_operand_of_the_other_gradient():
    x, w = Variable(np.ones(3)), np.ones((3, 2))
    with guard():
        y = x @ w
        loss = y.sum()
    x.data[0] = y.data[0] = 9.0
    loss.backward(retain_grad=True)
    assert x.grad.data.tolist() == [2.0] * 3
    w[0] = 5.0
    with pytest.raises(RuntimeError, match="input 1 of MatMul"):
        loss.backward()


def test_nothing_is_raised_when_nothing_was_overwritten():
    x = Variable(np.linspace(1, 2, 5))
    with guard():
        y = np.sum(np.exp(x) * np.sin(x) / x**x + np.cumprod(x) @ np.sort(x))
        y.backward(create_graph=True)
        g = x.grad
        x.cleargrad()
        g.sum().backward()
    want = x.grad.data
    x.cleargrad()
    y.backward()
    with using_config("guard", False):
        assert want.shape == (5,)


def test_it_is_off_by_default_and_may_be_on_for_the_process():
    assert not Config.guard
    x, a = Variable(np.ones(2)), np.ones(2)
    y = (x * a).sum()
    a[0] = 3.0
    y.backward()
    assert x.grad.data[0] == 3.0
    Config.guard = True
    try:
        y = (x * a).sum()
        a[0] = 5.0
        with pytest.raises(RuntimeError, match="input 1 of Mul"):
            y.backward()
        with using_config("guard", False):
            y = (x * a).sum()
        a[0] = 6.0
        y.backward()
    finally:
        Config.guard = False


def test_transposed_and_negative_strides_are_handled():
    a = np.arange(6.0).reshape(2, 3)
    x = Variable(a.T[::-1])
    with guard():
        y = (x * x).sum()
    a[1, 2] = 0.0
    with pytest.raises(RuntimeError, match="input 0"):
        y.backward()


def test_an_assignment_to_a_variable_is_no_overwriting():
    x = Variable(np.ones(3))
    with guard():
        y = (x * x).sum()
        x[0] = 5.0
        y = y + (x**2).sum()
    y.backward()
    np.testing.assert_array_equal(x.creator.inputs[0].grad.data, [2.0, 4.0, 4.0])


def test_an_in_place_update_under_no_grad_is_found_out():
    p = Variable(np.ones(3))
    with guard():
        y = (p * p).sum()
    with leopard.no_grad():
        p -= 0.1
    with pytest.raises(RuntimeError, match="input 0 of Mul"):
        y.backward()


def test_fingerprints_die_with_their_functions():
    x = Variable(np.ones(3))
    for _ in range(3):
        with guard():
            y = np.sum(np.exp(x) * x)
        del y
    gc.collect()
    with guard():
        y = x * x
    y.backward()
