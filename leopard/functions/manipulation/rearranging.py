"""Elements put at other places: mirrored, turned, shifted, put in and left out."""

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
    """The elements along axes in reverse.

    The gradient is gy in reverse.

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
    """The second axis in reverse: left becomes right.

    The gradient is gy in reverse.

    Parameters
    ----------
    m : Variable or ndarray
        Of two axes or more.

    Returns
    -------
    Variable
        A view.

    Raises
    ------
    ValueError
        When there are not two axes.

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
    """The first axis in reverse: up becomes down.

    The gradient is gy in reverse.

    Parameters
    ----------
    m : Variable or ndarray
        Of one axis or more.

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
    """Turned by quarters, from the first of two axes towards the second.

    The gradient is gy turned back.

    Parameters
    ----------
    m : Variable or ndarray
    k : int
        How often; it may be negative.
    axes : pair of int

    Returns
    -------
    Variable
        A view.

    Raises
    ------
    ValueError
        When there are no two such axes.

    Examples
    --------
    >>> rot90(Variable(np.array([[1.0, 2.0], [3.0, 4.0]])))
    variable([[2. 4.]
              [1. 3.]])
    """
    m = operand(m)
    np.rot90(np.empty((0,) * m.ndim), k, axes)  # NumPy's word on axes that there are not
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
    """The elements shifted along axes; what leaves at the end comes in at the beginning.

    The gradient is gy shifted back.

    Parameters
    ----------
    a : Variable or ndarray
    shift : int or sequence of int
        By how many places; for each axis, or one for all.
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
    # Python's numbers, of which -1 is never 255.
    shift = np.array(np.array(plain(shift)).tolist(), dtype=object)
    return Roll.operation(a, shift, tuple(axis) if np.iterable(axis) else axis)


def _own(obj):
    """What says where, with arrays and lists of our own."""
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
    """Put values in before others.

    The gradients are the parts of gy.

    Parameters
    ----------
    arr : Variable or ndarray
    obj : int, slice or sequence of int
        Before which, in `arr` as it was.
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
        When a place is out of bounds.

    Examples
    --------
    >>> insert(Variable(np.array([1.0, 2.0])), 1, 5.0)
    variable([1. 5. 2.])
    """
    obj = _own(obj)
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
    """Leave elements, or slices along an axis, out.

    The gradient is gy where they are not left out, and 0 where they are.

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
)
def trim_zeros(filt, trim="fb", axis=None):
    """Without the zeros at its ends.

    The gradient is gy, and 0 for the zeros that were left out.

    Parameters
    ----------
    filt : Variable or ndarray
    trim : str
        With an "f" those in front, with a "b" those at the back.
    axis : int or tuple of int, optional
        The axes along which slices of zeros are left out, by default all.

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
