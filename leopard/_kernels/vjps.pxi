# Part of _core.pyx. The way back through the kernels: what their classes' `backward` says, on arrays.
#
# Each returns false where it has nothing of its own, before it has changed anything; then the rule is run.


cdef bint pull(Walk walk, Function f, int i) except -1:
    cdef Operation op = <Operation>f.operation
    cdef Kernel kernel = op.kernel
    cdef PyObject* v = inputs_of(<PyObject*>f)[0]
    cdef PyObject* form
    cdef PyObject* out = form_array(walk.slots[i].node)
    cdef PyObject* g = walk.slots[i].grad
    if g != NULL and (out == NULL or type_of(g) != type_of(out) or not same_shape(g, out)):
        return False                    # the data of the output has been replaced
    if out == NULL and not walk.slots[i].state & SCALAR:
        return False
    if kernel == MATMUL:
        return pull_matmul(walk, f, i)
    if not wants_gradient(walk, v):
        return False
    form = form_array(v)
    if form == NULL or not 0 <= type_of(form) < COMPLEX or n_axes_of(<RawArray*>form) == 0:
        return False
    if type_of(form) != (DOUBLE if out == NULL else type_of(out)):
        return False
    if kernel == TAKE:
        return pull_take(walk, f, i, <Variable>v, form)
    if kernel == SUM or kernel == MEAN:
        return pull_sum(walk, f, i, <Variable>v, form, kernel == MEAN)
    if walk.slots[i].state & SCALAR:
        if kernel != RESHAPE and kernel != SUM_TO:
            return False
        add_uniform(walk, reach(walk, <Variable>v), walk.slots[i].value, DOUBLE)
        return True
    if kernel == SUM_TO:
        if not broadcasts_to(out, form):
            return False
        if walk.slots[i].state & UNIFORM:
            add_uniform(walk, reach(walk, <Variable>v), walk.slots[i].value, type_of(form))
            return True
        add_object(walk, 
            reach(walk, <Variable>v), broadcast_view(g, n_axes_of(<RawArray*>form), shape_of(<RawArray*>form))
        )
        return True
    if kernel == BROADCAST:
        if not broadcasts_to(form, out):
            return False
        if walk.slots[i].state & UNIFORM:
            accumulate_uniform(walk, f, 0, i, out, walk.slots[i].value)
        else:
            accumulate_array(walk, f, 0, i, out, <object>g)
        return True
    if size_of(form) != size_of(out):
        return False
    if walk.slots[i].state & UNIFORM:
        add_uniform(walk, reach(walk, <Variable>v), walk.slots[i].value, type_of(form))
        return True
    if kernel == RESHAPE:
        moved = reshaped(<object>g, form)
    elif kernel == TRANSPOSE:
        axes = option_of(f)
        moved = (<object>g).transpose(None if axes is None else inverse_order(axes))
    else:
        return False
    if not same_shape(<PyObject*>moved, form):
        return False
    add_object(walk, reach(walk, <Variable>v), moved)
    return True


cdef bint number_of(Walk walk, int i, int type, double* number) noexcept:
    """Is the gradient in a slot one number of this type?"""
    cdef PyObject* g = walk.slots[i].grad
    cdef Number value
    number[0] = walk.slots[i].value
    if g != NULL and size_of(g) == 1 and type_of(g) == type:
        memcpy(&value, bytes_of(<RawArray*>g), size_of_type(type))
        number[0] = real_of(&value, type)
        return True
    return walk.slots[i].state & (SCALAR | UNIFORM) and g == NULL


cdef bint pull_take(Walk walk, Function f, int i, Variable v, PyObject* form) except -1:
    """Add into the elements that were taken."""
    cdef int j = reach(walk, v)
    cdef PyObject* g = walk.slots[i].grad
    cdef PyObject* there
    cdef double number = 0
    if g == NULL and not number_of(walk, i, type_of(form), &number):
        return False
    if walk.slots[j].state & UNIFORM:
        materialise_uniform(walk, j)
    there = walk.slots[j].grad
    if there == NULL:
        set_slot(walk, j, zeros(form))
    elif not is_exclusive(there, 1):
        set_slot(walk, j, (<object>there).copy())
    add_at(<object>walk.slots[j].grad, option_of(f), g, number)
    return True


