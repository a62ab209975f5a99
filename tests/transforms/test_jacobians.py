"""Jacobians and Hessians, by rows and by columns."""

import numpy as np
import pytest

from leopard import (
    Variable,
    grad,
    jacfwd,
    jacobian,
    jacrev,
    laplacian,
    no_grad,
    vjp,
)
from leopard.transforms import _batches
from leopard.transforms import jacobians as module
from tests.transforms.rivals import assert_same, jax_in_doubles, slope

RNG = np.random.default_rng(3)
A, X = RNG.standard_normal((4, 3)), RNG.standard_normal(3)
ALL = [jacobian, jacrev, jacfwd]


@pytest.mark.parametrize("transform", ALL)
@pytest.mark.parametrize(
    "f",
    [
        lambda np, x: np.tanh(A @ x),
        lambda np, x: x[:2] * np.sum(x),
        lambda np, x: np.sum(x**2),
        lambda np, x: np.outer(x, np.exp(x)),
        lambda np, x: np.where(x > 0, x**2, np.sin(x)).reshape(3, 1),
        lambda np, x: np.linalg.inv(np.outer(x, x) + np.eye(3)),
        lambda np, x: np.cumsum(np.sort(x)),
    ],
)
def test_jacobians_are_those_of_jax(transform, f):
    with jax_in_doubles() as jax:
        theirs = jax.jit(jax.jacobian(lambda x: f(jax.numpy, x)))(X)
    ours = transform(lambda x: f(np, x))(X)
    assert type(ours) is np.ndarray
    assert_same(ours, theirs)


@pytest.mark.parametrize("transform", ALL)
def test_structures_nest_as_in_jax(transform):
    def f(np):
        return lambda p, s: {"y": np.sin(p["a"]) * s, "z": (p["b"] @ p["a"], s**2)}

    params, s = {"a": X, "b": A}, 2.0
    ours = transform(f(np), (0, 1))(params, s)
    with jax_in_doubles() as jax:
        theirs = jax.jit(jax.jacobian(f(jax.numpy), (0, 1)))(params, s)
        for out in (lambda j: j["y"], lambda j: j["z"][0], lambda j: j["z"][1]):
            for inner in (lambda j: j[0]["a"], lambda j: j[0]["b"], lambda j: j[1]):
                assert_same(inner(out(ours)), inner(out(theirs)))


@pytest.mark.parametrize("transform", ALL)
def test_scalars_have_scalar_derivatives(transform):
    assert transform(lambda x: x**3)(2.0) == 12.0
    assert isinstance(transform(lambda x: x**3)(2.0), float)
    assert transform(lambda x: x**3)(np.float32(2.0)).dtype == np.float32


@pytest.mark.parametrize("transform", ALL)
def test_what_does_not_depend_has_zeros(transform):
    zero = transform(lambda x, y: (np.ones(2), x, np.arange(2.0)), 1)(X, np.ones((2, 2)))
    assert [z.shape for z in zero] == [(2, 2, 2), (3, 2, 2), (2, 2, 2)]
    assert not any(z.any() for z in zero)


@pytest.mark.parametrize("transform", ALL)
def test_arrays_without_elements_have_jacobians_without_elements(transform):
    assert transform(lambda x: x * 2)(np.zeros((0, 2))).shape == (0, 2, 0, 2)
    assert transform(lambda x: np.sum(x))(np.zeros(0)).shape == (0,)
    assert transform(lambda x: np.concatenate([x, x])[:0])(X).shape == (0, 3)


@pytest.mark.parametrize("transform", ALL)
def test_batches_are_joined(transform, monkeypatch):
    whole = transform(lambda x: np.tanh(A @ x))(X)
    monkeypatch.setattr(_batches, "MOST", 5)
    assert_same(transform(lambda x: np.tanh(A @ x))(X), whole)
    assert_same(grad(lambda x: np.sum(transform(np.exp)(x)))(X), np.exp(X))
    assert laplacian(lambda x: np.sum(x**3))(X) == pytest.approx(6 * X.sum())


