"""The derivative of a vector that solves equations, in both modes and of every order."""

import functools

import numpy as np

from leopard._config import recording, using_config
from leopard._core import (
    Function,
    Variable,
    call_traced,
    constant,
    following,
    gradients,
    mark_closed_inputs,
    reaches_others,
)
from leopard._core import tangents as push
from leopard._pytrees import flatten
from leopard.functions._followed import follow_as_one
from leopard.implicit._vectors import joined
from leopard.transforms._arguments import Arguments
from leopard.transforms._values import alias_of, plain, value_of
from leopard.transforms.checkpointing import closed_over, frozen
from leopard.transforms.jacobians import unit_vectors
from leopard.transforms.products import jvp, vjp

#: By how much of its size a solution may be off, by a Newton step, before its derivative is refused.
OFF = 1e-3


class Equations:
    """Equations ``F(z, *args) = 0`` for a vector z, and how they are solved.

    Parameters
    ----------
    name : str
        Of the public function, for errors.
    residual : callable
        ``residual(z, *args)`` returns a structure with as many elements as z.
    linear : {"dense", "diagonal"} or callable
        How systems with the matrix dF/dz are solved, see `solution`.
    """

    def __init__(self, name, residual, linear="dense"):
        if not callable(linear) and linear not in ("dense", "diagonal"):
            raise ValueError(f'{name}: linear is "dense", "diagonal" or a function, not {linear!r}')
        self.name, self.residual, self.linear = name, residual, linear

    def solved(self, find, args):
        """The vector that ``find(*args)`` computes for plain arguments, with its derivative."""
        arguments, held = Arguments(args), list(closed_over(self.residual))
        inputs = [*arguments.variables, *held]
        if not inputs:
            return find(*args)
        if not recording():
            return constant(find(*arguments.replaced(map(value_of, arguments.variables))[0]))
        call = _Solution()
        call.equations, call.find, call.arguments, call.held = self, find, arguments, held
        call.again = frozen(self.residual)
        return call(*inputs)


class _Solution(Function):
    """A vector that solves equations.

    Its inputs are the Variables in the arguments, then those that the equations close over.
    """

    def forward(self, *xs):
        n = len(self.arguments.variables)
        args = self.arguments.replaced([x if x.ndim else x[()] for x in xs[:n]])[0]
        with using_config("enable_backprop", False):
            self.found = np.array(self.find(*args))  # the caller may write into his
        return self.found

    def recorded(self):
        """(r, z, inputs): the residual at the solution, and the Variables it depends on."""
        variables = self.inputs[: len(self.arguments.variables)]
        if recording():
            z, aliases = alias_of(self.output), [alias_of(x) for x in variables]
        else:
            z, aliases = Variable(self.found), [Variable(plain(x)) for x in variables]
        args = self.arguments.replaced(aliases)[0]
        name = self.equations.name
        with using_config("enable_backprop", True):
            y = call_traced([], self.again, z, *args)
            r = joined(flatten(y)[0])
        must_fit(name, z, r)
        if not isinstance(r, Variable):
            raise np.linalg.LinAlgError(f"{name}: {_SINGULAR}: the equations do not depend on it")
        inputs = [*aliases, *self.held]
        if reaches_others([r], [z, *inputs]):
            raise TypeError(
                f"{name}: the function uses a Variable that is neither an argument nor closed over, and "
                "would get no gradient; make it an argument"
            )
        mark_closed_inputs([z, *aliases])
        return r, z, inputs

    def backward(self, gy):
        r, z, inputs = self.recorded()
        w = self.system(r, z).solved_transposed(gy)
        (_, *found), _ = gradients([r], [-w], [z, *inputs], recording())  # the walk ends at z
        return tuple(found)

    def tangent(self, *ts):
        r, z, inputs = self.recorded()
        (dr,), _ = push([r], [z, *inputs], [None, *ts], recording())
        return (None if dr is None else self.system(r, z).solved(-dr),)

    def system(self, r, z):
        kind = {"dense": _Dense, "diagonal": _Diagonal}.get(self.equations.linear, _Operator)
        return kind(self, r, z)


def must_fit(name, z, r):
    if r.size != z.size:
        raise ValueError(f"{name}: {z.size} unknowns, and {r.size} equations")


_SINGULAR = "the matrix of derivatives of the equations with respect to their solution is singular"


class _System:
    """Linear systems with the matrix dr/dz at a solution; right-hand sides and solutions are Variables."""

    def __init__(self, call, r, z):
        self.call, self.r, self.z, self.name = call, r, z, call.equations.name
        self.kept = recording()

    def refuse(self, why):
        raise np.linalg.LinAlgError(f"{self.name}: {_SINGULAR}{why}, so that it has no derivative here")

    def must_be_close(self, step):
        """Raise where a Newton step from the solution is not small."""
        z = plain(self.z)
        size = np.max(np.abs(step), initial=0.0)
        if not size <= OFF * (OFF + np.max(np.abs(z), initial=0.0)):
            raise ValueError(
                f"{self.name}: it is no solution: a Newton step would change it by {size:.2g}; its "
                "derivative would be wrong"
            )


