"""Programs in which an allocation fails: each one in turn, alone or with all that come after it.

    python -m tests.gate.nomemory
    python -m tests.gate.nomemory --program views --at 120 --later

The second line is one failure, in this process, for a debugger.

A program is a list of steps over a namespace. It runs once with all the memory that it wants; then the
first of its allocations fails, then the second, and so on, until it runs to its end. Each run is a
forked process, so that a crash is one run's and is named. A step that fails raises a MemoryError, and
leaves every gradient as it was before, or as the whole step leaves it; it can be repeated, and then all
results are right. `_testcapi.set_nomemory` of CPython makes the allocations fail: those of Python's
allocators, not those of elements of arrays, which NumPy asks of the C library.

Two faults of others are let pass. NumPy returns NULL in places and sets no exception, of which Python
makes a SystemError, and crashes in `ufunc.resolve_dtypes`; and CPython crashes in `PyContextVar_Set` (see
`is_cpythons`), while `threading.RLock` raises a RuntimeError.
"""

import argparse
import ctypes
import faulthandler
import gc
import linecache
import os
import re
import signal
import sys
import tempfile
import traceback

import numpy as np

import leopard
from leopard import Config, Function, Variable, checkpoint, grad, jvp, using_config
from tests.processes import HOME

X = np.array([0.3, -0.5, 0.9])
W = np.array([[0.5, 1.0, -2.0], [0.25, -1.5, 0.75]])


class Pair(Function):
    """A user's Function of two outputs."""

    def forward(self, x):
        return x * 2, x + 1

    def backward(self, gy0, gy1):
        return gy0 * 2 + gy1


# -- The programs: steps over a namespace `s` that has the leaves x and w ------------------------------------


def scalars(s):
    x = s.a
    s.y = (x * 2 + 1) ** 3 / np.exp(x) + np.maximum(x, 0.5)


def arrays(s):
    s.t = np.tanh(s.x) * s.w
    s.y = np.sum(s.t * s.x) + np.mean(s.w)


def products(s):
    s.y = np.sum(np.sin(s.w @ s.x) @ s.w)


def indices(s):
    rows = np.stack([s.x, s.x * 2, s.x * 3])
    s.y = np.sum(rows[[0, 1, 1]] * rows[1:].T[0, 0]) + np.sum(s.w[:, 1:].reshape(-1) ** 2)


def own(s):
    a, b = Pair()(s.x)
    s.y = np.sum(np.sin(a) * b)


def assigned(s):
    s.z = s.x * 1.5
    s.z[0] = s.w[0, 1] * 2.0
    s.z[1:] = s.x[:2]


def added_in_place(s):
    s.z += s.w[1]


def made_number(s):
    s.y = np.sum(np.sin(s.z) * s.x)


def viewed(s):
    s.z = s.w * 1.0
    s.v = s.z.T
    s.u = s.v[1:]


def through_views(s):
    s.u[0] = s.x[:2]


def number_of_view(s):
    s.y = np.sum(np.tanh(s.z) * s.z) + np.sum(s.v[0] * s.u[1])


def rows(s):
    u = Variable(np.zeros((4, 3)))
    u[0] = s.x
    for t in range(3):
        u[t + 1] = u[t] * s.w[0] + s.x
    s.y = np.sum(u)


def checkpointed(s):
    s.y = np.sum(checkpoint(lambda x, w: np.tanh(w @ x))(s.x, s.w) ** 2)


def hooked(s):
    s.t = s.x * s.w
    s.hook = s.t.register_hook(lambda g: g * 1.0)
    s.t.retain_grad()
    s.y = np.sum(np.sin(s.t))


def unhooked(s):
    s.hook.remove()


def walked(s):
    s.y.backward()


def walked_recorded(s):
    s.y.backward(create_graph=True)


def walked_again(s):
    s.gx = s.x.grad
    s.x.cleargrad()
    s.gg = np.sum(s.gx * s.gx)


def walked_without_kernels(s):
    with using_config("compiled", False):
        s.y.backward()


def walked_retained(s):
    s.y.backward(retain_grad=True)


def forward(s):
    s.found = jvp(lambda x, w: np.tanh(w @ x) * x[:2], (X, W), (X * 2, W * 0.5))


def forward_of_gradient(s):
    s.found = jvp(grad(lambda x: np.sum(np.sin(x) * x**2)), (X,), (X * 2,))


