# Part of _core.pyx. What a recording for replay follows beside the gradients.
#
# A derivative depends on what takes a gradient alone; a replay, on everything that was computed from the arguments. So
# while a call is recorded for replay its arguments are constants that carry the flag DIFFERENTIATED, as does what is
# computed from them; they are called followed. A Function is made for what is computed from followed constants, too, and
# is the creator of a constant, which walks do not enter. Where a followed value leaves the graph the recorder is notified.

cdef inline bint is_followed(PyObject* o) noexcept:
    """Whether a recording for replay in this thread follows what is computed from `o`."""
    return leopard_following and PyObject_TypeCheck(o, VARIABLE) and (<Variable>o).flags & DIFFERENTIATED


cdef bint any_followed(PyObject** operands, Py_ssize_t n) noexcept:
    cdef Py_ssize_t i
    for i in range(n):
        if is_followed(operands[i]):
            return True
    return False


cdef bint follows_any(list variables) noexcept:
    for v in variables:
        if is_followed(<PyObject*>v):
            return True
    return False


cdef bint follows_option(object option) noexcept:
    """Whether an array in an option, such as a mask or an index, was computed from followed Variables."""
    if type(option) is tuple:
        for part in <tuple>option:
            if follows_option(part):
                return True
        return False
    if isinstance(option, cnp.ndarray) and not cnp.PyArray_CheckExact(option):
        option = getattr(option, "variable", None)
    return follows(option)


cdef int set_following(int following) except -1:
    global leopard_following
    leopard_following = following
    return 0


cdef int follow(Operation op, Variable out, PyObject** operands, int n) except -1:
    """Record what a constant was computed from by an elementwise operation, if any operand is followed."""
    cdef Function f
    cdef int i
    if not any_followed(operands, n):
        return 0
    f = new_function(op)
    make_room(f, n, 1, None)
    for i in range(n):
        x = <object>operands[i]
        if not isinstance(x, Variable):
            x = constant_operand(x)
        set_input(f, i, <Variable>x)
        f.n_inputs += 1
    out.flags |= CONSTANT
    return finish_record(f, out)


cdef Variable constant_operand(object x):
    """The constant that stands for an operand which is no Variable; of a Python number it is WEAK."""
    cdef Variable v
    if PyFloat_CheckExact(x):
        return python_number(x)
    v = wrap_constant(as_array(plain_operand(x)))
    if type(x) is int or type(x) is complex:
        v.flags |= WEAK
    return v


cdef int follow_call(Function f, list variables, list outputs) except -1:
    """Record a call of a class of Functions whose outputs are constants, if any input or option is followed."""
    return record_call(f, variables, outputs) if follows_any(variables) or follows_option(f.option) else 0


cdef int note_exit(Variable v) except -1:
    """Notify the recorder that the value of `v` is read by code that it does not follow."""
    cdef Variable latest
    if not leopard_following:
        return 0
    latest = current(v)
    if is_followed(<PyObject*>latest):
        services.note_exit(latest)
    return 0


cdef int note_number(Variable v, object array, type made) except -1:
    """Notify the recorder that `v` becomes a number of a type of Python's: what follows holds for this number alone."""
    cdef Variable latest
    if not leopard_following:
        return 0
    latest = current(v)
    if is_followed(<PyObject*>latest):
        services.note_number(latest, array, made)
    return 0


cdef object strong(object y):
    """What a function of NumPy's returns: of Python numbers it makes numbers of NumPy's own."""
    cdef Variable v
    if isinstance(y, Variable):
        v = y
        if v.flags & WEAK and v.flags & DIFFERENTIATED:
            v.flags &= ~WEAK
    return y


def following():
    """Whether a call is being recorded for replay in this thread."""
    return leopard_following != 0


def follow_own_function(function, arguments, options):
    """What a function of leopard's returns while a call is recorded for replay."""
    return services.follow_own_function(function, arguments, options)


def records_graph():
    """Whether what is computed from a Variable has a graph, and no call is being recorded for replay."""
    return recording() and not leopard_following


def computes_values():
    """Whether what is computed from a Variable has no graph, and no call is being recorded for replay."""
    return not recording() and not leopard_following


