# Part of _core.pyx. What a Variable holds: its value, which is a double, an ndarray or nothing, and its gradient.

# -- Operands that are no Variables --------------------------------------------------------------

cdef object plain_operand(object x):
    """An operand that is no Variable, as NumPy is given it; NotImplemented where its type is not supported."""
    if cnp.PyArray_CheckExact(x):
        if cnp.PyArray_TYPE(x) == cnp.NPY_OBJECT:
            services.refuse_objects(x)
        return x
    if isinstance(x, (int, float, complex, generic)):
        return x
    if isinstance(x, cnp.ndarray):
        return exact_array(x)
    if isinstance(x, (list, tuple)):
        return plain_operand(np.asarray(x))
    return NotImplemented


cdef inline bint is_sequence(PyObject* x) noexcept:
    """Whether an operand is a list or tuple, in which Variables may be."""
    return isinstance(<object>x, (list, tuple))


cdef object array_of_sequence(object x):
    """A list or tuple as an array, a Variable where Variables are in it; anything else unchanged."""
    if not is_sequence(<PyObject*>x):
        return x
    x = structural.joined(x)
    return x if isinstance(x, Variable) else np.asarray(x)


cdef list arrays_of_sequences(PyObject** operands, Py_ssize_t n, PyObject** arrays):
    """Write each operand, lists and tuples as arrays, to `arrays`, which borrow from the list that is returned."""
    cdef Py_ssize_t i
    held = [array_of_sequence(<object>operands[i]) for i in range(n)]
    for i in range(n):
        arrays[i] = PyList_GET_ITEM(held, i)
    return held


cdef object plain_value(object x):
    """The value of a Variable, an array or a Python number; anything else unchanged."""
    if is_sequence(<PyObject*>x):
        x = array_of_sequence(x)
    if not isinstance(x, Variable):
        return x
    x = current(x)
    note_exit(x)
    if (<Variable>x).flags & WEAK:
        return (<Variable>x).value.scalar
    return array_of(x)


# -- The value -----------------------------------------------------------------------------------

class Untraceable(BaseException):
    """A rule that was being read took the value of a stand-in, so it can only run in Python."""


cdef int n_value_reads = 0              # a rule may catch the exception, so it is counted as well


def count_value_reads():
    """Return how often the value of a stand-in has been read."""
    return n_value_reads


cdef PyObject* release_array(Variable v) noexcept:
    """Make `v` empty and return its array, which the caller then owns, or NULL."""
    cdef PyObject* old = v.value.array if v.flags & (ARRAY | DROPPED_VALUE) else NULL
    v.flags = v.flags & ~(ARRAY | DROPPED_VALUE | WEAK) | EMPTY
    return old


cdef int put_array(Variable v, object array) except -1:
    cdef PyObject* old = release_array(v)
    Py_INCREF(array)
    v.value.array = <PyObject*>array
    v.flags = v.flags & ~EMPTY | ARRAY
    Py_XDECREF(old)
    return 0


cdef object exact_array(object data):
    """An ndarray subclass as an exact ndarray of the same memory."""
    if leopard_following and hasattr(data, "variable"):
        services.note_exit(None)        # an array that was computed from followed Variables
    if hasattr(data, "mask"):
        raise TypeError(f"{type(data)} is not supported: its mask would be lost; fill it first (`data.filled(...)`)")
    if isinstance(data, np.matrix):
        raise TypeError("numpy.matrix is not supported: its products are not an array's; take numpy.asarray of it")
    return np.ndarray.view(data, np.ndarray)


cdef int put_data(Variable v, object data) except -1:
    if cnp.PyArray_CheckExact(data):
        put_array(v, data)
    elif data is None:
        Py_XDECREF(release_array(v))
    elif isinstance(data, cnp.ndarray):
        put_array(v, exact_array(data))
    else:
        services.refuse_data(data)
    return 0


