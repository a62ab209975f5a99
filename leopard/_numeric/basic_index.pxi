# Part of arrays.pyx. Basic indices: the view that one names, and addition into it.

cdef struct IndexedView:
    Space space
    Operand elements        # where they are in memory
    bint is_element         # NumPy makes a scalar of it, not a view


# -- What an index names -------------------------------------------------------------------------

cdef bint is_basic_index(object index) noexcept:
    """True for integers, slices, None and Ellipsis alone: they name a view, in which each element is once at most."""
    if isinstance(index, tuple):
        for i in <tuple>index:
            if not is_basic_item(i):
                return False
        return True
    return is_basic_item(index)


cdef inline bint is_basic_item(object i) noexcept:
    return type(i) is slice or PyLong_CheckExact(i) or i is None or i is Ellipsis or isinstance(i, integer)


cdef inline bint is_exact_int_or_none(PyObject* bound) noexcept:
    """True for a bound of a slice that can be read without running Python code."""
    return bound == <PyObject*>None or PyLong_CheckExact(<object>bound)


cdef bint find_view(RawArray* a, object index, IndexedView* view) except -1:
    """Find the view of an array that a basic index names; false for other indices, and for wrong ones."""
    cdef Py_ssize_t n = 1, k, used = 0, axis = 0, skipped
    cdef bint several = type(index) is tuple
    view.space.n_axes = 0
    view.elements.data = bytes_of(a)
    view.is_element = True
    if several:
        n = len(<tuple>index)
        for k in range(n):
            i = (<tuple>index)[k]
            used += type(i) is slice or PyLong_CheckExact(i)
    for k in range(n):
        i = (<tuple>index)[k] if several else index
        if type(i) is slice or PyLong_CheckExact(i):
            if axis >= n_axes_of(a) or not index_axis(a, axis, i, view):
                return False
            axis += 1
        elif i is None:
            if not append_axis(view, 1, 0):
                return False
        elif i is Ellipsis and several and view.is_element:
            view.is_element = False
            skipped = n_axes_of(a) - used
            while skipped > 0:
                if not append_axis(view, shape_of(a)[axis], strides_of(a)[axis]):
                    return False
                skipped -= 1
                axis += 1
        else:
            return False            # an array, a second Ellipsis, ...
    while axis < n_axes_of(a):
        if not append_axis(view, shape_of(a)[axis], strides_of(a)[axis]):
            return False
        axis += 1
    view.is_element = view.is_element and view.space.n_axes == 0
    return True


cdef inline bint append_axis(IndexedView* view, npy_intp length, npy_intp stride) noexcept:
    """Give a view one axis more; false when it has as many as a space can have."""
    cdef int axis = view.space.n_axes
    if axis >= MAX_AXES:
        return False
    view.space.shape[axis], view.elements.strides[axis] = length, stride
    view.space.n_axes += 1
    return True


cdef inline bint index_axis(RawArray* a, Py_ssize_t axis, object i, IndexedView* view) except -1:
    """Index one axis by an exact int or a slice; false when the int is out of bounds or the slice is no plain one."""
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
        view.elements.data += start * strides_of(a)[axis]
        return True
    if view.space.n_axes >= MAX_AXES:
        return False
    if not (is_exact_int_or_none(bounds.start) and is_exact_int_or_none(bounds.stop)
            and is_exact_int_or_none(bounds.step)):
        return False                # an `__index__` might change the array meanwhile
    PySlice_Unpack(i, &start, &stop, &step)
    length = PySlice_AdjustIndices(size, &start, &stop, step)
    if length:
        view.elements.data += start * strides_of(a)[axis]
    return append_axis(view, length, step * strides_of(a)[axis])


# -- x[index] ------------------------------------------------------------------------------------

cdef object array_getitem(object x, object index):
    """x[index], for an index that holds no Variable."""
    cdef IndexedView v
    cdef RawArray* a = <RawArray*><PyObject*>x
    if not find_view(a, index, &v) or v.is_element:
        return x[index]
    view = leopard_array_over(
        <PyObject*>x, v.space.n_axes, v.space.shape, v.elements.strides, v.elements.data, flags_of(a) & WRITEABLE
    )
    Py_INCREF(x)                    # PyArray_SetBaseObject takes a reference, also when it fails
    PyArray_SetBaseObject(view, x)
    return view


# -- x[index] += g -------------------------------------------------------------------------------

cdef enum:
    MAX_AXES_OF_UFUNC_AT = 32   # NumPy 2.4's `ufunc.at` writes beyond its stack frame where there are more


cdef int add_at(object buffer, object index, PyObject* g, double number) except -1:
    """buffer[index] += g, or the number where `g` is NULL; an element that is named twice is added to twice.

    `buffer` is exclusive.
    """
    cdef IndexedView view
    cdef Operand added
    cdef int type = type_of(<PyObject*>buffer), status, axis
    cdef Number cast
    if (type >= 0 and find_view(<RawArray*><PyObject*>buffer, index, &view)
            and (g == NULL and cast_number(number, type, &cast)
                 or g != NULL and type_of(g) == type
                 and has_shape(<RawArray*>g, view.space.n_axes, view.space.shape))):
        added.data = <char*>&cast if g == NULL else bytes_of(<RawArray*>g)
        for axis in range(view.space.n_axes):
            added.strides[axis] = 0 if g == NULL else strides_of(<RawArray*>g)[axis]
        leopard_clear_status()
        add_to_view(&view, &added, type)
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
    add_at_advanced_index(buffer, index, what)
    return 0


cdef int add_at_advanced_index(object buffer, object index, object what) except -1:
    """buffer[index] += what by `np.add.at`, which adds to an element as often as the index names it."""
    try:
        if n_axes_of(<RawArray*><PyObject*>buffer) > MAX_AXES_OF_UFUNC_AT:
            places = np.arange(buffer.size).reshape(buffer.shape)[index]
            flat = buffer.reshape(-1)
            np.add.at(flat, places.reshape(-1), np.broadcast_to(what, places.shape).reshape(-1))
            if flat.base is not buffer:         # it is a copy, because `buffer` is not contiguous
                buffer[...] = flat.reshape(buffer.shape)
        else:
            np.add.at(buffer, index, what)
    except SystemError as error:            # NumPy returns NULL without an error when memory is short
        raise MemoryError from error
    return 0


def scatter(buffer, index, g):
    """buffer[index] += g for ndarrays; an element that is named twice is added to twice.

    The caller holds the only references to `buffer`.
    """
    if not cnp.PyArray_CheckExact(buffer) or not cnp.PyArray_CheckExact(g):
        raise TypeError("ndarrays alone are scattered")
    add_at(buffer, index, <PyObject*>g, 0.0)


cdef void add_to_view(IndexedView* view, Operand* added, int type) noexcept:
    """Add an operand that is laid over a view to its elements, a row of the last axis at a time."""
    cdef npy_intp index[MAX_AXES]
    cdef char* rows[2]
    cdef Operand operands[2]
    cdef Space* space = &view.space
    cdef int axis, last = space.n_axes - 1
    for axis in range(space.n_axes):
        index[axis] = 0
        if space.shape[axis] == 0:
            return
    operands[0], operands[1] = view.elements, added[0]
    rows[0], rows[1] = view.elements.data, added.data
    if last < 0:
        add_strided(rows[0], rows[0], rows[1], 1, 0, 0, type)
        return
    while True:
        add_strided(
            rows[0], rows[0], rows[1], space.shape[last], operands[0].strides[last], operands[1].strides[last], type
        )
        if not next_row(index, space, last, rows, operands, 2):
            return
