# Part of _core.pyx. What has been assigned to a Variable may lead to Functions that own the Variable.
#
#     x (HANDLE) -> Versions -> now -> SetItem -> v -> Mul -> x
#
# When x is assigned to, all Functions behind the new node are made to take, in the place of a HANDLE, the node `then`
# of it, which is the same to a walk. So a Function behind what x is now owns a HANDLE only if that was none when it
# came there, hence has become one later than x: there is no cycle. Where there are too many Functions to look at, the
# collector is told of everything.
#
# What has been looked at is not looked at again: a Versions is `clean` up to a birth, of a HANDLE that Functions had
# taken before, if Functions behind it own none that was born until then. Only later ones are looked for, and they are
# taken by Functions of their generation or a higher one alone.

cdef enum:
    MAX_SEARCHED = 1000          # Functions
    REMEMBERED = 64             # births
    REFERENCES_OF_VIEW = 2                    # references to what a view's Function owns alone, while it is being looked at

cdef long long n_handles_made = 0
cdef long long first_live_handle = 0   # of those that are alive
cdef int n_live_handles = 0
cdef int[REMEMBERED] generations


cdef void note_new_handle(Versions a, Variable v) noexcept:
    """`v`, which Functions own, has become a HANDLE."""
    global n_handles_made, n_live_handles
    a.consumed = True
    n_live_handles += 1
    generations[n_handles_made % REMEMBERED] = v.generation
    n_handles_made += 1


cdef void forget_handle() noexcept:
    global n_live_handles, first_live_handle
    n_live_handles -= 1
    if n_live_handles == 0:
        first_live_handle = n_handles_made


cdef int lowest_generation_since(long long birth) noexcept:
    """No Function of a lower generation owns a HANDLE that was born after."""
    cdef int lowest = MAX_GENERATIONS
    if n_handles_made - birth > REMEMBERED:
        return 0
    while birth < n_handles_made:
        lowest = min(lowest, generations[birth % REMEMBERED])
        birth += 1
    return lowest


cdef Versions with_acyclic_base(Versions a):
    """A view that has got its base: Functions behind that may own the view."""
    cdef Variable now
    if a.base is not None:
        now = latest_of(a.base)
        if not remove_handles_behind(a, now, False):
            track_reachable(unaliased(a.original))
            track_reachable(a.original)
            track_reachable(now)
    return a


cdef int prevent_cycle(Versions a, Variable new) except -1:
    """See that no cycle is closed where `a` becomes `new`, or that the collector knows it."""
    cdef Variable node = unaliased(a.original)
    if a.reachable_tracked or node.flags & TRACKED:
        track_reachable(new)
    elif not a.consumed:
        a.checked_until = 0
    elif not remove_handles_behind(a, new, True):
        track_reachable(node)
        track_reachable(new)
    return 0


cdef bint remove_handles_behind(Versions a, Variable start, bint is_new) except -1:
    """Let no Function behind `start`, which is or will be `a`, own a HANDLE; false if they are too many to look at."""
    cdef Function f
    cdef Versions other
    cdef Variable then
    cdef PyObject** inputs
    cdef PyObject* v
    cdef PyObject* creator = a.original.creator
    cdef int i, n = 0, lowest = lowest_generation_since(max(a.checked_until, first_live_handle)), lowest_here
    cdef long long until = n_handles_made
    cdef set seen = set()
    cdef list waiting = [], lowests = [], passed = [a]
    if (<Function>creator).generation >= lowest:
        waiting.append(<object>creator)
        lowests.append(lowest)
    if is_new:                          # what it brings may have been there for long
        lowest = lowest_generation_since(first_live_handle)
    if start.creator != NULL and (<Function>start.creator).generation >= lowest:
        waiting.append(<object>start.creator)
        lowests.append(lowest)
    while waiting:
        f, lowest = waiting.pop(), lowests.pop()
        if <size_t><PyObject*>f in seen:
            continue
        seen.add(<size_t><PyObject*>f)
        n += 1
        if n > MAX_SEARCHED:
            return False
        inputs = inputs_of(<PyObject*>f)
        for i in range(f.n_inputs):
            v = inputs[i]
            if v == NULL or not PyObject_TypeCheck(v, VARIABLE):
                continue
            lowest_here = lowest
            if (<Variable>v).flags & (HANDLE | VERSION):
                other = a if (<Variable>v).label == <PyObject*>a.reference else versions_of(v)
                if (<Variable>v).flags & HANDLE and f.operation != <PyObject*>structural.alias:
                    then = other.original
                    substitute_input(f, i, then)
                    v = <PyObject*>then
                if other is not None:
                    lowest_here = max(lowest, lowest_generation_since(max(other.checked_until, first_live_handle)))
                    if <PyObject*>other.latest == v and other is not a:
                        passed.append(other)
            creator = (<Variable>v).creator
            if creator != NULL and (<Function>creator).generation >= lowest_here:
                waiting.append(<object>creator)
                lowests.append(lowest_here)
    for other in passed:
        other.checked_until = until
    return True


cdef int substitute_input(Function f, int i, Variable then) except -1:
    cdef PyObject** inputs = inputs_of(<PyObject*>f)
    cdef PyObject* old = inputs[i]
    cdef bint lent = not f.flags & MANY_INPUTS and is_borrowed(<PyObject*>f, i)
    Py_INCREF(then)
    inputs[i] = <PyObject*>then
    then.flags |= CONSUMED
    if i < 2 and not f.flags & MANY_INPUTS:
        f.flags &= ~(FIRST_BORROWED << i)
    if lent:
        (<Variable>old).n_borrowers -= 1
    else:
        Py_DECREF_pointer(old)
    return 0
