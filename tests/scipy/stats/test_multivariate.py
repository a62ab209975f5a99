"""Distributions of vectors and of matrices: values are SciPy's, gradients are slopes, numbers drawn move."""

import inspect
import math

import numpy as np
import pytest

stats = pytest.importorskip("scipy.stats")

import leopard.scipy.stats as ours  # noqa: E402
from leopard import Variable, grad  # noqa: E402
from leopard.testing import check_grads  # noqa: E402

COV = np.array([[2.0, 0.4, -0.3], [0.4, 1.5, 0.2], [-0.3, 0.2, 0.9]])
SQUARE = np.array([[1.2, -0.3], [-0.3, 0.8]])
X = np.array([[0.3, -1.0, 0.5], [1.5, 0.2, -0.7]])
MEAN = np.array([0.1, -0.2, 0.4])
ALPHA = np.array([1.5, 2.5, 0.8])
ON_SIMPLEX = np.array([[0.2, 0.5], [0.5, 0.1], [0.3, 0.4]])
P = np.array([0.2, 0.5, 0.3])
UNIT = X / np.linalg.norm(X, axis=-1, keepdims=True)


def str_of(x):
    return x if isinstance(x, str) else ""


#: The method of the distribution, the arguments that are differentiated, and the others by name.
CALLS = [
    ("multivariate_normal.logpdf", (X, MEAN, COV), {}),
    ("multivariate_normal.logpdf", (X[0], MEAN, COV), {}),
    ("multivariate_normal.logpdf", (X, MEAN, np.array([0.5, 1.0, 2.0])), {}),
    ("multivariate_normal.logpdf", (X, MEAN, np.array(0.7)), {}),
    ("multivariate_normal.logpdf", (X[0], np.array(0.1), np.array(0.7)), {}),
    ("multivariate_normal.logpdf", (np.array(0.3), np.array(0.1), np.array([[0.7]])), {}),
    ("multivariate_normal.logpdf", (X[:, :2], MEAN[:2], SQUARE), {"allow_singular": True}),
    ("multivariate_normal.logpdf", (np.stack([X, X - 1]),), {"cov": COV}),
    ("multivariate_normal.pdf", (X, MEAN, COV), {}),
    ("multivariate_normal.entropy", (MEAN, COV), {}),
    ("multivariate_normal.entropy", (), {"cov": COV}),
    ("multivariate_t.logpdf", (X, MEAN, COV, np.array(3.5)), {}),
    ("multivariate_t.logpdf", (X, MEAN, COV), {"df": np.inf}),
    ("multivariate_t.logpdf", (X[0], np.array(0.1), np.array(0.7), np.array(2.5)), {}),
    ("multivariate_t.pdf", (X, MEAN, COV, np.array(3.5)), {}),
    ("multivariate_t.entropy", (MEAN, COV, np.array(3.5)), {}),
    ("multivariate_t.entropy", (MEAN, COV, np.array(2000.0)), {}),
    ("dirichlet.logpdf", (ON_SIMPLEX[:2], ALPHA), {}),
    ("dirichlet.pdf", (ON_SIMPLEX[:2, 0], ALPHA), {}),
    ("dirichlet.mean", (ALPHA,), {}),
    ("dirichlet.var", (ALPHA,), {}),
    ("dirichlet.cov", (ALPHA,), {}),
    ("dirichlet.entropy", (ALPHA,), {}),
    ("multinomial.logpmf", (P,), {"x": [[1, 3, 2], [0, 5, 1], [1, 1, 1]], "n": 6}),
    ("multinomial.pmf", (P,), {"x": [1, 3, 2], "n": 6}),
    ("multinomial.mean", (P,), {"n": 6}),
    ("multinomial.cov", (P,), {"n": [6, 2]}),
    ("multinomial.entropy", (P,), {"n": 6}),
    ("multinomial.entropy", (np.array([P, P[::-1]]),), {"n": [3, 5]}),
    ("dirichlet_multinomial.logpmf", (ALPHA,), {"x": [[1, 3, 2], [0, 5, 1], [1, 1, 1]], "n": 6}),
    ("dirichlet_multinomial.pmf", (ALPHA,), {"x": [1, 3, 2], "n": 6}),
    ("dirichlet_multinomial.mean", (ALPHA,), {"n": 6}),
    ("dirichlet_multinomial.var", (ALPHA,), {"n": [6, 7]}),
    ("dirichlet_multinomial.cov", (ALPHA,), {"n": 6}),
    ("wishart.logpdf", (COV, np.array(4.5), COV[::-1, ::-1].copy()), {}),
    ("wishart.logpdf", (np.stack([COV, 2 * COV], -1), np.array(4.5), COV), {}),
    ("wishart.logpdf", (np.array([0.5, 1.5]), np.array(2.5), np.array(0.7)), {}),
    ("wishart.pdf", (SQUARE, np.array(4.5), SQUARE), {}),
    ("wishart.mean", (np.array(4.5), SQUARE), {}),
    ("wishart.mode", (np.array(4.5), SQUARE), {}),
    ("wishart.var", (np.array(4.5), SQUARE), {}),
    ("wishart.entropy", (np.array(4.5), SQUARE), {}),
    ("invwishart.logpdf", (COV, np.array(4.5), COV[::-1, ::-1].copy()), {}),
    ("invwishart.logpdf", (np.stack([COV, 2 * COV], -1), np.array(4.5), COV), {}),
    ("invwishart.pdf", (SQUARE, np.array(4.5), SQUARE), {}),
    ("invwishart.mean", (np.array(4.5), SQUARE), {}),
    ("invwishart.mode", (np.array(4.5), SQUARE), {}),
    ("invwishart.var", (np.array(7.5), SQUARE), {}),
    ("invwishart.entropy", (np.array(4.5), SQUARE), {}),
    ("matrix_normal.logpdf", (X, np.zeros((2, 3)), SQUARE, COV), {}),
    ("matrix_normal.logpdf", (np.stack([X, X + 1]), 0.1 * X, np.array([1.0, 2.0]), np.array(0.7)), {}),
    ("matrix_normal.pdf", (X, 0.1 * X, SQUARE, COV), {}),
    ("matrix_normal.entropy", (SQUARE, COV), {}),
    ("vonmises_fisher.logpdf", (np.array(2.5),), {"x": UNIT, "mu": UNIT[0]}),
    ("vonmises_fisher.pdf", (np.array(2.5),), {"x": UNIT, "mu": UNIT[0]}),
    ("vonmises_fisher.entropy", (np.array(2.5),), {"mu": UNIT[0]}),
    ("normal_inverse_gamma.logpdf", (X[0], np.array(0.6), np.array(0.1), ALPHA, np.array(2.5), P), {}),
    ("normal_inverse_gamma.pdf", (X[0], np.array(0.6), np.array(0.1), ALPHA, np.array(2.5), P), {}),
    ("normal_inverse_gamma.mean", (MEAN, ALPHA, np.array(2.5), P), {}),
    ("normal_inverse_gamma.var", (MEAN, ALPHA, np.array(2.5), P), {}),
]  # fmt: skip


