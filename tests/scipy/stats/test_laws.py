"""The laws, over all distributions and their methods: values are SciPy's, gradients are slopes."""

import numpy as np
import pytest

pytest.importorskip("scipy")

import scipy.stats  # noqa: E402

import leopard.scipy.stats as st  # noqa: E402
from leopard import Variable  # noqa: E402
from leopard.scipy.stats._continuous import Continuous  # noqa: E402
from leopard.scipy.stats._distributions import Distribution  # noqa: E402
from leopard.testing import check_grads  # noqa: E402
from tests.scipy.stats.cases import SHAPES  # noqa: E402

pytestmark = pytest.mark.filterwarnings("ignore::RuntimeWarning")  # SciPy's own, of its formulas

Q = np.array([0.04, 0.3, 0.62, 0.93])
AT_POINTS = {
    True: ("logpdf", "pdf", "cdf", "sf", "logcdf", "logsf"),
    False: ("logpmf", "pmf", "cdf", "sf", "logcdf", "logsf"),
}
SUMMARIES = ("mean", "var", "std", "entropy")

#: (name, shapes) of the continuous and of the discrete distributions
ALL = [(name, shapes) for name in SHAPES for shapes in SHAPES[name] if hasattr(scipy.stats, name)]
CONTINUOUS = [case for case in ALL if isinstance(getattr(st, case[0]), Continuous)]
DISCRETE = [case for case in ALL if case not in CONTINUOUS]

_TAILS = ("cdf", "sf", "logcdf", "logsf", "ppf", "isf")


#: SciPy's densities of these have no derivative.
ROUGH = ("ksone", "kstwobign")


def both(name):
    return getattr(st, name), getattr(scipy.stats, name)


def places(name):
    """loc and scale of a test, or loc alone."""
    return (0.3, 1.7) if isinstance(getattr(st, name), Continuous) else (2,)


def is_slow(name, method):
    """Whether SciPy integrates this numerically for seconds."""
    return method in SUMMARIES and name in ("kappa4", "ksone", "vonmises", "vonmises_line")


def assert_same(found, wanted, rtol=1e-9):
    found = found.data
    assert found.shape == np.shape(wanted) and found.dtype == np.float64
    np.testing.assert_allclose(found, wanted, rtol=rtol, atol=1e-14)


@pytest.mark.parametrize("name, shapes", ALL)
def test_values_are_scipys(name, shapes):
    d, s = both(name)
    where = (*shapes, *places(name))
    x = s.ppf(Q, *where)
    for method in AT_POINTS[isinstance(d, Continuous)]:
        assert_same(getattr(d, method)(x, *where), getattr(s, method)(x, *where), 2e-9)
    for method in ("ppf", "isf"):
        assert_same(getattr(d, method)(Q, *where), getattr(s, method)(Q, *where))
    for method in SUMMARIES:
        if not is_slow(name, method):
            wanted = getattr(s, method)(*where)
            if name == "truncnorm" and np.isnan(wanted):
                continue  # SciPy multiplies an infinite end by its density of 0
            assert_same(getattr(d, method)(*where), wanted, 1e-7)


@pytest.mark.parametrize("name, shapes", ALL)
def test_values_outside_of_the_support_are_scipys_and_gradients_are_0(name, shapes):
    d, s = both(name)
    where = (*shapes, *places(name))
    low, high = s.support(*where)
    x = np.array([low - 1, high + 1, -np.inf, np.inf, np.nan])
    x = x[(x < low) | (x > high) | ~np.isfinite(x)]
    inside = s.ppf(0.4, *where)
    methods = AT_POINTS[isinstance(d, Continuous)]
    for method in methods:
        if name in ROUGH and "pdf" in method:
            continue
        fixed = (*d.whole, *(d.without_slopes if method in _TAILS else ()))
        parameters = [
            p if n in fixed else Variable(np.array(float(p)))
            for n, p in zip((*d.shapes, "loc", "scale"), where, strict=False)
        ]
        if not isinstance(d, Continuous):
            parameters[-1] = where[-1]
        given = np.append(x, inside)
        v = Variable(given) if isinstance(d, Continuous) and name not in ROUGH else given
        y = getattr(d, method)(v, *parameters)
        assert_same(y, getattr(s, method)(given, *where))
        y[: len(x)].sum().backward()
        for p in (v, *parameters):
            if isinstance(p, Variable):
                g = p.grad.data
                assert np.all((g[:-1] if p is v else g) == 0), method
        y = getattr(d, method)(x, *parameters)
        assert_same(y, getattr(s, method)(x, *where))


