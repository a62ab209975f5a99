# Part of _walk.pyx. Gradients without a trace: from some Variables back to others, which need not be leaves.

def gradients(outputs, cotangents, inputs, bint create_graph=False, bint batched=False):
    """The gradients of `inputs`, given those of `outputs`; no Variable's `grad` is read or written.

    For each input ``x`` it is the sum of ``gy * dy/dx`` over the outputs ``y``. The walk stops at the inputs:
    what lies behind one is a matter of its own.

    Parameters
    ----------
    outputs : sequence of Variable
        Of floating type, real or complex.
    cotangents : sequence of Variable, ndarray, number or None
        For each output its gradient, in its shape; where it is None the output is left out. What is no
        Variable is a constant.
    inputs : sequence of Variable
        Leaves or not.
    create_graph : bool
        Record the walk, also under `no_grad`, so that the gradients can be differentiated again.
    batched : bool
        Many cotangents at once: those given have one more axis in front, and so have the results.

    Returns
    -------
    gradients : list of Variable or None
        In the inputs' shapes and dtypes, None where nothing came. They share memory with nothing.
    others : bool
        Was a leaf reached that is none of the inputs and that anybody but the graph holds?

    Raises
    ------
    TypeError, ValueError
        When an output is not of floating type, or a cotangent is not of its shape.
    Exception
        Whatever a rule raises, with a note that names its Function.

    Examples
    --------
    >>> from leopard._walk import gradients
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
    outputs, inputs = nodes_now(outputs), nodes_made(inputs)
    walk = begin_walk()
    try:
        walk.open(False, create_graph)
        if create_graph:
            walk.context = enter_context(True)
        for k in range(len(outputs)):
            cotangents[k] = fitted(walk, outputs[k], cotangents[k], batched, "a cotangent", "its output")
        return walk.run_between(outputs, cotangents, inputs)
    finally:
        end_walk(walk)


def value_and_gradients(Variable y not None, list leaves not None):
    """The value of a double and its gradients by leaves, without detours: `gradients`, for who knows what he has.

    Parameters
    ----------
    y : Variable
    leaves : list of Variable
        Of doubles, or arrays of them.

    Returns
    -------
    value : float64
    gradients : list of float, ndarray or None
        Or None, where y is no double, or depends on Variables of others, too: then `gradients` has more to say.

    Examples
    --------
    >>> from leopard._walk import value_and_gradients
    >>> x = Variable(np.array(3.0))
    >>> value_and_gradients(x * x, [x])
    (np.float64(9.0), [6.0])
    """
    cdef Walk walk
    cdef Variable v
    cdef int k
    cdef double value
    y = current(y)
    y = <Variable>behind(<PyObject*>y)
    if not scalar_value(<PyObject*>y, &value) or y.maker == NULL:
        return None
    for k in range(len(leaves)):
        v = leaves[k]
        if v is None:
            raise TypeError("None is no Variable")
    walk = begin_walk()
    try:
        walk.open(False, False)
        slots = walk.goals(leaves)
        walk.restart((<Function>y.maker).generation)
        if walk.wants(<PyObject*>y):
            walk.add_scalar(y, 1.0)
        walk.go()
        if hooked_before:
            call_hooks_of_leaves(walk)
        if walk.has_reached_others():
            return None
        found = []
        for k in slots:
            found.append(walk.taken_plain(k))
        return float64(value), found
    finally:
        end_walk(walk)


cdef int must_be_variables(list things, str wanted) except -1:
    for v in things:
        if not isinstance(v, Variable):
            raise TypeError(f"{wanted} {type(v)}")
    return 0


cdef list nodes_now(list variables):
    """The nodes that Variables are now."""
    cdef Variable v
    cdef list nodes = []
    for v in variables:
        nodes.append(current(v))
    return nodes_made(nodes)


cdef list nodes_made(list variables):
    """The nodes that Variables were when they were made, whatever has been assigned to them since."""
    cdef Variable v
    cdef list nodes = []
    for v in variables:
        nodes.append(<Variable>behind(<PyObject*>v))
    return nodes


cdef inline bint is_one_double(Variable v) noexcept:
    cdef double x
    return scalar_value(<PyObject*>v, &x)


cdef object fitted(Walk walk, Variable y, object g, bint batched, str name, str whose):
    """A cotangent or tangent as `Walk.add` takes it: a Variable of the shape and dtype of `y`, or a float; None as it is.

    If they are batched each has rows of this shape, and all have as many.
    """
    cdef Variable gy
    if g is None:
        return None
    if not batched and is_one_double(y) and (
            PyFloat_CheckExact(g) or isinstance(g, Variable) and is_one_double(current(g))):
        return current(g) if isinstance(g, Variable) else g
    form = form_of(y)
    if form.dtype.kind not in "fc":
        raise TypeError(f"{name} needs floating-point data, {whose} is {form.dtype}")
    gy = as_constant(g)
    if batched and gy.ndim:
        if walk.n_rows < 0:
            walk.n_rows = gy.shape[0]
        if gy.shape[0] != walk.n_rows:
            raise ValueError(f"{name} has {gy.shape[0]} rows, one before it {walk.n_rows}")
    if (gy.shape[1:] if batched else gy.shape) != form.shape or batched and gy.ndim == 0:
        raise ValueError(f"{name} has shape {gy.shape}, {whose} {form.shape}{' in each row' * batched}")
    if gy.dtype == form.dtype:
        return gy
    if gy.dtype.kind not in "fiubc" or gy.dtype.kind == "c" and form.dtype.kind == "f":
        raise TypeError(f"{name} is {gy.dtype}, {whose} {form.dtype}")
    if walk.create_graph and not gy.flags & CONSTANT:
        return upper.astype(gy, form.dtype)
    return as_constant(data_of(gy).astype(form.dtype))


cdef Variable as_constant(object g):
    """A Variable as it is, and a constant of anything else."""
    cdef Variable v
    if isinstance(g, Variable):
        return current(g)
    v = wrap(g if isinstance(g, cnp.ndarray) else np.asarray(g))
    v.flags |= CONSTANT
    return v
