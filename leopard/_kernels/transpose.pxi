# Part of _core.pyx. The kernel "transpose". The gradient is that of the output, its axes in the inverse order.

cdef object transpose_value(object x, object _, object axes):
    return x.transpose(axes)


cdef bint transpose_vjp(Walk walk, Function f, int i) except -1:
    """``gy.transpose(inverse of axes)``."""
    cdef PyObject* form = form_of_input(walk, f, i)
    cdef PyObject* out = form_array(walk.slots[i].node)
    if form == NULL or walk.slots[i].state & SCALAR or size_of(form) != size_of(out):
        return False
    if pass_uniform(walk, f, i, form):
        return True
    return pass_array(walk, f, (<object>walk.slots[i].grad).transpose(inverse_order(option_of(f))), form)


cdef object transpose_base(Operation op, object base, object value, object axes):
    return op(value, inverse_order(axes))


cdef object inverse_order(axes):
    """The order of axes that undoes this one; None, which reverses them, undoes itself."""
    if axes is None:
        return None
    inverse = [0] * len(axes)
    for i, axis in enumerate(axes):
        inverse[axis] = i
    return tuple(inverse)
