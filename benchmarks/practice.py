"""Problems of practice beside the best rival for each: solvers, sparse Jacobians, batches, loops, matrices.

    python benchmarks/practice.py [--quick] [--save FILE] [--only TEXT]

One thread each, 64-bit floats, samples interleaved, the best of each, in one run. "At most" is leopard's time
divided by the rival's. Before anything is timed the numbers are compared. A rival that is not installed is
named as absent.
"""

import rivals  # noqa: I001 (first: it counts the threads before NumPy is imported)

import importlib
import statistics
import sys
from functools import partial

import numpy as np
import problems
import replay
import transforms
from programs import chain_of
from replay import Call, numbers

import leopard


def of_jax(f, args, jit=True):
    jax = transforms.jax_of_doubles()
    as_jax = jax.tree_util.tree_map(jax.numpy.asarray, args)
    return Call(jax.jit(f(jax)) if jit else f(jax), as_jax, ready=jax.block_until_ready)


def of_torch(value, args):
    torch = importlib.import_module("torch")
    torch.set_num_threads(1)

    def both(*arrays):
        xs = [torch.tensor(x, requires_grad=True) for x in arrays]
        y = value(torch, *xs)
        y.backward()
        return y.item(), [x.grad.numpy() for x in xs]

    return Call(both, args)


def compiled(f, args):
    return Call(leopard.compile(f), args)


# -- Matrices --------------------------------------------------------------------------------------


def cholesky():
    a = problems.spd(300)
    value = partial(problems.log_determinant, np.linalg.cholesky, np)

    def torchs(torch, a):
        return problems.log_determinant(torch.linalg.cholesky, torch, a)

    yield "leopard", partial(Call, leopard.value_and_grad(value), (a,))
    yield "PyTorch, symmetric", partial(of_torch, torchs, (a,))


def gaussian_process(transform, names):
    args = problems.GP_AT, problems.GP_X, problems.GP_Y
    yield (
        "leopard",
        partial(compiled, getattr(leopard, transform)(partial(problems.gaussian_process, np)), args),
    )
    yield (
        names,
        partial(
            of_jax, lambda jax: getattr(jax, transform)(partial(problems.gaussian_process, jax.numpy)), args
        ),
    )


def mixture(compile):
    args = problems.GMM
    both = leopard.value_and_grad(partial(problems.gmm_loss, np), (0, 1, 2, 3))
    yield "leopard", partial(compiled if compile else Call, both, args)
    if compile:
        yield (
            "JAX jitted",
            partial(
                of_jax,
                lambda jax: jax.value_and_grad(partial(problems.gmm_loss, jax.numpy), (0, 1, 2, 3)),
                args,
            ),
        )
    else:
        yield "PyTorch", partial(mixture_of_torch, args)


class _Torch:
    """PyTorch under the names of NumPy that the mixture uses."""

    def __init__(self, torch):
        self.torch = torch

    def __getattr__(self, name):
        return getattr(self.torch, name)

    def concatenate(self, xs, axis):
        return self.torch.cat(xs, axis)

    def zeros(self, shape):
        return self.torch.zeros(shape, dtype=self.torch.float64)

    def max(self, x, axis=None):
        return self.torch.max(x) if axis is None else self.torch.amax(x, axis)


def mixture_of_torch(args):
    torch = importlib.import_module("torch")
    xp, x = _Torch(torch), torch.tensor(args[-1])
    return of_torch(lambda _, *xs: problems.gmm_loss(xp, *xs, x), args[:-1])


# -- Products of Hessians, small Jacobians -----------------------------------------------------------

CHAIN = chain_of(1000)


