"""`autograd.builtins`: containers, `isinstance` and `type`, where a Variable counts as its array."""

import builtins

from leopard.compat.autograd.tracer import getval

__all__ = ["dict", "isinstance", "list", "tuple", "type"]

tuple, list, dict = builtins.tuple, builtins.list, builtins.dict


def isinstance(x, kinds):
    """`isinstance` of the value of x, where x is a Variable."""
    return builtins.isinstance(getval(x), kinds)


def type(x):
    """`type` of the value of x, where x is a Variable."""
    return builtins.type(getval(x))
