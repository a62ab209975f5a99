"""Eigenvalues and eigenvectors: standard and generalized, all or a part of them."""

import numpy as np
import scipy.linalg as sl

from leopard.functions._registry import call, drawn, implements
from leopard.functions.basic.arithmetic import abs
from leopard.functions.basic.complex import conj
from leopard.functions.basic.indexing import take_along_axis
from leopard.functions.basic.shape import plain
from leopard.functions.creation.matrices import diag
from leopard.functions.linalg.decompositions import cholesky
from leopard.functions.linalg.eigenvalues import eig as np_eig
from leopard.functions.linalg.eigenvalues import eigh as np_eigh
from leopard.functions.linalg.eigenvalues import eigvals as np_eigvals
from leopard.functions.linalg.eigenvalues import eigvalsh as np_eigvalsh
from leopard.functions.linalg.eigenvalues import turning
from leopard.functions.linalg.matmul import adjoint
from leopard.functions.linalg.norms import vector_norm
from leopard.functions.linalg.solving import inv, solve
from leopard.scipy.linalg._arguments import checked, of_structure, square
from leopard.scipy.linalg.solving import definite, solve_triangular

__all__ = ["eig", "eigh", "eigh_tridiagonal", "eigvals", "eigvalsh", "eigvalsh_tridiagonal"]


def _standard(a, b, kind, lower):
    """The Hermitian matrix of a generalized problem with the factor of b, and the map of its vectors."""
    low = cholesky(of_structure(b, "hermitian", lower))
    a = of_structure(a, "hermitian", lower)
    if kind == 1:
        half = solve_triangular(low, a, 0, True, check_finite=False)
        c = adjoint(solve_triangular(low, adjoint(half), 0, True, check_finite=False))
    else:
        c = adjoint(low) @ a @ low
    if kind == 3:
        return c, lambda v: low @ v
    return c, lambda v: solve_triangular(low, v, 2, True, check_finite=False)


def _part_of(w, by_index, by_value):
    """The slice of the eigenvalues, in ascending order, that a caller wants; from their values alone."""
    if by_index is not None and by_value is not None:
        raise ValueError("Either index or value subset can be requested.")
    n = w.shape[-1]
    if by_index is not None:
        low, high = map(int, by_index)
        if not 0 <= low <= high < n:
            raise ValueError(
                f"Requested eigenvalue indices are not valid. Valid range is [0, {n - 1}] and start <= end, "
                f"but start={low}, end={high} is given"
            )
        return slice(low, high + 1)
    if by_value is None:
        return slice(None)
    if w.ndim > 1:
        raise ValueError("subset_by_value takes one matrix: each may have another number of eigenvalues")
    low, high = by_value
    if not low < high:
        raise ValueError(f"Requested eigenvalue bounds are not valid: {by_value}")
    return slice(*np.searchsorted(plain(w), [low, high], "right"))


def _hermitian_problem(a, b, lower, kind, check_finite):
    a = square(a, check_finite)
    if b is None:
        return a, lower, lambda v: v
    if kind not in (1, 2, 3):
        raise ValueError('"type" keyword only accepts 1, 2, and 3.')
    b = square(b, check_finite)
    if a.shape != b.shape:
        raise ValueError(f"wrong b dimensions {b.shape}, should be {a.shape}")
    a, back = _standard(a, b, kind, lower)
    return a, True, back


def _spread(a):
    """Sample matrices with well separated eigenvalues."""
    return 0.4 * a + np.diag(2.0 * np.arange(a.shape[-1]))


def _by_divide_and_conquer(a, b=None, **options):
    """SciPy's, by the algorithm of NumPy's: the signs of vectors are those of the algorithm."""
    if not {"subset_by_index", "subset_by_value"} & set(options):
        options["driver"] = "evd" if b is None else "gvd"
    return sl.eigh(a, b, **options)


_values_only = [
    call(drawn(3, 3, made=_spread), eigvals_only=True),
    call(drawn(3, 3, made=_spread), drawn(3, 3, made=definite), eigvals_only=True),
    call(drawn(3, 3, made=_spread), drawn(3, 3, made=definite), lower=False, type=2, eigvals_only=True),
    call(drawn(3, 3, made=_spread), eigvals_only=True, subset_by_index=[1, 2]),
    call(drawn(3, 3, dtype=complex, made=_spread), eigvals_only=True),
    call(
        drawn(2, 2, dtype=complex, made=_spread),
        drawn(2, 2, dtype=complex, made=definite),
        eigvals_only=True,
        type=3,
    ),
    call(
        drawn(2, 2, dtype=complex, made=_spread),
        drawn(2, 2, dtype=complex, made=definite),
        eigvals_only=True,
        lower=False,
    ),
]


