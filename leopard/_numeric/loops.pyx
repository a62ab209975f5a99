"""NumPy's inner loops, called without NumPy's dispatch, and lists of them.

A. A `Loop` is a C function pointer of a ufunc for one type, with its data. It comes from the
   `PyUFuncObject`, so the numbers are NumPy's own to the last bit.
B. A `Recipe` is the derivative of an elementwise function as a list of such calls on registers.
   It is read back from the rule's own recording (`leopard/functions/_read_rule.py`), never written by hand.
C. Registers: 0 the upstream gradient, 1 the output, 2... the inputs, then constants, then results.
D. A `Program` is a list of such calls over arrays of one type and shape, of one recipe or of many that
   follow each other; the walk writes it (`_core.pyx`).
E. Three sizes of thing: one point (`run_recipe`, on doubles), a segment (on registers of at most a
   block), every point (`run_program`, which goes over a space in segments). All are `noexcept nogil`: no
   Python object is touched while anything is computed.
F. Floating-point trouble is only noticed here, by the processor's status word; NumPy says it in its
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
    FAR = 65536         # elements: arrays longer than this do not stay in the second-level cache

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


cdef bint depends_on_strides(object ufunc) except -1:
    """Do its loops give other bits when an operand stands still? `power` squares when the exponent does."""
    return ufunc is np.power or ufunc is np.float_power


for _type in range(N_TYPES):
    ADD[_type] = find_loop(np.add, _type)
    MULTIPLY[_type] = find_loop(np.multiply, _type)


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
        # What runs Python comes before anything is counted: it may change the lists.
        constants, results = list(map(float, constants)), list(map(int, results))
        steps = [(ufunc, tuple(map(int, registers))) for ufunc, registers in tuple(steps)]
        if self.lines is not None:
            raise TypeError("this Recipe is written already")
        if not 0 < n_inputs <= MAX_INPUTS or len(results) > MAX_INPUTS:
            raise ValueError("a recipe has one to three inputs")
        if X + n_inputs + len(constants) + len(steps) > MAX_RECIPE_REGISTERS:
            raise ValueError("the rule is too long for a recipe")
        self.type = TYPES.index(type)
        self.n_inputs = n_inputs
        self.first_constant = X + n_inputs
        self.n_constants = len(constants)
        self.n_steps = len(steps)
        self.n_results = len(results)
        for i in range(self.n_constants):
            self.constants[i] = constants[i]
        lines, ufuncs = [], []
        for i, (ufunc, registers) in enumerate(steps):
            step = &self.steps[i]
            step.n_inputs = len(registers)
            if ufunc.nout != 1 or ufunc.nin != step.n_inputs or step.n_inputs > 2 or ufunc.signature:
                raise ValueError(f"{ufunc!r} is no function of {step.n_inputs} registers")
            step.loop = find_loop(ufunc, self.type)
            step.evaluates_truth = step.loop.call == NULL
            if step.evaluates_truth:
                step.loop = find_loop_to(ufunc, self.type, True)
            step.double_loop = find_loop_to(ufunc, DOUBLE, step.evaluates_truth)
            if step.loop.call == NULL or step.double_loop.call == NULL:
                raise ValueError(f"{ufunc!r} has no loop for {type}")
            step.y = self.first_constant + self.n_constants + i
            for k in range(step.n_inputs):
                step.x[k] = registers[k]
                if not 0 <= step.x[k] < step.y:
                    raise ValueError("a step reads a register before it is written")
                self.note(step.x[k])
                step.has_truth_operand = step.has_truth_operand or self.is_truth(step.x[k])
            step.has_truth_operand = step.has_truth_operand and step.n_inputs == 2
            self.needs_whole_arrays = self.needs_whole_arrays or depends_on_strides(ufunc)
            names = ", ".join(map(self.name_of, registers))     # no comprehension: see _core.pyx
            lines.append(f"{self.name_of(step.y)} = {ufunc.__name__}({names})")
            ufuncs.append(ufunc)
        for i in range(self.n_results):
            self.results[i] = results[i]
            if self.results[i] >= self.first_constant + self.n_constants + self.n_steps:
                raise ValueError("a result names a register that is never written")
            if self.results[i] >= 0:
                self.note(self.results[i])
        for i in range(self.n_results):
            if self.results[i] >= 0:
                lines.append(f"gradient of {self.name_of(X + i)}: {self.name_of(self.results[i])}")
        self.lines = tuple(lines)
        self.ufuncs, self.operations = tuple(ufuncs), tuple(operations)
        for operation in self.operations:
            self.may_raise_spuriously = self.may_raise_spuriously or getattr(operation, "murmurs", False)

    cdef void note(self, int register) noexcept:
        if register < self.first_constant:
            self.reads_mask |= 1ULL << register

    cdef bint is_truth(self, int register) noexcept:
        cdef int i = register - self.first_constant - self.n_constants
        return i >= 0 and self.steps[i].evaluates_truth

    def name_of(self, int register):
        """What a register is called in `lines`."""
        if register == GY or register == Y:
            return ("gy", "y")[register]
        if register < self.first_constant:
            return "x" if self.n_inputs == 1 else f"x{register - X}"
        register -= self.first_constant
        if register < self.n_constants:
            return f"{self.constants[register]:g}"
        return f"r{register - self.n_constants + 1}"

    @property
    def registers_read(self):
        """The names of what it reads from outside: gy, y, the inputs."""
        read = []
        for register in range(self.first_constant):
            if self.reads_mask >> register & 1:
                read.append(self.name_of(register))
        return tuple(read)

    def __str__(self):
        return "\n".join(self.lines)


# -- One point -----------------------------------------------------------------------------------

cdef double evaluate_truth(Step* step, double* r) noexcept nogil:
    cdef char truth
    cdef char* args[3]
    args[0] = <char*>&r[step.x[0]]
    args[1] = &truth if step.n_inputs == 1 else <char*>&r[step.x[1]]
    args[2] = &truth
    step.double_loop.call(args, &leopard_one, leopard_steps, step.double_loop.data)
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


cdef void widen(const char* truths, char* to, npy_intp n, int type) noexcept nogil:
    """Truth values as the numbers 0 and 1."""
    cdef npy_intp i
    cdef Number number
    if type == DOUBLE:
        for i in range(n):
            (<double*>to)[i] = truths[i] != 0
    elif type == SINGLE:
        for i in range(n):
            (<float*>to)[i] = truths[i] != 0
    else:
        for i in range(n):
            cast_number(truths[i] != 0, type, &number)
            memcpy(to + i * size_of_type(type), &number, size_of_type(type))


# -- Sums ----------------------------------------------------------------------------------------
# A fold takes the elements of a contiguous array in order, so many at a time. Whoever gives it the same
# pieces, the array as a whole or a program that makes it block by block, gets the same bits.

cdef void add_block(char* total, const char* x, npy_intp n, npy_intp stride, int type) noexcept nogil:
    """Add the sum of a row to `total`, pairwise, by the loop that `np.add.reduce` uses."""
    cdef char* args[3]
    cdef npy_intp strides[3]
    args[0] = args[2] = total
    args[1] = <char*>x
    strides[0] = strides[2] = 0
    strides[1] = stride
    ADD[type].call(args, &n, strides, ADD[type].data)


cdef void add_row(
    char* to, const char* a, const char* b, npy_intp n, npy_intp stride, npy_intp b_stride, int type
) noexcept nogil:
    """to = a + b, element by element; `to` and `a` go by one stride."""
    cdef char* args[3]
    cdef npy_intp strides[3]
    args[0], args[1], args[2] = <char*>a, <char*>b, to
    strides[0] = strides[2] = stride
    strides[1] = b_stride
    ADD[type].call(args, &n, strides, ADD[type].data)


cdef void begin_blockwise_sum(BlockwiseSum* fold, SummedAxes axes, int type, char* total, npy_intp length) noexcept nogil:
    fold.axes, fold.type, fold.total, fold.length = axes, type, total, length
    fold.done = fold.n_blocks = 0


cdef void sum_next_block(BlockwiseSum* fold, const char* x, npy_intp n, char* scratch) noexcept nogil:
    """The next elements: at most a block, and whole rows if it holds any."""
    cdef npy_intp itemsize = size_of_type(fold.type), start
    cdef Number sum
    cdef int level = 0
    if fold.axes == ALL_AXES:
        sum.real[0] = sum.real[1] = 0
        add_block(<char*>&sum, x, n, itemsize, fold.type)
        while fold.n_blocks >> level & 1:
            add_row(<char*>&sum, <char*>&fold.partial[level], <char*>&sum, 1, itemsize, itemsize, fold.type)
            level += 1
        fold.partial[level] = sum
        fold.n_blocks += 1
    elif fold.axes == TRAILING_AXES:
        start = 0
        while start < n:
            add_block(
                fold.total + (fold.done + start) // fold.length * itemsize, x + start * itemsize, fold.length,
                itemsize, fold.type,
            )
            start += fold.length
    elif n < fold.length:
        start = fold.done % fold.length * itemsize
        add_row(fold.total + start, fold.total + start, x, n, itemsize, itemsize, fold.type)
    else:
        add_few_rows(fold.total, x, n // fold.length, fold.length, fold.type, scratch)
    fold.done += n


cdef void add_few_rows(char* total, const char* x, npy_intp n, npy_intp length, int type, char* scratch) noexcept nogil:
    """One half of them on top of the other, again and again; what is left on top of `total`."""
    cdef npy_intp itemsize = size_of_type(type), row_bytes = length * itemsize, half
    while n > 1:
        if n & 1:
            n -= 1
            add_row(total, total, x + n * row_bytes, length, itemsize, itemsize, type)
        half = n // 2
        add_row(scratch, x, x + half * row_bytes, half * length, itemsize, itemsize, type)
        x, n = scratch, half
    add_row(total, total, x, length, itemsize, itemsize, type)


cdef void end_blockwise_sum(BlockwiseSum* fold) noexcept nogil:
    """The blocks' sums that are left, the latest first."""
    cdef npy_intp itemsize = size_of_type(fold.type)
    cdef int level = 0
    if fold.axes != ALL_AXES:
        return
    while fold.n_blocks >> level:
        if fold.n_blocks >> level & 1:
            add_row(fold.total, fold.total, <char*>&fold.partial[level], 1, itemsize, itemsize, fold.type)
        level += 1


