# Part of _core.pyx. Which leaves a graph depends on; and gradients by a walk that keeps to what depends on its inputs.

def reaches_others(outputs, inputs):
    """Do `outputs` depend on leaves other than `inputs`, to which there are references outside of the graph?

    Parameters
    ----------
    outputs, inputs : sequence of Variable

    Returns
    -------
    bool
        What `gradients` would return as `others` for these Variables, with a cotangent for each output.

    Examples
    --------
    >>> from leopard._core import reaches_others
    >>> x, w = Variable(np.array(3.0)), Variable(np.array(2.0))
    >>> reaches_others([x * x], [x]), reaches_others([x * w], [x])
    (False, True)
    """
    cdef Walk walk
    outputs, inputs = list(outputs), list(inputs)
    must_be_variables(outputs + inputs, "expected a Variable, not")
    outputs, inputs = current_nodes(outputs), creation_nodes(inputs)
    walk = begin_walk()
    try:
        configure_walk(walk, False, False)
        mark_boundary(walk, inputs)
        collect_sweep(walk, outputs)
        return reached_other_leaves(walk)
    finally:
        end_walk(walk)


cdef bint is_of_integers_alone(PyObject* v) noexcept:
    """Whether a Variable holds integers or truth values: between floats and these lies a cast, whose slope is 0."""
    cdef PyObject* form = form_array(v)
    return form != NULL and is_of_integers(form)


def reaches_gradient(x):
    """Does a Variable depend on a leaf that takes a gradient? The inputs of a transform that has ended take none.

    A cast from floats to integers or to truth values has the slope 0, so nothing depends on what is before it.

    Parameters
    ----------
    x : Variable

    Returns
    -------
    bool

    Examples
    --------
    >>> from leopard._core import reaches_gradient
    >>> x = Variable(np.array(2.5))
    >>> reaches_gradient(np.floor(x)), reaches_gradient(np.floor(x).astype(int))
    (True, False)
    """
    cdef list waiting
    cdef set seen = set()
    cdef Variable v
    cdef Function f
    cdef PyObject* input
    cdef int i
    must_be_variables([x], "expected a Variable, not")
    waiting = [current(<Variable>x)]
    while waiting:
        v = waiting.pop()
        if v.flags & (CONSTANT | CLOSED_INPUT):
            continue
        if v.creator == NULL or v.flags & ACTIVE_INPUT:
            return True
        f = <Function>v.creator
        for i in range(f.n_inputs):
            input = inputs_of(<PyObject*>f)[i]
            if input == NULL or not PyObject_TypeCheck(input, VARIABLE) or <size_t>input in seen:
                continue
            if is_of_integers_alone(input) or not is_of_integers_alone(<PyObject*>v):
                seen.add(<size_t>input)
                waiting.append(<object>input)
    return False


def narrow_gradients(outputs, cotangents, inputs, bint create_graph=False):
    """The gradients of `inputs`, by a walk that keeps to what depends on them.

    The rule of a Function that does not lead to an input is not run. So a rule may itself take gradients by Variables
    that it has made.

    Parameters
    ----------
    outputs, cotangents, inputs : sequence of Variable
        As for `gradients`; the cotangents in the outputs' shapes and types.
    create_graph : bool

    Returns
    -------
    list of Variable or None

    Examples
    --------
    >>> from leopard._core import narrow_gradients
    >>> x, w = Variable(np.array(3.0)), Variable(np.array(2.0))
    >>> narrow_gradients([x * w], [Variable(np.array(1.0))], [x])
    [variable(2.0)]
    """
    outputs, cotangents, inputs = list(outputs), list(cotangents), list(inputs)
    must_be_variables(outputs + cotangents + inputs, "expected a Variable, not")
    outputs, inputs = current_nodes(outputs), creation_nodes(inputs)
    for k in range(len(cotangents)):
        cotangents[k] = current(cotangents[k])
    if len(outputs) != len(cotangents):
        raise ValueError(f"{len(cotangents)} cotangents for {len(outputs)} outputs")
    for y, gy in zip(outputs, cotangents):
        if gy.shape != y.shape or gy.dtype != y.dtype:
            raise ValueError(f"a cotangent is {gy.dtype} {gy.shape}, its output {y.dtype} {y.shape}")
    return gradients_within(outputs, cotangents, inputs, [], create_graph)
