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
    "container_take",
    "dict",
    "isinstance",
    "list",
    "make_sequence",
    "sequence_extend_left",
    "sequence_extend_right",
    "tuple",
    "type",
]

tuple, list, dict = builtins.tuple, builtins.list, builtins.dict
tuple_, list_, dict_ = tuple, list, dict
isinstance_, type_ = builtins.isinstance, builtins.type


def isinstance(x, kinds):
    """`isinstance` of the value of x, where x is a Variable; without axes it is an array and a number."""
    if builtins.isinstance(x, Variable):
        return builtins.isinstance(getval(x), kinds) or builtins.isinstance(x.data, kinds)
    return builtins.isinstance(x, kinds)


def type(x):
    """`type` of the value of x, where x is a Variable."""
    return builtins.type(getval(x))


def container_take(A, idx):
    """The part of a structure at an index or key."""
    return A[idx]


def make_sequence(seq_type, *args):
    """A list or tuple of the arguments behind its type."""
    return seq_type(args)


def sequence_extend_right(seq, *elts):
    """A list or tuple with further elements behind it."""
    return seq + builtins.type(seq)(elts)


def sequence_extend_left(seq, *elts):
    """A list or tuple with further elements in front."""
    return builtins.type(seq)(elts) + seq
