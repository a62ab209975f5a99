"""Rearranged elements: reversed, rotated, shifted, inserted and deleted."""

from functools import partial

import numpy as np
from numpy.lib.array_utils import normalize_axis_tuple

from leopard._core import as_variable
from leopard.functions._primitives import Primitive
from leopard.functions._registry import call, drawn, implements
from leopard.functions.basic.indexing import choice, gather, getitem
from leopard.functions.basic.shape import operand, plain

__all__ = ["delete", "flip", "fliplr", "flipud", "insert", "roll", "rot90", "trim_zeros"]

_reverse = slice(None, None, -1)


@implements(
    np.flip,
    cases=[
        call(drawn(2, 3)),
        call(drawn(2, 3, 2), axis=-1),
        call(drawn(2, 3, 2, dtype=complex), (0, 2)),
        call(drawn(2, 3), ()),
        call(drawn()),
    ],
)
def flip(m, axis=None):
    """The elements in reverse order along axes.

    The gradient is gy reversed along the same axes.

    Parameters
    ----------
    m : Variable or ndarray
    axis : int or tuple of int, optional
        By default all.

    Returns
    -------
    Variable
        A view.

    Examples
    --------
    >>> flip(Variable(np.array([1.0, 2.0, 3.0])))
    variable([3. 2. 1.])
    """
    m = operand(m)
    axis = range(m.ndim) if axis is None else normalize_axis_tuple(axis, m.ndim)
    return getitem(m, tuple([_reverse if i in axis else slice(None) for i in range(m.ndim)]))


@implements(np.fliplr, cases=[call(drawn(2, 3)), call(drawn(2, 3, 2, dtype=complex))])
def fliplr(m):
    """The elements in reverse order along the second axis: left becomes right.

    The gradient is gy reversed along the same axis.

    Parameters
    ----------
    m : Variable or ndarray
        With two axes or more.

    Returns
    -------
    Variable
        A view.

    Raises
    ------
    ValueError
        When there are fewer than two axes.

    Examples
    --------
    >>> fliplr(Variable(np.array([[1.0, 2.0], [3.0, 4.0]])))
    variable([[2. 1.]
              [4. 3.]])
    """
    m = operand(m)
    if m.ndim < 2:
        raise ValueError("Input must be >= 2-d.")
    return getitem(m, (slice(None), _reverse))


@implements(np.flipud, cases=[call(drawn(2, 3)), call(drawn(3, dtype=complex))])
def flipud(m):
    """The elements in reverse order along the first axis: up becomes down.

    The gradient is gy reversed along the same axis.

    Parameters
    ----------
    m : Variable or ndarray
        With one axis or more.

    Returns
    -------
    Variable
        A view.

    Raises
    ------
    ValueError
        When m is a scalar.

    Examples
    --------
    >>> flipud(Variable(np.array([[1.0, 2.0], [3.0, 4.0]])))
    variable([[3. 4.]
              [1. 2.]])
    """
    m = operand(m)
    if m.ndim < 1:
        raise ValueError("Input must be >= 1-d.")
    return getitem(m, (_reverse, ...))


@implements(
    np.rot90,
    cases=[
        call(drawn(2, 3)),
        call(drawn(2, 3), k=2),
        call(drawn(2, 3, 4), -1, axes=(1, 2)),
        call(drawn(2, 3, 4, dtype=complex), 3, (2, -3)),
        call(drawn(2, 3), 4),
    ],
)
def rot90(m, k=1, axes=(0, 1)):
    """An array rotated by multiples of 90 degrees, from the first of two axes towards the second.

    The gradient is gy rotated back.

    Parameters
    ----------
    m : Variable or ndarray
    k : int
        The number of rotations; it may be negative.
    axes : pair of int

    Returns
    -------
    Variable
        A view.

    Raises
    ------
    ValueError
        When `axes` does not name two different axes.

    Examples
    --------
    >>> rot90(Variable(np.array([[1.0, 2.0], [3.0, 4.0]])))
    variable([[2. 4.]
              [1. 3.]])
    """
    m = operand(m)
    np.rot90(np.empty((0,) * m.ndim), k, axes)  # raises NumPy's errors
    a, b = axes
    if k % 2 == 0:
        return flip(m, (a, b) if k % 4 else ())
    if k % 4 == 1:
        return as_variable(np.swapaxes(np.flip(m, b), a, b))
    return as_variable(np.flip(np.swapaxes(m, a, b), b))


class Roll(Primitive):
    options = ("shift", "axis")
    linear = True

    def forward(self, x):
        return np.roll(x, self.shift, self.axis)

    def backward(self, gy):
        return Roll.operation(gy, -self.shift, self.axis)


@implements(
    np.roll,
    cases=[
        call(drawn(2, 3), 1),
        call(drawn(2, 3), -4, axis=1),
        call(drawn(2, 3, 4, dtype=complex), (1, -2), (0, -1)),
        call(drawn(2, 3), 2, (0, 1)),
        call(drawn(2, 3), [1, 1], 1),
        call(drawn(0, 3), 1, axis=0),
        call(drawn(), 3),
    ],
)
def roll(a, shift, axis=None):
    """The elements shifted cyclically along axes.

    The gradient is gy shifted back.

    Parameters
    ----------
    a : Variable or ndarray
    shift : int or sequence of int
        By how many places: a number for each axis, or one for all.
    axis : int or tuple of int, optional
        By default the flattened array is shifted.

    Returns
    -------
    Variable

    Examples
    --------
    >>> roll(Variable(np.array([1.0, 2.0, 3.0])), 1)
    variable([3. 1. 2.])
    """
    # Python integers, because -1 in an unsigned dtype is 255.
    shift = np.array(np.array(plain(shift)).tolist(), dtype=object)
    return Roll.operation(a, shift, tuple(axis) if np.iterable(axis) else axis)


