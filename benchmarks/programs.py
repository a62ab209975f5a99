"""The programs that are measured: NumPy code, for any library with NumPy's functions.

`xp` is the library's namespace (numpy, torch, jax.numpy, autograd.numpy); each program returns one scalar.
Its parameters are differentiated, its constants are not.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial

import numpy as np


@dataclass(frozen=True)
class Program:
    """A function of (xp, *parameters, *constants), where it is differentiated, and its recorded operations.

    `by_hand` computes value and gradient with NumPy, written by hand: a function of (*parameters, *constants)
    that returns the value and a tuple of one array for each parameter.
    """

    name: str
    call: Callable
    point: tuple
    operations: int
    constants: tuple = field(default=())
    by_hand: Callable | None = None


# -- Scalars -------------------------------------------------------------------------------------


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
SCALARS = [GOLDSTEIN_PRICE, chain_of(1000), branches_of(1000), KEPLER]
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


# -- Arrays --------------------------------------------------------------------------------------


def rosenbrock(xp, x):
    return xp.sum(100 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2)


def rosenbrock_gradient(x):
    d, e = x[1:] - x[:-1] ** 2, 1 - x[:-1]
    g = np.zeros_like(x)
    g[1:] = 200 * d
    g[:-1] -= 400 * x[:-1] * d + 2 * e
    return np.sum(100 * d**2 + e**2), (g,)


def funnel(xp, q):
    """Minus the log density of Neal's funnel, up to a constant."""
    v, x = q[0], q[1:]
    return v**2 / 18 + len(x) / 2 * v + xp.exp(-v) * xp.sum(x**2) / 2


def logistic_loss(xp, w, X, t):
    """The mean of log(1 + exp(-t X w)), for labels t of -1 and 1."""
    return xp.mean(xp.log(1 + xp.exp(-t * (X @ w))))


def mlp_loss(xp, W1, b1, W2, b2, X, T):
    """Mean square error of a layer of tanh and a linear one."""
    h = xp.tanh(X @ W1 + b1)
    return xp.mean((h @ W2 + b2 - T) ** 2)


def mlp_gradient(W1, b1, W2, b2, X, T):
    h = np.tanh(X @ W1 + b1)
    e = h @ W2 + b2 - T
    gy = e * (2 / e.size)
    gh = (gy @ W2.T) * (1 - h**2)
    return np.mean(e**2), (X.T @ gh, gh.sum(axis=0), h.T @ gy, gy.sum(axis=0))


def rnn_loss(xp, W, U, b, *xs):
    """Sum of squares of the last state of h = tanh(x W + h U + b)."""
    h = xp.tanh(xs[0] @ W + b)
    for x in xs[1:]:
        h = xp.tanh(x @ W + h @ U + b)
    return xp.sum(h * h)


def gaussian_log_density(xp, mu, sigma, X):
    """The log density of independent normal coordinates, up to a constant."""
    z = (X - mu) / sigma
    return xp.sum(-0.5 * z**2 - xp.log(sigma))


def product(xp, x, y):
    return x * y


def large(xp, b):
    return xp.sum(xp.tanh(xp.exp(0.1 * b)) * b)


def large_gradient(b):
    e = np.exp(0.1 * b)
    t = np.tanh(e)
    return np.sum(t * b), (t + b * (1 - t**2) * e * 0.1,)


def elementwise_chain(xp, x, n=50):
    """A chain of n elementwise operations, whose values stay in the interval of x."""
    for _ in range(n // 5):
        x = xp.tanh(xp.sin(x * 1.1) + 0.1) * 0.9
    return xp.sum(x)


# -- Programs of ADBench -------------------------------------------------------------------------
# F. Srajer, Z. Kukelova, A. Fitzgibbon, A benchmark of selected algorithmic differentiation tools on some
# problems in computer vision and machine learning, Optimization Methods and Software 33 (2018).


def lstm_cell(xp, w, b, h, c, x):
    """The next output and memory of a long short-term memory whose gates have diagonal weights."""
    n, gates = len(x), xp.concatenate([x, h, x, h]) * w + b
    opened = 1 / (1 + xp.exp(-gates[: 3 * n]))
    c = c * opened[:n] + xp.tanh(gates[3 * n :]) * opened[n : 2 * n]
    return opened[2 * n :] * xp.tanh(c), c


def unrolled(step, carry, xs):
    """The scan of a library whose loops are Python's."""
    for x in xs:
        carry, _ = step(carry, x)
    return carry, None


def lstm_loss(xp, weights, biases, extra, outputs, memories, sequence, scan=unrolled):
    """Minus the mean log likelihood of each row of a sequence, given those before it."""
    cells = [(weights[k], biases[k]) for k in range(len(outputs))]
    scale, last, bias = extra[0], extra[1], extra[2]

    def step(carry, target):
        y, states, total = carry
        y, after = y * scale, []
        for (w, b), state in zip(cells, states, strict=True):
            after.append(lstm_cell(xp, w, b, *state, y))
            y = after[-1][0]
        y = y * last + bias
        total = total + xp.sum(target * (y - xp.log(2 + xp.sum(xp.exp(y)))))
        return (target, tuple(after), total), None

    states = tuple([(outputs[k], memories[k]) for k in range(len(outputs))])
    carry, _ = scan(step, (sequence[0], states, 0.0), sequence[1:])
    return -carry[-1] / sequence[1:].size


def cross(xp, a, b):
    return xp.stack([a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]])


