"""Systems and products of a lower triangular matrix, for gradients of decompositions; no public operations.

`numpy.linalg` has no solver for triangular matrices; its general one factorizes what is a factor already.
"""

import numpy as np

from leopard.functions._primitives import Primitive
from leopard.functions.creation.matrices import tril
from leopard.functions.linalg.matmul import adjoint, adjoint_of_array

__all__ = []

#: Up to this many rows NumPy's general solver is called; more are taken apart.
FEW = 48


class SolveTriangular(Primitive, listed=False):
    """The x with ``l @ x = b``, or ``adjoint(l) @ x = b``, for stacks of lower triangular matrices l.

    The gradient of b is the solution of the adjoint system with gx; that of l is the lower triangle of
    ``-gb @ adjoint(x)``, or of ``-x @ adjoint(gb)``.
    """

    n_inputs = 2
    options = ("adjoint",)

    def forward(self, l, b):
        return _backward(l, b) if self.adjoint else _forward(l, b)

    def backward(self, gx):
        l, x = self.inputs[0], self.output
        gb = solve_triangular(l, gx, not self.adjoint)
        if not self.wanted[0]:
            return None, gb
        return -tril(x @ adjoint(gb) if self.adjoint else gb @ adjoint(x)), gb


def solve_triangular(l, b, adjoint=False):
    """The solutions of triangular systems, recorded; see `SolveTriangular`."""
    return SolveTriangular.operation(l, b, adjoint)


def _forward(l, b):
    n = l.shape[-1]
    if n <= FEW:
        return np.linalg.solve(l, b)
    k = n // 2
    first = _forward(l[..., :k, :k], b[..., :k, :])
    rest = _forward(l[..., k:, k:], b[..., k:, :] - l[..., k:, :k] @ first)
    return np.concatenate([first, rest], -2)


def _backward(l, b):
    n = l.shape[-1]
    if n <= FEW:
        return np.linalg.solve(adjoint_of_array(l), b)
    k = n // 2
    rest = _backward(l[..., k:, k:], b[..., k:, :])
    first = _backward(l[..., :k, :k], b[..., :k, :] - adjoint_of_array(l[..., k:, :k]) @ rest)
    return np.concatenate([first, rest], -2)


class HalfOfProduct(Primitive, listed=False):
    """The lower triangle of ``adjoint(l) @ g`` with half of its diagonal, for stacks of lower triangular l.

    With the same half h of gx the gradients are ``g @ adjoint(h)`` and ``l @ h``.
    """

    n_inputs = 2
    multilinear = True

    def forward(self, l, g):
        n = l.shape[-1]
        y = np.zeros((*np.broadcast_shapes(l.shape[:-2], g.shape[:-2]), n, n), np.result_type(l, g))
        for i in range(0, n, 2 * FEW):  # what is above the diagonal of a block of rows is not computed
            end = min(i + 2 * FEW, n)
            y[..., i:end, :end] = adjoint_of_array(l[..., i:, i:end]) @ g[..., i:, :end]
        return y * halves(n, y.real.dtype)

    def backward(self, gx):
        l, g = self.inputs
        h = gx * halves(l.shape[-1], gx.real.dtype)
        return g @ adjoint(h) if self.wanted[0] else None, l @ h


def half_of_product(l, g):
    """The half of a product of triangular matrices, recorded; see `HalfOfProduct`."""
    return HalfOfProduct.operation(l, g)


def halves(n, dtype):
    """Ones below the diagonal, halves on it, and zeros above."""
    return (np.tri(n, k=-1) + 0.5 * np.eye(n)).astype(dtype, copy=False)
