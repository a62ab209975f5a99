"""Steps 29 and 33 of the book: Newton's method by second derivatives, on x**4 - 2 * x**2.

`backward(create_graph=True)` records the walk itself, so that the gradient can be differentiated again.
"""

import numpy as np
import showing

from leopard import Variable


def f(x):
    return x**4 - 2 * x**2


def derivatives(at):
    """The first and the second derivative of f."""
    x = Variable(np.array(at))
    y = f(x)
    y.backward(create_graph=True)
    gx = x.grad
    x.cleargrad()
    gx.backward()
    return gx.data.item(), x.grad.data.item()


def newton(x, steps):
    """All points from x on: each is the minimum of the parabola that fits f in the one before."""
    points = [x]
    for _ in range(steps):
        first, second = derivatives(points[-1])
        points.append(points[-1] - first / second)
    return np.array(points)


def descend(x, rate, nearness):
    """All points of gradient descent from x on, until the distance to the minimum at 1 is `nearness`."""
    points = [x]
    while abs(points[-1] - 1) > nearness:
        points.append(points[-1] - rate * derivatives(points[-1])[0])
    return np.array(points)


def main(picture=None):
    points = newton(2.0, steps=9)
    slow = descend(2.0, rate=0.01, nearness=1e-3)
    if picture:
        draw(picture, points, slow)
    return {
        "points": points,
        "steps_of_descent": len(slow) - 1,
        "second_derivative_at_2": derivatives(2.0)[1],
    }


def draw(path, points, slow):
    figure, (left, right) = showing.figure(2)
    xs = np.linspace(-1.7, 2.1, 80)
    left.plot(xs, f(xs), color=showing.GREY)
    left.plot(points, f(points), "o-", color=showing.RED, lw=1, ms=4)
    left.set(title="Newton's steps on x**4 - 2 x**2", xlabel="x")
    for xs, name, colour in ((points, "Newton", showing.RED), (slow, "gradient descent", showing.BLUE)):
        error = abs(xs - 1)[:130]
        right.semilogy(np.flatnonzero(error), error[error > 0], ".-", lw=1, ms=3, color=colour, label=name)
    right.set(title="distance from the minimum", xlabel="step", xscale="symlog")
    right.legend()
    showing.save(figure, path)


if __name__ == "__main__":
    showing.run(main)