cdef void sum_blockwise(BlockwiseSum* fold, const char* x, npy_intp n, char* scratch) noexcept nogil:
    """A whole array, in the pieces in which a program would make it; `scratch` holds a block."""
    cdef npy_intp start = 0, piece = BLOCK, count
    if fold.axes == TRAILING_AXES:
        piece = fold.length
    elif fold.axes == LEADING_AXES:
        piece = BLOCK // fold.length * fold.length if fold.length <= SHORT_ROW else fold.length
    while start < n:
        count = min(piece, n - start)
        sum_next_block(fold, x + start * size_of_type(fold.type), count, scratch)
        start += count
    end_blockwise_sum(fold)


# -- Writing a program ---------------------------------------------------------------------------
# Each returns the register of what it has added, or NONE when that is not possible.

cdef inline int new_register(Program* p, RegisterKind kind) noexcept nogil:
    cdef int register = p.n_registers
    if register == MAX_PROGRAM_REGISTERS:
        return NONE
    p.n_registers += 1
    p.registers[register].kind = kind
    p.registers[register].target = NULL
    return register


cdef int add_array(Program* p) noexcept nogil:
    """An array; the caller says where it lies, in `operands[n_arrays - 1]`."""
    cdef int register
    if p.n_arrays == MAX_ARRAYS:
        return NONE
    register = new_register(p, INPUT_ARRAY)
    if register != NONE:
        p.array_registers[p.n_arrays] = register
        p.n_arrays += 1
    return register


