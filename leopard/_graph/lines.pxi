# Part of _core.pyx. Which of the user's lines has made each Function of a call that is recorded for replay.
#
# The recording owns the dict of lines, and `leopard_lines` borrows it while its function runs. A Function is noted there by
# its address when its record is finished; one that is deallocated before the call ends leaves its line behind, which the
# next Function at this address replaces. What leopard's own rules record in a walk has the line of the Function whose
# derivative it is; what a user's rule records, or a function that is recorded again, has its own. Behind the key None stands
# the set of those that were called where no graph is recorded, as under `no_grad`, if there are any.

cdef extern from "Python.h":
    ctypedef struct PyFrameObject
    ctypedef struct PyCodeObject
    PyFrameObject* PyEval_GetFrame()                        # borrowed
    PyFrameObject* PyFrame_GetBack(PyFrameObject*)          # these two own what they return
    PyCodeObject* PyFrame_GetCode(PyFrameObject*)
    int PyFrame_GetLasti(PyFrameObject*)

cdef enum:
    MOST_CODES = 10_000

cdef dict codes = {}                    # address of a code object: it, and whether a user has written it


cdef int note_line(Function f) except -1:
    """Note where the user has made `f`: the code, the place in it, and whether a rule of leopard's has made it there."""
    cdef dict lines = <dict>leopard_lines
    cdef bint is_own
    line = place_in_users_code()
    if line is None and leopard_walked:
        line = lines.get(leopard_walked)
        is_own = is_class_of_leopards(type(<object><PyObject*>leopard_walked))
        if line is None:
            line = None, 0, is_own
        elif bool((<tuple>line)[2]) != is_own:
            line = (<tuple>line)[0], (<tuple>line)[1], is_own
    lines[<size_t><PyObject*>f] = line
    unrecorded = lines.get(None)
    if not recording():
        if unrecorded is None:
            unrecorded = lines[None] = set()
        (<set>unrecorded).add(<size_t><PyObject*>f)
    elif unrecorded is not None:
        (<set>unrecorded).discard(<size_t><PyObject*>f)     # of one that was deallocated
    return 0


def line_of(code, int place):
    """The name of the file and the number of the line of a place in a code object."""
    number = None
    for first, last, line in code.co_lines():
        if first <= place < last:
            number = line
    return code.co_filename, number or code.co_firstlineno


cdef dict own_classes = {}      # address of a class: it, and whether leopard has written it


cdef bint is_class_of_leopards(type cls) except -1:
    found = own_classes.get(<size_t><PyObject*>cls)
    if found is None:
        if len(own_classes) >= MOST_CODES:
            own_classes.clear()
        found = own_classes[<size_t><PyObject*>cls] = cls, str(cls.__module__).partition(".")[0] == "leopard"
    return (<tuple>found)[1]


cdef object place_in_users_code():
    """The innermost place on the stack that is a user's, or None; in a walk, only what the walk has called is looked at."""
    cdef PyObject* frame = <PyObject*>PyEval_GetFrame()
    cdef PyObject* outer
    cdef object code = None
    Py_XINCREF(frame)
    try:
        while frame != NULL and not (leopard_walked and <size_t>frame == leopard_walk_frame):
            code = users_code(frame)
            if code is not None:
                return code, PyFrame_GetLasti(<PyFrameObject*>frame), False
            outer = <PyObject*>PyFrame_GetBack(<PyFrameObject*>frame)
            Py_DECREF_pointer(frame)
            frame = outer
        return None
    finally:
        Py_XDECREF(frame)


cdef inline void begin_walk_of_lines(size_t* walked_before, size_t* frame_before) noexcept:
    """Note the frame that begins a walk; `end_walk_of_lines` restores what was noted before."""
    global leopard_walk_frame
    walked_before[0], frame_before[0] = leopard_walked, leopard_walk_frame
    if leopard_lines != NULL:
        leopard_walk_frame = <size_t>PyEval_GetFrame()


cdef inline void end_walk_of_lines(size_t walked_before, size_t frame_before) noexcept:
    global leopard_walked, leopard_walk_frame
    leopard_walked, leopard_walk_frame = walked_before, frame_before


cdef object users_code(PyObject* frame):
    """The code that a frame runs, if it is a user's; else None."""
    cdef PyObject* owned = <PyObject*>PyFrame_GetCode(<PyFrameObject*>frame)
    cdef object code = <object>owned
    Py_DECREF_pointer(owned)            # `code` holds a reference of its own
    found = codes.get(<size_t>owned)
    if found is None:
        if len(codes) >= MOST_CODES:
            codes.clear()
        found = codes[<size_t>owned] = code, bool(services.is_users(<object>frame))
    return code if (<tuple>found)[1] else None
