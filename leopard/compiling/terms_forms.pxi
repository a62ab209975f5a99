# Part of terms.pyx. The forms of arrays.

@cython.final
@cython.no_gc       # it holds tuples of numbers and a dtype
cdef class Form:
    """Form(shape=(), dtype=np.float64, strides=None)\n--\n
    Shape, dtype and layout of an array that has no memory yet.

    Attributes
    ----------
    shape : tuple of int
    dtype : numpy.dtype
    strides : tuple of int
        In bytes.
    contiguous : bool
        Whether it is in C order.
    size : int
    uniform : bool
        Whether all elements are one in memory.
    plain : bool
        Whether it is an array of several float64 in C order.
    """
    cdef readonly tuple shape, strides
    cdef readonly object dtype
    cdef readonly Py_ssize_t size
    cdef readonly bint contiguous, uniform, plain
    cdef bint is_double

    def __cinit__(self, tuple shape=(), dtype=FLOAT64, tuple strides=None):
        cdef Py_ssize_t k, n
        cdef tuple plain = c_strides(shape, dtype.itemsize)
        if strides is not None and len(strides) != len(shape):
            raise ValueError(f"{len(strides)} strides for {len(shape)} axes")
        self.shape, self.dtype, self.size = shape, dtype, 1
        for k in range(len(shape)):
            self.size *= shape[k]
        self.strides = plain if strides is None else strides
        self.contiguous = self.uniform = True
        if self.strides is plain or self.strides == plain:
            self.uniform = self.size == 1
        else:
            for k in range(len(shape)):
                n = shape[k]
                if n != 1:
                    self.contiguous = self.contiguous and self.strides[k] == plain[k]
                    self.uniform = self.uniform and self.strides[k] == 0
            self.uniform = self.uniform and self.size > 0
        self.is_double = dtype is DOUBLE or dtype.char == "d"
        self.plain = self.contiguous and self.size > 1 and self.is_double

    @property
    def span(self):
        """The bytes before its first element, and those from there to the end of what it takes."""
        cdef Py_ssize_t before, after
        self.measure(&before, &after)
        return before, after

    cdef int measure(self, Py_ssize_t* before, Py_ssize_t* after) except -1:
        """Find the `span`."""
        cdef Py_ssize_t k, n, stride, itemsize = 8 if self.is_double else self.dtype.itemsize
        before[0], after[0] = 0, itemsize
        if self.contiguous or self.size == 0:
            after[0] = self.size * itemsize
            return 0
        for k in range(len(self.shape)):
            n, stride = self.shape[k], self.strides[k]
            if stride < 0:
                before[0] -= stride * (n - 1)
            else:
                after[0] += stride * (n - 1)
        return 0

    @property
    def fills_memory(self):
        """Whether the elements follow each other in memory, in some order of the axes."""
        cdef Py_ssize_t step = self.dtype.itemsize, stride, n
        for stride, n in sorted(zip(self.strides, self.shape, strict=True)):
            if n != 1 and stride != step:
                return self.contiguous
            step *= n
        return True

    @property
    def goes_backward(self):
        """Whether a stride is negative."""
        return self.has_negative_stride()

    cdef bint has_negative_stride(self) except -1:
        cdef Py_ssize_t k, stride
        for k in range(len(self.strides)):
            stride = self.strides[k]
            if stride < 0:
                return True
        return False


cdef inline bint is_alike(Form a, Form b) except -1:
    """Whether two forms, or None for a float64 without axes, have one shape and dtype."""
    if a is b:
        return True
    return a is not None and b is not None and a.shape == b.shape and a.dtype == b.dtype


cpdef tuple c_strides(tuple shape, Py_ssize_t itemsize):
    """The strides of a contiguous array in C order."""
    cdef Py_ssize_t k, n = len(shape)
    cdef list strides = [None] * n
    for k in range(n - 1, -1, -1):
        strides[k] = itemsize
        itemsize *= <Py_ssize_t>shape[k]
    return tuple(strides)


def broadcast(Form form not None, tuple shape not None):
    """The form of an array that is broadcast to a shape."""
    return Form(shape, form.dtype, broadcast_strides(form, shape))


