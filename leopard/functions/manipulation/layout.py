"""The memory layout of an array: flattened, contiguous, copied, and made from nested lists."""

import numpy as np

from leopard import _core
from leopard._core import Variable, as_variable
from leopard.functions._registry import call, drawn, implements
from leopard.functions.basic.shape import Duplicate, astype, form_of, laid_out, reshape
from leopard.functions.manipulation.joining import joined

__all__ = ["array", "asarray", "ascontiguousarray", "asfortranarray", "ravel"]


@implements(
    np.ravel,
    method="ravel",
    cases=[
        call(drawn(2, 3)),
        call(drawn(2, 3, 2), order="F"),
        call(drawn(dtype=complex)),
    ],
)
def ravel(a, order="C"):
    """All elements as a vector, without a copy where possible.

    The gradient is gy in the shape of a.

    Parameters
    ----------
    a : Variable or ndarray
    order : {"C", "F", "A", "K"}
        "C": the last index changes fastest; "F": the first does; "A": "F" if a has that memory layout, else
        "C"; "K": the order in memory.

    Returns
    -------
    Variable
        A view where NumPy can make one.

    Examples
    --------
    >>> ravel(Variable(np.array([[1.0, 2.0], [3.0, 4.0]])), order="F")
    variable([1. 3. 2. 4.])
    """
    if not isinstance(a, Variable):
        return as_variable(np.ravel(a, order))
    if order in ("K", "k"):
        a, order = a.transpose(_axes_in_memory(form_of(a))), "C"
    y = reshape(a, -1, order)
    return y if form_of(y).flags.c_contiguous else Duplicate.operation(y)


def _axes_in_memory(x):
    """The axes in the order in which NumPy's iterator reads them, the innermost last.

    They are sorted by the lengths of their strides, by insertion; an axis of stride 0 is not moved.
    """
    steps = [0 if n == 1 else abs(step) for n, step in zip(x.shape, x.strides, strict=True)]
    axes = []
    for axis in reversed(range(x.ndim)):
        place = len(axes)
        for i in reversed(range(len(axes))):
            if steps[axis] and steps[axes[i]]:
                if steps[axes[i]] <= steps[axis]:
                    break
                place = i
        axes.insert(place, axis)
    return axes[::-1]


def flatten(self, order="C"):
    """All elements as a vector, copied.

    The gradient is gy in the shape of x.

    Parameters
    ----------
    order : {"C", "F", "A", "K"}
        As for `ravel`.

    Returns
    -------
    Variable

    Examples
    --------
    >>> Variable(np.array([[1.0, 2.0], [3.0, 4.0]])).flatten()
    variable([1. 2. 3. 4.])
    """
    y = ravel(self, order)
    return Duplicate.operation(y) if np.may_share_memory(form_of(y), form_of(self)) else y


@implements(
    np.array,
    cases=[
        call([drawn(), 2.0, drawn()]),
        call([[drawn(), 0], (drawn(), drawn(dtype=complex))]),
        call([drawn(3), [1.0, drawn(), 2], np.ones(3)], dtype=complex),
        call(drawn(2, 3), order="F", ndmin=3),
        call([[drawn(2)], [[0, 1]]], copy=None),
        call([drawn(), 1.0], np.float64, ndmin=2),
    ],
)
def array(object, dtype=None, *, copy=True, order="K", ndmin=0):
    """An array made of Variables and numbers in nested lists, as `numpy.array` takes them.

    The gradient of each is its element, or its part, of gy. `numpy.array` itself does not dispatch on
    Variables in a list; ``np.array([v, w], like=v)`` does.

    Parameters
    ----------
    object : Variable, array, number, or lists and tuples of them
    dtype : dtype, optional
        By default the common dtype of all.
    copy : bool, optional
        Whether to copy a Variable or an array always, or never; None copies where it is necessary.
    order : {"K", "C", "F", "A"}
        The memory layout; see `copy`.
    ndmin : int
        The least number of axes; new axes of length 1 are put in front.

    Returns
    -------
    Variable

    Raises
    ------
    ValueError
        When the parts differ in shape, or a copy is necessary and `copy` is False.

    Examples
    --------
    >>> x = Variable(np.array(2.0))
    >>> array([[x, 1.0], [0.0, x * x]])
    variable([[2. 1.]
              [0. 4.]])
    """
    x = joined(object, dtype)
    if not isinstance(x, Variable):
        y = np.array(x, dtype, copy=copy, order=order, ndmin=ndmin)
        if y.dtype.hasobject:
            raise TypeError(f"array: NumPy makes an array of objects of a {type(x)}; write it as lists")
        return as_variable(y)
    y = x if dtype is None else astype(x, dtype, copy=False)
    if copy and y is object:
        y = Duplicate.operation(y, order)
    elif order not in ("K", "k", "A", "a"):
        y = laid_out(y, order.upper())
    if copy is False and y is not object:
        raise ValueError("array: a copy is necessary, but copy=False")
    return reshape(y, (1,) * (ndmin - y.ndim) + y.shape) if y.ndim < ndmin else y


@implements(
    np.asarray,
    np.asanyarray,
    cases=[
        call([drawn(), 2.0]),
        call(drawn(2, 3), complex),
        call(drawn(2, 3), order="F"),
        call(drawn(2, dtype=complex), copy=True),
    ],
)
def asarray(a, dtype=None, order=None, *, copy=None):
    """An array made of Variables and numbers in nested lists, copied only where it is necessary.

    The gradient of each Variable is its element, or its part, of gy.

    Parameters
    ----------
    a : Variable, array, number, or lists and tuples of them
    dtype : dtype, optional
    order : {"K", "C", "F", "A"}, optional
    copy : bool, optional

    Returns
    -------
    Variable
        The Variable itself that was given, if nothing is to be done.

    Examples
    --------
    >>> x = Variable(np.array(2.0))
    >>> asarray(x) is x, asarray([x, x]).shape
    (True, (2,))
    """
    return array(a, dtype, copy=copy, order=order or "K")


@implements(
    np.ascontiguousarray, cases=[call(drawn(2, 3, made=lambda a: np.transpose(a))), call(drawn(), complex)]
)
def ascontiguousarray(a, dtype=None):
    """An array in C order: contiguous, the last index changing fastest, with at least one axis.

    The gradient is gy in the shape of a.

    Parameters
    ----------
    a : Variable, array, number, or lists and tuples of them
    dtype : dtype, optional

    Returns
    -------
    Variable
        The Variable itself that was given, if nothing is to be done.

    Examples
    --------
    >>> ascontiguousarray(Variable(np.ones((2, 3))).T).data.flags.c_contiguous
    True
    """
    return array(a, dtype, copy=None, order="C", ndmin=1)


@implements(np.asfortranarray, cases=[call(drawn(2, 3)), call(drawn(), complex)])
def asfortranarray(a, dtype=None):
    """An array in Fortran order: contiguous, the first index changing fastest, with at least one axis.

    The gradient is gy in the shape of a.

    Parameters
    ----------
    a : Variable, array, number, or lists and tuples of them
    dtype : dtype, optional

    Returns
    -------
    Variable
        The Variable itself that was given, if nothing is to be done.

    Examples
    --------
    >>> asfortranarray(Variable(np.ones((2, 3)))).data.flags.f_contiguous
    True
    """
    return array(a, dtype, copy=None, order="F", ndmin=1)


_core.add_method("flatten", flatten)