@implements(
    plain=_by_divide_and_conquer,
    exact=False,
    cases=[
        call(drawn(3, 3, made=_spread)),
        call(drawn(3, 3, made=_spread), lower=False),
        call(drawn(2, 2, 2, made=_spread)),
        call(drawn(3, 3, made=_spread), drawn(3, 3, made=definite)),
        call(drawn(3, 3, made=_spread), drawn(3, 3, made=definite), type=2),
        call(drawn(3, 3, made=_spread), drawn(3, 3, made=definite), type=3),
        *_values_only,
    ],
)
def eigh(
    a, b=None, *, lower=True, eigvals_only=False, overwrite_a=False, overwrite_b=False, type=1,
    check_finite=True, subset_by_index=None, subset_by_value=None, driver=None,
):  # fmt: skip
    """Eigenvalues and eigenvectors of Hermitian matrices, or of the generalized problem a v = w b v.

    The gradient is that of `numpy.linalg.eigh`, with what is said there of equal eigenvalues; in a
    generalized problem that of the matrix inv(L) a inv(L).H, where L is the Cholesky factor of b.

    Parameters
    ----------
    a : Variable or ndarray
        Hermitian matrices in the last two axes, of which one triangle is read.
    b : Variable or ndarray, optional
        Positive definite matrices.
    lower : bool
        Whether the lower triangles are read.
    eigvals_only : bool
        Whether to return the eigenvalues alone.
    overwrite_a, overwrite_b : bool
        Accepted and not used: no argument is overwritten.
    type : {1, 2, 3}
        The problem: a v = w b v, a b v = w v, or b a v = w v.
    check_finite : bool
        Whether numbers that are not finite raise a ValueError.
    subset_by_index : pair of int, optional
        The first and the last eigenvalue that are returned. All are computed.
    subset_by_value : pair of float, optional
        Those above the first and up to the second number are returned. All are computed.
    driver : str, optional
        Accepted; all is computed by divide and conquer ("evd"), which determines the signs of vectors.

    Returns
    -------
    w, v : Variable
        Or w alone.

    Raises
    ------
    numpy.linalg.LinAlgError
        When b is not positive definite.
    RuntimeError
        In `backward`, as for `numpy.linalg.eigh`.
    """
    a, lower, back = _hermitian_problem(a, b, lower, type, check_finite)
    uplo = "L" if lower else "U"
    if eigvals_only:
        w = np_eigvalsh(a, uplo)
        return w[..., _part_of(w, subset_by_index, subset_by_value)]
    w, v = np_eigh(a, uplo)
    part = _part_of(w, subset_by_index, subset_by_value)
    return w[..., part], back(v[..., :, part])


@implements(
    plain=sl.eigvalsh,
    exact=False,
    cases=[
        sample._replace(keywords={k: x for k, x in sample.keywords.items() if k != "eigvals_only"})
        for sample in _values_only
    ],
)
def eigvalsh(
    a, b=None, *, lower=True, overwrite_a=False, overwrite_b=False, type=1, check_finite=True,
    subset_by_index=None, subset_by_value=None, driver=None,
):  # fmt: skip
    """Eigenvalues of Hermitian matrices, or of the generalized problem a v = w b v.

    The gradient is V diag(gw) V.H, that of `numpy.linalg.eigvalsh`. The parameters are those of `eigh`.
    """
    return eigh(
        a, b, lower=lower, eigvals_only=True, type=type, check_finite=check_finite,
        subset_by_index=subset_by_index, subset_by_value=subset_by_value, driver=driver,
    )  # fmt: skip


def _general_problem(a, b, check_finite):
    a = square(a, check_finite)
    if b is None:
        return a
    b = square(b, check_finite)
    if a.shape != b.shape:
        raise ValueError("a and b must have the same shape")
    return solve(b, a)


def _no_pairs(homogeneous):
    if homogeneous:
        raise TypeError(
            "homogeneous_eigvals=True has no derivative in leopard: the pairs are determined only up to a "
            "factor; leave it out for their quotients"
        )


def _scaled(v):
    """Vectors of length 1 whose largest component is real, as LAPACK's."""
    v = v / vector_norm(v, axis=-2, keepdims=True)
    if v.dtype.kind != "c":
        return v
    places = np.abs(plain(v)).argmax(-2)[..., None, :]
    largest = take_along_axis(v, places, -2)
    return v * (conj(largest) / abs(largest))


_general = [
    call(drawn(3, 3, made=_spread)),
    call(drawn(2, 2, made=turning)),
    call(drawn(3, 3, dtype=complex, made=_spread)),
    call(drawn(2, 2, 2, made=turning)),
]


