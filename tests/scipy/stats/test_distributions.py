"""How distributions are called, tails, draws, what is refused, and the rivals' gradients."""

import numpy as np
import pytest

pytest.importorskip("scipy")
mpmath = pytest.importorskip("mpmath")

import scipy.stats  # noqa: E402

import leopard.scipy.stats as st  # noqa: E402
from leopard import Variable, grad  # noqa: E402
from leopard.testing import check_grads  # noqa: E402


def variable(x):
    return Variable(np.array(x, float))


# -- Calls -----------------------------------------------------------------------------------------


def test_parameters_are_taken_by_position_and_by_name():
    x, a = np.array([0.5, 2.0]), variable(2.3)
    wanted = scipy.stats.gamma.logpdf(x, 2.3, 0.1, 1.5)
    for y in (
        st.gamma.logpdf(x, a, 0.1, 1.5),
        st.gamma.logpdf(x, a, loc=0.1, scale=1.5),
        st.gamma.logpdf(x, a=a, scale=1.5, loc=0.1),
        st.gamma(a, 0.1, 1.5).logpdf(x),
        st.gamma(a=a, loc=0.1, scale=1.5).logpdf(x),
    ):
        np.testing.assert_allclose(y.data, wanted, rtol=1e-13)
    with pytest.raises(TypeError):
        st.gamma.logpdf(x)
    with pytest.raises(TypeError):
        st.gamma.logpdf(x, a, b=1.0)
    with pytest.raises(TypeError):
        st.gamma(a, b=1.0)


def test_frozen_equals_unfrozen():
    frozen, given = st.beta(2.0, 3.0, scale=2.0), ((2.0, 3.0), {"scale": 2.0})
    for method in ("logpdf", "pdf", "cdf", "logcdf", "sf", "logsf", "ppf", "isf"):
        found = getattr(frozen, method)(0.4).data
        assert found == getattr(st.beta, method)(0.4, *given[0], **given[1]).data
    for method in ("mean", "var", "std", "median", "entropy"):
        assert getattr(frozen, method)().data == getattr(st.beta, method)(*given[0], **given[1]).data
    plain = scipy.stats.beta(2.0, 3.0, scale=2.0)
    np.testing.assert_allclose([v.data for v in frozen.stats()], plain.stats(), rtol=1e-13)
    np.testing.assert_allclose([v.data for v in frozen.interval(0.9)], plain.interval(0.9), rtol=1e-13)
    np.testing.assert_allclose(frozen.moment(2).data, plain.moment(2), rtol=1e-13)
    np.testing.assert_allclose(frozen.support(), plain.support())
    drawn = frozen.rvs(3, random_state=1).data
    np.testing.assert_array_equal(drawn, plain.rvs(3, random_state=1))
    assert frozen.logpdf(x=0.4).data == frozen.logpdf(0.4).data
    assert frozen.ppf(q=0.4).data == frozen.ppf(0.4).data
    for wrong in (lambda: frozen.pdf(), lambda: frozen.pdf(0.4, 1.0), lambda: frozen.pdf(loc=1.0)):
        with pytest.raises(TypeError, match="beta.pdf with its parameters given takes one argument"):
            wrong()
    poisson = st.poisson(variable(2.0))
    assert poisson.pmf(k=3).data == poisson.pmf(3).data
    assert poisson.pmf(3).data == st.poisson.pmf(3, 2.0).data
    with pytest.raises(AttributeError):
        poisson.logpdf(1.0)


def test_results_have_the_broadcast_shape_and_float64():
    x = np.arange(1.0, 4.0, dtype=np.float32)
    loc, scale = np.zeros((2, 1)), np.ones((4, 1, 1))
    for method in ("logpdf", "pdf", "cdf", "ppf"):
        y = getattr(st.norm, method)(x / 10, loc, scale)
        assert y.shape == (4, 2, 3) and y.dtype == np.float64
    assert st.norm.mean(loc, scale).shape == st.norm.entropy(loc, scale).shape == (4, 2, 1)
    assert st.uniform.logpdf(0.3, scale=np.ones(2)).shape == (2,)
    v = Variable(x)
    st.norm.logpdf(v, 1).sum().backward()
    assert v.grad.dtype == np.float32
    assert st.norm.pdf([1, 2]).shape == (2,) and st.poisson.pmf([1, 2], 3).shape == (2,)
    with pytest.raises(TypeError, match="real numbers"):
        st.norm.logpdf(1j)


