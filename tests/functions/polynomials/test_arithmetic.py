"""What is particular to polynomials: leading zeros, polynomials as objects, numpy.polynomial."""

import numpy as np
import pytest

from leopard import Variable
from tests.laws import same

SERIES = {
    "polynomial": "poly",
    "chebyshev": "cheb",
    "legendre": "leg",
    "hermite": "herm",
    "hermite_e": "herme",
    "laguerre": "lag",
}


def of(basis, name):
    return getattr(getattr(np.polynomial, basis), SERIES[basis] + name)


# -- Leading zeros -------------------------------------------------------------------------------


def test_a_leading_zero_has_the_gradient_of_the_powers_that_remain():
    p, q = Variable(np.array([0.0, 1.0, 2.0])), Variable(np.array([3.0, 4.0]))
    y = np.polymul(p, q)
    assert same(y.data, np.polymul(p.data, q.data))
    (y * np.array([100.0, 10.0, 1.0])).sum().backward()
    assert same(p.grad.data, np.array([430.0 - 30.0, 340.0, 34.0]))
    assert same(q.grad.data, np.array([120.0, 12.0]))


def test_a_product_with_nothing_but_zeros_is_numpys():
    p, q = Variable(np.zeros(3)), Variable(np.array([1.0, 2.0]))
    y = np.polymul(p, q)
    assert same(y.data, np.polymul(p.data, q.data))
    y.backward()
    assert same(p.grad.data, np.array([0.0, 2.0, 3.0]))
    assert same(q.grad.data, np.zeros(2))


def test_a_remainder_is_trimmed_as_numpys():
    u, v = Variable(np.array([1.0, 0.0, 0.0, 2.0])), np.array([1.0, 0.0])
    for ours, theirs in zip(np.polydiv(u, v), np.polydiv(u.data, v), strict=True):
        assert same(ours.data, theirs)
    for shape in [(2, 2), (1, 1)]:
        with pytest.raises(ValueError, match="one axis"):
            np.polydiv(Variable(np.ones(shape)), v)


def test_division_undoes_multiplication():
    rng = np.random.default_rng(0)
    q, v, r = [Variable(rng.standard_normal(n)) for n in (3, 4, 3)]
    u = np.polyadd(np.polymul(q, v), r)
    got_q, got_r = np.polydiv(u, v)
    w = rng.standard_normal(3)
    (np.sum(got_q * w) + np.sum(got_r * w)).backward()
    np.testing.assert_allclose(q.grad.data, w, atol=1e-12)
    np.testing.assert_allclose(r.grad.data, w, atol=1e-12)
    np.testing.assert_allclose(v.grad.data, np.zeros(4), atol=1e-12)


# -- Polynomials as objects ----------------------------------------------------------------------


def test_a_poly1d_is_called_with_a_variable():
    x = Variable(np.array([1.0, 2.0]))
    y = np.poly1d([1.0, 2.0, 3.0])(x)
    assert same(y.data, np.poly1d([1.0, 2.0, 3.0])(x.data))
    y.backward()
    assert same(x.grad.data, np.array([4.0, 6.0]))


@pytest.mark.parametrize("name", ["polyadd", "polysub", "polymul", "polydiv"])
def test_beside_a_poly1d_the_result_is_one(name):
    p, c = np.poly1d([1.0, 2.0, 7.0]), np.array([3.0, 4.0, 5.0])
    for make in (lambda f, c: f(p, c), lambda f, c: f(c, p)):
        v = Variable(c)
        ours, theirs = make(getattr(np, name), v), make(getattr(np, name), c)
        ours, theirs = [y if isinstance(y, tuple) else (y,) for y in (ours, theirs)]
        for y, wanted in zip(ours, theirs, strict=True):
            assert isinstance(y, np.poly1d)
            assert same(y.coeffs.data, wanted.coeffs)
        np.sum(ours[0].coeffs).backward()
        assert v.grad is not None


