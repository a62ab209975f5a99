# Part of arrays.pyx. Sums and products.

# -- Sums ----------------------------------------------------------------------------------------

cdef object sum_all(PyObject* x, int type):
    """The sum of all elements of a contiguous array, 0-d: bit for bit `np.add.reduce`'s."""
    cdef RawArray* a = <RawArray*>x
    cdef npy_intp size = size_of(x)
    cdef const char* data = bytes_of(a)
    cdef char* to
    y = new_array(type, 0, NULL, IN_C_ORDER)
    to = bytes_of(<RawArray*><PyObject*>y)
    memset(to, 0, size_of_type(type))
    held = <object>x
    leopard_clear_status()
    if size >= NOGIL_SIZE:
        with nogil:
            add_block(to, data, size, size_of_type(type), type)
    else:
        add_block(to, data, size, size_of_type(type), type)
    if not errstate_ignores(leopard_status()):
        return None
    return y


cdef int summed_axes(RawArray* a, int n_axes, npy_intp* shape, npy_intp* length) noexcept:
    """How an array is summed to a shape that broadcasts to its own, and the length of a row; or NONE."""
    cdef int lead = n_axes_of(a) - n_axes, axis, first = 0, kept_axes = 0
    cdef npy_intp size = 1, kept = 1
    cdef npy_intp* x = shape_of(a)
    if lead < 0:
        return NONE
    for axis in range(n_axes_of(a)):
        size *= x[axis]
    for axis in range(n_axes):
        if shape[axis] != x[axis + lead] and shape[axis] != 1:
            return NONE
        kept *= shape[axis]
    if size == 0:
        return NONE
    if kept == 1:
        length[0] = size
        return ALL_AXES
    while shape[first] == 1:            # repeated are the leading axes,
        first += 1
    axis = first
    while axis < n_axes and shape[axis] == x[axis + lead]:
        axis += 1
    if axis == n_axes:
        length[0] = kept
        return LEADING_AXES
    while lead == 0 and kept_axes < n_axes and shape[kept_axes] == x[kept_axes]:
        kept_axes += 1
    axis = kept_axes                    # or the trailing ones
    while axis < n_axes and shape[axis] == 1:
        axis += 1
    if lead == 0 and axis == n_axes:
        length[0] = size // kept
        return TRAILING_AXES
    return NONE


