"""Variances and standard deviations."""

import numpy as np

from leopard.functions._registry import call, drawn, implements
from leopard.functions.basic.reductions import (
    NOT_GIVEN,
    MaskedReduction,
    constant,
    gaps,
    mask,
    nan_cases,
    refuse_out,
)

__all__ = ["nanstd", "nanvar", "std", "var"]


class Var(MaskedReduction):
    """Variance. The inputs are x, and its mean where that is given."""

    n_inputs = -1
    numpy = staticmethod(np.var)
    options = ("axis", "dtype", "ddof", "keepdims", "where")
    broadcasts = True
    takes_arrays = True

    def forward(self, x, *given):
        keywords = {"mean": given[0]} if given else {}
        return self.numpy(
            x, self.axis, self.dtype, None, self.ddof, self.keepdims, where=self.where, **keywords
        )

    def backward(self, gy):
        return self.pull(self.kept(gy))

    def pull(self, gy):
        """The gradients, given the gradient `gy` of the variance with the reduced axes at length 1."""
        taken = self.taken()
        n = self.count(taken)
        free = n - self.ddof
        if taken is True:
            share = 2 / free if free > 0 else np.nan
        else:
            share = np.where(free > 0, 2 / np.where(free > 0, free, 1), np.nan)
        gx = self.deviation(taken, n) * (gy.real * share)  # y is real, also in a complex dtype
        gx = gx if taken is True else np.where(taken, gx, np.zeros((), gx.dtype))
        return (gx, -gx) if len(self.inputs) > 1 else gx

    def deviation(self, taken, n):
        """x minus its mean."""
        x, *given = self.inputs
        if taken is not True:
            wide = np.zeros((), np.promote_types(x.dtype, np.float32))  # the sum may overflow in float16
            x = np.where(taken, x, wide)
        return x - (given[0] if given else self.center(x, taken, n))

    def center(self, x, taken, n):
        """The mean of x, where elements that do not take part are 0."""
        if taken is True:
            return np.mean(x, self.axes(), keepdims=True) if x.size else x
        return np.sum(x, self.axes(), keepdims=True) / np.maximum(n, 1)


class Std(Var):
    numpy = staticmethod(np.std)

    def backward(self, gy):
        y = self.kept(self.output)
        varies = y != 0
        return self.pull(np.where(varies, self.kept(gy), np.zeros((), gy.dtype)) / (2 * (y + ~varies)))

    def deviation(self, taken, n):
        """x minus its mean, and minus the mean of that: a rounding error, which matters where y is 0."""
        d = super().deviation(taken, n)
        if len(self.inputs) > 1:
            return d
        d = d if taken is True else np.where(taken, d, np.zeros((), d.dtype))
        return d - self.center(d, taken, n)


class NanVar(Var):
    numpy = staticmethod(np.nanvar)
    skips_nan = True
    selects_elements = True


class NanStd(Std):
    numpy = staticmethod(np.nanstd)
    skips_nan = True
    selects_elements = True


class VarWhere(Var):
    name = "var"
    selects_elements = True


class StdWhere(Std):
    name = "std"
    selects_elements = True


Var.selective, Std.selective = VarWhere, StdWhere


def _spread(cls, a, axis, dtype, out, ddof, keepdims, where, mean, correction):
    refuse_out(cls.name, out)
    if correction is not NOT_GIVEN:
        if ddof != 0:
            raise ValueError(f"{cls.name}: ddof and correction are two names of one parameter; give one")
        ddof = correction
    if dtype is not None and np.iscomplexobj(a) and np.dtype(dtype).kind != "c":
        raise TypeError(f"{cls.name} of complex numbers takes a complex dtype, not {np.dtype(dtype)}")
    given = () if mean is NOT_GIVEN or mean is None else (mean,)
    where = mask(where)
    return cls.operation_for(where)(a, *given, axis, dtype, constant("ddof", ddof), keepdims, where)


_ROW = np.array([True, False, True])
_spreads = [
    call(drawn(2, 3)),
    call(drawn(2, 3), 1),
    call(drawn(2, 3, 4), axis=(0, -1), keepdims=True, ddof=1),
    call(drawn(2, 3, 4), axis=-2, correction=1.5),
    call(drawn(3, 2, dtype=complex), axis=0),
    call(drawn(2, 3), 1, np.float64),
    call(drawn(2, 3, dtype=complex), 1, complex),
    call(drawn(2, 3), 1, where=_ROW, ddof=1),
    call(drawn(3, 4), axis=0, where=[[True], [True], [False]]),
    call(drawn(2, 3), axis=1, mean=drawn(2, 1)),
    call(drawn(2, 3, dtype=complex), axis=0, mean=drawn(1, 3, dtype=complex)),
    call(np.ones((2, 3)), axis=1, mean=drawn(2, 1)),
    call(drawn(0, 2), axis=1),
]


