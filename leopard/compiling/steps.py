"""The steps of a plan for arrays: each function here appends those of one term, or of a group."""

from math import prod

import numpy as np

from leopard.compiling.plan import ALL_AXES, LEADING_AXES, TRAILING_AXES
from leopard.compiling.terms import (
    ADD_AT,
    COPY,
    FLOAT64,
    GUARD_BYTES,
    JOIN,
    LOOP,
    MATMUL,
    PYTHON,
    REDUCE,
    SCALAR,
    SUM,
    SUM_TO,
    broadcast_strides,
    laid_out,
    rows_of,
)

AXES = {"all": ALL_AXES, "leading": LEADING_AXES, "trailing": TRAILING_AXES, "pairwise": "pairwise"}
TYPE_OF_CHAR = {"d": 0, "f": 1, "D": 2, "F": 3}


def over(y, *xs):
    """The shape of a step that computes an array of form `y`, and the strides of operands and of `y`."""
    y = y or SCALAR
    return laid_out(y.shape, [broadcast_strides(x or SCALAR, y.shape) for x in (*xs, y)])


def write_copy(lowering, t, record):
    form = lowering.terms.form(t << 1)
    source = broadcast_strides(lowering.terms.form(record[1]), form.shape)
    append_copy(
        lowering, form, (*lowering.place_of(record[1]), source), (*lowering.place_of(t << 1), form.strides)
    )


def append_copy(lowering, form, source, target):
    """A copy between two places with strides over the shape of a form."""
    shape, (a, b) = laid_out(form.shape, [source[2], target[2]])
    lowering.steps.append(("copy", form.dtype.itemsize, shape, (*source[:2], a), (*target[:2], b)))


def of_product(a, b):
    """The sizes of a product of matrices or vectors, and the strides of both and of the result."""
    m, k = a.shape if len(a.shape) == 2 else (1, *a.shape)
    n = b.shape[1] if len(b.shape) == 2 else 1
    size = a.dtype.itemsize
    strides_a = a.strides if len(a.shape) == 2 else (0, *a.strides)
    strides_b = b.strides if len(b.shape) == 2 else (*b.strides, 0)
    return TYPE_OF_CHAR[a.dtype.char], (m, k, n), strides_a, strides_b, (n * size, size)


def write_matmul(lowering, t, record):
    terms, place_of = lowering.terms, lowering.place_of
    type, sizes, a, b, y = terms.remembered(of_product, terms.form(record[1]), terms.form(record[2]))
    lowering.steps.append(
        (
            "matmul",
            type,
            sizes,
            (*place_of(record[1]), a),
            (*place_of(record[2]), b),
            (*place_of(t << 1), y),
            True,
        )
    )


def write_sum(lowering, t, record):
    form = lowering.terms.form(record[1])
    source = (*lowering.place_of(record[1]), form.dtype.itemsize)
    type = TYPE_OF_CHAR[form.dtype.char]
    lowering.steps.append(("sum", type, form.size, source, lowering.place_of(t << 1)))


def write_sum_to(lowering, t, record):
    form = lowering.terms.form(record[1])
    axes, length = lowering.info[t]
    places = lowering.place_of(record[1]), lowering.place_of(t << 1)
    lowering.steps.append(("sum_to", TYPE_OF_CHAR[form.dtype.char], AXES[axes], length, form.size, *places))


