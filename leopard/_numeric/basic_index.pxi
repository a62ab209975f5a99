# Part of arrays.pyx. What an index names of an array.

# -- Parts ---------------------------------------------------------------------------------------

cdef struct Window:         # what a basic index shows of an array
    int n_axes
    npy_intp shape[MAX_AXES]
    npy_intp strides[MAX_AXES]
    npy_intp offset
    bint is_element         # of which NumPy makes a scalar, not a view


cdef bint is_basic_index(object index) noexcept:
    """Integers, slices, None and Ellipsis only: a view, in which each element is at most once."""
    if isinstance(index, tuple):
        for i in <tuple>index:
            if not is_basic_part(i):
                return False
        return True
    return is_basic_part(index)


cdef inline bint is_basic_part(object i) noexcept:
    return type(i) is slice or PyLong_CheckExact(i) or i is None or i is Ellipsis or isinstance(i, integer)


cdef inline bint is_none_or_int(PyObject* bound) noexcept:
    """Of a slice: does reading it run no Python?"""
    return bound == <PyObject*>None or PyLong_CheckExact(<object>bound)


cdef bint look_through(RawArray* a, object index, Window* w) except -1:
    """The part of an array that a basic index names; false for other indices, and for wrong ones."""
    cdef Py_ssize_t n = 1, k, used = 0, axis = 0, skipped
    cdef bint several = type(index) is tuple
    cdef PyObject* part
    w.n_axes = 0
    w.offset = 0
    w.is_element = True
    if several:
        n = len(<tuple>index)
        for k in range(n):
            i = (<tuple>index)[k]
            used += type(i) is slice or PyLong_CheckExact(i)
    for k in range(n):
        i = (<tuple>index)[k] if several else index
        if type(i) is slice or PyLong_CheckExact(i):
            if axis >= n_axes_of(a) or not take_part(a, axis, i, w):
                return False
            axis += 1
        elif i is None:
            if w.n_axes >= MAX_AXES:
                return False
            w.shape[w.n_axes], w.strides[w.n_axes] = 1, 0
            w.n_axes += 1
        elif i is Ellipsis and several and w.is_element:
            w.is_element = False
            skipped = n_axes_of(a) - used
            while skipped > 0:
                if not take_axis(a, axis, w):
                    return False
                skipped -= 1
                axis += 1
        else:
            return False            # an array, a second Ellipsis, ...
    while axis < n_axes_of(a):
        if not take_axis(a, axis, w):
            return False
        axis += 1
    w.is_element = w.is_element and w.n_axes == 0
    return True


cdef inline bint take_axis(RawArray* a, Py_ssize_t axis, Window* w) noexcept:
    """An axis as it is; false when there is no more room."""
    if w.n_axes >= MAX_AXES:
        return False
    w.shape[w.n_axes], w.strides[w.n_axes] = shape_of(a)[axis], strides_of(a)[axis]
    w.n_axes += 1
    return True


cdef inline bint take_part(RawArray* a, Py_ssize_t axis, object i, Window* w) except -1:
    """An element, or a slice, of an axis."""
    cdef Py_ssize_t start, stop, step, length
    cdef npy_intp size = shape_of(a)[axis]
    cdef PySliceObject* bounds = <PySliceObject*>i
    cdef int overflow
    if PyLong_CheckExact(i):
        start = PyLong_AsLongLongAndOverflow(i, &overflow)
        if start < 0:
            start += size
        if overflow or not 0 <= start < size:
            return False
        w.offset += start * strides_of(a)[axis]
        return True
    if w.n_axes >= MAX_AXES:
        return False
    if not (is_none_or_int(bounds.start) and is_none_or_int(bounds.stop) and is_none_or_int(bounds.step)):
        return False                # an `__index__` might change the array meanwhile
    PySlice_Unpack(i, &start, &stop, &step)
    length = PySlice_AdjustIndices(size, &start, &stop, step)
    if length:
        w.offset += start * strides_of(a)[axis]
    w.shape[w.n_axes], w.strides[w.n_axes] = length, step * strides_of(a)[axis]
    w.n_axes += 1
    return True


