"""Second derivatives: Hessians and Laplacians."""

import numpy as np

from leopard._core import tangents as push
from leopard.transforms._batches import batch_size
from leopard.transforms._trace import Selection, must_be_callable, trace
from leopard.transforms._transformed import dressed, transform
from leopard.transforms._values import constant, dtype_of, value_of
from leopard.transforms.gradient import gradient_of
from leopard.transforms.jacobians import blocks_of, direction_of, unit_vectors

__all__ = ["hessian", "laplacian"]


@transform
def hessian(f, argnums=0, has_aux=False, holomorphic=False):
    """A function that returns the Hessian of f: all its second derivatives.

    Parameters
    ----------
    f : callable
        It returns a scalar.
    argnums, has_aux, holomorphic
        As for `jacobian`.

    Returns
    -------
    callable
        With the arguments of f it returns the Hessian, or ``(hessian, aux)``. For one array x it has the
        shape ``x.shape + x.shape``, and element ``[i, j]`` is the derivative with respect to ``x[i]`` and
        ``x[j]``. For a structure it is the same structure, with such a structure in the place of each leaf.

    Raises
    ------
    TypeError
        As `grad` and `jacobian`.

    Examples
    --------
    >>> hessian(lambda x: x[0] ** 2 * x[1])(np.array([1.0, 2.0]))
    array([[4., 2.],
           [2., 0.]])
    """
    must_be_callable("hessian", f)
    selection = Selection("hessian", argnums)

    def matrix(*args, **kwargs):
        t = trace("hessian", f, selection, args, kwargs, has_aux)
        blocks = blocks_of(_slopes(t, holomorphic), holomorphic, "columns")
        return (blocks, t.extras()) if has_aux else blocks

    return dressed(matrix, f, "hessian")


def _slopes(t, holomorphic=False):
    """The trace with its value replaced by the gradient of the value."""
    found = gradient_of(t, holomorphic, recorded=True)
    t.outputs = [np.zeros(x.shape, x.dtype) if g is None else g for g, x in zip(found, t.inputs, strict=True)]
    t.output_form = t.form
    return t


@transform
def laplacian(f, argnums=0):
    """A function that returns the Laplacian of f: the trace of its Hessian.

    Parameters
    ----------
    f : callable
        It returns a real scalar.
    argnums : int, str or tuple of these

    Returns
    -------
    callable
        With the arguments of f it returns a scalar. The whole Hessian is not kept in memory.

    Raises
    ------
    TypeError
        As `grad`.

    Examples
    --------
    >>> laplacian(lambda x: np.sum(x**3))(np.array([1.0, 2.0]))
    np.float64(18.0)
    """
    must_be_callable("laplacian", f)
    selection = Selection("laplacian", argnums)

    def sum_of_second_derivatives(*args, **kwargs):
        t = trace("laplacian", f, selection, args, kwargs)
        direction_of(t, False, "columns")
        total = constant(np.zeros((), dtype_of(t.outputs[0])))
        for x, g in zip(t.inputs, gradient_of(t, recorded=True), strict=True):
            if g is not None:
                total = total + _trace_of_block(t, x, g)
        return total if t.connected or t.has_variables() else value_of(total)

    return dressed(sum_of_second_derivatives, f, "laplacian")


def _trace_of_block(t, x, g):
    """The sum over j of the derivative of ``g[j]`` with respect to ``x[j]``."""
    n, total = x.size, 0.0
    size = batch_size(n, [g], t.inputs, n)
    for i in range(0, n, size):
        m = min(size, n - i)
        directions = [unit_vectors(x, i, i + m) if v is x else None for v in t.inputs]
        (rows,), _ = push([g], t.inputs, directions, t.connected, batched=True)
        if rows is not None:
            total = total + np.trace(np.reshape(rows, (m, n)), offset=i)
    return total
