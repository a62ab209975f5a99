"""The operations of a recorded call, computed for all examples: by batched rules, or row by row."""

from contextlib import nullcontext

import numpy as np

from leopard import _core
from leopard._config import using_config
from leopard._core import RecordedValue, Variable
from leopard.functions._followed import Applied, Opaque, PlainCall, as_option
from leopard.functions.basic.shape import aligned, broadcast_to

#: The batched rules by class; see `rule_of`.
rules = {}


def batched(*classes):
    """A decorator: the function is the batched rule of these classes of Functions and of their subclasses.

    It is called with a `Step`. It returns the outputs, each with the rows in front (one, or a tuple), or
    NotImplemented, where the operation is to be computed row by row.
    """

    def register(rule):
        for cls in classes:
            rules[cls] = rule
        return rule

    return register


def rule_of(cls):
    """The batched rule of a class of Functions; None where there is none."""
    for base in cls.__mro__:
        if base in rules:
            return rules[base]
    return elementwise if cls.__module__.startswith(SPECIAL) else None


#: The package of which every class of operations acts element by element.
SPECIAL = "leopard.scipy.special."


def elementwise(step):
    """The batched rule of what acts element by element.

    Each operand that is mapped gets as many axes as one result has, behind the one of the rows.
    """
    if depends(step.option):
        return NotImplemented
    return step.call(*step.aligned(max(x.ndim for x in step.inputs)))


class Form:
    """Of an operand of one example, its shape and type."""

    __slots__ = ("shape", "ndim", "size", "dtype")

    def __init__(self, value):
        self.shape, self.dtype = value.shape, value.dtype
        self.ndim = len(self.shape)
        self.size = int(np.prod(self.shape))


class Step:
    """One operation of a recording for a batch of examples.

    It has the options of the Function by their names, and `inputs` and `output`, which tell the forms of one
    example: so a method of its class that reads no more, such as `of_rows`, can be called with it as self.

    Attributes
    ----------
    cls : type
        The class of the Function.
    n : int
        The number of examples.
    xs : list
        The operands. Those that are mapped have one more axis in front, over the examples.
    mapped : list of bool
        Which of them are.
    option : object
        The options. An array among them that depends on the example is an `OfRows`.
    inputs, outputs : list of Form
        The forms of one example.
    """

    def __init__(self, node, n, xs, mapped, option):
        self.node, self.cls, self.n, self.xs, self.mapped, self.option = node, node.cls, n, xs, mapped, option
        self.inputs = [Form(x) for x in node.inputs]
        self.outputs = [None if y is None else Form(y) for y in node.outputs]

    @property
    def output(self):
        return self.outputs[0]

    def __getattr__(self, name):
        found = getattr(self.cls, name)
        if isinstance(found, property):
            return found.fget(self)
        return found.__get__(self) if callable(found) and hasattr(found, "__get__") else found

    def rows(self, k):
        """Operand k with a row for each example, whether it is mapped or not."""
        x = self.xs[k]
        return x if self.mapped[k] else repeated(x, self.n)

    def aligned(self, ndim):
        """The operands; those that are mapped with `ndim` axes behind the first, so that they broadcast."""
        return [aligned(x, ndim) if m else x for x, m in zip(self.xs, self.mapped, strict=True)]

    def call(self, *xs, option=None):
        """The operation itself, of other operands, or with another option."""
        ys = computed(self.node, xs, self.option if option is None else option)
        return ys[0] if len(ys) == 1 else ys

    def by_row(self):
        """The outputs, computed example by example and stacked."""
        if self.n == 0:
            raise ValueError(f"vmap: there is no example, and {self.cls.name} is computed example by example")
        found = []
        for r in range(self.n):
            xs = [row_of(x, r) if m else x for x, m in zip(self.xs, self.mapped, strict=True)]
            found.append(computed(self.node, xs, of_row(self.option, r)))
        for ys in found:
            if any(
                out is not None and np.shape(y) != out.shape for y, out in zip(ys, self.outputs, strict=True)
            ):
                raise NotBatched
        return [None if ys[0] is None else np.stack(ys) for ys in zip(*found, strict=True)]


def row_of(x, r):
    """Row r of a Variable or an array, as one of these."""
    return x[r] if isinstance(x, Variable) else np.asarray(x[r])


class Node:
    """What `Step` and `computed` read of a node, for an operation that is no node of a recording."""

    __slots__ = ("cls", "operation", "inputs", "outputs")

    def __init__(self, cls, inputs, outputs):
        self.cls, self.operation = cls, _core.operation_of(cls)
        self.inputs, self.outputs = inputs, outputs


def repeated(x, n):
    """An operand that is the same for all examples, with a row for each."""
    return broadcast_to(x, (n, *np.shape(x)))


class OfRows:
    """An array among the options that depends on the example.

    Attributes
    ----------
    rows : Variable or ndarray
        With one more axis in front, over the examples.
    """

    __slots__ = ("rows",)

    def __init__(self, rows):
        self.rows = rows


def depends(option):
    """Whether an option depends on the example."""
    return type(option) is OfRows or type(option) is tuple and any(map(depends, option))


