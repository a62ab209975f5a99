"""Steps 34 and 35 of the book: the sine to its third derivative, tanh to its fifth with its graph.

Each derivative is the gradient of the one before, whose walk was recorded. The graph grows with the order.
"""

import numpy as np
import showing

from leopard import Variable
from leopard.drawing import to_dot


def derivatives(function, xs, order):
    """The values of a function and of its derivatives, and for each derivative its graph as DOT text."""
    x = Variable(xs, name="x")
    y = function(x)
    values, graphs = [y.data], []
    for n in range(1, order + 1):
        x.cleargrad()
        y.backward(create_graph=True)
        y = x.grad
        y.name = f"derivative {n}"
        values.append(y.data)
        graphs.append(to_dot(y))
    x.cleargrad()  # a recorded gradient refers to x, and x to it: this ends the reference cycle
    return np.array(values), graphs


def main(picture=None):
    xs = np.linspace(-7, 7, 57)
    sines, _ = derivatives(np.sin, xs, 3)
    near = np.linspace(-3, 3, 61)
    tanhs, graphs = derivatives(np.tanh, near, 5)
    if picture:
        draw(picture, xs, sines, near, tanhs, graphs[-1])
    return {
        "x_of_sine": xs,
        "sine": sines,
        "x_of_tanh": near,
        "tanh": tanhs,
        "operations": [dot.count("shape=box") for dot in graphs],
    }


def draw(path, xs, sines, near, tanhs, dot):
    figure, (left, middle, right) = showing.figure(3, size=(13, 4))
    for n, values in enumerate(sines):
        left.plot(xs, values, color=showing.COLOURS[n], lw=1, label=["sine", "1st", "2nd", "3rd"][n])
    left.legend(ncols=4, loc="lower center", fontsize=7, handlelength=1)
    left.set(title="the sine and its derivatives", xlabel="x", ylim=(-1.5, 1.2))
    for n, values in enumerate(tanhs):
        label = ["tanh", "1st", "2nd", "3rd", "4th", "5th"][n]
        middle.plot(near, values, color=showing.COLOURS[n], lw=1, label=label)
    middle.legend(fontsize=7, handlelength=1)
    middle.set(title="tanh and its derivatives", xlabel="x")
    showing.draw_graph(right, dot, names=False)
    right.set_title(f"graph of the 5th: {dot.count('shape=box')} operations")
    showing.save(figure, path)


if __name__ == "__main__":
    showing.run(main)
