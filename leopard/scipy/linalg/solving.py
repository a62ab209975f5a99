"""Systems of linear equations: of matrices with a structure, in bands, and of Toeplitz matrices."""

import numpy as np
import scipy.linalg as sl

from leopard.functions._primitives import Primitive
from leopard.functions._registry import call, drawn, implements
from leopard.functions.basic.complex import conj
from leopard.functions.basic.indexing import sum_at
from leopard.functions.basic.shape import form_of, reshape
from leopard.functions.creation.matrices import tril, triu
from leopard.functions.linalg.matmul import adjoint
from leopard.functions.linalg.solving import inv as inverse_of
from leopard.functions.linalg.solving import regular
from leopard.functions.manipulation.axes import matrix_transpose
from leopard.functions.manipulation.joining import concatenate
from leopard.functions.math.sums import sum
from leopard.scipy.linalg._arguments import (
    NAMES,
    STRUCTURES,
    TURNED,
    checked,
    of_structure,
    onto_structure,
    square,
)

__all__ = ["inv", "solve", "solve_banded", "solve_toeplitz", "solve_triangular", "solveh_banded"]


def _as_columns(b, *xs):
    """Solutions and their gradients as matrices, where b, the right-hand side, is a vector."""
    return [reshape(x, (*x.shape, 1)) for x in xs] if b.ndim == 1 else xs


def _gradients(function, gy, solve_adjoint):
    """Of the matrix and of the right-hand side; `solve_adjoint` solves with the adjoint of the matrix."""
    a, b = function.inputs
    gy, y = _as_columns(b, gy, function.output)
    gb = solve_adjoint(adjoint(a), gy)
    gm = -(gb @ adjoint(y)) if function.wanted[0] else None
    return gm, reshape(gb, gb.shape[:-1]) if b.ndim == 1 else gb


def must_fit(a, b):
    if b.ndim < 1 or b.shape[-2 if b.ndim > 1 else -1] != a.shape[-1]:
        raise ValueError(f"incompatible shapes: {a.shape} and {b.shape}")


class SolveStructured(Primitive):
    n_inputs = 2
    options = ("structure", "lower")
    broadcasts = True

    def forward(self, a, b):
        assumed = {} if self.structure is None else {"assume_a": self.structure}
        return sl.solve(a, b, lower=self.lower, check_finite=False, **assumed)

    def backward(self, gy):
        structure, lower = self.option
        turned = TURNED.get(structure, structure), not lower
        gm, gb = _gradients(self, gy, lambda ah, g: SolveStructured.operation(ah, g, *turned))
        return None if gm is None else onto_structure(gm, structure, lower), gb


def definite(a):
    """Sample matrices: not Hermitian, with the triangles of positive definite matrices."""
    return 0.4 * a + 4 * np.eye(a.shape[-1])


_structures = (
    "general", "gen", "diagonal", "tridiagonal", "upper triangular", "lower triangular", "sym", "her", "pos",
)  # fmt: skip


@implements(
    plain=sl.solve,
    exact=False,
    cases=[
        call(drawn(3, 3, made=regular), drawn(3)),
        call(drawn(3, 3, made=regular), drawn(3, 2)),
        call(drawn(4, 2, 2, made=regular), drawn(2)),
        call(drawn(2, 2, made=regular), drawn(3, 2, 1)),
        call(drawn(3, 3, made=regular), drawn(3), transposed=True),
        call(drawn(3, 3, made=definite), drawn(3), assume_a="pos", transposed=True),
        call(drawn(2, 2, dtype=complex, made=regular), drawn(2)),
        call(drawn(2, 2, made=regular), drawn(2, 2, dtype=complex)),
        *[call(drawn(3, 3, made=definite), drawn(3, 2), assume_a=kind) for kind in _structures],
        *[
            call(drawn(3, 3, dtype=complex, made=definite), drawn(3), True, assume_a=kind)
            for kind in _structures
        ],
    ],
)
def solve(
    a,
    b,
    lower=False,
    overwrite_a=False,
    overwrite_b=False,
    check_finite=True,
    assume_a=None,
    transposed=False,
):
    """The solution x of the linear equations a @ x = b, for matrices of a known structure.

    The gradient of b is gb = solve(a.H, gy), by the same method; that of a is -gb @ x.H at the elements that
    are read. Where only a triangle is read, both elements of the matrix that one of a stands for contribute.

    Parameters
    ----------
    a : Variable or ndarray
        Square matrices in the last two axes.
    b : Variable or ndarray
        A vector, or matrices of columns.
    lower : bool
        Whether the lower triangle is read of symmetric, Hermitian and positive definite matrices.
    overwrite_a, overwrite_b : bool
        Accepted and not used: no argument is overwritten.
    check_finite : bool
        Whether numbers that are not finite raise a ValueError.
    assume_a : str, optional
        "general", "diagonal", "tridiagonal", "banded", "upper triangular", "lower triangular", "symmetric",
        "hermitian" or "positive definite", or the abbreviations "gen", "sym", "her" and "pos". By default
        SciPy finds the structure, and a takes the gradient of a general matrix.
    transposed : bool
        Whether to solve a.T @ x = b instead, for real a.

    Returns
    -------
    Variable

    Raises
    ------
    ValueError
        When the shapes do not fit, or there is no such structure.
    numpy.linalg.LinAlgError
        When a matrix is singular.
    NotImplementedError
        When a is complex and `transposed` is set.

    Examples
    --------
    >>> solve(Variable(np.array([[4.0, 1.0], [1.0, 2.0]])), np.array([5.0, 3.0]), assume_a="pos")
    variable([1. 1.])
    """
    a, b = square(a, check_finite), checked(b, check_finite)
    must_fit(a, b)
    structure = NAMES.get(assume_a, assume_a)
    if transposed:
        if a.dtype.kind == "c":
            raise NotImplementedError("scipy.linalg.solve has no transposed=True for complex matrices")
        a, lower, structure = matrix_transpose(a), not lower, TURNED.get(structure, structure)
    return SolveStructured.operation(a, b, structure, bool(lower))


