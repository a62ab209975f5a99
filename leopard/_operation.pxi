# Part of _core.pyx. Elementwise operations, and the tables that the upper floors fill.

# -- Elementwise operations ----------------------------------------------------------------------

cdef enum Kind:
    OTHER
    NUMBER      # a constant
    VALUE       # a Variable that takes a gradient


cdef inline Kind operand(PyObject* o, double* x) except? OTHER:
    """Is `o` one float64, or a Python number? Then its value is in `x`."""
    cdef PyTypeObject* type = _Py_TYPE(o)
    if type != VARIABLE:
        if PyFloat_CheckExact(<object>o):
            x[0] = PyFloat_AS_DOUBLE(<object>o)
            return NUMBER
        if PyLong_CheckExact(<object>o):
            return whole_number(o, x)
        if not PyObject_TypeCheck(o, VARIABLE):
            if PyFloat_Check(<object>o):
                x[0] = PyFloat_AS_DOUBLE(<object>o)
                return NUMBER
            return OTHER
    if scalar_value(o, x):
        return NUMBER if (<Variable>o).flags & CONSTANT else VALUE
    return OTHER


cdef inline Kind whole_number(PyObject* o, double* x) except? OTHER:
    """An int that is a double exactly."""
    try:
        x[0] = PyLong_AsDouble(<object>o)
    except OverflowError:
        return OTHER
    return NUMBER if -9007199254740992.0 < x[0] < 9007199254740992.0 else OTHER


cdef inline int take(Function f, int i, PyObject* o, Kind kind, double x) except -1:
    if kind == VALUE:
        take_variable(f, i, <Variable>o)
    elif PyObject_TypeCheck(o, VARIABLE) and not (<Variable>o).flags & WEAK:
        Py_XINCREF(o)
        f.pair[i] = o
    else:
        f.number = x
    f.n_inputs += 1
    return 0


cdef unsigned int constancy(PyObject* o) noexcept:
    """CONSTANT for a Variable made of a constant, WEAK for a Python number or what is made of one."""
    if PyObject_TypeCheck(o, VARIABLE):
        return (<Variable>o).flags & (CONSTANT | WEAK)
    return WEAK if PyFloat_CheckExact(<object>o) or PyLong_CheckExact(<object>o) else 0


cdef unsigned int constancies(PyObject* a, PyObject* b) noexcept:
    """What the result of two constants is: a number of a rule stays one, of numbers alone a leaf."""
    cdef unsigned int fa = constancy(a), fb = constancy(b)
    if (fa | fb) & CONSTANT:
        return CONSTANT | (fa & fb & WEAK)
    return 0


cdef object evaluate_1(PyObject* operation, object a):
    cdef Operation op = <Operation>operation
    cdef double x, y
    cdef Kind kind = OTHER
    cdef Variable out
    cdef Function f
    if op.loop.call != NULL:
        kind = operand(<PyObject*>a, &x)
    if kind == OTHER or kind == NUMBER and not isinstance(a, Variable):
        return evaluate(op, (a,))
    y = call_1(&op.loop, x)
    if not usual(y):
        leopard_clear_status()
        y = call_1(&op.loop, x)
        if leopard_status():
            y = op.ufunc(x)             # NumPy says it in its own way
    out = scalar_variable(y)
    if kind == NUMBER:
        out.flags |= constancies(<PyObject*>a, <PyObject*>a)
    elif recording():
        f = new_function(op)
        take(f, 0, <PyObject*>a, kind, x)
        if f.generation >= MOST_GENERATIONS:
            too_deep()
        take_output(f, 0, out)
        f.n_outputs = 1
    return out


cdef object evaluate_2(PyObject* operation, object a, object b):
    cdef Operation op = <Operation>operation
    cdef double x0, x1, y
    cdef Kind k0 = OTHER, k1 = OTHER
    cdef Variable out
    cdef Function f
    if op.loop.call != NULL:
        k0 = operand(<PyObject*>a, &x0)
        if k0 != OTHER:
            k1 = operand(<PyObject*>b, &x1)
    if k1 == OTHER:
        return evaluate(op, (a, b))
    if k0 == NUMBER and k1 == NUMBER and not isinstance(a, Variable) and not isinstance(b, Variable):
        return evaluate(op, (a, b))     # NumPy's own types for numbers alone
    y = call_2(&op.loop, x0, x1)
    if not usual(y) and not (y == 0 and (x0 == 0 or x1 == 0)):
        leopard_clear_status()
        y = call_2(&op.loop, x0, x1)
        if leopard_status():
            y = op.ufunc(x0, x1)
    out = scalar_variable(y)
    if k0 == NUMBER and k1 == NUMBER:
        out.flags |= constancies(<PyObject*>a, <PyObject*>b)
    elif recording():
        f = new_function(op)
        take(f, 0, <PyObject*>a, k0, x0)
        take(f, 1, <PyObject*>b, k1, x1)
        if f.generation >= MOST_GENERATIONS:
            too_deep()
        take_output(f, 0, out)
        f.n_outputs = 1
    return out


