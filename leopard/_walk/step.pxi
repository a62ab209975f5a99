# Part of _core.pyx. The vjp of one Function: which way it is computed, and the ways that need no program.
#
# Each way returns False, before it has changed anything, when it does not handle the case; then the rule in Python runs.

cdef bint vjp_step(Walk walk, Function f, int i) except -1:
    """Accumulate the vjp of `f` without its rule in Python; false when there is no way to."""
    cdef Operation op
    if f.operation == NULL or not walk.compiled:
        return False
    op = <Operation>f.operation
    if f.n_outputs != 1 or op.n_inputs >= 0 and f.n_inputs != op.n_inputs:
        return False
    if op.kernel == LOOPS:
        if op.ufunc is None and has_attributes(f):
            return False
        if walk.create_graph:
            return vjp_by_recorded_recipe(walk, f, i)
        return vjp_of_scalars(walk, f, i) if walk.slots[i].state & SCALAR else vjp_of_arrays(walk, f, i)
    if op.kernel == RULE or walk.create_graph:
        return False
    flush(walk)
    return kernel_vjp(walk, f, i)


cdef bint vjp_step_with_checks(Walk walk, Function f, int i) except -1:
    """What has to happen before `f` is walked; false if it is then to be walked as any other.

    Its inputs are compared with their fingerprints, and hooks on its outputs are called. In a batched walk, and where
    its own gradients are looked at, it is walked here.
    """
    global leopard_walked
    if leopard_lines != NULL:
        leopard_walked = <size_t><PyObject*>f
    if f.flags & GUARDED:
        check_guarded(f)
    if walk.n_rows >= 0:
        vjp_of_rows(walk, f, i)
        return True
    if n_hooked:
        call_hooks_of_outputs(walk, i)
    if not f.flags & WATCHED:
        return False
    flush(walk)
    vjp_by_rule(walk, f, i)
    return True


cdef bint leaves_elements_out(Function f) except -1:
    """Does a Function whose class selects elements do so for the sake of their slopes? A slice seldom does."""
    return not KERNELS[(<Operation>f.operation).kernel].takes_index or not is_basic_index(option_of(f))


cdef bint has_attributes(f) except -1:
    """Has a user's Function attributes of its own? Its rule, which was read from its class, may depend on them."""
    return bool(getattr(f, "__dict__", None)) or len(slots_of(f)) > 0


# -- Scalars ---------------------------------------------------------------------------------------

cdef inline OperandKind scalar_input(Function f, PyObject* p, double* x) noexcept:
    """Whether the input `p` of `f` is one float64 or a Python number; then `x` is its value."""
    if p == NULL:
        x[0] = f.number
        return CONSTANT_SCALAR
    if PyObject_TypeCheck(p, VARIABLE):
        if not scalar_value(p, x):
            return NO_SCALAR
        return CONSTANT_SCALAR if (<Variable>p).flags & CONSTANT else RECORDED_SCALAR
    if PyFloat_Check(<object>p):
        x[0] = PyFloat_AS_DOUBLE(<object>p)
        return CONSTANT_SCALAR
    return CONSTANT_SCALAR if cnp.PyArray_CheckExact(<object>p) and array_value(p, x) else NO_SCALAR


cdef bint vjp_of_scalars(Walk walk, Function f, int i) except -1:
    """Run the recipe of an elementwise Function over numbers; false if not all operands are scalars."""
    cdef double r[MAX_RECIPE_REGISTERS]
    cdef int k, n = f.n_inputs, mask = 0
    cdef PyObject** inputs = inputs_of(<PyObject*>f)
    cdef OperandKind kind
    cdef Recipe recipe
    for k in range(n):
        kind = scalar_input(f, inputs[k], &r[X + k])
        if kind == NO_SCALAR:
            return False
        if kind == RECORDED_SCALAR and (walk.activity is None or depends_on_inputs(walk, inputs[k])):
            mask |= 1 << k
    if not scalar_value(walk.slots[i].node, &r[Y]):
        return False
    r[GY] = walk.slots[i].value
    known = recipe_of(<Operation>f.operation, DOUBLE, mask)
    if known is False:
        return False
    recipe = <Recipe>known
    if walk.elements_left_out and r[GY] == 0:       # zero times any slope, also an infinite one, is taken as zero
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


# -- Recipes as recorded operations ----------------------------------------------------------------

cdef bint vjp_by_recorded_recipe(Walk walk, Function f, int i) except -1:
    """In a recorded walk, run the recipe of an elementwise Function as operations; false if it has no recipe."""
    cdef int k
    try:
        gxs = gradients_by_recipe(walk, f, i, <object>walk.slots[i].grad)
        if gxs is None:
            return False
        walk.slots[i].state |= WALKED
        for k in range(f.n_inputs):
            if gxs[k] is not None:
                accumulate_checked(walk, f, k, <Variable>inputs_of(<PyObject*>f)[k], gxs[k], i)
    except Exception as error:
        note_function(error, f)
        raise
    return True


