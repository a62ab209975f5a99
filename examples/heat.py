"""An inverse problem of the heat equation: the conductivity of a rod from temperatures at five places.

u_t = (k u_x)_x with ends at 0 degrees, by the implicit steps of Crank and Nicolson, each of them the solution
of a sparse system. The logarithm of k is linear between nine places, and its values there are found by least
squares through all the solutions. Where k is constant, sin(pi x) exp(-k pi**2 t) is a solution.
"""

import numpy as np
import showing

from leopard.scipy.optimize import least_squares
from leopard.scipy.sparse import csr_array
from leopard.scipy.sparse.linalg import spsolve

CELLS, STEPS, TIME = 60, 50, 0.2
NODES = np.linspace(0, 1, CELLS + 1)
MIDDLES = (NODES[1:] + NODES[:-1]) / 2
SENSORS = np.array([10, 20, 30, 40, 50])
KNOTS = np.linspace(0, 1, 9)
TRUTH = np.log(1 + 0.5 * np.sin(2 * np.pi * KNOTS))


def tridiagonal(diagonal, beside):
    """A symmetric matrix with one diagonal on either side of its own."""
    i = np.arange(len(diagonal))
    rows, columns = np.concatenate([i, i[:-1], i[1:]]), np.concatenate([i, i[1:], i[:-1]])
    data = np.concatenate([diagonal, beside, beside])
    return csr_array((data, (rows, columns)), shape=(len(i), len(i)))


def temperatures(log_k, u):
    """Those of the inner nodes after each step from u."""
    k = np.exp(np.interp(MIDDLES, KNOTS, log_k)) * CELLS**2 * TIME / STEPS / 2
    flow = k[1:] + k[:-1]
    ahead, behind = tridiagonal(1 + flow, -k[1:-1]), tridiagonal(1 - flow, k[1:-1])
    found = []
    for _ in range(STEPS):
        u = spsolve(ahead, behind @ u)
        found.append(u)
    return np.stack(found)


def measured(log_k):
    """Temperatures of the sensors in two experiments: the rod is hot in its middle, or on one side."""
    one, two = np.sin(np.pi * NODES[1:-1]), np.sin(2 * np.pi * NODES[1:-1])
    return np.stack([temperatures(log_k, u)[:, SENSORS - 1] for u in (one, one + two)])


def fit(data):
    return least_squares(lambda log_k: np.ravel(measured(log_k) - data), np.zeros(len(KNOTS)), xtol=1e-12)


def main(picture=None, noise=5e-3):
    exact = measured(TRUTH).data  # a sparse array of leopard's makes Variables
    data = exact + noise * np.random.default_rng(0).standard_normal(exact.shape)
    without, found = fit(exact), fit(data)
    if picture:
        draw(picture, data, found)
    wave = np.sin(np.pi * NODES[1:-1])
    constant = temperatures(np.full(len(KNOTS), np.log(0.7)), wave)[-1].data
    return {
        "off_closed_form": np.max(abs(constant - wave * np.exp(-0.7 * np.pi**2 * TIME))),
        "off_without_noise": np.max(abs(without.x - TRUTH)),
        "off_with_noise": found.x - TRUTH,
        "standard_errors": found.stderr,
        "residual": np.sqrt(np.mean(found.fun**2)),
        "evaluations": found.nfev,
    }


def draw(path, data, found):
    figure, (left, right) = showing.figure(2)
    times = TIME * np.arange(1, STEPS + 1) / STEPS
    fitted = measured(found.x)[1].data
    for at, points, line, colour in zip(SENSORS, data[1].T, fitted.T, showing.COLOURS, strict=False):
        left.plot(times, line, color=colour, label=f"x = {NODES[at]:.2f}")
        left.plot(times[::4], points[::4], ".", color=colour)
    left.legend(loc="upper right")
    left.set(title="temperatures of the second experiment, and the fit", xlabel="time")
    right.plot(KNOTS, np.exp(TRUTH), "--", color=showing.GREY, label="truth")
    low, high = np.exp(found.x - 2 * found.stderr), np.exp(found.x + 2 * found.stderr)
    right.fill_between(KNOTS, low, high, color=showing.BLUE, alpha=0.3)
    right.plot(KNOTS, np.exp(found.x), ".-", color=showing.BLUE, label="found, with two deviations")
    right.legend()
    right.set(title="conductivity", xlabel="x")
    showing.save(figure, path)


if __name__ == "__main__":
    showing.run(main)
