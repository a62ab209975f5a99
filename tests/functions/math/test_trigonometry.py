"""Trigonometric functions and angles: cuts, kinks, ends, and the functions that are made of others."""

import numpy as np
import pytest

from leopard import Variable
from leopard.functions.math.trigonometry import angle, arccot
from tests.functions.analytic import (
    along_the_cut,
    assert_derivatives_are_torchs,
    slope_of,
)
from tests.laws import gradients, same, variables

# -- Complex numbers -----------------------------------------------------------------------------


@pytest.mark.parametrize("create_graph", [False, True])
@pytest.mark.parametrize("z", [2 + 0j, complex(2, -0.0), complex(-2, 0.0), complex(-2, -0.0)])
@pytest.mark.parametrize("f", [np.arcsin, np.arccos])
def test_a_slope_on_a_cut_is_that_of_its_own_side(f, z, create_graph):
    np.testing.assert_allclose(slope_of(f, z, create_graph), along_the_cut(f, z, 1), rtol=1e-9)


@pytest.mark.parametrize("f", [np.arctan2, np.hypot, np.deg2rad, np.rad2deg])
def test_what_numpy_has_for_real_numbers_only_is_its_type_error(f):
    z = Variable(np.array(1j))
    with pytest.raises(TypeError):
        f(*[z] * f.nin)


# -- Kinks and ends ------------------------------------------------------------------------------


@pytest.mark.parametrize("f", [np.hypot, np.arctan2])
def test_at_the_origin_every_derivative_is_0_without_a_warning(f):
    for shape in [(), (2,)]:
        xs = variables([np.zeros(shape), np.zeros(shape)])
        y = f(*xs)
        for _ in range(3):
            y.backward(create_graph=True)
            grads = [x.grad for x in xs]
            for g in grads:
                np.testing.assert_array_equal(g.data, np.zeros(shape), strict=True)
            for x in xs:
                x.cleargrad()
            y = grads[0] + grads[1]


def test_beside_the_origin_of_an_array_the_slopes_are_as_ever():
    xs = variables([np.array([0.0, 3.0]), np.array([0.0, 4.0])])
    g0, g1 = gradients(np.hypot, xs)
    np.testing.assert_array_equal([g0, g1], [[0, 0.6], [0, 0.8]])


@pytest.mark.parametrize("size", [1e-200, 1e-160, 1.0, 1e160, 1e200])
def test_slopes_neither_overflow_nor_underflow_on_the_way(size):
    at = [3 * size, 4 * size]
    np.testing.assert_allclose(gradients(np.hypot, variables(map(np.array, at))), [0.6, 0.8], rtol=1e-15)
    with np.errstate(all="raise"):
        got = gradients(np.arctan2, variables(map(np.array, at)))
    np.testing.assert_allclose(np.array(got) * size, [0.16, -0.12], rtol=1e-14)


def test_slopes_near_the_ends_have_all_their_digits():
    x = 1 - 2.0**-53
    for f, sign in [(np.arcsin, 1), (np.arccos, -1)]:
        (g,) = gradients(f, variables([np.array(x)]))
        assert g == pytest.approx(sign / np.sqrt(2.0**-53 * (2 - 2.0**-53)), rel=1e-15)


@pytest.mark.parametrize(("f", "slope"), [(np.arcsin, np.inf), (np.arccos, -np.inf)])
def test_at_the_ends_the_slope_is_infinite(f, slope):
    for x in (-1.0, 1.0):
        v = Variable(np.array(x))
        y = f(v)
        with pytest.warns(RuntimeWarning, match="divide by zero encountered in divide"):
            y.backward()
        assert v.grad.data == slope


def test_arctan_of_infinity_is_flat():
    assert [g.item() for g in gradients(np.arctan, variables([np.array(-np.inf)]))] == [0.0]


# -- Angles --------------------------------------------------------------------------------------


def test_degrees_and_radians_are_there_by_both_names():
    to_radians, to_degrees = np.pi / 180, 180 / np.pi
    factors = {np.radians: to_radians, np.deg2rad: to_radians, np.degrees: to_degrees, np.rad2deg: to_degrees}
    for f, factor in factors.items():
        x = Variable(np.array([30.0, -1.5]))
        y = f(x)
        assert same(y.data, f(x.data))
        y.backward()
        np.testing.assert_allclose(x.grad.data, factor, rtol=1e-15)


def test_the_angle_of_0_and_of_real_numbers_is_flat():
    z = Variable(np.array([0j, 2j]))
    np.angle(z).backward()
    np.testing.assert_array_equal(z.grad.data, [0, -0.5])
    x = Variable(np.array([-2.0, 0.0, 3.0]))
    y = np.angle(x, deg=True)
    assert same(y.data, np.array([180.0, 0.0, 0.0]))
    y.backward()
    assert not np.any(x.grad.data)


def test_angle_takes_numpys_keywords_and_no_others():
    assert same(angle([1j, -1.0], deg=True).data, np.array([90.0, 180.0]))
    with pytest.raises(TypeError, match="degrees"):
        np.angle(Variable(np.array(1j)), degrees=True)
    with pytest.raises(TypeError, match="out"):
        np.hypot(Variable(np.array(1.0)), 2.0, out=np.zeros(()))


# -- Made of others ------------------------------------------------------------------------------


def test_arccot_goes_through_0_with_its_slope():
    x = Variable(np.array([0.0, -0.0, -1e10, 3.0]))
    y = arccot(x)
    np.testing.assert_allclose(y.data, [np.pi / 2, -np.pi / 2, -1e-10, np.arctan(1 / 3)], rtol=1e-15)
    y.backward()
    np.testing.assert_allclose(x.grad.data, -1 / (1 + x.data**2), rtol=1e-15)


# -- Beside PyTorch ------------------------------------------------------------------------------

NAMES = ["sin", "cos", "tan", "arcsin", "arccos", "arctan", "deg2rad", "rad2deg", "hypot", "arctan2"]


@pytest.mark.parametrize("name", NAMES)
def test_derivatives_are_torchs(name, rng):
    assert_derivatives_are_torchs(name, rng)


@pytest.mark.parametrize("name", ["sin", "cos", "tan", "arcsin", "arccos", "arctan", "angle"])
def test_derivatives_at_complex_numbers_are_torchs(name, rng):
    assert_derivatives_are_torchs(name, rng, complex)


def test_unwrapped_angles_pass_the_gradient_on(rng):
    a = rng.uniform(-9, 9, (3, 8))
    x = Variable(a)
    y = np.unwrap(x, axis=0, period=3.0)
    assert same(y.data, np.unwrap(a, axis=0, period=3.0))
    y.grad = start = rng.standard_normal(a.shape)
    y.backward()
    np.testing.assert_array_equal(x.grad.data, start)


def test_unwrapped_integers_are_numpys():
    a = np.array([2, 3, 4, 5, 2, 3, 4, 5])
    assert same(np.unwrap(Variable(a), period=4).data, np.unwrap(a, period=4))
    assert same(np.unwrap(Variable(a)).data, np.unwrap(a))
