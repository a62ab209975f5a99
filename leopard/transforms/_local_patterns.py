"""The pattern of one Function: which elements of an output can depend on which elements of one input.

A dependence counts even where the derivative is zero at this point. The rules are named by the classes of
the Functions. One for which there is no rule is probed where it is linear, so that its derivative does not
depend on its inputs; any other depends on all elements.
"""

import numpy as np

from leopard import _core
from leopard._core import node_identity, operation_of, outputs_at_call
from leopard.functions._primitives import Elementwise
from leopard.functions._registry import is_own
from leopard.transforms._product_patterns import (
    PRODUCTS,
    broadcast,
    contracted,
    everything,
    identity,
    labels_before,
    pairs,
    sparse,
)

plain = _core.array_of_any

MOST_PROBED = 1 << 20  # elements of a derivative that is found by probing, and its columns
MOST_COLUMNS = 1 << 11


def local_pattern(f, k, y):
    """The pattern of an output y of a Function and its input k; None for the identity."""
    return rule_of(type(f))(f, k, y)


def rule_of(cls):
    """The rule for the Functions of a class: a function of one, the number of an input and an output."""
    operation = operation_of(cls)
    if operation is None:
        return everything
    if is_own(cls):
        of_scipy = cls.__module__.startswith("leopard.scipy.")
        rule = (RULES_OF_SCIPY if of_scipy else RULES).get(cls.__name__)
        if rule is _by_rows and "axis" not in operation.option_names:
            return _by_element  # a ufunc has the name of its reduction
        if rule is not None:
            return rule
        if cls.__module__.startswith("leopard.scipy.special."):
            return _by_element
    if operation.ufunc is not None or issubclass(cls, Elementwise) or cls.__dict__.get("elementwise"):
        return _by_element
    is_linear = getattr(cls, "linear", False) or getattr(cls, "multilinear", False)
    return _probed if is_linear and is_own(cls) else everything


def reads_options(rule):
    """Whether a rule reads more of a Function than its shapes."""
    return rule is not everything and rule is not _by_element


def constants_read(f, rule):
    """What a rule reads of the operands that take no gradient: arrays."""
    if rule in _PRODUCT_RULES or rule is _probed and not getattr(type(f), "linear", False):
        return [plain(v) != 0 for v, wanted in zip(f.inputs, f.wanted, strict=True) if not wanted]
    if rule is interpolated:
        return [plain(v) for v, wanted in zip(f.inputs[:2], f.wanted, strict=False) if not wanted]
    return []


# -- Matrices ----------------------------------------------------------------------------------------


def _separable(x, matrices):
    """The pattern that is a product of patterns along the axes; None stands for the identity."""
    csr = sparse().csr_array
    total = identity(1)
    for n, m in zip(x.shape, matrices, strict=True):
        total = csr(sparse().kron(total, identity(n) if m is None else csr(m), "csr"))
    return total


def _meeting(y, x, of_y, of_x, n):
    """The pattern where elements of y and x with the same of n numbers depend on each other."""
    rows = sparse().csr_array((np.ones(len(of_x), bool), (of_x, np.arange(x.size))), shape=(n, x.size))
    return rows[of_y]


def _axes(axis, ndim):
    if axis is None:
        return set(range(ndim))
    return {a % ndim for a in (axis if isinstance(axis, (tuple, list)) else (axis,))} if ndim else set()


# -- Elements, and elements that are moved -------------------------------------------------------------


def _by_element(f, k, y):
    shape = f.inputs[k].shape
    if shape != y.shape and np.broadcast_shapes(shape, y.shape) != y.shape:
        return everything(f, k, y)
    return broadcast(shape, y.shape)


def _moved(f, k, y):
    """Elements are moved unchanged: apply the Function to their numbers."""
    numbers = [np.zeros(v.shape, np.int64) for v in f.inputs]
    x = f.inputs[k]
    numbers[k] = np.arange(1, x.size + 1).reshape(x.shape)
    went = np.asarray(f.forward(*numbers)).real.astype(np.int64).ravel()
    there = np.flatnonzero(went)
    return pairs(y, x, there, went[there] - 1)


