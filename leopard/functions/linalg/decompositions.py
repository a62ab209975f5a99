"""Matrix decompositions: Cholesky, QR, and singular values.

The derivation in `eigenvalues.py` for equal eigenvalues holds for equal singular values as well.
"""

import numpy as np

from leopard.functions._primitives import Primitive
from leopard.functions._registry import call, drawn, implements
from leopard.functions.basic.arithmetic import abs
from leopard.functions.basic.complex import real
from leopard.functions.basic.shape import composed, form_of, plain, reshape
from leopard.functions.linalg.eigenvalues import (
    FirstOnly,
    apart_from_itself,
    are_equal,
    changed,
    diagonals,
    eigh,
    eigvalsh,
    have_been_used,
    inverse,
    joined,
    must_be_recorded,
    must_not_matter,
    on_triangle,
    once_where,
    parts,
    shared,
    turns,
    vectors,
)
from leopard.functions.linalg.matmul import adjoint, adjoint_of_array, named_tuple
from leopard.functions.linalg.solving import solve
from leopard.functions.linalg.triangular import half_of_product, halves, solve_triangular
from leopard.functions.manipulation.joining import concatenate

__all__ = ["cholesky", "qr", "svd", "svdvals"]


def _upper_half(x):
    """The elements above the diagonal, and half of those on it; 0 elsewhere."""
    return x * halves(x.shape[-1], form_of(x).real.dtype).T


class Cholesky(Primitive):
    options = ("upper",)

    def forward(self, x):
        return np.linalg.cholesky(x, upper=self.upper)

    def backward(self, gy):
        return of_cholesky(self.output, gy, self.upper)


def of_cholesky(y, gy, upper):
    """The gradient of the triangle that is read, from the factor and its gradient."""
    if upper:
        y, gy = adjoint(y), adjoint(gy)
    g = solve_triangular(y, half_of_product(y, gy), adjoint=True)
    return on_triangle(adjoint(solve_triangular(y, adjoint(g), adjoint=True)), upper)


def _dominant(a):
    """Sample matrices: not Hermitian, with the triangles of positive definite matrices."""
    return 0.5 * a + 3 * np.eye(a.shape[-1])


def _squared(a):
    return a @ a.T + np.eye(a.shape[-1])


@implements(
    np.linalg.cholesky,
    cases=[
        call(drawn(3, 3, made=_squared)),
        call(drawn(3, 3, made=_dominant)),
        call(drawn(3, 3, made=_dominant), upper=True),
        call(drawn(2, 1, 2, 2, made=_dominant)),
        call(drawn(3, 3, dtype=complex, made=_dominant)),
        call(drawn(2, 2, dtype=complex, made=_dominant), upper=True),
        call(drawn(0, 0)),
    ],
)
def cholesky(a, /, *, upper=False):
    """The lower triangular L of the Cholesky decomposition of positive definite matrices, a = L @ L.T.

    The gradient is inv(L).T @ P(L.T @ gL) @ inv(L), where P takes the lower triangle and halves the diagonal,
    and .T is the adjoint for complex matrices. It is added up at the elements of the triangle that NumPy
    reads.

    Parameters
    ----------
    a : Variable or ndarray
        Symmetric or Hermitian matrices in the last two axes, of which the lower triangle is read.
    upper : bool
        Whether to read the upper triangle, and return the adjoint of L.

    Returns
    -------
    Variable

    Raises
    ------
    numpy.linalg.LinAlgError
        When a matrix is not positive definite, or not square.

    Examples
    --------
    >>> cholesky(Variable(np.array([[4.0, 2.0], [2.0, 5.0]])))
    variable([[2. 0.]
              [1. 2.]])
    """
    return Cholesky.operation(a, bool(upper))


