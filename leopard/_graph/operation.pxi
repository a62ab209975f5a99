# Part of _core.pyx. Operation: what the core knows of a class of Functions, and the recipes that its rule was read into.

cdef enum:
    NOT_KNOWN = 255
    ALL = 127           # the output and all inputs, as `reads_of` returns it
    MAX_OPTIONS = 8

cdef dict OF_CLASS = {}                     # class of Functions: its Operation
cdef str RULE_NAME = "_rule_of_leopard"     # the attribute by which a user's class owns its Operation


cdef class Operation:
    """A class of Functions as its users call it: ``tanh(x)``.

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
        self.option_names = self.defaults = self.number_specialisations = ()
        self.recipes, self.valid_recipes = [], []

    def __init__(self, cls):
        if not isinstance(cls, type) or not issubclass(cls, Function):
            raise TypeError(f"{cls!r} is no subclass of Function")
        if self.cls is not None:
            raise TypeError(f"this Operation is {self.name} already")
        if cls.__dict__.get("elementwise"):
            self.init_elementwise(cls, n_inputs_of(cls))
            self.cls = cls
            self.name = cls.__name__.lower()
            setattr(cls, RULE_NAME, self)       # not in `OF_CLASS`, which would keep the class for ever
            return
        if (cls.__dictoffset__ != 0
                or (<_typeobject*><PyTypeObject*>cls).tp_basicsize != (<_typeobject*>FUNCTION).tp_basicsize):
            raise TypeError(f"{cls.__name__} has fields of its own, an operation of leopard's has none")
        if isinstance(getattr(cls, "ufunc", None), np.ufunc):
            self.init_ufunc(cls, cls.ufunc)
        else:
            self.kernel = kernel_number(cls)
            if self.kernel == LOOPS:
                self.init_elementwise(cls, cls.n_inputs)
            else:
                self.n_inputs = cls.n_inputs
                self.init_options(cls.options)
                self.broadcasts = cls.broadcasts
        self.may_raise_spuriously = getattr(cls, "may_raise_spuriously", False)
        self.selects_elements = getattr(cls, "selects_elements", False)
        self.takes_arrays = getattr(cls, "takes_arrays", False)
        leopard_make_plain(<PyTypeObject*>cls, <destructor>function_dealloc)
        OF_CLASS[cls] = self
        self.cls = cls
        self.name = cls.name

    cdef int init_elementwise(self, cls, int n_inputs) except -1:
        """Prepare an operation whose rule may be read into loops; its value is what `forward` of the class returns."""
        if not 1 <= n_inputs <= MAX_INPUTS:
            raise TypeError(f"{cls.__name__}.forward names one to {MAX_INPUTS} inputs, if it is elementwise")
        self.kernel = LOOPS
        self.n_inputs = n_inputs
        self.broadcasts = True
        self.recipes = [None] * (N_TYPES << n_inputs)
        self.valid_recipes = [None] * (N_TYPES << n_inputs)
        memset(self.reads_mask, NOT_KNOWN, sizeof(self.reads_mask))
        return 0

    cdef int init_ufunc(self, cls, ufunc) except -1:
        """Prepare an operation whose value is a ufunc's; the loops of one or two inputs are called directly."""
        cdef int type
        if ufunc.nin > MAX_INPUTS or ufunc.nout != 1 or ufunc.signature:
            raise TypeError(f"{cls.__name__}.ufunc is no ufunc of one to {MAX_INPUTS} inputs and one output")
        self.init_elementwise(cls, ufunc.nin)
        self.ufunc = ufunc
        self.needs_whole_arrays = depends_on_strides(ufunc)
        if ufunc.nin <= 2:
            for type in range(N_TYPES):
                self.loops[type] = find_loop(ufunc, type)
        classes = getattr(cls, "number_specialisations", {})
        if len(classes) > 4:
            raise ValueError("room for the specialisations of four numbers")
        self.number_specialisations = tuple(map(attrgetter("operation"), classes.values()))
        for operation in self.number_specialisations:
            if not isinstance(operation, Operation) or (<Operation>operation).n_inputs != 1:
                raise TypeError(f"{cls.__name__}.number_specialisations names classes with an Operation of one input")
        self.n_specialisations = 0
        for x1 in classes:
            self.specialised_numbers[self.n_specialisations] = x1
            self.n_specialisations += 1
        return 0

    def find_ufunc(self, ufunc):
        """Take this ufunc, whose package has been imported only now, as the value from now on."""
        if self.kernel != LOOPS or self.ufunc is not None or self.cls.__dict__.get("elementwise"):
            raise TypeError(f"{self.name} has a value already")
        if ufunc.nin != self.n_inputs:
            raise TypeError(f"{self.name} has {self.n_inputs} inputs, {ufunc.__name__} has {ufunc.nin}")
        self.init_ufunc(self.cls, ufunc)

    cdef int init_options(self, options) except -1:
        """Take the names of the options; a dict has the default values too, of all or of the last ones."""
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
        recipe = find_recipe(self, _TYPES.index(type), wanted)
        return None if recipe is False else recipe

    def forget_recipes(self):
        """Have the rule read again. (For tests that change it.)"""
        self.recipes[:] = [None] * len(self.recipes)
        memset(self.reads_mask, NOT_KNOWN, sizeof(self.reads_mask))

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


