"""The axes of an array: their order, and axes of length 1."""

import numpy as np
from numpy.lib.array_utils import normalize_axis_index, normalize_axis_tuple

from leopard import _core
from leopard._core import Variable, as_variable
from leopard._refusals import refuse_return
from leopard.functions._registry import call, drawn, implements
from leopard.functions.basic.shape import operand, reshape, transpose

__all__ = [
    "atleast_1d",
    "atleast_2d",
    "atleast_3d",
    "expand_dims",
    "matrix_transpose",
    "moveaxis",
    "permute_dims",
    "rollaxis",
    "squeeze",
    "swapaxes",
]

permute_dims = transpose


@implements(
    np.moveaxis,
    cases=[
        call(drawn(2, 3, 4), 0, -1),
        call(drawn(2, 3, 4), [0, 2], [2, 1]),
        call(drawn(2, 3, dtype=complex), source=(-1,), destination=(0,)),
        call(drawn(2, 0, 4), 1, 0),
    ],
)
def moveaxis(a, source, destination):
    """Some axes moved to other places; the others keep their order.

    The gradient is gy with its axes moved back.

    Parameters
    ----------
    a : Variable or ndarray
    source, destination : int or sequence of int
        The present place of each axis, and its new place.

    Returns
    -------
    Variable
        A view.

    Raises
    ------
    ValueError
        When an axis is named twice, or does not exist.

    Examples
    --------
    >>> moveaxis(Variable(np.ones((2, 3, 4))), 0, -1).shape
    (3, 4, 2)
    """
    a = operand(a)
    source = normalize_axis_tuple(source, a.ndim, "source")
    destination = normalize_axis_tuple(destination, a.ndim, "destination")
    if len(source) != len(destination):
        raise ValueError(
            f"moveaxis: `source` and `destination` must have the same number of elements, "
            f"{len(source)} and {len(destination)}"
        )
    axes = [axis for axis in range(a.ndim) if axis not in source]
    for place, axis in sorted(zip(destination, source, strict=True)):
        axes.insert(place, axis)
    return transpose(a, axes)


@implements(
    np.swapaxes,
    method="swapaxes",
    cases=[call(drawn(2, 3, 4), 0, -1), call(drawn(2, 3, dtype=complex), axis1=1, axis2=1)],
)
def swapaxes(a, axis1, axis2):
    """Two axes exchanged.

    The gradient is gy with the same axes exchanged.

    Parameters
    ----------
    a : Variable or ndarray
    axis1, axis2 : int

    Returns
    -------
    Variable
        A view.

    Examples
    --------
    >>> swapaxes(Variable(np.ones((2, 3, 4))), 0, 2).shape
    (4, 3, 2)
    """
    a = operand(a)
    axis1 = normalize_axis_index(axis1, a.ndim, "axis1")
    axis2 = normalize_axis_index(axis2, a.ndim, "axis2")
    axes = [*range(a.ndim)]
    axes[axis1], axes[axis2] = axis2, axis1
    return transpose(a, axes)


@implements(
    np.rollaxis,
    cases=[
        call(drawn(2, 3, 4), 2),
        call(drawn(2, 3, 4), 0, 3),
        call(drawn(2, 3, dtype=complex), -1, start=-1),
    ],
)
def rollaxis(a, axis, start=0):
    """An axis moved before another; `moveaxis` has clearer parameters.

    The gradient is gy with its axes moved back.

    Parameters
    ----------
    a : Variable or ndarray
    axis : int
    start : int
        The axis before which it is put; the number of axes puts it at the end.

    Returns
    -------
    Variable
        A view.

    Examples
    --------
    >>> rollaxis(Variable(np.ones((2, 3, 4))), 2).shape
    (4, 2, 3)
    """
    a = operand(a)
    axis = normalize_axis_index(axis, a.ndim)
    if start < 0:
        start += a.ndim
    start = normalize_axis_index(start, a.ndim + 1, "start")
    return moveaxis(a, axis, start - (axis < start))


@implements(
    np.matrix_transpose,
    np.linalg.matrix_transpose,
    cases=[call(drawn(2, 3)), call(drawn(4, 2, 3, dtype=complex))],
)
def matrix_transpose(x, /):
    """The last two axes exchanged.

    The gradient is gy with the same axes exchanged.

    Parameters
    ----------
    x : Variable or ndarray
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
    >>> matrix_transpose(Variable(np.ones((2, 3, 4)))).shape
    (2, 4, 3)
    """
    x = operand(x)
    if x.ndim < 2:
        raise ValueError(f"matrix_transpose: expected at least two axes, not the shape {x.shape}")
    return swapaxes(x, -1, -2)


