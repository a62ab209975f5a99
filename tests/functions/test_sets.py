"""What is particular to sets: shares of what is equal, what comes besides, nan, errors."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import leopard
from leopard import Variable
from tests.functions.moving import axes_of, equal_elements
from tests.laws import outputs, same


@pytest.mark.parametrize(
    "f", [leopard.unique, leopard.unique_values, leopard.unique_all, leopard.unique_counts, leopard.sort]
)
def test_a_mask_is_not_lost(f):
    masked = np.ma.array([1.0, 2.0, 2.0], mask=[False, False, True])
    with pytest.raises(TypeError, match="its mask would be lost"):
        f(masked)


# -- unique --------------------------------------------------------------------------------------


@given(equal_elements(), st.data())
def test_the_gradient_of_a_value_is_shared_by_those_that_have_it(a, data):
    axis = data.draw(axes_of(a) | st.none())
    values, inverse, counts = np.unique(a, return_inverse=True, return_counts=True, axis=axis)
    for create_graph in (False, True):
        x = Variable(a)
        y = np.unique(x, axis=axis)
        assert same(y.data, values)
        start = np.random.default_rng(6).standard_normal(y.shape)
        y.grad = start
        y.backward(create_graph=create_graph)
        if axis is None:
            wanted = (start / counts)[inverse].reshape(a.shape)
        else:
            each = np.moveaxis(start, axis, 0) / counts.reshape((-1,) + (1,) * (a.ndim - 1))
            wanted = np.moveaxis(each[inverse.reshape(-1)], 0, axis)
        np.testing.assert_allclose(x.grad.data, wanted, rtol=1e-12)


@pytest.mark.parametrize("axis", [None, 0, 1])
def test_further_results_are_ndarrays(axis):
    a = np.array([[1.0, 2.0], [1.0, 2.0], [2.0, 0.0]])
    for asked in (
        {"return_index": True},
        {"return_counts": True, "return_inverse": True},
        {"return_counts": True},
    ):
        got, wanted = np.unique(Variable(a), axis=axis, **asked), np.unique(a, axis=axis, **asked)
        assert type(got) is tuple
        assert type(got[0]) is Variable
        assert same(got[0].data, wanted[0])
        for one, other in zip(got[1:], wanted[1:], strict=True):
            assert same(one, other)


@pytest.mark.parametrize("name", ["unique_all", "unique_counts", "unique_inverse", "unique_values"])
def test_the_array_apis_names_for_it(name):
    a = np.array([3.0, 1.0, np.nan, 1.0, np.nan])
    x = Variable(a)
    got, wanted = getattr(np, name)(x), getattr(np, name)(a)
    assert type(got).__name__ == ("Variable" if name == "unique_values" else type(wanted).__name__)
    for one, other in zip(outputs(got), outputs(wanted), strict=True):
        assert same(one.data if isinstance(one, Variable) else one, other)
    values = got if name == "unique_values" else got.values
    values.backward()
    assert same(x.grad.data, np.array([1.0, 0.5, 1.0, 0.5, 1.0]))


def test_nans_are_one_or_many():
    a = np.array([np.nan, 1.0, np.nan])
    for equal_nan in (True, False):
        x = Variable(a)
        y = np.unique(x, equal_nan=equal_nan)
        assert same(y.data, np.unique(a, equal_nan=equal_nan))
        y.grad = np.arange(1.0, y.size + 1)
        y.backward()
        assert x.grad.data.sum() == y.size * (y.size + 1) / 2
    assert leopard.unique(x).size == 2


def test_values_in_any_order_keep_their_gradients():
    a = np.random.default_rng(7).integers(0, 5, 30).astype(float)
    try:
        np.unique(a, sorted=False)
    except TypeError:
        pytest.skip("NumPy 2.3 leaves them unsorted")
    x = Variable(a)
    y = np.unique(x, sorted=False)
    (y * y).backward()
    counts = np.array([np.sum(a == value) for value in a])
    np.testing.assert_allclose(x.grad.data, 2 * a / counts)


# -- of two arrays -------------------------------------------------------------------------------

OF_TWO = [np.union1d, np.intersect1d, np.setdiff1d, np.setxor1d]


@pytest.mark.parametrize("f", OF_TWO, ids=lambda f: f.__name__)
@settings(max_examples=60, deadline=None)
@given(equal_elements(), equal_elements())
def test_the_gradient_is_shared_by_what_is_equal_in_both(f, a, b):
    a, b = a + 1, b * 2 - 1  # 1, 2, 3 and -1, 1, 3
    values = f(a, b)
    start = np.random.default_rng(6).standard_normal(values.shape)
    for create_graph in (False, True):
        x, z = Variable(a), Variable(b)
        y = f(x, z)
        assert same(y.data, values)
        y.grad = start
        y.backward(create_graph=create_graph)
        pool = a if f is np.setdiff1d else np.append(a, b)
        for v in (x, z):
            wanted = np.zeros(v.shape)
            for value, g in zip(values, start, strict=True):
                wanted[v.data == value] = g / np.sum(pool == value)
            got = np.zeros(v.shape) if v.grad is None else v.grad.data
            if f is np.setdiff1d and v is z:
                assert v.grad is None or not got.any()
                continue
            np.testing.assert_allclose(got, wanted, rtol=1e-12)


@pytest.mark.parametrize("f", OF_TWO, ids=lambda f: f.__name__)
@pytest.mark.parametrize(
    "dtypes", [(float, int), (np.float32, np.float32), (np.float32, float), (complex, float)]
)
def test_types_are_numpys(f, dtypes):
    a, b = np.array([3, 1, 2, 1]).astype(dtypes[0]), np.array([[1, 5], [2, 2]]).astype(dtypes[1])
    for x, z in [(Variable(a), b), (a, Variable(b)), (Variable(a), Variable(b)), (b, Variable(a))]:
        plain = [v.data if isinstance(v, Variable) else v for v in (x, z)]
        y = f(x, z)
        assert same(y.data, f(*plain))
        if y.dtype.kind != "i":
            np.sum(y.real).backward()
        for v in (x, z):
            if isinstance(v, Variable) and v.grad is not None:
                assert v.grad.dtype == (v.dtype if v.dtype.kind in "fc" else np.float64)


@pytest.mark.parametrize("f", OF_TWO[1:], ids=lambda f: f.__name__)
def test_what_is_assumed_to_be_unique_is_not_looked_at(f):
    a, b = np.array([3.0, -1.0, 2.0]), np.array([5.0, 2.0])
    wanted = f(a, b, assume_unique=True)
    x = Variable(a)
    y = f(x, b, assume_unique=True)
    assert same(y.data, wanted)
    start = np.arange(1.0, wanted.size + 1)
    y.grad = start.copy()
    y.backward()
    sums = np.array([start[wanted == value].sum() for value in a])
    np.testing.assert_array_equal(x.grad.data, sums / (2 if f is np.intersect1d else 1))


def test_the_intersection_of_a_variable_with_its_own_part_moves_with_it():
    a = np.random.default_rng(3).standard_normal(5)
    x = Variable(a)
    np.sum(np.intersect1d(x, x[1:4]) ** 3).backward(create_graph=True)
    inside = np.array([0.0, 1.0, 1.0, 1.0, 0.0])
    np.testing.assert_allclose(x.grad.data, 3 * a**2 * inside)
    g = x.grad
    x.cleargrad()
    g.backward()
    np.testing.assert_allclose(x.grad.data, 6 * a * inside)


def test_where_the_common_values_are_comes_in_plain_arrays():
    a, b = np.array([3.0, 1.0, 2.0, 1.0]), np.array([[5.0, 1.0], [3.0, 3.0]])
    got = np.intersect1d(Variable(a), b, return_indices=True)
    wanted = np.intersect1d(a, b, return_indices=True)
    assert same(got[0].data, wanted[0])
    for one, other in zip(got[1:], wanted[1:], strict=True):
        assert same(one, other)


@pytest.mark.parametrize("f", OF_TWO, ids=lambda f: f.__name__)
def test_nan_is_in_sets_as_numpy_has_it(f):
    a, b = np.array([np.nan, 1.0, np.nan, 2.0]), np.array([np.nan, 2.0])
    x = Variable(a)
    y = f(x, b)
    assert same(y.data, f(a, b))
    y.backward()
    nans = np.isnan(a)
    assert x.grad.data[~nans].tolist() == {"union1d": [1, 0.5], "intersect1d": [0, 0.5]}.get(
        f.__name__, [1, 0]
    )


def test_membership_is_that_of_the_data():
    a, b = np.array([1.0, 2.0, 3.0]), np.array([2.0, 5.0])
    for x, z in [(Variable(a), b), (a, Variable(b)), (Variable(a), Variable(b))]:
        assert same(np.isin(x, z), np.isin(a, b))
        assert same(np.isin(x, z, invert=True), np.isin(a, b, invert=True))


WRONG = {
    "unique beyond": lambda x: np.unique(x, axis=2),
    "union of one": lambda x: np.union1d(x),
    "keyword": lambda x: np.setdiff1d(x, x, return_indices=True),
    "too many": lambda x: np.setxor1d(x, x, True, True),
    "of no array": lambda x: np.intersect1d(x),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_is_no_set_is_numpys_error(name):
    a = np.ones((2, 3))
    with pytest.raises((ValueError, TypeError)) as numpys:
        WRONG[name](a)
    with pytest.raises(numpys.type):
        WRONG[name](Variable(a))


MASKED = {
    "unique": leopard.functions.unique,
    "unique_values": leopard.functions.unique_values,
    "union1d": lambda m: np.union1d(Variable(np.ones(2)), m),
    "intersect1d": lambda m: np.intersect1d(Variable(np.ones(2)), m),
    "concatenate": lambda m: np.concatenate([Variable(np.ones(2)), m]),
    "stack": lambda m: np.stack([Variable(np.ones(3)), m]),
    "where": lambda m: np.where([True, False, True], Variable(np.ones(3)), m),
    "clip": lambda m: np.clip(Variable(np.ones(3)), m, 5.0),
    "interp": lambda m: np.interp(Variable(np.ones(3)), np.arange(3.0), m),
    "average": lambda m: np.average(Variable(np.ones(3)), weights=m),
    "gradient": lambda m: np.gradient(Variable(np.ones(3)), m),
    "cov": lambda m: np.cov(Variable(np.ones(3)), m),
    "outer": lambda m: np.outer(Variable(np.ones(3)), m),
    "reduce": lambda m: np.hypot.outer(Variable(np.ones(3)), m),
    "add.at": lambda m: np.add.at(Variable(np.ones(3)) * 1.0, [0, 1, 2], m),
}


@pytest.mark.parametrize("name", MASKED)
def test_a_mask_is_not_lost_without_a_word(name):
    m = np.ma.array([1.0, 2.0, 2.0], mask=[False, True, False])
    with pytest.raises(TypeError, match="its mask would be lost"):
        MASKED[name](m)
