"""Arguments of SciPy's packages: errors of the classes that SciPy raises, and what has no derivative."""

import numpy as np
import pytest

pytest.importorskip("scipy")

import scipy.fft  # noqa: E402
import scipy.integrate  # noqa: E402
import scipy.interpolate  # noqa: E402
import scipy.ndimage  # noqa: E402
import scipy.signal  # noqa: E402
import scipy.spatial.distance  # noqa: E402

import leopard.scipy  # noqa: E402
from leopard import Variable  # noqa: E402

V = np.arange(1.0, 6.0)
M = np.arange(12.0).reshape(3, 4) ** 0.5

ERRORS = [
    ("signal.convolve", (V, M), {}),
    ("signal.convolve", (V, V), {"mode": "some"}),
    ("signal.convolve", (V, V), {"method": "some"}),
    ("signal.convolve", (M, np.ones((4, 2))), {"mode": "valid"}),
    ("signal.correlate", (V, V), {"mode": "some"}),
    ("signal.fftconvolve", (M, M[:2, :3]), {"axes": 0}),
    ("signal.fftconvolve", (M, M), {"axes": 5}),
    ("signal.convolve2d", (V, V), {}),
    ("signal.convolve2d", (M, M), {"boundary": "some"}),
    ("signal.lfilter", (M, V, V), {}),
    ("signal.lfilter", (V[:2], V[:2], V), {"zi": V[:3]}),
    ("signal.sosfilt", (M, V), {}),
    ("signal.filtfilt", (V[:2], V[:2], V), {"padlen": 9}),
    ("signal.filtfilt", (V[:2], V[:2], V), {"padtype": "some"}),
    ("signal.detrend", (V,), {"type": "some"}),
    ("signal.detrend", (V,), {"bp": 9}),
    ("signal.stft", (V,), {"nperseg": 4, "noverlap": 4}),
    ("signal.stft", (V,), {"nperseg": 4, "nfft": 3}),
    ("signal.stft", (V,), {"nperseg": 4, "boundary": "some"}),
    ("signal.istft", (V,), {}),
    ("signal.hilbert", (V + 0j,), {}),
    ("signal.resample", (V, 3), {"domain": "some"}),
    ("signal.savgol_filter", (V, 7, 2), {}),
    ("signal.savgol_filter", (V, 3, 2), {"mode": "some"}),
    ("signal.medfilt", (V, 2), {}),
    ("signal.upfirdn", (M, V), {}),
    ("fft.fft", (V,), {"norm": "some"}),
    ("fft.fft", (V,), {"plan": 1}),
    ("fft.rfft", (V + 0j,), {}),
    ("fft.fftn", (M,), {"axes": (0, 0)}),
    ("fft.fftn", (M,), {"s": (2, 2, 2)}),
    ("fft.dct", (V,), {"norm": "some"}),
    ("fft.dct", (V, 5), {}),
    ("fft.dct", (V[:1], 1), {}),
    ("ndimage.correlate1d", (V, M), {}),
    ("ndimage.correlate1d", (V, V[:3]), {"mode": "some"}),
    ("ndimage.correlate1d", (V, V[:3]), {"origin": 2}),
    ("ndimage.correlate", (M, V), {}),
    ("ndimage.map_coordinates", (M, V), {}),
    ("ndimage.map_coordinates", (M, M), {}),
    ("ndimage.map_coordinates", (M, M[:2]), {"order": 6}),
    ("ndimage.affine_transform", (M, np.eye(4)), {}),
    ("ndimage.rotate", (V, 30.0), {}),
    ("ndimage.maximum_filter", (M,), {}),
    ("ndimage.rank_filter", (M, 9, 2), {}),
    ("ndimage.maximum_filter", (M + 0j, 2), {}),
    ("spatial.distance.cdist", (M, V), {}),
    ("spatial.distance.cdist", (M, M[:, :2]), {}),
    ("spatial.distance.cdist", (M, M, "some"), {}),
    ("spatial.distance.pdist", (M, "mahalanobis"), {}),
    ("spatial.distance.euclidean", (M, M), {}),
    ("spatial.distance.minkowski", (V, V, 0), {}),
    ("spatial.distance.squareform", (V,), {}),
    ("spatial.distance.squareform", (M,), {}),
    ("integrate.simpson", (V, M), {}),
    ("integrate.cumulative_trapezoid", (V,), {"initial": 1.0}),
    ("integrate.cumulative_trapezoid", (V, V[:3]), {}),
    ("integrate.romb", (V[:4],), {}),
    ("integrate.fixed_quad", (np.exp, 0.0, np.inf), {}),
    ("interpolate.CubicSpline", (V[::-1], V), {}),
    ("interpolate.CubicSpline", (V, V[:3]), {}),
    ("interpolate.CubicSpline", (V, V), {"bc_type": "some"}),
    ("interpolate.CubicSpline", (V, V), {"bc_type": "periodic"}),
    ("interpolate.PchipInterpolator", (V, V + 0j), {}),
    ("interpolate.Akima1DInterpolator", (V, V), {"method": "some"}),
    ("interpolate.make_interp_spline", (V, V), {"bc_type": "some"}),
    ("interpolate.make_interp_spline", (V[::-1], V), {}),
    ("interpolate.BSpline", (V[::-1], V, 1), {}),
    ("interpolate.PPoly", (V, V), {}),
    ("interpolate.interp1d", (V, V), {"kind": "some"}),
    ("interpolate.interp1d", (V, V[:3]), {}),
    ("interpolate.RegularGridInterpolator", ((V, V), M), {}),
    ("interpolate.RegularGridInterpolator", ((V,), V), {"method": "some"}),
    ("interpolate.RBFInterpolator", (M, V), {}),
    ("interpolate.RBFInterpolator", (M, V[:3]), {"kernel": "gaussian"}),
    ("cluster.vq.vq", (M, M[:, :2]), {}),
]


