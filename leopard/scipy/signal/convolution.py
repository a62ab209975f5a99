"""Convolutions and correlations of arrays along all or some of their axes, and their inverse."""

import numpy as np
import scipy.signal as ss
from scipy.signal import choose_conv_method, correlation_lags

from leopard._core import as_variable
from leopard.functions._registry import call, drawn, implements
from leopard.functions.basic.complex import conj
from leopard.functions.manipulation.padding import pad
from leopard.scipy._convolution import Convolution, reversed_along
from leopard.scipy._parts import axis_of, constant, same_dtype

__all__ = [
    "choose_conv_method", "convolve", "convolve2d", "correlate", "correlate2d", "correlation_lags",
    "fftconvolve", "oaconvolve",
]  # fmt: skip


_modes = ("full", "same", "valid")
_calls = [
    *[call(drawn(5), drawn(3), mode) for mode in _modes],
    call(drawn(2), drawn(4), "same"),
    call(drawn(2), drawn(4), "valid"),
    *[call(drawn(3, 4), drawn(2, 3), mode) for mode in _modes],
    call(drawn(2, 2), drawn(3, 2), mode="valid"),
    call(drawn(3, dtype=complex), drawn(2, dtype=complex), "same"),
    call(drawn(2, 3), np.array([[1.0, -1.0]]), "same"),
    call(drawn(3), np.array([1.0, 2j])),
]
_methods = [
    call(drawn(4, 3), drawn(2, 2), "same", "fft"),
    call(drawn(2, 3), drawn(2, 2), "full", "direct"),
    call(drawn(3), drawn(4), "valid", method="direct"),
    call(drawn(), drawn()),
]


def _operands(a, v, mode, names="in1 and in2"):
    if mode not in _modes:
        raise ValueError("acceptable mode flags are 'valid', 'same', or 'full'")
    a, v = same_dtype(a, v)
    if a.ndim != v.ndim:
        raise ValueError(f"{names} should have the same dimensionality")
    return a, v


def _fit(a, v, mode, axes):
    """Raise where neither operand fits into the other, in the mode "valid"."""
    if mode == "valid":
        differences = [a.shape[axis] - v.shape[axis] for axis in axes]
        if min(differences) < 0 < max(differences):
            raise ValueError(
                "For 'valid' mode, one must be at least as large as the other in every dimension"
            )


@implements(plain=ss.convolve, exact=False, cases=[*_calls, *_methods])
def convolve(in1, in2, mode="full", method="auto"):
    """Convolution of two arrays, y[k] = sum over j of in1[j] * in2[k - j].

    The gradients are the correlations of gy with the other array, where they overlap in full.

    Parameters
    ----------
    in1, in2 : Variable or ndarray
        Arrays with the same number of axes.
    mode : {"full", "valid", "same"}
        All sums; those of a full overlap; or the middle ones, as many as in1 has elements.
    method : {"auto", "direct", "fft"}
        Sums of products, or products of Fourier transforms, in the value and in the gradients; by default
        whichever is expected to be faster.

    Returns
    -------
    Variable

    Raises
    ------
    ValueError
        When the numbers of axes differ, or the mode or the method is unknown.
    """
    a, v = _operands(in1, in2, mode, "volume and kernel")
    if method not in ("auto", "direct", "fft"):
        raise ValueError("Acceptable method flags are 'auto', 'direct', or 'fft'.")
    if a.ndim == 0:
        return as_variable(a * v)
    axes = tuple(range(a.ndim))
    _fit(a, v, mode, axes)
    return Convolution.operation(a, v, mode, axes, method)


@implements(plain=ss.correlate, exact=False, cases=[*_calls, *_methods])
def correlate(in1, in2, mode="full", method="auto"):
    """Correlation of two arrays, y[k] = sum over j of in1[j + k] * conj(in2[j]).

    The gradient of in1 is the convolution of gy with in2, that of in2 the correlation of in1 with gy. The
    parameters are those of `convolve`.
    """
    _, v = _operands(in1, in2, mode)
    return convolve(in1, conj(reversed_along(v)), mode, method)


_by_axes = [
    *_calls,
    call(drawn(2, 4), drawn(2, 3), "same", axes=1),
    call(drawn(2, 4), drawn(1, 3), "full", axes=-1),
    call(drawn(4, 1, 2), drawn(2, 3, 2), "valid", [0]),
    call(drawn(2, 9), drawn(2, 2), "same"),
]


def _along_axes(a, v, mode, axes, method):
    a, v = _operands(a, v, mode)
    if a.ndim == 0:
        return as_variable(a * v)
    if a.size == 0 or v.size == 0:
        return as_variable(np.array([]))
    chosen = tuple(range(a.ndim)) if axes is None else tuple(np.atleast_1d(axes).tolist())
    chosen = tuple([axis_of(axis, a.ndim) for axis in chosen])
    if not chosen:
        raise ValueError("when provided, axes cannot be empty")
    for axis in set(range(a.ndim)) - set(chosen):
        if a.shape[axis] != v.shape[axis] and 1 not in (a.shape[axis], v.shape[axis]):
            raise ValueError(f"incompatible shapes for in1 and in2: {a.shape} and {v.shape}")
    _fit(a, v, mode, chosen)
    return Convolution.operation(a, v, mode, chosen, method)


