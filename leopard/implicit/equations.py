"""Solutions of equations: `root`, `fixed_point`, linear `solve`, and `solution` for what others found."""

import numpy as np

from leopard._core import Variable
from leopard._pytrees import flatten, unflatten
from leopard.implicit import _solvers
from leopard.implicit._implicit import Equations, linear_solution, must_fit, one_call
from leopard.implicit._vectors import Layout, joined
from leopard.transforms._trace import must_be_callable
from leopard.transforms._values import value_of
from leopard.transforms.jacobians import jacobian

__all__ = ["fixed_point", "root", "solution", "solve"]


@one_call
def root(f, x0, *args, solver=None, linear="dense"):
    """The x with ``f(x, *args) = 0``, differentiable with respect to the arguments.

    The derivative is that of the implicit function theorem: ``dx = -(df/dx)^-1 (df/da) da`` for an argument
    a, and the gradient of a is ``-(df/da)^T w`` with ``(df/dx)^T w = gx``; df/dx is computed at the solution.

    Parameters
    ----------
    f : callable
        ``f(x, *args)`` returns an array, or a structure of arrays, with as many elements as x. It may close
        over Variables, which take a gradient, too.
    x0 : float, ndarray or structure of these
        Where to start; the result is like it. It has no derivative.
    *args : Variable, ndarray, number or structure of these
        What f depends on besides.
    solver : callable, optional
        ``solver(f, x0, *args)`` returns the solution, or SciPy's result with it as ``x``. It is called with
        plain arrays, and so is f by it. By default Newton's method with leopard's Jacobian.
    linear : {"dense", "diagonal"} or callable
        How systems with df/dx are solved: with the whole matrix, in O(n^2) memory; as a diagonal matrix, for
        many equations of one unknown each; or by ``linear(product, b)``, which returns the x with
        ``product(x) = b``, or SciPy's ``(x, info)``.

    Returns
    -------
    float, ndarray, Variable or structure
        Like x0. Variables where an argument is one.

    Raises
    ------
    RuntimeError
        When the solver does not converge.
    numpy.linalg.LinAlgError
        In the derivative, when df/dx is singular at the solution.
    ValueError
        When f has another number of elements than x; in the derivative, when a Newton step would change x by
        more than 1e-3 of its size, because then it is no solution.
    TypeError
        When x0 is not real.

    References
    ----------
    S. G. Krantz, H. R. Parks, The Implicit Function Theorem, Birkhauser 2002.

    Examples
    --------
    >>> import leopard, numpy as np
    >>> from leopard import implicit
    >>> square_root = lambda a: implicit.root(lambda x, a: x * x - a, 1.0, a)
    >>> leopard.value_and_grad(square_root)(4.0)
    (np.float64(2.0), 0.25)
    """
    must_be_callable("root", f)
    return _solved("root", f, f, x0, args, solver, linear, _newton)


@one_call
def fixed_point(f, x0, *args, solver=None, linear="dense"):
    """The x with ``x = f(x, *args)``, differentiable with respect to the arguments.

    The derivative is that of the root of ``x - f(x, *args)``, see `root`: ``dx = (1 - df/dx)^-1 (df/da) da``.

    Parameters
    ----------
    f : callable
        ``f(x, *args)`` returns what is like x.
    x0, args, linear
        As for `root`.
    solver : callable, optional
        ``solver(f, x0, *args)``, as for `root`. By default f is applied again and again until nothing
        changes.

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
    >>> x = lambda a: implicit.fixed_point(lambda x, a: np.cos(a * x), 1.0, a)
    >>> print(f"{leopard.grad(x)(1.0):.6f}")
    -0.297474
    """
    must_be_callable("fixed_point", f)
    layout = Layout("fixed_point", "x0", x0)

    def difference(x, *args):
        return layout.vector(x) - layout.vector(f(x, *args), "the value of the function")

    return _solved("fixed_point", f, difference, x0, args, solver, linear, _iteration)


@one_call
def solution(f, x, *args, linear="dense"):
    """The solution x of ``f(x, *args) = 0``, which was found by any means, with its derivative.

    Parameters
    ----------
    f : callable
        As for `root`.
    x : float, ndarray or structure of these
        The solution.
    *args, linear
        As for `root`.

    Returns
    -------
    float, ndarray, Variable or structure
        With the value of x, and the derivative of `root`.

    Raises
    ------
    numpy.linalg.LinAlgError, ValueError, TypeError
        As `root`.

    Examples
    --------
    >>> import leopard, scipy.optimize
    >>> from leopard import implicit
    >>> def square_root(a):
    ...     found = scipy.optimize.brentq(lambda x: x * x - float(leopard.detach(a)), 0, 10)
    ...     return implicit.solution(lambda x, a: x * x - a, found, a)
    >>> print(f"{leopard.grad(square_root)(4.0):.6f}")
    0.250000
    """
    must_be_callable("solution", f)
    return _solved("solution", f, f, x, args, lambda f, x, *args: x, linear, None)


