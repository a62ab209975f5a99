"""`compile`: a function that is recorded once and replayed from then on."""

import functools
import threading
import types

import numpy as np

from leopard import _core
from leopard._config import recording, using_config
from leopard._core import Variable
from leopard._numeric.replay import Front
from leopard._pytrees import Identity, Open, flatten, unflatten
from leopard._refusals import warn_users
from leopard.compiling.comparing import agree, differ, difference, same_bits
from leopard.compiling.differentiating import call_with_variables, leave_to_variables
from leopard.compiling.engine import CHANGED, RAISED
from leopard.compiling.outside import reason_of_variables, restore
from leopard.compiling.reachable import Reach
from leopard.compiling.recording import NUMERIC, as_kind, from_graph, is_plain, kind_of, record
from leopard.compiling.replays import Candidate, Replay
from leopard.transforms._transformed import name_in_place_of

__all__ = ["NotReplayable", "ReplayWarning", "compile", "jit"]

#: So many recordings of one form of the arguments are kept: one for each way through the function's branches.
MOST_RECORDINGS = 16
#: So many forms of the arguments are kept; then the one that came first is dropped.
MOST_KEYS = 256


class ReplayWarning(RuntimeWarning):
    """A compiled function is called without replay."""


class NotReplayable(RuntimeError):
    """A function compiled with ``strict=True`` cannot be replayed."""


def compile(f=None, *, strict=False, check=None, threads=1, static_argnums=(), static_argnames=()):
    """A function that is recorded at its first calls and replayed from then on, without Python.

    A replay returns what f returns, to the last bit (the sign of a zero or a few last places of a derivative
    can differ where eager code adds gradients up in another order than a walk that is recorded: in second
    derivatives above all). A recording holds for arguments of one form (structure, shapes, dtypes, and the
    values of whatever is no number or array) and for one way through the branches of f: where Python looks at
    a value (``if x > 0``, ``int(x)``), the replay compares it, and another value is recorded by itself.
    Arrays that f reads from outside are read at each call. What cannot be replayed is called as it is, with
    one warning that names the line.

    Parameters
    ----------
    f : callable
        A function of arrays, numbers and nested structures of them: above all ``value_and_grad(h)``,
        ``grad(h)``, ``hessian(h)``, a step of an optimizer or sampler, or a plain function of values.
    strict : bool
        Raise `NotReplayable` where f cannot be replayed, and where it makes a constant by plain NumPy.
    check : int, optional
        Call f itself at every so many replays, and compare the results, numbers up to a few last places.
    threads : int
        Threads that share the work on large arrays. The results do not depend on it.
    static_argnums : int or tuple of int
    static_argnames : str or tuple of str
        Arguments that are compared by value and not recorded as numbers. Integers, strings and other objects
        always are.

    Returns
    -------
    CompiledFunction
        It is called as f. ``out=`` takes arrays, in the structure of the result, that the results are written
        to. Called with Variables it is one recorded operation, whose derivatives are replayed, too.

    Raises
    ------
    TypeError
        When f is not callable.
    ValueError
        When `check` or `threads` is not positive.

    Examples
    --------
    >>> import leopard
    >>> g = leopard.compile(leopard.value_and_grad(lambda x: np.sum(x**2)))
    >>> for _ in range(3):
    ...     value, gradient = g(np.array([1.0, 2.0]))
    >>> value, gradient, g.info().hits
    (np.float64(5.0), array([2., 4.]), 1)
    """
    options = {
        "strict": strict, "check": check, "threads": threads,
        "static_argnums": static_argnums, "static_argnames": static_argnames,
    }  # fmt: skip
    if f is None:
        return functools.partial(compile, **options)
    if not callable(f):
        raise TypeError(f"compile: expected a function, not {type(f).__name__}; write leopard.compile(f)(x)")
    if check is not None and (not isinstance(check, int) or check < 1):
        raise ValueError(f"compile: check is a positive number of calls, not {check!r}")
    if not isinstance(threads, int) or threads < 1:
        raise ValueError(f"compile: threads is a positive number, not {threads!r}")
    return CompiledFunction(f, options)


jit = compile


class _Entry:
    """What is known of one form of the arguments."""

    __slots__ = ("programs", "pending", "reason", "rolls_loops", "n_stale")

    def __init__(self):
        self.programs, self.pending, self.reason, self.rolls_loops = [], [], None, True
        self.n_stale = 0  # recordings that could not be compared with a second one


