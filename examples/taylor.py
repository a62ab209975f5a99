"""Step 27 of the book: the sine by its Taylor series, differentiated through the loop.

There is no rule for this sine: a loop with a break is recorded as it ran, and its derivative is the cosine
to as many terms.
"""

import math

import numpy as np
import showing

from leopard import Variable
from leopard.drawing import to_dot


def sine(x, threshold=1e-4):
    """x - x**3 / 3! + x**5 / 5! - ..., up to the first term below the threshold; and how many terms."""
    y, n = 0, 0
    while True:
        term = (-1) ** n / math.factorial(2 * n + 1) * x ** (2 * n + 1)
        y, n = y + term, n + 1
        if abs(term) < threshold:
            return y, n


def partial_sum(x, terms):
    return sum((-1) ** n / math.factorial(2 * n + 1) * x ** (2 * n + 1) for n in range(terms))


def value_and_slope(at, threshold):
    x = Variable(np.array(at))
    y, terms = sine(x, threshold)
    y.backward()
    return y.data.item(), x.grad.data.item(), terms


def main(picture=None):
    found = {}
    for name, threshold in (("rough", 1e-4), ("fine", 1e-150)):
        value, slope, terms = value_and_slope(math.pi / 4, threshold)
        found |= {f"{name}_value": value, f"{name}_slope": slope, f"{name}_terms": terms}
    if picture:
        draw(picture)
    return found


def draw(path):
    figure, (left, right) = showing.figure(2, size=(10, 3.8))
    xs = np.linspace(-2 * np.pi, 2 * np.pi, 121)
    left.plot(xs, np.cos(xs), color=showing.GREY, lw=4, label="cosine")
    for terms, colour in zip((2, 4, 6, 8), showing.COLOURS, strict=False):
        x = Variable(xs)
        partial_sum(x, terms).backward()
        left.plot(xs, x.grad.data, color=colour, lw=1.2, label=f"{terms} terms")
    left.set(ylim=(-2, 2), title="derivative of the first terms of the sine", xlabel="x")
    left.legend(ncols=5, loc="lower center", fontsize=7, handlelength=1)
    x = Variable(np.array(math.pi / 4), name="x")
    y, terms = sine(x)
    y.name = "y"
    showing.draw_graph(right, to_dot(y))
    right.set_title(f"the graph of {terms} terms")
    showing.save(figure, path)


if __name__ == "__main__":
    showing.run(main)
