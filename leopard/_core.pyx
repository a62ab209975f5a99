# cython: c_api_binop_methods=True
"""The traversal: from a Variable through its graph to the gradients of the leaves, and forward again.

A. A walk has a `Slot` for each Variable that it reaches: the gradient so far, and references to the Variable and its
   creator, so that a rule may tear the graph down while it is walked. A Variable is reached once: its seen mark is a
   number in the Variable, which one walk at a time may use (the primary); a walk that begins while another goes on, in a
   rule or in another thread, keeps its marks in a table of its own.
B. A Function becomes ready when its first output is reached, and the ready Function of the highest generation is walked
   next (`walk_reached`): every Function that it feeds has then been walked.
C. Gradients are accumulated into NumPy buffers in the slots, in place where the slot's reference is the only one. They
   stay there until the walk has ended well; only then are they written to the Variables (`commit_gradients`). Whatever is
   raised before leaves every gradient as it was.
D. The gradient of a scalar is a double, and so is one that is the same number all over an array (UNIFORM). The rule of an
   elementwise function is a list of inner-loop calls (`Recipe`), run over numbers or, fused with its neighbours, in blocks
   over arrays; some other operations have kernels. Anything else runs the rule in Python, on Variables.
E. A scalar lives inside its Variable as a double; its 0-d ndarray is made when `.data` is read.
F. A Variable owns its creator, a Function owns its inputs; the way from a Function to its outputs is a bare pointer which
   the output clears when it is deallocated. So an ordinary graph has no cycle, and its records need not be tracked by the
   cyclic collector. An object, and all that is reachable from it, is tracked when a late assignment may close a cycle
   (`track_reachable`), and every subclass that has attributes from its creation, with what is computed from it (FOREIGN).
G. Nothing recurses. Deallocation is iterative: dead nodes form an intrusive list that the outermost dealloc drains
   (`drain`), so depth costs no stack, and no allocation.
H. Operators and NumPy's callables are looked up in tables that the upper floors fill. What the core itself calls of the
   upper floors is named in `StructuralFunctions` and `Services`.
I. No comprehensions: Cython 3.3 gives an element back twice when their list cannot grow.
"""
import contextlib
import copyreg
import gc
import weakref
from contextvars import ContextVar
from functools import partial
from operator import attrgetter, index
from types import ModuleType

import numpy as np

cimport cython
cimport numpy as cnp
from cpython.exc cimport PyErr_CheckSignals
from cpython.mem cimport PyMem_Free, PyMem_Malloc, PyMem_RawFree, PyMem_RawMalloc, PyMem_Realloc
from cpython.object cimport PyObject, PyObject_RichCompare, PyTypeObject, destructor, inquiry, traverseproc, visitproc
from cpython.ref cimport Py_INCREF, Py_XDECREF, Py_XINCREF
from libc.math cimport isinf
from libc.string cimport memcpy, memset
from numpy cimport npy_intp

