"""The array functions that the core itself calls, connected to it in this one place.

The core refers to no other operation by name. These add gradients up, undo broadcasting, give a gradient the
dtype and the shape of its Variable, copy it, and record assignments.
"""

from leopard._core import connect_structural
from leopard.functions.basic.arithmetic import add
from leopard.functions.basic.assignment import Alias, SetItem, where_taken
from leopard.functions.basic.complex import real
from leopard.functions.basic.shape import aligned, astype, broadcast_to, duplicate, reshape, sum_to
from leopard.functions.manipulation.joining import joined, stack

connect_structural(
    add=add,
    alias=Alias.operation,
    aligned=aligned,
    astype=astype,
    broadcast_to=broadcast_to,
    duplicate=duplicate,
    joined=joined,
    real=real,
    reshape=reshape,
    setitem=SetItem.operation,
    stack=stack,
    sum_to=sum_to,
    where_taken=where_taken,
)
