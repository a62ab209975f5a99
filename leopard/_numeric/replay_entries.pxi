# Part of replay.pyx. Entry: a program, the form of the calls that it replays, and one such call.

cdef enum:
    MAX_VALUES = 64         # arguments of a call
    NO_MATCH = -3           # an outcome: the call has another form than the entry
    MAX_OUT = 64            # arrays of `out=`

cdef enum CheckKind:
    IN_DICT                 # a dict has this object for a key
    IN_CELL                 # a cell holds this object
    OF_FUNCTION             # a function has this code, these defaults and these of its keywords
    IN_LIST                 # a list has these items
    IN_WHOLE_DICT           # a dict has these keys and values, and no others
    IN_CLASS                # a class has this object under this name itself
    IS_TRUE                 # a function returns what is true


cdef struct Check:          # what must be as it was recorded; the entry owns the objects
    CheckKind kind
    PyObject* place
    PyObject* key           # of a function: its code
    PyObject* object        #     its defaults, or NULL
    PyObject* keywords      #     those of its keywords, or NULL


cdef bint has_items(list held, tuple items):
    """Whether a list has these items, the same objects."""
    cdef Py_ssize_t i, n = PyTuple_GET_SIZE(items)
    if PyList_GET_SIZE(held) != n:
        return False
    for i in range(n):
        if PyList_GET_ITEM(held, i) != PyTuple_GET_ITEM(items, i):
            return False
    return True


cdef bint has_pairs(dict held, tuple pairs):
    """Whether a dict has these keys and values, the same objects in this order."""
    cdef Py_ssize_t i = 0, place = 0
    cdef PyObject* key
    cdef PyObject* value
    if 2 * PyDict_Size(held) != PyTuple_GET_SIZE(pairs):
        return False
    while PyDict_Next(held, &place, &key, &value):
        if PyTuple_GET_ITEM(pairs, i) != key or PyTuple_GET_ITEM(pairs, i + 1) != value:
            return False
        i += 2
    return True


