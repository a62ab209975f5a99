"""Cumulative sums and products along an axis; derivatives of products are exact where elements are 0.

The gradient of a cumulative product is a cumulative product times the solution of a linear recurrence: with
y[i] = x[0] ... x[i],

    gx[k] = x[0] ... x[k-1] * s[k],    s[k] = gy[k] + x[k+1] * s[k+1].

The adjoint of a recurrence is a recurrence. There is no division, so a 0 needs no special case.
"""

from itertools import accumulate

import numpy as np
from numpy.lib.array_utils import normalize_axis_index

from leopard.functions._primitives import Primitive
from leopard.functions._registry import call, drawn, implements
from leopard.functions.basic.complex import conj
from leopard.functions.basic.reductions import gaps, refuse_out, without_nan
from leopard.functions.basic.shape import astype, composed, operand, reshape, transpose
from leopard.functions.manipulation.joining import concatenate
from leopard.functions.math.differences import part

__all__ = ["cumprod", "cumsum", "cumulative_prod", "cumulative_sum", "nancumprod", "nancumsum"]


FEW = 16  # rows, for which a loop over Python's numbers is faster than one over columns


class Recurrence(Primitive):
    """s[0] = b[0], s[k+1] = b[k+1] + a[k] * s[k], along the last axis; a is shorter by one."""

    n_inputs = 2

    def forward(self, a, b):
        return solved(a, b)

    def backward(self, gs):
        a, b = self.inputs
        s = self.output
        gb = backwards(Recurrence.operation(backwards(conj(a)), backwards(gs)))
        return gb[..., 1:] * conj(s[..., :-1]), gb


def solved(a, b, in_runs=False):
    """`Recurrence` of ndarrays. With `in_runs` a holds truth values, and s restarts where one is false."""
    s = np.array(b, np.result_type(a, b))
    follow = (lambda s, ab: ab[1] + s if ab[0] else ab[1]) if in_runs else (lambda s, ab: ab[1] + ab[0] * s)
    n = s.shape[-1]
    if s.size > FEW * n or s.dtype.char in "gG":  # Python has no long double
        for k in range(n - 1):
            s[..., k + 1] += np.where(a[..., k], s[..., k], 0) if in_runs else a[..., k] * s[..., k]
    elif s.size:
        a = np.broadcast_to(a, (*s.shape[:-1], n - 1))
        for i in np.ndindex(s.shape[:-1]):
            first, *others = s[i].tolist()
            pairs = zip(a[i].tolist(), others, strict=True)
            s[i] = list(accumulate(pairs, follow, initial=first))
    return s


def backwards(x):
    return x[..., ::-1]


def to_the_end(x, axis):
    """x with an axis and the last one exchanged; this function is its own inverse."""
    axes = list(range(x.ndim))
    axes[axis], axes[-1] = axes[-1], axes[axis]
    return transpose(x, tuple(axes))


def product_before(x):
    """For each element along the last axis the product of the elements before it."""
    if x.size == 0:
        return x
    one = np.array([1], x.dtype) if x.ndim == 1 else np.ones((*x.shape[:-1], 1), x.dtype)
    return np.concatenate([one, x[..., :-1]], -1).cumprod(-1)


class CumProd(Primitive):
    options = ("axis", "dtype")

    def forward(self, x):
        return np.cumprod(x, self.axis, self.dtype)

    def backward(self, gy):
        (x,) = self.inputs
        shape = x.shape
        if self.axis is None or x.ndim == 0:
            x = reshape(x, (x.size,))
        axis = self.axis or 0
        x = x if self.dtype is None else astype(x, self.dtype)
        x, gy = to_the_end(x, axis), to_the_end(gy, axis)
        behind = Recurrence.operation(backwards(conj(x[..., 1:])), backwards(gy))
        gx = to_the_end(conj(product_before(x)) * backwards(behind), axis)
        return gx if gx.shape == shape else reshape(gx, shape)


_of_products = [
    call(drawn(4)),
    call(drawn(2, 3)),
    call(drawn(2, 3), 0),
    call(drawn(2, 3, 2), axis=-2),
    call(drawn(2, 3, dtype=complex), 1),
    call(drawn(2, 3), -1, np.float64),
    call(drawn(3), dtype=complex),
    call(drawn(20, 2), 1),
    call(drawn()),
    call(drawn(1, 0), 1),
]


@implements(
    np.cumprod, method="cumprod", cases=[*_of_products, call(drawn(2, 4, made=lambda a: a * (a > 0)), axis=1)]
)
def cumprod(a, axis=None, dtype=None, out=None):
    """Cumulative products along an axis, y[i] = x[0] ... x[i].

    The gradient of x[k] is the sum over i >= k of gy[i] times the product of the other elements up to x[i].
    It is exact where elements are 0, and so are its own derivatives.

    Parameters
    ----------
    a : Variable or ndarray
    axis : int, optional
        By default a is flattened.
    dtype : dtype, optional
        The dtype of the products and of the result.

    Returns
    -------
    Variable

    Examples
    --------
    >>> x = Variable(np.array([2.0, 0.0, 3.0]))
    >>> y = cumprod(x)
    >>> y.backward()
    >>> y, x.grad
    (variable([2. 0. 0.]), variable([1. 8. 0.]))
    """
    refuse_out("cumprod", out)
    return CumProd.operation(a, axis, dtype)


