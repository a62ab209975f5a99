# Part of replay.pyx. Front: the callable that users call.

cdef int n_suspended = 0    # while it is not 0, every call goes to Python


def suspend():
    """suspend()\n--\n
    Let every call of a Front go to Python, until `resume` is called as many times. (A function is being recorded.)
    """
    global n_suspended
    n_suspended += 1


def resume():
    """resume()\n--\n
    End one `suspend`.
    """
    global n_suspended
    if n_suspended == 0:
        raise RuntimeError("resume: nothing is suspended")
    n_suspended -= 1


cdef class Front:
    """Front(miss)\n--\n
    A callable that replays.

    A call runs the first of its entries whose form the arguments have and whose guards hold. Every other call, and one
    in which a floating-point exception is not ignored, is ``miss(args, kwargs)``.

    Parameters
    ----------
    miss : callable
    """
    cdef void* vectorcall
    cdef object miss
    cdef tuple entries
    cdef object __weakref__

    def __cinit__(self, *args, **kwargs):
        # A subclass that is written in Python inherits no vectorcall before Python 3.12.
        leopard_replay_vectorcall(type_of_object(<PyObject*>self), <char*>&self.vectorcall - <char*><PyObject*>self)
        self.vectorcall = <void*>call_front
        self.entries = ()

    def __init__(self, miss):
        if not callable(miss):
            raise TypeError(f"miss is a function, not {type(miss).__name__}")
        self.miss = miss

    def __call__(self, *args, **kwargs):
        # Only reached as `front.__call__`; a call of the object goes by `call_front` directly.
        return self(*args, **kwargs)

    def add(self, program, arguments, template, captured=(), checks=(), keywords=()):
        """add($self, program, arguments, template, captured=(), checks=(), keywords=())\n--\n
        Add an entry, before all others.

        Parameters
        ----------
        program : ReplayProgram
        arguments : sequence of tuple
            The form of each argument, those of the keywords last: ("float",), ("float64",), ("array",), which are the
            inputs of the program in their order; ("same", object), ("equal", object); ("tuple", [form, ...]),
            ("list", [...]), ("dict", [(key, form), ...]).
        template : tuple
            The form of the result: ("array", k), ("scalar", k), ("float", k) for output k as an array, as a number of
            NumPy's or of Python's; ("argument", k) for input k; ("constant", object); ("tuple", [...]),
            ("list", [...]), ("dict", [(key, form), ...]), ("call", function, [...]).
        captured : sequence of ndarray or (function, object)
            The arrays that the program reads beside its inputs; a function of the object that returns one at each call.
        checks : sequence of tuple
            What must be as it was: (dict, key, object), ("cell", cell, object), ("true", function),
            ("function", function, code, defaults, defaults of its keywords), ("items", list, (item, ...)),
            ("items", dict, (key, value, ...)), ("class", class, name, object).
        keywords : sequence of str
            The names of the keywords, in the order in which they are given.
        """
        cdef Entry entry = Entry.__new__(Entry)
        entry.read(program, arguments, template, captured, checks, keywords)
        self.entries = (entry, *self.entries)

    def remove(self, program):
        """remove($self, program)\n--\n
        Remove the entries of a program.
        """
        self.entries = tuple([e for e in self.entries if (<Entry>e).program is not program])

    def clear(self):
        """clear($self)\n--\n
        Remove all entries.
        """
        self.entries = ()

    def hits(self, program=None):
        """hits($self, program=None)\n--\n
        The calls that the entries of a program, or all, have replayed.
        """
        return sum([(<Entry>e).hits for e in self.entries if program is None or (<Entry>e).program is program])

    def __len__(self):
        return len(self.entries)

    def __bool__(self):
        return True


cdef object call_front(PyObject* self, PyObject** args, size_t nargsf, PyObject* names):
    cdef tuple entries = (<Front>self).entries
    cdef Py_ssize_t n = PyVectorcall_NARGS(nargsf), i
    cdef int n_keywords = 0, outcome
    cdef PyObject* keywords[MAX_VALUES]
    cdef Entry entry
    cdef PyObject* out = NULL
    if n_suspended == 0:
        if names != NULL:
            n_keywords = read_keywords(args + n, <tuple>names, keywords, &out)
        if n_keywords >= 0:
            for i in range(PyTuple_GET_SIZE(entries)):
                entry = <Entry>PyTuple_GET_ITEM(entries, i)
                if n + n_keywords != entry.n_forms or n_keywords != entry.n_keywords:
                    continue
                if n_keywords and not has_keywords(<tuple>names, entry.keywords):
                    continue
                result = entry.attempt(args, keywords, None if out == NULL else <object>out, &outcome)
                if outcome == 0:
                    return result
                if outcome == -1 or outcome == -2:
                    break
    return call_miss(<Front>self, args, n, names)


cdef int read_keywords(PyObject** values, tuple names, PyObject** keywords, PyObject** out) except -2:
    """Collect the values of keywords except `out`; returns their number, or -1 where there are too many."""
    cdef int i, n = 0
    for i in range(PyTuple_GET_SIZE(names)):
        if names[i] == "out":
            out[0] = values[i]
        elif n == MAX_VALUES:
            return -1
        else:
            keywords[n] = values[i]
            n += 1
    return n


cdef bint has_keywords(tuple names, tuple wanted) except -1:
    """Whether a call has these keywords, in this order, `out` aside."""
    cdef Py_ssize_t i = 0
    for name in names:
        if name == "out":
            continue
        if i == len(wanted) or name != wanted[i]:
            return False
        i += 1
    return i == len(wanted)


cdef object call_miss(Front front, PyObject** args, Py_ssize_t n, PyObject* names):
    cdef Py_ssize_t i
    if front.miss is None:
        raise TypeError("this Front has not been made by its class")
    positional = tuple([<object>args[i] for i in range(n)])
    keywords = {}
    if names != NULL:
        for i in range(PyTuple_GET_SIZE(<object>names)):
            keywords[<object>PyTuple_GET_ITEM(<object>names, i)] = <object>args[n + i]
    return front.miss(positional, keywords)
