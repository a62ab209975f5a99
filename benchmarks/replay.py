"""Compiled functions beside their rivals: one call of a function that has been recorded before.

    python benchmarks/replay.py [--quick] [--save FILE]

One thread each but where two are named, 64-bit floats, samples interleaved, the best of each, in one run. A
work is the value and the gradients of a program, or what it says; its data are arguments. JAX is given arrays
of its own, and is waited for. CasADi is called through its buffers; beside it stands leopard with results
written into given arrays. A rival that is not installed is named as absent. Before anything is timed the
numbers are compared.
"""

import rivals  # noqa: I001 (first: it counts the threads before NumPy is imported)

import importlib
import json
import os
import platform
import subprocess
import sys
import time
import timeit
from functools import partial
from types import SimpleNamespace

import numpy as np
import transforms
from programs import ADBENCH, ARRAYS, ROSENBROCK_50, ROSENBROCK_LARGE, SCALARS
from table import REPLAYED

import leopard
from leopard._pytrees import flatten, map_leaves
from leopard.compiling.recording import record

ARRAY = {program.name: program for program in ARRAYS}
GOLDSTEIN_PRICE, CHAIN, BRANCHES, KEPLER = SCALARS
ROSENBROCK = ARRAY["Rosenbrock, n = 100"]
LARGE = ARRAYS[-1]
LSTM, BUNDLE = ADBENCH
PROGRAMS = [*SCALARS, *ARRAYS, ROSENBROCK_LARGE, *ADBENCH]
STEP = "1000 leapfrog steps, step called from Python"
LOOP = "1000 leapfrog steps, loop inside"
HESSIAN = f"Hessian, {ROSENBROCK_50.name}"
MINIMUM = "L-BFGS-B, Rosenbrock, n = 100"
TWO_THREADS = f"{LARGE.name}, two threads"
FIRST = f"first result, {CHAIN.name}"

# What is to be reached: (work, at least this many times faster than jitted JAX, than NumPy's forward pass).
AGAINST = [
    (GOLDSTEIN_PRICE.name, 14, 18),
    (CHAIN.name, 3, 70),
    (BRANCHES.name, 1.5, 120),
    (KEPLER.name, 10, 18),
    ("Rosenbrock, n = 10", 12, 11),
    ("Rosenbrock, n = 100", 11, 9),
    (ROSENBROCK_LARGE.name, 1.7, 1),
    ("logistic loss, 100 x 10", 6, 5.5),
    ("Gaussian log density, 1000 x 5", 5, 2.4),
    ("RNN, 50 steps of 16", 2, 3.3),
    ("MLP 64-64-10, batch 32", 3, 1),
    ("MLP 784-256-10, batch 64", 0.98, 0.5),
    (LARGE.name, 1.0, 1.15),
    (TWO_THREADS, 1.0, None),
    (STEP, 18, None),
    (LOOP, 0.35, None),  # JAX's loop is machine code
    (HESSIAN, 9, None),
    (LSTM.name, 6, None),
    (BUNDLE.name, 6, None),
    (FIRST, 100, None),
]
BARS = [
    (work, rival, bar)
    for work, *bars in AGAINST
    for rival, bar in zip(("JAX jitted", "NumPy forward"), bars, strict=True)
    if bar is not None
] + [(MINIMUM, "NumPy by hand", 1.5)]
# The same against CasADi, of leopard with results written into given arrays.
INTO_ARRAYS = {
    GOLDSTEIN_PRICE.name: 0.9,
    CHAIN.name: 1.5,
    BRANCHES.name: 1.5,
    KEPLER.name: 0.9,
    ROSENBROCK.name: 4,
}
# Two recorded calls and all else before the first replay take at most so many recordings, or microseconds.
WITHIN, OR = 10, 1000


