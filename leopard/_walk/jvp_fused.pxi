# Part of _core.pyx. The tangent of one Function without Python: of numbers, by a kernel, or in a program.

cdef bint fast_push(Walk walk, Function f, int i) except -1:
    """Push through `f` where there is a way; false where its rule has to be run."""
    cdef Operation op
    if f.operation == NULL or not walk.compiled or walk.create_graph or walk.n_rows >= 0:
        return False
    op = <Operation>f.operation
    if f.n_outputs != 1 or f.n_inputs != op.n_inputs:
        return False
    if op.kernel == LOOPS:
        if op.ufunc is None and (has_attributes(f) or hasattr(op.cls, "tangent")):
            return False
        return scalar_push(walk, f, i) if is_one_double(<Variable>walk.slots[i].node) else array_push(walk, f, i)
    if op.kernel == RULE:
        return False
    flush(walk)
    return kernel_push(walk, f, i)


cdef bint scalar_push(Walk walk, Function f, int i) except -1:
    """The recipes of an elementwise function of scalars, one for each tangent; false if it is no such case."""
    cdef double r[MAX_RECIPE_REGISTERS]
    cdef int slots[MAX_INPUTS]
    cdef double sum = 0
    cdef int k, n = f.n_inputs
    cdef bint some = False
    cdef PyObject** inputs = inputs_of(<PyObject*>f)
    cdef PyObject* p
    cdef Recipe recipe
    for k in range(n):
        slots[k] = -1
        p = inputs[k]
        if p == NULL:
            r[X + k] = f.number
        elif PyObject_TypeCheck(p, VARIABLE):
            if not scalar_value(p, &r[X + k]):
                return False
            slots[k] = slot_with_tangent(walk, p)
            if slots[k] >= 0 and not walk.slots[slots[k]].state & SCALAR:
                return False
        elif PyFloat_Check(<object>p):
            r[X + k] = PyFloat_AS_DOUBLE(<object>p)
        elif not (cnp.PyArray_CheckExact(<object>p) and array_value(p, &r[X + k])):
            return False
    if not scalar_value(walk.slots[i].node, &r[Y]):
        return False
    for k in range(n):
        if slots[k] < 0:
            continue
        known = recipe_of(<Operation>f.operation, DOUBLE, 1 << k)
        if known is False:
            return False
        recipe = <Recipe>known
        if recipe.results[k] < 0:
            continue
        r[GY] = walk.slots[slots[k]].value
        if r[GY] == 0:                  # nothing goes on from here, whatever the slope
            some = True
            continue
        if not run_recipe(recipe, r) and not check_recipe(recipe, r):
            return False                # NumPy says what there is to say
        sum = total(sum, r[recipe.results[k]]) if some else r[recipe.results[k]]
        some = True
    if some:
        put_number(walk, i, sum)
    return True


# -- Kernels -------------------------------------------------------------------------------------

cdef bint kernel_push(Walk walk, Function f, int i) except -1:
    """What is linear is done to the tangent."""
    cdef Kernel kernel = (<Operation>f.operation).kernel
    cdef PyObject* form = form_array(walk.slots[i].node)
    cdef int j
    cdef Slot* s
    if kernel == MATMUL:
        return push_matmul(walk, f, i)
    j = slot_with_tangent(walk, inputs_of(<PyObject*>f)[0])
    s = &walk.slots[j]
    if (s.state & UNIFORM or s.state & SCALAR and form != NULL and type_of(form) == DOUBLE) and form != NULL:
        if kernel == TAKE or kernel == RESHAPE or kernel == TRANSPOSE or kernel == BROADCAST:
            add_uniform(walk, i, s.value, type_of(form))
            return True
    t = tangent_array(walk, j)
    y = value_of(kernel, t, None, option_of(f))
    return y is not None and put_result(walk, i, y)


