"""Eigenvalues and eigenvectors.

With V**-1 dA V = E, the eigenvalues change by the diagonal of E and the eigenvectors by V (F * E), where
F[i, j] = 1 / (w[j] - w[i]); see Magnus, Econometric Theory 1 (1985), 179.

Where two eigenvalues are equal, to within rounding, F is infinite. The gradient of a loss that does not
depend on the basis chosen for their eigenvectors is then a limit of the form 0 / 0, which the gradients gw
and gV do not determine. (Example: at the identity, gw and gV of elements off the diagonal of V h(w) V.T are 0
for h(w) = w - 1 and also for h = 0.) The derivatives of these gradients do. With X = V.H gV and the gradient
G of the matrix

    X[i, j] - conj(X[j, i]) = 2 (V.H G V)[i, j] (w[j] - w[i])

holds for all w and every V. So, when w changes in a direction d and V is held fixed,

    (V.H G V)[i, j] = (dX[i, j] - conj(dX[j, i])) / (2 (d[j] - d[i])).

dX is the tangent of X in a recorded walk, so a rule that finds equal eigenvalues has the walk repeated with
recording (`must_be_recorded`). The docstring of `eigh` states what follows from this.
"""

from math import isqrt, prod

import numpy as np

from leopard._config import recording
from leopard._core import NotRecorded, as_variable, from_recorded, tangents
from leopard.functions._primitives import Primitive
from leopard.functions._registry import call, drawn, implements
from leopard.functions.basic.complex import conj, imag, real
from leopard.functions.basic.shape import composed, form_of, plain, reshape
from leopard.functions.linalg.matmul import adjoint, adjoint_of_array, named_tuple
from leopard.functions.linalg.solving import solve
from leopard.functions.manipulation.joining import concatenate
from leopard.functions.math.sums import sum

__all__ = ["eig", "eigh", "eigvals", "eigvalsh"]


def joined(*arrays, axes):
    """Several arrays flattened and joined into one, except for their batch axes.

    `axes` has the number of axes of each array behind the batch axes. Joined, all outputs of a decomposition
    are one output, which each part keeps alive, so that the rule can use it; and the rule gets the gradients
    of all parts together. A last element, 0, is appended; its gradient is nonzero where vectors have been
    used, as their gradient may be 0 and still depend on the matrix.
    """
    batch = arrays[0].shape[: arrays[0].ndim - axes[0]]
    flat = [a.reshape(*batch, prod(a.shape[len(batch) :])) for a in arrays]
    return np.concatenate([*flat, np.zeros((*batch, 1), flat[0].dtype)], -1)


def parts(joint, *shapes):
    """The joined arrays, taken apart; `shapes` are theirs without the batch axes."""
    start, found = 0, []
    for shape in shapes:
        part = joint[..., start : start + prod(shape)]
        found.append(part if len(shape) == 1 else reshape(part, (*joint.shape[:-1], *shape)))
        start += prod(shape)
    return found


class Vectors(Primitive):
    """One of the joined arrays, of vectors; its rule also marks that vectors have been used.

    The gradient is gy at the place of the vectors, and 1 at the last element.
    """

    options = ("start", "shape")
    linear = False  # its value is linear, but its gradient is not only the transpose

    def forward(self, joint):
        part = joint[..., self.start : self.start + prod(self.shape)]
        return part.reshape(*joint.shape[:-1], *self.shape).copy()

    def backward(self, gy):
        (joint,) = self.inputs
        batch, n = joint.shape[:-1], prod(self.shape)
        before = np.zeros((*batch, self.start), joint.dtype)
        after = np.zeros((*batch, joint.shape[-1] - n - self.start), joint.dtype)
        after[..., -1:] = 1
        return concatenate([before, reshape(gy, (*batch, n)), after], -1)

    def tangent(self, t):
        t = t[..., self.start : self.start + prod(self.shape)]
        return reshape(t, (*t.shape[:-1], *self.shape))


def vectors(joint, place, *shapes):
    """The array of vectors at the given place among joined arrays of these shapes."""
    return Vectors.operation(joint, int(np.sum([prod(s) for s in shapes[:place]])), tuple(shapes[place]))


def have_been_used(gy):
    """Whether a gradient of joined arrays came from vectors, and not from values alone."""
    return bool(plain(gy)[..., -1].any())


def must_be_recorded(name, which):
    """Raise `NotRecorded` in a walk that is not recorded: the core then repeats it with recording."""
    if not recording():
        raise NotRecorded(
            f"{name}: {which} are equal, and the gradient of a function of their vectors can be computed "
            "in a recorded walk only; call backward(create_graph=True)"
        )
    if from_recorded.get():
        raise RuntimeError(
            f"{name}: {which} are equal, and the gradient of a function of their vectors depends on "
            "derivatives of the gradients that the surrounding checkpoint or vjp was given; take the "
            "decomposition out of it, or move all that is computed from the vectors into it"
        )


