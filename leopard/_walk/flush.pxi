# Part of _core.pyx. Running the program: its gradients become arrays, or numbers, and go to their slots.

cdef int flush(Walk walk) except -1:
    """Run the program that has been written, and put the gradients that it makes into their slots."""
    cdef Program* p = &walk.fused.program
    cdef int q, j, register
    if walk.fused.form == NULL:
        return 0
    try:
        lay_out_operands(walk)
        for q in range(walk.fused.n_pending):
            j = walk.fused.pending[q]
            if walk.slots[j].state & PENDING and (
                    walk.retain_grad or keeps_gradient(walk, j) or not walk.slots[j].state & WALKED):
                materialise_register(walk, walk.slots[j].register)
        for q in range(walk.fused.n_shares):
            if not fuse_sum(walk, &walk.fused.shares[q]):
                materialise_register(walk, walk.fused.shares[q].register)
        run_written(walk)
        if walk.sweep.n_turns and p.status and (p.status & LEOPARD_INVALID or not errstate_ignores(p.status)):
            push_with_numpy(walk)
            walk.fused.n_pending = 0
        elif p.status and not errstate_ignores(p.status):
            replay_for_warnings(walk)
        if p.accumulation_status and not errstate_ignores(p.accumulation_status):
            report_addition_status(p.accumulation_status)
        for q in range(walk.fused.n_pending):
            j = walk.fused.pending[q]
            if walk.slots[j].state & PENDING:
                walk.slots[j].state &= ~PENDING
                register = walk.slots[j].register
                if walk.fused.results[register] != NULL and walk.slots[j].grad == NULL:
                    Py_XINCREF(walk.fused.results[register])
                    walk.slots[j].grad = walk.fused.results[register]
        for q in range(walk.fused.n_shares):
            walk.slots[walk.fused.shares[q].target].state &= ~SHARED
        for q in range(walk.fused.n_shares):
            accumulate_share(walk, &walk.fused.shares[q])
        walk.steps += (size_of(walk.fused.form) >> 12) * walk.fused.n_writers   # signals are looked for by work done
    finally:
        close_program(walk)
    if walk.sweep.n_turns:
        drop_passed_tangents(walk)
    return 0


cdef int lay_out_operands(Walk walk) noexcept:
    """Lay out the operands, if that has not been done yet."""
    cdef Program* p = &walk.fused.program
    if walk.fused.in_a_row:
        p.space.n_axes = 1
        p.space.shape[0] = size_of(walk.fused.form)
    else:
        lay_out_program(walk)
    return 0


cdef bint fuse_sum(Walk walk, Share* share) except -1:
    """Let the program itself sum a register to the shape of its input, block by block; false if it cannot."""
    cdef Program* p = &walk.fused.program
    cdef PyObject* v = inputs_of(walk.slots[share.slot].creator)[share.input]
    cdef PyObject* shape = form_array(v)
    cdef int n_axes = 0 if shape == NULL else n_axes_of(<RawArray*>shape)
    cdef npy_intp* dims = NULL if shape == NULL else shape_of(<RawArray*>shape)
    cdef npy_intp length
    cdef int axes
    if (p.registers[share.register].kind != RESULT or p.n_blockwise_sums == MAX_BLOCKWISE_SUMS or walk.fused.alone
            or (DOUBLE if shape == NULL else type_of(shape)) != p.type):
        return False
    axes = summed_axes(<RawArray*>walk.fused.form, n_axes, dims, &length)
    if axes == NONE or axes == TRAILING_AXES and length > BLOCK or length == size_of(walk.fused.form) and axes != ALL_AXES:
        return False
    if axes != ALL_AXES and not goes_by_rows(p, length) or axes == ALL_AXES and p.space.n_axes > 1:
        return False
    sum = zeros(shape) if shape != NULL else np.zeros(())
    Py_INCREF(sum)
    share.sum = <PyObject*>sum
    p.blockwise_sums[p.n_blockwise_sums].register = share.register
    begin_blockwise_sum(&p.blockwise_sums[p.n_blockwise_sums], <SummedAxes>axes, p.type, bytes_of(<RawArray*>share.sum), length)
    p.n_blockwise_sums += 1
    return True


