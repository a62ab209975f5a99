# Part of _core.pyx. The life of a record: how it is born, how it dies, and what the cyclic collector is told.

# -- Birth ---------------------------------------------------------------------------------------

cdef inline Variable new_variable():
    cdef PyObject* o = leopard_cell_new(VARIABLE, (<_typeobject*>VARIABLE).tp_basicsize)
    if o == NULL:
        raise MemoryError
    cdef Variable v = <Variable>o
    Py_DECREF_pointer(o)            # `v` owns it now
    return v


cdef inline Variable scalar_variable(double value):
    cdef Variable v = new_variable()
    v.value.scalar = value
    return v


cdef inline Function new_function(Operation op):
    """A Function of a plain class, as `op.cls()` would be."""
    cdef PyObject* o = leopard_cell_new(<PyTypeObject*>op.cls, (<_typeobject*>FUNCTION).tp_basicsize)
    if o == NULL:
        raise MemoryError
    cdef Function f = <Function>o
    Py_DECREF_pointer(o)
    f.operation = <PyObject*>op
    return f


cdef Variable wrap(object y):
    """A Variable of what NumPy returned: an array, or a scalar it turned a 0-d array into."""
    cdef Variable v
    if cnp.PyArray_CheckExact(y):
        return array_variable(y)
    if type(y) is float64:
        return scalar_variable(PyFloat_AS_DOUBLE(y))
    if isinstance(y, generic):
        return array_variable(np.asarray(y))
    v = new_variable()
    v.flags = EMPTY
    put_data(v, y)
    return v


cdef inline Variable array_variable(object array):
    """A Variable of an exact ndarray."""
    cdef Variable v = new_variable()
    Py_INCREF(array)
    v.value.array = <PyObject*>array
    v.flags = ARRAY
    return v


# -- Death ---------------------------------------------------------------------------------------
# The dead are linked through a field that they need no longer, and nothing is allocated. An object
# of a Python subclass keeps its type alive until its own memory is gone.

cdef PyObject* dead_variables = NULL
cdef PyObject* dead_functions = NULL


cdef void clear_output(PyObject* creator, PyObject* output) noexcept:
    """`creator` must not reach this output any more: it dies, or gets another creator."""
    cdef int i
    cdef PyObject** outputs = outputs_of(creator)
    for i in range((<Function>creator).n_outputs):
        if outputs[i] == output:
            outputs[i] = NULL


cdef inline bint is_plain(PyTypeObject* type) noexcept:
    """Objects of this class have no more fields than we gave them, and are cells."""
    return type == VARIABLE or (<_typeobject*>type).tp_dealloc == <destructor>function_dealloc


cdef inline void push_free_list_variable(PyObject* o) noexcept:
    """Put a dead Variable on the list that `drain` works off."""
    global dead_variables
    if (<Variable>o).creator != NULL:
        clear_output((<Variable>o).creator, o)
    (<Variable>o).stamp = <long long>dead_variables
    dead_variables = o


cdef inline void push_free_list_function(PyObject* o) noexcept:
    global dead_functions
    (<Function>o).operation = dead_functions
    dead_functions = o


cdef inline void drop_function(PyObject* o) noexcept:
    """Let go of a Function; what `Py_DECREF` does, without the way through the type."""
    if (_Py_REFCNT(o) == 1 and not (<Function>o).flags & TRACKED and is_plain(_Py_TYPE(o))
            and not leopard_has_weakrefs(o, FUNCTION)):
        push_free_list_function(o)
    else:
        Py_DECREF_pointer(o)


cdef inline void drop_variable(PyObject* o) noexcept:
    """The same of an input that is a Variable, or not."""
    if (_Py_REFCNT(o) == 1 and _Py_TYPE(o) == VARIABLE and not (<Variable>o).flags & TRACKED
            and not leopard_has_weakrefs(o, VARIABLE) and (<Variable>o).n_borrowers == 0):
        push_free_list_variable(o)
    else:
        Py_DECREF_pointer(o)


cdef void variable_dealloc(PyObject* o) noexcept:
    # A reference taken here would bring the dead back, so fields are read through the bare cast.
    cdef bint plain = is_plain(_Py_TYPE(o))
    if (<Variable>o).n_borrowers:
        convert_borrowed(o)
        return
    if (<Variable>o).flags & TRACKED or not plain:      # a subclass's dealloc tracks it again
        PyObject_GC_UnTrack(o)
    if (<Variable>o).creator != NULL:
        clear_output((<Variable>o).creator, o)           # before a callback can ask for it
    if leopard_has_weakrefs(o, VARIABLE):
        PyObject_ClearWeakRefs(o)
    if not plain:
        Py_XINCREF(<PyObject*>_Py_TYPE(o))
    push_free_list_variable(o)
    if not leopard_draining:
        drain()


