"""What the core does with whole ndarrays: making them cheaply, laying them out, adding and multiplying.

A. Arrays that die are kept for the next of the same type and shape (`give_back`, `new_array`), so
   that a program that repeats itself neither asks the system for memory nor pays for page faults.
B. An array is read through its fields (`RawArray`), by pointers that own nothing; what is returned
   as `object` is owned as usual.
C. Only exact ndarrays of native, aligned float64, float32, complex128 and complex64 are met here.
   Where one of these functions has no way of its own it returns None or false, and NumPy is asked.
D. The sums here are the only ones in which the order of addition is ours (`sum_to_shape`); every path
   that sums a gradient to a shape takes it, so that all give the same bits.
"""
import numpy as np

cimport numpy as cnp
from cpython.object cimport PyObject
from cpython.ref cimport Py_INCREF, Py_XDECREF
from libc.string cimport memcpy, memset

from leopard._loops cimport (
    ADD, BLOCK, COLUMNS, COMPLEX, LEOPARD_DIVIDE, LEOPARD_INVALID, LEOPARD_OVER, LEOPARD_UNDER, MULTIPLY, NONE,
    NUMBERS, ROWS, TOTAL, Fold, Number, Way, add_row, add_up, begin_fold, cast_number, coalesce, find_loop,
    fold_all, leopard_clear_status, leopard_status, real_of, size_of_type,
)

cnp.import_array()

cdef extern from *:
    """
    #include "numpy/arrayobject.h"
    #if defined(LEOPARD_NO_CELLS) || defined(Py_GIL_DISABLED)
    #define LEOPARD_KEEPS 0         /* tools that watch memory see each array */
    #else
    #define LEOPARD_KEEPS 1
    #endif
    /* An array of the type of another, over memory that it does not own. */
    static PyObject* leopard_over(PyObject* like, int n, npy_intp* shape, npy_intp* strides, void* memory, int flags) {
        PyArray_Descr* descr = PyArray_DESCR((PyArrayObject*)like);
        Py_INCREF(descr);   /* it is stolen */
        return PyArray_NewFromDescr(&PyArray_Type, descr, n, shape, strides, memory, flags, NULL);
    }
    static int leopard_has_weakref(PyObject* o) {
        return *(PyObject**)((char*)o + Py_TYPE(o)->tp_weaklistoffset) != NULL;
    }
    """
    bint LEOPARD_KEEPS
    bint leopard_has_weakref(PyObject*)
    object leopard_over(PyObject* like, int n, npy_intp* shape, npy_intp* strides, void* memory, int flags)

cdef extern from "Python.h":
    void Py_DECREF_pointer "Py_DECREF"(PyObject*)
    bint PyLong_CheckExact(object)
    Py_ssize_t PyLong_AsSsize_t(object) except? -1
    int PySlice_Unpack(object, Py_ssize_t*, Py_ssize_t*, Py_ssize_t*) except -1
    Py_ssize_t PySlice_AdjustIndices(Py_ssize_t, Py_ssize_t*, Py_ssize_t*, Py_ssize_t)

cdef extern from "numpy/ndarrayobject.h":
    int PyArray_SetBaseObject(cnp.ndarray, object base) except -1

cdef object integer = np.integer

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
    if type < 0:
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


cdef void give_back(PyObject* array) noexcept:
    """Let go of an exact ndarray: what `Py_DECREF` does, but the memory is kept for the next."""
    if LEOPARD_KEEPS and count_of_references(array) == 1 and keep(array):
        return
    Py_DECREF_pointer(array)


def stored_bytes():
    """Bytes of arrays that died and are kept for the next. (For tests.)"""
    return kept_bytes


def forget_arrays():
    """Give the memory kept for further arrays back to the system."""
    cdef int i
    for i in range(N_BUCKETS):
        empty_bucket(&buckets[i])
        Py_XDECREF(buckets[i].ghost)
        buckets[i].ghost = NULL