def method(of, name):
    dist, name = name.split(".")
    if not hasattr(stats, dist):
        pytest.skip(f"this SciPy has no {dist}")
    return getattr(getattr(of, dist), name)


def names_of(name, args, others):
    """The names of the parameters that `args` are values of."""
    free = [p for p in inspect.signature(method(ours, name)).parameters if p not in others]
    return free[: len(args)]


def normalized(name, xs):
    """Probabilities that sum to 1 for any numbers."""
    return [x / np.sum(x, -1, keepdims=True) for x in xs] if name.startswith("multinomial") else xs


def results(y):
    return y if isinstance(y, tuple) else (y,)


@pytest.mark.parametrize(("name", "args", "others"), CALLS, ids=str_of)
def test_value_is_scipys(name, args, others):
    names = names_of(name, args, others)
    got = method(ours, name)(**dict(zip(names, map(Variable, args), strict=True)), **others)
    plain = [x.item() if p in ("df", "kappa") else x for p, x in zip(names, args, strict=True)]
    want = method(stats, name)(**dict(zip(names, plain, strict=True)), **others)
    if name == "invwishart.entropy":  # SciPy 1.17 has log(2) once where the formula has it n times
        want -= 0.5 * (len(args[1]) + 1) * (len(args[1]) - 1) * np.log(2)
    for g, w in zip(results(got), results(want), strict=True):
        assert isinstance(g, Variable)
        assert g.shape == np.shape(w)
        np.testing.assert_allclose(g.data, w, rtol=1e-11, atol=1e-13)


