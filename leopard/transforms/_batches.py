"""How many rows or columns of a derivative are computed at a time, so that memory stays within a bound."""

from leopard._core import latest_version, node_identity, outputs_at_call

MOST = 1 << 20  # the most elements of a batch of results, unless one row is larger
BUDGET = 192 << 20  # the most bytes that the other rows of a batch take, as estimated, beside one row
PASSING = 4  # arrays of its operands' size that a rule makes on the way


def batch_size(n, outputs, inputs, largest):
    """How many of `n` rows to take at a time.

    Each row carries one array for every Variable between the inputs and the outputs, from the Function that
    computes it to the last one that reads it. A batch is as large as `MOST` and `BUDGET` permit, at least one
    row: it takes less than 256 MiB beyond what one row takes.

    Parameters
    ----------
    n : int
        The number of rows or columns in all.
    outputs, inputs : list of Variable
        Between which they are carried.
    largest : int
        The number of elements of the largest array that a row starts or ends with.

    Returns
    -------
    int
    """
    size = max(1, MOST // max(largest, 1))
    if min(size, n) <= 1:
        return 1
    ends = {node_identity(x)[0] for x in inputs}
    functions, elements = _between(outputs, ends)
    if 16 * (1 + PASSING) * elements * min(size, n) <= BUDGET:  # no element is larger than 16 bytes
        return size
    return min(size, 1 + BUDGET // _bytes_of_a_row(functions, outputs, ends))


def _between(outputs, ends):
    """The Functions between the nodes `ends` and the outputs; how many elements they take and return."""
    functions, elements, waiting = {}, 0, [latest_version(y) for y in outputs]
    for y in waiting:
        elements += y.size
    while waiting:
        node, f = node_identity(waiting.pop())
        if f is not None and node not in ends and id(f) not in functions:
            functions[id(f)] = f
            inputs = f.inputs
            for v in inputs:
                elements += v.size
            waiting += inputs
    return functions.values(), elements


def _bytes_of_a_row(functions, outputs, ends):
    """The bytes that one row takes at most at a time, from Function to Function.

    The tangent of a Variable is held from the Function that computes it until the last that reads it has run.
    Backward its gradient is held for the same part of the way.
    """
    order = sorted(functions, key=lambda f: f.generation)
    held, last = {}, {}
    for k, f in enumerate(order):
        for v, wanted in zip(f.inputs, f.wanted, strict=True):
            if wanted:
                last[node_identity(v)[0]] = k, _bytes(v)
    for y in outputs:
        last[node_identity(latest_version(y))[0]] = len(order), _bytes(y)
    for node in ends:
        held[node] = last.get(node, (0, 0))[1]
    passed = {}
    for node, (k, _) in last.items():
        passed.setdefault(k, []).append(node)
    total = sum(held.values())
    most = total
    for k, f in enumerate(order):
        own = 0
        for v, wanted in zip(f.inputs, f.wanted, strict=True):
            own = max(own, _bytes(v) if wanted else 0)
        for y in outputs_at_call(f):
            if y is not None:
                own = max(own, _bytes(y))
                node = node_identity(y)[0]
                if node in last and node not in held:
                    held[node] = last[node][1]
                    total += held[node]
        most = max(most, total + PASSING * own)
        for node in passed.get(k, ()):
            if node not in ends:
                total -= held.pop(node, 0)
    return max(most, 1)


def _bytes(v):
    return v.size * max(v.dtype.itemsize, 8)
