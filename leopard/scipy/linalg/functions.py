"""Functions of matrices: exponential, logarithm, powers, sign, trigonometric and hyperbolic functions.

The derivative of f at a in the direction e is the upper right block of f([[a, e], [0, a]]); see Higham,
Functions of Matrices (2008), theorem 3.6. Its adjoint is the derivative at a.H, so that a gradient is a value
of the same function, and is differentiable again.
"""

import numpy as np
import scipy.linalg as sl

from leopard._core import Variable
from leopard.functions._primitives import Primitive
from leopard.functions._registry import call, drawn, implements
from leopard.functions.basic.complex import imag, real
from leopard.functions.basic.shape import broadcast_to, plain
from leopard.functions.linalg.eigenvalues import eig
from leopard.functions.linalg.matmul import adjoint
from leopard.functions.linalg.solving import solve
from leopard.functions.manipulation.axes import expand_dims
from leopard.functions.manipulation.joining import concatenate
from leopard.scipy.linalg._arguments import square
from leopard.scipy.linalg.equations import solve_sylvester

__all__ = [
    "coshm", "cosm", "expm", "expm_frechet", "fractional_matrix_power", "funm", "logm", "signm", "sinhm",
    "sinm", "sqrtm", "tanhm", "tanm",
]  # fmt: skip


def _block(a, e):
    """[[a, e], [0, a]]"""
    a = broadcast_to(a, e.shape)
    zero = np.zeros(e.shape, np.result_type(a.dtype, e.dtype))
    return concatenate([concatenate([a, e], -1), concatenate([zero, a], -1)], -2)


def _derivative(function, a, e):
    """The derivative of a function of matrices at a in the direction e."""
    n = a.shape[-1]
    return function(_block(a, e))[..., :n, n:]


class Expm(Primitive):
    def forward(self, x):
        return sl.expm(x)

    def backward(self, gy):
        return _derivative(Expm.operation, adjoint(self.inputs[0]), gy)


_any = [
    call(drawn(3, 3)),
    call(drawn(2, 2)),
    call(drawn(1, 1)),
    call(drawn(2, 2, 2)),
    call(drawn(3, 3, dtype=complex)),
]


@implements(plain=sl.expm, exact=False, cases=_any)
def expm(A):
    """Exponential of matrices.

    The gradient is the upper right block of expm([[A.H, gy], [0, A.H]]).

    Parameters
    ----------
    A : Variable or ndarray
        Square matrices in the last two axes.

    Returns
    -------
    Variable

    Raises
    ------
    numpy.linalg.LinAlgError, ValueError
        When the matrices are not square.

    Examples
    --------
    >>> expm(Variable(np.array([[0.0, 1.0], [0.0, 0.0]])))
    variable([[1. 1.]
              [0. 1.]])
    """
    return Expm.operation(square(A, False))


@implements(
    plain=sl.expm_frechet,
    exact=False,
    cases=[
        call(drawn(3, 3), drawn(3, 3)),
        call(drawn(2, 2), drawn(2, 2), compute_expm=False),
        call(drawn(2, 2, dtype=complex), drawn(2, 2, dtype=complex), "blockEnlarge"),
    ],
)
def expm_frechet(A, E, method=None, compute_expm=True, check_finite=True):
    """The exponential of A, and its derivative in the direction E.

    The gradients are those of expm([[A, E], [0, A]]), of which these are blocks.

    Parameters
    ----------
    A, E : Variable or ndarray
        Square matrices of one shape.
    method : {"SPS", "blockEnlarge"}, optional
        Accepted; the derivative is always computed from the exponential of the larger matrix.
    compute_expm : bool
        Whether to return the exponential as well.
    check_finite : bool
        Whether numbers that are not finite raise a ValueError.

    Returns
    -------
    expm_A, expm_frechet_AE : Variable
        Or the derivative alone.
    """
    A, E = square(A, check_finite), square(E, check_finite)
    if A.shape != E.shape:
        raise ValueError("expected A and E to be the same shape")
    if method not in (None, "SPS", "blockEnlarge"):
        raise ValueError(f"Unknown implementation {method}")
    n = A.shape[-1]
    y = Expm.operation(_block(A, E))
    derivative = y[..., :n, n:]
    return (y[..., :n, :n], derivative) if compute_expm else derivative


class Logm(Primitive):
    def forward(self, x):
        return sl.logm(x)

    def backward(self, gy):
        return _derivative(Logm.operation, adjoint(self.inputs[0]), gy)


def _away_from_the_negative(a):
    """Sample matrices whose eigenvalues have positive real parts."""
    return 0.3 * a + 2 * np.eye(a.shape[-1])


