"""`autograd.tracer`: boxes, nodes, and the primitives."""

from leopard.compat.autograd._boxes import Box, getval, isbox
from leopard.compat.autograd._nodes import Node, TraceStack, new_box, trace, trace_stack
from leopard.compat.autograd._tuples import subvals, toposort
from leopard.compat.autograd.extend import notrace_primitive, primitive, register_notrace

__all__ = [
    "Box",
    "Node",
    "TraceStack",
    "box_type_mappings",
    "box_types",
    "getval",
    "isbox",
    "new_box",
    "notrace_primitive",
    "primitive",
    "register_notrace",
    "subvals",
    "toposort",
    "trace",
    "trace_stack",
]

box_types, box_type_mappings = Box.types, Box.type_mappings
