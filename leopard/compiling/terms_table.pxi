# Part of terms.pyx. The records of terms, in C.

cdef extern from *:
    """
    /* The result of exact arithmetic by the opcodes of add, subtract, multiply and divide, when it is run. */
    static double leopard_fold(int code, double x, double y) {
        volatile double a = x, b = y, result;
        result = code == 0 ? a + b : code == 1 ? a - b : code == 2 ? a * b : a / b;
        return result;
    }
    """
    double leopard_fold(int code, double x, double y) noexcept nogil


cdef class Table:
    """The records of terms, each once.

    Attributes
    ----------
    forms : list of Form or None
        None for a float64 without axes.
    info : dict
        By the number of a term, what it is computed with besides: the offset of a view, ...
    loops : list of (ufunc, str)
    guards : list of int
        The references of guards.
    repeated : dict
        By constants all of whose elements are one number: the reference of that.
    memo : dict
        What was worked out once.
    """
    cdef int* ops               # of each term, what computes it
    cdef int* first             # and where in `refs` its references begin; one more says where they end
    cdef int* refs
    cdef double* values         # of constant numbers
    cdef char* is_constant_number
    cdef Py_ssize_t n_terms, room, n_refs, room_for_refs
    cdef int* shared            # terms plus 1 by their records, with open addressing; 0 where there is none
    cdef Py_ssize_t n_shared, n_places      # a power of 2
    cdef readonly list forms, loops, guards
    cdef readonly dict info, repeated, memo
    cdef dict keyed, loop_numbers, number_terms, negatives

    def __cinit__(self):
        self.forms, self.loops, self.guards = [], [], []
        self.info, self.repeated, self.memo = {}, {}, {}
        self.keyed, self.loop_numbers, self.number_terms, self.negatives = {}, {}, {}, {}
        self.make_room(64)
        self.make_room_for_refs(128)
        self.make_places(256)
        self.first[0] = 0

    def __dealloc__(self):
        PyMem_Free(self.ops)
        PyMem_Free(self.first)
        PyMem_Free(self.refs)
        PyMem_Free(self.values)
        PyMem_Free(self.is_constant_number)
        PyMem_Free(self.shared)

    cdef int make_room(self, Py_ssize_t room) except -1:
        self.ops = <int*>resized(self.ops, room * sizeof(int))
        self.first = <int*>resized(self.first, (room + 1) * sizeof(int))
        self.values = <double*>resized(self.values, room * sizeof(double))
        self.is_constant_number = <char*>resized(self.is_constant_number, room)
        self.room = room
        return 0

    cdef int make_room_for_refs(self, Py_ssize_t room) except -1:
        self.refs = <int*>resized(self.refs, room * sizeof(int))
        self.room_for_refs = room
        return 0

    cdef int make_places(self, Py_ssize_t n) except -1:
        """Let the table of records have so many places, for the records that it has already, too."""
        cdef int* before = self.shared
        cdef Py_ssize_t k, n_before = self.n_places
        cdef int t
        self.shared = <int*>resized(NULL, n * sizeof(int))
        memset(self.shared, 0, n * sizeof(int))
        self.n_places = n
        for k in range(n_before):
            if before[k]:
                t = before[k] - 1
                self.place_of(self.ops[t], &self.refs[self.first[t]], self.first[t + 1] - self.first[t])[0] = t + 1
        PyMem_Free(before)
        return 0

    cdef int* place_of(self, int op, int* refs, int n) noexcept:
        """Where a record is in the table, or an empty place for it."""
        cdef uint64_t h = <uint64_t>(<uint32_t>op) * <uint64_t>0x9E3779B97F4A7C15ULL
        cdef Py_ssize_t mask = self.n_places - 1, place
        cdef int k, t
        for k in range(n):
            h = (h ^ h >> 29 ^ <uint32_t>refs[k]) * <uint64_t>0xBF58476D1CE4E5B9ULL
        place = <Py_ssize_t>(h >> 32) & mask
        while self.shared[place]:
            t = self.shared[place] - 1
            if self.ops[t] == op and self.first[t + 1] - self.first[t] == n:
                for k in range(n):
                    if self.refs[self.first[t] + k] != refs[k]:
                        break
                else:
                    break
            place = place + 1 & mask
        return &self.shared[place]

    # -- Terms -----------------------------------------------------------------------------------

    cdef int append(self, int op, int* refs, int n, Form form) except -1:
        """A new term; its reference."""
        cdef Py_ssize_t t = self.n_terms
        if t + 1 >= self.room:
            self.make_room(2 * self.room)
        if t >= 1 << 29:
            raise MemoryError("a recording of too many operations")
        while self.n_refs + n > self.room_for_refs:
            self.make_room_for_refs(2 * self.room_for_refs)
        self.forms.append(form)
        memcpy(&self.refs[self.n_refs], refs, n * sizeof(int))
        self.n_refs += n
        self.ops[t], self.first[t + 1] = op, <int>self.n_refs
        self.is_constant_number[t] = 0
        self.n_terms += 1
        return <int>(t << 1)

    cdef int share(self, int op, int* refs, int n, Form form) except -1:
        """The reference of a term that may exist already."""
        cdef int* place = self.place_of(op, refs, n)
        cdef int r
        if place[0]:
            return place[0] - 1 << 1
        r = self.append(op, refs, n, form)
        place[0] = (r >> 1) + 1
        self.n_shared += 1
        if 2 * self.n_shared > self.n_places:
            self.make_places(4 * self.n_places)
        return r

    cpdef int add(self, tuple record, Form form, info=None) except -1:
        """A new term; its reference.

        Parameters
        ----------
        record : tuple of int
            What computes it, and the references that it reads.
        form : Form or None
        info : object, optional
        """
        cdef int n, r
        cdef int* refs = self.read_refs(record, &n)
        try:
            r = self.append(record[0], refs, n, form)
        finally:
            PyMem_Free(refs)
        if info is not None:
            self.info[r >> 1] = info
        return r

    cpdef int once(self, tuple record, Form form, info=None, key=None) except -1:
        """The reference of a term that may exist already; terms of different keys are different."""
        cdef int n, r
        cdef int* refs
        cdef Py_ssize_t before = self.n_terms
        if key is not None:
            key = record, key
            found = self.keyed.get(key)
            if found is None:
                found = self.keyed[key] = self.add(record, form, info)
            return found
        refs = self.read_refs(record, &n)
        try:
            r = self.share(record[0], refs, n, form)
        finally:
            PyMem_Free(refs)
        if info is not None and self.n_terms > before:
            self.info[r >> 1] = info
        return r

    cdef int* read_refs(self, tuple record, int* n) except NULL:
        """The references of a record, in memory that the caller frees."""
        cdef int* refs
        cdef int k, op
        if not record:
            raise ValueError("a record has what computes it")
        op, n[0] = record[0], <int>len(record) - 1
        if n[0] < 2 and op == C_MULTIPLY or n[0] < 1 and (0 <= op < C_PACK or op == C_VIEW or op == C_ITEM):
            raise ValueError("a record has the references that it reads")
        refs = <int*>resized(NULL, (n[0] + 1) * sizeof(int))
        try:
            for k in range(n[0]):
                refs[k] = record[k + 1]
                self.checked(refs[k] >> 1)
        except BaseException:
            PyMem_Free(refs)
            raise
        return refs

    def op(self, Py_ssize_t t):
        """What computes a term."""
        return self.ops[self.checked(t)]

    def record(self, Py_ssize_t t):
        """What computes a term, and the references that it reads: a tuple of int."""
        return (self.ops[self.checked(t)], *self.operands(t))

    def operands(self, Py_ssize_t t):
        """The references that a term reads: a list of int."""
        cdef int k
        return [self.refs[k] for k in range(self.first[self.checked(t)], self.first[t + 1])]

    cdef inline Py_ssize_t checked(self, Py_ssize_t t) except -1:
        if not 0 <= t < self.n_terms:
            raise IndexError(t)
        return t

    def __len__(self):
        return self.n_terms

    cdef inline Form form_of(self, int r):
        """The form of a term, or None for a float64 without axes."""
        return <Form>self.forms[r >> 1]

    def form(self, int r):
        """The form of a term."""
        return self.forms[self.checked(r >> 1)] or NO_AXES

    # -- Numbers ---------------------------------------------------------------------------------

    cpdef int number(self, double value) except -1:
        """The reference of a constant float64."""
        cdef int r
        if value != value:
            return self.add_number(value)
        key = value if value != 0 else ("zero", copysign(1, value))
        found = self.number_terms.get(key)
        if found is None:
            found = self.number_terms[key] = self.add_number(value)
        return found

    cdef int add_number(self, double value) except -1:
        cdef int r = self.append(C_NUMBER, NULL, 0, None)
        self.values[r >> 1], self.is_constant_number[r >> 1] = value, 1
        return r

    def set_value(self, int r, double value):
        """Note the value of a term that is a constant number of another type."""
        self.values[self.checked(r >> 1)], self.is_constant_number[r >> 1] = value, 1

    def value_of(self, int r):
        """The value of a constant number, with its sign; or None."""
        if not self.is_constant_number[self.checked(r >> 1)]:
            return None
        return -self.values[r >> 1] if r & 1 else self.values[r >> 1]

    def image(self, bytearray alive not None, array.array offsets not None):
        """Give each float64 that is a constant and read a place; [(its offset, its value)] and the end of all."""
        cdef long long* offset_of = places_of(offsets, self)
        cdef Py_ssize_t t, end = 0
        cdef list found = []
        if len(alive) != self.n_terms:
            raise ValueError("one byte is wanted for each term")
        for t in range(self.n_terms):
            if self.is_constant_number[t] and (<char*>alive)[t] and self.forms[t] is None:
                offset_of[t] = end
                found.append((end, self.values[t]))
                end += 8
        return found, end

    # -- Loops and forms -------------------------------------------------------------------------

    cpdef int loop(self, ufunc, types) except -1:
        """The number of a loop."""
        key = ufunc, types
        k = self.loop_numbers.get(key)
        if k is None:
            k = self.loop_numbers[key] = len(self.loops)
            self.loops.append(key)
        return k

    def remembered(self, function, *arguments):
        """What a function makes of forms: so that equal layouts share one Form."""
        key = function, *arguments
        made = self.memo.get(key, self)
        if made is self:
            made = function(*arguments)
            if type(made) is Form:
                made = self.memo.setdefault(((<Form>made).shape, (<Form>made).dtype, (<Form>made).strides), made)
            self.memo[key] = made
        return made


cdef void* resized(void* memory, size_t size) except NULL:
    """Memory of another size with the same beginning; where there is none, what there was is still owned."""
    cdef void* found = PyMem_Realloc(memory, size)
    if found == NULL:
        raise MemoryError
    return found
