"""The functions of `numpy.emath`, whose results are complex where the real functions are not defined."""

import numpy as np

from leopard.functions._registry import call, drawn, implements
from leopard.functions.basic.shape import astype, composed, operand, plain

__all__ = ["arccos", "arcsin", "arctanh", "log", "log10", "log2", "logn", "power", "sqrt"]


def _complex_if(outside, x):
    """x, in NumPy's complex type for it where `outside` holds for a real element, else as it is."""
    x = operand(x)
    values = plain(x)
    if not np.any(np.isreal(values) & outside(values)):
        return x
    return astype(x, np.emath.sqrt(np.array(-1, x.dtype)).dtype)


def _is_negative(x):
    return x < 0


def _is_beyond_1(x):
    return abs(x) > 1


_of_any_sign = [
    call(drawn(2, 3)),
    call(drawn(4, low=0.5)),
    call(drawn(4, low=-2.0, high=-0.5)),
    call(drawn(3, dtype=complex)),
    call(drawn(low=-2.0, high=-1.0)),
    call(drawn(0)),
]
_sides = np.array([0.3, 1.0, -1.0])  # of numbers beyond 1: within, above, below
_round_1 = [
    call(drawn(2, 3, low=1.2, high=2.8, made=lambda x: x * _sides)),
    call(drawn(4, low=-0.9, high=0.9)),
    call(drawn(3, dtype=complex)),
    call(drawn(low=1.5)),
]


@implements(
    np.emath.sqrt,
    cases=_of_any_sign,
    reads_values=True,
)
@composed(np.emath.sqrt)
def sqrt(x):
    """Square root; all complex if any real x is negative.

    The gradient is gy / conj(2 * y), of a real x its real part.

    Parameters
    ----------
    x : Variable, ndarray or scalar

    Returns
    -------
    Variable

    Examples
    --------
    >>> emath.sqrt(Variable(np.array([-4.0, 9.0])))
    variable([0.+2.j 3.+0.j])
    """
    return np.sqrt(_complex_if(_is_negative, x))


@implements(
    np.emath.log,
    cases=_of_any_sign,
    reads_values=True,
)
@composed(np.emath.log)
def log(x):
    """Natural logarithm; all complex if any real x is negative.

    The gradient is gy / conj(x), of a real x its real part.

    Parameters
    ----------
    x : Variable, ndarray or scalar

    Returns
    -------
    Variable

    Examples
    --------
    >>> imag(emath.log(Variable(np.array(-1.0)))) / np.pi
    variable(1.0)
    """
    return np.log(_complex_if(_is_negative, x))


@implements(
    np.emath.log2,
    cases=_of_any_sign,
    reads_values=True,
)
@composed(np.emath.log2)
def log2(x):
    """Logarithm to base 2; all complex if any real x is negative.

    The gradient is gy / conj(x * log(2)), of a real x its real part.

    Parameters
    ----------
    x : Variable, ndarray or scalar

    Returns
    -------
    Variable

    Examples
    --------
    >>> emath.log2(Variable(np.array(8.0)))
    variable(3.0)
    """
    return np.log2(_complex_if(_is_negative, x))


@implements(
    np.emath.log10,
    cases=_of_any_sign,
    reads_values=True,
)
@composed(np.emath.log10)
def log10(x):
    """Logarithm to base 10; all complex if any real x is negative.

    The gradient is gy / conj(x * log(10)), of a real x its real part.

    Parameters
    ----------
    x : Variable, ndarray or scalar

    Returns
    -------
    Variable

    Examples
    --------
    >>> real(emath.log10(Variable(np.array(-1000.0))))
    variable(3.0)
    """
    return np.log10(_complex_if(_is_negative, x))


@implements(
    np.emath.logn,
    cases=[
        call(2, drawn(2, 3)),
        call(drawn(2, 1, low=1.5, high=3.0), drawn(3, low=0.5)),
        call(drawn(3, low=-3.0, high=-1.5), drawn(3)),
        call(drawn(low=1.5, high=3.0), [-4, -8, 8]),
        call(drawn(dtype=complex), drawn(2, dtype=complex)),
    ],
    reads_values=True,
)
@composed(np.emath.logn)
def logn(n, x):
    """Logarithm to base n, log(x) / log(n); each of them complex if any of its real numbers is negative.

    The gradients are those of this quotient; of real numbers their real parts.

    Parameters
    ----------
    n, x : Variable, ndarray or scalar

    Returns
    -------
    Variable

    Examples
    --------
    >>> emath.logn(2, Variable(np.array(8.0)))
    variable(3.0)
    """
    return np.log(_complex_if(_is_negative, x)) / np.log(_complex_if(_is_negative, n))


@implements(
    np.emath.power,
    cases=[
        call(drawn(2, 3), 2),
        call(drawn(2, 3), 0.5),
        call(drawn(3, low=0.5), -2),
        call(drawn(3, low=0.5), np.array([2, -1, 3])),
        call(drawn(2, 1), drawn(3)),
        call([-2, 4], drawn(2)),
        call(drawn(3, dtype=complex), drawn(dtype=complex)),
    ],
    reads_values=True,
)
@composed(np.emath.power)
def power(x, p):
    """x ** p; complex if any real x is negative, and of floats if any whole p is.

    The gradients are ``gy * conj(p * x**(p-1))`` and ``gy * conj(log(x) * y)``, of real numbers their real
    parts.

    Parameters
    ----------
    x, p : Variable, ndarray or scalar

    Returns
    -------
    Variable

    Examples
    --------
    >>> real(emath.power(Variable(np.array([-2.0, 4.0])), 2))
    variable([ 4. 16.])
    """
    p = operand(p)
    return np.power(_complex_if(_is_negative, x), p * 1.0 if np.any(_is_negative(plain(p))) else p)


@implements(
    np.emath.arccos,
    cases=_round_1,
    reads_values=True,
)
@composed(np.emath.arccos)
def arccos(x):
    """Inverse cosine; all complex if any real x is beyond 1 or -1.

    The gradient is -gy / conj(sqrt(1 - x**2)), of a real x its real part.

    Parameters
    ----------
    x : Variable, ndarray or scalar

    Returns
    -------
    Variable

    Examples
    --------
    >>> real(emath.arccos(Variable(np.array(2.0))))
    variable(0.0)
    """
    return np.arccos(_complex_if(_is_beyond_1, x))


@implements(
    np.emath.arcsin,
    cases=_round_1,
    reads_values=True,
)
@composed(np.emath.arcsin)
def arcsin(x):
    """Inverse sine; all complex if any real x is beyond 1 or -1.

    The gradient is gy / conj(sqrt(1 - x**2)), of a real x its real part.

    Parameters
    ----------
    x : Variable, ndarray or scalar

    Returns
    -------
    Variable

    Examples
    --------
    >>> real(emath.arcsin(Variable(np.array(2.0)))) * 2 / np.pi
    variable(1.0)
    """
    return np.arcsin(_complex_if(_is_beyond_1, x))


@implements(
    np.emath.arctanh,
    cases=_round_1,
    reads_values=True,
)
@composed(np.emath.arctanh)
def arctanh(x):
    """Inverse hyperbolic tangent; all complex if any real x is beyond 1 or -1.

    The gradient is gy / conj(1 - x**2), of a real x its real part.

    Parameters
    ----------
    x : Variable, ndarray or scalar

    Returns
    -------
    Variable

    Examples
    --------
    >>> imag(emath.arctanh(Variable(np.array(2.0)))) * 2 / np.pi
    variable(1.0)
    """
    return np.arctanh(_complex_if(_is_beyond_1, x))
