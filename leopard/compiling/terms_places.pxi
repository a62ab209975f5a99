# Part of terms.pyx. Memory by liveness: where in the arena each term is, and from when on its place is free again.

cdef enum:
    ALIGNMENT = 64          # bytes


cdef inline Py_ssize_t rounded(Py_ssize_t size) noexcept:
    """The bytes of a block that holds so many."""
    return (size + ALIGNMENT - 1) // ALIGNMENT * ALIGNMENT


@cython.final
cdef class Blocks:
    """Blocks(reuse, start)\n--\n
    Blocks of the arena for arrays, used again once nothing reads what they hold.

    Parameters
    ----------
    reuse : bool
        Whether a block that is released may be given away again.
    start : int
        Where they begin.

    Attributes
    ----------
    end : int
        Where they end.
    """
    cdef bint reuse
    cdef dict free              # by size: the offsets of free blocks of this size
    cdef readonly Py_ssize_t end

    def __cinit__(self, bint reuse=True, Py_ssize_t start=0):
        self.reuse, self.free, self.end = reuse, {}, rounded(start)

    cpdef Py_ssize_t take(self, Py_ssize_t size) except -1:
        """The offset of a new block: a free one of this size, or a part of a larger one, or behind all."""
        cdef Py_ssize_t larger = -1, room, offset
        size = rounded(size)
        exact = self.free.get(size)
        if exact:
            return exact.pop()
        for key, places in self.free.items():
            room = key
            if room > size and places and (larger < 0 or room < larger):
                larger = room
        if larger < 0:
            self.end += size
            return self.end - size
        offset = self.free[larger].pop()
        self.free.setdefault(larger - size, []).append(offset + size)
        return offset

    cpdef object release(self, Py_ssize_t offset, Py_ssize_t size):
        """Give a block back."""
        if self.reuse and size:
            self.free.setdefault(rounded(size), []).append(offset)


def place_arrays(
    list order not None, array.array last not None, Terms terms not None, array.array offsets not None, results,
    bint reuse, Py_ssize_t start,
):
    """Give each array that has no place yet a block of the arena behind `start`; the end of all blocks.

    Parameters
    ----------
    results : callable
        From a group, or a term that Python computes, to the terms that it writes to memory.
    """
    cdef Blocks blocks = Blocks(reuse, start)
    cdef Py_ssize_t place, t, before, after, block, n = len(order), k = 0, last_place
    cdef array.array ends = array.clone(array.array("q"), 2 * (n + 1) + 3 * terms.n_terms, False)
    cdef long long* first = ends.data.as_longlongs      # of each place, the first block that is released behind it, or -1,
    cdef long long* newest = first + n + 1              # and the last one
    cdef long long* entries = newest + n + 1            # blocks: offset, size, the next that is released at this place
    cdef long long* offset_of = places_of(offsets, terms)
    cdef int* last_of = uses_of(last, terms)
    cdef Form form
    memset(first, 0xFF, (n + 1) * sizeof(long long))
    for place in range(n):
        item = order[place]
        alone = type(item) is int and terms.ops[terms.checked(item)] != C_PYTHON
        if not alone or terms.forms[<Py_ssize_t>item] is not None:
            for x in (item,) if alone else results(item):
                t = terms.checked(x)
                form = <Form>terms.forms[t]
                if form is None or offset_of[t] >= 0:
                    continue
                form.measure(&before, &after)
                block = blocks.take(before + after)
                offset_of[t] = block + before
                last_place = min(max(<Py_ssize_t>last_of[t], place), n)
                entries[3 * k], entries[3 * k + 1], entries[3 * k + 2] = block, before + after, -1
                if first[last_place] < 0:
                    first[last_place] = k
                else:
                    entries[3 * newest[last_place] + 2] = k
                newest[last_place] = k
                k += 1
        t = first[place]
        while t >= 0:
            blocks.release(entries[3 * t], entries[3 * t + 1])
            t = entries[3 * t + 2]
    return blocks.end


def place_scalars(
    list order not None, array.array last not None, Terms terms not None, array.array offsets not None, results,
    bint reuse, Py_ssize_t start,
):
    """Give each scalar that is computed a place of 8 bytes behind `start`; the end of all places."""
    cdef Scalars scalars = Scalars.__new__(Scalars, last, terms, offsets, reuse, start)
    cdef Py_ssize_t place, t
    cdef int k
    for place in range(len(order)):
        item = order[place]
        if type(item) is not int:
            for x in results(item):
                scalars.put(terms.checked(x))
            for r in item.inputs:
                scalars.release(terms.checked(r >> 1), place)
            continue
        t = terms.checked(item)
        if 0 <= terms.ops[t] < C_LOOP:
            for k in range(terms.first[t], terms.first[t + 1]):
                scalars.release(terms.refs[k] >> 1, place)
            if terms.ops[t] < C_GUARD:
                scalars.put(t)
            continue
        for x in results(item) if terms.ops[t] == C_PYTHON else (item,):    # it reads while it writes
            scalars.put(terms.checked(x))
        for k in range(terms.first[t], terms.first[t + 1]):
            scalars.release(terms.refs[k] >> 1, place)
    return scalars.end


@cython.final
@cython.internal
cdef class Scalars:
    """The places of scalars, those that are free among them."""
    cdef Terms terms
    cdef array.array last, offsets, free
    cdef int* last_of
    cdef long long* offset_of
    cdef bytearray own
    cdef char* marks            # of each term, whether its place can be used again; in `own`
    cdef Py_ssize_t end, n_free
    cdef bint reuse

    def __cinit__(self, array.array last, Terms terms, array.array offsets, bint reuse, Py_ssize_t start):
        self.terms, self.last, self.offsets, self.reuse, self.end = terms, last, offsets, reuse, start
        self.last_of, self.offset_of = uses_of(last, terms), places_of(offsets, terms)
        self.own = bytearray(terms.n_terms)
        self.marks = self.own
        self.free = array.clone(array.array("q"), terms.n_terms, False)

    cdef inline void put(self, Py_ssize_t t) noexcept:
        """Give a term a place, unless it is an array or has one."""
        if self.terms.forms[t] is not None or self.offset_of[t] >= 0:
            return
        if self.n_free:
            self.n_free -= 1
            self.offset_of[t] = self.free.data.as_longlongs[self.n_free]
        else:
            self.offset_of[t] = self.end
            self.end += 8
        self.marks[t] = 1

    cdef inline void release(self, Py_ssize_t t, Py_ssize_t place) noexcept:
        """Let the place of a term be used again, where nothing reads it after this place in the order."""
        if self.reuse and self.marks[t] and self.last_of[t] == place:
            self.marks[t] = 0
            self.free.data.as_longlongs[self.n_free] = self.offset_of[t]
            self.n_free += 1


cdef int* uses_of(array.array last, Table terms) except? NULL:
    """The elements of what `last_uses` returned."""
    if last.typecode != "i" or len(last) != terms.n_terms:
        raise ValueError("one place is wanted for each term")
    return last.data.as_ints


cdef long long* places_of(array.array offsets, Table terms) except? NULL:
    """The offsets of terms, of an array that has one for each."""
    if offsets.typecode != "q" or len(offsets) != terms.n_terms:
        raise ValueError("one offset is wanted for each term")
    return offsets.data.as_longlongs