class Call:
    """A call that is timed as it stands, without a function around it.

    `ready` is called on what it returns; `result` is where a call that returns nothing writes to.
    """

    def __init__(self, function, args=(), out=None, ready=None, result=None):
        names = {f"x{k}": x for k, x in enumerate(args)}
        code = ", ".join([*names, "out=out"] if out is not None else names)
        code = f"f({code})" if ready is None else f"ready(f({code}))"
        self.names = {"f": function, "out": out, "ready": ready, **names}
        self.code, self.result = code, result
        self.timer = timeit.Timer(code, "import gc; gc.enable()", globals=self.names)

    def __call__(self):
        y = eval(self.code, self.names)
        return y if self.result is None else self.result

    def sample(self, seconds):
        """Microseconds of one call: the mean over a stretch of so many seconds, at least one call."""
        n = 1
        while True:
            passed = self.timer.timeit(n)
            if passed > seconds:
                return passed / n * 1e6
            n = max(2 * n, int(1.1 * n * seconds / max(passed, 1e-9)))


# -- Value and gradients ---------------------------------------------------------------------------


def value_and_gradients(program, transform, xp=np, **options):
    """The function, as the transform of any library makes it, of the parameters and then the constants."""
    return transform(partial(program.call, xp, **options), tuple(range(len(program.point))))


def arguments(program):
    """The arrays that all libraries are given, numbers as arrays without axes."""
    return *rivals.parameters(program), *program.constants


def of_leopard(program, **options):
    g = leopard.compile(value_and_gradients(program, leopard.value_and_grad), **options)
    return Call(g, arguments(program))


def of_leopard_into_arrays(program):
    g = leopard.compile(value_and_gradients(program, leopard.value_and_grad))
    out = map_leaves(lambda y: np.zeros(np.shape(y)), g(*arguments(program)))
    return Call(g, arguments(program), out)


def of_leopard_with_floats(program):
    g = leopard.compile(value_and_gradients(program, leopard.value_and_grad))
    return Call(g, (*program.point, *program.constants))


def of_leopard_eager(program):
    return Call(value_and_gradients(program, leopard.value_and_grad), arguments(program))


def of_numpy(program):
    return Call(partial(program.call, np), arguments(program))


def of_jax(program):
    jax = transforms.jax_of_doubles()
    options = {"scan": jax.lax.scan} if program is LSTM else {}  # unrolled, it compiles for many minutes
    g = jax.jit(value_and_gradients(program, jax.value_and_grad, jax.numpy, **options))
    return Call(g, list(map(jax.numpy.asarray, arguments(program))), ready=jax.block_until_ready)


def of_casadi(program):
    ca = importlib.import_module("casadi")
    xp = SimpleNamespace(sum=ca.sum1, sin=ca.sin, cos=ca.cos)
    xs = [ca.SX.sym(f"x{k}", np.size(x)) for k, x in enumerate(program.point)]
    y = program.call(xp, *xs)
    buffer, evaluate = ca.Function("f", xs, [y, *[ca.gradient(y, x) for x in xs]]).buffer()
    given = [np.atleast_1d(x) for x in program.point]
    result = [np.zeros(1), *map(np.zeros_like, given)]
    for k, x in enumerate(given):
        buffer.set_arg(k, memoryview(x))
    for k, y in enumerate(result):
        buffer.set_res(k, memoryview(y))
    call = Call(evaluate, result=result)
    call.memory = buffer, given  # CasADi has their addresses alone
    return call


def libraries_of(program):
    found = {
        "leopard eager": of_leopard_eager,
        "leopard": of_leopard,
        "NumPy forward": of_numpy,
        "JAX jitted": of_jax,
    }
    if program in SCALARS:
        found |= {"leopard, floats": of_leopard_with_floats}
    if program.name in INTO_ARRAYS:
        found |= {"leopard, out=": of_leopard_into_arrays, "CasADi": of_casadi}
    return {name: partial(make, program) for name, make in found.items()}


# -- Other works -----------------------------------------------------------------------------------

START = transforms.START, transforms.MOMENTUM
SLOPE = leopard.grad(partial(transforms.FUNNEL.call, np))
leap = partial(transforms.leap, SLOPE)


def leapfrog_of_leopard_eager():
    return Call(transforms.leapfrog, (SLOPE, *START))


def leapfrog_of_leopard_by_steps():
    steps = partial(transforms.one_by_one, leopard.compile(leap))
    return Call(transforms.leapfrog, (leopard.compile(SLOPE), *START, steps))


