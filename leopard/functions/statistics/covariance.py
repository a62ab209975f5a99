"""Covariance and correlation matrices of several variables."""

import numpy as np

from leopard._core import Variable
from leopard.functions._primitives import Primitive
from leopard.functions._registry import call, drawn, implements
from leopard.functions.basic.complex import conj, real
from leopard.functions.basic.shape import astype, composed, of_numbers, operand, reshape, transpose
from leopard.functions.linalg.matmul import matmul
from leopard.functions.manipulation.joining import concatenate
from leopard.functions.math.powers import sqrt
from leopard.functions.math.sums import sum

__all__ = ["corrcoef", "cov"]


class Cov(Primitive):
    """The covariance matrix. The inputs are m, y where it is given, and `aweights` where `weighted`."""

    n_inputs = -1
    options = ("rowvar", "ddof", "fweights", "weighted", "dtype")

    def forward(self, *xs):
        *xs, aweights = xs if self.weighted else (*xs, None)
        return np.cov(
            *xs,
            rowvar=self.rowvar,
            ddof=self.ddof,
            fweights=None if self.fweights is None else self.fweights.copy(),  # NumPy multiplies into it
            aweights=aweights,
            dtype=self.dtype,
        )

    def backward(self, gy):
        *xs, a = self.inputs if self.weighted else (*self.inputs, None)
        rows = [self.rows(x, first=i == 0) for i, x in enumerate(xs)]
        if rows[0].shape[0] == 0:
            return (None,) * len(self.inputs)
        x = concatenate(rows, 0)
        w = a if a is not None else np.ones(x.shape[1], np.empty(0, x.dtype).real.dtype)
        w = w if self.fweights is None else w * self.fweights
        x = x - sum(x * w, 1, keepdims=True) / sum(w)
        n = self.degrees(w, a)
        share = 1 / n if n > 0 else np.nan
        g = reshape(gy, (x.shape[0],) * 2)
        g = g + conj(transpose(g))
        gx = matmul(g, x * w) * share
        gxs, start = [], 0
        for i, x_ in enumerate(xs):
            stop = start + rows[i].shape[0]
            gxs.append(self.rows(gx[start:stop], first=i == 0, back_to=x_.shape))
            start = stop
        if a is not None:
            gxs.append(self.pull_weights(w, a, share, real(sum(conj(x) * matmul(g, x), 0)) / 2))
        return tuple(gxs)

    def rows(self, x, first, back_to=None):
        """An input as a matrix with a variable in each row; with `back_to` the inverse, to that shape."""
        shape = x.shape if back_to is None else back_to
        turned = not self.rowvar and len(shape) == 2 and (first or shape[0] != 1)
        if back_to is not None:
            return transpose(x) if turned else reshape(x, shape)
        if x.ndim < 2:
            return reshape(x, (1, x.size))
        return transpose(x) if turned else x

    def degrees(self, w, a):
        """The denominator of the covariances: the effective number of observations less ddof."""
        if a is None or self.ddof == 0:
            return sum(w) - self.ddof
        return sum(w) - self.ddof * sum(w * a) / sum(w)

    def pull_weights(self, w, a, share, products):
        """The gradient of `aweights`, given the products of the result's gradient with each observation."""
        f = 1.0 if self.fweights is None else self.fweights
        total = sum(w * products) * share
        change = 1.0  # the derivative of the denominator with respect to the sum of weights
        if self.ddof != 0:
            change = change + self.ddof * (sum(w * a) / sum(w) - 2 * a) / sum(w)
        return f * share * (products - total * change)


_weights = {"aweights": np.array([0.5, 1.0, 2.0, 0.25]), "fweights": np.array([1, 2, 1, 3])}
_cases = [
    call(drawn(2, 4)),
    call(drawn(4)),
    call(drawn(2, 4), drawn(4)),
    call(drawn(4), drawn(2, 4)),
    call(drawn(4, 2), rowvar=False),
    call(drawn(4, 2), drawn(4, 3), rowvar=False),
    call(drawn(2, 4, dtype=complex)),
    call(drawn(2, 4, dtype=complex), drawn(4)),
    call(np.array([[1.0, 2.0, 0.5]]), drawn(1, 3)),
    call(drawn(2, 4), dtype=np.float64),
]


