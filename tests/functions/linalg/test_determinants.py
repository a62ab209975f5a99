"""Determinants of singular matrices, to every order; and what has none."""

import numpy as np
import pytest

from leopard import Variable
from leopard.functions.linalg.determinants import (
    det,
    slogdet,
)
from tests.matrices import drawn, of_rank, slopes_at

each_type = pytest.mark.parametrize("dtype", [float, complex])


def cofactors(a):
    """By their definition."""
    n = len(a)
    c = np.empty_like(a)
    for i in range(n):
        for j in range(n):
            c[i, j] = (-1) ** (i + j) * np.linalg.det(np.delete(np.delete(a, i, 0), j, 1))
    return c


def gradient(a):
    x = Variable(a)
    y = det(x)
    y.grad = np.ones((), a.dtype)
    y.backward()
    return x.grad.data


@each_type
@pytest.mark.parametrize("n", [1, 2, 3, 5])
def test_the_gradient_is_the_cofactors_whatever_the_rank(n, dtype):
    for rank in range(n + 1):
        a = of_rank(rank, n, dtype=dtype) if rank else np.zeros((n, n), dtype)
        np.testing.assert_allclose(gradient(a), np.conj(cofactors(a)), rtol=1e-9, atol=1e-9)


@each_type
@pytest.mark.parametrize("rank", [0, 1, 2, 3])
def test_higher_derivatives_are_slopes_whatever_the_rank(rank, dtype):
    a = of_rank(rank, 3, dtype=dtype) if rank else np.zeros((3, 3), dtype)
    slopes_at(det, a)


def test_the_second_derivative_at_a_matrix_singular_but_for_rounding():
    a = np.arange(9.0).reshape(3, 3)
    assert np.linalg.det(a) == pytest.approx(0, abs=1e-14)
    x = Variable(a)
    det(x).backward(create_graph=True)
    g = x.grad
    x.cleargrad()
    (g[0, 0] + 2 * g[2, 1]).backward()
    wanted = np.zeros((3, 3))
    wanted[1:, 1:] += [[8.0, -7.0], [-5.0, 4.0]]  # of x11 * x22 - x12 * x21
    wanted[:2, [0, 2]] -= 2 * np.array([[5.0, -3.0], [-2.0, 0.0]])  # of x00 * x12 - x02 * x10
    np.testing.assert_allclose(x.grad.data, wanted, atol=1e-12)


def test_regular_and_singular_matrices_in_one_batch():
    a = np.stack([drawn(3, 3), of_rank(2, 3), np.zeros((3, 3)), np.diag([2.0, 0.0, 3.0])])
    x = Variable(a)
    det(x).sum().backward()
    np.testing.assert_allclose(x.grad.data, [cofactors(m) for m in a], atol=1e-12)
    slopes_at(det, a)


def test_singular_values_that_are_small_but_not_0():
    a = np.diag([1.0, 1e-100, 1e-220])
    np.testing.assert_allclose(gradient(a), np.diag([0.0, 1e-220, 1e-100]), rtol=1e-12, atol=1e-300)


def test_a_determinant_too_large_for_a_float():
    a = np.diag([1e200, 2e200])
    with np.errstate(over="ignore"):
        np.testing.assert_allclose(gradient(a), np.diag([2e200, 1e200]))


def test_nan_stays_nan():
    with np.errstate(invalid="ignore"):
        assert np.isnan(gradient(np.array([[np.nan, 1.0], [1.0, 2.0]]))).all()


def test_a_derivative_in_more_directions_than_there_are_rows_is_0():
    x = Variable(np.array([[3.0]]))
    y = det(x) * 2
    y.backward(create_graph=True)
    g = x.grad
    x.cleargrad()
    g.sum().backward()
    assert x.grad is None or not x.grad.data.any()


def test_float32_stays():
    x = Variable(np.array([[1.0, 2.0], [2.0, 4.0]], np.float32))
    y = det(x)
    y.backward(create_graph=True)
    assert y.dtype == x.grad.dtype == np.float32
    assert x.grad.data.tolist() == pytest.approx(np.array([[4.0, -2.0], [-2.0, 1.0]]))


def test_the_logarithm_of_a_singular_matrix_has_no_gradient():
    x = Variable(np.array([[1.0, 2.0], [2.0, 4.0]]))
    sign, log = slogdet(x)
    assert (sign.data, log.data) == (0.0, -np.inf)
    with pytest.raises(np.linalg.LinAlgError, match="Singular"):
        log.backward()
    assert x.grad is None


def test_the_sign_alone_has_a_gradient_where_it_is_complex():
    slopes_at(lambda x: slogdet(x)[0], drawn(3, 3, dtype=complex))
    slopes_at(lambda x: slogdet(x).logabsdet, drawn(3, 3, dtype=complex))
    x = Variable(drawn(3, 3))
    np.linalg.slogdet(x).sign.backward()
    assert not x.grad.data.any()


def test_the_class_of_the_result_is_numpys():
    assert type(slogdet(Variable(np.eye(2)))) is type(np.linalg.slogdet(np.eye(2)))
    assert type(slogdet(np.eye(2))) is type(np.linalg.slogdet(np.eye(2)))


@pytest.mark.parametrize("f", [np.linalg.det, np.linalg.slogdet])
def test_what_is_not_square_is_numpys_error(f):
    for shape in [(2, 3), (3,), (2, 3, 2)]:
        with pytest.raises(np.linalg.LinAlgError):
            f(Variable(np.ones(shape)))
    with pytest.raises(TypeError):
        f(Variable(np.eye(2)), out=np.zeros(()))
