"""Gradients of `leopard.scipy.linalg` beside those of PyTorch and JAX, real and complex."""

import numpy as np
import pytest

pytest.importorskip("scipy")
torch = pytest.importorskip("torch")

import leopard.scipy.linalg as sl  # noqa: E402
from leopard import Variable  # noqa: E402

L = torch.linalg
rng = np.random.default_rng(3)
A = rng.standard_normal((4, 4)) * 0.4
C = A + 0.4j * rng.standard_normal((4, 4))
B = rng.standard_normal((4, 2))
R = rng.standard_normal((4, 3)) * 0.5


def hermitian(a):
    return a + (a.conj().T if isinstance(a, np.ndarray) else np.conj(a.T)) + 6 * np.eye(a.shape[-1])


def of_torch(a):
    return a + a.mH + 6 * torch.eye(a.shape[-1], dtype=a.dtype)


def eye(a):
    n = a.shape[0]
    return 3 * (torch.eye(n, dtype=a.dtype) if isinstance(a, torch.Tensor) else np.eye(n))


def real_part_of_sum(s, w):
    return torch.real(s * torch.tensor(w) + 0j).sum()


PAIRS = {
    "expm": (sl.expm, torch.matrix_exp),
    "expm of a multiple": (lambda a: sl.expm(3 * a), lambda a: torch.matrix_exp(3 * a)),
    "inv": (lambda a: sl.inv(a + eye(a)), lambda a: L.inv(a + eye(a))),
    "det": (sl.det, L.det),
    "pinv": (lambda a: sl.pinv(a[:, :3]), lambda a: L.pinv(a[:, :3])),
    "cholesky": (lambda a: sl.cholesky(hermitian(a), lower=True), lambda a: L.cholesky(of_torch(a))),
    "cho_solve": (
        lambda a: sl.cho_solve(sl.cho_factor(hermitian(a)), B + 0 * a[:, :2]),
        lambda a: L.solve(of_torch(a), torch.tensor(B, dtype=a.dtype)),
    ),
    "solve, pos": (
        lambda a: sl.solve(hermitian(a), a[:, :2], assume_a="pos"),
        lambda a: L.solve(of_torch(a), a[:, :2]),
    ),
    "solve_triangular": (
        lambda a: sl.solve_triangular(a + eye(a), a[:, :2], lower=True),
        lambda a: L.solve_triangular(torch.tril(a + eye(a)), a[:, :2], upper=False),
    ),
    "solve_triangular, adjoint": (
        lambda a: sl.solve_triangular(a + eye(a), a[:, :2], trans="C"),
        lambda a: L.solve_triangular(torch.triu(a + eye(a)).mH, a[:, :2], upper=False),
    ),
    "lu_factor": (lambda a: sl.lu_factor(a)[0], lambda a: L.lu_factor(a)[0]),
    "lu": (lambda a: sl.lu(a)[1] @ sl.lu(a)[1] @ sl.lu(a)[2], lambda a: L.lu(a)[1] @ L.lu(a)[1] @ L.lu(a)[2]),
    "lu_solve": (
        lambda a: sl.lu_solve(sl.lu_factor(a + eye(a)), a[:, :2]),
        lambda a: L.solve(a + eye(a), a[:, :2]),
    ),
    "qr": (lambda a: sl.qr(a, mode="economic")[0], lambda a: L.qr(a)[0]),
    "svdvals": (sl.svdvals, L.svdvals),
    "eigvalsh": (lambda a: sl.eigvalsh(hermitian(a)), lambda a: L.eigvalsh(of_torch(a))),
    "norm": (lambda a: sl.norm(a, "nuc"), lambda a: L.matrix_norm(a, "nuc")),
    "block_diag": (
        lambda a: sl.block_diag(a, a[:1]) @ sl.block_diag(a[:, :1], a),
        lambda a: torch.block_diag(a, a[:1]) @ torch.block_diag(a[:, :1], a),
    ),
    "kron": (lambda a: sl.kron(a, a), lambda a: torch.kron(a, a)),
    "polar": (
        lambda a: sl.polar(a)[0],
        lambda a: (lambda usv: usv[0] @ usv[2])(L.svd(a, full_matrices=False)),
    ),
}


