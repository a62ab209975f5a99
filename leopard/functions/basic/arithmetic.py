"""Arithmetic, signs and comparisons, element by element: the value is a ufunc's, the rule one line."""

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

    The gradients are gy / x1 and -gy * x0 / x1**2. Division by zero is NumPy's: a warning and inf
    or nan, as `np.errstate` has it.

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
    """Quotient the other way round, x1 / x0.

    Examples
    --------
    >>> rdiv(Variable(np.array(2.0)), 3.0)
    variable(1.5)
    """
    return div(x1, x0)


class Sign(Elementwise):
    """-1, 0 or 1; of a complex x, x / abs(x).

    The gradient is 0 everywhere: None is returned. Of a complex x it is what of gy is not along y, over
    abs(x): (gy - y**2 * conj(gy)) / (2 * abs(x)), and 0 at x = 0.

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
    """The size of x0 with the sign of x1, that of a zero too.

    The gradient of x0 is gy where both signs are the same, -gy where they are not, and 0 at x0 = 0, where
    the value has a kink. There is none of x1.

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
    """x1 where the truth value x0 holds, and 0 elsewhere: also where x1 is infinite or nan there.

    A rule that leaves elements out says so by this, not by a product: 0 * inf is nan.
    """

    ufunc = choice
    n_inputs = 2
    broadcasts = True
    selects_elements = True
    multilinear = False  # it is in x1; its loops are the tangent

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