@implements(
    np.cov,
    cases=[
        *_cases,
        call(drawn(2, 4), bias=True),
        call(drawn(2, 4), ddof=0),
        call(drawn(2, 4), fweights=_weights["fweights"]),
        call(drawn(2, 4), **_weights),
        call(drawn(2, 4), aweights=drawn(4, low=0.5)),
        call(
            drawn(2, 4),
            aweights=np.array([100, 3, 1, 120], np.int8),
            fweights=np.array([1, 9, 9, 2], np.int8),
        ),
        call(drawn(2, 4), drawn(4), fweights=_weights["fweights"], aweights=drawn(4, low=0.5), ddof=2),
        call(drawn(2, 4, dtype=complex), aweights=drawn(4, low=0.5), bias=True),
        call(drawn(4, 1), drawn(1, 4), rowvar=False),
    ],
)
def cov(
    m, y=None, rowvar=True, bias=False, ddof=None, fweights=None, aweights=None, *, dtype=None
):  # fmt: skip
    """Covariance matrix: (x @ x.conj().T) / (n - ddof), where x has n observations less their means.

    The gradient of x is (gy + gy.conj().T) @ x / (n - ddof), and nan where n does not exceed ddof.

    Parameters
    ----------
    m, y : Variable or ndarray
        A matrix with a variable in each row, or a vector of one variable; the variables of y are added to
        those of m.
    rowvar : bool
        With False each column is a variable.
    bias : bool
        Whether ddof is 0 by default; otherwise it is 1.
    ddof : int, optional
        Delta degrees of freedom, which are subtracted from the number of observations.
    fweights : array_like of int, optional
        How often each observation was made. They take no gradient.
    aweights : Variable or array_like, optional
        The relative weights of the observations, which may be differentiated.
    dtype : dtype, optional
        The dtype of the computation; at least float64 by default.

    Returns
    -------
    Variable

    Examples
    --------
    >>> cov(Variable(np.array([[1.0, 3.0], [4.0, 2.0]])))
    variable([[ 2. -2.]
              [-2.  2.]])
    """
    if isinstance(fweights, Variable):
        raise TypeError("cov: fweights= are counts, and take no gradient; give it the .data of the Variable")
    if dtype is not None:
        dtype = of_numbers(dtype)
    if ddof is None:
        ddof = 0 if bias else 1
    if aweights is not None:
        aweights = (
            astype(aweights, float) if isinstance(aweights, Variable) else np.array(operand(aweights), float)
        )
    xs = [x if isinstance(x, Variable) else np.array(operand(x)) for x in (m, y, aweights) if x is not None]
    fweights = None if fweights is None else np.array(fweights, float)
    return Cov.operation(*xs, rowvar, ddof, fweights, aweights is not None, dtype)


class Clipped(Primitive):
    """Correlations clipped to [-1, 1], which they exceed by rounding errors alone; so the gradient is gy."""

    def forward(self, c):
        c = c.copy()
        np.clip(c.real, -1, 1, out=c.real)
        if c.dtype.kind == "c":
            np.clip(c.imag, -1, 1, out=c.imag)
        return c

    def backward(self, gy):
        return gy


@implements(np.corrcoef, cases=_cases)
@composed(np.corrcoef)
def corrcoef(x, y=None, rowvar=True, *, dtype=None):
    """Correlation matrix: c[i, j] / sqrt(c[i, i] * c[j, j]), with the covariances c.

    The gradient is that of this quotient; it is nan, like the value, for a variable that is constant.

    Parameters
    ----------
    x, y, rowvar, dtype
        As `m`, `y`, `rowvar` and `dtype` of `cov`.

    Returns
    -------
    Variable

    Examples
    --------
    >>> corrcoef(Variable(np.array([[1.0, 3.0], [4.0, 2.0]])))
    variable([[ 1. -1.]
              [-1.  1.]])
    """
    c = cov(x, y, rowvar, dtype=dtype)
    if c.ndim == 0:
        return c / c
    i = np.arange(c.shape[0])
    deviations = sqrt(real(c[i, i]))
    n = c.shape[0]
    return Clipped.operation(c / reshape(deviations, (n, 1)) / reshape(deviations, (1, n)))
