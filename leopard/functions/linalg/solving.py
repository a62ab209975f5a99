"""Inverses of matrices and systems of linear equations."""

from math import prod
from operator import index

import numpy as np

from leopard._core import as_variable
from leopard.functions._primitives import Primitive
from leopard.functions._registry import call, drawn, implements
from leopard.functions.basic.shape import composed, operand, reshape, transpose
from leopard.functions.linalg.matmul import adjoint

__all__ = ["inv", "matrix_power", "solve", "tensorinv", "tensorsolve"]


class Inv(Primitive):
    def forward(self, x):
        return np.linalg.inv(x)

    def backward(self, gy):
        y = adjoint(self.output)
        return -(y @ gy @ y)


def regular(a):
    """Sample matrices that are far from singular, made of any."""
    return a + 4 * np.eye(a.shape[-1])


_inverted = [
    call(drawn(3, 3, made=regular)),
    call(drawn(2, 2)),
    call(drawn(2, 1, 2, 2, made=regular)),
    call(drawn(2, 2, dtype=complex, made=regular)),
]


@implements(np.linalg.inv, cases=[*_inverted, call(drawn(0, 0)), call(drawn(1, 1))])
def inv(a):
    """Inverses of matrices.

    The gradient is -y.T @ gy @ y.T, with adjoints for complex matrices.

    Parameters
    ----------
    a : Variable or ndarray
        Square matrices in the last two axes.

    Returns
    -------
    Variable

    Raises
    ------
    numpy.linalg.LinAlgError
        When the matrices are not square, or one is singular.

    Examples
    --------
    >>> inv(Variable(np.array([[2.0, 0.0], [0.0, 4.0]])))
    variable([[0.5  0.  ]
              [0.   0.25]])
    """
    return Inv.operation(a)


class Solve(Primitive):
    n_inputs = 2
    broadcasts = True

    def forward(self, a, b):
        return np.linalg.solve(a, b)

    def backward(self, gy):
        a, b = self.inputs
        y = self.output
        if b.ndim == 1:
            gy, y = reshape(gy, (*gy.shape, 1)), reshape(y, (*y.shape, 1))
        gb = solve(adjoint(a), gy)
        ga = -(gb @ adjoint(y)) if self.wanted[0] else None
        return ga, reshape(gb, gb.shape[:-1]) if b.ndim == 1 else gb


@implements(
    np.linalg.solve,
    cases=[
        call(drawn(3, 3, made=regular), drawn(3)),
        call(drawn(3, 3, made=regular), drawn(3, 2)),
        call(drawn(4, 2, 2, made=regular), drawn(2)),
        call(drawn(4, 2, 2, made=regular), drawn(4, 2, 1)),
        call(drawn(2, 2, made=regular), drawn(3, 2, 2)),
        call(drawn(3, 1, 2, 2, made=regular), drawn(2, 2, 1)),
        call(np.array([[2.0, 1.0], [0.5, 3.0]]), drawn(2)),
        call(drawn(2, 2, made=regular), np.ones((2, 3))),
        call(drawn(2, 2, dtype=complex, made=regular), drawn(2)),
        call(drawn(2, 2, made=regular), drawn(2, 2, dtype=complex)),
        call(drawn(0, 0), drawn(0, 2)),
    ],
)
def solve(a, b):
    """The solution x of the linear equations a @ x = b.

    The gradient of b is gb = solve(a.T, gy), and that of a is -gb @ x.T, with adjoints for complex matrices.

    Parameters
    ----------
    a : Variable or ndarray
        Square matrices in the last two axes.
    b : Variable or ndarray
        A vector; or, of two axes or more, matrices in the last two, each column a right-hand side.

    Returns
    -------
    Variable

    Raises
    ------
    numpy.linalg.LinAlgError
        When the matrices are not square, or one is singular.
    ValueError
        When the shapes do not fit.

    Examples
    --------
    >>> solve(Variable(np.array([[2.0, 0.0], [0.0, 4.0]])), np.array([1.0, 1.0]))
    variable([0.5  0.25])
    """
    return Solve.operation(a, b)


