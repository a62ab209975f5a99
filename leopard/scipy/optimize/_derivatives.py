"""The functions that SciPy's solvers call: of vectors, compiled, with plain results.

A. `Scalar` is an objective function: its value, gradient, Hessian and products with the Hessian.
B. `Vector` is a function of several values: residuals, equations, constraints, with their Jacobian, dense or
   sparse, and the Hessian of a combination of them.
C. Each derivative is compiled when a solver first uses it, and kept for later solvers with the same function.
"""

import math
import types

import numpy as np

from leopard._config import using_config
from leopard._core import Variable, is_traced
from leopard.compiling import compile
from leopard.compiling.reachable import Reach
from leopard.scipy._closures import remembered
from leopard.scipy._parts import as_vector
from leopard.transforms._values import value_of
from leopard.transforms.gradient import value_and_grad
from leopard.transforms.hessians import hessian
from leopard.transforms.jacobians import jacobian
from leopard.transforms.products import hvp
from leopard.transforms.sparsity import sparse_jacobian

__all__ = ["Scalar", "Vector"]

#: A Jacobian with so many elements, of which at most this share can be nonzero, is a sparse matrix.
LARGE, FILLED = 250_000, 0.1


class Derivatives:
    """A function of the unknowns, and its compiled derivatives.

    Parameters
    ----------
    name : str
        The solver, for errors.
    fun : callable
    unknowns : Unknowns
    args : tuple
    kwargs : dict
        Further arguments of the function.
    """

    def __init__(self, name, fun, unknowns, args=(), kwargs=None):
        if not callable(fun):
            raise TypeError(f"{name}: expected a function, not {type(fun).__name__}")
        if any(map(is_traced, Reach(fun).variables.values())):
            raise TypeError(
                f"{name}: the function uses a Variable that is being differentiated, whose gradient would be "
                "lost, for the solution is a plain array: leopard.implicit differentiates a solution; write "
                "leopard.stop_gradient(v) where no derivative is wanted"
            )
        self.name, self.fun, self.unknowns = name, fun, unknowns
        self.__wrapped__ = fun  # which `compile` follows, to find what it reads from outside
        self.args, self.kwargs = tuple(args), dict(kwargs or {})
        # That of an earlier solver with the same function and unknowns, over which it closes.
        bound = (id(fun.__self__), id(fun.__func__)) if isinstance(fun, types.MethodType) else id(fun)
        self.compiled = remembered((type(self), bound, unknowns.key()), fun, dict)

    def called(self, what, make, *args, eager=False):
        """The value of what `make` makes of the function, compiled or not."""
        f = make() if eager else self.compiled.get(what)
        if f is None:
            f = self.compiled[what] = compile(make())
        with using_config("enable_backprop", False):
            return f(*args, *self.args, **self.kwargs)

    def checked(self, derivative, x, what):
        """A derivative at x, after a check that it is finite."""
        if not math.isfinite(derivative.sum()) and not np.isfinite(derivative).all():
            i = int(np.argwhere(~np.isfinite(np.asarray(derivative)))[0][-1])
            raise ValueError(
                f"{self.name}: the {what} with respect to {self.unknowns.place(i)} is nan or infinite at "
                f"{self.unknowns.place(i)} = {x[i]}, where the function itself is finite"
            )
        return derivative