def slope_of(f, xs, directions):
    """The slope along a direction, by differences extrapolated twice (of errors of order 6)."""

    def difference(h):
        return (
            f(*[x + h * d for x, d in zip(xs, directions, strict=True)])
            - f(*[x - h * d for x, d in zip(xs, directions, strict=True)])
        ) / (2 * h)

    h = 2e-3
    d = [difference(h / 2**k) for k in range(3)]
    e = [(4 * d[k + 1] - d[k]) / 3 for k in range(2)]
    return (16 * e[1] - e[0]) / 15


def assert_slopes(f, xs, units, atol=2e-9):
    """Compare the gradients of the sum with the slope along each argument, by steps in these units."""
    rng = np.random.default_rng(1)
    variables = [Variable(np.array(x, float)) for x in xs]
    y = f(*variables)
    weights = rng.uniform(0.5, 1.5, y.shape)
    np.sum(weights * y).backward()
    for k, (v, unit) in enumerate(zip(variables, units, strict=True)):
        direction = [0.0 * x for x in xs]
        direction[k] = rng.uniform(0.5, 1.5, np.shape(xs[k])) * unit
        slope = slope_of(lambda *xs: np.sum(weights * f(*xs).data), xs, direction)
        found = np.sum(v.grad.data * direction[k]) if v.grad is not None else 0.0
        scale = max(1, np.abs(weights * y.data).max())
        np.testing.assert_allclose(found, slope, rtol=2e-6, atol=atol * scale, err_msg=f"argument {k}")


def units_of(x):
    """A step for each number, below its distance from the others and from 0."""
    x = np.asarray(x, float)
    return np.minimum(1, 0.3 * np.abs(x) + 0.02)


def units_at(d, x, shapes, loc, scale):
    """Steps of x, the shapes, loc and scale that leave every x well within the support."""
    low, high = d.support(*shapes, loc, scale)
    ends = np.concatenate([[low], x, [high]])
    unit = np.minimum(1, 0.3 * np.minimum(np.diff(ends)[:-1], np.diff(ends)[1:]))
    return unit, *map(units_of, shapes), unit.min(), scale * min(1, np.min(unit / np.abs(x - loc)))


def with_fixed(f, name, method, shapes):
    """f with the shapes given that have no derivative here, of which the first argument is none."""
    d = getattr(st, name)
    fixed = (*d.whole, *(d.without_slopes if method in _TAILS else ()))
    places = [k for k, n in enumerate(d.shapes) if n in fixed]

    def call(x, *free):
        free = list(free)
        return f(x, *[s if k in places else free.pop(0) for k, s in enumerate(shapes)], *free)

    return call, [k for k in range(len(shapes)) if k not in places]


FINITE = [(name, shapes) for name, shapes in CONTINUOUS if np.all(np.isfinite(shapes))]


@pytest.mark.parametrize("name, shapes", FINITE)
def test_gradients_are_slopes_in_every_argument(name, shapes):
    d, s = both(name)
    x = s.ppf(Q, *shapes, 0.3, 1.7)
    unit, *of_shapes, of_loc, of_scale = units_at(d, x, shapes, 0.3, 1.7)
    for method in AT_POINTS[True]:
        if name in ROUGH and "pdf" in method:
            continue
        f, free = with_fixed(getattr(d, method), name, method, shapes)
        xs = (x, *[shapes[k] for k in free], 0.3, 1.7)
        assert_slopes(f, xs, (unit, *[of_shapes[k] for k in free], of_loc, of_scale))


