# Part of _core.pyx. The gradients of a walk that has ended well are written to the Variables.
#
# A leaf may have a gradient already, to which the new one is added. Another thread may write there while this is
# computed: so what was read is remembered, and nothing is written unless it is still what the leaf has; otherwise the
# sum is made again. From that comparison to the last store no Python runs, and no other thread.

cdef inline bint keeps_gradient(Walk walk, int i) noexcept:
    """Is this the slot of a leaf, or of what a leaf has become by assignment?"""
    return walk.slots[i].creator == NULL or (<Variable>walk.slots[i].node).flags & KEEPS_GRADIENT


cdef int write_gradients(Walk walk, Variable root, bint retain_grad) except -1:
    """Add the gradients in the slots to those of the leaves, or leave every gradient as it was and raise."""
    prepare_commit(walk, root, retain_grad)
    while not commit_gradients(walk, root, retain_grad):
        PyErr_CheckSignals()
        prepare_again(walk)
    return 0


# -- What will be stored ---------------------------------------------------------------------------

cdef int prepare_commit(Walk walk, Variable root, bint retain_grad) except -1:
    """Make all that `commit_gradients` will store, in the slots: whatever can fail, fails here."""
    cdef int i
    walk.first_stored = -1
    for i in range(walk.n):
        if not keeps_gradient(walk, i) and (
                not retain_grad or walk.slots[i].node == <PyObject*>root and has_gradient(root)):
            continue
        walk.slots[i].register = NONE
        walk.slots[i].sibling = walk.first_stored
        walk.first_stored = i
        prepare_slot(walk, i)
        count_elements(walk, form_array(walk.slots[i].node))
        look_if_due(walk)
    return 0


cdef int prepare_again(Walk walk) except -1:
    """Make the sums again that were made with what is no longer the gradient."""
    cdef int i = walk.first_stored
    while i >= 0:
        if not is_as_read(walk, i):
            prepare_slot(walk, i)
        i = walk.slots[i].sibling
    return 0


cdef int prepare_slot(Walk walk, int i) except -1:
    """Make what is stored of one slot."""
    cdef Variable v = <Variable>walk.slots[i].node
    if walk.slots[i].state & SCALAR:
        return prepare_scalar(walk, i, v)
    if walk.slots[i].state & UNIFORM:
        materialise_uniform(walk, i)
    if walk.slots[i].grad != NULL:
        prepare_gradient(walk, i, v)
    return 0


cdef int prepare_scalar(Walk walk, int i, Variable v) except -1:
    """Check the sum of the gradient that a leaf has already and the double in its slot; `commit_gradient` adds them."""
    cdef Variable old, latest
    cdef double x
    if not keeps_gradient(walk, i) or not has_gradient(v):
        return 0
    if plain_scalar_gradient(<PyObject*>v, &x):
        add_doubles(x, walk.slots[i].value)         # NumPy reports an overflow
        return 0
    old = grad_of(v)
    latest = current(old)
    if latest.shape != ():
        raise ValueError(f"grad has shape {latest.shape}, the new gradient is a scalar; cleargrad() first")
    if not scalar_value(<PyObject*>latest, &x):
        x = data_of(latest).astype(np.float64).item()
    return note_sum(walk, i, old, None, add_doubles(x, walk.slots[i].value))


cdef int prepare_gradient(Walk walk, int i, Variable v) except -1:
    """Make a Variable for `v` alone, of the gradient in a slot or of its sum with that which a leaf has already."""
    cdef Variable old = grad_of(v) if keeps_gradient(walk, i) else None
    cdef Variable latest
    g = <object>walk.slots[i].grad
    if old is None:
        walk.slots[i].register = NONE
        if walk.slots[i].state & PREPARED:
            return 0
        if walk.create_graph:
            g = structural.duplicate(g)
            track_gradient(v, g)
        else:
            g = wrap(exclusive(g))
        set_slot(walk, i, g)
        walk.slots[i].state |= PREPARED
        return 0
    latest = current(old)
    if latest.shape != form_of(v).shape:
        raise ValueError(f"grad has shape {latest.shape}, the Variable {form_of(v).shape}; cleargrad() first")
    if walk.create_graph:
        g = structural.add(latest, g)
        if latest.dtype != gradient_dtype(form_of(v).dtype):
            g = structural.astype(g, gradient_dtype(form_of(v).dtype))
        track_gradient(v, g)
    else:
        if walk.slots[i].state & PREPARED:
            g = data_of(<Variable>g)
        g = wrap(as_array(add_arrays(data_of(latest), g)).astype(g.dtype, copy=False))
    return note_sum(walk, i, old, g, 0)


cdef int track_gradient(Variable v, Variable g) except -1:
    """Have the collector track what a recorded gradient of `v` leads to, since it may close a cycle."""
    track_reachable(g)
    if v.flags & HANDLE:
        track_reachable(v)
    return note_foreign_gradient(v, g)


cdef bint plain_scalar_gradient(PyObject* v, double* x) noexcept:
    """Whether the gradient of `v` is a double, or a Variable of one that was not assigned to; then it is in `x`."""
    cdef PyObject* g
    if (<Variable>v).flags & SCALAR_GRADIENT:
        x[0] = (<Variable>v).gradient.scalar
        return True
    g = (<Variable>v).gradient.variable
    return g != NULL and not (<Variable>g).flags & (HANDLE | VIEW | DROPPED_VALUE) and scalar_value(g, x)


