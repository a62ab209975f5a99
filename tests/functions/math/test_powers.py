"""Powers and roots: negative bases, zeros, and the types they are computed in."""

import numpy as np
import pytest

import leopard
from leopard import Variable, using_config
from leopard.functions.math.powers import cbrt, float_power
from tests.functions.analytic import along_the_cut, assert_derivatives_are_torchs, slope_of
from tests.laws import gradients, same, variables

recorded_or_not = pytest.mark.parametrize("create_graph", [False, True])


@pytest.mark.parametrize("z", [complex(-2, 0.0), complex(-2, -0.0)])
def test_a_slope_on_the_cut_of_the_root_is_that_of_its_own_side(z):
    np.testing.assert_allclose(slope_of(np.sqrt, z), along_the_cut(np.sqrt, z, 1), rtol=1e-9)


@pytest.mark.parametrize("name", ["sqrt", "square", "reciprocal", "float_power"])
def test_derivatives_are_torchs(name, rng):
    assert_derivatives_are_torchs(name, rng)


# -- Cube roots ----------------------------------------------------------------------------------


def test_a_cube_root_of_a_negative_number_has_its_slope():
    x = Variable(np.array([-8.0, 27.0, 1e300]))
    cbrt(x).backward()
    np.testing.assert_allclose(x.grad.data, [1 / 12, 1 / 27, 1e-200 / 3], rtol=1e-15)


def test_at_0_the_slope_of_a_cube_root_is_infinite():
    x = Variable(np.array(0.0))
    y = cbrt(x)
    with pytest.warns(RuntimeWarning, match="divide by zero encountered in divide"):
        y.backward()
    assert x.grad.data == np.inf


# -- Powers in float64 ---------------------------------------------------------------------------


@recorded_or_not
@pytest.mark.parametrize("dtype", [np.float16, np.float32])
def test_a_float_power_of_a_short_type_is_computed_in_float64(dtype, create_graph):
    for shape in [(), (2,)]:
        x = Variable(np.full(shape, 300.0, dtype))
        y = float_power(x, 2)
        assert same(y.data, np.full(shape, 9e4))
        y.backward(create_graph=create_graph)
        assert same(x.grad.data, np.full(shape, 600.0, dtype))


@recorded_or_not
@pytest.mark.parametrize("c", [3, -2, 2.0, -1, 1, 0])
def test_a_float_power_of_a_negative_base_has_its_slope_without_a_warning(c, create_graph):
    x = Variable(np.array([-1.5, 0.5]))
    y = float_power(x, c)
    assert same(y.data, np.float_power(x.data, c))
    y.backward(create_graph=create_graph)
    np.testing.assert_allclose(x.grad.data, c * x.data ** (c - 1.0), rtol=1e-15)


def test_a_negative_base_with_a_variable_exponent_warns_and_keeps_the_slope_of_the_base():
    x, c = Variable(np.array(-1.5)), Variable(np.array(3.0))
    y = float_power(x, c)
    with pytest.warns(RuntimeWarning, match="invalid value encountered in log"):
        y.backward()
    assert x.grad.data == pytest.approx(6.75)
    assert np.isnan(c.grad.data)


@pytest.mark.parametrize("f", [np.power, np.float_power])
def test_powers_of_0_and_to_0_have_their_slopes_without_a_warning(f):
    base = np.array([0.0, 0.0, 0.0, 2.0, -3.0])
    exponent = np.array([2.0, 1.0, 0.0, 0.0, 0.0])
    (g,) = gradients(lambda x: f(x, exponent), variables([base]))
    np.testing.assert_array_equal(g, [0, 1, 0, 0, 0])
    g0, g1 = gradients(f, variables([base[:4], exponent[:4]]))
    np.testing.assert_array_equal(g0, [0, 1, 0, 0])
    np.testing.assert_allclose(g1, [0, 0, 0, np.log(2)], rtol=1e-15)


def test_an_integer_base_may_have_a_negative_exponent():
    n, c = Variable(np.array([2, 4])), Variable(np.array([-1.0, -2.0]))
    y = np.float_power(n, c)
    assert same(y.data, np.array([0.5, 0.0625]))
    y.backward()
    assert same(n.grad.data, np.array([-0.25, -0.03125]))
    np.testing.assert_allclose(c.grad.data, y.data * np.log([2, 4]), rtol=1e-15)


@recorded_or_not
@pytest.mark.parametrize("f", [np.power, np.float_power])
def test_a_negative_real_base_has_a_slope_in_a_complex_exponent(f, create_graph):
    base, exponent = np.array([-2.0, 0.0, 1.5]), np.array([1.5 + 0.5j, 2.0 - 1j, 0.5j])
    start = np.array([1.0, 1.0, 1 + 1j])
    g0, g1 = gradients(f, variables([base, exponent]), start, create_graph=create_graph)
    logs = np.log(np.array([-2.0, 1.0, 1.5], complex))
    y = f(base, exponent)
    np.testing.assert_allclose(g1, start * np.conj(y * logs), rtol=1e-13)
    np.testing.assert_allclose(g0, np.real(start * np.conj(exponent * f(base, exponent - 1))), rtol=1e-13)


@recorded_or_not
@pytest.mark.parametrize("dtype", [np.bool_, np.uint8, np.int8])
def test_an_exponent_may_be_a_short_integer(dtype, create_graph):
    exponent = np.array([1, 0]).astype(dtype)
    xs = variables([np.array([3.0, 2.0])])
    (g,) = gradients(lambda x: x**exponent, xs, create_graph=create_graph)
    np.testing.assert_array_equal(g, [1, 0])


