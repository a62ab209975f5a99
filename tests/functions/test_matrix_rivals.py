"""Products and decompositions of matrices beside PyTorch and JAX, real and complex; skipped without them.

What is arbitrary in a decomposition has no part in the losses, and what NumPy reads one triangle of is made
Hermitian first.
"""

import numpy as np
import pytest

from leopard import Variable

rng = np.random.default_rng(3)
C = rng.uniform(0.5, 1.5, (4, 4))
D = rng.standard_normal((4, 4))


def adjoint(xp, x):
    return xp.conj(x.T)


def square(xp, y, c):
    """A real number that all of y takes part in."""
    return xp.sum(xp.abs(y - xp.asarray(c)) ** 2)


def weighted(xp, y):
    return xp.sum(y * xp.asarray(C[0, : len(y)]))


def hermitian(xp, x):
    return x + adjoint(xp, x)


def positive(xp, x):
    return x @ adjoint(xp, x) + xp.eye(4)


def of_eigh(xp, x):
    w, v = xp.linalg.eigh(hermitian(xp, x))
    return square(xp, (v * (w * w * w)) @ adjoint(xp, v), C) + weighted(xp, w)


def of_a_projection(xp, x):
    v = xp.linalg.eigh(hermitian(xp, x))[1][:, 1:3]
    return square(xp, v @ adjoint(xp, v), C)


def of_eig(xp, x):
    w, v = xp.linalg.eig(x)
    return square(xp, (v * (w * w * w)) @ xp.linalg.inv(v), C) + xp.sum(xp.abs(w) ** 3)


def of_svd(xp, x):
    u, s, vh = xp.linalg.svd(x, full_matrices=False)
    return square(xp, (u * (s * s)) @ vh, C) + weighted(xp, s)


def of_thin_svd(xp, x):
    u, s, vh = xp.linalg.svd(x[:, :3], full_matrices=False)
    return square(xp, (u * (s * s)) @ vh, C[:, :3]) + square(xp, u @ adjoint(xp, u), C)


def of_wide_svd(xp, x):
    u, s, vh = xp.linalg.svd(x[:2], full_matrices=False)
    return square(xp, (u * (s * s)) @ vh, C[:2]) + square(xp, adjoint(xp, vh) @ vh, C)


def of_qr(xp, x):
    q, r = xp.linalg.qr(x)
    return square(xp, q, C) + square(xp, r, D)


def of_tall_qr(xp, x):
    q, r = xp.linalg.qr(x[:, :2])
    return square(xp, q, C[:, :2]) + square(xp, r, D[:2, :2])


def of_wide_qr(xp, x):
    q, r = xp.linalg.qr(x[:3])
    return square(xp, q, C[:3, :3]) + square(xp, r, D[:3])


def of_slogdet(xp, x):
    sign, log = xp.linalg.slogdet(x)
    return square(xp, sign, 0.25) + log


def of_lstsq(xp, x):
    return square(xp, xp.linalg.lstsq(x[:, :2], x[:, 2:])[0], C[:2, :2])


def of_multi_dot(xp, x):
    return square(xp, xp.linalg.multi_dot([x[:1], x, x[:, :2]]), C[:1, :2])


def norm_of(ord):
    return lambda xp, x: xp.linalg.norm(x, ord=ord) ** 2


