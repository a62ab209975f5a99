"""What is particular to sums over axes: axes of all kinds, empty sums, nans, masks, errors."""

import numpy as np
import pytest

from leopard import Variable, functions
from leopard.functions.basic import reductions
from leopard.functions.math import sums
from leopard.functions.statistics import averages
from tests.laws import Case, derivative_is_the_slope_of_the_one_below, same, value_is_numpys

each = pytest.mark.parametrize("name", ["sum", "mean"])

AXES = [None, 0, 1, -1, (0,), (0, 2), (-1, 0), (0, 1, 2), (), np.int64(1)]


@each
@pytest.mark.parametrize("axis", AXES, ids=repr)
@pytest.mark.parametrize("keepdims", [False, True])
def test_every_form_of_axis_is_numpys(name, axis, keepdims):
    x = Variable(np.arange(24.0).reshape(2, 3, 4))
    y = getattr(functions, name)(x, axis=axis, keepdims=keepdims)
    assert same(y.data, np.asarray(getattr(np, name)(x.data, axis=axis, keepdims=keepdims)))
    start = np.arange(1.0, y.size + 1).reshape(y.shape)
    y.grad = start
    y.backward()
    kept = getattr(np, name)(x.data, axis=axis, keepdims=True)
    share = start.reshape(kept.shape) / (x.size / kept.size if name == "mean" else 1)
    np.testing.assert_allclose(x.grad.data, np.broadcast_to(share, x.shape), rtol=1e-15)


@each
def test_it_is_a_method_and_a_call_of_numpys_too(name):
    a = np.arange(6.0).reshape(2, 3)
    wanted = getattr(np, name)(a, 0)
    x = Variable(a)
    assert same(getattr(x, name)(axis=0).data, wanted)
    assert same(getattr(x, name)(0).data, wanted)
    assert same(getattr(np, name)(x, axis=0).data, wanted)
    assert getattr(x, name)(0, keepdims=True).shape == (1, 3)


@each
@pytest.mark.parametrize("axis", [2, -3, (0, 5)])
def test_an_axis_that_is_not_there_is_numpys_error(name, axis):
    with pytest.raises(np.exceptions.AxisError, match="out of bounds"):
        getattr(functions, name)(Variable(np.ones((2, 3))), axis=axis)


@each
def test_an_axis_named_twice_is_numpys_error(name):
    with pytest.raises(ValueError, match="duplicate"):
        getattr(functions, name)(Variable(np.ones((2, 3))), axis=(0, -2))


@each
def test_an_axis_that_is_no_integer_is_a_type_error(name):
    with pytest.raises(TypeError):
        getattr(functions, name)(Variable(np.ones((2, 3))), axis=0.5)


def test_a_sum_of_nothing_is_0_and_passes_on_an_empty_gradient():
    x = Variable(np.zeros((0, 3)))
    y = functions.sum(x)
    assert same(y.data, np.array(0.0))
    y.backward()
    assert x.grad.shape == (0, 3)


@pytest.mark.parametrize("dtype", [np.int64, np.int8, np.bool_, np.float16, np.float32])
@each
def test_the_dtype_of_the_result_is_numpys(name, dtype):
    a = np.ones((2, 3), dtype)
    assert getattr(functions, name)(Variable(a)).dtype == getattr(np, name)(a).dtype


def test_a_sum_is_numpys_pairwise_one():
    a = np.random.default_rng(0).standard_normal(10_001)
    assert same(functions.sum(Variable(a)).data, np.asarray(np.sum(a)))
    assert same(functions.mean(Variable(a)).data, np.asarray(np.mean(a)))


# -- Further keywords ----------------------------------------------------------------------------

