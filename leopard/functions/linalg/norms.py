"""Norms of vectors and matrices, and condition numbers."""

import numpy as np

from leopard._config import recording
from leopard._core import tangents
from leopard.functions._primitives import Primitive
from leopard.functions._registry import call, drawn, implements
from leopard.functions.basic.arithmetic import abs, sign
from leopard.functions.basic.indexing import where
from leopard.functions.basic.shape import astype, composed, form_of, operand, plain, reshape, transpose
from leopard.functions.linalg.decompositions import of_singular_values, svdvals
from leopard.functions.linalg.solving import inv, regular

__all__ = ["cond", "matrix_norm", "norm", "vector_norm"]


class Norm(Primitive):
    options = ("ord", "axis", "keepdims")

    def forward(self, x):
        return np.linalg.norm(x, *self.option)

    def backward(self, gy):
        (x,) = self.inputs
        ord, axis = self.ord, self.axis
        every = axis is None
        axes = tuple(range(x.ndim)) if every else axis if isinstance(axis, tuple) else (axis,)
        axes = tuple([int(i) % x.ndim for i in axes])
        gy, y = _kept(gy, x, axes), _kept(self.output, x, axes)
        if ord is None or isinstance(ord, str) and ord != "nuc":
            ord = 2
        elif len(axes) == 2:
            return _of_matrices(x, y, gy, ord, axes)
        return _of_vectors(x, y, gy, ord, axes, self.output)


class VectorNorm(Primitive):
    options = ("axis", "keepdims", "ord")

    def forward(self, x):
        return np.linalg.vector_norm(x, axis=self.axis, keepdims=self.keepdims, ord=self.ord)

    def backward(self, gy):
        (x,) = self.inputs
        axis = self.axis
        axes = range(x.ndim) if axis is None else axis if isinstance(axis, tuple) else (axis,)
        axes = tuple([i % x.ndim for i in axes])
        gy, y = _kept(gy, x, axes), _kept(self.output, x, axes)
        return _of_vectors(x, y, gy, 2 if self.ord is None else self.ord, axes, self.output)


def _kept(y, x, axes):
    """`y` with the reduced axes of `x` put back at length 1."""
    return reshape(y, tuple([1 if i in axes else n for i, n in enumerate(x.shape)]))


def _shares(chosen, axis, dtype):
    """Weights of the elements in the mask `chosen` that sum to 1 along the axis: equal shares at a tie."""
    return (chosen / np.maximum(chosen.sum(axis, keepdims=True), 1)).astype(dtype)


def _of_vectors(x, y, gy, ord, axes, output):
    if ord == 0:
        return None
    if ord == 1:
        return gy * sign(x)
    if np.isinf(ord):
        largest = np.abs(plain(x)) == plain(y)
        return where(largest, gy, 0.0) * (sign(x) * _shares(largest, axes, y.dtype))
    # A norm of 0 is replaced by 1 in denominators; the sign of a component 0 is 0.
    zero = plain(y) == 0
    given, gy, y = gy, where(zero, 0.0, gy), y + zero.astype(y.dtype)
    if ord == 2:
        gx = gy * (x / y)
        return gx + _of_a_square(x, given, zero, output) if zero.any() and recording() else gx
    size = abs(x) + (plain(x) == 0).astype(y.dtype)
    return gy * (sign(x) * (size / y) ** (ord - 1))


