"""Operations that a plan computes without Python: elementwise loops, views, sums, products.

Each method here takes a Reader and a node, puts the reference of the node's output, and returns True; or False
where Python has to compute the node.
"""

import numpy as np

from leopard.compiling.terms import (
    CALL,
    COMPARISONS,
    DIVIDE,
    FLOAT64,
    LOOP,
    MATMUL,
    SCALAR_CODE,
    SQRT,
    SUM,
    SUM_TO,
    VIEW,
)
from leopard.compiling.views import (
    Form,
    broadcast,
    is_fortran,
    layout_of_result,
    probe,
    reshaped,
    summed_axes,
    taken,
    transposed,
)
from leopard.functions.basic.indexing import is_basic

ELEMENTWISE, OTHER = object(), object()
CHARS = "dfDF"  # of the types that loops compute with
NEEDS_WHOLE_ARRAYS = (np.power, np.float_power)
MAX_AXES = 8

#: By class: (ELEMENTWISE or OTHER, the opcode or a larger number, a function of a Reader and a node).
WAYS = {}


def way_of(cls):
    """How nodes of a class are read."""
    way = WAYS.get(cls)
    if way is None:
        way = WAYS[cls] = find_way(cls)
    return way


def find_way(cls):
    ufunc = getattr(cls, "ufunc", None)
    if isinstance(ufunc, np.ufunc) and ufunc.nout == 1 and ufunc.nin <= 3 and not ufunc.signature:
        code = SCALAR_CODE.get(ufunc, SQRT + 1)
        return ELEMENTWISE, code, lambda reader, node: elementwise(reader, node, ufunc, code)
    known = KERNELS.get(getattr(cls, "kernel", None))
    if known is None and cls.__module__.partition(".")[0] == "leopard":
        known = NAMES.get(cls.__name__)
    return OTHER, 0, known or in_python


def in_python(reader, node):
    return False


# -- Elementwise operations ----------------------------------------------------------------------


def elementwise(reader, node, ufunc, code):
    """An elementwise operation by one loop of its ufunc."""
    references, terms = reader.references, reader.terms
    forms = terms.forms
    out, values = node.outputs[0], node.inputs
    refs = [references.get(value) or reader.reference(value) for value in values]
    key = [ufunc, out.shape, out.dtype]
    for r, value in zip(refs, values, strict=True):
        form = forms[r >> 1]
        key += form, value.weak, form is not None and form.uniform and terms.records[r >> 1][0] == VIEW
    key = tuple(key)
    found = reader.memo.get(key, key)
    if found is key:
        found = reader.memo[key] = analysed(terms, node, refs, ufunc, code)
    if found is None:
        return False
    number, char, plain, form, changes = found
    if changes:
        refs = in_type(reader, refs, values, char)
        if refs is None:
            return False
        refs = without_broadcasts(terms, refs, out.shape)
    if plain and code <= SQRT and char in "df":
        references[out] = terms.arithmetic(code, form, *refs)
        return True
    positive = terms.positive
    record = (number, *[positive(r) if r & 1 else r for r in refs])
    r = terms.seen.get(record)
    if r is None:
        r = terms.seen[record] = terms.add(record, form)
    references[out] = r
    if ufunc in COMPARISONS and form.shape == () and char == "d":
        reader.truths[out] = terms.once((COMPARISONS[ufunc], *record[1:]), None)
    return True


