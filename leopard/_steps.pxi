# Part of _walk.pyx. One function walked: over numbers, over arrays in blocks, or as its rule says.


cdef bint fast_step(Walk walk, Function f, int i) except -1:
    """Walk `f` without Python, where there is a way; false where its rule has to be run."""
    cdef Operation op
    if f.operation == NULL or not walk.compiled:
        return False
    op = <Operation>f.operation
    if f.n_outputs != 1 or op.n_inputs >= 0 and f.n_inputs != op.n_inputs:
        return False
    if op.kernel == LOOPS and op.ufunc is None and has_attributes(f):
        return False
    if walk.create_graph:
        return op.kernel == LOOPS and replay(walk, f, i)
    if op.kernel == LOOPS:
        return scalar_step(walk, f, i) if walk.slots[i].state & SCALAR else array_step(walk, f, i)
    if op.kernel == RULE:
        return False
    flush(walk)
    return pull(walk, f, i)


cdef bint has_attributes(f) except -1:
    """Has a user's Function anything of its own that its rule, which was read from its class, may depend on?"""
    return bool(getattr(f, "__dict__", None)) or len(slots_of(f)) > 0


cdef bint scalar_step(Walk walk, Function f, int i) except -1:
    """Run the recipe of an elementwise function of scalars; false if it is no such case."""
    cdef double r[MOST_REGISTERS]
    cdef int k, n = f.n_inputs, mask = 0
    cdef PyObject** inputs = inputs_of(<PyObject*>f)
    cdef PyObject* p
    cdef Recipe recipe
    for k in range(n):
        p = inputs[k]
        if p == NULL:
            r[X + k] = f.number
        elif PyObject_TypeCheck(p, VARIABLE):
            if not scalar_value(p, &r[X + k]):
                return False
            if not (<Variable>p).flags & CONSTANT:
                mask |= 1 << k
        elif PyFloat_Check(<object>p):
            r[X + k] = PyFloat_AS_DOUBLE(<object>p)
        elif not (cnp.PyArray_CheckExact(<object>p) and array_value(p, &r[X + k])):
            return False
    if not scalar_value(walk.slots[i].node, &r[Y]):
        return False
    r[GY] = walk.slots[i].value
    known = recipe_of(<Operation>f.operation, DOUBLE, mask)
    if known is False:
        return False
    recipe = <Recipe>known
    if not run_recipe(recipe, r) and not check_recipe(recipe, r):
        tell_of(walk, f, i, recipe)
    for k in range(n):
        if recipe.results[k] >= 0:
            walk.add_scalar(<Variable>inputs[k], r[recipe.results[k]])
    return True


# -- Arrays --------------------------------------------------------------------------------------
# As long as the functions that come are elementwise and of one type and shape, the walk only writes their
# recipes into its program, one behind the other. What a gradient is then is a register (PENDING). As soon as
# anything needs one as an array, the program is run (`flush`): all calls for the first block of elements,
# then all for the next. Gradients that only the program itself needs are never arrays.

cdef bint array_step(Walk walk, Function f, int i) except -1:
    """Write the recipe of an elementwise function of arrays into the program; false if that is not possible."""
    cdef PyObject* form = form_array(walk.slots[i].node)
    cdef int registers[MOST_REGISTERS]
    cdef Operation op = <Operation>f.operation
    cdef PyObject** inputs = inputs_of(<PyObject*>f)
    cdef Program* p = &walk.program
    cdef int type, mask = 0, k
    cdef Recipe recipe
    if form == NULL:
        return False
    type = type_of(form)
    if type < 0 or type >= COMPLEX:
        return False
    for k in range(f.n_inputs):
        mask |= is_wanted(inputs[k]) << k
    known = recipe_of(op, type, mask)
    if known is False:
        return False
    recipe = <Recipe>known
    if walk.form != NULL and not joins(walk, recipe, type, form):
        flush(walk)
    if walk.form == NULL:
        open_program(walk, type, form)
    if not (load_rows(walk, f, i, recipe, inputs, registers) and add_recipe(p, recipe, registers)):
        return array_step_alone(walk, f, i, recipe, inputs)
    note_function_of(walk, i, known, registers[GY])
    p.whole = p.whole or recipe.whole
    deliver(walk, f, i, recipe, inputs, registers)
    return True


