"""Eigenvalues: what is arbitrary, what is equal, which triangle is read, and outputs that nobody holds."""

import gc

import numpy as np
import pytest

from leopard import Variable
from leopard.functions.linalg.eigenvalues import (
    eig,
    eigh,
    eigvals,
    eigvalsh,
)
from tests.matrices import adjoint, drawn, slopes_at, unitary

each_type = pytest.mark.parametrize("dtype", [float, complex])


def hermitian(n, dtype=float, seed=0):
    a = drawn(n, n, dtype=dtype, seed=seed)
    return a + np.conj(a.T)


def with_eigenvalues(w, dtype=float, seed=0):
    v = unitary(len(w), dtype, seed)
    return (v * w) @ np.conj(v.T)


def gradient(f, a):
    x = Variable(a)
    f(x).backward()
    return x.grad.data


# -- What is arbitrary ---------------------------------------------------------------------------


@each_type
@pytest.mark.parametrize("UPLO", ["L", "U"])
def test_derivatives_of_what_is_the_same_for_every_choice_of_phases(dtype, UPLO):
    def function_of_the_matrix(x):
        w, v = eigh(x, UPLO)
        return (v * (w * w * w)) @ adjoint(v)

    def projection(x):
        v = eigh(x, UPLO).eigenvectors[:, 1:3]
        return v @ adjoint(v)

    def sizes(x):
        return np.abs(eigh(x, UPLO)[1])

    for f in (function_of_the_matrix, projection, sizes):
        slopes_at(f, hermitian(4, dtype))


def test_a_loss_that_depends_on_the_phases_of_complex_vectors_is_an_error():
    x = Variable(hermitian(3, complex))
    with pytest.raises(RuntimeError, match="eigh: the loss depends on the choice of the vectors"):
        np.sum(np.real(eigh(x).eigenvectors)).backward()
    assert x.grad is None


def test_the_signs_of_real_vectors_are_taken_as_they_are():
    slopes_at(lambda x: eigh(x)[1], hermitian(4))


@each_type
def test_general_eigenvectors_are_as_lapack_scales_them(dtype):
    a = drawn(4, 4, dtype=dtype)
    slopes_at(lambda x: eig(x).eigenvectors ** 2, a)  # whatever the sign
    slopes_at(lambda x: (eig(x)[1] * eig(x)[0]) @ np.linalg.inv(eig(x)[1]), a)


# -- Equal eigenvalues ---------------------------------------------------------------------------


@each_type
@pytest.mark.parametrize("w", [[1.0, 1.0, 1.0], [2.0, 2.0, 5.0], [-1.0, 3.0, 3.0], [0.0, 0.0, 0.0]])
@pytest.mark.parametrize("turned", [False, True])
def test_a_loss_that_treats_equal_eigenvalues_alike_has_its_gradient(w, dtype, turned):
    w = np.array(w)
    a = with_eigenvalues(w, dtype) if turned else np.diag(w).astype(dtype)
    wanted = 3 * a @ a + np.exp(w).sum() * 0  # of the trace of a ** 3
    wanted = np.tril(wanted) + np.conj(np.triu(wanted, 1).T)
    for f in (lambda x: (eigh(x)[0] ** 3).sum(), lambda x: (eigvalsh(x) ** 3).sum()):
        np.testing.assert_allclose(gradient(f, a), wanted, atol=1e-12 * (1 + np.abs(wanted).max()))


@each_type
def test_the_space_of_equal_eigenvalues_has_its_derivative(dtype):
    """As that of a function of the matrix: 1 at 2, 0 at 5 and 7, and flat there."""
    a = with_eigenvalues([2.0, 2.0, 5.0, 7.0], dtype)

    def projection(x):
        v = eigh(x)[1][:, :2]
        return v @ adjoint(v)

    def polynomial(x):
        one = np.eye(4)
        h = (x + adjoint(x)) / 2
        square = (h - 5 * one) @ (h - 7 * one) / 15
        return square @ square @ (one + (h - 2 * one) * (16 / 15))

    c = drawn(4, 4, dtype=dtype, seed=5)
    ours = gradient(lambda x: np.sum(np.real(projection(x) * c)), a)
    theirs = gradient(lambda x: np.sum(np.real(polynomial(x) * c)), a)
    theirs = np.tril(theirs + np.conj(theirs.T)) - np.diag(np.diag(theirs).real)
    np.testing.assert_allclose(ours, theirs, atol=1e-12)


def test_one_of_equal_eigenvectors_has_no_derivative():
    for f in (eigh, eig):
        x = Variable(np.eye(3))
        with pytest.raises(RuntimeError, match="the loss depends on the choice of the vectors"):
            np.real(f(x)[1] * np.arange(9.0).reshape(3, 3)).sum().backward()
        assert x.grad is None


@pytest.mark.parametrize("f", [eigh, eig, eigvals, eigvalsh])
def test_there_is_no_second_derivative_where_eigenvalues_are_equal(f):
    x = Variable(np.diag([1.0, 1.0, 2.0]))
    w = f(x) if f in (eigvals, eigvalsh) else f(x)[0]
    np.real(w**3).sum().backward(create_graph=True)  # from NumPy 2.5 on eig is complex
    g = x.grad
    np.testing.assert_allclose(g.data, np.diag([3.0, 3.0, 12.0]))
    x.cleargrad()
    with pytest.raises(RuntimeError, match="eigenvalues are equal"):
        g.sum().backward()