cdef PyObject* ghost_of(PyObject* array) noexcept:
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


# -- Laying out ----------------------------------------------------------------------------------

cdef object broadcast_view(PyObject* array, int n_axes, npy_intp* shape):
    """A read-only view in which axes of length 1, and new ones before, are repeated; unchecked."""
    cdef RawArray* a = <RawArray*>array
    cdef npy_intp[64] strides
    cdef int axis, lead = n_axes - n_axes_of(a)
    for axis in range(n_axes):
        if axis < lead or shape_of(a)[axis - lead] == 1:
            strides[axis] = 0
        else:
            strides[axis] = strides_of(a)[axis - lead]
    return strided_view(array, n_axes, shape, strides)


cdef object strided_view(PyObject* array, int n_axes, npy_intp* shape, npy_intp* strides):
    """A read-only view of an array with other axes; unchecked."""
    view = leopard_over(array, n_axes, shape, strides, bytes_of(<RawArray*>array), 0)
    Py_INCREF(<object>array)        # SetBaseObject takes one, whatever comes of it
    PyArray_SetBaseObject(view, <object>array)
    return view


cdef object reshaped(object array, PyObject* form):
    """The elements of an array in the shape of `form`, a view where NumPy can make one."""
    cdef cnp.PyArray_Dims dims
    dims.ptr = shape_of(<RawArray*>form)
    dims.len = n_axes_of(<RawArray*>form)
    return cnp.PyArray_Newshape(array, &dims, cnp.NPY_CORDER)


cdef object filled(double value, PyObject* form):
    """A new array of the type and shape of `form` that is `value` everywhere."""
    cdef int type = type_of(form)
    cdef npy_intp i, n = size_of(form)
    cdef char* data
    array = new_array(type, n_axes_of(<RawArray*>form), shape_of(<RawArray*>form), IN_C_ORDER)
    data = bytes_of(<RawArray*><PyObject*>array)
    if type == DOUBLE:
        for i in range(n):
            (<double*>data)[i] = value
    else:
        for i in range(n):
            (<float*>data)[i] = <float>value
    return array


cdef object filled_view(double value, PyObject* form):
    """A read-only array of the type and shape of `form` that is `value` everywhere."""
    cdef int type = type_of(form)
    one = new_array(type, 0, NULL, IN_C_ORDER)
    cast_number(value, type, <Number*>bytes_of(<RawArray*><PyObject*>one))
    return broadcast_view(<PyObject*>one, n_axes_of(<RawArray*>form), shape_of(<RawArray*>form))


cdef bint goes_forward(RawArray* a) noexcept:
    """Are the steps of an array positive, each axis's no longer than the one's before?"""
    cdef int axis
    cdef npy_intp last = 0
    for axis in range(n_axes_of(a)):
        if shape_of(a)[axis] == 1 or strides_of(a)[axis] == 0:
            continue
        if strides_of(a)[axis] < 0 or last and strides_of(a)[axis] >= last:
            return False
        last = strides_of(a)[axis]
    return True


