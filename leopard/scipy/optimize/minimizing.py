"""`minimize`: SciPy's minimizers, with the derivatives that each method uses."""

import numpy as np
import scipy.optimize as so

from leopard.scipy.optimize._bounds import flat_bounds, is_at_a_bound
from leopard.scipy.optimize._constraints import FEW, with_derivatives
from leopard.scipy.optimize._derivatives import Scalar
from leopard.scipy.optimize._results import Result, in_structure, inverse, wrapped_callback
from leopard.scipy.optimize._unknowns import Unknowns, refuse_variables

__all__ = ["minimize"]

#: Methods that use no derivative, that need the Hessian as a matrix, and that can use products with it.
WITHOUT_GRADIENT = {"nelder-mead", "powell", "cobyla", "cobyqa"}
WITH_HESSIAN = {"dogleg", "trust-exact"}
WITH_PRODUCTS = {"newton-cg", "trust-ncg", "trust-krylov", "trust-constr"}


def minimize(
    fun, x0, args=(), method=None, jac=None, hess=None, hessp=None, bounds=None, constraints=(), tol=None,
    callback=None, options=None,
):  # fmt: skip
    """Minimize a function by a method of `scipy.optimize.minimize`, with exact derivatives.

    The function is written with NumPy, and returns a number. It is recorded once and replayed (see
    `leopard.compile`), together with the derivatives that the method uses:

    - CG, BFGS, L-BFGS-B, TNC, SLSQP: the gradient.
    - Newton-CG, trust-ncg, trust-krylov: the gradient, and products of the Hessian with vectors.
    - dogleg, trust-exact: the gradient and the Hessian.
    - trust-constr: the gradient, and the Hessian of up to 50 unknowns, else products with it.
    - Nelder-Mead, Powell, COBYLA, COBYQA: none.

    Parameters
    ----------
    fun : callable
        ``fun(x, *args)`` returns a real number.
    x0 : array_like or structure
        The first guess. A number, a vector, or a list or tuple of numbers is a vector, which the functions
        are given. Anything else (a dict, a named tuple, a dataclass, a list of arrays, a matrix) is a
        structure: the functions are given such a structure, and `x` and `jac` of the result are such
        structures.
    args : tuple
        Further arguments of fun, jac, hess and hessp.
    method : str or callable, optional
        As in SciPy: by default SLSQP with constraints, else L-BFGS-B with bounds, else BFGS.
    jac : callable, bool or str, optional
        By default leopard's gradient. What is given is used as in SciPy: a function, True where fun returns
        (value, gradient), or a scheme of finite differences.
    hess, hessp : callable, optional
        By default leopard's. What is given is used; for a structure x0, `hess` returns a matrix over all
        unknowns in the order of the leaves, and `hessp` takes and returns structures.
    bounds : optional
        As in SciPy; or for a structure x0 a structure with a pair (low, high) in the place of each leaf, of
        numbers, arrays or None. A dict may leave out keys that have no bounds.
    constraints : optional
        As in SciPy. A dict without "jac" has leopard's Jacobian. In a `NonlinearConstraint`,
        ``jac="2-point"`` and a `BFGS` as hess, its defaults, are replaced by leopard's derivatives (sparse,
        for trust-constr, where the Jacobian is large and mostly zero, or `finite_diff_jac_sparsity` is
        given). The matrix of a `LinearConstraint` is over all unknowns in the order of the leaves.
    tol, callback, options
        As in SciPy. A callback is given structures where x0 is one.

    Returns
    -------
    Result
        SciPy's `OptimizeResult`. `covariance` is the inverse of the Hessian at the solution, and `stderr` the
        square roots of its diagonal: the asymptotic covariance and standard errors of the estimates, where
        fun is a *negative log-likelihood* (not a mean of one, nor a sum of squares). They are computed when
        they are first read, and raise ValueError where they are not defined: at a bound, with constraints, or
        where the Hessian is not positive definite.

    Raises
    ------
    TypeError
        When x0 is not of float64 or integers, x0 or args hold Variables (`leopard.implicit` differentiates a
        solution), or fun does not return a real number.
    ValueError
        When x0, or fun at x0, is nan or infinite; when a derivative is where fun is finite; when bounds do
        not fit.

    Examples
    --------
    >>> def rosenbrock(x):
    ...     return np.sum(100 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2)
    >>> minimize(rosenbrock, np.zeros(4), method="trust-exact").x.round(3)
    array([1., 1., 1., 1.])

    The mean and the deviation of a sample, with standard errors:

    >>> data = np.array([1.0, 2.0, 4.0, 5.0])
    >>> def negative_log_likelihood(p):
    ...     z = (data - p["mean"]) / np.exp(p["log_deviation"])
    ...     return np.sum(z**2 / 2 + p["log_deviation"])
    >>> found = minimize(negative_log_likelihood, {"mean": 0.0, "log_deviation": 0.0})
    >>> round(found.x["mean"], 4), round(found.stderr["mean"], 4)
    (3.0, 0.7906)
    """
    name = "minimize"
    args = args if isinstance(args, tuple) else (args,)
    refuse_variables(name, args=args)
    unknowns = Unknowns(name, x0)
    if method is None:
        method = "SLSQP" if constraints else "BFGS" if bounds is None else "L-BFGS-B"
    kind = "" if callable(method) else method.lower()
    options = dict(options or {})
    f, given_jac = _objective(name, fun, unknowns, args, jac, kind)
    hess, hessp = _second(f, unknowns, args, hess, hessp, kind)
    if constraints and not callable(method):
        constraints, is_sparse = with_derivatives(constraints, unknowns, kind)
        if is_sparse:
            options.setdefault("sparse_jacobian", True)
    bounds = flat_bounds(unknowns, bounds)
    found = so.minimize(
        _checked_at_start(name, f.value if given_jac is not True else f.value_and_gradient),
        unknowns.vector, (), method, given_jac, hess, hessp, bounds, constraints, tol,
        wrapped_callback(callback, unknowns), options,
    )  # fmt: skip
    x = np.array(found.x)

    def covariance():
        if constraints:
            raise ValueError("the covariance is not defined by the Hessian alone where there are constraints")
        _refuse_bounds(bounds, x, unknowns)
        return inverse(f.hessian(x, eager=True), "the Hessian at the solution")

    return Result(in_structure(found, unknowns), unknowns, covariance)