class SolveTriangular(Primitive):
    n_inputs = 2
    options = ("lower", "unit_diagonal")
    broadcasts = True

    def forward(self, a, b):
        return sl.solve_triangular(
            a, b, lower=self.lower, unit_diagonal=self.unit_diagonal, check_finite=False
        )

    def backward(self, gy):
        lower, unit = self.option
        gm, gb = _gradients(self, gy, lambda ah, g: SolveTriangular.operation(ah, g, not lower, unit))
        if gm is not None:
            gm = tril(gm, -unit) if lower else triu(gm, unit)
        return gm, gb


@implements(
    plain=sl.solve_triangular,
    exact=False,
    cases=[
        call(drawn(3, 3, made=regular), drawn(3)),
        call(drawn(3, 3, made=regular), drawn(3, 2), lower=True),
        call(drawn(3, 3, made=regular), drawn(3), 1, True),
        call(drawn(3, 3), drawn(3), "T", unit_diagonal=True),
        call(drawn(3, 3), drawn(3), lower=True, unit_diagonal=True),
        call(drawn(2, 2, 2, made=regular), drawn(2, 1)),
        call(drawn(2, 2, made=regular), drawn(3, 2, 1), 1),
        *[
            call(drawn(3, 3, dtype=complex, made=regular), drawn(3, 2, dtype=complex), t, low)
            for t in (0, 1, 2)
            for low in (False, True)
        ],
        call(drawn(2, 2, made=regular), drawn(2, dtype=complex), "C"),
    ],
)
def solve_triangular(a, b, trans=0, lower=False, unit_diagonal=False, overwrite_b=False, check_finite=True):
    """The solution x of a @ x = b for triangular matrices, of which the other triangle is not read.

    The gradient of b is gb, the solution with the adjoint of a; that of a is the triangle of -gb @ x.H.

    Parameters
    ----------
    a : Variable or ndarray
        Square matrices in the last two axes.
    b : Variable or ndarray
        A vector, or matrices of columns.
    trans : {0, 1, 2, "N", "T", "C"}
        With 1 or "T" the system is a.T @ x = b, with 2 or "C" a.H @ x = b.
    lower : bool
        Whether the lower triangle is read.
    unit_diagonal : bool
        Whether the diagonal counts as 1, and is not read.
    overwrite_b : bool
        Accepted and not used: no argument is overwritten.
    check_finite : bool
        Whether numbers that are not finite raise a ValueError.

    Returns
    -------
    Variable

    Raises
    ------
    ValueError
        When the shapes do not fit.
    numpy.linalg.LinAlgError
        When a number on the diagonal is 0.

    Examples
    --------
    >>> solve_triangular(Variable(np.array([[2.0, 1.0], [0.0, 4.0]])), np.array([3.0, 4.0]))
    variable([1. 1.])
    """
    a, b = square(a, check_finite), checked(b, check_finite)
    must_fit(a, b)
    trans = {"N": 0, "T": 1, "C": 2}.get(trans, trans)
    if trans not in (0, 1, 2):
        raise ValueError(f"trans is 0, 1, 2, 'N', 'T' or 'C', not {trans!r}")
    if trans:
        a, lower = matrix_transpose(a) if trans == 1 else adjoint(a), not lower
    return SolveTriangular.operation(a, b, bool(lower), bool(unit_diagonal))


