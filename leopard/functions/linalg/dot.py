"""Inner products and tensor products of several arrays; `matmul` and `einsum` have modules of their own."""

from functools import reduce

import numpy as np

from leopard.functions._primitives import Primitive
from leopard.functions._registry import call, drawn, implements
from leopard.functions.basic.arithmetic import add, mul
from leopard.functions.basic.complex import conj
from leopard.functions.basic.shape import composed, operand, reshape, transpose
from leopard.functions.linalg.matmul import MatMul

__all__ = [
    "add_sequence",
    "dot",
    "inner",
    "multi_dot",
    "multi_matmul",
    "multiply_sequence",
    "tensordot",
    "vdot",
]


class _Contraction(Primitive, abstract=True):
    """The base class of sums of products over pairs of axes of two arrays.

    The gradient of one array is the same kind of sum, of gy and the other array.
    """

    n_inputs = 2
    multilinear = True

    def axes(self):
        """The axes of either array that are summed over, pair by pair, counted from 0."""
        raise NotImplementedError

    def backward(self, gy):
        x0, x1 = self.inputs
        axes0, axes1 = self.axes()
        free0 = [i for i in range(x0.ndim) if i not in axes0]
        free1 = [i for i in range(x1.ndim) if i not in axes1]
        gx0 = gx1 = None
        if self.wanted[0]:
            gx0 = tensordot(gy, conj(x1), (range(len(free0), gy.ndim), free1))
            found = free0 + [axes0[axes1.index(i)] for i in sorted(axes1)]
            gx0 = transpose(gx0, np.argsort(found).tolist())
        if self.wanted[1]:
            gx1 = tensordot(conj(x0), gy, (free0, range(len(free0))))
            found = [axes1[axes0.index(i)] for i in sorted(axes0)] + free1
            gx1 = transpose(gx1, np.argsort(found).tolist())
        return gx0, gx1


class Dot(_Contraction):
    broadcasts = True  # a scalar times an array

    def forward(self, x0, x1):
        return np.dot(x0, x1)

    def axes(self):
        x0, x1 = self.inputs
        return [x0.ndim - 1], [max(x1.ndim - 2, 0)]

    def backward(self, gy):
        x0, x1 = self.inputs
        if x0.ndim == 0 or x1.ndim == 0:
            return gy * conj(x1), gy * conj(x0)
        if x0.ndim > 2 or x1.ndim > 2:
            return super().backward(gy)
        return MatMul.backward(self, gy)


_dots = [
    call(drawn(3), drawn(3)),
    call(drawn(2, 3), drawn(3)),
    call(drawn(), drawn(2, 3)),
    call(drawn(2, 3), drawn()),
    call(drawn(), drawn()),
    call(drawn(2, 3), 2.5),
    call(np.array([[0.5, -1.5, 2.0], [1.0, 0.25, -0.5]]), drawn(3)),
    call(drawn(2, 4, 3), drawn(3)),
    call(drawn(3, dtype=complex), drawn(3, dtype=complex)),
    call(drawn(0), drawn(0)),
]


@implements(
    np.dot,
    method="dot",
    cases=[
        *_dots,
        call(drawn(2, 3), drawn(3, 4)),
        call(drawn(3), drawn(3, 2)),
        call(drawn(3), drawn(2, 3, 4)),
        call(drawn(2, 3), drawn(2, 3, 4)),
        call(drawn(2, 2, 3), drawn(2, 3, 2)),
        call(drawn(2, 3, dtype=complex), drawn(3, 2)),
        call(drawn(3), drawn(2, 3, 2, dtype=complex)),
        call(drawn(2, 0), drawn(0, 3)),
    ],
)
def dot(a, b):
    """Product of two arrays: sums over the last axis of a and the last but one of b, or its only one.

    For vectors it is the inner product (without a conjugate), for matrices the matrix product, with a scalar
    the multiple.

    The gradients are gy @ b.T and a.T @ gy, with adjoints for complex matrices.

    Parameters
    ----------
    a, b : Variable, ndarray or scalar

    Returns
    -------
    Variable

    Raises
    ------
    ValueError
        When the lengths of the two axes differ.

    Examples
    --------
    >>> dot(Variable(np.array([1.0, 2.0])), np.array([3.0, 4.0]))
    variable(11.0)
    """
    return Dot.operation(a, b)