class Scalar(Derivatives):
    """A function that returns a real number."""

    def of_vector(self, x, *args, **kwargs):
        y = self.fun(self.unknowns.of(x), *args, **kwargs)
        if not isinstance(y, (Variable, np.ndarray, np.generic, int, float, complex)):
            raise TypeError(f"{self.name}: the function returned a {type(y).__name__}, not a number")
        if np.size(y) != 1:
            raise ValueError(f"{self.name}: the function returned shape {np.shape(y)}, not a number")
        y = y if np.ndim(y) == 0 else np.reshape(y, ())
        if np.iscomplexobj(y):
            raise TypeError(f"{self.name}: the function returned a complex number; it must be real")
        return y if isinstance(y, Variable) else np.float64(y)

    def value(self, x):
        """The value by the function itself, where no derivative is wanted that is recorded with it."""
        with using_config("enable_backprop", False):
            return value_of(self.of_vector(x, *self.args, **self.kwargs))

    def value_and_gradient(self, x):
        value, g = self.called("gradient", lambda: value_and_grad(self.of_vector), x)
        return value, self.checked(g, x, "derivative") if math.isfinite(value) else g

    def hessian(self, x, eager=False):
        found = self.called("hessian", lambda: hessian(self.of_vector), x, eager=eager)
        return self.checked(found, x, "second derivative")

    def product(self, x, v):
        """The product of the Hessian with a vector."""

        def make():
            return lambda x, v, *args, **kwargs: hvp(lambda x: self.of_vector(x, *args, **kwargs), x, v)

        return self.checked(self.called("product", make, x, np.asarray(v, float)), x, "second derivative")


class Vector(Derivatives):
    """A function whose values are read as one vector.

    Parameters
    ----------
    sparsity : sparse matrix or ndarray, optional
        A known pattern of its Jacobian, which then is a sparse matrix.
    may_be_sparse : bool
        Whether a large Jacobian that is mostly zero may be a sparse matrix.

    Attributes
    ----------
    is_sparse : bool
        Whether its Jacobian is a sparse matrix, as far as is known.
    is_replayed : bool
        Whether values are replayed. A function that is not differentiated is called itself.
    """

    def __init__(self, *given, sparsity=None, may_be_sparse=False, **options):
        super().__init__(*given, **options)
        self.sparsity, self.is_sparse = sparsity, may_be_sparse if sparsity is None else True
        self.is_replayed = True

    def of_vector(self, x, *args, **kwargs):
        return as_vector(self.fun(self.unknowns.of(x), *args, **kwargs), f"{self.name}: the function")

    def value(self, x):
        y = self.called("value", lambda: self.of_vector, x, eager=not self.is_replayed)
        return np.asarray(value_of(y), float)

    def jacobian(self, x, n_values=None, eager=False):
        """The matrix of the derivatives of all values; sparse where it is large and mostly zero."""
        if self.is_sparse and self.sparsity is None:
            n_values = len(self.value(x)) if n_values is None else n_values
            self.is_sparse = n_values * len(self.unknowns) >= LARGE
        if self.is_sparse:
            return self.sparse_jacobian(x)
        found = self.called("jacobian", lambda: jacobian(self.of_vector), x, eager=eager)
        return self.checked(found, x, "derivative")

    def sparse_jacobian(self, x):
        pattern, f = self.compiled.get("sparse", (None, None))
        if f is None or pattern is not self.sparsity:
            f = sparse_jacobian(compile(self.of_vector), sparsity=self.sparsity)  # which keeps its plan
            self.compiled["sparse"] = self.sparsity, f
        with using_config("enable_backprop", False):
            found = f(x, *self.args, **self.kwargs)
        if self.sparsity is None and found.nnz > FILLED * found.shape[0] * found.shape[1]:
            self.is_sparse = False
            found = found.toarray()
        return self.checked(found, x, "derivative")

    def combined(self, weights):
        """The sum of all values by these weights, as a function of one value."""
        return lambda x, *args, **kwargs: weights @ self.of_vector(x, *args, **kwargs)

    def hessian(self, x, weights):
        """The Hessian of the sum of all values by these weights."""

        def make():
            return lambda x, w, *args, **kwargs: hessian(self.combined(w))(x, *args, **kwargs)

        return self.checked(self.called("hessian", make, x, np.asarray(weights)), x, "second derivative")

    def product(self, x, weights, v):
        """The product of that Hessian with a vector."""

        def make():
            return lambda x, w, v, *args, **kwargs: hvp(lambda x: self.combined(w)(x, *args, **kwargs), x, v)

        found = self.called("product", make, x, np.asarray(weights), np.asarray(v, float))
        return self.checked(found, x, "second derivative")