cdef inline int row(Walk walk, PyObject* array) noexcept:
    """The register of an array that is whole and in C order; NONE for any other."""
    cdef Program* p = &walk.program
    cdef int k, register
    for k in range(p.n_given):
        if walk.arrays[k] == array:
            return p.given[k]
    if type_of(array) != p.type or not is_row(array, walk.form) or size_of(array) == 1:
        return NONE
    register = add_given(p)
    if register != NONE:
        Py_XINCREF(array)
        walk.arrays[p.n_given - 1] = array
        p.operands[p.n_given - 1].at = bytes_of(<RawArray*>array)
        p.operands[p.n_given - 1].strides[0] = p.itemsize
    return register


cdef bint load_rows(Walk walk, Function f, int i, Recipe recipe, PyObject** inputs, int* registers) noexcept:
    """Put what the recipe reads into registers, if it is rows, Python numbers and doubles."""
    cdef Slot* s = &walk.slots[i]
    cdef Program* p = &walk.program
    cdef PyObject* v
    cdef unsigned int flags
    cdef int k, register
    if s.state & PENDING:
        registers[GY] = s.register
    elif s.state & UNIFORM:
        registers[GY] = add_number(p, s.value, False)
    else:
        registers[GY] = row(walk, s.grad) if s.grad != NULL else NONE
    if registers[GY] == NONE:
        return False
    if recipe.reads >> Y & 1:
        registers[Y] = row(walk, (<Variable>s.node).value.array) if (<Variable>s.node).flags & ARRAY else NONE
        if registers[Y] == NONE:
            return False
    for k in range(f.n_inputs):
        if not recipe.reads >> (X + k) & 1:
            continue
        v = inputs[k]
        register = NONE
        if v == NULL:
            register = add_number(p, f.number, True)
        elif PyObject_TypeCheck(v, VARIABLE):
            flags = (<Variable>v).flags
            if flags & ARRAY:
                register = row(walk, (<Variable>v).value.array)
            elif not flags & (HOLLOW | EMPTY) and (flags & WEAK or p.type == DOUBLE):
                register = add_number(p, (<Variable>v).value.scalar, flags & WEAK)
        elif cnp.PyArray_CheckExact(<object>v):
            register = row(walk, v)
        if register == NONE:
            return False
        registers[X + k] = register
    return True


cdef bint array_step_alone(Walk walk, Function f, int i, Recipe recipe, PyObject** inputs) except -1:
    """The same where operands repeat themselves, have gaps, or lie in another order."""
    cdef PyObject* form = form_array(walk.slots[i].node)
    cdef PyObject* arrays[X + MOST_INPUTS]
    cdef int registers[MOST_REGISTERS]
    cdef Program* p = &walk.program
    cdef bint alone
    if not find_arrays(walk, f, i, recipe, p.type, form, arrays):
        return False
    alone = not may_repeat(walk, recipe, arrays, X + f.n_inputs, form)
    if alone and walk.n_writers:
        flush(walk)
        open_program(walk, recipe.type, form)
    if not (load(walk, f, i, recipe, arrays, registers) and add_recipe(p, recipe, registers)
            and (not alone or lies_somehow(walk, recipe))):
        if walk.n_writers == 0:
            walk.close()
        return False
    p.whole = p.whole or recipe.whole
    walk.alone = alone
    note_function_of(walk, i, recipe, registers[GY])
    deliver(walk, f, i, recipe, inputs, registers)
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
    if recipe.reads >> Y & 1:
        arrays[Y] = form
        if not (<Variable>s.node).flags & ARRAY:
            return False
    for k in range(f.n_inputs):
        if not recipe.reads >> (X + k) & 1:
            continue
        p = inputs_of(<PyObject*>f)[k]
        if p == NULL:
            continue
        if PyObject_TypeCheck(p, VARIABLE):
            flags = (<Variable>p).flags
            if flags & ARRAY:
                arrays[X + k] = (<Variable>p).value.array
            elif flags & (HOLLOW | EMPTY) or not (flags & WEAK or type == DOUBLE):
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
    if recipe.whole or walk.form != NULL and walk.program.whole or n_axes_of(<RawArray*>form) > MOST_AXES:
        return False
    for k in range(n):
        if arrays[k] != NULL and not goes_forward(<RawArray*>arrays[k]):
            return False
    return True


