"""Roots of polynomials, and polynomials from their roots."""

import numpy as np

from leopard._core import array_of_any, as_variable
from leopard.functions._primitives import Primitive
from leopard.functions._registry import call, drawn, implements
from leopard.functions.basic.complex import conj, real
from leopard.functions.basic.shape import composed
from leopard.functions.linalg.eigenvalues import eigvals
from leopard.functions.manipulation.joining import stack
from leopard.functions.math.convolution import convolve
from leopard.functions.polynomials.arithmetic import by_power, polyder, polyval

__all__ = ["poly", "roots"]


class Roots(Primitive):
    def forward(self, p):
        return np.roots(p)

    def backward(self, gy):
        (p,) = self.inputs
        r = self.output
        return by_power(-gy / conj(polyval(polyder(p), r)), r, p.shape)


@implements(
    np.roots,
    cases=[
        call(drawn(4, low=0.5)),
        call(drawn(3, made=lambda p: p * np.array([1.0, 2.0, -1.0]))),
        call(drawn(3, dtype=complex)),
        call(drawn(2)),
        call(drawn(3, made=lambda p: np.concatenate((np.zeros(1), p, np.zeros(1))))),
        call(drawn(1)),
        call(drawn(2, made=lambda p: p * np.zeros(2))),
    ],
)
def roots(p):
    """Roots of a polynomial: the eigenvalues of its companion matrix, in NumPy's order.

    The gradient of p[k] is the sum of gy * dr / dp[k] over the roots r, with dr / dp[k] = -r**(n - k) / p'(r)
    by the implicit function theorem. Where roots coincide, p'(r) is 0 and they have no derivative: the
    gradient is infinite or nan, with NumPy's warning. A leading coefficient of 0 has a gradient, too.

    Parameters
    ----------
    p : Variable or ndarray
        Coefficients, the highest power first.

    Returns
    -------
    Variable
        Complex unless all roots are real.

    Raises
    ------
    ValueError
        When p has more than one axis.

    Examples
    --------
    >>> p = Variable(np.array([1.0, -3.0, 2.0]))
    >>> np.roots(p)
    variable([2. 1.])
    """
    return Roots.operation(np.atleast_1d(p))


@implements(
    np.poly,
    cases=[
        call(drawn(3)),
        call(drawn(1)),
        call(drawn(3, dtype=complex)),
        call(drawn(2, made=lambda r: np.concatenate((r + 1j, r - 1j)))),
        call(drawn(3, 3)),
        call([drawn(), 2.0, drawn()]),
        call(drawn(2, 2, dtype=complex)),
        call(drawn(0)),
    ],
    reads_values=True,
)
@composed(np.poly)
def poly(seq_of_zeros):
    """The polynomial with given roots, or the characteristic polynomial of a matrix.

    The gradient of a root is -sum(gy[1:] * q), where q are the coefficients of the product of the other
    factors (x - root); for a matrix it continues through its eigenvalues. Where complex roots come in pairs,
    the result is real, and the gradient is that of the real parts.

    Parameters
    ----------
    seq_of_zeros : Variable or ndarray
        Roots, or a square matrix.

    Returns
    -------
    Variable
        Coefficients, the highest power first, which has the coefficient 1.

    Raises
    ------
    ValueError
        When it is neither a vector nor a square matrix.

    Examples
    --------
    >>> poly(Variable(np.array([1.0, 2.0])))
    variable([ 1. -3.  2.])
    """
    if isinstance(seq_of_zeros, (list, tuple)):
        seq_of_zeros = stack(seq_of_zeros)
    r = np.atleast_1d(seq_of_zeros)
    if r.ndim == 2 and r.shape[0] == r.shape[1] != 0:
        r = eigvals(r)
    elif r.ndim != 1:
        raise ValueError("input must be 1d or non-empty square 2d array.")
    if len(r) == 0:
        return as_variable(np.array(1.0))
    r = r.astype(np.mintypecode(r.dtype.char))
    one = np.ones(1, r.dtype)
    y = one
    for i in range(len(r)):
        y = convolve(y, np.concatenate((one, -r[i : i + 1])))
    if r.dtype.kind == "c":
        z = array_of_any(r).astype(complex)
        y = real(y) if np.all(np.sort(z) == np.sort(z.conj())) else y
    return y
