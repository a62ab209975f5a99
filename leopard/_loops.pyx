"""NumPy's inner loops, called without NumPy's dispatch, and lists of them.

A. A `Loop` is a C function pointer of a ufunc for one type, with its data. It comes from the
   `PyUFuncObject`, so the numbers are NumPy's own to the last bit.
B. A `Recipe` is the derivative of an elementwise function as a list of such calls on registers.
   It is read back from the rule's own recording (`leopard/_recipe.py`), never written by hand.
C. Registers: 0 the upstream gradient, 1 the output, 2... the inputs, then constants, then results.
D. Three sizes of thing: one point (`run_recipe`, on doubles), a segment (`segment`, on registers of
   at most a block), every point (`finish_run`, which goes over a space in segments). All are
   `noexcept nogil`: no Python object is touched while anything is computed.
E. Floating-point trouble is only noticed here, by the processor's status word; NumPy says it in its
   own way, when the caller makes NumPy's own call.
"""
import numpy as np

cimport numpy as cnp
from cpython.object cimport PyObject
from libc.math cimport isinf
from libc.string cimport memcpy

cnp.import_array()

cdef extern from "numpy/ufuncobject.h":
    # Stated here, because what NumPy's own .pxd says of it changes with its version.
    ctypedef struct PyUFuncObject:
        int nin, nout, nargs, ntypes
        void** functions
        void** data
        const char* types

cdef enum:
    SHORT_ROW = 64      # elements: rows shorter than this are run several at a time

cdef int[N_TYPES] NUMBERS = [cnp.NPY_DOUBLE, cnp.NPY_FLOAT, cnp.NPY_CDOUBLE, cnp.NPY_CFLOAT]
TYPES = ("float64", "float32", "complex128", "complex64")


cdef Loop find_loop_to(object ufunc, int type, bint truth) except *:
    """The loop of `ufunc` whose inputs all have this type, and whose output has it or is a bool."""
    cdef Loop loop
    cdef PyUFuncObject* u
    cdef int k, i
    loop.call = NULL
    loop.data = NULL
    if not isinstance(ufunc, np.ufunc):
        return loop
    u = <PyUFuncObject*><PyObject*>ufunc
    if u.nout != 1:
        return loop
    for k in range(u.ntypes):
        for i in range(u.nin):
            if u.types[k * u.nargs + i] != NUMBERS[type]:
                break
        else:
            if u.types[k * u.nargs + u.nin] == (cnp.NPY_BOOL if truth else NUMBERS[type]):
                loop.call = <InnerLoop><void*>u.functions[k]     # the loops of numbers need no GIL
                loop.data = <void*>u.data[k] if u.data != NULL else NULL
            break
    return loop


cdef Loop find_loop(object ufunc, int type) except *:
    return find_loop_to(ufunc, type, False)


cdef bint moves_matter(object ufunc) except -1:
    """Do its loops give other bits when an operand stands still? `power` squares when the exponent does."""
    return ufunc is np.power or ufunc is np.float_power


cdef Loop[N_TYPES] ADD
for _type in range(N_TYPES):
    ADD[_type] = find_loop(np.add, _type)


