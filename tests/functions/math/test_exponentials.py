"""Exponentials and logarithms: what is small beside 1, what is large, and logarithms of 0."""

import numpy as np
import pytest

from leopard import Variable
from leopard.functions.math.exponentials import logaddexp
from tests.functions.analytic import (
    along_the_cut,
    assert_derivatives_are_torchs,
    slope_of,
)
from tests.laws import gradients, same, variables

NAMES = ["exp", "exp2", "expm1", "log", "log2", "log10", "log1p"]
SUMS = [np.logaddexp, np.logaddexp2]
each_sum = pytest.mark.parametrize("f", SUMS, ids=lambda f: f.__name__)
recorded_or_not = pytest.mark.parametrize("create_graph", [False, True])


def shares(f, x0, x1, dtype=np.float64, create_graph=False):
    """The gradients of a sum of two, of scalars and of arrays, which are the same."""
    found = []
    for shape in [(), (3,)]:
        xs = variables([np.full(shape, x, dtype) for x in (x0, x1)])
        gxs = gradients(f, xs, create_graph=create_graph)
        assert all(g.dtype == dtype for g in gxs)
        found.append([g.reshape(-1)[0] for g in gxs])
    np.testing.assert_array_equal(*found)
    return found[0]


# -- Complex numbers, and PyTorch's ----------------------------------------------------------------


@pytest.mark.parametrize("f", [np.log, np.log2, np.log10, np.log1p])
@pytest.mark.parametrize("z", [complex(-2, 0.0), complex(-2, -0.0)])
def test_a_slope_on_the_cut_of_a_logarithm_is_that_of_its_own_side(f, z):
    np.testing.assert_allclose(slope_of(f, z), along_the_cut(f, z, 1), rtol=1e-9)


@pytest.mark.parametrize("name", [*NAMES, "logaddexp", "logaddexp2"])
def test_derivatives_are_torchs(name, rng):
    assert_derivatives_are_torchs(name, rng)


@pytest.mark.parametrize("name", ["exp", "exp2", "log", "log2", "log10", "log1p"])
def test_derivatives_at_complex_numbers_are_torchs(name, rng):
    assert_derivatives_are_torchs(name, rng, complex)


# -- Digits --------------------------------------------------------------------------------------


def test_the_slope_of_expm1_far_below_0_is_no_rounding_error():
    (g,) = gradients(np.expm1, variables([np.array([-40.0, 1e-9])]))
    assert same(g, np.exp([-40.0, 1e-9]))


def test_the_slope_of_log1p_near_the_end_has_all_its_digits():
    (g,) = gradients(np.log1p, variables([np.array([2.0**-52 - 1, 1e-300])]))
    assert same(g, np.array([2.0**52, 1.0]))


@each_sum
@pytest.mark.parametrize("d", [0.0, 1e-9, 0.5, 20.0, 40.0, 700.0, 1e4])
@pytest.mark.parametrize("x", [0.0, 1000.0, -1e6])
def test_shares_in_a_sum_have_all_their_digits(f, x, d):
    d = (x + d) - x
    with np.errstate(all="raise", under="ignore"):
        small, large = shares(f, x, x + d)
    wanted = (np.exp if f is np.logaddexp else np.exp2)(np.longdouble(-d))
    assert small == pytest.approx(float(wanted / (1 + wanted)), rel=1e-14 * (1 + d / 700), abs=5e-324)
    assert large == pytest.approx(float(1 / (1 + wanted)), rel=1e-15)


# -- Logarithms of 0 -----------------------------------------------------------------------------

INFINITE = [
    (-np.inf, -np.inf, [0.5, 0.5]),
    (np.inf, np.inf, [0.5, 0.5]),
    (-np.inf, 1.0, [0.0, 1.0]),
    (1.0, -np.inf, [1.0, 0.0]),
    (np.inf, 1.0, [1.0, 0.0]),
    (-np.inf, np.inf, [0.0, 1.0]),
]


@each_sum
@recorded_or_not
@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64, np.longdouble])
@pytest.mark.parametrize(("x0", "x1", "wanted"), INFINITE)
def test_infinite_terms_have_their_shares_without_a_warning(f, x0, x1, wanted, dtype, create_graph):
    with np.errstate(all="raise", under="ignore"):
        assert shares(f, x0, x1, dtype, create_graph) == wanted


@each_sum
def test_beside_a_number_an_infinite_term_is_as_quiet(f):
    for x0 in (np.float32(1.0), np.float32(-np.inf)):
        for shape in [(), (3,)]:
            x = Variable(np.full(shape, x0))
            y = f(x, -np.inf)
            assert y.dtype == np.float32
            y.backward()
            np.testing.assert_array_equal(x.grad.data, 1.0 if np.isfinite(x0) else 0.5)


@each_sum
def test_terms_of_two_types_and_integers_have_their_shares(f):
    xs = variables([np.array([-np.inf, 3.0], np.float32), np.array([-np.inf, 3.0])])
    g0, g1 = gradients(f, xs)
    assert same(g0, np.array([0.5, 0.5], np.float32))
    assert same(g1, np.array([0.5, 0.5]))
    n, x = Variable(np.array([3, 4])), Variable(np.array([3.0, -np.inf]))
    f(n, x).backward()
    assert same(n.grad.data, np.array([0.5, 1.0]))
    assert same(x.grad.data, np.array([0.5, 0.0]))


@each_sum
def test_further_derivatives_of_infinite_terms_are_0(f):
    xs = variables([np.array([-np.inf, -np.inf, 0.0]), np.array([-np.inf, 1.0, 0.0])])
    y = f(*xs)
    for order in range(3):
        y.backward(create_graph=True)
        y = xs[0].grad
        for x in xs:
            x.cleargrad()
        assert np.all(np.isfinite(y.data))
        if order:
            assert not np.any(y.data[:2])


@each_sum
def test_further_derivatives_of_equal_terms_are_exact(f):
    """Of log(e**x + e**c) at x = c: 1/2, 1/4, 0, -1/8, 0, 1/4; to base 2 a factor log(2) more each time."""
    factor = 1.0 if f is np.logaddexp else np.log(2)
    x = Variable(np.array([3.0]))
    y = f(x, 3.0)
    for order, wanted in enumerate([1 / 2, 1 / 4, 0, -1 / 8, 0, 1 / 4]):
        y.backward(create_graph=True)
        y = x.grad
        x.cleargrad()
        assert y.data == pytest.approx(wanted * factor**order, abs=1e-15)


def test_a_long_sum_of_probabilities_of_0_stays_finite():
    """The forward variables of a hidden Markov model, which begin with logarithms of 0."""
    with np.errstate(divide="ignore"):
        x = Variable(np.log([0.0, 0.0, 0.25, 0.75]))
    total = x[0]
    for i in range(1, 4):
        total = logaddexp(total, x[i])
    total.backward()
    np.testing.assert_allclose(x.grad.data, [0.0, 0.0, 0.25, 0.75], rtol=1e-15)
