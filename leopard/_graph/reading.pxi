# Part of _core.pyx. A graph is read into a list of operations, for replay.

cdef enum:
    # what a RecordedValue is
    INPUT_VALUE
    CAPTURED_VALUE
    CONSTANT_VALUE
    RESULT_VALUE


@cython.no_gc       # it holds a tuple of numbers, a dtype and an array, none of which the cyclic collector follows
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
    stops : bool
        Of a part: whether no gradient leads through it, because it was called where no graph is recorded.
    line : (code, int, bool) or None
        The code of the user's that has made it, or that it differentiates, and the place in it, of which `line_of` finds
        the line; and whether a rule of leopard's has made it, for a derivative.
    """

    def __init__(self, cls, operation, option, tuple inputs, tuple outputs):
        self.cls, self.operation, self.option = cls, operation, option
        self.inputs, self.outputs = inputs, outputs


cdef object DOUBLE_DTYPE = np.dtype(np.float64)

cdef struct Met:            # a Variable, a Function, an array or a number that the reading of a graph has met
    PyObject* key           # owned
    PyObject* value         # owned: its RecordedValue, or NULL for a Function


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
    lines : dict
        What `call_followed` has noted.
    is_part : bool
        Whether the call is a part of another one that is recorded: only Functions that have lines are read, and
        followed Variables that were there before are inputs, too.
    outside : list of Variable
        Variables that are read at each call; what they were computed from is no part of the recording.
    takes_leaves : bool
        Of a part: whether Variables from outside of it that take a gradient are inputs, too.

    Attributes
    ----------
    inputs : list of RecordedValue
    before : list of Variable
        Those that are inputs beside the given ones.
    nodes : list of Node
    variables : list of Variable
        Those that take a gradient, and are none of `inputs` and `outside`.
    met : list of Variable
        Those of `outside` that were met.
    has_strays : bool
        Whether a followed Variable was met that is no input: it is one of another recording.
    """
    cdef Met* table                 # everything that was met, by its identity, with open addressing
    cdef size_t n_places, n_met     # the places of the table, a power of 2, and those that are taken
    cdef dict outside               # the Variable, by the identity of its latest version
    cdef list held                  # what has an identity there
    cdef readonly list inputs, before, nodes, variables, met
    cdef object is_captured
    cdef object alias, followed
    cdef dict lines
    cdef bint is_part, takes_leaves
    cdef readonly bint has_strays
    cdef Py_ssize_t n_values

    def __cinit__(self, *args, **options):
        self.make_table(64)
        self.inputs, self.before, self.nodes, self.variables, self.lines = [], [], [], [], {}
        self.outside, self.held, self.met = {}, [], []

    def __init__(
        self, list inputs not None, is_captured, alias, followed, dict lines not None, bint is_part=False,
        list outside not None=[], bint takes_leaves=False,
    ):
        cdef RecordedValue value
        cdef Variable version
        for v in outside:
            version = current(<Variable?>v)
            self.outside[<size_t><PyObject*>version] = v
            self.held += v, version
        self.is_captured, self.alias, self.followed = is_captured, alias, followed
        self.lines, self.is_part, self.takes_leaves = lines, is_part, takes_leaves
        for k in range(len(inputs)):
            value = self.new_value(INPUT_VALUE, inputs[k], False)
            value.number = k
            self.inputs.append(value)

    def __dealloc__(self):
        cdef size_t k
        for k in range(self.n_places):
            Py_XDECREF(self.table[k].key)
            Py_XDECREF(self.table[k].value)
        PyMem_Free(self.table)

    # -- What was met ----------------------------------------------------------------------------

    cdef int make_table(self, size_t n_places) except -1:
        """Let the table have so many places, for what is in it already, too."""
        cdef Met* before = self.table
        cdef size_t k, n = self.n_places
        cdef Met* table = <Met*>PyMem_Calloc(n_places, sizeof(Met))
        if table == NULL:
            raise MemoryError
        self.table, self.n_places = table, n_places
        for k in range(n):
            if before[k].key != NULL:
                self.place_of(before[k].key)[0] = before[k]
        PyMem_Free(before)
        return 0

    cdef inline Met* place_of(self, PyObject* key) noexcept:
        """Where a key is in the table, or an empty place for it."""
        cdef size_t k = (<size_t>key >> 4) * <size_t>0x9E3779B97F4A7C15ULL >> 20 & (self.n_places - 1)
        while self.table[k].key != NULL and self.table[k].key != key:
            k = k + 1 & (self.n_places - 1)
        return &self.table[k]

    cdef int meet(self, PyObject* key, PyObject* value) except -1:
        """Enter an object, and the RecordedValue of it or NULL; the table holds a reference to each."""
        cdef Met* place
        if 2 * self.n_met >= self.n_places:
            self.make_table(2 * self.n_places)
        place = self.place_of(key)
        Py_XINCREF(value)
        if place.key == NULL:
            Py_XINCREF(key)
            place.key, place.value = key, value
            self.n_met += 1
        else:
            before, place.value = place.value, value
            Py_XDECREF(before)
        return 0

    cdef RecordedValue new_value(self, int kind, Variable x, bint in_order):
        """A new Value for a Variable; `in_order`: as NumPy lays an elementwise result of operands in C order out."""
        cdef RecordedValue value = self.empty_value(kind)
        cdef PyObject* array = form_array(<PyObject*>x)
        value.weak = x.flags & WEAK
        if array != NULL:
            value.dtype = <object><PyObject*>cnp.PyArray_DESCR(<cnp.ndarray>array)
            if n_axes_of(<RawArray*>array):
                value.shape = (<object>array).shape
                PyObject_GC_UnTrack(<PyObject*>value.shape)     # of numbers
                if x.flags & DROPPED_VALUE and in_order:
                    value.strides = c_strides(<RawArray*>array)
                elif n_axes_of(<RawArray*>array) > 1 or not is_result_of_loops(x):
                    self.read_strides(value, array_of(x))
        self.meet(<PyObject*>x, <PyObject*>value)
        return value

    cdef int read_strides(self, RecordedValue value, object array) except -1:
        """Note the strides of an array; none where it has one axis at most and is contiguous."""
        value.is_in_order = flags_of(<RawArray*><PyObject*>array) & C_ORDER
        if n_axes_of(<RawArray*><PyObject*>array) > 1 or not value.is_in_order:
            value.strides = array.strides
            PyObject_GC_UnTrack(<PyObject*>value.strides)
        return 0

    cdef RecordedValue empty_value(self, int kind):
        """A new Value of a float64 without axes."""
        cdef RecordedValue value = RecordedValue.__new__(RecordedValue)
        value.kind, value.number, value.shape, value.dtype = kind, -1, (), DOUBLE_DTYPE
        value.is_in_order = True
        value.place = self.n_values
        self.n_values += 1
        return value

    def value(self, x):
        """The RecordedValue of a Variable, array or number."""
        cdef PyObject* found = self.place_of(<PyObject*>x).value
        return self.value_outside(x) if found == NULL else <object>found

    cdef RecordedValue value_outside(self, object x):
        """The RecordedValue of what is no result: a constant, or a captured array."""
        cdef bint weak = type(x) is int or type(x) is float or type(x) is complex
        cdef RecordedValue value
        cdef object given = x, variable = None
        if isinstance(x, Variable):
            variable = self.outside.get(<size_t><PyObject*>x)
        if variable is None and self.is_part and (is_followed(<PyObject*>x) or self.takes_leaves
                and isinstance(x, Variable) and not (<Variable>x).flags & CONSTANT):
            value = self.new_value(INPUT_VALUE, x, False)
            value.number = len(self.inputs)
            self.inputs.append(value)
            self.before.append(x)
            return value
        value = self.empty_value(CONSTANT_VALUE)
        if isinstance(x, Variable):
            weak = (<Variable>x).flags & WEAK
            if variable is not None:
                weak = False
                self.met.append(variable)
            elif is_outer(<Variable>x):
                self.variables.append(x)
            self.has_strays = self.has_strays or variable is None and (<Variable>x).flags & (
                CONSTANT | DIFFERENTIATED) == (CONSTANT | DIFFERENTIATED)
            given = array_of(x)
        array = np.asarray(given)
        value.shape, value.dtype, value.weak = array.shape, array.dtype, weak
        value.variable = variable
        if variable is not None or not weak and self.is_captured(array):
            value.kind = CAPTURED_VALUE
        value.array = array[()].item() if weak else array
        self.read_strides(value, array)
        if value.kind == CAPTURED_VALUE:
            value.strides = array.strides
        self.meet(<PyObject*>x, <PyObject*>value)
        return value

    cdef RecordedValue number_value(self, double number):
        """The RecordedValue of a Python number among the operands of a Function."""
        cdef RecordedValue value = self.empty_value(CONSTANT_VALUE)
        value.weak, value.array = True, number
        return value

    # -- Nodes -----------------------------------------------------------------------------------

    def read(self, list roots not None):
        """Append what these Variables were computed from to the nodes."""
        cdef list waiting = []          # a Function whose operands have been read stands behind None
        cdef Py_ssize_t i
        for i in range(len(roots) - 1, -1, -1):
            if isinstance(roots[i], Variable):
                root = current(roots[i])
                self.push_unread(waiting, <PyObject*>root)
        while waiting:
            f = waiting.pop()
            if f is None:
                self.append_node(waiting.pop())
            elif self.place_of(<PyObject*>f).key == NULL:
                self.meet(<PyObject*>f, NULL)
                waiting.append(f)
                waiting.append(None)
                self.push_operands(waiting, f)

    cdef int push_operands(self, list waiting, Function f) except -1:
        """Push what the operands of a Function and the followed arrays in its option were computed by, the first last."""
        cdef PyObject** inputs = inputs_of(<PyObject*>f)
        cdef int i
        option = option_of(f)
        if option is not None:
            followed = []
            self.add_followed(option, followed)
            for x in reversed(followed):
                self.push_unread(waiting, <PyObject*>x)
        for i in range(f.n_inputs - 1, -1, -1):
            if inputs[i] != NULL and PyObject_TypeCheck(inputs[i], VARIABLE):
                self.push_unread(waiting, inputs[i])
        return 0

    cdef inline int push_unread(self, list waiting, PyObject* x) except -1:
        cdef PyObject* creator = (<Variable>x).creator
        if self.outside and <size_t>x in self.outside:
            return 0
        if creator != NULL and self.place_of(x).key == NULL and (
                not self.is_part or <size_t>creator in self.lines or aliased_node(x) != x):    # of an assignment
            waiting.append(<object>creator)
        return 0

    cdef int add_followed(self, option, list operands) except -1:
        if type(option) is self.followed:
            operands.append(current(option.variable))
        elif type(option) is tuple:
            for part in <tuple>option:
                self.add_followed(part, operands)
        return 0

    cdef int append_node(self, Function f) except -1:
        cdef int i
        cdef RecordedNode node
        cdef RecordedValue value
        cdef PyObject* y
        cdef tuple inputs = PyTuple_New(f.n_inputs), outputs
        cdef bint in_order = f.operation != NULL and (<Operation>f.operation).kernel == LOOPS, stops
        for i in range(f.n_inputs):
            value = self.operand(f, i)
            in_order = in_order and value.is_in_order
            Py_INCREF(value)
            PyTuple_SET_ITEM(inputs, i, value)
        if f.operation != NULL and KERNELS[(<Operation>f.operation).kernel].value == matmul_value:
            in_order = f.n_outputs == 1 and f.inline_output != NULL and has_two_axes(f.inline_output)
        option = option_of(f)
        if f.n_inputs == 0 and option is not None:      # else followed arrays of the option are in it alone
            followed = []
            self.add_followed(option, followed)
            inputs = tuple([self.value(x) for x in followed[:1]])
        stops = self.takes_leaves and self.is_unrecorded(<size_t><PyObject*>f)
        if type(f) is self.alias and not stops:
            if f.inline_output != NULL and len(inputs):
                self.identify(<object>f.inline_output, inputs[0])
            return 0
        outputs = PyTuple_New(f.n_outputs)
        for i in range(f.n_outputs):
            y = outputs_of(<PyObject*>f)[i]
            x = None if y == NULL else self.new_value(RESULT_VALUE, <Variable>y, in_order)
            Py_INCREF(x)
            PyTuple_SET_ITEM(outputs, i, x)
        node = RecordedNode.__new__(RecordedNode)
        node.cls = type(f)
        node.operation = None if f.operation == NULL or f.flags & OWNS_RULE else <object>f.operation
        node.option = None if option is None else self.with_values(option)
        node.inputs, node.outputs, node.stops = inputs, outputs, stops
        node.line = self.lines.get(<size_t><PyObject*>f)
        PyObject_GC_UnTrack(<PyObject*>inputs)
        PyObject_GC_UnTrack(<PyObject*>outputs)
        if node.operation is not None and holds_numbers(option):
            PyObject_GC_UnTrack(<PyObject*>node)        # nothing that it holds can hold it
        self.nodes.append(node)
        return 0

    cdef bint is_unrecorded(self, size_t address) except -1:
        unrecorded = self.lines.get(None)
        return unrecorded is not None and address in unrecorded

    cdef object operand(self, Function f, int i):
        """The RecordedValue of input `i`."""
        cdef PyObject* x = inputs_of(<PyObject*>f)[i]
        cdef PyObject* found
        if x == NULL:
            return self.number_value(f.number)
        found = self.place_of(x).value
        return self.value(node_of(f, i)) if found == NULL else <object>found

    cdef int identify(self, object y, RecordedValue value) except -1:
        """Let an alias be the RecordedValue of its original; that of a Python number is a number of its own type."""
        cdef RecordedValue strong = value
        if value.weak and value.kind == INPUT_VALUE:
            strong = self.empty_value(INPUT_VALUE)
            strong.shape, strong.dtype, strong.number = value.shape, value.dtype, value.number
        return self.meet(<PyObject*>y, <PyObject*>strong)

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


