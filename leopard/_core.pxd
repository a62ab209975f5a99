from cpython.object cimport PyObject, PyTypeObject

from leopard._loops cimport Loop, MOST_INPUTS


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
    SLOPE = 256         # its gradient is the double in `slope`


cdef class Variable:
    # Raw pointers, so that nothing is touched that need not be. Every one is owned, and is seen by
    # `visit_variable`, except where the comment says otherwise.
    cdef PyObject* array        # an exact ndarray; NULL: the value is `scalar` (or none: EMPTY)
    cdef PyObject* maker        # the Function that made it, or NULL
    cdef PyObject* gradient     # a Variable, or NULL
    cdef PyObject* label        # its name, an exact str, or NULL
    cdef object __weakref__
    cdef double scalar, slope
    cdef long long stamp        # the number of the walk that `slot` belongs to
    cdef int slot               # its place in that walk
    cdef int generation
    cdef unsigned int flags


cdef class Function:
    cdef PyObject* operation    # borrowed from the class, which outlives us; NULL: an ordinary rule
    cdef PyObject** inputs      # owned: Variable or constant; NULL for the number in `number`
    cdef PyObject* pair[2]      # where `inputs` points while there are at most two
    cdef PyObject** outputs     # NOT owned: each is set to NULL by the Variable as it dies
    cdef PyObject* single[1]    # where `outputs` points while there is one
    cdef PyObject* forms        # of several outputs: a tuple of (shape, dtype), or NULL
    cdef object __weakref__
    cdef double number          # the one operand that is a Python number
    cdef int n_inputs, n_outputs
    cdef int generation
    cdef unsigned int flags


cdef class Operation:
    cdef void* vectorcall
    cdef readonly object cls, ufunc, name
    cdef readonly int n_inputs
    cdef Loop loop              # of the ufunc for float64
    cdef readonly list recipes  # by the mask of gradients wanted: Recipe, False (none) or None (not yet read)


cdef class Upper:
    cdef public object walk, read_rule, add, sum_to, astype, duplicate, array_ufunc, array_function


cdef Upper upper

cdef bint recording() except -1
cdef object switch_recording(bint on)
cdef int restore_recording(object old) except -1

cdef Variable new_variable()
cdef Variable scalar_variable(double value)
cdef Variable wrap(object y)
cdef object data_of(Variable v)
cdef bint scalar_value(Variable v, double* x) noexcept
cdef object input_of(Function f, int i)
cdef int hold_gradient(Variable v, object g) except -1
cdef int close_graph(object start) except -1
cdef void put_gradient(Variable v, object g) noexcept
cdef void track_variable(Variable v) noexcept
cdef void drop_gradient(Variable v) noexcept
cdef bint array_value(PyObject* o, double* x) noexcept
