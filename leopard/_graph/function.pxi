# Part of _core.pyx. Function: one application of an operation, and how it is recorded.

# -- The class -----------------------------------------------------------------------------------

cdef class Function:
    """One application of an operation: the node of the graph.

    Subclass it with `forward` and `backward`; make an instance for each application and call it
    with Variables.

    Attributes
    ----------
    inputs : tuple of Variable
        What it was called with. Empty under `no_grad`.
    outputs : list of weakref.ref
        What it computed: ``self.outputs[0]()`` is the first output, or None if that no longer exists.
    output : Variable
        The first output itself, for a rule that uses it.
    wanted : tuple of bool
        Which inputs take a gradient: a rule need not compute the others.
    generation : int
        The highest generation of the inputs. It orders the walk, and may be set.
    elementwise : bool
        Set it to True in a class where each output element depends on the input elements of the same
        place alone, and whose rule reads nothing but inputs, output and class: the rule is then read
        once, and compiled loops compute what it does.

    Notes
    -----
    `forward` receives ndarrays and returns one or a tuple of them; `backward` receives a Variable
    for each output (zeros for one that no longer exists or got no gradient) and returns the gradient of
    each input, None where there is none. A rule that reads ``self.inputs[0].data`` is right to
    first order; a rule on the Variables themselves can be differentiated again.

    Forward mode needs nothing else. A class may define ``tangent(*ts)`` where that is cheaper: it receives a
    Variable for each input, None where the tangent is zero, and returns the tangent of the output, or a tuple
    of one for each output.

    Examples
    --------
    >>> class Square(Function):
    ...     def forward(self, x):
    ...         return x ** 2
    ...     def backward(self, gy):
    ...         x, = self.inputs
    ...         return 2 * x * gy
    >>> x = Variable(np.array(3.0))
    >>> y = Square()(x)
    >>> y.backward()
    >>> x.grad
    variable(6.0)
    """

    def __cinit__(self):
        self.operation = PyDict_GetItem(OF_CLASS, type(self))
        if type(self) not in gc_exempt:
            self.flags = FOREIGN | TRACKED
            self.operation = rule_of(_Py_TYPE(<PyObject*>self))
            if self.operation != NULL:
                Py_INCREF(<object>self.operation)
                self.flags |= OWNS_RULE
        elif not is_cell_type(_Py_TYPE(<PyObject*>self)):
            PyObject_GC_UnTrack(<PyObject*>self)

    def __call__(self, *inputs):
        return call_function(self, inputs)

    def forward(self, *xs):
        """Compute the outputs, from ndarrays."""
        raise NotImplementedError(f"{type(self).__name__} has no forward")

    def backward(self, *gys):
        """Compute the gradients of the inputs, from those of the outputs."""
        raise NotImplementedError(f"{type(self).__name__} has no backward")

    @property
    def inputs(self):
        """The Variables it was called with.

        In its rule, while a walk runs that, one of integers or truth values that takes a gradient comes as
        float64: the rule is the slope of the formula over the reals, and may compute so. A rule that takes
        arrays gets arrays where it is not recorded.
        """
        cdef int i, n = self.n_inputs       # read once: another thread may call this Function
        cdef bint of_rule = leopard_function_of_rule == <PyObject*>self
        inputs = [None] * n
        for i in range(n):
            inputs[i] = input_of_rule(self, i) if of_rule else input_of(self, i)
            if of_rule and leopard_rule_of_arrays:
                inputs[i] = array_at_hand(inputs[i])
        return tuple(inputs)

    @property
    def wanted(self):
        """For each input, whether it takes a gradient; a rule need not compute the others."""
        cdef int i, n = self.n_inputs
        cdef PyObject* x
        wanted = [False] * n
        for i in range(n):
            x = inputs_of(<PyObject*>self)[i]
            if x != NULL and PyObject_TypeCheck(x, VARIABLE):
                wanted[i] = not (<Variable>x).flags & CONSTANT
        return tuple(wanted)

    @property
    def outputs(self):
        """Weak references to its outputs."""
        cdef int i, n = self.n_outputs
        cdef PyObject* y
        outputs = [None] * n
        for i in range(n):
            y = outputs_of(<PyObject*>self)[i]
            if y == NULL:
                outputs[i] = expired_reference()
            else:
                outputs[i] = weakref.ref(pinned(<object>y) if n_versioned else <object>y)
        return outputs

    @property
    def output(self):
        """The first output."""
        if self.n_outputs == 0 or outputs_of(<PyObject*>self)[0] == NULL:
            raise ReferenceError(f"the output of {type(self).__name__} no longer exists")
        y = <object>outputs_of(<PyObject*>self)[0]
        if n_versioned:
            y = pinned(y)
        if leopard_function_of_rule != <PyObject*>self:
            return y
        y = output_of_rule(self, y)
        return array_at_hand(y) if leopard_rule_of_arrays else y

    @property
    def option(self):
        """What an operation of leopard's own was called with besides its inputs, or None."""
        return option_of(self)

    @option.setter
    def option(self, option):
        cdef PyObject* old = NULL
        cdef PyObject** inputs = inputs_of(<PyObject*>self)
        if self.n_inputs:
            raise RuntimeError(f"this {type(self).__name__} already stands in a graph")
        if self.flags & OPTION:
            old = inputs[0]
        inputs[0] = NULL
        self.flags &= ~OPTION
        if option is not None:
            Py_INCREF(option)
            inputs[0] = <PyObject*>option
            self.flags |= OPTION
        Py_XDECREF(old)

    @property
    def generation(self):
        """The highest generation of the inputs."""
        return self.generation

    @generation.setter
    def generation(self, generation):
        generation = index(generation)
        if not 0 <= generation <= MAX_GENERATIONS:
            raise ValueError(f"a generation is at least 0 and at most {MAX_GENERATIONS}, not {generation}")
        self.generation = generation

    def register_hook(self, hook):
        """Register a function that is called in each walk with the gradients that the rule of this Function returns.

        Parameters
        ----------
        hook : callable
            ``hook(gxs, gys)``, two tuples: the gradients of the inputs, Variables or None, and those of the
            outputs. It returns None, or a tuple of other gradients to go on with. Several are called in the
            order in which they were registered. Hooks are removed when their Function is deallocated; the Function
            is not deallocated while a hook refers to an owner of it.

        Returns
        -------
        Hook
            Its method `remove` removes it.

        Examples
        --------
        >>> x = Variable(np.array(3.0))
        >>> y = x * x
        >>> hook = y.creator.register_hook(lambda gxs, gys: print(gxs, gys))
        >>> y.backward()
        (variable(3.0), variable(3.0)) (variable(1.0),)
        """
        return add_function_hook(self, hook)

    def __reduce_ex__(self, protocol):
        raise TypeError(f"{type(self).__name__} belongs to its graph and cannot be copied or pickled")


