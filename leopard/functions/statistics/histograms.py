"""Histograms: counts of elements in bins, and sums of their weights."""

import numpy as np

from leopard._core import Variable, array_of_any
from leopard.functions._primitives import Primitive
from leopard.functions._registry import call, drawn, implements
from leopard.functions.basic.indexing import where
from leopard.functions.basic.shape import plain, reshape
from leopard.functions.math.sums import sum

__all__ = ["bincount", "histogram", "histogram2d", "histogramdd"]


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
    """Sums of weights by number: y[i] is the sum of the weights where x is i.

    The gradient of the weights is gy[x]. Without weights the numbers are counted; the counts have no
    derivative, and are an ndarray.

    Parameters
    ----------
    x : ndarray or Variable of int
        Numbers of at least 0, one axis. It takes no gradient.
    weights : Variable or ndarray, optional
        Of the shape of x.
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
    x = np.array(plain(x))  # a copy: the caller may change the array before the walk
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


_numbers = np.array([0.1, 0.9, 0.4, 0.35, 1.0])


@implements(
    np.histogram,
    cases=[
        call(_numbers, weights=drawn(5)),
        call(np.array([0.0, -1.0, 2.0, -0.0]), 2, weights=drawn(4)),
        call(_numbers, 3, (0.2, 0.95), weights=drawn(5, dtype=complex)),
        call(_numbers, [0.0, 0.5, 0.6, 1.0], None, True, drawn(5, low=0.5)),
    ],
)
def histogram(a, bins=10, range=None, density=None, weights=None):
    """The number of elements of `a` in each bin, or the sum of their weights; and the edges of the bins.

    The gradient of a weight is gy of its bin. Counts have no derivative and are ndarrays. The edges are
    always ndarrays, also where NumPy computes them from the smallest and the largest element.

    Parameters
    ----------
    a : ndarray or Variable
        It takes no gradient.
    bins, range, density
        As for `numpy.histogram`.
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


@implements(
    np.histogramdd,
    cases=[
        call([_numbers, _numbers**2], 3, weights=drawn(5)),
        call(_numbers[:4].reshape(2, 2), [2, 3], [(0, 1), (0, 0.5)], weights=drawn(2)),
        call(_numbers, 2, None, True, drawn(5, low=0.5)),
    ],
)
def histogramdd(sample, bins=10, range=None, density=None, weights=None):
    """The number of points in each cell of a grid, or the sum of their weights; and the edges of the cells.

    The gradient of a weight is gy of its cell. Counts have no derivative and are ndarrays, and so are the
    edges.

    Parameters
    ----------
    sample : (N, D) ndarray or Variable, or a sequence of D of (N,)
        It takes no gradient.
    bins, range, density
        As for `numpy.histogramdd`.
    weights : Variable or ndarray, optional
        Of the N points.

    Returns
    -------
    y : ndarray, or Variable where the weights are one
    edges : list of ndarray

    Examples
    --------
    >>> points = np.array([[0.2, 0.6], [0.3, 0.9]])
    >>> y, edges = histogramdd(points, 2, [(0, 1)] * 2, weights=Variable(np.ones(2)))
    >>> y
    variable([[0. 2.]
              [0. 0.]])
    """
    sample, bins, range = plain(sample), plain(bins), plain(range)
    if not isinstance(weights, Variable):
        return np.histogramdd(sample, bins, range, density, weights)
    _, edges = np.histogramdd(sample, bins, range, weights=array_of_any(weights))  # raises NumPy's errors
    points = (
        np.asarray(sample).T if np.ndim(sample) == 2 and hasattr(sample, "shape") else np.atleast_2d(sample)
    )
    places = []
    for x, ends in zip(points, edges, strict=True):
        place = np.searchsorted(ends, x, side="right")
        place[x == ends[-1]] -= 1  # the last cell includes both its ends
        places.append(place)
    sizes = [len(ends) + 1 for ends in edges]  # with one cell before and one behind
    y = bincount(np.ravel_multi_index(places, sizes), weights, int(np.prod(sizes)))
    y = reshape(y, tuple(sizes))[(slice(1, -1),) * len(sizes)]
    if density:
        total = sum(y)
        for axis, ends in enumerate(edges):
            y = y / np.diff(ends).reshape((-1,) + (1,) * (len(edges) - axis - 1))
        y = y / total
    return y, edges


@implements(
    np.histogram2d,
    cases=[
        call(_numbers, _numbers**2, 3, weights=drawn(5)),
        call(_numbers, 1 - _numbers, [2, [0.0, 0.5, 1.0]], None, True, drawn(5, low=0.5)),
    ],
)
def histogram2d(x, y, bins=10, range=None, density=None, weights=None):
    """The number of points (x, y) in each cell, or the sum of their weights; and the edges along both axes.

    The gradient of a weight is gy of its cell. Counts have no derivative and are ndarrays, and so are the
    edges.

    Parameters
    ----------
    x, y : ndarray or Variable
        They take no gradient.
    bins, range, density
        As for `numpy.histogram2d`.
    weights : Variable or ndarray, optional
        Of the points.

    Returns
    -------
    h : ndarray, or Variable where the weights are one
    xedges, yedges : ndarray

    Examples
    --------
    >>> h, _, _ = histogram2d([0.2, 0.3], [0.6, 0.9], 2, [(0, 1)] * 2, weights=Variable(np.array([1.0, 2.0])))
    >>> h
    variable([[0. 3.]
              [0. 0.]])
    """
    x, y, bins, range = plain(x), plain(y), plain(bins), plain(range)
    if not isinstance(weights, Variable):
        return np.histogram2d(x, y, bins, range, density, weights)
    _, *edges = np.histogram2d(x, y, bins, range, weights=array_of_any(weights))
    return histogramdd([x, y], edges, None, density, weights)[0], *edges
