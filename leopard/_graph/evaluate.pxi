# Part of _core.pyx. How elementwise operations are computed and recorded: of scalars, of arrays, of anything.

# -- Scalars -------------------------------------------------------------------------------------

cdef enum OperandKind:
    NO_SCALAR
    CONSTANT_SCALAR     # a Python number, or a Variable of one float64 that takes no gradient
    RECORDED_SCALAR     # a Variable of one float64 that takes a gradient


cdef inline bint is_array(PyObject* o) noexcept:
    """Whether `o` is a Variable of an array that has axes: a quick proof that it is no scalar."""
    return (_Py_TYPE(o) == VARIABLE and (<Variable>o).flags & ARRAY
            and n_axes_of(<RawArray*>(<Variable>o).value.array) > 0)


cdef inline OperandKind scalar_operand(PyObject* o, double* x) except? NO_SCALAR:
    """Whether `o` is one float64 or a Python number; then `x` is its value."""
    cdef PyTypeObject* type = _Py_TYPE(o)
    if type != VARIABLE:
        if PyFloat_CheckExact(<object>o):
            x[0] = PyFloat_AS_DOUBLE(<object>o)
            return CONSTANT_SCALAR
        if PyLong_CheckExact(<object>o):
            return integer_operand(o, x)
        if PyBool_Check(<object>o):
            x[0] = <object>o is True
            return CONSTANT_SCALAR
        if not PyObject_TypeCheck(o, VARIABLE):
            if PyFloat_Check(<object>o):
                x[0] = PyFloat_AS_DOUBLE(<object>o)
                return CONSTANT_SCALAR
            return NO_SCALAR
    if scalar_value(o, x):
        return CONSTANT_SCALAR if (<Variable>o).flags & CONSTANT else RECORDED_SCALAR
    return NO_SCALAR


cdef inline OperandKind integer_operand(PyObject* o, double* x) except? NO_SCALAR:
    """`scalar_operand` of an int, which must be a double exactly."""
    cdef int overflow = 0
    cdef long long n = PyLong_AsLongLongAndOverflow(<object>o, &overflow)
    if overflow or not -9007199254740992 < n < 9007199254740992:
        return NO_SCALAR
    x[0] = <double>n
    return CONSTANT_SCALAR


cdef inline int set_scalar_input(Function f, int i, PyObject* o, OperandKind kind, double x) except -1:
    """Let a scalar operand be input `i` of `f`, and count it."""
    if kind == RECORDED_SCALAR:
        set_input(f, i, <Variable>o)
    elif is_followed(o):
        set_input(f, i, <Variable>o)
    elif PyObject_TypeCheck(o, VARIABLE) and not (<Variable>o).flags & WEAK:
        Py_XINCREF(o)
        f.inline_inputs[i] = o
    else:
        f.number = x
    f.n_inputs += 1
    return 0


cdef unsigned int constant_flags(PyObject* o) noexcept:
    """The flags CONSTANT and WEAK of an operand that takes no gradient."""
    if PyObject_TypeCheck(o, VARIABLE):
        return (<Variable>o).flags & (CONSTANT | WEAK)
    return WEAK if PyFloat_CheckExact(<object>o) or PyLong_CheckExact(<object>o) else 0


cdef unsigned int constant_flags_of_result(PyObject* a, PyObject* b) noexcept:
    """The flags of what two constants make: it is WEAK where both are, and at least one is a Variable."""
    cdef unsigned int fa = constant_flags(a), fb = constant_flags(b)
    return CONSTANT | (fa & fb & WEAK if (fa | fb) & CONSTANT else 0)


cdef object evaluate_1(PyObject* operation, object given):
    """The value of an elementwise operation of one operand, recorded."""
    cdef Operation op = <Operation>operation
    cdef PyObject* a = <PyObject*>given
    cdef double x, y
    cdef OperandKind kind = NO_SCALAR
    cdef Variable out
    cdef Function f
    cdef object latest
    if n_versioned:
        latest = current_operand(given)
        a = <PyObject*>latest
    if op.loops[DOUBLE].call != NULL and not is_array(a):
        kind = scalar_operand(a, &x)
    if kind == NO_SCALAR or kind == CONSTANT_SCALAR and not PyObject_TypeCheck(a, VARIABLE):
        return evaluate_arrays(op, &a, 1)
    y = call_1(&op.loops[DOUBLE], x)
    if not is_normal(y) or op.may_raise_spuriously:
        leopard_clear_status()
        y = call_1(&op.loops[DOUBLE], x)
        if leopard_status():
            y = op.ufunc(x)             # again, so that `np.errstate` warns or raises
    out = scalar_variable(y)
    if kind == CONSTANT_SCALAR:
        out.flags |= constant_flags_of_result(a, a)
        if leopard_following:
            follow(op, out, &a, 1)
    elif recording():
        f = new_function(op)
        set_scalar_input(f, 0, a, kind, x)
        finish_record(f, out)
    elif leopard_following:
        follow(op, out, &a, 1)
    return out


