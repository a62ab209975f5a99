"""The whole programs that are measured: NumPy code of two scalar inputs, for any library that reads it.

`xp` is the library's namespace (numpy, leopard, torch, jax.numpy, autograd.numpy); each program
returns one scalar.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial


@dataclass(frozen=True)
class Program:
    """A function of (xp, x, y), the point where it is differentiated, and its recorded operations."""

    name: str
    call: Callable
    point: tuple
    operations: int


def sphere(xp, x, y):
    return x**2 + y**2


def matyas(xp, x, y):
    return 0.26 * (x**2 + y**2) - 0.48 * x * y


def goldstein_price(xp, x, y):
    return (1 + (x + y + 1) ** 2 * (19 - 14 * x + 3 * x**2 - 14 * y + 6 * x * y + 3 * y**2)) * (
        30 + (2 * x - 3 * y) ** 2 * (18 - 32 * x + 12 * x**2 + 48 * y - 36 * x * y + 27 * y**2)
    )


def chain(xp, z, y, n=1000):
    """Deep: z * y * y * ... from a 0-d z."""
    for _ in range(n):
        z = z * y
    return z


def branches(xp, x, y, n=1000):
    """Wide: n products of x and a constant, each multiplied by y, summed one after another."""
    s = 0.0
    for _ in range(n):
        s = s + (x * 1.5) * y
    return s


def kepler(xp, e, M, steps=10):
    """The eccentric anomaly: Newton's iteration for E - e sin E = M, from E = M."""
    sin, cos = xp.sin, xp.cos
    E = M
    for _ in range(steps):
        E = E - (E - e * sin(E) - M) / (1 - e * cos(E))
    return E


def chain_of(n):
    return Program(f"chain of {n}", partial(chain, n=n), (1.0, 1.0001), n)


def branches_of(n):
    return Program(f"{n} branches", partial(branches, n=n), (1.0, 2.0), 3 * n)


GOLDSTEIN_PRICE = Program("Goldstein-Price", goldstein_price, (1.0, 1.0), 38)
KEPLER = Program("Kepler", kepler, (0.3, 1.0), 90)
WHOLE = [GOLDSTEIN_PRICE, chain_of(1000), branches_of(1000), KEPLER]
SEED = [
    Program("sphere", sphere, (1.0, 1.0), 3),
    Program("matyas", matyas, (1.0, 1.0), 7),
    GOLDSTEIN_PRICE,
    *map(chain_of, (10, 100, 1000)),
]
# The same program at 10^3 and at 10^6 operations.
GROWTH = {
    "chain": (chain_of(10**3), chain_of(10**6)),
    "wide": (branches_of(333), branches_of(333_333)),
}
