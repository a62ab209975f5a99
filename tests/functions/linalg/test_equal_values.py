"""Functions of matrices whose eigenvalues or singular values are equal, or 0: limits of what is 0 / 0."""

import numpy as np
import pytest

import leopard
from leopard import Variable
from tests.matrices import adjoint, drawn, unitary

each_type = pytest.mark.parametrize("dtype", [float, complex])
each_walk = pytest.mark.parametrize("create_graph", [False, True])

FUNCTIONS = {  # and their derivatives
    "sqrt": (np.sqrt, lambda w: 0.5 / np.sqrt(w)),
    "exp": (np.exp, np.exp),
    "log": (np.log, lambda w: 1 / w),
    "square": (lambda w: w * w, lambda w: 2 * w),
    "less 1": (lambda w: w - 1.0, np.ones_like),
}
SPECTRA = [
    [1.0, 1.0, 1.0],
    [2.0, 2.0, 5.0],
    [1.0, 3.0, 3.0, 3.0],
    [2.0, 2.0, 3.0, 3.0],
    [1.0, 1 + 2e-16, 2.0],
]


def gradient(f, a, create_graph=False):
    x = Variable(a)
    f(x).backward(create_graph=create_graph)
    assert create_graph or x.grad.creator is None
    return x.grad.data


def hermitian(x):
    return (x + adjoint(x)) / 2


def of_hermitian(f):
    def function(x):
        w, v = np.linalg.eigh(hermitian(x))
        return (v * f(w)) @ adjoint(v)

    return function


def weighted(y, c):
    return np.sum(np.real(y * np.conj(c)))


def daleckii_krein(f, slope, a, c):
    """The gradient of `weighted` of f(a): divided differences, with derivatives on the diagonal of blocks."""
    w, v = np.linalg.eigh(a)
    apart = w[:, None] - w
    equal = np.abs(apart) < 1e-9
    quotients = (f(w)[:, None] - f(w)) / np.where(equal, 1, apart)
    quotients = np.where(equal, slope((w[:, None] + w) / 2), quotients)
    c = (c + np.conj(c.T)) / 2
    return v @ (quotients * (np.conj(v.T) @ c @ v)) @ np.conj(v.T)


@each_walk
@each_type
@pytest.mark.parametrize("w", SPECTRA, ids=str)
@pytest.mark.parametrize("name", FUNCTIONS)
def test_functions_of_hermitian_matrices(name, w, dtype, create_graph):
    f, slope = FUNCTIONS[name]
    n = len(w)
    for v in (np.eye(n, dtype=dtype), unitary(n, dtype)):
        a = (v * w) @ np.conj(v.T)
        a = (a + np.conj(a.T)) / 2
        for c in (drawn(n, n, dtype=dtype, seed=3), np.eye(n, k=1).astype(dtype)):
            got = gradient(lambda x, c=c: weighted(of_hermitian(f)(x), c), a, create_graph)
            np.testing.assert_allclose(got, daleckii_krein(f, slope, a, c), rtol=1e-9, atol=1e-9)


def test_the_square_root_at_the_identity():
    for take in (leopard.grad, lambda f: lambda a: leopard.value_and_grad(f)(a)[1]):
        got = take(lambda x: np.sum(of_hermitian(np.sqrt)(x)))(np.eye(3))
        np.testing.assert_allclose(got, np.full((3, 3), 0.5), rtol=1e-14)
    _, pull = leopard.vjp(of_hermitian(np.sqrt), np.eye(3))
    np.testing.assert_allclose(pull(np.ones((3, 3)))[0], np.full((3, 3), 0.5), rtol=1e-14)


def test_directional_derivatives_are_those_of_scipy():
    linalg = pytest.importorskip("scipy.linalg")
    v = unitary(4)
    c, e = drawn(4, 4, seed=5), drawn(4, 4, seed=6)
    e = e + e.T
    for w in ([0.5, 0.5, 0.5, 0.5], [0.5, 0.5, 1.5, 1.5]):
        a = (v * w) @ v.T
        got = np.sum(gradient(lambda x: weighted(of_hermitian(np.exp)(x), c), a) * e)
        np.testing.assert_allclose(got, np.sum(linalg.expm_frechet(a, e)[1] * c), rtol=1e-10)
        # d sqrt(a) = y solves sqrt(a) y + y sqrt(a) = da
        root = linalg.sqrtm(a)
        got = np.sum(gradient(lambda x: weighted(of_hermitian(np.sqrt)(x), c), a) * e)
        np.testing.assert_allclose(got, np.sum(linalg.solve_sylvester(root, root, e) * c), rtol=1e-10)