cdef object evaluate_2(PyObject* operation, object given_0, object given_1):
    """The value of an elementwise operation of two operands, recorded."""
    cdef Operation op = <Operation>operation
    cdef PyObject* operands[2]
    cdef double x0, x1, y
    cdef OperandKind k0 = NO_SCALAR, k1 = NO_SCALAR
    cdef Variable out
    cdef Function f
    cdef object latest
    operands[0], operands[1] = <PyObject*>given_0, <PyObject*>given_1
    if n_versioned:
        latest = current_operand(given_0), current_operand(given_1)
        operands[0], operands[1] = PyTuple_GET_ITEM(latest, 0), PyTuple_GET_ITEM(latest, 1)
    if op.loops[DOUBLE].call != NULL and not is_array(operands[0]) and not is_array(operands[1]):
        k0 = scalar_operand(operands[0], &x0)
        if k0 != NO_SCALAR:
            k1 = scalar_operand(operands[1], &x1)
    if (k1 == NO_SCALAR     # or numbers alone, for which NumPy's own types hold
            or k0 == CONSTANT_SCALAR and k1 == CONSTANT_SCALAR
            and not PyObject_TypeCheck(operands[0], VARIABLE) and not PyObject_TypeCheck(operands[1], VARIABLE)):
        return evaluate_arrays(op, operands, 2)
    y = call_2(&op.loops[DOUBLE], x0, x1)
    if not is_normal(y) and not (y == 0 and (x0 == 0 or x1 == 0)) or op.may_raise_spuriously:
        leopard_clear_status()
        y = call_2(&op.loops[DOUBLE], x0, x1)
        if leopard_status():
            y = op.ufunc(x0, x1)
    out = scalar_variable(y)
    if k0 == CONSTANT_SCALAR and k1 == CONSTANT_SCALAR:
        out.flags |= constant_flags_of_result(operands[0], operands[1])
        if leopard_following:
            follow(op, out, operands, 2)
    elif recording():
        f = new_function(op)
        set_scalar_input(f, 0, operands[0], k0, x0)
        set_scalar_input(f, 1, operands[1], k1, x1)
        finish_record(f, out)
    elif leopard_following:
        follow(op, out, operands, 2)
    return out


# -- Arrays --------------------------------------------------------------------------------------

cdef struct ArrayOperand:
    PyObject* array         # an exact ndarray; NULL for a number
    double number
    bint weak               # a Python number, which takes the type of the arrays
    bint takes_gradient     # a Variable that does


cdef inline bint classify_operand(PyObject* o, ArrayOperand* given) except -1:
    """Whether `o` is an ndarray, a number or a Variable of these, and no stand-in; then `given` describes it."""
    cdef unsigned int flags
    cdef OperandKind kind
    given.array = NULL
    given.takes_gradient = given.weak = False
    if PyObject_TypeCheck(o, VARIABLE):
        flags = (<Variable>o).flags
        given.takes_gradient = not flags & CONSTANT
        given.weak = flags & WEAK
        if flags & ARRAY:
            given.array = (<Variable>o).value.array
            return True
        given.number = (<Variable>o).value.scalar
        return not flags & (EMPTY | DROPPED_VALUE | STAND_IN)
    if cnp.PyArray_CheckExact(<object>o):
        given.array = o
        return True
    kind = scalar_operand(o, &given.number)
    given.weak = PyFloat_CheckExact(<object>o) or PyLong_CheckExact(<object>o) or PyBool_Check(<object>o)
    return kind == CONSTANT_SCALAR