def _objective(name, fun, unknowns, args, jac, kind):
    """(the function with its derivatives, the `jac` for SciPy; True for both value and gradient)."""
    if jac is True:  # fun returns both
        f = Scalar(name, lambda x, *args: fun(x, *args)[0], unknowns, args)

        def value_and_gradient(x):
            value, g = fun(unknowns.of(x), *args)
            return value, unknowns.flat(g, "the gradient")

        f.value_and_gradient = value_and_gradient
        return f, True
    f = Scalar(name, fun, unknowns, args)
    if callable(jac):
        return f, lambda x: unknowns.flat(jac(unknowns.of(x), *args), "the gradient")
    if kind in WITHOUT_GRADIENT or jac:
        return f, jac
    return f, True


def _second(f, unknowns, args, hess, hessp, kind):
    """(hess, hessp) for SciPy: what was given, or else what the method uses."""
    if callable(hess):
        given = hess
        return (lambda x: given(unknowns.of(x), *args)), None
    if hess is not None:
        return hess, None
    if hessp is not None:
        return None, lambda x, v: unknowns.flat(
            hessp(unknowns.of(x), unknowns.of(np.asarray(v)), *args), "the product with the Hessian"
        )
    if kind in WITH_HESSIAN or kind == "trust-constr" and len(unknowns) <= FEW:
        return f.hessian, None
    if kind in WITH_PRODUCTS:
        return None, f.product
    return None, None


def _checked_at_start(name, f):
    """The function, whose first value must be finite."""
    is_first = True

    def called(x):
        nonlocal is_first
        found = f(x)
        if is_first and not np.isfinite(found[0] if isinstance(found, tuple) else found).all():
            raise ValueError(f"{name}: the function is nan or infinite at x0")
        is_first = False
        return found

    return called


def _refuse_bounds(bounds, x, unknowns):
    if bounds is None:
        return
    low, high = _sides(bounds)
    at = np.flatnonzero(is_at_a_bound(x, low, high))
    if len(at):
        raise ValueError(f"the covariance is not defined: {unknowns.place(int(at[0]))} is at a bound")


def _sides(bounds):
    """The lower and the upper bounds of each unknown."""
    if isinstance(bounds, so.Bounds):
        return bounds.lb, bounds.ub
    low = [-np.inf if a is None else a for a, _ in bounds]
    high = [np.inf if b is None else b for _, b in bounds]
    return low, high
