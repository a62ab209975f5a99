"""Sparsity patterns: which elements of a result can depend on which elements of an input.

Index sets are propagated forward through the recorded graph, as rows of a sparse matrix. A dependence counts
even where the derivative is zero at this point. A Function for which no pattern is stated depends on all
elements of its inputs.
"""

import numpy as np

from leopard import _core
from leopard._core import latest_version, node_identity, operation_of, outputs_at_call

plain = _core.array_of_any

# The Functions of these sets are named by their classes.
_ELEMENT_BY_ELEMENT = {
    "Where",
    "Clip",
    "NanToNum",
    "Full",
    "Real",
    "Imag",
    "Astype",
    "Duplicate",
    "Round",
    "LdExp",
}
_MOVING = {
    "GetItem", "Reshape", "Transpose", "BroadcastTo", "Gather", "Choice", "Roll", "Concatenate", "Stack",
    "Tile", "Repeat", "Diagonal", "OnDiagonal", "FftShift", "IfftShift",
}  # fmt: skip
_ALONG_AXES = {
    "Sum", "Mean", "FullSum", "NanSum", "FullMean", "NanMean", "Max", "Min", "NanMax", "NanMin", "Prod",
    "Var", "Std", "NanVar", "NanStd", "CumSum", "CumProd", "LogAddExpReduce", "LogAddExp2Reduce",
    "HypotReduce",
}  # fmt: skip


def sparse():
    """The module `scipy.sparse`; an ImportError with the command to install it where it is missing."""
    try:
        import scipy.sparse
    except ImportError as error:
        raise ImportError(
            "sparse_jacobian and sparse_hessian need SciPy: pip install 'leopard-autodiff[scipy]'"
        ) from error
    return scipy.sparse


def pattern_of(y, x):
    """The sparse matrix of truth values that are True where an element of y can depend on an element of x.

    Parameters
    ----------
    y, x : Variable

    Returns
    -------
    scipy.sparse.csr_array
        Of shape ``(y.size, x.size)``.
    """
    start, (end, _) = latest_version(y), node_identity(x)
    sets = {end: _identity(x.size)}
    for f in _functions_between(start, end):
        nodes = [
            node_identity(v)[0] if wanted else None for v, wanted in zip(f.inputs, f.wanted, strict=True)
        ]
        found = [(k, sets[node]) for k, node in enumerate(nodes) if node in sets]
        if not found:
            continue
        for output in outputs_at_call(f):
            if output is not None:
                sets[node_identity(output)[0]] = _joined([_through(f, k, output, s) for k, s in found])
    node, _ = node_identity(start)
    return sets[node] if node in sets else sparse().csr_array((y.size, x.size), dtype=bool)


def _identity(n):
    return sparse().csr_array(sparse().identity(n, bool, "csr"))


def _functions_between(y, end):
    """The Functions between the node `end` and y, in the order of generations."""
    found, waiting = {}, [y]
    while waiting:
        node, f = node_identity(waiting.pop())
        if node == end or f is None or id(f) in found:
            continue
        found[id(f)] = f
        waiting.extend([v for v, wanted in zip(f.inputs, f.wanted, strict=True) if wanted])
    return sorted(found.values(), key=lambda f: f.generation)


def _joined(sets):
    total = sets[0]
    for s in sets[1:]:
        total = total + s
    return total


def _through(f, k, y, s):
    """The index sets of an output y of f, given the index sets s of input k."""
    p = _local(f, k, y)
    return s if p is None else p @ s