def leapfrog_of_leopard_in_a_loop():
    def steps(q, p):
        return leopard.fori_loop(transforms.STEPS - 1, lambda _, state: leap(*state), (q, p))

    return Call(leopard.compile(lambda q, p: transforms.leapfrog(SLOPE, q, p, steps)), START)


def leapfrog_of_jax(make):
    return Call(make(transforms.jax_of_doubles().block_until_ready))


def hessian_of_leopard(compiled):
    matrix = leopard.hessian(partial(ROSENBROCK_50.call, np))
    return Call(leopard.compile(matrix) if compiled else matrix, ROSENBROCK_50.point)


def hessian_of_jax():
    jax = transforms.jax_of_doubles()
    matrix = jax.jit(jax.hessian(partial(ROSENBROCK_50.call, jax.numpy)))
    return Call(matrix, list(map(jax.numpy.asarray, ROSENBROCK_50.point)), ready=jax.block_until_ready)


def minimum_of(both):
    likelihoods = importlib.import_module("likelihoods")
    return Call(likelihoods.minimum(both))


def minimum_by_hand():
    def both(x):
        y, (g,) = ROSENBROCK.by_hand(x)
        return y, g

    return minimum_of(both)


def minimum_of_leopard(compiled):
    both = leopard.value_and_grad(partial(ROSENBROCK.call, np))
    return minimum_of(leopard.compile(both) if compiled else both)


WORKS = {program.name: libraries_of(program) for program in PROGRAMS} | {
    STEP: {
        "leopard eager": leapfrog_of_leopard_eager,
        "leopard": leapfrog_of_leopard_by_steps,
        "JAX jitted": partial(leapfrog_of_jax, transforms.leapfrog_of_jax_by_steps),
    },
    LOOP: {
        "leopard eager": leapfrog_of_leopard_eager,
        "leopard": leapfrog_of_leopard_in_a_loop,
        "JAX jitted": partial(leapfrog_of_jax, transforms.leapfrog_of_jax_in_a_loop),
    },
    HESSIAN: {
        "leopard eager": partial(hessian_of_leopard, False),
        "leopard": partial(hessian_of_leopard, True),
        "JAX jitted": hessian_of_jax,
    },
    MINIMUM: {
        "leopard eager": partial(minimum_of_leopard, False),
        "leopard": partial(minimum_of_leopard, True),
        "NumPy by hand": minimum_by_hand,
    },
}


def numbers(y):
    return np.concatenate([np.ravel(np.asarray(leaf)) for leaf in flatten(y)[0]])


def evaluators(work):
    """A call for each library that is here, once their numbers agree; NumPy's forward pass has the first."""
    found, right = {}, None
    for name, make in WORKS[work].items():
        try:
            call = make()
        except ImportError:
            continue
        for _ in range(3):  # recorded, recorded again, replayed
            y = numbers(call())
            right = y if right is None else right
            n = 1 if name == "NumPy forward" else len(right)
            np.testing.assert_allclose(y, right[:n], rtol=1e-8, atol=1e-8, err_msg=f"{name}: {work}")
        found[name] = call
    return found


# -- Before the first replay -----------------------------------------------------------------------


def first_results(rounds):
    """Microseconds from nothing to the first result, of a function that was never called before."""

    def first(make, rounds):
        times = []
        for _ in range(rounds):
            start = time.perf_counter()
            make(CHAIN)()
            times.append((time.perf_counter() - start) * 1e6)
        return min(times)

    found = {"leopard": first(of_leopard, 10 * rounds)}
    try:
        of_jax(GOLDSTEIN_PRICE)()  # JAX itself has begun
    except ImportError:
        return found
    return found | {"JAX jitted": first(of_jax, rounds)}


def preparation(program, rounds):
    """Microseconds of a new compiled function with its two calls, of a recording, and of an eager call."""
    f, xs = value_and_gradients(program, leopard.value_and_grad), arguments(program)
    times = {"prepared": [], "recording": [], "eager": []}

    def timed(name, call):
        start = time.perf_counter()
        call()
        times[name].append((time.perf_counter() - start) * 1e6)

    def prepared():
        g = leopard.compile(f)
        g(*xs), g(*xs)

    for _ in range(rounds):
        timed("prepared", prepared)
        timed("recording", lambda: record(lambda variables: f(*variables), xs))
        timed("eager", lambda: f(*xs))
    return {name: min(found) for name, found in times.items()}


