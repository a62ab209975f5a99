# Part of _walk.pyx. One function walked: over numbers, over arrays in blocks, or as its rule says.


cdef bint fast_step(Walk walk, Function f, int i) except -1:
    """Walk `f` without Python, where there is a way; false where its rule has to be run."""
    cdef Operation op
    if f.operation == NULL:
        return False
    op = <Operation>f.operation
    if walk.create_graph:
        return op.kernel == LOOPS and replay(walk, f, i)
    if op.kernel == LOOPS:
        return scalar_step(walk, f, i) if walk.slots[i].state & SCALAR else array_step(walk, f, i)
    return op.kernel != RULE and f.n_outputs == 1 and pull(walk, f, i)


cdef bint scalar_step(Walk walk, Function f, int i) except -1:
    """Run the recipe of an elementwise function of scalars; false if it is no such case."""
    cdef double r[MOST_REGISTERS]
    cdef int k, mask = 0
    cdef PyObject* p
    cdef Operation op = <Operation>f.operation
    cdef Recipe recipe
    for k in range(f.n_inputs):
        p = inputs_of(<PyObject*>f)[k]
        if p == NULL:
            r[X + k] = f.number
        elif PyObject_TypeCheck(p, VARIABLE):
            if not scalar_value(p, &r[X + k]):
                return False
            if not (<Variable>p).flags & CONSTANT:
                mask |= 1 << k
        elif PyFloat_Check(<object>p):
            r[X + k] = PyFloat_AS_DOUBLE(<object>p)
        elif not (cnp.PyArray_CheckExact(<object>p) and array_value(p, &r[X + k])):
            return False
    if not scalar_value(walk.slots[i].node, &r[Y]):
        return False
    r[GY] = walk.slots[i].value
    known = recipe_of(op, DOUBLE, mask)
    if known is False:
        return False
    recipe = <Recipe>known
    if not run_recipe(recipe, r) and not check_recipe(recipe, r):
        return False                # something to report: NumPy does, in the rule
    for k in range(f.n_inputs):
        if mask & (1 << k) and recipe.results[k] >= 0:
            walk.add_scalar(<Variable>inputs_of(<PyObject*>f)[k], r[recipe.results[k]])
    return True


cdef bint array_step(Walk walk, Function f, int i) except -1:
    """Run the recipe of an elementwise function over arrays; false if that is not possible."""
    cdef Run run
    cdef PyObject* arrays[X + MOST_INPUTS]
    cdef PyObject* form = form_array(walk.slots[i].node)
    cdef Operation op = <Operation>f.operation
    cdef int type, mask = 0, k, order
    cdef Recipe recipe
    if form == NULL:
        return False
    type = type_of(form)
    if type < 0 or type >= COMPLEX:
        return False
    for k in range(f.n_inputs):
        if is_wanted(inputs_of(<PyObject*>f)[k]):
            mask |= 1 << k
    known = recipe_of(op, type, mask)
    if known is False:
        return False
    recipe = <Recipe>known
    run.type = type
    run.itemsize = size_of_type(type)
    run.uniform = run.weak = 0
    run.in_a_row = True
    if not load(walk, &run, arrays, f, i, recipe, form) or not begin_run(&run, recipe):
        return False
    if run.in_a_row:
        order = IN_C_ORDER
        run.space.n_axes = 1
        run.space.shape[0] = size_of(form)
    else:
        order = lay_out(
            &run.space, run.r, arrays, X + f.n_inputs, n_axes_of(<RawArray*>form), shape_of(<RawArray*>form),
            run.itemsize,
        )
        if order == ELSEWHERE or recipe.whole and run.space.n_axes > 1:
            return False
    sweep_and_deliver(walk, &run, recipe, f, i, form, arrays, order)
    walk.steps += size_of(form) >> 12       # signals are looked for by work, not by number
    return True


