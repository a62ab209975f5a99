# Part of _core.pyx. A walk and its slots; and the table in which a walk that is not primary keeps its seen marks.

cdef enum SlotState:
    # where the gradient is: in `grad`, an ndarray or a recorded Variable, unless
    SCALAR = 1                      # it is of one float64: `value`
    UNIFORM = 2                     # it is of an array, and every element is `value`
    PENDING = 4                     # it will be in a register of the program when that has run
    AWAITS_CONTRIBUTIONS = 8        # a `Contribution` will be added to it when the program has run
    # how far the walk is
    WALKED = 16                     # the gradient has been passed on: it is too late to add to it
    BOUNDARY = 32                   # the walk ends here: what the Variable was computed from is not walked
    DEPENDS_ON_INPUTS = 64          # of a walk that is another's `activity`: the Variable depends on its inputs
    MADE_IN_TRACE = 128             # of a leaf: the function that this thread was the last to trace made it
    PREPARED = 256                  # `grad` is a Variable for the commit alone


cdef struct Slot:
    PyObject* node      # owned: the Variable
    PyObject* creator     # owned: its creator, or NULL for a leaf
    PyObject* grad      # owned: an ndarray, or a Variable in a recorded walk, or NULL
    double value        # if SCALAR or UNIFORM; then `grad` is NULL
    int state           # flags of SlotState
    int position        # among the creator's outputs
    int sibling         # the next slot that has the same creator, or -1; from `prepare_commit` on, see `first_stored`
    int register        # if PENDING; when the walk has ended, the number of its Sum, or NONE


cdef struct SeenTable:      # the marks of a walk that is not the primary one: an open-addressed hash table
    size_t* keys
    int* values
    size_t mask


cdef struct FusedFunction:  # a Function whose recipe stands in the program
    PyObject* recipe        # owned
    int slot                # of its output
    int upstream            # the register of its upstream gradient; NONE in a forward sweep


cdef struct Contribution:   # a register that is added to a gradient of another form when the program has run
    int register
    int input, slot         # it is the gradient of this input of the Function of this slot
    int target              # the slot of that input
    PyObject* sum           # owned, or NULL: what the program sums the register to


cdef enum:
    MAX_CONTRIBUTIONS = 32


cdef struct FusedProgram:   # what is being written, if `form` is not NULL; see `fuse.pxi`
    Program program
    PyObject* form                          # owned: an array, or a shape placeholder, of its type and shape
    PyObject* arrays[MAX_ARRAYS]            # owned: those given to it
    PyObject* results[MAX_PROGRAM_REGISTERS]      # owned: those it writes, by register
    int wanted[MAX_PROGRAM_REGISTERS]             # these registers
    int pending[MAX_PROGRAM_REGISTERS]            # slots that are PENDING, or have been
    FusedFunction functions[MAX_PROGRAM_REGISTERS]
    Contribution contributions[MAX_CONTRIBUTIONS]
    int n_wanted, n_pending, n_functions, n_contributions
    int order                               # the memory order of its results
    bint contiguous                         # all arrays given have its shape and are in C order
    bint laid_out                           # it has operands of any strides, and takes no second Function
    char* scratch                           # owned: for the blocks of recipes
    size_t scratch_size


cdef struct SweepEntry:     # a Function that a forward sweep goes through
    int slot                # of an output of it
    int first               # when the sweep has passed it, slots from this one on are not needed any more


cdef struct Sum:            # what a gradient and the one that its Variable has already add up to; see `commit.pxi`
    PyObject* old       # owned: that one; after the commit the one that was replaced
    PyObject* sum       # owned: a Variable, or NULL where it is `number`
    double number


cdef struct ForwardSweep:
    SweepEntry* entries
    int n_entries, capacity
    int n_needed, n_kept                    # slots that may be read yet, and that hold a tangent yet


cdef class Walk:
    cdef cnp.ndarray buffer         # of the slots
    cdef Slot* slots
    cdef int n, capacity            # of the slots
    cdef BucketQueue bucket
    cdef ReadyQueue queue           # used instead of `bucket` if it is not None
    cdef long long number           # the seen mark of this walk, if it is primary
    cdef bint primary, create_graph, compiled, retain_grad
    cdef Py_ssize_t n_rows          # of every gradient, in a batched walk; else -1
    cdef Walk activity              # the walk stays within its slots that DEPEND_ON_INPUTS; None: it goes everywhere
    cdef bint checks_each_step      # `vjp_step_with_checks` is called for every Function
    cdef bint elements_left_out     # a Function was walked that selects elements
    cdef long long work             # units of work since the last look for signals; see `signals.pxi`
    cdef unsigned int n_looks
    cdef object context             # in which rules run in Python, or None before the first
    cdef bint ignores_invalid       # `np.errstate` does so in that context
    cdef FusedProgram fused
    cdef SeenTable seen
    cdef cnp.ndarray key_buffer, value_buffer       # of the table
    cdef ForwardSweep sweep
    cdef cnp.ndarray sweep_buffer   # of its entries
    cdef Sum* sums
    cdef int n_sums, sum_capacity
    cdef int first_stored           # the slots whose gradients will be stored, linked by `sibling`; -1 ends the list
    cdef cnp.ndarray sum_buffer     # of the sums

    def __cinit__(self):
        self.capacity = 64
        self.fused.order = IN_C_ORDER
        memset(self.fused.results, 0, sizeof(self.fused.results))
        self.buffer = bytes_array(self.capacity * sizeof(Slot))
        self.slots = <Slot*>cnp.PyArray_DATA(self.buffer)
        self.bucket = BucketQueue()

    def __dealloc__(self):
        close_program(self)
        release_slots(self)
        release_sums(self)
        PyMem_RawFree(self.fused.scratch)


