# Part of arrays.pyx. Products of matrices and vectors.

cdef Loop[N_TYPES] MATMUL
for _type in range(N_TYPES):
    MATMUL[_type] = find_loop(np.matmul, _type)


cdef bint has_matmul(int type) noexcept nogil:
    """True if products of this type have a loop."""
    return MATMUL[type].call != NULL


cdef object scaled(PyObject* x, double factor):
    """A vector of float64 times a number: a new array."""
    cdef RawArray* a = <RawArray*>x
    cdef int status
    y = new_array(DOUBLE, 1, shape_of(a), IN_C_ORDER)
    leopard_clear_status()
    call_strided(
        &MULTIPLY[DOUBLE], bytes_of(a), strides_of(a)[0], <char*>&factor, 0, bytes_of(<RawArray*><PyObject*>y),
        sizeof(double), size_of(x),
    )
    status = leopard_status()
    return y if status == 0 or errstate_ignores(status) else np.multiply(<object>x, factor)


cdef inline void read_factor(RawArray* a, bint vector_is_column, bint transpose, Factor* f) noexcept:
    """Read a factor from a vector or matrix, which may be transposed; a vector is a row or a column."""
    f.data = bytes_of(a)
    if n_axes_of(a) == 2:
        f.rows, f.columns = shape_of(a)[transpose], shape_of(a)[not transpose]
        f.row_stride, f.column_stride = strides_of(a)[transpose], strides_of(a)[not transpose]
    elif vector_is_column ^ transpose:
        f.rows, f.columns, f.row_stride, f.column_stride = shape_of(a)[0], 1, strides_of(a)[0], 0
    else:
        f.rows, f.columns, f.row_stride, f.column_stride = 1, shape_of(a)[0], 0, strides_of(a)[0]


cdef object product(PyObject* a, bint transpose_a, PyObject* b, bint transpose_b, bint signed_zeros):
    """The product of two matrices or vectors by `np.matmul`'s own loop; None where NumPy has to compute it.

    A vector is a row on the left and a column on the right, or the other way round if it is to be transposed.
    The result has an axis of rows unless the left factor is a vector that is not transposed, and an axis of columns
    unless the right one is.

    Where the inner size is 1 each element is one product. NumPy's loop adds it to 0, which is slower and changes
    nothing but the sign of a zero: so this is done only if `signed_zeros` is true.
    """
    cdef int type = type_of(a), n_axes = 0
    cdef npy_intp[2] shape
    cdef Factor x0, x1
    if (type < 0 or type_of(b) != type or MATMUL[type].call == NULL
            or not 1 <= n_axes_of(<RawArray*>a) <= 2 or not 1 <= n_axes_of(<RawArray*>b) <= 2):
        return None
    read_factor(<RawArray*>a, False, transpose_a, &x0)
    read_factor(<RawArray*>b, True, transpose_b, &x1)
    if x0.columns != x1.rows or x0.rows == 0 or x0.columns == 0 or x1.columns == 0:
        return None
    if n_axes_of(<RawArray*>a) == 2 or transpose_a:
        shape[n_axes] = x0.rows
        n_axes += 1
    if n_axes_of(<RawArray*>b) == 2 or transpose_b:
        shape[n_axes] = x1.columns
        n_axes += 1
    y = new_array(type, n_axes, shape, IN_C_ORDER)
    leopard_clear_status()
    if x0.columns == 1 and not signed_zeros:
        outer_product(&x0, &x1, bytes_of(<RawArray*><PyObject*>y), type)
    elif x0.rows * x0.columns * x1.columns >= NOGIL_SIZE:
        held = <object>a, <object>b     # without the GIL another thread may release them
        with nogil:
            call_matmul(&x0, &x1, bytes_of(<RawArray*><PyObject*>y), type)
    else:
        call_matmul(&x0, &x1, bytes_of(<RawArray*><PyObject*>y), type)
    return y if errstate_ignores(leopard_status()) else None


cdef void call_matmul(Factor* x0, Factor* x1, char* y, int type) noexcept nogil:
    """The product of two factors by the loop of `np.matmul`, into contiguous memory."""
    cdef npy_intp itemsize = size_of_type(type)
    cdef npy_intp[4] dims
    cdef npy_intp[9] strides
    cdef char* args[3]
    args[0], args[1], args[2] = x0.data, x1.data, y
    dims[0], dims[1], dims[2], dims[3] = 1, x0.rows, x0.columns, x1.columns
    strides[0] = strides[1] = strides[2] = 0
    strides[3], strides[4] = x0.row_stride, x0.column_stride
    strides[5], strides[6] = x1.row_stride, x1.column_stride
    strides[7], strides[8] = x1.columns * itemsize, itemsize
    MATMUL[type].call(args, dims, strides, MATMUL[type].data)


cdef void outer_product(Factor* column, Factor* row, char* y, int type) noexcept nogil:
    """A column times a row, into contiguous memory."""
    cdef npy_intp itemsize = size_of_type(type), i
    for i in range(column.rows):
        call_strided(
            &MULTIPLY[type], column.data + i * column.row_stride, 0, row.data, row.column_stride,
            y + i * row.columns * itemsize, itemsize, row.columns,
        )
