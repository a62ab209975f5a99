# Part of replay.pyx. A program that is run again and again on what it has computed: the steps of a loop.

cdef enum:
    MIN_WORK = 64       # units of work of a step, at least: for signals


@cython.final
@cython.internal
cdef class Repetition:
    """The arrays of a loop, and where a step finds and writes them.

    The inputs of the program are the carries, one row of each table, and what does not change; its outputs are the
    carries, and a new row of each result. A carry is read from one array and written to another, and the next step
    takes the two the other way round; the first step reads the arrays that were given, which are never written.
    """
    cdef ReplayProgram program
    cdef Arena arena
    cdef list carries       # what the next step reads: the given arrays, then those of `written`
    cdef list written       # what it writes
    cdef list spare         # what the step after it writes
    cdef list tables, unchanged, results
    cdef npy_intp* steps    # owned: from row to row, in bytes, of each table and then of each result
    cdef int n_carries, n_tables, n_results

    def __dealloc__(self):
        PyMem_Free(self.steps)

    cdef int begin(self, list carries, list tables, list unchanged, Py_ssize_t n, bint reverse) except -1:
        """Check what is given, allocate what is written, and let the bases be those of the first step."""
        cdef ReplayProgram p = self.program
        cdef int k
        if len(carries) + len(tables) + len(unchanged) != p.n_inputs + p.n_captured or len(carries) > p.n_outputs:
            raise ValueError(f"repeat_run: {p.n_inputs + p.n_captured} arrays are wanted, "
                             f"{len(carries) + len(tables) + len(unchanged)} came")
        self.carries, self.tables, self.unchanged, self.results = carries, tables, unchanged, []
        self.n_carries, self.n_tables, self.n_results = len(carries), len(tables), p.n_outputs - len(carries)
        self.steps = <npy_intp*>PyMem_Calloc(self.n_tables + self.n_results + 1, sizeof(npy_intp))
        if self.steps == NULL:
            raise MemoryError
        self.written = [p.new_output(k) for k in range(self.n_carries)]
        for k in range(self.n_carries):
            p.place_input(self.arena, k, carries[k])
            y = self.written[k]
            if not matches(&p.externals[k], <PyObject*>y):
                raise ValueError(f"repeat_run: carry {k} is {p.describe(k)}, and its output has another form")
        self.spare = [p.new_output(k) for k in range(self.n_carries)]
        self.place_carries(p.first_output(), self.written)
        for k in range(self.n_tables):
            self.place_table(k, tables[k], n, reverse)
        for k in range(len(unchanged)):
            p.place_input(self.arena, self.n_carries + self.n_tables + k, unchanged[k])
        for k in range(self.n_results):
            y = p.new_output(self.n_carries + k)
            if not flags_of(<RawArray*><PyObject*>y) & C_ORDER:
                raise ValueError(f"repeat_run: result {k} is not in C order")
            self.results.append(np.empty((n, *y.shape), y.dtype))
            self.place_rows(p.first_output() + self.n_carries + k, self.n_tables + k, self.results[k], n, reverse)
        return 0

    cdef int place_table(self, int k, table, Py_ssize_t n, bint reverse) except -1:
        if not cnp.PyArray_CheckExact(table):
            raise TypeError(f"repeat_run: table {k} is no array")
        if table.ndim == 0 or len(table) < n:
            raise ValueError(f"repeat_run: table {k} has fewer than {n} rows")
        self.program.place_input(self.arena, self.n_carries + k, table[0, ...])
        return self.place_rows(self.n_carries + k, k, table, n, reverse)

    cdef int place_rows(self, int external, int number, table, Py_ssize_t n, bint reverse) except -1:
        """Let an external array be the first row of a table, or the last one of n."""
        cdef RawArray* a = <RawArray*><PyObject*>table
        cdef npy_intp step = strides_of(a)[0]
        self.arena.bases[1 + external] = bytes_of(a) + ((n - 1) * step if reverse else 0)
        self.steps[number] = -step if reverse else step
        return 0

    cdef int place_carries(self, int first, list arrays) except -1:
        cdef int k
        for k in range(self.n_carries):
            self.arena.bases[1 + first + k] = bytes_of(<RawArray*><PyObject*>arrays[k])
        return 0

    cdef int run(self) except? -100:
        """Run the program once; returns the outcome."""
        cdef ReplayProgram p = self.program
        owners = None
        if p.functions:
            owners = [x if cnp.PyArray_CheckExact(x) else None for x in self.carries + self.tables + self.unchanged]
            owners += p.constants + self.written + self.results
        return p.execute(self.arena, owners)

    cdef int turn(self) except -1:
        """Let the next step read what this one has written, and go to the next rows."""
        cdef char** bases = self.arena.bases + 1
        cdef int k, first = self.program.first_output()
        self.carries, self.written, self.spare = self.written, self.spare, self.written
        self.place_carries(0, self.carries)
        self.place_carries(first, self.written)
        for k in range(self.n_tables):
            bases[self.n_carries + k] += self.steps[k]
        for k in range(self.n_results):
            bases[first + self.n_carries + k] += self.steps[self.n_tables + k]
        return 0


def repeat_run(ReplayProgram program not None, n, carries, tables=(), unchanged=(), bint reverse=False):
    """repeat_run(program, n, carries, tables=(), unchanged=(), reverse=False)\n--\n
    Run a program again and again, on the carries that it has computed before.

    Parameters
    ----------
    program : ReplayProgram
        Its inputs are the carries, one row of each table, and the unchanged arrays, with the captured ones last; its
        outputs are the carries, in the same forms, and one row of each result.
    n : int or None
        How often. With None the last output, one truth value, decides whether the program runs again; it runs once at
        least, and there are no tables and no other results.
    carries, tables, unchanged : sequence of ndarray
    reverse : bool
        Whether to begin with the last row.

    Returns
    -------
    outcome : int
        As that of `ReplayProgram.run`.
    arrays : list of ndarray or None
        The last carries, then the results, with the rows along the first axis.
    """
    cdef Repetition r = Repetition.__new__(Repetition)
    cdef Py_ssize_t i, count = 1 if n is None else n
    cdef npy_intp done = 0
    cdef int outcome
    cdef bint counted = n is not None
    if not counted and (tables or program.n_outputs != len(carries) + 1 or not program.has_truth_value()):
        raise ValueError("repeat_run: without a number of steps the last output is one truth value, the only result")
    if count < 1:
        raise ValueError(f"repeat_run: {n} times")
    r.program, r.arena = program, program.take_arena()
    r.arena.has_own_places = False
    r.begin(list(carries), list(tables), list(unchanged), count, reverse)
    if not counted:
        r.steps[0] = 0          # each step writes the truth value to the same place
    i = 0
    while True:
        outcome = r.run()
        if outcome:
            break
        r.turn()
        done += max(program.work, MIN_WORK)
        if done >= LOOK_WORK:
            done = 0
            with nogil:                 # another thread may run now
                pass
            PyErr_CheckSignals()
        i += 1
        if i == count if counted else not bytes_of(<RawArray*><PyObject*>r.results[0])[0]:
            break
    program.free_arena = r.arena
    if outcome:
        return outcome, None
    return 0, r.carries + (r.results if counted else [])
