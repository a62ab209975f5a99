"""A call is recorded for replay: values, the operations between them, and what the recording supposes."""

import numpy as np

from leopard import _core
from leopard._core import Variable, operation_of
from leopard._pytrees import flatten
from leopard.functions._followed import FollowedArray, Recorder
from leopard.functions.basic.assignment import Alias

#: What a Value is.
INPUT, CAPTURED, CONSTANT, RESULT = range(4)


class Value:
    """An array or number of a recording.

    Attributes
    ----------
    kind : int
        INPUT: an argument of the call, the one of this `number`. CAPTURED: an array that is there outside of the
        function, and is read at each call. CONSTANT: an array or number that does not change. RESULT: what
        a node computes.
    shape : tuple of int
    dtype : numpy.dtype
    weak : bool
        Whether it is a Python number, which takes the type of the arrays that it meets.
    array : ndarray, float or None
        Of a captured array and of a constant: its value.
    number : int
        Of an input.
    strides : tuple of int or None
        Of an input, and of a result whose class computes it in Python; None where it is in C order.
    """

    __slots__ = ("kind", "shape", "dtype", "weak", "array", "number", "strides")

    def __init__(self, kind, shape, dtype, weak=False, array=None, number=-1, strides=None):
        self.kind, self.shape, self.dtype, self.weak = kind, shape, dtype, weak
        self.array, self.number, self.strides = array, number, strides


class Node:
    """One operation of a recording.

    Attributes
    ----------
    cls : type
        The class of the Function that was recorded.
    operation : Operation or None
        What the core knows of it; None for a class of a user's, which is called in Python.
    option : object
        Its options, or None. An array among them that was computed from the inputs is a Value here.
    inputs, outputs : tuple of Value
        In the place of an output that no longer exists there may be None.
    """

    __slots__ = ("cls", "operation", "option", "inputs", "outputs")

    def __init__(self, cls, operation, option, inputs, outputs):
        self.cls, self.operation, self.option = cls, operation, option
        self.inputs, self.outputs = inputs, outputs


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
        Those from outside, which take a gradient, that it reads.
    """

    __slots__ = ("inputs", "nodes", "guards", "outputs", "variables")

    def __init__(self, inputs, nodes, guards, outputs, variables=()):
        self.inputs, self.nodes, self.guards, self.outputs = inputs, nodes, guards, outputs
        self.variables = variables


class _Reader:
    """Reads a graph into a Recording; it keeps what it has met, so that no identity is taken twice."""

    def __init__(self, inputs, is_captured):
        self.values, self.kept, self.nodes = {}, list(inputs), []
        self.variables = []
        self.is_captured = is_captured
        self.functions = set()
        self.inputs = []
        for k, x in enumerate(inputs):
            value = Value(INPUT, x.shape, x.dtype, _core.is_python_number(x), number=k, strides=strides_of(x))
            self.inputs.append(value)
            self.values[id(x)] = value

    def value(self, x):
        """The Value of a Variable, array or number."""
        found = self.values.get(id(x))
        if found is None:
            self.kept.append(x)
            found = self.values[id(x)] = self._outside(x)
        return found

    def _outside(self, x):
        weak = type(x) in (int, float, complex)
        if isinstance(x, Variable):
            weak = _core.is_python_number(x)
            if _core.is_outer(x):
                self.variables.append(x)
            x = _core.array_of_any(x)
        array = np.asarray(x)
        if not weak and self.is_captured(array):
            return Value(CAPTURED, array.shape, array.dtype, array=array, strides=array.strides)
        return Value(CONSTANT, array.shape, array.dtype, weak, array[()].item() if weak else array)

    def option(self, option, found):
        """An option in which a Value stands for each followed array; these arrays are appended to `found`."""
        if type(option) is FollowedArray:
            found.append(option.variable)
            return option
        if isinstance(option, tuple):
            for part in option:
                self.option(part, found)
        return option

    def read(self, roots):
        """Append what the Variables `roots` are computed from, each operation behind those of its inputs."""
        waiting = [(x.creator, None, None) for x in reversed(roots) if isinstance(x, Variable)]
        while waiting:
            function, operands, more = waiting.pop()
            if function is None:
                continue
            if operands is not None:
                self._append(function, operands)
                continue
            if id(function) in self.functions:
                continue
            self.functions.add(id(function))
            self.kept.append(function)
            operands = function.inputs
            option = function.option
            waiting.append((function, operands, None))
            if option is not None:
                more = []
                self.option(option, more)
                operands = (*operands, *more)
            for x in reversed(operands):
                if id(x) not in self.values:
                    waiting.append((x.creator, None, None))

    def _append(self, function, operands):
        if type(function) is Alias:
            self._identify(function.outputs[0](), operands[0])
            return
        made = []
        for reference in function.outputs:
            y = reference()
            if y is None:
                made.append(None)
                continue
            value = Value(RESULT, y.shape, y.dtype, _core.is_python_number(y), strides=strides_of(y))
            self.values[id(y)] = value
            self.kept.append(y)
            made.append(value)
        cls = type(function)
        inputs = tuple([self.value(x) for x in operands])
        option = function.option
        if option is not None:
            option = self._with_values(option)
        self.nodes.append(Node(cls, operation_of(cls), option, inputs, tuple(made)))

    def _identify(self, y, x):
        """Let an alias be the Value of its original; that of a Python number is a number of its own type."""
        value = self.value(x)
        if value.weak and value.kind == INPUT:
            value = Value(INPUT, value.shape, value.dtype, number=value.number)
        self.values[id(y)] = value
        self.kept.append(y)

    def _with_values(self, option):
        if type(option) is FollowedArray:
            return self.value(option.variable)
        if type(option) is tuple:
            return tuple([self._with_values(part) for part in option])
        return option


def strides_of(v):
    """The strides of the value of a Variable; None where it has no axes."""
    return _core.array_of_any(v).strides if v.ndim else None


def from_graph(inputs, outputs, recorder=None, is_captured=lambda array: False):
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

    Returns
    -------
    Recording
    """
    noticed = [] if recorder is None else recorder.guards
    reader = _Reader(inputs, is_captured)
    reader.read([v for v, *_ in noticed] + outputs)
    guards = [Guard(reader.value(v), expected, made, line) for v, expected, made, line in noticed]
    found = [reader.value(y) for y in outputs]
    return Recording(reader.inputs, reader.nodes, guards, found, reader.variables)


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


def record(call, arrays):
    """Call a function and record what it computes.

    Parameters
    ----------
    call : callable
        A function of the list of Variables that stand for the arrays.
    arrays : list of ndarray, numpy.generic, float or complex
        The numbers and arrays among the arguments.

    Returns
    -------
    Recorded
    """
    r = Recorded()
    r.inputs = [_input(x) for x in arrays]
    with Recorder() as r.recorder:
        for v, x in zip(r.inputs, arrays, strict=True):
            r.recorder.kinds[id(v)] = (
                "array" if isinstance(x, np.ndarray) else "float" if type(x) is float else None
            )
        r.result = _core.call_followed(lambda: call(r.inputs), r.inputs)
    r.leaves, r.form = flatten(r.result)
    return r


def _input(x):
    if type(x) is float:
        return _core.python_number(x)
    return Variable(np.asarray(x))
