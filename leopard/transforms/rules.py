"""`custom_vjp` and `custom_jvp`: functions with a user-defined rule of reverse or forward mode."""

import numpy as np

from leopard._config import recording, using_config
from leopard._core import Variable, constant
from leopard._pytrees import flatten, flatten_as, unflatten
from leopard.transforms._custom import Call, Custom, transposed, zero_like
from leopard.transforms._trace import must_be_callable
from leopard.transforms._values import value_of, vectors

__all__ = ["custom_jvp", "custom_vjp"]


class _VJPCall(Call):
    def forward(self, *xs):
        args = self.arguments.replaced([x if x.ndim else x[()] for x in xs])[0]
        y, residuals = self.rule.pair(args)
        leaves, form = flatten(residuals)
        if any(isinstance(x, Variable) for x in leaves):
            residuals = unflatten(form, map(value_of, leaves))
        self.residuals = residuals
        return self.taken(y)

    def backward(self, *gys):
        if recording():  # the residuals depend on the inputs, too
            _, residuals = self.rule.pair(self.given())
        else:
            residuals = self.residuals
        return self.pulled(residuals, self.structure_of(gys))

    def tangent(self, *ts):
        """The tangents of the outputs, by transposing the rule, which is linear in the cotangents."""
        recorded = recording()
        _, residuals = self.rule.pair(self.given()) if recorded else (None, self.residuals)
        gys = [Variable(np.zeros(*like)) for like in self.like]
        with using_config("enable_backprop", True):
            gxs = self.pulled(residuals, unflatten(self.form, gys))
        pairs = [(gx, t) for gx, t in zip(gxs, ts, strict=True) if gx is not None and t is not None]
        return transposed(pairs, gys, recorded)

    def pulled(self, residuals, cotangents):
        """The gradients of the Variables among the arguments, by the user's rule."""
        rule = self.rule
        fixed, wanted = rule.split(self.arguments.given)
        gs = rule.bwd(*fixed, residuals, cotangents)
        if not isinstance(gs, (tuple, list)) or len(gs) != len(wanted):
            got = f"{len(gs)}" if isinstance(gs, (tuple, list)) else f"a {type(gs).__name__}"
            raise TypeError(
                f"{rule.name}: its bwd returns a tuple of {len(wanted)}, one for each argument, not {got}"
            )
        gs, found = iter(gs), []
        fixed = rule.fixed(len(self.arguments.given))
        for i, part in enumerate(self.arguments.parts()):
            g = None if i in fixed else next(gs)
            what = f"{rule.name}: the gradient of argument {i}"
            leaves = [None] * len(part.leaves) if g is None else flatten_as(part.form, g, what)
            found += [
                _as_gradient(g) for g, x in zip(leaves, part.leaves, strict=True) if isinstance(x, Variable)
            ]
        return tuple(found)


def _as_gradient(g):
    return g if g is None or isinstance(g, Variable) else constant(np.asarray(g))


class _JVPCall(Call):
    def forward(self, *xs):
        return self.taken(self.rule.f(*self.arguments.replaced([x if x.ndim else x[()] for x in xs])[0]))

    def tangent(self, *ts):
        return self.pushed(
            self.given(), [None if t is None else t if recording() else value_of(t) for t in ts]
        )

    def backward(self, *gys):
        """The gradients of the inputs, by transposing the rule, which is linear in the tangents."""
        recorded = recording()
        ts = [Variable(np.zeros(x.shape, x.dtype)) for x in self.inputs]
        primals = self.given()
        with using_config("enable_backprop", True):
            pushed = self.pushed(primals, ts)
        pairs = [(t, gy) for t, gy in zip(pushed, gys, strict=True) if isinstance(t, Variable)]
        return transposed(pairs, ts, recorded)

    def pushed(self, primals, ts):
        """The tangents of the outputs, by the user's rule."""
        rule = self.rule
        ts = iter(ts)
        tangents = []
        for part in self.arguments.parts():
            leaves = []
            for x in part.leaves:
                t = next(ts) if isinstance(x, Variable) else None
                leaves.append(zero_like(x) if t is None else t)
            tangents.append(unflatten(part.form, leaves))
        fixed, primals = rule.split(primals)
        _, tangents = rule.split(tangents)
        returned = rule.jvp(*fixed, tuple(primals), tuple(tangents))
        if not isinstance(returned, (tuple, list)) or len(returned) != 2:
            raise TypeError(
                f"{rule.name}: its rule returns (value, tangent), not a {type(returned).__name__}"
            )
        like = [np.zeros(*form) for form in self.like]
        return tuple(vectors(self.form, returned[1], like, f"{rule.name}: the tangent")[0])