cdef inline bint joins(Walk walk, Recipe recipe, int type, PyObject* form) noexcept:
    """Is the program that is being written of this type and shape, and is there room in it?"""
    cdef Program* p = &walk.program
    cdef int more = recipe.first_constant + recipe.n_constants + recipe.n_steps + 2 * MOST_INPUTS
    return (p.type == type and (form == walk.form or same_shape(form, walk.form))
            and p.n_registers + more <= MOST_OF_PROGRAM and p.n_given + X + 2 * MOST_INPUTS <= MOST_GIVEN
            and walk.n_writers < MOST_OF_PROGRAM and walk.n_pending + MOST_INPUTS <= MOST_OF_PROGRAM
            and walk.n_shares + MOST_INPUTS <= MOST_SHARES
            and (walk.in_a_row or not recipe.whole))


cdef inline int open_program(Walk walk, int type, PyObject* form) noexcept:
    begin_program(&walk.program, type)
    Py_XINCREF(form)
    walk.form = form
    walk.in_a_row = True
    walk.alone = False
    return 0


cdef int given(Walk walk, PyObject* array) noexcept:
    """The register of an array: the one it has already, or a new one."""
    cdef Program* p = &walk.program
    cdef int k, register
    if size_of(array) == 1:
        register = add_number(p, 0, False)
        if register != NONE:
            memcpy(&p.registers[register].number, bytes_of(<RawArray*>array), p.itemsize)
        return register
    for k in range(p.n_given):
        if walk.arrays[k] == array:
            return p.given[k]
    register = add_given(p)
    if register != NONE:
        Py_XINCREF(array)
        walk.arrays[p.n_given - 1] = array
        p.operands[p.n_given - 1].at = bytes_of(<RawArray*>array)
        p.operands[p.n_given - 1].strides[0] = p.itemsize
        walk.in_a_row = walk.in_a_row and is_row(array, walk.form)
    return register


cdef bint load(Walk walk, Function f, int i, Recipe recipe, PyObject** arrays, int* registers) noexcept:
    """Put what the recipe reads into registers; false when a number does not fit."""
    cdef Slot* s = &walk.slots[i]
    cdef Program* program = &walk.program
    cdef PyObject* p
    cdef int k
    registers[GY] = NONE
    if s.state & PENDING:
        registers[GY] = s.register
    elif s.state & UNIFORM:
        registers[GY] = add_number(program, s.value, False)
    elif s.grad != NULL:
        registers[GY] = given(walk, s.grad)
    if registers[GY] == NONE:
        return False
    if recipe.reads >> Y & 1:
        registers[Y] = given(walk, arrays[Y])
    for k in range(f.n_inputs):
        if not recipe.reads >> (X + k) & 1:
            continue
        p = inputs_of(<PyObject*>f)[k]
        if arrays[X + k] != NULL:
            registers[X + k] = given(walk, arrays[X + k])
        elif p == NULL:
            registers[X + k] = add_number(program, f.number, True)
        elif PyObject_TypeCheck(p, VARIABLE):
            registers[X + k] = add_number(program, (<Variable>p).value.scalar, (<Variable>p).flags & WEAK)
        else:
            registers[X + k] = add_number(program, PyFloat_AS_DOUBLE(<object>p), PyFloat_CheckExact(<object>p))
        if registers[X + k] == NONE:
            return False
    return True


cdef bint lies_somehow(Walk walk, Recipe recipe) noexcept:
    """Can the operands of a function that is alone be laid over its space?"""
    walk.order = lay_out_program(walk)
    return walk.order != ELSEWHERE and not (recipe.whole and walk.program.space.n_axes > 1)


cdef int lay_out_program(Walk walk) noexcept:
    cdef Program* p = &walk.program
    cdef RawArray* form = <RawArray*>walk.form
    return lay_out(&p.space, p.operands, walk.arrays, p.n_given, n_axes_of(form), shape_of(form), p.itemsize)


