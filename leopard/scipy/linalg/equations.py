"""Linear and quadratic equations for matrices: of Sylvester, Lyapunov and Riccati."""

import numpy as np
import scipy.linalg as sl

from leopard.functions._primitives import Primitive
from leopard.functions._registry import call, drawn, implements
from leopard.functions.linalg.matmul import adjoint
from leopard.functions.linalg.solving import solve
from leopard.scipy.linalg._arguments import checked, square

__all__ = [
    "solve_continuous_are", "solve_continuous_lyapunov", "solve_discrete_are", "solve_discrete_lyapunov",
    "solve_lyapunov", "solve_sylvester",
]  # fmt: skip


def _of_one_type(a, b, q):
    """SciPy's solution, computed in one type of numbers: of real a and b with complex q its own is wrong."""
    dtype = np.result_type(a, b, q)
    return sl.solve_sylvester(*[x.astype(dtype, copy=False) for x in (a, b, q)])


class SolveSylvester(Primitive):
    n_inputs = 3
    broadcasts = True

    def forward(self, a, b, q):
        return _of_one_type(a, b, q)

    def backward(self, gy):
        a, b, _ = self.inputs
        ah, bh, yh = adjoint(a), adjoint(b), adjoint(self.output)
        gq = SolveSylvester.operation(ah, bh, gy)
        return -(gq @ yh), -(yh @ gq), gq


def _stable(a):
    """Sample matrices whose eigenvalues have negative real parts."""
    return 0.3 * a - 3 * np.eye(a.shape[-1])


def _contracting(a):
    """Sample matrices whose eigenvalues are less than 1."""
    return 0.15 * a


@implements(
    plain=_of_one_type,
    exact=False,
    cases=[
        call(drawn(3, 3, made=_stable), drawn(2, 2, made=_stable), drawn(3, 2)),
        call(drawn(2, 2, 2, made=_stable), drawn(2, 2, made=_stable), drawn(2, 2)),
        call(
            drawn(3, 3, dtype=complex, made=_stable),
            drawn(2, 2, dtype=complex, made=_stable),
            drawn(3, 2, dtype=complex),
        ),
        call(drawn(2, 2, made=_stable), drawn(2, 2, made=_stable), drawn(2, 2, dtype=complex)),
    ],
)
def solve_sylvester(a, b, q):
    """The solution x of a @ x + x @ b = q.

    The gradient of q is gq = solve_sylvester(a.H, b.H, gy); that of a is -gq @ x.H, and of b -x.H @ gq.

    Parameters
    ----------
    a, b : Variable or ndarray
        Square matrices in the last two axes.
    q : Variable or ndarray
        As many rows as a has, and columns as b.

    Returns
    -------
    Variable

    Raises
    ------
    numpy.linalg.LinAlgError
        When there is no solution.
    """
    return SolveSylvester.operation(square(a), square(b), checked(q))


_lyapunov = [
    call(drawn(3, 3, made=_stable), drawn(3, 3)),
    call(drawn(2, 2, 2, made=_stable), drawn(2, 2)),
    call(drawn(3, 3, dtype=complex, made=_stable), drawn(3, 3, dtype=complex)),
    call(drawn(2, 2, made=_stable), drawn(2, 2, dtype=complex)),
]


def _plain_lyapunov(a, q):
    return _of_one_type(a, np.conj(np.swapaxes(a, -1, -2)), q)


@implements(plain=_plain_lyapunov, exact=False, cases=_lyapunov)
def solve_continuous_lyapunov(a, q):
    """The solution x of a @ x + x @ a.H = q.

    The gradients are those of solve_sylvester(a, a.H, q).
    """
    a, q = square(a), square(q)
    return solve_sylvester(a, adjoint(a), q)


solve_lyapunov = solve_continuous_lyapunov


class SolveDiscreteLyapunov(Primitive):
    n_inputs = 2
    options = ("method",)

    def forward(self, a, q):
        return sl.solve_discrete_lyapunov(a, q, self.method)

    def backward(self, gy):
        a, _ = self.inputs
        y = self.output
        gq = SolveDiscreteLyapunov.operation(adjoint(a), gy, self.method)
        return gq @ a @ adjoint(y) + adjoint(gq) @ a @ y, gq


@implements(
    plain=sl.solve_discrete_lyapunov,
    exact=False,
    cases=[
        call(drawn(3, 3, made=_contracting), drawn(3, 3)),
        call(drawn(2, 2, made=_contracting), drawn(2, 2), "bilinear"),
        call(drawn(3, 3, dtype=complex, made=_contracting), drawn(3, 3, dtype=complex)),
        call(drawn(2, 2, dtype=complex, made=_contracting), drawn(2, 2, dtype=complex), method="bilinear"),
    ],
)
def solve_discrete_lyapunov(a, q, method=None):
    """The solution x of a @ x @ a.H - x + q = 0.

    The gradient of q is gq = solve_discrete_lyapunov(a.H, gy); that of a is gq @ a @ x.H + gq.H @ a @ x.

    Parameters
    ----------
    a, q : Variable or ndarray
        Square matrices of one shape.
    method : {"direct", "bilinear"}, optional
        By default "direct" for less than 10 rows.

    Returns
    -------
    Variable
    """
    a, q = square(a), square(q)
    if a.shape != q.shape:
        raise ValueError(f"a and q have one shape, not {a.shape} and {q.shape}")
    return SolveDiscreteLyapunov.operation(a, q, method)


