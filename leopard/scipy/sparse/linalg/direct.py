"""Sparse systems of equations, solved by LU factorization."""

import numpy as np
import scipy.sparse as sp
import scipy.sparse.linalg as spl

from leopard._core import Variable, follows
from leopard.functions._primitives import Primitive
from leopard.functions._registry import call, drawn, implements
from leopard.functions.basic.complex import conj
from leopard.functions.basic.shape import floating
from leopard.scipy.sparse._structure import sampled
from leopard.scipy.sparse.arrays import SparseArray, as_sparse, csr_array, is_sparse

__all__ = ["factorized", "splu", "spsolve"]


class SparseSolve(Primitive):
    """The solution with a sparse matrix, or with its adjoint; both by the same factorization."""

    n_inputs = 2
    options = ("structure", "name", "is_adjoint")

    def forward(self, data, b):
        factors = self.structure.factors(data, self.name)
        return solved(factors, b, "H" if self.is_adjoint else "N", data.dtype)

    def backward(self, gy):
        structure, name, is_adjoint = self.option
        data, _ = self.inputs
        gb = SparseSolve.operation(data, gy, structure, name, not is_adjoint)
        if not self.wanted[0]:
            return None, gb
        y = self.output
        return -(sampled(y, gb, structure) if is_adjoint else sampled(gb, y, structure)), gb


def solved(factors, b, trans, dtype):
    """The solution by a factorization, of a right-hand side that may be complex where the matrix is real."""
    if b.dtype.kind == "c" and dtype.kind != "c":
        return factors.solve(b.real.copy(), trans) + 1j * factors.solve(b.imag.copy(), trans)
    own = np.result_type(dtype, np.float64)
    y = factors.solve(b.astype(own, copy=False), trans)
    return y.astype(np.result_type(dtype, b.dtype), copy=False)


def system(name, a, b=None):
    """The square sparse array and the right-hand side of a system, of floating-point numbers."""
    if not is_sparse(a):
        raise TypeError(
            f"{name}: the matrix is a sparse array, not a {type(a).__name__}; write "
            "leopard.scipy.sparse.csr_array((data, (row, col)), shape), or np.linalg.solve for dense matrices"
        )
    a = as_sparse(a)
    if a.shape[0] != a.shape[1]:
        raise ValueError(f"{name}: the matrix is not square, its shape is {a.shape}")
    data = floating(a.data)
    a = a if data is a.data else SparseArray(data, a.structure)
    return a, b if b is None else right_hand_side(name, a, b)


def right_hand_side(name, a, b):
    """A right-hand side of one or two axes that fits a matrix."""
    if is_sparse(b):
        raise TypeError(f"{name}: the right-hand side is dense; write b.toarray()")
    b = floating(b)
    if b.ndim not in (1, 2) or b.shape[0] != a.shape[0]:
        raise ValueError(f"{name}: the matrix has shape {a.shape}, and the right-hand side {b.shape}")
    return b


_ROWS, _COLUMNS = np.array([0, 0, 1, 1, 2, 3, 3]), np.array([0, 2, 1, 0, 2, 3, 1])


def sample(data):
    """A sparse matrix for the sample calls, with a large diagonal."""
    return csr_array((0.3 * data + 3.0 * (_ROWS == _COLUMNS), (_ROWS, _COLUMNS)), shape=(4, 4))


def definite_sample(data):
    """The same of a positive definite one."""
    a = sample(data)
    return a + a.conj().T


def _plain_spsolve(a, b):
    y = spl.spsolve(sp.csc_array(a), b)
    return y.reshape(b.shape)


