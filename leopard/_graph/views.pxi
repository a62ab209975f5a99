# Part of _core.pyx. Views: Variables whose array shares memory with that of an input of their creator.
#
# A view is followed when it is used. If its base has been assigned to since, it is taken again, of the base's latest
# version; and what is assigned to a view is put into its base.

# -- The base of a view --------------------------------------------------------------------------

cdef inline bint shares_memory(object y, PyObject* x) noexcept:
    """Whether `y` is the array `x`, a view of it, or of the array that `x` is a view of."""
    cdef PyObject* base = base_of(<RawArray*><PyObject*>y)
    return <PyObject*>y == x or base != NULL and (base == x or base == base_of(<RawArray*>x))


cdef PyObject* base_node(Variable v) noexcept:
    """The input that a view was taken of, or NULL."""
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


cdef inline bint is_viewed(PyObject* x, object y) except -1:
    """Whether `y`, an array that was computed of the node `x`, is a view that must follow assignments.

    A version that is not the latest changes no more, so that a view of it, which only rules take, is final.
    """
    return (PyObject_TypeCheck(x, VARIABLE) and (<Variable>x).flags & (ARRAY | SUPERSEDED) == ARRAY
            and shares_memory(y, (<Variable>x).value.array)
            and not ((<Variable>x).flags & OF_VIEW and is_past_view(x)))


cdef bint is_past_view(PyObject* node) except -1:
    """Whether a VERSION of a view is of a base that has been assigned to since; it is SUPERSEDED when it is used again."""
    cdef Versions versions = versions_of(node)
    while versions is not None and versions.base is not None:
        if versions.base.latest is not versions.base_latest:
            return True
        versions = versions.base
    return False


cdef int mark_view(Variable out) except -1:
    """Mark an output of a rule as a VIEW if it is one of an input."""
    cdef PyObject* x
    cdef int i
    if not out.flags & ARRAY or out.creator == NULL:
        return 0
    for i in range((<Function>out.creator).n_inputs):
        x = inputs_of(out.creator)[i]
        if x != NULL and is_viewed(x, <object>out.value.array):
            out.flags |= VIEW
    return 0


# -- Views are noted, so that an assignment need not copy the whole array ------------------------

cdef enum:
    MIN_VIEWS = 32              # are noted before those that no longer exist are looked for
    MAX_DEPTH = 64              # of a view that is noted: this many views of views lead to it


cdef int note_view(PyObject* x, Variable view) except -1:
    """Note a view, the array of which was taken of that of the node `x`, with the versions of the whole array."""
    cdef Versions versions
    cdef int depth = 0
    while not (<Variable>x).flags & (HANDLE | VERSION):
        if not (<Variable>x).flags & VIEW or depth == MAX_DEPTH:
            return 0
        x = base_node(<Variable>x)
        if x == NULL:
            return 0
        depth += 1
    versions = versions_of(x)
    while versions is not None and versions.base is not None:
        if depth == MAX_DEPTH:
            return 0
        versions = versions.base
        depth += 1
    if versions is None or not is_view_of(view, versions.latest):
        return 0
    reference = weakref.ref(view)
    if versions.views is None:
        versions.views = {}
        versions.max_views = MIN_VIEWS
    elif len(versions.views) >= versions.max_views:
        forget_expired_views(versions)
    if versions.views is not None:      # another assignment may have released it in the middle
        versions.views[<size_t><PyObject*>view] = reference
    return 0


cdef int forget_expired_views(Versions versions) except -1:
    """Forget views that no longer exist; the list may be twice as long before this is done again."""
    cdef dict existing = {}
    cdef dict views = versions.views    # another assignment may replace it in the middle
    for address, reference in list(views.items()):
        if reference() is not None:
            existing[address] = reference
    if versions.views is not views:
        return 0
    versions.views = existing
    versions.max_views = max(<Py_ssize_t>MIN_VIEWS, 2 * len(existing))
    return 0


cdef int forget_view(Versions versions, Variable view) except -1:
    """Forget a view of the array that these are the versions of, or of a view of it."""
    cdef int depth = 0
    while versions.base is not None:
        if depth == MAX_DEPTH:
            return 0                    # it has not been noted
        versions = versions.base
        depth += 1
    if versions.views is not None:
        versions.views.pop(<size_t><PyObject*>view, None)
    return 0


cdef inline bint is_view_of(Variable view, Variable whole) noexcept:
    """Whether the array of a Variable is a view of the one that another owns."""
    return view.flags & whole.flags & ARRAY and base_of(<RawArray*>view.value.array) == whole.value.array