@implements(
    plain=sl.inv,
    exact=False,
    cases=[
        call(drawn(3, 3, made=regular)),
        call(drawn(2, 2, 2, made=regular)),
        call(drawn(2, 2, dtype=complex, made=regular)),
        *[call(drawn(3, 3, made=definite), assume_a=kind) for kind in ("upper triangular", "pos")],
        *[
            call(drawn(2, 2, dtype=complex, made=definite), assume_a="pos", lower=low)
            for low in (True, False)
        ],
    ],
)
def inv(a, overwrite_a=False, check_finite=True, *, assume_a=None, lower=False):
    """Inverses of matrices.

    The gradient is -y.H @ gy @ y.H, at the elements that are read where a structure is assumed; see `solve`.
    """
    a = square(a, check_finite)
    structure = NAMES.get(assume_a, assume_a)
    if structure not in STRUCTURES:
        raise ValueError(f"{assume_a} is not a recognized matrix structure")
    return inverse_of(of_structure(a, structure, lower))


# -- Bands ---------------------------------------------------------------------------------------


def _places_in_band(below, above, n):
    """The row of the matrix of each element of the stored band, its column, and where it is inside."""
    column = np.arange(n)
    row = np.arange(below + above + 1)[:, None] - above + column
    inside = (row >= 0) & (row < n)
    return np.where(inside, row, 0), np.broadcast_to(column, row.shape), inside


def _band_of_product(u, v, below, above):
    """The band of u @ v.H, of two matrices of columns."""
    row, column, inside = _places_in_band(below, above, u.shape[0])
    return sum(u[row] * conj(v[column]), -1) * inside.astype(form_of(u).real.dtype)


def _adjoint_of_band(ab, below, above):
    """The stored band of the adjoint matrix, which has `above` diagonals below and `below` above."""
    row, column, inside = _places_in_band(above, below, ab.shape[-1])
    at = np.where(inside, above + column - row, 0)
    return conj(ab[at, row]) * inside.astype(form_of(ab).real.dtype)


class SolveBanded(Primitive):
    n_inputs = 2
    options = ("below", "above")

    def forward(self, ab, b):
        return sl.solve_banded((self.below, self.above), ab, b, check_finite=False)

    def backward(self, gy):
        ab, b = self.inputs
        below, above = self.option
        gb = SolveBanded.operation(_adjoint_of_band(ab, below, above), gy, above, below)
        u, y = _as_columns(b, gb, self.output)
        return -_band_of_product(u, y, below, above), gb


def dominant(row):
    """Sample bands: the given row is that of the diagonal, and is larger than the others."""

    def made(ab):
        return 0.4 * ab + 3.0 * (np.arange(ab.shape[0]) == row % ab.shape[0])[:, None]

    return made


@implements(
    plain=sl.solve_banded,
    exact=False,
    cases=[
        call((1, 1), drawn(3, 4, made=dominant(1)), drawn(4)),
        call((0, 1), drawn(2, 4, made=dominant(1)), drawn(4, 2)),
        call((2, 1), drawn(4, 4, made=dominant(1)), drawn(4)),
        call((2, 1), drawn(4, 4, dtype=complex, made=dominant(1)), drawn(4, 2, dtype=complex)),
        call((0, 0), drawn(1, 3, made=dominant(0)), drawn(3)),
    ],
)
def solve_banded(l_and_u, ab, b, overwrite_ab=False, overwrite_b=False, check_finite=True):
    """The solution x of a @ x = b, where ab stores the diagonals of a: ab[u + i - j, j] is a[i, j].

    The gradient of b is gb, the solution with the adjoint of a; that of ab the band of -gb @ x.H. Its cost is
    that of the solution.

    Parameters
    ----------
    l_and_u : pair of int
        The number of diagonals below and above the main one, which takes no gradient.
    ab : Variable or ndarray
        The diagonals, one a row.
    b : Variable or ndarray
        A vector, or a matrix of columns.
    overwrite_ab, overwrite_b : bool
        Accepted and not used: no argument is overwritten.
    check_finite : bool
        Whether numbers that are not finite raise a ValueError.

    Returns
    -------
    Variable

    Raises
    ------
    ValueError
        When the shapes do not fit, or there is more than one matrix.
    numpy.linalg.LinAlgError
        When the matrix is singular.
    """
    below, above = map(int, l_and_u)
    ab, b = _one_band(ab, check_finite), checked(b, check_finite)
    if below + above + 1 != ab.shape[0]:
        raise ValueError(
            f"invalid values for the number of lower and upper diagonals: l+u+1 ({below + above + 1}) does "
            f"not equal ab.shape[0] ({ab.shape[0]})"
        )
    _one_system(ab, b)
    return SolveBanded.operation(ab, b, below, above)


def _one_band(ab, check_finite):
    ab = checked(ab, check_finite)
    if ab.ndim != 2:
        raise ValueError(f"the diagonals of one matrix are wanted, of two axes, not of shape {ab.shape}")
    return ab