@implements(
    np.linalg.matrix_power,
    cases=[
        call(drawn(3, 3), 0),
        call(drawn(3, 3), 1),
        call(drawn(3, 3), 2),
        call(drawn(2, 2), 3),
        call(drawn(2, 2, 2), 5),
        call(drawn(2, 2), n=6),
        call(drawn(3, 3, made=regular), -1),
        call(drawn(2, 2, made=regular), -4),
        call(drawn(2, 2, dtype=complex), 4),
        call(drawn(0, 0), 3),
    ],
)
@composed(np.linalg.matrix_power)
def matrix_power(a, n):
    """The n-th power of matrices, by repeated squaring; of their inverses where n is negative.

    The gradient is the sum over k of (a**k).T @ gy @ (a**(n - 1 - k)).T, computed by those of the products.

    Parameters
    ----------
    a : Variable or ndarray
        Square matrices in the last two axes.
    n : int
        With 0 the result is the identity, a constant.

    Returns
    -------
    Variable

    Raises
    ------
    TypeError
        When n is not an integer.
    numpy.linalg.LinAlgError
        When the matrices are not square, or one is singular and n is negative.

    Examples
    --------
    >>> matrix_power(Variable(np.array([[1.0, 1.0], [0.0, 1.0]])), 3)
    variable([[1. 3.]
              [0. 1.]])
    """
    a = operand(a)
    if a.ndim < 2 or a.shape[-1] != a.shape[-2]:
        raise np.linalg.LinAlgError(f"matrix_power: expected square matrices, not shape {a.shape}")
    try:
        n = index(n)
    except TypeError as error:
        raise TypeError("exponent must be an integer") from error
    if n <= 0:
        a = inv(a) if n else as_variable(np.linalg.matrix_power(np.empty(a.shape, a.dtype), 0))
    n = abs(n) or 1
    if n == 3:
        return (a @ a) @ a
    y = None
    while n:
        n, bit = divmod(n, 2)
        if bit:
            y = a if y is None else y @ a
        a = a @ a if n else a
    return y


@implements(
    np.linalg.tensorinv,
    cases=[
        call(drawn(2, 3, 3, 2, made=lambda a: a + 4 * np.eye(6).reshape(2, 3, 3, 2))),
        call(drawn(4, 2, 2, made=lambda a: a + 4 * np.eye(4).reshape(4, 2, 2)), ind=1),
        call(drawn(2, 2, dtype=complex, made=regular), 1),
    ],
)
@composed(np.linalg.tensorinv)
def tensorinv(a, ind=2):
    """Inverse of a with respect to `tensordot`: a, reshaped to a matrix, is inverted.

    The gradient is that of `inv` for this matrix, -y.T @ gy @ y.T, reshaped.

    Parameters
    ----------
    a : Variable or ndarray
        The product of the lengths of its first `ind` axes equals that of the others.
    ind : int
        The number of axes that form the rows of the matrix.

    Returns
    -------
    Variable
        Its first axes are the last ones of a.

    Raises
    ------
    ValueError
        When ind is not positive.
    numpy.linalg.LinAlgError
        When the matrix is not square, or singular.

    Examples
    --------
    >>> tensorinv(Variable(np.eye(4).reshape(4, 2, 2) * 2), ind=1).shape
    (2, 2, 4)
    """
    if ind <= 0:
        raise ValueError("Invalid ind argument.")
    a = operand(a)
    last = a.shape[ind:]
    return reshape(inv(reshape(a, (prod(last), -1))), last + a.shape[:ind])


@implements(
    np.linalg.tensorsolve,
    cases=[
        call(drawn(2, 3, 6, made=lambda a: a + 4 * np.eye(6).reshape(2, 3, 6)), drawn(2, 3)),
        call(drawn(6, 2, 3, made=lambda a: a + 4 * np.eye(6).reshape(6, 2, 3)), drawn(6)),
        call(drawn(2, 4, 2, made=lambda a: a + 3 * np.eye(4).reshape(2, 4, 2)), drawn(2, 2), axes=(1,)),
        call(drawn(2, 2, dtype=complex, made=regular), drawn(2)),
    ],
)
@composed(np.linalg.tensorsolve)
def tensorsolve(a, b, axes=None):
    """The solution x of ``tensordot(a, x, x.ndim) == b``: a, reshaped to a matrix, is solved with.

    The gradients are those of `solve` for this matrix, reshaped.

    Parameters
    ----------
    a : Variable or ndarray
        Its first axes are those of b, the others those of x; both have the same number of elements.
    b : Variable or ndarray
    axes : sequence of int, optional
        Axes of a that are first moved to its end, in this order.

    Returns
    -------
    Variable

    Raises
    ------
    numpy.linalg.LinAlgError
        When the matrix is not square, or singular.

    Examples
    --------
    >>> tensorsolve(Variable(np.eye(4).reshape(4, 2, 2) * 2), np.ones(4))
    variable([[0.5 0.5]
              [0.5 0.5]])
    """
    a, b = operand(a), operand(b)
    if axes is not None:
        order = list(range(a.ndim))
        for i in axes:
            order.remove(i)
            order.append(i)
        a = transpose(a, order)
    shape = a.shape[b.ndim - a.ndim :]
    n = prod(shape)
    if a.size != n * n:
        raise np.linalg.LinAlgError(f"tensorsolve: {b.size} equations for {n} unknowns, of shape {shape}")
    return reshape(solve(reshape(a, (n, n)), reshape(b, (-1,))), shape)