def test_arguments_outside_of_their_domain_give_nan_and_gradients_of_0():
    x, scale, a = variable([1.0, 2.0, 0.5]), variable([1.5, -1.0, 2.0]), variable([2.0, 2.0, -3.0])
    y = st.gamma.logpdf(x, a, scale=scale)
    wanted = scipy.stats.gamma.logpdf(x.data, a.data, scale=scale.data)
    np.testing.assert_allclose(y.data, wanted)
    assert list(np.isnan(y.data)) == [False, True, True]
    np.nansum(y).backward()
    for v in (x, scale, a):
        assert np.all(v.grad.data[1:] == 0) and v.grad.data[0] != 0
    for method in ("mean", "var", "std", "entropy"):
        found = getattr(st.gamma, method)(a.data, scale=scale.data)
        np.testing.assert_allclose(found.data, getattr(scipy.stats.gamma, method)(a.data, scale=scale.data))
    q = st.gamma.ppf(np.array([-1.0, 0.0, 1.0, 2.0, np.nan]), 2.0)
    np.testing.assert_array_equal(q.data, scipy.stats.gamma.ppf([-1.0, 0.0, 1.0, 2.0, np.nan], 2.0))


def test_the_ends_of_the_support_move_with_the_parameters():
    loc, scale, b = variable(0.5), variable(2.0), variable(3.0)
    y = st.truncexpon.ppf(np.array([0.0, 1.0]), b, loc, scale)
    np.testing.assert_allclose(y.data, [0.5, 6.5])
    y[1].backward()
    assert (loc.grad.data, scale.grad.data, b.grad.data) == (1.0, 3.0, 2.0)
    (low, high) = scipy.stats.genpareto.ppf([0.0, 1.0], -0.5, 1.0, 2.0)
    y = st.genpareto.isf(np.array([1.0, 0.0]), -0.5, 1.0, 2.0)
    np.testing.assert_allclose(y.data, [low, high])


def test_data_at_an_end_of_the_support_have_the_slope_of_the_inside():
    x, scale = np.array([0.0, 1.0]), variable(2.0)
    st.expon.logpdf(x, scale=scale).sum().backward()
    np.testing.assert_allclose(scale.grad.data, -0.5 + (-0.5 + 0.25))
    p = variable(1.0)  # every trial a success
    st.bernoulli.logpmf(np.array([1, 1]), p).sum().backward()
    assert p.grad.data == 2.0


@pytest.mark.parametrize(
    "name, shapes, x",
    [
        ("gamma", (2.5,), 0.0),
        ("fisk", (3.0,), 0.0),
        ("genpareto", (-0.3,), 1 / 0.3),
        ("dweibull", (2.1,), 0.0),
    ],
)
def test_slopes_at_a_density_of_0_are_0(name, shapes, x):
    d, s = getattr(st, name), getattr(scipy.stats, name)
    x = s.support(*shapes)[1] if name == "genpareto" else x
    for method in ("pdf", "cdf", "sf"):
        given = [variable(v) for v in (x, *shapes, 0.0, 1.0)]
        y = getattr(d, method)(*given)
        assert y.data == getattr(s, method)(x, *shapes)
        y.backward()
        assert all(v.grad.data == 0 for v in given), method


def test_slopes_at_the_ends_and_in_the_middle_are_the_density():
    for d, shapes, places in (
        (st.truncnorm, (-0.5, 2.0), (-0.5, 2.0)),
        (st.gennorm, (1.3,), (0.0,)),
        (st.gennorm, (0.7,), (0.0,)),
    ):
        for x in places:
            pdf = d.pdf(x, *shapes).data
            v, parameters = variable(x), [variable(p) for p in shapes]
            (d.cdf(v, *parameters) - d.sf(v, *parameters)).backward()
            np.testing.assert_allclose(v.grad.data, 2 * pdf, rtol=1e-12)
            assert all(np.isfinite(p.grad.data) for p in parameters)
    np.testing.assert_allclose(grad(st.gennorm.ppf)(0.5, 1.3), 1 / st.gennorm.pdf(0.0, 1.3).data, rtol=1e-12)