def chain_products(compile):
    f = partial(CHAIN.call, np)
    args = tuple(map(np.asarray, CHAIN.point))
    directions = tuple([np.ones(x.shape) for x in args])

    def product(*both):
        return leopard.hvp(lambda v: f(*v), both[:2], both[2:])

    def of_jaxs(jax):
        g = jax.grad(partial(CHAIN.call, jax.numpy), (0, 1))
        return lambda *both: jax.jvp(g, both[:2], both[2:])[1]

    yield "leopard", partial(compiled if compile else Call, product, (*args, *directions))
    if compile:
        yield "JAX jitted", partial(of_jax, of_jaxs, (*args, *directions))
    else:
        yield "its gradient", partial(Call, leopard.grad(f, (0, 1)), args)


def two_by_two(xp, x):
    return xp.stack([x[0] ** 2 * xp.sin(x[1]), xp.exp(x[0]) * x[1]])


def small_jacobian(compile):
    x = np.array([0.7, 0.3])
    matrix = leopard.jacobian(partial(two_by_two, np))
    yield "leopard", partial(compiled if compile else Call, matrix, (x,))
    if compile:
        yield "JAX jitted", partial(of_jax, lambda jax: jax.jacobian(partial(two_by_two, jax.numpy)), (x,))
    else:
        yield (
            "the gradient of its sum",
            partial(Call, leopard.grad(lambda x: np.sum(two_by_two(np, x))), (x,)),
        )


# -- Loops -------------------------------------------------------------------------------------------


def loop(problem, args, transform="value_and_grad", argnums=0):
    """A compiled Python loop beside `jax.lax.scan`."""
    yield "leopard", partial(compiled, getattr(leopard, transform)(partial(problem, np), argnums), args)

    def of_jaxs(jax):
        return getattr(jax, transform)(partial(problem, jax.numpy, scan=jax.lax.scan), argnums)

    yield "JAX scan", partial(of_jax, of_jaxs, args)


def runge_kutta_eager():
    f = partial(problems.runge_kutta, np)
    yield "leopard", partial(Call, leopard.value_and_grad(f), (problems.RATES,))
    yield "NumPy forward", partial(Call, f, (problems.RATES,))


def small(name, n):
    """Forward and back through 50 operations of one kind, beside NumPy's forward pass."""
    f = partial(problems.small_chain, problems.SMALL[name], np)
    x, y = problems.small_point(n)
    yield "leopard", partial(Call, leopard.value_and_grad(f), (x, y))
    yield "NumPy forward", partial(Call, f, (x, y))


# -- Solvers -----------------------------------------------------------------------------------------


def lotka_volterra():
    scipy = importlib.import_module("scipy.integrate")
    ours = importlib.import_module("leopard.scipy.integrate")
    start, span = np.ones(2), (0.0, 10.0)

    def value(p):
        y = ours.solve_ivp(problems.lotka_volterra, span, start, args=tuple(p), rtol=1e-6, atol=1e-9).y
        return np.sum(y[:, -1] ** 2)

    def slope(t, y, a, b, c, d):
        return [a * y[0] - b * y[0] * y[1], c * y[0] * y[1] - d * y[1]]

    def plain(p):
        y = scipy.solve_ivp(slope, span, start, args=tuple(p), rtol=1e-6, atol=1e-9).y
        return np.sum(y[:, -1] ** 2)

    yield "leopard", partial(Call, leopard.value_and_grad(value), (problems.RATES,))
    yield "SciPy's values", partial(Call, plain, (problems.RATES,))


def rod():
    sparse, linalg = importlib.import_module("scipy.sparse"), importlib.import_module("scipy.sparse.linalg")
    ours = importlib.import_module("leopard.scipy.sparse")
    ours_linalg = importlib.import_module("leopard.scipy.sparse.linalg")
    value = partial(problems.rod, ours.csr_array, ours_linalg.spsolve)
    plain = partial(problems.rod, sparse.csr_array, linalg.spsolve)
    yield "leopard", partial(Call, leopard.value_and_grad(value), (problems.ROD_K,))
    yield "SciPy's values", partial(Call, plain, (problems.ROD_K,))