cdef class Recipe:
    """The gradients of one elementwise function as calls of inner loops.

    Parameters
    ----------
    n_inputs : int
        Inputs of the function; their registers are 2 to ``n_inputs + 1``.
    constants : list of float
        They fill the registers after the inputs.
    steps : list of (ufunc, tuple of int)
        Each call and the registers it reads; it writes the next free register.
    results : list of int
        The register of each input's gradient, -1 where there is none.
    type : str
        Of the arrays: "float64", "float32", "complex128" or "complex64".
    operations : sequence, optional
        What records each step, for a walk that is itself recorded.
    """

    def __init__(self, int n_inputs, list constants, list steps, list results, type="float64", operations=()):
        cdef int i, k
        cdef Step* step
        if not 0 < n_inputs <= MOST_INPUTS or len(results) > MOST_INPUTS:
            raise ValueError("a recipe has one to three inputs")
        if X + n_inputs + len(constants) + len(steps) > MOST_REGISTERS:
            raise ValueError("the rule is too long for a recipe")
        self.type = TYPES.index(type)
        self.n_inputs = n_inputs
        self.first_constant = X + n_inputs
        self.n_constants = len(constants)
        self.n_steps = len(steps)
        self.n_results = len(results)
        self.fits = True
        for i in range(self.n_constants):
            self.constants[i] = constants[i]
            self.fits = self.fits and cast_number(self.constants[i], self.type, &self.typed[i])
        lines = []
        for i, (ufunc, registers) in enumerate(steps):
            step = &self.steps[i]
            step.n_inputs = len(registers)
            if ufunc.nout != 1 or ufunc.nin != step.n_inputs or step.n_inputs > 2 or ufunc.signature:
                raise ValueError(f"{ufunc!r} is no function of {step.n_inputs} registers")
            step.loop = find_loop(ufunc, self.type)
            step.asks = step.loop.call == NULL
            if step.asks:
                step.loop = find_loop_to(ufunc, self.type, True)
            step.of_doubles = find_loop_to(ufunc, DOUBLE, step.asks)
            if step.loop.call == NULL or step.of_doubles.call == NULL:
                raise ValueError(f"{ufunc!r} has no loop for {type}")
            step.y = self.first_constant + self.n_constants + i
            for k in range(step.n_inputs):
                step.x[k] = registers[k]
                if not 0 <= step.x[k] < step.y:
                    raise ValueError("a step reads a register before it is written")
                self.note(step.x[k])
                step.mixes = step.mixes or self.is_truth(step.x[k])
            step.mixes = step.mixes and step.n_inputs == 2
            self.whole = self.whole or moves_matter(ufunc)
            names = ", ".join(map("r{}".format, registers))     # no comprehension: see _core.pyx
            lines.append(f"r{step.y} = {ufunc.__name__}({names})")
        for i in range(self.n_results):
            self.results[i] = results[i]
            if self.results[i] >= self.first_constant + self.n_constants + self.n_steps:
                raise ValueError("a result names a register that is never written")
            if self.results[i] >= 0:
                self.note(self.results[i])
        for i in range(self.n_steps):
            self.writes[i] = -1
            for k in range(self.n_results):
                if self.results[k] == self.steps[i].y:
                    self.writes[i] = k
        self.put_on_shelves()
        self.lines = tuple(lines)
        self.operations = tuple(operations)

    cdef void note(self, int register) noexcept:
        if register < self.first_constant:
            self.reads |= 1ULL << register

    cdef bint is_truth(self, int register) noexcept:
        cdef int i = register - self.first_constant - self.n_constants
        return i >= 0 and self.steps[i].asks

    cdef void put_on_shelves(self) noexcept:
        """Give each step a block of scratch memory; one is free again after the last that reads it."""
        cdef int i, k, j, n_free = 0
        cdef int[MOST_REGISTERS] last, free
        cdef int first = self.first_constant + self.n_constants
        for i in range(self.n_steps):
            last[i] = i
        for i in range(self.n_steps):
            for k in range(self.steps[i].n_inputs):
                if self.steps[i].x[k] >= first:
                    last[self.steps[i].x[k] - first] = i
        for k in range(self.n_results):
            if self.results[k] >= first:
                last[self.results[k] - first] = self.n_steps
        for i in range(self.n_steps):       # before what it reads is freed: no step writes over its operands
            if n_free:
                n_free -= 1
                self.shelf[i] = free[n_free]
            else:
                self.shelf[i] = self.n_shelves
                self.n_shelves += 1
            for j in range(i + 1):
                if last[j] == i:
                    free[n_free] = self.shelf[j]
                    n_free += 1
                    last[j] = -1

    @property
    def registers_read(self):
        """The registers given from outside that it reads, in order: 0 gy, 1 y, then the inputs."""
        read = []
        for register in range(self.first_constant):
            if self.reads >> register & 1:
                read.append(register)
        return tuple(read)

    def __str__(self):
        return "\n".join(self.lines)


