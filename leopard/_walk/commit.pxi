# Part of _core.pyx. The gradients of a walk that has ended well are written to the Variables.

cdef inline bint keeps_gradient(Walk walk, int i) noexcept:
    """Is it the slot of a leaf, or of what a leaf has become by assignment?"""
    return walk.slots[i].creator == NULL or (<Variable>walk.slots[i].node).flags & KEEPS_GRADIENT


cdef int prepare_commit(Walk walk, Variable root, bint retain_grad) except -1:
    """Make all that `commit` will store: whatever can fail, fails here."""
    cdef int i
    cdef Variable v, old
    cdef double x
    for i in range(walk.n):
        v = <Variable>walk.slots[i].node
        if not keeps_gradient(walk, i):
            if not retain_grad or v is root and has_gradient(v):
                continue
            old = None
        else:
            old = None if v.flags & SCALAR_GRADIENT else grad_of(v)
        if walk.slots[i].state & SCALAR:
            if old is not None:
                old = current(old)
                if old.shape != ():
                    raise ValueError(f"grad has shape {old.shape}, the new gradient is a scalar; cleargrad() first")
                if not scalar_value(<PyObject*>old, &x):
                    x = data_of(old).astype(np.float64).item()
                walk.slots[i].value = total(x, walk.slots[i].value)
            elif keeps_gradient(walk, i) and v.flags & SCALAR_GRADIENT:
                walk.slots[i].value = total(v.gradient.scalar, walk.slots[i].value)
            continue
        if walk.slots[i].state & UNIFORM:
            materialise_uniform(walk, i)
        if walk.slots[i].grad == NULL:
            continue
        g = <object>walk.slots[i].grad
        if old is None and keeps_gradient(walk, i):
            old = grad_of(v)        # a slope, made a Variable by this look
        if old is not None:
            old = current(old)
        if old is not None and old.shape != form_of(v).shape:
            raise ValueError(f"grad has shape {old.shape}, the Variable {form_of(v).shape}; cleargrad() first")
        if walk.create_graph:
            g = structural.duplicate(g) if old is None else structural.add(old, g)
            if old is not None and old.dtype != form_of(v).dtype:
                g = structural.astype(g, form_of(v).dtype)
            track_reachable(g)
            if v.flags & HANDLE:
                track_reachable(v)
            note_foreign_gradient(v, g)
        else:
            if old is not None:
                g = as_array(add_arrays(data_of(old), g)).astype(g.dtype, copy=False)
                g = wrap(g)
            else:
                g = owned(g)
        Py_INCREF(g)
        Py_XDECREF(walk.slots[i].grad)
        walk.slots[i].grad = <PyObject*>g
    return 0


cdef void commit_gradients(Walk walk, Variable root, bint retain_grad) noexcept:
    """Write the gradients to the Variables. Nothing here can fail."""
    cdef int i
    cdef Variable v
    for i in range(walk.n):
        v = <Variable>walk.slots[i].node
        if not keeps_gradient(walk, i) and not retain_grad:
            if has_gradient(v):
                drop_gradient(v)
        elif v is root and not keeps_gradient(walk, i) and has_gradient(v):
            pass                    # it was set beforehand
        elif walk.slots[i].state & SCALAR:
            drop_gradient(v)
            v.gradient.scalar = walk.slots[i].value
            v.flags |= SCALAR_GRADIENT
        elif walk.slots[i].grad != NULL:
            if walk.create_graph:
                track_variable(<PyObject*>v)
            put_gradient(v, <object>walk.slots[i].grad)