def gradient(s):
    s.found = grad(lambda x, w: np.sum(np.exp(w @ x) * x[0]), (0, 1))(X, W)


def dense(s):
    s.found = leopard.hessian(lambda x: np.sum(np.sin(x) * x**2))(X)


def second(s):
    s.gg.backward()


def many_walked(s):
    y = s.x
    for _ in range(40):  # more slots than a walk has at first
        y = np.sin(y) * s.x
    s.y = np.sum(y)


# -- Compiled functions: `COMPILED` are recorded before memory fails -----------------------------------------


def of_both(x, w):
    return np.sum(np.tanh(w @ x) * x[:2]) if x[0] > 0 else np.sum(w) * x[1]


def of_pair(x):
    a, b = Pair()(np.sin(x))
    return np.sum(a * b)


CAPTURED = X * 3.0
LONG = np.linspace(-1.0, 1.0, 20_000)
COMPILED = {
    "gradient": leopard.compile(leopard.value_and_grad(of_both, (0, 1))),
    "value": leopard.compile(of_both),
    "python": leopard.compile(leopard.value_and_grad(of_pair)),
    "captured": leopard.compile(lambda x: x * CAPTURED if CAPTURED[0] > 0 else x),
    "threads": leopard.compile(lambda x: (np.tanh(x) * x, np.sum(np.exp(x))), threads=2),
    "loop": leopard.compile(lambda x: leopard.fori_loop(5, lambda k, c: np.sin(c) * x, x)),
}


def compiled_anew(s):
    g = leopard.compile(of_both)
    s.found = [g(X, W) for _ in range(3)]


def gradient_compiled_anew(s):
    g = leopard.compile(grad(lambda x: np.sum(np.tanh(x) * CAPTURED)))
    s.found = [g(X) for _ in range(3)]


def replayed(s):
    s.found = COMPILED["gradient"](X, W)


def replayed_into_arrays(s):
    s.out = np.zeros(()), (np.zeros(3), np.zeros((2, 3)))
    s.found = COMPILED["gradient"](X, W, out=s.out)


def replayed_in_other_branches(s):
    s.found = [COMPILED["gradient"](k * X, W) for k in (1.0, -1.0, 2.0)]


def replayed_with_python(s):
    s.found = [COMPILED["python"](k * X) for k in (1.0, 2.0)]


def replayed_of_captured(s):
    s.found = [COMPILED["captured"](k * X) for k in (1.0, 2.0)]


def replayed_on_threads(s):
    s.found = COMPILED["threads"](LONG)


def replayed_loop(s):
    s.found = COMPILED["loop"](X)


def replayed_of_variables(s):
    s.y = COMPILED["value"](s.x, s.w) * 2.0


def replayed_with_errors(s):
    with np.errstate(all="ignore"):
        s.found = COMPILED["gradient"](X * 1e300, W * 1e300)


PROGRAMS = {
    "record": [scalars, arrays, products, indices, own],
    "backward of scalars": [scalars, walked],
    "backward of arrays": [arrays, walked, walked],
    "backward of products": [products, walked],
    "backward of indices": [indices, walked],
    "backward of a user's Function": [own, walked],
    "backward of a chain": [many_walked, walked],
    "backward, rules in Python": [arrays, walked_without_kernels],
    "backward, gradients retained": [arrays, walked_retained],
    "create_graph of scalars": [scalars, walked_recorded],
    "create_graph of arrays": [arrays, walked_recorded, walked_again, second],
    "create_graph of products": [products, walked_recorded],
    "create_graph of indices": [indices, walked_recorded],
    "create_graph of a user's Function": [own, walked_recorded],
    "jvp": [forward],
    "jvp of grad": [forward_of_gradient],
    "grad": [gradient],
    "hessian": [dense],
    "assignment": [assigned, added_in_place, made_number, walked],
    "views": [viewed, through_views, number_of_view, walked],
    "rows": [rows, walked],
    "checkpoint": [checkpointed, walked],
    "hooks": [hooked, walked, unhooked, walked],
    "compile": [compiled_anew],
    "compile a gradient": [gradient_compiled_anew],
    "replay": [replayed, replayed_into_arrays, replayed_in_other_branches],
    "replay with a step in Python": [replayed_with_python],
    "replay of what is captured": [replayed_of_captured],
    "replay on threads": [replayed_on_threads],
    "replay of a loop": [replayed_loop],
    "replay of Variables": [replayed_of_variables, walked],
    "replay with errors": [replayed_with_errors],
}  # fmt: skip


