"""Batched rules of operations that move elements: indexing, assignment, joining, padding, diagonals."""

import numpy as np

from leopard.functions.basic.assignment import SetItem
from leopard.functions.basic.indexing import AddAt, Gather, GetItem, is_basic, plain_index
from leopard.functions.basic.shape import aligned, reshape, transpose
from leopard.functions.creation.grids import Full, Geomspace, Linspace
from leopard.functions.creation.matrices import Diagonal, OnDiagonal, Trace
from leopard.functions.manipulation.joining import Concatenate, Stack
from leopard.functions.manipulation.padding import Pad
from leopard.functions.manipulation.rearranging import Roll
from leopard.functions.manipulation.tiling import Repeat, Tile
from leopard.transforms.batching._steps import OfRows, batched, depends, linear

# -- Indices ---------------------------------------------------------------------------------------------


class Index:
    """An index of one example, taken apart.

    Attributes
    ----------
    parts : list
        Without masks, and without an ellipsis; there are as many slices and integers as axes.
    n_indexed : int
        How many axes the arrays among them have together.
    start : int
        The axis of the elements at which these axes stand.
    """

    def __init__(self, index, ndim):
        parts = []
        for part in index if isinstance(index, tuple) else (index,):
            if isinstance(part, list):
                part = np.asarray(part)
            if isinstance(part, np.ndarray) and part.dtype == bool or isinstance(part, (bool, np.bool_)):
                parts += np.nonzero(part) if np.ndim(part) else [_refuse()]
            else:
                parts.append(part)
        taken = sum(part is not None and part is not Ellipsis for part in parts)
        rest = [slice(None)] * (ndim - taken)
        if any(part is Ellipsis for part in parts):
            k = [part is Ellipsis for part in parts].index(True)
            parts[k : k + 1] = rest
        else:
            parts += rest
        self.parts = parts
        arrays = [k for k, part in enumerate(parts) if not is_basic(part)]
        self.n_indexed = max([_ndim(parts[k]) for k in arrays], default=0)
        self.start = 0
        if arrays:
            places = [k for k, i in enumerate(parts) if k in arrays or isinstance(i, (int, np.integer))]
            if places[-1] - places[0] + 1 == len(places):
                self.start = sum(not isinstance(i, (int, np.integer)) for i in parts[: places[0]])
        self.has_arrays = bool(arrays)
        self.depends = any(type(part) is OfRows for part in parts)

    def of_rows(self, n):
        """The index that takes these elements of each row; the axes of arrays come first, behind the rows."""
        if not self.has_arrays:
            return (slice(None), *self.parts)
        rows = np.arange(n).reshape(n, *(1,) * self.n_indexed)
        return plain_index((rows, *self._aligned()))

    def alone(self):
        """The index with rows of its own, for an array that is the same for all."""
        return plain_index(tuple(self._aligned()))

    def _aligned(self):
        return [aligned(part.rows, self.n_indexed) if type(part) is OfRows else part for part in self.parts]


class _NoRule(Exception):
    """An index for which there is no batched rule."""


def _refuse():
    raise _NoRule


def _ndim(part):
    if type(part) is OfRows:
        if part.rows.dtype == bool:
            raise _NoRule
        return part.rows.ndim - 1
    return np.ndim(part)


def moved(y, first, n, place):
    """An array whose n axes from `first` on are put to another place."""
    if first == place or n == 0:
        return y
    rest = [k for k in range(y.ndim) if not first <= k < first + n]
    rest[place:place] = range(first, first + n)
    return transpose(y, tuple(rest))


@batched(GetItem)
def get_item(step):
    (x,) = step.xs
    try:
        index = Index(step.index, step.inputs[0].ndim)
    except _NoRule:
        return NotImplemented
    if step.mapped[0]:
        y = GetItem.operation(x, index.of_rows(step.n))
        return moved(y, 1, index.n_indexed, 1 + index.start) if index.has_arrays else y
    return moved(GetItem.operation(x, index.alone()), index.start, 1, 0)


@batched(AddAt)
def add_at(step):
    try:
        index = Index(step.index, len(step.shape))
    except _NoRule:
        return NotImplemented
    gy = step.rows(0)
    if index.has_arrays:
        gy = moved(gy, 1 + index.start, index.n_indexed, 1)
    return AddAt.operation(gy, index.of_rows(step.n), (step.n, *step.shape))


