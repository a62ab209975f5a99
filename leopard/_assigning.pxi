# Part of _core.pyx. Assignment to the elements of a Variable: ``x[index] = v``, ``x += v``.
#
# A graph is never changed by it. What x becomes is a node of its own, computed from what x was and from v;
# x, the object that its user holds, stays the node that it was for the Functions that took it before, and is
# from then on a HANDLE: wherever a user's code uses x, `current` puts in its place what it is now. In rules it
# is the other way round: what a Function was called with is what it was (`pinned`).
#
#     x (HANDLE) -> Assigned -> now (HIDDEN) -> SetItem -> then (HIDDEN) -> Alias - lent - x
#                                                       -> v
#
# The Alias does not own x, so there is no cycle, unless v was computed from x: those Functions are made to take
# `then` in its place (`repoint`), and where they are too many to look for, the collector is told of everything.
#
# A VIEW, of which NumPy's own shares memory with the array that it was taken of, is looked up when it is used:
# has its base been assigned to since, it is taken once more; and what is assigned to it is put into its base.

ctypedef (PyObject*, PyObject*) tuple_of_nodes

cdef int n_assigned = 0         # HANDLE and HIDDEN Variables that are alive: while there are none, nobody asks


cdef class Assigned:
    """What has been assigned to a Variable."""
    cdef Variable now           # what the Variable is now; None: to be taken of `base` once more
    cdef Variable then          # what it was
    cdef str name
    cdef Assigned base          # of the array that it is a view of, or None
    cdef Variable base_now      # what that was when `now` was taken
    cdef object option          # how: by `operation`, with this option
    cdef Operation operation
    cdef object reference       # a weakref to this
    cdef list hooks             # called with the gradient of what it is now, or None
    cdef bint consumed          # Functions had taken the Variable before
    cdef object __weakref__


cdef inline Variable current(Variable v):
    """What a Variable is now, for whoever uses it."""
    return find_current(v) if n_assigned and v.flags & (HANDLE | VIEW) else v


cdef object current_operand(object x):
    return find_current(x) if isinstance(x, Variable) and (<Variable>x).flags & (HANDLE | VIEW) else x


cdef Variable find_current(Variable v):
    cdef Assigned a
    if v.flags & HANDLE:
        return now_of(<Assigned>v.label)
    if not is_stale(v):
        return v
    a = assigned_to(v)
    return now_of(a)


cdef Variable now_of(Assigned a):
    cdef Variable base
    if a.base is None:
        return a.now
    base = now_of(a.base)
    if a.now is None or base is not a.base_now:
        if a.operation is None:
            raise RuntimeError(
                "the array that this view was taken of has been assigned to since; take the view once more"
            )
        put_now(a, recorded(a.operation, base, a.option))
        a.base_now = base
    return a.now


cdef Variable recorded(Operation op, Variable x, object option):
    """An operation, also where recording is switched off for others."""
    context = None if recording() else enter_context(True)
    try:
        if op.n_options:
            return op(x, option) if op.n_options == 1 else op(x, *option)
        return op(x)
    finally:
        if context is not None:
            leave_context(context)


cdef void put_now(Assigned a, Variable new):
    """From now on it is this. The node before is known to be past, for the views that were taken of it."""
    cdef Variable origin
    cdef PyObject* old
    if a.now is not None:
        a.now.flags = a.now.flags & ~KEEPS | PAST
        if a.now is a.then:
            origin = node_behind(a.now)
            origin.flags |= PAST
    old = new.label
    hide(new, a.reference)
    if a.hooks is not None:
        if a.now is not None:
            a.now.flags &= ~HOOKED
            origin = <Variable>behind(<PyObject*>a.now)
            origin.flags &= ~HOOKED
        new.flags |= HOOKED
    a.now = new
    Py_XDECREF(old)


cdef void hide(Variable node, object reference) noexcept:
    """Say that it is a node of what has been assigned to a Variable. The label it had is the caller's."""
    global n_assigned
    n_assigned += not node.flags & (HANDLE | HIDDEN)
    Py_INCREF(reference)
    node.label = <PyObject*>reference
    node.flags = node.flags & ~(VIEW | HANDLE) | HIDDEN


cdef void drop_label(PyObject* v) noexcept:
    """The Variable dies."""
    global n_assigned
    n_assigned -= (<Variable>v).flags & (HANDLE | HIDDEN) != 0
    Py_DECREF_pointer((<Variable>v).label)


