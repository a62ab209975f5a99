"""Batched rules of covariances, counts, Vandermonde matrices and interpolation."""

import numpy as np

from leopard.functions.basic.complex import conj
from leopard.functions.basic.indexing import AddAt
from leopard.functions.basic.shape import broadcast_to, reshape, transpose
from leopard.functions.creation.matrices import Vander
from leopard.functions.linalg.matmul import matmul
from leopard.functions.manipulation.joining import concatenate
from leopard.functions.math.cumulative import CumProd
from leopard.functions.math.interpolation import Interp
from leopard.functions.math.sums import sum
from leopard.functions.statistics.covariance import Cov
from leopard.functions.statistics.histograms import Bincount
from leopard.transforms.batching._steps import batched, depends


@batched(Cov)
def cov(step):
    """The covariances as products of matrices, weighted as NumPy weights them."""
    if depends(step.option):
        return NotImplemented
    n_weights = bool(step.weighted)
    xs = [_variables(step, k) for k in range(len(step.xs) - n_weights)]
    x = xs[0] if len(xs) == 1 else concatenate(xs, axis=1)
    if step.dtype is not None:
        x = x.astype(step.dtype)
    w = None if step.fweights is None else np.asarray(step.fweights, float)
    a = step.rows(len(xs)) if n_weights else None
    total = w if a is None else a if w is None else a * w
    if total is None:
        mean, n = sum(x, 2, keepdims=True) / x.shape[2], x.shape[2] - step.ddof
    else:
        total = broadcast_to(total, (step.n, x.shape[2]))
        weights = reshape(total, (step.n, 1, x.shape[2]))
        size = sum(weights, 2, keepdims=True)
        mean = sum(x * weights, 2, keepdims=True) / size
        n = size - step.ddof
        if a is not None and step.ddof:
            n = size - step.ddof * sum(weights * reshape(a, weights.shape), 2, keepdims=True) / size
    if np.any(_plain(n) <= 0):
        return NotImplemented  # NumPy warns
    x = x - mean
    y = matmul(x if total is None else x * weights, conj(transpose(x, (0, 2, 1)))) / n
    return reshape(y, (step.n, *step.output.shape))


def _plain(x):
    from leopard.transforms.batching._steps import plain

    return plain(x)


def _variables(step, k):
    """An input with one variable in each row, for each example."""
    x, form = step.rows(k), step.inputs[k]
    if form.ndim < 2:
        return reshape(x, (step.n, 1, form.size))
    turned = not step.rowvar and (k == 0 or form.shape[0] != 1)
    return transpose(x, (0, 2, 1)) if turned else x


@batched(Bincount)
def bincount(step):
    if depends(step.option):
        return NotImplemented
    index = (slice(None), np.asarray(step.x))
    y = AddAt.operation(step.xs[0], index, (step.n, *step.output.shape))
    return y if y.dtype == step.output.dtype else y.astype(step.output.dtype)


@batched(Vander)
def vander(step):
    """The powers as cumulative products, as NumPy computes them."""
    (x,), (n, n_powers) = step.xs, step.output.shape
    if n_powers == 0:
        return np.zeros((step.n, n, 0), step.output.dtype)
    if x.dtype.kind not in "fc":
        return NotImplemented
    ones = np.ones((step.n, n, 1), x.dtype)
    factors = broadcast_to(reshape(x, (step.n, n, 1)), (step.n, n, n_powers - 1))
    y = CumProd.operation(concatenate([ones, factors], axis=2), 2, None)
    return y if step.increasing else y[..., ::-1]


@batched(Interp)
def interp(step):
    """Where the knots are the same for all examples, the points are taken together."""
    return NotImplemented if any(step.mapped[1:]) else step.call(*step.xs)
