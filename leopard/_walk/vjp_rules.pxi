# Part of _core.pyx. The vjp of one Function by its rule: its `backward` is called in Python, on Variables.

cdef int vjp_by_rule(Walk walk, Function f, int i) except -1:
    """Call the rule of `f`, and accumulate what it returns."""
    cdef int k
    cdef bint output_restored, some_left_out, was_read
    enter_context_of_rules(walk)
    gys = upstream_gradients(walk, f, i)
    if f.n_outputs > 1:
        for k in range(f.n_outputs):
            if gys[k] is None:
                gys[k] = as_constant(np.zeros(*forms_of(<PyObject*>f)[k]))
    output_restored = restore_output(walk, f, i)
    try:
        some_left_out = walk.elements_left_out and f.operation != NULL and (<Operation>f.operation).kernel == LOOPS
        some_left_out = some_left_out and has_zeros(gys[0])
        with np.errstate(divide="ignore", invalid="ignore") if some_left_out else no_errstate:
            gxs = call_backward(f, gys, &was_read)
        if f.flags & WATCHED:
            gxs = call_function_hooks(f, gxs, tuple(gys))
            check_gradients_finite(f, gxs)
        for k in range(f.n_inputs):
            if gxs[k] is None or not wants_gradient(walk, inputs_of(<PyObject*>f)[k]):
                continue
            gx = gxs[k]
            if some_left_out:
                gx = structural.where_taken(gys[0], gx)
            if was_read and walk.create_graph and isinstance(gx, (Variable, cnp.ndarray)):
                gx = services.once(f, gx)
            # The input is looked up again: Python code has run since.
            accumulate_checked(walk, f, k, <Variable>inputs_of(<PyObject*>f)[k], gx, i)
    except Exception as error:
        note_function(error, f)
        raise
    finally:
        if output_restored:
            f.inline_output = NULL
    return 0


cdef int enter_context_of_rules(Walk walk) except -1:
    """Enter the context in which rules run, which records if the walk is recorded; `end_walk` leaves it."""
    if walk.context is None:
        walk.context = enter_context(walk.create_graph)
    return 0


cdef list upstream_gradients(Walk walk, Function f, int i):
    """The gradients of the outputs, None for one that was not reached; their slots are marked as walked."""
    cdef list gys = [None] * f.n_outputs
    if len(gys) == 0:
        raise RuntimeError(f"{type(f).__name__} was set as a creator but has computed nothing")
    while i >= 0:
        gys[walk.slots[i].position] = slot_gradient(walk, i)
        walk.slots[i].state |= WALKED
        i = walk.slots[i].sibling
    return gys


cdef bint restore_output(Walk walk, Function f, int i) noexcept:
    """Let `f` point to its only output again if an earlier rule has unchained that; the caller undoes it."""
    if f.n_outputs != 1 or f.inline_output != NULL:
        return False
    f.inline_output = walk.slots[i].node
    return True


cdef object call_backward(Function f, list gys, bint* was_read):
    """What ``f.backward`` returns, a gradient for each input; `was_read` is set if it has read a Variable's value."""
    cdef int before = begin_read_detection()
    try:
        gxs = f.backward(*gys)
    finally:
        was_read[0] = end_read_detection(before)
    gxs = tuple(gxs) if isinstance(gxs, (tuple, list)) else (gxs,)      # a list may be changed meanwhile
    if len(gxs) != f.n_inputs:
        raise ValueError(f"its backward returned {len(gxs)} gradients for {f.n_inputs} inputs")
    return gxs


cdef int note_function(error, Function f, str rule="backward") except -1:
    """Add a note to an exception that names the Function, its rule, and the shapes of its inputs."""
    cdef int k
    texts = []
    for k in range(f.n_inputs):         # not `f.inputs`, which a subclass may have overridden
        texts.append(shape_text(input_of(f, k)))
    error.add_note(f"in {type(f).__name__}.{rule}, inputs of shape {', '.join(texts)}")
    return 0


cdef str shape_text(Variable x):
    return "(no data)" if x.flags & EMPTY else str(form_of(x).shape)
