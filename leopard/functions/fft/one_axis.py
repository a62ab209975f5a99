"""Discrete Fourier transforms along one axis: linear maps, whose rules are their conjugate transposes.

The conjugate transpose of `fft` is n times its inverse, that of `ifft` its inverse over n. Where half of a
Hermitian spectrum represents the whole, the frequencies whose conjugates are not stored count twice.
"""

import numpy as np

from leopard.functions._primitives import Primitive
from leopard.functions._registry import call, drawn, implements
from leopard.functions.basic.complex import conj
from leopard.functions.basic.indexing import AddAt

__all__ = ["fft", "fftshift", "hfft", "ifft", "ifftshift", "ihfft", "irfft", "rfft"]

_turned = {None: "forward", "backward": "forward", "forward": "backward", "ortho": "ortho"}


def _fit(x, n, axis):
    """x cropped to n elements along an axis, or padded with zeros to n."""
    m = x.shape[axis]
    if m == n:
        return x
    index = (slice(None),) * (axis % x.ndim) + (slice(min(m, n)),)
    if n < m:
        return x[index]
    shape = list(x.shape)
    shape[axis] = n
    return AddAt.operation(x, index, tuple(shape))


def _weighted(x, n, axis, weight):
    """Half a spectrum of n points times a weight, except at the frequencies 0 and n / 2, which are real."""
    weights = np.ones(n // 2 + 1, np.empty(0, x.dtype).real.dtype)
    weights[1 : (n + 1) // 2] = weight
    return x * weights.reshape((-1,) + (1,) * (x.ndim - 1 - axis % x.ndim))


class _Transform(Primitive, abstract=True):
    """The base class of transforms of `n` points; `adjoint` is the conjugate transpose, with m elements."""

    numpy = None
    options = ("n", "axis", "norm")
    linear = True

    def forward(self, x):
        return self.numpy(x, self.n, self.axis, self.norm)

    def backward(self, gy):
        (x,) = self.inputs
        m = x.shape[self.axis]
        n = self.points(m) if self.n is None else self.n
        return self.adjoint(gy, n, self.axis, self.norm, m)

    @staticmethod
    def points(m):
        """The default number of points for m elements."""
        return m

    @staticmethod
    def length(n):
        """The number of elements of the result for n points."""
        return n


class Fft(_Transform):
    numpy = staticmethod(np.fft.fft)

    @staticmethod
    def adjoint(gy, n, axis, norm, m):
        return _fit(ifft(gy, n, axis, _turned[norm]), m, axis)


class Ifft(_Transform):
    numpy = staticmethod(np.fft.ifft)

    @staticmethod
    def adjoint(gy, n, axis, norm, m):
        return _fit(fft(gy, n, axis, _turned[norm]), m, axis)


class Rfft(_Transform):
    numpy = staticmethod(np.fft.rfft)

    @staticmethod
    def length(n):
        return n // 2 + 1

    @staticmethod
    def adjoint(gy, n, axis, norm, m):
        return _fit(irfft(_weighted(gy, n, axis, 0.5), n, axis, _turned[norm]), m, axis)


class Irfft(_Transform):
    numpy = staticmethod(np.fft.irfft)

    @staticmethod
    def points(m):
        return 2 * (m - 1)

    @staticmethod
    def adjoint(gy, n, axis, norm, m):
        return _fit(_weighted(rfft(gy, n, axis, _turned[norm]), n, axis, 2.0), m, axis)


class Hfft(Irfft):
    """`Irfft` of the conjugate, with the other normalization."""

    numpy = staticmethod(np.fft.hfft)

    @staticmethod
    def adjoint(gy, n, axis, norm, m):
        return conj(Irfft.adjoint(gy, n, axis, _turned[norm], m))


class Ihfft(Rfft):
    """The conjugate of `Rfft`, with the other normalization."""

    numpy = staticmethod(np.fft.ihfft)

    @staticmethod
    def adjoint(gy, n, axis, norm, m):
        return Rfft.adjoint(conj(gy), n, axis, _turned[norm], m)


_complex_calls = [
    call(drawn(5, dtype=complex)),
    call(drawn(4)),
    call(drawn(3, 4, dtype=complex), 6),
    call(drawn(3, 4), n=3, norm="ortho"),
    call(drawn(3, 2, dtype=complex), None, 0, "forward"),
    call(drawn(2, 3, 2, dtype=complex), n=5, axis=-2, norm="backward"),
    call(drawn(2, 1)),
    call(drawn(0, 4)),
]
_half_calls = [
    call(drawn(5, dtype=complex)),
    call(drawn(3, 4, dtype=complex), n=5),
    call(drawn(2, 4, dtype=complex), n=4, norm="ortho"),
    call(drawn(2, 4, dtype=complex), 9, norm="forward"),
    call(drawn(2, 3, dtype=complex), 8, norm="backward"),
    call(drawn(4, 2, dtype=complex), None, 0),
    call(drawn(2, 3, 2, dtype=complex), 3, axis=-2),
    call(drawn(3, dtype=complex), 1),
    call(drawn(3, dtype=complex), 2),
    call(drawn(2, 4)),
    call(drawn(0, 4)),
]
_real_calls = [
    call(drawn(5)),
    call(drawn(6)),
    call(drawn(3, 4), n=7),
    call(drawn(3, 4), n=6, norm="ortho"),
    call(drawn(3, 5), n=4, norm="forward"),
    call(drawn(5, 2), None, 0, "backward"),
    call(drawn(2, 3, 2), 2, axis=-2),
    call(drawn(3), 1),
    call(drawn(1)),
    call(drawn(0, 4)),
]


@implements(np.fft.fft, cases=_complex_calls)
def fft(a, n=None, axis=-1, norm=None):
    """Discrete Fourier transform along an axis, y[k] = sum over j of x[j] * exp(-2j * pi * j * k / n).

    The gradient is the conjugate transpose of the transform: n * ifft(gy), cropped or padded with zeros to
    the length of `a`; for a real `a` its real part.

    Parameters
    ----------
    a : Variable or ndarray
    n : int, optional
        The number of points: `a` is cropped, or padded with zeros. By default the length of `a`.
    axis : int
    norm : {"backward", "ortho", "forward"}, optional
        Which transform has the factor 1 / n: the inverse ("backward", the default) or this one ("forward").
        With "ortho" both have its square root.

    Returns
    -------
    Variable

    Raises
    ------
    IndexError
        When `a` does not have the axis.
    ValueError
        When n is not positive, or `norm` is unknown.

    Examples
    --------
    >>> x = Variable(np.array([1.0, 2.0, 3.0, 4.0]))
    >>> y = np.abs(np.fft.fft(x)[1])
    >>> y.backward()
    >>> np.round(x.grad.data, 3)
    array([-0.707, -0.707,  0.707,  0.707])
    """
    return Fft.operation(a, n, axis, norm)


@implements(np.fft.ifft, cases=_complex_calls)
def ifft(a, n=None, axis=-1, norm=None):
    """Inverse of `fft`, y[j] = sum over k of x[k] * exp(2j * pi * j * k / n) / n.

    The gradient is the conjugate transpose: fft(gy) / n, cropped or padded with zeros to the length of `a`.
    Parameters and errors are those of `fft`.

    Examples
    --------
    >>> np.round(ifft(np.array([10.0, -2 + 2j, -2.0, -2 - 2j])).data.real)
    array([1., 2., 3., 4.])
    """
    return Ifft.operation(a, n, axis, norm)


@implements(np.fft.rfft, cases=_real_calls)
def rfft(a, n=None, axis=-1, norm=None):
    """The frequencies 0 to n / 2 of `fft` for a real `a`; the others are their conjugates.

    The gradient is that of `fft` with zeros for gy at the other frequencies: the real part of n * ifft(gy,
    n). Parameters and errors are those of `fft`; a complex `a` is a TypeError.

    Examples
    --------
    >>> rfft(np.array([1.0, 2.0, 3.0, 4.0]))
    variable([10.+0.j -2.+2.j -2.+0.j])
    """
    return Rfft.operation(a, n, axis, norm)


@implements(np.fft.irfft, cases=_half_calls)
def irfft(a, n=None, axis=-1, norm=None):
    """Inverse of `rfft`: n real numbers from the frequencies 0 to n / 2.

    The gradient is rfft(gy) / n, and twice that at the frequencies between 0 and n / 2, which represent their
    conjugates as well. The imaginary parts at 0, and at n / 2 where n is even, are not read; their gradient
    is 0.

    Parameters
    ----------
    a : Variable or ndarray
        Half a Hermitian spectrum; it is cropped, or padded with zeros, to n // 2 + 1.
    n : int, optional
        The length of the result; by default ``2 * (m - 1)`` where `a` has m elements.
    axis, norm
        As for `fft`.

    Returns
    -------
    Variable

    Examples
    --------
    >>> irfft(np.array([10.0, -2 + 2j, -2.0]))
    variable([1. 2. 3. 4.])
    """
    return Irfft.operation(a, n, axis, norm)


@implements(np.fft.hfft, cases=_half_calls)
def hfft(a, n=None, axis=-1, norm=None):
    """`fft` of a Hermitian signal, given by its first half: n real numbers.

    The gradient is conj(rfft(gy)), and twice that at the elements that represent their conjugates as well.
    Parameters are those of `irfft`.

    Examples
    --------
    >>> hfft(np.array([1.0, 2.0, 3.0]))
    variable([ 8. -2.  0. -2.])
    """
    return Hfft.operation(a, n, axis, norm)


@implements(np.fft.ihfft, cases=_real_calls)
def ihfft(a, n=None, axis=-1, norm=None):
    """Inverse of `hfft`: the first half of the Hermitian signal whose `fft` is the real `a`.

    The gradient is that of `ifft` with zeros for gy in the other half: the real part of fft(gy, n) / n.
    Parameters are those of `rfft`.

    Examples
    --------
    >>> ihfft(np.array([8.0, -2.0, 0.0, -2.0])).data.real
    array([1., 2., 3.])
    """
    return Ihfft.operation(a, n, axis, norm)


# -- The place of the frequency 0 ----------------------------------------------------------------


class FftShift(Primitive):
    options = ("axes",)
    linear = True

    def forward(self, x):
        return np.fft.fftshift(x, self.axes)

    def backward(self, gy):
        return ifftshift(gy, self.axes)


class IfftShift(Primitive):
    options = ("axes",)
    linear = True

    def forward(self, x):
        return np.fft.ifftshift(x, self.axes)

    def backward(self, gy):
        return fftshift(gy, self.axes)


_shift_calls = [
    call(drawn(5)),
    call(drawn(2, 3, dtype=complex)),
    call(drawn(3, 4), 0),
    call(drawn(3, 4), axes=-1),
    call(drawn(3, 4, 5), axes=(0, -1)),
    call(drawn(3, 4), [1]),
    call(drawn(0, 3)),
]


def _own(axes):
    """The axes as an int, a tuple or None: copied, where they were a list."""
    return tuple(axes) if isinstance(axes, (list, np.ndarray)) else axes


@implements(np.fft.fftshift, cases=_shift_calls)
def fftshift(x, axes=None):
    """Move the frequency 0 from the start of an axis to its middle.

    The gradient is ifftshift(gy).

    Parameters
    ----------
    x : Variable or ndarray
    axes : int or sequence of int, optional
        By default all.

    Returns
    -------
    Variable

    Examples
    --------
    >>> fftshift(np.array([0.0, 1.0, 2.0, -2.0, -1.0]))
    variable([-2. -1.  0.  1.  2.])
    """
    return FftShift.operation(x, _own(axes))


@implements(np.fft.ifftshift, cases=_shift_calls)
def ifftshift(x, axes=None):
    """Inverse of `fftshift`: move the frequency 0 from the middle of an axis back to its start.

    The gradient is fftshift(gy). Parameters are those of `fftshift`.

    Examples
    --------
    >>> ifftshift(np.array([-2.0, -1.0, 0.0, 1.0, 2.0]))
    variable([ 0.  1.  2. -2. -1.])
    """
    return IfftShift.operation(x, _own(axes))