@implements(
    plain=_plain_spsolve,
    exact=False,
    reads_values=False,
    cases=[
        call(drawn(7, made=sample), drawn(4)),
        call(drawn(7, made=sample), drawn(4, 3)),
        call(drawn(7, dtype=complex, made=sample), drawn(4, dtype=complex)),
        call(drawn(7, made=sample), drawn(4, 2, dtype=complex)),
        call(drawn(7, made=sample), np.array([1.0, 2.0, 0.5, -1.0])),
        call(sample(np.ones(7)), drawn(4)),
    ],
)
def spsolve(A, b, permc_spec=None, use_umfpack=True):
    """The solution x of A @ x = b, for a sparse matrix A.

    The gradient of b is gb, the solution of A.H @ gb = gy by the same factorization; that of the stored
    elements of A is -gb[i] * conj(x[j]). A matrix is factorized once as long as its elements stay the same.

    Parameters
    ----------
    A : SparseArray or scipy.sparse matrix
        Square.
    b : Variable or ndarray
        A vector, or a matrix of columns.
    permc_spec, use_umfpack
        Accepted and not used: columns are permuted by COLAMD, and SuperLU is used.

    Returns
    -------
    Variable
        Of the shape of b.

    Raises
    ------
    TypeError
        When A is dense or b sparse.
    ValueError
        When the shapes do not fit.
    numpy.linalg.LinAlgError
        When A is singular.

    Examples
    --------
    >>> import leopard, scipy.sparse
    >>> A = scipy.sparse.csc_array([[2.0, 1.0], [0.0, 4.0]])
    >>> spsolve(A, leopard.Variable(np.array([4.0, 8.0])))
    variable([1. 2.])
    """
    a, b = system("spsolve", A, b)
    return SparseSolve.operation(a.data, b, a.structure, "spsolve", False)


class Factors:
    """What `splu` returns: a sparse matrix that has been factorized.

    Attributes
    ----------
    shape : tuple of int
    nnz : int
        The stored elements of the factors.
    """

    def __init__(self, a, name):
        self._a, self._name = a, name
        if not follows(a.data):  # a replay finds out at its first solution whether the matrix is singular
            a.structure.factors(a.data.data if isinstance(a.data, Variable) else a.data, name)

    shape = property(lambda self: self._a.shape)

    @property
    def nnz(self):
        data = self._a.data
        data = data.data if isinstance(data, Variable) else data
        return self._a.structure.factors(data, self._name).nnz

    def solve(self, rhs, trans="N"):
        """The solution x of A @ x = rhs; with trans="T" or "H" that of A.T or A.H.

        Parameters
        ----------
        rhs : Variable or ndarray
            A vector, or a matrix of columns.
        trans : {"N", "T", "H"}

        Returns
        -------
        Variable
        """
        if trans not in ("N", "T", "H"):
            raise ValueError(f"{self._name}: trans is 'N', 'T' or 'H', not {trans!r}")
        a, b = self._a, right_hand_side(self._name, self._a, rhs)
        if trans != "T":
            return SparseSolve.operation(a.data, b, a.structure, self._name, trans == "H")
        return conj(SparseSolve.operation(a.data, conj(b), a.structure, self._name, True))


def splu(A, permc_spec=None, diag_pivot_thresh=None, relax=None, panel_size=None, options=None):
    """The LU factorization of a sparse matrix, with the method `solve`.

    Parameters
    ----------
    A : SparseArray or scipy.sparse matrix
        Square.
    permc_spec, diag_pivot_thresh, relax, panel_size, options
        Accepted and not used.

    Returns
    -------
    Factors
        ``splu(A).solve(b, trans)`` has the derivatives of `spsolve`.

    Raises
    ------
    TypeError, ValueError, numpy.linalg.LinAlgError
        As `spsolve`.

    Examples
    --------
    >>> import leopard, scipy.sparse
    >>> A = splu(scipy.sparse.csc_array([[2.0, 1.0], [0.0, 4.0]]))
    >>> A.solve(leopard.Variable(np.array([2.0, 9.0])), "T")
    variable([1. 2.])
    """
    return Factors(system("splu", A)[0], "splu")


def factorized(A):
    """A function that solves A @ x = b for each b it is given: ``splu(A).solve``."""
    return Factors(system("factorized", A)[0], "factorized").solve