@implements(
    np.expand_dims,
    cases=[
        call(drawn(2, 3), 1),
        call(drawn(2, 3), axis=(0, -1)),
        call(drawn(dtype=complex), -1),
        call(drawn(0, 3), [2]),
    ],
)
def expand_dims(a, axis):
    """An array with new axes of length 1.

    The gradient is gy without them, in the shape of a.

    Parameters
    ----------
    a : Variable or ndarray
    axis : int or tuple of int
        The places of the new axes in the result.

    Returns
    -------
    Variable
        A view.

    Examples
    --------
    >>> expand_dims(Variable(np.ones((2, 3))), (0, -1)).shape
    (1, 2, 3, 1)
    """
    a = operand(a)
    axis = axis if isinstance(axis, (tuple, list)) else (axis,)
    n = a.ndim + len(axis)
    axis = normalize_axis_tuple(axis, n)
    lengths = iter(a.shape)
    return reshape(a, tuple([1 if i in axis else next(lengths) for i in range(n)]))


@implements(
    np.squeeze,
    method="squeeze",
    cases=[
        call(drawn(1, 3, 1)),
        call(drawn(1, 3, 1), 0),
        call(drawn(1, 3, 1, dtype=complex), axis=(0, -1)),
        call(drawn(2, 3)),
        call(drawn(1, 1)),
    ],
)
def squeeze(a, axis=None):
    """An array without some or all of its axes of length 1.

    The gradient is gy in the shape of a.

    Parameters
    ----------
    a : Variable or ndarray
    axis : int or tuple of int, optional
        The axes to remove; by default all of length 1.

    Returns
    -------
    Variable
        A view.

    Raises
    ------
    ValueError
        When a named axis has another length.

    Examples
    --------
    >>> squeeze(Variable(np.ones((1, 3, 1)))).shape
    (3,)
    """
    a = operand(a)
    if axis is None:
        return reshape(a, tuple([n for n in a.shape if n != 1]))
    shape = a.shape if a.ndim or isinstance(axis, tuple) else (1,)  # NumPy lets a number have one axis
    axis = normalize_axis_tuple(axis, len(shape))
    if [i for i in axis if shape[i] != 1]:
        raise ValueError(
            f"squeeze: an axis to leave out has length 1; the axes {axis} of the shape {a.shape}"
        )
    return reshape(a, tuple([n for i, n in enumerate(shape) if i not in axis]))


def at_least(n_axes, x):
    """A Variable or an ndarray, reshaped as by NumPy's ``atleast_<n_axes>d``."""
    shape = x.shape
    if len(shape) < n_axes:
        shape = ((1,) * n_axes, (1, *shape, 1)[:n_axes], (*shape, 1))[len(shape)]
    return x if shape == x.shape else x.reshape(shape)


def _all_at_least(n_axes, arrays):
    """`at_least` of each array: one result for one array, else a tuple."""
    ys = [as_variable(at_least(n_axes, operand(x))) for x in arrays]
    return ys[0] if len(ys) == 1 else tuple(ys)


@implements(
    np.atleast_1d, cases=[call(drawn()), call(drawn(2, 3, dtype=complex)), call(drawn(), drawn(2), 3.0)]
)
def atleast_1d(*arys):
    """Scalars as vectors of one element; arrays as they are.

    The gradient is gy in the shape of the argument.

    Parameters
    ----------
    *arys : Variable, ndarray or scalar

    Returns
    -------
    Variable or tuple of Variable

    Examples
    --------
    >>> atleast_1d(Variable(np.array(2.0)))
    variable([2.])
    """
    for x in arys:
        if isinstance(x, Variable):
            refuse_return(x)
    return _all_at_least(1, arys)


@implements(np.atleast_2d, cases=[call(drawn()), call(drawn(3)), call(drawn(2, 3), drawn(dtype=complex))])
def atleast_2d(*arys):
    """Scalars and vectors as matrices of one row; arrays of more axes as they are.

    The gradient is gy in the shape of the argument.

    Parameters
    ----------
    *arys : Variable, ndarray or scalar

    Returns
    -------
    Variable or tuple of Variable

    Examples
    --------
    >>> atleast_2d(Variable(np.array([1.0, 2.0])))
    variable([[1. 2.]])
    """
    return _all_at_least(2, arys)


@implements(
    np.atleast_3d,
    cases=[
        call(drawn()),
        call(drawn(3)),
        call(drawn(2, 3), drawn(2, 2, 2, dtype=complex)),
        call(drawn(2, 1, 1, 2)),
    ],
)
def atleast_3d(*arys):
    """Arrays with three axes or more: a vector of n elements becomes (1, n, 1), a matrix (m, n, 1).

    The gradient is gy in the shape of the argument.

    Parameters
    ----------
    *arys : Variable, ndarray or scalar

    Returns
    -------
    Variable or tuple of Variable

    Examples
    --------
    >>> atleast_3d(Variable(np.ones((2, 3)))).shape
    (2, 3, 1)
    """
    return _all_at_least(3, arys)


_core.add_method("mT", property(matrix_transpose, doc="The last two axes exchanged."))
