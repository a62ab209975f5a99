# Part of replay.pyx. The loops that a plan names: NumPy's, or leopard's of the same bits.

cdef dict TYPE_CHARS = {"d": DOUBLE, "f": SINGLE, "D": 2, "F": 3}


cdef int type_named(object type) except -1:
    """The number of a type in loops.pxd from it, or from a dtype."""
    cdef int number, k
    if isinstance(type, int):
        number = type
        if 0 <= number < N_TYPES:
            return number
    else:
        number = np.dtype(type).num
        for k in range(N_TYPES):
            if TYPE_NUMBERS[k] == number:
                return k
    raise ValueError(f"no type that replay computes with: {type!r}")


# -- Loops ---------------------------------------------------------------------------------------

cdef struct NamedLoop:
    Loop loop               # NumPy's
    Loop own                # leopard's of the same bits for contiguous operands, or `loop`
    int n_inputs, n_outputs
    npy_intp itemsizes[MAX_OPERANDS]
    int exact, type         # of exact arithmetic: which, and of which type; else -1
    bint is_of_doubles      # inputs and output


cdef int read_loop(object ufunc, str types, NamedLoop* named) except -1:
    """Find the loop of a ufunc for types such as "dd->d"; the first that a ufunc lists is NumPy's own choice."""
    cdef PyUFuncObject* u
    cdef int k, i
    if not isinstance(ufunc, np.ufunc) or ufunc.signature:
        raise ValueError(f"{ufunc!r} is no elementwise ufunc")
    u = <PyUFuncObject*><PyObject*>ufunc
    letters = types.replace("->", "")
    if len(letters) != u.nargs or u.nargs > MAX_OPERANDS or "O" in letters:
        raise ValueError(f"{ufunc.__name__} has no loop {types} that replay calls")
    numbers = [np.dtype(letter).num for letter in letters]
    for k in range(u.ntypes):
        for i in range(u.nargs):
            if u.types[k * u.nargs + i] != numbers[i]:
                break
        else:
            if u.functions[k] == NULL:
                break
            named.loop.call = <InnerLoop><void*>u.functions[k]
            named.loop.data = <void*>u.data[k] if u.data != NULL else NULL
            named.n_inputs, named.n_outputs = u.nin, u.nout
            named.is_of_doubles = set(letters) == {"d"}
            for i in range(u.nargs):
                named.itemsizes[i] = np.dtype(letters[i]).itemsize
            named.own, named.exact = named.loop, -1
            if ufunc in EXACT_UFUNCS and len(set(letters)) == 1 and letters[0] in "df":
                named.exact, named.type = EXACT_UFUNCS.index(ufunc), TYPE_CHARS[letters[0]]
                named.own.call = EXACT.loops[named.exact][named.type]
                named.own.data = <void*>&named.loop
            return 0
    raise ValueError(f"{ufunc.__name__} has no loop {types}")