@pytest.mark.parametrize(("name", "args", "others"), [c for c in CALLS if c[1]], ids=str_of)
def test_gradients_are_slopes(name, args, others):
    names = names_of(name, args, others)

    def f(*xs):
        xs = normalized(name, [x if isinstance(x, Variable) else Variable(np.asarray(x)) for x in xs])
        total = 0.0
        for k, y in enumerate(results(method(ours, name)(**dict(zip(names, xs, strict=True)), **others))):
            kept = np.where(np.isfinite(y.data), y, 0.0)
            total = total + np.sum(kept * np.random.default_rng(k).normal(size=y.shape))
        return total

    check_grads(f, args, order=1 if name.startswith("vonmises_fisher") else 2)


@pytest.mark.parametrize(("name", "args", "others"), CALLS[::5], ids=str_of)
def test_a_distribution_with_parameters_of_its_own_has_the_same_values(name, args, others):
    given = dict(zip(names_of(name, args, others), map(Variable, args), strict=True)) | others
    dist = getattr(ours, name.split(".")[0])
    fixed = {p: given.pop(p) for p in inspect.signature(dist.scipys).parameters if p in given}
    y = getattr(dist(**fixed), name.split(".")[1])(*given.values())
    np.testing.assert_array_equal(y.data, method(ours, name)(**fixed, **given).data)


def test_parameters_that_are_fixed_are_attributes():
    frozen = ours.multivariate_normal(MEAN, cov=COV)
    assert frozen.mean is MEAN and frozen.cov is COV and frozen.dist is ours.multivariate_normal
    assert not hasattr(frozen, "kappa")
    with pytest.raises(TypeError, match="4 were given"):
        frozen.logpdf(X, 1, 2, 3)
    with pytest.raises(TypeError, match="nu"):
        ours.multivariate_normal(nu=3)


def test_without_a_variable_scipy_computes():
    y = ours.multivariate_normal.logpdf(X, MEAN, COV)
    assert isinstance(y, Variable)
    np.testing.assert_array_equal(y.data, stats.multivariate_normal.logpdf(X, MEAN, COV))
    with pytest.raises(ValueError, match="length 3"):
        ours.multivariate_normal.logpdf(X, MEAN, SQUARE)


def test_numbers_drawn_are_scipys_and_move_with_the_parameters():
    mean, cov = Variable(MEAN), Variable(COV)
    y = ours.multivariate_normal.rvs(mean, cov, size=4, random_state=7)
    want = stats.multivariate_normal.rvs(MEAN, COV, size=4, random_state=7)
    np.testing.assert_allclose(y.data, want, rtol=1e-12)
    z = np.linalg.solve(np.linalg.cholesky(COV), (want - MEAN).T)
    weights = np.arange(12.0).reshape(4, 3)
    np.sum(y * weights).backward()
    np.testing.assert_allclose(mean.grad.data, weights.sum(0))
    want = grad(lambda c: np.sum((np.linalg.cholesky(c) @ z).T * weights))(COV)
    np.testing.assert_allclose(cov.grad.data, want, rtol=1e-10)
    for c in (np.array([0.5, 1.0, 2.0]), np.array(0.7)):
        moved = grad(lambda c: np.sum(ours.multivariate_normal.rvs(MEAN, c, size=4, random_state=7)))(c)
        deviation = stats.multivariate_normal.rvs(MEAN, c, size=4, random_state=7) - MEAN
        slope = (deviation / (2 * c)).sum(0)
        np.testing.assert_allclose(moved, slope if c.ndim else slope.sum(), rtol=1e-9)


