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
        PyContextVar_Set(recording_switch.variable, on)
    except BaseException:
        PyContext_Exit(context)
        raise
    return context


cdef int leave_context(object context) except -1:
    return PyContext_Exit(context)