cdef bint goes_by_rows(Program* p, npy_intp length) noexcept:
    """Let a program go over its space by rows of this length, if it does not yet and can."""
    cdef Space* space = &p.space
    cdef int k
    if space.n_axes == 1 and p.n_blockwise_sums == 0:
        for k in range(p.n_arrays):
            p.operands[k].strides[1] = p.operands[k].strides[0]
            p.operands[k].strides[0] = length * p.operands[k].strides[1]
        space.n_axes = 2
        space.shape[0] //= length
        space.shape[1] = length
    return space.n_axes == 2 and space.shape[1] == length


cdef int materialise_register(Walk walk, int register) except -1:
    """Let a register be written to an array of its own."""
    cdef Program* p = &walk.fused.program
    cdef RawArray* form = <RawArray*>walk.fused.form
    cdef PyObject* there
    if is_number(p, register) or walk.fused.results[register] != NULL:
        return 0
    if p.registers[register].kind == INPUT_ARRAY:     # an operand itself is the gradient
        there = array_of_register(walk, register)
        g = broadcast_view(there, n_axes_of(form), shape_of(form)).copy()
    else:
        g = new_array(p.type, n_axes_of(form), shape_of(form), walk.fused.order)
    Py_INCREF(g)
    walk.fused.results[register] = <PyObject*>g
    walk.fused.wanted[walk.fused.n_wanted] = register
    walk.fused.n_wanted += 1
    if p.registers[register].kind == RESULT:
        p.registers[register].target = bytes_of(<RawArray*>walk.fused.results[register])
    return 0


cdef int run_written(Walk walk) except -1:
    """All calls, if any result is wanted. The program owns its arrays: other threads may run meanwhile."""
    cdef Program* p = &walk.fused.program
    cdef size_t room
    cdef npy_intp size = size_of(walk.fused.form)
    if walk.fused.n_wanted == 0 and p.n_blockwise_sums == 0:
        return 0
    room = assign_scratch_blocks(p)
    if room > walk.fused.scratch_room:
        PyMem_RawFree(walk.fused.scratch)
        walk.fused.scratch_room = 0
        walk.fused.scratch = <char*>PyMem_RawMalloc(room)
        if walk.fused.scratch == NULL:
            raise MemoryError
        walk.fused.scratch_room = room
    if size < NOGIL_SIZE:
        run_program(p, walk.fused.scratch)
    else:
        with nogil:
            run_program(p, walk.fused.scratch)
    return 0


cdef PyObject* array_of_register(Walk walk, int register) noexcept:
    cdef int k
    for k in range(walk.fused.program.n_arrays):
        if walk.fused.program.array_registers[k] == register:
            return walk.fused.arrays[k]
    return NULL


cdef int accumulate_share(Walk walk, Share* share) except -1:
    """Add what a share has become to the gradient that it is a share of."""
    cdef Program* p = &walk.fused.program
    cdef int i = share.slot
    cdef Function f = <Function>walk.slots[i].creator
    cdef Variable v = <Variable>inputs_of(<PyObject*>f)[share.input]
    if share.sum != NULL and form_array(<PyObject*>v) == NULL:
        return add_scalar(walk, v, (<double*>bytes_of(<RawArray*>share.sum))[0])
    if share.sum != NULL:
        return add_gradient(walk, f, share.input, i, v, <object>share.sum)
    if is_number(p, share.register):
        return accumulate_uniform(walk, f, share.input, i, walk.fused.form, real_of(&p.registers[share.register].number, p.type))
    return accumulate_array(walk, f, share.input, i, walk.fused.form, <object>walk.fused.results[share.register])


