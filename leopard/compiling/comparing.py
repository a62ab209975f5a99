"""Whether two recordings of a function are the same, to the last bit of every constant; and two results."""

import functools
import types

import numpy as np

from leopard import _core
from leopard._core import Variable, first_different
from leopard._pytrees import flatten
from leopard.compiling.recording import CAPTURED, CONSTANT, Value


def difference(a, b):
    """Where two recordings differ: a text, or None where they do not."""
    k = first_different(a.nodes, b.nodes, _same_constants, same)
    if k >= 0:
        m, n = [x.nodes[k] if k < len(x.nodes) else None for x in (a, b)]
        if m is None or n is None:
            return f"one call has recorded {len(a.nodes)} operations, another {len(b.nodes)}"
        if m.cls is not n.cls:
            return f"an operation was {_name(m)} in one call, and {_name(n)} in another"
        return f"what {_name(m)} was called with differs between two calls with the same branches"
    for x, y in zip(a.outputs, b.outputs, strict=False):
        if x.kind != y.kind or x.weak != y.weak or x.place != y.place:
            return "a result differs between two calls with the same branches"
        if x.kind in (CAPTURED, CONSTANT) and not _same_constants(x, y):
            return "a result differs between two calls with the same branches"
    return None if len(a.outputs) == len(b.outputs) else "the number of results differs"


def _name(node):
    return getattr(node.cls, "name", None) or node.cls.__name__


def _same_constants(x, y):
    if x.variable is not None:
        return x.variable is y.variable and x.shape == y.shape and x.dtype == y.dtype
    if x.kind == CAPTURED:
        return x.array.__array_interface__["data"] == y.array.__array_interface__["data"]
    if x.weak:
        return type(x.array) is type(y.array) and same_bits(np.asarray(x.array), np.asarray(y.array))
    return same_bits(x.array, y.array)


def same_bits(a, b):
    """Whether two arrays are of one type and shape and have the same bits."""
    if a.shape != b.shape or a.dtype != b.dtype:
        return False
    if a.dtype.hasobject:
        return a.tolist() == b.tolist()
    if a.dtype.char == "G":
        return same_bits(a.real, b.real) and same_bits(a.imag, b.imag)
    if a.dtype.char == "g":  # there are bytes without a meaning between two
        return np.array_equal(a, b, equal_nan=True) and np.array_equal(np.signbit(a), np.signbit(b))
    return a.tobytes() == b.tobytes()


def same(a, b):
    """Whether two options of recorded operations are the same."""
    if a is b:
        return True
    if type(a) is not type(b):
        return False
    if isinstance(a, np.ndarray):
        return same_bits(a, b)
    if isinstance(a, (tuple, list)):
        return len(a) == len(b) and all(same(x, y) for x, y in zip(a, b, strict=True))
    if isinstance(a, dict):
        return a.keys() == b.keys() and all(same(a[k], b[k]) for k in a)
    if isinstance(a, types.FunctionType):
        return _same_functions(a, b)
    if isinstance(a, functools.partial):
        parts = (a.func, a.args, a.keywords), (b.func, b.args, b.keywords)
        return same(*parts)
    if isinstance(a, Value):
        return a.place == b.place
    if hasattr(a, "__slots__") and type(a).__eq__ is object.__eq__:
        return all(same(getattr(a, name, None), getattr(b, name, None)) for name in type(a).__slots__)
    try:
        return bool(a == b)
    except (TypeError, ValueError):
        return False


def _same_functions(f, g):
    """Whether two functions have the same code, and the same in their cells and defaults."""
    if f.__code__ is not g.__code__:
        return False
    cells = [[cell.cell_contents for cell in h.__closure__ or ()] for h in (f, g)]
    return same(cells[0], cells[1]) and same(f.__defaults__, g.__defaults__)


# -- Results ---------------------------------------------------------------------------------------


def agree(found, wanted):
    """Whether two results have the same leaves, numbers up to a few last places.

    Eager code adds gradients up in an order of its own where it does not record its walk.
    """
    return not differ(found, wanted, _close_numbers)


def differ(found, wanted, same=None):
    """Whether two results have other leaves: other objects, or other bits of numbers."""
    same = same or _same_numbers
    ours, theirs = flatten(found)[0], flatten(wanted)[0]
    if len(ours) != len(theirs):
        return True
    for a, b in zip(ours, theirs, strict=True):
        if isinstance(b, (Variable, *_NUMBERS)) and isinstance(a, (Variable, *_NUMBERS)):
            alike = type(a) is type(b) or isinstance(a, Variable) or isinstance(b, Variable)
            if not alike or not same(_as_array(a), _as_array(b)):
                return True
        elif not same_object(a, b):
            return True
    return False


_NUMBERS = np.ndarray, np.generic, float, complex, int


def _as_array(x):
    return _core.array_of_any(x) if isinstance(x, Variable) else np.asarray(x)


def _are_alike(a, b):
    """Whether two arrays are of one shape and one type that has a nan."""
    return a.shape == b.shape and a.dtype == b.dtype and a.dtype.kind in "fc"


def _same_numbers(a, b):
    """Whether two arrays have the same bits; the sign and payload of a nan are free."""
    if same_bits(a, b):
        return True
    if not _are_alike(a, b):
        return False
    nan = np.isnan(a)
    return same_bits(nan, np.isnan(b)) and same_bits(a[~nan], b[~nan])


def _close_numbers(a, b):
    """Whether two arrays agree to a few last places of the largest element."""
    if _same_numbers(a, b):
        return True
    if not _are_alike(a, b):
        return False
    finite = np.isfinite(b)
    if not np.array_equal(np.isfinite(a), finite) or not _same_numbers(a[~finite], b[~finite]):
        return False
    error, scale = np.abs(a[finite] - b[finite]), np.max(np.abs(b[finite]), initial=0)
    return bool(np.all(error <= 1e5 * np.finfo(a.dtype).eps * scale))


def same_object(a, b):
    """Whether two leaves of results are one object, or equal; arrays to the last bit."""
    if a is b:
        return True
    if isinstance(a, np.ndarray) and isinstance(b, np.ndarray):
        return same_bits(a, b)
    try:
        return type(a) is type(b) and bool(a == b)
    except (TypeError, ValueError):
        return False