LOSSES = {
    "cholesky": lambda xp, x: square(xp, xp.linalg.cholesky(positive(xp, x)), D),
    "eigh": of_eigh,
    "projection": of_a_projection,
    "eigvalsh": lambda xp, x: weighted(xp, xp.linalg.eigvalsh(hermitian(xp, x)) ** 3),
    "eig": of_eig,
    "eigvals": lambda xp, x: xp.sum(xp.abs(xp.linalg.eigvals(x)) ** 3),
    "svd": of_svd,
    "thin svd": of_thin_svd,
    "wide svd": of_wide_svd,
    "svdvals": lambda xp, x: weighted(xp, xp.linalg.svdvals(x[:, :3]) ** 3),
    "qr": of_qr,
    "tall qr": of_tall_qr,
    "wide qr": of_wide_qr,
    "det": lambda xp, x: square(xp, xp.linalg.det(x), 1.0),
    "slogdet": of_slogdet,
    "inv": lambda xp, x: square(xp, xp.linalg.inv(x), C),
    "solve": lambda xp, x: square(xp, xp.linalg.solve(x, x[:, :2] * x[:, 2:]), C[:, :2]),
    "pinv": lambda xp, x: square(xp, xp.linalg.pinv(x[:, :3]), C[:3]),
    "lstsq": of_lstsq,
    "matrix_power": lambda xp, x: square(xp, xp.linalg.matrix_power(x, 5), C),
    "inverse power": lambda xp, x: square(xp, xp.linalg.matrix_power(x, -2), C),
    "multi_dot": of_multi_dot,
    "trace": lambda xp, x: square(xp, xp.trace(x @ x), 2.0),
    "einsum": lambda xp, x: square(xp, xp.einsum("ij,kj,ii->ik", x, x, x), C),
    "tensordot": lambda xp, x: square(xp, xp.tensordot(x, x * x, ([0], [1])), C),
    "kron": lambda xp, x: square(xp, xp.kron(x[:2, :2], x[2:, 1:3]), D),
    "outer": lambda xp, x: square(xp, xp.outer(x[0], x[1]), D),
    "tril": lambda xp, x: square(xp, xp.tril(x @ x, -1) + xp.triu(x, 1), D),
    "diag": lambda xp, x: square(xp, xp.diag(x[0] * x[1]) + xp.diag(x @ x), D),
    "cond": lambda xp, x: xp.linalg.cond(x),
    "cond 1": lambda xp, x: xp.linalg.cond(x, 1),
    **{f"norm {ord}": norm_of(ord) for ord in (None, "fro", "nuc", 2, -2, 1, -1, np.inf, -np.inf)},
}
each_loss = pytest.mark.parametrize("name", LOSSES)
each_type = pytest.mark.parametrize("dtype", [float, complex])


def matrix(dtype):
    """A matrix with well separated singular values and eigenvalues."""
    r = np.random.default_rng(8)
    x = r.standard_normal((4, 4)) * 0.5 + np.diag([1.0, 2.0, 3.0, 4.5])
    return x + 1j * r.standard_normal((4, 4)) * 0.5 if dtype is complex else x


def first_and_second(name, a):
    """The value, the gradient, and the gradient of the sum of squares of it."""
    x = Variable(a)
    y = LOSSES[name](np, x)
    y.backward(create_graph=True)
    g = x.grad
    x.cleargrad()
    np.sum(np.abs(g) ** 2).backward()
    return y.data, g.data, x.grad.data


@pytest.fixture(scope="module")
def torch():
    torch = pytest.importorskip("torch")
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield torch
    torch.set_num_threads(before)


class _Torch:
    """PyTorch, with NumPy's names for what it calls otherwise."""

    def __init__(self, torch):
        self.torch = torch

    def __getattr__(self, name):
        return getattr(self.torch, name)

    def tensordot(self, a, b, axes):
        return self.torch.tensordot(a, b, dims=axes)


def assert_close(ours, theirs, tolerance):
    np.testing.assert_allclose(ours, theirs, rtol=tolerance, atol=tolerance * np.abs(theirs).max())


@each_type
@each_loss
def test_first_and_second_derivatives_are_torchs(name, dtype, torch):
    if name == "cond 1":
        pytest.skip("PyTorch writes over what its own second derivative reads")
    a = matrix(dtype)
    value, first, second = first_and_second(name, a)
    x = torch.tensor(a, requires_grad=True)
    y = LOSSES[name](_Torch(torch), x)
    assert_close(value, y.detach().numpy(), 1e-11)
    (g,) = torch.autograd.grad(y, x, create_graph=True)
    assert_close(first, g.detach().resolve_conj().numpy(), 1e-9)
    (h,) = torch.autograd.grad((g.abs() ** 2).sum(), x)
    assert_close(second, h.resolve_conj().numpy(), 1e-8)


@each_type
@each_loss
def test_first_derivatives_are_those_of_jax(name, dtype, jax):
    if name == "eig":
        pytest.skip("JAX has no derivative of eigenvectors")
    a = matrix(dtype)
    value, first, _ = first_and_second(name, a)
    y, g = jax.jit(jax.value_and_grad(lambda x: LOSSES[name](jax.numpy, x)))(a)
    assert_close(value, y, 1e-11)
    assert_close(first, np.conj(g), 1e-9)