@batched(SetItem)
def set_item(step):
    v = step.xs[1]
    try:
        index = Index(step.index, step.inputs[0].ndim)
    except _NoRule:
        return NotImplemented
    basic = tuple([0 if not is_basic(i) else i for i in index.parts])
    ndim = np.broadcast_to(0.0, step.inputs[0].shape)[basic].ndim if step.inputs[0].ndim else 0
    if index.has_arrays:
        ndim = (
            sum(not isinstance(i, (int, np.integer)) and is_basic(i) for i in index.parts) + index.n_indexed
        )
    if step.mapped[1]:
        excess = max(step.inputs[1].ndim - ndim, 0)  # NumPy accepts leading axes of length 1
        v = reshape(v, (step.n, *step.inputs[1].shape[excess:]))
        v = aligned(v, ndim)
        if index.has_arrays:
            v = moved(v, 1 + index.start, index.n_indexed, 1)
    elif index.has_arrays and index.start and np.ndim(v) > index.start:
        v = reshape(v, (1,) * (ndim - np.ndim(v)) + np.shape(v)) if np.ndim(v) < ndim else v
        v = moved(v, index.start, index.n_indexed, 0)
    return SetItem.operation(step.rows(0), v, index.of_rows(step.n))


# -- Elements put elsewhere ------------------------------------------------------------------------------


@batched(Gather)
def gather(step):
    """Elements moved by any function: it is applied to the numbers of the elements of one example."""
    sizes = [x.size for x in step.inputs]
    stops = np.cumsum(sizes).tolist()
    numbers = [
        np.arange(b - n, b).reshape(x.shape) for b, n, x in zip(stops, sizes, step.inputs, strict=True)
    ]
    places = np.asarray(step.move(*numbers))
    if places.shape != step.output.shape:
        return NotImplemented
    dtype = step.output.dtype
    flat = [reshape(step.rows(k), (step.n, n)) for k, n in enumerate(sizes)]
    x = flat[0] if len(flat) == 1 else Concatenate.operation(*flat, 1, None, "same_kind")
    y = GetItem.operation(x, (slice(None), places.ravel()))
    y = reshape(y, (step.n, *places.shape))
    return y if y.dtype == dtype else y.astype(dtype)


@batched(Concatenate, Stack)
def joining(step):
    return NotImplemented if depends(step.option) else linear(step)


@batched(Roll)
def roll(step):
    if depends(step.option):
        return NotImplemented
    (x,), form = step.xs, step.inputs[0]
    if step.axis is None:
        y = Roll.operation(reshape(x, (step.n, form.size)), step.shift, 1)
        return reshape(y, (step.n, *form.shape))
    axis = np.asarray(step.axis) % form.ndim + 1
    return Roll.operation(x, step.shift, tuple(axis.tolist()) if axis.ndim else axis.item())


@batched(Tile)
def tile(step):
    (x,), form, reps = step.xs, step.inputs[0], tuple(step.reps)
    n_axes = max(form.ndim, len(reps))
    x = reshape(x, (step.n, *(1,) * (n_axes - form.ndim), *form.shape))
    return Tile.operation(x, (1,) * (n_axes - len(reps) + 1) + reps)


@batched(Repeat)
def repeat(step):
    (x,), form = step.xs, step.inputs[0]
    if depends(step.option):
        return NotImplemented
    if step.axis is None or form.ndim == 0:
        return Repeat.operation(reshape(x, (step.n, form.size)), step.repeats, 1)
    return Repeat.operation(x, step.repeats, step.axis % form.ndim + 1)


@batched(Pad)
def pad(step):
    if depends(step.option):
        return NotImplemented
    ndim = step.inputs[0].ndim
    given = {}
    for name, value in step.given.items():
        if name in ("constant_values", "end_values", "stat_length") and value is not None:
            pairs = np.broadcast_to(np.asarray(value), (ndim, 2)).tolist()
            value = ((1, 1), *map(tuple, pairs))
        given[name] = value
    if callable(step.mode) or ndim == 0:
        return NotImplemented
    widths = ((0, 0), *map(tuple, step.widths))
    return Pad.operation(step.xs[0], widths, step.mode, given, widths)


@batched(Diagonal, Trace)
def diagonal(step):
    ndim = step.inputs[0].ndim
    offset, axis1, axis2, *rest = step.option
    return step.call(*step.xs, option=(offset, axis1 % ndim + 1, axis2 % ndim + 1, *rest))


@batched(OnDiagonal)
def on_diagonal(step):
    offset, axis1, axis2, shape = step.option
    n = len(shape)
    return step.call(*step.xs, option=(offset, axis1 % n + 1, axis2 % n + 1, (step.n, *shape)))


@batched(Linspace, Geomspace)
def grid(step):
    """Numbers between two ends: the new axis is put behind the rows."""
    if depends(step.option):
        return NotImplemented
    xs = step.aligned(max(x.ndim for x in step.inputs))
    axis = step.axis % step.output.ndim + 1
    return step.call(*xs, option=(step.num, step.endpoint, step.dtype, axis))


@batched(Full)
def full(step):
    """A new array that is filled: the type is that of `empty`."""
    return repeated_in(step)


def repeated_in(step):
    from leopard.functions.basic.shape import broadcast_to

    x = aligned(step.xs[0], step.output.ndim)
    y = broadcast_to(x, (step.n, *step.output.shape))
    return y.copy() if y.dtype == step.output.dtype else y.astype(step.output.dtype)
