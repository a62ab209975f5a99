"""Random programs, compiled: at every input they have the results of eager code.

A program (`tests/compiling/programs.py`) is called at arrays that go into other branches, at zeros of both
signs, infinities, nan, and at tiny and huge numbers, as it is and within the transforms, beside the same
function that is not compiled; what it reads from outside is overwritten and replaced between calls. What was
recorded is then run once more without groups, without memory that is used again, and on several threads.

    python -m tests.compiling.random_programs --programs 1000 --inputs 20 --seed 5

A program that fails is made as short as it can be and printed as a script.
"""

import argparse
import collections
import sys
import time
import warnings

import numpy as np

import leopard
from leopard import Variable, grad, hessian, hvp, jacobian, jvp, value_and_grad, vjp
from leopard._numeric.replay import ReplayProgram
from leopard._pytrees import flatten
from leopard.compiling import compiled
from leopard.compiling.lowering import lower
from leopard.compiling.plan import reference_run
from leopard.compiling.recording import from_graph
from tests.compiling.programs import MODES, Program, plain_inner
from tests.compiling.test_lowering import bits

#: Reasons against replay that no program gives: that it gives one is a fault.
FAULTS = "a replay differed", "the recording has no program"


class Fault(AssertionError):
    """A compiled function and the function itself disagree."""


class Refused(Exception):
    """The program is not valid for NumPy or for leopard."""


# -- Ways to call a program --------------------------------------------------------------------------


def number_of(y):
    total = 0.0
    for k, name in enumerate(sorted(y)):
        total = total + np.sum(np.sin(np.real(y[name])) * (k + 1.0)) + np.sum(np.imag(y[name]))
    return total


def vector_of(y):
    return np.concatenate([y[name].reshape(-1) for name in sorted(y)])


def direction(x):
    """Numbers in the form of x that are the same at each call."""
    return np.cos(np.arange(float(x.size))).reshape(x.shape).astype(x.dtype)


def ways(f):
    """By name: a function of the program's arguments, and the order of its derivatives."""

    def of(a, b, c):
        return number_of(f(a, b, c))

    def along(a, b, c):
        return jvp(f, (a, b, c), (direction(a), direction(b), direction(c)))

    def pulled(a, b, c):
        y, back = vjp(f, a, b, c)
        return y, back({name: direction(v) for name, v in y.items()})

    return {
        "value": (f, 0),
        "value_and_grad": (value_and_grad(of, argnums=(0, 1, 2)), 1),
        "grad": (grad(of, argnums=(0, 2)), 1),
        "jvp": (along, 1),
        "vjp": (pulled, 1),
        "jacobian": (lambda a, b, c: jacobian(lambda x: vector_of(f(x, b, c)))(a), 1),
        "hvp": (lambda a, b, c: hvp(lambda x: of(x, b, c), a, direction(a)), 2),
        "hessian": (lambda a, b, c: hessian(lambda x: of(x, b, c))(a), 2),
        "grad of grad": (grad(lambda a, b, c: np.sum(np.real(grad(of)(a, b, c)) ** 2)), 2),
    }


def names_of_ways(program):
    """All for small programs, and no dense derivatives of long arrays."""
    if program.dtype == np.complex128:
        return ["value", "value_and_grad", "jvp", "vjp"]
    names = list(ways(None))
    return names if program.size == "small" else [n for n in names if n not in ("jacobian", "hessian")]


def outcome(f, arrays):
    """("value", its leaves) or ("error", its type)."""
    try:
        leaves = flatten(f(*arrays))[0]
    except Exception as error:
        return "error", [type(error)]
    return "value", [np.asarray(x.data if isinstance(x, Variable) else x) for x in leaves]


def has_bits(x, y):
    return bits(x) == bits(y)


def is_close(x, y):
    """Up to a few last places of the largest element."""
    if x.dtype != y.dtype or x.shape != y.shape:
        return False
    if x.dtype.kind not in "fc":
        return has_bits(x, y)
    finite = np.isfinite(y)
    scale = np.max(np.abs(y[finite]), initial=1e-300) * (1e-4 if x.dtype == np.float32 else 1e-11)
    return np.array_equal(np.isfinite(x), finite) and np.all(np.abs(x - y)[finite] <= scale)


def without_nan(x, y):
    """Two arrays, where one has nan both have."""
    if x.shape == y.shape and x.dtype.kind in "fc" and y.dtype.kind in "fc":
        nan = np.isnan(x) | np.isnan(y)
        x, y = np.where(nan, x.dtype.type(np.nan), x), np.where(nan, y.dtype.type(np.nan), y)
    return x, y


