"""Functions that act element by element: their value is a ufunc's, their rule one line."""

import numpy as np

from leopard import _core
from leopard.functions._registry import Elementwise, Primitive

anywhere = (-2.0, 2.0)
positive = (0.2, 2.0)


class Add(Elementwise):
    """Sum, x0 + x1.

    The gradients are gy and gy.

    Examples
    --------
    >>> add(Variable(np.array(2.0)), 3.0)
    variable(5.0)
    """

    ufunc = np.add
    operator = "add"
    domain = [anywhere, anywhere]

    def backward(self, gy):
        return gy, gy


add = Add.operation


class Sub(Elementwise):
    """Difference, x0 - x1.

    The gradients are gy and -gy.

    Examples
    --------
    >>> sub(Variable(np.array(2.0)), 3.0)
    variable(-1.0)
    """

    ufunc = np.subtract
    operator = "sub"
    domain = [anywhere, anywhere]

    def backward(self, gy):
        return gy, -gy


sub = Sub.operation


def rsub(x0, x1):
    """Difference the other way round, x1 - x0.

    Examples
    --------
    >>> rsub(Variable(np.array(2.0)), 3.0)
    variable(1.0)
    """
    return sub(x1, x0)


class Mul(Elementwise):
    """Product, x0 * x1.

    The gradients are gy * x1 and gy * x0.

    Examples
    --------
    >>> mul(Variable(np.array(2.0)), 3.0)
    variable(6.0)
    """

    ufunc = np.multiply
    operator = "mul"
    domain = [anywhere, anywhere]

    def backward(self, gy):
        x0, x1 = self.inputs
        return gy * x1, gy * x0


mul = Mul.operation


class Neg(Elementwise):
    """Negative, -x.

    The gradient is -gy.

    Examples
    --------
    >>> neg(Variable(np.array(2.0)))
    variable(-2.0)
    """

    ufunc = np.negative
    operator = "neg"

    def backward(self, gy):
        return -gy


neg = Neg.operation


class Div(Elementwise):
    """Quotient, x0 / x1.

    The gradients are gy / x1 and -gy * x0 / x1**2. Division by zero is NumPy's: a warning and inf
    or nan, as `np.errstate` has it.

    Examples
    --------
    >>> div(Variable(np.array(3.0)), 2.0)
    variable(1.5)
    """

    ufunc = np.true_divide
    operator = "div"
    domain = [anywhere, positive]

    def backward(self, gy):
        x1 = self.inputs[1]
        gx0 = gy / x1
        return gx0, -gx0 * self.output


div = Div.operation


def rdiv(x0, x1):
    """Quotient the other way round, x1 / x0.

    Examples
    --------
    >>> rdiv(Variable(np.array(2.0)), 3.0)
    variable(1.5)
    """
    return div(x1, x0)


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
        return 2 * x * gy


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
    domain = [positive]

    def backward(self, gy):
        return gy / (2 * self.output)


sqrt = Sqrt.operation


class Reciprocal(Elementwise):
    """Reciprocal, 1 / x.

    The gradient is -gy * y**2.

    Examples
    --------
    >>> reciprocal(Variable(np.array(2.0)))
    variable(0.5)
    """

    ufunc = np.reciprocal
    domain = [positive]

    def backward(self, gy):
        y = self.output
        return -gy * (y * y)


reciprocal = Reciprocal.operation


class Pow(Elementwise):
    """Power, x0 ** x1.

    The gradients are gy * x1 * x0**(x1 - 1), which is 0 where x1 is 0, and gy * y * log(x0), which
    is 0 where x0 is 0. A constant exponent gets no gradient, so x0 may then be negative.

    The exponents 2, 0.5 and -1 are a square, a square root and a reciprocal, as in NumPy's own
    operator.

    Examples
    --------
    >>> pow(Variable(np.array(2.0)), 3)
    variable(8.0)
    """

    ufunc = np.power
    operator = "pow"
    domain = [positive, anywhere]
    special = {2: Square, 0.5: Sqrt, -1: Reciprocal}

    def backward(self, gy):
        x0, x1 = self.inputs
        lower = x1 - abs(sign(x1))  # one less, but 0 stays: 0 * x**-1 would be nan at 0
        gx0 = gy * (x1 * x0**lower)
        if not self.wanted[1]:
            return gx0, None
        nonzero = x0 + (1 - abs(sign(x0)))  # 0 becomes 1, so that 0**x1 has the gradient 0
        return gx0, gy * (self.output * log(nonzero))


pow = Pow.operation