cdef void function_dealloc(PyObject* o) noexcept:
    cdef bint plain = is_plain(_Py_TYPE(o))
    if (<Function>o).flags & TRACKED or not plain:      # a subclass's dealloc tracks it again
        PyObject_GC_UnTrack(o)
    if leopard_has_weakrefs(o, FUNCTION):
        PyObject_ClearWeakRefs(o)
    if not plain:
        Py_XINCREF(<PyObject*>_Py_TYPE(o))
        drop_rule(o)
    push_free_list_function(o)
    if not leopard_draining:
        drain()


cdef void drop_rule(PyObject* o) noexcept:
    cdef PyObject* operation = (<Function>o).operation
    if (<Function>o).flags & OWNS_RULE:
        (<Function>o).flags = (<Function>o).flags & ~OWNS_RULE
        (<Function>o).operation = NULL
        Py_DECREF_pointer(operation)


cdef inline void free_record(PyObject* o) noexcept:
    """Give the memory back, then the reference to the type."""
    cdef PyTypeObject* type = _Py_TYPE(o)
    if is_plain(type):
        leopard_cell_free(o)
    else:
        (<_typeobject*>type).tp_free(o)
    if leopard_is_heap_type(type):
        Py_DECREF_pointer(<PyObject*>type)


cdef void drop_inputs(PyObject* o) noexcept:
    """Let go of the inputs and the option; nothing is left of them before anything else can run."""
    cdef PyObject* x0 = (<Function>o).inline_inputs[0]
    cdef PyObject* x1 = (<Function>o).inline_inputs[1]
    cdef int n = (<Function>o).n_inputs
    if not leopard_draining or (<Function>o).flags & (MANY_INPUTS | OPTION | FIRST_BORROWED | SECOND_BORROWED | GUARDED | WATCHED):
        drop_every_input(o)
        return
    (<Function>o).n_inputs = 0          # as nearly always
    if n and x0 != NULL:
        drop_variable(x0)
    if n > 1 and x1 != NULL:
        drop_variable(x1)


cdef void drop_every_input(PyObject* o) noexcept:
    cdef PyObject** many = NULL
    cdef PyObject* pair[2]
    cdef PyObject** inputs = pair
    cdef unsigned int flags = (<Function>o).flags
    cdef int i, n = (<Function>o).n_inputs
    pair[0], pair[1] = (<Function>o).inline_inputs[0], (<Function>o).inline_inputs[1]
    if flags & GUARDED:
        forget_fingerprint(o)
    if flags & WATCHED:
        forget_inspection(o)
    if flags & MANY_INPUTS:
        inputs = many = <PyObject**>pair[0]
    (<Function>o).n_inputs = 0
    (<Function>o).flags = flags & ~(MANY_INPUTS | OPTION | FIRST_BORROWED | SECOND_BORROWED | GUARDED | WATCHED)    # `&=` would take a reference
    (<Function>o).inline_inputs[0] = (<Function>o).inline_inputs[1] = NULL
    if flags & OPTION:
        Py_DECREF_pointer(inputs[n])
    for i in range(n):
        if inputs[i] == NULL:
            continue
        if i < 2 and flags & FIRST_BORROWED << i and not (<Variable>inputs[i]).flags & OWNED_BY_CONSUMERS:
            (<Variable>inputs[i]).n_borrowers = (<Variable>inputs[i]).n_borrowers - 1
        elif leopard_draining:
            drop_variable(inputs[i])
        else:
            Py_DECREF_pointer(inputs[i])
    PyMem_Free(many)


cdef void drop_outputs(PyObject* o) noexcept:
    cdef PyObject** many = <PyObject**>(<Function>o).inline_output
    if (<Function>o).flags & MANY_OUTPUTS:
        Py_XDECREF(many[(<Function>o).n_outputs])
        PyMem_Free(many)


