"""`least_squares` and `curve_fit`: SciPy's fits of residuals, with exact Jacobians."""

import inspect

import numpy as np
import scipy.optimize as so

from leopard.scipy.optimize._bounds import flat_limits
from leopard.scipy.optimize._derivatives import Vector
from leopard.scipy.optimize._results import Result, in_structure, inverse, wrapped_callback
from leopard.scipy.optimize._unknowns import Unknowns, refuse_variables

__all__ = ["curve_fit", "least_squares"]


def least_squares(
    fun, x0, jac=None, bounds=(-np.inf, np.inf), method="trf", ftol=1e-8, xtol=1e-8, gtol=1e-8, x_scale=None,
    loss="linear", f_scale=1.0, diff_step=None, tr_solver=None, tr_options=None, jac_sparsity=None,
    max_nfev=None, verbose=0, args=(), kwargs=None, callback=None, workers=None,
):  # fmt: skip
    """Minimize a sum of squares by `scipy.optimize.least_squares`, with the exact Jacobian.

    The residuals are recorded once and replayed, and so is their Jacobian.

    Parameters
    ----------
    fun : callable
        ``fun(x, *args, **kwargs)`` returns the residuals: an array or a structure of arrays.
    x0 : array_like or structure
        The first guess, as for `minimize`.
    jac : callable or str, optional
        By default leopard's. What is given is used as in SciPy: a function that returns the matrix over all
        unknowns, or a scheme of finite differences.
    bounds : optional
        As in SciPy: a pair (low, high), or `Bounds`. For a structure x0 each side may be a structure.
    x_scale : optional
        As in SciPy. For a structure x0 it may be a structure.
    jac_sparsity : sparse matrix or ndarray, optional
        The pattern of the Jacobian, which then is computed and used as a sparse matrix. Without it, that is
        done for a Jacobian of at least 250 000 elements, of which at most a tenth can be nonzero, if `method`
        is not "lm" and `tr_solver` not "exact".
    method, ftol, xtol, gtol, loss, f_scale, diff_step, tr_solver, tr_options, max_nfev, verbose, callback
        As in SciPy, and so is `workers`. A callback is given structures where x0 is one.
    args, kwargs : tuple, dict
        Further arguments of fun and jac.

    Returns
    -------
    Result
        SciPy's `OptimizeResult`, with x built as x0. `covariance` is s**2 inv(J.T @ J) with the Jacobian J at
        the solution and s**2 = sum(residuals**2) / (m - n), for m residuals and n unknowns; it is that of the
        estimates where the residuals are independent and of one variance. `stderr` has the square roots of
        its diagonal. They are computed when they are first read, and raise ValueError where they are not
        defined: at a bound, for another loss than "linear", where m <= n, or where J.T @ J is singular.

    Raises
    ------
    TypeError, ValueError
        As `minimize`.

    Examples
    --------
    >>> t = np.linspace(0.0, 2.0, 5)
    >>> y = np.array([2.0, 1.3, 0.7, 0.4, 0.3])
    >>> found = least_squares(lambda p: p["scale"] * np.exp(-p["rate"] * t) - y, {"scale": 1.0, "rate": 1.0})
    >>> round(found.x["rate"], 4), round(found.stderr["rate"], 4)
    (1.0057, 0.0557)
    """
    name = "least_squares"
    args = args if isinstance(args, tuple) else (args,)
    refuse_variables(name, args=args, kwargs=kwargs)
    unknowns = Unknowns(name, x0)
    f = Vector(
        name, fun, unknowns, args=args, kwargs=kwargs, sparsity=jac_sparsity,
        may_be_sparse=method != "lm" and tr_solver != "exact",
    )  # fmt: skip
    if jac is None:
        derivative = f.jacobian
    elif callable(jac):
        derivative = lambda x: jac(unknowns.of(x), *args, **(kwargs or {}))  # noqa: E731
    else:
        derivative = jac
    f.is_replayed = jac is None
    if x_scale is not None and not isinstance(x_scale, str):
        x_scale = unknowns.broadcast(x_scale, "x_scale")
    found = so.least_squares(
        f.value, unknowns.vector, jac=derivative, bounds=flat_limits(unknowns, bounds), method=method,
        ftol=ftol, xtol=xtol, gtol=gtol, x_scale=x_scale, loss=loss, f_scale=f_scale, diff_step=diff_step,
        tr_solver=tr_solver, tr_options=tr_options or {}, jac_sparsity=jac_sparsity, max_nfev=max_nfev,
        verbose=verbose, callback=wrapped_callback(callback, unknowns), workers=workers,
    )  # fmt: skip

    def covariance():
        m, n = found.jac.shape
        if loss != "linear":
            raise ValueError(
                f"the covariance is not defined for another loss than 'linear', and this was {loss!r}"
            )
        if m <= n:
            raise ValueError(f"the covariance is not defined: {m} residuals, and {n} unknowns")
        if found.active_mask.any():
            place = unknowns.place(int(np.argmax(found.active_mask != 0)))
            raise ValueError(f"the covariance is not defined: {place} is at a bound")
        gram = found.jac.T @ found.jac
        gram = gram.toarray() if hasattr(gram, "toarray") else gram
        return 2 * found.cost / (m - n) * inverse(gram, "J.T @ J")

    return Result(in_structure(found, unknowns, ("x", "grad")), unknowns, covariance)


