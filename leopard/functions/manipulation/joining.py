"""Arrays joined along an axis, along a new axis, and in blocks."""

import numpy as np

from leopard._core import Variable
from leopard.functions._primitives import Primitive
from leopard.functions._registry import call, drawn, implements
from leopard.functions.basic.indexing import beside, gather
from leopard.functions.basic.shape import operand, reshape
from leopard.functions.manipulation.axes import at_least

__all__ = [
    "append",
    "block",
    "c_",
    "column_stack",
    "concat",
    "concatenate",
    "dstack",
    "hstack",
    "r_",
    "stack",
    "vstack",
]


#: The types of what can be an operand as it is.
OPERANDS = {Variable, np.ndarray}


def joined(x, dtype=None):
    """Nested lists that hold Variables as one Variable; anything else as it is."""
    if not isinstance(x, (list, tuple)):
        return x
    parts = [joined(part, dtype) for part in x]
    if not any(isinstance(part, Variable) for part in parts):
        return x
    return Stack.operation(*map(operand, parts), 0, dtype, "same_kind" if dtype is None else "unsafe")


def _operands(xs):
    if not hasattr(xs, "__getitem__"):
        raise TypeError('arrays to stack must be passed as a "sequence" type such as list or tuple.')
    if type(xs) in (list, tuple) and OPERANDS.issuperset(map(type, xs)):  # most of the time
        return xs
    return [operand(joined(x)) for x in xs]


class Concatenate(Primitive):
    n_inputs = -1
    options = ("axis", "dtype", "casting")
    takes_arrays = True
    linear = True

    def forward(self, *xs):
        return np.concatenate(xs, self.axis, dtype=self.dtype, casting=self.casting)

    def backward(self, gy):
        gxs, start = [], 0
        for x, wanted in zip(self.inputs, self.wanted, strict=True):
            if self.axis is None:
                stop = start + x.size
                gxs.append(gy[start:stop].reshape(x.shape) if wanted else None)
            else:
                stop = start + x.shape[self.axis]
                before = (slice(None),) * (self.axis % x.ndim)
                gxs.append(gy[(*before, slice(start, stop))] if wanted else None)
            start = stop
        return tuple(gxs)

    def of_rows(self, *ts):
        ts = zeros_for_none(ts, self.inputs)
        if self.axis is None:
            ts = [reshape(t, (t.shape[0], x.size)) for t, x in zip(ts, self.inputs, strict=True)]
            return Concatenate.operation(*ts, 1, self.dtype, self.casting)
        axis = self.axis % self.output.ndim + 1
        return Concatenate.operation(*ts, axis, self.dtype, self.casting)


def zeros_for_none(ts, xs):
    """A batch of tangents for each input, with zeros in the place of None."""
    (n,) = {t.shape[0] for t in ts if t is not None}
    return [np.zeros((n, *x.shape), x.dtype) if t is None else t for t, x in zip(ts, xs, strict=True)]


@implements(
    np.concatenate,
    cases=[
        call([drawn(2, 3), drawn(1, 3)]),
        call([drawn(2, 3), np.ones((2, 2)), drawn(2, 1)], -1),
        call([drawn(2, 3), np.ones((2, 2)), drawn(2, 1, dtype=complex)], axis=-1),
        call((drawn(2, 3), drawn(4)), None),
        call([drawn(2, 3), drawn(0, 3), drawn(1, 3)], 0, dtype=complex),
        call([drawn(2), [1.0, 2.0]], dtype=np.float64, casting="no"),
        call([drawn(2, 1)]),
        call(drawn(2, 3, 2), 1),
    ],
)
def concatenate(arrays, /, axis=0, *, dtype=None, casting="same_kind"):
    """Join arrays along an existing axis.

    The gradient of each is its part of gy.

    Parameters
    ----------
    arrays : sequence of Variable or ndarray
        They have the same shape, except along that axis.
    axis : int or None
        None joins the flattened arrays.
    dtype : dtype, optional
        By default the common dtype of all.
    casting : str
        Which casts are allowed; see `numpy.can_cast`.

    Returns
    -------
    Variable

    Raises
    ------
    ValueError
        When the shapes differ along another axis, or there is no array.

    Examples
    --------
    >>> concatenate([Variable(np.array([1.0])), np.array([2.0])])
    variable([1. 2.])
    """
    xs = _operands(arrays)
    return Concatenate.operation(*xs, axis, dtype, casting) if xs else np.concatenate(xs)


concat = concatenate