@pytest.mark.parametrize("dtype", [float, complex])
@pytest.mark.parametrize("name", PAIRS)
def test_first_and_second_derivatives_are_torchs(name, dtype):
    ours, theirs = PAIRS[name]
    a = A if dtype is float else C
    x, t = Variable(a.copy()), torch.tensor(a, requires_grad=True)
    y, s = ours(x), theirs(t)
    np.testing.assert_allclose(y.data, s.detach().resolve_conj().numpy(), 1e-10, 1e-12)
    w = np.random.default_rng(5).standard_normal(y.shape)
    u = np.random.default_rng(6).standard_normal(a.shape)
    loss = np.sum(np.real(y) * w + np.real(y * np.conj(y)))
    loss.backward(create_graph=True)
    s = s.resolve_conj()
    total = real_part_of_sum(s, w) + (s * s.conj()).real.sum()
    (g,) = torch.autograd.grad(total, t, create_graph=True)
    np.testing.assert_allclose(x.grad.data, g.detach().resolve_conj().numpy(), 1e-8, 1e-9)
    first, x.grad = x.grad, None
    np.sum(np.real(first) * u).backward()
    (h,) = torch.autograd.grad(real_part_of_sum(g, u), t)
    np.testing.assert_allclose(x.grad.data, h.resolve_conj().numpy(), 1e-7, 1e-8)


def test_gradients_are_jaxs():
    jax = pytest.importorskip("jax")
    import jax.numpy as jnp
    import jax.scipy.linalg as jsl

    def both(ours, theirs, a):
        x = Variable(a.copy())
        np.sum(np.sin(ours(x))).backward()
        with jax.enable_x64(True):
            wanted = jax.grad(lambda z: jnp.sum(jnp.sin(theirs(z))))(jnp.asarray(a))
        np.testing.assert_allclose(x.grad.data, wanted, 1e-8, 1e-10)

    n = np.eye(4)
    both(sl.expm, jsl.expm, A)
    both(lambda a: sl.expm_frechet(a, a @ a)[1], lambda a: jsl.expm_frechet(a, a @ a)[1], A)
    both(lambda a: sl.toeplitz(a[0], a[1]), lambda a: jsl.toeplitz(a[0], a[1]), A)
    both(lambda a: sl.lu(a)[2], lambda a: jsl.lu(a)[2], R)
    both(lambda a: sl.lu(a)[1], lambda a: jsl.lu(a)[1], R)
    both(lambda a: sl.lu(a)[2], lambda a: jsl.lu(a)[2], R.T)
    both(
        lambda a: sl.solve_triangular(a + n, a[:, :2], trans=1, unit_diagonal=True),
        lambda a: jsl.solve_triangular(a + n, a[:, :2], trans=1, unit_diagonal=True),
        A,
    )


def test_gradients_at_matrices_without_enough_eigenvectors():
    """Where a decomposition by eigenvectors fails, the block matrices of the rules do not."""
    a = np.array([[1.0, 1.0, 0.0], [0.0, 1.0, 1.0], [0.0, 0.0, 1.0]])
    u = np.random.default_rng(0).standard_normal((3, 3))
    for f in (sl.expm, sl.logm, sl.sqrtm, sl.cosm, lambda x: sl.fractional_matrix_power(x, 0.3)):
        x = Variable(a.copy())
        np.sum(f(x) * u).backward()
        e = 1e-5 * np.random.default_rng(1).standard_normal((3, 3))
        slope = np.sum((f(Variable(a + e)).data - f(Variable(a - e)).data) * u) / 2
        np.testing.assert_allclose(np.sum(x.grad.data * e), slope, 1e-6)


def test_polar_at_equal_singular_values_is_differentiable_twice():
    x = Variable(2 * np.eye(3))
    u, p = sl.polar(x)
    np.sum(np.sin(u) * p).backward(create_graph=True)
    g, x.grad = x.grad, None
    np.sum(g * np.arange(9.0).reshape(3, 3)).backward()
    e = 1e-5 * np.random.default_rng(1).standard_normal((3, 3))

    def slope_at(a):
        x = Variable(a)
        u, p = sl.polar(x)
        np.sum(np.sin(u) * p).backward()
        return np.sum(x.grad.data * np.arange(9.0).reshape(3, 3))

    slope = (slope_at(2 * np.eye(3) + e) - slope_at(2 * np.eye(3) - e)) / 2
    np.testing.assert_allclose(np.sum(x.grad.data * e), slope, 1e-6)
