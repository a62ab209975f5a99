"""The pseudoinverse, and least-squares solutions of linear equations."""

import numpy as np

from leopard.functions._primitives import Primitive
from leopard.functions._registry import call, drawn, implements
from leopard.functions.basic.complex import real
from leopard.functions.basic.indexing import where
from leopard.functions.basic.shape import operand, plain, reshape
from leopard.functions.linalg.decompositions import of_singular_values, svd
from leopard.functions.linalg.eigenvalues import inverse, on_triangle
from leopard.functions.linalg.matmul import adjoint
from leopard.functions.manipulation.joining import concatenate

__all__ = ["lstsq", "pinv"]


def _of_pinv(x, y, gy, rcond):
    """The gradient of x, where y is its pseudoinverse without the singular values up to rcond.

    Golub and Pereyra, SIAM J. Numer. Anal. 10 (1973), 413, for a constant rank. Where singular values that
    are not 0 were cut off, y is the pseudoinverse of P x, where P is the projection on the space of the
    vectors that were kept; the term of dP is added.
    """
    yh, gyh = adjoint(y), adjoint(gy)
    left, right = gyh @ y @ yh, yh @ y @ gyh
    gx = left - x @ (y @ left) + right - (right @ y) @ x - yh @ gy @ yh
    s = np.linalg.svd(plain(x), compute_uv=False)
    kept = s > rcond[..., None] * s[..., :1]
    rounding = 8 * max(x.shape[-2:]) * np.finfo(s.dtype).eps * s[..., :1]
    if not (~kept & (s > rounding)).any():
        return gx
    u, s, _ = svd(x)
    more = u.shape[-1] - s.shape[-1]
    if more:
        batch = s.shape[:-1]
        s = concatenate([s, np.zeros((*batch, more), s.dtype)], -1)
        kept = np.concatenate([kept, np.zeros((*batch, more), bool)], -1)
    # The projection is on eigenvectors of x @ x.H, whose eigenvalues are the squares.
    gp = adjoint(u) @ (gx @ adjoint(x)) @ u
    column, row = reshape(s, (*s.shape, 1)), reshape(s, (*s.shape[:-1], 1, s.shape[-1]))
    both = kept[..., None, :] == kept[..., :, None]
    sign = np.where(kept[..., None, :], -1.0, 1.0).astype(s.dtype)
    moved = inverse(sign * (column - row) * (column + row), both) * (gp + adjoint(gp))
    projection = u * kept[..., None, :].astype(s.dtype) @ adjoint(u)
    return projection @ gx + (u @ moved @ adjoint(u)) @ x


class PInv(Primitive):
    options = ("rcond", "hermitian")

    def forward(self, x):
        return np.linalg.pinv(x, self.rcond, self.hermitian)

    def backward(self, gy):
        (x,) = self.inputs
        if not self.hermitian or x.size == 0:  # an empty matrix need not be square, even with `hermitian`
            return _of_pinv(x, self.output, gy, self.rcond)
        n = x.shape[-1]
        lower = where(np.tri(n, k=-1, dtype=bool), x, 0.0)
        x = lower + adjoint(lower) + real(where(np.eye(n, dtype=bool), x, 0.0))
        return on_triangle(_of_pinv(x, self.output, gy, self.rcond), False)


def _cut(a):
    """Sample matrices with well separated singular values near 6, 3, 1, ..., made of small matrices."""
    return 0.2 * a + np.array([[6.0, 0, 0], [0, 3, 0], [0, 0, 1], [0, 0, 0]])[: a.shape[-2], : a.shape[-1]]


