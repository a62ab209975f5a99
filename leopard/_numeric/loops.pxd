from libc.math cimport isnormal
from numpy cimport npy_intp

cdef extern from *:
    """
    /* What NumPy tells a loop of 0-d operands: one element, no steps. (`power` looks at them.) */
    static npy_intp leopard_one = 1;
    static npy_intp leopard_steps[4] = {0, 0, 0, 0};

    #if defined(__GNUC__)
    #define leopard_prefetch(at) __builtin_prefetch((at), 0, 2)
    #define leopard_prefetch_to_write(at) __builtin_prefetch((at), 1, 2)
    #else
    #define leopard_prefetch(at) ((void)(at))
    #define leopard_prefetch_to_write(at) ((void)(at))
    #endif

    /* The floating-point status. <fenv.h> saves and loads the old coprocessor's whole state, 50 ns each way. */
    #if defined(__x86_64__) || defined(_M_X64)
    #include <xmmintrin.h>
    #if defined(__GNUC__)       /* `feraiseexcept` sets the flags of the old coprocessor, which is quick to ask */
    static inline unsigned int leopard_old_status(void) {
        unsigned short status;
        __asm__ volatile("fnstsw %0" : "=a"(status));
        return status;
    }
    static inline void leopard_clear_old_status(void) { __asm__ volatile("fnclex"); }
    #else
    static inline unsigned int leopard_old_status(void) { return 0; }
    static inline void leopard_clear_old_status(void) {}
    #endif
    static inline void leopard_clear_status(void) {
        unsigned int status = _mm_getcsr();
        if (status & 0x1Du)
            _mm_setcsr(status & ~0x3Fu);
        if (leopard_old_status() & 0x1Du)
            leopard_clear_old_status();
    }
    static inline int leopard_status(void) { return (int)((_mm_getcsr() | leopard_old_status()) & 0x1Du); }
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

ctypedef void (*InnerLoop)(char** args, npy_intp* n, npy_intp* strides, void* data) noexcept nogil


cdef enum:
    # the types that have loops here; any other is left to NumPy
    DOUBLE = 0
    SINGLE = 1
    COMPLEX = 2
    SINGLE_COMPLEX = 3
    N_TYPES = 4
    MAX_INPUTS = 3         # operands of an elementwise function
    MAX_RECIPE_REGISTERS = 48     # of a recipe; a longer rule runs as Python
    MAX_AXES = 8           # of a space; what has more is left to NumPy
    MAX_PROGRAM_REGISTERS = 128   # registers of a program
    MAX_ARRAYS = 24         # and of these, arrays
    MAX_BLOCKWISE_SUMS = 16         # sums of them
    SHORT_ROW = 256         # elements: rows of up to so many are run several at a time
    BLOCK = 1024            # elements: a few such registers stay in the first-level cache
    NONE = -1               # no register
    GY = 0                  # the registers every recipe begins with:
    Y = 1                   # the upstream gradient, the output,
    X = 2                   # and from here on the inputs


cdef struct Loop:
    InnerLoop call     # NULL: the ufunc has no such loop
    void* data


cdef union Number:
    double real[2]
    float single[2]


cdef struct Step:
    Loop loop               # of the recipe's type
    Loop double_loop         # of the same ufunc, for numbers that have no type yet
    bint evaluates_truth               # the result is a truth value, widened to 0 or 1
    bint has_truth_operand              # one of two operands is such a truth value
    int n_inputs
    int x[MAX_INPUTS]      # registers read
    int y                   # register written


cdef Loop find_loop(object ufunc, int type) except *
cdef Loop find_loop_to(object ufunc, int type, bint truth) except *
cdef bint depends_on_strides(object ufunc) except -1
cdef Loop[N_TYPES] ADD, MULTIPLY
cdef int[N_TYPES] NUMBERS       # of each type: NumPy's


# -- One point -----------------------------------------------------------------------------------

cdef inline bint is_normal(double value) noexcept nogil:
    """Neither zero, subnormal, infinite nor nan: nothing can have been raised on the way."""
    return isnormal(value)


cdef inline double call_1(Loop* loop, double x) noexcept nogil:
    cdef double y
    cdef char* args[2]
    args[0] = <char*>&x
    args[1] = <char*>&y
    loop.call(args, &leopard_one, leopard_steps, loop.data)
    return y


cdef inline double call_2(Loop* loop, double x0, double x1) noexcept nogil:
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
    cdef int results[MAX_INPUTS]       # register of each gradient, -1 for none
    cdef unsigned long long reads_mask       # bit r: register r, given from outside, is read
    cdef bint needs_whole_arrays                     # see `depends_on_strides`
    cdef bint may_raise_spuriously      # a loop of it may set floating-point flags for a normal result
    cdef readonly object lines          # what `str` shows: one text a step
    cdef readonly tuple ufuncs          # of each step
    cdef readonly tuple operations      # and the Operation, to record it with

    cdef void note(self, int register) noexcept
    cdef bint is_truth(self, int register) noexcept


cdef inline bint run_step(Step* step, double* r) noexcept nogil:
    """One call; false when the status word should be looked at."""
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
    """Fill the registers; false when the status word should be looked at (`check_recipe`)."""
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
    npy_intp strides[MAX_AXES]     # over the axes of the space; 0 where it repeats


cdef struct Space:
    int n_axes
    npy_intp shape[MAX_AXES]


cdef enum RegisterKind:
    # what a register of a program is
    INPUT_ARRAY           # an array from outside
    NUMBER          # one number over the whole space
    WEAK_NUMBER     # and one that has no type yet: a Python number
    RESULT          # what a call writes


cdef struct Call:
    Step* step
    bint is_accumulation                       # it adds two gradients, and stands in no rule
    int x[MAX_INPUTS]
    int y


cdef struct Register:
    Number number                   # of a number, in the program's type
    double double_of                # of a weak one: the number itself
    char* target                    # where a result is wanted, contiguous; NULL: nowhere
    char* at                        # while the program runs: this segment of it,
    npy_intp stride                 # and from element to element
    int shelf                       # the block it has in scratch memory if it has no target
    RegisterKind kind


cdef enum SummedAxes:
    # how a gradient is summed to the shape of its input
    ALL_AXES           # to one number: block by block, and these pairwise
    LEADING_AXES            # to one row: short rows pairwise, as many together as a block holds; long ones in turn
    TRAILING_AXES         # to one number a row


cdef struct BlockwiseSum:
    SummedAxes axes
    int type
    int register                    # of a program: what is summed
    char* total                     # zeros at first
    npy_intp length                 # of a row
    npy_intp done                   # elements so far
    Number partial[48]              # of ALL_AXES: the sum of 2**i blocks
    long long n_blocks


cdef struct Program:
    int type
    npy_intp itemsize
    Space space
    bint needs_whole_arrays                      # every given array is to be gone through as one row
    int n_registers, n_calls, n_arrays, n_shelves, n_blockwise_sums
    Register registers[MAX_PROGRAM_REGISTERS]
    Call calls[MAX_PROGRAM_REGISTERS]
    int array_registers[MAX_ARRAYS]           # the registers that are arrays
    Operand operands[MAX_ARRAYS]    # and how these lie
    BlockwiseSum blockwise_sums[MAX_BLOCKWISE_SUMS]          # what is summed on the way
    int status                      # what the rules' calls have raised
    int accumulation_status                  # what the sums have


cdef inline npy_intp size_of_type(int type) noexcept nogil:
    if type == DOUBLE or type == SINGLE_COMPLEX:
        return 8
    return 4 if type == SINGLE else 16


cdef inline double real_of(Number* number, int type) noexcept nogil:
    return number.real[0] if type == DOUBLE else number.single[0]


cdef inline bint is_number(Program* p, int register) noexcept nogil:
    return p.registers[register].kind == NUMBER or p.registers[register].kind == WEAK_NUMBER


cdef inline void begin_program(Program* p, int type) noexcept nogil:
    p.type = type
    p.itemsize = size_of_type(type)
    p.needs_whole_arrays = False
    p.n_registers = p.n_calls = p.n_arrays = p.n_blockwise_sums = p.status = p.accumulation_status = 0


cdef void add_row(
    char* to, const char* a, const char* b, npy_intp n, npy_intp stride, npy_intp b_stride, int type
) noexcept nogil
cdef void add_block(char* total, const char* x, npy_intp n, npy_intp stride, int type) noexcept nogil
cdef void begin_blockwise_sum(BlockwiseSum* fold, SummedAxes axes, int type, char* total, npy_intp length) noexcept nogil
cdef void sum_blockwise(BlockwiseSum* fold, const char* x, npy_intp n, char* scratch) noexcept nogil
cdef bint cast_number(double value, int type, Number* number) noexcept nogil
cdef int add_array(Program* p) noexcept nogil
cdef int add_number(Program* p, double value, bint weak) noexcept nogil
cdef int add_call(Program* p, Step* step, int* x, bint is_accumulation) noexcept nogil
cdef int add_sum(Program* p, int a, int b) noexcept nogil
cdef int add_zero_mask(Program* p, int g, int x) noexcept nogil
cdef bint add_recipe(Program* p, Recipe recipe, int* registers) noexcept nogil
cdef size_t assign_scratch_blocks(Program* p) noexcept nogil
cdef void run_program(Program* p, char* scratch) noexcept nogil
cdef void coalesce(Space* space, Operand* operands, int n) noexcept nogil
