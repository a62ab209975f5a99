"""Structures of arrays as one vector, and back."""

import numpy as np

from leopard._core import Variable
from leopard._pytrees import Pieces, flatten, flatten_as
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
    pieces : Pieces
    number : bool
        Is it one number of Python's?
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
        self.pieces = Pieces(self.form, map(np.shape, leaves))
        dtypes = [dtype_of(y) for y in leaves]
        self.dtype = np.result_type(*[t if t.kind == "f" else float for t in dtypes] or [float])

    def vector(self, x, what=None):
        """The leaves of a structure that is built like this one, one behind the other."""
        leaves = flatten_as(self.form, x, f"{self.name}: {what or self.what}")
        for y, shape in zip(leaves, self.pieces.shapes, strict=True):
            if np.shape(y) != shape:
                raise ValueError(f"{self.name}: {what or self.what} has shape {np.shape(y)}, not {shape}")
        return joined(leaves, self.dtype)

    def structure(self, z):
        """The structure whose leaves are parts of the vector z: arrays, or Variables if z is one."""
        return self.pieces.structure(z)


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