@pytest.mark.parametrize("name, shapes", FINITE)
def test_gradients_of_the_inverses_are_slopes(name, shapes):
    d, _ = both(name)
    if name in ("norminvgauss", "genhyperbolic", "gausshyper"):
        return  # SciPy solves for them by numerical integrals
    for method in ("ppf", "isf"):
        f, free = with_fixed(getattr(d, method), name, method, shapes)
        xs = (Q, *[shapes[k] for k in free], 0.3, 1.7)
        assert_slopes(f, xs, (0.02, *[units_of(shapes[k]) for k in free], 1.0, 0.5), 1e-8)


@pytest.mark.parametrize("name", sorted({name for name, _ in CONTINUOUS if getattr(st, name).without_slopes}))
def test_a_shape_without_a_derivative_is_named(name):
    d, s = both(name)
    shapes = SHAPES[name][0]
    x = s.ppf(0.4, *shapes)
    for k, missing in enumerate(d.shapes):
        if missing in d.without_slopes:
            given = [Variable(np.array(float(x))) if i == k else x for i, x in enumerate(shapes)]
            for method, at in (("cdf", x), ("logsf", x), ("ppf", 0.4)):
                with pytest.raises(TypeError, match=f"no derivative in leopard with respect to {missing};"):
                    getattr(d, method)(at, *given).backward()


@pytest.mark.parametrize("name, shapes", ALL)
def test_gradients_of_moments_and_entropy_are_slopes(name, shapes):
    d, s = both(name)
    if not np.all(np.isfinite(shapes)):
        return
    whole = [name in d.whole for name in d.shapes]
    rest = places(name) if isinstance(d, Continuous) else ()
    free = [x for x, w in zip(shapes, whole, strict=True) if not w]
    for method in SUMMARIES:
        if is_slow(name, method) or not np.isfinite(getattr(s, method)(*shapes)):
            continue
        if (name, method, shapes) == ("zipf", "entropy", (2.5,)):
            continue  # more than 1e5 terms count

        def f(*xs, method=method):
            xs = list(xs)
            return getattr(d, method)(
                *[x if w else xs.pop(0) for x, w in zip(shapes, whole, strict=True)], *xs
            )

        if free or rest:
            assert_slopes(f, (*free, *rest), [units_of(x) for x in (*free, *rest)], 2e-7)


@pytest.mark.parametrize("name, shapes", DISCRETE)
def test_gradients_of_discrete_distributions_are_slopes(name, shapes):
    d, s = both(name)
    whole = [name in d.whole for name in d.shapes]
    free = [float(x) for x, w in zip(shapes, whole, strict=True) if not w]
    k = np.unique(s.ppf([0.04, 0.5, 0.8], *shapes))
    if not free:
        return
    for method in AT_POINTS[False]:

        def f(*xs, method=method):
            xs = list(xs)
            return getattr(d, method)(
                k[:-1] if "sf" in method and len(k) > 1 else k,
                *[x if w else xs.pop(0) for x, w in zip(shapes, whole, strict=True)],
            )

        if np.all(np.isfinite(f(*free).data)):
            assert_slopes(f, free, [units_of(x) for x in free])


@pytest.mark.parametrize("name", sorted({name for name, _ in CONTINUOUS}))
def test_derivatives_of_logpdf_in_both_modes_and_to_the_second_order(name):
    d, s = both(name)
    shapes = SHAPES[name][-1]
    if name in ("truncnorm",):
        shapes = (-1.1, 2.7)
    where = (*map(float, shapes), *places(name))
    x = s.ppf([0.2, 0.7], *where)
    if name in ROUGH:
        return
    second = name not in ("argus", "gausshyper", "genhyperbolic", "geninvgauss", "ncx2")
    check_grads(d.logpdf, (x, *where), order=2 if second else 1)


@pytest.mark.parametrize("name", ["foldnorm", "exponnorm", "skewnorm", "crystalball"])
def test_the_generic_inverse_can_be_differentiated_again(name):
    d, _ = both(name)
    check_grads(d.ppf, (Q, *map(float, SHAPES[name][0]), 0.3, 1.7), order=2)


def test_every_distribution_has_a_case():
    assert set(SHAPES) == {name for name in st.__all__ if isinstance(getattr(st, name), Distribution)}
