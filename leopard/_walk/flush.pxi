# Part of _core.pyx. The program is run: its gradients become arrays, or numbers, and go to their slots.

cdef int flush(Walk walk) except -1:
    """Run the program that has been written, and put the gradients that it computes into their slots."""
    if walk.fused.form == NULL:
        return 0
    try:
        lay_out_operands(walk)
        request_results(walk)
        run_fused(walk)
        report_status(walk)
        put_results(walk)
    finally:
        close_program(walk)
    if walk.sweep.n_entries:
        drop_passed_tangents(walk)
    return 0


cdef int request_results(Walk walk) except -1:
    """Have the program write an array, or sum one, for each gradient that will be read outside of it."""
    cdef int q, j
    for q in range(walk.fused.n_pending):
        j = walk.fused.pending[q]
        if walk.slots[j].state & PENDING and (
                walk.retain_grad or keeps_gradient(walk, j) or not walk.slots[j].state & WALKED):
            materialise_register(walk, walk.slots[j].register)
    for q in range(walk.fused.n_contributions):
        if not fuse_sum(walk, &walk.fused.contributions[q]):
            materialise_register(walk, walk.fused.contributions[q].register)
    return 0


cdef int report_status(Walk walk) except -1:
    """Where loops have raised floating-point flags, compute again what NumPy would warn of, with NumPy."""
    cdef Program* p = &walk.fused.program
    if walk.sweep.n_entries and p.status and (p.status & LEOPARD_INVALID or not errstate_ignores(p.status)):
        redo_jvps_by_rule(walk)
    elif p.status and not errstate_ignores(p.status):
        replay_for_warnings(walk)
    if p.accumulation_status and not errstate_ignores(p.accumulation_status):
        report_addition_status(p.accumulation_status)
    return 0


cdef int put_results(Walk walk) except -1:
    """Put the arrays of registers into the slots that are PENDING, and accumulate the contributions."""
    cdef PyObject* g
    cdef int q, j
    for q in range(walk.fused.n_pending):
        j = walk.fused.pending[q]
        if walk.slots[j].state & PENDING:
            walk.slots[j].state &= ~PENDING
            g = walk.fused.results[walk.slots[j].register]
            if g != NULL and walk.slots[j].grad == NULL:
                Py_XINCREF(g)
                walk.slots[j].grad = g
    for q in range(walk.fused.n_contributions):
        walk.slots[walk.fused.contributions[q].target].state &= ~AWAITS_CONTRIBUTIONS
    for q in range(walk.fused.n_contributions):
        accumulate_contribution(walk, &walk.fused.contributions[q])
        look_if_due(walk)
    return 0


cdef int accumulate_contribution(Walk walk, Contribution* c) except -1:
    """Accumulate a contribution: a sum that the program has made, a number, or an array that is summed now."""
    cdef Program* p = &walk.fused.program
    cdef Function f = <Function>walk.slots[c.slot].creator
    cdef Variable v = <Variable>inputs_of(<PyObject*>f)[c.input]
    cdef double value
    if c.sum != NULL and form_array(<PyObject*>v) == NULL:
        return add_scalar(walk, v, (<double*>bytes_of(<RawArray*>c.sum))[0])
    if c.sum != NULL:
        return accumulate_summed(walk, f, c.input, c.slot, v, <object>c.sum)
    count_elements(walk, walk.fused.form)
    if is_number(p, c.register):
        value = real_of(&p.registers[c.register].number, p.type)
        return accumulate_uniform(walk, f, c.input, c.slot, walk.fused.form, value)
    return accumulate_array(walk, f, c.input, c.slot, walk.fused.form, <object>walk.fused.results[c.register])


cdef bint fuse_sum(Walk walk, Contribution* c) except -1:
    """Let the program sum a register to the shape of its input, block by block; false if it cannot."""
    cdef Program* p = &walk.fused.program
    cdef PyObject* v = inputs_of(walk.slots[c.slot].creator)[c.input]
    cdef PyObject* shape = form_array(v)
    cdef int n_axes = 0 if shape == NULL else n_axes_of(<RawArray*>shape)
    cdef npy_intp* dims = NULL if shape == NULL else shape_of(<RawArray*>shape)
    cdef npy_intp length
    cdef int axes
    if (p.registers[c.register].kind != RESULT or p.n_blockwise_sums == MAX_BLOCKWISE_SUMS or walk.fused.laid_out
            or (DOUBLE if shape == NULL else type_of(shape)) != p.type):
        return False
    axes = summed_axes(<RawArray*>walk.fused.form, n_axes, dims, &length)
    if axes == NONE or axes == TRAILING_AXES and length > BLOCK or length == size_of(walk.fused.form) and axes != ALL_AXES:
        return False
    if axes != ALL_AXES and not split_into_rows(p, length) or axes == ALL_AXES and p.space.n_axes > 1:
        return False
    sum = zeros(shape) if shape != NULL else np.zeros(())
    Py_INCREF(sum)
    c.sum = <PyObject*>sum
    p.blockwise_sums[p.n_blockwise_sums].register = c.register
    begin_blockwise_sum(&p.blockwise_sums[p.n_blockwise_sums], <SummedAxes>axes, p.type, bytes_of(<RawArray*>c.sum), length)
    p.n_blockwise_sums += 1
    return True


