# Part of _core.pyx. The kernels "broadcast" and "sum_to": each is the other's adjoint.

cdef object broadcast_value(object x, object _, object shape):
    """`np.broadcast_to` for a shape that is a tuple of int; None where NumPy raises."""
    cdef npy_intp dims[64]
    cdef RawArray* a = <RawArray*><PyObject*>x
    cdef int axis, n = len(shape), lead
    if n > 64:
        return None
    for axis in range(n):
        dims[axis] = shape[axis]
        if dims[axis] < 0:
            return None
    lead = n - n_axes_of(a)
    if lead < 0:
        return None
    for axis in range(lead, n):
        if shape_of(a)[axis - lead] != dims[axis] and shape_of(a)[axis - lead] != 1:
            return None
    return broadcast_view(<PyObject*>x, n, dims)


cdef bint broadcast_vjp(Walk walk, Function f, int i) except -1:
    """``sum_to(gy, x.shape)``."""
    cdef PyObject* form = form_of_input(walk, f, i)
    cdef PyObject* out = form_array(walk.slots[i].node)
    if form == NULL or walk.slots[i].state & SCALAR or not broadcasts_to(form, out):
        return False
    if walk.slots[i].state & UNIFORM:
        accumulate_uniform(walk, f, 0, i, out, walk.slots[i].value)
    else:
        accumulate_array(walk, f, 0, i, out, <object>walk.slots[i].grad)
    return True


cdef object sum_to_value(object x, object _, object shape):
    return arrays_sum_to(x, shape)


cdef bint sum_to_vjp(Walk walk, Function f, int i) except -1:
    """``broadcast_to(gy, x.shape)``."""
    cdef PyObject* form = form_of_input(walk, f, i)
    cdef PyObject* out = form_array(walk.slots[i].node)
    cdef Variable v
    if form == NULL:
        return False
    v = <Variable>inputs_of(<PyObject*>f)[0]
    if walk.slots[i].state & SCALAR:
        add_uniform(walk, reach(walk, v), walk.slots[i].value, DOUBLE)
        return True
    if not broadcasts_to(out, form):
        return False
    if pass_uniform(walk, f, i, form):
        return True
    gx = broadcast_view(walk.slots[i].grad, n_axes_of(<RawArray*>form), shape_of(<RawArray*>form))
    add_object(walk, reach(walk, v), gx)
    return True
