"""Responses of filters to frequencies."""

import operator

import numpy as np
import scipy.signal as ss

from leopard._core import as_variable
from leopard.functions._registry import call, drawn, implements
from leopard.functions.basic.shape import floating
from leopard.functions.manipulation.axes import at_least
from leopard.scipy._parts import constant
from leopard.scipy.signal.filtering import with_one

__all__ = ["freqz", "freqz_sos"]


def _frequencies(number, whole, fs, include_nyquist=False):
    """The angles of frequencies: so many on half of the circle, or on the whole, or of given ones."""
    fs = float(constant(fs, "freqz", "fs"))
    number = 512 if number is None else number
    if np.ndim(number) == 0 and not isinstance(number, (float, complex)):
        n = operator.index(number)
        if n < 0:
            raise ValueError(f"worN must be nonnegative, got {n}")
        last = 2 * np.pi if whole else np.pi
        return np.linspace(0, last, n, endpoint=bool(include_nyquist and not whole)), fs
    given = np.atleast_1d(np.asarray(constant(number, "freqz", "worN"))).real.astype(float)
    return 2 * np.pi * given / fs, fs


def _at(c, w):
    """The polynomial of coefficients at exp(-1j * w)."""
    c = at_least(1, floating(c))
    if c.ndim != 1:
        raise TypeError(
            f"the coefficients of one filter are wanted, a vector, not an array of shape {c.shape}"
        )
    return np.exp(-1j * np.outer(w, np.arange(c.shape[0]))) @ c


@implements(
    plain=ss.freqz,
    exact=False,
    cases=[
        call(drawn(3), drawn(2, low=1.5), 5),
        call(drawn(3), worN=np.array([0.1, 0.7]), fs=2.0),
        call(drawn(2), drawn(3, made=lambda a: 0.2 * a + np.array([1.0, 0, 0])), 4, whole=True),
        call(drawn(2, dtype=complex), 1, 4, include_nyquist=True),
    ],
)
def freqz(b, a=1, worN=512, whole=False, plot=None, fs=2 * np.pi, include_nyquist=False):  # noqa: N803
    """The response of a filter to frequencies: sum of b[k] * z**k over sum of a[k] * z**k, z = exp(-1j * w).

    The gradient of b[k] is the sum of gy * conj(z**k / A), that of a[k] of -gy * conj(h * z**k / A), where
    A is the denominator.

    Parameters
    ----------
    b, a : Variable or ndarray
        Vectors of the coefficients.
    worN : int or array
        The number of frequencies, or their values.
    whole : bool
        Whether they are on the whole circle.
    plot : callable, optional
        A function of the frequencies and the response, as arrays.
    fs : float
        The rate of the samples.
    include_nyquist : bool
        Whether the last frequency is half of the rate.

    Returns
    -------
    w : ndarray
    h : Variable
        Complex.

    Raises
    ------
    TypeError
        When the coefficients are no vectors, or fs or worN is a Variable.
    """
    w, fs = _frequencies(worN, whole, fs, include_nyquist)
    h = as_variable(_at(b, w) / _at(a, w))
    w = w * (fs / (2 * np.pi))
    if plot is not None:
        plot(w, h.data)
    return w, h


@implements(
    plain=getattr(ss, "freqz_sos", None) or ss.sosfreqz,
    exact=False,
    cases=[
        call(
            drawn(2, 6, made=lambda s: s * np.array([1, 1, 1, 0, 0.2, 0.2]) + np.array([0, 0, 0, 1.0, 0, 0])),
            4,
        )
    ],
)
def freqz_sos(sos, worN=512, whole=False, fs=2 * np.pi):  # noqa: N803
    """The response of a cascade of filters of second order to frequencies: the product of theirs.

    The gradient is that of `freqz` of each section, times the responses of the others. The column of ones
    is not read and has the gradient 0.
    """
    sos = with_one(sos)
    if sos.shape[0] == 0:
        raise ValueError("Cannot compute frequencies with no sections")
    w, fs = _frequencies(worN, whole, fs)
    h = 1.0
    one = np.exp(0j * w)
    z = np.exp(-1j * np.outer(w, np.arange(1, 3)))
    for k in range(sos.shape[0]):
        h = h * (_at(sos[k, :3], w) / (one + z @ sos[k, 4:]))
    return w * (fs / (2 * np.pi)), h