def changed(gy, y, direction):
    """The derivative of the gradient `gy`, from a recorded walk, with respect to y in a direction."""
    (t,), _ = tangents([gy], [y], [direction.astype(y.dtype)])
    return as_variable(np.zeros(y.shape, y.dtype)) if t is None else t


def turns(pairs, dtype):
    """Skew matrices that are nonzero at the pairs: generators of other choices of the vectors."""
    n = pairs.shape[-1]
    numbers = np.sin(1.0 + np.arange(n * n)).reshape(n, n)
    skew = numbers - numbers.T
    return (pairs * (skew + 1j * (numbers + numbers.T) if dtype.kind == "c" else skew)).astype(dtype)


class FirstOnly(Primitive, listed=False):
    """The identity on a gradient (or an operand of it) that has no derivative; `reason` is in the error."""

    options = ("reason",)

    def forward(self, gx):
        return gx.copy()

    def backward(self, ggx):
        raise RuntimeError(
            f"{self.reason}, and the gradient there has no derivative in leopard, nor has a function of the "
            "vectors one in forward mode; take the first derivative by grad, vjp or backward"
        )


def are_equal(w):
    """A mask of the pairs of eigenvalues or singular values that are equal to within rounding."""
    w = plain(w)
    near = 4 * np.finfo(w.dtype).eps * np.abs(w).sum(-1)
    return np.abs(w[..., None, :] - w[..., :, None]) <= near[..., None, None]


def differences(w):
    """w[j] - w[i] at [i, j]."""
    return reshape(w, (*w.shape[:-1], 1, w.shape[-1])) - reshape(w, (*w.shape, 1))


def inverse(x, excepted):
    """1 / x, and 0 where the mask `excepted` holds."""
    one = np.ones((), form_of(x).real.dtype)
    return one * ~excepted / (x + one * excepted)


def apart_from_itself(equal):
    """The mask `equal` without the diagonal, where each value is paired with itself."""
    return equal & ~np.eye(equal.shape[-1], dtype=bool)


def once_where(equal, gx, reason):
    """`gx`; where two different values are equal, its derivative raises, with the reason."""
    return FirstOnly.operation(gx, reason) if apart_from_itself(equal).any() else gx


def shared(gw, equal):
    """The gradients of values, replaced by their means among equal values, whose order is arbitrary."""
    if not apart_from_itself(equal).any():
        return gw
    shares = equal / equal.sum(-1, keepdims=True)
    return reshape(shares.astype(form_of(gw).real.dtype) @ reshape(gw, (*gw.shape, 1)), gw.shape)


def must_not_matter(x, chosen, name):
    """Raise where a gradient is not 0 along an arbitrary choice of the decomposition, the mask `chosen`."""
    x = plain(x)
    size = np.abs(x).sum((-1, -2), keepdims=True)
    if (np.abs(x) * chosen > np.sqrt(np.finfo(x.dtype).eps) * (1 + size)).any():
        raise RuntimeError(
            f"{name}: the loss depends on the choice of the vectors among several bases, or on their phases, "
            "which is arbitrary; so it has no derivative"
        )


def diagonals(x):
    """Matrices that have the vectors of `x` on their diagonals."""
    return reshape(x, (*x.shape, 1)) * np.eye(x.shape[-1], dtype=form_of(x).real.dtype)


def on_triangle(gx, upper):
    """The gradient of the triangle that is read, from the gradient of the whole Hermitian matrix."""
    half = np.tri(gx.shape[-1], k=-1) + 0.5 * np.eye(gx.shape[-1])
    return (gx + adjoint(gx)) * (half.T if upper else half).astype(form_of(gx).real.dtype)


def _triangle_named(name):
    """The argument UPLO of a function, which must be "L" or "U"."""
    if not isinstance(name, str):
        raise TypeError(f'UPLO is "L" or "U", the triangle that is read, not {type(name)}')
    return name


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
        if not have_been_used(gy):
            gw = shared(gw, equal)
        core = diagonals(gw) + inverse(differences(w), equal) * g + self.limits(gy, equal)
        gx = once_where(equal, v @ core @ adjoint(v), "eigh: eigenvalues are equal")
        return on_triangle(gx, self.UPLO in "Uu")

    def limits(self, gy, equal):
        """The limits in the place of 0 / 0; see the module's docstring."""
        pairs = apart_from_itself(equal)
        if not (pairs.any() and have_been_used(gy)):
            return 0
        must_be_recorded("eigh", "eigenvalues")
        n = equal.shape[-1]
        direction = np.zeros(gy.shape)
        direction[..., :n] = d = np.arange(float(n))
        _, gv = _real_first(changed(gy, self.output, direction))
        v = plain(_real_first(self.output)[1])
        turned = v @ turns(pairs, v.dtype)
        byturning = changed(gy, self.output, joined(np.zeros(v.shape[:-1]), turned, axes=(1, 2)))
        x = adjoint_of_array(turned) @ plain(_real_first(gy)[1])
        x = x + adjoint_of_array(v) @ plain(_real_first(byturning)[1])
        must_not_matter(x - adjoint_of_array(x), pairs, "eigh")
        x = adjoint_of_array(v) @ plain(gv)
        return (pairs / (d - d[:, None] + np.eye(n)) * x).astype(gy.dtype)


