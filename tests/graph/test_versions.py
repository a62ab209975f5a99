"""Rules that run after an assignment use what their Function was called with, in every kind of walk."""

import numpy as np
import pytest

import leopard
from leopard import (
    Variable,
    grad,
    hessian,
    hvp,
    jacobian,
    jvp,
    sparse_hessian,
    sparse_jacobian,
    value_and_grad,
)

A = np.array([[2.0, 0.3], [0.1, 3.0]])
OPERATIONS = {
    "inv": np.linalg.inv,
    "solve": lambda r: np.linalg.solve(r, r.T),
    "pinv": np.linalg.pinv,
    "cholesky": lambda r: np.linalg.cholesky(r @ r.T),
    "qr": lambda r: np.linalg.qr(r)[1],
    "svd": lambda r: np.linalg.svd(r)[1],
    "det": np.linalg.det,
    "norm": lambda r: np.linalg.norm(r, axis=0),
    "matmul": lambda r: r @ r,
    "dot": lambda r: np.dot(r, r),
    "inner": lambda r: np.inner(r, r),
    "outer": lambda r: np.outer(r, r),
    "kron": lambda r: np.kron(r, r),
    "einsum": lambda r: np.einsum("ij,jk", r, r),
    "std": lambda r: np.std(r, axis=0),
    "var": np.var,
    "max": lambda r: np.max(r, axis=0),
    "sort": np.sort,
    "prod": lambda r: np.prod(r, axis=0),
    "cumprod": lambda r: np.cumprod(r, axis=0),
    "cumsum": np.cumsum,
    "multiply": lambda r: r * r.T,
    "convolve": lambda r: np.convolve(r[0], r[1]),
    "fft": lambda r: np.abs(np.fft.fft(r)) ** 2,
    "take": lambda r: r[[0, 1], [1, 0]] * r[0],
    "diag": lambda r: np.diag(r) * r[1],
}


def input_is_assigned_to(operation, x):
    r = x * 1.0
    y = operation(r)
    z = np.sum(np.sin(y))
    r[0] = 0.5 * r[1]
    return z + np.sum(r * r)


def output_is_assigned_to(operation, x):
    y = operation(x)
    if np.ndim(y):
        y[0] = y[0] * 0.5
    return np.sum(np.sin(y) + y * y)


def slopes(f, x, step=1e-6):
    """Central differences over the elements of x, along the first axis."""
    directions = np.eye(x.size).reshape(x.size, *x.shape)
    return np.array([(f(x + step * e) - f(x - step * e)) / (2 * step) for e in directions])


@pytest.mark.parametrize("program", [input_is_assigned_to, output_is_assigned_to], ids=lambda f: f.__name__)
@pytest.mark.parametrize("name", OPERATIONS)
def test_all_derivatives_are_the_slopes(name, program):
    def f(x):
        return program(OPERATIONS[name], x)

    wanted = slopes(f, A).reshape(A.shape)
    x = Variable(A)
    f(x).backward(create_graph=True)
    forward = [jvp(f, (A,), (e.reshape(A.shape),))[1] for e in np.eye(A.size)]
    for found in (grad(f)(A), jacobian(f)(A), x.grad.data, np.reshape(forward, A.shape)):
        np.testing.assert_allclose(found, wanted, rtol=1e-6, atol=1e-6)
    second = slopes(grad(f), A, 1e-5).reshape(A.shape * 2)
    np.testing.assert_allclose(hessian(f)(A), second, rtol=1e-5, atol=1e-5)


def test_a_variable_and_an_array_have_one_gradient():
    def f(x):
        w = x * 1.0
        u = np.sort(w)
        w[1] = w @ x
        return np.sum(np.sin(w)) + np.sum(np.sin(u))

    x = np.array([0.3, 0.1, 0.7])
    value, gradient = value_and_grad(f)(x)
    of_variable = value_and_grad(f)(Variable(x))
    np.testing.assert_array_equal(of_variable[0].data, value)
    np.testing.assert_array_equal(of_variable[1].data, gradient)
    np.testing.assert_allclose(gradient, slopes(f, x), rtol=1e-7, atol=1e-7)