# -- One point -----------------------------------------------------------------------------------

cdef double ask(Step* step, double* r) noexcept nogil:
    cdef char truth
    cdef char* args[3]
    args[0] = <char*>&r[step.x[0]]
    args[1] = &truth if step.n_inputs == 1 else <char*>&r[step.x[1]]
    args[2] = &truth
    step.of_doubles.call(args, &leopard_one, leopard_steps, step.of_doubles.data)
    return truth != 0


cdef bint check_recipe(Recipe recipe, double* r) noexcept nogil:
    """The same again with the status word watched: true when nothing was raised in it."""
    cdef int i, status = 0
    for i in range(recipe.n_steps):
        leopard_clear_status()
        run_step(&recipe.steps[i], r)
        status |= leopard_status()      # now: some loops clear it as they end
    return status == 0


# -- Numbers -------------------------------------------------------------------------------------

cdef bint cast_number(double value, int type, Number* number) noexcept nogil:
    """A number in a type, as NumPy casts it; false when it does not fit."""
    number.real[1] = 0
    if type == DOUBLE or type == COMPLEX:
        number.real[0] = value
        return True
    number.single[0] = <float>value
    number.single[1] = 0
    return isinf(value) or not isinf(number.single[0])


cdef bint give_number(Run* run, int register, double value, bint weak) noexcept nogil:
    """A register that is one number; false when it does not fit into the type."""
    run.uniform |= 1ULL << register
    if weak:
        run.weak |= 1ULL << register
        run.double_of[register] = value
    return cast_number(value, run.type, &run.number[register])


cdef void widen(const char* truths, char* to, npy_intp n, int type) noexcept nogil:
    """Truth values as the numbers 0 and 1."""
    cdef npy_intp i
    if type == DOUBLE:
        for i in range(n):
            (<double*>to)[i] = truths[i] != 0
    elif type == SINGLE:
        for i in range(n):
            (<float*>to)[i] = truths[i] != 0
    else:
        for i in range(n):
            cast_number(truths[i] != 0, type, <Number*>(to + i * size_of_type(type)))


cdef bint step_of_numbers(Run* run, Step* step) noexcept nogil:
    """A step whose operands are all numbers, once for the whole space; false when it does not fit."""
    cdef int k, y = step.y
    cdef bint weak = True
    cdef char truth
    cdef char* args[3]
    cdef Number value
    for k in range(step.n_inputs):
        weak = weak and run.weak >> step.x[k] & 1
    for k in range(step.n_inputs):
        args[k] = <char*>&run.double_of[step.x[k]] if weak else <char*>&run.number[step.x[k]]
    args[step.n_inputs] = &truth if step.asks else <char*>&value
    if weak:        # Python numbers among themselves are doubles, whatever the arrays are
        step.of_doubles.call(args, &leopard_one, leopard_steps, step.of_doubles.data)
    else:
        step.loop.call(args, &leopard_one, leopard_steps, step.loop.data)
    run.status |= leopard_status()
    if step.asks:
        return give_number(run, y, truth != 0, weak)
    if weak:
        return give_number(run, y, value.real[0], True)
    run.uniform |= 1ULL << y
    run.number[y] = value
    return True


