"""Powers and roots."""

import numpy as np

from leopard.functions._primitives import Elementwise
from leopard.functions._registry import call, drawn
from leopard.functions.basic.arithmetic import above_0, abs, anywhere, copysign
from leopard.functions.basic.complex import conj
from leopard.functions.math.exponentials import log

_constants = [2, 3, -1, 0.5, 1, 0, -2, 2.5, 1.0]  # exponents

__all__ = ["cbrt", "float_power", "pow", "reciprocal", "sqrt", "square"]


class Square(Elementwise):
    """Square, x * x.

    The gradient is 2 * x * gy.

    Examples
    --------
    >>> square(Variable(np.array(3.0)))
    variable(9.0)
    """

    ufunc = np.square

    def backward(self, gy):
        (x,) = self.inputs
        return 2 * conj(x) * gy


square = Square.operation


class Sqrt(Elementwise):
    """Square root, for x of at least 0.

    The gradient is gy / (2 * y), infinite at 0.

    Examples
    --------
    >>> sqrt(Variable(np.array(4.0)))
    variable(2.0)
    """

    ufunc = np.sqrt
    domain = [above_0]

    def backward(self, gy):
        return gy / (2 * conj(self.output))


sqrt = Sqrt.operation


class Cbrt(Elementwise):
    """Cube root, which is defined for negative x, too.

    The gradient is gy / (3 * y**2), infinite at 0.

    Examples
    --------
    >>> cbrt(Variable(np.array(-8.0)))
    variable(-2.0)
    """

    ufunc = np.cbrt
    domain = [above_0]

    def backward(self, gy):
        y = self.output
        return gy / (3 * (y * y))


cbrt = Cbrt.operation


class Reciprocal(Elementwise):
    """Reciprocal, 1 / x.

    The gradient is -gy * y**2.

    Examples
    --------
    >>> reciprocal(Variable(np.array(2.0)))
    variable(0.5)
    """

    ufunc = np.reciprocal
    domain = [above_0]

    def backward(self, gy):
        y = conj(self.output)
        return -gy * y * y  # from left to right, because y * y may overflow


reciprocal = Reciprocal.operation


class Pow(Elementwise):
    """Power, x0 ** x1.

    The gradients are gy * x1 * x0**(x1 - 1), which is 0 where x1 is 0, and gy * y * log(x0), which is 0 where
    x0 is 0. A constant exponent has no gradient, so x0 may then be negative. Higher derivatives are exact
    where x0 is not 0, for every exponent, 0 and other whole numbers included.

    The Python numbers 2, 0.5 and -1 as exponents become `square`, `sqrt` and `reciprocal`, as in NumPy's
    operator.

    Examples
    --------
    >>> pow(Variable(np.array(2.0)), 3)
    variable(8.0)
    """

    ufunc = np.power
    operator = "pow"
    domain = [above_0, anywhere]
    number_specialisations = {2: Square, 0.5: Sqrt, -1: Reciprocal}
    cases = [
        *[call(drawn(low=0.2), c) for c in _constants],
        *[call(drawn(2, 3, low=0.2), c) for c in _constants],
        call(2.0, drawn()),
        call(2.0, drawn(2, 3)),
    ]

    def plain(x0, x1):
        return x0**x1

    def backward(self, gy):
        power = type(self).operation
        x0, x1 = self.inputs
        lower = x1 - 1.0  # not x1 - 1, which may overflow in an integer dtype
        gx0 = gy * conj(x1 * power(_base(x0, x1), lower)) if self.wanted[0] else None
        if not self.wanted[1]:
            return gx0, None
        nonzero = x0 + (x0 == 0)  # 0 becomes 1, so that 0**x1 has the gradient 0
        if x1.dtype.kind == "c":
            nonzero = nonzero - (x1 - x1)  # made complex, where a negative x0 has a logarithm
        elif x0.dtype.kind != "c":
            nonzero = nonzero * abs(copysign(1, x1))  # times 1 in the dtype of x1, for the logarithm's dtype
        return gx0, gy * conj(self.output * log(nonzero))


pow = Pow.operation


def _base(x0, x1):
    """x0, plus 1 where x1 is 0 and 1 / x0 is infinite, since x1 * x0**(x1 - 1) would be 0 * inf there.

    The exponent is not changed: where it is 0, the next derivative with respect to it is x0**(x1 - 1).
    """
    if x0.dtype.kind == "c" or x1.dtype.kind == "c":
        return x0 + (x0 == 0) * ((x1 == 0) * pow(x1, 0))
    smallest = _smallest(x0.dtype, x1.dtype)
    return x0 + (abs(x0) <= smallest - abs(x1 * 1.0))  # times 1.0, because int8 has no abs of -128


def _smallest(*dtypes):
    """The largest number whose reciprocal is infinite in the shortest of the dtypes."""
    return 1.01 / float(min(np.finfo(dtype).max for dtype in (float, *dtypes) if np.dtype(dtype).kind == "f"))


class FloatPower(Pow):
    """Power, x0 ** x1, computed in float64 or in complex128.

    The gradients are those of `pow`: gy * x1 * x0**(x1 - 1) and gy * y * log(x0).

    Examples
    --------
    >>> float_power(Variable(np.array(2.0)), -1)
    variable(0.5)
    """

    name = "float_power"
    ufunc = np.float_power
    operator = None
    plain = None
    cases = []
    number_specialisations = {}


float_power = FloatPower.operation