class QR(Primitive):
    """QR decomposition: Q.H dA R**-1 is the sum of Q.H dQ, which is skew, and dR R**-1, an upper triangle."""

    options = ("mode",)

    def forward(self, x):
        return joined(*np.linalg.qr(x, self.mode), axes=(2, 2))

    def backward(self, gy):
        (x,) = self.inputs
        shapes = _shapes_of_qr(x, self.mode)
        (q, r), (gq, gr) = parts(self.output, *shapes), parts(gy, *shapes)
        m, n = x.shape[-2:]
        if q.shape[-1] > n:  # columns of which only the space that they span is determined
            more, gmore = q[..., n:], gq[..., n:]
            g = adjoint(more) @ gmore
            must_not_matter(g - adjoint(g), True, "qr")
            q, r, gr = q[..., :n], r[..., :n, :], gr[..., :n, :]
            gq = gq[..., :n] - more @ adjoint(gmore) @ q
        rest = []
        if n > m:
            rest = [q @ gr[..., m:]]
            gq = gq + x[..., m:] @ adjoint(gr[..., m:])
            r, gr = r[..., :m], gr[..., :m]
        g = _upper_half(adjoint(q) @ gq - gr @ adjoint(r))
        g = gq - q @ (g + adjoint(g))
        _must_be_independent(plain(r), plain(g))
        g = adjoint(solve(r, adjoint(g)))
        return concatenate([g, *rest], -1) if rest else g


def _must_be_independent(r, g):
    """Raise where a gradient is to be divided by an R that is singular but for rounding."""
    left = np.abs(r.diagonal(0, -2, -1))  # what is left of each column beside those before it
    dependent = left <= np.finfo(r.dtype).eps * max(r.shape[-2:]) * np.linalg.vector_norm(r, axis=-2)
    if (dependent.any(-1) & g.any((-2, -1))).any():
        raise np.linalg.LinAlgError(
            "qr: the first columns of the matrix are linearly dependent, and there Q and R have no derivative"
        )


def _shapes_of_qr(x, mode):
    m, n = x.shape[-2:]
    k = m if mode == "complete" else min(m, n)
    return (m, k), (k, n)


@implements(
    np.linalg.qr,
    cases=[
        call(drawn(3, 3)),
        call(drawn(4, 2)),
        call(drawn(2, 4)),
        call(drawn(2, 3, 2)),
        call(drawn(3, 2), mode="complete"),
        call(drawn(2, 3), "complete"),
        call(drawn(3, 3), "complete"),
        call(drawn(3, 2), mode="r"),
        call(drawn(2, 2, 3), "r"),
        call(drawn(3, 3, dtype=complex)),
        call(drawn(3, 2, dtype=complex)),
        call(drawn(2, 3, dtype=complex), "r"),
        call(drawn(0, 2)),
    ],
)
@composed(np.linalg.qr)
def qr(a, mode="reduced"):
    """QR decomposition: Q with orthonormal columns and upper triangular R.

    The gradient is (gQ - Q (T + T.H)) R**-H, where T is the upper triangle of Q.H gQ - gR R.H, with half its
    diagonal. In a wide matrix this holds for the first columns; the gradient of the others is Q gR.

    Parameters
    ----------
    a : Variable or ndarray
        Matrices in the last two axes.
    mode : {"reduced", "complete", "r"}
        "reduced": Q has as many columns as there are singular values; "complete": Q is square; "r": R alone.

    Returns
    -------
    QRResult of Variable, or Variable
        `Q` and `R`, or R.

    Raises
    ------
    TypeError
        When the mode is "raw", which has no derivative here.
    numpy.linalg.LinAlgError
        In `backward`, when the first columns are linearly dependent.
    RuntimeError
        In `backward`, when the loss depends on the arbitrary choice of the further columns of a complete Q.

    Examples
    --------
    >>> abs(qr(Variable(np.array([[3.0], [4.0]]))).R)
    variable([[5.]])
    """
    if mode == "raw":
        raise TypeError('qr: the mode "raw" has no derivative; use "reduced", "complete" or "r"')
    if mode not in ("reduced", "complete", "r"):
        raise ValueError(f"Unrecognized mode '{mode}'")
    kind = "complete" if mode == "complete" else "reduced"
    y = QR.operation(a, kind)
    q, r = parts(y, *_shapes_of_qr(a, kind))
    return r if mode == "r" else named_tuple(np.linalg.qr)(q, r)


