"""What several families' rules have in common."""

import numpy as np


def real_only(f, x, name):
    """Raise where the gradient of a parameter is wanted at complex numbers, for which there is none."""
    if x.dtype.kind == "c":
        raise TypeError(
            f"{type(f).name} has no derivative with respect to its argument {name} at complex numbers in "
            f"leopard; pass {name} as a plain number or array"
        )


def bessel_derivative(function, v, z, n, phase):
    """The n-th derivative of a Bessel function that obeys 2 * C' = C(v - 1) + phase * C(v + 1)."""
    if not isinstance(n, (int, np.integer)) or n < 0:
        raise ValueError(f"the order of a derivative is a whole number of at least 0, not {n!r}")
    binomial, total = 1.0, function(v - n, z)
    for i in range(1, n + 1):
        binomial = phase * binomial * (n - i + 1) / i
        total = total + binomial * function(v - n + 2 * i, z)
    return total / 2.0**n
