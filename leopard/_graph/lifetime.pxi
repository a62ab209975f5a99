# Part of _core.pyx. Creation and deallocation of Variables and Functions, and what the cyclic collector tracks of them.

# -- Creation ------------------------------------------------------------------------------------

cdef inline Variable new_variable():
    """A Variable of the plain class, with no value yet."""
    return leopard_cell_of_variable(VARIABLE, (<_typeobject*>VARIABLE).tp_basicsize)


cdef inline Variable scalar_variable(double value):
    """A Variable of one float64."""
    cdef Variable v = new_variable()
    v.value.scalar = value
    return v


cdef inline Variable array_variable(object array):
    """A Variable of an exact ndarray."""
    cdef Variable v = new_variable()
    Py_INCREF(array)
    v.value.array = <PyObject*>array
    v.flags = ARRAY
    return v


cdef Variable wrap(object y):
    """A Variable of what NumPy returned: an array, or the scalar that it made of a 0-d array."""
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


cdef inline Function new_function(Operation op):
    """A Function of a plain class, as `op.cls()` would be."""
    cdef Function f = leopard_cell_of_function(<PyTypeObject*>op.cls, (<_typeobject*>FUNCTION).tp_basicsize)
    f.operation = <PyObject*>op
    return f


# -- Deallocation --------------------------------------------------------------------------------
# It is iterative: a record whose last reference is released is put on a list, linked through a field that it does not need
# any more, and the outermost dealloc works the list off (`drain`). Nothing is allocated for that. An object of a Python
# subclass keeps its type until its own memory is freed.

cdef PyObject* deferred_variables = NULL
cdef PyObject* deferred_functions = NULL


cdef void clear_output(PyObject* creator, PyObject* output) noexcept:
    """Clear the pointer of `creator` to this output, which is deallocated, or gets another creator."""
    cdef int i
    cdef PyObject** outputs = outputs_of(creator)
    for i in range((<Function>creator).n_outputs):
        if outputs[i] == output:
            outputs[i] = NULL


cdef inline bint is_cell_type(PyTypeObject* type) noexcept:
    """Whether objects of this class have no fields but ours, so that each is a cell of a slab."""
    return type == VARIABLE or (<_typeobject*>type).tp_dealloc == <destructor>function_dealloc


cdef inline void defer_variable(PyObject* o) noexcept:
    """Put a Variable without references on the list of `drain`."""
    global deferred_variables
    if (<Variable>o).creator != NULL:
        clear_output((<Variable>o).creator, o)
    (<Variable>o).stamp = <long long>deferred_variables
    deferred_variables = o


cdef inline void defer_function(PyObject* o) noexcept:
    """Put a Function without references on the list of `drain`."""
    global deferred_functions
    (<Function>o).operation = deferred_functions
    deferred_functions = o


cdef inline void drop_function(PyObject* o) noexcept:
    """Release a reference to a Function, as `Py_DECREF` does; the last one of a plain Function without a call."""
    if (_Py_REFCNT(o) == 1 and not (<Function>o).flags & TRACKED and is_cell_type(_Py_TYPE(o))
            and not leopard_has_weakrefs(o, FUNCTION)):
        defer_function(o)
    else:
        Py_DECREF_pointer(o)


cdef inline void drop_input(PyObject* o) noexcept:
    """Release a reference to an input, as `Py_DECREF` does; the last one of a plain Variable without a call."""
    if (_Py_REFCNT(o) == 1 and _Py_TYPE(o) == VARIABLE and not (<Variable>o).flags & TRACKED
            and not leopard_has_weakrefs(o, VARIABLE) and (<Variable>o).n_borrowers == 0):
        defer_variable(o)
    else:
        Py_DECREF_pointer(o)


cdef void variable_dealloc(PyObject* o) noexcept:
    # A reference taken here would resurrect the object, so fields are read through the bare cast.
    cdef bint is_cell = is_cell_type(_Py_TYPE(o))
    if (<Variable>o).n_borrowers:
        convert_borrowed(o)
        return
    if (<Variable>o).flags & TRACKED or not is_cell:    # a subclass's dealloc tracks it again
        PyObject_GC_UnTrack(o)
    if (<Variable>o).creator != NULL:
        clear_output((<Variable>o).creator, o)          # before a weak reference's callback can reach it
    if leopard_has_weakrefs(o, VARIABLE):
        PyObject_ClearWeakRefs(o)
    if not is_cell:
        Py_XINCREF(<PyObject*>_Py_TYPE(o))
    defer_variable(o)
    if not leopard_draining:
        drain()


cdef void function_dealloc(PyObject* o) noexcept:
    cdef bint is_cell = is_cell_type(_Py_TYPE(o))
    if (<Function>o).flags & TRACKED or not is_cell:    # a subclass's dealloc tracks it again
        PyObject_GC_UnTrack(o)
    if leopard_has_weakrefs(o, FUNCTION):
        PyObject_ClearWeakRefs(o)
    if not is_cell:
        Py_XINCREF(<PyObject*>_Py_TYPE(o))
        drop_rule(o)
    defer_function(o)
    if not leopard_draining:
        drain()


cdef void drop_rule(PyObject* o) noexcept:
    """Release the Operation of a Function that owns it."""
    cdef PyObject* operation = (<Function>o).operation
    if (<Function>o).flags & OWNS_RULE:
        (<Function>o).flags = (<Function>o).flags & ~OWNS_RULE
        (<Function>o).operation = NULL
        Py_DECREF_pointer(operation)


