"""What is particular to SciPy's functions: their values at the ends, and their derivatives there."""

from functools import partial

import numpy as np
import pytest

from leopard import Variable, logit, logsumexp, softmax, softplus
from leopard._numeric.loops import Recipe
from tests.laws import data_of_gradients, gradients, variables

special = pytest.importorskip("scipy.special")
inf, nan = np.inf, np.nan


# -- Elementwise ---------------------------------------------------------------------------------


@pytest.mark.parametrize("operation", [logit, softplus])
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_a_rule_is_read_into_loops_though_no_ufunc_has_the_value(operation, dtype):
    assert operation.ufunc is None
    assert isinstance(operation.recipe(dtype, 1), Recipe)


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_logit_is_scipys_at_every_size(dtype):
    small = 10.0 ** -np.arange(1, 35)
    x = np.concatenate([small, 1 - small[:6], 0.5 + small[:6], [0.0, 1.0, -0.5, 2.0, inf, nan]]).astype(dtype)
    with np.errstate(all="ignore"):
        got, wanted = logit(x).data, special.logit(x.astype(np.longdouble))
    assert got.dtype == dtype
    np.testing.assert_allclose(got, wanted, rtol=4 * np.finfo(dtype).eps)


def test_softplus_is_scipys_at_every_size():
    x = np.array([-inf, -745.0, -30.0, -1e-300, 0.0, 1.0, 37.0, 1e300, inf])
    wanted = np.logaddexp(0, x) if not hasattr(special, "softplus") else special.softplus(x)
    np.testing.assert_array_equal(softplus(x).data, wanted)


@pytest.mark.parametrize("create_graph", [False, True])
def test_the_slope_of_softplus_has_all_its_digits(create_graph):
    x = np.array([-700.0, -40.0, 0.0, 40.0, 1e4, inf, -inf])
    (g,) = gradients(softplus, variables([x]), create_graph=create_graph)
    np.testing.assert_allclose(g, special.expit(x), rtol=1e-15)


def mp_derivatives(mpmath, f, x, orders):
    with mpmath.workdps(60):
        return [float(d) for d in mpmath.taylor(partial(f, mpmath), x, orders)]


@pytest.mark.parametrize(
    ("ours", "theirs", "points"),
    [
        (softplus, lambda m, x: m.log(1 + m.exp(x)), [-30.0, -1.5, 0.25, 30.0]),
        (logit, lambda m, x: m.log(x / (1 - x)), [1e-3, 0.25, 0.5, 0.875]),
    ],
)
def test_derivatives_of_three_orders_are_mpmaths(ours, theirs, points):
    mpmath = pytest.importorskip("mpmath")
    for point in points:
        x = Variable(np.array(point))
        y, factor = ours(x), 1
        for order, wanted in enumerate(mp_derivatives(mpmath, theirs, point, 3)):
            np.testing.assert_allclose(y.data, wanted * factor, rtol=1e-12, atol=1e-30)
            factor *= order + 1
            x.cleargrad()
            y.backward(create_graph=True)
            y = x.grad


# -- logsumexp and softmax -----------------------------------------------------------------------

ENDS = [
    ([0.0, -50.0], {}),
    ([1000.0, 1000.0, 999.0], {}),
    ([-inf, -inf], {}),
    ([-inf, 1.0, 2.0], {}),
    ([inf, 1.0, -inf], {}),
    ([nan, 1.0], {}),
    ([[1.0, -inf], [-inf, -inf]], {"axis": 1, "keepdims": True}),
    (np.zeros((0, 2)), {"axis": 0}),
    (np.zeros((2, 0)), {"axis": 1, "keepdims": True}),
    ([1.0, 2.0], {"b": [1, -1]}),
    ([1.0, 2.0], {"b": [1, -1], "return_sign": True}),
    ([1.0, 1.0], {"b": [1, -1], "return_sign": True}),
    ([-40.0, 0.0], {"b": [1, -1], "return_sign": True}),
    ([1000.0, 1.0, inf, nan], {"b": [0, 1, 0, 0]}),
    ([1.0, 2.0], {"b": [0, 0]}),
    ([1 + 30j, 2 - 3j], {"b": [1, -1j]}),
    ([1 + 1j, 2 - 3j], {"return_sign": True}),
    ([3, 4], {}),
    (3.0, {}),
]


