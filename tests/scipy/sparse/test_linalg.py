"""Solvers of sparse systems: SciPy's values, slopes in the matrix and the right-hand side, and errors."""

import numpy as np
import pytest

sp = pytest.importorskip("scipy.sparse")

import scipy.linalg  # noqa: E402
import scipy.sparse.linalg as spl  # noqa: E402

import leopard  # noqa: E402
from leopard import Variable  # noqa: E402
from leopard.scipy.sparse import csc_array, csr_array  # noqa: E402
from leopard.scipy.sparse.linalg import (  # noqa: E402
    cg,
    expm_multiply,
    factorized,
    gmres,
    splu,
    spsolve,
)
from leopard.testing import check_grads  # noqa: E402

N = 6
I = np.arange(N)  # noqa: E741
ROWS = np.concatenate([I, I[1:], I[:-2]])
COLUMNS = np.concatenate([I, I[:-1], I[2:]])
DATA = np.concatenate([3 + 0.1 * I, -1 - 0.05 * I[1:], 0.3 * np.cos(I[2:])])
B = np.random.default_rng(1).standard_normal(N)
B2 = np.random.default_rng(2).standard_normal((N, 3))


def made(data, make=csc_array):
    return make((data, (ROWS, COLUMNS)), shape=(N, N))


DENSE = made(DATA).toarray()


@pytest.mark.parametrize("b", [B, B2, B + 1j])
@pytest.mark.parametrize("make", [csr_array, csc_array])
def test_direct_solutions(b, make):
    np.testing.assert_allclose(spsolve(made(Variable(DATA), make), b).data, np.linalg.solve(DENSE, b))
    for f in (
        lambda d, b: spsolve(made(d, make), b),
        lambda d, b: splu(made(d, make)).solve(b),
        lambda d, b: splu(made(d, make)).solve(b, "T"),
        lambda d, b: splu(made(d, make)).solve(b, trans="H"),
        lambda d, b: factorized(made(d, make))(b),
    ):
        check_grads(lambda d, b, f=f: leopard.as_variable(f(d, b)), [DATA, b], 2)


def test_complex_matrices():
    data = DATA * np.exp(0.3j * np.arange(len(DATA)))
    for trans, dense in (("N", made(data)), ("T", made(data).T), ("H", made(data).conj().T)):
        y = splu(made(Variable(data))).solve(B, trans)
        np.testing.assert_allclose(y.data, np.linalg.solve(dense.toarray(), B))
        check_grads(lambda d, b, t=trans: splu(made(d)).solve(b, t), [data, B + 0.5j], 2)


def test_a_matrix_is_factorized_once(monkeypatch):
    calls = []
    splu_ = spl.splu
    monkeypatch.setattr(spl, "splu", lambda a: calls.append(a) or splu_(a))
    A = sp.csc_array(DENSE)

    def f(u):
        for _ in range(5):
            u = spsolve(A, u)
        return np.sum(u**2)

    g = leopard.grad(f)
    inverse = np.linalg.matrix_power(np.linalg.inv(DENSE), 5)
    np.testing.assert_allclose(g(B), 2 * inverse.T @ inverse @ B)
    assert len(calls) == 1
    g(2 * B)
    assert len(calls) == 1
    A.data *= 2
    np.testing.assert_allclose(g(B), 2 * inverse.T @ inverse @ B / 2**10)
    assert len(calls) == 2


def test_a_matrix_of_variables_is_factorized_once(monkeypatch):
    calls = []
    splu_ = spl.splu
    monkeypatch.setattr(spl, "splu", lambda a: calls.append(a) or splu_(a))

    def f(d):
        A, u = made(d), B
        for _ in range(4):
            u = spsolve(A, u)
        return np.sum(np.sin(u))

    leopard.value_and_grad(f)(DATA)
    assert len(calls) == 1
    check_grads(f, [DATA], 2)


