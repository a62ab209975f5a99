# Part of _core.pyx. Writing the program: elementwise functions of arrays, one behind the other.
#
# As long as the functions that come are elementwise and of one type and shape, the walk only writes their
# recipes into its program, one behind the other. What a gradient is then is a register (PENDING). As soon as
# anything needs one as an array, the program is run (`flush`): all calls for the first block of elements,
# then all for the next. Gradients that only the program itself needs are never arrays.

cdef bint array_step(Walk walk, Function f, int i) except -1:
    """Write the recipe of an elementwise function of arrays into the program; false if that is not possible."""
    cdef PyObject* form = form_array(walk.slots[i].node)
    cdef int registers[MAX_RECIPE_REGISTERS]
    cdef Operation op = <Operation>f.operation
    cdef PyObject** inputs = inputs_of(<PyObject*>f)
    cdef Program* p = &walk.fused.program
    cdef int type, mask = 0, k
    cdef Recipe recipe
    if form == NULL:
        return False
    type = type_of(form)
    if type < 0 or type >= COMPLEX:
        return False
    for k in range(f.n_inputs):
        mask |= wants_gradient(walk, inputs[k]) << k
    known = recipe_of(op, type, mask)
    if known is False:
        return False
    recipe = <Recipe>known
    form = form_array(walk.slots[i].node)       # again: a rule that was read has run Python
    if form == NULL or type_of(form) != type:
        return False
    if walk.fused.form != NULL and not joins(walk, recipe, type, form):
        flush(walk)                             # this may run Python, too: begin again
        return array_step(walk, f, i)
    if walk.fused.form == NULL:
        open_program(walk, type, form)
    if not (load_contiguous(walk, f, i, recipe, inputs, registers) and add_recipe(p, recipe, registers)):
        return array_step_alone(walk, f, i, recipe, inputs)
    append_writer(walk, i, known, registers[GY])
    p.needs_whole_arrays = p.needs_whole_arrays or recipe.needs_whole_arrays
    accumulate_results(walk, f, i, recipe, inputs, registers)
    return True


cdef inline int register_of_contiguous(Walk walk, PyObject* array) noexcept:
    """The register of an array that is whole and in C order; NONE for any other."""
    cdef Program* p = &walk.fused.program
    cdef int k, register
    for k in range(p.n_arrays):
        if walk.fused.arrays[k] == array:
            return p.array_registers[k]
    if type_of(array) != p.type or not is_row(array, walk.fused.form) or n_axes_of(<RawArray*>array) == 0:
        return NONE
    register = add_array(p)
    if register != NONE:
        Py_XINCREF(array)
        walk.fused.arrays[p.n_arrays - 1] = array
        p.operands[p.n_arrays - 1].data = bytes_of(<RawArray*>array)
        p.operands[p.n_arrays - 1].strides[0] = contiguous_stride(<RawArray*>array, p.itemsize)
    return register


cdef bint load_contiguous(Walk walk, Function f, int i, Recipe recipe, PyObject** inputs, int* registers) noexcept:
    """Put what the recipe reads into registers, if it is rows, Python numbers and doubles."""
    cdef Slot* s = &walk.slots[i]
    cdef Program* p = &walk.fused.program
    cdef PyObject* v
    cdef unsigned int flags
    cdef int k, register
    if s.state & PENDING:
        registers[GY] = s.register
    elif s.state & UNIFORM:
        registers[GY] = add_number(p, s.value, False)
    else:
        registers[GY] = register_of_contiguous(walk, s.grad) if s.grad != NULL else NONE
    if registers[GY] == NONE:
        return False
    if recipe.reads_mask >> Y & 1:
        registers[Y] = register_of_contiguous(walk, (<Variable>s.node).value.array) if (<Variable>s.node).flags & ARRAY else NONE
        if registers[Y] == NONE:
            return False
    for k in range(f.n_inputs):
        if not recipe.reads_mask >> (X + k) & 1:
            continue
        v = inputs[k]
        register = NONE
        if v == NULL:
            register = add_number(p, f.number, True)
        elif PyObject_TypeCheck(v, VARIABLE):
            flags = (<Variable>v).flags
            if flags & ARRAY:
                register = register_of_contiguous(walk, (<Variable>v).value.array)
            elif not flags & (DROPPED_VALUE | EMPTY) and (flags & WEAK or p.type == DOUBLE):
                register = add_number(p, (<Variable>v).value.scalar, flags & WEAK)
        elif cnp.PyArray_CheckExact(<object>v):
            register = register_of_contiguous(walk, v)
        if register == NONE:
            return False
        registers[X + k] = register
    return True