cdef int lay_out(
    Space* space, Operand* operands, PyObject** arrays, int n, int n_axes, npy_intp* shape, npy_intp itemsize
) noexcept:
    """Lay operands over a space of this shape, to which each broadcasts; NULL stands for a number.

    Returns the order in which a new array of that shape will lie, as NumPy would have it: IN_C_ORDER
    or IN_F_ORDER; or ELSEWHERE, when the operands lie in different orders.
    """
    cdef int k, axis, lead
    cdef npy_intp size = 1, length
    cdef bint all_c = True, all_f = True, whole
    cdef RawArray* a
    for axis in range(n_axes):
        size *= shape[axis]
    for k in range(n):
        operands[k].strides[0] = 0
        if arrays[k] == NULL:
            continue
        a = <RawArray*>arrays[k]
        operands[k].at = bytes_of(a)
        length = size_of(arrays[k])
        if length == 1:
            continue                    # NumPy, too, steps by 0 where there is one element
        whole = n_axes_of(a) == n_axes and length == size
        all_c = all_c and whole and flags_of(a) & C_ORDER
        all_f = all_f and whole and flags_of(a) & F_ORDER
        operands[k].strides[0] = itemsize
    if all_c or all_f:
        space.n_axes = 1
        space.shape[0] = size
        return IN_C_ORDER if all_c else IN_F_ORDER
    if n_axes > MOST_AXES:
        return ELSEWHERE
    space.n_axes = n_axes
    for axis in range(n_axes):
        space.shape[axis] = shape[axis]
    for k in range(n):
        if arrays[k] == NULL:
            for axis in range(n_axes):
                operands[k].strides[axis] = 0
            continue
        a = <RawArray*>arrays[k]
        if not goes_forward(a):
            return ELSEWHERE            # some loops give other bits when they go backward
        lead = n_axes - n_axes_of(a)
        for axis in range(n_axes):
            if axis < lead or shape_of(a)[axis - lead] == 1:
                operands[k].strides[axis] = 0
            else:
                operands[k].strides[axis] = strides_of(a)[axis - lead]
    coalesce(space, operands, n)
    return IN_C_ORDER


# -- Trouble -------------------------------------------------------------------------------------

cdef bint is_quiet(int status) except -1:
    """Would NumPy say nothing of this status word?"""
    if status == 0:
        return True
    told = np.geterr()
    return not (
        status & LEOPARD_DIVIDE and told["divide"] != "ignore"
        or status & LEOPARD_OVER and told["over"] != "ignore"
        or status & LEOPARD_UNDER and told["under"] != "ignore"
        or status & LEOPARD_INVALID and told["invalid"] != "ignore"
    )


# -- Parts ---------------------------------------------------------------------------------------

cdef struct Window:         # what a basic index shows of an array
    int n_axes
    npy_intp shape[MOST_AXES]
    npy_intp strides[MOST_AXES]
    npy_intp offset
    bint is_element         # of which NumPy makes a scalar, not a view


cdef bint is_basic(object index) noexcept:
    """Integers, slices, None and Ellipsis only: a view, in which each element is at most once."""
    if isinstance(index, tuple):
        for i in <tuple>index:
            if not is_basic_part(i):
                return False
        return True
    return is_basic_part(index)


cdef inline bint is_basic_part(object i) noexcept:
    return type(i) is slice or PyLong_CheckExact(i) or i is None or i is Ellipsis or isinstance(i, integer)


cdef bint look_through(RawArray* a, object index, Window* w) except -1:
    """The part of an array that a basic index names; false for other indices, and for wrong ones."""
    cdef Py_ssize_t n = 1, k, used = 0, axis = 0, skipped
    cdef bint several = type(index) is tuple
    cdef PyObject* part
    w.n_axes = 0
    w.offset = 0
    w.is_element = True
    if several:
        n = len(<tuple>index)
        for k in range(n):
            i = (<tuple>index)[k]
            used += type(i) is slice or PyLong_CheckExact(i)
    for k in range(n):
        i = (<tuple>index)[k] if several else index
        if type(i) is slice or PyLong_CheckExact(i):
            if axis >= n_axes_of(a) or not take_part(a, axis, i, w):
                return False
            axis += 1
        elif i is None:
            if w.n_axes >= MOST_AXES:
                return False
            w.shape[w.n_axes], w.strides[w.n_axes] = 1, 0
            w.n_axes += 1
        elif i is Ellipsis and several and w.is_element:
            w.is_element = False
            skipped = n_axes_of(a) - used
            while skipped > 0:
                if not take_axis(a, axis, w):
                    return False
                skipped -= 1
                axis += 1
        else:
            return False            # an array, a second Ellipsis, ...
    while axis < n_axes_of(a):
        if not take_axis(a, axis, w):
            return False
        axis += 1
    w.is_element = w.is_element and w.n_axes == 0
    return True