cdef object data_of(Variable v):
    """The ndarray of a Variable, made now where its value is a double; None if it holds nothing."""
    global n_value_reads
    if v.flags & ARRAY:
        return <object>v.value.array
    if v.flags & EMPTY:
        return None
    if v.flags & STAND_IN:
        n_value_reads += 1
        raise Untraceable
    if v.flags & DROPPED_VALUE:
        recompute_value(v)
        return data_of(v)
    array = cnp.PyArray_SimpleNew(0, NULL, cnp.NPY_DOUBLE)
    (<double*>cnp.PyArray_DATA(array))[0] = v.value.scalar
    if not v.flags & WEAK:              # a Python number remains one
        put_array(v, array)
    return array


cdef object array_of(Variable v):
    """The ndarray of a Variable that holds one; ValueError for ``variable(None)``."""
    data = data_of(v)
    if data is None:
        raise ValueError("this Variable holds no data: variable(None)")
    return data


cdef object form_of(Variable v):
    """An ndarray with the shape and dtype of the value; its elements need not be the value's."""
    return <object>v.value.array if v.flags & DROPPED_VALUE else array_of(v)


cdef object number_in(Variable v, type made):
    """The array of a scalar that is about to become a Python number; an error where its gradient would be lost.

    `made` is the type of the number. An int has the slope 0, and so have integers by what a transform differentiates,
    so that nothing is lost by these unless they are stored.
    """
    v = current(v)
    array = array_of(v)
    note_number(v, array, made)
    if recording() and not v.flags & CONSTANT:
        services.refuse_to_be_stored(v)
        if made is not int and not is_of_integers(<PyObject*>array) and is_being_differentiated(v):
            services.refuse_conversion("a Python " + made.__name__)
    return array


cdef inline bint is_being_differentiated(Variable v) noexcept:
    """Whether a transform is calling its function, and this version of `v` depends on the inputs of a transform."""
    return n_running_traces and v.flags & DIFFERENTIATED


cdef int recompute_value(Variable v) except -1:
    """Compute a dropped value again, and first the dropped values that it is computed from."""
    cdef Function f
    cdef int i
    waiting = [v]
    while waiting:
        v = waiting[len(waiting) - 1]
        if not v.flags & DROPPED_VALUE:
            waiting.pop()
            continue
        if v.creator == NULL:
            raise RuntimeError("the value of this Variable was dropped, and it has no creator to compute it again")
        f = <Function>v.creator
        n = len(waiting)
        xs = []
        for i in range(f.n_inputs):
            x = node_of(f, i)
            if (<Variable>x).flags & DROPPED_VALUE:
                waiting.append(x)
            else:
                xs.append((<Variable>x).value.scalar if (<Variable>x).flags & WEAK else array_of(x))
        if len(waiting) == n:
            errstate = ignore_all(True)         # NumPy has warned when it was first computed
            try:
                y = as_array(f.forward(*xs))
            finally:
                leave_errstate(errstate)
            if v.flags & DROPPED_VALUE:
                put_array(v, y)
    return 0


cdef bint array_value(PyObject* o, double* x) noexcept:
    """Whether an array is one float64, which is then in `x`."""
    cdef cnp.ndarray array = <cnp.ndarray>o
    if (cnp.PyArray_NDIM(array) == 0 and cnp.PyArray_TYPE(array) == cnp.NPY_DOUBLE
            and cnp.PyArray_ISBEHAVED_RO(array)):
        x[0] = (<double*>cnp.PyArray_DATA(array))[0]
        return True
    return False


# Whether a rule reads `.data` while it is recorded: what it computes from that is a constant in the recording, so a
# further derivative would be wrong.

cdef int begin_read_detection() noexcept:
    """Begin to notice reads; the result is the state before, for `end_read_detection`."""
    global leopard_detecting_reads, leopard_was_read
    cdef int before = leopard_detecting_reads | leopard_was_read << 1
    leopard_detecting_reads, leopard_was_read = 1, 0
    return before


cdef bint end_read_detection(int before) noexcept:
    """Whether the value of a real Variable was read since `begin_read_detection`."""
    global leopard_detecting_reads, leopard_was_read
    cdef bint was_read = leopard_was_read
    leopard_detecting_reads, leopard_was_read = before & 1, before >> 1
    return was_read


