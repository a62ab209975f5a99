# Part of arrays.pyx. New arrays, and a pool of released ones that are used again.

cdef enum:
    N_BUCKETS = 64
    BUCKET_DEPTH = 256          # arrays in one bucket, at most
    MAX_POOLED_AXES = 4         # axes of an array in the pool
    MAX_POOL_BYTES = 1 << 26    # bytes of all of them
    PERIOD = 4096               # requests for arrays, after which the pool is shrunk
    REQUESTS_OF_WALK = 64       # as many as a walk counts for, so that walks that request none shrink it, too

cdef struct Bucket:             # released arrays of one type and shape
    int n, type, n_axes
    npy_intp shape[MAX_POOLED_AXES]
    int least                   # the fewest arrays that it has held in this period: so many were not needed
    Py_ssize_t size             # bytes of each
    PyObject* placeholder       # owned, or NULL; of another type or shape, perhaps (`shape_placeholder_of`)
    PyObject* arrays[BUCKET_DEPTH]  # owned

cdef PyObject* DESCRS[N_TYPES]
for _type in range(N_TYPES):
    DESCRS[_type] = built_in_descr(TYPE_NUMBERS[_type])

cdef Bucket[N_BUCKETS] buckets
cdef Py_ssize_t bytes_in_pool = 0
cdef int requests = 0               # in this period
memset(buckets, 0, sizeof(buckets))

cdef char[16] NO_ELEMENTS       # what the data pointer of a shape placeholder leads to
memset(NO_ELEMENTS, 0, sizeof(NO_ELEMENTS))
cdef npy_intp[64] NO_STRIDES
memset(NO_STRIDES, 0, sizeof(NO_STRIDES))


cdef inline Bucket* bucket_of(int type, int n_axes, npy_intp* shape) noexcept:
    """The bucket for arrays of a type and shape; it may be in use for another."""
    cdef size_t h = type + 4 * n_axes
    cdef int axis
    for axis in range(n_axes):
        h = h * 31 + <size_t>shape[axis]
    return &buckets[(h ^ h >> 6 ^ h >> 13) & (N_BUCKETS - 1)]


cdef inline bint holds_shape(Bucket* b, int type, int n_axes, npy_intp* shape) noexcept:
    """True if a bucket is in use for arrays of this type and shape."""
    cdef int axis
    if b.type != type or b.n_axes != n_axes:
        return False
    for axis in range(n_axes):
        if b.shape[axis] != shape[axis]:
            return False
    return True


# -- New arrays ----------------------------------------------------------------------------------

cdef object new_array(int type, int n_axes, npy_intp* shape, int order):
    """An array whose elements are not yet set."""
    global bytes_in_pool
    cdef Bucket* b
    cdef PyObject* o
    count_requests(1)
    if order != IN_F_ORDER and n_axes <= MAX_POOLED_AXES:
        b = bucket_of(type, n_axes, shape)
        if b.n and holds_shape(b, type, n_axes, shape):
            b.n -= 1
            b.least = min(b.least, b.n)
            o = b.arrays[b.n]
            bytes_in_pool -= b.size
            array = <object>o
            Py_DECREF_pointer(o)            # the bucket's reference; `array` has one of its own
            return array
    array = cnp.PyArray_EMPTY(n_axes, shape, TYPE_NUMBERS[type], order == IN_F_ORDER)
    leopard_mark_as_ours(<PyObject*>array)
    return array


cdef object zeros(PyObject* like):
    """A new array of zeros of the type and shape of `like`."""
    cdef int type = type_of(like)
    array = new_array(type, n_axes_of(<RawArray*>like), shape_of(<RawArray*>like), IN_C_ORDER)
    memset(bytes_of(<RawArray*><PyObject*>array), 0, size_of(like) * size_of_type(type))
    return array