@each_type
def test_losses_of_several_functions_of_a_matrix(dtype):
    c = drawn(3, 3, dtype=dtype, seed=2)

    def loss(x):
        w, v = np.linalg.eigh(hermitian(x))
        root, log = (v * np.sqrt(w)) @ adjoint(v), (v * np.log(w)) @ adjoint(v)
        projection = v[:, :2] @ adjoint(v[:, :2])
        return weighted(root @ log @ root + np.exp(log * c) + projection @ x, c) + np.sum(w**3) / np.prod(w)

    v, e = unitary(3, dtype), drawn(3, 3, dtype=dtype, seed=4)
    a, h = (v * [2.0, 2.0, 3.0]) @ np.conj(v.T), 1e-5
    slope = (loss(Variable(a + h * e)).data - loss(Variable(a - h * e)).data) / (2 * h)
    got = np.real(np.sum(np.conj(gradient(loss, a)) * e))
    np.testing.assert_allclose(got, slope, rtol=1e-8)


@each_type
@pytest.mark.parametrize("w", [[1.0, 1.0, 1.0], [2.0, 2.0, 5.0], [2.0, 2.0, -1.0, -1.0]], ids=str)
def test_functions_of_general_matrices(w, dtype):
    linalg = pytest.importorskip("scipy.linalg")
    n = len(w)
    p = drawn(n, n, dtype=dtype)
    a = p @ np.diag(w) @ np.linalg.inv(p) if len(set(w)) > 1 else np.eye(n, dtype=dtype)
    c, e = drawn(n, n, seed=1), drawn(n, n, dtype=dtype, seed=2)

    def loss(x):
        w, v = np.linalg.eig(x)
        return np.sum(np.real((v * np.exp(w)) @ np.linalg.inv(v)) * c)

    got = np.real(np.sum(np.conj(gradient(loss, a)) * e))
    np.testing.assert_allclose(got, np.sum(np.real(linalg.expm_frechet(a, e)[1]) * c), rtol=1e-6)


@each_type
@pytest.mark.parametrize("full", [False, True])
@pytest.mark.parametrize("shape", [(3, 3), (4, 3), (3, 5)], ids=str)
@pytest.mark.parametrize(
    "s", [[1.0, 1, 1], [3.0, 2, 2], [2.0, 2, 0], [2.0, 0, 0], [0.0, 0, 0], [3.0, 1, 0]], ids=str
)
def test_functions_of_singular_values(s, shape, full, dtype):
    """A polynomial of odd powers is one of the matrix: s**3 - 2 s is that of A A.H A - 2 A."""
    a = (unitary(shape[0], dtype)[:, :3] * s) @ unitary(shape[1], dtype, 1)[:3]
    c = drawn(*shape, dtype=dtype, seed=3)

    def by_svd(x):
        u, s, vh = np.linalg.svd(x, full_matrices=full)
        return weighted((u[:, :3] * (s**3 - 2 * s)) @ vh[:3], c)

    def directly(x):
        return weighted(x @ adjoint(x) @ x - 2 * x, c)

    np.testing.assert_allclose(gradient(by_svd, a), gradient(directly, a), rtol=1e-10, atol=1e-10)


@each_type
@pytest.mark.parametrize("shape", [(3, 3), (4, 3)], ids=str)
@pytest.mark.parametrize("s", [[1.0, 1.0, 1.0], [3.0, 2.0, 2.0]], ids=str)
def test_the_polar_factor(s, shape, dtype):
    """U V.H, which is A (A.H A)**(-1/2)."""
    a = (unitary(shape[0], dtype)[:, :3] * s) @ unitary(3, dtype, 1)
    c = drawn(*shape, dtype=dtype, seed=3)

    def by_svd(x):
        u, _, vh = np.linalg.svd(x, full_matrices=False)
        return weighted(u @ vh, c)

    def by_eigh(x):
        return weighted(x @ of_hermitian(lambda w: 1 / np.sqrt(w))(adjoint(x) @ x), c)

    np.testing.assert_allclose(gradient(by_svd, a), gradient(by_eigh, a), rtol=1e-10, atol=1e-10)


