"""Discrete Fourier transforms along several axes, one after the other."""

import numpy as np

from leopard.functions._primitives import Primitive
from leopard.functions._registry import call, drawn, implements
from leopard.functions.fft.one_axis import Fft, Ifft, Irfft, Rfft

__all__ = ["fft2", "fftn", "ifft2", "ifftn", "irfft2", "irfftn", "rfft2", "rfftn"]


class _TransformN(Primitive, abstract=True):
    """The base class of transforms along several axes: one along the last axis, `others` along the rest.

    With `last_first` the transform along the last axis is the first.
    """

    numpy = None
    last = others = None
    last_first = True
    options = ("s", "axes", "norm")
    linear = True

    def forward(self, x):
        return self.numpy(x, self.s, self.axes, self.norm)

    def steps(self):
        """The steps in order: (transform, number of points, axis, number of elements of its input)."""
        (x,) = self.inputs
        s, axes = self.s, self.axes
        if axes is None:
            axes = range(-(x.ndim if s is None else len(s)), 0)
        now = list(x.shape)
        places = range(len(axes))
        for i in reversed(places) if self.last_first else places:
            axis = axes[i]
            transform = self.last if i == len(axes) - 1 else self.others
            if s is None:
                n = transform.points(x.shape[axis])
            elif s[i] is None:
                n = transform.points(now[axis])
            else:
                n = x.shape[axis] if s[i] == -1 else s[i]
            yield transform, n, axis, now[axis]
            now[axis] = transform.length(n)

    def backward(self, gy):
        for transform, n, axis, m in reversed(list(self.steps())):
            gy = transform.adjoint(gy, n, axis, self.norm, m)
        return gy


class Fftn(_TransformN):
    numpy = staticmethod(np.fft.fftn)
    last = others = Fft


class Ifftn(_TransformN):
    numpy = staticmethod(np.fft.ifftn)
    last = others = Ifft


class Rfftn(_TransformN):
    numpy = staticmethod(np.fft.rfftn)
    last, others = Rfft, Fft


class Irfftn(_TransformN):
    numpy = staticmethod(np.fft.irfftn)
    last, others = Irfft, Ifft
    last_first = False


def _calls(dtype):
    return [
        call(drawn(2, 3, dtype=dtype)),
        call(drawn(3, 4), norm="ortho"),
        call(drawn(2, 3, 2, dtype=dtype), axes=(0, -2)),
        call(drawn(3, 2, 4, dtype=dtype), (5, 2), (-1, 0)),
        call(drawn(3, 4, dtype=dtype), s=[2, -1], axes=[1, 0], norm="forward"),
        call(drawn(2, 3, dtype=dtype), s=(2, 6), axes=(0, 1), norm="backward"),
        call(drawn(2, 3, dtype=dtype), s=(-1, 5), axes=(0, 1)),
        call(drawn(3, 2, dtype=dtype), s=(4, 3), axes=(0, 0)),
        call(drawn(3, 2, dtype=dtype), axes=(-2, 0)),
        call(drawn(2, 2, 3, dtype=dtype), axes=(1,)),
        call(drawn(0, 2, 3, dtype=dtype), axes=(1, 2)),
    ]


_complex_calls, _real_calls = _calls(complex), _calls(float)
_plane_calls = {
    dtype: [
        call(drawn(3, 4, dtype=dtype)),
        call(drawn(2, 3, 2, dtype=dtype), (2, 5), norm="ortho"),
        call(drawn(2, 3, 4, dtype=dtype), axes=(0, 1)),
        call(drawn(2, 3, dtype=dtype), s=[3, 2], axes=[1, 0], norm="forward"),
    ]
    for dtype in (float, complex)
}


def _own(numbers):
    """A sequence of numbers as a tuple; or None."""
    return None if numbers is None else tuple(numbers)


