# Part of _core.pyx. Gradients between given Variables, which need not be leaves; no Variable's `grad` is written.

def gradients(
    outputs, cotangents, inputs, bint create_graph=False, bint batched=False, bint may_repeat=True
):
    """The gradients of `inputs`, given those of `outputs`; no Variable's `grad` is read or written.

    For each input ``x`` it is the sum of ``gy * dy/dx`` over the outputs ``y``. The walk ends at the inputs: nothing
    behind one is walked.

    Parameters
    ----------
    outputs : sequence of Variable
    cotangents : sequence of Variable, ndarray, number or None
        For each output its gradient, in its shape; where it is None the output is left out. What is no
        Variable is a constant.
    inputs : sequence of Variable
        Leaves or not.
    create_graph : bool
        Record the walk, also under `no_grad`, so that the gradients can be differentiated again.
    batched : bool
        Many cotangents at once: those given have one more axis in front, and so have the results.
    may_repeat : bool
        Where a rule needs the walk to be recorded, repeat it so, and drop the record. False within a rule: what
        comes after that rule belongs to the record, so that the whole walk is the one to repeat.

    Returns
    -------
    gradients : list of Variable or None
        In the inputs' shapes and dtypes, float64 for integers, None where nothing came. They share memory with
        nothing.
    others : bool
        Was a leaf reached that is none of the inputs, and to which there are references outside of the graph?

    Raises
    ------
    TypeError, ValueError
        When an output holds no numbers, or a cotangent is not of its shape.
    Exception
        Whatever a rule raises, with a note that names its Function.

    Examples
    --------
    >>> from leopard._core import gradients
    >>> x = Variable(np.array(3.0))
    >>> y = x * x
    >>> gradients([y * x], [1.0], [x, y])
    ([variable(9.0), variable(3.0)], False)
    """
    cdef Walk walk
    outputs, cotangents, inputs = list(outputs), list(cotangents), list(inputs)
    if len(outputs) != len(cotangents):
        raise ValueError(f"{len(cotangents)} cotangents for {len(outputs)} outputs")
    must_be_variables(outputs + inputs, "gradients are taken of Variables by Variables, not by")
    outputs, inputs = current_nodes(outputs), creation_nodes(inputs)
    try:
        return gradients_of_nodes(outputs, cotangents, inputs, create_graph, batched, False)
    except NotRecorded:
        if create_graph or not may_repeat:
            raise
    return gradients_of_nodes(outputs, cotangents, inputs, create_graph, batched, True)


cdef tuple gradients_of_nodes(
    list outputs, list cotangents, list inputs, bint create_graph, bint batched, bint repeated
):
    """The result of `gradients`; a walk that is repeated is recorded, and what it recorded is dropped at its end."""
    cdef list validated_cotangents = []
    cdef Walk walk
    cdef bint recorded = False
    for g in cotangents:
        recorded |= isinstance(g, Variable) and (<Variable>g).creator != NULL
    token = from_recorded.set(recorded)
    walk = begin_walk()
    try:
        configure_walk(walk, False, create_graph or repeated)
        if create_graph or repeated:
            walk.context = enter_context(True)
        for k in range(len(outputs)):
            g = validated(walk, outputs[k], cotangents[k], batched, False)
            validated_cotangents.append(g)
        return walk_between(walk, outputs, validated_cotangents, inputs, repeated and not create_graph)
    finally:
        end_walk(walk)
        from_recorded.reset(token)


def value_and_gradients(Variable y not None, list leaves not None):
    """The value of a double and its gradients by leaves: `gradients` for the most frequent case, with fewer checks.

    Parameters
    ----------
    y : Variable
    leaves : list of Variable
        Of doubles, or arrays of them.

    Returns
    -------
    value : float64
    gradients : list of float, ndarray or None

    Instead of both it returns None where ``y`` is no double that was computed, or depends on other leaves, too; then
    `gradients` must be called.

    Examples
    --------
    >>> from leopard._core import value_and_gradients
    >>> x = Variable(np.array(3.0))
    >>> value_and_gradients(x * x, [x])
    (np.float64(9.0), [6.0])
    """
    cdef Walk walk
    cdef double value
    y = current(y)
    y = <Variable>aliased_node(<PyObject*>y)
    if not scalar_value(<PyObject*>y, &value) or y.creator == NULL:
        return None
    must_be_variables(leaves, "gradients are taken by Variables, not by")
    walk = begin_walk()
    try:
        configure_walk(walk, False, False)
        slots = mark_boundary(walk, leaves)
        restart_queue(walk, (<Function>y.creator).generation)
        if wants_gradient(walk, <PyObject*>y):
            add_scalar(walk, y, 1.0)
        walk_reached(walk)
        if n_hooked:
            call_hooks_of_leaves(walk)
        if reached_other_leaves(walk):
            return None
        gradients = []
        for k in slots:
            gradients.append(take_gradient_array(walk, k))
        return float64(value), gradients
    except NotRecorded:
        return None                 # `gradients` repeats the walk
    finally:
        end_walk(walk)