class Info:
    """What a compiled function has recorded and replayed.

    Attributes
    ----------
    recordings : int
        Calls that were recorded and can be replayed.
    guards, instructions, groups, bytes : int
        Of all recordings together, with those of the steps of loops: values that are compared, instructions,
        fused groups, bytes of memory.
    hits : int
        Calls that were replayed.
    recorded : int
        Calls that were recorded.
    eager : int
        Calls of f itself.
    fallbacks : list of str
        Why f is called itself, each reason once.
    """

    def __init__(self, **figures):
        self.__dict__.update(figures)

    def __repr__(self):
        lines = [f"{name}: {value}" for name, value in vars(self).items() if name != "fallbacks"]
        return "\n".join(lines + [f"fallback: {reason}" for reason in self.fallbacks])


class CompiledFunction(Front):
    """A function that is replayed; what `compile` returns.

    Attributes
    ----------
    __wrapped__ : callable
        The function that was given.
    """

    def __init__(self, f, options):
        super().__init__(self._miss)
        functools.update_wrapper(self, f, updated=())
        self.__wrapped__ = f
        self._options = options
        self._lock = threading.RLock()
        self._strict, self._check, self._threads = options["strict"], options["check"], options["threads"]
        numbers, names = options["static_argnums"], options["static_argnames"]
        self._static_numbers = (numbers,) if isinstance(numbers, int) else tuple(numbers)
        self._static_names = (names,) if isinstance(names, str) else tuple(names)
        self._derived = {}  # pullbacks and pushforwards
        self._reads_variables, self._reach = False, None
        self.clear()

    def clear(self):
        """Forget all recordings."""
        super().clear()
        self._entries = {}
        self._hits = self._recorded = self._eager = 0
        self._reasons = []

    def info(self):
        """What has been recorded and replayed, an `Info`."""
        programs = self.replays()
        figures = [program.info() for p in programs for program in p.all_programs()]
        return Info(
            recordings=len(programs),
            guards=sum(len(p.recording.guards) for p in programs),
            instructions=sum(x["instructions"] for x in figures),
            groups=sum(x["kinds"].get("group", 0) for x in figures),
            bytes=sum(x["arena_bytes"] + x["program_bytes"] + x["constant_bytes"] for x in figures),
            hits=self._hits + self.hits(),
            recorded=self._recorded,
            eager=self._eager,
            fallbacks=list(self._reasons),
        )

    def replays(self):
        """The recordings that can be replayed, the latest of each form of the arguments first."""
        return [p for entry in list(self._entries.values()) for p in entry.programs]

    def __get__(self, instance, owner=None):
        return self if instance is None else types.MethodType(self, instance)

    def __reduce__(self):
        return name_in_place_of(self, self.__wrapped__) or (
            CompiledFunction,
            (self.__wrapped__, self._options),
        )

    def __repr__(self):
        return f"<compiled {getattr(self, '__name__', self.__wrapped__)}>"

    def _derivative(self, name, call, chosen, make):
        """The compiled derivative of a call of this form."""
        arguments = call.arguments
        others = tuple(map(_key_of_object, (*arguments.leaves, *call.variables)))
        key = name, chosen, _key_of_form(arguments.form), others, arguments.places, call.places
        found = self._derived.get(key)
        if found is None:
            options = self._options | {"static_argnums": (), "static_argnames": ()}
            found = self._derived[key] = CompiledFunction(make(self, call, chosen), options)
            while len(self._derived) > MOST_KEYS:
                self._derived.pop(next(iter(self._derived)))
        return found

    # -- A call ------------------------------------------------------------------------------------

    def _miss(self, args, kwargs):
        """A call that no entry of the Front has replayed."""
        out = kwargs.pop("out", None)
        if _core.following():  # within another recording it is a part of that
            return self.__wrapped__(*args, **kwargs)
        leaves, form = flatten((args, kwargs))
        if Variable in map(type, leaves) or any(isinstance(x, Variable) for x in leaves):
            return call_with_variables(self, leaves, form)
        entry, places = self._entry_of(leaves, form)
        if entry.reason is None:
            outcome, p, found = self._replayed(entry, leaves, places)
            if outcome == 0:
                result = _into(out, p.result(self, leaves, form, places, found))
                if self._check and self._hits % self._check == 0:
                    return self._compare(entry, result, args, kwargs)
                return result
            if outcome != RAISED:
                return self._record_alone(entry, leaves, form, places, out)
        else:
            leave_to_variables(self)
        self._eager += 1
        return _into(out, self.__wrapped__(*args, **kwargs))

    def _entry_of(self, leaves, form):
        """The entry for arguments of this form, and the places of the arrays and numbers."""
        places, key = self._key(leaves, form)
        if self._reads_variables:  # what is computed from them has a graph, or none
            key += (recording(),)
        entry = self._entries.get(key)
        if entry is None:
            entry = self._add_entry(key)
            unlike = [x for x in leaves if isinstance(x, np.ndarray) and not is_plain(x)]
            if unlike:
                self.give_up(entry, f"an argument is {_described(unlike[0])}")
        return entry, places

    def _replayed(self, entry, leaves, places):
        """(outcome, replay, leaves of the result) of the first replay that is valid, or raises a flag."""
        arrays = [leaves[k] for k in places]
        for p in entry.programs:
            outcome, found = p.run(arrays)
            self._hits += outcome == 0
            if outcome == 0 or outcome == RAISED:
                return outcome, p, found
        return CHANGED, None, None

    def variables_outside(self, objects):
        """The Variables that f may read beside its arguments, of which these are no numbers or arrays."""
        key = tuple(map(_key_of_object, objects))
        held, reach = self._reach or (None, None)
        if held != key or not reach.is_unchanged():
            reach = Reach(self.__wrapped__, *objects)
            self._reach = key, reach
        return reach.variables

    def values_of(self, leaves, form):
        """(the leaves of the result, the Variables from outside that they depend on) of a replay, or None."""
        with using_config("enable_backprop", False):
            entry, places = self._entry_of(leaves, form)
            if entry.reason is not None:
                return None
            outcome, p, found = self._replayed(entry, leaves, places)
            if outcome == 0:
                return found, p.recording.outside, p.candidate.form
            if outcome != RAISED:
                with self._lock:
                    self._record(entry, leaves, form, places)
            return None

    # (CPython loops for ever where memory ends in a `with` or `except` that stands further down in a long
    # function: these stand in methods of their own.)
    def _record_alone(self, entry, leaves, form, places, out):
        with self._lock:
            return _into(out, self._record(entry, leaves, form, places))

    def _key(self, leaves, form):
        """The places of the arrays and numbers among the leaves, and what a recording supposes of all."""
        places, key = [], [_key_of_form(form)]
        static = self._static_leaves(form) if self._static_numbers or self._static_names else ()
        for k, x in enumerate(leaves):
            kind = type(x)
            if k in static:
                key.append(_key_of_object(x))
            elif kind is float or isinstance(x, np.generic) and x.dtype.kind in NUMERIC:
                places.append(k)
                key.append(kind)
            elif isinstance(x, np.ndarray):
                if is_plain(x):
                    places.append(k)
                    key.append((x.dtype, x.shape, x.strides))
                else:
                    key.append(_described(x))
            else:
                key.append(_key_of_object(x))
        return places, tuple(key)

    def _static_leaves(self, form):
        args, kwargs = form.parts
        n, numbers = len(args.parts), self._static_numbers
        chosen = [i in numbers or i - n in numbers for i in range(n)]
        chosen += [name in self._static_names for name in kwargs.names]
        found, k = set(), 0
        for part, is_static in zip((*args.parts, *kwargs.parts), chosen, strict=True):
            count = sum(1 for _ in part.places())
            if is_static:
                found.update(range(k, k + count))
            k += count
        return found

    def _add_entry(self, key):
        with self._lock:
            entry = self._entries.setdefault(key, _Entry())
            while len(self._entries) > MOST_KEYS:
                self._drop(self._entries.pop(next(iter(self._entries))))
            return entry

    # -- Recording ---------------------------------------------------------------------------------

    def _record(self, entry, leaves, form, places):
        """Record a call; what it returned."""
        arrays = [leaves[k] for k in places]
        reach = Reach(self.__wrapped__, *[x for k, x in enumerate(leaves) if k not in places])
        before = reach.snapshot()
        outside = list(reach.variables.values())
        traced = [v for v in outside if _core.is_traced(v)]
        gradients = [v.grad for v in outside]

        arguments = Open(form, leaves, places)

        def call(inputs):
            args, kwargs = arguments.filled(inputs)
            return self.__wrapped__(*args, **kwargs)

        try:
            recorded = record(call, arrays, reach.holds, entry.rolls_loops, outside)
        except Exception as error:
            leave_to_variables(self)
            self._eager += 1
            result = call(arrays)  # it raises at the right line, or an error of recording is past
            self.give_up(entry, f"recording raised {type(error).__name__}: {error}")
            return result
        self._recorded += 1
        reach.read.update(map(id, recorded.recorder.read))
        reason = _reason_against(recorded)
        writes = any(map(_is_written, recorded.inputs, arrays))
        if writes:
            reason = reason or WRITES
        if reason is not None:
            leave_to_variables(self, entry, reason)
        made = _result(recorded, arrays)
        written = reach.is_written(before)
        graph = from_graph(
            recorded.inputs, recorded.variables(), recorded.recorder, reach.holds, outside=outside
        )
        graded = restore(outside, gradients) if not written else False
        result = made
        if written and (graph.variables or graph.outside):
            result = _with_variables(recorded, made)
        elif writes:  # whether into an array or into a copy of it depends on the function
            result = call(arrays)
        # It may not have computed what it does for arrays, and the Variables of a result are f's own.
        elif graph.variables or graph.outside or graded or recorded.recorder.loops or reach.looks_at_types:
            result = call(arrays)
            if reason is None and not agree(made, result):
                if recorded.recorder.loops:
                    return self._unroll(entry, result)
                reason = TYPES
        if reason is None and written:
            reason = "the function writes into an array from outside"
        reason = reason or reason_of_variables(graph, graded, traced, reach)
        if reason is not None:
            self.give_up(entry, reason)
            return result
        if graph.has_strays:
            return self._unroll(entry, result)
        if graph.outside and not self._reads_variables:
            self._reads_variables = True
            entry, _ = self._entry_of(leaves, form)
        candidate = Candidate(recorded, graph, reach, self._strict, flatten(result)[0])
        if not reach.complete and (reach.is_cut or candidate.temporaries):
            reason = "it reads from outside what cannot be compared; pass the data as arguments"
            self.give_up(entry, f"{reason} ({reach.why})")
            return result
        if self._strict and candidate.temporaries:
            raise NotReplayable(
                f"{self!r}: f makes a constant by plain NumPy: {candidate.temporaries[0]}; "
                "pass the data as an argument"
            )
        replay = self._settle(entry, candidate)
        if replay is None:
            return result
        wanted = call(arrays)
        outcome, found = replay.run(arrays)
        for k in replay.candidate.graph_places if outcome == 0 else ():
            found[k] = _core.constant(found[k])
        if not agree(made, wanted):
            reason = TYPES
        elif outcome == 0 and differ(found, flatten(made)[0]):
            reason = "a replay differed from what was recorded"
        if reason is not None:
            # Unless it was another thread that has changed what f reads between the two calls.
            if reach.is_unchanged() and not reach.is_written(before):
                self.give_up(entry, reason)
            return wanted
        entry.programs.insert(0, replay)
        if not self._check:
            replay.add_to(self, leaves, form, places)
        return wanted

    def _unroll(self, entry, result):
        """From now on record loops step by step, for a step has an effect outside of its loop; the result."""
        entry.rolls_loops = False
        entry.pending.clear()
        return result

    def _settle(self, entry, candidate):
        """The program of a call that has been recorded twice; one that has been recorded once is kept."""
        self._drop(entry, [p for p in entry.programs if not p.is_valid_outside()])
        valid = [c for c in entry.pending if c.is_valid_outside()]
        entry.n_stale += len(entry.pending) - len(valid)
        entry.pending[:] = valid
        if entry.n_stale >= MOST_RECORDINGS:
            self.give_up(entry, "what it reads from outside is something else at every call")
            return None
        for c in entry.pending:
            if c.has_branches_of(candidate):
                entry.pending.remove(c)
                entry.n_stale = 0
                found = difference(c.recording, candidate.recording) or c.difference_of_results(candidate)
                replay = None
                if found is None:
                    replay, found = self._program_of(candidate)
                if found is not None:
                    self.give_up(entry, found)
                return replay
        if len(entry.programs) + len(entry.pending) >= MOST_RECORDINGS:
            guards = candidate.recording.guards
            line = guards[-1].line if guards else ""
            self.give_up(
                entry, f"after {MOST_RECORDINGS} recordings another branch or number was met: {line}"
            )
            return None
        entry.pending.append(candidate)
        return None

    def _program_of(self, candidate):
        """The program of a recording, and None; or None, and why there is none."""
        try:
            return Replay(candidate, self._threads), None
        except Exception as error:  # whatever it is, f can still be called
            return None, f"the recording has no program: {type(error).__name__}: {error}"

    def _drop(self, entry, replays=None):
        """Replay these no more, or nothing of an entry."""
        for replay in list(entry.programs) if replays is None else replays:
            entry.programs.remove(replay)
            program = replay.program.program
            self._hits += self.hits(program)
            self.remove(program)

    def give_up(self, entry, reason):
        """From now on call f itself for arguments of this form, and warn once."""
        if self._strict:
            raise NotReplayable(f"{self!r}: {reason}")
        entry.reason = reason
        self._drop(entry)
        entry.pending.clear()
        if reason not in self._reasons:
            self._reasons.append(reason)
            warn_users(f"{self!r} is not replayed: {reason}", ReplayWarning)

    def _compare(self, entry, result, args, kwargs):
        """The result of f itself; where the replay's differs from it, f is not replayed any more."""
        self._eager += 1
        wanted = self.__wrapped__(*args, **kwargs)
        if not agree(result, wanted):
            self.give_up(entry, "a replay differed from the function itself")
        return wanted