def test_a_scale_of_0_is_outside_of_the_domain():
    assert np.isnan(st.norm.logpdf(1.0, 0.0, 0.0).data)


def test_empty_arrays_give_empty_results():
    for y in (
        st.alpha.mean(variable([])),
        st.binom.entropy(5, variable([])),
        st.betabinom.cdf(np.zeros(0), 5, variable(2.0), 3.0),
    ):
        assert y.shape == (0,)
    assert st.betabinom.cdf([4], 5, 2.0, 3.0).shape == (1,)


# -- Many elements ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "f",
    [
        lambda a, b: st.burr.entropy(4 * a, 3 * b),
        lambda a, b: st.exponweib.var(4 * a, b),
        lambda a, b: st.tukeylambda.entropy(a + b),
        lambda a, b: st.poisson.entropy(a * b),
        lambda a, b: st.betabinom.cdf(np.arange(5), 9, a, b),
    ],
)
def test_sums_and_quadratures_in_blocks_are_those_at_once(f, monkeypatch):
    a, b = np.array([[1.3], [2.4], [1.1]]), np.array([1.2, 1.6, 1.4, 2.0, 1.9])

    def results():
        u, v = variable(a), variable(b)
        y = f(u, v)
        np.sum(np.sin(y)).backward(create_graph=True)
        gu = u.grad
        v.cleargrad()
        np.sum(gu * gu).backward()
        return y.data, gu.data, v.grad.data

    wanted = results()
    monkeypatch.setattr("leopard.scipy.stats._selection.AT_ONCE", 2)
    for found, at_once in zip(results(), wanted, strict=True):
        np.testing.assert_allclose(found, at_once, rtol=1e-11, atol=1e-14)


def test_entropies_of_narrow_and_wide_distributions_together():
    mean = np.array([0.5, 3000.0])
    found = grad(lambda m: np.sum(st.poisson.entropy(m)))(mean)
    np.testing.assert_allclose(found, [grad(st.poisson.entropy)(m) for m in mean], rtol=1e-9)


# -- Tails -----------------------------------------------------------------------------------------


def test_bessel_functions_below_the_smallest_number():
    for d, s, k, shapes in (
        (st.skellam, scipy.stats.skellam, 511, (450.0, 6.4)),
        (st.ncx2, scipy.stats.ncx2, 3000.0, (2900.0, 0.5)),
    ):
        method = "pmf" if d is st.skellam else "pdf"
        for of_density in (True, False):
            name = method if of_density else "cdf"
            parameters = [variable(p) for p in shapes]
            y = getattr(d, name)(k, *parameters)
            np.testing.assert_allclose(y.data, getattr(s, name)(k, *shapes), rtol=1e-9)
            y.backward()
            for i, (p, v) in enumerate(zip(shapes, parameters, strict=True)):
                if d is st.ncx2 and name == "cdf" and i == 0:
                    continue  # SciPy's values have no digits for a difference
                h = 1e-3 * p
                ends = [[q + t * h * (j == i) for j, q in enumerate(shapes)] for t in (-2, -1, 1, 2)]
                at = [getattr(s, name)(k, *e) for e in ends]
                slope = (at[0] - 8 * at[1] + 8 * at[2] - at[3]) / (12 * h)
                np.testing.assert_allclose(v.grad.data, slope, rtol=1e-5)


def test_the_logarithm_of_a_bessel_function_keeps_its_digits():
    from leopard.scipy.special._log_ive import log_ive

    def exact(v, x):
        return mpmath.log(mpmath.re(mpmath.besseli(v, x))) - x

    for order, x in ((3.0, 2.0), (30.0, 1e-8), (59.0, 1e-4), (61.0, 1e-4), (500.0, 53.0), (1400.0, 1300.0)):
        v, z = variable(order), variable(x)
        y = log_ive(v, z)
        y.backward()
        np.testing.assert_allclose(y.data, float(exact(order, x)), rtol=1e-13)
        np.testing.assert_allclose(v.grad.data, float(mpmath.diff(exact, (order, x), (1, 0))), rtol=1e-13)
        np.testing.assert_allclose(z.grad.data, float(mpmath.diff(exact, (order, x), (0, 1))), rtol=1e-13)


