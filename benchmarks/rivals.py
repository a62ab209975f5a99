"""leopard beside its rivals: one evaluation builds the graph, walks it back and reads all gradients.

    python benchmarks/rivals.py [--quick] [--save FILE]

One thread each, 64-bit floats, samples interleaved, the best of each. A rival that is not installed is
named as absent. Before anything is timed the gradients are compared.
"""

import os

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
import time

import numpy as np
from programs import GROWTH, WHOLE

import leopard

# What the foundation is to reach: (program, against whom, at least this many times faster).
BARS = [
    ("Goldstein-Price", "PyTorch", 45),
    ("Goldstein-Price", "NumPy forward", 1.4),
    ("chain of 1000", "PyTorch", 50),
    ("chain of 1000", "NumPy forward", 3.5),
    ("1000 branches", "PyTorch", 45),
    ("1000 branches", "NumPy forward", 2.5),
    ("Kepler", "PyTorch", 20),
    ("Kepler", "NumPy forward", 1),
]


def of_leopard(program):
    def evaluate():
        xs = [leopard.Variable(np.array(x)) for x in program.point]
        program.call(leopard, *xs).backward()
        return [x.grad.data for x in xs]

    return evaluate


def of_numpy(program):
    """Forward only: what the bookkeeping is to cost less than."""

    def evaluate():
        program.call(np, *[np.array(x) for x in program.point])

    return evaluate


def of_torch(program):
    torch = importlib.import_module("torch")
    torch.set_num_threads(1)

    def evaluate():
        xs = [torch.tensor(x, dtype=torch.float64, requires_grad=True) for x in program.point]
        program.call(torch, *xs).backward()
        return [x.grad.item() for x in xs]

    return evaluate


def of_autograd(program):
    autograd = importlib.import_module("autograd")
    anp = importlib.import_module("autograd.numpy")
    gradient = autograd.grad(lambda xs: program.call(anp, xs[0], xs[1]))

    def evaluate():
        return [float(g) for g in gradient(tuple(np.array(x) for x in program.point))]

    return evaluate


def of_jax(program):
    jax = importlib.import_module("jax")
    jax.config.update("jax_enable_x64", True)
    gradient = jax.jit(jax.grad(lambda x, y: program.call(jax.numpy, x, y), argnums=(0, 1)))
    xs = [jax.numpy.asarray(x) for x in program.point]

    def evaluate():
        return [float(g) for g in gradient(*xs)]

    evaluate()  # compiled before it is timed
    return evaluate


LIBRARIES = {
    "leopard": of_leopard,
    "NumPy forward": of_numpy,
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
            np.testing.assert_allclose(gradients, right, rtol=1e-9, err_msg=f"{name}: {program.name}")
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


def best(found, rounds, seconds):
    """Of each the best of samples taken in turn."""
    times = {name: [] for name in found}
    for _ in range(rounds):
        for name, evaluate in found.items():
            times[name].append(sample(evaluate, seconds))
    return {name: min(samples) for name, samples in times.items()}


def growth(rounds):
    """Nanoseconds an operation, the collector on: small graphs, large graphs, and their ratio."""
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
    for program in WHOLE:
        programs[program.name] = best(evaluators(program), rounds, seconds)
        print(".", end="", file=sys.stderr, flush=True)
    result = {
        "programs": programs,
        "growth": growth(3 if quick else 7),
        "import": import_time(3 if quick else 15),
        "versions": versions(),
    }
    print(file=sys.stderr)
    return result


def report(result):
    names = list(LIBRARIES)
    print(f"{'microseconds':18}" + "".join(f"{name:>15}" for name in names))
    for program, times in result["programs"].items():
        cells = [f"{times[name]:15.1f}" if name in times else f"{'absent':>15}" for name in names]
        print(f"{program:18}" + "".join(cells))
    print()
    all_met = True
    for program, rival, bar in BARS:
        times = result["programs"][program]
        if rival not in times:
            print(f"{program:18}{rival:15} absent")
            continue
        ratio = times[rival] / times["leopard"]
        all_met &= ratio >= bar
        print(
            f"{program:18}{rival:15}{ratio:7.1f} times   bar {bar:5}   {'met' if ratio >= bar else 'MISSED'}"
        )
    for name, row in result["growth"].items():
        met = row["ratio"] <= 2.5
        all_met &= met
        print(
            f"{name:18}10^3 to 10^6 operations: {row['small']:.0f} to {row['large']:.0f} ns each, "
            f"{row['ratio']:.2f} times   bar 2.5   {'met' if met else 'MISSED'}"
        )
    met = result["import"] <= 15
    print(f"{'import':18}{result['import']:.1f} ms beyond NumPy   bar 15   {'met' if met else 'MISSED'}")
    return all_met and met


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="fewer and shorter samples")
    parser.add_argument("--save", metavar="FILE", help="write the figures as JSON")
    options = parser.parse_args()
    result = measure(options.quick)
    report(result)
    if options.save:
        with open(options.save, "w") as file:
            json.dump(result, file, indent=1)


if __name__ == "__main__":
    main()
