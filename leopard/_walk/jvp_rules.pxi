# Part of _core.pyx. The tangent of one Function, on Variables: by its own rule, or by what follows from its `backward`.

cdef int rule_push(Walk walk, Function f, int i) except -1:
    """Put the tangents of the outputs of `f` into their slots; that of one is `i`."""
    cdef int k, j
    cdef list ts = [None] * f.n_inputs
    if walk.context is None:
        walk.context = enter_context(walk.create_graph)
    if walk.quiet is None:              # 0 * inf is found out, and is 0 here
        walk.quiet = np.errstate(invalid="ignore")
        walk.quiet.__enter__()
    for k in range(f.n_inputs):
        j = slot_with_tangent(walk, inputs_of(<PyObject*>f)[k])
        if j >= 0:
            ts[k] = slot_gradient(walk, j)
    try:
        tys = tangents_of(walk, f, i, ts) if walk.n_rows < 0 else tangents_of_rows(walk, f, i, ts)
        if not isinstance(tys, (tuple, list)):
            tys = (tys,)
        if len(tys) != f.n_outputs:
            raise ValueError(f"it returned {len(tys)} tangents for {f.n_outputs} outputs")
        if f.flags & WATCHED:
            check_tangents_finite(f, tys)
        j = i
        while j >= 0:
            if tys[walk.slots[j].position] is not None:
                put_tangent(walk, j, tys[walk.slots[j].position])
            j = walk.slots[j].sibling
    except Exception as error:
        note_function(error, f, "tangent")
        raise
    return 0


cdef object tangents_of(Walk walk, Function f, int i, list ts):
    """The tangent of the output, or a tuple of several."""
    cdef Operation op = None if f.operation == NULL else <Operation>f.operation
    cdef bint read
    cdef int before
    if getattr(type(f), "tangent", None) is not None:
        before = begin_read_detection()
        try:
            tys = f.tangent(*ts)
        finally:
            read = end_read_detection(before)
        if read and walk.create_graph:
            tys = tuple([once_or_none(f, t) for t in (tys if isinstance(tys, (tuple, list)) else (tys,))])
        return tys
    if op is None:
        return tangents_by_transposing(walk, f, i, ts)
    if op.kernel == LOOPS:
        if walk.compiled and not (op.ufunc is None and has_attributes(f)):
            ty = tangent_by_recipe(walk, f, i, ts)
            if ty is not NotImplemented:
                return ty
    elif getattr(op.cls, "linear", False):
        return apply_again(f, [input_like(f, k, ts[k]) for k in range(f.n_inputs)])
    elif getattr(op.cls, "multilinear", False):
        ty = None
        for k in range(f.n_inputs):
            if ts[k] is not None:
                xs = [input_of(f, j) if j != k else ts[k] for j in range(f.n_inputs)]
                ty = sum_of(ty, apply_again(f, xs))
        return ty
    return tangents_by_transposing(walk, f, i, ts)


cdef object once_or_none(Function f, object t):
    return None if t is None else services.once(f, t)


cdef object sum_of(object a, object b):
    return b if a is None else structural.add(a, b)


cdef object input_like(Function f, int k, object t):
    """The tangent of input `k`, or zeros."""
    if t is not None:
        return t
    form = form_of(input_of(f, k))
    return as_constant(np.zeros(form.shape, form.dtype))


cdef object tangent_by_recipe(Walk walk, Function f, int i, list ts):
    """Of an elementwise function: ``gy * slope`` with each tangent as gy; NotImplemented where there is no recipe.

    Where a tangent is 0 nothing goes on, also where the slope is infinite.
    """
    cdef PyObject* form = form_array(walk.slots[i].node)
    cdef int type = DOUBLE if form == NULL else type_of(form), k
    cdef Operation op = <Operation>f.operation
    cdef Recipe recipe
    if f.n_outputs != 1 or f.n_inputs != op.n_inputs or not 0 <= type < COMPLEX:
        return NotImplemented
    cdef tuple shape = () if form == NULL else (<object>form).shape
    ty = None
    for k in range(f.n_inputs):
        if ts[k] is None:
            continue
        known = recipe_of(op, type, 1 << k)
        if known is False or ts[k].dtype.kind != "f" or len((<Recipe>known).operations) != (<Recipe>known).n_steps:
            return NotImplemented
        recipe = known
        if recipe.results[k] < 0:
            continue
        given = ts[k] if walk.n_rows < 0 else structural.aligned(ts[k], len(shape))
        r = registers_of(walk, f, recipe, given, <object>walk.slots[i].node)
        run_recorded(recipe, r)
        t = r[recipe.results[k]]
        if recipe.results[k] != GY and not is_finite(data_of(t)):
            t = structural.where_taken(given, t)
        ty = sum_of(ty, t)
    if ty is None or walk.n_rows >= 0:
        return ty if ty is None else spread(walk, ty, shape)
    return ty if ty.shape == shape else structural.broadcast_to(ty, shape)


