"""NumPy's inner loops, called without NumPy's dispatch, and lists of them.

A. A `Loop` is a C function pointer of a ufunc for one type, with its data. It comes from the
   `PyUFuncObject`, so the numbers are NumPy's own to the last bit.
B. A `Recipe` is the derivative of an elementwise function as a list of such calls on registers.
   It is read back from the rule's own recording (`leopard/_recipe.py`), never written by hand.
C. Registers: 0 the upstream gradient, 1 the output, 2... the inputs, then constants, then results.
D. Nothing here touches a Python object while it computes: one point is `noexcept nogil`.
E. Floating-point trouble leaves a result that is not `usual` (zero, subnormal, infinite or nan);
   only then is the status word looked at, and only if that is set does NumPy say it its own way.
"""
import numpy as np

cimport numpy as cnp
from cpython.object cimport PyObject

cnp.import_array()

cdef extern from "numpy/ufuncobject.h":
    # Stated here, because what NumPy's own .pxd says of it changes with its version.
    ctypedef struct PyUFuncObject:
        int nin, nout, nargs, ntypes
        void** functions
        void** data
        const char* types


cdef Loop find_loop(object ufunc, char letter) except *:
    """The loop of `ufunc` whose operands all have the type with this letter."""
    cdef Loop loop
    cdef PyUFuncObject* u
    cdef int k, i, number
    loop.call = NULL
    loop.data = NULL
    if not isinstance(ufunc, np.ufunc):
        return loop
    u = <PyUFuncObject*><PyObject*>ufunc
    number = cnp.PyArray_DescrFromType(letter).type_num
    for k in range(u.ntypes):
        for i in range(u.nargs):
            if u.types[k * u.nargs + i] != number:
                break
        else:
            loop.call = <InnerLoop><void*>u.functions[k]     # the loops of numbers need no GIL
            loop.data = <void*>u.data[k] if u.data != NULL else NULL
            break
    return loop


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
    """

    def __init__(self, int n_inputs, list constants, list steps, list results):
        cdef int i, k
        cdef Step* step
        if not 0 < n_inputs <= MOST_INPUTS or len(results) > MOST_INPUTS:
            raise ValueError("a recipe has one to three inputs")
        if X + n_inputs + len(constants) + len(steps) > MOST_REGISTERS:
            raise ValueError("the rule is too long for a recipe")
        self.first_constant = X + n_inputs
        self.n_constants = len(constants)
        self.n_steps = len(steps)
        self.n_results = len(results)
        for i in range(self.n_constants):
            self.constants[i] = constants[i]
        lines = []
        for i, (ufunc, registers) in enumerate(steps):
            step = &self.steps[i]
            step.loop = find_loop(ufunc, b"d")
            if step.loop.call == NULL:
                raise ValueError(f"{ufunc!r} has no loop for float64")
            step.n_inputs = len(registers)
            if ufunc.nout != 1 or ufunc.nin != step.n_inputs or step.n_inputs > 2 or ufunc.signature:
                raise ValueError(f"{ufunc!r} is no function of {step.n_inputs} registers")
            step.y = self.first_constant + self.n_constants + i
            for k in range(step.n_inputs):
                step.x[k] = registers[k]
                if not 0 <= step.x[k] < step.y:
                    raise ValueError("a step reads a register before it is written")
            names = ", ".join(map("r{}".format, registers))     # no comprehension: see _core.pyx
            lines.append(f"r{step.y} = {ufunc.__name__}({names})")
        for i in range(self.n_results):
            self.results[i] = results[i]
            if self.results[i] >= self.first_constant + self.n_constants + self.n_steps:
                raise ValueError("a result names a register that is never written")
        self.lines = tuple(lines)

    def __str__(self):
        return "\n".join(self.lines)


cdef bint check_recipe(Recipe recipe, double* r) noexcept nogil:
    """The same again with the status word watched: true when nothing was raised in it."""
    cdef int i, status = 0
    for i in range(recipe.n_steps):
        leopard_clear_status()
        run_step(&recipe.steps[i], r)
        status |= leopard_status()      # now: some loops clear it as they end
    return status == 0