cdef object sum_to_shape(PyObject* x, int n_axes, npy_intp* shape):
    """Sum an array over the axes that broadcasting from `shape` has repeated; None where NumPy has to."""
    cdef RawArray* a = <RawArray*>x
    cdef int type = type_of(x), axes, status
    cdef npy_intp size, length
    cdef const char* data = bytes_of(a)
    cdef char* to
    cdef BlockwiseSum fold
    cdef char[BLOCK * 16] scratch
    axes = summed_axes(a, n_axes, shape, &length) if type >= 0 else NONE
    if axes == NONE or type >= COMPLEX or not (flags_of(a) & C_ORDER or is_uniform(a)):
        return None
    y = new_array(type, n_axes, shape, IN_C_ORDER)
    to = bytes_of(<RawArray*><PyObject*>y)
    size = size_of(x)
    if is_uniform(a):
        if fill_product(to, data, size_of(<PyObject*>y), size // size_of(<PyObject*>y), type):
            return y
        return None                     # it overflows: NumPy says so
    if size == size_of(<PyObject*>y):
        memcpy(to, data, size * size_of_type(type))
        return y
    memset(to, 0, size_of(<PyObject*>y) * size_of_type(type))
    begin_blockwise_sum(&fold, <SummedAxes>axes, type, to, length)
    held = <object>x
    leopard_clear_status()
    with nogil:
        sum_blockwise(&fold, data, size, scratch)
        status = leopard_status()
    return y if status == 0 or errstate_ignores(status) else None


cdef bint is_uniform(RawArray* a) noexcept:
    """Is one element repeated all over?"""
    cdef int axis
    for axis in range(n_axes_of(a)):
        if strides_of(a)[axis] != 0 and shape_of(a)[axis] != 1:
            return False
    return True


cdef bint fill_product(char* to, const char* value, npy_intp n, npy_intp times, int type) noexcept:
    """The sum of so many equal numbers, n times; false when it overflows."""
    cdef Number product, number
    cdef npy_intp i
    cdef double x
    memcpy(&number, value, size_of_type(type))      # which is wider, and would have to lie elsewhere
    x = real_of(&number, type)
    if not cast_number(x * times, type, &product) or isinf(x * times) and not isinf(x):
        return False
    for i in range(n):
        if type == DOUBLE:
            (<double*>to)[i] = product.real[0]
        else:
            (<float*>to)[i] = product.single[0]
    return True


def sum_to(x, shape):
    """`sum_to_shape` for Python: an ndarray, or None where it has no way of its own."""
    cdef npy_intp[MAX_AXES] dims
    cdef int axis, n = len(shape)
    if n > MAX_AXES or not cnp.PyArray_CheckExact(x):
        return None
    for axis in range(n):
        dims[axis] = shape[axis]
    return sum_to_shape(<PyObject*>x, n, dims)


cdef bint add_into(PyObject* a, PyObject* g) except -1:
    """a += g for arrays that lie alike, the first of them exclusive; false when NumPy has to."""
    cdef RawArray* to = <RawArray*>a
    cdef RawArray* more = <RawArray*>g
    cdef int type = type_of(a), status
    cdef npy_intp n, stride
    if type < 0 or type_of(g) != type or not same_shape(a, g):
        return False
    n = size_of(a)
    stride = size_of_type(type)
    if is_uniform(more):
        if not flags_of(to) & (C_ORDER | F_ORDER):
            return False
        stride = 0
    elif not flags_of(to) & flags_of(more) & (C_ORDER | F_ORDER):
        return False
    leopard_clear_status()
    if n >= NOGIL_SIZE:
        held = <object>a, <object>g     # while the interpreter is unlocked, others may let go of them
        with nogil:
            add_row(bytes_of(to), bytes_of(to), bytes_of(more), n, size_of_type(type), stride, type)
    else:
        add_row(bytes_of(to), bytes_of(to), bytes_of(more), n, size_of_type(type), stride, type)
    status = leopard_status()
    if not errstate_ignores(status):
        report_addition_status(status)
    return True


cdef int report_addition_status(int status) except -1:
    """The sum stands already: let NumPy say of another sum what is to be said of this one."""
    largest = np.array(np.finfo(np.float64).max)
    if status & LEOPARD_OVER:
        np.add(largest, largest)
    if status & LEOPARD_INVALID:
        np.add(np.array(np.inf), np.array(-np.inf))
    return 0


# -- Products ------------------------------------------------------------------------------------

cdef Loop[N_TYPES] MATMUL
for _type in range(N_TYPES):
    MATMUL[_type] = find_loop(np.matmul, _type)


cdef object scaled(PyObject* x, double factor):
    """A vector of float64, times a number: a new array."""
    cdef RawArray* a = <RawArray*>x
    cdef npy_intp n = size_of(x)
    cdef char* args[3]
    cdef npy_intp strides[3]
    cdef int status
    y = new_array(DOUBLE, 1, shape_of(a), IN_C_ORDER)
    args[0], args[1], args[2] = bytes_of(a), <char*>&factor, bytes_of(<RawArray*><PyObject*>y)
    strides[0], strides[1], strides[2] = strides_of(a)[0], 0, sizeof(double)
    leopard_clear_status()
    MULTIPLY[DOUBLE].call(args, &n, strides, MULTIPLY[DOUBLE].data)
    status = leopard_status()
    return y if status == 0 or errstate_ignores(status) else np.multiply(<object>x, factor)


cdef object product(PyObject* a, bint transpose_a, PyObject* b, bint transpose_b, bint exactly):
    """Product of two matrices or vectors by `np.matmul`'s own loop; None where NumPy has to.

    Where the inner size is 1 each element is one product; NumPy's loop adds it to 0, which is slower and
    only tells in the sign of a zero (`exactly`).

    A vector counts as a row on the left and as a column on the right. What is to be transposed is
    a matrix, or a vector that counts the other way: a column on the left, a row on the right.
    """
    cdef RawArray* x0 = <RawArray*>a
    cdef RawArray* x1 = <RawArray*>b
    cdef int type = type_of(a), n_axes = 0, status
    cdef npy_intp[2] rows, columns, down, along      # of each: shape and steps
    cdef npy_intp[2] shape
    cdef npy_intp[4] dims
    cdef npy_intp[9] steps
    cdef char* args[3]
    cdef bint keeps_row, keeps_column
    if (type < 0 or type_of(b) != type or not 1 <= n_axes_of(x0) <= 2 or not 1 <= n_axes_of(x1) <= 2
            or MATMUL[type].call == NULL):
        return None
    lay_matrix(x0, 0, transpose_a, &rows[0], &columns[0], &down[0], &along[0])
    lay_matrix(x1, 1, transpose_b, &rows[1], &columns[1], &down[1], &along[1])
    if columns[0] != rows[1] or rows[0] == 0 or columns[0] == 0 or columns[1] == 0:
        return None
    keeps_row = n_axes_of(x0) == 2 or transpose_a
    keeps_column = n_axes_of(x1) == 2 or transpose_b
    if keeps_row:
        shape[n_axes] = rows[0]
        n_axes += 1
    if keeps_column:
        shape[n_axes] = columns[1]
        n_axes += 1
    y = new_array(type, n_axes, shape, IN_C_ORDER)
    dims[0], dims[1], dims[2], dims[3] = 1, rows[0], columns[0], columns[1]
    memset(steps, 0, sizeof(steps))
    steps[3], steps[4], steps[5], steps[6] = down[0], along[0], down[1], along[1]
    steps[8] = size_of_type(type)
    steps[7] = columns[1] * steps[8]
    args[0], args[1], args[2] = bytes_of(x0), bytes_of(x1), bytes_of(<RawArray*><PyObject*>y)
    leopard_clear_status()
    if columns[0] == 1 and not exactly:
        outer_product(args, dims, steps, type)
        status = leopard_status()
    elif rows[0] * columns[0] * columns[1] >= NOGIL_SIZE:
        held = <object>a, <object>b
        with nogil:
            MATMUL[type].call(args, dims, steps, MATMUL[type].data)
            status = leopard_status()
    else:
        MATMUL[type].call(args, dims, steps, MATMUL[type].data)
        status = leopard_status()
    return y if errstate_ignores(status) else None


cdef void outer_product(char** args, npy_intp* dims, npy_intp* steps, int type) noexcept nogil:
    """A column times a row."""
    cdef npy_intp i, n = dims[3]
    cdef char* now[3]
    cdef npy_intp strides[3]
    strides[0], strides[1], strides[2] = 0, steps[6], steps[8]
    for i in range(dims[1]):
        now[0], now[1], now[2] = args[0] + i * steps[3], args[1], args[2] + i * steps[7]
        MULTIPLY[type].call(now, &n, strides, MULTIPLY[type].data)


cdef inline void lay_matrix(
    RawArray* a, int side, bint transpose, npy_intp* rows, npy_intp* columns, npy_intp* down, npy_intp* along
) noexcept:
    if n_axes_of(a) == 2:
        rows[0], columns[0] = shape_of(a)[transpose], shape_of(a)[not transpose]
        down[0], along[0] = strides_of(a)[transpose], strides_of(a)[not transpose]
    elif side ^ transpose:      # a column
        rows[0], columns[0], down[0], along[0] = shape_of(a)[0], 1, strides_of(a)[0], 0
    else:                       # a row
        rows[0], columns[0], down[0], along[0] = 1, shape_of(a)[0], 0, strides_of(a)[0]
