"""Rounding, whole quotients and remainders.

A rounded value is constant between its jumps: the gradient is 0 everywhere, returned as None.
"""

import numpy as np

from leopard.functions._primitives import Elementwise, Primitive
from leopard.functions._registry import call, drawn, implements
from leopard.functions.basic.arithmetic import above_0, anywhere, chosen

__all__ = [
    "ceil",
    "divmod",
    "fix",
    "floor",
    "floor_divide",
    "fmod",
    "heaviside",
    "remainder",
    "rint",
    "round",
    "trunc",
]


# -- To whole numbers ----------------------------------------------------------------------------


class Floor(Elementwise):
    """The largest whole number that does not exceed x.

    The gradient is 0, returned as None.

    Examples
    --------
    >>> floor(Variable(np.array(-1.5)))
    variable(-2.0)
    """

    ufunc = np.floor
    domain = [(1.1, 1.9)]

    def backward(self, gy):
        return None


floor = Floor.operation


class Ceil(Elementwise):
    """The smallest whole number that is at least x.

    The gradient is 0, returned as None.

    Examples
    --------
    >>> ceil(Variable(np.array(-1.5)))
    variable(-1.0)
    """

    ufunc = np.ceil
    domain = [(1.1, 1.9)]

    def backward(self, gy):
        return None


ceil = Ceil.operation


class Trunc(Elementwise):
    """The whole part of x: x rounded towards 0.

    The gradient is 0, returned as None.

    Examples
    --------
    >>> trunc(Variable(np.array(-1.5)))
    variable(-1.0)
    """

    ufunc = np.trunc
    domain = [(1.1, 1.9)]

    def backward(self, gy):
        return None


trunc = Trunc.operation


class Rint(Elementwise):
    """The nearest whole number, of two equally near ones the even one; for a complex x, of each part.

    The gradient is 0, returned as None.

    Examples
    --------
    >>> rint(Variable(np.array(2.5)))
    variable(2.0)
    """

    ufunc = np.rint
    domain = [(0.6, 1.4)]

    def backward(self, gy):
        return None


rint = Rint.operation


@implements(np.fix, cases=[call(drawn(2, 3)), call(drawn()), call(drawn(0))])
def fix(x):
    """The whole part of x, rounded towards 0: another name of `trunc`.

    The gradient is 0, returned as None.

    Parameters
    ----------
    x : Variable or ndarray

    Returns
    -------
    Variable

    Examples
    --------
    >>> fix(Variable(np.array(-1.5)))
    variable(-1.0)
    """
    return trunc(x)


class Round(Primitive):
    options = ("decimals",)

    def forward(self, x):
        return np.round(x, self.decimals)

    def backward(self, gy):
        return None


@implements(
    np.round,
    np.around,
    method="round",
    cases=[
        call(drawn(2, 3)),
        call(drawn(2, 3, low=1.236, high=1.244), 2),
        call(drawn(), decimals=1),
        call(drawn(3, low=-200.0, high=200.0), decimals=-1),
        call(drawn(2, 3, dtype=complex), 1),
        call(drawn(0, 2), 1),
    ],
)
def round(a, decimals=0):
    """Numbers rounded to a number of decimals; a half is rounded to the even neighbour.

    The gradient is 0, returned as None.

    Parameters
    ----------
    a : Variable or ndarray
    decimals : int
        The number of decimals; -1 rounds to tens, -2 to hundreds.

    Returns
    -------
    Variable

    Examples
    --------
    >>> np.round(Variable(np.array(2.345)), 1)
    variable(2.3)
    """
    return Round.operation(a, decimals)


# -- Quotients and remainders --------------------------------------------------------------------


class FloorDivide(Elementwise):
    """Whole quotient, floor(x0 / x1).

    The gradients are 0, returned as None.

    Examples
    --------
    >>> floor_divide(Variable(np.array(7.0)), 2.0)
    variable(3.0)
    """

    name = "floor_divide"
    ufunc = np.floor_divide
    operator = "floordiv"
    domain = [(6.2, 6.8), (2.1, 2.9)]

    def backward(self, gy):
        return None, None


