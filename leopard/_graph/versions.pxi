# Part of _core.pyx. A Variable that has been assigned to, and what it is now; its views. `_assigning.pxi` assigns.
#
# A graph is never changed by ``x[i] = v``. What x becomes is a node of its own, computed from what x was and from v;
# x, the object that its user holds, stays the node that it was for the Functions that took it before, and is
# from then on a HANDLE: wherever a user's code uses x, `current` puts in its place what it is now. In rules it
# is the other way round: what a Function was called with is what it was (`pinned`). Such a node is HIDDEN, and is
# itself never assigned to.
#
#     x (HANDLE) -> Assigned -> now (HIDDEN) -> SetItem -> then (HIDDEN) -> Alias - lent - x
#                                                       -> v
#
# The Alias does not own x, so there is no cycle, unless v was computed from x: see `_cycles.pxi`.
#
# A VIEW, of which NumPy's own shares memory with the array that it was taken of, is looked up when it is used:
# has its base been assigned to since, it is taken once more; and what is assigned to it is put into its base.

cdef int n_assigned = 0         # HANDLE and HIDDEN Variables that are alive: while there are none, nobody asks


@cython.final
@cython.no_gc_clear             # the Variables of a cycle are cleared, and that is enough; these fields are never None
cdef class Assigned:
    """What has been assigned to a Variable."""
    cdef Variable now           # what the Variable is now
    cdef Variable then          # what it was
    cdef str name
    cdef Assigned base          # of the array that it is a view of, or None
    cdef Variable base_now      # what that was when `now` was taken
    cdef object option          # how: by `operation`, with this option
    cdef Operation operation
    cdef object reference       # a weakref to this
    cdef list hooks             # called with the gradient of what it is now, or None
    cdef bint consumed          # Functions had taken the Variable before
    cdef long long clean        # see `_cycles.pxi`
    cdef bint closed            # the collector knows its nodes, and everything reachable from them
    cdef object __weakref__

    def __dealloc__(self):
        cdef Assigned base
        if self.consumed:
            forget_birth()
        if self.base is not None:       # from here on nobody knows what the views of it are views of
            self.now.flags |= SUPERSEDED
        while self.base is not None and _Py_REFCNT(<PyObject*>self.base) == 1:     # one by one, without recursion
            base = self.base
            self.base = base.base
            base.base = None


cdef inline Variable current(Variable v):
    """What a Variable is now, for whoever uses it."""
    return find_current(v) if n_assigned and v.flags & (HANDLE | VIEW) else v


cdef object current_operand(object x):
    return find_current(x) if isinstance(x, Variable) and (<Variable>x).flags & (HANDLE | VIEW) else x


cdef Variable find_current(Variable v):
    if v.flags & HANDLE:
        return current_node(<Assigned>v.label)
    return current_node(settled(assigned_to(v))) if is_stale(v) else v


cdef Variable current_node(Assigned a):
    """What it is now; a view is taken once more where its base has been assigned to since."""
    cdef Variable now
    cdef list views
    if a.base is None:
        return a.now
    views = []
    while a.base is not None:           # a view of a view of a view: depth costs no stack
        views.append(a)
        a = a.base
    now = a.now
    while views:
        a = views.pop()
        if now is not a.base_now:
            retake_view(a, now)
        now = a.now
    return now


cdef int retake_view(Assigned a, Variable base) except -1:
    cdef Variable new
    if a.operation is None:
        raise RuntimeError("the array that this view was taken of has been assigned to since; take the view once more")
    new = recorded(a.operation, base, a.option)
    if new is base:                     # its data have been replaced by some of the view's shape
        new = (<object>upper.duplicate)(base)
    if a.closed or node_behind(a.then).flags & TRACKED:
        close_graph(new)
    set_current_node(a, new)
    a.base_now = base
    a.clean = min(a.clean, a.base.clean)
    return 0


cdef Variable recorded(Operation op, Variable x, object option):
    """An operation, also where recording is switched off for others."""
    cdef PyObject* operands[1]
    operands[0] = <PyObject*>x
    context = None if recording() else enter_context(True)
    try:
        return apply_to(op, operands, 1, option)
    finally:
        if context is not None:
            leave_context(context)


