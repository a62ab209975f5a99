"""Operations that a plan computes without Python: elementwise loops, views, sums, products.

Each function of a Reader and a node here puts the reference of the node's output, and returns True; or it
returns False, where Python has to compute the node.
"""

import weakref
from builtins import sum as sum_of
from math import prod

import numpy as np

from leopard._numeric.choice import where as where_ufunc
from leopard.compiling.elementwise import MAX_AXES, in_type
from leopard.compiling.recording import CONSTANT, Node, Value
from leopard.compiling.terms import (
    DIVIDE,
    FLOAT64,
    JOIN,
    LOOP,
    MATMUL,
    REDUCE,
    SCALAR_CODE,
    SQRT,
    SUM,
    SUM_TO,
    Form,
    broadcast,
    elements,
    index_key,
    is_small,
    packed,
    small_add_at,
    small_cross,
    small_sum,
)
from leopard.compiling.views import (
    is_fortran,
    parts,
    probe,
    reshaped,
    summed_axes,
    taken,
    transposed,
)
from leopard.functions._followed import Applied
from leopard.functions.basic.indexing import is_basic
from leopard.functions.basic.reductions import axes_of

CHARS = "dfDF"  # of the types of sums and products
MOST_OF_A_STACK = 16  # products of matrices that have a step of their own


#: What `find_way` has found of a class.
WAYS = weakref.WeakKeyDictionary()


def way_of(cls):
    """How nodes of a class are read, as `NodeReader` takes it."""
    way = WAYS.get(cls)
    if way is None:
        way = WAYS[cls] = find_way(cls)
    return way


def find_way(cls):
    ufunc = getattr(cls, "ufunc", None)
    if isinstance(ufunc, np.ufunc) and ufunc.nout == 1 and ufunc.nin <= 3 and not ufunc.signature:
        return SCALAR_CODE.get(ufunc, SQRT + 1), ufunc, None
    known = KERNELS.get(getattr(cls, "kernel", None))
    if known is None and cls.__module__.partition(".")[0] == "leopard":
        known = NAMES.get(cls.__name__)
    return -1, None, known or in_python


def plain_call(reader, node):
    """A ufunc without a derivative, with nothing but operands."""
    if type(node.option) is not Applied:
        return False
    function, arguments = node.option.function, node.option.arguments
    if not isinstance(function, np.ufunc) or function.nout != 1 or function.signature:
        return False
    operands, options = arguments.filled(node.inputs)
    if options or len(operands) != function.nin:
        return False
    values = tuple([x if isinstance(x, Value) else constant(x) for x in operands])
    if None in values:
        return False
    call = Node(node.cls, None, None, values, node.outputs)
    return reader.elementwise(call, function, SCALAR_CODE.get(function, SQRT + 1))


def constant(x):
    """The Value of a number that stands in a call; None for anything else."""
    if type(x) in (int, float, complex, bool):
        return Value(CONSTANT, (), np.asarray(x).dtype, type(x) is not bool, x)
    return Value(CONSTANT, (), x.dtype, False, np.asarray(x)) if isinstance(x, np.generic) else None


def in_python(reader, node):
    return False


# -- Views ---------------------------------------------------------------------------------------


def reshape(reader, node):
    """A view, or where NumPy copies, a view of a copy."""
    r, out, terms = reader.reference(node.inputs[0]), node.outputs[0], reader.terms
    form = terms.form(r)
    if form.shape == out.shape:
        reader.put(out, r)
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
    r = reader.reference(node.inputs[0])
    found = taken_once(reader.terms, reader.terms.form(r), node.option)
    return found is not None and viewed(reader, node.outputs[0], r, *found)


def taken_once(terms, form, index):
    """What `taken` returns, worked out once for each form and index; None where the index is not basic."""
    part = index_key(index)
    if part is None and not is_basic(index):
        return None
    key = taken, form, part
    found = terms.memo.get(key) if part is not None else None
    if found is None:
        offset, made = taken(form, index)
        found = offset, terms.remembered(Form, made.shape, made.dtype, made.strides)
        if part is not None:
            terms.memo[key] = found
    return found


def viewed(reader, out, r, offset, form):
    """Let a value be a view of a term; its negative is taken behind the view."""
    if not form.contiguous and r & 1:
        r = reader.terms.positive(r)
    reader.put(out, reader.terms.view(r & -2, offset, form) ^ (r & 1))
    return True


