# Part of _core.pyx. What a recipe reads becomes registers of the program: numbers, and arrays with their strides.
#
# An array that has the program's shape and is in C order is traversed as one row. One that broadcasts, or has gaps,
# is traversed by its strides, beside others. Any other, and any that loops read which need whole arrays, is laid out
# for one Function alone (`laid_out`), whose results are in the memory order of its operands.

cdef bint load_operands(Walk walk, Function f, int i, Recipe recipe, int gradient, int* registers) noexcept:
    """Fill in the registers that the recipe of `f` reads: the inputs, the output, whose slot is `i`, and a gradient.

    The gradient, or in a forward sweep the tangent, is that in slot `gradient`. False if the program cannot take one.
    """
    cdef PyObject** inputs = inputs_of(<PyObject*>f)
    cdef PyObject* y = walk.slots[i].node
    cdef bint whole = recipe.needs_whole_arrays or walk.fused.program.needs_whole_arrays
    cdef int k
    registers[GY] = register_of_gradient(walk, gradient, whole)
    if registers[GY] == NONE:
        return False
    if recipe.reads_mask >> Y & 1:
        if not (<Variable>y).flags & ARRAY:
            return False
        registers[Y] = register_of_array(walk, (<Variable>y).value.array, whole)
        if registers[Y] == NONE:
            return False
    for k in range(f.n_inputs):
        if recipe.reads_mask >> (X + k) & 1:
            registers[X + k] = register_of_input(walk, f, inputs[k], whole)
            if registers[X + k] == NONE:
                return False
    return True


cdef inline int register_of_gradient(Walk walk, int i, bint whole) noexcept:
    """The register of the gradient, or tangent, in a slot; or NONE."""
    cdef Slot* s = &walk.slots[i]
    if s.state & PENDING:
        return s.register
    if s.state & (UNIFORM | SCALAR):
        return add_number(&walk.fused.program, s.value, False)
    return NONE if s.grad == NULL else register_of_array(walk, s.grad, whole)


cdef inline int register_of_input(Walk walk, Function f, PyObject* v, bint whole) noexcept:
    """The register of an input's value; or NONE."""
    cdef Program* p = &walk.fused.program
    cdef unsigned int flags
    if v == NULL:
        return add_number(p, f.number, True)
    if PyObject_TypeCheck(v, VARIABLE):
        flags = (<Variable>v).flags
        if flags & ARRAY:
            return register_of_array(walk, (<Variable>v).value.array, whole)
        if flags & (DROPPED_VALUE | EMPTY) or not (flags & WEAK or p.type == DOUBLE):
            return NONE
        return add_number(p, (<Variable>v).value.scalar, flags & WEAK)
    if cnp.PyArray_CheckExact(<object>v):
        return register_of_array(walk, v, whole)
    if not PyFloat_Check(<object>v) or not (PyFloat_CheckExact(<object>v) or p.type == DOUBLE):
        return NONE
    return add_number(p, PyFloat_AS_DOUBLE(<object>v), PyFloat_CheckExact(<object>v))


cdef int register_of_array(Walk walk, PyObject* array, bint whole) noexcept:
    """The register of an array: the one it has already, or a new one; NONE if it has no place in this program.

    One that has to be laid out is taken while no Function stands in the program yet.
    """
    cdef Program* p = &walk.fused.program
    cdef PyObject* form = walk.fused.form
    cdef int k, register
    for k in range(p.n_arrays):
        if walk.fused.arrays[k] == array:
            return p.array_registers[k]
    if type_of(array) != p.type:
        return NONE
    if n_axes_of(<RawArray*>array) == 0 or not is_contiguous_like(array, form):
        if not broadcasts_to(array, form):
            return NONE
        if size_of(array) == 1:
            register = add_number(p, 0, False)
            if register != NONE:
                memcpy(&p.registers[register].number, bytes_of(<RawArray*>array), p.itemsize)
            return register
        if whole or n_axes_of(<RawArray*>form) > MAX_AXES or not has_descending_strides(<RawArray*>array):
            if walk.fused.n_functions:
                return NONE
            walk.fused.laid_out = True
        walk.fused.contiguous = False
    register = add_array(p)
    if register != NONE:
        Py_XINCREF(array)
        walk.fused.arrays[p.n_arrays - 1] = array
        p.operands[p.n_arrays - 1].data = bytes_of(<RawArray*>array)
        p.operands[p.n_arrays - 1].strides[0] = contiguous_stride(<RawArray*>array, p.itemsize)
    return register


cdef inline bint is_contiguous_like(PyObject* array, PyObject* form) noexcept:
    """Is an array in C order, and of the shape of `form`?"""
    return flags_of(<RawArray*>array) & C_ORDER and same_shape(array, form)


cdef PyObject* array_of_register(Walk walk, int register) noexcept:
    """The array that a register was made for."""
    cdef int k
    for k in range(walk.fused.program.n_arrays):
        if walk.fused.program.array_registers[k] == register:
            return walk.fused.arrays[k]
    return NULL


# -- The layout of a program -----------------------------------------------------------------------

cdef int lay_out_operands(Walk walk) noexcept:
    """Set the space of the program, and the strides of its operands over it, before it runs."""
    cdef Program* p = &walk.fused.program
    if walk.fused.contiguous:
        p.space.n_axes = 1
        p.space.shape[0] = size_of(walk.fused.form)
    else:
        lay_out_program(walk)
    return 0


cdef bint can_use_strided_layout(Walk walk, Recipe recipe) noexcept:
    """Is there an order in which a Function that has the program to itself can go through its operands?"""
    walk.fused.order = lay_out_program(walk)
    return walk.fused.order != MIXED_ORDER and not (recipe.needs_whole_arrays and walk.fused.program.space.n_axes > 1)


cdef int lay_out_program(Walk walk) noexcept:
    """Lay the operands over a space of as few axes as they allow; return the order of the results."""
    cdef Program* p = &walk.fused.program
    cdef RawArray* form = <RawArray*>walk.fused.form
    return lay_out(&p.space, p.operands, walk.fused.arrays, p.n_arrays, n_axes_of(form), shape_of(form), p.itemsize)


cdef bint split_into_rows(Program* p, npy_intp length) noexcept:
    """Let a program go through its space by rows of this length, if it does not yet and can."""
    cdef Space* space = &p.space
    cdef int k
    if space.n_axes == 1 and p.n_blockwise_sums == 0:
        for k in range(p.n_arrays):
            p.operands[k].strides[1] = p.operands[k].strides[0]
            p.operands[k].strides[0] = length * p.operands[k].strides[1]
        space.n_axes = 2
        space.shape[0] //= length
        space.shape[1] = length
    return space.n_axes == 2 and space.shape[1] == length
