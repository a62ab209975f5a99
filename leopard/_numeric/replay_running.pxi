# Part of replay.pyx. The steps of a program are run. No Python object is touched here.

cdef inline char* address(Run* run, Place* at) noexcept nogil:
    return run.bases[at.base] + at.offset


cdef int run_steps(ReplayStep* steps, int first, int n, Run* run) noexcept nogil:
    """Run steps from `first` on; returns the place of the first that calls Python, or `n` when the run has ended."""
    cdef int i
    cdef ReplayStep* step
    for i in range(first, n):
        step = &steps[i]
        if step.kind == ROW:
            run_row(step, run)
        elif step.kind == SCALARS:
            if THREADED:
                run.outcome = leopard_run_threaded(<Instruction*>step.more, run.arena, run.bases, &run.status)
            else:
                run.outcome = leopard_run_switch(<Instruction*>step.more, run.arena, run.bases, &run.status)
            if run.outcome:
                return n
        elif step.kind == ROWS:
            run_rows(step, run)
        elif step.kind == PLANES:
            run_planes(step, run)
        elif step.kind == EXACT_ROWS:
            run_exact_rows(step, run)
        elif step.kind == GROUP:
            run_group(step, run)
            if run.interrupted:
                return n
        elif step.kind == MATMUL_STEP:
            run_matmul(step, run)
        elif step.kind == SUM_ALL:
            run_sum(step, run)
        elif step.kind == SUM_TO:
            run_sum_to(step, run)
        elif step.kind == COPY:
            run_copy(step, run)
        elif step.kind == FILL:
            run_fill(step, run)
        elif step.kind == GUARD:
            if memcmp(address(run, &step.at[0]), step.more, step.n) != 0:
                run.outcome = step.number + 1
                return n
        else:
            return i
        run.work += step.work
        if run.work >= LOOK_WORK and is_interrupted(run):
            return n
    return n


cdef bint is_interrupted(Run* run) noexcept nogil:
    """Look for signals during a long run; true where one has raised."""
    run.work = 0
    run.status |= leopard_status()
    with gil:
        try:
            PyErr_CheckSignals()
        except BaseException as error:
            pending_errors.append(error)
            run.interrupted = True
    leopard_clear_status()              # a handler may have computed
    return run.interrupted


cdef inline void run_row(ReplayStep* step, Run* run) noexcept nogil:
    """Call a loop once."""
    cdef char* args[MAX_OPERANDS]
    cdef npy_intp n = step.n
    cdef int k
    for k in range(step.n_operands):
        args[k] = address(run, &step.at[k])
    if not step.keeps_status:
        run.status |= leopard_status()
    step.loop.call(args, &n, step.strides, step.loop.data)


cdef void run_rows(ReplayStep* step, Run* run) noexcept nogil:
    """Call a loop for each row of a nest."""
    cdef Nest* nest = <Nest*>step.more
    cdef Operand operands[MAX_OPERANDS]
    cdef char* rows[MAX_OPERANDS]
    cdef char* args[MAX_OPERANDS]
    cdef npy_intp index[MAX_AXES]
    cdef npy_intp n = step.n
    cdef int k, axis
    for k in range(nest.space.n_axes):
        if nest.space.shape[k] == 0:
            return
        index[k] = 0
    for k in range(step.n_operands):
        rows[k] = address(run, &step.at[k])
        for axis in range(nest.space.n_axes):
            operands[k].strides[axis] = nest.strides[k][axis]
    while True:
        for k in range(step.n_operands):    # a loop may move the pointers that it is given
            args[k] = rows[k]
        if not step.keeps_status:
            run.status |= leopard_status()
        step.loop.call(args, &n, step.strides, step.loop.data)
        if not next_row(index, &nest.space, nest.space.n_axes - 1, rows, operands, step.n_operands):
            return


cdef void run_exact_rows(ReplayStep* step, Run* run) noexcept nogil:
    """Call a loop of exact arithmetic for all rows along the last axis but one, and over the axes further out."""
    cdef Nest* nest = <Nest*>step.more
    cdef Operand operands[MAX_OPERANDS]
    cdef npy_intp row_strides[MAX_OPERANDS]
    cdef char* rows[MAX_OPERANDS]
    cdef char* args[MAX_OPERANDS]
    cdef npy_intp index[MAX_AXES]
    cdef npy_intp n = step.n
    cdef int k, axis, rows_axis = nest.space.n_axes - 2
    for k in range(nest.space.n_axes):
        if nest.space.shape[k] == 0:
            return
        index[k] = 0
    for k in range(step.n_operands):
        rows[k] = address(run, &step.at[k])
        row_strides[k] = nest.strides[k][rows_axis]
        for axis in range(rows_axis):
            operands[k].strides[axis] = nest.strides[k][axis]
    while True:
        for k in range(step.n_operands):
            args[k] = rows[k]
        step.rows_loop(args, nest.space.shape[rows_axis], &n, row_strides, step.strides, step.loop.data)
        if not next_row(index, &nest.space, rows_axis, rows, operands, step.n_operands):
            return