@implements(
    np.inner,
    cases=[
        *_dots,
        call(drawn(2, 3), drawn(4, 3)),
        call(drawn(2, 2, 3), drawn(2, 3, 3)),
        call(drawn(3), drawn(2, 3, dtype=complex)),
        call(drawn(2, 0), drawn(3, 0)),
    ],
)
def inner(a, b, /):
    """Product of two arrays: sums over the last axes of both, without a conjugate.

    It is dot(a, b.T) for matrices. The gradients are gy @ b and gy.T @ a, with conjugates of complex numbers.

    Parameters
    ----------
    a, b : Variable, ndarray or scalar

    Returns
    -------
    Variable

    Raises
    ------
    ValueError
        When the lengths of the two axes differ.

    Examples
    --------
    >>> inner(Variable(np.array([1.0, 2.0])), np.array([[3.0, 4.0], [5.0, 6.0]]))
    variable([11. 17.])
    """
    a, b = operand(a), operand(b)
    if a.ndim > 0 and b.ndim > 1:
        n = b.ndim
        b = b.transpose((*range(n - 2), n - 1, n - 2))
    return dot(a, b)


class VDot(Primitive):
    n_inputs = 2
    multilinear = True

    def forward(self, x0, x1):
        return np.vdot(x0, x1)

    def backward(self, gy):
        x0, x1 = self.inputs
        return reshape(conj(gy) * x1, x0.shape), reshape(gy * x0, x1.shape)


@implements(
    np.vdot,
    cases=[
        call(drawn(3), drawn(3)),
        call(drawn(2, 3), drawn(3, 2)),
        call(drawn(2, 3, dtype=complex), drawn(6, dtype=complex)),
        call(drawn(3), drawn(3, dtype=complex)),
        call(drawn(), drawn(1)),
        call(drawn(0), drawn(0)),
    ],
)
def vdot(a, b, /):
    """Inner product of two arrays taken as vectors, sum(conj(a) * b).

    The gradients are conj(gy) * b and gy * a.

    Parameters
    ----------
    a, b : Variable, ndarray or scalar
        They have the same size.

    Returns
    -------
    Variable
        A scalar.

    Raises
    ------
    ValueError
        When the sizes differ.

    Examples
    --------
    >>> vdot(Variable(np.array([1j, 2.0])), np.array([1j, 4.0]))
    variable((9+0j))
    """
    return VDot.operation(a, b)


class TensorDot(_Contraction):
    options = ("axes0", "axes1")

    def forward(self, x0, x1):
        return np.tensordot(x0, x1, self.option)

    def axes(self):
        x0, x1 = self.inputs
        return [i % x0.ndim for i in self.axes0], [i % x1.ndim for i in self.axes1]


@implements(
    np.tensordot,
    np.linalg.tensordot,
    cases=[
        call(drawn(2, 3, 2), drawn(3, 2, 2)),
        call(drawn(2, 3), drawn(3, 4), axes=1),
        call(drawn(2), drawn(2, 3), axes=0),
        call(drawn(2, 3), drawn(2, 3), axes=2),
        call(drawn(2, 3, 4), drawn(4, 2, 2), axes=([0, -1], [1, 0])),
        call(drawn(2, 3, 4), drawn(4, 2, 3), axes=((2, 1, 0), (0, 2, 1))),
        call(drawn(2, 3, 2), drawn(2, 3), axes=(1, -1)),
        call(drawn(2, 3, dtype=complex), drawn(3, 2, dtype=complex), axes=[[1], [0]]),
        call(drawn(), drawn(2), axes=0),
        call(drawn(2, 0), drawn(0, 3), axes=1),
    ],
)
def tensordot(a, b, axes=2):
    """Sums of products over pairs of axes, one of a and one of b.

    The gradient of a is `tensordot` of gy and b over the axes of b that are not summed over, with its axes
    then put into the order of a; that of b likewise. Conjugates are taken of complex numbers.

    Parameters
    ----------
    a, b : Variable or ndarray
    axes : int, or two ints, or two sequences of int
        The number of pairs, the last axes of a with the first of b; or the axes of a and the axes of b.

    Returns
    -------
    Variable
        Its axes are those of a and then those of b that are not summed over.

    Raises
    ------
    ValueError
        When paired axes differ in length, or one is named twice.

    Examples
    --------
    >>> tensordot(Variable(np.ones((2, 3, 4))), np.ones((4, 3)), axes=([1, 2], [1, 0]))
    variable([12. 12.])
    """
    try:
        axes0, axes1 = axes
    except TypeError:
        axes0, axes1 = range(-axes, 0), range(axes)
    pairs = [tuple(i) if np.ndim(i) else (i,) for i in (axes0, axes1)]
    return TensorDot.operation(a, b, *pairs)