cdef object evaluate(Operation op, tuple operands):
    """The general way: NumPy's ufunc on whatever the operands hold."""
    cdef int i, n = len(operands)
    cdef bint record = False, constant = False
    cdef Variable v, out
    cdef Function f
    cdef double number
    cdef Kind kind
    xs = []
    for x in operands:
        if isinstance(x, Variable):
            v = x
            if v.flags & WEAK:
                x = v.value.scalar
            else:
                x = array_of(v)
            if v.flags & CONSTANT:
                constant = True
            else:
                record = True
        else:
            x = plain_operand(x)
            if x is NotImplemented:
                return NotImplemented
        xs.append(x)
    y = op.ufunc(*xs)
    out = wrap(y)
    if not record:
        out.flags |= CONSTANT if constant else 0
    elif recording():
        f = new_function(op)
        make_room(f, n, 1)
        for i in range(n):
            x = operands[i]
            if isinstance(x, Variable) and not (<Variable>x).flags & CONSTANT:
                take_variable(f, i, x)
                f.n_inputs += 1
                continue
            kind = operand(<PyObject*>x, &number)
            if kind == NUMBER and n <= 2 and type(x) in (int, float):
                f.number = number
            else:
                x = x if isinstance(x, Variable) else xs[i]
                Py_INCREF(x)
                inputs_of(<PyObject*>f)[i] = <PyObject*>x
            f.n_inputs += 1
        if f.generation >= MOST_GENERATIONS:
            too_deep()
        take_output(f, 0, out)
        f.n_outputs = 1
    return out


cdef class Operation:
    """An elementwise function as its users call it: ``tanh(x)``.

    Parameters
    ----------
    cls : type
        The subclass of Function that states it, with its ``ufunc``.
    """

    def __cinit__(self):
        leopard_vectorcall(<PyTypeObject*>Operation, <char*>&self.vectorcall - <char*><PyObject*>self)
        self.vectorcall = <void*>call_operation

    def __init__(self, cls):
        if not isinstance(cls, type) or not issubclass(cls, Function):
            raise TypeError(f"{cls!r} is no subclass of Function")
        if not isinstance(cls.ufunc, np.ufunc) or cls.ufunc.nin > 2 or cls.ufunc.nout != 1 or cls.ufunc.signature:
            raise TypeError(f"{cls.__name__}.ufunc is no ufunc of one or two inputs and one output")
        if self.cls is not None:
            raise TypeError(f"this Operation is {self.name} already")
        if (cls.__dictoffset__ != 0
                or (<_typeobject*><PyTypeObject*>cls).tp_basicsize != (<_typeobject*>FUNCTION).tp_basicsize):
            raise TypeError(f"{cls.__name__} has fields of its own, an elementwise Function has none")
        leopard_make_plain(<PyTypeObject*>cls, <destructor>function_dealloc)
        self.cls = cls
        self.ufunc = cls.ufunc
        self.name = cls.name
        self.n_inputs = cls.ufunc.nin
        self.loop = find_loop(cls.ufunc, b"d")
        self.recipes = [None] * (1 << self.n_inputs)
        special = getattr(cls, "special", {})
        self.special = tuple(map(attrgetter("operation"), special.values()))
        if len(special) > 4:
            raise ValueError("room for four special operands")
        for x1 in special:
            self.special_x1[self.n_special] = x1
            self.n_special += 1

    def __call__(self, *operands):
        # Only reached as `op.__call__`; a call of the object goes by `call_operation` directly.
        return self(*operands)

    def __repr__(self):
        return f"<function leopard.{self.name}>"

    @property
    def __name__(self):
        return self.name

    @property
    def __module__(self):
        return "leopard"

    @property
    def __doc__(self):
        return self.cls.__doc__

    @property
    def __signature__(self):
        import inspect

        given = inspect.Parameter.POSITIONAL_ONLY
        if self.n_inputs == 1:
            return inspect.Signature([inspect.Parameter("x", given)])
        return inspect.Signature([inspect.Parameter("x0", given), inspect.Parameter("x1", given)])

    def __reduce__(self):
        return self.name


