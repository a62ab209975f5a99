"""Factorizations of matrices: Cholesky, LU, QR, RQ, polar, and singular values."""

import numpy as np
import scipy.linalg as sl

from leopard._core import as_variable
from leopard.functions._primitives import Primitive
from leopard.functions._registry import call, drawn, implements
from leopard.functions.basic.complex import conj
from leopard.functions.basic.indexing import take_along_axis
from leopard.functions.basic.shape import form_of, plain, reshape
from leopard.functions.creation.matrices import diagonal, tril, triu
from leopard.functions.linalg.decompositions import cholesky as np_cholesky
from leopard.functions.linalg.decompositions import of_cholesky
from leopard.functions.linalg.decompositions import qr as np_qr
from leopard.functions.linalg.decompositions import svd as np_svd
from leopard.functions.linalg.decompositions import svdvals as np_svdvals
from leopard.functions.linalg.eigenvalues import apart_from_itself, are_equal, joined, must_not_matter, parts
from leopard.functions.linalg.matmul import adjoint
from leopard.functions.linalg.solving import regular
from leopard.functions.manipulation.axes import matrix_transpose
from leopard.functions.manipulation.joining import concatenate
from leopard.scipy.linalg._arguments import checked, square
from leopard.scipy.linalg.equations import solve_sylvester
from leopard.scipy.linalg.solving import definite, dominant, must_fit, solve_triangular

__all__ = [
    "cho_factor", "cho_solve", "cho_solve_banded", "cholesky", "cholesky_banded", "lu", "lu_factor",
    "lu_solve", "polar", "qr", "rq", "schur", "svd", "svdvals",
]  # fmt: skip

_triangles = [
    call(drawn(3, 3, made=definite)),
    call(drawn(3, 3, made=definite), lower=True),
    call(drawn(2, 2, 2, made=definite), True),
    call(drawn(3, 3, dtype=complex, made=definite)),
    call(drawn(2, 2, dtype=complex, made=definite), True),
]


@implements(plain=sl.cholesky, exact=False, cases=_triangles)
def cholesky(a, lower=False, overwrite_a=False, check_finite=True):
    """The upper triangular U of the Cholesky factorization a = U.H @ U, or the lower triangular L of L @ L.H.

    The gradient is that of `numpy.linalg.cholesky`, at the elements of the triangle that is read.

    Parameters
    ----------
    a : Variable or ndarray
        Positive definite matrices in the last two axes, of which one triangle is read.
    lower : bool
        Whether the lower triangle is read and returned.
    overwrite_a : bool
        Accepted and not used: no argument is overwritten.
    check_finite : bool
        Whether numbers that are not finite raise a ValueError.

    Returns
    -------
    Variable

    Raises
    ------
    numpy.linalg.LinAlgError
        When a matrix is not positive definite.

    Examples
    --------
    >>> cholesky(Variable(np.array([[4.0, 2.0], [2.0, 5.0]])))
    variable([[2. 1.]
              [0. 2.]])
    """
    return np_cholesky(square(a, check_finite), upper=not lower)


def _factor_without_the_rest(a, lower=False, **options):
    c, _ = sl.cho_factor(a, lower, **options)
    return (np.tril(c) if lower else np.triu(c)), lower


@implements(plain=_factor_without_the_rest, exact=False, cases=_triangles)
def cho_factor(a, lower=False, overwrite_a=False, check_finite=True):
    """The Cholesky factor of positive definite matrices and `lower`, for `cho_solve`.

    The gradient is that of `cholesky`. The other triangle of the factor is 0, where SciPy's has numbers that
    mean nothing.
    """
    return cholesky(a, lower, check_finite=check_finite), lower


def _factor_of(a):
    return regular(0.5 * a)


