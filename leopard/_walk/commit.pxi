# Part of _core.pyx. The gradients of a walk that has ended well are written to the Variables.

cdef inline bint keeps_gradient(Walk walk, int i) noexcept:
    """Is this the slot of a leaf, or of what a leaf has become by assignment?"""
    return walk.slots[i].creator == NULL or (<Variable>walk.slots[i].node).flags & KEEPS_GRADIENT


cdef int prepare_commit(Walk walk, Variable root, bint retain_grad) except -1:
    """Make all that `commit_gradients` will store, in the slots: whatever can fail, fails here."""
    cdef int i
    cdef Variable v
    for i in range(walk.n):
        v = <Variable>walk.slots[i].node
        if not keeps_gradient(walk, i) and (not retain_grad or v is root and has_gradient(v)):
            continue
        if walk.slots[i].state & SCALAR:
            prepare_scalar(walk, i, v)
            continue
        if walk.slots[i].state & UNIFORM:
            materialise_uniform(walk, i)
        if walk.slots[i].grad != NULL:
            prepare_gradient(walk, i, v)
    return 0


cdef int prepare_scalar(Walk walk, int i, Variable v) except -1:
    """Add the gradient that a leaf has already, which is to be kept, to the double in its slot."""
    cdef Variable old
    cdef double x
    if not keeps_gradient(walk, i):
        return 0
    if v.flags & SCALAR_GRADIENT:
        walk.slots[i].value = add_doubles(v.gradient.scalar, walk.slots[i].value)
        return 0
    old = grad_of(v)
    if old is None:
        return 0
    old = current(old)
    if old.shape != ():
        raise ValueError(f"grad has shape {old.shape}, the new gradient is a scalar; cleargrad() first")
    if not scalar_value(<PyObject*>old, &x):
        x = data_of(old).astype(np.float64).item()
    walk.slots[i].value = add_doubles(x, walk.slots[i].value)
    return 0


cdef int prepare_gradient(Walk walk, int i, Variable v) except -1:
    """Make a Variable of the gradient in a slot, added to the one that a leaf has already, for `v` alone."""
    cdef Variable old = grad_of(v) if keeps_gradient(walk, i) else None
    g = <object>walk.slots[i].grad
    if old is not None:
        old = current(old)
        if old.shape != form_of(v).shape:
            raise ValueError(f"grad has shape {old.shape}, the Variable {form_of(v).shape}; cleargrad() first")
    if walk.create_graph:
        g = structural.duplicate(g) if old is None else structural.add(old, g)
        if old is not None and old.dtype != gradient_dtype(form_of(v).dtype):
            g = structural.astype(g, gradient_dtype(form_of(v).dtype))
        track_reachable(g)
        if v.flags & HANDLE:
            track_reachable(v)
        note_foreign_gradient(v, g)
    elif old is None:
        g = wrap(exclusive(g))
    else:
        g = wrap(as_array(add_arrays(data_of(old), g)).astype(g.dtype, copy=False))
    Py_INCREF(g)
    Py_XDECREF(walk.slots[i].grad)
    walk.slots[i].grad = <PyObject*>g
    return 0


cdef void commit_gradients(Walk walk, Variable root, bint retain_grad) noexcept:
    """Write the gradients in the slots to the Variables. Nothing here can fail."""
    cdef int i
    cdef Variable v
    for i in range(walk.n):
        v = <Variable>walk.slots[i].node
        if not keeps_gradient(walk, i) and not retain_grad:
            if has_gradient(v):
                drop_gradient(v)
        elif v is root and not keeps_gradient(walk, i) and has_gradient(v):
            pass                    # the one it had before the walk stays
        elif walk.slots[i].state & SCALAR:
            drop_gradient(v)
            v.gradient.scalar = walk.slots[i].value
            v.flags |= SCALAR_GRADIENT
        elif walk.slots[i].grad != NULL:
            if walk.create_graph:
                track_variable(<PyObject*>v)
            put_gradient(v, <object>walk.slots[i].grad)
