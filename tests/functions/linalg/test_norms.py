"""Norms at 0, at ties and at equal singular values; the forms; condition numbers."""

import numpy as np
import pytest

import leopard
from leopard import Variable
from leopard.functions.linalg.norms import (
    cond,
    matrix_norm,
    norm,
    vector_norm,
)
from tests.matrices import drawn, slopes_at, unitary

inf = np.inf
each_type = pytest.mark.parametrize("dtype", [float, complex])


def gradient(f, a, create_graph=False):
    x = Variable(np.asarray(a))
    f(x).sum().backward(create_graph=create_graph)
    return np.zeros_like(x.data) if x.grad is None else x.grad.data


@each_type
@pytest.mark.parametrize("create_graph", [False, True])
def test_the_gradient_of_a_norm_of_0_is_0(dtype, create_graph):
    calls = [lambda x: norm(x), lambda x: norm(x, axis=(0, 1)), lambda x: vector_norm(x)]
    calls += [lambda x, p=p: norm(x, p, axis=1) for p in (None, 2, 1, 3, 1.5, 0.5, 0, inf, -inf)]
    calls += [lambda x, p=p: norm(x, p) for p in ("fro", "nuc", 2, -2, 1, -1, inf, -inf)]
    for f in calls:
        assert not gradient(f, np.zeros((2, 3), dtype), create_graph).any()


def test_a_norm_of_0_beside_others():
    a = np.array([[3.0, 4.0], [0.0, 0.0]])
    wanted = [[0.6, 0.8], [0.0, 0.0]]
    np.testing.assert_allclose(gradient(lambda x: norm(x, axis=1), a), wanted)
    np.testing.assert_allclose(gradient(lambda x: norm(x, 2.0, axis=1, keepdims=True), a), wanted)
    np.testing.assert_allclose(gradient(lambda x: vector_norm(x, axis=1), a), wanted)


def test_a_norm_of_0_has_second_derivatives_of_0():
    x = Variable(np.zeros(3))
    norm(x).backward(create_graph=True)
    g = x.grad
    x.cleargrad()
    g.sum().backward()
    assert not x.grad.data.any()


@pytest.mark.parametrize("p", [1.5, 3, 4, 0.5, -1])
def test_an_element_of_0_has_the_gradient_0(p):
    with np.errstate(divide="ignore"):
        g = gradient(lambda x: norm(x, p), [1.0, 0.0, -2.0])
    wanted = gradient(lambda x: norm(x, p), [1.0, -2.0]) if p > 0 else [0.0, 0.0]
    np.testing.assert_allclose(g, [wanted[0], 0.0, wanted[1]])


@pytest.mark.parametrize("p", [4, 5])
def test_smooth_powers_are_smooth_at_an_element_of_0(p):
    slopes_at(lambda x: norm(x, p), np.array([1.0, 0.0, -2.0]), orders=[1, 2])


def test_large_and_small_elements_do_not_overflow():
    for p in (1.5, 3, 4):
        g = gradient(lambda x, p=p: norm(x, p), [1.0, 2.0])
        for scale in (1e60, 1e-60):
            np.testing.assert_allclose(gradient(lambda x, p=p: norm(x, p), [scale, 2 * scale]), g)


def test_ties_share():
    a = [3.0, -3.0, 1.0, 1.0]
    np.testing.assert_array_equal(gradient(lambda x: norm(x, inf), a), [0.5, -0.5, 0.0, 0.0])
    np.testing.assert_array_equal(gradient(lambda x: norm(x, -inf), a), [0.0, 0.0, 0.5, 0.5])
    np.testing.assert_array_equal(gradient(lambda x: vector_norm(x, ord=inf), a), [0.5, -0.5, 0.0, 0.0])
    m = [[1.0, -2.0, 0.5], [2.0, 1.0, 0.5]]
    np.testing.assert_array_equal(gradient(lambda x: norm(x, 1), m), [[0.5, -0.5, 0.0], [0.5, 0.5, 0.0]])
    np.testing.assert_array_equal(gradient(lambda x: norm(x, -1), m), [[0.0, 0.0, 1.0], [0.0, 0.0, 1.0]])
    m = [[1.0, -2.0], [3.0, 0.0], [0.5, 1.0]]
    np.testing.assert_array_equal(gradient(lambda x: norm(x, inf), m), [[0.5, -0.5], [0.5, 0.0], [0.0, 0.0]])
    np.testing.assert_array_equal(gradient(lambda x: norm(x, -inf), m), [[0.0, 0.0], [0.0, 0.0], [1.0, 1.0]])


