"""Spectra of signals: Fourier transforms of windowed segments, and their means."""

import warnings

import numpy as np
import scipy.signal as ss
from scipy.signal import get_window

from leopard._core import Variable, as_variable
from leopard.functions._primitives import Primitive
from leopard.functions._registry import call, drawn, implements
from leopard.functions.basic.arithmetic import abs
from leopard.functions.basic.complex import conj, imag, real
from leopard.functions.basic.indexing import where
from leopard.functions.basic.shape import floating, form_of, plain
from leopard.functions.fft import fft, ifft, irfft, rfft
from leopard.functions.manipulation.axes import moveaxis
from leopard.functions.manipulation.joining import concatenate
from leopard.functions.math.powers import sqrt
from leopard.functions.math.sums import sum
from leopard.functions.math.trigonometry import angle
from leopard.functions.statistics.averages import mean
from leopard.functions.statistics.quantiles import median
from leopard.scipy._parts import constant
from leopard.scipy.signal.filtering import extended
from leopard.scipy.signal.smoothing import detrend as without_trend

__all__ = ["coherence", "csd", "get_window", "istft", "periodogram", "spectrogram", "stft", "welch"]


class Frames(Primitive):
    """The segments of n elements along the last axis, one after each `step` elements."""

    options = ("n", "step")
    linear = True

    def forward(self, x):
        return np.lib.stride_tricks.sliding_window_view(x, self.n, -1)[..., :: self.step, :].copy()

    def backward(self, gy):
        (x,) = self.inputs
        return OverlapAdd.operation(gy, self.step, x.shape[-1])


class OverlapAdd(Primitive):
    """The adjoint of `Frames`: the sum of segments at their places among `total` elements."""

    options = ("step", "total")
    linear = True

    def forward(self, y):
        count, n = y.shape[-2:]
        x = np.zeros((*y.shape[:-2], self.total + n), y.dtype)
        for start in range(0, n, self.step):
            part = y[..., start : start + self.step]
            if part.shape[-1] < self.step:
                part = np.concatenate(
                    [part, np.zeros((*part.shape[:-1], self.step - part.shape[-1]), y.dtype)], -1
                )
            room = x[..., start : start + count * self.step]
            room += part.reshape(*part.shape[:-2], -1)[..., : room.shape[-1]]
        return x[..., : self.total].copy()

    def backward(self, gx):
        return Frames.operation(gx, self.inputs[0].shape[-1], self.step)


def _named(window):
    """A window as all versions of SciPy know it: periodic ones have no name of their own in older ones."""
    if isinstance(window, tuple):
        return (_named(window[0]), *window[1:])
    return window.removesuffix("_periodic") if isinstance(window, str) else window


def _windowed(window, nperseg, n):
    """The window as an array, and its length."""
    if isinstance(window, (str, tuple)):
        nperseg = 256 if nperseg is None else nperseg
        if nperseg > n:
            warnings.warn(
                f"nperseg = {nperseg:d} is greater than input length  = {n:d}, using nperseg = {n:d}",
                stacklevel=4,
            )
            nperseg = n
        return get_window(_named(window), nperseg), nperseg
    window = floating(window)
    if window.ndim != 1:
        raise ValueError("window must be 1-D")
    if n < window.shape[0]:
        raise ValueError("window is longer than input signal")
    if nperseg is not None and nperseg != window.shape[0]:
        raise ValueError("value specified for nperseg is different from length of window")
    return window, window.shape[0]


def _lengths(nperseg, noverlap, nfft):
    nfft = nperseg if nfft is None else int(nfft)
    if nfft < nperseg:
        raise ValueError("nfft must be greater than or equal to nperseg.")
    noverlap = nperseg // 2 if noverlap is None else int(noverlap)
    if noverlap >= nperseg:
        raise ValueError("noverlap must be less than nperseg.")
    return noverlap, nfft