def half_a_walk(s):
    """Planted: a gradient is written before all that can fail is done."""
    s.x.grad = np.ones(3)
    s.w.grad = np.ones((2, 3))


def crashed(s):
    """Planted: NULL is not checked."""
    try:
        s.t = [np.sin(s.x)]
    except MemoryError:
        ctypes.string_at(0)


PLANTED = {"half a walk": [half_a_walk], "a crash": [crashed]}


class Space:
    """The names of a program."""

    def __init__(self):
        self.a, self.x, self.w = Variable(np.array(0.3)), Variable(X.copy()), Variable(W.copy())
        self.y = None

    def gradients(self):
        return [None if v.grad is None else v.grad.data.copy() for v in (self.a, self.x, self.w)]

    def results(self):
        """All numbers that the names hold."""
        found = self.gradients()
        for name in sorted(vars(self)):
            value = getattr(self, name)
            for v in leopard_leaves(value):
                found.append(np.asarray(getattr(v, "data", v)))
        return found


def leopard_leaves(value):
    if isinstance(value, (tuple, list)):
        return [leaf for v in value for leaf in leopard_leaves(v)]
    return [value] if isinstance(value, (Variable, np.ndarray, float)) else []


def equal(found, wanted):
    if len(found) != len(wanted):
        return False
    for g, h in zip(found, wanted, strict=True):
        if (g is None) != (h is None):
            return False
        if g is not None and not (g.shape == h.shape and np.allclose(g, h, rtol=1e-12, atol=1e-12)):
            return False
    return True


class Clean:
    """A run with all memory: the gradients before each step and after the last, and the results."""

    def __init__(self, steps):
        space = Space()
        self.gradients = [space.gradients()]
        for step in steps:
            step(space)
            self.gradients.append(space.gradients())
        self.results = space.results()


# -- A run in which memory fails ----------------------------------------------------------------------------

RIGHT, FAILED, WRONG = 0, 10, 20  # exit statuses
FRAME = re.compile(r'most recent call first\):\n  File "(.*)", line (\d+)')
SETS = re.compile(r"PyContextVar_Set|\w\.set\(|contextvar\.(re)?set\(")
NUMPYS = re.compile(
    "without setting an exception|without exception set|NULL result without error|can't allocate lock"
)


def run(steps, clean, at, later):
    """Run the steps, while allocation `at` fails, and all later ones if `later`. What is wrong is raised."""
    import _testcapi

    space, k = Space(), 0
    error = None
    start, stop, end = at, 0 if later else at + 1, len(steps)
    gc.collect()  # it empties the stores that Python keeps, so that allocations have the same numbers
    try:
        _testcapi.set_nomemory(start, stop)
        try:
            while k < end:
                steps[k](space)
                k += 1
        finally:
            _testcapi.remove_mem_hooks()
    except (MemoryError, SystemError, RuntimeError) as caught:
        error = caught
    found = space.gradients()
    assert Config.enable_backprop is True, "recording is off afterwards"
    if error is None:
        assert equal(found, clean.gradients[-1]), f"gradients are {found}, not {clean.gradients[-1]}"
        assert equal(space.results(), clean.results), f"results are {space.results()}, not {clean.results}"
        return RIGHT
    name = steps[k].__name__
    if not isinstance(error, MemoryError):
        if not NUMPYS.search(str(error)):
            raise AssertionError(f"{name}: {error!r}") from error
    for frame in traceback.extract_tb(error.__traceback__)[
        -1:
    ]:  # there may have been no memory for a traceback
        print("raised at", source_of(frame), file=sys.stderr, flush=True)
    if equal(found, clean.gradients[k]):
        for step in steps[k:]:
            step(space)
        found = space.gradients()
        assert equal(found, clean.gradients[-1]), (
            f"{name}, repeated: gradients are {found}, not {clean.gradients[-1]}"
        )
        assert equal(space.results(), clean.results), (
            f"{name}, repeated: results are {space.results()}, not {clean.results}"
        )
    else:
        assert equal(found, clean.gradients[k + 1]), f"{name}: half a walk: {found}"
    Clean(steps)
    return FAILED


def source_of(frame):
    """The line of a frame of a traceback."""
    return frame.line or linecache.getline(os.path.join(HOME, frame.filename), frame.lineno).strip()