def test_a_poly1d_of_a_variable_calculates():
    c, d = Variable(np.array([1.0, -3.0, 2.5])), Variable(np.array([2.0, 1.0]))

    def calculated(c, d):
        p, q = np.poly1d(c), np.poly1d(d)
        return [(p * q + p - q).deriv(), -(p**2).integ(k=1.0), p(q), q * 3.0, p / 2.0]

    for y, wanted in zip(calculated(c, d), calculated(c.data, d.data), strict=True):
        assert same(y.coeffs.data, wanted.coeffs)
    y = calculated(c, d)[2](2.0)  # p(q(2)), where q(2) is 5
    y.backward()
    assert same(c.grad.data, np.array([25.0, 5.0, 1.0]))
    assert same(d.grad.data, (2 * 5 - 3) * np.array([2.0, 1.0]))


def test_a_list_of_variables_is_to_be_stacked():
    a = Variable(np.array(1.0))
    with pytest.raises(TypeError, match=r"leopard\.array\(\[a, a\]\)"):
        np.polyval([a, a], Variable(np.array(2.0)))


# -- Arguments -----------------------------------------------------------------------------------


def test_coefficients_of_small_integers_do_not_overflow():
    x = Variable(np.array(2.0))
    np.polyval(np.array([100, 100, 100, 1], np.uint8), x).backward()
    assert same(x.grad.data, np.array(1700.0))


def test_constants_of_integration_have_gradients():
    k = Variable(np.array([1.0, 2.0, 9.0]))
    p = Variable(np.array([6.0]))
    y = np.polyint(p, 2, k)
    assert same(y.data, np.polyint(p.data, 2, k.data))
    (y * np.array([100.0, 10.0, 1.0])).sum().backward()
    assert same(k.grad.data, np.array([10.0, 1.0, 0.0]))
    one = Variable(np.array(1.0))
    np.polyint(p, 3, one).backward()
    assert same(one.grad.data, np.array(2.5))


@pytest.mark.parametrize(
    ("name", "args"),
    [
        ("polyint", (-1,)),
        ("polyder", (-1,)),
        ("polyint", (2, [1.0, 2.0][:0])),
        ("polyint", (3, [1.0, 2.0])),
        ("polymul", (np.ones((2, 2)),)),
    ],
)
def test_an_error_is_numpys(name, args):
    with pytest.raises(ValueError) as theirs:  # noqa: PT011 (the whole message is compared)
        getattr(np, name)(np.ones(3), *args)
    with pytest.raises(ValueError) as ours:  # noqa: PT011
        getattr(np, name)(Variable(np.ones(3)), *args)
    assert str(ours.value) == str(theirs.value)


@pytest.mark.parametrize(
    "name", ["polyadd", "polysub", "polymul", "polydiv", "polyval", "polyder", "polyint"]
)
def test_an_unknown_keyword_is_an_error(name):
    x = Variable(np.ones(2))
    with pytest.raises(TypeError, match="unexpected keyword"):
        getattr(np, name)(x, *[x][: name not in ("polyder", "polyint")], out=None)


# -- numpy.polynomial ----------------------------------------------------------------------------


