"""Signals at other rates: by Fourier transforms, and by filters between the samples."""

import math
import operator

import numpy as np
import scipy.signal as ss

from leopard._core import Variable, as_variable
from leopard.functions._registry import call, drawn, implements
from leopard.functions.basic.indexing import AddAt
from leopard.functions.basic.shape import floating, form_of, operand
from leopard.functions.fft import fft, fft2, ifft, ifft2, irfft, rfft
from leopard.functions.manipulation.axes import moveaxis
from leopard.functions.manipulation.joining import concatenate
from leopard.functions.manipulation.padding import pad
from leopard.functions.statistics.averages import mean
from leopard.functions.statistics.quantiles import median
from leopard.scipy._convolution import convolved
from leopard.scipy._parts import along, axis_of, column, constant
from leopard.scipy.signal.filtering import sosfilt, sosfiltfilt

__all__ = ["decimate", "hilbert", "hilbert2", "resample", "resample_poly", "upfirdn"]


def _one_sided(n, twice):
    """The weights of n frequencies that leave the positive ones alone, twice."""
    w = np.zeros(n)
    w[: (n + 1) // 2] = 2.0
    w[0] = 1.0
    if n % 2 == 0 and twice:
        w[n // 2] = 1.0
    return w


def _real(x):
    x = floating(x)
    if x.dtype.kind == "c":
        raise ValueError("x must be real.")
    return x


@implements(
    plain=ss.hilbert,
    exact=False,
    cases=[call(drawn(4)), call(drawn(2, 5)), call(drawn(3, 2), 4, axis=0), call(drawn(1))],
)
def hilbert(x, N=None, axis=-1):
    """The analytic signal of a real one: x + 1j times its Hilbert transform.

    The gradient is the real part of the adjoint: gy through the same weights of its frequencies.

    Parameters
    ----------
    x : Variable or ndarray
    N : int, optional
        The number of frequencies.
    axis : int

    Returns
    -------
    Variable
        Complex.

    Raises
    ------
    ValueError
        When x is complex, or N is not positive.
    """
    x = _real(x)
    axis = axis_of(axis, x.ndim)
    n = x.shape[axis] if N is None else N
    if n <= 0:
        raise ValueError("N must be positive.")
    weights = _one_sided(n, True).astype(x.dtype)
    return ifft(fft(x, n, axis) * column(weights, axis, x.ndim), None, axis)


@implements(
    plain=ss.hilbert2,
    exact=False,
    cases=[call(drawn(3, 4)), call(drawn(2, 3, 2), N=(3, 4)), call(drawn(3, 2), 4)],
)
def hilbert2(x, N=None, axes=(-2, -1)):
    """The analytic signal of a real one of two axes.

    The gradient is the real part of gy through the same weights of its frequencies. N may be two numbers.
    """
    x = _real(x)
    x = x if x.ndim > 1 else x.reshape(1, -1)
    if len(axes) != 2:
        raise ValueError("axes must be a tuple of length 2")
    axes = [axis_of(axis, x.ndim) for axis in axes]
    if axes[0] == axes[1]:
        raise ValueError("axes must contain 2 distinct axes")
    n = [x.shape[axis] for axis in axes] if N is None else [N, N] if isinstance(N, int) else list(N)
    if len(n) != 2 or min(n) <= 0:
        raise ValueError("When given as a tuple, N must hold exactly two positive integers")
    y = fft2(x, n, axes)
    for axis, k in zip(axes, n, strict=True):
        y = y * column(_one_sided(k, False).astype(x.dtype), axis, x.ndim)
    return ifft2(y, None, axes)


@implements(
    plain=ss.resample,
    exact=False,
    cases=[
        *[call(drawn(n), num) for n in (4, 5) for num in (3, 4, 6, 7)],
        call(drawn(2, 4), 6, axis=1, window="hamming"),
        call(drawn(4, 2), 3, window=np.array([1.0, 0.5, 0.2, 0.5])),
        call(drawn(4, dtype=complex), 6),
        call(drawn(6, dtype=complex), 4, window="hann"),
        call(drawn(6, dtype=complex), 3, domain="freq"),
        call(drawn(3), 4, np.array([0.0, 0.5, 1.0])),
    ],
)
def resample(x, num, t=None, axis=0, window=None, domain="time"):
    """A signal at `num` places by its Fourier transform, as if it were periodic.

    The gradient is gy through the adjoint transforms, at the frequencies that are kept.

    Parameters
    ----------
    x : Variable or ndarray
    num : int
        The number of samples that are returned.
    t : Variable or ndarray, optional
        The places of the samples; the new places are returned, too, with gradients in the first two.
    axis : int
    window : str, tuple, ndarray or callable, optional
        Weights of the frequencies, as for SciPy's `get_window`.
    domain : {"time", "freq"}
        Whether x is the signal, or its Fourier transform.

    Returns
    -------
    Variable, or Variable and the new places

    Raises
    ------
    ValueError
        When the domain is unknown, or the window has another length.
    """
    if domain not in ("time", "freq"):
        raise ValueError(f"Parameter domain={domain!r} not in ('time', 'freq')!")
    x = floating(x)
    x = moveaxis(x, axis_of(axis, x.ndim), -1)
    n = x.shape[-1]
    weights = _weights_of_frequencies(constant(window, "resample", "window"), n)
    m = min(num, n)
    m2 = m // 2 + 1
    if domain == "time" and x.dtype.kind != "c":
        y = rfft(x)
        if weights is not None:
            folded = weights[: y.shape[-1]].copy()
            folded[1:] = (folded[1:] + weights[-len(folded) + 1 :][::-1]) / 2 if len(folded) > 1 else 0
            y = y * folded.astype(x.dtype)
        y = y[..., :m2]
        if m % 2 == 0 and num != n:
            middle = np.ones(m2, x.dtype)
            middle[m // 2] = 2 if num < n else 0.5
            y = y * middle
        y = irfft(y / (n / num), num)
    else:
        y = fft(x) if domain == "time" else x
        if weights is not None:
            y = y * weights.astype(form_of(y).real.dtype)
        y = ifft(_of_frequencies(y, n, num, m, m2) / (n / num), num)
    y = moveaxis(y, -1, axis) if y.ndim > 1 else y
    if t is None:
        return y
    t = operand(t)
    return y, t[0] + (t[1] - t[0]) * (n / num) * np.arange(num)


def _weights_of_frequencies(window, n):
    if window is None:
        return None
    if callable(window):
        return np.asarray(window(np.fft.fftfreq(n)))
    if hasattr(window, "shape"):
        if window.shape != (n,):
            raise ValueError(
                f"window.shape={window.shape} != ({n},), i.e., window length is not equal to number of "
                "frequency bins!"
            )
        return np.array(window)
    return np.fft.fftshift(ss.get_window(window, n))


def _of_frequencies(y, n, num, m, m2):
    """`num` frequencies from n: the lowest, with zeros between them, or without those above."""
    if num == n:
        return y
    half = m // 2
    if m % 2 == 0:
        if num < n:
            middle = y[..., half : half + 1] + y[..., n - half : n - half + 1]
            return concatenate([y[..., :half], middle, y[..., n - half + 1 :]], -1)
        middle = y[..., half : half + 1] / 2
        zeros = np.zeros((*y.shape[:-1], num - m - 1), y.dtype)
        return concatenate([y[..., :half], middle, zeros, middle, y[..., half + 1 :]], -1)
    zeros = np.zeros((*y.shape[:-1], num - m), y.dtype)
    return concatenate([y[..., :m2], zeros, y[..., n - (m - m2) :]], -1)


# -- Filters between the samples ------------------------------------------------------------------

_continued = {"symmetric": {}, "reflect": {}, "edge": {}, "wrap": {}}
_continued["antireflect"] = {"mode": "reflect", "reflect_type": "odd"}
_MODES = (
    "constant",
    "symmetric",
    "edge",
    "smooth",
    "wrap",
    "reflect",
    "antisymmetric",
    "antireflect",
    "line",
)


def _with_ends(x, n, mode, cval, axis):
    """A signal with n more elements at both ends."""
    widths = [(0, 0)] * x.ndim
    widths[axis] = (n, n)
    if mode == "constant":
        return pad(x, widths, constant_values=cval)
    if mode in _continued:
        return pad(x, widths, **({"mode": mode} | _continued[mode]))
    m = x.shape[axis]
    if mode == "antisymmetric":
        places = np.pad(np.arange(m), n, "symmetric")
        signs = (1 - 2 * (np.arange(-n, m + n) // m % 2)).astype(x.dtype)
        return x[(*[slice(None)] * axis, places)] * column(signs, axis, x.ndim)
    first, last = x[along(axis, 0, 1)], x[along(axis, m - 1, m)]
    steps = column(np.arange(1, n + 1).astype(form_of(x).real.dtype), axis, x.ndim)
    if mode == "line":
        left = right = (last - first) / max(m - 1, 1)
    elif m > 1:  # smooth
        left, right = x[along(axis, 1, 2)] - first, last - x[along(axis, m - 2, m - 1)]
    else:
        left = right = 0.0 * first
    return concatenate([first - left * np.flip(steps, axis), x, last + right * steps], axis)


@implements(
    plain=ss.upfirdn,
    exact=False,
    cases=[
        call(drawn(3), drawn(4)),
        call(drawn(3), drawn(4), 2, 3),
        call(drawn(5), drawn(2, 4), up=3, down=2),
        call(drawn(4), drawn(3, 2), 2, axis=0),
        call(np.array([1.0, 2.0, 1.0]), drawn(4, dtype=complex), 1, 2),
        call(drawn(3), drawn(4), 2, cval=1.5),
        *[call(drawn(4), drawn(4), 2, 3, mode=mode) for mode in _MODES[1:]],
    ],
)
def upfirdn(h, x, up=1, down=1, axis=-1, mode="constant", cval=0):
    """A signal with zeros between its samples, through a filter, of which every `down`-th output is kept.

    The gradients are those of the convolution: gy with zeros in between is correlated with h and with x.

    Parameters
    ----------
    h : Variable or ndarray
        The coefficients of the filter, a vector.
    x : Variable or ndarray
    up, down : int
        The rates.
    axis : int
    mode : str
        How the signal is continued at its ends: "constant", "symmetric", "edge", "smooth", "wrap",
        "reflect", "antisymmetric", "antireflect" or "line".
    cval : float
        Of the mode "constant"; it takes no gradient.

    Returns
    -------
    Variable

    Raises
    ------
    ValueError
        When h is no vector, a rate is below 1, or the mode is unknown.
    """
    h, x = floating(h), floating(x)
    if h.ndim != 1 or h.shape[0] == 0:
        raise ValueError("h must be 1-D with non-zero length")
    up, down = int(up), int(down)
    if up < 1 or down < 1:
        raise ValueError("Both up and down must be >= 1")
    if mode not in _MODES:
        raise ValueError(f"Unknown mode: {mode}, must be one of {_MODES}")
    axis = axis_of(axis, x.ndim)
    m = h.shape[0]
    total = (x.shape[axis] - 1) * up + m
    constant(cval, "upfirdn", "cval")
    ends = 0 if mode == "constant" and not np.any(cval) else -(-m // up)
    if ends:
        x = _with_ends(x, ends, mode, cval, axis)
    n = x.shape[axis]
    if up > 1:
        shape = (*x.shape[:axis], (n - 1) * up + 1, *x.shape[axis + 1 :])
        x = AddAt.operation(x, along(axis, None, None, up), shape)
    y = convolved(h, x, axis)
    return y[along(axis, ends * up, ends * up + total, down)]


_backgrounds = {"mean": mean, "median": median, "minimum": np.min, "maximum": np.max}


@implements(
    plain=ss.resample_poly,
    exact=False,
    cases=[
        call(drawn(6), 2, 3),
        call(drawn(2, 5), 3, 1, axis=1),
        call(drawn(6), 2, 4, window=[0.5, 1.0, 0.5]),
        call(drawn(6), 3, 2, window=drawn(5), padtype="line"),
        *[call(drawn(5), 1, 2, padtype=padtype) for padtype in ("mean", "median", "maximum", "edge")],
        call(drawn(4), 2, 2),
    ],
)
def resample_poly(x, up, down, axis=0, window=("kaiser", 5.0), padtype="constant", cval=None):
    """A signal at up / down times its rate, through a filter between its samples.

    The gradient is that of `upfirdn`, and of the statistic that is taken off before and added afterwards.

    Parameters
    ----------
    x : Variable or ndarray
    up, down : int
        The rates.
    axis : int
    window : str, tuple, list, Variable or ndarray
        The window with which the filter is designed, or its coefficients, which may be a Variable.
    padtype : str
        A mode of `upfirdn`, or "mean", "median", "maximum" or "minimum", which is taken off before.
    cval : float, optional
        Of the padtype "constant"; it takes no gradient.

    Returns
    -------
    Variable

    Raises
    ------
    ValueError
        When a rate is not a whole number above 0, or padtype is unknown.
    """
    x = floating(x)
    axis = axis_of(axis, x.ndim)
    if up != int(up):
        raise ValueError("up must be an integer")
    if down != int(down):
        raise ValueError("down must be an integer")
    if up < 1 or down < 1:
        raise ValueError("up and down must be >= 1")
    if cval is not None and padtype != "constant":
        raise ValueError("cval has no effect when padtype is ", padtype)
    if padtype not in _backgrounds and padtype not in _MODES:
        raise ValueError(f"padtype must be one of: maximum, mean, median, minimum, {', '.join(_MODES)}")
    common = math.gcd(int(up), int(down))
    up, down = int(up) // common, int(down) // common
    if up == down == 1:
        return as_variable(x * 1)
    n = x.shape[axis]
    kept = -(-n * up // down)
    if isinstance(window, (list, np.ndarray, Variable)):
        h = floating(window)
        if h.ndim > 1:
            raise ValueError("window must be 1-D")
        half = (h.size - 1) // 2
    else:
        half = 10 * max(up, down)
        h = ss.firwin(2 * half + 1, 1.0 / max(up, down), window=window).astype(x.dtype)
    before = down - half % down
    skipped = (half + before) // down
    after = 0
    while _length(h.shape[0] + before + after, n, up, down) < kept + skipped:
        after += 1
    h = concatenate([np.zeros(before, h.dtype), h * up, np.zeros(after, h.dtype)])
    background = _backgrounds[padtype](x, axis=axis, keepdims=True) if padtype in _backgrounds else None
    mode = "constant" if padtype in _backgrounds else padtype
    y = upfirdn(
        h, x if background is None else x - background, up, down, axis, mode, 0 if cval is None else cval
    )
    y = y[along(axis, skipped, skipped + kept)]
    return y if background is None else y + background


def _length(m, n, up, down):
    """The number of outputs of `upfirdn`, of a filter of m coefficients and n samples."""
    return ((n - 1) * up + m - 1) // down + 1


@implements(
    plain=ss.decimate,
    exact=False,
    cases=[
        call(drawn(40), 2),
        call(drawn(20), 2, 2, zero_phase=False),
        call(drawn(12, 2), 3, 4, "fir", axis=0),
        call(drawn(12), 3, 4, "fir", zero_phase=False),
    ],
)
def decimate(x, q, n=None, ftype="iir", axis=-1, zero_phase=True):
    """A signal through a filter against aliasing, of which every q-th sample is kept.

    The gradient is that of the filter: `sosfiltfilt` or `resample_poly`, or `sosfilt` or `upfirdn` where the
    phase is changed.

    Parameters
    ----------
    x : Variable or ndarray
    q : int
    n : int, optional
        The order of the filter.
    ftype : {"iir", "fir"}
        A Chebyshev filter, or one without recursion.
    axis : int
    zero_phase : bool
        Whether the filter goes forwards and backwards.

    Returns
    -------
    Variable

    Raises
    ------
    ValueError
        When ftype is unknown.
    """
    x = floating(x)
    axis = axis_of(axis, x.ndim)
    q = operator.index(q)
    n = n if n is None else operator.index(n)
    if ftype == "fir":
        b = ss.firwin((20 * q if n is None else n) + 1, 1.0 / q, window="hamming").astype(x.dtype)
        if zero_phase:
            return resample_poly(x, 1, q, axis, b)
        return upfirdn(b, x, 1, q, axis)[along(axis, 0, -(-x.shape[axis] // q))]
    if ftype != "iir":
        raise ValueError("invalid ftype")
    sos = ss.cheby1(8 if n is None else n, 0.05, 0.8 / q, output="sos").astype(x.dtype)
    y = sosfiltfilt(sos, x, axis) if zero_phase else sosfilt(sos, x, axis)
    return y[along(axis, None, None, q)]