cdef inline bint take_axis(RawArray* a, Py_ssize_t axis, Window* w) noexcept:
    """An axis as it is; false when there is no more room."""
    if w.n_axes >= MOST_AXES:
        return False
    w.shape[w.n_axes], w.strides[w.n_axes] = shape_of(a)[axis], strides_of(a)[axis]
    w.n_axes += 1
    return True


cdef inline bint take_part(RawArray* a, Py_ssize_t axis, object i, Window* w) except -1:
    """An element, or a slice, of an axis."""
    cdef Py_ssize_t start, stop, step, length
    cdef npy_intp size = shape_of(a)[axis]
    if PyLong_CheckExact(i):
        start = PyLong_AsSsize_t(i)
        if start < 0:
            start += size
        if not 0 <= start < size:
            return False
        w.offset += start * strides_of(a)[axis]
        return True
    if w.n_axes >= MOST_AXES:
        return False
    PySlice_Unpack(i, &start, &stop, &step)
    length = PySlice_AdjustIndices(size, &start, &stop, step)
    if length:
        w.offset += start * strides_of(a)[axis]
    w.shape[w.n_axes], w.strides[w.n_axes] = length, step * strides_of(a)[axis]
    w.n_axes += 1
    return True


cdef object part_of(object x, object index):
    """x[index], for an index that holds no Variable."""
    cdef Window w
    cdef RawArray* a = <RawArray*><PyObject*>x
    if not look_through(a, index, &w) or w.is_element:
        return x[index]
    view = leopard_over(<PyObject*>x, w.n_axes, w.shape, w.strides, bytes_of(a) + w.offset, flags_of(a) & WRITEABLE)
    Py_INCREF(x)
    PyArray_SetBaseObject(view, x)
    return view


cdef int add_at(object buffer, object index, PyObject* g, double number) except -1:
    """buffer[index] += g, or the number where `g` is NULL; twice where an element is taken twice.

    `buffer` is exclusive.
    """
    cdef Window w
    cdef int type = type_of(<PyObject*>buffer), status
    cdef Number typed
    cdef RawArray* more = <RawArray*>g
    if (type >= 0 and look_through(<RawArray*><PyObject*>buffer, index, &w)
            and (g == NULL and cast_number(number, type, &typed)
                 or g != NULL and type_of(g) == type and fits(more, &w))):
        leopard_clear_status()
        add_through(
            &w, bytes_of(<RawArray*><PyObject*>buffer) + w.offset, <char*>&typed if g == NULL else bytes_of(more),
            &NO_STRIDES[0] if g == NULL else strides_of(more), type,
        )
        status = leopard_status()
        if not is_quiet(status):
            tell_of_addition(status)
        return 0
    what = number if g == NULL else <object>g
    try:
        np.add.at(buffer, index, what)
    except SystemError as error:            # NumPy forgets to say it
        raise MemoryError from error
    return 0


cdef inline bint fits(RawArray* a, Window* w) noexcept:
    cdef int axis
    if n_axes_of(a) != w.n_axes:
        return False
    for axis in range(w.n_axes):
        if shape_of(a)[axis] != w.shape[axis]:
            return False
    return True


cdef void add_through(Window* w, char* to, const char* g, npy_intp* g_strides, int type) noexcept:
    """Add `g` to what the window shows, a row of the last axis at a time."""
    cdef npy_intp index[MOST_AXES]
    cdef int axis, last = w.n_axes - 1
    for axis in range(w.n_axes):
        index[axis] = 0
        if w.shape[axis] == 0:
            return
    if last < 0:
        add_row(to, to, g, 1, 0, 0, type)
        return
    while True:
        add_row(to, to, g, w.shape[last], w.strides[last], g_strides[last], type)
        axis = last - 1
        while axis >= 0:
            index[axis] += 1
            to += w.strides[axis]
            g += g_strides[axis]
            if index[axis] < w.shape[axis]:
                break
            to -= w.shape[axis] * w.strides[axis]
            g -= w.shape[axis] * g_strides[axis]
            index[axis] = 0
            axis -= 1
        if axis < 0:
            return


