"""Batched rules of linear algebra and of Fourier transforms, most of which NumPy computes for stacks."""

from leopard.functions.basic.shape import reshape, transpose
from leopard.functions.fft.one_axis import FftShift, IfftShift, _Transform
from leopard.functions.fft.several_axes import _TransformN
from leopard.functions.linalg.decompositions import QR, SVD, Cholesky, SVDVals
from leopard.functions.linalg.determinants import Cofactors, Det, SLogDet
from leopard.functions.linalg.eigenvalues import Eig, EigH, EigVals, EigValsH, Vectors
from leopard.functions.linalg.least_squares import PInv
from leopard.functions.linalg.solving import Inv, Solve
from leopard.transforms.batching._steps import batched, depends
from leopard.transforms.batching.products import of_matrices
from leopard.transforms.batching.reductions import with_options


@batched(Cholesky, Det, Eig, EigH, EigVals, EigValsH, Inv, PInv, QR, SLogDet, SVD, SVDVals, Vectors)
def stacked(step):
    """An operation over the last axes of one operand."""
    return NotImplemented if depends(step.option) else step.call(*step.xs)


@batched(Cofactors)
def cofactors(step):
    return of_matrices(step, *[2] * len(step.xs))


@batched(Solve)
def solve(step):
    (a, b), (one, right) = step.xs, step.inputs
    if right.ndim == 1:
        if step.mapped[1] and not step.mapped[0] and one.ndim == 2:  # one matrix, many right-hand sides
            return transpose(Solve.operation(a, transpose(b)))
        b = reshape(b, (*b.shape, 1))
        if step.mapped[1] and one.ndim > 2:
            b = reshape(b, (step.n, *(1,) * (one.ndim - 2), right.size, 1))
        y = Solve.operation(a, b)
        return reshape(y, y.shape[:-1])
    if step.mapped[1] and not step.mapped[0] and one.ndim == right.ndim == 2:
        n, (m, k) = step.n, right.shape
        y = Solve.operation(a, reshape(transpose(b, (1, 0, 2)), (m, n * k)))
        return transpose(reshape(y, (m, n, k)), (1, 0, 2))
    return of_matrices(step, 2, 2)


@batched(_Transform)
def transform(step):
    ndim = step.inputs[0].ndim
    return step.call(*step.xs, option=with_options(step, axis=step.axis % ndim + 1))


@batched(_TransformN)
def transform_over_axes(step):
    ndim = step.inputs[0].ndim
    s, axes, norm = step.option
    if axes is None:
        axes = range(ndim) if s is None else range(ndim - len(s), ndim)
    return step.call(*step.xs, option=(s, tuple([axis % ndim + 1 for axis in axes]), norm))


@batched(FftShift, IfftShift)
def shift(step):
    ndim, axes = step.inputs[0].ndim, step.option
    if axes is None:
        axes = range(ndim)
    elif isinstance(axes, int):
        axes = (axes,)
    return step.call(*step.xs, option=tuple([axis % ndim + 1 for axis in axes]))