def told(found, wanted):
    """How an outcome differs from another."""
    if found[0] == wanted[0] == "value" and len(found[1]) == len(wanted[1]):
        for k, (x, y) in enumerate(zip(found[1], wanted[1], strict=True)):
            if x.shape == y.shape and not has_bits(x, y):
                other = ~((x == y) & (np.signbit(x.real) == np.signbit(y.real)) | np.isnan(x) & np.isnan(y))
                return f"leaf {k} at {np.argwhere(other)[:3].tolist()}: {x[other][:3]} and not {y[other][:3]}"
    return f"{short(found)} and not {short(wanted)}"


def short(outcome):
    return outcome[0], [x if isinstance(x, type) else (x.dtype, x.shape) for x in outcome[1]]


# -- One program ---------------------------------------------------------------------------------------


class Calls:
    """One way of calling a program, eagerly and compiled, at many inputs."""

    def __init__(self, program, names, way):
        self.program, self.way = program, way
        self.plain, self.outside = program.made(program.statements, names, plain_inner)
        inner = leopard.compile(plain_inner)
        f, self.others = program.made(program.statements, names, inner)
        self.eager, self.order = ways(self.plain)[way]
        g, _ = ways(f)[way]
        derived = program.seed % 4 == 3 and self.order
        if derived:  # a derivative of a compiled function
            g, _ = ways(leopard.compile(f))[way]
        self.compiled = leopard.compile(g, threads=1 + program.seed % 2)
        # Eager code adds these up in another order than the walk that was recorded.
        self.is_loose = (
            self.order == 2 or self.order and (derived or "inner(" in " ".join(program.statements))
        )
        self.errors = "raise" if program.seed % 11 == 5 and not self.is_loose else "ignore"
        self.is_wild = False
        self.raised = 0

    def run(self, n):
        """Call both n times, and all over again."""
        with np.errstate(all=self.errors), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            warnings.simplefilter("error", np.exceptions.ComplexWarning)
            for again in range(2):
                rng = np.random.default_rng(self.program.seed)
                for k in range(n):
                    self.change(k, n, again)
                    arrays = self.arguments(rng, k)
                    for _ in range(1 + again):
                        self.call(arrays, k)
            self.check_reasons()
            self.check_variants(n)

    def arguments(self, rng, k):
        mode = MODES[0] if k < 3 else MODES[int(rng.integers(len(MODES)))]
        return self.program.arrays(rng, mode)

    def change(self, k, n, again):
        """Overwrite or replace what the program reads from outside, for both alike."""
        for outside in (self.outside, self.others):
            if k == n // 3:
                outside["P"][...] = np.cos(np.arange(outside["P"].size) + again)
                outside["D"]["w"][0] = 0.1 * again
            if k == n // 2:
                outside["Q"] = outside["Q"] * 0.5
                outside["put"](q=outside["Q"], k=0.5 + again)
            if k == n - 3:
                outside["D"]["n"] = 3 - again

    def call(self, arrays, k):
        mine, theirs, third = ([x.copy() for x in arrays] for _ in range(3))
        wanted = outcome(self.eager, theirs)
        found = outcome(self.compiled, mine)
        self.raised += wanted[0] == "error"
        if self.order and wanted in (("error", [FloatingPointError]), ("error", [TypeError])):
            return  # what raises may be a value, or an array that cannot hold Variables, of eager code alone
        with np.errstate(all="ignore"):
            self.is_wild = self.order and not all(np.all(np.abs(x) < 1e15) for x in arrays)
        if not self.agree(found, wanted):
            recorded = outcome(self.eager, list(map(Variable, third)))
            if not self.agree(found, recorded):
                raise Fault(f"{self.way}, call {k}: {told(found, wanted)}\nor {told(found, recorded)}")
        if [bits(x) for x in mine] != [bits(x) for x in theirs]:
            raise Fault(f"{self.way}, call {k}: arguments are {mine}, and not {theirs}")

    def agree(self, found, wanted):
        if found[0] != wanted[0] or len(found[1]) != len(wanted[1]):
            return False
        if found[0] == "error":
            return found == wanted
        same = is_close if self.is_loose else has_bits
        if self.is_wild:  # eager code leaves out products of 0 and what is not finite in derivatives
            pairs = [without_nan(x, y) for x, y in zip(found[1], wanted[1], strict=True)]
            found, wanted = [(None, leaves) for leaves in zip(*pairs, strict=True)]
        with np.errstate(all="ignore"):
            return all(same(x, y) for x, y in zip(found[1], wanted[1], strict=True))

    def check_reasons(self):
        for reason in self.compiled.info().fallbacks:
            if any(word in reason for word in FAULTS):
                raise Fault(f"{self.way}: it is not replayed: {reason}")

    def check_variants(self, n):
        """What was recorded, lowered and run in other ways."""
        for replay in self.compiled.replays()[:3]:
            rng = np.random.default_rng(self.program.seed)
            arrays = [self.arguments(rng, k) for k in range(n)]
            made = {
                f"reuse={reuse}, groups={groups}, {threads} threads": ReplayProgram(
                    lower(replay.recording, reuse, groups), threads
                )
                for reuse, groups, threads in VARIANTS
            }
            plan = replay.program.plan
            with np.errstate(all="ignore"):
                for xs in arrays:
                    xs = [*xs, *replay.program.captured]
                    wanted = replay.program.program.run(xs)
                    for name, program in made.items():
                        self.compare(name, program.run(xs), wanted)
                    if self.program.size == "small":
                        self.compare("by NumPy", reference_run(plan, xs), wanted)

    def compare(self, name, found, wanted):
        if (found[0] == 0) != (wanted[0] == 0):
            raise Fault(f"{self.way}, {name}: the outcome is {found[0]}, not {wanted[0]}")
        if found[0] == 0 and list(map(bits, found[1])) != list(map(bits, wanted[1])):
            raise Fault(f"{self.way}, {name}: {told(('value', found[1]), ('value', wanted[1]))}")


