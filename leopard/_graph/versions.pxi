# Part of _core.pyx. The versions of a Variable that is assigned to. `assign.pxi` assigns; `views.pxi` follows views.
#
# A graph is never changed by ``x[i] = v``. The new version of x is a node of its own, computed from the version before
# and from v. The object x, which its user holds, stays the node that it was for the Functions that took it before, and
# becomes a HANDLE: wherever a user's code uses x, `current` replaces it by its latest version. In rules it is the other
# way round: an input of a Function is the version that the Function was called with (`pinned`). The node of a version
# is a VERSION, which itself is never assigned to.
#
#     x (HANDLE) -> Versions -> latest (VERSION) -> SetItem -> original (VERSION) -> Alias - borrows - x
#                                                           -> v
#
# The Alias does not own x, so there is no cycle, unless v was computed from x: see `cycles.pxi`.

cdef int n_versioned = 0        # HANDLE and VERSION Variables that exist: while there are none, no lookup is needed


@cython.final
@cython.no_gc_clear             # the Variables of a cycle are cleared, and that is enough; these fields are never None
cdef class Versions:
    """The versions of a Variable that has been assigned to."""
    cdef Variable latest
    cdef Variable original      # the version before the first assignment: an alias of the Variable's own node
    cdef str name
    cdef Versions base          # of the array that it is a view of, or None
    cdef Variable base_latest   # the version of the base that `latest` was taken of
    cdef object option          # how a view is taken: by `operation`, with this option
    cdef Operation operation
    cdef object reference       # a weakref to this
    cdef object hooks           # `Hooks` that are called with the gradient of the latest version, or None
    cdef dict views             # weakrefs to Variables whose arrays are views of that of `latest`, by address; or None
    cdef Py_ssize_t max_views   # where so many are noted, those that no longer exist are looked for
    cdef bint deallocated       # its dealloc has begun: a weak reference may lead to it yet
    cdef bint consumed          # Functions had taken the Variable before
    cdef long long checked_until    # see `cycles.pxi`
    cdef bint reachable_tracked     # the collector tracks its nodes, and everything reachable from them
    cdef object __weakref__

    def __dealloc__(self):
        cdef Versions base
        self.deallocated = True
        if self.consumed:
            forget_handle()
        if self.base is not None:       # from here on the base of views of it cannot be found
            self.latest.flags |= SUPERSEDED
        while self.base is not None and _Py_REFCNT(<PyObject*>self.base) == 1:     # one by one, without recursion
            base = self.base
            self.base = base.base
            base.base = None


cdef object expired_versions = weakref.ref(Versions())      # whose referent no longer exists


# -- The latest version --------------------------------------------------------------------------

cdef inline Variable current(Variable v):
    """The latest version of a Variable; the Variable itself where it has not been assigned to."""
    return find_current(v) if n_versioned and v.flags & (HANDLE | VIEW) else v


cdef object current_operand(object x):
    """The latest version of an operand that is a Variable; anything else unchanged."""
    return find_current(x) if isinstance(x, Variable) and (<Variable>x).flags & (HANDLE | VIEW) else x


cdef Variable find_current(Variable v):
    if v.flags & HANDLE:
        return latest_of(<Versions>v.label)
    return latest_of(with_acyclic_base(versions_for(v))) if is_stale(v) else v


cdef Versions versions_of(PyObject* node):
    """The versions of the Variable that this node belongs to, or None. No Python runs, and no other thread."""
    cdef Versions versions
    if (<Variable>node).flags & HANDLE:
        return <Versions>(<Variable>node).label
    if not (<Variable>node).flags & VERSION:
        return None
    versions = (<object>(<Variable>node).label)()
    # Releasing what it owns, a dealloc may let others run, which must not hold what will be freed.
    return None if versions is None or versions.deallocated else versions


cdef object pinned(object x):
    """An input or output of a Function, as the version that it was then."""
    cdef Variable v = x
    if v.flags & HANDLE:
        return (<Versions>v.label).original
    if v.flags & VIEW:
        return v if staleness(v) == FRESH else alias_of(v, expired_versions)
    return v


# -- A new version -------------------------------------------------------------------------------

