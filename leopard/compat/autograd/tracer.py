"""`autograd.tracer`: `isbox` and `getval`."""

from leopard._core import Variable, array_of_any

__all__ = ["Box", "getval", "isbox"]

Box = Variable


def isbox(x):
    """Whether x is a Variable."""
    return isinstance(x, Variable)


def getval(x):
    """The value of a Variable; anything else unchanged."""
    return array_of_any(x) if isinstance(x, Variable) else x