def duplicate(reader, node):
    """A copy: nothing writes to what it copies, so a copy in the same order is the term itself."""
    terms = reader.terms
    r, out, order = reader.reference(node.inputs[0]), node.outputs[0], node.option
    form = terms.form(r)
    if order == "K":
        return same_order(reader, out, r, form)
    if form.contiguous and (order == "C" or order == "A" and not is_fortran(form)):
        reader.put(out, r)
        return True
    if form.goes_backward or len(form.shape) > MAX_AXES:
        return False
    strides = np.empty_like(probe(form), order=order).strides
    reader.put(out, terms.copy(terms.positive(r), strides))
    return True


# -- Sums and products of matrices ---------------------------------------------------------------


def total(reader, r):
    """The sum of all elements of a term, if they fill its memory in C or Fortran's order; else None."""
    terms = reader.terms
    form = terms.form(r)
    if form.dtype.char not in CHARS or form.size == 0 or not (form.contiguous or is_fortran(form)):
        return None
    if is_small(form) and form.shape:
        return small_sum(reader, r)
    if form.dtype == FLOAT64:
        made = terms.once((SUM, r & -2), None)
        return terms.negative_sum(None, made) if r & 1 else made
    return terms.once((SUM, terms.positive(r)), terms.remembered(Form, (), form.dtype, None))


def sum(reader, node):
    r = summed(reader, node)
    if r is not None:
        reader.put(node.outputs[0], r)
    return r is not None