@implements(
    np.nancumprod, cases=[call(drawn(2, 3, made=gaps)), call(drawn(2, 3, made=gaps), 1), *_of_products[1:5]]
)
@composed(np.nancumprod)
def nancumprod(a, axis=None, dtype=None, out=None):
    """Cumulative products along an axis, with nan taken as 1.

    The gradient is that of `cumprod`, and 0 at the nans.

    Parameters
    ----------
    a : Variable or ndarray
    axis, dtype
        As for `cumprod`.

    Returns
    -------
    Variable

    Examples
    --------
    >>> nancumprod(Variable(np.array([2.0, np.nan, 3.0])))
    variable([2. 2. 6.])
    """
    return cumprod(without_nan(a, 1), axis, dtype, out)


def running(function, neutral, name, x, axis, dtype, out, include_initial):
    """A cumulative sum or product of the array API, which may begin with the `neutral` element."""
    refuse_out(name, out)
    x = operand(x)
    x = reshape(x, (1,)) if x.ndim == 0 else x
    if axis is None and x.ndim > 1:
        raise ValueError(f"{name}: an array of {x.ndim} axes needs `axis`")
    axis = normalize_axis_index(axis or 0, x.ndim)
    y = function(x, axis, dtype)
    if not include_initial:
        return y
    shape = list(y.shape)
    shape[axis] = 1
    return concatenate([np.full(shape, neutral, y.dtype), y], axis)


array_api = [
    call(drawn(3)),
    call(drawn(3), include_initial=True),
    call(drawn(2, 3), axis=-1, include_initial=True, dtype=np.float64),
    call(drawn(2, 3, 2), axis=1),
    call(drawn(2, 3, dtype=complex), axis=0, include_initial=True),
    call(drawn(), include_initial=True),
]


def since_numpy_2_1(name):
    """`implements` for NumPy's function of this name, which NumPy has since 2.1."""
    plain = getattr(np, name, None)
    if plain is None:
        return lambda function: function
    return lambda function: implements(plain, cases=array_api)(composed(plain)(function))


@since_numpy_2_1("cumulative_prod")
def cumulative_prod(x, /, *, axis=None, dtype=None, out=None, include_initial=False):
    """Cumulative products along an axis, y[i] = x[0] ... x[i].

    The gradient is that of `cumprod`.

    Parameters
    ----------
    x : Variable or ndarray
    axis : int, optional
        Needed where x has several axes.
    dtype : dtype, optional
        The dtype of the products and of the result.
    include_initial : bool
        Whether to begin with the empty product, 1.

    Returns
    -------
    Variable

    Examples
    --------
    >>> cumulative_prod(Variable(np.array([2.0, 3.0])), include_initial=True)
    variable([1. 2. 6.])
    """
    return running(cumprod, 1, "cumulative_prod", x, axis, dtype, out, include_initial)


class CumSum(Primitive):
    options = ("axis", "dtype")
    linear = True

    def forward(self, x):
        return np.cumsum(x, self.axis, self.dtype)

    def backward(self, gy):
        (x,) = self.inputs
        axis = 0 if self.axis is None else self.axis % gy.ndim
        backwards = part(axis, None, None, -1)
        gx = cumsum(gy[backwards], axis)[backwards]
        return gx if gx.shape == x.shape else reshape(gx, x.shape)


_of_sums = [
    call(drawn(4)),
    call(drawn(2, 3)),
    call(drawn(2, 3), 0),
    call(drawn(2, 3, 2), axis=-2),
    call(drawn(2, 3, dtype=complex), 1),
    call(drawn(2, 3), -1, np.float64),
    call(drawn(3), dtype=complex),
    call(drawn()),
    call(drawn(2, 0), 1),
]


@implements(np.cumsum, method="cumsum", cases=_of_sums)
def cumsum(a, axis=None, dtype=None, out=None):
    """Cumulative sums along an axis, y[i] = x[0] + ... + x[i].

    The gradient of x[k] is gy[k] + gy[k+1] + ...: the cumulative sums of gy from the end.

    Parameters
    ----------
    a : Variable or ndarray
    axis : int, optional
        By default a is flattened.
    dtype : dtype, optional
        The dtype of the sums and of the result.

    Returns
    -------
    Variable

    Examples
    --------
    >>> cumsum(Variable(np.array([1.0, 2.0, 3.0])))
    variable([1. 3. 6.])
    """
    refuse_out("cumsum", out)
    return CumSum.operation(a, axis, dtype)


@implements(
    np.nancumsum, cases=[call(drawn(2, 3, made=gaps)), call(drawn(2, 3, made=gaps), 1), *_of_sums[1:5]]
)
@composed(np.nancumsum)
def nancumsum(a, axis=None, dtype=None, out=None):
    """Cumulative sums along an axis, with nan taken as 0.

    The gradient is that of `cumsum`, and 0 at the nans.

    Parameters
    ----------
    a : Variable or ndarray
    axis, dtype
        As for `cumsum`.

    Returns
    -------
    Variable

    Examples
    --------
    >>> nancumsum(Variable(np.array([1.0, np.nan, 3.0])))
    variable([1. 1. 4.])
    """
    return cumsum(without_nan(a, 0), axis, dtype, out)


@since_numpy_2_1("cumulative_sum")
def cumulative_sum(x, /, *, axis=None, dtype=None, out=None, include_initial=False):
    """Cumulative sums along an axis, y[i] = x[0] + ... + x[i].

    The gradient is that of `cumsum`.

    Parameters
    ----------
    x : Variable or ndarray
    axis : int, optional
        Needed where x has several axes.
    dtype : dtype, optional
        The dtype of the sums and of the result.
    include_initial : bool
        Whether to begin with the empty sum, 0.

    Returns
    -------
    Variable

    Examples
    --------
    >>> cumulative_sum(Variable(np.array([2.0, 3.0])), include_initial=True)
    variable([0. 2. 5.])
    """
    return running(cumsum, 0, "cumulative_sum", x, axis, dtype, out, include_initial)
