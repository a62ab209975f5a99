"""Random programs, differentiated in every way that there is.

A program is a list of statements over the names a, b, c (float64), m (integers) and those that it makes. It
runs on ndarrays and on Variables alike: on ndarrays of long double its central differences are the reference,
and every way of differentiating it must agree with them and with the others. Its result is one vector of all
names that are left, and from that a number.

    python -m tests.gate.random_programs --programs 20000 --seed 5

runs more of them than the suite does. A program that fails is made as short as it can be (statements are
deleted while it still fails), and printed as a script. With `--save` it is also added to `regressions.txt`,
which the gate replays.
"""

import argparse
import json
import pathlib
import sys
import time

import numpy as np

from leopard import (
    Variable,
    checkpoint,
    grad,
    guard,
    hessian,
    jacfwd,
    jacobian,
    jacrev,
    jvp,
    linearize,
    no_grad,
    sparse_hessian,
    sparse_jacobian,
    using_config,
    value_and_grad,
    vjp,
)
from leopard.functions import cos
from leopard.functions.math.trigonometry import Sin
from tests.faults import broken
from tests.graph import test_assign_programs as assigning

REGRESSIONS = pathlib.Path(__file__).with_name("regressions.txt")
LEAVES = {"a": (3,), "b": (2, 2), "c": (3,)}
WHOLE = np.array([2, -1, 3])
N = 10  # numbers in the leaves
STEP = 2.0**-23  # of central differences in long double

#: Expressions, by the number of axes of {x}; {y} is of the same shape, {m} a row of integers.
MADE = {
    0: assigning.MADE
    + [
        "np.where({x} > {y}, {x}, np.sin({y}))",
        "np.where({x} > 0.1, {x} * {y}, 0.5)",
        "np.clip({x}, -0.4, 0.6)",
        "np.maximum({x}, {y} * 0.7)",
        "np.minimum(np.tanh({x}), {y})",
        "np.sort({x}, axis=-1)",
        "np.cumsum({x}, axis=0)",
        "np.tanh({x})",
        "np.exp(-({x} ** 2))",
        "np.sqrt({x} ** 2 + 1.0)",
        "np.arctan2({x}, {y} ** 2 + 1.0)",
        "single({x}) * 2",
        "{x} - np.mean({x})",
        "{x} * np.max({y})",
        "{x} + np.max({y}, axis=-1, keepdims=True)",
        "{x} / (1.0 + np.sum({y} ** 2, axis=0))",
        "np.real(np.exp(1j * {x}) * {y}) * 1.0",
        "np.abs({x} + 1j * {y} + 2.0)",
        "np.imag(({x} + 2j) ** 2 * np.conj({y} + 1j)) * 1.0",
        "np.fft.fft({x}).real * 1.0",
        "np.concatenate([{x}[:1], {y}[1:]])",
        "np.stack([{x}, {y}])[1]",
        "{x} * [1, 2, 3][:1]",
        "np.multiply.outer({x}.ravel()[:1], {y})[0]",
        "stepped({x})",
    ],
    1: ["{x}[[0, -1, 1]] * m[0]", "m[0] * {x} + m[-1]", "np.outer({x}[:2], {y}[:2])", "np.diag({x}[:2])"],
    2: [
        "np.tanh({x} @ {y}.T)",
        "({x} @ {y}.T) / 2",
        "{x} @ {x}.T",
        "{x} * m[:1]",
        "np.einsum('ij,kj->ik', {x}, {y})",
    ],
}

