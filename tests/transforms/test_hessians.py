"""Hessians and Laplacians."""

import numpy as np
import pytest

from leopard import Variable, grad, hessian, jacobian, laplacian
from tests.transforms.rivals import assert_same, jax_in_doubles

RNG = np.random.default_rng(4)
A, X = RNG.standard_normal((4, 3)), RNG.standard_normal(3)
Z = np.array([1 + 2j, -0.5j])


def test_hessians_are_those_of_jax():
    def f(np):
        return lambda p: np.sum(np.tanh(p["b"] @ p["a"])) * p["s"] ** 2

    p = {"a": X, "b": A, "s": 0.5}
    ours = hessian(f(np))(p)
    with jax_in_doubles() as jax:
        theirs = jax.jit(jax.hessian(f(jax.numpy)))(p)
        for i in p:
            for j in p:
                assert_same(ours[i][j], theirs[i][j])


def test_the_hessian_of_rosenbrock_is_that_of_hips_autograd():
    autograd = pytest.importorskip("autograd")

    def f(x):
        return ((1 - x[:-1]) ** 2 + 100 * (x[1:] - x[:-1] ** 2) ** 2).sum()

    x = RNG.standard_normal(10)
    assert_same(hessian(f)(x), autograd.hessian(f)(x))


def test_hessians_of_several_arguments_and_aux():
    (xx, xy), (yx, yy) = hessian(lambda x, y: x**2 * y, (0, 1))(2.0, 3.0)
    assert (xx, xy, yx, yy) == (6.0, 4.0, 4.0, 0.0)
    assert hessian(lambda x: (x**3, "aux"), has_aux=True)(2.0) == (12.0, "aux")


def test_hessians_are_connected():
    assert grad(lambda w: np.sum(hessian(lambda x: w * np.sum(x**2))(X)))(3.0) == pytest.approx(6.0)
    assert_same(jacobian(hessian(lambda x: np.sum(x**3)))(X)[0, 0], np.array([6.0, 0, 0]))
    w = Variable(np.array(3.0))
    hessian(lambda x: w * x**2)(1.0).backward()
    assert w.grad.data == 2.0


def test_the_laplacian_is_the_trace_of_the_hessian():
    def f(x):
        return np.sum(np.sin(x)) * np.prod(x)

    assert laplacian(f)(X) == pytest.approx(np.trace(hessian(f)(X)))
    assert laplacian(lambda x, y: np.sum(x**2) * y**2, (0, 1))(X, 2.0) == pytest.approx(24 + 2 * np.sum(X**2))
    assert laplacian(lambda x: np.sum(x))(X) == 0.0
    assert_same(grad(laplacian(lambda x: np.sum(x**4)))(X), 24 * X)


def test_the_hessian_of_a_holomorphic_function():
    assert_same(hessian(lambda z: np.sum(z**3), holomorphic=True)(Z), np.diag(6 * Z))


@pytest.mark.parametrize(
    "call, said",
    [
        (lambda: hessian(np.sin)(X), "hessian: the function returned shape"),
        (lambda: hessian(lambda z: np.sum(np.abs(z)))(Z), "hessian: the derivative of a function of complex"),
        (lambda: laplacian(np.sin)(X), "laplacian: the function returned shape"),
        (lambda: laplacian(lambda z: np.sum(np.abs(z)))(Z), "laplacian: the derivative"),
    ],
)
def test_errors_name_the_argument_and_the_remedy(call, said):
    with pytest.raises(TypeError, match=said):
        call()
