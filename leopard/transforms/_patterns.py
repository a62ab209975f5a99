"""Sparsity patterns: which elements of a result can depend on which elements of an input.

Index sets are propagated forward through the recorded graph, as rows of a sparse matrix.
"""

import functools
import types
import weakref

import numpy as np

from leopard import _core
from leopard._core import latest_version, node_identity, outputs_at_call
from leopard._pytrees import Identity
from leopard.functions._followed import FollowedArray, looked_at
from leopard.transforms._local_patterns import (
    SELECTIONS,
    constants_read,
    interpolated,
    local_pattern,
    reads_options,
    rule_of,
    sparse,
)

__all__ = ["Graph", "pattern_of", "sparse"]


def pattern_of(y, x):
    """The sparse matrix of truth values that are True where an element of y can depend on an element of x.

    Parameters
    ----------
    y, x : Variable

    Returns
    -------
    scipy.sparse.csr_array
        Of shape ``(y.size, x.size)``.
    """
    return Graph(y, x).pattern([x])


class Graph:
    """The part of a recorded graph that lies between an input and an output.

    Attributes
    ----------
    y, x : Variable
    functions : list of Function
        In the order of generations.
    """

    def __init__(self, y, x):
        self.y, self.x = y, x
        self.end, _ = node_identity(x)
        last = latest_version(y)
        self.start, _ = node_identity(last)
        found, waiting = {}, [last]
        while waiting:
            node, f = node_identity(waiting.pop())
            if node == self.end or f is None or id(f) in found:
                continue
            found[id(f)] = f
            waiting.extend([v for v, wanted in zip(f.inputs, f.wanted, strict=True) if wanted])
        self.functions = sorted(found.values(), key=lambda f: f.generation)

    def structure(self):
        """What the pattern depends on, to be compared: equal structures have equal patterns."""
        numbers, key = {self.end: 0}, [self.x.shape, self.y.shape, self.x.dtype, self.y.dtype]
        for f in self.functions:
            cls = type(f)
            one = [cls]
            for v, wanted in zip(f.inputs, f.wanted, strict=True):
                one.append(numbers.get(node_identity(v)[0], -1) if wanted else -2)
                one.append(v.shape)
            for v in outputs_at_call(f):
                if v is not None:
                    numbers[node_identity(v)[0]] = len(numbers)
                    one.append(v.shape)
            rule = _rule_of(cls)
            if reads_options(rule):
                if f.option is not None:
                    one.append(_compared(f.option))
                one.extend(map(_compared, constants_read(f, rule)))
            key.append(tuple(one))
        key.append(numbers.get(self.start))
        return tuple(key)

    def guard(self):
        """Where the graph is followed for replay, let replays compare what its structure depends on."""
        for f in self.functions:
            rule = _rule_of(type(f))
            if not reads_options(rule):
                continue
            for v, wanted in zip(f.inputs, f.wanted, strict=True):
                if not wanted and _core.follows(v):
                    looked_at(functools.partial(_is_alike, _value(v), rule is interpolated), v)
            for v in _variables_in(f.option):
                looked_at(functools.partial(_is_alike, _value(v), True), v)

    def outputs(self):
        """The outputs of the Functions, which stand in the same order in a graph of equal structure."""
        found = []
        for f in self.functions:
            found.extend([v for v in outputs_at_call(f) if v is not None])
        return found

    def pattern(self, inputs):
        """The pattern of y, and of the elements of these Variables of the graph, one after another.

        Each way from x to y leads through one of them.
        """
        sets, n = {}, sum([v.size for v in inputs])
        start = 0
        for v in inputs:
            columns = np.arange(start, start + v.size)
            ones = np.ones(v.size, bool)
            sets[node_identity(v)[0]] = sparse().csr_array(
                (ones, (np.arange(v.size), columns)), shape=(v.size, n)
            )
            start += v.size
        given = set(sets)
        for f in self.functions:
            nodes = [
                node_identity(v)[0] if wanted else None for v, wanted in zip(f.inputs, f.wanted, strict=True)
            ]
            found = [(k, sets[node]) for k, node in enumerate(nodes) if node in sets]
            if not found:
                continue
            for output in outputs_at_call(f):
                node = None if output is None else node_identity(output)[0]
                if node is not None and node not in given:
                    sets[node] = _joined([_through(f, k, output, s) for k, s in found])
        p = sets.get(self.start)
        return sparse().csr_array((self.y.size, n), dtype=bool) if p is None else p.astype(bool)

    def selections(self):
        """Where the elements of x have been selected, and nothing has been computed from them.

        Returns
        -------
        list of int or None
            The numbers among `outputs()` of Variables of which each element is one of x, such that each way
            from x to y leads through one of them; None for x itself.
        list of ndarray
            For each of their elements its place in x.
        """
        users, numbers = {}, {}
        for f in self.functions:
            for v, wanted in zip(f.inputs, f.wanted, strict=True):
                if wanted:
                    users.setdefault(node_identity(v)[0], []).append(f)
        for k, v in enumerate(self.outputs()):
            numbers[node_identity(v)[0]] = k
        places, elements = [], []
        waiting = [(self.end, np.arange(self.x.size).reshape(self.x.shape))]
        while waiting:
            node, at = waiting.pop()
            following = users.get(node, [])
            if node != self.start and following and all(map(_selects, following)):
                for f in following:
                    (v,) = outputs_at_call(f)
                    waiting.append((node_identity(v)[0], np.asarray(f.forward(at))))
            else:
                places.append(numbers.get(node))
                elements.append(at.ravel())
        return places, elements