# -- Sums ----------------------------------------------------------------------------------------

cdef object sum_all(PyObject* x, int type):
    """The sum of all elements of a contiguous array, 0-d: bit for bit `np.add.reduce`'s."""
    cdef RawArray* a = <RawArray*>x
    cdef npy_intp size = size_of(x)
    cdef const char* data = bytes_of(a)
    cdef char* to
    y = new_array(type, 0, NULL, IN_C_ORDER)
    to = bytes_of(<RawArray*><PyObject*>y)
    memset(to, 0, size_of_type(type))
    held = <object>x
    leopard_clear_status()
    if size >= BIG:
        with nogil:
            add_up(to, data, size, size_of_type(type), type)
    else:
        add_up(to, data, size, size_of_type(type), type)
    if not is_quiet(leopard_status()):
        return None
    return y


cdef int way_to(RawArray* a, int n_axes, npy_intp* shape, npy_intp* length) noexcept:
    """How an array is summed to a shape that broadcasts to its own, and the length of a row; or NONE."""
    cdef int lead = n_axes_of(a) - n_axes, axis, first = 0, kept_axes = 0
    cdef npy_intp size = 1, kept = 1
    cdef npy_intp* x = shape_of(a)
    if lead < 0:
        return NONE
    for axis in range(n_axes_of(a)):
        size *= x[axis]
    for axis in range(n_axes):
        if shape[axis] != x[axis + lead] and shape[axis] != 1:
            return NONE
        kept *= shape[axis]
    if size == 0:
        return NONE
    if kept == 1:
        length[0] = size
        return TOTAL
    while shape[first] == 1:            # repeated are the leading axes,
        first += 1
    axis = first
    while axis < n_axes and shape[axis] == x[axis + lead]:
        axis += 1
    if axis == n_axes:
        length[0] = kept
        return ROWS
    while lead == 0 and kept_axes < n_axes and shape[kept_axes] == x[kept_axes]:
        kept_axes += 1
    axis = kept_axes                    # or the trailing ones
    while axis < n_axes and shape[axis] == 1:
        axis += 1
    if lead == 0 and axis == n_axes:
        length[0] = size // kept
        return COLUMNS
    return NONE