cdef bint load(Walk walk, Run* run, PyObject** arrays, Function f, int i, Recipe recipe, PyObject* form) except -1:
    """Put what the recipe reads into its registers: an array each, or a number. False for anything else."""
    cdef Slot* s = &walk.slots[i]
    cdef PyObject* p
    cdef unsigned int flags
    cdef int k
    cdef double x
    for k in range(X + f.n_inputs):
        arrays[k] = NULL
    if recipe.reads >> GY & 1:
        if s.state & UNIFORM:
            give_number(run, GY, s.value, False)
        elif s.grad == NULL or not load_array(walk, run, arrays, GY, s.grad, form):
            return False
    if recipe.reads >> Y & 1:
        if not (<Variable>s.node).flags & ARRAY or not load_array(walk, run, arrays, Y, form, form):
            return False
    for k in range(f.n_inputs):
        if not recipe.reads >> (X + k) & 1:
            continue
        p = inputs_of(<PyObject*>f)[k]
        if p == NULL:
            if not give_number(run, X + k, f.number, True):
                return False
        elif PyObject_TypeCheck(p, VARIABLE):
            flags = (<Variable>p).flags
            if flags & ARRAY:
                if not load_array(walk, run, arrays, X + k, (<Variable>p).value.array, form):
                    return False
            elif (flags & (HOLLOW | EMPTY) or not (flags & WEAK or run.type == DOUBLE)
                  or not give_number(run, X + k, (<Variable>p).value.scalar, flags & WEAK)):
                return False
        elif PyFloat_Check(<object>p):
            if not (PyFloat_CheckExact(<object>p) or run.type == DOUBLE):
                return False
            if not give_number(run, X + k, PyFloat_AS_DOUBLE(<object>p), PyFloat_CheckExact(<object>p)):
                return False
        elif not cnp.PyArray_CheckExact(<object>p) or not load_array(walk, run, arrays, X + k, p, form):
            return False
    return True


cdef inline bint load_array(Walk walk, Run* run, PyObject** arrays, int register, PyObject* array, PyObject* form) noexcept:
    if type_of(array) != run.type:
        return False
    if flags_of(<RawArray*>array) & C_ORDER and same_shape(array, form) and size_of(array) != 1:
        run.r[register].at = bytes_of(<RawArray*>array)
        run.r[register].strides[0] = run.itemsize
        arrays[register] = array
        return True
    if size_of(array) == 1:
        run.uniform |= 1ULL << register
        memcpy(&run.number[register], bytes_of(<RawArray*>array), run.itemsize)
        return True
    run.in_a_row = False
    arrays[register] = array
    return same_shape(array, form) if register < X else broadcasts_to(array, form)


cdef int sweep_and_deliver(
    Walk walk, Run* run, Recipe recipe, Function f, int i, PyObject* form, PyObject** arrays, int order
) except -1:
    """Run the recipe into new gradients, or on top of those that are there; then hand them over."""
    cdef PyObject* gradients[MOST_INPUTS]   # new ones, owned
    cdef PyObject** inputs = inputs_of(<PyObject*>f)
    cdef int k, register, status
    cdef bint any_target = False
    for k in range(f.n_inputs):
        gradients[k] = NULL
        run.targets[k].at = NULL
    try:
        for k in range(f.n_inputs):
            register = recipe.results[k]
            if register <= GY or run.uniform >> register & 1:
                continue                # no gradient, gy itself, or a number
            any_target = True
            aim(walk, run, k, recipe, inputs, form, order, gradients)
        if any_target:
            finish(walk, run, recipe, arrays, X + f.n_inputs, size_of(form))
        if run.status and not is_quiet(run.status):
            rule_step(walk, f, i, True)
        if run.add_status and not is_quiet(run.add_status):
            tell_of_addition(run.add_status)
        for k in range(f.n_inputs):
            register = recipe.results[k]
            if register < 0:
                continue
            if run.uniform >> register & 1:
                give_uniform(walk, f, k, i, form, real_of(&run.number[register], run.type))
            elif register == GY:
                give_array(walk, f, k, i, form, <object>walk.slots[i].grad)
            elif gradients[k] != NULL:
                give_array(walk, f, k, i, form, <object>gradients[k])
    finally:
        for k in range(f.n_inputs):
            Py_XDECREF(gradients[k])
    return 0


cdef int aim(
    Walk walk, Run* run, int k, Recipe recipe, PyObject** inputs, PyObject* form, int order, PyObject** gradients
) except -1:
    """Where the gradient of input `k` is to be written."""
    cdef PyObject* v = inputs[k]
    cdef PyObject* there
    cdef int j = walk.find(v), earlier
    cdef int wanted = F_ORDER if order == IN_F_ORDER else C_ORDER
    cdef PyObject* shape = form_array(v)
    run.targets[k].add = True
    for earlier in range(k):
        if inputs[earlier] == v and run.targets[earlier].at != NULL:
            run.targets[k].at = run.targets[earlier].at     # x * x: one gradient takes both shares
            return 0
    if j >= 0 and shape != NULL and same_shape(shape, form) and type_of(shape) == run.type:
        if walk.slots[j].state & WALKED:
            walk.out_of_order(j)
        there = walk.slots[j].grad
        if there != NULL and is_exclusive(there, 1) and flags_of(<RawArray*>there) & wanted and type_of(there) == run.type:
            run.targets[k].at = bytes_of(<RawArray*>there)
            return 0
    g = new_array(run.type, n_axes_of(<RawArray*>form), shape_of(<RawArray*>form), order)
    Py_INCREF(g)
    gradients[k] = <PyObject*>g
    run.targets[k].at = bytes_of(<RawArray*>gradients[k])
    run.targets[k].add = False
    return 0


