# Part of replay.pyx. Groups: elementwise calls over one flat space, made block by block, with sums of their results.
#
# The space is cut into segments of at most a block, and all calls are made for one before the next. Where a sum is made,
# its order of addition decides the cuts: the nodes of NumPy's pairwise tree for the total of an array, leopard's blocks
# for a gradient that is summed to a shape (`blockwise_sums.pxi`). A sum that other cuts would need is made behind the
# group, from a copy in scratch memory.

cdef enum:
    PAIRWISE = 3            # beside `SummedAxes`: the total of an array, added as `np.add.reduce` does
    PREFETCHED_SIZE = 1 << 16   # elements: longer arrays do not stay in the second-level cache, so they are prefetched
    SPLIT_SIZE = 1 << 15    # elements that a thread has at least


cdef enum RegisterOf:
    AN_ARRAY
    A_NUMBER
    A_NUMBER_OF_ARENA
    A_RESULT


cdef enum Cuts:             # the segments
    UNIFORM                 # of one length
    IN_ROWS                 # of a block, but for the last of each row
    IN_TREE                 # the nodes of a pairwise sum


cdef struct GroupRegister:
    RegisterOf kind
    npy_intp itemsize, stride   # in bytes, from element to element
    bint has_rows           # an array of rows of this length that do not follow each other, but at `row_stride`;
    npy_intp length, row_stride
    npy_intp tile           # copies of its rows go to this place in the scratch memory of a thread
    bint has_target
    Place at                # of an array, a target, or a number in the arena
    Number number
    int scratch_block       # of a result without a target


cdef struct GroupCall:
    Loop loop
    bint keeps_status
    int exact               # of exact arithmetic of float64: which; else -1
    bint is_absorbed        # another call makes this one, too
    int n_inputs
    int x[MAX_OPERANDS]
    int y


cdef struct GroupSum:
    int register
    int axes                # one of `SummedAxes`, or PAIRWISE
    npy_intp length         # of a row
    npy_intp total_size     # elements
    Place to
    bint behind             # it is made from a copy: the offset of the copy in the scratch memory of the run,
    npy_intp copy           # or of the partial sums of the segments, for ALL_AXES and PAIRWISE


cdef struct Group:
    int type
    npy_intp itemsize, size
    int n_arrays, n_registers, n_calls, n_sums, n_scratch_blocks
    GroupRegister* registers
    GroupCall* calls
    GroupSum* sums
    Cuts cuts
    npy_intp segment, row   # lengths
    npy_intp n_segments, pieces     # of the space, of a row
    npy_intp* starts        # of IN_TREE: of each segment, and the end
    npy_intp shared_bytes, thread_bytes     # of scratch memory
    npy_intp sums_at, blocks_at     # in the scratch memory of a thread, which begins with the address and the stride of
                                    # each register
    bint is_sequential      # a sum is made in the order of segments: one thread runs all


# -- Reading -------------------------------------------------------------------------------------

cdef npy_intp tree_node(npy_intp n) noexcept nogil:
    """The first half of a node of NumPy's pairwise sum."""
    cdef npy_intp half = n // 2
    return half - half % 8


cdef npy_intp count_leaves(npy_intp n) noexcept nogil:
    """The nodes of a tree that are no longer than a block."""
    if n <= BLOCK:
        return 1
    return count_leaves(tree_node(n)) + count_leaves(n - tree_node(n))


cdef npy_intp* write_leaves(npy_intp start, npy_intp n, npy_intp* starts) noexcept nogil:
    if n <= BLOCK:
        starts[0] = start
        return starts + 1
    starts = write_leaves(start, tree_node(n), starts)
    return write_leaves(start + tree_node(n), n - tree_node(n), starts)


