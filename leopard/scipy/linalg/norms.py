"""Norms, determinants, pseudoinverses and least squares, with SciPy's parameters."""

import numpy as np
import scipy.linalg as sl

from leopard._core import as_variable
from leopard.functions._registry import call, drawn, implements
from leopard.functions.basic.shape import plain
from leopard.functions.linalg.determinants import det as np_det
from leopard.functions.linalg.least_squares import lstsq as np_lstsq
from leopard.functions.linalg.least_squares import pinv as np_pinv
from leopard.functions.linalg.norms import norm as np_norm
from leopard.scipy.linalg._arguments import checked, of_structure, square

__all__ = ["det", "lstsq", "norm", "pinv", "pinvh"]


@implements(
    plain=sl.norm,
    exact=False,
    cases=[
        call(drawn(3)),
        call(drawn(2, 3)),
        call(drawn(2, 3), "fro"),
        call(drawn(2, 3, 2), 2, axis=(0, 2)),
        call(drawn(2, 3), 1, axis=1, keepdims=True),
        call(drawn(2, 3), "nuc"),
        call(drawn(2, 2, dtype=complex)),
        call(drawn(2, 2, dtype=complex), np.inf),
    ],
)
def norm(a, ord=None, axis=None, keepdims=False, check_finite=True):
    """Norm of vectors or of matrices.

    The gradient is that of `numpy.linalg.norm`.
    """
    return np_norm(checked(a, check_finite), ord, axis, keepdims)


@implements(
    plain=sl.det,
    exact=False,
    cases=[call(drawn(3, 3)), call(drawn(2, 2, 2)), call(drawn(2, 2, dtype=complex))],
)
def det(a, overwrite_a=False, check_finite=True):
    """Determinants of matrices.

    The gradient is gy times the conjugates of the cofactors, which exist for singular matrices, too.
    """
    return np_det(square(a, check_finite))


def _one(a):
    if a.ndim != 2:
        raise ValueError(f"one matrix is wanted, not shape {a.shape}")
    return a


def _limit(values, atol, rtol, n):
    """The multiple of the largest value up to which values count as 0, and the rank."""
    rtol = n * np.finfo(values.dtype).eps if rtol is None else rtol
    atol = 0.0 if atol is None else atol
    if atol < 0 or rtol < 0:
        raise ValueError("atol and rtol values must be positive.")
    largest = values.max(axis=-1, keepdims=True, initial=0)
    bound = atol + rtol * largest
    rcond = np.where(largest > 0, bound / np.where(largest > 0, largest, 1), rtol)[..., 0]
    return rcond, as_variable(np.asarray((values > bound).sum(axis=-1)))


@implements(
    plain=sl.pinv,
    exact=False,
    cases=[
        call(drawn(4, 2)),
        call(drawn(2, 4)),
        call(drawn(2, 3, 2)),
        call(drawn(3, 3), atol=1e-12, rtol=1e-10),
        call(drawn(3, 2, dtype=complex), return_rank=True),
    ],
)
def pinv(a, *, atol=None, rtol=None, return_rank=False, check_finite=True):
    """Moore-Penrose pseudoinverses of matrices, the last two axes of a.

    The gradient is that of `numpy.linalg.pinv`.

    Parameters
    ----------
    a : Variable or ndarray
        A matrix, or an array of matrices.
    atol, rtol : float, optional
        Singular values up to atol + rtol times the largest count as 0. By default 0, and the precision of the
        dtype times the larger side of the matrix.
    return_rank : bool
        Whether to return the number of the other singular values as well.
    check_finite : bool
        Whether numbers that are not finite raise a ValueError.

    Returns
    -------
    Variable, or a pair of it and the rank, a whole number or an array of them
    """
    a = checked(a, check_finite)
    s = np.linalg.svd(plain(a), compute_uv=False)
    rcond, rank = _limit(s, atol, rtol, max(a.shape[-2:]))
    y = np_pinv(a, rcond)
    return (y, rank) if return_rank else y


def _spread(a):
    """Sample matrices with eigenvalues far from 0."""
    return 0.4 * a + np.diag(2.0 + np.arange(a.shape[-1]))


@implements(
    plain=sl.pinvh,
    exact=False,
    cases=[
        call(drawn(3, 3, made=_spread)),
        call(drawn(3, 3, made=_spread), lower=False),
        call(drawn(2, 2, dtype=complex, made=_spread), return_rank=True),
    ],
)
def pinvh(a, atol=None, rtol=None, lower=True, return_rank=False, check_finite=True):
    """Moore-Penrose pseudoinverse of a Hermitian matrix, of which one triangle is read.

    The gradient is that of `numpy.linalg.pinv`, at the elements of the triangle.
    """
    a = of_structure(square(a, check_finite), "hermitian", lower)
    w = np.abs(np.linalg.eigvalsh(plain(a)))
    rcond, rank = _limit(w, atol, rtol, a.shape[-1])
    y = np_pinv(a, rcond, hermitian=True)
    return (y, rank) if return_rank else y


def _plain_lstsq(a, b, **options):
    """SciPy's, with the rank as NumPy's."""
    x, residues, rank, s = sl.lstsq(a, b, **options)
    return x, residues, np.int32(rank), s


@implements(
    plain=_plain_lstsq,
    exact=False,
    cases=[
        call(drawn(4, 2), drawn(4)),
        call(drawn(4, 2), drawn(4, 3)),
        call(drawn(3, 2, dtype=complex), drawn(3, dtype=complex)),
    ],
)
def lstsq(a, b, cond=None, overwrite_a=False, overwrite_b=False, check_finite=True, lapack_driver=None):
    """Least squares: the shortest x that minimizes the sum of squares of b - a @ x.

    The gradients are those of `numpy.linalg.lstsq`.

    Parameters
    ----------
    a : Variable or ndarray
        A matrix.
    b : Variable or ndarray
        A vector, or a matrix of columns.
    cond : float, optional
        Singular values up to this multiple of the largest count as 0. By default the precision of the dtype.
    overwrite_a, overwrite_b : bool
        Accepted and not used: no argument is overwritten.
    check_finite : bool
        Whether numbers that are not finite raise a ValueError.
    lapack_driver : str, optional
        Accepted; all is computed from the singular values.

    Returns
    -------
    x, residues : Variable
    rank : Variable
        An integer, which takes no gradient.
    s : Variable
        The singular values.
    """
    a, b = _one(checked(a, check_finite)), checked(b, check_finite)
    if cond is None:
        cond = np.finfo(np.result_type(a.dtype, b.dtype)).eps
    x, residues, rank, s = np_lstsq(a, b, cond)
    if b.ndim == 1 and residues.shape == (1,):
        residues = residues[0]
    return x, residues, rank, s
