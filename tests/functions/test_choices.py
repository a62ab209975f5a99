"""What a choice has left out contributes nothing: no nan, no warning, at any order."""

import numpy as np
import pytest

from leopard import Variable, using_config

LEFT_OUT = {
    "where": lambda x: np.where(x > 0, np.log(x), 0.0),
    "where, the other way": lambda x: np.where(~(x > 0), 0.0, np.log(x)),
    "a mask": lambda x: np.log(x)[x.data > 0],
    "indices": lambda x: np.log(x)[np.flatnonzero(x.data > 0)],
    "maximum": lambda x: np.maximum(np.log(x), -700.0),
    "minimum": lambda x: -np.minimum(-np.log(x), 700.0),
    "a longer way": lambda x: np.where(x > 0, np.tanh(np.log(x) * 0.0) + np.log(x) * 1.0, 0.0),
}


def chosen(name, x):
    with np.errstate(all="ignore"):
        return np.sum(LEFT_OUT[name](x))


@pytest.mark.parametrize("compiled", [True, False])
@pytest.mark.parametrize("dtype", [np.float64, np.float32, np.float16])
@pytest.mark.parametrize("n", [1, 3, 300, 40_000])
@pytest.mark.parametrize("name", LEFT_OUT)
def test_it_contributes_nothing(name, n, dtype, compiled):
    a = np.zeros(n, dtype)
    a[-1] = 2
    if n > 1 and not name.endswith("imum"):
        a[0] = -1.0
    if n > 2 and not name.endswith("imum"):
        a[1] = np.nan  # which maximum and minimum take
    for create_graph in (False, True):
        x = Variable(a)
        with using_config("compiled", compiled):
            chosen(name, x).backward(create_graph=create_graph)
        wanted = np.zeros(n)
        wanted[-1] = 0.5
        np.testing.assert_array_equal(x.grad.data, wanted)
    g = x.grad
    x.cleargrad()
    with using_config("compiled", compiled):
        g.backward()
    wanted[-1] = -0.25
    np.testing.assert_array_equal(x.grad.data, wanted)


@pytest.mark.parametrize("shape", [(), (1,), (3,)])
@pytest.mark.parametrize("name", ["where", "maximum"])
def test_a_gradient_that_is_0_by_chance_has_a_derivative(name, shape):
    """Of sin(x)**2 at 0: 0, then 2, then 0, then -8."""
    call = {
        "where": lambda x: np.where(np.array(True), np.sin(x), 0.0),
        "maximum": lambda x: np.maximum(np.sin(x), -5.0),
    }[name]
    x = Variable(np.zeros(shape))
    y = np.sum(call(x) ** 2)
    for wanted in [0.0, 2.0, 0.0, -8.0]:
        y.backward(create_graph=True)
        y = x.grad
        x.cleargrad()
        np.testing.assert_array_equal(y.data, np.full(shape, wanted))


@pytest.mark.parametrize(("value", "slope"), [(0.0, 0.0), (2.0, 0.5), (np.nan, 0.0)])
@pytest.mark.parametrize("create_graph", [False, True])
def test_a_scalar_contributes_nothing_either(value, slope, create_graph):
    x = Variable(np.array(value))
    chosen("where", x * 1.0).backward(create_graph=create_graph)
    assert x.grad.data == slope


def test_what_is_taken_is_warned_of():
    x = Variable(np.array([0.0, 0.0, 2.0]))
    y = np.where([True, False, True], np.sqrt(x), 0.0)
    with pytest.warns(RuntimeWarning, match="divide by zero encountered in divide"):
        y.backward()
    np.testing.assert_array_equal(x.grad.data, [np.inf, 0.0, 1 / (2 * np.sqrt(2.0))])


def test_where_nothing_was_chosen_numpys_numbers_stand():
    x = Variable(np.array([0.0, 1.0]))
    y = np.sqrt(x)
    y.grad = np.array([0.0, 1.0])
    with pytest.warns(RuntimeWarning, match="invalid value"):
        y.backward()
    np.testing.assert_array_equal(x.grad.data, [np.nan, 0.5])
