"""Which axis of each array is mapped: prefixes of structures, as `in_axes` and `out_axes` give them."""

import operator

import numpy as np

from leopard._core import Variable
from leopard._pytrees import _parts_of

#: Of a leaf that is not mapped.
UNMAPPED = None


def leaf_axes(axes, x, what):
    """For each leaf of a structure its axis, or None.

    Parameters
    ----------
    axes : int, None or a structure of these
        A prefix of x: what stands for a part of x holds for all leaves of it.
    x : object
    what : str
        What to call `axes` in an error.

    Returns
    -------
    list of int or None

    Raises
    ------
    TypeError
        When `axes` holds something else.
    ValueError
        When it is not built like x.
    """
    found = []
    _take(axes, x, what, "", found)
    return found


def _take(axes, x, what, place, found):
    if axes is None or isinstance(axes, (int, np.integer)) and not isinstance(axes, bool):
        _fill(None if axes is None else operator.index(axes), x, found)
        return
    wanted = _parts_of(axes)
    if wanted is None:
        raise TypeError(f"{what}{place and ' at '}{place} is {axes!r}; an axis is an int, or None for none")
    parts = _parts_of(x)
    names, held, _ = wanted
    if parts is None or set(names) != set(parts[0]) or isinstance(axes, dict) != isinstance(x, dict):
        raise ValueError(
            f"{what}{place and ' at '}{place} is a {type(axes).__name__} of {len(names)}, and the argument "
            f"or result there is {_said(x, parts)}; it is a prefix of that structure, or one axis for all"
        )
    held = dict(zip(names, held, strict=True))
    for name, part in zip(parts[0], parts[1], strict=True):
        _take(held[name], part, what, f"{place}[{name!r}]", found)


def _fill(axis, x, found):
    parts = _parts_of(x)
    if parts is None:
        found.append(axis)
    else:
        for part in parts[1]:
            _fill(axis, part, found)


def _said(x, parts):
    if parts is not None:
        return f"a {type(x).__name__} of {len(parts[0])}"
    return "one array" if isinstance(x, (Variable, np.ndarray)) else f"a {type(x).__name__}"


def with_rows_first(x, axis, place):
    """An array or Variable with the mapped axis in front; the caller's array is not copied."""
    if not isinstance(x, (Variable, np.ndarray)) or not x.ndim:
        raise ValueError(
            f"vmap: {place} has no axis to map; give it None in in_axes, or an array with one row per example"
        )
    if x.dtype.kind not in "fciub":
        raise TypeError(f"vmap: {place} is of {x.dtype}, which is not numeric; give it None in in_axes")
    if not -x.ndim <= axis < x.ndim:
        raise ValueError(f"vmap: in_axes is {axis} for {place}, which has shape {x.shape}")
    return x if axis in (0, -x.ndim) else np.moveaxis(x, axis, 0)


def number_of_rows(xs, axes, places):
    """The common length of the mapped axes; each of `xs` has it in front."""
    n = None
    for x, axis, place in zip(xs, axes, places, strict=True):
        if n is None:
            n, first = len(x), f"{place} has {len(x)} along axis {axis}"
        elif len(x) != n:
            raise ValueError(
                f"vmap: the mapped axes differ in length: {first}, and {place} has {len(x)} along axis {axis}"
            )
    if n is None:
        raise ValueError("vmap: no argument is mapped: in_axes is None for all, or they hold no arrays")
    return n


def with_rows_at(y, axis, what):
    """An array or Variable whose rows are along the first axis, with these along `axis`."""
    if axis == 0:
        return y
    if not -y.ndim <= axis < y.ndim:
        raise ValueError(f"vmap: out_axes is {axis} for {what}, which has {y.ndim} axes with the mapped one")
    return np.moveaxis(y, 0, axis)
