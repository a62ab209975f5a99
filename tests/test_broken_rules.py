"""The laws notice faults: each test here breaks something on purpose, and a law must fail."""

import numpy as np
import pytest

from leopard import Variable, functions, no_grad
from leopard._numeric.loops import Recipe
from leopard.functions.basic.arithmetic import Abs, Add, Div, Mul, Neg, Sub
from leopard.functions.basic.indexing import AddAt, GetItem
from leopard.functions.basic.shape import Duplicate, Reshape, Transpose
from leopard.functions.linalg.matmul import MatMul
from leopard.functions.manipulation.joining import Concatenate
from leopard.functions.math.exponentials import Exp
from leopard.functions.math.hyperbolic import Tanh
from leopard.functions.math.powers import Pow, Square
from leopard.functions.math.sums import Sum
from leopard.functions.math.trigonometry import Cos, Sin
from leopard.functions.statistics.averages import Mean
from tests import laws
from tests.faults import NOTICED, broken, stale


def rng():
    return np.random.default_rng(13)


def cases_of(cls):
    if issubclass(cls, laws.Elementwise):
        return laws.elementwise_cases(cls)
    if cls is Concatenate:
        return [c for c in laws.ARRAY_CASES if c.name == "concatenate"]
    return list(laws.class_cases(GetItem if cls is AddAt else cls))


def first_order(cls, create_graph):
    for case in cases_of(cls):
        laws.gradient_is_the_slope(case, rng(), create_graph)
        laws.kernel_and_rule_agree(case, rng())


def second_order(cls):
    for case in cases_of(cls):
        laws.derivative_is_the_slope_of_the_one_below(case, rng(), 2)


WRONG = {
    "Sin with the wrong sign": (Sin, lambda f, gy: -gy * functions.cos(f.inputs[0])),
    "Cos with the wrong sign": (Cos, lambda f, gy: gy * functions.sin(f.inputs[0])),
    "Neg with the wrong sign": (Neg, lambda f, gy: gy),
    "Add with the wrong sign": (Add, lambda f, gy: (gy, -gy)),
    "Sub with its partials swapped": (Sub, lambda f, gy: (-gy, gy)),
    "Mul with its partials swapped": (Mul, lambda f, gy: (gy * f.inputs[0], gy * f.inputs[1])),
    "Div with its partials swapped": (Div, lambda f, gy: (-gy / f.inputs[1] * f.output, gy / f.inputs[1])),
    "Pow with its partials swapped": (
        Pow,
        lambda f, gy: (
            gy * f.output * functions.log(f.inputs[0]),
            gy * f.inputs[1] * f.output / f.inputs[0],
        ),
    ),
    "Square without its factor": (Square, lambda f, gy: f.inputs[0] * gy),
    "Exp without its upstream gradient": (Exp, lambda f, gy: f.output + 0 * gy),
    "Tanh with a square forgotten": (Tanh, lambda f, gy: gy * (1 - f.output)),
    "Div with a factor that is 1 at 1": (
        Div,
        lambda f, gy: (gy / f.inputs[1], -gy * f.inputs[0] / f.inputs[1]),
    ),
    "Abs without its sign": (Abs, lambda f, gy: gy * 1.0),
    "Mul with a gradient of None": (Mul, lambda f, gy: (gy * f.inputs[1], None)),
    "Sum that divides": (Sum, lambda f, gy: f.spread(gy / 2)),
    "Mean that does not divide": (Mean, lambda f, gy: f.spread(gy)),
    "Reshape that reverses": (Reshape, lambda f, gy: gy.reshape(-1)[::-1].reshape(f.inputs[0].shape)),
    "Transpose by its own axes again": (Transpose, lambda f, gy: functions.transpose(gy, f.axes)),
    "MatMul with its operands swapped": (
        MatMul,
        lambda f, gy: tuple(reversed(matmul_rule(f, gy))),
    ),
    "GetItem that forgets repeats": (GetItem, lambda f, gy: put(gy.data, f.index, f.inputs[0].shape)),
    "Concatenate with its parts swapped": (
        Concatenate,
        lambda f, gy: tuple(reversed(concatenate_rule(f, gy))),
    ),
}
matmul_rule, concatenate_rule = MatMul.backward, Concatenate.backward


def put(gy, index, shape):
    gx = np.zeros(shape)
    gx[index] = gy
    return gx


@pytest.mark.parametrize("create_graph", [False, True])
@pytest.mark.parametrize("fault", WRONG)
def test_a_wrong_rule_is_noticed_by_either_walk(fault, create_graph):
    cls, rule = WRONG[fault]
    first_order(cls, create_graph)
    with broken(cls, rule), pytest.raises(NOTICED):
        first_order(cls, create_graph)
    first_order(cls, create_graph)


@pytest.mark.parametrize("fault", WRONG)
def test_a_wrong_rule_is_noticed_by_check_grads(fault):
    cls, rule = WRONG[fault]

    def checked():
        for case in cases_of(cls):
            laws.derivatives_are_checked(case, rng())

    with broken(cls, rule), pytest.raises(NOTICED):
        checked()
    checked()


def test_a_wrong_rule_is_noticed_at_scalars_alone():
    for cls, rule in [WRONG["Sin with the wrong sign"], WRONG["Mul with its partials swapped"]]:
        (case,) = [c for c in laws.elementwise_cases(cls) if set(c.shapes) == {()}]
        with broken(cls, rule), pytest.raises(AssertionError):
            laws.gradient_is_the_slope(case, rng())