@cython.boundscheck(True)
cdef int read_group(Reader reader, ReplayStep* step, tuple given) except -1:
    """Read ("group", type, size, arrays, numbers, calls, targets, sums).

    An array is (base, offset, stride), or (base, offset, stride, length, row stride) where it consists of rows of this
    length: one row again and again, one number for each row, or rows with gaps between them.
    """
    cdef ReplayProgram program = reader.program
    cdef Group* g = <Group*>program.keep(sizeof(Group))
    cdef int i
    _, type, g.size, arrays, numbers, calls, targets, sums = given
    step.kind, step.more, step.n = GROUP, g, g.size
    g.type = type_named(type)
    g.itemsize = size_of_type(g.type)
    if g.size < 1:
        raise ValueError("a group without elements")
    g.n_arrays, g.n_calls, g.n_sums = len(arrays), len(calls), len(sums)
    g.n_registers = g.n_arrays + len(numbers) + g.n_calls
    g.registers = <GroupRegister*>program.keep((g.n_registers + 1) * sizeof(GroupRegister))
    g.calls = <GroupCall*>program.keep((g.n_calls + 1) * sizeof(GroupCall))
    g.sums = <GroupSum*>program.keep((g.n_sums + 1) * sizeof(GroupSum))
    step.work = g.size * (g.n_calls + g.n_sums)
    for i in range(g.n_arrays):
        read_group_array(reader, g, &g.registers[i], arrays[i])
    for i in range(len(numbers)):
        read_group_number(reader, g, &g.registers[g.n_arrays + i], numbers[i])
    for i in range(g.n_calls):
        read_group_call(reader, g, i, calls[i][0], tuple(calls[i][1]))
    for register, (base, offset) in dict(targets).items():
        read_group_target(reader, g, register, base, offset)
    for i in range(g.n_sums):
        read_group_sum(reader, g, &g.sums[i], tuple(sums[i]))
    check_group_places(g)
    cut_group(program, g)
    pair_calls(g, True)
    pair_calls(g, False)
    assign_group_scratch(program, g)
    remove_absorbed_calls(g)
    return 0


cdef int read_group_array(Reader reader, Group* g, GroupRegister* r, given) except -1:
    cdef npy_intp[2] shape, strides
    base, offset, r.stride = given[:3]
    r.kind, r.itemsize, r.length = AN_ARRAY, g.itemsize, g.size
    r.at.base, r.at.offset = base, offset
    if len(given) > 3:
        r.length, r.row_stride = given[3:]
    if r.length < 1 or g.size % r.length:
        raise ValueError("a group reads rows of another length")
    shape[0], shape[1], strides[0], strides[1] = g.size // r.length, r.length, r.row_stride, r.stride
    r.has_rows = shape[0] > 1 and strides[0] != r.length * strides[1]
    return reader.check_span(&r.at, 2, shape, strides, g.itemsize)


cdef int read_group_number(Reader reader, Group* g, GroupRegister* r, given) except -1:
    cdef npy_intp one = 1, zero = 0
    r.kind, r.itemsize, r.stride = A_NUMBER, g.itemsize, 0
    if isinstance(given, tuple):
        _, offset = given
        r.kind = A_NUMBER_OF_ARENA
        r.at.base, r.at.offset = 0, offset
        return reader.check_span(&r.at, 1, &one, &zero, sizeof(double))
    if not cast_number(given, g.type, &r.number):
        raise ValueError(f"the number {given} is too large for its group")
    return 0


cdef int read_group_call(Reader reader, Group* g, int i, int loop, tuple registers) except -1:
    cdef GroupCall* call = &g.calls[i]
    cdef NamedLoop* named
    cdef GroupRegister* x
    cdef int k, n = g.n_registers - g.n_calls + i
    cdef bint contiguous = True, all_numbers = True
    if not 0 <= loop < reader.n_loops:
        raise ValueError(f"a group names loop {loop} of {reader.n_loops}")
    named = &reader.loops[loop]
    if named.n_outputs != 1 or named.n_inputs != len(registers):
        raise ValueError("a group calls a loop with another number of operands")
    call.n_inputs, call.y = named.n_inputs, n
    for k in range(call.n_inputs):
        call.x[k] = registers[k]
        if not 0 <= call.x[k] < n:
            raise ValueError("a group reads a register before it is written")
        x = &g.registers[call.x[k]]
        if x.itemsize != named.itemsizes[k]:
            raise ValueError("a group calls a loop of another type")
        contiguous = contiguous and (x.stride == x.itemsize or x.stride == 0 and not x.has_rows)
        all_numbers = all_numbers and x.stride == 0
    g.registers[n].kind = A_RESULT
    g.registers[n].itemsize = g.registers[n].stride = named.itemsizes[call.n_inputs]
    call.loop = named.own
    call.keeps_status = named.own.call != named.loop.call and contiguous and not all_numbers
    call.exact = named.exact if call.keeps_status and named.type == DOUBLE else -1
    return 0


cdef int read_group_target(Reader reader, Group* g, int register, base, offset) except -1:
    cdef GroupRegister* r
    if not g.n_registers - g.n_calls <= register < g.n_registers:
        raise ValueError("a target of a group is no result")
    r = &g.registers[register]
    r.has_target = True
    r.at.base, r.at.offset = base, offset
    reader.check_output(r.at.base)
    return reader.check_span(&r.at, 1, &g.size, &r.itemsize, r.itemsize)