def broadcast_strides(Form form not None, tuple shape not None):
    """The strides of an array over a shape to which it broadcasts."""
    cdef Py_ssize_t k, lead
    if form.contiguous and form.size > 1 and form.shape == shape and 1 not in shape:
        return form.strides
    lead = len(shape) - len(form.shape)
    strides = [0] * lead
    for k in range(len(form.shape)):
        strides.append(0 if form.shape[k] == 1 else form.strides[k])
    return tuple(strides)


def offsets_of(Form form not None):
    """The offsets in bytes of the elements of an array, in C order."""
    offsets = [0]
    for n, stride in zip(form.shape, form.strides):
        offsets = [offset + k * stride for offset in offsets for k in range(n)]
    return offsets


def index_key(index):
    """A basic index as a key; None where it is none, or holds other things than integers of Python's and slices.

    A slice stands in it as a tuple: it has no hash before Python 3.12.
    """
    if type(index) is not tuple:
        return (None,) if index is None else key_of_part(index)
    parts = []
    for part in <tuple>index:
        key = key_of_part(part)
        if key is None and part is not None:
            return None
        parts.append(key)
    return tuple(parts)


cdef object key_of_part(i):
    if type(i) is int or i is Ellipsis:
        return i
    if type(i) is slice and is_bound(i.start) and is_bound(i.stop) and is_bound(i.step):
        return slice, i.start, i.stop, i.step
    return None


cdef inline bint is_bound(i) noexcept:
    return i is None or type(i) is int


def laid_out(tuple shape not None, list strides not None, bint in_order=False):
    """A shape and the strides of operands over it, with neighbouring axes made one where all allow it.

    Axes are taken from the slowest to the fastest of the last operand, the result, or in their order.
    """
    cdef Py_ssize_t n = len(shape), m = len(strides), axis, k, length, step
    cdef list lengths = [], columns = [[] for _ in strides], order = list(range(n))
    cdef list steps
    cdef tuple result, operand
    for operand in strides:
        if len(operand) != n:
            raise ValueError("an operand has strides for other axes")
    if m == 0:
        raise ValueError("there are operands")
    result = strides[m - 1]
    for axis in range(n - 1):
        if not in_order and <Py_ssize_t>result[axis] < <Py_ssize_t>result[axis + 1]:
            order = [k for _, k in sorted([(-<Py_ssize_t>result[k], k) for k in range(n)])]
            break
    for axis in order:
        length = shape[axis]
        if length == 1:
            continue
        merges = len(lengths) > 0
        for k in range(m):
            operand, steps = strides[k], columns[k]
            step = operand[axis]
            merges = merges and <Py_ssize_t>steps[len(lengths) - 1] == length * step
        if merges:
            lengths[len(lengths) - 1] = <Py_ssize_t>lengths[len(lengths) - 1] * length
        else:
            lengths.append(length)
        for k in range(m):
            operand, steps = strides[k], columns[k]
            if merges:
                steps[len(lengths) - 1] = operand[axis]
            else:
                steps.append(operand[axis])
    if not lengths:
        return (1,), [(0,)] * m
    return tuple(lengths), [tuple(steps) for steps in columns]


def rows_of(Form form not None, tuple shape not None):
    """How an array is laid over a flat space of this shape; None where it is in no rows of one length.

    Returns
    -------
    tuple
        (stride,) where the stride from element to element is one; (stride, length, row stride) for rows: of a
        row that is repeated the row stride is 0, of a number that is repeated along each row the stride.
    """
    cdef Py_ssize_t size = form.dtype.itemsize
    if form.contiguous and form.shape == shape or form.size == 1:
        return (size if form.size > 1 else 0,)
    if form.has_negative_stride():
        return None
    axes, (strides, _) = laid_out(shape, [broadcast_strides(form, shape), c_strides(shape, size)])
    if len(axes) == 1:
        return strides
    return (strides[1], axes[1], strides[0]) if len(axes) == 2 else None


SCALAR = Form((), FLOAT64)
cdef Form NO_AXES = SCALAR