cdef bint begin_run(Run* run, Recipe recipe) noexcept nogil:
    """What is the same over the whole space, and the list of what is not; false when it cannot run.

    The caller has set `type`, `itemsize`, `uniform`, `weak` and the given registers that are numbers.
    """
    cdef int i, k
    cdef bint uniform
    cdef Step* step
    run.status = run.add_status = run.n_steps = 0
    run.uniform |= ~recipe.reads & ((1ULL << recipe.first_constant) - 1)    # what is not read may be anything
    if not recipe.fits:
        return False
    leopard_clear_status()
    for i in range(recipe.n_constants):
        k = recipe.first_constant + i
        run.uniform |= 1ULL << k
        run.weak |= 1ULL << k
        run.double_of[k] = recipe.constants[i]
        run.number[k] = recipe.typed[i]
    for i in range(recipe.n_steps):
        step = &recipe.steps[i]
        uniform = run.uniform >> step.x[0] & 1 and (step.n_inputs == 1 or run.uniform >> step.x[1] & 1)
        if step.mixes and run.type != DOUBLE and (run.weak >> step.x[0] | run.weak >> step.x[1]) & 1:
            return False                # a truth value and a Python number are a float64 together
        if not uniform:
            run.steps[run.n_steps] = i
            run.n_steps += 1
        elif not step_of_numbers(run, step):
            return False
    return True


# -- Every point ---------------------------------------------------------------------------------

cdef void coalesce(Space* space, Operand* operands, int n, unsigned long long which) noexcept nogil:
    """Fewer and longer axes: those that every operand of `which` goes through as if they were one."""
    cdef int axis, kept = 0, k
    cdef bint one
    for axis in range(space.n_axes):
        if space.shape[axis] == 1:
            continue
        one = kept > 0
        if one:
            for k in range(n):
                if which >> k & 1 and operands[k].strides[kept - 1] != space.shape[axis] * operands[k].strides[axis]:
                    one = False
                    break
        if one:
            space.shape[kept - 1] *= space.shape[axis]
            for k in range(n):
                if which >> k & 1:
                    operands[k].strides[kept - 1] = operands[k].strides[axis]
            continue
        space.shape[kept] = space.shape[axis]
        for k in range(n):
            if which >> k & 1:
                operands[k].strides[kept] = operands[k].strides[axis]
        kept += 1
    if kept == 0:
        space.shape[0] = 1
        for k in range(n):
            if which >> k & 1:
                operands[k].strides[0] = 0
        kept = 1
    space.n_axes = kept


cdef struct Sweep:
    # A list of steps on its way over a space.
    Run* run
    Step* steps
    int n_given                     # registers from outside
    int n_registers
    int* shelf
    int n_results
    int* results
    int* writes
    char* scratch                   # the shelves, then a block for each given register, then truth values
    npy_intp pitch                  # from block to block
    char* gathered
    char* truths
    char* at[MOST_REGISTERS]        # of this segment
    npy_intp strides[MOST_REGISTERS]
    npy_intp done                   # elements before this segment


cdef inline npy_intp pitch_of(npy_intp itemsize) noexcept nogil:
    return BLOCK * itemsize + 192       # not a power of two: the blocks would share their cache lines


cdef size_t scratch_size(Recipe recipe) noexcept nogil:
    return (recipe.n_shelves + X + recipe.n_inputs) * pitch_of(size_of_type(recipe.type)) + BLOCK


cdef void copy_strided(char* to, const char* source, npy_intp stride, npy_intp n, npy_intp itemsize) noexcept nogil:
    cdef npy_intp i
    if stride == itemsize:
        memcpy(to, source, n * itemsize)
    elif itemsize == 8:
        for i in range(n):
            (<double*>to)[i] = (<double*>(source + i * stride))[0]
    elif itemsize == 4:
        for i in range(n):
            (<float*>to)[i] = (<float*>(source + i * stride))[0]
    else:
        for i in range(n):
            memcpy(to + i * itemsize, source + i * stride, itemsize)


