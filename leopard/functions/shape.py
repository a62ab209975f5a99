"""Functions that move elements about without changing them, and the sums that undo it."""

import numpy as np

from leopard import _core
from leopard._core import Variable
from leopard.functions._registry import Primitive, implements


class Reshape(Primitive):
    kernel = "reshape"
    options = ("shape",)
    cases = [((2, 3), (3, 2)), ((2, 3), (-1,)), ((1,), ())]

    def forward(self, x):
        return x.reshape(self.shape)

    def backward(self, gy):
        (x,) = self.inputs
        return reshape(gy, x.shape)


@implements(np.reshape)
def reshape(x, shape):
    """The same elements in another shape.

    The gradient is gy in the shape of x.

    Parameters
    ----------
    x : Variable or ndarray
    shape : int or tuple of int
        One of them may be -1: whatever is left.

    Returns
    -------
    Variable
        A view where NumPy can make one.

    Raises
    ------
    ValueError
        When the sizes differ.

    Examples
    --------
    >>> reshape(Variable(np.array([1.0, 2.0])), (2, 1)).shape
    (2, 1)
    """
    return Reshape.operation(x, tuple(shape) if isinstance(shape, list) else shape)


class Transpose(Primitive):
    kernel = "transpose"
    options = ("axes",)
    cases = [((2, 3), None), ((2, 3, 4), (1, 2, 0)), ((2, 3, 4), (-1, 0, 1))]

    def forward(self, x):
        return x.transpose(self.axes)

    def backward(self, gy):
        if self.axes is None:
            return transpose(gy)
        n = len(self.axes)
        return transpose(gy, tuple(np.argsort([axis % n for axis in self.axes]).tolist()))


@implements(np.transpose)
def transpose(x, axes=None):
    """The axes in another order, by default the reverse.

    The gradient is gy with its axes put back.

    Parameters
    ----------
    x : Variable or ndarray
    axes : sequence of int, optional
        Axis i of the result is axis ``axes[i]`` of x.

    Returns
    -------
    Variable
        A view.

    Examples
    --------
    >>> transpose(Variable(np.ones((2, 3)))).shape
    (3, 2)
    """
    return Transpose.operation(x, None if axes is None else tuple(axes))


class BroadcastTo(Primitive):
    kernel = "broadcast"
    options = ("shape",)
    cases = [((3,), (2, 3)), ((2, 1), (2, 3)), ((), (2, 2)), ((2, 3), (2, 3))]

    def forward(self, x):
        return np.broadcast_to(x, self.shape)

    def backward(self, gy):
        (x,) = self.inputs
        return sum_to(gy, x.shape)


@implements(np.broadcast_to)
def broadcast_to(x, shape):
    """Repeat x along new axes and axes of length 1, as broadcasting does.

    The gradient is `sum_to` of gy.

    Parameters
    ----------
    x : Variable or ndarray
    shape : int or tuple of int

    Returns
    -------
    Variable
        Its data is a read-only view: the repeated elements are one in memory.

    Raises
    ------
    ValueError
        When x does not broadcast to the shape.

    Examples
    --------
    >>> broadcast_to(Variable(np.array([1.0, 2.0])), (2, 2))
    variable([[1. 2.]
              [1. 2.]])
    """
    shape = (shape,) if isinstance(shape, int) else tuple(shape)
    return BroadcastTo.operation(x, shape)


class SumTo(Primitive):
    kernel = "sum_to"
    options = ("shape",)
    cases = [((2, 3), (3,)), ((2, 3), (2, 1)), ((2, 3), ()), ((2, 3), (2, 3))]

    def forward(self, x):
        lead = x.ndim - len(self.shape)
        kept = list(zip(self.shape, x.shape[lead:], strict=True)) if lead >= 0 else [(0, 1)]
        if [n for n, m in kept if n not in (1, m)]:
            raise ValueError(f"sum_to: {self.shape} does not broadcast to {x.shape}")
        axes = tuple(range(lead)) + tuple([lead + i for i, (n, m) in enumerate(kept) if n != m])
        return x.sum(axis=axes, keepdims=True).reshape(self.shape)

    def backward(self, gy):
        (x,) = self.inputs
        return broadcast_to(gy, x.shape)


