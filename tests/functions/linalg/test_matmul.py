"""What is particular to products of matrices and vectors: all combinations of axes, and the errors."""

import itertools

import numpy as np
import pytest

from leopard import Variable, functions
from leopard.functions.linalg.matmul import vecdot
from tests import laws
from tests.laws import same
from tests.matrices import drawn, slopes_at

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


def test_a_constant_operand_gets_no_gradient_and_none_is_computed():
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
        with pytest.raises(ValueError, match=r"matmul: a scalar is not a matrix.*use \*"):
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


# -- Vectors and matrices ------------------------------------------------------------------------

VECTORS = [(3,), (2, 3), (1, 3), (4, 1, 3), (4, 2, 3)]
each_type = pytest.mark.parametrize("dtype", [float, complex])


@each_type
@pytest.mark.parametrize(("a", "b"), list(itertools.product(VECTORS, VECTORS)), ids=str)
def test_every_combination_of_axes_of_vectors(a, b, dtype):
    x, y = drawn(*a, dtype=dtype), drawn(*b, dtype=complex)
    assert same(vecdot(Variable(x), Variable(y)).data, np.asarray(np.vecdot(x, y)))
    slopes_at(np.vecdot, x, y, orders=[1, 2])


@pytest.mark.parametrize("axis", [0, 1, -1, -2])
def test_vecdot_along_any_axis(axis):
    x, y = drawn(3, 3, dtype=complex), drawn(3, 3)
    assert same(np.linalg.vecdot(Variable(x), y, axis=axis).data, np.vecdot(x, y, axis=axis))
    slopes_at(lambda x, y: vecdot(x, y, axis=axis), x, y, orders=[1, 2])


needs_matvec = pytest.mark.skipif(not hasattr(np, "matvec"), reason="NumPy has matvec since 2.2")


@needs_matvec
@each_type
@pytest.mark.parametrize("vector", [(3,), (4, 3), (2, 1, 3)], ids=str)
@pytest.mark.parametrize("matrix", [(3, 3), (4, 3, 3), (1, 3, 3)], ids=str)
@pytest.mark.parametrize("name", ["matvec", "vecmat"])
def test_every_combination_of_axes_of_a_vector_and_a_matrix(name, matrix, vector, dtype):
    f = getattr(np, name)
    operands = [drawn(*matrix, dtype=dtype), drawn(*vector, dtype=complex)][:: 1 if name == "matvec" else -1]
    assert same(f(*map(Variable, operands)).data, f(*operands))
    slopes_at(f, *operands, orders=[1, 2])


@needs_matvec
@pytest.mark.parametrize(
    "axes", [[(0, 1), (0,), (0,)], [(-1, 0), (1,), (-2,)], [(1, 2), (0,), (1,)]], ids=str
)
def test_the_axes_of_matrices_and_vectors_may_be_named(axes):
    from leopard.functions.linalg.matmul import matvec, vecmat

    x, y = drawn(3, 3, 3), drawn(3, 3)
    assert same(matvec(Variable(x), y, axes=axes).data, np.matvec(x, y, axes=axes))
    slopes_at(lambda x, y: matvec(x, y, axes=axes), x, y, orders=[1, 2])
    axes = [axes[1], axes[0], axes[2]]
    assert same(vecmat(y, Variable(x), axes=axes).data, np.vecmat(y, x, axes=axes))
    slopes_at(lambda x, y: vecmat(y, x, axes=axes), x, y, orders=[1, 2])


def test_lengths_that_differ_are_numpys_error():
    with pytest.raises(ValueError, match="mismatch"):
        vecdot(Variable(np.ones(2)), np.ones(3))
    if hasattr(np, "matvec"):
        with pytest.raises(ValueError, match="mismatch"):
            np.matvec(Variable(np.ones((2, 3))), np.ones(2))
        with pytest.raises(ValueError, match="mismatch"):
            np.vecmat(np.ones(3), Variable(np.ones((2, 3))))


def test_matmul_of_linalg_is_matmul():
    a, b = drawn(2, 3), drawn(3, 2)
    assert same(np.linalg.matmul(Variable(a), b).data, a @ b)