@implements(np.fft.fftn, cases=_complex_calls)
def fftn(a, s=None, axes=None, norm=None):
    """Discrete Fourier transform along several axes: `fft` along one after another.

    The gradient is the conjugate transpose: ifftn(gy) times the number of points, cropped or padded with
    zeros to the shape of `a`; for a real `a` its real part.

    Parameters
    ----------
    a : Variable or ndarray
    s : sequence of int, optional
        The number of points along each of the axes; -1, the default, for the length of `a`.
    axes : sequence of int, optional
        By default all. Along an axis that is named twice the transform is applied twice. NumPy deprecates `s`
        without `axes`, and None in `s`, with a warning.
    norm : {"backward", "ortho", "forward"}, optional
        As for `fft`.

    Returns
    -------
    Variable

    Raises
    ------
    ValueError
        When `s` and `axes` have different lengths.

    Examples
    --------
    >>> fftn(np.array([[1.0, 2.0], [3.0, 4.0]]))
    variable([[10.+0.j -2.+0.j]
              [-4.+0.j  0.+0.j]])
    """
    return Fftn.operation(a, _own(s), _own(axes), norm)


@implements(np.fft.ifftn, cases=_complex_calls)
def ifftn(a, s=None, axes=None, norm=None):
    """Inverse of `fftn`: `ifft` along several axes, one after another.

    The gradient is the conjugate transpose: fftn(gy) over the number of points, cropped or padded with zeros
    to the shape of `a`. Parameters are those of `fftn`.

    Examples
    --------
    >>> ifftn(np.array([[10.0, -2.0], [-4.0, 0.0]])).data.real
    array([[1., 2.],
           [3., 4.]])
    """
    return Ifftn.operation(a, _own(s), _own(axes), norm)


@implements(np.fft.rfftn, cases=_real_calls)
def rfftn(a, s=None, axes=None, norm=None):
    """`rfft` along the last of several axes, then `fft` along the others.

    The gradient is the conjugate transpose: that of `fft` along the others, then that of `rfft` along the
    last. Parameters are those of `fftn`.

    Examples
    --------
    >>> rfftn(np.ones((2, 4))).shape
    (2, 3)
    """
    return Rfftn.operation(a, _own(s), _own(axes), norm)


@implements(np.fft.irfftn, cases=_complex_calls)
def irfftn(a, s=None, axes=None, norm=None):
    """Inverse of `rfftn`: `ifft` along all but the last of several axes, then `irfft` along the last.

    The gradient is the conjugate transpose: that of `irfft` along the last, then that of `ifft` along the
    others. Parameters are those of `fftn`; the last of `s` is by default ``2 * (m - 1)`` where `a` has m
    elements.

    Examples
    --------
    >>> irfftn(rfftn(np.array([[1.0, 2.0], [3.0, 4.0]])))
    variable([[1. 2.]
              [3. 4.]])
    """
    return Irfftn.operation(a, _own(s), _own(axes), norm)


@implements(np.fft.fft2, cases=_plane_calls[complex])
def fft2(a, s=None, axes=(-2, -1), norm=None):
    """Discrete Fourier transform along two axes, by default the last two: see `fftn`.

    The gradient and the parameters are those of `fftn`.

    Examples
    --------
    >>> fft2(np.ones((3, 2, 2)))[0]
    variable([[4.+0.j 0.+0.j]
              [0.+0.j 0.+0.j]])
    """
    return fftn(a, s, axes, norm)


@implements(np.fft.ifft2, cases=_plane_calls[complex])
def ifft2(a, s=None, axes=(-2, -1), norm=None):
    """Inverse of `fft2`: `ifftn` along two axes, by default the last two.

    The gradient and the parameters are those of `ifftn`.

    Examples
    --------
    >>> ifft2(np.ones((3, 2, 2)))[0]
    variable([[1.+0.j 0.+0.j]
              [0.+0.j 0.+0.j]])
    """
    return ifftn(a, s, axes, norm)


@implements(np.fft.rfft2, cases=_plane_calls[float])
def rfft2(a, s=None, axes=(-2, -1), norm=None):
    """Discrete Fourier transform of real numbers along two axes, by default the last two: see `rfftn`.

    The gradient and the parameters are those of `rfftn`.

    Examples
    --------
    >>> rfft2(np.ones((3, 2, 2)))[0]
    variable([[4.+0.j 0.+0.j]
              [0.+0.j 0.+0.j]])
    """
    return rfftn(a, s, axes, norm)


@implements(np.fft.irfft2, cases=_plane_calls[complex])
def irfft2(a, s=None, axes=(-2, -1), norm=None):
    """Inverse of `rfft2`: `irfftn` along two axes, by default the last two.

    The gradient and the parameters are those of `irfftn`.

    Examples
    --------
    >>> irfft2(np.ones((3, 2, 2)))[0]
    variable([[1. 0.]
              [0. 0.]])
    """
    return irfftn(a, s, axes, norm)
