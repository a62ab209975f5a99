"""`autograd.misc.flatten`: structures of arrays as vectors."""

import numpy as np

from leopard._core import Variable
from leopard._pytrees import flatten as take_apart
from leopard._pytrees import unflatten as put_together

__all__ = ["flatten", "flatten_func"]


def flatten(value):
    """All numbers of a structure as a vector, and the function that builds the structure from a vector.

    Examples
    --------
    >>> from leopard.compat.autograd.misc import flatten
    >>> row, unflatten = flatten({"a": np.array([[1.0, 2.0]]), "b": 3.0})
    >>> row
    array([1., 2., 3.])
    >>> unflatten(2 * row)
    {'a': array([[2., 4.]]), 'b': np.float64(6.0)}
    """
    if isinstance(value, dict):
        value = {k: value[k] for k in sorted(value)}
    leaves, form = take_apart(value)
    shapes = [np.shape(x) for x in leaves]
    row = np.concatenate([np.reshape(x, -1) for x in leaves]) if leaves else np.zeros(0)

    def unflatten(row):
        parts, start = [], 0
        for shape in shapes:
            stop = start + int(np.prod(shape))
            part = np.reshape(row[start:stop], shape)
            parts.append(part if shape or isinstance(part, Variable) else part[()])
            start = stop
        return put_together(form, parts)

    return row, unflatten


def flatten_func(func, example):
    """A function of structures as one of vectors, the inverse of `flatten`, and the example's vector."""
    row, unflatten = flatten(example)
    return lambda x, *args: flatten(func(unflatten(x), *args))[0], unflatten, row