cdef PyObject* rule_of(PyTypeObject* type) noexcept:
    """The Operation of a class that is marked as elementwise, or NULL; borrowed."""
    cdef PyObject* found = PyDict_GetItem(<object>(<_typeobject*>type).tp_dict, RULE_NAME)
    return found if found != NULL and PyObject_TypeCheck(found, <PyTypeObject*>Operation) else NULL


def prepare_class(cls, **options):
    """`Function.__init_subclass__`: read the rule of a class that is marked as elementwise."""
    super(Function, cls).__init_subclass__(**options)
    if cls.__dict__.get("elementwise"):
        Operation(cls)


PyDict_SetItem((<_typeobject*>FUNCTION).tp_dict, "__init_subclass__", classmethod(prepare_class))
PyType_Modified(FUNCTION)


# -- Its inputs, outputs and option --------------------------------------------------------------

cdef object option_of(Function f):
    """The option that `f` was called with, or None."""
    if f.flags & OPTION:
        return <object>inputs_of(<PyObject*>f)[f.n_inputs]
    return None


cdef object expired_reference():
    """A weak reference whose referent no longer exists."""
    return weakref.ref(Variable(None))


cdef object input_of(Function f, int i):
    """Input `i` as a Variable, in the version that `f` was called with; one is made for a constant."""
    x = node_of(f, i)
    return pinned(x) if n_versioned else x


cdef object array_at_hand(Variable v):
    """The array of a Variable; itself where that would be computed again, which a rule that reads it does."""
    return v if v.flags & (DROPPED_VALUE | EMPTY) else data_of(v)


cdef object input_of_rule(Function f, int i):
    """Input `i` as a rule gets it."""
    return over_the_reals(input_of(f, i))