def call_followed(function, list variables not None, dict lines=None, list outside not None=[]):
    """Call a function and record, for replay, all that is computed from these Variables.

    Parameters
    ----------
    function : callable
        It takes no arguments.
    variables : list of Variable
        They become constants that are followed.
    lines : dict, optional
        It is filled with the place in the user's code that has made each Function, by its address.
    outside : list of Variable
        What the function reads beside its arguments: followed during the call, and no constants.
    """
    global leopard_n_traced, leopard_lines, leopard_walked, n_inspections
    cdef PyObject* lines_before = leopard_lines
    cdef size_t walked_before = leopard_walked, frame_before = leopard_walk_frame
    cdef Variable v
    cdef list marked = []
    cdef int before = leopard_following
    must_be_variables(variables, "what is computed from Variables is followed, not from")
    for v in variables:
        v.flags |= CONSTANT | DIFFERENTIATED
    must_be_variables(outside, "what is computed from Variables is followed, not from")
    for x in outside:
        v = current(<Variable>x)
        if not v.flags & DIFFERENTIATED:
            v.flags |= DIFFERENTIATED
            marked.append(v)
    leopard_n_traced += 1               # so that no transform takes the flag from what it returns
    set_following(before + 1)
    leopard_lines = NULL if lines is None else <PyObject*>lines
    leopard_walked = 0
    n_inspections += 1
    try:
        return function()
    finally:
        n_inspections -= 1
        leopard_lines = lines_before
        end_walk_of_lines(walked_before, frame_before)
        set_following(before)
        leopard_n_traced -= 1
        for v in marked:
            v.flags &= ~DIFFERENTIATED


def is_traced(Variable x not None):
    """Whether a Variable was computed from an input of a transform, or is one."""
    return bool(current(x).flags & DIFFERENTIATED)


def is_constant(Variable x not None):
    """Whether no gradient leads to what a Variable was computed from."""
    return bool(current(x).flags & CONSTANT)


def call_unfollowed(function, *args, **options):
    """Call a function whose operations no recording for replay follows."""
    cdef int before = leopard_following
    set_following(0)
    try:
        return function(*args, **options)
    finally:
        set_following(before)


cpdef Variable python_number(double x):
    """A Variable of a float, which has the type of the arrays that it meets."""
    cdef Variable v = scalar_variable(x)
    v.flags |= WEAK | CONSTANT
    return v


def is_python_number(Variable v not None):
    """Whether a Variable stands for a number of Python's."""
    return bool(v.flags & WEAK)


def follows(x):
    """Whether a recording for replay in this thread follows what is computed from `x`."""
    cdef Variable latest
    if not leopard_following or not isinstance(x, Variable):
        return False
    latest = current(<Variable>x)
    return is_followed(<PyObject*>latest)


def record_constant(Function f not None, *args):
    """Call a Function; the list of its outputs: constants, whose record is kept where an input is followed."""
    cdef list variables = [], outputs
    for x in args:
        variables.append(variable_of_operand(f, x))
    outputs = wrap_outputs(f, forward_of(f, variables))
    for y in outputs:
        (<Variable>y).flags |= CONSTANT
    follow_call(f, variables, outputs)
    return outputs


def differentiable_alias(Variable x not None):
    """A Variable of the same elements as a followed constant, which takes a gradient and has a record."""
    cdef Function f = new_function(<Operation>structural.alias)
    cdef Variable out = Variable(array_of(current(x)))
    set_input(f, 0, current(x))
    f.n_inputs = 1
    finish_record(f, out)
    return out


def alias_function():
    """A Function that is the identity."""
    return new_function(<Operation>structural.alias)


def was_assigned(Variable x not None):
    """Whether a Variable has been assigned to."""
    return bool(x.flags & HANDLE)


def become_python_number(Variable x not None):
    """Let a scalar be a Python number: it takes the type of the arrays that it meets."""
    cdef double value
    if scalar_value(<PyObject*>x, &value):
        Py_XDECREF(release_array(x))
        x.value.scalar = value
        x.flags = x.flags & ~EMPTY | WEAK


cdef bint is_outer(Variable x) noexcept:
    """Whether a Variable takes a gradient, and no transform has made it as an input of its own."""
    return not x.flags & (CONSTANT | CLOSED_INPUT | ACTIVE_INPUT)


def latest(Variable x not None):
    """The latest version of a Variable."""
    return current(x)
