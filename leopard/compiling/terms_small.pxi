# Part of terms.pyx. Small arrays as scalars: each element is a term of scalar code; a pack puts them beside each other.
#
# A call of a loop takes as long as several scalar instructions, so arrays of a few elements are computed one element
# after another. Exact arithmetic has the same bits either way.

cdef bint is_small_form(Form form) except -1:
    return form is None or 0 < form.size <= SMALL_SIZE and form.is_double and not form.has_negative_stride()


def is_small(Form form):
    """Whether a term of this form has few elements of float64."""
    return is_small_form(form)


def elements(NodeReader reader not None, int r):
    """The references of the elements of a term of float64, in C order."""
    cdef Terms terms = reader.terms
    cdef Py_ssize_t t = terms.checked(r >> 1)
    cdef int sign = r & 1
    cdef Form form = terms.form_of(r)
    if form is None:
        return [r]
    if terms.ops[t] == C_PACK:
        return [x ^ sign for x in terms.operands(t)]
    if t in terms.repeated:
        return [<int>terms.repeated[t] ^ sign] * form.size
    if terms.ops[t] == C_CONSTANT:
        return [terms.number(x) ^ sign for x in reader.constants[terms.info[t]].ravel().tolist()]
    return [terms.view(r & -2, offset, NO_AXES) ^ sign for offset in terms.remembered(offsets_of, form)]


def packed(Terms terms not None, refs, Form form not None):
    """The reference of an array of these elements."""
    return terms.once((C_PACK, *[terms.positive(r) for r in refs]), form, None, form.strides)


cdef bint small_arithmetic(NodeReader reader, RecordedValue out, int* refs, int n, int code) except -1:
    """Read exact arithmetic of small arrays as scalars; false where it is none."""
    cdef Terms terms = reader.terms
    cdef tuple shape = out.shape
    cdef Py_ssize_t size = 1, k, i
    cdef Form form
    cdef int[4][SMALL_SIZE] columns
    for k in range(len(shape)):
        size *= <Py_ssize_t>shape[k]
    if not 0 < size <= SMALL_SIZE or out.dtype is not DOUBLE and out.dtype.char != "d":
        return False
    for k in range(n):
        if not is_small_form(terms.form_of(refs[k])):
            return False
    for k in range(n):
        form = terms.form_of(refs[k])
        found = elements(reader, refs[k])
        places = terms.remembered(broadcast_places, None if form is None else form.shape, shape)
        for i in range(size):
            columns[k][i] = found[places[i]]
    made = [terms.simplified(code, None, columns[0][i], columns[1][i] if n > 1 else 0) for i in range(size)]
    forms = [terms.form_of(refs[k]) for k in range(n)]
    reader.put(out, packed(terms, made, reader.layout_of_small(shape, forms)))
    return True


def broadcast_places(shape, target):
    """For each element of a shape, in C order, the place of that of an operand that it is computed from."""
    if shape is None:
        return [0] * <Py_ssize_t>np.prod(target)
    return np.broadcast_to(np.arange(np.prod(shape, dtype=int)).reshape(shape), target).ravel().tolist()


def places_in_memory(shape, strides):
    """The places in C order of the elements of an array, one after another as they lie in memory."""
    axes = sorted(range(len(shape)), key=lambda k: -strides[k])
    return np.arange(np.prod(shape, dtype=int)).reshape(shape).transpose(axes).ravel().tolist()


def small_sum(NodeReader reader not None, int r):
    """The sum of the elements of a small array, in the order of memory: so NumPy adds less than eight."""
    cdef Terms terms = reader.terms
    cdef Form form = terms.form(r)
    cdef int total
    found = elements(reader, r)
    first, *others = [found[k] for k in terms.remembered(places_in_memory, form.shape, form.strides)]
    total = first
    for x in others:
        total = terms.sum(None, total, x)
    return terms.sum(None, terms.number(0.0), total)


def small_add_at(NodeReader reader not None, int r, Form form not None, Py_ssize_t offset, Form part not None):
    """The array of zeros to which a small array is added at a basic index."""
    cdef Terms terms = reader.terms
    cdef int zero = terms.number(0.0)
    cdef Py_ssize_t place
    made = [zero] * form.size
    for x, at in zip(elements(reader, r), terms.remembered(offsets_of, part)):
        place = (offset + <Py_ssize_t>at) // 8
        if not 0 <= place < len(made):
            raise IndexError(place)
        made[place] = terms.sum(None, zero, x)
    return packed(terms, made, form)


def small_cross(NodeReader reader not None, a, b, Form form not None):
    """The cross product of two vectors of three components, as NumPy computes it."""
    cdef Terms terms = reader.terms
    a, b = elements(reader, a), elements(reader, b)
    made = []
    if len(a) != 3 or len(b) != 3:
        raise ValueError("a cross product of vectors of other components")
    for j, k in ((1, 2), (2, 0), (0, 1)):
        made.append(terms.sum(None, terms.product(None, a[j], b[k]), terms.product(None, a[k], b[j]) ^ 1))
    return packed(terms, made, form)