@implements(
    plain=sl.cho_solve,
    exact=False,
    cases=[
        call((drawn(3, 3, made=_factor_of), False), drawn(3)),
        call((drawn(3, 3, made=_factor_of), True), drawn(3, 2)),
        call((drawn(2, 2, dtype=complex, made=_factor_of), False), drawn(2, dtype=complex)),
        call((drawn(2, 2, dtype=complex, made=_factor_of), True), drawn(2, 2, dtype=complex)),
    ],
)
def cho_solve(c_and_lower, b, overwrite_b=False, check_finite=True):
    """The solution x of a @ x = b, from the Cholesky factorization of a that `cho_factor` returns.

    The gradients are those of the two solutions with the triangles of the factor.
    """
    c, lower = c_and_lower
    c, b = square(c, check_finite), checked(b, check_finite)
    must_fit(c, b)
    x = solve_triangular(c, b, 0 if lower else 2, lower, check_finite=False)
    return solve_triangular(c, x, 2 if lower else 0, lower, check_finite=False)


# -- Bands ---------------------------------------------------------------------------------------


def _dense(ab, lower):
    """The triangular matrix of the diagonals that are stored."""
    more, n = ab.shape[0] - 1, ab.shape[1]
    row, column = np.indices((n, n))
    at = row - column if lower else more + row - column
    inside = (at >= 0) & (at <= more)
    return ab[np.where(inside, at, 0), column] * inside.astype(form_of(ab).real.dtype)


def _stored(a, more, lower):
    """The diagonals of a triangular matrix, one a row."""
    n = a.shape[0]
    column = np.arange(n)
    row = np.arange(more + 1)[:, None] + column - (0 if lower else more)
    inside = (row >= 0) & (row < n)
    return a[np.where(inside, row, 0), np.broadcast_to(column, row.shape)] * inside.astype(
        form_of(a).real.dtype
    )


class CholeskyBanded(Primitive):
    options = ("lower",)

    def forward(self, ab):
        y = sl.cholesky_banded(ab, lower=self.lower, check_finite=False)
        return _stored(_dense(y, self.lower), y.shape[0] - 1, self.lower)

    def backward(self, gy):
        (ab,) = self.inputs
        y, gy = _dense(self.output, self.lower), _dense(gy, self.lower)
        g = of_cholesky(y, gy, not self.lower)
        return _stored(g, ab.shape[0] - 1, self.lower)


def _stored_factor(ab, lower=False, **options):
    """SciPy's, with 0 where it leaves what is not part of the matrix."""
    y = sl.cholesky_banded(ab, lower=lower, **options)
    return _stored(_dense(y, lower), y.shape[0] - 1, lower)


@implements(
    plain=_stored_factor,
    exact=False,
    cases=[
        call(drawn(2, 4, made=dominant(-1))),
        call(drawn(3, 4, made=dominant(0)), lower=True),
        call(drawn(2, 3, dtype=complex, made=dominant(-1))),
        call(drawn(3, 4, dtype=complex, made=dominant(0)), lower=True),
    ],
)
def cholesky_banded(ab, overwrite_ab=False, lower=False, check_finite=True):
    """Cholesky factorization of a positive definite matrix of which ab stores half of the diagonals.

    The gradient is the band of that of `cholesky`, computed with whole matrices.
    """
    ab = checked(ab, check_finite)
    if ab.ndim != 2:
        raise ValueError(f"the diagonals of one matrix are wanted, of two axes, not of shape {ab.shape}")
    return CholeskyBanded.operation(ab, bool(lower))


@implements(
    plain=sl.cho_solve_banded,
    exact=False,
    cases=[
        call((drawn(2, 4, made=dominant(-1)), False), drawn(4)),
        call((drawn(3, 4, made=dominant(0)), True), drawn(4, 2)),
        call((drawn(2, 3, dtype=complex, made=dominant(-1)), False), drawn(3, dtype=complex)),
    ],
)
def cho_solve_banded(cb_and_lower, b, overwrite_b=False, check_finite=True):
    """The solution x of a @ x = b, from the Cholesky factorization of a that `cholesky_banded` returns.

    The gradients are those of the two solutions with the triangles of the factor, as whole matrices.
    """
    cb, lower = cb_and_lower
    return cho_solve((_dense(checked(cb, check_finite), lower), lower), b, check_finite=check_finite)


