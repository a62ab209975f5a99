"""What a recorded call of a function computes: values, the operations between them, and guards."""

import numpy as np

from leopard._core import Function, Variable, operation_of, weak_number

#: What a Value is.
INPUT, CAPTURED, CONSTANT, RESULT = range(4)


class Value:
    """An array or number of a recording.

    Attributes
    ----------
    kind : int
        INPUT: an argument of the call, the one of this `number`. CAPTURED: an array that lives outside the
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
    line : str or None
        The line of the function that is recorded, such as "model.py:12".
    """

    __slots__ = ("cls", "operation", "option", "inputs", "outputs", "line")

    def __init__(self, cls, operation, option, inputs, outputs, line=None):
        self.cls, self.operation, self.option = cls, operation, option
        self.inputs, self.outputs, self.line = inputs, outputs, line


class Guard:
    """What the recording supposes: a value that Python has looked at.

    Attributes
    ----------
    value : Value
    expected : ndarray or number
        What it was; a replay in which it is anything else is not valid.
    line : str or None
    place : int or None
        How many nodes were recorded before Python looked at the value; None for all of them. What Python
        computes behind a guard does not run where the guard fails.
    """

    __slots__ = ("value", "expected", "line", "place")

    def __init__(self, value, expected, line=None, place=None):
        self.value, self.expected, self.line, self.place = value, expected, line, place


class Recording:
    """The operations of one call, in an order in which they can be computed.

    Attributes
    ----------
    inputs : list of Value
    nodes : list of Node
    guards : list of Guard
    outputs : list of Value
    """

    __slots__ = ("inputs", "nodes", "guards", "outputs")

    def __init__(self, inputs, nodes, guards, outputs):
        self.inputs, self.nodes, self.guards, self.outputs = inputs, nodes, guards, outputs


def from_graph(inputs, outputs):
    """The recording of a graph.

    Parameters
    ----------
    inputs : list of Variable
        The arguments; a Variable without a creator that is none of them is a constant.
    outputs : list of Variable, ndarray or number

    Returns
    -------
    Recording
    """
    values = {}  # by the identity of a Variable; the graph keeps them all
    given = [
        Value(INPUT, x.shape, x.dtype, number=k, strides=x.data.strides if x.shape else None)
        for k, x in enumerate(inputs)
    ]
    for x, value in zip(inputs, given, strict=True):
        values[id(x)] = value
    kept = []

    def of(x):
        value = values.get(id(x))
        if value is None:
            kept.append(x)
            if isinstance(x, Variable) and weak_number(x) is not None:
                value = Value(CONSTANT, x.shape, x.dtype, weak=True, array=weak_number(x))
            elif isinstance(x, Variable):
                value = Value(CONSTANT, x.shape, x.dtype, array=x.data)
            else:
                x = np.asarray(x)
                value = Value(CONSTANT, x.shape, x.dtype, array=x)
            values[id(x)] = value
        return value

    nodes = []
    seen = set()
    waiting = [
        (x.creator, None) for x in reversed(outputs) if isinstance(x, Variable) and x.creator is not None
    ]
    while waiting:
        function, operands = waiting.pop()
        if operands is not None:
            made = []
            for reference in function.outputs:
                y = reference()
                if y is None:
                    made.append(None)
                    continue
                value = Value(RESULT, y.shape, y.dtype, strides=y.data.strides if len(y.shape) > 1 else None)
                values[id(y)] = value
                kept.append(y)
                made.append(value)
            nodes.append(
                Node(
                    type(function),
                    operation_of(type(function)),
                    function.option,
                    tuple([of(x) for x in operands]),
                    tuple(made),
                )
            )
            continue
        if id(function) in seen:
            continue
        seen.add(id(function))
        kept.append(function)
        operands = function.inputs
        waiting.append((function, operands))
        for x in reversed(operands):
            if id(x) not in values and x.creator is not None:
                waiting.append((x.creator, None))
    return Recording(given, nodes, [], [of(y) for y in outputs])


__all__ = [
    "CAPTURED",
    "CONSTANT",
    "INPUT",
    "RESULT",
    "Function",
    "Guard",
    "Node",
    "Recording",
    "Value",
    "from_graph",
]