class Exp(Elementwise):
    """Exponential, e**x.

    The gradient is gy * y.

    Examples
    --------
    >>> exp(Variable(np.array(0.0)))
    variable(1.0)
    """

    ufunc = np.exp

    def backward(self, gy):
        return gy * self.output


exp = Exp.operation


class Log(Elementwise):
    """Natural logarithm, for positive x.

    The gradient is gy / x.

    Examples
    --------
    >>> log(Variable(np.array(1.0)))
    variable(0.0)
    """

    ufunc = np.log
    domain = [positive]

    def backward(self, gy):
        (x,) = self.inputs
        return gy / x


log = Log.operation


class Sin(Elementwise):
    """Sine of x in radians.

    The gradient is gy * cos(x).

    Examples
    --------
    >>> sin(Variable(np.array(0.0)))
    variable(0.0)
    """

    ufunc = np.sin

    def backward(self, gy):
        (x,) = self.inputs
        return gy * cos(x)


sin = Sin.operation


class Cos(Elementwise):
    """Cosine of x in radians.

    The gradient is -gy * sin(x).

    Examples
    --------
    >>> cos(Variable(np.array(0.0)))
    variable(1.0)
    """

    ufunc = np.cos

    def backward(self, gy):
        (x,) = self.inputs
        return -gy * sin(x)


cos = Cos.operation


class Tanh(Elementwise):
    """Hyperbolic tangent.

    The gradient is gy * (1 - y**2).

    Examples
    --------
    >>> tanh(Variable(np.array(0.0)))
    variable(0.0)
    """

    ufunc = np.tanh

    def backward(self, gy):
        y = self.output
        return gy * (1 - y * y)


tanh = Tanh.operation


class Sign(Elementwise):
    """-1, 0 or 1.

    The gradient is 0 everywhere: None is returned.

    Examples
    --------
    >>> sign(Variable(np.array(-3.0)))
    variable(-1.0)
    """

    ufunc = np.sign
    domain = [positive]

    def backward(self, gy):
        return None


sign = Sign.operation


class Abs(Elementwise):
    """Absolute value.

    The gradient is gy * sign(x), 0 at x = 0.

    Examples
    --------
    >>> abs(Variable(np.array(-3.0)))
    variable(3.0)
    """

    ufunc = np.absolute
    operator = "abs"
    smooth = False

    def backward(self, gy):
        (x,) = self.inputs
        return gy * sign(x)


abs = Abs.operation


class Maximum(Elementwise):
    """The larger of x0 and x1; nan where either is nan.

    The gradient goes to the larger; at a tie each gets half.

    Examples
    --------
    >>> maximum(Variable(np.array(2.0)), 3.0)
    variable(3.0)
    """

    ufunc = np.maximum
    domain = [anywhere, anywhere]
    smooth = False

    def backward(self, gy):
        x0, x1 = self.inputs
        tie = gy * 0.5 * (x0 == x1)
        return gy * (x0 > x1) + tie, gy * (x1 > x0) + tie


maximum = Maximum.operation


class Minimum(Elementwise):
    """The smaller of x0 and x1; nan where either is nan.

    The gradient goes to the smaller; at a tie each gets half.

    Examples
    --------
    >>> minimum(Variable(np.array(2.0)), 3.0)
    variable(2.0)
    """

    ufunc = np.minimum
    domain = [anywhere, anywhere]
    smooth = False

    def backward(self, gy):
        x0, x1 = self.inputs
        tie = gy * 0.5 * (x0 == x1)
        return gy * (x0 < x1) + tie, gy * (x1 < x0) + tie


minimum = Minimum.operation


class _Comparison(Primitive, abstract=True):
    """A comparison in a rule, as it is recorded while the rule is read.

    Anywhere else comparing Variables is NumPy's own comparison of their values.
    """

    ufunc = None

    def backward(self, gy):
        return None, None


class _Less(_Comparison, listed=False):
    ufunc = np.less


class _LessEqual(_Comparison, listed=False):
    ufunc = np.less_equal


class _Equal(_Comparison, listed=False):
    ufunc = np.equal


class _NotEqual(_Comparison, listed=False):
    ufunc = np.not_equal


class _Greater(_Comparison, listed=False):
    ufunc = np.greater


class _GreaterEqual(_Comparison, listed=False):
    ufunc = np.greater_equal


for _sign, _cls in enumerate([_Less, _LessEqual, _Equal, _NotEqual, _Greater, _GreaterEqual]):
    _core.set_comparison(_sign, _cls.operation)
_core.connect(add=add)