# -- LU ------------------------------------------------------------------------------------------


def _order_of(pivots, m):
    """The order of rows that exchanges of rows, one after another, lead to."""
    order = np.empty((*pivots.shape[:-1], m), int)
    order[...] = np.arange(m)
    for place in np.ndindex(pivots.shape[:-1]):
        for i, j in enumerate(pivots[place]):
            order[place][[i, j]] = order[place][[j, i]]
    return order


def _in_order(b, order):
    """The rows of matrices in an order, each in its own."""
    if order.ndim == 1:
        return b[..., order, :]
    batch = np.broadcast_shapes(order.shape[:-1], b.shape[:-2])
    order = np.broadcast_to(order, (*batch, order.shape[-1]))
    return take_along_axis(b + np.zeros((*batch, 1, 1), b.dtype), order[..., None], -2)


class LUFactor(Primitive):
    """With P.T A = L U, inv(L) P.T dA inv(U) is the sum of inv(L) dL, strictly lower, and dU inv(U)."""

    def forward(self, a):
        return tuple(sl.lu_factor(a, check_finite=False))

    def backward(self, gy, _):
        (a,) = self.inputs
        y, pivots = LUFactor.operation(a)
        m, n = a.shape[-2:]
        k = min(m, n)
        low, up, g = y[..., :k, :k], y[..., :k, :k], gy[..., :k, :k]
        glow, gup = tril(g, -1), triu(g)
        below = right = None
        if m > n:  # the further rows of L are A inv(U)
            below = adjoint(_solve_up(up, adjoint(gy[..., k:, :]), 0))
            gup = gup - triu(adjoint(y[..., k:, :]) @ below)
        if n > m:  # the further columns of U are inv(L) A
            right = _solve_low(low, gy[..., :, k:], 2)
            glow = glow - tril(right @ adjoint(y[..., :, k:]), -1)
        core = tril(adjoint(_low_of(low)) @ glow, -1) + triu(gup @ adjoint(triu(up)))
        core = _solve_low(low, core, 2)
        g = adjoint(_solve_up(up, adjoint(core), 0))
        if below is not None:
            g = concatenate([g, below], -2)
        if right is not None:
            g = concatenate([g, right], -1)
        return _in_order(g, np.argsort(_order_of(plain(pivots), m), -1))


def _low_of(y):
    """L of the factorization stored in one matrix, with its ones."""
    k = min(y.shape[-2:])
    return tril(y[..., :, :k], -1) + np.eye(y.shape[-2], k, dtype=y.dtype)


def _solve_low(low, b, trans):
    return solve_triangular(low, b, trans, True, True, check_finite=False)


def _solve_up(up, b, trans):
    return solve_triangular(up, b, trans, False, False, check_finite=False)


_to_factor = [
    call(drawn(3, 3)),
    call(drawn(4, 2)),
    call(drawn(2, 4)),
    call(drawn(2, 3, 3)),
    call(drawn(3, 3, dtype=complex)),
    call(drawn(3, 2, dtype=complex)),
    call(drawn(2, 3, dtype=complex)),
]


@implements(plain=sl.lu_factor, exact=False, cases=_to_factor)
def lu_factor(a, overwrite_a=False, check_finite=True):
    """L and U of the factorization with exchanges of rows, stored in one matrix, and the exchanges.

    The gradient is P inv(L).H T inv(U).H, with the triangles T = tril(L.H gL, -1) + triu(gU U.H). In
    rectangular matrices the further rows of L are A inv(U), and the further columns of U are inv(L) A.

    Parameters
    ----------
    a : Variable or ndarray
        Matrices in the last two axes.
    overwrite_a : bool
        Accepted and not used: no argument is overwritten.
    check_finite : bool
        Whether numbers that are not finite raise a ValueError.

    Returns
    -------
    lu : Variable
        U in the upper triangle, and L without its ones below the diagonal.
    piv : Variable
        Row i was exchanged with row piv[i]; integers, which take no gradient.

    Raises
    ------
    numpy.linalg.LinAlgError
        In `backward`, when a number on the diagonal of U is 0.
    """
    return tuple(LUFactor.operation(checked(a, check_finite)))