FULL = {"sum": sums.full_sum, "mean": averages.full_mean}
MASK = np.array([[True, False, True], [True, True, False]])
FURTHER = [
    ("sum", {"dtype": np.float32}),
    ("sum", {"axis": 1, "dtype": complex, "keepdims": True}),
    ("sum", {"axis": (0, 1), "initial": 2.5}),
    ("sum", {"axis": -1, "where": MASK, "initial": -1.0, "dtype": np.longdouble}),
    ("sum", {"axis": 0, "where": [[True], [False]]}),
    ("sum", {"axis": (), "where": MASK}),
    ("mean", {"dtype": np.float64}),
    ("mean", {"axis": (0, -1), "where": MASK, "keepdims": True}),
    ("mean", {"axis": 0, "where": [[True], [False]], "dtype": np.longdouble}),
]


def further_case(name, keywords):
    ours, plain = FULL[name], getattr(np, name)
    label = f"{name} {keywords}"
    shapes, domain = ((2, 3),), ((-2.0, 2.0),)
    return Case("", label, lambda x: ours(x, **keywords), lambda x: plain(x, **keywords), shapes, domain)


@pytest.mark.parametrize("case", [further_case(*f) for f in FURTHER], ids=str)
def test_further_keywords_keep_the_laws(case, rng):
    for dtype in (np.float64, np.float32, np.float16, np.longdouble):
        value_is_numpys(case, rng, dtype)
    if "float32" not in case.label:  # whose digits are too few for a slope
        for order in (1, 2, 3):
            derivative_is_the_slope_of_the_one_below(case, rng, order)


@pytest.mark.skipif(
    not hasattr(functions.sum, "fallback"), reason="the core does not hand on further keywords yet"
)
@pytest.mark.parametrize("name, keywords", FURTHER, ids=str)
def test_further_keywords_are_taken_by_every_form_of_call(name, keywords):
    a = np.arange(6.0).reshape(2, 3)
    wanted = np.asarray(getattr(np, name)(a, **keywords))
    x = Variable(a)
    for y in (
        getattr(np, name)(x, **keywords),
        getattr(x, name)(**keywords),
        getattr(np, name)(a=x, **keywords),
    ):
        assert same(y.data, wanted)
    assert same(getattr(np, name)(x, 1, np.float32).data, getattr(np, name)(a, 1, np.float32))


@pytest.mark.parametrize("name", ["sum", "mean"])
def test_what_is_not_honoured_is_a_type_error(name):
    x = Variable(np.ones((2, 3)))
    out = np.zeros(3)
    for call in (getattr(functions, name), getattr(np, name), FULL[name]):
        with pytest.raises(TypeError):
            call(x, axis=0, out=out)
        with pytest.raises(TypeError):
            call(x, axis=0, order="C")
    with pytest.raises(TypeError, match="no gradient"):
        FULL["sum"](x, initial=Variable(np.array(1.0)))


def test_a_mask_that_the_caller_changes_later_is_not_changed_here():
    where = MASK.copy()
    x = Variable(np.ones((2, 3)))
    y = FULL["sum"](x, where=where)
    where[:] = False
    y.backward()
    np.testing.assert_array_equal(x.grad.data, MASK.astype(float))


def test_what_does_not_take_part_has_no_gradient_whatever_comes_down():
    x = Variable(np.array([1.0, 2.0]))
    y = FULL["sum"](x, where=[True, False])
    y.grad = np.array(np.inf)
    y.backward()
    np.testing.assert_array_equal(x.grad.data, [np.inf, 0.0])


# -- nan -----------------------------------------------------------------------------------------

NAN = np.array([[1.0, np.nan, 3.0], [np.nan, np.nan, np.nan]])


def test_nansum_passes_nothing_to_nans():
    x = Variable(NAN)
    y = np.nansum(x, axis=1)
    y.backward()
    assert same(y.data, np.nansum(NAN, axis=1))
    np.testing.assert_array_equal(x.grad.data, ~np.isnan(NAN))