@each_type
def test_equal_singular_values_share(dtype):
    one = np.eye(3, dtype=dtype)
    np.testing.assert_allclose(gradient(lambda x: norm(x, 2), one), one / 3)
    np.testing.assert_allclose(gradient(lambda x: norm(x, -2), one), one / 3)
    np.testing.assert_allclose(gradient(lambda x: norm(x, "nuc"), one), one)
    q = unitary(3, dtype)
    np.testing.assert_allclose(gradient(lambda x: norm(x, 2), q), q / 3, atol=1e-14)
    np.testing.assert_allclose(gradient(lambda x: norm(x, "nuc"), q), q, atol=1e-14)


def test_the_largest_singular_value_has_a_second_derivative_though_others_are_equal():
    u, v = unitary(3), unitary(3, seed=1)
    slopes_at(lambda x: norm(x, 2), (u * [3.0, 1.0, 1.0]) @ v, orders=[1, 2])
    slopes_at(lambda x: norm(x, -2), (u * [3.0, 3.0, 1.0]) @ v, orders=[1, 2])
    slopes_at(lambda x: norm(x, 2), np.outer(u[0], v[0]), orders=[1, 2])
    x = Variable(np.eye(3))
    norm(x, "nuc").backward(create_graph=True)
    g = x.grad
    x.cleargrad()
    with pytest.raises(RuntimeError, match="singular values are equal"):
        g.sum().backward()


def test_every_form_of_the_axes():
    a = drawn(2, 3, 4)
    for axis in [0, -1, (1,), (0, 1), (-1, 0), np.int64(2), (2, np.int64(0))]:
        for keepdims in (False, True):
            ords = [None, 1, inf, 2] if np.ndim(axis) == 0 or len(axis) == 1 else [None, "nuc", 1, -inf, 2]
            for ord in ords:
                y = np.linalg.norm(Variable(a), ord, axis, keepdims)
                np.testing.assert_array_equal(y.data, np.linalg.norm(a, ord, axis, keepdims))
                slopes_at(lambda x, o=ord, i=axis, k=keepdims: norm(x, o, i, k), a, orders=[1, 2])


def test_what_numpy_refuses_is_refused():
    x = Variable(np.ones((2, 3)))
    for f in [
        lambda: norm(x, "nuc", axis=0),
        lambda: norm(x, 3),
        lambda: norm(x, axis=(0, 0)),
        lambda: norm(x, axis=(0, 1, 1)),
        lambda: norm(x, "other"),
        lambda: matrix_norm(x, ord=3),
        lambda: norm(x, axis=2),
    ]:
        with pytest.raises((ValueError, IndexError)):
            f()
    with pytest.raises(TypeError):
        np.linalg.norm(x, out=np.zeros(()))


def test_integers_have_a_norm_without_a_gradient():
    y = norm(Variable(np.array([3, 4])))
    assert (y.data, y.dtype) == (5.0, np.float64)


