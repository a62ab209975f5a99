"""Ufuncs that select and convert.

`choice(taken, x)` is x where `taken` is not 0, and 0 elsewhere, for rules that leave elements out. It selects: no 0
times infinity is computed, and nothing is raised. The truth values of comparisons are `taken`, widened to the type of
x. `where` and `convert` have what `numpy.where` and `astype` compute as loops, which a replay calls.
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


# -- Where, and conversions ----------------------------------------------------------------------

cdef extern from *:
    """
    #define LEOPARD_WHERE(name, element) \\
    static void leopard_where_##name(char** args, npy_intp const* n, npy_intp const* strides, void* data) { \\
        char *taken = args[0], *x0 = args[1], *x1 = args[2], *y = args[3]; \\
        (void)data; \\
        for (npy_intp i = 0; i < *n; i++) { \\
            *(element*)y = *(element*)(*taken ? x0 : x1); \\
            taken += strides[0], x0 += strides[1], x1 += strides[2], y += strides[3]; \\
        } \\
    }
    typedef struct { float real, imaginary; } leopard_single_complex;
    typedef struct { double real, imaginary; } leopard_double_complex;
    LEOPARD_WHERE(single, float)
    LEOPARD_WHERE(double, double)
    LEOPARD_WHERE(single_complex, leopard_single_complex)
    LEOPARD_WHERE(double_complex, leopard_double_complex)

    #define LEOPARD_CONVERT(name, given, element, value) \\
    static void leopard_convert_##name(char** args, npy_intp const* n, npy_intp const* strides, void* data) { \\
        char *from = args[0], *to = args[1]; \\
        (void)data; \\
        for (npy_intp i = 0; i < *n; i++) { \\
            given x = *(given*)from; \\
            element y = value; \\
            *(element*)to = y; \\
            from += strides[0], to += strides[1]; \\
        } \\
    }
    LEOPARD_CONVERT(truth_to_single, npy_bool, float, (x != 0))
    LEOPARD_CONVERT(truth_to_double, npy_bool, double, (x != 0))
    LEOPARD_CONVERT(long_to_single, npy_long, float, (float)x)
    LEOPARD_CONVERT(long_to_double, npy_long, double, (double)x)
    LEOPARD_CONVERT(single_to_double, float, double, x)
    LEOPARD_CONVERT(double_to_single, double, float, (float)x)
    #define LEOPARD_REAL(type) {(type)x, 0}
    #define LEOPARD_BOTH(type) {(type)x.real, (type)x.imaginary}
    LEOPARD_CONVERT(single_to_single_complex, float, leopard_single_complex, LEOPARD_REAL(float))
    LEOPARD_CONVERT(single_to_double_complex, float, leopard_double_complex, LEOPARD_REAL(double))
    LEOPARD_CONVERT(double_to_double_complex, double, leopard_double_complex, LEOPARD_REAL(double))
    LEOPARD_CONVERT(complex_to_double, leopard_single_complex, leopard_double_complex, LEOPARD_BOTH(double))
    LEOPARD_CONVERT(complex_to_single, leopard_double_complex, leopard_single_complex, LEOPARD_BOTH(float))
    """
    cnp.PyUFuncGenericFunction leopard_where_single, leopard_where_double
    cnp.PyUFuncGenericFunction leopard_where_single_complex, leopard_where_double_complex
    cnp.PyUFuncGenericFunction leopard_convert_truth_to_single, leopard_convert_truth_to_double
    cnp.PyUFuncGenericFunction leopard_convert_long_to_single, leopard_convert_long_to_double
    cnp.PyUFuncGenericFunction leopard_convert_single_to_double, leopard_convert_double_to_single
    cnp.PyUFuncGenericFunction leopard_convert_single_to_single_complex, leopard_convert_single_to_double_complex
    cnp.PyUFuncGenericFunction leopard_convert_double_to_double_complex
    cnp.PyUFuncGenericFunction leopard_convert_complex_to_double, leopard_convert_complex_to_single

cdef cnp.PyUFuncGenericFunction WHERE[4]
cdef cnp.PyUFuncGenericFunction CONVERT[11]
cdef void* NO_DATA[11]
cdef char TYPES_OF_WHERE[16]
cdef char TYPES_OF_CONVERT[22]

WHERE[0], WHERE[1] = leopard_where_single, leopard_where_double
WHERE[2], WHERE[3] = leopard_where_single_complex, leopard_where_double_complex
CONVERT[0], CONVERT[1] = leopard_convert_truth_to_single, leopard_convert_truth_to_double
CONVERT[2], CONVERT[3] = leopard_convert_long_to_single, leopard_convert_long_to_double
CONVERT[4], CONVERT[5] = leopard_convert_single_to_double, leopard_convert_double_to_single
CONVERT[6], CONVERT[7] = leopard_convert_single_to_single_complex, leopard_convert_single_to_double_complex
CONVERT[8] = leopard_convert_double_to_double_complex
CONVERT[9], CONVERT[10] = leopard_convert_complex_to_double, leopard_convert_complex_to_single
for _i, _type in enumerate("?fff?ddd?FFF?DDD"):
    TYPES_OF_WHERE[_i] = np.dtype(_type).num
for _i, _type in enumerate("?f?dlfldfddffFfDdDFDDF"):
    TYPES_OF_CONVERT[_i] = np.dtype(_type).num

where = cnp.PyUFunc_FromFuncAndData(
    WHERE, NO_DATA, TYPES_OF_WHERE, 4, 3, 1, -1, "where", "x0 where taken, x1 elsewhere", 0
)
convert = cnp.PyUFunc_FromFuncAndData(
    CONVERT, NO_DATA, TYPES_OF_CONVERT, 11, 1, 1, -1, "convert", "the same numbers in another type", 0
)
