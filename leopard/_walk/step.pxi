# Part of _core.pyx. One function walked: by loops, by a kernel, as recorded operations, or as its rule says.

cdef object nothing = contextlib.nullcontext()


cdef bint fast_step(Walk walk, Function f, int i) except -1:
    """Walk `f` without Python, where there is a way; false where its rule has to be run."""
    cdef Operation op
    if f.operation == NULL or not walk.compiled:
        return False
    op = <Operation>f.operation
    if f.n_outputs != 1 or op.n_inputs >= 0 and f.n_inputs != op.n_inputs:
        return False
    if op.kernel == LOOPS and op.ufunc is None and has_attributes(f):
        return False
    if walk.create_graph:
        return op.kernel == LOOPS and replay(walk, f, i)
    if op.kernel == LOOPS:
        return scalar_step(walk, f, i) if walk.slots[i].state & SCALAR else array_step(walk, f, i)
    if op.kernel == RULE:
        return False
    flush(walk)
    return pull(walk, f, i)


cdef bint left_elements_out(Function f) except -1:
    """Slices, too, leave elements out; but then it is seldom for the sake of their slopes."""
    return (<Operation>f.operation).kernel != TAKE or not is_basic_index(option_of(f))


cdef bint has_attributes(f) except -1:
    """Has a user's Function anything of its own that its rule, which was read from its class, may depend on?"""
    return bool(getattr(f, "__dict__", None)) or len(slots_of(f)) > 0


cdef bint scalar_step(Walk walk, Function f, int i) except -1:
    """Run the recipe of an elementwise function of scalars; false if it is no such case."""
    cdef double r[MAX_RECIPE_REGISTERS]
    cdef int k, n = f.n_inputs, mask = 0
    cdef PyObject** inputs = inputs_of(<PyObject*>f)
    cdef PyObject* p
    cdef Recipe recipe
    for k in range(n):
        p = inputs[k]
        if p == NULL:
            r[X + k] = f.number
        elif PyObject_TypeCheck(p, VARIABLE):
            if not scalar_value(p, &r[X + k]):
                return False
            if not (<Variable>p).flags & CONSTANT and (walk.map is None or leads_to_goal(walk, p)):
                mask |= 1 << k
        elif PyFloat_Check(<object>p):
            r[X + k] = PyFloat_AS_DOUBLE(<object>p)
        elif not (cnp.PyArray_CheckExact(<object>p) and array_value(p, &r[X + k])):
            return False
    if not scalar_value(walk.slots[i].node, &r[Y]):
        return False
    r[GY] = walk.slots[i].value
    known = recipe_of(<Operation>f.operation, DOUBLE, mask)
    if known is False:
        return False
    recipe = <Recipe>known
    if walk.chosen and r[GY] == 0:      # nothing goes on from here, whatever the slope
        for k in range(n):
            if recipe.results[k] >= 0:
                add_scalar(walk, <Variable>inputs[k], 0.0)
        return True
    if not run_recipe(recipe, r) and not check_recipe(recipe, r):
        replay_function_for_warnings(walk, f, i, recipe)
    for k in range(n):
        if recipe.results[k] >= 0:
            add_scalar(walk, <Variable>inputs[k], r[recipe.results[k]])
    return True


cdef bint has_zeros(Variable gy) except -1:
    return not np.all(data_of(gy))


cdef list registers_of(Walk walk, Function f, Recipe recipe, object gy, object y):
    """Variables for what a recipe is given, and room for what it makes of them."""
    cdef int k
    r = [None] * (recipe.first_constant + recipe.n_constants + recipe.n_steps)
    r[GY] = gy
    r[Y] = pinned(y)
    for k in range(f.n_inputs):
        if recipe.reads_mask >> (X + k) & 1:
            r[X + k] = input_of(f, k)
    for k in range(recipe.n_constants):
        r[recipe.first_constant + k] = recipe.constants[k]
    return r


cdef int run_recorded(Recipe recipe, list r) except -1:
    """The steps of a recipe as operations on Variables."""
    cdef int j
    cdef Step* step
    cdef Operation operation
    for j in range(recipe.n_steps):
        step = &recipe.steps[j]
        x0 = r[step.x[0]]
        operation = <Operation?>recipe.operations[j]
        if operation.kernel != LOOPS and not step.evaluates_truth or operation.ufunc is not recipe.ufuncs[j]:
            raise TypeError(f"{operation!r} does not record {recipe.ufuncs[j]!r}")
        if step.evaluates_truth:
            r[step.y] = record_comparison(operation, x0, r[step.x[1]] if step.n_inputs == 2 else None)
        elif step.n_inputs == 1:
            r[step.y] = evaluate_1(<PyObject*>operation, x0)
        else:
            r[step.y] = evaluate_2(<PyObject*>operation, x0, r[step.x[1]])
    return 0