@one_call
def solve(a, b, *args, solver=None):
    """The x with ``a x = b`` for a matrix or an operator, differentiable with respect to both.

    The gradient of b is the w with ``a^T w = gx``; that of what a depends on is that of ``-w . a x``.

    Parameters
    ----------
    a : Variable, ndarray or callable
        A square matrix; or ``a(x, *args)``, a linear function of a vector or structure x, which returns its
        like.
    b : Variable, ndarray or structure
    *args : Variable, ndarray, number or structure of these
        What the operator depends on besides.
    solver : callable, optional
        ``solver(product, b)`` returns the x with ``product(x) = b`` for vectors, or SciPy's ``(x, info)``. It
        is called with the transpose, too. By default the matrix of the operator is computed.

    Returns
    -------
    Variable or ndarray
        Like b.

    Raises
    ------
    numpy.linalg.LinAlgError
        When the matrix is singular.
    RuntimeError
        When the solver says that it has not converged.
    ValueError
        When shapes do not fit.

    Examples
    --------
    >>> import leopard, numpy as np, scipy.sparse.linalg as sl
    >>> from leopard import implicit
    >>> def conjugate_gradients(product, b):
    ...     return sl.cg(sl.LinearOperator((b.size, b.size), product), b, rtol=1e-12)
    >>> def x(k):
    ...     return implicit.solve(lambda x, k: k * x, np.ones(2), k, solver=conjugate_gradients)
    >>> leopard.jacobian(x)(2.0)
    array([-0.25, -0.25])
    """
    if not callable(a):
        if solver is None:
            return np.linalg.solve(a, b)
        return solve(_product, b, a, solver=solver)
    layout = Layout("solve", "b", b)

    def product(z, *args):
        return layout.vector(a(layout.structure(z), *args), "the value of the operator")

    if solver is None:
        solver = _by_matrix
    z = linear_solution("solve", product, solver, args, layout.vector(b))
    return handed_back(layout, z)


def _product(x, a):
    return a @ x


def _by_matrix(product, b):
    """A system of a linear operator that is solved with its matrix."""
    matrix = np.empty((b.size, b.size), b.dtype)
    for j, e in enumerate(np.eye(b.size, dtype=b.dtype)):
        matrix[:, j] = product(e)
    return np.linalg.solve(matrix, b)


def _solved(name, f, residual, x0, args, solver, linear, own):
    """The solution of equations, in the structure of x0.

    Parameters
    ----------
    name : str
    f : callable
        What the solver is given.
    residual : callable
        What is zero at the solution: a function of it and the arguments.
    x0, args, solver, linear
        As for `root`.
    own : callable
        ``own(name, f, z, layout, args)``, the solver where none is given.
    """
    layout = Layout(name, "x0", x0)
    start = value_of(layout.vector(x0))

    def equations(z, *args):
        return residual(layout.structure(z), *args)

    def find(*args):
        if solver is None:
            return own(name, f, start, layout, args)
        return found_by(solver, name, f, start, layout, args)

    return handed_back(layout, Equations(name, equations, linear).solved(find, args))


def found_by(solver, name, f, start, layout, args):
    """The vector of the solution that the user's solver finds from a start."""
    found = solver(plainly(f), layout.structure(start), *args)
    return value_of(layout.vector(solution_of(name, found), "the solution"))


def handed_back(layout, z):
    """The structure with the elements of z; a number of Python's where that was given."""
    x = layout.structure(z)
    return x.item() if layout.number and isinstance(x, np.generic) else x


def plainly(f):
    """The function f with values instead of Variables in what it returns, for a solver."""

    def values(*args, **kwargs):
        y = f(*args, **kwargs)
        leaves, form = flatten(y)
        return unflatten(form, map(value_of, leaves)) if any(isinstance(x, Variable) for x in leaves) else y

    return values


def solution_of(name, found):
    """The solution in what a solver has returned: itself, or the `x` of a result that says how it went."""
    if not hasattr(found, "x") or not hasattr(found, "success"):
        return found
    if not found.success:
        raise RuntimeError(
            f"{name}: the solver did not converge: {getattr(found, 'message', 'it does not say why')}"
        )
    return found.x


def _newton(name, f, z, layout, args):
    residual = residual_of(layout, f, args)

    def values(z):
        r = np.asarray(value_of(residual(z)))
        must_fit(name, z, r)
        return r

    return _solvers.newton(name, values, jacobian(residual), z)


def residual_of(layout, f, args):
    """The function f of vectors: of the elements of a structure, it returns those of another."""

    def residual(z):
        return joined(flatten(f(layout.structure(z), *args))[0])

    return residual


def _iteration(name, f, z, layout, args):
    def again(z):
        return layout.vector(plainly(f)(layout.structure(z), *args), "the value of the function")

    return _solvers.iterate(name, again, z)
