"""What is particular to differences and slopes: ends, spacings, types, errors."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leopard import Variable
from leopard.functions.math import differences
from leopard.testing import check_grads
from tests.laws import same


@given(
    shape=st.lists(st.integers(0, 4), min_size=1, max_size=3).map(tuple),
    n=st.integers(0, 5),
    place=st.integers(0, 5),
    ends=st.tuples(*[st.sampled_from(["none", "scalar", "array"])] * 2),
)
@settings(max_examples=80, deadline=None)
def test_differences_of_every_kind_are_numpys_and_linear(shape, n, place, ends):
    rng = np.random.default_rng(0)
    axis = place % (2 * len(shape)) - len(shape)
    a = rng.standard_normal(shape)
    options = {}
    for name, kind in zip(("prepend", "append"), ends, strict=True):
        if kind != "none":
            options[name] = 2.0 if kind == "scalar" else rng.standard_normal(shape)
    x = Variable(a)
    y = np.diff(x, n, axis, **options)
    assert same(y.data, np.diff(a, n, axis, **options))
    if n:
        y.grad = start = rng.standard_normal(y.shape)
        y.backward()
        step = rng.standard_normal(shape)
        zeros = {k: 0.0 * np.asarray(v) for k, v in options.items()}
        change = np.sum(start * np.diff(step, n, axis, **zeros))
        assert np.isclose(np.sum(x.grad.data * step), change, rtol=1e-10, atol=1e-10)


def test_no_difference_is_the_array_itself():
    x = Variable(np.ones(3))
    assert np.diff(x, 0) is x


def test_differences_of_truth_values_are_numpys():
    a = np.array([True, False, False])
    assert same(np.diff(Variable(a)).data, np.diff(a))
    assert same(np.diff(Variable(a), 2).data, np.diff(a, 2))


@pytest.mark.parametrize("dtype", [np.int8, np.uint8, np.float16, np.float32])
def test_the_dtype_is_numpys(dtype):
    a = np.array([[1, 3, 2]], dtype)
    assert same(np.diff(Variable(a), prepend=0).data, np.diff(a, prepend=0))
    end = np.ones(2, dtype)
    assert same(np.ediff1d(Variable(a), to_end=end).data, np.ediff1d(a, to_end=end))
    assert same(np.gradient(Variable(a), axis=1).data, np.gradient(a, axis=1))
    x = np.array([0.0, 1.0, 3.0])
    assert same(np.gradient(Variable(a), x, axis=1).data, np.gradient(a, x, axis=1))


def test_errors_are_numpys():
    x = Variable(np.ones((2, 3)))
    with pytest.raises(ValueError, match="-1"):
        np.diff(x, -1)
    with pytest.raises(ValueError):
        np.diff(Variable(np.array(1.0)))
    with pytest.raises(np.exceptions.AxisError):
        np.diff(x, axis=2)
    with pytest.raises(TypeError, match="to_begin"):
        np.ediff1d(Variable(np.arange(3)), to_begin=0.5)
    for spacing, error in (((1.0, 2.0, 3.0), TypeError), ((np.ones(3), 1.0), ValueError)):
        with pytest.raises(error):
            np.gradient(x, *spacing)
    with pytest.raises(ValueError, match="edge_order"):
        np.gradient(x, edge_order=3)
    with pytest.raises(ValueError, match="at least 3"):
        np.gradient(x, edge_order=2)
    with pytest.raises(ValueError):
        np.gradient(x, np.ones((2, 2)), 1.0)
    for call in (lambda: np.diff(x, order=1), lambda: np.gradient(x, out=1), lambda: np.ediff1d(x, axis=1)):
        with pytest.raises(TypeError):
            call()


@pytest.mark.parametrize("edge_order", [1, 2])
@pytest.mark.parametrize("axis", [None, 0, -1, (1, 0)])
@pytest.mark.parametrize("kind", ["none", "one", "scalars", "even", "uneven", "integers"])
def test_slopes_are_numpys_for_spacings_of_every_kind(edge_order, axis, kind, rng):
    a = rng.standard_normal((4, 5))
    axes = (0, 1) if axis is None else axis if isinstance(axis, tuple) else (axis,)
    spacing = {
        "none": [],
        "one": [0.3],
        "scalars": [0.3 + i for i in axes],
        "even": [np.arange(a.shape[i]) * 0.5 for i in axes],
        "uneven": [np.cumsum(rng.uniform(0.5, 1.5, a.shape[i])) for i in axes],
        "integers": [np.arange(a.shape[i]) ** 2 for i in axes],
    }[kind]
    ys = np.gradient(Variable(a), *spacing, axis=axis, edge_order=edge_order)
    wanted = np.gradient(a, *spacing, axis=axis, edge_order=edge_order)
    assert type(ys) is (tuple if len(axes) > 1 else Variable)
    for y, w in zip(*[v if isinstance(v, tuple) else (v,) for v in (ys, wanted)], strict=True):
        assert same(y.data, w)


def test_places_that_are_even_have_their_gradient_too(rng):
    """Their distances are all one number: NumPy reads it from the first two."""
    f, p = rng.standard_normal(5), np.arange(5.0)
    w = rng.standard_normal(5)
    x = Variable(p)
    y = np.gradient(f, x)
    np.testing.assert_allclose(y.data, np.gradient(f, p), rtol=1e-14)
    np.sum(w * y).backward()
    for i in range(5):
        step = np.eye(5)[i] * 1e-6
        slope = np.sum(w * (np.gradient(f, p + step) - np.gradient(f, p - step))) / 2e-6
        assert np.isclose(x.grad.data[i], slope, rtol=1e-6, atol=1e-8)


def test_a_scalar_has_no_slopes():
    assert np.gradient(Variable(np.array(1.0))) == ()


def test_arrays_alone_give_what_numpy_gives(rng):
    a = rng.standard_normal((3, 4))
    y = differences.gradient(a)
    assert isinstance(y, tuple) and all(v.creator is None for v in y)
    assert same(y[1].data, np.gradient(a)[1])
    assert same(differences.diff(a).data, np.diff(a))
    assert same(differences.ediff1d([1.0, 2.0, 4.0]).data, np.array([1.0, 2.0]))


def test_slopes_of_slopes_are_autograds(rng):
    anp = pytest.importorskip("autograd.numpy")
    autograd = pytest.importorskip("autograd")
    a = rng.standard_normal((4, 5))

    def f(xp, x):
        return xp.sum(xp.gradient(x, axis=0) ** 3) + xp.sum(xp.diff(x * x, 2, axis=1) ** 2)

    x = Variable(a)
    f(np, x).backward()
    np.testing.assert_allclose(x.grad.data, autograd.grad(lambda x: f(anp, x))(a), rtol=1e-12)


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


@pytest.mark.parametrize("places", [(2, 3), (3, 3), (4, 2, 3), (1, 3), (3, 1)], ids=str)
@pytest.mark.parametrize("shape", [(3,), (3, 3), (1, 3), (3, 1), (2, 1, 3)], ids=str)
@pytest.mark.parametrize("axis", [0, 1, -1, -2])
def test_values_and_places_are_broadcast_as_numpy_does(axis, shape, places, rng):
    y, x = rng.standard_normal(shape), rng.standard_normal(places)
    try:
        wanted = np.trapezoid(y, x, axis=axis)
    except (ValueError, IndexError) as error:
        with pytest.raises(type(error)):
            np.trapezoid(Variable(y), Variable(x), axis=axis)
        return
    assert same(np.trapezoid(Variable(y), Variable(x), axis=axis).data, np.asarray(wanted))
    check_grads(lambda y, x: np.trapezoid(y, x, axis=axis), (y, x))


def test_places_of_another_shape_are_numpys_error():
    for x in (np.arange(3.0), np.arange(6.0).reshape(2, 3)):
        with pytest.raises(ValueError):
            np.trapezoid(Variable(np.ones(5)), x)
    with pytest.raises(IndexError):
        np.trapezoid(Variable(np.ones(5)), axis=1)


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
