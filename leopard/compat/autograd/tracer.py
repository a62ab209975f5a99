"""`autograd.tracer`: what is a Variable, and the value of one."""

from leopard._core import Variable, array_of_any

__all__ = ["Box", "getval", "isbox"]

Box = Variable


def isbox(x):
    """Is x a Variable?"""
    return isinstance(x, Variable)


def getval(x):
    """The array that a Variable holds; anything else as it is."""
    return array_of_any(x) if isinstance(x, Variable) else x
