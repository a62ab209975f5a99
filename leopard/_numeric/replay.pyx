"""Replay: a recorded computation run again as a list of steps over planned memory.

A. A plan (`leopard/compiling/plan.py`) is plain data; `ReplayProgram` reads it once into C and never changes after
   that. It knows no graph: a step is a run of scalar code, a call of an inner loop, a product, a sum, a copy, a group
   of calls over blocks, a guard, or a call of Python.
B. An address is a base and an offset. Base 0 is the arena, which holds all that is computed in between; the others are
   external arrays: inputs, captured arrays, constants, outputs. The bases are known once a run begins.
C. A run owns an `Arena`, so that several threads may run one program. The program keeps one that is free.
D. The loops are those of the walk (`loops.pyx`): NumPy's own, or leopard's of the same bits for exact arithmetic
   (`exact_loops.h`). Scalars run as threaded code (`scalar_code.h`).
E. A `Front` is called by users: it finds the entry whose form the arguments have, runs its program and builds the
   result, all in C; whatever it does not take goes to Python.
F. Who owns what: the program owns its steps, its constants and its functions; the arena owns its memory; a run holds
   the external arrays until it ends, and nothing keeps a pointer to them.
"""
import os
from types import FunctionType


import numpy as np

cimport cython
cimport numpy as cnp
from cpython.exc cimport PyErr_CheckSignals
from cpython.mem cimport PyMem_Calloc, PyMem_Free, PyMem_Malloc
from cpython.dict cimport PyDict_Next, PyDict_Size
from cpython.object cimport PyObject, PyTypeObject
from cpython.ref cimport Py_INCREF, Py_XDECREF, Py_XINCREF
from libc.stdint cimport int32_t, uint32_t, uintptr_t
from libc.string cimport memcmp, memcpy, memmove, memset
from numpy cimport npy_intp

from leopard._numeric.arrays cimport (
    ALIGNED, C_ORDER, NOGIL_SIZE, WRITEABLE, Factor, RawArray, bytes_of, call_matmul, errstate_ignores, flags_of,
    has_matmul, is_native, n_axes_of, number_of_type, outer_product, shape_of, strides_of,
)
from leopard._numeric.loops cimport (
    ALL_AXES, BLOCK, DOUBLE, EXACT, LEADING_AXES, LOOK_WORK, MAX_AXES, MAX_SHORT_ROW, N_TYPES, SINGLE, TRAILING_AXES,
    TYPE_NUMBERS, PyUFuncObject, BlockwiseSum, InnerLoop, Loop, Number, Operand, RowsLoop, Space, SummedAxes,
    LEOPARD_ADD, LEOPARD_SUBTRACT, LEOPARD_MULTIPLY, LEOPARD_DIVIDES, LEOPARD_SQUARE,
    LEOPARD_T_PLUS_X, LEOPARD_T_MINUS_X, LEOPARD_X_MINUS_T, LEOPARD_T_TIMES_X, LEOPARD_T_OVER_X, LEOPARD_X_OVER_T,
    LEOPARD_T_SQUARED, add_strided, begin_blockwise_sum, cast_number, coalesce, end_blockwise_sum, leopard_clear_status, leopard_prefetch,
    leopard_prefetch_to_write, leopard_status, next_row, size_of_type, sum_blockwise, sum_next_block,
)

cnp.import_array()

cdef object np_float64 = np.float64

cdef extern from *:
    """
    #include "numpy/arrayobject.h"
    /* A new array; with `memory` it is over memory that it does not own. */
    static PyObject* leopard_array_of(
        PyObject* dtype, int n, npy_intp* shape, npy_intp* strides, void* memory, int flags
    ) {
        Py_INCREF(dtype);       /* PyArray_NewFromDescr takes a reference */
        return PyArray_NewFromDescr(&PyArray_Type, (PyArray_Descr*)dtype, n, shape, strides, memory, flags, NULL);
    }
    static PyObject* leopard_scalar(void* data, PyObject* dtype) {
        return PyArray_Scalar(data, (PyArray_Descr*)dtype, NULL);
    }
    #include "numpy/arrayscalars.h"
    static PyObject* leopard_numpy_float(double value) {
        PyObject* number = PyArrayScalar_New(Double);
        if (number != NULL)
            PyArrayScalar_ASSIGN(number, Double, value);
        return number;
    }
    /* Instances of a type, which may be a subclass, are called by the function at `offset`. */
    static void leopard_replay_vectorcall(PyTypeObject* type, Py_ssize_t offset) {
        type->tp_flags |= Py_TPFLAGS_HAVE_VECTORCALL;
        type->tp_vectorcall_offset = offset;
        type->tp_call = PyVectorcall_Call;
    }
    """
    void leopard_replay_vectorcall(PyTypeObject*, Py_ssize_t)
    object leopard_array_of(PyObject* dtype, int n, npy_intp* shape, npy_intp* strides, void* memory, int flags)

