"""Sparse systems of equations, solved by iteration: conjugate gradients and GMRES."""

import numpy as np
import scipy.sparse.linalg as spl

from leopard.functions._followed import note_exit_of
from leopard.functions._primitives import Primitive
from leopard.functions._registry import call, drawn, implements
from leopard.scipy._parts import constant
from leopard.scipy.sparse._structure import sampled
from leopard.scipy.sparse.linalg.direct import definite_sample, sample, system

__all__ = ["cg", "gmres"]


class Outcome:
    """What the iteration of the given system reports; those of derivatives have none."""

    info = None


class Iterated(Primitive):
    """The solution with a sparse matrix, or with its adjoint, by an iteration."""

    n_inputs = 2
    options = ("structure", "method", "settings", "is_adjoint", "outcome")

    def forward(self, data, b):
        matrix = self.structure.matrix(data)
        if self.is_adjoint:
            matrix = matrix.conj().T
        settings = dict(self.settings)
        x0, preconditioner = settings.pop("x0"), settings.pop("M")
        if self.is_adjoint and preconditioner is not None:
            preconditioner = spl.aslinearoperator(preconditioner).H
        if b.ndim != 1:
            raise ValueError(f"{self.method}: the right-hand side is a vector, not of shape {b.shape}")
        is_given = self.outcome is not None
        x, info = METHODS[self.method](matrix, b, x0 if is_given else None, M=preconditioner, **settings)
        if is_given:
            self.outcome.info = info
        elif info:
            raise RuntimeError(
                f"{self.method}: the system for the derivative has not converged (info is {info}); raise "
                "maxiter, give a preconditioner, or use spsolve"
            )
        return x

    def backward(self, gy):
        structure, method, settings, is_adjoint, outcome = self.option
        data, _ = self.inputs
        check(method, outcome)
        gb = Iterated.operation(data, gy, structure, method, settings, not is_adjoint, None)
        if not self.wanted[0]:
            return None, gb
        y = self.output
        return -(sampled(y, gb, structure) if is_adjoint else sampled(gb, y, structure)), gb


def check(method, outcome):
    """Raise where the solution that is to be differentiated has not been found."""
    if outcome is not None and outcome.info:
        raise RuntimeError(
            f"{method}: the iteration has not converged (info is {outcome.info}), so that the derivative of "
            "the solution is not known; raise maxiter, or give a preconditioner"
        )


METHODS = {"cg": spl.cg, "gmres": spl.gmres}


def _solution(method, A, b, x0, M, **settings):
    a, b = system(method, A, b)
    note_exit_of(f"the outcome of {method}")
    x0, outcome = constant(x0, method, "x0"), Outcome()
    settings.update(x0=x0, M=M)
    x = Iterated.operation(a.data, b, a.structure, method, settings, False, outcome)
    return x, outcome.info


_TIGHT = {"rtol": 1e-13}


@implements(
    plain=spl.cg,
    exact=False,
    reads_values=False,
    order=2,
    cases=[
        call(drawn(7, made=definite_sample), drawn(4), **_TIGHT),
        call(drawn(7, made=definite_sample), drawn(4, dtype=complex), **_TIGHT),
        call(definite_sample(np.ones(7)), drawn(4), np.ones(4), M=np.diag([0.2, 0.3, 0.2, 0.2]), **_TIGHT),
    ],
)
def cg(A, b, x0=None, *, rtol=1e-05, atol=0.0, maxiter=None, M=None, callback=None):
    """The solution of A @ x = b by conjugate gradients, for a Hermitian positive definite sparse matrix A.

    The gradient of b is gb, the solution of A.H @ gb = gy by the same method and to the same tolerance; that
    of the stored elements of A is -gb[i] * conj(x[j]).

    Parameters
    ----------
    A : SparseArray or scipy.sparse matrix
    b : Variable or ndarray
        A vector.
    x0 : ndarray, optional
        Where the iteration starts, a constant.
    rtol, atol : float
        It ends where the residual is at most ``max(rtol * norm(b), atol)``.
    maxiter : int, optional
    M : LinearOperator, sparse matrix or ndarray, optional
        The preconditioner, a constant.
    callback : callable, optional
        It is called with the current vector after each step, of the systems for derivatives, too.

    Returns
    -------
    x : Variable
    info : int
        0 where it has converged, as in SciPy.

    Raises
    ------
    TypeError, ValueError
        As `spsolve`.
    RuntimeError
        From the derivative: when this system or that of the derivative has not converged.

    Examples
    --------
    >>> import leopard, scipy.sparse
    >>> x, info = cg(scipy.sparse.diags_array([2.0, 4.0]), leopard.Variable(np.array([4.0, 8.0])))
    >>> info
    0
    >>> np.allclose(x.data, [2.0, 2.0])
    True
    """
    return _solution("cg", A, b, x0, M, rtol=rtol, atol=atol, maxiter=maxiter, callback=callback)


@implements(
    plain=spl.gmres,
    exact=False,
    reads_values=False,
    order=2,
    cases=[
        call(drawn(7, made=sample), drawn(4), **_TIGHT),
        call(drawn(7, dtype=complex, made=sample), drawn(4), restart=4, **_TIGHT),
        call(sample(np.ones(7)), drawn(4), **_TIGHT),
    ],
)
def gmres(
    A,
    b,
    x0=None,
    *,
    rtol=1e-05,
    atol=0.0,
    restart=None,
    maxiter=None,
    M=None,
    callback=None,
    callback_type=None,
):
    """The solution of A @ x = b by the generalized minimal residual method, for a sparse matrix A.

    Its derivatives are those of `cg`.

    Parameters
    ----------
    A : SparseArray or scipy.sparse matrix
    b : Variable or ndarray
        A vector.
    x0, rtol, atol, maxiter, M, callback
        As for `cg`.
    restart : int, optional
        The number of steps between restarts.
    callback_type : str, optional
        What `callback` is called with, as in SciPy.

    Returns
    -------
    x : Variable
    info : int

    Raises
    ------
    TypeError, ValueError, RuntimeError
        As `cg`.
    """
    settings = {"rtol": rtol, "atol": atol, "restart": restart, "maxiter": maxiter, "callback": callback}
    return _solution("gmres", A, b, x0, M, callback_type=callback_type, **settings)