cdef object output_of_rule(Function f, object y):
    """The first output as a rule gets it.

    Where NumPy has cut it down to an integer, it is what the operation makes of the inputs over the reals.
    """
    if holds_integers(y) and f.operation != NULL and not f.flags & OWNS_RULE and f.n_outputs == 1:
        xs = []
        for i in range(f.n_inputs):
            xs.append(input_of_rule(f, i))
        y = apply_again(f, xs)
    return over_the_reals(y)


cdef object over_the_reals(object x):
    """A Variable as a rule computes with it: integers and truth values that take a gradient are cast to float64."""
    if holds_integers(x) and not (<Variable>x).flags & CONSTANT:
        return structural.astype(x, np.float64)
    return x


cdef object node_of(Function f, int i):
    """Input `i` as the node of the graph; a Variable is made for a constant."""
    cdef Variable v
    cdef PyObject* x = inputs_of(<PyObject*>f)[i]
    if x == NULL:
        v = scalar_variable(f.number)
        v.flags = WEAK | CONSTANT
        return v
    if PyObject_TypeCheck(x, VARIABLE):
        return <object>x
    return wrap_constant(as_array(<object>x))


cdef int make_room(Function f, int n_inputs, int n_outputs, object option) except -1:
    """Allocate arrays for more inputs or outputs than the record holds; the rest of the record is not touched.

    `set_option` puts the option, NULL or not, behind the inputs when these have been set.
    """
    cdef void* inputs = NULL
    cdef void* outputs = NULL
    n_inputs += option is not None
    if n_inputs > 2:
        inputs = PyMem_Malloc(n_inputs * sizeof(PyObject*))
        if inputs == NULL:
            raise MemoryError
    if n_outputs > 1:
        outputs = PyMem_Malloc((n_outputs + 1) * sizeof(PyObject*))
        if outputs == NULL:
            PyMem_Free(inputs)
            raise MemoryError
        memset(outputs, 0, (n_outputs + 1) * sizeof(PyObject*))
        f.inline_output = <PyObject*>outputs
        f.n_outputs = n_outputs
    if n_inputs > 2:
        f.inline_inputs[0] = <PyObject*>inputs
        f.flags |= MANY_INPUTS
    return 0


cdef inline void mark_consumed(Function f, Variable v) noexcept:
    v.flags |= CONSUMED
    if v.generation > f.generation:
        f.generation = v.generation


cdef inline int set_input(Function f, int i, Variable v) except -1:
    """Make `v` the input `i` of `f`, which owns it. The caller counts `n_inputs`."""
    Py_INCREF(v)
    inputs_of(<PyObject*>f)[i] = <PyObject*>v
    f.flags |= v.flags & INHERITED
    mark_consumed(f, v)
    return 0


cdef inline int set_borrowed_input(Function f, int i, Variable v) except -1:
    """Make `v`, which has another owner, the input `i` of `f`, one of at most two. The caller counts `n_inputs`."""
    f.inline_inputs[i] = <PyObject*>v
    f.flags |= FIRST_BORROWED << i | v.flags & DIFFERENTIATED
    v.n_borrowers += 1
    mark_consumed(f, v)
    return 0


cdef inline void set_option(Function f, object option) noexcept:
    """Put the option, if there is one, behind the inputs, which have all been set."""
    if option is not None:
        Py_INCREF(option)
        inputs_of(<PyObject*>f)[f.n_inputs] = <PyObject*>option
        f.flags |= OPTION
        if leopard_following and follows_option(option):
            f.flags |= DIFFERENTIATED


cdef inline int set_output(Function f, int i, Variable y) except -1:
    """Make `y` the output `i` of `f`, which is its creator."""
    Py_INCREF(f)
    y.creator = <PyObject*>f
    y.generation = f.generation + 1
    outputs_of(<PyObject*>f)[i] = <PyObject*>y
    if f.flags & INHERITED:
        y.flags |= f.flags & INHERITED
        if f.flags & FOREIGN:
            track(<PyObject*>f, &f.flags)
            track_variable(<PyObject*>y)
    return 0


cdef inline int set_only_output(Function f, Variable y) except -1:
    set_output(f, 0, y)
    f.n_outputs = 1
    return 0


cdef inline int finish_record(Function f, Variable y) except -1:
    """Finish the record of one output: `f`, whose inputs have all been set, becomes the creator of `y`."""
    if f.generation >= MAX_GENERATIONS:
        raise_too_many_generations()
    set_only_output(f, y)
    if n_inspections:
        inspect_record(f)
    return 0


