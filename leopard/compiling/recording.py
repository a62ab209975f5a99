"""A call is recorded for replay: values, the operations between them, and what the recording supposes."""

import numpy as np

from leopard import _core
from leopard._core import GraphReader, Variable
from leopard._core import RecordedNode as Node
from leopard._core import RecordedValue as Value
from leopard._pytrees import flatten
from leopard.functions._followed import FollowedArray, Recorder
from leopard.functions.basic.assignment import Alias

__all__ = [
    "CAPTURED",
    "CONSTANT",
    "INPUT",
    "RESULT",
    "Guard",
    "Node",
    "Recorded",
    "Recording",
    "NUMERIC",
    "Value",
    "as_kind",
    "from_graph",
    "is_plain",
    "kind_of",
    "record",
]

#: What a Value is.
INPUT, CAPTURED, CONSTANT, RESULT = range(4)


class Guard:
    """What the recording supposes: a value that Python has looked at.

    Attributes
    ----------
    value : Value
    expected : ndarray
        What it was; a replay in which it is anything else is not valid.
    made : type
        What it became: bool where Python has branched, int or float where it became a number.
    line : str
        The line of the user's that did so.
    """

    __slots__ = ("value", "expected", "made", "line")

    def __init__(self, value, expected, made, line):
        self.value, self.expected, self.made, self.line = value, expected, made, line


class Recording:
    """The operations of one call, in an order in which they can be computed.

    Attributes
    ----------
    inputs : list of Value
    nodes : list of Node
    guards : list of Guard
    outputs : list of Value
    variables : list of Variable
        Those that it reads, which take a gradient, and are neither arguments nor known to be outside.
    before : list of Variable
        Of a part of a recorded call: the inputs beside the given ones.
    has_strays : bool
        Whether it reads what belongs to another recording.
    outside : list of Variable
        Those that it reads which are known to be outside.
    """

    __slots__ = ("inputs", "nodes", "guards", "outputs", "variables", "before", "has_strays", "outside")

    def __init__(self, inputs, nodes, guards, outputs, variables=(), before=(), has_strays=False, outside=()):
        self.inputs, self.nodes, self.guards, self.outputs = inputs, nodes, guards, outputs
        self.variables, self.before, self.has_strays, self.outside = variables, before, has_strays, outside


def from_graph(
    inputs,
    outputs,
    recorder=None,
    is_captured=lambda array: False,
    is_part=False,
    outside=(),
    takes_leaves=False,
):
    """The recording of a graph.

    Parameters
    ----------
    inputs : list of Variable
        The arguments; a Variable without a creator that is none of them is a constant, or captured.
    outputs : list of Variable, ndarray or number
    recorder : Recorder, optional
        What was noticed beside the graph.
    is_captured : callable
        Whether an array is there outside of the function.
    is_part : bool
        Whether the call is a part of another one that is recorded.
    outside : sequence of Variable
        Variables that are there outside of the function: each replay reads their arrays.
    takes_leaves : bool
        Of a part: whether Variables from outside of it that take a gradient are inputs of the recording.

    Returns
    -------
    Recording
    """
    outputs = [_core.latest(y) if isinstance(y, Variable) else y for y in outputs]
    noticed = [] if recorder is None else recorder.guards
    lines = {} if recorder is None else recorder.lines
    reader = GraphReader(
        inputs, is_captured, Alias, FollowedArray, lines, is_part, list(outside), takes_leaves
    )
    reader.read([v for v, *_ in noticed] + outputs)
    guards = [Guard(reader.value(v), expected, made, line) for v, expected, made, line in noticed]
    found = [reader.value(y) for y in outputs]
    return Recording(
        reader.inputs, reader.nodes, guards, found, reader.variables, reader.before, reader.has_strays,
        reader.met,
    )  # fmt: skip


class Recorded:
    """One call that was recorded.

    Attributes
    ----------
    result : object
        What the function returned, with Variables in it.
    leaves : list
        The leaves of the result.
    form : Form
    recorder : Recorder
    inputs : list of Variable
        What the function was given for the numbers and arrays among its arguments.
    """

    __slots__ = ("result", "leaves", "form", "recorder", "inputs")

    def variables(self):
        """The Variables among the leaves that are no arguments."""
        given = set(map(id, self.inputs))
        return [x for x in self.leaves if isinstance(x, Variable) and id(x) not in given]


def record(call, arrays, is_captured=lambda array: False, rolls_loops=True, outside=()):
    """Call a function and record what it computes.

    Parameters
    ----------
    call : callable
        A function of the list of Variables that stand for the arrays.
    arrays : list of ndarray, numpy.generic, float or complex
        The numbers and arrays among the arguments.
    is_captured : callable
        Whether an array is there outside of the function.
    rolls_loops : bool
        Whether a step of a loop may be recorded for all steps.
    outside : sequence of Variable
        Those that the function may read beside its arguments.

    Returns
    -------
    Recorded
    """
    r = Recorded()
    r.inputs = [_input(x) for x in arrays]
    with Recorder(is_captured, rolls_loops, outside) as r.recorder:
        for v, x in zip(r.inputs, arrays, strict=True):
            r.recorder.kinds[id(v)] = (
                "array" if isinstance(x, np.ndarray) else "float" if type(x) is float else None
            )
        r.result = _core.call_followed(lambda: call(r.inputs), r.inputs, r.recorder.lines, list(outside))
    r.leaves, r.form = flatten(r.result)
    return r


#: Kinds of numbers that are recorded.
NUMERIC = "fciub"


def is_plain(x):
    """Whether an object is an array that can be an input of a recording."""
    return type(x) is np.ndarray and x.dtype.kind in NUMERIC and x.dtype.isnative and x.flags.aligned


def _input(x):
    if type(x) is float:
        return _core.python_number(x)
    return Variable(_copy(np.asarray(x)))


def _copy(x):
    """A copy with the same strides: what a function writes into it does not reach the caller's array."""
    if not x.size:
        return x
    y = x.copy("K")
    if y.strides != x.strides:
        low, high = np.lib.array_utils.byte_bounds(x)
        start = x.__array_interface__["data"][0] - low
        y = np.ndarray(x.shape, x.dtype, np.empty(high - low, np.uint8), start, x.strides)
        y[...] = x
    return y


def kind_of(v, kinds):
    """What a Variable is where nothing is recorded: a "float", a "scalar" of NumPy's, or an "array"."""
    if _core.is_python_number(v):
        return "float"
    if kinds.get(id(v)) == "array" or v.ndim:
        return "array"
    return "scalar"


def as_kind(kind, array):
    """An array as what it is where nothing is recorded."""
    if kind == "variable":
        return _core.constant(array)
    if kind == "leaf":
        return Variable(array)
    if kind == "graph":
        return array
    return array if kind == "array" else array[()].item() if kind == "float" else array[()]