cdef int add_number(Program* p, double value, bint weak) noexcept nogil:
    cdef int register = new_register(p, WEAK_NUMBER if weak else NUMBER)
    if register == NONE:
        return NONE
    p.registers[register].double_of = value
    if not cast_number(value, p.type, &p.registers[register].number):
        p.n_registers -= 1
        return NONE
    return register


cdef int add_call(Program* p, Step* step, int* x, bint is_accumulation) noexcept nogil:
    """A call; one of numbers alone is made at once, and is a number."""
    cdef Call* call
    cdef int k, y
    cdef bint numbers = True
    for k in range(step.n_inputs):
        numbers = numbers and is_number(p, x[k])
    if step.has_truth_operand and p.type != DOUBLE and (p.registers[x[0]].kind == WEAK_NUMBER or p.registers[x[1]].kind == WEAK_NUMBER):
        return NONE                 # a truth value and a Python number are a float64 together
    if numbers:
        return call_of_numbers(p, step, x, is_accumulation)
    if step.loop.call == MULTIPLY[p.type].call:     # 1 * x is x, to the last bit
        if is_one(p, x[0]):
            return x[1]
        if is_one(p, x[1]):
            return x[0]
    y = new_register(p, RESULT)
    if y == NONE:
        return NONE
    call = &p.calls[p.n_calls]
    p.n_calls += 1
    call.step = step
    call.is_accumulation = is_accumulation
    call.y = y
    for k in range(step.n_inputs):
        call.x[k] = x[k]
    return y