def _described(x):
    """What is said of an array that is not recorded."""
    if type(x) is not np.ndarray:
        return f"a {type(x).__name__}"
    return f"an array of {x.dtype.str}" + ("" if x.flags.aligned else ", not aligned")


def _key_of_form(form):
    if form.kind is None:
        return None
    if form.row:
        return len(form.parts)
    static = tuple((k, _key_of_object(v)) for k, v in form.static.items()) if form.static else None
    return form.kind, form.names, tuple(map(_key_of_form, form.parts)), static


def _key_of_object(x):
    if isinstance(x, (bool, int, str, bytes, float, complex, type(None))):
        return type(x), x, np.signbit(x) if type(x) is float else None
    return Identity(x)


# -- What was recorded -----------------------------------------------------------------------------


def _reason_against(recorded):
    """Why a call cannot be replayed, or None."""
    if recorded.recorder.exits:
        return (
            f"a value that depends on the arguments was read as a plain array: {recorded.recorder.exits[0]}"
        )
    return None


#: A reason against replay.
TYPES = "f returns something else for arrays than for Variables: does it look at a type?"
WRITES = "the function writes into an argument"


def _is_written(v, x):
    """Whether a function has written into the Variable that it was given for x."""
    return _core.was_assigned(v) or not same_bits(np.asarray(x), _core.array_of_any(v))


