"""Complex numbers: their parts, their conjugates, their angles.

A gradient of a real L with respect to a complex x is the g for which a step dx changes L by the real
part of ``sum(conj(g) * dx)``, to first order: L falls fastest along -g, and of a holomorphic function f
the gradient is ``gy * conj(f'(x))``. (This is PyTorch's convention; HIPS autograd's and JAX's is the
conjugate.)
"""

import numpy as np

from leopard._core import Variable
from leopard.functions._primitives import Elementwise, Primitive
from leopard.functions._registry import call, drawn, implements

__all__ = ["conjugate", "imag", "real"]


class Conjugate(Elementwise):
    """Complex conjugate; for a real x, x itself.

    The gradient is conj(gy).

    Examples
    --------
    >>> conjugate(Variable(np.array(1 + 2j)))
    variable((1-2j))
    """

    ufunc = np.conjugate

    def backward(self, gy):
        return conjugate(gy)


conjugate = Conjugate.operation


def conj(x):
    """The complex conjugate for rules: x itself, without an operation, where it is real.

    The gradient is conj(gy).

    Parameters
    ----------
    x : Variable or ndarray

    Returns
    -------
    Variable or ndarray

    Examples
    --------
    >>> from leopard.extend import conj
    >>> conj(Variable(np.array(1 + 2j)))
    variable((1-2j))
    """
    return conjugate(x) if x.dtype.kind == "c" else x


class Real(Primitive):
    linear = True

    def forward(self, x):
        return x.real

    def backward(self, gy):
        return gy

    def of_rows(self, t):
        return real(t)


@implements(np.real, cases=[call(drawn(2, 3)), call(drawn(2, 3, dtype=complex)), call(drawn(dtype=complex))])
def real(x):
    """Real part; for a real x, x itself.

    The gradient is gy.

    Parameters
    ----------
    x : Variable or ndarray

    Returns
    -------
    Variable

    Examples
    --------
    >>> real(Variable(np.array(1 + 2j)))
    variable(1.0)
    """
    return x if isinstance(x, Variable) and x.dtype.kind != "c" else Real.operation(x)


class Imag(Primitive):
    linear = True

    def forward(self, x):
        return x.imag

    def backward(self, gy):
        (x,) = self.inputs
        return gy * 1j if x.dtype.kind == "c" else None

    def of_rows(self, t):
        return imag(t)


@implements(np.imag, cases=[call(drawn(2, 3)), call(drawn(2, 3, dtype=complex)), call(drawn(dtype=complex))])
def imag(x):
    """Imaginary part; for a real x, zeros.

    The gradient is 1j * gy; a real x has none.

    Parameters
    ----------
    x : Variable or ndarray

    Returns
    -------
    Variable

    Examples
    --------
    >>> imag(Variable(np.array(1 + 2j)))
    variable(2.0)
    """
    return Imag.operation(x)
