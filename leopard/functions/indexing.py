"""Taking elements by index, putting them back, and choosing between two."""

import numpy as np

from leopard import _core
from leopard._core import Variable
from leopard.functions._registry import Primitive, implements


def _plain_index(index):
    """An index that holds only what NumPy's own indexing knows, with arrays of our own."""
    if isinstance(index, tuple):
        return tuple([_plain_index(i) for i in index])
    if isinstance(index, Variable):
        index = index.data
    if isinstance(index, (list, np.ndarray)):
        index = np.array(index)  # ours: the caller may change theirs before the walk
        if index.size == 0 and index.dtype.kind == "f":
            index = index.astype(np.intp)
    return index


def _is_basic(index):
    """Slices and integers only: each element is taken at most once, as a view."""
    for i in index if isinstance(index, tuple) else (index,):
        if isinstance(i, bool) or not (i is None or i is Ellipsis or isinstance(i, (slice, int, np.integer))):
            return False
    return True


class GetItem(Primitive):
    kernel = "take"
    options = ("index",)
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
        super().__init__(_plain_index(index))

    def forward(self, x):
        return x[self.index]

    def backward(self, gy):
        (x,) = self.inputs
        return AddAt.operation(gy, self.index, x.shape)


class AddAt(Primitive):
    """The adjoint of `GetItem`: zeros to which the elements are added at their index."""

    options = ("index", "shape")

    def forward(self, gy):
        gx = np.zeros(self.shape, gy.dtype)
        if _is_basic(self.index):
            gx[self.index] = gy
        else:
            np.add.at(gx, self.index, gy)
        return gx

    def backward(self, ggx):
        return getitem(ggx, self.index)


def getitem(x, index):
    """Elements of x, ``x[index]``.

    The gradient is zero but at those elements, where gy is added: twice for one that is taken
    twice.

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


class Where(Primitive):
    n_inputs = 2
    options = ("condition",)
    broadcasts = True

    def forward(self, x0, x1):
        return np.where(self.condition, x0, x1)

    def backward(self, gy):
        return where(self.condition, gy, 0.0), where(self.condition, 0.0, gy)


@implements(np.where)
def where(condition, x0, x1):
    """x0 where the condition holds, x1 elsewhere.

    The gradients are gy where the element was taken, and 0 where it was not.

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
    condition = np.array(condition.data if isinstance(condition, Variable) else condition)  # ours
    dtype = np.result_type(*[getattr(x, "dtype", x) for x in (x0, x1)])
    x0, x1 = [np.asarray(x, dtype) if isinstance(x, (int, float)) else x for x in (x0, x1)]
    return Where.operation(x0, x1, condition)


_core.set_operator("getitem", GetItem.operation)
_core.connect(plain_index=_plain_index)
