# Part of loops.pyx. Sums of gradients to the shapes of their inputs.
#
# A blockwise sum takes the elements of a contiguous array in order, a block at a time. The blocks are the same
# whether the array is summed as a whole or made block by block in a program, and so are the bits of the sum.

cdef void begin_blockwise_sum(BlockwiseSum* s, SummedAxes axes, int type, char* total, npy_intp length) noexcept nogil:
    """Begin a sum into `total`, which holds zeros; `length` is that of a row (of all elements for ALL_AXES)."""
    s.axes, s.type, s.total, s.length = axes, type, total, length
    s.done = s.n_blocks = 0


cdef void sum_next_block(BlockwiseSum* s, const char* x, npy_intp n, char* scratch) noexcept nogil:
    """Add the next `n` elements: a part of a row, or whole rows that together are no longer than a block.

    `scratch` has room for half of them.
    """
    cdef npy_intp itemsize = size_of_type(s.type), start
    cdef char* to
    if s.axes == ALL_AXES:
        add_block_sum(s, x, n)
    elif s.axes == TRAILING_AXES:
        start = 0
        while start < n:
            to = s.total + (s.done + start) // s.length * itemsize
            add_strided(to, to, x + start * itemsize, s.length, 0, itemsize, s.type)
            start += s.length
    elif n < s.length:
        to = s.total + s.done % s.length * itemsize
        add_strided(to, to, x, n, itemsize, itemsize, s.type)
    else:
        add_rows(s.total, x, n // s.length, s.length, s.type, scratch)
    s.done += n


cdef inline void add_block_sum(BlockwiseSum* s, const char* x, npy_intp n) noexcept nogil:
    """Add the sum of a block to the partial sums, pairwise: sums of equally many blocks are added to each other."""
    cdef npy_intp itemsize = size_of_type(s.type)
    cdef Number sum
    cdef int level = 0
    sum.real[0] = sum.real[1] = 0
    add_strided(<char*>&sum, <char*>&sum, x, n, 0, itemsize, s.type)
    while s.n_blocks >> level & 1:
        add_strided(<char*>&sum, <char*>&s.partial[level], <char*>&sum, 1, itemsize, itemsize, s.type)
        level += 1
    s.partial[level] = sum
    s.n_blocks += 1


cdef void add_rows(char* total, const char* x, npy_intp n, npy_intp length, int type, char* scratch) noexcept nogil:
    """Add `n` rows to `total`, pairwise: the second half of them is added to the first until one row is left."""
    cdef npy_intp itemsize = size_of_type(type), row_bytes = length * itemsize, half
    while n > 1:
        if n & 1:
            n -= 1
            add_strided(total, total, x + n * row_bytes, length, itemsize, itemsize, type)
        half = n // 2
        add_strided(scratch, x, x + half * row_bytes, half * length, itemsize, itemsize, type)
        x, n = scratch, half
    add_strided(total, total, x, length, itemsize, itemsize, type)


cdef void end_blockwise_sum(BlockwiseSum* s) noexcept nogil:
    """Add the partial sums that are left to the total, the latest first."""
    cdef npy_intp itemsize = size_of_type(s.type)
    cdef int level = 0
    if s.axes != ALL_AXES:
        return
    while s.n_blocks >> level:
        if s.n_blocks >> level & 1:
            add_strided(s.total, s.total, <char*>&s.partial[level], 1, itemsize, itemsize, s.type)
        level += 1


cdef void sum_blockwise(BlockwiseSum* s, const char* x, npy_intp n, char* scratch) noexcept nogil:
    """Sum a whole array in the blocks in which a program would make it; `scratch` has room for a block."""
    cdef npy_intp start = 0, block = BLOCK, count
    if s.axes == TRAILING_AXES:
        block = s.length
    elif s.axes == LEADING_AXES:
        block = BLOCK // s.length * s.length if s.length <= MAX_SHORT_ROW else s.length
    while start < n:
        count = min(block, n - start)
        sum_next_block(s, x + start * size_of_type(s.type), count, scratch)
        start += count
    end_blockwise_sum(s)
