from cpython.object cimport PyObject
from numpy cimport npy_intp

from leopard._numeric.loops cimport COMPLEX, DOUBLE, SINGLE, SINGLE_COMPLEX, Operand, Space

cdef extern from "numpy/ndarrayobject.h":
    # The fields of an ndarray are read through bare pointers, so that no reference is counted up and down.
    ctypedef struct RawArray "PyArrayObject"
    int n_axes_of "PyArray_NDIM"(RawArray*) nogil
    npy_intp* shape_of "PyArray_DIMS"(RawArray*) nogil
    npy_intp* strides_of "PyArray_STRIDES"(RawArray*) nogil
    char* bytes_of "PyArray_BYTES"(RawArray*) nogil
    int flags_of "PyArray_FLAGS"(RawArray*) nogil
    PyObject* base_of "PyArray_BASE"(RawArray*) nogil
    int number_of_type "PyArray_TYPE"(RawArray*) nogil
    bint is_native "PyArray_ISNOTSWAPPED"(RawArray*) nogil
    bint is_integer "PyArray_ISINTEGER"(RawArray*) nogil
    bint is_bool "PyArray_ISBOOL"(RawArray*) nogil
    enum:
        C_ORDER "NPY_ARRAY_C_CONTIGUOUS"
        F_ORDER "NPY_ARRAY_F_CONTIGUOUS"
        ALIGNED "NPY_ARRAY_ALIGNED"
        OWNS "NPY_ARRAY_OWNDATA"
        WRITEABLE "NPY_ARRAY_WRITEABLE"
        NPY_DOUBLE, NPY_FLOAT, NPY_CDOUBLE, NPY_CFLOAT

cdef extern from "Python.h":
    Py_ssize_t count_of_references "Py_REFCNT"(PyObject*)

cdef enum:
    NOGIL_SIZE = 32768  # elements: loops over so many, or more, run without the GIL
    # the memory order of operands over a space
    MIXED_ORDER = 0     # they have no common order
    IN_C_ORDER = 1
    IN_F_ORDER = 2


cdef struct Factor:             # of a product: a matrix, or a vector as a matrix of one row or one column
    char* data
    npy_intp rows, columns
    npy_intp row_stride, column_stride


cdef inline int type_of(PyObject* array) noexcept:
    """The type of an exact ndarray whose elements a loop can read, or -1."""
    cdef RawArray* a = <RawArray*>array
    cdef int number = number_of_type(a)
    if not flags_of(a) & ALIGNED or not is_native(a):
        return -1
    if number == NPY_DOUBLE:
        return DOUBLE
    if number == NPY_FLOAT:
        return SINGLE
    if number == NPY_CDOUBLE:
        return COMPLEX
    return SINGLE_COMPLEX if number == NPY_CFLOAT else -1


cdef inline bint is_of_integers(PyObject* array) noexcept:
    """True if its elements are integers or truth values."""
    return is_integer(<RawArray*>array) or is_bool(<RawArray*>array)


cdef inline npy_intp size_of(PyObject* array) noexcept:
    """The number of elements."""
    cdef npy_intp size = 1
    cdef int axis
    for axis in range(n_axes_of(<RawArray*>array)):
        size *= shape_of(<RawArray*>array)[axis]
    return size


cdef inline npy_intp contiguous_stride(RawArray* a, npy_intp itemsize) noexcept:
    """The stride that NumPy hands to a loop for a contiguous array; that of a single element may be any."""
    if n_axes_of(a) == 1:
        return strides_of(a)[0]
    return itemsize if n_axes_of(a) else 0


cdef inline bint has_shape(RawArray* a, int n_axes, npy_intp* shape) noexcept:
    cdef int axis
    if n_axes_of(a) != n_axes:
        return False
    for axis in range(n_axes):
        if shape_of(a)[axis] != shape[axis]:
            return False
    return True


cdef inline bint same_shape(PyObject* a, PyObject* b) noexcept:
    return has_shape(<RawArray*>a, n_axes_of(<RawArray*>b), shape_of(<RawArray*>b))


cdef inline bint is_exclusive(PyObject* a, int references) noexcept:
    """True for an array that owns its memory and has no more than these references, all held by the caller."""
    return (count_of_references(a) <= references
            and flags_of(<RawArray*>a) & (OWNS | WRITEABLE) == (OWNS | WRITEABLE))


cdef inline bint broadcasts_to(PyObject* a, PyObject* b) noexcept:
    """True if the shape of `a` broadcasts to that of `b`."""
    cdef int axis, n = n_axes_of(<RawArray*>a), lead = n_axes_of(<RawArray*>b) - n
    if lead < 0:
        return False
    for axis in range(n):
        if (shape_of(<RawArray*>a)[axis] != 1
                and shape_of(<RawArray*>a)[axis] != shape_of(<RawArray*>b)[axis + lead]):
            return False
    return True


cdef object new_array(int type, int n_axes, npy_intp* shape, int order)
cdef object zeros(PyObject* like)
cdef void release_to_pool(PyObject* array) noexcept
cdef void count_walk() noexcept
cdef PyObject* shape_placeholder_of(PyObject* array) noexcept
cdef object strided_view(PyObject* array, int n_axes, npy_intp* shape, npy_intp* strides)
cdef object reshaped(object array, PyObject* like)
cdef object broadcast_view(PyObject* array, int n_axes, npy_intp* shape)
cdef object filled(double value, PyObject* like)
cdef object filled_view(double value, PyObject* like)
cdef int report_addition_status(int status) except -1
cdef bint has_descending_strides(RawArray* a) noexcept
cdef int lay_out(
    Space* space, Operand* operands, PyObject** arrays, int n, int n_axes, npy_intp* shape, npy_intp itemsize
) noexcept
cdef bint errstate_ignores(int status) except -1
cdef object sum_all(PyObject* x, int type)
cdef int summed_axes(RawArray* a, int n_axes, npy_intp* shape, npy_intp* length) noexcept
cdef object sum_to_shape(PyObject* x, int n_axes, npy_intp* shape)
cdef bint add_into(PyObject* a, PyObject* g) except -1
cdef bint is_basic_index(object index) noexcept
cdef object array_getitem(object x, object index)
cdef int add_at(object buffer, object index, PyObject* g, double number) except -1
cdef object scaled(PyObject* x, double factor)
cdef object product(PyObject* a, bint transpose_a, PyObject* b, bint transpose_b, bint signed_zeros)
cdef void call_matmul(Factor* x0, Factor* x1, char* y, int type) noexcept nogil
cdef void outer_product(Factor* column, Factor* row, char* y, int type) noexcept nogil
cdef bint has_matmul(int type) noexcept nogil
