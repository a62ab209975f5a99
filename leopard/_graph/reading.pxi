# Part of _core.pyx. A graph is read into a list of operations, for replay.

cdef enum:
    # what a RecordedValue is
    INPUT_VALUE
    CAPTURED_VALUE
    CONSTANT_VALUE
    RESULT_VALUE


cdef class RecordedValue:
    """An array or number of a recording.

    Attributes
    ----------
    kind : int
        INPUT: an argument of the call, the one of this `number`. CAPTURED: an array that is there outside of the
        function, and is read at each call. CONSTANT: an array or number that does not change. RESULT: what
        a node computes.
    shape : tuple of int
    dtype : numpy.dtype
    weak : bool
        Whether it is a Python number, which takes the type of the arrays that it meets.
    array : ndarray, float, int, complex or None
        Of a captured array and of a constant: its value.
    number : int
        Of an input.
    strides : tuple of int or None
        Of an array; None where it has one axis at most and is contiguous.
    place : int
        The order in which the values of a recording were met.
    variable : Variable or None
        Of a captured array: the Variable from outside whose array it is, which each call reads.
    """
    cdef public int kind
    cdef public tuple shape
    cdef public object dtype
    cdef public bint weak
    cdef public object array
    cdef public int number
    cdef public object strides
    cdef public Py_ssize_t place
    cdef public object variable

    def __init__(self, int kind, tuple shape, dtype, bint weak=False, array=None, int number=-1, strides=None):
        self.kind, self.shape, self.dtype, self.weak = kind, shape, dtype, weak
        self.array, self.number, self.strides = array, number, strides
        self.place = -1


cdef class RecordedNode:
    """One operation of a recording.

    Attributes
    ----------
    cls : type
        The class of the Function that was recorded.
    operation : Operation or None
        What the core knows of it; None for a class of a user's, which is called in Python.
    option : object
        Its options, or None. An array among them that was computed from the inputs is a RecordedValue here.
    inputs, outputs : tuple of RecordedValue
        In the place of an output that no longer exists there may be None.
    """
    cdef public object cls, operation, option
    cdef public tuple inputs, outputs

    def __init__(self, cls, operation, option, tuple inputs, tuple outputs):
        self.cls, self.operation, self.option = cls, operation, option
        self.inputs, self.outputs = inputs, outputs


cdef object DOUBLE_DTYPE = np.dtype(np.float64)


