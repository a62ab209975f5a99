"""Sparse Jacobians and Hessians: only elements that can be nonzero are computed and stored."""

import numpy as np

from leopard._core import Variable, gradients
from leopard._core import tangents as push
from leopard.transforms._batches import batch_size
from leopard.transforms._patterns import pattern_of, sparse
from leopard.transforms._trace import Selection, must_be_callable, trace
from leopard.transforms._transformed import dressed, transform
from leopard.transforms._values import constant, dtype_of, plain
from leopard.transforms.gradient import gradient_of

__all__ = ["sparse_hessian", "sparse_jacobian"]


@transform
def sparse_jacobian(f, argnums=0, has_aux=False, sparsity=None):
    """A function that returns the Jacobian of f as a sparse matrix.

    The sparsity pattern is found from the graph that f records. Columns that have no row in common are
    computed together, or rows that have no column in common, whichever products are fewer.

    Parameters
    ----------
    f : callable
        It returns one array.
    argnums : int or str
        The argument to differentiate with respect to, one array.
    has_aux : bool
        Whether f returns ``(value, aux)``, of which only the value is differentiated.
    sparsity : sparse matrix or ndarray, optional
        A known pattern, nonzero where the Jacobian may be, such as a Jacobian computed before. It saves the
        search.

    Returns
    -------
    callable
        With the arguments of f it returns a ``scipy.sparse.csr_array`` of shape ``(y.size, x.size)``, or
        ``(jacobian, aux)``. Elements that can be nonzero are stored, even where they are zero.

    Raises
    ------
    ImportError
        When SciPy is not installed.
    TypeError
        When the argument or the value is not one array of floating-point numbers; or when they depend on
        Variables, which a sparse matrix cannot hold (call it under `no_grad`, or use `jacobian`).
    ValueError
        When `sparsity` leaves out an element that is not zero, or has another shape.

    Examples
    --------
    >>> sparse_jacobian(lambda x: x[1:] * x[:-1])(np.array([1.0, 2.0, 3.0])).toarray()
    array([[2., 1., 0.],
           [0., 3., 2.]])
    """
    name = "sparse_jacobian"
    must_be_callable(name, f)
    selection = _single(name, argnums)
    sparse()

    def matrix(*args, **kwargs):
        t = trace(name, f, selection, args, kwargs, has_aux)
        x, y = _one_array(t)
        if not isinstance(y, Variable):
            y = constant(np.asarray(y))
        found = _computed(name, y, x, sparsity, by_rows=True)
        return (found, t.extras()) if has_aux else found

    return dressed(matrix, f, name)


@transform
def sparse_hessian(f, argnums=0, has_aux=False, sparsity=None):
    """A function that returns the Hessian of f as a sparse matrix.

    Parameters
    ----------
    f : callable
        It returns a real scalar.
    argnums, has_aux, sparsity
        As for `sparse_jacobian`.

    Returns
    -------
    callable
        With the arguments of f it returns a ``scipy.sparse.csr_array`` of shape ``(x.size, x.size)``, or
        ``(hessian, aux)``.

    Raises
    ------
    ImportError, TypeError, ValueError
        As `sparse_jacobian` and `grad`.

    Examples
    --------
    >>> sparse_hessian(lambda x: np.sum(x[1:] * x[:-1] ** 2))(np.array([1.0, 2.0, 3.0])).toarray()
    array([[4., 2., 0.],
           [2., 6., 4.],
           [0., 4., 0.]])
    """
    name = "sparse_hessian"
    must_be_callable(name, f)
    selection = _single(name, argnums)
    sparse()

    def matrix(*args, **kwargs):
        t = trace(name, f, selection, args, kwargs, has_aux)
        (g,) = gradient_of(t, recorded=True)
        x, _ = _one_array(t)
        g = constant(np.zeros(x.shape, x.dtype)) if g is None else g
        found = _computed(name, g, x, sparsity, by_rows=False)
        return (found, t.extras()) if has_aux else found

    return dressed(matrix, f, name)


def _single(name, argnums):
    selection = Selection(name, argnums)
    if not selection.single:
        raise TypeError(f"{name}: argnums is one argument, not {argnums!r}; join the arguments in one array")
    return selection


