"""leopard's transforms beside their rivals': each library written as its users write it.

    python benchmarks/transforms.py [--quick] [--save FILE]

Measured as `rivals.py` measures: one thread each, 64-bit floats, samples interleaved, the best of each. A
rival that is not installed is named as absent. Before anything is timed the numbers are compared.
"""

import rivals  # noqa: I001 (first: it counts the threads before NumPy is imported)

import importlib
import sys
from functools import partial

import numpy as np
from programs import ARRAYS, FUNNEL, GOLDSTEIN_PRICE, KEPLER, ROSENBROCK_50
from table import short

import leopard

# What is to be reached: (work, against whom, at least this many times faster).
BARS = [
    ("value and gradient, Goldstein-Price", "PyTorch", 30),
    ("value and gradient, Goldstein-Price", "HIPS autograd", 60),
    ("Hessian, Rosenbrock, n = 50", "HIPS autograd", 20),
    ("Hessian, Rosenbrock, n = 50", "PyTorch", 8),
    ("1000 leapfrog steps, funnel", "HIPS autograd", 15),
    ("1000 leapfrog steps, funnel", "PyTorch", 8),
    ("1000 leapfrog steps, funnel", "JAX jitted", 1.3),
]
LIBRARIES = ["leopard", "PyTorch", "HIPS autograd", "JAX jitted", "JAX, each step", "JAX, whole loop"]
# `jvp` takes at most this many times as long as `vjp`, of these functions.
WITHIN = 1.3
BOTH_WAYS = [GOLDSTEIN_PRICE, KEPLER, ROSENBROCK_50, FUNNEL] + [
    p for p in ARRAYS if p.name.startswith(("MLP 64", "RNN", "Gaussian", "tanh"))
]


def torch_of_one_thread():
    torch = importlib.import_module("torch")
    torch.set_num_threads(1)
    return torch


def jax_of_doubles():
    jax = importlib.import_module("jax")
    jax.config.update("jax_enable_x64", True)
    return jax


# -- Value and gradient ----------------------------------------------------------------------------


def value_and_gradient_of_leopard():
    both = leopard.value_and_grad(partial(GOLDSTEIN_PRICE.call, np), (0, 1))
    return lambda: both(*GOLDSTEIN_PRICE.point)


def value_and_gradient_of_torch():
    torch = torch_of_one_thread()

    def evaluate():
        xs = [torch.tensor(x, dtype=torch.float64, requires_grad=True) for x in GOLDSTEIN_PRICE.point]
        y = GOLDSTEIN_PRICE.call(torch, *xs)
        y.backward()
        return y.item(), [x.grad.item() for x in xs]

    return evaluate


def value_and_gradient_of_autograd():
    autograd, anp = importlib.import_module("autograd"), importlib.import_module("autograd.numpy")
    both = autograd.value_and_grad(partial(GOLDSTEIN_PRICE.call, anp), (0, 1))
    return lambda: both(*GOLDSTEIN_PRICE.point)


def value_and_gradient_of_jax():
    jax = jax_of_doubles()
    both = jax.jit(jax.value_and_grad(partial(GOLDSTEIN_PRICE.call, jax.numpy), (0, 1)))
    point = [jax.numpy.asarray(x) for x in GOLDSTEIN_PRICE.point]

    def evaluate():
        y, gradient = both(*point)
        return float(y), [float(g) for g in gradient]

    return evaluate


# -- Hessian ---------------------------------------------------------------------------------------

(PLACE,) = ROSENBROCK_50.point


def hessian_of_leopard():
    matrix = leopard.hessian(partial(ROSENBROCK_50.call, np))
    return lambda: matrix(PLACE)


def hessian_of_torch():
    torch = torch_of_one_thread()
    matrix = torch.func.hessian(partial(ROSENBROCK_50.call, torch))
    x = torch.from_numpy(PLACE)
    return lambda: matrix(x).numpy()


