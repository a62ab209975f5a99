"""Results of SciPy's solvers, with the unknowns as they were given, and what follows from the derivatives."""

import inspect

import numpy as np
from scipy.optimize import OptimizeResult

__all__ = ["Result", "in_structure", "inverse", "wrapped_callback"]


class Result(OptimizeResult):
    """A result of SciPy's, and the covariance of the unknowns, which is computed when it is first read.

    Attributes
    ----------
    x : structure
        The solution, as the first guess was given.
    covariance : ndarray of shape (n, n)
        Of all unknowns, in the order of the leaves of x. The solver's documentation says what it supposes.
    stderr : structure
        The standard errors of the unknowns, the square roots of the diagonal, built as x.

    Raises
    ------
    ValueError
        When the covariance is read and is not defined; the error says why.
    """

    def __init__(self, found, unknowns=None, make=None, kept=None):
        super().__init__(found)
        object.__setattr__(self, "_unknowns", unknowns)
        object.__setattr__(self, "_make", make)
        object.__setattr__(self, "_kept", kept)

    @property
    def covariance(self):
        if self._kept is None:
            if self._make is None:
                raise ValueError("the covariance was not read before this result was pickled")
            object.__setattr__(self, "_kept", self._make())
        return self._kept

    @property
    def stderr(self):
        return self._unknowns.solution(np.sqrt(np.diag(self.covariance)))

    def __reduce__(self):
        return Result, (dict(self), self._unknowns, None, self._kept)


def in_structure(found, unknowns, vectors=("x", "jac", "grad")):
    """What SciPy found, with the named vectors built as the unknowns."""
    for name in vectors if unknowns.form is not None else ():
        x = found.get(name)
        if isinstance(x, np.ndarray) and x.shape == unknowns.vector.shape:
            found[name] = unknowns.solution(x)
    return found


def wrapped_callback(callback, unknowns):
    """A callback that is given the unknowns as the caller gave them; the same one where they are a vector."""
    if callback is None or unknowns.form is None:
        return callback
    try:
        names = set(inspect.signature(callback).parameters)
    except (TypeError, ValueError):
        names = set()
    if names == {"intermediate_result"}:

        def called(intermediate_result):
            copy = OptimizeResult(intermediate_result)
            copy.x = unknowns.solution(np.array(copy.x))
            return callback(intermediate_result=copy)

        return called

    def called_with_vector(x, *rest):
        return callback(unknowns.solution(np.array(x)), *rest)

    return called_with_vector


def inverse(matrix, what):
    """The inverse of a symmetric matrix that must be positive definite; a ValueError where it is not.

    The matrix is scaled to a diagonal of ones, so that units of the unknowns do not count.
    """
    diagonal = np.diag(matrix)
    with np.errstate(invalid="ignore", divide="ignore"):
        scales = np.outer(np.sqrt(diagonal), np.sqrt(diagonal))
        scaled = matrix / scales
    smallest = np.linalg.eigvalsh(scaled)[0] if (diagonal > 0).all() else 0.0
    if not smallest > len(matrix) * np.finfo(float).eps:
        raise ValueError(f"{what} is singular or not positive definite, so that there is no covariance")
    return np.linalg.inv(scaled) / scales
