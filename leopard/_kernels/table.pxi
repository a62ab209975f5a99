# Part of _core.pyx. The table of kernels, a row each: how an operation that is no ufunc is computed and differentiated
# without Python.
#
# The class of an operation states its value (`forward`), its derivative (`backward`) and, by `kernel`, the name of a
# row. The functions of the row handle the common cases, in C, on arrays; each returns that it does not handle a case
# before it has changed anything, and then the class's own method runs. A test holds each pair together.

cdef struct KernelRow:
    const char* name
    # The value, from one or two arrays (the second is None) and the option; None when the case is not handled.
    object (*value)(object x0, object x1, object option)
    # Adds what the gradient of the output, which slot `i` holds, makes of the gradients of the inputs; False when the
    # case is not handled. `kernel_vjp` calls it.
    bint (*vjp)(Walk walk, Function f, int i) except -1
    # Puts the tangent of the output into slot `i`; False when the case is not handled.
    bint (*jvp)(Walk walk, Function f, int i) except -1
    # The values that the derivatives read, if those of the inputs in the mask are wanted: bit `Y` for the output, bit
    # ``X + k`` for input k.
    int (*reads)(int wanted) noexcept
    # What the base becomes when a view that the operation took of it becomes `value`; NULL where it takes none, or one
    # that cannot be assigned to.
    object (*base_of_view)(Operation op, object base, object value, object option)
    bint takes_index        # the option is an index, which may hold what changes later, or runs Python


# The number of a kernel is that of its row; `RULE` and `LOOPS` are the first two.
cdef KernelRow[10] KERNELS = [
    # name, value, vjp, jvp, reads, base_of_view, takes_index
    KernelRow("rule", NULL, NULL, NULL, NULL, NULL, False),         # as the class states it, in Python
    KernelRow("loops", NULL, NULL, NULL, NULL, NULL, False),        # element by element: loops of NumPy's, recipes
    KernelRow("take", take_value, take_vjp, rearranging_jvp, reads_nothing, take_base, True),
    KernelRow("sum", sum_value, sum_vjp, linear_jvp, reads_nothing, NULL, False),
    KernelRow("mean", mean_value, mean_vjp, linear_jvp, reads_nothing, NULL, False),
    KernelRow("reshape", reshape_value, reshape_vjp, rearranging_jvp, reads_nothing, reshape_base, False),
    KernelRow("transpose", transpose_value, transpose_vjp, rearranging_jvp, reads_nothing, transpose_base, False),
    KernelRow("broadcast", broadcast_value, broadcast_vjp, rearranging_jvp, reads_nothing, NULL, False),
    KernelRow("sum_to", sum_to_value, sum_to_vjp, linear_jvp, reads_nothing, NULL, False),
    KernelRow("matmul", matmul_value, matmul_vjp, matmul_jvp, matmul_reads, NULL, False),
]


def kernel_names():
    """The names of the kernels, each in the place of its number."""
    cdef size_t k
    names = []
    for k in range(sizeof(KERNELS) // sizeof(KernelRow)):
        names.append((<bytes>KERNELS[k].name).decode())
    return names


cdef int kernel_number(cls) except -1:
    """The number of the kernel that a class names; `RULE` where it names none."""
    kernel = getattr(cls, "kernel", None) or "rule"
    names = kernel_names()
    if kernel not in names:
        raise TypeError(f"{cls.__name__}.kernel is {kernel!r}; the kernels are {', '.join(names)}")
    return names.index(kernel)


if kernel_names()[RULE] != "rule" or kernel_names()[LOOPS] != "loops":
    raise ImportError("the first rows of the table of kernels are not those of RULE and LOOPS")
