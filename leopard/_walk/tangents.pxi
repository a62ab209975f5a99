# Part of _core.pyx. Forward mode: a sweep from the tangents of some Variables to those of others.
#
# `collect_sweep` goes back from the outputs and notes each Function in a `SweepEntry`; `sweep_forward` goes through the
# entries the other way round. A slot that was made when an entry was noted, or later, belongs to a Variable that only
# Functions up to this entry read: when the sweep has passed it, its tangent is not needed any more.


def tangents(outputs, inputs, tangents, bint create_graph=False, bint batched=False):
    """The tangents of `outputs`, given those of `inputs`: forward mode, over a graph that is there already.

    For each output ``y`` it is the sum of ``dy/dx * t`` over the inputs ``x``. As for `gradients`, nothing behind an
    input is traversed, and no Variable is changed.

    Parameters
    ----------
    outputs : sequence of Variable
    inputs : sequence of Variable
        Of floating type, real or complex; leaves or not.
    tangents : sequence of Variable, ndarray, number or None
        For each input its tangent, in its shape; None stands for zeros. What is no Variable is a constant.
    create_graph : bool
        Record the sweep, also under `no_grad`, so that the tangents can be differentiated.
    batched : bool
        Many tangents at once: those given have one more axis in front, and so have the results.

    Returns
    -------
    tangents : list of Variable or None
        In the outputs' shapes and dtypes, None where nothing came. They share memory with nothing.
    others : bool
        Was a leaf reached that is none of the inputs, and to which there are references outside of the graph?

    Raises
    ------
    TypeError, ValueError
        When an input is not of floating type, or a tangent is not of its shape; when a user's rule reads
        the values of its upstream gradient, so that no tangent follows from it.
    Exception
        Whatever a rule raises, with a note that names its Function.

    Examples
    --------
    >>> from leopard._core import tangents
    >>> x = Variable(np.array(3.0))
    >>> y = x * x
    >>> tangents([y * x, y], [x], [1.0])
    ([variable(27.0), variable(6.0)], False)
    """
    cdef Walk walk
    outputs, inputs, tangents = list(outputs), list(inputs), list(tangents)
    if len(inputs) != len(tangents):
        raise ValueError(f"{len(tangents)} tangents for {len(inputs)} inputs")
    must_be_variables(outputs + inputs, "tangents are carried from Variables to Variables, not to")
    outputs, inputs = current_nodes(outputs), creation_nodes(inputs)
    walk = begin_walk()
    try:
        configure_walk(walk, False, create_graph)
        if create_graph:
            walk.context = enter_context(True)
        for k in range(len(inputs)):
            tangents[k] = validated(walk, inputs[k], tangents[k], batched, True)
        return sweep_forward(walk, outputs, inputs, tangents, [])
    finally:
        end_walk(walk)


cdef tuple sweep_forward(Walk walk, list outputs, list inputs, list given, list stops):
    """The tangents of `outputs` for those `given` of `inputs`, in a list, and whether other leaves were reached."""
    cdef int k, i
    cdef Variable v
    mark_boundary(walk, inputs + stops)
    collect_sweep(walk, outputs)
    others = reached_other_leaves(walk)
    for i in range(walk.n):
        walk.slots[i].state &= ~WALKED
    walk.sweep.n_needed = walk.sweep.n_kept = walk.n
    for k in range(len(inputs)):
        if given[k] is not None:
            add_cotangent(walk, <Variable>inputs[k], given[k])
    sweep_entries(walk)
    ys = []
    for v in outputs:
        i = -1 if v.flags & CONSTANT else find_slot(walk, <PyObject*>v)
        ys.append(take_gradient(walk, i) if i >= 0 else None)
    return ys, others


