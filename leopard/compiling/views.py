"""Views as arithmetic: an offset and strides in the memory of another array."""

from math import prod

import numpy as np

from leopard.compiling.terms import Form


def is_fortran(form):
    """Whether an array is contiguous in Fortran's order."""
    step = form.dtype.itemsize
    for n, stride in zip(form.shape, form.strides, strict=True):
        if n != 1 and stride != step:
            return False
        step *= n
    return True


# -- Views ---------------------------------------------------------------------------------------


def transposed(form, axes):
    """The form of a transpose."""
    n = len(form.shape)
    axes = range(n)[::-1] if axes is None else [axis % n for axis in axes]
    return Form(tuple([form.shape[k] for k in axes]), form.dtype, tuple([form.strides[k] for k in axes]))


def reshaped(form, shape):
    """The form of a reshaped array, or None where NumPy copies it."""
    if form.contiguous:
        return Form(shape, form.dtype)
    x = probe(form)
    y = x.view()
    try:
        y.shape = shape
    except AttributeError:
        return None
    return Form(shape, form.dtype, y.strides)


def taken(form, index):
    """The offset in bytes and the form of the elements at a basic index."""
    if type(index) is slice and len(form.shape) == 1:
        start, stop, step = index.indices(form.shape[0])
        n = len(range(start, stop, step))
        stride = form.strides[0]
        return (start * stride if n else 0), Form((n,), form.dtype, (step * stride,))
    if type(index) is int and len(form.shape) == 1 and -form.shape[0] <= index < form.shape[0]:
        return index % form.shape[0] * form.strides[0], Form((), form.dtype)
    x = probe(form)
    index = index if isinstance(index, tuple) else (index,)
    y = x[index if Ellipsis in index else (*index, Ellipsis)]
    offset = y.__array_interface__["data"][0] - x.__array_interface__["data"][0]
    return (offset if y.size else 0), Form(y.shape, form.dtype, y.strides)


def probe(form):
    """An array of this form, whose memory is never read: what NumPy makes of it shows how it is laid out."""
    if form.size == 0:
        return np.empty(form.shape, form.dtype)
    before, after = form.span
    return np.ndarray(form.shape, form.dtype, np.empty(before + after, np.uint8), before, form.strides)


def parts(form, shapes, axis):
    """The offsets and the forms of the parts of an array, of these shapes, that lie along an axis."""
    found, offset = [], 0
    for shape in shapes:
        found.append((offset, Form(tuple(map(int, shape)), form.dtype, form.strides)))
        offset += int(shape[axis]) * form.strides[axis]
    return found


# -- The layout of new arrays --------------------------------------------------------------------


def layout_of_result(forms, shape, dtype):
    """The form that NumPy gives to the result of a ufunc of operands of these forms."""
    if all(form.contiguous and (form.shape == shape or form.size == 1) for form in forms):
        return Form(shape, dtype)
    if all(has_descending_strides(form) for form in forms):
        return Form(shape, dtype)
    flags = [["readonly"]] * len(forms) + [["writeonly", "allocate"]]
    dtypes = [*[form.dtype for form in forms], dtype]
    made = np.nditer([*map(probe, forms), None], ["zerosize_ok"], flags, op_dtypes=dtypes, order="K")
    return Form(shape, dtype, made.operands[-1].strides)


def has_descending_strides(form):
    """Whether no axis is stepped through faster than a later one, and none backward."""
    last = None
    for n, stride in zip(form.shape, form.strides, strict=True):
        if n != 1:
            if stride < 0 or last is not None and stride > last:
                return False
            last = stride
    return True


def summed_axes(shape, target):
    """The axes over which a contiguous array is summed to a shape, as `sum_to` of the core sums it.

    Returns
    -------
    (str, int) or None
        "all", "leading" or "trailing", and the length of a row; None for any other axes.
    """
    lead = len(shape) - len(target)
    size, kept = prod(shape), prod(target)
    if size == 0 or lead < 0 or any(n not in (1, m) for n, m in zip(target, shape[lead:], strict=True)):
        return None
    if kept == 1:
        return "all", size
    first = next(k for k, n in enumerate(target) if n != 1)
    if target[first:] == shape[lead + first :]:
        return "leading", kept
    if lead == 0:
        n = 0
        while n < len(target) and target[n] == shape[n]:
            n += 1
        if all(m == 1 for m in target[n:]):
            return "trailing", size // kept
    return None
