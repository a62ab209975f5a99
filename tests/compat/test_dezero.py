"""Programs on the names of the book's library, steps 11 to 43, in words of our own."""

import importlib
import math
import pathlib
import subprocess

import numpy as np
import pytest

import leopard
import leopard.compat.dezero as dezero
import leopard.compat.dezero.functions as F
from leopard.compat.dezero import (
    Config,
    Function,
    Parameter,
    Variable,
    as_array,
    as_variable,
    core,
    core_simple,
    no_grad,
    setup_variable,
    using_config,
    utils,
)


def array(*numbers):
    return np.array(numbers[0] if len(numbers) == 1 else numbers, dtype=float)


# -- Steps 11 to 20: chains of Functions, gradients that add up, generations ------------------------


class Square(Function):
    def forward(self, x):
        return x**2

    def backward(self, gy):
        x = self.inputs[0].data
        return 2 * x * gy


class Sum3(Function):
    def forward(self, x0, x1, x2):
        return x0 + x1 + x2

    def backward(self, gy):
        return gy, gy, gy


def square(x):
    return Square()(x)


def test_functions_of_several_operands_and_gradients_that_add_up():
    x, y = Variable(array(2)), Variable(array(3))
    z = core.add(square(x), square(y))
    z.backward()
    assert (z.data, x.grad.data, y.grad.data) == (13.0, 4.0, 6.0)
    x = Variable(array(3))
    Sum3()(x, x, x).backward()
    core.add(x, x).backward()
    assert x.grad.data == 5.0
    x.cleargrad()
    assert x.grad is None


def test_a_graph_that_parts_and_meets_is_walked_by_generations():
    x = Variable(array(2))
    a = square(x)
    y = core.add(square(a), square(a))
    assert (x.generation, a.generation, y.generation) == (0, 1, 3)
    assert y.creator.inputs[0].creator.inputs[0] is a
    y.backward()
    assert x.grad.data == 64.0
    assert a.grad is None
    y.backward(retain_grad=True)
    assert a.grad.data == 16.0


def test_what_a_library_has_to_refuse():
    with pytest.raises(TypeError, match="float.*is not supported"):
        Variable(1.0)
    assert as_array(np.float64(2.0)).shape == ()
    assert as_variable(array(1)).data == 1.0


def test_operators_with_numbers_and_arrays_on_either_side():
    a, b = Variable(array(3)), Variable(array(2))
    y = a * b + 1.0
    y.backward()
    assert (y.data, a.grad.data, b.grad.data) == (7.0, 2.0, 3.0)
    x = Variable(array(2))
    for y, value in [(-x, -2.0), (2.0 - x, 0.0), (3.0 / x, 1.5), (x**3, 8.0), (array(2.0) + x, 4.0)]:
        assert isinstance(y, Variable) and y.data == value
    assert core.rsub(x, 5.0).data == 3.0 and core.rdiv(x, 5.0).data == 2.5


def test_settings():
    setup_variable()
    assert dezero.Config is Config and Config.enable_backprop
    with no_grad():
        assert square(Variable(array(2))).creator is None
    with using_config("enable_backprop", False):
        assert not Config.enable_backprop
    with dezero.test_mode():
        assert not Config.train


def test_names_and_shapes():
    x = Variable(np.arange(6.0).reshape(2, 3), name="x")
    assert (x.name, x.shape, x.ndim, x.size, x.dtype, len(x)) == ("x", (2, 3), 2, 6, np.float64, 2)
    assert repr(Variable(array(1, 2))) == "variable([1. 2.])"


def test_a_chain_may_be_cut():
    x = Variable(array(2))
    a = square(x)
    y = square(a)
    y.unchain_backward()
    y.backward()
    assert a.creator is None and a.grad.data == 8.0 and x.grad is None


# -- Steps 24 to 31: functions of optimization, series, the first library's gradients ---------------


def sphere(x, y):
    return x**2 + y**2


def matyas(x, y):
    return 0.26 * sphere(x, y) - 0.48 * x * y


def goldstein(x, y):
    s, d = x + y + 1, 2 * x - 3 * y
    a = 19 - 14 * x + 3 * x**2 - 14 * y + 6 * x * y + 3 * y**2
    b = 18 - 32 * x + 12 * x**2 + 48 * y - 36 * x * y + 27 * y**2
    return (1 + s**2 * a) * (30 + d**2 * b)


@pytest.mark.parametrize("f, slopes", [(sphere, (2, 2)), (matyas, (0.04, 0.04)), (goldstein, (-5376, 8064))])
@pytest.mark.parametrize("library", [dezero, core_simple])
def test_test_functions_of_optimization(f, slopes, library):
    x, y = library.Variable(array(1)), library.Variable(array(1))
    f(x, y).backward()
    np.testing.assert_allclose([float(x.grad), float(y.grad)], slopes)