cdef inline int note_function_of(Walk walk, int i, object recipe, int upstream) noexcept:
    """Remember whose recipe it was: its calls are read until the program has run."""
    cdef Writer* w = &walk.writers[walk.n_writers]
    Py_INCREF(recipe)
    w.recipe = <PyObject*>recipe
    w.slot = i
    w.upstream = upstream
    walk.n_writers += 1
    return 0


cdef int deliver(Walk walk, Function f, int i, Recipe recipe, PyObject** inputs, int* registers) except -1:
    """Add the results to the gradients of the inputs."""
    cdef Program* p = &walk.program
    cdef PyObject* v
    cdef PyObject* shape
    cdef int k, register
    for k in range(f.n_inputs):
        if recipe.results[k] < 0:
            continue
        register = registers[recipe.results[k]]
        v = inputs[k]
        shape = form_array(v)
        if shape != NULL and not takes_gradient(shape):
            continue
        if (shape != NULL and same_shape(shape, walk.form) and type_of(shape) == p.type
                and (p.type != DOUBLE or n_axes_of(<RawArray*>shape) > 0)):
            add_register(walk, walk.reach(<Variable>v), register, registers[GY], k, i)
        else:
            add_share(walk, walk.reach(<Variable>v), register, k, i)
    return 0


cdef int add_register(Walk walk, int j, int register, int upstream, int k, int i) except -1:
    """Add a register to the gradient in slot `j`; it is that of input `k` of the function of slot `i`."""
    cdef Program* p = &walk.program
    cdef Slot* s = &walk.slots[j]
    cdef int there
    if s.state & SHARED:
        return add_share(walk, j, register, k, i)   # after those that wait already
    if s.state & PENDING:
        there = s.register
    elif is_number(p, register):
        return walk.add_uniform(j, real_of(&p.registers[register].number, p.type), p.type)
    elif s.state & UNIFORM:
        there = add_number(p, s.value, False)
    elif s.grad != NULL:
        if walk.alone or type_of(s.grad) != p.type or not is_row(s.grad, walk.form) and (
                p.whole or not goes_forward(<RawArray*>s.grad)):
            return add_share(walk, j, register, k, i)
        there = given(walk, s.grad)
    elif register == upstream and walk.slots[i].grad != NULL:
        Py_XINCREF(walk.slots[i].grad)          # passed on as it is
        s.grad = walk.slots[i].grad
        return 0
    else:
        return let_be(walk, j, register)
    register = add_sum(p, there, register) if there != NONE else NONE
    if register == NONE:
        raise RuntimeError("no room for a sum in a program")
    return let_be(walk, j, register)


cdef inline int let_be(Walk walk, int j, int register) noexcept:
    """Let the gradient in slot `j` be what a register will be."""
    cdef Slot* s = &walk.slots[j]
    cdef PyObject* old = s.grad
    s.grad = NULL
    s.state = s.state & ~UNIFORM | PENDING
    s.register = register
    walk.pending[walk.n_pending] = j
    walk.n_pending += 1
    Py_XDECREF(old)
    return 0


cdef inline int add_share(Walk walk, int j, int register, int k, int i) noexcept:
    """Once the program has run, add a register to slot `j`, in another shape or in a way of its own.

    It is the gradient of input `k` of the function of slot `i`.
    """
    cdef Share* share = &walk.shares[walk.n_shares]
    share.register, share.input, share.slot, share.target, share.sum = register, k, i, j, NULL
    walk.slots[j].state |= SHARED
    walk.n_shares += 1
    return 0