@recorded_or_not
@pytest.mark.parametrize("dtype", [np.int8, np.uint8, np.bool_, np.float16, np.float32])
def test_the_logarithm_of_a_base_of_a_short_type_is_exact(dtype, create_graph):
    base, exponent = np.array([3, 0, 1]).astype(dtype), np.array([1.5, 0.5, 2.0])
    (g,) = gradients(lambda c: base**c, variables([exponent]), create_graph=create_graph)
    wanted = base**exponent * np.log([3.0 if dtype is not np.bool_ else 1.0, 1.0, 1.0])
    np.testing.assert_allclose(g, wanted, rtol=1e-15)


# -- Derivatives of every order where an exponent that varies is a whole number -------------------

WAYS = {
    "operator": lambda x, y: x**y,
    "power": np.power,
    "float_power": np.float_power,
    "emath": np.emath.power,
}


def partial(f, orders, x, y):
    """The derivative of f, so many times by x and by y, x first."""
    for order, argnum in zip(orders, (0, 1), strict=True):
        for _ in range(order):
            f = leopard.grad(lambda x, y, f=f, k=argnum: np.sum(np.real(f(x, y))), argnums=argnum)
    return f(x, y)


@pytest.mark.parametrize("compiled", [True, False])
@pytest.mark.parametrize("exponent", [0, 1, 2, 3])
@pytest.mark.parametrize("way", WAYS)
def test_a_whole_exponent_that_varies_has_its_mixed_derivatives(way, exponent, compiled):
    mpmath = pytest.importorskip("mpmath")
    for orders in [(1, 1), (1, 2), (4, 1)]:
        wanted = float(mpmath.diff(lambda x, y: x**y, (1.7, exponent), orders))
        for x in [np.float64(1.7), np.array([1.7, 1.7]), np.float32(1.7)]:
            y = np.full_like(x, exponent)[()]
            with using_config("compiled", compiled):
                got = partial(WAYS[way], orders, x, y)
            assert np.asarray(got).dtype == np.asarray(x).dtype
            np.testing.assert_allclose(got, wanted, rtol=1e-12 if x.dtype == float else 2e-5, atol=1e-13)


@pytest.mark.parametrize("compiled", [True, False])
@pytest.mark.parametrize("base", [complex(-1.5, 0.5), complex(0, 2)])
@pytest.mark.parametrize("exponent", [0j, 1 + 0j, 2 + 0j])
def test_a_whole_complex_exponent_that_varies_has_its_mixed_derivative(base, exponent, compiled):
    x, y = variables([np.array([base]), np.array([exponent])])
    with using_config("compiled", compiled):
        np.sum(np.real(x**y)).backward(create_graph=True)
        np.sum(np.real(x.grad)).backward()
    wanted = base ** (exponent - 1) * (1 + exponent * np.log(base))  # x first, then y
    mixed = y.grad.data - np.conj(base**exponent * np.log(base))
    np.testing.assert_allclose(mixed, np.conj([wanted]), rtol=1e-13)


def test_the_hessian_of_a_power_is_symmetric_and_right():
    h = leopard.hessian(lambda v: v[0] ** v[1])(np.array([23.0, 0.0]))
    np.testing.assert_allclose(h, [[0.0, 1 / 23], [1 / 23, np.log(23.0) ** 2]], rtol=1e-14)


@pytest.mark.parametrize("x", [0.0, 1.0, 2.0, 3.0])
def test_a_base_and_exponent_that_vary_together_have_their_derivatives(x):
    mpmath = pytest.importorskip("mpmath")

    def f(x):
        return (x + 2) ** x

    for order in (1, 2, 3, 4):
        f = leopard.grad(f)
        np.testing.assert_allclose(f(x), float(mpmath.diff(lambda x: (x + 2) ** x, x, order)), rtol=1e-12)


@pytest.mark.parametrize("mode", ["jvp", "hvp"])
def test_forward_and_mixed_modes_have_the_derivatives_of_a_whole_exponent(mode):
    v, u = np.array([2.5, 1.0]), np.array([1.0, 1.0])

    def f(v):
        return v[0] ** v[1]

    if mode == "jvp":
        got = leopard.jvp(leopard.grad(f), (v,), (u,))[1]
    else:
        got = leopard.hvp(f, v, u)
    log = np.log(2.5)
    np.testing.assert_allclose(got, [1 + log, 1 + log + 2.5 * log**2], rtol=1e-14)


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64, np.longdouble])
def test_the_slope_of_an_exponent_0_is_0_of_the_smallest_bases_too(dtype):
    tiny = np.array([0.0, np.finfo(dtype).smallest_subnormal, -np.finfo(dtype).tiny, 2], dtype)
    for exponent in [0, np.zeros(4, dtype)]:
        (g,) = gradients(lambda x, n=exponent: x**n, variables([tiny]))
        np.testing.assert_array_equal(g, np.zeros(4, dtype))


@recorded_or_not
@pytest.mark.parametrize("dtype", [np.int8, np.uint8, np.uint64, np.int64, np.bool_])
def test_one_less_than_an_integer_exponent_does_not_wrap_around(dtype, create_graph):
    lowest = -128 if dtype is np.int8 else 0
    exponent = np.array([lowest, 0, 0, 1]).astype(dtype)
    xs = variables([np.array([1.5, 1e-310, 1e3, 7.0])])
    (g,) = gradients(lambda x: x**exponent, xs, create_graph=create_graph)
    np.testing.assert_allclose(g, [lowest * 1.5 ** (lowest - 1), 0.0, 0.0, 1.0], rtol=1e-13)
