"""Right-hand sides of differential equations, with the products of their derivatives, compiled.

A. `Rates` is a user's function. It is called with the time, the state, the arguments and the Variables of its
   closure, all of which may be values or Variables.
B. `Sensitivities` is the equation of the state and its derivatives in several directions together. It can
   be differentiated again, so that derivatives of all orders follow.
C. What a solver calls is recorded once and replayed, and kept for later calls with the same function.
"""

import numpy as np

from leopard._config import using_config
from leopard._core import Variable
from leopard._core import tangents as push
from leopard.compiling import compile
from leopard.scipy._closures import kept
from leopard.scipy._parts import as_vector
from leopard.scipy.integrate._problems import pulled, traced
from leopard.transforms._values import value_of
from leopard.transforms.jacobians import jacobian

__all__ = ["Rates", "rates_of"]


def rates_of(fun, t_first=True):
    """(the `Rates` of a function, the Variables that it closes over)."""
    return kept(Rates, fun, t_first)


class Rates:
    """The right-hand side f of dy/dt = f(t, y, *args).

    Parameters
    ----------
    fun : callable
        It is kept, and so is what its key names by identity.
    closure : Closure
    t_first : bool
        Whether it is called with t before y.
    """

    def __init__(self, fun, closure, t_first=True):
        self.fun, self.make, self.t_first = fun, closure.make, t_first
        # `compile` follows this, to find what it reads from outside; Variables of the closure are arguments.
        self.__wrapped__ = closure.make([None] * len(closure.variables))
        self.compiled = {}

    def of(self, t, y, args, closed):
        """The vector dy/dt."""
        first = (t, y) if self.t_first else (y, t)
        return as_vector(self.make(closed)(*first, *args), "solve_ivp: the right-hand side")

    def called(self, name, make, *args):
        """The value of a compiled function."""
        f = self.compiled.get(name)
        if f is None:
            f = self.compiled[name] = compile(make())
        with using_config("enable_backprop", False):
            return f(*args)

    def value(self, args, closed):
        """f as a function of t and y for a solver."""
        f = self.compiled.get("value")
        if f is None:
            f = self.compiled["value"] = compile(self.of)

        def rate(t, y, *rest):
            with using_config("enable_backprop", False):
                return value_of(f(float(t), y, args, closed))

        return rate

    def jacobian(self, args, closed):
        """The Jacobian of f in y as a function of t and y for a solver."""

        def make():
            return jacobian(self.of, 1)

        return lambda t, y, *rest: self.called("jacobian", make, float(t), y, args, closed)

    def pulled(self, which, args, closed):
        """w times the derivatives of f in y and in the chosen parameters, as a function of t, y and w."""

        def make():
            def pull(t, y, w, args, closed):
                return pulled(self.traced(which, t, y, args, closed), w)

            return pull

        return lambda t, y, w: value_of(self.called(("pulled", which), make, float(t), y, w, args, closed))

    def traced(self, which, t, y, args, closed):
        """A record of f as a function of y and the chosen parameters."""
        return traced(
            "solve_ivp", lambda y, args, closed: self.of(t, y, args, closed), (y,), which, args, closed
        )

    def sensitivities(self, which, count):
        """The equation of y and `count` of its derivatives, whose first argument are the directions."""
        key = "sensitivities", which, count
        if key not in self.compiled:
            self.compiled[key] = Sensitivities(self, which, count)
        return self.compiled[key]


class Sensitivities(Rates):
    """The equations dy/dt = f, dS/dt = df/dy S + df/dp D of a state y and its derivatives S in directions.

    The state is the vector of y and the rows of S, of shape (count, n). The first of the arguments is the
    list of the directions D of the chosen parameters, each of shape (count, *parameter.shape).
    """

    def __init__(self, rates, which, count):
        self.rates, self.which, self.count = rates, which, count
        self.__wrapped__ = rates.__wrapped__
        self.compiled = {}

    def of(self, t, z, args, closed):
        directions, args = args
        n = z.shape[0] // (1 + self.count)
        y, s = z[:n], np.reshape(z[n:], (self.count, n))
        trace = self.rates.traced(self.which, t, y, args, closed)
        (dy,) = trace.outputs
        pushed = None
        if isinstance(dy, Variable):
            (pushed,), _ = push([dy], trace.inputs, [s, *directions], trace.connected, batched=True)
        if pushed is None:
            pushed = np.zeros(self.count * n)
        return np.concatenate([trace.values(), np.reshape(pushed, (-1,))])
