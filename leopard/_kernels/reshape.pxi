# Part of _core.pyx. The kernel "reshape". The gradient is that of the output, in the shape of the input.

cdef object reshape_value(object x, object _, object shape):
    return x.reshape(shape)


cdef bint reshape_vjp(Walk walk, Function f, int i) except -1:
    """``gy.reshape(x.shape)``."""
    cdef PyObject* form = form_of_input(walk, f, i)
    cdef PyObject* out = form_array(walk.slots[i].node)
    if form == NULL:
        return False
    if walk.slots[i].state & SCALAR:
        add_uniform(walk, reach(walk, <Variable>inputs_of(<PyObject*>f)[0]), walk.slots[i].value, DOUBLE)
        return True
    if size_of(form) != size_of(out):
        return False
    held = <object>form                 # where NumPy copies, other threads may release it
    return pass_uniform(walk, f, i, form) or pass_array(walk, f, reshaped(<object>walk.slots[i].grad, form), form)


cdef object reshape_base(Operation op, object base, object value, object shape):
    return op(value, form_of(base).shape)