class _Dense(_System):
    """Of a matrix that is computed, row by row in batches."""

    def __init__(self, call, r, z):
        super().__init__(call, r, z)
        (rows,), _ = gradients([r], [unit_vectors(r, 0, r.size)], [z], self.kept, batched=True)
        if rows is None:
            self.refuse(": the equations do not depend on the solution")
        self.matrix = rows
        a, values = plain(rows), plain(r)
        if not np.isfinite(a).all():
            self.refuse(" (it has elements that are not finite)")
        condition = np.linalg.cond(a, 1) if a.size else 1.0
        if not condition < 1 / (10 * np.finfo(a.dtype).eps):
            self.refuse(f" (its condition number is {condition:.1g})")
        self.must_be_close(np.linalg.solve(a, values))

    def solved(self, b):
        return self._solve(self.matrix, b)

    def solved_transposed(self, b):
        return self._solve(np.transpose(self.matrix), b)

    def _solve(self, a, b):
        return np.linalg.solve(a, b) if self.kept else constant(np.linalg.solve(plain(a), plain(b)))


class _Diagonal(_System):
    """Of equations each of which has one unknown, the one in its place."""

    def __init__(self, call, r, z):
        super().__init__(call, r, z)
        (d,), _ = gradients([r], [constant(np.ones(r.shape, r.dtype))], [z], self.kept)
        if d is None:
            self.refuse(": the equations do not depend on the solution")
        self.diagonal = d
        values = plain(d)
        if not (np.isfinite(values) & (values != 0)).all():
            self.refuse(f" (element {int(np.argmin(np.isfinite(values) & (values != 0)))} of its diagonal)")
        direction = np.random.default_rng(0).standard_normal(r.shape).astype(r.dtype)
        (pushed,), _ = push([r], [z], [constant(direction)])
        if not np.allclose(plain(pushed), values * direction, rtol=1e-6, atol=1e-9 * np.max(np.abs(values))):
            raise ValueError(
                f'{self.name}: linear is "diagonal", and an equation depends on more than the unknown in its '
                "place"
            )
        self.must_be_close(plain(r) / values)

    def solved(self, b):
        return b / self.diagonal

    solved_transposed = solved


class _Operator(_System):
    """Of a matrix that is only applied to vectors, solved by the user's function."""

    def solved(self, b):
        if self.kept:
            return self._solved_recorded(b, _pushed)
        (z, r), linear = (self.z, self.r), self.call.equations.linear

        def product(v):
            (found,), _ = push([r], [z], [constant(np.asarray(v, z.dtype))])
            return np.zeros(z.shape, z.dtype) if found is None else plain(found)

        return constant(_from_users(self.name, linear, product, plain(b)))

    def solved_transposed(self, b):
        if self.kept:
            return self._solved_recorded(b, _pulled)
        (z, r), linear = (self.z, self.r), self.call.equations.linear

        def product(v):
            (found,), _ = gradients([r], [constant(np.asarray(v, r.dtype))], [z])
            return np.zeros(z.shape, z.dtype) if found is None else plain(found)

        return constant(_from_users(self.name, linear, product, plain(b)))

    def _solved_recorded(self, b, product):
        """The solution of the system as one of equations that are linear in it, differentiated as such."""
        call = self.call
        args = call.arguments.replaced(call.inputs[: len(call.arguments.variables)])[0]
        return linear_solution(self.name, product(call.again), call.equations.linear, (call.output, *args), b)


class _pushed:  # noqa: N801 (a function with an attribute, in which closed-over Variables are found)
    """The product of a residual's matrix of derivatives with a vector v: a function of ``(v, z, *args)``."""

    def __init__(self, residual):
        self.residual = residual

    def __call__(self, v, z, *args):
        _, found = jvp(lambda z: joined(flatten(self.residual(z, *args))[0]), (z,), (v,))
        return found


class _pulled(_pushed):  # noqa: N801
    """That of the transposed matrix."""

    def __call__(self, v, z, *args):
        _, pull = vjp(lambda z: joined(flatten(self.residual(z, *args))[0]), z)
        (found,) = pull(v)
        return found


class _Difference:
    """What is zero where a linear function has the value b, as a function of ``(x, b, *args)``."""

    def __init__(self, function):
        self.function = function

    def __call__(self, x, b, *args):
        return self.function(x, *args) - b


def linear_solution(name, product, linear, args, b):
    """The vector x with ``product(x, *args) = b`` for a product that is linear in x, with its derivative."""

    def find(b, *args):
        def apply(v):
            return np.asarray(value_of(product(v, *args)))

        return _from_users(name, linear, apply, b)

    return Equations(name, _Difference(product), linear).solved(find, (b, *args))


def _from_users(name, linear, product, b):
    """The solution that the user's function computes for a product and a right-hand side."""
    x = linear(product, b)
    if isinstance(x, tuple) and len(x) == 2:  # as SciPy's iterative solvers return it
        x, info = x
        if info:
            raise RuntimeError(f"{name}: the linear solver did not converge: it returned {info}")
    x = np.asarray(x)
    if x.shape != b.shape:
        raise ValueError(f"{name}: the linear solver returned an array of shape {x.shape}, not {b.shape}")
    if not np.isfinite(x).all():
        raise np.linalg.LinAlgError(f"{name}: {_SINGULAR}: the linear solver returned what is not finite")
    return x


def one_call(function):
    """A decorator: while a call is recorded for replay, each replay calls the function in Python."""

    @functools.wraps(function)
    def called(*args, **options):
        if following():
            return follow_as_one(called, args, options)
        return function(*args, **options)

    return called
