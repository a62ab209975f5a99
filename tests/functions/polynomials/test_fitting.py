"""What is particular to fits: poor condition, too few points, what is refused."""

import warnings

import numpy as np
import pytest

from leopard import Variable
from tests.laws import same

X, Y = np.array([0.0, 1.0, 2.5, 3.0, 4.5]), np.array([1.0, -1.0, 2.0, 0.5, 3.0])


def test_points_on_a_polynomial_move_it_with_them():
    """Where the fit is exact, a point that moves along the polynomial changes nothing."""
    p = np.array([2.0, -1.0, 0.5])
    x, y = Variable(X), Variable(np.polyval(p, X))
    c = np.polyfit(x, y, 2)
    np.sum(c * np.array([1.0, 10.0, 100.0])).backward()
    np.testing.assert_allclose(x.grad.data, -y.grad.data * np.polyval(np.polyder(p), X), rtol=1e-9, atol=1e-9)


def test_weights_have_no_gradient_where_the_fit_is_exact_and_some_where_not():
    for y, exact in [(np.polyval([2.0, 1.0], X), True), (Y, False)]:
        w = Variable(np.array([1.0, 2.0, 1.0, 0.5, 1.0]))
        np.polyfit(X, y, 1, w=w).backward()
        assert (np.max(np.abs(w.grad.data)) < 1e-12) == exact


def test_a_poor_condition_costs_the_gradient_of_y_no_more_than_the_fit():
    """The normal equations would lose all digits here: their condition is the square."""
    x, n = np.linspace(0, 1, 40), 15
    y = Variable(np.sin(9 * x))
    c = np.polyfit(x, y, n, rcond=1e-18)
    np.polyval(c, 0.3).backward()
    basis = np.polynomial.chebyshev.chebvander(2 * x - 1, n)
    (at,) = np.polynomial.chebyshev.chebvander([2 * 0.3 - 1], n)
    np.testing.assert_allclose(y.grad.data, at @ np.linalg.pinv(basis), atol=1e-5)


def test_too_few_points_warn_and_leave_the_gradient_of_y_alone():
    x, y = np.array([1.0, 1.0, 2.0]), Variable(np.array([1.0, 3.0, 2.0]))
    with pytest.warns(np.exceptions.RankWarning) as said:
        c = np.polyfit(x, y, 2)
    assert len(said) == 1
    c[0].backward()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", np.exceptions.RankWarning)
        wanted = [np.polyfit(x, e, 2)[0] for e in np.eye(3)]
        np.testing.assert_allclose(y.grad.data, wanted, atol=1e-12)
        for given in [(Variable(x), y.data, None), (x, y.data, Variable(np.ones(3)))]:
            fit = np.polyfit(*given[:2], 2, w=given[2])
            with pytest.raises(np.linalg.LinAlgError, match="points determine 2 of 3 coefficients"):
                fit.backward()


@pytest.mark.parametrize("options", [{"full": True}, {"cov": True}, {"cov": "unscaled"}], ids=str)
def test_what_else_numpy_returns_is_refused(options):
    with pytest.raises(TypeError, match="neither full nor cov"):
        np.polyfit(Variable(X), Y, 1, **options)
    with pytest.raises(TypeError, match="unexpected keyword"):
        np.polyfit(Variable(X), Y, 1, out=None)


@pytest.mark.parametrize(
    ("x", "y", "deg", "w"),
    [
        (X, Y, -1, None),
        (X[:0], Y[:0], 1, None),
        (X[:, None], Y, 1, None),
        (X, Y[:, None, None], 1, None),
        (X, Y[:3], 1, None),
        (X, Y, 1, Y[:3]),
        (X, Y, 1, Y[:, None]),
    ],
)
def test_an_error_is_numpys(x, y, deg, w):
    with pytest.raises((TypeError, ValueError)) as theirs:
        np.polyfit(x, y, deg, w=w)
    with pytest.raises(theirs.type) as ours:
        np.polyfit(x, Variable(y), deg, w=w)
    assert str(ours.value) == str(theirs.value)


def test_single_precision_stays():
    x, y = Variable(X.astype(np.float32)), Variable(Y.astype(np.float32))
    c = np.polyfit(x, y, 1)
    c.backward()
    assert same(c.data, np.polyfit(x.data, y.data, 1))
    assert (x.grad.dtype, y.grad.dtype) == (np.float32, np.float32)


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("columns", [(), (2,)])
def test_first_and_second_derivatives_are_jaxs(weighted, columns, jax):
    rng = np.random.default_rng(0)
    arrays = [X + 0.5, rng.standard_normal((5, *columns)), rng.uniform(0.5, 2, 5)][: 3 if weighted else 2]
    which = tuple(range(len(arrays)))

    def loss(xp, x, y, w=None):
        return xp.sum(xp.polyfit(x, y, 2, w=w) ** 3)

    def squares(*arrays):
        return sum((g**2).sum() for g in first(*arrays))

    first = jax.grad(lambda *a: loss(jax.numpy, *a), which)
    firsts, seconds = jax.jit(lambda *a: (first(*a), jax.grad(squares, which)(*a)))(*arrays)
    xs = [Variable(a) for a in arrays]
    loss(np, *xs).backward(create_graph=True)
    gs = [v.grad for v in xs]
    for g, theirs in zip(gs, firsts, strict=True):
        np.testing.assert_allclose(g.data, theirs, rtol=1e-8, atol=1e-9)
    for v in xs:
        v.cleargrad()
    sum(np.sum(g**2) for g in gs).backward()
    for v, theirs in zip(xs, seconds, strict=True):
        np.testing.assert_allclose(v.grad.data, theirs, rtol=1e-7, atol=1e-8)
