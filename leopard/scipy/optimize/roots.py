"""`root`: SciPy's solvers of systems of equations, with exact Jacobians."""

import numpy as np
import scipy.optimize as so

from leopard.scipy._parts import as_vector
from leopard.scipy.optimize._derivatives import Vector
from leopard.scipy.optimize._results import Result, in_structure, wrapped_callback
from leopard.scipy.optimize._unknowns import Unknowns, refuse_variables

__all__ = ["root"]

#: Methods that use a Jacobian.
WITH_JACOBIAN = {"hybr", "lm"}


def root(fun, x0, args=(), method="hybr", jac=None, tol=None, callback=None, options=None):
    """Solve equations by a method of `scipy.optimize.root`, with the exact Jacobian.

    The function is recorded once and replayed, together with its Jacobian for the methods "hybr" and "lm";
    the others use none.

    Parameters
    ----------
    fun : callable
        ``fun(x, *args)`` returns as many values as there are unknowns: a vector, or a structure of arrays.
    x0 : array_like or structure
        The first guess, as for `minimize`.
    args : tuple
    method : str
    jac : callable or bool, optional
        By default leopard's. What is given is used as in SciPy: a function that returns the matrix over all
        unknowns, or True where fun returns (values, matrix).
    tol, callback, options
        As in SciPy. A callback is given structures where x0 is one.

    Returns
    -------
    Result
        SciPy's `OptimizeResult`, with x built as x0. It has no covariance.

    Raises
    ------
    TypeError, ValueError
        As `minimize`; and when the numbers of values and unknowns differ.

    Examples
    --------
    >>> found = root(lambda x: [x[0] + np.exp(x[1]) - 2, x[0] ** 2 + x[1] ** 2 - 1], [0.5, 0.5])
    >>> found.x.round(6), found.success
    (array([1., 0.]), True)
    """
    name = "root"
    args = args if isinstance(args, tuple) else (args,)
    refuse_variables(name, args=args)
    unknowns = Unknowns(name, x0)
    if jac is True:

        def both(x):
            values, matrix = fun(unknowns.of(x), *args)
            return np.asarray(as_vector(values, f"{name}: the function")), matrix

        value = both
    else:
        f = Vector(name, fun, unknowns, args=args)
        value = _square(name, f.value, len(unknowns))
        if callable(jac):
            given = jac
            jac = lambda x: given(unknowns.of(x), *args)  # noqa: E731
        elif jac is None and method.lower() in WITH_JACOBIAN:
            jac = f.jacobian
        f.is_replayed = jac == f.jacobian
    found = so.root(
        value, unknowns.vector, (), method, jac, tol, wrapped_callback(callback, unknowns), options
    )
    return Result(in_structure(found, unknowns, ("x",)), unknowns, _refuse_covariance)


def _square(name, value, n):
    """The values, as many as unknowns, and finite at first."""
    is_first = True

    def called(x):
        nonlocal is_first
        y = value(x)
        if is_first:
            if y.shape != (n,):
                raise ValueError(f"{name}: the function returned {y.size} values for {n} unknowns")
            if not np.isfinite(y).all():
                raise ValueError(
                    f"{name}: the function is nan or infinite at x0, in value {np.argmin(np.isfinite(y))}"
                )
            is_first = False
        return y

    return called


def _refuse_covariance():
    raise ValueError("the solution of equations has no covariance")
