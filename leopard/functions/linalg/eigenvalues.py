"""Eigenvalues and eigenvectors.

With V**-1 dA V = E, the eigenvalues change by the diagonal of E and the eigenvectors by V (F * E), where
F[i, j] = 1 / (w[j] - w[i]); see Magnus, Econometric Theory 1 (1985), 179.

Where two eigenvalues are equal, to within rounding, 0 stands for that 1 / 0. Then the gradient is right of
what a loss makes of the eigenvalues alone, as long as it treats equal ones alike, and of the space that their
eigenvectors span. What else there is, such as V h(w) V.T where h' is not 0, cannot be seen from the gradients
of w and V; nor can a second derivative, and that is an error there. A loss that depends on which basis of the
space, or on which phase of a complex eigenvector, was computed has no derivative: an error too.
"""

from math import isqrt, prod

import numpy as np

from leopard.functions._registry import Primitive, call, drawn, implements
from leopard.functions.basic.complex import conj, imag, real
from leopard.functions.basic.shape import composed, plain, reshape
from leopard.functions.linalg.matmul import adjoint, named_tuple
from leopard.functions.linalg.solving import solve
from leopard.functions.math.sums import sum

__all__ = ["eig", "eigh", "eigvals", "eigvalsh"]


def joined(*arrays, axes):
    """Several arrays in one, flat but for the batch: as many of their last axes as said are no batch.

    A Function's output that nobody holds is gone by the time of the walk, and its rule cannot use it. This
    one output is held by every part of it. It also collects the gradients of all parts, so that a rule sees
    together what depends on an arbitrary choice only if seen apart.
    """
    batch = arrays[0].shape[: arrays[0].ndim - axes[0]]
    flat = [a.reshape(*batch, prod(a.shape[len(batch) :])) for a in arrays]
    return np.concatenate(flat, -1)


def parts(joint, *shapes):
    """The arrays of these shapes, beside the batch, that were joined."""
    start, found = 0, []
    for shape in shapes:
        part = joint[..., start : start + prod(shape)]
        found.append(part if len(shape) == 1 else reshape(part, (*joint.shape[:-1], *shape)))
        start += prod(shape)
    return found


class FirstOnly(Primitive, listed=False):
    """A gradient that is right and has no derivative, and why."""

    options = ("reason",)

    def forward(self, gx):
        return gx.copy()

    def backward(self, ggx):
        raise RuntimeError(f"{self.reason}, and the gradient there has no derivative in leopard")


def are_equal(w):
    """Which pairs of eigenvalues or singular values are one, to within rounding."""
    w = plain(w)
    near = 4 * np.finfo(w.dtype).eps * np.abs(w).sum(-1)
    return np.abs(w[..., None, :] - w[..., :, None]) <= near[..., None, None]


def differences(w):
    """w[j] - w[i] at [i, j]."""
    return reshape(w, (*w.shape[:-1], 1, w.shape[-1])) - reshape(w, (*w.shape, 1))


def inverse(x, excepted):
    """1 / x, and 0 where it is excepted."""
    one = np.ones((), plain(x).real.dtype)
    return one * ~excepted / (x + one * excepted)


def once_where(equal, gx, reason):
    """`gx`, which has no derivative where others are equal than each to itself."""
    others = equal & ~np.eye(equal.shape[-1], dtype=bool)
    return FirstOnly.operation(gx, reason) if others.any() else gx


def must_not_matter(x, chosen, name):
    """Raise where a gradient asks for what the decomposition has chosen at will."""
    x = plain(x)
    size = np.abs(x).sum((-1, -2), keepdims=True)
    if (np.abs(x) * chosen > np.sqrt(np.finfo(x.dtype).eps) * (1 + size)).any():
        raise RuntimeError(
            f"{name}: the loss depends on which of several bases the vectors are, or on their phases, "
            "which is arbitrary; so it has no derivative"
        )


def diagonals(x):
    """Matrices that have the vectors of `x` on their diagonals."""
    return reshape(x, (*x.shape, 1)) * np.eye(x.shape[-1], dtype=plain(x).real.dtype)


def on_triangle(gx, upper):
    """The gradient of the triangle that is read, from that of the Hermitian matrix which it stands for."""
    half = np.tri(gx.shape[-1], k=-1) + 0.5 * np.eye(gx.shape[-1])
    return (gx + adjoint(gx)) * (half.T if upper else half).astype(plain(gx).real.dtype)


class EigH(Primitive):
    options = ("UPLO",)

    def forward(self, x):
        return joined(*np.linalg.eigh(x, self.UPLO), axes=(1, 2))

    def backward(self, gy):
        w, v = _real_first(self.output)
        gw, gv = _real_first(gy)
        equal = are_equal(w)
        g = adjoint(v) @ gv
        must_not_matter(g - adjoint(g), equal, "eigh")
        gx = v @ (diagonals(gw) + inverse(differences(w), equal) * g) @ adjoint(v)
        gx = once_where(equal, gx, "eigh: eigenvalues are equal")
        return on_triangle(gx, self.UPLO in "Uu")


