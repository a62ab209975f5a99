"""What is particular to single elementwise functions: kinks, ties, edges of the domain, operators."""

import operator
import warnings

import numpy as np
import pytest

from leopard import Variable, functions
from tests.laws import gradients, same, variables

OPERATORS = [operator.add, operator.sub, operator.mul, operator.truediv, operator.pow]
each_operator = pytest.mark.parametrize("op", OPERATORS, ids=lambda op: op.__name__)
recorded_or_not = pytest.mark.parametrize("create_graph", [False, True])


def slopes(call, *numbers, create_graph=False):
    """Gradients at scalars, which go by the recipe, checked against those at arrays of one element."""
    inside = gradients(call, variables([np.array(x) for x in numbers]), create_graph=create_graph)
    flat = gradients(call, variables([np.array([x]) for x in numbers]), create_graph=create_graph)
    for a, b in zip(inside, flat, strict=True):
        assert same(a, b.reshape(()))
    return [g.item() for g in inside]


# -- Operators -----------------------------------------------------------------------------------

OTHERS = [
    2, 3.0, True, -1, 0.5, 2**70, np.float64(2.5), np.float32(0.5), np.int64(2), np.int8(3), np.bool_(True),
    np.array(2.0), np.array(2), np.array([2.0]), np.array([1.0, 2.0]), np.array([[1], [2]]), [1.0, 2.0],
]  # fmt: skip


@each_operator
@pytest.mark.parametrize("other", OTHERS, ids=lambda x: f"{type(x).__name__} {x!r}")
@pytest.mark.parametrize("dtype", [np.float64, np.float32, np.float16])
def test_an_operator_means_what_it_means_between_arrays(op, other, dtype):
    plain = np.array(other) if isinstance(other, list) else other
    for x in [np.array(1.5, dtype), np.array([1.5, 0.75], dtype)]:
        for left in (True, False):
            with np.errstate(all="ignore"):
                wanted = np.asarray(op(x, plain) if left else op(plain, x))
                y = op(Variable(x), other) if left else op(other, Variable(x))
            assert type(y) is Variable
            assert same(y.data, wanted)


@pytest.mark.parametrize(
    "c", [2, 2.0, 0.5, -1, -1.0, 0, 0.0, 1, 1.0, 3, -2, 2.5, True, np.float64(2), np.int64(2)]
)
@pytest.mark.parametrize("dtype", [np.float64, np.float32, np.float16])
def test_a_power_is_that_of_numpys_operator_at_every_base(c, dtype):
    bases = np.array([0.0, -0.0, 1.1, -1.3, 2.7, 1e-5, 3e4, np.inf, -np.inf, np.nan], dtype)
    with np.errstate(all="ignore"):
        assert same((Variable(bases) ** c).data, bases**c)
        for x in bases:
            assert same((Variable(np.array(x)) ** c).data, np.asarray(np.array(x) ** c))


@each_operator
def test_an_assigning_operator_of_a_number_makes_a_new_variable(op):
    x = Variable(np.array(3.0))
    y = x
    y = getattr(operator, f"i{op.__name__.strip('_')}")(y, 2.0)
    assert y is not x
    assert same(x.data, np.array(3.0))
    assert same(y.data, np.asarray(op(x.data, 2.0)))


@each_operator
@pytest.mark.parametrize(
    "stranger", ["text", None, object(), {1: 2}, b"bytes"], ids=lambda x: type(x).__name__
)
def test_a_stranger_beside_an_operator_is_a_type_error(op, stranger):
    x = Variable(np.array(1.0))
    with pytest.raises(TypeError):
        op(x, stranger)
    with pytest.raises(TypeError):
        op(stranger, x)


def test_an_operand_of_another_library_may_take_the_operator_over():
    class Theirs:
        def __radd__(self, other):
            return "theirs"

    assert Variable(np.array(1.0)) + Theirs() == "theirs"


def test_a_power_with_a_modulus_is_refused():
    with pytest.raises(TypeError):
        pow(Variable(np.array(3.0)), 2, 5)


