"""What is particular to taking elements: every form of an index, repeats, masks, and choosing."""

import numpy as np
import pytest

from leopard import Variable, functions
from tests import laws
from tests.laws import same

INDICES = [
    0, -1, np.int64(1), slice(None), slice(1, None), slice(None, None, -2), Ellipsis, None, (), (0, 1),
    (slice(None), 0), (Ellipsis, -1), (None, 1, None), (0, Ellipsis, None), [1, 0], [1, 1, 1], [-1, 3],
    [[0, 1], [1, 3]], (slice(None), [0, 0]), ([0, 3], [1, 1]), ([[0], [3]], [0, 0]), (2, [0, 0, 1]),
    (slice(None, None, -1), None, [1, 1]), ([0, 0], slice(None), 1), (0, slice(None), [1, 1]),
    np.array([2, 2]), np.array(1), (np.array([0, 0, 1]), slice(1, None)), [], np.zeros((0, 2), int),
    np.array([True, False, True, True]), [True, False, True, True],
    (slice(None), np.array([True, True, False])),
    np.arange(12).reshape(4, 3) % 2 == 0, np.zeros(4, bool), (np.array([True, False, True, False]), [0, 0]),
    True, False, np.array(True), (np.int64(2), np.int32(-1)),
    (slice(0, 2), [1, 1], None), (Ellipsis, [0, 2, 2]), (np.uint8(1), np.array([2, 2], np.uint8)),
]  # fmt: skip


@pytest.mark.parametrize("index", INDICES, ids=repr)
def test_every_form_of_an_index_is_numpys(index):
    case = laws.own_case("getitem", [(4, 3, 3)], lambda x: x[index], lambda x: x[index])
    rng = np.random.default_rng(6)
    laws.value_is_numpys(case, rng)
    for create_graph in (False, True):
        laws.gradient_is_the_slope(case, rng, create_graph)
    laws.derivative_is_the_slope_of_the_one_below(case, rng, 2)


@pytest.mark.parametrize("create_graph", [False, True])
def test_an_element_taken_twice_gets_both_gradients(create_graph):
    x = Variable(np.array([1.0, 2.0, 3.0]))
    y = x[[0, 0, 2, 0, -1]]
    y.grad = np.arange(1.0, 6.0)
    y.backward(create_graph=create_graph)
    assert same(x.grad.data, np.array([1.0 + 2 + 4, 0.0, 3.0 + 5]))


def test_a_variable_of_integers_is_an_index():
    x, i = Variable(np.array([1.0, 2.0, 3.0])), Variable(np.array([2, 2]))
    y = x[i]
    y.backward()
    assert same(y.data, np.array([3.0, 3.0]))
    assert same(x.grad.data, np.array([0.0, 0.0, 2.0]))
    assert i.grad is None


def test_a_comparison_of_variables_is_a_mask():
    x = Variable(np.array([1.0, -2.0, 3.0]))
    y = x[x > 0]
    y.backward()
    assert same(x.grad.data, np.array([1.0, 0.0, 1.0]))


def test_an_index_changed_after_the_call_changes_nothing():
    for index, other in [(np.array([0, 1]), 2), ([0, 1], 2), (np.array([True, True, False]), False)]:
        x = Variable(np.array([1.0, 2.0, 3.0]))
        y = x[index]
        index[0] = other
        y.backward()
        assert same(x.grad.data, np.array([1.0, 1.0, 0.0]))


def test_a_mask_changed_after_where_changes_nothing():
    mask = np.array([True, False])
    a, b = Variable(np.ones(2)), Variable(np.ones(2))
    y = functions.where(mask, a, b)
    mask[:] = False
    y.backward()
    assert same(a.grad.data, np.array([1.0, 0.0]))
    assert same(b.grad.data, np.array([0.0, 1.0]))


@pytest.mark.parametrize(
    "index", [4, -5, (0, 3), [0, 9], (0, 0, 0), np.zeros(3, bool), 1.0, "a", [0.5]], ids=repr
)
def test_an_index_that_numpy_refuses_is_its_index_error(index):
    with pytest.raises(IndexError):
        np.ones((4, 3))[index]
    with pytest.raises(IndexError):
        Variable(np.ones((4, 3)))[index]


def test_a_scalar_has_no_elements():
    with pytest.raises(IndexError):
        Variable(np.array(1.0))[0]
    with pytest.raises(TypeError, match="0-d"):
        iter(Variable(np.array(1.0)))


def test_iteration_and_unpacking_lead_back():
    x = Variable(np.array([1.0, 2.0]))
    a, b = x
    (a * b * b).backward()
    assert same(x.grad.data, np.array([4.0, 4.0]))


def test_taking_and_putting_back_are_adjoint():
    rng = np.random.default_rng(7)
    for index in [[0, 0, 3], (slice(None), 1), np.array([True, False, True, True])]:
        a = rng.standard_normal((4, 3))
        x = Variable(a)
        y = x[index]
        y.grad = rng.standard_normal(y.shape)
        inner = np.vdot(y.grad.data, y.data)
        y.backward()
        assert np.vdot(x.grad.data, a) == pytest.approx(inner)


# -- where ---------------------------------------------------------------------------------------

M = np.array([[True, False, True], [False, False, True]])


@pytest.mark.parametrize(
    "shapes", [((2, 3), (2, 3)), ((3,), (2, 1)), ((), (2, 3)), ((2, 3), ()), ((4, 1, 1), ())]
)
@pytest.mark.parametrize(
    "mask", [M, M[0], M[:, :1], np.array(True), [True, False, True], 1.0, np.array([0, 2, 0])], ids=repr
)
def test_where_is_numpys_whatever_is_broadcast(mask, shapes):
    case = laws.own_case(
        "where", shapes, lambda a, b: np.where(mask, a, b), lambda a, b: np.where(mask, a, b)
    )
    rng = np.random.default_rng(8)
    laws.value_is_numpys(case, rng)
    for create_graph in (False, True):
        laws.gradient_is_the_slope(case, rng, create_graph)


def test_where_lets_nothing_through_from_the_other_side():
    x = Variable(np.array([-1.0, 4.0]))
    with np.errstate(invalid="ignore"):
        root = functions.sqrt(x)
        functions.where(x.data > 0, root, 0.0).backward()
    assert x.grad.data[1] == 0.25


@pytest.mark.parametrize("dtype", [np.float32, np.float16])
def test_where_with_a_python_number_keeps_the_dtype(dtype):
    x = Variable(np.ones(2, dtype))
    y = functions.where(np.array([True, False]), x, 0.0)
    assert y.dtype == np.where(np.array([True, False]), x.data, 0.0).dtype
    y.backward()
    assert x.grad.dtype == dtype


def test_where_of_a_mask_alone_has_no_gradient_to_give():
    with pytest.raises(TypeError):
        np.where(Variable(np.array([1.0, 0.0])))
