"""Minima of functions and of sums of squares, as functions of what they depend on."""

import numpy as np

from leopard._core import Variable
from leopard._pytrees import flatten
from leopard.implicit import _solvers
from leopard.implicit._implicit import Equations, one_call
from leopard.implicit._vectors import Layout, joined
from leopard.implicit.equations import found_by, handed_back, residual_of
from leopard.transforms._trace import must_be_callable
from leopard.transforms._values import value_of
from leopard.transforms.gradient import grad, value_and_grad
from leopard.transforms.hessians import hessian
from leopard.transforms.jacobians import jacobian

__all__ = ["least_squares", "minimize"]


@one_call
def minimize(f, x0, *args, bounds=None, solver=None, linear="dense"):
    """The x where ``f(x, *args)`` has a minimum, differentiable with respect to the arguments.

    The derivative is that of the root of the gradient g of f, see `root`: ``dx = -H^-1 (dg/da) da`` with the
    Hessian H at the minimum. Within bounds it is that of the root of ``x - clip(x - g, low, high)``: a
    coordinate at a bound moves with the bound.

    Parameters
    ----------
    f : callable
        ``f(x, *args)`` returns a real scalar.
    x0, args, linear
        As for `root`.
    bounds : tuple, optional
        ``(low, high)``; each is a number, an array or structure like x0, or None where there is no bound.
        They may be Variables.
    solver : callable, optional
        ``solver(f, x0, *args)``, as for `root`, which keeps the bounds itself. By default Newton's method,
        damped until the value decreases.

    Returns
    -------
    float, ndarray, Variable or structure
        Like x0.

    Raises
    ------
    RuntimeError, numpy.linalg.LinAlgError, ValueError, TypeError
        As `root`.

    Examples
    --------
    >>> import leopard, numpy as np
    >>> from leopard import implicit
    >>> best = lambda a: implicit.minimize(lambda x, a: np.sum((x - a) ** 2 + x**4), np.zeros(2), a)
    >>> np.round(leopard.jacobian(best)(np.array([1.0, 3.0])), 6)
    array([[0.323954, 0.      ],
           [0.      , 0.142857]])
    """
    must_be_callable("minimize", f)
    return _minimum("minimize", f, f, x0, args, bounds, solver, linear, _newton)


@one_call
def least_squares(f, x0, *args, bounds=None, solver=None, linear="dense"):
    """The x with the least sum of squares of ``f(x, *args)``, differentiable with respect to the arguments.

    The derivative is that of the minimum of ``0.5 * sum(f(x)**2)``, see `minimize`, with the whole Hessian:
    that of the residuals stands in it with their values, which Gauss and Newton leave out.

    Parameters
    ----------
    f : callable
        ``f(x, *args)`` returns the residuals: an array, or a structure of arrays.
    x0, args, linear
        As for `root`.
    bounds, solver
        As for `minimize`; the solver is given the function of the residuals. By default the method of
        Levenberg and Marquardt.

    Returns
    -------
    float, ndarray, Variable or structure
        Like x0.

    Raises
    ------
    RuntimeError, numpy.linalg.LinAlgError, ValueError, TypeError
        As `root`.

    Examples
    --------
    >>> import leopard, numpy as np
    >>> from leopard import implicit
    >>> t = np.arange(3.0)
    >>> line = lambda y: implicit.least_squares(lambda p, y: p[0] + p[1] * t - y, np.zeros(2), y)
    >>> np.round(leopard.jacobian(line)(np.array([0.0, 1.0, 3.0])), 6)[0]
    array([ 0.833333,  0.333333, -0.166667])
    """
    must_be_callable("least_squares", f)

    def half_squares(x, *args):
        return 0.5 * sum([np.sum(np.square(r)) for r in flatten(f(x, *args))[0]])

    return _minimum("least_squares", f, half_squares, x0, args, bounds, solver, linear, _marquardt)


def _minimum(name, f, objective, x0, args, bounds, solver, linear, own):
    layout = Layout(name, "x0", x0)
    start = value_of(layout.vector(x0))
    bounds = _bounds(name, layout, bounds)
    slopes = grad(objective)

    def equations(z, bounds, *args):
        g = joined(flatten(slopes(layout.structure(z), *args))[0])
        if bounds is None:
            return g
        return z - np.clip(z - g, *bounds)

    def find(bounds, *args):
        if solver is not None:
            return found_by(solver, name, f, start, layout, args)
        low, high = (-np.inf, np.inf) if bounds is None else bounds
        low, high = np.broadcast_to(low, start.shape), np.broadcast_to(high, start.shape)
        return _solvers.damped(name, own(layout, f, args), start, low, high)

    return handed_back(layout, Equations(name, equations, linear).solved(find, (bounds, *args)))


def _bounds(name, layout, bounds):
    """(low, high) as vectors or numbers."""
    if bounds is None:
        return None
    if not isinstance(bounds, (tuple, list)) or len(bounds) != 2:
        raise TypeError(f"{name}: bounds is (low, high), not {bounds!r}")
    found = []
    for what, bound, none in zip(("low", "high"), bounds, (-np.inf, np.inf), strict=True):
        if bound is None:
            found.append(none)
        elif isinstance(bound, (int, float)) or isinstance(bound, Variable) and bound.shape == ():
            found.append(bound)
        else:
            found.append(layout.vector(bound, f"bounds, {what}"))
    low, high = map(value_of, found)
    if np.any(np.asarray(low) > np.asarray(high)):
        raise ValueError(f"{name}: a lower bound is above the upper one")
    return tuple(found)


def _newton(layout, f, args):
    """The value, the gradient and the Hessian of a function."""

    def of_vector(z):
        return f(layout.structure(z), *args)

    slope, curvature = value_and_grad(of_vector), hessian(of_vector)

    def model(z):
        value, g = slope(z)
        return float(value), np.asarray(g), np.asarray(curvature(z))

    return model


def _marquardt(layout, f, args):
    """Half the sum of squares, its gradient, and the matrix of Gauss and Newton."""
    residual = residual_of(layout, f, args)
    matrix = jacobian(residual)

    def model(z):
        r, j = np.asarray(value_of(residual(z))), np.asarray(matrix(z))
        return 0.5 * float(r @ r), j.T @ r, j.T @ j

    return model
