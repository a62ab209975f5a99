"""Functions whose closure is kept apart: the Variables in it become inputs, the rest is frozen.

A solution is differentiated later than it is computed, when names that its function closes over may stand for
something else. What is compiled of a function is kept for later calls with it, or with another function of
the same code and the same contents of its closure, such as a lambda in a loss function.
"""

import dis
import threading
import types

from leopard._core import Variable
from leopard._pytrees import Open, flatten

__all__ = ["Closure", "kept", "key_of", "remembered"]

#: So many functions are kept with what has been compiled of them.
MOST = 16
_kept, _lock = {}, threading.RLock()


def remembered(key, alive, make):
    """What ``make()`` returned when this key was last unknown.

    `alive` are the objects that the key names by identity: they are kept as long as the key.
    """
    with _lock:
        found = _kept.pop(key, None) or (make(), alive)
        _kept[key] = found  # the last one that was used stands last
        while len(_kept) > MOST:
            del _kept[next(iter(_kept))]
    return found[0]


def kept(make, fun, *options):
    """(what ``make(fun, closure, *options)`` returned when it was first called, the Variables of fun)."""
    closure = Closure(fun)
    key = make, key_of(fun), options
    return remembered(key, (fun, closure), lambda: make(fun, closure, *options)), closure.variables


class Closure:
    """A function with copies of its closure cells, and the Variables in them apart.

    Cells that hold functions, or structures with Variables, are looked into, too. Cells that the function
    itself writes into stay what they are.

    Attributes
    ----------
    variables : list of Variable
    make : callable
        Given a list of values for the Variables, it returns the function with these in its cells.
    contents : list
        What stands in the cells.
    """

    def __init__(self, f):
        self.variables, self.contents = [], []
        self.make = self._frozen(f)

    def _frozen(self, f):
        if isinstance(f, types.MethodType):
            inner, owner = self._frozen(f.__func__), f.__self__
            return lambda values: types.MethodType(inner(values), owner)
        if not isinstance(f, types.FunctionType) or not f.__closure__:
            return lambda values: f
        written = _written(f.__code__)
        cells = [
            _unchanged(cell) if name in written else self._frozen_cell(cell)
            for name, cell in zip(f.__code__.co_freevars, f.__closure__, strict=True)
        ]

        def make(values):
            again = types.FunctionType(
                f.__code__, f.__globals__, f.__name__, f.__defaults__, tuple([cell(values) for cell in cells])
            )
            again.__kwdefaults__ = f.__kwdefaults__
            return again

        return make

    def _frozen_cell(self, cell):
        """A function of values for the Variables, which returns a cell with these in it."""
        try:
            content = cell.cell_contents
        except ValueError:  # a cell that is not filled yet
            return _unchanged(cell)
        self.contents.append(content)
        if _is_inner(content, cell):
            inner = self._frozen(content)
            return lambda values: types.CellType(inner(values))
        leaves, form = flatten(content)
        places = [k for k, x in enumerate(leaves) if isinstance(x, Variable)]
        if not places:
            return _unchanged(types.CellType(content))
        start, structure = len(self.variables), Open(form, leaves, places)
        self.variables += [leaves[k] for k in places]
        return lambda values: types.CellType(structure.filled(values[start : start + len(places)]))


def _unchanged(cell):
    return lambda values: cell


def _is_inner(x, cell):
    """Whether the content of a cell is a function with a closure of its own."""
    return isinstance(x, types.FunctionType) and x.__closure__ and cell not in x.__closure__


def _written(code):
    """The names of the cells from outside that a code, or one within it, writes into."""
    found = {
        i.argval for i in dis.get_instructions(code) if i.opname in ("STORE_DEREF", "DELETE_DEREF")
    } & set(code.co_freevars)
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            found |= _written(constant) & set(code.co_freevars)
    return found


def key_of(f):
    """What tells functions apart that compute different things, but for the Variables that they close over.

    What is compared by identity must be kept alive as long as the key, which a `Closure` of f does.
    """
    if isinstance(f, types.MethodType):
        return id(f.__self__), key_of(f.__func__)
    if not isinstance(f, types.FunctionType):
        return id(f)
    written = _written(f.__code__) if f.__closure__ else ()
    cells = tuple(
        [
            id(cell) if name in written else _key_of_cell(cell)
            for name, cell in zip(f.__code__.co_freevars, f.__closure__ or (), strict=True)
        ]
    )
    return id(f.__code__), id(f.__globals__), id(f.__defaults__), id(f.__kwdefaults__), cells


def _key_of_cell(cell):
    try:
        x = cell.cell_contents
    except ValueError:
        return id(cell)
    if _is_inner(x, cell):
        return key_of(x)
    leaves, form = flatten(x)
    if any(isinstance(leaf, Variable) for leaf in leaves):
        return form.kind, tuple(form.places()), tuple(map(_key_of_leaf, leaves))
    return _key_of_leaf(x)


def _key_of_leaf(x):
    if isinstance(x, Variable):
        return Variable
    return (type(x), repr(x)) if isinstance(x, (int, float, complex, str)) else id(x)