def _of_a_square(x, gy, zero, output):
    """A term of value 0 with the right derivative where norms are 0, for losses smooth in the squared norm.

    There x / y * gy tends to x times the derivative of gy with respect to y, which is 0, unlike its
    derivative.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        (rate,), _ = tangents([gy], [output], [np.ones(output.shape, output.dtype)], True)
    return 0 if rate is None else where(zero & np.isfinite(plain(rate)), rate, 0.0) * x


def _of_matrices(x, y, gy, ord, axes):
    """The gradient of a matrix norm: of the largest or smallest row or column sum, or of singular values."""
    row, column = axes
    if ord in (1, -1, np.inf, -np.inf):
        added, left = (row, column) if ord in (1, -1) else (column, row)
        sums = np.add.reduce(np.abs(plain(x)), axis=added, keepdims=True)
        largest = sums == plain(y)
        return where(largest, gy, 0.0) * (sign(x) * _shares(largest, left, y.dtype))
    order = [*[i for i in range(x.ndim) if i not in axes], row, column]
    gx = transpose(x, order)
    gs = reshape(transpose(gy, order), (*gx.shape[:-2], 1))
    if ord == "nuc":
        gx = of_singular_values(gx, gs * np.ones(min(gx.shape[-2:]), y.dtype))
    else:
        s = np.linalg.svd(plain(gx), compute_uv=False)
        best = s[..., :1] if ord == 2 else s[..., -1:]
        chosen = np.abs(s - best) <= 4 * np.finfo(s.dtype).eps * s.sum(-1, keepdims=True)
        gx = of_singular_values(gx, gs * _shares(chosen, -1, s.dtype), chosen)
    return transpose(gx, np.argsort(order).tolist())


_inf = np.inf


@implements(
    np.linalg.norm,
    cases=[
        call(drawn(3)),
        call(drawn(2, 3)),
        call(drawn(2, 3, 2)),
        call(drawn()),
        call(drawn(3, dtype=complex)),
        call(drawn(2, 2, dtype=complex)),
        call(drawn(2, 3), keepdims=True),
        call(drawn(2, 3), axis=0),
        call(drawn(2, 3), axis=-1, keepdims=True),
        call(drawn(2, 3), axis=(1,)),
        call(drawn(2, 3, 2), axis=(2, 0)),
        call(drawn(2, 3, 2), None, (0, -1), True),
        *[call(drawn(4), ord) for ord in (2, 1, 3, 2.5, 0.5, -1, -2, 0, _inf, -_inf)],
        *[call(drawn(2, 3), ord, axis=1) for ord in (2, 1, 3, -1.5, 0, _inf, -_inf)],
        *[call(drawn(3, 2), ord=ord) for ord in ("fro", "f", "nuc", 2, -2, 1, -1, _inf, -_inf)],
        *[call(drawn(2, 2, 3), ord, (-1, 0)) for ord in ("fro", "nuc", 2, -2, 1, -1, _inf, -_inf)],
        *[call(drawn(2, 2, 3), ord, (1, 2), keepdims=True) for ord in ("nuc", 2, 1, -_inf)],
        *[call(drawn(2, 3, dtype=complex), ord, 1) for ord in (2, 1, 3, _inf, -_inf)],
        *[call(drawn(2, 3, dtype=complex), ord) for ord in ("fro", "nuc", 2, 1, -_inf)],
        call(drawn(0)),
    ],
)
def norm(x, ord=None, axis=None, keepdims=False):
    """Norm of vectors or of matrices.

    The gradient of the Euclidean and the Frobenius norm is gy * x / y. That of a sum of absolute values is gy
    * sign(x); that of another power p, gy * sign(x) * (abs(x) / y)**(p - 1). For a largest or smallest
    absolute value it is gy * sign(x) at that element, in equal shares at several; for norms of singular
    values see `svdvals`. Where the norm is 0, and at elements that are 0, the gradient is 0. The second
    derivative of a smooth function of the square of a Euclidean or Frobenius norm, such as norm(x)**2, is
    right there.

    Parameters
    ----------
    x : Variable or ndarray
    ord : float or {"fro", "nuc"}, optional
        For vectors: the power p; inf and -inf for the largest and smallest absolute value; 0 for the number
        of elements that are not 0, which has no gradient. For matrices: "fro", the Frobenius norm; "nuc", the
        sum of the singular values; 2 and -2, the largest and smallest of them; 1 and -1, the largest and
        smallest sum of the absolute values in a column; inf and -inf, in a row. By default the root of the
        sum of squares.
    axis : int or pair of int, optional
        The axis of the vectors, or the two axes of the matrices. By default x is one vector or matrix;
        without `ord` it may have any shape.
    keepdims : bool
        Whether to keep these axes, at length 1.

    Returns
    -------
    Variable

    Raises
    ------
    ValueError
        When there is no such norm.

    Examples
    --------
    >>> norm(Variable(np.array([3.0, 4.0])))
    variable(5.0)
    """
    return Norm.operation(x, ord, axis, keepdims)


@implements(
    np.linalg.vector_norm,
    cases=[
        call(drawn(3)),
        call(drawn(2, 3)),
        call(drawn()),
        call(drawn(2, 3), keepdims=True),
        call(drawn(2, 3, 2), axis=(0, -1)),
        call(drawn(2, 3, 2), axis=(2, 1), keepdims=True, ord=3),
        call(drawn(2, 3), axis=-1, ord=1),
        *[call(drawn(2, 2), ord=ord) for ord in (2, 1, -1, 0, _inf, -_inf, 1.5)],
        call(drawn(2, 2, dtype=complex), ord=3),
        call(drawn(2, 3, dtype=complex), axis=0),
    ],
)
def vector_norm(x, /, *, axis=None, keepdims=False, ord=2):
    """Norm of vectors, whose elements may be along several axes.

    The gradient is that of `norm`: gy * x / y for the Euclidean norm, and 0 where the norm is 0.

    Parameters
    ----------
    x : Variable or ndarray
    axis : int or tuple of int, optional
        By default all.
    keepdims : bool
        Whether to keep these axes, at length 1.
    ord : float
        As for `norm`.

    Returns
    -------
    Variable

    Examples
    --------
    >>> vector_norm(Variable(np.array([[3.0, 0.0], [0.0, 4.0]])))
    variable(5.0)
    """
    return VectorNorm.operation(x, axis, keepdims, ord)


@implements(
    np.linalg.matrix_norm,
    cases=[
        call(drawn(2, 3)),
        call(drawn(2, 2, 3), keepdims=True),
        *[call(drawn(2, 3, 2), ord=ord) for ord in ("fro", "nuc", 2, -2, 1, -1, _inf, -_inf)],
        call(drawn(2, 2, dtype=complex), keepdims=True, ord="nuc"),
    ],
)
def matrix_norm(x, /, *, keepdims=False, ord="fro"):
    """Norm of the matrices in the last two axes.

    The gradient is that of `norm`.

    Parameters
    ----------
    x : Variable or ndarray
    keepdims : bool
        Whether to keep the last two axes, at length 1.
    ord : {"fro", "nuc", 2, -2, 1, -1, inf, -inf}
        As for `norm`.

    Returns
    -------
    Variable

    Raises
    ------
    ValueError
        When there is no such norm.

    Examples
    --------
    >>> matrix_norm(Variable(np.array([[3.0, 0.0], [0.0, 4.0]])), ord="nuc")
    variable(7.0)
    """
    return norm(x, ord, (-2, -1), keepdims)


@implements(
    np.linalg.cond,
    plain=lambda x, p=None: np.real(
        np.linalg.cond(x, p)
    ),  # NumPy 2.3 returns complex numbers for complex matrices
    cases=[
        call(drawn(3, 3)),
        call(drawn(2, 3), 2),
        call(drawn(3, 2), p=-2),
        call(drawn(2, 2, 2)),
        *[call(drawn(2, 2, made=regular), p) for p in ("fro", "nuc", 1, -1, _inf, -_inf)],
        call(drawn(3, 2, 2, made=regular), 1),
        call(drawn(2, 2, dtype=complex, made=regular)),
        call(drawn(2, 2, dtype=complex, made=regular), "fro"),
    ],
    reads_values=True,
)
@composed(np.linalg.cond)
def cond(x, p=None):
    """Condition number: the norm of a matrix times the norm of its inverse.

    The gradient is that of this product; for p = 2 or -2 that of the quotient of two singular values. Where a
    matrix is singular the condition number is inf and the gradient 0.

    Parameters
    ----------
    x : Variable or ndarray
        Matrices in the last two axes; square ones unless p is 2 or -2.
    p : float or {"fro", "nuc"}, optional
        The norm, as for `norm`. By default 2: the largest singular value over the smallest.

    Returns
    -------
    Variable

    Raises
    ------
    numpy.linalg.LinAlgError
        When a matrix is empty, or not square.

    Examples
    --------
    >>> cond(Variable(np.array([[4.0, 0.0], [0.0, 2.0]])))
    variable(2.0)
    """
    x = operand(x)
    if x.size == 0 and 0 in x.shape[-2:]:
        raise np.linalg.LinAlgError("cond is not defined on empty arrays")
    with np.errstate(all="ignore"):
        if p in (None, 2, -2):
            s = svdvals(x)
            y, by = (s[..., -1], s[..., 0]) if p == -2 else (s[..., 0], s[..., -1])
            zero = plain(by) == 0
            y = where(zero, np.inf, y / (by + zero.astype(s.dtype))) if zero.any() else y / by
        else:
            wide = astype(x, np.result_type(x.dtype, np.float64))  # as NumPy computes the inverse
            try:
                inverse = inv(wide)
            except np.linalg.LinAlgError:
                inverse = inv(where(_singular(plain(wide))[..., None, None], np.nan, wide))
            y = norm(x, p, (-2, -1)) * norm(inverse, p, (-2, -1))
            y = astype(y, form_of(x).real.dtype)
    none = np.isnan(plain(y)) & ~np.isnan(plain(x)).any((-2, -1))
    return where(none, np.inf, y) if none.any() else y


def _singular(x):
    """A mask of the matrices that have no inverse."""
    found = np.zeros(x.shape[:-2], bool)
    for i in np.ndindex(found.shape):
        try:
            np.linalg.inv(x[i])
        except np.linalg.LinAlgError:
            if x.shape[-1] != x.shape[-2]:
                raise
            found[i] = True
    return found
