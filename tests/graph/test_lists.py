"""Lists and tuples with Variables inside are arrays beside a Variable, as lists are to NumPy."""

import numpy as np
import pytest

import leopard
from leopard import Function, Variable, grad
from leopard.testing import check_grads

AT = np.array([0.5, 1.2])


def assigned(x):
    y = x * 1.0
    y += [x[0], 2.0]
    return y * y


CASES = {
    "product": lambda x: [x[0], x[1]] * x,
    "product from the right": lambda x: x * [x[0], 2.0],
    "difference of a tuple": lambda x: (x[0], 2.0) - x,
    "quotient": lambda x: x / (2.0, x[1]),
    "power": lambda x: x ** [x[0], 2.0],
    "exponent": lambda x: [x[0], 2.0] ** x,
    "a ufunc": lambda x: np.multiply([x[0], x[1]], x),
    "a ufunc with a type": lambda x: np.add([x[0], 2.0], x, dtype=float),
    "extrema": lambda x: np.maximum([x[0] * 2, 2.0], x),
    "nested": lambda x: [[x[0]], [x[1]]] * x,
    "product of matrices": lambda x: x @ [[x[0], x[1]], [1.0, x[0]]],
    "product of vectors": lambda x: [x[0], x[1]] @ x,
    "a comparison": lambda x: x * (x >= [x[0] - 1, 2.0]),
    "an assignment": assigned,
    "numbers alone": lambda x: x * [[1.0, 2.0], [3.0, 4.0]],
}


@pytest.mark.parametrize("case", CASES)
def test_they_have_numpys_values_and_their_slopes(case):
    f = CASES[case]
    np.testing.assert_array_equal(f(Variable(AT)).data, f(Array(AT)))
    check_grads(f, (AT,), order=2)
    slope = grad(lambda x: np.sum(f(x)))
    compiled = leopard.compile(slope)
    for x in (AT, AT, AT + 0.125):
        np.testing.assert_array_equal(compiled(x), slope(x))
    assert compiled.info().hits == 1


class Array(np.ndarray):
    """An array whose elements are arrays, so that a list of them is one to NumPy's operators, too."""

    def __new__(cls, x):
        return np.asarray(x).view(cls)


def test_a_list_of_numbers_takes_no_gradient():
    x = Variable(AT)
    y = x * [[1, 2], [3, 4]]
    assert len([v for v in y.creator.inputs if v.creator is not None]) == 0
    y.backward()
    assert x.grad.data.tolist() == [4.0, 6.0]


def test_a_class_of_ones_own_takes_lists():
    class Double(Function):
        def forward(self, x):
            return 2 * x

        def backward(self, gy):
            return 2 * gy

    np.testing.assert_array_equal(grad(lambda x: np.sum(Double()([x[0], 3.0])))(AT), [2.0, 0.0])


def test_a_list_of_other_things_is_refused():
    with pytest.raises((TypeError, ValueError)):
        Variable(AT) * [object(), 1.0]
    with pytest.raises(ValueError):
        Variable(AT) * [[1.0], [1.0, 2.0]]
