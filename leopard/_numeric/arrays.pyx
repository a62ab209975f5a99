"""What the core does with whole ndarrays: making them cheaply, laying them out, adding and multiplying.

A. Arrays that die are kept for the next of the same type and shape (`release_to_pool`, `new_array`), so
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
from libc.math cimport isinf
from libc.string cimport memcpy, memset

from leopard._numeric.loops cimport (
    ADD, ALL_AXES, BLOCK, COMPLEX, LEADING_AXES, LEOPARD_DIVIDE, LEOPARD_INVALID, LEOPARD_OVER, LEOPARD_UNDER,
    MULTIPLY, NONE, NUMBERS, TRAILING_AXES, BlockwiseSum, Number, SummedAxes, add_block, add_row,
    begin_blockwise_sum, cast_number, coalesce, find_loop, leopard_clear_status, leopard_status, real_of,
    size_of_type, sum_blockwise,
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
    static PyObject* leopard_descr(PyArrayObject* a) { return (PyObject*)PyArray_DESCR(a); }
    static PyObject* leopard_built_in_descr(int number) { return (PyObject*)PyArray_DescrFromType(number); }
    static int leopard_has_weakref(PyObject* o) {
        return *(PyObject**)((char*)o + Py_TYPE(o)->tp_weaklistoffset) != NULL;
    }
    """
    bint LEOPARD_KEEPS
    bint leopard_has_weakref(PyObject*)
    PyObject* descr_of "leopard_descr"(RawArray*)
    PyObject* built_in_descr "leopard_built_in_descr"(int number)
    object leopard_over(PyObject* like, int n, npy_intp* shape, npy_intp* strides, void* memory, int flags)

cdef extern from "Python.h":
    void Py_DECREF_pointer "Py_DECREF"(PyObject*)
    bint PyLong_CheckExact(object)
    long long PyLong_AsLongLongAndOverflow(object, int*) except? -1
    ctypedef struct PySliceObject:
        PyObject* start
        PyObject* stop
        PyObject* step
    int PySlice_Unpack(object, Py_ssize_t*, Py_ssize_t*, Py_ssize_t*) except -1
    Py_ssize_t PySlice_AdjustIndices(Py_ssize_t, Py_ssize_t*, Py_ssize_t*, Py_ssize_t)

cdef extern from "numpy/ndarrayobject.h":
    int PyArray_SetBaseObject(cnp.ndarray, object base) except -1

cdef object integer = np.integer

# One module, in parts.
include "pool.pxi"
include "basic_index.pxi"
include "sums.pxi"


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
    cdef Number number
    one = new_array(type, 0, NULL, IN_C_ORDER)
    cast_number(value, type, &number)
    memcpy(bytes_of(<RawArray*><PyObject*>one), &number, size_of_type(type))
    return broadcast_view(<PyObject*>one, n_axes_of(<RawArray*>form), shape_of(<RawArray*>form))


cdef bint has_descending_strides(RawArray* a) noexcept:
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
    or IN_F_ORDER; or MIXED_ORDER, when the operands lie in different orders.
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
        operands[k].data = bytes_of(a)
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
    if n_axes > MAX_AXES:
        return MIXED_ORDER
    space.n_axes = n_axes
    for axis in range(n_axes):
        space.shape[axis] = shape[axis]
    for k in range(n):
        if arrays[k] == NULL:
            for axis in range(n_axes):
                operands[k].strides[axis] = 0
            continue
        a = <RawArray*>arrays[k]
        if not has_descending_strides(a):
            return MIXED_ORDER            # some loops give other bits when they go backward
        lead = n_axes - n_axes_of(a)
        for axis in range(n_axes):
            if axis < lead or shape_of(a)[axis - lead] == 1:
                operands[k].strides[axis] = 0
            else:
                operands[k].strides[axis] = strides_of(a)[axis - lead]
    coalesce(space, operands, n)
    return IN_C_ORDER


# -- Trouble -------------------------------------------------------------------------------------

cdef bint errstate_ignores(int status) except -1:
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
