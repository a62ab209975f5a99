# Part of _core.pyx. Settings that are on or off: a value for each context, and a default for the process.

@cython.final
cdef class Switch:
    """Switch(name, default)\n--\n\nA setting that is on or off.

    Parameters
    ----------
    name : str
    default : bool

    Attributes
    ----------
    variable : contextvars.ContextVar
        The value in a context: True, False, or None for the default.
    default : bool
        The value where the context has none.
    """
    cdef readonly object variable
    cdef readonly bint default

    def __init__(self, str name not None, bint default):
        self.variable = ContextVar(name)
        self.default = default

    def set_default(self, bint on):
        """Set the value where the context has none."""
        self.default = on


cdef inline bint is_on(Switch switch) except -1:
    cdef PyObject* value = NULL
    cdef bint on
    PyContextVar_Get(<PyObject*>switch.variable, NULL, &value)
    if value == NULL:
        return switch.default
    on = value == Py_True or value != Py_False and switch.default
    Py_DECREF_pointer(value)
    return on


cdef Switch recording_switch = Switch("enable_backprop", True)
cdef Switch guard_switch = Switch("guard", False)
cdef Switch anomaly_switch = Switch("anomaly", False)
cdef Switch compiled_switch = Switch("compiled", True)

switches = {                            # by the names that `Config` has for them
    "enable_backprop": recording_switch, "guard": guard_switch, "anomaly": anomaly_switch, "compiled": compiled_switch,
}


cdef inline bint recording() except -1:
    """Whether operations are recorded in this context."""
    return is_on(recording_switch)


cdef object enter_context(bint on):
    """Enter a copy of the current context in which recording is switched `on` or off, and return it.

    `leave_context` leaves it. That needs no memory, where setting the switch back in the old context could fail at the
    end of a walk.
    """
    context = PyContext_CopyCurrent()
    PyContext_Enter(context)
    try:
        check_memory_of_token()
        PyContextVar_Set(recording_switch.variable, on)
    except BaseException:
        PyContext_Exit(context)
        raise
    return context


cdef int leave_context(object context) except -1:
    return PyContext_Exit(context)


cdef int check_memory_of_token() except -1:
    """A MemoryError where there is no memory for the token of `PyContextVar_Set`, which does not check for it itself.

    It crashes where the token and what follows both get none (https://github.com/python/cpython/issues/151773).
    """
    cdef void* block = PyObject_Malloc(SIZE_OF_TOKEN)
    if block == NULL:
        raise MemoryError
    PyObject_Free(block)                # Python's allocator gives the same block again
    return 0


# `np.errstate` in the core. Cython's `with` passes the traceback of what was raised to `__exit__`, and that is NULL
# where there was no memory for it: a crash. So there is no `with` in the core but that of the interpreter's lock.

cdef object ignore_all(bint holds):
    """`np.errstate` that ignores everything, entered, or None; `leave_errstate` leaves it."""
    return entered(np.errstate(all="ignore")) if holds else None


cdef object ignore_divisions(bint holds):
    """`np.errstate` that ignores divisions by zero and invalid values, entered, or None; `leave_errstate` leaves it."""
    return entered(np.errstate(divide="ignore", invalid="ignore")) if holds else None


cdef object entered(object errstate):
    check_memory_of_token()
    errstate.__enter__()
    return errstate


cdef int leave_errstate(object errstate) except -1:
    if errstate is not None:
        errstate.__exit__(None, None, None)
    return 0
