from cpython.object cimport PyObject, PyTypeObject

from leopard._loops cimport MOST_INPUTS, N_TYPES, Loop, Recipe


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
    SLOPE = 256         # its gradient is a double
    ARRAY = 512         # its value is an ndarray
    HOLLOW = 1024       # its value was dropped: `value.array` has its shape and type alone
    DROPPABLE = 2048    # its creator's rule does not read its value
    SETTLED = 4096      # the Functions that it is lent to own it
    VIEW = 8192         # its array shares memory with that of an input of its creator
    HANDLE = 16384      # it has been assigned to: `label` is an `Assigned`
    HIDDEN = 32768      # a node of such a Variable: `label` is a weak reference to the `Assigned`
    PAST = 65536        # and no longer the last one
    ORIGIN = 131072     # a HANDLE, or one that was when a user held it
    KEEPS = 262144      # what a leaf has become: its gradient is kept as a leaf's is
    ASKED = 524288      # a transform that is running takes derivatives with respect to it
    ANSWERED = 1048576  # a transform made it a leaf of its own, and has all that it will record
    HOOKED = 2097152    # hooks are called with its gradient: `label` is a `Named`, but see HANDLE
    OF_VIEW = 4194304   # a HIDDEN node of a view that has been assigned to
    LOOSE = 8388608     # a view that was taken where nothing was recorded
    # of a Function
    MANY_INPUTS = 1024  # more than fit into `pair`
    MANY_OUTPUTS = 2048 # more than one
    OPTION = 4096       # behind the inputs stands an owned object, what it was called with besides
    LENT = 8192         # the first input is lent; `LENT << 1`: the second
    OWNS_RULE = 32768   # it owns its operation, which belongs to a class of a user's
    GUARDED = 65536     # there is a fingerprint of what its rule reads
    WATCHED = 131072    # it has hooks, or nan is looked for: it is walked by its rule


cdef enum Kernel:
    # how an Operation computes, and walks back
    RULE                # as its class says it, in Python
    LOOPS               # element by element: loops of NumPy's, recipes
    TAKE, SUM, MEAN, RESHAPE, TRANSPOSE, BROADCAST, SUM_TO, MATMUL


# Both kinds of record fill one cell of `_cells.h`: 80 bytes behind the collector's 16. Their raw
# pointers are owned, and seen by `visit_variable` and `visit_function`, where no comment says
# otherwise.

cdef union Value:
    PyObject* array         # an exact ndarray, if ARRAY or HOLLOW
    double scalar           # else


cdef union Slope:
    PyObject* variable      # a Variable, or NULL, unless SLOPE
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
    cdef int n_lent             # Functions that have this as an input and do not own it
    cdef unsigned int flags


cdef class Function:
    cdef PyObject* operation    # borrowed from the class, which outlives us, unless OWNS_RULE; NULL: an
                                # ordinary rule
    cdef PyObject* pair[2]      # the inputs: Variables or constants, NULL for the number in
                                # `number`; then the option; if MANY_INPUTS, the first points to them.
                                # An input that is LENT is not owned until it is SETTLED.
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


cdef inline bint is_lent(PyObject* f, int i) noexcept:
    """Is input `i` held by somebody else, not by `f`?"""
    return i < 2 and (<Function>f).flags & (LENT << i) and not (<Variable>(<Function>f).pair[i]).flags & SETTLED


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
    cdef readonly bint whole    # its loops are given whole arrays, as NumPy gives them
    cdef Loop loops[N_TYPES]    # of the ufunc
    cdef readonly tuple special # Operations of x0 that stand in for this one
    cdef double[4] special_x1   # where x1 is this Python number
    cdef int n_special
    cdef readonly list recipes  # [type << n_inputs | mask of gradients wanted]: Recipe, False (none) or
                                # None (not yet read)
    cdef list found             # those of `recipes` that have been looked at and are right
    cdef unsigned char[N_TYPES << MOST_INPUTS] reads    # what `reads_of` returns; NOT_KNOWN before

    cdef int take_ufunc(self, cls, ufunc) except -1
    cdef int take_options(self, options) except -1
    cdef int take_elementwise(self, cls, int n_inputs) except -1


cdef class Upper:
    cdef public object read_rule, read_dtype, add, sum_to, astype, real, duplicate, once, plain_index
    cdef public object array_ufunc, array_function, refuse_to_be_stored, where_taken
    cdef public object users_line, alias, aligned, broadcast_to, reshape, setitem, stack, stacked


cdef Upper upper

ctypedef int (*Walker)(Variable root, bint retain_grad, bint create_graph) except -1
cdef void connect_walk(Walker walk) noexcept

cdef bint recording() except -1
cdef object enter_context(bint on)
cdef int leave_context(object context) except -1

cdef int begin_watch() noexcept
cdef bint end_watch(int before) noexcept
cdef Variable new_variable()
cdef Variable scalar_variable(double value)
cdef Variable wrap(object y)
cdef object data_of(Variable v)
cdef object form_of(Variable v)
cdef object plain_value(object x)
cdef object evaluate_1(PyObject* operation, object a)
cdef object evaluate_2(PyObject* operation, object a, object b)
cdef object find_recipe(Operation op, int type, int mask)
cdef object option_of(Function f)
cdef dict slots_of(object v)
cdef object input_of(Function f, int i)
cdef tuple inverse_order(axes)
cdef int check_guarded(Function f) except -1
cdef bint hooked_before
cdef object call_hooks(PyObject* v, object g)
cdef tuple call_function_hooks(Function f, gxs, tuple gys)
cdef int look_at_gradients(Function f, gxs) except -1
cdef int look_at_tangents(Function f, tys) except -1
cdef object pinned(object x)
cdef Variable current(Variable v)
cdef PyObject* behind(PyObject* v) noexcept
cdef object grad_of(Variable v)
cdef int hold_gradient(Variable v, object g) except -1
cdef int close_graph(object start) except -1
cdef int suspect(Variable v, Variable g) except -1
cdef object exact_array(object data)
cdef void put_gradient(Variable v, object g) noexcept
cdef void track_variable(PyObject* v) noexcept
cdef void drop_gradient(Variable v) noexcept
cdef bint array_value(PyObject* o, double* x) noexcept
cdef object value_of(Kernel kernel, object x0, object x1, object option)
cdef object apply_again(Function f, list operands)


cdef inline bint scalar_value(PyObject* v, double* x) noexcept:
    """True, and the value in `x`, when the Variable `v` is one float64."""
    if (<Variable>v).flags & (ARRAY | EMPTY | HOLLOW):
        return (<Variable>v).flags & ARRAY and array_value((<Variable>v).value.array, x)
    x[0] = (<Variable>v).value.scalar
    return True


cdef inline object recipe_of(Operation op, int type, int mask):
    """The recipe for this type and these wanted gradients, read now if it is not yet; or False."""
    cdef Py_ssize_t i = type << op.n_inputs | mask
    cdef PyObject* known
    if i < PyList_GET_SIZE(op.found) and i < PyList_GET_SIZE(op.recipes):
        known = PyList_GET_ITEM(op.found, i)
        if known == PyList_GET_ITEM(op.recipes, i) and known != <PyObject*>None:
            return <object>known
    return find_recipe(op, type, mask)


cdef inline bint has_gradient(Variable v) noexcept:
    return v.flags & SLOPE or v.gradient.variable != NULL
