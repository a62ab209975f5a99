"""Pseudoinverses and least squares: equal singular values, ranks, what is cut off, and the forms."""

import numpy as np
import pytest

from leopard import Variable
from leopard.functions.linalg.least_squares import (
    lstsq,
    pinv,
)
from tests.matrices import drawn, slopes_at, unitary

each_type = pytest.mark.parametrize("dtype", [float, complex])


def with_singular_values(s, m, n, dtype=float):
    s = np.array(s)
    k = len(s)
    return unitary(m, dtype)[:, :k] * s @ np.conj(unitary(n, dtype, 1)[:, :k].T)


@each_type
@pytest.mark.parametrize("shape", [(3, 3), (5, 3), (3, 4)], ids=str)
@pytest.mark.parametrize("s", [[1.0, 1.0, 1.0], [3.0, 0.5, 0.5]])
def test_equal_singular_values_make_no_difference(s, shape, dtype):
    slopes_at(pinv, with_singular_values(s, *shape, dtype))


@each_type
@pytest.mark.parametrize("shape", [(3, 3), (4, 3), (3, 5)], ids=str)
def test_what_is_cut_off_moves_what_is_kept(shape, dtype):
    """Exactly 0.3 of the largest is 0.9: two singular values are kept."""
    slopes_at(lambda x: pinv(x, rcond=0.3), with_singular_values([3.0, 1.5, 0.5], *shape, dtype))
    slopes_at(lambda x: pinv(x, rcond=0.3), with_singular_values([3.0, 3.0, 0.5], *shape, dtype), orders=[1])
    slopes_at(lambda x: pinv(x, rcond=0.6), with_singular_values([3.0, 0.5, 0.5], *shape, dtype), orders=[1])


def test_a_batch_with_a_limit_for_each():
    a = np.stack([with_singular_values([3.0, 1.0], 3, 2), with_singular_values([3.0, 1.0], 3, 2)])
    slopes_at(lambda x: pinv(x, rcond=np.array([0.5, 1e-15])), a)


def test_along_matrices_of_the_same_rank():
    """Golub's and Pereyra's own case: a step that does not change the rank."""
    left, right, turn = drawn(4, 2), drawn(2, 3, seed=1), drawn(4, 2, seed=2)
    c = drawn(3, 4, seed=3)
    t = Variable(np.array(0.0))
    y = pinv((left + t * turn) @ right)
    (y * c).sum().backward()
    f = lambda t: (np.linalg.pinv((left + t * turn) @ right) * c).sum()  # noqa: E731
    assert t.grad.data == pytest.approx((f(1e-5) - f(-1e-5)) / 2e-5, rel=1e-7)


@each_type
def test_hermitian_reads_the_lower_triangle(dtype):
    a = drawn(3, 3, dtype=dtype) + 4 * np.diag([1.0, 2.0, 3.0])
    x = Variable(np.where(np.tri(3, dtype=bool), a, np.nan))
    (np.abs(pinv(x, hermitian=True)) ** 2).sum().backward()
    g = x.grad.data
    x = Variable(a)
    (np.abs(pinv(x, hermitian=True)) ** 2).sum().backward()
    np.testing.assert_allclose(x.grad.data, g)
    assert not np.triu(g, 1).any()


def test_the_two_names_of_the_limit():
    a = with_singular_values([3.0, 1.0], 3, 2)
    for options in [{}, {"rcond": 0.5}, {"rtol": 0.5}, {"rtol": None}, {"rcond": None}]:
        np.testing.assert_array_equal(pinv(Variable(a), **options).data, np.linalg.pinv(a, **options))
    with pytest.raises(ValueError, match="both"):
        pinv(Variable(a), 0.5, rtol=0.5)
    with pytest.raises(ValueError, match="both"):
        np.linalg.pinv(Variable(a), 0.5, rtol=0.5)


@each_type
def test_every_output_of_least_squares_has_its_slopes(dtype):
    tall, wide = drawn(4, 2, dtype=dtype), drawn(2, 4, dtype=dtype)
    b = drawn(4, 3, dtype=dtype, seed=1)
    for i in (0, 1, 3):
        slopes_at(lambda a, b, i=i: lstsq(a, b)[i], tall, b)
    for i in (0, 3):
        slopes_at(lambda a, b, i=i: lstsq(a, b)[i], wide, b[:2])
    slopes_at(lambda a, b: lstsq(a, b)[1], tall, b[:, 0])


def test_equal_columns_that_are_orthogonal():
    slopes_at(lambda a, b: lstsq(a, b)[0], np.eye(4, 2), drawn(4))


def test_the_rank_is_an_integer_without_a_gradient():
    a = Variable(drawn(4, 2))
    rank = lstsq(a, drawn(4))[2]
    assert (rank.data, rank.dtype.kind) == (2, "i")


def test_the_residuals_of_a_matrix_of_less_than_full_rank_are_empty():
    a, b = Variable(np.ones((3, 2))), Variable(drawn(3))
    x, residuals, rank, _ = np.linalg.lstsq(a, b)
    assert residuals.shape == (0,)
    assert rank.data == 1
    (x * [1.0, 2.0]).sum().backward()
    np.testing.assert_allclose(b.grad.data, np.full(3, 0.5))


def test_what_numpy_refuses_is_refused():
    with pytest.raises(np.linalg.LinAlgError):
        lstsq(Variable(np.ones((3, 2))), np.ones(4))
    with pytest.raises(np.linalg.LinAlgError):
        lstsq(Variable(np.ones((2, 3, 2))), np.ones(3))
    with pytest.raises(np.linalg.LinAlgError):
        pinv(Variable(np.ones(3)))
    with pytest.raises(TypeError):
        np.linalg.lstsq(Variable(np.ones((3, 2))), np.ones(3), tol=1)
