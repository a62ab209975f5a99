# Part of _core.pyx. Many tangents or cotangents at once: each has one more axis, the first, over the rows.
#
# Forward, an elementwise Function takes all rows by its recipe, aligned at the last axes; a class that has a method
# `of_rows` takes them by that, another one that is linear or multilinear by the batched rule that `vmap` has for it, and
# any other row by row. Backward, a Function that is not elementwise has its rule
# recorded once; a forward sweep through the record then carries all rows from the upstream gradients to those of the
# inputs.


cdef object broadcast_rows(Walk walk, object t, tuple shape):
    """Rows, each broadcast to a shape."""
    t = structural.aligned(t, len(shape))
    return t if t.shape[1:] == shape else structural.broadcast_to(t, (walk.n_rows,) + shape)


cdef object row_of(object t, Py_ssize_t r):
    return None if t is None else t[r]


cdef object stack_rows(list rows):
    """The results for single rows, each a Variable or None, stacked along a new first axis; None if all are None."""
    for row in rows:
        if row is not None:
            like = row
            break
    else:
        return None
    zero = None
    for r in range(len(rows)):
        if rows[r] is None:
            if zero is None:
                zero = np.zeros(like.shape, like.dtype)
            rows[r] = zero
    return structural.stack(rows)


cdef tuple stack_outputs(list results, Py_ssize_t n):
    """What a rule returned for each row, `n` results each: for each of these the rows, stacked."""
    for r in range(len(results)):
        results[r] = tuple(results[r]) if isinstance(results[r], (tuple, list)) else (results[r],)
        if len(results[r]) != n:
            raise ValueError(f"it returned {len(results[r])} results, not {n}")
    outputs = []
    for k in range(n):
        rows = []
        for row in results:
            rows.append(row[k])
        outputs.append(stack_rows(rows))
    return tuple(outputs)


cdef object tangents_of_rows(Walk walk, Function f, int i, list ts):
    """The tangent of the output, or a tuple for several outputs, where those of the inputs, `ts`, have rows."""
    cdef Operation op = None if f.operation == NULL else <Operation>f.operation
    if getattr(type(f), "tangent", None) is None and op is not None:
        if op.kernel == LOOPS:
            if walk.compiled and not (op.ufunc is None and has_attributes(f)):
                ty = tangent_by_recipe(walk, f, i, ts)
                if ty is not NotImplemented:
                    return ty
        elif hasattr(op.cls, "of_rows"):
            ty = f.of_rows(*ts)
            if ty is not NotImplemented:
                return broadcast_rows(walk, ty, form_of(<Variable>walk.slots[i].node).shape)
        elif f.n_outputs == 1 and walk.n_rows > 1 and (op.cls.linear or op.cls.multilinear):
            ty = services.tangent_of_rows(f, form_of(<Variable>walk.slots[i].node), ts)
            if ty is not NotImplemented:
                return ty
    results = []
    for r in range(walk.n_rows):
        ts_of_row = []
        for t in ts:
            ts_of_row.append(row_of(t, r))
        results.append(tangents_of(walk, f, i, ts_of_row))
    return stack_outputs(results, f.n_outputs)


cdef int vjp_of_rows(Walk walk, Function f, int i) except -1:
    """Accumulate the vjp of `f` where the upstream gradients have rows: `vjp_step` and `vjp_by_rule` in one."""
    cdef int k, kind = kind_of_outputs(walk, i)
    cdef Operation op = None if f.operation == NULL else <Operation>f.operation
    count_operands(walk, f, i)
    enter_context_of_rules(walk)
    gys = upstream_gradients(walk, f, i)
    if not flows_to_any(walk, f, kind):
        return 0
    try:
        gxs = None
        if (op is not None and op.kernel == LOOPS and walk.compiled and f.n_outputs == 1 and f.n_inputs == op.n_inputs
                and not (op.ufunc is None and has_attributes(f))):
            gxs = gradients_by_recipe(walk, f, i, gys[0])
        if gxs is None:
            gxs = gradients_by_recorded_rule(walk, f, i, gys)
        for k in range(f.n_inputs):
            if gxs[k] is not None and flows_to(walk, inputs_of(<PyObject*>f)[k], kind):
                accumulate_rows(walk, <Variable>inputs_of(<PyObject*>f)[k], gxs[k])
    except Exception as error:
        note_function(error, f)
        raise
    return 0


cdef object gradients_by_recorded_rule(Walk walk, Function f, int i, list gys):
    """The gradients of the inputs: the rule is recorded once, and a sweep carries all rows through the record.

    A rule that reads the values of its upstream gradients is called row by row instead.
    """
    cdef list given, outputs = [], wanted = []
    cdef int k
    cdef bint was_read
    context = enter_context(True)
    try:
        given = placeholders(walk, f, i)
        gxs = backward_quietly(walk, f, i, given, &was_read)
    finally:
        leave_context(context)
    if reads_values(given):
        results = []
        for r in range(walk.n_rows):
            results.append(backward_quietly(walk, f, i, cotangents_of_row(walk, f, i, gys, r), &was_read))
        gxs = list(stack_outputs(results, f.n_inputs))
    else:
        for k in range(f.n_inputs):
            if not isinstance(gxs[k], Variable) or not wants_gradient(walk, inputs_of(<PyObject*>f)[k]):
                continue
            if gxs[k].dtype.kind in "fc":
                outputs.append(current(<Variable>gxs[k]))      # a rule may have assigned to it
                wanted.append(k)
        found = sweep_forward_within(outputs, given, gys, stops_of(f), walk.create_graph, walk.n_rows)
        gxs = [None] * f.n_inputs
        for k in range(len(wanted)):
            gxs[wanted[k]] = found[k]
    if was_read and walk.create_graph:
        gxs = differentiable_once(f, gxs)
    return gxs


cdef list cotangents_of_row(Walk walk, Function f, int i, list gys, Py_ssize_t r):
    """Row `r` of the upstream gradient of each output; zeros for an output that was not reached."""
    cdef list given = placeholders(walk, f, i)
    for k in range(len(given)):
        if gys[k] is not None:
            given[k] = gys[k][r]
    return given


cdef object sweep_forward_within(
    list outputs, list inputs, list given, list stops, bint create_graph, Py_ssize_t n_rows
):
    """The tangents of `outputs` for those `given` of `inputs`, with rows; the sweep ends at `stops`, too."""
    cdef Walk walk = begin_walk()
    try:
        configure_walk(walk, False, create_graph)
        walk.n_rows = n_rows
        walk.context = enter_context(create_graph)
        return sweep_forward(walk, outputs, inputs, given, stops)[0]
    finally:
        end_walk(walk)


cdef int accumulate_rows(Walk walk, Variable v, Variable g) except -1:
    """Accumulate a gradient with rows, each summed to the shape of `v` and cast to its dtype."""
    form = form_of(v)
    lead = g.ndim - 1 - form.ndim
    if g.shape[1:] != form.shape:
        g = structural.sum_to(g, (walk.n_rows,) + (1,) * lead + form.shape)
        g = structural.reshape(g, (walk.n_rows,) + form.shape)
    g = cast_gradient(g, gradient_dtype(form.dtype))
    return add_object(walk, reach(walk, v), g if walk.create_graph else data_of(g))
