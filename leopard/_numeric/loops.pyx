"""NumPy's inner loops, called without NumPy's dispatch, and lists of such calls.

A. A `Loop` is the C function pointer of a ufunc for one type, with its data. It is read from the
   `PyUFuncObject`, so the results are NumPy's own to the last bit.
B. A `Recipe` is the derivative of an elementwise function as a list of such calls on registers.
   It is read from a recording of the rule (`leopard/functions/_read_rule.py`), never written by hand.
C. The registers of a recipe are 0 the upstream gradient, 1 the output, from 2 on the inputs, then the
   constants, then the results of its steps.
D. A `Program` is a list of such calls over arrays of one type and shape. It holds one recipe, or several
   that follow each other (kernel fusion); the traversal writes it (`_core.pyx`).
E. Three sizes of thing are kept apart: one point (`run_recipe`, on doubles), a block (a contiguous part of
   the space that fits the cache), every point (`run_program`, which goes over the space in blocks). All are
   `noexcept nogil`: no Python object is touched while anything is computed.
F. Floating-point exceptions are only noticed here, by the processor's status word. The caller then makes
   NumPy's own call, which ignores, warns or raises as `np.errstate` has it.
"""
import numpy as np

from leopard._numeric.choice import choice as _choice

cimport numpy as cnp
from cpython.object cimport PyObject
from libc.math cimport isinf
from libc.string cimport memcpy

cnp.import_array()

cdef extern from "_numeric/exact_loops.h":
    const ExactTable* leopard_choose_instructions() noexcept nogil

cdef int[N_TYPES] TYPE_NUMBERS = [cnp.NPY_DOUBLE, cnp.NPY_FLOAT, cnp.NPY_CDOUBLE, cnp.NPY_CFLOAT]
TYPES = ("float64", "float32", "complex128", "complex64")


# -- Pointers ------------------------------------------------------------------------------------

cdef Loop find_loop_to(object ufunc, int type, bint truth) except *:
    """The loop of `ufunc` whose inputs all have this type and whose output is a truth value or has it, too.

    Its `call` is NULL where `ufunc` is no ufunc of one output, or has no such loop.
    """
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
            if u.types[k * u.nargs + i] != TYPE_NUMBERS[type]:
                break
        else:
            if u.types[k * u.nargs + u.nin] == (cnp.NPY_BOOL if truth else TYPE_NUMBERS[type]):
                loop.call = <InnerLoop><void*>u.functions[k]     # the loops of numbers need no GIL
                loop.data = <void*>u.data[k] if u.data != NULL else NULL
            break
    return loop


cdef Loop find_loop(object ufunc, int type) except *:
    """The loop of `ufunc` whose inputs and output all have this type; its `call` is NULL where there is none."""
    return find_loop_to(ufunc, type, False)


cdef bint depends_on_strides(object ufunc) except -1:
    """True if a loop gives other bits when an operand's stride is 0: `power` squares when the exponent's is."""
    return ufunc is np.power or ufunc is np.float_power


EXACT = leopard_choose_instructions()[0]
cdef Loop[2] NUMPYS_ADD             # which leopard's own loop calls for strides that it has no code for
for _type in range(N_TYPES):
    ADD[_type] = find_loop(np.add, _type)
    if _type <= SINGLE:             # of the same bits, and quicker: `exact_loops.h`
        NUMPYS_ADD[_type] = ADD[_type]
        ADD[_type].call, ADD[_type].data = EXACT.loops[LEOPARD_ADD][_type], &NUMPYS_ADD[_type]
    MULTIPLY[_type] = find_loop(np.multiply, _type)


# -- Numbers -------------------------------------------------------------------------------------

cdef bint cast_number(double value, int type, Number* number) noexcept nogil:
    """Cast a number to a type, as NumPy casts it; false when it overflows."""
    number.real[1] = 0
    if type == DOUBLE or type == COMPLEX:
        number.real[0] = value
        return True
    number.single[0] = <float>value
    number.single[1] = 0
    return isinf(value) or not isinf(number.single[0])


cdef void widen(const char* truths, char* to, npy_intp n, int type) noexcept nogil:
    """Write truth values as the numbers 0 and 1."""
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


include "recipes.pxi"           # the derivative of an elementwise function as a list of calls
include "blockwise_sums.pxi"    # sums whose order of addition does not depend on who makes them
include "programs.pxi"          # writing a program: registers, calls, whole recipes, scratch memory
include "execution.pxi"         # running a program over its space