def rotated(xp, r, x):
    """x turned about the axis r by the angle that is the length of r: the formula of Rodrigues."""
    angle = xp.sqrt(xp.sum(r**2))
    axis, cos = r / angle, xp.cos(angle)
    return x * cos + cross(xp, axis, x) * xp.sin(angle) + axis * (xp.dot(axis, x) * (1 - cos))


def seen(xp, camera, x):
    """Where a camera of a rotation, centre, focal length, origin and two distortions sees a point."""
    turned = rotated(xp, camera[:3], x - camera[3:6])
    place = turned[:2] / turned[2]
    square = xp.sum(place**2)
    return place * (1 + camera[9] * square + camera[10] * square**2) * camera[6] + camera[7:9]


def bundle_adjustment(xp, cameras, points, weights, features, pairs):
    """The sum of squares of weighted errors of observations, and of what the weights lack to 1."""
    total = 0.0
    for k, (i, j) in enumerate(pairs):
        error = weights[k] * (seen(xp, cameras[i], points[j]) - features[k])
        total = total + xp.sum(error**2) + (1 - weights[k] ** 2) ** 2
    return total


def _adbench():
    rng = np.random.default_rng(1)

    def normal(*shape):
        return 0.3 * rng.normal(size=shape)

    layers, n, steps = 2, 14, 40
    letters = np.eye(n)[rng.integers(0, n, steps + 1)]
    yield Program(
        "ADBench LSTM, 40 steps",
        lstm_loss,
        (normal(layers, 4 * n), normal(layers, 4 * n), normal(3, n)),
        49 * steps,
        (normal(layers, n), normal(layers, n), letters),
    )
    pairs = [(k % 2, k // 2) for k in range(10)]
    cameras = np.column_stack([normal(2, 6), 1 + normal(2, 1), normal(2, 2), 0.1 * normal(2, 2)])
    yield Program(
        "ADBench BA, 10 observations",
        partial(bundle_adjustment, pairs=pairs),
        (cameras, normal(5, 3) + [0, 0, 5], 1 + normal(10)),
        48 * len(pairs),
        (normal(10, 2),),
    )


def _arrays():
    rng = np.random.default_rng(0)

    def normal(*shape, scale=1.0):
        return scale * rng.normal(size=shape)

    def mlp(name, n, hidden, out, batch):
        first = normal(n, hidden, scale=n**-0.5), normal(hidden)
        second = normal(hidden, out, scale=0.1), normal(out)
        data = normal(batch, n), normal(batch, out)
        return Program(name, mlp_loss, first + second, 8, data, mlp_gradient)

    yield Program("Rosenbrock, n = 10", rosenbrock, (normal(10),), 11, (), rosenbrock_gradient)
    yield Program("Rosenbrock, n = 100", rosenbrock, (normal(100),), 11, (), rosenbrock_gradient)
    yield Program(
        "logistic loss, 100 x 10", logistic_loss, (normal(10),), 6, (normal(100, 10), np.sign(normal(100)))
    )
    yield mlp("MLP 64-64-10, batch 32", 64, 64, 10, 32)
    yield mlp("MLP 784-256-10, batch 64", 784, 256, 10, 64)
    yield Program(
        "RNN, 50 steps of 16",
        rnn_loss,
        (normal(16, 16, scale=0.25), normal(16, 16, scale=0.25), normal(16)),
        250,
        tuple(normal(1, 16) for _ in range(50)),
    )
    yield Program(
        "Gaussian log density, 1000 x 5",
        gaussian_log_density,
        (normal(5), np.exp(normal(5))),
        7,
        (normal(1000, 5),),
    )
    yield Program("tanh(exp(0.1 b)) b, 10^6", large, (normal(10**6),), 5, (), large_gradient)


ARRAYS = list(_arrays())
ADBENCH = list(_adbench())
ROSENBROCK_50 = Program("Rosenbrock, n = 50", rosenbrock, (np.sin(np.arange(50.0)),), 11)
ROSENBROCK_LARGE = Program("Rosenbrock, n = 10^4", rosenbrock, (np.sin(np.arange(1e4)),), 11)
FUNNEL = Program("funnel of 10 dimensions", funnel, (np.linspace(-1, 1, 10),), 12)
# Recorded and not walked back.
FORWARD = Program("x * y, n = 100", product, (np.linspace(1, 2, 100), np.linspace(2, 3, 100)), 1)
WHOLE = SCALARS + ARRAYS
# Whose memory is measured: the program and the size of its parameter.
MEMORY = {
    "tanh(exp(0.1 b)) b": (large, 10**6),
    "chain of 50 elementwise": (elementwise_chain, 10**6),
}