cdef bint array_step_alone(Walk walk, Function f, int i, Recipe recipe, PyObject** inputs) except -1:
    """The same where operands repeat themselves, have gaps, or lie in another order."""
    cdef PyObject* form = form_array(walk.slots[i].node)
    cdef PyObject* arrays[X + MAX_INPUTS]
    cdef int registers[MAX_RECIPE_REGISTERS]
    cdef Program* p = &walk.fused.program
    cdef bint alone
    if not find_arrays(walk, f, i, recipe, p.type, form, arrays):
        return False
    alone = not may_repeat(walk, recipe, arrays, X + f.n_inputs, form)
    if alone and walk.fused.n_writers:
        flush(walk)
        return array_step(walk, f, i)
    if not (load_strided(walk, f, i, recipe, arrays, registers) and add_recipe(p, recipe, registers)
            and (not alone or can_use_strided_layout(walk, recipe))):
        if walk.fused.n_writers == 0:
            close_program(walk)
        return False
    p.needs_whole_arrays = p.needs_whole_arrays or recipe.needs_whole_arrays
    walk.fused.alone = alone
    append_writer(walk, i, recipe, registers[GY])
    accumulate_results(walk, f, i, recipe, inputs, registers)
    if alone:
        flush(walk)
    return True


cdef bint find_arrays(
    Walk walk, Function f, int i, Recipe recipe, int type, PyObject* form, PyObject** arrays
) except -1:
    """The arrays that the recipe reads, by register; NULL for a number. False for anything else."""
    cdef Slot* s = &walk.slots[i]
    cdef PyObject* p
    cdef unsigned int flags
    cdef int k
    for k in range(X + f.n_inputs):
        arrays[k] = NULL
    if not s.state & (UNIFORM | PENDING):
        arrays[GY] = s.grad
        if s.grad == NULL or type_of(s.grad) != type or not same_shape(s.grad, form):
            return False
    if recipe.reads_mask >> Y & 1:
        arrays[Y] = form
        if not (<Variable>s.node).flags & ARRAY:
            return False
    for k in range(f.n_inputs):
        if not recipe.reads_mask >> (X + k) & 1:
            continue
        p = inputs_of(<PyObject*>f)[k]
        if p == NULL:
            continue
        if PyObject_TypeCheck(p, VARIABLE):
            flags = (<Variable>p).flags
            if flags & ARRAY:
                arrays[X + k] = (<Variable>p).value.array
            elif flags & (DROPPED_VALUE | EMPTY) or not (flags & WEAK or type == DOUBLE):
                return False
        elif PyFloat_Check(<object>p):
            if not (PyFloat_CheckExact(<object>p) or type == DOUBLE):
                return False
        elif cnp.PyArray_CheckExact(<object>p):
            arrays[X + k] = p
        else:
            return False
        if arrays[X + k] != NULL and (type_of(arrays[X + k]) != type or not broadcasts_to(arrays[X + k], form)):
            return False
    return True


cdef inline bint is_row(PyObject* array, PyObject* form) noexcept:
    """Is it whole, and in C order?"""
    return flags_of(<RawArray*>array) & C_ORDER and same_shape(array, form)


cdef bint may_repeat(Walk walk, Recipe recipe, PyObject** arrays, int n, PyObject* form) noexcept:
    """May they stand in one program with others, though they repeat themselves or have gaps?"""
    cdef int k
    if recipe.needs_whole_arrays or walk.fused.form != NULL and walk.fused.program.needs_whole_arrays or n_axes_of(<RawArray*>form) > MAX_AXES:
        return False
    for k in range(n):
        if arrays[k] != NULL and not has_descending_strides(<RawArray*>arrays[k]):
            return False
    return True


