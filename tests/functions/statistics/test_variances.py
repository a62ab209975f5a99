"""What is particular to variances and deviations: constants, degrees of freedom, errors."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leopard import Variable
from leopard.functions.statistics import variances
from tests.laws import same

SPREADS = ["var", "std", "nanvar", "nanstd"]
each = pytest.mark.parametrize("name", SPREADS)


@each
@given(
    shape=st.lists(st.integers(1, 4), min_size=1, max_size=3).map(tuple),
    places=st.none() | st.sets(st.integers(0, 2), max_size=3),
    keepdims=st.booleans(),
    ddof=st.sampled_from([0, 1, 0.5, 2]),
    dtype=st.sampled_from([float, complex, np.float32]),
)
@settings(max_examples=50, deadline=None)
@pytest.mark.filterwarnings("ignore:Degrees of freedom", "ignore:invalid value", "ignore:divide by zero")
def test_they_are_numpys_over_all_kinds_of_axes(name, shape, places, keepdims, ddof, dtype):
    rng = np.random.default_rng(0)
    a = rng.standard_normal(shape).astype(dtype) + (1j if dtype is complex else 0) * rng.standard_normal(
        shape
    )
    a = a.astype(dtype)
    axis = None if places is None else tuple([i for i in places if i < len(shape)])
    f = getattr(np, name)
    x = Variable(a)
    y = f(x, axis=axis, ddof=ddof, keepdims=keepdims)
    assert same(y.data, np.asarray(f(a, axis=axis, ddof=ddof, keepdims=keepdims)))
    y.backward()
    axes = tuple(range(len(shape))) if axis is None else axis
    n = int(np.prod([shape[i] for i in axes]))
    gx = a - np.mean(a, axis=axes, keepdims=True)
    if n > ddof:
        gx = gx / (n - ddof)
        if "var" in name:
            gx = 2 * gx
        else:
            kept = np.std(a, axis=axes, ddof=ddof, keepdims=True)
            gx = np.where(kept > 0, gx / np.where(kept > 0, kept, 1), 0)
        np.testing.assert_allclose(x.grad.data, gx, rtol=1e-4 if dtype is np.float32 else 1e-12, atol=1e-6)
    elif name in ("var", "nanvar"):
        assert np.isnan(x.grad.data).all()


@each
@pytest.mark.parametrize("value", [0.0, 1.0, 0.1, 1e-170, 1e100, -1 / 3])
@pytest.mark.parametrize("n", [1, 2, 3, 7, 10])
def test_equal_numbers_do_not_vary_and_their_gradient_is_0(name, value, n):
    """Also where their mean, rounded, is not equal to them."""
    x = Variable(np.full((2, n), value))
    y = getattr(np, name)(x, axis=1)
    deviation = np.sqrt(y.data) if "var" in name else y.data
    np.testing.assert_allclose(deviation, 0, atol=1e-15 * abs(value))
    y.backward()
    np.testing.assert_allclose(x.grad.data, 0, atol=1e-15 * abs(value) if "var" in name else 1e-14)


@pytest.mark.parametrize("name", ["std", "nanstd"])
def test_a_deviation_of_0_has_gradients_of_0_to_the_third_order(name):
    x = Variable(np.array([[1.0, 1.0, 1.0], [1.0, 2.0, 4.0]]))
    y = getattr(np, name)(x, axis=1)
    for _ in range(3):
        x.cleargrad()
        np.sum(y**2 + y).backward(create_graph=True)
        y = x.grad
        assert np.isfinite(y.data).all()
        np.testing.assert_allclose(y.data[0], 0, atol=1e-14)


@each
def test_too_few_of_them_warn_as_numpy_does_and_have_the_gradient_nan(name):
    x = Variable(np.array([[1.0, 2.0], [3.0, 4.0]]))
    with pytest.warns(RuntimeWarning):
        y = getattr(np, name)(x, axis=1, ddof=2)
    with np.errstate(all="ignore"), pytest.warns(RuntimeWarning):
        wanted = getattr(np, name)(x.data, axis=1, ddof=2)
    assert same(y.data, wanted)
    y.backward()
    assert np.isnan(x.grad.data).all()


@pytest.mark.parametrize("name", ["nanvar", "nanstd"])
def test_nans_have_the_gradient_0(name):
    x = Variable(np.array([[1.0, np.nan, 3.0], [np.nan, np.nan, np.nan], [2.0, np.nan, np.nan]]))
    with pytest.warns(RuntimeWarning, match="Degrees of freedom"):
        y = getattr(np, name)(x, axis=1)
    y.backward(create_graph=True)
    slope = 1.0 if name == "nanvar" else 0.5
    np.testing.assert_array_equal(x.grad.data, [[-slope, 0, slope], [0, 0, 0], [0, 0, 0]])
    g = x.grad
    x.cleargrad()
    (g * g).sum().backward()
    assert np.isfinite(x.grad.data).all()


def test_the_masked_have_the_gradient_0_whatever_they_are():
    x = Variable(np.array([1.0, np.inf, 3.0, np.nan]))
    where = np.array([True, False, True, False])
    for name in SPREADS:
        x.cleargrad()
        y = getattr(np, name)(x, where=where)
        y.backward()
        assert y.data == 1.0
        np.testing.assert_array_equal(x.grad.data[~where], 0)


def test_a_given_mean_has_its_own_gradient():
    x = Variable(np.array([[1.0, 2.0, 6.0]]))
    m = Variable(np.array([[2.0]]))
    y = np.var(x, axis=1, mean=m)
    y.backward()
    assert y.data == (1 + 0 + 16) / 3
    np.testing.assert_allclose(x.grad.data, [[-2 / 3, 0, 8 / 3]], rtol=1e-15)
    np.testing.assert_allclose(m.grad.data, [[-2.0]], rtol=1e-15)
    x.cleargrad()
    np.std(x, axis=1, mean=np.mean(x, axis=1, keepdims=True)).backward()
    g = x.grad.data
    x.cleargrad()
    np.std(x, axis=1).backward()
    np.testing.assert_allclose(g, x.grad.data, rtol=1e-14)


def test_a_correction_is_ddof_by_another_name():
    x = Variable(np.array([1.0, 2.0, 4.0]))
    for name in SPREADS:
        f = getattr(np, name)
        assert same(f(x, correction=1).data, np.asarray(f(x.data, ddof=1)))
        with pytest.raises(ValueError, match="correction"):
            f(x, ddof=1, correction=1)


def test_many_of_float16_have_their_slopes_though_their_number_is_none(rng):
    a = rng.standard_normal(70_000).astype(np.float16)
    x = Variable(a)
    y = np.nanvar(x, dtype=np.float64, where=np.ones(a.shape, bool))
    y.backward()
    assert x.grad.dtype == np.float16 and np.isfinite(x.grad.data).all()


def test_they_are_methods():
    x = Variable(np.array([[1.0, 2.0], [4.0, 8.0]]))
    assert same(x.var(0).data, x.data.var(0))
    assert same(x.std(axis=1, ddof=1, keepdims=True).data, x.data.std(axis=1, ddof=1, keepdims=True))


@each
def test_what_is_not_honoured_is_a_type_error(name):
    x = Variable(np.ones((2, 3)))
    f = getattr(variances, name)
    for keywords in ({"out": np.ones(3)}, {"order": "C"}):
        with pytest.raises(TypeError):
            f(x, axis=0, **keywords)
    with pytest.raises(TypeError):
        f(x, 0, None, None, 0, False, True)
    with pytest.raises(np.exceptions.AxisError):
        f(x, axis=2)


def test_spreads_are_torchs(rng):
    torch = pytest.importorskip("torch")
    a = rng.standard_normal((4, 5))
    for name in ("var", "std"):
        for ddof in (0, 1):
            x, t = Variable(a), torch.tensor(a, requires_grad=True)
            (getattr(np, name)(x, axis=1, ddof=ddof) ** 3).sum().backward()
            (getattr(torch, name)(t, dim=1, correction=ddof) ** 3).sum().backward()
            np.testing.assert_allclose(x.grad.data, t.grad.numpy(), rtol=1e-12, atol=1e-14)
    x, t = Variable(a + 2j * a**2), torch.tensor(a + 2j * a**2, requires_grad=True)
    np.std(x).backward()
    torch.std(t, correction=0).backward()
    np.testing.assert_allclose(x.grad.data, t.grad.numpy(), rtol=1e-12)


@each
def test_the_degrees_of_freedom_are_no_variable(name):
    with pytest.raises(TypeError, match="ddof= takes no gradient"):
        getattr(np, name)(Variable(np.ones(3)), ddof=Variable(np.array(1.0)))


@each
def test_a_real_type_for_complex_numbers_is_refused(name):
    with pytest.raises(TypeError, match="complex numbers takes a complex dtype, not float64"):
        getattr(np, name)(Variable(np.array([1j, 2.0])), dtype=float)
