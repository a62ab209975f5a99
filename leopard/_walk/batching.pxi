# Part of _core.pyx. Many tangents or cotangents at once: each has one more axis, the first, over the rows.
#
# Pushed, an elementwise function takes all rows by its recipe, aligned at the last axes, a class that has a method
# `of_rows` by that, and any other row by row. Walked, a function that is not elementwise has its rule recorded once,
# and the rows are pushed through what was recorded: from the upstream gradients to those of the inputs.


cdef object spread(Walk walk, object t, tuple shape):
    """Rows broadcast to a shape."""
    t = structural.aligned(t, len(shape))
    return t if t.shape[1:] == shape else structural.broadcast_to(t, (walk.n_rows,) + shape)


cdef object row_of(object t, Py_ssize_t r):
    return None if t is None else t[r]


cdef object stacked(list rows):
    """Results of single rows, each a tangent or None, as one."""
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


cdef tuple stacked_outputs(list results, Py_ssize_t n):
    """The same of what rules returned for each row."""
    for r in range(len(results)):
        if not isinstance(results[r], (tuple, list)):
            results[r] = (results[r],)
        if len(results[r]) != n:
            raise ValueError(f"it returned {len(results[r])} results, not {n}")
    return tuple([stacked([row[k] for row in results]) for k in range(n)])


cdef object tangents_of_rows(Walk walk, Function f, int i, list ts):
    """`tangents_of`, where `ts` have rows."""
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
                return spread(walk, ty, form_of(<Variable>walk.slots[i].node).shape)
    results = []
    for r in range(walk.n_rows):
        results.append(tangents_of(walk, f, i, [row_of(t, r) for t in ts]))
    return stacked_outputs(results, f.n_outputs)


cdef int step_of_rows(Walk walk, Function f, int i) except -1:
    """`fast_step` or `rule_step`, where the upstream gradients have rows."""
    cdef int k, head = i
    cdef Operation op = None if f.operation == NULL else <Operation>f.operation
    if walk.context is None:
        walk.context = enter_context(walk.create_graph)
    gys = [None] * f.n_outputs
    while i >= 0:
        gys[walk.slots[i].position] = slot_gradient(walk, i)
        walk.slots[i].state |= WALKED
        i = walk.slots[i].sibling
    try:
        gxs = NotImplemented
        if op is not None and op.kernel == LOOPS and walk.compiled and not (op.ufunc is None and has_attributes(f)):
            gxs = gradients_by_recipe(walk, f, head, gys[0])
        if gxs is NotImplemented:
            gxs = gradients_through_rule(walk, f, head, gys)
        for k in range(f.n_inputs):
            if gxs[k] is not None and wants_gradient(walk, inputs_of(<PyObject*>f)[k]):
                contribute_rows(walk, k, <Variable>inputs_of(<PyObject*>f)[k], gxs[k])
    except Exception as error:
        note_function(error, f)
        raise
    return 0


cdef object gradients_by_recipe(Walk walk, Function f, int i, object gy):
    cdef PyObject* form = form_array(walk.slots[i].node)
    cdef int type = DOUBLE if form == NULL else type_of(form), mask = 0, k
    cdef Operation op = <Operation>f.operation
    cdef Recipe recipe
    if f.n_outputs != 1 or f.n_inputs != op.n_inputs or not 0 <= type < COMPLEX:
        return NotImplemented
    for k in range(f.n_inputs):
        mask |= wants_gradient(walk, inputs_of(<PyObject*>f)[k]) << k
    known = recipe_of(op, type, mask)
    if known is False or len((<Recipe>known).operations) != (<Recipe>known).n_steps:
        return NotImplemented
    recipe = known
    r = registers_of(walk, f, recipe, gy, <object>walk.slots[i].node)
    gxs = [None] * f.n_inputs
    some_left_out = walk.chosen
    with np.errstate(divide="ignore", invalid="ignore") if some_left_out else nothing:
        run_recorded(recipe, r)
    for k in range(f.n_inputs):
        if recipe.results[k] >= 0:
            gxs[k] = r[recipe.results[k]]
            if some_left_out and recipe.results[k] != GY:
                gxs[k] = structural.where_taken(gy, gxs[k])
    return gxs


cdef object gradients_through_rule(Walk walk, Function f, int i, list gys):
    """Record the rule once, and push the rows through it."""
    cdef list given, outputs = [], wanted = [], stops
    cdef int k
    cdef bint read
    context = enter_context(True)
    try:
        given = placeholders(walk, f, i)
        gxs = backward_of(walk, f, i, given, &read)
    finally:
        leave_context(context)
    if reads_values(given):
        results = []
        for r in range(walk.n_rows):
            results.append(backward_of(walk, f, i, rows_or_zeros(f, i, walk, gys, r), &read))
        gxs = list(stacked_outputs(results, f.n_inputs))
    else:
        for k in range(f.n_inputs):
            if isinstance(gxs[k], Variable) and wants_gradient(walk, inputs_of(<PyObject*>f)[k]) and gxs[k].dtype.kind in "fc":
                outputs.append(gxs[k])
                wanted.append(k)
        found = push_within(outputs, given, gys, stops_of(f), walk.create_graph, walk.n_rows)
        gxs = [None] * f.n_inputs
        for k in range(len(wanted)):
            gxs[wanted[k]] = found[k]
    if read and walk.create_graph:
        gxs = [once_or_none(f, gx) for gx in gxs]
    return gxs


cdef list rows_or_zeros(Function f, int i, Walk walk, list gys, Py_ssize_t r):
    cdef list given = placeholders(walk, f, i)
    for k in range(len(given)):
        if gys[k] is not None:
            given[k] = gys[k][r]
    return given


cdef object push_within(list outputs, list inputs, list given, list stops, bint create_graph, Py_ssize_t n_rows):
    """Tangents with rows through a part of a graph."""
    cdef Walk walk = begin_walk()
    try:
        open_walk(walk, False, create_graph)
        walk.n_rows = n_rows
        walk.context = enter_context(create_graph)
        return push_all(walk, outputs, inputs, given, stops)[0]
    finally:
        end_walk(walk)


cdef int contribute_rows(Walk walk, int k, Variable v, Variable g) except -1:
    """`accumulate_checked`, where `g` has rows."""
    form = form_of(v)
    lead = g.ndim - 1 - form.ndim
    if g.shape[1:] != form.shape:
        g = structural.sum_to(g, (walk.n_rows,) + (1,) * lead + form.shape)
        g = structural.reshape(g, (walk.n_rows,) + form.shape)
    if form.dtype.kind == "f" and g.dtype.kind == "c":
        g = structural.real(g)
    if g.dtype != form.dtype:
        g = structural.astype(g, form.dtype)
    return add_object(walk, reach(walk, v), g if walk.create_graph else data_of(g))
