# Part of terms.pyx. Scalar code is written.

cdef int OP_CALL1 = replay.OPCODES["call1"], OP_CALL2 = replay.OPCODES["call2"]
cdef int OP_LOAD = replay.OPCODES["load"], OP_STORE = replay.OPCODES["store"], OP_COPY = replay.OPCODES["copy"]


@cython.final
cdef class ScalarCode:
    """ScalarCode(terms, bases, offsets, slots)\n--\n
    Scalar code, instruction by instruction.

    Parameters
    ----------
    terms : Terms
    bases, offsets : array
        Where each term is in memory, by its number.
    slots : array
        Where scalar code finds it in the arena.
    """
    cdef Terms terms
    cdef array.array bases, offsets, slots
    cdef uint32_t* code         # owned
    cdef Py_ssize_t n, room     # words

    def __init__(self, Terms terms not None, array.array bases not None, array.array offsets not None,
                 array.array slots not None):
        if bases.typecode != "i" or len(bases) != terms.n_terms:
            raise ValueError("one base is wanted for each term")
        places_of(offsets, terms)
        places_of(slots, terms)
        self.terms, self.bases, self.offsets, self.slots = terms, bases, offsets, slots

    def __dealloc__(self):
        PyMem_Free(self.code)

    def __len__(self):
        return self.n // 4

    cdef int emit(self, long long op, long long y, long long a, long long b) except -1:
        """Append an instruction."""
        if self.n + 4 > self.room:
            self.room = 2 * self.room + 64
            self.code = <uint32_t*>resized(self.code, self.room * sizeof(uint32_t))
        if (op | y | a | b) >> 32:
            raise OverflowError("scalar code reaches 4 GiB of the arena, and no further")
        self.code[self.n], self.code[self.n + 1] = <uint32_t>op, <uint32_t>y
        self.code[self.n + 2], self.code[self.n + 3] = <uint32_t>a, <uint32_t>b
        self.n += 4
        return 0

    cdef inline long long slot(self, int r) noexcept:
        return self.slots.data.as_longlongs[r >> 1]

    def load(self, slot, base, offset):
        """Append the load of a number from external memory."""
        self.emit(OP_LOAD, slot, base, offset)

    def store(self, base, int r):
        """Append the store of a term to the beginning of external memory."""
        if self.terms is None:
            raise TypeError("this ScalarCode has no terms")
        self.terms.checked(r >> 1)
        self.emit(OP_STORE, base, self.slot(r), 0)

    def append(self, list order not None, Py_ssize_t start):
        """Append the code of the terms of an order from one place on, up to the first that is none of scalars.

        Returns
        -------
        int
            The place of that.
        """
        cdef Terms terms = self.terms
        cdef Py_ssize_t place, t
        cdef int op, n
        cdef int* refs
        if terms is None or start < 0:
            raise TypeError("this ScalarCode has no terms, or an order no such place")
        for place in range(start, len(order)):
            item = order[place]
            if type(item) is not int:
                return place
            t = terms.checked(item)
            op = terms.ops[t]
            if op < 0 or op >= C_LOOP:
                return place
            refs, n = &terms.refs[terms.first[t]], terms.first[t + 1] - terms.first[t]
            if op == C_PACK:
                self.write_pack(t)
                continue
            if op == C_GUARD:
                self.write_guard(t)
                continue
            if op >= C_CALL:
                op = (OP_CALL1 if n == 1 else OP_CALL2) | (op - C_CALL) << 8
            self.emit(op, self.slots.data.as_longlongs[t], self.slot(refs[0]), self.slot(refs[1]) if n == 2 else 0)
        return len(order)

    cdef int write_pack(self, Py_ssize_t t) except -1:
        """Append the copies of elements to their places in an array."""
        cdef Terms terms = self.terms
        cdef int base = self.bases.data.as_ints[t]
        cdef long long start = self.offsets.data.as_longlongs[t]
        cdef int k, n = terms.first[t + 1] - terms.first[t]
        places = terms.remembered(offsets_of, terms.forms[t])
        if len(places) != n:
            raise ValueError("an array of other elements")
        for k in range(n):
            if base:
                self.emit(OP_STORE, base, self.slot(terms.refs[terms.first[t] + k]), start + <Py_ssize_t>places[k])
            else:
                self.emit(OP_COPY, start + <Py_ssize_t>places[k], self.slot(terms.refs[terms.first[t] + k]), 0)
        return 0

    cdef int write_guard(self, Py_ssize_t t) except -1:
        """Append a guard of a scalar."""
        cdef int* refs = &self.terms.refs[self.terms.first[t]]
        place, what = self.terms.info[t]
        if what == "guard_equal" and self.terms.first[t + 1] - self.terms.first[t] < 2:
            raise ValueError("a guard of a number has what it is compared with")
        return self.emit(replay.OPCODES[what], self.slot(refs[1]) if what == "guard_equal" else 0, self.slot(refs[0]), place)

    def take(self):
        """The instructions so far, as bytes; there are none then."""
        code = (<char*>self.code)[:self.n * sizeof(uint32_t)] if self.n else b""
        self.n = 0
        return code


def append_loops(
    list steps not None, list order not None, Py_ssize_t start, Terms terms not None, array.array bases not None,
    array.array offsets not None, laid_over,
):
    """Append the steps of an order from one place on, up to the first that is no loop over arrays; the place of that.

    Parameters
    ----------
    laid_over : callable
        From the forms of a result and of the operands to the shape of the step, and the strides of the operands and the
        result over it.
    """
    cdef Py_ssize_t place, t
    cdef int k, n
    cdef int* refs
    cdef int* base_of = bases.data.as_ints
    cdef long long* offset_of = places_of(offsets, terms)
    if bases.typecode != "i" or len(bases) != terms.n_terms:
        raise ValueError("one base is wanted for each term")
    if start < 0:
        raise IndexError(start)
    for place in range(start, len(order)):
        item = order[place]
        if type(item) is not int or terms.ops[terms.checked(item)] < C_LOOP:
            return place
        t = item
        refs, n = &terms.refs[terms.first[t]], terms.first[t + 1] - terms.first[t]
        key = [laid_over, terms.forms[t]]
        for k in range(n):
            key.append(terms.forms[refs[k] >> 1])
        key = tuple(key)
        laid = terms.memo.get(key)
        if laid is None:
            laid = terms.remembered(*key)
        shape, strides = laid
        if len(strides) != n + 1:
            raise ValueError("a step has strides for other operands")
        operands = []
        for k in range(n):
            operands.append((base_of[refs[k] >> 1], offset_of[refs[k] >> 1], strides[k]))
        operands.append((base_of[t], offset_of[t], strides[n]))
        steps.append(("loop", terms.ops[t] - C_LOOP, shape, operands))
    return len(order)
