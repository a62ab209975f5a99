from libc.math cimport isnormal
from numpy cimport npy_intp

cdef extern from *:
    """
    /* What NumPy tells a loop of 0-d operands: one element, no steps. (`power` looks at them.) */
    static npy_intp leopard_one = 1;
    static npy_intp leopard_steps[4] = {0, 0, 0, 0};

    /* The floating-point status. <fenv.h> goes through the old coprocessor's too, 50 ns each way. */
    #if defined(__x86_64__) || defined(_M_X64)
    #include <xmmintrin.h>
    static inline void leopard_clear_status(void) { _mm_setcsr(_mm_getcsr() & ~0x3Fu); }
    static inline int leopard_status(void) { return (int)(_mm_getcsr() & 0x1Du); }
    #else
    #include <fenv.h>
    static inline void leopard_clear_status(void) { feclearexcept(FE_ALL_EXCEPT); }
    static inline int leopard_status(void) {
        return fetestexcept(FE_DIVBYZERO | FE_OVERFLOW | FE_UNDERFLOW | FE_INVALID);
    }
    #endif
    """
    npy_intp leopard_one
    npy_intp* leopard_steps
    void leopard_clear_status() noexcept nogil
    int leopard_status() noexcept nogil

ctypedef void (*InnerLoop)(char** args, npy_intp* n, npy_intp* strides, void* data) noexcept nogil


cdef enum:
    MOST_INPUTS = 3         # operands of an elementwise function
    MOST_REGISTERS = 48     # of a recipe; a longer rule runs as Python
    GY = 0                  # the registers every recipe begins with:
    Y = 1                   # the upstream gradient, the output,
    X = 2                   # and from here on the inputs


cdef struct Loop:
    InnerLoop call     # NULL: the ufunc has no such loop
    void* data


cdef struct Step:
    Loop loop
    int n_inputs
    int x[MOST_INPUTS]      # registers read
    int y                   # register written


cdef Loop find_loop(object ufunc, char letter) except *


cdef inline bint usual(double value) noexcept nogil:
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
    cdef Step steps[MOST_REGISTERS]
    cdef double constants[MOST_REGISTERS]
    cdef int n_steps, n_constants, first_constant, n_results
    cdef int results[MOST_INPUTS]       # register of each gradient, -1 for none
    cdef readonly object lines          # what `str` shows: one text a step


cdef inline bint run_step(Step* step, double* r) noexcept nogil:
    """One call; false when the status word should be looked at."""
    cdef double x0 = r[step.x[0]], x1, y
    if step.n_inputs == 2:
        x1 = r[step.x[1]]
        y = call_2(&step.loop, x0, x1)
        r[step.y] = y
        return usual(y) or y == 0 and (x0 == 0 or x1 == 0)
    y = call_1(&step.loop, x0)
    r[step.y] = y
    return usual(y) or y == 0 and x0 == 0


cdef inline bint run_recipe(Recipe recipe, double* r) noexcept nogil:
    """Fill the registers; false when the status word should be looked at (`check_recipe`)."""
    cdef int i
    cdef bint fine = True
    for i in range(recipe.n_constants):
        r[recipe.first_constant + i] = recipe.constants[i]
    for i in range(recipe.n_steps):
        fine = run_step(&recipe.steps[i], r) and fine
    return fine


cdef bint check_recipe(Recipe recipe, double* r) noexcept nogil