# -- Bases and views -----------------------------------------------------------------------------

cdef inline bint shares_memory(object y, PyObject* x) noexcept:
    """Is `y` the array `x`, a view of it, or of what that is a view of?"""
    cdef PyObject* base = base_of(<RawArray*><PyObject*>y)
    return <PyObject*>y == x or base != NULL and (base == x or base == base_of(<RawArray*>x))


cdef PyObject* base_node(Variable v) noexcept:
    """What a view was taken of, or NULL."""
    cdef PyObject** inputs
    cdef PyObject* x
    cdef int i
    if v.maker == NULL:
        return NULL
    inputs = inputs_of(v.maker)
    for i in range((<Function>v.maker).n_inputs):
        x = inputs[i]
        if x != NULL and PyObject_TypeCheck(x, VARIABLE) and (
                (<Function>v.maker).n_inputs == 1 or v.flags & (<Variable>x).flags & ARRAY
                and shares_memory(<object>v.value.array, (<Variable>x).value.array)):
            return x
    return NULL


cdef int mark_view(Variable out) except -1:
    """Say of an output of a rule's whether it is a view of an input."""
    cdef PyObject* x
    cdef int i
    if not out.flags & ARRAY or out.maker == NULL:
        return 0
    for i in range((<Function>out.maker).n_inputs):
        x = inputs_of(out.maker)[i]
        if x != NULL and PyObject_TypeCheck(x, VARIABLE) and (<Variable>x).flags & ARRAY:
            if shares_memory(<object>out.value.array, (<Variable>x).value.array):
                out.flags |= VIEW
    return 0


cdef Assigned alive(PyObject* node):
    """What has been assigned to the Variable that this node belongs to, or None."""
    if (<Variable>node).flags & HANDLE:
        return <Assigned>(<Variable>node).label
    if (<Variable>node).flags & HIDDEN:
        return (<object>(<Variable>node).label)()
    return None


cdef enum Staleness:
    FRESH
    STALE
    LOST        # its base has been assigned to, and nobody has that any more


cdef Staleness staleness(Variable v) except? FRESH:
    """Has what this VIEW was taken of been assigned to since?"""
    cdef PyObject* node = base_node(v)
    cdef Assigned a
    cdef unsigned int flags
    while node != NULL:
        flags = (<Variable>node).flags
        if flags & (HANDLE | HIDDEN):
            a = alive(node)
            if a is None:
                return LOST if flags & PAST else FRESH
            return STALE if now_of(a) is not (a.then if flags & ORIGIN else <object>node) else FRESH
        if not flags & VIEW:
            return FRESH
        node = base_node(<Variable>node)
    return FRESH


cdef bint is_stale(Variable v) except -1:
    cdef Staleness s = staleness(v)
    if s == LOST:
        raise RuntimeError(
            "the array that this view was taken of has been assigned to, and is gone; keep it, or take the view "
            "afterwards"
        )
    return s == STALE


cdef Assigned assigned_to(Variable v):
    """Make `v` ready to be assigned to; a view knows its base from then on."""
    global n_assigned
    cdef Assigned a = alive(<PyObject*>v)
    cdef Function f
    cdef PyObject* node
    cdef PyObject* old
    if a is not None:
        return a
    a = Assigned()
    a.reference = weakref.ref(a)
    a.consumed = v.flags & CONSUMED
    a.then = alias_of(v, a.reference)
    if v.flags & HOOKED:
        a.hooks = (<Named>v.label).hooks
        a.name = (<Named>v.label).name
    elif v.label != NULL and not v.flags & HIDDEN:
        a.name = <object>v.label
    if v.flags & VIEW:
        node = base_node(v)
        f = <Function>v.maker
        if f.n_inputs == 1 and f.n_outputs == 1 and f.operation != NULL and not f.flags & FOREIGN:
            a.operation = <Operation>f.operation
            a.option = option_of(f)
        a.base = assigned_to(<Variable>node)
    put_now(a, a.then)
    if a.base is not None and staleness(v) == FRESH:
        a.base_now = now_of(a.base)
    old = v.label
    v.flags |= ORIGIN
    if v.flags & SETTLED and not v.flags & TRACKED:     # the views of it own what they assign to it
        hide(v, a.reference)
    else:
        n_assigned += not v.flags & HIDDEN
        Py_INCREF(a)
        v.label = <PyObject*>a
        v.flags = v.flags & ~HIDDEN | HANDLE
    Py_XDECREF(old)
    return a