@cython.final
@cython.internal
cdef class Entry:
    """A program, and what a call must be for it."""
    cdef ReplayProgram program
    cdef Form* forms            # of the arguments, then of the keywords
    cdef Form template
    cdef Check* checks
    cdef int n_forms, n_keywords, n_checks, n_captured, n_inputs
    cdef int first_output       # the base of output 0
    cdef tuple keywords
    cdef list captured          # arrays, and (function, argument) that returns one
    cdef bint calls_for_arrays  # there is such a function
    cdef list held              # what forms, template and checks point to
    cdef bint* is_array         # of each output: whether the result has it as an array
    cdef int* out_numbers       # of each leaf of the template: its output
    cdef bint returns_arguments # the result has inputs
    cdef bint is_of_numbers     # all arguments are Python's floats, all results numbers, and there is only scalar code
    cdef int n_out              # leaves, or -1 where `out=` is left to Python
    cdef readonly long long hits

    def __dealloc__(self):
        cdef int i
        for i in range(self.n_forms):
            free_form(&self.forms[i])
        PyMem_Free(self.forms)
        free_form(&self.template)
        PyMem_Free(self.checks)
        PyMem_Free(self.is_array)
        PyMem_Free(self.out_numbers)

    cdef inline External* form_of(self, int output) noexcept:
        return &self.program.externals[self.first_output - 1 + output]

    # -- Reading ---------------------------------------------------------------------------------

    cdef int read(self, ReplayProgram program, arguments, template, captured, checks, keywords) except -1:
        cdef int i, n = 0
        arguments, keywords = tuple(arguments), tuple(keywords)
        if program is None:
            raise TypeError("an entry has a ReplayProgram")
        self.program, self.held, self.keywords = program, [], keywords
        self.n_keywords = len(keywords)
        self.first_output = 1 + program.n_externals - program.n_outputs
        if len(keywords) > len(arguments) or len(arguments) > MAX_VALUES or not all([type(k) is str for k in keywords]):
            raise ValueError("an entry has other arguments")
        self.forms = new_forms(len(arguments))
        self.n_forms = len(arguments)
        for i in range(self.n_forms):
            read_form(&self.forms[i], arguments[i], self.held, ARGUMENT_KINDS, &n)
        if n != program.n_inputs:
            raise ValueError(f"the arguments have {n} arrays and numbers, the program {program.n_inputs} inputs")
        self.n_inputs = n
        self.read_captured(captured)
        self.read_checks(tuple(checks))
        read_form(&self.template, template, self.held, RESULT_KINDS, NULL)
        self.is_array = <bint*>PyMem_Calloc(program.n_outputs + 1, sizeof(bint))
        self.out_numbers = <int*>PyMem_Calloc(MAX_OUT + 1, sizeof(int))
        if self.is_array == NULL or self.out_numbers == NULL:
            raise MemoryError
        self.read_outputs(&self.template)
        for i in range(program.n_outputs):      # one that is in no place is written all the same
            if self.form_of(i).n_axes or self.form_of(i).itemsize > 16:
                self.is_array[i] = True
        self.is_of_numbers = (
            not self.returns_arguments and not self.n_captured and not self.n_checks and not self.n_keywords
            and program.n_steps == 1 and program.steps.kind == SCALARS and program.work < NOGIL_SIZE
        )
        for i in range(self.n_forms):
            self.is_of_numbers = self.is_of_numbers and self.forms[i].kind == LEOPARD_FLOAT
        for i in range(program.n_outputs):
            self.is_of_numbers = self.is_of_numbers and not self.is_array[i]
        return 0

    cdef int read_captured(self, captured) except -1:
        self.captured = list(captured)
        self.n_captured = len(self.captured)
        if self.n_captured != self.program.n_captured:
            raise ValueError(f"{self.program.n_captured} captured arrays are wanted, {self.n_captured} came")
        for array in self.captured:
            if type(array) is tuple and len(array) == 2 and callable(array[0]):
                self.calls_for_arrays = True
            elif not cnp.PyArray_CheckExact(array):
                raise TypeError(f"a captured array is an ndarray, not {type(array).__name__}")
        return 0

    @cython.boundscheck(True)
    cdef int read_checks(self, tuple checks) except -1:
        cdef int i
        cdef Check* check
        self.checks = <Check*>PyMem_Calloc(len(checks) + 1, sizeof(Check))
        if self.checks == NULL:
            raise MemoryError
        for i in range(len(checks)):
            check = &self.checks[i]
            given = checks[i]
            self.held.append(given)
            self.held.extend(given)
            if isinstance(given[0], str) and given[0] == "cell":
                check.kind, check.place, check.object = IN_CELL, <PyObject*>given[1], <PyObject*>given[2]
                if not PyCell_Check(given[1]):
                    raise TypeError("a check of a cell names a cell")
            elif isinstance(given[0], str) and given[0] == "function":
                if not isinstance(given[1], FunctionType):
                    raise TypeError("a check of a function names a function")
                check.kind, check.place, check.key = OF_FUNCTION, <PyObject*>given[1], <PyObject*>given[2]
                check.object = NULL if given[3] is None else <PyObject*>given[3]
                check.keywords = NULL if given[4] is None else <PyObject*>given[4]
            elif isinstance(given[0], str) and given[0] == "items":
                if type(given[1]) is not list and type(given[1]) is not dict:
                    raise TypeError("a check of items names a list or a dict")
                if type(given[2]) is not tuple or type(given[1]) is dict and len(given[2]) % 2:
                    raise TypeError("a check of items has a tuple of them")
                check.kind = IN_LIST if type(given[1]) is list else IN_WHOLE_DICT
                check.place, check.object = <PyObject*>given[1], <PyObject*>given[2]
            elif isinstance(given[0], str) and given[0] == "class":
                if not isinstance(given[1], type):
                    raise TypeError("a check of a class names a class")
                check.kind, check.place, check.key = IN_CLASS, <PyObject*>given[1], <PyObject*>given[2]
                check.object = <PyObject*>given[3]
            elif isinstance(given[0], str) and given[0] == "true":
                check.kind, check.place = IS_TRUE, <PyObject*>given[1]
            else:
                if not isinstance(given[0], dict):
                    raise TypeError("a check names a dict, a cell or a function")
                check.kind, check.place, check.key = IN_DICT, <PyObject*>given[0], <PyObject*>given[1]
                check.object = <PyObject*>given[2]
        self.n_checks = len(checks)
        return 0

    cdef int read_outputs(self, Form* form) except -1:
        """Note which outputs the template has, and in which order its leaves come."""
        cdef int i
        if form.kind == LEOPARD_ARRAY or form.kind == LEOPARD_NUMPY_NUMBER or form.kind == LEOPARD_PYTHON_NUMBER:
            if not 0 <= form.number < self.program.n_outputs:
                raise ValueError(f"a template names output {form.number} of {self.program.n_outputs}")
            form.base = self.first_output + form.number
            if self.form_of(form.number).number_of_type != cnp.NPY_DOUBLE:
                form.dtype = self.form_of(form.number).dtype
            if form.kind == LEOPARD_ARRAY:
                self.is_array[form.number] = True
            elif self.form_of(form.number).n_axes:
                raise ValueError("a template has an array for a number")
            if self.n_out == MAX_OUT:
                self.n_out = -1
            for i in range(self.n_out):
                if self.out_numbers[i] == form.number:
                    self.n_out = -1                 # one output in two places
                    break
            if self.n_out >= 0:
                self.out_numbers[self.n_out] = form.number
                self.n_out += 1
        elif form.kind == LEOPARD_ARGUMENT or form.kind == LEOPARD_SAME or form.kind == LEOPARD_CALL:
            if form.kind == LEOPARD_ARGUMENT and not 0 <= form.number < self.n_inputs:
                raise ValueError(f"a template names argument {form.number} of {self.n_inputs}")
            self.returns_arguments = self.returns_arguments or form.kind == LEOPARD_ARGUMENT
            self.n_out = -1
        for i in range(form.n):
            self.read_outputs(&form.items[i])
        return 0

    # -- A call ----------------------------------------------------------------------------------

    cdef object attempt(self, PyObject** values, PyObject** keywords, object out, int* outcome):
        """The result of a call by this entry; `outcome` is 0 where it is valid, else None is returned."""
        cdef ReplayProgram program = self.program
        cdef Arena arena = program.take_arena()
        outcome[0] = NO_MATCH
        if self.is_of_numbers:
            if leopard_take_floats(values, self.n_forms, arena.numbers):
                if not arena.has_own_places:
                    self.place_numbers(arena)
                if out is None or self.place_outputs(arena, out):
                    outcome[0] = program.execute_scalars(arena)
        elif self.is_taken(arena, values, keywords) and self.place_outputs(arena, out):
            outcome[0] = program.execute(arena, self.owners(arena) if program.n_functions else None)
        if outcome[0] != 0:
            arena.release()
            program.free_arena = arena
            return None
        self.hits += 1
        result = leopard_result(&self.template, arena.bases, arena.outputs, arena.given)
        if arena.holds:
            arena.release()                 # what an exception leaves behind, the arena releases as it goes
        program.free_arena = arena
        return result

    cdef bint is_taken(self, Arena arena, PyObject** values, PyObject** keywords) except -1:
        """Whether a call has the form of this entry, and all that is read outside is as it was."""
        cdef int i, n_positional = self.n_forms - self.n_keywords
        arena.has_own_places = False
        for i in range(n_positional):
            if not takes(self, arena, &self.forms[i], values[i]):
                return False
        for i in range(self.n_keywords):
            if not takes(self, arena, &self.forms[n_positional + i], keywords[i]):
                return False
        if self.n_captured and not self.place_captured(arena):
            return False
        return self.n_checks == 0 or self.is_unchanged()

    cdef void place_numbers(self, Arena arena) noexcept:
        """Set the addresses of inputs and outputs that are all numbers."""
        cdef int k
        for k in range(self.n_inputs):
            arena.bases[1 + k] = <char*>&arena.numbers[k]
        for k in range(self.program.n_outputs):
            arena.bases[self.first_output + k] = arena.cells + 16 * k
        arena.has_own_places = True

    cdef bint place_captured(self, Arena arena) except -1:
        """Set the addresses of the captured arrays; false where one has changed its form."""
        cdef int i, first = self.n_inputs
        cdef PyObject* array
        if self.calls_for_arrays:
            return self.place_returned(arena)
        for i in range(self.n_captured):
            array = <PyObject*>self.captured[i]
            if not matches(&self.program.externals[first + i], array):
                return False
            arena.bases[1 + first + i] = bytes_of(<RawArray*>array)
        return True

    cdef bint place_returned(self, Arena arena) except -1:
        """Set the addresses of the captured arrays, which functions return; the arena holds them while the run lasts."""
        cdef int i, first = self.n_inputs
        cdef list arrays = []
        for given in self.captured:
            if type(given) is tuple:
                given = (<object>PyTuple_GET_ITEM(<tuple>given, 0))(<object>PyTuple_GET_ITEM(<tuple>given, 1))
                if not cnp.PyArray_CheckExact(given):
                    return False
            arrays.append(given)
        arena.captured, arena.holds = arrays, True
        for i in range(self.n_captured):
            given = arrays[i]
            if not matches(&self.program.externals[first + i], <PyObject*>given):
                return False
            arena.bases[1 + first + i] = bytes_of(<RawArray*><PyObject*>given)
        return True

    cdef bint is_unchanged(self) except -1:
        """Whether what the function reads outside is what was recorded."""
        cdef int i
        cdef Check* check
        for i in range(self.n_checks):
            check = &self.checks[i]
            if check.kind == IN_DICT:
                if PyDict_GetItemWithError(<object>check.place, <object>check.key) != check.object:
                    return False
            elif check.kind == IN_CELL:
                if PyCell_GET(<object>check.place) != check.object:
                    return False
            elif check.kind == OF_FUNCTION:
                if (
                    PyFunction_GetCode(<object>check.place) != check.key
                    or PyFunction_GetDefaults(<object>check.place) != check.object
                    or PyFunction_GetKwDefaults(<object>check.place) != check.keywords
                ):
                    return False
            elif check.kind == IN_LIST:
                if not has_items(<list>check.place, <tuple>check.object):
                    return False
            elif check.kind == IN_WHOLE_DICT:
                if not has_pairs(<dict>check.place, <tuple>check.object):
                    return False
            elif check.kind == IN_CLASS:
                if leopard_name_in_class(check.place, check.key) != check.object:
                    return False
            elif not (<object>check.place)():
                return False
        return True

    cdef bint place_outputs(self, Arena arena, object out) except -1:
        """Let each output have memory; false where `out` cannot be written to."""
        cdef int k
        arena.has_own_places = False
        if out is not None and not self.place_out(arena, out):
            return False
        for k in range(self.program.n_outputs):
            if arena.outputs[k] != NULL:
                continue
            if self.is_array[k]:
                array = self.program.new_output(k)
                hold_output(arena, k, <PyObject*>array)
                arena.bases[self.first_output + k] = bytes_of(<RawArray*><PyObject*>array)
            else:
                arena.bases[self.first_output + k] = arena.cells + 16 * k
        return True

    cdef bint place_out(self, Arena arena, object out) except -1:
        """Let the outputs be given arrays, in the order of the template; they overlap nothing that is read or written."""
        cdef PyObject* arrays[MAX_OUT]
        cdef int k, i, number
        if self.n_out < 0 or flatten_out(<PyObject*>out, arrays, 0) != self.n_out:
            return False
        for i in range(self.n_out):
            number = self.out_numbers[i]
            if not matches(self.form_of(number), arrays[i]) or not flags_of(<RawArray*>arrays[i]) & WRITEABLE:
                return False
            if arena.outputs[number] != NULL:
                return False
            hold_output(arena, number, arrays[i])
            arena.bases[self.first_output + number] = bytes_of(<RawArray*>arrays[i])
        for i in range(self.n_out):
            number = self.first_output + self.out_numbers[i]
            for k in range(1, self.first_output):
                if self.overlap(arena, number, k):
                    return False
            for k in range(i):
                if self.overlap(arena, number, self.first_output + self.out_numbers[k]):
                    return False
        return True

    cdef inline bint overlap(self, Arena arena, int a, int b) noexcept:
        """Whether the memory of two external arrays overlaps."""
        cdef External* x = &self.program.externals[a - 1]
        cdef External* y = &self.program.externals[b - 1]
        return (arena.bases[a] + x.low < arena.bases[b] + y.high
                and arena.bases[b] + y.low < arena.bases[a] + x.high)

    cdef list owners(self, Arena arena):
        """The external arrays; None for numbers."""
        cdef int k
        owners = []
        for k in range(self.n_inputs):
            if arena.given[k] != NULL and cnp.PyArray_CheckExact(<object>arena.given[k]):
                owners.append(<object>arena.given[k])
            else:
                owners.append(None)
        owners += self.captured if arena.captured is None else arena.captured
        owners += self.program.constants
        for k in range(self.program.n_outputs):
            owners.append(None)
        return owners


cdef inline void hold_output(Arena arena, int k, PyObject* array) noexcept:
    Py_XINCREF(array)
    arena.outputs[k] = array
    arena.holds = True


cdef int flatten_out(PyObject* out, PyObject** arrays, int n) noexcept:
    """Collect the arrays of `out=`, borrowed, behind the first `n`; returns how many there are, -1 where it has other things."""
    cdef Py_ssize_t i
    if cnp.PyArray_CheckExact(<object>out):
        if n == MAX_OUT:
            return -1
        arrays[n] = out
        return n + 1
    if PyTuple_CheckExact(<object>out):
        for i in range(PyTuple_GET_SIZE(<object>out)):
            n = flatten_out(PyTuple_GET_ITEM(<object>out, i), arrays, n)
            if n < 0:
                return -1
        return n
    if not PyList_CheckExact(<object>out):
        return -1
    for i in range(PyList_GET_SIZE(<object>out)):
        n = flatten_out(PyList_GET_ITEM(<object>out, i), arrays, n)
        if n < 0:
            return -1
    return n