cdef extern from *:
    """
    /* What a class has under a name itself, not by its bases; borrowed, or NULL. */
    static PyObject* leopard_name_in_class(PyObject* cls, PyObject* name) {
        PyObject* names = ((PyTypeObject*)cls)->tp_dict;
        return names == NULL ? NULL : PyDict_GetItem(names, name);
    }
    """
    PyObject* leopard_name_in_class(PyObject* cls, PyObject* name)

cdef extern from "Python.h":
    PyTypeObject* type_of_object "Py_TYPE"(PyObject*)
    Py_ssize_t PyVectorcall_NARGS(size_t)
    PyObject* PyTuple_GET_ITEM(object, Py_ssize_t)
    Py_ssize_t PyTuple_GET_SIZE(object)
    PyObject* PyList_GET_ITEM(object, Py_ssize_t)
    Py_ssize_t PyList_GET_SIZE(object)
    PyObject* PyDict_GetItemWithError(object, object) except? NULL
    bint PyTuple_CheckExact(object)
    bint PyList_CheckExact(object)
    bint PyDict_CheckExact(object)
    bint PyUnicode_CheckExact(object)
    bint PyFloat_CheckExact(object)
    double PyFloat_AS_DOUBLE(object)
    PyObject* PyCell_GET(object)
    bint PyCell_Check(object)
    PyObject* PyFunction_GetCode(object)
    PyObject* PyFunction_GetDefaults(object)
    PyObject* PyFunction_GetKwDefaults(object)

cdef extern from "numpy/ndarrayobject.h":
    int PyArray_SetBaseObject(cnp.ndarray, object base) except -1

cdef extern from "_numeric/scalar_code.h":
    ctypedef struct Instruction "leopard_instruction":
        uint32_t op, y, a, b
    ctypedef struct Callee "leopard_callee":
        InnerLoop call
        void* data
    enum:
        LEOPARD_OP_ADD, LEOPARD_OP_SUBTRACT, LEOPARD_OP_MULTIPLY, LEOPARD_OP_DIVIDE
        LEOPARD_OP_NEGATIVE, LEOPARD_OP_SQUARE, LEOPARD_OP_SQRT, LEOPARD_OP_COPY
        LEOPARD_OP_LOAD, LEOPARD_OP_STORE, LEOPARD_OP_CALL1, LEOPARD_OP_CALL2
        LEOPARD_OP_LESS, LEOPARD_OP_LESS_EQUAL, LEOPARD_OP_GREATER, LEOPARD_OP_GREATER_EQUAL
        LEOPARD_OP_EQUAL, LEOPARD_OP_NOT_EQUAL, LEOPARD_OP_SELECT
        LEOPARD_OP_GUARD_TRUE, LEOPARD_OP_GUARD_FALSE, LEOPARD_OP_GUARD_EQUAL, LEOPARD_N_OPS
    bint LEOPARD_HAS_THREADED
    ptrdiff_t leopard_translate(
        Instruction* code, ptrdiff_t n, Instruction* to, Callee* callees, bint threaded
    ) noexcept nogil
    int leopard_run_switch(Instruction* code, char* arena, char** bases, int* status) noexcept nogil
    int leopard_run_threaded(Instruction* code, char* arena, char** bases, int* status) noexcept nogil

