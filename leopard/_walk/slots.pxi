# Part of _core.pyx. A walk: its slots, and how it knows which Variables it has seen.

cdef enum:
    # of a slot
    SCALAR = 1      # the gradient, of one float64, is `value`; else it is `grad`
    UNIFORM = 2     # of an array, every element is `value`
    PENDING = 8     # it is what `register` of the program will be
    SHARED = 16     # more will be added to it when the program has run
    WALKED = 4      # the gradient has been handed to the rule: too late for more
    LEADS = 64      # of a map: something behind it is a goal
    GOAL = 32       # the walk stops here, and the gradient is what is asked for
    KEEP = 131072   # slots that a primary walk leaves to the next


cdef struct Slot:
    PyObject* node      # owned: the Variable
    PyObject* creator     # owned: its creator, or NULL for a leaf
    PyObject* grad      # owned: an ndarray, or a Variable in a recorded walk, or NULL
    double value        # if SCALAR or UNIFORM; then `grad` is NULL
    int state
    int position        # among the creator's outputs
    int sibling         # the next slot that has the same creator, or -1
    int register        # if PENDING


cdef struct Writer:     # a function whose recipe stands in the program
    PyObject* recipe    # owned
    int slot            # of its output
    int upstream        # the register of its gradient


cdef struct Share:      # a register that is added to a gradient when the program has run
    int register
    int input, slot     # it is that of this input of the function of this slot
    int target          # whose own slot is this
    PyObject* sum       # owned, or NULL: what the program has summed it to


cdef struct Turn:       # a function that is pushed through
    int slot            # of an output of it
    int first           # from here on slots are needed no longer when it has been


cdef enum:
    MAX_SHARES = 32


cdef struct SeenTable:      # the marks of a walk that is not the primary one: an open-addressed hash table
    size_t* keys
    int* values
    size_t mask


cdef struct FusedProgram:   # what is being written, if `form` is not NULL; see `fuse.pxi`
    Program program
    PyObject* form                          # owned: an array, or a ghost, of its type and shape
    PyObject* arrays[MAX_ARRAYS]            # owned: those given to it
    PyObject* results[MAX_PROGRAM_REGISTERS]      # owned: those it writes, by register
    int wanted[MAX_PROGRAM_REGISTERS]             # these registers
    int pending[MAX_PROGRAM_REGISTERS]            # slots
    Writer writers[MAX_PROGRAM_REGISTERS]
    Share shares[MAX_SHARES]
    int n_wanted, n_pending, n_writers, n_shares
    int order                               # in which its results lie
    bint in_a_row                           # all arrays given are whole and in C order
    bint alone                              # it is laid out already, and takes no further arrays
    char* scratch                           # owned: for the blocks of recipes
    size_t scratch_room


cdef struct ForwardSweep:   # of a push
    Turn* turns
    int n_turns, room_turns
    int n_needed, n_kept                    # slots that may be read yet, and that hold a tangent yet


cdef class Walk:
    cdef cnp.ndarray buffer         # of the slots
    cdef Slot* slots
    cdef int n, room
    cdef BucketQueue bucket
    cdef ReadyQueue queue           # another one that was chosen, or None
    cdef long long number           # the stamp of this walk
    cdef bint primary, create_graph, compiled, retain_grad
    cdef Py_ssize_t n_rows          # of every gradient, in a walk of many; else -1
    cdef Walk map                   # what it keeps to, the slots that LEAD to its goals; None: it goes everywhere
    cdef bint careful               # `checked_step` is asked
    cdef bint chosen                # a function was walked that does not take all its elements
    cdef unsigned int steps
    cdef object context             # in which rules run in Python, or None before the first
    cdef object quiet               # np.errstate, entered
    cdef FusedProgram fused
    cdef SeenTable seen
    cdef cnp.ndarray key_buffer, value_buffer       # of the table
    cdef ForwardSweep sweep
    cdef cnp.ndarray turn_buffer    # of its turns

    def __cinit__(self):
        self.room = 64
        self.fused.order = IN_C_ORDER
        memset(self.fused.results, 0, sizeof(self.fused.results))
        self.buffer = bytes_array(self.room * sizeof(Slot))
        self.slots = <Slot*>cnp.PyArray_DATA(self.buffer)
        self.bucket = BucketQueue()


    def __dealloc__(self):
        close_program(self)
        release_slots(self)
        PyMem_RawFree(self.fused.scratch)


cdef cnp.ndarray bytes_array(size_t n):
    """A buffer that NumPy owns."""
    cdef npy_intp size = n
    return cnp.PyArray_SimpleNew(1, &size, cnp.NPY_UINT8)


# -- Seen marks --------------------------------------------------------------------------------

cdef int make_seen_table(Walk walk, size_t room) except -1:
    walk.key_buffer = bytes_array(room * sizeof(size_t))
    walk.value_buffer = bytes_array(room * sizeof(int))
    memset(cnp.PyArray_DATA(walk.key_buffer), 0, room * sizeof(size_t))
    walk.seen.keys = <size_t*>cnp.PyArray_DATA(walk.key_buffer)
    walk.seen.values = <int*>cnp.PyArray_DATA(walk.value_buffer)
    walk.seen.mask = room - 1
    return 0


cdef size_t place_in_table(Walk walk, PyObject* o) noexcept:
    cdef size_t i = ((<size_t>o >> 4) * <size_t>0x9E3779B97F4A7C15ULL >> 20) & walk.seen.mask
    while walk.seen.keys[i] != 0 and walk.seen.keys[i] != <size_t>o:
        i = (i + 1) & walk.seen.mask
    return i