def test_the_slope_of_a_beta_distribution_in_b_beside_0():
    x, a, b = 6.5e-21, 0.1155, 0.0313
    found = grad(st.beta.cdf, 2)(x, a, b)
    at = [scipy.stats.beta.cdf(x, a, b + h) for h in (-1e-4, 1e-4)]
    np.testing.assert_allclose(found, (at[1] - at[0]) / 2e-4, rtol=1e-4)


def test_an_infinite_df_is_the_normal_distribution():
    x, df = np.array([0.5, 0.5]), variable([np.inf, 3.0])
    y = st.t.logpdf(x, df)
    np.testing.assert_allclose(y.data, scipy.stats.t.logpdf(x, df.data))
    y.sum().backward()
    assert df.grad.data[0] == 0 and np.isfinite(df.grad.data[1])


# -- Tails -----------------------------------------------------------------------------------------

TAILS = [
    ("norm", (), "logcdf", -40.0, lambda z: mpmath.log(mpmath.ncdf(z))),
    ("norm", (), "logsf", 38.0, lambda z: mpmath.log(mpmath.ncdf(-z))),
    ("logistic", (), "logcdf", -800.0, lambda z: -mpmath.log1p(mpmath.exp(-z))),
    ("logistic", (), "logpdf", 750.0, lambda z: -z - 2 * mpmath.log1p(mpmath.exp(-z))),
    ("gumbel_r", (), "logsf", 600.0, lambda z: mpmath.log(-mpmath.expm1(-mpmath.exp(-z)))),
    ("expon", (), "logcdf", 60.0, lambda z: mpmath.log1p(-mpmath.exp(-z))),
    ("weibull_min", (2.0,), "logsf", 90.0, lambda z: -(z**2)),
    ("pareto", (2.5,), "logsf", 1e200, lambda z: -2.5 * mpmath.log(z)),
    ("pareto", (2.5,), "cdf", 1 + 2.0**-40, lambda z: -mpmath.expm1(-2.5 * mpmath.log(z))),
    ("laplace", (), "logcdf", -900.0, lambda z: z - mpmath.log(2)),
    ("lomax", (1.5,), "cdf", 1e-18, lambda z: -mpmath.expm1(-1.5 * mpmath.log1p(z))),
    ("cauchy", (), "sf", 1e20, lambda z: mpmath.atan(1 / z) / mpmath.pi),
    ("lognorm", (0.5,), "logsf", 1e6, lambda z: mpmath.log(mpmath.ncdf(-2 * mpmath.log(z)))),
    ("truncnorm", (30.0, 40.0), "logpdf", 31.0, None),
    ("gamma", (3.0,), "sf", 200.0, lambda z: mpmath.gammainc(3, z, regularized=True)),
    ("beta", (2.0, 3.0), "cdf", 1e-60, lambda z: mpmath.betainc(2, 3, 0, z, regularized=True)),
    ("exponweib", (2.0, 1.5), "logcdf", 1e-9, lambda z: 2 * mpmath.log(-mpmath.expm1(-(z**1.5)))),
    ("fisk", (3.0,), "sf", 1e60, lambda z: 1 / (1 + z**3)),
    ("genpareto", (0.2,), "logsf", 1e50, lambda z: -5 * mpmath.log1p(0.2 * z)),
    ("powernorm", (3.0,), "logsf", 30.0, lambda z: 3 * mpmath.log(mpmath.ncdf(-z))),
    ("poisson", (2.0,), "sf", 40.0, None),
]


@pytest.mark.parametrize("name, shapes, method, z, exact", TAILS)
def test_values_and_slopes_keep_their_digits_in_the_tails(name, shapes, method, z, exact):
    d = getattr(st, name)
    with mpmath.workdps(400 if name in ("norm", "lognorm", "powernorm") else 60):
        if name == "truncnorm":
            mass = mpmath.ncdf(-30) - mpmath.ncdf(-40)

            def exact(z):
                return mpmath.log(mpmath.npdf(z) / mass)

        elif name == "poisson":
            x = mpmath.mpf(2)
            assert float(mpmath.gammainc(41, 0, x, regularized=True)) == pytest.approx(
                float(d.sf(z, *shapes).data), rel=1e-12
            )
            return
        value, slope = float(exact(mpmath.mpf(z))), float(mpmath.diff(exact, mpmath.mpf(z), h=abs(z) * 1e-15))
    v = variable(z)
    y = getattr(d, method)(v, *shapes)
    y.backward()
    assert float(y.data) == pytest.approx(value, rel=2e-12)
    assert float(v.grad.data) == pytest.approx(slope, rel=1e-9)


