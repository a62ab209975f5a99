"""Means over axes: of all elements, of those that are not nan, and with weights."""

import numpy as np
from numpy.lib.array_utils import normalize_axis_tuple

from leopard._core import Variable, as_variable
from leopard.functions._registry import call, drawn, implements
from leopard.functions.basic.complex import conj
from leopard.functions.basic.indexing import where as choose
from leopard.functions.basic.reductions import (
    MaskedReduction,
    Reduction,
    cases_of_axes,
    cases_of_classes,
    cases_of_more,
    gaps,
    mask,
    nan_cases,
    refuse_out,
)
from leopard.functions.basic.shape import broadcast_to, composed, operand, reshape, transpose
from leopard.functions.math.sums import sum

__all__ = ["average", "mean", "nanmean"]


class Mean(Reduction):
    """Arithmetic mean of the elements over axes.

    The gradient is gy / n, broadcast to the shape of x, where n elements make one mean; 0 where
    `where` does not hold.

    Parameters
    ----------
    x : Variable or ndarray
    axis : int or tuple of int, optional
        By default all.
    dtype : dtype, optional
        The dtype of the computation and of the result.
    keepdims : bool
        Whether to keep the averaged axes, at length 1.
    where : array_like of bool
        The elements that are averaged.

    Returns
    -------
    Variable

    Examples
    --------
    >>> mean(Variable(np.array([[1.0, 2.0], [3.0, 4.0]])), axis=0)
    variable([2. 3.])
    """

    kernel = "mean"
    linear = True
    cases = cases_of_classes
    plain = np.mean

    def forward(self, x):
        return x.mean(axis=self.axis, keepdims=self.keepdims)

    def backward(self, gy):
        (x,) = self.inputs
        n = 1
        for i in self.axes():
            n *= x.shape[i]
        return self.spread(gy * (1 / max(n, 1)))  # n itself may be too large for a float16

    def of_rows(self, t):
        return self.over_rows(t)


mean = implements(np.mean, method="mean", cases=[*cases_of_axes[:-1], *cases_of_more])(Mean.operation)


class FullMean(MaskedReduction):
    """A mean with all parameters of `numpy.mean`."""

    selects_elements = True
    numpy = staticmethod(np.mean)
    options = {"axis": None, "dtype": None, "keepdims": False, "where": True}
    linear = True

    def forward(self, x):
        return self.numpy(x, axis=self.axis, dtype=self.dtype, keepdims=self.keepdims, where=self.where)

    def backward(self, gy):
        taken = self.taken()
        gx = broadcast_to(self.kept(gy) / np.maximum(self.count(taken), 1), self.inputs[0].shape)
        return gx if taken is True else choose(taken, gx, 0.0)


class NanMean(FullMean):
    numpy = staticmethod(np.nanmean)
    skips_nan = True
    linear = False  # it is linear only where there is no nan


def full_mean(a, axis=None, dtype=None, out=None, keepdims=False, *, where=True):
    """The mean of `numpy.mean` with all its parameters: the core calls it where more than axes are given."""
    refuse_out("mean", out)
    return FullMean.operation(a, axis, dtype, keepdims, mask(where))


@implements(np.nanmean, cases=[*nan_cases, call(drawn(2, 3, made=gaps), 1, np.float64)])
def nanmean(a, axis=None, dtype=None, out=None, keepdims=False, *, where=True):
    """Arithmetic mean over axes of the elements that are not nan.

    The gradient is gy / n, where n elements make one mean, and 0 at the nans.

    Parameters
    ----------
    a : Variable or ndarray
    axis, dtype, keepdims, where
        As for `mean`.

    Returns
    -------
    Variable
        nan, with a RuntimeWarning, where there are nans alone.

    Examples
    --------
    >>> nanmean(Variable(np.array([1.0, np.nan, 3.0])))
    variable(2.0)
    """
    refuse_out("nanmean", out)
    return NanMean.operation(a, axis, dtype, keepdims, mask(where))