def sum_to(x, shape):
    """Sum over the axes that broadcasting from a shape would have repeated.

    The gradient is `broadcast_to` of gy.

    Parameters
    ----------
    x : Variable or ndarray
    shape : int or tuple of int
        A shape that broadcasts to that of x.

    Returns
    -------
    Variable

    Raises
    ------
    ValueError
        When the shape does not broadcast to that of x.

    Examples
    --------
    >>> sum_to(Variable(np.ones((2, 3))), (2, 1))
    variable([[3.]
              [3.]])
    """
    shape = (shape,) if isinstance(shape, int) else tuple(shape)
    return SumTo.operation(x, shape)


class Astype(Primitive):
    options = ("dtype",)
    cases = [((2, 3), "float64")]

    def forward(self, x):
        return x.astype(self.dtype)

    def backward(self, gy):
        (x,) = self.inputs
        return astype(gy, x.dtype)


@implements(np.astype, method="astype")
def astype(x, dtype):
    """The same numbers in another type.

    The gradient is gy in the type of x.

    Parameters
    ----------
    x : Variable or ndarray
    dtype : dtype

    Returns
    -------
    Variable

    Examples
    --------
    >>> astype(Variable(np.array(2.0)), np.float32).dtype
    dtype('float32')
    """
    return Astype.operation(x, np.dtype(dtype))


class Duplicate(Primitive):
    cases = [((2, 3),)]

    def forward(self, x):
        return x.copy()

    def backward(self, gy):
        return gy


def duplicate(x):
    """A copy of x that leads back to x: what `copy.copy` makes of a Variable with history.

    The gradient is gy.

    Parameters
    ----------
    x : Variable or ndarray

    Returns
    -------
    Variable

    Examples
    --------
    >>> duplicate(Variable(np.array(2.0)))
    variable(2.0)
    """
    return Duplicate.operation(x)


class Concatenate(Primitive):
    n_inputs = -1
    options = ("axis",)

    def forward(self, *xs):
        return np.concatenate(xs, axis=self.axis)

    def backward(self, gy):
        gxs, start = [], 0
        for x, wanted in zip(self.inputs, self.wanted, strict=True):
            if self.axis is None:
                stop = start + x.size
                gxs.append(reshape(gy[start:stop], x.shape) if wanted else None)
            else:
                stop = start + x.shape[self.axis]
                before = (slice(None),) * (self.axis % x.ndim)
                gxs.append(gy[(*before, slice(start, stop))] if wanted else None)
            start = stop
        return tuple(gxs)


@implements(np.concatenate)
def concatenate(xs, axis=0):
    """Join arrays along an axis that they have.

    The gradient of each is its part of gy.

    Parameters
    ----------
    xs : sequence of Variable or ndarray
        Of the same shape but for that axis.
    axis : int or None
        None joins the flattened arrays.

    Returns
    -------
    Variable

    Examples
    --------
    >>> concatenate([Variable(np.array([1.0])), np.array([2.0])])
    variable([1. 2.])
    """
    return Concatenate.operation(*xs, axis)


@implements(np.stack)
def stack(xs, axis=0):
    """Join arrays of one shape along a new axis.

    The gradient of each is its slice of gy.

    Parameters
    ----------
    xs : sequence of Variable, ndarray or scalar
        All of the same shape.
    axis : int
        Where the new axis stands in the result.

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
    xs = [x if isinstance(x, Variable) else np.asarray(x) for x in xs]
    shapes = {x.shape for x in xs}
    if len(shapes) > 1:
        raise ValueError(f"stack: the shapes differ, {', '.join(map(str, sorted(shapes)))}")
    if not xs:
        raise ValueError("stack: nothing to join")
    n = xs[0].ndim + 1
    if not -n <= axis < n:
        raise ValueError(f"stack: no axis {axis} in a result of {n} axes")
    one = list(xs[0].shape)
    one.insert(axis % n, 1)
    return concatenate([x.reshape(tuple(one)) for x in xs], axis % n)


def _reshape_method(self, *shape):
    """The same elements in another shape: ``x.reshape(2, 3)`` or ``x.reshape((2, 3))``."""
    return reshape(self, shape[0] if len(shape) == 1 else shape)


def _transpose_method(self, *axes):
    """The axes in another order: ``x.transpose()``, ``x.transpose(1, 0)``."""
    if len(axes) == 1 and not isinstance(axes[0], int):
        axes = axes[0]
    return transpose(self, axes or None)


_core.add_method("reshape", _reshape_method)
_core.add_method("transpose", _transpose_method)
_core.add_method("T", property(transpose, doc="The axes reversed."))
_core.connect(sum_to=sum_to, astype=astype, duplicate=duplicate)