cdef object evaluate_arrays(Operation op, PyObject** operands, int n):
    """The value by one call of the ufunc's loop, where all arrays have one type of the loops; else `evaluate`."""
    cdef ArrayOperand given[2]
    cdef PyObject* arrays[2]
    cdef Number numbers[2]
    cdef npy_intp dims[64]
    cdef npy_intp* shape = dims
    cdef int k, of_this, type = -1, n_axes
    cdef bint contiguous = True     # all arrays are in C order and of one shape
    cdef Variable out
    for k in range(n):
        if not classify_operand(operands[k], &given[k]):
            return evaluate(op, operands, n)
        arrays[k] = given[k].array
        if arrays[k] != NULL:
            of_this = type_of(arrays[k])
            if of_this < 0 or of_this != type and type >= 0:
                return evaluate(op, operands, n)
            type = of_this
            contiguous = contiguous and flags_of(<RawArray*>arrays[k]) & C_ORDER
    if type < 0 or op.loops[type].call == NULL:
        return evaluate(op, operands, n)
    for k in range(n):
        if arrays[k] == NULL and not ((given[k].weak or type == DOUBLE)
                                      and cast_number(given[k].number, type, &numbers[k])):
            return evaluate(op, operands, n)
    if n == 1 or arrays[1] == NULL or arrays[0] != NULL and same_shape(arrays[0], arrays[1]):
        shape, n_axes = shape_of(<RawArray*>arrays[0]), n_axes_of(<RawArray*>arrays[0])
    elif arrays[0] == NULL:
        shape, n_axes = shape_of(<RawArray*>arrays[1]), n_axes_of(<RawArray*>arrays[1])
    else:
        contiguous = False
        n_axes = broadcast_shape(arrays[0], arrays[1], dims)
    if contiguous:
        y = run_contiguous(&op.loops[type], type, arrays, numbers, n, n_axes, shape)
    else:
        y = None if n_axes < 0 else run_strided(op, type, arrays, numbers, n, n_axes, shape)
    if y is None:
        return evaluate(op, operands, n)
    out = array_variable(y)
    record_elementwise(op, type, out, operands, given, n)
    return out


cdef object run_contiguous(
    Loop* loop, int type, PyObject** arrays, Number* numbers, int n, int n_axes, npy_intp* shape
):
    """The result of contiguous operands of one shape, a new array; None when NumPy has to compute it."""
    cdef npy_intp itemsize = size_of_type(type), size
    cdef int k, status
    cdef char* args[3]
    cdef npy_intp strides[3]
    y = new_array(type, n_axes, shape, IN_C_ORDER)
    size = size_of(<PyObject*>y)
    for k in range(n):
        args[k] = <char*>&numbers[k] if arrays[k] == NULL else bytes_of(<RawArray*>arrays[k])
        strides[k] = 0 if arrays[k] == NULL else contiguous_stride(<RawArray*>arrays[k], itemsize)
    args[n] = bytes_of(<RawArray*><PyObject*>y)
    strides[n] = itemsize
    leopard_clear_status()
    if size < NOGIL_SIZE:
        loop.call(args, &size, strides, loop.data)
        status = leopard_status()
    else:
        held = held_arrays(arrays, n)
        with nogil:
            loop.call(args, &size, strides, loop.data)
            status = leopard_status()
    return y if status == 0 or errstate_ignores(status) else None


cdef tuple held_arrays(PyObject** arrays, int n):
    """References to operands: other threads may release theirs while the interpreter is unlocked."""
    return <object>arrays[0] if arrays[0] != NULL else None, <object>arrays[n - 1] if arrays[n - 1] != NULL else None


cdef object run_strided(
    Operation op, int type, PyObject** arrays, Number* numbers, int n, int n_axes, npy_intp* shape
):
    """`run_contiguous` of operands of any strides, which may be broadcast to `shape`."""
    cdef Program p
    cdef Step step
    cdef int k, order
    cdef int x[2]
    cdef size_t room
    cdef char* scratch
    begin_program(&p, type)
    order = lay_out(&p.space, p.operands, arrays, n, n_axes, shape, p.itemsize)
    if order == MIXED_ORDER or op.needs_whole_arrays and p.space.n_axes > 1:
        return None
    y = new_array(type, n_axes, shape, order)
    for k in range(n):
        x[k] = add_array(&p)
        if arrays[k] == NULL:           # a number is an array whose strides are 0
            p.operands[k].data = <char*>&numbers[k]
    step.loop = step.double_loop = op.loops[type]
    step.evaluates_truth = step.has_truth_operand = False
    step.n_inputs = n
    k = add_call(&p, &step, x, False)
    p.registers[k].target = bytes_of(<RawArray*><PyObject*>y)
    room = assign_scratch_blocks(&p)
    scratch = <char*>PyMem_Malloc(room)
    if scratch == NULL:
        raise MemoryError
    if size_of(<PyObject*>y) < NOGIL_SIZE:
        run_program(&p, scratch)
    else:
        held = held_arrays(arrays, n)
        with nogil:
            run_program(&p, scratch)
    PyMem_Free(scratch)
    return y if errstate_ignores(p.status) else None


cdef int broadcast_shape(PyObject* a, PyObject* b, npy_intp* shape) noexcept:
    """The shape to which two arrays broadcast, and its number of axes; -1 when there is none."""
    cdef int na = n_axes_of(<RawArray*>a), nb = n_axes_of(<RawArray*>b), n = max(na, nb), axis
    cdef npy_intp da, db
    for axis in range(n):
        da = shape_of(<RawArray*>a)[axis - n + na] if axis >= n - na else 1
        db = shape_of(<RawArray*>b)[axis - n + nb] if axis >= n - nb else 1
        if da != db and da != 1 and db != 1:
            return -1
        shape[axis] = db if da == 1 else da
    return n