@pytest.mark.parametrize("basis", SERIES)
@pytest.mark.parametrize("shape", [(), (3,), (2, 2)])
def test_a_series_is_evaluated_at_a_variable(basis, shape):
    """NumPy's own code, which runs on Variables as it is; the derivative is that of its derivative series."""
    c = np.array([1.0, -2.0, 0.5, 3.0])
    x = Variable(np.random.default_rng(1).uniform(-1, 1, shape))
    y = of(basis, "val")(x, c)
    assert same(y.data, np.asarray(of(basis, "val")(x.data, c)))
    y.backward(create_graph=True)
    gx = x.grad
    np.testing.assert_allclose(gx.data, of(basis, "val")(x.data, of(basis, "der")(c)), rtol=1e-12, atol=1e-12)
    x.cleargrad()
    gx.backward()
    wanted = of(basis, "val")(x.data, of(basis, "der")(c, 2))
    np.testing.assert_allclose(x.grad.data, wanted, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("basis", SERIES)
@pytest.mark.parametrize(
    ("name", "args"),
    [
        ("val", (0.5, "v")),
        ("der", "v"),
        ("int", "v"),
        ("add", "vv"),
        ("mul", "vv"),
        ("roots", "v"),
        ("vander", "v1"),
    ],
)
def test_coefficients_of_variables_are_an_error(basis, name, args):
    given = [Variable(np.ones(3)) if a == "v" else int(a) if a == "1" else a for a in args]
    with pytest.raises(TypeError, match=r"stack|no derivative in leopard"):
        of(basis, name)(*given)


@pytest.mark.parametrize("basis", SERIES)
@pytest.mark.parametrize("shape", [(), (3,), (2, 3)])
@pytest.mark.parametrize("of_c", [(4, 3), (1, 2), (2, 3, 3), (3, 2, 3)])
@pytest.mark.parametrize("tensor", [True, False])
def test_several_series_are_evaluated_at_a_variable(basis, shape, of_c, tensor):
    """NumPy broadcasts differently where x is not an ndarray."""
    rng = np.random.default_rng(1)
    c, a = rng.standard_normal(of_c), rng.uniform(-1, 1, shape)
    try:
        wanted = of(basis, "val")(a, c, tensor=tensor)
    except ValueError:  # these do not broadcast
        with pytest.raises(ValueError):  # noqa: PT011
            of(basis, "val")(Variable(a), c, tensor=tensor)
        return
    x = Variable(a)
    y = of(basis, "val")(x, c, tensor=tensor)
    assert same(y.data, np.asarray(wanted))
    start = rng.standard_normal(wanted.shape)
    np.sum(y * start).backward()
    slopes = start * of(basis, "val")(a, of(basis, "der")(c), tensor=tensor)
    behind = tuple(range(slopes.ndim - a.ndim))
    np.testing.assert_allclose(x.grad.data, slopes.sum(axis=behind), rtol=1e-11, atol=1e-11)


def test_polynomials_of_several_sets_of_roots_are_evaluated_at_a_variable():
    r, a = np.arange(6.0).reshape(2, 3), np.array([0.5, 1.5])
    x = Variable(a)
    y = np.polynomial.polynomial.polyvalfromroots(x, r)
    assert same(y.data, np.polynomial.polynomial.polyvalfromroots(a, r))
    y.backward()
    np.testing.assert_allclose(x.grad.data, 2 * a * 3 - r.sum())


# -- Beside the others ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "shapes", "options"),
    [
        ("polyval", [(4,), (2, 3)], {}),
        ("polyadd", [(4,), (2,)], {}),
        ("polysub", [(2,), (3,)], {}),
        ("polymul", [(3,), (4,)], {}),
        ("polydiv", [(5,), (3,)], {}),
        ("polyder", [(5,)], {"m": 2}),
        ("polyint", [(3,)], {"m": 2}),
    ],
)
@pytest.mark.parametrize("dtype", [float, complex])
def test_gradients_are_jaxs(jax, name, shapes, options, dtype):
    rng = np.random.default_rng(2)
    arrays = [rng.uniform(0.5, 2, s) for s in shapes]
    if dtype is complex:
        arrays = [a + 1j * rng.uniform(-1, 1, a.shape) for a in arrays]

    def loss(xp, *xs):
        y = getattr(xp, name)(*xs, **options)
        y = y[0] if name == "polydiv" else y
        return xp.sum(xp.abs(y) ** 2 + xp.real(y) ** 3)

    xs = [Variable(a) for a in arrays]
    loss(np, *xs).backward()
    theirs = jax.jit(jax.grad(lambda *xs: loss(jax.numpy, *xs), tuple(range(len(xs)))))(*arrays)
    for x, g in zip(xs, theirs, strict=True):
        np.testing.assert_allclose(x.grad.data, np.conj(g), rtol=1e-9, atol=1e-9)
