# Part of loops.pyx. Running a program over its iteration space.
#
# The space is traversed in blocks of at most BLOCK elements: all calls are made for one block, then all for the
# next, so that the registers stay in the first-level cache. A block is a part of a row, that is of the last axis;
# where rows are short it is as many whole rows as fit.

cdef enum:
    PREFETCH_SIZE = 65536       # elements: longer arrays do not stay in the second-level cache, so they are prefetched


cdef struct Execution:
    # A program while it runs.
    Program* program
    char* scratch                   # the blocks of registers without a target,
    char* row_copies                # then a block for each input array, for rows that do not follow each other,
    char* truths                    # then one for truth values,
    char* sum_scratch               # and one for blockwise sums
    npy_intp pitch                  # bytes from block to block
    npy_intp done                   # elements before the current block
    npy_intp prefetched             # bytes of the next block of each array, if it is to be prefetched; else 0
    npy_intp index[MAX_AXES]        # the current index over the outer axes
    char* rows[MAX_ARRAYS]          # where each input array is at this index: a row of it, or a plane of short rows
    npy_intp n_copied[MAX_ARRAYS]   # copied rows that are right for every index


cdef bint run_program(Program* p, char* scratch) noexcept nogil:
    """Compute every point: make all calls, into the targets, and all blockwise sums.

    The operands have been laid out, and `assign_scratch_blocks` has been called: it returns the size of `scratch`.
    False where a signal has raised an exception: then the targets are not complete, and nobody may read them.
    """
    cdef Execution e
    cdef int k, register
    e.program = p
    e.scratch = scratch
    e.pitch = scratch_pitch(p)
    e.row_copies = scratch + p.n_scratch_blocks * e.pitch
    e.truths = e.row_copies + p.n_arrays * e.pitch
    e.sum_scratch = e.truths + BLOCK
    e.done = e.prefetched = 0
    for k in range(p.space.n_axes):
        if p.space.shape[k] == 0:
            return True
    for register in range(p.n_registers):
        if is_number(p, register):
            p.registers[register].block = <char*>&p.registers[register].number
            p.registers[register].stride = 0
    leopard_clear_status()
    if not run_over_space(&e):
        return False
    for k in range(p.n_blockwise_sums):
        end_blockwise_sum(&p.blockwise_sums[k])
    p.accumulation_status |= leopard_status()
    return True


cdef bint run_over_space(Execution* e) noexcept nogil:
    """Run the program for each row of the last axis, or, if rows are short, for each plane of the last two axes."""
    cdef Program* p = e.program
    cdef int last = p.space.n_axes - 1, k
    cdef bint short_rows = last > 0 and p.space.shape[last] <= MAX_SHORT_ROW
    cdef int n_outer = last - short_rows
    for k in range(n_outer):
        e.index[k] = 0
    for k in range(p.n_arrays):
        e.rows[k] = p.operands[k].data
        e.n_copied[k] = 0
        if short_rows and not is_row_of_rows(p, k):
            p.registers[p.array_registers[k]].stride = p.itemsize   # of the copy
        else:
            p.registers[p.array_registers[k]].stride = p.operands[k].strides[last]
    while True:
        if not (run_plane(e) if short_rows else run_row(e)):
            return False
        if not next_row(e.index, &p.space, n_outer, e.rows, p.operands, p.n_arrays):
            return True


cdef bint run_row(Execution* e) noexcept nogil:
    """Run the program for one row, whatever the strides of the operands are."""
    cdef Program* p = e.program
    cdef int last = p.space.n_axes - 1, k
    cdef npy_intp length = p.space.shape[last], start = 0, n
    while start < length:
        n = min(<npy_intp>BLOCK, length - start)
        for k in range(p.n_arrays):
            p.registers[p.array_registers[k]].block = e.rows[k] + start * p.operands[k].strides[last]
        if last == 0 and length >= PREFETCH_SIZE:
            e.prefetched = min(<npy_intp>BLOCK, length - start - n) * p.itemsize
        if not run_block(e, n):
            return False
        start += n
    return True


# -- Short rows ----------------------------------------------------------------------------------

cdef inline bint is_row_of_rows(Program* p, int k) noexcept nogil:
    """True if the rows of input array `k` follow each other at the stride of its elements."""
    cdef int last = p.space.n_axes - 1
    return p.operands[k].strides[last - 1] == p.space.shape[last] * p.operands[k].strides[last]


