"""What is particular to counts and sums of weights: where an element is counted, and what stays plain."""

import numpy as np
import pytest

from leopard import Variable, grad, histogram
from tests.laws import same

A = np.array([[0.0, 0.25, 1.0], [0.5, 2.0, -1.0]])


def test_a_count_has_no_derivative_and_is_plain():
    for y in [
        np.bincount(Variable(np.array([1, 2, 2]))),
        np.digitize(Variable(np.array([0.5, 1.5])), np.array([0.0, 1.0])),
        np.histogram(Variable(A))[0],
        np.histogram(A, bins=Variable(np.array([0.0, 1.0, 2.0])), weights=np.ones((2, 3)))[0],
        *np.histogram(A, weights=Variable(np.ones((2, 3))).data),
    ]:
        assert type(y) is np.ndarray
    y, edges = np.histogram(Variable(A), 3)
    for ours, theirs in zip((y, edges.data), np.histogram(A, 3), strict=True):
        assert same(ours, theirs)


EDGES = {
    "the ends of the elements": lambda x: np.histogram(x, 3),
    "equal elements": lambda x: np.histogram(x[:1] + np.zeros(3), 3),
    "an estimator": lambda x: np.histogram(x, "sqrt"),
    "a range": lambda x: np.histogram(A, 3, range=(x[0], x[1] + 3)),
    "edges": lambda x: np.histogram(A, x),
    "a list of edges": lambda x: histogram(A, [x[0], 0.75, x[1] + 3]),
    "a density": lambda x: np.histogram(x, 3, density=True),
    "a weighted density": lambda x: np.histogram(A, x, density=True, weights=x[0] * A + 3),
    "two dimensions": lambda x: np.histogram2d(x, x**2, 2)[1:],
    "edges along both axes": lambda x: np.histogram2d(A[0] + 0.17, A[0] + 0.2, x, density=True),
    "a density in two dimensions": lambda x: np.histogram2d(x, x**2, [2, [0.0, 0.5, 2.0]], density=True)[:2],
    "a sample": lambda x: np.histogramdd(np.stack([x, x**2]).T, 2)[1],
    "a list": lambda x: np.histogramdd([x, A[0]], 2, density=True)[1],
    "one row": lambda x: np.histogramdd(x, 2)[1],
}


@pytest.mark.parametrize("grid", EDGES)
def test_edges_and_densities_have_the_derivative_of_where_the_edges_lie(grid):
    weights = np.array([1.0, -2.0, 0.5, 3.0])

    def f(x):
        parts = [y for y in EDGES[grid](x) if isinstance(y, Variable) or isinstance(x, np.ndarray)]
        return sum(np.sum(y * np.resize(weights, y.shape)) for y in parts if y.dtype.kind == "f")

    def value(x):  # that of all, counts too: they do not change
        return sum(np.sum(y * np.resize(weights, y.shape)) for y in EDGES[grid](x))

    x = np.array([0.1, 0.4, 1.3])
    wanted = [(value(x + h) - value(x - h)) / 2e-6 for h in 1e-6 * np.eye(3)]
    np.testing.assert_allclose(grad(f)(x), wanted, rtol=1e-7, atol=1e-8)


@pytest.mark.parametrize(
    ("x", "weights", "options"),
    [
        ([0.5, 1.0], [1.0, 2.0], {}),
        ([-1, 1], [1.0, 2.0], {}),
        ([[0, 1]], [1.0, 2.0], {}),
        ([0, 1, 2], [1.0, 2.0], {}),
        ([0, 1], [1j, 2.0], {}),
        ([0, 1], [1.0, 2.0], {"minlength": -1}),
    ],
    ids=str,
)
def test_an_error_of_bincount_is_numpys(x, weights, options):
    x, weights = np.array(x), np.array(weights)
    with pytest.raises((TypeError, ValueError)) as theirs:
        np.bincount(x, weights, **options)
    with pytest.raises(theirs.type):
        np.bincount(x, Variable(weights), **options)


def test_numbers_that_are_changed_later_make_no_difference():
    x, w = np.array([0, 1, 1]), Variable(np.array([1.0, 2.0, 3.0]))
    y = np.bincount(x, w) * np.array([10.0, 20.0])
    x[:] = 0
    y.backward()
    assert same(w.grad.data, np.array([10.0, 20.0, 20.0]))


@pytest.mark.parametrize("bins", [2, 4, [0.0, 0.5, 1.0], np.array([0, 1]), (-1.0, 0.25, 0.3, 2.0)], ids=str)
@pytest.mark.parametrize("range", [None, (0, 1)])
@pytest.mark.parametrize("dtype", [float, complex, np.float32])
@pytest.mark.parametrize("density", [False, True])
def test_weights_have_the_gradient_of_their_bins(bins, range, dtype, density):
    rng = np.random.default_rng(0)
    w = rng.uniform(0.5, 1, A.shape).astype(dtype)
    v = Variable(w)
    y, edges = np.histogram(A, bins, range, density, weights=v)
    wanted, wanted_edges = np.histogram(A, bins, range, density, weights=w)
    assert same(y.data, wanted)
    assert same(edges, wanted_edges)
    g = rng.standard_normal(wanted.shape)
    np.sum(np.real(y) * g).backward(create_graph=True)
    assert v.grad.dtype == w.dtype
    for place in np.ndindex(A.shape):
        step = np.zeros(A.shape)
        step[place] = 1e-6
        wide = w.astype(complex if dtype is complex else float)
        high, low = [np.histogram(A, bins, range, density, weights=wide + s * step)[0] for s in (1, -1)]
        slope = np.sum(np.real(high - low) * g) / 2e-6
        assert v.grad.data[place].real == pytest.approx(slope, abs=1e-6 if dtype is not np.float32 else 1e-5)


