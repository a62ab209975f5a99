"""What is particular to running sums, integrals and angles: ends, orders in memory, errors."""

import leopard.functions.scans as scans  # isort: skip (first: the laws see what is imported)
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leopard import Variable
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


def test_the_trapezoidal_rule_is_exact_in_its_places():
    x = Variable(np.array([0.0, 1.0, 3.0]))
    y = Variable(np.array([1.0, 2.0, 5.0]))
    area = np.trapezoid(y, x)
    area.backward()
    assert area.data == 1.5 + 7.0
    np.testing.assert_array_equal(y.grad.data, [0.5, 1.5, 1.0])
    np.testing.assert_array_equal(x.grad.data, [-1.5, -2.0, 3.5])


@pytest.mark.parametrize("lay", [np.ascontiguousarray, np.asfortranarray, lambda a: a[::-1, ::2, ::-1]])
@pytest.mark.parametrize("axis", [0, 1, -1])
def test_integrals_are_numpys_in_every_order_in_memory(lay, axis, rng):
    a = lay(rng.standard_normal((11, 34, 17)))
    assert same(np.trapezoid(Variable(a), dx=0.1, axis=axis).data, np.trapezoid(a, dx=0.1, axis=axis))
    x = rng.standard_normal(a.shape[axis])
    assert same(np.trapezoid(Variable(a), x, axis=axis).data, np.trapezoid(a, x, axis=axis))


def test_places_of_another_shape_are_numpys_error():
    for x in (np.arange(3.0), np.arange(6.0).reshape(2, 3)):
        with pytest.raises(ValueError):
            np.trapezoid(Variable(np.ones(5)), x)
    with pytest.raises(IndexError):
        np.trapezoid(Variable(np.ones(5)), axis=1)


def test_unwrapped_angles_pass_the_gradient_on(rng):
    a = rng.uniform(-9, 9, (3, 8))
    x = Variable(a)
    y = np.unwrap(x, axis=0, period=3.0)
    assert same(y.data, np.unwrap(a, axis=0, period=3.0))
    y.grad = start = rng.standard_normal(a.shape)
    y.backward()
    np.testing.assert_array_equal(x.grad.data, start)


def test_unwrapped_integers_are_numpys():
    a = np.array([2, 3, 4, 5, 2, 3, 4, 5])
    assert same(np.unwrap(Variable(a), period=4).data, np.unwrap(a, period=4))
    assert same(np.unwrap(Variable(a)).data, np.unwrap(a))


def test_what_is_not_honoured_is_a_type_error():
    x = Variable(np.ones((2, 3)))
    for name in ("cumsum", "nancumsum"):
        for keywords in ({"out": np.ones((2, 3))}, {"keepdims": True}):
            with pytest.raises(TypeError):
                getattr(scans, name)(x, axis=0, **keywords)
        with pytest.raises(np.exceptions.AxisError):
            getattr(scans, name)(x, axis=2)
    with pytest.raises(TypeError, match="no gradient"):
        np.unwrap(x, period=Variable(np.array(3.0)))
    with pytest.raises(TypeError):
        np.trapezoid(x, order=1)


def test_arrays_alone_give_what_numpy_gives(rng):
    a = rng.standard_normal((3, 4))
    for y, wanted in (
        (scans.trapezoid(a, dx=2.0), np.trapezoid(a, dx=2.0)),
        (scans.nancumsum(a, 1), np.nancumsum(a, 1)),
        (scans.unwrap(a), np.unwrap(a)),
    ):
        assert isinstance(y, Variable) and y.creator is None
        assert same(y.data, wanted)


def test_slopes_of_integrals_are_jaxs(rng):
    jax = pytest.importorskip("jax")
    jax.config.update("jax_enable_x64", True)
    jnp = pytest.importorskip("jax.numpy")
    a, p = rng.standard_normal((3, 5)), np.cumsum(rng.uniform(0.5, 1.5, 5))

    def f(xp, y, x):
        return xp.sum(xp.trapezoid(y * y, x, axis=-1) ** 2) + xp.sum(xp.unwrap(3 * y, axis=0) ** 3)

    y, x = Variable(a), Variable(p)
    f(np, y, x).backward()
    gy, gx = jax.grad(lambda y, x: f(jnp, y, x), argnums=(0, 1))(a, p)
    np.testing.assert_allclose(y.grad.data, gy, rtol=1e-10)
    np.testing.assert_allclose(x.grad.data, gx, rtol=1e-10)