def _summed_to(f, k, y):
    p = broadcast(y.shape, f.inputs[k].shape)
    return None if p is None else p.T.tocsr()


def _added_at(f, k, y):
    places = np.arange(y.size).reshape(y.shape)[f.option[0]]
    return pairs(y, f.inputs[k], places.ravel(), np.arange(f.inputs[k].size))


def _assigned(f, k, y):
    if k == 0:
        numbers = np.arange(1, y.size + 1).reshape(y.shape)
        numbers[f.option] = 0
    else:
        numbers = np.zeros(y.shape, np.int64)
        numbers[f.option] = np.arange(1, f.inputs[k].size + 1).reshape(f.inputs[k].shape)
    there = np.flatnonzero(numbers)
    return pairs(y, f.inputs[k], there, numbers.ravel()[there] - 1)


def _padded(f, k, y):
    """The product of what the padding does along each axis, which a matrix of unit columns shows."""
    x, statistics = f.inputs[k], ("maximum", "minimum", "mean", "median")
    given = {name: v for name, v in f.given.items() if name == "reflect_type"}
    matrices = []
    for n, (before, after) in zip(x.shape, f.widths, strict=True):
        if f.mode in statistics or n == 0:
            return everything(f, k, y)
        if callable(f.mode):
            return everything(f, k, y)
        matrices.append(np.pad(np.eye(n), [(int(before), int(after)), (0, 0)], f.mode, **given) != 0)
    return _separable(x, matrices)


def _joined(f, k, y):
    """Arrays joined along an axis, whatever types that is permitted for."""
    numbers = [np.zeros(v.shape, np.int64) for v in f.inputs]
    x = f.inputs[k]
    numbers[k] = np.arange(1, x.size + 1).reshape(x.shape)
    if type(f).__name__ == "Concatenate" and f.axis is None:
        went = np.concatenate(numbers, None)
    else:
        went = (np.stack if type(f).__name__ == "Stack" else np.concatenate)(numbers, f.axis)
    there = np.flatnonzero(went)
    return pairs(y, x, there, went.ravel()[there] - 1)


def _counted(f, k, y):
    places = plain(f.x) if isinstance(f.x, _core.Variable) else np.asarray(f.x)
    return pairs(y, f.inputs[k], places.ravel().astype(np.int64), np.arange(f.inputs[k].size))


def _mapped(f, k, y):
    """The linear map of the last axis that `SparseMap` states by its elements."""
    x = f.inputs[k]
    weights = np.broadcast_to(f.weights, np.shape(f.rows))
    rows, columns = np.ravel(f.rows), np.ravel(f.columns)
    there = np.ravel(weights) != 0
    m = sparse().csr_array((there[there], (rows[there], columns[there])), shape=(f.n, x.shape[-1]))
    return _separable(x, [*[None] * (x.ndim - 1), m])


# -- Rows along some axes --------------------------------------------------------------------------------