@pytest.mark.parametrize("w", [[1.0, 1.0], [1.0, -1.0], [0.0, 0.0], [3.0, 0.0]], ids=str)
def test_singular_vectors_of_hermitian_matrices(w):
    c, v = drawn(2, 2), unitary(2)

    def same(x):
        u, s, vh = np.linalg.svd(hermitian(x), hermitian=True)
        return weighted((u * s) @ vh, c)

    np.testing.assert_allclose(gradient(same, (v * w) @ v.T), (c + c.T) / 2, atol=1e-12)


def test_some_matrices_of_a_batch():
    c = drawn(2, 2)

    def loss(x):
        w, v = np.linalg.eigh((x + np.swapaxes(x, -1, -2)) / 2)
        return np.sum((v * np.sqrt(w)[..., None, :]) @ np.swapaxes(v, -1, -2) * c)

    a = np.stack([np.eye(2), np.diag([1.0, 2.0]), 3 * np.eye(2)])
    got = gradient(loss, a)
    for x, g in zip(a, got, strict=True):
        np.testing.assert_allclose(g, daleckii_krein(*FUNCTIONS["sqrt"], x, c), rtol=1e-12)


def test_a_repeated_walk_does_to_variables_what_one_walk_does():
    def loss(x, y):
        return np.sum(of_hermitian(np.sqrt)(x * y))

    x, y = Variable(np.eye(2)), Variable(np.array(4.0))
    for n in (1, 2):
        loss(x, y).backward()
        np.testing.assert_allclose(x.grad.data, np.full((2, 2), n * 1.0))
        np.testing.assert_allclose(y.grad.data, n * 0.5)
        assert x.grad.creator is None
        assert y.grad.creator is None
    x.cleargrad()
    z = x * 4.0
    np.sum(of_hermitian(np.sqrt)(z)).backward(retain_grad=True)
    np.testing.assert_allclose(z.grad.data, np.full((2, 2), 0.25))
    assert z.grad.creator is None


# -- Errors, and what is shared ------------------------------------------------------------------


@pytest.mark.parametrize(
    "loss",
    [
        lambda w, v: np.sum(v * np.arange(4.0).reshape(2, 2)),
        lambda w, v: v[0, 0] * v[0, 0],  # stationary at the identity, where its gradient by v shows nothing
        lambda w, v: np.sum(v**4),
    ],
)
def test_a_loss_that_depends_on_the_basis_is_an_error(loss):
    for f in (lambda x: loss(*np.linalg.eigh(x)), lambda x: loss(*np.linalg.svd(x)[1::-1])):
        x = Variable(np.eye(2))
        with pytest.raises(RuntimeError, match="the loss depends on the choice of the vectors"):
            f(x).backward()
        assert x.grad is None


@pytest.mark.parametrize(
    "f",
    [
        of_hermitian(np.sqrt),
        lambda x: (lambda u, s, vh: (u * s) @ vh)(*np.linalg.svd(x)),
        lambda x: (lambda w, v: np.real((v * w) @ np.linalg.inv(v)))(*np.linalg.eig(x)),
    ],
)
def test_forward_mode_and_second_derivatives_are_errors(f):
    a, t = np.eye(2), drawn(2, 2)
    for call in (
        lambda: leopard.jvp(f, (a,), (t,)),
        lambda: leopard.jacfwd(f)(a),
        lambda: leopard.hessian(lambda x: np.sum(f(x)))(a),
        lambda: leopard.grad(lambda x: np.sum(leopard.grad(lambda x: np.sum(f(x)))(x) * t))(a),
        lambda: leopard.jvp(leopard.grad(lambda x: np.sum(f(x))), (a,), (t,)),
    ):
        with pytest.raises(RuntimeError, match="values are equal"):
            call()


