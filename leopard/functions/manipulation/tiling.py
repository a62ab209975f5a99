"""Repeated elements: tiled arrays, repeated elements, and sliding windows."""

from functools import partial
from operator import index

import numpy as np

from leopard._core import as_variable
from leopard.functions._primitives import Primitive
from leopard.functions._registry import call, drawn, implements
from leopard.functions.basic.indexing import gather
from leopard.functions.basic.shape import as_shape, operand, plain, reshape

__all__ = ["repeat", "resize", "sliding_window_view", "tile"]


class Tile(Primitive):
    options = ("reps",)
    linear = True

    def forward(self, x):
        return np.tile(x, self.reps)

    def backward(self, gy):
        (x,) = self.inputs
        n = max(x.ndim, len(self.reps))
        reps = (1,) * (n - len(self.reps)) + self.reps
        lengths = (1,) * (n - x.ndim) + x.shape
        apart = [i for pair in zip(reps, lengths, strict=True) for i in pair]
        return reshape(np.sum(reshape(gy, tuple(apart)), axis=tuple(range(0, 2 * n, 2))), x.shape)


@implements(
    np.tile,
    cases=[
        call(drawn(2, 3), 2),
        call(drawn(3), (2, 2)),
        call(drawn(2, 3, 2), (2, 1)),
        call(drawn(2, 1, dtype=complex), [1, 3]),
        call(drawn(2, 3), (2, 1, 3)),
        call(drawn(), 3),
        call(drawn(2), 0),
        call(drawn(2, 3), 1),
        call(drawn(2), ()),
    ],
)
def tile(A, reps):  # noqa: N803 (NumPy's name)
    """The whole array repeated along its axes.

    The gradient is the sum of gy over the repetitions.

    Parameters
    ----------
    A : Variable or ndarray
    reps : int or sequence of int
        The number of repetitions along each of the last axes; where there are more numbers than axes, new
        axes are put in front.

    Returns
    -------
    Variable

    Examples
    --------
    >>> tile(Variable(np.array([1.0, 2.0])), (2, 2))
    variable([[1. 2. 1. 2.]
              [1. 2. 1. 2.]])
    """
    reps = plain(reps)
    return Tile.operation(A, tuple([index(n) for n in np.atleast_1d(reps)]) if np.size(reps) else ())


class Repeat(Primitive):
    """Each element, or slice along an axis, repeated the same number of times in succession."""

    options = ("repeats", "axis")
    linear = True

    def forward(self, x):
        _check_count(x.size * self.repeats)
        return np.repeat(x, self.repeats, self.axis)

    def backward(self, gy):
        (x,) = self.inputs
        if self.axis is None or x.ndim == 0:
            apart, axis = (x.size, self.repeats), 1
        else:
            axis = self.axis % x.ndim + 1
            apart = (*x.shape[:axis], self.repeats, *x.shape[axis:])
        g = reshape(gy, apart)
        if axis == g.ndim - 1:  # NumPy is slow with many short sums
            return reshape(g @ np.ones(self.repeats, gy.dtype), x.shape)
        return reshape(np.sum(g, axis=axis), x.shape)


@implements(
    np.repeat,
    method="repeat",
    cases=[
        call(drawn(2, 3), 2),
        call(drawn(2, 3), 2, axis=1),
        call(drawn(2, 3, dtype=complex), [2, 0, 1], -1),
        call(drawn(2, 3), np.array([1, 3]), axis=0),
        call(drawn(3), [1, 0, 2]),
        call(drawn(2, 3), [3]),
        call(drawn(), 3),
        call(drawn(2, 3), 0, 0),
    ],
)
def repeat(a, repeats, axis=None):
    """Each element, or slice along an axis, repeated in succession.

    The gradient is the sum of gy over the repetitions of each.

    Parameters
    ----------
    a : Variable or ndarray
    repeats : int or array of int
        The number of repetitions, of each or of all.
    axis : int, optional
        By default the elements of the flattened array are repeated.

    Returns
    -------
    Variable

    Examples
    --------
    >>> repeat(Variable(np.array([1.0, 2.0])), [1, 2])
    variable([1. 2. 2.])
    """
    repeats = np.array(plain(repeats))
    if repeats.size == 1 and repeats.dtype.kind in "iu":
        return Repeat.operation(a, repeats.item(), axis)
    if repeats.dtype.kind in "iu":
        _check_count(np.sum(repeats, dtype=float))
    return gather(partial(np.repeat, repeats=repeats, axis=axis), a)


def _check_count(n):
    """Raise where NumPy's count of the elements would wrap around: it writes behind its array then."""
    if n > 2.0**62:
        raise ValueError(f"repeat: {n:.3g} elements are more than an array can have")


@implements(
    np.resize,
    cases=[
        call(drawn(2, 3), (3, 3)),
        call(drawn(2, 3), 4),
        call(drawn(2, dtype=complex), [2, 2, 2]),
        call(drawn(0), (2,)),
        call(drawn(), 3),
    ],
    reads_values=True,
)
def resize(a, new_shape):
    """An array of a new shape, filled with the elements in C order, repeated as often as necessary.

    The gradient of each is the sum of gy over its repetitions. A Variable does not have the method
    ``x.resize`` of an ndarray, which changes the array itself.

    Parameters
    ----------
    a : Variable or ndarray
    new_shape : int or tuple of int

    Returns
    -------
    Variable

    Examples
    --------
    >>> resize(Variable(np.array([1.0, 2.0])), 5)
    variable([1. 2. 1. 2. 1.])
    """
    a, new_shape = operand(a), as_shape(plain(new_shape))
    if a.size == 0:
        return as_variable(np.resize(plain(a), new_shape))  # zeros
    return gather(partial(np.resize, new_shape=new_shape), a)


@implements(
    np.lib.stride_tricks.sliding_window_view,
    cases=[
        call(drawn(5), 3),
        call(drawn(3, 4), (2, 2)),
        call(drawn(2, 4, dtype=complex), window_shape=2, axis=-1),
        call(drawn(4, 2), (2, 2), axis=(0, 0)),
        call(drawn(2, 3), 2, 0),
    ],
)
def sliding_window_view(x, window_shape, axis=None):
    """The parts of an array in windows of a given shape, at all places.

    The gradient of an element is the sum of gy over the windows that contain it.

    Parameters
    ----------
    x : Variable or ndarray
    window_shape : int or tuple of int
    axis : int or tuple of int, optional
        The axes along which the window slides, by default all.

    Returns
    -------
    Variable
        The first axes are the places of the window, the last ones its elements. Its data is a read-only view.

    Raises
    ------
    ValueError
        When the window is larger than the array.

    Examples
    --------
    >>> sliding_window_view(Variable(np.array([1.0, 2.0, 3.0])), 2)
    variable([[1. 2.]
              [2. 3.]])
    """
    view = np.lib.stride_tricks.sliding_window_view
    axis = None if axis is None else as_shape(axis)
    return gather(partial(view, window_shape=as_shape(window_shape), axis=axis), x)
