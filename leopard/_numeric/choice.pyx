"""A ufunc for rules that leave elements out: `choice(taken, x)` is x where `taken` is not 0, and 0 elsewhere.

It selects: no 0 times infinity is computed, and nothing is raised. The truth values of comparisons are `taken`,
widened to the type of x.
"""

import numpy as np

cimport numpy as cnp
from numpy cimport npy_intp

cnp.import_array()
cnp.import_ufunc()

ctypedef unsigned short Half     # the bits of a float16, whose zeros are 0 and, with the bit of the sign, 0x8000

ctypedef fused Element:
    float
    double
    long double
    float complex
    double complex
    Half


cdef inline Element chosen(Element taken, Element x) noexcept nogil:
    if Element is Half:
        return x if taken & 0x7FFF else 0
    else:
        return x if taken != 0 else 0


cdef void choose_all(Element* kind, char** args, npy_intp* n, npy_intp* strides) noexcept nogil:
    cdef npy_intp i, size = sizeof(Element)
    cdef Element* taken = <Element*>args[0]
    cdef Element* x = <Element*>args[1]
    cdef Element* y = <Element*>args[2]
    if strides[0] == size and strides[1] == size and strides[2] == size:
        for i in range(n[0]):
            y[i] = chosen(taken[i], x[i])
    else:
        for i in range(n[0]):
            (<Element*>(args[2] + i * strides[2]))[0] = chosen(
                (<Element*>(args[0] + i * strides[0]))[0], (<Element*>(args[1] + i * strides[1]))[0]
            )


cdef void choose_half(char** args, npy_intp* n, npy_intp* strides, void* data) noexcept nogil:
    choose_all(<Half*>NULL, args, n, strides)


cdef void choose_float(char** args, npy_intp* n, npy_intp* strides, void* data) noexcept nogil:
    choose_all(<float*>NULL, args, n, strides)


cdef void choose_double(char** args, npy_intp* n, npy_intp* strides, void* data) noexcept nogil:
    choose_all(<double*>NULL, args, n, strides)


cdef void choose_longdouble(char** args, npy_intp* n, npy_intp* strides, void* data) noexcept nogil:
    choose_all(<long double*>NULL, args, n, strides)


cdef void choose_cfloat(char** args, npy_intp* n, npy_intp* strides, void* data) noexcept nogil:
    choose_all(<float complex*>NULL, args, n, strides)


cdef void choose_cdouble(char** args, npy_intp* n, npy_intp* strides, void* data) noexcept nogil:
    choose_all(<double complex*>NULL, args, n, strides)


cdef cnp.PyUFuncGenericFunction LOOPS[6]
cdef void* DATA[6]
cdef char TYPES[18]
LOOPS[0] = <cnp.PyUFuncGenericFunction>choose_half
LOOPS[1] = <cnp.PyUFuncGenericFunction>choose_float
LOOPS[2] = <cnp.PyUFuncGenericFunction>choose_double
LOOPS[3] = <cnp.PyUFuncGenericFunction>choose_longdouble
LOOPS[4] = <cnp.PyUFuncGenericFunction>choose_cfloat
LOOPS[5] = <cnp.PyUFuncGenericFunction>choose_cdouble
for _i, _type in enumerate("efdgFD"):
    DATA[_i] = NULL
    TYPES[3 * _i] = TYPES[3 * _i + 1] = TYPES[3 * _i + 2] = np.dtype(_type).num

choice = cnp.PyUFunc_FromFuncAndData(LOOPS, DATA, TYPES, 6, 2, 1, -1, "choice", "x where taken, 0 elsewhere", 0)
