# Part of _core.pyx. The forward side of the kernels: operations that are no ufunc, and fast all the same.
#
# Each class says in Python what it computes (`forward`) and what its gradient is (`backward`). A kernel is
# the same in C for the common case: `value_of` returns None where it has nothing of its own, and then the
# class's `forward` is run. `pull` in vjps.pxi is its other side. A test holds each pair together.

cdef object call_kernel(Operation op, PyObject** args, Py_ssize_t n, PyObject* names):
    """An operation called as a function: its inputs, then its options, in order or by name."""
    cdef Py_ssize_t n_inputs = op.n_inputs
    if op.further is not None and needs_fallback(op, n - n_inputs, names):
        return PyObject_Vectorcall(op.further, args, n, names)
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
    """Is there anything but the first option in its place, and the others by name?"""
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
    """The option: one object, or a tuple of several in the order of their names."""
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
    """Compute and record, with what each operand is now."""
    cdef Py_ssize_t i
    cdef PyObject* now[2]
    if not n_versioned or n > 2:         # of more `call_function` takes what they are
        return apply_to(op, operands, n, option)
    held = [None] * n
    for i in range(n):
        x = current_operand(<object>operands[i])
        held[i] = x
        now[i] = <PyObject*>x
    y = apply_to(op, now, n, option)
    if (PyObject_TypeCheck(now[0], VARIABLE) and (<Variable>now[0]).flags & OF_VIEW
            and isinstance(y, Variable) and (<Variable>y).flags & VIEW):
        versions_for(y)                  # who knows its base may die before it, so it is told
    return y


cdef object apply_to(Operation op, PyObject** operands, Py_ssize_t n, object option):
    cdef Py_ssize_t i
    cdef bint records = False
    cdef Variable v, out
    cdef Function f
    cdef object x0, x1 = None
    if op.kernel == RULE or n > 2:
        return apply_rule(op, operands, n, option)
    for i in range(n):
        x = <object>operands[i]
        if isinstance(x, Variable):
            v = x
            records = records or not v.flags & CONSTANT
            x = array_of(v)
        else:
            x = plain_operand(x)
            if x is NotImplemented:
                return NotImplemented
            if not cnp.PyArray_CheckExact(x):
                x = as_array(x)
        if i == 0:
            x0 = x
        else:
            x1 = x
    if op.kernel == TAKE and not is_fixed_index(option):
        option = fixed_index(option)      # what runs Python in it may replace the data: `x0` is what it was
    y = value_of(op.kernel, x0, x1, option)
    if y is None:
        return apply_rule(op, operands, n, option)
    out = wrap(y)
    if not records:
        out.flags |= CONSTANT
    elif recording():
        record_kernel(op, out, operands, n, option, x0, x1)
    elif out.flags & ARRAY and shares_memory(<object>out.value.array, <PyObject*>x0):
        out.flags |= UNRECORDED_VIEW
    return out


cdef bint is_fixed_index(object index) noexcept:
    """Is it basic, and does reading it run no Python?"""
    if type(index) is slice:
        return is_fixed_bound(index.start) and is_fixed_bound(index.stop) and is_fixed_bound(index.step)
    if isinstance(index, tuple):
        for i in <tuple>index:
            if isinstance(i, tuple) or not is_fixed_index(i):
                return False
        return True
    return is_basic_index(index)


cdef inline bint is_fixed_bound(object bound) noexcept:
    return bound is None or PyLong_CheckExact(bound)


cdef object fixed_index(object i):
    """An index that says the same whenever it is asked; arrays in it are copied: the caller may change theirs."""
    if is_fixed_index(i):
        return i
    if isinstance(i, tuple):
        parts = list(<tuple>i)
        for k in range(len(parts)):
            parts[k] = fixed_index(parts[k])
        return tuple(parts)
    if type(i) is slice:
        return slice(fixed_bound(i.start), fixed_bound(i.stop), fixed_bound(i.step))
    i = services.plain_index(i)
    if isinstance(i, (cnp.ndarray, bool, tuple)) or not hasattr(type(i), "__index__"):
        return i
    return fixed_bound(i)


