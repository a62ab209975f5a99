# Part of loops.pyx. Recipes: derivatives of elementwise functions as calls of inner loops, and how they run on numbers.

cdef class Recipe:
    """Recipe(n_inputs, constants, steps, results, type="float64", operations=())\n--\n
    The gradients of one elementwise function as calls of inner loops.

    Parameters
    ----------
    n_inputs : int
        Number of inputs of the function; their registers are 2 to ``n_inputs + 1``.
    constants : list of float
        The values of the registers after the inputs.
    steps : list of (ufunc, tuple of int)
        Each call and the registers it reads; it writes the next free register.
    results : list of int
        The register of each input's gradient, -1 where there is none.
    type : str
        The type of the arrays: "float64", "float32", "complex128" or "complex64".
    operations : sequence, optional
        The Operation of each step, which records it when a traversal is itself recorded.
    """

    def __init__(self, int n_inputs, list constants, list steps, list results, type="float64", operations=()):
        cdef int i
        # These conversions run Python code, which may change the lists: so they come before anything is counted.
        constants, results = list(map(float, constants)), list(map(int, results))
        steps = [(ufunc, tuple(map(int, registers))) for ufunc, registers in tuple(steps)]
        if self.lines is not None:
            raise TypeError("this Recipe is written already")
        if not 0 < n_inputs <= MAX_INPUTS or len(results) > MAX_INPUTS:
            raise ValueError("a recipe has one to three inputs")
        if X + n_inputs + len(constants) + len(steps) > MAX_RECIPE_REGISTERS:
            raise ValueError("the rule is too long for a recipe")
        self.type = TYPES.index(type)
        self.n_inputs = n_inputs
        self.first_constant = X + n_inputs
        self.n_constants = len(constants)
        self.n_steps = len(steps)
        self.n_results = len(results)
        for i in range(self.n_constants):
            self.constants[i] = constants[i]
        ufuncs = []
        for i, (ufunc, registers) in enumerate(steps):
            self.add_step(i, ufunc, registers)
            ufuncs.append(ufunc)
        for i in range(self.n_results):
            self.add_result(i, results[i])
        self.lines = tuple(self.lines_of(steps))
        self.ufuncs, self.operations = tuple(ufuncs), tuple(operations)
        for operation in self.operations:
            if getattr(operation, "may_raise_spuriously", False):
                self.may_raise_spuriously = True

    cdef int add_step(self, int i, object ufunc, tuple registers) except -1:
        """Write step `i`: a call of a ufunc on some registers."""
        cdef int k
        cdef Step* step = &self.steps[i]
        step.n_inputs = len(registers)
        if ufunc.nout != 1 or ufunc.nin != step.n_inputs or step.n_inputs > 2 or ufunc.signature:
            raise ValueError(f"{ufunc!r} is no function of {step.n_inputs} registers")
        step.loop = find_loop(ufunc, self.type)
        step.evaluates_truth = step.loop.call == NULL
        if step.evaluates_truth:
            step.loop = find_loop_to(ufunc, self.type, True)
        step.double_loop = find_loop_to(ufunc, DOUBLE, step.evaluates_truth)
        if step.loop.call == NULL or step.double_loop.call == NULL:
            raise ValueError(f"{ufunc!r} has no loop for {TYPES[self.type]}")
        step.y = self.first_constant + self.n_constants + i
        for k in range(step.n_inputs):
            step.x[k] = registers[k]
            if not 0 <= step.x[k] < step.y:
                raise ValueError("a step reads a register before it is written")
            self.mark_read(step.x[k])
            step.has_truth_operand = step.has_truth_operand or self.is_truth(step.x[k])
        step.has_truth_operand = step.has_truth_operand and step.n_inputs == 2
        self.needs_whole_arrays = self.needs_whole_arrays or depends_on_strides(ufunc)
        return 0

    cdef int add_result(self, int i, int register) except -1:
        """Let a register hold the gradient of input `i`."""
        self.results[i] = register
        if register >= self.first_constant + self.n_constants + self.n_steps:
            raise ValueError("a result names a register that is never written")
        if register >= 0:
            self.mark_read(register)
        return 0

    cdef list lines_of(self, list steps):
        """The text of each step and of each gradient."""
        cdef int i
        lines = []
        for i, (ufunc, registers) in enumerate(steps):
            names = ", ".join(map(self.name_of, registers))     # no comprehension: see _core.pyx
            lines.append(f"{self.name_of(self.steps[i].y)} = {ufunc.__name__}({names})")
        for i in range(self.n_results):
            if self.results[i] >= 0:
                lines.append(f"gradient of {self.name_of(X + i)}: {self.name_of(self.results[i])}")
        return lines

    cdef void mark_read(self, int register) noexcept:
        if register < self.first_constant:
            self.reads_mask |= 1ULL << register

    cdef bint is_truth(self, int register) noexcept:
        """True for the result of a step that is a truth value."""
        cdef int i = register - self.first_constant - self.n_constants
        return i >= 0 and self.steps[i].evaluates_truth

    def name_of(self, int register):
        """The name of a register in `lines`: gy, y, x or x0, x1, ..., the value of a constant, r1, r2, ..."""
        if register == GY or register == Y:
            return ("gy", "y")[register]
        if register < self.first_constant:
            return "x" if self.n_inputs == 1 else f"x{register - X}"
        register -= self.first_constant
        if register < self.n_constants:
            return f"{self.constants[register]:g}"
        return f"r{register - self.n_constants + 1}"

    @property
    def registers_read(self):
        """The names of the registers that are read and that the caller sets: gy, y, the inputs."""
        read = []
        for register in range(self.first_constant):
            if self.reads_mask >> register & 1:
                read.append(self.name_of(register))
        return tuple(read)

    def __str__(self):
        return "\n".join(self.lines)


# -- One point -----------------------------------------------------------------------------------

cdef double evaluate_truth(Step* step, double* r) noexcept nogil:
    """Call a step on numbers whose result is a truth value: 1 or 0."""
    cdef char truth
    cdef char* args[3]
    args[0] = <char*>&r[step.x[0]]
    args[1] = &truth if step.n_inputs == 1 else <char*>&r[step.x[1]]
    args[2] = &truth
    step.double_loop.call(args, &leopard_one, leopard_steps, step.double_loop.data)
    return truth != 0


cdef bint check_recipe(Recipe recipe, double* r) noexcept nogil:
    """Run the steps of a recipe on numbers once more and read the status word after each; true if it stays clear.

    `r` holds the registers as `run_recipe` has left them.
    """
    cdef int i, status = 0
    for i in range(recipe.n_steps):
        leopard_clear_status()
        run_step(&recipe.steps[i], r)
        status |= leopard_status()      # after each call, because some loops clear the flags as they end
    return status == 0
