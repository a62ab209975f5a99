"""What is particular to extrema: ties, nans, what they start from, errors."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leopard import Variable
from leopard.functions.math import extrema
from tests.laws import same

NAMES = ["max", "min", "nanmax", "nanmin"]
each = pytest.mark.parametrize("name", NAMES)


def shares(a, y, gy, axis, extra=0):
    """The gradient by its definition: what comes down, in equal parts to those that equal the result."""
    equal = a == y
    n = equal.sum(axis=axis, keepdims=True) + extra
    return np.where(equal, gy / np.maximum(n, 1), 0.0)


@st.composite
def arrays_with_ties(draw):
    shape = tuple(draw(st.lists(st.integers(1, 4), min_size=1, max_size=3)))
    n = int(np.prod(shape))
    values = draw(st.lists(st.sampled_from([-1.0, 0.0, 2.0, np.nan]), min_size=n, max_size=n))
    axes = draw(st.none() | st.sets(st.integers(0, len(shape) - 1)).map(tuple))
    axes = axes if axes is None else tuple([i - len(shape) * draw(st.integers(0, 1)) for i in axes])
    return np.array(values).reshape(shape), axes, draw(st.booleans())


@each
@given(sample=arrays_with_ties())
@settings(max_examples=60, deadline=None)
@pytest.mark.filterwarnings("ignore:All-NaN slice")
def test_equal_elements_share_equally_over_all_kinds_of_axes(name, sample):
    a, axis, keepdims = sample
    x = Variable(a)
    y = getattr(np, name)(x, axis=axis, keepdims=keepdims)
    assert same(y.data, np.asarray(getattr(np, name)(a, axis=axis, keepdims=keepdims)))
    kept = getattr(np, name)(a, axis=axis, keepdims=True)
    start = np.arange(1.0, y.size + 1)
    y.grad = start.reshape(y.shape)
    y.backward()
    np.testing.assert_allclose(x.grad.data, shares(a, kept, start.reshape(kept.shape), axis), rtol=1e-15)


@each
def test_a_second_derivative_at_ties_is_that_of_the_shares(name):
    """Of the square of the result, 2 / n**2 between any two of n equal ones."""
    x = Variable(np.array([1.0, 1.0, 1.0]))
    (getattr(np, name)(x) ** 2).backward(create_graph=True)
    g = x.grad
    x.cleargrad()
    (g * np.array([1.0, 0.0, 0.0])).sum().backward()
    np.testing.assert_allclose(x.grad.data, 2 / 9, rtol=1e-15)


def test_what_it_starts_from_takes_a_share_at_a_tie():
    x = Variable(np.array([[1.0, 3.0], [2.0, 2.0]]))
    y = np.max(x, axis=1, initial=2.0)
    y.backward()
    np.testing.assert_array_equal(y.data, [3.0, 2.0])
    np.testing.assert_array_equal(x.grad.data, [[0, 1], [1 / 3, 1 / 3]])
    x.cleargrad()
    np.max(x, initial=5.0).backward()
    np.testing.assert_array_equal(x.grad.data, np.zeros((2, 2)))


def test_only_chosen_elements_take_part():
    x = Variable(np.array([1.0, 3.0, 3.0]))
    y = np.max(x, initial=-np.inf, where=[True, True, False])
    y.grad = np.array(np.inf)
    y.backward()
    np.testing.assert_array_equal(x.grad.data, [0, np.inf, 0])


def test_nan_is_the_maximum_and_has_the_gradient_0():
    x = Variable(np.array([1.0, np.nan]))
    y = np.max(x)
    y.backward()
    assert np.isnan(y.data)
    np.testing.assert_array_equal(x.grad.data, [0, 0])


@pytest.mark.parametrize("name", ["nanmax", "nanmin"])
def test_nans_alone_warn_as_numpy_does(name):
    x = Variable(np.array([[np.nan, np.nan], [1.0, np.nan]]))
    with pytest.warns(RuntimeWarning, match="All-NaN slice"):
        y = getattr(np, name)(x, axis=1)
    y.backward()
    np.testing.assert_array_equal(y.data, [np.nan, 1])
    np.testing.assert_array_equal(x.grad.data, [[0, 0], [1, 0]])


def test_the_range_of_equal_elements_has_the_gradient_0():
    x = Variable(np.full((2, 3), 0.1))
    y = np.ptp(x, axis=1)
    y.backward()
    assert same(y.data, np.zeros(2))
    np.testing.assert_array_equal(x.grad.data, np.zeros((2, 3)))


@pytest.mark.parametrize("dtype", [np.int64, np.uint8, np.bool_, np.float16, np.float32, np.longdouble])
@each
def test_the_dtype_is_numpys(name, dtype):
    a = np.array([[1, 0, 1], [0, 1, 1]], dtype)
    y = getattr(np, name)(Variable(a), axis=1)
    assert same(y.data, getattr(np, name)(a, axis=1))


def test_ranges_of_small_integers_overflow_as_numpys_do():
    a = np.array([-100, 100], np.int8)
    assert same(np.ptp(Variable(a)).data, np.asarray(np.ptp(a)))


def test_they_are_methods():
    x = Variable(np.array([[1.0, 3.0], [2.0, 0.0]]))
    assert same(x.max(0).data, x.data.max(0))
    assert same(x.min(axis=1, keepdims=True).data, x.data.min(axis=1, keepdims=True))
    assert same(x.max(initial=9.0).data, np.asarray(9.0))


def test_where_the_extremum_is_comes_as_a_plain_array():
    a = np.array([[1.0, 3.0], [2.0, 0.0]])
    x = Variable(a)
    for name in ("argmax", "argmin"):
        got, wanted = getattr(x, name)(axis=1), getattr(a, name)(axis=1)
        assert type(got) is np.ndarray
        np.testing.assert_array_equal(got, wanted)
        assert getattr(x, name)() == getattr(a, name)()
        assert getattr(x, name)(1, keepdims=True).shape == (2, 1)
        np.testing.assert_array_equal(getattr(np, name)(x, axis=0), getattr(np, name)(a, axis=0))
        nan = getattr(np, f"nan{name}")
        np.testing.assert_array_equal(nan(x, axis=0), nan(a, axis=0))


def test_nothing_has_no_extremum():
    for name in NAMES:
        with pytest.raises(ValueError, match="zero-size"):
            getattr(np, name)(Variable(np.zeros((2, 0))), axis=1)


@each
def test_what_is_not_honoured_is_a_type_error(name):
    x = Variable(np.ones((2, 3)))
    for keywords in ({"out": np.zeros(3)}, {"order": "C"}, {"initial": Variable(np.array(1.0))}):
        with pytest.raises(TypeError):
            getattr(extrema, name)(x, axis=0, **keywords)
    with pytest.raises(np.exceptions.AxisError):
        getattr(np, name)(x, axis=2)


@pytest.mark.parametrize("name", ["amax", "amin"])
@pytest.mark.parametrize("axis", [0, 1, (0, 1)])
def test_shares_are_torchs(name, axis, rng):
    torch = pytest.importorskip("torch")
    a = rng.integers(0, 3, (4, 5)).astype(float)
    x, t = Variable(a), torch.tensor(a, requires_grad=True)
    (getattr(np, name)(x, axis=axis) ** 2).sum().backward()
    (getattr(torch, name)(t, dim=axis) ** 2).sum().backward()
    np.testing.assert_allclose(x.grad.data, t.grad.numpy(), rtol=1e-14)
