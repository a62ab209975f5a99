"""Arithmetic, signs, extrema of two operands and comparisons, element by element."""

import numpy as np

from leopard import _core
from leopard._numeric.choice import choice
from leopard.functions._primitives import Elementwise, Primitive
from leopard.functions._registry import call, drawn, implements
from leopard.functions.basic.complex import conj

__all__ = [
    "abs",
    "add",
    "copysign",
    "div",
    "fabs",
    "fmax",
    "fmin",
    "maximum",
    "minimum",
    "mul",
    "neg",
    "positive",
    "rdiv",
    "rsub",
    "sign",
    "sub",
]

anywhere = (-2.0, 2.0)
above_0 = (0.2, 2.0)


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


@implements(plain=lambda x0, x1: x1 - x0, cases=[call(drawn(2, 3), drawn(3)), call(drawn(), drawn())])
def rsub(x0, x1):
    """Difference with exchanged operands, x1 - x0.

    The gradients are -gy and gy.

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
        return gy * conj(x1), gy * conj(x0)


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


class Positive(Elementwise):
    """x itself, +x.

    The gradient is gy.

    Examples
    --------
    >>> positive(Variable(np.array(2.0)))
    variable(2.0)
    """

    ufunc = np.positive

    def backward(self, gy):
        return gy


positive = Positive.operation


class Div(Elementwise):
    """Quotient, x0 / x1.

    The gradients are gy / x1 and -gy * x0 / x1**2. Division by zero gives inf or nan with NumPy's warning,
    subject to `np.errstate`.

    Examples
    --------
    >>> div(Variable(np.array(3.0)), 2.0)
    variable(1.5)
    """

    ufunc = np.true_divide
    operator = "div"
    domain = [anywhere, above_0]

    def backward(self, gy):
        x1 = self.inputs[1]
        gx0 = gy / conj(x1)
        return gx0, -gx0 * conj(self.output)


div = Div.operation


@implements(
    plain=lambda x0, x1: x1 / x0,
    cases=[call(drawn(2, 3, low=0.2), drawn(3)), call(drawn(low=0.2), drawn())],
)
def rdiv(x0, x1):
    """Quotient with exchanged operands, x1 / x0.

    The gradients are -gy * x1 / x0**2 and gy / x0.

    Examples
    --------
    >>> rdiv(Variable(np.array(2.0)), 3.0)
    variable(1.5)
    """
    return div(x1, x0)


class Sign(Elementwise):
    """Sign of x: -1, 0 or 1; for a complex x, x / abs(x).

    The gradient is 0 everywhere, returned as None. For a complex x it is (gy - y**2 * conj(gy)) / (2 *
    abs(x)), the part of gy at a right angle to y, over abs(x); and 0 at x = 0.

    Examples
    --------
    >>> sign(Variable(np.array(-3.0)))
    variable(-1.0)
    """

    ufunc = np.sign
    domain = [above_0]

    def backward(self, gy):
        (x,) = self.inputs
        if x.dtype.kind != "c":
            return None
        y = self.output
        gy = chosen(x != 0, gy)
        across = gy - y * y * conj(gy)
        return 0.5 * across / (x * conj(y) + (x == 0))


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


class Fabs(Elementwise):
    """Absolute value of a real number, in a floating-point type.

    The gradient is gy * sign(x), 0 at x = 0.

    Examples
    --------
    >>> fabs(Variable(np.array(-3.0)))
    variable(3.0)
    """

    ufunc = np.fabs
    smooth = False

    def backward(self, gy):
        (x,) = self.inputs
        return gy * sign(x)


fabs = Fabs.operation


class CopySign(Elementwise):
    """The absolute value of x0 with the sign of x1, also where x1 is 0 or -0.

    The gradient of x0 is gy where both signs are the same, -gy where they differ, and 0 at x0 = 0, where the
    value has a kink. x1 has no gradient.

    Examples
    --------
    >>> copysign(Variable(np.array(2.0)), -0.0)
    variable(-2.0)
    """

    ufunc = np.copysign
    domain = [anywhere, anywhere]
    smooth = False

    def backward(self, gy):
        x0, x1 = self.inputs
        return gy * (sign(x0) * copysign(1, x1)) if self.wanted[0] else None, None


copysign = CopySign.operation


class _Chosen(Primitive, listed=False):
    """x1 where x0 is true, and 0 elsewhere, also where x1 is infinite or nan.

    The gradient of x1 is gy where x0 is true, and 0 elsewhere. Rules use it in place of a product with a
    mask, since 0 * inf is nan.
    """

    ufunc = choice
    n_inputs = 2
    broadcasts = True
    selects_elements = True
    multilinear = False  # it is linear in x1 alone; the tangent follows from its loops

    def forward(self, x0, x1):
        return choice(x0, x1)

    def backward(self, gy):
        return None, chosen(self.inputs[0], gy)


chosen = _Chosen.operation


class Maximum(Elementwise):
    """The larger of x0 and x1; nan where either is nan.

    The gradient goes to the larger; at a tie each gets half.

    Examples
    --------
    >>> maximum(Variable(np.array(2.0)), 3.0)
    variable(3.0)
    """

    ufunc = np.maximum
    selects_elements = True
    domain = [anywhere, anywhere]
    smooth = False

    def backward(self, gy):
        x0, x1 = self.inputs
        half = chosen(x0 == x1, gy) * 0.5
        return chosen(x0 > x1, gy) + half, chosen(x1 > x0, gy) + half


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
    selects_elements = True
    domain = [anywhere, anywhere]
    smooth = False

    def backward(self, gy):
        x0, x1 = self.inputs
        half = chosen(x0 == x1, gy) * 0.5
        return chosen(x0 < x1, gy) + half, chosen(x1 < x0, gy) + half


minimum = Minimum.operation


class FMax(Elementwise):
    """The larger of x0 and x1; where one is nan, the other.

    The gradient goes to the one that is taken; at a tie each gets half, and nan never gets any.

    Examples
    --------
    >>> fmax(Variable(np.array(2.0)), np.nan)
    variable(2.0)
    """

    ufunc = np.fmax
    domain = [anywhere, anywhere]
    smooth = False
    selects_elements = True

    def backward(self, gy):
        return _to_the_one_taken(gy, *self.inputs, self.output)


fmax = FMax.operation


class FMin(Elementwise):
    """The smaller of x0 and x1; where one is nan, the other.

    The gradient goes to the one that is taken; at a tie each gets half, and nan never gets any.

    Examples
    --------
    >>> fmin(Variable(np.array(2.0)), np.nan)
    variable(2.0)
    """

    ufunc = np.fmin
    domain = [anywhere, anywhere]
    smooth = False
    selects_elements = True

    def backward(self, gy):
        return _to_the_one_taken(gy, *self.inputs, self.output)


fmin = FMin.operation


def _to_the_one_taken(gy, x0, x1, y):
    share = chosen(x0 != x1, gy) + chosen(x0 == x1, gy) * 0.5
    return chosen(x0 == y, share), chosen(x1 == y, share)


class _Comparison(Primitive, abstract=True):
    """The base class of comparisons, which are recorded while a rule is read.

    Anywhere else a comparison of Variables is NumPy's comparison of their values. There is no gradient.
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
