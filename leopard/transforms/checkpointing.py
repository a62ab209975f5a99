"""Checkpointing: the record of a function is dropped, and made again when a walk reaches it."""

import functools
import types

import numpy as np

from leopard._config import recording, using_config
from leopard._core import (
    Function,
    Variable,
    call_traced,
    following,
    gradients,
    mark_as_differentiated,
    mark_closed_inputs,
    reaches_others,
)
from leopard._core import tangents as push
from leopard._pytrees import flatten, unflatten
from leopard.transforms._arguments import Arguments
from leopard.transforms._trace import check_outputs, must_be_callable
from leopard.transforms._transformed import dressed, transform
from leopard.transforms._values import alias_of, plain

__all__ = ["checkpoint"]


@transform
def checkpoint(f):
    """A function with the values of f that keeps no graph of its inner operations.

    Its intermediate values are dropped, and computed again when a walk reaches it, which trades time for
    memory. A walk through several such functions holds the graph of one at a time. The gradient is that of f.

    Parameters
    ----------
    f : callable
        It must compute the same values when it is called again with the same arguments. It may close over
        Variables, and over objects that have Variables as attributes.

    Returns
    -------
    callable

    Raises
    ------
    TypeError
        When f uses Variables that are neither arguments nor closed over, since they would get no gradient.
    RuntimeError
        In the walk, when f has used other Variables the second time.

    Examples
    --------
    >>> grad(checkpoint(lambda x: np.sin(np.sin(x))))(0.0)
    1.0
    """
    must_be_callable("checkpoint", f)

    def checkpointed(*args, **kwargs):
        if not recording() or following():  # a recording for replay is walked once, and needs all of it
            return f(*args, **kwargs)
        call = _Checkpoint()
        call.again, call.arguments = frozen(f), Arguments(args, kwargs)
        call.closed_over = list(closed_over(f))
        inputs = [*call.arguments.variables, *call.closed_over]
        if not inputs:
            return f(*args, **kwargs)
        ys = call(*inputs)
        return unflatten(call.form, ys if isinstance(ys, list) else [ys])

    return dressed(checkpointed, f)


class _Checkpoint(Function):
    """One call of a function that is recorded when it is needed.

    Its inputs are the Variables in the arguments, then those that the function closes over.
    """

    def record(self, variables):
        """Call the function with these in the place of the Variables, and return the leaves of its result."""
        args, kwargs = self.arguments.replaced(variables)
        with using_config("enable_backprop", True):
            y = call_traced([], self.again, *args, **kwargs)  # Variables that it makes itself are its own
        outputs, self.form = flatten(y)
        check_outputs("checkpoint", y, outputs, self.form)
        ours = [*variables, *self.closed_over]
        return outputs, reaches_others([y for y in outputs if isinstance(y, Variable)], ours)

    def forward(self, *xs):
        leaves = [Variable(x) for x in xs[: len(self.arguments.variables)]]
        mark_as_differentiated(leaves, self.arguments.variables)
        outputs, others = self.record(leaves)
        mark_closed_inputs(leaves)
        if others:
            raise TypeError(
                "checkpoint: the function uses a Variable that is neither an argument of it nor closed over, "
                "and would get no gradient; make it an argument"
            )
        return tuple([plain(y) if isinstance(y, Variable) else np.asarray(y) for y in outputs])

    def record_again(self):
        n = len(self.arguments.variables)
        if recording():
            aliases = [alias_of(x) for x in self.inputs[:n]]
        else:
            aliases = [Variable(plain(x)) for x in self.inputs[:n]]
        outputs, others = self.record(aliases)
        mark_closed_inputs(aliases)
        if others:
            raise RuntimeError("checkpoint: the function used other Variables than in its first call")
        return outputs, [*aliases, *self.closed_over]

    def backward(self, *gys):
        outputs, inputs = self.record_again()
        pairs = [(y, gy) for y, gy in zip(outputs, gys, strict=True) if isinstance(y, Variable)]
        ys, gys = [y for y, _ in pairs], [gy for _, gy in pairs]
        found, _ = gradients(ys, gys, inputs, recording(), may_repeat=False)
        return tuple(found)

    def tangent(self, *ts):
        outputs, inputs = self.record_again()
        where = [i for i, y in enumerate(outputs) if isinstance(y, Variable)]
        pushed, _ = push([outputs[i] for i in where], inputs, list(ts), recording())
        found = dict(zip(where, pushed, strict=True))
        return tuple([found.get(i) for i in range(len(outputs))])


def frozen(f):
    """The function with copies of its closure cells, since names may be rebound before the walk."""
    if isinstance(f, types.MethodType):
        return types.MethodType(frozen(f.__func__), f.__self__)
    if isinstance(f, functools.partial):
        again = type(f)(frozen(f.func), *f.args, **f.keywords)
        again.__dict__.update(f.__dict__)
        return again
    if not isinstance(f, types.FunctionType) or not f.__closure__:
        return f
    cells = [types.CellType(cell.cell_contents) if _is_filled(cell) else cell for cell in f.__closure__]
    again = types.FunctionType(f.__code__, f.__globals__, f.__name__, f.__defaults__, tuple(cells))
    again.__kwdefaults__ = f.__kwdefaults__
    return again


def _is_filled(cell):
    try:
        cell.cell_contents  # noqa: B018 (raises for an empty cell)
    except ValueError:
        return False
    return True


def closed_over(x, seen=None):
    """The Variables that a function closes over, or that are attributes of what it closes over."""
    seen = {} if seen is None else seen
    if id(x) in seen or isinstance(x, (types.ModuleType, type)):
        return
    seen[id(x)] = x  # kept, so that its id is not reused
    if isinstance(x, Variable):
        yield x
    elif isinstance(x, types.FunctionType):
        cells = [cell.cell_contents for cell in x.__closure__ or () if _is_filled(cell)]
        for part in (*cells, x.__defaults__, x.__kwdefaults__):
            yield from closed_over(part, seen)
    elif isinstance(x, types.MethodType):
        yield from closed_over(x.__func__, seen)
        yield from closed_over(x.__self__, seen)
    elif isinstance(x, functools.partial):
        yield from closed_over([x.func, x.args, x.keywords], seen)
    else:
        leaves, form = flatten(x)
        if form.kind is None:
            leaves = getattr(x, "__dict__", {}).values()
        for leaf in leaves:
            yield from closed_over(leaf, seen)