cdef void segment(Sweep* s, npy_intp n) noexcept nogil:
    """All steps, for as many elements as a block holds."""
    cdef int i, j, k, y
    cdef Run* run = s.run
    cdef Step* step
    cdef npy_intp itemsize = run.itemsize
    cdef char* args[3]
    cdef npy_intp strides[3]
    cdef npy_intp count
    cdef char* target
    for j in range(run.n_steps):
        i = run.steps[j]
        step = &s.steps[i]
        y = step.y
        for k in range(step.n_inputs):
            args[k] = s.at[step.x[k]]
            strides[k] = s.strides[step.x[k]]
        k = s.writes[i]
        if k >= 0 and run.targets[k].at != NULL and not run.targets[k].add:
            s.at[y] = run.targets[k].at + s.done * itemsize
        else:
            s.at[y] = s.scratch + s.shelf[i] * s.pitch
        s.strides[y] = itemsize
        args[step.n_inputs] = s.truths if step.asks else s.at[y]
        strides[step.n_inputs] = 1 if step.asks else itemsize
        count = n
        step.loop.call(args, &count, strides, step.loop.data)
        run.status |= leopard_status()      # now: some loops clear it as they end
        if step.asks:
            widen(s.truths, s.at[y], n, run.type)
    for k in range(s.n_results):
        if run.targets[k].at == NULL:
            continue
        y = s.results[k]
        target = run.targets[k].at + s.done * itemsize
        if run.targets[k].add:
            args[0] = args[2] = target
            args[1] = s.at[y]
            strides[0] = strides[2] = itemsize
            strides[1] = s.strides[y]
            count = n
            ADD[run.type].call(args, &count, strides, ADD[run.type].data)
            run.add_status |= leopard_status()
        elif s.at[y] != target:
            copy_strided(target, s.at[y], s.strides[y], n, itemsize)
    s.done += n


cdef void rows(Sweep* s, Operand* r) noexcept nogil:
    """A long last axis: each row by itself, the operands with whatever strides they have."""
    cdef Space* space = &s.run.space
    cdef int last = space.n_axes - 1, axis, k
    cdef npy_intp start, n
    cdef npy_intp index[MOST_AXES]
    cdef char* row[MOST_REGISTERS]
    for axis in range(last):
        index[axis] = 0
    for k in range(s.n_given):
        row[k] = r[k].at
    while True:
        start = 0
        while start < space.shape[last]:
            n = min(<npy_intp>BLOCK, space.shape[last] - start)
            for k in range(s.n_given):
                s.at[k] = row[k] + start * r[k].strides[last]
            segment(s, n)
            start += n
        axis = last - 1
        while axis >= 0:
            index[axis] += 1
            for k in range(s.n_given):
                row[k] += r[k].strides[axis]
            if index[axis] < space.shape[axis]:
                break
            for k in range(s.n_given):
                row[k] -= space.shape[axis] * r[k].strides[axis]
            index[axis] = 0
            axis -= 1
        if axis < 0:
            return


cdef void short_rows(Sweep* s, Operand* r) noexcept nogil:
    """A short last axis: as many rows at a time as a block holds, their repeated elements written out."""
    cdef Space* space = &s.run.space
    cdef int last = space.n_axes - 1, before = space.n_axes - 2, axis, k
    cdef npy_intp length = space.shape[last], itemsize = s.run.itemsize
    cdef npy_intp at_a_time = BLOCK // length, row, n, i
    cdef npy_intp index[MOST_AXES]
    cdef npy_intp written[MOST_REGISTERS]      # rows that stand in the gathered block and stay right
    cdef char* plane[MOST_REGISTERS]
    cdef char* block
    cdef bint same
    for axis in range(before):
        index[axis] = 0
    for k in range(s.n_given):
        plane[k] = r[k].at
        written[k] = 0
        if r[k].strides[before] == length * r[k].strides[last]:
            s.strides[k] = r[k].strides[last]
        else:
            s.strides[k] = itemsize
    while True:
        row = 0
        while row < space.shape[before]:
            n = min(at_a_time, space.shape[before] - row)
            for k in range(s.n_given):
                if r[k].strides[before] == length * r[k].strides[last]:
                    s.at[k] = plane[k] + row * r[k].strides[before]
                    continue
                block = s.gathered + k * s.pitch
                same = True
                for axis in range(before + 1):
                    same = same and r[k].strides[axis] == 0
                for i in range(written[k], n):
                    copy_strided(
                        block + i * length * itemsize, plane[k] + (row + i) * r[k].strides[before],
                        r[k].strides[last], length, itemsize,
                    )
                if same:
                    written[k] = max(written[k], n)
                s.at[k] = block
            segment(s, n * length)
            row += n
        axis = before - 1
        while axis >= 0:
            index[axis] += 1
            for k in range(s.n_given):
                plane[k] += r[k].strides[axis]
            if index[axis] < space.shape[axis]:
                break
            for k in range(s.n_given):
                plane[k] -= space.shape[axis] * r[k].strides[axis]
            index[axis] = 0
            axis -= 1
        if axis < 0:
            return


