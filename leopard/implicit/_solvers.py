"""Solvers of leopard's own, for plain vectors: Newton's method, and damped Newton within bounds."""

import numpy as np

#: The shortest fraction of a Newton step that is tried.
SHORTEST = 1e-9


def newton(name, f, jacobian, z, most=100):
    """A zero of f by Newton's method, each step halved until the residual is smaller.

    Parameters
    ----------
    name : str
        For errors.
    f : callable
        Of a vector, it returns one of the same size.
    jacobian : callable
    z : ndarray
        Where to start.
    most : int
        Steps.

    Raises
    ------
    RuntimeError
        When it does not converge.
    """
    r, eps = f(z), np.finfo(z.dtype).eps
    if not np.isfinite(r).all():
        raise RuntimeError(f"{name}: the function is not finite at the start")
    for _ in range(most):
        size = np.linalg.norm(r)
        if size == 0:
            return z
        a = jacobian(z)
        step = _newton_step(a, r)
        new, found, fraction = z + step, f(z + step), 1.0
        length, extent = np.max(np.abs(step)), 1 + np.max(np.abs(z))
        while not np.linalg.norm(found) < size:  # a nan is not less, either
            if length <= np.sqrt(eps) * extent and size <= np.sqrt(eps) * np.max(np.abs(a)) * extent:
                return z  # the residual is as small as rounding lets it be
            fraction /= 2
            if fraction < SHORTEST:
                break
            new = z + fraction * step
            found = f(new)
        if fraction < SHORTEST:
            break
        z, r = new, found
        if fraction == 1 and length <= 100 * eps * extent:
            return z
    raise RuntimeError(
        f"{name}: Newton's method has not converged; the residual is {np.linalg.norm(r):.2g}. Start closer "
        "to the solution, or give a solver of your own"
    )


def _newton_step(a, r):
    try:
        return np.linalg.solve(a, -r)
    except np.linalg.LinAlgError:
        return np.linalg.lstsq(a, -r)[0]


def iterate(name, f, z, tolerance=1e-13, most=100_000):
    """A fixed point of f by iteration.

    Parameters as those of `newton`.
    """
    for _ in range(most):
        new = f(z)
        if not np.isfinite(new).all():
            raise RuntimeError(f"{name}: the iteration is not finite any more")
        step, z = np.max(np.abs(new - z), initial=0.0), new
        if step <= tolerance * (1 + np.max(np.abs(z), initial=0.0)):
            return z
    raise RuntimeError(f"{name}: the iteration has not converged in {most} steps; the last was {step:.2g}")


def damped(name, model, z, low, high, tolerance=1e-10, most=500):
    """A minimum within bounds by Newton steps on the free coordinates, damped until the value decreases.

    Parameters
    ----------
    name : str
        For errors.
    model : callable
        Of a vector, it returns the value, its gradient and a matrix for its Hessian (of least squares: that
        of Gauss and Newton).
    z : ndarray
        Where to start.
    low, high : ndarray
        Bounds, which may be infinite.
    tolerance : float
        The step, relative to the vector, below which it ends.
    most : int
        Steps, those without success among them.

    Raises
    ------
    RuntimeError
        When it does not converge.
    """
    z = np.clip(z, low, high)
    value, g, h = model(z)
    if not np.isfinite(value):
        raise RuntimeError(f"{name}: the function is not finite at the start")
    damping = 0.0
    for _ in range(most):
        free = ~(((z <= low) & (g > 0)) | ((z >= high) & (g < 0)))
        if not free.any() or not g[free].any():
            return z
        try:
            step = _step(h[np.ix_(free, free)], g[free], damping)
        except np.linalg.LinAlgError:  # not positive definite
            damping = max(10 * damping, 1e-6 * (1 + np.max(np.abs(h))))
            continue
        new = z.copy()
        new[free] = np.clip(z[free] + step, low[free], high[free])
        size = np.max(np.abs(new - z))
        small = size <= tolerance * (1 + np.max(np.abs(z)))
        found = model(new)
        rounding = 1e-13 * (1 + abs(value))
        closer = np.linalg.norm(found[1][free]) < np.linalg.norm(g[free])
        if np.isfinite(found[0]) and (
            found[0] < value - rounding or abs(found[0] - value) <= rounding and closer
        ):
            z, (value, g, h) = new, found
            damping = damping / 10 if damping > 1e-12 * np.max(np.abs(h), initial=1.0) else 0.0
        elif small or size <= 1e-6 * (1 + np.max(np.abs(z))) and abs(found[0] - value) <= rounding:
            return z
        else:
            damping = max(10 * damping, 1e-6 * (1 + np.max(np.abs(h))))
            continue
        if small:
            return z
    raise RuntimeError(
        f"{name}: it has not converged in {most} steps; the gradient is {np.max(np.abs(g[free])):.2g}. Start "
        "closer to the solution, or give a solver of your own"
    )


def _step(h, g, damping):
    factor = np.linalg.cholesky(h + damping * np.eye(len(h)))
    return -np.linalg.solve(factor.T, np.linalg.solve(factor, g))