cdef int note_sum(Walk walk, int i, Variable old, Variable sum, double number) except -1:
    """Note what the gradient of slot `i` and the gradient `old` of its Variable add up to: `sum`, or a double."""
    cdef Sum* s
    cdef Sum before
    cdef int k = walk.slots[i].register
    if k == NONE:
        if walk.n_sums == walk.sum_capacity:
            grow_sums(walk)
        k = walk.n_sums
        walk.n_sums += 1
        memset(&walk.sums[k], 0, sizeof(Sum))
        walk.slots[i].register = k
    s = &walk.sums[k]
    before = s[0]
    Py_INCREF(old)
    s.old, s.number = <PyObject*>old, number
    s.sum = NULL if sum is None else <PyObject*>sum
    Py_XINCREF(s.sum)
    Py_XDECREF(before.old)
    Py_XDECREF(before.sum)
    return 0


cdef int grow_sums(Walk walk) except -1:
    """Make room for more sums."""
    cdef int capacity = max(16, 2 * walk.sum_capacity)
    cdef cnp.ndarray larger = bytes_array(capacity * sizeof(Sum))
    if walk.n_sums:
        memcpy(cnp.PyArray_DATA(larger), walk.sums, walk.n_sums * sizeof(Sum))
    walk.sum_buffer = larger
    walk.sums = <Sum*>cnp.PyArray_DATA(larger)
    walk.sum_capacity = capacity
    return 0


cdef void release_sums(Walk walk) noexcept:
    """Let go of the sums, and of the gradients that they have replaced."""
    cdef Sum last
    while walk.n_sums:
        walk.n_sums -= 1
        last = walk.sums[walk.n_sums]
        Py_XDECREF(last.old)
        Py_XDECREF(last.sum)


# -- The commit ------------------------------------------------------------------------------------

cdef bint is_as_read(Walk walk, int i) noexcept:
    """Whether the gradient of a leaf is the one that the sum was made with, or can be added to here."""
    cdef PyObject* v = walk.slots[i].node
    cdef PyObject* g = NULL if (<Variable>v).flags & SCALAR_GRADIENT else (<Variable>v).gradient.variable
    cdef int k = walk.slots[i].register
    cdef double x
    if walk.slots[i].state & SCALAR:
        return g == NULL or (k != NONE and walk.sums[k].old == g) or plain_scalar_gradient(v, &x)
    if walk.slots[i].grad == NULL:
        return True
    if (<Variable>v).flags & SCALAR_GRADIENT:
        return False
    return g == (NULL if k == NONE else walk.sums[k].old)


cdef bint commit_gradients(Walk walk, Variable root, bint retain_grad) noexcept:
    """Write the gradients to the Variables; false, with nothing written, if one has become another meanwhile.

    Nothing here can fail or run Python: what is replaced is released when the walk ends.
    """
    cdef int i = walk.first_stored
    cdef PyObject* v
    while i >= 0:
        if keeps_gradient(walk, i) and not is_as_read(walk, i):
            return False
        i = walk.slots[i].sibling
    for i in range(walk.n):
        v = walk.slots[i].node
        if keeps_gradient(walk, i):
            commit_gradient(walk, i, True)
        elif not retain_grad:
            if walk.slots[i].grad == NULL and has_gradient(<Variable>v):
                walk.slots[i].grad = exchange_gradient(v, NULL)
        elif v != <PyObject*>root or not has_gradient(<Variable>v):     # else the one it had before the walk stays
            commit_gradient(walk, i, False)
    return True


cdef void commit_gradient(Walk walk, int i, bint adds) noexcept:
    """Write the gradient of one slot to its Variable: the sum with what that has, where it `adds`."""
    cdef PyObject* v = walk.slots[i].node
    cdef int k = walk.slots[i].register
    cdef double value = walk.slots[i].value, x
    if walk.slots[i].state & SCALAR:
        if adds:
            if plain_scalar_gradient(v, &x):
                value = x + value
            elif k != NONE and (<Variable>v).gradient.variable != NULL:
                value = walk.sums[k].number
        walk.slots[i].grad = exchange_gradient(v, NULL)
        (<Variable>v).gradient.scalar = value
        (<Variable>v).flags = (<Variable>v).flags | SCALAR_GRADIENT
        return
    if not (k != NONE or walk.slots[i].state & PREPARED):
        return
    if walk.create_graph:
        track_variable(v)
    if k != NONE:
        Py_XDECREF(walk.sums[k].old)                # not the last reference: `v` has one
        walk.sums[k].old = exchange_gradient(v, walk.sums[k].sum)
        walk.sums[k].sum = NULL
    else:
        walk.slots[i].grad = exchange_gradient(v, walk.slots[i].grad)


cdef inline PyObject* exchange_gradient(PyObject* v, PyObject* new) noexcept:
    """Let the reference to `new` be the gradient of `v`, and return that to the one before, NULL for a double."""
    cdef PyObject* old = NULL if (<Variable>v).flags & SCALAR_GRADIENT else (<Variable>v).gradient.variable
    (<Variable>v).gradient.variable = new
    (<Variable>v).flags = (<Variable>v).flags & ~SCALAR_GRADIENT
    return old
