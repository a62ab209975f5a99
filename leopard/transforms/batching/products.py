"""Batched rules of products: matrices, sums of products over axes, `einsum`, convolutions."""

import numpy as np

from leopard.functions.basic.complex import conj
from leopard.functions.basic.indexing import GetItem
from leopard.functions.basic.shape import broadcast_to, reshape, transpose
from leopard.functions.linalg.dot import Dot, TensorDot, VDot
from leopard.functions.linalg.einsum import LETTERS, Einsum, Spread, labels_of
from leopard.functions.linalg.matmul import MatMul, VecDot
from leopard.functions.linalg.outer import Cross, Kron
from leopard.functions.manipulation.joining import concatenate
from leopard.functions.math.convolution import Convolve, Correlate
from leopard.functions.polynomials.arithmetic import Polyval
from leopard.transforms.batching._steps import batched
from leopard.transforms.batching.moving import moved

try:
    from leopard.functions.linalg.matmul import MatVec, VecMat
except ImportError:  # before NumPy 2.2
    MatVec = VecMat = None


def of_matrices(step, *cores):
    """An operation over the last axes, so many of each operand: the axes in front are aligned."""
    lead = max([x.ndim - core for x, core in zip(step.inputs, cores, strict=True)])
    xs = []
    for x, m, one, core in zip(step.xs, step.mapped, step.inputs, cores, strict=True):
        missing = (1,) * (lead - one.ndim + core) if m else ()
        xs.append(reshape(x, (step.n, *missing, *one.shape)) if missing else x)
    return step.call(*xs)


def product(x0, x1, are_mapped, shape0, shape1):
    """The matrix products of two operands, of which one at least is mapped; the shapes are of one example."""
    n = len(x0) if are_mapped[0] else len(x1)
    if not are_mapped[1] and len(shape1) <= 2:
        if len(shape0) != 1 or len(shape1) <= 2:
            return MatMul.operation(x0, x1)
    if not are_mapped[0] and len(shape0) == 1 and len(shape1) == 1:
        return MatMul.operation(x1, x0)
    if not are_mapped[0] and len(shape0) == 2 and len(shape1) == 1:
        return MatMul.operation(x1, transpose(x0))
    row = (1, *shape0) if len(shape0) == 1 else shape0
    column = (*shape1, 1) if len(shape1) == 1 else shape1
    ndim = max(len(row), len(column))
    if are_mapped[0]:
        x0 = reshape(x0, (n, *(1,) * (ndim - len(row)), *row))
    elif len(shape0) == 1:
        x0 = reshape(x0, row)
    if are_mapped[1]:
        x1 = reshape(x1, (n, *(1,) * (ndim - len(column)), *column))
    elif len(shape1) == 1:
        x1 = reshape(x1, column)
    y = x0 * x1 if row[-1] == 1 else MatMul.operation(x0, x1)
    form = [*np.broadcast_shapes(row[:-2], column[:-2])]
    if len(shape0) > 1:
        form.append(row[-2])
    if len(shape1) > 1:
        form.append(column[-1])
    return y if y.shape == (n, *form) else reshape(y, (n, *form))


@batched(MatMul)
def matmul(step):
    return product(*step.xs, step.mapped, *[x.shape for x in step.inputs])


@batched(Dot)
def dot(step):
    x0, x1 = step.inputs
    if not x0.ndim or not x1.ndim:
        a, b = step.aligned(max(x0.ndim, x1.ndim))
        return a * b
    if x0.ndim <= 2 and x1.ndim <= 2:
        return matmul(step)
    return contraction(step)


@batched(TensorDot)
def contraction(step):
    """Sums of products over pairs of axes, as products of matrices."""
    summed, flat, shapes, result = step.axes(), [], [], []
    for k, (x, m, one) in enumerate(zip(step.xs, step.mapped, step.inputs, strict=True)):
        axes = list(summed[k])
        free = [i for i in range(one.ndim) if i not in axes]
        order = axes + free if k else free + axes
        n_summed = int(np.prod([one.shape[i] for i in axes]))
        n_free = int(np.prod([one.shape[i] for i in free]))
        result += [one.shape[i] for i in free]
        shape = (n_summed, n_free) if k else (n_free, n_summed)
        if m:
            x = reshape(transpose(x, (0, *[i + 1 for i in order])), (step.n, *shape))
        else:
            x = reshape(transpose(x, tuple(order)), shape)
        flat.append(x)
        shapes.append(shape)
    return reshape(product(*flat, step.mapped, *shapes), (step.n, *result))