def hessian_of_autograd():
    autograd, anp = importlib.import_module("autograd"), importlib.import_module("autograd.numpy")
    matrix = autograd.hessian(partial(ROSENBROCK_50.call, anp))
    return lambda: matrix(PLACE)


def hessian_of_jax():
    jax = jax_of_doubles()
    matrix = jax.jit(jax.hessian(partial(ROSENBROCK_50.call, jax.numpy)))
    return lambda: np.asarray(matrix(PLACE))


# -- Leapfrog --------------------------------------------------------------------------------------

(START,) = FUNNEL.point
MOMENTUM = np.cos(np.arange(10.0))
STEP, STEPS = 0.01, 1000


def leap(slope, q, p):
    q = q + STEP * p
    return q, p - STEP * slope(q)


def one_by_one(step, q, p):
    for _ in range(STEPS - 1):
        q, p = step(q, p)
    return q, p


def leapfrog(slope, q, p, steps=None):
    """Along Hamilton's equations, in arrays of any library; `steps` are all but the last."""
    q, p = (steps or partial(one_by_one, partial(leap, slope)))(q, p - STEP / 2 * slope(q))
    q = q + STEP * p
    return q, p - STEP / 2 * slope(q)


def leapfrog_of_leopard():
    return lambda: leapfrog(leopard.grad(partial(FUNNEL.call, np)), START, MOMENTUM)


def leapfrog_of_torch():
    torch = torch_of_one_thread()

    def slope(q):
        q = q.detach().requires_grad_()
        return torch.autograd.grad(FUNNEL.call(torch, q), q)[0]

    return lambda: [z.numpy() for z in leapfrog(slope, torch.from_numpy(START), torch.from_numpy(MOMENTUM))]


def leapfrog_of_autograd():
    autograd, anp = importlib.import_module("autograd"), importlib.import_module("autograd.numpy")
    return lambda: leapfrog(autograd.grad(partial(FUNNEL.call, anp)), START, MOMENTUM)


def leapfrog_of_jax():
    """The gradient is jitted, the steps are NumPy's: JAX's own arithmetic without jit takes longer."""
    jax = jax_of_doubles()
    slope = jax.jit(jax.grad(partial(FUNNEL.call, jax.numpy)))
    return lambda: leapfrog(lambda q: np.asarray(slope(q)), START, MOMENTUM)


def leapfrog_of_jax_by_steps(ready=np.asarray):
    """A whole step is jitted, not only the gradient."""
    jax = jax_of_doubles()
    slope = jax.jit(jax.grad(partial(FUNNEL.call, jax.numpy)))
    step = jax.jit(partial(leap, slope))
    start = jax.numpy.asarray(START), jax.numpy.asarray(MOMENTUM)
    return lambda: [ready(z) for z in leapfrog(slope, *start, partial(one_by_one, step))]


def leapfrog_of_jax_in_a_loop(ready=np.asarray):
    """All steps are jitted: possible where the program does nothing else between them."""
    jax = jax_of_doubles()
    slope = jax.grad(partial(FUNNEL.call, jax.numpy))

    def steps(q, p):
        return jax.lax.scan(lambda state, _: (leap(slope, *state), None), (q, p), None, STEPS - 1)[0]

    whole = jax.jit(lambda q, p: leapfrog(slope, q, p, steps))
    start = jax.numpy.asarray(START), jax.numpy.asarray(MOMENTUM)
    return lambda: [ready(z) for z in whole(*start)]


WORKS = {
    "value and gradient, Goldstein-Price": {
        "leopard": value_and_gradient_of_leopard,
        "PyTorch": value_and_gradient_of_torch,
        "HIPS autograd": value_and_gradient_of_autograd,
        "JAX jitted": value_and_gradient_of_jax,
    },
    "Hessian, Rosenbrock, n = 50": {
        "leopard": hessian_of_leopard,
        "PyTorch": hessian_of_torch,
        "HIPS autograd": hessian_of_autograd,
        "JAX jitted": hessian_of_jax,
    },
    "1000 leapfrog steps, funnel": {
        "leopard": leapfrog_of_leopard,
        "PyTorch": leapfrog_of_torch,
        "HIPS autograd": leapfrog_of_autograd,
        "JAX jitted": leapfrog_of_jax,
        "JAX, each step": leapfrog_of_jax_by_steps,
        "JAX, whole loop": leapfrog_of_jax_in_a_loop,
    },
}


