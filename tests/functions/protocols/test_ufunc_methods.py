"""What is particular to the methods of ufuncs: through NumPy's names, ties, infinities, errors."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leopard import Variable
from leopard.functions.protocols import ufunc_methods
from tests.laws import same

SUMS = [np.add, np.multiply, np.maximum, np.minimum, np.fmax, np.fmin, np.logaddexp, np.logaddexp2, np.hypot]
OTHERS = [np.subtract, np.divide, np.copysign, np.fmod]
LAYS = [np.ascontiguousarray, np.asfortranarray, lambda a: a[::-1, ::2]]


@pytest.mark.parametrize("ufunc", [*SUMS, *OTHERS], ids=lambda f: f.__name__)
@pytest.mark.parametrize("lay", LAYS)
@pytest.mark.parametrize("dtype", [np.float64, np.float32, np.float16])
def test_reductions_are_numpys_in_every_order_in_memory(ufunc, lay, dtype, rng):
    a = lay(rng.uniform(0.5, 2, (3, 6)).astype(dtype))
    x = Variable(a)
    for axis in (0, 1, -1, *([None, (0, 1), ()] if ufunc in SUMS else [])):
        for keepdims in (False, True):
            y = ufunc.reduce(x, axis, keepdims=keepdims)
            assert isinstance(y, Variable)
            assert same(y.data, np.asarray(ufunc.reduce(a, axis, keepdims=keepdims)))
    assert same(ufunc.reduce(x).data, ufunc.reduce(a))
    assert same(ufunc.reduce(x, initial=1.5).data, ufunc.reduce(a, initial=1.5))


@pytest.mark.parametrize("ufunc", [*SUMS, *OTHERS], ids=lambda f: f.__name__)
@pytest.mark.parametrize("shape", [(1,), (1, 2), (2, 1)], ids=str)
def test_the_reduction_of_one_element_is_no_view_of_it(ufunc, shape):
    a = np.full(shape, 1.5)
    x = Variable(a) * 1.0
    axis = shape.index(1)
    for y in (ufunc.reduce(x, axis), ufunc.accumulate(x, axis), ufunc.reduceat(x, [0], axis)):
        before = y.data.copy()
        x[...] = x * 3.0
        assert same(y.data, before)


@pytest.mark.parametrize("ufunc", [*SUMS, *OTHERS], ids=lambda f: f.__name__)
@pytest.mark.parametrize("lay", LAYS)
def test_running_ones_and_stretches_are_numpys(ufunc, lay, rng):
    a = lay(rng.uniform(0.5, 2, (3, 6)))
    x = Variable(a)
    for axis in (0, 1, -1):
        assert same(ufunc.accumulate(x, axis).data, ufunc.accumulate(a, axis))
        for places in ([0, 2], [1, 0, 2, 2], np.array([2])):
            places = np.array(places)
            assert same(ufunc.reduceat(x, places, axis).data, ufunc.reduceat(a, places, axis))
    assert same(ufunc.accumulate(x).data, ufunc.accumulate(a))


def test_every_binary_ufunc_that_has_a_rule_has_its_methods():
    for ufunc in (np.add, np.power, np.hypot, np.float_power, np.remainder, np.copysign, np.heaviside):
        for name in ("reduce", "accumulate", "reduceat", "outer"):
            assert (ufunc, name) in ufunc_methods.METHODS


@pytest.mark.parametrize("ufunc", [np.add, np.multiply, np.power, np.arctan2, np.maximum, np.hypot])
def test_an_outer_is_of_each_with_each(ufunc, rng):
    a, b = rng.uniform(0.5, 2, (2, 3)), rng.uniform(0.5, 2, 4)
    x0, x1 = Variable(a), Variable(b)
    y = ufunc.outer(x0, x1)
    assert same(y.data, ufunc.outer(a, b))
    y.backward()
    z0, z1 = Variable(a), Variable(b)
    ufunc(np.reshape(z0, (2, 3, 1)), z1).backward()
    np.testing.assert_array_equal(x0.grad.data, z0.grad.data)
    np.testing.assert_array_equal(x1.grad.data, z1.grad.data)
    assert same(ufunc.outer(a, x1).data, y.data)
    assert same(ufunc.outer(x0, 1.5).data, ufunc.outer(a, 1.5))


@st.composite
def lines_with_ties(draw):
    n = draw(st.integers(1, 8))
    return np.array(draw(st.lists(st.sampled_from([0.0, 1.0, 2.0]), min_size=n, max_size=n)))


@pytest.mark.parametrize("ufunc", [np.maximum, np.minimum, np.fmax, np.fmin], ids=lambda f: f.__name__)
@given(a=lines_with_ties())
@settings(max_examples=60, deadline=None)
def test_a_running_extremum_shares_equally_each_time(ufunc, a):
    x = Variable(a)
    y = ufunc.accumulate(x)
    assert same(y.data, ufunc.accumulate(a))
    y.grad = start = np.arange(1.0, len(a) + 1) ** 2
    y.backward()
    wanted = np.zeros(len(a))
    for k, g in enumerate(start):
        equal = a[: k + 1] == y.data[k]
        wanted[: k + 1] += g * equal / equal.sum()
    np.testing.assert_allclose(x.grad.data, wanted, rtol=1e-12)


def test_nans_stop_a_running_maximum_and_not_a_running_fmax():
    a = np.array([1.0, np.nan, 3.0, 2.0])
    for ufunc, wanted in ((np.maximum, [1, 0, 0, 0]), (np.fmax, [2, 0, 2, 0])):
        x = Variable(a)
        y = ufunc.accumulate(x)
        assert same(y.data, ufunc.accumulate(a))
        y.backward()
        np.testing.assert_array_equal(x.grad.data, wanted)


def test_a_sum_of_exponentials_neither_overflows_nor_loses_digits():
    x = Variable(np.array([1000.0, 1000.0, -1000.0]))
    y = np.logaddexp.reduce(x)
    y.backward()
    np.testing.assert_allclose(y.data, 1000 + np.log(2))
    np.testing.assert_array_equal(x.grad.data, [0.5, 0.5, 0])


@pytest.mark.parametrize(
    "a, wanted",
    [
        ([-np.inf, -np.inf], [0.5, 0.5]),
        ([-np.inf, 1.0], [0, 1]),
        ([np.inf, 800.0, np.inf], [0.5, 0, 0.5]),
        ([np.nan, 1.0], [np.nan, np.nan]),
    ],
)
@pytest.mark.parametrize("ufunc", [np.logaddexp, np.logaddexp2])
def test_equal_infinities_share_equally(ufunc, a, wanted):
    x = Variable(np.array(a))
    with np.errstate(invalid="ignore"):  # NumPy's own
        y = ufunc.reduce(x)
    y.backward(create_graph=True)
    np.testing.assert_array_equal(x.grad.data, wanted)


def test_a_length_of_0_has_the_gradient_0():
    x = Variable(np.array([[0.0, 0.0], [3.0, -4.0], [0.0, -2.0]]))
    y = np.hypot.reduce(x, axis=1)
    y.backward(create_graph=True)
    np.testing.assert_array_equal(y.data, [0, 5, 2])
    np.testing.assert_allclose(x.grad.data, [[0, 0], [0.6, -0.8], [0, -1]])
    g = x.grad
    x.cleargrad()
    (g * g).sum().backward()
    np.testing.assert_allclose(x.grad.data, 0, atol=1e-15)


@pytest.mark.parametrize("places", [[0, 2, 4], [4, 0, 3, 3, 1], [2]])
def test_stretches_that_overlap_add_up(places, rng):
    x = Variable(rng.standard_normal(6))
    y = np.add.reduceat(x, places)
    y.grad = start = rng.standard_normal(len(places))
    y.backward()
    wanted = np.zeros(6)
    for k, i in enumerate(places):
        j = places[k + 1] if k + 1 < len(places) else 6
        wanted[i : max(j, i + 1)] += start[k]
    np.testing.assert_allclose(x.grad.data, wanted)


def test_powers_of_powers_are_right_where_numpys_are_not():
    a = np.array([0.7, 1.3, 0.9])
    x = Variable(a)
    y = np.power.reduce(x)
    np.testing.assert_allclose(y.data, (a[0] ** a[1]) ** a[2], rtol=1e-15)
    y.backward()
    z = Variable(a)
    ((z[0] ** z[1]) ** z[2]).backward()
    np.testing.assert_allclose(x.grad.data, z.grad.data, rtol=1e-15)


def test_empty_reductions_are_numpys():
    x = Variable(np.zeros((2, 0)))
    assert same(np.add.reduce(x, 1).data, np.zeros(2))
    assert same(np.subtract.reduce(x, 0).data, np.zeros(0))
    with pytest.raises(ValueError, match="identity"):
        np.subtract.reduce(x, 1)


def test_errors_are_numpys():
    x = Variable(np.ones((2, 3)))
    with pytest.raises(ValueError, match="reorderable"):
        np.subtract.reduce(x, None)
    with pytest.raises(ValueError, match="initial"):
        np.subtract.reduce(x, where=[True, False, True])
    for ufunc in (np.add, np.multiply, np.maximum, np.subtract):
        with pytest.raises(np.exceptions.AxisError):
            ufunc.reduce(x, 2)
        with pytest.raises(np.exceptions.AxisError):
            ufunc.accumulate(x, 2)
        with pytest.raises(IndexError, match="out-of-bounds"):
            ufunc.reduceat(x, [2])
        with pytest.raises(TypeError, match="scalar"):
            ufunc.accumulate(Variable(np.array(1.0)))
        with pytest.raises(TypeError):
            ufunc.reduce(x, out=np.ones(3))
        with pytest.raises(TypeError):
            ufunc.accumulate(x, out=np.ones((2, 3)))


def test_adding_in_place_to_an_ndarray_is_refused():
    with pytest.raises(TypeError):
        np.add.at(np.zeros(3), [0, 0], Variable(np.ones(2)))


@pytest.mark.parametrize("axis", [0, 1])
def test_sums_of_exponentials_and_running_ones_are_torchs(axis, rng):
    torch = pytest.importorskip("torch")
    a = rng.standard_normal((3, 4))
    for ours, theirs in (
        (lambda x: np.logaddexp.reduce(x, axis), lambda t: torch.logsumexp(t, axis)),
        (lambda x: np.logaddexp.accumulate(x, axis), lambda t: torch.logcumsumexp(t, axis)),
        (lambda x: np.maximum.accumulate(x, axis), lambda t: torch.cummax(t, axis).values),
        (lambda x: np.hypot.reduce(x, axis), lambda t: torch.linalg.vector_norm(t, dim=axis)),
    ):
        x, t = Variable(a), torch.tensor(a, requires_grad=True)
        (ours(x) ** 3).sum().backward()
        (theirs(t) ** 3).sum().backward()
        np.testing.assert_allclose(x.grad.data, t.grad.numpy(), rtol=1e-10, atol=1e-12)
