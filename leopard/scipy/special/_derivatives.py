"""What several families' rules have in common."""

import numpy as np


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