cdef void set_latest(Versions versions, Variable new) noexcept:
    """Make `new` the latest version, and mark the one before as superseded, for views that were taken of it."""
    cdef Variable before = versions.latest
    cdef Variable node = None if before is None else unaliased(before)
    cdef PyObject* old = new.label
    if before is not None:
        before.flags = before.flags & ~KEEPS_GRADIENT | SUPERSEDED
        if before is versions.original:
            node.flags = node.flags & ~KEEPS_GRADIENT | SUPERSEDED
    mark_as_version(new, versions.reference)
    if versions.hooks is not None:
        if before is not None:
            before.flags &= ~HOOKED
            node.flags &= ~HOOKED
        new.flags |= HOOKED
    if versions.base is not None:
        new.flags |= OF_VIEW
    versions.views = None
    versions.latest = new
    Py_XDECREF(old)


cdef void mark_as_version(Variable node, object reference) noexcept:
    """Make `node` a VERSION, with this weak reference to its `Versions`. The caller owns the label it had."""
    global n_versioned
    n_versioned += not node.flags & (HANDLE | VERSION)
    Py_INCREF(reference)
    node.label = <PyObject*>reference
    node.flags = node.flags & ~(VIEW | HANDLE) | VERSION


cdef void mark_as_handle(Variable v, Versions versions) noexcept:
    """Make `v` a HANDLE of these versions. The caller owns the label it had."""
    global n_versioned
    n_versioned += not v.flags & VERSION
    Py_INCREF(versions)
    v.label = <PyObject*>versions
    v.flags = v.flags & ~VERSION | HANDLE


cdef enum:
    REFERENCES_OF_VIEW = 2      # to a Variable that the Function of one view owns alone, while it is looked at


cdef Versions make_versions(Variable v, Versions base, Variable base_latest, bint is_target):
    """Make `v` ready to be assigned to; None where another thread has done so meanwhile.

    If it is a view, `base` belongs to the array that it was taken of, and it was taken of `base_latest`, or of an older
    version where this is None. `is_target` marks the Variable that the user assigns to.
    """
    cdef Versions versions = Versions()
    cdef PyObject* old
    cdef Variable original
    # When the last owner releases a large array, Functions own it. The only one that does then is the view's.
    cdef bint owned_by_view = v.flags & OWNED_BY_CONSUMERS and not v.flags & TRACKED
    if owned_by_view and (is_target or _Py_REFCNT(<PyObject*>v) > REFERENCES_OF_VIEW):
        track_reachable(v)
        owned_by_view = False
    if base is not None:
        forget_view(base, v)            # a HANDLE to which a weak reference leads is left to the collector
    versions.reference = weakref.ref(versions)
    original = alias_of(v, versions.reference)
    if versions_of(<PyObject*>v) is not None or base is not None and v.creator == NULL:
        return None
    versions.original = original        # from here on nothing runs Python until `v` has its versions
    take_name_and_hooks(versions, v)
    if base is not None:
        versions.operation = operation_of_view(v)
        versions.option = option_of(<Function>v.creator)
        versions.base = base
        versions.base_latest = base_latest
    set_latest(versions, versions.original)
    old = v.label
    v.flags |= ORIGIN
    if owned_by_view:                   # the views of it own what is assigned to them
        mark_as_version(v, versions.reference)
    else:
        mark_as_handle(v, versions)
    Py_XDECREF(old)
    if v.flags & CONSUMED:
        note_new_handle(versions, v)
    return versions


cdef int take_name_and_hooks(Versions versions, Variable v) except -1:
    """Copy them from the label of a Variable, which its `Versions` will replace."""
    if v.flags & HOOKED and not v.flags & (HANDLE | VERSION):
        versions.hooks = (<HookedLabel>v.label).hooks
        versions.name = (<HookedLabel>v.label).name
    elif v.label != NULL and not v.flags & VERSION:
        versions.name = <object>v.label
    return 0


# -- Aliases -------------------------------------------------------------------------------------

