"""`leopard.compat.autograd.scipy` has the values and gradients of `autograd.scipy`."""

import importlib
import warnings

import numpy as np
import pytest

from leopard.compat import autograd
from leopard.testing import check_grads
from tests.compat.programs_of_scipy import ALL
from tests.compat.structures import assert_same
from tests.compat.test_autograd import moved, results

pytest.importorskip("scipy")


def theirs():
    """Autograd and one of its modules of the name; the test is skipped where it is not installed."""
    return pytest.importorskip("autograd")


def both(module):
    """The module of this name in autograd and in leopard."""
    theirs()
    with warnings.catch_warnings(action="ignore"):
        return (
            importlib.import_module(f"autograd.scipy.{module}"),
            importlib.import_module(f"leopard.compat.autograd.scipy.{module}"),
        )


X = np.array([0.3, 0.6, 0.8])
K = np.array([1.0, 2.0, 3.0])
P = np.array([0.2, 0.3, 0.5])
ALPHA = np.array([1.5, 2.5, 3.0])
COV = np.array([[2.0, 0.3, 0.0], [0.3, 1.5, 0.2], [0.0, 0.2, 1.0]])
ROWS = np.random.RandomState(0).randn(4, 3)


def same_gradients(name, f, g, argnums, args):
    """The same value, and the same gradient in each of these arguments, by both modules."""
    their, ours = theirs(), autograd
    with warnings.catch_warnings(action="ignore"):
        assert_same(g(*args), f(*args), rtol=1e-9)
        for k in argnums:
            expected = their.elementwise_grad(f, k)(*args)
            got = ours.elementwise_grad(g, k)(*args)
            assert np.shape(got) == np.shape(expected), (name, k)
            np.testing.assert_allclose(got, expected, rtol=1e-7, atol=1e-10, err_msg=f"{name}, argument {k}")


# What follows the names are the arguments and the numbers of those that autograd differentiates.
STATS = [
    ("norm", "pdf cdf sf logpdf logcdf logsf", (X, 0.2, 1.3), (0, 1, 2)),
    ("norm", "logpdf", (0.4, X, 1 + X), (0, 1, 2)),
    ("t", "pdf logpdf", (X, 4.5, 0.1, 1.2), (0, 1, 2, 3)),
    ("t", "cdf logcdf", (X, 4.5, 0.1, 1.2), (0, 2)),
    ("chi2", "cdf logpdf pdf", (X, 4.0), (0,)),
    ("gamma", "cdf", (X, 2.5), (0,)),
    ("gamma", "logpdf pdf", (X, 2.5), (0, 1)),
    ("beta", "cdf", (X, 1.5, 2.5), (0,)),
    ("beta", "logpdf pdf", (X, 1.5, 2.5), (0, 1, 2)),
    ("poisson", "cdf logpmf pmf", (K, 2.5), (1,)),
    ("dirichlet", "logpdf pdf", (P, ALPHA), (0, 1)),
    ("multivariate_normal", "logpdf pdf", (X, ALPHA, COV), (0, 1, 2)),
    ("multivariate_normal", "logpdf pdf", (ROWS, ALPHA, COV), (0, 1, 2)),
    ("multivariate_normal", "entropy", (ALPHA, COV), (1,)),
]


@pytest.mark.parametrize("module, names, args, argnums", STATS)
def test_distributions(module, names, args, argnums):
    their, ours = both(f"stats.{module}")
    for name in names.split():
        same_gradients(f"{module}.{name}", getattr(their, name), getattr(ours, name), argnums, args)


SPECIAL = [
    ("erf erfc erfinv erfcinv gamma gammaln psi digamma rgamma i0 i1 j0 j1 y0 y1 logit expit", (X,), (0,)),
    ("beta betaln", (X, 2.0), (0, 1)),
    ("betainc", (1.5, 2.5, X), (2,)),
    ("gammainc gammaincc", (2.0, X), (1,)),
    ("polygamma", (1, X), (1,)),
    ("multigammaln", (X + 3, 2), (0,)),
    ("jn yn iv ive", (2, X), (1,)),
    ("logsumexp", (ROWS, 0), (0,)),
    ("logsumexp", (ROWS, (0, 1), 2.0), (0,)),
    ("logsumexp", (ROWS, -1, ALPHA, True), (0,)),
]


