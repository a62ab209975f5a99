"""What is particular to functions applied along axes."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import leopard.functions.mapping
from leopard import Variable
from tests import laws
from tests.functions.moving import arrays, assert_moved, axes_of, proper_shapes
from tests.laws import same

FUNCTIONS = {
    "a scalar": lambda x: np.sum(x * x),
    "a vector": lambda x: x * x,
    "a shorter vector": lambda x: x[1:],
    "a matrix": lambda x: x[:, None] * x,
    "a number": lambda x: 2.0,
}


@given(arrays(proper_shapes), st.sampled_from(sorted(FUNCTIONS)), st.data())
def test_along_any_axis(a, name, data):
    axis = data.draw(axes_of(a))
    a = a / a.size

    def call(x):
        return np.apply_along_axis(FUNCTIONS[name], axis, x)

    y = call(Variable(a))
    if name == "a number":
        assert same(y, call(a))
        return
    assert same(y.data, call(a))
    case = laws.own_case("apply_along_axis", [a.shape], call)
    rng = np.random.default_rng(1)
    for create_graph in (False, True):
        laws.gradient_is_the_slope(case, rng, create_graph)
    laws.derivative_is_the_slope_of_the_one_below(case, rng, 2)


@given(arrays(proper_shapes), st.data())
def test_rows_that_are_moved_about(a, data):
    axis = data.draw(axes_of(a))
    assert_moved(lambda x: np.apply_along_axis(np.flip, axis, x), a, views=False)
    axes = data.draw(st.permutations(range(-a.ndim, 0)))
    for one_or_all in (axes, axes[0], axes[:1], tuple(axes), np.array(axes)):
        y = np.apply_over_axes(np.sum, Variable(a), one_or_all)
        assert same(y.data, np.apply_over_axes(np.sum, a, one_or_all))
        y.backward()


def test_what_the_function_is_given_besides():
    a = np.arange(6.0).reshape(2, 3)
    x = Variable(a)
    y = np.apply_along_axis(lambda x, k, c=0.0: x * k + c, 1, x, 2.0, c=1.0)
    assert same(y.data, a * 2 + 1)
    y.backward()
    assert same(x.grad.data, np.full((2, 3), 2.0))


def test_plain_results_come_in_plain_arrays():
    a = np.array([[3.0, 1.0], [2.0, 5.0]])
    assert same(np.apply_along_axis(np.argmax, 1, Variable(a)), np.apply_along_axis(np.argmax, 1, a))


def test_the_type_is_that_of_the_first_row():
    a = np.array([[1.0, 2.0], [3.0, 4.0]])

    def call(x):
        return np.apply_along_axis(lambda x: x.astype(np.float32) if x[0] < 2 else x * np.pi, 1, x)

    assert same(call(Variable(a)).data, call(a))


def test_a_function_over_axes_may_leave_them_out_or_keep_them():
    a = np.arange(24.0).reshape(2, 3, 4)
    for f in (np.sum, lambda x, axis: np.sum(x, axis, keepdims=True), lambda x, axis: np.flip(x, axis)):
        assert same(np.apply_over_axes(f, Variable(a), [0, 2]).data, np.apply_over_axes(f, a, [0, 2]))


WRONG = {
    "beyond": lambda x: np.apply_along_axis(np.sum, 2, x),
    "no rows": lambda x: np.apply_along_axis(np.sum, 1, x[:0]),
    "over beyond": lambda x: np.apply_over_axes(np.sum, x, [2]),
    "over too few": lambda x: np.apply_over_axes(lambda x, axis: x[0, 0], x, [0]),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_cannot_be_applied_is_numpys_error(name):
    a = np.ones((2, 3))
    with pytest.raises((ValueError, IndexError)) as numpys:
        WRONG[name](a)
    with pytest.raises(numpys.type):
        WRONG[name](Variable(a))
    assert leopard.functions.mapping.apply_over_axes(np.sum, a, 0).shape == (1, 3)
