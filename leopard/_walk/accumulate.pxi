# Part of _core.pyx. Gradients of any form are brought to the form of a slot, and then accumulated by the functions of
# _core.pyx: `add_scalar`, `add_object`, `add_uniform`.

cdef int set_slot(Walk walk, int i, object g) except -1:
    """Let `g` be the gradient in a slot."""
    cdef PyObject* old = walk.slots[i].grad
    Py_INCREF(g)
    walk.slots[i].grad = <PyObject*>g
    walk.slots[i].state &= ~UNIFORM
    Py_XDECREF(old)
    return 0


cdef PyObject* form_of_slot(Walk walk, int i) except NULL:
    """An array, or a shape placeholder, that has the shape and type of a uniform gradient."""
    cdef PyObject* form = form_array(walk.slots[i].node)
    if form == NULL or not 0 <= type_of(form) < COMPLEX:
        raise RuntimeError("the data of a Variable was replaced by another kind while its graph was walked")
    return form


cdef int materialise_uniform(Walk walk, int i) except -1:
    """Make an array of a uniform gradient, for the slot alone."""
    return set_slot(walk, i, filled(walk.slots[i].value, form_of_slot(walk, i)))


cdef object slot_gradient(Walk walk, int i):
    """The gradient in a slot as a Variable, for a rule."""
    cdef Slot* s = &walk.slots[i]
    if s.state & SCALAR:
        return scalar_variable(s.value)
    if walk.create_graph and s.grad != NULL:
        return <object>s.grad
    if s.state & UNIFORM:
        return wrap(filled_view(s.value, form_of_slot(walk, i)))
    if s.grad == NULL:
        raise RuntimeError("a Function is walked for a Variable that has got no gradient")
    return wrap(<object>s.grad)


# -- What a loop or a kernel has computed ----------------------------------------------------------

cdef int accumulate_array(Walk walk, Function f, int k, int i, PyObject* form, object g) except -1:
    """Accumulate `g`, of the shape and type of the output, into the gradient of input `k`, summed to its shape."""
    cdef Variable v = <Variable>inputs_of(<PyObject*>f)[k]      # held: other threads may run while a sum is made
    cdef PyObject* shape = form_array(<PyObject*>v)
    if type_of(form) != (DOUBLE if shape == NULL else type_of(shape)):
        return accumulate_checked(walk, f, k, v, g, i)
    if shape == NULL:
        summed = sum_to_shape(<PyObject*>g, 0, NULL)
        if summed is not None:
            return add_scalar(walk, v, (<double*>bytes_of(<RawArray*><PyObject*>summed))[0])
    elif same_shape(shape, form):
        return accumulate_summed(walk, f, k, i, v, g)
    else:
        summed = sum_to_shape(<PyObject*>g, n_axes_of(<RawArray*>shape), shape_of(<RawArray*>shape))
        if summed is not None:
            return accumulate_summed(walk, f, k, i, v, summed)
    return accumulate_checked(walk, f, k, v, g, i)


cdef int accumulate_summed(Walk walk, Function f, int k, int i, Variable v, object g) except -1:
    """Accumulate `g`, of the shape and type of `v`, which is input `k`."""
    cdef double x
    if scalar_value(<PyObject*>v, &x):
        return accumulate_checked(walk, f, k, v, g, i)
    return add_object(walk, reach(walk, v), g)