cdef object tangent_array(Walk walk, int j):
    cdef Slot* s = &walk.slots[j]
    if s.state & SCALAR:
        return np.array(s.value)
    if s.state & UNIFORM:
        return filled_view(s.value, form_of_slot(walk, j))
    return <object>s.grad


cdef bint put_result(Walk walk, int i, object y) except -1:
    """Put an array into a slot if it is of the slot's shape and type."""
    cdef PyObject* form = form_array(walk.slots[i].node)
    cdef Variable v = wrap(y)
    cdef double x
    if is_one_double(<Variable>walk.slots[i].node):
        if not scalar_value(<PyObject*>v, &x):
            return False
        put_number(walk, i, x)
        return True
    y = data_of(v)
    if form == NULL or type_of(<PyObject*>y) != type_of(form) or type_of(form) < 0 or not same_shape(<PyObject*>y, form):
        return False
    set_slot(walk, i, y)
    return True


cdef bint push_matmul(Walk walk, Function f, int i) except -1:
    """t0 @ x1 + x0 @ t1."""
    cdef PyObject** inputs = inputs_of(<PyObject*>f)
    cdef int j0 = slot_with_tangent(walk, inputs[0]), j1 = slot_with_tangent(walk, inputs[1])
    cdef PyObject* x0 = matrix_of(inputs[0])
    cdef PyObject* x1 = matrix_of(inputs[1])
    if x0 == NULL or x1 == NULL or j0 >= 0 and not has_operand_value(inputs[1]) or j1 >= 0 and not has_operand_value(inputs[0]):
        return False
    held = <object>x0, <object>x1       # other threads may run during a product, and let go of them
    y = y1 = None
    if j0 >= 0:
        t = tangent_array(walk, j0)
        y = product(<PyObject*>t, False, x1, False, False)
        if y is None:
            return False
    if j1 >= 0:
        t = tangent_array(walk, j1)
        y1 = product(x0, False, <PyObject*>t, False, False)
        if y1 is None:
            return False
        if y is None:
            y = y1
        elif not add_into(<PyObject*>y, <PyObject*>y1):
            y = as_array(add_arrays(y, y1))
    return put_result(walk, i, y)


# -- Programs ------------------------------------------------------------------------------------

cdef bint array_push(Walk walk, Function f, int i) except -1:
    """Write the recipes of an elementwise function of arrays into the program, one for each tangent."""
    cdef PyObject* form = form_array(walk.slots[i].node)
    cdef int slots[MAX_INPUTS]
    cdef PyObject* recipes[MAX_INPUTS]         # borrowed from `held`
    cdef int register = NONE
    cdef int type, k
    cdef Program* p = &walk.fused.program
    if form == NULL:
        return False
    type = type_of(form)
    if not 0 <= type < COMPLEX or n_axes_of(<RawArray*>form) > MAX_AXES:
        return False
    held = []
    for k in range(f.n_inputs):
        slots[k] = slot_with_tangent(walk, inputs_of(<PyObject*>f)[k])
        recipes[k] = NULL
        if slots[k] >= 0:
            known = recipe_of(<Operation>f.operation, type, 1 << k)
            if known is False:
                return False
            held.append(known)
            recipes[k] = <PyObject*>known
    form = form_array(walk.slots[i].node)       # again: a rule that was read has run Python
    if form == NULL or type_of(form) != type:
        return False
    if walk.fused.form != NULL:
        for k in range(f.n_inputs):
            if recipes[k] != NULL and not joins(walk, <Recipe>recipes[k], type, form):
                flush(walk)                     # this may run Python, too: begin again
                return array_push(walk, f, i)
    else:
        open_program(walk, type, form)
    for k in range(f.n_inputs):
        if recipes[k] != NULL and not push_through(walk, f, i, k, <Recipe>recipes[k], slots[k], &register):
            if walk.fused.n_writers == 0:
                close_program(walk)
                return False
            flush(walk)                         # what it has written is not used
            return array_push(walk, f, i)
    for k in range(f.n_inputs):
        if recipes[k] != NULL:
            append_writer(walk, i, <object>recipes[k], NONE)
            p.needs_whole_arrays = p.needs_whole_arrays or (<Recipe>recipes[k]).needs_whole_arrays
    if register == NONE:
        pass                                    # every slope is 0
    elif is_number(p, register):
        add_uniform(walk, i, real_of(&p.registers[register].number, type), type)
    else:
        set_pending(walk, i, register)
    return True


