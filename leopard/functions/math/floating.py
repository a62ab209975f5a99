"""The parts of floating-point numbers, and replacements for nan and infinities."""

import numpy as np

from leopard._core import Variable, as_variable
from leopard.functions._primitives import Primitive
from leopard.functions._registry import call, drawn, implements
from leopard.functions.basic.complex import Real, imag, real
from leopard.functions.basic.indexing import where
from leopard.functions.basic.shape import operand, plain
from leopard.functions.math.exponentials import exp2

__all__ = ["frexp", "ldexp", "modf", "nan_to_num", "nextafter", "real_if_close"]


# -- Parts ---------------------------------------------------------------------------------------


class ModF(Primitive):
    def forward(self, x):
        return np.modf(x)

    def backward(self, gfraction, gwhole):
        return gfraction


@implements(np.modf, cases=[call(drawn(2, 3)), call(drawn()), call(drawn(0, 2))])
def modf(x, /):
    """Fraction and whole part, each with the sign of x.

    The gradient is gfraction; the whole part contributes nothing.

    Parameters
    ----------
    x : Variable or ndarray

    Returns
    -------
    tuple of Variable

    Examples
    --------
    >>> modf(Variable(np.array(-1.5)))
    (variable(-0.5), variable(-1.0))
    """
    return tuple(ModF.operation(x))


class FrExp(Primitive):
    def forward(self, x):
        return np.frexp(x)

    def backward(self, gmantissa, gexponent):
        _, exponent = frexp(*self.inputs)
        return ldexp(gmantissa, -exponent)


@implements(np.frexp, cases=[call(drawn(2, 3)), call(drawn()), call(drawn(0, 2))])
def frexp(x, /):
    """Mantissa between 0.5 and 1, and power of two: x is mantissa * 2**exponent.

    The gradient is gmantissa * 2**-exponent; the exponent contributes nothing.

    Parameters
    ----------
    x : Variable or ndarray

    Returns
    -------
    tuple of Variable
        The exponents are integers.

    Examples
    --------
    >>> frexp(Variable(np.array(6.0)))
    (variable(0.75), variable(3))
    """
    return tuple(FrExp.operation(x))


class LdExp(Primitive):
    """x0 * 2**x1, for whole x1.

    The gradient of x0 is gy * 2**x1, that of x1 is gy * y * log(2).

    Parameters
    ----------
    x0 : Variable, ndarray or scalar
    x1 : Variable, ndarray or scalar of int

    Returns
    -------
    Variable

    Examples
    --------
    >>> ldexp(Variable(np.array(0.75)), 3)
    variable(6.0)
    """

    n_inputs = 2
    broadcasts = True
    multilinear = True

    def forward(self, x0, x1):
        return np.ldexp(x0, x1)

    def backward(self, gy):
        x1 = self.inputs[1]
        if self.wanted[1]:
            return gy * exp2(x1), gy * self.output * np.log(2)
        return ldexp(gy, x1), None  # to the last digit, also where 2**x1 overflows


ldexp = implements(
    np.ldexp,
    cases=[
        call(drawn(2, 3), np.array([1, -2, 0])),
        call(drawn(3), np.array([[2], [-1]], np.int32)),
        call(drawn(), -3),
        call(drawn(2, 1), 1),
        call(drawn(0, 2), 1),
    ],
)(LdExp.operation)


class NextAfter(Primitive):
    n_inputs = 2
    broadcasts = True
    multilinear = False  # it only seems so: the step to the neighbour is lost in rounding

    def forward(self, x0, x1):
        return np.nextafter(x0, x1)

    def backward(self, gy):
        return gy, None


@implements(
    np.nextafter,
    cases=[
        call(drawn(2, 3), np.array([2.0, -2.0, 0.0])),
        call(drawn(3), drawn(2, 1)),
        call(drawn(), -3.0),
        call(1.0, drawn(2)),
        call(drawn(0, 2), 1.0),
    ],
)
def nextafter(x0, x1):
    """The number next to x0 in the direction of x1.

    The gradient of x0 is gy, since around it the step to the neighbour is the same. There is none of x1.

    Parameters
    ----------
    x0, x1 : Variable, ndarray or scalar

    Returns
    -------
    Variable

    Examples
    --------
    >>> nextafter(Variable(np.array(1.0)), 2.0) > 1.0
    np.True_
    """
    given = [type(x) if type(x) in (int, float) else operand(x).dtype for x in (x0, x1)]
    dtype = np.nextafter.resolve_dtypes((*given, None))[0]
    return NextAfter.operation(operand(x0, dtype), operand(x1, dtype))