def found(package, name):
    for part in name.split("."):
        package = getattr(package, part)
    return package


def variables(x):
    if isinstance(x, tuple):
        return tuple(map(variables, x))
    return Variable(x.copy()) if isinstance(x, np.ndarray) else x


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name, args, options", ERRORS, ids=str)
def test_errors_are_of_scipys_classes(name, args, options):
    with pytest.raises(Exception) as theirs:
        found(scipy, name)(*args, **options)
    kinds = (ValueError, TypeError, NotImplementedError, RuntimeError, IndexError)
    wanted = tuple([kind for kind in kinds if isinstance(theirs.value, kind)])
    with pytest.raises(wanted):
        found(leopard.scipy, name)(*map(variables, args), **{k: variables(v) for k, v in options.items()})


def v():
    return Variable(V.copy())


REFUSED = [
    (lambda: leopard.scipy.signal.filtfilt([1.0], [1.0, 0.2], v(), method="gust"), "gust"),
    (lambda: leopard.scipy.signal.convolve2d(M, M, fillvalue=v()), "fillvalue"),
    (lambda: leopard.scipy.signal.stft(v(), fs=Variable(np.array(2.0)), nperseg=4), "fs"),
    (lambda: leopard.scipy.signal.resample(v(), 3, window=v()), "window"),
    (lambda: leopard.scipy.fft.fht(v(), Variable(np.array(0.1)), 0.5), "dln"),
    (lambda: leopard.scipy.ndimage.zoom(v(), Variable(np.array(2.0))), "zoom"),
    (lambda: leopard.scipy.ndimage.sobel(v(), output=np.zeros(5)), "output"),
    (lambda: leopard.scipy.ndimage.rotate(M, 30.0, output=np.zeros((3, 4))), "output"),
    (lambda: leopard.scipy.spatial.distance.cdist(M, M, out=np.zeros((3, 3))), "out"),
    (lambda: leopard.scipy.interpolate.splrep(V, v(), s=1.0), "s has no derivative"),
    (lambda: leopard.scipy.interpolate.splrep(V, v(), w=V), "w has no derivative"),
    (lambda: leopard.scipy.interpolate.interpn((V, V), np.ones((5, 5)), M[:, :2], "splinef2d"), "splinef2d"),
]


@pytest.mark.parametrize("call, said", REFUSED, ids=lambda x: x if isinstance(x, str) else "")
def test_what_has_no_derivative_is_named(call, said):
    with pytest.raises(TypeError, match=said):
        call()


def test_no_argument_is_overwritten():
    a, x = np.array([2.0, 0.5]), V.copy()
    leopard.scipy.signal.lfilter(Variable(a), Variable(a), Variable(x))
    leopard.scipy.signal.detrend(Variable(x), overwrite_data=True)
    leopard.scipy.fft.fft(Variable(x), overwrite_x=True)
    leopard.scipy.fft.dct(Variable(x), overwrite_x=True)
    leopard.scipy.signal.resample(Variable(x), 3, window=np.ones(5))
    assert (a == [2.0, 0.5]).all() and (x == V).all()


def test_plain_arrays_and_lists_give_variables():
    for y in (
        leopard.scipy.signal.convolve([1.0, 2.0], [1, 2]),
        leopard.scipy.signal.lfilter([1.0], [1.0, 0.5], [1, 2, 3]),
        leopard.scipy.fft.dct([1, 2, 3]),
        leopard.scipy.ndimage.gaussian_filter([[1, 2], [3, 4]], 1),
        leopard.scipy.spatial.distance.cdist([[1, 2]], [[3, 4]]),
        leopard.scipy.integrate.simpson([1, 2, 3]),
        leopard.scipy.interpolate.CubicSpline([0, 1, 2], [0, 1, 4])(1.5),
        leopard.scipy.interpolate.interp1d([0, 1, 2], [0, 1, 4])([0.5]),
        leopard.scipy.cluster.vq.vq([[1.0, 2.0]], [[0.0, 0.0]])[1],
    ):
        assert isinstance(y, Variable) and y.dtype == float
