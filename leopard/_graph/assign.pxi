# Part of _core.pyx. Assignment to the elements of a Variable: ``x[index] = v``, ``x += v``. See `_assigned.pxi`.

# -- Assignment ----------------------------------------------------------------------------------

cdef int assign(Variable x, object index, object value) except -1:
    """``x[index] = value``."""
    cdef Variable now, new
    if is_already_assigned(x, index, value):
        return 0
    check_not_superseded(x)
    # Whatever may run Python comes first: that may assign to x as well.
    index = fixed_index(index)
    if isinstance(value, (list, tuple)):
        value = structural.stacked(value)
    elif not isinstance(value, Variable) and recording():
        given = as_array(plain_operand(value))
        if given is not NotImplemented:
            value = given
    if n_assigned:
        value = current_operand(value)
    while True:
        now = current(x)
        check_writeable(x, now)
        if not recording() or now.flags & CONSTANT and (
                not isinstance(value, Variable) or (<Variable>value).flags & CONSTANT):
            write(now, index, value)
            return 0
        check_takes_variables(x, now)
        new = assign_in_place(now, index, value) if may_assign_in_place(now, value) else None
        if new is None:
            new = (<object>structural.setitem)(now, value, index)
        if replace(x, now, new):        # else somebody else has assigned to it meanwhile
            return 0


cdef int write(Variable now, object index, object value) except -1:
    """Into the array itself, as NumPy does."""
    array_of(now)[index] = plain_value(value)
    now.flags &= ~DROPPABLE
    return 0


cdef int check_not_superseded(Variable x) except -1:
    if x.flags & VERSION:
        raise RuntimeError("this is what a Variable was when a Function took it, and it is past; assign to a copy")
    return 0


cdef int check_writeable(Variable x, Variable now) except -1:
    if now.flags & ARRAY and not flags_of(<RawArray*>now.value.array) & WRITEABLE:
        raise ValueError("assignment destination is read-only")
    if now.flags & WEAK:
        raise TypeError("a Python number cannot be assigned to")
    return 0


cdef int check_takes_variables(Variable x, Variable now) except -1:
    if x.flags & CONSTANT and x.creator == NULL and now.flags & ARRAY and base_of(<RawArray*>now.value.array) != NULL:
        raise TypeError("a view of a constant cannot take a Variable; assign to the array that it was taken of")
    if x.flags & UNRECORDED_VIEW and x.creator == NULL:
        raise TypeError(
            "this view was taken where nothing was recorded, so its array would not see the assignment; take it where "
            "it is recorded, or assign to a copy"
        )
    return 0


cdef bint is_already_assigned(Variable x, object index, object value) except -1:
    """Is it the view that has just been changed: the second half of ``x[1:] += v``?"""
    cdef Versions a
    if (not isinstance(value, Variable) or (<Variable>value).flags & (HANDLE | VIEW) != HANDLE | VIEW
            or not x.flags & HANDLE or not is_basic_index(index)):
        return False
    a = <Versions>(<Variable>value).label
    return (a.base is <Versions>x.label and a.operation is not None and a.operation.kernel == TAKE
            and a.base_latest is latest_of(a.base) and is_basic_index(a.option) and a.option == index)


cdef bint may_assign_in_place(Variable now, object value) except -1:
    """Is it a node of ours whose array nobody else sees, or reads in a rule?"""
    cdef RawArray* a
    if (not now.flags & VERSION or now.flags & (ARRAY | TRACKED | FOREIGN) != ARRAY
            or now.creator == NULL or (<Function>now.creator).operation == <PyObject*>structural.alias
            or _Py_REFCNT(<PyObject*>now) > 2):     # what has been assigned, and the caller
        return False
    a = <RawArray*>now.value.array
    if _Py_REFCNT(now.value.array) > 1 or base_of(a) != NULL or type_of(now.value.array) < 0:
        return False
    if isinstance(value, Variable):
        value = form_of(value)
    elif isinstance(value, cnp.ndarray) and cnp.PyArray_NDIM(value) == 0 and not cnp.PyArray_ISCOMPLEX(value):
        return cnp.PyArray_ISNUMBER(value) or cnp.PyArray_ISBOOL(value)
    return isinstance(value, cnp.ndarray) and type_of(<PyObject*>value) == type_of(now.value.array)


