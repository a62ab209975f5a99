# Part of _core.pyx. Signals, as that of Ctrl-C, are handled while a walk goes on.
#
# Python handles signals between its instructions, and where it is asked to. A walk asks when it has done LOOK_WORK
# units of work. A unit is about a nanosecond, or a few: an element that one call of a loop computes, or eight
# operations of a product. A long program asks between two of its blocks. So an exception comes within about a tenth of
# a second, or after one call of NumPy or BLAS.

cdef enum:
    STEP_WORK = LOOK_WORK >> 10         # units for each Function, whatever its size
    LOOKS_PER_TURN = 64                 # after so many looks other threads get a turn

cdef unsigned long main_thread = threading.main_thread().ident      # the only one that handles signals
cdef long long n_looks = 0              # by all walks of the main thread
cdef long long most_work = 0            # before one of these looks


def _after_fork():
    global main_thread
    main_thread = threading.get_ident()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)


cdef inline int count_step(Walk walk) except -1:
    """Count a Function that has been walked, and look for signals if it is time."""
    walk.work += STEP_WORK
    if walk.work >= LOOK_WORK:
        flush(walk)
        look_for_signals(walk)
    return 0


cdef inline int look_if_due(Walk walk) except -1:
    """Look for signals if enough work has been counted since the last time."""
    if walk.work >= LOOK_WORK:
        look_for_signals(walk)
    return 0


cdef inline void count_elements(Walk walk, PyObject* array) noexcept:
    """Count as work a pass over the elements of an array, or of what has its shape; NULL is one number."""
    if array != NULL:
        walk.work += size_of(array)


cdef void count_operands(Walk walk, Function f, int i) noexcept:
    """Count as work a pass over the inputs of `f`, and over its output, which has slot `i`."""
    cdef PyObject** inputs = inputs_of(<PyObject*>f)
    cdef long long before = walk.work
    cdef int k
    count_elements(walk, form_array(walk.slots[i].node))
    for k in range(f.n_inputs):
        count_elements(walk, matrix_of(inputs[k]))
    if walk.n_rows > 1:
        walk.work += (walk.work - before) * (walk.n_rows - 1)


cdef int look_for_signals(Walk walk) except -1:
    """Let Python handle signals, and now and then let other threads run."""
    note_look(walk.work)
    walk.work = 0
    walk.n_looks += 1
    PyErr_CheckSignals()
    if walk.n_looks % LOOKS_PER_TURN == 0:
        with nogil:
            pass
    return 0


cdef void note_look(long long work) noexcept:
    global n_looks, most_work
    if PyThread_get_thread_ident() == main_thread:
        n_looks += 1
        most_work = max(most_work, work)


cdef bint is_interrupted(npy_intp work) noexcept with gil:
    """Look for signals while a program runs: true where one has raised, and `leopard_raise_pending` will pass it on."""
    note_look(work)
    return check_signals() != 0


def looks_for_signals():
    """How often walks of the main thread have looked for signals since the last call, and the most work before it."""
    global n_looks, most_work
    found = n_looks, most_work
    n_looks = most_work = 0
    return found