def first_order_only(f, gy):
    return gy.data * np.cos(f.inputs[0].data)


def test_a_rule_that_loses_the_graph_is_right_once_and_noticed_at_the_second_order():
    with broken(Sin, first_order_only):
        first_order(Sin, create_graph=False)
        first_order(Sin, create_graph=True)
        with pytest.raises(AssertionError):
            second_order(Sin)
    second_order(Sin)


def test_a_putting_back_that_cannot_be_differentiated_is_noticed_at_the_second_order():
    with broken(AddAt, lambda f, ggx: None), pytest.raises(NOTICED):
        second_order(AddAt)


def recipe_of(cls, mask=1):
    cls.operation(*[Variable(np.array(0.7)) for _ in range(cls.n_inputs)]).backward()
    recipe = cls.operation.recipes[mask]
    assert isinstance(recipe, Recipe)
    return recipe


@pytest.mark.parametrize(
    ("cls", "other", "mask"), [(Sin, Cos, 1), (Tanh, Exp, 1), (Mul, Div, 3), (Sub, Add, 3)], ids=str
)
def test_a_kernel_of_another_operation_is_noticed(cls, other, mask):
    recipe = recipe_of(other, mask)
    with stale(cls.operation, [None] * mask + [recipe]):
        with pytest.raises(AssertionError):
            laws.compiled_and_recorded_rules_agree(cls, rng())
        with pytest.raises(AssertionError):
            first_order(cls, create_graph=False)
        with pytest.raises(AssertionError):
            first_order(cls, create_graph=True)  # the recorded walk runs the list, too
    laws.compiled_and_recorded_rules_agree(cls, rng())


def test_a_kernel_that_is_off_by_one_rounding_is_noticed():
    """y**2 / 3 * 3 in the place of y**2: the law of slopes does not notice it, the law of last bits does."""
    gy, y, one, three = 0, 1, 3, 4
    steps = [
        (np.multiply, (y, y)),
        (np.true_divide, (5, three)),
        (np.multiply, (6, three)),
        (np.subtract, (one, 7)),
        (np.multiply, (gy, 8)),
    ]
    with stale(Tanh.operation, [None, Recipe(1, [1.0, 3.0], steps, [9])]):
        first_order(Tanh, create_graph=False)
        with pytest.raises(AssertionError):
            laws.compiled_and_recorded_rules_agree(Tanh, rng())


def test_a_kernel_with_its_results_swapped_is_noticed():
    recipe = Recipe(2, [], [(np.negative, (0,))], [4, 0])
    with stale(Sub.operation, [None, None, None, recipe]), pytest.raises(AssertionError):
        laws.compiled_and_recorded_rules_agree(Sub, rng())


def test_a_wrong_value_is_noticed():
    right = laws.elementwise_cases(Sin)[0]
    wrong = laws.Case("", "sin", functions.cos, np.sin, right.shapes, right.domain)
    with pytest.raises(AssertionError):
        laws.value_is_numpys(wrong, rng())
    upcast = laws.Case("", "sin", lambda x: functions.sin(x.astype("f8")), np.sin, ((3,),), right.domain)
    with pytest.raises(AssertionError):
        laws.value_is_numpys(upcast, rng(), np.float32)


@pytest.mark.parametrize(
    "other",
    [np.nextafter(np.array(1.0), 2, out=np.array(0.0)), np.array([1.0]), np.float64(1.0), 1.0, np.array(1)],
    ids=repr,
)
def test_sameness_is_to_the_last_bit_in_dtype_and_shape(other):
    assert laws.same(np.array(1.0), np.array(1.0))
    assert not laws.same(np.array(1.0), other)


def test_sameness_distinguishes_signed_zeros_and_nan():
    assert laws.same(np.array(np.nan), np.array(np.nan))
    assert not laws.same(np.array(np.nan), np.array(0.0))
    assert not laws.same(np.array(0.0), np.array(-0.0))


def test_generations_out_of_order_are_an_error_never_a_wrong_gradient():
    x = Variable(np.array(2.0))
    a = x * x
    b = functions.exp(a) * a
    y = b + functions.sin(a)
    a.creator.generation = 3
    with pytest.raises(RuntimeError, match="generation"):
        y.backward()
    assert x.grad is None


def test_a_gradient_of_the_wrong_shape_or_number_is_an_error():
    x = Variable(np.ones((2, 3)))
    rules = [
        lambda f, gy: gy.reshape(6),
        lambda f, gy: (gy, gy),
        lambda f, gy: "gradient",
        lambda f, gy: gy.data.astype(str),
    ]
    for rule in rules:
        with broken(Duplicate, rule), pytest.raises((ValueError, TypeError)):
            functions.duplicate(x).backward()
        assert x.grad is None


def test_everything_is_as_it_was_afterwards():
    rules = {cls: cls.backward for cls in laws.CLASSES}
    with broken(Sin, first_order_only), stale(Tanh.operation, [None, False]):
        pass
    assert all(cls.backward is rule for cls, rule in rules.items())
    with no_grad():
        assert Sin.operation(Variable(np.array(0.0))).creator is None
    laws.compiled_and_recorded_rules_agree(Sin, rng())
    laws.compiled_and_recorded_rules_agree(Tanh, rng())
