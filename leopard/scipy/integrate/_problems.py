"""What integrals and initial value problems have in common: parts that may be Variables, and a Function."""

import copy

import numpy as np

from leopard._config import recording
from leopard._core import Function, Variable, gradients
from leopard._pytrees import flatten, unflatten
from leopard.transforms._trace import trace_of_all
from leopard.transforms._values import value_of

__all__ = ["First", "Problem", "Solution", "pulled", "traced"]


class Problem:
    """A problem whose parts are values or Variables.

    Attributes
    ----------
    heads : tuple of str
        The names of the attributes that are its first parts.
    args : object
        A structure, whose leaves are the next.
    closed : list
        The Variables that its function closes over, or values for them: the last.
    form : Form
        Of `args`.
    """

    __slots__ = ()
    heads = ()

    def parts(self):
        """The leaves: those in front, those of the arguments, those of the closure."""
        leaves, self.form = flatten(self.args)
        return [*[getattr(self, name) for name in self.heads], *leaves, *self.closed]

    def with_parts(self, parts):
        """The same problem of other leaves."""
        again = copy.copy(self)
        start, end = len(self.heads), len(parts) - len(self.closed)
        for name, x in zip(self.heads, parts, strict=False):
            setattr(again, name, x)
        again.args, again.closed = unflatten(self.form, parts[start:end]), list(parts[end:])
        return again

    def values(self):
        return self.with_parts(list(map(value_of, self.parts())))


class First:
    """What the first call found, for the other instances by which a replay calls it again."""

    found = shape = None

    def __eq__(self, other):
        return isinstance(other, First)

    __hash__ = None


class Solution(Function):
    """The Function of a solved problem. Its inputs are the Variables among the parts of the problem.

    Attributes
    ----------
    problem : Problem
        With 0 in the places of the inputs.
    places : list of int
        The numbers of the parts that are inputs.
    first : First
    """

    @classmethod
    def of(cls, problem, **attributes):
        """(the Function, its inputs); None and none where nothing is recorded, or no part is a Variable."""
        parts = problem.parts()
        places = [k for k, x in enumerate(parts) if isinstance(x, Variable)]
        if not places or not recording():
            return None, []
        call = cls()
        call.problem = problem.with_parts([0.0 if k in places else x for k, x in enumerate(parts)])
        call.places, call.first = places, First()
        for name, x in attributes.items():
            setattr(call, name, x)
        return call, [parts[k] for k in places]

    def filled(self, xs):
        """The problem with these in the places of the inputs."""
        parts = self.problem.parts()
        for k, x in zip(self.places, xs, strict=True):
            parts[k] = x
        return self.problem.with_parts(parts)

    def chosen(self, wanted):
        """The numbers of the parameters whose derivatives are wanted, in the arguments and in the closure."""
        n_heads = len(self.problem.heads)
        n_args = len(self.problem.parts()) - n_heads - len(self.problem.closed)
        at = [k - n_heads for k, w in zip(self.places, wanted, strict=True) if w and k >= n_heads]
        return tuple([k for k in at if k < n_args]), tuple([k - n_args for k in at if k >= n_args])


def traced(name, f, firsts, which, args, closed):
    """A record of ``f(*firsts, args, closed)`` as a function of `firsts` and the chosen parameters."""
    leaves, form = flatten(args)
    of_args, of_closed = which
    n = len(firsts)

    def of_chosen(*given):
        chosen, again, more = given[n:], list(leaves), list(closed)
        for k, x in zip(of_args, chosen, strict=False):
            again[k] = x
        for k, x in zip(of_closed, chosen[len(of_args) :], strict=True):
            more[k] = x
        return f(*given[:n], unflatten(form, again), more)

    return trace_of_all(
        name, of_chosen, (*firsts, *[leaves[k] for k in of_args], *[closed[k] for k in of_closed])
    )


def pulled(trace, w):
    """w times the derivatives of the only output of a trace in all its inputs, as one vector."""
    (y,) = trace.outputs
    found = [None] * len(trace.inputs)
    if isinstance(y, Variable):
        found, _ = gradients([y], [w], trace.inputs, trace.connected)
    parts = [
        np.zeros(x.size) if g is None else np.reshape(g, (-1,))
        for g, x in zip(found, trace.inputs, strict=True)
    ]
    return np.concatenate(parts)
