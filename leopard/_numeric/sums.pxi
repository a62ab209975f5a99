# Part of arrays.pyx. Sums of arrays, and addition in place.

cdef object sum_all(PyObject* x, int type):
    """The sum of all elements of a contiguous array, 0-d: the bits are `np.add.reduce`'s.

    None where a floating-point exception is not ignored: NumPy's own call then reports it.
    """
    cdef npy_intp size = size_of(x)
    cdef const char* data = bytes_of(<RawArray*>x)
    cdef char* to
    y = new_array(type, 0, NULL, IN_C_ORDER)
    to = bytes_of(<RawArray*><PyObject*>y)
    memset(to, 0, size_of_type(type))
    held = <object>x                    # without the GIL another thread may release it
    leopard_clear_status()
    if size >= NOGIL_SIZE:
        with nogil:
            add_strided(to, to, data, size, 0, size_of_type(type), type)
    else:
        add_strided(to, to, data, size, 0, size_of_type(type), type)
    return y if errstate_ignores(leopard_status()) else None


# -- To a shape ----------------------------------------------------------------------------------

cdef int summed_axes(RawArray* a, int n_axes, npy_intp* shape, npy_intp* length) noexcept:
    """The axes over which an array is summed to a shape that broadcasts to its own.

    Returns one of `SummedAxes` and the length of a row; or NONE where the summed axes are neither all, nor the
    leading ones, nor the trailing ones, or where the shape does not broadcast.
    """
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
    while shape[first] == 1:
        first += 1
    axis = first
    while axis < n_axes and shape[axis] == x[axis + lead]:
        axis += 1
    if axis == n_axes:
        length[0] = kept
        return LEADING_AXES
    while lead == 0 and kept_axes < n_axes and shape[kept_axes] == x[kept_axes]:
        kept_axes += 1
    axis = kept_axes
    while axis < n_axes and shape[axis] == 1:
        axis += 1
    if lead == 0 and axis == n_axes:
        length[0] = size // kept
        return TRAILING_AXES
    return NONE


cdef object sum_to_shape(PyObject* x, int n_axes, npy_intp* shape):
    """Sum an array over the axes that broadcasting from `shape` repeats; None where NumPy has to."""
    cdef RawArray* a = <RawArray*>x
    cdef int type = type_of(x), axes, status
    cdef npy_intp size, total_size, length
    cdef const char* data = bytes_of(a)
    cdef char* to
    cdef BlockwiseSum s
    cdef char[BLOCK * 16] scratch
    axes = summed_axes(a, n_axes, shape, &length) if type >= 0 else NONE
    if axes == NONE or type >= COMPLEX or not (flags_of(a) & C_ORDER or is_uniform(a)):
        return None
    y = new_array(type, n_axes, shape, IN_C_ORDER)
    to = bytes_of(<RawArray*><PyObject*>y)
    size, total_size = size_of(x), size_of(<PyObject*>y)
    if is_uniform(a):
        return y if fill_with_multiple(to, data, total_size, size // total_size, type) else None
    if size == total_size:
        memcpy(to, data, size * size_of_type(type))
        return y
    memset(to, 0, total_size * size_of_type(type))
    begin_blockwise_sum(&s, <SummedAxes>axes, type, to, length)
    held = <object>x                    # without the GIL another thread may release it
    leopard_clear_status()
    with nogil:
        sum_blockwise(&s, data, size, scratch)
        status = leopard_status()
    return y if status == 0 or errstate_ignores(status) else None


cdef bint is_uniform(RawArray* a) noexcept:
    """True if one element is repeated over the whole array (all strides are 0)."""
    cdef int axis
    for axis in range(n_axes_of(a)):
        if strides_of(a)[axis] != 0 and shape_of(a)[axis] != 1:
            return False
    return True


cdef bint fill_with_multiple(char* to, const char* value, npy_intp n, npy_intp times, int type) noexcept:
    """Set `n` elements of a real type to the sum of so many equal numbers; false when it overflows."""
    cdef Number product, number
    cdef double x
    memcpy(&number, value, size_of_type(type))      # a Number is wider than the element
    x = real_of(&number, type)
    if not cast_number(x * times, type, &product) or isinf(x * times) and not isinf(x):
        return False
    if type == DOUBLE:
        fill(<double*>to, product.real[0], n)
    else:
        fill(<float*>to, product.single[0], n)
    return True


def sum_to(x, shape):
    """Sum an ndarray over the axes that broadcasting from `shape` repeats; None where NumPy has to."""
    cdef npy_intp[MAX_AXES] dims
    cdef int axis, n = len(shape)
    if n > MAX_AXES or not cnp.PyArray_CheckExact(x):
        return None
    for axis in range(n):
        dims[axis] = shape[axis]
    return sum_to_shape(<PyObject*>x, n, dims)


# -- In place ------------------------------------------------------------------------------------

cdef bint add_into(PyObject* a, PyObject* g) except -1:
    """a += g for arrays that are contiguous in one order; `a` is exclusive. False where NumPy has to add."""
    cdef RawArray* to = <RawArray*>a
    cdef RawArray* added = <RawArray*>g
    cdef int type = type_of(a), status
    cdef npy_intp n, stride
    if type < 0 or type_of(g) != type or not same_shape(a, g):
        return False
    n = size_of(a)
    stride = size_of_type(type)
    if is_uniform(added):
        if not flags_of(to) & (C_ORDER | F_ORDER):
            return False
        stride = 0
    elif not flags_of(to) & flags_of(added) & (C_ORDER | F_ORDER):
        return False
    leopard_clear_status()
    if n >= NOGIL_SIZE:
        held = <object>a, <object>g     # without the GIL another thread may release them
        with nogil:
            add_strided(bytes_of(to), bytes_of(to), bytes_of(added), n, size_of_type(type), stride, type)
    else:
        add_strided(bytes_of(to), bytes_of(to), bytes_of(added), n, size_of_type(type), stride, type)
    status = leopard_status()
    if not errstate_ignores(status):
        report_addition_status(status)
    return True