@batched(VDot)
def vdot(step):
    flat = [
        reshape(x, (step.n, one.size) if m else (one.size,))
        for x, m, one in zip(step.xs, step.mapped, step.inputs, strict=True)
    ]
    return VecDot.operation(*flat)


@batched(VecDot)
def vecdot(step):
    return of_matrices(step, 1, 1)


if MatVec is not None:

    @batched(MatVec)
    def matvec(step):
        return of_matrices(step, 2, 1)

    @batched(VecMat)
    def vecmat(step):
        return of_matrices(step, 1, 2)


@batched(Einsum)
def einsum(step):
    """The sum with one more label, on the result and on the operands that have rows."""
    terms, result = labels_of(step.subscripts, [x.ndim for x in step.inputs])
    known = list(dict.fromkeys([i for term in (*terms, result) for i in term]))
    if len(known) >= len(LETTERS):
        return NotImplemented
    letters = dict(zip(known, LETTERS[1:], strict=False))
    texts = []
    for term, m in zip([*terms, result], [*step.mapped, True], strict=True):
        texts.append(LETTERS[0] * m + "".join([letters[i] for i in term]))
    subscripts = ",".join(texts[:-1]) + "->" + texts[-1]
    return step.call(*step.xs, option=(subscripts, step.keywords))


@batched(Spread)
def spread(step):
    left, _, right = step.subscripts.partition("->")
    new = next(letter for letter in LETTERS if letter not in left)
    return step.call(*step.xs, option=(f"{new}{left}->{new}{right}", (step.n, *step.option[1])))


@batched(Kron)
def kron(step):
    n_axes = max([x.ndim for x in step.inputs])
    xs = []
    for k, (x, m, one) in enumerate(zip(step.xs, step.mapped, step.inputs, strict=True)):
        lengths = (1,) * (n_axes - one.ndim) + one.shape
        pairs = [i for length in lengths for i in ((1, length) if k else (length, 1))]
        xs.append(reshape(x, ((step.n,) * m + tuple(pairs))))
    return reshape(xs[0] * xs[1], (step.n, *step.output.shape))


@batched(Cross)
def cross(step):
    *axes, axisc = step.option
    ndim = max([x.ndim for x in step.inputs])
    xs = []
    for x, m, one, axis in zip(step.xs, step.mapped, step.inputs, axes, strict=True):
        x = moved(x, axis % one.ndim + m, 1, one.ndim - 1 + m)
        xs.append(reshape(x, (step.n, *(1,) * (ndim - one.ndim), *x.shape[1:])) if m else x)
    y = step.call(*xs, option=(-1, -1, -1))
    if y.ndim == ndim:  # of vectors in the plane there is one number
        return y
    return moved(y, y.ndim - 1, 1, axisc % ndim + 1)


@batched(Convolve, Correlate)
def sliding(step):
    """Sums over the windows of one sequence, of products with the other one."""
    if "mode" not in step.cls.options:
        return NotImplemented
    (a, v), is_mapped = step.xs, list(step.mapped)
    n, m = [x.size for x in step.inputs]
    if issubclass(step.cls, Correlate):
        v = conj(v)
    else:
        v = v[..., ::-1]
    length = step.output.size
    start = 0 if length == n + m - 1 else step.cls(step.mode).start(n, m, length)
    zeros = np.zeros((*np.shape(a)[:-1], m - 1), a.dtype)
    a = concatenate([zeros, a, zeros], axis=-1) if m > 1 else a
    places = np.arange(start, start + length)[:, np.newaxis] + np.arange(m)
    windows = GetItem.operation(a, (Ellipsis, places))
    return product(windows, v, is_mapped, (length, m), (m,))


@batched(Polyval)
def polyval(step):
    """Horner's rule, as NumPy computes it."""
    p, x = step.xs
    if not step.mapped[0]:
        return step.call(p, x) if step.inputs[0].ndim == 1 else NotImplemented
    ndim = step.inputs[1].ndim
    if step.inputs[0].ndim != 1 or step.inputs[0].size == 0:
        return NotImplemented
    shape = (step.n, *(1,) * ndim)
    y = broadcast_to(np.zeros((), step.output.dtype), (step.n, *step.output.shape))
    for k in range(step.inputs[0].size):
        y = y * x + reshape(p[:, k], shape)
    return y
