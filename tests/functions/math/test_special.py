"""`sinc` and `i0`: every derivative to the last digits, at 0, near it and far away."""

import math
from fractions import Fraction

import numpy as np
import pytest

from leopard import Variable
from leopard.functions.math.special import I0, Sinc
from tests.functions.analytic import assert_derivatives_are_torchs
from tests.laws import same

NEAR = [0.0, 1e-300, 1e-9, 1e-5, 1e-3, 0.1, 0.5, 1.0, -0.3]
PI = Fraction(np.pi)  # NumPy multiplies by this one


def derivatives(f, x, n, dtype=float):
    """The first n of them, at each element of an array."""
    x = Variable(np.asarray(x, dtype))
    y, found = f(x), []
    for _ in range(n):
        x.cleargrad()
        y.backward(create_graph=True)
        y = x.grad
        found.append(y.data)
    return found


def from_series(coefficient, x, order, n_terms=40):
    """A derivative of sum over k of coefficient(k) * x**(2 k), in exact fractions."""
    x, total = Fraction(x), Fraction(0)
    for k in range((order + 1) // 2, n_terms):
        total += coefficient(k) * math.perm(2 * k, order) * x ** (2 * k - order)
    return float(total)


def sinc_coefficient(k):
    return (-1) ** k * PI ** (2 * k) / math.factorial(2 * k + 1)


def i0_coefficient(k):
    return Fraction(1, 4**k * math.factorial(k) ** 2)


@pytest.mark.parametrize(
    ("f", "coefficient"), [(np.sinc, sinc_coefficient), (np.i0, i0_coefficient)], ids=["sinc", "i0"]
)
def test_derivatives_near_0_have_all_their_digits(f, coefficient):
    found = derivatives(f, NEAR, 6)
    for order, row in enumerate(found, 1):
        wanted = [from_series(coefficient, x, order) for x in NEAR]
        np.testing.assert_allclose(row, wanted, rtol=1e-14, atol=1e-300)
    for i, x in enumerate(NEAR):  # a scalar has those of an element
        for order, d in enumerate(derivatives(f, x, 6)):
            assert same(d, np.array(found[order][i]))


def test_at_0_the_derivatives_are_those_of_the_series():
    first, second, third = derivatives(np.sinc, [0.0], 3)
    assert (first, third) == (0, 0)
    assert second == pytest.approx(-(np.pi**2) / 3, rel=1e-15)
    first, second, third = derivatives(np.i0, [0.0], 3)
    assert (first, second, third) == (0, 0.5, 0)


def test_derivatives_of_sinc_far_from_0(rng):
    mpmath = pytest.importorskip("mpmath")
    xs = rng.uniform(-30, 30, 40)
    with mpmath.workdps(40):
        factor = mpmath.mpf(np.pi)
        for order, row in enumerate(derivatives(np.sinc, xs, 3), 1):
            for x, d in zip(xs, row, strict=True):
                wanted = mpmath.diff(lambda t: mpmath.sin(factor * t) / (factor * t), mpmath.mpf(x), order)
                assert d == pytest.approx(float(wanted), rel=1e-13, abs=1e-15 * np.pi**order)


@pytest.mark.parametrize("n", [1, 2, 3, 6])
def test_the_towers_are_bessel_functions(n, rng):
    mpmath = pytest.importorskip("mpmath")
    xs = np.concatenate(
        [[0.01, n - 0.1, n + 0.9, n + 1.1, 29.9, 30.1], rng.uniform(0, 100, 50), [400.0, 700.0]]
    )
    u = np.pi * xs
    with mpmath.workdps(40):
        for x, y in zip(xs, I0.operation(xs, n).data, strict=True):
            wanted = mpmath.besseli(n, mpmath.mpf(x)) / mpmath.mpf(x) ** n
            assert y == pytest.approx(float(wanted), rel=5e-15)
        for v, y in zip(u, Sinc.operation(xs, n).data, strict=True):
            v = mpmath.mpf(v)
            wanted = mpmath.sqrt(mpmath.pi / 2 / v) * mpmath.besselj(n + mpmath.mpf(1) / 2, v) / v**n
            assert y == pytest.approx(float(wanted), rel=1e-14, abs=2e-15 * float(v) ** -(n + 1))


def test_the_slope_of_i0_is_i1():
    special = pytest.importorskip("scipy.special")
    x = np.concatenate([np.linspace(-50, 50, 41), [-700.0, 700.0, 1e-310]])
    np.testing.assert_allclose(derivatives(np.i0, x, 1)[0], special.i1(x), rtol=2e-15, atol=1e-320)


@pytest.mark.parametrize("f", [np.sinc, np.i0])
@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.longdouble])
def test_derivatives_have_the_type_and_its_precision(f, dtype):
    x = np.array([0.0, 0.3, -1.2, 5.0], dtype)
    for got, wanted in zip(derivatives(f, x, 2, dtype), derivatives(f, x, 2), strict=True):
        assert got.dtype == dtype
        eps = max(np.finfo(dtype).eps, np.finfo(float).eps)
        np.testing.assert_allclose(got.astype(float), wanted, rtol=20 * eps, atol=20 * eps)


@pytest.mark.parametrize("y", [0.0, 1e-5, 3.0, -8.0])
def test_the_slope_of_sinc_at_complex_numbers(y):
    x = Variable(np.array([0.0, 1e-5, 0.7, 4.0]) + 1j * y)
    np.real(np.sinc(x)).backward()
    h = 1e-5
    wanted = (np.sinc(x.data + h) - np.sinc(x.data - h)) / (2 * h)
    size = np.abs(np.sinc(x.data)) + 1
    assert np.all(np.abs(np.conj(x.grad.data) - wanted) <= 1e-8 * size)


def test_i0_of_complex_numbers_is_numpys_error():
    with pytest.raises(TypeError, match="not supported for complex values"):
        np.i0(Variable(np.array(1j)))


def test_neither_takes_a_keyword():
    for f in (np.sinc, np.i0):
        with pytest.raises(TypeError):
            f(Variable(np.array(1.0)), out=np.zeros(()))


def test_nan_stays_nan():
    for f in (np.sinc, np.i0):
        first, second = derivatives(f, [np.nan, 1.0], 2)
        assert np.isnan([first[0], second[0]]).all() and np.isfinite([first[1], second[1]]).all()


@pytest.mark.parametrize("name", ["sinc", "i0"])
def test_derivatives_are_torchs(name, rng):
    assert_derivatives_are_torchs(name, rng)