class SVD(Primitive):
    """`vectors_of_zero` says that those of a singular value 0 may be used, too."""

    options = ("full_matrices", "vectors_of_zero")

    def forward(self, x):
        return joined(*np.linalg.svd(x, self.full_matrices), axes=(2, 1, 2))

    def backward(self, gy):
        (x,) = self.inputs
        u, s, v = self.separate(self.output)
        gu, gs, gv = self.separate(gy)
        k = s.shape[-1]
        u, gu = _within_the_space(u, gu, k)
        v, gv = _within_the_space(v, gv, k)
        equal = are_equal(s)
        none = plain(s) <= 4 * np.finfo(s.dtype).eps * plain(s).sum(-1, keepdims=True)
        both_none = none[..., None, :] & none[..., :, None]
        if not have_been_used(gy):
            gs = shared(gs, equal) * (~none).astype(s.dtype)
        a, b = adjoint(u) @ gu, adjoint(v) @ gv
        skew_a, skew_b = a - adjoint(a), b - adjoint(b)
        must_not_matter(skew_a + skew_b, equal, "svd")
        must_not_matter(skew_a, both_none, "svd")
        # With the gradient G of the matrix, skew_a is the skew part of U.H G V S, skew_b that of -S U.H G V.
        column, row = reshape(s, (*s.shape, 1)), reshape(s, (*s.shape[:-1], 1, k))
        core = inverse(row + column, both_none) * (skew_a - skew_b)
        core = 0.5 * (core + inverse(row - column, equal) * (skew_a + skew_b)) + diagonals(gs)
        one_over = reshape(inverse(s, none), row.shape)
        more_u = _outside(gu, u, a, none) * one_over
        more_v = _outside(gv, v, b, none) * one_over
        limits = self.limits(gy, equal, none)
        if limits:
            core, more_u, more_v = core + limits[0], more_u + limits[1], more_v + limits[2]
        gx = u @ core @ adjoint(v)
        if x.shape[-2] > k:
            gx = gx + more_u @ adjoint(v)
        if x.shape[-1] > k:
            gx = gx + u @ adjoint(more_v)
        any_gradient = gy.creator is not None and not plain(gy).any()  # it stands for every one, as in a jvp
        zero_matters = limits or any_gradient and self.vectors_of_zero and none.any()
        if zero_matters and not apart_from_itself(equal).any():
            return FirstOnly.operation(gx, "svd: a singular value is 0")
        return once_where(equal, gx, "svd: singular values are equal")

    def separate(self, y):
        """The parts U, S and V of the output, or of its gradient."""
        (x,) = self.inputs
        u, s, vh = parts(y, *_shapes_of_svd(x, self.full_matrices))
        return u, real(s), adjoint(vh)

    def limits(self, gy, equal, none):
        """The limits in the place of 0 / 0, for a direction of S in which all values become different.

        See `eigenvalues.py` for the derivation.
        """
        pairs = apart_from_itself(equal)
        if not (have_been_used(gy) and (pairs.any() or none.any())):
            return None
        must_be_recorded("svd", "singular values" if pairs.any() else "a singular value and 0")
        u, s, v = [plain(part) for part in self.separate(self.output)]
        k, start = s.shape[-1], u.shape[-1] * u.shape[-2]
        d = np.arange(1.0, k + 1)
        direction = np.zeros(gy.shape)
        direction[..., start : start + k] = d
        gu, _, gv = self.separate(changed(gy, self.output, direction))
        u, gu = map(plain, _within_the_space(u, gu, k))
        v, gv = map(plain, _within_the_space(v, gv, k))
        a, b = adjoint_of_array(u) @ gu, adjoint_of_array(v) @ gv
        skew_a, skew_b = a - adjoint_of_array(a), b - adjoint_of_array(b)
        self.must_not_turn(gy, u, v, pairs)
        core = pairs / (d - d[:, None] + np.eye(k)) * (skew_a + skew_b)
        core = core + (none[..., None, :] & none[..., :, None]) / (d + d[:, None]) * (skew_a - skew_b)
        none = none[..., None, :] / d
        limits = 0.5 * core, (gu - u @ a) * none, (gv - v @ b) * none
        return [limit.astype(gy.dtype) for limit in limits]

    def must_not_turn(self, gy, u, v, pairs):
        """Raise where the gradient depends on the choice of the vectors of equal singular values."""
        turned = [w @ turns(pairs, w.dtype) for w in (u, v)]
        moved = [np.zeros(w.shape, w.dtype) for w in self.separate(self.output)]
        moved[0][..., : u.shape[-1]], moved[2][..., : v.shape[-1]] = turned
        moved[2] = adjoint_of_array(moved[2])
        changes = self.separate(changed(gy, self.output, joined(*moved, axes=(2, 1, 2))))
        x = 0
        for w, t, g, change in zip((u, v), turned, self.separate(gy)[::2], changes[::2], strict=True):
            g, change = plain(g)[..., : w.shape[-1]], plain(change)[..., : w.shape[-1]]
            x = x + adjoint_of_array(t) @ g + adjoint_of_array(w) @ change
        must_not_matter(x - adjoint_of_array(x), pairs, "svd")


