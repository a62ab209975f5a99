"""The logistic family, which NumPy does not have, with the names and parameters of `scipy.special`."""

import numpy as np
from numpy.lib.array_utils import normalize_axis_tuple

from leopard._core import constant
from leopard.functions._primitives import Elementwise, Primitive
from leopard.functions._registry import call, drawn, implements
from leopard.functions.basic.arithmetic import fmin, sign
from leopard.functions.basic.complex import conj, imag, real
from leopard.functions.basic.indexing import where
from leopard.functions.basic.shape import broadcast_to, floating, operand, plain, reshape
from leopard.functions.manipulation.axes import squeeze
from leopard.functions.math.exponentials import exp
from leopard.functions.math.sums import sum

__all__ = ["logit", "logsumexp", "softmax", "softplus"]


class Logit(Elementwise):
    """Logarithm of the odds, log(x / (1 - x)), for x from 0 to 1.

    The gradient is gy / (x * (1 - x)), infinite at 0 and at 1. The value is computed as
    2 * arcsinh((x - 0.5) / sqrt(x * (1 - x))), which has all digits near 0.5, where it is 0.

    Examples
    --------
    >>> logit(Variable(np.array(0.5)))
    variable(0.0)
    """

    domain = [(0.05, 0.95)]
    cases = [call(drawn(2, 3, low=0.1, high=0.9, dtype=complex))]
    exact = False

    def plain(x):
        return np.log(x) - np.log1p(-x)

    def forward(self, x):
        return 2 * np.arcsinh((x - 0.5) / np.sqrt(x * (1 - x)))

    def backward(self, gy):
        x = conj(self.inputs[0])
        return gy / (x * (1 - x))


logit = Logit.operation


class Softplus(Elementwise):
    """Logarithm of 1 + e**x, without overflow: a smooth maximum of x and 0.

    The gradient is gy / (1 + e**-x), with all digits where it is small.

    Examples
    --------
    >>> softplus(Variable(np.array(-np.inf)))
    variable(0.0)
    """

    exact = False

    def plain(x):
        return np.log1p(np.exp(x))

    def forward(self, x):
        return np.logaddexp(0, x)

    def backward(self, gy):
        (x,) = self.inputs
        return gy * exp(-softplus(-x))


softplus = Softplus.operation


class Softmax(Primitive):
    options = ("axis",)

    def forward(self, x):
        terms = np.exp(x - np.maximum.reduce(x, self.axis, keepdims=True))
        return terms / np.add.reduce(terms, self.axis, keepdims=True)

    def backward(self, gy):
        y = conj(self.output)
        return y * (gy - sum(y * gy, axis=self.axis, keepdims=True))


@implements(
    plain=lambda x, axis=None: np.exp(x) / np.sum(np.exp(x), axis=axis, keepdims=True),
    exact=False,
    cases=[
        call(drawn(2, 3)),
        call(drawn(2, 3), axis=-1),
        call(drawn(2, 3, 2), (0, 2)),
        call(drawn(3, dtype=complex)),
        call(drawn()),
    ],
)
def softmax(x, axis=None):
    """Exponentials divided by their sum over axes, e**x / sum(e**x), without overflow.

    The gradient is y * (gy - sum(y * gy)).

    Parameters
    ----------
    x : Variable or ndarray
    axis : int or tuple of int, optional
        The axes along which the shares add up to 1; by default all.

    Returns
    -------
    Variable
        nan where the largest element is infinite.

    Raises
    ------
    ValueError
        When there are no elements along the axes.

    Examples
    --------
    >>> softmax(Variable(np.array([1000.0, 1000.0, -np.inf])))
    variable([0.5 0.5 0. ])
    """
    return Softmax.operation(floating(x), axis)


