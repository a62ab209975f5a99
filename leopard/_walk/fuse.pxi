# Part of _core.pyx. Fusion: elementwise Functions of arrays, one behind the other, become one program.
#
# As long as the Functions that come are elementwise and of one type and shape, the walk only writes their recipes into
# its program. Their gradients are registers then (PENDING). As soon as one is needed as an array, the program is run
# (`flush`): all calls for the first block of elements, then all for the next. Gradients that only the program itself
# reads are never arrays.

cdef bint vjp_of_arrays(Walk walk, Function f, int i) except -1:
    """Write the recipe of an elementwise Function of arrays into the program; false if that is not possible."""
    cdef PyObject* form = form_array(walk.slots[i].node)
    cdef PyObject* g
    cdef int registers[MAX_RECIPE_REGISTERS]
    cdef Program* p = &walk.fused.program
    cdef int type, mask = 0, k
    cdef Recipe recipe
    if form == NULL:
        return False
    type = type_of(form)
    if type < 0 or type >= COMPLEX:
        return False
    for k in range(f.n_inputs):
        mask |= wants_gradient(walk, inputs_of(<PyObject*>f)[k]) << k
    known = recipe_of(<Operation>f.operation, type, mask)
    if known is False:
        return False
    recipe = <Recipe>known
    form = form_array(walk.slots[i].node)       # again: a rule that was read has run Python
    g = walk.slots[i].grad
    if form == NULL or type_of(form) != type or g != NULL and not same_shape(g, form):
        return False                            # the data of the output has been replaced
    if walk.fused.form != NULL and not can_join(walk, recipe, type, form):
        flush(walk)                             # this may run Python, too: begin again
        return vjp_of_arrays(walk, f, i)
    if walk.fused.form == NULL:
        open_program(walk, type, form)
    if not (load_operands(walk, f, i, recipe, i, registers) and add_recipe(p, recipe, registers)
            and (not walk.fused.laid_out or can_use_strided_layout(walk, recipe))):
        if walk.fused.n_functions == 0:
            close_program(walk)
            return False
        flush(walk)                             # again, in a program of its own
        return vjp_of_arrays(walk, f, i)
    append_function(walk, i, recipe, registers[GY])
    accumulate_results(walk, f, i, recipe, registers)
    if walk.fused.laid_out:
        flush(walk)
    return True


cdef inline bint can_join(Walk walk, Recipe recipe, int type, PyObject* form) noexcept:
    """Is the program that is being written of this type and shape, and has it room for this recipe?"""
    cdef Program* p = &walk.fused.program
    cdef int more = 2 * recipe.first_constant + recipe.n_constants + recipe.n_steps + 3 * MAX_INPUTS
    return (p.type == type and (form == walk.fused.form or same_shape(form, walk.fused.form))
            and p.n_registers + more <= MAX_PROGRAM_REGISTERS and p.n_arrays + X + 2 * MAX_INPUTS <= MAX_ARRAYS
            and walk.fused.n_functions + MAX_INPUTS <= MAX_PROGRAM_REGISTERS
            and walk.fused.n_pending + MAX_INPUTS <= MAX_PROGRAM_REGISTERS
            and walk.fused.n_contributions + MAX_INPUTS <= MAX_CONTRIBUTIONS
            and (walk.fused.contiguous or not recipe.needs_whole_arrays))


cdef inline int open_program(Walk walk, int type, PyObject* form) noexcept:
    """Begin a program of the type and shape of `form`."""
    begin_program(&walk.fused.program, type)
    Py_XINCREF(form)
    walk.fused.form = form
    walk.fused.contiguous = True
    walk.fused.laid_out = False
    return 0


cdef inline int append_function(Walk walk, int i, Recipe recipe, int upstream) noexcept:
    """Note that the recipe of the Function of slot `i` stands in the program, which reads its calls when it runs."""
    cdef FusedFunction* function = &walk.fused.functions[walk.fused.n_functions]
    Py_INCREF(recipe)
    function.recipe = <PyObject*>recipe
    function.slot = i
    function.upstream = upstream
    walk.fused.n_functions += 1
    walk.fused.program.needs_whole_arrays = walk.fused.program.needs_whole_arrays or recipe.needs_whole_arrays
    return 0