cdef int finish(Walk walk, Run* run, Recipe recipe, PyObject** arrays, int n, npy_intp size) except -1:
    """`finish_run`; while it is long, other threads may run, and let go of the arrays."""
    cdef size_t room = scratch_size(recipe)
    cdef int k
    if room > walk.scratch_room:
        PyMem_RawFree(walk.scratch)
        walk.scratch_room = 0
        walk.scratch = <char*>PyMem_RawMalloc(room)
        if walk.scratch == NULL:
            raise MemoryError
        walk.scratch_room = room
    if size < BIG:
        finish_run(run, recipe, walk.scratch)
        return 0
    held = []
    for k in range(n):
        if arrays[k] != NULL:
            held.append(<object>arrays[k])
    with nogil:
        finish_run(run, recipe, walk.scratch)
    return 0


cdef int give_array(Walk walk, Function f, int k, int i, PyObject* form, object g) except -1:
    """Add an array of the shape and type of the output to the gradient of input `k`, summed to its shape."""
    cdef PyObject* v = inputs_of(<PyObject*>f)[k]
    cdef PyObject* shape = form_array(v)
    cdef double x
    if shape == NULL:
        if type_of(form) != DOUBLE:
            return contribute(walk, f, k, <Variable>v, g, i)
        summed = sum_to_shape(<PyObject*>g, 0, NULL)
        if summed is None:
            return contribute(walk, f, k, <Variable>v, g, i)
        return walk.add_scalar(<Variable>v, (<double*>bytes_of(<RawArray*><PyObject*>summed))[0])
    if type_of(shape) != type_of(form):
        return contribute(walk, f, k, <Variable>v, g, i)
    if same_shape(shape, form):
        if scalar_value(v, &x):
            return contribute(walk, f, k, <Variable>v, g, i)
        return walk.add_object(walk.reach(<Variable>v), g)
    summed = sum_to_shape(<PyObject*>g, n_axes_of(<RawArray*>shape), shape_of(<RawArray*>shape))
    if summed is None or scalar_value(v, &x):
        return contribute(walk, f, k, <Variable>v, g, i)
    return walk.add_object(walk.reach(<Variable>v), summed)