class custom_vjp(Custom):  # noqa: N801 (JAX's name)
    """A decorator for functions with a user-defined rule of reverse mode.

    The rule is given by ``f.defvjp(fwd, bwd)``. ``fwd`` has f's arguments and returns ``(outputs,
    residuals)``, where the residuals are whatever ``bwd`` needs; ``bwd(residuals, cotangents)`` returns a
    tuple with the gradient of each argument of f (defaults included), or None for an argument that has none.

    Parameters
    ----------
    f : callable
        It is called with arrays and numbers, never with Variables, so it may call any code. Arguments and
        outputs may be nested structures.
    nondiff_argnums : sequence of int
        Positions of arguments that have no gradient; ``bwd`` is given them first, and returns none for them.

    Raises
    ------
    AttributeError
        When it is called and has no rule.
    TypeError
        When it closes over a Variable, or the result of the rule does not fit.

    Notes
    -----
    For higher derivatives ``fwd`` and ``bwd`` are called with Variables, so that their computations are
    recorded; in ``fwd`` compute the outputs by calling f. Gradients with respect to complex numbers follow
    ``docs/conventions.md``.

    Examples
    --------
    >>> @custom_vjp
    ... def clipped(x):
    ...     return x
    >>> clipped.defvjp(lambda x: (clipped(x), None), lambda _, g: (np.clip(g, -1.0, 1.0),))
    >>> grad(lambda x: 5.0 * clipped(x))(2.0)
    1.0
    """

    function = _VJPCall
    how_to_state = "f.defvjp(fwd, bwd)"

    def __init__(self, f, nondiff_argnums=()):
        super().__init__(f, nondiff_argnums)
        self.fwd = self.bwd = None

    def defvjp(self, fwd, bwd):
        """Set the rule: ``fwd(*args) -> (outputs, residuals)``, ``bwd(residuals, cotangents) -> grads``."""
        must_be_callable("defvjp", fwd)
        must_be_callable("defvjp", bwd)
        self.fwd, self.bwd = fwd, bwd

    def has_rule(self):
        return self.fwd is not None

    def pair(self, args):
        """The outputs and the residuals, by the user's `fwd`."""
        returned = self.fwd(*args)
        if not isinstance(returned, (tuple, list)) or len(returned) != 2:
            raise TypeError(
                f"{self.name}: its fwd returns (outputs, residuals), not a {type(returned).__name__}"
            )
        return returned


class custom_jvp(Custom):  # noqa: N801 (JAX's name)
    """A decorator for functions with a user-defined rule of forward mode, from which gradients follow.

    The rule is given by ``f.defjvp(jvp)``, with ``jvp(primals, tangents) -> (outputs, tangents_out)``, or by
    ``f.defjvps(*jvps)``, with a ``jvp(t, ans, *primals) -> tangent_out`` for each argument.

    Parameters
    ----------
    f : callable
        It is called with arrays and numbers, never with Variables, so it may call any code. Arguments and
        outputs may be nested structures.
    nondiff_argnums : sequence of int
        Positions of arguments that have no tangent; the rule is given them first.

    Raises
    ------
    AttributeError
        When it is called and has no rule.
    TypeError
        When it closes over a Variable, or the result of the rule does not fit.

    Notes
    -----
    The rule must be linear in the tangents; gradients are computed by its transpose. For higher derivatives
    it is called with Variables, so that its computations are recorded; compute the value by calling f.

    Examples
    --------
    >>> @custom_jvp
    ... def softplus(x):
    ...     return np.logaddexp(x, 0.0)
    >>> @softplus.defjvp
    ... def softplus_jvp(primals, tangents):
    ...     (x,), (t,) = primals, tangents
    ...     return softplus(x), t / (1 + np.exp(-x))
    >>> grad(softplus)(0.0)
    0.5
    """

    function = _JVPCall
    how_to_state = "f.defjvp(jvp) or f.defjvps(*jvps)"

    def __init__(self, f, nondiff_argnums=()):
        super().__init__(f, nondiff_argnums)
        self.jvp = None

    def defjvp(self, jvp):
        """Set the rule, ``jvp(primals, tangents) -> (outputs, tangents_out)``; usable as a decorator."""
        must_be_callable("defjvp", jvp)
        self.jvp = jvp
        return jvp

    def defjvps(self, *jvps):
        """Set a rule for each argument, ``jvp(t, ans, *primals) -> tangent_out``, or None."""
        if self.nondiff_argnums:
            raise TypeError("defjvps: nondiff_argnums are for defjvp")

        def jvp(primals, tangents):
            if len(jvps) != len(primals):
                raise TypeError(f"{self.name}: {len(jvps)} rules were given for {len(primals)} arguments")
            ans = self(*primals)
            terms = [
                rule(t, ans, *primals) for rule, t in zip(jvps, tangents, strict=True) if rule is not None
            ]
            leaves = [flatten_as(flatten(ans)[1], term, f"{self.name}: the tangent") for term in terms]
            total = [sum(column[1:], column[0]) for column in zip(*leaves, strict=True)]
            return ans, unflatten(flatten(ans)[1], total or map(zero_like, flatten(ans)[0]))

        self.jvp = jvp

    def has_rule(self):
        return self.jvp is not None
