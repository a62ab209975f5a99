"""The arguments of a call, in which the Variables can be replaced by other values."""

from leopard._core import Variable
from leopard._pytrees import NUMBERS, flatten, unflatten

#: The types of the arguments that are no Variables and hold none.
PLAIN = NUMBERS - {Variable}


class Arguments:
    """The positional and keyword arguments of one call.

    Attributes
    ----------
    given : list
        The arguments, those given by keyword behind the others.
    variables : list of Variable
        The Variables in the arguments and in their nested structures, in order.
    places : list of int
        The positions in `given` of the arguments that are a Variable or hold some.
    nested : dict
        For the positions of those that hold some the `Part`.
    """

    __slots__ = ("names", "given", "variables", "places", "nested")

    def __init__(self, args, kwargs=None):
        self.names = tuple(kwargs or ())
        self.given = [*args, *kwargs.values()] if kwargs else list(args)
        self.variables, self.places, self.nested = [], [], {}
        for i, x in enumerate(self.given):
            kind = type(x)
            if kind is Variable:
                self.variables.append(x)
                self.places.append(i)
            elif kind not in NUMBERS:
                part = Part(x)
                if found := part.variables():
                    self.variables += found
                    self.places.append(i)
                    self.nested[i] = part

    def parts(self):
        """For each argument its `Part`."""
        return [self.part(i) for i in range(len(self.given))]

    def part(self, i):
        """The leaves and the form of one argument."""
        return self.nested.get(i) or Part(self.given[i])

    def replaced(self, values):
        """(args, kwargs) with the Variables replaced by these values, and all else unchanged."""
        values, filled = iter(values), list(self.given)
        for i in self.places:
            filled[i] = self.nested[i].replaced(values) if i in self.nested else next(values)
        if not self.names:
            return filled, {}
        n = len(filled) - len(self.names)
        return filled[:n], dict(zip(self.names, filled[n:], strict=True))


class Part:
    """One argument: its leaves, and how they are nested."""

    __slots__ = ("leaves", "form")

    def __init__(self, x):
        self.leaves, self.form = flatten(x)

    def variables(self):
        return [x for x in self.leaves if isinstance(x, Variable)]

    def replaced(self, values):
        """The argument with its Variables replaced by the next of these values."""
        return unflatten(self.form, [next(values) if isinstance(v, Variable) else v for v in self.leaves])