cdef object fixed_bound(object bound):
    return None if bound is None else int(index(bound))


cdef object apply_rule(Operation op, PyObject** operands, Py_ssize_t n, object option):
    """What `op.cls(...)(...)` does."""
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
    cdef Function f = new_function(op)
    cdef Py_ssize_t i
    cdef int wanted = 0
    for i in range(n):
        if is_wanted(operands[i]):
            wanted |= 1 << i
    make_room(f, n, 1, option if op.n_options else None)
    for i in range(n):
        if not wanted >> i & 1:
            x = <object>operands[i]
            if not isinstance(x, Variable):
                x = x0 if i == 0 else x1
            Py_INCREF(x)
            inputs_of(<PyObject*>f)[i] = <PyObject*>x
        elif may_be_borrowed(operands[i]) and not (op.kernel == MATMUL and wanted >> (1 - i) & 1):
            set_borrowed_input(f, i, <Variable>operands[i])       # its value is not read, but by the other's gradient
        else:
            set_input(f, i, <Variable>operands[i])
        f.n_inputs += 1
    if op.n_options:
        set_option(f, option)
    finish_record(f, out)
    out.flags |= DROPPABLE
    if out.flags & ARRAY and shares_memory(<object>out.value.array, <PyObject*>x0):
        out.flags |= VIEW
    return 0


cdef object value_of(Kernel kernel, object x0, object x1, object option):
    """What the kernel computes from arrays, or None."""
    cdef int type
    if kernel == TAKE:
        return array_getitem(x0, option)
    if kernel == SUM or kernel == MEAN:
        return reduced(kernel, x0, option)
    if kernel == MATMUL:
        return product(<PyObject*>x0, False, <PyObject*>x1, False, True)
    if kernel == RESHAPE:
        return x0.reshape(option)
    if kernel == TRANSPOSE:
        return x0.transpose(option)
    if kernel == BROADCAST:
        return broadcast(x0, option)
    if kernel == SUM_TO:
        return arrays_sum_to(x0, option)
    return None


cdef object reduced(Kernel kernel, object x, tuple option):
    """A sum or mean over all elements, or a sum over some axes."""
    cdef int type
    cdef npy_intp n
    axis, keepdims = option
    if axis is None and not keepdims:
        type = type_of(<PyObject*>x)
        n = size_of(<PyObject*>x)
        if type >= 0 and n > 0 and flags_of(<RawArray*><PyObject*>x) & (C_ORDER | F_ORDER):
            if kernel == SUM:
                return sum_all(<PyObject*>x, type)
            if type == DOUBLE:
                y = sum_all(<PyObject*>x, type)
                if y is not None:
                    (<double*>bytes_of(<RawArray*><PyObject*>y))[0] /= n
                return y
    if kernel == SUM and cnp.PyArray_ISFLOAT(x):
        return add_reduce(x, axis, None, None, keepdims)
    return None


cdef object broadcast(object x, object shape):
    """`np.broadcast_to` for a shape that is a tuple of int; None when there is something to say."""
    cdef npy_intp dims[64]
    cdef RawArray* a = <RawArray*><PyObject*>x
    cdef int axis, n = len(shape), lead
    if n > 64:
        return None
    for axis in range(n):
        dims[axis] = shape[axis]
        if dims[axis] < 0:
            return None
    lead = n - n_axes_of(a)
    if lead < 0:
        return None
    for axis in range(lead, n):
        if shape_of(a)[axis - lead] != dims[axis] and shape_of(a)[axis - lead] != 1:
            return None
    return broadcast_view(<PyObject*>x, n, dims)


cdef object apply_again(Function f, list operands):
    """The operation of `f`, with the option it has, of other operands: what a linear one makes of tangents."""
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