@implements(plain=ss.fftconvolve, exact=False, cases=_by_axes)
def fftconvolve(in1, in2, mode="full", axes=None):
    """Convolution of two arrays by the product of their Fourier transforms.

    The gradients are the correlations of gy with the other array, where they overlap in full, by Fourier
    transforms as well; along the other axes sums of products.

    Parameters
    ----------
    in1, in2 : Variable or ndarray
        Arrays with the same number of axes.
    mode : {"full", "valid", "same"}
        As for `convolve`.
    axes : int or sequence of int, optional
        The axes along which they are convolved; along the others they broadcast. By default all.

    Returns
    -------
    Variable

    Raises
    ------
    ValueError
        When the shapes do not fit, or the mode is unknown.
    """
    return _along_axes(in1, in2, mode, axes, "fftconvolve")


@implements(plain=ss.oaconvolve, exact=False, cases=[*_by_axes, call(drawn(40), drawn(3), "same")])
def oaconvolve(in1, in2, mode="full", axes=None):
    """Convolution of two arrays by the Fourier transforms of overlapping blocks, which are added.

    The gradients are the correlations of gy with the other array, where they overlap in full, in blocks as
    well. The parameters are those of `fftconvolve`.
    """
    return _along_axes(in1, in2, mode, axes, "oaconvolve")


# -- Of two axes, with a border -------------------------------------------------------------------

_borders = {"fill": "constant", "pad": "constant", "wrap": "wrap", "circular": "wrap", "symm": "symmetric"}
_borders["symmetric"] = "symmetric"
_of_planes = [
    *[call(drawn(3, 4), drawn(2, 3), mode) for mode in _modes],
    *[call(drawn(3, 4), drawn(3, 2), mode, "wrap") for mode in _modes],
    *[call(drawn(4, 3), drawn(2, 3), mode, "symm") for mode in _modes],
    call(drawn(3, 3), drawn(2, 3), "same", fillvalue=2.0),
    call(drawn(2, 2), drawn(3, 2), "valid"),
    call(drawn(2, 3, dtype=complex), drawn(2, 2, dtype=complex), "same", "symm"),
]


def _of_planes_with_border(a, v, mode, boundary, fillvalue, start):
    """The sums in a mode of the operands, of which the first is continued beyond its border."""
    if boundary not in _borders:
        raise ValueError("Acceptable boundary flags are 'fill', 'circular' (or 'wrap'), and 'symmetric'.")
    if mode == "valid":
        _fit(a, v, mode, (0, 1))
        return convolve(a, v, mode, "direct")
    border = _borders[boundary]
    given = (
        {"constant_values": constant(fillvalue, "convolve2d", "fillvalue")} if border == "constant" else {}
    )
    widths = [(m - 1, m - 1) for m in v.shape]
    y = convolve(pad(a, widths, border, **given), v, "valid", "direct")
    if mode == "full":
        return y
    return y[tuple([slice(start(m), start(m) + n) for n, m in zip(a.shape, v.shape, strict=True)])]


def _planes(in1, in2, mode, name):
    a, v = _operands(in1, in2, mode)
    if a.ndim != 2:
        raise ValueError(f"{name} inputs must both be 2-D arrays")
    return a, v


@implements(plain=ss.convolve2d, exact=False, cases=_of_planes)
def convolve2d(in1, in2, mode="full", boundary="fill", fillvalue=0):
    """Convolution of two matrices, of which the first is continued beyond its border.

    The gradient of in2 is the correlation of gy with the continued in1; that of in1 is the correlation of gy
    with in2, of which the part in the border is added to the elements that it continues.

    Parameters
    ----------
    in1, in2 : Variable or ndarray
        Matrices.
    mode : {"full", "valid", "same"}
        As for `convolve`.
    boundary : {"fill", "wrap", "symm"}
        What is beyond the border: a number, the matrix again, or its reflection.
    fillvalue : float
        That number, which takes no gradient.

    Returns
    -------
    Variable

    Raises
    ------
    ValueError
        When these are no matrices, or the mode or the boundary is unknown.
    TypeError
        When `fillvalue` is a Variable.
    """
    a, v = _planes(in1, in2, mode, "convolve2d")
    return _of_planes_with_border(a, v, mode, boundary, fillvalue, lambda m: (m - 1) // 2)


@implements(plain=ss.correlate2d, exact=False, cases=_of_planes)
def correlate2d(in1, in2, mode="full", boundary="fill", fillvalue=0):
    """Correlation of two matrices, of which the first is continued beyond its border.

    The gradients are those of `convolve2d` with the conjugate of in2, reversed in both axes. The parameters
    are those of `convolve2d`.
    """
    a, v = _planes(in1, in2, mode, "correlate2d")
    return _of_planes_with_border(a, conj(reversed_along(v)), mode, boundary, fillvalue, lambda m: m // 2)