Mean.operation.fallback = full_mean


class WeightedAverage(Reduction):
    """The average of the first input with the second as weights, and the sum of these if `returned`."""

    n_inputs = 2
    options = ("axis", "returned", "keepdims")

    def forward(self, a, w):
        y = np.average(a, self.axis, w, self.returned, keepdims=self.keepdims)
        return tuple(map(np.asarray, y)) if self.returned else y

    def backward(self, gy, *more):
        a, w = self.inputs
        axes = self.axes()
        order = np.argsort(axes)
        spread_w = w
        if w.shape != a.shape:
            shape = tuple([n if i in axes else 1 for i, n in enumerate(a.shape)])
            spread_w = reshape(transpose(w, order.tolist()), shape)
        total = sum(spread_w, axes, keepdims=True)
        share = self.kept(gy) / conj(total)
        ga = gw = None
        if self.wanted[0]:
            ga = share * conj(spread_w)
        if self.wanted[1]:
            y = sum(a * spread_w, axes, keepdims=True) / total  # the output may have been freed
            gw = share * conj(a - y)
            for g in more:
                gw = gw + self.kept(g)
            if w.shape != a.shape:
                others = tuple([i for i in range(a.ndim) if i not in axes])
                gw = transpose(sum(gw, others), np.argsort(order).tolist())
        return ga, gw


@implements(
    np.average,
    cases=[
        call(drawn(2, 3)),
        call(drawn(2, 3), axis=1, returned=True, keepdims=True),
        call(drawn(2, 3, 2), axis=(0, -1)),
        call(drawn(2, 3), weights=drawn(2, 3, low=0.5)),
        call(drawn(2, 3), 1, drawn(3, low=0.5), returned=True),
        call(drawn(2, 3), 0, drawn(2, 3, low=0.5), keepdims=True),
        call(drawn(2, 3, 2), axis=(2, 0), weights=drawn(2, 2, low=0.5), returned=True),
        call(drawn(2, 3, 4), axis=(2, 1), weights=drawn(4, 3, low=0.5)),
        call(drawn(2, 3), -1, [1, 2, 3]),
        call(np.arange(6).reshape(2, 3), weights=drawn(3, low=0.5), axis=1),
        call(drawn(2, 3, dtype=complex), axis=0, weights=drawn(2, low=0.5)),
        call(drawn(3), weights=drawn(3, dtype=complex), returned=True),
        call(drawn(), weights=drawn(low=0.5)),
    ],
)
@composed(np.average)
def average(a, axis=None, weights=None, returned=False, *, keepdims=False):
    """Weighted mean of the elements over axes, sum(a * weights) / sum(weights).

    The gradients are gy * weights / sum(weights) and gy * (a - y) / sum(weights).

    Parameters
    ----------
    a : Variable or ndarray
    axis : int or tuple of int, optional
        By default all.
    weights : Variable or array_like, optional
        Of the shape of a, or of its shape along the axes; by default all weights are equal.
    returned : bool
        Whether to return the sum of the weights as well.
    keepdims : bool
        Whether to keep the reduced axes, at length 1.

    Returns
    -------
    Variable, or two of them

    Raises
    ------
    ZeroDivisionError
        When the weights sum to 0.
    ValueError, TypeError
        When the shape of the weights does not fit.

    Examples
    --------
    >>> average(Variable(np.array([1.0, 2.0])), weights=[3.0, 1.0])
    variable(1.25)
    """
    a = as_variable(operand(a))
    if axis is not None:
        axis = normalize_axis_tuple(axis, a.ndim)
    if weights is None:
        y = mean(a, axis, keepdims=keepdims)
        if not returned:
            return y
        return y, as_variable(np.full(y.shape, y.dtype.type(a.size / y.size)))
    weights = weights if isinstance(weights, Variable) else np.array(operand(weights))
    return WeightedAverage.operation(a, weights, axis, returned, keepdims)