def _shapes(y):
    """The shapes of eigenvalues and eigenvectors in a joined array of n + n * n + 1 elements."""
    n = isqrt(y.shape[-1] - 1)
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

    The gradient is V (diag(gw) + F * (V.T gV)) V.T, where F[i, j] is 1 / (w[j] - w[i]), and .T is the adjoint
    for complex matrices. It is added up at the elements of the triangle that is read.

    Where eigenvalues are equal, the gradient of a loss that does not depend on the choice of their vectors,
    such as a function of (V * f(w)) @ V.T, is the limit. To compute it, `backward` records the walk, and
    frees the record at the end. There is no second derivative then, and no forward mode. Where the vectors
    are not used, the gradient is that of `eigvalsh`.

    Parameters
    ----------
    a : Variable or ndarray
        Square matrices in the last two axes.
    UPLO : {"L", "U"}
        The triangle that is read.

    Returns
    -------
    EighResult of Variable
        `eigenvalues`, in ascending order, and `eigenvectors`, the columns.

    Raises
    ------
    numpy.linalg.LinAlgError
        When the matrices are not square.
    RuntimeError
        In `backward`, when the loss depends on an arbitrary choice: the phases of complex eigenvectors, or
        the eigenvectors of equal eigenvalues.

    Examples
    --------
    >>> eigh(Variable(np.array([[2.0, 0.0], [0.0, 1.0]]))).eigenvalues
    variable([1. 2.])
    """
    y = EigH.operation(a, _triangle_named(UPLO))
    return named_tuple(np.linalg.eigh)(_real_first(y)[0], vectors(y, 1, *_shapes(y)))


class EigValsH(Primitive):
    options = ("UPLO",)

    def forward(self, x):
        return np.linalg.eigvalsh(x, self.UPLO)

    def backward(self, gw):
        w, v = eigh(*self.inputs, self.UPLO)
        equal = are_equal(w)
        v = once_where(equal, v, "eigvalsh: eigenvalues are equal")
        return on_triangle(v @ diagonals(shared(gw, equal)) @ adjoint(v), self.UPLO in "Uu")


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

    The gradient is V diag(gw) V.T, with the eigenvectors V, added up at the elements of the triangle that is
    read. Equal eigenvalues share their gradients equally, and there is no second derivative.

    Parameters
    ----------
    a : Variable or ndarray
        Square matrices in the last two axes.
    UPLO : {"L", "U"}
        The triangle that is read.

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
    return EigValsH.operation(a, _triangle_named(UPLO))


class Eig(Primitive):
    def forward(self, x):
        return joined(*np.linalg.eig(x), axes=(1, 2))

    def backward(self, gy):
        w, v = parts(self.output, *_shapes(gy))
        gw, gv = parts(gy, *_shapes(gy))
        equal = are_equal(w)
        if not have_been_used(gy):
            gw = shared(gw, equal)
        g = adjoint(v) @ _as_scaled(v, gv)
        must_not_matter(g, apart_from_itself(equal), "eig")
        g = conj(inverse(differences(w), equal)) * g + diagonals(gw) + self.limits(gy, equal)
        return once_where(equal, _back(v, g), "eig: eigenvalues are equal")

    def limits(self, gy, equal):
        """The limits in the place of 0 / 0, where X[i, j] = (V.H G V)[i, j] (w[j] - w[i])."""
        pairs = apart_from_itself(equal)
        if not (pairs.any() and have_been_used(gy)):
            return 0
        must_be_recorded("eig", "eigenvalues")
        n = equal.shape[-1]
        direction = np.zeros(gy.shape)
        direction[..., :n] = d = np.arange(float(n))
        v = plain(parts(self.output, *_shapes(gy))[1])
        _, gv = parts(changed(gy, self.output, direction), *_shapes(gy))
        x = adjoint_of_array(v) @ plain(_as_scaled(v, gv))
        return (pairs / (d - d[:, None] + np.eye(n)) * x).astype(gy.dtype)


def _as_scaled(v, gv):
    """The gradient of the vectors without the parts along changes of their lengths and phases.

    LAPACK makes each vector's length 1 and its largest component real.
    """
    along = sum(conj(gv) * v, -2, keepdims=True)
    gv = gv - v * real(along)
    if v.dtype.kind == "c":
        largest = _largest_real(plain(v))
        gv = gv + 1j * largest * imag(along) / real(sum(v * largest, -2, keepdims=True))
    return gv


def _back(v, g):
    """V**-H g V.H: the gradient of A from that of V**-1 A V."""
    s = np.linalg.svd(plain(v), compute_uv=False)
    if (s[..., -1:] <= s.shape[-1] * np.finfo(s.dtype).eps * s[..., :1]).any():
        raise np.linalg.LinAlgError("eig: there are fewer independent eigenvectors than rows")
    vh = adjoint(v)
    return solve(vh, g @ vh)


def _largest_real(v):
    """For each column 1 at its largest component without an imaginary part, and 0 elsewhere."""
    if v.size == 0:
        return np.zeros(v.shape, v.real.dtype)
    largest = np.where(v.imag == 0, np.abs(v), -1).argmax(-2)
    return (np.arange(v.shape[-1])[:, None] == largest[..., None, :]).astype(v.real.dtype)


def _real(a):
    """Sample matrices whose eigenvalues are real and well separated."""
    return 0.3 * a + np.diag(2.0 * np.arange(a.shape[-1]))


def turning(a):
    """Sample matrices with a pair of complex eigenvalues."""
    n = a.shape[-1]
    return 0.3 * a + np.diag(3.0 * np.arange(n)) + 5 * (np.eye(n, k=1) - np.eye(n, k=-1))


_general = [
    call(drawn(3, 3, made=_real)),
    call(drawn(2, 2, made=turning)),
    call(drawn(3, 3, made=turning)),
    call(drawn(2, 2, 2, made=turning)),
    call(drawn(2, 2, dtype=complex, made=_real)),
    call(drawn(3, 3, dtype=complex, made=turning)),
    call(drawn(1, 1)),
]


@implements(np.linalg.eig, cases=_general)
@composed(np.linalg.eig)
def eig(a):
    """Eigenvalues and eigenvectors of square matrices.

    The gradient is V**-H (diag(gw) + conj(F) * (V.H gV)) V.H, where F[i, j] is 1 / (w[j] - w[i]), and the
    parts of gV along changes of a vector's length or phase are removed first: LAPACK makes the lengths 1 and
    the largest component of each real. Where eigenvalues are equal it is the limit, with the same conditions
    as for `eigh`.

    Parameters
    ----------
    a : Variable or ndarray
        Square matrices in the last two axes.

    Returns
    -------
    EigResult of Variable
        `eigenvalues`, in no particular order, and `eigenvectors`, the columns. They are complex, unless the
        matrices and all eigenvalues are real.

    Raises
    ------
    numpy.linalg.LinAlgError
        When the matrices are not square; and in `backward` when there are fewer than n independent vectors.
    RuntimeError
        In `backward`, when the loss depends on the choice of the eigenvectors of equal eigenvalues.

    Examples
    --------
    >>> eig(Variable(np.array([[1.0, 1.0], [0.0, 2.0]]))).eigenvalues
    variable([1. 2.])
    """
    y = Eig.operation(a)
    return named_tuple(np.linalg.eig)(parts(y, *_shapes(y))[0], vectors(y, 1, *_shapes(y)))


class EigVals(Primitive):
    def forward(self, x):
        return np.linalg.eigvals(x)

    def backward(self, gw):
        (x,) = self.inputs
        w, v = eig(x)
        order = _nearest(plain(self.output), plain(w))
        gw = reshape(reshape(gw, (-1,))[order.ravel()], w.shape)
        equal = are_equal(w)
        v = once_where(equal, v, "eigvals: eigenvalues are equal")
        return _back(v, diagonals(shared(gw, equal)))


def _nearest(w, others):
    """For each of `others` the index of the nearest of `w`: without vectors LAPACK has another order."""
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

    The gradient is V**-H diag(gw) V.H, with the eigenvectors V. Equal eigenvalues share their gradients
    equally, and there is no second derivative.

    Parameters
    ----------
    a : Variable or ndarray
        Square matrices in the last two axes.

    Returns
    -------
    Variable
        In no particular order. They are complex, unless the matrices and all eigenvalues are real.

    Raises
    ------
    numpy.linalg.LinAlgError
        When the matrices are not square; and in `backward` when there are fewer than n independent vectors.

    Examples
    --------
    >>> eigvals(Variable(np.array([[1.0, 1.0], [0.0, 2.0]])))
    variable([1. 2.])
    """
    return EigVals.operation(a)
