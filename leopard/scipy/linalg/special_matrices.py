"""Matrices whose elements are those of vectors or of other matrices, at other places."""

import numpy as np
import scipy.linalg as sl

from leopard.functions._registry import call, drawn, implements
from leopard.functions.basic.complex import conj
from leopard.functions.basic.shape import astype, operand, plain, reshape
from leopard.functions.linalg.outer import kron
from leopard.functions.manipulation.axes import at_least
from leopard.functions.manipulation.joining import concatenate

__all__ = [
    "block_diag", "circulant", "companion", "convolution_matrix", "hankel", "khatri_rao", "kron", "leslie",
    "toeplitz",
]  # fmt: skip


def _vector(x, name):
    x = at_least(1, operand(x))
    if x.ndim != 1:
        raise ValueError(f"{name}: a vector is wanted, not shape {x.shape}")
    return x


@implements(
    plain=sl.toeplitz,
    cases=[
        call(drawn(3)),
        call(drawn(3), drawn(4)),
        call(drawn(3), np.array([1.0, 2.0])),
        call(drawn(3, dtype=complex)),
        call(drawn(2, dtype=complex), drawn(3)),
    ],
)
def toeplitz(c, r=None):
    """Toeplitz matrix of its first column and row: element i, j is c[i - j], or r[j - i] above the diagonal.

    The gradients are the sums of gy along the diagonals.

    Parameters
    ----------
    c : Variable or ndarray
        The first column; matrices of vectors in the last axis.
    r : Variable or ndarray, optional
        The first row, whose first element is not read. By default the conjugate of c.

    Returns
    -------
    Variable

    Examples
    --------
    >>> toeplitz(Variable(np.array([1.0, 2.0])), np.array([1.0, 3.0]))
    variable([[1. 3.]
              [2. 1.]])
    """
    c = at_least(1, operand(c))
    r = conj(c) if r is None else at_least(1, operand(r))
    batch = np.broadcast_shapes(c.shape[:-1], r.shape[:-1])
    if c.ndim > 1 or r.ndim > 1:
        c, r = np.broadcast_to(c, (*batch, c.shape[-1])), np.broadcast_to(r, (*batch, r.shape[-1]))
    m, n = c.shape[-1], r.shape[-1]
    places = m - 1 - np.arange(m)[:, None] + np.arange(n)
    return concatenate([c[..., ::-1], r[..., 1:]], -1)[..., places]


@implements(plain=sl.circulant, cases=[call(drawn(3)), call(drawn(2, 3)), call(drawn(2, dtype=complex))])
def circulant(c):
    """Circulant matrix of its first column: element i, j is c[(i - j) % n].

    The gradient is the sum of gy along the diagonals, which go on at the other side.
    """
    c = at_least(1, operand(c))
    n = np.arange(c.shape[-1])
    return c[..., (n[:, None] - n) % max(len(n), 1)]


@implements(
    plain=sl.hankel,
    cases=[call(drawn(3)), call(drawn(3), drawn(4)), call(drawn(2, dtype=complex), drawn(3))],
)
def hankel(c, r=None):
    """Hankel matrix of its first column and last row: element i, j is c[i + j], or r[i + j - len(c) + 1].

    The gradients are the sums of gy along the diagonals from below to above.

    Parameters
    ----------
    c : Variable or ndarray
        The first column, a vector.
    r : Variable or ndarray, optional
        The last row, whose first element is not read. By default 0.

    Returns
    -------
    Variable
    """
    c = _vector(c, "hankel")
    r = np.zeros(c.shape, c.dtype) if r is None else _vector(r, "hankel")
    places = np.arange(c.shape[0])[:, None] + np.arange(r.shape[0])
    return concatenate([c, r[1:]])[places]


@implements(
    plain=sl.block_diag,
    cases=[
        call(drawn(2, 2), drawn(1, 3)),
        call(drawn(2, 2), drawn(2), drawn(), np.ones((1, 2))),
        call(drawn(2, 2), drawn(2, 1, dtype=complex)),
        call(drawn(3, 2, 2), drawn(1, 2)),
        call(drawn(2, 2)),
    ],
)
def block_diag(*arrs):
    """Block diagonal matrix of the given matrices, with 0 elsewhere.

    The gradient of each is its block of gy.

    Parameters
    ----------
    *arrs : Variable or ndarray
        Matrices in the last two axes; a vector counts as a row.

    Returns
    -------
    Variable

    Examples
    --------
    >>> block_diag(Variable(np.array([[1.0, 2.0]])), np.array([[3.0]]))
    variable([[1. 2. 0.]
              [0. 0. 3.]])
    """
    blocks = [at_least(2, operand(x)) for x in arrs or ([],)]
    batch = np.broadcast_shapes(*[x.shape[:-2] for x in blocks])
    dtype = np.result_type(*[x.dtype for x in blocks])
    width = sum([x.shape[-1] for x in blocks])
    rows, start = [], 0
    for x in blocks:
        m, n = x.shape[-2:]
        x = np.broadcast_to(x, (*batch, m, n))
        x = x if x.dtype == dtype else astype(x, dtype)
        sides = [np.zeros((*batch, m, k), dtype) for k in (start, width - start - n)]
        rows.append(concatenate([sides[0], x, sides[1]], -1))
        start += n
    return concatenate(rows, -2)


