"""Set operations: the different values of an array; the union, intersection and differences of two arrays."""

import numpy as np

from leopard._core import as_variable
from leopard.functions._registry import call, drawn, implements
from leopard.functions.basic.shape import operand, plain
from leopard.functions.manipulation.joining import concatenate
from leopard.functions.sorting import Ordered

__all__ = [
    "intersect1d",
    "setdiff1d",
    "setxor1d",
    "union1d",
    "unique",
    "unique_all",
    "unique_counts",
    "unique_inverse",
    "unique_values",
]


class Unique(Ordered):
    """The different values of an array along an axis, each once, in the order that NumPy returns them."""

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
        call(drawn(5), return_counts=True),
        call(drawn(3, 2), True, True, True, 1),
        call(drawn()),
        call(drawn(0, 3)),
    ],
    reads_values=True,
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
        Whether to return as well, as ndarrays, the index at which each value occurs first; for each element
        the index of its value; and how often each value occurs.
    axis : int, optional
        By default the flattened array is taken; otherwise the slices along this axis are compared.
    equal_nan : bool
        Whether all nan count as one value.
    sorted : bool
        False: in any order (since NumPy 2.3).

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


@implements(
    np.unique_values,
    cases=[call(drawn(2, 3)), call(drawn(dtype=complex))],
    reads_values=True,
)
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


@implements(
    np.unique_all,
    cases=[call(drawn(2, 3)), call(drawn(dtype=complex))],
    reads_values=True,
)
def unique_all(x, /):
    """The different values, their first indices, the value of each element, and how often each occurs.

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


@implements(
    np.unique_counts,
    cases=[call(drawn(2, 3)), call(drawn(dtype=complex))],
    reads_values=True,
)
def unique_counts(x, /):
    """The different values, each once, and how often each occurs.

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


@implements(
    np.unique_inverse,
    cases=[call(drawn(2, 3)), call(drawn(dtype=complex))],
    reads_values=True,
)
def unique_inverse(x, /):
    """The different values, each once, and for each element the index of its value.

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


class Found(Ordered):
    """Some of the values of an array, those of which NumPy's set operation consists."""

    options = ("values",)

    def forward(self, x):
        return self.values

    def classes(self, x, is_output=False):
        return np.searchsorted(np.unique(plain(self.inputs[0])), x)


@implements(
    np.union1d,
    cases=[
        call(drawn(3), drawn(2, 2)),
        call(drawn(2), [0.5, -0.5, 0.5]),
        call(np.arange(3), drawn(2, dtype=complex)),
        call(drawn(), drawn(0)),
    ],
    reads_values=True,
)
def union1d(ar1, ar2):
    """The values that are in either of two arrays, each once, in order of size.

    The gradient of a value is shared equally by the elements that have it, of both.

    Parameters
    ----------
    ar1, ar2 : Variable or ndarray
        They are flattened.

    Returns
    -------
    Variable

    Examples
    --------
    >>> union1d(Variable(np.array([3.0, 1.0])), [1.0, 2.0])
    variable([1. 2. 3.])
    """
    return unique(concatenate((ar1, ar2), None))


@implements(
    np.intersect1d,
    cases=[
        call(drawn(3), drawn(2, 2)),
        call(drawn(2), np.ones(2), assume_unique=True),
        call(drawn(3), drawn(2), return_indices=True),
        call(drawn(0), drawn()),
    ],
    reads_values=True,
)
def intersect1d(ar1, ar2, assume_unique=False, return_indices=False):
    """The values that are in both of two arrays, each once, in order of size.

    The gradient of a value is shared equally by the elements that have it, of both.

    Parameters
    ----------
    ar1, ar2 : Variable or ndarray
        They are flattened.
    assume_unique : bool
        True where no value occurs twice in either of them, which is faster.
    return_indices : bool
        Whether to return as well, as ndarrays, the index at which each value occurs first in either array.

    Returns
    -------
    Variable, or a tuple of it and two ndarrays

    Examples
    --------
    >>> x = Variable(np.array([3.0, 1.0, 2.0, 1.0]))
    >>> y = intersect1d(x, [1.0, 2.0, 5.0])
    >>> y
    variable([1. 2.])
    >>> y.backward()
    >>> x.grad
    variable([0.         0.33333333 0.5        0.33333333])
    """
    found = np.intersect1d(plain(ar1), plain(ar2), assume_unique, return_indices)
    values, *places = found if return_indices else [found]
    y = Found.operation(concatenate((ar1, ar2), None), values)
    return (y, *places) if return_indices else y


@implements(
    np.setdiff1d,
    cases=[
        call(drawn(2, 3), drawn(2)),
        call(drawn(4, dtype=complex), drawn(2)),
        call(drawn(3), [1.0], assume_unique=True),
        call(drawn(), drawn(0)),
    ],
    reads_values=True,
)
def setdiff1d(ar1, ar2, assume_unique=False):
    """The values of the first array that are not in the second, each once, in order of size.

    The gradient of a value is shared equally by the elements that have it. The second array has none.

    Parameters
    ----------
    ar1, ar2 : Variable or ndarray
        They are flattened.
    assume_unique : bool
        True where no value occurs twice in either of them; the values then keep the order of `ar1`.

    Returns
    -------
    Variable

    Examples
    --------
    >>> setdiff1d(Variable(np.array([3.0, 1.0, 2.0])), [1.0, 5.0])
    variable([2. 3.])
    """
    x = operand(ar1).reshape(-1) if assume_unique else unique(ar1)
    return as_variable(x[np.isin(plain(x), plain(ar2), assume_unique, invert=True)])


@implements(
    np.setxor1d,
    cases=[
        call(drawn(3), drawn(2, 2)),
        call(drawn(2, dtype=complex), [1.0, 2.0]),
        call(drawn(3), drawn(2), assume_unique=True),
        call(drawn(0), drawn()),
    ],
    reads_values=True,
)
def setxor1d(ar1, ar2, assume_unique=False):
    """The values that are in exactly one of two arrays, each once, in order of size.

    The gradient of a value is shared equally by the elements that have it.

    Parameters
    ----------
    ar1, ar2 : Variable or ndarray
        They are flattened.
    assume_unique : bool
        True where no value occurs twice in either of them, which is faster.

    Returns
    -------
    Variable

    Examples
    --------
    >>> setxor1d(Variable(np.array([3.0, 1.0])), [1.0, 2.0])
    variable([2. 3.])
    """
    values = np.setxor1d(plain(ar1), plain(ar2), assume_unique)
    return Found.operation(concatenate((ar1, ar2), None), values)
