"""Counts of elements, and sums of the weights of those that are counted together."""

import numpy as np

from leopard import _core
from leopard._core import Variable, array_of_any
from leopard.functions._registry import Primitive, call, drawn, implements
from leopard.functions.indexing import where
from leopard.functions.reduction import sum
from leopard.functions.shape import plain, reshape

__all__ = ["bincount", "histogram"]


class Bincount(Primitive):
    options = ("x", "minlength")
    linear = True

    def forward(self, weights):
        return np.bincount(self.x, weights, self.minlength)

    def backward(self, gy):
        return gy[self.x]


@implements(
    np.bincount,
    cases=[
        call(np.array([0, 3, 1, 1, 3]), weights=drawn(5)),
        call([2, 0], drawn(2), 5),
        call(np.array([True, False, True]), drawn(3)),
        call(np.array([], int), drawn(0), minlength=2),
    ],
)
def bincount(x, /, weights=None, minlength=0):
    """Sum of the weights at each number of x: y[i] is that of the weights where x is i.

    The gradient of a weight is gy at its number. Without weights the numbers are counted, which has no
    derivative: a plain ndarray.

    Parameters
    ----------
    x : ndarray or Variable of int
        One axis, none below 0. It takes no gradient.
    weights : Variable or ndarray, optional
        As many.
    minlength : int
        The least length of the result.

    Returns
    -------
    Variable, or ndarray of int without weights

    Examples
    --------
    >>> bincount(np.array([0, 2, 2]), weights=Variable(np.array([1.0, 2.0, 3.0])))
    variable([1. 0. 5.])
    """
    if weights is None:
        return np.bincount(plain(x), minlength=minlength)
    x = np.array(plain(x))  # ours: the caller may change theirs
    x = x.astype(np.intp) if x.size == 0 else x.astype(np.intp, casting="safe")
    return Bincount.operation(weights, x, minlength)


class Histogram(Primitive):
    options = ("a", "bins", "range", "edges")
    linear = True

    def forward(self, weights):
        return np.histogram(self.a, self.bins, self.range, weights=weights)[0]

    def backward(self, gy):
        (weights,) = self.inputs
        a, edges = self.a.reshape(-1), self.edges
        k = np.searchsorted(edges, a, "right") - 1
        k[a == edges[-1]] = len(edges) - 2
        counted = (k >= 0) & (k < len(edges) - 1)
        gx = where(counted, gy[np.where(counted, k, 0)], 0.0)
        return reshape(gx, weights.shape)


def histogram(a, bins=10, range=None, density=None, weights=None):
    """How many elements of `a` lie in each bin, or the sum of their weights; and the edges of the bins.

    The gradient of a weight is gy of its bin. Counts have no derivative: they are plain ndarrays, and
    so are the edges always, also where NumPy takes them from the smallest and the largest element.

    Parameters
    ----------
    a : ndarray or Variable
        It takes no gradient.
    bins, range, density
        As NumPy has them.
    weights : Variable or ndarray, optional
        Of the shape of `a`.

    Returns
    -------
    y : ndarray, or Variable where the weights are one
    edges : ndarray

    Examples
    --------
    >>> y, edges = histogram(np.array([0.2, 0.3, 0.9]), 2, (0, 1), weights=Variable(np.ones(3)))
    >>> y
    variable([2. 1.])
    """
    a, bins, range = np.array(plain(a)), plain(bins), plain(range)
    if not isinstance(weights, Variable):
        return np.histogram(a, bins, range, density, weights)
    if a.shape != weights.shape:
        raise ValueError("weights should have the same shape as a.")
    edges = np.histogram_bin_edges(a, bins, range, array_of_any(weights))
    y = Histogram.operation(weights, a, bins if np.ndim(bins) == 0 else edges.copy(), range, edges)
    if density:
        y = y / np.diff(edges).astype(float) / sum(y)
    return y, edges.copy()


_core.set_function(np.histogram, histogram)