cdef inline bint is_one(Program* p, int register) noexcept nogil:
    return is_number(p, register) and p.type <= SINGLE and real_of(&p.registers[register].number, p.type) == 1


cdef int call_of_numbers(Program* p, Step* step, int* x, bint is_accumulation) noexcept nogil:
    cdef int k, y, status
    cdef bint weak = True
    cdef char truth
    cdef char* args[3]
    cdef Number value
    cdef Loop* loop
    for k in range(step.n_inputs):
        weak = weak and p.registers[x[k]].kind == WEAK_NUMBER
    loop = &step.double_loop if weak else &step.loop     # Python numbers are doubles, whatever the arrays are
    for k in range(step.n_inputs):
        args[k] = <char*>&p.registers[x[k]].double_of if weak else <char*>&p.registers[x[k]].number
    args[step.n_inputs] = &truth if step.evaluates_truth else <char*>&value
    leopard_clear_status()
    loop.call(args, &leopard_one, leopard_steps, loop.data)
    status = leopard_status()
    if is_accumulation:
        p.accumulation_status |= status
    else:
        p.status |= status
    if step.evaluates_truth:
        return add_number(p, truth != 0, weak)
    if weak:
        return add_number(p, value.real[0], True)
    y = new_register(p, NUMBER)
    if y != NONE:
        p.registers[y].number = value
    return y


cdef Step[N_TYPES] SUM
for _type in range(N_TYPES):
    SUM[_type].loop = ADD[_type]
    SUM[_type].double_loop = ADD[DOUBLE]
    SUM[_type].n_inputs = 2


cdef int add_sum(Program* p, int a, int b) noexcept nogil:
    """The sum of two gradients."""
    cdef int[2] x
    x[0], x[1] = a, b
    return add_call(p, &SUM[p.type], x, True)


cdef void choose_doubles(char** args, npy_intp* n, npy_intp* strides, void* data) noexcept nogil:
    cdef npy_intp i
    for i in range(n[0]):
        (<double*>(args[2] + i * strides[2]))[0] = (
            0.0 if (<double*>(args[0] + i * strides[0]))[0] == 0 else (<double*>(args[1] + i * strides[1]))[0]
        )


cdef void choose_singles(char** args, npy_intp* n, npy_intp* strides, void* data) noexcept nogil:
    cdef npy_intp i
    for i in range(n[0]):
        (<float*>(args[2] + i * strides[2]))[0] = (
            0.0 if (<float*>(args[0] + i * strides[0]))[0] == 0 else (<float*>(args[1] + i * strides[1]))[0]
        )


