"""What is particular to medians and quantiles: ties, nans, weights, errors."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leopard import Variable
from leopard.functions.statistics import quantiles
from tests.laws import same

METHODS = quantiles._methods


def weights_by_rank(n, q, method):
    """The weight of each of n elements in order, by what NumPy makes of the unit vectors' running sums.

    A quantile of the numbers 0, ..., 0, 1, ..., 1 is the weight of the ones.
    """
    of_the_last = [np.quantile((np.arange(n) >= k).astype(float), q, method=method) for k in range(n + 1)]
    return -np.diff(of_the_last)


def gradient_of_line(line, weights):
    """Each element has an equal part of the weights of all that equal it."""
    order = np.sort(line)
    return np.array([weights[order == v].sum() / np.sum(order == v) for v in line])


@st.composite
def arrays_with_ties(draw):
    shape = tuple(draw(st.lists(st.integers(1, 4), min_size=1, max_size=3)))
    n = int(np.prod(shape))
    values = draw(st.lists(st.sampled_from([-1.0, 0.0, 2.0, 2.5]), min_size=n, max_size=n))
    axes = draw(st.none() | st.sets(st.integers(0, len(shape) - 1), min_size=1).map(tuple))
    axes = axes if axes is None else tuple([i - len(shape) * draw(st.integers(0, 1)) for i in axes])
    return np.array(values).reshape(shape), axes, draw(st.booleans())


@given(
    sample=arrays_with_ties(),
    q=st.lists(st.sampled_from([0.0, 0.2, 1 / 3, 0.5, 0.75, 1.0]), min_size=1, max_size=3),
    scalar=st.booleans(),
    method=st.sampled_from(METHODS),
    name=st.sampled_from(["quantile", "nanquantile", "percentile", "median", "nanmedian"]),
)
@settings(max_examples=200, deadline=None)
def test_equal_elements_share_equally_over_all_kinds_of_axes(sample, q, scalar, method, name):
    a, axis, keepdims = sample
    options = {"axis": axis, "keepdims": keepdims}
    if "median" in name:
        q, scalar, method = [0.5], True, "linear"
    else:
        q_ = np.array(q) * (100 if name == "percentile" else 1)
        options |= {"q": q_[0] if scalar else q_, "method": method}
        q = q_ / 100 if name == "percentile" else q_
    q = q[:1] if scalar else q
    x = Variable(a)
    y = getattr(np, name)(x, **options)
    assert same(y.data, np.asarray(getattr(np, name)(a, **options)))
    y.grad = start = np.arange(1.0, y.size + 1).reshape(y.shape)
    y.backward()
    axes = tuple(range(a.ndim)) if axis is None else tuple([i % a.ndim for i in axis])
    kept = [i for i in range(a.ndim) if i not in axes]
    turned = a.transpose(*kept, *axes)
    lines = turned.reshape(y.size // len(q), -1)
    wanted = np.zeros(lines.shape)
    for q_, starts in zip(q, start.reshape(len(q), -1), strict=True):
        weights = weights_by_rank(lines.shape[1], q_, method)
        for k, line in enumerate(lines):
            wanted[k] += starts[k] * gradient_of_line(line, weights)
    back = np.argsort([*kept, *axes])
    np.testing.assert_allclose(x.grad.data, wanted.reshape(turned.shape).transpose(back), atol=1e-12)


@pytest.mark.parametrize("n", [1, 2, 3, 4, 5, 8])
def test_a_median_is_that_of_one_or_two_in_the_middle(n, rng):
    a = rng.permutation(n).astype(float)
    x = Variable(a)
    np.median(x).backward()
    middle = {(n - 1) // 2, n // 2}
    np.testing.assert_array_equal(x.grad.data, np.isin(a, list(middle)) / len(middle))


def test_a_second_derivative_is_that_of_the_shares():
    x = Variable(np.array([3.0, 1.0, 1.0, 2.0]))
    (np.median(x) ** 2).backward(create_graph=True)
    g = x.grad
    np.testing.assert_allclose(g.data, 2 * 1.5 * np.array([0, 0.25, 0.25, 0.5]))
    x.cleargrad()
    (g * np.array([1.0, 0, 0, 1.0])).sum().backward()
    np.testing.assert_allclose(x.grad.data, 2 * 0.5 * np.array([0, 0.25, 0.25, 0.5]))


def test_a_line_with_a_nan_has_the_gradient_0():
    x = Variable(np.array([[1.0, np.nan, 3.0], [1.0, 2.0, 3.0]]))
    for y in (np.median(x, axis=1), np.quantile(x, 0.5, axis=1)):
        x.cleargrad()
        y.backward()
        np.testing.assert_array_equal(y.data, [np.nan, 2.0])
        np.testing.assert_array_equal(x.grad.data, [[0, 0, 0], [0, 1, 0]])


NAN = np.array([[5.0, np.nan, 1.0, 4.0], [np.nan, 2.0, np.nan, 1.0], [np.nan] * 4])


@pytest.mark.parametrize(
    "f",
    [
        lambda x: np.nanmedian(x, axis=1),
        lambda x: np.nanquantile(x, 0.5, axis=1),
        lambda x: np.nanpercentile(x, 50, axis=1, method="hazen"),
    ],
)
def test_each_line_has_as_many_elements_as_are_not_nan(f):
    x = Variable(NAN)
    with pytest.warns(RuntimeWarning, match="All-NaN slice"):
        y = f(x)
    y.backward(create_graph=True)
    np.testing.assert_array_equal(y.data, [4, 1.5, np.nan])
    np.testing.assert_array_equal(x.grad.data, [[0, 0, 0, 1], [0, 0.5, 0, 0.5], [0, 0, 0, 0]])


def test_the_median_of_a_line_that_is_long_is_numpys(rng):
    a = rng.standard_normal((2, 700))
    a[0, :101] = np.nan
    x = Variable(a)
    y = np.nanmedian(x, axis=1)
    assert same(y.data, np.nanmedian(a, axis=1))
    y.backward()
    assert [np.count_nonzero(line) for line in x.grad.data] == [1, 2]


def test_weights_choose_an_element():
    a = np.array([[3.0, 1.0, 2.0], [1.0, 1.0, 5.0]])
    w = Variable(np.array([1.0, 3.0, 1.0]))
    x = Variable(a)
    y = np.quantile(x, [0.5, 0.9], axis=1, method="inverted_cdf", weights=w)
    assert same(y.data, np.quantile(a, [0.5, 0.9], axis=1, method="inverted_cdf", weights=w.data))
    y.backward()
    assert w.grad is None  # steps
    np.testing.assert_array_equal(x.grad.data, [[1, 1, 0], [0.5, 0.5, 1]])


def test_a_vector_of_quantiles_that_the_caller_changes_later_is_not_changed_here():
    q = np.array([0.0])
    x = Variable(np.array([1.0, 2.0]))
    y = np.quantile(x, q)
    q[0] = 1.0
    y.backward()
    np.testing.assert_array_equal(x.grad.data, [1, 0])


def test_infinities_take_part_in_their_order():
    x = Variable(np.array([np.inf, 1.0, -np.inf, 2.0, 3.0]))
    y = np.median(x)
    y.backward()
    assert y.data == 2.0
    np.testing.assert_array_equal(x.grad.data, [0, 0, 0, 1, 0])


@pytest.mark.parametrize("dtype", [np.int8, np.float16, np.float32, np.longdouble])
def test_the_dtype_is_numpys(dtype):
    a = np.array([[1, 3, 2], [4, 4, 1]], dtype)
    for f in (
        np.median,
        np.nanmedian,
        lambda x: np.quantile(x, 0.3),
        lambda x: np.quantile(x, np.array([0.3])),
    ):
        assert same(f(Variable(a)).data, np.asarray(f(a)))


def test_nothing_has_no_median():
    x = Variable(np.zeros((2, 0)))
    with pytest.warns(RuntimeWarning):
        y = np.median(x, axis=1)
    y.backward()
    assert np.isnan(y.data).all() and x.grad.shape == (2, 0)
    x = Variable(np.zeros((0, 2)))
    y = np.median(x, axis=1)
    y.backward()
    assert y.shape == (0,) and x.grad.shape == (0, 2)


def test_what_is_not_honoured_is_a_type_error():
    x = Variable(np.ones((2, 3)))
    for name in quantiles.__all__:
        f = getattr(quantiles, name)
        q = () if "median" in name else (0.5,)
        for keywords in ({"out": np.ones(3)}, {"overwrite_input": True}, {"order": "C"}):
            with pytest.raises(TypeError):
                f(x, *q, axis=0, **keywords)
        with pytest.raises(np.exceptions.AxisError):
            f(x, *q, axis=2)
    with pytest.raises(TypeError, match="no gradient"):
        np.quantile(x, Variable(np.array(0.5)))


def test_errors_are_numpys():
    x = Variable(np.ones(3))
    with pytest.raises(ValueError, match="range"):
        np.quantile(x, 1.5)
    with pytest.raises(ValueError, match="method"):
        np.quantile(x, 0.5, method="best")
    with pytest.raises(ValueError, match="inverted_cdf"):
        np.quantile(x, 0.5, weights=np.ones(3))
    with pytest.raises(TypeError, match="real"):
        np.quantile(Variable(np.ones(3, complex)), 0.5)


def test_slopes_are_torchs(rng):
    torch = pytest.importorskip("torch")
    a = rng.standard_normal((4, 5))
    q = np.array([0.1, 0.5, 0.77])
    x, t = Variable(a), torch.tensor(a, requires_grad=True)
    (np.quantile(x, q, axis=1) ** 2).sum().backward()
    (torch.quantile(t, torch.tensor(q), dim=1) ** 2).sum().backward()
    np.testing.assert_allclose(x.grad.data, t.grad.numpy(), rtol=1e-10, atol=1e-12)