@each_type
@pytest.mark.parametrize("shape", [(2, 2), (3, 2), (2, 3)], ids=str)
def test_forward_mode_is_an_error_where_one_singular_value_is_0(shape, dtype):
    """(U * S) @ Vh is the matrix itself, so that every derivative of it is known."""

    def f(x):
        u, s, vh = np.linalg.svd(x, full_matrices=False)
        return (u * s) @ vh

    a = (unitary(shape[0], dtype)[:, :2] * [2.0, 0.0]) @ unitary(shape[1], dtype, 1)[:2]
    t = drawn(*shape, dtype=dtype)
    np.testing.assert_allclose(gradient(lambda x: weighted(f(x), t), a), t, atol=1e-14)
    for call in (
        lambda: leopard.jvp(f, (a,), (t,)),
        lambda: leopard.linearize(f, a)[1](t),
        lambda: leopard.jacfwd(f, holomorphic=dtype is complex)(a),
    ):
        with pytest.raises(RuntimeError, match="a singular value is 0"):
            call()
    rows = leopard.jacrev(lambda x: np.real(f(x)))(a)  # of so few elements: a gradient for each
    np.testing.assert_allclose(rows.reshape(a.size, a.size), np.eye(a.size), atol=1e-13)


@pytest.mark.parametrize("shape", [(2, 2), (3, 2), (2, 3)], ids=str)
def test_where_the_vectors_of_0_do_not_matter_a_norm_has_every_derivative(shape):
    a, t, h = np.zeros(shape), drawn(*shape), 1e-3
    a[0, 0] = 2.0

    def f(x):
        return np.linalg.norm(x, 2) ** 2

    low, middle, high = [f(a + k * h * t) for k in (-1, 0, 1)]
    np.testing.assert_allclose(leopard.jvp(f, (a,), (t,))[1], (high - low) / (2 * h), rtol=1e-5)
    got = np.sum(leopard.hvp(f, a, t) * t)
    np.testing.assert_allclose(got, (high - 2 * middle + low) / h**2, rtol=1e-5)


def test_vectors_that_leave_a_checkpoint_are_an_error_there():
    whole = leopard.checkpoint(of_hermitian(np.sqrt))
    np.testing.assert_allclose(leopard.grad(lambda x: np.sum(whole(x)))(np.eye(2)), np.full((2, 2), 0.5))
    parts = leopard.checkpoint(lambda x: tuple(np.linalg.eigh(hermitian(x))))

    def loss(x):
        w, v = parts(x)
        return np.sum((v * np.sqrt(w)) @ v.T)

    with pytest.raises(RuntimeError, match="take the decomposition out of it"):
        leopard.grad(loss)(np.eye(2))


@pytest.mark.parametrize(
    "f",
    [np.linalg.eigvalsh, np.linalg.svdvals, lambda x: np.real(np.linalg.eigvals(x))],
    ids=["eigvalsh", "svdvals", "eigvals"],
)
def test_equal_values_share_their_gradients_in_every_mode(f):
    a, t = np.diag([2.0, 2.0, 5.0]), drawn(3, 3)
    order = np.argsort(f(Variable(a)).data)
    shares = np.diag([0.5, 0.5, 0.0]) * 3.0
    c = np.empty(3)
    c[order] = [1.0, 2.0, 0.0]
    np.testing.assert_allclose(leopard.grad(lambda x: np.sum(f(x) * c))(a), shares)
    rows = leopard.jacobian(f)(a)[order]
    np.testing.assert_allclose(rows[0], np.diag([0.5, 0.5, 0.0]))
    np.testing.assert_allclose(rows[2], np.diag([0.0, 0.0, 1.0]))
    got = leopard.jvp(lambda x: np.sum(f(x) ** 3), (a,), (t,))[1]
    np.testing.assert_allclose(got, np.sum(3 * a @ a * t))


def test_float32_stays_where_values_are_equal():
    x = Variable(np.eye(2, dtype=np.float32))
    np.sum(of_hermitian(np.sqrt)(x)).backward()
    assert x.grad.dtype == np.float32
    np.testing.assert_allclose(x.grad.data, np.full((2, 2), 0.5), rtol=1e-6)