cdef bint pull_sum(Walk walk, Function f, int i, Variable v, PyObject* form, bint mean) except -1:
    """What is said of a sum is said of each of its terms."""
    cdef PyObject* g = walk.slots[i].grad
    cdef PyObject* out = form_array(walk.slots[i].node)
    cdef int type = type_of(form)
    cdef npy_intp n
    cdef double value
    n = size_of(form) // (1 if out == NULL else max(size_of(out), <npy_intp>1))
    if not number_of(walk, i, type, &value):
        return g != NULL and not mean and pull_sum_over_axes(walk, f, i, v, form)
    if mean:
        value *= 1.0 / max(n, <npy_intp>1)
        if type != DOUBLE:
            return False
    add_uniform(walk, reach(walk, v), value, type)
    return True


cdef bint pull_sum_over_axes(Walk walk, Function f, int i, Variable v, PyObject* form) except -1:
    """A view of the gradient that stands still along the axes that were summed."""
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
                return False        # not what it was when the sum was made
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
    add_object(walk, reach(walk, v), strided_view(<PyObject*>g, n, shape, strides))
    return True


cdef bint pull_matmul(Walk walk, Function f, int i) except -1:
    """gy @ x1.T and x0.T @ gy, of matrices and vectors."""
    cdef PyObject* a = inputs_of(<PyObject*>f)[0]
    cdef PyObject* b = inputs_of(<PyObject*>f)[1]
    cdef PyObject* out = form_array(walk.slots[i].node)
    cdef bint wants_a = wants_gradient(walk, a), wants_b = wants_gradient(walk, b)
    cdef PyObject* x0 = matrix_of(a)
    cdef PyObject* x1 = matrix_of(b)
    cdef int type, na, nb
    cdef double value = 0
    if x0 == NULL or x1 == NULL or not (0 <= type_of(x0) < COMPLEX) or type_of(x1) != type_of(x0):
        return False
    type = type_of(x0)
    na, nb = n_axes_of(<RawArray*>x0), n_axes_of(<RawArray*>x1)
    if not 1 <= na <= 2 or not 1 <= nb <= 2:
        return False
    if wants_a and not has_operand_value(b) or wants_b and not has_operand_value(a):
        return False
    if na + nb - 2 != (0 if out == NULL else n_axes_of(<RawArray*>out)):
        return False                    # it is not what it was
    if na + nb == 2:                    # two vectors
        if type != DOUBLE or size_of(x0) != size_of(x1) or not number_of(walk, i, type, &value):
            return False
        return pull_dot(walk, a, x0, b, x1, value)
    if type_of(out) != type or walk.slots[i].state & SCALAR:
        return False
    held = <object>x0, <object>x1       # other threads may run during a product, and let go of them
    if walk.slots[i].state & UNIFORM:
        gy = filled(walk.slots[i].value, out)
    else:
        gy = <object>walk.slots[i].grad
    g0 = g1 = None
    if wants_a:     # a vector on the right was a column, and makes a row of its transpose
        g0 = product(<PyObject*>gy, na == 2 and nb == 1, x1, True, False)
        if g0 is None or not same_shape(<PyObject*>g0, x0):
            return False
    if wants_b:
        g1 = product(x0, True, <PyObject*>gy, na == 1 and nb == 2, False)
        if g1 is None or not same_shape(<PyObject*>g1, x1):
            return False
    if wants_a:
        add_object(walk, reach(walk, <Variable>a), g0)
    if wants_b:
        add_object(walk, reach(walk, <Variable>b), g1)
    return True


cdef bint pull_dot(Walk walk, PyObject* a, PyObject* x0, PyObject* b, PyObject* x1, double gy) except -1:
    """To each of two vectors the other, times gy."""
    g0 = scaled(x1, gy) if wants_gradient(walk, a) else None
    g1 = scaled(x0, gy) if wants_gradient(walk, b) else None
    if g0 is not None:
        add_object(walk, reach(walk, <Variable>a), g0)
    if g1 is not None:
        add_object(walk, reach(walk, <Variable>b), g1)
    return True