def evaluators(work, works=WORKS):
    """An evaluator for each library that is here, once their numbers agree."""
    found, right = {}, None
    for name, make in works[work].items():
        try:
            evaluate = make()
        except ImportError:
            continue
        numbers = np.concatenate([np.ravel(x) for x in evaluate()])
        right = numbers if right is None else right
        np.testing.assert_allclose(numbers, right, rtol=1e-8, atol=1e-8, err_msg=f"{name}: {work}")
        found[name] = evaluate
    return found


def both_ways(program):
    """Evaluators of a program's jvp and vjp with respect to all its parameters."""
    primals = rivals.parameters(program)
    tangents = tuple(np.ones_like(x) for x in primals)

    def f(*xs):
        return program.call(np, *xs, *program.constants)

    def forward():
        return leopard.jvp(f, tuple(primals), tangents)

    def back():
        y, pullback = leopard.vjp(f, *primals)
        return y, pullback(1.0)

    (y, pushed), (z, pulled) = forward(), back()
    np.testing.assert_allclose(y, z)
    np.testing.assert_allclose(pushed, sum(np.sum(g) for g in pulled), rtol=1e-8, err_msg=program.name)
    return {"jvp": forward, "vjp": back}


def measure(quick):
    rounds, seconds = (5, 0.01) if quick else (25, 0.03)
    works, ways = {}, {}
    for work in WORKS:
        works[work] = rivals.best(evaluators(work), rounds, seconds)
        print(".", end="", file=sys.stderr, flush=True)
    for program in BOTH_WAYS:
        ways[program.name] = rivals.best(both_ways(program), rounds, seconds)
        print(".", end="", file=sys.stderr, flush=True)
    print(file=sys.stderr)
    return {"works": works, "both ways": ways, "versions": rivals.versions()}


def report_works(works, libraries, bars):
    """Print the times of works and whether their bars are met; those verdicts, and the function for more."""
    width = max(map(len, works)) + 1
    print(f"{'microseconds':{width}}" + "".join(f"{name:>16}" for name in libraries))
    for work, times in works.items():
        cells = [f"{short(times[name]) if name in times else '':>16}" for name in libraries]
        print(f"{work:{width}}" + "".join(cells))
    print()
    verdicts = []

    def verdict(what, figure, bar, met):
        verdicts.append(met)
        print(f"{what:{width + 16}}{figure:7.2f} times   bar {bar}   {'met' if met else 'MISSED'}")

    for work, rival, bar in bars:
        times = works[work]
        if rival not in times:
            print(f"{work:{width}}{rival:15} absent")
            continue
        ratio = times[rival] / times["leopard"]
        verdict(f"{work:{width}}{rival}", ratio, f"{bar:.3g}", ratio >= bar)
    return verdicts, verdict


def report(result):
    verdicts, verdict = report_works(result["works"], LIBRARIES, BARS)
    width = max(map(len, result["both ways"])) + 1
    print(f"\n{'microseconds':{width}}{'jvp':>15}{'vjp':>15}")
    for name, times in result["both ways"].items():
        print(f"{name:{width}}{times['jvp']:15.1f}{times['vjp']:15.1f}")
    print()
    for name, times in result["both ways"].items():
        ratio = times["jvp"] / times["vjp"]
        verdict(f"jvp against vjp, {name}", ratio, f"at most {WITHIN}", ratio <= WITHIN)
    return all(verdicts)


def main():
    rivals.command(__doc__.splitlines()[0], measure, report)


if __name__ == "__main__":
    main()
