"""The outer product, the Kronecker product and the vector (cross) product."""

import numpy as np

from leopard.functions._primitives import Primitive
from leopard.functions._registry import call, drawn, implements
from leopard.functions.basic.arithmetic import mul
from leopard.functions.basic.complex import conj
from leopard.functions.basic.shape import operand, reshape, sum_to, transpose
from leopard.functions.manipulation.joining import concatenate
from leopard.functions.math.sums import sum

__all__ = ["cross", "kron", "outer"]


@implements(
    np.outer,
    cases=[
        call(drawn(2), drawn(3)),
        call(drawn(2, 2), drawn(3, 1)),
        call(drawn(), drawn(3)),
        call(2.0, drawn(3)),
        call(drawn(2, dtype=complex), drawn(2)),
        call(drawn(0), drawn(3)),
    ],
)
def outer(a, b):
    """Outer product of two vectors, y[i, j] = a[i] * b[j]; arrays are flattened.

    The gradients are gy @ b and a @ gy, with conjugates of complex numbers.

    Parameters
    ----------
    a, b : Variable, ndarray or scalar

    Returns
    -------
    Variable

    Examples
    --------
    >>> outer(Variable(np.array([1.0, 2.0])), np.array([3.0, 4.0]))
    variable([[3. 4.]
              [6. 8.]])
    """
    a, b = operand(a), operand(b)
    return mul(a.reshape((a.size, 1)), b.reshape((1, b.size)))


@implements(np.linalg.outer, cases=[call(drawn(2), drawn(3)), call(drawn(2, dtype=complex), np.ones(2))])
def linalg_outer(x1, x2, /):
    """Outer product of two vectors, y[i, j] = x1[i] * x2[j]; other arrays are a ValueError.

    The gradients are gy @ x2 and x1 @ gy, with conjugates of complex numbers.
    """
    x1, x2 = operand(x1), operand(x2)
    if x1.ndim != 1 or x2.ndim != 1:
        raise ValueError(f"outer: expected vectors, not shapes {x1.shape} and {x2.shape}")
    return outer(x1, x2)


class Kron(Primitive):
    n_inputs = 2
    multilinear = True

    def forward(self, x0, x1):
        return np.kron(x0, x1)

    def backward(self, gy):
        x0, x1 = self.inputs
        n = max(x0.ndim, x1.ndim)
        outer = (1,) * (n - x0.ndim) + x0.shape
        inner = (1,) * (n - x1.ndim) + x1.shape
        gy = reshape(gy, _paired(outer, inner))
        gx0 = sum(gy * conj(reshape(x1, _paired((1,) * n, inner))), tuple(range(1, 2 * n, 2)))
        gx1 = sum(gy * conj(reshape(x0, _paired(outer, (1,) * n))), tuple(range(0, 2 * n, 2)))
        return reshape(gx0, x0.shape), reshape(gx1, x1.shape)


def _paired(outer, inner):
    return tuple([n for pair in zip(outer, inner, strict=True) for n in pair])


@implements(
    np.kron,
    cases=[
        call(drawn(2), drawn(3)),
        call(drawn(2, 2), drawn(3, 2)),
        call(drawn(2), drawn(3, 2)),
        call(drawn(2, 1, 2), drawn(2)),
        call(drawn(), drawn(2, 2)),
        call(drawn(2), 3.0),
        call(np.eye(2), drawn(2, 2, dtype=complex)),
        call(drawn(0), drawn(2)),
    ],
)
def kron(a, b):
    """Kronecker product: b in the place of each element of a, times that element.

    The gradient of a is the sum over each block of gy * b, that of b the sum over the blocks of
    gy * a, with conjugates of complex numbers.

    Parameters
    ----------
    a, b : Variable, ndarray or scalar
        The one with fewer axes gets leading axes of length 1.

    Returns
    -------
    Variable

    Examples
    --------
    >>> kron(Variable(np.array([1.0, 10.0])), np.array([1.0, 2.0]))
    variable([ 1.  2. 10. 20.])
    """
    return Kron.operation(a, b)


