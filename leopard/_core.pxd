from cpython.object cimport PyObject, PyTypeObject

from leopard._numeric.loops cimport MAX_INPUTS, N_TYPES, Loop, Recipe


cdef extern from "Python.h":
    Py_ssize_t PyList_GET_SIZE(object)
    PyObject* PyList_GET_ITEM(object, Py_ssize_t)


# The flags of a record, one bit each. No two share a bit, so a flag cannot be read from a record of the other kind,
# and all 32 bits are in use.

cdef enum CommonFlag:   # of a Variable or a Function
    FOREIGN = 1 << 0            # it, or something it was computed from, has attributes that the core cannot traverse
    TRACKED = 1 << 1            # the cyclic collector tracks it
    REACHABLE_TRACKED = 1 << 2  # and everything that is reachable from it
    STAND_IN = 1 << 3           # it belongs to a rule that is being read: its value has no meaning
    DIFFERENTIATED = 1 << 4     # it is an input of a transform, or has been computed from one

cdef enum ValueFlag:    # of a Variable: what `value` is
    EMPTY = 1 << 5              # nothing: Variable(None)
    ARRAY = 1 << 6              # an ndarray
    DROPPED_VALUE = 1 << 7      # an array of the same shape and dtype; the value is computed again when it is read
    DROPPABLE = 1 << 8          # the rule of the creator does not read the value
    WEAK = 1 << 9               # a Python number: NumPy promotes it as one

cdef enum GradientFlag:     # of a Variable
    CONSTANT = 1 << 10          # it takes no gradient
    SCALAR_GRADIENT = 1 << 11   # `gradient` is a double
    KEEPS_GRADIENT = 1 << 12    # a walk stores its gradient, as it does that of a leaf
    HOOKED = 1 << 13            # it has hooks, or had some: `label` is a `HookedLabel`, unless it is a HANDLE or a VERSION

cdef enum PositionFlag:     # of a Variable: how it is connected in the graph
    CONSUMED = 1 << 14          # a Function has taken it as an input
    OWNED_BY_CONSUMERS = 1 << 15    # the Functions that had borrowed it own it
    VIEW = 1 << 16              # its array shares memory with that of an input of its creator
    UNRECORDED_VIEW = 1 << 17   # it is a view that was taken where nothing was recorded

cdef enum AssignmentFlag:   # of a Variable: see `_graph/versions.pxi`
    HANDLE = 1 << 18            # it has been assigned to: `label` is its `Versions`, owned
    VERSION = 1 << 19           # a node of such a Variable: `label` is a weak reference to the `Versions`, owned
    SUPERSEDED = 1 << 20        # a later version has taken its place
    ORIGIN = 1 << 21            # the node that was there before the first assignment
    OF_VIEW = 1 << 22           # a VERSION of a view

cdef enum TransformFlag:    # of a Variable
    ACTIVE_INPUT = 1 << 23      # a transform that is running takes derivatives with respect to it
    CLOSED_INPUT = 1 << 24      # a transform made it as its own leaf, and has recorded all that it will

cdef enum StorageFlag:      # of a Function: what its pointers are
    MANY_INPUTS = 1 << 25       # there are more inputs than `inline_inputs` holds
    OPTION = 1 << 26            # an owned object, the option of the call, stands behind the inputs
    FIRST_BORROWED = 1 << 27    # the first input is borrowed; of input i: ``FIRST_BORROWED << i``
    SECOND_BORROWED = 1 << 28
    OWNS_RULE = 1 << 29         # `operation` is owned, since it belongs to a class of a user's

cdef enum InspectionFlag:   # of a Function
    GUARDED = 1 << 30           # there is a fingerprint of the arrays that its rule reads
    WATCHED = 1U << 31          # it has hooks, or is checked for nan: its rule runs in Python

cdef enum:
    INHERITED = FOREIGN | STAND_IN | DIFFERENTIATED     # the flags that what is computed from a Variable has, too


cdef enum:
    # how an Operation is computed and differentiated: a row of `_kernels/table.pxi`, of which these are the first two
    RULE                # as its class states it, in Python
    LOOPS               # element by element: loops of NumPy's, recipes


# A record of either kind fills one cell of `_graph/slabs.h`: 80 bytes, after the 16 of the collector. Its raw pointers
# are owned, and visited by `visit_variable` and `visit_function`, unless a comment states something else.

cdef union Value:
    PyObject* array         # an exact ndarray, if ARRAY or DROPPED_VALUE
    double scalar           # otherwise


cdef union Gradient:
    PyObject* variable      # a Variable, or NULL, unless SCALAR_GRADIENT
    double scalar


cdef class Variable:
    cdef Value value
    cdef PyObject* creator      # the Function that computed it, or NULL
    cdef Gradient gradient
    cdef PyObject* label        # its name, an exact str, or NULL; see also HOOKED, HANDLE and VERSION
    cdef object __weakref__
    cdef long long stamp        # the number of the walk that `slot` belongs to; below 0, before any walk, minus that
                                # of the trace that was the last to begin when this was made
    cdef int slot               # its place in that walk
    cdef int generation
    cdef int n_borrowers        # Functions that have this as an input and do not own it
    cdef unsigned int flags


