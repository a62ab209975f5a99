"""Step 24 of the book: functions that optimizers are tried on, their gradients, and the graph of one.

The program is the graph: whatever is computed with Variables is recorded, however long the formula is.
"""

import numpy as np
import showing

from leopard import Variable
from leopard.drawing import to_dot


def sphere(x, y):
    return x**2 + y**2


def matyas(x, y):
    return 0.26 * (x**2 + y**2) - 0.48 * x * y


def goldstein_price(x, y):
    return (1 + (x + y + 1) ** 2 * (19 - 14 * x + 3 * x**2 - 14 * y + 6 * x * y + 3 * y**2)) * (
        30 + (2 * x - 3 * y) ** 2 * (18 - 32 * x + 12 * x**2 + 48 * y - 36 * x * y + 27 * y**2)
    )


FUNCTIONS = {"sphere": sphere, "matyas": matyas, "goldstein_price": goldstein_price}


def slopes(function, x, y):
    """The gradient of a function at a point."""
    x, y = Variable(np.array(x)), Variable(np.array(y))
    function(x, y).backward()
    return np.array([x.grad.data, y.grad.data])


def graph(function, x, y):
    """The graph of a function at a point, as DOT text for Graphviz."""
    x, y = Variable(np.array(x), name="x"), Variable(np.array(y), name="y")
    z = function(x, y)
    z.name = "z"
    return to_dot(z)


def main(picture=None):
    gradients = {name: slopes(function, 1.0, 1.0) for name, function in FUNCTIONS.items()}
    dot = graph(goldstein_price, 1.0, 1.0)
    if picture:
        draw(picture, dot)
    at_minimum = slopes(goldstein_price, 0.0, -1.0)
    return {**gradients, "at_minimum": at_minimum, "operations": dot.count("shape=box")}


def draw(path, dot):
    figure, (left, right) = showing.figure(2, size=(10, 4))
    x, y = np.meshgrid(np.linspace(-2, 2, 37), np.linspace(-2.5, 1.5, 37))
    left.contour(x, y, np.log10(goldstein_price(x, y)), levels=8, linewidths=0.8, cmap="viridis")
    left.plot(0, -1, "*", color=showing.RED, ms=10)
    for at in np.array([(1, 1), (-1, 1), (-1, -2), (1.5, -1), (-1.5, 0), (0.8, -2)], float):
        down = -slopes(goldstein_price, *at)
        left.annotate("", at + 0.5 * down / np.hypot(*down), at, arrowprops={"arrowstyle": "->"})
    left.set(title="log Goldstein-Price, its minimum, and ways down", xlabel="x", ylabel="y")
    showing.draw_graph(right, dot)
    right.set_title("its graph")
    showing.save(figure, path)


if __name__ == "__main__":
    showing.run(main)