cdef Variable alias_of(Variable v, object reference):
    """Another name for the node `v`, of the same value; it does not hold `v`."""
    cdef Variable out = new_variable()
    cdef Function f
    cdef unsigned int kept = v.flags & (ARRAY | HOLLOW | WEAK | CONSTANT | EMPTY)
    if v.flags & EMPTY:
        raise ValueError("a Variable that holds no data has no elements: variable(None)")
    out.flags = kept
    hide(out, reference)
    out.value = v.value
    if v.flags & (ARRAY | HOLLOW):
        Py_INCREF(<object>v.value.array)
    f = new_function(<Operation>upper.alias)
    if _Py_TYPE(<PyObject*>v) == VARIABLE and not v.flags & (TRACKED | FOREIGN | SETTLED):
        lend(f, 0, v)
    else:
        take_variable(f, 0, v)
    f.n_inputs = 1
    take_output(f, 0, out)
    f.n_outputs = 1
    out.generation = v.generation       # a walk that reaches it reaches `v`
    if v.flags & TRACKED:
        close_graph(out)
    return out


cdef PyObject* behind(PyObject* v) noexcept:
    """The Variable that an alias stands for; any other as it is."""
    cdef PyObject* maker = (<Variable>v).maker
    while (<Variable>v).flags & HIDDEN and maker != NULL and (<Function>maker).operation == <PyObject*>upper.alias:
        v = inputs_of(maker)[0]
        maker = (<Variable>v).maker
    return v


cdef inline Variable node_behind(Variable v):
    return <Variable>behind(<PyObject*>v)


cdef object pinned(object x):
    """What a Function was called with, or has computed, as it was."""
    cdef Variable v = x
    cdef Staleness s
    if not v.flags & (HANDLE | VIEW | HIDDEN):
        return v
    if v.flags & HANDLE:
        return (<Assigned>v.label).then
    if v.flags & VIEW:
        s = staleness(v)
        if s != FRESH:
            return assigned_to(v).then if s == STALE else alias_of(v, weakref.ref(Assigned()))
    return v


cdef Assigned assigned_before(Variable v):
    """What has been assigned to a Variable, or to that of which it is a node; or None."""
    return alive(<PyObject*>v) if v.flags & (HANDLE | HIDDEN) else None


cdef tuple_of_nodes nodes_of(PyObject* assigned) noexcept:
    """The nodes that a HANDLE owns."""
    return (<PyObject*>(<Assigned>assigned).now, <PyObject*>(<Assigned>assigned).then)


cdef void let_go_of_assigned(PyObject* v) noexcept:
    """A HANDLE that no user holds any more is a node like others. That may be the end of it, so it comes last."""
    cdef PyObject* assigned = (<Variable>v).label
    cdef PyObject* reference = <PyObject*>(<Assigned>assigned).reference
    Py_XINCREF(reference)
    (<Variable>v).label = reference
    (<Variable>v).flags = (<Variable>v).flags & ~HANDLE | HIDDEN
    Py_DECREF_pointer(assigned)


# -- Assignment ----------------------------------------------------------------------------------

cdef int assign(Variable x, object index, object value) except -1:
    """``x[index] = value``."""
    cdef Variable now = current(x), new
    cdef bint constant
    if is_there_already(x, index, value):
        return 0
    if isinstance(value, (list, tuple)):
        value = upper.stacked(value)
    elif n_assigned:
        value = current_operand(value)
    constant = not isinstance(value, Variable) or (<Variable>value).flags & CONSTANT
    if not recording() or now.flags & CONSTANT and constant:
        write(now, index, value)
        return 0
    must_be_writeable(x, now)
    if not is_basic(index):
        index = upper.plain_index(index)
    if may_write_into(now, value):
        new = put_in_place(now, index, value)
    else:
        new = (<object>upper.setitem)(now, value, index)
    replace(x, new)
    return 0


cdef int write(Variable now, object index, object value) except -1:
    """Into the array itself, as NumPy does."""
    array_of(now)[index] = plain_value(value)
    now.flags &= ~DROPPABLE
    return 0


