"""Jacobians, computed by rows or by columns, in batches."""

import numpy as np

from leopard._core import Variable, following, gradients
from leopard._core import tangents as push
from leopard._pytrees import unflatten
from leopard.functions.basic.complex import conjugate
from leopard.transforms._batches import batch_size
from leopard.transforms._trace import Selection, must_be_callable, trace
from leopard.transforms._transformed import dressed, transform
from leopard.transforms._values import constant, dtype_of, plain

__all__ = ["jacfwd", "jacobian", "jacrev"]

FEW = 6  # unit vectors, for which single walks take less time than one with all of them


@transform
def jacobian(f, argnums=0, has_aux=False, holomorphic=False):
    """A function that returns the Jacobian of f: the derivatives of all outputs with respect to all inputs.

    It is computed by rows (like `jacrev`) or by columns (like `jacfwd`), whichever are fewer.

    Parameters
    ----------
    f : callable
        It returns an array, or a structure of arrays.
    argnums : int, str or tuple of these
        Which arguments to differentiate with respect to: positions, or names of keyword arguments.
    has_aux : bool
        Whether f returns ``(value, aux)``, of which only the value is differentiated.
    holomorphic : bool
        Whether f is holomorphic, with complex arguments and values.

    Returns
    -------
    callable
        With the arguments of f it returns the Jacobian, or ``(jacobian, aux)``. For one array y and one array
        x it has the shape ``y.shape + x.shape``: element ``[i, j]`` is the derivative of ``y[i]`` with
        respect to ``x[j]``. For structures it has the structure of the output, with the structure of the
        arguments in the place of each leaf.

    Raises
    ------
    TypeError
        When the arguments are not floating-point numbers, or the values are not numbers; or when both are
        complex and `holomorphic` is False.

    Examples
    --------
    >>> jacobian(lambda x: x**2 * x[0])(np.array([1.0, 2.0]))
    array([[3., 0.],
           [4., 4.]])
    """
    return _jacobian("jacobian", f, argnums, has_aux, holomorphic, None)


@transform
def jacrev(f, argnums=0, has_aux=False, holomorphic=False):
    """A function that returns the Jacobian of f, computed by rows in reverse mode.

    It is the cheaper one where f has fewer outputs than inputs.

    Parameters
    ----------
    f, argnums, has_aux, holomorphic
        As for `jacobian`.

    Returns
    -------
    callable

    Raises
    ------
    TypeError
        As for `jacobian`, and when the values are complex and `holomorphic` is False.

    Examples
    --------
    >>> jacrev(np.square)(np.array([1.0, 2.0]))
    array([[2., 0.],
           [0., 4.]])
    """
    return _jacobian("jacrev", f, argnums, has_aux, holomorphic, "rows")


@transform
def jacfwd(f, argnums=0, has_aux=False, holomorphic=False):
    """A function that returns the Jacobian of f, computed by columns in forward mode.

    It is the cheaper one where f has fewer inputs than outputs.

    Parameters
    ----------
    f, argnums, has_aux, holomorphic
        As for `jacobian`.

    Returns
    -------
    callable

    Raises
    ------
    TypeError
        As for `jacobian`, and when the arguments are complex and `holomorphic` is False.

    Examples
    --------
    >>> jacfwd(np.square)(np.array([1.0, 2.0]))
    array([[2., 0.],
           [0., 4.]])
    """
    return _jacobian("jacfwd", f, argnums, has_aux, holomorphic, "columns")


def _jacobian(name, f, argnums, has_aux, holomorphic, by):
    must_be_callable(name, f)
    selection = Selection(name, argnums)

    def matrix(*args, **kwargs):
        t = trace(name, f, selection, args, kwargs, has_aux)
        blocks = blocks_of(t, holomorphic, by)
        return (blocks, t.extras()) if has_aux else blocks

    return dressed(matrix, f, name)


def blocks_of(t, holomorphic=False, by=None):
    """The Jacobian of a trace, in the structure of its outputs and inputs."""
    by = direction_of(t, holomorphic, by)
    table = _by_rows(t, holomorphic) if by == "rows" else _by_columns(t)
    rows = [
        unflatten(t.form, [_handed_back(t, block, x) for block, x in zip(row, t.given, strict=True)])
        for row in table
    ]
    return unflatten(t.output_form, rows)


def _handed_back(t, block, x):
    if t.connected or isinstance(x, Variable):
        return block if isinstance(block, Variable) else constant(block)
    block = plain(block) if isinstance(block, Variable) else block
    return block if block.ndim else block[()]


