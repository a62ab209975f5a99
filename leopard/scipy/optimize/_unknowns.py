"""The unknowns of a solver: a structure of arrays, as the vector that SciPy works with, and back."""

import numpy as np

from leopard._core import Variable
from leopard._pytrees import Pieces, flatten, flatten_as, unflatten

__all__ = ["Unknowns", "refuse_variables"]


class Unknowns:
    """The unknowns, taken apart into a vector.

    Numbers, vectors, and lists and tuples of numbers are vectors, as in SciPy; functions are given the
    vector. For all else functions are given the structure, with arrays of the shapes that were given first.

    Parameters
    ----------
    name : str
        The solver, for errors.
    x0 : object
        The first guess.

    Attributes
    ----------
    vector : ndarray of float64
        The first guess, of shape (n,).
    form : Form or None
        None where functions are given the vector.
    pieces : Pieces
        Of the vector.

    Raises
    ------
    TypeError
        When a leaf is not of float64 or integers.
    ValueError
        When an element is nan or infinite.
    """

    def __init__(self, name, x0):
        self.name = name
        leaves, form = flatten(x0)
        places = list(form.places())
        if not leaves:
            raise ValueError(f"{name}: x0 has no elements")
        self.form = None if _is_vector(x0) else form
        if self.form is None:
            leaves, places = [x0 if not isinstance(x0, (list, tuple)) else np.array(leaves)], [""]
        arrays = [_doubles(name, x, place) for x, place in zip(leaves, places, strict=True)]
        self.kinds = [type(x) for x in leaves]
        self.pieces = Pieces(form, [x.shape for x in arrays])
        self.vector = np.concatenate([x.ravel() for x in arrays])
        if not self.vector.size:
            raise ValueError(f"{name}: x0 has no elements")

    def key(self):
        """What tells apart unknowns that are built differently."""
        return None if self.form is None else _kinds(self.form), tuple(self.pieces.shapes)

    def __len__(self):
        return len(self.vector)

    def of(self, x):
        """What functions are given for a vector, which is an array or a Variable."""
        return x if self.form is None else self.pieces.structure(x)

    def solution(self, x):
        """A vector of SciPy's as the caller gave it: with numbers where numbers were given."""
        if self.form is None:
            return x
        leaves, _ = flatten(self.pieces.structure(np.asarray(x)))
        pairs = zip(self.kinds, leaves, strict=True)
        return unflatten(self.form, [float(y) if kind in (float, int) else np.array(y) for kind, y in pairs])

    def flat(self, x, what):
        """The vector of a structure that is built as the unknowns: of a gradient, or of a product."""
        if self.form is None or isinstance(x, np.ndarray) and x.shape == self.vector.shape:
            return x
        return self._joined(flatten_as(self.form, x, f"{self.name}: {what}"), what)

    def broadcast(self, x, what):
        """A vector of one number for each unknown, from numbers or arrays for each leaf."""
        if self.form is None or np.isscalar(x):
            return x
        if isinstance(x, np.ndarray) and x.shape == self.vector.shape:
            return x
        return self._joined(flatten_as(self.form, x, f"{self.name}: {what}"), what)

    def _joined(self, leaves, what):
        parts = []
        for x, shape, place in zip(leaves, self.pieces.shapes, self.form.places(), strict=True):
            try:
                parts.append(np.broadcast_to(np.asarray(x, float), shape).ravel())
            except ValueError:
                raise ValueError(
                    f"{self.name}: {what}{place and ' at '}{place} has shape {np.shape(x)}, and x0 {shape}"
                ) from None
        return np.concatenate(parts)

    def place(self, i):
        """How element i of the vector is called in the structure."""
        if self.form is None:
            return f"x[{i}]"
        starts = self.pieces.bounds
        k = int(np.searchsorted(starts, i, "right")) - 1
        place = list(self.form.places())[k]
        index = np.unravel_index(i - starts[k], self.pieces.shapes[k])
        return f"x{place}" + (f"[{', '.join(map(str, map(int, index)))}]" if index else "")


def _kinds(form):
    return form.kind, form.names, tuple(map(_kinds, form.parts)), repr(form.static)


def refuse_variables(name, **given):
    """A TypeError where Variables are given whose gradients a solver would lose."""
    for what, x in given.items():
        if any(isinstance(leaf, Variable) for leaf in flatten(x)[0]):
            raise TypeError(
                f"{name}: {what} holds a Variable, whose gradient would be lost, for the solution is a plain "
                "array: pass its value, v.data; leopard.implicit differentiates a solution"
            )


def _is_vector(x0):
    """Whether functions are given a vector: whether SciPy would make one from x0."""
    if isinstance(x0, (list, tuple)) and not hasattr(x0, "_fields"):
        return all(isinstance(x, (int, float, complex, np.generic)) for x in x0)
    return not flatten(x0)[1].names and np.ndim(x0) < 2


def _doubles(name, x, place):
    refuse_variables(name, **{f"x0{place}": x})
    array = np.asarray(x)
    if array.dtype.kind not in "iu" and array.dtype != np.float64:
        if array.dtype.kind == "c":
            hint = "split it into real and imaginary parts: x0 may be a tuple of both"
        elif array.dtype.kind == "f":
            hint = "SciPy's solvers compute with float64: write x0.astype(float)"
        else:
            hint = "it is to be numbers, or a structure of arrays"
        what = f"{array.dtype}" if array.dtype.kind != "O" else f"a {type(x).__name__}"
        raise TypeError(f"{name}: x0{place} is {what}; {hint}")
    array = np.atleast_1d(array.astype(float)) if not place and np.ndim(x) == 0 else array.astype(float)
    if not np.isfinite(array).all():
        raise ValueError(f"{name}: x0{place} has elements that are nan or infinite")
    return array