cdef int flush(Walk walk) except -1:
    """Run the program that has been written, and put the gradients that it makes into their slots."""
    cdef Program* p = &walk.program
    cdef int q, j, register
    if walk.form == NULL:
        return 0
    try:
        lie(walk)
        for q in range(walk.n_pending):
            j = walk.pending[q]
            if walk.slots[j].state & PENDING and (walk.retain_grad or not walk.slots[j].state & WALKED):
                aim(walk, walk.slots[j].register)
        for q in range(walk.n_shares):
            if not fold(walk, &walk.shares[q]):
                aim(walk, walk.shares[q].register)
        run_written(walk)
        if p.status and not is_quiet(p.status):
            tell(walk)
        if p.add_status and not is_quiet(p.add_status):
            tell_of_addition(p.add_status)
        for q in range(walk.n_pending):
            j = walk.pending[q]
            if walk.slots[j].state & PENDING:
                walk.slots[j].state &= ~PENDING
                register = walk.slots[j].register
                if walk.results[register] != NULL and walk.slots[j].grad == NULL:
                    Py_XINCREF(walk.results[register])
                    walk.slots[j].grad = walk.results[register]
        for q in range(walk.n_shares):
            walk.slots[walk.shares[q].target].state &= ~SHARED
        for q in range(walk.n_shares):
            hand_over(walk, &walk.shares[q])
        walk.steps += (size_of(walk.form) >> 12) * walk.n_writers   # signals are looked for by work done
    finally:
        walk.close()
    return 0


cdef int lie(Walk walk) noexcept:
    """Lay out the operands, if that has not been done yet."""
    cdef Program* p = &walk.program
    if walk.in_a_row:
        p.space.n_axes = 1
        p.space.shape[0] = size_of(walk.form)
    else:
        lay_out_program(walk)
    return 0


cdef bint fold(Walk walk, Share* share) except -1:
    """Let the program itself sum a register to the shape of its input, block by block; false if it cannot."""
    cdef Program* p = &walk.program
    cdef PyObject* v = inputs_of(walk.slots[share.slot].maker)[share.input]
    cdef PyObject* shape = form_array(v)
    cdef int n_axes = 0 if shape == NULL else n_axes_of(<RawArray*>shape)
    cdef npy_intp* dims = NULL if shape == NULL else shape_of(<RawArray*>shape)
    cdef npy_intp length
    cdef int way
    if (p.registers[share.register].kind != RESULT or p.n_folds == MOST_FOLDS or walk.alone
            or (DOUBLE if shape == NULL else type_of(shape)) != p.type):
        return False
    way = way_to(<RawArray*>walk.form, n_axes, dims, &length)
    if way == NONE or way == COLUMNS and length > BLOCK or length == size_of(walk.form) and way != TOTAL:
        return False
    if way != TOTAL and not goes_by_rows(p, length) or way == TOTAL and p.space.n_axes > 1:
        return False
    sum = zeros(shape) if shape != NULL else np.zeros(())
    Py_INCREF(sum)
    share.sum = <PyObject*>sum
    p.folds[p.n_folds].register = share.register
    begin_fold(&p.folds[p.n_folds], <Way>way, p.type, bytes_of(<RawArray*>share.sum), length)
    p.n_folds += 1
    return True


cdef bint goes_by_rows(Program* p, npy_intp length) noexcept:
    """Let a program go over its space by rows of this length, if it does not yet and can."""
    cdef Space* space = &p.space
    cdef int k
    if space.n_axes == 1 and p.n_folds == 0:
        for k in range(p.n_given):
            p.operands[k].strides[1] = p.operands[k].strides[0]
            p.operands[k].strides[0] = length * p.operands[k].strides[1]
        space.n_axes = 2
        space.shape[0] //= length
        space.shape[1] = length
    return space.n_axes == 2 and space.shape[1] == length


cdef int hand_over(Walk walk, Share* share) except -1:
    """Add what a share has become to the gradient that it is a share of."""
    cdef Program* p = &walk.program
    cdef int i = share.slot
    cdef Function f = <Function>walk.slots[i].maker
    cdef Variable v = <Variable>inputs_of(<PyObject*>f)[share.input]
    if share.sum != NULL and form_array(<PyObject*>v) == NULL:
        return walk.add_scalar(v, (<double*>bytes_of(<RawArray*>share.sum))[0])
    if share.sum != NULL:
        return add_gradient(walk, f, share.input, i, v, <object>share.sum)
    if is_number(p, share.register):
        return give_uniform(walk, f, share.input, i, walk.form, real_of(&p.registers[share.register].number, p.type))
    return give_array(walk, f, share.input, i, walk.form, <object>walk.results[share.register])