cdef Variable alias_of(Variable v, object reference):
    """A VERSION with the value of the node `v`, which does not own `v` where that can be avoided."""
    cdef Variable out = new_variable()
    cdef Function f
    if v.flags & EMPTY:
        raise ValueError("a Variable that holds no data has no elements: variable(None)")
    out.flags = v.flags & (ARRAY | DROPPED_VALUE | WEAK | CONSTANT)
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
    """The Variable that an alias stands for; any other Variable unchanged.

    An alias is a VERSION, or a HANDLE where its own Variable no longer existed when it was assigned to.
    """
    cdef PyObject* creator = (<Variable>v).creator
    while (<Variable>v).flags & (HANDLE | VERSION) and creator != NULL and (<Function>creator).operation == <PyObject*>structural.alias:
        v = inputs_of(creator)[0]
        creator = (<Variable>v).creator
    return v


cdef inline Variable unaliased(Variable v):
    """The Variable that an alias stands for; any other Variable unchanged."""
    return <Variable>aliased_node(<PyObject*>v)


cdef PyObject* alias_of_node(PyObject* v, PyObject* node) noexcept:
    """The last of the aliases from `v` to `node`: the one that is an alias of `node` itself."""
    while inputs_of((<Variable>v).creator)[0] != node:
        v = inputs_of((<Variable>v).creator)[0]
    return v


# -- Deallocation and tracking: these change no reference count but where they release one --------

ctypedef (PyObject*, PyObject*) tuple_of_nodes


cdef PyObject* if_not_tracked(PyObject* versions) noexcept:
    """A `Versions`, or NULL for None, and for one whose nodes are tracked, for then those of its bases are, too."""
    return NULL if versions == <PyObject*>None or (<Versions>versions).reachable_tracked else versions


cdef Py_ssize_t count_not_tracked(PyObject* versions) noexcept:
    """How many, of this `Versions` and its bases, have nodes that are not tracked; 0 for NULL."""
    cdef Py_ssize_t n = 0
    while versions != NULL:
        n += 1
        versions = if_not_tracked(<PyObject*>(<Versions>versions).base)
    return n


cdef PyObject* track_next(PyObject* versions, tuple_of_nodes* nodes) noexcept:
    """Put its nodes into `nodes`, to be tracked, and return its base if that is still to be tracked, or NULL."""
    nodes[0] = (<PyObject*>(<Versions>versions).latest, <PyObject*>(<Versions>versions).original)
    (<Versions>versions).reachable_tracked = True
    return if_not_tracked(<PyObject*>(<Versions>versions).base)


cdef void release_handle(PyObject* v) noexcept:
    """Turn a HANDLE that no user holds any more into a VERSION. That may deallocate it, so it comes last."""
    cdef PyObject* versions = (<Variable>v).label
    cdef PyObject* reference = <PyObject*>(<Versions>versions).reference
    Py_XINCREF(reference)
    (<Variable>v).label = reference
    (<Variable>v).flags = (<Variable>v).flags & ~HANDLE | VERSION
    Py_DECREF_pointer(versions)


cdef void drop_label(PyObject* v) noexcept:
    """Release the label of a Variable that is deallocated."""
    global n_versioned
    n_versioned -= (<Variable>v).flags & (HANDLE | VERSION) != 0
    Py_DECREF_pointer((<Variable>v).label)


# -- For those who read a graph from Python --------------------------------------------------------

def latest_version(Variable v not None):
    """The node that is the latest version of a Variable; the Variable itself if nothing was assigned to it."""
    return current(v)


def node_identity(Variable v not None):
    """The identity of the node that a Variable, an input or an output of a Function stands for, and its creator.

    Returns
    -------
    int
        The same for all aliases of one node, while its graph exists.
    Function or None
    """
    cdef PyObject* node = aliased_node(<PyObject*>v)
    cdef PyObject* creator = (<Variable>node).creator
    return <size_t>node, None if creator == NULL else <object>creator


def outputs_at_call(Function f not None):
    """The outputs of a Function as it computed them, None for one that no longer exists; see `Function.outputs`."""
    cdef int i, n = f.n_outputs
    cdef PyObject* y
    outputs = [None] * n
    for i in range(n):
        y = outputs_of(<PyObject*>f)[i]
        if y != NULL:
            outputs[i] = pinned(<object>y)
    return outputs
