"""Forward mode against JAX's and PyTorch's; skipped where these are not installed."""

import numpy as np
import pytest

from leopard import Variable
from leopard._core import gradients, tangents


def goldstein_price(np, x, y):
    a = 1 + (x + y + 1) ** 2 * (19 - 14 * x + 3 * x**2 - 14 * y + 6 * x * y + 3 * y**2)
    b = 30 + (2 * x - 3 * y) ** 2 * (18 - 32 * x + 12 * x**2 + 48 * y - 36 * x * y + 27 * y**2)
    return a * b


def rosenbrock(np, x):
    return np.sum(100 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2)


def network(np, w, b, u):
    hidden = np.tanh(np.reshape(np.arange(12.0), (4, 3)) @ w + b)
    return np.log(np.sum(np.exp(hidden @ u), axis=1))


def mixed(np, x, m):
    y = np.where(x > 0, x, 0.1 * x) * np.mean(m, axis=0)
    return np.concatenate([np.linalg.solve(m @ m.T + 3 * np.eye(3), y), np.cumsum(np.maximum(y, x))])


def recurrent(np, w):
    h = np.ones(3)
    for _ in range(5):
        h = np.tanh(h @ w) + 0.1 * h
    return h


FUNCTIONS = [
    (goldstein_price, [(), ()]),
    (rosenbrock, [(9,)]),
    (network, [(3, 5), (5,), (5, 2)]),
    (mixed, [(3,), (3, 3)]),
    (recurrent, [(3, 3)]),
]
each = pytest.mark.parametrize("f, shapes", FUNCTIONS, ids=[f.__name__ for f, _ in FUNCTIONS])


def drawn(shapes):
    rng = np.random.default_rng(3)
    return [rng.standard_normal(shape) for shape in shapes], [rng.standard_normal(shape) for shape in shapes]


@each
@pytest.mark.parametrize("create_graph", [False, True])
def test_tangents_are_those_of_jax(f, shapes, create_graph, jax):
    xs, ts = drawn(shapes)
    _, wanted = jax.jit(lambda xs, ts: jax.jvp(lambda *xs: f(jax.numpy, *xs), xs, ts))(xs, ts)
    variables = [Variable(x) for x in xs]
    (ty,), _ = tangents([f(np, *variables)], variables, ts, create_graph)
    np.testing.assert_allclose(ty.data, wanted, rtol=1e-11, atol=1e-11)


@each
def test_jacobians_of_rows_are_those_of_jax(f, shapes, jax):
    xs, _ = drawn(shapes)
    wanted = jax.jit(jax.jacfwd(lambda x: f(jax.numpy, x, *xs[1:])))(xs[0])
    x = Variable(xs[0])
    y = f(np, x, *xs[1:])
    (forward,), _ = tangents([y], [x], [np.eye(x.size).reshape(x.size, *x.shape)], batched=True)
    (back,), _ = gradients([y], [np.eye(y.size).reshape(y.size, *y.shape)], [x], batched=True)
    wanted = np.reshape(wanted, (y.size, x.size))
    np.testing.assert_allclose(forward.data.reshape(x.size, y.size).T, wanted, rtol=1e-10, atol=1e-10)
    np.testing.assert_allclose(back.data.reshape(y.size, x.size), wanted, rtol=1e-10, atol=1e-10)


@pytest.mark.parametrize("f, shapes", FUNCTIONS[:2], ids=["goldstein_price", "rosenbrock"])
@pytest.mark.filterwarnings("ignore:`torch.jit.script` is deprecated:DeprecationWarning")  # its own affair
def test_hessians_are_those_of_torch(f, shapes):
    torch = pytest.importorskip("torch")
    xs, _ = drawn(shapes)
    theirs = [torch.tensor(x) for x in xs]
    wanted = torch.func.hessian(lambda x: f(torch, x, *theirs[1:]))(theirs[0])
    x = Variable(xs[0])
    y = f(np, x, *xs[1:])
    (g,), _ = gradients([y], [1.0], [x], create_graph=True)
    rows = np.eye(x.size).reshape(x.size, *x.shape)
    for push in (
        tangents([g], [x], [rows], batched=True),
        gradients([g], [rows], [x], batched=True),
    ):
        np.testing.assert_allclose(push[0][0].data.reshape(wanted.shape), wanted.numpy(), rtol=1e-10)
