"""What is particular to order: ties share equally, to every order; forms; errors."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from leopard import Variable, functions
from tests.functions.moving import arrays, axes_of, equal_elements, proper_shapes
from tests.laws import same

proper = arrays(proper_shapes)


@given(proper, st.data())
def test_different_elements_are_moved_as_numpy_sorts_them(a, data):
    axis = data.draw(axes_of(a) | st.none())
    order = np.argsort(a, axis)
    kth = data.draw(st.integers(-order.shape[axis or 0], order.shape[axis or 0] - 1)) if order.size else 0

    def as_sorted(x):
        return np.take_along_axis(x if axis is not None else x.reshape(-1), order, axis or 0)

    moved_alike(lambda x: np.sort(x, axis), as_sorted, a)
    moved_alike(lambda x: np.sort(x, axis, kind="stable"), as_sorted, a)
    kth = kth % order.shape[axis if axis is not None else 0]
    place = np.argpartition(a, kth, axis)
    if np.array_equal(
        np.partition(a, kth, axis), np.take_along_axis(a if axis is not None else a.ravel(), place, axis or 0)
    ):
        moved_alike(
            lambda x: np.partition(x, kth, axis),
            lambda x: np.take_along_axis(x if axis is not None else x.reshape(-1), place, axis or 0),
            a,
        )


def moved_alike(call, moved, a):
    """`call` is NumPy's, and its gradients, to second order, are those of `moved`, where nothing is equal."""
    start = np.random.default_rng(2).standard_normal(moved(a).shape)
    found = []
    for f in (call, moved):
        x = Variable(a)
        y = f(x)
        assert same(y.data, np.asarray(call(a)))
        np.sum(start * y * y).backward(create_graph=True)
        gx = x.grad
        x.cleargrad()
        np.sum(gx * gx).backward()
        found.append((gx.data, x.grad.data))
    for one, other in zip(*found, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-12)


def shared(a, y, gy, axis):
    """Of each row, to each element: the mean of what the places of all equal ones get."""
    if axis is None:
        return shared(a.reshape(-1), y, gy, 0).reshape(a.shape)
    gx = np.zeros_like(a)
    a, y, gy, view = [np.moveaxis(x, axis, -1) for x in (a, y, gy, gx)]
    for row in np.ndindex(a.shape[:-1]):
        for value in np.unique(a[row]):
            view[row][a[row] == value] = gy[row][y[row] == value].mean()
    return gx


@given(equal_elements(), st.data())
def test_equal_elements_share_equally(a, data):
    axis = data.draw(axes_of(a) | st.none())
    n = a.size if axis is None else a.shape[axis]
    kth = data.draw(st.integers(0, n - 1))
    calls = [
        lambda x: np.sort(x, axis),
        lambda x: np.partition(x, kth, axis),
        lambda x: np.sort(x, axis, stable=True),
    ]
    for call in calls:
        for create_graph in (False, True):
            x = Variable(a)
            y = call(x)
            assert same(y.data, call(a))
            start = np.random.default_rng(3).standard_normal(y.shape)
            y.grad = start
            y.backward(create_graph=create_graph)
            np.testing.assert_allclose(x.grad.data, shared(a, y.data, start, axis), rtol=1e-12, atol=1e-14)


@given(equal_elements())
def test_sharing_is_linear_so_that_its_own_gradient_is_right(a):
    """The gradient of <gx, u> with respect to gy is the mean of u over each class, at its places."""
    x, w = Variable(a), Variable(np.random.default_rng(4).standard_normal(a.shape))
    np.sum(w * np.sort(x)).backward(create_graph=True)
    u = np.random.default_rng(5).standard_normal(a.shape)
    gx = x.grad
    x.cleargrad()
    w.cleargrad()
    np.sum(gx * u).backward()
    y = np.sort(a)
    wanted = np.zeros_like(a)
    for row in np.ndindex(a.shape[:-1]):
        for value in np.unique(a[row]):
            wanted[row][y[row] == value] = u[row][a[row] == value].mean()
    np.testing.assert_allclose(w.grad.data, wanted, rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.longdouble, complex, np.complex64])
