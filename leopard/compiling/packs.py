"""Small arrays as scalars: each element is a term of scalar code; a pack puts them beside each other.

A call of a loop takes as long as several scalar instructions, so arrays of a few elements are computed one
element after another. Exact arithmetic has the same bits either way.
"""

from math import prod

import numpy as np

from leopard.compiling.terms import ADD, CONSTANT, MULTIPLY, PACK, SCALAR, SQRT, SUBTRACT
from leopard.compiling.views import Form, layout_of_result, offsets_of

SMALL = 4  # elements


def elements(reader, r):
    """The references of the elements of a term of float64, in C order."""
    terms = reader.terms
    t, sign = r >> 1, r & 1
    form, record = terms.forms[t], terms.records[t]
    if form is None:
        return [r]
    if record[0] == PACK:
        return [x ^ sign for x in record[1:]]
    if t in terms.repeated:
        return [terms.repeated[t] ^ sign] * form.size
    if record[0] == CONSTANT:
        return [terms.number(x) ^ sign for x in reader.constants[terms.info[t]].ravel().tolist()]
    return [terms.view(r & -2, offset, SCALAR) ^ sign for offset in terms.remembered(offsets_of, form)]


def packed(terms, refs, form):
    """The reference of an array of these elements."""
    return terms.once((PACK, *map(terms.positive, refs)), form, None, form.strides)


def is_small(form):
    """Whether a term has few elements of float64."""
    return form is None or 0 < form.size <= SMALL and form.dtype.char == "d" and not form.goes_backward


def small_arithmetic(reader, node, refs, code):
    """Read exact arithmetic of small arrays as scalars; false where it is none."""
    terms, out = reader.terms, node.outputs[0]
    shape = out.shape
    forms = [terms.forms[r >> 1] for r in refs]
    if code > SQRT or out.dtype.char != "d" or not 0 < prod(shape) <= SMALL:
        return False
    if not all(map(is_small, forms)):
        return False
    columns = []
    for r, form in zip(refs, forms, strict=True):
        found = elements(reader, r)
        columns.append([found[k] for k in terms.remembered(broadcast_places, form and form.shape, shape)])
    made = [terms.arithmetic(code, None, *xs) for xs in zip(*columns, strict=True)]
    form = terms.remembered(layout_of_small, shape, *forms)
    reader.references[out] = packed(terms, made, terms.remembered(Form, shape, out.dtype, form.strides))
    return True


def layout_of_small(shape, *forms):
    return layout_of_result([form or SCALAR for form in forms], shape, SCALAR.dtype)


def broadcast_places(shape, target):
    """For each element of a shape, in C order, the place of that of an operand that it is computed from."""
    if shape is None:
        return [0] * prod(target)
    return np.broadcast_to(np.arange(prod(shape)).reshape(shape), target).ravel().tolist()


def small_sum(reader, r):
    """The sum of the elements of a small array, in the order in which NumPy adds less than eight of them.

    That is the order of the memory.
    """
    terms = reader.terms
    form, found = terms.forms[r >> 1], elements(reader, r)
    if form is not None and not form.contiguous:
        places = terms.remembered(offsets_of, form)
        found = [found[k] for k in sorted(range(len(found)), key=places.__getitem__)]
    first, *others = found
    for x in others:
        first = terms.arithmetic(ADD, None, first, x)
    return terms.arithmetic(ADD, None, terms.number(0.0), first)


def small_add_at(reader, r, form, offset, part):
    """The array of zeros to which a small array is added at a basic index."""
    terms = reader.terms
    zero = terms.number(0.0)
    made = [zero] * form.size
    for x, at in zip(elements(reader, r), terms.remembered(offsets_of, part), strict=True):
        made[(offset + at) // form.dtype.itemsize] = terms.arithmetic(ADD, None, zero, x)
    return packed(terms, made, form)


def small_cross(reader, a, b, form):
    """The cross product of two vectors of three components, as NumPy computes it."""
    terms = reader.terms
    a, b = elements(reader, a), elements(reader, b)
    made = []
    for j, k in ((1, 2), (2, 0), (0, 1)):
        first, second = [terms.arithmetic(MULTIPLY, None, a[m], b[n]) for m, n in ((j, k), (k, j))]
        made.append(terms.arithmetic(SUBTRACT, None, first, second))
    return packed(terms, made, form)