def _selects(f):
    """Whether a Function selects elements of one array, each unchanged."""
    return len(f.inputs) == 1 and type(f).__name__ in SELECTIONS and reads_options(_rule_of(type(f)))


_rules = weakref.WeakKeyDictionary()


def _rule_of(cls):
    rule = _rules.get(cls)
    if rule is None:
        rule = _rules[cls] = rule_of(cls)
    return rule


def _joined(sets):
    total = sets[0]
    for s in sets[1:]:
        total = total + s
    return total


def _through(f, k, y, s):
    """The index sets of an output y of f, given the index sets s of input k."""
    p = local_pattern(f, k, y)
    return s if p is None else p @ s


def _value(v):
    """The array of a followed Variable: what depends on it is guarded."""
    return _core.call_unfollowed(_core.array_of_any, v).copy()


def _is_alike(before, all_elements, x):
    """Whether an array has the elements that it had, or has zeros where it had."""
    if x.shape != before.shape:
        return False
    return bool(np.array_equal(x, before) if all_elements else np.array_equal(x != 0, before != 0))


def _variables_in(option):
    """The followed Variables that an option was computed from, in whatever holds them."""
    if isinstance(option, FollowedArray):
        return [] if option.variable is None else [option.variable]
    if isinstance(option, _core.Variable):
        return [option] if _core.follows(option) else []
    if isinstance(option, (tuple, list)):
        parts = option
    elif isinstance(option, dict):
        parts = option.values()
    elif isinstance(option, slice):
        parts = option.start, option.stop, option.step
    elif isinstance(option, functools.partial):
        parts = option.func, option.args, option.keywords
    elif isinstance(option, types.FunctionType):
        cells = [cell.cell_contents for cell in option.__closure__ or ()]
        parts = cells, option.__defaults__, option.__kwdefaults__
    else:
        return []
    return [v for part in parts for v in _variables_in(part)]


# -- Options that are compared -----------------------------------------------------------------------


_PLAIN = (bool, int, float, complex, str, bytes, type(None), type(Ellipsis), np.dtype, np.generic, type)


def _compared(x):
    """A key for an option, equal to that of an equal one; arrays by their elements."""
    kind = type(x)
    if kind is tuple or kind is list:
        return kind, *map(_compared, x)
    if kind is slice:
        return kind, _compared(x.start), _compared(x.stop), _compared(x.step)
    if isinstance(x, _core.Variable):
        x = _core.array_of_any(x)
    if isinstance(x, np.ndarray):
        elements = _compared(x.tolist()) if x.dtype.hasobject else x.tobytes()
        return x.dtype.str, x.shape, elements
    if isinstance(x, _PLAIN):
        return kind, x
    if kind is dict:
        return kind, *[(name, _compared(v)) for name, v in x.items()]
    if kind is functools.partial:
        return kind, _compared(x.func), _compared(x.args), _compared(x.keywords)
    if kind is types.FunctionType:
        cells = [cell.cell_contents for cell in x.__closure__ or ()]
        return kind, x.__code__, _compared(cells), _compared(x.__defaults__), _compared(x.__kwdefaults__)
    if kind.__eq__ is not object.__eq__ and kind.__hash__ is not None:
        return x
    return Identity(x)
