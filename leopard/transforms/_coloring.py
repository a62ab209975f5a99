"""Colourings of sparsity patterns: which columns, or rows, of a derivative are computed together.

A. H. Gebremedhin, F. Manne, A. Pothen, What color is your Jacobian? Graph coloring for computing derivatives,
SIAM Review 47 (2005), 629-705.
"""

import numpy as np

__all__ = ["colors_of", "number_of", "places_of_symmetric", "star_colors_of"]


def number_of(colors):
    """How many colours there are."""
    return int(colors.max(initial=-1)) + 1


def colors_of(pattern):
    """A greedy colouring of the columns such that no two of the same colour have a row in common.

    Columns with many elements come first. (A. R. Curtis, M. J. D. Powell, J. K. Reid, On the estimation of
    sparse Jacobian matrices, 1974.)

    Parameters
    ----------
    pattern : scipy.sparse.csr_array

    Returns
    -------
    ndarray of int
    """
    by_column = pattern.tocsc()
    n = pattern.shape[1]
    colors = np.full(n, -1)
    taken = np.zeros(n + 2, bool)  # the last is that of columns without a colour
    starts, rows = by_column.indptr, by_column.indices
    most = 0
    for j in np.argsort(-np.diff(starts), kind="stable"):
        met = _joined_rows(pattern, rows[starts[j] : starts[j + 1]])
        taken[: most + 1] = False
        taken[colors[met]] = True
        colors[j] = np.argmin(taken[: most + 1])
        most = max(most, colors[j] + 1)
    return colors


def _joined_rows(pattern, rows):
    """The columns of the elements in these rows."""
    first, last = pattern.indptr[rows], pattern.indptr[rows + 1]
    if len(rows) == 1:
        return pattern.indices[first[0] : last[0]]
    lengths = last - first
    ends = np.cumsum(lengths)
    if not len(ends):
        return pattern.indices[:0]
    return pattern.indices[np.repeat(first - ends + lengths, lengths) + np.arange(ends[-1])]


def star_colors_of(pattern):
    """A greedy star colouring of a symmetric pattern, with which each element is read off directly.

    Neighbours have different colours, and each path of four columns has at least three.

    Parameters
    ----------
    pattern : scipy.sparse.csr_array
        Symmetric.

    Returns
    -------
    ndarray of int
    """
    n = pattern.shape[0]
    starts, columns = pattern.indptr, pattern.indices
    neighbours = [columns[starts[i] : starts[i + 1]] for i in range(n)]
    neighbours = [found[found != i] for i, found in enumerate(neighbours)]
    colors = np.full(n, -1)
    taken = np.zeros(n + 2, bool)
    most = 0
    for v in np.argsort([-len(found) for found in neighbours], kind="stable"):
        taken[: most + 1] = False
        near = neighbours[v]
        of_near = colors[near]
        taken[of_near] = True
        for w, color in zip(near.tolist(), of_near.tolist(), strict=True):
            beyond = neighbours[w]
            if color < 0:
                taken[colors[beyond]] = True
                continue
            for x in beyond.tolist():
                # The path v, w, x, y, where y has the colour of w, must not have two colours.
                if x != v and colors[x] >= 0 and np.count_nonzero(colors[neighbours[x]] == color) > 1:
                    taken[colors[x]] = True
        colors[v] = np.argmin(taken[: most + 1])
        most = max(most, colors[v] + 1)
    return colors


def places_of_symmetric(pattern, colors):
    """Where each element of a symmetric matrix is read off the sums of its columns of one colour.

    Parameters
    ----------
    pattern : scipy.sparse.coo_array
    colors : ndarray of int
        A star colouring.

    Returns
    -------
    tuple of ndarray
        For each element a row of the sums, and a colour.
    """
    i, j = pattern.row, pattern.col
    n = number_of(colors)
    of_row, inverse, counts = np.unique(i * np.int64(n) + colors[j], return_inverse=True, return_counts=True)
    alone = counts[inverse] == 1
    return np.where(alone, i, j), np.where(alone, colors[j], colors[i])
