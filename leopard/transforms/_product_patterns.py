"""The patterns of sums of products: of which constants are zero, and which indices are equal."""

import numpy as np

from leopard import _core
from leopard.functions.linalg.einsum import labels_of

plain = _core.array_of_any


def sparse():
    """The module `scipy.sparse`; an ImportError with the command to install it where it is missing."""
    try:
        import scipy.sparse
    except ImportError as error:
        raise ImportError(
            "sparse_jacobian and sparse_hessian need SciPy: pip install 'leopard-autodiff[scipy]'"
        ) from error
    return scipy.sparse


def pairs(y, x, to, come_from):
    """The pattern of these places in y and in x, one pair after another."""
    ones = np.ones(len(to), bool)
    return sparse().csr_array((ones, (to, come_from)), shape=(y.size, x.size))


def identity(n):
    return sparse().csr_array(sparse().identity(n, bool, "csr"))


def everything(f, k, y):
    """Each element depends on all elements."""
    return sparse().csr_array(np.ones((y.size, f.inputs[k].size), bool))


def broadcast(shape, into):
    """The pattern of an array of this shape that is broadcast; None for the identity."""
    if shape == into:
        return None
    n = int(np.prod(shape))
    numbers = np.broadcast_to(np.arange(n).reshape(shape), into).ravel()
    ones = np.ones(len(numbers), bool)
    return sparse().csr_array((ones, (np.arange(len(numbers)), numbers)), shape=(len(numbers), n))


def contracted(f, k, y, labels, result, reads_zeros=True):
    """The pattern of a sum of products, given the labels of the axes of each operand and of the result.

    Elements depend on each other where the indices of equal labels are equal, and the product of the other
    operands can be other than zero: constants are zero where they are now.
    """
    x, own = f.inputs[k], labels[k]
    sizes = {}
    for v, names in zip((*f.inputs, y), (*labels, result), strict=True):
        for name, n in zip(names, v.shape, strict=True):
            sizes[name] = n if sizes.get(name, 1) == 1 else sizes[name]
    known = {}  # the indices of some labels, of all places where the constants are not zero
    count = 1
    for j, v in enumerate(f.inputs):
        if j == k or f.wanted[j] or not reads_zeros:
            continue
        nonzero = plain(v) != 0
        if nonzero.all():
            continue
        found, valid = {}, None
        for name, n, at in zip(labels[j], v.shape, np.nonzero(nonzero), strict=True):
            if n != sizes[name]:
                continue  # it is broadcast
            if name in found:
                valid = (found[name] == at) if valid is None else valid & (found[name] == at)
            found[name] = at
        if not found:
            if not nonzero.any():
                return sparse().csr_array((y.size, x.size), dtype=bool)
            continue
        if valid is not None:
            found = {name: at[valid] for name, at in found.items()}
        known, count = _combined(known, count, found, sizes)
    needed = [name for name in dict.fromkeys((*result, *own)) if name not in known]
    shape = (count, *[sizes[name] for name in needed])
    grid = dict(zip(needed, np.indices(shape, sparse=True)[1:], strict=True))
    for name, at in known.items():
        grid[name] = np.reshape(at, (count, *[1] * len(needed)))
    to, come_from = [
        np.broadcast_to(_flat_index(grid, names, v.shape), shape).ravel()
        for names, v in ((result, y), (own, x))
    ]
    p = pairs(y, x, to, come_from)
    p.sum_duplicates()
    return p


def _combined(known, count, found, sizes):
    """The places of `found` joined with those known, where the labels that both have are equal."""
    n = len(next(iter(found.values())))
    if not known:
        return found, n
    common = [name for name in found if name in known]
    left, right = np.zeros(count, np.int64), np.zeros(n, np.int64)
    for name in common:
        left = left * sizes[name] + known[name]
        right = right * sizes[name] + found[name]
    order = np.argsort(right, kind="stable")
    first, last = [np.searchsorted(right[order], left, side) for side in ("left", "right")]
    lengths = last - first
    i = np.repeat(np.arange(count), lengths)
    j = order[np.repeat(first - np.cumsum(lengths) + lengths, lengths) + np.arange(lengths.sum())]
    joined = {name: at[i] for name, at in known.items()}
    joined.update({name: at[j] for name, at in found.items()})
    return joined, len(i)


def _flat_index(grid, names, shape):
    """The places in an array of this shape that these indices mean; axes of length 1 are broadcast."""
    total = np.zeros((), np.int64)
    for name, n in zip(names, shape, strict=True):
        total = total * n + (grid[name] if n > 1 else 0)
    return total


def labels_before(v, core):
    """Labels of the axes before the last `core` ones, counted from their right end."""
    return list(range(core - v.ndim, 0))


def _of_cores(*cores):
    """The rule of a product that broadcasts over the axes before those named, of operands and result."""

    def rule(f, k, y):
        named = zip((*f.inputs, y), cores, strict=True)
        *labels, result = [[*labels_before(v, len(core)), *core] for v, core in named]
        return contracted(f, k, y, labels, result)

    return rule


def _matrix_product(f, k, y):
    a, b = f.inputs
    if a.ndim == 0 or b.ndim == 0:
        return _scaled(f, k, y)
    first, second = "ik"[-min(a.ndim, 2) :], "kj" if b.ndim > 1 else "k"
    result = first[:-1] + second[1:]
    return _of_cores(first, second, result)(f, k, y)


