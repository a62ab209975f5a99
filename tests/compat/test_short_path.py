"""Gradients by the short path, for floats and arrays of doubles; primitives whose arguments are arrays."""

import numpy as np
import pytest

from leopard.compat.autograd import grad, value_and_grad
from leopard.compat.autograd.extend import defvjp, primitive
from leopard.compat.autograd.numpy import metadata, where
from leopard.compat.autograd.numpy.numpy_vjps import unbroadcast_f


def of_squares(x):
    return np.sum(x["a"] ** 2 if isinstance(x, dict) else x**2)


def of_shape_one(x):
    return np.sum(x**2, keepdims=True)


@pytest.mark.parametrize(
    "f, x, slope",
    [
        (of_squares, np.array([1.0, 2.0]), np.array([2.0, 4.0])),
        (of_squares, np.array([1, 2]), np.array([2.0, 4.0])),
        (of_squares, np.array([1.0, 2.0], np.float32), np.array([2.0, 4.0], np.float32)),
        (of_squares, {"a": np.array([1.0, 2.0])}, {"a": np.array([2.0, 4.0])}),
        (of_squares, 3.0, np.float64(6.0)),
        (of_squares, np.array(3.0), np.float64(6.0)),
        (of_shape_one, np.array([1.0, 2.0]), np.array([2.0, 4.0])),
        (lambda x: 2.0, np.array([1.0, 2.0]), np.zeros(2)),
    ],
)
def test_a_function_is_called_once_for_value_and_gradient(f, x, slope):
    calls = []

    def counted(x):
        calls.append(x)
        return f(x)

    value, found = value_and_grad(counted)(x)
    assert len(calls) == 1
    np.testing.assert_array_equal(value, f(x))
    found, slope = (found["a"], slope["a"]) if isinstance(x, dict) else (found, slope)
    assert type(found) is type(slope) and np.shape(found) == np.shape(slope)
    np.testing.assert_array_equal(found, slope)


def test_the_second_argument_and_both():
    x, y = np.array([1.0, 2.0]), 3.0
    np.testing.assert_array_equal(grad(lambda x, y: np.sum(x) * y, 1)(x, y), 3.0)
    slopes = grad(lambda x, y: np.sum(x) * y, (1, 0))(x, y)
    assert slopes[0] == 3.0
    np.testing.assert_array_equal(slopes[1], [3.0, 3.0])


def test_a_gradient_inside_of_a_gradient_reaches_what_the_function_closes_over():
    assert grad(lambda a: grad(lambda x: a * x**2)(3.0) * a)(2.0) == 24.0


@primitive
def scaled(a, x, options=None):
    assert not hasattr(a, "creator") and not hasattr(x, "creator")
    return a * x


defvjp(
    scaled,
    lambda ans, a, x, options=None: unbroadcast_f(a, lambda g: g * x),
    lambda ans, a, x, options=None: unbroadcast_f(x, lambda g: g * a),
)


@pytest.mark.parametrize("options", [None, {"name": 1}, (1, 2)])
def test_a_primitive_takes_arrays_numbers_and_what_is_neither(options):
    x = np.array([1.0, 2.0])
    assert grad(lambda a: np.sum(scaled(a, x, options)))(2.0) == 3.0
    np.testing.assert_array_equal(grad(lambda x: np.sum(scaled(2.0, x, options)))(x), [2.0, 2.0])
    slopes = grad(lambda a, x: np.sum(scaled(a, x, options)), (0, 1))(2.0, x)
    np.testing.assert_array_equal(slopes[1], [2.0, 2.0])
    assert slopes[0] == 3.0
    assert type(scaled(2.0, x, options)) is np.ndarray


def test_second_derivatives_of_a_primitive():
    assert grad(lambda a: grad(lambda b: scaled(a, b) ** 2)(3.0))(2.0) == 24.0


@pytest.mark.parametrize("x", [2.0, np.ones((2, 3)), np.ones(2, complex), np.float32(1)])
def test_metadata(x):
    assert metadata(x) == (np.shape(x), np.ndim(x), np.result_type(x), np.iscomplexobj(x))


def test_where_of_numbers_and_lists_of_pythons_returns_such():
    assert where([True, False], [1.0, 2.0], [3.0, 4.0]) == [1.0, 4.0]
    assert type(where(True, 1.0, 2.0)) is float
    assert type(where(True, np.float64(1.0), y=2.0)) is np.ndarray
    np.testing.assert_array_equal(where([True, False], x=np.array([1.0, 2.0]), y=0.0), [1.0, 0.0])
    np.testing.assert_array_equal(where([True, False])[0], [0])
    np.testing.assert_array_equal(
        grad(lambda x: np.sum(where([True, False], x, 0.0)))(np.ones(2)), [1.0, 0.0]
    )
    np.testing.assert_array_equal(where([True, False], [np.float64(1.0), 2.0], [3.0, 4.0]), [1.0, 4.0])