cdef inline bint joins(Walk walk, Recipe recipe, int type, PyObject* form) noexcept:
    """Is the program that is being written of this type and shape, and is there room in it?"""
    cdef Program* p = &walk.fused.program
    cdef int more = 2 * recipe.first_constant + recipe.n_constants + recipe.n_steps + 3 * MAX_INPUTS
    return (p.type == type and (form == walk.fused.form or same_shape(form, walk.fused.form))
            and p.n_registers + more <= MAX_PROGRAM_REGISTERS and p.n_arrays + X + 2 * MAX_INPUTS <= MAX_ARRAYS
            and walk.fused.n_writers + MAX_INPUTS <= MAX_PROGRAM_REGISTERS and walk.fused.n_pending + MAX_INPUTS <= MAX_PROGRAM_REGISTERS
            and walk.fused.n_shares + MAX_INPUTS <= MAX_SHARES
            and (walk.fused.in_a_row or not recipe.needs_whole_arrays))


cdef inline int open_program(Walk walk, int type, PyObject* form) noexcept:
    begin_program(&walk.fused.program, type)
    Py_XINCREF(form)
    walk.fused.form = form
    walk.fused.in_a_row = True
    walk.fused.alone = False
    return 0


cdef int register_of_array(Walk walk, PyObject* array) noexcept:
    """The register of an array: the one it has already, or a new one."""
    cdef Program* p = &walk.fused.program
    cdef int k, register
    if size_of(array) == 1 and (n_axes_of(<RawArray*>array) == 0 or not is_row(array, walk.fused.form)):
        register = add_number(p, 0, False)
        if register != NONE:
            memcpy(&p.registers[register].number, bytes_of(<RawArray*>array), p.itemsize)
        return register
    for k in range(p.n_arrays):
        if walk.fused.arrays[k] == array:
            return p.array_registers[k]
    register = add_array(p)
    if register != NONE:
        Py_XINCREF(array)
        walk.fused.arrays[p.n_arrays - 1] = array
        p.operands[p.n_arrays - 1].data = bytes_of(<RawArray*>array)
        p.operands[p.n_arrays - 1].strides[0] = contiguous_stride(<RawArray*>array, p.itemsize)
        walk.fused.in_a_row = walk.fused.in_a_row and is_row(array, walk.fused.form)
    return register


cdef bint load_strided(Walk walk, Function f, int i, Recipe recipe, PyObject** arrays, int* registers) noexcept:
    """Put what the recipe reads into registers; false when a number does not fit."""
    cdef Slot* s = &walk.slots[i]
    cdef Program* program = &walk.fused.program
    cdef PyObject* p
    cdef int k
    registers[GY] = NONE
    if s.state & PENDING:
        registers[GY] = s.register
    elif s.state & UNIFORM:
        registers[GY] = add_number(program, s.value, False)
    elif s.grad != NULL:
        registers[GY] = register_of_array(walk, s.grad)
    if registers[GY] == NONE:
        return False
    if recipe.reads_mask >> Y & 1:
        registers[Y] = register_of_array(walk, arrays[Y])
    for k in range(f.n_inputs):
        if not recipe.reads_mask >> (X + k) & 1:
            continue
        p = inputs_of(<PyObject*>f)[k]
        if arrays[X + k] != NULL:
            registers[X + k] = register_of_array(walk, arrays[X + k])
        elif p == NULL:
            registers[X + k] = add_number(program, f.number, True)
        elif PyObject_TypeCheck(p, VARIABLE):
            registers[X + k] = add_number(program, (<Variable>p).value.scalar, (<Variable>p).flags & WEAK)
        else:
            registers[X + k] = add_number(program, PyFloat_AS_DOUBLE(<object>p), PyFloat_CheckExact(<object>p))
        if registers[X + k] == NONE:
            return False
    return True


cdef bint can_use_strided_layout(Walk walk, Recipe recipe) noexcept:
    """Can the operands of a function that is alone be laid over its space?"""
    walk.fused.order = lay_out_program(walk)
    return walk.fused.order != MIXED_ORDER and not (recipe.needs_whole_arrays and walk.fused.program.space.n_axes > 1)


cdef int lay_out_program(Walk walk) noexcept:
    cdef Program* p = &walk.fused.program
    cdef RawArray* form = <RawArray*>walk.fused.form
    return lay_out(&p.space, p.operands, walk.fused.arrays, p.n_arrays, n_axes_of(form), shape_of(form), p.itemsize)


