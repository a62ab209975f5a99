"""The boxes of autograd, as classes of which Variables are instances.

Autograd puts each traced value into a box, a dict as well as an array. Here an array in a recorded call is a
Variable, and a dict of arrays is a dict of Variables; `isinstance` of a box sees them so.
"""

import builtins
import threading

import numpy as np

from leopard._core import Variable, add_method, array_of_any
from leopard._pytrees import flatten

__all__ = ["ArrayBox", "Box", "DictBox", "ListBox", "SequenceBox", "TupleBox", "getval", "isbox"]


class _BoxKind(type):
    """The class of the boxes: their instances are Variables, or structures with a Variable inside."""

    def __instancecheck__(cls, x):
        kinds = cls.__dict__.get("boxed")
        if kinds is None:
            return type.__instancecheck__(cls, x)
        if builtins.isinstance(x, Variable):
            return Variable in kinds
        return builtins.isinstance(x, kinds) and any(builtins.isinstance(y, Variable) for y in flatten(x)[0])

    def __subclasscheck__(cls, other):
        return type.__subclasscheck__(cls, other) or (
            other is not object and Variable in cls.__dict__.get("boxed", ()) and issubclass(other, Variable)
        )

    def __eq__(cls, other):
        """`ArrayBox` is equal to the class of a Variable: programs compare ``type(x) == ArrayBox``."""
        return cls is other or (other is Variable and cls.__dict__.get("boxed") == (Variable,))

    def __hash__(cls):
        return hash(Variable) if cls.__dict__.get("boxed") == (Variable,) else type.__hash__(cls)

    def __getattr__(cls, name):
        if Variable in cls.__dict__.get("boxed", ()):
            return getattr(Variable, name)
        raise AttributeError(f"type object {cls.__name__!r} has no attribute {name!r}")

    def __setattr__(cls, name, value):
        """A method given to `ArrayBox` becomes one of Variable; one that Variable has already is kept."""
        if name.startswith("__") or Variable not in cls.__dict__.get("boxed", ()):
            type.__setattr__(cls, name, value)
        elif not hasattr(Variable, name):
            add_method(name, value)


class Box(metaclass=_BoxKind):
    """What is traced: a Variable, or a list, tuple or dict with a Variable inside."""

    boxed = (Variable, list, tuple, dict)
    type_mappings = {}
    types = set()

    @classmethod
    def register(cls, value_type):
        """Name the box of a type of values. An array of a subclass of ndarray becomes a Variable anyway."""
        Box.types.add(cls)
        Box.type_mappings[value_type] = cls
        Box.type_mappings[cls] = cls


class ArrayBox(Box):
    """A traced array: a Variable."""

    boxed = (Variable,)


class SequenceBox(Box):
    """A list or tuple with a Variable inside."""

    boxed = (list, tuple)


class ListBox(SequenceBox):
    """A list with a Variable inside."""

    boxed = (list,)


class TupleBox(SequenceBox):
    """A tuple with a Variable inside."""

    boxed = (tuple,)


class DictBox(Box):
    """A dict with a Variable inside."""

    boxed = (dict,)


for _kind in (np.ndarray, float, complex, *np.sctypeDict.values()):
    if issubclass(_kind, (np.ndarray, np.inexact, float, complex)):
        ArrayBox.register(_kind)
for _kind in (tuple, list):
    SequenceBox.register(_kind)
DictBox.register(dict)


def isbox(x):
    """Whether x is a Variable."""
    return builtins.isinstance(x, Variable)


class _Watched(threading.local):
    """The Variables, by their id, of which `values_read` notices that a rule takes the value by `getval`."""

    ids = frozenset()
    read = False


_watched = _Watched()


def values_read(variables, rule, *args):
    """(what a rule returns, whether it took the value of one of these Variables).

    Such a rule is one of numbers: what it computes from a value is not recorded.
    """
    before = _watched.ids, _watched.read
    _watched.ids, _watched.read = {id(v) for v in variables}, False
    try:
        return rule(*args), _watched.read
    finally:
        _watched.ids, _watched.read = before


def getval(x):
    """The value of a Variable, an array or a number of NumPy's; anything else unchanged."""
    if not builtins.isinstance(x, Variable):
        return x
    if id(x) in _watched.ids:
        _watched.read = True
    return array_of_any(x)[()]


add_method("_value", property(getval))