def _dot(f, k, y):
    a, b = f.inputs
    if a.ndim == 0 or b.ndim == 0:
        return _scaled(f, k, y)
    return _tensor_product(f, k, y, [a.ndim - 1], [max(b.ndim - 2, 0)])


def _tensor_dot(f, k, y):
    a, b = f.inputs
    ends = [[int(i) % v.ndim for i in np.ravel(axes)] for v, axes in zip((a, b), f.option, strict=True)]
    return _tensor_product(f, k, y, *ends)


def _tensor_product(f, k, y, axes0, axes1):
    a, b = f.inputs
    first, second = [("a", i) for i in range(a.ndim)], [("b", i) for i in range(b.ndim)]
    for i, j in zip(axes0, axes1, strict=True):
        second[j] = first[i]
    result = [first[i] for i in range(a.ndim) if i not in axes0]
    result += [second[j] for j in range(b.ndim) if j not in axes1]
    return contracted(f, k, y, [first, second], result)


def _scaled(f, k, y):
    """The product of a number and an array."""
    p = broadcast(f.inputs[k].shape, y.shape)
    return _without_zeros(identity(y.size) if p is None else p, f, k, y)


def _without_zeros(p, f, k, y):
    """The rows of a pattern whose factor, the other operand, is not a constant zero."""
    other = f.inputs[1 - k]
    if f.wanted[1 - k]:
        return p
    nonzero = np.broadcast_to(plain(other) != 0, y.shape).ravel()
    return sparse().csr_array(sparse().diags_array(nonzero, dtype=bool) @ p)


def _scalar_product(f, k, y):
    x, other = f.inputs[k], f.inputs[1 - k]
    nonzero = np.ones(x.size, bool) if f.wanted[1 - k] else plain(other).ravel() != 0
    return sparse().csr_array(nonzero[None])


def _einsum(f, k, y):
    labels, result = labels_of(f.subscripts, [v.ndim for v in f.inputs])
    return contracted(f, k, y, labels, result)


def _kronecker(f, k, y):
    x, other = f.inputs[k], f.inputs[1 - k]
    factors = [None, None]
    factors[k] = np.arange(1, x.size + 1).reshape(x.shape)
    factors[1 - k] = np.ones(other.shape, int) if f.wanted[1 - k] else (plain(other) != 0).astype(int)
    numbers = np.kron(*factors).ravel()
    there = np.flatnonzero(numbers)
    return pairs(y, x, there, numbers[there] - 1)


def _cross_product(f, k, y):
    """Components of the same two vectors, but for the one of the same number."""
    ends = f.option[:2]
    vectors = [
        np.moveaxis(np.arange(v.size).reshape(v.shape), a, -1) for v, a in zip(f.inputs, ends, strict=True)
    ]
    plane = vectors[0].shape[-1] == vectors[1].shape[-1] == 2
    results = np.arange(y.size).reshape((*y.shape, 1) if plane else y.shape)
    results = results if plane else np.moveaxis(results, f.option[2], -1)
    other = f.inputs[1 - k]
    nonzero = np.ones(other.shape, bool) if f.wanted[1 - k] else plain(other) != 0
    nonzero = np.moveaxis(nonzero, ends[1 - k], -1)
    to, come_from, batch = [], [], results.shape[:-1]
    for c in (2,) if plane else range(3):
        for i in {0, 1, 2} - {c}:
            j = 3 - c - i
            if i < vectors[k].shape[-1] and j < nonzero.shape[-1]:
                there = np.broadcast_to(nonzero[..., j], batch)
                to.append(results[..., 0 if plane else c][there])
                come_from.append(np.broadcast_to(vectors[k][..., i], batch)[there])
    return pairs(y, f.inputs[k], np.concatenate(to), np.concatenate(come_from))


def _slid(f, k, y):
    """Convolutions, and correlations as the convolutions that they are."""
    (n, m), x = [v.shape[0] for v in f.inputs], f.inputs[k]
    start = 0 if y.size == n + m - 1 else f.start(n, m, y.size)
    nonzero = [
        np.ones(v.size, bool) if w or j == k else plain(v) != 0
        for j, (v, w) in enumerate(zip(f.inputs, f.wanted, strict=True))
    ]
    i, j = [at.ravel() for at in np.meshgrid(*map(np.flatnonzero, nonzero), indexing="ij")]
    to = i + (j if type(f).__name__ == "Convolve" else m - 1 - j) - start
    inside = (to >= 0) & (to < y.size)
    return pairs(y, x, to[inside], (i, j)[k][inside])


#: The rules of sums of products, by the names of the classes.
PRODUCTS = {
    "Convolve": _slid,
    "Correlate": _slid,
    "Cross": _cross_product,
    "Dot": _dot,
    "Einsum": _einsum,
    "Kron": _kronecker,
    "MatMul": _matrix_product,
    "MatVec": _of_cores("ik", "k", "i"),
    "TensorDot": _tensor_dot,
    "VDot": _scalar_product,
    "VecDot": _of_cores("k", "k", ""),
    "VecMat": _of_cores("k", "kj", "j"),
}
