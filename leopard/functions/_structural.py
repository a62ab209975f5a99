"""The array functions that the core itself calls, connected to it in this one place.

The core refers to no other operation by name. These add gradients up, undo broadcasting, give a gradient the
dtype and the shape of its Variable, copy it, and record assignments.
"""

import numpy as np

from leopard._core import Variable, as_variable, connect_structural
from leopard.functions.basic.arithmetic import add
from leopard.functions.basic.assignment import Alias, SetItem, where_taken
from leopard.functions.basic.complex import real
from leopard.functions.basic.shape import aligned, astype, broadcast_to, duplicate, reshape, sum_to
from leopard.functions.manipulation.joining import stack


def stacked(values):
    """The value of an assignment, where it is a list: stacked where Variables are in it."""
    for value in values:
        if isinstance(value, (list, tuple, Variable)):
            return stack([as_variable(stacked(v) if isinstance(v, (list, tuple)) else v) for v in values])
    return np.asarray(values)


connect_structural(
    add=add,
    alias=Alias.operation,
    aligned=aligned,
    astype=astype,
    broadcast_to=broadcast_to,
    duplicate=duplicate,
    real=real,
    reshape=reshape,
    setitem=SetItem.operation,
    stack=stack,
    stacked=stacked,
    sum_to=sum_to,
    where_taken=where_taken,
)