cdef Variable assign_in_place(Variable now, object index, object value):
    """`setitem` without a copy: the new node has the array of the one before. None where others have changed that."""
    cdef Function f = new_function(<Operation>structural.setitem)
    cdef Variable out = new_variable()
    cdef PyObject* array
    cdef PyObject* ghost
    if now.generation >= MAX_GENERATIONS or isinstance(value, Variable) and (
            (<Variable>value).generation >= MAX_GENERATIONS):
        raise_too_many_generations()
    make_room(f, 2, 1, index)
    given = plain_value(value)
    target = <object>now.value.array    # held: nobody else may write into it meanwhile
    if type_of(<PyObject*>given) != type_of(<PyObject*>target):
        given = given.astype(target.dtype)      # what there is to say is said before anything is written
    array = <PyObject*>target
    ghost = shape_placeholder_of(array)
    if ghost == NULL:
        raise MemoryError
    try:
        target[index] = given
    except BaseException:
        Py_DECREF_pointer(ghost)
        raise
    if not now.flags & ARRAY or now.value.array != array:
        Py_DECREF_pointer(ghost)
        return None
    out.value.array = array             # from here on nothing can fail
    out.flags = ARRAY
    now.value.array = ghost
    now.flags = now.flags & ~ARRAY | DROPPED_VALUE
    set_input(f, 0, now)
    f.n_inputs = 1
    if isinstance(value, Variable) and not (<Variable>value).flags & CONSTANT:
        set_input(f, 1, value)
    else:
        Py_INCREF(value)
        inputs_of(<PyObject*>f)[1] = <PyObject*>value
    f.n_inputs = 2
    set_option(f, index)
    set_only_output(f, out)
    return out


cdef bint replace(Variable x, Variable was, Variable new) except -1:
    """Let x be `new`, and what it is a view of have it in its place; false, and nothing done, if x is not `was`.

    All that can fail, or run Python, comes before it is done.
    """
    cdef Versions a, base
    cdef Operation op
    cdef list news
    check_views_invertible(x)
    a = versions_for(x)
    while a.base is None:
        now = a.latest
        if was is not None and unaliased(now) is not unaliased(was):
            return False
        inherit_kept_gradient(a, now, new)
        prevent_cycle(a, new)
        if a.latest is now:
            set_latest(a, new)
            return True
    while True:
        now = latest_of(a)                 # a view: as its base is now
        if was is not None and unaliased(now) is not unaliased(was):
            return False
        news = [(a, new, a.latest)]
        base = a
        last = new
        while base.base is not None:
            op = base.operation
            whole = base.base.latest       # `latest_of` has seen to it
            if op.kernel == TAKE:
                last = (<object>structural.setitem)(whole, last, base.option)
            elif op.kernel == RESHAPE:
                last = op(last, form_of(whole).shape)
            else:
                last = op(last, None if base.option is None else inverse_order(base.option))
            base = base.base
            news.append((base, last, whole))
        for k in range(len(news) - 1, 0, -1):
            share_memory(news[k - 1][0], news[k - 1][1], news[k][1])
        for base, last, whole in reversed(news):    # the whole first: all that leads to the parts
            inherit_kept_gradient(base, whole, last)
            prevent_cycle(base, last)
        for base, last, whole in news:
            if base.latest is not whole:   # another thread has assigned to it
                break
        else:
            break
    for base, last, whole in news:
        set_latest(base, last)
    for base, last, whole in news:
        if base.base is not None:
            base.base_latest = base.base.latest
    return True


cdef void inherit_kept_gradient(Versions a, Variable now, Variable new) noexcept:
    """What a leaf becomes keeps its gradient."""
    if not a.original.flags & CONSTANT and (
            now.flags & KEEPS_GRADIENT or unaliased(a.original).creator == NULL or unaliased(now).creator == NULL):
        new.flags |= KEEPS_GRADIENT


