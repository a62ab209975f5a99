"""A call that has been recorded, and the replay of it: what its results are, and when they are valid."""

import numpy as np

from leopard import _core
from leopard._config import recording
from leopard._core import Variable
from leopard._pytrees import LEAF, Form, Open, unflatten
from leopard.compiling.comparing import same_bits, same_object
from leopard.compiling.differentiating import Call, connected
from leopard.compiling.engine import CHANGED, Program
from leopard.compiling.outside import captured_arrays, kind_of_variable
from leopard.compiling.recording import CONSTANT, Value, as_kind, kind_of
from leopard.compiling.rolling import Repeated
from leopard.functions._followed import Applied

__all__ = ["Candidate", "Replay"]


class Candidate:
    """A call that has been recorded once."""

    def __init__(self, recorded, recording, reach, strict, result):
        self.reach, self.recording = reach, recording
        reach.leave_to_program(recording.outside)
        self.form = recorded.form
        # For each leaf of the result: ("output", k, kind), ("argument", k), ("same", x) or ("copy", x).
        self.shown = []
        n_outputs = 0
        numbers = {id(v): k for k, v in enumerate(recorded.inputs)}
        for x, y in zip(recorded.leaves, result, strict=True):
            if id(x) in numbers:
                self.shown.append(("argument", numbers[id(x)]))
            elif isinstance(x, Variable):
                kind = kind_of(x, recorded.recorder.kinds)
                if (recording.outside or recording.variables) and isinstance(y, Variable):
                    kind = kind_of_variable(y)
                if id(x) in reach.variables:
                    self.shown.append(("same", x))
                else:
                    self.shown.append(("output", n_outputs, kind))
                n_outputs += 1
            elif isinstance(x, np.ndarray) and not reach.holds(x):
                self.shown.append(("copy", x.copy()))
            else:
                self.shown.append(("same", x))
        self.graph_places = tuple(
            [k for k, what in enumerate(self.shown) if what[0] == "output" and what[2] == "graph"]
        )
        self.temporaries = self._temporaries(strict)
        if reach.arrays and not (self.temporaries or reach.reads_values or self._returns_constants()):
            reach.leave_arrays_to_program(captured_arrays(_all_nodes(recording), recording.outputs))
        self.fingerprint = reach.fingerprint() or None

    def _returns_constants(self):
        """Whether a result may depend on what f reads outside, and on no argument.

        A gradient of what is linear in an argument does, as does a number that is returned.
        """
        constants = [y for y in self.recording.outputs if y.kind == CONSTANT]
        return bool(constants) or any(what[0] == "same" and what[1] is not None for what in self.shown)

    def _temporaries(self, strict):
        """Constants that f may have computed by plain NumPy from what it reads outside."""
        if not strict and not self.reach.arrays and not self.reach.read and self.reach.complete:
            return []
        found = [f"a result, {what[0]}" for what in self.shown if what[0] == "copy"]
        seen = set()
        for node in _all_nodes(self.recording):
            if node.line is not None and node.line[2]:  # f has computed nothing in a rule of leopard's
                continue
            for x in node.inputs:
                if x.kind == CONSTANT and id(x) not in seen:
                    seen.add(id(x))
                    if not (x.shape == () and self.reach.explains(x.array if x.weak else x.array[()])):
                        found.append(f"an operand of {node.cls.__name__.lower()} of shape {x.shape}")
            option = node.option.arguments.leaves if type(node.option) is Applied else node.option
            if option is not None and type(option) is not Repeated and not self._explains(option):
                found.append(f"an option of {node.cls.__name__.lower()}")
        return found

    def _explains(self, option):
        """Whether an option holds nothing that may have been computed."""
        if isinstance(option, (tuple, list)):
            return all(map(self._explains, option))
        if isinstance(option, slice):
            return self._explains((option.start, option.stop, option.step))
        if (
            isinstance(option, (bool, str, type(None), type(Ellipsis), np.dtype, type))
            or option is np._NoValue
        ):
            return True
        if isinstance(option, (int, float, complex, np.number)):
            return self.reach.explains(option)
        return isinstance(option, Value)

    def is_valid_outside(self):
        """Whether what f reads outside is what it was."""
        return self.reach.is_unchanged() and (
            self.fingerprint is None or self.fingerprint == self.reach.fingerprint()
        )

    def has_branches_of(self, other):
        """Whether the same values were looked at, with the same results, and all shapes are the same."""
        if not _core.same_shapes(self.recording.nodes, other.recording.nodes):
            return False
        a, b = self.recording.guards, other.recording.guards
        return len(a) == len(b) and all(same_bits(x.expected, y.expected) for x, y in zip(a, b, strict=True))

    def difference_of_results(self, other):
        for a, b in zip(self.shown, other.shown, strict=False):
            if a[0] != b[0] or a[0] == "output" and a != b:
                return "the form of the result differs between two calls with the same branches"
            if a[0] in ("copy", "same") and not same_object(a[1], b[1]):
                return "a result that does not depend on the arguments differs between two calls"
        return None if len(self.shown) == len(other.shown) else "the number of results differs"


def _all_nodes(recording):
    """The nodes of a recording, and those of the steps of its loops."""
    for node in recording.nodes:
        yield node
        if type(node.option) is Repeated:
            yield from _all_nodes(node.option.recording)