def direction_of(t, holomorphic, by):
    """ "rows" or "columns": `by` where it is given, else the fewer of the two."""
    complex_in = any(x.dtype.kind == "c" for x in t.inputs)
    complex_out = any(dtype_of(y).kind == "c" for y in t.outputs)
    if holomorphic:
        for what, kinds in (("arguments", t.inputs), ("values", t.outputs)):
            for x in kinds:
                if dtype_of(x).kind != "c":
                    raise TypeError(f"{t.name}: holomorphic=True needs complex {what}, not {dtype_of(x)}")
    elif complex_in and (complex_out or by == "columns"):
        raise TypeError(
            f"{t.name}: the derivative of a function of complex numbers is a complex number only with "
            "holomorphic=True; differentiate with respect to the real and imaginary parts"
            + (", or use jacrev" if not complex_out else "")
        )
    elif complex_out and by == "rows":
        raise TypeError(f"{t.name}: the values are complex; use jacfwd, or pass holomorphic=True")
    if by is not None:
        return by
    if not holomorphic and complex_in != complex_out:
        return "rows" if complex_in else "columns"
    n_out = sum([np.size(y) for y in t.outputs])
    n_in = sum([x.size for x in t.inputs])
    return "rows" if n_out < n_in or n_out == n_in <= FEW else "columns"


def _by_rows(t, holomorphic):
    """For each output its blocks by inputs, computed from batches of cotangents of one output at a time."""
    table = []
    for y in t.outputs:
        if not isinstance(y, Variable):
            table.append([_zeros(y, x) for x in t.inputs])
            continue

        def pull(units, batched, y=y):
            return _at_hand(t, gradients([y], [units], t.inputs, t.connected, batched=batched)[0])

        row = _in_batches(pull, y, [y], t.inputs, [y.size, *[x.size for x in t.inputs]])
        blocks = []
        for g, x in zip(row, t.inputs, strict=True):
            if g is None:
                g = _zeros(y, x)
            else:
                g = np.reshape(conjugate(g) if holomorphic else g, y.shape + x.shape)
            blocks.append(g)
        table.append(blocks)
    return table


def _by_columns(t):
    """For each output its blocks by inputs, computed from batches of tangents of one input at a time."""
    where, outputs = t.variables()
    sizes = [y.size for y in outputs]
    columns = []
    for k, x in enumerate(t.inputs):

        def push_one(units, batched, k=k):
            directions = [None] * len(t.inputs)
            directions[k] = units
            return _at_hand(t, push(outputs, t.inputs, directions, t.connected, batched=batched)[0])

        column = [None] * len(t.outputs)
        found = _in_batches(push_one, x, outputs, t.inputs, [x.size, *sizes])
        for i, tangent in zip(where, found, strict=True):
            if tangent is not None:
                y = t.outputs[i]
                turned = np.transpose(tangent, (*range(1, y.ndim + 1), 0))
                column[i] = np.reshape(turned, y.shape + x.shape)
        columns.append([_zeros(y, x) if g is None else g for y, g in zip(t.outputs, column, strict=True)])
    return [list(row) for row in zip(*columns, strict=True)]


def _at_hand(t, found):
    """Derivatives as arrays, with which the rest is computed faster, where nothing records it."""
    return found if t.connected or following() else [None if g is None else plain(g) for g in found]


def _in_batches(function, x, outputs, inputs, sizes):
    """The results of a function for all unit vectors of x: one by one, or in batches that are joined.

    Parameters
    ----------
    function : callable
        ``function(units, batched)`` returns a list of derivatives, each with the axis of a batch in front, if
        it is one; None for zeros.
    x : Variable
    outputs, inputs, sizes
        As for `batch_size`; the sizes are those of the arrays that a row starts or ends with.
    """
    n = x.size
    if 0 < n <= FEW:
        units = plain(unit_vectors(x, 0, n))
        rows = [function(constant(units[i]), False) for i in range(n)]
        return [_stacked(parts) for parts in zip(*rows, strict=True)]
    size = batch_size(n, outputs, inputs, max(sizes))
    found = [function(unit_vectors(x, i, min(i + size, n)), True) for i in range(0, n, size)]
    if not found:
        return function(unit_vectors(x, 0, 0), True)
    if len(found) == 1:
        return found[0]
    return [None if parts[0] is None else np.concatenate(parts) for parts in zip(*found, strict=True)]


def _stacked(parts):
    """Results for single unit vectors along a first axis: zeros where there is none, None where all are."""
    like = next((part for part in parts if part is not None), None)
    if like is None:
        return None
    parts = [np.zeros(like.shape, like.dtype) if part is None else part for part in parts]
    return np.stack(parts) if isinstance(like, Variable) else np.array(parts)


def unit_vectors(x, start, stop):
    """The unit vectors of numbers `start` to `stop`, along a first axis; each has the shape of x."""
    units = np.zeros((stop - start, x.size), x.dtype)
    units.ravel()[start :: x.size + 1] = 1
    return constant(units.reshape((stop - start, *x.shape)))


def _zeros(y, x):
    return constant(np.zeros(np.shape(y) + x.shape, np.result_type(dtype_of(y), x.dtype)))
