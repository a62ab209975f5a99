"""What is particular to sums over axes: axes of all kinds, empty sums, errors."""

import numpy as np
import pytest

from leopard import Variable, functions
from tests.laws import same

each = pytest.mark.parametrize("name", ["sum", "mean"])

AXES = [None, 0, 1, -1, (0,), (0, 2), (-1, 0), (0, 1, 2), (), np.int64(1)]


@each
@pytest.mark.parametrize("axis", AXES, ids=repr)
@pytest.mark.parametrize("keepdims", [False, True])
def test_every_form_of_axis_is_numpys(name, axis, keepdims):
    x = Variable(np.arange(24.0).reshape(2, 3, 4))
    y = getattr(functions, name)(x, axis=axis, keepdims=keepdims)
    assert same(y.data, np.asarray(getattr(np, name)(x.data, axis=axis, keepdims=keepdims)))
    start = np.arange(1.0, y.size + 1).reshape(y.shape)
    y.grad = start
    y.backward()
    kept = getattr(np, name)(x.data, axis=axis, keepdims=True)
    share = start.reshape(kept.shape) / (x.size / kept.size if name == "mean" else 1)
    np.testing.assert_allclose(x.grad.data, np.broadcast_to(share, x.shape), rtol=1e-15)


@each
def test_it_is_a_method_and_a_call_of_numpys_too(name):
    a = np.arange(6.0).reshape(2, 3)
    wanted = getattr(np, name)(a, 0)
    x = Variable(a)
    assert same(getattr(x, name)(axis=0).data, wanted)
    assert same(getattr(x, name)(0).data, wanted)
    assert same(getattr(np, name)(x, axis=0).data, wanted)
    assert getattr(x, name)(0, True).shape == (1, 3)


@each
@pytest.mark.parametrize("axis", [2, -3, (0, 5)])
def test_an_axis_that_is_not_there_is_numpys_error(name, axis):
    with pytest.raises(np.exceptions.AxisError, match="out of bounds"):
        getattr(functions, name)(Variable(np.ones((2, 3))), axis=axis)


@each
def test_an_axis_named_twice_is_numpys_error(name):
    with pytest.raises(ValueError, match="duplicate"):
        getattr(functions, name)(Variable(np.ones((2, 3))), axis=(0, -2))


@each
def test_an_axis_that_is_no_integer_is_a_type_error(name):
    with pytest.raises(TypeError):
        getattr(functions, name)(Variable(np.ones((2, 3))), axis=0.5)


def test_a_sum_of_nothing_is_0_and_passes_on_an_empty_gradient():
    x = Variable(np.zeros((0, 3)))
    y = functions.sum(x)
    assert same(y.data, np.array(0.0))
    y.backward()
    assert x.grad.shape == (0, 3)


def test_a_mean_over_an_empty_axis_elsewhere_is_empty():
    x = Variable(np.zeros((0, 3)))
    y = functions.mean(x, axis=1)
    assert y.shape == (0,)
    y.backward()
    assert x.grad.shape == (0, 3)


@pytest.mark.parametrize("dtype", [np.int64, np.int8, np.bool_, np.float16, np.float32])
@each
def test_the_dtype_of_the_result_is_numpys(name, dtype):
    a = np.ones((2, 3), dtype)
    assert getattr(functions, name)(Variable(a)).dtype == getattr(np, name)(a).dtype


def test_a_sum_is_numpys_pairwise_one():
    a = np.random.default_rng(0).standard_normal(10_001)
    assert same(functions.sum(Variable(a)).data, np.asarray(np.sum(a)))
    assert same(functions.mean(Variable(a)).data, np.asarray(np.mean(a)))


def test_a_mean_of_float16_has_its_slope_though_the_count_is_not_exact_in_float16():
    x = Variable(np.ones(70_000, np.float16))
    functions.mean(x).backward()
    assert x.grad.dtype == np.float16
    np.testing.assert_allclose(x.grad.data.astype(float), 1 / 70_000, rtol=0.01)