cdef Step[2] CHOICE
for _type in range(2):
    CHOICE[_type].loop.call = choose_doubles if _type == DOUBLE else choose_singles
    CHOICE[_type].double_loop.call = choose_doubles
    CHOICE[_type].n_inputs = 2


cdef int add_zero_mask(Program* p, int g, int x) noexcept nogil:
    """0 where `g` is 0, `x` elsewhere."""
    cdef int[2] both
    both[0], both[1] = g, x
    return add_call(p, &CHOICE[p.type], both, True)


cdef bint add_recipe(Program* p, Recipe recipe, int* registers) noexcept nogil:
    """All calls of a recipe. `registers` holds those it is given, and receives all others."""
    cdef int i, k, n_registers = p.n_registers, n_calls = p.n_calls
    cdef int x[MAX_INPUTS]
    cdef Step* step
    for i in range(recipe.n_constants):
        k = recipe.first_constant + i
        registers[k] = add_number(p, recipe.constants[i], True)
        if registers[k] == NONE:
            p.n_registers = n_registers
            return False
    for i in range(recipe.n_steps):
        step = &recipe.steps[i]
        for k in range(step.n_inputs):
            x[k] = registers[step.x[k]]
        registers[step.y] = add_call(p, step, x, False)
        if registers[step.y] == NONE:
            p.n_registers, p.n_calls = n_registers, n_calls
            return False
    return True


# -- Running it ----------------------------------------------------------------------------------

cdef void coalesce(Space* space, Operand* operands, int n) noexcept nogil:
    """Fewer and longer axes: those that every operand goes through as if they were one."""
    cdef int axis, kept = 0, k
    cdef bint one
    for axis in range(space.n_axes):
        if space.shape[axis] == 1:
            continue
        one = kept > 0
        for k in range(n):
            one = one and operands[k].strides[kept - 1] == space.shape[axis] * operands[k].strides[axis]
        if one:
            kept -= 1
            space.shape[kept] *= space.shape[axis]
        else:
            space.shape[kept] = space.shape[axis]
        for k in range(n):
            operands[k].strides[kept] = operands[k].strides[axis]
        kept += 1
    if kept == 0:
        space.shape[0] = 1
        for k in range(n):
            operands[k].strides[0] = 0
        kept = 1
    space.n_axes = kept


cdef inline npy_intp pitch_of(Program* p) noexcept nogil:
    """From block to block in scratch memory; not a power of two, or the blocks would share their cache lines."""
    return BLOCK * p.itemsize + 192


cdef size_t assign_scratch_blocks(Program* p) noexcept nogil:
    """Give each result a block of scratch memory, free again after the last call that reads it.

    Returns the bytes of scratch memory that `run_program` needs.
    """
    cdef int i, k, y, n_free = 0
    cdef int[MAX_PROGRAM_REGISTERS] last, free
    cdef Call* call
    p.n_shelves = 0
    for i in range(p.n_calls):
        call = &p.calls[i]
        last[call.y] = i
        for k in range(call.step.n_inputs):
            last[call.x[k]] = i
    for i in range(p.n_blockwise_sums):
        last[p.blockwise_sums[i].register] = p.n_calls
    for i in range(p.n_calls):
        call = &p.calls[i]
        if p.registers[call.y].target == NULL:    # before what it reads is freed: no call writes over its operands
            if n_free:
                n_free -= 1
                p.registers[call.y].shelf = free[n_free]
            else:
                p.registers[call.y].shelf = p.n_shelves
                p.n_shelves += 1
        for k in range(call.step.n_inputs + 1):
            y = call.x[k] if k < call.step.n_inputs else call.y
            if p.registers[y].kind == RESULT and p.registers[y].target == NULL and last[y] == i:
                free[n_free] = p.registers[y].shelf
                n_free += 1
                last[y] = NONE          # once, also where both operands are the same
    return (p.n_shelves + p.n_arrays + 1) * pitch_of(p) + BLOCK


