"""The programs of practice that are measured: models as a scientist writes them, for NumPy and JAX's NumPy.

`xp` is the library's namespace, `scan` its loop with a carry (`jax.lax.scan`'s signature); by default it is
Python's. Data are made from seeds, so that every run has the same.
"""

import numpy as np
from programs import unrolled

# -- Matrices --------------------------------------------------------------------------------------


def spd(n):
    x = np.random.default_rng(0).standard_normal((n, n))
    return x @ x.T + n * np.eye(n)


def log_determinant(cholesky, xp, a):
    return 2 * xp.sum(xp.log(xp.diagonal(cholesky(a))))


_rng = np.random.default_rng(1)
GP_X = np.sort(_rng.uniform(-2, 2, (300, 3)), axis=0)
GP_Y = np.sin(GP_X).sum(1) + 0.1 * _rng.standard_normal(300)
GP_AT = np.array([0.1, -0.2, 0.3, -1.0])


def gaussian_process(xp, theta, X, y):
    """Minus the log marginal likelihood: an amplitude, two length scales of three axes, and noise."""
    scales = xp.exp(xp.stack([theta[1], theta[2], theta[2]]))
    Z = X / scales
    squares = xp.sum(Z * Z, 1)
    K = xp.exp(theta[0]) * xp.exp(-0.5 * (squares[:, None] + squares[None, :] - 2 * Z @ Z.T))
    L = xp.linalg.cholesky(K + xp.exp(2 * theta[3]) * xp.eye(len(y)))
    a = xp.linalg.solve(L, y)
    return 0.5 * xp.sum(a * a) + xp.sum(xp.log(xp.diagonal(L)))


# -- Gaussian mixtures (ADBench's, Srajer et al. 2018) ----------------------------------------------

GMM_D, GMM_K, GMM_N = 10, 25, 1000


