# Part of _core.pyx. Assignment to a Variable: ``x[index] = v``, ``x += v``, ``out=x``. See `versions.pxi`.

# -- Assignment ----------------------------------------------------------------------------------

cdef int assign(Variable x, object index, object value) except -1:
    """``x[index] = value``."""
    cdef Variable latest, new
    if is_already_assigned(x, index, value):
        return 0
    check_not_superseded(x)
    # Whatever may run Python comes first: that may assign to x as well.
    index = fixed_index(index)
    if is_sequence(<PyObject*>value):
        value = array_of_sequence(value)
    elif not isinstance(value, Variable) and recording():
        given = as_array(plain_operand(value))
        if given is not NotImplemented:
            value = given
    if n_versioned:
        value = current_operand(value)
    while True:
        latest = current(x)
        check_writeable(latest)
        if (not recording() or latest.flags & CONSTANT and (
                not isinstance(value, Variable) or (<Variable>value).flags & CONSTANT)) and not (
                leopard_following and (is_followed(<PyObject*>latest) or is_followed(<PyObject*>value)
                                       or follows_option(index))):
            write(latest, index, value)
            return 0
        check_takes_variables(x, latest)
        new = None
        if may_assign_in_place(latest, value, None):
            new = assign_in_place(latest, index, value, None)
        if new is None:
            new = (<object>structural.setitem)(latest, value, index)
        if replace(x, latest, new):     # otherwise something else has assigned to x meanwhile
            return 0


cdef int write(Variable latest, object index, object value) except -1:
    """Write into the array itself, as NumPy does."""
    array_of(latest)[index] = plain_value(value)
    latest.flags &= ~DROPPABLE
    return 0


cdef int check_not_superseded(Variable x) except -1:
    if x.flags & VERSION:
        raise RuntimeError(
            "this is an earlier version of a Variable, kept for a Function that took it, and cannot be assigned to; "
            "assign to a copy"
        )
    return 0


cdef int check_writeable(Variable latest) except -1:
    if latest.flags & ARRAY and not flags_of(<RawArray*>latest.value.array) & WRITEABLE:
        raise ValueError("assignment destination is read-only")
    if latest.flags & WEAK:
        raise TypeError("a Python number cannot be assigned to")
    return 0


cdef int check_takes_variables(Variable x, Variable latest) except -1:
    if (x.flags & CONSTANT and x.creator == NULL and latest.flags & ARRAY
            and base_of(<RawArray*>latest.value.array) != NULL):
        raise TypeError("a view of a constant cannot take a Variable; assign to the array that it was taken of")
    if x.flags & UNRECORDED_VIEW and x.creator == NULL:
        raise TypeError(
            "this view was taken where nothing was recorded, so the assignment would not reach its array; take it "
            "where it is recorded, or assign to a copy"
        )
    return 0


cdef bint is_already_assigned(Variable x, object index, object value) except -1:
    """Whether the value is the view that was changed in place just before: the second half of ``x[1:] += v``."""
    cdef Versions view
    if (not isinstance(value, Variable) or (<Variable>value).flags & (HANDLE | VIEW) != HANDLE | VIEW
            or not x.flags & HANDLE or not is_basic_index(index)):
        return False
    view = <Versions>(<Variable>value).label
    return (view.base is <Versions>x.label and view.operation is not None
            and KERNELS[view.operation.kernel].takes_index
            and view.base_latest is latest_of(view.base) and is_basic_index(view.option) and view.option == index)


# -- In place ------------------------------------------------------------------------------------

cdef inline bint is_referenced_elsewhere(Variable latest, Versions view) noexcept:
    """Whether more refers to a version than its `Versions`, the caller, and those of the view that is assigned to."""
    return _Py_REFCNT(<PyObject*>latest) > 2 + (view is not None)


