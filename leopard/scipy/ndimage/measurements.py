"""Sums, means, extrema and centres of the parts of an image that have the same label."""

import numpy as np
import scipy.ndimage as sn

from leopard._core import as_variable
from leopard.functions._registry import call, drawn, implements
from leopard.functions.basic.complex import conj, real
from leopard.functions.basic.indexing import sum_at
from leopard.functions.basic.shape import floating, plain, reshape
from leopard.functions.manipulation.joining import stack
from leopard.functions.math.extrema import max, min
from leopard.functions.math.powers import sqrt
from leopard.functions.math.sums import sum
from leopard.functions.statistics.quantiles import median as np_median

__all__ = [
    "center_of_mass", "maximum", "mean", "median", "minimum", "standard_deviation", "sum_labels", "variance",
]  # fmt: skip


def _one_part(x, labels, index):
    """The elements of the only part, as a vector; None where there are several."""
    if labels is None:
        return reshape(x, -1)
    if index is None:
        return x[labels > 0]
    return x[labels == index] if np.isscalar(index) else None


def _labelled(input, labels):
    x = floating(input)
    if labels is None:
        return x, None
    labels = plain(labels)
    shape = np.broadcast_shapes(x.shape, np.shape(labels))
    return np.broadcast_to(x, shape), np.broadcast_to(labels, shape)


def _places(labels, index):
    """For each element the number of its part among the wanted ones, or their count; and the counts."""
    known, places = np.unique(index, return_inverse=True)
    own = np.searchsorted(known, labels)
    own = np.where(known[np.minimum(own, len(known) - 1)] == labels, own, len(known))
    return own, places.reshape(np.shape(index)), np.bincount(own.ravel(), minlength=len(known) + 1)


def _sums(x, own, places, n):
    """The sums of the wanted parts, from the numbers of `_places`."""
    x = x if x.dtype.itemsize >= 8 else x.astype(np.float64)
    return sum_at(x, own, n)[places]


_LABELS = np.array([[0, 1, 1], [2, 2, 1]])
_parts = [
    call(drawn(2, 3)),
    call(drawn(2, 3), _LABELS),
    call(drawn(2, 3), _LABELS, 2),
    call(drawn(2, 3), _LABELS, [1, 2, 1]),
    call(drawn(2, 3), np.array([0, 9, 9]), np.array([[9], [0]])),
]


@implements(plain=sn.sum_labels, exact=False, cases=_parts)
def sum_labels(input, labels=None, index=None):
    """Sums of the parts of an image with given labels.

    The gradient of an element is gy of its part, and 0 outside all parts.

    Parameters
    ----------
    input : Variable or ndarray
    labels : ndarray of int, optional
        The labels of the elements; by default all are one part.
    index : int or sequence of int, optional
        The labels of the parts; by default all that are not 0 are one part.

    Returns
    -------
    Variable
    """
    x, labels = _labelled(input, labels)
    part = _one_part(x, labels, index)
    if part is not None:
        return as_variable(sum(part))
    own, places, counts = _places(labels, index)
    return _sums(x, own, places, len(counts))


@implements(plain=sn.mean, exact=False, cases=_parts)
def mean(input, labels=None, index=None):
    """Means of the parts of an image with given labels.

    The gradient of an element is gy of its part over the number of elements. The parameters are those of
    `sum_labels`.
    """
    x, labels = _labelled(input, labels)
    part = _one_part(x, labels, index)
    if part is not None:
        return as_variable(sum(part) / np.float64(part.size))
    own, places, counts = _places(labels, index)
    return _sums(x, own, places, len(counts)) / counts[places].astype(float)


def _square(x):
    return x * x if x.dtype.kind != "c" else real(x * conj(x))


@implements(plain=sn.variance, exact=False, cases=_parts)
def variance(input, labels=None, index=None):
    """Variances of the parts of an image with given labels.

    The gradient is 2 * gy * (x - mean) over the number of elements. The parameters are those of `sum_labels`.
    """
    x, labels = _labelled(input, labels)
    part = _one_part(x, labels, index)
    if part is not None:
        return as_variable(sum(_square(part - sum(part) / part.size)) / np.float64(part.size))
    own, places, counts = _places(labels, index)
    means = sum_at(x, own, len(counts)) / np.maximum(counts, 1)
    return _sums(_square(x - means[own]), own, places, len(counts)) / counts[places].astype(float)


@implements(plain=sn.standard_deviation, exact=False, cases=_parts)
def standard_deviation(input, labels=None, index=None):
    """Standard deviations of the parts of an image with given labels.

    The gradient is gy * (x - mean) / (n * y) for parts of n elements. The parameters are those of
    `sum_labels`.
    """
    return sqrt(variance(input, labels, index))


def _chosen(input, labels, index, choose):
    x, labels = _labelled(input, labels)
    part = _one_part(x, labels, index)
    if part is not None:
        return as_variable(choose(part))
    parts = [x[labels == k] for k in np.ravel(index)]
    zero = np.zeros((), x.dtype)
    return reshape(stack([choose(part) if part.size else zero for part in parts]), np.shape(index))


@implements(plain=sn.maximum, cases=_parts)
def maximum(input, labels=None, index=None):
    """Largest elements of the parts of an image with given labels.

    The gradient is gy at the largest element, in equal shares among equal ones. The parameters are those of
    `sum_labels`.
    """
    return _chosen(input, labels, index, max)


@implements(plain=sn.minimum, cases=_parts)
def minimum(input, labels=None, index=None):
    """Smallest elements of the parts of an image with given labels.

    The gradient is gy at the smallest element, in equal shares among equal ones. The parameters are those of
    `sum_labels`.
    """
    return _chosen(input, labels, index, min)


@implements(plain=sn.median, exact=False, cases=_parts)
def median(input, labels=None, index=None):
    """Medians of the parts of an image with given labels.

    The gradient is gy at the median, or half of it at the two in the middle. The parameters are those of
    `sum_labels`.
    """
    return _chosen(input, labels, index, np_median)


@implements(
    plain=sn.center_of_mass,
    exact=False,
    cases=[
        call(drawn(2, 3, low=0.5)),
        call(drawn(3, low=0.5), np.array([1, 0, 1])),
        call(drawn(2, 2, low=0.5), np.eye(2, dtype=int), 1),
    ],
)
def center_of_mass(input, labels=None, index=None):
    """Centres of mass of the parts of an image: means of the places, weighted with the elements.

    The gradient of an element is gy times the distance of its place from the centre, over the sum.

    Parameters
    ----------
    input, labels, index
        As for `sum_labels`.

    Returns
    -------
    tuple of Variable, or list of them
        A coordinate for each axis; a tuple for each label, where `index` is a sequence.
    """
    x = floating(input)
    total = sum_labels(x, labels, index)
    grids = np.ogrid[tuple([slice(0, n) for n in x.shape])]
    grids = [grids] if x.ndim == 1 and not isinstance(grids, (list, tuple)) else grids
    found = [sum_labels(x * g.astype(float), labels, index) / total for g in grids]
    if found[0].ndim == 0:
        return tuple(found)
    return [tuple([y[k] for y in found]) for k in range(found[0].shape[0])]
