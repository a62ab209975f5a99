# Part of _core.pyx. The kernel "matmul": products of matrices and vectors. Each derivative is a product with the other
# operand, transposed for gradients.

cdef object matmul_value(object x0, object x1, object option):
    return product(<PyObject*>x0, False, <PyObject*>x1, False, True)


cdef int matmul_reads(int wanted) noexcept:
    """The derivative with respect to each operand reads the other."""
    return (wanted >> 1 & 1) << X | (wanted & 1) << X + 1


cdef bint matmul_vjp(Walk walk, Function f, int i) except -1:
    """``gy @ x1.T`` and ``x0.T @ gy``, of matrices and vectors."""
    cdef PyObject* a = inputs_of(<PyObject*>f)[0]
    cdef PyObject* b = inputs_of(<PyObject*>f)[1]
    cdef PyObject* out = form_array(walk.slots[i].node)
    cdef bint wants_a = wants_gradient(walk, a), wants_b = wants_gradient(walk, b)
    cdef PyObject* x0 = matrix_of(a)
    cdef PyObject* x1 = matrix_of(b)
    cdef int type, na, nb
    cdef double value = 0
    if x0 == NULL or x1 == NULL or not (0 <= type_of(x0) < COMPLEX) or type_of(x1) != type_of(x0):
        return False
    type = type_of(x0)
    na, nb = n_axes_of(<RawArray*>x0), n_axes_of(<RawArray*>x1)
    if not 1 <= na <= 2 or not 1 <= nb <= 2:
        return False
    if wants_a and not has_operand_value(b) or wants_b and not has_operand_value(a):
        return False
    if na + nb - 2 != (0 if out == NULL else n_axes_of(<RawArray*>out)):
        return False                    # the data of an input has been replaced
    if na + nb == 2:                    # two vectors
        if type != DOUBLE or size_of(x0) != size_of(x1) or not is_one_number(walk, i, type, &value):
            return False
        return dot_vjp(walk, a, x0, b, x1, value)
    if type_of(out) != type or walk.slots[i].state & SCALAR:
        return False
    # Other threads may run during a product, and release these. Each is held on its own: a tuple may run the collector.
    held_a, held_b = <object>a, <object>b
    held_0, held_1 = <object>x0, <object>x1
    if walk.slots[i].state & UNIFORM:
        gy = filled(walk.slots[i].value, out)
    else:
        gy = <object>walk.slots[i].grad
    g0 = g1 = None
    if wants_a:     # a vector on the right was a column, and makes a row of its transpose
        count_product(walk, x1, size_of(x0))
        g0 = product(<PyObject*>gy, na == 2 and nb == 1, x1, True, False)
        if g0 is None or not same_shape(<PyObject*>g0, x0):
            return False
    look_if_due(walk)                   # after each product: it is one call of BLAS
    if wants_b:
        count_product(walk, x1, size_of(x0))
        g1 = product(x0, True, <PyObject*>gy, na == 1 and nb == 2, False)
        if g1 is None or not same_shape(<PyObject*>g1, x1):
            return False
    if wants_a:
        add_object(walk, reach(walk, <Variable>a), g0)
    if wants_b:
        add_object(walk, reach(walk, <Variable>b), g1)
    return True


cdef inline void count_product(Walk walk, PyObject* x1, npy_intp size0) noexcept:
    """Count as work a product of `x1` with a factor of `size0` elements, or one of as many operations."""
    walk.work += size0 * (shape_of(<RawArray*>x1)[1] if n_axes_of(<RawArray*>x1) == 2 else 1) >> 2


cdef bint dot_vjp(Walk walk, PyObject* a, PyObject* x0, PyObject* b, PyObject* x1, double gy) except -1:
    """``gy * x1`` and ``gy * x0``, of two vectors."""
    g0 = scaled(x1, gy) if wants_gradient(walk, a) else None
    g1 = scaled(x0, gy) if wants_gradient(walk, b) else None
    if g0 is not None:
        add_object(walk, reach(walk, <Variable>a), g0)
    if g1 is not None:
        add_object(walk, reach(walk, <Variable>b), g1)
    return True


cdef bint matmul_jvp(Walk walk, Function f, int i) except -1:
    """``t0 @ x1 + x0 @ t1``."""
    cdef PyObject** inputs = inputs_of(<PyObject*>f)
    cdef int j0 = slot_with_tangent(walk, inputs[0]), j1 = slot_with_tangent(walk, inputs[1])
    cdef PyObject* x0 = matrix_of(inputs[0])
    cdef PyObject* x1 = matrix_of(inputs[1])
    if x0 == NULL or x1 == NULL or j0 >= 0 and not has_operand_value(inputs[1]) or j1 >= 0 and not has_operand_value(inputs[0]):
        return False
    held_0, held_1 = <object>x0, <object>x1     # as above
    y = y1 = None
    if j0 >= 0:
        count_product(walk, x1, size_of(x0))
        t = tangent_array(walk, j0)
        y = product(<PyObject*>t, False, x1, False, False)
        if y is None:
            return False
    look_if_due(walk)
    if j1 >= 0:
        count_product(walk, x1, size_of(x0))
        t = tangent_array(walk, j1)
        y1 = product(x0, False, <PyObject*>t, False, False)
        if y1 is None:
            return False
        if y is None:
            y = y1
        elif not add_into(<PyObject*>y, <PyObject*>y1):
            y = as_array(add_arrays(y, y1))
    return put_tangent_array(walk, i, y)