cdef int give_uniform(Walk walk, Function f, int k, int i, PyObject* form, double value) except -1:
    """The same for a gradient that is one number over the shape of the output, `form`."""
    cdef PyObject* v = inputs_of(<PyObject*>f)[k]
    cdef PyObject* shape = form_array(v)
    cdef int type = type_of(form)
    cdef npy_intp size
    cdef double x, sum
    if scalar_value(v, &x) and type == DOUBLE:
        return walk.add_scalar(<Variable>v, value * size_of(form))
    if shape == NULL or type_of(shape) != type or not broadcasts_to(shape, form):
        return contribute(walk, f, k, <Variable>v, filled_view(value, form), i)
    size = size_of(shape)
    sum = value * (size_of(form) // size if size else 0)    # as `sum_to_shape` has it
    return walk.add_uniform(walk.reach(<Variable>v), sum if type == DOUBLE else <float>sum, type)


cdef bint replay(Walk walk, Function f, int i) except -1:
    """In a recorded walk: run the recipe as recorded operations; false if there is no recipe."""
    cdef PyObject* p
    cdef PyObject* form = form_array(walk.slots[i].node)
    cdef int type = DOUBLE if form == NULL else type_of(form), mask = 0, k, j
    cdef Operation op = <Operation>f.operation, operation
    cdef Recipe recipe
    cdef Step* step
    if type < 0:
        return False
    for k in range(f.n_inputs):
        if is_wanted(inputs_of(<PyObject*>f)[k]):
            mask |= 1 << k
    known = recipe_of(op, type, mask)
    if known is False:
        return False
    recipe = <Recipe>known
    if len(recipe.operations) != recipe.n_steps:
        return False
    if walk.context is None:
        walk.context = enter_context(True)
    r = [None] * (recipe.first_constant + recipe.n_constants + recipe.n_steps)
    r[GY] = <object>walk.slots[i].grad
    r[Y] = <object>walk.slots[i].node
    for k in range(f.n_inputs):
        if recipe.reads >> (X + k) & 1:
            r[X + k] = input_of(f, k)
    for k in range(recipe.n_constants):
        r[recipe.first_constant + k] = recipe.constants[k]
    try:
        for j in range(recipe.n_steps):
            step = &recipe.steps[j]
            x0 = r[step.x[0]]
            operation = <Operation?>recipe.operations[j]
            if step.asks:
                r[step.y] = asked(operation, x0, r[step.x[1]] if step.n_inputs == 2 else None)
            elif step.n_inputs == 1:
                r[step.y] = evaluate_1(<PyObject*>operation, x0)
            else:
                r[step.y] = evaluate_2(<PyObject*>operation, x0, r[step.x[1]])
        walk.slots[i].state |= WALKED
        for k in range(f.n_inputs):
            if mask >> k & 1 and recipe.results[k] >= 0:
                contribute(walk, f, k, <Variable>inputs_of(<PyObject*>f)[k], r[recipe.results[k]], i)
    except Exception as error:
        note_function(error, f)
        raise
    return True


cdef int rule_step(Walk walk, Function f, int i, bint only_tell) except -1:
    """Run the rule itself, in Python on Variables; or only let NumPy say what it has to say of it."""
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
        gys[walk.slots[i].position] = walk.gradient_of(i)
        walk.slots[i].state |= WALKED
        i = walk.slots[i].sibling
    if f.n_outputs > 1:
        for k in range(f.n_outputs):
            if gys[k] is None:
                gys[k] = wrap(np.zeros(*forms_of(<PyObject*>f)[k]))
    elif f.single == NULL:          # a rule has unchained it: lend it back for this one
        f.single = walk.slots[head].node
        lent = True
    try:
        before = begin_watch()
        try:
            gxs = f.backward(*gys)
        finally:
            was_read = end_watch(before)
        if not isinstance(gxs, (tuple, list)):
            gxs = (gxs,)
        if len(gxs) != f.n_inputs:
            raise ValueError(f"it returned {len(gxs)} gradients for {f.n_inputs} inputs")
        for k in range(0 if only_tell else f.n_inputs):
            p = inputs_of(<PyObject*>f)[k]
            if gxs[k] is None or p == NULL or not PyObject_TypeCheck(p, VARIABLE):
                continue
            if not (<Variable>p).flags & CONSTANT:
                gx = gxs[k]
                if was_read and walk.create_graph and isinstance(gx, (Variable, cnp.ndarray)):
                    gx = upper.once(f, gx)
                contribute(walk, f, k, <Variable>p, gx, head)
    except Exception as error:
        note_function(error, f)
        raise
    finally:
        if lent:
            f.single = NULL
    return 0


cdef int contribute(Walk walk, Function f, int k, Variable v, object g, int head) except -1:
    """Check what a rule returned for input `k` and add it up."""
    cdef double x
    cdef Variable gv
    if isinstance(g, Variable):
        gv = g
        if (not walk.create_graph and not gv.flags & (ARRAY | EMPTY | HOLLOW) and scalar_value(<PyObject*>v, &x)):
            walk.add_scalar(v, gv.value.scalar)
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
    if kind != "f" or array.dtype.kind not in "fiub":
        raise TypeError(f"input {k} is of dtype {data.dtype}, its gradient of {array.dtype}; both must be real")
    if array.shape != data.shape and not may_sum(walk, f, array.shape, data.shape, head):
        raise ValueError(f"it returned a gradient of shape {array.shape} for input {k} of shape {data.shape}")
    if walk.create_graph:
        g = g if isinstance(g, Variable) else wrap(array)
        if array.shape != data.shape:
            g = upper.sum_to(g, data.shape)
        if array.dtype != data.dtype:
            g = upper.astype(g, data.dtype)
    else:
        if array.shape != data.shape:
            array = data_of(upper.sum_to(wrap(array), data.shape))
        g = array.astype(data.dtype, copy=False)
        if array_value(<PyObject*>g, &x):
            walk.add_scalar(v, x)
            return 0
    walk.add_object(walk.reach(v), g)
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
        elif shape != (<Variable>walk.slots[head].node).shape:
            return False
    try:
        return np.broadcast_shapes(shape, target) == shape
    except ValueError:
        return False
