# Part of _core.pyx. What is assigned to a Variable may have been computed by Functions that own the Variable: a cycle.
#
#     x (HANDLE) -> Versions -> latest -> SetItem -> v -> Mul -> x
#
# When x is assigned to, every Function behind the new version that takes a HANDLE is made to take the original version
# in its place, which is the same to a walk. So a Function behind the latest version of x owns a HANDLE only if it took
# that Variable before it became one, hence later than x did: there is no cycle. Where there are too many Functions to
# search, the collector tracks everything.
#
# What has been searched is not searched again. HANDLEs that Functions had taken before are counted as they are made; a
# `Versions` is `checked_until` a count if Functions behind it own none that was made before. Only later ones are
# searched for, and only Functions of their generation or a higher one can own those.

cdef enum:
    MAX_SEARCHED = 1000    # Functions
    REMEMBERED = 64         # HANDLEs whose generations are remembered

cdef long long n_handles_made = 0       # of Variables that Functions had taken
cdef long long first_live_handle = 0    # the count at which none existed
cdef int n_live_handles = 0
cdef int[REMEMBERED] generations        # of the last ones


cdef void note_new_handle(Versions versions, Variable v) noexcept:
    """Count a HANDLE that Functions own."""
    global n_handles_made, n_live_handles
    versions.consumed = True
    n_live_handles += 1
    generations[n_handles_made % REMEMBERED] = v.generation
    n_handles_made += 1


cdef void forget_handle() noexcept:
    """Count a HANDLE down whose `Versions` is deallocated."""
    global n_live_handles, first_live_handle
    n_live_handles -= 1
    if n_live_handles == 0:
        first_live_handle = n_handles_made


cdef int lowest_generation_since(long long count) noexcept:
    """The lowest generation that a Function which owns a HANDLE made after this count can have."""
    cdef int lowest = MAX_GENERATIONS
    if n_handles_made - count > REMEMBERED:
        return 0
    while count < n_handles_made:
        lowest = min(lowest, generations[count % REMEMBERED])
        count += 1
    return lowest


cdef Versions with_acyclic_base(Versions view):
    """The versions of a view, after cycles through its base are prevented: Functions behind that may own the view."""
    cdef Variable latest
    if view.base is not None:
        latest = latest_of(view.base)
        if not remove_handles_behind(view, latest, False):
            track_reachable(unaliased(view.original))
            track_reachable(view.original)
            track_reachable(latest)
    return view


cdef int prevent_cycle(Versions versions, Variable new) except -1:
    """Before `new` becomes the latest version: prevent a cycle, or have the collector track it."""
    cdef Variable node = unaliased(versions.original)
    if versions.reachable_tracked or node.flags & TRACKED:
        track_reachable(new)
    elif not versions.consumed:
        versions.checked_until = 0
    elif not remove_handles_behind(versions, new, True):
        track_reachable(node)
        track_reachable(new)
    return 0


cdef bint remove_handles_behind(Versions versions, Variable start, bint is_new) except -1:
    """Let no Function behind `start`, which is or will be a version, own a HANDLE.

    Returns False if there are too many Functions to search. `is_new` means that Functions behind `start` may not have
    been searched yet.
    """
    cdef Function f
    cdef Versions other
    cdef int lowest = lowest_generation_since(max(versions.checked_until, first_live_handle))
    cdef long long until = n_handles_made
    cdef set seen = set()               # addresses of Functions
    cdef list waiting = []              # Functions, and the lowest generation to search behind each
    cdef list searched = [versions]
    push_creator(waiting, versions.original, lowest)
    push_creator(waiting, start, lowest_generation_since(first_live_handle) if is_new else lowest)
    while waiting:
        f, lowest = waiting.pop()
        if <size_t><PyObject*>f in seen:
            continue
        seen.add(<size_t><PyObject*>f)
        if len(seen) > MAX_SEARCHED:
            return False
        remove_handles_of(f, lowest, versions, waiting, searched)
    for other in searched:
        other.checked_until = until
    return True


cdef int push_creator(list waiting, Variable v, int lowest) except -1:
    """Have the creator of `v` searched, unless its generation is lower than `lowest`."""
    cdef Function f
    if v.creator != NULL and (<Function>v.creator).generation >= lowest:
        f = <Function>v.creator         # held before the tuple is made, which may run the collector
        waiting.append((f, lowest))
    return 0


cdef int remove_handles_of(Function f, int lowest, Versions versions, list waiting, list searched) except -1:
    """Substitute the inputs of `f` that are HANDLEs, and push the creators of all its inputs."""
    cdef Versions other
    cdef PyObject* input
    cdef Variable v
    cdef int i, lowest_here
    for i in range(f.n_inputs):
        input = inputs_of(<PyObject*>f)[i]
        if input == NULL or not PyObject_TypeCheck(input, VARIABLE):
            continue
        v = <Variable>input             # held: another thread may take it out of `f`
        lowest_here = lowest
        if v.flags & (HANDLE | VERSION):
            other = versions if v.label == <PyObject*>versions.reference else versions_of(<PyObject*>v)
            if v.flags & HANDLE and f.operation != <PyObject*>structural.alias:
                substitute_input(f, i, other.original)
                v = other.original
            if other is not None:
                lowest_here = max(lowest, lowest_generation_since(max(other.checked_until, first_live_handle)))
                if other.latest is v and other is not versions:
                    searched.append(other)
        push_creator(waiting, v, lowest_here)
    return 0


cdef int substitute_input(Function f, int i, Variable new) except -1:
    """Let `f` own `new` as its input `i`, and release or give back the input that it had."""
    cdef PyObject** inputs = inputs_of(<PyObject*>f)
    cdef PyObject* old = inputs[i]
    cdef bint was_borrowed = not f.flags & MANY_INPUTS and is_borrowed(<PyObject*>f, i)
    Py_INCREF(new)
    inputs[i] = <PyObject*>new
    new.flags |= CONSUMED
    if i < 2 and not f.flags & MANY_INPUTS:
        f.flags &= ~(FIRST_BORROWED << i)
    if was_borrowed:
        (<Variable>old).n_borrowers -= 1
    else:
        Py_DECREF_pointer(old)
    return 0
