# Part of _core.pyx. Which of the user's lines has made each Function of a call that is recorded for replay.
#
# The recording owns the dict of lines, and `leopard_lines` borrows it while its function runs. A Function is noted there by
# its address when its record is finished; one that is deallocated before the call ends leaves its line behind, which the
# next Function at this address replaces. What leopard's own rules record in a walk has the line of the Function whose
# derivative it is; what a user's rule records, or a function that is recorded again, has its own.

cdef extern from "Python.h":
    ctypedef struct PyFrameObject
    ctypedef struct PyCodeObject
    PyFrameObject* PyEval_GetFrame()                        # borrowed
    PyFrameObject* PyFrame_GetBack(PyFrameObject*)          # these two own what they return
    PyCodeObject* PyFrame_GetCode(PyFrameObject*)
    int PyFrame_GetLineNumber(PyFrameObject*)

cdef enum:
    MOST_CODES = 10_000

cdef dict files_of_codes = {}           # address of a code object: it, and the name of its file where a user has written it


cdef int note_line(Function f) except -1:
    """Note the user's line that has made `f`: the file, the number, and whether a rule of leopard's has made it there."""
    cdef dict lines = <dict>leopard_lines
    line = line_of_user()
    if line is None and leopard_walked:
        line = lines.get(leopard_walked)
        is_own = is_class_of_leopards(type(<object><PyObject*>leopard_walked))
        line = ("", 0, is_own) if line is None else ((<tuple>line)[0], (<tuple>line)[1], is_own)
    lines[<size_t><PyObject*>f] = line
    return 0


cdef dict own_classes = {}      # address of a class: it, and whether leopard has written it


cdef bint is_class_of_leopards(type cls) except -1:
    found = own_classes.get(<size_t><PyObject*>cls)
    if found is None:
        if len(own_classes) >= MOST_CODES:
            own_classes.clear()
        found = own_classes[<size_t><PyObject*>cls] = cls, str(cls.__module__).partition(".")[0] == "leopard"
    return (<tuple>found)[1]


cdef object line_of_user():
    """The innermost line on the stack that is a user's, or None; in a walk, only what the walk has called is looked at."""
    cdef PyObject* frame = <PyObject*>PyEval_GetFrame()
    cdef PyObject* outer
    cdef object file = None
    Py_XINCREF(frame)
    try:
        while frame != NULL and not (leopard_walked and <size_t>frame == leopard_walk_frame):
            file = file_of_user(frame)
            if file is not None:
                return file, PyFrame_GetLineNumber(<PyFrameObject*>frame), False
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


cdef object file_of_user(PyObject* frame):
    """The name of the file of what a frame runs, if it is a user's; else None."""
    cdef PyObject* owned = <PyObject*>PyFrame_GetCode(<PyFrameObject*>frame)
    cdef object code = <object>owned
    Py_DECREF_pointer(owned)            # `code` holds a reference of its own
    found = files_of_codes.get(<size_t>owned)
    if found is None:
        if len(files_of_codes) >= MOST_CODES:
            files_of_codes.clear()
        found = code, code.co_filename if services.is_users(<object>frame) else None
        files_of_codes[<size_t>owned] = found
    return (<tuple>found)[1]