class LogSumExp(Primitive):
    """`logsumexp` of real numbers without weights.

    The terms that equal the largest are counted apart, so that the value has all digits where the others are
    small.
    """

    options = ("axis", "keepdims")

    def forward(self, x):
        axis, keepdims = self.option
        largest = np.maximum.reduce(x, axis, keepdims=True, initial=-np.inf)
        if not np.isfinite(np.add.reduce(largest, None)):  # a sum of finite numbers may overflow, too
            return self._of_any(x, largest)
        difference = x - largest
        is_largest = difference == 0
        rest = np.exp(difference) - is_largest
        n = np.add.reduce(is_largest, axis, x.dtype, None, keepdims)
        y = np.log1p(np.add.reduce(rest, axis, None, None, keepdims) / n) + np.log(n)
        return y + largest.reshape(y.shape)

    def _of_any(self, x, largest):
        """The value where there are no terms, or some are infinite or nan."""
        axis, keepdims = self.option
        with np.errstate(divide="ignore", invalid="ignore"):
            is_largest = x == largest
            n = is_largest.sum(axis, x.dtype, keepdims=True)
            rest = np.where(is_largest, 0, np.exp(x - largest)).sum(axis, keepdims=True)
            y = np.where(n == 0, np.log(rest), np.log1p(rest / n) + np.log(n) + largest)
        return y if keepdims else y.squeeze(axis)

    def backward(self, gy):
        (x,) = self.inputs
        axis, keepdims = self.option
        kept = None if keepdims else tuple([1 if k in axis else n for k, n in enumerate(x.shape)])
        if not keepdims:
            gy = reshape(gy, kept)
        y = plain(self.output) if keepdims else plain(self.output).reshape(kept)
        if np.isfinite(y).all():
            return gy * Softmax.operation(x, axis)
        # The share of an infinite term is constant: they are equal, where there are several.
        equal = np.isinf(y) & (plain(x) == y)
        n = np.maximum(equal.sum(axis, keepdims=True), 1).astype(x.dtype)
        return gy * where(equal, 1 / n, exp(Excess.operation(x, y)))


class Excess(Elementwise):
    """x0 - x1, and 0 where both are the same infinity. The gradients are gy and -gy."""

    domain = [(-2.0, 2.0), (-2.0, 2.0)]

    def forward(self, x0, x1):
        with np.errstate(invalid="ignore"):
            return np.where(x0 == x1, 0, np.subtract(x0, x1))

    def backward(self, gy):
        return gy, -gy


class LogOfSum(Primitive):
    """log(sum(w * e**x)) for exponents x and optional weights w; for real numbers log(abs(sum)).

    The caller has shifted x, so that the largest real part of an element of nonzero weight is 0. These terms
    are summed apart from the others, so that the value has all digits where the others are small.
    """

    n_inputs = -1
    options = ("axis",)
    broadcasts = True

    def forward(self, x, *w):
        first = x.real == 0
        terms = np.multiply(*w, np.exp(x)) if w else np.exp(x)
        m = np.sum(np.where(first, terms, 0), axis=self.axis, keepdims=True)
        rest = np.sum(np.where(first, 0, terms), axis=self.axis, keepdims=True)
        with np.errstate(divide="ignore", invalid="ignore"):
            r = rest / m
            if r.dtype.kind != "c":
                m, rest, r = np.abs(m), np.abs(rest), np.where(r < -1, -2 - r, r)
            y = np.where(m == 0, np.log(rest), np.log1p(r) + np.log(m))
            return y if r.dtype.kind != "c" else y - 2j * np.pi * np.round(y.imag / (2 * np.pi))

    def backward(self, gy):
        x, *w = self.inputs
        if not w:
            return gy * conj(exp(x - self.output))
        (w,) = w
        difference = x - self.output
        if difference.dtype.kind == "c":
            share = exp(difference)
        else:  # finite, so that its product with a weight 0 is 0
            share = exp(fmin(difference, log_of_largest(x.dtype)))
            share = share * sign(sum(w * exp(x), axis=self.axis, keepdims=True))
        return gy * conj(w * share), gy * conj(share) if self.wanted[1] else None


def log_of_largest(dtype):
    """The largest exponent of e that does not overflow in a dtype."""
    return float(np.log(np.finfo(dtype).max))