cdef int must_be_variables(list things, str wanted) except -1:
    for v in things:
        if not isinstance(v, Variable):
            raise TypeError(f"{wanted} {type(v)}")
    return 0


cdef list current_nodes(list variables):
    """The nodes that Variables are now, after assignments to them."""
    cdef Variable v
    cdef list nodes = []
    for v in variables:
        nodes.append(current(v))
    return creation_nodes(nodes)


cdef list creation_nodes(list variables):
    """The nodes that Variables were when they were made, before any assignment to them."""
    cdef Variable v
    cdef list nodes = []
    for v in variables:
        nodes.append(<Variable>aliased_node(<PyObject*>v))
    return nodes


cdef inline bint is_one_double(Variable v) noexcept:
    cdef double x
    return scalar_value(<PyObject*>v, &x)


cdef object validated(Walk walk, Variable y, object g, bint batched, bint is_tangent):
    """A cotangent or tangent of `y` as `add_cotangent` takes it: a Variable of its shape and dtype, a float, or None.

    If it is batched it has one more axis in front, as long as that of all others.
    """
    cdef Variable gy
    cdef str name = "a tangent" if is_tangent else "a cotangent"
    cdef str whose = "its input" if is_tangent else "its output"
    if g is None:
        return None
    if not batched and is_one_double(y) and (
            PyFloat_CheckExact(g) or isinstance(g, Variable) and is_one_double(current(g))):
        return current(g) if isinstance(g, Variable) else g
    form = form_of(y)
    dtype = gradient_dtype(form.dtype)
    if dtype.kind not in "fc" or is_tangent and dtype != form.dtype:
        raise TypeError(f"{name} needs floating-point data, {whose} is {form.dtype}")
    gy = as_constant(g)
    if batched and gy.ndim:
        if walk.n_rows < 0:
            walk.n_rows = gy.shape[0]
        if gy.shape[0] != walk.n_rows:
            raise ValueError(f"{name} has {gy.shape[0]} rows, one before it {walk.n_rows}")
    if (gy.shape[1:] if batched else gy.shape) != form.shape or batched and gy.ndim == 0:
        raise ValueError(f"{name} has shape {gy.shape}, {whose} {form.shape}{' in each row' * batched}")
    if gy.dtype == dtype:
        return gy
    if gy.dtype.kind not in "fiubc" or gy.dtype.kind == "c" and dtype.kind == "f":
        raise TypeError(f"{name} is {gy.dtype}, {whose} {form.dtype}")
    if walk.create_graph and not gy.flags & CONSTANT:
        return structural.astype(gy, dtype)
    return as_constant(data_of(gy).astype(dtype))


cdef Variable as_constant(object g):
    """A Variable as it is now, or a constant of anything else."""
    cdef Variable v
    if isinstance(g, Variable):
        return current(g)
    v = wrap(g if isinstance(g, cnp.ndarray) else np.asarray(g))
    v.flags |= CONSTANT
    return v


# -- The boundary, and the gradients there ---------------------------------------------------------

cdef tuple walk_between(Walk walk, list outputs, list cotangents, list inputs, bint drops_record=False):
    """The gradients of `inputs`, in a list, and whether other leaves were reached."""
    cdef int k
    cdef Variable v
    cdef list slots = mark_boundary(walk, inputs)
    restart_queue_at(walk, outputs)
    for k in range(len(outputs)):
        v = outputs[k]
        if cotangents[k] is not None and wants_gradient(walk, <PyObject*>v):
            add_cotangent(walk, v, cotangents[k])
    walk_reached(walk)
    if n_hooked and walk.n_rows < 0:
        call_hooks_of_leaves(walk)
    if drops_record:
        drop_record(walk)
    gradients = []
    for k in slots:
        gradients.append(take_gradient(walk, k))
    return gradients, reached_other_leaves(walk)