def _local(f, k, y):
    """The pattern of an output of one Function and its input k; None for the identity."""
    x, operation = f.inputs[k], operation_of(type(f))
    name = type(f).__name__ if operation is not None else ""  # a user's class may have any name
    if (
        name
        and (operation.ufunc is not None or type(f).__dict__.get("elementwise"))
        or name in _ELEMENT_BY_ELEMENT
    ):
        return _broadcast(x.shape, y.shape)
    if name in _MOVING:
        return _moved(f, k, y)
    if name == "SumTo":
        p = _broadcast(y.shape, x.shape)
        return None if p is None else p.T.tocsr()
    if name == "AddAt":
        places = np.arange(y.size).reshape(y.shape)[f.option[0]]
        return _pairs(y, x, places.ravel(), np.arange(x.size))
    if name == "SetItem":
        return None if k == 0 else _put(f, x, y)
    if name in _ALONG_AXES and k == 0 and type(f.option) is tuple:
        return _along(f.option[0], x, y)
    if name in ("MatMul", "Dot") and all(v.ndim in (1, 2) for v in f.inputs):
        return _product(f, k, y)
    return sparse().csr_array(np.ones((y.size, x.size), bool))


def _pairs(y, x, to, come_from):
    ones = np.ones(len(to), bool)
    return sparse().csr_array((ones, (to, come_from)), shape=(y.size, x.size))


def _broadcast(shape, into):
    """The pattern of an array of this shape that is broadcast."""
    if shape == into:
        return None
    n = int(np.prod(shape))
    numbers = np.broadcast_to(np.arange(n).reshape(shape), into).ravel()
    ones = np.ones(len(numbers), bool)
    return sparse().csr_array((ones, (np.arange(len(numbers)), numbers)), shape=(len(numbers), n))


def _moved(f, k, y):
    """The pattern of a Function that moves elements unchanged, found by applying it to their numbers."""
    numbers = [np.zeros(v.shape, np.int64) for v in f.inputs]
    x = f.inputs[k]
    numbers[k] = np.arange(1, x.size + 1).reshape(x.shape)
    went = np.asarray(f.forward(*numbers)).real.astype(np.int64).ravel()
    there = np.flatnonzero(went)
    return _pairs(y, x, there, went[there] - 1)


def _put(f, v, y):
    """The pattern of the elements v that are assigned at an index."""
    numbers = np.zeros(y.shape, np.int64)
    numbers[f.option] = np.arange(1, v.size + 1).reshape(v.shape)
    there = np.flatnonzero(numbers)
    return _pairs(y, v, there, numbers.ravel()[there] - 1)


def _along(axis, x, y):
    """The pattern of functions of rows along some axes: each element depends on all elements of its row."""
    if axis is None:
        return sparse().csr_array(np.ones((y.size, x.size), bool))
    axes = {a % x.ndim for a in (axis if isinstance(axis, tuple) else (axis,))}
    shape = tuple([1 if a in axes else n for a, n in enumerate(x.shape)])
    rows = np.arange(int(np.prod(shape))).reshape(shape)
    of_x = np.broadcast_to(rows, x.shape).ravel()
    of_y = np.broadcast_to(rows, y.shape).ravel() if y.ndim == x.ndim else rows.ravel()
    return _meeting(y, x, of_y, of_x, rows.size)


def _meeting(y, x, of_y, of_x, n):
    """The pattern where elements of y and x with the same of n numbers depend on each other."""
    rows = sparse().csr_array((np.ones(len(of_x), bool), (of_x, np.arange(x.size))), shape=(n, x.size))
    return rows[of_y]


def _product(f, k, y):
    """The pattern of a matrix product: rows of the first and columns of the second, but for constant 0."""
    x, other = f.inputs[k], f.inputs[1 - k]
    if f.wanted[1 - k]:
        nonzero = np.ones(other.shape, bool)
    else:
        nonzero = plain(other) != 0
    csr = sparse().csr_array
    if k == 0:
        rows = x.shape[0] if x.ndim == 2 else 1
        return csr(sparse().kron(_identity(rows), csr(nonzero.reshape(len(other), -1).T)))
    columns = x.shape[1] if x.ndim == 2 else 1
    left = csr(nonzero.reshape(-1, other.shape[-1]))
    return csr(sparse().kron(left, _identity(columns)))
