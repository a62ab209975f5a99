# Part of terms.pyx. The nodes of a recording are read into terms.

cdef enum:
    SMALL_SIZE = 4          # elements of an array that is computed as scalars

SMALL = SMALL_SIZE


cdef inline RecordedValue nth(tuple values, Py_ssize_t k):
    """One of the Values of a node."""
    if values is None or k >= len(values) or not isinstance(values[k], RecordedValue):
        raise TypeError("a recorded operation has RecordedValues")
    return <RecordedValue>values[k]


cdef class NodeReader:
    """NodeReader(recording=None)\n--\n
    Reads the nodes of a recording, one after another, into terms.

    A subclass in Python has `way_of`, which says how nodes of a class are read: (code, ufunc, None) for an elementwise
    operation, whose code is that of exact arithmetic or larger than all; (-1, None, function) for any other, with a
    function of the reader and the node that is false where Python has to compute it. It has `outside`, `python`,
    `types_of_loop`, `layout_of_loop`, `layout_of_small`, `in_order` and `converted` for what is not frequent.

    Attributes
    ----------
    recording : Recording
    terms : Terms
    truths : dict
        By a Value that is a comparison of two scalars: the reference of a scalar term that is 1.0 or 0.0.
    captured, constants : list
        The captured arrays, and those of constants, in the order of the plan.
    memo : dict
        What was worked out for operands of some forms.
    """
    cdef readonly object recording
    cdef readonly Terms terms
    cdef readonly dict truths, memo
    cdef readonly list captured, constants
    cdef int* references        # by the place of a Value: its reference, or -1
    cdef Py_ssize_t n_references
    cdef dict others            # the same of Values that have no place
    cdef dict ways              # by class, what `way_of` has returned

    def __cinit__(self, recording=None):
        self.recording, self.terms = recording, Terms()
        self.truths, self.memo, self.captured, self.constants = {}, {}, [], []
        self.others, self.ways = {}, {}

    def __dealloc__(self):
        PyMem_Free(self.references)

    # -- Values ----------------------------------------------------------------------------------

    cdef inline int found(self, RecordedValue value) except -2:
        """The reference of a Value that has one; else -1."""
        if 0 <= value.place < self.n_references:
            return self.references[value.place]
        return -1 if value.place >= 0 else self.others.get(value, -1)

    cpdef int put(self, RecordedValue value, int r) except -1:
        """Let a Value have a reference."""
        cdef Py_ssize_t n = self.n_references
        if value is None:
            raise TypeError("a reference is that of a RecordedValue")
        self.terms.checked(r >> 1)
        if value.place < 0:
            self.others[value] = r
            return 0
        if value.place >= n:
            if value.place >= 1 << 40:
                raise MemoryError("a recording of too many values")
            n = max(2 * n, value.place + 256)
            self.references = <int*>resized(self.references, n * sizeof(int))
            memset(&self.references[self.n_references], 0xFF, (n - self.n_references) * sizeof(int))
            self.n_references = n
        self.references[value.place] = r
        return 0

    cpdef int reference(self, RecordedValue value) except -1:
        """The reference of a Value; of an input, a captured array or a constant when it is first met."""
        cdef int r
        if value is None:
            raise TypeError("a reference is that of a RecordedValue")
        r = self.found(value)
        if r < 0:
            r = self.terms.number(value.array) if type(value.array) is float else self.outside(value)
            self.put(value, r)
        return r

    def positives(self, values):
        """The references of Values whose negative would not do."""
        return [self.terms.positive(self.reference(value)) for value in values]

    # -- Nodes -----------------------------------------------------------------------------------

    def read_nodes(self, list nodes not None, Py_ssize_t start, Py_ssize_t stop):
        """Read the nodes between two numbers."""
        cdef RecordedNode node
        cdef RecordedValue out
        cdef Py_ssize_t i
        cdef int code
        cdef bint done
        if not 0 <= start <= stop <= len(nodes):
            raise IndexError(f"nodes {start} to {stop} of {len(nodes)}")
        for i in range(start, stop):
            if not isinstance(nodes[i], RecordedNode):
                raise TypeError("a recording has RecordedNodes")
            node = <RecordedNode>nodes[i]
            way = self.ways.get(node.cls)
            if way is None:
                way = self.ways[node.cls] = self.way_of(node.cls)
            code, ufunc, function = way
            if code >= 0:
                out = nth(node.outputs, 0)
                done = (
                    code <= C_SQRT and len(out.shape) == 0 and out.dtype is DOUBLE and self.read_scalar(node, out, code)
                    or self.elementwise(node, ufunc, code)
                )
            else:
                done = function(self, node)
            if not done:
                self.python(node)

    cdef bint read_scalar(self, RecordedNode node, RecordedValue out, int code) except -1:
        """Read exact arithmetic of float64 without axes; false where an operand is another."""
        cdef Py_ssize_t n = len(node.inputs)
        cdef int a, b = 0
        if n == 0 or n > 2 or n == 1 and code > C_SQUARE:
            return False
        a = self.reference(nth(node.inputs, 0))
        if n == 2:
            if code > C_DIVIDE:
                return False
            b = self.reference(nth(node.inputs, 1))
            if self.terms.form_of(b) is not None:
                return False
        if self.terms.form_of(a) is not None:
            return False
        self.put(out, self.terms.simplified(code, None, a, b))
        return True

    # -- Elementwise operations ------------------------------------------------------------------

    def elementwise(self, RecordedNode node not None, ufunc, int code):
        """Read an elementwise operation; false where Python has to compute it."""
        cdef Terms terms = self.terms
        cdef RecordedValue out = nth(node.outputs, 0), value
        cdef Form form
        cdef int k, n = <int>len(node.inputs), r
        cdef int[4] refs
        if n > 4 or n == 0 or n == 1 and 0 <= code <= C_DIVIDE:
            return False
        for k in range(n):
            refs[k] = self.reference(nth(node.inputs, k))
        if len(out.shape) and code <= C_SQRT and out.shape[0] <= SMALL_SIZE and small_arithmetic(self, out, refs, n, code):
            return True
        if code <= C_DIVIDE and n == 2 and self.plain_arithmetic(out, refs[0], refs[1], code):
            return True
        key = [ufunc, out.shape, out.dtype]
        for k in range(n):
            value, form = node.inputs[k], terms.form_of(refs[k])
            if form is not None and not form.contiguous:
                refs[k] = self.in_order(refs[k])
                form = terms.form_of(refs[k])
            key.append(form)
            key.append(value.weak and value.dtype.kind)
            key.append(form is not None and self.is_repeated(refs[k], form))
        key = tuple(key)
        found = self.memo.get(key, key)
        if found is key:
            found = self.memo[key] = self.analysed(node, out, ufunc, code, refs, n)
        return False if found is None else self.read_analysed(node, out, ufunc, code, refs, n, found)

    cdef bint plain_arithmetic(self, RecordedValue out, int a, int b, int code) except -1:
        """Read what is most frequent: exact arithmetic of arrays of one form, or of an array and a number."""
        cdef Form x = self.terms.form_of(a), y = self.terms.form_of(b)
        cdef Form form = y if x is None else x
        if form is None or not (x is y or x is None or y is None) or not form.plain or form.shape != out.shape:
            return False
        if self.terms.repeated and (a >> 1 in self.terms.repeated or b >> 1 in self.terms.repeated):
            return False
        self.put(out, self.terms.simplified(code, form, a, b))
        return True

    cdef object analysed(self, RecordedNode node, RecordedValue out, ufunc, int code, int* refs, int n):
        """How an elementwise operation of operands of some forms is computed; None where Python has to compute it.

        Returns
        -------
        number : int
            What the record of its term begins with.
        chars : str
            The types of the operands of the loop.
        form : Form or None
            Of the result.
        exact : bool
            Whether it is exact arithmetic, of which signs are taken out.
        plain : bool
            Whether the operands are in C order and of the shape of the result, or numbers.
        changes : bool
            Whether operands have to be converted, or are numbers that are broadcast.
        """
        cdef Terms terms = self.terms
        cdef bint changes = False, plain = True, exact
        cdef Form form
        cdef int k, number
        shape, forms = out.shape, []
        chars = None if 0 in shape else self.types_of_loop(ufunc, node.inputs, out.dtype)
        if chars is None:
            return None
        for k in range(n):
            form = terms.form(refs[k])
            changes = changes or form.dtype.char != chars[k] or len(form.shape) and self.is_repeated(refs[k], form)
            if not self.is_number(k, refs, n, shape):
                forms.append(form)
                plain = plain and (len(form.shape) == 0 or form.contiguous and form.shape == shape)
        exact = code <= C_SQRT and chars[0] in "df"
        form = None
        if len(shape) or out.dtype != DOUBLE:
            form = terms.remembered(Form, shape, out.dtype, None)
        if not plain:
            form = self.layout_of_loop(ufunc, forms, shape, out.dtype, exact)
            if form is None:
                return None
            form = terms.remembered(Form, shape, out.dtype, form.strides)
        if form is None and n > 2:          # scalar code has no such calls
            return None
        number = terms.loop(ufunc, f"{chars}->{out.dtype.char}")
        if form is not None or chars != "d" * n:
            number |= C_LOOP
        else:                               # in scalar code
            number = code if code <= C_SQRT else C_CALL | number
        return number, chars, form, exact, plain, changes

    cdef bint is_number(self, int k, int* refs, int n, shape) except -1:
        """Whether an operand is an array of one number, and another operand has the shape and is none."""
        cdef Form form = self.terms.form_of(refs[k])
        cdef int i
        if form is None or len(form.shape) == 0 or not self.is_repeated(refs[k], form):
            return False
        for i in range(n):
            form = self.terms.form(refs[i])
            if form.shape == shape and not self.is_repeated(refs[i], form):
                return True
        return False

    cdef int number_of(self, int r) except -1:
        """The term of the number that an array repeats, with the sign of the array."""
        known = self.terms.repeated.get(r >> 1)
        return (self.terms.number_of_view(r) if known is None else known) ^ (r & 1)

    cdef bint read_analysed(
        self, RecordedNode node, RecordedValue out, ufunc, int code, int* refs, int n, found
    ) except -1:
        """Read an elementwise operation as `analysed` has found; false where Python has to compute it."""
        cdef Terms terms = self.terms
        cdef Form form
        cdef int k, r, number
        number, chars, form, exact, plain, changes = found
        if changes:
            made = self.converted([refs[k] for k in range(n)], node.inputs, chars)
            if made is None:
                return False
            for k in range(n):
                refs[k] = made[k]
            made = [self.number_of(refs[k]) if self.is_number(k, refs, n, out.shape) else refs[k] for k in range(n)]
            for k in range(n):
                refs[k] = made[k]
        if exact:
            self.put(out, terms.simplified(code, form, refs[0], refs[1] if n > 1 else 0, plain))
            return True
        for k in range(n):
            refs[k] = terms.positive(refs[k])
        self.put(out, terms.share(number, refs, n, form))
        if form is not None and len(form.shape) == 0 and chars == "dd" and ufunc in COMPARISONS:
            self.truths[out] = terms.share(COMPARISONS[ufunc], refs, n, None)
        return True

    cpdef bint is_repeated(self, int r, Form form) except -1:
        """Whether a term is an array of one number."""
        if form is None:
            raise TypeError("an array has a form")
        self.terms.checked(r >> 1)
        return form.uniform and self.terms.ops[r >> 1] == C_VIEW or r >> 1 in self.terms.repeated
