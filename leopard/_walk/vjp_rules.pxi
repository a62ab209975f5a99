# Part of _core.pyx. The vjp of one Function by its rule: its `backward` is called in Python, on Variables.

cdef int vjp_by_rule(Walk walk, Function f, int i) except -1:
    """Call the rule of `f`, and accumulate what it returns."""
    cdef int k, kind = kind_of_outputs(walk, i)
    cdef bint output_restored, some_left_out, was_read, of_arrays
    count_operands(walk, f, i)
    enter_context_of_rules(walk)
    gys = upstream_gradients(walk, f, i)
    if not flows_to_any(walk, f, kind):
        return 0
    if f.n_outputs > 1:
        for k in range(f.n_outputs):
            if gys[k] is None:
                shape, dtype = forms_of(<PyObject*>f)[k]
                gys[k] = as_constant(np.zeros(shape, gradient_dtype(dtype)))
    output_restored = restore_output(walk, f, i)
    try:
        some_left_out = walk.elements_left_out and f.operation != NULL and (<Operation>f.operation).kernel == LOOPS
        some_left_out = some_left_out and has_zeros(gys[0])
        errstate = ignore_divisions(some_left_out)
        try:
            of_arrays = f.operation != NULL and (<Operation>f.operation).takes_arrays
            if of_arrays and not (walk.create_graph or leopard_following or f.flags & WATCHED):
                gxs = call_with_arrays(f, gys)
                was_read = False
            else:
                gxs = call_backward(f, gys, &was_read)
        finally:
            leave_errstate(errstate)
        if f.flags & WATCHED:
            gxs = call_function_hooks(f, gxs, tuple(gys))
            check_gradients_finite(f, gxs)
        for k in range(f.n_inputs):
            if gxs[k] is None or not flows_to(walk, inputs_of(<PyObject*>f)[k], kind):
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


# Between an input of one kind of numbers and outputs of a narrower one lies a cast, to integers or to truth values,
# whose slope is 0 where it has one.

cdef enum:
    TRUTH_VALUES
    INTEGERS
    REAL_OR_COMPLEX


cdef inline int kind_of_number(PyObject* v) noexcept:
    """The kind of numbers that a Variable holds."""
    cdef PyObject* form = form_array(v)
    if form == NULL or not is_of_integers(form):
        return REAL_OR_COMPLEX
    return TRUTH_VALUES if is_bool(<RawArray*>form) else INTEGERS


cdef int kind_of_outputs(Walk walk, int i) noexcept:
    """The widest kind of numbers among the outputs of a Function that were reached, of which slot `i` is the first."""
    cdef int kind = TRUTH_VALUES
    while i >= 0 and kind != REAL_OR_COMPLEX:
        kind = max(kind, kind_of_number(walk.slots[i].node))
        i = walk.slots[i].sibling
    return kind


cdef inline bint flows_to(Walk walk, PyObject* input, int kind) noexcept:
    """Is a gradient wanted of an input, and is there no cast to this kind of numbers, whose slope is 0, before it?"""
    return wants_gradient(walk, input) and (kind == REAL_OR_COMPLEX or kind_of_number(input) <= kind)


cdef bint flows_to_any(Walk walk, Function f, int kind) noexcept:
    """Does the gradient of outputs of this kind of numbers reach any input?"""
    cdef int k
    if kind == REAL_OR_COMPLEX:
        return True
    for k in range(f.n_inputs):
        if flows_to(walk, inputs_of(<PyObject*>f)[k], kind):
            return True
    return False


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


cdef object call_backward(Function f, list gys, bint* was_read, bint of_arrays=False):
    """What ``f.backward`` returns, a gradient for each input; `was_read` is set if it has read a Variable's value."""
    cdef PyObject* outer = leopard_function_of_rule
    cdef int outer_of_arrays = leopard_rule_of_arrays
    cdef int before = begin_read_detection()
    set_function_of_rule(<PyObject*>f, of_arrays)
    try:
        gxs = services.follow_rule(f, gys) if leopard_following else f.backward(*gys)
    finally:
        set_function_of_rule(outer, outer_of_arrays)
        was_read[0] = end_read_detection(before)
    gxs = tuple(gxs) if isinstance(gxs, (tuple, list)) else (gxs,)      # a list may be changed meanwhile
    if len(gxs) != f.n_inputs:
        raise ValueError(f"its backward returned {len(gxs)} gradients for {f.n_inputs} inputs")
    return gxs


cdef object call_with_arrays(Function f, list gys):
    """What ``f.backward`` returns when it is given arrays, where nothing is recorded."""
    cdef bint was_read
    cdef Py_ssize_t k
    for k in range(len(gys)):
        gys[k] = data_of(gys[k])
    return call_backward(f, gys, &was_read, True)


cdef void set_function_of_rule(PyObject* f, int of_arrays) noexcept:
    """Note the Function whose `backward` is run by this thread, so that it gets its inputs over the reals; or NULL."""
    global leopard_function_of_rule, leopard_rule_of_arrays
    leopard_function_of_rule = f
    leopard_rule_of_arrays = of_arrays


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