cdef PyObject* shape_placeholder_of(PyObject* array) noexcept:
    """A new reference to an array of the same type and shape that has no elements of its own; or NULL."""
    cdef RawArray* a = <RawArray*>array
    cdef int type = type_of(array)
    cdef Bucket* b
    cdef PyObject* old
    if type < 0:
        return NULL
    b = bucket_of(type, n_axes_of(a), shape_of(a))
    if b.placeholder == NULL or type_of(b.placeholder) != type or not same_shape(b.placeholder, array):
        try:
            placeholder = leopard_array_over(array, n_axes_of(a), shape_of(a), NO_STRIDES, NO_ELEMENTS, 0)
        except MemoryError:
            return NULL
        Py_INCREF(placeholder)
        old, b.placeholder = b.placeholder, <PyObject*>placeholder
        Py_XDECREF(old)
    Py_INCREF(<object>b.placeholder)
    return b.placeholder


# -- The pool ------------------------------------------------------------------------------------

cdef void release_to_pool(PyObject* array) noexcept:
    """Release a reference to an exact ndarray, as `Py_DECREF` does; if it was the last, the pool may keep the array."""
    if LEOPARD_HAS_POOL and count_of_references(array) == 1 and keep_in_pool(array):
        return
    Py_DECREF_pointer(array)


cdef bint keep_in_pool(PyObject* o) noexcept:
    """Let the pool take over the last reference to an array; false if it is of another kind, or there is no room.

    Only an array that was made here is taken, so that the pool never holds more than has been asked of it, and only one
    that nothing else can lead to: it owns its memory, has no view and no weak reference.
    """
    global bytes_in_pool
    cdef RawArray* a = <RawArray*>o
    cdef int needed = C_ORDER | OWNS | WRITEABLE | ALIGNED, n_axes = n_axes_of(a), type, axis
    cdef npy_intp* shape = shape_of(a)
    cdef Bucket* b
    if (flags_of(a) & needed != needed or base_of(a) != NULL or n_axes > MAX_POOLED_AXES
            or not leopard_is_ours(o) or leopard_has_weakref(o)):
        return False
    type = type_of(o)
    if type < 0 or descr_of(a) != DESCRS[type]:     # the descr of a user may carry metadata
        return False
    b = bucket_of(type, n_axes, shape)
    if b.n == 0 or not holds_shape(b, type, n_axes, shape):
        empty_bucket(b)
        b.type, b.n_axes, b.least = type, n_axes, 0
        b.size = size_of_type(type)
        for axis in range(n_axes):
            b.shape[axis] = shape[axis]
            b.size *= shape[axis]
    if b.n == BUCKET_DEPTH or bytes_in_pool + b.size > MAX_POOL_BYTES and not make_room_for(b):
        return False
    b.arrays[b.n] = o
    b.n += 1
    bytes_in_pool += b.size
    return True


cdef bint make_room_for(Bucket* kept) noexcept:
    """Empty all other buckets; false if one more array of this one has no room even then."""
    cdef int i
    for i in range(N_BUCKETS):
        if &buckets[i] != kept:
            empty_bucket(&buckets[i])
    return bytes_in_pool + kept.size <= MAX_POOL_BYTES


cdef void empty_bucket(Bucket* b) noexcept:
    take_out(b, b.n)


cdef void take_out(Bucket* b, int n) noexcept:
    """Release `n` arrays of a bucket."""
    global bytes_in_pool
    while n and b.n:
        n -= 1
        b.n -= 1
        bytes_in_pool -= b.size
        Py_DECREF_pointer(b.arrays[b.n])
    b.least = min(b.least, b.n)


cdef inline void count_requests(int n) noexcept:
    """Count requests for arrays, and shrink the pool at the end of a period."""
    global requests
    requests += n
    if requests >= PERIOD:
        shrink_pool()


cdef void count_walk() noexcept:
    """Count a walk that has ended."""
    count_requests(REQUESTS_OF_WALK)


cdef void shrink_pool() noexcept:
    """Release half of the arrays that have not been needed in this period, and begin the next one."""
    global requests
    cdef int i
    requests = 0
    for i in range(N_BUCKETS):
        take_out(&buckets[i], (buckets[i].least + 1) // 2)
        buckets[i].least = buckets[i].n


def pooled_bytes():
    """Bytes of the released arrays that the pool keeps for the next of their type and shape. (For tests.)"""
    return bytes_in_pool


def empty_pool():
    """Give the memory of the arrays in the pool back to the system."""
    cdef int i
    for i in range(N_BUCKETS):
        empty_bucket(&buckets[i])
        Py_XDECREF(buckets[i].placeholder)
        buckets[i].placeholder = NULL