cdef void drain() noexcept:
    global leopard_draining, dead_variables, dead_functions
    cdef PyObject* o
    leopard_draining = 1
    while True:
        if dead_variables != NULL:
            o = dead_variables
            dead_variables = <PyObject*>(<Variable>o).stamp
            if (<Variable>o).flags & (ARRAY | DROPPED_VALUE):
                release_to_pool((<Variable>o).value.array)
            if not (<Variable>o).flags & SCALAR_GRADIENT:
                Py_XDECREF((<Variable>o).gradient.variable)
            if (<Variable>o).creator != NULL:
                drop_function((<Variable>o).creator)
            if (<Variable>o).label != NULL:
                drop_label(o)
            free_record(o)
        elif dead_functions != NULL:
            o = dead_functions
            dead_functions = (<Function>o).operation
            drop_inputs(o)
            drop_outputs(o)
            free_record(o)
        else:
            break
    leopard_draining = 0


cdef enum:
    DROPPABLE_SIZE = 256         # elements: an array of fewer is kept until its Variable dies


# -- What is lent --------------------------------------------------------------------------------
# A Function whose rule does not read the value of an input does not own that Variable: it is lent. When
# nobody else holds it any more, it becomes the Functions' own, and its value is dropped if its creator's
# rule does not read it either (DROPPED_VALUE). So a chain keeps the arrays that its rules read, and no others.

cdef inline bint may_be_borrowed(PyObject* v) noexcept:
    """Is its value worth dropping, has it a way back, and does the collector know nothing of it?"""
    return (_Py_TYPE(v) == VARIABLE and (<Variable>v).creator != NULL
            and (<Variable>v).flags & (ARRAY | TRACKED | FOREIGN | OWNED_BY_CONSUMERS | CONSTANT) == ARRAY
            and size_of((<Variable>v).value.array) >= DROPPABLE_SIZE)


cdef void take_ownership(PyObject* v) noexcept:
    """From now on the Functions that have it as an input own it."""
    Py_SET_REFCNT(v, _Py_REFCNT(v) + (<Variable>v).n_borrowers)
    (<Variable>v).n_borrowers = 0
    (<Variable>v).flags = (<Variable>v).flags | OWNED_BY_CONSUMERS


cdef void convert_borrowed(PyObject* v) noexcept:
    """The last of those who held it has let go: it lives on for the Functions that it is lent to."""
    cdef PyObject* array
    cdef PyObject* ghost
    take_ownership(v)
    if (<Variable>v).flags & (ARRAY | DROPPABLE) == (ARRAY | DROPPABLE) and (<Variable>v).creator != NULL:
        array = (<Variable>v).value.array
        ghost = shape_placeholder_of(array)
        if ghost != NULL:       # without memory for it the value is kept
            (<Variable>v).value.array = ghost
            (<Variable>v).flags = (<Variable>v).flags & ~ARRAY | DROPPED_VALUE
            release_to_pool(array)
    if (<Variable>v).flags & HANDLE and not keep_for_weakrefs(v):
        release_handle(v)   # which may be the end of `v`


cdef bint keep_for_weakrefs(PyObject* v) noexcept:
    """A HANDLE that nobody holds, but a weak reference leads to it: it stays what it is, for the collector to find."""
    if not leopard_has_weakrefs(v, VARIABLE):
        return False
    try:
        track_reachable(<object>v)
    except MemoryError:
        return False
    return True


# -- The cyclic collector ------------------------------------------------------------------------

cdef int visit_variable(PyObject* o, visitproc visit, void* arg) noexcept:
    cdef int status = 0
    if (<Variable>o).flags & (ARRAY | DROPPED_VALUE):
        status = visit((<Variable>o).value.array, arg)
    if status == 0 and (<Variable>o).creator != NULL:
        status = visit((<Variable>o).creator, arg)
    if status == 0 and not (<Variable>o).flags & SCALAR_GRADIENT and (<Variable>o).gradient.variable != NULL:
        status = visit((<Variable>o).gradient.variable, arg)
    if status == 0 and (<Variable>o).flags & (HANDLE | HOOKED) and not (<Variable>o).flags & VERSION:
        status = visit((<Variable>o).label, arg)
    return status


cdef int clear_variable(PyObject* o) noexcept:
    cdef PyObject* creator = (<Variable>o).creator
    if creator != NULL:
        clear_output(creator, o)
    (<Variable>o).creator = NULL
    Py_XDECREF(creator)
    drop_gradient(<Variable>o)
    if (<Variable>o).flags & HANDLE:
        release_handle(o)
    elif (<Variable>o).flags & HOOKED and not (<Variable>o).flags & VERSION:
        drop_hooks(o)
    return 0


