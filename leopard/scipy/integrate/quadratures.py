"""`quad` and `quad_vec`: SciPy's adaptive quadratures, with derivatives in the limits and in parameters.

A. The value is SciPy's, with the integrand replayed.
B. The derivative in the upper limit is the integrand there, in the lower limit its negative, in an infinite
   one 0.
C. The derivative in a parameter is the integral of the integrand's derivative, by the same method: for `quad`
   one integral for each number, for `quad_vec` one for all.
D. In a walk that is recorded these are quadratures of this kind themselves, so that derivatives of all orders
   follow.
"""

import numpy as np
import scipy.integrate as si

from leopard._config import recording, using_config
from leopard._core import (
    Variable,
    call_traced,
    call_unfollowed,
    constant,
    following,
    mark_closed_inputs,
    reaches_others,
)
from leopard._core import tangents as push
from leopard.compiling import compile
from leopard.scipy._closures import kept
from leopard.scipy._parts import constant as constant_argument
from leopard.scipy.integrate._problems import Problem, Solution, pulled, traced
from leopard.transforms._values import plain, value_of

__all__ = ["quad", "quad_vec"]


class Integrand:
    """A function f(x, *args), called with x, the arguments, and the Variables of its closure."""

    def __init__(self, fun, closure):
        self.fun, self.make = fun, closure.make
        self.__wrapped__ = closure.make([None] * len(closure.variables))  # which `compile` follows
        self.compiled = {}

    def of(self, x, args, closed):
        return self.make(closed)(x, *args)

    def value(self, args, closed):
        """f as a function of x, replayed."""
        f = self.compiled.get("value")
        if f is None:
            f = self.compiled["value"] = compile(self.of)

        def integrand(x):
            with using_config("enable_backprop", False):
                return value_of(f(float(x), args, closed))

        return integrand

    def traced(self, which, x, args, closed):
        """A record of f as a function of the chosen parameters."""
        return traced("quad", lambda args, closed: self.of(x, args, closed), (), which, args, closed)

    def derived(self, kind, which):
        """The integrand of a derivative in the chosen parameters."""
        if (kind, which) not in self.compiled:
            self.compiled[kind, which] = kind(self, which)
        return self.compiled[kind, which]


class _Derived(Integrand):
    def __init__(self, integrand, which):
        self.integrand, self.which = integrand, which
        self.__wrapped__ = integrand.__wrapped__
        self.compiled = {}


class Pushed(_Derived):
    """The derivative of an integrand in a direction, which is the first of the arguments."""

    def of(self, x, args, closed):
        directions, args = args
        trace = self.integrand.traced(self.which, x, args, closed)
        (y,) = trace.outputs
        pushed = None
        if isinstance(y, Variable):
            (pushed,), _ = push([y], trace.inputs, directions, trace.connected)
        return np.zeros(np.shape(y)) if pushed is None else pushed


class Pulled(_Derived):
    """A product of a cotangent, which is the first of the arguments, with an integrand's derivatives."""

    def of(self, x, args, closed):
        w, args = args
        return pulled(self.integrand.traced(self.which, x, args, closed), w)


class _Method:
    """One of SciPy's quadratures with its options."""

    __slots__ = ("options",)  # `compile` compares them

    def __init__(self, options):
        self.options = options


class Quad(_Method):
    __slots__ = ()

    def integral(self, f, a, b):
        found = si.quad(f, a, b, **self.options)
        return found[0], found[1], found[2:]

    def weight(self, x, what):
        """The weight function at a limit."""
        weight, at = self.options.get("weight"), self.options.get("wvar")
        if weight is None:
            return 1.0
        if weight not in ("cos", "sin"):
            raise TypeError(f"quad has no derivative in {what} with weight={weight!r}")
        return (np.cos if weight == "cos" else np.sin)(at * x)

    def of_derivative(self):
        return Quad({k: v for k, v in self.options.items() if k != "full_output"})

    def pulled(self, problem, which, sizes, gy):
        """The gradients of the chosen parameters, by one integral for each number."""
        integrand = problem.integrand.derived(Pushed, which)
        found = []
        for k, (size, shape) in enumerate(sizes):
            parts = []
            for i in range(size):
                directions = [np.zeros(s) for _, s in sizes]
                directions[k].flat[i] = 1.0
                part, _, _ = problem.of(integrand, (directions, problem.args)).value(self.of_derivative())
                parts.append(part * gy)
            found.append(np.reshape(np.stack(parts), shape) if parts else np.zeros(shape))
        return found


class QuadVec(_Method):
    __slots__ = ()

    def integral(self, f, a, b):
        found = si.quad_vec(f, a, b, **self.options)
        return found[0], found[1], found[2:]

    def weight(self, x, what):
        return 1.0

    def of_derivative(self):
        return QuadVec({k: v for k, v in self.options.items() if k != "full_output"})

    def pulled(self, problem, which, sizes, gy):
        """The gradients of the chosen parameters, by one integral of a vector."""
        integrand = problem.integrand.derived(Pulled, which)
        found, _, _ = problem.of(integrand, (gy, problem.args)).value(self.of_derivative())
        ends = np.cumsum([0, *[size for size, _ in sizes]])
        return [np.reshape(found[a : a + size], shape) for a, (size, shape) in zip(ends, sizes, strict=False)]


