"""The shape of an array, its layout and its type; and the sums that undo broadcasting."""

from functools import wraps

import numpy as np

from leopard import _core
from leopard._core import Variable, as_variable
from leopard.functions._primitives import Primitive
from leopard.functions._registry import call, drawn, implements
from leopard.functions.basic.complex import real

__all__ = ["astype", "broadcast_to", "copy", "duplicate", "reshape", "sum_to", "transpose"]


class Reshape(Primitive):
    kernel = "reshape"
    options = ("shape",)
    linear = True
    cases = [((2, 3), (3, 2)), ((2, 3), (-1,)), ((1,), ())]

    def plain(x, shape):
        return np.reshape(x, shape)

    def forward(self, x):
        return x.reshape(self.shape)

    def backward(self, gy):
        (x,) = self.inputs
        return reshape(gy, x.shape)

    def of_rows(self, t):
        return reshape(t, (t.shape[0], *self.output.shape))


@implements(
    np.reshape,
    cases=[
        call(drawn(2, 3), (3, -1)),
        call(drawn(2, 3), 6),
        call(drawn(2, 3), [6, 1]),
        call(drawn(2, 3, dtype=complex), 6),
        call(drawn(2, 3, 2), (4, 3), order="F"),
        call(drawn(2, 3), [1, 6], copy=True),
        call(drawn(2, 3), 6, "F", copy=True),
        call(drawn(0, 3), (3, 0)),
        call(drawn(), (1, 1)),
        call(drawn(1, 1), ()),
    ],
)
def reshape(a, /, shape, order="C", *, copy=None):
    """The same elements in another shape.

    The gradient is gy in the shape of a.

    Parameters
    ----------
    a : Variable or ndarray
    shape : int or tuple of int
        One of them may be -1; it follows from the number of elements.
    order : {"C", "F", "A"}
        The order in which elements are read and placed: the last index changes fastest, or the first does;
        "A": the first if a is in that order in memory.
    copy : bool, optional
        Whether to copy always, or never; by default where NumPy cannot make a view.

    Returns
    -------
    Variable
        A view where NumPy can make one.

    Raises
    ------
    ValueError
        When the sizes differ, or a copy is needed that is not to be made.

    Examples
    --------
    >>> reshape(Variable(np.array([1.0, 2.0])), (2, 1)).shape
    (2, 1)
    """
    if type(shape) is list:
        shape = tuple(shape)
    if order == "C" and copy is None:
        return Reshape.operation(a, shape)
    np.empty(1).reshape(1, order=order)  # raises NumPy's error for an unknown order
    a = operand(a)
    order = order_of(a, order)
    if copy:
        a = a.copy(order)
    y = a.reshape(shape) if order == "C" else a.T.reshape(as_shape(shape)[::-1]).T
    if copy is False and y.size and not np.may_share_memory(form_of(a), form_of(y)):
        raise ValueError("Unable to avoid creating a copy while reshaping.")
    return as_variable(y)


def order_of(x, order):
    """ "C" or "F": the one that `order`, which may be "A", stands for with x."""
    order = (order or "C").upper()
    return ("F" if form_of(x).flags.fnc else "C") if order == "A" else order


def floating(x):
    """An operand of numbers that have fractions: integers and truth values as float64."""
    x = operand(x)
    return x if x.dtype.kind in "fc" else x.astype(np.float64)


def operand(x, dtype=None):
    """A Variable or an ndarray, in a given dtype where there is one; anything else converted to an ndarray.

    A masked array is a TypeError, because its mask would be lost.
    """
    if isinstance(x, np.ma.MaskedArray):
        as_variable(x)  # raises the TypeError
    if not isinstance(x, (Variable, np.ndarray)):
        made = np.asarray(x)
        if made.dtype.hasobject:
            raise TypeError(
                f"an array of numbers is wanted, not {type(x)}, of which NumPy makes one of objects"
            )
        x = made
    return x if dtype is None or x.dtype == dtype else x.astype(of_numbers(dtype))


def of_numbers(dtype):
    """The dtype that an argument names; a TypeError for one of objects."""
    made = np.dtype(dtype)
    if made.hasobject:
        raise TypeError(
            f"dtype={dtype!r}: an array of objects would lose the gradient; write a type of numbers"
        )
    return made


def composed(numpys):
    """A decorator for functions composed of others: without a Variable among the arguments NumPy's runs."""

    def decorate(function):
        @wraps(function)
        def call(*args, **options):
            if _has_variable([*args, *options.values()]):
                return function(*args, **options)
            try:
                y = numpys(*args, **options)
            except AttributeError as error:  # NumPy's own, of an array of objects
                raise TypeError(f"{numpys.__name__} takes arrays of numbers: {error}") from error
            if not isinstance(y, tuple):
                return as_variable(y)
            return getattr(y, "_make", tuple)(map(as_variable, y))

        return call

    return decorate


def _has_variable(xs):
    return any(_has_variable(x) if isinstance(x, (list, tuple)) else isinstance(x, Variable) for x in xs)


