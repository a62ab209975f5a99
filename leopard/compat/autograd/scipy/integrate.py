"""`autograd.scipy.integrate`: `odeint`, which is `leopard.scipy.integrate.odeint`."""

import numpy as np

from leopard.scipy.integrate import odeint as _odeint

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
    return _odeint(func, y0, np.asarray(t) if isinstance(t, (list, tuple)) else t, tuple(args), **kwargs)
