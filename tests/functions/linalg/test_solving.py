"""Inverses and systems of equations: every form of the right-hand side, and the errors."""

import itertools

import numpy as np
import pytest

from leopard import Variable
from leopard.functions.linalg.solving import (
    inv,
    matrix_power,
    solve,
    tensorinv,
    tensorsolve,
)
from tests.laws import same
from tests.matrices import drawn, slopes_at

MATRICES = [(3, 3), (1, 3, 3), (2, 3, 3), (4, 1, 3, 3), (4, 2, 3, 3)]
SIDES = [(3,), (3, 1), (3, 2), (2, 3, 2), (1, 3, 3), (4, 2, 3, 1)]


@pytest.mark.parametrize(("a", "b"), list(itertools.product(MATRICES, SIDES)), ids=str)
def test_every_combination_of_axes(a, b):
    x, y = drawn(*a) + 4 * np.eye(3), drawn(*b)
    assert same(solve(Variable(x), Variable(y)).data, np.linalg.solve(x, y))
    slopes_at(np.linalg.solve, x, y, orders=[1, 2])


def test_a_constant_matrix_gets_no_gradient():
    b = Variable(drawn(2))
    y = solve(np.array([[2.0, 1.0], [0.0, 1.0]]), b)
    assert y.creator.wanted == (False, True)
    y.sum().backward()
    np.testing.assert_allclose(b.grad.data, [0.5, 0.5])


@pytest.mark.parametrize("n", range(-6, 12))
def test_every_power(n):
    a = drawn(2, 2) + 2 * np.eye(2)
    assert same(matrix_power(Variable(a), n).data, np.linalg.matrix_power(a, n))
    slopes_at(lambda x: np.linalg.matrix_power(x, n) + x, a, orders=[1, 2])


def test_the_power_0_is_a_constant():
    y = matrix_power(Variable(drawn(2, 3, 3)), 0)
    assert same(y.data, np.broadcast_to(np.eye(3), (2, 3, 3)).copy())
    assert y.creator is None


def test_a_power_is_an_integer():
    with pytest.raises(TypeError, match="exponent must be an integer"):
        np.linalg.matrix_power(Variable(np.eye(2)), 1.5)
    assert same(matrix_power(Variable(np.eye(2)), np.int8(2)).data, np.eye(2))


@pytest.mark.parametrize("axes", [None, (0,), (1,), (0, 1), [1, 0], (2,)])
def test_every_order_of_the_axes_of_tensorsolve(axes):
    a = drawn(2, 2, 2, 2) + 3 * np.eye(4).reshape(2, 2, 2, 2)
    b = drawn(2, 2)
    assert same(tensorsolve(Variable(a), b, axes).data, np.linalg.tensorsolve(a, b, axes))
    slopes_at(lambda a, b: np.linalg.tensorsolve(a, b, axes=axes), a, b, orders=[1, 2])


def test_what_numpy_refuses_is_refused():
    singular = Variable(np.ones((2, 2)))
    for f in [
        lambda: np.linalg.inv(singular),
        lambda: np.linalg.inv(Variable(np.ones((2, 3)))),
        lambda: np.linalg.inv(Variable(np.ones(3))),
        lambda: np.linalg.solve(singular, np.ones(2)),
        lambda: np.linalg.matrix_power(singular, -1),
        lambda: np.linalg.matrix_power(Variable(np.ones((2, 3))), 2),
        lambda: np.linalg.matrix_power(Variable(np.ones(3)), 2),
        lambda: np.linalg.tensorinv(Variable(np.ones((2, 3, 2)))),
        lambda: np.linalg.tensorsolve(Variable(np.ones((2, 3))), np.ones(2)),
    ]:
        with pytest.raises(np.linalg.LinAlgError):
            f()
    with pytest.raises(ValueError, match="ind"):
        tensorinv(Variable(np.eye(2)), 0)
    with pytest.raises(ValueError):  # noqa: PT011 (NumPy's)
        solve(Variable(np.eye(2)), np.ones(3))
    with pytest.raises(TypeError):
        np.linalg.inv(Variable(np.eye(2)), out=np.eye(2))


def test_a_number_is_no_matrix():
    for f in (inv, lambda x: solve(x, np.ones(1))):
        with pytest.raises(np.linalg.LinAlgError):
            f(Variable(np.array(2.0)))
