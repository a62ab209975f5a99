"""Products of the elements over axes, with derivatives of every order that are exact where elements are 0.

The derivative of a product with respect to one factor is the product of the factors before it and of those
behind it: two cumulative products. There is no division, so a 0 needs no special case.
"""

from math import prod as prod_of

import numpy as np

from leopard.functions._registry import call, drawn, implements
from leopard.functions.basic.reductions import (
    NOT_GIVEN,
    MaskedReduction,
    constant,
    gaps,
    has_initial,
    mask,
    nan_cases,
    refuse_out,
    without_nan,
)
from leopard.functions.basic.shape import composed
from leopard.functions.math.cumulative import backwards, product_before

__all__ = ["nanprod", "prod"]


def product_of_others(x, axes):
    """For each element the product of all others along the axes."""
    if x.size == 0:
        return x
    if x.ndim == len(axes) == 1:
        return product_before(x) * backwards(product_before(backwards(x)))
    order = [i for i in range(x.ndim) if i not in axes] + sorted(axes)
    sorted_ = x.transpose(order)
    kept = x.ndim - len(axes)
    rows = sorted_.reshape((*sorted_.shape[:kept], prod_of(sorted_.shape[kept:])))
    rows = product_before(rows) * backwards(product_before(backwards(rows)))
    return rows.reshape(sorted_.shape).transpose(np.argsort(order).tolist())


class Prod(MaskedReduction):
    options = {"axis": None, "dtype": None, "keepdims": False, "initial": NOT_GIVEN, "where": True}
    takes_arrays = True

    def forward(self, x):
        return np.prod(
            x,
            axis=self.axis,
            dtype=self.dtype,
            keepdims=self.keepdims,
            initial=self.initial,
            where=self.where,
        )

    def backward(self, gy):
        (x,) = self.inputs
        taken = self.taken()
        x = x if self.dtype is None else x.astype(self.dtype)
        x = x if taken is True else np.where(taken, x, np.ones((), x.dtype))
        if has_initial(self.initial):
            gy = gy * np.conj(self.initial)
        gx = self.kept(gy) * np.conjugate(product_of_others(x, self.axes()))
        return gx if taken is True else np.where(taken, gx, np.zeros((), gx.dtype))


class ProdWhere(Prod):
    name = "prod"
    selects_elements = True


Prod.selective = ProdWhere


_ROW = np.array([True, False, True])
_products = [
    call(drawn(2, 3)),
    call(drawn(2, 3), 1),
    call(drawn(2, 3, 2), axis=(0, -1), keepdims=True),
    call(drawn(2, 3, 2), axis=-2),
    call(drawn(2, 3), axis=()),
    call(drawn(3, 2, dtype=complex), axis=0),
    call(drawn(2, 3), 0, np.float64, initial=0.25),
    call(drawn(2, 3), 0, complex),
    call(drawn(2, 3), -1, initial=-2.0, where=_ROW),
    call(drawn()),
    call(drawn(), axis=0),
    call(drawn(0, 2), axis=0),
]


@implements(
    np.prod, method="prod", cases=[*_products, call(drawn(2, 3, made=lambda a: a * (a > 0)), axis=(1, 0))]
)
def prod(a, axis=None, dtype=None, out=None, keepdims=False, initial=NOT_GIVEN, where=True):
    """Product of the elements over axes.

    The gradient of an element is gy times the product of all others, computed without a division: it is exact
    where elements are 0, and so are its own derivatives.

    Parameters
    ----------
    a : Variable or ndarray
    axis : int or tuple of int, optional
        By default all.
    dtype : dtype, optional
        The dtype of the product and of the result.
    keepdims : bool
        Whether to keep the reduced axes, at length 1.
    initial : scalar, optional
        A further factor, a constant.
    where : array_like of bool
        The elements that are multiplied.

    Returns
    -------
    Variable

    Examples
    --------
    >>> x = Variable(np.array([2.0, 0.0, 3.0]))
    >>> prod(x).backward()
    >>> x.grad
    variable([0. 6. 0.])
    """
    refuse_out("prod", out)
    where = mask(where)
    return Prod.operation_for(where)(a, axis, dtype, keepdims, constant("initial", initial), where)


@implements(np.nanprod, cases=[*nan_cases, call(drawn(2, 3, made=gaps), 1, np.float64, initial=2.5)])
@composed(np.nanprod)
def nanprod(a, axis=None, dtype=None, out=None, keepdims=False, initial=NOT_GIVEN, where=True):
    """Product of the elements over axes, with nan taken as 1.

    The gradient is that of `prod`, and 0 at the nans.

    Parameters
    ----------
    a : Variable or ndarray
    axis, dtype, keepdims, initial, where
        As for `prod`.

    Returns
    -------
    Variable

    Examples
    --------
    >>> nanprod(Variable(np.array([2.0, np.nan, 3.0])))
    variable(6.0)
    """
    return prod(without_nan(a, 1), axis, dtype, out, keepdims, initial, where)
