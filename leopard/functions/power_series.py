"""Polynomials in two variables, lowest powers first: the two of `numpy.polynomial` that ask Variables."""

import numpy as np

from leopard.functions._registry import call, drawn, implements
from leopard.functions.linalg import composed, operand

__all__ = ["polygrid2d", "polyval2d"]


def _value(x, c, tensor):
    """`numpy.polynomial.polynomial.polyval`, by Horner's rule."""
    x, c = operand(x), operand(c)
    c = c.reshape((1,)) if c.ndim == 0 else c
    c = c + 0.0 if c.dtype.kind in "biu" else c
    if tensor:
        c = c.reshape(c.shape + (1,) * x.ndim)
    y = c[-1] + x * 0
    for i in range(2, len(c) + 1):
        y = c[-i] + y * x
    return y


_forms = [
    call(drawn(3), drawn(3), drawn(2, 3)),
    call(drawn(), drawn(), drawn(3, 2)),
    call(drawn(2, 2), drawn(2, 2), [[1, 2], [3, 4]]),
    call(drawn(2), drawn(2), drawn(2, 2, 3)),
    call(drawn(2, dtype=complex), np.array([1.0, 2.0]), drawn(2, 2)),
    call([0.5, 2.0], [1, 2], drawn(2, 3, dtype=complex)),
]


@implements(np.polynomial.polynomial.polyval2d, cases=_forms)
@composed(np.polynomial.polynomial.polyval2d)
def polyval2d(x, y, c):
    """Value of a polynomial in two variables: the sum of c[i, j] * x**i * y**j.

    The gradients are those of Horner's rule, for one variable after the other.

    Parameters
    ----------
    x, y : Variable or ndarray
        Of the same shape.
    c : Variable or ndarray
        Coefficients, the lowest powers first; further axes hold further polynomials.

    Returns
    -------
    Variable

    Raises
    ------
    ValueError
        When the shapes of x and y differ.

    Examples
    --------
    >>> polyval2d(Variable(np.array(2.0)), 3.0, np.array([[1.0, 1.0], [1.0, 1.0]]))
    variable(12.0)
    """
    x, y = operand(x), operand(y)
    if x.shape != y.shape:
        raise ValueError("x, y are incompatible")
    return _value(y, _value(x, c, True), False)


@implements(np.polynomial.polynomial.polygrid2d, cases=[*_forms, call(drawn(2), drawn(3), drawn(2, 2))])
@composed(np.polynomial.polynomial.polygrid2d)
def polygrid2d(x, y, c):
    """Values of a polynomial in two variables at every pair of an x and a y.

    The gradients are those of `polyval2d`, summed over the pairs.

    Parameters
    ----------
    x, y : Variable or ndarray
    c : Variable or ndarray
        Coefficients, the lowest powers first.

    Returns
    -------
    Variable
        Of the shape of x and that of y.

    Examples
    --------
    >>> polygrid2d(Variable(np.array([0.0, 2.0])), [1.0, 3.0], np.array([[1.0, 1.0], [1.0, 1.0]]))
    variable([[ 2.  4.]
              [ 6. 12.]])
    """
    return _value(y, _value(x, c, True), True)