cdef int visit_function(PyObject* o, visitproc visit, void* arg) noexcept:
    cdef int i, status
    cdef PyObject** inputs = inputs_of(o)
    for i in range((<Function>o).n_inputs):
        if inputs[i] != NULL and not is_borrowed(o, i):
            status = visit(inputs[i], arg)
            if status:
                return status
    if (<Function>o).flags & OWNS_RULE:
        status = visit((<Function>o).operation, arg)
        if status:
            return status
    if (<Function>o).flags & OPTION:
        return visit(inputs[(<Function>o).n_inputs], arg)
    return 0


cdef int clear_function(PyObject* o) noexcept:
    drop_inputs(o)
    drop_rule(o)
    return 0


leopard_finish(VARIABLE, <destructor>variable_dealloc, <traverseproc>visit_variable, <inquiry>clear_variable)
leopard_finish(FUNCTION, <destructor>function_dealloc, <traverseproc>visit_function, <inquiry>clear_function)

# Classes of ours whose instances hold nothing that could lead back to them: no need to track them.
cdef set gc_exempt = {Variable, Function}


cdef inline void track(PyObject* o, unsigned int* flags) noexcept:
    if not flags[0] & TRACKED:
        flags[0] |= TRACKED
        PyObject_GC_Track(o)


cdef void track_variable(PyObject* v) noexcept:
    # The collector counts references: what it knows must be owned by all that lead to it.
    if (<Variable>v).n_borrowers:
        take_ownership(v)
    track(v, &(<Variable>v).flags)


cdef int track_reachable(object start) except -1:
    """Let the collector know everything reachable from `start`: an edge to it may close a cycle."""
    cdef Py_ssize_t n = 1, room = 64
    cdef PyObject** stack = <PyObject**>PyMem_Malloc(room * sizeof(PyObject*))
    cdef PyObject** longer
    cdef PyObject* o
    cdef unsigned int* flags
    cdef PyObject** children
    cdef PyObject* assigned = NULL
    cdef PyObject* two[2]
    cdef int i, n_children
    cdef Py_ssize_t n_more
    cdef tuple_of_nodes nodes
    if stack == NULL:
        raise MemoryError
    stack[0] = <PyObject*>start
    while n:
        n -= 1
        o = stack[n]
        if PyObject_TypeCheck(o, VARIABLE):
            flags = &(<Variable>o).flags
            two[0] = (<Variable>o).creator
            two[1] = NULL if flags[0] & SCALAR_GRADIENT else (<Variable>o).gradient.variable
            children, n_children = two, 2
            assigned = if_not_tracked((<Variable>o).label) if flags[0] & HANDLE else NULL
        elif PyObject_TypeCheck(o, FUNCTION):
            flags = &(<Function>o).flags
            children, n_children = inputs_of(o), (<Function>o).n_inputs
            assigned = NULL
        else:
            continue
        if flags[0] & REACHABLE_TRACKED:
            continue
        n_more = n_children + 2 * count_not_tracked(assigned)
        if n + n_more > room:
            room = 2 * room + n_more
            longer = <PyObject**>PyMem_Realloc(stack, room * sizeof(PyObject*))
            if longer == NULL:
                PyMem_Free(stack)
                raise MemoryError
            stack = longer
        if children == two:
            track_variable(o)
        else:
            track(o, flags)
        flags[0] |= REACHABLE_TRACKED
        for i in range(n_children):
            if children[i] != NULL:
                stack[n] = children[i]
                n += 1
        while assigned != NULL:
            assigned = track_next(assigned, &nodes)
            stack[n], stack[n + 1] = nodes
            n += 2
    PyMem_Free(stack)
    return 0


# A gradient whose graph holds a foreign object is stored in a Variable that was used before: what was
# computed from it is untracked, and attributes of the foreign object may lead there. From then on each
# full collection first looks what of ours is held by what the collector knows.
cdef bint scans_collections = False


cdef int note_foreign_gradient(Variable v, Variable g) except -1:
    global scans_collections
    if g.flags & FOREIGN and v.flags & CONSUMED and not scans_collections:
        gc.callbacks.append(track_referents)
        scans_collections = True
    return 0


def track_referents(phase, info):
    """A callback of the collector: track every record that an object it knows refers to."""
    if phase == "start" and info["generation"] == 2:
        for o in gc.get_objects():
            # By type alone: `isinstance` asks `__class__`, and these are anybody's objects. A module may
            # show what is in its free lists, which must not be touched.
            if PyObject_TypeCheck(<PyObject*>o, <PyTypeObject*>ModuleType):
                continue
            for held in gc.get_referents(o):
                if (PyObject_TypeCheck(<PyObject*>held, VARIABLE)
                        or PyObject_TypeCheck(<PyObject*>held, FUNCTION)):
                    track_reachable(held)
