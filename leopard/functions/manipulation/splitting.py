"""Arrays split into parts along an axis."""

import numpy as np

from leopard._core import as_variable
from leopard.functions._registry import call, drawn, implements
from leopard.functions.basic.shape import operand, plain

__all__ = ["array_split", "dsplit", "hsplit", "split", "unstack", "vsplit"]


def _parts(x, axis, divide, indices_or_sections):
    """Slices along an axis, with the bounds that NumPy's function `divide` finds for the element numbers."""
    x = operand(x)
    numbers = divide(np.arange(x.shape[axis]), plain(indices_or_sections))
    before = (slice(None),) * (axis % x.ndim)
    ends = [(part[0], part[-1] + 1) if part.size else (0, 0) for part in numbers]
    return [as_variable(x[(*before, slice(int(start), int(stop)))]) for start, stop in ends]


@implements(
    np.split,
    cases=[
        call(drawn(4, 3), 2),
        call(drawn(4, 3), [1, 3]),
        call(drawn(2, 4, dtype=complex), np.array([3, 1, 9]), axis=-1),
        call(drawn(2, 4), (), 1),
        call(drawn(4), [-1]),
    ],
)
def split(ary, indices_or_sections, axis=0):
    """An array split into parts along an axis.

    The gradient is that of each part, at its place: the parts' gradients joined.

    Parameters
    ----------
    ary : Variable or ndarray
    indices_or_sections : int or sequence of int
        The number of equal parts, or the indices at which the parts after the first begin.
    axis : int

    Returns
    -------
    list of Variable
        Views.

    Raises
    ------
    ValueError
        When equal parts cannot be made.

    Examples
    --------
    >>> split(Variable(np.array([1.0, 2.0, 3.0])), [1])
    [variable([1.]), variable([2. 3.])]
    """
    return _parts(ary, axis, np.split, indices_or_sections)


@implements(
    np.array_split,
    cases=[
        call(drawn(5, 2), 3),
        call(drawn(2, 5, dtype=complex), 2, axis=1),
        call(drawn(2), 4),
        call(drawn(5), [2, 2, 7], -1),
    ],
)
def array_split(ary, indices_or_sections, axis=0):
    """An array split into parts along an axis, the first of which may be longer by one.

    The gradient is that of each part, at its place: the parts' gradients joined.

    Parameters
    ----------
    ary : Variable or ndarray
    indices_or_sections : int or sequence of int
    axis : int

    Returns
    -------
    list of Variable
        Views.

    Examples
    --------
    >>> array_split(Variable(np.array([1.0, 2.0, 3.0])), 2)
    [variable([1. 2.]), variable([3.])]
    """
    return _parts(ary, axis, np.array_split, indices_or_sections)


def _of_axes(name, x, least):
    x = operand(x)
    if x.ndim < least:
        raise ValueError(f"{name} only works on arrays of {least} or more dimensions")
    return x


@implements(
    np.hsplit, cases=[call(drawn(2, 4), 2), call(drawn(4), [1]), call(drawn(2, 3, 2, dtype=complex), [2])]
)
def hsplit(ary, indices_or_sections):
    """An array split into parts along the second axis, a vector along its only axis; see `split`.

    The gradient is that of each part, at its place: the parts' gradients joined.

    Parameters
    ----------
    ary : Variable or ndarray
    indices_or_sections : int or sequence of int

    Returns
    -------
    list of Variable
        Views.

    Examples
    --------
    >>> [part.shape for part in hsplit(Variable(np.ones((2, 4))), 2)]
    [(2, 2), (2, 2)]
    """
    ary = _of_axes("hsplit", ary, 1)
    return split(ary, indices_or_sections, 1 if ary.ndim > 1 else 0)


@implements(np.vsplit, cases=[call(drawn(4, 2), 2), call(drawn(3, 2, 2, dtype=complex), [1])])
def vsplit(ary, indices_or_sections):
    """An array of two or more axes split into parts along the first; see `split`.

    The gradient is that of each part, at its place: the parts' gradients joined.

    Parameters
    ----------
    ary : Variable or ndarray
    indices_or_sections : int or sequence of int

    Returns
    -------
    list of Variable
        Views.

    Examples
    --------
    >>> [part.shape for part in vsplit(Variable(np.ones((2, 4))), 2)]
    [(1, 4), (1, 4)]
    """
    return split(_of_axes("vsplit", ary, 2), indices_or_sections, 0)


@implements(np.dsplit, cases=[call(drawn(1, 2, 4), 2), call(drawn(2, 1, 3, dtype=complex), [1])])
def dsplit(ary, indices_or_sections):
    """An array split into parts along the third axis; see `split`.

    The gradient is that of each part, at its place: the parts' gradients joined.

    Parameters
    ----------
    ary : Variable or ndarray
    indices_or_sections : int or sequence of int

    Returns
    -------
    list of Variable
        Views.

    Examples
    --------
    >>> [part.shape for part in dsplit(Variable(np.ones((1, 2, 4))), 2)]
    [(1, 2, 2), (1, 2, 2)]
    """
    return split(_of_axes("dsplit", ary, 3), indices_or_sections, 2)


def unstack(x, /, *, axis=0):
    """The slices of an array along an axis, without that axis.

    The gradient is that of each slice, at its place: the slices' gradients stacked.

    Parameters
    ----------
    x : Variable or ndarray
    axis : int

    Returns
    -------
    tuple of Variable
        Views.

    Raises
    ------
    ValueError
        When x is a scalar.

    Examples
    --------
    >>> unstack(Variable(np.array([1.0, 2.0])))
    (variable(1.0), variable(2.0))
    """
    x = operand(x)
    if x.ndim == 0:
        raise ValueError("Input array must be at least 1-d.")
    return tuple([as_variable(part) for part in np.moveaxis(x, axis, 0)])


if hasattr(np, "unstack"):  # new in NumPy 2.1
    _calls = [call(drawn(2, 3)), call(drawn(2, 3, dtype=complex), axis=-1), call(drawn(2))]
    implements(np.unstack, cases=_calls)(unstack)