cdef int must_be_writeable(Variable x, Variable now) except -1:
    if now.flags & ARRAY and not flags_of(<RawArray*>now.value.array) & WRITEABLE:
        raise ValueError("assignment destination is read-only")
    if x.flags & CONSTANT and x.maker == NULL and now.flags & ARRAY and base_of(<RawArray*>now.value.array) != NULL:
        raise TypeError("a view of a constant cannot take a Variable; assign to the array that it was taken of")
    return 0


cdef bint is_there_already(Variable x, object index, object value) except -1:
    """Is it the view that has just been changed: the second half of ``x[1:] += v``?"""
    cdef Assigned a
    if (not isinstance(value, Variable) or (<Variable>value).flags & (HANDLE | VIEW) != HANDLE | VIEW
            or not x.flags & HANDLE or not is_basic(index)):
        return False
    a = <Assigned>(<Variable>value).label
    return (a.base is <Assigned>x.label and a.operation is not None and a.operation.kernel == TAKE
            and a.base_now is now_of(a.base) and is_basic(a.option) and a.option == index)


cdef bint may_write_into(Variable now, object value) except -1:
    """Is it a node of ours whose array nobody else sees, or reads in a rule?"""
    cdef RawArray* a
    if (not now.flags & HIDDEN or now.flags & (ARRAY | TRACKED | FOREIGN) != ARRAY
            or now.maker == NULL or (<Function>now.maker).operation == <PyObject*>upper.alias
            or _Py_REFCNT(<PyObject*>now) > 2):     # what has been assigned, and the caller
        return False
    a = <RawArray*>now.value.array
    if _Py_REFCNT(now.value.array) > 1 or base_of(a) != NULL or type_of(now.value.array) < 0:
        return False
    if isinstance(value, Variable):
        value = form_of(value)
    if isinstance(value, cnp.ndarray):
        return type_of(<PyObject*>value) == type_of(now.value.array)
    return isinstance(value, (float, int))


cdef Variable put_in_place(Variable now, object index, object value):
    """`setitem` without a copy: the new node has the array of the one before."""
    cdef Operation op = <Operation>upper.setitem
    cdef PyObject* array
    cdef PyObject* ghost = ghost_of(now.value.array)
    cdef Variable out
    cdef Function f = new_function(op)
    if ghost == NULL:
        raise MemoryError
    given = value if isinstance(value, Variable) else as_array(plain_operand(value))
    try:
        (<object>now.value.array)[index] = plain_value(given)
    except BaseException:
        Py_DECREF_pointer(ghost)
        raise
    array = now.value.array
    out = new_variable()
    out.value.array = array
    out.flags = ARRAY
    now.value.array = ghost
    now.flags = now.flags & ~ARRAY | HOLLOW
    make_room(f, 2, 1, index)
    take_variable(f, 0, now)
    f.n_inputs = 1
    if isinstance(given, Variable) and not (<Variable>given).flags & CONSTANT:
        take_variable(f, 1, given)
    else:
        Py_INCREF(given)
        inputs_of(<PyObject*>f)[1] = <PyObject*>given
    f.n_inputs = 2
    take_option(f, index)
    if f.generation >= MOST_GENERATIONS:
        too_deep()
    take_output(f, 0, out)
    f.n_outputs = 1
    return out


cdef int replace(Variable x, Variable new) except -1:
    """Let x be `new` from now on, and what it is a view of have it in its place."""
    cdef Assigned a = assigned_to(x), base
    cdef Operation op
    cdef list news
    now_of(a)                           # a view: as its base is now
    news = [(a, new)]
    base = a
    while base.base is not None:
        op = base.operation
        if op is None or op.kernel not in (TAKE, RESHAPE, TRANSPOSE):
            raise TypeError(
                f"this view was made by {'a Function' if op is None else op.name}; assign to the array that it "
                "was taken of"
            )
        whole = now_of(base.base)
        if op.kernel == TAKE:
            new = (<object>upper.setitem)(whole, new, base.option)
        elif op.kernel == RESHAPE:
            new = op(new, form_of(whole).shape)
        else:
            new = op(new, None if base.option is None else inverse_order(base.option))
        base = base.base
        news.append((base, new))
    for base, new in news:
        if not base.then.flags & CONSTANT and node_behind(base.then).maker == NULL:
            new.flags |= KEEPS
    settle_cycles(x, a, news)
    for base, new in news:
        put_now(base, new)
    for base, new in news:
        if base.base is not None:
            base.base_now = base.base.now
    return 0