def test_the_number_of_operands_is_read_from_the_function():
    x = Variable(np.array(1.0))
    with pytest.raises(TypeError, match=r"tanh\(\) takes 1 operand, not 2"):
        functions.tanh(x, x)
    with pytest.raises(TypeError, match=r"mul\(\) takes 2 operands, not 1"):
        functions.mul(x)
    with pytest.raises(TypeError, match=r"exp\(\) takes no keyword: where"):
        functions.exp(x, where=True)
    with pytest.raises(TypeError, match=r"add: unsupported operands \(Variable, str\)"):
        functions.add(x, "a")
    with pytest.raises(TypeError, match=r"sin: unsupported operands \(NoneType\)"):
        functions.sin(None)


def test_a_variable_without_data_is_an_error():
    empty = Variable(None)
    for call in [lambda: empty + 1, lambda: 1 / empty, lambda: functions.exp(empty), lambda: -empty]:
        with pytest.raises(ValueError, match=r"holds no data: variable\(None\)"):
            call()


def test_an_array_of_objects_is_refused():
    with pytest.raises(TypeError, match=r"leopard\.array"):
        Variable(np.array([1.0])) + np.array([1.0], dtype=object)


def test_shapes_that_do_not_broadcast_are_numpys_error():
    with pytest.raises(ValueError, match="could not be broadcast"):
        Variable(np.ones(2)) + np.ones(3)


# -- Powers --------------------------------------------------------------------------------------


@recorded_or_not
@pytest.mark.parametrize(
    ("c", "slope"), [(0, 0.0), (0.0, 0.0), (1, 1.0), (1.0, 1.0), (2, 0.0), (3, 0.0), (2.5, 0.0)]
)
def test_a_power_of_zero_has_its_slope_without_a_warning(c, slope, create_graph):
    assert slopes(lambda x: x**c, 0.0, create_graph=create_graph) == [slope]


@recorded_or_not
def test_zero_to_a_variable_power_has_the_slopes_0(create_graph):
    assert slopes(lambda x, c: x**c, 0.0, 2.0, create_graph=create_graph) == [0.0, 0.0]
    assert slopes(lambda x, c: x**c, 0.0, 1.0, create_graph=create_graph) == [1.0, 0.0]
    assert slopes(lambda c: 0.0**c, 2.0, create_graph=create_graph) == [0.0]


@recorded_or_not
@pytest.mark.parametrize("c", [2, 3, -1, -2, 1, 0, 3.0, -3.0])
def test_a_negative_base_with_a_constant_exponent_has_its_slope_without_a_warning(c, create_graph):
    (slope,) = slopes(lambda x: x**c, -1.5, create_graph=create_graph)
    assert slope == pytest.approx(c * (-1.5) ** (c - 1))
    x = Variable(np.array([-1.5, 0.5]))
    (x ** np.array([c, 2.0])).backward(create_graph=create_graph)
    np.testing.assert_allclose(x.grad.data, [c * (-1.5) ** (c - 1), 1.0], rtol=1e-14)


def test_a_negative_base_with_a_variable_exponent_warns_and_keeps_the_slope_of_the_base():
    x, c = Variable(np.array(-1.5)), Variable(np.array(3.0))
    y = x**c
    with pytest.warns(RuntimeWarning, match="invalid value encountered in log"):
        y.backward()
    assert x.grad.data == pytest.approx(6.75)
    assert np.isnan(c.grad.data)


def test_the_slopes_of_a_power_follow_one_another_down_to_zero():
    x = Variable(np.array(2.0))
    y = x**4
    for wanted in [32.0, 48.0, 48.0, 24.0]:
        x.cleargrad()
        y.backward(create_graph=True)
        y = x.grad
        assert y.data == pytest.approx(wanted)


def test_higher_derivatives_of_a_square_at_zero_are_right():
    for c, wanted in [(2, 2.0), (2.0, 2.0), (3, 0.0), (np.array(2.0), 2.0)]:
        x = Variable(np.array(0.0))
        y = x**c
        y.backward(create_graph=True)
        first = x.grad
        x.cleargrad()
        first.backward()
        assert x.grad.data == wanted


# -- Kinks, ties and edges -----------------------------------------------------------------------


@recorded_or_not
def test_the_slope_of_abs_at_zero_is_0(create_graph):
    assert slopes(functions.abs, 0.0, create_graph=create_graph) == [0.0]
    assert slopes(abs, -3.0, create_graph=create_graph) == [-1.0]
    assert slopes(functions.abs, 3.0, create_graph=create_graph) == [1.0]