cdef int check_views_invertible(Variable x) except -1:
    """Is it a view, and a view of a view, that an assignment to it can be put through?"""
    cdef PyObject* node = <PyObject*>x
    cdef Versions a = versions_of(node)
    while a is None:
        if not (<Variable>node).flags & VIEW or base_node(<Variable>node) == NULL:
            return 0
        check_view_invertible(operation_of_view(<Variable>node))
        node = base_node(<Variable>node)
        a = versions_of(node)
    while a.base is not None:
        check_view_invertible(a.operation)
        a = a.base
    return 0


cdef int check_view_invertible(Operation op) except -1:
    if op is None or op.kernel not in (TAKE, RESHAPE, TRANSPOSE):
        raise TypeError(
            f"this view was made by {'a Function' if op is None else op.name}; assign to the array that it was taken of"
        )
    return 0


cdef int share_memory(Versions a, Variable now, Variable base) except -1:
    """Let the array of what a view becomes be a view of its base's, which has the same elements."""
    if not now.flags & base.flags & ARRAY:
        return 0
    whole = <object>base.value.array
    if a.operation.kernel == TAKE:
        part = whole[a.option]
    elif a.operation.kernel == RESHAPE:
        part = whole.reshape(a.option)
    else:
        part = whole.transpose(a.option)
    if (cnp.PyArray_CheckExact(part) and same_shape(<PyObject*>part, now.value.array)
            and same_type(part, <object>now.value.array) and shares_memory(part, <PyObject*>whole)):
        put_array(now, part)
    return 0


cdef inline bint same_type(object a, object b) except -1:
    return type_of(<PyObject*>a) == type_of(<PyObject*>b) and (type_of(<PyObject*>a) >= 0 or a.dtype == b.dtype)


cdef tuple inverse_order(axes):
    """The order of axes that undoes this one."""
    n = len(axes)
    back = [0] * n
    for i, axis in enumerate(axes):
        back[axis] = i
    return tuple(back)


# -- Operators -----------------------------------------------------------------------------------

cdef object operate_in_place(int operator, object x, object b):
    """``x += b``: of an array, which others may see, an assignment; of a number a new one, as in Python."""
    cdef Variable now
    y = operate_2(OPERATORS[operator], x, b)
    if y is NotImplemented:
        return y
    now = current(x)
    if (not now.flags & (ARRAY | DROPPED_VALUE) or n_axes_of(<RawArray*>now.value.array) == 0
            or _Py_REFCNT(<PyObject*>x) == 1 and not (<Variable>x).flags & (VIEW | HANDLE)):   # nobody else sees it
        return y
    update(x, y, True)
    return x


cdef int update(Variable x, Variable new, bint fresh) except -1:
    """``x[...] = new``, as large as x and of a type that NumPy writes into x; `fresh`: nobody else has it."""
    cdef Variable now
    check_not_superseded(x)
    now = current(x)
    form, given = form_of(now), form_of(new)
    if given.shape != form.shape:
        raise ValueError(
            f"non-broadcastable output operand with shape {form.shape} doesn't match the broadcast shape {given.shape}"
        )
    if given.dtype != form.dtype:
        if not np.can_cast(given.dtype, form.dtype, "same_kind"):
            raise TypeError(f"Cannot cast output from {given.dtype!r} to {form.dtype!r} with casting rule 'same_kind'")
        new = structural.astype(new, form.dtype)
    check_writeable(x, now)
    if not recording() or now.flags & new.flags & CONSTANT:
        write(now, Ellipsis, new)
        return 0
    check_takes_variables(x, now)
    if not fresh or new.creator == NULL or new.flags & VIEW:
        new = (<object>structural.duplicate)(new)
    lay_out_like(new, form)
    replace(x, None, new)
    return 0


cdef int lay_out_like(Variable new, object form) except -1:
    """Lay an array out as the one that it takes the place of, so that views of that are views of this."""
    cdef PyObject* array = new.value.array
    if not new.flags & ARRAY or n_axes_of(<RawArray*>array) < 2 or (
            flags_of(<RawArray*>array) & flags_of(<RawArray*><PyObject*>form) & (C_ORDER | F_ORDER)):
        return 0
    y = np.empty_like(form, (<object>array).dtype)
    if y.strides != (<object>array).strides:
        y[...] = <object>array
        put_array(new, y)
    return 0


def put_into(Variable x not None, Variable new not None):
    """What ``out=x`` does."""
    update(x, new, False)
