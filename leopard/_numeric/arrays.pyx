"""What the core does with whole ndarrays: it makes them, lays them out, indexes, adds and multiplies them.

A. An array that was made here is kept in a pool, when it is released, for the next of the same type and shape
   (`release_to_pool`, `new_array`), so that a program that repeats itself allocates no memory and has no page faults.
   The pool never holds more than leopard has had in use at one time, nor more than 64 MiB, and what is not asked for
   again goes (`shrink_pool`).
B. The fields of an array are read through pointers that own no reference (`RawArray`). What is returned as
   `object` is owned as usual.
C. Only exact ndarrays of native, aligned float64, float32, complex128 and complex64 are handled. In all other
   cases a function returns None or false, and the caller has NumPy compute.
D. The order of addition is NumPy's, but for sums of gradients to a shape (`sum_to_shape`). Every path that sums
   a gradient to a shape adds in the same order, so that all give the same bits.
"""
import numpy as np

cimport numpy as cnp
from cpython.object cimport PyObject
from cpython.ref cimport Py_INCREF, Py_XDECREF
from libc.math cimport isinf
from libc.string cimport memcpy, memset

from leopard._numeric.loops cimport (
    ADD, ALL_AXES, BLOCK, COMPLEX, DOUBLE, LEADING_AXES, LEOPARD_DIVIDE, LEOPARD_INVALID, LEOPARD_OVER, LEOPARD_UNDER,
    MAX_AXES, MULTIPLY, NONE, N_TYPES, TRAILING_AXES, TYPE_NUMBERS, BlockwiseSum, Loop, Number, SummedAxes,
    add_strided, begin_blockwise_sum, call_strided, cast_number, coalesce, fill, find_loop, leopard_clear_status,
    leopard_status, next_row, real_of, size_of_type, sum_blockwise,
)

cnp.import_array()

cdef extern from *:
    """
    #include "numpy/arrayobject.h"
    #if defined(LEOPARD_NO_CELLS) || defined(Py_GIL_DISABLED)
    #define LEOPARD_HAS_POOL 0      /* so that tools that watch memory see each array */
    #else
    #define LEOPARD_HAS_POOL 1
    #endif
    /* A new array of the type of `like`, over memory that it does not own. */
    static PyObject* leopard_array_over(
        PyObject* like, int n, npy_intp* shape, npy_intp* strides, void* memory, int flags
    ) {
        PyArray_Descr* descr = PyArray_DESCR((PyArrayObject*)like);
        Py_INCREF(descr);   /* PyArray_NewFromDescr takes a reference */
        return PyArray_NewFromDescr(&PyArray_Type, descr, n, shape, strides, memory, flags, NULL);
    }
    static PyObject* leopard_descr(PyArrayObject* a) { return (PyObject*)PyArray_DESCR(a); }
    static PyObject* leopard_built_in_descr(int number) { return (PyObject*)PyArray_DescrFromType(number); }
    static int leopard_has_weakref(PyObject* o) {
        return *(PyObject**)((char*)o + Py_TYPE(o)->tp_weaklistoffset) != NULL;
    }
    /* An array that was made here is known by the object that manages its memory: another capsule of NumPy's own
       manager, so that nothing else about the array differs. */
    static PyObject* leopard_manager = NULL;
    static int leopard_make_manager(void) {
        void* handler = PyCapsule_GetPointer(PyDataMem_DefaultHandler, "mem_handler");
        leopard_manager = handler == NULL ? NULL : PyCapsule_New(handler, "mem_handler", NULL);
        return leopard_manager == NULL ? -1 : 0;
    }
    static inline void leopard_mark_as_ours(PyObject* o) {
        PyArrayObject_fields* a = (PyArrayObject_fields*)o;
        if (a->mem_handler == PyDataMem_DefaultHandler) {   /* else a user manages the memory of arrays */
            Py_INCREF(leopard_manager);
            a->mem_handler = leopard_manager;
            Py_DECREF(PyDataMem_DefaultHandler);
        }
    }
    static inline int leopard_is_ours(PyObject* o) {
        return ((PyArrayObject_fields*)o)->mem_handler == leopard_manager;
    }
    """
    int leopard_make_manager() except -1
    void leopard_mark_as_ours(PyObject*) noexcept
    bint leopard_is_ours(PyObject*) noexcept
    bint LEOPARD_HAS_POOL
    bint leopard_has_weakref(PyObject*)
    PyObject* descr_of "leopard_descr"(RawArray*)
    PyObject* built_in_descr "leopard_built_in_descr"(int number)
    object leopard_array_over(PyObject* like, int n, npy_intp* shape, npy_intp* strides, void* memory, int flags)

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
leopard_make_manager()

