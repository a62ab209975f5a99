"""The product of the exponential of a sparse matrix with vectors.

A. H. Al-Mohy, N. J. Higham, Computing the action of the matrix exponential, with an application to
exponential integrators, SIAM Journal on Scientific Computing 33 (2011), 488-511: a Taylor polynomial in each
of some steps. Its derivatives are those of the polynomial.
"""

import numpy as np
import scipy.sparse.linalg as spl

from leopard._core import Variable
from leopard.functions._registry import call, drawn, implements
from leopard.functions.manipulation.joining import stack
from leopard.scipy.sparse.linalg.direct import sample, system

__all__ = ["expm_multiply"]

#: The largest norms for which Taylor polynomials of these degrees are exact to double precision, as in SciPy.
_NORMS = {
    5: 2.40e-3,
    10: 1.44e-1,
    15: 6.41e-1,
    20: 1.44,
    25: 2.43,
    30: 3.54,
    35: 4.7,
    40: 6.0,
    45: 7.2,
    55: 9.9,
}


@implements(
    plain=spl.expm_multiply,
    exact=False,
    reads_values=False,
    order=2,
    cases=[
        call(drawn(7, made=sample), drawn(4)),
        call(drawn(7, made=sample), drawn(4, 2)),
        call(drawn(7, dtype=complex, made=sample), drawn(4)),
        call(sample(np.ones(7)), drawn(4), start=0.5, stop=1.0, num=3),
    ],
)
def expm_multiply(A, B, start=None, stop=None, num=None, endpoint=None, traceA=None):
    """The product expm(t * A) @ B for a sparse matrix A, at t = 1 or at several times.

    The gradient of B is expm(t * A.H) @ gy; that of the stored elements of A is exact to rounding, too.

    Parameters
    ----------
    A : SparseArray or scipy.sparse matrix
        Square.
    B : Variable or ndarray
        A vector, or a matrix of columns.
    start, stop : float, optional
        The first time and the last; without them the time is 1.
    num : int, optional
        The number of times, by default 50.
    endpoint : bool, optional
        Whether `stop` is the last of the times.
    traceA : number, optional
        Accepted and not used.

    Returns
    -------
    Variable
        Of the shape of B; with times, one such array for each, one after another.

    Raises
    ------
    TypeError, ValueError
        When A is dense, or the shapes do not fit; when only one of `start` and `stop` is given.

    Examples
    --------
    >>> import leopard, scipy.sparse
    >>> A = scipy.sparse.diags_array([0.0, np.log(2)])
    >>> expm_multiply(A, leopard.Variable(np.array([1.0, 1.0])))
    variable([1. 2.])
    """
    a, b = system("expm_multiply", A, B)
    if (start is None) != (stop is None):
        raise ValueError("expm_multiply: of start and stop both are given, or none")
    if start is None:
        return _advanced(a, b, 1.0)
    times = np.linspace(
        start, stop, 50 if num is None else num, endpoint=True if endpoint is None else endpoint
    )
    found, last = [], 0.0
    for t in times.tolist():
        b, last = _advanced(a, b, t - last), t
        found.append(b)
    return stack(found)


def _advanced(a, b, t):
    """The product expm(t * a) @ b."""
    data = a.data.data if isinstance(a.data, Variable) else a.data
    matrix = a.structure.matrix(np.asarray(data))
    n = a.shape[0]
    shift = matrix.trace() / n if n else 0.0  # a constant: the product does not depend on it
    norm = abs(t) * (spl.norm(matrix, 1) + abs(shift) if n else 0.0)
    if not np.isfinite(norm):
        raise ValueError("expm_multiply: the matrix has elements that are not finite")
    if norm == 0:
        return b + 0 * (a @ b)
    degree, steps = min(
        [(m, max(1, int(np.ceil(norm / most)))) for m, most in _NORMS.items()],
        key=lambda pair: pair[0] * pair[1],
    )
    factor = np.exp(t * shift / steps)
    for _ in range(steps):
        term = total = b
        for k in range(1, degree + 1):
            term = (a @ term - shift * term) * (t / (steps * k))
            total = total + term
        b = total * factor
    return b
