"""Functions applied along axes."""

import numpy as np
from numpy.lib.array_utils import normalize_axis_index

from leopard._core import Variable, as_variable
from leopard.functions._registry import call, drawn, implements
from leopard.functions.joining import Stack
from leopard.functions.shape import operand

__all__ = ["apply_along_axis", "apply_over_axes"]


@implements(
    np.apply_along_axis,
    cases=[
        call(lambda x: x * x, 0, drawn(3, 2)),
        call(lambda x, k, c=0.0: np.sum(x * x * x) * k + c, -1, drawn(2, 3), 2.0, c=1.0),
        call(lambda x: np.reshape(x, (2, 2)) * x[0], 1, drawn(2, 4, 3, dtype=complex)),
        call(lambda x: x[1:], 0, drawn(3)),
    ],
)
def apply_along_axis(func1d, axis, arr, *args, **kwargs):
    """What a function of vectors makes of each row along an axis.

    The gradient is the function's own, row by row.

    Parameters
    ----------
    func1d : callable
        It is called with a row, and the further arguments.
    axis : int
    arr : Variable or ndarray
    *args, **kwargs
        Given to the function, too.

    Returns
    -------
    Variable
        The axes of what the function returns take the place of the axis. A plain array, where the function
        returns such.

    Raises
    ------
    ValueError
        When there is no row.

    Examples
    --------
    >>> apply_along_axis(lambda x: x[0] * x[1], 1, Variable(np.array([[1.0, 2.0], [3.0, 4.0]])))
    variable([ 2. 12.])
    """
    x = operand(arr)
    axis = normalize_axis_index(axis, x.ndim)
    rows = np.moveaxis(x, axis, -1)
    lead = rows.shape[:-1]
    ys = [operand(func1d(rows[(*i, ...)], *args, **kwargs)) for i in np.ndindex(lead)]
    if not ys:
        raise ValueError("Cannot apply_along_axis when any iteration dimensions are 0")
    if any(isinstance(y, Variable) for y in ys):
        y = Stack.operation(*ys, 0, ys[0].dtype, "unsafe")
    else:
        y = np.stack(ys, dtype=ys[0].dtype, casting="unsafe")
    n, k = len(lead), ys[0].ndim
    y = y.reshape(lead + ys[0].shape).transpose((*range(axis), *range(n, n + k), *range(axis, n)))
    return y if isinstance(x, Variable) else as_variable(y)


@implements(
    np.apply_over_axes,
    cases=[
        call(np.sum, drawn(2, 3, 4), [0, -1]),
        call(lambda x, axis: np.sum(x * x, axis, keepdims=True), drawn(2, 3, dtype=complex), 1),
        call(np.mean, drawn(2, 3), (1, 0)),
    ],
)
def apply_over_axes(func, a, axes):
    """A function of an array and an axis, applied over one axis after another.

    The gradient is the function's own.

    Parameters
    ----------
    func : callable
        Called as ``func(a, axis)``; an axis that it leaves out is put in again, at length 1.
    a : Variable or ndarray
    axes : int or sequence of int

    Returns
    -------
    Variable

    Raises
    ------
    ValueError
        When the function returns an array of the wrong number of axes.

    Examples
    --------
    >>> apply_over_axes(np.sum, Variable(np.ones((2, 3))), [0, 1])
    variable([[6.]])
    """
    x = y = operand(a)
    for axis in axes if np.iterable(axes) else (axes,):
        axis = axis + x.ndim if axis < 0 else axis
        z = func(y, axis)
        z = z if z.ndim == y.ndim else np.expand_dims(z, axis)
        if z.ndim != y.ndim:
            raise ValueError("function is not returning an array of the correct shape")
        y = z
    return y if isinstance(x, Variable) else as_variable(y)
