# Part of _core.pyx. Which of the user's lines has made each Function of a call that is recorded for replay.
#
# The recording owns the dict of lines, and `leopard_lines` borrows it while its function runs. A Function is noted there by
# its address when its record is finished; one that is deallocated before the call ends leaves its line behind, which the
# next Function at this address replaces. What a walk records has the line of the Function whose derivative it is.

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
    """Note the user's line that has made `f`."""
    cdef dict lines = <dict>leopard_lines
    if leopard_walked:
        lines[<size_t><PyObject*>f] = lines.get(leopard_walked)
    else:
        lines[<size_t><PyObject*>f] = line_of_user()
    return 0


cdef object line_of_user():
    """The name of the file and the number of the innermost line on the stack that is a user's, or None."""
    cdef PyObject* frame = <PyObject*>PyEval_GetFrame()   
    cdef PyObject* outer
    cdef object file = None
    Py_XINCREF(frame)
    try:
        while frame != NULL:
            file = file_of_user(frame)
            if file is not None:
                return file, PyFrame_GetLineNumber(<PyFrameObject*>frame)
            outer = <PyObject*>PyFrame_GetBack(<PyFrameObject*>frame)
            Py_DECREF_pointer(frame)
            frame = outer
        return None
    finally:
        Py_XDECREF(frame)


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