# One module, in parts.
include "pool.pxi"              # new arrays, and released ones that are used again
include "basic_index.pxi"       # the view that a basic index names, and addition into it
include "sums.pxi"              # sums to a shape, and addition in place
include "products.pxi"          # products of matrices


# -- Views ---------------------------------------------------------------------------------------

cdef void broadcast_strides(RawArray* a, int n_axes, npy_intp* strides) noexcept:
    """The strides of an array that is broadcast to a shape of `n_axes` axes: 0 where it is repeated; unchecked."""
    cdef int axis, lead = n_axes - n_axes_of(a)
    for axis in range(n_axes):
        if axis < lead or shape_of(a)[axis - lead] == 1:
            strides[axis] = 0
        else:
            strides[axis] = strides_of(a)[axis - lead]


cdef object broadcast_view(PyObject* array, int n_axes, npy_intp* shape):
    """A read-only view of an array, broadcast to a shape; that it broadcasts is not checked."""
    cdef npy_intp[64] strides
    broadcast_strides(<RawArray*>array, n_axes, strides)
    return strided_view(array, n_axes, shape, strides)


cdef object strided_view(PyObject* array, int n_axes, npy_intp* shape, npy_intp* strides):
    """A read-only view of an array with other axes; that they are inside its memory is not checked."""
    view = leopard_array_over(array, n_axes, shape, strides, bytes_of(<RawArray*>array), 0)
    Py_INCREF(<object>array)        # PyArray_SetBaseObject takes a reference, also when it fails
    PyArray_SetBaseObject(view, <object>array)
    return view


cdef object reshaped(object array, PyObject* like):
    """The elements of an array in the shape of `like`: a view where NumPy can make one, else a copy."""
    cdef cnp.PyArray_Dims dims
    dims.ptr = shape_of(<RawArray*>like)
    dims.len = n_axes_of(<RawArray*>like)
    return cnp.PyArray_Newshape(array, &dims, cnp.NPY_CORDER)


cdef object filled(double value, PyObject* like):
    """A new array of the real type and the shape of `like`, in which every element is `value`."""
    cdef int type = type_of(like)
    cdef char* data
    array = new_array(type, n_axes_of(<RawArray*>like), shape_of(<RawArray*>like), IN_C_ORDER)
    data = bytes_of(<RawArray*><PyObject*>array)
    if type == DOUBLE:
        fill(<double*>data, value, size_of(like))
    else:
        fill(<float*>data, <float>value, size_of(like))
    return array


cdef object filled_view(double value, PyObject* like):
    """A read-only array of the type and shape of `like`, in which every element is `value`; it is stored once."""
    cdef int type = type_of(like)
    cdef Number number
    one = new_array(type, 0, NULL, IN_C_ORDER)
    cast_number(value, type, &number)
    memcpy(bytes_of(<RawArray*><PyObject*>one), &number, size_of_type(type))
    return broadcast_view(<PyObject*>one, n_axes_of(<RawArray*>like), shape_of(<RawArray*>like))


# -- Layout --------------------------------------------------------------------------------------