@pytest.mark.parametrize("transform", ALL)
def test_jacobians_can_be_differentiated(transform):
    def trace(x):
        return np.sum(transform(lambda x: x**3)(x) * np.arange(9.0).reshape(3, 3))

    assert_same(grad(trace)(X), 6 * X * np.diag(np.arange(9.0).reshape(3, 3)))
    v = Variable(X)
    np.sum(transform(lambda x: x**2)(v)).backward()
    assert_same(v.grad.data, np.full(3, 2.0))
    w = Variable(np.array(2.0))
    J = transform(lambda x: w * x)(X)
    np.sum(J).backward()
    assert w.grad.data == 3.0


@pytest.mark.parametrize("outer", ALL)
@pytest.mark.parametrize("inner", ALL)
def test_all_nestings_agree(outer, inner):
    def f(x):
        return np.sum(np.sin(x)) * np.exp(x)

    wanted = jacobian(jacobian(f))(X)
    assert_same(outer(inner(f))(X), wanted)
    assert_same(slope(jacobian(f), X, X), wanted @ X, rtol=1e-6)


def test_aux_and_names():
    J, aux = jacobian(lambda x, y: (x * y, "aux"), "y", has_aux=True)(X, y=2.0)
    assert_same(J, X)
    assert aux == "aux"


def test_under_no_grad_there_are_arrays():
    w = Variable(np.array(2.0))
    with no_grad():
        assert_same(jacobian(lambda x: w * x)(X), 2 * np.eye(3))
        assert isinstance(jacobian(lambda x: x**2)(w), Variable)


def test_the_cheaper_direction_is_taken(monkeypatch):
    taken = []
    for name in ("_by_rows", "_by_columns"):
        real = getattr(module, name)
        monkeypatch.setattr(
            module, name, lambda *args, real=real, name=name: taken.append(name) or real(*args)
        )
    jacobian(lambda x: x[:2])(X)
    jacobian(lambda x: A @ x)(X)
    assert taken == ["_by_rows", "_by_columns"]


# -- Complex numbers ------------------------------------------------------------------------------

Z = np.array([1 + 2j, -0.5j])


@pytest.mark.parametrize("transform", ALL)
def test_holomorphic_jacobians_are_those_of_jax(transform):
    with jax_in_doubles() as jax:
        theirs = jax.jacfwd(lambda z: jax.numpy.sin(z) * z[0], holomorphic=True)(jax.numpy.asarray(Z))
    assert_same(transform(lambda z: np.sin(z) * z[0], holomorphic=True)(Z), theirs)


def test_complex_values_of_real_arguments_come_by_columns():
    for transform in (jacobian, jacfwd):
        assert_same(transform(lambda x: np.exp(1j * x))(X), np.diag(1j * np.exp(1j * X)))


def test_real_values_of_complex_arguments_come_by_rows():
    for transform in (jacobian, jacrev):
        assert_same(transform(lambda z: np.abs(z) ** 2)(Z), np.diag(2 * Z))


@pytest.mark.parametrize(
    "call, said",
    [
        (lambda: jacobian(1.0), "jacobian: expected a function"),
        (lambda: jacobian(np.sin)(1), "jacobian: argument 0 is 1, an int"),
        (lambda: jacobian(np.sin)(Z), "a complex number only with holomorphic=True"),
        (lambda: jacfwd(np.abs)(Z), "jacfwd: .*or use jacrev"),
        (lambda: jacrev(lambda x: x * 1j)(X), "jacrev: the values are complex; use jacfwd"),
        (lambda: jacobian(np.sin, holomorphic=True)(X), "needs complex arguments, not float64"),
        (lambda: jacobian(np.abs, holomorphic=True)(Z), "needs complex values, not float64"),
        (lambda: jacobian(lambda x: None)(X), "returned None"),
    ],
)
def test_errors_name_the_argument_and_the_remedy(call, said):
    with pytest.raises(TypeError, match=said):
        call()


def test_jacobians_of_pullbacks_are_transposed():
    y, pullback = vjp(lambda x: np.tanh(A @ x), X)
    assert_same(jacobian(lambda u: pullback(u)[0])(y), jacobian(lambda x: np.tanh(A @ x))(X).T)