def analysed(terms, node, refs, ufunc, code):
    """How an elementwise operation of operands of some forms is computed; None for in Python.

    Returns
    -------
    number : int
        What the record of its term begins with.
    char : str
        The type of the operands.
    plain : bool
        Whether the operands are in C order and of the shape of the result, or numbers.
    form : Form or None
        Of the result.
    changes : bool
        Whether operands have to be cast, or are numbers that are broadcast.
    """
    out = node.outputs[0]
    shape = out.shape
    if 0 in shape:
        return None
    chars = {terms.form(r).dtype.char for r, v in zip(refs, node.inputs, strict=True) if not v.weak}
    if len(chars) != 1 or not chars <= set(CHARS):
        return None
    (char,) = chars
    signature = char * len(refs) + "->" + out.dtype.char
    if first_loop(ufunc, char) != signature:
        return None
    forms = [terms.form(r) for r in refs]
    changes = any(f.dtype.char != char or f.uniform and f.shape for f in forms)
    forms = [f for r, f in zip(refs, forms, strict=True) if not is_number(terms, r, f, shape, forms)]
    plain = all(f.contiguous and f.shape == shape or f.shape == () for f in forms)
    form = None if shape == () and out.dtype == FLOAT64 else terms.remembered(Form, shape, out.dtype, None)
    if not plain:
        if any(f.goes_backward for f in forms) or ufunc in NEEDS_WHOLE_ARRAYS or len(shape) > MAX_AXES:
            return None
        form = terms.remembered(Form, shape, out.dtype, layout_of_result(forms, shape, out.dtype).strides)
    loop = terms.loop(ufunc, signature)
    if form is not None:
        return LOOP | loop, char, plain, form, changes
    return (code if code <= SQRT else CALL | loop), char, plain, form, changes


def first_loop(ufunc, char):
    """The types of the first loop of a ufunc whose inputs all have a type; None where there is none."""
    inputs = char * ufunc.nin + "->"
    for types in ufunc.types:
        if types.startswith(inputs):
            return types
    return None


def is_number(terms, r, form, shape, forms):
    """Whether an operand is a number that is broadcast, and the shape is that of another operand."""
    return (
        form.uniform
        and terms.records[r >> 1][0] == VIEW
        and any(other.shape == shape and not other.uniform for other in forms)
    )


def without_broadcasts(terms, refs, shape):
    """The operands, with numbers in the place of broadcast numbers, where the shape stays what it is."""
    forms = [terms.form(r) for r in refs]
    return [
        terms.number_of_view(r) ^ (r & 1) if is_number(terms, r, form, shape, forms) else r
        for r, form in zip(refs, forms, strict=True)
    ]


def in_type(reader, refs, values, char):
    """The operands, with Python numbers cast to the type of the others; None where that is left to Python."""
    terms = reader.terms
    made = []
    for r, value in zip(refs, values, strict=True):
        if terms.form(r).dtype.char != char:
            number = terms.value_of(r)
            if not value.weak or number is None:
                return None
            with np.errstate(all="ignore"):
                cast = np.array(number).astype(char)
            if not np.isfinite(cast) and np.isfinite(number):
                return None  # NumPy warns of it
            key = char, cast.tobytes()
            r = terms.seen.get(key)
            if r is None:
                r = terms.seen[key] = reader.constant(cast)
        made.append(r)
    return made


# -- Views ---------------------------------------------------------------------------------------


def reshape(reader, node):
    """A view, or where NumPy copies, a view of a copy."""
    r, out, terms = reader.reference(node.inputs[0]), node.outputs[0], reader.terms
    form = terms.form(r)
    if form.shape == out.shape:
        reader.references[out] = r
        return True
    made = terms.remembered(reshaped, form, out.shape)
    if made is None:
        if form.goes_backward or len(form.shape) > MAX_AXES:
            return False
        r = terms.copy(terms.positive(r))
        made = terms.remembered(reshaped, terms.form(r), out.shape)
    return viewed(reader, out, r, 0, made)


def transpose(reader, node):
    r = reader.reference(node.inputs[0])
    return viewed(
        reader, node.outputs[0], r, 0, reader.terms.remembered(transposed, reader.terms.form(r), node.option)
    )


def broadcast_to(reader, node):
    r, out = reader.reference(node.inputs[0]), node.outputs[0]
    return viewed(reader, out, r, 0, reader.terms.remembered(broadcast, reader.terms.form(r), out.shape))


def take(reader, node):
    if not is_basic(node.option):
        return False
    r = reader.reference(node.inputs[0])
    offset, form = taken(reader.terms.form(r), node.option)
    return viewed(reader, node.outputs[0], r, offset, form)


def viewed(reader, out, r, offset, form):
    """Let a value be a view of a term; its negative is taken behind the view."""
    if not form.contiguous and r & 1:
        r = reader.terms.positive(r)
    reader.references[out] = reader.terms.view(r & -2, offset, form) ^ (r & 1)
    return True


