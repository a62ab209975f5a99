"""Elements in order of size; equal ones share their gradients equally."""

import numpy as np

from leopard import _core
from leopard._core import as_variable
from leopard.functions._registry import Primitive, call, drawn, implements
from leopard.functions.indexing import getitem, sum_at
from leopard.functions.shape import operand, plain

__all__ = [
    "partition",
    "sort",
    "sort_complex",
    "unique",
    "unique_all",
    "unique_counts",
    "unique_inverse",
    "unique_values",
]


def _classes(x, axis, is_sorted=False):
    """Numbers for the elements in order of size, row by row along the axis: equal ones have the same."""
    rows = x.reshape(-1) if axis is None else np.moveaxis(x, axis, -1)
    order = None if is_sorted else np.argsort(rows, axis=-1)
    ordered = rows if is_sorted else np.take_along_axis(rows, order, -1)
    first = np.ones(rows.shape, bool)  # of its class in its row
    first[..., 1:] = ordered[..., 1:] != ordered[..., :-1]
    classes = np.cumsum(first).reshape(rows.shape) - 1
    if not is_sorted:
        np.put_along_axis(classes, order, classes.copy(), -1)
    return classes.reshape(x.shape) if axis is None else np.moveaxis(classes, -1, axis)


class _Ordered(Primitive, abstract=True):
    """The elements of an array in another order, or without repetitions.

    Each element gets the mean of what the places of all equal ones get.
    """

    def backward(self, gy):
        (x,) = self.inputs
        of_x, of_y = self.classes(plain(x)), self.classes(plain(self.output), is_output=True)
        sizes = np.bincount(of_x.ravel())
        gy = gy.astype(np.result_type(gy.dtype, float), copy=False)  # a float16 does not count beyond 2048
        return getitem(sum_at(gy, of_y, sizes.size) / sizes, of_x)


class Sort(_Ordered):
    options = ("axis", "kind", "order", "stable")

    def forward(self, x):
        return np.sort(x, self.axis, self.kind, self.order, stable=self.stable)

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
    """Sorted along an axis.

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
        As of numpy.sort, where it names fields.
    stable : bool, optional
        Of equal elements, which is first makes no difference here.

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


class Partition(_Ordered):
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
        As of numpy.partition, where it names fields.

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


class Unique(_Ordered):
    """The values that NumPy has found."""

    options = ("values", "axis", "equal_nan")

    def forward(self, x):
        return self.values

    def classes(self, x, is_output=False):
        number = np.unique(x, return_inverse=True, axis=self.axis, equal_nan=self.equal_nan)[1]
        if self.axis is None:
            return number.reshape(x.shape)
        slices = np.moveaxis(x, self.axis, 0)
        size = slices[:1].size
        classes = number.reshape(-1, 1) * size + np.arange(size)
        return np.moveaxis(classes.reshape(slices.shape), 0, self.axis)


@implements(
    np.unique,
    cases=[
        call(drawn(2, 3)),
        call(drawn(4, dtype=complex)),
        call(drawn(3, 2), axis=0),
        call(drawn(2, 3, 2), axis=-2, equal_nan=False),
        call(drawn(3), axis=0),
        call(drawn()),
        call(drawn(0, 3)),
    ],
)
def unique(
    ar,
    return_index=False,
    return_inverse=False,
    return_counts=False,
    axis=None,
    *,
    equal_nan=True,
    sorted=True,
):
    """The different values, each once, in order of size.

    The gradient of a value is shared equally by the elements that have it.

    Parameters
    ----------
    ar : Variable or ndarray
    return_index, return_inverse, return_counts : bool
        Whether to return, too, in plain arrays, where each value is found first; which value each element
        has; and how many have it.
    axis : int, optional
        By default the flattened array is taken; else the slices along this axis are compared.
    equal_nan : bool
        Whether all nan count as one.
    sorted : bool
        False: in any order. (NumPy 2.3)

    Returns
    -------
    Variable, or a tuple of it and ndarrays

    Examples
    --------
    >>> x = Variable(np.array([3.0, 1.0, 1.0]))
    >>> y = unique(x)
    >>> y
    variable([1. 3.])
    >>> y.backward()
    >>> x.grad
    variable([1.  0.5 0.5])
    """
    x, more = operand(ar), {} if sorted else {"sorted": False}
    found = np.unique(
        plain(x), return_index, return_inverse, return_counts, axis, equal_nan=equal_nan, **more
    )
    if not isinstance(found, tuple):
        return Unique.operation(x, found, axis, equal_nan)
    return Unique.operation(x, found[0], axis, equal_nan), *found[1:]


@implements(np.unique_values, cases=[call(drawn(2, 3)), call(drawn(dtype=complex))])
def unique_values(x, /):
    """The different values, each once; every nan counts as different.

    The gradient of a value is shared equally by the elements that have it.

    Parameters
    ----------
    x : Variable or ndarray

    Returns
    -------
    Variable

    Examples
    --------
    >>> sort(unique_values(Variable(np.array([3.0, 1.0, 1.0]))))
    variable([1. 3.])
    """
    x = operand(x)
    return Unique.operation(x, np.unique_values(plain(x)), None, False)


def _values_and_more(x, plain_function):
    x = operand(x)
    found = plain_function(plain(x))
    return found._replace(values=Unique.operation(x, found.values, None, False))


def unique_all(x, /):
    """`unique_values`, where each is found first, which each element has, and how many have it.

    The gradient of a value is shared equally by the elements that have it.

    Parameters
    ----------
    x : Variable or ndarray

    Returns
    -------
    named tuple
        Of the Variable `values` and the ndarrays `indices`, `inverse_indices` and `counts`.

    Examples
    --------
    >>> unique_all(Variable(np.array([3.0, 1.0, 1.0]))).counts
    array([2, 1])
    """
    return _values_and_more(x, np.unique_all)


def unique_counts(x, /):
    """`unique_values`, and how many elements have each.

    The gradient of a value is shared equally by the elements that have it.

    Parameters
    ----------
    x : Variable or ndarray

    Returns
    -------
    named tuple
        Of the Variable `values` and the ndarray `counts`.

    Examples
    --------
    >>> unique_counts(Variable(np.array([3.0, 1.0, 1.0]))).values
    variable([1. 3.])
    """
    return _values_and_more(x, np.unique_counts)


def unique_inverse(x, /):
    """`unique_values`, and which of them each element has.

    The gradient of a value is shared equally by the elements that have it.

    Parameters
    ----------
    x : Variable or ndarray

    Returns
    -------
    named tuple
        Of the Variable `values` and the ndarray `inverse_indices`.

    Examples
    --------
    >>> unique_inverse(Variable(np.array([3.0, 1.0, 1.0]))).inverse_indices
    array([1, 0, 0])
    """
    return _values_and_more(x, np.unique_inverse)


@implements(np.sort_complex, cases=[call(drawn(4)), call(drawn(2, 3, dtype=complex))])
def sort_complex(a):
    """Sorted along the last axis, as complex numbers.

    The gradient is that of `sort`; of a real a its real part.

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


_core.set_function(np.unique_all, unique_all)
_core.set_function(np.unique_counts, unique_counts)
_core.set_function(np.unique_inverse, unique_inverse)
