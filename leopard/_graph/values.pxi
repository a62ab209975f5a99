# Part of _core.pyx. The recording switch, and the value of a Variable: a double, an ndarray, or nothing.

# -- The recording switch ------------------------------------------------------------------------

backprop_switch = PyContextVar_New("enable_backprop", NULL)
cdef object switch = backprop_switch
cdef bint switch_default = True


cdef inline bint is_on(object variable, bint default) except -1:
    cdef PyObject* value = NULL
    cdef bint on
    PyContextVar_Get(variable, NULL, &value)
    if value == NULL:
        return default
    on = value == Py_True or value != Py_False and default      # None: back to the default
    Py_DECREF_pointer(value)
    return on


cdef inline bint recording() except -1:
    return is_on(switch, switch_default)


def set_backprop_default(bint on):
    """What holds where no `using_config` says otherwise."""
    global switch_default
    switch_default = on


cdef object enter_context(bint on):
    """A context in which the switch is `on`, entered; `leave_context` ends it, and needs no memory.

    Setting the switch back in the old context could fail, when the walk is done.
    """
    context = PyContext_CopyCurrent()
    PyContext_Enter(context)
    try:
        PyContextVar_Set(switch, on)
    except BaseException:
        PyContext_Exit(context)
        raise
    return context


cdef int leave_context(object context) except -1:
    return PyContext_Exit(context)


# -- Data ----------------------------------------------------------------------------------------

class Untraceable(BaseException):
    """A rule asked a stand-in for its value: it can only run as Python."""


cdef int n_value_reads = 0       # how often that has happened: a rule may catch anything


def count_value_reads():
    """How often a stand-in was asked for its value."""
    return n_value_reads


cdef PyObject* taken_array(Variable v) noexcept:
    """The array of `v`, now the caller's, or NULL; `v` is empty."""
    cdef PyObject* old = v.value.array if v.flags & (ARRAY | DROPPED_VALUE) else NULL
    v.flags = v.flags & ~(ARRAY | DROPPED_VALUE | WEAK) | EMPTY
    return old


cdef int put_array(Variable v, object array) except -1:
    cdef PyObject* old = taken_array(v)
    Py_INCREF(array)
    v.value.array = <PyObject*>array
    v.flags = v.flags & ~EMPTY | ARRAY
    Py_XDECREF(old)
    return 0


cdef object exact_array(object data):
    """An ndarray subclass as the ndarray it is: the same memory, ndarray's own operators."""
    if hasattr(data, "mask"):
        raise TypeError(
            f"{type(data)} is not supported: its mask would be lost; fill it first (`data.filled(...)`)"
        )
    if isinstance(data, np.matrix):
        raise TypeError("numpy.matrix is not supported: its products are not an array's; take numpy.asarray of it")
    return np.ndarray.view(data, np.ndarray)


cdef int put_data(Variable v, object data) except -1:
    if cnp.PyArray_CheckExact(data):
        put_array(v, data)
    elif data is None:
        Py_XDECREF(taken_array(v))
    elif isinstance(data, cnp.ndarray):
        put_array(v, exact_array(data))
    else:
        raise TypeError(f"{type(data)} is not supported")
    return 0


cdef object data_of(Variable v):
    """The ndarray of a Variable, made now if the value was inside; None if it holds nothing."""
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
    if not v.flags & WEAK:              # a Python number stays one
        put_array(v, array)
    return array


cdef object array_of(Variable v):
    """`data_of`, or an error when there is none."""
    data = data_of(v)
    if data is None:
        raise ValueError("this Variable holds no data: variable(None)")
    return data


cdef object form_of(Variable v):
    """An ndarray of the shape and type of the value; its elements need not be the value's."""
    return <object>v.value.array if v.flags & DROPPED_VALUE else array_of(v)


cdef int recompute_value(Variable v) except -1:
    """Compute a dropped value once more, and those before it that it takes."""
    cdef Function f
    cdef int i
    waiting = [v]
    while waiting:
        v = waiting[len(waiting) - 1]
        if not v.flags & DROPPED_VALUE:
            waiting.pop()
            continue
        if v.creator == NULL:
            raise RuntimeError("the value of this Variable was dropped, and there is no way back to it")
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
            with np.errstate(all="ignore"):     # what there was to say has been said
                y = as_array(f.forward(*xs))
            if v.flags & DROPPED_VALUE:
                put_array(v, y)
    return 0