def bundle_jacobian():
    x = problems.BUNDLE[0]
    matrix = leopard.sparse_jacobian(problems.bundle_residuals)
    yield "leopard", partial(Call, lambda x: matrix(x).data.sum(), (x,))
    yield "its residuals", partial(Call, problems.bundle_residuals, (x,))


def bundle_fit():
    scipy, ours = importlib.import_module("scipy.optimize"), importlib.import_module("leopard.scipy.optimize")
    x = problems.BUNDLE[0]
    pattern = leopard.sparse_jacobian(problems.bundle_residuals)(x)
    pattern.data[:] = 1
    options = {"method": "trf", "x_scale": "jac", "ftol": 1e-8, "max_nfev": 30}

    def fit():
        return ours.least_squares(problems.bundle_residuals, x, **options).cost

    def by_differences():
        return scipy.least_squares(problems.bundle_residuals, x, jac_sparsity=pattern, **options).cost

    yield "leopard", partial(Call, fit)
    yield "SciPy's differences", partial(Call, by_differences)


def per_example():
    args = problems.NETWORK, *problems.EXAMPLES
    f = leopard.vmap(leopard.grad(partial(problems.network_loss, np)), (None, 0, 0))

    def of_jaxs(jax):
        return jax.vmap(jax.grad(partial(problems.network_loss, jax.numpy)), (None, 0, 0))

    yield "leopard", partial(compiled, f, args)
    yield "JAX vmap, jitted", partial(of_jax, of_jaxs, args)


# (work, how its calls are made, what is compared with, at most)
ROWS = [
    ("Cholesky, n = 300", cholesky, "PyTorch, symmetric", 1.1),
    ("Gaussian process, 300", partial(gaussian_process, "value_and_grad", "JAX jitted"), "JAX jitted", 1.3),
    ("its Hessian in 4", partial(gaussian_process, "hessian", "JAX jitted"), "JAX jitted", 1.5),
    ("hvp of 1000 operations, eager", partial(chain_products, False), "its gradient", 5),
    ("hvp of 1000 operations, compiled", partial(chain_products, True), "JAX jitted", 1.0),
    ("Jacobian of 2 in 2, eager", partial(small_jacobian, False), "the gradient of its sum", 2),
    ("Jacobian of 2 in 2, compiled", partial(small_jacobian, True), "JAX jitted", 1.0),
    ("Runge-Kutta, 400 steps, eager", runge_kutta_eager, "NumPy forward", 2.0),
    (
        "Runge-Kutta, 400 steps, compiled",
        partial(loop, problems.runge_kutta, (problems.RATES,)),
        "JAX scan",
        0.8,
    ),
    ("HMM, 500 x 5", partial(loop, problems.hidden_markov, problems.HMM, argnums=(0, 1)), "JAX scan", 2.0),
    ("Kalman, 200", partial(loop, problems.kalman, (problems.KALMAN_AT, problems.KALMAN_Y)), "JAX scan", 4.0),
    ("heat, 2000 steps", partial(loop, problems.heat, problems.HEAT), "JAX scan", 1.5),
    (
        "Kalman's Hessian in 3",
        partial(loop, problems.kalman, (problems.KALMAN_AT, problems.KALMAN_Y), "hessian"),
        "JAX scan",
        6.0,
    ),
    ("Lotka-Volterra by solve_ivp", lotka_volterra, "SciPy's values", 8),
    ("rod, 40 sparse solves of 200", rod, "SciPy's values", 3),
    ("bundle Jacobian, 1162 x 360", bundle_jacobian, "its residuals", 12),
    ("bundle fit", bundle_fit, "SciPy's differences", 0.7),
    ("500 gradients, vmap", per_example, "JAX vmap, jitted", 1.3),
    ("GMM, d = 10, K = 25, eager", partial(mixture, False), "PyTorch", 1.0),
    ("GMM, d = 10, K = 25, compiled", partial(mixture, True), "JAX jitted", 1.0),
]
SMALL_ROWS = [(name, n) for name in problems.SMALL for n in problems.SIZES]
#: The most of the median, and of the worst, of the small operations; and of the growth of a chain's time.
SMALL_BARS, GROWTH = (2.5, 5.0), 1.5
# Numbers of these are other ones: values alone, or PyTorch's symmetric gradient of Cholesky, of which leopard
# has the lower triangle (docs/conventions.md).
UNLIKE = {
    "its gradient", "the gradient of its sum", "NumPy forward", "SciPy's values", "its residuals",
    "PyTorch, symmetric",
}  # fmt: skip