cdef list gradients_by_recipe(Walk walk, Function f, int i, Variable gy):
    """The gradients of the inputs, computed by the recipe on Variables; None if there is no recipe.

    An input that needs none has None.
    """
    cdef PyObject* form = form_array(walk.slots[i].node)
    cdef int type = DOUBLE if form == NULL else type_of(form), mask = 0, k
    cdef bint some_left_out
    cdef list gxs = [None] * f.n_inputs
    cdef Recipe recipe
    if type < 0 or walk.n_rows >= 0 and type >= COMPLEX:
        return None
    for k in range(f.n_inputs):
        mask |= wants_gradient(walk, inputs_of(<PyObject*>f)[k]) << k
    known = recipe_of(<Operation>f.operation, type, mask)
    if known is False or len((<Recipe>known).operations) != (<Recipe>known).n_steps:
        return None
    recipe = <Recipe>known
    enter_context_of_rules(walk)
    r = registers_of(walk, f, recipe, gy, <object>walk.slots[i].node)
    some_left_out = walk.elements_left_out and has_zeros(gy)
    errstate = ignore_divisions(some_left_out)
    try:
        count_operands(walk, f, i)
        run_recorded(recipe, r)
    finally:
        leave_errstate(errstate)
    for k in range(f.n_inputs):
        if mask >> k & 1 and recipe.results[k] >= 0:
            gxs[k] = r[recipe.results[k]]
            if some_left_out and recipe.results[k] != GY:
                gxs[k] = structural.where_taken(gy, gxs[k])
    return gxs


cdef bint has_zeros(Variable gy) except -1:
    """Whether a gradient has zeros; what is recorded for replay is to hold for any gradient."""
    return leopard_following or not np.all(data_of(gy))


cdef list registers_of(Walk walk, Function f, Recipe recipe, object gy, object y):
    """A register file of Variables: what the recipe is given, and None for each result."""
    cdef int k
    r = [None] * (recipe.first_constant + recipe.n_constants + recipe.n_steps)
    r[GY] = gy
    r[Y] = pinned(y)
    for k in range(f.n_inputs):
        if recipe.reads_mask >> (X + k) & 1:
            r[X + k] = input_of_rule(f, k)
    for k in range(recipe.n_constants):
        r[recipe.first_constant + k] = recipe.constants[k]
    return r


cdef int run_recorded(Recipe recipe, list r) except -1:
    """Run the steps of a recipe as operations on the Variables in its registers."""
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


cdef object record_comparison(Operation op, object a, object b):
    """The truth values of a comparison, as a constant of what is recorded."""
    cdef Variable truth
    if leopard_following and (is_followed(<PyObject*>a) or is_followed(<PyObject*>b)):
        return op.ufunc(a) if b is None else op.ufunc(a, b)
    if b is None:
        truth = wrap(op.ufunc(plain_value(a)))
    else:
        truth = wrap(op.ufunc(plain_value(a), plain_value(b)))
    truth.flags |= CONSTANT
    return truth


# -- Hooks -----------------------------------------------------------------------------------------

cdef int call_hooks_of_outputs(Walk walk, int i) except -1:
    """Call the hooks on the outputs of a Function that is to be walked, of which slot `i` is the first."""
    while i >= 0:
        if (<Variable>walk.slots[i].node).flags & HOOKED:
            call_hooks_of_slot(walk, i)
        i = walk.slots[i].sibling
    return 0


cdef int call_hooks_of_leaves(Walk walk) except -1:
    """Call the hooks on all leaves that were reached, and on Variables at which the walk ended."""
    cdef int i
    for i in range(walk.n):
        if walk.slots[i].creator == NULL and (<Variable>walk.slots[i].node).flags & HOOKED:
            call_hooks_of_slot(walk, i)
    return 0


cdef int call_hooks_of_slot(Walk walk, int i) except -1:
    """Put what the hooks return for the gradient in a slot in its place."""
    if not has_hooks(walk.slots[i].node):
        return 0                        # all have been removed
    flush(walk)
    if walk.slots[i].grad == NULL and not walk.slots[i].state & (SCALAR | UNIFORM):
        return 0                        # no gradient has come
    enter_context_of_rules(walk)
    g = slot_gradient(walk, i)
    new = call_hooks(walk.slots[i].node, g)
    if new is not g:
        put_tangent(walk, i, new)
    return 0
