"""The arguments of a call, in which the Variables can be replaced by other values."""

from leopard._core import Variable
from leopard._pytrees import flatten, unflatten


class Arguments:
    """The positional and keyword arguments of one call.

    Attributes
    ----------
    variables : list of Variable
        The Variables in the arguments and in their nested structures, in order.
    """

    def __init__(self, args, kwargs=None):
        self.names = tuple(kwargs or ())
        self.given = [*args, *(kwargs or {}).values()]
        self.parts = [_Part(x) for x in self.given]
        self.variables = [v for part in self.parts for v in part.variables()]

    def replaced(self, values):
        """(args, kwargs) with the Variables replaced by these values, and all else unchanged."""
        values = iter(values)
        filled = [part.replaced(x, values) for x, part in zip(self.given, self.parts, strict=True)]
        n = len(filled) - len(self.names)
        return filled[:n], dict(zip(self.names, filled[n:], strict=True))


class _Part:
    __slots__ = ("leaves", "form")

    def __init__(self, x):
        self.leaves, self.form = flatten(x)

    def variables(self):
        return [x for x in self.leaves if isinstance(x, Variable)]

    def replaced(self, x, values):
        if not any(isinstance(leaf, Variable) for leaf in self.leaves):
            return x
        return unflatten(self.form, [next(values) if isinstance(v, Variable) else v for v in self.leaves])