def along(axis, x, y):
    """The pattern of functions of rows along some axes: each element depends on all elements of its row.

    The result has rows of the same kind, or axes of length 1 in their place, or none; further axes may stand
    before.
    """
    axes = _axes(axis, x.ndim)
    kept = tuple([1 if a in axes else n for a, n in enumerate(x.shape)])
    rows = np.arange(int(np.prod(kept))).reshape(kept)
    of_x = np.broadcast_to(rows, x.shape).ravel()
    if y.shape == x.shape:
        of_y = of_x
    elif rows.size and y.size % rows.size == 0 and y.shape[:1] != x.shape[:1] or y.size == rows.size:
        of_y = np.tile(rows.ravel(), y.size // rows.size if rows.size else 0)
    else:
        return sparse().csr_array(np.ones((y.size, x.size), bool))
    return _meeting(y, x, of_y, of_x, rows.size)


def _by_rows(f, k, y):
    """Functions of rows along the axes `axis` of the first input."""
    x = f.inputs[k]
    if k:  # given means, of which each element belongs to one row
        return None if x.size == y.size else everything(f, k, y)
    p = along(f.axis, x, y)
    where = getattr(f, "where", True)
    if where is True or where is np._NoValue:
        return p
    taken = np.broadcast_to(plain(where) if isinstance(where, _core.Variable) else where, x.shape).ravel()
    return sparse().csr_array(p @ sparse().diags_array(taken.astype(bool), dtype=bool))


def _of_weighted_rows(f, k, y):
    """Functions of rows of several arrays that are broadcast; a vector of weights lies along the axis."""
    axes = _axes(f.axis, f.inputs[0].ndim)
    shapes = [v.shape for v in f.inputs]
    if len(shapes) > 1 and len(shapes[1]) == 1 and len(axes) == 1 and type(f).__name__ == "WeightedAverage":
        shapes[1] = tuple([shapes[1][0] if a in axes else 1 for a in range(len(shapes[0]))])
    if any(len(shape) < len(shapes[0]) for shape in shapes):  # they lie along several axes
        return everything(f, k, y)
    shape = np.broadcast_shapes(*shapes)
    axes = _axes(f.axis, len(shape))
    kept = tuple([1 if a in axes else n for a, n in enumerate(shape)])
    x = f.inputs[k]
    to = np.broadcast_to(np.arange(int(np.prod(kept))).reshape(kept), shape).ravel()
    if y.size != np.prod(kept):
        return everything(f, k, y)
    come_from = np.broadcast_to(np.arange(x.size).reshape(shapes[k]), shape).ravel()
    p = pairs(y, x, to, come_from)
    p.sum_duplicates()
    return p


def _running(f, k, y):
    """Each element depends on those before it along the axis, and on itself."""
    x = f.inputs[k]
    if f.axis is None or x.ndim == 0:
        return sparse().csr_array(np.tri(x.size, dtype=bool))
    matrices = [None] * x.ndim
    matrices[f.axis % x.ndim] = np.tri(x.shape[f.axis], dtype=bool)
    return _separable(x, matrices)


def _transformed(axes):
    """The rule of a transform along axes whose lengths may change: each element depends on all of its row."""

    def rule(f, k, y):
        x, chosen = f.inputs[k], _axes(axes(f), y.ndim)
        matrices = [None] * x.ndim
        for a in chosen:
            n = x.shape[a]
            matrices[a] = np.broadcast_to(np.arange(n) < _taken(f, n), (y.shape[a], n))
        return _separable(x, matrices)

    return rule


def _taken(f, n):
    """How many of n elements of a row a transform takes: the others are cut off."""
    length = f.n if "n" in operation_of(type(f)).option_names else None
    if length is None:
        return n
    return length // 2 + 1 if type(f).__name__ in ("Hfft", "Irfft") else length


def _by_matrix(f, k, y):
    """Functions of each matrix of a batch, whose axes come first in the result too."""
    x = f.inputs[k]
    batch = x.shape[:-2]
    if y.shape[: len(batch)] != batch or y.size == 0 or x.size == 0:
        return everything(f, k, y)
    n = int(np.prod(batch))
    return sparse().csr_array(sparse().kron(identity(n), np.ones((y.size // n, x.size // n), bool), "csr"))


# -- Others --------------------------------------------------------------------------------------------


def _solved(f, k, y):
    """Solutions depend on their own matrix, and on their own column of the right-hand sides."""
    a, b = f.inputs
    core = "i" if b.ndim == 1 else "ic"
    cores = zip((a, b, y), ("rs", "r" + core[1:], core), strict=True)
    *labels, result = [[*labels_before(v, len(names)), *names] for v, names in cores]
    return contracted(f, k, y, labels, result, reads_zeros=False)


def interpolated(f, k, y):
    """A value depends on its point, and where points and knots are constants on the ends of its interval."""
    if k == 0:
        return broadcast(f.inputs[0].shape, y.shape)
    if k > 2 or f.wanted[0] or f.wanted[1]:
        return everything(f, k, y)
    at, knots, which = f.knots()
    above = np.searchsorted(knots, at, "right")
    last = np.flatnonzero(at == knots[-1])
    inside = np.flatnonzero((above > 0) & (above < len(knots)))
    upper = above[inside]
    to = np.concatenate([inside, inside, last])
    come_from = np.concatenate([which[upper - 1], which[upper], np.repeat(which[-1:], len(last))])
    p = pairs(y, f.inputs[k], to, come_from)
    p.sum_duplicates()
    return p


def _sparse_product(f, k, y):
    """The product of a matrix whose elements are the first input with the columns of the second."""
    s, x = f.structure, f.inputs[k]
    rows = np.arange(y.size).reshape(len(y), -1)[s.rows]
    if k == 0:
        n = rows.shape[1]
        return pairs(y, x, rows.ravel(), np.repeat(np.arange(x.size), n))
    come_from = np.arange(x.size).reshape(len(x), -1)[s.columns]
    p = pairs(y, x, rows.ravel(), come_from.ravel())
    p.sum_duplicates()
    return p


def _by_columns(f, k, y):
    """Solutions depend on their own column of the right-hand sides."""
    if k == 0 or y.ndim == 1:
        return everything(f, k, y)
    return _separable(f.inputs[k], [np.ones((len(y), len(f.inputs[k])), bool), None])


def _least_squares(f, k, y):
    """Solutions depend on their own column of the right-hand sides."""
    b = f.inputs[1]
    if k == 0 or b.ndim != 2 or y.ndim != 2 or y.shape[-1] != b.shape[-1]:
        return everything(f, k, y)
    return _separable(b, [np.ones((len(y), len(b)), bool), None])


def _polynomial(f, k, y):
    x = f.inputs[k]
    return broadcast(x.shape, y.shape) if k == 1 else everything(f, k, y)


def _recurrent(f, k, y):
    """s[0] = b[0], s[k+1] = b[k+1] + a[k] * s[k], along the last axis."""
    x, n = f.inputs[k], y.shape[-1]
    if x.shape[:-1] != y.shape[:-1]:
        return everything(f, k, y)
    return _separable(x, [*[None] * (x.ndim - 1), np.tri(n, x.shape[-1], -1 if k == 0 else 0, dtype=bool)])


def _vander(f, k, y):
    x = f.inputs[k]
    return (
        pairs(y, x, np.arange(y.size), np.arange(y.size) // (y.size // x.size or 1))
        if x.size
        else everything(f, k, y)
    )


def _spread(f, k, y):
    x = f.inputs[k]
    numbers = np.zeros(y.shape, np.int64)
    if y.size:
        np.einsum(f.subscripts, numbers)[...] = np.arange(1, x.size + 1).reshape(x.shape)
    there = np.flatnonzero(numbers)
    return pairs(y, x, there, numbers.ravel()[there] - 1)


def _probed(f, k, y):
    """The elements of the derivative that are not zero, for Functions in which it does not depend on x."""
    x = f.inputs[k]
    if x.size * y.size > MOST_PROBED or x.size > MOST_COLUMNS or not x.size:
        return everything(f, k, y)
    linear = getattr(type(f), "linear", False)
    random = np.random.default_rng(0)
    xs = [
        np.zeros(v.shape, v.dtype)
        if linear
        else (random.uniform(0.5, 1.5, v.shape).astype(v.dtype) if wanted else plain(v))
        for v, wanted in zip(f.inputs, f.wanted, strict=True)
    ]
    nodes = [None if v is None else node_identity(v)[0] for v in outputs_at_call(f)]
    which = nodes.index(node_identity(y)[0])
    rows = np.zeros((x.size, y.size), bool)
    units = [1.0, 1j] if x.dtype.kind == "c" else [1.0]
    for j in range(x.size):
        for unit in units:
            xs[k] = np.zeros(x.shape, x.dtype)
            xs[k].flat[j] = unit
            found = f.forward(*xs)
            rows[j] |= np.ravel(found[which] if isinstance(found, tuple) else found) != 0
    return sparse().csr_array(rows.T)


_ALONG = (
    "Sum", "Mean", "FullSum", "NanSum", "FullMean", "NanMean", "Max", "Min", "MaxWhere", "MinWhere", "NanMax",
    "NanMin", "FMax", "FMin", "Prod", "ProdWhere", "Var", "Std", "VarWhere", "StdWhere", "NanVar", "NanStd",
    "LogAddExpReduce", "LogAddExp2Reduce", "HypotReduce", "LogAddExpReduceWhere", "LogAddExp2ReduceWhere",
    "HypotReduceWhere", "LogSumExp", "Softmax", "Norm", "VectorNorm", "Sort", "Partition", "Quantile",
)  # fmt: skip
_ELEMENTS = (
    "Where", "Clip", "NanToNum", "Full", "Real", "Imag", "Astype", "Duplicate", "Round", "LdExp", "ModF",
    "FrExp", "NextAfter", "DivMod", "WithoutNan", "Sinc", "I0", "Unwrap", "Alias", "Rounded",
)  # fmt: skip
_MOVES = (
    "GetItem", "Reshape", "Transpose", "BroadcastTo", "Gather", "Choice", "Roll", "Tile", "Repeat",
    "Diagonal", "OnDiagonal", "FftShift", "IfftShift", "Vectors",
)  # fmt: skip
_TRANSFORMS = ("Fft", "Ifft", "Rfft", "Irfft", "Hfft", "Ihfft")
#: Moves of one array, which leave each element of their result one of it.
SELECTIONS = {
    "GetItem",
    "Reshape",
    "Transpose",
    "BroadcastTo",
    "Gather",
    "Choice",
    "Roll",
    "Tile",
    "Repeat",
    "Diagonal",
}

RULES = {
    **PRODUCTS,
    **dict.fromkeys(_ELEMENTS, _by_element),
    **dict.fromkeys(_MOVES, _moved),
    **dict.fromkeys(_ALONG, _by_rows),
    **dict.fromkeys(("CumSum", "CumProd", "RunningExtremum"), _running),
    **dict.fromkeys(_TRANSFORMS, _transformed(lambda f: f.axis)),
    **dict.fromkeys(("Fftn", "Ifftn", "Rfftn", "Irfftn"), _transformed(lambda f: f.axes)),
    **dict.fromkeys(
        (
            "Inv", "Det", "SLogDet", "Cholesky", "QR", "SVD", "SVDVals", "Eig", "EigH", "EigVals", "EigValsH",
            "PInv",
        ),
        _by_matrix,
    ),
    "Solve": _solved,
    **dict.fromkeys(("Concatenate", "Stack"), _joined),
    **dict.fromkeys(("LogOfSum", "WeightedAverage"), _of_weighted_rows),
    "AddAt": _added_at,
    "Bincount": _counted,
    "Interp": interpolated,
    "LstSq": _least_squares,
    "Pad": _padded,
    "Polyval": _polynomial,
    "Recurrence": _recurrent,
    "SetItem": _assigned,
    "SparseMap": _mapped,
    "Spread": _spread,
    "SumTo": _summed_to,
    "Vander": _vander,
}  # fmt: skip
RULES_OF_SCIPY = {
    **dict.fromkeys(("SolveStructured", "SolveTriangular"), _solved),
    "SparseProduct": _sparse_product,
    "SparseSolve": _by_columns,
    "Trigonometric": _transformed(lambda f: f.axis),
}
_PRODUCT_RULES = set(PRODUCTS.values())