#: Statements of several names; {new} is a name that they make.
SEVERAL = [
    "z = {x} + 1j * {y}; z[0] *= 2j; {new} = z.real + np.imag(z)",
    "z = {x} * (1 + 1j); z[0] = {y}[0] * 2.0; {new} = np.abs(z + 3.0)",
    "k = m * 1; k[0] = 7; {new} = {x} * k[0]",
    "k = [{x}[i] for i in range(2)]; {new} = np.stack([k[1], k[0] * {y}[0]]).reshape(2, -1)",
    "kept({x}); {new} = {x} * {y}",
    "{new} = {x} * {y}; kept({new})",
    "{new} = np.sin({x}); watched({new})",
    "watched({x})",
    "retained({x})",
    "{new} = {x} * 1.5; retained({new})",
    "v = {x}[::-1][1:]; v[0] = {y}[0] * 0.5; v *= 2.0; {new} = {x} + 0.0",
    "v = {x}.T; u = v.reshape(-1); u[0] = {y}.ravel()[0]; {new} = {x} * {y}",
    "v = {x}[...]; w = v[::-1]; w[0], v[0] = v[-1] * 0.3, {y}[0]; {new} = np.sin(v)",
    "t = {x}; t += {y}; {new} = t * 2.0",
    "{new} = made(*{x}.shape); {new}[...] = {y}; {new}[0] = {x}[0]",
    "{new} = made(2, 2); {new}[0] = {x}.ravel()[:2]; {new}[:, 1] *= 2.0; {new}[1, 0] = {y}.ravel()[-1]",
    "{new} = made(3); {new}[0] = {x}.ravel()[0]; {new}[1] = {new}[0] * {y}.ravel()[1]; {new}[2] = {new}[1]",
]


#: `docs/conventions.md` has it under assignment: a view whose array was assigned to, and is held by nobody
#: any more.
LOST_VIEW = "the array that this view was taken of has been assigned to, and no longer exists"


class Refused(Exception):
    """The program is not valid for NumPy, or leopard refuses it by a rule that the conventions state."""


class Fault(AssertionError):
    """Two ways of running a program disagree."""


# -- The functions that a program calls beside NumPy's -------------------------------------------------


def single(x):
    return x if getattr(x, "dtype", None) == np.longdouble else x.astype(np.float32)


def stepped(x):
    """A choice by the order of the values, which has no derivative itself."""
    return np.take_along_axis(x, np.argsort(data_of(x), axis=-1)[..., ::-1], axis=-1)


data_of = assigning.data_of


class Names:
    """What a program may call, for one run of it. Hooks and the like do nothing where it runs on ndarrays."""

    def __init__(self, made=None):
        self.kept_alive, self.seen = [], []
        self.makes = made

    def space(self):
        own = {name: getattr(self, name) for name in ("kept", "watched", "retained", "made")}
        return {"np": np, "no_grad": no_grad, "single": single, "stepped": stepped, **own}

    def kept(self, x):
        self.kept_alive.append(x)

    def watched(self, x):
        if isinstance(x, Variable):
            x.register_hook(lambda g: self.seen.append(g.shape) or g * 1.0)

    def retained(self, x):
        if isinstance(x, Variable):
            x.retain_grad()

    def made(self, *shape):
        return self.makes(np.zeros(shape))


def plain(dtype):
    return lambda a: a.astype(dtype)


# -- Programs -------------------------------------------------------------------------------------------


class Program(assigning.Program):
    """Statements drawn at random; `run` executes them, and gives the vector of what is left."""

    def __init__(self, seed, statements=None):
        self.seed = seed
        self.rng = np.random.default_rng(seed)
        self.arrays = {k: self.rng.uniform(-1, 1, s) for k, s in LEAVES.items()}
        self.directions = self.rng.uniform(-1, 1, N)
        if statements is None:
            assigning.Program.__init__(self, seed, "small")
        else:
            self.statements = statements
        self.compiled = None
        self.every = True

    def takes_turn(self, k, n):
        return self.every or self.seed % n == k

    def add(self, names, new):
        choose = self.random.choice
        kind = choose(["own"] * 4 + ["several"] * 2 + ["theirs"] * 4)
        if kind == "theirs":
            return super().add(names, new)
        x = choose(sorted(names))
        y = choose([y for y in sorted(names) if names[y] == names[x]])
        forms = SEVERAL if kind == "several" else MADE[0] + 3 * MADE[len(names[x])]
        text = choose(forms).format(x=x, y=y, new=new, m="m")
        return self.try_out(names, text if kind == "several" else f"{new} = {text}")

    def try_out(self, names, statement):
        found = left_after([*self.statements, statement])
        if found is None:
            return False
        names.clear()
        names.update(found)
        self.statements.append(statement)
        return True

    def source(self):
        left = left_after(self.statements)
        if not left:
            raise Refused("nothing is left")
        body = "".join(f"    {s}\n" for s in self.statements)
        parts = ", ".join(f"np.ravel({name})" for name in sorted(left))
        return f"def program(a, b, c, m):\n{body}    return np.concatenate([{parts}])\n"

    def run(self, a, b, c, m=WHOLE, names=None):
        """The vector of what is left."""
        if self.compiled is None:
            self.compiled = compile(self.source(), f"<program {self.seed}>", "exec")
        space = (names or Names(Variable)).space()
        exec(self.compiled, space)
        return space.pop("program")(a, b, c, m)  # popped, so that it closes no cycle with its globals

    def told(self):
        return script(self)


