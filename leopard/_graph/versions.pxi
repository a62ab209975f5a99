# Part of _core.pyx. A Variable that has been assigned to, and what it is now; its views. `_assigning.pxi` assigns.
#
# A graph is never changed by ``x[i] = v``. What x becomes is a node of its own, computed from what x was and from v;
# x, the object that its user holds, stays the node that it was for the Functions that took it before, and is
# from then on a HANDLE: wherever a user's code uses x, `current` puts in its place what it is now. In rules it
# is the other way round: what a Function was called with is what it was (`pinned`). Such a node is VERSION, and is
# itself never assigned to.
#
#     x (HANDLE) -> Versions -> now (VERSION) -> SetItem -> then (VERSION) -> Alias - lent - x
#                                                       -> v
#
# The Alias does not own x, so there is no cycle, unless v was computed from x: see `_cycles.pxi`.
#
# A VIEW, of which NumPy's own shares memory with the array that it was taken of, is looked up when it is used:
# has its base been assigned to since, it is taken once more; and what is assigned to it is put into its base.

cdef int n_assigned = 0         # HANDLE and VERSION Variables that are alive: while there are none, nobody asks


@cython.final
@cython.no_gc_clear             # the Variables of a cycle are cleared, and that is enough; these fields are never None
cdef class Versions:
    """What has been assigned to a Variable."""
    cdef Variable latest
    cdef Variable original
    cdef str name
    cdef Versions base          # of the array that it is a view of, or None
    cdef Variable base_latest      # what that was when `now` was taken
    cdef object option          # how: by `operation`, with this option
    cdef Operation operation
    cdef object reference       # a weakref to this
    cdef list hooks             # called with the gradient of what it is now, or None
    cdef bint consumed          # Functions had taken the Variable before
    cdef long long checked_until        # see `_cycles.pxi`
    cdef bint reachable_tracked            # the collector knows its nodes, and everything reachable from them
    cdef object __weakref__

    def __dealloc__(self):
        cdef Versions base
        if self.consumed:
            forget_handle()
        if self.base is not None:       # from here on nobody knows what the views of it are views of
            self.latest.flags |= SUPERSEDED
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
        return latest_of(<Versions>v.label)
    return latest_of(with_acyclic_base(versions_for(v))) if is_stale(v) else v


cdef Variable latest_of(Versions a):
    """What it is now; a view is taken once more where its base has been assigned to since."""
    cdef Variable now
    cdef list views
    if a.base is None:
        return a.latest
    views = []
    while a.base is not None:           # a view of a view of a view: depth costs no stack
        views.append(a)
        a = a.base
    now = a.latest
    while views:
        a = views.pop()
        if now is not a.base_latest:
            retake_view(a, now)
        now = a.latest
    return now


cdef int retake_view(Versions a, Variable base) except -1:
    cdef Variable new
    if a.operation is None:
        raise RuntimeError("the array that this view was taken of has been assigned to since; take the view once more")
    new = apply_recorded(a.operation, base, a.option)
    if new is base:                     # its data have been replaced by some of the view's shape
        new = (<object>structural.duplicate)(base)
    if a.reachable_tracked or unaliased(a.original).flags & TRACKED:
        track_reachable(new)
    set_latest(a, new)
    a.base_latest = base
    a.checked_until = min(a.checked_until, a.base.checked_until)
    return 0


cdef Variable apply_recorded(Operation op, Variable x, object option):
    """An operation, also where recording is switched off for others."""
    cdef PyObject* operands[1]
    operands[0] = <PyObject*>x
    context = None if recording() else enter_context(True)
    try:
        return apply_to(op, operands, 1, option)
    finally:
        if context is not None:
            leave_context(context)


cdef void set_latest(Versions a, Variable new):
    """From now on it is this. The node before is known to be past, for the views that were taken of it."""
    cdef Variable origin
    cdef PyObject* old
    if a.latest is not None:
        a.latest.flags = a.latest.flags & ~KEEPS_GRADIENT | SUPERSEDED
        if a.latest is a.original:
            origin = unaliased(a.latest)
            origin.flags |= SUPERSEDED
    old = new.label
    mark_as_version(new, a.reference)
    if a.hooks is not None:
        if a.latest is not None:
            a.latest.flags &= ~HOOKED
            origin = <Variable>aliased_node(<PyObject*>a.latest)
            origin.flags &= ~HOOKED
        new.flags |= HOOKED
    if a.base is not None:
        new.flags |= OF_VIEW
    a.latest = new
    Py_XDECREF(old)