class Stack(Primitive):
    n_inputs = -1
    options = ("axis", "dtype", "casting")
    takes_arrays = True
    linear = True

    def forward(self, *xs):
        axis, dtype, casting = self.option
        is_plain = axis == 0 and dtype is None and casting == "same_kind" and xs[0].ndim < 2
        if is_plain and len({x.dtype for x in xs}) == 1:
            return np.array(xs)  # what `np.stack` returns, sooner
        return np.stack(xs, axis, dtype=dtype, casting=casting)

    def backward(self, gy):
        axis = self.option[0]
        if axis == 0:
            return tuple(gy)
        before = (slice(None),) * (axis % gy.ndim)
        return tuple([gy[(*before, i)] if wanted else None for i, wanted in enumerate(self.wanted)])

    def of_rows(self, *ts):
        axis = self.axis % self.output.ndim + 1
        return Stack.operation(*zeros_for_none(ts, self.inputs), axis, self.dtype, self.casting)


@implements(
    np.stack,
    cases=[
        call([drawn(2, 3), drawn(2, 3)]),
        call([drawn(2, 3), np.ones((2, 3)), drawn(2, 3)], -1),
        call([drawn(), drawn()]),
        call([drawn(2), np.ones(2), drawn(2, dtype=complex)], 1),
        call([drawn(2, 3), drawn(2, 3)], axis=-2, dtype=complex),
        call([drawn(), 2.0, drawn()], dtype=np.float64, casting="safe"),
        call([drawn(0, 2), drawn(0, 2)], -1),
        call(drawn(2, 3), 1),
    ],
)
def stack(arrays, axis=0, *, dtype=None, casting="same_kind"):
    """Join arrays of one shape along a new axis.

    The gradient of each is its slice of gy.

    Parameters
    ----------
    arrays : sequence of Variable, ndarray or scalar
        They have the same shape.
    axis : int
        The place of the new axis in the result.
    dtype : dtype, optional
        By default the common dtype of all.
    casting : str
        Which casts are allowed; see `numpy.can_cast`.

    Returns
    -------
    Variable

    Raises
    ------
    ValueError
        When the shapes differ.

    Examples
    --------
    >>> stack([Variable(np.array(1.0)), 2.0])
    variable([1. 2.])
    """
    xs = _operands(arrays)
    shapes = {x.shape for x in xs}
    if len(shapes) > 1:
        raise ValueError(f"stack: the shapes differ, {', '.join(map(str, sorted(shapes)))}")
    return Stack.operation(*xs, axis, dtype, casting) if xs else np.stack(xs)


@implements(
    np.hstack,
    cases=[
        call([drawn(2), drawn(3)]),
        call((drawn(2, 3), drawn(2, 1, dtype=complex))),
        call([drawn(), 1.0, drawn()], dtype=complex),
        call([drawn(2, 3, 2), np.ones((2, 1, 2))], casting="no"),
    ],
)
def hstack(tup, *, dtype=None, casting="same_kind"):
    """Join arrays along their second axis; vectors and scalars into one vector.

    The gradient of each is its part of gy.

    Parameters
    ----------
    tup : sequence of Variable, ndarray or scalar
    dtype : dtype, optional
        By default the common dtype of all.
    casting : str

    Returns
    -------
    Variable

    Examples
    --------
    >>> hstack([Variable(np.array([1.0, 2.0])), 3.0])
    variable([1. 2. 3.])
    """
    xs = [at_least(1, x) for x in _operands(tup)]
    return concatenate(xs, 0 if xs and xs[0].ndim == 1 else 1, dtype=dtype, casting=casting)


@implements(
    np.vstack,
    cases=[
        call([drawn(3), drawn(3)]),
        call((drawn(2, 3), drawn(3, dtype=complex))),
        call([drawn(), 1.0, drawn()], dtype=complex),
        call([drawn(2, 3, 2), np.ones((1, 3, 2))], casting="no"),
    ],
)
def vstack(tup, *, dtype=None, casting="same_kind"):
    """Join arrays along their first axis; each vector is a row.

    The gradient of each is its part of gy.

    Parameters
    ----------
    tup : sequence of Variable, ndarray or scalar
    dtype : dtype, optional
        By default the common dtype of all.
    casting : str

    Returns
    -------
    Variable

    Examples
    --------
    >>> vstack([Variable(np.array([1.0, 2.0])), [3.0, 4.0]])
    variable([[1. 2.]
              [3. 4.]])
    """
    return concatenate([at_least(2, x) for x in _operands(tup)], 0, dtype=dtype, casting=casting)


@implements(
    np.dstack,
    cases=[
        call([drawn(3), drawn(3)]),
        call((drawn(2, 3), drawn(2, 3, dtype=complex))),
        call([drawn(2, 3, 2), np.ones((2, 3)), drawn(2, 3)]),
        call([drawn(), 1.0]),
    ],
)
def dstack(tup):
    """Join arrays along their third axis; vectors of n elements count as (1, n, 1), matrices as (m, n, 1).

    The gradient of each is its part of gy.

    Parameters
    ----------
    tup : sequence of Variable, ndarray or scalar

    Returns
    -------
    Variable

    Examples
    --------
    >>> dstack([Variable(np.array([1.0, 2.0])), [3.0, 4.0]])
    variable([[[1. 3.]
               [2. 4.]]])
    """
    return concatenate([at_least(3, x) for x in _operands(tup)], 2)