# -- Draws -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name, shapes",
    [("norm", ()), ("uniform", ()), ("gamma", (2.5,)), ("beta", (2.0, 0.7)), ("t", (4.0,)),
     ("lognorm", (0.8,)), ("weibull_min", (1.7,)), ("chi2", (3.0,)), ("laplace", ()), ("pareto", (3.0,))],
)  # fmt: skip
def test_draws_are_scipys_numbers(name, shapes):
    d, s = getattr(st, name), getattr(scipy.stats, name)
    v = [variable(x) for x in (*shapes, 0.5, 2.0)]
    for size in (None, 4, (2, 3)):
        found = d.rvs(*v, size=size, random_state=3)
        wanted = s.rvs(*shapes, 0.5, 2.0, size=size, random_state=3)
        assert found.shape == np.shape(wanted)
        np.testing.assert_allclose(found.data, wanted, rtol=1e-15)
    rng, other = np.random.default_rng(5), np.random.default_rng(5)
    d.rvs(*v, size=3, random_state=rng)
    s.rvs(*shapes, 0.5, 2.0, size=3, random_state=other)
    assert rng.random() == other.random()


def test_draws_of_a_location_scale_family_are_reparameterized():
    loc, scale = variable([0.5, 1.0]), variable([2.0, 3.0])
    x = st.norm.rvs(loc, scale, size=(1000, 2), random_state=0)
    x.sum(axis=0).sum().backward()
    z = (x.data - loc.data) / scale.data
    np.testing.assert_allclose(loc.grad.data, 1000)
    np.testing.assert_allclose(scale.grad.data, z.sum(0), rtol=1e-9)


@pytest.mark.parametrize(
    "name, shapes", [("gamma", (2.5,)), ("beta", (2.0, 0.7)), ("t", (4.0,)), ("lognorm", (0.8,))]
)
def test_draws_have_the_slopes_of_the_quantile_at_their_probability(name, shapes):
    d, s = getattr(st, name), getattr(scipy.stats, name)
    v = [variable(x) for x in shapes]
    d.rvs(*v, size=5, random_state=2).sum().backward()
    p = s.cdf(s.rvs(*shapes, size=5, random_state=2), *shapes)
    for k, x in enumerate(v):

        def total(h, k=k):
            return np.sum(s.ppf(p, *[t + h * (i == k) for i, t in enumerate(shapes)]))

        slope = (8 * (total(1e-3) - total(-1e-3)) - (total(2e-3) - total(-2e-3))) / 12e-3
        np.testing.assert_allclose(x.grad.data, slope, rtol=1e-7)


def test_the_mean_of_draws_has_the_slope_of_the_mean():
    slope = grad(lambda a: np.mean(st.gamma.rvs(a, size=20000, random_state=7)))(2.0)
    assert abs(slope - 1) < 0.02


def test_discrete_draws_are_scipys_and_refuse_variables():
    found = st.poisson.rvs(3.0, size=4, random_state=1)
    np.testing.assert_array_equal(found.data, scipy.stats.poisson.rvs(3.0, size=4, random_state=1))
    with pytest.raises(TypeError, match="poisson have no derivative with respect to mu"):
        st.poisson.rvs(variable(3.0), size=4)
    with pytest.raises(ValueError, match="Domain error"):
        st.norm.rvs(0.0, -1.0)


# -- What is refused -------------------------------------------------------------------------------


