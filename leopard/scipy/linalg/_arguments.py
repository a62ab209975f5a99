"""What SciPy's functions of matrices require of their arguments, and structures of matrices."""

import numpy as np

from leopard.functions._followed import looked_at
from leopard.functions.basic.complex import real
from leopard.functions.basic.shape import floating, form_of
from leopard.functions.creation.matrices import diagonal, tril, triu
from leopard.functions.linalg.eigenvalues import diagonals, on_triangle
from leopard.functions.linalg.matmul import adjoint
from leopard.functions.manipulation.axes import matrix_transpose


def checked(x, check_finite=True):
    """An operand of numbers that have fractions; a ValueError where it must be finite and is not."""
    x = floating(x)
    if check_finite and not looked_at(_is_finite, x):
        raise ValueError("array must not contain infs or NaNs")
    return x


def _is_finite(x):
    return np.isfinite(x).all()


def square(a, check_finite=True):
    """Operands that are square matrices in the last two axes."""
    a = checked(a, check_finite)
    if a.ndim < 2 or a.shape[-1] != a.shape[-2]:
        raise ValueError(f"expected square matrix, got shape {a.shape}")
    return a


#: The short names of structures, and where they are read after an exchange of rows and columns.
NAMES = {"gen": "general", "sym": "symmetric", "her": "hermitian", "pos": "positive definite"}
TURNED = {"upper triangular": "lower triangular", "lower triangular": "upper triangular"}


def onto_structure(gx, structure, lower):
    """The gradient of the elements that are read of a matrix, from the gradient of the whole matrix."""
    n = gx.shape[-1]
    if structure in ("hermitian", "positive definite"):
        return on_triangle(gx, not lower)
    if structure == "symmetric":
        half = np.tri(n, k=-1) + 0.5 * np.eye(n)
        return (gx + matrix_transpose(gx)) * (half if lower else half.T).astype(form_of(gx).real.dtype)
    if structure == "upper triangular":
        return triu(gx)
    if structure == "lower triangular":
        return tril(gx)
    if structure == "diagonal":
        return tril(triu(gx))
    if structure == "tridiagonal":
        return tril(triu(gx, -1), 1)
    return gx


#: The structures of which `of_structure` makes a matrix.
STRUCTURES = (
    None, "general", "diagonal", "tridiagonal", "upper triangular", "lower triangular", "symmetric",
    "hermitian", "positive definite",
)  # fmt: skip


def of_structure(a, structure, lower):
    """The matrix whose stored elements are read from a, the adjoint of `onto_structure`."""
    if structure in ("hermitian", "positive definite"):
        strict = tril(a, -1) if lower else triu(a, 1)
        return strict + adjoint(strict) + diagonals(real(diagonal(a, 0, -2, -1)))
    if structure == "symmetric":
        strict = tril(a, -1) if lower else triu(a, 1)
        return strict + matrix_transpose(strict) + tril(triu(a))
    return onto_structure(a, structure, lower)