@pytest.mark.parametrize(("a", "keywords"), ENDS, ids=str)
def test_logsumexp_is_scipys_at_the_ends(a, keywords):
    a = np.asarray(a)
    with np.errstate(all="ignore"):
        wanted = special.logsumexp(a, **keywords)
    got = logsumexp(Variable(a), **keywords)
    for y, w in zip(*[x if isinstance(x, tuple) else (x,) for x in (got, wanted)], strict=True):
        assert y.shape == np.shape(w)
        np.testing.assert_allclose(y.data, w, rtol=1e-14)


@pytest.mark.parametrize("create_graph", [False, True])
@pytest.mark.parametrize(
    ("a", "b", "shares"),
    [
        ([1000.0, 1000.0, -inf], None, [0.5, 0.5, 0.0]),
        ([-1e5, -1e5 + np.log(3.0)], None, [0.25, 0.75]),
        ([-inf, -inf], None, [0.5, 0.5]),
        ([inf, 3.0, inf, -inf], None, [0.5, 0.0, 0.5, 0.0]),
        ([1000.0, 1.0, inf, nan, 1.0], [0, 1, 0, 0, 3], [0.0, 0.25, 0.0, 0.0, 0.75]),
        ([0.0, np.log(2.0)], [1, -1], [-1.0, 2.0]),
        ([1.0, 2.0], [0, 0], [0.0, 0.0]),
    ],
)
def test_the_gradient_of_logsumexp_is_the_shares_of_the_terms(a, b, shares, create_graph):
    x = Variable(np.array(a))
    y, _ = logsumexp(x, b=b, return_sign=True)
    y.backward(create_graph=create_graph)
    np.testing.assert_allclose(x.grad.data, shares, rtol=1e-11, atol=1e-16)
    if create_graph:
        g = x.grad
        x.cleargrad()
        np.sum(g * np.arange(1.0, len(a) + 1)).backward()
        assert np.isfinite(x.grad.data).all()


def test_the_gradient_of_a_weight_0_is_what_it_would_add():
    a, b = variables([np.array([1.0, 3.0]), np.array([2.0, 0.0])])
    logsumexp(a, b=b).backward()
    np.testing.assert_allclose(b.grad.data, np.exp([1.0, 3.0]) / (2 * np.e), rtol=1e-15)


def test_softmax_is_scipys():
    x = np.array([[1000.0, 1000.0, -inf], [-1e5, 0.0, 1.0]])
    for axis in (None, 0, -1, (0, 1)):
        np.testing.assert_array_equal(softmax(Variable(x), axis).data, special.softmax(x, axis))
    with np.errstate(invalid="ignore"):
        np.testing.assert_array_equal(softmax([inf, 1.0]).data, [nan, nan])
    with pytest.raises(ValueError, match="zero-size"):
        softmax(Variable(np.zeros(0)))


def test_derivatives_are_torchs(rng):
    torch = pytest.importorskip("torch")
    a = rng.standard_normal((3, 4)) * 5
    for ours, theirs in [
        (lambda x: logsumexp(x, 1), lambda x: torch.logsumexp(x, 1)),
        (lambda x: softmax(x, -1), lambda x: torch.softmax(x, -1)),
        (softplus, torch.nn.functional.softplus),
        (lambda x: logit(1 / (1 + np.exp(-x))), lambda x: torch.logit(torch.sigmoid(x))),
    ]:
        x, t = Variable(a), torch.tensor(a, requires_grad=True)
        np.sum(ours(x) ** 2).backward(create_graph=True)
        (g,) = torch.autograd.grad((theirs(t) ** 2).sum(), t, create_graph=True)
        first = x.grad
        np.testing.assert_allclose(first.data, g.detach().numpy(), rtol=1e-9, atol=1e-12)
        x.cleargrad()
        np.sum(first**2).backward()
        (g,) = torch.autograd.grad((g**2).sum(), t)
        np.testing.assert_allclose(data_of_gradients([x])[0], g.numpy(), rtol=1e-8, atol=1e-11)
