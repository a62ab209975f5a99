# Part of _core.pyx. What all parts take from Python, NumPy and leopard._numeric.

import copyreg
import gc
import os
import threading
import weakref
from contextvars import ContextVar
from functools import partial
from operator import attrgetter, index
from types import ModuleType

import numpy as np

cimport cython
cimport numpy as cnp
from cpython.exc cimport PyErr_CheckSignals
from cpython.mem cimport PyMem_Calloc, PyMem_Free, PyMem_Malloc, PyMem_RawFree, PyMem_RawMalloc, PyMem_Realloc
from cpython.object cimport PyObject, PyObject_RichCompare, PyTypeObject, destructor, inquiry, traverseproc, visitproc
from cpython.pythread cimport PyThread_get_thread_ident
from cpython.tuple cimport PyTuple_New, PyTuple_SET_ITEM
from cpython.ref cimport Py_INCREF, Py_XDECREF, Py_XINCREF
from libc.math cimport isinf
from libc.string cimport memcmp, memcpy, memset
from numpy cimport npy_intp

from leopard._numeric.arrays cimport (
    C_ORDER, F_ORDER, IN_C_ORDER, IN_F_ORDER, MIXED_ORDER, NOGIL_SIZE, WRITEABLE, RawArray, add_at, add_into,
    array_getitem, base_of, broadcast_view, broadcasts_to, bytes_of, contiguous_stride, count_walk, errstate_ignores,
    filled, filled_view, flags_of, has_descending_strides, is_basic_index, is_bool, is_exclusive, is_of_integers,
    lay_out, n_axes_of, new_array, product, release_to_pool, report_addition_status, reshaped, same_shape, scaled,
    shape_of, shape_placeholder_of, size_of, strided_view, strides_of, sum_all, sum_to_shape, summed_axes, type_of,
    zeros,
)
from leopard._numeric.loops cimport (
    ALL_AXES, BLOCK, COMPLEX, DOUBLE, GY, INPUT_ARRAY, LEOPARD_INVALID, MAX_ARRAYS, MAX_AXES,
    MAX_BLOCKWISE_SUMS, MAX_INPUTS, MAX_PROGRAM_REGISTERS, MAX_RECIPE_REGISTERS, NONE, N_TYPES, RESULT,
    TRAILING_AXES, X, Y, Loop, Number, Program, Recipe, Space, Step, SummedAxes, add_array, add_call,
    add_number, add_recipe, add_sum, add_zero_mask, assign_scratch_blocks, begin_blockwise_sum, begin_program,
    LOOK_WORK, call_1, call_2, cast_number, check_recipe, depends_on_strides, find_loop, is_normal, is_number,
    leopard_clear_status, leopard_status, real_of, run_program, run_recipe, size_of_type,
)
from leopard._numeric.ready_queue cimport BucketQueue, MaxQueue, ReadyQueue, SortQueue, pop_bucket, push_bucket

from leopard._numeric.arrays import scatter, sum_to as arrays_sum_to  # noqa: F401 (for the floors above)
from leopard._numeric.loops import TYPES as _TYPES

cnp.import_array()