cdef int materialise_register(Walk walk, int register) except -1:
    """Have the program write a register to a new array."""
    cdef Program* p = &walk.fused.program
    cdef RawArray* form = <RawArray*>walk.fused.form
    if is_number(p, register) or walk.fused.results[register] != NULL:
        return 0
    if p.registers[register].kind == INPUT_ARRAY:     # an operand itself is the gradient
        g = new_array(p.type, n_axes_of(form), shape_of(form), IN_C_ORDER)
        cnp.PyArray_CopyInto(g, broadcast_view(array_of_register(walk, register), n_axes_of(form), shape_of(form)))
    else:
        g = new_array(p.type, n_axes_of(form), shape_of(form), walk.fused.order)
    Py_INCREF(g)
    walk.fused.results[register] = <PyObject*>g
    walk.fused.wanted[walk.fused.n_wanted] = register
    walk.fused.n_wanted += 1
    if p.registers[register].kind == RESULT:
        p.registers[register].target = bytes_of(<RawArray*>walk.fused.results[register])
    return 0


cdef int run_fused(Walk walk) except -1:
    """Run the program if anything is wanted of it. It owns its arrays, so that other threads may run meanwhile."""
    cdef Program* p = &walk.fused.program
    cdef size_t n_bytes
    cdef npy_intp size = size_of(walk.fused.form)
    cdef bint done
    if walk.fused.n_wanted == 0 and p.n_blockwise_sums == 0:
        return 0
    n_bytes = assign_scratch_blocks(p)
    if n_bytes > walk.fused.scratch_size:
        PyMem_RawFree(walk.fused.scratch)
        walk.fused.scratch_size = 0
        walk.fused.scratch = <char*>PyMem_RawMalloc(n_bytes)
        if walk.fused.scratch == NULL:
            raise MemoryError
        walk.fused.scratch_size = n_bytes
    p.work = walk.work
    if size < NOGIL_SIZE:
        run_program(p, walk.fused.scratch)
    else:
        if PyThread_get_thread_ident() == main_thread:
            p.is_interrupted = is_interrupted
        with nogil:
            done = run_program(p, walk.fused.scratch)
        if not done:
            leopard_raise_pending()
    walk.work = p.work
    return 0


cdef void close_program(Walk walk) noexcept:
    """Let go of the program, whether it has run or not."""
    cdef int k
    cdef PyObject* o
    cdef PyObject* form = walk.fused.form
    walk.fused.form = NULL
    for k in range(walk.fused.program.n_arrays if form != NULL else 0):
        release_to_pool(walk.fused.arrays[k])
    for k in range(walk.fused.n_wanted):
        o = walk.fused.results[walk.fused.wanted[k]]
        walk.fused.results[walk.fused.wanted[k]] = NULL
        release_to_pool(o)
    for k in range(walk.fused.n_functions):
        Py_XDECREF(walk.fused.functions[k].recipe)
    for k in range(walk.fused.n_contributions):
        Py_XDECREF(walk.fused.contributions[k].sum)
    walk.fused.n_wanted = walk.fused.n_pending = walk.fused.n_functions = walk.fused.n_contributions = 0
    walk.fused.order = IN_C_ORDER
    Py_XDECREF(form)


# -- Warnings --------------------------------------------------------------------------------------

cdef int replay_for_warnings(Walk walk) except -1:
    """Replay the recipes of a program with NumPy's ufuncs, so that `np.errstate` warns or raises."""
    cdef int q, i
    cdef FusedFunction* function
    cdef Program* p = &walk.fused.program
    for q in range(walk.fused.n_functions):
        materialise_register(walk, walk.fused.functions[q].upstream)
    p.n_blockwise_sums = 0       # the sums have been made
    run_fused(walk)     # once more, with every gradient on the way
    for q in range(walk.fused.n_functions):
        function = &walk.fused.functions[q]
        i = function.slot
        if walk.fused.results[function.upstream] != NULL:
            set_slot(walk, i, <object>walk.fused.results[function.upstream])
            walk.slots[i].state &= ~PENDING
        elif not walk.slots[i].state & UNIFORM:     # an array of one element
            set_slot(walk, i, filled(real_of(&p.registers[function.upstream].number, p.type), walk.fused.form))
        replay_function_for_warnings(walk, <Function>walk.slots[i].creator, i, <Recipe>function.recipe)
        if not walk.retain_grad:
            drop_output_gradients(walk, i)
    return 0


cdef int replay_function_for_warnings(Walk walk, Function f, int i, Recipe recipe) except -1:
    """Replay the recipe of one Function with NumPy's ufuncs."""
    cdef Variable x
    cdef Step* step
    cdef int k, j
    r = [None] * (recipe.first_constant + recipe.n_constants + recipe.n_steps)
    if recipe.reads_mask >> GY & 1:
        r[GY] = data_of(slot_gradient(walk, i))
    if recipe.reads_mask >> Y & 1:
        r[Y] = data_of(<Variable>walk.slots[i].node)
    for k in range(f.n_inputs):
        if recipe.reads_mask >> (X + k) & 1:
            x = input_of(f, k)
            r[X + k] = x.value.scalar if x.flags & WEAK else data_of(x)
    if walk.elements_left_out:          # only where the gradient is not 0
        gy = data_of(slot_gradient(walk, i))
        for k in range(recipe.first_constant):
            if isinstance(r[k], cnp.ndarray):
                r[k] = np.broadcast_to(r[k], gy.shape)[gy != 0]
    for k in range(recipe.n_constants):
        r[recipe.first_constant + k] = recipe.constants[k]
    try:
        for j in range(recipe.n_steps):
            step = &recipe.steps[j]
            if step.n_inputs == 1:
                r[step.y] = as_array(recipe.ufuncs[j](r[step.x[0]]))
            else:
                r[step.y] = as_array(recipe.ufuncs[j](r[step.x[0]], r[step.x[1]]))
            count_elements(walk, walk.fused.form)
            look_if_due(walk)
    except Exception as error:
        note_function(error, f)
        raise
    return 0
