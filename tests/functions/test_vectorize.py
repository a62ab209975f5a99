"""A function of numbers over arrays of Variables: the forms of NumPy's own, and its refusal."""

import numpy as np
import pytest

from leopard import Variable
from leopard.functions.vectorize import vectorize
from tests.laws import same

X = np.array([[1.0, -2.0], [3.0, -4.0]])


def leaky(x, slope=0.5):
    return x if x > 0 else x * slope


def test_numpys_own_refuses_and_says_so():
    with pytest.raises(TypeError, match=r"would lose the gradient.*leopard.stack"):
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