@pytest.mark.parametrize("names, args, argnums", SPECIAL)
def test_special_functions(names, args, argnums):
    their, ours = both("special")
    for name in names.split():
        same_gradients(name, getattr(their, name), getattr(ours, name), argnums, args)


def test_special_functions_of_integers_and_the_old_name_of_logsumexp():
    ours = importlib.import_module("leopard.compat.autograd.scipy.special")
    assert importlib.import_module("leopard.compat.autograd.scipy.misc").logsumexp is ours.logsumexp
    assert type(ours.gammaln(np.array([1.0, 2.0]))) is np.ndarray
    assert autograd.grad(ours.gammasgn)(2.5) == 0.0


@pytest.mark.parametrize("trans", [0, 1, "T", "N"])
@pytest.mark.parametrize("lower", [True, False])
def test_triangular_systems(trans, lower):
    their, ours = both("linalg")
    A = COV + np.eye(3)
    solve = lambda m: lambda a, b: m.solve_triangular(a, b, trans=trans, lower=lower)  # noqa: E731
    for b in (X, ROWS.T):
        same_gradients("solve_triangular", solve(their), solve(ours), (0, 1), (A, b))


def test_other_systems_and_the_square_root():
    their, ours = both("linalg")
    same_gradients("sqrtm", their.sqrtm, ours.sqrtm, (0,), (COV + np.eye(3),))
    same_gradients(
        "sylvester", their.solve_sylvester, ours.solve_sylvester, (0, 1, 2), (COV, COV.T, ROWS[:3])
    )
    bands = ROWS.T + np.array([[0], [5], [0]])
    banded = lambda m: lambda ab, b: m.solve_banded((1, 1), ab, b)  # noqa: E731
    same_gradients("solve_banded", banded(their), banded(ours), (0, 1), (bands, np.arange(4.0)))


def test_every_function_of_linalg_is_there():
    their, ours = both("linalg")
    named = [n for n, f in vars(their).items() if getattr(f, "_is_autograd_primitive", False)]
    assert not [n for n in named if not hasattr(ours, n) and n != "test"]
    assert issubclass(ours.LinAlgError, Exception)
    assert_same(autograd.jacobian(ours.expm)(COV), autograd.jacobian(ours.expm)(COV.copy()))
    gradient = autograd.grad(lambda a: np.sum(ours.cholesky(a)))(COV)
    np.testing.assert_allclose(gradient, gradient.T)
    with pytest.raises(NotImplementedError, match="VJP of primitive hessenberg not defined"):
        autograd.grad(lambda a: ours.hessenberg(a)[0, 0])(COV)
    with pytest.raises(NotImplementedError, match="disp=False"):
        autograd.grad(lambda a: ours.sqrtm(a, disp=False)[0, 0])(COV)


def test_a_rule_of_the_programs_own_takes_the_place():
    from leopard.compat.autograd.extend import defvjp
    from leopard.compat.autograd.scipy._either import either

    square = either(lambda x: x**2, lambda x: x**2)
    assert autograd.grad(square)(3.0) == 6.0 and square(3.0) == 9.0
    defvjp(square, lambda ans, x: lambda g: 100 * g)
    assert autograd.grad(square)(3.0) == 100.0


CONVOLVED = [
    ((7,), (3,), {}),
    ((3,), (7,), {}),
    ((7,), (4,), {}),
    ((4,), (4,), {}),
    ((5, 6), (3, 2), {}),
    ((2, 8), (2, 3), {"axes": ([1], [1]), "dot_axes": ([0], [0])}),
    ((2, 3, 8, 7), (3, 4, 2, 3), {"axes": ([2, 3], [2, 3]), "dot_axes": ([1], [0])}),
    ((2, 8), (3, 5), {"axes": ([1], [1])}),
    ((5, 2), (8, 3), {"axes": ([0], [0])}),
]