cdef cnp.ndarray bytes_array(size_t n):
    """A new buffer of `n` bytes that NumPy owns."""
    cdef npy_intp size = n
    return cnp.PyArray_SimpleNew(1, &size, cnp.NPY_UINT8)


cdef int grow_slots(Walk walk) except -1:
    """Move the slots into a buffer of twice the size."""
    # Nothing here runs Python, or lets another thread run: callers of `reach` hold bare pointers.
    cdef cnp.ndarray larger = bytes_array(2 * walk.capacity * sizeof(Slot))
    memcpy(cnp.PyArray_DATA(larger), walk.slots, walk.capacity * sizeof(Slot))
    walk.buffer = larger
    walk.slots = <Slot*>cnp.PyArray_DATA(larger)
    walk.capacity *= 2
    return 0


cdef void release_slots(Walk walk) noexcept:
    """Let go of all that the slots own. Code that this runs cannot reach a slot that is being released."""
    cdef Slot* s
    while walk.n:
        walk.n -= 1
        s = &walk.slots[walk.n]
        if s.state & MADE_IN_TRACE and walk.primary:    # for the next walk, and for the traces around this one
            (<Variable>s.node).stamp = -n_traces
        Py_XDECREF(s.grad)
        Py_XDECREF(s.creator)
        Py_XDECREF(s.node)


cdef inline bint wants_gradient(Walk walk, PyObject* o) noexcept:
    """Is an input a Variable that takes a gradient, and is it within this walk?"""
    return is_wanted(o) and (walk.activity is None or depends_on_inputs(walk, o))


cdef bint depends_on_inputs(Walk walk, PyObject* o) noexcept:
    """In a walk that keeps to what depends on its inputs: does this Variable?"""
    cdef int i = find_slot(walk.activity, o)
    return i >= 0 and walk.activity.slots[i].state & DEPENDS_ON_INPUTS


# -- The table of seen marks -----------------------------------------------------------------------

cdef int make_seen_table(Walk walk, size_t size) except -1:
    """An empty table; its size is a power of two."""
    walk.key_buffer = bytes_array(size * sizeof(size_t))
    walk.value_buffer = bytes_array(size * sizeof(int))
    memset(cnp.PyArray_DATA(walk.key_buffer), 0, size * sizeof(size_t))
    walk.seen.keys = <size_t*>cnp.PyArray_DATA(walk.key_buffer)
    walk.seen.values = <int*>cnp.PyArray_DATA(walk.value_buffer)
    walk.seen.mask = size - 1
    return 0


cdef size_t place_in_table(Walk walk, PyObject* o) noexcept:
    """Where a Variable stands in the table, or would stand."""
    cdef size_t i = ((<size_t>o >> 4) * <size_t>0x9E3779B97F4A7C15ULL >> 20) & walk.seen.mask
    while walk.seen.keys[i] != 0 and walk.seen.keys[i] != <size_t>o:
        i = (i + 1) & walk.seen.mask
    return i


cdef int find_in_table(Walk walk, PyObject* o) noexcept:
    """The slot of a Variable, or -1 if it has not been seen."""
    cdef size_t i = place_in_table(walk, o)
    return walk.seen.values[i] if walk.seen.keys[i] else -1


cdef int mark_in_table(Walk walk, PyObject* o, int slot) except -1:
    """Enter the slot of a Variable; a table that is half full is made again, four times as large."""
    cdef int k
    if 2 * <size_t>slot >= walk.seen.mask:
        make_seen_table(walk, 4 * (walk.seen.mask + 1))
        for k in range(slot):
            enter_in_table(walk, walk.slots[k].node, k)
    enter_in_table(walk, o, slot)
    return 0


cdef void enter_in_table(Walk walk, PyObject* o, int slot) noexcept:
    cdef size_t i = place_in_table(walk, o)
    walk.seen.keys[i] = <size_t>o
    walk.seen.values[i] = slot
