"""Decompositions into products: what is arbitrary, what is equal or 0, which triangle is read."""

import numpy as np
import pytest

from leopard import Variable
from leopard.functions.linalg.decompositions import (
    cholesky,
    qr,
    svd,
    svdvals,
)
from tests.matrices import adjoint, drawn, of_rank, slopes_at, unitary

each_type = pytest.mark.parametrize("dtype", [float, complex])
each_shape = pytest.mark.parametrize("shape", [(3, 3), (4, 2), (2, 4), (5, 1), (1, 3)], ids=str)


def gradient(f, a):
    x = Variable(a)
    f(x).backward()
    return x.grad.data


def with_singular_values(s, m, n, dtype=float):
    s = np.array(s)
    k = len(s)
    return unitary(m, dtype)[:, :k] * s @ np.conj(unitary(n, dtype, 1)[:, :k].T)


# -- What is arbitrary ---------------------------------------------------------------------------


@each_type
@each_shape
@pytest.mark.parametrize("full", [False, True])
def test_derivatives_of_what_is_the_same_for_every_choice_of_phases(dtype, shape, full):
    k = min(shape)

    def function_of_the_matrix(x):
        u, s, vh = svd(x, full_matrices=full)
        return (u[:, :k] * (s * s)) @ vh[:k]

    def projections(x):
        u, s, vh = svd(x, full_matrices=full)
        return [u[:, :1] @ adjoint(u[:, :1]), adjoint(vh[:k]) @ vh[:k], u[:, k:] @ adjoint(u[:, k:])]

    for f in (function_of_the_matrix, projections):
        slopes_at(f, drawn(*shape, dtype=dtype))


def test_a_loss_that_depends_on_the_phases_of_complex_vectors_is_an_error():
    for f in (lambda u, s, vh: u, lambda u, s, vh: vh):
        x = Variable(drawn(3, 3, dtype=complex))
        with pytest.raises(RuntimeError, match="svd: the loss depends on the choice of the vectors"):
            np.sum(np.real(f(*svd(x)))).backward()
        assert x.grad is None


def test_the_columns_beside_the_singular_values_have_a_derivative_as_a_space_only():
    for f, shape in [
        (lambda x: svd(x).U[:, 2:], (5, 2)),
        (lambda x: svd(x).Vh[2:], (2, 5)),
        (lambda x: qr(x, "complete").Q[:, 2:], (5, 2)),
    ]:
        x = Variable(drawn(*shape))
        y = f(x)
        with pytest.raises(RuntimeError, match="which is arbitrary"):
            (y * drawn(*y.shape)).sum().backward()
    slopes_at(lambda x: svd(x).U, drawn(3, 2))  # a single one has its sign only
    slopes_at(lambda x: qr(x, "complete").Q, drawn(3, 2))


@each_type
@pytest.mark.parametrize("shape", [(4, 2), (5, 3), (3, 3), (2, 4)], ids=str)
def test_a_complete_qr(dtype, shape):
    m, n = shape

    def f(x):
        q, r = qr(x, "complete")
        more = q[:, n:]
        return [q[:, :n], r, more @ adjoint(more)]

    slopes_at(f, drawn(*shape, dtype=dtype))


# -- Equal singular values, and 0 ----------------------------------------------------------------


@each_type
@pytest.mark.parametrize("shape", [(3, 3), (4, 3), (3, 5)], ids=str)
@pytest.mark.parametrize("s", [[1.0, 1.0, 1.0], [3.0, 2.0, 2.0]])
def test_a_loss_that_treats_equal_singular_values_alike_has_its_gradient(s, shape, dtype):
    a = with_singular_values(s, *shape, dtype)
    wanted = 4 * a @ np.conj(a.T) @ a  # of the trace of (a a.H)**2
    for f in (lambda x: (svd(x)[1] ** 4).sum(), lambda x: (svdvals(x) ** 4).sum()):
        np.testing.assert_allclose(gradient(f, a), wanted, atol=1e-12)


def test_the_identity():
    for f in (lambda x: svd(x)[1], svdvals, lambda x: svd(x, compute_uv=False)):
        np.testing.assert_allclose(gradient(lambda x, f=f: (f(x) ** 3).sum(), np.eye(3)), 3 * np.eye(3))


def test_the_spaces_of_equal_singular_values_have_their_derivatives():
    a = with_singular_values([3.0, 3.0, 1.0], 4, 3)
    c = drawn(4, 4)

    def projection(x):
        u = svd(x, full_matrices=False).U[:, :2]
        return (u @ adjoint(u) * c).sum()

    g, d, h = gradient(projection, a), drawn(4, 3, seed=3), 1e-5
    slope = (projection(Variable(a + h * d)).data - projection(Variable(a - h * d)).data) / (2 * h)
    assert (g * d).sum() == pytest.approx(slope, rel=1e-7)


def test_one_of_equal_singular_vectors_has_no_derivative():
    x = Variable(np.eye(3))
    with pytest.raises(RuntimeError, match="svd: the loss depends on the choice of the vectors"):
        (svd(x).U * drawn(3, 3)).sum().backward()


def test_there_is_no_second_derivative_where_singular_values_are_equal():
    for f in (svdvals, lambda x: svd(x)[1]):
        x = Variable(np.diag([2.0, 1.0, 1.0]))
        (f(x) ** 3).sum().backward(create_graph=True)
        g = x.grad
        x.cleargrad()
        with pytest.raises(RuntimeError, match="svd: singular values are equal"):
            g.sum().backward()


