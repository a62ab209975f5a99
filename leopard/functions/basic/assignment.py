"""Assignment: elements put in the place of others."""

import numpy as np

from leopard._config import recording
from leopard._core import following
from leopard.functions._followed import is_followed, note_exit_of
from leopard.functions._primitives import Primitive
from leopard.functions._registry import call, drawn, implements
from leopard.functions.basic.indexing import getitem, is_basic, plain_index, where
from leopard.functions.basic.shape import plain, reshape

__all__ = ["setitem"]


class SetItem(Primitive):
    """A copy of x in which the elements at an index are those of v; see `setitem`."""

    n_inputs = 2
    options = ("index",)
    broadcasts = True
    selects_elements = True
    linear = True

    def forward(self, x, v):
        y = x.copy("K")  # views of x are views of it
        y[self.index] = v
        return y

    def backward(self, gy):
        gx = gv = None
        if self.wanted[0]:
            gx = setitem(gy, self.index, 0.0)
        if self.wanted[1]:
            v = self.inputs[1]
            gv = getitem(gy, self.index)
            last = self.last(gy.shape)
            if last is not None:
                gv = where(last, gv, 0.0)
            if v.ndim > gv.ndim:  # NumPy accepts leading axes of length 1
                gv = reshape(gv, (1,) * (v.ndim - gv.ndim) + gv.shape)
        return gx, gv

    def last(self, shape):
        """A mask of the elements of v that remain where an index occurs repeatedly; None where none does."""
        if is_basic(self.index):
            return None
        if is_followed(self.index):
            note_exit_of("an assignment to elements whose indices are computed from the arguments")
        order = np.zeros(shape, np.intp)
        taken = order[self.index]
        each = np.arange(taken.size).reshape(taken.shape)
        order[self.index] = each
        last = order[self.index] == each
        return None if last.all() else last


def _plain_setitem(x, index, v):
    y = x.copy()
    y[index] = v
    return y


@implements(
    plain=_plain_setitem,
    cases=[
        call(drawn(4, 3), 1, drawn(3)),
        call(drawn(4, 3), 1, drawn()),
        call(drawn(4, 3), (slice(None, None, -2), slice(0, 2)), drawn(2, 2)),
        call(drawn(4, 3), Ellipsis, drawn(4, 1)),
        call(drawn(4, 3), [0, 2, 2], drawn(3, 3)),
        call(drawn(4, 3), [0, 2, 2], drawn(3)),
        call(drawn(4, 3), np.array([True, False, True, False]), drawn(2, 3)),
        call(drawn(4, 3), (2, slice(1, None)), drawn(1, 2)),
        call(drawn(4, 3), 3, drawn(1, 1, 3)),
        call(drawn(4, 3), (np.array([3, 1]), np.array([0, 2])), drawn(2)),
        call(drawn(4, 3), (slice(None), np.array([1, 1])), drawn(4, 2)),
    ],
)
def setitem(x, index, v):
    """A copy of x in which the elements at an index are those of v: ``x[index] = v``.

    The gradients are gy with zeros at the index, and the elements of gy at the index, summed where v was
    broadcast. Where an index names an element twice, the last one stays and has its gradient.

    Parameters
    ----------
    x : Variable or ndarray
    index : int, slice, None, Ellipsis, ndarray of int or bool, or a tuple of these
    v : Variable, ndarray or scalar
        Broadcast to the shape of ``x[index]`` and cast to the type of x.

    Returns
    -------
    Variable

    Raises
    ------
    IndexError
        When an index is out of bounds.
    ValueError
        When v does not broadcast.
    TypeError
        When x is a list or tuple, whose elements Python assigns.

    Examples
    --------
    >>> setitem(Variable(np.array([1.0, 2.0, 3.0])), slice(1, None), 0.0)
    variable([1. 0. 0.])
    """
    if isinstance(x, (list, tuple)):
        raise TypeError(f"setitem takes an array, not a {type(x).__name__}, to which Python assigns")
    return SetItem.operation(x, v, plain_index(index))


def where_taken(gy, gx):
    """gx, but 0 where gy is 0 and gx is not finite: an element that was not selected contributes nothing.

    Elsewhere a gradient that happens to be 0 keeps its derivative.
    """
    if gx is None or not (recording() or following()) and np.isfinite(plain(gx)).all():
        return gx
    return where((gy != 0) | np.isfinite(gx), gx, 0.0)


class Alias(Primitive, listed=False):
    """The identity as a node of its own: the value of x for which an assignment made a new version."""

    def forward(self, x):
        return x

    def backward(self, gy):
        return gy