def write_add_at(lowering, t, record):
    """Zeros, or another array plus 0 (so that no element is -0.0), then what is added to its parts."""
    terms, steps, place_of = lowering.terms, lowering.steps, lowering.place_of
    form = terms.form(t << 1)
    entries, has_base = lowering.info[t]
    base, start = place_of(t << 1)
    size, char = form.dtype.itemsize, form.dtype.char
    add, subtract = [terms.loop(f, f"{char}{char}->{char}") for f in (np.add, np.subtract)]
    zero = place_of(record[len(entries) + 1])
    if has_base:
        shape, (x, z, y) = laid_out(form.shape, [form.strides, (0,) * len(form.shape), form.strides])
        steps.append(("loop", add, shape, [(*place_of(record[-1]), x), (*zero, z), (base, start, y)]))
    else:
        first, offset, part = entries[0]
        length = part.size * size
        if char == "d" and part.contiguous and 4 * part.size >= 3 * form.size:
            for begin, end in ((0, offset), (offset + length, form.size * size)):
                if begin < end:
                    steps.append(("fill", size, (end - begin) // size, (base, start + begin), bytes(size)))
            shape, (x, z, y) = laid_out(
                part.shape, [terms.form(first).strides, (0,) * len(part.shape), part.strides]
            )
            operands = [(*zero, z), (*place_of(first), x), (base, start + offset, y)]
            steps.append(("loop", subtract if first & 1 else add, shape, operands))
            entries = entries[1:]
        else:
            steps.append(("fill", size, form.size, (base, start), bytes(size)))
    for r, offset, part in entries:
        shape, (x, y) = laid_out(part.shape, [broadcast_strides(terms.form(r), part.shape), part.strides])
        target = base, start + offset, y
        steps.append(("loop", subtract if r & 1 else add, shape, [target, (*place_of(r), x), target]))


def write_reduce(lowering, t, record):
    """Zeros to which the elements are added, row after row; along a row NumPy's loop adds them pairwise."""
    terms, steps = lowering.terms, lowering.steps
    x, form = terms.form(record[1]), terms.form(t << 1)
    size, char, place = form.dtype.itemsize, form.dtype.char, lowering.place_of(t << 1)
    steps.append(("fill", size, form.size, place, bytes(size)))
    shape, (a, y) = laid_out(x.shape, [x.strides, lowering.info[t]], in_order=True)
    target = (*place, y)
    add = terms.loop(np.add, f"{char}{char}->{char}")
    steps.append(("loop", add, shape, [target, (*lowering.place_of(record[1]), a), target]))


def write_join(lowering, t, record):
    """A copy of each array into its part of one array, which is a copy of another at first, or empty."""
    terms, place_of = lowering.terms, lowering.place_of
    entries, has_base = lowering.info[t]
    base, start = place_of(t << 1)
    if has_base:
        form = terms.form(record[-1])
        append_copy(lowering, form, (*place_of(record[-1]), form.strides), (base, start, form.strides))
    for r, (offset, part) in zip(record[1:], entries, strict=False):
        source = (*place_of(r), broadcast_strides(terms.form(r), part.shape))
        append_copy(lowering, part, source, (base, start + offset, part.strides))


def write_python(lowering, t, record):
    function, forms, n = lowering.info[t]
    terms, place_of = lowering.terms, lowering.place_of
    inputs, outputs = [], []
    for r in record[1 : n + 1]:
        form = terms.form(r)
        inputs.append((*place_of(r), form.shape, form.strides, form.dtype))
    for y, form in zip(lowering.results_of(t), forms, strict=True):
        outputs.append((*place_of(y << 1), form.shape, form.strides, form.dtype))
    lowering.steps.append(("python", function, inputs, outputs))


def write_guard(lowering, t, record):
    place, expected = lowering.info[t]
    lowering.steps.append(("guard", place, *lowering.place_of(record[1]), expected))


WRITERS = {
    COPY: write_copy,
    MATMUL: write_matmul,
    SUM: write_sum,
    SUM_TO: write_sum_to,
    REDUCE: write_reduce,
    ADD_AT: write_add_at,
    JOIN: write_join,
    PYTHON: write_python,
    GUARD_BYTES: write_guard,
}


# -- Groups --------------------------------------------------------------------------------------


def write_group(lowering, group):
    """One step for a group: its registers are the arrays that it reads, the numbers, then its results."""
    terms, place_of = lowering.terms, lowering.place_of
    shape = terms.form(group.terms[0] << 1).shape
    arrays, numbers, registers = [], [], {}
    for r in group.inputs:
        operand = terms.form(r)
        if (
            operand.shape == ()
            and lowering.place_of(r)[0] == 0
            and group.char in "df"
            and operand.dtype == FLOAT64
        ):
            numbers.append((r, terms.value_of(r)))
        else:
            registers[r >> 1] = len(arrays)
            arrays.append((*place_of(r), *rows_of(operand, shape)))
    for k, (r, _) in enumerate(numbers):
        registers[r >> 1] = len(arrays) + k
    first = len(arrays) + len(numbers)
    calls = []
    for k, t in enumerate(group.terms):
        calls.append((terms.op(t) - LOOP, tuple([registers[r >> 1] for r in terms.operands(t)])))
        registers[t] = first + k
    targets = {registers[t]: place_of(t << 1) for t in lowering.targets_of(group)}
    sums = []
    for t in sorted(group.sums, key=lambda t: terms.op(t) == SUM):  # rows decide the blocks
        axes, length = lowering.info[t] if terms.op(t) == SUM_TO else ("pairwise", prod(shape))
        sums.append((registers[terms.operands(t)[0] >> 1], AXES[axes], length, *place_of(t << 1)))
    given = [("arena", place_of(r)[1]) if value is None else value for r, value in numbers]
    type, size = TYPE_OF_CHAR[group.char], prod(shape)
    lowering.steps.append(("group", type, size, arrays, given, calls, targets, sums))