@implements(
    np.linalg.pinv,
    cases=[
        call(drawn(4, 2)),
        call(drawn(2, 4)),
        call(drawn(3, 3)),
        call(drawn(2, 3, 2)),
        call(drawn(3, 2, dtype=complex)),
        call(drawn(2, 3, dtype=complex), rtol=None),
        call(drawn(3, 2), 1e-12),
        call(drawn(2, 3, 2), rcond=np.array([1e-12, 1e-10])),
        call(drawn(3, 2), rtol=1e-10),
        call(drawn(4, 3, made=_cut), rcond=0.3),
        call(drawn(3, 3, made=_cut), rtol=0.3),
        call(drawn(2, 3, made=_cut), 0.7),
        call(drawn(3, 3, dtype=complex, made=_cut), 0.3),
        call(drawn(3, 3), hermitian=True),
        call(drawn(2, 2, dtype=complex), hermitian=True),
        call(drawn(3, 3, made=_cut), rcond=0.3, hermitian=True),
        call(drawn(0, 2)),
    ],
)
def pinv(a, rcond=None, hermitian=False, *, rtol=np._NoValue):
    """Moore-Penrose pseudoinverse of matrices.

    For a constant rank the gradient is (1 - a y) gy.T y y.T + y.T y gy.T (1 - y a) - y.T gy y.T, with
    adjoints for complex matrices. Where singular values that are not 0 are cut off, the term for the change
    of the space of the remaining vectors is added.

    Parameters
    ----------
    a : Variable or ndarray
        Matrices in the last two axes.
    rcond, rtol : float or ndarray, optional
        At most one of them is given: singular values up to this multiple of the largest count as 0. By
        default 1e-15; an `rtol` of None is the precision of the dtype times the larger side of the matrix.
    hermitian : bool
        Whether the matrices are symmetric or Hermitian; their lower triangles are read.

    Returns
    -------
    Variable

    Raises
    ------
    ValueError
        When both `rcond` and `rtol` are given.

    Examples
    --------
    >>> pinv(Variable(np.array([[2.0, 0.0], [0.0, 0.0]])))
    variable([[0.5 0. ]
              [0.  0. ]])
    """
    if rtol is not np._NoValue:
        if rcond is not None:
            raise ValueError("`rtol` and `rcond` can't be both set.")
        a = operand(a)
        rcond = max(a.shape[-2:]) * np.finfo(a.dtype).eps if rtol is None else rtol
    return PInv.operation(a, np.array(1e-15 if rcond is None else rcond), bool(hermitian))


class LstSq(Primitive):
    n_inputs = 2
    options = ("rcond",)

    def forward(self, a, b):
        return tuple(map(np.asarray, np.linalg.lstsq(a, b, self.rcond)))

    def backward(self, gx, gresiduals, grank, gs):
        a, b = self.inputs
        if b.ndim == 1:
            gx, b = reshape(gx, (*gx.shape, 1)), reshape(b, (*b.shape, 1))
        precision = np.finfo(gs.dtype).eps
        rcond = precision * max(a.shape) if self.rcond is None else self.rcond
        rcond = np.array(precision if rcond < 0 else rcond)
        y = pinv(a, rcond)
        gb = adjoint(y) @ gx
        ga = _of_pinv(a, y, gx @ adjoint(b), rcond)
        if gs.creator is not None or plain(gs).any():  # the singular values are rarely used
            ga = ga + of_singular_values(a, gs)
        if gresiduals.size:
            x = y @ b
            left = 2 * gresiduals * (b - a @ x)  # orthogonal to the columns of a, so dx contributes nothing
            gb = gb + left
            ga = ga - left @ adjoint(x)
        return ga, reshape(gb, self.inputs[1].shape)


@implements(
    np.linalg.lstsq,
    cases=[
        call(drawn(4, 2), drawn(4)),
        call(drawn(4, 2), drawn(4, 3)),
        call(drawn(2, 4), drawn(2)),
        call(drawn(2, 3), drawn(2, 2), rcond=None),
        call(drawn(3, 3), drawn(3), -1),
        call(drawn(4, 3, made=_cut), drawn(4), rcond=0.3),
        call(np.array([[1.0, 0.0], [1.0, 1.0], [1.0, 2.0]]), drawn(3)),
        call(drawn(3, 2), np.array([1.0, 0.0, 2.0])),
        call(drawn(3, 2, dtype=complex), drawn(3, dtype=complex)),
        call(drawn(3, 2), drawn(3, 2, dtype=complex)),
    ],
)
def lstsq(a, b, rcond=None):
    """Least squares: the shortest x that minimizes the sum of squares of b - a @ x.

    The gradients are those of x = pinv(a) @ b; of the residuals, 2 * gresiduals * r for b and
    -2 * gresiduals * r @ x.T for a, with r = b - a @ x; and of the singular values, as for `svdvals`.

    Parameters
    ----------
    a : Variable or ndarray
        A matrix.
    b : Variable or ndarray
        A vector; or a matrix, where each column is a right-hand side.
    rcond : float, optional
        Singular values up to this multiple of the largest count as 0. By default the precision of the dtype
        times the larger side of the matrix; with -1 the precision alone.

    Returns
    -------
    x : Variable
    residuals : Variable
        The sums of squares of b - a @ x; empty where the rank is less than the number of columns, or a does
        not have more rows than columns.
    rank : Variable
        An integer, which takes no gradient.
    s : Variable
        The singular values.

    Raises
    ------
    numpy.linalg.LinAlgError
        When the shapes do not fit.

    Examples
    --------
    >>> x, residuals, rank, s = lstsq(np.array([[1.0], [1.0]]), Variable(np.array([1.0, 3.0])))
    >>> x, residuals, rank
    (variable([2.]), variable([2.]), variable(1))
    """
    return tuple(LstSq.operation(a, b, rcond))
