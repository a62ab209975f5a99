"""Hyperbolic functions and their inverses."""

import numpy as np

from leopard.functions._primitives import Elementwise
from leopard.functions._registry import call, drawn, implements
from leopard.functions.basic.arithmetic import abs, copysign
from leopard.functions.basic.complex import conj
from leopard.functions.basic.indexing import where
from leopard.functions.basic.shape import floating, operand, plain
from leopard.functions.math.exponentials import exp
from leopard.functions.math.powers import reciprocal, sqrt
from leopard.functions.math.trigonometry import hypot

__all__ = [
    "arccosh",
    "arccoth",
    "arccsch",
    "arcsinh",
    "arctanh",
    "cosh",
    "coth",
    "csch",
    "sech",
    "sinh",
    "tanh",
]


class Sinh(Elementwise):
    """Hyperbolic sine.

    The gradient is gy * cosh(x).

    Examples
    --------
    >>> sinh(Variable(np.array(0.0)))
    variable(0.0)
    """

    ufunc = np.sinh

    def backward(self, gy):
        (x,) = self.inputs
        return gy * conj(cosh(x))


sinh = Sinh.operation


class Cosh(Elementwise):
    """Hyperbolic cosine.

    The gradient is gy * sinh(x).

    Examples
    --------
    >>> cosh(Variable(np.array(0.0)))
    variable(1.0)
    """

    ufunc = np.cosh

    def backward(self, gy):
        (x,) = self.inputs
        return gy * conj(sinh(x))


cosh = Cosh.operation


class Tanh(Elementwise):
    """Hyperbolic tangent.

    The gradient is gy * (1 - y**2).

    Its absolute error is a rounding of 1: for abs(x) above 19 it is 0, where `sech(x)**2` is small but not 0.
    That formula has all digits, and takes ten times as long.

    Examples
    --------
    >>> tanh(Variable(np.array(0.0)))
    variable(0.0)
    """

    ufunc = np.tanh

    def backward(self, gy):
        y = conj(self.output)
        return gy * (1 - y * y)


tanh = Tanh.operation


class Arcsinh(Elementwise):
    """Inverse hyperbolic sine.

    The gradient is gy / sqrt(x**2 + 1), computed without overflow. For a complex x it is computed as
    gy / conj(cosh(y)), so that on a branch cut it belongs to the same side as y.

    Examples
    --------
    >>> arcsinh(Variable(np.array(0.0)))
    variable(0.0)
    """

    ufunc = np.arcsinh

    def backward(self, gy):
        (x,) = self.inputs
        return gy / (conj(cosh(self.output)) if x.dtype.kind == "c" else hypot(x, 1))


arcsinh = Arcsinh.operation


class Arccosh(Elementwise):
    """Inverse hyperbolic cosine, for x of at least 1.

    The gradient is gy / (sqrt(x - 1) * sqrt(x + 1)), infinite at 1.

    Examples
    --------
    >>> arccosh(Variable(np.array(1.0)))
    variable(0.0)
    """

    ufunc = np.arccosh
    domain = [(1.2, 3.0)]

    def backward(self, gy):
        (x,) = self.inputs
        # x - -1, because x + 1 makes 0j of an imaginary part -0, which is on the other side of the cut.
        return gy / conj(sqrt(x - 1) * sqrt(x - -1))


arccosh = Arccosh.operation


class Arctanh(Elementwise):
    """Inverse hyperbolic tangent, for x between -1 and 1.

    The gradient is gy / ((1 - x) * (1 + x)), infinite at both ends.

    Examples
    --------
    >>> arctanh(Variable(np.array(0.0)))
    variable(0.0)
    """

    ufunc = np.arctanh
    domain = [(-0.8, 0.8)]

    def backward(self, gy):
        x = conj(self.inputs[0])
        return gy / ((1 - x) * (1 + x))


arctanh = Arctanh.operation


@implements(
    plain=lambda x: 1 / np.tanh(x),
    exact=False,
    cases=[call(drawn(low=0.2)), call(drawn(2, 3, low=0.2))],
    reads_values=True,
)
def coth(x):
    """Hyperbolic cotangent, 1 / tanh(x).

    The gradient is gy * (1 - y**2).

    Examples
    --------
    >>> coth(Variable(np.array(np.inf)))
    variable(1.0)
    """
    return reciprocal(tanh(x))


def _with_tail(f, x, tail):
    """f(x), and for abs(x) above 20 `tail` of 2 * e**-abs(x), which equals it there and does not overflow."""
    x = operand(x)
    far = x.dtype.kind != "c" and np.abs(plain(floating(x))) > 20
    if not np.any(far):
        return f(x)
    x = floating(x)
    return where(far, tail(2 * exp(-abs(x)), x), f(where(far, 1.0, x)))


@implements(
    plain=lambda x: 1 / np.cosh(x),
    exact=False,
    cases=[call(drawn()), call(drawn(2, 3))],
    reads_values=True,
)
def sech(x):
    """Hyperbolic secant, 1 / cosh(x).

    The gradient is -gy * y * tanh(x).

    Examples
    --------
    >>> sech(Variable(np.array(0.0)))
    variable(1.0)
    """
    return _with_tail(lambda x: reciprocal(cosh(x)), x, lambda tail, x: tail)


@implements(
    plain=lambda x: 1 / np.sinh(x),
    exact=False,
    cases=[call(drawn(low=0.2)), call(drawn(2, 3, low=0.2))],
    reads_values=True,
)
def csch(x):
    """Hyperbolic cosecant, 1 / sinh(x).

    The gradient is -gy * y * coth(x).

    Examples
    --------
    >>> csch(Variable(np.array(np.inf)))
    variable(0.0)
    """
    return _with_tail(lambda x: reciprocal(sinh(x)), x, copysign)


@implements(
    plain=lambda x: np.arctanh(1 / x),
    exact=False,
    cases=[call(drawn(low=1.2, high=3.0)), call(drawn(2, 3, low=1.2, high=3.0))],
)
def arccoth(x):
    """Inverse hyperbolic cotangent, arctanh(1 / x), for abs(x) above 1.

    The gradient is gy / (1 - x**2).

    Examples
    --------
    >>> arccoth(Variable(np.array(np.inf)))
    variable(0.0)
    """
    return arctanh(reciprocal(floating(x)))


@implements(
    plain=lambda x: np.arcsinh(1 / x), exact=False, cases=[call(drawn(low=0.2)), call(drawn(2, 3, low=0.2))]
)
def arccsch(x):
    """Inverse hyperbolic cosecant, arcsinh(1 / x).

    The gradient is -gy / (abs(x) * sqrt(1 + x**2)).

    Examples
    --------
    >>> arccsch(Variable(np.array(np.inf)))
    variable(0.0)
    """
    return arcsinh(reciprocal(floating(x)))
