"""What a compiled function has recorded, as text."""

import numpy as np

from leopard._numeric.replay import OPCODES


def lines_of(compiled):
    """The recordings of a compiled function: what each supposes, and its steps in order.

    Inputs are x0, x1, ..., arrays from outside c0, ..., constants k0, ..., results y0, ..., and what is
    computed in between has the name m and its place in memory, in bytes.

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
        lines += [f"    {line}" for line in _Text(plan).lines()]
    return lines + [f"called as it is: {reason}" for reason in compiled.info().fallbacks]


class _Text:
    """The steps of a plan in words."""

    def __init__(self, plan):
        self.plan = plan
        counts = len(plan.inputs), len(plan.captured), len(plan.constants), len(plan.outputs)
        self.names = [f"{kind}{k}" for kind, n in zip("xcky", counts, strict=True) for k in range(n)]
        self.image = dict(plan.image)
        self.opcodes = {number: name for name, number in OPCODES.items()}

    def lines(self):
        for kind, *given in self.plan.steps:
            yield from getattr(self, f"_{kind}", self._other)(kind, *given)

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
        yield f"{ys} = Python({xs})"

    def _guard(self, kind, number, base, offset, expected):
        yield f"guard {self.place(base, offset)}: guard {number}"

    def _other(self, kind, *given):
        places = [self.place(*x) for x in given if isinstance(x, tuple) and len(x) > 1 and len(x) < 4]
        yield f"{kind} {' '.join(places)}"