@implements(np.var, method="var", cases=[*_spreads, call(drawn())])
def var(
    a, axis=None, dtype=None, out=None, ddof=0, keepdims=False, *,
    where=True, mean=NOT_GIVEN, correction=NOT_GIVEN,
):  # fmt: skip
    """Variance of the elements over axes, sum(abs(a - mean(a))**2) / (n - ddof).

    The gradient is gy * 2 * (a - mean(a)) / (n - ddof), and nan where n does not exceed ddof.

    Parameters
    ----------
    a : Variable or ndarray
    axis : int or tuple of int, optional
        By default all.
    dtype : dtype, optional
        The dtype of the computation and of the result. For complex numbers it is a complex one; in another
        their mean would lose its imaginary part.
    ddof, correction : float
        Two names of the delta degrees of freedom, which are subtracted from n.
    keepdims : bool
        Whether to keep the reduced axes, at length 1.
    where : array_like of bool
        The elements that take part.
    mean : Variable or ndarray, optional
        The mean, with the reduced axes at length 1, where it is known already. It may be differentiated.

    Returns
    -------
    Variable

    Examples
    --------
    >>> x = Variable(np.array([1.0, 3.0]))
    >>> y = var(x)
    >>> y.backward()
    >>> y, x.grad
    (variable(1.0), variable([-1.  1.]))
    """
    return _spread(Var, a, axis, dtype, out, ddof, keepdims, where, mean, correction)


@implements(np.std, method="std", cases=_spreads)
def std(
    a, axis=None, dtype=None, out=None, ddof=0, keepdims=False, *,
    where=True, mean=NOT_GIVEN, correction=NOT_GIVEN,
):  # fmt: skip
    """Standard deviation of the elements over axes, sqrt(var(a)).

    The gradient is gy * (a - mean(a)) / ((n - ddof) * y), and 0 where y is 0.

    Parameters
    ----------
    a : Variable or ndarray
    axis, dtype, ddof, keepdims, where, mean, correction
        As for `var`.

    Returns
    -------
    Variable

    Examples
    --------
    >>> x = Variable(np.array([[1.0, 3.0], [2.0, 2.0]]))
    >>> y = std(x, axis=1)
    >>> y.backward()
    >>> y
    variable([1. 0.])
    >>> x.grad
    variable([[-0.5  0.5]
              [ 0.   0. ]])
    """
    return _spread(Std, a, axis, dtype, out, ddof, keepdims, where, mean, correction)


_nan_spreads = [
    *_spreads[:3],
    *nan_cases[:3],
    call(drawn(2, 3, made=gaps), axis=1, ddof=1, where=[[True, True, True], [True, False, True]][:1]),
    call(drawn(2, 3, made=gaps, dtype=complex), axis=-1),
    call(drawn(2, 3, made=gaps), 1, np.float64, correction=1),
    call(drawn(2, 3, made=gaps), axis=1, mean=drawn(2, 1)),
]


@implements(np.nanvar, cases=_nan_spreads)
def nanvar(
    a, axis=None, dtype=None, out=None, ddof=0, keepdims=False, *,
    where=True, mean=NOT_GIVEN, correction=NOT_GIVEN,
):  # fmt: skip
    """Variance over axes of the elements that are not nan.

    The gradient is that of `var`, and 0 at the nans.

    Parameters
    ----------
    a : Variable or ndarray
    axis, dtype, ddof, keepdims, where, mean, correction
        As for `var`.

    Returns
    -------
    Variable
        nan, with a RuntimeWarning, where no more elements than `ddof` are left.

    Examples
    --------
    >>> nanvar(Variable(np.array([1.0, np.nan, 3.0])))
    variable(1.0)
    """
    return _spread(NanVar, a, axis, dtype, out, ddof, keepdims, where, mean, correction)


@implements(np.nanstd, cases=_nan_spreads)
def nanstd(
    a, axis=None, dtype=None, out=None, ddof=0, keepdims=False, *,
    where=True, mean=NOT_GIVEN, correction=NOT_GIVEN,
):  # fmt: skip
    """Standard deviation over axes of the elements that are not nan.

    The gradient is that of `std`, and 0 at the nans.

    Parameters
    ----------
    a : Variable or ndarray
    axis, dtype, ddof, keepdims, where, mean, correction
        As for `var`.

    Returns
    -------
    Variable
        nan, with a RuntimeWarning, where no more elements than `ddof` are left.

    Examples
    --------
    >>> nanstd(Variable(np.array([1.0, np.nan, 3.0])))
    variable(1.0)
    """
    return _spread(NanStd, a, axis, dtype, out, ddof, keepdims, where, mean, correction)