cdef int sweep_entries(Walk walk) except -1:
    """Compute the tangents of the outputs of each Function that was noted, lower generations first."""
    global leopard_walked
    cdef int t, i
    cdef Function f
    cdef size_t walked_before, frame_before
    begin_walk_of_lines(&walked_before, &frame_before)
    for t in range(walk.sweep.n_entries - 1, -1, -1):
        i = walk.sweep.entries[t].slot
        f = <Function>walk.slots[i].creator
        if leopard_lines != NULL:
            leopard_walked = <size_t><PyObject*>f
        if has_tangent(walk, f) and kind_of_outputs(walk, i) == REAL_OR_COMPLEX:    # else it casts, and the slope is 0
            if f.flags & GUARDED:
                check_guarded(f)
            if f.flags & WATCHED or not jvp_step(walk, f, i):
                flush(walk)
                jvp_by_rule(walk, f, i)
        for i in range(walk.sweep.entries[t].first, walk.sweep.n_needed):
            walk.slots[i].state |= WALKED
        walk.sweep.n_needed = walk.sweep.entries[t].first
        if walk.fused.form == NULL:
            drop_passed_tangents(walk)
        count_step(walk)
    flush(walk)
    end_walk_of_lines(walked_before, frame_before)
    return 0


cdef int collect_sweep(Walk walk, list outputs) except -1:
    """Note every Function between the outputs and the boundary, higher generations first."""
    cdef int i, k
    cdef Function f
    cdef Variable v
    restart_queue_at(walk, outputs)
    walk.sweep.n_entries = 0
    for v in outputs:
        if is_wanted(<PyObject*>v):
            reach(walk, v)
    while True:
        i = pop_ready(walk)
        if i < 0:
            return 0
        append_sweep_entry(walk, i)
        f = <Function>walk.slots[i].creator
        while i >= 0:
            walk.slots[i].state |= WALKED       # to reach it now would be too late
            i = walk.slots[i].sibling
        for k in range(f.n_inputs):
            if is_wanted(inputs_of(<PyObject*>f)[k]):
                reach(walk, <Variable>inputs_of(<PyObject*>f)[k])
        count_step(walk)


cdef int append_sweep_entry(Walk walk, int i) except -1:
    """Note the Function of slot `i`."""
    cdef ForwardSweep* sweep = &walk.sweep
    cdef cnp.ndarray longer
    if sweep.n_entries == sweep.capacity:
        sweep.capacity = 2 * sweep.n_entries + 64
        longer = bytes_array(sweep.capacity * sizeof(SweepEntry))
        if sweep.n_entries:
            memcpy(cnp.PyArray_DATA(longer), sweep.entries, sweep.n_entries * sizeof(SweepEntry))
        walk.sweep_buffer = longer
        sweep.entries = <SweepEntry*>cnp.PyArray_DATA(longer)
    sweep.entries[sweep.n_entries].slot, sweep.entries[sweep.n_entries].first = i, walk.n
    sweep.n_entries += 1
    return 0


cdef inline int slot_with_tangent(Walk walk, PyObject* input) noexcept:
    """The slot of an input that has a tangent, or -1."""
    cdef int j
    if not is_wanted(input):
        return -1
    j = find_slot(walk, input)
    if j < 0 or walk.slots[j].grad == NULL and not walk.slots[j].state & (SCALAR | UNIFORM | PENDING):
        return -1
    return j


cdef inline bint has_tangent(Walk walk, Function f) noexcept:
    """Has any input of `f` a tangent?"""
    cdef int k
    for k in range(f.n_inputs):
        if slot_with_tangent(walk, inputs_of(<PyObject*>f)[k]) >= 0:
            return True
    return False


cdef void drop_passed_tangents(Walk walk) noexcept:
    """Let go of the tangents that no Function still to come reads."""
    cdef PyObject* old
    while walk.sweep.n_kept > walk.sweep.n_needed:
        walk.sweep.n_kept -= 1
        old = walk.slots[walk.sweep.n_kept].grad
        walk.slots[walk.sweep.n_kept].grad = NULL
        if old != NULL and not walk.create_graph:
            release_to_pool(old)
        else:
            Py_XDECREF(old)