class Cross(Primitive):
    n_inputs = 2
    options = ("axisa", "axisb", "axisc")
    multilinear = True

    def forward(self, x0, x1):
        return np.cross(x0, x1, *self.option)

    def backward(self, gy):
        x0, x1 = self.inputs
        x0, x1 = _moved(x0, self.axisa, -1), _moved(x1, self.axisb, -1)
        if x0.shape[-1] == x1.shape[-1] == 2:
            gy = reshape(gy, (*gy.shape, 1))
            gy = concatenate([np.zeros((*gy.shape[:-1], 2), gy.dtype), gy], -1)
        else:
            gy = _moved(gy, self.axisc, -1)
        gx0 = cross(conj(_in_space(x1)), gy)[..., : x0.shape[-1]]
        gx1 = cross(gy, conj(_in_space(x0)))[..., : x1.shape[-1]]
        gx0, gx1 = sum_to(gx0, x0.shape), sum_to(gx1, x1.shape)
        return _moved(gx0, -1, self.axisa), _moved(gx1, -1, self.axisb)


def _moved(x, old, new):
    """`x` with the axis `old` moved to the place `new`."""
    order = [i for i in range(x.ndim) if i != old % x.ndim]
    order.insert(new % x.ndim, old % x.ndim)
    return transpose(x, order)


def _in_space(x):
    """Vectors of two components with 0 as the third; vectors of three as they are."""
    if x.shape[-1] == 3:
        return x
    return concatenate([x, np.zeros((*x.shape[:-1], 1), x.dtype)], -1)


@implements(
    np.cross,
    cases=[
        call(drawn(3), drawn(3)),
        call(drawn(2, 3), drawn(2, 3)),
        call(drawn(2, 1, 3), drawn(4, 3)),
        call(drawn(3, 2), drawn(3, 2), axis=0),
        call(drawn(3, 2), drawn(2, 3), axisa=0, axisc=0),
        call(drawn(2, 3, 2), drawn(2, 2, 3), axisa=1, axisb=-1, axisc=1),
        call(drawn(3), np.array([1.0, 2.0, 3.0])),
        call(drawn(3, dtype=complex), drawn(2, 3)),
    ],
)
def cross(a, b, axisa=-1, axisb=-1, axisc=-1, axis=None):
    """Vector (cross) product: orthogonal to a and b, its length the area of the parallelogram between them.

    The gradients are b x gy and gy x a, with conjugates of complex numbers.

    Parameters
    ----------
    a, b : Variable or ndarray
        Vectors of three components; or of two, the third being 0, about which NumPy warns. They are
        broadcast.
    axisa, axisb, axisc : int
        The axis of the components in a, in b and in the result.
    axis : int, optional
        Sets all three.

    Returns
    -------
    Variable
        For vectors of two components only the third component of the product.

    Raises
    ------
    ValueError
        When there are neither two nor three components.

    Examples
    --------
    >>> cross(Variable(np.array([1.0, 0.0, 0.0])), np.array([0.0, 1.0, 0.0]))
    variable([0. 0. 1.])
    """
    if axis is not None:
        axisa = axisb = axisc = axis
    return Cross.operation(a, b, axisa, axisb, axisc)


@implements(
    np.linalg.cross,
    cases=[call(drawn(2, 3), drawn(3)), call(drawn(3, 2), drawn(3, 2, dtype=complex), axis=0)],
)
def linalg_cross(x1, x2, /, *, axis=-1):
    """Vector (cross) product of vectors of three components; others are a ValueError.

    The gradients are x2 x gy and gy x x1, with conjugates of complex numbers.
    """
    x1, x2 = operand(x1), operand(x2)
    if x1.shape[axis] != 3 or x2.shape[axis] != 3:
        raise ValueError(f"cross: expected three components, not {x1.shape[axis]} and {x2.shape[axis]}")
    return cross(x1, x2, axis=axis)