def _gmm():
    rng = np.random.default_rng(2)
    d, k, n = GMM_D, GMM_K, GMM_N
    return (
        rng.standard_normal(k), rng.standard_normal((k, d)), 0.3 * rng.standard_normal((k, d)),
        0.1 * rng.standard_normal((k, d * (d - 1) // 2)), rng.standard_normal((n, d)),
    )  # fmt: skip


GMM = _gmm()
_rows, _columns = np.tril_indices(GMM_D, -1)
_places = _rows * GMM_D + _columns
GMM_PLACES = np.full(GMM_D * GMM_D, GMM_D * (GMM_D - 1) // 2)
GMM_PLACES[_places] = np.arange(len(_places))


def gmm_loss(xp, alphas, means, q, lower, x, m=0, gamma=1.0):
    """Minus the log likelihood of a Gaussian mixture with a Wishart prior, by inverse Cholesky factors."""
    k, d = means.shape
    n = x.shape[0]
    padded = xp.concatenate([lower, xp.zeros((k, 1))], 1)
    factors = xp.reshape(padded[:, GMM_PLACES], (k, d, d))
    diagonals = xp.exp(q)
    sums = xp.sum(q, 1)
    centred = x[:, None, :] - means[None, :, :]
    turned = diagonals[None] * centred + xp.einsum("kij,nkj->nki", factors, centred)
    squares = xp.sum(turned**2, 2)
    inner = alphas[None] + sums[None] - 0.5 * squares
    most = xp.max(inner, 1)
    total = xp.sum(xp.log(xp.sum(xp.exp(inner - most[:, None]), 1)) + most)
    top = xp.max(alphas)
    normalizer = xp.log(xp.sum(xp.exp(alphas - top))) + top
    prior = 0.5 * gamma**2 * (xp.sum(diagonals**2) + xp.sum(lower**2)) - m * xp.sum(sums)
    return -(total - n * normalizer + prior)


# -- Time series -----------------------------------------------------------------------------------

HMM_OBSERVED = np.random.default_rng(3).integers(0, 4, 500)
_rng = np.random.default_rng(4)
HMM = _rng.standard_normal((5, 5)), _rng.standard_normal((5, 4)), HMM_OBSERVED


def hidden_markov(xp, transitions, emissions, observed, scan=unrolled):
    """Minus the log likelihood of a sequence by the scaled forward algorithm."""
    a = xp.exp(transitions)
    a = a / xp.sum(a, 1)[:, None]
    b = xp.exp(emissions)
    b = b / xp.sum(b, 1)[:, None]

    def step(carry, o):
        p, total = carry
        p = (p @ a) * b[:, o]
        size = xp.sum(p)
        return (p / size, total + xp.log(size)), None

    (_, total), _ = scan(step, (xp.ones(5) / 5, 0.0), observed)
    return -total


KALMAN_Y = np.cumsum(np.random.default_rng(5).standard_normal(200)) * 0.3
KALMAN_AT = np.array([-1.0, -1.5, 0.2])


def kalman(xp, theta, ys, scan=unrolled):
    """Minus the log likelihood of a local linear trend by the filter of Kalman."""
    level, slope, noise = xp.exp(theta[0]), xp.exp(theta[1]), xp.exp(theta[2])
    F = xp.array([[1.0, 1.0], [0.0, 1.0]]) if xp is not np else np.array([[1.0, 1.0], [0.0, 1.0]])
    zero = 0.0 * level
    Q = xp.stack([xp.stack([level, zero]), xp.stack([zero, slope])])

    def step(carry, y):
        m, P, total = carry
        m, P = F @ m, F @ P @ F.T + Q
        error, variance = y - m[0], P[0, 0] + noise
        gain = P[:, 0] / variance
        m, P = m + gain * error, P - gain[:, None] * P[0][None, :]
        return (m, P, total + 0.5 * (xp.log(2 * np.pi * variance) + error**2 / variance)), None

    (_, _, total), _ = scan(step, (xp.zeros(2), 10.0 * xp.eye(2), 0.0), ys)
    return total


HEAT = np.linspace(0.5, 1.5, 101), np.sin(np.linspace(0, np.pi, 100)) * 0.8


def heat(xp, conductivity, wanted, scan=unrolled, steps=2000):
    """The distance of a rod's temperatures, after explicit steps of the heat equation, from those wanted."""

    def step(u, _):
        flow = conductivity * xp.diff(xp.concatenate([xp.zeros(1), u, xp.zeros(1)]))
        return u + 0.2 * xp.diff(flow), None

    u, _ = scan(step, xp.ones(100), np.arange(steps))
    return xp.sum((u - wanted) ** 2)


def runge_kutta(xp, p, scan=unrolled, steps=400):
    """The end of a predator's and a prey's numbers, by the classical method of Runge and Kutta."""

    def slope(y):
        return xp.stack([p[0] * y[0] - p[1] * y[0] * y[1], p[2] * y[0] * y[1] - p[3] * y[1]])

    def step(y, _):
        h = 0.02
        k1 = slope(y)
        k2 = slope(y + 0.5 * h * k1)
        k3 = slope(y + 0.5 * h * k2)
        k4 = slope(y + h * k3)
        return y + h / 6 * (k1 + 2 * k2 + 2 * k3 + k4), None

    y, _ = scan(step, xp.ones(2) * 1.0, np.arange(steps))
    return xp.sum(y**2)


RATES = np.array([1.1, 0.4, 0.2, 0.5])


def lotka_volterra(t, y, a, b, c, d):
    return np.stack([a * y[0] - b * y[0] * y[1], c * y[0] * y[1] - d * y[1]])


# -- A network, and its gradient for each example ---------------------------------------------------

_rng = np.random.default_rng(6)
NETWORK = (
    0.5 * _rng.standard_normal((10, 20)), np.zeros(20), 0.5 * _rng.standard_normal(20), 0.1,
)  # fmt: skip
EXAMPLES = _rng.standard_normal((500, 10)), _rng.standard_normal(500)


def network_loss(xp, network, x, y):
    w1, b1, w2, b2 = network
    return (xp.tanh(x @ w1 + b1) @ w2 + b2 - y) ** 2


# -- Chains of small operations ---------------------------------------------------------------------

SMALL = {
    "stack": lambda xp, x, y: xp.stack([x, y])[0] * 1.01,
    "concatenate": lambda xp, x, y: xp.concatenate([x, y])[: len(x)] * 1.01,
    "clip": lambda xp, x, y: xp.clip(x * 1.01, -2.0, 2.0),
    "where": lambda xp, x, y: xp.where(MASKS[len(x)], x, y) * 1.01,
    "max(axis)": lambda xp, x, y: x * 0.9 + 0.1 * xp.max(xp.reshape(x, (-1, 2)), 1)[0],
    "prod": lambda xp, x, y: x * 0.9 + 0.01 * xp.prod(x),
    "sort": lambda xp, x, y: xp.sort(x) * 1.01,
    "einsum": lambda xp, x, y: xp.einsum("i,i->i", x, y),
    "std": lambda xp, x, y: x * 0.9 + 0.1 * xp.std(x),
}
SIZES = 4, 50, 200
MASKS = {n: np.arange(n) % 3 == 0 for n in SIZES}


def small_chain(operation, xp, x, y):
    for _ in range(50):
        x = operation(xp, x, y)
    return xp.sum(x)


def small_point(n):
    return np.linspace(0.9, 1.1, n), np.linspace(1.05, 0.95, n)


# -- Bundle adjustment -------------------------------------------------------------------------------


def _bundle():
    """12 cameras and 84 points: 360 parameters; 581 observations: 1162 residuals."""
    rng = np.random.default_rng(7)
    cameras = np.concatenate(
        [
            0.05 * rng.standard_normal((12, 3)),
            0.1 * rng.standard_normal((12, 2)),
            -5 + 0.1 * rng.standard_normal((12, 1)),
            500 + rng.standard_normal((12, 1)),
            1e-3 * rng.standard_normal((12, 2)),
        ],
        1,
    )
    points = rng.uniform(-1, 1, (84, 3))
    pairs = rng.permutation(12 * 84)[:581]
    seen_by, seen = np.divmod(np.sort(pairs), 84)
    parameters = np.concatenate([cameras.ravel(), points.ravel()])
    observed = projected(np, cameras[seen_by], points[seen]) + 0.3 * rng.standard_normal((581, 2))
    return parameters + 1e-3 * rng.standard_normal(len(parameters)), seen_by, seen, observed


def projected(xp, cameras, points):
    """Where cameras see points: turned by Rodrigues' formula, shifted, projected, distorted."""
    angles = xp.sqrt(xp.sum(cameras[:, :3] ** 2, 1))[:, None]
    axes = cameras[:, :3] / angles
    dots = xp.sum(axes * points, 1)[:, None]
    turned = (
        points * xp.cos(angles) + xp.cross(axes, points) * xp.sin(angles) + axes * dots * (1 - xp.cos(angles))
    )
    moved = turned + cameras[:, 3:6]
    flat = -moved[:, :2] / moved[:, 2:]
    r = xp.sum(flat**2, 1)
    return flat * (cameras[:, 6] * (1 + cameras[:, 7] * r + cameras[:, 8] * r**2))[:, None]


BUNDLE = _bundle()


def bundle_residuals(x):
    _, seen_by, seen, observed = BUNDLE
    cameras, points = np.reshape(x[:108], (12, 9)), np.reshape(x[108:], (84, 3))
    return np.ravel(projected(np, cameras[seen_by], points[seen]) - observed)


# -- A heat equation by implicit steps ----------------------------------------------------------------

ROD = 200
ROD_K = np.linspace(1.0, 2.0, ROD + 1)


def rod(csr_array, spsolve, k, steps=40, h=0.5):
    """The temperatures of a rod after implicit steps; the conductivities k stand in a sparse matrix."""
    n = ROD
    diagonal = 1 + h * (k[1:] + k[:-1])
    data = np.concatenate([diagonal, -h * k[1:-1], -h * k[1:-1]])
    i = np.arange(n)
    rows = np.concatenate([i, i[:-1], i[1:]])
    columns = np.concatenate([i, i[1:], i[:-1]])
    order = np.lexsort((columns, rows))
    starts = np.searchsorted(rows[order], np.arange(n + 1))
    matrix = csr_array((data[order], columns[order], starts), shape=(n, n))
    u = np.ones(n)
    for _ in range(steps):
        u = spsolve(matrix, u)
    return np.sum(u**2)
