"""What is particular to choosing among several, and to bounds: ties, forms, types, errors."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import leopard.functions.basic.choosing
from leopard import Variable, functions
from tests import laws
from tests.functions.moving import arrays, assert_moved, proper_shapes, seeds
from tests.laws import same, variables

# -- choose, select ------------------------------------------------------------------------------


@st.composite
def choices(draw):
    """Arrays that broadcast to a shape, this shape, and numbers drawn at random."""
    shape = draw(proper_shapes)
    found = []
    for _ in range(draw(st.integers(1, 4))):
        narrow = tuple([n if draw(st.booleans()) else 1 for n in shape])[draw(st.integers(0, len(shape))) :]
        found.append(draw(arrays(narrow)))
    return found, shape, np.random.default_rng(draw(seeds))


@given(choices())
def test_chosen_by_number(given):
    xs, shape, rng = given
    numbers = rng.integers(0, len(xs), shape)
    assert_moved(lambda *xs: np.choose(numbers, xs), *xs, views=False)
    assert_moved(lambda *xs: np.choose(numbers, list(xs)), *xs, views=False)
    for mode in ("wrap", "clip"):
        wild = rng.integers(-9, 9, shape)
        assert_moved(lambda *xs, mode=mode, wild=wild: np.choose(wild, xs, mode=mode), *xs, views=False)


@given(choices())
def test_the_rows_of_an_array_are_choices(given):
    _, shape, rng = given
    rows = rng.standard_normal((3, *shape))
    numbers = rng.integers(0, 3, shape)
    assert_moved(lambda x: np.choose(numbers, x), rows, views=False)


def test_a_variable_of_numbers_chooses():
    i, x = Variable(np.array([1, 0])), Variable(np.array([3.0, 4.0]))
    for y in (np.choose(i, [x, 0.0]), i.choose([x, 0.0]), i.choose((x, 0.0), mode="wrap")):
        x.cleargrad()
        y.backward()
        assert same(y.data, np.array([0.0, 4.0]))
        assert same(x.grad.data, np.array([0.0, 1.0]))


@given(choices())
def test_selected_by_conditions(given):
    xs, shape, rng = given
    conditions = [rng.random(shape) < 0.4 for _ in xs]
    conditions[0] = conditions[0][:1]
    default = rng.standard_normal(shape)
    assert_moved(lambda *xs: np.select(conditions, xs[:-1], xs[-1]), *xs, default, views=False)
    case = laws.own_case("select", [x.shape for x in xs], lambda *xs: np.select(conditions, list(xs)))
    laws.value_is_numpys(case, rng)


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64, complex, np.int16])
@pytest.mark.parametrize("other", [2, 0.5, 1j, np.float64(0.5), [0.5, 1.0], True], ids=repr)
def test_choices_are_promoted_as_numpy_does(dtype, other):
    a = np.ones(2, dtype)
    x = Variable(a)
    mask = np.array([True, False])
    for call in (
        lambda x: np.choose([0, 1], [x, other]),
        lambda x: np.select([mask], [x], other),
        lambda x: np.select([mask, ~mask], [other, x]),
    ):
        assert same((call(x) if call(a).dtype != object else x).data, call(a))


# -- piecewise -----------------------------------------------------------------------------------


@given(seeds)
def test_functions_in_pieces(seed):
    rng = np.random.default_rng(seed)
    a = rng.standard_normal((3, 2))
    masks = list(rng.random((2, 3, 2)) < 0.5)
    squares, ones = (lambda x: x * x), (lambda x, k=1.0: k)
    for functions_, options in [
        ([squares, np.exp], {}),
        ([squares, 2.0], {}),
        ([squares, np.sin, np.cos], {}),
        ([squares, ones, 0], {}),
    ]:
        case = laws.own_case(
            "piecewise", [(3, 2)], lambda x, f=functions_, o=options: np.piecewise(x, masks, f, **o)
        )
        x = Variable(a)
        assert same(case.call(x).data, case.call(a))
        for create_graph in (False, True):
            laws.gradient_is_the_slope(case, rng, create_graph)
        laws.derivative_is_the_slope_of_the_one_below(case, rng, 2)


PIECES = [
    (np.array(2.0), [True], [lambda x: x * x]),
    (np.array(2.0), True, [lambda x: x * x]),
    (np.array(2.0), [False, True], [lambda x: x * x, 3.0]),
    (np.arange(3.0), np.array([True, False, True]), [lambda x: x * x, -1.0]),
    (np.arange(3.0), [True, False, True], [lambda x: x * x]),
    (np.arange(3.0), [[True, False, True], [True, True, False]], [lambda x: x * x, lambda x: -x]),
    (np.ones((2, 2)), [np.array([True, False])], [lambda x: 2 * x, lambda x: 3 * x]),
    (np.ones(3, np.float32), [np.array([True, False, True])], [lambda x: x * np.float64(0.1), 0.1]),
    (np.zeros(0), [np.zeros(0, bool)], [lambda x: 1 / 0]),
]


@pytest.mark.parametrize("n", range(len(PIECES)))
def test_conditions_in_every_form(n):
    a, conditions, pieces = PIECES[n]
    x = Variable(a)
    y = np.piecewise(x, conditions, pieces)
    assert same(y.data, np.piecewise(a, conditions, pieces))
    y.backward()


def test_a_function_is_called_with_its_own_elements_alone():
    x = Variable(np.array([0.0, 4.0]))
    with np.errstate(all="raise"):
        y = np.piecewise(x, [x > 0], [lambda x: 1 / x, 0.0])
    y.backward()
    assert same(x.grad.data, np.array([0.0, -1 / 16]))


def test_a_piece_may_be_a_variable():
    x, v = variables([np.array([1.0, 2.0]), np.array(5.0)])
    y = np.piecewise(x, [x > 1], [v, lambda x: x * v])
    y.backward()
    assert same(y.data, np.array([5.0, 5.0]))
    assert v.grad.data == 2.0
    assert same(x.grad.data, np.array([5.0, 0.0]))


# -- clip ----------------------------------------------------------------------------------------

FORMS = {
    "numbers": lambda x: np.clip(x, -0.5, 0.5),
    "keywords": lambda x: np.clip(x, min=-0.5, max=0.5),
    "lower": lambda x: np.clip(x, -0.5, None),
    "upper": lambda x: np.clip(x, None, 0.5),
    "lower keyword": lambda x: np.clip(x, min=-0.5),
    "upper keyword": lambda x: np.clip(x, max=0.5),
    "none": lambda x: np.clip(x, None, None),
    "nothing": lambda x: np.clip(x),
    "names": lambda x: np.clip(x, a_min=-0.5, a_max=np.full(3, 0.2)),
    "arrays": lambda x: np.clip(x, [-1, 0, 1], np.ones((2, 1))),
    "method": lambda x: x.clip(-0.5, 0.5),
    "method lower": lambda x: x.clip(-0.5),
    "method upper": lambda x: x.clip(max=0.5),
    "integers": lambda x: x.clip(-1, 1),
    "wrong order": lambda x: np.clip(x, 1.0, -1.0),
    "nan": lambda x: np.clip(x, np.nan, 1.0),
    "infinite": lambda x: np.clip(x, -np.inf, np.inf),
}


@pytest.mark.parametrize("name", FORMS)
@pytest.mark.parametrize("dtype", [np.float64, np.float32, np.float16, np.longdouble])
def test_bounds_in_every_form(name, dtype):
    a = np.array([[-2.0, -0.3, 0.7], [0.1, 3.0, -0.0]], dtype)
    x = Variable(a)
    y = FORMS[name](x)
    assert same(y.data, FORMS[name](a))
    assert not np.shares_memory(y.data, a)
    y.backward()
    assert x.grad.dtype == dtype
    if name not in ("nan",):
        inside = y.data == a
        assert same(x.grad.data, inside.astype(dtype))


def test_on_a_bound_each_gets_half():
    x, low, high = variables([np.array([0.0, 1.0, 2.0, 3.0, 4.0]), np.array(1.0), np.array(3.0)])
    for create_graph in (False, True):
        for v in (x, low, high):
            v.cleargrad()
        np.clip(x, low, high).backward(create_graph=create_graph)
        assert same(x.grad.data, np.array([0.0, 0.5, 1.0, 0.5, 0.0]))
        assert (low.grad.data, high.grad.data) == (1.5, 1.5)


@given(seeds)
def test_it_is_the_minimum_of_the_maximum_at_ties_too(seed):
    rng = np.random.default_rng(seed)
    drawn = [rng.integers(-1, 2, shape).astype(float) for shape in ((4, 3), (3,), (4, 1))]
    start = rng.standard_normal((4, 3))
    found = []
    for call in (np.clip, lambda x, low, high: np.minimum(np.maximum(x, low), high)):
        xs = variables(drawn)
        y = call(*xs)
        y.grad = start
        y.backward()
        found.append([x.grad.data for x in xs])
    for one, other in zip(*found, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-12, atol=1e-14)


def test_out_of_bounds_nothing_goes_on_also_where_a_slope_is_infinite():
    x = Variable(np.array([0.0, 4.0]))
    np.clip(np.sqrt(x), 1.0, 3.0).backward()
    assert same(x.grad.data, np.array([0.0, 0.25]))


def test_signed_zeros_and_nans_are_numpys():
    a = np.array([-0.0, 0.0, np.nan, -np.inf, np.inf])
    for low, high in [(0.0, 1.0), (-0.0, 0.0), (-1.0, -0.0), (0.0, -0.0), (np.nan, 1.0), (-1.0, np.nan)]:
        assert same(np.clip(Variable(a), low, high).data, np.clip(a, low, high))


def test_integers_have_bounds_that_they_cannot_reach():
    a = np.arange(5, dtype=np.uint8)
    assert same(np.clip(Variable(a), -1, 300).data, np.clip(a, -1, 300))
    y = np.clip(Variable(a), 1, Variable(np.array(2.5)))
    assert same(y.data, np.clip(a, 1, np.array(2.5)))


WRONG = {
    "clip one": lambda x: np.clip(x, 1.0),
    "clip both names": lambda x: np.clip(x, 0.0, 1.0, min=0.0),
    "clip keyword": lambda x: np.clip(x, 0.0, 1.0, bogus=0.0),
    "clip shapes": lambda x: np.clip(x, np.zeros(2), 1.0),
    "choose beyond": lambda x: np.choose([0, 2, 0], [x, x]),
    "choose floats": lambda x: np.choose([0.5, 1.5, 0.5], [x, x]),
    "choose shapes": lambda x: np.choose([0, 1], [x, x]),
    "choose nothing": lambda x: np.choose(np.zeros(3, int), x[:0]),
    "choose mode": lambda x: np.choose([0, 0, 0], [x], mode="bogus"),
    "select lengths": lambda x: np.select([np.ones(3, bool)], [x, x]),
    "select integers": lambda x: np.select([np.ones(3, int)], [x]),
    "select shapes": lambda x: np.select([np.ones(2, bool)], [x]),
    "piecewise lengths": lambda x: np.piecewise(x, [np.ones(3, bool)], [1, 2, 3]),
    "piecewise shapes": lambda x: np.piecewise(x, [np.ones(3, bool)], [lambda x: np.concatenate([x, x])]),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_cannot_be_chosen_is_numpys_error(name):
    a = np.ones(3)
    with pytest.raises((ValueError, TypeError, IndexError)) as numpys:
        WRONG[name](a)
    with pytest.raises(numpys.type):
        WRONG[name](Variable(a))


@pytest.mark.parametrize("a", [None, "a", ["a", None], {}, b"a"], ids=repr)
def test_without_bounds_clip_refuses_what_numpy_refuses(a):
    for bounds in [(None, None), (None, 1.0), (0.0, None), (0.0, 1.0)]:
        with pytest.raises(TypeError):
            np.clip(a, *bounds)
        with pytest.raises(TypeError):
            leopard.functions.clip(a, *bounds)


def test_keywords_that_clip_cannot_honour_are_type_errors():
    v = Variable(np.ones(3))
    for options in ({"out": np.zeros(3)}, {"where": [True] * 3}, {"dtype": np.float32}, {"casting": "no"}):
        with pytest.raises(TypeError):
            np.clip(v, 0.0, 1.0, **options)
    with pytest.raises(TypeError):
        np.clip(v, 0.0, 1.0, np.zeros(3))
    with pytest.raises(TypeError):
        np.choose([0, 0, 0], [v], out=np.zeros(3))
    assert (
        type(leopard.functions.basic.choosing.clip(v, 0.0, 1.0).creator)
        is leopard.functions.basic.choosing.Clip
    )


@pytest.mark.parametrize("a", [None, "abc", np.array(["abc"])], ids=repr)
@pytest.mark.parametrize("bounds", [(), (None, None)], ids=repr)
def test_clip_without_bounds_takes_numbers_alone(a, bounds):
    with pytest.raises(TypeError):
        functions.clip(a, *bounds)


def test_clip_beside_jax():
    jax = pytest.importorskip("jax")
    a = np.linspace(-2, 2, 9).astype(np.float32)
    x = Variable(a)
    functions.sum(np.clip(x * x, 0.5, 3.0) * x).backward()
    wanted = jax.grad(lambda x: jax.numpy.sum(jax.numpy.clip(x * x, 0.5, 3.0) * x))(a)
    np.testing.assert_allclose(x.grad.data, wanted, rtol=1e-6)