cdef void mark_as_version(Variable node, object reference) noexcept:
    """Say that it is a node of what has been assigned to a Variable. The label it had is the caller's."""
    global n_assigned
    n_assigned += not node.flags & (HANDLE | VERSION)
    Py_INCREF(reference)
    node.label = <PyObject*>reference
    node.flags = node.flags & ~(VIEW | HANDLE) | VERSION


cdef void drop_label(PyObject* v) noexcept:
    """The Variable dies."""
    global n_assigned
    n_assigned -= (<Variable>v).flags & (HANDLE | VERSION) != 0
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
    if v.creator == NULL:
        return NULL
    inputs = inputs_of(v.creator)
    for i in range((<Function>v.creator).n_inputs):
        x = inputs[i]
        if x != NULL and PyObject_TypeCheck(x, VARIABLE) and (
                (<Function>v.creator).n_inputs == 1 or v.flags & (<Variable>x).flags & ARRAY
                and shares_memory(<object>v.value.array, (<Variable>x).value.array)):
            return x
    return NULL


cdef int mark_view(Variable out) except -1:
    """Say of an output of a rule's whether it is a view of an input."""
    cdef PyObject* x
    cdef int i
    if not out.flags & ARRAY or out.creator == NULL:
        return 0
    for i in range((<Function>out.creator).n_inputs):
        x = inputs_of(out.creator)[i]
        if x != NULL and PyObject_TypeCheck(x, VARIABLE) and (<Variable>x).flags & ARRAY:
            if shares_memory(<object>out.value.array, (<Variable>x).value.array):
                out.flags |= VIEW
    return 0


cdef int detach_from_base(Variable v) except -1:
    """A HANDLE is a view no longer."""
    cdef Versions base = None
    if v.flags & HANDLE:
        base, (<Versions>v.label).base = (<Versions>v.label).base, None
    return 0


cdef Versions versions_of(PyObject* node):
    """What has been assigned to the Variable that this node belongs to, or None."""
    if (<Variable>node).flags & HANDLE:
        return <Versions>(<Variable>node).label
    if (<Variable>node).flags & VERSION:
        return (<object>(<Variable>node).label)()
    return None


cdef enum Staleness:
    FRESH
    STALE
    LOST        # its base has been assigned to, and nobody has that any more


cdef Staleness staleness(Variable v) except? FRESH:
    """Has what this VIEW was taken of been assigned to since?"""
    cdef PyObject* node = base_node(v)
    cdef Versions a
    cdef unsigned int flags
    while node != NULL:
        flags = (<Variable>node).flags
        if flags & (HANDLE | VERSION):
            a = versions_of(node)
            if a is None:
                return LOST if flags & SUPERSEDED else FRESH
            return STALE if latest_of(a) is not (a.original if flags & ORIGIN else <object>node) else FRESH
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


cdef Versions versions_for(Variable v):
    """Make `v` ready to be assigned to; a view knows its base from then on."""
    cdef Versions a = versions_of(<PyObject*>v)
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
        a = versions_of(node)
        if a is not None:
            fresh = latest_of(a) is (a.original if (<Variable>node).flags & ORIGIN else <object>node)
            break
        views.append(<object>node)
    while views:
        a = make_versions(views.pop(), a, fresh, not views)
    return a


cdef Operation operation_of_view(Variable v):
    """How it can be taken once more, or None."""
    cdef Function f = <Function>v.creator
    if f.n_inputs == 1 and f.n_outputs == 1 and f.operation != NULL and not f.flags & OWNS_RULE:
        return <Operation>f.operation
    return None


cdef Versions make_versions(Variable v, Versions base, bint fresh, bint is_target):
    """`versions_for` for one, of whose base, if it has one, this is known; `fresh`: it is a view of what that is now."""
    global n_assigned
    cdef Versions a = Versions()
    cdef PyObject* old
    # Who lets go of a large array leaves it to Functions. The only one that has it then is the view's.
    cdef bint owned_by_view = v.flags & OWNED_BY_CONSUMERS and not v.flags & TRACKED
    if owned_by_view and (is_target or _Py_REFCNT(<PyObject*>v) > REFERENCES_OF_VIEW):
        track_reachable(v)
        owned_by_view = False
    a.reference = weakref.ref(a)
    a.original = alias_of(v, a.reference)
    if v.flags & HOOKED and not v.flags & (HANDLE | VERSION):
        a.hooks = (<HookedLabel>v.label).hooks
        a.name = (<HookedLabel>v.label).name
    elif v.label != NULL and not v.flags & VERSION:
        a.name = <object>v.label
    if base is not None:
        a.operation = operation_of_view(v)
        a.option = option_of(<Function>v.creator)
        a.base = base
        a.base_latest = base.latest if fresh else None
    set_latest(a, a.original)
    old = v.label
    v.flags |= ORIGIN
    if owned_by_view:                         # the views of it own what they assign to it
        mark_as_version(v, a.reference)
    else:
        n_assigned += not v.flags & VERSION
        Py_INCREF(a)
        v.label = <PyObject*>a
        v.flags = v.flags & ~VERSION | HANDLE
    Py_XDECREF(old)
    if v.flags & CONSUMED:
        note_new_handle(a, v)
    return a


