"""Plain arrays in, plain arrays out, also where a function fills Variables of its own."""

import numpy as np
import pytest

import leopard
from leopard import Variable

X = np.array([0.5, 2.0])


def filled(v):
    y = Variable(np.zeros(2))
    y[0] = v[0] ** 2
    y[1] = v[0] * v[1]
    return y


def total(v):
    y = Variable(np.zeros(3))
    y[1:] = v
    y *= y
    kept = y  # noqa: F841
    return np.sum(y)


JACOBIAN = np.array([[1.0, 0.0], [2.0, 0.5]])


@pytest.mark.parametrize("transform", ["jacobian", "jacrev", "jacfwd"])
def test_jacobians_are_plain(transform):
    found = getattr(leopard, transform)(filled)(X)
    assert type(found) is np.ndarray
    np.testing.assert_array_equal(found, JACOBIAN)


def test_products_are_plain():
    y, pull = leopard.vjp(filled, X)
    (g,) = pull(np.array([1.0, 1.0]))
    y2, t = leopard.jvp(filled, (X,), (np.array([1.0, 1.0]),))
    y3, push = leopard.linearize(filled, X)
    t3 = push(np.array([1.0, 1.0]))
    assert {type(found) for found in (y, g, y2, t, y3, t3)} == {np.ndarray}
    np.testing.assert_array_equal(g, JACOBIAN.sum(0))
    np.testing.assert_array_equal(t, JACOBIAN.sum(1))
    np.testing.assert_array_equal(t3, JACOBIAN.sum(1))


@pytest.mark.parametrize("keep", [False, True])
def test_gradients_are_plain(keep):
    kept = []

    def f(v):
        y = Variable(np.zeros(3))
        y[1:] = v
        if keep:
            kept.append(y)
        return np.sum(y * y)

    value, g = leopard.value_and_grad(f)(X)
    assert (type(value), type(g)) == (np.float64, np.ndarray)
    np.testing.assert_array_equal(g, 2 * X)
    for second in (leopard.hessian(f)(X), leopard.jacobian(leopard.grad(f))(X)):
        assert type(second) is np.ndarray
        np.testing.assert_array_equal(second, 2 * np.eye(2))
    found = leopard.value_and_grad(f, has_aux=False)(3.0 * X)[1]
    assert type(found) is np.ndarray
    assert type(leopard.hvp(f, X, X)) is np.ndarray
    assert type(leopard.elementwise_grad(filled)(X)) is np.ndarray


def test_sparse_derivatives_take_it():
    pytest.importorskip("scipy")
    np.testing.assert_array_equal(leopard.sparse_jacobian(filled)(X).toarray(), JACOBIAN)
    np.testing.assert_array_equal(leopard.sparse_hessian(total)(X).toarray(), 2 * np.eye(2))


def test_aux_is_plain_too():
    g, aux = leopard.grad(lambda v: (total(v), filled(v)), has_aux=True)(X)
    assert type(g) is type(aux) is np.ndarray


def test_a_leaf_of_an_earlier_call_connects():
    class Lazy:
        weight = None

        def __call__(self, x):
            if self.weight is None:
                self.weight = Variable(np.array([2.0, 3.0]))
            return np.sum(self.weight * x)

    model = Lazy()
    first = leopard.grad(model)(X)
    assert type(first) is np.ndarray
    again = leopard.grad(model)(X)
    assert type(again) is Variable
    np.sum(again * X).backward()
    np.testing.assert_array_equal(model.weight.grad.data, X)


def test_a_leaf_of_an_outer_function_connects_inside():
    def outer(s):
        w = Variable(np.zeros(2))
        w[0] = s
        w[1] = 2.0 * s
        inner = leopard.grad(lambda v: np.sum(w * v) ** 2)(X)
        assert type(inner) is Variable
        return np.sum(inner)

    # inner = 2 (s x0 + 2 s x1) (s, 2 s), summed: 6 s^2 (x0 + 2 x1)
    found = leopard.value_and_grad(outer)(1.5)
    assert found == (6 * 1.5**2 * 4.5, 12 * 1.5 * 4.5) and type(found[1]) is float


def test_what_is_closed_over_connects():
    w = Variable(np.array([1.0, 3.0]))
    y, pull = leopard.vjp(lambda v: filled(v) * w, X)
    assert isinstance(y, Variable)
    np.sum(pull(np.ones(2))[0]).backward()
    assert w.grad is not None