def is_cpythons(said, alone):
    """Whether a crash with all later allocations failing is in `PyContextVar_Set`.

    CPython does not check there whether its token got memory, and releases it where what follows gets none
    either (https://github.com/python/cpython/issues/151773). `said` is what faulthandler wrote, and `alone`
    what was written where this allocation alone failed: one of them names the line that sets the variable.
    """
    frame = FRAME.search(said)
    line = linecache.getline(frame[1], int(frame[2])) if frame else ""
    alone = alone[alone.find("raised at ") :]
    return SETS.search(line) is not None or SETS.search(alone) is not None


def is_numpys(said):
    """Whether a crash is in `ufunc.resolve_dtypes`, which does not check whether there was memory."""
    frame = FRAME.search(said)
    return frame is not None and "resolve_dtypes(" in linecache.getline(frame[1], int(frame[2]))


def forked(steps, clean, at, later, report):
    """`run` in a process of its own: its exit status, minus the signal where it crashed."""
    child = os.fork()
    if child == 0:
        status = WRONG
        try:
            os.dup2(report.fileno(), 2)
            faulthandler.enable()
            signal.alarm(60)
            status = run(steps, clean, at, later)
        except BaseException:
            traceback.print_exc()
            sys.stderr.flush()
        finally:
            os._exit(status)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def trials(name, later, most=None):
    """For each allocation of a program: its number, the exit status and what was written."""
    steps = (PROGRAMS | PLANTED)[name]
    for _ in range(30):
        clean = Clean(steps)  # what is made once is made before, and Python has specialised its instructions
    gc.collect()
    gc.freeze()
    gc.disable()
    sys.unraisablehook = lambda *_: None
    rights, at = 0, 0
    # An allocation may fail where nothing notices, or a function is called itself where it cannot be
    # compiled, so that one run that is right is not the end.
    enough = 400 if name.startswith("compile") else 20
    while rights < enough and (most is None or at < most):
        with tempfile.TemporaryFile("w+") as report:
            status = forked(steps, clean, at, later, report)
            report.seek(0)
            yield at, status, report.read()
        rights = rights + 1 if status == RIGHT else 0
        at += 1


def has_set_nomemory():
    try:
        from _testcapi import set_nomemory  # noqa: F401
    except ImportError:
        return False
    return True


def main(arguments=None):
    parser = argparse.ArgumentParser(description="Programs in which an allocation fails, each in turn.")
    parser.add_argument("--program", choices=PROGRAMS)
    parser.add_argument("--at", type=int)
    parser.add_argument("--later", action="store_true")
    parser.add_argument(
        "--plant", action="store_true", help="only programs that are wrong: they must be found"
    )
    given = parser.parse_args(arguments)
    if not has_set_nomemory():
        print("nomemory: this Python has no _testcapi.set_nomemory")
        return 1
    if given.at is not None:
        faulthandler.enable()
        steps = PROGRAMS[given.program]
        for _ in range(30):
            clean = Clean(steps)
        gc.disable()
        print({RIGHT: "right", FAILED: "failed as it should"}[run(steps, clean, given.at, given.later)])
        return 0
    names = [given.program] if given.program else PLANTED if given.plant else PROGRAMS
    runs, failed, known, faults = sweep(names)
    print(
        f"nomemory: {runs} runs of {len(names)} programs, {failed} raised a MemoryError, "
        f"{known} crashed in CPython or NumPy, {len(faults)} crashed elsewhere or were wrong"
    )
    return 1 if faults else 0


def sweep(names, most=None):
    """All trials of some programs: their number, how many failed as they should, CPython's crashes, faults.

    A fault is printed as it is found. With `most`, only so many allocations of each program fail.
    """
    runs = failed = known = 0
    faults = []
    for name in names:
        alone = []
        for later in (False, True):
            for at, status, said in trials(name, later, most):
                runs += 1
                failed += status == FAILED
                if not later:
                    alone.append(said)
                if status in (RIGHT, FAILED):
                    continue
                if status == -signal.SIGSEGV and (
                    is_numpys(said) or later and is_cpythons(said, alone[at] if at < len(alone) else "")
                ):
                    known += 1
                    continue
                fault = f"{name}, allocation {at}{' and all later ones' if later else ''}: status {status}"
                faults.append(fault)
                print(f"{fault}\n{said}", flush=True)
    return runs, failed, known, faults


if __name__ == "__main__":
    sys.exit(main())
