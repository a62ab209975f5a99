"""Diagonals and triangles of matrices, diagonal matrices, and Vandermonde matrices."""

import numpy as np

from leopard.functions._primitives import Primitive
from leopard.functions._registry import call, drawn, implements
from leopard.functions.basic.complex import conj
from leopard.functions.basic.indexing import where
from leopard.functions.basic.shape import broadcast_to, composed, operand, reshape
from leopard.functions.math.sums import sum

__all__ = ["diag", "diagflat", "diagonal", "trace", "tril", "triu", "vander"]


class Diagonal(Primitive):
    options = ("offset", "axis1", "axis2")
    linear = True

    def forward(self, x):
        return np.diagonal(x, *self.option)

    def backward(self, gy):
        (x,) = self.inputs
        return OnDiagonal.operation(gy, *self.option, x.shape)


class OnDiagonal(Primitive):
    """The adjoint of `Diagonal`: an array of zeros with the elements of x on a diagonal."""

    options = ("offset", "axis1", "axis2", "shape")
    linear = True

    def forward(self, x):
        y = np.zeros(self.shape, x.dtype)
        onto = np.diagonal(y, self.offset, self.axis1, self.axis2)
        onto.flags.writeable = True
        onto[...] = x
        return y

    def backward(self, gy):
        return diagonal(gy, self.offset, self.axis1, self.axis2)


@implements(
    np.diagonal,
    method="diagonal",
    cases=[
        call(drawn(3, 3)),
        call(drawn(2, 3), 1),
        call(drawn(3, 2), offset=-1),
        call(drawn(2, 3), 5),
        call(drawn(2, 3, 4)),
        call(drawn(2, 3, 4), 1, axis1=2, axis2=0),
        call(drawn(2, 3, 3), axis1=-2, axis2=-1),
        call(drawn(2, 2, dtype=complex)),
        call(drawn(0, 3)),
    ],
)
def diagonal(a, offset=0, axis1=0, axis2=1):
    """A diagonal: the elements whose index along axis2 is the one along axis1 plus the offset.

    The gradient is gy on that diagonal, and 0 elsewhere.

    Parameters
    ----------
    a : Variable or ndarray
        With two axes or more.
    offset : int
        By how much the index along `axis2` is larger.
    axis1, axis2 : int

    Returns
    -------
    Variable
        A read-only view; the diagonal is its last axis.

    Raises
    ------
    ValueError
        When there are fewer than two axes, or `axis1` and `axis2` are equal.

    Examples
    --------
    >>> diagonal(Variable(np.array([[1.0, 2.0], [3.0, 4.0]])))
    variable([1. 4.])
    """
    return Diagonal.operation(a, offset, axis1, axis2)


@implements(np.linalg.diagonal, cases=[call(drawn(4, 2, 3), offset=1), call(drawn(2, 2, dtype=complex))])
def linalg_diagonal(x, /, *, offset=0):
    """Diagonals of the matrices in the last two axes; see `diagonal`.

    The gradient is gy on the diagonal, and 0 elsewhere.
    """
    return diagonal(x, offset, -2, -1)


class Trace(Primitive):
    options = ("offset", "axis1", "axis2", "dtype")
    linear = True

    def forward(self, x):
        return np.trace(x, *self.option)

    def backward(self, gy):
        (x,) = self.inputs
        place = self.option[:3]
        form = np.diagonal(np.broadcast_to(0.0, x.shape), *place).shape
        return OnDiagonal.operation(broadcast_to(reshape(gy, (*gy.shape, 1)), form), *place, x.shape)


@implements(
    np.trace,
    method="trace",
    cases=[
        call(drawn(3, 3)),
        call(drawn(2, 3), 1),
        call(drawn(2, 3), offset=-3),
        call(drawn(2, 3, 4), -1, 2, 1),
        call(drawn(2, 3, 3), axis1=-1, axis2=-2),
        call(drawn(3, 3), dtype="float64"),
        call(drawn(2, 2, dtype=complex)),
        call(drawn(0, 3)),
    ],
)
def trace(a, offset=0, axis1=0, axis2=1, dtype=None):
    """Sum of the elements of a diagonal.

    The gradient is gy on that diagonal, and 0 elsewhere.

    Parameters
    ----------
    a : Variable or ndarray
        With two axes or more.
    offset : int
        By how much the index along `axis2` is larger.
    axis1, axis2 : int
    dtype : dtype, optional
        The dtype of the sum and of the result.

    Returns
    -------
    Variable

    Raises
    ------
    ValueError
        When there are fewer than two axes, or `axis1` and `axis2` are equal.

    Examples
    --------
    >>> trace(Variable(np.array([[1.0, 2.0], [3.0, 4.0]])))
    variable(5.0)
    """
    return Trace.operation(a, offset, axis1, axis2, dtype)


@implements(
    np.linalg.trace,
    cases=[
        call(drawn(4, 2, 3), offset=1),
        call(drawn(2, 2, dtype=complex)),
        call(drawn(2, 2), dtype="float64"),
    ],
)
def linalg_trace(x, /, *, offset=0, dtype=None):
    """Sums of diagonals of the matrices in the last two axes; see `trace`.

    The gradient is gy on the diagonal, and 0 elsewhere.
    """
    return trace(x, offset, -2, -1, dtype)