cdef struct Planes:         # PLANES while they run
    ReplayStep* step
    Nest* nest
    char* scratch           # a block for each operand
    npy_intp n_copied[MAX_OPERANDS]     # copied rows that are right for every plane


cdef void run_planes(ReplayStep* step, Run* run) noexcept nogil:
    """Call a loop for as many rows of a nest at a time as a block holds."""
    cdef Planes p
    cdef Nest* nest = <Nest*>step.more
    cdef Operand operands[MAX_OPERANDS]
    cdef char* rows[MAX_OPERANDS]
    cdef npy_intp index[MAX_AXES]
    cdef npy_intp row, n, n_rows = nest.space.shape[nest.space.n_axes - 2]
    cdef int k, axis
    p.step, p.nest, p.scratch = step, nest, run.scratch
    for k in range(nest.space.n_axes):
        if nest.space.shape[k] == 0:
            return
        index[k] = 0
    for k in range(step.n_operands):
        rows[k] = address(run, &step.at[k])
        p.n_copied[k] = 0
        for axis in range(nest.space.n_axes):
            operands[k].strides[axis] = nest.strides[k][axis]
    while True:
        row = 0
        while row < n_rows:
            n = min(BLOCK // step.n, n_rows - row)
            if not step.keeps_status:
                run.status |= leopard_status()
            run_short_rows(&p, rows, row, n)
            row += n
        if not next_row(index, &nest.space, nest.space.n_axes - 2, rows, operands, step.n_operands):
            return


cdef void run_short_rows(Planes* p, char** rows, npy_intp row, npy_intp n) noexcept nogil:
    """Call the loop once for `n` rows."""
    cdef Nest* nest = p.nest
    cdef ReplayStep* step = p.step
    cdef int last = nest.space.n_axes - 1, k
    cdef char* args[MAX_OPERANDS]
    cdef npy_intp strides[MAX_OPERANDS]
    cdef npy_intp size = n * step.n, i
    for k in range(step.n_operands):
        strides[k] = step.strides[k]
        if nest.in_place[k]:
            args[k] = rows[k] + row * nest.strides[k][last - 1]
            continue
        args[k] = p.scratch + k * PLANE_PITCH
        if k >= nest.n_inputs or n <= p.n_copied[k]:
            continue
        copy_rows(
            args[k], rows[k] + row * nest.strides[k][last - 1], nest.strides[k][last - 1], nest.strides[k][last],
            n, step.n, nest.itemsizes[k],
        )
        if nest.is_one_row[k]:
            p.n_copied[k] = n
    step.loop.call(args, &size, strides, step.loop.data)
    for k in range(nest.n_inputs, step.n_operands):
        if not nest.in_place[k]:
            for i in range(n):
                copy_row(
                    rows[k] + (row + i) * nest.strides[k][last - 1], nest.strides[k][last],
                    p.scratch + k * PLANE_PITCH + i * step.n * nest.itemsizes[k], nest.itemsizes[k], step.n,
                    nest.itemsizes[k],
                )


cdef void copy_rows(
    char* to, const char* x, npy_intp row_stride, npy_intp stride, npy_intp n, npy_intp length, npy_intp itemsize
) noexcept nogil:
    """Copy `n` strided rows to contiguous memory; one row that is repeated is copied by doubling."""
    cdef npy_intp i, j, row_bytes = length * itemsize
    cdef double value
    if row_stride == 0:
        copy_row(to, itemsize, x, stride, length, itemsize)
        repeat(to, row_bytes, n * row_bytes)
    elif stride == 0 and itemsize == 8:
        for i in range(n):
            value = (<double*>(x + i * row_stride))[0]
            for j in range(length):
                (<double*>to)[j] = value
            to += row_bytes
    else:
        for i in range(n):
            copy_row(to + i * row_bytes, itemsize, x + i * row_stride, stride, length, itemsize)


cdef void run_matmul(ReplayStep* step, Run* run) noexcept nogil:
    cdef Matrices* p = <Matrices*>step.more
    cdef Factor a, b
    if p.k == 1 and step.type <= SINGLE and p.b_strides[1] == size_of_type(step.type):
        run_outer_product(step, run)
        return
    run.status |= leopard_status()
    a.data, a.rows, a.columns = address(run, &step.at[0]), p.m, p.k
    a.row_stride, a.column_stride = p.a_strides[0], p.a_strides[1]
    b.data, b.rows, b.columns = address(run, &step.at[1]), p.k, p.n
    b.row_stride, b.column_stride = p.b_strides[0], p.b_strides[1]
    if p.k == 1 and not step.number:
        outer_product(&a, &b, address(run, &step.at[2]), step.type)
    else:
        call_matmul(&a, &b, address(run, &step.at[2]), step.type)


cdef void run_outer_product(ReplayStep* step, Run* run) noexcept nogil:
    """A column times a contiguous row: NumPy's product adds each to 0, which makes -0 to 0 where `signed_zeros`."""
    cdef Matrices* p = <Matrices*>step.more
    cdef char* a = address(run, &step.at[0])
    cdef char* b = address(run, &step.at[1])
    cdef char* y = address(run, &step.at[2])
    if step.type == DOUBLE:
        EXACT.outer_double(a, p.a_strides[0], <double*>b, <double*>y, p.m, p.n, step.number)
    else:
        EXACT.outer_float(a, p.a_strides[0], <float*>b, <float*>y, p.m, p.n, step.number)


cdef void run_sum(ReplayStep* step, Run* run) noexcept nogil:
    """The sum of a row, pairwise, as `np.add.reduce` makes it."""
    cdef char* to = address(run, &step.at[1])
    run.status |= leopard_status()
    memset(to, 0, size_of_type(step.type))
    add_strided(to, to, address(run, &step.at[0]), step.n, 0, step.strides[0], step.type)


cdef void run_sum_to(ReplayStep* step, Run* run) noexcept nogil:
    cdef BlockwiseSum s
    cdef char[BLOCK * 16] scratch
    cdef char* to = address(run, &step.at[1])
    run.status |= leopard_status()
    memset(to, 0, step.strides[1])
    begin_blockwise_sum(&s, <SummedAxes>step.number, step.type, to, step.strides[0])
    sum_blockwise(&s, address(run, &step.at[0]), step.n, scratch)


# -- Memory --------------------------------------------------------------------------------------

cdef void run_copy(ReplayStep* step, Run* run) noexcept nogil:
    """Copy elements of any size and strides."""
    cdef Nest* nest = <Nest*>step.more
    cdef Operand operands[MAX_OPERANDS]
    cdef char* rows[MAX_OPERANDS]
    cdef npy_intp index[MAX_AXES]
    cdef int k, axis
    rows[0], rows[1] = address(run, &step.at[0]), address(run, &step.at[1])
    if nest == NULL:
        copy_row(rows[1], step.strides[1], rows[0], step.strides[0], step.n, step.type)
        return
    for k in range(nest.space.n_axes):
        if nest.space.shape[k] == 0:
            return
        index[k] = 0
    for k in range(2):
        for axis in range(nest.space.n_axes):
            operands[k].strides[axis] = nest.strides[k][axis]
    while True:
        copy_row(rows[1], step.strides[1], rows[0], step.strides[0], step.n, step.type)
        if not next_row(index, &nest.space, nest.space.n_axes - 1, rows, operands, 2):
            return


cdef inline void copy_row(
    char* to, npy_intp stride, const char* x, npy_intp x_stride, npy_intp n, npy_intp itemsize
) noexcept nogil:
    cdef npy_intp i
    if stride == itemsize and x_stride == itemsize or n == 1:
        memmove(to, x, n * itemsize)
    elif itemsize == 8:
        for i in range(n):
            (<double*>(to + i * stride))[0] = (<double*>(x + i * x_stride))[0]
    elif itemsize == 4:
        for i in range(n):
            (<float*>(to + i * stride))[0] = (<float*>(x + i * x_stride))[0]
    else:
        for i in range(n):
            memcpy(to + i * stride, x + i * x_stride, itemsize)


cdef void run_fill(ReplayStep* step, Run* run) noexcept nogil:
    cdef char* to = address(run, &step.at[0])
    cdef npy_intp i
    if step.type == 1:
        memset(to, (<unsigned char*>step.more)[0], step.n)
    elif step.type == 8:
        for i in range(step.n):
            (<double*>to)[i] = (<double*>step.more)[0]
    else:
        for i in range(step.n):
            memcpy(to + i * step.type, step.more, step.type)
