"""Discrete Fourier transforms along several axes, one after the other."""

import numpy as np

from leopard.functions._primitives import Primitive
from leopard.functions._registry import call, drawn, implements
from leopard.functions.fft.one_axis import Fft, Ifft, Irfft, Rfft

__all__ = ["fft2", "fftn", "ifft2", "ifftn", "irfft2", "irfftn", "rfft2", "rfftn"]


class _TransformN(Primitive, abstract=True):
    """Transforms along `axes` in turn: one along the last of them, `others` along the rest.

    `last_first` says with which end it begins.
    """

    numpy = None
    last = others = None
    last_first = True
    options = ("s", "axes", "norm")
    linear = True

    def forward(self, x):
        return self.numpy(x, self.s, self.axes, self.norm)

    def steps(self):
        """In order: the transform, its number of points, its axis, and how many elements it is given."""
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
    """A sequence that nobody else changes, or None."""
    return None if numbers is None else tuple(numbers)


@implements(np.fft.fftn, cases=_complex_calls)
def fftn(a, s=None, axes=None, norm=None):
    """`fft` along several axes.

    The gradient is the conjugate transpose: `ifft` of gy along the same axes, scaled the other way,
    cropped or with zeros up to the shape of `a`; of a real `a` its real part.

    Parameters
    ----------
    a : Variable or ndarray
    s : sequence of int, optional
        How many points along each of the axes; -1 for as many as `a` has, which is the default.
    axes : sequence of int, optional
        By default all. One that stands twice is transformed twice. NumPy deprecates `s` without `axes`,
        and None in `s`: it warns.
    norm : {"backward", "ortho", "forward"}, optional
        As of `fft`.

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
    """Inverse of `fftn`: `ifft` along several axes.

    The gradient is `fft` of gy along the same axes, scaled the other way, of the shape of `a`.
    Parameters are those of `fftn`.

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

    The gradient goes back the same way: `ifft` along the others, then what `rfft` does. Parameters are
    those of `fftn`.

    Examples
    --------
    >>> rfftn(np.ones((2, 4))).shape
    (2, 3)
    """
    return Rfftn.operation(a, _own(s), _own(axes), norm)


@implements(np.fft.irfftn, cases=_complex_calls)
def irfftn(a, s=None, axes=None, norm=None):
    """Inverse of `rfftn`: `ifft` along all but the last of several axes, then `irfft` along the last.

    The gradient goes back the same way: what `irfft` does, then `fft` along the others. Parameters are
    those of `fftn`; the last of `s` is by default ``2 * (m - 1)`` where `a` has m elements.

    Examples
    --------
    >>> irfftn(rfftn(np.array([[1.0, 2.0], [3.0, 4.0]])))
    variable([[1. 2.]
              [3. 4.]])
    """
    return Irfftn.operation(a, _own(s), _own(axes), norm)


@implements(np.fft.fft2, cases=_plane_calls[complex])
def fft2(a, s=None, axes=(-2, -1), norm=None):
    """`fftn` along two axes, by default the last.

    The gradient is that of `fftn`, whose parameters it takes.

    Examples
    --------
    >>> fft2(np.ones((3, 2, 2)))[0]
    variable([[4.+0.j 0.+0.j]
              [0.+0.j 0.+0.j]])
    """
    return fftn(a, s, axes, norm)


@implements(np.fft.ifft2, cases=_plane_calls[complex])
def ifft2(a, s=None, axes=(-2, -1), norm=None):
    """Inverse of `fft2`.

    The gradient is that of `ifftn`, whose parameters it takes.

    Examples
    --------
    >>> ifft2(np.ones((3, 2, 2)))[0]
    variable([[1.+0.j 0.+0.j]
              [0.+0.j 0.+0.j]])
    """
    return ifftn(a, s, axes, norm)


@implements(np.fft.rfft2, cases=_plane_calls[float])
def rfft2(a, s=None, axes=(-2, -1), norm=None):
    """`rfftn` along two axes, by default the last.

    The gradient is that of `rfftn`, whose parameters it takes.

    Examples
    --------
    >>> rfft2(np.ones((3, 2, 2)))[0]
    variable([[4.+0.j 0.+0.j]
              [0.+0.j 0.+0.j]])
    """
    return rfftn(a, s, axes, norm)


@implements(np.fft.irfft2, cases=_plane_calls[complex])
def irfft2(a, s=None, axes=(-2, -1), norm=None):
    """Inverse of `rfft2`.

    The gradient is that of `irfftn`, whose parameters it takes.

    Examples
    --------
    >>> irfft2(np.ones((3, 2, 2)))[0]
    variable([[1. 0.]
              [0. 0.]])
    """
    return irfftn(a, s, axes, norm)
