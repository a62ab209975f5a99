"""NumPy's functions and methods that change their first argument: recorded as assignments to a Variable."""

import numpy as np

from leopard import _core
from leopard._core import Variable
from leopard._refusals import refuse_assignment
from leopard.functions._primitives import Primitive
from leopard.functions._registry import implements
from leopard.functions.basic.assignment import setitem
from leopard.functions.basic.indexing import getitem, plain_index
from leopard.functions.basic.shape import broadcast_to, operand, plain, reshape
from leopard.functions.sorting import partition, sort

__all__ = []


def _must_be_variable(name, a):
    if not isinstance(a, Variable):
        refuse_assignment(name)


def _repeated(values, n):
    """A vector of n elements: those of `values`, repeated as often as necessary."""
    values = operand(values)
    return getitem(reshape(values, -1), np.arange(n) % max(values.size, 1))


@implements(np.copyto, changes=True)
def _copyto(dst, src, casting="same_kind", where=True):
    """``dst[where] = src[where]``. The gradient of dst is 0 there, that of src is gy there."""
    _must_be_variable("numpy.copyto", dst)
    likewise = np.empty(dst.shape, dst.dtype)
    np.copyto(likewise, plain(src), casting, plain(where))  # raises NumPy's errors
    if where is True:
        dst[...] = src
    else:
        mask = np.broadcast_to(plain(where), dst.shape)
        dst[mask] = broadcast_to(src, dst.shape)[mask]


@implements(np.put, method="put", changes=True)
def _put(a, ind, v, mode="raise"):
    """Assign at indices in C order: ``x.put([0, 2], v)``. The gradient is 0 there, and gy for v."""
    _must_be_variable("numpy.put", a)
    if not isinstance(mode, str):
        raise TypeError(f"mode is 'raise', 'wrap' or 'clip', not {mode!r}")
    np.put(np.empty(a.shape), plain(ind), np.zeros(np.size(plain(v))), mode)
    ind = np.asarray(plain(ind), np.intp).ravel()
    if np.size(v) == 0:
        return
    if mode != "raise" and a.size:
        ind = ind % a.size if mode == "wrap" else np.clip(ind, 0, a.size - 1)
    numbers = np.arange(a.size)[ind]
    a[np.unravel_index(numbers, a.shape)] = _repeated(v, ind.size)


@implements(np.place, changes=True)
def _place(arr, mask, vals):
    """Assign values, one after another, where a mask is true. The gradient is 0 there, and gy for vals."""
    _must_be_variable("numpy.place", arr)
    np.place(np.empty(arr.shape), plain(mask), np.zeros(np.size(plain(vals))))
    mask = np.asarray(plain(mask), bool).reshape(arr.shape)
    arr[mask] = _repeated(vals, np.count_nonzero(mask))


@implements(np.putmask, changes=True)
def _putmask(a, mask, values):
    """Assign values of the same places where a mask is true. The gradient is 0 there, and gy for values."""
    _must_be_variable("numpy.putmask", a)
    np.putmask(np.empty(a.shape), plain(mask), np.zeros(np.size(plain(values))))
    mask = np.asarray(plain(mask), bool).reshape(a.shape)
    if np.size(values) == 0:
        return
    a[mask] = getitem(reshape(_repeated(values, a.size), a.shape), mask)


@implements(np.put_along_axis, changes=True)
def _put_along_axis(arr, indices, values, axis):
    """Assign to elements at indices along an axis. The gradient is 0 there, and gy for values."""
    _must_be_variable("numpy.put_along_axis", arr)
    numbers = np.arange(arr.size).reshape(arr.shape)
    places = np.take_along_axis(numbers, np.asarray(plain(indices)), axis)
    if axis is None:
        places = places.reshape(-1)
    arr[np.unravel_index(places, arr.shape)] = values


@implements(np.fill_diagonal, changes=True)
def _fill_diagonal(a, val, wrap=False):
    """Assign to the diagonal. The gradient is 0 there, and gy for val."""
    _must_be_variable("numpy.fill_diagonal", a)
    chosen = np.zeros(a.shape, bool)
    np.fill_diagonal(chosen, True, wrap)
    a[chosen] = _repeated(val, np.count_nonzero(chosen))


def _fill(self, value):
    """Assign one number to all elements: ``x.fill(v)``. The gradient is 0, and the sum of gy for v."""
    if np.ndim(value):
        raise ValueError(f"fill takes one number, not an array of shape {np.shape(value)}")
    self[...] = value


def _sort(self, axis=-1, kind=None, order=None, *, stable=None):
    """Sort x in place, like ``ndarray.sort``; `leopard.sort` returns a sorted copy."""
    self[...] = sort(self, axis, kind, order, stable=stable)


def _partition(self, kth, axis=-1, kind="introselect", order=None):
    """Partition x in place, like ``ndarray.partition``; `leopard.partition` returns a copy."""
    self[...] = partition(self, kth, axis, kind, order)


for _name, _method in (("fill", _fill), ("sort", _sort), ("partition", _partition)):
    _core.add_method(_name, _method)


class AddAtIndex(Primitive, listed=False):
    """A copy of x to which v is added (or subtracted) at an index, repeatedly for repeated indices."""

    n_inputs = 2
    options = ("kind", "index")
    broadcasts = True
    linear = True

    def forward(self, x, v):
        y = x.copy("K")
        self.kind.at(y, self.index, v)
        return y

    def backward(self, gy):
        gv = getitem(gy, self.index)
        return gy, gv if self.kind is np.add else -gv


def at(ufunc, a, indices, b=None):
    """``ufunc.at(a, indices, b)``: the ufunc applied in place at one index after another."""
    _must_be_variable(f"numpy.{ufunc.__name__}.at", a)
    if ufunc.nin != (1 if b is None else 2):
        raise ValueError(f"{ufunc.__name__}.at takes {ufunc.nin - 1} further operands")
    index = plain_index(indices)
    if b is not None:
        b = _fitted(b, np.broadcast_to(np.int8(0), a.shape)[index].shape)
    if ufunc in (np.add, np.subtract):
        _core.put_into(a, AddAtIndex.operation(a, b, ufunc, index))
        return
    places = np.arange(a.size).reshape(a.shape)[index]
    if b is not None:
        b = reshape(broadcast_to(b, places.shape), -1)
    places = places.ravel()
    turns = _turns(places)
    y = reshape(a, -1)
    for turn in range(turns.max(initial=-1) + 1):
        now = np.flatnonzero(turns == turn)
        x = getitem(y, places[now])
        y = setitem(y, places[now], ufunc(x) if b is None else ufunc(x, getitem(b, now)))
    _core.put_into(a, reshape(y, a.shape))


def _fitted(b, shape):
    """An operand that broadcasts to `shape`, without leading axes of length 1 that `shape` does not have.

    (With more axes than `shape` has, NumPy's own `add.at` may write beyond the array.)
    """
    b = operand(b)
    more = max(b.ndim - len(shape), 0)
    if b.shape[:more] != (1,) * more:
        raise ValueError(f"an operand of shape {b.shape} does not broadcast to elements of shape {shape}")
    return reshape(b, b.shape[more:]) if more else b


def _turns(places):
    """For each place how often the same place occurred before it."""
    order = np.argsort(places, kind="stable")
    ranked = places[order]
    begins = np.flatnonzero(np.append(True, ranked[1:] != ranked[:-1]))[: len(ranked)]
    turns = np.empty(len(places), np.intp)
    turns[order] = np.arange(len(places)) - np.repeat(begins, np.diff(np.append(begins, len(places))))
    return turns
