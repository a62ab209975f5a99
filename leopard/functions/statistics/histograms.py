"""Histograms: counts of elements in bins, and sums of their weights."""

import builtins

import numpy as np

from leopard._core import Variable, array_of_any, constant
from leopard.functions._primitives import Primitive
from leopard.functions._registry import call, drawn, implements
from leopard.functions.basic.indexing import where
from leopard.functions.basic.shape import form_of, plain, reshape
from leopard.functions.creation.grids import linspace
from leopard.functions.manipulation.joining import stack
from leopard.functions.math.differences import diff
from leopard.functions.math.extrema import max, min
from leopard.functions.math.sums import sum

__all__ = ["bincount", "histogram", "histogram2d", "histogram_bin_edges", "histogramdd"]


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
    reads_values=True,
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


def _edges(found, a, bins, range):
    """The edges `found` by NumPy, as a Variable where they are computed from one.

    They come from `bins` where that is a sequence, else from `range`, or from the smallest and largest of
    `a`.
    """
    if isinstance(bins, (list, tuple)) and any(isinstance(x, Variable) for x in bins):
        return stack(bins)
    if np.ndim(form_of(bins)) == 1:
        return bins if isinstance(bins, Variable) else found
    if range is None and (not isinstance(a, Variable) or a.size == 0):
        return found
    first, last = (min(a), max(a)) if range is None else range
    if not isinstance(first, Variable) and not isinstance(last, Variable):
        return found
    if plain(first) == plain(last):
        first, last = first - 0.5, last + 0.5
    return linspace(first, last, len(found), dtype=found.dtype)


_numbers = np.array([0.1, 0.9, 0.4, 0.35, 1.0])


@implements(
    np.histogram_bin_edges,
    cases=[
        call(drawn(5), 3),
        call(drawn(2, 3), 1, weights=np.ones((2, 3))),
        call(_numbers, 4, (drawn(), 3.0)),
        call(_numbers, drawn(3, made=np.sort)),
        call(_numbers, "sqrt", (-3.0, drawn())),
    ],
    reads_values=True,
)
def histogram_bin_edges(a, bins=10, range=None, weights=None):
    """The edges of the bins of a histogram: evenly spaced, or as given.

    The gradients are those of `linspace` from the smallest to the largest element, or over `range`; for given
    edges, gy. The number of bins has no derivative.

    Parameters
    ----------
    a : Variable or ndarray
    bins : int, str, Variable or sequence
        The number of bins, the name of one of NumPy's estimators of that number, or the edges.
    range : Variable or (2,) sequence, optional
        The first and the last edge; by default the smallest and the largest element.
    weights : Variable or ndarray, optional
        They take no gradient.

    Returns
    -------
    Variable

    Examples
    --------
    >>> histogram_bin_edges(Variable(np.array([3.0, 1.0, 2.0])), 4)
    variable([1.  1.5 2.  2.5 3. ])
    """
    found = np.histogram_bin_edges(plain(a), plain(bins), plain(range), plain(weights))
    edges = _edges(found, a, bins, range)
    return edges if isinstance(edges, Variable) else constant(edges)


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


@implements(
    np.histogram,
    cases=[
        call(_numbers, weights=drawn(5)),
        call(np.array([0.0, -1.0, 2.0, -0.0]), 2, weights=drawn(4)),
        call(_numbers, 3, (0.2, 0.95), weights=drawn(5, dtype=complex)),
        call(_numbers, [0.0, 0.5, 0.6, 1.0], None, True, drawn(5, low=0.5)),
    ],
    reads_values=True,
)
def histogram(a, bins=10, range=None, density=None, weights=None):
    """The number of elements of `a` in each bin, or the sum of their weights; and the edges of the bins.

    The gradient of a weight is gy of its bin. Counts have no derivative and are ndarrays. The edges, and with
    them densities, have the gradient of `histogram_bin_edges`.

    Parameters
    ----------
    a : ndarray or Variable
    bins, range, density
        As for `numpy.histogram`.
    weights : Variable or ndarray, optional
        Of the shape of `a`.

    Returns
    -------
    y : ndarray, or Variable where the weights are one, or the edges of a density
    edges : ndarray, or Variable where `a`, `bins` or `range` is one that they are computed from

    Examples
    --------
    >>> y, edges = histogram(np.array([0.2, 0.3, 0.9]), 2, (0, 1), weights=Variable(np.ones(3)))
    >>> y
    variable([2. 1.])
    """
    given = a, bins, range
    a, bins, range = np.array(plain(a)), plain(bins), plain(range)
    if isinstance(weights, Variable):
        if a.shape != weights.shape:
            raise ValueError("weights should have the same shape as a.")
        found = np.histogram_bin_edges(a, bins, range, array_of_any(weights))
        y = Histogram.operation(weights, a, bins if np.ndim(bins) == 0 else found.copy(), range, found)
    else:
        y, found = np.histogram(a, bins, range, density, weights)
    edges = _edges(found.copy(), *given)
    if density and isinstance(weights, Variable):
        y = y / diff(edges).astype(float) / sum(y)
    elif density and isinstance(edges, Variable):
        y = y * np.diff(found) / diff(edges)
    return y, edges