cdef object array_getitem(object x, object index):
    """x[index], for an index that holds no Variable."""
    cdef Window w
    cdef RawArray* a = <RawArray*><PyObject*>x
    if not look_through(a, index, &w) or w.is_element:
        return x[index]
    view = leopard_over(<PyObject*>x, w.n_axes, w.shape, w.strides, bytes_of(a) + w.offset, flags_of(a) & WRITEABLE)
    Py_INCREF(x)
    PyArray_SetBaseObject(view, x)
    return view


cdef enum:
    MAX_AXES_OF_UFUNC_AT = 32        # NumPy 2.4's `ufunc.at` writes over the stack where there are more


cdef int add_at(object buffer, object index, PyObject* g, double number) except -1:
    """buffer[index] += g, or the number where `g` is NULL; twice where an element is taken twice.

    `buffer` is exclusive.
    """
    cdef Window w
    cdef int type = type_of(<PyObject*>buffer), status
    cdef Number typed
    cdef RawArray* more = <RawArray*>g
    if (type >= 0 and look_through(<RawArray*><PyObject*>buffer, index, &w)
            and (g == NULL and cast_number(number, type, &typed)
                 or g != NULL and type_of(g) == type and fits(more, &w))):
        leopard_clear_status()
        add_through(
            &w, bytes_of(<RawArray*><PyObject*>buffer) + w.offset, <char*>&typed if g == NULL else bytes_of(more),
            &NO_STRIDES[0] if g == NULL else strides_of(more), type,
        )
        status = leopard_status()
        if not errstate_ignores(status):
            report_addition_status(status)
        return 0
    what = number if g == NULL else <object>g
    if is_basic_index(index):
        index = index if isinstance(index, tuple) else (index,)
        part = buffer[index if Ellipsis in index else (*index, Ellipsis)]       # a view, even of one element
        np.add(part, what, out=part)
        return 0
    try:
        if n_axes_of(<RawArray*><PyObject*>buffer) > MAX_AXES_OF_UFUNC_AT:
            places = np.arange(buffer.size).reshape(buffer.shape)[index]
            flat = buffer.reshape(-1)
            np.add.at(flat, places.reshape(-1), np.broadcast_to(what, places.shape).reshape(-1))
            if flat.base is not buffer:         # it was laid out otherwise
                buffer[...] = flat.reshape(buffer.shape)
        else:
            np.add.at(buffer, index, what)
    except SystemError as error:            # NumPy forgets to say it
        raise MemoryError from error
    return 0


def scatter(buffer, index, g):
    """buffer[index] += g for ndarrays, twice where an element is taken twice. Nobody else holds `buffer`."""
    if not cnp.PyArray_CheckExact(buffer) or not cnp.PyArray_CheckExact(g):
        raise TypeError("ndarrays alone are scattered")
    add_at(buffer, index, <PyObject*>g, 0.0)


cdef inline bint fits(RawArray* a, Window* w) noexcept:
    cdef int axis
    if n_axes_of(a) != w.n_axes:
        return False
    for axis in range(w.n_axes):
        if shape_of(a)[axis] != w.shape[axis]:
            return False
    return True


cdef void add_through(Window* w, char* to, const char* g, npy_intp* g_strides, int type) noexcept:
    """Add `g` to what the window shows, a row of the last axis at a time."""
    cdef npy_intp index[MAX_AXES]
    cdef int axis, last = w.n_axes - 1
    for axis in range(w.n_axes):
        index[axis] = 0
        if w.shape[axis] == 0:
            return
    if last < 0:
        add_row(to, to, g, 1, 0, 0, type)
        return
    while True:
        add_row(to, to, g, w.shape[last], w.strides[last], g_strides[last], type)
        axis = last - 1
        while axis >= 0:
            index[axis] += 1
            to += w.strides[axis]
            g += g_strides[axis]
            if index[axis] < w.shape[axis]:
                break
            to -= w.shape[axis] * w.strides[axis]
            g -= w.shape[axis] * g_strides[axis]
            index[axis] = 0
            axis -= 1
        if axis < 0:
            return