def _segments(x, window, step, nfft, detrend, one_sided, axis):
    """The Fourier transforms of the windowed segments along the last axis of a signal."""
    y = Frames.operation(x, window.shape[0], step)
    if callable(detrend):
        y = detrend(y) if axis in (-1, x.ndim - 1) else moveaxis(detrend(moveaxis(y, -1, axis)), axis, -1)
    elif detrend:
        y = without_trend(y, type=detrend)
    y = window * y
    return rfft(y, nfft) if one_sided else fft(y, nfft)


def _scale(window, fs, scaling):
    if scaling == "density":
        return 1.0 / (fs * sum(window * window))
    if scaling != "spectrum":
        raise ValueError(f"Unknown scaling: {scaling!r}")
    return 1.0 / sum(window) ** 2


def _sides(one_sided, *xs):
    """Whether frequencies have one side: with a warning, not those of complex signals."""
    if one_sided and any(x.dtype.kind == "c" for x in xs):
        warnings.warn("Input data is complex, switching to return_onesided=False", stacklevel=4)
        return False
    return one_sided


def _in_type(window, x):
    """A window in the type of the signal."""
    dtype = form_of(x).real.dtype
    return window if window.dtype == dtype else window.astype(dtype)


def _frequencies(nfft, fs, one_sided):
    return np.fft.rfftfreq(nfft, 1 / fs) if one_sided else np.fft.fftfreq(nfft, 1 / fs)