cdef inline int find_slot(Walk walk, PyObject* o) noexcept:
    """The slot of a Variable, or -1."""
    return find_slot_of_node(walk, aliased_node(o) if (<Variable>o).flags & VERSION else o)


cdef inline int find_slot_of_node(Walk walk, PyObject* o) noexcept:
    """The same of one that is no alias of another."""
    cdef size_t i
    if walk.primary:
        return (<Variable>o).slot if (<Variable>o).stamp == walk.number else -1
    i = place_in_table(walk, o)
    return walk.seen.values[i] if walk.seen.keys[i] else -1


cdef inline int mark_seen(Walk walk, PyObject* o, int slot) except -1:
    cdef size_t i
    cdef int k
    if walk.primary:
        (<Variable>o).stamp = walk.number
        (<Variable>o).slot = slot
        return 0
    if 2 * <size_t>slot >= walk.seen.mask:
        make_seen_table(walk, 4 * (walk.seen.mask + 1))
        for k in range(slot):
            i = place_in_table(walk, walk.slots[k].node)
            walk.seen.keys[i] = <size_t>walk.slots[k].node
            walk.seen.values[i] = k
    i = place_in_table(walk, o)
    walk.seen.keys[i] = <size_t>o
    walk.seen.values[i] = slot
    return 0


cdef inline bint wants_gradient(Walk walk, PyObject* o) noexcept:
    """Is an input a Variable that takes a gradient, and does it lead where this walk is to go?"""
    return is_wanted(o) and (walk.map is None or leads_to_goal(walk, o))


cdef bint leads_to_goal(Walk walk, PyObject* o) noexcept:
    cdef int i = find_slot(walk.map, o)
    return i >= 0 and walk.map.slots[i].state & LEADS


cdef inline int new_slot(Walk walk, Variable v, PyObject* creator) except -1:
    cdef int i = walk.n
    cdef Slot* s
    if i == walk.room:
        grow_slots(walk)
    mark_seen(walk, <PyObject*>v, i)
    s = &walk.slots[i]
    s.node, s.creator, s.grad = <PyObject*>v, creator, NULL
    s.state, s.position, s.sibling = 0, 0, -1
    Py_INCREF(v)
    Py_XINCREF(creator)
    walk.n += 1
    return i


cdef int grow_slots(Walk walk) except -1:
    # Nothing here runs Python, or lets another thread run: who reaches a Variable holds bare pointers.
    cdef cnp.ndarray larger = bytes_array(2 * walk.room * sizeof(Slot))
    memcpy(cnp.PyArray_DATA(larger), walk.slots, walk.room * sizeof(Slot))
    walk.buffer = larger
    walk.slots = <Slot*>cnp.PyArray_DATA(larger)
    walk.room *= 2
    return 0


cdef void release_slots(Walk walk) noexcept:
    """Let go of everything. What that runs cannot reach the slots any more."""
    cdef Slot* s
    while walk.n:
        walk.n -= 1
        s = &walk.slots[walk.n]
        Py_XDECREF(s.grad)
        Py_XDECREF(s.creator)
        Py_XDECREF(s.node)


cdef inline int reach(Walk walk, Variable v) except -1:
    """The slot of `v`; made, and its creator set to be walked, when this is the first time."""
    cdef int i, k, j
    cdef Slot* s
    cdef Function f
    if v.flags & VERSION and aliased_node(<PyObject*>v) != <PyObject*>v:
        return reach_node_behind(walk, v)
    i = find_slot_of_node(walk, <PyObject*>v)
    if i >= 0:
        if walk.slots[i].state & WALKED:
            raise_out_of_order(walk, i)
        return i
    i = new_slot(walk, v, v.creator)
    s = &walk.slots[i]
    if s.creator == NULL:
        return i
    f = <Function>s.creator
    if f.n_outputs > 1:
        for k in range(f.n_outputs):
            if outputs_of(<PyObject*>f)[k] == <PyObject*>v:
                s.position = k
        for k in range(f.n_outputs):
            if outputs_of(<PyObject*>f)[k] != NULL and k != s.position:
                j = find_slot(walk, outputs_of(<PyObject*>f)[k])
                if j >= 0 and walk.slots[j].creator != NULL:      # else the walk stops at it
                    if walk.slots[j].state & WALKED:
                        raise_out_of_order(walk, j)
                    s.sibling = walk.slots[j].sibling
                    walk.slots[j].sibling = i
                    return i
    if walk.queue is None:
        push_bucket(walk.bucket, i, f.generation)
    else:
        walk.queue.push(i, f.generation)
    return i


cdef int reach_node_behind(Walk walk, Variable v) except -1:
    return reach(walk, <Variable>aliased_node(<PyObject*>v))


cdef int raise_out_of_order(Walk walk, int i) except -1:
    raise RuntimeError(
        f"{type(<object>walk.slots[i].creator).__name__} was walked before all that it feeds; "
        "a generation has been set out of order"
    )


cdef int finish_walk(Walk walk) except -1:
    close_program(walk)
    release_slots(walk)
    walk.queue = walk.map = None
    walk.sweep.n_turns = 0
    if walk.quiet is not None:
        quiet, walk.quiet = walk.quiet, None
        quiet.__exit__(None, None, None)
    if walk.context is not None:
        context, walk.context = walk.context, None
        leave_context(context)
    return 0
