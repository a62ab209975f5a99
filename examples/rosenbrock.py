"""Step 28 of the book: the valley of Rosenbrock, by gradient descent and by Newton's method.

Descent takes ten thousand steps through Variables and `backward`; Newton six, with `hessian`, which takes and
returns plain arrays.
"""

import numpy as np
import showing

from leopard import Variable, grad, hessian


def rosenbrock(x0, x1):
    return 100 * (x1 - x0**2) ** 2 + (x0 - 1) ** 2


def descend(at, rate, steps):
    """Every hundredth point of gradient descent."""
    x0, x1 = (Variable(np.array(x)) for x in at)
    points = [at]
    for n in range(1, steps + 1):
        y = rosenbrock(x0, x1)
        x0.cleargrad()
        x1.cleargrad()
        y.backward()
        x0.data = x0.data - rate * x0.grad.data
        x1.data = x1.data - rate * x1.grad.data
        if n % 100 == 0:
            points.append((x0.data.item(), x1.data.item()))
    return np.array(points)


def newton(at, nearness=1e-12):
    """All points of Newton's method, until the length of the gradient is `nearness`."""

    def f(x):
        return rosenbrock(x[0], x[1])

    slope, curvature = grad(f), hessian(f)
    points = [np.array(at)]
    while np.linalg.norm(slope(points[-1])) > nearness:
        x = points[-1]
        points.append(x - np.linalg.solve(curvature(x), slope(x)))
    return np.array(points)


def main(picture=None):
    start = (0.0, 2.0)
    slow, fast = descend(start, rate=1e-3, steps=10_000), newton(start)
    if picture:
        draw(picture, slow, fast)
    return {
        "descent_after_1000": slow[10],
        "descent_after_10000": slow[-1],
        "newton": fast[-1],
        "newton_steps": len(fast) - 1,
    }


def draw(path, slow, fast):
    figure, (left, right) = showing.figure(2)
    x, y = np.meshgrid(np.linspace(-0.6, 1.6, 37), np.linspace(-1, 2.3, 37))
    left.contour(x, y, np.log10(rosenbrock(x, y) + 1e-3), levels=8, linewidths=0.7, cmap="viridis")
    runs = ((slow, "gradient descent", showing.BLUE), (fast, "Newton", showing.RED))
    for points, name, colour in runs:
        left.plot(*points[:: 2 if points is slow else 1].T, ".-", color=colour, lw=1, ms=4, label=name)
    left.plot(1, 1, "k*", ms=9)
    left.set(title="from (0, 2) to (1, 1)", xlim=(-0.6, 1.6), ylim=(-1, 2.3), xlabel="x0", ylabel="x1")
    left.legend(loc="lower right")
    for points, name, colour in runs:
        steps = np.arange(len(points)) * (100 if points is slow else 1)
        error = np.linalg.norm(points - 1, axis=1)
        shown = (error > 0) & ((steps < 1000) | (steps % 500 == 0))
        right.plot(steps[shown], error[shown], ".-", color=colour, lw=1, ms=4, label=name)
    right.set(title="distance from the minimum", xlabel="step", xscale="symlog", yscale="log")
    showing.save(figure, path)


if __name__ == "__main__":
    showing.run(main)
