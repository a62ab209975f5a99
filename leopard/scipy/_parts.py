"""What the modules of SciPy's packages have in common: their operands, and slices along one axis."""

import numpy as np
from numpy.lib.array_utils import normalize_axis_index

from leopard._core import Variable
from leopard._pytrees import flatten
from leopard.functions.basic.shape import floating, form_of, reshape

__all__ = ["along", "as_vector", "axis_of", "column", "constant", "refuse_array", "same_dtype"]


def axis_of(axis, ndim):
    """An axis, counted from 0."""
    return normalize_axis_index(int(axis), ndim)


def along(axis, *bounds):
    """The index that is a slice along one axis, counted from 0."""
    return (*[slice(None)] * axis, slice(*bounds))


def column(x, axis, ndim):
    """A vector with axes of length 1 around it, so that it lies along one of `ndim` axes."""
    return reshape(x, (1,) * axis + (-1,) + (1,) * (ndim - 1 - axis))


def constant(x, function, name):
    """A plain value of an argument that takes no gradient; a TypeError for a Variable."""
    if isinstance(x, Variable):
        raise TypeError(
            f"{function} has no derivative in leopard with respect to {name}; pass {name} as a plain number "
            "or array"
        )
    return x


def refuse_array(output, function, name="output"):
    """A TypeError where a result is to be written into an array, which would lose the gradient."""
    if isinstance(output, (np.ndarray, Variable)):
        raise TypeError(f"{function}: {name}= of an array would lose the gradient; take what is returned")


def same_dtype(*xs):
    """Operands of numbers with fractions, in the dtype that they have together."""
    xs = [floating(x) for x in xs]
    dtype = np.result_type(*[form_of(x).dtype for x in xs])
    return [x if x.dtype == dtype else x.astype(dtype) for x in xs]


def as_vector(y, what):
    """All elements of a result, which is a number, an array or a structure, in one vector."""
    leaves, form = flatten(y)
    leaves = [x if isinstance(x, Variable) else np.asarray(x) for x in leaves]
    if not leaves:
        raise TypeError(f"{what} returned {form}; did it forget to return a value?")
    for x, place in zip(leaves, form.places(), strict=True):
        if x.dtype.kind not in "fiub":
            raise TypeError(
                f"{what} returned {x.dtype}{place and ' at '}{place}; it must return real numbers"
            )
    if len(leaves) == 1:
        return leaves[0] if leaves[0].ndim == 1 else np.reshape(leaves[0], (-1,))
    return np.concatenate([np.reshape(x, (-1,)) for x in leaves])
