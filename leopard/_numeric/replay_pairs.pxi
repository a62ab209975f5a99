# Part of replay.pyx. Two calls of a group in one loop (`exact_pairs_body.h`), where nothing else reads the first result.

cdef void pair_calls(Group* g, bint of_divisions) noexcept:
    """Let calls of exact arithmetic make a call before them whose result they alone read.

    With `of_divisions` only pairs with a division are made, which hides the other operation.
    """
    cdef int i, j, k
    if EXACT.pairs[0][0] == NULL:
        return
    for j in range(g.n_calls):
        for k in range(g.calls[j].n_inputs):
            i = g.calls[j].x[k] - (g.n_registers - g.n_calls)
            if not (0 <= i < j and can_pair(g, i, j)):
                continue
            if of_divisions and g.calls[i].exact != LEOPARD_DIVIDES and g.calls[j].exact != LEOPARD_DIVIDES:
                continue
            pair(g, &g.calls[i], &g.calls[j], k)
            break


cdef bint can_pair(Group* g, int i, int j) noexcept:
    """Whether call `j` can make call `i`, too."""
    cdef GroupCall* first = &g.calls[i]
    cdef GroupCall* second = &g.calls[j]
    cdef int k, c, y = g.n_registers - g.n_calls + i, n_readers = 0
    if first.is_absorbed or second.is_absorbed or g.registers[y].has_target:
        return False
    if not (can_be_paired(first.exact) and can_be_paired(second.exact)):
        return False
    for c in range(i + 1, g.n_calls):
        for k in range(g.calls[c].n_inputs):
            n_readers += g.calls[c].x[k] == y
        if c < j and g.registers[y + c - i].has_target:     # what is written in between may be memory that `i` reads
            return False
    for k in range(g.n_sums):
        n_readers += g.sums[k].register == y
    return n_readers == 1


cdef bint can_be_paired(int exact) noexcept:
    return LEOPARD_ADD <= exact <= LEOPARD_DIVIDES or exact == LEOPARD_SQUARE


cdef void pair(Group* g, GroupCall* first, GroupCall* second, int place) noexcept:
    """Make `second` one loop with `first`, whose result is its operand at `place`."""
    cdef int[4] behind = [LEOPARD_T_PLUS_X, LEOPARD_T_MINUS_X, LEOPARD_T_TIMES_X, LEOPARD_T_OVER_X]
    cdef int[4] before = [LEOPARD_T_PLUS_X, LEOPARD_X_MINUS_T, LEOPARD_T_TIMES_X, LEOPARD_X_OVER_T]
    cdef int how
    if second.exact == LEOPARD_SQUARE:
        how = LEOPARD_T_SQUARED
        second.x[2] = first.x[0]
    else:
        how = before[second.exact] if place else behind[second.exact]
        second.x[2] = second.x[1 - place]
    second.x[0], second.x[1] = first.x[0], first.x[0 if first.exact == LEOPARD_SQUARE else 1]
    second.n_inputs = 3
    second.loop.call = EXACT.pairs[LEOPARD_MULTIPLY if first.exact == LEOPARD_SQUARE else first.exact][how]
    second.exact = -1                   # no pair of pairs
    first.is_absorbed = True


cdef void remove_absorbed_calls(Group* g) noexcept:
    cdef int i, n = 0
    for i in range(g.n_calls):
        if not g.calls[i].is_absorbed:
            g.calls[n] = g.calls[i]
            n += 1
    g.n_calls = n
