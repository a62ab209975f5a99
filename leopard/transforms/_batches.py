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
    size = min(n, MOST // largest) if largest > 1 else n
    if size <= 1:
        return 1
    ends = [node_identity(x)[0] for x in inputs]
    functions, elements = _between(outputs, ends)
    if 16 * (1 + PASSING) * elements * size <= BUDGET:  # no element is larger than 16 bytes
        return size
    return min(size, 1 + BUDGET // _bytes_of_a_row(functions, outputs, ends))


def _between(outputs, ends):
    """The Functions between the nodes `ends` and the outputs; how many elements they take and return.

    One of several outputs stands in the list as often as these are reached.
    """
    waiting = [latest_version(y) for y in outputs]
    functions, elements, seen = [], 0, set(ends)
    for v in waiting:  # and those that are appended meanwhile
        node, f = node_identity(v)
        if node not in seen:
            seen.add(node)
            elements += v.size
            if f is not None:
                functions.append(f)
                waiting += f.inputs
    return functions, elements


def _bytes_of_a_row(functions, outputs, ends):
    """The bytes that one row takes at most at a time, from Function to Function.

    The tangent of a Variable is held from the Function that computes it until the last that reads it has run.
    Backward its gradient is held for the same part of the way.
    """
    order = sorted({id(f): f for f in functions}.values(), key=lambda f: f.generation)
    held, last, ends = {}, {}, set(ends)
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