cdef int add_cotangent(Walk walk, Variable v, object g) except -1:
    """Accumulate a gradient, or tangent, of the shape and type of `v`: a Variable, or a float if `v` is a double."""
    cdef double value
    if walk.create_graph:
        return add_object(walk, reach(walk, v), as_constant(g))
    if walk.n_rows >= 0:
        return add_object(walk, reach(walk, v), data_of(<Variable>g))
    if PyFloat_CheckExact(g):
        return add_scalar(walk, v, PyFloat_AS_DOUBLE(g))
    if is_one_double(v) and scalar_value(<PyObject*>g, &value):
        return add_scalar(walk, v, value)
    return add_object(walk, reach(walk, v), data_of(<Variable>g))


cdef list mark_boundary(Walk walk, list inputs):
    """Make a slot for each Variable of `inputs`, at which the walk ends; return their numbers."""
    cdef int k
    cdef Variable v
    cdef list slots = []
    for v in inputs:
        k = find_slot(walk, <PyObject*>v)
        if k < 0:
            k = new_slot(walk, v, NULL)
            walk.slots[k].state = BOUNDARY
        slots.append(k)
    return slots


cdef object take_gradient_array(Walk walk, int i):
    """The gradient in a slot of a walk that is not recorded: a float, an array for the caller alone, or None."""
    if walk.slots[i].state & SCALAR:
        return walk.slots[i].value
    if walk.slots[i].state & UNIFORM:
        materialise_uniform(walk, i)
    if walk.slots[i].grad == NULL:
        return None
    array = <object>walk.slots[i].grad
    return exclusive(array)


cdef Variable take_gradient(Walk walk, int i):
    """The gradient in a slot as a Variable for the caller alone, or None."""
    cdef Variable g
    if not walk.create_graph:
        array = take_gradient_array(walk, i)
        if array is None:
            return None
        return scalar_variable(walk.slots[i].value) if walk.slots[i].state & SCALAR else wrap(array)
    if walk.slots[i].grad == NULL:
        return None
    g = <object>walk.slots[i].grad
    if (_Py_REFCNT(<PyObject*>g) > 2 or g.n_borrowers
            or g.flags & ARRAY and not is_exclusive(g.value.array, 1)):
        g = structural.duplicate(g)
    return g


cdef object exclusive(object array):
    """The array itself if the slot and the caller alone have references to it, else a copy."""
    return array if is_exclusive(<PyObject*>array, 2) else array.copy()


cdef bint reached_other_leaves(Walk walk) except -1:
    """Was a leaf reached that is not of the boundary, and to which there are references outside of the graph?

    An input that a running transform differentiates by counts as one. A leaf that a transform has made does not, nor does
    one that the function made which was the last to be traced: the caller of a transform knows nothing of it.
    """
    cdef int i, n
    cdef unsigned int flags
    cdef dict held = {}             # slot of a leaf: the references to it from the graph
    for i in range(walk.n):
        flags = (<Variable>walk.slots[i].node).flags
        if walk.slots[i].state & (BOUNDARY | MADE_IN_TRACE):
            continue
        if flags & ACTIVE_INPUT:
            return True
        if walk.slots[i].creator == NULL and not flags & CLOSED_INPUT:
            held[i] = 1             # that of the slot itself
    if not held:
        return False
    count_references(walk, held)
    for i, n in held.items():
        if _Py_REFCNT(walk.slots[i].node) > n:
            return True
    return False


cdef int count_references(Walk walk, dict held) except -1:
    """Add to each leaf's number in `held` the references to it from Functions that were reached."""
    cdef int i, k, j
    cdef PyObject* f
    cdef PyObject** inputs
    cdef PyObject* v
    cdef set aliases = set()
    for i in range(walk.n):
        f = walk.slots[i].creator
        if f == NULL or not is_first_output(walk, i):
            continue
        inputs = inputs_of(f)
        for k in range((<Function>f).n_inputs):
            j = find_slot(walk, inputs[k]) if is_wanted(inputs[k]) else -1
            if j not in held:
                continue
            if inputs[k] == walk.slots[j].node:
                held[j] += 1
                continue
            v = alias_of_node(inputs[k], walk.slots[j].node)    # counted once, however many Functions it is an input of
            if <size_t>v not in aliases:
                aliases.add(<size_t>v)
                held[j] += not is_borrowed((<Variable>v).creator, 0)
    return 0


cdef bint is_first_output(Walk walk, int i) noexcept:
    """Is this the first slot that was made for an output of its Function?"""
    cdef int k, j
    cdef PyObject* f = walk.slots[i].creator
    cdef PyObject* y
    if (<Function>f).n_outputs > 1:
        for k in range((<Function>f).n_outputs):
            y = outputs_of(f)[k]
            j = -1 if y == NULL else find_slot(walk, y)
            if 0 <= j < i and walk.slots[j].creator == f:
                return False
    return True