cdef class Function:
    cdef PyObject* operation    # borrowed from the class, which exists longer, unless OWNS_RULE; NULL for an
                                # ordinary rule
    cdef PyObject* inline_inputs[2]     # the inputs, Variables or constants, with NULL for the number in `number`; then
                                # the option. If MANY_INPUTS, the first points to an allocated array of them.
                                # A borrowed input is not owned until it is OWNED_BY_CONSUMERS.
    cdef PyObject* inline_output    # NOT owned: the output, which sets this to NULL when it is deallocated. If
                                # there are several, an allocated array of them and, last, an owned tuple of their
                                # (shape, dtype)
    cdef object __weakref__
    cdef double number          # the one operand that is a Python number
    cdef int n_inputs, n_outputs
    cdef int generation
    cdef unsigned int flags


# These take bare pointers: an object as an argument would be counted up and down, which an object that is being
# deallocated must not be.

cdef inline PyObject** inputs_of(PyObject* f) noexcept:
    if (<Function>f).flags & MANY_INPUTS:
        return <PyObject**>(<Function>f).inline_inputs[0]
    return (<Function>f).inline_inputs


cdef inline PyObject** outputs_of(PyObject* f) noexcept:
    if (<Function>f).n_outputs > 1:
        return <PyObject**>(<Function>f).inline_output
    return &(<Function>f).inline_output


cdef inline tuple forms_of(PyObject* f):
    """(shape, dtype) of each of several outputs."""
    return <tuple>outputs_of(f)[(<Function>f).n_outputs]


cdef inline bint is_borrowed(PyObject* f, int i) noexcept:
    """Whether `f` does not own its input `i`."""
    return (
        i < 2 and (<Function>f).flags & (FIRST_BORROWED << i)
        and not (<Variable>(<Function>f).inline_inputs[i]).flags & OWNED_BY_CONSUMERS
    )


cdef class Operation:
    cdef void* vectorcall
    cdef readonly object cls, ufunc, name
    cdef readonly int n_inputs  # that it is called with; -1: any number
    cdef readonly int n_options # that follow them
    cdef readonly tuple option_names, defaults
    cdef public object fallback     # called instead where a call has arguments beside these options, or None
    cdef object default_option  # the option when none is given, or None
    cdef readonly int kernel    # RULE, LOOPS or the number of another row of `_kernels/table.pxi`
    cdef readonly bint broadcasts   # the gradient of an input may be larger, and is then summed
    cdef readonly bint may_raise_spuriously     # its loops may set floating-point flags for a normal result
    cdef readonly bint takes_arrays     # its rule computes with arrays, too
    cdef readonly bint selects_elements     # the value does not depend on the elements that it leaves out
    cdef readonly bint needs_whole_arrays   # its loops are given whole arrays, as NumPy gives them
    cdef Loop loops[N_TYPES]    # of the ufunc
    cdef readonly tuple number_specialisations  # Operations of x0 that stand in for this one ...
    cdef double[4] specialised_numbers          # ... where x1 is this Python number
    cdef int n_specialisations
    cdef readonly list recipes  # [type << n_inputs | mask of gradients wanted]: Recipe, False (none) or
                                # None (not yet read)
    cdef list valid_recipes     # those of `recipes` that have been checked
    cdef unsigned char[N_TYPES << MAX_INPUTS] reads_mask    # what `reads_of` returns; NOT_KNOWN before

    cdef int init_ufunc(self, cls, ufunc) except -1
    cdef int init_options(self, options) except -1
    cdef int init_elementwise(self, cls, int n_inputs) except -1


# What the core calls of the Python modules above it; each field is a callable. See `_graph/connections.pxi`.

cdef class StructuralFunctions:
    cdef public object add, alias, aligned, astype, broadcast_to, duplicate, joined, real, reshape, setitem
    cdef public object stack, sum_to, where_taken


cdef class Services:
    cdef public object array_function, array_ufunc, follow_class, follow_comparison, follow_function
    cdef public object follow_own_function, follow_rule, is_users, note_exit, note_number, once
    cdef public object operate_sparse, plain_index, read_dtype, read_rule, refuse_array
    cdef public object refuse_conversion, refuse_data, refuse_objects, refuse_to_be_stored, users_line


# A recording for replay: see `_graph/reading.pxi`.

cdef class RecordedValue:
    cdef public int kind
    cdef public tuple shape
    cdef public object dtype
    cdef public bint weak
    cdef public object array
    cdef public int number
    cdef public object strides
    cdef public Py_ssize_t place
    cdef public object variable
    cdef bint is_in_order       # it is known to be in C order


cdef class RecordedNode:
    cdef public object cls, operation, option, line
    cdef public tuple inputs, outputs
