"""Indexing: elements taken by index, their adjoint, and elements selected by a condition."""

import operator
from functools import partial

import numpy as np

from leopard import _core
from leopard._core import Variable, scatter
from leopard.functions._followed import FollowedArray, as_option
from leopard.functions._primitives import Primitive
from leopard.functions._registry import call, drawn, implements
from leopard.functions.basic.shape import aligned, plain, reshape

__all__ = ["compress", "extract", "getitem", "take", "take_along_axis", "where"]


def plain_index(index):
    """An index without Variables, and with copies of its arrays, which later changes do not reach."""
    if isinstance(index, tuple):
        return tuple([plain_index(i) for i in index])
    if isinstance(index, FollowedArray):
        return index
    if isinstance(index, Variable):
        if _core.follows(index):
            if index.ndim == 0 and index.dtype.kind in "iu":
                return operator.index(index)  # a guard, and a part of the array
            return as_option(index)
        index = index.data
    if isinstance(index, (list, np.ndarray)):
        index = np.array(index)  # a copy: the caller may change the array before the walk
        if index.size == 0 and index.dtype.kind == "f":
            index = index.astype(np.intp)
    return index


def is_basic(index):
    """Whether an index has slices and integers only, which take each element at most once, as a view."""
    for i in index if isinstance(index, tuple) else (index,):
        if isinstance(i, bool) or not (i is None or i is Ellipsis or isinstance(i, (slice, int, np.integer))):
            return False
    return True


class GetItem(Primitive):
    kernel = "take"
    selects_elements = True
    options = ("index",)
    linear = True
    cases = [
        ((4, 3), 1),
        ((4, 3), (slice(None, None, -2), slice(0, 2))),
        ((4, 3), (Ellipsis, None, -1)),
        ((4, 3), [0, 2, 2, -1]),
        ((4, 3), (np.array([[0, 1], [3, 3]]), np.array([0, 2]))),
        ((4, 3), np.array([True, False, True, True])),
        ((4, 3), (slice(1, 3), [0, 0, 2])),
        ((4, 3), np.zeros(0, np.intp)),
        ((5,), 2),
    ]

    def __init__(self, index):
        super().__init__(plain_index(index))

    def plain(x, index):
        return x[index]

    def forward(self, x):
        return x[self.index]

    def backward(self, gy):
        (x,) = self.inputs
        return AddAt.operation(gy, self.index, x.shape)

    def of_rows(self, t):
        index = _index_of_rows(self.index)
        return NotImplemented if index is None else GetItem.operation(t, index)


class AddAt(Primitive):
    """The adjoint of `GetItem`: zeros to which the elements are added at their index."""

    options = ("index", "shape")
    linear = True

    def forward(self, gy):
        gx = np.zeros(self.shape, gy.dtype)
        scatter(gx, self.index, gy)
        return gx

    def backward(self, ggx):
        return getitem(ggx, self.index)

    def of_rows(self, t):
        index = _index_of_rows(self.index)
        return NotImplemented if index is None else AddAt.operation(t, index, (t.shape[0], *self.shape))


def _index_of_rows(index):
    """The index that takes the same elements of each row of a batch; None where NumPy would move the rows."""
    index = index if isinstance(index, tuple) else (index,)
    arrays = [k for k, i in enumerate(index) if not is_basic(i)]
    if arrays:
        places = [k for k, i in enumerate(index) if k in arrays or isinstance(i, (int, np.integer))]
        if places[-1] - places[0] + 1 != len(places):
            return None
    return (slice(None), *index)


@implements(
    plain=lambda x, index: x[index],
    cases=[
        call(drawn(4, 3), [0, 0, 2]),
        call(drawn(4, 3), (slice(None, None, -1), 1)),
        call(drawn(4, 3), (slice(None), np.array([1, 1]))),
        call(drawn(4, 3), (None, 2)),
        call(drawn(4, 3), (0, 2)),
        call(drawn(4, 3), ()),
        call(drawn(2, 3), np.array([[True, False, True], [False, False, True]])),
    ],
)
def getitem(x, index):
    """Elements of x, ``x[index]``.

    The gradient is gy at those elements, added up where an element is taken more than once, and 0 elsewhere.

    Parameters
    ----------
    x : Variable or ndarray
    index : int, slice, Ellipsis, None, array of int, mask of bool, or a tuple of them
        As for an ndarray.

    Returns
    -------
    Variable
        A view for slices and integers.

    Raises
    ------
    IndexError
        When an index is out of bounds.

    Examples
    --------
    >>> getitem(Variable(np.array([1.0, 2.0, 3.0])), [0, 2])
    variable([1. 3.])
    """
    return GetItem.operation(x, index)