cdef bint is_finite(object array) except -1:
    """Is every element finite? 0 times it is 0 then, and the sum of these."""
    cdef PyObject* a = <PyObject*>array
    cdef double sum[4]
    cdef double* x
    cdef npy_intp i, n
    if type_of(a) != DOUBLE or not flags_of(<RawArray*>a) & (C_ORDER | F_ORDER):
        return np.isfinite(array).all()
    x, n = <double*>bytes_of(<RawArray*>a), size_of(a)
    sum[0] = sum[1] = sum[2] = sum[3] = 0
    for i in range(n // 4):             # four sums, so that none waits for another
        sum[0] += 0 * x[4 * i]
        sum[1] += 0 * x[4 * i + 1]
        sum[2] += 0 * x[4 * i + 2]
        sum[3] += 0 * x[4 * i + 3]
    for i in range(n - n % 4, n):
        sum[0] += 0 * x[i]
    return sum[0] + sum[1] + sum[2] + sum[3] == 0


cdef object tangents_by_transposing(Walk walk, Function f, int i, list ts):
    """The transpose of the transpose: `backward` is linear in gy, so its own gradient by gy, walked from the
    tangents, is what they become."""
    cdef int k
    cdef bint read
    cdef list gys, outputs = [], cotangents = []
    context = enter_context(True)
    try:
        gys = placeholders(walk, f, i)
        gxs = backward_of(walk, f, i, gys, &read)
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
    if read and walk.create_graph:
        tys = [once_or_none(f, ty) for ty in tys]
    return tys


cdef list placeholders(Walk walk, Function f, int i):
    """An upstream gradient for each output, zeros; recorded ones where a tangent is asked for, else constant.

    A rule that leaves out what is multiplied by zeros sees by the creator that these may become something else.
    Reading their values takes the mark DROPPABLE away.
    """
    cdef Variable gy
    cdef list gys = []
    cdef set asked_for = set()
    cdef int k, j = i
    while j >= 0:
        asked_for.add(walk.slots[j].position)
        j = walk.slots[j].sibling
    for k in range(f.n_outputs):
        if f.n_outputs > 1:
            shape, dtype = forms_of(<PyObject*>f)[k]
        else:
            form = form_of(<Variable>walk.slots[i].node)
            shape, dtype = form.shape, form.dtype
        if k in asked_for and dtype.kind in "fc":
            gy = structural.duplicate(wrap(np.zeros(shape, dtype)))
            gy.flags |= DROPPABLE
        else:
            gy = as_constant(np.zeros(shape, dtype))
        gys.append(gy)
    return gys


cdef bint reads_values(list gys) noexcept:
    """Has a rule read the values of a placeholder?"""
    for gy in gys:
        if not (<Variable>gy).flags & (DROPPABLE | CONSTANT):
            return True
    return False


cdef list stops_of(Function f):
    """The Variables behind which lies what is no business of the rule of `f`."""
    cdef list stops = []
    cdef int k
    for k in range(f.n_inputs):
        if is_wanted(inputs_of(<PyObject*>f)[k]):
            stops.append(<object>aliased_node(inputs_of(<PyObject*>f)[k]))
    for k in range(f.n_outputs):
        if outputs_of(<PyObject*>f)[k] != NULL:
            stops.append(<object>outputs_of(<PyObject*>f)[k])
    return stops


cdef object backward_of(Walk walk, Function f, int i, list gys, bint* read):
    """What `f.backward` returns; and whether it has read values on the way."""
    cdef int before
    cdef bint lent = f.n_outputs == 1 and f.inline_output == NULL
    if lent:                            # as in `rule_step`
        f.inline_output = walk.slots[i].node
    try:
        before = begin_read_detection()
        try:
            with np.errstate(all="ignore"):
                gxs = f.backward(*gys)
        finally:
            read[0] = end_read_detection(before)
    finally:
        if lent:
            f.inline_output = NULL
    if not isinstance(gxs, (tuple, list)):
        gxs = (gxs,)
    if len(gxs) != f.n_inputs:
        raise ValueError(f"its backward returned {len(gxs)} gradients for {f.n_inputs} inputs")
    return gxs


cdef object cotangent_like(Variable t, Variable gx):
    """A tangent of an input as a cotangent of what the rule returned for it, before the walk has fitted that."""
    if t.shape != gx.shape:
        t = structural.broadcast_to(t, gx.shape)
    if t.dtype.kind == "c" and gx.dtype.kind == "f":
        t = structural.real(t)
    return t if t.dtype == gx.dtype else structural.astype(t, gx.dtype)


cdef list gradients_within(list outputs, list cotangents, list inputs, list stops, bint create_graph):
    """Gradients, by a walk that goes nowhere but to the inputs."""
    cdef Walk map = None, walk = None
    cdef Variable v
    try:
        map = begin_walk()
        open_walk(map, False, False)
        for v in inputs + stops:
            if find_slot(map, <PyObject*>v) < 0:
                new_slot(map, v, NULL)
        for k in range(len(inputs)):
            map.slots[k].state |= LEADS
        collect_turns(map, outputs)
        find_what_leads(map)
        walk = begin_walk()
        open_walk(walk, False, create_graph)
        walk.map = map
        walk.context = enter_context(create_graph)
        return walk_between(walk, outputs, cotangents, inputs)[0]
    finally:
        try:
            if walk is not None:
                end_walk(walk)
        finally:
            if map is not None:
                end_walk(map)


cdef int find_what_leads(Walk map) noexcept:
    """Mark each Variable that something behind leads to a mark already there."""
    cdef int t, i, j, k
    cdef PyObject* f
    cdef bint leads
    for t in range(map.sweep.n_turns - 1, -1, -1):
        i = map.sweep.turns[t].slot
        f = map.slots[i].creator
        leads = False
        for k in range((<Function>f).n_inputs):
            if is_wanted(inputs_of(f)[k]):
                j = find_slot(map, inputs_of(f)[k])
                leads = leads or j >= 0 and map.slots[j].state & LEADS != 0
        while leads and i >= 0:
            map.slots[i].state |= LEADS
            i = map.slots[i].sibling
    return 0


cdef int put_tangent(Walk walk, int j, object t) except -1:
    """Check what a rule made for a slot, and put it there."""
    cdef Variable v = <Variable>walk.slots[j].node, tv
    cdef double x
    array = t if isinstance(t, Variable) else as_array(t)
    if not isinstance(array, (Variable, cnp.ndarray)):
        raise TypeError(f"it returned {type(t)}; a tangent is a Variable, an ndarray or None")
    tv = as_constant(array)
    form = form_of(v)
    if tv.shape != (form.shape if walk.n_rows < 0 else (walk.n_rows,) + form.shape):
        raise ValueError(f"it returned a tangent of shape {tv.shape} for an output of shape {form.shape}")
    if form.dtype.kind not in "fc":
        return 0                        # an integer has none
    if tv.dtype != form.dtype:
        if tv.dtype.kind not in "fiubc":
            raise TypeError(f"it returned a tangent of {tv.dtype} for an output of {form.dtype}")
        if tv.dtype.kind == "c" and form.dtype.kind == "f":
            tv = structural.real(tv)
        tv = structural.astype(tv, form.dtype)
    walk.slots[j].state &= ~(SCALAR | UNIFORM)
    if walk.create_graph:
        set_slot(walk, j, tv)
    elif walk.n_rows < 0 and is_one_double(v) and scalar_value(<PyObject*>tv, &x):
        put_number(walk, j, x)
    else:
        set_slot(walk, j, data_of(tv))
    return 0


cdef int put_number(Walk walk, int j, double x) noexcept:
    cdef PyObject* old = walk.slots[j].grad
    walk.slots[j].grad = NULL
    walk.slots[j].value = x
    walk.slots[j].state |= SCALAR
    Py_XDECREF(old)
    return 0
