# Part of _core.pyx. What has been assigned to a Variable may lead to Functions that own the Variable.
#
#     x (HANDLE) -> Assigned -> now -> SetItem -> v -> Mul -> x
#
# When x is assigned to, all Functions behind the new node are made to take, in the place of a HANDLE, the node `then`
# of it, which is the same to a walk. So a Function behind what x is now owns a HANDLE only if that was none when it
# came there, hence has become one later than x: there is no cycle. Where there are too many Functions to look at, the
# collector is told of everything.
#
# What has been looked at is not looked at again: an Assigned is `clean` up to a birth, of a HANDLE that Functions had
# taken before, if Functions behind it own none that was born until then. Only later ones are looked for, and they are
# taken by Functions of their generation or a higher one alone.

cdef enum:
    MAX_SOUGHT = 1000          # Functions
    REMEMBERED = 64             # births
    LEFT = 2                    # references to what a view's Function owns alone, while it is being looked at

cdef long long n_born = 0
cdef long long first_born = 0   # of those that are alive
cdef int n_alive = 0
cdef int[REMEMBERED] generations


cdef void note_birth(Assigned a, Variable v) noexcept:
    """`v`, which Functions own, has become a HANDLE."""
    global n_born, n_alive
    a.consumed = True
    n_alive += 1
    generations[n_born % REMEMBERED] = v.generation
    n_born += 1


cdef void forget_birth() noexcept:
    global n_alive, first_born
    n_alive -= 1
    if n_alive == 0:
        first_born = n_born


cdef int lowest_since(long long birth) noexcept:
    """No Function of a lower generation owns a HANDLE that was born after."""
    cdef int lowest = MAX_GENERATIONS
    if n_born - birth > REMEMBERED:
        return 0
    while birth < n_born:
        lowest = min(lowest, generations[birth % REMEMBERED])
        birth += 1
    return lowest


cdef Assigned settled(Assigned a):
    """A view that has got its base: Functions behind that may own the view."""
    cdef Variable now
    if a.base is not None:
        now = current_node(a.base)
        if not make_clean(a, now, False):
            close_graph(node_behind(a.then))
            close_graph(a.then)
            close_graph(now)
    return a


cdef int settle_cycle(Assigned a, Variable new) except -1:
    """See that no cycle is closed where `a` becomes `new`, or that the collector knows it."""
    cdef Variable node = node_behind(a.then)
    if a.closed or node.flags & TRACKED:
        close_graph(new)
    elif not a.consumed:
        a.clean = 0
    elif not make_clean(a, new, True):
        close_graph(node)
        close_graph(new)
    return 0


cdef bint make_clean(Assigned a, Variable start, bint is_new) except -1:
    """Let no Function behind `start`, which is or will be `a`, own a HANDLE; false if they are too many to look at."""
    cdef Function f
    cdef Assigned other
    cdef Variable then
    cdef PyObject** inputs
    cdef PyObject* v
    cdef PyObject* maker = a.then.maker
    cdef int i, n = 0, lowest = lowest_since(max(a.clean, first_born)), lowest_here
    cdef long long until = n_born
    cdef set seen = set()
    cdef list waiting = [], lowests = [], passed = [a]
    if (<Function>maker).generation >= lowest:
        waiting.append(<object>maker)
        lowests.append(lowest)
    if is_new:                          # what it brings may have been there for long
        lowest = lowest_since(first_born)
    if start.maker != NULL and (<Function>start.maker).generation >= lowest:
        waiting.append(<object>start.maker)
        lowests.append(lowest)
    while waiting:
        f, lowest = waiting.pop(), lowests.pop()
        if <size_t><PyObject*>f in seen:
            continue
        seen.add(<size_t><PyObject*>f)
        n += 1
        if n > MAX_SOUGHT:
            return False
        inputs = inputs_of(<PyObject*>f)
        for i in range(f.n_inputs):
            v = inputs[i]
            if v == NULL or not PyObject_TypeCheck(v, VARIABLE):
                continue
            lowest_here = lowest
            if (<Variable>v).flags & (HANDLE | HIDDEN):
                other = a if (<Variable>v).label == <PyObject*>a.reference else assignment_of(v)
                if (<Variable>v).flags & HANDLE and f.operation != <PyObject*>upper.alias:
                    then = other.then
                    substitute_input(f, i, then)
                    v = <PyObject*>then
                if other is not None:
                    lowest_here = max(lowest, lowest_since(max(other.clean, first_born)))
                    if <PyObject*>other.now == v and other is not a:
                        passed.append(other)
            maker = (<Variable>v).maker
            if maker != NULL and (<Function>maker).generation >= lowest_here:
                waiting.append(<object>maker)
                lowests.append(lowest_here)
    for other in passed:
        other.clean = until
    return True


cdef int substitute_input(Function f, int i, Variable then) except -1:
    cdef PyObject** inputs = inputs_of(<PyObject*>f)
    cdef PyObject* old = inputs[i]
    cdef bint lent = not f.flags & MANY_INPUTS and is_borrowed(<PyObject*>f, i)
    Py_INCREF(then)
    inputs[i] = <PyObject*>then
    then.flags |= CONSUMED
    if i < 2 and not f.flags & MANY_INPUTS:
        f.flags &= ~(BORROWED << i)
    if lent:
        (<Variable>old).n_borrowers -= 1
    else:
        Py_DECREF_pointer(old)
    return 0