cdef int record_elementwise(
    Operation op, int type, Variable out, PyObject** operands, ArrayOperand* given, int n
) except -1:
    """Make the Function that leads from `out` to the operands, if one takes a gradient and `recording()`."""
    cdef int k, mask = 0, reads
    cdef Function f
    for k in range(n):
        mask |= given[k].takes_gradient << k
    if not mask:
        out.flags |= CONSTANT
    if not mask or not recording():
        return follow(op, out, operands, n) if leopard_following else 0
    reads = reads_of(op, type, mask)
    f = new_function(op)
    for k in range(n):
        if given[k].takes_gradient:
            if reads >> (X + k) & 1 or not may_be_borrowed(operands[k]):
                set_input(f, k, <Variable>operands[k])
            else:
                set_borrowed_input(f, k, <Variable>operands[k])
        elif is_followed(operands[k]):
            set_input(f, k, <Variable>operands[k])
        elif given[k].array == NULL and given[k].weak:
            f.number = given[k].number
        else:
            Py_XINCREF(operands[k])
            f.inline_inputs[k] = operands[k]
        f.n_inputs += 1
    finish_record(f, out)
    if not reads >> Y & 1:
        out.flags |= DROPPABLE
    return 0


# -- Anything ------------------------------------------------------------------------------------

cdef object evaluate_3(PyObject* operation, object given_0, object given_1, object given_2):
    """The value of an elementwise operation of three operands, recorded."""
    cdef PyObject* operands[3]
    cdef int k
    latest = given_0, given_1, given_2
    if n_versioned:
        latest = tuple(map(current_operand, latest))
    for k in range(3):
        operands[k] = PyTuple_GET_ITEM(latest, k)
    return evaluate(<Operation>operation, operands, 3)


cdef object operate_unknown(Operation op, PyObject** operands, Py_ssize_t n):
    """The value of an operation of an operand that NumPy knows nothing of; NotImplemented but for sparse matrices."""
    if n != 2:
        return NotImplemented
    return services.operate_sparse(op.name, <object>operands[0], <object>operands[1])


cdef object evaluate(Operation op, PyObject** operands, int n):
    """The value by the ufunc, or by `forward` of the class, of what the operands hold; recorded."""
    cdef int i
    cdef bint takes_gradient = False, is_read = False
    cdef Variable v, out
    xs = []
    for i in range(n):
        if is_sequence(operands[i]):
            return evaluate_sequences(op, operands, n)
        x = <object>operands[i]
        if isinstance(x, Variable):
            v = x
            if v.flags & WEAK:
                x = v.value.scalar
            elif v.flags & STAND_IN and op.ufunc is None:
                is_read = True
            else:
                x = array_of(v)
            takes_gradient = takes_gradient or not v.flags & CONSTANT
        else:
            x = plain_operand(x)
            if x is NotImplemented:
                return operate_unknown(op, operands, n)
        xs.append(x)
    if op.ufunc is not None:
        y = op.ufunc(*xs)
    else:
        y = as_array(new_function(op).forward(*xs))
    if is_read:                     # in a rule that is being read, the ufuncs that `forward` calls are recorded
        return y if isinstance(y, Variable) else NotImplemented
    out = wrap(y)
    if not takes_gradient:
        out.flags |= CONSTANT
    if takes_gradient and recording():
        record_values(op, out, operands, n, xs)
    elif leopard_following:
        follow(op, out, operands, n)
    return out


cdef object evaluate_sequences(Operation op, PyObject** operands, int n):
    """The value of an elementwise operation where lists or tuples are among the operands, recorded."""
    cdef PyObject* arrays[3]
    cdef list held = arrays_of_sequences(operands, n, arrays)
    return evaluate(op, arrays, n)


cdef int record_values(Operation op, Variable out, PyObject** operands, int n, list xs) except -1:
    """Make the Function that leads from `out` to the operands; `xs` are their values."""
    cdef Function f = new_function(op)
    cdef int i
    cdef double number
    cdef Variable v
    make_room(f, n, 1, None)
    for i in range(n):
        x = <object>operands[i]
        if isinstance(x, Variable) and (not (<Variable>x).flags & CONSTANT or is_followed(<PyObject*>x)):
            set_input(f, i, x)
        elif (PyFloat_CheckExact(x) or PyLong_CheckExact(x)) and (
                scalar_operand(<PyObject*>x, &number) == CONSTANT_SCALAR):
            if n <= 2:
                f.number = number
            else:                   # there may be two of them
                v = scalar_variable(number)
                v.flags = WEAK | CONSTANT
                set_input(f, i, v)
        else:
            x = x if isinstance(x, Variable) else xs[i]
            Py_INCREF(x)
            inputs_of(<PyObject*>f)[i] = <PyObject*>x
        f.n_inputs += 1
    return finish_record(f, out)
