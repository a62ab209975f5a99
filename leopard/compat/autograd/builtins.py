"""`autograd.builtins`: containers, `isinstance` and `type`, where a Variable counts as its value."""

import builtins

from leopard._core import Variable
from leopard.compat.autograd._boxes import DictBox, ListBox, SequenceBox, TupleBox, getval
from leopard.compat.autograd._vspaces import (
    ContainerVSpace,
    DictVSpace,
    ListVSpace,
    NamedTupleVSpace,
    SequenceVSpace,
    TupleVSpace,
)

__all__ = [
    "ContainerVSpace",
    "DictBox",
    "DictVSpace",
    "ListBox",
    "ListVSpace",
    "NamedTupleVSpace",
    "SequenceBox",
    "SequenceVSpace",
    "TupleBox",
    "TupleVSpace",
    "dict",
    "isinstance",
    "list",
    "tuple",
    "type",
]

tuple, list, dict = builtins.tuple, builtins.list, builtins.dict


def isinstance(x, kinds):
    """`isinstance` of the value of x, where x is a Variable; without axes it is an array and a number."""
    if builtins.isinstance(x, Variable):
        return builtins.isinstance(getval(x), kinds) or builtins.isinstance(x.data, kinds)
    return builtins.isinstance(x, kinds)


def type(x):
    """`type` of the value of x, where x is a Variable."""
    return builtins.type(getval(x))