def _own(obj):
    """A copy of the argument `obj` (an int, slice, list or array), which later changes do not reach."""
    obj = plain(obj)
    return obj.copy() if isinstance(obj, np.ndarray) else obj


@implements(
    np.insert,
    cases=[
        call(drawn(2, 3), 1, drawn()),
        call(drawn(2, 3), 1, drawn(2), axis=1),
        call(drawn(2, 3), [0, 2], drawn(2, 2), axis=-1),
        call(drawn(4), [3, 0, 3], drawn(3)),
        call(drawn(2, 3, dtype=complex), slice(0, 2), 5.0, 0),
        call(drawn(3), [1], [1.0, 2.0, 3.0]),
        call(np.ones(3), -1, drawn()),
        call(drawn(3), np.array([True, False, True]), drawn()),
        call(drawn(2, 3), [1], drawn(2, 1), axis=1),
    ],
)
def insert(arr, obj, values, axis=None):
    """Insert values before given elements, or slices along an axis.

    The gradients are the parts of gy: those at the other places for arr, those at the new places for values.

    Parameters
    ----------
    arr : Variable or ndarray
    obj : int, slice or sequence of int
        The places in `arr` before which they are inserted.
    values : Variable, ndarray or scalar
        They are broadcast, and cast to the type of `arr`.
    axis : int, optional
        By default `arr` is flattened.

    Returns
    -------
    Variable

    Raises
    ------
    IndexError
        When an index is out of bounds.

    Examples
    --------
    >>> insert(Variable(np.array([1.0, 2.0])), 1, 5.0)
    variable([1. 5. 2.])
    """
    obj = _own(obj)
    if isinstance(obj, bool):
        raise TypeError(f"insert: obj is the place, an int, not {obj}; write {int(obj)}")
    return gather(lambda x, v: np.insert(x, obj, v, axis), operand(arr), operand(values))


@implements(
    np.delete,
    cases=[
        call(drawn(2, 3), 1),
        call(drawn(2, 3), [0, -1], axis=1),
        call(drawn(4, 2, dtype=complex), slice(None, None, 2), 0),
        call(drawn(3), np.array([True, False, True])),
        call(drawn(3), []),
    ],
)
def delete(arr, obj, axis=None):
    """An array without some elements, or slices along an axis.

    The gradient is gy at the elements that remain, and 0 at the deleted ones.

    Parameters
    ----------
    arr : Variable or ndarray
    obj : int, slice, sequence of int, or mask of bool
    axis : int, optional
        By default `arr` is flattened.

    Returns
    -------
    Variable

    Raises
    ------
    IndexError
        When an index is out of bounds.

    Examples
    --------
    >>> delete(Variable(np.array([1.0, 2.0, 3.0])), 1)
    variable([1. 3.])
    """
    return choice(partial(np.delete, obj=_own(obj), axis=axis), arr)


@implements(
    np.trim_zeros,
    cases=[
        call(drawn(3, made=lambda a: np.concatenate([np.zeros(2), a, np.zeros(1)]))),
        call(drawn(3, made=lambda a: np.concatenate([np.zeros(2), a, np.zeros(1)])), trim="f"),
        call(drawn(3, made=lambda a: np.concatenate([np.zeros(2), a, np.zeros(1)])), "B"),
        call(drawn(3, dtype=complex)),
    ],
    reads_values=True,
)
def trim_zeros(filt, trim="fb", axis=None):
    """An array without the zeros at its ends.

    The gradient is gy at the elements that remain, and 0 at the removed zeros.

    Parameters
    ----------
    filt : Variable or ndarray
    trim : str
        With an "f" the zeros in front are removed, with a "b" those at the back.
    axis : int or tuple of int, optional
        The axes along which slices of zeros are removed, by default all.

    Returns
    -------
    Variable
        A view.

    Examples
    --------
    >>> trim_zeros(Variable(np.array([0.0, 1.0, 0.0, 2.0, 0.0])))
    variable([1. 0. 2.])
    """
    filt = operand(filt)
    if not isinstance(trim, str):
        raise TypeError(f'trim is "f", "b" or "fb", the ends that are trimmed, not {type(trim)}')
    trim = trim.lower()
    if trim not in ("fb", "bf", "f", "b"):
        raise ValueError(f"unexpected character(s) in `trim`: {trim!r}")
    axis = range(filt.ndim) if axis is None else normalize_axis_tuple(axis, filt.ndim)
    if not axis:
        return as_variable(filt)
    index = [slice(None)] * filt.ndim
    for i, places in enumerate(np.nonzero(plain(filt))):
        if i in axis and not places.size:
            index[i] = slice(0, 0)
        elif i in axis:
            start = int(places.min()) if "f" in trim else None
            index[i] = slice(start, int(places.max()) + 1 if "b" in trim else None)
    return getitem(filt, tuple(index))