cdef int accumulate_array(Walk walk, Function f, int k, int i, PyObject* form, object g) except -1:
    """Add an array of the shape and type of the output to the gradient of input `k`, summed to its shape."""
    cdef PyObject* v = inputs_of(<PyObject*>f)[k]
    cdef PyObject* shape = form_array(v)
    if shape == NULL:
        if type_of(form) != DOUBLE:
            return accumulate_checked(walk, f, k, <Variable>v, g, i)
        summed = sum_to_shape(<PyObject*>g, 0, NULL)
        if summed is None:
            return accumulate_checked(walk, f, k, <Variable>v, g, i)
        return add_scalar(walk, <Variable>v, (<double*>bytes_of(<RawArray*><PyObject*>summed))[0])
    if type_of(shape) != type_of(form):
        return accumulate_checked(walk, f, k, <Variable>v, g, i)
    if not same_shape(shape, form):
        summed = sum_to_shape(<PyObject*>g, n_axes_of(<RawArray*>shape), shape_of(<RawArray*>shape))
        if summed is None:
            return accumulate_checked(walk, f, k, <Variable>v, g, i)
        g = summed
    return add_gradient(walk, f, k, i, <Variable>v, g)


cdef int add_gradient(Walk walk, Function f, int k, int i, Variable v, object g) except -1:
    """Add an array of the shape and type of `v`, the input `k`."""
    cdef double x
    if scalar_value(<PyObject*>v, &x):
        return accumulate_checked(walk, f, k, v, g, i)
    return add_object(walk, reach(walk, v), g)


cdef int accumulate_uniform(Walk walk, Function f, int k, int i, PyObject* form, double value) except -1:
    """The same for a gradient that is one number over the shape of the output, `form`."""
    cdef PyObject* v = inputs_of(<PyObject*>f)[k]
    cdef PyObject* shape = form_array(v)
    cdef int type = type_of(form)
    cdef npy_intp size
    cdef double x, sum
    if scalar_value(v, &x) and type == DOUBLE and not (isinf(value * size_of(form)) and not isinf(value)):
        return add_scalar(walk, <Variable>v, value * size_of(form))
    if shape == NULL or type_of(shape) != type or not broadcasts_to(shape, form):
        return accumulate_checked(walk, f, k, <Variable>v, filled_view(value, form), i)
    size = size_of(shape)
    sum = value * (size_of(form) // size if size else 0)    # as `sum_to_shape` has it
    if type != DOUBLE:
        sum = <float>sum
    if isinf(sum) and not isinf(value):
        return accumulate_checked(walk, f, k, <Variable>v, filled_view(value, form), i)     # NumPy says it
    return add_uniform(walk, reach(walk, <Variable>v), sum, type)


cdef int replay_for_warnings(Walk walk) except -1:
    """Something was raised in the rules' calls: let NumPy say what, function by function."""
    cdef int q, i
    cdef Writer* w
    cdef Program* p = &walk.fused.program
    for q in range(walk.fused.n_writers):
        materialise_register(walk, walk.fused.writers[q].upstream)
    p.n_blockwise_sums = 0       # they have been made
    run_written(walk)   # once more, with every gradient on the way
    for q in range(walk.fused.n_writers):
        w = &walk.fused.writers[q]
        i = w.slot
        if walk.fused.results[w.upstream] != NULL:
            set_slot(walk, i, <object>walk.fused.results[w.upstream])
            walk.slots[i].state &= ~PENDING
        elif not walk.slots[i].state & UNIFORM:     # an array of one element
            set_slot(walk, i, filled(real_of(&p.registers[w.upstream].number, p.type), walk.fused.form))
        replay_function_for_warnings(walk, <Function>walk.slots[i].creator, i, <Recipe>w.recipe)
        if not walk.retain_grad:
            drop_output_gradients(walk, i)
    return 0


cdef int replay_function_for_warnings(Walk walk, Function f, int i, Recipe recipe) except -1:
    """Make the calls of a recipe as NumPy's own, which warn or raise as `np.errstate` has it."""
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
    if walk.chosen:                     # nothing is computed where no gradient comes from
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
    except Exception as error:
        note_function(error, f)
        raise
    return 0


cdef void close_program(Walk walk) noexcept:
    """Let go of the program."""
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
    for k in range(walk.fused.n_writers):
        Py_XDECREF(walk.fused.writers[k].recipe)
    for k in range(walk.fused.n_shares):
        Py_XDECREF(walk.fused.shares[k].sum)
    walk.fused.n_wanted = walk.fused.n_pending = walk.fused.n_writers = walk.fused.n_shares = 0
    walk.fused.order = IN_C_ORDER
    Py_XDECREF(form)
