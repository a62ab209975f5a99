"""Products of matrices."""

import numpy as np

from leopard.functions._registry import Primitive, implements
from leopard.functions.shape import reshape, transpose


def _swap(x):
    """The last two axes exchanged."""
    n = x.ndim
    return transpose(x, (*range(n - 2), n - 1, n - 2))


class MatMul(Primitive):
    """Product of matrices, x0 @ x1.

    The gradients are gy @ x1.T and x0.T @ gy.

    Parameters
    ----------
    x0, x1 : Variable or ndarray
        Matrices in the last two axes, broadcast over the others; a vector counts as a row on the
        left and as a column on the right.

    Returns
    -------
    Variable

    Raises
    ------
    ValueError
        When the inner sizes differ, or one is a scalar.

    Examples
    --------
    >>> matmul(Variable(np.array([1.0, 2.0])), np.array([3.0, 4.0]))
    variable(11.0)
    """

    n_inputs = 2
    kernel = "matmul"
    broadcasts = True
    cases = [
        ((2, 3), (3, 4)),
        ((3,), (3, 4)),
        ((2, 3), (3,)),
        ((3,), (3,)),
        ((5, 2, 3), (3, 4)),
        ((2, 3), (5, 3, 4)),
        ((5, 1, 2, 3), (4, 3, 2)),
        ((3,), (5, 3, 2)),
        ((5, 2, 3), (3,)),
    ]

    def forward(self, x0, x1):
        if x0.ndim == 0 or x1.ndim == 0:
            raise ValueError(f"matmul: a scalar is no matrix, {x0.shape} @ {x1.shape}; use *")
        if x0.shape[-1] != x1.shape[-2 if x1.ndim > 1 else 0]:
            raise ValueError(f"matmul: inner sizes differ, {x0.shape} @ {x1.shape}")
        return np.matmul(x0, x1)

    def backward(self, gy):
        x0, x1 = self.inputs
        # A vector takes part as a matrix of one row or one column.
        row = reshape(x0, (1, x0.shape[0])) if x0.ndim == 1 else x0
        column = reshape(x1, (x1.shape[0], 1)) if x1.ndim == 1 else x1
        shape = list(gy.shape)
        if x1.ndim == 1:
            shape.append(1)
        if x0.ndim == 1:
            shape.insert(len(shape) - 1, 1)
        gy = reshape(gy, tuple(shape)) if tuple(shape) != gy.shape else gy
        gx0 = gx1 = None
        if self.wanted[0]:
            gx0 = matmul(gy, _swap(column))
            if x0.ndim == 1:
                gx0 = reshape(gx0, (*gx0.shape[:-2], x0.shape[0]))
        if self.wanted[1]:
            gx1 = matmul(_swap(row), gy)
            if x1.ndim == 1:
                gx1 = reshape(gx1, (*gx1.shape[:-2], x1.shape[0]))
        return gx0, gx1


matmul = implements(np.matmul, operator="matmul")(MatMul.operation)