@pytest.mark.parametrize("p", [None, 2, -2, 1, -1, inf, -inf, "fro"])
def test_the_condition_of_a_singular_matrix_is_numpys_and_takes_no_gradient(p):
    a = np.stack([np.diag([2.0, 0.0]), np.array([[2.0, 1.0], [0.5, 3.0]]), np.zeros((2, 2))])
    x = Variable(a)
    y = np.linalg.cond(x, p)
    np.testing.assert_array_equal(y.data, np.linalg.cond(a, p))
    y.sum().backward()
    assert not x.grad.data[[0, 2]].any()
    np.testing.assert_allclose(x.grad.data[1], gradient(lambda x: cond(x, p), a[1]))


def test_the_condition_of_nothing_is_an_error():
    for shape in [(0, 0), (2, 0, 3)]:
        with pytest.raises(np.linalg.LinAlgError, match="empty"):
            cond(Variable(np.ones(shape)))
    with pytest.raises(np.linalg.LinAlgError):
        cond(Variable(np.ones((2, 3))), 1)
    with pytest.raises(np.linalg.LinAlgError):
        cond(Variable(np.ones(3)))


# -- Where a norm is 0, and where a gradient is infinite -----------------------------------------


@pytest.mark.parametrize(
    "f",
    [
        np.linalg.norm,
        np.linalg.vector_norm,
        lambda x: np.linalg.norm(x, "fro"),
        lambda x: np.linalg.matrix_norm(x),
    ],
)
@pytest.mark.parametrize("of", [lambda y: y**2, lambda y: 2 - 2 * np.cos(y), lambda y: np.cosh(y) * 2])
def test_the_second_derivative_of_a_smooth_function_of_the_square_where_a_norm_is_0(f, of):
    a, t = np.zeros((2, 2)), np.array([[1.0, 2.0], [-1.0, 0.5]])

    def loss(x):
        return of(f(x))

    np.testing.assert_allclose(leopard.hessian(loss)(a).reshape(4, 4), 2 * np.eye(4))
    np.testing.assert_allclose(leopard.hvp(loss, a, t), 2 * t)
    np.testing.assert_allclose(leopard.grad(lambda x: np.sum(leopard.grad(loss)(x) * t))(a), 2 * t)


def test_the_second_derivative_where_some_norms_are_0():
    a = np.array([[0.0, 0.0], [3.0, 4.0]])
    got = leopard.hessian(lambda x: np.sum(np.linalg.norm(x, axis=1) ** 2 * np.array([1.0, 3.0])))(a)
    np.testing.assert_allclose(got.reshape(4, 4), np.diag([2.0, 2.0, 6.0, 6.0]), atol=1e-14)


@pytest.mark.parametrize(
    ("ord", "a", "wanted"),
    [
        (np.inf, [1.0, 2.0], [0.0, np.inf]),
        (-np.inf, [1.0, 2.0], [np.inf, 0.0]),
        (1, [[1.0, 1.0], [0.5, 2.0]], [[0.0, np.inf], [0.0, np.inf]]),
        (-np.inf, [[1.0, 1.0], [0.5, 2.5]], [[np.inf, np.inf], [0.0, 0.0]]),
    ],
)
def test_an_infinite_gradient_goes_to_the_chosen_alone(ord, a, wanted):
    a = np.array(a)
    least = np.linalg.norm(a, ord)
    with np.errstate(divide="ignore"):
        got = leopard.grad(lambda x: np.sqrt(np.linalg.norm(x, ord) - least))(a)
    np.testing.assert_array_equal(got, wanted)


@pytest.mark.parametrize("k", [1, 3])
@pytest.mark.parametrize("ord", [2, -2])
def test_equal_values_share_the_norm_beside_others_that_are_equal(ord, k):
    """Of 2, 2, 1, 1 and of 2, 2, 2, 1, 1, 1: those that are not meant are equal, too."""
    s = np.repeat([2.0, 1.0], k + 1)
    wanted = np.diag((s == (2 if ord == 2 else 1)) / (k + 1.0))
    for create_graph in (False, True):
        g = gradient(lambda x: norm(x, ord), np.diag(s), create_graph)
        np.testing.assert_allclose(g, wanted, atol=1e-15)