floor_divide = FloorDivide.operation


class Remainder(Elementwise):
    """Remainder with the sign of x1, x0 % x1 = x0 - x1 * floor(x0 / x1).

    The gradients are gy and -gy * floor(x0 / x1), with the whole quotient that belongs to this remainder.

    Examples
    --------
    >>> remainder(Variable(np.array(-7.0)), 3.0)
    variable(2.0)
    """

    ufunc = np.remainder
    operator = "mod"
    domain = [(6.2, 6.8), (2.1, 2.9)]

    def backward(self, gy):
        x0, x1 = self.inputs
        return gy, -gy * floor_divide(x0, x1)


remainder = Remainder.operation


class FMod(Elementwise):
    """Remainder with the sign of x0, x0 - x1 * trunc(x0 / x1).

    The gradients are gy and -gy * trunc(x0 / x1), with the whole quotient that belongs to this remainder.

    Examples
    --------
    >>> fmod(Variable(np.array(-7.0)), 3.0)
    variable(-1.0)
    """

    ufunc = np.fmod
    domain = [(6.2, 6.8), (2.1, 2.9)]

    def backward(self, gy):
        x0, x1 = self.inputs
        # Not trunc(x0 / x1), which may be too large by one: 1.0 / 0.1 is 10, but the remainder is 0.0999...
        return gy, -gy * rint((x0 - self.output) / x1)


fmod = FMod.operation


class DivMod(Primitive):
    n_inputs = 2
    broadcasts = True

    def forward(self, x0, x1):
        return np.divmod(x0, x1)

    def backward(self, gquotient, gremainder):
        x0, x1 = self.inputs
        return gremainder, -gremainder * floor_divide(x0, x1)


@implements(
    np.divmod,
    operator="divmod",
    cases=[
        call(drawn(2, 3, low=6.2, high=6.8), drawn(3, low=2.1, high=2.9)),
        call(drawn(low=6.2, high=6.8), drawn(low=-2.9, high=-2.1)),
        call(drawn(2, 1, low=6.2, high=6.8), 2.5),
        call(7, drawn(2, low=2.4, high=2.9)),
        call(drawn(0, low=6.2, high=6.8), np.full(1, 2)),
    ],
)
def divmod(x0, x1, /):
    """Whole quotient and remainder: `floor_divide` and `remainder` of x0 and x1.

    The gradients are those of the remainder, gremainder and -gremainder * quotient; the quotient contributes
    nothing.

    Parameters
    ----------
    x0, x1 : Variable, ndarray or scalar

    Returns
    -------
    tuple of Variable

    Examples
    --------
    >>> divmod(Variable(np.array(7.0)), 2.0)
    (variable(3.0), variable(1.0))
    """
    return tuple(DivMod.operation(_beside(x0, x1), _beside(x1, x0)))


def _beside(x, other):
    """A Python number in the dtype that NumPy's promotion gives it with the other operand."""
    if isinstance(x, (int, float)) and hasattr(other, "dtype"):
        return np.asarray(x, np.result_type(x, other.dtype))
    return x


class Heaviside(Elementwise):
    """Unit step: 0 where x0 is negative, 1 where it is positive, x1 where it is 0.

    The gradient of x1 is gy where x0 is 0, and 0 elsewhere. x0 has none.

    Examples
    --------
    >>> heaviside(Variable(np.array(0.0)), 0.5)
    variable(0.5)
    """

    ufunc = np.heaviside
    domain = [above_0, anywhere]
    cases = [call(np.array([0.0, -1.0, 2.0, -0.0]), drawn(4))]
    selects_elements = True

    def backward(self, gy):
        return None, chosen(self.inputs[0] == 0, gy)


heaviside = Heaviside.operation
