# Part of _core.pyx. The push: from the tangents of some Variables forward to those of others.
#
# `collect_turns` goes back from the outputs and notes each Function as a `Turn`; the push takes the turns the other
# way round. The slots that a turn made are of Variables that no turn noted before it reads: once the push has
# passed it, their tangents are needed no longer.


def tangents(outputs, inputs, tangents, bint create_graph=False, bint batched=False):
    """The tangents of `outputs`, given those of `inputs`: forward mode, over a graph that is there already.

    For each output ``y`` it is the sum of ``dy/dx * t`` over the inputs ``x``. As for `gradients`, what lies
    behind an input is a matter of its own, and no Variable is changed.

    Parameters
    ----------
    outputs : sequence of Variable
    inputs : sequence of Variable
        Of floating type, real or complex; leaves or not.
    tangents : sequence of Variable, ndarray, number or None
        For each input its tangent, in its shape; None stands for zeros. What is no Variable is a constant.
    create_graph : bool
        Record the push, also under `no_grad`, so that the tangents can be differentiated.
    batched : bool
        Many tangents at once: those given have one more axis in front, and so have the results.

    Returns
    -------
    tangents : list of Variable or None
        In the outputs' shapes and dtypes, None where nothing came. They share memory with nothing.
    others : bool
        Was a leaf reached that is none of the inputs and that anybody but the graph holds?

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
    must_be_variables(outputs + inputs, "tangents are pushed from Variables to Variables, not to")
    outputs, inputs = nodes_now(outputs), nodes_made(inputs)
    walk = begin_walk()
    try:
        open_walk(walk, False, create_graph)
        if create_graph:
            walk.context = enter_context(True)
        for k in range(len(inputs)):
            tangents[k] = fitted(walk, inputs[k], tangents[k], batched, "a tangent", "its input")
        return push_all(walk, outputs, inputs, tangents, [])
    finally:
        end_walk(walk)


cdef tuple push_all(Walk walk, list outputs, list inputs, list given, list stops):
    """What `tangents` returns."""
    cdef int k, i, t
    cdef Function f
    cdef Variable v
    mark_goals(walk, inputs + stops)
    collect_turns(walk, outputs)
    others = reached_other_leaves(walk)
    for i in range(walk.n):
        walk.slots[i].state &= ~WALKED
    walk.sweep.n_needed = walk.sweep.n_kept = walk.n
    for k in range(len(inputs)):
        v = inputs[k]
        if given[k] is not None:
            add_cotangent(walk, v, given[k])
    walk.steps = 0
    for t in range(walk.sweep.n_turns - 1, -1, -1):
        i = walk.sweep.turns[t].slot
        f = <Function>walk.slots[i].creator
        if has_tangent(walk, f):
            if f.flags & GUARDED:
                check_guarded(f)
            if f.flags & WATCHED or not fast_push(walk, f, i):
                flush(walk)
                rule_push(walk, f, i)
        for i in range(walk.sweep.turns[t].first, walk.sweep.n_needed):
            walk.slots[i].state |= WALKED
        walk.sweep.n_needed = walk.sweep.turns[t].first
        if walk.fused.form == NULL:
            drop_passed_tangents(walk)
        poll_signals(walk)
    flush(walk)
    ys = []
    for v in outputs:
        i = -1 if v.flags & CONSTANT else find_slot(walk, <PyObject*>v)
        ys.append(take_gradient(walk, i) if i >= 0 else None)
    return ys, others


cdef int collect_turns(Walk walk, list outputs) except -1:
    """Note every Function between the outputs and the goals, those of the highest generation first."""
    cdef int i, j, k, top = 0
    cdef Function f
    cdef Variable v
    cdef PyObject** inputs
    for v in outputs:
        if v.creator != NULL:
            top = max(top, (<Function>v.creator).generation)
    restart_queue(walk, top)
    walk.sweep.n_turns = 0
    for v in outputs:
        if takes_part(<PyObject*>v):
            reach(walk, v)
    while True:
        i = pop_bucket(walk.bucket) if walk.queue is None else walk.queue.pop()
        if i < 0:
            return 0
        note_turn(walk, i)
        f = <Function>walk.slots[i].creator
        j = i
        while j >= 0:
            walk.slots[j].state |= WALKED       # who reaches it now comes too late
            j = walk.slots[j].sibling
        inputs = inputs_of(<PyObject*>f)
        for k in range(f.n_inputs):
            if takes_part(inputs[k]):
                reach(walk, <Variable>inputs[k])


cdef inline bint takes_part(PyObject* o) noexcept:
    """Is it a Variable that takes a gradient, and of a type that has one?"""
    cdef PyObject* form
    if not is_wanted(o):
        return False
    form = form_array(o)
    return form == NULL or takes_gradient(form)


cdef int note_turn(Walk walk, int i) except -1:
    cdef cnp.ndarray longer
    if walk.sweep.n_turns == walk.sweep.room_turns:
        longer = bytes_array((2 * walk.sweep.n_turns + 64) * sizeof(Turn))
        if walk.sweep.n_turns:
            memcpy(cnp.PyArray_DATA(longer), walk.sweep.turns, walk.sweep.n_turns * sizeof(Turn))
        walk.turn_buffer = longer
        walk.sweep.turns = <Turn*>cnp.PyArray_DATA(longer)
        walk.sweep.room_turns = 2 * walk.sweep.n_turns + 64
    walk.sweep.turns[walk.sweep.n_turns].slot, walk.sweep.turns[walk.sweep.n_turns].first = i, walk.n
    walk.sweep.n_turns += 1
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
    cdef int k
    for k in range(f.n_inputs):
        if slot_with_tangent(walk, inputs_of(<PyObject*>f)[k]) >= 0:
            return True
    return False


cdef void drop_passed_tangents(Walk walk) noexcept:
    """Let go of the tangents that the push has passed."""
    cdef PyObject* old
    while walk.sweep.n_kept > walk.sweep.n_needed:
        walk.sweep.n_kept -= 1
        old = walk.slots[walk.sweep.n_kept].grad
        walk.slots[walk.sweep.n_kept].grad = NULL
        if old != NULL and not walk.create_graph:
            release_to_pool(old)
        else:
            Py_XDECREF(old)


cdef inline int poll_signals(Walk walk) except -1:
    """From time to time: signals, and a turn for other threads."""
    walk.steps += 1
    if not walk.steps & 1023:
        flush(walk)
        PyErr_CheckSignals()
        if not walk.steps & 65535:
            with nogil:
                pass
    return 0