def _shapes(y):
    """Of eigenvalues and eigenvectors: n and n * n elements."""
    n = isqrt(y.shape[-1])
    return (n,), (n, n)


def _real_first(y):
    w, v = parts(y, *_shapes(y))
    return real(w), v


def _symmetric(a):
    return (a + a.T) / 2


_hermitian = [
    call(drawn(3, 3, made=_symmetric)),
    call(drawn(3, 3)),
    call(drawn(3, 3), "U"),
    call(drawn(2, 2, 2), UPLO="l"),
    call(drawn(1, 1)),
]


@implements(np.linalg.eigh, cases=[*_hermitian, call(drawn(0, 2, 2))])
@composed(np.linalg.eigh)
def eigh(a, UPLO="L"):
    """Eigenvalues and eigenvectors of symmetric or Hermitian matrices.

    The gradient is V (diag(gw) + F * (V.T gV)) V.T, where F[i, j] is 1 / (w[j] - w[i]), or 0 where these are
    equal: then the gradient is right of a loss that treats equal eigenvalues alike, and of their
    eigenvectors sees the space that they span. There is no second derivative there.

    As NumPy reads one triangle only, it is the elements of that triangle that get the gradient.

    Parameters
    ----------
    a : Variable or ndarray
        Square matrices in the last two axes.
    UPLO : {"L", "U"}
        Which triangle is read.

    Returns
    -------
    EighResult of Variable
        `eigenvalues`, in ascending order, and `eigenvectors`, the columns.

    Raises
    ------
    numpy.linalg.LinAlgError
        When the matrices are not square.
    RuntimeError
        In the walk back, when the loss depends on the phase of complex eigenvectors, or on which basis
        those of equal eigenvalues are.

    Examples
    --------
    >>> eigh(Variable(np.array([[2.0, 0.0], [0.0, 1.0]]))).eigenvalues
    variable([1. 2.])
    """
    return named_tuple(np.linalg.eigh)(*_real_first(EigH.operation(a, UPLO)))


class EigValsH(Primitive):
    options = ("UPLO",)

    def forward(self, x):
        return np.linalg.eigvalsh(x, self.UPLO)

    def backward(self, gw):
        w, v = eigh(*self.inputs, self.UPLO)
        gx = v @ diagonals(gw) @ adjoint(v)
        gx = once_where(are_equal(w), gx, "eigvalsh: eigenvalues are equal")
        return on_triangle(gx, self.UPLO in "Uu")


@implements(
    np.linalg.eigvalsh,
    cases=[
        *_hermitian,
        call(drawn(3, 3, dtype=complex)),
        call(drawn(2, 2, dtype=complex), "U"),
        call(drawn(0, 0)),
    ],
)
def eigvalsh(a, UPLO="L"):
    """Eigenvalues of symmetric or Hermitian matrices.

    The gradient is V diag(gw) V.T, with the eigenvectors V, at the elements of the triangle that is read.
    Where eigenvalues are equal it is right of a loss that treats these alike, and there is no second
    derivative.

    Parameters
    ----------
    a : Variable or ndarray
        Square matrices in the last two axes.
    UPLO : {"L", "U"}
        Which triangle is read.

    Returns
    -------
    Variable
        In ascending order.

    Raises
    ------
    numpy.linalg.LinAlgError
        When the matrices are not square.

    Examples
    --------
    >>> eigvalsh(Variable(np.array([[2.0, 0.0], [0.0, 1.0]])))
    variable([1. 2.])
    """
    return EigValsH.operation(a, UPLO)


class Eig(Primitive):
    def forward(self, x):
        return joined(*np.linalg.eig(x), axes=(1, 2))

    def backward(self, gy):
        w, v = parts(self.output, *_shapes(gy))
        gw, gv = parts(gy, *_shapes(gy))
        equal = are_equal(w)
        # LAPACK makes the vectors' lengths 1 and the largest component of each real: so they stay.
        along = sum(conj(gv) * v, -2, keepdims=True)
        gv = gv - v * real(along)
        if v.dtype.kind == "c":
            largest = _largest_real(plain(v))
            gv = gv + 1j * largest * imag(along) / real(sum(v * largest, -2, keepdims=True))
        g = adjoint(v) @ gv
        must_not_matter(g, equal & ~np.eye(w.shape[-1], dtype=bool), "eig")
        g = conj(inverse(differences(w), equal)) * g + diagonals(gw)
        return once_where(equal, _back(v, g), "eig: eigenvalues are equal")