def _one_array(t):
    """The input and the output, one of each."""
    for what, form in (("argument", t.form), ("value", t.output_form)):
        if form.kind is not None:
            raise TypeError(f"{t.name}: the {what} is one array, not {form}")
    if t.connected:
        raise TypeError(
            f"{t.name}: a scipy.sparse matrix cannot hold Variables, and this one would depend on some; "
            "call it under no_grad, or use jacobian or hessian"
        )
    (x,), (y,) = t.inputs, t.outputs
    if x.dtype.kind == "c":
        raise TypeError(f"{t.name}: the argument is {x.dtype}; it must be real")
    if dtype_of(y).kind not in "fc":
        return x, constant(np.zeros(np.shape(y)))
    return x, y


def _computed(name, y, x, sparsity, by_rows):
    pattern = pattern_of(y, x) if sparsity is None else _given(name, sparsity, (y.size, x.size))
    columns = colors_of(pattern)
    if by_rows and y.dtype.kind == "f":
        rows = colors_of(pattern.T.tocsr())
        if _number(rows) < _number(columns):
            found = _fill(pattern, y, x, rows, "rows")
            return _checked(name, found, y, x) if sparsity is not None else found
    found = _fill(pattern, y, x, columns, "columns")
    return _checked(name, found, y, x) if sparsity is not None else found


def _given(name, sparsity, shape):
    pattern = sparse().csr_array(sparsity)
    if pattern.shape != shape:
        raise ValueError(f"{name}: sparsity has shape {pattern.shape}, the matrix {shape}")
    pattern = pattern.copy()
    pattern.sum_duplicates()
    pattern.data = np.ones(len(pattern.data), bool)
    return pattern


def _number(colors):
    return int(colors.max(initial=-1)) + 1


def colors_of(pattern):
    """A greedy colouring of the columns such that no two of the same colour have a row in common.

    Columns with many elements come first. (A. R. Curtis, M. J. D. Powell, J. K. Reid, On the estimation of
    sparse Jacobian matrices, 1974.)

    Parameters
    ----------
    pattern : scipy.sparse.csr_array

    Returns
    -------
    ndarray of int
    """
    by_row, by_column = pattern, pattern.tocsc()
    n = pattern.shape[1]
    colors = np.full(n, -1)
    starts, rows = by_column.indptr, by_column.indices
    for j in np.argsort(-np.diff(starts), kind="stable"):
        met = [
            by_row.indices[by_row.indptr[i] : by_row.indptr[i + 1]] for i in rows[starts[j] : starts[j + 1]]
        ]
        taken = np.unique(colors[np.concatenate(met)]) if met else np.zeros(0, int)
        taken = taken[taken >= 0]
        free = np.flatnonzero(taken != np.arange(len(taken)))
        colors[j] = free[0] if len(free) else len(taken)
    return colors


def _fill(pattern, y, x, colors, by):
    """The matrix of this pattern: one product with the derivative for each colour."""
    of, n = (y, y.size) if by == "rows" else (x, x.size)
    pattern = pattern.tocoo()
    i, j = pattern.row, pattern.col
    color, place = (colors[i], j) if by == "rows" else (colors[j], i)
    data = np.zeros(len(i), np.result_type(y.dtype, x.dtype))
    size = batch_size(_number(colors), [y], [x], 1)
    for start in range(0, _number(colors), size):
        seeds = np.zeros((min(size, _number(colors) - start), n), of.dtype)
        chosen = np.flatnonzero((start <= colors) & (colors < start + len(seeds)))
        seeds[colors[chosen] - start, chosen] = 1
        units = constant(seeds.reshape((len(seeds), *of.shape)))
        if by == "rows":
            (found,), _ = gradients([y], [units], [x], batched=True)
        else:
            (found,), _ = push([y], [x], [units], batched=True)
        if found is not None:
            products = plain(found).reshape(len(seeds), -1)
            within = np.flatnonzero((start <= color) & (color < start + len(seeds)))
            data[within] = products[color[within] - start, place[within]]
    return sparse().csr_array((data, (i, j)), shape=pattern.shape)


def _checked(name, found, y, x):
    """The matrix `found`, after a check of its product with a random direction."""
    v = np.random.default_rng(0).standard_normal(x.shape).astype(x.dtype)
    (pushed,), _ = push([y], [x], [constant(v)])
    wanted = np.zeros(y.size) if pushed is None else plain(pushed).ravel()
    size = abs(found) @ abs(v.ravel())
    wrong = abs(found @ v.ravel() - wanted) > 1e3 * np.finfo(x.dtype).eps * (1 + size + abs(wanted))
    if wrong.any():
        raise ValueError(
            f"{name}: sparsity leaves out elements that are not zero, in row {int(np.argmax(wrong))}"
        )
    return found
