# Part of _core.pyx. A walk begins, by which queue it goes, and how it ends.

selection_switch = PyContextVar_New("selection", NULL)
cdef object selection = selection_switch
cdef object selection_default = "bucket"

cdef enum:
    MAX_KEPT_SLOTS = 131072        # with more the primary walk is not kept for the next time

cdef Walk spare = None              # the primary walk, while no walk is primary
cdef bint primary_busy = False
cdef long long n_walks = 0


def set_selection_default(name):
    """Set the queue of walks outside any `using_config` that names one: "bucket", "max" or "sort"."""
    global selection_default
    selection_default = name


cdef ReadyQueue selected_queue():
    """A new queue if `using_config` or the default names another than "bucket", which every walk has; else None."""
    cdef PyObject* value = NULL
    PyContextVar_Get(<PyObject*>selection, NULL, &value)
    name = selection_default
    if value != NULL:
        name = <object>value or selection_default
        Py_XDECREF(value)
    if name == "bucket":
        return None
    return SortQueue() if name == "sort" else MaxQueue()


cdef Walk begin_walk():
    """A walk for the caller alone, primary if no other is; `end_walk` must follow whatever happens."""
    global spare, primary_busy, n_walks
    cdef Walk walk = None
    cdef bint primary = not primary_busy
    primary_busy = True                 # at once: what follows may let another thread run
    try:
        if primary:
            walk, spare = spare, None
        if walk is None:
            walk = Walk()
        walk.primary = primary
        if primary:
            n_walks += 1
            walk.number = n_walks
        else:
            make_seen_table(walk, 256)
    except BaseException:
        if primary:
            primary_busy = False
        raise
    return walk


cdef int configure_walk(Walk walk, bint retain_grad, bint create_graph) except -1:
    """Set the options of a walk that has begun; those that `using_config` has are read here."""
    walk.create_graph = create_graph
    walk.retain_grad = retain_grad
    walk.compiled = is_on(compiled_switch)
    walk.elements_left_out = False
    walk.n_rows = -1
    walk.work = walk.n_looks = 0
    walk.queue = selected_queue()
    return 0


cdef int restart_queue(Walk walk, int generation) except -1:
    """Empty the queue, for Functions of this generation and lower ones."""
    if walk.queue is None:
        walk.bucket.restart(generation)
    else:
        walk.queue.restart(generation)
    return 0


cdef int restart_queue_at(Walk walk, list outputs) except -1:
    """Empty the queue, for the creators of these Variables and what those were computed from."""
    cdef int highest = 0
    cdef Variable v
    for v in outputs:
        if v.creator != NULL:
            highest = max(highest, (<Function>v.creator).generation)
    return restart_queue(walk, highest)


cdef int end_walk(Walk walk) except -1:
    """Let go of all that a walk holds, also when it has failed. The primary walk is kept for the next time."""
    global spare, primary_busy
    count_walk()
    try:
        release_walk(walk)
    finally:
        if walk.primary:
            primary_busy = False
            if walk.capacity <= MAX_KEPT_SLOTS:
                spare = walk
    return 0


cdef int release_walk(Walk walk) except -1:
    close_program(walk)
    release_slots(walk)
    release_sums(walk)
    walk.queue = walk.activity = None
    walk.sweep.n_entries = 0
    walk.ignores_invalid = False
    if walk.context is not None:
        context, walk.context = walk.context, None
        leave_context(context)
    return 0


# -- Walks that are repeated -----------------------------------------------------------------------

class NotRecorded(RuntimeError):
    """A rule needs the walk to be recorded, as its gradient depends on how its upstream gradient changes.

    A walk that is not recorded is then repeated, recorded, and what it recorded is dropped at its end.
    """


#: Whether the walk has begun with gradients that were computed from Variables: how they change is not in its record.
from_recorded = ContextVar("from_recorded", default=False)


cdef int drop_record(Walk walk) except -1:
    """Make arrays of the gradients that a recorded walk has found, as those of a walk that is not recorded."""
    cdef int i
    for i in range(walk.n):
        if walk.slots[i].grad != NULL:
            array = data_of(<Variable>walk.slots[i].grad)
            Py_INCREF(array)
            Py_XDECREF(walk.slots[i].grad)
            walk.slots[i].grad = <PyObject*>array
    walk.create_graph = False
    return 0