cdef int aim(Walk walk, int register) except -1:
    """Let a register be written to an array of its own."""
    cdef Program* p = &walk.program
    cdef RawArray* form = <RawArray*>walk.form
    cdef PyObject* there
    if is_number(p, register) or walk.results[register] != NULL:
        return 0
    if p.registers[register].kind == GIVEN:     # an operand itself is the gradient
        there = array_of_register(walk, register)
        g = broadcast_view(there, n_axes_of(form), shape_of(form)).copy()
    else:
        g = new_array(p.type, n_axes_of(form), shape_of(form), walk.order)
    Py_INCREF(g)
    walk.results[register] = <PyObject*>g
    walk.wanted[walk.n_wanted] = register
    walk.n_wanted += 1
    if p.registers[register].kind == RESULT:
        p.registers[register].target = bytes_of(<RawArray*>walk.results[register])
    return 0


cdef int run_written(Walk walk) except -1:
    """All calls, if any result is wanted. The program owns its arrays: other threads may run meanwhile."""
    cdef Program* p = &walk.program
    cdef size_t room
    cdef npy_intp size = size_of(walk.form)
    if walk.n_wanted == 0 and p.n_folds == 0:
        return 0
    room = plan(p)
    if room > walk.scratch_room:
        PyMem_RawFree(walk.scratch)
        walk.scratch_room = 0
        walk.scratch = <char*>PyMem_RawMalloc(room)
        if walk.scratch == NULL:
            raise MemoryError
        walk.scratch_room = room
    if size < BIG:
        run_program(p, walk.scratch)
    else:
        with nogil:
            run_program(p, walk.scratch)
    return 0


cdef int tell(Walk walk) except -1:
    """Something was raised in the rules' calls: let NumPy say what, function by function."""
    cdef int q, i
    cdef Writer* w
    cdef Program* p = &walk.program
    for q in range(walk.n_writers):
        aim(walk, walk.writers[q].upstream)
    p.n_folds = 0       # they have been made
    run_written(walk)   # once more, with every gradient on the way
    for q in range(walk.n_writers):
        w = &walk.writers[q]
        i = w.slot
        if walk.results[w.upstream] != NULL:
            walk.put(i, <object>walk.results[w.upstream])
            walk.slots[i].state &= ~PENDING
        tell_of(walk, <Function>walk.slots[i].maker, i, <Recipe>w.recipe)
        if not walk.retain_grad:
            walk.let_go(i)
    return 0


cdef int tell_of(Walk walk, Function f, int i, Recipe recipe) except -1:
    """Make the calls of a recipe as NumPy's own, which warn or raise as `np.errstate` has it."""
    cdef Variable x
    cdef Step* step
    cdef int k, j
    r = [None] * (recipe.first_constant + recipe.n_constants + recipe.n_steps)
    if recipe.reads >> GY & 1:
        r[GY] = data_of(walk.gradient_of(i))
    if recipe.reads >> Y & 1:
        r[Y] = data_of(<Variable>walk.slots[i].node)
    for k in range(f.n_inputs):
        if recipe.reads >> (X + k) & 1:
            x = input_of(f, k)
            r[X + k] = x.value.scalar if x.flags & WEAK else data_of(x)
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


cdef PyObject* array_of_register(Walk walk, int register) noexcept:
    cdef int k
    for k in range(walk.program.n_given):
        if walk.program.given[k] == register:
            return walk.arrays[k]
    return NULL


# -- Handing over --------------------------------------------------------------------------------

cdef int give_array(Walk walk, Function f, int k, int i, PyObject* form, object g) except -1:
    """Add an array of the shape and type of the output to the gradient of input `k`, summed to its shape."""
    cdef PyObject* v = inputs_of(<PyObject*>f)[k]
    cdef PyObject* shape = form_array(v)
    if shape == NULL:
        if type_of(form) != DOUBLE:
            return contribute(walk, f, k, <Variable>v, g, i)
        summed = sum_to_shape(<PyObject*>g, 0, NULL)
        if summed is None:
            return contribute(walk, f, k, <Variable>v, g, i)
        return walk.add_scalar(<Variable>v, (<double*>bytes_of(<RawArray*><PyObject*>summed))[0])
    if type_of(shape) != type_of(form):
        return contribute(walk, f, k, <Variable>v, g, i)
    if not same_shape(shape, form):
        summed = sum_to_shape(<PyObject*>g, n_axes_of(<RawArray*>shape), shape_of(<RawArray*>shape))
        if summed is None:
            return contribute(walk, f, k, <Variable>v, g, i)
        g = summed
    return add_gradient(walk, f, k, i, <Variable>v, g)


