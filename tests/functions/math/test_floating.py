"""Parts of numbers, and numbers in place of nan and infinities."""

import numpy as np
import pytest

from leopard import Variable
from leopard.functions.math import floating
from leopard.functions.math.floating import frexp, ldexp, modf, nan_to_num, real_if_close
from tests.laws import same

recorded_or_not = pytest.mark.parametrize("create_graph", [False, True])


# -- Parts ---------------------------------------------------------------------------------------


def test_modf_is_a_pair_and_its_fraction_has_the_gradient():
    x = Variable(np.array([-1.5, 2.25, 3.0]))
    fraction, whole = np.modf(x)
    assert same(fraction.data, np.array([-0.5, 0.25, 0.0]))
    assert same(whole.data, np.array([-1.0, 2.0, 3.0]))
    (fraction * fraction + whole).backward()
    assert same(x.grad.data, np.array([-1.0, 0.5, 0.0]))


@recorded_or_not
def test_a_neighbour_moves_with_its_number(create_graph):
    for dtype in (np.float64, np.float32):
        x = Variable(np.array([1.0, -2.0, 0.0], dtype))
        bound = Variable(np.array([9.0, 9.0, -9.0], dtype))
        y = np.nextafter(x, bound)
        assert same(y.data, np.nextafter(x.data, bound.data))
        (y * y).backward(create_graph=create_graph)
        assert same(x.grad.data, 2 * y.data)
        assert bound.grad is None
        assert np.nextafter(x, 9.0).dtype == np.nextafter(1.0, x).dtype == dtype


@recorded_or_not
def test_frexp_and_ldexp_undo_each_other(create_graph):
    x = Variable(np.array([6.0, -0.3, 0.0, 1e300, 1e-300]))
    mantissa, exponent = np.frexp(x)
    assert same(mantissa.data, np.frexp(x.data)[0])
    assert same(exponent.data, np.frexp(x.data)[1])
    assert exponent.dtype == np.int32
    y = np.ldexp(mantissa, exponent)
    assert same(y.data, x.data)
    y.backward(create_graph=create_graph)
    np.testing.assert_array_equal(x.grad.data, 1.0)
    x.cleargrad()
    mantissa.backward(create_graph=create_graph)
    np.testing.assert_array_equal(x.grad.data[:3], [0.125, 2.0, 1.0])


def test_a_mantissa_alone_is_enough():
    """The exponents are freed before the walk needs them."""
    x = Variable(np.array(6.0))
    y = frexp(x)[0]
    z = y * y * modf(x)[0]
    z.backward()
    assert x.grad.data == 0.75**2


def test_ldexp_takes_integers_as_exponents():
    x = Variable(np.array([0.75, 1.5], np.float32))
    y = ldexp(x, np.array([[1], [-2]]))
    assert y.dtype == np.float32
    y.backward()
    assert same(x.grad.data, np.array([2.25, 2.25], np.float32))
    with pytest.raises(TypeError):
        ldexp(x, 1.5)


# -- Numbers that are none -----------------------------------------------------------------------


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64, np.longdouble])
def test_nan_to_num_puts_in_what_numpy_does(dtype):
    data = np.array([1.5, np.nan, np.inf, -np.inf, -0.0], dtype)
    for keywords in [{}, {"nan": 1}, {"posinf": 3.0}, {"neginf": -2.0, "nan": -1.0}, {"nan": np.arange(5)}]:
        x = Variable(data)
        y = np.nan_to_num(x, **keywords)
        assert same(y.data, np.nan_to_num(data, **keywords))
        y.backward()
        assert same(x.grad.data, np.array([1, 0, 0, 0, 1], dtype))
    assert np.isnan(data[1])


def test_nan_to_num_of_complex_numbers_looks_at_each_part():
    z = Variable(np.array([complex(1, np.nan), complex(np.inf, 2), 3 + 4j]))
    y = np.nan_to_num(z, posinf=9.0)
    np.testing.assert_array_equal(y.data, [1, 9 + 2j, 3 + 4j])
    np.real(y * (1 - 2j)).backward()
    np.testing.assert_array_equal(z.grad.data, [1, 2j, 1 + 2j])


@recorded_or_not
def test_a_hole_stops_an_infinite_slope(create_graph):
    x = Variable(np.array([0.0, 2.0]))
    with np.errstate(divide="ignore"):
        y = np.nan_to_num(np.log(x), neginf=-700.0)
    y.backward(create_graph=create_graph)
    np.testing.assert_array_equal(x.grad.data, [0.0, 0.5])


def test_what_nan_to_num_cannot_do_is_an_error():
    x = Variable(np.array([1.0, np.nan]))
    with pytest.raises(TypeError, match="copy=False would overwrite"):
        np.nan_to_num(x, copy=False)
    with pytest.raises(TypeError, match="plain numbers"):
        nan_to_num(x, nan=x)


def test_an_array_that_is_put_in_may_change_afterwards():
    put = np.array([5.0, 6.0])
    x = Variable(np.array([1.0, np.nan]))
    y = nan_to_num(x, nan=put)
    put[:] = 0
    assert same(y.data, np.array([1.0, 6.0]))


def test_real_if_close_is_real_or_what_it_is_given():
    z = Variable(np.array([1 + 1e-15j, 2.0]))
    y = np.real_if_close(z)
    assert same(y.data, np.array([1.0, 2.0]))
    (y * y).backward()
    np.testing.assert_array_equal(z.grad.data, [2, 4])
    assert real_if_close(z, tol=1e-20) is z
    x = Variable(np.array([1.0]))
    assert np.real_if_close(x) is x


def test_nothing_takes_a_keyword_that_it_does_not_honour():
    x = Variable(np.array([1.5]))
    for name in floating.__all__:
        f = getattr(np, name)
        n_inputs = f.nin if isinstance(f, np.ufunc) else 1
        operands = [x, 2] if n_inputs == 2 else [x]
        with pytest.raises(TypeError):
            f(*operands, out=np.zeros(1))
        with pytest.raises(TypeError):
            f(*operands, nonsense=True)
