# Part of loops.pyx. Writing a program.
#
# Each of the functions that add something returns the register of what it has added, or NONE where that is
# impossible: the program is full, or a number overflows.

# -- Registers -----------------------------------------------------------------------------------

cdef inline int new_register(Program* p, RegisterKind kind) noexcept nogil:
    cdef int register = p.n_registers
    if register == MAX_PROGRAM_REGISTERS:
        return NONE
    p.n_registers += 1
    p.registers[register].kind = kind
    p.registers[register].target = NULL
    return register


cdef int add_array(Program* p) noexcept nogil:
    """Add an input array. The caller then writes its layout into ``operands[n_arrays - 1]``."""
    cdef int register
    if p.n_arrays == MAX_ARRAYS:
        return NONE
    register = new_register(p, INPUT_ARRAY)
    if register != NONE:
        p.array_registers[p.n_arrays] = register
        p.n_arrays += 1
    return register


cdef int add_number(Program* p, double value, bint weak) noexcept nogil:
    """Add a number, cast to the program's type; `weak` is true for a Python number, which has no type yet."""
    cdef int register = new_register(p, WEAK_NUMBER if weak else NUMBER)
    if register == NONE:
        return NONE
    p.registers[register].weak_value = value
    if not cast_number(value, p.type, &p.registers[register].number):
        p.n_registers -= 1
        return NONE
    return register


cdef inline bint is_one(Program* p, int register) noexcept nogil:
    return is_number(p, register) and p.type <= SINGLE and real_of(&p.registers[register].number, p.type) == 1


# -- Calls ---------------------------------------------------------------------------------------

cdef int add_call(Program* p, Step* step, int* x, bint is_accumulation) noexcept nogil:
    """Add a call on the registers `x`; one on numbers alone is made at once, and its result is a number."""
    cdef Call* call
    cdef int k, y
    cdef bint all_numbers = True, any_weak = False
    for k in range(step.n_inputs):
        all_numbers = all_numbers and is_number(p, x[k])
        any_weak = any_weak or p.registers[x[k]].kind == WEAK_NUMBER
    if step.has_truth_operand and any_weak and p.type != DOUBLE:
        return NONE                 # NumPy promotes a truth value and a Python number to float64
    if all_numbers:
        return call_on_numbers(p, step, x, is_accumulation)
    if step.loop.call == MULTIPLY[p.type].call:     # 1 * x is x, to the last bit
        if is_one(p, x[0]):
            return x[1]
        if is_one(p, x[1]):
            return x[0]
    y = new_register(p, RESULT)
    if y == NONE:
        return NONE
    call = &p.calls[p.n_calls]
    p.n_calls += 1
    call.step = step
    call.is_accumulation = is_accumulation
    call.y = y
    for k in range(step.n_inputs):
        call.x[k] = x[k]
    return y


cdef int call_on_numbers(Program* p, Step* step, int* x, bint is_accumulation) noexcept nogil:
    """Make a call on numbers; its result is weak where all of them are, because Python numbers are doubles."""
    cdef int k, y, status
    cdef bint weak = True
    cdef char truth
    cdef char* args[3]
    cdef Number value
    cdef Loop* loop
    for k in range(step.n_inputs):
        weak = weak and p.registers[x[k]].kind == WEAK_NUMBER
    loop = &step.double_loop if weak else &step.loop
    for k in range(step.n_inputs):
        args[k] = <char*>&p.registers[x[k]].weak_value if weak else <char*>&p.registers[x[k]].number
    args[step.n_inputs] = &truth if step.evaluates_truth else <char*>&value
    leopard_clear_status()
    loop.call(args, &leopard_one, leopard_steps, loop.data)
    status = leopard_status()
    if is_accumulation:
        p.accumulation_status |= status
    else:
        p.status |= status
    if step.evaluates_truth:
        return add_number(p, truth != 0, weak)
    if weak:
        return add_number(p, value.real[0], True)
    y = new_register(p, NUMBER)
    if y != NONE:
        p.registers[y].number = value
    return y