class Riccati(Primitive):
    """The inputs are a, b, q, r, then e and s where the options say so.

    The equation is 0 = F(x), where F is stationary in the feedback k; so its derivatives in the matrices are
    those at a constant k.
    """

    n_inputs = -1
    options = ("discrete", "has_e", "has_s", "balanced")

    def forward(self, *xs):
        a, b, q, r, e, s = self.all_of(xs)
        solve_are = sl.solve_discrete_are if self.discrete else sl.solve_continuous_are
        return solve_are(a, b, q, r, e=e, s=s, balanced=self.balanced)

    def all_of(self, xs):
        rest = list(xs[4:])
        e = rest.pop(0) if self.has_e else None
        return *xs[:4], e, rest.pop(0) if self.has_s else None

    def backward(self, gy):
        a, b, _, r, e, s = self.all_of(self.inputs)
        x = self.output
        bh = adjoint(b)
        if self.discrete:
            of_a, weight = bh @ x @ a, r + bh @ x @ b
        else:
            of_a, weight = bh @ x if e is None else bh @ x @ e, r
        k = solve(weight, of_a if s is None else of_a + adjoint(s))
        closed = a - b @ k
        c = closed
        if e is not None:
            c = solve(e, c)
            gy = adjoint(solve(e, adjoint(solve(e, gy))))
        if self.discrete:
            z = solve_discrete_lyapunov(c, gy)
        else:
            z = solve_continuous_lyapunov(c, -gy)
        w = z + adjoint(z)
        kh = adjoint(k)
        xe = x if e is None else x @ e
        ga = (x @ closed if self.discrete else xe) @ w
        gxs = [ga, -(ga @ kh), z, k @ z @ kh]
        if e is not None:
            gxs.append(-(xe @ w) if self.discrete else x @ closed @ w)
        if s is not None:
            gxs.append(-(w @ kh))
        return tuple(gxs)


def _riccati(discrete, a, b, q, r, e, s, balanced):
    more = [checked(x) for x in (e, s) if x is not None]
    a, q, r = square(a), square(q), square(r)
    return Riccati.operation(
        a, checked(b), q, r, *more, discrete, e is not None, s is not None, bool(balanced)
    )


def _positive(a):
    """Sample weights: Hermitian and positive definite."""
    return 0.1 * (a + np.conj(a.T)) + 2 * np.eye(a.shape[-1])


_small = [
    call(drawn(2, 2), drawn(2, 1), drawn(2, 2, made=_positive), drawn(1, 1, made=_positive)),
    call(drawn(3, 3), drawn(3, 2), drawn(3, 3, made=_positive), drawn(2, 2, made=_positive)),
    call(
        drawn(2, 2, dtype=complex),
        drawn(2, 1, dtype=complex),
        drawn(2, 2, dtype=complex, made=_positive),
        drawn(1, 1, made=_positive),
    ),
    call(
        drawn(2, 2),
        drawn(2, 1),
        drawn(2, 2, made=_positive),
        drawn(1, 1, made=_positive),
        drawn(2, 2, made=_stable),
        drawn(2, 1, made=_contracting),
    ),
    call(
        drawn(2, 2, dtype=complex),
        drawn(2, 1, dtype=complex),
        drawn(2, 2, dtype=complex, made=_positive),
        drawn(1, 1, made=_positive),
        drawn(2, 2, dtype=complex, made=_stable),
        s=drawn(2, 1, dtype=complex, made=_contracting),
        balanced=False,
    ),
]


@implements(plain=sl.solve_continuous_are, exact=False, order=2, cases=_small)
def solve_continuous_are(a, b, q, r, e=None, s=None, balanced=True):
    """The stabilizing solution x of a.H x e + e.H x a - (e.H x b + s) inv(r) (b.H x e + s.H) + q = 0.

    The gradients are x e w for a, -x e w k.H for b, z for q, k z k.H for r, x c w for e, and -w k.H for s:
    with the feedback k = inv(r) (b.H x e + s.H), the closed loop c = a - b k, the z that solves
    c z e.H + e z c.H = -gy, and w = z + z.H.

    Parameters
    ----------
    a, b, q, r : Variable or ndarray
        One matrix each; q and r are Hermitian.
    e, s : Variable or ndarray, optional
        By default the identity, and 0.
    balanced : bool
        Whether SciPy scales the pencil first.

    Returns
    -------
    Variable

    Raises
    ------
    ValueError
        When the shapes do not fit, or q or r is not Hermitian.
    numpy.linalg.LinAlgError
        When there is no stabilizing solution.
    """
    return _riccati(False, a, b, q, r, e, s, balanced)


@implements(plain=sl.solve_discrete_are, exact=False, order=2, cases=_small)
def solve_discrete_are(a, b, q, r, e=None, s=None, balanced=True):
    """The stabilizing x of a.H x a - e.H x e - (a.H x b + s) inv(r + b.H x b) (b.H x a + s.H) + q = 0.

    The gradients are x c w for a, -x c w k.H for b, z for q, k z k.H for r, -x e w for e, and -w k.H for s:
    with the feedback k = inv(r + b.H x b) (b.H x a + s.H), the closed loop c = a - b k, the z that solves
    c z c.H - e z e.H = -gy, and w = z + z.H. The parameters are those of `solve_continuous_are`.
    """
    return _riccati(True, a, b, q, r, e, s, balanced)