def test_nans_stay_nans_to_the_second_order():
    x = Variable(NAN)
    (np.nansum(x * x) ** 2).backward(create_graph=True)
    g = x.grad
    x.cleargrad()
    np.nansum(g).backward()
    # The square, x * x, passes a nan on to itself alone.
    np.testing.assert_allclose(x.grad.data[0, [0, 2]], [4 * 10 + 8 * 4 * 1, 4 * 10 + 8 * 4 * 3])


def test_without_nan_keeps_the_order_in_memory():
    a = np.asfortranarray(NAN)
    y = reductions.without_nan(Variable(a), 7.0)
    assert y.data.flags.f_contiguous
    np.testing.assert_array_equal(y.data, np.where(np.isnan(NAN), 7.0, NAN))


def test_integers_have_no_nans():
    a = np.arange(3)
    assert same(np.nansum(Variable(a)).data, np.asarray(np.nansum(a)))
    assert same(np.nanmean(Variable(a)).data, np.asarray(np.nanmean(a)))


# -- Sums at indices -----------------------------------------------------------------------------


def test_a_sparse_map_is_its_matrix(rng):
    rows, columns, weights = rng.integers(4, size=9), rng.integers(5, size=9), rng.standard_normal(9)
    matrix = np.zeros((4, 5))
    np.add.at(matrix, (rows, columns), weights)
    a = rng.standard_normal((2, 3, 5))
    x = Variable(a)
    y = sums.SparseMap.operation(x, rows, columns, weights, 4)
    np.testing.assert_allclose(y.data, a @ matrix.T, rtol=1e-13)
    y.grad = start = rng.standard_normal(y.shape)
    y.backward()
    np.testing.assert_allclose(x.grad.data, start @ matrix, rtol=1e-13)


def test_a_sparse_map_keeps_the_type():
    for dtype in (np.float16, np.float32, np.longdouble, complex):
        y = sums.SparseMap.operation(np.ones(3, dtype), [0], [1], np.ones(1), 2)
        assert y.dtype == dtype


# -- What is left out ----------------------------------------------------------------------------

TAKEN = np.array([False, True, True])
SELECTIVE = {
    f"{f.__name__} where": lambda x, f=f: f(x, where=TAKEN)
    for f in (np.sum, np.mean, np.prod, np.var, np.std, np.nansum, np.add.reduce, np.hypot.reduce)
} | {
    f"{f.__name__} where": lambda x, f=f: f(x, where=TAKEN, initial=9.0 if "min" in f.__name__ else -9.0)
    for f in (np.max, np.min, np.nanmax, np.nanmin)
}
PASSING_NAN = [
    np.nansum, np.nanmean, np.nanprod, np.nanmax, np.nanmin, np.nanvar, np.nanstd, np.nanmedian,
    np.nancumsum, np.fmax.reduce, lambda x: np.nanquantile(x, 0.3), lambda x: np.sum(np.nan_to_num(x)),
]  # fmt: skip


@pytest.mark.parametrize("create_graph", [False, True])
@pytest.mark.parametrize("name", SELECTIVE)
def test_where_lets_no_infinite_slope_through(name, create_graph):
    x = Variable(np.array([0.0, 1.0, 4.0]))
    SELECTIVE[name](np.sqrt(x)).backward(create_graph=create_graph)
    assert x.grad.data[0] == 0
    assert np.all(np.isfinite(x.grad.data))


@pytest.mark.parametrize("create_graph", [False, True])
@pytest.mark.parametrize("f", PASSING_NAN)
def test_a_nan_that_is_passed_over_has_the_gradient_0(f, create_graph):
    x, rest = Variable(np.array([-1.0, 1.0, 4.0])), Variable(np.array([1.0, 4.0]))
    with np.errstate(invalid="ignore"):
        y = f(np.sqrt(x))
    np.sum(y).backward(create_graph=create_graph)
    np.sum(f(np.sqrt(rest))).backward()
    assert x.grad.data[0] == 0
    np.testing.assert_allclose(x.grad.data[1:], rest.grad.data, rtol=1e-14)
