"""`autograd.numpy`: the names of NumPy, whose functions dispatch on Variables.

The functions that dispatch take lists in which Variables are, too, as ``np.sum([x[0] ** 2, x[1] ** 3])``;
so do the ufuncs that take such lists in autograd, and functions that join arrays take any iterable of them. A
few functions of NumPy's do not dispatch (`array`, `full`, ...); here they call leopard's where a Variable is
among the arguments. `floor`, `sign` and their like return plain arrays, as autograd's do: their derivatives
are 0.
"""

import numpy as _np

from leopard import functions as _functions
from leopard.compat.autograd.numpy import _either, fft, linalg, random

_names = {name: thing for name, thing in vars(_np).items() if not name.startswith("_")}
globals().update(_names | {"fft": fft, "linalg": linalg, "random": random})  # NumPy has these names, too

__all__ = [*_np.__all__, "fft", "linalg", "make_diagonal", "metadata", "random"]
__version__ = _np.__version__


def __getattr__(name):  # modules that NumPy imports when they are first used
    return getattr(_np, name)


# `block`, `select`, `choose` and `piecewise` look for Variables in their lists themselves.
globals().update(_either.lists_taken(_np, apart=("block", "select", "choose", "piecewise")))
for _name in ("concat", "concatenate", "stack", "vstack", "hstack", "dstack", "column_stack"):
    globals()[_name] = _either.of_sequences(getattr(_np, _name))
for _name in (
    "abs", "absolute", "add", "divide", "fmax", "fmin", "matmul", "maximum", "minimum", "mod", "multiply",
    "negative", "pow", "power", "reciprocal", "remainder", "square", "subtract", "true_divide",
):  # fmt: skip
    if hasattr(_np, _name):
        globals()[_name] = _either.of_operands(getattr(_np, _name))
for _name in ("floor", "ceil", "round", "around", "rint", "fix", "trunc", "sign", "floor_divide", "isscalar"):
    globals()[_name] = _either.without_gradient(getattr(_np, _name))

globals().update({name: _either.of_integers(thing) for name, thing in _names.items()
                  if thing in (_np.int8, _np.int16, _np.int32, _np.int64)})  # fmt: skip

array = _either.either(_np.array, _either.of_numbers(_functions.array))
asarray = asanyarray = _either.either(_np.asarray, _either.of_numbers(_functions.asarray))
ascontiguousarray = _either.either(_np.ascontiguousarray, _functions.ascontiguousarray)
asfortranarray = _either.either(_np.asfortranarray, _functions.asfortranarray)
full = _either.either(_np.full, _functions.full)
full_like = _either.either(_np.full_like, _functions.full_like)
r_, c_ = _either.Joining(_np.r_, _functions.r_), _either.Joining(_np.c_, _functions.c_)
where = _either.of_python(where)  # noqa: F821 (from above)
row_stack = vstack  # noqa: F821 (from above)


def make_diagonal(D, offset=0, axis1=0, axis2=1):
    """Matrices with the elements of the last axis of D on their diagonals, and zeros elsewhere.

    Parameters
    ----------
    D : Variable or array_like
        Of shape (..., n).
    offset, axis1, axis2 : int
        As in autograd, ``offset=0, axis1=-1, axis2=-2`` is the one choice that there is.

    Returns
    -------
    Variable or ndarray
        Of shape (..., n, n).

    Raises
    ------
    NotImplementedError
        With other values of `offset`, `axis1` and `axis2`, or with none.

    Examples
    --------
    >>> make_diagonal(_np.array([1.0, 2.0]), offset=0, axis1=-1, axis2=-2)
    array([[1., 0.],
           [0., 2.]])
    """
    if (offset, axis1, axis2) != (0, -1, -2):
        raise NotImplementedError(
            f"make_diagonal: offset={offset}, axis1={axis1}, axis2={axis2}; it is written for offset=0, "
            "axis1=-1, axis2=-2 alone, as autograd's"
        )
    D = asarray(D)
    return _np.where(_np.eye(D.shape[-1], dtype=bool), D[..., None, :], 0)


def metadata(A):
    """The shape, the number of axes and the type of A, and whether it is complex."""
    A = A if hasattr(A, "dtype") else asarray(A)
    return A.shape, A.ndim, A.dtype, A.dtype.kind == "c"