cdef bint push_through(Walk walk, Function f, int i, int k, Recipe recipe, int j, int* sum) noexcept:
    """Add what a tangent contributes to the register `sum`; false if the program does not take it."""
    cdef int registers[MAX_RECIPE_REGISTERS]
    cdef Program* p = &walk.fused.program
    cdef Slot* s = &walk.slots[j]
    cdef PyObject** inputs = inputs_of(<PyObject*>f)
    cdef int n, register
    if recipe.results[k] < 0:
        return True
    if s.state & PENDING:
        registers[GY] = s.register
    elif s.state & (UNIFORM | SCALAR):
        registers[GY] = add_number(p, s.value, False)
    else:
        registers[GY] = operand_register(walk, recipe, s.grad)
    if registers[GY] == NONE:
        return False
    if recipe.reads_mask >> Y & 1:
        if not (<Variable>walk.slots[i].node).flags & ARRAY:
            return False
        registers[Y] = operand_register(walk, recipe, form_array(walk.slots[i].node))
        if registers[Y] == NONE:
            return False
    for n in range(f.n_inputs):
        if recipe.reads_mask >> (X + n) & 1:
            registers[X + n] = input_register(walk, recipe, inputs[n], f.number)
            if registers[X + n] == NONE:
                return False
    if not add_recipe(p, recipe, registers):
        return False
    register = registers[recipe.results[k]]
    if sum[0] != NONE:
        register = add_sum(p, sum[0], register)
    sum[0] = register
    return register != NONE


cdef int input_register(Walk walk, Recipe recipe, PyObject* v, double number) noexcept:
    """The register of an input's value: a row, an array that repeats itself, or a number; or NONE."""
    cdef Program* p = &walk.fused.program
    cdef unsigned int flags
    if v == NULL:
        return add_number(p, number, True)
    if PyObject_TypeCheck(v, VARIABLE):
        flags = (<Variable>v).flags
        if flags & ARRAY:
            return operand_register(walk, recipe, (<Variable>v).value.array)
        if flags & (DROPPED_VALUE | EMPTY) or not (flags & WEAK or p.type == DOUBLE):
            return NONE
        return add_number(p, (<Variable>v).value.scalar, flags & WEAK)
    if PyFloat_Check(<object>v):
        if not (PyFloat_CheckExact(<object>v) or p.type == DOUBLE):
            return NONE
        return add_number(p, PyFloat_AS_DOUBLE(<object>v), PyFloat_CheckExact(<object>v))
    return operand_register(walk, recipe, v) if cnp.PyArray_CheckExact(<object>v) else NONE


cdef int operand_register(Walk walk, Recipe recipe, PyObject* array) noexcept:
    cdef int register = register_of_contiguous(walk, array)
    if register != NONE:
        return register
    if (type_of(array) != walk.fused.program.type or not broadcasts_to(array, walk.fused.form) or not has_descending_strides(<RawArray*>array)
            or recipe.needs_whole_arrays or walk.fused.program.needs_whole_arrays):
        return NONE
    return register_of_array(walk, array)


cdef int push_with_numpy(Walk walk) except -1:
    """Something was raised in the program, which may be a 0 times infinity: once more, function by function."""
    cdef int q, i = -1
    for q in range(walk.fused.n_pending):
        walk.slots[walk.fused.pending[q]].state &= ~PENDING
    for q in range(walk.fused.n_writers):
        if walk.fused.writers[q].slot != i:
            i = walk.fused.writers[q].slot
            rule_push(walk, <Function>walk.slots[i].creator, i)
    return 0