def test_general_matrices_with_equal_eigenvalues():
    p = drawn(3, 3)
    a = p @ np.diag([2.0, 2.0, -1.0]) @ np.linalg.inv(p)
    for f in (lambda x: (eigvals(x) ** 3).sum(), lambda x: (eig(x)[0] ** 3).sum()):
        g = gradient(lambda x, f=f: np.real(f(x)), a)
        np.testing.assert_allclose(g, 3 * (a @ a).T, rtol=1e-6, atol=1e-6)


def test_a_matrix_without_enough_eigenvectors_is_an_error():
    for f in (eigvals, lambda x: eig(x)[0]):
        x = Variable(np.array([[2.0, 1.0], [0.0, 2.0]]))
        y = np.real(f(x) ** 2).sum()
        with pytest.raises(np.linalg.LinAlgError, match="independent eigenvectors"):
            y.backward()
        assert x.grad is None


# -- Forms ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("UPLO", ["L", "U", "l", "u"])
def test_the_triangle_that_is_read_gets_the_gradient(UPLO):
    a = drawn(3, 3)
    read = np.tri(3, dtype=bool) if UPLO in "Ll" else np.tri(3, dtype=bool).T
    for f in (lambda x: eigh(x, UPLO)[0], lambda x: eigvalsh(x, UPLO=UPLO)):
        g = gradient(lambda x, f=f: (f(x) * [1.0, 2.0, 4.0]).sum(), a)
        assert (g[read] != 0).all()
        assert (g[~read] == 0).all()
        np.testing.assert_array_equal(f(Variable(np.where(read, a, np.nan))).data, f(Variable(a)).data)


def test_a_symmetric_gradient_comes_of_a_symmetric_matrix():
    g = gradient(lambda x: (eigvalsh((x + x.T) / 2) * [1.0, 2.0, 4.0]).sum(), hermitian(3))
    np.testing.assert_allclose(g, g.T)


@pytest.mark.parametrize("f", [eigh, eig])
def test_an_output_without_references_is_there_for_the_rule(f):
    a = hermitian(3)
    kept, x = [], Variable(a)
    for i in range(2):
        kept.append(f(x)[i])
        gc.collect()

    def loss(w, v):
        return np.real((w * [1.0, 2.0, 3.0]).sum() + (v * v * np.arange(3.0)[:, None]).sum())

    loss(*kept).backward()
    x0 = Variable(a)
    loss(*f(x0)).backward()
    np.testing.assert_allclose(x.grad.data, x0.grad.data, rtol=1e-10)


def test_eigenvalues_in_another_order_than_with_vectors_find_their_vectors(monkeypatch):
    a = drawn(5, 5)
    order = np.array([3, 0, 4, 1, 2])
    numpys = np.linalg.eigvals
    x = Variable(a)
    c = drawn(5)
    np.sum(np.real(eigvals(x)) * c[order] + np.abs(eigvals(x)) ** 2 * c[order]).backward()
    wanted = x.grad.data
    w = numpys(a)
    monkeypatch.setattr(np.linalg, "eigvals", lambda a: w[order])
    x = Variable(a)
    y = eigvals(x)
    np.sum(np.real(y) * c[order][order] + np.abs(y) ** 2 * c[order][order]).backward()
    np.testing.assert_allclose(x.grad.data, wanted, rtol=1e-9)


def test_one_complex_pair_makes_a_whole_batch_complex():
    a = np.stack([np.diag([1.0, 3.0]), np.array([[0.0, 2.0], [-1.0, 0.5]])])
    w, v = np.linalg.eig(Variable(a))
    assert w.dtype == v.dtype == complex
    slopes_at(lambda x: eig(x)[1], a + 0.1 * drawn(2, 2, 2))
    assert gradient(lambda x: np.sum(np.abs(eigvals(x)) ** 2), a).dtype == float


@pytest.mark.parametrize("f", [np.linalg.eigh, np.linalg.eig])
def test_the_class_of_the_result_is_numpys(f):
    for x in (Variable(np.eye(2)), np.eye(2)):
        y = {np.linalg.eigh: eigh, np.linalg.eig: eig}[f](x)
        assert type(y) is type(f(np.eye(2)))
        assert y.eigenvalues is y[0]
        assert isinstance(y.eigenvectors, Variable)


@pytest.mark.parametrize("f", [np.linalg.eigh, np.linalg.eig, np.linalg.eigvals, np.linalg.eigvalsh])
def test_what_numpy_refuses_is_refused(f):
    for shape in [(2, 3), (3,)]:
        with pytest.raises(np.linalg.LinAlgError):
            f(Variable(np.ones(shape)))
    with pytest.raises(TypeError):
        f(Variable(np.eye(2)), out=np.zeros(2))


@pytest.mark.parametrize("f", [np.linalg.eigh, np.linalg.eigvalsh])
def test_a_third_triangle_is_numpys_error(f):
    with pytest.raises(ValueError, match="UPLO"):
        f(Variable(np.eye(2)), "X")


@each_type
def test_float32_stays(dtype):
    a = hermitian(3, dtype).astype(np.float32 if dtype is float else np.complex64)
    x = Variable(a)
    w, v = eigh(x)
    assert (w.dtype, v.dtype) == (np.float32, a.dtype)
    (np.sum(np.abs(v) ** 4) + np.sum(w**3)).backward(create_graph=True)
    assert x.grad.dtype == a.dtype
    wide = gradient(lambda x: np.sum(np.abs(eigh(x)[1]) ** 4) + np.sum(eigh(x)[0] ** 3), a.astype(dtype))
    np.testing.assert_allclose(x.grad.data, wide, rtol=1e-3, atol=1e-3)
