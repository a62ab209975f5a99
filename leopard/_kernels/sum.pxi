# Part of _core.pyx. The kernels "sum" and "mean", over all elements or some axes. The gradient of a sum is that of each
# of its terms: one number all over the array, or a view with stride 0 along the axes that were summed.

cdef object sum_value(object x, object _, object option):
    axis, keepdims = option
    y = total_of_contiguous(x) if axis is None and not keepdims else None
    if y is None and cnp.PyArray_ISFLOAT(x):
        return add_reduce(x, axis, None, None, keepdims)
    return y


cdef object mean_value(object x, object _, object option):
    """The mean of all elements of a float64 array."""
    axis, keepdims = option
    if axis is not None or keepdims or type_of(<PyObject*>x) != DOUBLE:
        return None
    y = total_of_contiguous(x)
    if y is not None:
        (<double*>bytes_of(<RawArray*><PyObject*>y))[0] /= size_of(<PyObject*>x)
    return y


cdef inline object total_of_contiguous(object x):
    """The sum of all elements of a contiguous array; None for any other array."""
    cdef int type = type_of(<PyObject*>x)
    if type < 0 or size_of(<PyObject*>x) == 0 or not flags_of(<RawArray*><PyObject*>x) & (C_ORDER | F_ORDER):
        return None
    return sum_all(<PyObject*>x, type)


cdef bint sum_vjp(Walk walk, Function f, int i) except -1:
    """``gy`` for each term."""
    cdef PyObject* form = form_of_input(walk, f, i)
    cdef double value
    if form == NULL:
        return False
    if not is_one_number(walk, i, type_of(form), &value):
        return walk.slots[i].grad != NULL and sum_vjp_over_axes(walk, f, i, form)
    add_uniform(walk, reach(walk, <Variable>inputs_of(<PyObject*>f)[0]), value, type_of(form))
    return True


cdef bint mean_vjp(Walk walk, Function f, int i) except -1:
    """``gy / n`` for each of n terms, of float64."""
    cdef PyObject* form = form_of_input(walk, f, i)
    cdef PyObject* out = form_array(walk.slots[i].node)
    cdef npy_intp n
    cdef double value
    if form == NULL or type_of(form) != DOUBLE or not is_one_number(walk, i, DOUBLE, &value):
        return False
    n = size_of(form) // (1 if out == NULL else max(size_of(out), <npy_intp>1))
    value *= 1.0 / max(n, <npy_intp>1)
    add_uniform(walk, reach(walk, <Variable>inputs_of(<PyObject*>f)[0]), value, DOUBLE)
    return True


cdef bint sum_vjp_over_axes(Walk walk, Function f, int i, PyObject* form) except -1:
    """A view of the gradient with stride 0 along the axes that were summed."""
    cdef npy_intp shape[MAX_AXES]
    cdef npy_intp strides[MAX_AXES]
    cdef bint summed[MAX_AXES]
    cdef RawArray* x = <RawArray*>form
    cdef RawArray* g = <RawArray*>walk.slots[i].grad
    cdef int axis, n = n_axes_of(x), at = 0, one
    if n > MAX_AXES:
        return False
    axes, keepdims = option_of(f)
    for axis in range(n):
        shape[axis] = shape_of(x)[axis]
        summed[axis] = axes is None
    if axes is not None:
        for given in axes if isinstance(axes, tuple) else (axes,):
            one = given
            if not -n <= one < n:
                return False        # the data of the input has been replaced
            summed[one + n if one < 0 else one] = True
    for axis in range(n):
        if summed[axis]:
            strides[axis] = 0
            at += bool(keepdims)
        else:
            if at >= n_axes_of(g) or shape_of(g)[at] != shape[axis]:
                return False
            strides[axis] = strides_of(g)[at]
            at += 1
    gx = strided_view(<PyObject*>g, n, shape, strides)
    add_object(walk, reach(walk, <Variable>inputs_of(<PyObject*>f)[0]), gx)
    return True