def test_elements_beyond_the_edges_or_nan_contribute_nothing():
    a = np.array([-1.0, 0.0, 0.5, 1.0, 1.5, np.nan])
    v = Variable(np.ones(6))
    np.histogram(a, [0.0, 0.5, 1.0], weights=v)[0].backward()
    assert same(v.grad.data, np.array([0.0, 1.0, 1.0, 1.0, 0.0, 0.0]))


def test_an_error_of_histogram_is_numpys():
    v = Variable(np.ones(2))
    for args in [(A,), (A[0, :2], [2, 1]), (A[0, :2], "auto"), (A[0, :2], 0)]:
        with pytest.raises((TypeError, ValueError)) as theirs:
            np.histogram(*args, weights=v.data)
        with pytest.raises(theirs.type) as ours:
            np.histogram(*args, weights=v)
        assert str(ours.value) == str(theirs.value)
    with pytest.raises(TypeError, match="unexpected keyword"):
        np.histogram(A, weight=v, bins=v)


# -- in several dimensions -----------------------------------------------------------------------

POINTS = np.array([[0.0, 0.1], [0.25, 0.5], [1.0, 1.0], [0.5, 0.5], [2.0, 0.75], [-1.0, 0.0]])
GRIDS = [
    {},
    {"bins": 3},
    {"bins": (2, 4)},
    {"bins": 2, "range": [(0, 1), (0.25, 1.0)]},
    {"bins": [np.array([0.0, 0.5, 2.0]), np.array([0.0, 0.25, 0.5, 1.0])]},
    {"bins": [[0.0, 0.5, 1.0], 2], "range": [None, (0.0, 0.5)]},
]


def as_dd(weights, **options):
    return np.histogramdd(POINTS, weights=weights, **options)


def as_dd_of_columns(weights, **options):
    return np.histogramdd([POINTS[:, 0], POINTS[:, 1]], weights=weights, **options)


def as_2d(weights, **options):
    h, *edges = np.histogram2d(POINTS[:, 0], POINTS[:, 1], weights=weights, **options)
    return h, tuple(edges)


@pytest.mark.parametrize("call", [as_dd, as_dd_of_columns, as_2d], ids=lambda f: f.__name__)
@pytest.mark.parametrize("grid", GRIDS, ids=str)
@pytest.mark.parametrize("density", [False, True])
@pytest.mark.parametrize("dtype", [float, np.float32])
def test_weights_have_the_gradient_of_their_boxes(call, grid, density, dtype):
    rng = np.random.default_rng(0)
    w = rng.uniform(0.5, 1, 6).astype(dtype)
    v = Variable(w)
    y, edges = call(v, density=density, **grid)
    wanted, wanted_edges = call(w, density=density, **grid)
    assert same(y.data, wanted)
    for one, other in zip(edges, wanted_edges, strict=True):
        assert same(one, other)
    g = rng.standard_normal(wanted.shape)
    np.sum(y * g).backward(create_graph=True)
    assert v.grad.dtype == dtype
    for i in range(6):
        step = 1e-6 * (np.arange(6) == i)
        high, low = [call(w.astype(float) + s * step, density=density, **grid)[0] for s in (1, -1)]
        slope = np.sum((high - low) * g) / 2e-6
        assert v.grad.data[i] == pytest.approx(slope, abs=1e-5 if dtype is float else 1e-3)


def test_counts_in_several_dimensions_are_plain():
    x, y = Variable(POINTS[:, 0]), Variable(POINTS[:, 1])
    for ours, theirs in [
        (np.histogram2d(x, y), np.histogram2d(x.data, y.data)),
        (np.histogram2d(x, y, [2, 3], weights=np.ones(6)), np.histogram2d(x.data, y.data, [2, 3])),
    ]:
        assert same(ours[0], theirs[0])
        for one, other in zip(ours[1:], theirs[1:], strict=True):
            assert same(one.data, other)
    for sample in (Variable(POINTS), [x, y], (x, POINTS[:, 1])):
        y2, edges = np.histogramdd(sample, 2, density=True)
        wanted, wanted_edges = np.histogramdd(POINTS, 2, density=True)
        np.testing.assert_allclose(y2.data, wanted, rtol=1e-15)
        assert all(
            same(np.asarray(ours.data), theirs) for ours, theirs in zip(edges, wanted_edges, strict=True)
        )


def test_one_row_of_numbers_has_one_dimension():
    v = Variable(np.arange(1.0, 4.0))
    y, edges = np.histogramdd(np.array([0.1, 0.9, 0.2]), 2, weights=v)
    wanted, wanted_edges = np.histogramdd(np.array([0.1, 0.9, 0.2]), 2, weights=v.data)
    assert same(y.data, wanted)
    assert same(edges[0], wanted_edges[0])


def test_an_error_in_several_dimensions_is_numpys():
    v = Variable(np.ones(6))
    for args in [(POINTS, [2]), (POINTS, 0), (POINTS, 2, [(0, 1)]), (POINTS, [[0, 2, 1], 2]), (POINTS[:5],)]:
        with pytest.raises((TypeError, ValueError)) as theirs:
            np.histogramdd(*args, weights=v.data)
        with pytest.raises(theirs.type) as ours:
            np.histogramdd(*args, weights=v)
        assert str(ours.value) == str(theirs.value)
    with pytest.raises(ValueError, match="same length"):
        np.histogram2d(POINTS[:, 0], POINTS[1:, 1], weights=v)