def duplicate(reader, node):
    """A copy: nothing writes to what it copies, so a copy in the same order is the term itself."""
    terms = reader.terms
    r, out, order = reader.reference(node.inputs[0]), node.outputs[0], node.option
    form = terms.form(r)
    if form.contiguous and (order in "CK" or order == "A" and not is_fortran(form)):
        reader.references[out] = r
        return True
    if form.goes_backward or len(form.shape) > MAX_AXES:
        return False
    strides = np.empty_like(probe(form), order=order).strides
    reader.references[out] = terms.copy(terms.positive(r), strides)
    return True


# -- Sums and products of matrices ---------------------------------------------------------------


def total(terms, r):
    """The sum of all elements of a term, if they fill its memory in C or Fortran's order; else None."""
    form = terms.form(r)
    if form.dtype.char not in CHARS or form.size == 0 or not (form.contiguous or is_fortran(form)):
        return None
    made = None if form.dtype == FLOAT64 else terms.remembered(Form, (), form.dtype, None)
    return terms.once((SUM, terms.positive(r)), made)


def sum(reader, node):
    axis, keepdims = node.option
    if axis is not None or keepdims:
        return False
    r = total(reader.terms, reader.reference(node.inputs[0]))
    if r is not None:
        reader.references[node.outputs[0]] = r
    return r is not None


def mean(reader, node):
    axis, keepdims = node.option
    terms, x = reader.terms, reader.reference(node.inputs[0])
    if axis is not None or keepdims or terms.form(x).dtype != FLOAT64:
        return False
    r = total(terms, x)
    if r is not None:
        n = terms.number(float(terms.form(x).size))
        reader.references[node.outputs[0]] = terms.arithmetic(DIVIDE, None, r, n)
    return r is not None


def sum_to(reader, node):
    """A sum over the axes that broadcasting has repeated, in the blocks in which the core makes it."""
    terms = reader.terms
    r, out = reader.reference(node.inputs[0]), node.outputs[0]
    form = terms.form(r)
    if form.dtype.char not in "df" or not form.contiguous:
        return False
    axes = terms.remembered(summed_axes, form.shape, out.shape)
    if axes is None:
        return False
    made = reader.form_of(out.shape, form.dtype)
    if form.size == (1 if made is None else made.size):
        return viewed(reader, out, r, 0, Form(out.shape, form.dtype))
    reader.references[out] = terms.once((SUM_TO, terms.positive(r)), made, axes, out.shape)
    return True


def matmul(reader, node):
    """A product of matrices or vectors, with the strides that they have: BLAS looks at them."""
    terms, out = reader.terms, node.outputs[0]
    refs = reader.positives(node.inputs)
    a, b = terms.form(refs[0]), terms.form(refs[1])
    if a.dtype != b.dtype or a.dtype.char not in CHARS or a.size == 0 or b.size == 0:
        return False
    if not (1 <= len(a.shape) <= 2 and 1 <= len(b.shape) <= 2):
        return False
    reader.references[out] = terms.once((MATMUL, *refs), reader.form_of(out.shape, out.dtype))
    return True


def add_at(reader, node):
    """Zeros to which an array is added at a basic index."""
    index, shape = node.option
    terms = reader.terms
    r, out = reader.reference(node.inputs[0]), node.outputs[0]
    form = terms.form(r)
    if not is_basic(index) or form.dtype.char not in CHARS or form.size == 0:
        return False
    made = terms.remembered(Form, shape, form.dtype, None)
    offset, part = taken(made, index)
    if part.shape != form.shape or form.goes_backward or len(shape) > MAX_AXES:
        return False
    part = terms.remembered(Form, part.shape, part.dtype, part.strides)
    if form.dtype.kind == "c":
        r = terms.positive(r)
    reader.references[out] = terms.placed(((r, offset, part),), made)
    return True


KERNELS = {
    "take": take,
    "sum": sum,
    "mean": mean,
    "reshape": reshape,
    "transpose": transpose,
    "broadcast": broadcast_to,
    "sum_to": sum_to,
    "matmul": matmul,
}
NAMES = {"AddAt": add_at, "Duplicate": duplicate}
