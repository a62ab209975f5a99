# Part of _core.pyx. The guard: it finds an array that a rule reads and that was overwritten after it had been recorded.
#
# While the guard is on, each Function that is recorded is given a fingerprint of the arrays that its rule reads, and a
# walk compares it with the fingerprint that they have then. No array is locked.

# How many reasons there are to inspect each record: one where the guard, or the search for nan, has ever been on, and one
# for each call that is being recorded for replay.
cdef int n_inspections = 0
cdef bint inspection_enabled = False
cdef dict fingerprints = {}             # address of a GUARDED Function: a tuple, for each input and the output


def enable_inspection():
    """Let each recorded Function be inspected, where the guard or the search for nan is on."""
    global inspection_enabled, n_inspections
    n_inspections += not inspection_enabled
    inspection_enabled = True


cdef int inspect_record(Function f) except -1:
    """Do what the guard, the search for nan and a replay need for a Function that has just been recorded."""
    if leopard_lines != NULL:
        note_line(f)
    take_fingerprint(f)
    return check_forward_finite(f)


cdef int take_fingerprint(Function f) except -1:
    """Store the fingerprint of what the rule of `f` reads, where the guard is on."""
    if is_on(guard_switch) and values_read(f):
        fingerprints[<size_t><PyObject*>f] = fingerprint(f)
        f.flags |= GUARDED
    return 0


cdef int check_guarded(Function f) except -1:
    """Raise RuntimeError when an array that the rule of a GUARDED Function reads has been overwritten."""
    cdef int k
    before = fingerprints.get(<size_t><PyObject*>f)
    if before is None:
        return 0
    now = fingerprint(f)
    for k in range(len(before)):
        if before[k] is None or now[k] is None or before[k] == now[k]:
            continue
        what = "output" if k == f.n_inputs else f"input {k}"
        shape = form_of(<Variable>outputs_of(<PyObject*>f)[0] if k == f.n_inputs else node_of(f, k)).shape
        raise RuntimeError(
            f"{what} of {type(f).__name__}, of shape {shape}, was overwritten after it had been recorded; its "
            "gradient would be wrong. Call backward() before overwriting it, or pass a copy"
        )
    return 0


cdef void forget_fingerprint(PyObject* f) noexcept:
    """Remove the fingerprint of a Function that is deallocated."""
    try:
        fingerprints.pop(<size_t>f, None)
    except MemoryError:
        pass                            # the next Function at this address, if it is GUARDED, overwrites it


cdef int values_read(Function f) except -1:
    """Which values the rule reads, as `reads_of` gives it: bit `Y` for the output, bit ``X + k`` for input k."""
    cdef Operation op
    cdef PyObject* y = outputs_of(<PyObject*>f)[0]
    cdef int type = DOUBLE, mask
    if f.operation == NULL:
        return ALL
    op = <Operation>f.operation
    if op.kernel == RULE:
        return 0 if getattr(op.cls, "linear", False) else ALL
    if op.kernel != LOOPS:
        return KERNELS[op.kernel].reads(wanted_inputs(f))
    if f.n_inputs > MAX_INPUTS or y == NULL:
        return ALL
    if (<Variable>y).flags & (ARRAY | DROPPED_VALUE):
        type = type_of((<Variable>y).value.array)
    if type < 0 or op.ufunc is None:
        return ALL
    mask = wanted_inputs(f)
    return reads_of(op, type, mask) if mask else 0


cdef int wanted_inputs(Function f) noexcept:
    """Which inputs, of at most three, take a gradient: bit k for input k."""
    cdef int k, mask = 0
    for k in range(f.n_inputs):
        mask |= is_wanted(inputs_of(<PyObject*>f)[k]) << k
    return mask


cdef tuple fingerprint(Function f):
    """A number for each input, and for the output, that the rule reads and whose value is there; otherwise None."""
    cdef int k, read = values_read(f)
    cdef PyObject* y
    prints = [None] * (f.n_inputs + 1)
    for k in range(f.n_inputs):
        if inputs_of(<PyObject*>f)[k] != NULL and (k >= MAX_INPUTS or read >> (X + k) & 1):
            prints[k] = fingerprint_of(node_of(f, k))
    y = outputs_of(<PyObject*>f)[0]
    if y != NULL and read >> Y & 1:
        prints[f.n_inputs] = fingerprint_of(<Variable>y)
    return tuple(prints)


cdef object fingerprint_of(Variable v):
    """A hash of the bytes of a value, or None where there are none."""
    cdef cnp.ndarray array
    if v.flags & (EMPTY | DROPPED_VALUE | STAND_IN):
        return None
    if not v.flags & ARRAY:
        return hash_of(<char*>&v.value.scalar, sizeof(double))
    array = <object>v.value.array
    return None if cnp.PyArray_TYPE(array) == cnp.NPY_OBJECT else hash_of_elements(array)


def hash_of_elements(cnp.ndarray array not None):
    """A 64-bit hash of the bytes of an array, which has no objects."""
    if array.dtype.hasobject:
        raise TypeError(f"an array of {array.dtype} has no hash of its bytes")
    if not cnp.PyArray_ISCARRAY_RO(array):
        array = np.ascontiguousarray(array)
    return hash_of(<char*>cnp.PyArray_DATA(array), cnp.PyArray_NBYTES(array))


cdef unsigned long long hash_of(char* at, Py_ssize_t n) noexcept nogil:
    """A 64-bit hash of `n` bytes. Four independent lanes of multiplications make it as fast as memory is read."""
    cdef unsigned long long lanes[4]
    cdef unsigned long long word
    cdef Py_ssize_t i, k, blocks = n // 32
    for k in range(4):
        lanes[k] = <unsigned long long>n + <unsigned long long>k
    for i in range(blocks):
        for k in range(4):
            memcpy(&word, at + 32 * i + 8 * k, 8)
            lanes[k] = (lanes[k] ^ word) * 0x9E3779B97F4A7C15ULL
            lanes[k] ^= lanes[k] >> 32
    for i in range(32 * blocks, n):
        lanes[i & 3] = (lanes[i & 3] ^ <unsigned char>at[i]) * 0x100000001B3ULL
    return lanes[0] ^ lanes[1] * 3 ^ lanes[2] * 5 ^ lanes[3] * 7