class Replay:
    """A recording that can be replayed."""

    def __init__(self, candidate, threads):
        self.candidate, self.recording = candidate, candidate.recording
        self.is_valid_outside = candidate.is_valid_outside
        self.program = Program(self.recording, threads)
        self.call = None

    def all_programs(self):
        """The program, and those of the steps of its loops."""
        loops = [node.option for node in _all_nodes(self.recording) if type(node.option) is Repeated]
        return [self.program, *[loop.program for loop in loops]]

    def run(self, arrays):
        """(outcome, leaves of the result) of a replay; the leaves hold where the outcome is 0."""
        if not self.is_valid_outside() or any(map(_core.is_traced, self.recording.outside)):
            return CHANGED, None
        outcome, found = self.program.run(arrays)
        if outcome:
            return outcome, None
        leaves = []
        for what in self.candidate.shown:
            if what[0] == "output":
                leaves.append(as_kind(what[2], found[what[1]]))
            elif what[0] == "argument":
                leaves.append(arrays[what[1]])
            else:
                leaves.append(what[1].copy() if what[0] == "copy" else what[1])
        return 0, leaves

    def result(self, compiled, leaves, form, places, found):
        """The result of a call with these leaves, whose replay has found these leaves of the result."""
        chosen = self.candidate.graph_places
        if chosen:
            outputs = tuple([found[k] for k in chosen])
            ys = connected(compiled, self.call_of(leaves, form, places), [leaves[k] for k in places], outputs)
            for k, y in zip(chosen, ys, strict=True):
                found[k] = y
        return unflatten(self.candidate.form, found)

    def call_of(self, leaves, form, places):
        """The call, whose results are to have a graph."""
        if self.call is None:
            self.call = Call(Open(form, leaves, places), self.recording.outside)
            self.call.places = self.candidate.graph_places
        return self.call

    def add_to(self, front, leaves, form, places):
        """Let the Front replay this for arguments of this form, where it knows such forms."""
        args, kwargs = form.parts
        reach, fingerprint = self.candidate.reach, self.candidate.fingerprint
        given = iter(enumerate(leaves))
        places = set(places)
        arguments = [_form_of_argument(part, given, places) for part in (*args.parts, *kwargs.parts)]
        template = _form_of_result(self.candidate.form, iter(self.candidate.shown))
        if None in arguments or template is None:
            return
        checks = reach.checks()
        if self.recording.outside:
            has_graph = recording()
            checks.append(("true", _core.records_graph if has_graph else _core.computes_values))
        if self.candidate.graph_places:
            template = self._connecting(front, leaves, form, sorted(places), template)
        if fingerprint is not None:
            checks.append(("true", lambda: fingerprint == reach.fingerprint()))
        try:
            front.add(self.program.program, arguments, template, self.program.sources(), checks, kwargs.names)
        except ValueError:  # more arguments than it takes
            pass

    def _connecting(self, front, leaves, form, places, template):
        """The template of a result whose arrays are to have a graph."""
        call, n = self.call_of(leaves, form, places), len(places)
        chosen, shown, kinds = self.candidate.graph_places, self.candidate.form, self.candidate.shown
        m = len(kinds)

        def connect(*given):
            xs, found = given[:n], list(given[n:])
            ys = connected(front, call, xs, tuple([found[k] for k in chosen]))
            for k, y in zip(chosen, ys, strict=True):
                found[k] = y
            return unflatten(shown, found)

        parts = [_form_of_result(LEAF, iter([kinds[k]])) for k in range(m)]
        return "call", connect, [*[("argument", k) for k in range(n)], *parts]


# -- Forms for the Front ---------------------------------------------------------------------------

_PLAIN = (bool, int, float, complex, str, bytes)
_NESTED = {tuple: "tuple", list: "list"}


def _form_of_argument(form, given, places):
    """The form of an argument as `Front.add` takes it; None where it takes no such argument."""
    if form.kind is None:
        k, x = next(given)
        if k not in places:
            return ("equal", x) if type(x) in _PLAIN else ("same", x)
        kind = {np.ndarray: "array", float: "float", np.float64: "float64"}.get(type(x))
        return None if kind is None else (kind,)
    items = [_form_of_argument(part, given, places) for part in form.parts]
    if form.kind is type(None):
        return "same", None
    if None in items:
        return None
    if form.kind is dict:
        return "dict", list(zip(form.names, items, strict=True))
    return (_NESTED[form.kind], items) if form.kind in _NESTED else None


def _form_of_result(form, shown):
    """The form of the result as `Front.add` takes it."""
    if form.kind is None:
        what = next(shown)
        if what[0] == "output":
            if what[2] == "graph":
                return "array", what[1]
            if what[2] in ("variable", "leaf"):
                return "call", _core.constant if what[2] == "variable" else Variable, [("array", what[1])]
            return what[2], what[1]
        if what[0] == "copy":
            return "call", what[1].copy, []
        return ("argument", what[1]) if what[0] == "argument" else ("constant", what[1])
    items = [_form_of_result(part, shown) for part in form.parts]
    if form.kind is type(None):
        return "constant", None
    if form.kind is dict:
        return "dict", list(zip(form.names, items, strict=True))
    if form.kind in _NESTED:
        return _NESTED[form.kind], items
    return "call", _Builder(form), items


class _Builder:
    """A structure of one level, built of its parts."""

    def __init__(self, form):
        self.form = Form(form.kind, form.names, (LEAF,) * len(form.parts), form.static)

    def __call__(self, *parts):
        return unflatten(self.form, parts)
