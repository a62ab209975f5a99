"""Gradients where a function has a kink: coincident points, equal elements, ends of data."""

import numpy as np
import pytest

pytest.importorskip("scipy")

import leopard.scipy.interpolate as li  # noqa: E402
import leopard.scipy.ndimage as ln  # noqa: E402
import leopard.scipy.signal as ls  # noqa: E402
import leopard.scipy.spatial.distance as ld  # noqa: E402
from leopard import Variable  # noqa: E402

METRICS = ["euclidean", "cityblock", "chebyshev", "canberra", "sqeuclidean"]


@pytest.mark.parametrize("metric", [*METRICS, "minkowski", "mahalanobis", "seuclidean"])
def test_coincident_points_have_the_gradient_0(metric):
    x = Variable(np.array([[1.0, 2.0], [1.0, 2.0], [0.0, 5.0], [3.0, 1.0]]))
    options = {"p": 3} if metric == "minkowski" else {}
    np.sum(ld.cdist(x[:1], x[1:2], metric, **options | _given(metric))).backward()
    assert (x.grad.data == 0).all()
    x = Variable(x.data)
    np.sum(ld.pdist(x, metric, **options)).backward()
    assert np.isfinite(x.grad.data).all()


def _given(metric):
    return {"mahalanobis": {"VI": np.eye(2)}, "seuclidean": {"V": np.ones(2)}}.get(metric, {})


def test_second_derivatives_of_distances_at_coincident_points_are_finite():
    x = Variable(np.array([[1.0, 2.0], [1.0, 2.0], [0.0, 5.0]]))
    np.sum(ld.pdist(x) ** 2).backward(create_graph=True)
    g, x.grad = x.grad, None
    np.sum(g * g).backward()
    assert np.isfinite(x.grad.data).all()


def test_equal_distributions_and_a_variable_order_of_a_norm():
    p = Variable(np.array([0.2, 0.3, 0.5]))
    ld.jensenshannon(p, np.array([0.2, 0.3, 0.5])).backward()
    assert (p.grad.data == 0).all()
    u, order = Variable(np.array([1.0, 2.0, 0.0])), Variable(np.array(3.0))
    ld.minkowski(u, np.zeros(3), order).backward()
    assert np.isfinite(u.grad.data).all() and u.grad.data[2] == 0 and np.isfinite(order.grad.data)


def test_equal_elements_share_the_gradient_of_an_extremum():
    x = Variable(np.ones(4))
    np.sum(ln.maximum_filter(x, 3, mode="constant")).backward()
    np.testing.assert_allclose(x.grad.data.sum(), 4.0)
    np.testing.assert_allclose(x.grad.data, x.grad.data[::-1])


def test_a_gradient_magnitude_of_0_has_the_gradient_0():
    x = Variable(np.ones((4, 4)))
    np.sum(ln.gaussian_gradient_magnitude(x, 1.0)).backward()
    assert np.isfinite(x.grad.data).all()


def test_interpolants_at_their_data_have_the_slope_of_the_interval_above():
    x = Variable(np.array([0.0, 1.0, 2.0]))
    np.sum(li.PchipInterpolator(np.arange(3.0), np.array([0.0, 1.0, 4.0]))(x)).backward()
    assert np.isfinite(x.grad.data).all()
    t = Variable(np.array([0.0, 2.0]))
    np.sum(li.make_interp_spline(np.arange(3.0), np.arange(3.0) ** 2, 2)(t)).backward()
    np.testing.assert_allclose(t.grad.data, [0.0, 4.0], atol=1e-12)


def test_flat_data_in_monotone_and_akima_interpolation():
    for interpolant in (li.PchipInterpolator, li.Akima1DInterpolator):
        y = Variable(np.array([0.0, 0.0, 0.0, 1.0, 1.0, 1.0]))
        np.sum(interpolant(np.arange(6.0), y)(np.array([0.5, 2.4, 4.5]))).backward()
        assert np.isfinite(y.grad.data).all()


def test_what_lies_beyond_the_data_has_no_gradient():
    y = Variable(np.arange(3.0))
    np.nansum(li.interp1d(np.arange(3.0), y, bounds_error=False)(np.array([-1.0, 0.5, 9.0]))).backward()
    np.testing.assert_allclose(y.grad.data, [0.5, 0.5, 0.0])
    y, x = Variable(np.arange(3.0)), Variable(np.array([[-1.0, 0.5]]))
    np.sum(ln.map_coordinates(y, x, order=1, cval=np.nan)[1:]).backward()
    np.testing.assert_allclose(y.grad.data, [0.5, 0.5, 0.0])
    np.testing.assert_allclose(x.grad.data, [[0.0, 1.0]])


def test_wiener_and_medians_where_nothing_varies():
    x = Variable(np.ones((4, 4)))
    np.sum(ls.wiener(x, noise=0.5)).backward()
    assert np.isfinite(x.grad.data).all()
    x = Variable(np.ones(5))
    np.sum(ls.medfilt(x)).backward()
    assert np.isfinite(x.grad.data).all()
