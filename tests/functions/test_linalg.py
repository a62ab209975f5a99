"""What is particular to products of matrices: all combinations of axes, and the errors."""

import itertools

import numpy as np
import pytest

from leopard import Variable, functions
from tests import laws
from tests.laws import same

LEFT = [(3,), (2, 3), (1, 3), (5, 2, 3), (1, 2, 3), (4, 5, 2, 3), (4, 1, 2, 3)]
RIGHT = [(3,), (3, 4), (3, 1), (5, 3, 4), (1, 3, 4), (4, 5, 3, 4), (4, 1, 3, 4)]


@pytest.mark.parametrize(("a", "b"), list(itertools.product(LEFT, RIGHT)), ids=str)
def test_every_combination_of_axes_has_its_value_and_slopes(a, b):
    rng = np.random.default_rng(4)
    case = laws.own_case("matmul", [a, b], functions.matmul, np.matmul)
    laws.value_is_numpys(case, rng)
    for create_graph in (False, True):
        laws.gradient_is_the_slope(case, rng, create_graph)
    laws.derivative_is_the_slope_of_the_one_below(case, rng, 2)


def test_it_is_an_operator_on_either_side():
    rng = np.random.default_rng(5)
    a, b = rng.standard_normal((2, 3)), rng.standard_normal((3, 4))
    for y in [Variable(a) @ Variable(b), a @ Variable(b), Variable(a) @ b, np.matmul(a, Variable(b))]:
        assert same(y.data, a @ b)


def test_a_constant_operand_gets_no_gradient_and_is_not_asked_for_one():
    a, x = np.ones((2, 3)), Variable(np.ones(3))
    y = a @ x
    assert y.creator.wanted == (False, True)
    y.backward()
    assert same(x.grad.data, np.full(3, 2.0))


@pytest.mark.parametrize(
    ("a", "b"), [((2, 3), (4, 5)), ((3,), (4,)), ((2, 3), (2,)), ((3,), (2, 3)), ((5, 2, 3), (5, 2, 3))]
)
def test_inner_sizes_that_differ_are_named(a, b):
    with pytest.raises(ValueError) as error:  # noqa: PT011 (the whole message is compared)
        functions.matmul(Variable(np.ones(a)), Variable(np.ones(b)))
    assert str(error.value) == f"matmul: inner sizes differ, {a} @ {b}"


def test_a_scalar_is_no_matrix():
    for call in [lambda x: x @ np.ones(3), lambda x: np.ones(3) @ x, lambda x: x @ x]:
        with pytest.raises(ValueError, match=r"matmul: a scalar is no matrix.*use \*"):
            call(Variable(np.array(2.0)))


def test_batches_that_do_not_broadcast_are_numpys_error():
    with pytest.raises(ValueError, match="broadcast"):
        functions.matmul(Variable(np.ones((2, 3, 3))), np.ones((4, 3, 3)))


@pytest.mark.parametrize(
    ("a", "b"), [((0, 3), (3, 4)), ((2, 0), (0, 4)), ((2, 3), (3, 0)), ((0,), (0,)), ((0, 2, 3), (3,))]
)
def test_empty_matrices_have_gradients_of_their_shapes(a, b):
    x0, x1 = Variable(np.ones(a)), Variable(np.ones(b))
    y = functions.matmul(x0, x1)
    assert same(y.data, np.asarray(np.matmul(x0.data, x1.data)))
    for create_graph in (False, True):
        y.backward(create_graph=create_graph)
        assert (x0.grad.shape, x1.grad.shape) == (a, b)
