"""Terms: what a recording computes, each value once, simplified without changing a bit.

A. A reference to a term is twice its number, plus one where its negative is meant: the sign of a real number is kept
   aside until something reads it that cannot take it in, so that ``a + (-b)`` becomes ``a - b``, and signs leave
   products. A record is what computes a term and the references that it reads. Equal records are one term.
B. `Table` holds the records in C arrays; `Terms` simplifies; `NodeReader` reads the nodes of a recording: scalars,
   elementwise operations and small arrays here, all else by a function in Python for each class.
C. A `Form` is the layout of an array that has no memory yet; a float64 without axes has none.
D. What follows goes over all terms, too: which are read, in which order scalars are computed, when each is read last,
   where in memory it is, and the code of scalars.
E. Who owns what: a Table owns its arrays, a NodeReader its references; nothing else points into them.
"""
from math import copysign

import numpy as np

cimport cython
cimport numpy as cnp
from cpython cimport array
from cpython.mem cimport PyMem_Free, PyMem_Malloc, PyMem_Realloc
from cpython.object cimport PyObject
from libc.stdint cimport uint32_t, uint64_t
from libc.string cimport memcpy, memset

from leopard._core cimport RecordedNode, RecordedValue
from leopard._numeric.loops cimport leopard_clear_status, leopard_status
import leopard._numeric.replay as replay

cnp.import_array()

cdef enum:
    # What computes a term. Scalar code: an opcode of the engine, or C_CALL and a loop. Arrays: C_LOOP and a loop.
    C_ADD, C_SUBTRACT, C_MULTIPLY, C_DIVIDE, C_NEGATIVE, C_SQUARE, C_SQRT
    C_CALL = 1 << 8
    C_GUARD = 1 << 19
    C_PACK                      # scalars beside each other, in an array
    C_LOOP = 1 << 20
    # Anything else: these take no step,
    C_INPUT = -32, C_CAPTURED, C_CONSTANT, C_NUMBER, C_VIEW, C_ITEM
    # and these do.
    C_MATMUL = -9, C_SUM, C_SUM_TO, C_REDUCE, C_COPY, C_ADD_AT, C_JOIN, C_PYTHON, C_GUARD_BYTES

ADD, SUBTRACT, MULTIPLY, DIVIDE = C_ADD, C_SUBTRACT, C_MULTIPLY, C_DIVIDE
NEGATIVE, SQUARE, SQRT = C_NEGATIVE, C_SQUARE, C_SQRT
CALL, GUARD, PACK, LOOP = C_CALL, C_GUARD, C_PACK, C_LOOP
INPUT, CAPTURED, CONSTANT, NUMBER, VIEW, ITEM = C_INPUT, C_CAPTURED, C_CONSTANT, C_NUMBER, C_VIEW, C_ITEM
MATMUL, SUM, SUM_TO, REDUCE, COPY, ADD_AT = C_MATMUL, C_SUM, C_SUM_TO, C_REDUCE, C_COPY, C_ADD_AT
JOIN, PYTHON, GUARD_BYTES = C_JOIN, C_PYTHON, C_GUARD_BYTES

#: The ufuncs that are opcodes, and the comparisons, whose opcodes follow those of calls.
SCALAR_CODE = {
    np.add: ADD, np.subtract: SUBTRACT, np.multiply: MULTIPLY, np.true_divide: DIVIDE, np.negative: NEGATIVE,
    np.square: SQUARE, np.sqrt: SQRT,
}
UFUNC_OF_CODE = {code: ufunc for ufunc, code in SCALAR_CODE.items()}
COMPARISONS = {
    ufunc: replay.OPCODES[ufunc.__name__]
    for ufunc in (np.less, np.less_equal, np.greater, np.greater_equal, np.equal, np.not_equal)
}
FLOAT64 = np.dtype(np.float64)
cdef object DOUBLE = FLOAT64
cdef object ADD_UFUNC = np.add

include "terms_forms.pxi"           # Form: shape, dtype and strides
include "terms_table.pxi"           # the records, and what is known of constants
include "terms_arithmetic.pxi"      # Terms: signs, exact arithmetic, views
include "terms_nodes.pxi"           # NodeReader: the nodes of a recording are read
include "terms_small.pxi"           # small arrays as scalars
include "terms_order.pxi"           # what is read, and when last
include "terms_places.pxi"          # where in memory each term is
include "terms_code.pxi"            # scalar code