def test_a_series_that_ends_where_its_terms_are_small():
    x, y, i = Variable(array(np.pi / 4)), 0, 0
    while True:
        term = (-1) ** i / math.factorial(2 * i + 1) * x ** (2 * i + 1)
        y, i = y + term, i + 1
        if abs(term.data) < 1e-150:
            break
    y.backward()
    np.testing.assert_allclose([y.data, x.grad.data], math.sqrt(0.5))


def test_gradients_of_the_first_library_are_arrays():
    x = core_simple.Variable(array(2))
    for _ in range(10):
        y = x**4 - 2 * x**2
        x.cleargrad()
        y.backward()
        assert type(x.grad) is np.ndarray
        x.data -= x.grad / (12 * x.data**2 - 4)
    assert x.data == 1.0
    x.grad = array(3)
    assert x.grad == 3.0
    assert isinstance(core_simple.as_variable(2.0), core_simple.Variable)
    assert core_simple.as_variable(y) is y


def test_descent_in_a_valley():
    x = core_simple.Variable(array(0)), core_simple.Variable(array(2))
    for _ in range(300):
        y = 100 * (x[1] - x[0] ** 2) ** 2 + (x[0] - 1) ** 2
        for v in x:
            v.cleargrad()
        y.backward()
        for v in x:
            v.data -= 0.001 * v.grad
    assert y.data < 0.5 * 401


# -- Steps 33 to 36: derivatives of derivatives -----------------------------------------------------


def test_newtons_method_with_second_derivatives_of_the_graph():
    x = Variable(array(2))
    for _ in range(10):
        y = x**4 - 2 * x**2
        x.cleargrad()
        y.backward(create_graph=True)
        gx = x.grad
        x.cleargrad()
        gx.backward()
        x.data -= gx.data / x.grad.data
    assert x.data == 1.0


def test_derivatives_of_the_sine():
    x = Variable(np.linspace(-7, 7, 20))
    y = F.sin(x)
    y.backward(create_graph=True)
    for expected in (np.cos, lambda x: -np.sin(x), lambda x: -np.cos(x), np.sin):
        np.testing.assert_allclose(x.grad.data, expected(x.data), atol=1e-15)
        gx = x.grad
        x.cleargrad()
        gx.backward(create_graph=True)


def test_a_function_of_a_gradient():
    x = Variable(array(2))
    y = x**2
    y.backward(create_graph=True)
    gx = x.grad
    x.cleargrad()
    (gx**3 + y).backward()
    assert x.grad.data == 100.0


# -- Steps 37 to 43: arrays -------------------------------------------------------------------------


def test_gradients_of_arrays_that_are_kept():
    x, c = Variable(np.arange(6).reshape(2, 3)), Variable(np.ones((2, 3), int))
    t = x + c
    y = F.sum(t)
    y.backward(retain_grad=True)
    for v in (t, x, c):
        assert v.grad.shape == (2, 3) and (v.grad.data == 1).all()
    assert y.grad.data == 1


def test_shapes_and_their_gradients():
    x = Variable(np.arange(6.0).reshape(2, 3))
    for y, shape in [
        (F.reshape(x, (6,)), (6,)),
        (x.reshape((3, 2)), (3, 2)),
        (x.reshape(3, 2), (3, 2)),
        (F.transpose(x), (3, 2)),
        (x.T, (3, 2)),
        (F.transpose(x, (1, 0)), (3, 2)),
        (F.flatten(F.expand_dims(x, 1)), (2, 3)),
        (F.sum(x, 0), (3,)),
        (F.sum(x, 1, True), (2, 1)),
        (x.sum(keepdims=True), (1, 1)),
        (F.sum_to(x, (1, 3)), (1, 3)),
        (F.broadcast_to(x, (4, 2, 3)), (4, 2, 3)),
        (F.get_item(x, 1), (3,)),
        (x[:, 2], (2,)),
    ]:
        x.cleargrad()
        assert isinstance(y, Variable) and y.shape == shape
        y.backward()
        assert x.grad.shape == x.shape
    assert (x.grad.data == [[0, 0, 1], [0, 0, 1]]).all()


def test_broadcasting_sums_back():
    x0, x1 = Variable(array(1, 2, 3)), Variable(array([10]))
    (x0 + x1).backward()
    assert x1.grad.data.tolist() == [3.0]


def test_products_of_matrices():
    x, w = Variable(np.ones((2, 3))), Variable(np.ones((3, 4)))
    F.matmul(x, w).backward()
    assert (x.grad.data == 4).all() and (w.grad.data == 2).all()


