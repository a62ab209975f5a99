"""Whether two recordings of a function are the same, to the last bit of every constant."""

import functools
import types

import numpy as np

from leopard.compiling.recording import CAPTURED, CONSTANT


def difference(a, b):
    """Where two recordings differ: a text, or None where they do not."""
    if len(a.nodes) != len(b.nodes):
        return f"one call has recorded {len(a.nodes)} operations, another {len(b.nodes)}"
    places_a, places_b = {}, {}
    _number(places_a, a.inputs)
    _number(places_b, b.inputs)
    for m, n in zip(a.nodes, b.nodes, strict=True):
        name = getattr(m.cls, "name", None) or m.cls.__name__
        if m.cls is not n.cls or len(m.inputs) != len(n.inputs):
            return f"an operation was {name} in one call, and {getattr(n.cls, 'name', n.cls.__name__)} in another"
        for x, y in zip(m.inputs, n.inputs, strict=True):
            if not _same_value(x, y, places_a, places_b):
                return f"an operand of {name} differs between two calls with the same branches"
        if not same(m.option, n.option, places_a, places_b):
            return f"an option of {name} differs between two calls with the same branches"
        _number(places_a, m.outputs)
        _number(places_b, n.outputs)
    for x, y in zip(a.outputs, b.outputs, strict=False):
        if not _same_value(x, y, places_a, places_b):
            return "a result differs between two calls with the same branches"
    return None if len(a.outputs) == len(b.outputs) else "the number of results differs"


def _number(places, values):
    for value in values:
        if value is None:
            continue
        places.setdefault(id(value), len(places))


def _same_value(x, y, places_a, places_b):
    if x.kind != y.kind or x.weak != y.weak or x.shape != y.shape or x.dtype != y.dtype:
        return False
    if x.kind == CAPTURED:
        return x.array.__array_interface__["data"] == y.array.__array_interface__["data"]
    if x.kind == CONSTANT:
        return same_bits(np.asarray(x.array), np.asarray(y.array))
    return places_a.get(id(x)) == places_b.get(id(y))


def same_bits(a, b):
    """Whether two arrays are of one type and shape and have the same bits."""
    if a.shape != b.shape or a.dtype != b.dtype:
        return False
    if a.dtype.hasobject:
        return a.tolist() == b.tolist()
    return a.tobytes() == b.tobytes()


def same(a, b, places_a, places_b):
    """Whether two options of recorded operations are the same."""
    if a is b:
        return True
    if type(a) is not type(b):
        return False
    if isinstance(a, np.ndarray):
        return same_bits(a, b)
    if isinstance(a, (tuple, list)):
        return len(a) == len(b) and all(same(x, y, places_a, places_b) for x, y in zip(a, b, strict=True))
    if isinstance(a, dict):
        return a.keys() == b.keys() and all(same(a[k], b[k], places_a, places_b) for k in a)
    if isinstance(a, types.FunctionType):
        return _same_functions(a, b, places_a, places_b)
    if isinstance(a, functools.partial):
        parts = (a.func, a.args, a.keywords), (b.func, b.args, b.keywords)
        return same(*parts, places_a, places_b)
    if id(a) in places_a:
        return places_a[id(a)] == places_b.get(id(b))
    if hasattr(a, "__slots__") and type(a).__eq__ is object.__eq__:
        return all(
            same(getattr(a, name, None), getattr(b, name, None), places_a, places_b)
            for name in type(a).__slots__
        )
    try:
        return bool(a == b)
    except (TypeError, ValueError):
        return False


def _same_functions(f, g, places_a, places_b):
    """Whether two functions have the same code, and the same in their cells and defaults."""
    if f.__code__ is not g.__code__:
        return False
    cells = [[cell.cell_contents for cell in h.__closure__ or ()] for h in (f, g)]
    return same(cells[0], cells[1], places_a, places_b) and same(
        f.__defaults__, g.__defaults__, places_a, places_b
    )
