# Part of _core.pyx. What the derivatives of the kernels share.

# -- Gradients: from the output to the inputs ------------------------------------------------------

cdef bint kernel_vjp(Walk walk, Function f, int i) except -1:
    """Add to the gradients of the inputs of `f`, whose output has slot `i`; False when its rule has to run."""
    cdef PyObject* out = form_array(walk.slots[i].node)
    cdef PyObject* g = walk.slots[i].grad
    if g != NULL and (out == NULL or type_of(g) != type_of(out) or not same_shape(g, out)):
        return False                    # the data of the output has been replaced
    if (out == NULL and not walk.slots[i].state & SCALAR) or (out != NULL and type_of(out) < 0):
        return False
    if KERNELS[(<Operation>f.operation).kernel].takes_index:    # which most often is a pass over the elements taken
        count_elements(walk, out)
    else:
        count_operands(walk, f, i)
    return KERNELS[(<Operation>f.operation).kernel].vjp(walk, f, i)


cdef inline PyObject* form_of_input(Walk walk, Function f, int i) noexcept:
    """What has the shape and type of the only input, if it takes a gradient, has axes and is of the output's type.

    NULL for any other input: the kernel does not handle it.
    """
    cdef PyObject* v = inputs_of(<PyObject*>f)[0]
    cdef PyObject* out = form_array(walk.slots[i].node)
    cdef PyObject* form
    if not wants_gradient(walk, v):
        return NULL
    form = form_array(v)
    if form == NULL or not 0 <= type_of(form) < COMPLEX or n_axes_of(<RawArray*>form) == 0:
        return NULL
    return form if type_of(form) == (DOUBLE if out == NULL else type_of(out)) else NULL


cdef bint is_one_number(Walk walk, int i, int type, double* number) noexcept:
    """Whether the gradient in a slot is one number of this type, alone or all over an array; then `number` is it."""
    cdef PyObject* g = walk.slots[i].grad
    cdef Number value
    number[0] = walk.slots[i].value
    if g != NULL and size_of(g) == 1 and type_of(g) == type:
        memcpy(&value, bytes_of(<RawArray*>g), size_of_type(type))
        number[0] = real_of(&value, type)
        return True
    return walk.slots[i].state & (SCALAR | UNIFORM) and g == NULL


cdef inline bint pass_uniform(Walk walk, Function f, int i, PyObject* form) except -1:
    """Add a gradient that is one number all over the output to that of the input; False for any other gradient."""
    if not walk.slots[i].state & UNIFORM:
        return False
    add_uniform(walk, reach(walk, <Variable>inputs_of(<PyObject*>f)[0]), walk.slots[i].value, type_of(form))
    return True


cdef inline bint pass_array(Walk walk, Function f, object gx, PyObject* form) except -1:
    """Add an array to the gradient of the input; False if it has not the shape of the input."""
    if not same_shape(<PyObject*>gx, form):
        return False
    add_object(walk, reach(walk, <Variable>inputs_of(<PyObject*>f)[0]), gx)
    return True


# -- Tangents: from the inputs to the output -------------------------------------------------------

cdef bint linear_jvp(Walk walk, Function f, int i) except -1:
    """Of an operation that is linear in its only input: its value, of the tangent."""
    t = tangent_array(walk, slot_with_tangent(walk, inputs_of(<PyObject*>f)[0]))
    y = KERNELS[(<Operation>f.operation).kernel].value(t, None, option_of(f))
    return y is not None and put_tangent_array(walk, i, y)


cdef bint rearranging_jvp(Walk walk, Function f, int i) except -1:
    """`linear_jvp` where each output element is an input element: a tangent that is one number stays one."""
    cdef PyObject* form = form_array(walk.slots[i].node)
    cdef Slot* s = &walk.slots[slot_with_tangent(walk, inputs_of(<PyObject*>f)[0])]
    if form != NULL and (s.state & UNIFORM or s.state & SCALAR and type_of(form) == DOUBLE):
        add_uniform(walk, i, s.value, type_of(form))
        return True
    return linear_jvp(walk, f, i)


cdef object tangent_array(Walk walk, int j):
    """The tangent in a slot as an ndarray."""
    cdef Slot* s = &walk.slots[j]
    if s.state & SCALAR:
        return np.array(s.value)
    if s.state & UNIFORM:
        return filled_view(s.value, form_of_slot(walk, j))
    return <object>s.grad


cdef bint put_tangent_array(Walk walk, int i, object y) except -1:
    """Put an array into a slot; False if it has not the shape and type of the slot's Variable."""
    cdef PyObject* form
    cdef Variable v = wrap(y)
    cdef double x
    if is_one_double(<Variable>walk.slots[i].node):
        if not scalar_value(<PyObject*>v, &x):
            return False
        put_scalar(walk, i, x)
        return True
    y = data_of(v)
    form = form_array(walk.slots[i].node)
    if form == NULL or type_of(<PyObject*>y) != type_of(form) or type_of(form) < 0 or not same_shape(<PyObject*>y, form):
        return False
    set_slot(walk, i, y)
    return True


# -- What they read --------------------------------------------------------------------------------

cdef int reads_nothing(int wanted) noexcept:
    """Of linear operations of one input."""
    return 0