@implements(
    plain=sl.lu_solve,
    exact=False,
    cases=[
        call((drawn(3, 3, made=_factor_of), np.array([1, 1, 2])), drawn(3)),
        call((drawn(3, 3, made=_factor_of), np.array([1, 2, 2])), drawn(3, 2), 1),
        call((drawn(2, 2, dtype=complex, made=_factor_of), np.array([1, 1])), drawn(2, dtype=complex), 1),
        call((drawn(2, 2, dtype=complex, made=_factor_of), np.array([1, 1])), drawn(2, 1, dtype=complex), 2),
        call((drawn(2, 2, dtype=complex, made=_factor_of), np.array([1, 1])), drawn(2), 0),
    ],
)
def lu_solve(lu_and_piv, b, trans=0, overwrite_b=False, check_finite=True):
    """The solution x of a @ x = b, from the factorization of a that `lu_factor` returns.

    The gradients are those of the two solutions with L and U.

    Parameters
    ----------
    lu_and_piv : pair
        What `lu_factor` returns.
    b : Variable or ndarray
        A vector, or matrices of columns.
    trans : {0, 1, 2}
        With 1 the system is a.T @ x = b, with 2 a.H @ x = b.
    overwrite_b : bool
        Accepted and not used: no argument is overwritten.
    check_finite : bool
        Whether numbers that are not finite raise a ValueError.

    Returns
    -------
    Variable
    """
    y, pivots = lu_and_piv
    y, b = square(y, check_finite), checked(b, check_finite)
    must_fit(y, b)
    order = _order_of(np.asarray(plain(pivots)), y.shape[-1])
    x = reshape(b, (*b.shape, 1)) if b.ndim == 1 else b
    if trans == 0:
        x = _solve_up(y, _solve_low(y, _in_order(x, order), 0), 0)
    else:
        x = _in_order(_solve_low(y, _solve_up(y, x, trans), trans), np.argsort(order, -1))
    return reshape(x, x.shape[:-1]) if b.ndim == 1 else x


@implements(
    plain=sl.lu,
    exact=False,
    cases=[
        *_to_factor,
        call(drawn(3, 3), True),
        call(drawn(4, 2), permute_l=True),
        call(drawn(3, 3), p_indices=True),
    ],
)
def lu(a, permute_l=False, overwrite_a=False, check_finite=True, p_indices=False):
    """The factorization a = P @ L @ U, with exchanges of rows.

    The gradient is that of `lu_factor`.

    Parameters
    ----------
    a : Variable or ndarray
        Matrices in the last two axes.
    permute_l : bool
        Whether to return P @ L and U alone.
    overwrite_a : bool
        Accepted and not used: no argument is overwritten.
    check_finite : bool
        Whether numbers that are not finite raise a ValueError.
    p_indices : bool
        Whether P is returned as an order of rows: a is (L @ U)[P].

    Returns
    -------
    tuple of Variable
        P, L, U; or P @ L, U.
    """
    a = checked(a, check_finite)
    m, n = a.shape[-2:]
    k = min(m, n)
    y, pivots = LUFactor.operation(a)
    low, up = _low_of(y), triu(y[..., :k, :])
    order = np.argsort(_order_of(plain(pivots), m), -1)
    if permute_l:
        return _in_order(low, order), up
    if p_indices:
        return as_variable(order.astype(np.int32)), low, up
    return as_variable(np.eye(m, dtype=form_of(a).real.dtype)[order]), low, up


# -- QR and RQ -----------------------------------------------------------------------------------


