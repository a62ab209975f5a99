"""What is particular to taking elements: every form of an index, repeats, masks, and choosing."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import leopard.functions.basic.indexing
from leopard import Variable, functions
from tests import laws
from tests.functions.moving import arrays, assert_moved, axes_of, proper_shapes
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


@pytest.mark.parametrize("a", [np.array([1.0, 0.0]), np.ones((2, 2)) > 0, np.zeros((2, 0))], ids=str)
def test_where_of_a_condition_alone_returns_indices_in_ndarrays(a):
    got, wanted = np.where(Variable(a)), np.where(a)
    assert type(got) is tuple
    assert all(same(i, j) for i, j in zip(got, wanted, strict=True))


def test_where_takes_one_or_three():
    v = Variable(np.ones(2))
    for call in (lambda v: np.where(v > 0, v), lambda v: np.where(v > 0, v, v, v), lambda v: np.where()):
        with pytest.raises((ValueError, TypeError)):
            call(v.data)
        with pytest.raises((ValueError, TypeError)):
            call(v)


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64, complex, np.complex64, np.int8])
@pytest.mark.parametrize(
    "other", [2, 0.5, 1j, True, np.float64(0.5), np.float32(2), [1, 2], [0.5, 1]], ids=repr
)
def test_where_promotes_as_numpy_does(dtype, other):
    mask, a = np.array([True, False]), np.ones(2, dtype)
    x = Variable(a)
    for y, plain in [
        (np.where(mask, x, other), np.where(mask, a, other)),
        (np.where(mask, other, x), np.where(mask, other, a)),
    ]:
        assert same(y.data, plain)
        if x.dtype.kind in "fc":
            y.grad = np.ones_like(y.data)
            y.backward()
            assert x.grad.dtype == dtype


# -- take and its like ---------------------------------------------------------------------------


@given(arrays(proper_shapes), st.data())
def test_taken_along_any_axis(a, data):
    axis = data.draw(axes_of(a))
    n, m = a.shape[axis], a.size
    numbers = data.draw(st.lists(st.integers(-n, n - 1), max_size=5))
    assert_moved(lambda x: np.take(x, np.array(numbers, int), axis), a)
    assert_moved(lambda x: x.take([numbers, numbers], axis=axis) if numbers else x.take(0, axis), a)
    assert_moved(lambda x: np.take(x, m - 1), a)
    wild = data.draw(st.lists(st.integers(-9, 9), min_size=1, max_size=5))
    for mode in ("wrap", "clip"):
        assert_moved(lambda x, mode=mode: np.take(x, wild, axis, mode=mode), a)
        assert_moved(lambda x, mode=mode: x.take(wild, mode=mode), a)


@given(arrays(proper_shapes), st.data())
def test_taken_along_the_rows_of_an_axis(a, data):
    axis = data.draw(axes_of(a))
    shape = list(a.shape)
    shape[axis] = data.draw(st.integers(0, 4))
    shape = [1 if i != axis % a.ndim and data.draw(st.booleans()) else n for i, n in enumerate(shape)]
    rng = np.random.default_rng(data.draw(st.integers(0, 99)))
    numbers = rng.integers(-a.shape[axis], a.shape[axis], shape)
    assert_moved(lambda x: np.take_along_axis(x, numbers, axis), a)
    flat = rng.integers(-a.size, a.size, 4)
    assert_moved(lambda x: np.take_along_axis(x, flat, None), a)


@given(arrays(proper_shapes), st.data())
def test_taken_by_a_condition(a, data):
    axis = data.draw(axes_of(a))
    holds = data.draw(st.lists(st.booleans(), max_size=a.shape[axis]))
    assert_moved(lambda x: np.compress(holds, x, axis), a)
    assert_moved(lambda x: x.compress(np.array(holds, bool), axis=axis), a)
    assert_moved(lambda x: np.compress(holds, x), a)
    mask = np.random.default_rng(data.draw(st.integers(0, 99))).random(a.shape) < 0.5
    assert_moved(lambda x: np.extract(mask, x), a)


def test_numbers_and_conditions_may_be_variables_and_change_afterwards():
    x, i = Variable(np.array([1.0, 2.0, 3.0])), np.array([0, 0])
    m = np.array([True, False, False])
    for call, index in [
        (lambda i: np.take(x, i), i),
        (lambda i: np.take(x, Variable(i)), i),
        (lambda i: np.take_along_axis(x, i, 0), i),
        (lambda m: np.compress(m, x), m),
        (lambda m: np.extract(Variable(m), x), m),
    ]:
        y = call(index)
        index[0] = 2 if index is i else False
        x.cleargrad()
        y.backward()
        assert same(x.grad.data, np.array([float(y.size), 0.0, 0.0]))
        index[0] = 0 if index is i else True


def test_what_is_left_out_has_no_slope():
    x = Variable(np.array([0.0, 4.0]))
    for call in (
        lambda y: np.take(y, [1]),
        lambda y: np.take_along_axis(y, np.array([1]), 0),
        lambda y: np.compress([False, True], y),
        lambda y: np.extract([False, True], y),
        lambda y: np.where([False, True], y, 0.0),
    ):
        for create_graph in (False, True):
            x.cleargrad()
            call(functions.sqrt(x)).backward(create_graph=create_graph)
            assert same(x.grad.data, np.array([0.0, 0.25]))


WRONG = {
    "take beyond": lambda x: np.take(x, 6),
    "take axis": lambda x: np.take(x, 0, 2),
    "take mode": lambda x: np.take(x, 0, mode="bogus"),
    "along beyond": lambda x: np.take_along_axis(x, np.array([[3]]), 1),
    "along axes": lambda x: np.take_along_axis(x, np.array([0]), 1),
    "compress beyond": lambda x: np.compress([False, False, True], x, 0),
    "compress matrix": lambda x: np.compress([[True]], x),
    "compress axis": lambda x: np.compress([True], x, 2),
    "extract beyond": lambda x: np.extract([False] * 6 + [True], x),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_cannot_be_taken_is_numpys_error(name):
    a = np.ones((2, 3))
    with pytest.raises((ValueError, TypeError, IndexError)) as numpys:
        WRONG[name](a)
    with pytest.raises(numpys.type):
        WRONG[name](Variable(a))


def test_an_array_to_write_into_is_refused():
    v, out = Variable(np.ones(3)), np.zeros(3)
    for call in (
        lambda: np.take(v, [0, 1, 2], out=out),
        lambda: np.take(v, [0, 1, 2], None, out),
        lambda: np.compress([True] * 3, v, out=out),
        lambda: v.take([0, 1, 2], 0, out),
        lambda: v.compress([True] * 3, 0, out),
    ):
        with pytest.raises(TypeError):
            call()
    assert leopard.functions.basic.indexing.take(v.data, [0]).data == 1.0
