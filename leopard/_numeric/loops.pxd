from libc.math cimport isnormal
from numpy cimport npy_intp

cdef extern from *:
    """
    /* NumPy calls a loop over 0-d operands with one element and strides of 0. (`power` reads the strides.) */
    static npy_intp leopard_one = 1;
    static npy_intp leopard_steps[4] = {0, 0, 0, 0};

    #if defined(__GNUC__)
    #define leopard_prefetch(p) __builtin_prefetch((p), 0, 2)
    #define leopard_prefetch_to_write(p) __builtin_prefetch((p), 1, 2)
    #else
    #define leopard_prefetch(p) ((void)(p))
    #define leopard_prefetch_to_write(p) ((void)(p))
    #endif

    /* The floating-point status word. <fenv.h> saves and loads the whole state of the x87 coprocessor, which
       takes 50 ns each way; so the status registers are read and cleared directly. */
    #if defined(__x86_64__) || defined(_M_X64)
    #include <xmmintrin.h>
    #if defined(__GNUC__)       /* `feraiseexcept` sets the flags of the x87, whose status word is quickly read */
    static inline unsigned int leopard_x87_status(void) {
        unsigned short status;
        __asm__ volatile("fnstsw %0" : "=a"(status));
        return status;
    }
    static inline void leopard_clear_x87_status(void) { __asm__ volatile("fnclex"); }
    #else
    static inline unsigned int leopard_x87_status(void) { return 0; }
    static inline void leopard_clear_x87_status(void) {}
    #endif
    static inline void leopard_clear_status(void) {
        unsigned int status = _mm_getcsr();
        if (status & 0x1Du)
            _mm_setcsr(status & ~0x3Fu);
        if (leopard_x87_status() & 0x1Du)
            leopard_clear_x87_status();
    }
    static inline int leopard_status(void) { return (int)((_mm_getcsr() | leopard_x87_status()) & 0x1Du); }
    #define LEOPARD_DIVIDE 0x04
    #define LEOPARD_OVER 0x08
    #define LEOPARD_UNDER 0x10
    #define LEOPARD_INVALID 0x01
    #else
    #include <fenv.h>
    static inline void leopard_clear_status(void) { feclearexcept(FE_ALL_EXCEPT); }
    static inline int leopard_status(void) {
        return fetestexcept(FE_DIVBYZERO | FE_OVERFLOW | FE_UNDERFLOW | FE_INVALID);
    }
    #define LEOPARD_DIVIDE FE_DIVBYZERO
    #define LEOPARD_OVER FE_OVERFLOW
    #define LEOPARD_UNDER FE_UNDERFLOW
    #define LEOPARD_INVALID FE_INVALID
    #endif
    """
    npy_intp leopard_one
    npy_intp* leopard_steps
    void leopard_prefetch(char*) noexcept nogil
    void leopard_prefetch_to_write(char*) noexcept nogil
    void leopard_clear_status() noexcept nogil
    int leopard_status() noexcept nogil
    int LEOPARD_DIVIDE, LEOPARD_OVER, LEOPARD_UNDER, LEOPARD_INVALID

cdef extern from "numpy/ufuncobject.h":
    # Declared here, because the declaration in NumPy's own .pxd changes from version to version.
    ctypedef struct PyUFuncObject:
        int nin, nout, nargs, ntypes
        void** functions
        void** data
        const char* types

ctypedef void (*InnerLoop)(char** args, npy_intp* n, npy_intp* strides, void* data) noexcept nogil

ctypedef void (*RowsLoop)(
    char** args, npy_intp n_rows, npy_intp* n, npy_intp* row_strides, npy_intp* strides, void* data
) noexcept nogil

cdef extern from "_numeric/exact_table.h":
    enum:                       # of exact arithmetic, and the second operation of two in one loop
        LEOPARD_ADD, LEOPARD_SUBTRACT, LEOPARD_MULTIPLY, LEOPARD_DIVIDES, LEOPARD_NEGATIVE, LEOPARD_SQUARE, LEOPARD_SQRT
        LEOPARD_T_PLUS_X, LEOPARD_T_MINUS_X, LEOPARD_X_MINUS_T, LEOPARD_T_TIMES_X, LEOPARD_T_OVER_X, LEOPARD_X_OVER_T
        LEOPARD_T_SQUARED
    ctypedef struct ExactTable "leopard_exact_table":
        const char* name
        InnerLoop loops[7][2]
        RowsLoop rows[4]
        InnerLoop pairs[4][7]
        void (*outer_double)(
            const char*, npy_intp, const double*, double*, npy_intp, npy_intp, bint signed_zeros
        ) noexcept nogil
        void (*outer_float)(
            const char*, npy_intp, const float*, float*, npy_intp, npy_intp, bint signed_zeros
        ) noexcept nogil