cdef bint replay(Walk walk, Function f, int i) except -1:
    """In a recorded walk: run the recipe as recorded operations; false if there is no recipe."""
    cdef PyObject* p
    cdef PyObject* form = form_array(walk.slots[i].node)
    cdef int type = DOUBLE if form == NULL else type_of(form), mask = 0, k
    cdef Operation op = <Operation>f.operation
    cdef Recipe recipe
    if type < 0:
        return False
    for k in range(f.n_inputs):
        if wants_gradient(walk, inputs_of(<PyObject*>f)[k]):
            mask |= 1 << k
    known = recipe_of(op, type, mask)
    if known is False:
        return False
    recipe = <Recipe>known
    if len(recipe.operations) != recipe.n_steps:
        return False
    if walk.context is None:
        walk.context = enter_context(True)
    r = registers_of(walk, f, recipe, <object>walk.slots[i].grad, <object>walk.slots[i].node)
    try:
        some_left_out = walk.chosen and has_zeros(r[GY])
        with np.errstate(divide="ignore", invalid="ignore") if some_left_out else nothing:
            run_recorded(recipe, r)
        walk.slots[i].state |= WALKED
        for k in range(f.n_inputs):
            if mask >> k & 1 and recipe.results[k] >= 0:
                gx = r[recipe.results[k]]
                if some_left_out and recipe.results[k] != GY:
                    gx = structural.where_taken(r[GY], gx)
                accumulate_checked(walk, f, k, <Variable>inputs_of(<PyObject*>f)[k], gx, i)
    except Exception as error:
        note_function(error, f)
        raise
    return True


cdef int rule_step(Walk walk, Function f, int i) except -1:
    """Run the rule itself, in Python on Variables."""
    cdef int k, head = i
    cdef PyObject* p
    cdef bint lent = False, was_read
    cdef int before
    if f.n_outputs == 0:
        raise RuntimeError(f"{type(f).__name__} was set as a creator but has computed nothing")
    if walk.context is None:
        walk.context = enter_context(walk.create_graph)
    gys = [None] * f.n_outputs
    while i >= 0:
        gys[walk.slots[i].position] = slot_gradient(walk, i)
        walk.slots[i].state |= WALKED
        i = walk.slots[i].sibling
    if f.n_outputs > 1:
        for k in range(f.n_outputs):
            if gys[k] is None:
                gys[k] = as_constant(np.zeros(*forms_of(<PyObject*>f)[k]))
    elif f.inline_output == NULL:          # a rule has unchained it: lend it back for this one
        f.inline_output = walk.slots[head].node
        lent = True
    try:
        some_left_out = walk.chosen and f.operation != NULL and (<Operation>f.operation).kernel == LOOPS and has_zeros(gys[0])
        before = begin_read_detection()
        try:
            with np.errstate(divide="ignore", invalid="ignore") if some_left_out else nothing:
                gxs = f.backward(*gys)
        finally:
            was_read = end_read_detection(before)
        if not isinstance(gxs, (tuple, list)):
            gxs = (gxs,)
        if len(gxs) != f.n_inputs:
            raise ValueError(f"it returned {len(gxs)} gradients for {f.n_inputs} inputs")
        if f.flags & WATCHED:
            gxs = call_function_hooks(f, gxs, tuple(gys))
            check_gradients_finite(f, gxs)
        for k in range(f.n_inputs):
            p = inputs_of(<PyObject*>f)[k]
            if gxs[k] is None or not wants_gradient(walk, p):
                continue
            gx = gxs[k]
            if some_left_out:
                gx = structural.where_taken(gys[0], gx)
            if was_read and walk.create_graph and isinstance(gx, (Variable, cnp.ndarray)):
                gx = services.once(f, gx)
            accumulate_checked(walk, f, k, <Variable>inputs_of(<PyObject*>f)[k], gx, head)     # Python has run since
    except Exception as error:
        note_function(error, f)
        raise
    finally:
        if lent:
            f.inline_output = NULL
    return 0