class Gather(Primitive):
    """A function of NumPy's that moves elements of arrays to other places unchanged: ``move(*xs)``.

    The same function is applied to arrays of element numbers, to find the place of each element. The gradient
    of an element is the sum of gy over the places to which it was moved.
    """

    n_inputs = -1
    options = ("move",)
    linear = True

    def forward(self, *xs):
        return self.move(*xs)

    def backward(self, gy):
        stops = np.cumsum([x.size for x in self.inputs]).tolist()
        numbers, gxs = [], []
        for x, stop in zip(self.inputs, stops, strict=True):
            numbers.append(np.arange(stop - x.size, stop).reshape(x.shape))
        g = sum_at(gy, self.move(*numbers), stops[-1])
        for x, stop, wanted in zip(self.inputs, stops, self.wanted, strict=True):
            gxs.append(reshape(g[stop - x.size : stop], x.shape) if wanted else None)
        return tuple(gxs)


class Choice(Gather):
    """`Gather` for a function that leaves elements out, so that their gradient is exactly 0."""

    selects_elements = True


def gather(move, *xs):
    """``move(*xs)`` of Variables and arrays, where `move` puts each element somewhere unchanged."""
    return Gather.operation(*xs, move)


def choice(move, *xs):
    """``move(*xs)`` of Variables and arrays, where `move` puts each element somewhere, or leaves it out."""
    return Choice.operation(*xs, move)


def sum_at(gy, places, n):
    """A vector of n sums: element i is the sum of gy where `places` is i."""
    return AddAt.operation(reshape(gy, -1), np.ravel(places), (n,))


def beside(*xs):
    """Python numbers as arrays of the dtype that NumPy's promotion gives them here; lists as arrays."""
    if all(hasattr(x, "dtype") for x in xs):  # most of the time
        return xs
    xs = [x if type(x) in (int, float, complex) or hasattr(x, "dtype") else np.asarray(x) for x in xs]
    dtype = np.result_type(*[getattr(x, "dtype", x) for x in xs])
    return [x if hasattr(x, "dtype") else np.asarray(x, dtype) for x in xs]


_rows = np.array([[2, 0, 2], [-1, 1, 0]])


@implements(
    np.take,
    method="take",
    cases=[
        call(drawn(4, 3), [0, 2, 2, -1]),
        call(drawn(4, 3), _rows, axis=0),
        call(drawn(4, 3, dtype=complex), [1, 1], -1),
        call(drawn(2, 4, 3), _rows, axis=1),
        call(drawn(4, 3), 2, axis=1),
        call(drawn(4, 3), 5),
        call(drawn(4, 3), [5, -7, 3], axis=1, mode="wrap"),
        call(drawn(4, 3), [5, -7, 3], axis=0, mode="clip"),
        call(drawn(4, 3), np.zeros((0, 2), int), axis=1),
        call(drawn(), [0, 0]),
    ],
)
def take(a, indices, axis=None, *, mode="raise"):
    """Elements, or slices along an axis, by their numbers.

    The gradient is gy at those elements, added up where one is taken more than once, and 0 elsewhere.

    Parameters
    ----------
    a : Variable or ndarray
    indices : int or array of int
        Their axes take the place of the axis.
    axis : int, optional
        By default the elements of the flattened array are taken.
    mode : {"raise", "wrap", "clip"}
        Whether a number out of bounds is an error, taken modulo the length, or clipped.

    Returns
    -------
    Variable

    Raises
    ------
    IndexError
        When a number is out of bounds, and the mode is "raise".

    Examples
    --------
    >>> take(Variable(np.array([[1.0, 2.0], [3.0, 4.0]])), [1, 1, 0], axis=1)
    variable([[2. 2. 1.]
              [4. 4. 3.]])
    """
    return choice(partial(np.take, indices=places(indices), axis=axis, mode=mode), a)


def places(indices):
    """A copy of indices as an array; an empty list holds integers, as in NumPy."""
    indices = plain(indices)
    return np.array(indices, None if isinstance(indices, np.ndarray) or np.size(indices) else np.intp)


@implements(
    np.take_along_axis,
    cases=[
        call(drawn(2, 3), _rows, axis=1),
        call(drawn(2, 3, dtype=complex), np.array([[0, 1, 1]]), 0),
        call(drawn(2, 3), np.array([5, 0, 5]), axis=None),
        call(drawn(2, 1, 3), np.zeros((2, 4, 1), int), -1),
    ],
)
def take_along_axis(arr, indices, axis=-1):
    """Elements by their numbers in each row along an axis, as `numpy.argsort` gives them.

    The gradient is gy at those elements, added up where one is taken more than once, and 0 elsewhere.

    Parameters
    ----------
    arr : Variable or ndarray
    indices : array of int
        With as many axes as `arr`; it is broadcast over the others.
    axis : int or None
        None takes the flattened array and a vector of indices.

    Returns
    -------
    Variable

    Examples
    --------
    >>> x = Variable(np.array([3.0, 1.0, 2.0]))
    >>> take_along_axis(x, np.argsort(x), axis=0)
    variable([1. 2. 3.])
    """
    indices = np.array(plain(indices))
    return choice(lambda x: np.take_along_axis(x, indices, axis), arr)


