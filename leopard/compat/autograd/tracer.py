"""`autograd.tracer`: `isbox` and `getval`, and `_value` of a Variable."""

from leopard._core import Variable, add_method, array_of_any
from leopard.compat.autograd._boxes import Box

__all__ = ["Box", "getval", "isbox"]


def isbox(x):
    """Whether x is a Variable."""
    return isinstance(x, Variable)


def getval(x):
    """The value of a Variable, an array or a number of NumPy's; anything else unchanged."""
    return array_of_any(x)[()] if isinstance(x, Variable) else x


add_method(
    "_value", property(getval, doc="The value, an array or a number of NumPy's, as autograd's boxes have it.")
)