cdef inline bint is_result_of_loops(Variable x) noexcept:
    """Whether NumPy has laid an array out as an elementwise result: with one axis it is contiguous."""
    cdef PyObject* f = <PyObject*>x.creator
    return (
        x.flags & DROPPED_VALUE and f != NULL and (<Function>f).operation != NULL
        and (<Operation>(<Function>f).operation).kernel == LOOPS
    )


cdef inline bint has_two_axes(PyObject* x) noexcept:
    """Whether a Variable is a matrix: a product that is one has no other layout than C order."""
    cdef PyObject* array = form_array(x)
    return array != NULL and n_axes_of(<RawArray*>array) == 2


cdef bint holds_numbers(option) noexcept:
    """Whether an option holds numbers and texts alone, in tuples and slices, so that it can hold no other object."""
    if option is None or option is Ellipsis or type(option) in (int, bool, float, str):
        return True
    if type(option) is slice:
        return holds_numbers(option.start) and holds_numbers(option.stop) and holds_numbers(option.step)
    if type(option) is tuple:
        for part in <tuple>option:
            if not holds_numbers(part):
                return False
        return True
    return False


cdef object c_strides(RawArray* array):
    """The strides that an array of this shape and type has in C order; None where it has one axis at most."""
    cdef int axis, n = n_axes_of(array)
    cdef npy_intp step = cnp.PyArray_ITEMSIZE(<cnp.ndarray><PyObject*>array)
    if n < 2:
        return None
    strides = [None] * n
    for axis in range(n - 1, -1, -1):
        strides[axis] = step
        step *= shape_of(array)[axis]
    return tuple(strides)


