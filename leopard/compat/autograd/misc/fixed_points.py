"""`autograd.misc.fixed_points`: fixed points of contractions, with implicit derivatives."""

from leopard.compat.autograd.core import make_vjp
from leopard.compat.autograd.extend import defvjp, primitive, vspace

__all__ = ["fixed_point"]


@primitive
def fixed_point(f, a, x0, distance, tol):
    """The x with ``f(a)(x) == x``, iterated from x0 until two iterates are at most `tol` apart.

    The gradient with respect to a is that of ``f(a)(x)`` at the fixed point for the cotangent w, where w is
    the fixed point of ``w = g + w df/dx``, found by the same iteration. That of x0 is 0.

    Parameters
    ----------
    f : callable
        ``f(a)`` returns a function of x.
    a, x0 : array or structure of arrays
    distance : callable
        ``distance(x, x_prev)`` is a number.
    tol : float

    Examples
    --------
    The square root of a, by Newton's iteration.

    >>> from leopard.compat.autograd import grad
    >>> from leopard.compat.autograd.misc.fixed_points import fixed_point
    >>> newton = lambda a: lambda x: 0.5 * (x + a / x)
    >>> root = lambda a: fixed_point(newton, a, 1.0, lambda x, y: abs(x - y), 1e-12)
    >>> grad(root)(4.0)
    np.float64(0.25)
    """
    step, x_prev = f(a), x0
    x = step(x_prev)
    while distance(x, x_prev) > tol:
        x, x_prev = step(x), x
    return x


def _fixed_point_vjp(ans, f, a, x0, distance, tol):
    pulled = _of_step(f, a, ans)

    def adjoint(given):
        a, x, g = given
        pulled = _of_step(f, a, x)
        return lambda w: vspace(x).add(pulled(w)[1], g)

    return lambda g: pulled(fixed_point(adjoint, (a, ans, g), vspace(x0).zeros(), distance, tol))[0]


def _of_step(f, a, x):
    """The vjp of ``f(a)(x)`` with respect to a and x together, which ends at both."""
    return make_vjp(lambda given: f(given[0])(given[1]), (a, x))[0]


defvjp(fixed_point, None, _fixed_point_vjp, None)