def _plain_logsumexp(a, axis=None, b=1, keepdims=False, return_sign=False):
    y = np.sum(b * np.exp(a), axis=axis, keepdims=keepdims)
    return (np.log(np.abs(y)), np.sign(y)) if return_sign else np.log(y)


@implements(
    plain=_plain_logsumexp,
    exact=False,
    cases=[
        call(drawn(2, 3)),
        call(drawn(2, 3), axis=0, keepdims=True),
        call(drawn(2, 3, 2), (0, -1)),
        call(drawn(2, 3), 1, drawn(3, low=0.2)),
        call(drawn(2, 1), -1, drawn(2, 3, low=0.2), keepdims=True),
        call(drawn(2, 3, low=-0.5, high=0.5), 0, b=[[1, 2, 0], [0.5, -8, 1]], return_sign=True),
        call(drawn(2, 3, dtype=complex)),
        call(drawn(2, 3, dtype=complex), 1, drawn(2, 3), return_sign=True),
        call(drawn(3), b=drawn(3, dtype=complex)),
        call(drawn()),
    ],
    reads_values=True,
)
def logsumexp(a, axis=None, b=None, keepdims=False, return_sign=False):
    """Logarithm of a sum of exponentials over axes, log(sum(b * e**a)), without overflow.

    The gradient of a is gy * b * e**(a - y): gy times the share of each term in the sum (`softmax` where
    there is no b). That of b is gy * e**(a - y). A term that is 0 has the share 0; where the sum is infinite,
    its infinite terms have equal shares.

    Parameters
    ----------
    a : Variable or ndarray
    axis : int or tuple of int, optional
        The axes that are summed over; by default all.
    b : Variable or ndarray, optional
        Weights, which are broadcast with a. Where a weight is 0, a may also be infinite or nan.
    keepdims : bool
        Whether to keep those axes, at length 1.
    return_sign : bool
        Whether to return the logarithm of the absolute value of the sum, and the sign of the sum.

    Returns
    -------
    y : Variable
        -inf where there are no terms; nan where the sum is negative and its sign is not returned.
    sign : Variable
        1, 0 or -1; for complex numbers the sum over its absolute value. Only with `return_sign`.

    Examples
    --------
    >>> logsumexp(Variable(np.array([1000.0, 1000.0, -np.inf])))
    variable(1000.6931471805599)
    """
    a = floating(a)
    if b is not None:
        b = operand(b)
        shape = np.broadcast_shapes(a.shape, b.shape)
        a, b = broadcast_to(a, shape), broadcast_to(b, shape)
    if type(axis) is int and -a.ndim <= axis < a.ndim:
        axis = (axis % a.ndim,)
    else:
        axis = normalize_axis_tuple(range(a.ndim) if axis is None else axis, a.ndim)
    if b is None and not return_sign and a.dtype.kind == "f":
        return LogSumExp.operation(a, axis, bool(keepdims))
    no_weight = np.zeros(a.shape, bool) if b is None else plain(b) == 0
    largest = np.where(no_weight, -np.inf, plain(a).real).max(axis, keepdims=True, initial=-np.inf)
    if a.dtype.kind == "c":
        largest = np.where(np.isfinite(largest), largest, 0)
        x = where(no_weight, 0, a - largest)
    else:
        x = Excess.operation(a, largest)
        x = where(no_weight, fmin(x, log_of_largest(x.dtype)), x) if no_weight.any() else x
    y = LogOfSum.operation(x, axis) if b is None else LogOfSum.operation(x, b, axis)
    is_complex = y.dtype.kind == "c"
    y = y + largest
    if is_complex:
        found = (real(y), exp(1j * imag(y))) if return_sign else (y,)
    else:
        terms = np.exp(plain(x)) if b is None else plain(b) * np.exp(plain(x))
        of_sum = np.sign(terms.sum(axis, keepdims=True))
        found = (y, constant(of_sum)) if return_sign else (where(of_sum < 0, np.nan, y),)
    found = found if keepdims else tuple([squeeze(part, axis) for part in found])
    return found if return_sign else found[0]