from leopard._numeric.arrays cimport (
    C_ORDER, F_ORDER, IN_C_ORDER, IN_F_ORDER, MIXED_ORDER, NOGIL_SIZE, WRITEABLE, RawArray, add_at, add_into,
    array_getitem, base_of, broadcast_view, broadcasts_to, bytes_of, contiguous_stride, errstate_ignores,
    filled, filled_view, flags_of, has_descending_strides, is_basic_index, is_exclusive, lay_out, n_axes_of,
    new_array, product, release_to_pool, report_addition_status, reshaped, same_shape, scaled, shape_of,
    shape_placeholder_of, size_of, strided_view, strides_of, sum_all, sum_to_shape, summed_axes,
    takes_gradient, type_of, zeros,
)
from leopard._numeric.loops cimport (
    ALL_AXES, BLOCK, COMPLEX, DOUBLE, GY, INPUT_ARRAY, LEOPARD_INVALID, MAX_ARRAYS, MAX_AXES,
    MAX_BLOCKWISE_SUMS, MAX_INPUTS, MAX_PROGRAM_REGISTERS, MAX_RECIPE_REGISTERS, NONE, N_TYPES, RESULT,
    TRAILING_AXES, X, Y, Loop, Number, Program, Recipe, Space, Step, SummedAxes, add_array, add_call,
    add_number, add_recipe, add_sum, add_zero_mask, assign_scratch_blocks, begin_blockwise_sum, begin_program,
    call_1, call_2, cast_number, check_recipe, depends_on_strides, find_loop, is_normal, is_number,
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
    static void leopard_vectorcall(PyTypeObject* type, Py_ssize_t offset) {
        type->tp_flags |= Py_TPFLAGS_HAVE_VECTORCALL;
        type->tp_vectorcall_offset = offset;
        type->tp_call = PyVectorcall_Call;
        type->tp_flags |= Py_TPFLAGS_METHOD_DESCRIPTOR;     /* as a method it takes its instance first */
    }
    """
    int leopard_draining, leopard_detecting_reads, leopard_was_read
    void leopard_finish(PyTypeObject*, destructor, traverseproc, inquiry)
    bint leopard_has_weakrefs(PyObject*, PyTypeObject*)
    void leopard_make_plain(PyTypeObject*, destructor)
    bint leopard_is_heap_type(PyTypeObject*)
    PyObject* leopard_cell_new(PyTypeObject*, size_t)
    void leopard_cell_free(PyObject*)
    Py_ssize_t leopard_n_records
    void leopard_vectorcall(PyTypeObject*, Py_ssize_t)

cdef extern from "Python.h":
    ctypedef struct _typeobject "PyTypeObject":
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
    object PyContextVar_New(const char*, PyObject*)
    int PyContextVar_Get(PyObject*, PyObject*, PyObject**) except -1
    object PyContextVar_Set(object, object)
    object PyContext_CopyCurrent()
    int PyContext_Enter(object) except -1
    int PyContext_Exit(object) except -1
    PyObject* Py_True
    PyObject* Py_False

cdef enum:
    MAX_GENERATIONS = 0x7FFFFFF0

cdef object float64 = np.float64
cdef object generic = np.generic
cdef object NOT_GIVEN = object()
cdef object add_reduce = np.add.reduce
# Without memory NumPy may return NULL and no error; a partial has Python check what it returns.
cdef object add_arrays = partial(np.add)
cdef PyTypeObject* VARIABLE = <PyTypeObject*>Variable
cdef PyTypeObject* FUNCTION = <PyTypeObject*>Function

# One compilation unit, so that the compiler sees it whole; in parts, so that a reader need not.

# What is recorded
include "_graph/switches.pxi"           # settings that are on or off in a context: recording, guard, anomaly, compiled
include "_graph/lifetime.pxi"           # records are made, borrowed, and deallocated without recursion
include "_graph/tracking.pxi"           # which records the cyclic collector tracks
include "_graph/values.pxi"             # what a Variable holds: its value, which may be computed again, and its gradient
include "_graph/versions.pxi"           # the versions of a Variable that is assigned to; views
include "_graph/cycles.pxi"             # assignments that would close a reference cycle
include "_graph/assign.pxi"             # x[i] = v, x += v, and through views
include "_graph/variable.pxi"           # Variable
include "_graph/function.pxi"           # Function, and how a call of one is recorded
include "_graph/evaluate.pxi"           # elementwise operations: value and record
include "_kernels/values.pxi"           # operations with a kernel: value and record
include "_graph/connections.pxi"        # what the core calls of the Python modules above it
include "_graph/operation.pxi"          # Operation, and the tables that the upper floors fill
include "_graph/overwrite_guard.pxi"    # a fingerprint of what a rule will read
include "_graph/hooks.pxi"              # hooks on gradients, and the search for nan

# How it is traversed
include "_walk/slots.pxi"               # Walk, its slots and seen marks
include "_walk/accumulate.pxi"          # gradients are added into buffers
include "_walk/step.pxi"                # one Function: by loops, by a kernel, as recorded operations, by its rule
include "_walk/fuse.pxi"                # recipes of neighbours become one program
include "_walk/flush.pxi"               # the program is run, and its gradients go to their slots
include "_kernels/vjps.pxi"             # kernels walked back
include "_walk/commit.pxi"              # gradients are written to the Variables
include "_walk/gradients.pxi"           # between given Variables, without a trace
include "_walk/reachability.pxi"        # what a graph reaches
include "_walk/tangents.pxi"            # forward mode: the tangents of some Variables pushed to others
include "_walk/jvp_rules.pxi"           # the tangent of one Function, on Variables
include "_walk/jvp_fused.pxi"           # the tangent of one Function, without Python
include "_walk/batching.pxi"            # many tangents or cotangents at once


# -- The walk ------------------------------------------------------------------------------------

selection_switch = PyContextVar_New("selection", NULL)
cdef object selection = selection_switch
cdef object selection_default = "bucket"
cdef Walk spare = None          # the primary walk while it rests
cdef bint primary_busy = False
cdef long long n_walks = 0



def set_selection_default(name):
    """What holds where no `using_config` says otherwise: "bucket", "max" or "sort"."""
    global selection_default
    selection_default = name


cdef ReadyQueue chosen_queue():
    cdef PyObject* value = NULL
    PyContextVar_Get(<PyObject*>selection, NULL, &value)
    name = selection_default
    if value != NULL:
        name = <object>value or selection_default
        Py_XDECREF(value)
    if name == "bucket":
        return None
    return SortQueue() if name == "sort" else MaxQueue()


cdef int walk_from(Walk walk, Variable root, bint retain_grad, bint create_graph) except -1:
    open_walk(walk, retain_grad, create_graph)
    if root.creator == NULL:
        return 0                    # another thread has cut it off
    restart_queue(walk, (<Function>root.creator).generation)
    seed_root(walk, root)
    walk_reached(walk)
    if hooks_registered:
        call_hooks_of_leaves(walk)
    prepare_commit(walk, root, retain_grad)
    commit_gradients(walk, root, retain_grad)
    return 0


cdef int open_walk(Walk walk, bint retain_grad, bint create_graph) except -1:
    walk.create_graph = create_graph
    walk.retain_grad = retain_grad
    walk.compiled = is_on(compiled_switch)
    walk.chosen = False
    walk.n_rows = -1
    walk.queue = chosen_queue()
    return 0


cdef int restart_queue(Walk walk, int generation) except -1:
    """Nothing of a higher generation will be walked."""
    if walk.queue is None:
        walk.bucket.restart(generation)
    else:
        walk.queue.restart(generation)
    return 0


cdef int walk_reached(Walk walk) except -1:
    """Walk all that has been reached, and what that reaches."""
    cdef int i
    cdef bint is_done
    cdef unsigned int steps = 0
    cdef Function f
    walk.steps = 0
    walk.careful = hooks_registered or walk.n_rows >= 0
    while True:
        if walk.queue is None:
            i = pop_bucket(walk.bucket)
        else:
            i = walk.queue.pop()
        if i < 0:
            break
        steps = walk.steps
        f = <Function>walk.slots[i].creator
        if walk.slots[i].state & SHARED:
            flush(walk)
        is_done = (walk.careful or f.flags & (GUARDED | WATCHED)) and checked_step(walk, f, i)
        if not is_done and not fast_step(walk, f, i):
            flush(walk)
            rule_step(walk, f, i)
        walk.slots[i].state |= WALKED
        if f.operation != NULL and (<Operation>f.operation).chooses:
            walk.chosen = walk.chosen or left_elements_out(f)
        if not walk.retain_grad:
            drop_output_gradients(walk, i)
        walk.steps += 1
        if (steps ^ walk.steps) >> 10:
            flush(walk)
            PyErr_CheckSignals()
            if (steps ^ walk.steps) >> 16:
                with nogil:         # let other threads have a turn
                    pass
    flush(walk)
    return 0


cdef int seed_root(Walk walk, Variable root) except -1:
    """The gradient of the root: what it has, or ones."""
    cdef double value = 1.0, x
    cdef bint unset = not has_gradient(root)
    if walk.create_graph or not unset or not scalar_value(<PyObject*>root, &x):
        data = data_of(root)
        given = grad_of(root)
        if given is not None:
            given = current(given)      # a user may have assigned to it
        if unset and not walk.create_graph and 0 <= type_of(<PyObject*>data) < COMPLEX:
            add_uniform(walk, reach(walk, root), 1.0, type_of(<PyObject*>data))
            return 0
        if given is None:
            given = wrap(np.ones_like(data))
        if given.shape != data.shape:
            raise ValueError(f"grad has shape {given.shape}, the Variable {data.shape}")
        if given.dtype.kind == "c" and data.dtype.kind == "f":
            raise TypeError(f"grad is {given.dtype}, the Variable {data.dtype}")
        if given.dtype != data.dtype:
            given = wrap(as_array(given.data.astype(data.dtype)))
        if walk.create_graph:
            add_object(walk, reach(walk, root), given)
            return 0
        if not scalar_value(<PyObject*>given, &value):
            add_object(walk, reach(walk, root), given.data)
            return 0
    add_scalar(walk, root, value)
    return 0


cdef inline void drop_output_gradients(Walk walk, int i) noexcept:
    """Nothing needs the gradient of this function's outputs any more."""
    cdef PyObject* old
    while i >= 0:
        old = walk.slots[i].grad
        if (<Variable>walk.slots[i].node).flags & KEEPS_GRADIENT:
            old = NULL
        else:
            walk.slots[i].grad = NULL
        if old != NULL:
            if walk.create_graph:
                Py_XDECREF(old)
            else:
                release_to_pool(old)
        i = walk.slots[i].sibling


cdef Walk begin_walk():
    """A walk that nobody else uses; the primary one may be the one before. `end_walk` ends it."""
    global spare, primary_busy, n_walks
    cdef Walk walk = None
    cdef bint primary = not primary_busy
    primary_busy = True                 # at once: what follows may let another thread run
    try:
        if primary:
            walk, spare = spare, None
        if walk is None:
            walk = Walk()
        walk.primary = primary
        if primary:
            n_walks += 1
            walk.number = n_walks
        else:
            make_seen_table(walk, 256)
    except BaseException:
        if primary:
            primary_busy = False
        raise
    return walk


cdef int end_walk(Walk walk) except -1:
    global spare, primary_busy
    try:
        finish_walk(walk)
    finally:
        if walk.primary:
            primary_busy = False
            if walk.room <= KEEP:
                spare = walk
    return 0


cdef int walk_back(Variable root, bint retain_grad, bint create_graph) except -1:
    """Walk back from `root`: what ``root.backward`` does."""
    cdef Walk walk
    cdef double value
    if not scalar_value(<PyObject*>root, &value):
        data = data_of(root)
        if data is None:
            raise ValueError("backward of a Variable that holds no data: variable(None)")
        if data.dtype.kind not in "fc":
            raise TypeError(f"backward starts from floating-point data, not {data.dtype}")
        if data.dtype.kind == "c" and not has_gradient(root):
            raise TypeError(
                f"backward starts from a real value, and this one is {data.dtype}; take its np.real or np.abs, "
                "or set its grad before"
            )
    if root.creator == NULL:
        if not has_gradient(root):
            hold_gradient(root, wrap(np.ones_like(data_of(root))))
        return 0
    walk = begin_walk()
    try:
        walk_from(walk, root, retain_grad, create_graph)
    finally:
        end_walk(walk)
    return 0
