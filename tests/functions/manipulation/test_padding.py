"""What is particular to borders: each mode in every form, its weights, its errors."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import leopard.functions.manipulation.padding
from leopard import Variable, functions
from tests import laws
from tests.functions.moving import arrays, assert_moved, proper_shapes
from tests.laws import same

SELECTIONS = [
    ("edge", {}),
    ("wrap", {}),
    ("reflect", {}),
    ("symmetric", {}),
    ("symmetric", {"reflect_type": "even"}),
]
LINEAR = [
    ("linear_ramp", {}),
    ("linear_ramp", {"end_values": 3.0}),
    ("linear_ramp", {"end_values": ((1, 2),)}),
    ("reflect", {"reflect_type": "odd"}),
    ("symmetric", {"reflect_type": "odd"}),
    ("mean", {}),
    ("mean", {"stat_length": 2}),
    ("mean", {"stat_length": ((1, 3),)}),
    ("constant", {"constant_values": 2.0}),
    ("constant", {"constant_values": ((1.0, 2.0),)}),
]
STATISTICS = [
    ("maximum", {}),
    ("minimum", {"stat_length": 2}),
    ("median", {"stat_length": (2, 3)}),
    ("maximum", {"stat_length": (1, 2)}),
]


@st.composite
def padded(draw):
    a = draw(arrays(proper_shapes))
    ends = st.integers(0, 5)
    form = draw(st.sampled_from(["one", "pair", "pairs", "ones"]))
    if form == "one":
        return a, draw(ends)
    if form == "pair":
        return a, (draw(ends), draw(ends))
    if form == "ones":
        return a, [[draw(ends)] for _ in a.shape]
    return a, np.array([[draw(ends), draw(ends)] for _ in a.shape])


@given(padded(), st.sampled_from(SELECTIONS))
def test_borders_that_repeat_elements(a_width, mode_options):
    (a, width), (mode, options) = a_width, mode_options
    assert_moved(lambda x: np.pad(x, width, mode, **options), a)


@given(padded(), st.sampled_from(LINEAR + STATISTICS), st.booleans())
def test_borders_that_are_computed(a_width, mode_options, create_graph):
    (a, width), (mode, options) = a_width, mode_options
    a = a / max(a.size, 1)

    def call(x):
        return np.pad(x, width, mode, **options)

    case = laws.own_case(f"pad {mode}", [a.shape], call)
    rng = np.random.default_rng(5)
    assert same(call(Variable(a)).data, call(a))
    laws.gradient_is_the_slope(case, rng, create_graph)
    laws.derivative_is_the_slope_of_the_one_below(case, rng, 2)


def test_a_dict_names_the_axes():
    a = np.arange(6.0).reshape(2, 3)
    for width in ({0: 1}, {-1: (1, 2)}, {0: (0, 1), 1: 2}, {}):
        try:
            np.pad(a, width)
        except TypeError:
            pytest.skip("NumPy 2.4 takes a dict")
        for mode in ("constant", "edge", "mean"):
            x = Variable(a)
            y = np.pad(x, width, mode)
            assert same(y.data, np.pad(a, width, mode))
            y.backward()
            assert x.grad.shape == a.shape


@pytest.mark.parametrize("mode", ["reflect", "symmetric", "linear_ramp", "edge", "wrap", "mean", "maximum"])
@pytest.mark.parametrize("dtype", [np.float32, np.float16, np.longdouble, complex])
def test_dtype_is_kept_by_values_and_gradients(mode, dtype):
    a = np.arange(5).astype(dtype)
    odd = {"reflect_type": "odd"} if mode in ("reflect", "symmetric") else {}
    x = Variable(a)
    y = np.pad(x, (3, 2), mode, **odd)
    assert same(y.data, np.pad(a, (3, 2), mode, **odd))
    y.grad = np.ones_like(y.data)
    y.backward()
    assert x.grad.dtype == dtype


def test_values_of_the_border_may_be_variables():
    x, c = Variable(np.ones((2, 2))), Variable(np.array([[1.0, 2.0], [3.0, 4.0]]))
    y = functions.pad(x, 1, constant_values=c)
    assert same(y.data, np.pad(x.data, 1, constant_values=c.data))
    y.backward(create_graph=True)
    assert same(x.grad.data, np.ones((2, 2)))
    assert same(c.grad.data, np.array([[2.0, 2.0], [4.0, 4.0]]))
    v = Variable(np.array(5.0))
    y = np.pad(Variable(np.ones(2)), (1, 2), constant_values=(v, 0.0))
    y.backward()
    assert v.grad.data == 1.0


def test_ends_of_a_ramp_are_numbers():
    with pytest.raises(TypeError, match="lose the gradient"):
        np.pad(Variable(np.ones(2)), 1, "linear_ramp", end_values=Variable(np.array(1.0)))


def test_equal_elements_share_a_border_that_is_their_maximum():
    x = Variable(np.array([2.0, 1.0, 2.0]))
    np.pad(x, (1, 0), "maximum").backward()
    assert same(x.grad.data, np.array([1.5, 1.0, 1.5]))


def test_a_mode_of_ones_own_would_write_into_an_array():
    with pytest.raises(TypeError, match="would lose the gradient"):
        np.pad(Variable(np.ones(2)), 1, lambda row, width, axis, options: None)


def test_the_gradient_of_an_empty_border_is_zero():
    x = Variable(np.ones(2))
    y = np.pad(x, 1, "empty")
    y.backward()
    assert same(x.grad.data, np.ones(2))


def test_a_long_row_has_a_short_way_back():
    """Nothing as large as the square of its length is made."""
    x = Variable(np.arange(200000.0))
    for mode, options in (("reflect", {"reflect_type": "odd"}), ("linear_ramp", {}), ("mean", {})):
        x.cleargrad()
        np.pad(x, 3, mode, **options).backward()
        assert x.grad.data[100000] == pytest.approx(1 if mode != "mean" else 1 + 6 / 200000)


WRONG = {
    "mode": lambda x: np.pad(x, 1, "none"),
    "keyword of another mode": lambda x: np.pad(x, 1, "edge", constant_values=0),
    "keyword of another mode for a statistic": lambda x: np.pad(x, 1, "mean", constant_values=0),
    "unknown keyword": lambda x: np.pad(x, 1, "maximum", fill=0),
    "negative": lambda x: np.pad(x, -1),
    "negative for a statistic": lambda x: np.pad(x, -1, "mean"),
    "float": lambda x: np.pad(x, 1.0),
    "float for a statistic": lambda x: np.pad(x, 1.5, "mean"),
    "pairs": lambda x: np.pad(x, [(1, 1), (1, 1), (1, 1)]),
    "no statistic": lambda x: np.pad(x, 1, "maximum", stat_length=0),
    "negative statistic": lambda x: np.pad(x, 1, "minimum", stat_length=-1),
    "empty": lambda x: np.pad(x[:0], 1, "edge"),
    "empty statistic": lambda x: np.pad(x[:0], 1, "mean"),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_cannot_be_padded_is_numpys_error(name):
    a = np.ones((2, 3))
    with pytest.raises((ValueError, TypeError)) as numpys:
        WRONG[name](a)
    with pytest.raises(numpys.type):
        WRONG[name](Variable(a))
    assert leopard.functions.manipulation.padding.pad(a, 1).shape == (4, 5)