@implements(
    np.compress,
    cases=[
        call([True, False, True, True], drawn(4, 3), axis=0),
        call([0, 1], drawn(4, 3, dtype=complex), -1),
        call(np.array([True, False, False, True, True]), drawn(4, 3)),
        call([False, False], drawn(2, 3), axis=0),
    ],
)
def compress(condition, a, axis=None):
    """The slices along an axis for which a condition holds.

    The gradient is gy there, and zero elsewhere.

    Parameters
    ----------
    condition : 1-d array of bool
        It may be shorter than the axis, and takes no gradient.
    a : Variable or ndarray
    axis : int, optional
        By default the flattened array is taken.

    Returns
    -------
    Variable

    Raises
    ------
    IndexError
        When the condition holds beyond the end of the axis.

    Examples
    --------
    >>> compress([False, True], Variable(np.array([[1.0, 2.0], [3.0, 4.0]])), axis=0)
    variable([[3. 4.]])
    """
    condition = np.array(plain(condition))
    return choice(lambda x: np.compress(condition, x, axis), a)


def _compress_method(self, condition, axis=None):
    """The slices along an axis for which a condition holds: ``x.compress(condition, axis=0)``."""
    return compress(condition, self, axis)


@implements(
    np.extract,
    cases=[
        call(np.array([[True, False, True], [False, False, True]]), drawn(2, 3)),
        call([1, 0, 0, 1], drawn(2, 3, dtype=complex)),
        call(True, drawn()),
    ],
)
def extract(condition, arr):
    """The elements for which a condition holds, as a vector.

    The gradient is gy there, and zero elsewhere.

    Parameters
    ----------
    condition : array of bool
        Condition and array are flattened. It takes no gradient.
    arr : Variable or ndarray

    Returns
    -------
    Variable

    Examples
    --------
    >>> x = Variable(np.array([[1.0, -2.0], [3.0, -4.0]]))
    >>> extract(x > 0, x)
    variable([1. 3.])
    """
    condition = np.array(plain(condition))
    return choice(partial(np.extract, condition), arr)


class Where(Primitive):
    n_inputs = 2
    options = ("condition",)
    broadcasts = True
    selects_elements = True
    takes_arrays = True
    linear = True

    def forward(self, x0, x1):
        return np.where(self.condition, x0, x1)

    def backward(self, gy):
        zero = np.zeros((), gy.dtype)
        wanted = self.wanted
        gx0 = np.where(self.condition, gy, zero) if wanted[0] else None
        gx1 = np.where(self.condition, zero, gy) if wanted[1] else None
        return gx0, gx1

    def of_rows(self, *ts):
        n = self.output.ndim
        ts = [np.zeros(()) if t is None else aligned(t, n) for t in ts]
        return Where.operation(*ts, self.condition)


@implements(
    np.where,
    cases=[
        call(np.array([[True], [False]]), drawn(2, 3), drawn(3)),
        call(np.array([[True, False, True], [False, False, True]]), drawn(2, 3), drawn(3)),
        call(np.array([True, False, True]), drawn(2, 1), drawn(3)),
        call(np.array([True, False]), drawn(2), drawn(2, dtype=complex)),
        call(np.array([True, False]), drawn(2), 0.5),
        call([0.0, 2.0], drawn(), [1, 2]),
        call(True, 1j, drawn(2)),
        call(np.zeros((0, 1), bool), drawn(3), drawn()),
    ],
)
def where(condition, *xs):
    """``where(condition, x0, x1)``: x0 where the condition holds, x1 elsewhere.

    The gradients are gy where the element was taken, and 0 where it was not.

    ``where(condition)`` returns the indices where it holds as ndarrays, like `numpy.nonzero`.

    Parameters
    ----------
    condition : ndarray or Variable of bool
        It takes no gradient.
    x0, x1 : Variable, ndarray or scalar
        All three are broadcast.

    Returns
    -------
    Variable

    Examples
    --------
    >>> where(np.array([True, False]), Variable(np.array([1.0, 2.0])), 0.0)
    variable([1. 0.])
    """
    if len(xs) != 2:
        return np.nonzero(condition) if not xs else np.where(plain(condition), *plain(xs))  # NumPy's error
    condition = condition if isinstance(condition, FollowedArray) else as_option(condition)
    return Where.operation(*beside(*xs), condition)


_core.set_operator("getitem", GetItem.operation)
_core.add_method("compress", _compress_method)
