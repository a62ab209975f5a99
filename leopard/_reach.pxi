# Part of _walk.pyx. What a graph reaches, without walking any gradient through it.

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
    >>> from leopard._walk import reaches_others
    >>> x, w = Variable(np.array(3.0)), Variable(np.array(2.0))
    >>> reaches_others([x * x], [x]), reaches_others([x * w], [x])
    (False, True)
    """
    cdef Walk walk
    cdef Variable v
    outputs, inputs = current_in(outputs), variables_in(inputs)
    walk = begin_walk()
    try:
        walk.open(False, False)
        for v in inputs:
            if walk.find(<PyObject*>v) < 0:
                walk.slots[walk.new_slot(v, NULL)].state = GOAL
        gather(walk, outputs)
        return walk.has_reached_others()
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
    >>> from leopard._walk import narrow_gradients
    >>> x, w = Variable(np.array(3.0)), Variable(np.array(2.0))
    >>> narrow_gradients([x * w], [Variable(np.array(1.0))], [x])
    [variable(2.0)]
    """
    outputs, cotangents, inputs = current_in(outputs), current_in(cotangents), variables_in(inputs)
    if len(outputs) != len(cotangents):
        raise ValueError(f"{len(cotangents)} cotangents for {len(outputs)} outputs")
    for y, gy in zip(outputs, cotangents):
        if gy.shape != y.shape or gy.dtype != y.dtype:
            raise ValueError(f"a cotangent is {gy.dtype} {gy.shape}, its output {y.dtype} {y.shape}")
    return gradients_within(outputs, cotangents, inputs, [], create_graph)


cdef list variables_in(things):
    things = list(things)
    for v in things:
        if not isinstance(v, Variable):
            raise TypeError(f"a Variable is wanted, not {type(v)}")
    return things


cdef list current_in(things):
    things = variables_in(things)
    for k in range(len(things)):
        things[k] = current(things[k])
    return things
