from cpython.object cimport PyObject, PyTypeObject

from leopard._numeric.loops cimport MAX_INPUTS, N_TYPES, Loop, Recipe


cdef extern from "Python.h":
    Py_ssize_t PyList_GET_SIZE(object)
    PyObject* PyList_GET_ITEM(object, Py_ssize_t)


cdef enum:
    # of a Variable or a Function
    FOREIGN = 1         # it, or something it stands on, has attributes that we cannot see
    TRACKED = 2         # the cyclic collector knows it
    CLOSED = 4          # and knows everything reachable from it
    STAND_IN = 8        # of a rule that is being read: its value means nothing
    # of a Variable
    EMPTY = 16          # Variable(None)
    CONSTANT = 32       # takes no gradient
    WEAK = 64           # a Python number: NumPy promotes it as one
    CONSUMED = 128      # a Function has taken it as an input
    SCALAR_GRADIENT = 256         # its gradient is a double
    ARRAY = 512         # its value is an ndarray
    DROPPED_VALUE = 1024       # its value was dropped: `value.array` has its shape and type alone
    DROPPABLE = 2048    # its creator's rule does not read its value
    OWNED_BY_CONSUMERS = 4096      # the Functions that it is lent to own it
    VIEW = 8192         # its array shares memory with that of an input of its creator
    HANDLE = 16384      # it has been assigned to: `label` is an `Assigned`
    HIDDEN = 32768      # a node of such a Variable: `label` is a weak reference to the `Assigned`
    SUPERSEDED = 65536        # and no longer the last one
    ORIGIN = 131072     # a HANDLE, or one that was when a user held it
    KEEPS_GRADIENT = 262144      # what a leaf has become: its gradient is kept as a leaf's is
    ACTIVE_INPUT = 524288      # a transform that is running takes derivatives with respect to it
    CLOSED_INPUT = 1048576  # a transform made it a leaf of its own, and has all that it will record
    HOOKED = 2097152    # hooks are called with its gradient: `label` is a `Named`, but see HANDLE
    OF_VIEW = 4194304   # a HIDDEN node of a view that has been assigned to
    UNRECORDED_VIEW = 8388608     # a view that was taken where nothing was recorded
    # of a Function
    MANY_INPUTS = 1024  # more than fit into `pair`
    MANY_OUTPUTS = 2048 # more than one
    OPTION = 4096       # behind the inputs stands an owned object, what it was called with besides
    BORROWED = 8192         # the first input is lent; `BORROWED << 1`: the second
    OWNS_RULE = 32768   # it owns its operation, which belongs to a class of a user's
    GUARDED = 65536     # there is a fingerprint of what its rule reads
    WATCHED = 131072    # it has hooks, or nan is looked for: it is walked by its rule


cdef enum Kernel:
    # how an Operation computes, and walks back
    RULE                # as its class says it, in Python
    LOOPS               # element by element: loops of NumPy's, recipes
    TAKE, SUM, MEAN, RESHAPE, TRANSPOSE, BROADCAST, SUM_TO, MATMUL


# Both kinds of record fill one cell of `_graph/slabs.h`: 80 bytes behind the collector's 16. Their raw
# pointers are owned, and seen by `visit_variable` and `visit_function`, where no comment says
# otherwise.

cdef union Value:
    PyObject* array         # an exact ndarray, if ARRAY or DROPPED_VALUE
    double scalar           # else


cdef union Slope:
    PyObject* variable      # a Variable, or NULL, unless SCALAR_GRADIENT
    double scalar


cdef class Variable:
    cdef Value value
    cdef PyObject* maker        # the Function that made it, or NULL
    cdef Slope gradient
    cdef PyObject* label        # its name, an exact str, or NULL; see HANDLE and HIDDEN
    cdef object __weakref__
    cdef long long stamp        # the number of the walk that `slot` belongs to
    cdef int slot               # its place in that walk
    cdef int generation
    cdef int n_borrowers             # Functions that have this as an input and do not own it
    cdef unsigned int flags


cdef class Function:
    cdef PyObject* operation    # borrowed from the class, which outlives us, unless OWNS_RULE; NULL: an
                                # ordinary rule
    cdef PyObject* pair[2]      # the inputs: Variables or constants, NULL for the number in
                                # `number`; then the option; if MANY_INPUTS, the first points to them.
                                # An input that is BORROWED is not owned until it is OWNED_BY_CONSUMERS.
    cdef PyObject* single       # NOT owned: the output, which sets this to NULL as it dies;
                                # if MANY_OUTPUTS, points to them and, last, to an owned tuple of
                                # their (shape, dtype)
    cdef object __weakref__
    cdef double number          # the one operand that is a Python number
    cdef int n_inputs, n_outputs
    cdef int generation
    cdef unsigned int flags


# These take bare pointers: an argument that is an object would be counted up and down, which a
# dying one must not be, and a living one need not.

cdef inline PyObject** inputs_of(PyObject* f) noexcept:
    if (<Function>f).flags & MANY_INPUTS:
        return <PyObject**>(<Function>f).pair[0]
    return (<Function>f).pair


cdef inline PyObject** outputs_of(PyObject* f) noexcept:
    if (<Function>f).flags & MANY_OUTPUTS:
        return <PyObject**>(<Function>f).single
    return &(<Function>f).single


cdef inline tuple forms_of(PyObject* f):
    """(shape, dtype) of each of several outputs."""
    return <tuple>outputs_of(f)[(<Function>f).n_outputs]


cdef inline bint is_borrowed(PyObject* f, int i) noexcept:
    """Is input `i` held by somebody else, not by `f`?"""
    return i < 2 and (<Function>f).flags & (BORROWED << i) and not (<Variable>(<Function>f).pair[i]).flags & OWNED_BY_CONSUMERS


cdef class Operation:
    cdef void* vectorcall
    cdef readonly object cls, ufunc, name
    cdef readonly int n_inputs  # that it is called with; -1: any number
    cdef readonly int n_options # that follow them
    cdef readonly tuple option_names, defaults
    cdef public object further  # called instead where a call says more than these, or None
    cdef object default_option  # the option when none is given, or None
    cdef readonly Kernel kernel
    cdef readonly bint broadcasts   # the gradient of an input may be larger, and is then summed
    cdef readonly bint murmurs      # its loops may raise something and return an ordinary number
    cdef readonly bint chooses      # elements that it did not take have no share in its value
    cdef readonly bint needs_whole_arrays    # its loops are given whole arrays, as NumPy gives them
    cdef Loop loops[N_TYPES]    # of the ufunc
    cdef readonly tuple special # Operations of x0 that stand in for this one
    cdef double[4] special_x1   # where x1 is this Python number
    cdef int n_special
    cdef readonly list recipes  # [type << n_inputs | mask of gradients wanted]: Recipe, False (none) or
                                # None (not yet read)
    cdef list found             # those of `recipes` that have been looked at and are right
    cdef unsigned char[N_TYPES << MAX_INPUTS] reads    # what `reads_of` returns; NOT_KNOWN before

    cdef int take_ufunc(self, cls, ufunc) except -1
    cdef int take_options(self, options) except -1
    cdef int take_rule(self, cls) except -1


cdef class Upper:
    cdef public object read_rule, read_dtype, add, sum_to, astype, real, duplicate, once, plain_index
    cdef public object array_ufunc, array_function, refuse_to_be_stored, where_taken
    cdef public object users_line, alias, aligned, broadcast_to, reshape, setitem, stack, stacked
