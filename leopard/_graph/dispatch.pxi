# Part of _core.pyx. What operators and NumPy's callables mean for Variables: tables that the modules above fill.

cdef enum:
    OF_ADD, OF_SUB, OF_MUL, OF_DIV, OF_NEG, OF_ABS, OF_POW, OF_MATMUL, OF_GETITEM, OF_FLOORDIV,
    OF_MOD, OF_DIVMOD, N_OPERATORS

cdef dict OPERATOR_NUMBERS = {
    "add": OF_ADD, "sub": OF_SUB, "mul": OF_MUL, "div": OF_DIV, "neg": OF_NEG, "abs": OF_ABS, "pow": OF_POW,
    "matmul": OF_MATMUL, "getitem": OF_GETITEM, "floordiv": OF_FLOORDIV, "mod": OF_MOD, "divmod": OF_DIVMOD,
}
cdef PyObject* OPERATORS[N_OPERATORS]       # borrowed from `operators`
cdef dict operators = {}                    # name: function
cdef dict OF_UFUNC = {}
cdef dict OF_FUNCTION = {}
memset(OPERATORS, 0, sizeof(OPERATORS))


cdef object operate_1(PyObject* function, object a):
    """What an operator of one operand returns; `function` is that of `OPERATORS`."""
    if function == NULL:
        return NotImplemented
    if type(<object>function) is Operation and (<Operation>function).kernel == LOOPS:
        return evaluate_1(function, a)
    return (<object>function)(a)


cdef object evaluate_specialised(PyObject* function, object a, object b):
    """The value of an operation; of the one that stands in for it, as in NumPy, for certain numbers on the right."""
    cdef Operation op = <Operation>function
    cdef double x1
    cdef int i
    if (PyFloat_CheckExact(b) or PyLong_CheckExact(b)) and scalar_operand(<PyObject*>b, &x1) == CONSTANT_SCALAR:
        for i in range(op.n_specialisations):
            if op.specialised_numbers[i] == x1 and (x1 == 2 and PyLong_CheckExact(b) or not holds_integers(a)):
                return evaluate_1(<PyObject*>op.number_specialisations[i], a)
    return evaluate_2(function, a, b)


cdef bint holds_integers(object a) noexcept:
    """Whether a Variable is of integers: NumPy replaces no power of these by a reciprocal or a square root."""
    return (isinstance(a, Variable) and (<Variable>a).flags & (ARRAY | DROPPED_VALUE)
            and is_of_integers((<Variable>a).value.array))


cdef object operate_2(PyObject* function, object a, object b):
    """What an operator of two operands returns; NotImplemented where it does not take them."""
    if function == NULL:
        return NotImplemented
    cdef PyObject* operands[2]
    if type(<object>function) is Operation:
        if (<Operation>function).n_specialisations:
            return evaluate_specialised(function, a, b)
        if (<Operation>function).kernel == LOOPS:
            return evaluate_2(function, a, b)
        operands[0], operands[1] = <PyObject*>a, <PyObject*>b
        return apply(<Operation>function, operands, 2, None)
    given = []                          # an argument that is assigned to is counted in each call
    for x in (a, b):
        x = array_of_sequence(x)
        if not isinstance(x, Variable) and plain_operand(x) is NotImplemented:
            return NotImplemented
        given.append(x)
    return (<object>function)(*given)


cdef object operate_pow(object a, object b, object modulus):
    """What ``a ** b`` or ``pow(a, b, modulus)`` returns."""
    if modulus is not None:
        raise TypeError("pow() of a Variable takes no modulus")
    return operate_2(OPERATORS[OF_POW], a, b)


# -- Filling the tables ----------------------------------------------------------------------------

cdef int check_finished(object function) except -1:
    """Raise TypeError for an Operation of no class: one whose `__init__` was not called, or has failed."""
    if type(function) is Operation and (<Operation>function).cls is None:
        raise TypeError("this Operation belongs to no class of Functions")
    return 0


def set_operator(name, function):
    """Let an operator of Variable mean `function`."""
    cdef int i = OPERATOR_NUMBERS[name]
    if not callable(function):
        raise TypeError(f"an operator means a function, not {function!r}")
    check_finished(function)
    old = operators.get(name)           # held until no pointer leads to it
    operators[name] = function
    OPERATORS[i] = <PyObject*>function


def set_ufunc(ufunc, operation):
    """Let a NumPy ufunc called on Variables mean `operation`."""
    check_finished(operation)
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


def add_method(str name not None, function):
    """Make `function` a method, or a property, of Variable."""
    PyDict_SetItem((<_typeobject*>VARIABLE).tp_dict, name, function)
    PyType_Modified(VARIABLE)


def show_class_as(bytes name not None):
    """Let the class of Variables have another name, ``b"module.Name"``; its name until now is returned.

    The characters are kept for good: C code may hold on to the name of a class for as long as the process runs.
    """
    cdef bytes previous = (<_typeobject*>VARIABLE).tp_name
    cdef Py_ssize_t size = len(name) + 1
    cdef char* kept
    module, _, own = name.decode().rpartition(".")
    if not module or not own.isidentifier():
        raise ValueError(f"no module and class: {name!r}")
    if name != previous:
        kept = <char*>PyMem_Malloc(size)
        if kept == NULL:
            raise MemoryError
        memcpy(kept, <const char*>name, size)
        (<_typeobject*>VARIABLE).tp_name = kept
        PyType_Modified(VARIABLE)
    return previous
