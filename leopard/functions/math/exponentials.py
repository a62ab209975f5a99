"""Exponentials and logarithms."""

import math

import numpy as np

from leopard.functions._primitives import Elementwise
from leopard.functions.basic.arithmetic import above_0, anywhere, chosen, maximum, minimum
from leopard.functions.basic.complex import conj

__all__ = ["exp", "exp2", "expm1", "log", "log10", "log1p", "log2", "logaddexp", "logaddexp2"]


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
        return gy * conj(self.output)


exp = Exp.operation


class Exp2(Elementwise):
    """Power of two, 2**x.

    The gradient is gy * y * log(2).

    Examples
    --------
    >>> exp2(Variable(np.array(3.0)))
    variable(8.0)
    """

    ufunc = np.exp2

    def backward(self, gy):
        return gy * (conj(self.output) * math.log(2))


exp2 = Exp2.operation


class Expm1(Elementwise):
    """Exponential minus one, e**x - 1, accurate where x is small.

    The gradient is gy * exp(x). (It is not computed as gy * (y + 1), which is 0 for x below -37.)

    Examples
    --------
    >>> expm1(Variable(np.array(0.0)))
    variable(0.0)
    """

    ufunc = np.expm1

    def backward(self, gy):
        (x,) = self.inputs
        return gy * conj(exp(x))


expm1 = Expm1.operation


class Log(Elementwise):
    """Natural logarithm, for positive x.

    The gradient is gy / x.

    Examples
    --------
    >>> log(Variable(np.array(1.0)))
    variable(0.0)
    """

    ufunc = np.log
    domain = [above_0]

    def backward(self, gy):
        (x,) = self.inputs
        return gy / conj(x)


log = Log.operation


class Log2(Elementwise):
    """Logarithm to base 2, for positive x.

    The gradient is gy / (x * log(2)).

    Examples
    --------
    >>> log2(Variable(np.array(8.0)))
    variable(3.0)
    """

    ufunc = np.log2
    domain = [above_0]

    def backward(self, gy):
        (x,) = self.inputs
        return gy / (conj(x) * math.log(2))


log2 = Log2.operation


class Log10(Elementwise):
    """Logarithm to base 10, for positive x.

    The gradient is gy / (x * log(10)).

    Examples
    --------
    >>> log10(Variable(np.array(100.0)))
    variable(2.0)
    """

    ufunc = np.log10
    domain = [above_0]

    def backward(self, gy):
        (x,) = self.inputs
        return gy / (conj(x) * math.log(10))


log10 = Log10.operation


class Log1p(Elementwise):
    """Logarithm of 1 + x, accurate where x is small, for x above -1.

    The gradient is gy / (1 + x).

    Examples
    --------
    >>> log1p(Variable(np.array(0.0)))
    variable(0.0)
    """

    ufunc = np.log1p
    domain = [above_0]

    def backward(self, gy):
        (x,) = self.inputs
        return gy / (1 + conj(x))


log1p = Log1p.operation


class LogAddExp(Elementwise):
    """Logarithm of a sum of exponentials, log(e**x0 + e**x1), without overflow.

    The gradients are gy times the shares of the terms in the sum, gy / (1 + e**(x1 - x0)) and gy / (1 +
    e**(x0 - x1)), computed without overflow and to the last digits. At equal infinities, such as two
    logarithms of 0, both shares are 1/2.

    Examples
    --------
    >>> logaddexp(Variable(np.array(0.0)), -np.inf)
    variable(0.0)
    """

    ufunc = np.logaddexp
    may_raise_spuriously = True
    domain = [anywhere, anywhere]

    def backward(self, gy):
        return _to_the_shares(gy, *_shares(exp, *self.inputs, self.output))


logaddexp = LogAddExp.operation


class LogAddExp2(Elementwise):
    """Logarithm to base 2 of a sum of powers of two, log2(2**x0 + 2**x1), without overflow.

    The gradients are gy times the shares of the terms in the sum, gy / (1 + 2**(x1 - x0)) and
    gy / (1 + 2**(x0 - x1)). At equal infinities both shares are 1/2.

    Examples
    --------
    >>> logaddexp2(Variable(np.array(3.0)), 3.0)
    variable(4.0)
    """

    ufunc = np.logaddexp2
    may_raise_spuriously = True
    domain = [anywhere, anywhere]

    def backward(self, gy):
        return _to_the_shares(gy, *_shares(exp2, *self.inputs, self.output))


logaddexp2 = LogAddExp2.operation


def _shares(power, x0, x1, y):
    """The shares of power(x0) and power(x1) in their sum, computed with the larger term scaled to 1."""
    difference = _bounded(x0, x1, y) - _bounded(x1, x0, y)
    term0, term1 = power(minimum(difference, 0)), power(minimum(-difference, 0))
    total = term0 + term1
    return term0 / total, term1 / total


def _to_the_shares(gy, *shares):
    """gy times each share, and 0 where the share is 0, also for an infinite gy."""
    return tuple([chosen(share != 0, gy) * share for share in shares])


def _bounded(x, *others):
    """x with infinities replaced by large finite numbers, so that equal infinities differ by 0."""
    types = [np.dtype(float), *[v.dtype for v in (x, *others) if v.dtype.kind == "f"]]
    large = float(min(np.finfo(dtype).max for dtype in types)) / 2
    return maximum(minimum(x, large), -large)