@implements(plain=sl.eig, exact=False, cases=_general)
def eig(
    a, b=None, left=False, right=True, overwrite_a=False, overwrite_b=False, check_finite=True,
    homogeneous_eigvals=False,
):  # fmt: skip
    """Eigenvalues and eigenvectors of square matrices, or of the generalized problem a v = w b v.

    The gradient is that of `numpy.linalg.eig`, in a generalized problem of the matrix inv(b) a. The left
    vectors are computed from the inverse of the matrix of the right ones.

    Parameters
    ----------
    a : Variable or ndarray
        Square matrices in the last two axes.
    b : Variable or ndarray, optional
        Regular matrices of the same shape.
    left, right : bool
        Whether to return the left vectors, for which u.H a = w u.H b, and the right ones.
    overwrite_a, overwrite_b : bool
        Accepted and not used: no argument is overwritten.
    check_finite : bool
        Whether numbers that are not finite raise a ValueError.
    homogeneous_eigvals : bool
        Must be False.

    Returns
    -------
    w : Variable
        Complex.
    vl, vr : Variable
        As far as they are wanted. Their lengths are 1, and their largest components real.

    Raises
    ------
    numpy.linalg.LinAlgError
        When b is singular; and in `backward` when there are fewer than n independent vectors.
    """
    _no_pairs(homogeneous_eigvals)
    if not (left or right):
        return eigvals(a, b, check_finite=check_finite)
    w, v = np_eig(_general_problem(a, b, check_finite))
    found = [w * (1 + 0j)]
    if left:
        u = adjoint(inv(v))
        if b is not None:
            u = solve(adjoint(square(b, check_finite)), u)
        found.append(_scaled(u))
    if right:
        found.append(v)
    return tuple(found)


@implements(plain=sl.eigvals, exact=False, cases=_general)
def eigvals(a, b=None, overwrite_a=False, check_finite=True, homogeneous_eigvals=False):
    """Eigenvalues of square matrices, or of the generalized problem a v = w b v.

    The gradient is V**-H diag(gw) V.H, that of `numpy.linalg.eigvals`, in a generalized problem of the
    matrix inv(b) a.
    """
    _no_pairs(homogeneous_eigvals)
    return np_eigvals(_general_problem(a, b, check_finite)) * (1 + 0j)


# -- Tridiagonal matrices ------------------------------------------------------------------------


def _of_diagonals(d, e, check_finite):
    d, e = checked(d, check_finite), checked(e, check_finite)
    if d.ndim != 1 or e.ndim != 1 or d.dtype.kind == "c" or e.dtype.kind == "c":
        raise TypeError("Only real 1-D diagonals are taken")
    if d.shape[0] != e.shape[0] + 1:
        raise ValueError(f"d ({d.shape[0]}) must have one more element than e ({e.shape[0]})")
    return diag(d) + diag(e, -1)


def _selected(select, select_range):
    kinds = {0: "a", 1: "v", 2: "i", "all": "a", "value": "v", "index": "i"}
    kind = kinds.get(select, select)
    if kind not in ("a", "v", "i"):
        raise ValueError('invalid argument for select: "a", "v" or "i"')
    return {"a": {}, "v": {"subset_by_value": select_range}, "i": {"subset_by_index": select_range}}[kind]


_diagonals = [
    call(drawn(4, low=-6.0, high=6.0), drawn(3, low=0.3, high=1.0)),
    call(drawn(3, low=-6.0, high=6.0), drawn(2, low=0.3, high=1.0), select="i", select_range=(0, 1)),
]


@implements(
    plain=sl.eigvalsh_tridiagonal,
    exact=False,
    cases=_diagonals,
)
def eigvalsh_tridiagonal(
    d, e, select="a", select_range=None, check_finite=True, tol=0.0, lapack_driver="auto"
):
    """Eigenvalues of a real symmetric tridiagonal matrix with the diagonal d and e beside it.

    The gradients are v**2 @ gw, and 2 * (v[:-1] * v[1:]) @ gw. All are computed from the whole matrix.
    """
    return eigvalsh(_of_diagonals(d, e, check_finite), **_selected(select, select_range))


def _plain_tridiagonal(d, e, **options):
    """With the signs of the algorithm that takes whole matrices."""
    return _by_divide_and_conquer(np.diag(d) + np.diag(e, -1), **options)


@implements(
    plain=_plain_tridiagonal,
    exact=False,
    cases=[_diagonals[0]],
)
def eigh_tridiagonal(
    d, e, eigvals_only=False, select="a", select_range=None, check_finite=True, tol=0.0, lapack_driver="auto"
):
    """Eigenvalues and eigenvectors of a real symmetric tridiagonal matrix.

    The gradients are those of `eigh` for the whole matrix.
    """
    options = _selected(select, select_range)
    return eigh(_of_diagonals(d, e, check_finite), eigvals_only=eigvals_only, **options)