def _one_system(ab, b):
    if b.ndim not in (1, 2) or b.shape[0] != ab.shape[-1]:
        raise ValueError(f"shapes of ab {ab.shape} and b {b.shape} are not compatible.")


class SolveHBanded(Primitive):
    n_inputs = 2
    options = ("lower",)

    def forward(self, ab, b):
        return sl.solveh_banded(ab, b, lower=self.lower, check_finite=False)

    def backward(self, gy):
        ab, b = self.inputs
        gb = SolveHBanded.operation(ab, gy, self.lower)
        more = ab.shape[0] - 1
        bands = (more, 0) if self.lower else (0, more)
        u, y = _as_columns(b, gb, self.output)
        half = 1 - 0.5 * (np.arange(more + 1) == (0 if self.lower else more))[:, None]
        g = _band_of_product(u, y, *bands) + _band_of_product(y, u, *bands)
        return -(g * half.astype(form_of(g).real.dtype)), gb


@implements(
    plain=sl.solveh_banded,
    exact=False,
    cases=[
        call(drawn(2, 4, made=dominant(-1)), drawn(4)),
        call(drawn(3, 4, made=dominant(0)), drawn(4, 2), lower=True),
        call(drawn(3, 4, dtype=complex, made=dominant(-1)), drawn(4, dtype=complex)),
        call(drawn(2, 3, dtype=complex, made=dominant(0)), drawn(3, 2, dtype=complex), lower=True),
    ],
)
def solveh_banded(ab, b, overwrite_ab=False, overwrite_b=False, lower=False, check_finite=True):
    """The solution x of a @ x = b for a positive definite matrix, of which ab stores half of the diagonals.

    The gradient of b is gb = solveh_banded(ab, gy); that of ab the band of -(gb @ x.H + x @ gb.H), halved on
    the main diagonal.
    """
    ab, b = _one_band(ab, check_finite), checked(b, check_finite)
    _one_system(ab, b)
    return SolveHBanded.operation(ab, b, bool(lower))


# -- Toeplitz matrices ---------------------------------------------------------------------------


class SolveToeplitz(Primitive):
    """With the matrix t[n - 1 + i - j] of 2 n - 1 numbers t."""

    n_inputs = 2

    def forward(self, t, b):
        n = (t.shape[0] + 1) // 2
        return sl.solve_toeplitz((t[n - 1 :], t[n - 1 :: -1]), b, check_finite=False)

    def backward(self, gy):
        t, b = self.inputs
        n = b.shape[0]
        gb = SolveToeplitz.operation(conj(t[::-1]), gy)
        u, y = _as_columns(b, gb, self.output)
        places = np.arange(n)[:, None] - np.arange(n) + n - 1
        return -sum_at(u @ adjoint(y), places, t.shape[0]), gb


def _large_first(c):
    return c * 0.5 + 4.0 * (np.arange(c.shape[0]) == 0)


@implements(
    plain=sl.solve_toeplitz,
    exact=False,
    cases=[
        call(drawn(4, made=_large_first), drawn(4)),
        call((drawn(3, made=_large_first), drawn(3)), drawn(3, 2)),
        call(drawn(3, dtype=complex, made=_large_first), drawn(3)),
        call((drawn(3, dtype=complex, made=_large_first), drawn(3, dtype=complex)), drawn(3, dtype=complex)),
    ],
)
def solve_toeplitz(c_or_cr, b, check_finite=True):
    """The solution x of T @ x = b, where T is the Toeplitz matrix of its first column, or column and row.

    The gradient of b is gb, the solution with the adjoint of T; those of the column and the row are the sums
    of -gb @ x.H along the diagonals. Without a row, the row is the conjugate of the column.

    Parameters
    ----------
    c_or_cr : Variable, ndarray or pair of them
        The column, or the column and the row, whose first element is not read. Each is a vector.
    b : Variable or ndarray
        A vector, or a matrix of columns.
    check_finite : bool
        Whether numbers that are not finite raise a ValueError.

    Returns
    -------
    Variable

    Raises
    ------
    ValueError
        When the shapes do not fit.
    numpy.linalg.LinAlgError
        When the recursion of Levinson meets a singular matrix.
    """
    c, r = c_or_cr if isinstance(c_or_cr, tuple) else (c_or_cr, None)
    c, b = checked(c, check_finite), checked(b, check_finite)
    r = conj(c) if r is None else checked(r, check_finite)
    if c.ndim != 1 or r.shape != c.shape or b.ndim not in (1, 2) or b.shape[0] != c.shape[0]:
        raise ValueError(f"incompatible dimensions: column {c.shape}, row {r.shape}, b {b.shape}")
    return SolveToeplitz.operation(concatenate([r[:0:-1], c]), b)
