"""What is particular to functions applied along axes, and of numbers applied to arrays."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import leopard.functions.functional
from leopard import Variable
from leopard.functions.functional import vectorize
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
    assert leopard.functions.functional.apply_over_axes(np.sum, a, 0).shape == (1, 3)


# -- vectorize: the forms of NumPy's own, and its refusal --------------------------------------------------

X = np.array([[1.0, -2.0], [3.0, -4.0]])


def leaky(x, slope=0.5):
    return x if x > 0 else x * slope


def test_numpys_own_is_an_error():
    with pytest.raises(TypeError, match=r"would lose the gradient.*leopard.vectorize"):
        np.vectorize(leaky)(Variable(X))
    with pytest.raises(TypeError, match="no derivative in leopard"):
        np.frompyfunc(leaky, 1, 1)(Variable(X))


@pytest.mark.parametrize("create_graph", [False, True])
def test_arguments_are_broadcast_and_each_has_its_gradient(create_graph):
    x, slope = Variable(X), Variable(np.array([0.5, 0.25]))
    y = vectorize(leaky)(x, slope)
    assert same(y.data, np.vectorize(leaky)(X, slope.data))
    y.backward(create_graph=create_graph)
    assert same(x.grad.data, np.array([[1.0, 0.25], [1.0, 0.25]]))
    assert same(slope.grad.data, np.array([0.0, -6.0]))


def test_keywords_excluded_arguments_types_and_decorators():
    @vectorize
    def twice(x):
        """Two of it."""
        return 2 * x

    x = Variable(X)
    assert same(twice(x).data, 2 * X)
    assert (twice.__name__, twice.__doc__) == ("twice", "Two of it.")
    assert same(vectorize(leaky)(x, slope=2.0).data, np.vectorize(leaky)(X, slope=2.0))
    assert same(vectorize(leaky)(X, slope=Variable(np.array(2.0))).data, np.vectorize(leaky)(X, slope=2.0))
    sized = vectorize(lambda x, words: x * len(words), excluded=[1])
    assert same(sized(x, ["a", "b"]).data, 2 * X)
    named = vectorize(lambda x, words: x * len(words), excluded={"words"})
    assert same(named(x, words=["a", "b"]).data, 2 * X)
    assert vectorize(leaky, otypes="f")(x).dtype == np.float32
    assert vectorize(leaky, otypes=[np.float32])(x).dtype == np.float32


def test_a_function_may_return_several():
    x = Variable(X)
    y, z = vectorize(lambda x: (x * x, -x))(x)
    (np.sum(y) + np.sum(z)).backward()
    assert same(x.grad.data, 2 * X - 1)
    y, z = vectorize(lambda x: (x * x, -x), otypes="fd")(x)
    assert (y.dtype, z.dtype) == (np.float32, np.float64)


def test_no_elements_are_numpys_error_unless_the_types_are_given():
    x = Variable(np.zeros((0, 2)))
    with pytest.raises(ValueError, match="size 0 inputs"):
        vectorize(leaky)(x)
    assert same(vectorize(leaky, otypes="d")(x).data, np.zeros((0, 2)))
    y, z = vectorize(leaky, otypes="df")(x)
    assert (y.dtype, z.dtype, z.shape) == (np.float64, np.float32, (0, 2))


def test_without_variables_it_is_numpys():
    f = vectorize(leaky)
    assert isinstance(f, np.vectorize)
    assert same(f(X), np.vectorize(leaky)(X))
    assert same(vectorize(np.sum, signature="(n)->()")(X), X.sum(axis=1))
    with pytest.raises(TypeError, match="signature"):
        vectorize(np.sum, signature="(n)->()")(Variable(X))


def test_shapes_that_do_not_broadcast_are_an_error():
    with pytest.raises(ValueError, match="broadcast"):
        vectorize(leaky)(Variable(X), np.ones(3))
