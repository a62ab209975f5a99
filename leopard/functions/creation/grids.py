"""Array creation: arrays broadcast together, coordinate grids, ranges and constant arrays."""

from functools import partial

import numpy as np

from leopard._core import Variable, as_variable
from leopard.functions._primitives import Primitive
from leopard.functions._registry import call, drawn, implements
from leopard.functions.basic.complex import conj
from leopard.functions.basic.indexing import beside
from leopard.functions.basic.shape import as_shape, broadcast_to, floating, form_of, operand, plain, reshape
from leopard.functions.manipulation.joining import joined

__all__ = [
    "broadcast_arrays",
    "full",
    "full_like",
    "geomspace",
    "ix_",
    "linspace",
    "logspace",
    "meshgrid",
]


@implements(
    np.broadcast_arrays,
    cases=[
        call(drawn(3), drawn(2, 1)),
        call(drawn(2, 3), np.ones(3), drawn(dtype=complex)),
        call(drawn(2), drawn(2)),
        call(drawn(2, 3)),
    ],
)
def broadcast_arrays(*args):
    """Arrays broadcast to their common shape.

    The gradient of each is `sum_to` of its gy.

    Parameters
    ----------
    *args : Variable or ndarray

    Returns
    -------
    tuple of Variable
        Read-only views; arrays that have the common shape already are returned as they are.

    Raises
    ------
    ValueError
        When the shapes do not broadcast.

    Examples
    --------
    >>> x, y = broadcast_arrays(Variable(np.ones(3)), Variable(np.ones((2, 1))))
    >>> x.shape, y.shape
    ((2, 3), (2, 3))
    """
    xs = [operand(x) for x in args]
    shape = np.broadcast_shapes(*[x.shape for x in xs])
    return tuple([as_variable(x) if x.shape == shape else broadcast_to(x, shape) for x in xs])


@implements(
    np.ix_,
    cases=[
        call(drawn(2), drawn(3)),
        call(drawn(3)),
        call(np.array([True, False, True]), drawn(2, dtype=complex), [0, 2]),
        call(drawn(2), np.ones(3), drawn(0)),
    ],
    reads_values=True,
)
def ix_(*args):
    """Vectors laid along axes of their own, so that together they span a grid.

    The gradient is gy, as a vector.

    Parameters
    ----------
    *args : 1-d Variable, ndarray or sequence
        Truth values stand for the places where they hold.

    Returns
    -------
    tuple of Variable and ndarray
        Indices, which have no derivative, are plain arrays.

    Raises
    ------
    ValueError
        When one is no vector.

    Examples
    --------
    >>> x, y = ix_(Variable(np.array([1.0, 2.0])), np.array([10.0, 20.0]))
    >>> x + y
    variable([[11. 21.]
              [12. 22.]])
    """
    args = [joined(x) for x in args]
    grid = np.ix_(*map(plain, args))
    return tuple(
        [
            reshape(x, axis.shape) if isinstance(x, Variable) and x.dtype.kind in "fc" else axis
            for x, axis in zip(args, grid, strict=True)
        ]
    )


@implements(
    np.meshgrid,
    cases=[
        call(drawn(2), drawn(3)),
        call(drawn(2), np.ones(3), drawn(2, dtype=complex), indexing="ij"),
        call(drawn(2), drawn(3), sparse=True),
        call(drawn(2), drawn(), copy=False),
        call(drawn(2, 2)),
    ],
)
def meshgrid(*xi, copy=True, sparse=False, indexing="xy"):
    """The coordinates of the points of a grid, given the coordinates along each of its axes.

    The gradient of each axis is the sum of its gy over the other axes.

    Parameters
    ----------
    *xi : 1-d Variable or ndarray
    copy : bool
        With False the results are read-only views.
    sparse : bool
        With True each result has its own axis only, the others at length 1.
    indexing : {"xy", "ij"}
        With "xy" the first two axes are exchanged.

    Returns
    -------
    tuple of Variable

    Raises
    ------
    ValueError
        When `indexing` is neither "xy" nor "ij".

    Examples
    --------
    >>> x, y = meshgrid(Variable(np.array([1.0, 2.0])), [0.0, 1.0, 2.0])
    >>> x.shape, y.shape
    ((3, 2), (3, 2))
    """
    if indexing not in ("xy", "ij"):
        raise ValueError("Valid values for `indexing` are 'xy' and 'ij'.")
    n, ys = len(xi), []
    for i, x in enumerate(xi):
        place = 1 - i if indexing == "xy" and n > 1 and i < 2 else i
        ys.append(operand(x).reshape([-1 if k == place else 1 for k in range(n)]))
    if not sparse:
        shape = np.broadcast_shapes(*[y.shape for y in ys])
        ys = [np.broadcast_to(y, shape) for y in ys]
    return tuple([as_variable(y.copy() if copy else y) for y in ys])


def _place(axis):
    """The new axis, which NumPy takes in any type, and in a list."""
    (axis,) = np.ravel(axis)
    return int(axis)