ctypedef fused real:
    double
    float


cdef enum:
    # the types that have loops here; NumPy computes with any other
    DOUBLE = 0
    SINGLE = 1
    COMPLEX = 2
    SINGLE_COMPLEX = 3
    N_TYPES = 4
    MAX_INPUTS = 3              # of an elementwise function
    MAX_RECIPE_REGISTERS = 48   # a longer rule runs as Python
    MAX_AXES = 8                # of an iteration space; NumPy computes what has more
    MAX_PROGRAM_REGISTERS = 128
    MAX_ARRAYS = 24             # registers of a program that are input arrays
    MAX_BLOCKWISE_SUMS = 16     # of a program
    MAX_SHORT_ROW = 256         # elements: as many rows of this length as fit a block are run together
    BLOCK = 1024                # elements: a few registers of this length stay in the first-level cache
    LOOK_WORK = 1 << 22         # units of work, after which a long computation looks for signals; see `Program`
    NONE = -1                   # no register
    # the registers with which every recipe begins
    GY = 0                      # the upstream gradient
    Y = 1                       # the output
    X = 2                       # the first input; the others follow


cdef struct Loop:
    InnerLoop call              # NULL where the ufunc has no such loop
    void* data


cdef union Number:              # one element of any of the types
    double real[2]
    float single[2]


cdef struct Step:               # of a recipe: one call of a ufunc
    Loop loop                   # for the recipe's type
    Loop double_loop            # of the same ufunc, for Python numbers, which are weakly typed
    bint evaluates_truth        # the result is a truth value, which is widened to 0 or 1
    bint has_truth_operand      # one of its two operands is such a truth value
    int n_inputs
    int x[MAX_INPUTS]           # registers that are read
    int y                       # register that is written


cdef Loop find_loop(object ufunc, int type) except *
cdef Loop find_loop_to(object ufunc, int type, bint truth) except *
cdef bint depends_on_strides(object ufunc) except -1
cdef Loop[N_TYPES] ADD, MULTIPLY
cdef ExactTable EXACT            # loops of the same bits as NumPy's for exact arithmetic, as this processor has them
cdef int[N_TYPES] TYPE_NUMBERS  # the number that NumPy gives to each type


# -- One point -----------------------------------------------------------------------------------

cdef inline bint is_normal(double value) noexcept nogil:
    """False for zero, subnormal numbers, infinity and nan. A call that returns a normal number has raised no flag."""
    return isnormal(value)


cdef inline double call_1(Loop* loop, double x) noexcept nogil:
    """Call the loop of a ufunc of one input on a double."""
    cdef double y
    cdef char* args[2]
    args[0] = <char*>&x
    args[1] = <char*>&y
    loop.call(args, &leopard_one, leopard_steps, loop.data)
    return y


cdef inline double call_2(Loop* loop, double x0, double x1) noexcept nogil:
    """Call the loop of a ufunc of two inputs on doubles."""
    cdef double y
    cdef char* args[3]
    args[0] = <char*>&x0
    args[1] = <char*>&x1
    args[2] = <char*>&y
    loop.call(args, &leopard_one, leopard_steps, loop.data)
    return y


cdef class Recipe:
    cdef readonly int type
    cdef Step steps[MAX_RECIPE_REGISTERS]
    cdef double constants[MAX_RECIPE_REGISTERS]
    cdef int n_inputs, n_steps, n_constants, first_constant, n_results
    cdef int results[MAX_INPUTS]            # register of each input's gradient, -1 where there is none
    cdef unsigned long long reads_mask      # bit r: the value of register r, set by the caller, is read
    cdef bint needs_whole_arrays            # a step's ufunc `depends_on_strides`
    cdef bint may_raise_spuriously          # a loop of it may set floating-point flags for a normal result
    cdef readonly object lines              # what `str` shows: one text a step
    cdef readonly tuple ufuncs              # of each step
    cdef readonly tuple operations          # the Operation of each step, to record it with

    cdef int add_step(self, int i, object ufunc, tuple registers) except -1
    cdef int add_result(self, int i, int register) except -1
    cdef list lines_of(self, list steps)
    cdef void mark_read(self, int register) noexcept
    cdef bint is_truth(self, int register) noexcept