cdef int read_group_sum(Reader reader, Group* g, GroupSum* s, tuple given) except -1:
    register, axes, length, base, offset = given
    s.register, s.axes, s.length = register, PAIRWISE if axes == "pairwise" else axes, length
    s.to.base, s.to.offset = base, offset
    if (not 0 <= s.register < g.n_registers or g.registers[s.register].stride != g.itemsize
            or g.registers[s.register].has_rows or g.type > SINGLE):
        raise ValueError("a group sums what is no array of real numbers")
    if s.axes == PAIRWISE:
        s.length = g.size
    if s.axes < 0 or s.axes > PAIRWISE or s.length < 1 or g.size % s.length:
        raise ValueError("a group has a sum of other rows")
    s.total_size = 1
    if s.axes == LEADING_AXES:
        s.total_size = s.length
    elif s.axes == TRAILING_AXES:
        s.total_size = g.size // s.length
    reader.check_output(s.to.base)
    return reader.check_span(&s.to, 1, &s.total_size, &g.itemsize, g.itemsize)


cdef int check_group_places(Group* g) except -1:
    """Raise where a target is memory that the group still reads, or writes elsewhere."""
    cdef int y, k, first = g.n_registers - g.n_calls
    cdef GroupRegister* x
    cdef GroupRegister* to
    cdef Space space
    cdef npy_intp[2] x_strides, y_strides
    space.n_axes = 2
    for y in range(first, g.n_registers):
        to = &g.registers[y]
        if not to.has_target:
            continue
        for k in range(y):
            x = &g.registers[k]
            if x.kind != AN_ARRAY and not x.has_target:
                continue
            space.shape[1] = x.length if x.kind == AN_ARRAY else g.size
            space.shape[0] = g.size // space.shape[1]
            x_strides[0], x_strides[1] = x.row_stride, x.stride
            y_strides[0], y_strides[1] = space.shape[1] * to.itemsize, to.itemsize
            if overlap(&space, &x.at, x_strides, x.itemsize, &to.at, y_strides, to.itemsize) or is_at_target(g, k, y):
                raise ValueError("a group writes to memory that it reads")
    return 0


cdef bint is_at_target(Group* g, int k, int y) noexcept:
    """Whether register `k` has the memory of target `y`, and is a target too or read after `y` is written."""
    cdef int i, j
    if g.registers[k].at.base != g.registers[y].at.base or g.registers[k].at.offset != g.registers[y].at.offset:
        return False
    if g.registers[k].has_target:
        return True
    for i in range(y - g.n_registers + g.n_calls + 1, g.n_calls):
        for j in range(g.calls[i].n_inputs):
            if g.calls[i].x[j] == k:
                return True
    for i in range(g.n_sums):
        if g.sums[i].register == k:
            return True
    return False


# -- Cuts and memory -----------------------------------------------------------------------------

cdef npy_intp wanted_segment(GroupSum* s) noexcept:
    """The segments in which leopard's order of addition makes a sum; 0 for parts of rows; -1 where none is right."""
    if s.axes == ALL_AXES:
        return BLOCK
    if s.axes == PAIRWISE or s.axes == TRAILING_AXES and s.length > BLOCK:
        return -1
    if s.axes == TRAILING_AXES or s.length <= MAX_SHORT_ROW:
        return BLOCK // s.length * s.length
    return 0


cdef bint fits(Group* g, GroupSum* s) noexcept:
    """Whether the cuts of a group are right for a sum."""
    if s.axes == PAIRWISE:
        return g.cuts == IN_TREE
    if g.cuts == IN_TREE or wanted_segment(s) < 0:
        return False
    if wanted_segment(s) == 0:
        return g.row == s.length if g.cuts == IN_ROWS else s.length % g.segment == 0
    if g.cuts == IN_ROWS:
        return False
    return g.segment % s.length == 0 if s.axes == TRAILING_AXES else g.segment == wanted_segment(s)


