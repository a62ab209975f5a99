# Part of _core.pyx. Gradients are added into the slots, in place where the slot holds the only reference.

cdef inline double single_total(float a, float b) except? -1.0:
    cdef float c = a + b
    if isinf(c) and not isinf(a) and not isinf(b):
        return np.add(np.float32(a), np.float32(b))     # NumPy says it
    return c


cdef inline double total(double a, double b) except? -1.0:
    cdef double c = a + b
    if not is_normal(c) and c != 0:
        return np.add(a, b)         # an overflow is NumPy's to report
    return c


cdef inline int add_scalar(Walk walk, Variable v, double g) except -1:
    cdef int i
    cdef Slot* s
    if v.flags & EMPTY:
        raise ValueError("the data of a Variable was taken away while its graph was walked")
    i = reach(walk, v)
    s = &walk.slots[i]
    if s.state & (SHARED | PENDING):
        flush(walk)                 # what waits for the program came before
        s = &walk.slots[i]
    if s.state & SCALAR:
        s.value = total(s.value, g)
    elif s.grad == NULL and not s.state & UNIFORM:
        s.value = g
        s.state |= SCALAR
    else:
        add_object(walk, i, np.array(g))
    return 0


cdef int add_object(Walk walk, int i, object g) except -1:
    """Add an ndarray, or in a recorded walk a Variable, to a slot."""
    cdef Slot* s = &walk.slots[i]
    if s.state & SCALAR:
        add_scalar(walk, <Variable>s.node, g)
        return 0
    if s.state & UNIFORM:
        materialise_uniform(walk, i)
    if s.grad == NULL:
        Py_INCREF(g)
        s.grad = <PyObject*>g
        return 0
    if not walk.create_graph and is_exclusive(s.grad, 1):
        if not add_into(s.grad, <PyObject*>g):
            add_arrays(<object>s.grad, g, out=<object>s.grad)
        return 0
    old = <object>s.grad
    set_slot(walk, i, structural.add(old, g) if walk.create_graph else as_array(add_arrays(old, g)))
    return 0


cdef int add_uniform(Walk walk, int i, double g, int type) except -1:
    """Add a number to every element of a slot's gradient."""
    cdef Slot* s = &walk.slots[i]
    if s.state & UNIFORM:
        s.value = total(s.value, g) if type == DOUBLE else single_total(s.value, g)
    elif s.grad == NULL:
        s.value = g
        s.state |= UNIFORM
    else:
        add_object(walk, i, filled_view(g, form_of_slot(walk, i)))
    return 0


cdef PyObject* form_of_slot(Walk walk, int i) except NULL:
    """What has the shape and type of a uniform gradient."""
    cdef PyObject* form = form_array(walk.slots[i].node)
    if form == NULL or not 0 <= type_of(form) < COMPLEX:
        raise RuntimeError("the data of a Variable was replaced by another kind while its graph was walked")
    return form


cdef int set_slot(Walk walk, int i, object g) except -1:
    """Let this be the gradient in a slot."""
    cdef PyObject* old = walk.slots[i].grad
    Py_INCREF(g)
    walk.slots[i].grad = <PyObject*>g
    walk.slots[i].state &= ~UNIFORM
    Py_XDECREF(old)
    return 0


cdef int materialise_uniform(Walk walk, int i) except -1:
    """A uniform gradient as an array of its own."""
    set_slot(walk, i, filled(walk.slots[i].value, form_of_slot(walk, i)))
    return 0


cdef object slot_gradient(Walk walk, int i):
    """The gradient in a slot as a Variable."""
    cdef Slot* s = &walk.slots[i]
    if s.state & SCALAR:
        return scalar_variable(s.value)
    if walk.create_graph and s.grad != NULL:
        return <object>s.grad
    if s.state & UNIFORM:
        return wrap(filled_view(s.value, form_of_slot(walk, i)))
    if s.grad == NULL:
        raise RuntimeError("a Function is walked for a Variable that has got no gradient")
    return wrap(<object>s.grad)