def test_types_are_kept(dtype):
    a = np.array([3, 1, 2, 1]).astype(dtype)
    for call in (np.sort, lambda x: np.partition(x, 2), np.unique):
        x = Variable(a)
        y = call(x)
        assert same(y.data, call(a))
        y.grad = np.ones_like(y.data)
        y.backward()
        assert x.grad.dtype == dtype


def test_as_many_equal_elements_as_a_float16_cannot_count():
    x = Variable(np.ones(70000, np.float16))
    np.sort(x).backward()
    assert np.all(x.grad.data == 1)


def test_not_a_number_goes_last_and_keeps_its_gradient():
    a = np.array([np.nan, 1.0, -0.0, np.nan, 0.0, -np.inf])
    x = Variable(a)
    y = np.sort(x)
    assert same(y.data, np.sort(a))
    y.grad = np.array([1.0, 2.0, 4.0, 8.0, 16.0, 32.0])
    y.backward()
    assert x.grad.data[1] == 8.0
    assert x.grad.data[5] == 1.0
    assert same(x.grad.data[[2, 4]], np.array([3.0, 3.0]))  # -0.0 equals 0.0
    assert sorted(x.grad.data[[0, 3]]) == [16.0, 32.0]


def test_sorted_as_complex_numbers():
    for dtype in (np.float32, np.float16, float, np.longdouble, complex, np.complex64):
        a = np.array([3, 1, 2]).astype(dtype)
        x = Variable(a)
        y = np.sort_complex(x)
        assert same(y.data, np.sort_complex(a))
        y.grad = np.array([1, 2, 3j], y.dtype)
        y.backward()
        assert x.grad.dtype == dtype


# -- plain results, errors -----------------------------------------------------------------------

WRONG = {
    "sort beyond": lambda x: np.sort(x, 2),
    "sort of a scalar": lambda x: np.sort(np.sum(x)),
    "sort kind": lambda x: np.sort(x, kind="bogus"),
    "sort kind and stable": lambda x: np.sort(x, kind="heapsort", stable=True),
    "sort order": lambda x: np.sort(x, order="f"),
    "partition beyond": lambda x: np.partition(x, 3),
    "partition axis": lambda x: np.partition(x, 0, 2),
    "partition kind": lambda x: np.partition(x, 0, kind="quicksort"),
    "keyword": lambda x: np.sort(x, out=x),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_cannot_be_sorted_is_numpys_error(name):
    a = np.ones((2, 3))
    with pytest.raises((ValueError, TypeError)) as numpys:
        WRONG[name](a)
    with pytest.raises(numpys.type):
        WRONG[name](Variable(a))


def test_pytorch_sorts_with_the_same_gradient():
    torch = pytest.importorskip("torch")
    a, start = np.random.default_rng(8).standard_normal((2, 4, 5))
    for axis in (0, 1):
        x, t = Variable(a), torch.tensor(a, requires_grad=True)
        functions.sum(np.sort(x, axis) ** 2 * start).backward()
        (torch.sort(t, axis).values ** 2 * torch.tensor(start)).sum().backward()
        np.testing.assert_allclose(x.grad.data, t.grad.numpy(), rtol=1e-12)


def test_autograd_sorts_with_the_same_gradient():
    autograd = pytest.importorskip("autograd")
    anp = pytest.importorskip("autograd.numpy")
    a, start = np.random.default_rng(9).standard_normal((2, 6))
    x = Variable(a)
    functions.sum(np.sort(x) ** 2 * start).backward()
    wanted = autograd.grad(lambda x: anp.sum(anp.sort(x) ** 2 * start))(a)
    np.testing.assert_allclose(x.grad.data, wanted, rtol=1e-12)