def of_row(option, r):
    """The option of one example."""
    if type(option) is OfRows:
        return as_option(option.rows[r])
    return tuple([of_row(part, r) for part in option]) if type(option) is tuple else option


def computed(node, xs, option):
    """The outputs of a Function for these operands, in a list; None for one that nothing reads."""
    operation, cls = node.operation, node.cls
    if cls is Opaque or cls is PlainCall and type(option) is Applied:
        ys = option(*xs)  # the function itself records what it computes
        ys = ys if isinstance(ys, (tuple, list)) else [ys]
        return [y if isinstance(y, Variable) else np.asarray(y) for y in ys]
    if cls is PlainCall:
        return _core.record_constant(PlainCall(option), *xs)
    if operation is None or len(node.outputs) > 1:
        f = cls.__new__(cls)
        if option is not None:
            f.option = option
        ys = f(*xs)
        ys = list(ys) if isinstance(ys, (tuple, list)) else [ys]
        return [y if out is not None else None for y, out in zip(ys, node.outputs, strict=True)]
    names = tuple(cls.options) if hasattr(cls, "options") else ()
    if not names:
        return [operation(*xs)]
    options = option if len(names) > 1 else (option,)
    if cls.n_inputs < 0:  # the options come behind any number of inputs
        return [operation(*xs, *options)]
    return [operation(*xs, **dict(zip(names, options, strict=True)))]


def mapped_values(recording, inputs):
    """The values of a recording that depend on these inputs."""
    found = set(inputs)
    for node in recording.nodes:
        if any(x in found for x in node.inputs) or any(x in found for x in values_of(node.option)):
            found.update(node.outputs)
    found.discard(None)
    return found


def values_of(option):
    """The values among the options of a node."""
    if isinstance(option, RecordedValue):
        return [option]
    return [x for part in option for x in values_of(part)] if type(option) is tuple else []


def evaluate(recording, n, given, mapped):
    """The outputs and the values of the guards of a recording, for a batch of examples.

    An array is released when the last operation that reads it has run.

    Parameters
    ----------
    recording : Recording
    n : int
        The number of examples.
    given : list of Variable or ndarray
        The inputs; those that are mapped with the examples along the first axis.
    mapped : set of RecordedValue
        What `mapped_values` has found.

    Returns
    -------
    dict
        From the RecordedValue to the Variable or array.
    """
    found = dict(zip(recording.inputs, given, strict=True))
    kept = {*recording.outputs, *[guard.value for guard in recording.guards]}
    last = {x: k for k, node in enumerate(recording.nodes) for x in (*node.inputs, *values_of(node.option))}

    def operand(x):
        if x in found:
            return found[x]
        # The alias of a Python number, which a transform differentiates, is a value of its own.
        return x.array if x.number < 0 else _core.differentiable_alias(given[x.number])

    def option_of(option):
        if isinstance(option, RecordedValue):
            return OfRows(operand(option)) if option in mapped else as_option(operand(option))
        return tuple(map(option_of, option)) if type(option) is tuple else option

    for k, node in enumerate(recording.nodes):
        xs, option = [operand(x) for x in node.inputs], option_of(node.option)
        with using_config("enable_backprop", False) if node.stops else nullcontext():
            if not any(y in mapped for y in node.outputs):
                ys = computed(node, xs, option)
            else:
                ys = _with_rows(Step(node, n, xs, [x in mapped for x in node.inputs], option))
        for out, y in zip(node.outputs, ys, strict=True):
            if out is not None:
                found[out] = y
        for x in (*node.inputs, *values_of(node.option)):
            if last[x] == k and x not in kept:
                found.pop(x, None)
    return found


def linear(step):
    """The batched rule of a linear class that states `of_rows`."""
    if depends(step.option):
        return NotImplemented
    y = step.cls.of_rows(step, *map(step.rows, range(len(step.xs))))
    if y is NotImplemented:
        return y
    y, shape = aligned(y, step.output.ndim), (step.n, *step.output.shape)
    return y if y.shape == shape else broadcast_to(y, shape)


class NotBatched(Exception):
    """What f computes for the examples differs in shape or type."""


def _with_rows(step):
    rule = rule_of(step.cls)
    if rule is None and step.cls.__dict__.get("linear") and hasattr(step.cls, "of_rows"):
        rule = linear
    ys = NotImplemented if rule is None else rule(step)
    if ys is NotImplemented:
        return step.by_row()
    ys = list(ys) if isinstance(ys, (tuple, list)) else [ys]
    for y, out in zip(ys, step.outputs, strict=True):
        if out is not None and y.dtype != out.dtype:
            raise NotBatched
        if out is not None and y.shape != (step.n, *out.shape):
            raise RuntimeError(
                f"vmap: the batched rule of {step.cls.name} returned {y.shape}, not {(step.n, *out.shape)}"
            )
    return ys


def plain(x):
    """The value of a Variable, which is not noted as read; an array as it is."""
    return _core.call_unfollowed(_core.array_of_any, x) if isinstance(x, Variable) else x