# -- Two threads -----------------------------------------------------------------------------------


def on_two_threads(rounds, seconds):
    """The times of the largest program with two threads each; the process is one of its own."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:2])
    os.environ.pop("XLA_FLAGS")
    found = {"leopard": of_leopard(LARGE, threads=2)}
    try:
        found["JAX jitted"] = of_jax(LARGE)
    except ImportError:
        pass
    for call in found.values():
        call(), call()
    return rivals.best(found, rounds, seconds, Call.sample)


def two_threads(rounds, seconds):
    code = f"import json, replay; print(json.dumps(replay.on_two_threads({rounds}, {seconds})))"
    here = os.path.dirname(os.path.abspath(__file__))
    run = subprocess.run(
        [sys.executable, "-c", code], cwd=here, env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
        stdout=subprocess.PIPE, text=True, check=True,
    )  # fmt: skip
    return json.loads(run.stdout.splitlines()[-1])


# -- The machine -----------------------------------------------------------------------------------


def blas():
    """The name of the library, and of the kernel that it runs, where `threadpoolctl` is there to say it."""
    try:
        pools = importlib.import_module("threadpoolctl").threadpool_info()
    except ImportError:
        found = np.show_config(mode="dicts")["Build Dependencies"]["blas"]
        return f"{found['name']} {found['version']}, of an unknown kernel (threadpoolctl is absent)"
    return ", ".join(
        f"{pool['internal_api']} {pool['version']} {pool.get('architecture', '')}"
        for pool in pools
        if pool["user_api"] == "blas"
    )


def instructions():
    """The largest instruction set of those that leopard's own loops are built for."""
    features = np._core._multiarray_umath.__cpu_features__
    names = {"AVX512F": "AVX-512", "AVX512_SKX": "AVX-512", "AVX2": "AVX2", "SSE2": "SSE2"}
    return next((said for name, said in names.items() if features.get(name)), platform.machine())


def measure(quick):
    rounds, seconds = (5, 0.01) if quick else (25, 0.03)
    works, prepared = {}, {}
    for work in WORKS:
        works[work] = rivals.best(evaluators(work), rounds, seconds, Call.sample)
        print(".", end="", file=sys.stderr, flush=True)
    works[TWO_THREADS] = two_threads(rounds, seconds)
    works[FIRST] = first_results(1 if quick else 3)
    for program in PROGRAMS:
        prepared[program.name] = preparation(program, 3 if quick else 7)
    print(file=sys.stderr)
    versions = rivals.versions()
    if "casadi" in sys.modules:
        versions["casadi"] = sys.modules["casadi"].__version__
    machine = {"instructions": instructions(), "BLAS": blas()}
    return {"works": works, "preparation": prepared, "machine": machine, "versions": versions}


def report(result):
    print(", ".join(f"{name}: {said}" for name, said in (result["machine"] | result["versions"]).items()))
    verdicts, verdict = transforms.report_works(result["works"], REPLAYED, BARS)
    for work, bar in INTO_ARRAYS.items():
        times = result["works"][work]
        if "CasADi" not in times:
            print(f"{work}, into arrays: CasADi absent")
            continue
        ratio = times["CasADi"] / times["leopard, out="]
        verdict(f"{work}, into arrays, against CasADi", ratio, bar, ratio >= bar)
    for work, times in result["preparation"].items():
        ratio, within = times["prepared"] / times["recording"], max(WITHIN, OR / times["recording"])
        calls = times["prepared"] / times["eager"]
        name = f"preparing {work}, in recordings ({times['prepared']:.0f} us, {calls:.0f} eager calls)"
        verdict(name, ratio, f"at most {within:.3g}", ratio <= within)
    return all(verdicts)


def main():
    rivals.command(__doc__.splitlines()[0], measure, report)


if __name__ == "__main__":
    main()