def plain(x):
    """The value of a Variable, or of those in a list: for arguments that take no gradient."""
    if isinstance(x, (list, tuple)):
        return (tuple if isinstance(x, tuple) else list)(map(plain, x))
    return _core.array_of_any(x) if isinstance(x, Variable) else x


def form_of(x):
    """The value of a Variable, of which the shape, the type and the layout are read, and no element."""
    if not isinstance(x, Variable):
        return x
    if _core.following():  # they are the same at each replay
        return _core.call_unfollowed(_core.array_of_any, x)
    return _core.array_of_any(x)


def aligned(t, ndim):
    """A batch whose rows get leading axes of length 1, to `ndim` axes, so that they broadcast as if alone."""
    lead = (1,) * (ndim + 1 - t.ndim)
    return reshape(t, (t.shape[0], *lead, *t.shape[1:])) if lead else t


class Transpose(Primitive):
    kernel = "transpose"
    options = ("axes",)
    linear = True
    cases = [((2, 3), None), ((2, 3, 4), (1, 2, 0)), ((2, 3, 4), (-1, 0, 1))]
    plain = np.transpose

    def forward(self, x):
        return x.transpose(self.axes)

    def backward(self, gy):
        if self.axes is None:
            return transpose(gy)
        n = len(self.axes)
        return transpose(gy, tuple(np.argsort([axis % n for axis in self.axes]).tolist()))

    def of_rows(self, t):
        n = t.ndim - 1
        axes = range(n)[::-1] if self.axes is None else self.axes
        return transpose(t, (0, *[axis % n + 1 for axis in axes]))


@implements(
    np.transpose,
    cases=[
        call(drawn(2, 3, 4)),
        call(drawn(2, 3, 4), axes=[2, 0, -2]),
        call(drawn(2, 3, dtype=complex), (1, 0)),
        call(drawn(3), 0),
        call(drawn()),
        call(drawn(2, 0, 3)),
    ],
)
def transpose(a, axes=None):
    """The axes in another order, by default the reverse.

    The gradient is gy with its axes put back.

    Parameters
    ----------
    a : Variable or ndarray
    axes : sequence of int, optional
        Axis i of the result is axis ``axes[i]`` of a.

    Returns
    -------
    Variable
        A view.

    Examples
    --------
    >>> transpose(Variable(np.ones((2, 3)))).shape
    (3, 2)
    """
    if axes is not None and type(axes) is not tuple:
        axes = as_shape(axes)
    return Transpose.operation(a, axes)


class BroadcastTo(Primitive):
    kernel = "broadcast"
    options = ("shape",)
    linear = True
    cases = [((3,), (2, 3)), ((2, 1), (2, 3)), ((), (2, 2)), ((2, 3), (2, 3))]
    plain = np.broadcast_to

    def forward(self, x):
        return np.broadcast_to(x, self.shape)

    def backward(self, gy):
        (x,) = self.inputs
        return sum_to(gy, x.shape)

    def of_rows(self, t):
        return t  # the caller broadcasts it


@implements(
    np.broadcast_to,
    cases=[
        call(drawn(3), (2, 3)),
        call(drawn(2, 1, dtype=complex), (2, 3)),
        call(drawn(), 3),
        call(drawn(2, 1), [4, 2, 3]),
        call(drawn(1), (2, 0)),
    ],
)
def broadcast_to(array, shape):
    """Repeat an array along new axes and axes of length 1, as broadcasting does.

    The gradient is `sum_to` of gy.

    Parameters
    ----------
    array : Variable or ndarray
    shape : int or tuple of int

    Returns
    -------
    Variable
        Its data is a read-only view, in which repeated elements share their memory.

    Raises
    ------
    ValueError
        When the array does not broadcast to the shape.

    Examples
    --------
    >>> broadcast_to(Variable(np.array([1.0, 2.0])), (2, 2))
    variable([[1. 2.]
              [1. 2.]])
    """
    return BroadcastTo.operation(array, as_shape(shape))


def plain_sum_to(x, shape):
    """The reference of `sum_to`: NumPy's sum over each axis that broadcasting would have repeated."""
    lead = x.ndim - len(shape)
    axes = [i for i in range(x.ndim) if i < lead or shape[i - lead] != x.shape[i]]
    return np.sum(x, axis=tuple(axes), keepdims=True).reshape(shape)


class SumTo(Primitive):
    kernel = "sum_to"
    options = ("shape",)
    linear = True
    cases = [((2, 3), (3,)), ((2, 3), (2, 1)), ((2, 3), ()), ((2, 3), (2, 3))]
    plain = plain_sum_to

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

    def of_rows(self, t):
        n = t.shape[0]
        lead = (1,) * (t.ndim - 1 - len(self.shape))
        return reshape(sum_to(t, (n, *lead, *self.shape)), (n, *self.shape))


