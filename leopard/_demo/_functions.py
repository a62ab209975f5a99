"""Three functions that optimizers are tried on, and their slopes by differences."""

from typing import NamedTuple

import numpy as np

from leopard import Variable

#: Largest deviation of central differences, relative to the gradient's length (at least 1).
nearness = 1e-7


def sphere(x, y):
    return x**2 + y**2


def matyas(x, y):
    return 0.26 * (x**2 + y**2) - 0.48 * x * y


def goldstein(x, y):
    """Goldstein-Price: minimum 3 at (0, -1), gradient (-5376, 8064) at (1, 1)."""
    near = 19 - 14 * x + 3 * x**2 - 14 * y + 6 * x * y + 3 * y**2
    far = 18 - 32 * x + 12 * x**2 + 48 * y - 36 * x * y + 27 * y**2
    return (1 + (x + y + 1) ** 2 * near) * (30 + (2 * x - 3 * y) ** 2 * far)


functions = {"Goldstein-Price": goldstein, "Matyas": matyas, "sphere": sphere}


class Slope(NamedTuple):
    """Value and gradient of a function at a point, and the largest deviation of central differences."""

    value: float
    gradient: np.ndarray
    difference: float

    @property
    def agrees(self):
        return self.difference <= nearness * max(1.0, np.linalg.norm(self.gradient))


def gradient(function, point):
    """Value and gradient of `function` at `point`, by backpropagation."""
    xs = [Variable(np.array(float(x))) for x in point]
    y = function(*xs)
    y.backward()
    return y.data.item(), np.array([x.grad.data.item() for x in xs])


def central_differences(function, point):
    """The gradient of `function` at `point` from two values for each coordinate."""
    point = np.asarray(point, float)
    # The cube root of the precision balances the error of the formula against that of rounding.
    steps = np.cbrt(np.finfo(float).eps) * np.maximum(1.0, abs(point))
    slopes = []
    for step in np.diag(steps):
        after, before = point + step, point - step
        slopes.append((function(*after) - function(*before)) / (after - before).sum())
    return np.array(slopes)


def slope(function, point):
    """Gradient and central differences of `function` at `point`, compared."""
    value, exact = gradient(function, point)
    return Slope(value, exact, abs(exact - central_differences(function, point)).max())
