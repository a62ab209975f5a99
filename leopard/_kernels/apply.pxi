# Part of _core.pyx. An operation that is no ufunc called as a function: its options, its value, its record.

cdef object call_with_options(Operation op, PyObject** args, Py_ssize_t n, PyObject* names):
    """What ``op(*inputs, *options)`` returns; the options may be given by name."""
    cdef Py_ssize_t n_inputs = op.n_inputs
    if op.fallback is not None and needs_fallback(op, n - n_inputs, names):
        return PyObject_Vectorcall(op.fallback, args, n, names)
    if n_inputs < 0:
        n_inputs = n - op.n_options
    if n < n_inputs or n_inputs < 1:
        raise TypeError(f"{op.name}() takes {op.n_inputs} inputs, not {n}")
    if n == n_inputs and names == NULL and len(op.defaults) == op.n_options:
        option = op.default_option
    else:
        option = option_given(op, args + n_inputs, n - n_inputs, names)
    y = apply(op, args, n_inputs, option)
    if y is NotImplemented:
        raise TypeError(f"{op.name}: unsupported operands")
    return y


cdef inline bint needs_fallback(Operation op, Py_ssize_t n, PyObject* names) noexcept:
    """Whether the call has arguments that the operation does not take: only the first option may come without its name."""
    cdef Py_ssize_t i, k
    if n < 0 or n > 1:
        return True
    if names == NULL:
        return False
    for k in range(len(<tuple>names)):
        for i in range(op.n_options):
            if PyTuple_GET_ITEM(op.option_names, i) == PyTuple_GET_ITEM(<object>names, k):     # interned
                break
        else:
            return True
    return False


cdef object option_given(Operation op, PyObject** args, Py_ssize_t n, PyObject* names):
    """The only option, or a tuple of several in the order of their names."""
    cdef Py_ssize_t i, k
    cdef Py_ssize_t n_named = 0 if names == NULL else len(<tuple>names)
    if n > op.n_options:
        raise TypeError(f"{op.name}() takes the options ({', '.join(op.option_names)}), not {n} of them")
    given = [NOT_GIVEN] * op.n_options
    for i in range(n):
        given[i] = <object>args[i]
    for k in range(n_named):
        name = (<tuple>names)[k]
        for i in range(op.n_options):
            if op.option_names[i] == name:
                break
        else:
            raise TypeError(f"{op.name}() of a Variable takes no keyword {name!r}")
        if given[i] is not NOT_GIVEN:
            raise TypeError(f"{op.name}() got {name!r} twice")
        given[i] = <object>args[n + k]
    for i in range(op.n_options):
        if given[i] is NOT_GIVEN:
            k = i - (op.n_options - len(op.defaults))
            if k < 0:
                raise TypeError(f"{op.name}() needs {op.option_names[i]!r}")
            given[i] = op.defaults[k]
    return given[0] if op.n_options == 1 else tuple(given)


cdef object apply(Operation op, PyObject** operands, Py_ssize_t n, object option):
    """The value of an operation, recorded, of the latest versions of the operands."""
    cdef Py_ssize_t i
    cdef PyObject* latest[2]
    if not n_versioned or n > 2:         # of more operands `call_function` finds the latest versions
        return apply_as_given(op, operands, n, option)
    held = [None] * n
    for i in range(n):
        x = current_operand(<object>operands[i])
        held[i] = x
        latest[i] = <PyObject*>x
    y = apply_as_given(op, latest, n, option)
    if (PyObject_TypeCheck(latest[0], VARIABLE) and (<Variable>latest[0]).flags & OF_VIEW
            and isinstance(y, Variable) and (<Variable>y).flags & VIEW and versions_of(latest[0]) is not None):
        versions_for(y)                 # now: its base may be deallocated before it is assigned to
    return y