cdef bint separate_views(Variable latest, Versions assigned) except -1:
    """Give views of a version arrays of their own, if nothing else refers to its array then; else change nothing.

    They are those that were noted, and the one that is `assigned` to, or None. What they hold together is at most half
    of the array, so that this takes less than to copy that.
    """
    cdef Versions versions = versions_of(<PyObject*>latest)
    cdef Variable view
    cdef dict noted
    cdef list views = []
    cdef npy_intp size = 0
    if versions is None or versions.latest is not latest:
        return False
    if assigned is not None:
        views.append(unaliased(assigned.original))
    noted = versions.views              # another assignment may release it in the middle
    for reference in list(noted.values()) if noted is not None else ():
        view = reference()
        if view is not None:
            views.append(view)
    for k in range(len(views) - 1, -1, -1):
        view = views[k]
        if not is_view_of(view, latest):
            del views[k]
        elif _Py_REFCNT(view.value.array) > 1 + shares_array_with_original(view):
            return False                # a user, or another thread, has it
        else:
            size += size_of(view.value.array)
    if _Py_REFCNT(latest.value.array) != 1 + len(views) or 2 * size > size_of(latest.value.array):
        return False
    for view in views:
        separate_view(view)
    return _Py_REFCNT(latest.value.array) == 1


cdef inline bint shares_array_with_original(Variable view) noexcept:
    """Whether the version before the first assignment to a view has the same array."""
    cdef Versions versions = versions_of(<PyObject*>view)
    return versions is not None and versions.original is not view and versions.original.flags & ARRAY and (
        versions.original.value.array == view.value.array)


cdef int separate_view(Variable view) except -1:
    """Let a view have a copy of its array."""
    cdef Versions versions = versions_of(<PyObject*>view) if shares_array_with_original(view) else None
    array = (<object>view.value.array).copy()
    if versions is not None:
        put_array(versions.original, array)
    return put_array(view, array)


cdef int detach_from_base(Variable v) except -1:
    """Make a HANDLE that is a view no view any more."""
    cdef Versions base = None
    if v.flags & HANDLE:
        base, (<Versions>v.label).base = (<Versions>v.label).base, None
    return 0


cdef Operation operation_of_view(Variable v):
    """The operation that a view can be taken again by, or None."""
    cdef Function f
    if v.creator == NULL:               # it has been unchained
        return None
    f = <Function>v.creator
    if f.n_inputs == 1 and f.n_outputs == 1 and f.operation != NULL and not f.flags & OWNS_RULE:
        return <Operation>f.operation
    return None


# -- A view of a base that has been assigned to --------------------------------------------------

cdef enum Staleness:
    FRESH
    STALE
    LOST                        # the base has been assigned to, and its latest version no longer exists


cdef Variable latest_if_it_is(Versions versions, Variable node):
    """The latest version of a Variable if `node` stands for that, else None."""
    cdef Variable latest = latest_of(versions)
    return latest if latest is (versions.original if node.flags & ORIGIN else node) else None


cdef Staleness staleness(Variable v) except? FRESH:
    """Whether the array that this VIEW was taken of has been assigned to since."""
    cdef PyObject* node = base_node(v)
    cdef Versions versions
    while node != NULL:
        if (<Variable>node).flags & (HANDLE | VERSION):
            versions = versions_of(node)
            if versions is None:
                return LOST if (<Variable>node).flags & SUPERSEDED else FRESH
            held = <object>node
            if latest_if_it_is(versions, held) is None:
                return STALE
            return LOST if (<Variable>held).flags & SUPERSEDED else FRESH       # see `add_hook`
        if not (<Variable>node).flags & VIEW:
            return FRESH
        node = base_node(<Variable>node)
    return FRESH


cdef bint is_stale(Variable v) except -1:
    cdef Staleness s = staleness(v)
    if s == LOST:
        raise RuntimeError(
            "the array that this view was taken of has been assigned to, and no longer exists; keep a reference to it, "
            "or take the view after the assignment"
        )
    return s == STALE


cdef Versions versions_for(Variable v):
    """The versions of `v`, made now if it has none; those of a view refer to its base's from then on."""
    cdef Versions versions = versions_of(<PyObject*>v)
    while versions is None:
        versions = make_versions_and_bases(v)
        if versions is None:
            versions = versions_of(<PyObject*>v)
    return versions


