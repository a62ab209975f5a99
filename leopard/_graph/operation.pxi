# Part of _core.pyx. Operation: what the core knows of a class of Functions; and the tables that the upper
# floors fill.

# -- Operations ----------------------------------------------------------------------------------

cdef tuple KERNELS = (
    "rule", "loops", "take", "sum", "mean", "reshape", "transpose", "broadcast", "sum_to", "matmul",
)
cdef enum:
    NOT_KNOWN = 255
    ALL = 127
    MAX_OPTIONS = 8


cdef class Operation:
    """A Function's class as its users call it: ``tanh(x)``.

    Parameters
    ----------
    cls : type
        The subclass of Function that states it: with a ``ufunc``, or with the name of a ``kernel`` of the
        core, or with neither; ``n_inputs`` and the names of its ``options``. Where the kernel is "loops" and
        there is no ufunc, `forward` has the value, and the rule is read into loops all the same.
    """

    def __cinit__(self):
        leopard_vectorcall(<PyTypeObject*>Operation, <char*>&self.vectorcall - <char*><PyObject*>self)
        self.vectorcall = <void*>call_operation
        self.option_names = self.defaults = self.special = ()
        self.recipes, self.found = [], []

    def __init__(self, cls):
        if not isinstance(cls, type) or not issubclass(cls, Function):
            raise TypeError(f"{cls!r} is no subclass of Function")
        if self.cls is not None:
            raise TypeError(f"this Operation is {self.name} already")
        if cls.__dict__.get("elementwise"):
            self.take_elementwise(cls, n_inputs_of(cls))
            self.cls = cls
            self.name = cls.__name__.lower()
            setattr(cls, RULE_NAME, self)       # not in a table of ours: the class may die
            return
        if (cls.__dictoffset__ != 0
                or (<_typeobject*><PyTypeObject*>cls).tp_basicsize != (<_typeobject*>FUNCTION).tp_basicsize):
            raise TypeError(f"{cls.__name__} has fields of its own, an operation of leopard's has none")
        ufunc = getattr(cls, "ufunc", None)
        kernel = getattr(cls, "kernel", None) or "rule"
        if isinstance(ufunc, np.ufunc):
            self.take_ufunc(cls, ufunc)
        elif kernel == "loops":
            self.take_elementwise(cls, cls.n_inputs)
        else:
            if kernel not in KERNELS:
                raise TypeError(f"{cls.__name__}.kernel is none of the core's: {kernel!r}")
            self.kernel = <Kernel><int>KERNELS.index(kernel)
            self.n_inputs = cls.n_inputs
            self.take_options(cls.options)
            self.broadcasts = cls.broadcasts
        self.murmurs = getattr(cls, "murmurs", False)
        self.chooses = getattr(cls, "chooses", False)
        leopard_make_plain(<PyTypeObject*>cls, <destructor>function_dealloc)
        OF_CLASS[cls] = self
        self.cls = cls
        self.name = cls.name

    cdef int take_elementwise(self, cls, int n_inputs) except -1:
        """Its rule may be read into loops; its value is what `forward` of its class returns."""
        if not 1 <= n_inputs <= MAX_INPUTS:
            raise TypeError(f"{cls.__name__}.forward names one to {MAX_INPUTS} inputs, if it is elementwise")
        self.kernel = LOOPS
        self.n_inputs = n_inputs
        self.broadcasts = True
        self.recipes = [None] * (N_TYPES << n_inputs)
        self.found = [None] * (N_TYPES << n_inputs)
        memset(self.reads, NOT_KNOWN, sizeof(self.reads))
        return 0

    cdef int take_ufunc(self, cls, ufunc) except -1:
        """Its value is a ufunc's, whose own loops are called where it has one or two inputs."""
        cdef int type
        if ufunc.nin > MAX_INPUTS or ufunc.nout != 1 or ufunc.signature:
            raise TypeError(f"{cls.__name__}.ufunc is no ufunc of one to {MAX_INPUTS} inputs and one output")
        self.take_elementwise(cls, ufunc.nin)
        self.ufunc = ufunc
        self.needs_whole_arrays = depends_on_strides(ufunc)
        if ufunc.nin <= 2:
            for type in range(N_TYPES):
                self.loops[type] = find_loop(ufunc, type)
        special = getattr(cls, "special", {})
        self.special = tuple(map(attrgetter("operation"), special.values()))
        if len(special) > 4:
            raise ValueError("room for four special operands")
        for x1 in special:
            self.special_x1[self.n_special] = x1
            self.n_special += 1
        return 0

    def find_ufunc(self, ufunc):
        """From now on the value is this ufunc's, whose package has been imported only now."""
        if self.kernel != LOOPS or self.ufunc is not None or self.cls.__dict__.get("elementwise"):
            raise TypeError(f"{self.name} has a value already")
        if ufunc.nin != self.n_inputs:
            raise TypeError(f"{self.name} has {self.n_inputs} inputs, {ufunc.__name__} has {ufunc.nin}")
        self.take_ufunc(self.cls, ufunc)

    cdef int take_options(self, options) except -1:
        """Their names, and the values of those that need not be given; these come last."""
        self.option_names = tuple(options)
        self.n_options = len(options)
        self.defaults = tuple(options.values()) if isinstance(options, dict) else ()
        if self.n_options > MAX_OPTIONS:
            raise ValueError(f"room for {MAX_OPTIONS} options")
        if self.n_options and len(self.defaults) == self.n_options:
            self.default_option = self.defaults if self.n_options > 1 else self.defaults[0]
        return 0

    def __call__(self, *operands, **options):
        # Only reached as `op.__call__`; a call of the object goes by `call_operation` directly.
        return self(*operands, **options)

    def __get__(self, instance, owner):
        return self if instance is None else PyMethod_New(self, instance)

    def recipe(self, type, int wanted):
        """The recipe for a type, such as "float64", and the gradients wanted, bit k for input k; or None."""
        if self.kernel != LOOPS or not 0 < wanted < 1 << self.n_inputs:
            raise ValueError(f"{self.name} has no such recipe")
        found = find_recipe(self, _TYPES.index(type), wanted)
        return None if found is False else found

    def forget_recipes(self):
        """Let the rule be read anew. (For tests that change it.)"""
        self.recipes[:] = [None] * len(self.recipes)
        memset(self.reads, NOT_KNOWN, sizeof(self.reads))

    def __repr__(self):
        return f"<function {self.__module__}.{self.name}>"

    @property
    def __name__(self):
        return self.name

    @property
    def __module__(self):
        module = self.cls.__module__
        return "leopard" if module.partition(".")[0] == "leopard" else module

    @property
    def __doc__(self):
        return self.cls.__doc__

    @property
    def __signature__(self):
        import inspect

        given, named = inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD
        names = {1: ("x",), 2: ("x0", "x1"), 3: ("x0", "x1", "x2")}.get(self.n_inputs, ())
        parameters = [inspect.Parameter(name, given) for name in names]
        defaults = [inspect.Parameter.empty] * (self.n_options - len(self.defaults)) + list(self.defaults)
        for name, default in zip(self.option_names, defaults):
            parameters.append(inspect.Parameter(name, named, default=default))
        return inspect.Signature(parameters)

    def __reduce__(self):
        return self.name


