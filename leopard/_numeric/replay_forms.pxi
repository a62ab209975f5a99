# Part of replay.pyx. What a call is given and what it returns, as trees in C: the form of arguments that an entry of a
# Front takes, and the template of its result.

cdef dict ARGUMENT_KINDS = {
    "float": LEOPARD_FLOAT, "float64": LEOPARD_FLOAT64, "array": LEOPARD_ARRAY, "same": LEOPARD_SAME, "equal": LEOPARD_EQUALS, "int": LEOPARD_EQUALS, "tuple": LEOPARD_TUPLE,
    "list": LEOPARD_LIST, "dict": LEOPARD_DICT,
}
cdef dict RESULT_KINDS = {
    "array": LEOPARD_ARRAY, "scalar": LEOPARD_NUMPY_NUMBER, "float": LEOPARD_PYTHON_NUMBER, "constant": LEOPARD_SAME, "argument": LEOPARD_ARGUMENT,
    "tuple": LEOPARD_TUPLE, "list": LEOPARD_LIST, "dict": LEOPARD_DICT, "call": LEOPARD_CALL,
}

cdef tuple PLAIN_TYPES = (bool, int, float, complex, str, bytes, type(None))     # whose comparison runs no other code


cdef Form* new_forms(Py_ssize_t n) except NULL:
    cdef Form* forms = <Form*>PyMem_Calloc(n + 1, sizeof(Form))
    if forms == NULL:
        raise MemoryError
    return forms


cdef void free_form(Form* form) noexcept:
    """Free what a form owns, but not itself."""
    cdef int i
    for i in range(form.n):
        free_form(&form.items[i])
    PyMem_Free(form.items)
    form.items, form.n = NULL, 0


cdef int read_items(Form* form, items, list held, dict kinds, int* n_inputs) except -1:
    cdef int i
    items = tuple(items)
    form.items = new_forms(len(items))
    form.n = len(items)
    for i in range(form.n):
        read_form(&form.items[i], items[i], held, kinds, n_inputs)
    return 0


@cython.boundscheck(True)
cdef int read_form(Form* form, given, list held, dict kinds, int* n_inputs) except -1:
    """Read a form from a tuple; `held` receives what it owns, `n_inputs` counts the inputs of a form of arguments."""
    kind = given[0]
    if kind not in kinds:
        raise ValueError(f"no kind of form: {kind!r}")
    form.kind = <FormKind><int>kinds[kind]
    form.number = form.base = -1
    if form.kind == LEOPARD_TUPLE or form.kind == LEOPARD_LIST:
        return read_items(form, given[1], held, kinds, n_inputs)
    if form.kind == LEOPARD_DICT:
        pairs = tuple(given[1])
        keys = tuple([key for key, _ in pairs])
        held.append(keys)
        form.object = <PyObject*>keys
        return read_items(form, [item for _, item in pairs], held, kinds, n_inputs)
    if form.kind == LEOPARD_EQUALS and type(given[1]) not in PLAIN_TYPES:
        raise ValueError(f"an argument is compared by value where it is a number or text, not {type(given[1]).__name__}")
    if form.kind == LEOPARD_SAME or form.kind == LEOPARD_EQUALS or form.kind == LEOPARD_CALL:
        held.append(given[1])
        form.object = <PyObject*>given[1]
        return read_items(form, given[2], held, kinds, n_inputs) if form.kind == LEOPARD_CALL else 0
    if kinds is ARGUMENT_KINDS:
        form.number = n_inputs[0]
        n_inputs[0] += 1
    else:
        form.number = given[1]
    return 0


# -- Arguments -----------------------------------------------------------------------------------

cdef bint takes(Entry entry, Arena arena, Form* form, PyObject* given) except -1:
    """Whether an argument has a form; then the arena has the addresses of its arrays and the values of its numbers.

    The arena comes to hold a reference to each array until the run ends: another thread may take an array out of a list.
    """
    cdef int kind = form.kind
    if kind == LEOPARD_FLOAT:
        if not PyFloat_CheckExact(<object>given):
            return False
        arena.numbers[form.number] = PyFloat_AS_DOUBLE(<object>given)
        arena.bases[1 + form.number] = <char*>&arena.numbers[form.number]
    elif kind == LEOPARD_ARRAY:
        if not cnp.PyArray_CheckExact(<object>given) or not matches(&entry.program.externals[form.number], given):
            return False
        arena.bases[1 + form.number] = bytes_of(<RawArray*>given)
    elif kind == LEOPARD_SAME:
        return given == form.object
    elif kind == LEOPARD_EQUALS:
        return given == form.object or are_equal(<object>given, <object>form.object)
    elif kind == LEOPARD_FLOAT64:
        if <PyObject*>type_of_object(given) != <PyObject*>np_float64:
            return False
        arena.numbers[form.number] = PyFloat_AS_DOUBLE(<object>given)       # it is a subclass of float
        arena.bases[1 + form.number] = <char*>&arena.numbers[form.number]
    else:
        return takes_items(entry, arena, form, given)
    if kind == LEOPARD_ARRAY or entry.returns_arguments:
        Py_XINCREF(given)
        arena.given[form.number] = given
        arena.holds = True
    return True


cdef bint are_equal(object a, object b) except -1:
    """Whether two plain objects have one type and one value; a float also one sign."""
    cdef double x, y
    if type(a) is not type(b):
        return False
    if type(a) is float:
        x, y = a, b
        return memcmp(&x, &y, sizeof(double)) == 0
    return a == b and (type(a) is not complex or repr(a) == repr(b))


cdef bint takes_items(Entry entry, Arena arena, Form* form, PyObject* given) except -1:
    """`takes` of a tuple, list or dict."""
    cdef int i = 0
    cdef Py_ssize_t at = 0
    cdef PyObject* key
    cdef PyObject* value
    if form.kind == LEOPARD_TUPLE:
        if not PyTuple_CheckExact(<object>given) or PyTuple_GET_SIZE(<object>given) != form.n:
            return False
        for i in range(form.n):
            if not takes(entry, arena, &form.items[i], PyTuple_GET_ITEM(<object>given, i)):
                return False
        return True
    if form.kind == LEOPARD_LIST:
        if not PyList_CheckExact(<object>given) or PyList_GET_SIZE(<object>given) != form.n:
            return False
        for i in range(form.n):
            if not takes(entry, arena, &form.items[i], PyList_GET_ITEM(<object>given, i)):
                return False
        return True
    if not PyDict_CheckExact(<object>given) or PyDict_Size(<object>given) != form.n:
        return False
    while PyDict_Next(<object>given, &at, &key, &value):
        if key != PyTuple_GET_ITEM(<object>form.object, i) and not is_same_text(
            key, PyTuple_GET_ITEM(<object>form.object, i)
        ):
            return False
        if not takes(entry, arena, &form.items[i], value):
            return False
        i += 1
    return True


cdef inline bint is_same_text(PyObject* a, PyObject* b) except -1:
    if not PyUnicode_CheckExact(<object>a) or not PyUnicode_CheckExact(<object>b):
        return False
    return <str><object>a == <str><object>b