cdef int accumulate_uniform(Walk walk, Function f, int k, int i, PyObject* form, double value) except -1:
    """Accumulate an array of the shape and type of the output, every element of which is `value`, into input `k`."""
    cdef PyObject* v = inputs_of(<PyObject*>f)[k]
    cdef PyObject* shape = form_array(v)
    cdef int type = type_of(form)
    cdef npy_intp size
    cdef double x, sum
    if scalar_value(v, &x) and type == DOUBLE and not (isinf(value * size_of(form)) and not isinf(value)):
        return add_scalar(walk, <Variable>v, value * size_of(form))
    if shape == NULL or type_of(shape) != type or not broadcasts_to(shape, form):
        return accumulate_checked(walk, f, k, <Variable>v, filled_view(value, form), i)
    size = size_of(shape)
    sum = value * (size_of(form) // size if size else 0)    # what `sum_to_shape` would give
    if type != DOUBLE:
        sum = <float>sum
    if isinf(sum) and not isinf(value):                     # NumPy reports the overflow
        return accumulate_checked(walk, f, k, <Variable>v, filled_view(value, form), i)
    return add_uniform(walk, reach(walk, <Variable>v), sum, type)


# -- What a rule has returned ----------------------------------------------------------------------

cdef int accumulate_checked(Walk walk, Function f, int k, Variable v, object g, int head) except -1:
    """Check the gradient that a rule returned for input `k`, which is `v`, and accumulate it.

    It is summed to the shape of `v` where the Function broadcast its inputs, and cast to the type of its gradients.
    """
    cdef double x
    cdef Variable gv
    if isinstance(g, Variable):
        gv = g = current(g)
        if not walk.create_graph and not gv.flags & (ARRAY | EMPTY | DROPPED_VALUE) and scalar_value(<PyObject*>v, &x):
            return add_scalar(walk, v, gv.value.scalar)
        if walk.create_graph and has_form_of(gv, v):
            return add_object(walk, reach(walk, v), gv)
        array = data_of(gv)
    else:
        array = as_array(g)
        if isinstance(array, cnp.ndarray) and not cnp.PyArray_CheckExact(array):
            array = exact_array(array)
    if not isinstance(array, cnp.ndarray):
        raise TypeError(
            f"it returned {type(g)} for input {k}; a gradient is a Variable, an ndarray or None"
        )
    form = form_of(v)
    dtype = gradient_dtype(form.dtype)
    if dtype.kind not in "fc" or array.dtype.kind not in "fiubc":
        raise TypeError(f"input {k} is of dtype {form.dtype}, its gradient of {array.dtype}; both must be numbers")
    if array.shape != form.shape and not may_sum(walk, f, array.shape, form.shape, head):
        raise ValueError(f"it returned a gradient of shape {array.shape} for input {k} of shape {form.shape}")
    if walk.create_graph:
        g = g if isinstance(g, Variable) else as_constant(array)
        if g.shape != form.shape:
            g = structural.sum_to(g, form.shape)
        return add_object(walk, reach(walk, v), cast_gradient(g, dtype))
    if array.shape != form.shape:
        array = data_of(structural.sum_to(wrap(array), form.shape))
    if dtype.kind == "f" and array.dtype.kind == "c":
        array = array.real
    array = array.astype(dtype, copy=False)
    if array_value(<PyObject*>array, &x):
        return add_scalar(walk, v, x)
    return add_object(walk, reach(walk, v), array)


cdef inline bint is_float64_number(PyObject* form) noexcept:
    """Whether a Variable of this form, NULL for a double, is a float64 without axes."""
    return form == NULL or type_of(form) == DOUBLE and n_axes_of(<RawArray*>form) == 0


cdef bint has_form_of(Variable g, Variable v) noexcept:
    """Whether a gradient is of the shape and type of `v`, of a type that gradients have: it needs neither sum nor cast."""
    cdef PyObject* a = form_array(<PyObject*>g)
    cdef PyObject* b = form_array(<PyObject*>v)
    if (g.flags | v.flags) & (EMPTY | STAND_IN):
        return False
    if a == NULL or b == NULL:
        return is_float64_number(a) and is_float64_number(b)
    return type_of(a) >= 0 and type_of(a) == type_of(b) and same_shape(a, b)


cdef object cast_gradient(object g, object dtype):
    """A gradient, or a tangent, cast to a dtype as a recorded operation; of a real Variable it is the real part."""
    if dtype.kind == "f" and g.dtype.kind == "c":
        g = structural.real(g)
    return g if g.dtype == dtype else structural.astype(g, dtype)


cdef bint may_sum(Walk walk, Function f, tuple shape, tuple target, int head) except -1:
    """Did the forward pass broadcast `target` to `shape`? Then its gradient is a sum."""
    if not (getattr(type(f), "broadcasts", False) if f.operation == NULL else (<Operation>f.operation).broadcasts):
        if f.n_outputs > 1:
            for known, _ in forms_of(<PyObject*>f):
                if shape == known:
                    break
            else:
                return False
        elif shape != form_of(<Variable>walk.slots[head].node).shape:
            return False
    try:
        return np.broadcast_shapes(shape, target) == shape
    except ValueError:
        return False