@implements(
    plain=sl.qr,
    exact=False,
    cases=[
        call(drawn(3, 3)),
        call(drawn(4, 2), mode="economic"),
        call(drawn(2, 4)),
        call(drawn(3, 2)),
        call(drawn(3, 2), mode="r"),
        call(drawn(2, 3, 2), mode="economic"),
        call(drawn(3, 3), pivoting=True),
        call(drawn(3, 2), mode="r", pivoting=True),
        call(drawn(3, 3, dtype=complex)),
        call(drawn(3, 2, dtype=complex), mode="economic", pivoting=True),
    ],
)
def qr(a, overwrite_a=False, lwork=None, mode="full", pivoting=False, check_finite=True):
    """QR decomposition: Q with orthonormal columns and upper triangular R.

    The gradient is that of `numpy.linalg.qr`. With pivoting it is that of the decomposition of a[:, P].

    Parameters
    ----------
    a : Variable or ndarray
        Matrices in the last two axes; one matrix with `pivoting`.
    overwrite_a : bool
        Accepted and not used: no argument is overwritten.
    lwork : int, optional
        Accepted and not used.
    mode : {"full", "r", "economic"}
        "full": Q is square; "economic": Q has no more columns than a; "r": R alone, of the shape of a.
    pivoting : bool
        Whether columns are exchanged, so that the diagonal of R does not increase.
    check_finite : bool
        Whether numbers that are not finite raise a ValueError.

    Returns
    -------
    tuple
        Q and R, or R, of Variables; with pivoting also the order P of the columns.

    Raises
    ------
    TypeError
        When the mode is "raw", which has no derivative here.
    numpy.linalg.LinAlgError, RuntimeError
        In `backward`, as for `numpy.linalg.qr`.
    """
    a = checked(a, check_finite)
    _must_be_mode("qr", mode)
    order = ()
    if pivoting:
        if a.ndim != 2:
            raise ValueError(f"qr: with pivoting one matrix is wanted, not shape {a.shape}")
        order = (as_variable(sl.qr(plain(a), mode="r", pivoting=True, check_finite=False)[-1]),)
        a = a[:, plain(order[0])]
    q, r = np_qr(a, "reduced" if mode == "economic" else "complete")
    return (r, *order) if mode == "r" else (q, r, *order)


def _must_be_mode(name, mode):
    if mode == "raw":
        raise TypeError(f'{name}: the mode "raw" has no derivative; use "full", "r" or "economic"')
    if mode not in ("full", "r", "economic"):
        raise ValueError("Mode argument should be one of ['full', 'r', 'economic', 'raw']")


@implements(
    plain=sl.rq,
    exact=False,
    cases=[
        call(drawn(3, 3)),
        call(drawn(2, 4), mode="economic"),
        call(drawn(2, 3)),
        call(drawn(4, 2)),
        call(drawn(3, 2), mode="r"),
        call(drawn(3, 3, dtype=complex)),
        call(drawn(2, 3, dtype=complex), mode="economic"),
    ],
)
def rq(a, overwrite_a=False, lwork=None, mode="full", check_finite=True):
    """RQ decomposition: a = R @ Q with upper triangular R, and Q with orthonormal rows.

    The gradient is that of the QR decomposition of the adjoint, with rows and columns in reverse order.
    """
    a = checked(a, check_finite)
    if mode not in ("full", "r", "economic"):
        raise ValueError("Mode argument should be one of ['full', 'r', 'economic']")
    q, r = np_qr(adjoint(a[..., ::-1, ::-1]), "reduced" if mode == "economic" else "complete")
    r = adjoint(r)[..., ::-1, ::-1]
    return r if mode == "r" else (r, adjoint(q)[..., ::-1, ::-1])


# -- Singular values, and the polar decomposition ------------------------------------------------