cdef bint may_assign_in_place(Variable latest, object value, Versions view) except -1:
    """Whether `value` may be written into the array: nothing else refers to it, and no rule reads it.

    Views of it get arrays of their own. `view` is the one that is assigned to, or None.
    """
    cdef RawArray* a
    cdef bint is_number = False
    if (not latest.flags & VERSION or latest.flags & (ARRAY | TRACKED | FOREIGN) != ARRAY
            or latest.creator == NULL or (<Function>latest.creator).operation == <PyObject*>structural.alias
            or is_referenced_elsewhere(latest, view)):
        return False
    a = <RawArray*>latest.value.array
    if base_of(a) != NULL or type_of(latest.value.array) < 0:
        return False
    if isinstance(value, Variable):
        value = form_of(value)
    elif isinstance(value, cnp.ndarray) and cnp.PyArray_NDIM(value) == 0 and not cnp.PyArray_ISCOMPLEX(value):
        is_number = cnp.PyArray_ISNUMBER(value) or cnp.PyArray_ISBOOL(value)
    if not is_number and not (
            isinstance(value, cnp.ndarray) and type_of(<PyObject*>value) == type_of(latest.value.array)):
        return False
    value = None                        # it may be a view, too
    return _Py_REFCNT(latest.value.array) == 1 or separate_views(latest, view)


cdef Variable assign_in_place(Variable latest, object index, object value, Versions view):
    """Record `setitem` without a copy: the new version takes the array of `latest`.

    None where other code has replaced that array meanwhile.
    """
    cdef Function f = new_function(<Operation>structural.setitem)
    cdef Variable out = new_variable()
    cdef PyObject* array
    cdef PyObject* placeholder
    if latest.generation >= MAX_GENERATIONS or isinstance(value, Variable) and (
            (<Variable>value).generation >= MAX_GENERATIONS):
        raise_too_many_generations()
    make_room(f, 2, 1, index)
    if leopard_lines != NULL:
        note_line(f)
    given = plain_value(value)
    target = <object>latest.value.array     # this reference keeps other code from writing into it meanwhile
    if type_of(<PyObject*>given) != type_of(<PyObject*>target):
        given = given.astype(target.dtype)      # NumPy warns of this before anything is written
    array = <PyObject*>target
    if is_referenced_elsewhere(latest, view) or _Py_REFCNT(array) > 2:      # another thread has taken it as an operand
        return None
    placeholder = shape_placeholder_of(array)
    if placeholder == NULL:
        raise MemoryError
    try:
        target[index] = given
    except BaseException:
        Py_DECREF_pointer(placeholder)
        raise
    if not latest.flags & ARRAY or latest.value.array != array:
        Py_DECREF_pointer(placeholder)
        return None
    out.value.array = array             # from here on nothing can fail
    out.flags = ARRAY
    latest.value.array = placeholder
    latest.flags = latest.flags & ~ARRAY | DROPPED_VALUE
    set_input(f, 0, latest)
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


# -- The new version -----------------------------------------------------------------------------

cdef bint replace(Variable x, Variable expected, Variable new) except -1:
    """Make `new` the latest version of x, and put it into the arrays that x is a view of.

    Returns False, and changes nothing, if `expected` is not None and is not the latest version of x.
    """
    cdef Versions versions
    cdef Variable latest
    cdef list news
    check_views_invertible(x)
    versions = versions_for(x)
    while True:
        latest = latest_of(versions)
        if expected is not None and unaliased(latest) is not unaliased(expected):
            return False
        if versions.base is None:
            if commit_version(versions, latest, new):
                return True
        else:
            news = new_versions(versions, latest, new)
            if news is not None and commit_versions(news):
                return True


cdef bint commit_version(Versions versions, Variable before, Variable new) except -1:
    """`commit_versions` for an array that is no view."""
    prepare_version(versions, before, new)
    if versions.latest is not before:
        return False
    set_latest(versions, new)
    return True


cdef list new_versions(Versions versions, Variable latest, Variable new):
    """For a view, and each Variable that it is a view of: its `Versions`, its new version, the latest one so far.

    None where another thread has assigned to one of them meanwhile, so that the views are to be taken again.
    """
    cdef Variable base
    cdef Versions view
    cdef list news = [(versions, new, latest)]
    while versions.base is not None:
        view, versions = versions, versions.base
        base = versions.latest          # `latest_of` has seen to it
        if view.base_latest is not base:
            return None
        new = put_into_base(view, new, base)
        news.append((versions, new, base))
    for k in range(len(news) - 1, 0, -1):
        share_memory(news[k - 1][0], news[k - 1][1], news[k][1])
    return news