def regression(loss_of, rounds=100):
    rng = np.random.default_rng(0)
    x = rng.random((100, 1))
    x, t = Variable(x), Variable(5 + 2 * x + 0.1 * rng.random((100, 1)))
    W, b = Parameter(np.zeros((1, 1))), Parameter(np.zeros(1))
    for _ in range(rounds):
        loss = loss_of(x, t, W, b)
        for p in (W, b):
            p.cleargrad()
        loss.backward()
        for p in (W, b):
            p.data -= 0.1 * p.grad.data
    return loss.data, W.data.item(), b.data.item()


def by_hand(x, t, W, b):
    difference = F.matmul(x, W) + b - t
    return F.sum(difference**2) / difference.size


def by_functions(x, t, W, b):
    return F.mean_squared_error(F.linear(x, W, b), t)


def test_a_line_through_points():
    loss, slope, offset = regression(by_hand)
    assert loss < 0.1 and abs(slope - 2) < 0.9 and abs(offset - 5) < 0.6
    np.testing.assert_allclose(regression(by_functions), (loss, slope, offset))


def test_functions_of_arrays_return_variables():
    x = array(0.5, 1)
    for name in ("sin", "cos", "tanh", "exp", "log"):
        y = getattr(F, name)(x)
        assert isinstance(y, Variable)
        np.testing.assert_array_equal(y.data, getattr(np, name)(x))
    np.testing.assert_allclose(F.sigmoid(array(-800, 0, 1)).data, [0, 0.5, 1 / (1 + np.exp(-1))])
    assert F.linear(np.ones((2, 3)), np.ones((3, 1))).shape == (2, 1)
    assert utils.gradient_check(F.sigmoid, array(-2, 0.5))


def test_what_is_not_there_is_named():
    with pytest.raises(AttributeError, match="steps 11 to 43, and 'conv2d' is none"):
        F.conv2d  # noqa: B018


# -- Utilities --------------------------------------------------------------------------------------


def test_gradients_by_differences():
    np.testing.assert_allclose(utils.numerical_grad(goldstein, array(1), array(1)), -5376, rtol=1e-5)
    np.testing.assert_allclose(utils.numerical_grad(F.exp, Variable(array(0, 1))), np.exp([0, 1]), rtol=1e-7)
    assert utils.gradient_check(lambda x: F.sum(x * F.tanh(x)), np.array([1, 2]))


def test_a_wrong_rule_is_found(capsys):
    class Wrong(Square):
        def backward(self, gy):
            return 3 * gy

    assert not utils.gradient_check(lambda x: Wrong()(x), array(1, 2))
    assert "by backward" in capsys.readouterr().out


def test_sums_to_a_shape():
    x = np.ones((4, 2, 3))
    assert type(utils.sum_to(x, (1, 3))) is np.ndarray
    assert utils.array_equal(utils.sum_to(x, (1, 3)), np.full((1, 3), 8.0))
    assert utils.array_allclose(Variable(array(1)), array(1 + 1e-7))
    for axis, keepdims in [(0, False), ((0, 2), False), (None, False), (-1, True), (1, True)]:
        gy = Variable(np.asarray(x.sum(axis=axis, keepdims=keepdims)))
        back = utils.reshape_sum_backward(gy, x.shape, axis, keepdims)
        assert np.broadcast_shapes(back.shape, x.shape) == x.shape


def test_a_picture_of_a_graph(tmp_path, monkeypatch):
    x = Variable(array(1), name="x")
    y = F.tanh(x)
    y.name = "y"
    assert '"x"' in utils.get_dot_graph(y, verbose=False) and "float64" in utils.get_dot_graph(y)
    monkeypatch.setattr(utils.shutil, "which", lambda name: None)
    with pytest.warns(UserWarning, match="no program `dot` here"):
        utils.plot_dot_graph(y, to_file=str(tmp_path / "tanh.png"))
    assert pathlib.Path(tmp_path / "tanh.dot").read_text() == utils.get_dot_graph(y)
    ran = []
    monkeypatch.setattr(utils.shutil, "which", lambda name: "dot")
    monkeypatch.setattr(subprocess, "run", lambda *args, **options: ran.append((args, options)))
    utils.plot_dot_graph(y, verbose=False, to_file=tmp_path / "tanh.svg")
    (command,), options = ran[0]
    assert command[:3] == ["dot", "-T", "svg"] and options["input"] == utils.get_dot_graph(y, False)


def test_every_name_of_the_modules_is_there():
    for name in ("core", "core_simple", "functions", "utils"):
        module = importlib.import_module(f"leopard.compat.dezero.{name}")
        assert getattr(dezero, name) is module
        assert all(hasattr(module, name) for name in module.__all__)
    assert Variable is leopard.Variable and Function is leopard.Function