@implements(
    plain=sl.svd,
    exact=False,
    cases=[
        call(drawn(3, 3)),
        call(drawn(4, 2), full_matrices=False),
        call(drawn(2, 3), compute_uv=False),
        call(drawn(2, 3, dtype=complex), compute_uv=False),
        call(drawn(2, 3, 2), False),
    ],
)
def svd(a, full_matrices=True, compute_uv=True, overwrite_a=False, check_finite=True, lapack_driver="gesdd"):
    """Singular value decomposition, (U * S) @ Vh.

    The gradient is that of `numpy.linalg.svd`, with what is said there of singular values equal or 0. The
    values are those of LAPACK's gesdd, whatever the `lapack_driver`.
    """
    a = checked(a, check_finite)
    if lapack_driver not in ("gesdd", "gesvd"):
        raise ValueError(f'lapack_driver must be "gesdd" or "gesvd", not "{lapack_driver}"')
    y = np_svd(a, full_matrices, compute_uv)
    return tuple(y) if compute_uv else y


@implements(plain=sl.svdvals, exact=False, cases=[call(drawn(3, 2)), call(drawn(2, 2, dtype=complex))])
def svdvals(a, overwrite_a=False, check_finite=True):
    """Singular values of matrices.

    The gradient is that of `numpy.linalg.svdvals`, U diag(gy) Vh.
    """
    return np_svdvals(checked(a, check_finite))


class PolarUnitary(Primitive):
    """The factor with orthonormal columns of matrices that have no more columns than rows."""

    def forward(self, a):
        u, _, vh = np.linalg.svd(a, full_matrices=False)
        return u @ vh

    def backward(self, gy):
        (a,) = self.inputs
        u = self.output
        p = adjoint(u) @ a
        p = 0.5 * (p + adjoint(p))
        g = adjoint(u) @ gy
        gx = u @ solve_sylvester(p, p, g - adjoint(g))
        if a.shape[-2] > a.shape[-1]:
            gx = gx + adjoint(np.linalg.solve(p, adjoint(gy - u @ g)))
        return gx


@implements(
    plain=sl.polar,
    exact=False,
    cases=[
        call(drawn(3, 3)),
        call(drawn(4, 2)),
        call(drawn(2, 3)),
        call(drawn(3, 3), "left"),
        call(drawn(4, 2), side="left"),
        call(drawn(2, 4), side="left"),
        call(drawn(2, 2, 2)),
        call(drawn(3, 3, dtype=complex)),
        call(drawn(3, 2, dtype=complex), "left"),
        call(drawn(2, 3, dtype=complex)),
    ],
)
def polar(a, side="right"):
    """Polar decomposition: a = u @ p, or with side="left" a = p @ u, of a matrix of full rank.

    The gradient by u is u Y + (gu - u u.H gu) inv(p), with the solution Y of p Y + Y p = u.H gu - gu.H u; p
    is u.H @ a, and has the gradient of this product. Equal singular values need no special case.

    Parameters
    ----------
    a : Variable or ndarray
        Matrices in the last two axes.
    side : {"right", "left"}
        The side of p, which is Hermitian and positive semidefinite.

    Returns
    -------
    u, p : Variable

    Raises
    ------
    ValueError
        When there is no such side.
    """
    if side not in ("right", "left"):
        raise ValueError("`side` must be either 'right' or 'left'")
    a = checked(a)
    tall = a.shape[-2] >= a.shape[-1]
    u = PolarUnitary.operation(a) if tall else adjoint(PolarUnitary.operation(adjoint(a)))
    p = adjoint(u) @ a if side == "right" else a @ adjoint(u)
    return u, 0.5 * (p + adjoint(p))


# -- The Schur form ------------------------------------------------------------------------------


