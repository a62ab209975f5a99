"""Rounding and quotients; steps, signs and what chooses between two: flat pieces, jumps, ties and nan."""

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leopard import Variable
from leopard.functions.math import rounding
from leopard.functions.math.rounding import divmod, fmod, remainder
from tests.functions.analytic import assert_derivatives_are_torchs
from tests.laws import gradients, same, variables

recorded_or_not = pytest.mark.parametrize("create_graph", [False, True])
FLAT = [np.floor, np.ceil, np.trunc, np.rint, np.fix, np.round, np.around]


def slopes(f, *numbers, create_graph=False):
    """The gradients at scalars, which are those of arrays."""
    inside = gradients(f, variables(map(np.array, numbers)), create_graph=create_graph)
    flat = gradients(f, variables([np.array([x]) for x in numbers]), create_graph=create_graph)
    assert all(same(a, b.reshape(())) for a, b in zip(inside, flat, strict=True))
    return [g.item() for g in inside]


# -- To whole numbers ----------------------------------------------------------------------------


@pytest.mark.parametrize("f", FLAT, ids=lambda f: f.__name__)
def test_what_is_rounded_is_flat(f):
    x = Variable(np.array([-1.5, -0.5, 0.0, 0.3, 2.5, np.inf, np.nan]))
    y = f(x)
    assert same(y.data, f(x.data))
    (y * 2 + x).backward()
    assert same(x.grad.data, np.ones(7))


@pytest.mark.parametrize("f", FLAT, ids=lambda f: f.__name__)
@pytest.mark.parametrize("dtype", [bool, np.int8, np.int64, np.uint8])
def test_integers_are_rounded_as_numpy_does(f, dtype):
    n = np.array([0, 1, 1], dtype)
    try:
        wanted = f(n)
    except TypeError:
        pytest.skip(f"NumPy does not round {dtype}")
    assert same(f(Variable(n)).data, wanted)


def test_round_is_a_method_and_takes_numpys_keywords_alone():
    x = Variable(np.array([1.25, 17.0]))
    for y in (
        x.round(1),
        x.round(decimals=1),
        np.round(x, 1),
        np.around(x, decimals=1),
        np.round(a=x, decimals=1),
    ):
        assert same(y.data, x.data.round(1))
    assert same(np.round(x, -1).data, np.array([0.0, 20.0]))
    with pytest.raises(TypeError):
        np.round(x, out=np.zeros(2))
    with pytest.raises(TypeError):
        np.round(x, 1.5)
    with pytest.raises(TypeError):
        np.fix(x, out=np.zeros(2))


@pytest.mark.parametrize("f", [np.floor, np.ceil, np.trunc])
def test_complex_numbers_have_no_floor(f):
    with pytest.raises(TypeError):
        f(Variable(np.array(1j)))


# -- Quotients and remainders --------------------------------------------------------------------

# Where 1 / 0.1 is 10 although nine times 0.1 is all that fits.
numbers = st.one_of(
    st.sampled_from([1.0, 0.1, 0.3, 0.6, 0.7, 0.2, 3.0, 7.0, 1e15, 5e-324, 2.5]),
    st.floats(1e-3, 1e3, allow_subnormal=False),
)
signed = st.builds(lambda x, minus: -x if minus else x, numbers, st.booleans())


@settings(derandomize=True, deadline=None, database=None, max_examples=300)
@given(x0=signed, x1=signed)
def test_a_remainder_has_the_slope_of_its_own_quotient(x0, x1):
    quotient = Fraction(x0) / Fraction(x1)
    if abs(quotient) > 2**50:
        return
    for f, whole in [(remainder, math.floor), (fmod, math.trunc)]:
        g0, g1 = slopes(f, x0, x1)
        assert g0 == 1.0
        assert g1 == -whole(quotient)
    _, g1 = slopes(lambda a, b: divmod(a, b)[1], x0, x1)
    assert g1 == -math.floor(quotient)


def test_the_slope_is_right_where_the_division_rounds_up():
    assert slopes(np.remainder, 1.0, 0.1) == [1.0, -9.0]
    assert slopes(np.fmod, -1.0, 0.1) == [1.0, 9.0]
    assert slopes(np.mod, 5.0, np.inf)[1] == 0.0
    assert slopes(np.mod, -5.0, np.inf)[1] == 1.0  # whose remainder is infinite


def test_divmod_is_a_pair_with_the_gradient_of_its_remainder():
    x0, x1 = Variable(np.array([[7.5], [-7.5]])), Variable(np.array([2.0, -3.0]))
    quotient, rest = np.divmod(x0, x1)
    wanted = np.divmod(x0.data, x1.data)
    assert same(quotient.data, wanted[0])
    assert same(rest.data, wanted[1])
    (3 * quotient + rest).backward()
    assert same(x0.grad.data, np.full((2, 1), 2.0))
    assert same(x1.grad.data, -wanted[0].sum(axis=0))
    x1.cleargrad()
    quotient.backward()
    assert not np.any(x1.grad.data)