@implements(
    np.column_stack,
    cases=[
        call([drawn(3), drawn(3)]),
        call((drawn(3, 2), drawn(3, dtype=complex))),
        call([drawn(), 1.0, drawn()]),
        call([drawn(2, 3, 2), np.ones((2, 1, 2))]),
    ],
)
def column_stack(tup):
    """Join vectors as the columns of a matrix, and matrices column by column.

    The gradient of each is its part of gy.

    Parameters
    ----------
    tup : sequence of Variable, ndarray or scalar

    Returns
    -------
    Variable

    Examples
    --------
    >>> column_stack([Variable(np.array([1.0, 2.0])), [3.0, 4.0]])
    variable([[1. 3.]
              [2. 4.]])
    """
    xs = _operands(tup)
    return concatenate([x if x.ndim > 1 else at_least(2, x).T for x in xs], 1)


@implements(
    np.append,
    cases=[
        call(drawn(2, 3), drawn(2, dtype=complex)),
        call(drawn(2, 3), [[1.0, 2.0, 3.0]], axis=0),
        call(drawn(2, 3), drawn(2, 1), -1),
        call(np.ones(2), drawn()),
        call(drawn(), 2),
    ],
)
def append(arr, values, axis=None):
    """Join values to the end of an array.

    The gradients are the parts of gy.

    Parameters
    ----------
    arr, values : Variable, ndarray or scalar
    axis : int, optional
        By default both are flattened.

    Returns
    -------
    Variable

    Examples
    --------
    >>> append(Variable(np.array([1.0, 2.0])), 3.0)
    variable([1. 2. 3.])
    """
    return concatenate((arr, values), axis)


def _leaves(arrays):
    """The leaves of nested lists, in order."""
    return [leaf for part in arrays for leaf in _leaves(part)] if type(arrays) is list else [arrays]


def _in_place_of(leaves, arrays):
    """The nested lists, with each leaf replaced by the next element of the iterator `leaves`."""
    return [_in_place_of(leaves, part) for part in arrays] if type(arrays) is list else next(leaves)


@implements(
    np.block,
    cases=[
        call([[drawn(2, 2), drawn(2, 1)], [drawn(1, 2), 3.0]]),
        call([drawn(2), 1.0, drawn(dtype=complex)]),
        call([[drawn(2)], [np.ones(2)]]),
        call([[[drawn(2, 1, 2), np.zeros((2, 1, 1))], [drawn(2, 2, 2), drawn(2, 2, 1)]], [[drawn(3, 3)]]]),
        call(drawn(2, 2)),
        call([drawn()]),
    ],
)
def block(arrays):
    """An array made of blocks in nested lists: the innermost lists are joined along the last axis.

    The gradient of each block is its part of gy.

    Parameters
    ----------
    arrays : Variable, ndarray, scalar, or lists of them
        The blocks, all at the same depth of nesting.

    Returns
    -------
    Variable

    Raises
    ------
    ValueError
        When the shapes do not fit, or the depths differ.

    Examples
    --------
    >>> block([[Variable(np.eye(2)), np.ones((2, 1))]])
    variable([[1. 0. 1.]
              [0. 1. 1.]])
    """
    leaves = _leaves(arrays)
    if not leaves:
        return np.block(arrays)  # raises NumPy's error for an empty list
    if [x for x in leaves if isinstance(x, tuple)]:
        raise TypeError("block: the blocks must be in lists, not in tuples")
    nested = _in_place_of(iter(range(len(leaves))), arrays)
    return gather(lambda *xs: np.block(_in_place_of(iter(xs), nested)), *map(operand, leaves))


class _Joining:
    """The objects `r_` and `c_`: arrays, numbers and ranges in brackets are joined, as by NumPy's.

    The gradient of each array is its part of gy.

    Examples
    --------
    >>> x = Variable(np.array([1.0, 2.0]))
    >>> r_[x, 0, 5:7]
    variable([1. 2. 0. 5. 6.])
    >>> c_[x, [3, 4]]
    variable([[1. 3.]
              [2. 4.]])
    """

    def __init__(self, way):
        self.way = way

    def __getitem__(self, key):
        key = key if isinstance(key, tuple) else (key,)
        words = tuple([part for part in key[:1] if isinstance(part, str)])
        if words in (("r",), ("c",)) or any(isinstance(part, str) for part in key[len(words) :]):
            raise ValueError(f"{key!r} stands for a numpy.matrix, which leopard does not have")
        parts = [np.r_[part] if isinstance(part, slice) else joined(part) for part in key[len(words) :]]
        if not parts:
            raise ValueError("need at least one array to concatenate")
        return gather(lambda *xs: self.way[(*words, *xs)], *beside(*parts))

    def __len__(self):
        return 0


r_ = _Joining(np.r_)
c_ = _Joining(np.c_)