@pytest.mark.parametrize("mode", ["full", "same", "valid"])
@pytest.mark.parametrize("a, b, options", CONVOLVED)
def test_convolutions(a, b, options, mode):
    their, ours = both("signal")
    rs = np.random.RandomState(0)
    A, B = rs.randn(*a), rs.randn(*b)
    y = their.convolve(A, B, mode=mode, **options)
    assert_same(ours.convolve(A, B, mode=mode, **options), y, rtol=1e-9)
    g = rs.randn(*y.shape)
    for k in (0, 1):
        pulled = [
            m.make_vjp(lambda A, B, c=c: c(A, B, mode=mode, **options), k)(A, B)[0](g)
            for m, c in ((theirs(), their.convolve), (autograd, ours.convolve))
        ]
        assert_same(pulled[1], pulled[0], rtol=1e-9)


def test_convolutions_refuse():
    ours = importlib.import_module("leopard.compat.autograd.scipy.signal")
    with pytest.raises(AssertionError, match="Mode odd undefined"):
        ours.convolve(X, X, mode="odd")
    with pytest.raises(ValueError, match="must be larger"):
        ours.convolve(np.ones((2, 5)), np.ones((3, 4)), mode="valid")


# -- Differential equations ------------------------------------------------------------------------


def pendulum(np, ode, tuple_):
    def rate(y, t, p, q):
        return np.array([y[1] * t**0.5, -p[0] * np.sin(y[0]) - p[1] * y[1] + q * np.sin(t)])

    def loss(y0, t, p, q):
        return np.sum(ode(rate, y0, t, tuple_((p, q)), rtol=1e-9, atol=1e-10) ** 2)

    return loss


POINT = (np.array([1.0, 0.3]), np.linspace(0.2, 2, 5), np.array([9.0, 0.2]), 0.7)


def test_odeint_has_the_gradients_of_autograds():
    their, ours = both("integrate")
    import leopard.compat.autograd.numpy as anp

    theirs_numpy = importlib.import_module("autograd.numpy")
    loss = pendulum(theirs_numpy, their.odeint, importlib.import_module("autograd.builtins").tuple)
    moved = pendulum(anp, ours.odeint, tuple)
    assert moved(*POINT) == loss(*POINT)
    for k in range(4):
        np.testing.assert_allclose(
            autograd.grad(moved, k)(*POINT),
            theirs().grad(loss, k)(*POINT),
            rtol=1e-6,
            err_msg=f"argument {k}",
        )


def test_odeint_has_derivatives_of_higher_order_and_forward():
    from leopard.compat.autograd.scipy.integrate import odeint

    def decay(y, t, rate):
        return [-rate * y[0]]

    times = np.array([0.0, 0.5, 1.0])

    def last(rate):
        return odeint(decay, np.ones(1), times, args=(rate,), rtol=1e-10, atol=1e-12)[-1, 0]

    found = [last(2.0), autograd.grad(last)(2.0), autograd.grad(autograd.grad(last))(2.0)]
    np.testing.assert_allclose(found, np.exp(-2.0) * np.array([1, -1, 1]), rtol=1e-5)
    value, tangent = autograd.make_jvp(last)(2.0)(1.0)
    np.testing.assert_allclose([value, tangent], np.exp(-2.0) * np.array([1, -1]), rtol=1e-5)


def test_odeint_takes_time_first_structures_and_one_time():
    from leopard.compat.autograd.scipy.integrate import odeint

    def rate(t, y, p):
        return p["k"] * y + np.array([0.0, 1.0]) * p["c"][0] * t

    def end(y0, t, k, c):
        return odeint(rate, y0, t, ({"k": k, "c": (c,)},), tfirst=True, rtol=1e-11, atol=1e-12)[-1]

    check_grads(end, (np.ones(2), np.array([0.0, 0.4, 1.0]), 0.5, 0.3), order=1, rtol=1e-4, modes=("rev",))
    single = autograd.grad(lambda y0: np.sum(odeint(lambda y, t: -y, y0, np.array([0.0]))))
    assert_same(single(np.ones(2)), np.ones(2))


# -- Programs --------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ALL)
def test_a_program_moves_by_its_import_lines(name):
    theirs()
    with warnings.catch_warnings(action="ignore"):
        expected = results(ALL[name])
    found = results(moved(ALL[name]))
    assert len(found) == len(expected)
    for a, b in zip(found, expected, strict=True):
        assert np.shape(a) == np.shape(b)
        np.testing.assert_allclose(a, b, rtol=1e-6, atol=1e-8)