cdef extern from "_numeric/results.h":
    ctypedef enum FormKind "enum leopard_form_kind":
        LEOPARD_FLOAT, LEOPARD_FLOAT64, LEOPARD_ARRAY, LEOPARD_SAME, LEOPARD_EQUALS, LEOPARD_TUPLE, LEOPARD_LIST
        LEOPARD_DICT, LEOPARD_NUMPY_NUMBER, LEOPARD_PYTHON_NUMBER, LEOPARD_ARGUMENT, LEOPARD_CALL
    ctypedef struct Form "leopard_form":
        FormKind kind
        int number, base, n
        Form* items
        PyObject* object
        PyObject* dtype
    bint leopard_take_floats(PyObject** given, Py_ssize_t n, double* numbers) noexcept
    object leopard_result(Form*, char** bases, PyObject** outputs, PyObject** given)

cdef extern from "_numeric/threads.h":
    enum:
        MAX_THREADS "LEOPARD_MAX_THREADS"
    bint leopard_make_pool() noexcept nogil
    bint leopard_run_on_threads(void (*part)(void*, int) noexcept nogil, void* shared, int n) noexcept nogil

#: The operations of scalar code, by their names in a plan.
OPCODES = {
    "add": LEOPARD_OP_ADD, "subtract": LEOPARD_OP_SUBTRACT, "multiply": LEOPARD_OP_MULTIPLY,
    "divide": LEOPARD_OP_DIVIDE, "negative": LEOPARD_OP_NEGATIVE, "square": LEOPARD_OP_SQUARE,
    "sqrt": LEOPARD_OP_SQRT, "copy": LEOPARD_OP_COPY, "load": LEOPARD_OP_LOAD, "store": LEOPARD_OP_STORE,
    "call1": LEOPARD_OP_CALL1, "call2": LEOPARD_OP_CALL2, "less": LEOPARD_OP_LESS,
    "less_equal": LEOPARD_OP_LESS_EQUAL, "greater": LEOPARD_OP_GREATER, "greater_equal": LEOPARD_OP_GREATER_EQUAL,
    "equal": LEOPARD_OP_EQUAL, "not_equal": LEOPARD_OP_NOT_EQUAL, "select": LEOPARD_OP_SELECT,
    "guard_true": LEOPARD_OP_GUARD_TRUE, "guard_false": LEOPARD_OP_GUARD_FALSE,
    "guard_equal": LEOPARD_OP_GUARD_EQUAL,
}

#: The instruction set for which the loops of exact arithmetic are compiled: "base", "avx2" or "avx512". The
#: environment variable LEOPARD_INSTRUCTIONS restricts it.
INSTRUCTIONS = EXACT.name.decode()
# The ufuncs that have such loops, in the order of the table.
cdef tuple EXACT_UFUNCS = (np.add, np.subtract, np.multiply, np.divide, np.negative, np.square, np.sqrt)

cdef bint THREADED = LEOPARD_HAS_THREADED and os.environ.get("LEOPARD_DISPATCH") != "switch"
#: How scalar code is dispatched: "goto", or "switch" where the compiler has no `goto *`, or the environment variable
#: LEOPARD_DISPATCH is "switch".
DISPATCH = "goto" if THREADED else "switch"
if LEOPARD_HAS_THREADED:
    leopard_run_threaded(NULL, NULL, NULL, NULL)    # writes the places of its labels


def _forget_threads():
    leopard_make_pool()


leopard_make_pool()
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_threads)

# One module, in parts. What reads Python's tuples has `boundscheck`: without it a tuple that is too short is no error.
include "replay_structs.pxi"        # what a program is in C
include "replay_loops.pxi"          # the loops that a plan names
include "replay_reading.pxi"        # a plan is read into it
include "replay_groups.pxi"         # elementwise calls over blocks: read, cut into segments,
include "replay_pairs.pxi"          # two in one loop,
include "replay_group_runs.pxi"     # and run
include "replay_running.pxi"        # it is run
include "replay_python.pxi"         # steps that call Python
include "replay_program.pxi"        # ReplayProgram
include "replay_repeating.pxi"      # it is run again and again: the steps of a loop
include "replay_forms.pxi"          # the forms of arguments and results
include "replay_entries.pxi"        # a program and the calls that it replays
include "replay_front.pxi"          # Front: what users call
