"""Loops within a call that is recorded for replay: one step is a program, which runs again and again.

A step is recorded for one iteration, and for the next one. Where both recordings are the same, look at no
value, and no gradient flows through them, the program of the first computes all iterations that are left. Any
other loop is recorded step by step.
"""

import dis
import types

import numpy as np

from leopard import _core
from leopard._core import Variable
from leopard._numeric.replay import EndOfRun, repeat_run
from leopard.compiling.comparing import difference
from leopard.compiling.engine import CHANGED, Program
from leopard.compiling.recording import as_kind, from_graph, is_plain, kind_of, record
from leopard.functions._followed import PlainCall, recorder

__all__ = ["Repeated", "ignores_its_first_argument", "rolled"]

#: A loop with so few steps left is recorded step by step.
MOST_UNROLLED = 16


class Repeated:
    """The steps of a loop, as a function of arrays.

    It is called with the carries, the tables of rows, the results of the step before, and what does not
    change; it returns the carries, and the results of all steps with that before.

    Attributes
    ----------
    recording : Recording
        Of one step.
    program : Program
    n : int or None
        The number of steps. None where a truth value decides whether there is one more: the first array is
        the one for the first step, the last output of a step the one for the next.
    n_carries, n_tables, n_results : int
    start : int
        The row of the tables that is the first, or with `reverse` the last.
    reverse : bool
    """

    __slots__ = ("recording", "program", "n", "n_carries", "n_tables", "n_results", "start", "reverse")

    def __init__(self, recording, n, n_carries, n_tables, n_results, start, reverse):
        self.recording, self.program = recording, Program(recording)
        self.n, self.n_carries, self.n_tables, self.n_results = n, n_carries, n_tables, n_results
        self.start, self.reverse = start, reverse

    def __call__(self, *xs):
        if self.n is None:
            goes_on, *xs = xs
            if not goes_on:
                return [x.copy() for x in xs[: self.n_carries]]
        captured = self.program.captured_now()
        if captured is None:
            raise EndOfRun(CHANGED)
        rows = slice(self.start, self.n and self.start + self.n)
        carries, tables, before, unchanged = _cut(xs, self.n_carries, self.n_tables, self.n_results)
        outcome, found = repeat_run(
            self.program.program,
            self.n,
            carries,
            [x[rows] for x in tables],
            [*unchanged, *captured],
            self.reverse,
        )
        if outcome:
            raise EndOfRun(outcome)
        for k, y in enumerate(before):
            pair = found[self.n_carries + k], y[np.newaxis]
            found[self.n_carries + k] = np.concatenate(pair if self.reverse else pair[::-1])
        return found

    def __eq__(self, other):
        if type(other) is not Repeated:
            return NotImplemented
        names = self.__slots__[2:]
        same = all(getattr(self, name) == getattr(other, name) for name in names)
        return same and difference(self.recording, other.recording) is None

    __hash__ = None


def _cut(xs, *lengths):
    """Pieces of these lengths, and what is left."""
    for n in lengths:
        yield xs[:n]
        xs = xs[n:]
    yield xs


class _NotRolled(Exception):
    """A step cannot be recorded for all steps."""


def rolled(step, leaves, tables=(), n=None, before=(), start=0, reverse=False, goes_on=None):
    """The carries after the steps that are left, and the results of all, where one program computes them.

    Parameters
    ----------
    step : callable
        ``step(carries, rows) -> carries, results``, all lists of leaves. Without n the only result is whether
        there is one more step.
    leaves : list
        The carries at first. Those that are no numbers or arrays do not change.
    tables : list of ndarray or Variable
        Each step is given one row of each.
    n : int, optional
        The number of steps.
    before : list
        The results of the step before.
    start : int
        The row of the tables that is the first, or with `reverse` the last.
    reverse : bool
    goes_on : Variable, optional
        Without n: whether there is a step at all.

    Returns
    -------
    (list, list) or None
        The last carries, and the results, with that before, with the rows along the first axis. None where
        the loop is to be recorded step by step.
    """
    outer = recorder()
    if outer is None or not outer.rolls_loops or n is not None and n < MOST_UNROLLED:
        return None
    places = [k for k, x in enumerate(leaves) if isinstance(x, _CARRIED) and not isinstance(x, bool)]

    def whole(inputs):
        new = list(leaves)
        for k, x in zip(places, inputs, strict=False):
            new[k] = x
        found, results = step(new, list(inputs[len(places) :]))
        if any(y is not x for k, (x, y) in enumerate(zip(new, found, strict=True)) if k not in places):
            raise _NotRolled
        return [found[k] for k in places] + list(results)

    try:
        loop = _Loop(outer, whole, [leaves[k] for k in places], tables, before)
        repeated, unchanged, kinds = loop.repeated(n, start, reverse)
        first = [] if goes_on is None else [goes_on]
        found = loop.computed(repeated, [*first, *loop.carries, *loop.tables, *before, *unchanged], kinds)
    except _NotRolled:
        return None
    new = list(leaves)
    for k, y in zip(places, found, strict=False):
        new[k] = y
    return new, found[len(places) :]


