"""Sums over axes, and what is made of them."""

import numpy as np

from leopard.functions._registry import Primitive, implements
from leopard.functions.shape import broadcast_to, reshape


def _axes(axis, ndim):
    """The axes that are reduced, each from 0."""
    if axis is None:
        return tuple(range(ndim))
    axis = axis if isinstance(axis, tuple) else (axis,)
    return tuple([i % ndim for i in axis])


class _Reduction(Primitive, abstract=True):
    """A reduction over `axis`; its result has those axes at length 1, or not at all."""

    options = {"axis": None, "keepdims": False}
    cases = [
        ((2, 3), None, False),
        ((2, 3), 0, False),
        ((2, 3), (0, 1), True),
        ((2, 3, 4), (0, -1), False),
        ((2, 3, 4), 1, True),
        ((), None, False),
    ]

    def spread(self, gy):
        """`gy` over the shape of the input: what it says of a result, to each of its terms."""
        (x,) = self.inputs
        axes = _axes(self.axis, x.ndim)
        kept = tuple([1 if i in axes else n for i, n in enumerate(x.shape)])
        return broadcast_to(gy if gy.shape == kept else reshape(gy, kept), x.shape)


class Sum(_Reduction):
    """Sum of the elements over axes.

    The gradient is gy, broadcast to the shape of x.

    Parameters
    ----------
    x : Variable or ndarray
    axis : int or tuple of int, optional
        By default all.
    keepdims : bool
        Keep the summed axes, at length 1.

    Returns
    -------
    Variable

    Examples
    --------
    >>> sum(Variable(np.array([[1.0, 2.0], [3.0, 4.0]])), axis=0)
    variable([4. 6.])
    """

    kernel = "sum"

    def forward(self, x):
        return x.sum(axis=self.axis, keepdims=self.keepdims)

    def backward(self, gy):
        return self.spread(gy)


sum = implements(np.sum, method="sum")(Sum.operation)


class Mean(_Reduction):
    """Arithmetic mean of the elements over axes.

    The gradient is gy / n, broadcast to the shape of x, where n elements make one mean.

    Parameters
    ----------
    x : Variable or ndarray
    axis : int or tuple of int, optional
        By default all.
    keepdims : bool
        Keep the averaged axes, at length 1.

    Returns
    -------
    Variable

    Examples
    --------
    >>> mean(Variable(np.array([[1.0, 2.0], [3.0, 4.0]])), axis=0)
    variable([2. 3.])
    """

    kernel = "mean"

    def forward(self, x):
        return x.mean(axis=self.axis, keepdims=self.keepdims)

    def backward(self, gy):
        (x,) = self.inputs
        n = 1
        for i in _axes(self.axis, x.ndim):
            n *= x.shape[i]
        return self.spread(gy * (1 / max(n, 1)))  # n itself may be too large for a float16


mean = implements(np.mean, method="mean")(Mean.operation)