def _outside(gu, u, a, none):
    """The part of the gradient that is orthogonal to the space that u spans."""
    g = gu - u @ a
    must_not_matter(g, none[..., None, :], "svd")
    return g


def _within_the_space(u, gu, k):
    """The first k columns, and a gradient for them that includes that of the others.

    Of the others only the space that they span is determined, the orthogonal complement of the first.
    """
    if u.shape[-1] == k:
        return u, gu
    more, gmore = u[..., k:], gu[..., k:]
    g = adjoint(more) @ gmore
    must_not_matter(g - adjoint(g), True, "svd")
    u = u[..., :k]
    return u, gu[..., :k] - more @ adjoint(gmore) @ u


def _shapes_of_svd(x, full):
    m, n = x.shape[-2:]
    k = min(m, n)
    return (m, m if full else k), (k,), (n if full else k, n)


class SVDVals(Primitive):
    def forward(self, x):
        return np.linalg.svd(x, compute_uv=False)

    def backward(self, gy):
        return of_singular_values(*self.inputs, gy)


def of_singular_values(x, gs, which=True):
    """The gradient of x from the gradients of its singular values, or of some of them (`which`).

    A singular value that is 0 contributes 0.
    """
    u, s, vh = _svd(x, full_matrices=False, vectors_of_zero=False)
    positive = (plain(s) > 0).astype(s.dtype)
    matters = np.broadcast_to(which, s.shape)
    either_matters = matters[..., None, :] | matters[..., :, None]
    equal = are_equal(s) & (either_matters | np.eye(s.shape[-1], dtype=bool))
    u = once_where(equal, u, "svd: singular values are equal")
    return u @ (diagonals(shared(gs, equal) * positive) @ vh)


def _svd(x, full_matrices, vectors_of_zero=True):
    y, shapes = SVD.operation(x, full_matrices, vectors_of_zero), _shapes_of_svd(x, full_matrices)
    return vectors(y, 0, *shapes), real(parts(y, *shapes)[1]), vectors(y, 2, *shapes)


def _along(x, order):
    """`numpy.take_along_axis` on the last axis."""
    return x[(*np.indices(order.shape, sparse=True)[:-1], order)]