def shifted(v):
    y = v.copy()
    y += 1.0
    return y


def filled(v):
    y = v * 0.0
    y[0] = v[0] ** 2
    y[1:] = v[1:] * v[0]
    y[2] += v[2]
    return y


def in_its_argument(v):
    v[0] = v[1] * 2
    return v**2 * v[::-1]


@pytest.mark.parametrize("f", [shifted, filled, in_its_argument], ids=lambda f: f.__name__)
def test_sparse_derivatives_follow_assignments(f):
    pytest.importorskip("scipy.sparse")
    v = np.array([1.0, 2.0, 3.0])
    np.testing.assert_array_equal(sparse_jacobian(f)(v).toarray(), jacobian(f)(v))

    def total(v):
        return np.sum(f(v) ** 2)

    np.testing.assert_allclose(sparse_hessian(total)(v).toarray(), hessian(total)(v), rtol=1e-14)


SQUARE = np.array([[2.0, 0.3, 0.1], [0.4, 1.5, 0.2], [0.1, 0.5, 1.8]])
OF_A_VIEW = {
    "matmul": lambda r: r @ r,
    "dot": lambda r: np.dot(r, r),
    "prod": lambda r: np.prod(r, 0),
    "cumprod": lambda r: np.cumprod(r, 1),
    "cholesky": lambda r: np.linalg.cholesky(r @ r.T),
    "qr": lambda r: abs(np.linalg.qr(r)[1]),
    "norm": lambda r: np.linalg.norm(r, "nuc"),
    "matrix_power": lambda r: np.linalg.matrix_power(r, 3),
    "cov": np.cov,
    "average": lambda r: np.average(r, weights=r * r),
    "maximum.accumulate": np.maximum.accumulate,
    "cross": lambda r: np.cross(r, r[::-1]),
    "lstsq": lambda r: np.linalg.lstsq(r, r[0])[0],
}


@pytest.mark.parametrize("name", OF_A_VIEW)
def test_a_view_that_was_taken_again_is_final_for_the_rules_that_took_it(name):
    def assigned(x):
        b = np.stack([x * 3.0, x])
        r = b[0]
        b /= 3.0  # r is taken again, when it is used
        y = OF_A_VIEW[name](r)
        b[0] = 0.25  # and is not what it was, though it has not been used since
        kept.extend([b, r])
        return np.sum(np.sin(y))

    def plain(x):
        return np.sum(np.sin(OF_A_VIEW[name](x * 1.0)))

    kept, found = [], []
    for f in (assigned, plain):
        x = Variable(SQUARE)
        f(x).backward(create_graph=True)
        tangent = jvp(f, (SQUARE,), (SQUARE.T,))[1]
        found.append([x.grad.data, jacobian(f)(SQUARE), tangent, hvp(f, SQUARE, SQUARE.T)])
    for ours, wanted in zip(*found, strict=True):
        np.testing.assert_allclose(ours, wanted, rtol=1e-9, atol=1e-12)


def test_a_rule_takes_a_view_of_a_version_whose_variable_no_longer_exists():
    """The view makes no Variable of its own of that version: the walk reaches it as what it was."""

    def f(x):
        b = x.reshape(2, 2)
        b[0, 0] = 3.0
        v = b[:, ::-1]
        w = v[:, ::-1]
        return np.concatenate([np.ravel(v), np.ravel(v @ v.T), np.ravel(w)])

    x = np.array([1.0, 2.0, 3.0, 4.0])
    wanted = leopard.jacfwd(f)(x)
    np.testing.assert_allclose(leopard.jacrev(f)(x), wanted)
    np.testing.assert_allclose(jacobian(f)(x), wanted)
    np.testing.assert_allclose(sparse_jacobian(f)(x).toarray(), wanted)
