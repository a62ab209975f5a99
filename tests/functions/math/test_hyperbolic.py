"""Hyperbolic functions: cuts, ends, large numbers, and the functions that are made of others."""

import numpy as np
import pytest

from leopard import Variable
from tests.functions.analytic import (
    along_the_cut,
    assert_derivatives_are_torchs,
    slope_of,
)
from tests.laws import gradients, variables

NAMES = ["sinh", "cosh", "tanh", "arcsinh", "arccosh", "arctanh"]


@pytest.mark.parametrize("create_graph", [False, True])
@pytest.mark.parametrize("z", [complex(x, y) for x in (0.5, -2.0) for y in (0.0, -0.0)])
def test_a_slope_on_the_cut_of_arccosh_is_that_of_its_own_side(z, create_graph):
    np.testing.assert_allclose(
        slope_of(np.arccosh, z, create_graph), along_the_cut(np.arccosh, z, 1), rtol=1e-9
    )


@pytest.mark.parametrize("create_graph", [False, True])
@pytest.mark.parametrize("z", [complex(x, y) for x in (0.0, -0.0) for y in (2.0, -2.0)])
def test_a_slope_on_a_cut_of_arcsinh_is_that_of_its_own_side(z, create_graph):
    np.testing.assert_allclose(
        slope_of(np.arcsinh, z, create_graph), along_the_cut(np.arcsinh, z, 1j), rtol=1e-9
    )


@pytest.mark.parametrize("x", [1e200, -1e300])
def test_slopes_at_large_numbers_do_not_overflow_on_the_way(x):
    with np.errstate(all="raise"):
        (g,) = gradients(np.arcsinh, variables([np.array(x)]))
        assert g == pytest.approx(1 / abs(x), rel=1e-15)
        (g,) = gradients(np.arccosh, variables([np.array(abs(x))]))
        assert g == pytest.approx(1 / abs(x), rel=1e-15)


def test_slopes_near_the_ends_have_all_their_digits():
    d = 2.0**-52
    (g,) = gradients(np.arccosh, variables([np.array(1 + d)]))
    assert g == pytest.approx(1 / np.sqrt(d * (2 + d)), rel=1e-15)
    (g,) = gradients(np.arctanh, variables([np.array(1 - d)]))
    assert g == pytest.approx(1 / (d * (2 - d)), rel=1e-15)


@pytest.mark.parametrize(("f", "x"), [(np.arccosh, 1.0), (np.arctanh, 1.0), (np.arctanh, -1.0)])
def test_at_the_ends_the_slope_is_infinite(f, x):
    v = Variable(np.array(x))
    with np.errstate(all="ignore"):
        y = f(v)
    with pytest.warns(RuntimeWarning, match="divide by zero encountered in divide"):
        y.backward()
    assert v.grad.data == np.inf


@pytest.mark.parametrize("name", NAMES)
def test_derivatives_are_torchs(name, rng):
    assert_derivatives_are_torchs(name, rng)


@pytest.mark.parametrize("name", NAMES)
def test_derivatives_at_complex_numbers_are_torchs(name, rng):
    assert_derivatives_are_torchs(name, rng, complex)