cdef object sum_to_shape(PyObject* x, int n_axes, npy_intp* shape):
    """Sum an array over the axes that broadcasting from `shape` has repeated; None where NumPy has to."""
    cdef RawArray* a = <RawArray*>x
    cdef int type = type_of(x), way, status
    cdef npy_intp size, length
    cdef const char* data = bytes_of(a)
    cdef char* to
    cdef Fold fold
    cdef char[BLOCK * 16] scratch
    way = way_to(a, n_axes, shape, &length) if type >= 0 else NONE
    if way == NONE or type >= COMPLEX or not (flags_of(a) & C_ORDER or is_uniform(a)):
        return None
    y = new_array(type, n_axes, shape, IN_C_ORDER)
    to = bytes_of(<RawArray*><PyObject*>y)
    size = size_of(x)
    if is_uniform(a):
        fill_product(to, data, size_of(<PyObject*>y), size // size_of(<PyObject*>y), type)
        return y
    if size == size_of(<PyObject*>y):
        memcpy(to, data, size * size_of_type(type))
        return y
    memset(to, 0, size_of(<PyObject*>y) * size_of_type(type))
    begin_fold(&fold, <Way>way, type, to, length)
    held = <object>x
    leopard_clear_status()
    with nogil:
        fold_all(&fold, data, size, scratch)
        status = leopard_status()
    return y if status == 0 or is_quiet(status) else None


cdef bint is_uniform(RawArray* a) noexcept:
    """Is one element repeated all over?"""
    cdef int axis
    for axis in range(n_axes_of(a)):
        if strides_of(a)[axis] != 0 and shape_of(a)[axis] != 1:
            return False
    return True


cdef void fill_product(char* to, const char* value, npy_intp n, npy_intp times, int type) noexcept:
    """The sum of so many equal numbers, n times."""
    cdef Number product
    cdef npy_intp i
    cast_number(real_of(<Number*>value, type) * times, type, &product)
    for i in range(n):
        if type == DOUBLE:
            (<double*>to)[i] = product.real[0]
        else:
            (<float*>to)[i] = product.single[0]


def sum_to(x, shape):
    """`sum_to_shape` for Python: an ndarray, or None where it has no way of its own."""
    cdef npy_intp[MOST_AXES] dims
    cdef int axis, n = len(shape)
    if n > MOST_AXES or not cnp.PyArray_CheckExact(x):
        return None
    for axis in range(n):
        dims[axis] = shape[axis]
    return sum_to_shape(<PyObject*>x, n, dims)


cdef bint add_into(PyObject* a, PyObject* g) except -1:
    """a += g for arrays that lie alike, the first of them exclusive; false when NumPy has to."""
    cdef RawArray* to = <RawArray*>a
    cdef RawArray* more = <RawArray*>g
    cdef int type = type_of(a), status
    cdef npy_intp n, stride
    if type < 0 or type_of(g) != type or not same_shape(a, g):
        return False
    n = size_of(a)
    stride = size_of_type(type)
    if is_uniform(more):
        if not flags_of(to) & (C_ORDER | F_ORDER):
            return False
        stride = 0
    elif not flags_of(to) & flags_of(more) & (C_ORDER | F_ORDER):
        return False
    leopard_clear_status()
    if n >= BIG:
        held = <object>a, <object>g     # while the interpreter is unlocked, others may let go of them
        with nogil:
            add_row(bytes_of(to), bytes_of(to), bytes_of(more), n, size_of_type(type), stride, type)
    else:
        add_row(bytes_of(to), bytes_of(to), bytes_of(more), n, size_of_type(type), stride, type)
    status = leopard_status()
    if not is_quiet(status):
        tell_of_addition(status)
    return True


cdef int tell_of_addition(int status) except -1:
    """The sum stands already: let NumPy say of another sum what is to be said of this one."""
    largest = np.array(np.finfo(np.float64).max)
    if status & LEOPARD_OVER:
        np.add(largest, largest)
    if status & LEOPARD_INVALID:
        np.add(np.array(np.inf), np.array(-np.inf))
    return 0


# -- Products ------------------------------------------------------------------------------------

cdef Loop[N_TYPES] MATMUL
for _type in range(N_TYPES):
    MATMUL[_type] = find_loop(np.matmul, _type)


cdef object scaled(PyObject* x, double factor):
    """A vector of float64, times a number: a new array."""
    cdef RawArray* a = <RawArray*>x
    cdef npy_intp n = size_of(x)
    cdef char* args[3]
    cdef npy_intp strides[3]
    cdef int status
    y = new_array(DOUBLE, 1, shape_of(a), IN_C_ORDER)
    args[0], args[1], args[2] = bytes_of(a), <char*>&factor, bytes_of(<RawArray*><PyObject*>y)
    strides[0], strides[1], strides[2] = strides_of(a)[0], 0, sizeof(double)
    leopard_clear_status()
    MULTIPLY[DOUBLE].call(args, &n, strides, MULTIPLY[DOUBLE].data)
    status = leopard_status()
    return y if status == 0 or is_quiet(status) else np.multiply(<object>x, factor)


cdef object product(PyObject* a, bint transpose_a, PyObject* b, bint transpose_b, bint exactly):
    """Product of two matrices or vectors by `np.matmul`'s own loop; None where NumPy has to.

    Where the inner size is 1 each element is one product; NumPy's loop adds it to 0, which is slower and
    only tells in the sign of a zero (`exactly`).

    A vector counts as a row on the left and as a column on the right. What is to be transposed is
    a matrix, or a vector that counts the other way: a column on the left, a row on the right.
    """
    cdef RawArray* x0 = <RawArray*>a
    cdef RawArray* x1 = <RawArray*>b
    cdef int type = type_of(a), n_axes = 0, status
    cdef npy_intp[2] rows, columns, down, along      # of each: shape and steps
    cdef npy_intp[2] shape
    cdef npy_intp[4] dims
    cdef npy_intp[9] steps
    cdef char* args[3]
    cdef bint keeps_row, keeps_column
    if (type < 0 or type_of(b) != type or not 1 <= n_axes_of(x0) <= 2 or not 1 <= n_axes_of(x1) <= 2
            or MATMUL[type].call == NULL):
        return None
    lay_matrix(x0, 0, transpose_a, &rows[0], &columns[0], &down[0], &along[0])
    lay_matrix(x1, 1, transpose_b, &rows[1], &columns[1], &down[1], &along[1])
    if columns[0] != rows[1] or rows[0] == 0 or columns[0] == 0 or columns[1] == 0:
        return None
    keeps_row = n_axes_of(x0) == 2 or transpose_a
    keeps_column = n_axes_of(x1) == 2 or transpose_b
    if keeps_row:
        shape[n_axes] = rows[0]
        n_axes += 1
    if keeps_column:
        shape[n_axes] = columns[1]
        n_axes += 1
    y = new_array(type, n_axes, shape, IN_C_ORDER)
    dims[0], dims[1], dims[2], dims[3] = 1, rows[0], columns[0], columns[1]
    memset(steps, 0, sizeof(steps))
    steps[3], steps[4], steps[5], steps[6] = down[0], along[0], down[1], along[1]
    steps[8] = size_of_type(type)
    steps[7] = columns[1] * steps[8]
    args[0], args[1], args[2] = bytes_of(x0), bytes_of(x1), bytes_of(<RawArray*><PyObject*>y)
    leopard_clear_status()
    if columns[0] == 1 and not exactly:
        outer_product(args, dims, steps, type)
        status = leopard_status()
    elif rows[0] * columns[0] * columns[1] >= BIG:
        held = <object>a, <object>b
        with nogil:
            MATMUL[type].call(args, dims, steps, MATMUL[type].data)
            status = leopard_status()
    else:
        MATMUL[type].call(args, dims, steps, MATMUL[type].data)
        status = leopard_status()
    return y if is_quiet(status) else None


cdef void outer_product(char** args, npy_intp* dims, npy_intp* steps, int type) noexcept nogil:
    """A column times a row."""
    cdef npy_intp i, n = dims[3]
    cdef char* now[3]
    cdef npy_intp strides[3]
    strides[0], strides[1], strides[2] = 0, steps[6], steps[8]
    for i in range(dims[1]):
        now[0], now[1], now[2] = args[0] + i * steps[3], args[1], args[2] + i * steps[7]
        MULTIPLY[type].call(now, &n, strides, MULTIPLY[type].data)


cdef inline void lay_matrix(
    RawArray* a, int side, bint transpose, npy_intp* rows, npy_intp* columns, npy_intp* down, npy_intp* along
) noexcept:
    if n_axes_of(a) == 2:
        rows[0], columns[0] = shape_of(a)[transpose], shape_of(a)[not transpose]
        down[0], along[0] = strides_of(a)[transpose], strides_of(a)[not transpose]
    elif side ^ transpose:      # a column
        rows[0], columns[0], down[0], along[0] = shape_of(a)[0], 1, strides_of(a)[0], 0
    else:                       # a row
        rows[0], columns[0], down[0], along[0] = 1, shape_of(a)[0], 0, strides_of(a)[0]