cdef bint add_recipe(Program* p, Recipe recipe, int* registers) noexcept nogil:
    """Add all calls of a recipe; false, and nothing is added, where that is impossible.

    `registers` holds the program's register for each that the recipe reads, and receives those of its constants
    and steps.
    """
    cdef int i, k, n_registers = p.n_registers, n_calls = p.n_calls
    cdef int x[MAX_INPUTS]
    cdef Step* step
    for i in range(recipe.n_constants):
        k = recipe.first_constant + i
        registers[k] = add_number(p, recipe.constants[i], True)
        if registers[k] == NONE:
            p.n_registers = n_registers
            return False
    for i in range(recipe.n_steps):
        step = &recipe.steps[i]
        for k in range(step.n_inputs):
            x[k] = registers[step.x[k]]
        registers[step.y] = add_call(p, step, x, False)
        if registers[step.y] == NONE:
            p.n_registers, p.n_calls = n_registers, n_calls
            return False
    return True


# -- Calls that stand in no rule -----------------------------------------------------------------

cdef Step[N_TYPES] SUM
cdef Step[N_TYPES] ZERO_MASK
for _type in range(N_TYPES):
    SUM[_type].loop = ADD[_type]
    SUM[_type].double_loop = ADD[DOUBLE]
    ZERO_MASK[_type].loop = find_loop(_choice, _type)
    ZERO_MASK[_type].double_loop = find_loop(_choice, DOUBLE)
    SUM[_type].n_inputs = ZERO_MASK[_type].n_inputs = 2


cdef int add_sum(Program* p, int a, int b) noexcept nogil:
    """Add the sum of two gradients."""
    cdef int[2] x
    x[0], x[1] = a, b
    return add_call(p, &SUM[p.type], x, True)


cdef int add_zero_mask(Program* p, int gy, int x) noexcept nogil:
    """Add what is 0 where the upstream gradient `gy` is 0, and `x` elsewhere."""
    cdef int[2] both
    both[0], both[1] = gy, x
    return add_call(p, &ZERO_MASK[p.type], both, True)


# -- Memory and layout ---------------------------------------------------------------------------

cdef void coalesce(Space* space, Operand* operands, int n) noexcept nogil:
    """Merge each axis with the one before where every operand goes through the two as if they were one."""
    cdef int axis, kept = 0, k
    cdef bint merges
    for axis in range(space.n_axes):
        if space.shape[axis] == 1:
            continue
        merges = kept > 0
        for k in range(n):
            merges = merges and operands[k].strides[kept - 1] == space.shape[axis] * operands[k].strides[axis]
        if merges:
            kept -= 1
            space.shape[kept] *= space.shape[axis]
        else:
            space.shape[kept] = space.shape[axis]
        for k in range(n):
            operands[k].strides[kept] = operands[k].strides[axis]
        kept += 1
    if kept == 0:
        space.shape[0] = 1
        for k in range(n):
            operands[k].strides[0] = 0
        kept = 1
    space.n_axes = kept


cdef inline npy_intp scratch_pitch(Program* p) noexcept nogil:
    """Bytes from one block of scratch memory to the next; no power of two, or they would share cache lines."""
    return BLOCK * p.itemsize + 192


cdef void find_last_calls(Program* p, int* last) noexcept nogil:
    """Find the last call that reads or writes each register; one that is summed is needed after all calls."""
    cdef int i, k
    cdef Call* call
    for i in range(p.n_calls):
        call = &p.calls[i]
        last[call.y] = i
        for k in range(call.step.n_inputs):
            last[call.x[k]] = i
    for i in range(p.n_blockwise_sums):
        last[p.blockwise_sums[i].register] = p.n_calls


cdef size_t assign_scratch_blocks(Program* p) noexcept nogil:
    """Give each result without a target a block of scratch memory, which is free after the last call that reads it.

    Returns the bytes of scratch memory that `run_program` needs.
    """
    cdef int i, k, y, n_free = 0
    cdef int[MAX_PROGRAM_REGISTERS] last, free
    cdef Call* call
    p.n_scratch_blocks = 0
    find_last_calls(p, last)
    for i in range(p.n_calls):
        call = &p.calls[i]
        if p.registers[call.y].target == NULL:    # before its operands' blocks are freed: no call overwrites them
            if n_free:
                n_free -= 1
                p.registers[call.y].scratch_block = free[n_free]
            else:
                p.registers[call.y].scratch_block = p.n_scratch_blocks
                p.n_scratch_blocks += 1
        for k in range(call.step.n_inputs + 1):
            y = call.x[k] if k < call.step.n_inputs else call.y
            if p.registers[y].kind == RESULT and p.registers[y].target == NULL and last[y] == i:
                free[n_free] = p.registers[y].scratch_block
                n_free += 1
                last[y] = NONE          # freed once, also where both operands are the same
    return (p.n_scratch_blocks + p.n_arrays + 1) * scratch_pitch(p) + BLOCK