cdef inline bint run_step(Step* step, double* r) noexcept nogil:
    """Run one step on numbers; false when a flag may have been raised, so that the status word must be read."""
    cdef double x0 = r[step.x[0]], x1, y
    if step.evaluates_truth:
        r[step.y] = evaluate_truth(step, r)
        return True
    if step.n_inputs == 2:
        x1 = r[step.x[1]]
        y = call_2(&step.loop, x0, x1)
        r[step.y] = y
        return is_normal(y) or y == 0 and (x0 == 0 or x1 == 0)
    y = call_1(&step.loop, x0)
    r[step.y] = y
    return is_normal(y) or y == 0 and x0 == 0


cdef double evaluate_truth(Step* step, double* r) noexcept nogil


cdef inline bint run_recipe(Recipe recipe, double* r) noexcept nogil:
    """Run a recipe on numbers; false when a flag may have been raised: `check_recipe` then finds out.

    `r` has room for all registers and holds those that the recipe reads.
    """
    cdef int i
    cdef bint fine = not recipe.may_raise_spuriously
    for i in range(recipe.n_constants):
        r[recipe.first_constant + i] = recipe.constants[i]
    for i in range(recipe.n_steps):
        fine = run_step(&recipe.steps[i], r) and fine
    return fine


cdef bint check_recipe(Recipe recipe, double* r) noexcept nogil


# -- Every point ---------------------------------------------------------------------------------

cdef struct Operand:
    char* data                      # the first element
    npy_intp strides[MAX_AXES]      # over the axes of the space; 0 where the operand is broadcast


cdef struct Space:                  # an iteration space
    int n_axes
    npy_intp shape[MAX_AXES]


cdef enum RegisterKind:
    # what a register of a program is
    INPUT_ARRAY     # an array that the caller supplies
    NUMBER          # one number over the whole space, of the program's type
    WEAK_NUMBER     # a Python number over the whole space: it has no type of its own in promotion
    RESULT          # what a call writes


cdef struct Call:                   # a step of a recipe, on registers of the program
    Step* step
    bint is_accumulation            # it belongs to no rule, but to the accumulation of gradients
    int x[MAX_INPUTS]
    int y


cdef struct Register:
    Number number                   # of a number: its value in the program's type
    double weak_value               # of a weak number: its value as a double
    char* target                    # of a result: the contiguous array it is written to; NULL for scratch memory
    int scratch_block               # of a result without a target: which block of scratch memory
    char* block                     # while the program runs: the first element of the current block of it,
    npy_intp stride                 # and the step from element to element
    RegisterKind kind


cdef enum SummedAxes:
    # the axes over which a gradient is summed to the shape of its input; what remains is
    ALL_AXES        # one number: the sums of blocks, which are then added pairwise
    LEADING_AXES    # one row: short rows are added pairwise, as many as a block holds; long ones one after another
    TRAILING_AXES   # one number for each row


cdef struct BlockwiseSum:
    SummedAxes axes
    int type
    int register                    # of a program: what is summed
    char* total                     # zeros at first
    npy_intp length                 # of a row
    npy_intp done                   # elements that have been added
    Number partial[48]              # for ALL_AXES: item i is the sum of 2**i blocks, if bit i of n_blocks is set
    long long n_blocks


cdef struct Program:
    int type
    npy_intp itemsize
    Space space
    bint needs_whole_arrays         # of all recipes in it, any does: each input array must be one row
    int n_registers, n_calls, n_arrays, n_scratch_blocks, n_blockwise_sums
    Register registers[MAX_PROGRAM_REGISTERS]
    Call calls[MAX_PROGRAM_REGISTERS]
    int array_registers[MAX_ARRAYS] # the registers that are input arrays
    Operand operands[MAX_ARRAYS]    # the layout of each of these over the space
    BlockwiseSum blockwise_sums[MAX_BLOCKWISE_SUMS]     # registers that are summed while the program runs
    int status                      # floating-point flags that the calls of rules have raised
    int accumulation_status         # flags that accumulation has raised
    npy_intp work                   # units of work since the last look for signals: elements, for each call
    bint (*is_interrupted)(npy_intp work) noexcept nogil    # looks: true where a signal has raised; NULL: nobody does