def test_sign_passes_no_gradient():
    x = Variable(np.array([-2.0, 0.0, 3.0]))
    (functions.sign(x) + x).backward()
    assert same(x.grad.data, np.ones(3))
    assert same(functions.sign(x).data, np.array([-1.0, 0.0, 1.0]))


@recorded_or_not
@pytest.mark.parametrize("name", ["maximum", "minimum"])
def test_a_tie_is_shared_equally(name, create_graph):
    f = getattr(functions, name)
    assert slopes(f, 1.5, 1.5, create_graph=create_graph) == [0.5, 0.5]
    taken = [0.0, 1.0] if name == "maximum" else [1.0, 0.0]
    assert slopes(f, -1.0, 2.0, create_graph=create_graph) == taken
    assert slopes(lambda x: f(x, x), 2.0, create_graph=create_graph) == [1.0]
    assert slopes(lambda x: f(x, 2.0), 2.0, create_graph=create_graph) == [0.5]


@pytest.mark.parametrize("name", ["maximum", "minimum"])
def test_infinities_of_one_sign_are_a_tie(name):
    f = getattr(functions, name)
    assert slopes(f, np.inf, np.inf) == [0.5, 0.5]


@pytest.mark.parametrize("name", ["maximum", "minimum"])
def test_nan_is_passed_on_by_maximum_and_minimum(name):
    f = getattr(functions, name)
    assert np.isnan(f(Variable(np.array(np.nan)), 1.0).data)
    assert np.isnan(f(1.0, Variable(np.array(np.nan))).data)


@pytest.mark.parametrize(
    ("name", "x", "slope", "said"),
    [
        ("sqrt", 0.0, np.inf, "divide by zero encountered in divide"),
        ("log", 0.0, np.inf, "divide by zero encountered in divide"),
        ("reciprocal", 0.0, -np.inf, None),
    ],
)
def test_an_infinite_slope_is_infinite(name, x, slope, said):
    v = Variable(np.array(x))
    with np.errstate(all="ignore"):
        y = getattr(functions, name)(v)
    if said:
        with pytest.warns(RuntimeWarning, match=said):
            y.backward()
    else:
        y.backward()
    assert v.grad.data == slope


def test_a_warning_in_a_rule_may_be_made_an_error_and_leaves_no_gradient():
    x = Variable(np.array(0.0))
    y = functions.sqrt(x)
    with np.errstate(all="raise"), pytest.raises(FloatingPointError) as error:
        y.backward()
    assert x.grad is None
    assert any("Sqrt.backward" in note for note in error.value.__notes__)


def test_division_by_zero_warns_once_as_numpy_does():
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        y = Variable(np.array(1.0)) / 0.0
    assert [str(w.message) for w in said] == ["divide by zero encountered in divide"]
    assert y.data == np.inf


def test_a_saturated_tanh_has_the_slope_0():
    assert slopes(functions.tanh, 40.0) == [0.0]
    assert slopes(functions.tanh, -np.inf) == [0.0]


def test_a_big_python_integer_counts_as_numpy_counts_it():
    x = np.array(2.0)
    for n in [2**53 - 1, 2**53, 2**53 + 1, 2**62, 2**64, -(2**53) - 1]:
        assert same((Variable(x) * n).data, np.asarray(x * n))
        assert same((n - Variable(x)).data, np.asarray(n - x))


def test_integers_are_computed_as_integers():
    n = Variable(np.array([3, 4]))
    assert same((n * 2).data, np.array([6, 8]))
    assert same((n / 2).data, np.array([1.5, 2.0]))
    (n * 2).backward()
    assert same(n.grad.data, np.array([2.0, 2.0]))


# -- Complex numbers -----------------------------------------------------------------------------


@recorded_or_not
@pytest.mark.parametrize("f", [np.abs, np.sign])
def test_a_complex_0_has_the_gradient_0(f, create_graph):
    x = np.array([0j, 3 + 4j])
    start = np.ones(2, f(x).dtype)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        (g,) = gradients(f, variables([x]), start, create_graph=create_graph)
    wanted = {np.abs: 0.6 + 0.8j, np.sign: (1 - (0.6 + 0.8j) * 0.6) / 5}[f]
    np.testing.assert_allclose(g, [0, wanted], rtol=1e-15)