cdef void note_read(cnp.ndarray data) noexcept:
    """Notice that the value of a Variable is read."""
    global leopard_was_read
    if cnp.PyArray_ISFLOAT(data) or cnp.PyArray_ISCOMPLEX(data):
        leopard_was_read = 1


cdef Variable wrap_constant(object y):
    """A Variable that takes no gradient, of what NumPy returned."""
    cdef Variable v = wrap(y)
    v.flags |= CONSTANT
    return v


def as_array(x):
    """Turn a scalar into a 0-d ndarray; return anything else unchanged.

    NumPy turns a 0-d result into a scalar (``np.array(2.0) ** 2`` is no ndarray); this turns it
    back.

    Parameters
    ----------
    x : object
        A Python or NumPy scalar, or anything else.

    Returns
    -------
    object
        ``np.array(x)`` for a scalar, else `x` itself.

    Examples
    --------
    >>> as_array(2.0)
    array(2.)
    """
    if isinstance(x, (int, float, complex, generic)):
        return np.array(x)
    return x


def constant(x):
    """Make a Variable that takes no gradient, of an ndarray, which is not copied."""
    return wrap_constant(x)


def leaf(x):
    """Make a Variable that takes a gradient, of a float or of an ndarray, which is not copied."""
    if PyFloat_CheckExact(x):
        return scalar_variable(PyFloat_AS_DOUBLE(x))
    return Variable(x)


def mark_active_input(Variable v not None):
    """Mark a Variable of a transform that is taking derivatives with respect to it.

    What a walk computes depends on more than its own inputs if it reaches such a Variable.
    """
    v.flags |= ACTIVE_INPUT


cdef long long n_traces = 0     # calls of functions by transforms that have begun, in all threads
cdef int n_running_traces = 0   # and that have not ended: a function may compute in threads of its own


def call_traced(list variables not None, function, *args, **kwargs):
    """Call the function of a transform with the Variables that it is differentiated with respect to.

    While it runs, a conversion of what depends on them to a Python number is an error.
    """
    global leopard_n_traced, leopard_last_trace, n_traces, n_running_traces
    cdef Variable v
    cdef long long number
    must_be_variables(variables, "a function is differentiated with respect to Variables, not")
    for v in variables:
        v.flags |= DIFFERENTIATED
    n_traces += 1
    number = n_traces
    n_running_traces += 1
    leopard_n_traced += 1
    try:
        return function(*args, **kwargs)
    finally:
        leopard_n_traced -= 1
        n_running_traces -= 1
        leopard_last_trace = number


def mark_as_returned(list variables not None):
    """Mark Variables that the outermost transform of this thread returns as no longer being differentiated."""
    cdef Variable v
    if leopard_n_traced:
        return
    for x in variables:
        if isinstance(x, Variable):
            v = current(<Variable>x)
            v.flags &= ~DIFFERENTIATED


def mark_as_differentiated(list variables not None, list originals not None):
    """Mark Variables that stand for others as inputs of a transform where the others depend on such inputs."""
    cdef Variable v, original
    must_be_variables(variables + originals, "Variables stand for Variables, not for")
    for v, original in zip(variables, originals, strict=True):
        v.flags |= current(original).flags & DIFFERENTIATED


def mark_closed_inputs(list variables not None):
    """Mark Variables of a transform that has recorded all that it will record of them: walks pass over these leaves."""
    cdef Variable v
    must_be_variables(variables, "the inputs of a transform are Variables, not")
    for v in variables:
        v.flags = v.flags & ~ACTIVE_INPUT | CLOSED_INPUT


def as_variable(obj, name=None):
    """Make a Variable of `obj`; return a Variable unchanged.

    Parameters
    ----------
    obj : Variable, ndarray or scalar
    name : str, optional
        For a Variable made here.

    Raises
    ------
    TypeError
        When `obj` is none of these.

    Examples
    --------
    >>> as_variable(np.array([1.0, 2.0]))
    variable([1. 2.])
    """
    if isinstance(obj, Variable):
        return obj
    return Variable(as_array(obj), name)


