"""Matrix products, and products of matrices and vectors, in the last axes, broadcast over the others."""

from functools import cache

import numpy as np
from numpy.lib.array_utils import normalize_axis_index

from leopard.functions._primitives import Primitive
from leopard.functions._registry import call, drawn, implements
from leopard.functions.basic.complex import conj
from leopard.functions.basic.shape import aligned, composed, operand, reshape, transpose

__all__ = ["matmul", "vecdot"]


@cache
def named_tuple(numpys):
    """The named tuple that a function of `numpy.linalg` returns."""
    return type(numpys(np.eye(1)))


def adjoint(x):
    """The adjoint of matrices: the last two axes exchanged, and complex numbers conjugated."""
    n = x.ndim
    return conj(transpose(x, (*range(n - 2), n - 1, n - 2)))


def adjoint_of_array(x):
    """The adjoint of matrices in an ndarray, as an ndarray."""
    return np.conj(np.swapaxes(x, -1, -2))


_calls = [
    call(drawn(2, 3), drawn(3, 4)),
    call(drawn(5, 2, 3), drawn(3)),
    call(drawn(2, 3, dtype=complex), drawn(3, 2)),
    call(drawn(3, dtype=complex), drawn(3, dtype=complex)),
]


class MatMul(Primitive):
    """Matrix product, x0 @ x1.

    The gradients are gy @ x1.T and x0.T @ gy, with adjoints for complex matrices, summed over the axes that
    were broadcast.

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
    multilinear = True
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
    plain = np.matmul

    def forward(self, x0, x1):
        if x0.ndim == 0 or x1.ndim == 0:
            raise ValueError(f"matmul: a scalar is not a matrix, {x0.shape} @ {x1.shape}; use *")
        if x0.shape[-1] != x1.shape[-2 if x1.ndim > 1 else 0]:
            raise ValueError(f"matmul: inner sizes differ, {x0.shape} @ {x1.shape}")
        return np.matmul(x0, x1)

    def backward(self, gy):
        x0, x1 = self.inputs
        # A vector counts as a matrix of one row or one column.
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
            gx0 = matmul(gy, adjoint(column))
            if x0.ndim == 1:
                gx0 = reshape(gx0, (*gx0.shape[:-2], x0.shape[0]))
        if self.wanted[1]:
            gx1 = matmul(adjoint(row), gy)
            if x1.ndim == 1:
                gx1 = reshape(gx1, (*gx1.shape[:-2], x1.shape[0]))
        return gx0, gx1

    def of_rows(self, t0, t1):
        x0, x1 = self.inputs
        row = reshape(x0, (1, x0.shape[0])) if x0.ndim == 1 else x0
        column = reshape(x1, (x1.shape[0], 1)) if x1.ndim == 1 else x1
        ndim = max(row.ndim, column.ndim)
        ys = []
        if t0 is not None:
            t0 = aligned(reshape(t0, (t0.shape[0], *row.shape)), ndim)
            ys.append(matmul(t0, column))
        if t1 is not None:
            t1 = aligned(reshape(t1, (t1.shape[0], *column.shape)), ndim)
            ys.append(matmul(row, t1))
        y = ys[0] if len(ys) == 1 else ys[0] + ys[1]
        return reshape(y, (y.shape[0], *self.output.shape))


matmul = implements(np.matmul, np.linalg.matmul, operator="matmul", cases=_calls)(MatMul.operation)


def _core_axes_last(x, axes):
    """`x` with the given axes last, in their order; an ndarray stays an ndarray."""
    x = operand(x)
    axes = [normalize_axis_index(i, x.ndim) for i in axes]
    order = (*[i for i in range(x.ndim) if i not in axes], *axes)
    return x if order == (*range(x.ndim),) else x.transpose(order)


def _last_axis_to(y, axis):
    """`y` with its last axis moved to the place `axis`."""
    order = [*range(y.ndim - 1)]
    order.insert(normalize_axis_index(axis, y.ndim), y.ndim - 1)
    return y if order == [*range(y.ndim)] else transpose(y, order)


class VecDot(Primitive):
    n_inputs = 2
    broadcasts = True
    multilinear = True

    def forward(self, x0, x1):
        return np.vecdot(x0, x1)

    def backward(self, gy):
        x0, x1 = self.inputs
        gy = reshape(gy, (*gy.shape, 1))
        return conj(gy) * x1, gy * x0


@implements(
    np.vecdot,
    np.linalg.vecdot,
    cases=[
        call(drawn(3), drawn(3)),
        call(drawn(2, 3), drawn(3)),
        call(drawn(2, 1, 3), drawn(4, 3), axis=-1),
        call(drawn(3, 2), drawn(3, 2), axis=0),
        call(drawn(2, 3, dtype=complex), drawn(2, 3, dtype=complex)),
        call(drawn(3), drawn(2, 3, dtype=complex)),
        call(drawn(2, 0), drawn(0)),
        call(drawn(3, 2), drawn(3, 2), axis=0, keepdims=True),
        call(drawn(2, 3), drawn(4, 2, 3, dtype=complex), keepdims=True),
    ],
)
@composed(np.vecdot)
def vecdot(x1, x2, /, *, axis=-1, keepdims=False):
    """Inner products of the vectors along an axis, sum(conj(x1) * x2).

    The gradients are conj(gy) * x2 and gy * x1.

    Parameters
    ----------
    x1, x2 : Variable or ndarray
        They are broadcast over the other axes.
    axis : int
        The axis of both that is summed over.
    keepdims : bool
        Whether to keep that axis, at length 1.

    Returns
    -------
    Variable

    Raises
    ------
    ValueError
        When the lengths of the vectors differ.

    Examples
    --------
    >>> vecdot(Variable(np.array([[1.0, 2.0], [0.0, 1.0]])), np.array([3.0, 4.0]))
    variable([11.  4.])
    """
    y = VecDot.operation(_core_axes_last(x1, [axis]), _core_axes_last(x2, [axis]))
    if not keepdims:
        return y
    shape = list(y.shape)
    shape.insert(normalize_axis_index(axis, y.ndim + 1), 1)
    return reshape(y, tuple(shape))


if hasattr(np, "matvec"):  # NumPy 2.2
    __all__ += ["matvec", "vecmat"]

    class MatVec(Primitive):
        n_inputs = 2
        broadcasts = True
        multilinear = True

        def forward(self, x0, x1):
            return np.matvec(x0, x1)

        def backward(self, gy):
            x0, x1 = self.inputs
            row = reshape(x1, (*x1.shape[:-1], 1, x1.shape[-1]))
            return reshape(gy, (*gy.shape, 1)) * conj(row), matvec(adjoint(x0), gy)

    @implements(
        np.matvec,
        cases=[
            call(drawn(2, 3), drawn(3)),
            call(drawn(4, 2, 3), drawn(3)),
            call(drawn(2, 3), drawn(4, 3)),
            call(drawn(4, 1, 2, 3), drawn(2, 3)),
            call(drawn(2, 3, dtype=complex), drawn(3)),
            call(drawn(2, 3), drawn(3, dtype=complex)),
            call(drawn(2, 0), drawn(0)),
            call(drawn(3, 4, 2), drawn(3, 4), axes=[(-1, 0), (0,), (0,)]),
        ],
    )
    @composed(np.matvec)
    def matvec(x1, x2, /, *, axes=None):
        """Products of matrices with vectors, y[i] = sum over j of x1[i, j] * x2[j].

        The gradients are gy[i] * conj(x2[j]) for x1[i, j], and `matvec` of the adjoint of x1 and gy for x2.

        Parameters
        ----------
        x1 : Variable or ndarray
            Matrices in the last two axes.
        x2 : Variable or ndarray
            Vectors in the last axis. The other axes of both are broadcast.
        axes : list of tuple of int, optional
            The places of these axes in x1, x2 and the result; by default ``[(-2, -1), (-1,), (-1,)]``.

        Returns
        -------
        Variable

        Raises
        ------
        ValueError
            When the inner sizes differ.

        Examples
        --------
        >>> matvec(np.array([[1.0, 2.0], [0.0, 1.0]]), Variable(np.array([3.0, 4.0])))
        variable([11.  4.])
        """
        if axes is None:
            return MatVec.operation(x1, x2)
        y = MatVec.operation(_core_axes_last(x1, axes[0]), _core_axes_last(x2, axes[1]))
        return _last_axis_to(y, *axes[2])

    class VecMat(Primitive):
        n_inputs = 2
        broadcasts = True
        multilinear = True

        def forward(self, x0, x1):
            return np.vecmat(x0, x1)

        def backward(self, gy):
            x0, x1 = self.inputs
            column = reshape(x0, (*x0.shape, 1))
            return matvec(x1, conj(gy)), column * reshape(gy, (*gy.shape[:-1], 1, gy.shape[-1]))

    @implements(
        np.vecmat,
        cases=[
            call(drawn(2), drawn(2, 3)),
            call(drawn(4, 2), drawn(2, 3)),
            call(drawn(2), drawn(4, 2, 3)),
            call(drawn(2, dtype=complex), drawn(2, 3, dtype=complex)),
            call(drawn(2, dtype=complex), drawn(2, 3)),
            call(drawn(0), drawn(0, 3)),
            call(drawn(2, 4), drawn(4, 3, 2), axes=[(0,), (-1, 1), (0,)]),
        ],
    )
    @composed(np.vecmat)
    def vecmat(x1, x2, /, *, axes=None):
        """Products of conjugated vectors with matrices, y[j] = sum over i of conj(x1[i]) * x2[i, j].

        The gradients are `matvec` of x2 and conj(gy) for x1, and x1[i] * gy[j] for x2[i, j].

        Parameters
        ----------
        x1 : Variable or ndarray
            Vectors in the last axis.
        x2 : Variable or ndarray
            Matrices in the last two axes. The other axes of both are broadcast.
        axes : list of tuple of int, optional
            The places of these axes in x1, x2 and the result; by default ``[(-1,), (-2, -1), (-1,)]``.

        Returns
        -------
        Variable

        Raises
        ------
        ValueError
            When the inner sizes differ.

        Examples
        --------
        >>> vecmat(Variable(np.array([3.0, 4.0])), np.array([[1.0, 2.0], [0.0, 1.0]]))
        variable([ 3. 10.])
        """
        if axes is None:
            return VecMat.operation(x1, x2)
        y = VecMat.operation(_core_axes_last(x1, axes[0]), _core_axes_last(x2, axes[1]))
        return _last_axis_to(y, *axes[2])