cdef class GraphReader:
    """Reads what Variables were computed from, each operation behind those of its inputs.

    Parameters
    ----------
    inputs : list of Variable
    is_captured : callable
        Whether an array is there outside of the function.
    alias : type
        The class of Functions that are the identity: an alias is the RecordedValue of its original.
    followed : type
        The class of arrays among the options that were computed from the inputs; `variable` is what holds one.
    outside : list of Variable
        Variables that are read at each call; what they were computed from is no part of the recording.

    Attributes
    ----------
    inputs : list of RecordedValue
    nodes : list of Node
    variables : list of Variable
        Those that take a gradient, and are none of `inputs` and `outside`.
    met : list of Variable
        Those of `outside` that were met.
    """
    cdef dict values                # by the identity of a Variable, array or number
    cdef list kept                  # everything that has an identity there
    cdef dict outside               # the Variable, by the identity of its latest version
    cdef set functions
    cdef readonly list inputs, nodes, variables, met
    cdef object is_captured
    cdef object alias, followed
    cdef Py_ssize_t n_values

    def __init__(self, list inputs not None, is_captured, alias, followed, list outside not None=[]):
        cdef RecordedValue value
        cdef Variable version
        self.outside = {}
        for v in outside:
            version = current(<Variable?>v)
            self.outside[<size_t><PyObject*>version] = v
        self.values, self.kept, self.functions = {}, inputs + outside, set()
        self.inputs, self.nodes, self.variables, self.met = [], [], [], []
        self.is_captured, self.alias, self.followed = is_captured, alias, followed
        for k in range(len(inputs)):
            value = self.new_value(INPUT_VALUE, inputs[k])
            value.number = k
            self.inputs.append(value)

    cdef RecordedValue new_value(self, int kind, Variable x):
        """A new Value for a Variable."""
        cdef RecordedValue value = RecordedValue.__new__(RecordedValue)
        cdef PyObject* array = form_array(<PyObject*>x)
        value.kind, value.number, value.weak = kind, -1, x.flags & WEAK
        value.place = self.n_values
        self.n_values += 1
        if array == NULL:
            value.shape, value.dtype = (), DOUBLE_DTYPE
        else:
            value.shape, value.dtype = (<object>array).shape, (<object>array).dtype
            value.strides = strides_beside_order(array_of(x)) if n_axes_of(<RawArray*>array) else None
        self.values[<size_t><PyObject*>x] = value
        self.kept.append(x)
        return value

    def value(self, x):
        """The RecordedValue of a Variable, array or number."""
        found = self.values.get(<size_t><PyObject*>x)
        return self.value_outside(x) if found is None else found

    cdef RecordedValue value_outside(self, object x):
        """The RecordedValue of what is no result: a constant, or a captured array."""
        cdef bint weak = type(x) is int or type(x) is float or type(x) is complex
        cdef RecordedValue value
        cdef object given = x, variable = None
        if isinstance(x, Variable):
            weak = (<Variable>x).flags & WEAK
            variable = self.outside.get(<size_t><PyObject*>x)
            if variable is not None:
                weak = False
                self.met.append(variable)
            elif is_outer(<Variable>x):
                self.variables.append(x)
            given = array_of(x)
        array = np.asarray(given)
        value = RecordedValue.__new__(RecordedValue)
        value.shape, value.dtype, value.weak, value.number = array.shape, array.dtype, weak, -1
        value.place = self.n_values
        self.n_values += 1
        value.variable = variable
        if variable is not None or not weak and self.is_captured(array):
            value.kind = CAPTURED_VALUE
        else:
            value.kind = CONSTANT_VALUE
        value.array = array[()].item() if weak else array
        value.strides = array.strides if value.kind == CAPTURED_VALUE else strides_beside_order(array)
        self.values[<size_t><PyObject*>x] = value
        self.kept.append(x)
        return value

    def read(self, list roots not None):
        """Append what these Variables were computed from to the nodes."""
        cdef list waiting = []
        cdef Function f
        cdef Py_ssize_t i
        for i in range(len(roots) - 1, -1, -1):
            if isinstance(roots[i], Variable):
                self.push_operation(waiting, current(roots[i]))
        while waiting:
            entry = waiting.pop()
            if type(entry) is tuple:
                self.append_node(<Function>(<tuple>entry)[0], <tuple>(<tuple>entry)[1])
                continue
            f = entry
            if <size_t><PyObject*>f in self.functions:
                continue
            self.functions.add(<size_t><PyObject*>f)
            self.kept.append(f)
            operands = self.operands_of(f)
            waiting.append((f, operands))
            for i in range(len(operands) - 1, -1, -1):
                x = operands[i]
                if <size_t><PyObject*>x not in self.values:
                    self.push_operation(waiting, <Variable>x)

    cdef int push_operation(self, list waiting, Variable x) except -1:
        if x.creator != NULL and not (self.outside and <size_t><PyObject*>x in self.outside):
            waiting.append(<object>x.creator)
        return 0

    cdef tuple operands_of(self, Function f):
        """The inputs of a Function as Variables, then those of the followed arrays in its option."""
        cdef int i
        operands = []
        for i in range(f.n_inputs):
            operands.append(node_of(f, i))
        option = option_of(f)
        if option is not None:
            self.add_followed(option, operands)
        return tuple(operands)

    cdef int add_followed(self, option, list operands) except -1:
        if type(option) is self.followed:
            operands.append(current(option.variable))
        elif type(option) is tuple:
            for part in <tuple>option:
                self.add_followed(part, operands)
        return 0

    cdef int append_node(self, Function f, tuple operands) except -1:
        cdef int i
        cdef RecordedNode node
        cdef PyObject* y
        cdef list inputs = [], outputs = []
        for i in range(max(f.n_inputs, 1)):     # followed arrays of the option come behind
            inputs.append(self.value(operands[i]))
        if type(f) is self.alias:
            if f.inline_output != NULL:
                self.identify(<object>f.inline_output, inputs[0])
            return 0
        for i in range(f.n_outputs):
            y = outputs_of(<PyObject*>f)[i]
            outputs.append(None if y == NULL else self.new_value(RESULT_VALUE, <Variable>y))
        node = RecordedNode.__new__(RecordedNode)
        node.cls = type(f)
        node.operation = None if f.operation == NULL or f.flags & OWNS_RULE else <object>f.operation
        option = option_of(f)
        node.option = None if option is None else self.with_values(option)
        node.inputs, node.outputs = tuple(inputs), tuple(outputs)
        self.nodes.append(node)
        return 0

    cdef int identify(self, object y, RecordedValue value) except -1:
        """Let an alias be the RecordedValue of its original; that of a Python number is a number of its own type."""
        cdef RecordedValue strong
        if value.weak and value.kind == INPUT_VALUE:
            strong = RecordedValue(INPUT_VALUE, value.shape, value.dtype, False, None, value.number)
            strong.place = self.n_values
            self.n_values += 1
            value = strong
        self.values[<size_t><PyObject*>y] = value
        self.kept.append(y)
        return 0

    cdef object with_values(self, option):
        """An option in which a Value stands for each followed array."""
        if type(option) is self.followed:
            return self.value(current(option.variable))
        if type(option) is tuple and self.has_followed(option):
            parts = []
            for part in <tuple>option:
                parts.append(self.with_values(part))
            return tuple(parts)
        return option

    cdef bint has_followed(self, tuple option) except -1:
        for part in option:
            if type(part) is self.followed or type(part) is tuple and self.has_followed(part):
                return True
        return False


cdef object strides_beside_order(object array):
    """The strides of an array; None where it has one axis at most and is contiguous."""
    if n_axes_of(<RawArray*><PyObject*>array) < 2 and flags_of(<RawArray*><PyObject*>array) & C_ORDER:
        return None
    return array.strides


def first_different(list a not None, list b not None, same_constants, same_options):
    """The number of the first node in which two lists of nodes differ, or -1."""
    cdef Py_ssize_t i, k
    cdef RecordedNode m, n
    cdef RecordedValue x, y
    for i in range(min(len(a), len(b))):
        m, n = a[i], b[i]
        if m.cls is not n.cls or len(m.inputs) != len(n.inputs) or len(m.outputs) != len(n.outputs):
            return i
        for k in range(len(m.inputs)):
            x, y = <RecordedValue?>m.inputs[k], <RecordedValue?>n.inputs[k]
            if x.kind != y.kind or x.weak != y.weak or x.place != y.place:
                return i
            if x.kind == CONSTANT_VALUE or x.kind == CAPTURED_VALUE:
                if x.array is not y.array and not same_constants(x, y):
                    return i
            elif x.shape != y.shape or x.dtype is not y.dtype and x.dtype != y.dtype:
                return i
        if m.option is not n.option and not same_options(m.option, n.option):
            return i
    return -1 if len(a) == len(b) else min(len(a), len(b))
