# Part of _core.pyx. Stand-ins: Variables without a meaningful value, with which a rule is run once to be read.

cdef list COMPARISONS = [None] * 6          # by the number of the comparison: an Operation


def stand_ins(cls, int n_inputs):
    """A Function of class `cls` whose inputs and output are stand-ins, to read its rule with.

    Returns
    -------
    tuple
        The Function, its inputs, its output and the upstream gradient. Reading the value of any of the
        Variables raises `Untraceable`.
    """
    cdef Function f
    cdef int i
    cdef Variable v
    cdef Operation op = operation_of(cls)
    if op is None or op.kernel != LOOPS:
        raise TypeError(f"{cls.__name__} has no rule that acts element by element")
    if n_inputs != op.n_inputs:
        raise ValueError(f"{cls.__name__} has {op.n_inputs} inputs, not {n_inputs}")
    f = cls.__new__(cls)
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


cdef object compare_stand_ins(Operation op, object a, object b):
    """The result of a comparison in a rule that is being read: recorded, as a step of the recipe."""
    cdef Variable out = scalar_variable(0.5)
    cdef Function f = new_function(op)
    cdef int i = 0
    cdef double number
    out.flags = STAND_IN
    for x in (a, b):
        if isinstance(x, Variable):
            set_input(f, i, x)
        elif scalar_operand(<PyObject*>x, &number) == CONSTANT_SCALAR:
            f.number = number
        else:
            raise Untraceable
        f.n_inputs += 1
        i += 1
    set_only_output(f, out)
    return out


def set_comparison(int sign, operation):
    """Let the comparison with this number (`Py_LT` is 0) be recorded as `operation` while a rule is read."""
    if not 0 <= sign < 6 or type(operation) is not Operation or (<Operation>operation).kernel != LOOPS:
        raise ValueError("there are six comparisons, and each is an Operation with loops")
    check_finished(operation)
    COMPARISONS[sign] = operation