def curve_fit(
    f, xdata, ydata, p0=None, sigma=None, absolute_sigma=False, check_finite=None, bounds=(-np.inf, np.inf),
    method=None, jac=None, *, full_output=False, nan_policy=None, **kwargs,
):  # fmt: skip
    """Fit a function to data by `scipy.optimize.curve_fit`, with the exact Jacobian.

    Parameters
    ----------
    f : callable
        ``f(xdata, *parameters)``; or ``f(xdata, parameters)`` where p0 is a structure.
    xdata : array_like or object
    ydata : array_like
    p0 : array_like or structure, optional
        The first guess; by default 1 for each parameter in the signature of f. A vector, or a list or tuple
        of numbers, is one of SciPy's; anything else is a structure, as for `minimize`.
    bounds : optional
        As in SciPy. For a structure p0 each side may be a structure.
    jac : callable or str, optional
        By default leopard's. What is given is used as in SciPy.
    sigma, absolute_sigma, check_finite, method, full_output, nan_policy, **kwargs
        As in SciPy.

    Returns
    -------
    popt : ndarray or structure
        The parameters, built as p0.
    pcov : ndarray of shape (n, n)
        SciPy's covariance, in the order of the leaves; `sigma` and `absolute_sigma` say of what.
    infodict, mesg, ier
        Under `full_output`, as in SciPy.

    Raises
    ------
    TypeError, ValueError
        As `minimize` and SciPy's.

    Examples
    --------
    >>> x = np.linspace(0.0, 2.0, 5)
    >>> y = np.array([2.0, 1.3, 0.7, 0.4, 0.3])
    >>> popt, pcov = curve_fit(lambda x, scale, rate: scale * np.exp(-rate * x), x, y)
    >>> popt.round(4), np.sqrt(np.diag(pcov)).round(4)
    (array([2.0243, 1.0057]), array([0.0574, 0.0557]))
    """
    name = "curve_fit"
    refuse_variables(name, xdata=xdata, ydata=ydata, sigma=sigma)
    unknowns = Unknowns(name, np.ones(_number_of_parameters(f)) if p0 is None else p0)
    if isinstance(xdata, (list, tuple)):
        xdata = np.asarray(xdata, float)  # SciPy's functions are given such an array

    def model(parameters, xdata):
        return f(xdata, *parameters) if unknowns.form is None else f(xdata, parameters)

    derivatives = {}

    def vector(xdata):
        """The model with its derivatives for these data, of which SciPy may leave some out."""
        if derivatives.get("xdata") is not xdata:
            derivatives.update(xdata=xdata, model=Vector(name, model, unknowns, args=(xdata,)))
            derivatives["model"].is_replayed = jac is None
        return derivatives["model"]

    def value(xdata, *p):
        return vector(xdata).value(np.array(p, float))

    def matrix(xdata, *p):
        return vector(xdata).jacobian(np.array(p, float))

    if callable(jac):
        given = jac
        derivative = (
            given
            if unknowns.form is None
            else lambda xdata, *p: given(xdata, unknowns.of(np.array(p, float)))
        )
    else:
        derivative = matrix if jac is None else jac
    popt, *others = so.curve_fit(
        value, xdata, ydata, unknowns.vector, sigma, absolute_sigma, check_finite,
        flat_limits(unknowns, bounds), method, derivative, full_output=full_output, nan_policy=nan_policy,
        **kwargs,
    )  # fmt: skip
    return unknowns.solution(popt), *others


def _number_of_parameters(f):
    """How many parameters the signature of a model has, behind the data."""
    kinds = [p.kind for p in inspect.signature(f).parameters.values()]
    if inspect.Parameter.VAR_POSITIONAL in kinds or len(kinds) < 2:
        raise ValueError("curve_fit: the number of parameters of f is unknown; give p0")
    return (
        kinds.count(inspect.Parameter.POSITIONAL_OR_KEYWORD)
        + kinds.count(inspect.Parameter.POSITIONAL_ONLY)
        - 1
    )