def _back(v, g):
    """V**-H g V.H: the gradient of A from that of V**-1 A V."""
    s = np.linalg.svd(plain(v), compute_uv=False)
    if (s[..., -1:] <= s.shape[-1] * np.finfo(s.dtype).eps * s[..., :1]).any():
        raise np.linalg.LinAlgError("eig: there are fewer independent eigenvectors than rows")
    vh = adjoint(v)
    return solve(vh, g @ vh)


def _largest_real(v):
    """One at the largest component without an imaginary part, of each column; 0 elsewhere."""
    if v.size == 0:
        return np.zeros(v.shape, v.real.dtype)
    largest = np.where(v.imag == 0, np.abs(v), -1).argmax(-2)
    return (np.arange(v.shape[-1])[:, None] == largest[..., None, :]).astype(v.real.dtype)


def _real(a):
    """Matrices whose eigenvalues are real and lie apart."""
    return 0.3 * a + np.diag(2.0 * np.arange(a.shape[-1]))


def _turning(a):
    """Matrices with a pair of complex eigenvalues."""
    n = a.shape[-1]
    return 0.3 * a + np.diag(3.0 * np.arange(n)) + 5 * (np.eye(n, k=1) - np.eye(n, k=-1))


_general = [
    call(drawn(3, 3, made=_real)),
    call(drawn(2, 2, made=_turning)),
    call(drawn(3, 3, made=_turning)),
    call(drawn(2, 2, 2, made=_turning)),
    call(drawn(2, 2, dtype=complex, made=_real)),
    call(drawn(3, 3, dtype=complex, made=_turning)),
    call(drawn(1, 1)),
]


@implements(np.linalg.eig, cases=_general)
@composed(np.linalg.eig)
def eig(a):
    """Eigenvalues and eigenvectors of square matrices.

    The gradient is V**-H (diag(gw) + conj(F) * (V.H gV)) V.H, where F[i, j] is 1 / (w[j] - w[i]), or 0 where
    these are equal, and where gV is first freed of what would change a vector's length or phase: LAPACK
    makes the lengths 1 and the largest component of each real.

    Where eigenvalues are equal the gradient is right of a loss that treats these alike, and there is no
    second derivative.

    Parameters
    ----------
    a : Variable or ndarray
        Square matrices in the last two axes.

    Returns
    -------
    EigResult of Variable
        `eigenvalues`, in no certain order, and `eigenvectors`, the columns. Complex, but for real matrices
        of which all eigenvalues are real.

    Raises
    ------
    numpy.linalg.LinAlgError
        When the matrices are not square; and in the walk back when there are no n independent vectors.
    RuntimeError
        In the walk back, when the loss depends on which vectors of equal eigenvalues are taken.

    Examples
    --------
    >>> eig(Variable(np.array([[1.0, 1.0], [0.0, 2.0]]))).eigenvalues
    variable([1. 2.])
    """
    y = Eig.operation(a)
    return named_tuple(np.linalg.eig)(*parts(y, *_shapes(y)))


class EigVals(Primitive):
    def forward(self, x):
        return np.linalg.eigvals(x)

    def backward(self, gw):
        (x,) = self.inputs
        w, v = eig(x)
        order = _nearest(plain(self.output), plain(w))
        gw = reshape(reshape(gw, (-1,))[order.ravel()], w.shape)
        return once_where(are_equal(w), _back(v, diagonals(gw)), "eigvals: eigenvalues are equal")


def _nearest(w, others):
    """Where in all of `w` each of `others` is: LAPACK finds them in another order without the vectors."""
    n = w.shape[-1]
    order = np.arange(w.size).reshape(w.shape)
    far = np.abs(w[..., :, None] - others[..., None, :])
    for place in np.ndindex(w.shape[:-1]):
        for j in range(n):
            i = far[place][:, j].argmin()
            far[place][i] = np.inf
            order[(*place, j)] += i - j
    return order


@implements(np.linalg.eigvals, cases=[*_general, call(drawn(0, 0))])
def eigvals(a):
    """Eigenvalues of square matrices.

    The gradient is V**-H diag(gw) V.H, with the eigenvectors V. Where eigenvalues are equal it is right of
    a loss that treats these alike, and there is no second derivative.

    Parameters
    ----------
    a : Variable or ndarray
        Square matrices in the last two axes.

    Returns
    -------
    Variable
        In no certain order. Complex, but for real matrices of which all eigenvalues are real.

    Raises
    ------
    numpy.linalg.LinAlgError
        When the matrices are not square; and in the walk back when there are no n independent vectors.

    Examples
    --------
    >>> eigvals(Variable(np.array([[1.0, 1.0], [0.0, 2.0]])))
    variable([1. 2.])
    """
    return EigVals.operation(a)