cdef inline npy_intp size_of_type(int type) noexcept nogil:
    """Bytes of an element."""
    if type == DOUBLE or type == SINGLE_COMPLEX:
        return 8
    return 4 if type == SINGLE else 16


cdef inline double real_of(Number* number, int type) noexcept nogil:
    """The value of a number of a real type."""
    return number.real[0] if type == DOUBLE else number.single[0]


cdef inline bint is_number(Program* p, int register) noexcept nogil:
    return p.registers[register].kind == NUMBER or p.registers[register].kind == WEAK_NUMBER


cdef inline void begin_program(Program* p, int type) noexcept nogil:
    """Make `p` a program without registers."""
    p.type = type
    p.itemsize = size_of_type(type)
    p.needs_whole_arrays = False
    p.n_registers = p.n_calls = p.n_arrays = p.n_blockwise_sums = p.status = p.accumulation_status = 0
    p.work = 0
    p.is_interrupted = NULL


cdef inline void call_strided(
    Loop* loop, const char* x0, npy_intp stride0, const char* x1, npy_intp stride1, char* y, npy_intp stride,
    npy_intp n
) noexcept nogil:
    """Call the loop of a ufunc of two inputs on `n` elements of strided operands."""
    cdef char* args[3]
    cdef npy_intp strides[3]
    args[0], args[1], args[2] = <char*>x0, <char*>x1, y
    strides[0], strides[1], strides[2] = stride0, stride1, stride
    loop.call(args, &n, strides, loop.data)


cdef inline void add_strided(
    char* to, const char* a, const char* b, npy_intp n, npy_intp stride, npy_intp b_stride, int type
) noexcept nogil:
    """to = a + b, element by element; `to` and `a` have the same stride.

    Where `to` is `a` and that stride is 0, the sum of all `n` elements of `b` is added to `to`. The loop adds
    them pairwise, as in `np.add.reduce`.
    """
    call_strided(&ADD[type], a, stride, b, b_stride, to, stride, n)


cdef inline void fill(real* to, real value, npy_intp n) noexcept nogil:
    """Set `n` contiguous elements to one value."""
    cdef npy_intp i
    for i in range(n):
        to[i] = value


cdef inline bint next_row(
    npy_intp* index, Space* space, int n_axes, char** rows, Operand* operands, int n
) noexcept nogil:
    """Go to the next index over the first `n_axes` axes of a space, in C order; false after the last one.

    `index` counts from zeros on; `rows` are the places of the `n` operands at this index, which are moved.
    """
    cdef int axis = n_axes - 1, k
    while axis >= 0:
        index[axis] += 1
        for k in range(n):
            rows[k] += operands[k].strides[axis]
        if index[axis] < space.shape[axis]:
            return True
        for k in range(n):
            rows[k] -= space.shape[axis] * operands[k].strides[axis]
        index[axis] = 0
        axis -= 1
    return False


cdef bint cast_number(double value, int type, Number* number) noexcept nogil
cdef void begin_blockwise_sum(BlockwiseSum* s, SummedAxes axes, int type, char* total, npy_intp length) noexcept nogil
cdef void sum_next_block(BlockwiseSum* s, const char* x, npy_intp n, char* scratch) noexcept nogil
cdef void end_blockwise_sum(BlockwiseSum* s) noexcept nogil
cdef void sum_blockwise(BlockwiseSum* s, const char* x, npy_intp n, char* scratch) noexcept nogil
cdef int add_array(Program* p) noexcept nogil
cdef int add_number(Program* p, double value, bint weak) noexcept nogil
cdef int add_call(Program* p, Step* step, int* x, bint is_accumulation) noexcept nogil
cdef int add_sum(Program* p, int a, int b) noexcept nogil
cdef int add_zero_mask(Program* p, int gy, int x) noexcept nogil
cdef bint add_recipe(Program* p, Recipe recipe, int* registers) noexcept nogil
cdef size_t assign_scratch_blocks(Program* p) noexcept nogil
cdef bint run_program(Program* p, char* scratch) noexcept nogil
cdef void coalesce(Space* space, Operand* operands, int n) noexcept nogil
