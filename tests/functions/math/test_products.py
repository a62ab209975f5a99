"""Products where elements are 0: every derivative to the third is exact."""

from itertools import product

import numpy as np
import pytest

from leopard import Variable
from leopard.functions.math import products
from tests.laws import same


def slopes(f, a, us):
    """The derivative of f in all these directions, one after the other, and the gradient of the last."""
    x = Variable(a)
    y = f(x)
    for u in us:
        x.cleargrad()
        y.backward(create_graph=True)
        y = np.sum(x.grad * u) if x.grad is not None else Variable(np.array(0.0))
    return y.data


def slope_of_product(a, us):
    """Of the product of a vector: each direction takes another element's place. Integers: exact."""
    total = 0.0
    for places in product(range(len(a)), repeat=len(us)):
        if len(set(places)) == len(places):
            factors_ = [u[i] for u, i in zip(us, places, strict=True)]
            total += np.prod(factors_) * np.prod(np.delete(a, places))
    return total


ZEROS = [(), (1,), (0, 3), (1, 2, 4), (0, 1, 2, 3, 4)]


@pytest.mark.parametrize("order", [1, 2, 3])
@pytest.mark.parametrize("zeros", ZEROS, ids=str)
def test_derivatives_of_a_product_are_exact(zeros, order, rng):
    a = rng.integers(1, 5, 5).astype(float)
    a[list(zeros)] = 0.0
    us = rng.integers(-3, 4, (order, 5)).astype(float)
    assert slopes(np.prod, a, us) == slope_of_product(a, us)


AXES = [None, 0, -1, (0, 2), (2, 1), (-1, -2, -3), ()]


@pytest.mark.parametrize("order", [1, 2, 3])
@pytest.mark.parametrize("axis", AXES, ids=str)
@pytest.mark.parametrize("keepdims", [False, True])
def test_derivatives_of_products_over_axes_are_exact(axis, keepdims, order, rng):
    """Some of the products have no 0 among them, some one, two or three."""
    a = rng.integers(-2, 3, (2, 3, 2)).astype(float)
    us = rng.integers(-3, 4, (order, 2, 3, 2)).astype(float)
    axes = tuple(range(3)) if axis is None else axis if isinstance(axis, tuple) else (axis,)
    axes = tuple([i % 3 for i in axes])
    kept = [i for i in range(3) if i not in axes]

    def rows(v):
        return v.transpose(*kept, *axes).reshape(int(np.prod([v.shape[i] for i in kept])), -1)

    split = [rows(v) for v in (a, *us)]
    wanted = sum(slope_of_product(line[0], list(line[1:])) for line in zip(*split, strict=True))
    assert slopes(lambda x: np.prod(x, axis=axis, keepdims=keepdims), a, us) == wanted


def test_a_product_with_where_and_initial_is_that_of_the_chosen():
    x = Variable(np.array([0.0, 2.0, 5.0]))
    y = np.prod(x, initial=3.0, where=[True, True, False])
    y.grad = np.array(2.0)
    y.backward()
    assert same(y.data, np.asarray(0.0))
    np.testing.assert_array_equal(x.grad.data, [12.0, 0.0, 0.0])


def test_what_is_too_large_together_is_not_too_large_for_the_gradient():
    x = Variable(np.array([1e200, 1e200]))
    with np.errstate(over="ignore"):
        y = np.prod(x)
    y.backward()
    np.testing.assert_array_equal(x.grad.data, [1e200, 1e200])


def test_nans_count_as_1():
    a = np.array([2.0, np.nan, 0.0, 3.0])
    x = Variable(a)
    y = np.nanprod(x)
    y.backward()
    np.testing.assert_array_equal(x.grad.data, [0, 0, 6, 0])
    x.cleargrad()
    y = np.nancumprod(x)
    y.backward()
    assert same(y.data, np.nancumprod(a))
    np.testing.assert_array_equal(x.grad.data, [2, 0, 8, 0])


def test_a_product_of_integers_is_one():
    a = np.array([[1, 2], [3, 4]], np.int8)
    for f in (np.prod, np.cumprod, np.nanprod):
        assert same(f(Variable(a), axis=0).data, np.asarray(f(a, axis=0)))


def test_they_are_methods():
    x = Variable(np.array([[1.0, 2.0], [3.0, 4.0]]))
    assert same(x.prod(0).data, x.data.prod(0))
    assert same(x.cumprod(axis=1).data, x.data.cumprod(axis=1))


def test_what_is_not_honoured_is_a_type_error():
    x = Variable(np.ones((2, 3)))
    for name in products.__all__:
        with pytest.raises(TypeError):
            getattr(products, name)(x, axis=0, out=np.ones(3))
        with pytest.raises(TypeError):
            getattr(products, name)(x, axis=0, order="C")
        with pytest.raises(np.exceptions.AxisError):
            getattr(products, name)(x, axis=2)
    with pytest.raises(ValueError, match="axis"):
        np.cumulative_prod(x)


@pytest.mark.parametrize("order", [1, 2, 3])
@pytest.mark.parametrize("zeros", ZEROS, ids=str)
@pytest.mark.parametrize("axis", [None, 0, 1, -2])
def test_derivatives_of_running_products_are_exact(zeros, axis, order, rng):
    a = rng.integers(1, 4, 5).astype(float)
    a[list(zeros)] = 0.0
    a = a.reshape((1, 5) if axis == 1 else (5, 1))
    us = rng.integers(-3, 4, (order, *a.shape)).astype(float)
    w = rng.integers(1, 4, 5).astype(float)
    lines = [v.reshape(5) for v in us]
    wanted = sum(
        w[i] * slope_of_product(a.reshape(5)[: i + 1], [u[: i + 1] for u in lines]) for i in range(5)
    )

    def f(x):
        y = np.cumprod(x, axis=axis)
        return np.sum(y * w.reshape(y.shape))

    assert slopes(f, a, us) == wanted


@pytest.mark.parametrize("n", [0, 1, 2])
def test_short_ones(n):
    a = np.arange(2.0, 2.0 + n)
    for f in (np.cumprod, np.prod, np.nanprod, np.nancumprod):
        x = Variable(a)
        y = f(x)
        assert same(y.data, np.asarray(f(a)))
        y.backward()
        assert x.grad.shape == (n,)


def test_running_products_with_zeros_are_torchs(rng):
    torch = pytest.importorskip("torch")
    a = rng.integers(-2, 3, (4, 6)).astype(float)
    w = rng.standard_normal((4, 6))
    for name, dim in (("cumprod", 1), ("cumprod", 0), ("prod", 1), ("prod", 0)):
        x, t = Variable(a), torch.tensor(a, requires_grad=True)
        y, z = getattr(np, name)(x, axis=dim), getattr(torch, name)(t, dim=dim)
        start = w if name == "cumprod" else w.take(0, dim)
        y.grad = start.copy()
        y.backward()
        z.backward(torch.tensor(start))
        np.testing.assert_allclose(x.grad.data, t.grad.numpy(), rtol=1e-12, atol=1e-12)