cdef void set_current_node(Assigned a, Variable new):
    """From now on it is this. The node before is known to be past, for the views that were taken of it."""
    cdef Variable origin
    cdef PyObject* old
    if a.now is not None:
        a.now.flags = a.now.flags & ~KEEPS_GRADIENT | SUPERSEDED
        if a.now is a.then:
            origin = node_behind(a.now)
            origin.flags |= SUPERSEDED
    old = new.label
    mark_as_node(new, a.reference)
    if a.hooks is not None:
        if a.now is not None:
            a.now.flags &= ~HOOKED
            origin = <Variable>aliased_node(<PyObject*>a.now)
            origin.flags &= ~HOOKED
        new.flags |= HOOKED
    if a.base is not None:
        new.flags |= OF_VIEW
    a.now = new
    Py_XDECREF(old)


cdef void mark_as_node(Variable node, object reference) noexcept:
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


cdef int leave_base(Variable v) except -1:
    """A HANDLE is a view no longer."""
    cdef Assigned base = None
    if v.flags & HANDLE:
        base, (<Assigned>v.label).base = (<Assigned>v.label).base, None
    return 0


cdef Assigned assignment_of(PyObject* node):
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
            a = assignment_of(node)
            if a is None:
                return LOST if flags & SUPERSEDED else FRESH
            return STALE if current_node(a) is not (a.then if flags & ORIGIN else <object>node) else FRESH
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
    cdef Assigned a = assignment_of(<PyObject*>v)
    cdef PyObject* node = <PyObject*>v
    cdef bint fresh = True
    cdef list views
    if a is not None:
        return a
    views = [v]
    while (<Variable>node).flags & VIEW:
        node = base_node(<Variable>node)
        if node == NULL:                # it has been cut off
            break
        a = assignment_of(node)
        if a is not None:
            fresh = current_node(a) is (a.then if (<Variable>node).flags & ORIGIN else <object>node)
            break
        views.append(<object>node)
    while views:
        a = make_assignment(views.pop(), a, fresh, not views)
    return a


cdef Operation operation_of_view(Variable v):
    """How it can be taken once more, or None."""
    cdef Function f = <Function>v.maker
    if f.n_inputs == 1 and f.n_outputs == 1 and f.operation != NULL and not f.flags & OWNS_RULE:
        return <Operation>f.operation
    return None


cdef Assigned make_assignment(Variable v, Assigned base, bint fresh, bint is_users):
    """`assigned_to` for one, of whose base, if it has one, this is known; `fresh`: it is a view of what that is now."""
    global n_assigned
    cdef Assigned a = Assigned()
    cdef PyObject* old
    # Who lets go of a large array leaves it to Functions. The only one that has it then is the view's.
    cdef bint is_left = v.flags & OWNED_BY_CONSUMERS and not v.flags & TRACKED
    if is_left and (is_users or _Py_REFCNT(<PyObject*>v) > LEFT):
        close_graph(v)
        is_left = False
    a.reference = weakref.ref(a)
    a.then = alias_of(v, a.reference)
    if v.flags & HOOKED and not v.flags & (HANDLE | HIDDEN):
        a.hooks = (<Named>v.label).hooks
        a.name = (<Named>v.label).name
    elif v.label != NULL and not v.flags & HIDDEN:
        a.name = <object>v.label
    if base is not None:
        a.operation = operation_of_view(v)
        a.option = option_of(<Function>v.maker)
        a.base = base
        a.base_now = base.now if fresh else None
    set_current_node(a, a.then)
    old = v.label
    v.flags |= ORIGIN
    if is_left:                         # the views of it own what they assign to it
        mark_as_node(v, a.reference)
    else:
        n_assigned += not v.flags & HIDDEN
        Py_INCREF(a)
        v.label = <PyObject*>a
        v.flags = v.flags & ~HIDDEN | HANDLE
    Py_XDECREF(old)
    if v.flags & CONSUMED:
        note_birth(a, v)
    return a