class Linspace(Primitive):
    n_inputs = 2
    options = ("num", "endpoint", "dtype", "axis")
    broadcasts = True
    linear = True

    def forward(self, start, stop):
        return np.linspace(start, stop, self.num, self.endpoint, dtype=self.dtype, axis=self.axis)

    def backward(self, gy):
        t = self.steps(gy.ndim)
        return np.sum(gy * (1 - t), axis=self.axis), np.sum(gy * t, axis=self.axis)

    def steps(self, n_axes):
        """The place t of each number between start (0) and stop (1), along the axis."""
        t = np.arange(self.num) / max(self.num - bool(self.endpoint), 1)
        return np.moveaxis(t.reshape((-1,) + (1,) * (n_axes - 1)), 0, self.axis)


@implements(
    np.linspace,
    cases=[
        call(drawn(), drawn(), 5),
        call(drawn(2, 3), drawn(3), num=4, axis=1),
        call(drawn(2), 1.0, 3, False),
        call(0, drawn(), 4, retstep=True),
        call(drawn(2, dtype=complex), drawn(2), 3, axis=-1),
        call(drawn(), drawn(), 1),
        call(drawn(), drawn(), 0),
        call(drawn(), drawn(), 1, endpoint=False),
        call(drawn(), 2.0, 3, dtype=complex),
    ],
)
def linspace(start, stop, num=50, endpoint=True, retstep=False, dtype=None, axis=0):
    """Evenly spaced numbers from start to stop, start + t * (stop - start) with t from 0 to 1.

    The gradients are the sums of (1 - t) * gy for start and of t * gy for stop.

    Parameters
    ----------
    start, stop : Variable, ndarray or scalar
        They are broadcast.
    num : int
        The number of numbers.
    endpoint : bool
        Whether the last number is `stop`; otherwise it is one step before it.
    retstep : bool
        Whether to return the step as well.
    dtype : dtype, optional
        By default that of the ends, or float64.
    axis : int
        The place of the new axis in the result.

    Returns
    -------
    Variable, or (Variable, Variable)

    Examples
    --------
    >>> linspace(Variable(np.array(0.0)), 1.0, 5)
    variable([0.   0.25 0.5  0.75 1.  ])
    """
    start, stop = beside(start, stop)
    if start.dtype.kind in "biu" and stop.dtype.kind in "biu":  # as NumPy: their differences wrap round
        start, stop = floating(start), floating(stop)
    y = Linspace.operation(start, stop, num, endpoint, dtype, _place(axis))
    if not retstep:
        return y
    div = num - bool(endpoint)
    return y, as_variable((stop - start) / div if div > 0 else np.nan)


class Geomspace(Linspace):
    options = ("num", "endpoint", "dtype", "axis")
    linear = False

    def forward(self, start, stop):
        return np.geomspace(start, stop, self.num, self.endpoint, self.dtype, self.axis)

    def backward(self, gy):
        start, stop = self.inputs
        t, g = self.steps(gy.ndim), gy * conj(self.output)
        return np.sum(g * (1 - t), axis=self.axis) / conj(start), np.sum(g * t, axis=self.axis) / conj(stop)


@implements(
    np.geomspace,
    cases=[
        call(drawn(low=1, high=2), drawn(low=2, high=3), 5),
        call(drawn(2, 3, low=1, high=2), drawn(3, low=2, high=3), num=4, axis=1),
        call(drawn(2, low=-2, high=-1), -4.0, 3, False),
        call(drawn(2, low=1, high=2, dtype=complex), drawn(2, low=1, high=2), 3, axis=-1),
        call(drawn(low=1, high=2), drawn(low=1, high=2), 1),
        call(drawn(low=1, high=2), 4, 3, dtype=complex),
    ],
)
def geomspace(start, stop, num=50, endpoint=True, dtype=None, axis=0):
    """Geometrically spaced numbers from start to stop, start**(1 - t) * stop**t with t from 0 to 1.

    The gradients are the sums of (1 - t) * y / start * gy for start and of t * y / stop * gy for stop.

    Parameters
    ----------
    start, stop : Variable, ndarray or scalar
        Not 0; of the same sign, or complex. They are broadcast.
    num : int
        The number of numbers.
    endpoint : bool
        Whether the last number is `stop`; otherwise it is one step before it.
    dtype : dtype, optional
    axis : int
        The place of the new axis in the result.

    Returns
    -------
    Variable

    Raises
    ------
    ValueError
        When an end is 0.

    Examples
    --------
    >>> geomspace(Variable(np.array(1.0)), 16.0, 5)
    variable([ 1.  2.  4.  8. 16.])
    """
    return Geomspace.operation(operand(start), operand(stop), num, endpoint, dtype, _place(axis))