cdef inline int append_writer(Walk walk, int i, object recipe, int upstream) noexcept:
    """Remember whose recipe it was: its calls are read until the program has run."""
    cdef Writer* w = &walk.fused.writers[walk.fused.n_writers]
    Py_INCREF(recipe)
    w.recipe = <PyObject*>recipe
    w.slot = i
    w.upstream = upstream
    walk.fused.n_writers += 1
    return 0


cdef int mask_zero_upstream(Program* p, int gy, int register) except NONE:
    """Where a gradient is 0 nothing goes on, also where the slope is infinite or nan."""
    if not is_number(p, gy):
        register = add_zero_mask(p, gy, register)
    elif real_of(&p.registers[gy].number, p.type) == 0:
        register = add_number(p, 0.0, False)
    if register == NONE:
        raise MemoryError
    return register


cdef int accumulate_results(Walk walk, Function f, int i, Recipe recipe, PyObject** inputs, int* registers) except -1:
    """Add the results to the gradients of the inputs."""
    cdef Program* p = &walk.fused.program
    cdef PyObject* v
    cdef PyObject* shape
    cdef int k, register
    for k in range(f.n_inputs):
        if recipe.results[k] < 0:
            continue
        register = registers[recipe.results[k]]
        if walk.chosen and recipe.results[k] != GY:
            register = mask_zero_upstream(p, registers[GY], register)
        v = inputs[k]
        shape = form_array(v)
        if shape != NULL and not takes_gradient(shape):
            continue
        if (shape != NULL and same_shape(shape, walk.fused.form) and type_of(shape) == p.type
                and (p.type != DOUBLE or n_axes_of(<RawArray*>shape) > 0)):
            add_register(walk, reach(walk, <Variable>v), register, registers[GY], k, i)
        else:
            add_share(walk, reach(walk, <Variable>v), register, k, i)
    return 0


cdef int add_register(Walk walk, int j, int register, int upstream, int k, int i) except -1:
    """Add a register to the gradient in slot `j`; it is that of input `k` of the function of slot `i`."""
    cdef Program* p = &walk.fused.program
    cdef Slot* s = &walk.slots[j]
    cdef int there
    if s.state & SHARED:
        return add_share(walk, j, register, k, i)   # after those that wait already
    if s.state & PENDING:
        there = s.register
    elif is_number(p, register):
        return add_uniform(walk, j, real_of(&p.registers[register].number, p.type), p.type)
    elif s.state & UNIFORM:
        there = add_number(p, s.value, False)
    elif s.grad != NULL:
        if walk.fused.alone or type_of(s.grad) != p.type or not same_shape(s.grad, walk.fused.form) or not is_row(s.grad, walk.fused.form) and (
                p.needs_whole_arrays or not has_descending_strides(<RawArray*>s.grad)):
            return add_share(walk, j, register, k, i)
        there = register_of_array(walk, s.grad)
    elif register == upstream and walk.slots[i].grad != NULL:
        Py_XINCREF(walk.slots[i].grad)          # passed on as it is
        s.grad = walk.slots[i].grad
        return 0
    else:
        return set_pending(walk, j, register)
    register = add_sum(p, there, register) if there != NONE else NONE
    if register == NONE:
        raise RuntimeError("no room for a sum in a program")
    return set_pending(walk, j, register)


cdef inline int set_pending(Walk walk, int j, int register) noexcept:
    """Let the gradient in slot `j` be what a register will be."""
    cdef Slot* s = &walk.slots[j]
    cdef PyObject* old = s.grad
    s.grad = NULL
    s.state = s.state & ~UNIFORM | PENDING
    s.register = register
    walk.fused.pending[walk.fused.n_pending] = j
    walk.fused.n_pending += 1
    Py_XDECREF(old)
    return 0


cdef inline int add_share(Walk walk, int j, int register, int k, int i) noexcept:
    """Once the program has run, add a register to slot `j`, in another shape or in a way of its own.

    It is the gradient of input `k` of the function of slot `i`.
    """
    cdef Share* share = &walk.fused.shares[walk.fused.n_shares]
    share.register, share.input, share.slot, share.target, share.sum = register, k, i, j, NULL
    walk.slots[j].state |= SHARED
    walk.fused.n_shares += 1
    return 0
