# Part of _core.pyx. The jvp of one Function as the transpose of its vjp.
#
# `backward` is linear in its upstream gradients. It is recorded once, with placeholders for these; the gradients by the
# placeholders, walked from the tangents of the inputs, are the tangents of the outputs.

cdef object tangents_by_transposing(Walk walk, Function f, int i, list ts):
    """The tangents of the outputs, by recording `backward` and walking it from the tangents of the inputs."""
    cdef int k
    cdef bint was_read
    cdef list gys, outputs = [], cotangents = []
    context = enter_context(True)
    try:
        gys = placeholders(walk, f, i)
        gxs = backward_quietly(walk, f, i, gys, &was_read)
    finally:
        leave_context(context)
    if reads_values(gys):
        raise TypeError(
            f"{type(f).__name__}.backward reads the values of its upstream gradient, so no tangent follows "
            "from it; compute with the Variable itself, or define `tangent`"
        )
    for k in range(f.n_inputs):
        if ts[k] is None or not isinstance(gxs[k], Variable) or gxs[k].dtype.kind not in "fc":
            continue
        outputs.append(gxs[k])
        cotangents.append(cotangent_like(ts[k], gxs[k]))
    tys = gradients_within(outputs, cotangents, gys, stops_of(f), walk.create_graph)
    if was_read and walk.create_graph:
        tys = differentiable_once(f, tys)
    return tys


cdef list placeholders(Walk walk, Function f, int i):
    """Zeros as upstream gradient of each output: a constant where no tangent is needed, else a recorded Variable.

    A rule that skips products with zeros sees by the creator of a placeholder that these zeros stand for other numbers.
    When the value of a placeholder is read, its flag DROPPABLE is cleared.
    """
    cdef Variable gy, leaf
    cdef list gys = []
    cdef set reached = set()
    cdef int k, j = i
    while j >= 0:
        reached.add(walk.slots[j].position)
        j = walk.slots[j].sibling
    for k in range(f.n_outputs):
        if f.n_outputs > 1:
            shape, dtype = forms_of(<PyObject*>f)[k]
        else:
            form = form_of(<Variable>walk.slots[i].node)
            shape, dtype = form.shape, form.dtype
        dtype = gradient_dtype(dtype)
        if k in reached and dtype.kind in "fc":
            leaf = wrap(np.zeros(shape, dtype))
            leaf.flags |= CLOSED_INPUT
            gy = structural.duplicate(leaf)
            gy.flags |= DROPPABLE
        else:
            gy = as_constant(np.zeros(shape, dtype))
        gys.append(gy)
    return gys


cdef bint reads_values(list gys) noexcept:
    """Has a rule was_read the values of a placeholder?"""
    for gy in gys:
        if not (<Variable>gy).flags & (DROPPABLE | CONSTANT):
            return True
    return False


cdef list stops_of(Function f):
    """The inputs and outputs of `f`: a walk through the record of its rule ends at these."""
    cdef list stops = []
    cdef int k
    for k in range(f.n_inputs):
        if is_wanted(inputs_of(<PyObject*>f)[k]):
            stops.append(<object>aliased_node(inputs_of(<PyObject*>f)[k]))
    for k in range(f.n_outputs):
        if outputs_of(<PyObject*>f)[k] != NULL:
            stops.append(<object>outputs_of(<PyObject*>f)[k])
    return stops


cdef object backward_quietly(Walk walk, Function f, int i, list gys, bint* was_read):
    """What `f.backward` returns, as by `call_backward`, without warnings: `gys` are placeholders or have zeros."""
    cdef bint output_restored = restore_output(walk, f, i)
    try:
        errstate = ignore_all(True)
        try:
            return call_backward(f, gys, was_read)
        finally:
            leave_errstate(errstate)
    finally:
        if output_restored:
            f.inline_output = NULL


cdef object cotangent_like(Variable t, Variable gx):
    """The tangent of an input as a cotangent of `gx`, which the rule returned for it and which has its own form."""
    if t.shape != gx.shape:
        t = structural.broadcast_to(t, gx.shape)
    return cast_gradient(t, gx.dtype)


cdef list gradients_within(list outputs, list cotangents, list inputs, list stops, bint create_graph):
    """The gradients of `inputs`, by a walk that keeps to what depends on them and ends at them and at `stops`."""
    cdef Walk activity = None, walk = None
    cdef int k
    try:
        activity = begin_walk()
        configure_walk(activity, False, False)
        for k in mark_boundary(activity, inputs):
            activity.slots[k].state |= DEPENDS_ON_INPUTS
        mark_boundary(activity, stops)
        collect_sweep(activity, outputs)
        mark_dependents(activity)
        walk = begin_walk()
        configure_walk(walk, False, create_graph)
        walk.activity = activity
        walk.context = enter_context(create_graph)
        return walk_between(walk, outputs, cotangents, inputs)[0]
    finally:
        try:
            if walk is not None:
                end_walk(walk)
        finally:
            if activity is not None:
                end_walk(activity)


cdef int mark_dependents(Walk activity) noexcept:
    """Mark each Variable that depends on one that is marked, lower generations first."""
    cdef int t, i, j, k
    cdef PyObject* f
    cdef bint leads
    for t in range(activity.sweep.n_entries - 1, -1, -1):
        i = activity.sweep.entries[t].slot
        f = activity.slots[i].creator
        leads = False
        for k in range((<Function>f).n_inputs):
            if is_wanted(inputs_of(f)[k]):
                j = find_slot(activity, inputs_of(f)[k])
                leads = leads or j >= 0 and activity.slots[j].state & DEPENDS_ON_INPUTS != 0
        while leads and i >= 0:
            activity.slots[i].state |= DEPENDS_ON_INPUTS
            i = activity.slots[i].sibling
    return 0
