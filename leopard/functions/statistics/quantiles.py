"""Medians and quantiles.

A quantile is a weighted sum of two elements, whose weights depend on the number of elements but not on their
values. So it is, as long as their order does not change, a sparse linear map; equal elements share equally.
"""

import numpy as np

from leopard._core import Variable, array_of_any
from leopard.functions._registry import call, drawn, implements
from leopard.functions.basic.reductions import Reduction, constant, gaps, nan_cases, refuse_out
from leopard.functions.basic.shape import reshape
from leopard.functions.math.sums import SparseMap

__all__ = ["median", "nanmedian", "nanpercentile", "nanquantile", "percentile", "quantile"]


class Quantile(Reduction):
    """One of NumPy's six quantile functions (`numpy`), with the keywords `more` besides the axes."""

    options = ("axis", "keepdims", "numpy", "more")
    selects_elements = True

    def forward(self, x):
        return self.numpy(x, axis=self.axis, keepdims=self.keepdims, **self.more)

    def backward(self, gy):
        (x,) = self.inputs
        entries = self.entries(array_of_any(x), array_of_any(self.output))
        gx = SparseMap.operation(reshape(gy, (gy.size,)), *entries, x.size)
        return reshape(gx, x.shape)

    def entries(self, x, y):
        """The map from gy to gx, both flattened: indices into x, indices into y, and weights."""
        axes = self.axes()
        kept = [i for i in range(x.ndim) if i not in axes]
        n = int(np.prod([x.shape[i] for i in axes]))
        shape = x.size // max(n, 1), n  # a row for each result, or set of results for several q
        lines = x.transpose(*kept, *axes).reshape(shape)
        places = np.arange(x.size).reshape(x.shape).transpose(*kept, *axes).reshape(shape)
        found = [(np.zeros(0, np.intp), np.zeros(0, np.intp), np.zeros(0))]
        for i, (values, weights) in enumerate(self.terms(lines, y.reshape(-1, max(shape[0], 1)))):
            equal = (lines == values[:, None]) & (weights != 0)[:, None]
            line, rank = np.nonzero(equal)
            shares = weights / np.maximum(np.count_nonzero(equal, axis=1), 1)
            found.append((places[line, rank], i // self.n_terms * shape[0] + line, shares[line]))
        return tuple(map(np.concatenate, zip(*found, strict=True)))

    @property
    def n_terms(self):
        return 1 if "weights" in self.more else 2

    def terms(self, lines, y):
        """For each row of `lines`, and each of its results, the indices of its elements and their weights."""
        if "weights" in self.more:
            yield from [(values, np.ones(len(values))) for values in y]
            return
        n_lines, n = lines.shape
        valid = np.sum(lines == lines, axis=1)
        if not self.numpy.__name__.startswith("nan"):
            valid = np.where(valid < n, 0, valid)  # the results of a row with nan are nan, without a gradient
        if not valid.any():
            return
        between = np.zeros(y.shape)
        for count in np.unique(valid[valid > 0]):
            # Applied to 0, 1, 2, ..., the function returns the sum of rank and weight.
            result = np.asarray(self.numpy(np.arange(float(count)), **self.more))
            between[:, valid == count] = result.reshape(-1, 1)
        lower = np.floor(between).astype(np.intp)
        higher = np.minimum(lower + 1, n - 1)
        ordered = np.partition(lines, np.union1d(lower, higher), axis=1)  # nans come last
        for low, high, upper in zip(lower, higher, between - lower, strict=True):
            for rank, weights in ((low, 1 - upper), (high, upper)):
                yield ordered[np.arange(n_lines), rank], np.where(valid > 0, weights, 0)


def _quantile(function, a, axis, out, overwrite_input, keepdims, q=None, method=None, weights=None):
    name = function.__name__
    refuse_out(name, out)
    if overwrite_input:
        raise TypeError(f"{name}: overwrite_input= would change what the gradient is computed from")
    more = {} if q is None else {"q": constant("q", q), "method": method}
    if weights is not None:
        more["weights"] = np.array(array_of_any(weights) if isinstance(weights, Variable) else weights)
    return Quantile.operation(a, axis, keepdims, function, more)


_axes = [
    call(drawn(5)),
    call(drawn(2, 3)),
    call(drawn(2, 3), 0),
    call(drawn(2, 3, 4), axis=(0, -1), keepdims=True),
    call(drawn(2, 3, 4), axis=(2, 1)),
    call(drawn(3, 4), axis=-1, keepdims=True),
    call(drawn()),
]


@implements(np.median, cases=[*_axes, call(drawn(4, 3, dtype=complex), axis=0)])
def median(a, axis=None, out=None, overwrite_input=False, keepdims=False):
    """Median over axes: the middle one of the sorted elements, or the mean of the two in the middle.

    The gradient is gy at that element, or gy / 2 at each of the two, and 0 elsewhere; equal elements share it
    equally. Where the result is nan, it is 0.

    Parameters
    ----------
    a : Variable or ndarray
    axis : int or tuple of int, optional
        By default all.
    keepdims : bool
        Whether to keep the reduced axes, at length 1.

    Returns
    -------
    Variable
        nan where an element is nan.

    Examples
    --------
    >>> x = Variable(np.array([5.0, 1.0, 2.0, 4.0]))
    >>> y = median(x)
    >>> y.backward()
    >>> y, x.grad
    (variable(3.0), variable([0.  0.  0.5 0.5]))
    """
    return _quantile(np.median, a, axis, out, overwrite_input, keepdims)


@implements(np.nanmedian, cases=[*nan_cases[:3], *_axes])
def nanmedian(a, axis=None, out=None, overwrite_input=False, keepdims=False):
    """Median over axes of the elements that are not nan.

    The gradient is that of `median`, and 0 at the nans.

    Parameters
    ----------
    a : Variable or ndarray
    axis, keepdims
        As for `median`.

    Returns
    -------
    Variable
        nan, with a RuntimeWarning, where there are nans alone.

    Examples
    --------
    >>> nanmedian(Variable(np.array([1.0, np.nan, 3.0])))
    variable(2.0)
    """
    return _quantile(np.nanmedian, a, axis, out, overwrite_input, keepdims)


_methods = [
    "inverted_cdf", "averaged_inverted_cdf", "closest_observation", "interpolated_inverted_cdf", "hazen",
    "weibull", "linear", "median_unbiased", "normal_unbiased", "lower", "higher", "midpoint", "nearest",
]  # fmt: skip
_quantiles = [
    *[call(drawn(2, 5), 0.3, axis=1, method=method) for method in _methods],
    call(drawn(5), 0.5),
    call(drawn(2, 3), [0.0, 0.3, 1.0]),
    call(drawn(2, 3), np.array([[0.25, 0.5], [0.1, 0.75]]), 0),
    call(drawn(2, 3, 4), 0.7, axis=(0, -1), keepdims=True),
    call(drawn(2, 3, 4), [0.2, 0.9], axis=(2, 1), keepdims=True),
    call(drawn(2, 3), [0.2, 0.6], method="inverted_cdf", weights=np.array([[1, 2, 1], [2, 1, 1]])),
    call(drawn(), 0.5),
    call(drawn(4, 3), 0.6, axis=0, method="inverted_cdf", weights=[1.0, 3.0, 2.0, 0.5]),
]
_nan_quantiles = [
    call(drawn(2, 3, made=gaps), 0.3),
    call(drawn(2, 3, made=gaps), [0.25, 0.6], axis=0),
    call(drawn(2, 3, made=gaps), 0.6, axis=(0, 1), keepdims=True, method="hazen"),
    call(
        drawn(2, 3, made=gaps), 0.6, axis=1, method="inverted_cdf", weights=np.array([[1, 2, 1], [2, 1, 1]])
    ),
    *_quantiles[13:-1],  # NumPy's own fails with weights along one of several axes
]


def _hundredfold(calls):
    return [call(c.args[0], 100 * np.array(c.args[1]), *c.args[2:], **c.keywords) for c in calls]


@implements(np.quantile, cases=_quantiles)
def quantile(
    a, q, axis=None, out=None, overwrite_input=False, method="linear", keepdims=False, *, weights=None
):
    """Quantiles over axes: the numbers that a fraction q of the elements does not exceed.

    The gradient is gy times the weights of the interpolation at the two elements that the result is between,
    and 0 elsewhere; equal elements share it equally. Where the result is nan, it is 0.

    Parameters
    ----------
    a : Variable or ndarray
    q : float or array_like of float
        Between 0 and 1. It takes no gradient.
    axis : int or tuple of int, optional
        By default all.
    method : str
        One of the methods of `numpy.quantile`.
    keepdims : bool
        Whether to keep the reduced axes, at length 1.
    weights : array_like, optional
        For the method "inverted_cdf". The result is a step function of them, so they take no gradient.

    Returns
    -------
    Variable
        The axes of q come first.

    Raises
    ------
    ValueError
        When a q is not between 0 and 1, or the method is unknown.

    Examples
    --------
    >>> x = Variable(np.array([3.0, 1.0, 2.0]))
    >>> y = quantile(x, 0.25)
    >>> y.backward()
    >>> y, x.grad
    (variable(1.5), variable([0.  0.5 0.5]))
    """
    return _quantile(np.quantile, a, axis, out, overwrite_input, keepdims, q, method, weights)


@implements(np.percentile, cases=_hundredfold(_quantiles))
def percentile(
    a, q, axis=None, out=None, overwrite_input=False, method="linear", keepdims=False, *, weights=None
):
    """Percentiles over axes: `quantile` for q / 100.

    The gradient is that of `quantile`.

    Parameters
    ----------
    a : Variable or ndarray
    q : float or array_like of float
        Between 0 and 100. It takes no gradient.
    axis, method, keepdims, weights
        As for `quantile`.

    Returns
    -------
    Variable

    Examples
    --------
    >>> percentile(Variable(np.array([3.0, 1.0, 2.0])), 25)
    variable(1.5)
    """
    return _quantile(np.percentile, a, axis, out, overwrite_input, keepdims, q, method, weights)


@implements(np.nanquantile, cases=_nan_quantiles)
def nanquantile(
    a, q, axis=None, out=None, overwrite_input=False, method="linear", keepdims=False, *, weights=None
):
    """Quantiles over axes of the elements that are not nan.

    The gradient is that of `quantile`, and 0 at the nans.

    Parameters
    ----------
    a : Variable or ndarray
    q, axis, method, keepdims, weights
        As for `quantile`.

    Returns
    -------
    Variable
        nan, with a RuntimeWarning, where there are nans alone.

    Examples
    --------
    >>> nanquantile(Variable(np.array([1.0, np.nan, 3.0])), 0.5)
    variable(2.0)
    """
    return _quantile(np.nanquantile, a, axis, out, overwrite_input, keepdims, q, method, weights)


@implements(np.nanpercentile, cases=_hundredfold(_nan_quantiles))
def nanpercentile(
    a, q, axis=None, out=None, overwrite_input=False, method="linear", keepdims=False, *, weights=None
):
    """Percentiles over axes of the elements that are not nan.

    The gradient is that of `quantile`, and 0 at the nans.

    Parameters
    ----------
    a : Variable or ndarray
    q : float or array_like of float
        Between 0 and 100. It takes no gradient.
    axis, method, keepdims, weights
        As for `quantile`.

    Returns
    -------
    Variable
        nan, with a RuntimeWarning, where there are nans alone.

    Examples
    --------
    >>> nanpercentile(Variable(np.array([1.0, np.nan, 3.0])), 50)
    variable(2.0)
    """
    return _quantile(np.nanpercentile, a, axis, out, overwrite_input, keepdims, q, method, weights)