# -- nan and infinities --------------------------------------------------------------------------


def _is_finite(x):
    return (x > -np.inf) & (x < np.inf)


class NanToNum(Primitive):
    options = ("nan", "posinf", "neginf")
    selects_elements = True
    linear = False  # it is linear only where all elements are finite

    def forward(self, x):
        nan, posinf, neginf = self.option
        return np.nan_to_num(x, nan=nan, posinf=posinf, neginf=neginf)

    def backward(self, gy):
        (x,) = self.inputs
        if x.dtype.kind != "c":
            return where(_is_finite(x), gy, 0.0)
        parts = [where(_is_finite(part(x)), part(gy), 0.0) for part in (real, imag)]
        return parts[0] + 1j * parts[1]


_holes = np.array([[1.0, np.nan, 1.0], [np.inf, 1.0, -np.inf]])


def _with_holes(x):
    return np.where(np.isfinite(_holes), x, _holes)


@implements(
    np.nan_to_num,
    cases=[
        call(drawn(2, 3)),
        call(drawn(2, 3, made=_with_holes), nan=1.0, posinf=2.0, neginf=-2.0),
        call(drawn(2, 3, made=_with_holes), True, 0.5, np.array([1.0, 2.0, 3.0]), -2.0),
        call(drawn(2, 3, dtype=complex)),
        call(drawn(2, 3, dtype=complex, made=_with_holes), nan=1.0, posinf=2.0, neginf=-2.0),
        call(drawn()),
        call(drawn(0, 2)),
    ],
)
def nan_to_num(x, copy=True, nan=0.0, posinf=None, neginf=None):
    """x with numbers in place of nan and of infinities; for a complex x, in each part.

    The gradient is gy where x is finite and 0 elsewhere; this 0 stays 0 in the walk behind x, also where a
    slope there is infinite or nan.

    Parameters
    ----------
    x : Variable or ndarray
    copy : bool
        It must be True: a Variable is not overwritten.
    nan, posinf, neginf : float or ndarray, optional
        The replacements: by default 0, and the largest and smallest finite numbers of the dtype.

    Returns
    -------
    Variable

    Raises
    ------
    TypeError
        When `copy` is False, or a replacement is a Variable.

    Examples
    --------
    >>> nan_to_num(Variable(np.array([1.0, np.nan])))
    variable([1. 0.])
    """
    if not copy:
        raise TypeError(
            "nan_to_num: copy=False would overwrite a value that a gradient may need; leave it out"
        )
    puts = (nan, posinf, neginf)
    if any(isinstance(p, Variable) for p in puts):
        raise TypeError(
            "nan_to_num puts plain numbers in place, not Variables; write where(np.isnan(x), v, x)"
        )
    return NanToNum.operation(x, *[np.array(p) if isinstance(p, np.ndarray) else p for p in puts])


@implements(
    np.real_if_close,
    cases=[
        call(drawn(2, 3)),
        call(drawn(2, 3, dtype=complex)),
        call(drawn(2, 3, dtype=complex), tol=1e18),
        call(drawn(dtype=complex), 10.0),
    ],
    reads_values=True,
)
def real_if_close(a, tol=100):
    """Real part, if all imaginary parts are small; otherwise a itself.

    The gradient is gy.

    Parameters
    ----------
    a : Variable or ndarray
    tol : float
        The largest size of a small imaginary part, in units of the precision of the dtype; absolute where it
        is at most 1.

    Returns
    -------
    Variable

    Examples
    --------
    >>> real_if_close(Variable(np.array(2 + 1e-15j)))
    variable(2.0)
    """
    value = plain(operand(a))
    is_close = value.dtype.kind == "c" and np.real_if_close(value, tol).dtype.kind != "c"
    return Real.operation(a) if is_close else as_variable(a)