cdef object apply_as_given(Operation op, PyObject** operands, Py_ssize_t n, object option):
    """The value of an operation, recorded, of operands that are no older versions of a Variable."""
    cdef Py_ssize_t i
    cdef bint takes_gradient = False
    cdef Variable out
    cdef object x0, x1 = None
    if op.kernel == RULE or n > 2:
        return apply_rule(op, operands, n, option)
    for i in range(n):
        if is_sequence(operands[i]):
            return apply_to_sequences(op, operands, n, option)
        x = <object>operands[i]
        if isinstance(x, Variable):
            takes_gradient = takes_gradient or not (<Variable>x).flags & CONSTANT
            x = array_of(<Variable>x)
        else:
            x = plain_operand(x)
            if x is NotImplemented:
                return operate_unknown(op, operands, n)
            if not cnp.PyArray_CheckExact(x):
                x = as_array(x)
        if i == 0:
            x0 = x
        else:
            x1 = x
    if KERNELS[op.kernel].takes_index and not is_fixed_index(option):
        option = fixed_index(option)    # this may run Python, which may replace the data: `x0` is what it was
    y = KERNELS[op.kernel].value(x0, x1, option)
    if y is None:
        return apply_rule(op, operands, n, option)
    out = wrap(y)
    if not takes_gradient:
        out.flags |= CONSTANT
    if takes_gradient and recording() or leopard_following and (any_followed(operands, n) or follows_option(option)):
        record_kernel(op, out, operands, n, option, x0, x1)
        if out.creator != NULL and not (takes_gradient and recording()):
            out.flags |= CONSTANT
    elif takes_gradient and out.flags & ARRAY and shares_memory(<object>out.value.array, <PyObject*>x0):
        out.flags |= UNRECORDED_VIEW
    return out


cdef object apply_to_sequences(Operation op, PyObject** operands, Py_ssize_t n, object option):
    """The value of an operation of one or two operands, lists or tuples among them, recorded."""
    cdef PyObject* arrays[2]
    cdef list held = arrays_of_sequences(operands, n, arrays)
    return apply_as_given(op, arrays, n, option)


cdef object apply_rule(Operation op, PyObject** operands, Py_ssize_t n, object option):
    """The value of an operation by its class's `forward`, recorded: what ``op.cls(*options)(*operands)`` returns."""
    cdef Function f = new_function(op)
    cdef Py_ssize_t i
    if op.n_options:
        f.option = option
    inputs = [None] * n
    for i in range(n):
        inputs[i] = <object>operands[i]
    return call_function(f, tuple(inputs))


cdef int record_kernel(
    Operation op, Variable out, PyObject** operands, Py_ssize_t n, object option, object x0, object x1
) except -1:
    """Make the Function that leads from `out`, which a kernel has computed of the arrays `x0` and `x1`, to the operands."""
    cdef Function f = new_function(op)
    cdef Py_ssize_t i
    cdef int wanted = 0, reads
    for i in range(n):
        if is_wanted(operands[i]):
            wanted |= 1 << i
    reads = KERNELS[op.kernel].reads(wanted)
    make_room(f, n, 1, option if op.n_options else None)
    for i in range(n):
        if is_followed(operands[i]) and not wanted >> i & 1:
            set_input(f, i, <Variable>operands[i])
        elif not wanted >> i & 1:
            x = <object>operands[i]
            if not isinstance(x, Variable):
                x = x0 if i == 0 else x1
            Py_INCREF(x)
            inputs_of(<PyObject*>f)[i] = <PyObject*>x
        elif not reads >> (X + i) & 1 and may_be_borrowed(operands[i]):
            set_borrowed_input(f, i, <Variable>operands[i])
        else:
            set_input(f, i, <Variable>operands[i])
        f.n_inputs += 1
    if op.n_options:
        set_option(f, option)
    finish_record(f, out)
    if not reads >> Y & 1:
        out.flags |= DROPPABLE
    if out.flags & ARRAY and is_viewed(operands[0], <object>out.value.array):
        out.flags |= VIEW
        if n_versioned:
            note_view(operands[0], out)
    return 0


cdef object apply_again(Function f, list operands):
    """The operation of `f`, with its option, of other operands: of tangents, where it is linear."""
    cdef PyObject* inputs[4]
    cdef PyObject** place = inputs
    cdef Py_ssize_t i, n = len(operands)
    cdef Operation op = <Operation>f.operation
    if n > 4:
        place = <PyObject**>PyMem_Malloc(n * sizeof(PyObject*))
        if place == NULL:
            raise MemoryError
    for i in range(n):
        place[i] = <PyObject*>operands[i]
    try:
        if op.kernel == LOOPS:
            return op(*operands)
        return apply(op, place, n, option_of(f))
    finally:
        if n > 4:
            PyMem_Free(place)