cdef tuple inverse_order(axes):
    """The order of axes that undoes this one."""
    n = len(axes)
    back = [0] * n
    for i, axis in enumerate(axes):
        back[axis] = i
    return tuple(back)


# -- No cycle ------------------------------------------------------------------------------------

cdef enum:
    MOST_SOUGHT = 1000          # Functions


cdef int settle_cycles(Variable x, Assigned a, list news) except -1:
    """A new node may lead to Functions that own x; then these take `then` in its place, or all is tracked."""
    cdef Variable node
    cdef Assigned base
    for base, new in news:
        node = node_behind(base.then)
        if node.flags & TRACKED:
            close_graph(new)
        elif base.consumed and not repoint(<PyObject*>node, base, new):
            track_variable(<PyObject*>node)
            close_graph(node)
            close_graph(new)
    return 0


cdef bint repoint(PyObject* x, Assigned a, Variable new) except -1:
    """Let the Functions behind `new` that take x take `a.then`; false if they are too many to be looked for."""
    cdef Function f
    cdef PyObject** inputs
    cdef PyObject* v
    cdef int i, n = 0
    cdef set seen = set()
    if new.maker == NULL:
        return True
    waiting = [<object>new.maker]
    while waiting:
        f = waiting.pop()
        if <size_t><PyObject*>f in seen:
            continue
        seen.add(<size_t><PyObject*>f)
        n += 1
        if n > MOST_SOUGHT:
            return False
        inputs = inputs_of(<PyObject*>f)
        for i in range(f.n_inputs):
            v = inputs[i]
            if v == NULL or not PyObject_TypeCheck(v, VARIABLE):
                continue
            if v == x:
                if f.operation != <PyObject*>upper.alias:
                    take_instead(f, i, a.then)
            elif ((<Variable>v).maker != NULL and (<Function>(<Variable>v).maker).generation >= (<Variable>x).generation
                    and not ((<Variable>v).flags & HIDDEN and (<Variable>v).label == <PyObject*>a.reference)):
                waiting.append(<object>(<Variable>v).maker)
    return True


cdef int take_instead(Function f, int i, Variable then) except -1:
    cdef PyObject** inputs = inputs_of(<PyObject*>f)
    cdef PyObject* old = inputs[i]
    cdef bint lent = not f.flags & MANY_INPUTS and is_lent(<PyObject*>f, i)
    Py_INCREF(then)
    inputs[i] = <PyObject*>then
    then.flags |= CONSUMED
    if i < 2 and not f.flags & MANY_INPUTS:
        f.flags &= ~(LENT << i)
    if lent:
        (<Variable>old).n_lent -= 1
    else:
        Py_DECREF_pointer(old)
    return 0


# -- Operators -----------------------------------------------------------------------------------

cdef object operate_in_place(int operator, object x, object b):
    """``x += b``: of an array, which others may see, an assignment; of a number a new one, as in Python."""
    cdef Variable now
    y = operate_2(OPERATORS[operator], x, b)
    if y is NotImplemented:
        return y
    now = current(x)
    if (not now.flags & (ARRAY | HOLLOW) or n_axes_of(<RawArray*>now.value.array) == 0
            or _Py_REFCNT(<PyObject*>x) == 1 and not (<Variable>x).flags & (VIEW | HANDLE)):   # nobody else sees it
        return y
    update(x, y, True)
    return x


cdef int update(Variable x, Variable new, bint fresh) except -1:
    """``x[...] = new``, as large as x and of a type that NumPy writes into x; `fresh`: nobody else has it."""
    cdef Variable now = current(x)
    form, given = form_of(now), form_of(new)
    if given.shape != form.shape:
        raise ValueError(
            f"non-broadcastable output operand with shape {form.shape} doesn't match the broadcast shape {given.shape}"
        )
    if given.dtype != form.dtype:
        if not np.can_cast(given.dtype, form.dtype, "same_kind"):
            raise TypeError(f"Cannot cast output from {given.dtype!r} to {form.dtype!r} with casting rule 'same_kind'")
        new = upper.astype(new, form.dtype)
    if not recording() or now.flags & new.flags & CONSTANT:
        write(now, Ellipsis, new)
        return 0
    must_be_writeable(x, now)
    if not fresh or new.maker == NULL or new.flags & VIEW:
        new = (<object>upper.duplicate)(new)
    replace(x, new)
    return 0


def put_into(Variable x not None, Variable new not None):
    """What ``out=x`` does."""
    update(x, new, False)
