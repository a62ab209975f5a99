"""What is particular to averages: weights, their sum, empty means, nans, errors."""

import numpy as np
import pytest

from leopard import Variable, functions
from tests.laws import same

# -- average -------------------------------------------------------------------------------------


def test_weights_have_their_gradient_and_their_sum_too():
    a, w = Variable(np.array([[1.0, 2.0], [3.0, 5.0]])), Variable(np.array([1.0, 3.0]))
    y, s = np.average(a, axis=1, weights=w, returned=True)
    np.testing.assert_array_equal(s.data, [4, 4])
    (y.sum() + 2 * s.sum()).backward()
    np.testing.assert_array_equal(a.grad.data, [[0.25, 0.75]] * 2)
    np.testing.assert_allclose(w.grad.data, [4 + (-0.75 - 1.5) / 4, 4 + (0.25 + 0.5) / 4])


def test_only_one_of_two_results_may_be_used():
    a, w = Variable(np.array([1.0, 2.0])), Variable(np.array([1.0, 3.0]))
    np.average(a, weights=w, returned=True)[0].backward()
    np.testing.assert_array_equal(a.grad.data, [0.25, 0.75])
    w.cleargrad()
    np.average(a, weights=w, returned=True)[1].backward()
    np.testing.assert_array_equal(w.grad.data, [1, 1])


def test_without_weights_it_is_the_mean():
    a = np.arange(6.0, dtype=np.float32).reshape(2, 3)
    y, n = np.average(Variable(a), axis=0, returned=True)
    wanted = np.average(a, axis=0, returned=True)
    assert same(y.data, wanted[0]) and same(n.data, wanted[1])


def test_errors_are_numpys():
    x = Variable(np.ones((2, 3)))
    with pytest.raises(ZeroDivisionError):
        np.average(x, axis=1, weights=[1.0, -1.0, 0.0])
    with pytest.raises(TypeError):
        np.average(x, weights=[1.0, 2.0])
    with pytest.raises(ValueError):
        np.average(x, axis=1, weights=[1.0, 2.0])
    with pytest.raises(TypeError):
        np.average(x, out=np.ones(2))


def test_a_mean_over_an_empty_axis_elsewhere_is_empty():
    x = Variable(np.zeros((0, 3)))
    y = functions.mean(x, axis=1)
    assert y.shape == (0,)
    y.backward()
    assert x.grad.shape == (0, 3)


def test_a_mean_of_float16_has_its_slope_though_the_count_is_not_exact_in_float16():
    x = Variable(np.ones(70_000, np.float16))
    functions.mean(x).backward()
    assert x.grad.dtype == np.float16
    np.testing.assert_allclose(x.grad.data.astype(float), 1 / 70_000, rtol=0.01)


def test_nanmean_of_nans_alone_warns_as_numpy_does_and_has_the_gradient_0():
    x = Variable(np.array([[1.0, np.nan, 3.0], [np.nan, np.nan, np.nan]]))
    with pytest.warns(RuntimeWarning, match="Mean of empty slice"):
        y = np.nanmean(x, axis=1)
    y.backward()
    assert same(y.data, np.array([2.0, np.nan]))
    np.testing.assert_array_equal(x.grad.data, [[0.5, 0, 0.5], [0, 0, 0]])
