"""Structures of arrays as one vector, and back."""

import numpy as np

from leopard._core import Variable
from leopard._pytrees import flatten, flatten_as, unflatten
from leopard.transforms._values import dtype_of


class Layout:
    """How a structure of real floating-point arrays is laid out in a vector.

    Parameters
    ----------
    name : str
        Of the function that uses it, for its errors.
    what : str
        What the structure is, for its errors.
    x : object

    Attributes
    ----------
    form : Form
    shapes : list of tuple of int
    number : bool
        Is it one number of Python's?
    size : int
    dtype : dtype
    """

    def __init__(self, name, what, x):
        leaves, self.form = flatten(x)
        self.name, self.what = name, what
        self.number = self.form.kind is None and type(leaves[0]) in (int, float)
        for y in leaves:
            if (
                not isinstance(y, (Variable, np.ndarray, np.generic, int, float))
                or dtype_of(y).kind not in "fiu"
            ):
                raise TypeError(f"{name}: {what} holds {_named(y)}; it is of real numbers and arrays of them")
        self.shapes = [np.shape(y) for y in leaves]
        self.size = int(sum([np.prod(s, dtype=int) for s in self.shapes]))
        dtypes = [dtype_of(y) for y in leaves]
        self.dtype = np.result_type(*[t if t.kind == "f" else float for t in dtypes] or [float])

    def vector(self, x, what=None):
        """The leaves of a structure that is built like this one, one behind the other."""
        leaves = flatten_as(self.form, x, f"{self.name}: {what or self.what}")
        for y, shape in zip(leaves, self.shapes, strict=True):
            if np.shape(y) != shape:
                raise ValueError(f"{self.name}: {what or self.what} has shape {np.shape(y)}, not {shape}")
        return joined(leaves, self.dtype)

    def structure(self, z):
        """The structure whose leaves are parts of the vector z: arrays, or Variables if z is one."""
        if self.form.kind is None:
            (shape,) = self.shapes
            return z[0] if shape == () else np.reshape(z, shape)
        leaves, start = [], 0
        for shape in self.shapes:
            size = int(np.prod(shape, dtype=int))
            leaves.append(z[start] if shape == () else np.reshape(z[start : start + size], shape))
            start += size
        return unflatten(self.form, leaves)


def joined(leaves, dtype=float):
    """One vector of the elements of arrays, Variables or numbers."""
    if len(leaves) == 1:
        (y,) = leaves
        return np.reshape(y if isinstance(y, Variable) else np.asarray(y, dtype), (-1,))
    if not leaves:
        return np.zeros(0, dtype)
    return np.concatenate([np.reshape(y, (-1,)) for y in leaves])


def _named(y):
    kind = getattr(y, "dtype", None)
    return f"a {type(y).__name__}" if kind is None else f"an array of {kind}"