cdef bint has_descending_strides(RawArray* a) noexcept:
    """True if no stride is negative and each is shorter than the one before, repeated axes aside."""
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

    Returns the order that NumPy would give to a new array of that shape, IN_C_ORDER or IN_F_ORDER; or MIXED_ORDER
    when the operands are in different memory orders, and then not all are laid out.
    """
    cdef int k, axis, order
    cdef npy_intp size = 1
    for axis in range(n_axes):
        size *= shape[axis]
    order = lay_out_contiguous(operands, arrays, n, n_axes, size, itemsize)
    if order != MIXED_ORDER:
        space.n_axes = 1
        space.shape[0] = size
        return order
    if n_axes > MAX_AXES:
        return MIXED_ORDER
    space.n_axes = n_axes
    for axis in range(n_axes):
        space.shape[axis] = shape[axis]
    for k in range(n):
        if arrays[k] == NULL:
            for axis in range(n_axes):
                operands[k].strides[axis] = 0
        elif has_descending_strides(<RawArray*>arrays[k]):
            broadcast_strides(<RawArray*>arrays[k], n_axes, operands[k].strides)
        else:
            return MIXED_ORDER          # some loops give other bits when they go backward
    coalesce(space, operands, n)
    return IN_C_ORDER


cdef int lay_out_contiguous(
    Operand* operands, PyObject** arrays, int n, int n_axes, npy_intp size, npy_intp itemsize
) noexcept:
    """Lay operands over a space of one axis, if all are contiguous in one order or are single elements.

    Returns that order, or MIXED_ORDER where this is impossible.
    """
    cdef int k
    cdef npy_intp length
    cdef bint all_c = True, all_f = True, complete
    cdef RawArray* a
    for k in range(n):
        operands[k].strides[0] = 0
        if arrays[k] == NULL:
            continue
        a = <RawArray*>arrays[k]
        operands[k].data = bytes_of(a)
        length = size_of(arrays[k])
        if length == 1:
            continue                    # NumPy's stride is 0, too, where there is one element
        complete = n_axes_of(a) == n_axes and length == size
        all_c = all_c and complete and flags_of(a) & C_ORDER
        all_f = all_f and complete and flags_of(a) & F_ORDER
        operands[k].strides[0] = itemsize
    if all_c:
        return IN_C_ORDER
    return IN_F_ORDER if all_f else MIXED_ORDER


# -- Floating-point status -----------------------------------------------------------------------

cdef extern from "Python.h":
    int PyContextVar_Get(object variable, PyObject* default, PyObject** value) except -1

# What `np.errstate` sets, in NumPy: a context variable whose values do not change. None where NumPy has no such variable.
cdef object state_variable = getattr(np._core.umath, "_extobj_contextvar", None)
cdef object last_state = None       # its value when `ignored_by_last` was found
cdef int ignored_by_last = 0


cdef bint errstate_ignores(int status) except -1:
    """True if `np.errstate` ignores every floating-point exception whose flag is set in `status`."""
    return status == 0 or not status & ~ignored_flags()


cdef int ignored_flags() except -1:
    """The flags of the floating-point exceptions that `np.errstate` ignores."""
    global last_state, ignored_by_last
    cdef PyObject* given = NULL
    cdef object state = None
    if state_variable is not None:
        PyContextVar_Get(state_variable, NULL, &given)
        if given != NULL:
            state = <object>given
            Py_XDECREF(given)               # `state` holds it
            if state is last_state:
                return ignored_by_last
    modes, found = np.geterr(), 0
    for name, flag in _FLAGS:
        if modes[name] == "ignore":
            found |= flag
    if state is not None:
        last_state, ignored_by_last = state, found
    return found


cdef tuple _FLAGS = (
    ("divide", LEOPARD_DIVIDE), ("over", LEOPARD_OVER), ("under", LEOPARD_UNDER), ("invalid", LEOPARD_INVALID)
)


cdef int report_addition_status(int status) except -1:
    """Report the exceptions of a sum that has been made already: NumPy is given another sum that raises the same.

    NumPy then warns or raises as `np.errstate` has it.
    """
    largest = np.array(np.finfo(np.float64).max)
    if status & LEOPARD_OVER:
        np.add(largest, largest)
    if status & LEOPARD_INVALID:
        np.add(np.array(np.inf), np.array(-np.inf))
    return 0
