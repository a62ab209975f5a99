# Part of _core.pyx. What a graph reaches, without walking any gradient through it.

def reaches_others(outputs, inputs):
    """Do `outputs` depend on a Variable of somebody else's?

    Parameters
    ----------
    outputs, inputs : sequence of Variable

    Returns
    -------
    bool
        What `gradients` would say of the same Variables, with a cotangent for each output.

    Examples
    --------
    >>> from leopard._core import reaches_others
    >>> x, w = Variable(np.array(3.0)), Variable(np.array(2.0))
    >>> reaches_others([x * x], [x]), reaches_others([x * w], [x])
    (False, True)
    """
    cdef Walk walk
    outputs, inputs = list(outputs), list(inputs)
    must_be_variables(outputs + inputs, "a Variable is wanted, not")
    outputs, inputs = nodes_now(outputs), nodes_made(inputs)
    walk = begin_walk()
    try:
        open_walk(walk, False, False)
        mark_goals(walk, inputs)
        collect_turns(walk, outputs)
        return reached_other_leaves(walk)
    finally:
        end_walk(walk)


def narrow_gradients(outputs, cotangents, inputs, bint create_graph=False):
    """`gradients`, by a walk that goes nowhere but to `inputs`.

    What it passes on its way is not asked for its rule: so a rule may itself ask for gradients by something that
    nothing else leads to.

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
    must_be_variables(outputs + cotangents + inputs, "a Variable is wanted, not")
    outputs, inputs = nodes_now(outputs), nodes_made(inputs)
    for k in range(len(cotangents)):
        cotangents[k] = current(cotangents[k])
    if len(outputs) != len(cotangents):
        raise ValueError(f"{len(cotangents)} cotangents for {len(outputs)} outputs")
    for y, gy in zip(outputs, cotangents):
        if gy.shape != y.shape or gy.dtype != y.dtype:
            raise ValueError(f"a cotangent is {gy.dtype} {gy.shape}, its output {y.dtype} {y.shape}")
    return gradients_within(outputs, cotangents, inputs, [], create_graph)
