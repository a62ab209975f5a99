"""Sums over axes, sums of the elements that are not nan, and sums at indices."""

import numpy as np

from leopard.functions._primitives import Primitive
from leopard.functions._registry import call, drawn, implements
from leopard.functions.basic.indexing import where as choose
from leopard.functions.basic.reductions import (
    NOT_GIVEN,
    MaskedReduction,
    Reduction,
    cases_of_axes,
    cases_of_classes,
    cases_of_more,
    constant,
    gaps,
    mask,
    nan_cases,
    refuse_out,
)

__all__ = ["nansum", "sum"]


class Sum(Reduction):
    """Sum of the elements over axes.

    The gradient is gy, broadcast to the shape of x; 0 where `where` does not hold.

    Parameters
    ----------
    x : Variable or ndarray
    axis : int or tuple of int, optional
        By default all.
    dtype : dtype, optional
        The dtype of the sum and of the result.
    keepdims : bool
        Whether to keep the summed axes, at length 1.
    initial : scalar, optional
        A further term, a constant.
    where : array_like of bool
        The elements that are summed.

    Returns
    -------
    Variable

    Examples
    --------
    >>> sum(Variable(np.array([[1.0, 2.0], [3.0, 4.0]])), axis=0)
    variable([4. 6.])
    """

    kernel = "sum"
    linear = True
    cases = cases_of_classes
    plain = np.sum

    def forward(self, x):
        return x.sum(axis=self.axis, keepdims=self.keepdims)

    def backward(self, gy):
        return self.spread(gy)

    def of_rows(self, t):
        return self.over_rows(t)


sum = implements(np.sum, method="sum", cases=[*cases_of_axes, *cases_of_more])(Sum.operation)


class FullSum(MaskedReduction):
    """A sum with all parameters of `numpy.sum`."""

    selects_elements = True
    numpy = staticmethod(np.sum)
    options = {"axis": None, "dtype": None, "keepdims": False, "initial": NOT_GIVEN, "where": True}

    def forward(self, x):
        return self.numpy(
            x,
            axis=self.axis,
            dtype=self.dtype,
            keepdims=self.keepdims,
            initial=self.initial,
            where=self.where,
        )

    def backward(self, gy):
        taken = self.taken()
        gx = self.spread(gy)
        return gx if taken is True else choose(taken, gx, 0.0)


class NanSum(FullSum):
    numpy = staticmethod(np.nansum)
    skips_nan = True


def full_sum(a, axis=None, dtype=None, out=None, keepdims=False, initial=NOT_GIVEN, where=True):
    """The sum of `numpy.sum` with all its parameters: the core calls it where more than axes are given."""
    refuse_out("sum", out)
    return FullSum.operation(a, axis, dtype, keepdims, constant("initial", initial), mask(where))


@implements(
    np.nansum,
    cases=[*nan_cases, call(drawn(2, 3, made=gaps), 1, initial=2.5, dtype=np.float64)],
)
def nansum(a, axis=None, dtype=None, out=None, keepdims=False, initial=NOT_GIVEN, where=True):
    """Sum of the elements over axes, with nan taken as 0.

    The gradient is gy, broadcast to the shape of a, and 0 at the nans.

    Parameters
    ----------
    a : Variable or ndarray
    axis, dtype, keepdims, initial, where
        As for `sum`.

    Returns
    -------
    Variable

    Examples
    --------
    >>> nansum(Variable(np.array([1.0, np.nan, 3.0])))
    variable(4.0)
    """
    refuse_out("nansum", out)
    return NanSum.operation(a, axis, dtype, keepdims, constant("initial", initial), mask(where))


class SparseMap(Primitive):
    """A sparse linear map along the last axis: y[..., i] is the sum of w * x[..., j] over given (i, j, w).

    The gradient is the same map with i and j exchanged, and conj(w), applied to gy.
    """

    options = ("rows", "columns", "weights", "n")
    linear = True

    def forward(self, x):
        y = np.zeros((*x.shape[:-1], self.n), np.result_type(x, self.weights))
        np.add.at(y, (..., self.rows), self.weights * x[..., self.columns])
        return y.astype(x.dtype, copy=False)

    def backward(self, gy):
        (x,) = self.inputs
        return SparseMap.operation(gy, self.columns, self.rows, self.weights, x.shape[-1])


Sum.operation.fallback = full_sum