def left_after(statements):
    """The names and shapes of arrays that NumPy leaves; None where it cannot run the statements."""
    for fill in (None, 0.0, 1.0):  # whatever a mask in them chooses
        rng = np.random.default_rng(7)
        space = {k: rng.uniform(-1, 1, s) if fill is None else np.full(s, fill) for k, s in LEAVES.items()}
        own = {**Names(plain(float)).space(), "m": WHOLE.copy(), "__builtins__": __builtins__}
        space |= own
        try:
            with np.errstate(all="ignore"):
                exec("\n".join(statements), space)
        except Exception:
            return None
        left = {}
        for k, v in space.items():
            if k in own or k in ("row", "other", "z", "k", "u", "v", "w", "t"):
                continue
            if not isinstance(v, np.ndarray) or not 0 < v.ndim < 3 or 0 in v.shape or v.size > 30:
                return None
            if not np.all(np.abs(v) < 50):
                return None
            left[k] = v.shape
        if not left:
            return None
    return left


# -- One program in every way ------------------------------------------------------------------------------


def unpacked(x):
    return x[:3], x[3:7].reshape(2, 2), x[7:]


def number_of(y):
    return np.sum(np.sin(y) * np.arange(1.0, len(y) + 1.0))


class Reference:
    """Values and central differences of a program on ndarrays."""

    def __init__(self, program):
        self.program = program
        self.x = np.concatenate([program.arrays[k].ravel() for k in LEAVES])
        self.value = self.at(self.x)
        x, v = self.x.astype(np.longdouble), program.directions.astype(np.longdouble)
        self.jacobian, self.gradient, self.of_whole, bent = self.differences(x, STEP)
        if bent > 1e-3 * STEP:  # a kink within the step, or just here: then a smaller step finds the same
            smaller = self.differences(x, STEP * 2.0**-14)
            for wide, narrow in zip((self.jacobian, self.gradient, self.of_whole), smaller, strict=False):
                if np.max(np.abs(wide - narrow)) > 1e-8 * (1 + np.max(np.abs(wide))):
                    raise Refused("a kink is too near for a difference")
        self.curvature, nearer = (
            self.second_difference(x, v, 2.0**-14),
            self.second_difference(x, v, 2.0**-16),
        )
        if abs(self.curvature - nearer) > 1e-5 * (1 + abs(nearer)):
            self.curvature = None
        self.coarse = "single" in program.source()
        for found in (self.value, self.jacobian, self.gradient):
            if not np.all(np.isfinite(found)):
                raise Refused("it is not finite")

    def differences(self, x, h):
        """The Jacobian and the gradients by central differences, and the largest bend."""
        h = np.longdouble(h)
        middle = self.at(x)
        ends = [(self.at(x + s), self.at(x - s)) for s in np.eye(N, dtype=np.longdouble) * h]
        whole = WHOLE.astype(np.longdouble)
        of_whole = [
            (self.at(x, whole + s), self.at(x, whole - s)) for s in np.eye(3, dtype=np.longdouble) * h
        ]
        bent = max([np.max(np.abs(p + q - 2 * middle), initial=0.0) for p, q in ends + of_whole])
        found = [
            np.array([(p - q) / (2 * h) for p, q in ends], float).T,
            np.array([(number_of(p) - number_of(q)) / (2 * h) for p, q in ends], float),
            np.array([(number_of(p) - number_of(q)) / (2 * h) for p, q in of_whole], float),
        ]
        return *found, float(bent)

    def second_difference(self, x, v, h):
        h = np.longdouble(h)
        p, q, middle = self.at(x + h * v), self.at(x - h * v), self.at(x)
        return float((number_of(p) - 2 * number_of(middle) + number_of(q)) / h**2)

    def at(self, x, whole=None):
        whole = WHOLE.copy() if whole is None else whole.copy()
        with np.errstate(all="ignore"):
            return self.program.run(*unpacked(x.copy()), whole, Names(plain(x.dtype)))


