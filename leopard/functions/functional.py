"""Functions applied along axes, over axes, and to each element of arrays of Variables."""

from operator import index

import numpy as np
from numpy.lib.array_utils import normalize_axis_index

from leopard._core import Variable, as_variable
from leopard.functions._registry import call, drawn, implements
from leopard.functions.basic.shape import astype, operand, reshape
from leopard.functions.manipulation.joining import Stack, stack

__all__ = ["apply_along_axis", "apply_over_axes", "vectorize"]


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
    """A function of vectors applied to each slice along an axis.

    The gradient is that of the function, slice by slice.

    Parameters
    ----------
    func1d : callable
        It is called with a vector, the slice, and the further arguments.
    axis : int
    arr : Variable or ndarray
    *args, **kwargs
        Passed to the function.

    Returns
    -------
    Variable
        The axes of the function's result take the place of the axis. An ndarray where the function returns
        ndarrays.

    Raises
    ------
    ValueError
        When there is no slice.

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

    The gradient is that of the function, by the chain rule.

    Parameters
    ----------
    func : callable
        It is called as ``func(a, axis)``; an axis that it removes is put back at length 1.
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
        axis = index(axis)  # raises TypeError for what is no int
        axis = axis + x.ndim if axis < 0 else axis
        z = func(y, axis)
        z = z if z.ndim == y.ndim else np.expand_dims(z, axis)
        if z.ndim != y.ndim:
            raise ValueError("function is not returning an array of the correct shape")
        y = z
    return y if isinstance(x, Variable) else as_variable(y)


class vectorize(np.vectorize):
    """`numpy.vectorize` for functions of Variables, which NumPy's own does not take.

    The function is called once for each element, with a Variable of shape (), and its results are stacked.
    The gradient is that of the calls. Without a Variable among the arguments NumPy's own runs.

    Parameters
    ----------
    pyfunc, otypes, doc, excluded, cache
        As in `numpy.vectorize`, except that without `otypes` the results have their common dtype, not the
        dtype of the first.
    signature : str
        A TypeError with Variables.

    Examples
    --------
    >>> relu = vectorize(lambda x: x if x > 0 else 0.0)
    >>> x = Variable(np.array([-1.0, 2.0]))
    >>> y = relu(x)
    >>> y
    variable([0. 2.])
    >>> y.backward()
    >>> x.grad
    variable([0. 1.])
    """

    def __call__(self, *args, **options):
        given = dict(enumerate(args)) | options
        if not any(isinstance(x, Variable) for x in given.values()) or self.pyfunc is np._NoValue:
            return super().__call__(*args, **options)
        if self.signature is not None:
            raise TypeError("vectorize of Variables takes no signature: write the loop, and leopard.stack")
        each = {k: operand(x) for k, x in given.items() if k not in self.excluded}
        shape = np.broadcast_shapes(*[x.shape for x in each.values()])
        each = {k: np.broadcast_to(x, shape) for k, x in each.items()}
        calls = []
        for place in np.ndindex(shape):
            now = given | {k: x[place] for k, x in each.items()}
            calls.append(self.pyfunc(*[now[i] for i in range(len(args))], **{k: now[k] for k in options}))
        return self._joined(calls, shape)

    def _joined(self, calls, shape):
        """The results of all calls as an array of this shape; several results as a tuple of arrays."""
        if not calls:
            if self.otypes is None:
                raise ValueError("cannot call `vectorize` on size 0 inputs unless `otypes` is set")
            ys = [as_variable(np.zeros(shape, dtype)) for dtype in self.otypes]
            return tuple(ys) if len(ys) > 1 else ys[0]
        if not isinstance(calls[0], tuple):
            y = reshape(stack(calls), shape)
            return y if self.otypes is None else astype(y, self.otypes[0])
        ys = [reshape(stack(parts), shape) for parts in zip(*calls, strict=True)]
        return tuple(ys if self.otypes is None else map(astype, ys, self.otypes))