cdef RecordedNode node_at(list nodes, Py_ssize_t i):
    if not isinstance(nodes[i], RecordedNode):
        raise TypeError("a list of RecordedNodes was expected")
    return <RecordedNode>nodes[i]


cdef RecordedValue value_at(tuple values, Py_ssize_t k):
    if not isinstance(values[k], RecordedValue):
        raise TypeError("a tuple of RecordedValues was expected")
    return <RecordedValue>values[k]


cdef bint are_one_number(RecordedValue x, RecordedValue y) noexcept:
    """Whether two Values are Python's floats of the same bits."""
    cdef double a, b
    if not x.weak or not y.weak or not PyFloat_CheckExact(x.array) or not PyFloat_CheckExact(y.array):
        return False
    a, b = PyFloat_AS_DOUBLE(x.array), PyFloat_AS_DOUBLE(y.array)
    return memcmp(&a, &b, sizeof(double)) == 0


def first_different(list a not None, list b not None, same_constants, same_options):
    """The number of the first node in which two lists of nodes differ, or -1."""
    cdef Py_ssize_t i, k
    cdef RecordedNode m, n
    cdef RecordedValue x, y
    for i in range(min(len(a), len(b))):
        m, n = node_at(a, i), node_at(b, i)
        if m.cls is not n.cls or len(m.inputs) != len(n.inputs) or len(m.outputs) != len(n.outputs):
            return i
        for k in range(len(m.inputs)):
            x, y = value_at(m.inputs, k), value_at(n.inputs, k)
            if x.kind != y.kind or x.weak != y.weak or x.place != y.place:
                return i
            if x.kind == CONSTANT_VALUE or x.kind == CAPTURED_VALUE:
                if x.array is not y.array and not are_one_number(x, y) and not same_constants(x, y):
                    return i
            elif x.shape != y.shape or x.dtype is not y.dtype and x.dtype != y.dtype:
                return i
        if m.option is not n.option and not same_options(m.option, n.option):
            return i
    return -1 if len(a) == len(b) else min(len(a), len(b))


def same_shapes(list a not None, list b not None):
    """Whether the results in two lists of nodes have the same shapes, one after another."""
    cdef Py_ssize_t i, k
    cdef tuple ours, theirs
    if len(a) != len(b):
        return False
    for i in range(len(a)):
        ours, theirs = node_at(a, i).outputs, node_at(b, i).outputs
        if len(ours) != len(theirs):
            return False
        for k in range(len(ours)):
            if ours[k] is None or theirs[k] is None:
                if ours[k] is not theirs[k]:
                    return False
            elif value_at(ours, k).shape != value_at(theirs, k).shape:
                return False
    return True
