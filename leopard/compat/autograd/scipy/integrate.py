"""`autograd.scipy.integrate`: `odeint`, whose gradient is that of an integral backwards in time.

A. The solution is SciPy's. For a loss with gradients g[i] with respect to the solution at t[i], the adjoint
   w(t) obeys dw/dt = -w df/dy between these times, and g[i] is added to it at t[i].
B. The gradient of y0 is w(t[0]), that of the arguments p the integral of w df/dp, that of t[i] the product of
   g[i] with f at t[i], and that of t[0] the negative one of w(t[0]), g[0] apart, with f at t[0].
C. y, w and the integral for p are integrated together from each time to the one before, starting from the
   solution there, by `odeint` itself: so derivatives of all orders follow.
"""

import numpy as np
import scipy.integrate as _si

from leopard.compat.autograd.core import make_vjp
from leopard.compat.autograd.extend import defvjp_argnums, primitive
from leopard.compat.autograd.misc.flatten import flatten

__all__ = ["odeint"]


def odeint(func, y0, t, args=(), **kwargs):
    """The solution of dy/dt = func(y, t, *args) at the times t, with gradients of y0, t and args.

    Parameters
    ----------
    func : callable
        It returns dy/dt, as an array or a list; it uses no Variables besides its arguments.
    y0 : array
        The vector at ``t[0]``.
    t : array
        Increasing or decreasing times.
    args : tuple
        Arrays, numbers and structures of them: all that a gradient is wanted of.
    **kwargs
        Further arguments of `scipy.integrate.odeint`. With `tfirst`, func is called as ``func(t, y, *args)``.

    Returns
    -------
    array
        One row for each time.

    Examples
    --------
    >>> from leopard.compat.autograd import grad
    >>> from leopard.compat.autograd.scipy.integrate import odeint
    >>> decay = lambda y, t, rate: -rate * y
    >>> last = lambda rate: odeint(decay, np.array([1.0]), np.array([0.0, 1.0]), (rate,))[-1, 0]
    >>> float(round(grad(last)(2.0), 5))  # -exp(-2)
    -0.13534
    """
    return _solved(func, y0, t, tuple(args), **kwargs)


@primitive
def _solved(func, y0, t, args, **kwargs):
    return _si.odeint(func, y0, t, args, **kwargs)


def _augmented(state, t, flat, rate, n):
    """The derivatives of the solution, the adjoint, and the integral for the arguments."""
    y, w = state[:n], state[n : 2 * n]
    pulled, slope = make_vjp(lambda both: rate(both[0], t, both[1]), (y, flat))
    dy, dp = pulled(-w)
    return np.concatenate([slope, dy, dp])


def _vjp(argnums, ans, args, kwargs):
    func, _, t, given = args
    flat, unflatten = flatten(given)
    options = {k: v for k, v in kwargs.items() if k != "tfirst"}
    m, n = np.shape(ans)

    def rate(y, t, flat):
        first = (t, y) if kwargs.get("tfirst") else (y, t)
        return _vector(func(*first, *unflatten(flat)))

    def augmented(state, t, flat):
        return _augmented(state, t, flat, rate, n)

    def vjp(g):
        w, integral = g[m - 1], np.zeros(np.shape(flat))
        of_times = [None] * m
        for i in range(m - 1, 0, -1):
            of_times[i] = np.dot(rate(ans[i], t[i], flat), g[i])
            start = np.concatenate([ans[i], w, integral])
            end = odeint(augmented, start, np.stack([t[i], t[i - 1]]), (flat,), **options)[1]
            w, integral = end[n : 2 * n], end[2 * n :]
            of_times[0] = -np.dot(rate(ans[0], t[0], flat), w)
            w = w + g[i - 1]
        of_all = [None, w, np.stack(of_times) if m > 1 else np.zeros(1), unflatten(integral)]
        return [of_all[i] for i in argnums]

    return vjp


def _vector(xs):
    """The vector of a function's result, which may be a list of numbers."""
    return np.stack(xs) if isinstance(xs, (list, tuple)) else xs


defvjp_argnums(_solved, _vjp)
