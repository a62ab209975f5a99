"""`numpy.linalg`, whose functions dispatch on Variables, and take lists in which Variables are."""

import numpy as _numpy
import numpy.linalg as _linalg

from leopard._core import Function as _Function
from leopard._core import Variable as _Variable
from leopard.compat.autograd.numpy import _either
from leopard.functions.basic.complex import conj as _conj

globals().update({name: thing for name, thing in vars(_linalg).items() if not name.startswith("_")})
globals().update(_either.lists_taken(_linalg, apart=("multi_dot",)))
multi_dot = _either.of_sequences(_linalg.multi_dot)


def T(x):
    """x with its last two axes exchanged."""
    return _numpy.swapaxes(x, -1, -2)


_dot = _numpy.matmul


class _Symmetric(_Function):
    """A matrix unchanged, the gradient of which is made symmetric (Hermitian where it is complex)."""

    def forward(self, x):
        return x.copy()

    def backward(self, gy):
        return (gy + _conj(gy.swapaxes(-1, -2))) / 2


def cholesky(a, /, *, upper=False):
    """Cholesky factor of a symmetric matrix, with the symmetric gradient, as autograd's.

    Leopard's own gradient has the elements of the triangle that is read, and zeros in the other one:
    ``g + g.T`` of the symmetric gradient, with the diagonal once. For a step that keeps the matrix symmetric
    both give the same.

    Examples
    --------
    >>> from leopard.compat.autograd import grad
    >>> import leopard.compat.autograd.numpy as np
    >>> grad(lambda a: np.linalg.cholesky(a)[1, 1])(np.array([[4.0, 2.0], [2.0, 5.0]]))
    array([[ 0.0625, -0.125 ],
           [-0.125 ,  0.25  ]])
    """
    a = _either.joined(a)
    return _linalg.cholesky(_Symmetric()(a) if isinstance(a, _Variable) else a, upper=upper)
