# Part of terms.pyx. Which terms are read, in which order they are computed, and when each is read last.

def living(Terms terms not None, outputs):
    """Which terms are read, by others or at the end: one byte for each."""
    alive = bytearray(terms.n_terms)
    cdef char* marks = alive
    cdef Py_ssize_t t
    cdef int k
    for r in outputs:
        marks[terms.checked(r >> 1)] = 1
    for t in range(terms.n_terms - 1, -1, -1):
        if marks[t]:
            for k in range(terms.first[t], terms.first[t + 1]):
                marks[terms.refs[k] >> 1] = 1
    return alive


def parted(Terms terms not None, bytearray alive not None):
    """The terms that are read, by what becomes of them.

    Returns
    -------
    order : list of int
        What is computed by a step.
    base_of : dict
        By views, what they show.
    items : dict
        By calls of Python, their results.
    outside : list of int
        Inputs, captured arrays and constants.
    mixed : bool
        Whether there is any step but one of scalar code.
    """
    cdef list order = [], outside = []
    cdef dict base_of = {}, items = {}
    cdef bint mixed = False
    cdef char* marks = alive
    cdef Py_ssize_t t
    cdef int op
    if len(alive) != terms.n_terms:
        raise ValueError("one byte is wanted for each term")
    for t in range(terms.n_terms):
        op = terms.ops[t]
        if op >= 0:
            if marks[t]:
                order.append(t)
                mixed = mixed or op >= C_PACK
        elif op == C_ITEM:              # all results of a call have a place
            if marks[terms.refs[terms.first[t]] >> 1]:
                items.setdefault(terms.refs[terms.first[t]] >> 1, []).append(t)
        elif marks[t]:
            if op == C_VIEW:
                base_of[t] = terms.refs[terms.first[t]] >> 1
            elif op == C_INPUT or op == C_CAPTURED or op == C_CONSTANT:
                outside.append(t)
            elif op != C_NUMBER:
                order.append(t)
                mixed = True
    return order, base_of, items, outside, mixed


def staged(list order not None, Terms terms not None, dict sources not None):
    """The order in which scalar code is in few pieces: a list of stages, every other one of them scalar."""
    cdef array.array stages = array.clone(array.array("i"), terms.n_terms, True)
    cdef array.array source = array.clone(array.array("i"), terms.n_terms, False)
    cdef int* stage_of = stages.data.as_ints
    cdef int* of = source.data.as_ints
    cdef Py_ssize_t t
    cdef int k, stage, odd
    found = {}
    for t in range(terms.n_terms):
        of[t] = <int>t
    for view, base in sources.items():
        of[terms.checked(view)] = <int>terms.checked(base)
    for item in order:
        t = terms.checked(item)
        stage = odd = 0 if 0 <= terms.ops[t] < C_LOOP else 1
        for k in range(terms.first[t], terms.first[t + 1]):
            stage = max(stage, stage_of[of[terms.refs[k] >> 1]])
        if stage & 1 != odd:
            stage += 1
        stage_of[t] = stage
        if stage in found:
            found[stage].append(item)
        else:
            found[stage] = [item]
    return [found[stage] for stage in sorted(found)]


def last_uses(list order not None, Terms terms not None, dict base_of not None, outputs):
    """The place in the order at which each term is read last; -1 where nothing reads it.

    A view is read where its base is; what is read at the end has the place behind the last one.
    """
    cdef array.array made = array.clone(array.array("i"), terms.n_terms, False)
    cdef int* last = made.data.as_ints
    cdef int place, k
    cdef Py_ssize_t t
    if terms.n_terms:                   # else there is no memory
        memset(last, 0xFF, terms.n_terms * sizeof(int))
    for place in range(<int>len(order)):
        item = order[place]
        if type(item) is int:
            t = terms.checked(item)
            for k in range(terms.first[t], terms.first[t + 1]):
                last[terms.refs[k] >> 1] = place
        else:
            for r in item.inputs:
                last[terms.checked(r >> 1)] = place
    for r in outputs:
        last[terms.checked(r >> 1)] = <int>len(order)
    for view, base in base_of.items():
        if last[terms.checked(view)] > last[terms.checked(base)]:
            last[<Py_ssize_t>base] = last[<Py_ssize_t>view]
    return made


def group_type(Py_ssize_t t, Terms terms not None, members):
    """The type of the groups that a term can join, as a character; "?" for any, None where it can join none.

    It is an elementwise operation of one type, and of truth values that terms of the group compute. Its
    operands are in C order and of its shape, or numbers, or rows that are repeated.
    """
    cdef Form form = <Form>terms.forms[terms.checked(t)], operand
    cdef int k, r, place = 0
    if terms.ops[t] < C_LOOP or form is None or not form.contiguous:
        return None
    found = None
    types = (<str>terms.loops[terms.ops[t] - C_LOOP][1]).replace("->", "")
    for char in types:
        if terms.first[t] + place < terms.first[t + 1]:
            r = terms.refs[terms.first[t] + place]
            operand = terms.form_of(r)
            if char == "?" and r >> 1 not in members:
                return None
            if operand is not None and len(operand.shape) and terms.remembered(rows_of, operand, form.shape) is None:
                return None
        place += 1
        if char != "?":
            if found is not None and found != char:
                return None
            found = char
    return "?" if found is None else found