def operation_of(cls):
    """The Operation of a class of Functions, or None."""
    cdef PyObject* rule
    if not isinstance(cls, type) or not issubclass(cls, Function):
        return None
    operation = OF_CLASS.get(cls)
    if operation is None:
        rule = rule_of(<PyTypeObject*>cls)
        return None if rule == NULL else <object>rule
    return operation


def mark_gc_exempt(cls):
    """Exempt the instances of a class of leopard's own from the cyclic collector: they own nothing that it would see."""
    gc_exempt.add(cls)


cdef object call_operation(PyObject* operation, PyObject** args, size_t nargsf, PyObject* names):
    cdef Operation op = <Operation>operation
    cdef Py_ssize_t n = PyVectorcall_NARGS(nargsf), i
    if op.kernel != LOOPS:
        return call_with_options(op, args, n, names)
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


# -- Recipes -------------------------------------------------------------------------------------

cdef object find_recipe(Operation op, int type, int mask):
    """The recipe for this type and these wanted gradients, bit k for input k, read now if it is not yet; or False."""
    cdef Py_ssize_t i = type << op.n_inputs | mask
    cdef Recipe recipe
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
    recipe = <Recipe>known
    if recipe.n_inputs != op.n_inputs or recipe.n_results != op.n_inputs or recipe.type != type:
        return False                    # of another operation: Python may write into `recipes`
    if i < len(op.valid_recipes):
        op.valid_recipes[i] = recipe
    return recipe


cdef inline object recipe_of(Operation op, int type, int mask):
    """What `find_recipe` returns, without its checks where they have been made."""
    cdef Py_ssize_t i = type << op.n_inputs | mask
    cdef PyObject* known
    if i < PyList_GET_SIZE(op.valid_recipes) and i < PyList_GET_SIZE(op.recipes):
        known = PyList_GET_ITEM(op.valid_recipes, i)
        if known == PyList_GET_ITEM(op.recipes, i) and known != <PyObject*>None:
            return <object>known
    return find_recipe(op, type, mask)


cdef int reads_of(Operation op, int type, int mask) except -1:
    """Which values the rule reads for these wanted gradients: bit `Y` for the output, bit ``X + k`` for input k."""
    cdef int i = type << op.n_inputs | mask, known = op.reads_mask[i]
    if known == NOT_KNOWN:
        recipe = recipe_of(op, type, mask)
        known = ALL if recipe is False else (<Recipe>recipe).reads_mask & ALL
        op.reads_mask[i] = <unsigned char>known
    return known