# -- What the program adds to a gradient -----------------------------------------------------------

cdef int accumulate_results(Walk walk, Function f, int i, Recipe recipe, int* registers) except -1:
    """Accumulate the results of a recipe into the gradients of the inputs."""
    cdef Program* p = &walk.fused.program
    cdef PyObject* v
    cdef PyObject* shape
    cdef int k, register
    for k in range(f.n_inputs):
        if recipe.results[k] < 0:
            continue
        register = registers[recipe.results[k]]
        if walk.elements_left_out and recipe.results[k] != GY:
            register = mask_zero_upstream(p, registers[GY], register)
        v = inputs_of(<PyObject*>f)[k]
        shape = form_array(v)
        if (shape != NULL and same_shape(shape, walk.fused.form) and type_of(shape) == p.type
                and (p.type != DOUBLE or n_axes_of(<RawArray*>shape) > 0)):
            add_register(walk, reach(walk, <Variable>v), register, registers[GY], k, i)
        else:
            add_contribution(walk, reach(walk, <Variable>v), register, k, i)
    return 0


cdef int mask_zero_upstream(Program* p, int gy, int register) except NONE:
    """A register with 0 where the upstream gradient is 0, also where the slope there is infinite or nan."""
    if not is_number(p, gy):
        register = add_zero_mask(p, gy, register)
    elif real_of(&p.registers[gy].number, p.type) == 0:
        register = add_number(p, 0.0, False)
    if register == NONE:
        raise MemoryError
    return register


cdef int add_register(Walk walk, int j, int register, int upstream, int k, int i) except -1:
    """Add a register to the gradient in slot `j`; it is that of input `k` of the Function of slot `i`."""
    cdef Program* p = &walk.fused.program
    cdef Slot* s = &walk.slots[j]
    cdef int there
    if s.state & AWAITS_CONTRIBUTIONS:
        return add_contribution(walk, j, register, k, i)        # contributions are added in the order of the walk
    if s.state & PENDING:
        there = s.register
    elif is_number(p, register):
        return add_uniform(walk, j, real_of(&p.registers[register].number, p.type), p.type)
    elif s.state & UNIFORM:
        there = add_number(p, s.value, False)
    elif s.grad != NULL:
        there = NONE
        if not walk.fused.laid_out and same_shape(s.grad, walk.fused.form):
            there = register_of_array(walk, s.grad, p.needs_whole_arrays)
        if there == NONE:
            return add_contribution(walk, j, register, k, i)
    elif register == upstream and walk.slots[i].grad != NULL:
        Py_XINCREF(walk.slots[i].grad)          # the upstream gradient itself
        s.grad = walk.slots[i].grad
        return 0
    else:
        return set_pending(walk, j, register)
    register = add_sum(p, there, register) if there != NONE else NONE
    if register == NONE:
        raise RuntimeError("no room for a sum in a program")
    return set_pending(walk, j, register)


cdef inline int set_pending(Walk walk, int j, int register) noexcept:
    """Let the gradient in slot `j` be what the program will have in a register."""
    cdef Slot* s = &walk.slots[j]
    cdef PyObject* old = s.grad
    s.grad = NULL
    s.state = s.state & ~UNIFORM | PENDING
    s.register = register
    walk.fused.pending[walk.fused.n_pending] = j
    walk.fused.n_pending += 1
    Py_XDECREF(old)
    return 0


cdef inline int add_contribution(Walk walk, int j, int register, int k, int i) noexcept:
    """Add a register of another form to slot `j` once the program has run.

    It is the gradient of input `k` of the Function of slot `i`.
    """
    cdef Contribution* c = &walk.fused.contributions[walk.fused.n_contributions]
    c.register, c.input, c.slot, c.target, c.sum = register, k, i, j, NULL
    walk.slots[j].state |= AWAITS_CONTRIBUTIONS
    walk.fused.n_contributions += 1
    return 0