def n_inputs_of(cls):
    """How many arrays `forward` of a class names, if all it takes are arrays; 0 else."""
    import inspect

    given = list(inspect.signature(cls.forward).parameters.values())[1:]
    for parameter in given:
        if parameter.kind is not parameter.POSITIONAL_OR_KEYWORD:
            return 0
    return len(given)


cdef object find_recipe(Operation op, int type, int mask):
    cdef Py_ssize_t i = type << op.n_inputs | mask
    if i >= len(op.recipes):
        return False
    known = op.recipes[i]
    if known is None:
        known = services.read_rule(op, mask, type)
        if i >= len(op.recipes):        # the rule that was read has changed the list
            return False
        op.recipes[i] = known
    if not isinstance(known, Recipe):
        return False
    if (<Recipe>known).n_inputs != op.n_inputs or (<Recipe>known).n_results != op.n_inputs or (<Recipe>known).type != type:
        return False                    # somebody else's
    if i < len(op.found):
        op.found[i] = known
    return known


cdef inline object recipe_of(Operation op, int type, int mask):
    """The recipe for this type and these wanted gradients, read now if it is not yet; or False."""
    cdef Py_ssize_t i = type << op.n_inputs | mask
    cdef PyObject* known
    if i < PyList_GET_SIZE(op.found) and i < PyList_GET_SIZE(op.recipes):
        known = PyList_GET_ITEM(op.found, i)
        if known == PyList_GET_ITEM(op.recipes, i) and known != <PyObject*>None:
            return <object>known
    return find_recipe(op, type, mask)


