"""What is particular to covariances and correlations: shapes, weights, constants, errors."""

import numpy as np
import pytest

from leopard import Variable
from leopard.functions.statistics import covariance
from tests.laws import same

SHAPES = [((4,), None), ((1, 4), None), ((3, 4), None), ((3, 4), (4,)), ((4,), (2, 4)), ((2, 4), (3, 4))]


@pytest.mark.parametrize("shapes", SHAPES, ids=str)
@pytest.mark.parametrize("rowvar", [True, False])
@pytest.mark.parametrize("dtype", [float, complex, np.float32])
def test_variables_in_rows_or_columns_are_numpys(shapes, rowvar, dtype, rng):
    def made(shape):
        a = rng.standard_normal(shape) + (1j * rng.standard_normal(shape) if dtype is complex else 0)
        return (a if rowvar else a.T).astype(dtype)

    arrays = [made(shape) for shape in shapes if shape is not None]
    for f in (np.cov, np.corrcoef):
        with np.errstate(all="ignore"):
            xs = [Variable(a) for a in arrays]
            y = f(*xs, rowvar=rowvar)
            assert same(y.data, np.asarray(f(*arrays, rowvar=rowvar)))
            np.sum(np.real(y)).backward()
        for x in xs:
            assert x.grad.shape == x.shape and x.grad.dtype == x.dtype


@pytest.mark.parametrize("options", [{}, {"bias": True}, {"ddof": 0}, {"ddof": 2}], ids=str)
def test_a_covariance_of_one_variable_is_its_variance(options, rng):
    a = rng.standard_normal(5)
    x, z = Variable(a), Variable(a)
    y = np.cov(x, **options)
    assert y.shape == ()
    (y * y).backward()
    v = np.var(z, ddof=options.get("ddof", 0 if options.get("bias") else 1))
    (v * v).backward()
    np.testing.assert_allclose(x.grad.data, z.grad.data, rtol=1e-12)


def test_how_often_is_as_good_as_repeating(rng):
    a, times = rng.standard_normal((2, 4)), np.array([1, 3, 2, 1])
    x, z = Variable(a), Variable(a)
    w = rng.standard_normal((2, 2))
    np.sum(w * np.cov(x, fweights=times)).backward()
    np.sum(w * np.cov(z[:, np.repeat(np.arange(4), times)])).backward()
    np.testing.assert_allclose(x.grad.data, z.grad.data, rtol=1e-12)


def test_weights_that_the_caller_changes_later_are_not_changed_here(rng):
    a, times = rng.standard_normal((2, 4)), np.array([1, 3, 2, 1])
    x = Variable(a)
    y = np.cov(x, fweights=times)
    times[:] = 1
    y.backward()
    z = Variable(a)
    np.cov(z, fweights=np.array([1, 3, 2, 1])).backward()
    np.testing.assert_array_equal(x.grad.data, z.grad.data)


def test_a_correlation_does_not_change_with_scale_so_its_gradient_is_across(rng):
    a = rng.standard_normal((3, 6))
    x = Variable(a)
    y = np.corrcoef(x)
    y.grad = rng.standard_normal((3, 3))
    y.backward()
    np.testing.assert_allclose(np.sum(x.grad.data * a, axis=1), 0, atol=1e-13)
    np.testing.assert_allclose(np.sum(x.grad.data, axis=1), 0, atol=1e-13)


def test_a_perfect_correlation_has_the_gradient_0():
    x = Variable(np.array([[0.1, 0.2, 0.4], [0.3, 0.6, 1.2]]))
    y = np.corrcoef(x)
    assert np.all(np.abs(y.data) <= 1)
    y.backward()
    np.testing.assert_allclose(x.grad.data, 0, atol=1e-14)


def test_one_variable_is_correlated_with_itself():
    x = Variable(np.array([1.0, 2.0, 4.0]))
    y = np.corrcoef(x)
    assert y.data == 1
    y.backward()
    np.testing.assert_allclose(x.grad.data, 0, atol=1e-15)


def test_a_constant_has_no_correlation_as_in_numpy():
    x = Variable(np.array([[1.0, 1.0, 1.0], [1.0, 2.0, 4.0]]))
    with pytest.warns(RuntimeWarning, match="invalid value"):
        y = np.corrcoef(x)
    np.testing.assert_array_equal(np.isnan(y.data), [[True, True], [True, False]])


def test_too_few_observations_warn_as_numpy_does():
    x = Variable(np.array([[1.0], [2.0]]))
    with pytest.warns(RuntimeWarning):
        y = np.cov(x)
    assert np.isnan(y.data).all()
    y.backward()
    assert np.isnan(x.grad.data).all()


def test_errors_are_numpys():
    x = Variable(np.ones((2, 3)))
    with pytest.raises(ValueError, match="integer"):
        np.cov(x, ddof=0.5)
    with pytest.raises(ValueError, match="dimensions"):
        np.cov(Variable(np.ones((1, 2, 3))))
    with pytest.raises(RuntimeError, match="fweights"):
        np.cov(x, fweights=[1, 2])
    with pytest.raises(TypeError, match="integer"):
        np.cov(x, fweights=[1.5, 2, 1])
    for f in (covariance.cov, covariance.corrcoef):
        with pytest.raises(TypeError):
            f(x, out=np.ones((2, 2)))
    with pytest.raises(TypeError, match="counts"):
        np.cov(x, fweights=Variable(np.ones(3)))


def test_slopes_are_torchs(rng):
    torch = pytest.importorskip("torch")
    a, w, v = rng.standard_normal((3, 6)), rng.uniform(0.5, 2, 6), rng.standard_normal((3, 3))
    x, t = Variable(a), torch.tensor(a, requires_grad=True)
    aw, tw = Variable(w), torch.tensor(w, requires_grad=True)
    np.sum(v * np.cov(x, aweights=aw) ** 2 + v * np.corrcoef(x)).backward()
    tv = torch.tensor(v)
    torch.sum(tv * torch.cov(t, aweights=tw) ** 2 + tv * torch.corrcoef(t)).backward()
    np.testing.assert_allclose(x.grad.data, t.grad.numpy(), rtol=1e-10)
    np.testing.assert_allclose(aw.grad.data, tw.grad.numpy(), rtol=1e-10)


@pytest.mark.parametrize("dtype", [np.int8, np.int64, np.float64])
def test_counts_of_any_type_have_one_gradient_and_stay_as_they_are(dtype, rng):
    """NumPy multiplies `aweights` into an array of floats that it is given as `fweights`."""
    x, a = Variable(rng.standard_normal((2, 4))), np.array([0.5, 1.0, 2.0, 0.25])
    counts = np.array([1, 2, 1, 3]).astype(dtype)
    np.cov(x, fweights=counts, aweights=a)[0, 0].backward()
    np.testing.assert_array_equal(counts, [1, 2, 1, 3])
    y = Variable(np.repeat(x.data, counts.astype(int), axis=1))
    w = np.repeat(a, counts.astype(int))
    row = y[0] - np.sum(w * y[0]) / np.sum(w)
    n = np.sum(w) - np.sum(np.array([1, 2, 1, 3]) * a * a) / np.sum(w)
    (np.sum(w * row * row) / n).backward()
    wanted = np.add.reduceat(y.grad.data[0], [0, 1, 3, 4])
    np.testing.assert_allclose(x.grad.data[0], wanted, rtol=1e-12)
