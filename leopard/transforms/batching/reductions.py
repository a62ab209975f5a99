"""Batched rules of reductions over axes, and of what runs along an axis."""

import numpy as np

from leopard.functions.basic.reductions import MaskedReduction, axes_of
from leopard.functions.basic.shape import aligned, astype, broadcast_to, reshape, transpose
from leopard.functions.linalg.norms import Norm, VectorNorm
from leopard.functions.math.cumulative import CumProd, CumSum, Recurrence
from leopard.functions.math.logistic import LogOfSum, LogSumExp, Softmax
from leopard.functions.math.sums import SparseMap, Sum
from leopard.functions.math.trigonometry import Unwrap
from leopard.functions.protocols.ufunc_methods import AddReduceAt, RunningExtremum, SumOfRuns
from leopard.functions.sorting import Partition, Sort
from leopard.functions.statistics.averages import Mean, WeightedAverage
from leopard.functions.statistics.quantiles import Quantile
from leopard.functions.statistics.variances import Var
from leopard.transforms.batching._steps import OfRows, batched, depends, repeated


def with_options(step, **new):
    """The option of a step with some parts replaced."""
    names = tuple(step.cls.options)
    if len(names) == 1:
        return new.get(names[0], step.option)
    return tuple([new.get(name, part) for name, part in zip(names, step.option, strict=True)])


def behind(axes, ndim):
    """Axes of one example, as axes of the batch."""
    return tuple([axis % ndim + 1 for axis in axes])


@batched(Sum, Mean)
def plain_reduction(step):
    """A sum or a mean over axes alone."""
    (x,) = step.xs
    if not step.inputs[0].ndim:
        return x if x.dtype == step.output.dtype else astype(x, step.output.dtype)
    return step.cls.operation(x, behind(step.axes(), step.inputs[0].ndim), keepdims=step.keepdims)


@batched(MaskedReduction, Var)
def masked_reduction(step):
    """A reduction with a mask, and for a variance the mean that is given."""
    new, ndim = {}, step.inputs[0].ndim
    if depends(step.option):
        if type(step.where) is not OfRows:
            return NotImplemented
        new["where"] = plain_option(aligned(step.where.rows, ndim))
    xs = [aligned(x, ndim) if m else x for x, m in zip(step.xs, step.mapped, strict=True)]
    if not step.mapped[0]:
        xs[0] = repeated(xs[0], step.n)
    if ndim == 0:  # a reduction of a number: of a row of one
        xs = [reshape(x, (*np.shape(x), 1)) for x in xs]
        new.update(axis=(1,), keepdims=False)
    else:
        new["axis"] = behind(step.axes(), ndim)
    return step.call(*xs, option=with_options(step, **new))


def plain_option(x):
    """An array among the options as operations take it."""
    from leopard.functions._followed import as_option

    return as_option(x)


@batched(Quantile)
def quantile(step):
    if "weights" in step.more or depends(step.option):
        return NotImplemented
    (x,), ndim = step.xs, step.inputs[0].ndim
    if ndim == 0:
        x, new = reshape(x, (step.n, 1)), {"axis": (1,), "keepdims": False}
    else:
        new = {"axis": behind(step.axes(), ndim)}
    y = step.call(x, option=with_options(step, **new))
    q = np.ndim(step.more.get("q", 0.0))
    return transpose(y, (q, *range(q), *range(q + 1, y.ndim))) if q else y


