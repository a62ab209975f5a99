"""Signals without a trend or without noise: fitted lines and polynomials, ranks and local means."""

import math
import warnings

import numpy as np
import scipy.signal as ss
from scipy.signal import savgol_coeffs

from leopard._core import as_variable
from leopard.functions._registry import call, drawn, implements
from leopard.functions.basic.indexing import where
from leopard.functions.basic.shape import floating, form_of, plain
from leopard.functions.manipulation.axes import at_least, moveaxis
from leopard.functions.manipulation.joining import concatenate
from leopard.functions.statistics.averages import mean
from leopard.scipy._parts import axis_of, constant
from leopard.scipy.ndimage.filters import convolve1d, rank_filter
from leopard.scipy.signal.convolution import correlate

__all__ = ["detrend", "medfilt", "medfilt2d", "order_filter", "savgol_coeffs", "savgol_filter", "wiener"]


@implements(
    plain=ss.detrend,
    exact=False,
    cases=[
        call(drawn(5)),
        call(drawn(3, 4), 0, "constant"),
        call(drawn(2, 7), bp=[3]),
        call(drawn(6, 2), axis=0, bp=3),
        call(drawn(4, dtype=complex)),
    ],
)
def detrend(data, axis=-1, type="linear", bp=0, overwrite_data=False):
    """Data without their mean or their line of least squares along an axis.

    The gradient is detrend(gy), since the map is an orthogonal projection.

    Parameters
    ----------
    data : Variable or ndarray
    axis : int
    type : {"linear", "constant"}
    bp : int or sequence of int
        Breakpoints, between which lines are fitted separately.
    overwrite_data : bool
        Accepted and not used: no argument is overwritten.

    Returns
    -------
    Variable

    Raises
    ------
    ValueError
        When the type is unknown, or a breakpoint is beyond the data.
    """
    if type not in ("linear", "l", "constant", "c"):
        raise ValueError("Trend type must be 'linear' or 'constant'.")
    x = floating(data)
    axis = axis_of(axis, x.ndim)
    if type in ("constant", "c"):
        return as_variable(x - mean(x, axis, keepdims=True))
    n = x.shape[axis]
    ends = np.unique(np.concatenate([np.atleast_1d(0), np.ravel(bp), np.atleast_1d(n)])).astype(int)
    if np.any(ends > n):
        raise ValueError("Breakpoints must be less than length of data along given axis.")
    x = moveaxis(x, axis, -1)
    parts = []
    for start, stop in zip(ends[:-1], ends[1:], strict=True):
        m = stop - start
        line = np.stack([np.ones(m), np.arange(1, m + 1) / m], 1)[:, : min(m, 2)]
        q = np.linalg.qr(line)[0].astype(form_of(x).real.dtype)
        part = x[..., start:stop]
        parts.append(part - (part @ q) @ q.T)
    return as_variable(moveaxis(concatenate(parts, -1), -1, axis))


@implements(
    plain=ss.savgol_filter,
    exact=False,
    cases=[
        call(drawn(7), 5, 2),
        call(drawn(7, 2), 5, 3, 1, 0.5, 0),
        call(drawn(2, 6), 4, 2, deriv=2),
        *[call(drawn(6), 3, 1, mode=mode, cval=0.5) for mode in ("mirror", "constant", "nearest", "wrap")],
        call(drawn(5), 3, 1, deriv=2),
    ],
)
def savgol_filter(x, window_length, polyorder, deriv=0, delta=1.0, axis=-1, mode="interp", cval=0.0):
    """Values or derivatives of the polynomials of least squares in a window that slides along an axis.

    The gradient is the convolution of gy with the same coefficients reversed, and at the ends its product
    with the transpose of the matrix that fits the polynomial there.

    Parameters
    ----------
    x : Variable or ndarray
        Real.
    window_length, polyorder : int
        The length of the window, and the degree of the polynomials, which is less.
    deriv : int
        The order of the derivative.
    delta : float
        The distance between samples.
    axis : int
    mode : {"interp", "mirror", "constant", "nearest", "wrap"}
        At the ends: polynomials of the last windows, or how the signal is continued.
    cval : float
        Of the mode "constant".

    Returns
    -------
    Variable

    Raises
    ------
    ValueError
        When the window is too long, or the mode is unknown.
    """
    if mode not in ("mirror", "constant", "nearest", "interp", "wrap"):
        raise ValueError("mode must be 'mirror', 'constant', 'nearest' 'wrap' or 'interp'.")
    x = floating(x)
    axis = axis_of(axis, x.ndim)
    coefficients = savgol_coeffs(
        window_length, polyorder, deriv=deriv, delta=constant(delta, "savgol_filter", "delta")
    )
    if mode != "interp":
        return convolve1d(x, coefficients, axis, None, mode, cval)
    n = x.shape[axis]
    if window_length > n:
        raise ValueError("If mode is 'interp', window_length must be less than or equal to the size of x.")
    half = window_length // 2
    y = moveaxis(convolve1d(x, coefficients, axis, None, "constant"), axis, -1)[..., half : n - half]
    x = moveaxis(x, axis, -1)
    fit = _fitted(window_length, polyorder, deriv, delta).astype(x.dtype)
    first, last = x[..., :window_length] @ fit[:half].T, x[..., n - window_length :] @ fit[-half:].T
    return moveaxis(concatenate([first, y, last] if half else [y], -1), -1, axis)


