"""Per-example gradients of a small network: `compile(vmap(grad(loss)))` beside JAX's jitted `vmap`.

    python benchmarks/batches.py

One thread each, 64-bit floats, samples interleaved, the best of each, from the third call on. The gradients
are compared before anything is timed.
"""

import rivals  # noqa: F401, I001 (first: it counts the threads before NumPy is imported)

import importlib.util
import time

import numpy as np
import transforms

from leopard import compile, grad, vmap

EXAMPLES, SIZES, ROUNDS, BAR = 500, (10, 20, 1), 300, 1.3


def loss_of(np):
    """The squared error of a network with one hidden layer, for one example."""

    def loss(p, x, y):
        hidden = np.tanh(x @ p["w1"] + p["b1"])
        return np.sum((hidden @ p["w2"] + p["b2"] - y) ** 2)

    return loss


def arguments(rng):
    n, m, k = SIZES
    shapes = {"w1": (n, m), "b1": (m,), "w2": (m, k), "b2": (k,)}
    p = {name: rng.normal(size=shape) for name, shape in shapes.items()}
    return p, rng.normal(size=(EXAMPLES, n)), rng.normal(size=(EXAMPLES, k))


def by_jax(args):
    jax = transforms.jax_of_doubles()
    f = jax.jit(jax.vmap(jax.grad(loss_of(jax.numpy)), (None, 0, 0)))
    args = jax.tree_util.tree_map(jax.numpy.asarray, args)
    return lambda: jax.block_until_ready(f(*args))


def main():
    args = arguments(np.random.default_rng(0))
    eager = vmap(grad(loss_of(np)), in_axes=(None, 0, 0))
    compiled = compile(eager)
    calls = {"leopard, compiled": lambda: compiled(*args), "leopard, eager": lambda: eager(*args)}
    if importlib.util.find_spec("jax"):
        calls["JAX, jitted"] = by_jax(args)
    found = {name: [call() for _ in range(3)][-1] for name, call in calls.items()}
    for other in found.values():
        for name, g in found["leopard, eager"].items():
            np.testing.assert_allclose(g, other[name], rtol=1e-9, atol=1e-9)
    best = dict.fromkeys(calls, np.inf)
    for _ in range(ROUNDS):
        for name, call in calls.items():
            start = time.perf_counter()
            call()
            best[name] = min(best[name], time.perf_counter() - start)
    for name, seconds in best.items():
        print(f"{name:20} {1e6 * seconds:8.1f} us")
    if "JAX, jitted" in best:
        ratio = best["leopard, compiled"] / best["JAX, jitted"]
        print(f"compiled / jitted    {ratio:8.2f}, to be at most {BAR}")


if __name__ == "__main__":
    main()
