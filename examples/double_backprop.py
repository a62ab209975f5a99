"""Step 36 of the book: a gradient within a formula that is differentiated again.

First the book's z = gx**3 + y, where y = x**2 and gx is the gradient of y. Then an application: the gradient
of (gx . v) is the product of the Hessian and v, computed without the Hessian.
"""

import numpy as np
import showing

from leopard import Variable, hessian, hvp
from leopard.drawing import to_dot


def of_the_book(at):
    """z and dz/dx, and the graph of z as DOT text. With gx = 2 x it is 24 x**2 + 2 x."""
    x = Variable(np.array(at), name="x")
    y = x**2
    y.backward(create_graph=True)
    gx = x.grad
    x.cleargrad()
    z = gx**3 + y
    y.name, gx.name, z.name = "y", "gx", "z"
    z.backward()
    return z.data.item(), x.grad.data.item(), to_dot(z)


def energy(x):
    """Springs of a chain that harden as they are stretched."""
    stretch = x[1:] - x[:-1]
    return np.sum(stretch**2 / 2 + stretch**4 / 4)


def hessian_times(f, at, v):
    """The product of the Hessian of f and v: the gradient of (gradient . v)."""
    x = Variable(at)
    f(x).backward(create_graph=True)
    gx = x.grad
    x.cleargrad()
    np.sum(gx * v).backward()
    return x.grad.data


def main(picture=None):
    z, slope, dot = of_the_book(2.0)
    x, v = np.sin(np.arange(8.0)), np.cos(np.arange(8.0))
    if picture:
        draw(picture, dot)
    return {
        "z": z,
        "slope": slope,
        "twice_back": hessian_times(energy, x, v),
        "forward_over_back": hvp(energy, x, v),
        "whole_hessian": hessian(energy)(x) @ v,
    }


def draw(path, dot):
    figure, (left, right) = showing.figure(2, size=(10, 3.6))
    xs = np.linspace(-1.5, 1.5, 61)
    found = np.array([of_the_book(x)[:2] for x in xs])
    left.plot(xs, found[:, 0], color=showing.BLUE, label="z = gx**3 + y")
    left.plot(xs, found[:, 1], color=showing.RED, label="its derivative")
    left.plot(xs[::6], 24 * xs[::6] ** 2 + 2 * xs[::6], "k.", label="24 x**2 + 2 x")
    left.legend()
    left.set_xlabel("x")
    showing.draw_graph(right, dot)
    right.set_title("the graph of z, the walk back from y within it")
    showing.save(figure, path)


if __name__ == "__main__":
    showing.run(main)