def _fitted(n, order, deriv, delta):
    """The matrix from n samples to a derivative of their polynomial of least squares, at the same places."""
    places = np.arange(n) - (n - 1) / 2
    scale = (n - 1) / 2 or 1.0
    basis = np.polynomial.legendre.legvander(places / scale, order)
    slopes = np.polynomial.legendre.legder(np.eye(order + 1), deriv)
    slopes = np.polynomial.legendre.legval(places / scale, slopes).T
    return slopes.reshape(n, -1) @ np.linalg.pinv(basis) / (scale * delta) ** deriv


def _sizes(size, ndim):
    sizes = [3] * ndim if size is None else [int(k) for k in np.broadcast_to(size, (ndim,))]
    if any(k % 2 != 1 for k in sizes):
        raise ValueError("Each element of kernel_size should be odd.")
    return sizes


def _middle(x, size):
    sizes = _sizes(size, x.ndim)
    return rank_filter(x, math.prod(sizes) // 2, sizes, mode="constant")


@implements(plain=ss.medfilt, cases=[call(drawn(5)), call(drawn(4, 3), 3), call(drawn(3, 5), (1, 3))])
def medfilt(volume, kernel_size=None):
    """Medians of the elements in a window that slides over the array, with zeros around it.

    The gradient of an element is the sum of gy where it is the median, in equal shares among equal ones.

    Parameters
    ----------
    volume : Variable or ndarray
        Real.
    kernel_size : int or sequence of int, optional
        The size of the window, odd; 3 by default.

    Returns
    -------
    Variable

    Raises
    ------
    ValueError
        When a size is even.
    """
    x = at_least(1, floating(volume))
    if x.dtype.kind == "c":
        raise ValueError(f"dtype={x.dtype} is not supported by medfilt")
    if any(k > n for k, n in zip(_sizes(kernel_size, x.ndim), x.shape, strict=True)):
        warnings.warn("kernel_size exceeds volume extent: the volume will be zero-padded.", stacklevel=2)
    return _middle(x, kernel_size)


@implements(plain=ss.medfilt2d, cases=[call(drawn(3, 4)), call(drawn(4, 3), (3, 1))])
def medfilt2d(input, kernel_size=3):
    """Medians of the elements in a window that slides over a matrix, with zeros around it.

    The gradient of an element is the sum of gy where it is the median, in equal shares among equal ones.
    """
    x = floating(input)
    if x.ndim != 2:
        raise ValueError(f"a matrix is wanted, not an array of shape {x.shape}")
    return _middle(x, kernel_size)


@implements(
    plain=ss.order_filter,
    cases=[call(drawn(3, 4), np.ones((3, 3)), 2), call(drawn(5), np.array([1, 0, 1]), 1)],
)
def order_filter(a, domain, rank):
    """Elements of a rank among those in a window that slides over the array, with zeros around it.

    The gradient of an element is the sum of gy where it has this rank, in equal shares among equal ones.

    Parameters
    ----------
    a : Variable or ndarray
        Real.
    domain : ndarray
        The window: the elements that are not 0 count. Its sizes are odd.
    rank : int
        0 for the smallest.

    Returns
    -------
    Variable

    Raises
    ------
    ValueError
        When a size of the window is even.
    """
    domain = np.asarray(domain)
    if any(n % 2 != 1 for n in domain.shape):
        raise ValueError("Each dimension of domain argument should have an odd number of elements.")
    return rank_filter(floating(a), rank, footprint=domain, mode="constant")


@implements(
    plain=ss.wiener,
    exact=False,
    cases=[call(drawn(5)), call(drawn(3, 4), 3, 0.5), call(drawn(4, 4), (3, 1), drawn(low=0.2, high=0.3))],
)
def wiener(im, mysize=None, noise=None):
    """Image without noise, by its means and variances in a window: the less variance, the nearer to the mean.

    The gradient is that of mean + (im - mean) * (1 - noise / variance), and of the mean where the noise is
    more than the variance; through the mean of the variances, too, where no noise is given.

    Parameters
    ----------
    im : Variable or ndarray
    mysize : int or sequence of int, optional
        The size of the window, 3 by default.
    noise : Variable or float, optional
        The power of the noise, by default the mean of the variances.

    Returns
    -------
    Variable
    """
    x = floating(im)
    sizes = [3] * x.ndim if mysize is None else np.broadcast_to(mysize, (x.ndim,)).tolist()
    window = np.ones(sizes)
    means = correlate(x, window, "same") / float(window.size)
    variances = correlate(x**2, window, "same") / float(window.size) - means**2
    noise = mean(variances) if noise is None else noise
    less = plain(variances) < plain(noise)
    safe = where(less, 1.0, variances) if less.any() else variances
    return where(less, means, (x - means) * (1 - noise / safe) + means)
