# Part of _core.pyx. The tangent of one Function, on Variables: by its own rule, or by what follows from its `backward`.

cdef int jvp_by_rule(Walk walk, Function f, int i) except -1:
    """Put the tangents of the outputs of `f` into their slots, of which `i` is the first, by its rule."""
    cdef int k, j
    cdef list ts = [None] * f.n_inputs
    count_operands(walk, f, i)
    enter_context_of_rules(walk)
    if not walk.ignores_invalid:        # 0 times infinity is found afterwards, and is taken as 0
        entered(np.errstate(invalid="ignore"))
        walk.ignores_invalid = True     # until the walk leaves its context
    for k in range(f.n_inputs):
        j = slot_with_tangent(walk, inputs_of(<PyObject*>f)[k])
        if j >= 0:
            ts[k] = slot_gradient(walk, j)
    try:
        tys = tangents_of(walk, f, i, ts) if walk.n_rows < 0 else tangents_of_rows(walk, f, i, ts)
        tys = tuple(tys) if isinstance(tys, (tuple, list)) else (tys,)      # a list may be changed meanwhile
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


cdef int put_tangent(Walk walk, int j, object t) except -1:
    """Check the tangent that a rule returned for slot `j`, or the gradient that a hook did, and put it there."""
    cdef Variable v = <Variable>walk.slots[j].node, tv
    cdef double x
    array = t if isinstance(t, Variable) else as_array(t)
    if not isinstance(array, (Variable, cnp.ndarray)):
        raise TypeError(f"it returned {type(t)}; a tangent is a Variable, an ndarray or None")
    tv = as_constant(array)
    form = form_of(v)
    dtype = gradient_dtype(form.dtype)
    if tv.shape != (form.shape if walk.n_rows < 0 else (walk.n_rows,) + form.shape):
        raise ValueError(f"it returned a tangent of shape {tv.shape} for an output of shape {form.shape}")
    if dtype.kind not in "fc" or walk.sweep.n_entries and dtype != form.dtype:
        return 0                        # an integer has no tangent
    if tv.dtype != dtype:
        if tv.dtype.kind not in "fiubc":
            raise TypeError(f"it returned a tangent of {tv.dtype} for an output of {form.dtype}")
        tv = cast_gradient(tv, dtype)
    walk.slots[j].state &= ~(SCALAR | UNIFORM)
    if walk.create_graph:
        set_slot(walk, j, tv)
    elif walk.n_rows < 0 and is_one_double(v) and scalar_value(<PyObject*>tv, &x):
        put_scalar(walk, j, x)
    else:
        set_slot(walk, j, data_of(tv))
    return 0


cdef int put_scalar(Walk walk, int j, double x) noexcept:
    """Let a double be the tangent in slot `j`."""
    cdef PyObject* old = walk.slots[j].grad
    walk.slots[j].grad = NULL
    walk.slots[j].value = x
    walk.slots[j].state |= SCALAR
    Py_XDECREF(old)
    return 0


# -- The ways to a tangent -------------------------------------------------------------------------

cdef object tangents_of(Walk walk, Function f, int i, list ts):
    """The tangent of the output, or a tuple for several outputs, given those of the inputs, None for zeros.

    It is what the class's own `tangent` returns, or follows from its recipe, its linearity or its `backward`.
    """
    cdef Operation op = None if f.operation == NULL else <Operation>f.operation
    cdef bint was_read
    cdef int before, j, k
    if getattr(type(f), "tangent", None) is not None:
        before = begin_read_detection()
        try:
            tys = f.tangent(*ts)
        finally:
            was_read = end_read_detection(before)
        if was_read and walk.create_graph:
            tys = differentiable_once(f, tys if isinstance(tys, (tuple, list)) else (tys,))
        return tys
    if op is None:
        return tangents_by_transposing(walk, f, i, ts)
    if op.kernel == LOOPS:
        if walk.compiled and not (op.ufunc is None and has_attributes(f)):
            ty = tangent_by_recipe(walk, f, i, ts)
            if ty is not NotImplemented:
                return ty
    elif getattr(op.cls, "linear", False):
        xs = []
        for k in range(f.n_inputs):
            xs.append(tangent_or_zeros(f, k, ts[k]))
        return apply_again(f, xs)
    elif getattr(op.cls, "multilinear", False):
        ty = None
        for k in range(f.n_inputs):
            if ts[k] is not None:
                xs = []
                for j in range(f.n_inputs):
                    xs.append(input_of(f, j) if j != k else ts[k])
                ty = sum_of(ty, apply_again(f, xs))
        return ty
    return tangents_by_transposing(walk, f, i, ts)


cdef list differentiable_once(Function f, gs):
    """Gradients or tangents made by a rule that has read values: they raise when they are differentiated again."""
    cdef list results = []
    for g in gs:
        results.append(None if g is None else services.once(f, g))
    return results


cdef object sum_of(object a, object b):
    """The sum of two tangents, the first of which may be None."""
    return b if a is None else structural.add(a, b)


cdef object tangent_or_zeros(Function f, int k, object t):
    """The tangent of input `k`, or zeros."""
    if t is not None:
        return t
    form = form_of(input_of(f, k))
    return as_constant(np.zeros(form.shape, form.dtype))


cdef object tangent_by_recipe(Walk walk, Function f, int i, list ts):
    """The tangent of an elementwise Function: its recipe with each tangent as upstream gradient, and the sum of these.

    Where a tangent is 0 it contributes 0, also where the slope is infinite. NotImplemented if there is no recipe.
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
        return ty if ty is None else broadcast_rows(walk, ty, shape)
    return ty if ty.shape == shape else structural.broadcast_to(ty, shape)


cdef bint is_finite(object array) except -1:
    """Is every element finite? (If so 0 times each is 0, and so is the sum of these.)"""
    cdef PyObject* a = <PyObject*>array
    cdef double sum[4]
    cdef double* x
    cdef npy_intp i, n
    if type_of(a) != DOUBLE or not flags_of(<RawArray*>a) & (C_ORDER | F_ORDER):
        return np.isfinite(array).all()
    x, n = <double*>bytes_of(<RawArray*>a), size_of(a)
    sum[0] = sum[1] = sum[2] = sum[3] = 0
    for i in range(n // 4):             # four sums, which do not depend on each other
        sum[0] += 0 * x[4 * i]
        sum[1] += 0 * x[4 * i + 1]
        sum[2] += 0 * x[4 * i + 2]
        sum[3] += 0 * x[4 * i + 3]
    for i in range(n - n % 4, n):
        sum[0] += 0 * x[i]
    return sum[0] + sum[1] + sum[2] + sum[3] == 0
