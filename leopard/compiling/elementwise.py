"""Elementwise operations by the loops of their ufuncs, in the types and layout that NumPy would choose."""

import functools

import numpy as np

from leopard._numeric.choice import convert
from leopard.compiling.terms import CONSTANT, FLOAT64, LOOP, SCALAR, VIEW, Form, offsets_of
from leopard.compiling.views import has_descending_strides, layout_of_result

MAX_AXES = 8  # of a step
NEEDS_WHOLE_ARRAYS = (np.power, np.float_power)  # they look at the strides of a row
CHARS = "?dfDF"  # the types of loops here


def types_of_loop(ufunc, values, dtype):
    """The types of the operands of the loop that NumPy calls, as characters; None for others."""
    given = [KINDS.get(value.dtype.kind) if is_weak(value, dtype) else value.dtype for value in values]
    return None if any(x is None for x in given) else _types_of_loop(ufunc, dtype, *given)


@functools.lru_cache(1024, typed=True)
def _types_of_loop(ufunc, dtype, *given):
    try:
        *dtypes, result = ufunc.resolve_dtypes((*given, None))
    except TypeError:  # there is no such loop
        return None
    chars = "".join([made.char for made in dtypes])
    if result != dtype or set(chars + dtype.char) - set(CHARS) or f"{chars}->{dtype.char}" not in ufunc.types:
        return None
    return chars


def is_weak(value, dtype):
    """Whether an operand is a Python number, if the result has this type.

    A graph keeps a Python complex number as an array; a shorter result shows what it was.
    """
    return value.weak or value.array is not None and value.shape == () and value.dtype == "D" and dtype == "F"


KINDS = {"f": float, "i": int, "c": complex, "b": np.dtype(bool)}


def layout_of_loop(ufunc, forms, shape, dtype, exact):
    """The form of the result of a loop over operands of other forms; None where Python has to call it.

    Parameters
    ----------
    exact : bool
        Whether it is exact arithmetic, which has the same bits whatever the strides are.
    """
    backward = any(f.goes_backward for f in forms) and not exact  # some loops give other bits
    if backward or ufunc in NEEDS_WHOLE_ARRAYS or len(shape) > MAX_AXES:
        return None
    return layout_of_result(forms, shape, dtype)


# -- Operands ------------------------------------------------------------------------------------


def in_order(reader, r):
    """A strided constant as one in C order, where results are so either way; any other term as it is."""
    terms = reader.terms
    form, op, *sources = terms.form(r), *terms.record(r >> 1)
    source = sources[0] if op == VIEW else r & -2
    if terms.op(source >> 1) != CONSTANT or form.uniform or not has_descending_strides(form):
        return r
    key = in_order, r & -2
    made = terms.memo.get(key)
    if made is None:
        array = reader.constants[terms.info[source >> 1]]
        if source != r & -2:
            if not array.flags.c_contiguous or array.dtype != form.dtype:
                return r
            places = terms.info[r >> 1] + np.array(offsets_of(form), np.intp)
            array = array.reshape(-1)[places // array.itemsize].reshape(form.shape)
        made = terms.memo[key] = reader.constant(np.ascontiguousarray(array))
    return made ^ (r & 1)


def converted(reader, refs, values, chars):
    """The operands in the types of a loop; None where one cannot be converted here."""
    made = []
    for r, value, char in zip(refs, values, chars, strict=True):
        if reader.terms.form(r).dtype.char != char:
            number = reader.terms.value_of(r)
            if value.weak and number is not None:
                r = number_of_type(reader, number, char)
            else:
                r = in_type(reader.terms, r, char)
            if r is None:
                return None
        made.append(r)
    return made


def number_of_type(reader, number, char):
    """The reference of a constant number of a type; None where NumPy would warn of the conversion."""
    with np.errstate(all="ignore"):
        cast = np.array(number).astype(char)
    if not np.isfinite(cast) and np.isfinite(number):
        return None
    terms = reader.terms
    key = char, cast.tobytes()
    r = terms.memo.get(key)
    if r is None:
        r = terms.memo[key] = reader.constant(cast)
    return r


def layout_of_small(reader, shape, forms):
    """The form of the result of arithmetic with small arrays."""
    return reader.terms.remembered(layout_of_numbers, shape, *forms)


def layout_of_numbers(shape, *forms):
    return layout_of_result([form or SCALAR for form in forms], shape, FLOAT64)


def in_type(terms, r, char):
    """The reference of a term converted to another type; None where no loop here does it."""
    form = terms.form(r)
    types = f"{form.dtype.char}->{char}"
    if types not in convert.types or form.goes_backward or len(form.shape) > MAX_AXES or form.size == 0:
        return None
    dtype = np.dtype(char)
    made = terms.remembered(Form, form.shape, dtype, layout_of_result([form], form.shape, dtype).strides)
    record = LOOP | terms.loop(convert, types), terms.positive(r)
    return terms.once(record, None if form.shape == () and char == "d" else made)
