"""Conversions between the caller's arrays and numbers and the Variables of a recorded call."""

import numpy as np

from leopard import _core
from leopard._core import Variable
from leopard._pytrees import flatten_as
from leopard.functions._followed import note_gradient
from leopard.functions.basic.shape import Reshape

_DOUBLE = np.dtype(float)
plain, constant = _core.array_of_any, _core.constant


def as_input(name, x, outside, place, k):
    """The Variable that replaces a leaf of the arguments in the recorded call."""
    kind = type(x)
    if kind is float:
        return _core.leaf(x)
    if kind is complex:
        return Variable(np.array(x))
    if isinstance(x, Variable):
        try:
            kind = x.dtype.kind
        except ValueError:
            raise ValueError(f"{name}: {place(k)} holds no data: variable(None)") from None
        if kind not in "fc":
            refuse(name, x, place(k))
        return alias_of(x) if outside else Variable(plain(x))
    if isinstance(x, np.ndarray) or isinstance(x, np.generic):
        if x.dtype.kind not in "fc":
            refuse(name, x, place(k))
        return Variable(np.asarray(x) if isinstance(x, np.generic) else x)
    refuse(name, x, place(k))


def alias_of(x):
    """An alias of x: a recorded identity that shares the elements of x, at which a walk can stop."""
    alias = _core.differentiable_alias(x) if _core.follows(x) else Reshape.operation(x, x.shape)
    if alias.creator is None:
        return Variable(plain(x))  # x was a constant
    _core.mark_active_input(alias)
    return alias


def refuse(name, x, place):
    if isinstance(x, (Variable, np.ndarray, np.generic)) and x.dtype.kind in "biu":
        raise TypeError(
            f"{name}: {place} is {x.dtype}, which has no derivative: make it floating, as x.astype(float)"
        )
    if isinstance(x, int):
        raise TypeError(
            f"{name}: {place} is {x!r}, a{'n int' if type(x) is int else ' bool'}; write {float(x)!r}"
        )
    what = f"an array of {x.dtype}" if isinstance(x, np.ndarray) else f"a {type(x).__name__}"
    raise TypeError(
        f"{name}: {place} is {what}; derivatives are with respect to floating-point numbers and arrays "
        "(a field of a dataclass that holds none is marked metadata={'static': True})"
    )


def as_given(g, x, connected):
    """A gradient of the leaf x, converted to the type of x; zeros where there is none."""
    if g is None:
        g = zeros(x)
    if _core.follows(x):
        note_gradient(g, x)
    if connected or isinstance(x, Variable):
        return g
    if isinstance(x, np.ndarray):
        return plain(g)
    return plain(g).item() if type(x) in (float, complex) else plain(g)[()]


def zeros(like):
    """A constant of zeros with the shape and dtype of a leaf."""
    return constant(np.zeros(np.shape(like), dtype_of(like)))


def value_of(y):
    """The value of a Variable for the caller: an ndarray, or a NumPy scalar where there is no axis."""
    if not isinstance(y, Variable):
        return y
    y = plain(y)
    return y if y.ndim else y[()]


def dtype_of(x):
    """The dtype of a Variable, an array or a number."""
    return _DOUBLE if type(x) is float else x.dtype if hasattr(x, "dtype") else np.asarray(x).dtype


def vectors(form, x, like, what):
    """Tangents or cotangents: a structure of the form, each leaf of the shape of the one in `like`.

    Returns
    -------
    list of Variable
        With the dtypes of those in `like`; constants, except for those that were given as Variables.
    bool
        Whether any was given as a Variable.
    """
    vs, variable = [], False
    for k, (v, y) in enumerate(zip(flatten_as(form, x, what), like, strict=True)):
        if isinstance(v, Variable):
            variable = True
        vs.append(as_vector(v, y, form, what, k))
    return vs, variable


def as_vector(v, like, form, what, k):
    """A tangent or cotangent of `like`, as a Variable of its shape and dtype."""
    dtype, shape = dtype_of(like), like.shape if hasattr(like, "shape") else ()
    if type(v) is float and shape == ():
        return constant(np.array(v, dtype))
    if not isinstance(v, (Variable, np.ndarray)):
        if not isinstance(v, (np.generic, int, float, complex)):
            raise TypeError(f"{_at(form, what, k)} is a {type(v).__name__}, not a number or array")
        v = np.asarray(v)
    if v.shape != shape:
        raise ValueError(f"{_at(form, what, k)} has shape {v.shape}, and what it belongs to {shape}")
    if v.dtype != dtype:
        if v.dtype.kind not in "fciub":
            raise TypeError(f"{_at(form, what, k)} is of {v.dtype}, which is not numeric")
        if v.dtype.kind == "c" and dtype.kind != "c":
            raise TypeError(
                f"{_at(form, what, k)} is {v.dtype}, and what it belongs to {dtype}; take its np.real"
            )
        if dtype.kind in "fc":
            v = v.astype(dtype)
    return v if isinstance(v, Variable) else constant(v)


def _at(form, what, k):
    place = list(form.places())[k]
    return f"{what}{place and ' at '}{place}"
