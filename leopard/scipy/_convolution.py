"""The convolution of arrays, of which those of signals and of images are made."""

import numpy as np
import scipy.ndimage as sn
import scipy.signal as ss

from leopard.functions._primitives import Primitive
from leopard.functions.basic.complex import conj
from leopard.functions.basic.indexing import AddAt
from leopard.functions.manipulation.axes import at_least
from leopard.scipy._parts import along, column


def reversed_along(x, axes=None):
    """The array with its elements in the reverse order along axes, by default all."""
    backwards = [slice(None)] * x.ndim
    for axis in range(x.ndim) if axes is None else axes:
        backwards[axis] = slice(None, None, -1)
    return x[tuple(backwards)]


class Convolution(Primitive):
    """The convolution along some axes, in one of three modes; along the others the operands broadcast."""

    n_inputs = 2
    options = ("mode", "axes", "method")
    multilinear = True
    broadcasts = True

    def forward(self, a, v):
        if self.method in ("fftconvolve", "oaconvolve"):
            return getattr(ss, self.method)(a, v, self.mode, self.axes)
        if self.method == "direct" and self.mode != "same" and a.ndim > 1 and a.dtype.char in "fdFD":
            return _direct(a, v, self.mode)
        return ss.convolve(a, v, self.mode, self.method)

    def padded(self, gy):
        """gy with zeros at the sums of the mode "full" that the result leaves out."""
        if self.mode == "full":
            return gy
        index, shape = [slice(None)] * gy.ndim, list(gy.shape)
        for axis in self.axes:
            n, m = [x.shape[axis] for x in self.inputs]
            start = min(n, m) - 1 if self.mode == "valid" else (m - 1) // 2
            index[axis], shape[axis] = slice(start, start + gy.shape[axis]), n + m - 1
        return AddAt.operation(gy, tuple(index), tuple(shape))

    def backward(self, gy):
        a, v = self.inputs
        gy = self.padded(gy)

        def correlated(x):
            return Convolution.operation(gy, conj(reversed_along(x, self.axes)), "valid", *self.option[1:])

        return correlated(v) if self.wants(0) else None, correlated(a) if self.wants(1) else None


def _direct(a, v, mode):
    """A convolution of several axes by sums of products: many of few, or few of many."""
    if mode == "full":
        if v.size > a.size:
            a, v = v, a
        a = np.pad(a, [(m // 2, m - 1 - m // 2) for m in v.shape])
        return _image_filter(a, v)
    if any(n < m for n, m in zip(a.shape, v.shape, strict=True)):
        a, v = v, a
    shape = [n - m + 1 for n, m in zip(a.shape, v.shape, strict=True)]
    if np.prod(shape) < v.size:
        y, v = np.empty(shape, np.result_type(a, v)), v[(slice(None, None, -1),) * v.ndim]
        for start in np.ndindex(*shape):
            window = a[tuple([slice(i, i + m) for i, m in zip(start, v.shape, strict=True)])]
            y[start] = np.einsum(window, range(v.ndim), v, range(v.ndim), [])
        return y
    first = [m - 1 - m // 2 for m in v.shape]
    return _image_filter(a, v)[tuple([slice(i, i + n) for i, n in zip(first, shape, strict=True)])].copy()


def _image_filter(a, v):
    """The sums whose middles are in the image, by the filters of `scipy.ndimage`."""
    along_axes = [axis for axis, m in enumerate(v.shape) if m > 1]
    if len(along_axes) == 1:
        return sn.convolve1d(a, v.ravel(), along_axes[0], mode="constant")
    return sn.convolve(a, v, mode="constant")


def convolved(b, x, axis):
    """The convolution of a vector with each row along an axis, all n + m - 1 sums."""
    return Convolution.operation(
        x, column(at_least(1, b), axis, x.ndim), "full",
        tuple(range(x.ndim)), "direct",
    )  # fmt: skip


def first_of(x, n, axis):
    """The first n elements along an axis."""
    return x[along(axis, 0, n)]


def lags(x, y, n, axis):
    """The sums of x[i] * conj(y[i - k]) over all rows along an axis, for k from 0 to n - 1."""
    shape = list(y.shape)
    shape[axis] += n - 1
    shifted = AddAt.operation(conj(y), along(axis, n - 1, None), tuple(shape))
    sums = Convolution.operation(shifted, reversed_along(x), "valid", tuple(range(x.ndim)), "direct")
    return sums.reshape(-1)[::-1]
