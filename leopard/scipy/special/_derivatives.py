"""What several families' rules have in common."""

from math import factorial

import numpy as np

from leopard.functions._primitives import Elementwise
from leopard.functions.basic.shape import plain
from leopard.functions.math.sums import sum


class Slope(Elementwise, abstract=True):
    """The derivative of a function as a formula of its argument x and of its value y.

    A subclass states the formula in `forward`, and in `second` the derivative of it along x, in which y
    changes, too; y itself has no gradient.
    """

    n_inputs = 2
    exact = False

    def second(self, x):
        raise NotImplementedError

    def backward(self, gy):
        return gy * self.second(self.inputs[0]), None


def real_only(f, x, name):
    """Raise where the gradient of a parameter is wanted at complex numbers, for which there is none."""
    if x.dtype.kind == "c":
        raise TypeError(
            f"{type(f).name} has no derivative with respect to its argument {name} at complex numbers in "
            f"leopard; pass {name} as a plain number or array"
        )


def products(f, g, slopes):
    """The gradient g times each slope, computed where it is wanted alone; a slope is a function, or None."""
    return tuple([g * slope() if slope and f.wants(k) else None for k, slope in enumerate(slopes)])


def of_inverse(f, gy, known, slopes):
    """Gradients of the inverse of F in one argument: gy / F' for the value of F, -gy * F_k / F' for the
    others.

    `known` is the derivative of F in the argument that is found; slopes has None for the value of F.
    """
    g = gy / known
    return tuple(
        [None if not f.wants(k) else g if slope is None else -g * slope() for k, slope in enumerate(slopes)]
    )


def in_order(f, gy, z, slope):
    """The gradient of the order v, the first input: gy * slope() where it is wanted, at real z alone."""
    if not f.wants(0):
        return None
    real_only(f, z, "v")
    return gy * slope()


def bessel_derivative(function, v, z, n, phase):
    """The n-th derivative of a Bessel function that obeys 2 * C' = C(v - 1) + phase * C(v + 1)."""
    if not isinstance(n, (int, np.integer)) or n < 0:
        raise ValueError(f"the order of a derivative is a whole number of at least 0, not {n!r}")
    binomial, total = 1.0, function(v - n, z)
    for i in range(1, n + 1):
        binomial = phase * binomial * (n - i + 1) / i
        total = total + binomial * function(v - n + 2 * i, z)
    return total / 2.0**n


_N = 8
_COUNTS = np.array([k for k in range(-_N, _N + 1) if k])
_WEIGHTS = np.array(
    [(-1.0) ** (k + 1) * factorial(_N) ** 2 / (k * factorial(_N - k) * factorial(_N + k)) for k in _COUNTS]
)


def central(function, v, *others, step=0.12):
    """Derivative of function(v) by the central difference of order 16 (Fornberg 1988), of Variables.

    The function acts element by element; `others` are what else it reads, whose shapes are broadcast with
    that of v. For a function that is analytic in v within some 2 of it, and changes by less than a factor of
    e**2 within 1, the error is below 50 times that of its values, relative to them.
    """
    v, step = v.astype(float), np.asarray(step, float)
    ndim = max(x.ndim for x in (v, step, *others))
    counts = _COUNTS.reshape((-1,) + (1,) * ndim)
    return sum(function(v + counts * step) * (_WEIGHTS.reshape(counts.shape) / step), axis=0)


def near(v, most=0.12):
    """A step of `central` for a parameter above 0, where a function may have a pole."""
    return np.minimum(most, np.abs(plain(v)) / 32)
