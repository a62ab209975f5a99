"""What is particular to functions that become complex: when they do, and their derivatives there."""

import numpy as np
import pytest

import leopard.functions.emath
from leopard import Variable, emath
from tests.laws import same

NAMES = leopard.functions.emath.__all__
OF_ONE = [name for name in NAMES if name not in ("logn", "power")]
TYPES = [np.float16, np.float32, np.float64, np.longdouble, np.complex64, np.complex128, np.int8, np.int64]


def test_all_of_numpys_are_here():
    assert {name for name in dir(np.emath) if not name.startswith("_")} == set(NAMES)


@pytest.mark.parametrize("dtype", TYPES)
@pytest.mark.parametrize("name", OF_ONE)
def test_value_and_type_are_numpys(name, dtype):
    f = getattr(np.emath, name)
    for a in ([1, 2, 3], [-3, -1, 2], [-2, 0.5, 0.25], -2, 1):
        a = np.asarray(a).astype(dtype)
        with np.errstate(divide="ignore"):
            assert same(f(Variable(a)).data, np.asarray(f(a)))


@pytest.mark.parametrize("x", [[2, 3], [-2, 3], np.array([-2.0, 3.0], np.float32)])
@pytest.mark.parametrize("p", [2, -2, 0.5, -0.5, [2, -1], [1, 2], np.array([-1, 2], np.int16)])
def test_a_power_has_numpys_value_and_type(x, p):
    base, whole = np.asarray(x), np.asarray(p).dtype.kind == "i"
    assert same(emath.power(Variable(base.astype(float)), p).data, np.emath.power(base.astype(float), p))
    if not whole:
        assert same(emath.power(x, Variable(np.asarray(p))).data, np.emath.power(x, np.asarray(p)))


@pytest.mark.parametrize("name", OF_ONE)
def test_inside_the_real_domain_it_is_the_real_function(name):
    a = np.array([0.25, 0.5])
    gradients = []
    for f in (getattr(np.emath, name), getattr(np, name)):
        x = Variable(a)
        y = f(x)
        assert y.dtype == float
        y.backward()
        gradients.append(x.grad.data)
    assert same(*gradients)


@pytest.mark.parametrize("name", OF_ONE)
@pytest.mark.parametrize("at", [-3.0, 2.0, 0.5])
def test_the_slope_along_the_cut(name, at):
    """Real and imaginary part, by differences of the values that NumPy has there."""
    f = getattr(np.emath, name)

    def plain(a):
        return complex(f(np.array([a, -5.0]))[0])

    h = 1e-5
    slope = (plain(at + h) - plain(at - h)) / (2 * h)
    for part, wanted in ((np.real, slope.real), (np.imag, slope.imag)):
        x = Variable(np.array([at, -5.0]))
        part(f(x))[0].backward()
        assert x.grad.dtype == float
        np.testing.assert_allclose(x.grad.data, [wanted, 0], atol=1e-8)


def test_of_constants_it_is_numpys_own():
    y = emath.sqrt(np.array([-1.0, 4.0]))
    assert y.creator is None
    assert same(y.data, np.emath.sqrt(np.array([-1.0, 4.0])))
    assert same(emath.logn(2, 8).data, np.asarray(np.emath.logn(2, 8)))


def test_an_unknown_keyword_is_an_error():
    with pytest.raises(TypeError):
        emath.sqrt(Variable(np.array(1.0)), out=None)