class Integral(Problem):
    """An integral, whose parts are values or Variables.

    Attributes
    ----------
    integrand : Integrand
    a, b : float or Variable
    args : object
        A structure.
    closed : list
        The Variables that the integrand closes over, or values for them.
    """

    __slots__ = ("integrand", "a", "b", "args", "closed", "form")  # `compile` compares them
    heads = ("a", "b")

    def __init__(self, integrand, a, b, args, closed):
        self.integrand, self.a, self.b, self.args, self.closed = integrand, a, b, args, list(closed)

    def of(self, integrand, args):
        """The integral of another integrand between the same limits."""
        return Integral(integrand, self.a, self.b, args, self.closed)

    def value(self, method):
        """(integral, error, what else SciPy returns); the first two are Variables where the call is
        recorded."""
        call, inputs = Quadrature.of(self, method=method)
        if call is None:
            again = self.values()
            f = again.integrand.value(again.args, again.closed)
            y, error, rest = method.integral(f, float(again.a), float(again.b))
            return (y if np.ndim(y) else np.float64(y)), np.float64(error), rest
        y, error = call(*inputs)
        return y, error if following() else value_of(error), call.first.found

    def check_closure(self):
        """A TypeError where the integrand uses Variables that are no inputs, whose gradient would be lost."""
        parts = list(map(value_of, self.parts()))
        doubles = [
            (k, np.asarray(x)) for k, x in enumerate(parts) if k > 1 and isinstance(x, (float, np.ndarray))
        ]
        leaves = {k: Variable(x) for k, x in doubles if x.dtype == np.float64}
        tried = self.with_parts([leaves.get(k, x) for k, x in enumerate(parts)])
        with using_config("enable_backprop", True), np.errstate(all="ignore"):
            x = _between(float(tried.a), float(tried.b))
            y = call_traced(list(leaves.values()), tried.integrand.of, x, tried.args, tried.closed)
        mark_closed_inputs(list(leaves.values()))
        if isinstance(y, Variable) and reaches_others([y], list(leaves.values())):
            raise TypeError(
                "the integrand uses a Variable that is neither in args nor in its closure, and that would "
                "get no gradient; pass it in args"
            )


def _between(a, b):
    """A place between the limits."""
    if np.isfinite(a) and np.isfinite(b):
        return 0.4 * a + 0.6 * b
    if np.isfinite(a):
        return a + np.copysign(0.7, b)
    return b + np.copysign(0.7, a) if np.isfinite(b) else 0.3


class Quadrature(Solution):
    """One integral and its estimated error, by a `method`."""

    def forward(self, *xs):
        problem = self.filled([x if x.ndim else x[()] for x in xs])
        with using_config("enable_backprop", False):
            y, error, self.first.found = problem.value(self.method)
        return np.asarray(y), np.asarray(error)

    def __reduce__(self):
        raise TypeError("an integral with a graph cannot be pickled: take its data")

    def now(self):
        """(the problem, f): with Variables where the walk is recorded, else with values."""
        problem = self.filled(self.inputs if recording() else map(value_of, self.inputs))
        if recording():
            return problem, lambda x: problem.integrand.of(x, problem.args, problem.closed)
        return problem, problem.integrand.value(problem.args, problem.closed)

    def at_limit(self, f, x, what):
        """The derivative of the integral in its upper limit."""
        if not np.isfinite(plain(x) if isinstance(x, Variable) else x):
            return 0.0
        return f(x) * self.method.weight(x, what)

    def backward(self, gy, _):
        gy = gy if recording() or gy is None else plain(gy)
        if gy is None:
            return (None,) * len(self.places)
        problem, f = self.now()
        wanted = dict(zip(self.places, self.wanted, strict=True))
        chosen = [k for k in self.places if k >= 2 and wanted[k]]
        result = {}
        if chosen:
            parts = self.filled(map(value_of, self.inputs)).parts()
            sizes = [(np.size(parts[k]), np.shape(parts[k])) for k in chosen]
            found = self.method.pulled(problem, self.chosen(self.wanted), sizes, gy)
            result = dict(zip(chosen, found, strict=True))
        if wanted.get(0):
            result[0] = -np.sum(gy * self.at_limit(f, problem.a, "a"))
        if wanted.get(1):
            result[1] = np.sum(gy * self.at_limit(f, problem.b, "b"))
        return tuple([_as_gradient(result.get(k)) for k in self.places])

    def tangent(self, *ts):
        ts = [None if t is None else t if recording() else plain(t) for t in ts]
        given = dict(zip(self.places, ts, strict=True))
        problem, f = self.now()
        total = 0.0
        directions = [given[k] for k in self.places if k >= 2 and given[k] is not None]
        if directions:
            integrand = problem.integrand.derived(Pushed, self.chosen([t is not None for t in ts]))
            integral = problem.of(integrand, (directions, problem.args))
            total, _, _ = integral.value(self.method.of_derivative())
        if given.get(0) is not None:
            total = total - self.at_limit(f, problem.a, "a") * given[0]
        if given.get(1) is not None:
            total = total + self.at_limit(f, problem.b, "b") * given[1]
        like = np.zeros(plain(self.outputs[0]()).shape)
        return _as_gradient(total + like), None