@each_type
def test_a_singular_value_of_0_has_the_gradient_0(dtype):
    a = np.diag([2.0, 1.0, 0.0]).astype(dtype)
    np.testing.assert_allclose(gradient(lambda x: svdvals(x).sum(), a), np.diag([1.0, 1.0, 0.0]))
    assert not gradient(lambda x: svdvals(x).sum(), np.zeros((2, 3), dtype)).any()


@each_type
@pytest.mark.parametrize("shape", [(3, 3), (4, 3), (3, 4)], ids=str)
def test_a_matrix_of_less_than_full_rank(dtype, shape):
    a = of_rank(2, *shape, dtype=dtype)

    def f(x):
        u, s, vh = svd(x, full_matrices=False)
        return np.sum(np.abs((u * (s * s * s)) @ vh) ** 2)  # the trace of (a a.H)**3

    aah = a @ np.conj(a.T)
    np.testing.assert_allclose(gradient(f, a), 6 * aah @ aah @ a, rtol=1e-8, atol=1e-8)


# -- Forms ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("upper", [False, True])
def test_the_triangle_that_cholesky_reads_gets_the_gradient(upper):
    a = drawn(3, 3) * 0.3 + 3 * np.eye(3)
    read = np.tri(3, dtype=bool).T if upper else np.tri(3, dtype=bool)
    g = gradient(lambda x: (np.linalg.cholesky(x, upper=upper) * drawn(3, 3)).sum(), a)
    assert (g[read] != 0).all()
    assert (g[~read] == 0).all()


def test_a_matrix_that_is_not_positive_definite_is_numpys_error():
    with pytest.raises(np.linalg.LinAlgError, match="positive definite"):
        cholesky(Variable(-np.eye(2)))


def test_the_classes_of_the_results_are_numpys():
    for ours, numpys in [(svd, np.linalg.svd), (qr, np.linalg.qr)]:
        for x in (Variable(np.eye(2)), np.eye(2)):
            y = ours(x)
            assert type(y) is type(numpys(np.eye(2)))
            assert all(isinstance(part, Variable) for part in y)
    assert type(svd(Variable(np.eye(2)), hermitian=True)) is type(np.linalg.svd(np.eye(2)))


@each_type
@pytest.mark.parametrize("w", [[3.0, -2.0, 1.0], [-1.0, 0.0, 2.0], [2.0, 1.0, -2.0]])
def test_singular_values_of_a_hermitian_matrix(w, dtype):
    v = unitary(3, dtype)
    a = (v * w) @ np.conj(v.T)
    for numpys in (np.linalg.svd(a, hermitian=True), np.linalg.svd(np.tril(a), hermitian=True)):
        for y, wanted in zip(svd(Variable(a), hermitian=True), numpys, strict=True):
            np.testing.assert_allclose(y.data, wanted, atol=1e-14)
    f = lambda x: (svd(x, hermitian=True)[1] ** 2).sum()  # noqa: E731
    g = 2 * a
    np.testing.assert_allclose(gradient(f, a), np.tril(g, -1) * 2 + np.diag(np.diag(g)), atol=1e-12)


def test_modes_of_qr_without_a_derivative_are_errors():
    x = Variable(drawn(3, 2))
    with pytest.raises(TypeError, match='"raw" has no derivative'):
        np.linalg.qr(x, "raw")
    with pytest.raises(ValueError, match="Unrecognized mode"):
        np.linalg.qr(x, mode="other")


@pytest.mark.parametrize("dtype", [np.float64, np.float32, np.complex128])
@pytest.mark.parametrize("rank", [1, 2])
def test_columns_that_depend_on_each_other_have_no_qr_to_differentiate(rank, dtype, rng):
    """R need not have an exact 0 on its diagonal: rounding leaves something there."""
    a = (rng.normal(size=(4, rank)) @ rng.normal(size=(rank, 3))).astype(dtype)
    for f in (lambda x: qr(x).R, lambda x: qr(x).Q, lambda x: qr(x, "complete").R):
        with pytest.raises(np.linalg.LinAlgError):
            np.abs(f(Variable(a))).sum().backward()
    x = Variable(np.zeros((2, 2)))
    with pytest.raises(np.linalg.LinAlgError):
        qr(x).R.sum().backward()


def test_a_badly_scaled_qr_has_its_gradient():
    a = np.array([[1.0, 2.0], [3.0, 4.0], [5.0, 7.0]]) * [1.0, 1e-30]
    x = Variable(a)
    (abs(qr(x).R) * [1.0, 1e30]).sum().backward()
    y = Variable(a * [1.0, 1e30])
    abs(qr(y).R).sum().backward()
    np.testing.assert_allclose(x.grad.data * [1.0, 1e-30], y.grad.data, rtol=1e-6)


@pytest.mark.parametrize("f", [np.linalg.cholesky, np.linalg.qr, np.linalg.svd, np.linalg.svdvals])
def test_what_numpy_refuses_is_refused(f):
    with pytest.raises(np.linalg.LinAlgError):
        f(Variable(np.ones(3)))
    with pytest.raises(TypeError):
        f(Variable(np.eye(2)), out=np.eye(2))


@pytest.mark.parametrize("f", [cholesky, svdvals, lambda x: qr(x)[1], lambda x: svd(x)[1]])
def test_float32_stays(f):
    x = Variable((drawn(3, 3) * 0.1 + np.diag([1.0, 2.0, 4.0])).astype(np.float32))
    y = f(x)
    (y * y).sum().backward(create_graph=True)
    assert y.dtype == x.grad.dtype == np.float32
    g = x.grad
    x.cleargrad()
    (g * g).sum().backward()
    assert x.grad.dtype == np.float32