cdef int reads_of(Operation op, int type, int mask) except -1:
    """Which values the walk back will read: bit `Y` the output's, bit ``X + k`` that of input k."""
    cdef int i = type << op.n_inputs | mask, known = op.reads[i]
    if known == NOT_KNOWN:
        recipe = recipe_of(op, type, mask)
        known = ALL if recipe is False else (<Recipe>recipe).reads_mask & ALL
        op.reads[i] = <unsigned char>known
    return known


cdef object call_operation(PyObject* operation, PyObject** args, size_t nargsf, PyObject* names):
    cdef Operation op = <Operation>operation
    cdef Py_ssize_t n = PyVectorcall_NARGS(nargsf), i
    if op.kernel != LOOPS:
        return call_kernel(op, args, n, names)
    if op.cls.__dict__.get("elementwise"):
        raise TypeError(f"{op.name} is computed by its class; make an instance and call that")
    if names != NULL:
        raise TypeError(f"{op.name}() takes no keyword: {', '.join(<object>names)}")
    if n != op.n_inputs or n == 0:
        raise TypeError(f"{op.name}() takes {op.n_inputs} operand{'s' * (op.n_inputs > 1)}, not {n}")
    if n == 1:
        y = evaluate_1(operation, <object>args[0])
    elif n == 2:
        y = operate_2(operation, <object>args[0], <object>args[1])
    else:
        y = evaluate_3(operation, <object>args[0], <object>args[1], <object>args[2])
    if y is NotImplemented:
        bad = type(<object>args[0]).__name__
        for i in range(1, n):
            bad += ", " + type(<object>args[i]).__name__
        raise TypeError(f"{op.name}: unsupported operands ({bad})")
    return y


# -- The tables that the upper floors fill -------------------------------------------------------

cdef enum:
    OF_ADD, OF_SUB, OF_MUL, OF_DIV, OF_NEG, OF_ABS, OF_POW, OF_MATMUL, OF_GETITEM, OF_FLOORDIV,
    OF_MOD, OF_DIVMOD, N_OPERATORS

cdef PyObject* OPERATORS[N_OPERATORS]       # borrowed from `operators`
cdef dict operators = {}
cdef dict OF_UFUNC = {}
cdef dict OF_CLASS = {}
cdef str RULE_NAME = "_rule_of_leopard"     # where a user's class keeps its Operation
cdef dict OF_FUNCTION = {}
cdef list COMPARISONS = [None] * 6
cdef tuple OPERATOR_NAMES = (
    "add", "sub", "mul", "div", "neg", "abs", "pow", "matmul", "getitem", "floordiv", "mod", "divmod",
)
memset(OPERATORS, 0, sizeof(OPERATORS))


cdef object operate_1(PyObject* function, object a):
    if function == NULL:
        return NotImplemented
    if type(<object>function) is Operation and (<Operation>function).kernel == LOOPS:
        return evaluate_1(function, a)
    return (<object>function)(a)


cdef object evaluate_special(PyObject* function, object a, object b):
    """`evaluate_2`, or what NumPy's operator does instead for certain numbers on the right."""
    cdef Operation op = <Operation>function
    cdef double x1
    cdef int i
    if (PyFloat_CheckExact(b) or PyLong_CheckExact(b)) and operand(<PyObject*>b, &x1) == NUMBER:
        for i in range(op.n_special):
            if op.special_x1[i] == x1 and (x1 == 2 and PyLong_CheckExact(b) or not holds_integers(a)):
                return evaluate_1(<PyObject*>op.special[i], a)
    return evaluate_2(function, a, b)


cdef bint holds_integers(object a) noexcept:
    """Of which NumPy takes no reciprocal, and no square root by another name."""
    return (isinstance(a, Variable) and (<Variable>a).flags & (ARRAY | DROPPED_VALUE)
            and not takes_gradient((<Variable>a).value.array))


cdef object operate_2(PyObject* function, object a, object b):
    if function == NULL:
        return NotImplemented
    cdef PyObject* operands[2]
    if type(<object>function) is Operation:
        if (<Operation>function).n_special:
            return evaluate_special(function, a, b)
        if (<Operation>function).kernel == LOOPS:
            return evaluate_2(function, a, b)
        operands[0], operands[1] = <PyObject*>a, <PyObject*>b
        return apply(<Operation>function, operands, 2, None)
    for x in (a, b):
        if not isinstance(x, Variable) and plain_operand(x) is NotImplemented:
            return NotImplemented
    return (<object>function)(a, b)