def test_sparse_and_dense_solutions_have_the_same_derivatives():
    def of_dense(d, b):
        a = csr_array((d, (ROWS, COLUMNS)), shape=(N, N)).toarray()
        return np.sum(np.linalg.solve(a, b) ** 3)

    ours = leopard.hessian(lambda d: np.sum(spsolve(made(d), B) ** 3))(DATA)
    np.testing.assert_allclose(ours, leopard.hessian(lambda d: of_dense(d, B))(DATA), rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("n", [1, 3, 30])
def test_exponentials(n):
    A = sp.diags_array([-2.0 * np.ones(n), np.ones(n - 1), np.ones(n - 1)], offsets=[0, 1, -1]) * 30
    b = np.random.default_rng(n).standard_normal(n)
    np.testing.assert_allclose(
        expm_multiply(A, Variable(b)).data, scipy.linalg.expm(A.toarray()) @ b, atol=1e-12
    )
    ours = expm_multiply(A, Variable(b), start=0.1, stop=0.5, num=3).data
    np.testing.assert_allclose(ours, spl.expm_multiply(A.tocsr(), b, 0.1, 0.5, 3), atol=1e-12)


def test_derivatives_of_exponentials():
    check_grads(lambda d, b: expm_multiply(made(d), b), [DATA, B], 2)
    check_grads(lambda d, b: expm_multiply(made(d), b, 0.0, 1.0, 3, False), [DATA, B2], 2)
    E = np.zeros((N, N))
    E[ROWS[2], COLUMNS[2]] = 1.0
    slope = scipy.linalg.expm_frechet(-DENSE, -E, compute_expm=False) @ B
    J = leopard.jacobian(lambda d: expm_multiply(made(-d), B))(DATA)
    np.testing.assert_allclose(J[:, 2], slope, atol=1e-13)


def definite(data):
    a = made(data)
    return a @ a.T


@pytest.mark.parametrize("method, make", [(cg, definite), (gmres, made)])
def test_iterations(method, make):
    x, info = method(make(Variable(DATA)), B, rtol=1e-13)
    assert info == 0
    np.testing.assert_allclose(x.data, np.linalg.solve(make(DATA).toarray(), B))
    check_grads(lambda d, b: method(make(d), b, rtol=1e-13)[0], [DATA, B], 2)
    M = np.diag(1 / make(DATA).diagonal())
    check_grads(lambda b: method(make(DATA), b, x0=np.ones(N), rtol=1e-13, M=M)[0], [B], 2)
    check_grads(lambda b: method(make(DATA), b, rtol=1e-13)[0], [B + 1j], 1)


def test_an_iteration_that_has_not_converged_has_no_derivative():
    def f(b):
        x, info = cg(definite(DATA), b, maxiter=1)
        assert info == 1
        return np.sum(x)

    f(Variable(B))
    with pytest.raises(RuntimeError, match="cg: the iteration has not converged.*maxiter"):
        leopard.grad(f)(B)
    g = leopard.grad(lambda b: np.sum(cg(definite(DATA), b, x0=start, maxiter=1)[0]))
    start = np.linalg.solve(definite(DATA).toarray(), B)
    with pytest.raises(RuntimeError, match="the system for the derivative has not converged"):
        g(B)


SINGULAR = sp.csc_array(np.diag([1.0, 0.0, 2.0]))


@pytest.mark.parametrize(
    "call, error, said",
    [
        (
            lambda: spsolve(SINGULAR, Variable(B[:3])),
            np.linalg.LinAlgError,
            "spsolve: the matrix is singular",
        ),
        (lambda: splu(SINGULAR), np.linalg.LinAlgError, "splu: the matrix is singular"),
        (lambda: factorized(SINGULAR), np.linalg.LinAlgError, "factorized: the matrix is singular"),
        (lambda: spsolve(DENSE, Variable(B)), TypeError, "a sparse array, not a ndarray"),
        (lambda: spsolve(made(DATA), sp.csc_array(B2)), TypeError, "right-hand side is dense"),
        (lambda: spsolve(made(DATA), Variable(B[1:])), ValueError, "and the right-hand side"),
        (lambda: spsolve(made(DATA)[:2], Variable(B)), ValueError, "is not square"),
        (lambda: splu(made(DATA)).solve(Variable(B), "X"), ValueError, "trans is 'N', 'T' or 'H'"),
        (lambda: expm_multiply(made(DATA), Variable(B), start=1.0), ValueError, "both are given"),
        (lambda: cg(made(DATA), Variable(B), x0=Variable(B)), TypeError, "no derivative in leopard"),
        (lambda: cg(made(DATA), Variable(B2)), ValueError, "is a vector"),
        (lambda: spl.spsolve(made(DATA), Variable(B)), TypeError, "would lose the gradient"),
    ],
)
def test_errors(call, error, said):
    with pytest.raises(error, match=said):
        call()


@pytest.mark.parametrize(
    "f, is_replayed",
    [
        (lambda d, b: np.sum(spsolve(made(d), b) ** 2), True),
        (lambda d, b: np.sum(splu(made(d)).solve(b, "T") ** 2), True),
        (lambda d, b: np.sum((made(d) @ b) ** 2 + made(d * d).T @ b), True),
        (lambda d, b: np.sum(expm_multiply(made(-d), b)), False),
        (lambda d, b: np.sum(d) * (2 + cg(definite(d), b, maxiter=30)[1]), False),
    ],
)
@pytest.mark.filterwarnings("ignore:.*is not replayed:leopard.compiling.compiled.ReplayWarning")
def test_compiled_programs(f, is_replayed):
    plain = leopard.value_and_grad(f, (0, 1))
    compiled = leopard.compile(plain)
    for scale in (1.0, 0.9, 1.1, 1.2):
        value, gradients = compiled(scale * DATA, scale * B)
        wanted = plain(scale * DATA, scale * B)
        np.testing.assert_allclose(value, wanted[0], rtol=1e-12)
        for g, w in zip(gradients, wanted[1], strict=True):
            np.testing.assert_allclose(g, w, rtol=1e-11, atol=1e-13)
    assert (compiled.info().hits > 0) == is_replayed
