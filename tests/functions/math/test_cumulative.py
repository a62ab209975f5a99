"""What is particular to running sums, integrals and angles: ends, orders in memory, errors."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leopard import Variable, functions
from leopard.functions.math import cumulative
from tests.laws import same


@given(
    shape=st.lists(st.integers(0, 4), min_size=1, max_size=3).map(tuple),
    place=st.integers(-3, 2),
    flat=st.booleans(),
    name=st.sampled_from(["cumsum", "nancumsum"]),
)
@settings(max_examples=60, deadline=None)
def test_the_gradient_is_the_sum_from_behind(shape, place, flat, name):
    a = np.arange(1.0, np.prod(shape) + 1).reshape(shape)
    axis = None if flat else place % (2 * len(shape)) - len(shape)
    x = Variable(a)
    y = getattr(np, name)(x, axis=axis)
    assert same(y.data, getattr(np, name)(a, axis=axis))
    y.grad = start = np.arange(1.0, y.size + 1).reshape(y.shape) ** 2
    y.backward()
    wanted = np.flip(np.cumsum(np.flip(start, axis or 0), axis or 0), axis or 0)
    np.testing.assert_allclose(x.grad.data, wanted.reshape(shape), rtol=1e-15)


def test_nans_count_as_0_and_have_the_gradient_0():
    a = np.array([[1.0, np.nan, 3.0], [np.nan, np.nan, np.nan]])
    x = Variable(a)
    y = np.nancumsum(x, axis=1)
    y.backward()
    assert same(y.data, np.nancumsum(a, axis=1))
    np.testing.assert_array_equal(x.grad.data, [[3, 0, 1], [0, 0, 0]])


def test_a_running_sum_of_small_integers_is_numpys():
    for dtype in (np.int8, np.bool_, np.uint16):
        a = np.ones((2, 3), dtype)
        assert same(np.cumsum(Variable(a), 1).data, np.cumsum(a, 1))


def test_it_is_a_method():
    x = Variable(np.arange(6.0).reshape(2, 3))
    assert same(x.cumsum().data, x.data.cumsum())
    assert same(x.cumsum(axis=0, dtype=np.float32).data, x.data.cumsum(axis=0, dtype=np.float32))


@pytest.mark.skipif(not hasattr(np, "cumulative_sum"), reason="NumPy has it since 2.1")
def test_the_array_apis_name_needs_an_axis_where_there_are_several():
    x = Variable(np.ones((2, 3)))
    for name in ("cumulative_sum", "cumulative_prod"):
        f = getattr(np, name)
        with pytest.raises(ValueError, match="axis"):
            f(x)
        with pytest.raises(np.exceptions.AxisError):
            f(x, axis=2)
        with pytest.raises(TypeError):
            f(x, axis=0, out=np.ones((2, 3)))
        with pytest.raises(TypeError):
            f(x, 0)


def test_what_is_not_honoured_is_a_type_error():
    x = Variable(np.ones((2, 3)))
    for name in ("cumsum", "nancumsum"):
        for keywords in ({"out": np.ones((2, 3))}, {"keepdims": True}):
            with pytest.raises(TypeError):
                getattr(cumulative, name)(x, axis=0, **keywords)
        with pytest.raises(np.exceptions.AxisError):
            getattr(cumulative, name)(x, axis=2)
    with pytest.raises(TypeError, match="no gradient"):
        np.unwrap(x, period=Variable(np.array(3.0)))
    with pytest.raises(TypeError):
        np.trapezoid(x, order=1)


def test_arrays_alone_give_what_numpy_gives(rng):
    a = rng.standard_normal((3, 4))
    for y, wanted in (
        (functions.trapezoid(a, dx=2.0), np.trapezoid(a, dx=2.0)),
        (functions.nancumsum(a, 1), np.nancumsum(a, 1)),
        (functions.unwrap(a), np.unwrap(a)),
    ):
        assert isinstance(y, Variable) and y.creator is None
        assert same(y.data, wanted)


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64, np.longdouble, complex])
@pytest.mark.parametrize("rows", [1, 3, 40])
def test_a_recurrence_is_the_same_by_either_loop(rows, dtype, rng):
    a = rng.standard_normal((rows, 6)).astype(dtype)
    b = rng.standard_normal((rows, 7)).astype(dtype)
    s = np.array(b)
    for k in range(6):
        s[:, k + 1] += a[:, k] * s[:, k]
    got = cumulative.solved(a, b)
    assert got.dtype == dtype
    np.testing.assert_allclose(got, s, rtol=200 * np.finfo(dtype).eps, atol=200 * np.finfo(dtype).eps)