cdef bint commit_versions(list news) except -1:
    """Make them the latest versions; False, and nothing is changed, if some Variable has another one meanwhile.

    All that can fail, or run Python, comes before the first change.
    """
    cdef Versions versions, whole = news[len(news) - 1][0]
    cdef Variable new_whole = news[len(news) - 1][1]
    cdef dict views = {}
    for versions, new, before in news[-MAX_DEPTH:]:
        if is_view_of(new, new_whole):
            views[<size_t><PyObject*>new] = weakref.ref(new)
    for versions, new, before in reversed(news):    # the whole array first: its new version leads to those of its views
        prepare_version(versions, before, new)
    for versions, new, before in news:
        if versions.latest is not before:           # another thread has assigned to it
            return False
    for versions, new, before in news:
        set_latest(versions, new)
    for versions, new, before in news:
        if versions.base is not None:
            versions.base_latest = versions.base.latest
    whole.views, whole.max_views = views, MIN_VIEWS
    return True


cdef int prepare_version(Versions versions, Variable before, Variable new) except -1:
    """Let a new version keep its gradient if the version before does, or is a leaf; and prevent a cycle."""
    if not versions.original.flags & CONSTANT and (
            (before.flags | unaliased(before).flags) & KEEPS_GRADIENT or unaliased(versions.original).creator == NULL
            or unaliased(before).creator == NULL):
        new.flags |= KEEPS_GRADIENT
    return prevent_cycle(versions, new)


# -- Operators -----------------------------------------------------------------------------------

cdef object operate_in_place(int operator, object x, object b):
    """``x += b``: an assignment to an array, which others may refer to; a new Variable for a number, as in Python."""
    cdef Variable latest
    y = operate_2(OPERATORS[operator], x, b)
    if y is NotImplemented:
        return y
    latest = current(x)
    if (not latest.flags & (ARRAY | DROPPED_VALUE) or n_axes_of(<RawArray*>latest.value.array) == 0
            or _Py_REFCNT(<PyObject*>x) == 1 and not (<Variable>x).flags & (VIEW | HANDLE)):   # the only reference
        return y
    update(x, y, True)
    return x


cdef int update(Variable x, Variable new, bint is_only_reference) except -1:
    """``x[...] = new``, where `new` is as large as x and of a type that NumPy writes into x."""
    cdef Variable latest
    check_not_superseded(x)
    latest = current(x)
    form, given = form_of(latest), form_of(new)
    if given.shape != form.shape:
        raise ValueError(
            f"non-broadcastable output operand with shape {form.shape} doesn't match the broadcast shape {given.shape}"
        )
    if given.dtype != form.dtype:
        if not np.can_cast(given.dtype, form.dtype, "same_kind"):
            raise TypeError(f"Cannot cast output from {given.dtype!r} to {form.dtype!r} with casting rule 'same_kind'")
        new = structural.astype(new, form.dtype)
    check_writeable(latest)
    if (not recording() or latest.flags & new.flags & CONSTANT) and not (
            leopard_following and (is_followed(<PyObject*>latest) or is_followed(<PyObject*>new))):
        write(latest, Ellipsis, new)
        return 0
    check_takes_variables(x, latest)
    if not is_only_reference or new.creator == NULL or new.flags & VIEW:
        new = (<object>structural.duplicate)(new)
    lay_out_like(new, form)
    form = given = None                 # with no other reference to it, a view can have an array of its own
    replace(x, None, new)
    return 0


cdef int lay_out_like(Variable new, object form) except -1:
    """Give an array the memory order of the one that it replaces, so that views of that one are views of it."""
    if not new.flags & ARRAY:
        return 0
    array = <object>new.value.array
    if n_axes_of(<RawArray*><PyObject*>array) < 2 or (
            flags_of(<RawArray*><PyObject*>array) & flags_of(<RawArray*><PyObject*>form) & (C_ORDER | F_ORDER)):
        return 0
    y = np.empty_like(form, array.dtype)
    if y.strides != array.strides:
        y[...] = array
        put_array(new, y)
    return 0


def put_into(Variable x not None, Variable new not None):
    """Assign `new` to all of x: what ``out=x`` does."""
    update(x, new, False)