cdef object nobody = weakref.ref(Versions())      # is dead


cdef Variable alias_of(Variable v, object reference):
    """Another name for the node `v`, of the same value; it does not hold `v`."""
    cdef Variable out = new_variable()
    cdef Function f
    cdef unsigned int kept = v.flags & (ARRAY | DROPPED_VALUE | WEAK | CONSTANT | EMPTY)
    if v.flags & EMPTY:
        raise ValueError("a Variable that holds no data has no elements: variable(None)")
    out.flags = kept
    mark_as_version(out, reference)
    out.value = v.value
    if v.flags & (ARRAY | DROPPED_VALUE):
        Py_INCREF(<object>v.value.array)
    f = new_function(<Operation>structural.alias)
    if _Py_TYPE(<PyObject*>v) == VARIABLE and not v.flags & (TRACKED | FOREIGN | OWNED_BY_CONSUMERS):
        set_borrowed_input(f, 0, v)
    else:
        set_input(f, 0, v)
    f.n_inputs = 1
    set_only_output(f, out)
    out.generation = v.generation       # a walk that reaches it reaches `v`
    if v.flags & TRACKED:
        track_reachable(out)
    return out


cdef PyObject* aliased_node(PyObject* v) noexcept:
    """The Variable that an alias stands for; any other as it is."""
    cdef PyObject* creator = (<Variable>v).creator
    while (<Variable>v).flags & VERSION and creator != NULL and (<Function>creator).operation == <PyObject*>structural.alias:
        v = inputs_of(creator)[0]
        creator = (<Variable>v).creator
    return v


cdef inline Variable unaliased(Variable v):
    return <Variable>aliased_node(<PyObject*>v)


cdef object pinned(object x):
    """What a Function was called with, or has computed, as it was."""
    cdef Variable v = x
    if not v.flags & (HANDLE | VIEW | VERSION):
        return v
    if v.flags & HANDLE:
        return (<Versions>v.label).original
    if v.flags & VIEW:
        return v if staleness(v) == FRESH else alias_of(v, nobody)
    return v


cdef Versions versions_of_variable(Variable v):
    """What has been assigned to a Variable, or to that of which it is a node; or None."""
    return versions_of(<PyObject*>v) if v.flags & (HANDLE | VERSION) else None


ctypedef (PyObject*, PyObject*) tuple_of_nodes

# These are for the collector, and count nothing.

cdef PyObject* if_not_tracked(PyObject* assigned) noexcept:
    """An Versions, or NULL if it is closed, for then its bases are, too."""
    return NULL if assigned == <PyObject*>None or (<Versions>assigned).reachable_tracked else assigned


cdef Py_ssize_t count_not_tracked(PyObject* assigned) noexcept:
    """How many are not closed, of this and its bases; NULL is none."""
    cdef Py_ssize_t n = 0
    while assigned != NULL:
        n += 1
        assigned = if_not_tracked(<PyObject*>(<Versions>assigned).base)
    return n


cdef PyObject* track_next(PyObject* assigned, tuple_of_nodes* nodes) noexcept:
    """Its nodes, and the next one that is open."""
    nodes[0] = (<PyObject*>(<Versions>assigned).latest, <PyObject*>(<Versions>assigned).original)
    (<Versions>assigned).reachable_tracked = True
    return if_not_tracked(<PyObject*>(<Versions>assigned).base)


cdef void release_handle(PyObject* v) noexcept:
    """A HANDLE that no user holds any more is a node like others. That may be the end of it, so it comes last."""
    cdef PyObject* assigned = (<Variable>v).label
    cdef PyObject* reference = <PyObject*>(<Versions>assigned).reference
    Py_XINCREF(reference)
    (<Variable>v).label = reference
    (<Variable>v).flags = (<Variable>v).flags & ~HANDLE | VERSION
    Py_DECREF_pointer(assigned)


cdef PyObject* alias_of_node(PyObject* v, PyObject* node) noexcept:
    """Of the aliases of a node the one that `v` leads to it by."""
    while inputs_of((<Variable>v).creator)[0] != node:
        v = inputs_of((<Variable>v).creator)[0]
    return v