def evaluators(makes):
    """The calls of those that are here, once their numbers agree where they are of the same kind."""
    found, right = {}, None
    for name, make in makes():
        try:
            call = make()
        except ImportError:
            continue
        for _ in range(3):  # recorded, recorded again, replayed
            y = call()
        if name not in UNLIKE:
            y = numbers(y)
            right = y if right is None else right
            np.testing.assert_allclose(y, right, rtol=1e-6, atol=1e-7 * np.max(np.abs(right)), err_msg=name)
        found[name] = call
    return found


def measure(quick, only):
    rounds, seconds = (5, 0.01) if quick else (25, 0.03)
    works, operations = {}, {}
    for work, makes, *_ in ROWS:
        if only in work:
            try:
                works[work] = rivals.best(evaluators(makes), rounds, seconds, Call.sample)
            except (ImportError, AttributeError, TypeError, AssertionError) as error:
                works[work] = {}
                print(f"{work}: {type(error).__name__}: {str(error)[:300]}", file=sys.stderr)
            print(".", end="", file=sys.stderr, flush=True)
    for name, n in SMALL_ROWS:
        if only in "small operations":
            times = rivals.best(evaluators(partial(small, name, n)), rounds, seconds, Call.sample)
            operations[f"{name}, {n}"] = times["leopard"] / times["NumPy forward"]
    grown = rivals.growth(3 if quick else 7) if only in "growth" else {}
    print(file=sys.stderr)
    machine = {"instructions": replay.instructions(), "BLAS": replay.blas()}
    found = {"works": works, "operations": operations, "growth": grown}
    return found | {"machine": machine, "versions": rivals.versions()}


def report(result):
    print(", ".join(f"{name}: {said}" for name, said in (result["machine"] | result["versions"]).items()))
    verdicts = []

    def verdict(what, ours, other, ratio, bar):
        verdicts.append(ratio <= bar)
        said = "met" if ratio <= bar else "MISSED"
        print(f"{what:36}{ours:>12}{other:>36}{ratio:8.2f}   at most {bar}   {said}")

    for work, _, rival, bar in ROWS:
        times = result["works"].get(work)
        if times is None:
            continue
        if "leopard" not in times or rival not in times:
            print(f"{work:36}  absent")
            continue
        ours, other = times["leopard"], times[rival]
        verdict(work, f"{ours:.1f}", f"{rival} {other:.1f}", ours / other, bar)
    if result["operations"]:
        for name, ratio in sorted(result["operations"].items(), key=lambda pair: -pair[1])[:8]:
            print(f"    {name:32}{ratio:8.2f}")
        ratios = list(result["operations"].values())
        for what, figure, bar in zip(
            ("median", "worst"), (statistics.median(ratios), max(ratios)), SMALL_BARS, strict=True
        ):
            verdict(f"small operations, {what}", "", "NumPy forward", figure, bar)
    for name, times in result["growth"].items():
        few, many = f"{times['large']:.0f}", f"10^3 operations {times['small']:.0f}"
        verdict(f"{name} of 10^6 operations, ns each", few, many, times["ratio"], GROWTH)
    return all(verdicts)


def main():
    rivals.command(__doc__.splitlines()[0], measure, report, chooses=True)


if __name__ == "__main__":
    main()
