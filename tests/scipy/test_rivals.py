"""Gradients of signals, images, transforms and interpolants of larger arrays: JAX and torch have the same."""

import numpy as np
import pytest

pytest.importorskip("scipy")
jax = pytest.importorskip("jax")

import jax.numpy as jnp  # noqa: E402
import jax.scipy as js  # noqa: E402

import leopard.scipy as ls  # noqa: E402
from leopard import Variable  # noqa: E402

rng = np.random.default_rng(7)
X, K = rng.standard_normal(300), rng.standard_normal(21)
A, B = rng.standard_normal((20, 30)), rng.standard_normal((5, 4))
T = np.stack([rng.uniform(-1, 21, 200), rng.uniform(-1, 31, 200)])
GRID = (np.sort(rng.uniform(0, 9, 20)), np.sort(rng.uniform(0, 9, 30)))
XI = np.stack([rng.uniform(GRID[0][0], GRID[0][-1], 50), rng.uniform(GRID[1][0], GRID[1][-1], 50)], -1)

PAIRS = {
    "convolve": (ls.signal.convolve, js.signal.convolve, (X, K)),
    "correlate": (ls.signal.correlate, js.signal.correlate, (A, B)),
    "fftconvolve": (
        lambda a, b: ls.signal.fftconvolve(a, b, "same"),
        lambda a, b: js.signal.fftconvolve(a, b, "same"),
        (A, B),
    ),
    "oaconvolve": (ls.signal.oaconvolve, js.signal.convolve, (X, K)),
    "detrend": (ls.signal.detrend, js.signal.detrend, (A,)),
    "stft": (
        lambda x: abs(ls.signal.stft(x, nperseg=32)[2]),
        lambda x: jnp.abs(js.signal.stft(x, nperseg=32)[2]),
        (X,),
    ),
    "dct": (lambda x: ls.fft.dct(x, norm="ortho"), lambda x: js.fft.dct(x, norm="ortho"), (X,)),
    "map_coordinates": (
        lambda a, t: ls.ndimage.map_coordinates(a, t, order=1, mode="mirror"),
        lambda a, t: js.ndimage.map_coordinates(a, [t[0], t[1]], 1, mode="mirror"),
        (A, T),
    ),
    "RegularGridInterpolator": (
        lambda a, t: ls.interpolate.RegularGridInterpolator(GRID, a)(t),
        lambda a, t: js.interpolate.RegularGridInterpolator(GRID, a)(t),
        (A, XI),
    ),
    "vq": (lambda a, b: ls.cluster.vq.vq(a, b)[1], lambda a, b: js.cluster.vq.vq(a, b)[1], (A, A[:3] + 0.5)),
    "cdist": (
        ls.spatial.distance.cdist,
        lambda a, b: jnp.sqrt(((a[:, None] - b) ** 2).sum(-1)),
        (A, A[:3] + 0.5),
    ),
}


@pytest.mark.parametrize("name", PAIRS)
def test_gradients_are_jaxs(name):
    ours, theirs, arrays = PAIRS[name]
    xs = [Variable(a.copy()) for a in arrays]
    y = np.sum(np.sin(ours(*xs)))
    y.backward()
    with jax.enable_x64(True):
        order = tuple(range(len(arrays)))
        f = jax.value_and_grad(lambda *xs: jnp.sum(jnp.sin(theirs(*xs))), order)
        value, gradients = jax.jit(f)(*map(jnp.asarray, arrays))
    np.testing.assert_allclose(y.data, value, 1e-9)
    for x, w in zip(xs, gradients, strict=True):
        np.testing.assert_allclose(x.grad.data, w, 1e-8, 1e-9)


def test_filters_have_the_gradients_of_their_recursion_in_torch():
    torch = pytest.importorskip("torch")
    b, a, x = np.array([0.3, 0.2, -0.1]), np.array([1.2, -0.5, 0.3]), X[:60]
    ours = [Variable(v.copy()) for v in (b, a, x)]
    np.sum(np.sin(ls.signal.lfilter(*ours))).backward()
    tb, ta, tx = theirs = [torch.tensor(v, requires_grad=True) for v in (b, a, x)]
    ys = []
    for n in range(len(x)):
        y = sum(tb[k] * tx[n - k] for k in range(3) if n >= k)
        y = y - sum(ta[k] * ys[n - k] for k in range(1, 3) if n >= k)
        ys.append(y / ta[0])
    torch.sin(torch.stack(ys)).sum().backward()
    for v, t in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(v.grad.data, t.grad.numpy(), 1e-9, 1e-10)


def test_images_of_many_elements_have_the_slopes_of_scipys_values():
    import scipy.ndimage as sn

    a = rng.standard_normal((40, 50))
    for ours, theirs in (
        (lambda x: ls.ndimage.gaussian_filter(x, 2.0), lambda x: sn.gaussian_filter(x, 2.0)),
        (lambda x: ls.ndimage.zoom(x, 1.5), lambda x: sn.zoom(x, 1.5)),
        (lambda x: ls.ndimage.rotate(x, 30.0), lambda x: sn.rotate(x, 30.0)),
        (lambda x: ls.ndimage.spline_filter(x, 5), lambda x: sn.spline_filter(x, 5)),
        (
            lambda x: ls.ndimage.shift(x, (1.3, -2.6), mode="reflect", order=5),
            lambda x: sn.shift(x, (1.3, -2.6), mode="reflect", order=5),
        ),
    ):
        x, u = Variable(a.copy()), rng.standard_normal(a.shape)
        y = ours(x)
        np.testing.assert_allclose(y.data, theirs(a), 1e-10, 1e-11)
        w = rng.standard_normal(y.shape)
        np.sum(y * w).backward()
        np.testing.assert_allclose(np.sum(x.grad.data * u), np.sum(theirs(u) * w), 1e-9, 1e-9)
