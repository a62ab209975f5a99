"""Sorting and partitioning; equal elements share their gradients equally."""

import numpy as np

from leopard._core import as_variable
from leopard.functions._primitives import Primitive
from leopard.functions._registry import call, drawn, implements
from leopard.functions.basic.indexing import getitem, sum_at
from leopard.functions.basic.shape import operand, plain

__all__ = [
    "partition",
    "sort",
    "sort_complex",
]


def _classes(x, axis, is_sorted=False):
    """For each element the number of its class; equal elements of a row form a class, in order of size."""
    rows = x.reshape(-1) if axis is None else np.moveaxis(x, axis, -1)
    order = None if is_sorted else np.argsort(rows, axis=-1)
    ordered = rows if is_sorted else np.take_along_axis(rows, order, -1)
    first = np.ones(rows.shape, bool)  # of its class in its row
    first[..., 1:] = ordered[..., 1:] != ordered[..., :-1]
    classes = np.cumsum(first).reshape(rows.shape) - 1
    if not is_sorted:
        np.put_along_axis(classes, order, classes.copy(), -1)
    return classes.reshape(x.shape) if axis is None else np.moveaxis(classes, -1, axis)


def _places(x, axis):
    """For each element the place that sorting gives it."""
    order = x.argsort(axis)
    if x.ndim > 1:
        return order.argsort(axis)
    places = np.empty_like(order)
    places[order] = np.arange(x.size)
    return places


class Ordered(Primitive, abstract=True):
    """The elements of an array in another order, or without repetitions.

    The gradient of an element is the mean of the gradients at the places of all elements equal to it.
    """

    def backward(self, gy):
        (x,) = self.inputs
        of_x, of_y = self.classes(plain(x)), self.classes(plain(self.output), is_output=True)
        sizes = np.bincount(of_x.ravel())
        gy = gy.astype(np.result_type(gy.dtype, float), copy=False)  # float16 cannot count beyond 2048
        return getitem(sum_at(gy, of_y, sizes.size) / sizes, of_x)


class Sort(Ordered):
    options = ("axis", "kind", "order", "stable")
    takes_arrays = True

    def forward(self, x):
        return np.sort(x, self.axis, self.kind, self.order, stable=self.stable)

    def backward(self, gy):
        """As for its base; where all elements of a row are different, each gradient goes to its place."""
        x, y, axis = plain(self.inputs[0]), plain(self.output), self.axis
        if axis is None or x.ndim == 1:
            if y.size and not (y[1:] == y[:-1]).any():
                return gy[_places(x.reshape(-1), 0)].reshape(x.shape)
        elif y.size:
            rows = y.swapaxes(axis, -1)
            if not (rows[..., 1:] == rows[..., :-1]).any():
                return np.take_along_axis(gy, _places(x, axis), axis)
        return super().backward(gy)

    def classes(self, x, is_output=False):
        return _classes(x, self.axis, is_sorted=is_output)


@implements(
    np.sort,
    cases=[
        call(drawn(2, 3)),
        call(drawn(4, 2), axis=0),
        call(drawn(2, 3, 2, dtype=complex), 1),
        call(drawn(2, 3), None),
        call(drawn(5), kind="mergesort"),
        call(drawn(5), stable=True),
        call(drawn(0, 2), 0),
        call(drawn(1)),
    ],
)
def sort(a, axis=-1, kind=None, order=None, *, stable=None):
    """The elements of an array sorted along an axis.

    The gradient is gy, each element at the place that it came from; equal elements share equally.

    Parameters
    ----------
    a : Variable or ndarray
        Complex numbers are sorted by their real parts, then by their imaginary parts.
    axis : int or None
        None sorts the flattened array.
    kind : {"quicksort", "mergesort", "heapsort", "stable"}, optional
        The algorithm.
    order : None
        A parameter of `numpy.sort` for arrays with named fields.
    stable : bool, optional
        Whether equal elements keep their order. It changes neither the values nor the gradient.

    Returns
    -------
    Variable

    Examples
    --------
    >>> x = Variable(np.array([3.0, 1.0, 1.0]))
    >>> y = sort(x)
    >>> y
    variable([1. 1. 3.])
    >>> (y * [10.0, 20.0, 30.0]).backward()
    >>> x.grad
    variable([30. 15. 15.])
    """
    return Sort.operation(a, axis, kind, order, stable)


class Partition(Ordered):
    options = ("kth", "axis", "kind", "order")

    def forward(self, x):
        return np.partition(x, self.kth, self.axis, self.kind, self.order)

    def classes(self, x, is_output=False):
        return _classes(x, self.axis)


@implements(
    np.partition,
    cases=[
        call(drawn(5), 2),
        call(drawn(4, 3), 1, axis=0),
        call(drawn(2, 6, dtype=complex), (1, -2), -1),
        call(drawn(2, 3), [4], None),
        call(drawn(5), 0, kind="introselect"),
    ],
)
def partition(a, kth, axis=-1, kind="introselect", order=None):
    """The elements of rank kth at their places, smaller ones before them and larger ones behind.

    The gradient is gy, each element at the place that it came from; equal elements share equally.

    Parameters
    ----------
    a : Variable or ndarray
    kth : int or sequence of int
    axis : int or None
        None takes the flattened array.
    kind : {"introselect"}
    order : None
        A parameter of `numpy.partition` for arrays with named fields.

    Returns
    -------
    Variable

    Raises
    ------
    ValueError
        When there is no such rank.

    Examples
    --------
    >>> partition(Variable(np.array([3.0, 1.0, 2.0])), 0)[0]
    variable(1.0)
    """
    return Partition.operation(a, plain(kth), axis, kind, order)


@implements(np.sort_complex, cases=[call(drawn(4)), call(drawn(2, 3, dtype=complex))])
def sort_complex(a):
    """The elements of an array sorted along the last axis, in a complex dtype.

    The gradient is that of `sort`; for a real a its real part.

    Parameters
    ----------
    a : Variable or ndarray

    Returns
    -------
    Variable

    Examples
    --------
    >>> sort_complex(Variable(np.array([2.0, 1.0])))
    variable([1.+0.j 2.+0.j])
    """
    a = operand(a)
    return as_variable(np.sort(a).astype(np.sort_complex(np.empty(0, a.dtype)).dtype, copy=False))
