# Part of _core.pyx. The jvp of one Function without Python: of numbers, by a kernel, or in a program.

cdef bint jvp_step(Walk walk, Function f, int i) except -1:
    """Put the tangent of the output of `f` into its slot `i`; false when the rule has to be run for it."""
    cdef Operation op
    if f.operation == NULL or not walk.compiled or walk.create_graph or walk.n_rows >= 0:
        return False
    op = <Operation>f.operation
    if f.n_outputs != 1 or f.n_inputs != op.n_inputs:
        return False
    if op.kernel == LOOPS:
        if op.ufunc is None and (has_attributes(f) or hasattr(op.cls, "tangent")):
            return False
        return jvp_of_scalars(walk, f, i) if is_one_double(<Variable>walk.slots[i].node) else jvp_of_arrays(walk, f, i)
    if op.kernel == RULE:
        return False
    flush(walk)
    count_operands(walk, f, i)
    return KERNELS[op.kernel].jvp(walk, f, i)


cdef bint jvp_of_scalars(Walk walk, Function f, int i) except -1:
    """Run the recipes of an elementwise Function over numbers, one for each tangent; false if not all are scalars."""
    cdef double r[MAX_RECIPE_REGISTERS]
    cdef int slots[MAX_INPUTS]
    cdef double sum = 0
    cdef int k, n = f.n_inputs
    cdef bint some = False
    cdef PyObject** inputs = inputs_of(<PyObject*>f)
    cdef Recipe recipe
    for k in range(n):
        slots[k] = slot_with_tangent(walk, inputs[k])
        if slots[k] >= 0 and not walk.slots[slots[k]].state & SCALAR:
            return False
        if scalar_input(f, inputs[k], &r[X + k]) == NO_SCALAR:
            return False
    if not scalar_value(walk.slots[i].node, &r[Y]):
        return False
    for k in range(n):
        if slots[k] < 0:
            continue
        known = recipe_of(<Operation>f.operation, DOUBLE, 1 << k)
        if known is False:
            return False
        recipe = <Recipe>known
        if recipe.results[k] < 0:
            continue
        r[GY] = walk.slots[slots[k]].value
        if r[GY] == 0:                  # zero times any slope, also an infinite one, is taken as zero
            some = True
            continue
        if not run_recipe(recipe, r) and not check_recipe(recipe, r):
            return False                # then NumPy warns, in the rule
        sum = add_doubles(sum, r[recipe.results[k]]) if some else r[recipe.results[k]]
        some = True
    if some:
        put_scalar(walk, i, sum)
    return True


# -- Programs --------------------------------------------------------------------------------------

cdef bint jvp_of_arrays(Walk walk, Function f, int i) except -1:
    """Write the recipes of an elementwise Function of arrays into the program, one for each tangent.

    The tangent of the output is then the register of their sum. False if that is not possible.
    """
    cdef PyObject* form = form_array(walk.slots[i].node)
    cdef int slots[MAX_INPUTS]
    cdef int type, k, register = NONE
    cdef Program* p = &walk.fused.program
    cdef list recipes
    if form == NULL:
        return False
    type = type_of(form)
    if not 0 <= type < COMPLEX:
        return False
    recipes = recipes_of_tangents(walk, f, type, slots)
    form = form_array(walk.slots[i].node)       # again: a rule that was read has run Python
    if recipes is None or form == NULL or type_of(form) != type:
        return False
    if walk.fused.form != NULL:
        for k in range(f.n_inputs):
            if recipes[k] is not None and not can_join(walk, <Recipe>recipes[k], type, form):
                flush(walk)                     # this may run Python, too: begin again
                return jvp_of_arrays(walk, f, i)
    else:
        open_program(walk, type, form)
    for k in range(f.n_inputs):
        if recipes[k] is not None and not append_jvp(walk, f, i, k, <Recipe>recipes[k], slots[k], &register):
            if walk.fused.n_functions == 0:
                close_program(walk)
                return False
            flush(walk)                         # again, in a program of its own
            return jvp_of_arrays(walk, f, i)
    for k in range(f.n_inputs):
        if recipes[k] is not None:
            append_function(walk, i, <Recipe>recipes[k], NONE)
    if register == NONE:
        pass                                    # every slope is 0
    elif is_number(p, register):
        add_uniform(walk, i, real_of(&p.registers[register].number, type), type)
    else:
        set_pending(walk, i, register)
    return True


cdef list recipes_of_tangents(Walk walk, Function f, int type, int* slots):
    """For each input that has a tangent its recipe, for others None; None for all if one has no recipe.

    `slots` receives the slots of the tangents.
    """
    cdef int k
    cdef list recipes = []
    for k in range(f.n_inputs):
        slots[k] = slot_with_tangent(walk, inputs_of(<PyObject*>f)[k])
        known = recipe_of(<Operation>f.operation, type, 1 << k) if slots[k] >= 0 else None
        if known is False:
            return None
        recipes.append(known)
    return recipes


cdef bint append_jvp(Walk walk, Function f, int i, int k, Recipe recipe, int j, int* sum) noexcept:
    """Add the slope by input `k` times the tangent in slot `j` to the register `sum`; false if the program cannot."""
    cdef int registers[MAX_RECIPE_REGISTERS]
    cdef Program* p = &walk.fused.program
    if recipe.results[k] < 0:
        return True
    if not load_operands(walk, f, i, recipe, j, registers) or walk.fused.laid_out:
        return False
    if not add_recipe(p, recipe, registers):
        return False
    if sum[0] == NONE:
        sum[0] = registers[recipe.results[k]]
    else:
        sum[0] = add_sum(p, sum[0], registers[recipe.results[k]])
    return sum[0] != NONE


cdef int redo_jvps_by_rule(Walk walk) except -1:
    """Compute the tangents of a program again by the rules: an invalid operation may have been 0 times infinity."""
    cdef int q, i = -1
    for q in range(walk.fused.n_pending):
        walk.slots[walk.fused.pending[q]].state &= ~PENDING
    walk.fused.n_pending = 0
    for q in range(walk.fused.n_functions):
        if walk.fused.functions[q].slot != i:
            i = walk.fused.functions[q].slot
            jvp_by_rule(walk, <Function>walk.slots[i].creator, i)
            look_if_due(walk)
    return 0