def same(way, found, wanted, tolerance):
    found, wanted = np.asarray(found), np.asarray(wanted)
    if found.shape != wanted.shape:
        raise Fault(f"{way}: the shape is {found.shape}, not {wanted.shape}")
    scale = tolerance * (1.0 + np.max(np.abs(wanted), initial=0.0))
    if not np.all(np.abs(found - wanted) <= scale):
        raise Fault(f"{way}:\n{found}\nand not\n{wanted}")


def flat(gradients, shapes=None):
    """Gradients of the leaves, or None, as one vector."""
    shapes = LEAVES.values() if shapes is None else shapes
    parts = []
    for g, s in zip(gradients, shapes, strict=True):
        parts.append(np.zeros(s).ravel() if g is None else data_of(g).ravel())
        if g is not None and data_of(g).shape != s:
            raise Fault(f"a gradient has the shape {data_of(g).shape}, its leaf {s}")
    return np.concatenate(parts)


def check(program, every=True):
    """Raise a `Fault` where two ways disagree, `Refused` where the program is none.

    Without `every` the slow ways, of sparse and second derivatives, take turns by the number of the program.
    """
    program.every = every
    try:
        reference = Reference(program)
    except (Fault, Refused):
        raise
    except Exception as error:
        raise Refused(f"NumPy: {error!r}") from error
    for way in WAYS:
        try:
            way(program, reference)
        except (Fault, Refused):
            raise
        except Exception as error:
            if str(error).startswith(LOST_VIEW):
                raise Refused(f"{way.__name__}: {error}") from error
            raise Fault(f"{way.__name__}: {type(error).__name__}: {error}") from error


def leaves_of(program):
    return [Variable(program.arrays[k].copy()) for k in LEAVES] + [Variable(WHOLE.copy())]


def walked(program, **options):
    """The leaves, and all that a walk has left in them and in the Variables whose gradient is kept."""
    leaves, names = leaves_of(program), Names(Variable)
    y = program.run(*[v * 1.0 for v in leaves[:3]], leaves[3], names)
    number_of(y).backward(**options)
    return leaves, y, names


def by_backward(program, ref):
    first = None
    ways = {
        "backward": {},
        "backward, recorded": {"create_graph": True},
        "backward, gradients retained": {"retain_grad": True},
        "backward, rules in Python": {"compiled": False},
        "backward, rules in Python, recorded": {"compiled": False, "create_graph": True},
        "backward, selection by sort": {"selection": "sort"},
        "backward, selection by max": {"selection": "max"},
        "backward, guarded": {"guard": True},
    }
    for k, (way, settings) in enumerate(ways.items()):
        if k > 3 and not program.takes_turn(k % 2, 2):
            continue
        options = {k: v for k, v in settings.items() if k in ("create_graph", "retain_grad")}
        config = [(k, v) for k, v in settings.items() if k not in options]
        with using_config(*(config or [("compiled", True)])[0]):
            leaves, y, names = walked(program, **options)
        exact = 1e-13 if "j" in program.source() or "fft" in program.source() else 0
        if first is None:
            same("values", y.data, ref.value, exact)
        found = flat([v.grad for v in leaves[:3]])
        whole = flat([leaves[3].grad], ((3,),))
        seen = sorted(names.seen)
        if first is None:
            first = found, whole, seen
            same(way, found, ref.gradient, tolerance(ref))
            same(f"{way}, of integers", whole, ref.of_whole, tolerance(ref))
        same(way, found, first[0], between(ref))
        same(f"{way}, of integers", whole, first[1], between(ref))
        if seen != first[2]:
            raise Fault(f"{way}: hooks were called with {seen}, and not {first[2]}")


