# Part of _core.pyx. Which records the cyclic collector tracks: those that may become part of a cycle.

# Classes of leopard's own whose instances hold no reference that could lead back to them, and are not tracked.
cdef set gc_exempt = {Variable, Function}


cdef inline void track(PyObject* o, unsigned int* flags) noexcept:
    """Have the collector track a record, which has these flags."""
    if not flags[0] & TRACKED:
        flags[0] |= TRACKED
        PyObject_GC_Track(o)


cdef void track_variable(PyObject* v) noexcept:
    # The collector counts references, so a Variable that it tracks must be owned by all Functions that take it.
    if (<Variable>v).n_borrowers:
        take_ownership(v)
    track(v, &(<Variable>v).flags)


cdef struct NodeStack:
    PyObject** nodes                    # allocated; the nodes are borrowed
    Py_ssize_t n, room


cdef int reserve(NodeStack* stack, Py_ssize_t n_more) except -1:
    """Make room on the stack for so many more nodes."""
    cdef PyObject** longer
    cdef Py_ssize_t room = 2 * stack.room + n_more
    if stack.n + n_more > stack.room:
        longer = <PyObject**>PyMem_Realloc(stack.nodes, room * sizeof(PyObject*))
        if longer == NULL:
            raise MemoryError
        stack.nodes, stack.room = longer, room
    return 0


cdef inline void push_node(NodeStack* stack, PyObject* o) noexcept:
    if o != NULL:
        stack.nodes[stack.n] = o
        stack.n += 1


cdef int track_and_push_variable(NodeStack* stack, PyObject* v) except -1:
    """Track a Variable, and push what it leads to."""
    cdef unsigned int* flags = &(<Variable>v).flags
    cdef PyObject* versions
    cdef tuple_of_nodes nodes
    if flags[0] & REACHABLE_TRACKED:
        return 0
    versions = if_not_tracked((<Variable>v).label) if flags[0] & HANDLE else NULL
    reserve(stack, 2 + 2 * count_not_tracked(versions))
    track_variable(v)
    flags[0] |= REACHABLE_TRACKED
    push_node(stack, (<Variable>v).creator)
    if not flags[0] & SCALAR_GRADIENT:
        push_node(stack, (<Variable>v).gradient.variable)
    while versions != NULL:
        versions = track_next(versions, &nodes)
        push_node(stack, nodes[0])
        push_node(stack, nodes[1])
    return 0


cdef int track_and_push_function(NodeStack* stack, PyObject* f) except -1:
    """Track a Function, and push its inputs."""
    cdef unsigned int* flags = &(<Function>f).flags
    cdef int i
    if flags[0] & REACHABLE_TRACKED:
        return 0
    reserve(stack, (<Function>f).n_inputs)
    track(f, flags)
    flags[0] |= REACHABLE_TRACKED
    for i in range((<Function>f).n_inputs):
        push_node(stack, inputs_of(f)[i])
    return 0


cdef int track_reachable(object start) except -1:
    """Have the collector track everything reachable from `start`, since an edge to it may close a cycle."""
    cdef NodeStack stack
    cdef PyObject* o
    memset(&stack, 0, sizeof(stack))
    try:
        reserve(&stack, 64)
        push_node(&stack, <PyObject*>start)
        while stack.n:
            stack.n -= 1
            o = stack.nodes[stack.n]
            if PyObject_TypeCheck(o, VARIABLE):
                track_and_push_variable(&stack, o)
            elif PyObject_TypeCheck(o, FUNCTION):
                track_and_push_function(&stack, o)
    finally:
        PyMem_Free(stack.nodes)
    return 0


# A gradient whose graph holds a foreign object may be stored in a Variable that has been used before. What was computed
# from that Variable is not tracked, and attributes of the foreign object may lead there. From then on each full
# collection begins by tracking the records that a tracked object refers to.
cdef bint scans_collections = False


cdef int note_foreign_gradient(Variable v, Variable g) except -1:
    """Begin to scan at full collections, if storing the gradient `g` in `v` makes that necessary."""
    global scans_collections
    if g.flags & FOREIGN and v.flags & CONSUMED and not scans_collections:
        gc.callbacks.append(track_referents)
        scans_collections = True
    return 0


def track_referents(phase, info):
    """Track every record that a tracked object refers to: a callback of the collector."""
    if phase == "start" and info["generation"] == 2:
        for o in gc.get_objects():
            # By type alone: `isinstance` reads `__class__`, and these are objects of any kind. A module may show what
            # is in its free lists, which must not be touched.
            if PyObject_TypeCheck(<PyObject*>o, <PyTypeObject*>ModuleType):
                continue
            for referent in gc.get_referents(o):
                if (PyObject_TypeCheck(<PyObject*>referent, VARIABLE)
                        or PyObject_TypeCheck(<PyObject*>referent, FUNCTION)):
                    track_reachable(referent)