cdef Versions make_versions_and_bases(Variable v):
    """`make_versions` of `v` and of what it is a view of; None where another thread has made or cut some meanwhile."""
    cdef Versions versions = None
    cdef PyObject* node = <PyObject*>v
    cdef Variable base_latest = None    # the version that the next view was taken of, if that is the latest
    cdef bint is_of_latest = True
    cdef list views = [v]
    while (<Variable>node).flags & VIEW:
        node = base_node(<Variable>node)
        if node == NULL:                # it has been unchained
            break
        versions = versions_of(node)
        if versions is not None:
            base_latest = latest_if_it_is(versions, <Variable>node)
            is_of_latest = base_latest is not None
            break
        views.append(<object>node)
    while views:
        versions = make_versions(views.pop(), versions, base_latest, not views)
        if versions is None:
            return None
        base_latest = versions.original if is_of_latest else None
    return versions


cdef Variable latest_of(Versions versions):
    """The latest version; a view is taken again where its base has been assigned to since."""
    cdef Variable latest
    cdef Versions base = versions.base
    cdef list views
    if base is None:
        return versions.latest
    views = []
    while base is not None:             # a loop, so that depth costs no stack
        views.append(versions)
        versions, base = base, base.base
    latest = versions.latest
    while views:
        versions = views.pop()
        if latest is not versions.base_latest:
            retake_view(versions, latest)
        latest = versions.latest
    return latest


cdef int retake_view(Versions versions, Variable base) except -1:
    """Take a view again, of the latest version of its base, unless it has got another version meanwhile."""
    cdef Variable new, before = versions.latest
    cdef Versions base_versions
    if versions.operation is None:
        raise RuntimeError("the array that this view was taken of has been assigned to since; take the view again")
    new = apply_recorded(versions.operation, base, versions.option)
    if new is base:                     # its data have been replaced by an array of the view's shape
        new = (<object>structural.duplicate)(base)
    if versions.reachable_tracked or unaliased(versions.original).flags & TRACKED:
        track_reachable(new)
    base_versions = versions.base
    if base_versions is None or versions.latest is not before:      # another thread has cut it off, or assigned to it
        return 0
    set_latest(versions, new)
    versions.base_latest = base
    versions.checked_until = min(versions.checked_until, base_versions.checked_until)
    return 0


cdef Variable apply_recorded(Operation op, Variable x, object option):
    """Apply an operation and record it, also in a context in which nothing is recorded."""
    cdef PyObject* operands[1]
    operands[0] = <PyObject*>x
    context = None if recording() else enter_context(True)
    try:
        return apply_as_given(op, operands, 1, option)
    finally:
        if context is not None:
            leave_context(context)


# -- The base of a view that is assigned to ------------------------------------------------------

cdef int check_views_invertible(Variable x) except -1:
    """TypeError where `x` is a view, or a view of a view, and an assignment to it cannot be put into its base."""
    cdef PyObject* node = <PyObject*>x
    cdef Versions versions = versions_of(node)
    while versions is None:
        if not (<Variable>node).flags & VIEW or base_node(<Variable>node) == NULL:
            return 0
        check_invertible(operation_of_view(<Variable>node))
        node = base_node(<Variable>node)
        versions = versions_of(node)
    while versions.base is not None:
        check_invertible(versions.operation)
        versions = versions.base
    return 0


cdef int check_invertible(Operation op) except -1:
    if op is None or KERNELS[op.kernel].base_of_view == NULL:
        raise TypeError(
            f"this view was made by {'a Function' if op is None else op.name}; assign to the array that it was taken of"
        )
    return 0


cdef Variable put_into_base(Versions view, Variable new, Variable base):
    """What a base becomes when a view of it becomes `new`."""
    cdef Variable out = None
    check_invertible(view.operation)
    if KERNELS[view.operation.kernel].takes_index and may_assign_in_place(base, new, view):
        out = assign_in_place(base, view.option, new, view)
    if out is not None:
        return out
    return KERNELS[view.operation.kernel].base_of_view(view.operation, base, new, view.option)


cdef int share_memory(Versions view, Variable new, Variable base) except -1:
    """Replace the array of a view's new version by the view of its base's, which has the same elements."""
    if not new.flags & base.flags & ARRAY:
        return 0
    whole = <object>base.value.array
    part = KERNELS[view.operation.kernel].value(whole, None, view.option)
    if (cnp.PyArray_CheckExact(part) and same_shape(<PyObject*>part, new.value.array)
            and same_type(part, <object>new.value.array) and shares_memory(part, <PyObject*>whole)):
        put_array(new, part)
    return 0


cdef inline bint same_type(object a, object b) except -1:
    return type_of(<PyObject*>a) == type_of(<PyObject*>b) and (type_of(<PyObject*>a) >= 0 or a.dtype == b.dtype)
