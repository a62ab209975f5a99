# Part of arrays.pyx. Making arrays, and keeping those that die for the next.

# -- Making and keeping --------------------------------------------------------------------------

cdef enum:
    N_BUCKETS = 64
    DEEP = 256              # arrays kept in one bucket
    KEPT_AXES = 4           # and axes of each, at most
    KEPT_BYTES = 1 << 26    # and bytes in all

cdef struct Bucket:         # arrays of one type and shape
    int n, type, n_axes
    npy_intp shape[KEPT_AXES]
    Py_ssize_t size         # bytes of each
    PyObject* ghost         # owned, or NULL; of any type and shape
    PyObject* arrays[DEEP]  # owned

cdef PyObject* DESCRS[N_TYPES]
for _type in range(N_TYPES):
    DESCRS[_type] = built_in_descr(NUMBERS[_type])

cdef Bucket[N_BUCKETS] buckets
cdef Py_ssize_t kept_bytes = 0
memset(buckets, 0, sizeof(buckets))

cdef char[16] NOTHING       # what a ghost's elements are
memset(NOTHING, 0, sizeof(NOTHING))
cdef npy_intp[64] NO_STRIDES
memset(NO_STRIDES, 0, sizeof(NO_STRIDES))


cdef inline Bucket* bucket_of(int type, int n_axes, npy_intp* shape) noexcept:
    cdef size_t h = type + 4 * n_axes
    cdef int axis
    for axis in range(n_axes):
        h = h * 31 + <size_t>shape[axis]
    return &buckets[(h ^ h >> 6 ^ h >> 13) & (N_BUCKETS - 1)]


cdef inline bint holds_form(Bucket* b, int type, int n_axes, npy_intp* shape) noexcept:
    cdef int axis
    if b.type != type or b.n_axes != n_axes:
        return False
    for axis in range(n_axes):
        if b.shape[axis] != shape[axis]:
            return False
    return True


cdef object new_array(int type, int n_axes, npy_intp* shape, int order):
    """An array whose elements are not yet set."""
    global kept_bytes
    cdef Bucket* b
    cdef PyObject* o
    if order != IN_F_ORDER and n_axes <= KEPT_AXES:
        b = bucket_of(type, n_axes, shape)
        if b.n and holds_form(b, type, n_axes, shape):
            b.n -= 1
            o = b.arrays[b.n]
            kept_bytes -= b.size
            array = <object>o
            Py_DECREF_pointer(o)            # `array` owns it now
            return array
    return cnp.PyArray_EMPTY(n_axes, shape, NUMBERS[type], order == IN_F_ORDER)


cdef object zeros(PyObject* form):
    """An array of zeros of the type and shape of `form`."""
    cdef int type = type_of(form)
    array = new_array(type, n_axes_of(<RawArray*>form), shape_of(<RawArray*>form), IN_C_ORDER)
    memset(bytes_of(<RawArray*><PyObject*>array), 0, size_of(form) * size_of_type(type))
    return array


cdef void empty_bucket(Bucket* b) noexcept:
    global kept_bytes
    while b.n:
        b.n -= 1
        kept_bytes -= b.size
        Py_DECREF_pointer(b.arrays[b.n])


cdef bint keep(PyObject* o) noexcept:
    """Take the last reference to an array of ours into the store, if there is room."""
    global kept_bytes
    cdef RawArray* a = <RawArray*>o
    cdef int wanted = C_ORDER | OWNS | WRITEABLE | ALIGNED, n_axes = n_axes_of(a), type, axis
    cdef npy_intp* shape = shape_of(a)
    cdef Bucket* b
    if flags_of(a) & wanted != wanted or base_of(a) != NULL or n_axes > KEPT_AXES or leopard_has_weakref(o):
        return False
    type = type_of(o)
    if type < 0 or descr_of(a) != DESCRS[type]:     # one of a user's own may carry metadata
        return False
    b = bucket_of(type, n_axes, shape)
    if b.n == 0 or not holds_form(b, type, n_axes, shape):
        empty_bucket(b)
        b.type, b.n_axes = type, n_axes
        b.size = size_of_type(type)
        for axis in range(n_axes):
            b.shape[axis] = shape[axis]
            b.size *= shape[axis]
    if b.n == DEEP or kept_bytes + b.size > KEPT_BYTES and not make_room_for(b):
        return False
    b.arrays[b.n] = o
    b.n += 1
    kept_bytes += b.size
    return True


cdef bint make_room_for(Bucket* wanted) noexcept:
    """Let go of all arrays of other shapes; false if that is not enough."""
    cdef int i
    for i in range(N_BUCKETS):
        if &buckets[i] != wanted:
            empty_bucket(&buckets[i])
    return kept_bytes + wanted.size <= KEPT_BYTES


cdef void release_to_pool(PyObject* array) noexcept:
    """Let go of an exact ndarray: what `Py_DECREF` does, but the memory is kept for the next."""
    if LEOPARD_KEEPS and count_of_references(array) == 1 and keep(array):
        return
    Py_DECREF_pointer(array)


def pooled_bytes():
    """Bytes of arrays that died and are kept for the next. (For tests.)"""
    return kept_bytes


def empty_pool():
    """Give the memory kept for further arrays back to the system."""
    cdef int i
    for i in range(N_BUCKETS):
        empty_bucket(&buckets[i])
        Py_XDECREF(buckets[i].ghost)
        buckets[i].ghost = NULL


cdef PyObject* shape_placeholder_of(PyObject* array) noexcept:
    """A new reference to an array of the same type and shape that has no elements of its own; or NULL."""
    cdef RawArray* a = <RawArray*>array
    cdef int type = type_of(array)
    cdef Bucket* b
    cdef PyObject* old
    if type < 0:
        return NULL
    b = bucket_of(type, n_axes_of(a), shape_of(a))
    if b.ghost == NULL or type_of(b.ghost) != type or not same_shape(b.ghost, array):
        try:
            ghost = leopard_over(array, n_axes_of(a), shape_of(a), NO_STRIDES, NOTHING, 0)
        except MemoryError:
            return NULL
        Py_INCREF(ghost)
        old, b.ghost = b.ghost, <PyObject*>ghost
        Py_XDECREF(old)
    Py_INCREF(<object>b.ghost)
    return b.ghost
