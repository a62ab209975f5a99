# Part of replay.pyx. What a program is in C.

cdef enum:
    MAX_OPERANDS = 4        # inputs and outputs of one loop
    SHORT_ROW = 64          # elements: shorter rows are run together, if there are
    MANY_ROWS = 4           # as many, or more
    PLANE_PITCH = BLOCK * 16 + 192      # bytes of a block of copied rows of any type


cdef enum StepKind:
    SCALARS                 # scalar code
    ROW                     # a loop, called once
    ROWS                    # a loop, called over the outer axes
    PLANES                  # a loop, called for many short rows at once
    EXACT_ROWS              # a loop of exact arithmetic for rows, called over the axes further out
    MATMUL_STEP
    SUM_ALL
    SUM_TO
    COPY
    FILL
    GUARD
    GROUP
    PYTHON


cdef struct Place:          # an address, once the bases are known
    int base
    npy_intp offset


cdef struct ReplayStep:
    StepKind kind
    int n_operands          # inputs, then outputs
    int type
    int number              # GUARD: its place; PYTHON: which function; SUM_TO: the axes; MATMUL_STEP: `signed_zeros`
    npy_intp n              # elements of a row; bytes
    npy_intp work           # units of work, for signals and for the interpreter's lock
    Loop loop
    RowsLoop rows_loop      # of EXACT_ROWS
    bint keeps_status       # the loop clears no floating-point flags
    Place at[MAX_OPERANDS]
    npy_intp strides[MAX_OPERANDS]
    void* more              # owned by the program: Instruction*, Nest*, Matrices*, Group*, bytes


cdef struct Nest:           # of ROWS, PLANES, EXACT_ROWS and COPY: the space and the strides of the operands over it
    Space space
    npy_intp strides[MAX_OPERANDS][MAX_AXES]
    npy_intp itemsizes[MAX_OPERANDS]
    bint in_place[MAX_OPERANDS]     # of PLANES: the rows of an operand follow each other, so that it needs no copy
    bint is_one_row[MAX_OPERANDS]   # it has one row for all, so that its copy stays
    int n_inputs


cdef struct Matrices:       # of MATMUL_STEP
    npy_intp m, k, n
    npy_intp a_strides[2]
    npy_intp b_strides[2]


cdef struct External:       # an array that a run is given, or makes
    int n_axes
    npy_intp* shape         # owned by the program, as all these are
    npy_intp* strides       # NULL: any
    int number_of_type      # of NumPy
    npy_intp itemsize
    npy_intp low, high      # the bytes that it covers, from its data pointer on
    PyObject* dtype         # owned by the program


cdef struct Allocation:     # what the program has allocated, in a chain
    Allocation* next


cdef struct Run:            # one run
    char** bases
    char* arena
    char* scratch           # of groups
    int n_threads
    int status              # floating-point flags
    int outcome             # 0: valid; k > 0: guard k - 1 has failed
    npy_intp work           # since the last look for signals
    bint interrupted        # a signal has raised


@cython.final
@cython.internal
cdef class Arena:
    """The memory of one run: what is computed in between, and what points to the external arrays."""
    cdef char* allocated
    cdef char* memory       # in it, at a multiple of 64 bytes; scratch memory of groups behind it
    cdef char* scratch
    cdef char** bases
    cdef double* numbers    # the values of inputs that are given as numbers
    cdef char* cells        # 16 bytes for each output that is returned as a number
    cdef PyObject** given   # owned while a run lasts: the inputs,
    cdef PyObject** outputs # and the outputs that are arrays
    cdef int n_given, n_outputs
    cdef list captured      # while a run lasts: the captured arrays, where a function returns one
    cdef bint holds         # any of these
    cdef bint has_own_places    # the bases of all inputs and outputs are `numbers` and `cells`

    cdef int allocate(self, npy_intp size, npy_intp scratch_size, int n_externals, int n_given, int n_outputs) except -1:
        size = size + 63 & ~<npy_intp>63
        self.allocated = <char*>PyMem_Calloc(1, size + scratch_size + 128)
        self.bases = <char**>PyMem_Calloc(n_externals + 1, sizeof(char*))
        self.numbers = <double*>PyMem_Calloc(n_given + 1, sizeof(double))
        self.cells = <char*>PyMem_Calloc(n_outputs + 1, 16)
        self.given = <PyObject**>PyMem_Calloc(n_given + 1, sizeof(PyObject*))
        self.outputs = <PyObject**>PyMem_Calloc(n_outputs + 1, sizeof(PyObject*))
        if (self.allocated == NULL or self.bases == NULL or self.numbers == NULL or self.cells == NULL
                or self.given == NULL or self.outputs == NULL):
            raise MemoryError
        self.n_given, self.n_outputs = n_given, n_outputs
        self.memory = self.allocated + (64 - <uintptr_t>self.allocated % 64)
        self.scratch = self.memory + size
        self.bases[0] = self.memory
        return 0

    cdef void release(self) noexcept:
        """Release what a run has held."""
        cdef int k
        cdef PyObject* o
        if not self.holds:
            return
        self.holds = False
        self.captured = None
        for k in range(self.n_given):
            o, self.given[k] = self.given[k], NULL
            Py_XDECREF(o)
        for k in range(self.n_outputs):
            o, self.outputs[k] = self.outputs[k], NULL
            Py_XDECREF(o)

    def __dealloc__(self):
        self.release()
        PyMem_Free(self.allocated)
        PyMem_Free(self.bases)
        PyMem_Free(self.numbers)
        PyMem_Free(self.cells)
        PyMem_Free(self.given)
        PyMem_Free(self.outputs)