@implements(
    plain=sl.companion,
    cases=[call(drawn(4, low=0.5)), call(drawn(3, low=0.5, dtype=complex)), call(drawn(2, 3, low=0.5))],
    exact=False,
)
def companion(a):
    """Companion matrix of a polynomial, from its coefficients, the highest first: -a[1:] / a[0] is a row.

    The gradient is that of this quotient.
    """
    a = at_least(1, operand(a))
    n = a.shape[-1]
    if n < 2:
        raise ValueError("The length of `a` along the last axis must be at least 2.")
    if (plain(a)[..., 0] == 0).any():
        raise ValueError("The first coefficient(s) of `a` (i.e. elements of `a[..., 0]`) must not be zero.")
    row = -a[..., 1:] / a[..., :1]
    below = np.zeros((*a.shape[:-1], n - 2, n - 1), row.dtype) + np.eye(n - 2, n - 1, dtype=row.dtype)
    return concatenate([reshape(row, (*row.shape[:-1], 1, n - 1)), below], -2)


@implements(plain=sl.leslie, cases=[call(drawn(3), drawn(2)), call(np.ones(3), drawn(2))])
def leslie(f, s):
    """Leslie matrix: the fecundities f in the first row, the survival coefficients s below the diagonal.

    The gradients are the elements of gy at their places.
    """
    f, s = _vector(f, "leslie"), _vector(s, "leslie")
    n = f.shape[0]
    if s.shape[0] != n - 1:
        raise ValueError(
            f"Incorrect lengths for f and s: the length of s ({s.shape[0]}) must be one less than "
            f"that of f ({n})."
        )
    if s.shape[0] == 0:
        raise ValueError("The length of s must be at least 1.")
    below = np.diag(s)
    return concatenate([reshape(f, (1, n)), concatenate([below, np.zeros((n - 1, 1), s.dtype)], 1)])


@implements(
    plain=sl.convolution_matrix,
    cases=[
        call(drawn(3), 4),
        call(drawn(3), 4, "same"),
        call(drawn(4), 5, "same"),
        call(drawn(3), 2, mode="valid"),
        call(drawn(2, 3), 3),
        call(drawn(2, dtype=complex), 3),
    ],
)
def convolution_matrix(a, n, mode="full"):
    """The matrix whose product with v is np.convolve(a, v, mode), for v of length n.

    The gradient is the sum of gy along the diagonals.
    """
    if n <= 0:
        raise ValueError("n must be a positive integer.")
    a = operand(a)
    if a.size == 0:
        raise ValueError("len(a) must be at least 1.")
    if mode not in ("full", "valid", "same"):
        raise ValueError("'mode' argument must be one of ('full', 'valid', 'same')")
    m = a.shape[-1]
    zero = np.zeros((*a.shape[:-1], n), a.dtype)
    padded = concatenate([zero, a, zero], -1)
    places = n + np.arange(m + n - 1)[:, None] - np.arange(n)
    if mode == "same":
        cut = min(n, m) - 1
        first = cut // 2
        places = places[first : len(places) - (cut - first)]
    elif mode == "valid":
        cut = min(n, m) - 1
        places = places[cut : len(places) - cut]
    return padded[..., places]


@implements(
    plain=sl.khatri_rao,
    cases=[
        call(drawn(2, 3), drawn(4, 3)),
        call(drawn(2, 2, dtype=complex), drawn(1, 2)),
        call(drawn(2, 2), np.ones((3, 2))),
    ],
)
def khatri_rao(a, b):
    """Khatri-Rao product: the Kronecker products of the columns of a and b, as columns.

    The gradient of a is the sum of gy * b over the rows of b, that of b the sum of gy * a over those of a.
    """
    a, b = operand(a), operand(b)
    if a.ndim < 2 or b.ndim < 2:
        raise ValueError("The both arrays should be 2-dimensional.")
    if a.shape[-1] != b.shape[-1]:
        raise ValueError("The number of columns for both arrays should be equal.")
    n = a.shape[-1]
    y = reshape(a, (*a.shape[:-1], 1, n)) * reshape(b, (*b.shape[:-2], 1, *b.shape[-2:]))
    return reshape(y, (*y.shape[:-3], a.shape[-2] * b.shape[-2], n))
