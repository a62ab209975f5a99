"""A compiled function called with Variables: one recorded operation, whose derivatives are compiled, too."""

import threading

import numpy as np

from leopard import _core
from leopard._config import recording, using_config
from leopard._core import Variable
from leopard._pytrees import Open, flatten
from leopard.compiling.recording import is_plain
from leopard.functions._followed import spread
from leopard.functions._primitives import Primitive
from leopard.functions.basic.shape import plain

_of_thread = threading.local()


class _NotReplayed(Exception):
    """A compiled function that is called with Variables is to be called itself, with these."""


def leave_to_variables(compiled, entry=None, reason=None):
    """Where a compiled function is called with Variables, let its function be called with these.

    What it assigns to is then a Variable of the caller's, and its derivatives are those of eager code. With a
    reason, arguments of this form are not replayed any more.
    """
    if getattr(_of_thread, "compiled", None) is compiled:
        if reason is not None:
            compiled.give_up(entry, reason)
        raise _NotReplayed


class Call:
    """What a call is beside its arrays: the other arguments, and of its result what is no array.

    Attributes
    ----------
    arguments : Open
        The places of the arrays are open.
    variables : tuple of Variable
        Those that the function reads from outside; they are inputs of the operation behind the arrays.
    places : tuple of int or None
        Which leaves of the result are its outputs; None for all that are numeric.
    result : Open
        The places of the arrays are open; known when the call has been made.
    derived : dict
        The compiled derivatives of the call, by their name and the inputs they are with respect to.
    """

    def __init__(self, arguments, variables=()):
        self.arguments, self.variables = arguments, tuple(variables)
        self.places = self.result = None
        self.derived = {}

    def set_result(self, form, leaves, places):
        """Let these leaves of the result be the outputs."""
        self.places = tuple(places)
        self.result = Open(form, leaves, places)
        return tuple([np.asarray(plain(leaves[k])) for k in places])


class Replayed(Primitive, listed=False):
    """A call of a compiled function."""

    name = "replayed"
    n_inputs = -1
    options = ("compiled", "call", "outputs")  # the outputs in a list, where they have been computed already

    def forward(self, *xs):
        call = self.call
        if self.outputs:
            return self.outputs.pop()
        args, kwargs = call.arguments.filled(xs[: len(call.arguments.places)])
        outer, _of_thread.compiled = getattr(_of_thread, "compiled", None), self.compiled
        try:
            with using_config("enable_backprop", False):
                leaves, form = flatten(self.compiled(*args, **kwargs))
        finally:
            _of_thread.compiled = outer
        return call.set_result(form, leaves, numeric_places(leaves) if call.places is None else call.places)

    def backward(self, *gys):
        xs = self.inputs[: len(self.call.arguments.places)]
        pullback = self.derivative("vjp", self.wanted, _pullback)
        if not _core.computes_values():
            return spread(pullback(list(xs), list(gys)), self.wanted)
        found = pullback(list(map(_core.array_of_any, xs)), list(map(_core.array_of_any, gys)))
        return spread([g if g is None else _core.constant(np.asarray(g)) for g in found], self.wanted)

    def derivative(self, name, chosen, make):
        """The compiled pullback or pushforward."""
        found = self.call.derived.get((name, chosen))
        if found is None:
            found = self.compiled._derivative(name, self.call, chosen, make)
            self.call.derived[name, chosen] = found
        return found

    def tangent(self, *ts):
        xs = self.inputs[: len(self.call.arguments.places)]
        given = tuple([t is not None for t in ts])
        pushforward = self.derivative("jvp", given, _pushforward)
        tys = pushforward(list(xs), [t for t in ts if t is not None])
        return tuple(tys) if len(tys) > 1 else tys[0]


def numeric_places(leaves):
    return [k for k, y in enumerate(leaves) if _is_numeric(y)]


def _is_numeric(y):
    return (
        isinstance(y, (Variable, np.ndarray, np.generic, float, complex))
        and np.asarray(plain(y)).dtype.kind in "fc"
    )


def call_with_variables(compiled, leaves, form):
    """Call a compiled function with Variables among the leaves of its arguments."""
    places = [k for k, x in enumerate(leaves) if isinstance(x, Variable) or is_plain(x)]
    arguments = Open(form, leaves, places)
    xs = [leaves[k] for k in places]
    outputs = None
    if not compiled.variables_outside(arguments.leaves):
        call = Call(arguments)
    else:
        found = compiled.values_of([plain(x) if isinstance(x, Variable) else x for x in leaves], form)
        if found is None:
            args, kwargs = arguments.filled(xs)
            return compiled.__wrapped__(*args, **kwargs)
        ys, variables, form = found
        call = Call(arguments, variables)
        outputs = [call.set_result(form, ys, numeric_places(ys))]
    try:
        ys = Replayed.operation(*xs, *call.variables, compiled, call, outputs)
    except _NotReplayed:
        args, kwargs = arguments.filled(xs)
        return compiled.__wrapped__(*args, **kwargs)
    return call.result.filled([ys] if isinstance(ys, Variable) else ys)


def connected(compiled, call, xs, outputs):
    """The outputs of a replay, computed from Variables outside: Variables, of one operation."""
    ys = Replayed.operation(*xs, *call.variables, compiled, call, [outputs])
    return [ys] if isinstance(ys, Variable) else ys


# -- Derivatives -------------------------------------------------------------------------------------


def _recorded(compiled, call, inputs, wanted, _):
    """(the outputs that have a graph, their numbers, the wanted inputs) of a call that is recorded.

    The inputs are those of the arguments; the Variables from outside are their own inputs. The last argument
    is what the function reads besides: where it stands in the cells of a function, `Reach` finds it.
    """
    inputs = [_alias(x) if w else x for x, w in zip(inputs, wanted, strict=False)]
    args, kwargs = call.arguments.filled(inputs)
    with using_config("enable_backprop", True):
        leaves, _ = flatten(compiled.__wrapped__(*args, **kwargs))
    given = [*inputs, *map(_core.latest, call.variables)]
    chosen = [x for x, w in zip(given, wanted, strict=True) if w]
    where = [i for i, k in enumerate(call.places) if isinstance(leaves[k], Variable)]
    return [leaves[call.places[i]] for i in where], where, chosen


def _alias(x):
    """A Variable with respect to which a function is differentiated."""
    if isinstance(x, Variable) and (recording() or _core.following()):
        return _core.differentiable_alias(x)
    return Variable(np.asarray(plain(x)))


def _pullback(compiled, call, wanted):
    """The gradients of the wanted inputs, as a function of the inputs and the gradients of the outputs."""
    others = call.arguments.leaves, call.variables

    def pullback(inputs, gys):
        is_connected = recording() or _core.following()
        ys, where, chosen = _recorded(compiled, call, inputs, wanted, others)
        cotangents = [_core.as_variable(gys[i]) for i in where]
        found, _ = _core.gradients(ys, cotangents, chosen, is_connected, may_repeat=False)
        return found if is_connected else [g if g is None else plain(g)[()] for g in found]

    return pullback


def _pushforward(compiled, call, given):
    """The tangents of the outputs, as a function of the inputs and those of the given inputs."""
    others = call.arguments.leaves, call.variables

    def pushforward(inputs, ts):
        is_connected = recording() or _core.following()
        ys, where, chosen = _recorded(compiled, call, inputs, given, others)
        pushed, _ = _core.tangents(ys, chosen, list(map(_core.as_variable, ts)), is_connected)
        found = dict(zip(where, pushed, strict=True))
        return [found.get(i) for i in range(len(call.places))]

    return pushforward