def test_a_singular_covariance():
    cov = np.diag([1.0, 0.0, 2.0])
    with pytest.raises(np.linalg.LinAlgError, match="positive definite"):
        ours.multivariate_normal.logpdf(Variable(X), MEAN, cov)
    points = np.array([[0.3, -0.2, 0.5], X[1]])
    y = ours.multivariate_normal.logpdf(Variable(points), MEAN, cov, allow_singular=True)
    np.testing.assert_allclose(
        y.data, stats.multivariate_normal.logpdf(points, MEAN, cov, allow_singular=True)
    )
    assert y.data[1] == -np.inf
    x = Variable(points[0])
    ours.multivariate_normal.logpdf(x, MEAN, cov, allow_singular=True).backward()
    np.testing.assert_allclose(x.grad.data, [-(0.3 - 0.1), 0.0, -(0.5 - 0.4) / 2], atol=1e-12)
    with pytest.raises(ValueError, match="semidefinite"):
        ours.multivariate_normal.logpdf(Variable(X), MEAN, -COV)
    with pytest.raises(np.linalg.LinAlgError, match="singular"):
        ours.multivariate_normal.rvs(MEAN, Variable(cov))


@pytest.mark.parametrize(
    ("call", "error"),
    [
        (lambda v: ours.multivariate_normal.logpdf(v, MEAN, SQUARE), "length 3"),
        (lambda v: ours.multivariate_normal.logpdf(v, MEAN, COV[:2]), "square"),
        (lambda v: ours.multivariate_normal.logpdf(v, X, COV), "vector"),
        (lambda v: ours.multivariate_t.logpdf(v, MEAN, COV, -1), "df"),
        (lambda v: ours.dirichlet.logpdf(v[0], ALPHA), "greater than or equal to zero"),
        (lambda v: ours.dirichlet.logpdf(v[0] * 0 + 0.2, ALPHA), "simplex"),
        (lambda v: ours.dirichlet.logpdf(ON_SIMPLEX, v[0]), "greater than 0"),
        (lambda v: ours.multinomial.logpmf([1, 2], 3, v[0]), "received 2, but expected 3"),
        (lambda v: ours.wishart.logpdf(v, 4, COV), "incompatible"),
        (lambda v: ours.wishart.logpdf(COV, 1.5, np.abs(v) @ COV @ v.T), "minus 1|incompatible"),
        (lambda v: ours.matrix_normal.logpdf(v, None, COV, COV), "shape"),
        (lambda v: ours.vonmises_fisher.logpdf(v, UNIT[0], 2.0), "unit vectors"),
        (lambda v: ours.vonmises_fisher.logpdf(UNIT, UNIT[0], -v[0, 0]), "positive scalar"),
    ],
)
def test_wrong_arguments_raise(call, error):
    with pytest.raises(ValueError, match=error):
        call(Variable(X))
    with pytest.raises(TypeError, match="real numbers"):
        ours.multivariate_normal.logpdf(Variable(X + 1j), MEAN, COV)