cdef object operate_pow(object a, object b, object modulus):
    if modulus is not None:
        raise TypeError("pow() of a Variable takes no modulus")
    return operate_2(OPERATORS[OF_POW], a, b)


def set_operator(name, function):
    """Let an operator of Variable mean `function`."""
    cdef int i = OPERATOR_NAMES.index(name)
    if not callable(function):
        raise TypeError(f"an operator means a function, not {function!r}")
    old = operators.get(name)           # kept until nothing points to it
    operators[name] = function
    OPERATORS[i] = <PyObject*>function


def set_ufunc(ufunc, operation):
    """Let a NumPy ufunc called on Variables mean `operation`."""
    OF_UFUNC[ufunc] = operation


def of_ufunc(ufunc):
    """What a NumPy ufunc means for Variables, or None."""
    return OF_UFUNC.get(ufunc)


def set_function(function, ours):
    """Let a function of NumPy's called on Variables mean `ours`."""
    OF_FUNCTION[function] = ours


def of_function(function):
    """What a function of NumPy's means for Variables, or None."""
    return OF_FUNCTION.get(function)


def set_comparison(int sign, operation):
    """Let the comparison with this number (`Py_LT` is 0) be recorded as `operation` while a rule is read."""
    if not 0 <= sign < 6 or type(operation) is not Operation:
        raise ValueError("there are six comparisons, and each is an Operation")
    COMPARISONS[sign] = operation


def add_method(name, function):
    """Make `function` a method, or a property, of Variable."""
    PyDict_SetItem((<_typeobject*>VARIABLE).tp_dict, name, function)
    PyType_Modified(VARIABLE)


def operation_of(cls):
    """The Operation of a class of Functions, or None."""
    cdef PyObject* rule
    if not isinstance(cls, type) or not issubclass(cls, Function):
        return None
    found = OF_CLASS.get(cls)
    if found is None:
        rule = rule_of(<PyTypeObject*>cls)
        found = None if rule == NULL else <object>rule
    return found


def mark_innocent(cls):
    """Instances of this class of ours hold no reference that could lead back to them."""
    gc_exempt.add(cls)


def stand_ins(cls, int n_inputs):
    """A Function of class `cls` with stand-ins for everything, to read its rule with.

    Returns
    -------
    tuple
        The Function, its inputs, its output and the upstream gradient. Asked for its value, each of
        the Variables raises `Untraceable`.
    """
    cdef Function f
    cdef int i
    cdef Variable v
    cdef Operation op = operation_of(cls)
    if op is None or op.kernel != LOOPS:
        raise TypeError(f"{cls.__name__} has no rule that acts element by element")
    if n_inputs != op.n_inputs:
        raise ValueError(f"{cls.__name__} has {op.n_inputs} inputs, not {n_inputs}")
    f = cls.__new__(cls) if cls.__dict__.get("elementwise") else new_function(op)
    variables = []
    for i in range(n_inputs + 2):
        v = scalar_variable(0.5)
        v.flags = STAND_IN
        variables.append(v)
    make_room(f, n_inputs, 1, None)
    for i in range(n_inputs):
        set_input(f, i, variables[i])
        f.n_inputs += 1
    set_only_output(f, variables[n_inputs])
    return f, variables[:n_inputs], variables[n_inputs], variables[n_inputs + 1]


def weak_number(Variable v not None):
    """The Python number that `v` was made of by a rule's ``self.inputs``, or None."""
    return v.value.scalar if v.flags & WEAK and not v.flags & (ARRAY | EMPTY | DROPPED_VALUE) else None


def count_records():
    """Variables and Functions of plain type that are alive. (For tests: a lost one shows.)"""
    return leopard_n_records


def holds_value(Variable v not None):
    """Is the value of this Variable there, or would it be computed again? (For tests.)"""
    return not v.flags & (DROPPED_VALUE | EMPTY)


def is_tracked(o):
    """Does the cyclic collector know this Variable or Function? (For tests.)"""
    if not isinstance(o, (Variable, Function)):
        raise TypeError(f"{type(o)} is neither a Variable nor a Function")
    if isinstance(o, Variable):
        return bool((<Variable>o).flags & TRACKED)
    return bool((<Function>o).flags & TRACKED)