def by_leaves_that_are_assigned_to(program, ref):
    leaves = leaves_of(program)
    before = [(v * 1.0).creator for v in leaves[:3]]
    y = program.run(*leaves)
    del leaves
    number_of(y).backward()
    same(
        "backward to leaves assigned to",
        flat([f.inputs[0].grad for f in before]),
        ref.gradient,
        tolerance(ref),
    )


def by_transforms(program, ref):
    arrays = list(program.arrays.values())

    def f(a, b, c):
        return number_of(program.run(a, b, c))

    same("grad", flat(grad(f, (0, 1, 2))(*arrays)), ref.gradient, tolerance(ref))
    value, found = value_and_grad(f, (0, 1, 2))(*arrays)
    same("value_and_grad", flat(found), ref.gradient, tolerance(ref))
    same("checkpoint", flat(grad(checkpoint(f), (0, 1, 2))(*arrays)), ref.gradient, tolerance(ref))
    with using_config("compiled", False):
        same("grad, rules in Python", flat(grad(f, (0, 1, 2))(*arrays)), ref.gradient, tolerance(ref))
    with guard():
        same("grad, guarded", flat(grad(f, (0, 1, 2))(*arrays)), ref.gradient, tolerance(ref))


def by_products(program, ref):
    arrays = list(program.arrays.values())
    u, v = np.cos(np.arange(len(ref.value))), program.directions
    y, pull = vjp(program.run, *arrays)
    u = u.astype(np.asarray(y).dtype)
    same("vjp", flat(pull(u)), u @ ref.jacobian, tolerance(ref))
    directions = unpacked(v)
    _, t = jvp(program.run, tuple(arrays), directions)
    same("jvp", t, ref.jacobian @ v, tolerance(ref))
    _, push = linearize(program.run, *arrays)
    same("linearize", push(*directions), ref.jacobian @ v, tolerance(ref))
    with using_config("compiled", False):
        same("jvp, rules in Python", push(*directions), ref.jacobian @ v, tolerance(ref))


def by_jacobians(program, ref):
    def f(x):
        return program.run(*unpacked(x))

    for way in (jacobian, jacrev, jacfwd) if program.takes_turn(1, 4) else (jacrev, jacfwd):
        same(way.__name__, way(f)(ref.x), ref.jacobian, tolerance(ref))
    if program.takes_turn(0, 4):
        same("sparse_jacobian", sparse_jacobian(f)(ref.x).toarray(), ref.jacobian, tolerance(ref))


def by_second_derivatives(program, ref):
    if ref.coarse:
        return

    def f(x):
        return number_of(program.run(*unpacked(x)))

    wanted = hessian(f)(ref.x)
    v = program.directions
    if ref.curvature is not None:
        same("hessian", v @ wanted @ v, ref.curvature, 1e-4)
    others = {
        "jacrev of grad": jacrev(grad(f)),
        "jacfwd of grad": jacfwd(grad(f)),
        "jacrev of jacfwd": jacrev(jacfwd(f)),
        "sparse_hessian": lambda x: sparse_hessian(f)(x).toarray(),
    }
    for k, (way, other) in enumerate(others.items()):
        if program.takes_turn(k, 4):
            same(way, other(ref.x), wanted, 1e-9)
    leaves, _, _ = walked(program, create_graph=True)
    total = 0.0
    for x, d in zip(leaves[:3], unpacked(v), strict=True):
        if x.grad is not None:
            total = total + np.sum(x.grad * d)
        x.cleargrad()
    if isinstance(total, Variable):
        for x in leaves[:3]:
            x.cleargrad()
        total.backward()
        same("backward of backward", flat([x.grad for x in leaves[:3]]), wanted @ v, 1e-9)


