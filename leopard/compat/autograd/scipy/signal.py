"""`autograd.scipy.signal`: convolution along some axes, with products over others."""

import numpy as np

from leopard._core import as_variable
from leopard.compat.autograd.scipy._either import either as _either
from leopard.functions.linalg.einsum import einsum

__all__ = ["convolve"]


def _convolve(A, B, axes=None, dot_axes=((), ()), mode="full"):
    if mode not in ("full", "same", "valid"):
        raise AssertionError(f"Mode {mode} undefined, it can be one of 'valid', 'full', and 'same'")
    A, B = as_variable(A), as_variable(B)
    conv_a, conv_b = axes if axes is not None else (range(A.ndim),) * 2
    a, b = _Operand(A, conv_a, dot_axes[0]), _Operand(B, conv_b, dot_axes[1])
    if mode == "valid" and any(m < n for m, n in zip(a.sizes, b.sizes, strict=True)):
        if any(m > n for m, n in zip(a.sizes, b.sizes, strict=True)):
            raise ValueError("One array must be larger than the other along all convolved dimensions")
        return _slid(b, a, (), False)
    before = [(n - 1 if mode == "full" else n - 1 - (n - 1) // 2) if mode != "valid" else 0 for n in b.sizes]
    after = [(n - 1 if mode == "full" else (n - 1) // 2) if mode != "valid" else 0 for n in b.sizes]
    return _slid(a, b, list(zip(before, after, strict=True)), True)


class _Operand:
    """An array with its axes that are convolved, summed over, and neither."""

    def __init__(self, x, conv, dot):
        self.x = x
        self.conv, self.dot = [k % x.ndim for k in conv], [k % x.ndim for k in dot]
        self.rest = [k for k in range(x.ndim) if k not in self.conv and k not in self.dot]
        self.sizes = [x.shape[k] for k in self.conv]


def _slid(a, b, widths, a_is_first):
    """The sums of products of the windows of a, padded by these widths, with b in the opposite order."""
    x, n = a.x, a.x.ndim
    if any(map(any, widths)):
        of_axis = dict(zip(a.conv, widths, strict=True))
        x = np.pad(x, [of_axis.get(k, (0, 0)) for k in range(n)])
    x = np.lib.stride_tricks.sliding_window_view(x, b.sizes, a.conv)
    y = np.flip(b.x, b.conv)
    # Labels: those of the axes of a, behind them its windows' and then the remaining axes of b.
    in_window = range(n, n + len(a.conv))
    of_b = dict(zip(b.conv, in_window, strict=True)) | dict(zip(b.dot, a.dot, strict=True))
    of_b |= {k: n + len(a.conv) + i for i, k in enumerate(b.rest)}
    first, second = a.rest, [of_b[k] for k in b.rest]
    out = [*first, *second] if a_is_first else [*second, *first]
    labels = [*range(n), *in_window], [of_b[k] for k in range(b.x.ndim)], [*out, *a.conv]
    return einsum(x, labels[0], y, labels[1], labels[2])


def _plain(A, B, axes=None, dot_axes=((), ()), mode="full"):
    return _convolve(A, B, axes, dot_axes, mode).data


_plain.__name__ = "convolve"
_plain.__doc__ = """The convolution of A and B along some axes.

Parameters
----------
A, B : array
axes : pair of sequences of int, optional
    The axes of A and of B along which they are convolved, by default all.
dot_axes : pair of sequences of int
    The axes of A and of B along which products are summed.
mode : {"full", "same", "valid"}
    Every overlap; as many places as A has, or the whole overlaps.

Returns
-------
array
    Its axes: those of A that are neither, those of B that are neither, and the convolved ones.
"""
convolve = _either(_plain, _convolve)
