"""What is particular to how elements lie in memory, and to making arrays of what holds Variables."""

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from leopard import Variable
from leopard.functions.manipulation import layout
from leopard.functions.manipulation.layout import array, asarray, ascontiguousarray, asfortranarray
from tests.functions.moving import arrays, assert_moved
from tests.laws import same

orders = st.sampled_from("CFAK")


@given(arrays(), orders)
def test_a_row_of_all_elements_in_any_order(a, order):
    assert_moved(lambda x: np.ravel(x, order), a)
    assert_moved(lambda x: x.ravel(order), a)
    assert_moved(lambda x: x.flatten(order), a)
    assert_moved(lambda x: np.copy(x, order), a)
    assert_moved(lambda x: x.copy(order), a)


@example([(2, 1), (1, 0), (2, 0), (1, 3)])
@given(st.lists(st.tuples(st.integers(1, 3), st.sampled_from([0, 1, 2, 3, -1, -2, 4, 6, -3])), max_size=4))
def test_a_row_of_an_array_of_any_layout(axes):
    shape, steps = [n for n, _ in axes], [8 * step for _, step in axes]
    start = sum(8 * -step * (n - 1) for n, step in axes if step < 0)
    a = np.ndarray(shape, float, np.random.default_rng(1).random(100), start, steps)
    for order in "CFAK":
        assert same(np.ravel(Variable(a), order).data, np.ravel(a, order))
        assert same(Variable(a).flatten(order).data, a.flatten(order))
        y, plain = Variable(a).astype(np.float32, order).data, a.astype(np.float32, order)
        assert (y.flags.c_contiguous, y.flags.f_contiguous) == (
            plain.flags.c_contiguous,
            plain.flags.f_contiguous,
        )


def test_the_method_copies_in_c_order_and_the_function_keeps_the_layout():
    v = Variable(np.ones((2, 3), order="F"))
    assert v.copy().data.flags.c_contiguous
    assert np.copy(v).data.flags.f_contiguous


def test_another_order_is_numpys_error():
    v = Variable(np.ones((2, 3)))
    for call in (
        lambda: np.ravel(v, "B"),
        lambda: v.flatten("B"),
        lambda: np.copy(v, "B"),
        lambda: array(v, order="B"),
    ):
        with pytest.raises(ValueError, match="order"):
            call()


# -- array and its like --------------------------------------------------------------------------


@given(arrays(), orders, st.sampled_from([True, None]), st.integers(0, 4))
def test_an_array_of_one_variable_is_numpys_of_its_data(a, order, copied, ndmin):
    def made(x):
        make = array if isinstance(x, Variable) else np.array
        return make(x, order=order, copy=copied, ndmin=ndmin)

    def taken(x):
        make = asarray if isinstance(x, Variable) else np.asarray
        return make(x, order=order, copy=copied)

    assert_moved(made, a)
    assert_moved(taken, a)
    assert_moved(lambda x: ascontiguousarray(x) if isinstance(x, Variable) else np.ascontiguousarray(x), a)
    assert_moved(lambda x: asfortranarray(x) if isinstance(x, Variable) else np.asfortranarray(x), a)


NESTED = [
    lambda a, v: [a, 1.0, a],
    lambda a, v: [[a, 2], [3, a]],
    lambda a, v: [v, [1.0, a], (a, a)],
    lambda a, v: [[v], [[0, a]], [np.ones(2)]],
    lambda a, v: (a, np.float32(1), True),
    lambda a, v: [[[a]]],
    lambda a, v: v,
    lambda a, v: [1, 2],
    lambda a, v: a,
]


@pytest.mark.parametrize("n", range(len(NESTED)))
@pytest.mark.parametrize("dtype", [None, np.float64, np.float32, complex])
def test_lists_of_variables_and_numbers_become_the_array_that_numpy_makes(n, dtype):
    for kind in (np.float64, np.float32):
        a, v = np.array(2.5, kind), np.array([3.5, 4.5], kind)
        y = array(NESTED[n](Variable(a), Variable(v)), dtype)
        assert type(y) is Variable
        assert same(y.data, np.array(NESTED[n](a, v), dtype))


def test_each_element_gets_its_gradient():
    x, v = Variable(np.array(2.0)), Variable(np.array([3.0, 4.0]))
    y = array([[x, x * x], v, [1.0, 0.0]])
    (y * np.arange(6.0).reshape(3, 2)).backward(create_graph=True)
    assert x.grad.data == 0 + 1 * 4.0
    assert same(v.grad.data, np.array([2.0, 3.0]))
    gx = x.grad
    x.cleargrad()
    gx.backward()
    assert x.grad.data == 2.0


def test_numpys_own_makers_dispatch_by_like():
    x = Variable(np.array(2.0))
    for y in (
        np.array([x, 1.0], like=x),
        np.asarray([x, 1.0], like=x),
        np.asanyarray([x, 1.0], like=x),
        np.ascontiguousarray([x, 1.0], like=x),
        np.asfortranarray([x, 1.0], like=x),
    ):
        assert same(y.data, np.array([2.0, 1.0]))
        assert y.creator is not None


def test_without_like_the_error_has_what_to_write():
    x = Variable(np.array(2.0))
    for make in (np.array, np.asarray, np.asanyarray, np.ascontiguousarray, np.asfortranarray):
        for thing in (x, [x], [[x, 1.0]]):
            with pytest.raises(TypeError):
                make(thing)


def test_as_array_gives_back_what_needs_no_change():
    v = Variable(np.ones((2, 3)))
    assert asarray(v) is v
    assert asarray(v, float) is v
    assert asarray(v, order="C") is v
    assert ascontiguousarray(v) is v
    assert asarray(v, copy=False) is v
    assert asarray(v, np.float32) is not v
    assert asfortranarray(v) is not v
    assert array(v) is not v


def test_a_copy_that_is_forbidden_and_needed_is_an_error():
    v = Variable(np.ones((2, 3)))
    for call in (
        lambda: asarray(v, np.float32, copy=False),
        lambda: asarray(v, order="F", copy=False),
        lambda: array([v, v], copy=False),
        lambda: array([1.0, 2.0], copy=False),
    ):
        with pytest.raises(ValueError, match="copy"):
            call()


def test_parts_of_different_shapes_make_no_array():
    x, v = Variable(np.array(2.0)), Variable(np.ones(2))
    for parts in ([x, v], [[x, x], [x]], [[x], 1.0], [v, [1.0]]):
        with pytest.raises(ValueError, match="shape"):
            array(parts)


def test_a_generator_or_a_dict_of_variables_is_refused():
    x = Variable(np.array(2.0))
    for thing in ((v for v in [x]), {"a": x}, {x}):
        with pytest.raises(TypeError):
            array(thing)


def test_a_long_list_of_scalars_is_one_step_of_the_graph():
    xs = [Variable(np.array(float(k))) for k in range(1000)]
    y = layout.array(xs)
    assert [x is v for x, v in zip(y.creator.inputs, xs, strict=True)] == [True] * 1000
    (y * y).backward()
    assert [float(x.grad.data) for x in xs[:3]] == [0.0, 2.0, 4.0]