def test_what_has_no_derivative_is_named():
    with pytest.raises(TypeError, match=r"poisson\.logpmf has no derivative.* to k"):
        st.poisson.logpmf(variable(2.0), 3.0).backward()
    with pytest.raises(TypeError, match=r"binom\.pmf has no derivative.* to n"):
        st.binom.pmf(2, variable(5.0), 0.5).backward()
    with pytest.raises(TypeError, match="to kappa"):
        st.vonmises.cdf(0.5, variable(2.0)).backward()
    k, mu = variable(2.0), variable(3.0)
    y = st.poisson.logpmf(k.data, mu)
    y.backward()
    np.testing.assert_allclose(mu.grad.data, 2 / 3 - 1)
    with pytest.raises(AttributeError, match=r"call scipy\.stats\.norm\.fit with plain arrays"):
        st.norm.fit([1.0])
    with pytest.raises(AttributeError, match="numerical integrals"):
        st.levy_stable  # noqa: B018
    with pytest.raises(AttributeError, match="no attribute"):
        st.nothing  # noqa: B018
    with pytest.raises(TypeError, match="orders 1 and 2"):
        st.norm.moment(3)


# -- A likelihood, and the rivals' -----------------------------------------------------------------


def test_likelihoods_of_regressions_in_both_modes():
    rng = np.random.default_rng(0)
    X, b = rng.normal(size=(20, 3)), rng.normal(size=3) * 0.3
    counts, y = rng.poisson(2.0, 20), rng.gamma(2.0, size=20)
    check_grads(lambda b: np.sum(st.poisson.logpmf(counts, np.exp(X @ b))), (b,))
    check_grads(lambda b, r: np.sum(st.nbinom.logpmf(counts, r, 1 / (1 + np.exp(X @ b) / r))), (b, 2.5))
    check_grads(lambda b, a: np.sum(st.gamma.logpdf(y, a, scale=np.exp(X @ b) / a)), (b, 1.7))
    check_grads(lambda b, s: np.sum(st.norm.logpdf(y, X @ b, s)), (b, 1.3))


RIVALS = {
    "jax": "jax.scipy.stats",
    "autograd": "autograd.scipy.stats",
}
SHARED = [
    ("norm", "logpdf", (0.7,), (0.2, 1.5)), ("norm", "logcdf", (0.7,), (0.2, 1.5)),
    ("norm", "cdf", (0.7,), (0.2, 1.5)), ("gamma", "logpdf", (0.7, 2.5), ()),
    ("beta", "logpdf", (0.3, 2.5, 0.7), ()), ("t", "logpdf", (0.7, 2.5), (0.2, 1.5)),
    ("chi2", "logpdf", (0.7, 2.5), ()), ("expon", "logpdf", (0.7,), (0.2, 1.5)),
    ("cauchy", "logpdf", (0.7,), (0.2, 1.5)), ("laplace", "logpdf", (0.7,), (0.2, 1.5)),
    ("logistic", "logpdf", (0.7,), (0.2, 1.5)), ("pareto", "logpdf", (1.7, 2.5), (0.2, 1.1)),
    ("uniform", "logpdf", (0.7,), (0.2, 1.5)),
    ("gennorm", "logpdf", (0.7, 1.5), ()), ("wrapcauchy", "logpdf", (0.7, 0.4), ()),
]  # fmt: skip


@pytest.mark.parametrize("rival", RIVALS)
def test_gradients_are_those_of_the_rival(rival):
    if rival == "jax":
        jax = pytest.importorskip("jax")
        jax.config.update("jax_enable_x64", True)
        import jax.scipy.stats as theirs

        def gradient(f, xs):
            return jax.grad(f, tuple(range(len(xs))))(*xs)

    else:
        autograd = pytest.importorskip("autograd")
        import autograd.scipy.stats as theirs

        def gradient(f, xs):
            return [autograd.grad(f, k)(*xs) for k in range(len(xs))]

    compared = 0
    for name, method, xs, rest in SHARED:
        f = getattr(getattr(theirs, name, None), method, None)
        if f is None or (rival == "autograd" and name in ("t", "beta", "gamma", "chi2")):
            continue  # autograd's have no gradient in the shapes of some
        xs = (*xs, *rest)
        found = grad(getattr(getattr(st, name), method), tuple(range(len(xs))))(*xs)
        wanted = gradient(f, [float(x) for x in xs])
        np.testing.assert_allclose(np.array(found), np.array(wanted, float), rtol=1e-8, atol=1e-12)
        compared += 1
    assert compared > (12 if rival == "jax" else 1)