cdef object call_operation(PyObject* operation, PyObject** args, size_t nargsf, PyObject* names):
    cdef Operation op = <Operation>operation
    cdef Py_ssize_t n = PyVectorcall_NARGS(nargsf)
    if names != NULL:
        raise TypeError(f"{op.name}() takes no keyword: {', '.join(<object>names)}")
    if n != op.n_inputs or n == 0:
        raise TypeError(f"{op.name}() takes {op.n_inputs} operand{'s' * (op.n_inputs > 1)}, not {n}")
    if n == 1:
        y = evaluate_1(operation, <object>args[0])
    else:
        y = operate_2(operation, <object>args[0], <object>args[1])
    if y is NotImplemented:
        bad = type(<object>args[0]).__name__
        if n == 2:
            bad += ", " + type(<object>args[1]).__name__
        raise TypeError(f"{op.name}: unsupported operands ({bad})")
    return y


# -- The tables that the upper floors fill -------------------------------------------------------

cdef enum:
    ADD, SUB, MUL, DIV, NEG, ABS, POW, MATMUL, GETITEM, N_OPERATORS

cdef PyObject* OPERATORS[N_OPERATORS]       # borrowed from `operators`
cdef dict operators = {}
cdef dict OF_UFUNC = {}
cdef tuple OPERATOR_NAMES = ("add", "sub", "mul", "div", "neg", "abs", "pow", "matmul", "getitem")
memset(OPERATORS, 0, sizeof(OPERATORS))


cdef object operate_1(PyObject* function, object a):
    if function == NULL:
        return NotImplemented
    if type(<object>function) is Operation:
        return evaluate_1(function, a)
    return (<object>function)(a)


cdef object evaluate_special(PyObject* function, object a, object b):
    """`evaluate_2`, or what NumPy's operator does instead for certain numbers on the right."""
    cdef Operation op = <Operation>function
    cdef double x1
    cdef int i
    if PyFloat_CheckExact(b) or PyLong_CheckExact(b):
        if operand(<PyObject*>b, &x1) == NUMBER:
            for i in range(op.n_special):
                if op.special_x1[i] == x1:
                    return evaluate_1(<PyObject*>op.special[i], a)
    return evaluate_2(function, a, b)


cdef object operate_2(PyObject* function, object a, object b):
    if function == NULL:
        return NotImplemented
    if type(<object>function) is Operation:
        if (<Operation>function).n_special:
            return evaluate_special(function, a, b)
        return evaluate_2(function, a, b)
    for x in (a, b):
        if not isinstance(x, Variable) and plain_operand(x) is NotImplemented:
            return NotImplemented
    return (<object>function)(a, b)


cdef object operate_pow(object a, object b, object modulus):
    if modulus is not None:
        raise TypeError("pow() of a Variable takes no modulus")
    return operate_2(OPERATORS[POW], a, b)


cdef class Upper:
    """What the core asks of the floors above: each is a callable, set by the floor that has it."""


cdef Upper upper = Upper()


def connect(**functions):
    """Give the core a function of an upper floor, by its field of `Upper`."""
    for name, function in functions.items():
        setattr(upper, name, function)


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


def add_method(name, function):
    """Make `function` a method, or a property, of Variable."""
    PyDict_SetItem((<_typeobject*>VARIABLE).tp_dict, name, function)
    PyType_Modified(VARIABLE)


def mark_innocent(cls):
    """Instances of this class of ours hold no reference that could lead back to them."""
    innocent.add(cls)


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
    if not isinstance(cls.operation, Operation):
        raise TypeError(f"{cls.__name__} has no operation")
    if n_inputs != (<Operation>cls.operation).n_inputs:
        raise ValueError(f"{cls.__name__} has {(<Operation>cls.operation).n_inputs} inputs, not {n_inputs}")
    f = new_function(cls.operation)
    variables = []
    for i in range(n_inputs + 2):
        v = scalar_variable(0.5)
        v.flags = STAND_IN
        variables.append(v)
    make_room(f, n_inputs, 1)
    for i in range(n_inputs):
        take_variable(f, i, variables[i])
        f.n_inputs += 1
    take_output(f, 0, variables[n_inputs])
    f.n_outputs = 1
    return f, variables[:n_inputs], variables[n_inputs], variables[n_inputs + 1]


def weak_number(Variable v not None):
    """The Python number that `v` was made of by a rule's ``self.inputs``, or None."""
    return v.value.scalar if v.flags & WEAK and not v.flags & (ARRAY | EMPTY) else None


def count_alive():
    """Variables and Functions of plain type that are alive. (For tests: a lost one shows.)"""
    return leopard_live


def is_tracked(o):
    """Does the cyclic collector know this Variable or Function? (For tests.)"""
    if not isinstance(o, (Variable, Function)):
        raise TypeError(f"{type(o)} is neither a Variable nor a Function")
    if isinstance(o, Variable):
        return bool((<Variable>o).flags & TRACKED)
    return bool((<Function>o).flags & TRACKED)