@pytest.mark.parametrize("dtype", [np.float16, np.float32])
def test_a_number_beside_a_short_type_leaves_it_short(dtype):
    for shape in [(), (2,)]:
        x = np.full(shape, 7.5, dtype)
        for ours, plain in [
            (divmod(Variable(x), 2), np.divmod(x, 2)),
            (divmod(20.0, Variable(x)), np.divmod(20.0, x)),
        ]:
            assert all(same(a.data, np.asarray(b)) for a, b in zip(ours, plain, strict=True))


def test_floating_point_errors_of_a_quotient_are_numpys():
    x = Variable(np.array(1.0))
    with np.errstate(invalid="ignore"):
        with pytest.warns(RuntimeWarning, match="divide by zero encountered in divmod"):
            np.divmod(x, 0.0)


@pytest.mark.parametrize("name", ["remainder", "fmod", "copysign"])
def test_derivatives_are_torchs(name, rng):
    if name == "copysign":
        torch = pytest.importorskip("torch")
        a, b = rng.uniform(-2, 2, (2, 5))
        a[0] = 0.0
        x, t = Variable(a), torch.tensor(a, requires_grad=True)
        np.copysign(x, b).backward()
        torch.copysign(t, torch.tensor(b)).sum().backward()
        np.testing.assert_array_equal(x.grad.data, t.grad.numpy())
    else:
        assert_derivatives_are_torchs(name, rng)


# -- Steps and signs -----------------------------------------------------------------------------


@recorded_or_not
def test_a_step_has_the_gradient_of_its_middle(create_graph):
    for x0, slope in [(0.0, 1.0), (-0.0, 1.0), (2.0, 0.0), (-2.0, 0.0)]:
        assert slopes(np.heaviside, x0, 0.5, create_graph=create_graph) == [0.0, slope]


@recorded_or_not
def test_copysign_has_a_kink_at_0(create_graph):
    for x0, x1, slope in [
        (2.0, -1.0, -1.0),
        (-2.0, -0.0, 1.0),
        (-2.0, 0.0, -1.0),
        (0.0, -1.0, 0.0),
        (3.0, 1.0, 1.0),
    ]:
        assert slopes(np.copysign, x0, x1, create_graph=create_graph) == [slope, 0.0]


def test_fabs_is_abs_of_real_numbers():
    assert slopes(np.fabs, 0.0) == [0.0]
    assert slopes(np.fabs, -3.0) == [-1.0]
    assert same(np.fabs(Variable(np.array([-3]))).data, np.array([3.0]))
    with pytest.raises(TypeError):
        np.fabs(Variable(np.array(1j)))


def test_positive_is_what_it_is_given():
    z = Variable(np.array([1j, 2.0]))
    np.real(np.positive(z) * 2j).backward()
    np.testing.assert_array_equal(z.grad.data, [-2j, -2j])


# -- The larger and the smaller, without nan -----------------------------------------------------


@recorded_or_not
@pytest.mark.parametrize(("f", "taken"), [(np.fmax, [0.0, 1.0]), (np.fmin, [1.0, 0.0])])
def test_the_one_taken_gets_the_gradient_and_a_tie_is_shared(f, taken, create_graph):
    assert slopes(f, -1.0, 2.0, create_graph=create_graph) == taken
    assert slopes(f, 1.5, 1.5, create_graph=create_graph) == [0.5, 0.5]
    assert slopes(f, np.inf, np.inf, create_graph=create_graph) == [0.5, 0.5]
    assert slopes(f, 0.0, -0.0, create_graph=create_graph) == [0.5, 0.5]
    assert slopes(lambda x: f(x, x), 2.0, create_graph=create_graph) == [1.0]


@recorded_or_not
@pytest.mark.parametrize("f", [np.fmax, np.fmin])
def test_nan_gets_no_gradient(f, create_graph):
    assert slopes(f, np.nan, 2.0, create_graph=create_graph) == [0.0, 1.0]
    assert slopes(f, 2.0, np.nan, create_graph=create_graph) == [1.0, 0.0]
    assert slopes(f, -np.inf, np.nan, create_graph=create_graph) == [1.0, 0.0]
    assert slopes(f, np.nan, np.nan, create_graph=create_graph) == [0.0, 0.0]


@recorded_or_not
def test_what_is_not_taken_stops_an_infinite_slope(create_graph):
    x = Variable(np.array([0.0, 2.0]))
    with np.errstate(divide="ignore"):
        y = np.fmax(np.log(x), -700.0) - np.fmin(-np.log(x), 700.0)
    y.backward(create_graph=create_graph)
    np.testing.assert_array_equal(x.grad.data, [0.0, 1.0])


def test_nothing_takes_a_keyword_that_it_does_not_honour():
    x = Variable(np.array([1.5]))
    for name in rounding.__all__:
        f = getattr(np, name)
        n_inputs = f.nin if isinstance(f, np.ufunc) else 1
        operands = [x, 2] if n_inputs == 2 else [x]
        with pytest.raises(TypeError):
            f(*operands, out=np.zeros(1))
        with pytest.raises(TypeError):
            f(*operands, nonsense=True)
