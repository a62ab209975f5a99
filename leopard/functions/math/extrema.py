"""Largest and smallest elements over axes."""

import numpy as np

from leopard.functions._registry import call, drawn, implements
from leopard.functions.basic.reductions import (
    NOT_GIVEN,
    MaskedReduction,
    constant,
    has_initial,
    mask,
    nan_cases,
    refuse_out,
)
from leopard.functions.basic.shape import composed

__all__ = ["amax", "amin", "max", "min", "nanmax", "nanmin", "ptp"]


class Extremum(MaskedReduction, abstract=True):
    """The base class of extrema: elements that equal the result share gy equally. (A nan equals nothing.)"""

    numpy = None
    options = {"axis": None, "keepdims": False, "initial": NOT_GIVEN, "where": True}
    takes_arrays = True

    def forward(self, x):
        return self.numpy(x, axis=self.axis, keepdims=self.keepdims, initial=self.initial, where=self.where)

    def backward(self, gy):
        (x,) = self.inputs
        y = self.kept(self.output)
        chosen = self.among(x == y)
        n = np.sum(chosen, axis=self.axes(), keepdims=True)
        if has_initial(self.initial):
            n = n + (y == self.initial)
        return np.where(chosen, self.kept(gy) / np.maximum(n, 1), np.zeros((), gy.dtype))


class Max(Extremum):
    numpy = staticmethod(np.max)


class Min(Extremum):
    numpy = staticmethod(np.min)


class MaxWhere(Max):
    name = "max"
    selects_elements = True


class MinWhere(Min):
    name = "min"
    selects_elements = True


Max.selective, Min.selective = MaxWhere, MinWhere


class NanMax(Extremum):
    numpy = staticmethod(np.nanmax)
    selects_elements = True


class NanMin(Extremum):
    numpy = staticmethod(np.nanmin)
    selects_elements = True


_ROW = np.array([True, False, True])
_extrema = [
    call(drawn(2, 3)),
    call(drawn(2, 3), 1),
    call(drawn(2, 3, 4), axis=(0, -1), keepdims=True),
    call(drawn(2, 3, 4), axis=-2),
    call(drawn(2, 3), axis=()),
    call(drawn(2, 3), 0, initial=0.25),
    call(drawn(2, 3), -1, initial=0.0, where=_ROW),
    call(drawn(3, 2, dtype=complex), axis=0),
    call(drawn()),
    call(drawn(), axis=0),
    call(drawn(0, 2), axis=1),
]


@implements(np.max, method="max", cases=_extrema)
def max(a, axis=None, out=None, keepdims=False, initial=NOT_GIVEN, where=True):
    """Largest element over axes; nan where an element is nan.

    The gradient is gy at the largest element and 0 at the others. Where several are the largest, `initial`
    included, each gets an equal share of gy. Where the result is nan, the gradient is 0.

    Parameters
    ----------
    a : Variable or ndarray
    axis : int or tuple of int, optional
        By default all.
    keepdims : bool
        Whether to keep the reduced axes, at length 1.
    initial : scalar, optional
        One more element, a constant; its share of gy is dropped.
    where : array_like of bool
        The elements that take part. It needs `initial`.

    Returns
    -------
    Variable

    Raises
    ------
    ValueError
        When there is no element and no `initial`.

    Examples
    --------
    >>> x = Variable(np.array([1.0, 3.0, 3.0]))
    >>> y = max(x)
    >>> y.backward()
    >>> y, x.grad
    (variable(3.0), variable([0.  0.5 0.5]))
    """
    refuse_out("max", out)
    where = mask(where)
    return Max.operation_for(where)(a, axis, keepdims, constant("initial", initial), where)


@implements(np.min, method="min", cases=_extrema)
def min(a, axis=None, out=None, keepdims=False, initial=NOT_GIVEN, where=True):
    """Smallest element over axes; nan where an element is nan.

    The gradient is gy at the smallest element, in equal shares where there are several, and 0 at the others,
    as for `max`.

    Parameters
    ----------
    a : Variable or ndarray
    axis, keepdims, initial, where
        As for `max`.

    Returns
    -------
    Variable

    Examples
    --------
    >>> min(Variable(np.array([[1.0, 3.0], [2.0, 0.0]])), axis=1)
    variable([1. 0.])
    """
    refuse_out("min", out)
    where = mask(where)
    return Min.operation_for(where)(a, axis, keepdims, constant("initial", initial), where)


amax = implements(np.amax, cases=_extrema[:3])(max)
amin = implements(np.amin, cases=_extrema[:3])(min)


@implements(np.nanmax, cases=[*nan_cases[:3], *nan_cases[4:], *_extrema])
def nanmax(a, axis=None, out=None, keepdims=False, initial=NOT_GIVEN, where=True):
    """Largest element over axes that is not nan.

    The gradient is gy at the largest elements in equal shares, as for `max`, and 0 at the nans.

    Parameters
    ----------
    a : Variable or ndarray
    axis, keepdims, initial, where
        As for `max`.

    Returns
    -------
    Variable
        nan, with a RuntimeWarning, where there are nans alone.

    Examples
    --------
    >>> nanmax(Variable(np.array([1.0, np.nan, 3.0])))
    variable(3.0)
    """
    refuse_out("nanmax", out)
    return NanMax.operation(a, axis, keepdims, constant("initial", initial), mask(where))


@implements(np.nanmin, cases=[*nan_cases[:3], *nan_cases[4:], *_extrema])
def nanmin(a, axis=None, out=None, keepdims=False, initial=NOT_GIVEN, where=True):
    """Smallest element over axes that is not nan.

    The gradient is gy at the smallest elements in equal shares, as for `max`, and 0 at the nans.

    Parameters
    ----------
    a : Variable or ndarray
    axis, keepdims, initial, where
        As for `max`.

    Returns
    -------
    Variable
        nan, with a RuntimeWarning, where there are nans alone.

    Examples
    --------
    >>> nanmin(Variable(np.array([1.0, np.nan, 3.0])))
    variable(1.0)
    """
    refuse_out("nanmin", out)
    return NanMin.operation(a, axis, keepdims, constant("initial", initial), mask(where))


@implements(
    np.ptp,
    cases=[
        call(drawn(2, 3)),
        call(drawn(2, 3), 1),
        call(drawn(2, 3, 4), axis=(0, -1), keepdims=True),
        call(drawn(2, 3, dtype=complex), 0),
        call(drawn()),
    ],
)
@composed(np.ptp)
def ptp(a, axis=None, out=None, keepdims=False):
    """Range of the elements over axes, max(a) - min(a).

    The gradient is gy at the largest element and -gy at the smallest, in equal shares where there are
    several.

    Parameters
    ----------
    a : Variable or ndarray
    axis : int or tuple of int, optional
        By default all.
    keepdims : bool
        Keep the reduced axes, at length 1.

    Returns
    -------
    Variable

    Examples
    --------
    >>> ptp(Variable(np.array([1.0, 3.0, 0.0])))
    variable(3.0)
    """
    refuse_out("ptp", out)
    return max(a, axis, None, keepdims) - min(a, axis, None, keepdims)