cdef void sweep(Sweep* s) noexcept nogil:
    """Go over the space. What is a number stays where it is; every other given register moves."""
    cdef Run* run = s.run
    cdef Space* space = &run.space
    cdef Operand* r = run.r
    cdef int k, axis, last = space.n_axes - 1
    s.done = 0
    if last == 0 and space.shape[0] <= BLOCK:       # one segment
        for k in range(s.n_registers):
            if run.uniform >> k & 1:
                s.at[k] = <char*>&run.number[k]
                s.strides[k] = 0
            elif k < s.n_given:
                s.at[k] = r[k].at
                s.strides[k] = r[k].strides[0]
        if space.shape[0]:
            segment(s, space.shape[0])
        return
    for axis in range(space.n_axes):
        if space.shape[axis] == 0:
            return
    for k in range(s.n_registers):
        if run.uniform >> k & 1:
            s.at[k] = <char*>&run.number[k]
            s.strides[k] = 0
            if k < s.n_given:
                r[k].at = s.at[k]
                for axis in range(space.n_axes):
                    r[k].strides[axis] = 0
    if last > 0 and space.shape[last] < SHORT_ROW:
        short_rows(s, r)
        return
    for k in range(s.n_given):
        s.strides[k] = r[k].strides[last]
    rows(s, r)


cdef void finish_run(Run* run, Recipe recipe, char* scratch) noexcept nogil:
    """Every point: the steps that `begin_run` has left, into the targets."""
    cdef Sweep s
    s.run = run
    s.steps = recipe.steps
    s.n_given = recipe.first_constant
    s.n_registers = recipe.first_constant + recipe.n_constants + recipe.n_steps
    s.shelf = recipe.shelf
    s.n_results = recipe.n_results
    s.results = recipe.results
    s.scratch = scratch
    s.pitch = pitch_of(run.itemsize)
    s.gathered = scratch + recipe.n_shelves * s.pitch
    s.truths = s.gathered + s.n_given * s.pitch
    s.writes = recipe.writes
    sweep(&s)


cdef void run_step_over(Run* run, Step* step, char* scratch) noexcept nogil:
    """One call of a ufunc: operands `run.r`, the result to `run.targets[0]`."""
    cdef Sweep s
    cdef int result = step.n_inputs, first = 0
    run.itemsize = size_of_type(run.type)
    run.status = run.add_status = 0
    run.uniform = run.weak = 0
    run.steps[0] = 0
    run.n_steps = 1
    s.run = run
    s.steps = step
    s.n_given = step.n_inputs
    s.n_registers = s.n_given + 1
    s.shelf = NULL
    s.n_results = 1
    s.results = &result
    s.writes = &first
    s.scratch = s.gathered = scratch
    s.pitch = pitch_of(run.itemsize)
    s.truths = NULL
    leopard_clear_status()
    sweep(&s)