@implements(
    np.linalg.multi_dot,
    cases=[
        call([drawn(2, 3), drawn(3, 2)]),
        call([drawn(2, 3), drawn(3, 4), drawn(4, 2)]),
        call([drawn(4, 2), drawn(2, 3), drawn(3, 1)]),
        call([drawn(3), drawn(3, 2), drawn(2)]),
        call([drawn(3), np.ones((3, 2)), drawn(2, 4)]),
        call([drawn(2, 3), drawn(3, 2), drawn(2)]),
        call((drawn(2, 3), drawn(3, 1), drawn(1, 4), drawn(4, 2))),
        call([drawn(2, dtype=complex), drawn(2, 3), drawn(3, 2), drawn(2)]),
    ],
)
@composed(np.linalg.multi_dot)
def multi_dot(arrays):
    """Product of two or more matrices, in the cheapest order of multiplications.

    The gradient of each matrix is (product of those before it).T @ gy @ (product of those behind it).T.

    Parameters
    ----------
    arrays : sequence of Variable or ndarray
        Matrices; the first may be a vector (a row), and so may the last (a column).

    Returns
    -------
    Variable

    Raises
    ------
    ValueError
        When there are fewer than two, or inner sizes differ.
    numpy.linalg.LinAlgError
        When one has another number of axes.

    Examples
    --------
    >>> multi_dot([Variable(np.ones((2, 3))), np.ones((3, 4)), np.ones(4)])
    variable([12. 12.])
    """
    if len(arrays) < 2:
        raise ValueError("Expecting at least two arrays.")
    if len(arrays) == 2:
        return dot(*arrays)
    arrays = [operand(a) for a in arrays]
    row, column = arrays[0].ndim == 1, arrays[-1].ndim == 1
    if row:
        arrays[0] = arrays[0].reshape((1, -1))
    if column:
        arrays[-1] = arrays[-1].reshape((-1, 1))
    for a in arrays:
        if a.ndim != 2:
            raise np.linalg.LinAlgError(f"{a.ndim}-dimensional array given. Array must be two-dimensional")
    split = _cheapest([a.shape[0] for a in arrays] + [arrays[-1].shape[1]])

    def product(i, j):
        return arrays[i] if i == j else dot(product(i, split[i, j]), product(split[i, j] + 1, j))

    y = product(0, len(arrays) - 1)
    if row and column:
        return y[0, 0]
    return reshape(y, (-1,)) if row or column else y


def _cheapest(sizes):
    """The best place to split each chain of matrices; matrix i is sizes[i] by sizes[i + 1].

    Cormen, Leiserson, Rivest, Stein, Introduction to Algorithms, "Matrix-chain multiplication".
    """
    n = len(sizes) - 1
    cost, split = {(i, i): 0.0 for i in range(n)}, {}
    for length in range(1, n):
        for i in range(n - length):
            j = i + length
            costs = [
                cost[i, k] + cost[k + 1, j] + sizes[i] * sizes[k + 1] * sizes[j + 1] for k in range(i, j)
            ]
            cost[i, j] = min(costs)
            split[i, j] = i + costs.index(cost[i, j])
    return split


@implements(
    plain=np.linalg.multi_dot,
    cases=[call([drawn(2, 3), drawn(3, 4), drawn(4, 2)]), call([drawn(3), drawn(3, 2), drawn(2)])],
)
def multi_matmul(tensors):
    """Product of two or more matrices, in the cheapest order: MyGrad's name of `multi_dot`.

    The gradient of each matrix is (product of those before it).T @ gy @ (product of those behind it).T.

    Parameters
    ----------
    tensors : sequence of Variable or ndarray
        Matrices; the first may be a vector (a row), and so may the last (a column).

    Returns
    -------
    Variable

    Examples
    --------
    >>> multi_matmul([Variable(np.ones((2, 3))), np.ones((3, 4)), np.ones(4)])
    variable([12. 12.])
    """
    return multi_dot(tensors)


@implements(
    plain=lambda *xs: reduce(np.add, xs), cases=[call(drawn(2, 3), drawn(3), drawn()), call(drawn(3), 2.0)]
)
def add_sequence(*xs):
    """Sum of two or more arrays, x0 + x1 + ..., which are broadcast.

    The gradient of each is gy, summed to its shape.

    Parameters
    ----------
    *xs : Variable, ndarray or scalar

    Returns
    -------
    Variable

    Raises
    ------
    ValueError
        When there are fewer than two.

    Examples
    --------
    >>> add_sequence(Variable(np.array(1.0)), 2.0, 3.0)
    variable(6.0)
    """
    return _in_turn(add, xs)


@implements(
    plain=lambda *xs: reduce(np.multiply, xs),
    cases=[call(drawn(2, 3), drawn(3), drawn()), call(drawn(3), 2.0)],
)
def multiply_sequence(*xs):
    """Product of two or more arrays, x0 * x1 * ..., which are broadcast.

    The gradient of each is gy times the product of the others.

    Parameters
    ----------
    *xs : Variable, ndarray or scalar

    Returns
    -------
    Variable

    Raises
    ------
    ValueError
        When there are fewer than two.

    Examples
    --------
    >>> multiply_sequence(Variable(np.array(1.0)), 2.0, 3.0)
    variable(6.0)
    """
    return _in_turn(mul, xs)


def _in_turn(operation, xs):
    if len(xs) < 2:
        raise ValueError(f"{operation.name}_sequence: expected two arrays or more, got {len(xs)}")
    return reduce(operation, xs)
