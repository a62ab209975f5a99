from numpy cimport npy_intp

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
cdef bint usual(double value) noexcept nogil
cdef double call_1(Loop* loop, double x) noexcept nogil
cdef double call_2(Loop* loop, double x0, double x1) noexcept nogil
cdef void clear_status() noexcept nogil
cdef bint status_is_clear() noexcept nogil


cdef class Recipe:
    cdef Step steps[MOST_REGISTERS]
    cdef double constants[MOST_REGISTERS]
    cdef int n_steps, n_constants, first_constant, n_results
    cdef int results[MOST_INPUTS]       # register of each gradient, -1 for none
    cdef readonly object lines          # what `str` shows: one text a step

    cdef bint run(self, double* r) noexcept nogil
    cdef bint check(self, double* r) noexcept nogil