cdef object nobody = weakref.ref(Assigned())      # is dead


cdef Variable alias_of(Variable v, object reference):
    """Another name for the node `v`, of the same value; it does not hold `v`."""
    cdef Variable out = new_variable()
    cdef Function f
    cdef unsigned int kept = v.flags & (ARRAY | DROPPED_VALUE | WEAK | CONSTANT | EMPTY)
    if v.flags & EMPTY:
        raise ValueError("a Variable that holds no data has no elements: variable(None)")
    out.flags = kept
    mark_as_node(out, reference)
    out.value = v.value
    if v.flags & (ARRAY | DROPPED_VALUE):
        Py_INCREF(<object>v.value.array)
    f = new_function(<Operation>upper.alias)
    if _Py_TYPE(<PyObject*>v) == VARIABLE and not v.flags & (TRACKED | FOREIGN | OWNED_BY_CONSUMERS):
        lend(f, 0, v)
    else:
        take_variable(f, 0, v)
    f.n_inputs = 1
    take_only_output(f, out)
    out.generation = v.generation       # a walk that reaches it reaches `v`
    if v.flags & TRACKED:
        close_graph(out)
    return out


cdef PyObject* aliased_node(PyObject* v) noexcept:
    """The Variable that an alias stands for; any other as it is."""
    cdef PyObject* maker = (<Variable>v).maker
    while (<Variable>v).flags & HIDDEN and maker != NULL and (<Function>maker).operation == <PyObject*>upper.alias:
        v = inputs_of(maker)[0]
        maker = (<Variable>v).maker
    return v


cdef inline Variable node_behind(Variable v):
    return <Variable>aliased_node(<PyObject*>v)


cdef object pinned(object x):
    """What a Function was called with, or has computed, as it was."""
    cdef Variable v = x
    if not v.flags & (HANDLE | VIEW | HIDDEN):
        return v
    if v.flags & HANDLE:
        return (<Assigned>v.label).then
    if v.flags & VIEW:
        return v if staleness(v) == FRESH else alias_of(v, nobody)
    return v


cdef Assigned assigned_before(Variable v):
    """What has been assigned to a Variable, or to that of which it is a node; or None."""
    return assignment_of(<PyObject*>v) if v.flags & (HANDLE | HIDDEN) else None


ctypedef (PyObject*, PyObject*) tuple_of_nodes

# These are for the collector, and count nothing.

cdef PyObject* if_open(PyObject* assigned) noexcept:
    """An Assigned, or NULL if it is closed, for then its bases are, too."""
    return NULL if assigned == <PyObject*>None or (<Assigned>assigned).closed else assigned


cdef Py_ssize_t n_open(PyObject* assigned) noexcept:
    """How many are not closed, of this and its bases; NULL is none."""
    cdef Py_ssize_t n = 0
    while assigned != NULL:
        n += 1
        assigned = if_open(<PyObject*>(<Assigned>assigned).base)
    return n


cdef PyObject* close_next(PyObject* assigned, tuple_of_nodes* nodes) noexcept:
    """Its nodes, and the next one that is open."""
    nodes[0] = (<PyObject*>(<Assigned>assigned).now, <PyObject*>(<Assigned>assigned).then)
    (<Assigned>assigned).closed = True
    return if_open(<PyObject*>(<Assigned>assigned).base)


cdef void release_assignment(PyObject* v) noexcept:
    """A HANDLE that no user holds any more is a node like others. That may be the end of it, so it comes last."""
    cdef PyObject* assigned = (<Variable>v).label
    cdef PyObject* reference = <PyObject*>(<Assigned>assigned).reference
    Py_XINCREF(reference)
    (<Variable>v).label = reference
    (<Variable>v).flags = (<Variable>v).flags & ~HANDLE | HIDDEN
    Py_DECREF_pointer(assigned)


cdef PyObject* alias_of_node(PyObject* v, PyObject* node) noexcept:
    """Of the aliases of a node the one that `v` leads to it by."""
    while inputs_of((<Variable>v).maker)[0] != node:
        v = inputs_of((<Variable>v).maker)[0]
    return v