cdef struct Sweep:
    # A program on its way over its space.
    Program* p
    char* scratch                   # the shelves, a block for each given register, truth values, one for sums
    char* gathered
    char* truths
    char* folding
    npy_intp pitch
    npy_intp done                   # elements before this segment
    npy_intp ahead                  # bytes of the next segment, where its memory is to be asked for


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


cdef void fetch_ahead(Sweep* s, int part, npy_intp n) noexcept nogil:
    """Before each call ask for one part of what the next segment reads and writes."""
    cdef Program* p = s.p
    cdef npy_intp start = s.ahead * part // p.n_calls, stop = s.ahead * (part + 1) // p.n_calls, offset
    cdef int k
    cdef char* at
    for k in range(p.n_arrays):
        if p.registers[p.array_registers[k]].stride == p.itemsize:
            at = p.registers[p.array_registers[k]].at + n * p.itemsize
            offset = start & ~63
            while offset < stop:
                leopard_prefetch(at + offset)
                offset += 64
    for k in range(p.n_registers):
        at = p.registers[k].target
        if at != NULL:
            at += (s.done + n) * p.itemsize
            offset = start & ~63
            while offset < stop:
                leopard_prefetch_to_write(at + offset)
                offset += 64


cdef void segment(Sweep* s, npy_intp n) noexcept nogil:
    """All calls, for as many elements as a block holds."""
    cdef int i, k, status
    cdef Program* p = s.p
    cdef Call* call
    cdef Step* step
    cdef Register* x
    cdef Register* y
    cdef char* args[3]
    cdef npy_intp strides[3]
    cdef npy_intp count
    for i in range(p.n_calls):
        call = &p.calls[i]
        step = call.step
        y = &p.registers[call.y]
        for k in range(step.n_inputs):
            x = &p.registers[call.x[k]]
            args[k] = x.at
            strides[k] = x.stride
        if y.target != NULL:
            y.at = y.target + s.done * p.itemsize
        else:
            y.at = s.scratch + y.shelf * s.pitch
        y.stride = p.itemsize
        args[step.n_inputs] = s.truths if step.evaluates_truth else y.at
        strides[step.n_inputs] = 1 if step.evaluates_truth else p.itemsize
        count = n
        if s.ahead:
            fetch_ahead(s, i, n)
        step.loop.call(args, &count, strides, step.loop.data)
        status = leopard_status()           # now: some loops clear it as they end
        if status:
            if call.is_accumulation:
                p.accumulation_status |= status
            else:
                p.status |= status
            leopard_clear_status()
        if step.evaluates_truth:
            widen(s.truths, y.at, n, p.type)
    for i in range(p.n_blockwise_sums):
        sum_next_block(&p.blockwise_sums[i], p.registers[p.blockwise_sums[i].register].at, n, s.folding)
    if p.n_blockwise_sums:
        p.accumulation_status |= leopard_status()
        leopard_clear_status()
    s.done += n


cdef void rows(Sweep* s) noexcept nogil:
    """Each row of the last axis by itself, the operands with whatever strides they have."""
    cdef Program* p = s.p
    cdef Space* space = &p.space
    cdef Operand* r = p.operands
    cdef int last = space.n_axes - 1, axis, k
    cdef npy_intp start, n
    cdef npy_intp index[MAX_AXES]
    cdef char* row[MAX_ARRAYS]
    cdef bint far = last == 0 and space.shape[0] >= FAR
    for axis in range(last):
        index[axis] = 0
    for k in range(p.n_arrays):
        row[k] = r[k].data
        p.registers[p.array_registers[k]].stride = r[k].strides[last]
    while True:
        start = 0
        while start < space.shape[last]:
            n = min(<npy_intp>BLOCK, space.shape[last] - start)
            for k in range(p.n_arrays):
                p.registers[p.array_registers[k]].at = row[k] + start * r[k].strides[last]
            if far:
                s.ahead = min(<npy_intp>BLOCK, space.shape[last] - start - n) * p.itemsize
            segment(s, n)
            start += n
        axis = last - 1
        while axis >= 0:
            index[axis] += 1
            for k in range(p.n_arrays):
                row[k] += r[k].strides[axis]
            if index[axis] < space.shape[axis]:
                break
            for k in range(p.n_arrays):
                row[k] -= space.shape[axis] * r[k].strides[axis]
            index[axis] = 0
            axis -= 1
        if axis < 0:
            return


