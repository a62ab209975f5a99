"""Constrained optimal control: the problem of Bryson and Denham, as a nonlinear program for `minimize`.

A cart at x = 0 with speed 1 comes back to x = 0 with speed -1 after one second and must not go beyond
x = 1/9. The integral of half of the squared force is to be least. A. E. Bryson and Y.-C. Ho, Applied Optimal
Control, 1975, chapter 3: it is 4 / (9 * limit) = 4. The force falls to 0 until a third of the time, rests
until two thirds, and comes back.
"""

import numpy as np
import showing

from leopard.scipy.optimize import minimize

LIMIT, STEPS = 1 / 9, 30
STEP = 1 / STEPS


def moved(force):
    """Places and speeds at the ends of all steps: the force is linear within each, so that they are exact."""
    a, b = force[:-1], force[1:]
    v = 1 + np.concatenate([np.zeros(1), np.cumsum(STEP * (a + b) / 2)])
    x = np.concatenate([np.zeros(1), np.cumsum(STEP * v[:-1] + STEP**2 * (a / 3 + b / 6))])
    return x, v


def effort(force):
    a, b = force[:-1], force[1:]
    return np.sum(STEP * (a**2 + a * b + b**2) / 6)


def at_the_end(force):
    x, v = moved(force)
    return np.stack([x[-1], v[-1] + 1])


def below_the_limit(force):
    return LIMIT - moved(force)[0]


def main(picture=None):
    constraints = [{"type": "eq", "fun": at_the_end}, {"type": "ineq", "fun": below_the_limit}]
    options = {"maxiter": 500, "ftol": 1e-13}
    found = minimize(
        effort, np.full(STEPS + 1, -2.0), method="SLSQP", constraints=constraints, options=options
    )
    if picture:
        draw(picture, found.x)
    x, v = moved(found.x)
    return {
        "effort": found.fun,
        "force": found.x,
        "off_known_force": np.max(abs(found.x - known_force(np.linspace(0, 1, STEPS + 1)))),
        "farthest": np.max(x),
        "end": np.array([x[-1], v[-1]]),
        "iterations": found.nit,
    }


def known_force(t):
    """Of the exact solution."""
    t = np.minimum(t, 1 - t)
    return -2 / (3 * LIMIT) * np.maximum(1 - t / (3 * LIMIT), 0)


def draw(path, force):
    figure, axes = showing.figure(3, size=(10, 3))
    t = np.linspace(0, 1, STEPS + 1)
    x, v = moved(force)
    for one, title, line in zip(axes, ("place", "speed", "force"), (x, v, force), strict=True):
        one.plot(t, line, ".-", color=showing.BLUE)
        one.set(title=title, xlabel="time")
    axes[0].axhline(LIMIT, color=showing.RED, lw=0.8)
    axes[2].plot(t, known_force(t), "--", color=showing.GREY)
    showing.save(figure, path)


if __name__ == "__main__":
    showing.run(main)