cdef bint array_value(PyObject* o, double* x) noexcept:
    cdef cnp.ndarray array = <cnp.ndarray>o
    if (cnp.PyArray_NDIM(array) == 0 and cnp.PyArray_TYPE(array) == cnp.NPY_DOUBLE
            and cnp.PyArray_ISBEHAVED_RO(array)):
        x[0] = (<double*>cnp.PyArray_DATA(array))[0]
        return True
    return False


# While a rule is recorded, whether it reads `.data`: what it makes of that is a constant in the
# recording, and a further derivative would miss it.

cdef int begin_read_detection() noexcept:
    """What comes back goes to `end_read_detection`."""
    global leopard_detecting_reads, leopard_was_read
    cdef int before = leopard_detecting_reads | leopard_was_read << 1
    leopard_detecting_reads, leopard_was_read = 1, 0
    return before


cdef bint end_read_detection(int before) noexcept:
    """Was the value of a real Variable read since `begin_read_detection`?"""
    global leopard_detecting_reads, leopard_was_read
    cdef bint was_read = leopard_was_read
    leopard_detecting_reads, leopard_was_read = before & 1, before >> 1
    return was_read


cdef void note_read(cnp.ndarray data) noexcept:
    global leopard_was_read
    if cnp.PyArray_ISFLOAT(data) or cnp.PyArray_ISCOMPLEX(data):
        leopard_was_read = 1


def as_array(x):
    """A scalar as a 0-d ndarray; anything else as it is.

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
    """A Variable that takes no gradient, of an ndarray, which it shares."""
    cdef Variable v = wrap(x)
    v.flags |= CONSTANT
    return v


def leaf(x):
    """A Variable that takes a gradient, of an ndarray, which it shares, or of a float."""
    if PyFloat_CheckExact(x):
        return scalar_variable(PyFloat_AS_DOUBLE(x))
    return Variable(x)


def ask(Variable v not None):
    """A transform takes derivatives with respect to this Variable of its own: what others make of it leads to it."""
    v.flags |= ACTIVE_INPUT


def answer(variables):
    """The transform has all that it will record of these Variables: from now on they are nobody's."""
    cdef Variable v
    for v in variables:
        if v is None:
            raise TypeError("None is no Variable")
        v.flags = v.flags & ~ACTIVE_INPUT | CLOSED_INPUT


def as_variable(obj, name=None):
    """A Variable of `obj`; a Variable comes back as it is.

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
    """Is an input a Variable that takes a gradient?"""
    return o != NULL and PyObject_TypeCheck(o, VARIABLE) and not (<Variable>o).flags & CONSTANT


cdef inline PyObject* form_array(PyObject* v) noexcept:
    """The array, or the ghost of one, that has the shape and type of a Variable; NULL for a double."""
    return (<Variable>v).value.array if (<Variable>v).flags & (ARRAY | DROPPED_VALUE) else NULL


cdef inline PyObject* matrix_of(PyObject* input) noexcept:
    """The array, or the ghost of one, of an operand of a product; NULL for what is none."""
    if input == NULL:
        return NULL
    if PyObject_TypeCheck(input, VARIABLE):
        return form_array(input)
    return input if cnp.PyArray_CheckExact(<object>input) else NULL


cdef inline bint has_operand_value(PyObject* input) noexcept:
    return not PyObject_TypeCheck(input, VARIABLE) or (<Variable>input).flags & ARRAY


cdef inline bint scalar_value(PyObject* v, double* x) noexcept:
    """True, and the value in `x`, when the Variable `v` is one float64."""
    if (<Variable>v).flags & (ARRAY | EMPTY | DROPPED_VALUE):
        return (<Variable>v).flags & ARRAY and array_value((<Variable>v).value.array, x)
    x[0] = (<Variable>v).value.scalar
    return True


cdef inline bint has_gradient(Variable v) noexcept:
    return v.flags & SCALAR_GRADIENT or v.gradient.variable != NULL
