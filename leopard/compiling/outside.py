"""Variables that a compiled function reads beside its arguments: parameters of a model, above all.

A replay reads their arrays as they are at the call. Where the result has a graph, the call is one recorded
operation of them (`differentiating.connected`).
"""

from leopard import _core
from leopard.compiling.recording import CAPTURED

__all__ = ["captured_arrays", "kind_of_variable", "reason_of_variables", "restore"]


def kind_of_variable(y):
    """What a Variable among the leaves of a result is: part of a graph, a constant, or a leaf."""
    if _core.is_constant(y):
        return "variable"
    return "leaf" if y.creator is None else "graph"


def captured_arrays(nodes, outputs):
    """The arrays from outside that operations and outputs of a Recording read."""
    values = [x for node in nodes for x in node.inputs] + outputs
    return [x.array for x in values if x.kind == CAPTURED and x.variable is None]


def restore(variables, gradients):
    """Let Variables have these gradients again; whether one had another."""
    changed = False
    for v, g in zip(variables, gradients, strict=True):
        if v.grad is not g:
            v.grad, changed = g, True
    return changed


def reason_of_variables(graph, graded, traced, reach):
    """Why a recording that reads Variables from outside cannot be replayed, or None.

    Parameters
    ----------
    graph : Recording
    graded : bool
        Whether the call has set the gradient of a Variable.
    traced : list of Variable
        Those of a transform that is calling.
    reach : Reach
    """
    if graded:
        return "it sets the gradient of a Variable from outside"
    if graph.variables and not (reach.complete and all(v.creator is None for v in graph.variables)):
        return "it reads a Variable from outside that is found nowhere; pass it as an argument"
    if any(v is x for v in traced for x in graph.outside):
        return "it reads a Variable of a transform that calls it; pass it as an argument"
    return None