@batched(WeightedAverage)
def weighted_average(step):
    if depends(step.option):
        return NotImplemented
    (a, w), (one, weights) = step.xs, step.inputs
    axes = axes_of(step.axis, one.ndim)
    if weights.shape != one.shape:  # they belong to the axes, in the order in which these are given
        order = np.argsort(axes).tolist()
        shape = tuple([n if k in axes else 1 for k, n in enumerate(one.shape)])
        lead = (step.n,) if step.mapped[1] else ()
        w = transpose(w, (*range(len(lead)), *[k + len(lead) for k in order]))
        w = reshape(w, (*lead, *shape))
    shape = (step.n, *one.shape)
    a, w = [x if np.shape(x) == shape else broadcast_to(x, shape) for x in (a, w)]
    if one.ndim == 0:
        a, w, axes, keepdims = reshape(a, (step.n, 1)), reshape(w, (step.n, 1)), (0,), False
    else:
        keepdims = step.keepdims
    return step.call(a, w, option=(tuple([axis + 1 for axis in axes]), step.returned, keepdims))


@batched(Norm)
def norm(step):
    (x,), ndim, axis = step.xs, step.inputs[0].ndim, step.axis
    if axis is None:
        if step.ord is None or ndim < 2:
            x = reshape(x, (step.n, step.inputs[0].size))
            y = step.call(x, option=(step.ord, 1, False))
            return reshape(y, (step.n, *step.output.shape))
        axes = (1, 2)
    else:
        axes = behind(axes_of(axis, ndim), ndim)
    return step.call(x, option=(step.ord, axes if len(axes) > 1 else axes[0], step.keepdims))


@batched(VectorNorm)
def vector_norm(step):
    (x,), ndim = step.xs, step.inputs[0].ndim
    if step.axis is None or ndim == 0:
        y = step.call(reshape(x, (step.n, step.inputs[0].size)), option=(1, False, step.ord))
        return reshape(y, (step.n, *step.output.shape))
    return step.call(x, option=(behind(axes_of(step.axis, ndim), ndim), step.keepdims, step.ord))


@batched(CumSum, CumProd, Sort, Partition, RunningExtremum, Unwrap)
def along_an_axis(step):
    """What runs along an axis, or over the flattened array."""
    (x,), ndim, axis = step.xs, step.inputs[0].ndim, step.axis
    if depends(step.option):
        return NotImplemented
    if axis is None or ndim == 0:
        x, axis = reshape(x, (step.n, step.inputs[0].size)), 1
    else:
        axis = axis % ndim + 1
    y = step.call(x, option=with_options(step, axis=axis))
    shape = (step.n, *step.output.shape)
    return y if y.shape == shape else reshape(y, shape)


@batched(AddReduceAt)
def add_reduce_at(step):
    if depends(step.option):
        return NotImplemented
    return step.call(*step.xs, option=with_options(step, axis=step.axis % step.inputs[0].ndim + 1))


@batched(Recurrence)
def recurrence(step):
    return step.call(*map(step.rows, range(2)))


@batched(SumOfRuns)
def sum_of_runs(step):
    stays = step.stays
    stays = (
        plain_option(stays.rows)
        if type(stays) is OfRows
        else np.broadcast_to(stays, (step.n, *np.shape(stays)))
    )
    return step.call(step.rows(0), option=stays)


@batched(SparseMap)
def sparse_map(step):
    return NotImplemented if depends(step.option) else step.call(*step.xs)


@batched(Softmax)
def softmax(step):
    ndim = step.inputs[0].ndim
    return step.call(*step.xs, option=behind(axes_of(step.axis, ndim), ndim))


@batched(LogSumExp)
def log_sum_exp(step):
    (x,), ndim = step.xs, step.inputs[0].ndim
    if ndim == 0:
        return reshape(step.call(reshape(x, (step.n, 1)), option=((1,), False)), (step.n,))
    return step.call(x, option=(behind(axes_of(step.axis, ndim), ndim), step.keepdims))


@batched(LogOfSum)
def log_of_sum(step):
    ndim = step.inputs[0].ndim
    xs = [step.rows(0), *step.aligned(ndim)[1:]]
    if ndim == 0:
        xs = [reshape(x, (*np.shape(x), 1)) for x in xs]
        return reshape(step.call(*xs, option=(1,)), (step.n,))
    return step.call(*xs, option=behind(axes_of(step.axis, ndim), ndim))