WAYS = [
    by_backward,
    by_leaves_that_are_assigned_to,
    by_transforms,
    by_products,
    by_jacobians,
    by_second_derivatives,
]


def tolerance(ref):
    return 2e-4 if ref.coarse else 1e-8


def between(ref):
    return 2e-5 if ref.coarse else 1e-11


# -- Shrinking -----------------------------------------------------------------------------------------------


def fault_of(program):
    """What is wrong with a program, or None."""
    try:
        check(program)
    except Fault as fault:
        return str(fault)
    except Refused:
        return None
    return None


def shrunk(program):
    """The program with statements deleted, and parts of them, while it still fails; and its fault."""
    fault, deleted = fault_of(program), True
    while deleted:
        deleted = False
        for k in range(len(program.statements) - 1, -1, -1):
            for shorter in ([], *parts_of(program.statements[k])):
                statements = [*program.statements[:k], *shorter, *program.statements[k + 1 :]]
                other = Program(program.seed, statements)
                found = fault_of(other)
                if found is not None:
                    program, fault, deleted = other, found, True
                    break
    return program, fault


def parts_of(statement):
    """A statement of several, without one of these."""
    parts = statement.split("; ")
    if len(parts) == 1 or statement.startswith(("for", "with")):
        return []
    return [["; ".join(parts[:k] + parts[k + 1 :])] for k in range(len(parts))]


def script(program, fault=""):
    """A program as text that runs by itself."""
    lines = [f"# program {program.seed}", *[f"# {line}" for line in fault.splitlines()]]
    lines += ["import numpy as np", "from tests.gate.random_programs import Program, check", ""]
    lines += [f"statements = {[*program.statements]!r}", f"check(Program({program.seed}, statements))", ""]
    return "\n".join([*lines, "# which is:", *[f"# {s}" for s in program.source().splitlines()]])


def regressions(path=REGRESSIONS):
    """The programs that were saved because they failed once."""
    lines = [line for line in path.read_text().splitlines() if line and not line.startswith("#")]
    return [Program(*json.loads(line)) for line in lines]


def save(program, path=REGRESSIONS):
    """Add a program to those that the gate replays, unless it is there."""
    line = json.dumps([program.seed, [*program.statements]])
    if line not in path.read_text().splitlines():
        with path.open("a") as file:
            file.write(line + "\n")


def first_fault(seeds, every=True):
    """The first of these programs that fails, made short, and its fault; None where all hold."""
    for seed in seeds:
        program = Program(seed)
        try:
            check(program, every)
        except Refused:
            continue
        except Fault:
            return shrunk(program)
    return None


def main(arguments=None):
    parser = argparse.ArgumentParser(
        description="Random programs, differentiated in every way that there is."
    )
    parser.add_argument("--programs", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--plant", action="store_true", help="with a wrong sign in the rule of sine")
    parser.add_argument("--save", action="store_true", help="add programs that fail to regressions.txt")
    given = parser.parse_args(arguments)
    seeds = range(given.seed, given.seed + given.programs)
    if not given.plant:
        return 1 if check_all(seeds, given.save) else 0
    with broken(Sin, lambda f, gy: -gy * cos(f.inputs[0])):
        return 1 if check_all(seeds, False) else 0


def check_all(seeds, saves):
    """Check the programs, print those that fail, and a line of figures; how many have failed."""
    began, failed, refused = time.perf_counter(), 0, 0
    for seed in seeds:
        program = Program(seed)
        try:
            check(program)
        except Refused:
            refused += 1
        except Fault:
            failed += 1
            program, fault = shrunk(program)
            if fault is None:
                fault = "it fails in this process only, after the programs before it"
            print(script(program, fault), flush=True)
            print()
            if saves:
                save(program)
    took = time.perf_counter() - began
    print(
        f"programs: {len(seeds)} from {seeds.start}, {refused} refused, {failed} failed, {took:.0f} s",
        flush=True,
    )
    return failed


if __name__ == "__main__":
    sys.exit(main())