cdef void short_rows(Sweep* s) noexcept nogil:
    """A short last axis: as many rows at a time as a block holds, their repeated elements written out."""
    cdef Program* p = s.p
    cdef Space* space = &p.space
    cdef Operand* r = p.operands
    cdef int last = space.n_axes - 1, before = space.n_axes - 2, axis, k
    cdef npy_intp length = space.shape[last]
    cdef npy_intp at_a_time = BLOCK // length, row, n, i
    cdef npy_intp index[MAX_AXES]
    cdef npy_intp written[MAX_ARRAYS]       # rows that stand in the gathered block and stay right
    cdef char* plane[MAX_ARRAYS]
    cdef char* block
    cdef bint same
    for axis in range(before):
        index[axis] = 0
    for k in range(p.n_arrays):
        plane[k] = r[k].data
        written[k] = 0
        if r[k].strides[before] == length * r[k].strides[last]:
            p.registers[p.array_registers[k]].stride = r[k].strides[last]
        else:
            p.registers[p.array_registers[k]].stride = p.itemsize
    while True:
        row = 0
        while row < space.shape[before]:
            n = min(at_a_time, space.shape[before] - row)
            for k in range(p.n_arrays):
                if r[k].strides[before] == length * r[k].strides[last]:
                    p.registers[p.array_registers[k]].at = plane[k] + row * r[k].strides[before]
                    continue
                block = s.gathered + k * s.pitch
                same = True
                for axis in range(before + 1):
                    same = same and r[k].strides[axis] == 0
                for i in range(written[k], n):
                    copy_strided(
                        block + i * length * p.itemsize, plane[k] + (row + i) * r[k].strides[before],
                        r[k].strides[last], length, p.itemsize,
                    )
                if same:
                    written[k] = max(written[k], n)
                p.registers[p.array_registers[k]].at = block
            segment(s, n * length)
            row += n
        axis = before - 1
        while axis >= 0:
            index[axis] += 1
            for k in range(p.n_arrays):
                plane[k] += r[k].strides[axis]
            if index[axis] < space.shape[axis]:
                break
            for k in range(p.n_arrays):
                plane[k] -= space.shape[axis] * r[k].strides[axis]
            index[axis] = 0
            axis -= 1
        if axis < 0:
            return


cdef void run_program(Program* p, char* scratch) noexcept nogil:
    """Every point: all calls, into the targets. The operands are laid out, and `plan` has been made."""
    cdef Sweep s
    cdef Space* space = &p.space
    cdef int k, register
    s.p = p
    s.scratch = scratch
    s.pitch = pitch_of(p)
    s.gathered = scratch + p.n_shelves * s.pitch
    s.truths = s.gathered + p.n_arrays * s.pitch
    s.folding = s.truths + BLOCK
    s.done = s.ahead = 0
    for k in range(space.n_axes):
        if space.shape[k] == 0:
            return
    for register in range(p.n_registers):
        if is_number(p, register):
            p.registers[register].at = <char*>&p.registers[register].number
            p.registers[register].stride = 0
    leopard_clear_status()
    sweep(&s)
    for k in range(p.n_blockwise_sums):
        end_blockwise_sum(&p.blockwise_sums[k])
    p.accumulation_status |= leopard_status()


cdef void sweep(Sweep* s) noexcept nogil:
    cdef Program* p = s.p
    cdef Space* space = &p.space
    cdef int k
    if space.n_axes > 1:
        if space.shape[space.n_axes - 1] <= SHORT_ROW:
            short_rows(s)
        else:
            rows(s)
    elif space.shape[0] > BLOCK:
        rows(s)
    else:
        for k in range(p.n_arrays):
            p.registers[p.array_registers[k]].at = p.operands[k].data
            p.registers[p.array_registers[k]].stride = p.operands[k].strides[0]
        segment(s, space.shape[0])