cdef int add_gradient(Walk walk, Function f, int k, int i, Variable v, object g) except -1:
    """Add an array of the shape and type of `v`, the input `k`."""
    cdef double x
    if scalar_value(<PyObject*>v, &x):
        return contribute(walk, f, k, v, g, i)
    return walk.add_object(walk.reach(v), g)


cdef int give_uniform(Walk walk, Function f, int k, int i, PyObject* form, double value) except -1:
    """The same for a gradient that is one number over the shape of the output, `form`."""
    cdef PyObject* v = inputs_of(<PyObject*>f)[k]
    cdef PyObject* shape = form_array(v)
    cdef int type = type_of(form)
    cdef npy_intp size
    cdef double x, sum
    if scalar_value(v, &x) and type == DOUBLE:
        return walk.add_scalar(<Variable>v, value * size_of(form))
    if shape == NULL or type_of(shape) != type or not broadcasts_to(shape, form):
        return contribute(walk, f, k, <Variable>v, filled_view(value, form), i)
    size = size_of(shape)
    sum = value * (size_of(form) // size if size else 0)    # as `sum_to_shape` has it
    return walk.add_uniform(walk.reach(<Variable>v), sum if type == DOUBLE else <float>sum, type)


cdef bint replay(Walk walk, Function f, int i) except -1:
    """In a recorded walk: run the recipe as recorded operations; false if there is no recipe."""
    cdef PyObject* p
    cdef PyObject* form = form_array(walk.slots[i].node)
    cdef int type = DOUBLE if form == NULL else type_of(form), mask = 0, k, j
    cdef Operation op = <Operation>f.operation, operation
    cdef Recipe recipe
    cdef Step* step
    if type < 0:
        return False
    for k in range(f.n_inputs):
        if is_wanted(inputs_of(<PyObject*>f)[k]):
            mask |= 1 << k
    known = recipe_of(op, type, mask)
    if known is False:
        return False
    recipe = <Recipe>known
    if len(recipe.operations) != recipe.n_steps:
        return False
    if walk.context is None:
        walk.context = enter_context(True)
    r = [None] * (recipe.first_constant + recipe.n_constants + recipe.n_steps)
    r[GY] = <object>walk.slots[i].grad
    r[Y] = <object>walk.slots[i].node
    for k in range(f.n_inputs):
        if recipe.reads >> (X + k) & 1:
            r[X + k] = input_of(f, k)
    for k in range(recipe.n_constants):
        r[recipe.first_constant + k] = recipe.constants[k]
    try:
        for j in range(recipe.n_steps):
            step = &recipe.steps[j]
            x0 = r[step.x[0]]
            operation = <Operation?>recipe.operations[j]
            if step.asks:
                r[step.y] = asked(operation, x0, r[step.x[1]] if step.n_inputs == 2 else None)
            elif step.n_inputs == 1:
                r[step.y] = evaluate_1(<PyObject*>operation, x0)
            else:
                r[step.y] = evaluate_2(<PyObject*>operation, x0, r[step.x[1]])
        walk.slots[i].state |= WALKED
        for k in range(f.n_inputs):
            if mask >> k & 1 and recipe.results[k] >= 0:
                contribute(walk, f, k, <Variable>inputs_of(<PyObject*>f)[k], r[recipe.results[k]], i)
    except Exception as error:
        note_function(error, f)
        raise
    return True


cdef int rule_step(Walk walk, Function f, int i) except -1:
    """Run the rule itself, in Python on Variables."""
    cdef int k, head = i
    cdef PyObject* p
    cdef bint lent = False, was_read
    cdef int before
    if f.n_outputs == 0:
        raise RuntimeError(f"{type(f).__name__} was set as a creator but has computed nothing")
    if walk.context is None:
        walk.context = enter_context(walk.create_graph)
    gys = [None] * f.n_outputs
    while i >= 0:
        gys[walk.slots[i].position] = walk.gradient_of(i)
        walk.slots[i].state |= WALKED
        i = walk.slots[i].sibling
    if f.n_outputs > 1:
        for k in range(f.n_outputs):
            if gys[k] is None:
                gys[k] = wrap(np.zeros(*forms_of(<PyObject*>f)[k]))
    elif f.single == NULL:          # a rule has unchained it: lend it back for this one
        f.single = walk.slots[head].node
        lent = True
    try:
        before = begin_watch()
        try:
            gxs = f.backward(*gys)
        finally:
            was_read = end_watch(before)
        if not isinstance(gxs, (tuple, list)):
            gxs = (gxs,)
        if len(gxs) != f.n_inputs:
            raise ValueError(f"it returned {len(gxs)} gradients for {f.n_inputs} inputs")
        for k in range(f.n_inputs):
            p = inputs_of(<PyObject*>f)[k]
            if gxs[k] is None or p == NULL or not PyObject_TypeCheck(p, VARIABLE):
                continue
            if not (<Variable>p).flags & CONSTANT:
                gx = gxs[k]
                if was_read and walk.create_graph and isinstance(gx, (Variable, cnp.ndarray)):
                    gx = upper.once(f, gx)
                contribute(walk, f, k, <Variable>p, gx, head)
    except Exception as error:
        note_function(error, f)
        raise
    finally:
        if lent:
            f.single = NULL
    return 0


cdef int contribute(Walk walk, Function f, int k, Variable v, object g, int head) except -1:
    """Check what a rule returned for input `k` and add it up."""
    cdef double x
    cdef Variable gv
    if isinstance(g, Variable):
        gv = g
        if (not walk.create_graph and not gv.flags & (ARRAY | EMPTY | HOLLOW) and scalar_value(<PyObject*>v, &x)):
            walk.add_scalar(v, gv.value.scalar)
            return 0
        array = data_of(gv)
    else:
        array = as_array(g)
        if isinstance(array, cnp.ndarray) and not cnp.PyArray_CheckExact(array):
            array = exact_array(array)
    if not isinstance(array, cnp.ndarray):
        raise TypeError(
            f"it returned {type(g)} for input {k}; a gradient is a Variable, an ndarray or None"
        )
    data = form_of(v)
    kind = data.dtype.kind
    if kind in "biu":
        return 0                    # an integer takes no gradient
    if kind != "f" or array.dtype.kind not in "fiub":
        raise TypeError(f"input {k} is of dtype {data.dtype}, its gradient of {array.dtype}; both must be real")
    if array.shape != data.shape and not may_sum(walk, f, array.shape, data.shape, head):
        raise ValueError(f"it returned a gradient of shape {array.shape} for input {k} of shape {data.shape}")
    if walk.create_graph:
        g = g if isinstance(g, Variable) else wrap(array)
        if array.shape != data.shape:
            g = upper.sum_to(g, data.shape)
        if array.dtype != data.dtype:
            g = upper.astype(g, data.dtype)
    else:
        if array.shape != data.shape:
            array = data_of(upper.sum_to(wrap(array), data.shape))
        g = array.astype(data.dtype, copy=False)
        if array_value(<PyObject*>g, &x):
            walk.add_scalar(v, x)
            return 0
    walk.add_object(walk.reach(v), g)
    return 0


cdef bint may_sum(Walk walk, Function f, tuple shape, tuple target, int head) except -1:
    """Did the forward pass broadcast `target` to `shape`? Then its gradient is a sum."""
    if not (getattr(type(f), "broadcasts", False) if f.operation == NULL else (<Operation>f.operation).broadcasts):
        if f.n_outputs > 1:
            for known, _ in forms_of(<PyObject*>f):
                if shape == known:
                    break
            else:
                return False
        elif shape != (<Variable>walk.slots[head].node).shape:
            return False
    try:
        return np.broadcast_shapes(shape, target) == shape
    except ValueError:
        return False