@implements(
    np.diag,
    cases=[
        call(drawn(3)),
        call(drawn(2), 1),
        call(drawn(2), k=-2),
        call(drawn(3, 3)),
        call(drawn(2, 3), 1),
        call(drawn(3, 2), k=-1),
        call(drawn(2, dtype=complex)),
        call(drawn(0)),
    ],
)
def diag(v, k=0):
    """The diagonal of a matrix; or, for a vector, the matrix with the vector on its diagonal and 0 elsewhere.

    The gradient of a matrix is gy on the diagonal and 0 elsewhere; that of a vector is the diagonal of gy.

    Parameters
    ----------
    v : Variable or ndarray
        A matrix or a vector.
    k : int
        The number of the diagonal: 1 is the one above the main diagonal, -1 the one below.

    Returns
    -------
    Variable

    Raises
    ------
    ValueError
        When v is neither a vector nor a matrix.

    Examples
    --------
    >>> diag(Variable(np.array([1.0, 2.0])))
    variable([[1. 0.]
              [0. 2.]])
    """
    v = operand(v)
    if v.ndim not in (1, 2):
        raise ValueError(f"diag: expected a vector or a matrix, not shape {v.shape}")
    if v.ndim == 2:
        return diagonal(v, k)
    n = v.shape[0] + abs(k)
    return OnDiagonal.operation(v, k, 0, 1, (n, n))


@implements(
    np.diagflat,
    cases=[call(drawn(3)), call(drawn(2, 2), 1), call(drawn(2, 1, dtype=complex), k=-1), call(drawn())],
)
@composed(np.diagflat)
def diagflat(v, k=0):
    """The matrix with the elements of an array on its diagonal and 0 elsewhere.

    The gradient is the diagonal of gy in the shape of v.

    Parameters
    ----------
    v : Variable or ndarray
    k : int
        The number of the diagonal: 1 is the one above the main diagonal, -1 the one below.

    Returns
    -------
    Variable

    Examples
    --------
    >>> diagflat(Variable(np.array([[1.0, 2.0]])), 1)
    variable([[0. 1. 0.]
              [0. 0. 2.]
              [0. 0. 0.]])
    """
    return diag(reshape(v, (-1,)), k)


_triangles = [
    call(drawn(3, 3)),
    call(drawn(2, 3), 1),
    call(drawn(3, 2), k=-1),
    call(drawn(2, 2, 3)),
    call(drawn(3)),
    call(drawn(2, 2, dtype=complex), 0),
    call(drawn(0, 2)),
]


@implements(np.tril, cases=_triangles)
def tril(m, k=0):
    """The lower triangle of a matrix, with 0 above a diagonal.

    The gradient is the same triangle of gy, with 0 above the diagonal.

    Parameters
    ----------
    m : Variable or ndarray
        Matrices in the last two axes.
    k : int
        The highest diagonal that is kept: 1 is the one above the main diagonal, -1 the one below.

    Returns
    -------
    Variable

    Examples
    --------
    >>> tril(Variable(np.array([[1.0, 2.0], [3.0, 4.0]])))
    variable([[1. 0.]
              [3. 4.]])
    """
    m = operand(m)
    return where(np.tri(*m.shape[-2:], k=k, dtype=bool), m, np.zeros(1, m.dtype))


@implements(np.triu, cases=_triangles)
def triu(m, k=0):
    """The upper triangle of a matrix, with 0 below a diagonal.

    The gradient is the same triangle of gy, with 0 below the diagonal.

    Parameters
    ----------
    m : Variable or ndarray
        Matrices in the last two axes.
    k : int
        The lowest diagonal that is kept: 1 is the one above the main diagonal, -1 the one below.

    Returns
    -------
    Variable

    Examples
    --------
    >>> triu(Variable(np.array([[1.0, 2.0], [3.0, 4.0]])))
    variable([[1. 2.]
              [0. 4.]])
    """
    m = operand(m)
    return where(np.tri(*m.shape[-2:], k=k - 1, dtype=bool), np.zeros(1, m.dtype), m)


class Vander(Primitive):
    options = ("N", "increasing")

    def forward(self, x):
        return np.vander(x, self.N, self.increasing)

    def backward(self, gy):
        y = self.output
        n = np.arange(1, y.shape[1])
        if self.increasing:
            gy, y = gy[:, 1:], y[:, :-1]
        else:
            gy, y, n = gy[:, :-1], y[:, 1:], n[::-1]
        return sum(gy * conj(n * y), 1)


@implements(
    np.vander,
    cases=[
        call(drawn(3)),
        call(drawn(3), 4),
        call(drawn(2), N=4, increasing=True),
        call(drawn(3), 1),
        call(drawn(3), 0),
        call(drawn(2, dtype=complex), 3),
        call(drawn(0), 2),
    ],
)
def vander(x, N=None, increasing=False):
    """Vandermonde matrix: row i has the powers x[i]**n.

    The gradient of x[i] is the sum over row i of gy * n * x[i]**(n - 1).

    Parameters
    ----------
    x : Variable or ndarray
        A vector.
    N : int, optional
        The number of powers, from 0; by default the number of elements of x.
    increasing : bool
        Whether the powers increase from left to right; by default they decrease.

    Returns
    -------
    Variable

    Raises
    ------
    ValueError
        When x is not a vector.

    Examples
    --------
    >>> vander(Variable(np.array([2.0, 3.0])), 3)
    variable([[4. 2. 1.]
              [9. 3. 1.]])
    """
    return Vander.operation(x, N, increasing)
