"""Sums of products of two sequences, one shifted along the other."""

import numpy as np

from leopard.functions._primitives import Primitive
from leopard.functions._registry import call, drawn, implements
from leopard.functions.basic.indexing import AddAt

__all__ = ["convolve", "correlate"]


class _Sliding(Primitive, abstract=True):
    """Sums of products of two sequences, one shifted along the other, in one of NumPy's three modes."""

    n_inputs = 2
    options = ("mode",)
    multilinear = True

    def start(self, n, m, length):
        """The place of the first sum of the result among the n + m - 1 sums of the mode "full"."""
        shorter = min(n, m)
        return shorter - 1 - (shorter // 2 if length == max(n, m) else 0)

    def padded(self, gy):
        """gy with zeros at the sums of the mode "full" that the result leaves out."""
        n, m = [x.shape[0] for x in self.inputs]
        length = gy.shape[0]
        if length == n + m - 1:
            return gy
        start = self.start(n, m, length)
        return AddAt.operation(gy, slice(start, start + length), (n + m - 1,))


class Convolve(_Sliding):
    def forward(self, a, v):
        return np.convolve(a, v, self.mode)

    def backward(self, gy):
        a, v = self.inputs
        gy = self.padded(gy)
        return (
            correlate(gy, v, "valid") if self.wanted[0] else None,
            correlate(gy, a, "valid") if self.wanted[1] else None,
        )


class Correlate(_Sliding):
    def forward(self, a, v):
        return np.correlate(a, v, self.mode)

    def start(self, n, m, length):
        start = super().start(n, m, length)
        return start if n >= m else n + m - 1 - length - start  # NumPy exchanges the two, and reverses

    def backward(self, gy):
        a, v = self.inputs
        gy = self.padded(gy)
        return (
            convolve(gy, v, "valid") if self.wanted[0] else None,
            correlate(a, gy, "valid") if self.wanted[1] else None,
        )


_calls = [
    call(drawn(5), drawn(3), mode)
    for mode in ("full", "same", "valid")
] + [
    call(drawn(3), drawn(4), mode="full"),
    call(drawn(3), drawn(4), mode="same"),
    call(drawn(2), drawn(5), mode="valid"),
    call(drawn(4), drawn(4), mode="same"),
    call(drawn(4, dtype=complex), drawn(3, dtype=complex), mode="same"),
    call(drawn(2, dtype=complex), drawn(3, dtype=complex), mode="full"),
    call(drawn(2, dtype=complex), drawn(5, dtype=complex), mode="same"),
    call(drawn(2), drawn(5, dtype=complex), mode="valid"),
    call(drawn(4, dtype=complex), drawn(2)),
    call(drawn(4), [1.0, -2, 1]),
    call(np.array([1, 2, 3]), drawn(2)),
    call(np.array([1.0, 2j]), drawn(3), mode="same"),
    call(drawn(1), drawn(1)),
]  # fmt: skip


@implements(
    np.convolve, cases=[*_calls, call(drawn(), drawn(3)), call(drawn(3), 2.0), call(drawn(), drawn())]
)
def convolve(a, v, mode="full"):
    """Convolution of two sequences, y[k] = sum over j of a[j] * v[k - j].

    The gradients are the correlations of gy with the other sequence, where they overlap in full.

    Parameters
    ----------
    a, v : Variable or ndarray
        One axis each, neither empty; a number is a sequence of one.
    mode : {"full", "same", "valid"}
        All n + m - 1 sums; the middle ones, as many as the longer sequence has; or those of a full overlap.

    Returns
    -------
    Variable

    Raises
    ------
    ValueError
        When a sequence is empty or has more than one axis, or the mode is unknown.

    Examples
    --------
    >>> convolve(Variable(np.array([1.0, 2.0, 3.0])), np.array([1.0, -1.0]))
    variable([ 1.  1.  1. -3.])
    """
    return Convolve.operation(np.atleast_1d(a), np.atleast_1d(v), mode)


@implements(np.correlate, cases=_calls)
def correlate(a, v, mode="valid"):
    """Correlation of two sequences, y[k] = sum over j of a[j + k] * conj(v[j]).

    The gradients are convolve(gy, v) for a and correlate(a, gy) for v, where they overlap in full.

    Parameters
    ----------
    a, v : Variable or ndarray
        One axis each, neither empty.
    mode : {"valid", "same", "full"}
        As for `convolve`.

    Returns
    -------
    Variable

    Raises
    ------
    ValueError
        When a sequence is empty or does not have one axis, or the mode is unknown.

    Examples
    --------
    >>> correlate(Variable(np.array([1.0, 2.0, 4.0])), np.array([-1.0, 1.0]))
    variable([1. 2.])
    """
    return Correlate.operation(a, v, mode)
