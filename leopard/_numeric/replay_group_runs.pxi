# Part of replay.pyx. Groups are run: all calls for a segment, then all sums, then the next segment.

cdef struct GroupRun:       # a group while it runs; shared by its threads
    Group* group
    Run* run
    char* shared            # scratch memory of all
    int n_threads
    int status[MAX_THREADS] # flags that each thread has seen


cdef struct GroupPart:      # the segments of one thread while they run
    Run* run
    Group* group
    char* shared            # scratch memory of all threads, and of this one
    char* scratch
    char** blocks           # of each register, the first element of the current segment
    npy_intp* strides       # and the step from element to element
    BlockwiseSum* sums
    int status


cdef void run_group(ReplayStep* step, Run* run) noexcept nogil:
    cdef GroupRun r
    cdef Group* g = <Group*>step.more
    cdef int i
    run.status |= leopard_status()
    r.group, r.run, r.shared = g, run, run.scratch
    memset(r.status, 0, sizeof(r.status))
    r.n_threads = 1
    if run.n_threads > 1 and not g.is_sequential:
        r.n_threads = <int>max(<npy_intp>1, min(<npy_intp>run.n_threads, g.size * (g.n_calls + 1) // SPLIT_SIZE // 4))
        r.n_threads = <int>min(<npy_intp>r.n_threads, g.n_segments)
    for i in range(g.n_sums):
        if not g.sums[i].behind:
            memset(address(run, &g.sums[i].to), 0, g.sums[i].total_size * g.itemsize)
    if r.n_threads == 1 or not leopard_run_on_threads(run_group_part, &r, r.n_threads):
        r.n_threads = 1
        run_group_part(&r, 0)
    for i in range(r.n_threads):
        run.status |= r.status[i]
    if not run.interrupted:
        for i in range(g.n_sums):
            end_group_sum(&r, &g.sums[i])


cdef void run_group_part(void* shared, int thread) noexcept nogil:
    """Run the segments of one thread."""
    cdef GroupRun* r = <GroupRun*>shared
    cdef Group* g = r.group
    cdef npy_intp first = g.n_segments * thread // r.n_threads, last = g.n_segments * (thread + 1) // r.n_threads
    cdef npy_intp segment, start, n, next, work = 0
    cdef GroupPart p
    p.scratch = r.shared + g.shared_bytes + thread * g.thread_bytes
    p.run, p.group, p.shared, p.status = r.run, g, r.shared, 0
    p.blocks = <char**>p.scratch
    p.strides = <npy_intp*>(p.blocks + g.n_registers)
    p.sums = <BlockwiseSum*>(p.scratch + g.sums_at)
    begin_group_part(&p, start_of(g, first))
    if thread:
        leopard_clear_status()
    for segment in range(first, last):
        start = start_of(g, segment)
        n = start_of(g, segment + 1) - start
        next = start_of(g, segment + 2) - start - n if g.size >= PREFETCHED_SIZE and segment + 1 < last else 0
        run_segment(&p, start, n, next)
        sum_segment(&p, segment, start, n)
        work += n * (g.n_calls + g.n_sums)
        if work >= LOOK_WORK:
            work = 0
            if thread == 0 and is_interrupted(r.run):
                return
    r.status[thread] = p.status | leopard_status()


cdef void begin_group_part(GroupPart* p, npy_intp start) noexcept nogil:
    """Set the addresses of the numbers and of the scratch blocks, and begin the sums."""
    cdef Group* g = p.group
    cdef GroupRegister* x
    cdef int i
    for i in range(g.n_registers):
        x = &g.registers[i]
        p.strides[i] = x.stride
        if x.kind == A_NUMBER:
            p.blocks[i] = <char*>&x.number
        elif x.kind == A_NUMBER_OF_ARENA:
            p.blocks[i] = address(p.run, &x.at)
        elif x.kind == A_RESULT and not x.has_target:
            p.blocks[i] = p.scratch + g.blocks_at + x.scratch_block * group_pitch(g)
        elif x.has_rows and x.row_stride == 0 and x.length <= MAX_SHORT_ROW:    # for good: it repeats itself
            copy_row(p.scratch + x.tile, x.itemsize, address(p.run, &x.at), x.stride, x.length, x.itemsize)
            repeat(p.scratch + x.tile, x.length * x.itemsize, (BLOCK + x.length) * x.itemsize)
            p.strides[i] = x.itemsize
    for i in range(g.n_sums):
        if not g.sums[i].behind and g.sums[i].axes != PAIRWISE:
            begin_blockwise_sum(
                &p.sums[i], <SummedAxes>g.sums[i].axes, g.type, address(p.run, &g.sums[i].to), g.sums[i].length
            )
            p.sums[i].done = start


cdef inline void repeat(char* to, npy_intp period, npy_intp size) noexcept nogil:
    """Repeat the first bytes until so many are written."""
    cdef npy_intp done = period, n
    while done < size:
        n = min(done, size - done)
        memcpy(to + done, to, n)
        done += n


cdef void place_rows(GroupPart* p, int i, npy_intp start, npy_intp n) noexcept nogil:
    """Let register `i` be the elements from `start` on of an array of rows: in their place, or copied."""
    cdef GroupRegister* x = &p.group.registers[i]
    cdef npy_intp row = start // x.length, column = start % x.length, count
    cdef char* source = address(p.run, &x.at) + row * x.row_stride
    cdef char* to = p.scratch + x.tile
    if x.row_stride == 0 and x.length <= MAX_SHORT_ROW:
        p.blocks[i] = to + column * x.itemsize
        return
    if column + n <= x.length:
        p.blocks[i], p.strides[i] = source + column * x.stride, x.stride
        return
    p.blocks[i], p.strides[i] = to, x.itemsize
    if column == 0 and n % x.length == 0:
        copy_rows(to, source, x.row_stride, x.stride, n // x.length, x.length, x.itemsize)
        return
    while n:
        count = min(n, x.length - column)
        copy_row(to, x.itemsize, source + column * x.stride, x.stride, count, x.itemsize)
        to += count * x.itemsize
        source += x.row_stride
        n -= count
        column = 0


cdef inline void run_segment(GroupPart* p, npy_intp start, npy_intp n, npy_intp next) noexcept nogil:
    """Make all calls for one segment, and prefetch the `next` elements."""
    cdef Group* g = p.group
    cdef GroupRegister* x
    cdef GroupCall* call
    cdef char* args[MAX_OPERANDS]
    cdef npy_intp strides[MAX_OPERANDS]
    cdef npy_intp count
    cdef int i, k
    for i in range(g.n_arrays):
        x = &g.registers[i]
        if x.has_rows:
            place_rows(p, i, start, n)
        else:
            p.blocks[i] = address(p.run, &x.at) + start * x.stride
    for i in range(g.n_calls):
        call = &g.calls[i]
        for k in range(call.n_inputs):
            args[k], strides[k] = p.blocks[call.x[k]], p.strides[call.x[k]]
        x = &g.registers[call.y]
        if x.has_target:
            p.blocks[call.y] = address(p.run, &x.at) + start * x.itemsize
        args[call.n_inputs], strides[call.n_inputs] = p.blocks[call.y], x.itemsize
        if not call.keeps_status:
            p.status |= leopard_status()        # NumPy's loops may clear the flags
        if next:
            prefetch_part(p, i, start + n, next)
        count = n
        call.loop.call(args, &count, strides, call.loop.data)


cdef void prefetch_part(GroupPart* p, int i, npy_intp start, npy_intp n) noexcept nogil:
    """Before call `i`, prefetch one part in ``n_calls`` of what the next segment reads and writes."""
    cdef Group* g = p.group
    cdef GroupRegister* x
    cdef npy_intp first, last
    cdef char* block
    cdef int k
    for k in range(g.n_registers):
        x = &g.registers[k]
        if x.kind == AN_ARRAY and x.stride == x.itemsize and not x.has_rows or x.has_target:
            first, last = n * x.itemsize * i // g.n_calls & ~63, n * x.itemsize * (i + 1) // g.n_calls
            block = address(p.run, &x.at) + start * x.itemsize
            while first < last:
                if x.has_target:
                    leopard_prefetch_to_write(block + first)
                else:
                    leopard_prefetch(block + first)
                first += 64


cdef inline void sum_segment(GroupPart* p, npy_intp segment, npy_intp start, npy_intp n) noexcept nogil:
    """Add one segment to all sums, or copy it for those that are made behind the group."""
    cdef Group* g = p.group
    cdef GroupSum* s
    cdef char* x
    cdef char* to
    cdef int i
    for i in range(g.n_sums):
        s = &g.sums[i]
        x = p.blocks[s.register]
        if s.behind:
            memcpy(p.shared + s.copy + start * g.itemsize, x, n * g.itemsize)
        elif s.axes == PAIRWISE or s.axes == ALL_AXES:
            to = p.shared + s.copy + segment * g.itemsize
            memset(to, 0, g.itemsize)
            add_strided(to, to, x, n, 0, g.itemsize, g.type)
        else:
            sum_next_block(&p.sums[i], x, n, p.scratch + g.blocks_at + g.n_scratch_blocks * group_pitch(g))


cdef void end_group_sum(GroupRun* r, GroupSum* s) noexcept nogil:
    """Add the partial sums of the segments, or what has been copied."""
    cdef Group* g = r.group
    cdef BlockwiseSum whole
    cdef char[BLOCK * 16] scratch
    cdef char* to = address(r.run, &s.to)
    cdef char* source = r.shared + s.copy
    cdef npy_intp i
    if s.behind:
        memset(to, 0, s.total_size * g.itemsize)
        if s.axes == PAIRWISE:
            add_strided(to, to, source, g.size, 0, g.itemsize, g.type)
            return
        begin_blockwise_sum(&whole, <SummedAxes>s.axes, g.type, to, s.length)
        sum_blockwise(&whole, source, g.size, scratch)
    elif s.axes == PAIRWISE:
        if g.type == DOUBLE:
            (<double*>to)[0] += add_leaves_of_double(g.size, <double**>&source)
        else:
            (<float*>to)[0] += add_leaves_of_single(g.size, <float**>&source)
    elif s.axes == ALL_AXES:
        begin_blockwise_sum(&whole, ALL_AXES, g.type, to, s.length)
        for i in range(g.n_segments):           # a sum of one block is that block's
            sum_next_block(&whole, source + i * g.itemsize, 1, scratch)
        end_blockwise_sum(&whole)


cdef double add_leaves_of_double(npy_intp n, double** next) noexcept nogil:
    """Add the sums of the leaves of a node of NumPy's pairwise tree, as NumPy adds them."""
    cdef double first
    if n <= BLOCK:
        next[0] += 1
        return (next[0] - 1)[0]
    first = add_leaves_of_double(tree_node(n), next)
    return first + add_leaves_of_double(n - tree_node(n), next)


cdef float add_leaves_of_single(npy_intp n, float** next) noexcept nogil:
    cdef float first
    if n <= BLOCK:
        next[0] += 1
        return (next[0] - 1)[0]
    first = add_leaves_of_single(tree_node(n), next)
    return first + add_leaves_of_single(n - tree_node(n), next)