@implements(
    np.histogramdd,
    cases=[
        call([_numbers, _numbers**2], 3, weights=drawn(5)),
        call(_numbers[:4].reshape(2, 2), [2, 3], [(0, 1), (0, 0.5)], weights=drawn(2)),
        call(_numbers, 2, None, True, drawn(5, low=0.5)),
    ],
    reads_values=True,
)
def histogramdd(sample, bins=10, range=None, density=None, weights=None):
    """The number of points in each cell of a grid, or the sum of their weights; and the edges of the cells.

    The gradient of a weight is gy of its cell. Counts have no derivative and are ndarrays. The edges, and
    with them densities, have the gradient of `histogram_bin_edges`.

    Parameters
    ----------
    sample : (N, D) ndarray or Variable, or a sequence of D of (N,)
    bins, range, density
        As for `numpy.histogramdd`.
    weights : Variable or ndarray, optional
        Of the N points.

    Returns
    -------
    y : ndarray, or Variable where the weights are one, or the edges of a density
    edges : sequence of D of ndarray, or Variable where they are computed from one

    Examples
    --------
    >>> points = np.array([[0.2, 0.6], [0.3, 0.9]])
    >>> y, edges = histogramdd(points, 2, [(0, 1)] * 2, weights=Variable(np.ones(2)))
    >>> y
    variable([[0. 2.]
              [0. 0.]])
    """
    given = sample, bins, range
    sample, bins, range = plain(sample), plain(bins), plain(range)
    points = (
        np.asarray(sample).T if np.ndim(sample) == 2 and hasattr(sample, "shape") else np.atleast_2d(sample)
    )
    if not isinstance(weights, Variable):
        y, found = np.histogramdd(sample, bins, range, density, weights)
        edges = _edges_of_all(found, *given)
        if density:
            for axis, (known, ends) in enumerate(zip(found, edges, strict=True)):
                if isinstance(ends, Variable):
                    y = y * _along(np.diff(known), axis, y.ndim) / _along(diff(ends), axis, y.ndim)
        return y, edges
    _, edges = np.histogramdd(sample, bins, range, weights=array_of_any(weights))  # raises NumPy's errors
    places = []
    for x, ends in zip(points, edges, strict=True):
        place = np.searchsorted(ends, x, side="right")
        place[x == ends[-1]] -= 1  # the last cell includes both its ends
        places.append(place)
    sizes = [len(ends) + 1 for ends in edges]  # with one cell before and one behind
    y = bincount(np.ravel_multi_index(places, sizes), weights, int(np.prod(sizes)))
    y = reshape(y, tuple(sizes))[(slice(1, -1),) * len(sizes)]
    edges = _edges_of_all(edges, *given)
    if density:
        total = sum(y)
        for axis, ends in enumerate(edges):
            y = y / _along(diff(ends), axis, len(edges))
        y = y / total
    return y, edges


def _along(x, axis, ndim):
    """A vector reshaped to an array of a number of axes, along one of them."""
    return x.reshape((-1,) + (1,) * (ndim - axis - 1))


def _edges_of_all(found, sample, bins, range):
    """The edges along each axis, a tuple as NumPy has it: Variables where they are computed from some."""
    n = len(found)
    if not hasattr(sample, "shape"):
        columns = sample if n > 1 or np.ndim(sample[0]) else [sample]
    else:
        columns = [sample[:, i] for i in builtins.range(n)] if sample.ndim == 2 else [sample]
    bins = bins if np.iterable(bins) else [bins] * n
    range = [None] * n if range is None else range
    return tuple([_edges(*parts) for parts in zip(found, columns, bins, range, strict=True)])


@implements(
    np.histogram2d,
    cases=[
        call(_numbers, _numbers**2, 3, weights=drawn(5)),
        call(_numbers, 1 - _numbers, [2, [0.0, 0.5, 1.0]], None, True, drawn(5, low=0.5)),
    ],
    reads_values=True,
)
def histogram2d(x, y, bins=10, range=None, density=None, weights=None):
    """The number of points (x, y) in each cell, or the sum of their weights; and the edges along both axes.

    The gradient of a weight is gy of its cell. Counts have no derivative and are ndarrays. The edges, and
    with them densities, have the gradient of `histogram_bin_edges`.

    Parameters
    ----------
    x, y : ndarray or Variable
    bins, range, density
        As for `numpy.histogram2d`.
    weights : Variable or ndarray, optional
        Of the points.

    Returns
    -------
    h : ndarray, or Variable where the weights are one, or the edges of a density
    xedges, yedges : ndarray, or Variable where they are computed from one

    Examples
    --------
    >>> h, _, _ = histogram2d([0.2, 0.3], [0.6, 0.9], 2, [(0, 1)] * 2, weights=Variable(np.array([1.0, 2.0])))
    >>> h
    variable([[0. 3.]
              [0. 0.]])
    """
    if len(x) != len(y):
        raise ValueError("x and y must have the same length.")
    if np.iterable(bins) and len(bins) not in (1, 2):
        bins = [bins, bins]  # edges along either axis
    h, edges = histogramdd([x, y], bins, range, density, weights)
    return h, *edges