class Schur(Primitive):
    """With K the skew Z.H dZ, whose diagonal is chosen as 0, dT is Z.H dA Z + T K - K T, and 0 below."""

    options = ("form", "sort")

    def forward(self, a):
        t, z, *_ = sl.schur(a, output=self.form, sort=self.sort, check_finite=False)
        return joined(t, z, axes=(2, 2))

    def backward(self, gy):
        (a,) = self.inputs
        shapes = (a.shape[-2:],) * 2
        (t, z), (gt, gz) = parts(self.output, *shapes), parts(gy, *shapes)
        if np.tril(plain(t), -1).any():
            raise TypeError(
                "schur: the real form with pairs of complex eigenvalues has no derivative in leopard; write "
                'output="complex"'
            )
        if apart_from_itself(are_equal(diagonal(t, 0, -2, -1))).any():
            raise np.linalg.LinAlgError("schur: eigenvalues are equal, and there T and Z have no derivative")
        gt = triu(gt)
        th = adjoint(t)
        g = adjoint(z) @ gz + th @ gt - gt @ th
        g = g - adjoint(g)
        must_not_matter(g, np.eye(t.shape[-1]), "schur")
        return z @ (gt - _turn(t, tril(g, -1))) @ adjoint(z)


def _turn(t, p):
    """The strictly lower W for which the lower part of T.H W - W T.H is p; row by row from the top."""
    n = t.shape[-1]
    batch = t.shape[:-2]
    rows = [np.zeros((*batch, 1, n), t.dtype)]
    for i in range(1, n):
        before = concatenate(rows, -2)[..., :i] if i > 1 else rows[0][..., :1]
        right = p[..., i, :i][..., None] - matrix_transpose(before) @ conj(t[..., :i, i : i + 1])
        m = conj(t[..., i : i + 1, i : i + 1] * np.eye(i, dtype=t.dtype) - t[..., :i, :i])
        row = matrix_transpose(solve_triangular(m, right, check_finite=False))
        rows.append(concatenate([row, np.zeros((*batch, 1, n - i), t.dtype)], -1))
    return concatenate(rows, -2)


def _separated(a):
    """Sample matrices whose eigenvalues are real and well separated."""
    return 0.3 * a + np.diag(2.0 * np.arange(a.shape[-1]))


@implements(
    plain=sl.schur,
    exact=False,
    cases=[
        call(drawn(3, 3, made=_separated)),
        call(drawn(2, 2, made=_separated)),
        call(drawn(4, 4, made=_separated), sort=lambda x: x > 1),
        call(drawn(1, 1)),
    ],
)
def schur(a, output="real", lwork=None, overwrite_a=False, sort=None, check_finite=True):
    """Schur form: a = Z @ T @ Z.H with unitary Z and upper triangular T.

    The gradient is Z (gT - W) Z.H, where W is strictly lower, and the lower part of T.H W - W T.H is that of
    G - G.H, with G = Z.H gZ + T.H gT - gT T.H.

    Parameters
    ----------
    a : Variable or ndarray
        Square matrices in the last two axes.
    output : {"real", "complex"}
        For real matrices: with "real", pairs of complex eigenvalues are blocks on the diagonal of T.
    lwork : int, optional
        Accepted and not used.
    overwrite_a : bool
        Accepted and not used: no argument is overwritten.
    sort : callable or {"lhp", "rhp", "iuc", "ouc"}, optional
        Which eigenvalues come first.
    check_finite : bool
        Whether numbers that are not finite raise a ValueError.

    Returns
    -------
    T, Z : Variable
    sdim : Variable
        With `sort`: the number of eigenvalues that come first, an integer.

    Raises
    ------
    TypeError
        In `backward`, when T has blocks on its diagonal.
    numpy.linalg.LinAlgError
        In `backward`, when eigenvalues are equal.
    RuntimeError
        In `backward`, when the loss depends on the phases of complex Z.
    """
    a = square(a, check_finite)
    if output in ("complex", "c") and a.dtype.kind != "c":
        a = a * (1 + 0j)
    y = tuple(parts(Schur.operation(a, output, sort), a.shape[-2:], a.shape[-2:]))
    if sort is None:
        return y
    found = sl.schur(plain(a), output=output, sort=sort, check_finite=False)[2]
    return (*y, as_variable(np.asarray(found)))