def _as_gradient(g):
    return g if g is None or isinstance(g, Variable) else constant(np.asarray(g, float))


def _integrated(name, func, a, b, args, method):
    integrand, closed = kept(Integrand, func)
    args = tuple(args) if isinstance(args, (tuple, list)) else (args,)
    for what, x in (("a", a), ("b", b)):
        if np.ndim(x):
            raise ValueError(f"{name}: {what} is a number, and has shape {np.shape(x)}")
    problem = Integral(integrand, a, b, args, closed)
    if recording():
        call_unfollowed(problem.check_closure)
    y, error, rest = problem.value(method)
    return (y, error, *rest)


def quad(
    func, a, b, args=(), full_output=0, epsabs=1.49e-8, epsrel=1.49e-8, limit=50, points=None, weight=None,
    wvar=None, wopts=None, maxp1=50, limlst=50, complex_func=False,
):  # fmt: skip
    """Integral of a function by `scipy.integrate.quad`, with derivatives in the limits and in parameters.

    The gradient of b is gy * func(b), that of a is -gy * func(a), that of an argument the integral of gy
    times the derivative of func, one for each number; that of an infinite limit is 0.

    Parameters
    ----------
    func : callable
        ``func(x, *args)`` returns a real number. Variables that it closes over are inputs; what else it uses
        of Variables (globals, attributes of objects) raises TypeError.
    a, b : float or Variable
        The limits, which may be infinite.
    args : tuple
        Numbers, arrays, Variables and structures of them.
    full_output, epsabs, epsrel, limit, points, weight, wvar, wopts, maxp1, limlst
        As in SciPy. They are constants, and hold for the integrals of the derivatives, too.
    complex_func : bool
        Must be False.

    Returns
    -------
    y : float or Variable
    abserr : float
        SciPy's estimate of the error of y.
    infodict, message, explain
        Under `full_output`, as in SciPy.

    Raises
    ------
    TypeError
        When an option is a Variable, `func` uses Variables that are no inputs, or a limit is differentiated
        with a weight other than "cos" and "sin".
    ValueError
        When a limit is no number, or `complex_func` is true.

    Examples
    --------
    >>> from leopard import grad
    >>> round(grad(lambda k: quad(lambda x: np.exp(-k * x), 0, np.inf)[0])(2.0), 9)  # of 1 / k
    -0.25
    """
    if complex_func:
        raise ValueError(
            "quad: integrate the real and the imaginary part of a complex function for themselves"
        )
    options = {
        "full_output": full_output, "epsabs": epsabs, "epsrel": epsrel, "limit": limit, "points": points,
        "weight": weight, "wvar": wvar, "wopts": wopts, "maxp1": maxp1, "limlst": limlst,
    }  # fmt: skip
    for option, x in options.items():
        constant_argument(x, "quad", option)
    return _integrated("quad", func, a, b, args, Quad(options))


def quad_vec(
    f, a, b, epsabs=1e-200, epsrel=1e-8, norm="2", cache_size=100e6, limit=10000, workers=1, points=None,
    quadrature=None, full_output=False, *, args=(),
):  # fmt: skip
    """Integral of a function with values that are arrays, by `scipy.integrate.quad_vec`, with derivatives.

    The gradient of b is sum(gy * f(b)), that of a is -sum(gy * f(a)), those of the arguments are one integral
    of sum(gy * f)'s derivatives; that of an infinite limit is 0.

    Parameters
    ----------
    f : callable
        ``f(x, *args)`` returns a real array, of one shape. As for `quad`.
    a, b : float or Variable
    args : tuple
    epsabs, epsrel, norm, cache_size, limit, points, quadrature, full_output
        As in SciPy. They are constants, and hold for the integrals of the derivatives, too.
    workers : int
        Must be 1.

    Returns
    -------
    y : ndarray or Variable
    err : float
    info : object
        Under `full_output`, as in SciPy.

    Raises
    ------
    TypeError, ValueError
        As `quad`; and when `workers` is not 1.

    Examples
    --------
    >>> from leopard import jacobian
    >>> powers = np.arange(3)
    >>> y, err = quad_vec(lambda x: x**powers, 0, 2)
    >>> y.round(6)
    array([2.      , 2.      , 2.666667])
    >>> jacobian(lambda b: quad_vec(lambda x: x**powers, 0, b)[0])(2.0)
    array([1., 2., 4.])
    """
    if workers != 1:
        raise ValueError("quad_vec: workers must be 1: the integrand is replayed in this process")
    options = {
        "epsabs": epsabs, "epsrel": epsrel, "norm": norm, "cache_size": cache_size, "limit": limit,
        "points": points, "quadrature": quadrature, "full_output": full_output,
    }  # fmt: skip
    for option, x in options.items():
        constant_argument(x, "quad_vec", option)
    return _integrated("quad_vec", f, a, b, args, QuadVec(options))