def test_outside_of_the_domain():
    p = Variable(P)
    assert ours.multinomial.logpmf([1, 2, 4], 6, p).data == -np.inf
    y = ours.multinomial.logpmf([[1, 2, 4], [1, 2, 3]], 6, p)
    np.sum(y[1:]).backward()
    np.testing.assert_allclose(p.grad.data, [1 / 0.2, 2 / 0.5, 3 / 0.3])
    assert np.isnan(ours.multinomial.logpmf([1, 2, 3], 6, Variable(np.array([0.5, -0.5, 1.0]))).data)
    alpha = Variable(ALPHA)
    assert ours.dirichlet_multinomial.logpmf([1, 2, 4], alpha, 6).data == -np.inf


def test_directions_of_many_dimensions_have_finite_values_and_slopes():
    n, kappa = 400, 2.0
    mu = np.eye(n)[0]
    v = Variable(np.array(kappa))
    y = ours.vonmises_fisher.logpdf(mu, mu, v)
    y.backward()
    area = np.log(2) + n / 2 * np.log(np.pi) - math.lgamma(n / 2)
    series = kappa**2 / (2 * n)  # of the logarithm of the mean of e**(kappa * mu @ x), to its second term
    np.testing.assert_allclose(y.data, kappa - area - series, rtol=1e-7)
    np.testing.assert_allclose(v.grad.data, 1 - kappa / n, rtol=1e-4)
    v.cleargrad()
    ours.vonmises_fisher.entropy(mu, v).backward()
    np.testing.assert_allclose(v.grad.data, -kappa / n, rtol=1e-3)


def test_gradients_are_those_of_pytorch():
    torch = pytest.importorskip("torch")
    x, mean, cov = [torch.tensor(a, requires_grad=True) for a in (X, MEAN, COV)]
    torch.distributions.MultivariateNormal(mean, cov).log_prob(x).sum().backward()
    xs = Variable(X), Variable(MEAN), Variable(COV)
    np.sum(ours.multivariate_normal.logpdf(*xs)).backward()
    np.testing.assert_allclose(xs[0].grad.data, x.grad.numpy(), rtol=1e-10)
    np.testing.assert_allclose(xs[1].grad.data, mean.grad.numpy(), rtol=1e-10)
    both = xs[2].grad.data + xs[2].grad.data.T, (cov.grad + cov.grad.T).numpy()
    np.testing.assert_allclose(*both, rtol=1e-10)  # ours stands at the triangle that is read
    alpha = torch.tensor(ALPHA, requires_grad=True)
    torch.distributions.Dirichlet(alpha).log_prob(torch.tensor(ON_SIMPLEX.T)).sum().backward()
    ours_alpha = Variable(ALPHA)
    np.sum(ours.dirichlet.logpdf(ON_SIMPLEX, ours_alpha)).backward()
    np.testing.assert_allclose(ours_alpha.grad.data, alpha.grad.numpy(), rtol=1e-10)


def test_the_normal_density_is_one_operation_with_the_gradients_of_its_formula():
    rng = np.random.default_rng(3)
    root, x, mean = rng.normal(size=(3, 3)), rng.normal(size=(2, 4, 3)), rng.normal(size=3)
    cov = root @ root.T + np.eye(3)
    weights = rng.normal(size=(2, 4))

    def loss(x, mean, cov):
        return np.sum(weights * ours.multivariate_normal.logpdf(x, mean, cov))

    inverse = np.linalg.inv(cov)
    w = (x - mean) @ inverse
    whole = 0.5 * (np.einsum("ab,abi,abj->ij", weights, w, w) - weights.sum() * inverse)
    gx, gmean, gcov = grad(loss, (0, 1, 2))(x, mean, cov)
    np.testing.assert_allclose(gx, -weights[..., None] * w)
    np.testing.assert_allclose(gmean, -gx.sum((0, 1)))
    np.testing.assert_allclose(gcov, np.tril(2 * whole) - np.diag(np.diag(whole)), atol=1e-14)
    for k, slope in enumerate((gx, gmean, gcov)):
        np.testing.assert_allclose(grad(loss, k)(x, mean, cov), slope, atol=1e-14)
    check_grads(loss, (x, mean, cov), order=2)
