"""What is particular to roots: zeros at the ends, pairs, roots that coincide."""

import numpy as np
import pytest

from leopard import Variable
from tests.laws import same


def slope(f, a, h=1e-6):
    """Of a real function, with respect to each real element."""
    steps = np.eye(a.size).reshape(a.size, *a.shape) * h
    return np.array([(f(a + s) - f(a - s)) / (2 * h) for s in steps]).reshape(a.shape)


def test_the_gradient_is_that_of_the_implicit_function():
    p = Variable(np.array([2.0, -6.0, 4.0]))  # roots 2 and 1
    np.roots(p)[0].backward()
    np.testing.assert_allclose(p.grad.data, -np.array([4.0, 2.0, 1.0]) / 2.0, rtol=1e-12)


@pytest.mark.parametrize(
    "p", [[1.0, 2.0, 5.0], [1.0, -1.0, 1.0, -1.0, 3.0], [3.0, 1.0, 0.0], [2.0, 0.0, 0.0, 1.0]]
)
def test_a_real_loss_of_roots_has_the_slope_of_numpys(p):
    def loss(p):
        r = np.roots(p)
        return np.sum(np.real(r) ** 3) + np.sum(np.imag(r) ** 2)

    x = Variable(np.array(p))
    loss(x).backward()
    assert x.grad.dtype == float
    zero = x.data == 0
    np.testing.assert_allclose(x.grad.data[~zero], slope(loss, x.data)[~zero], rtol=1e-6, atol=1e-6)


def test_a_leading_zero_moves_the_roots_that_are_there():
    p = Variable(np.array([0.0, 1.0, -3.0, 2.0]))
    r = np.roots(p)
    assert same(r.data, np.roots(p.data))
    r[0].backward()  # the root 2
    np.testing.assert_allclose(p.grad.data, -np.array([8.0, 4.0, 2.0, 1.0]), rtol=1e-12)
    exact = Variable(np.array([1e-7, 1.0, -3.0, 2.0]))
    near = np.max(np.roots(exact.data))
    np.testing.assert_allclose((near - 2.0) / 1e-7, p.grad.data[0], rtol=1e-5)


def test_a_root_at_zero_moves_with_the_last_coefficient_alone():
    p = Variable(np.array([1.0, -1.0, 0.0]))
    r = np.roots(p)
    assert same(r.data, np.array([1.0, 0.0]))
    r[1].backward()
    np.testing.assert_allclose(p.grad.data, np.array([0.0, 0.0, 1.0]))


@pytest.mark.filterwarnings("ignore:divide by zero:RuntimeWarning", "ignore:invalid value:RuntimeWarning")
def test_roots_that_coincide_have_no_derivative():
    p = Variable(np.array([1.0, 0.0, 0.0]))
    np.roots(p)[0].backward()
    assert not np.isfinite(p.grad.data[-1])


@pytest.mark.parametrize("p", [[0.0, 0.0], [5.0], [0.0, 5.0]], ids=str)
def test_a_constant_has_no_roots_and_no_gradient(p):
    x = Variable(np.array(p))
    y = np.roots(x)
    assert same(y.data, np.roots(np.array(p)))
    y.backward()
    assert x.grad is None or same(x.grad.data, np.zeros(len(p)))


def test_an_error_is_numpys():
    for name, shape in [("roots", (2, 2)), ("poly", (2, 3)), ("poly", (0, 0)), ("poly", (1, 2, 2))]:
        with pytest.raises(ValueError) as theirs:  # noqa: PT011 (the whole message is compared)
            getattr(np, name)(np.ones(shape))
        with pytest.raises(ValueError) as ours:  # noqa: PT011
            getattr(np, name)(Variable(np.ones(shape)))
        assert str(ours.value) == str(theirs.value)
        with pytest.raises(TypeError, match="unexpected keyword"):
            getattr(np, name)(Variable(np.ones(2)), out=None)


def test_roots_and_polynomial_undo_one_another():
    r = Variable(np.array([3.0, 1.5, -2.0]))
    again = np.roots(np.poly(r))
    w = np.array([1.0, 10.0, 100.0])[np.argsort(np.argsort(again.data))]
    np.sum(again * w).backward(create_graph=True)
    np.testing.assert_allclose(r.grad.data, np.array([1.0, 10.0, 100.0])[np.argsort(np.argsort(r.data))])


def test_roots_may_be_a_list_of_variables():
    a, b = Variable(np.array(2.0)), Variable(np.array(3.0))
    y = np.poly([a, 1.0, b])
    assert same(y.data, np.poly([2.0, 1.0, 3.0]))
    y[-1].backward()
    assert (a.grad.data, b.grad.data) == (-3.0, -2.0)


def test_the_characteristic_polynomial_has_the_gradients_of_trace_and_determinant():
    a = np.array([[1.0, 2.0], [-3.0, 0.5]])
    x = Variable(a)
    y = np.poly(x)
    assert same(y.data, np.poly(a))
    y[1].backward()
    np.testing.assert_allclose(x.grad.data, -np.eye(2), atol=1e-12)
    x.cleargrad()
    np.poly(x)[2].backward()
    np.testing.assert_allclose(x.grad.data, np.linalg.det(a) * np.linalg.inv(a).T, atol=1e-12)


def test_the_gradients_of_roots_are_jaxs_conjugated():
    jax = pytest.importorskip("jax")
    before = jax.config.jax_enable_x64
    jax.config.update("jax_enable_x64", True)
    try:
        rng = np.random.default_rng(3)
        p = rng.standard_normal(5) + 1j * rng.standard_normal(5)

        def loss(xp, p):
            r = xp.roots(p, strip_zeros=False) if xp is not np else xp.roots(p)
            return xp.sum(xp.real(r) ** 3 + xp.imag(r) ** 2)

        x = Variable(p)
        loss(np, x).backward()
        theirs = jax.grad(lambda p: loss(jax.numpy, p))(p)
        np.testing.assert_allclose(x.grad.data, np.conj(theirs), rtol=1e-8)
    finally:
        jax.config.update("jax_enable_x64", before)