def _result(recorded, arrays):
    """What the function returned, as it returns it where nothing is recorded."""
    given = {id(v): x for v, x in zip(recorded.inputs, arrays, strict=True)}
    kinds = recorded.recorder.kinds
    leaves = []
    for x in recorded.leaves:
        if id(x) in given:
            leaves.append(given[id(x)])
        elif isinstance(x, Variable):
            leaves.append(as_kind(kind_of(x, kinds), _core.array_of_any(x)))
        else:
            leaves.append(x)
    return unflatten(recorded.form, leaves)


def _with_variables(recorded, result):
    """The result, with the Variables that take a gradient to others outside of the function."""
    leaves = flatten(result)[0]
    for k, x in enumerate(recorded.leaves):
        if isinstance(x, Variable) and _core.reaches_others([x], recorded.inputs):
            leaves[k] = x
    return unflatten(recorded.form, leaves)


def _into(out, result):
    """The result, written into given arrays where there are some."""
    if out is None:
        return result
    given, form = flatten(out)
    found, _ = flatten(result)
    if len(given) != len(found):
        raise ValueError(f"out= has {len(given)} arrays, and the result {len(found)}")
    for place, to, y in zip(form.places(), given, found, strict=True):
        if not isinstance(to, np.ndarray) or to.shape != np.shape(y):
            what = f"of shape {to.shape}" if isinstance(to, np.ndarray) else f"a {type(to).__name__}"
            raise ValueError(
                f"out={place and ' at '}{place} is {what}; it is to be an array of shape {np.shape(y)}"
            )
        np.copyto(to, y)
    return unflatten(form, given)