_CARRIED = Variable, float, complex, np.ndarray, np.generic


class _Loop:
    """A loop on its way to a program.

    Attributes
    ----------
    outer : Recorder
        Of the call of which the loop is a part.
    whole : callable
        One step: from the list of carries and rows to that of the next carries and the results.
    carries, tables : list of Variable
    """

    def __init__(self, outer, whole, carries, tables, before):
        self.outer, self.whole = outer, whole
        self.carries, self.tables = list(map(self.variable, carries)), list(map(self.variable, tables))
        if not any(map(_core.follows, [*self.carries, *self.tables])):
            raise _NotRolled
        for x in [*self.carries, *self.tables, *before]:
            if isinstance(x, Variable) and _core.reaches_gradient(x) or not is_plain(np.asarray(_plain(x))):
                raise _NotRolled
        if not all(_plain(x).flags.c_contiguous for x in self.carries):
            raise _NotRolled

    def variable(self, x):
        """A Variable for what is one, or a constant."""
        if isinstance(x, Variable):
            return x
        v = _core.python_number(x) if type(x) is float else _core.constant(np.asarray(x))
        if type(x) is np.ndarray and not x.ndim:
            self.outer.kinds[id(v)] = "array"
            self.outer.kept.append(v)
        return v

    def repeated(self, n, start, reverse):
        """The steps as a function, what they read beside carries and tables, and the kinds of the outputs."""
        ends = (0, 0) if n is None else (start + n - 1, start + n - 2) if reverse else (start, start + 1)
        tables = [_plain(x) for x in self.tables]
        given = [as_kind(kind_of(x, self.outer.kinds), _plain(x)) for x in self.carries]
        first, kinds, values = self.recorded(given + [x[ends[0]] for x in tables])
        n_carries = len(given)
        for x, y in zip(given, values[:n_carries], strict=True):
            if (
                type(x) is not type(y)
                or np.shape(x) != np.shape(y)
                or np.asarray(x).dtype != np.asarray(y).dtype
            ):
                raise _NotRolled
        if n is not None or values[-1]:
            second, _, _ = self.recorded(values[:n_carries] + [x[ends[1]] for x in tables])
            same = list(map(id, first.before)) == list(map(id, second.before))
            if not same or difference(first, second) is not None:
                raise _NotRolled
        unchanged, first.before = first.before, ()  # a program keeps no Variables of the call
        n_results = 0 if n is None else len(values) - n_carries
        try:
            made = Repeated(first, n, n_carries, len(tables), n_results, start, reverse)
        except Exception as error:  # whatever it is, the loop can be recorded step by step
            raise _NotRolled from error
        return made, unchanged, kinds[:n_carries] if n is None else kinds

    def recorded(self, arrays):
        """One step: its recording, and the kinds and values of its outputs."""
        self.outer.loops += 1
        r = record(self.whole, arrays, self.outer.is_captured)
        if r.recorder.guards or r.recorder.exits or any(map(_core.was_assigned, r.inputs)):
            raise _NotRolled
        if not all(map(_core.follows, r.leaves)) or any(map(_core.reaches_gradient, r.leaves)):
            raise _NotRolled
        recording = from_graph(r.inputs, r.leaves, r.recorder, r.recorder.is_captured, is_part=True)
        if recording.variables or any(map(_core.reaches_gradient, recording.before)):
            raise _NotRolled
        kinds = [kind_of(y, r.recorder.kinds) for y in r.leaves]
        values = [_plain(y) for y in r.leaves]
        if not all(y.flags.c_contiguous for y in values):
            raise _NotRolled
        return recording, kinds, [as_kind(*x) for x in zip(kinds, values, strict=True)]

    def computed(self, repeated, operands, kinds):
        """The outputs, recorded as one operation of these operands."""
        try:
            ys = _core.record_constant(PlainCall(repeated), *operands)
        except EndOfRun as end:
            raise _NotRolled from end
        for kind, y in zip(kinds, ys, strict=True):
            if kind == "float":
                _core.become_python_number(y)
            elif kind == "array":
                self.outer.kinds[id(y)] = kind
                self.outer.kept.append(y)
        return ys


def _plain(x):
    """The value of a Variable, which is not noted as read; anything else as it is."""
    return _core.call_unfollowed(_core.array_of_any, x) if isinstance(x, Variable) else x


def ignores_its_first_argument(f):
    """Whether a function written in Python can be seen never to look at its first argument."""
    if not isinstance(f, types.FunctionType) or not f.__code__.co_argcount:
        return False
    code = f.__code__
    name = code.co_varnames[0]
    if name in code.co_cellvars or _LOOK_AT_ALL.intersection(code.co_names):
        return False
    for instruction in dis.get_instructions(code):
        read = instruction.argval if "LOAD_FAST" in instruction.opname else ()
        if name in (read if isinstance(read, tuple) else (read,)):
            return False
    return True


#: Functions that may look at the arguments of the function that calls them.
_LOOK_AT_ALL = {"locals", "vars", "eval", "exec", "dir", "_getframe", "currentframe", "stack"}
