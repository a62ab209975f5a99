"""Transforms inside transforms, inside computations with Variables, in threads, under `no_grad`."""

import gc

import numpy as np
import pytest

from leopard import (
    Variable,
    _core,
    checkpoint,
    custom_vjp,
    grad,
    hessian,
    jacobian,
    jvp,
    no_grad,
    using_config,
    value_and_grad,
    vjp,
)
from tests.threads import in_threads
from tests.transforms.rivals import assert_same, jax_in_doubles

X = np.array([0.5, -1.0, 2.0])


@pytest.mark.parametrize("order", range(1, 6))
def test_gradients_of_gradients_are_derivatives_of_every_order(order):
    g = np.tanh
    with jax_in_doubles() as jax:
        theirs = jax.numpy.tanh
        for _ in range(order):
            g, theirs = grad(g), jax.grad(theirs)
        wanted = float(theirs(0.3))
    result = g(0.3)
    assert type(result) is float
    assert result == pytest.approx(wanted, rel=1e-10)


def test_perturbations_are_not_confused():
    assert grad(lambda x: x * grad(lambda y: x + y)(2.0))(1.0) == 1.0
    assert grad(lambda x: x * grad(lambda y: x * y)(2.0))(3.0) == 6.0
    assert grad(lambda x: grad(lambda y: x * grad(lambda z: x * y * z)(1.0))(1.0))(3.0) == 6.0


def test_results_are_connected_with_variables_that_were_given():
    v = Variable(np.array(3.0))
    value, g = value_and_grad(lambda x: x**3)(v)
    (value + g).backward()
    assert v.grad.data == 27.0 + 18.0


def test_results_are_connected_with_variables_that_f_closes_over():
    w = Variable(np.array(2.0))
    g = grad(lambda x: w * x**2)(3.0)
    assert isinstance(g, Variable)
    g.backward()
    assert w.grad.data == 6.0


def test_closing_over_the_argument_of_an_outer_transform_is_recorded():
    def outer(w):
        return grad(lambda x: np.sum(w * x**2))(3.0)

    assert grad(outer)(2.0) == 6.0
    v = Variable(np.array(2.0)) * 1.0  # its leaf is held by nobody else
    assert grad(outer)(v).data == 6.0
    assert_same(jacobian(outer)(np.array([1.0, 2.0])), np.full(2, 6.0))


def test_a_gradient_inside_a_computation_with_variables():
    v = Variable(np.array(2.0))
    y = v * grad(lambda x: x**3)(v)
    y.backward()
    assert v.grad.data == pytest.approx(9 * 4.0)


def test_the_same_variable_may_be_given_twice():
    v = Variable(np.array(2.0))
    gx, gy = grad(lambda x, y: x**2 * y, (0, 1))(v, v)
    assert (gx.data, gy.data) == (8.0, 4.0)
    (gx + gy).backward()
    assert v.grad.data == 8.0 + 4.0


def test_a_variable_made_inside_f_is_not_another():
    assert grad(lambda x: Variable(np.array(2.0)) * x)(1.0) == 2.0


def test_no_grad_holds_outside_alone():
    with no_grad():
        assert grad(lambda x: x**2)(3.0) == 6.0
        assert grad(grad(lambda x: x**3))(3.0) == 18.0
        w = Variable(np.array(2.0))
        assert grad(lambda x: w * x)(3.0) == 2.0
        g = grad(lambda x: x**2)(w)
    assert isinstance(g, Variable) and g.creator is None


def test_no_grad_inside_holds():
    def of(x):
        with no_grad():
            y = x**2
        return x * y

    assert grad(of)(3.0) == 9.0


def test_an_exception_leaves_things_as_they_were():
    w = Variable(np.array(2.0))
    with pytest.raises(ZeroDivisionError):
        grad(lambda x: w * x * (1 / 0))(1.0)
    assert w.grad is None
    with no_grad(), pytest.raises(ZeroDivisionError):
        grad(lambda x: x * (1 / 0))(1.0)
    assert grad(lambda x: x**2)(3.0) == 6.0


def test_gradients_of_variables_stay_as_they_were():
    v = Variable(np.array(2.0))
    v.grad = np.array(5.0)
    grad(lambda x: x**2)(v)
    assert v.grad.data == 5.0


def test_threads_nest_at_once():
    found = {}

    def work(i):
        g = np.sin
        for _ in range(3):
            g = grad(g)
        found[i] = [g(0.1 * i + k) for k in range(50)]

    in_threads(work)
    for i in range(4):
        np.testing.assert_allclose(found[i], [-np.cos(0.1 * i + k) for k in range(50)])


@pytest.mark.parametrize("compiled", [True, False])
def test_rules_that_run_as_python_give_the_same(compiled):
    with using_config("compiled", compiled):
        assert_same(hessian(lambda x: np.sum(np.exp(x) * x))(X), np.diag((2 + X) * np.exp(X)))


def test_scipy_takes_value_and_grad():
    optimize = pytest.importorskip("scipy.optimize")

    def rosenbrock(x):
        return np.sum(100 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2)

    found = optimize.minimize(value_and_grad(rosenbrock), np.zeros(5), jac=True)
    np.testing.assert_allclose(found.x, np.ones(5), atol=1e-4)
    found = optimize.minimize(
        rosenbrock, np.zeros(5), jac=grad(rosenbrock), hess=hessian(rosenbrock), method="trust-exact"
    )
    np.testing.assert_allclose(found.x, np.ones(5), atol=1e-4)


def test_nothing_stays_behind():
    def work():
        grad(grad(np.sin))(1.0)
        hessian(lambda x: np.sum(np.tanh(x)))(X)
        grad(lambda x: jvp(np.exp, (x,), (1.0,))[1])(1.0)
        _, pullback = vjp(np.sin, X)
        grad(lambda u: np.sum(pullback(u)[0]))(X)
        f = custom_vjp(np.sin)
        f.defvjp(lambda x: (f(x), np.cos(x)), lambda cos, g: (cos * g,))
        grad(grad(checkpoint(lambda x: f(x))))(1.0)
        w = Variable(np.array(2.0))
        grad(lambda x: w * x**2)(3.0).backward()
        with pytest.raises(ZeroDivisionError):
            grad(lambda x: w * x * (1 / 0))(1.0)

    for _ in range(5):
        work()
    gc.collect()
    before = _core.count_records()
    for _ in range(20):
        work()
    gc.collect()
    assert _core.count_records() == before
