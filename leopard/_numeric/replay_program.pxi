# Part of replay.pyx. ReplayProgram: a plan in C, and its runs.

cdef list pending_errors = []       # what signal handlers have raised during a run without the interpreter's lock


@cython.final
cdef class ReplayProgram:
    """ReplayProgram(plan, threads=1)\n--\n
    A recorded computation, ready to run. It does not change any more.

    Parameters
    ----------
    plan : leopard.compiling.plan.Plan
        Its steps, and the memory that they use.
    threads : int
        So many threads, at most, share the work on long groups. The results do not depend on it.
    """
    cdef ReplayStep* steps
    cdef External* externals
    cdef Allocation* allocations
    cdef int n_steps, n_externals, n_inputs, n_captured, n_constants, n_outputs, n_guards, n_functions, n_threads
    cdef npy_intp arena_size, scratch_size, n_instructions, kept_bytes, work
    cdef char* image            # what an arena holds at first: NULL for zeros alone
    cdef list functions         # of Python steps
    cdef list constants         # arrays
    cdef list dtypes            # of external arrays
    cdef dict kinds             # how many steps there are of each kind
    cdef Arena free_arena       # or None

    @cython.boundscheck(True)
    def __init__(self, plan, int threads=1):
        cdef Reader reader
        cdef int i
        if self.steps != NULL:
            raise TypeError("this ReplayProgram has a plan already")
        self.functions, self.constants, self.dtypes, self.kinds = [], [], [], {}
        if not 1 <= threads <= MAX_THREADS:
            raise ValueError(f"threads is between 1 and {MAX_THREADS}, not {threads}")
        self.n_threads = threads
        self.arena_size, self.n_guards = plan.arena, len(plan.guards)
        if self.arena_size < 0:
            raise ValueError("an arena of a negative size")
        steps = tuple(plan.steps)
        self.steps = <ReplayStep*>self.keep((len(steps) + 1) * sizeof(ReplayStep))
        self.read_externals(plan)
        self.read_image(plan.image)
        reader = self.new_reader(tuple(plan.loops))
        for i in range(len(steps)):
            reader.read(&self.steps[i], steps[i])
            self.kinds[steps[i][0]] = self.kinds.get(steps[i][0], 0) + 1
            self.work += self.steps[i].work
        self.n_functions = len(self.functions)
        self.n_steps = len(steps)       # only now: a program that is not complete runs nothing

    def __dealloc__(self):
        cdef Allocation* next
        while self.allocations != NULL:
            next = self.allocations.next
            PyMem_Free(self.allocations)
            self.allocations = next

    # -- Memory ----------------------------------------------------------------------------------

    cdef void* keep(self, size_t size) except NULL:
        """Zeros that the program owns."""
        cdef Allocation* chunk = <Allocation*>PyMem_Calloc(1, sizeof(Allocation) + 8 + size)
        if chunk == NULL:
            raise MemoryError
        chunk.next = self.allocations
        self.allocations = chunk
        self.kept_bytes += size
        return <char*>chunk + sizeof(Allocation) + 8

    cdef void* keep_bytes(self, bytes content) except NULL:
        cdef void* to = self.keep(len(content) + 16)
        memcpy(to, <char*>content, len(content))
        return to

    cdef inline Arena take_arena(self):
        """The free arena, or a new one."""
        cdef Arena arena = self.free_arena
        if arena is not None:
            self.free_arena = None
            return arena
        return self.new_arena()

    cdef Arena new_arena(self):
        cdef npy_intp i
        cdef Arena arena = Arena.__new__(Arena)
        arena.allocate(self.arena_size, self.scratch_size, self.n_externals, self.n_inputs, self.n_outputs)
        if self.image != NULL:
            memcpy(arena.memory, self.image, self.arena_size)
        for i in range(self.n_constants):
            arena.bases[1 + self.n_inputs + self.n_captured + i] = bytes_of(<RawArray*><PyObject*>self.constants[i])
        return arena

    # -- Reading ---------------------------------------------------------------------------------

    @cython.boundscheck(True)
    cdef Reader new_reader(self, tuple loops):
        cdef Reader reader = Reader.__new__(Reader)
        cdef int i
        reader.program, reader.n_loops = self, len(loops)
        reader.loops = <NamedLoop*>self.keep((len(loops) + 1) * sizeof(NamedLoop))
        reader.callees = <Callee*>self.keep((len(loops) + 1) * sizeof(Callee))
        for i in range(len(loops)):
            read_loop(loops[i][0], loops[i][1], &reader.loops[i])
            reader.callees[i].call, reader.callees[i].data = reader.loops[i].loop.call, reader.loops[i].loop.data
        return reader

    @cython.boundscheck(True)
    cdef int read_externals(self, plan) except -1:
        cdef int i
        inputs, captured, constants, outputs = plan.inputs, plan.captured, plan.constants, plan.outputs
        self.n_inputs, self.n_captured = len(inputs), len(captured)
        self.n_constants, self.n_outputs = len(constants), len(outputs)
        self.n_externals = self.n_inputs + self.n_captured + self.n_constants + self.n_outputs
        if plan.externals != self.n_externals:
            raise ValueError(f"a plan of {plan.externals} external arrays describes {self.n_externals}")
        for constant in constants:
            if not cnp.PyArray_CheckExact(constant):
                raise TypeError("a constant of a plan is an ndarray")
            self.constants.append(constant)
        forms = [*inputs, *captured]
        forms += [(c.shape, c.dtype, c.strides) for c in constants]
        forms += [(form[0], form[1], form[2] if len(form) > 2 else None) for form in outputs]
        self.externals = <External*>self.keep((len(forms) + 1) * sizeof(External))
        for i in range(len(forms)):
            self.read_external(&self.externals[i], forms[i][0], np.dtype(forms[i][1]), forms[i][2])
        for i in range(self.first_output(), self.n_externals):
            if not fills_memory(&self.externals[i]):
                raise ValueError(f"output {i - self.first_output()} has strides that leave memory out")
        return 0

    cdef int read_external(self, External* e, shape, dtype, strides) except -1:
        cdef int axis
        cdef npy_intp reach
        if dtype.kind not in "fciub" or not dtype.isnative or len(shape) > 32:
            raise ValueError(f"replay has no arrays of {dtype}")
        self.dtypes.append(dtype)
        e.dtype = <PyObject*>dtype
        e.n_axes, e.itemsize, e.number_of_type = len(shape), dtype.itemsize, dtype.num
        e.shape = <npy_intp*>self.keep((e.n_axes + 1) * sizeof(npy_intp))
        e.strides = <npy_intp*>self.keep((e.n_axes + 1) * sizeof(npy_intp))
        reach = e.itemsize
        for axis in reversed(range(e.n_axes)):
            e.shape[axis] = shape[axis]
            e.strides[axis] = reach if strides is None else strides[axis]
            reach *= e.shape[axis]
        e.low, e.high = 0, e.itemsize
        for axis in range(e.n_axes):
            if e.shape[axis] == 0:
                e.low = e.high = 0
                return 0
            if e.strides[axis] < 0:
                e.low += (e.shape[axis] - 1) * e.strides[axis]
            else:
                e.high += (e.shape[axis] - 1) * e.strides[axis]
        return 0

    cdef int read_image(self, image) except -1:
        cdef npy_intp offset
        cdef double value
        if image:
            self.image = <char*>self.keep(self.arena_size)
        for offset, value in image:
            if not 0 <= offset <= self.arena_size - 8:
                raise ValueError("a number outside the arena")
            (<double*>(self.image + offset))[0] = value
        return 0

    # -- Running ---------------------------------------------------------------------------------

    cdef int place_input(self, Arena arena, int k, object given) except -1:
        """Let external `k` be what is given: an array of the form that the plan supposes, or a number."""
        cdef External* e = &self.externals[k]
        cdef int axis
        cdef RawArray* a = <RawArray*><PyObject*>given
        if isinstance(given, (float, int)):
            if e.n_axes or e.number_of_type != cnp.NPY_DOUBLE:
                raise ValueError(f"array {k} is {self.describe(k)}; a number came")
            arena.numbers[k] = given
            arena.bases[1 + k] = <char*>&arena.numbers[k]
            return 0
        if not cnp.PyArray_CheckExact(given):
            raise TypeError(f"array {k} is {self.describe(k)}; {type(given).__name__} came")
        if not matches(e, <PyObject*>given):
            raise ValueError(f"array {k} is {self.describe(k)}; {given.dtype} of shape {given.shape} with strides "
                             f"{given.strides} came")
        arena.bases[1 + k] = bytes_of(a)
        return 0

    def describe(self, int k):
        """The form of external array `k` in words."""
        cdef External* e
        if not 0 <= k < self.n_externals:
            raise IndexError(k)
        e = &self.externals[k]
        shape, strides = [], []
        for axis in range(e.n_axes):
            shape.append(e.shape[axis])
            strides.append(e.strides[axis])
        return f"{<object>e.dtype} of shape {tuple(shape)} with strides {tuple(strides)}"

    cdef inline int first_output(self) noexcept:
        """Which external array is the first output."""
        return self.n_externals - self.n_outputs

    cdef bint has_truth_value(self) noexcept:
        """Whether the last output is one truth value."""
        cdef External* e = &self.externals[self.n_externals - 1]
        return self.n_outputs > 0 and e.number_of_type == cnp.NPY_BOOL and e.n_axes == 0

    cdef object new_output(self, int k):
        """A new array for output `k`."""
        cdef External* e = &self.externals[self.n_externals - self.n_outputs + k]
        return leopard_array_of(e.dtype, e.n_axes, e.shape, e.strides if e.n_axes > 1 else NULL, NULL, 0)

    cdef int check_out(self, int k, object out) except -1:
        """Raise unless an array can be written to as output `k`."""
        cdef External* e = &self.externals[self.n_externals - self.n_outputs + k]
        cdef int axis
        if not cnp.PyArray_CheckExact(out):
            raise TypeError(f"out: output {k} is an ndarray, not {type(out).__name__}")
        if not matches(e, <PyObject*>out) or not flags_of(<RawArray*><PyObject*>out) & WRITEABLE:
            raise ValueError(f"out: output {k} is {self.describe(self.n_externals - self.n_outputs + k)}, writeable; "
                             f"{out.dtype} of shape {out.shape} with strides {out.strides} came")
        return 0

    def run(self, arrays, out=None):
        """run($self, arrays, out=None)\n--\n
        Run the program.

        Parameters
        ----------
        arrays : sequence of ndarray or float
            The inputs, then the captured arrays, in the forms that the plan supposes.
        out : sequence of ndarray, optional
            Where the outputs are written: C order, not overlapping what is read. By default they are new arrays.

        Returns
        -------
        outcome : int
            0 where the outputs are valid; k > 0 where guard k - 1 failed; -1 where a floating-point exception was
            raised that `np.errstate` does not ignore; -2 where a call of Python returned another form than recorded.
        outputs : tuple of ndarray or None
        """
        cdef Arena arena
        cdef int k, outcome
        arrays = [np.asarray(x) if isinstance(x, (np.generic, complex)) else x for x in arrays]
        if len(arrays) != self.n_inputs + self.n_captured:
            raise ValueError(f"run: {self.n_inputs + self.n_captured} arrays are wanted, {len(arrays)} came")
        if out is not None:
            out = tuple(out)
            if len(out) != self.n_outputs:
                raise ValueError(f"run: out has {len(out)} arrays, there are {self.n_outputs} outputs")
        arena = self.take_arena()
        arena.has_own_places = False
        for k in range(len(arrays)):
            self.place_input(arena, k, arrays[k])
        outputs = []
        for k in range(self.n_outputs):
            if out is None:
                outputs.append(self.new_output(k))
            else:
                self.check_out(k, out[k])
                outputs.append(out[k])
        for k in range(self.n_outputs):
            arena.bases[1 + self.n_externals - self.n_outputs + k] = bytes_of(<RawArray*><PyObject*>outputs[k])
        owners = None
        if self.functions:
            owners = [a if cnp.PyArray_CheckExact(a) else None for a in arrays] + self.constants + outputs
        outcome = self.execute(arena, owners)
        self.free_arena = arena
        return outcome, tuple(outputs) if outcome == 0 else None

    cdef inline int execute_scalars(self, Arena arena) except? -100:
        """`execute` of a program that is one run of scalar code."""
        cdef int status = 0, outcome
        leopard_clear_status()
        if THREADED:
            outcome = leopard_run_threaded(<Instruction*>self.steps.more, arena.memory, arena.bases, &status)
        else:
            outcome = leopard_run_switch(<Instruction*>self.steps.more, arena.memory, arena.bases, &status)
        status |= leopard_status()
        if outcome == 0 and status and not errstate_ignores(status):
            return -1
        return outcome

    cdef int execute(self, Arena arena, object owners) except? -100:
        """Run the program on an arena whose bases are set; returns the outcome.

        `owners` are the external arrays, where steps call Python. The caller holds all of them.
        """
        cdef Run run
        cdef int i = 0
        run.bases, run.arena, run.scratch, run.n_threads = arena.bases, arena.memory, arena.scratch, self.n_threads
        run.status = run.outcome = run.work = run.interrupted = 0
        while True:
            leopard_clear_status()
            if self.work >= NOGIL_SIZE:
                with nogil:
                    i = run_steps(self.steps, i, self.n_steps, &run)
            else:
                i = run_steps(self.steps, i, self.n_steps, &run)
            run.status |= leopard_status()
            if run.interrupted:
                raise pending_errors.pop()
            if i == self.n_steps:
                break
            run.outcome = call_python(self.functions[self.steps[i].number], arena, owners, self.first_output())
            if run.outcome:
                break
            i += 1
        if run.outcome == 0 and run.status and not errstate_ignores(run.status):
            return -1
        return run.outcome

    def info(self):
        """info($self)\n--\n
        A dict of counts: steps of each kind, scalar instructions, bytes of the arena and of the program.
        """
        return {
            "steps": self.n_steps,
            "kinds": dict(self.kinds),
            "instructions": self.n_instructions,
            "arena_bytes": self.arena_size,
            "scratch_bytes": self.scratch_size,
            "program_bytes": self.kept_bytes,
            "constant_bytes": sum([c.nbytes for c in self.constants]),
            "guards": self.n_guards,
            "work": self.work,
        }


cdef bint fills_memory(External* e) noexcept:
    """Whether the elements are all within the memory of a new array of this shape."""
    cdef npy_intp size = e.itemsize
    cdef int axis
    for axis in range(e.n_axes):
        size *= e.shape[axis]
    return e.low == 0 and e.high == size


cdef bint matches(External* e, PyObject* array) noexcept:
    """Whether an exact ndarray has the type, shape and strides of an external one."""
    cdef RawArray* a = <RawArray*>array
    cdef int axis
    if number_of_type(a) != e.number_of_type or n_axes_of(a) != e.n_axes:
        return False
    if not flags_of(a) & ALIGNED or not is_native(a):
        return False
    for axis in range(e.n_axes):
        if shape_of(a)[axis] != e.shape[axis]:
            return False
        if strides_of(a)[axis] != e.strides[axis] and e.shape[axis] > 1:
            return False
    return True