def _of_hermitian(a, compute_uv):
    """The decomposition of Hermitian matrices by their eigenvalues, in the steps of `numpy.linalg.svd`."""
    if compute_uv:
        w, v = eigh(a)
    else:
        w = eigvalsh(a)
    order = np.abs(plain(w)).argsort()[..., ::-1]
    w = _along(w, order)
    if not compute_uv:
        return abs(w)
    sign = np.copysign(1.0, plain(w)).astype(w.dtype)  # 1 or -1, also where w is 0
    s = w * sign
    u = _along(v, np.broadcast_to(order[..., None, :], v.shape))
    return u, s, adjoint(u * sign[..., None, :])


_thin = [
    call(drawn(3, 3), full_matrices=False),
    call(drawn(4, 2), full_matrices=False),
    call(drawn(2, 4), False),
    call(drawn(2, 2, 3), False),
    call(drawn(0, 2), False),
]


@implements(
    np.linalg.svd,
    cases=[
        *_thin,
        call(drawn(3, 3)),
        call(drawn(3, 2)),
        call(drawn(2, 3)),
        call(drawn(3, 2), compute_uv=False),
        call(drawn(2, 2, 2), True, False),
        call(drawn(2, 3, dtype=complex), compute_uv=False),
        call(drawn(3, 3), hermitian=True),
        call(drawn(2, 2, 2), hermitian=True),
        call(drawn(3, 3, dtype=complex), compute_uv=False, hermitian=True),
    ],
    reads_values=True,
)
@composed(np.linalg.svd)
def svd(a, full_matrices=True, compute_uv=True, hermitian=False):
    """Singular value decomposition, (U * S) @ Vh.

    With A = U.H gU, B = V.H gV, and F[i, j] = 1 / (S[j]**2 - S[i]**2), the gradient is
    U ((F * (A - A.H)) S + S (F * (B - B.H)) + diag(gS)) V.H. For rectangular matrices the terms
    (gU - U A) / S V.H and U ((gV - V B) / S).H are added.

    Where singular values are equal, or 0, the gradient of a loss that does not depend on the choice of their
    vectors is the limit. To compute it, `backward` records the walk, and frees the record at the end. There
    is no second derivative then, and no forward mode. Where the vectors are not used, the gradient is that of
    `svdvals`.

    Parameters
    ----------
    a : Variable or ndarray
        Matrices in the last two axes.
    full_matrices : bool
        Whether U and Vh are square; otherwise they have as many columns and rows as there are singular
        values.
    compute_uv : bool
        Whether to return U and Vh as well.
    hermitian : bool
        Whether the matrices are symmetric or Hermitian; their lower triangles are read. See `eigh`.

    Returns
    -------
    SVDResult of Variable, or Variable
        `U`, `S` (in descending order) and `Vh`; or S alone.

    Raises
    ------
    RuntimeError
        In `backward`, when the loss depends on an arbitrary choice: the phases of complex vectors, the
        vectors of equal singular values, or further columns of square U and Vh.

    Examples
    --------
    >>> svd(Variable(np.array([[0.0, 2.0], [1.0, 0.0]]))).S
    variable([2. 1.])
    """
    if hermitian:
        y = _of_hermitian(a, compute_uv)
        return named_tuple(np.linalg.svd)(*y) if compute_uv else y
    if not compute_uv:
        return SVDVals.operation(a)
    return named_tuple(np.linalg.svd)(*_svd(a, full_matrices))


@implements(
    np.linalg.svdvals,
    cases=[call(drawn(3, 2)), call(drawn(2, 2, 3)), call(drawn(2, 2, dtype=complex)), call(drawn(0, 2))],
    reads_values=True,
)
def svdvals(x, /):
    """Singular values of matrices.

    The gradient is U diag(gy) Vh. Equal singular values share their gradients equally, and there is no second
    derivative. A singular value that is 0 contributes 0.

    Parameters
    ----------
    x : Variable or ndarray
        Matrices in the last two axes.

    Returns
    -------
    Variable
        In descending order.

    Examples
    --------
    >>> svdvals(Variable(np.array([[0.0, 2.0], [1.0, 0.0]])))
    variable([2. 1.])
    """
    return SVDVals.operation(x)