_principal = [
    call(drawn(3, 3, made=_away_from_the_negative)),
    call(drawn(2, 2, made=_away_from_the_negative)),
    call(drawn(1, 1, made=_away_from_the_negative)),
    call(drawn(3, 3, dtype=complex, made=_away_from_the_negative)),
]


@implements(plain=sl.logm, exact=False, cases=_principal)
def logm(A):
    """Principal logarithm of matrices.

    The gradient is the upper right block of logm([[A.H, gy], [0, A.H]]).

    Parameters
    ----------
    A : Variable or ndarray
        Square matrices in the last two axes, without eigenvalues that are 0 or negative.

    Returns
    -------
    Variable

    Examples
    --------
    >>> logm(Variable(np.array([[1.0, 1.0], [0.0, 1.0]])))
    variable([[0. 1.]
              [0. 0.]])
    """
    return Logm.operation(square(A))


class Sqrtm(Primitive):
    def forward(self, x):
        return sl.sqrtm(x)

    def backward(self, gy):
        yh = adjoint(self.output)
        return solve_sylvester(yh, yh, gy)


@implements(plain=sl.sqrtm, exact=False, cases=_principal)
def sqrtm(A):
    """Principal square root of matrices.

    The gradient is the solution g of y.H g + g y.H = gy.

    Parameters
    ----------
    A : Variable or ndarray
        Square matrices in the last two axes, without eigenvalues that are 0.

    Returns
    -------
    Variable

    Examples
    --------
    >>> sqrtm(Variable(np.array([[4.0, 0.0], [0.0, 9.0]])))
    variable([[2. 0.]
              [0. 3.]])
    """
    return Sqrtm.operation(square(A))


class FractionalMatrixPower(Primitive):
    options = ("t",)

    def forward(self, x):
        return sl.fractional_matrix_power(x, self.t)

    def backward(self, gy):
        return _derivative(lambda x: FractionalMatrixPower.operation(x, self.t), adjoint(self.inputs[0]), gy)


@implements(
    plain=sl.fractional_matrix_power,
    exact=False,
    cases=[
        call(drawn(3, 3, made=_away_from_the_negative), 0.5),
        call(drawn(2, 2, made=_away_from_the_negative), -1.3),
        call(drawn(2, 2, made=_away_from_the_negative), 2),
        call(drawn(2, 2, made=_away_from_the_negative), -1),
        call(drawn(3, 3, made=_away_from_the_negative), drawn(low=0.3, high=0.8)),
        call(drawn(2, 2, dtype=complex, made=_away_from_the_negative), 0.4),
        call(drawn(2, 2, dtype=complex, made=_away_from_the_negative), drawn(low=0.3, high=0.8)),
    ],
)
def fractional_matrix_power(A, t):
    """Principal power of matrices with a real exponent.

    The gradient of A is the upper right block of the power of [[A.H, gy], [0, A.H]]; a Variable t takes that
    of expm(t * logm(A)).

    Parameters
    ----------
    A : Variable or ndarray
        Square matrices in the last two axes.
    t : float or Variable
        The exponent.

    Returns
    -------
    Variable
    """
    A = square(A)
    if isinstance(t, Variable):
        return expm(t * logm(A))
    return FractionalMatrixPower.operation(A, float(t))


class Signm(Primitive):
    """With N = A S, the derivative x of the sign S solves N x + x N = dA - S dA S; Higham (2008), (5.10)."""

    def forward(self, x):
        return sl.signm(x)

    def backward(self, gy):
        (x,) = self.inputs
        yh = adjoint(self.output)
        nh = adjoint(x) @ yh
        g = solve_sylvester(nh, nh, gy)
        return g - yh @ g @ yh


def _of_both_signs(a):
    """Sample matrices with eigenvalues of positive and of negative real parts."""
    n = a.shape[-1]
    return 0.3 * a + 3 * np.diag((-1.0) ** np.arange(n))


@implements(
    plain=sl.signm,
    exact=False,
    cases=[call(drawn(3, 3, made=_of_both_signs)), call(drawn(2, 2, dtype=complex, made=_of_both_signs))],
)
def signm(A):
    """Sign function of matrices: 1 on the space of eigenvalues of positive real part, -1 on the other.

    The gradient is g - y.H g y.H, with the solution g of N.H g + g N.H = gy, where N is A @ y.

    Parameters
    ----------
    A : Variable or ndarray
        Square matrices in the last two axes, without eigenvalues of real part 0.

    Returns
    -------
    Variable
    """
    return Signm.operation(square(A))


# -- Trigonometric and hyperbolic functions, composed of exponentials ----------------------------


