"""A compiled function called with Variables: one recorded operation, whose derivatives are compiled, too."""

import threading

import numpy as np

from leopard._core import Variable
from leopard._pytrees import Open, flatten
from leopard.compiling.recording import is_plain
from leopard.functions._followed import spread
from leopard.functions._primitives import Primitive

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


class _Call:
    """What a call is beside its arrays: the other arguments, and of its result what is no array.

    Attributes
    ----------
    arguments : Open
        The places of the arrays are open.
    result : Open
        The places of the arrays are open; known when the call has been made.
    """

    def __init__(self, arguments):
        self.arguments, self.result = arguments, None


class Replayed(Primitive, listed=False):
    """A call of a compiled function."""

    name = "replayed"
    n_inputs = -1
    options = ("compiled", "call")

    def forward(self, *xs):
        args, kwargs = self.call.arguments.filled(xs)
        outer, _of_thread.compiled = getattr(_of_thread, "compiled", None), self.compiled
        try:
            result = self.compiled(*args, **kwargs)
        finally:
            _of_thread.compiled = outer
        leaves, form = flatten(result)
        numeric = [k for k, y in enumerate(leaves) if _is_numeric(y)]
        self.call.result = Open(form, leaves, numeric)
        return tuple([np.asarray(leaves[k]) for k in numeric])

    def backward(self, *gys):
        xs = self.inputs
        pullback = self.compiled._derivative("vjp", self.call, self.wanted, _pullback)
        return spread(pullback(list(xs), list(gys)), self.wanted)

    def tangent(self, *ts):
        xs = self.inputs
        given = tuple([t is not None for t in ts])
        pushforward = self.compiled._derivative("jvp", self.call, given, _pushforward)
        tys = pushforward(list(xs), [t for t in ts if t is not None])
        return tuple(tys) if len(tys) > 1 else tys[0]


def _is_numeric(y):
    return isinstance(y, (np.ndarray, np.generic, float, complex)) and np.asarray(y).dtype.kind in "fc"


def call_with_variables(compiled, leaves, form):
    """Call a compiled function with Variables among the leaves of its arguments."""
    places = [k for k, x in enumerate(leaves) if isinstance(x, Variable) or is_plain(x)]
    call = _Call(Open(form, leaves, places))
    try:
        ys = Replayed.operation(*[leaves[k] for k in places], compiled, call)
    except _NotReplayed:
        args, kwargs = call.arguments.filled([leaves[k] for k in places])
        return compiled.__wrapped__(*args, **kwargs)
    return call.result.filled([ys] if isinstance(ys, Variable) else ys)


def _selected(compiled, call, chosen):
    """The outputs as a function of the chosen inputs, the others being given."""

    def function(xs, inputs):
        inputs, found = list(inputs), iter(xs)
        inputs = [next(found) if wanted else x for wanted, x in zip(chosen, inputs, strict=True)]
        args, kwargs = call.arguments.filled(inputs)
        leaves, _ = flatten(compiled.__wrapped__(*args, **kwargs))
        return [y for y in leaves if isinstance(y, Variable) or _is_numeric(y)]

    return function


def _pullback(compiled, call, wanted):
    from leopard.transforms import vjp

    function = _selected(compiled, call, wanted)

    def pullback(inputs, gys):
        chosen = [x for x, w in zip(inputs, wanted, strict=True) if w]
        _, back = vjp(lambda xs: function(xs, inputs), chosen)
        return back(gys)[0]

    return pullback


def _pushforward(compiled, call, given):
    from leopard.transforms import jvp

    function = _selected(compiled, call, given)

    def pushforward(inputs, ts):
        chosen = [x for x, g in zip(inputs, given, strict=True) if g]
        return jvp(lambda xs: function(xs, inputs), (chosen,), (ts,))[1]

    return pushforward
