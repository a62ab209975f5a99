"""What a compiled function has recorded, as text."""

import linecache
import os

import numpy as np

from leopard._core import line_of
from leopard._numeric.replay import OPCODES
from leopard.compiling.lowering import Lowering
from leopard.compiling.reading import Reader
from leopard.compiling.rolling import Repeated


def lines_of(compiled):
    """The recordings of a compiled function: what each supposes, and its steps, below the user's lines.

    Inputs are x0, x1, ..., arrays from outside c0, ..., constants k0, ..., results y0, ..., and what is
    computed in between has the name m and its place in memory, in bytes. A derivative stands below the line
    of what it differentiates.

    Parameters
    ----------
    compiled : CompiledFunction

    Returns
    -------
    list of str
    """
    lines = [repr(compiled)]
    replays = compiled.replays()
    if not replays:
        lines.append(
            "nothing to replay yet: a call is replayed when two calls of its form have been recorded"
        )
    for k, replay in enumerate(replays):
        plan = replay.program.plan
        lines.append(
            f"recording {k}: {len(replay.recording.nodes)} operations, {len(plan.steps)} steps, "
            f"{plan.arena} bytes"
        )
        for guard in replay.recording.guards:
            lines.append(f"    supposes {guard.expected!s} for a {guard.made.__name__}: {guard.line}")
        lines += [f"    {line}" for line in _lines_of_recording(replay.recording)]
    return lines + [f"called as it is: {reason}" for reason in compiled.info().fallbacks]


def _lines_of_recording(recording):
    """The steps that compute a recording, each below the user's line that it belongs to."""
    reader, sources = _ReaderOfLines(recording), []
    lowering = Lowering(reader, reader.read(), True, True, sources)
    text = _Text(lowering.plan())
    before = None
    for step, source in zip(lowering.steps, sources, strict=True):
        terms = source.terms if hasattr(source, "terms") else [source]
        nodes = [reader.nodes.get(t) for t in terms]
        said = [_said(node) for node in nodes]
        own = list(dict.fromkeys([line for line in said if line]))
        if own and own != before:
            yield from own
            before = own
        repeated = nodes[0].option if nodes[0] is not None else None
        for line in text.lines(step):
            yield f"    {line}"
        if step[0] == "python" and type(repeated) is Repeated:
            times = "as long as the last result is true" if repeated.n is None else f"{repeated.n} times"
            yield f"    which runs, {times}:"
            yield from [f"        {line}" for line in _lines_of_recording(repeated.recording)]


def _said(node):
    """The user's line of an operation, with its text; None where it is not known."""
    if node is None or node.line is None or not node.line[0]:
        return None
    code, place, is_derived = node.line
    file, number = line_of(code, place)
    text = linecache.getline(file, number).strip()
    derived = ", for a derivative" if is_derived else ""
    return f"{os.path.basename(file)}, line {number}{derived}{text and ': ' + text}"


class _ReaderOfLines(Reader):
    """A reader that notes the node of each term.

    Attributes
    ----------
    nodes : dict
        By the number of a term: the node that made it first.
    """

    def __init__(self, recording):
        self.nodes = {}

    def read_nodes(self, nodes, start, stop):
        for k in range(start, stop):
            before = len(self.terms)
            super().read_nodes(nodes, k, k + 1)
            self.nodes |= dict.fromkeys(range(before, len(self.terms)), nodes[k])


class _Text:
    """The steps of a plan in words."""

    def __init__(self, plan):
        self.plan = plan
        counts = len(plan.inputs), len(plan.captured), len(plan.constants), len(plan.outputs)
        self.names = [f"{kind}{k}" for kind, n in zip("xcky", counts, strict=True) for k in range(n)]
        self.image = dict(plan.image)
        self.opcodes = {number: name for name, number in OPCODES.items()}

    def lines(self, step):
        kind, *given = step
        return getattr(self, f"_{kind}")(kind, *given)

    def place(self, base, offset, *_):
        if base == 0:
            return f"{self.image[offset]:.17g}" if offset in self.image else f"m{offset}"
        return self.names[base - 1] + (f"+{offset}" if offset else "")

    def ufunc(self, loop):
        return self.plan.loops[loop][0].__name__

    def _scalars(self, kind, code):
        for op, y, a, b in np.frombuffer(code, np.uint32).reshape(-1, 4).tolist():
            name = self.opcodes[op & 255]
            x, z = self.place(0, a), self.place(0, b)
            if name == "load":
                yield f"m{y} = {self.place(a, b)}"
            elif name == "store":
                yield f"{self.place(y, b)} = {x}"
            elif name.startswith("guard"):
                yield f"{name} {x}: guard {b}"
            elif name in ("call1", "call2"):
                yield f"m{y} = {self.ufunc(op >> 8)}({x}{', ' + z if name == 'call2' else ''})"
            elif name in ("negative", "square", "sqrt", "copy"):
                yield f"m{y} = {name}({x})"
            else:
                yield f"m{y} = {name}({x}, {z})"

    def _loop(self, kind, loop, shape, operands):
        n = self.plan.loops[loop][0].nin
        xs, ys = [[self.place(*x) for x in part] for part in (operands[:n], operands[n:])]
        yield f"{', '.join(ys)} = {self.ufunc(loop)}({', '.join(xs)}) over {shape}"

    def _group(self, kind, type, size, arrays, numbers, calls, targets, sums):
        names = [self.place(*x) for x in arrays]
        names += [self.place(0, x[1]) if isinstance(x, tuple) else f"{x:.17g}" for x in numbers]
        names += [f"r{k}" for k in range(len(calls))]
        yield f"in blocks over {size} elements:"
        first = len(arrays) + len(numbers)
        for k, (loop, xs) in enumerate(calls):
            target = targets.get(first + k)
            to = f"{names[first + k]}{' = ' + self.place(*target) if target else ''}"
            yield f"    {to} = {self.ufunc(loop)}({', '.join([names[x] for x in xs])})"
        for register, _, _, base, offset in sums:
            yield f"    {self.place(base, offset)} = sum of {names[register]}"

    def _python(self, kind, function, inputs, outputs):
        xs, ys = [", ".join([self.place(*x) for x in part]) for part in (inputs, outputs)]
        yield f"{ys} = {function.__name__}({xs}) in Python"

    def _matmul(self, kind, type, sizes, a, b, y, signed_zeros):
        x, z, sizes = self.place(*a), self.place(*b), " x ".join(map(str, sizes))
        yield f"{self.place(*y)} = matmul({x}, {z}) of {sizes}"

    def _sum(self, kind, type, size, source, target):
        yield f"{self.place(*target)} = sum of {self.place(*source)}"

    def _sum_to(self, kind, type, axes, length, size, source, target):
        yield f"{self.place(*target)} = sum of {self.place(*source)} to rows of {length}"

    def _copy(self, kind, itemsize, shape, source, target):
        yield f"{self.place(*target)} = {self.place(*source)} over {shape}"

    def _fill(self, kind, itemsize, size, target, value):
        what = "zeros" if not any(value) else value.hex()
        yield f"{self.place(*target)} = {what} over ({size},)"

    def _guard(self, kind, number, base, offset, expected):
        yield f"guard {self.place(base, offset)}: guard {number}"