@implements(plain=plain_sum_to, cases=[call(drawn(4, 2, 3), (2, 1)), call(drawn(2, 3), ())])
def sum_to(x, shape):
    """Sum over the axes that broadcasting from a shape would have repeated.

    The gradient is `broadcast_to` of gy.

    Parameters
    ----------
    x : Variable or ndarray
    shape : int or tuple of int
        A shape that broadcasts to the shape of x.

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
    return SumTo.operation(x, as_shape(shape))


def as_shape(shape):
    """A tuple of what NumPy takes for a shape: a number, a sequence, an array, which may have no axes."""
    if isinstance(shape, np.ndarray):
        return tuple(np.atleast_1d(shape))
    return (shape,) if isinstance(shape, (int, np.integer)) else tuple(shape)


class Astype(Primitive):
    options = ("dtype",)
    linear = True
    cases = [((2, 3), "float64")]

    def plain(x, dtype):
        return np.astype(x, dtype)

    def forward(self, x):
        return x.astype(self.dtype)

    def backward(self, gy):
        (x,) = self.inputs
        return astype(gy if x.dtype.kind == "c" else real(gy), x.dtype)

    def of_rows(self, t):
        return Astype.operation(t, self.dtype)


@implements(
    np.astype,
    cases=[
        call(drawn(2, 3), "float64"),
        call(drawn(2, 3), complex),
        call(drawn(2, 3), np.float64, copy=False),
        call(drawn(dtype=complex), np.complex128),
    ],
)
def astype(x, dtype, /, *, copy=True):
    """The same numbers in another dtype.

    The gradient is gy in the dtype of x, float64 where that is an integer type; for a real x the real part of
    gy. There is none where floats become integers, or numbers truth values.

    Parameters
    ----------
    x : Variable or ndarray
    dtype : dtype
    copy : bool
        False returns x itself where it has that dtype.

    Returns
    -------
    Variable

    Examples
    --------
    >>> astype(Variable(np.array(2.0)), np.float32).dtype
    dtype('float32')
    """
    dtype = of_numbers(dtype)
    if not copy and x.dtype == dtype:
        return as_variable(x)
    return Astype.operation(x, dtype)


def _astype_method(self, dtype, order="K", casting="unsafe", *, copy=True):
    """The same numbers in another dtype: ``x.astype(np.float32)``."""
    if casting != "unsafe" or order != "K":
        np.empty(0, self.dtype).astype(dtype, order=order, casting=casting)  # raises NumPy's errors
    y = astype(self, dtype, copy=copy)
    return y if order in ("K", "k") else laid_out(y, order_of(self, order))


def laid_out(x, order):
    """x if its memory layout has this order, "C" or "F", else a copy in this order."""
    return x if form_of(x).flags[order] else Duplicate.operation(x, order)


class Duplicate(Primitive):
    options = {"order": "C"}
    linear = True
    cases = [((2, 3), "C"), ((2, 3), "F")]
    plain = np.copy

    def forward(self, x):
        return x.copy(self.order)

    def backward(self, gy):
        return gy

    def of_rows(self, t):
        return t


@implements(plain=np.copy, cases=[call(drawn(2, 3)), call(drawn())])
def duplicate(x):
    """A recorded copy of x, through which gradients reach x: what `copy.copy` makes inside a transform.

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


@implements(
    np.copy,
    cases=[
        call(drawn(2, 3)),
        call(drawn(2, 3), "F"),
        call(drawn(2, 3, dtype=complex), order="A"),
        call(drawn(), "C"),
    ],
)
def copy(a, order="K"):
    """A recorded copy of an array.

    The gradient is gy.

    Parameters
    ----------
    a : Variable or ndarray
    order : {"C", "F", "A", "K"}
        The memory layout of the copy: "C", the last index changes fastest; "F", the first does; "A", "F" if a
        has that layout, else "C"; "K", that of a. The method ``x.copy()`` takes "C", as an array's does.

    Returns
    -------
    Variable

    Examples
    --------
    >>> copy(Variable(np.ones((2, 3))), order="F").data.flags.f_contiguous
    True
    """
    return Duplicate.operation(a, order)


def _copy_method(self, order="C"):
    """A recorded copy of x: ``x.copy()``. The gradient is gy."""
    return Duplicate.operation(self, order)


def _reshape_method(self, *shape, order="C", copy=None):
    """The same elements in another shape: ``x.reshape(2, 3)`` or ``x.reshape((2, 3))``."""
    return reshape(self, shape[0] if len(shape) == 1 else shape, order, copy=copy)


def _transpose_method(self, *axes):
    """The axes in another order: ``x.transpose()``, ``x.transpose(1, 0)``."""
    return transpose(self, (axes[0] if len(axes) == 1 else axes) if axes else None)


_core.add_method("astype", _astype_method)
_core.add_method("copy", _copy_method)
_core.add_method("reshape", _reshape_method)
_core.add_method("transpose", _transpose_method)
_core.add_method("T", property(transpose, doc="The axes reversed."))
