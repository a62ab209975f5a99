"""leopard beside its rivals: one evaluation builds the graph, walks it back and reads all gradients.

    python benchmarks/rivals.py [--quick] [--save FILE]

One thread each, 64-bit floats, samples interleaved, the best of each. A rival that is not installed is
named as absent. Before anything is timed the gradients are compared.
"""

import os

for name in [name for name in os.environ if name.startswith("OPENBLAS_")]:
    del os.environ[name]  # OpenBLAS chooses its kernel itself
for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[name] = "1"
os.environ["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"

import argparse
import importlib
import importlib.metadata
import json
import platform
import subprocess
import sys
import threading
import time

import numpy as np
from programs import ARRAYS, FORWARD, GROWTH, MEMORY, SCALARS

import leopard

# What is to be reached: (program, against whom, at least this many times faster).
BARS = [
    ("Goldstein-Price", "PyTorch", 45),
    ("Goldstein-Price", "NumPy forward", 1.4),
    ("chain of 1000", "PyTorch", 50),
    ("chain of 1000", "NumPy forward", 3.5),
    ("1000 branches", "PyTorch", 45),
    ("1000 branches", "NumPy forward", 2.5),
    ("Kepler", "PyTorch", 20),
    ("Kepler", "NumPy forward", 1),
    ("Rosenbrock, n = 10", "PyTorch", 10),
    ("Rosenbrock, n = 10", "HIPS autograd", 25),
    ("Rosenbrock, n = 100", "PyTorch", 10),
    ("Rosenbrock, n = 100", "HIPS autograd", 25),
    ("Rosenbrock, n = 100", "JAX jitted", 2.5),
    ("logistic loss, 100 x 10", "PyTorch", 5),
    ("MLP 64-64-10, batch 32", "PyTorch", 2.3),
    ("MLP 64-64-10, batch 32", "NumPy by hand", 1 / 1.25),
    ("MLP 784-256-10, batch 64", "PyTorch", 0.9),
    ("MLP 784-256-10, batch 64", "NumPy by hand", 1 / 1.1),
    ("RNN, 50 steps of 16", "PyTorch", 6),
    ("RNN, 50 steps of 16", "HIPS autograd", 15),
    ("Gaussian log density, 1000 x 5", "PyTorch", 2),
    ("Gaussian log density, 1000 x 5", "JAX jitted", 2),
    ("tanh(exp(0.1 b)) b, 10^6", "PyTorch", 1.4),
    ("tanh(exp(0.1 b)) b, 10^6", "NumPy by hand", 1.3),
]


def parameters(program):
    """New arrays for each evaluation, as an optimiser makes them."""
    return [np.array(x) if isinstance(x, float) else x for x in program.point]


def of_leopard(program):
    def evaluate():
        xs = [leopard.Variable(x) for x in parameters(program)]
        program.call(np, *xs, *program.constants).backward()
        return [x.grad.data for x in xs]

    return evaluate


def of_numpy(program):
    """The forward pass in NumPy alone."""

    def evaluate():
        program.call(np, *parameters(program), *program.constants)

    return evaluate


def by_hand(program):
    """Value and gradient written by hand in NumPy."""
    if program.by_hand is None:
        raise ImportError
    return lambda: program.by_hand(*program.point, *program.constants)[1]


def of_torch(program):
    torch = importlib.import_module("torch")
    torch.set_num_threads(1)
    constants = [torch.from_numpy(c) for c in program.constants]

    def leaf(x):
        if isinstance(x, float):
            return torch.tensor(x, dtype=torch.float64, requires_grad=True)
        return torch.from_numpy(x).requires_grad_()

    def evaluate():
        xs = [leaf(x) for x in program.point]
        program.call(torch, *xs, *constants).backward()
        return [x.grad.numpy() for x in xs]

    return evaluate


def of_autograd(program):
    autograd = importlib.import_module("autograd")
    anp = importlib.import_module("autograd.numpy")
    gradient = autograd.grad(lambda xs: program.call(anp, *xs, *program.constants))
    return lambda: gradient(tuple(parameters(program)))


def of_jax(program):
    """Compiled before it is timed; arrays in and out are NumPy's, numbers JAX's."""
    jax = importlib.import_module("jax")
    jax.config.update("jax_enable_x64", True)
    gradient = jax.jit(jax.grad(lambda xs: program.call(jax.numpy, *xs, *program.constants)))
    xs = tuple(jax.numpy.asarray(x) if isinstance(x, float) else x for x in program.point)

    def evaluate():
        return [np.asarray(g) for g in gradient(xs)]

    evaluate()
    return evaluate


LIBRARIES = {
    "leopard": of_leopard,
    "NumPy forward": of_numpy,
    "NumPy by hand": by_hand,
    "PyTorch": of_torch,
    "HIPS autograd": of_autograd,
    "JAX jitted": of_jax,
}


def evaluators(program):
    """An evaluator for each library that is here, once their gradients agree."""
    found, right = {}, None
    for name, make in LIBRARIES.items():
        try:
            evaluate = make(program)
        except ImportError:
            continue
        gradients = evaluate()
        if gradients is not None:
            right = gradients if right is None else right
            for g, r in zip(gradients, right, strict=True):
                np.testing.assert_allclose(g, r, rtol=1e-8, atol=1e-12, err_msg=f"{name}: {program.name}")
        found[name] = evaluate
    return found


def sample(evaluate, seconds):
    """Microseconds of one evaluation: the mean over a short stretch."""
    n, start = 0, time.perf_counter()
    while True:
        evaluate()
        n += 1
        passed = time.perf_counter() - start
        if passed > seconds:
            return passed / n * 1e6


def best(found, rounds, seconds, sample=sample):
    """The best time of each evaluator, sampled in turn."""
    times = {name: [] for name in found}
    for _ in range(rounds):
        for name, evaluate in found.items():
            times[name].append(sample(evaluate, seconds))
    return {name: min(samples) for name, samples in times.items()}


def forward(rounds, seconds):
    """Microseconds of a product of two arrays: recorded, and NumPy's own."""
    x, y = map(leopard.Variable, FORWARD.point)
    found = {"leopard": lambda: FORWARD.call(np, x, y), "NumPy": lambda: FORWARD.call(np, *FORWARD.point)}
    return best(found, rounds, seconds)


PEAK = """
import re, sys
sys.path.insert(0, {here!r})
import numpy as np
from programs import MEMORY
program, size = MEMORY[{name!r}]
library = {library!r}
if library == "PyTorch":
    import torch
    torch.set_num_threads(1)
else:
    import leopard

def gradient(b):
    if library == "PyTorch":
        x = torch.from_numpy(b).requires_grad_()
        program(torch, x).backward()
        return x.grad.numpy()
    x = leopard.Variable(b)
    program(np, x).backward()
    return x.grad.data

def read(what):
    with open("/proc/self/status") as file:
        return int(re.search(what + r":\\s*(\\d+) kB", file.read())[1])

gradient(np.linspace(-1, 1, 1000))
b = np.linspace(-1, 1, size)
with open("/proc/self/clear_refs", "w") as file:
    file.write("5")  # the peak so far is forgotten
before = read("VmRSS")
for _ in range(3):
    gradient(b)
print(read("VmHWM") - before)
"""


def memory(name):
    """MiB by which a process of its own grows at its peak; nothing where Linux's /proc is missing."""
    found = {}
    for library in ("leopard", "PyTorch"):
        code = PEAK.format(here=os.path.dirname(os.path.abspath(__file__)), name=name, library=library)
        run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
        if run.returncode == 0:
            found[library] = int(run.stdout) / 1024
    return found


def threads(rounds):
    """Milliseconds of the gradient of one large graph, and of two on two threads at once."""
    evaluate = of_leopard(ARRAYS[-1])

    def two():
        both = [threading.Thread(target=evaluate) for _ in range(2)]
        for thread in both:
            thread.start()
        for thread in both:
            thread.join()

    found = best({"one": evaluate, "two": two}, rounds, 0)
    return {name: microseconds / 1e3 for name, microseconds in found.items()}


def growth(rounds):
    """Nanoseconds an operation with the cyclic collector on: small graphs, large graphs, and their ratio."""
    table = {}
    for name, (small, large) in GROWTH.items():
        few, many = of_leopard(small), of_leopard(large)
        times = {"small": [], "large": []}
        for _ in range(rounds):
            times["small"].append(sample(few, 0.02) * 1e3 / small.operations)
            times["large"].append(sample(many, 0) * 1e3 / large.operations)
        small_time, large_time = min(times["small"]), min(times["large"])
        table[name] = {"small": small_time, "large": large_time, "ratio": large_time / small_time}
    return table


def import_time(rounds):
    """Milliseconds of `import leopard` once NumPy is there, bytecode cached; the best of fresh processes."""
    program = "import time, numpy; t = time.perf_counter(); import leopard; print(time.perf_counter() - t)"
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    times = []
    for _ in range(rounds + 1):
        run = subprocess.run(
            [sys.executable, "-c", program], capture_output=True, text=True, check=True, env=environment
        )
        times.append(float(run.stdout) * 1e3)
    return min(times[1:])


def versions():
    found = {"python": platform.python_version(), "numpy": np.__version__, "leopard": leopard.__version__}
    for name in ("torch", "autograd", "jax"):
        if name in sys.modules:
            found[name] = importlib.metadata.version(name)
    return found


def measure(quick):
    rounds, seconds = (5, 0.01) if quick else (25, 0.03)
    programs = {}
    for program in SCALARS + ARRAYS:
        programs[program.name] = best(evaluators(program), rounds, seconds)
        print(".", end="", file=sys.stderr, flush=True)
    result = {
        "programs": programs,
        "forward": forward(rounds, seconds),
        "memory": {name: memory(name) for name in MEMORY},
        "threads": threads(rounds),
        "growth": growth(3 if quick else 7),
        "import": import_time(3 if quick else 15),
        "versions": versions(),
    }
    print(file=sys.stderr)
    return result


def report(result):
    names = list(LIBRARIES)
    width = max(map(len, result["programs"])) + 1
    print(f"{'microseconds':{width}}" + "".join(f"{name:>15}" for name in names))
    for program, times in result["programs"].items():
        cells = [f"{times[name]:15.1f}" if name in times else f"{'':>15}" for name in names]
        print(f"{program:{width}}" + "".join(cells))
    print()
    verdicts = []

    def verdict(what, figure, bar, met):
        verdicts.append(met)
        print(f"{what:{width + 16}}{figure}   bar {bar}   {'met' if met else 'MISSED'}")

    for program, rival, bar in BARS:
        times = result["programs"][program]
        if rival not in times:
            print(f"{program:{width}}{rival:15} absent")
            continue
        ratio = times[rival] / times["leopard"]
        verdict(f"{program:{width}}{rival}", f"{ratio:7.2f} times", f"{bar:.3g}", ratio >= bar)
    times = result["forward"]
    ratio = times["NumPy"] / times["leopard"]
    verdict(f"{FORWARD.name} recorded", f"{ratio:7.2f} times NumPy's", "1", ratio >= 1)
    for name, peaks in result["memory"].items():
        if "PyTorch" in peaks:
            figure = f"{peaks['leopard']:5.0f} MiB, PyTorch {peaks['PyTorch']:.0f}"
            verdict(f"peak memory, {name}", figure, "PyTorch's", peaks["leopard"] <= peaks["PyTorch"])
    times = result["threads"]
    figure = f"{times['one']:.1f} ms, two at once {times['two']:.1f}"
    verdict(f"two threads, {ARRAYS[-1].name}", figure, "1.5 times", times["two"] <= 1.5 * times["one"])
    for name, row in result["growth"].items():
        figure = f"{row['small']:.0f} to {row['large']:.0f} ns each, {row['ratio']:.2f} times"
        verdict(f"{name}, 10^3 to 10^6 operations", figure, 2.5, row["ratio"] <= 2.5)
    verdict("import", f"{result['import']:.1f} ms beyond NumPy", 25, result["import"] <= 25)
    return all(verdicts)


def command(description, measure, report, chooses=False):
    """A command line that measures, reports, and with --save writes the figures.

    With `chooses` it has an option --only, whose text is given to `measure`, too.
    """
    parser = argparse.ArgumentParser(description=description)
    if chooses:
        parser.add_argument("--only", metavar="TEXT", default="", help="the works with this in their names")
    parser.add_argument("--quick", action="store_true", help="fewer and shorter samples")
    parser.add_argument("--save", metavar="FILE", help="write the figures as JSON")
    options = parser.parse_args()
    result = measure(options.quick, options.only) if chooses else measure(options.quick)
    report(result)
    if options.save:
        with open(options.save, "w") as file:
            json.dump(result, file, indent=1)


def main():
    command(__doc__.splitlines()[0], measure, report)


if __name__ == "__main__":
    main()