cdef int raise_too_many_generations() except -1:
    raise OverflowError("more generations than an int32 holds; cut the graph with unchain_backward")


# -- A call of a class of a user's ---------------------------------------------------------------

def array_of_any(Variable v not None):
    note_exit(v)
    return array_of(current(v))


cdef object forward_of(Function f, list variables):
    """What `forward` of a class returns for the values of Variables. A recording for replay does not look into it."""
    arrays = []
    for v in variables:
        arrays.append(array_of(v))
    return call_unfollowed(f.forward, *arrays) if leopard_following else f.forward(*arrays)


def shape_and_type(y):
    """The shape and dtype of an output, which zeros in its place are made of."""
    return y.shape, y.dtype


cdef object call_function(Function f, tuple inputs):
    """Run `forward` on the arrays of the inputs, and record the call where an input takes a gradient."""
    cdef list variables, outputs
    cdef bint is_differentiable = False
    if len(inputs) == 0:
        raise TypeError(f"{type(f).__name__} was called with no input")
    if f.n_outputs:
        raise RuntimeError(f"this {type(f).__name__} already stands in a graph; make a new instance for each call")
    variables = []
    for x in inputs:
        x = variable_of_operand(f, x)
        is_differentiable = is_differentiable or not (<Variable>x).flags & CONSTANT
        variables.append(x)
    if leopard_following and f.operation == NULL and follows_any(variables):
        return services.follow_class(f, variables)
    outputs = wrap_outputs(f, forward_of(f, variables))
    if is_differentiable and recording():
        record_call(f, variables, outputs)
    elif not is_differentiable or leopard_following:
        for y in outputs:
            (<Variable>y).flags |= CONSTANT
        if leopard_following:
            follow_call(f, variables, outputs)
    return outputs if len(outputs) > 1 else outputs[0]


cdef Variable variable_of_operand(Function f, object x):
    """The latest version of an operand that is a Variable, or a constant of any other."""
    if isinstance(x, Variable):
        return current(x)
    if is_sequence(<PyObject*>x):
        return variable_of_operand(f, array_of_sequence(x))
    plain = as_array(plain_operand(x))
    if plain is NotImplemented:
        raise TypeError(f"{type(f).__name__}: {type(x)} is not supported")
    return wrap_constant(plain)


cdef list wrap_outputs(Function f, object ys):
    """The Variables of what `forward` returned: one array, or a tuple of several."""
    if not isinstance(ys, tuple):
        ys = (ys,)
    if len(ys) == 0:
        raise TypeError(f"{type(f).__name__}.forward returned no output")
    outputs = []
    for y in ys:
        y = as_array(y)
        if not isinstance(y, cnp.ndarray):
            raise TypeError(f"{type(y)} is not supported: {type(f).__name__}.forward returns ndarrays")
        outputs.append(wrap(y))
    return outputs


cdef int check_not_recorded(Function f) except -1:
    """Raise RuntimeError for a Function that another call has recorded while its `forward` was running."""
    if f.n_inputs or f.n_outputs:
        raise RuntimeError(f"{type(f).__name__} was called again by its own forward, or by another thread")
    return 0


cdef int record_call(Function f, list variables, list outputs) except -1:
    """Make `f`, which has no inputs yet, the creator of the outputs."""
    cdef int i, n_outputs = len(outputs)
    forms = tuple(map(shape_and_type, outputs)) if n_outputs > 1 else None
    check_not_recorded(f)
    option = option_of(f)
    if option is not None:
        drop_inputs(<PyObject*>f)       # to put it behind the inputs
        check_not_recorded(f)
    # From here on nothing runs Python until `f` has its inputs and outputs: another thread may call it, too.
    make_room(f, len(variables), n_outputs, option)
    f.generation = 0
    for i in range(len(variables)):
        set_input(f, i, variables[i])
        f.n_inputs += 1
    set_option(f, option)
    if f.generation >= MAX_GENERATIONS:
        raise_too_many_generations()
    for i in range(n_outputs):
        set_output(f, i, outputs[i])
    f.n_outputs = n_outputs
    if forms is not None:
        Py_INCREF(forms)
        outputs_of(<PyObject*>f)[n_outputs] = <PyObject*>forms
    for i in range(n_outputs):
        mark_view(outputs[i])
    if n_inspections:
        inspect_record(f)
    return 0