cdef int accumulate_checked(Walk walk, Function f, int k, Variable v, object g, int head) except -1:
    """Check what a rule returned for input `k` and add it up."""
    cdef double x
    cdef Variable gv
    if isinstance(g, Variable):
        gv = g = current(g)
        if (not walk.create_graph and not gv.flags & (ARRAY | EMPTY | DROPPED_VALUE) and scalar_value(<PyObject*>v, &x)):
            add_scalar(walk, v, gv.value.scalar)
            return 0
        array = data_of(gv)
    else:
        array = as_array(g)
        if isinstance(array, cnp.ndarray) and not cnp.PyArray_CheckExact(array):
            array = exact_array(array)
    if not isinstance(array, cnp.ndarray):
        raise TypeError(
            f"it returned {type(g)} for input {k}; a gradient is a Variable, an ndarray or None"
        )
    data = form_of(v)
    kind = data.dtype.kind
    if kind in "biu":
        return 0                    # an integer takes no gradient
    if kind not in "fc" or array.dtype.kind not in "fiubc":
        raise TypeError(f"input {k} is of dtype {data.dtype}, its gradient of {array.dtype}; both must be numbers")
    if array.shape != data.shape and not may_sum(walk, f, array.shape, data.shape, head):
        raise ValueError(f"it returned a gradient of shape {array.shape} for input {k} of shape {data.shape}")
    if walk.create_graph:
        g = g if isinstance(g, Variable) else as_constant(array)
        if array.shape != data.shape:
            g = structural.sum_to(g, data.shape)
        if kind == "f" and array.dtype.kind == "c":
            g = structural.real(g)           # a real input takes real steps only
        if array.dtype != data.dtype:
            g = structural.astype(g, data.dtype)
    else:
        if array.shape != data.shape:
            array = data_of(structural.sum_to(wrap(array), data.shape))
        if kind == "f" and array.dtype.kind == "c":
            array = array.real
        g = array.astype(data.dtype, copy=False)
        if array_value(<PyObject*>g, &x):
            add_scalar(walk, v, x)
            return 0
    add_object(walk, reach(walk, v), g)
    return 0


cdef bint may_sum(Walk walk, Function f, tuple shape, tuple target, int head) except -1:
    """Did the forward pass broadcast `target` to `shape`? Then its gradient is a sum."""
    if not (getattr(type(f), "broadcasts", False) if f.operation == NULL else (<Operation>f.operation).broadcasts):
        if f.n_outputs > 1:
            for known, _ in forms_of(<PyObject*>f):
                if shape == known:
                    break
            else:
                return False
        elif shape != form_of(<Variable>walk.slots[head].node).shape:
            return False
    try:
        return np.broadcast_shapes(shape, target) == shape
    except ValueError:
        return False


cdef bint checked_step(Walk walk, Function f, int i) except -1:
    """Look after those who watch, and walk `f` if its rule must be run for them, or with rows; was it walked?"""
    if f.flags & GUARDED:
        check_guarded(f)
    if walk.n_rows >= 0:
        step_of_rows(walk, f, i)
        return True
    if hooks_registered:
        call_hooks_of_outputs(walk, i)
    if not f.flags & WATCHED:
        return False
    flush(walk)
    rule_step(walk, f, i)
    return True


# -- Hooks ---------------------------------------------------------------------------------------

cdef int call_hooks_of_outputs(Walk walk, int i) except -1:
    """What hooks there are on the outputs of a Function that is to be walked are called with their gradients."""
    while i >= 0:
        if (<Variable>walk.slots[i].node).flags & HOOKED:
            call_hooks_of_slot(walk, i)
        i = walk.slots[i].sibling
    return 0


cdef int call_hooks_of_leaves(Walk walk) except -1:
    cdef int i
    for i in range(walk.n):
        if walk.slots[i].creator == NULL and (<Variable>walk.slots[i].node).flags & HOOKED:
            call_hooks_of_slot(walk, i)
    return 0


cdef int call_hooks_of_slot(Walk walk, int i) except -1:
    flush(walk)
    if walk.slots[i].grad == NULL and not walk.slots[i].state & (SCALAR | UNIFORM):
        return 0                        # it has none
    if walk.context is None:
        walk.context = enter_context(walk.create_graph)
    g = slot_gradient(walk, i)
    new = call_hooks(walk.slots[i].node, g)
    if new is not g:
        put_tangent(walk, i, new)
    return 0


cdef str shape_text(Variable x):
    return "(no data)" if x.flags & EMPTY else str(form_of(x).shape)


cdef int note_function(error, Function f, str rule="backward") except -1:
    cdef int k
    texts = []
    for k in range(f.n_inputs):         # not `f.inputs`, which may be somebody's own
        texts.append(shape_text(input_of(f, k)))
    error.add_note(f"in {type(f).__name__}.{rule}, inputs of shape {', '.join(texts)}")
    return 0


cdef object record_comparison(Operation op, object a, object b):
    """A comparison, which is a constant in what is recorded."""
    cdef Variable truth
    if b is None:
        truth = wrap(op.ufunc(plain_value(a)))
    else:
        truth = wrap(op.ufunc(plain_value(a), plain_value(b)))
    truth.flags |= CONSTANT
    return truth