@implements(
    np.logspace,
    cases=[
        call(drawn(), drawn(), 5),
        call(drawn(2, 3), drawn(3), num=4, axis=1),
        call(drawn(2), 1.0, 3, False, base=2.0),
        call(drawn(), drawn(), 4, base=drawn(low=1, high=2)),
        call(drawn(2, 1), drawn(), 3, base=drawn(3, low=1, high=2), axis=-1),
        call(drawn(), 0, 3, dtype=complex),
    ],
)
def logspace(start, stop, num=50, endpoint=True, base=10.0, dtype=None, axis=0):
    """Powers of a base with evenly spaced exponents, y = base**e with e = linspace(start, stop).

    The gradients are the sums of (1 - t) * gy * y * log(base) for start and of t * gy * y * log(base) for
    stop, with t as in `linspace`; and the sum of gy * e * base**(e - 1) for base.

    Parameters
    ----------
    start, stop : Variable, ndarray or scalar
        The first and the last exponent. They are broadcast.
    num : int
        The number of powers.
    endpoint : bool
        Whether the last exponent is `stop`; otherwise it is one step before it.
    base : Variable, ndarray or scalar
    dtype : dtype, optional
    axis : int
        The place of the new axis in the result.

    Returns
    -------
    Variable

    Examples
    --------
    >>> logspace(Variable(np.array(0.0)), 2.0, 3)
    variable([  1.  10. 100.])
    """
    if not isinstance(base, (float, int)) and np.ndim(base):
        n = len(np.broadcast_shapes(*map(np.shape, (start, stop, base))))
        start, stop, base = [
            x.reshape((1,) * (n - x.ndim) + x.shape) for x in map(operand, (start, stop, base))
        ]
        base = np.expand_dims(base, axis)
    y = np.power(base, np.linspace(start, stop, num, endpoint, axis=axis))
    return as_variable(y if dtype is None else y.astype(dtype, copy=False))


class Full(Primitive):
    """A new array (made by `empty`), filled with a broadcast value. The gradient is `sum_to` of gy."""

    options = ("empty",)
    broadcasts = True
    linear = True

    def forward(self, x):
        y = self.empty()
        np.copyto(y, x, casting="unsafe")
        return y

    def backward(self, gy):
        return gy


def _filled(x, n_axes, empty):
    if x.ndim > n_axes and x.shape[: x.ndim - n_axes] == (1,) * (x.ndim - n_axes):
        x = reshape(operand(x), x.shape[x.ndim - n_axes :])
    return Full.operation(x, empty)


@implements(
    np.full,
    cases=[
        call((2, 3), drawn()),
        call([2, 3], drawn(3), order="F"),
        call(3, drawn(dtype=complex)),
        call((2, 2), drawn(2, 1), dtype=complex),
        call((0, 2), drawn()),
    ],
)
def full(shape, fill_value, dtype=None, order="C", *, device=None):
    """A new array filled with one value.

    The gradient of the value is the sum of gy. `numpy.full` itself dispatches on Variables only with
    ``like=v``.

    Parameters
    ----------
    shape : int or tuple of int
    fill_value : Variable, ndarray or scalar
        It is broadcast.
    dtype : dtype, optional
        By default that of the value.
    order : {"C", "F"}
        The memory layout.
    device : {"cpu"}, optional

    Returns
    -------
    Variable
        An ndarray where the value is a number.

    Examples
    --------
    >>> full((2, 2), Variable(np.array(3.0)))
    variable([[3. 3.]
              [3. 3.]])
    """
    if not isinstance(fill_value, (Variable, np.ndarray)):
        return np.full(shape, fill_value, dtype, order, device=device)
    dtype = fill_value.dtype if dtype is None else dtype
    shape = as_shape(shape)
    return _filled(fill_value, len(shape), partial(np.empty, shape, dtype, order, device=device))


@implements(
    np.full_like,
    cases=[
        call(np.ones((2, 3)), drawn()),
        call(np.ones((2, 3)), drawn(3), order="F"),
        call(np.ones((2, 3)), drawn(dtype=complex), complex, shape=(3,)),
        call(drawn(2, 3), drawn(2, 1)),
        call(np.ones((2, 3, 4)).transpose(1, 2, 0), drawn(3, 4, 1), "float64"),
    ],
    reads_values=True,
)
def full_like(a, fill_value, dtype=None, order="K", *, shape=None):
    """A new array with the shape and dtype of another, filled with one value.

    The gradient of the value is the sum of gy; the other array has none.

    Parameters
    ----------
    a : Variable or ndarray
        The array whose shape and dtype the result has.
    fill_value : Variable, ndarray or scalar
        It is broadcast.
    dtype : dtype, optional
    order : {"K", "C", "F", "A"}
        The memory layout; "K": that of `a`.
    shape : int or tuple of int, optional

    Returns
    -------
    Variable
        An ndarray where the value is a number.

    Examples
    --------
    >>> full_like(np.ones(3), Variable(np.array(2.0)))
    variable([2. 2. 2.])
    """
    empty = partial(np.empty_like, plain(a), dtype, order, False, shape)
    if isinstance(fill_value, (Variable, np.ndarray)):
        return _filled(fill_value, np.ndim(form_of(a)) if shape is None else len(as_shape(shape)), empty)
    out = empty()
    np.copyto(out, fill_value, casting="unsafe")
    return out