cdef inline void free_record(PyObject* o) noexcept:
    """Free the memory of a record, then release its type."""
    cdef PyTypeObject* type = _Py_TYPE(o)
    if is_cell_type(type):
        leopard_cell_free(o)
    else:
        (<_typeobject*>type).tp_free(o)
    if leopard_is_heap_type(type):
        Py_DECREF_pointer(<PyObject*>type)


cdef void drop_inputs(PyObject* o) noexcept:
    """Release the inputs and the option. Their fields are cleared before any other code can run."""
    cdef PyObject* x0 = (<Function>o).inline_inputs[0]
    cdef PyObject* x1 = (<Function>o).inline_inputs[1]
    cdef int n = (<Function>o).n_inputs
    if not leopard_draining or (<Function>o).flags & (
            MANY_INPUTS | OPTION | FIRST_BORROWED | SECOND_BORROWED | GUARDED | WATCHED):
        drop_every_input(o)
        return
    (<Function>o).n_inputs = 0          # the usual case
    if n and x0 != NULL:
        drop_input(x0)
    if n > 1 and x1 != NULL:
        drop_input(x1)


cdef void drop_every_input(PyObject* o) noexcept:
    """The general case of `drop_inputs`."""
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
    (<Function>o).flags = flags & ~(        # `&=` would take a reference
        MANY_INPUTS | OPTION | FIRST_BORROWED | SECOND_BORROWED | GUARDED | WATCHED)
    (<Function>o).inline_inputs[0] = (<Function>o).inline_inputs[1] = NULL
    if flags & OPTION:
        Py_DECREF_pointer(inputs[n])
    for i in range(n):
        if inputs[i] == NULL:
            continue
        if i < 2 and flags & FIRST_BORROWED << i and not (<Variable>inputs[i]).flags & OWNED_BY_CONSUMERS:
            (<Variable>inputs[i]).n_borrowers = (<Variable>inputs[i]).n_borrowers - 1
        elif leopard_draining:
            drop_input(inputs[i])
        else:
            Py_DECREF_pointer(inputs[i])
    PyMem_Free(many)


cdef void drop_outputs(PyObject* o) noexcept:
    """Free the array of several outputs, and release the tuple behind them."""
    cdef PyObject** many = <PyObject**>(<Function>o).inline_output
    if (<Function>o).n_outputs > 1:
        Py_XDECREF(many[(<Function>o).n_outputs])
        PyMem_Free(many)


cdef void drain() noexcept:
    """Deallocate all deferred records, and those that this defers."""
    global leopard_draining, deferred_variables, deferred_functions
    cdef PyObject* o
    leopard_draining = 1
    while True:
        if deferred_variables != NULL:
            o = deferred_variables
            deferred_variables = <PyObject*>(<Variable>o).stamp
            if (<Variable>o).flags & (ARRAY | DROPPED_VALUE):
                release_to_pool((<Variable>o).value.array)
            if not (<Variable>o).flags & SCALAR_GRADIENT:
                Py_XDECREF((<Variable>o).gradient.variable)
            if (<Variable>o).creator != NULL:
                drop_function((<Variable>o).creator)
            if (<Variable>o).label != NULL:
                drop_label(o)
            free_record(o)
        elif deferred_functions != NULL:
            o = deferred_functions
            deferred_functions = (<Function>o).operation
            drop_inputs(o)
            drop_outputs(o)
            free_record(o)
        else:
            break
    leopard_draining = 0


# -- Borrowed inputs -----------------------------------------------------------------------------
# A Function whose rule does not read the value of an input does not own that Variable: it borrows it. When the last
# owner releases the Variable, the borrowers become its owners, and its value is dropped if its creator's rule does not
# read it either (DROPPED_VALUE). So a chain keeps the arrays that its rules read, and no others.

cdef enum:
    DROPPABLE_SIZE = 256    # elements: a smaller array is kept until its Variable is deallocated


cdef inline bint may_be_borrowed(PyObject* v) noexcept:
    """Whether the value is large enough to drop and can be computed again, and the collector does not track `v`."""
    return (_Py_TYPE(v) == VARIABLE and (<Variable>v).creator != NULL
            and (<Variable>v).flags & (ARRAY | TRACKED | FOREIGN | OWNED_BY_CONSUMERS | CONSTANT) == ARRAY
            and size_of((<Variable>v).value.array) >= DROPPABLE_SIZE)


cdef void take_ownership(PyObject* v) noexcept:
    """Make the Functions that have borrowed `v` its owners."""
    Py_SET_REFCNT(v, _Py_REFCNT(v) + (<Variable>v).n_borrowers)
    (<Variable>v).n_borrowers = 0
    (<Variable>v).flags = (<Variable>v).flags | OWNED_BY_CONSUMERS


cdef void convert_borrowed(PyObject* v) noexcept:
    """Resurrect `v`, whose last owner has released it, for the Functions that have borrowed it."""
    cdef PyObject* array = NULL
    cdef PyObject* placeholder
    take_ownership(v)
    if (<Variable>v).flags & (ARRAY | DROPPABLE) == (ARRAY | DROPPABLE) and (<Variable>v).creator != NULL:
        array = (<Variable>v).value.array
        placeholder = shape_placeholder_of(array)
        if placeholder != NULL:     # without memory for it the value is kept
            (<Variable>v).value.array = placeholder
            (<Variable>v).flags = (<Variable>v).flags & ~ARRAY | DROPPED_VALUE
        else:
            array = NULL
    if (<Variable>v).flags & HANDLE and not keep_for_weakrefs(v):
        release_handle(v)       # which may deallocate `v`
    if array != NULL:           # last: it may run Python, which may deallocate `v`
        release_to_pool(array)


cdef bint keep_for_weakrefs(PyObject* v) noexcept:
    """Whether a weak reference leads to this HANDLE: it then remains one, and the collector will find it."""
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