def mean(reader, node):
    terms, x, out = reader.terms, reader.reference(node.inputs[0]), node.outputs[0]
    form = terms.form(x)
    r = summed(reader, node) if form.dtype == FLOAT64 else None
    if r is None:
        return False
    n = terms.number(float(form.size // max(1, Form(out.shape, FLOAT64).size)))
    reader.put(out, terms.arithmetic(DIVIDE, terms.forms[r >> 1], r, n))
    return True


def summed(reader, node):
    """The sum of a term over axes, added in the order of NumPy's; None where Python has to do it."""
    terms, out = reader.terms, node.outputs[0]
    r, (axis, keepdims) = reader.reference(node.inputs[0]), node.option
    form = terms.form(r)
    if axis is None:
        made = total(reader, r)
        return made if made is None or not keepdims else terms.view(made, 0, Form(out.shape, form.dtype))
    axes = axes_of(axis, len(form.shape))
    if not form.contiguous or form.dtype.char not in "df" or form.size == 0 or len(form.shape) > MAX_AXES:
        return None
    if not axes or all(form.shape[k] == 1 for k in axes):
        return None
    if len(axes) == len(form.shape):
        return terms.view(total(reader, r), 0, Form(out.shape, form.dtype))
    kept = Form(tuple([1 if k in axes else n for k, n in enumerate(form.shape)]), form.dtype)
    strides = tuple([0 if k in axes else s for k, s in enumerate(kept.strides)])
    made = terms.remembered(Form, out.shape, form.dtype, None)
    sign = r & 1 if form.dtype == FLOAT64 else 0
    r = terms.once((REDUCE, terms.positive(r ^ sign)), made, strides, (axes, out.shape))
    return terms.negative_sum(made, r) if sign else r


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
    if axes[0] == "all" and is_small(form):
        return viewed(reader, out, small_sum(reader, r), 0, Form(out.shape, form.dtype))
    if form.size == (1 if made is None else made.size):
        return viewed(reader, out, r, 0, Form(out.shape, form.dtype))
    sign = r & 1 if form.dtype == FLOAT64 else 0
    r = terms.once((SUM_TO, terms.positive(r ^ sign)), made, axes, out.shape)
    reader.put(out, terms.negative_sum(made, r) if sign else r)
    return True


def matmul(reader, node):
    """A product of matrices or vectors, with the strides that they have: BLAS looks at them."""
    terms, out = reader.terms, node.outputs[0]
    refs = reader.positives(node.inputs)
    a, b = terms.form(refs[0]), terms.form(refs[1])
    if a.dtype != b.dtype or a.dtype.char not in CHARS or a.size == 0 or b.size == 0:
        return False
    if len(a.shape) > 2 or len(b.shape) > 2:
        return matmul_of_stacks(reader, out, refs)
    if not (a.shape and b.shape):
        return False
    reader.put(out, terms.once((MATMUL, *refs), reader.form_of(out.shape, out.dtype)))
    return True


def matmul_of_stacks(reader, out, refs):
    """A few products of matrices, each of its own; of many Python takes less time than their steps."""
    terms, stack = reader.terms, out.shape[:-2]
    forms = [terms.form(r) for r in refs]
    if min(len(form.shape) for form in forms) < 2 or prod(stack) > MOST_OF_A_STACK:
        return False
    made = terms.remembered(Form, out.shape, out.dtype, None)
    product = reader.form_of(out.shape[-2:], out.dtype)
    part = terms.remembered(Form, out.shape[-2:], out.dtype, None)
    products, entries = [], []
    for place in np.ndindex(stack):
        matrices = []
        for r, form in zip(refs, forms, strict=True):
            steps = zip(place[len(stack) + 2 - len(form.shape) :], form.shape, form.strides, strict=False)
            offset = sum_of([i * stride for i, n, stride in steps if n > 1])
            matrix = terms.remembered(Form, form.shape[-2:], form.dtype, form.strides[-2:])
            matrices.append(terms.view(r, offset, matrix))
        products.append(terms.once((MATMUL, *matrices), product))
        entries.append((len(entries) * part.size * part.dtype.itemsize, part))
    reader.put(out, terms.add((JOIN, *products), made, (entries, False)))
    return True


def add_at(reader, node):
    """Zeros to which an array is added at a basic index."""
    index, shape = node.option
    terms = reader.terms
    r, out = reader.reference(node.inputs[0]), node.outputs[0]
    form = terms.form(r)
    if form.dtype.char not in CHARS or form.size == 0:
        return False
    made = terms.remembered(Form, shape, form.dtype, None)
    found = taken_once(terms, made, index)
    if found is None:
        return False
    offset, part = found
    if part.shape != form.shape or form.goes_backward or len(shape) > MAX_AXES:
        return False
    if is_small(made):
        reader.put(out, small_add_at(reader, r, made, offset, part))
        return True
    if form.dtype.kind == "c":
        r = terms.positive(r)
    reader.put(out, terms.placed(((r, offset, part),), made))
    return True


# -- Types and choices ---------------------------------------------------------------------------


def astype(reader, node):
    terms, out = reader.terms, node.outputs[0]
    r = reader.reference(node.inputs[0])
    form = terms.form(r)
    if node.inputs[0].weak:
        return False
    if form.dtype == out.dtype:  # a copy in the same order, which nothing writes to
        return same_order(reader, out, r, form)
    made = in_type(terms, r, out.dtype.char)
    if made is not None:
        reader.put(out, made)
    return made is not None


def same_order(reader, out, r, form):
    """Let a value be a copy of a term in the same order: the term itself, if it fills its memory."""
    if form.contiguous:
        reader.put(out, r)
    elif form.goes_backward or len(form.shape) > MAX_AXES:
        return False
    else:
        strides = np.empty_like(probe(form)).strides
        reader.put(out, reader.terms.copy(reader.terms.positive(r), strides))
    return True


def real(reader, node):
    return part(reader, node, 0)


def imag(reader, node):
    return part(reader, node, 1)


def part(reader, node, k):
    """The real or imaginary part of complex numbers: a view."""
    r, out = reader.reference(node.inputs[0]), node.outputs[0]
    form = reader.terms.form(r)
    if form.dtype.kind != "c":
        if k == 0:
            reader.put(out, r)
        return k == 0
    made = reader.terms.remembered(Form, form.shape, out.dtype, form.strides)
    return viewed(reader, out, r, k * out.dtype.itemsize, made)


def where(reader, node):
    """Elements of one array or the other, by one loop of three operands."""
    terms, out, condition = reader.terms, node.outputs[0], node.option
    if 0 in out.shape or out.dtype.char not in CHARS or any(value.weak for value in node.inputs):
        return False
    if isinstance(condition, Value):
        taken = reader.reference(condition)
    else:
        taken = reader.constant(np.asarray(condition, bool))
    if terms.form(taken).dtype.char != "?":
        return False
    refs = [taken]
    for r in reader.positives(node.inputs):
        r = r if terms.form(r).dtype == out.dtype else in_type(terms, r, out.dtype.char)
        if r is None:
            return False
        refs.append(r)
    if not all(form.contiguous for form in map(terms.form, refs)) or len(out.shape) > MAX_AXES:
        return False
    char = out.dtype.char
    record = LOOP | terms.loop(where_ufunc, f"?{char}{char}->{char}"), *refs
    reader.put(out, terms.once(record, reader.form_of(out.shape, out.dtype)))
    return True


# -- Joining -------------------------------------------------------------------------------------


def concatenate(reader, node):
    axis, *_ = node.option
    shapes = [value.shape for value in node.inputs]
    if axis is None:
        return joined(reader, node, [(n,) for n in map(np.prod, shapes)], 0, flat=True)
    return joined(reader, node, shapes, axis % len(shapes[0]))


def stack(reader, node):
    axis = node.option[0] % (len(node.inputs[0].shape) + 1)
    shapes = [(*value.shape[:axis], 1, *value.shape[axis:]) for value in node.inputs]
    return joined(reader, node, shapes, axis)


def joined(reader, node, shapes, axis, flat=False):
    """Arrays beside each other along an axis: a copy of each into its part."""
    terms, out = reader.terms, node.outputs[0]
    refs, entries = [], []
    form = terms.remembered(Form, out.shape, out.dtype, out.strides)
    if form.size == 0 or form.goes_backward or any(value.weak for value in node.inputs):
        return False
    for value, (offset, part) in zip(node.inputs, parts(form, shapes, axis), strict=True):
        if part.size == 0:
            continue
        r = terms.positive(reader.reference(value))
        if terms.form(r).dtype != out.dtype:
            r = in_type(terms, r, out.dtype.char)
            if r is None:
                return False
        own = terms.form(r)
        made = reshaped(own, part.shape) if flat or own.contiguous else None
        if made is None and own.shape != part.shape:
            made = reshaped(own, part.shape)
        if made is None and own.shape != part.shape:
            return False
        if made is not None:
            r = terms.view(r, 0, made)
        refs.append(r)
        entries.append((offset, part))
    if form.contiguous and len(refs) == form.size and form.dtype == FLOAT64:  # of numbers
        reader.put(out, packed(terms, [elements(reader, r)[0] for r in refs], form))
    else:
        reader.put(out, terms.add((JOIN, *refs), form, (entries, False)))
    return True


def setitem(reader, node):
    """A copy in which elements are those of another array."""
    terms, out = reader.terms, node.outputs[0]
    if not is_basic(node.option) or any(value.weak for value in node.inputs):
        return False
    x, v = reader.positives(node.inputs)
    form = terms.form(x)
    if not form.contiguous or form.shape == () or terms.form(v).dtype != form.dtype or form.size == 0:
        return False
    offset, part = taken_once(terms, form, node.option)
    own = terms.form(v)
    if len(own.shape) > len(part.shape):
        own = reshaped(own, own.shape[len(own.shape) - len(part.shape) :])
        if own is None:
            return False
        v = terms.view(v, 0, own)
    entries = [] if part.size == 0 else [(offset, part)]
    reader.put(out, terms.add((JOIN, *[v][: len(entries)], x), form, (entries, True)))
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


def cross(reader, node):
    """The product of two vectors of three components."""
    terms, out = reader.terms, node.outputs[0]
    refs = [reader.reference(value) for value in node.inputs]
    if out.shape != (3,) or out.dtype != FLOAT64 or any(value.shape != (3,) for value in node.inputs):
        return False
    if any(terms.form(r).dtype != FLOAT64 for r in refs):
        return False
    form = terms.remembered(Form, out.shape, out.dtype, out.strides)
    reader.put(out, small_cross(reader, *refs, form))
    return True


def dot(reader, node):
    """The product of two vectors, for which `np.dot` and `np.matmul` call the same function."""
    forms = [reader.terms.form(reader.reference(value)) for value in node.inputs]
    if not all(len(form.shape) == 1 and form.contiguous for form in forms):
        return False
    return matmul(reader, node)


NAMES = {
    "PlainCall": plain_call,
    "Cross": cross,
    "Dot": dot,
    "AddAt": add_at,
    "Astype": astype,
    "Concatenate": concatenate,
    "Duplicate": duplicate,
    "Imag": imag,
    "Real": real,
    "SetItem": setitem,
    "Stack": stack,
    "Where": where,
}
