"""Elementwise operations by the loops of their ufuncs, in the types and layout that NumPy would choose."""

from typing import NamedTuple

import numpy as np

from leopard._numeric.choice import convert
from leopard.compiling.terms import CALL, CONSTANT, FLOAT64, LOOP, SCALAR, SQRT, VIEW, Form, offsets_of
from leopard.compiling.views import has_descending_strides, layout_of_result

MAX_AXES = 8  # of a step
NEEDS_WHOLE_ARRAYS = (np.power, np.float_power)  # they look at the strides of a row
CHARS = "?dfDF"  # the types of loops here


class Analysis(NamedTuple):
    """How an elementwise operation of operands of some forms is computed.

    Attributes
    ----------
    number : int
        What the record of its term begins with.
    chars : str
        The types of the operands of the loop.
    form : Form or None
        Of the result.
    simplifies : bool
        Whether it is exact arithmetic of operands in C order and of the shape of the result, or numbers.
    changes : bool
        Whether operands have to be converted, or are numbers that are broadcast.
    """

    number: int
    chars: str
    form: Form
    simplifies: bool
    changes: bool


def analysed(reader, node, refs, ufunc, code):
    """The Analysis of an elementwise operation; None where Python has to compute it."""
    terms = reader.terms
    out, values = node.outputs[0], node.inputs
    shape = out.shape
    chars = types_of_loop(ufunc, values, out.dtype) if 0 not in shape else None
    if chars is None:
        return None
    forms = [terms.form(r) for r in refs]
    changes = any(
        form.dtype.char != char or form.shape and reader.is_repeated(r, form)
        for r, form, char in zip(refs, forms, chars, strict=True)
    )
    forms = [f for r, f in zip(refs, forms, strict=True) if not is_number(reader, r, f, shape, refs)]
    plain = all(f.contiguous and f.shape == shape or f.shape == () for f in forms)
    exact = code <= SQRT and chars[0] in "df"
    form = None if shape == () and out.dtype == FLOAT64 else terms.remembered(Form, shape, out.dtype, None)
    if not plain:
        backward = any(f.goes_backward for f in forms) and not exact  # some loops give other bits
        if backward or ufunc in NEEDS_WHOLE_ARRAYS or len(shape) > MAX_AXES:
            return None
        form = terms.remembered(Form, shape, out.dtype, layout_of_result(forms, shape, out.dtype).strides)
    if form is None and len(chars) > 2:  # scalar code has no such calls
        return None
    loop = terms.loop(ufunc, f"{chars}->{out.dtype.char}")
    if form is not None or set(chars) != {"d"}:
        number = LOOP | loop
    else:  # in scalar code
        number = code if code <= SQRT else CALL | loop
    return Analysis(number, chars, form, plain and exact, changes)


def types_of_loop(ufunc, values, dtype):
    """The types of the operands of the loop that NumPy calls, as characters; None for others."""
    given = [KINDS[value.dtype.kind] if is_weak(value, dtype) else value.dtype for value in values]
    try:
        *dtypes, result = ufunc.resolve_dtypes((*given, None))
    except (TypeError, KeyError):
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


# -- Operands ------------------------------------------------------------------------------------


def is_number(reader, r, form, shape, refs):
    """Whether an operand is an array of one number, and another operand has the shape and is none."""
    if not form.shape or not reader.is_repeated(r, form):
        return False
    others = [(x, reader.terms.form(x)) for x in refs]
    return any(other.shape == shape and not reader.is_repeated(x, other) for x, other in others)


def without_broadcasts(reader, refs, shape):
    """The operands, with numbers in the place of broadcast numbers, where the shape stays what it is."""
    terms = reader.terms
    return [
        number_of(terms, r) ^ (r & 1) if is_number(reader, r, terms.form(r), shape, refs) else r for r in refs
    ]


def number_of(terms, r):
    """The term of the number that an array repeats."""
    known = terms.repeated.get(r >> 1)
    return terms.number_of_view(r) if known is None else known


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