cdef bint run_plane(Execution* e) noexcept nogil:
    """Run the program for one plane of short rows, as many of them at a time as a block holds."""
    cdef Program* p = e.program
    cdef int last = p.space.n_axes - 1, k
    cdef npy_intp length = p.space.shape[last], n_rows = p.space.shape[last - 1], row = 0, n
    cdef char* block
    while row < n_rows:
        n = min(BLOCK // length, n_rows - row)
        for k in range(p.n_arrays):
            if is_row_of_rows(p, k):
                block = e.rows[k] + row * p.operands[k].strides[last - 1]
            else:
                block = copy_rows(e, k, row, n)
            p.registers[p.array_registers[k]].block = block
        if not run_block(e, n * length):
            return False
        row += n
    return True


cdef char* copy_rows(Execution* e, int k, npy_intp row, npy_intp n) noexcept nogil:
    """Copy rows of input array `k` to scratch memory, one behind the other; returns where the first one stands."""
    cdef Program* p = e.program
    cdef Operand* x = &p.operands[k]
    cdef int last = p.space.n_axes - 1, axis
    cdef npy_intp length = p.space.shape[last], i
    cdef char* block = e.row_copies + k * e.pitch
    cdef bint all_rows_are_one = True
    for i in range(e.n_copied[k], n):
        copy_strided(
            block + i * length * p.itemsize, e.rows[k] + (row + i) * x.strides[last - 1], x.strides[last], length,
            p.itemsize,
        )
    for axis in range(last):
        all_rows_are_one = all_rows_are_one and x.strides[axis] == 0
    if all_rows_are_one:
        e.n_copied[k] = max(e.n_copied[k], n)
    return block


cdef void copy_strided(char* to, const char* source, npy_intp stride, npy_intp n, npy_intp itemsize) noexcept nogil:
    """Copy strided elements to contiguous memory."""
    cdef npy_intp i
    if stride == itemsize:
        memcpy(to, source, n * itemsize)
    elif itemsize == 8:
        for i in range(n):
            (<double*>to)[i] = (<double*>(source + i * stride))[0]
    elif itemsize == 4:
        for i in range(n):
            (<float*>to)[i] = (<float*>(source + i * stride))[0]
    else:
        for i in range(n):
            memcpy(to + i * itemsize, source + i * stride, itemsize)


# -- One block -----------------------------------------------------------------------------------

cdef bint run_block(Execution* e, npy_intp n) noexcept nogil:
    """Make all calls, and add to all blockwise sums, for the `n` elements of one block; false where interrupted."""
    cdef int i
    cdef Program* p = e.program
    cdef Call* call
    cdef BlockwiseSum* s
    for i in range(p.n_calls):
        call = &p.calls[i]
        if e.prefetched:
            prefetch_next_block(e, i, n)
        run_call(e, call, n)
        # The status word is read after each call, because some loops clear it as they end.
        take_status(&p.accumulation_status if call.is_accumulation else &p.status)
        if call.step.evaluates_truth:
            widen(e.truths, p.registers[call.y].block, n, p.type)
    for i in range(p.n_blockwise_sums):
        s = &p.blockwise_sums[i]
        sum_next_block(s, p.registers[s.register].block, n, e.sum_scratch)
    if p.n_blockwise_sums:
        take_status(&p.accumulation_status)
    e.done += n
    p.work += n * (p.n_calls + p.n_blockwise_sums)
    return p.work < LOOK_WORK or p.is_interrupted == NULL or look(p)


cdef bint look(Program* p) noexcept nogil:
    """Look for signals between two blocks; false where one has raised."""
    cdef bint interrupted = p.is_interrupted(p.work)
    p.work = 0
    leopard_clear_status()              # a handler may have computed
    return not interrupted


cdef inline void run_call(Execution* e, Call* call, npy_intp n) noexcept nogil:
    """Make one call for the elements of a block."""
    cdef Program* p = e.program
    cdef Step* step = call.step
    cdef Register* x
    cdef Register* y = &p.registers[call.y]
    cdef char* args[3]
    cdef npy_intp strides[3]
    cdef int k
    for k in range(step.n_inputs):
        x = &p.registers[call.x[k]]
        args[k] = x.block
        strides[k] = x.stride
    if y.target != NULL:
        y.block = y.target + e.done * p.itemsize
    else:
        y.block = e.scratch + y.scratch_block * e.pitch
    y.stride = p.itemsize
    args[step.n_inputs] = e.truths if step.evaluates_truth else y.block
    strides[step.n_inputs] = 1 if step.evaluates_truth else p.itemsize
    step.loop.call(args, &n, strides, step.loop.data)


cdef inline void take_status(int* status) noexcept nogil:
    """Move the flags of the status word to `status`."""
    cdef int raised = leopard_status()
    if raised:
        status[0] |= raised
        leopard_clear_status()


cdef void prefetch_next_block(Execution* e, int call, npy_intp n) noexcept nogil:
    """Before a call, prefetch one part in ``n_calls`` of what the next block reads and writes."""
    cdef Program* p = e.program
    cdef npy_intp start = e.prefetched * call // p.n_calls & ~63, stop = e.prefetched * (call + 1) // p.n_calls, offset
    cdef int k
    cdef char* block
    for k in range(p.n_arrays):
        if p.registers[p.array_registers[k]].stride == p.itemsize:
            block = p.registers[p.array_registers[k]].block + n * p.itemsize
            for offset in range(start, stop, 64):
                leopard_prefetch(block + offset)
    for k in range(p.n_registers):
        if p.registers[k].target != NULL:
            block = p.registers[k].target + (e.done + n) * p.itemsize
            for offset in range(start, stop, 64):
                leopard_prefetch_to_write(block + offset)