def _transformed(
    x, fs, window, nperseg, noverlap, nfft, detrend, one_sided, scaling, axis, boundary, padded
):  # fmt: skip
    """The frequencies, the times, the transforms of the segments, and their scale."""
    x, fs = floating(x), constant(fs, "a spectrum", "fs")
    if boundary not in ("even", "odd", "constant", "zeros", None):
        raise ValueError(
            f"Unknown boundary option '{boundary}', must be one of: ['even', 'odd', 'constant', 'zeros', "
            "None]"
        )
    axis = int(axis)
    x = moveaxis(x, axis, -1) if x.ndim > 1 else x
    if nperseg is not None:
        nperseg = int(nperseg)
        if nperseg < 1:
            raise ValueError("nperseg must be a positive integer")
    window, nperseg = _windowed(window, nperseg, x.shape[-1])
    noverlap, nfft = _lengths(nperseg, noverlap, nfft)
    step = nperseg - noverlap
    x = extended(x, nperseg // 2, boundary, x.ndim - 1)
    if padded:
        more = (-(x.shape[-1] - nperseg) % step) % nperseg
        x = concatenate([x, np.zeros((*x.shape[:-1], more), x.dtype)], -1)
    one_sided = _sides(one_sided, x)
    window = _in_type(window, x)
    y = _segments(x, window, step, nfft, detrend, one_sided, axis)
    times = np.arange(nperseg / 2, x.shape[-1] - nperseg / 2 + 1, step) / float(fs)
    if boundary is not None:
        times -= (nperseg / 2) / fs
    return _frequencies(nfft, fs, one_sided), times, y, _scale(window, fs, scaling), one_sided, nfft


_stft = [
    call(drawn(6, dtype=complex), nperseg=4, return_onesided=False),
    call(drawn(8), nperseg=4),
    call(drawn(9), 2.0, "hamming", 4, 3, 6, "constant", False),
    call(drawn(2, 6), nperseg=3, boundary="odd", padded=False, scaling="psd"),
    call(drawn(8, 2), nperseg=4, window=drawn(4, low=0.5), axis=0, detrend="linear", boundary=None),
]


@implements(
    plain=ss.stft,
    exact=False,
    cases=[*_stft, call(drawn(6, dtype=complex), nperseg=4, return_onesided=False)],
)
def stft(
    x, fs=1.0, window="hann_periodic", nperseg=256, noverlap=None, nfft=None, detrend=False,
    return_onesided=True, boundary="zeros", padded=True, axis=-1, scaling="spectrum",
):  # fmt: skip
    """Short-time Fourier transform: the transforms of the windowed segments of a signal.

    The gradient of the signal is the sum over the segments of the window times the adjoint transform of gy;
    that of the window, where it is an array, is the same sum times the signal.

    Parameters
    ----------
    x : Variable or ndarray
    fs : float
        The rate of the samples, which takes no gradient.
    window : str, tuple, Variable or ndarray
        As for SciPy's `get_window`, or its values.
    nperseg, noverlap, nfft : int, optional
        The length of the segments, of their overlap, by default half of it, and of the transforms.
    detrend : {False, "constant", "linear"} or callable
        What is taken off each segment.
    return_onesided : bool
        Whether only the frequencies that are not negative are returned, of a real signal.
    boundary : {"zeros", "even", "odd", "constant", None}
        How the signal is continued at its ends.
    padded : bool
        Whether zeros fill the last segment.
    axis : int
    scaling : {"spectrum", "psd"}
        Which power is 1: of a line, or of a density.

    Returns
    -------
    f, t : ndarray
        The frequencies and the times of the segments.
    Zxx : Variable
        The transforms; the times are along its last axis.

    Raises
    ------
    ValueError
        When the lengths do not fit, or an option is unknown.
    """
    if scaling not in ("psd", "spectrum"):
        raise ValueError(f"Parameter scaling={scaling!r} not in ['spectrum', 'psd']!")
    f, t, y, scale, _, _ = _transformed(
        x, fs, window, nperseg, noverlap, nfft, detrend, return_onesided,
        "density" if scaling == "psd" else scaling, axis, boundary, padded,
    )  # fmt: skip
    return f, t, moveaxis(y * sqrt(scale), -1, axis - 1 if axis < 0 else axis)


@implements(
    plain=ss.istft,
    exact=False,
    cases=[
        call(drawn(3, 4, dtype=complex)),
        call(drawn(4, 3, dtype=complex), nperseg=5, noverlap=3, nfft=6),
        call(drawn(4, 3, dtype=complex), 2.0, "hamming", input_onesided=False, boundary=False),
        call(drawn(2, 3, 3, dtype=complex), window=drawn(4, low=0.5), scaling="psd"),
        call(drawn(4, 3, 2), time_axis=0, freq_axis=1),
    ],
)
def istft(
    Zxx, fs=1.0, window="hann_periodic", nperseg=None, noverlap=None, nfft=None, input_onesided=True,
    boundary=True, time_axis=-1, freq_axis=-2, scaling="spectrum",
):  # fmt: skip
    """Inverse of `stft`: the sum of the windowed segments, over the sum of the squares of the window.

    The gradient is the adjoint transform of each windowed segment of gy.

    Parameters
    ----------
    Zxx : Variable or ndarray
        The transforms of the segments.
    fs : float
        The rate of the samples, which takes no gradient.
    window, nperseg, noverlap, nfft, scaling
        As for `stft`.
    input_onesided : bool
        Whether the frequencies are those of a real signal.
    boundary : bool
        Whether the signal was continued at its ends.
    time_axis, freq_axis : int

    Returns
    -------
    t : ndarray
        The times.
    x : Variable

    Raises
    ------
    ValueError
        When the lengths do not fit, or an option is unknown.
    """
    z, fs = floating(Zxx) + 0j, constant(fs, "istft", "fs")
    if z.ndim < 2:
        raise ValueError("Input stft must be at least 2d!")
    time_axis, freq_axis = [int(axis) % z.ndim for axis in (time_axis, freq_axis)]
    if freq_axis == time_axis:
        raise ValueError("Must specify differing time and frequency axes!")
    count, m = z.shape[time_axis], z.shape[freq_axis]
    natural = 2 * (m - 1) if input_onesided else m
    nperseg = natural if nperseg is None else int(nperseg)
    if nperseg < 1:
        raise ValueError("nperseg must be a positive integer")
    if nfft is None:
        nfft = nperseg if input_onesided and nperseg == natural + 1 else natural
    noverlap, nfft = _lengths(nperseg, noverlap, nfft)
    step = nperseg - noverlap
    z = moveaxis(z, (time_axis, freq_axis), (-2, -1))
    if isinstance(window, (str, tuple)):
        window = get_window(_named(window), nperseg)
    else:
        window = floating(window)
        if window.ndim != 1:
            raise ValueError("window must be 1-D")
        if window.shape[0] != nperseg:
            raise ValueError(f"window must have length of {nperseg}")
    y = (irfft(z, nfft) if input_onesided else ifft(z, nfft))[..., :nperseg]
    window = _in_type(window, y)
    if scaling == "spectrum":
        y = y * sum(window)
    elif scaling == "psd":
        y = y * sqrt(fs * sum(window**2))
    else:
        raise ValueError(f"Parameter scaling={scaling!r} not in ['spectrum', 'psd']!")
    total = nperseg + (count - 1) * step
    x = OverlapAdd.operation(y * window, step, total)
    norm = OverlapAdd.operation(np.broadcast_to(window**2, (count, nperseg)), step, total)
    if boundary:
        half = slice(nperseg // 2, total - nperseg // 2)
        x, norm = x[..., half], norm[half]
    enough = plain(norm) > 1e-10
    if not enough.all():
        warnings.warn(
            "NOLA condition failed, STFT may not be invertible."
            + (" Possibly due to missing boundary" if not boundary else ""),
            stacklevel=2,
        )
        norm = where(enough, norm, 1.0)
    norm = norm if isinstance(window, Variable) else plain(norm)
    x = x / norm
    if x.ndim > 1 and time_axis != z.ndim - 1:
        x = moveaxis(x, -1, time_axis - (freq_axis < time_axis))
    return np.arange(x.shape[0]) / float(fs), x


@implements(
    plain=ss.spectrogram,
    exact=False,
    cases=[
        call(drawn(12), nperseg=8),
        call(drawn(9), 2.0, "hann", 4, 2, 5, "linear"),
        call(drawn(2, 8), nperseg=4, scaling="spectrum", mode="complex"),
        call(drawn(8), nperseg=4, mode="magnitude"),
        call(drawn(8), nperseg=4, mode="angle", detrend=False),
        call(drawn(8), nperseg=4, mode="phase", detrend=False),
        call(drawn(8, 2), nperseg=4, axis=0, return_onesided=False),
    ],
)
def spectrogram(
    x, fs=1.0, window=("tukey_periodic", 0.25), nperseg=None, noverlap=None, nfft=None, detrend="constant",
    return_onesided=True, scaling="density", axis=-1, mode="psd",
):  # fmt: skip
    """Spectra of consecutive segments of a signal.

    The gradient is that of `stft`, times twice the conjugate transform for the squares of the mode "psd".

    Parameters
    ----------
    x, fs, window, nperseg, noverlap, nfft, detrend, return_onesided, axis
        As for `stft`; the overlap is by default an eighth of the length.
    scaling : {"density", "spectrum"}
    mode : {"psd", "complex", "magnitude", "angle", "phase"}
        Powers; or the transforms, their magnitudes, angles, or angles without jumps.

    Returns
    -------
    f, t : ndarray
        The frequencies and the times of the segments.
    Sxx : Variable
        The times are along its last axis.

    Raises
    ------
    ValueError
        When the lengths do not fit, or an option is unknown.
    """
    modes = ["psd", "complex", "magnitude", "angle", "phase"]
    if mode not in modes:
        raise ValueError(f"unknown value for mode {mode}, must be one of {modes}")
    x = floating(x)
    window, nperseg = _windowed(window, nperseg, x.shape[axis])
    noverlap = nperseg // 8 if noverlap is None else noverlap
    f, t, y, scale, one_sided, nfft = _transformed(
        x, fs, window, nperseg, noverlap, nfft, detrend, return_onesided, scaling, axis, None, False
    )
    y = _power(y, y, one_sided, nfft) * scale if mode == "psd" else y * sqrt(scale)
    y = moveaxis(real(y) if mode == "psd" else y, -1, axis - 1 if axis < 0 else axis)
    if mode == "magnitude":
        y = abs(y)
    elif mode in ("angle", "phase"):
        y = angle(y)
        if mode == "phase":
            y = np.unwrap(y, axis=axis - 1 if axis < 0 else axis)
    return f, t, as_variable(y)


def _power(x, y, one_sided, nfft):
    """The products conj(x) * y of transforms, twice those that stand for negative frequencies as well."""
    y = conj(x) * y
    if not one_sided:
        return y
    twice = np.full(y.shape[-1], 2.0, form_of(y).real.dtype)
    twice[0] = 1
    if nfft % 2 == 0:
        twice[-1] = 1
    return y * twice


_welch = [
    call(drawn(12), nperseg=4),
    call(drawn(11), 2.0, "hamming", 4, 1, 6, "linear", scaling="spectrum"),
    call(drawn(12), nperseg=4, average="median"),
    call(drawn(12, 2), window=drawn(4, low=0.5), axis=0, return_onesided=False),
]


@implements(plain=ss.welch, exact=False, cases=_welch)
def welch(
    x, fs=1.0, window="hann_periodic", nperseg=None, noverlap=None, nfft=None, detrend="constant",
    return_onesided=True, scaling="density", axis=-1, average="mean",
):  # fmt: skip
    """Power spectrum of a signal: the mean over overlapping segments, by Welch's method.

    The gradient is that of `csd` of the signal with itself. The parameters are those of `csd`.

    Returns
    -------
    f : ndarray
        The frequencies.
    Pxx : Variable
    """
    f, y = csd(x, x, fs, window, nperseg, noverlap, nfft, detrend, return_onesided, scaling, axis, average)
    return f, real(y)


@implements(
    plain=ss.csd,
    exact=False,
    cases=[
        call(drawn(8), drawn(8), nperseg=4),
        call(drawn(2, 7), drawn(2, 9), 2.0, "hamming", 4, 1, 6, "linear", scaling="spectrum"),
        call(drawn(8), drawn(8), nperseg=4, average="median"),
        call(drawn(6, dtype=complex), drawn(6, dtype=complex), nperseg=3, return_onesided=False),
    ],
)
def csd(
    x, y, fs=1.0, window="hann_periodic", nperseg=None, noverlap=None, nfft=None, detrend="constant",
    return_onesided=True, scaling="density", axis=-1, average="mean",
):  # fmt: skip
    """Cross power spectrum of two signals: the mean of conj(X) * Y over overlapping segments.

    The gradient is that of `stft` of both, of the products of their transforms.

    Parameters
    ----------
    x, y : Variable or ndarray
        Zeros are added to the shorter one.
    fs, window, nperseg, noverlap, nfft, detrend, return_onesided, axis
        As for `stft`.
    scaling : {"density", "spectrum"}
    average : {"mean", "median"}

    Returns
    -------
    f : ndarray
        The frequencies.
    Pxy : Variable

    Raises
    ------
    ValueError
        When the lengths do not fit, or an option is unknown.
    """
    same, fs = x is y, constant(fs, "a spectrum", "fs")
    x, y, axis = floating(x), floating(y), int(axis)
    dtype = np.result_type(x.dtype, y.dtype, np.complex64)
    x, y = [moveaxis(v, axis, -1) if v.ndim > 1 else v for v in (x, y)]
    n = np.maximum(x.shape[-1], y.shape[-1])
    if nperseg is not None and int(nperseg) < 1:
        raise ValueError(f"Parameter nperseg={nperseg!r} is not a positive integer!")
    window, nperseg = _windowed(window, nperseg if nperseg is None else int(nperseg), int(n))
    noverlap, nfft = _lengths(nperseg, noverlap, nfft)
    one_sided = return_onesided and x.dtype.kind != "c"
    x, y = [
        v if v.shape[-1] == n else concatenate([v, np.zeros((*v.shape[:-1], n - v.shape[-1]), v.dtype)], -1)
        for v in (x, y)
    ]
    step = nperseg - noverlap
    window = _in_type(window, x)
    own = _segments(x, window, step, nfft, detrend or False, one_sided, axis)
    other = own if same else _segments(y, window, step, nfft, detrend or False, one_sided, axis)
    power = moveaxis(_power(own, other, one_sided, nfft) * _scale(window, fs, scaling), -2, -1)
    if power.shape[-1] == 1:
        power = power[..., 0]
    elif average == "median":
        power = median(real(power), -1) + 1j * median(imag(power), -1)
        power = power / _bias_of_median(own.shape[-2])
    elif average == "mean":
        power = mean(power, -1)
    else:
        raise ValueError(f"Parameter average={average!r} must be 'median' or 'mean'!")
    power = power if power.dtype == dtype else power.astype(dtype)
    power = moveaxis(power, -1, axis) if power.ndim > 1 else power
    return _frequencies(nfft, fs, one_sided), real(power) if same else as_variable(power)


def _bias_of_median(n):
    """The expectation of the median of n exponential numbers, over that of their mean."""
    k = 2 * np.arange(1.0, (n - 1) // 2 + 1)
    return 1 + np.sum(1.0 / (k + 1) - 1.0 / k)


@implements(
    plain=ss.periodogram,
    exact=False,
    cases=[
        call(drawn(6)),
        call(drawn(2, 5), 2.0, "hamming", 8, "linear", scaling="spectrum"),
        call(drawn(6, 2), nfft=4, axis=0),
        call(drawn(5, dtype=complex), return_onesided=False),
    ],
)
def periodogram(
    x, fs=1.0, window="boxcar", nfft=None, detrend="constant", return_onesided=True, scaling="density",
    axis=-1
):  # fmt: skip
    """Power spectrum of a signal, by the Fourier transform of all of it.

    The gradient is that of `welch` with one segment. The parameters are those of `welch`.

    Returns
    -------
    f : ndarray
        The frequencies.
    Pxx : Variable
    """
    x = floating(x)
    n = x.shape[axis]
    if nfft is not None and nfft < n:
        x = x[(*[slice(None)] * (axis % x.ndim), slice(nfft))]
        n, nfft = nfft, None
    window = "boxcar" if window is None else window
    if hasattr(window, "size") and window.size != n:
        raise ValueError("the size of the window must be the same size of the input on the specified axis")
    return welch(x, fs, window, n, 0, nfft, detrend, return_onesided, scaling, axis)


@implements(
    plain=ss.coherence,
    exact=False,
    cases=[call(drawn(12), drawn(12), nperseg=4), call(drawn(2, 9), drawn(9), 2.0, "hamming", 4, 1)],
)
def coherence(
    x, y, fs=1.0, window="hann_periodic", nperseg=None, noverlap=None, nfft=None, detrend="constant", axis=-1
):  # fmt: skip
    """Coherence of two signals: abs(Pxy)**2 / (Pxx * Pyy) of their power spectra.

    The gradient is that of the quotient of `csd` and `welch`. The parameters are those of `csd`.

    Returns
    -------
    f : ndarray
        The frequencies.
    Cxy : Variable
    """
    own = (fs, window, nperseg, noverlap, nfft, detrend)
    f, of_x = welch(x, *own, axis=axis)
    _, of_y = welch(y, *own, axis=axis)
    _, cross = csd(x, y, *own, axis=axis)
    return f, real(cross * conj(cross)) / of_x / of_y
