# Part of replay.pyx. Steps that call Python: what the format does not hold, in its place in the program.

class EndOfRun(Exception):
    """Raised by a function that a program calls: the run ends with this outcome, -1 or -2 as `ReplayProgram.run` says.

    Attributes
    ----------
    outcome : int
    """

    def __init__(self, outcome):
        self.outcome = -1 if outcome == -1 else -2


@cython.final
@cython.internal
cdef class PythonStep:
    """A function, and where its arrays are read and its results written."""
    cdef object function
    cdef list inputs        # (base, offset, shape, strides, dtype) of each
    cdef list outputs


cdef PythonStep read_python(Reader reader, tuple given):
    cdef PythonStep step = PythonStep.__new__(PythonStep)
    step.function = given[1]
    step.inputs, step.outputs = [], []
    for base, offset, shape, strides, dtype in given[2]:
        step.inputs.append((base, offset, tuple(shape), tuple(strides), np.dtype(dtype)))
    for base, offset, shape, strides, dtype in given[3]:
        step.outputs.append((base, offset, tuple(shape), tuple(strides), np.dtype(dtype)))
        reader.check_output(base)
    for operands in (step.inputs, step.outputs):
        for operand in operands:
            check_array_operand(reader, operand)
    return step


cdef int check_array_operand(Reader reader, tuple operand) except -1:
    cdef Place at
    cdef npy_intp[64] shape, strides
    cdef int axis, n = len(operand[2])
    at.base, at.offset = operand[0], operand[1]
    if n > 32 or len(operand[3]) != n or operand[4].hasobject:
        raise ValueError("an array that no step can hold")
    for axis in range(n):
        shape[axis], strides[axis] = operand[2][axis], operand[3][axis]
    return reader.check_span(&at, n, shape, strides, operand[4].itemsize)


cdef object array_at(char* data, tuple shape, tuple strides, object dtype, int flags):
    """An array over memory that it does not own."""
    cdef npy_intp[64] dims, steps
    cdef int axis, n = len(shape)
    for axis in range(n):
        dims[axis], steps[axis] = shape[axis], strides[axis]
    return leopard_array_of(<PyObject*>dtype, n, dims, steps, data, flags)


cdef object copied_as_it_lies(object x):
    """A copy with the same strides: NumPy's functions add and multiply in an order that follows from them."""
    cdef npy_intp before = 0, size = x.itemsize
    if flags_of(<RawArray*><PyObject*>x) & C_ORDER:
        return x.copy()
    for n, stride in zip(x.shape, x.strides):
        if n == 0:
            return x.copy()
        if stride < 0:
            before -= (n - 1) * stride
        else:
            size += (n - 1) * stride
    y = np.ndarray(x.shape, x.dtype, np.empty(before + size, np.uint8), before, x.strides)
    y[...] = x
    return y


cdef int call_python(PythonStep step, Arena arena, list owners, int first_output) except? -100:
    """Call the function of a step; returns the outcome: 0, or -2 where a result has another form than recorded.

    It is given read-only arrays: views of the external arrays, and copies of what is in the arena or an output, because
    a function may keep what it is given, and that memory is written again.
    """
    cdef char* data
    cdef int k
    given = []
    for base, offset, shape, strides, dtype in step.inputs:
        data = arena.bases[<int>base] + <npy_intp>offset
        x = array_at(data, shape, strides, dtype, 0)
        if base == 0 or base > first_output or owners[base - 1] is None:
            x = copied_as_it_lies(x)
            x.flags.writeable = False
        else:
            Py_INCREF(owners[base - 1])         # PyArray_SetBaseObject takes a reference
            PyArray_SetBaseObject(x, owners[base - 1])
        given.append(x)
    try:
        results = step.function(*given)
    except EndOfRun as end:
        return end.outcome
    if not isinstance(results, tuple):
        results = (results,)
    if len(results) != len(step.outputs):
        return -2
    for k, (base, offset, shape, strides, dtype) in enumerate(step.outputs):
        y = np.asarray(results[k])
        if y.shape != shape or y.dtype != dtype:
            return -2
        data = arena.bases[<int>base] + <npy_intp>offset
        array_at(data, shape, strides, dtype, WRITEABLE)[...] = y
    return 0