@implements(plain=sl.cosm, exact=False, cases=_any)
def cosm(A):
    """Cosine of matrices.

    The gradient is that of (expm(1j * A) + expm(-1j * A)) / 2; for real matrices, of the real part of one.
    """
    A = square(A)
    y = Expm.operation(1j * A)
    return 0.5 * (y + Expm.operation(-1j * A)) if A.dtype.kind == "c" else real(y)


@implements(plain=sl.sinm, exact=False, cases=_any)
def sinm(A):
    """Sine of matrices.

    The gradient is that of (expm(1j * A) - expm(-1j * A)) / 2j; for real matrices, of the imaginary part of
    one.
    """
    A = square(A)
    y = Expm.operation(1j * A)
    return -0.5j * (y - Expm.operation(-1j * A)) if A.dtype.kind == "c" else imag(y)


def _small(a):
    return 0.3 * a


_regular_tangent = [
    call(drawn(3, 3, made=_small)),
    call(drawn(2, 2, 2, made=_small)),
    call(drawn(3, 3, dtype=complex, made=_small)),
]


@implements(plain=sl.tanm, exact=False, cases=_regular_tangent)
def tanm(A):
    """Tangent of matrices.

    The gradient is that of solve(cosm(A), sinm(A)).
    """
    A = square(A)
    y = Expm.operation(1j * A)
    if A.dtype.kind != "c":
        return solve(real(y), imag(y))
    other = Expm.operation(-1j * A)
    return solve(0.5 * (y + other), -0.5j * (y - other))


@implements(plain=sl.coshm, exact=False, cases=_any)
def coshm(A):
    """Hyperbolic cosine of matrices.

    The gradient is that of (expm(A) + expm(-A)) / 2.
    """
    A = square(A)
    return 0.5 * (Expm.operation(A) + Expm.operation(-A))


@implements(plain=sl.sinhm, exact=False, cases=_any)
def sinhm(A):
    """Hyperbolic sine of matrices.

    The gradient is that of (expm(A) - expm(-A)) / 2.
    """
    A = square(A)
    return 0.5 * (Expm.operation(A) - Expm.operation(-A))


@implements(plain=sl.tanhm, exact=False, cases=_regular_tangent)
def tanhm(A):
    """Hyperbolic tangent of matrices.

    The gradient is that of solve(coshm(A), sinhm(A)).
    """
    A = square(A)
    y, other = Expm.operation(A), Expm.operation(-A)
    return solve(0.5 * (y + other), 0.5 * (y - other))


# -- Any function --------------------------------------------------------------------------------


def _separated(a):
    """Sample matrices whose eigenvalues are well separated."""
    return 0.3 * a + np.diag(2.0 * np.arange(1, a.shape[-1] + 1))


def _turning(a):
    """Sample matrices with a pair of complex eigenvalues."""
    n = a.shape[-1]
    return 0.2 * a + np.diag(2.0 * np.arange(n)) + 3 * (np.eye(n, k=1) - np.eye(n, k=-1))


def _plain_funm(A, func):
    return sl.funm(A, func)


@implements(
    plain=_plain_funm,
    exact=False,
    cases=[
        call(drawn(3, 3, made=_separated), np.sin),
        call(drawn(2, 2, made=_turning), np.exp),
        call(drawn(2, 2, dtype=complex, made=_separated), lambda w: w * w + 1),
    ],
)
def funm(A, func, disp=True):
    """A function of a matrix that has independent eigenvectors, (V * func(w)) @ inv(V).

    The gradients are those of `numpy.linalg.eig` and of `func`. Where eigenvalues are equal there is a first
    derivative only.

    Parameters
    ----------
    A : Variable or ndarray
        Square matrices in the last two axes.
    func : callable
        Acts element by element on the Variable of the eigenvalues, which are complex. It is analytic there.
    disp : bool
        With False an estimate of the error is returned as well, the residual of the eigenvectors.

    Returns
    -------
    Variable
        Real, where A is and the imaginary parts are within rounding of 0.
    """
    A = square(A)
    w, v = eig(A)
    w, v = w * (1 + 0j), v * (1 + 0j)
    fv = v * expand_dims(func(w), -2)
    vh = adjoint(v)
    y = adjoint(solve(vh, adjoint(fv)))  # fv @ inv(v)
    value = plain(y)
    close = 1e3 * np.finfo(value.dtype).eps
    if A.dtype.kind != "c" and (np.abs(value.imag) <= close * np.abs(value).max(initial=1)).all():
        y = real(y)
    if disp:
        return y
    pv, pw = plain(v), plain(w)
    residual = np.linalg.norm(plain(A) @ pv - pv * pw[..., None, :]) / max(np.linalg.norm(plain(A)), 1e-300)
    return y, float(residual)