cdef extern from *:
    """
    #include "_graph/slabs.h"
    #if defined(_MSC_VER)
    #define LEOPARD_THREAD static __declspec(thread)
    #elif defined(__GLIBC__)    /* keeps room for a few bytes of this faster model */
    #define LEOPARD_THREAD static _Thread_local __attribute__((tls_model("initial-exec")))
    #else
    #define LEOPARD_THREAD static _Thread_local
    #endif
    LEOPARD_THREAD int leopard_draining = 0;
    LEOPARD_THREAD int leopard_detecting_reads = 0, leopard_was_read = 0;
    LEOPARD_THREAD int leopard_following = 0;   /* calls that are recorded for replay in this thread */
    LEOPARD_THREAD PyObject* leopard_lines = NULL;      /* borrowed: the dict of lines of the recording, see lines.pxi */
    LEOPARD_THREAD size_t leopard_walked = 0;           /* the address of the Function whose derivative is recorded, */
    LEOPARD_THREAD size_t leopard_walk_frame = 0;       /* and that of the frame that has begun the walk */
    LEOPARD_THREAD int leopard_n_traced = 0;    /* transforms that are calling their function in this thread */
    LEOPARD_THREAD long long leopard_last_trace = 0;    /* the number of the one that was the last to do so */
    LEOPARD_THREAD int leopard_rule_of_arrays = 0;      /* whether that rule is given arrays in the place of Variables */
    LEOPARD_THREAD PyObject* leopard_function_of_rule = NULL;   /* borrowed: the Function whose `backward` runs */

    /* The types own raw pointers and cells, so their slots are finished by hand. */
    static void leopard_finish(PyTypeObject* type, destructor dealloc, traverseproc traverse, inquiry clear) {
        type->tp_flags |= Py_TPFLAGS_HAVE_GC;
        type->tp_traverse = traverse;
        type->tp_clear = clear;
        type->tp_free = PyObject_GC_Del;    /* inherited by subclasses; ours use the cells */
        type->tp_dealloc = dealloc;
        type->tp_alloc = leopard_alloc;
        /* Else NumPy takes a Variable for a sequence, and its error for ours in `a[0] = v`. */
        if (type->tp_as_sequence != NULL)
            type->tp_as_sequence->sq_item = NULL;
        PyType_Modified(type);
    }
    /* A subclass without fields of its own: its records are cells too, and freed like them. */
    static void leopard_make_plain(PyTypeObject* type, destructor dealloc) {
        type->tp_dealloc = dealloc;
        type->tp_alloc = leopard_alloc;
        PyType_Modified(type);
    }
    static int leopard_has_weakrefs(PyObject* o, PyTypeObject* base) {
        return *(PyObject**)((char*)o + base->tp_weaklistoffset) != NULL;
    }
    static int leopard_is_heap_type(PyTypeObject* type) {
        return (type->tp_flags & Py_TPFLAGS_HEAPTYPE) != 0;
    }
    static int leopard_raise_pending(void) { return PyErr_Occurred() != NULL ? -1 : 0; }
    static void leopard_vectorcall(PyTypeObject* type, Py_ssize_t offset) {
        type->tp_flags |= Py_TPFLAGS_HAVE_VECTORCALL;
        type->tp_vectorcall_offset = offset;
        type->tp_call = PyVectorcall_Call;
        type->tp_flags |= Py_TPFLAGS_METHOD_DESCRIPTOR;     /* as a method it takes its instance first */
    }
    """
    int leopard_draining, leopard_detecting_reads, leopard_was_read, leopard_n_traced, leopard_following
    long long leopard_last_trace
    size_t leopard_walked, leopard_walk_frame
    PyObject* leopard_lines
    int leopard_rule_of_arrays
    PyObject* leopard_function_of_rule
    void leopard_finish(PyTypeObject*, destructor, traverseproc, inquiry)
    bint leopard_has_weakrefs(PyObject*, PyTypeObject*)
    void leopard_make_plain(PyTypeObject*, destructor)
    bint leopard_is_heap_type(PyTypeObject*)
    Variable leopard_cell_of_variable "leopard_cell_new"(PyTypeObject*, size_t)
    Function leopard_cell_of_function "leopard_cell_new"(PyTypeObject*, size_t)
    void leopard_cell_free(PyObject*)
    Py_ssize_t leopard_n_records
    int leopard_raise_pending() except -1
    void leopard_vectorcall(PyTypeObject*, Py_ssize_t)

cdef extern from "Python.h":
    ctypedef struct _typeobject "PyTypeObject":
        const char* tp_name
        destructor tp_dealloc
        Py_ssize_t tp_basicsize
        PyObject* tp_dict
        void (*tp_free)(void*)
    PyTypeObject* _Py_TYPE "Py_TYPE"(PyObject*)
    PyObject* PyObject_Init(PyObject*, PyTypeObject*)
    Py_ssize_t _Py_REFCNT "Py_REFCNT"(PyObject*)
    void Py_SET_REFCNT(PyObject*, Py_ssize_t)
    PyObject* PyDict_GetItem(object, object)
    PyObject* PyEval_GetGlobals()
    object PyMethod_New(object, object)
    void PyObject_GC_UnTrack(void*)
    void PyObject_GC_Track(void*)
    void PyObject_ClearWeakRefs(PyObject*)
    bint PyObject_TypeCheck(PyObject*, PyTypeObject*)
    void PyType_Modified(PyTypeObject*)
    int PyDict_SetItem(PyObject*, object, object) except -1
    bint PyFloat_CheckExact(object)
    bint PyFloat_Check(object)
    double PyFloat_AS_DOUBLE(object)
    bint PyLong_CheckExact(object)
    bint PyBool_Check(object)
    long long PyLong_AsLongLongAndOverflow(object, int*) except? -1
    Py_ssize_t PyVectorcall_NARGS(size_t)
    object PyObject_Vectorcall(object, PyObject**, size_t, PyObject*)
    PyObject* PyTuple_GET_ITEM(object, Py_ssize_t)
    void Py_DECREF_pointer "Py_DECREF"(PyObject*)
    int check_signals "PyErr_CheckSignals"() noexcept    # an exception is left to `leopard_raise_pending`
    object PyContextVar_New(const char*, PyObject*)
    int PyContextVar_Get(PyObject*, PyObject*, PyObject**) except -1
    object PyContextVar_Set(object, object)
    object PyContext_CopyCurrent()
    int PyContext_Enter(object) except -1
    int PyContext_Exit(object) except -1
    void* PyObject_Malloc(size_t) noexcept
    void PyObject_Free(void*) noexcept
    PyObject* Py_True
    PyObject* Py_False

cdef enum:
    MAX_GENERATIONS = 0x7FFFFFF0
    SIZE_OF_TOKEN = 64                  # of a context variable, or more, with the collector's head

cdef object float64 = np.float64
cdef object generic = np.generic
cdef object NOT_GIVEN = object()
cdef object add_reduce = np.add.reduce
# Without memory NumPy may return NULL and no error; a partial has Python check what it returns.
cdef object add_arrays = partial(np.add)
cdef PyTypeObject* VARIABLE = <PyTypeObject*>Variable
cdef PyTypeObject* FUNCTION = <PyTypeObject*>Function