cdef int cut_group(ReplayProgram program, Group* g) except -1:
    """Choose the segments, after the first sum that decides them; and which sums are made behind the group."""
    cdef int i
    cdef npy_intp wanted, length
    g.cuts, g.segment, g.row, g.pieces = UNIFORM, BLOCK, g.size, 1
    for i in range(g.n_arrays):
        length = g.registers[i].length
        if g.registers[i].has_rows and length <= MAX_SHORT_ROW:
            g.segment = BLOCK // length * length        # whole rows
            break
        if g.registers[i].has_rows:
            g.cuts, g.row, g.pieces = IN_ROWS, length, (length + BLOCK - 1) // BLOCK
            break
    for i in range(g.n_sums):
        wanted = wanted_segment(&g.sums[i])
        if g.sums[i].axes == PAIRWISE:
            g.cuts = IN_TREE
            break
        if wanted > 0:
            g.cuts, g.segment = UNIFORM, wanted
            break
        if wanted == 0:
            g.cuts, g.row = IN_ROWS, g.sums[i].length
            g.pieces = (g.row + BLOCK - 1) // BLOCK
            break
    if g.cuts == IN_TREE:
        g.n_segments = count_leaves(g.size)
        g.starts = <npy_intp*>program.keep((g.n_segments + 1) * sizeof(npy_intp))
        write_leaves(0, g.size, g.starts)[0] = g.size
    elif g.cuts == IN_ROWS:
        g.n_segments = g.size // g.row * g.pieces
    else:
        g.n_segments = (g.size + g.segment - 1) // g.segment
    for i in range(g.n_sums):
        g.sums[i].behind = not fits(g, &g.sums[i])
        if not g.sums[i].behind and g.sums[i].axes == LEADING_AXES:
            g.is_sequential = True
    return 0


cdef inline npy_intp start_of(Group* g, npy_intp segment) noexcept nogil:
    """The element at which a segment begins."""
    if g.cuts == UNIFORM:
        return min(segment * g.segment, g.size)
    if g.cuts == IN_TREE:
        return g.starts[segment]
    return segment // g.pieces * g.row + segment % g.pieces * BLOCK


cdef int assign_group_scratch(ReplayProgram program, Group* g) except -1:
    """Give each result without a target a block of scratch memory, which is free after the last call that reads it."""
    cdef int i, k, y, n_free = 0, first = g.n_registers - g.n_calls
    cdef GroupRegister* r
    cdef int* last = <int*>program.keep((g.n_registers + 1) * sizeof(int))
    cdef int* free = <int*>program.keep((g.n_registers + 1) * sizeof(int))
    for i in range(g.n_calls):
        if g.calls[i].is_absorbed:
            continue
        last[first + i] = i
        for k in range(g.calls[i].n_inputs):
            last[g.calls[i].x[k]] = i
    for i in range(g.n_sums):
        last[g.sums[i].register] = g.n_calls
    for i in range(g.n_calls):
        r = &g.registers[first + i]
        if g.calls[i].is_absorbed:
            continue
        if not r.has_target:        # before its operands' blocks are freed: no call overwrites them
            if n_free:
                n_free -= 1
                r.scratch_block = free[n_free]
            else:
                r.scratch_block = g.n_scratch_blocks
                g.n_scratch_blocks += 1
        for k in range(g.calls[i].n_inputs + 1):
            y = g.calls[i].x[k] if k < g.calls[i].n_inputs else first + i
            r = &g.registers[y]
            if r.kind == A_RESULT and not r.has_target and last[y] == i:
                free[n_free] = r.scratch_block
                n_free += 1
                last[y] = -1        # freed once, also where two operands are the same
    return measure_group_scratch(program, g)


cdef inline npy_intp group_pitch(Group* g) noexcept nogil:
    """Bytes from block to block; no power of two, or they would share cache lines."""
    return BLOCK * max(g.itemsize, <npy_intp>8) + 192


cdef inline npy_intp aligned(npy_intp size) noexcept nogil:
    return (size + 63) & ~<npy_intp>63


cdef int measure_group_scratch(ReplayProgram program, Group* g) except -1:
    """Add up the scratch memory: of a thread, pointers, blocks and what sums need; of all, partial sums and copies."""
    cdef int i
    g.sums_at = aligned(g.n_registers * (sizeof(char*) + sizeof(npy_intp)))
    g.blocks_at = aligned(g.sums_at + g.n_sums * sizeof(BlockwiseSum))
    g.thread_bytes = g.blocks_at + (g.n_scratch_blocks + 1) * group_pitch(g)
    for i in range(g.n_arrays):
        if g.registers[i].has_rows:
            g.registers[i].tile = g.thread_bytes
            g.thread_bytes += aligned((BLOCK + MAX_SHORT_ROW) * g.itemsize) + 192
    for i in range(g.n_sums):
        g.sums[i].copy = g.shared_bytes
        if g.sums[i].behind:
            g.shared_bytes += aligned(g.size * g.itemsize)
        elif g.sums[i].axes == ALL_AXES or g.sums[i].axes == PAIRWISE:
            g.shared_bytes += aligned(g.n_segments * g.itemsize)
    program.scratch_size = max(program.scratch_size, g.shared_bytes + program.n_threads * g.thread_bytes)
    return 0
