# Part of _core.pyx. The kernel "take": x[index]. The gradient is added into the elements that were taken.

cdef object take_value(object x, object _, object index):
    return array_getitem(x, index)


cdef bint take_vjp(Walk walk, Function f, int i) except -1:
    """``gx[index] += gy``."""
    cdef PyObject* form = form_of_input(walk, f, i)
    cdef PyObject* g = walk.slots[i].grad
    cdef PyObject* sum
    cdef double number = 0
    cdef int j
    if form == NULL or g == NULL and not is_one_number(walk, i, type_of(form), &number):
        return False
    j = reach(walk, <Variable>inputs_of(<PyObject*>f)[0])
    if walk.slots[j].state & UNIFORM:
        materialise_uniform(walk, j)
    sum = walk.slots[j].grad
    if sum == NULL:
        set_slot(walk, j, zeros(form))
        count_elements(walk, form)
    elif not is_exclusive(sum, 1):
        set_slot(walk, j, (<object>sum).copy())
        count_elements(walk, form)
    add_at(<object>walk.slots[j].grad, option_of(f), g, number)
    return True


cdef object take_base(Operation op, object base, object value, object index):
    return structural.setitem(base, value, index)


# -- The index -----------------------------------------------------------------------------------

cdef object fixed_index(object i):
    """An equal index that stays as it is: arrays in it are copied, and reading it runs no Python."""
    if is_fixed_index(i):
        return i
    if isinstance(i, tuple):
        parts = list(<tuple>i)
        for k in range(len(parts)):
            parts[k] = fixed_index(parts[k])
        return tuple(parts)
    if type(i) is slice:
        return slice(fixed_bound(i.start), fixed_bound(i.stop), fixed_bound(i.step))
    i = services.plain_index(i)
    if isinstance(i, (cnp.ndarray, bool, np.bool_, tuple)) or not hasattr(type(i), "__index__"):
        return i
    return fixed_bound(i)


cdef object fixed_bound(object bound):
    return None if bound is None else int(index(bound))


cdef bint is_fixed_index(object index) noexcept:
    """Whether an index is basic, and reading it runs no Python."""
    if type(index) is slice:
        return is_fixed_bound(index.start) and is_fixed_bound(index.stop) and is_fixed_bound(index.step)
    if isinstance(index, tuple):
        for i in <tuple>index:
            if isinstance(i, tuple) or not is_fixed_index(i):
                return False
        return True
    # A Variable that a recording follows may have the class of an integer.
    return not PyObject_TypeCheck(<PyObject*>index, VARIABLE) and is_basic_index(index)


cdef inline bint is_fixed_bound(object bound) noexcept:
    return bound is None or PyLong_CheckExact(bound)