#: Memory used again, groups, threads.
VARIANTS = [(False, False, 1), (True, False, 1), (False, True, 2), (True, True, 3)]


def check(program, inputs=20, n_ways=None):
    """Raise a `Fault` where a compiled function and the function itself disagree; return figures.

    With `n_ways`, so many ways of calling it are tried, by the number of the program.
    """
    names = program.left_after(program.statements)
    if not names:
        raise Refused("NumPy cannot run it")
    figures = collections.Counter()
    chosen = names_of_ways(program)
    start = program.seed // 5 % len(chosen)
    for way in (chosen[start:] + chosen[:start])[:n_ways]:
        calls = Calls(program, names, way)
        calls.run(inputs)
        info = calls.compiled.info()
        figures.update(calls=3 * inputs, hits=info.hits, raised=calls.raised, recordings=info.recordings)
        figures.update(ways=1, guards=info.guards, groups=info.groups, replayed=info.hits > 0)
    return figures


# -- Many ------------------------------------------------------------------------------------------------


def fault_of(program, inputs, n_ways):
    try:
        check(program, inputs, n_ways)
    except Fault as fault:
        return str(fault)
    except Refused:
        return None
    return None


def shrunk(program, inputs, n_ways):
    """The program with statements deleted while it still fails, and its fault."""
    fault, deleted = fault_of(program, inputs, n_ways), True
    while deleted:
        deleted = False
        for k in range(len(program.statements) - 1, -1, -1):
            other = Program(program.seed, program.statements[:k] + program.statements[k + 1 :])
            found = fault_of(other, inputs, n_ways)
            if found is not None:
                program, fault, deleted = other, found, True
                break
    return program, fault


def script(program, fault, inputs):
    """A program as text that runs by itself."""
    lines = [f"# program {program.seed}, {program.size}, {np.dtype(program.dtype)}"]
    lines += [f"# {line}" for line in str(fault)[:3000].splitlines()]
    lines += ["from tests.compiling.random_programs import Program, check", ""]
    lines += [f"statements = {program.statements!r}", f"check(Program({program.seed}, statements), {inputs})"]
    return "\n".join(lines)


def first_fault(seeds, inputs, n_ways=1):
    """(the text of the first of these programs that fails, or None; figures of all)."""
    figures = collections.Counter()
    for seed in seeds:
        program = Program(seed)
        try:
            figures.update(check(program, inputs, n_ways))
        except Refused:
            figures.update(refused=1)
        except Fault:
            program, fault = shrunk(program, inputs, n_ways)
            return script(program, fault, inputs), figures
    return None, figures


def without_guards(*arguments):
    """Planted: a recording that holds for any way through the branches."""
    recording = from_graph(*arguments)
    recording.guards.clear()
    return recording


def main(arguments=None):
    parser = argparse.ArgumentParser(description="Random programs, compiled, beside eager code.")
    parser.add_argument("--programs", type=int, default=100)
    parser.add_argument("--inputs", type=int, default=20)
    parser.add_argument("--ways", type=int, help="so many for each program, not all")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--plant", action="store_true", help="without guards of branches")
    given = parser.parse_args(arguments)
    if given.plant:
        compiled.from_graph = without_guards
    began, failed, figures = time.perf_counter(), 0, collections.Counter(programs=given.programs)
    for seed in range(given.seed, given.seed + given.programs):
        text, found = first_fault([seed], given.inputs, given.ways)
        figures.update(found)
        if text:
            failed += 1
            print(text, end="\n\n", flush=True)
    words = ", ".join(f"{n} {name}" for name, n in figures.items())
    took = time.perf_counter() - began
    print(f"compiled programs: from {given.seed}, {words}, {failed} failed, {took:.0f} s", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