cdef inline bint is_wanted(PyObject* o) noexcept:
    """Whether an input, or NULL, is a Variable that takes a gradient."""
    return o != NULL and PyObject_TypeCheck(o, VARIABLE) and not (<Variable>o).flags & CONSTANT


cdef inline PyObject* form_array(PyObject* v) noexcept:
    """The array of a Variable, or the placeholder of its shape and dtype; NULL for a double."""
    return (<Variable>v).value.array if (<Variable>v).flags & (ARRAY | DROPPED_VALUE) else NULL


cdef inline PyObject* matrix_of(PyObject* input) noexcept:
    """The array, or the placeholder for it, of an operand of a matrix product; NULL where there is none."""
    if input == NULL:
        return NULL
    if PyObject_TypeCheck(input, VARIABLE):
        return form_array(input)
    return input if cnp.PyArray_CheckExact(<object>input) else NULL


cdef inline bint has_operand_value(PyObject* input) noexcept:
    """Whether the value of an array operand is there, and not dropped."""
    return not PyObject_TypeCheck(input, VARIABLE) or (<Variable>input).flags & ARRAY


cdef inline bint scalar_value(PyObject* v, double* x) noexcept:
    """Whether the Variable `v` is one float64, which is then in `x`."""
    if (<Variable>v).flags & (ARRAY | EMPTY | DROPPED_VALUE):
        return (<Variable>v).flags & ARRAY and array_value((<Variable>v).value.array, x)
    x[0] = (<Variable>v).value.scalar
    return True


cdef inline bint has_gradient(Variable v) noexcept:
    return v.flags & SCALAR_GRADIENT or v.gradient.variable != NULL


# -- The gradient --------------------------------------------------------------------------------

cdef object grad_of(Variable v):
    """The gradient of this node, a Variable, or None; a double becomes a Variable first."""
    cdef Variable g
    if v.flags & SCALAR_GRADIENT:
        g = scalar_variable(0)
        if v.flags & SCALAR_GRADIENT:   # still: where the collector allocates records it has run
            g.value.scalar = v.gradient.scalar
            put_gradient(v, g)
    return None if v.gradient.variable == NULL else <object>v.gradient.variable


cdef object gradient_dtype(object dtype):
    """The type of gradients of a Variable of a type: float64 for integers and truth values, else the same."""
    return np.dtype(np.float64) if dtype.kind in "biu" else dtype


cdef Variable as_gradient(object g, str where):
    """A gradient that a user gives, as a Variable; `where` begins the message for any other type."""
    if isinstance(g, Variable):
        return g
    g = as_array(g)
    if not isinstance(g, cnp.ndarray):
        raise TypeError(f"{where} a Variable, an ndarray or None, not {type(g)}")
    return wrap(g)


cdef void drop_gradient(Variable v) noexcept:
    """Remove the gradient of a Variable."""
    cdef PyObject* old = NULL if v.flags & SCALAR_GRADIENT else v.gradient.variable
    v.gradient.variable = NULL
    v.flags &= ~SCALAR_GRADIENT
    Py_XDECREF(old)


cdef int hold_gradient(Variable v, object g) except -1:
    """Store a gradient that belongs to the user or has a graph, and so may close a cycle."""
    track_reachable(g)
    if v.flags & HANDLE:
        track_reachable(v)
    track_variable(<PyObject*>v)
    put_gradient(v, g)
    return 0


cdef void put_gradient(Variable v, object g) noexcept:
    """Store a gradient that has no graph, or one where everything reachable is tracked, and `v` too."""
    cdef PyObject* old = NULL if v.flags & SCALAR_GRADIENT else v.gradient.variable
    Py_INCREF(g)
    v.gradient.variable = <PyObject*>g
    v.flags &= ~SCALAR_GRADIENT
    Py_XDECREF(old)
