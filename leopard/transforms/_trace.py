"""One recorded call of a function: what went in, what came out, and how results are handed back."""

import numpy as np

from leopard import _core
from leopard._config import recording, using_config
from leopard._core import Variable, reaches_others
from leopard._pytrees import flatten, unflatten
from leopard.functions._followed import note_inputs
from leopard.transforms._values import as_given, as_input, value_of


class Trace:
    """A call that was recorded.

    Attributes
    ----------
    name : str
        Of the transform, for its errors.
    given : list
        The leaves of the differentiated arguments, as the caller gave them.
    form : Form
        How they were nested.
    inputs : list of Variable
        What the function got for them: leaves, or aliases of Variables of an outer computation.
    outputs : list
        The leaves of what it returned.
    output_form : Form
    aux : object
    connected : bool
        Whether results depend on Variables that are not the function's own.
    kept : bool
        Whether it outlives the call, so that the caller must not be given arrays of its graph.
    """

    __slots__ = ("name", "given", "form", "inputs", "outputs", "output_form", "aux", "connected", "kept")

    def __reduce_ex__(self, protocol):
        raise TypeError(
            f"what {self.name} returned holds the graph of a recorded call, which cannot be pickled; send "
            "the function and its arguments, and call the transform there"
        )

    def returned(self, gradients, connected=False, handed_back=as_given):
        """Gradients of the inputs, in the caller's structure and types, each by `handed_back`."""
        connected = connected or self.connected
        found = [handed_back(g, x, connected) for g, x in zip(gradients, self.given, strict=True)]
        _core.mark_as_returned(found)
        return unflatten(self.form, found)

    def values(self):
        """What the function returned."""
        if self.connected or self.has_variables():
            _core.mark_as_returned(self.outputs)
            return unflatten(self.output_form, self.outputs)
        found = map(value_of, self.outputs)
        if self.kept:
            found = [y.copy() if isinstance(y, np.ndarray) else y for y in found]
        return unflatten(self.output_form, found)

    def extras(self):
        """What it returned besides, under `has_aux`."""
        leaves, form = flatten(self.aux)
        if self.connected or not any(isinstance(x, Variable) for x in leaves):
            _core.mark_as_returned(leaves)
            return self.aux
        return unflatten(form, map(value_of, leaves))

    def has_variables(self):
        return any(isinstance(x, Variable) for x in self.given)

    def variables(self):
        """(positions, Variables) of the outputs that can depend on an input."""
        pairs = [(i, y) for i, y in enumerate(self.outputs) if isinstance(y, Variable)]
        return [i for i, _ in pairs], [y for _, y in pairs]


class Selection:
    """Which arguments are differentiated: positions, or names of keyword arguments."""

    __slots__ = ("name", "argnums", "single", "first")

    def __init__(self, name, argnums):
        self.name = name
        self.single = not isinstance(argnums, (tuple, list))
        self.argnums = (argnums,) if self.single else tuple(argnums)
        for i in self.argnums:
            if not isinstance(i, (int, np.integer, str)) or isinstance(i, bool):
                raise TypeError(f"{name}: argnums is an int, a name, or a tuple of these, not {argnums!r}")
        if not self.argnums:
            raise ValueError(f"{name}: argnums is empty: nothing to differentiate with respect to")
        self.first = self.argnums == tuple(range(len(self.argnums)))  # the first arguments, in their order

    def take(self, args, kwargs):
        """The chosen arguments: one of them, or a tuple."""
        chosen = []
        for i in self.argnums:
            if isinstance(i, str):
                if i not in kwargs:
                    raise TypeError(
                        f"{self.name}: argnums names {i!r}, and no keyword of that name was given"
                    )
                chosen.append(kwargs[i])
            elif -len(args) <= i < len(args):
                chosen.append(args[i])
            else:
                raise TypeError(
                    f"{self.name}: argnums is {i}, and {len(args)} positional arguments were given"
                )
        return chosen[0] if self.single else tuple(chosen)

    def put(self, args, kwargs, chosen):
        """All arguments, these among them."""
        args, kwargs = list(args), dict(kwargs)
        for i, x in zip(self.argnums, (chosen,) if self.single else chosen, strict=True):
            if isinstance(i, str):
                kwargs[i] = x
            else:
                args[i] = x
        return args, kwargs

    def place(self, k, places):
        """What to call a leaf in an error."""
        if not self.single:
            first, _, rest = places[k][1:].partition("]")
            return f"argument {self.argnums[int(first)]!r}{rest and ' at '}{rest}"
        return f"argument {self.argnums[0]!r}{places[k] and ' at '}{places[k]}"


def trace(name, f, selection, args, kwargs, has_aux=False):
    """Call f with Variables for the chosen arguments, and record it."""
    chosen = selection.take(args, kwargs)
    given, form = flatten(chosen)

    def call(inputs):
        args_, kwargs_ = selection.put(args, kwargs, unflatten(form, inputs))
        return f(*args_, **kwargs_)

    return record(name, call, given, form, lambda k: selection.place(k, list(form.places())), has_aux)


def trace_of_all(name, f, primals, has_aux=False, kept=False):
    """Call f with Variables for all its arguments, and record it.

    What is kept for later has arrays of its own: the caller may write into his.
    """
    given, form = flatten(primals)

    def place(k):
        first, _, rest = list(form.places())[k][1:].partition("]")
        return f"primal {first}{rest and ' at '}{rest}"

    if kept:
        given = [x.copy() if isinstance(x, np.ndarray) else x for x in given]
    t = record(name, lambda inputs: f(*unflatten(form, inputs)), given, form, place, has_aux)
    t.kept = kept
    return t


def record(name, call, given, form, place, has_aux=False):
    """The `Trace` of a call with these leaves."""
    t = Trace()
    t.name, t.given, t.form, t.kept = name, given, form, False
    outside = recording() or _core.following()
    t.inputs = [as_input(name, x, outside, place, k) for k, x in enumerate(given)]
    note_inputs(t.inputs)
    if recording():
        y = _core.call_traced(t.inputs, call, t.inputs)
    else:
        with using_config("enable_backprop", True):
            y = _core.call_traced(t.inputs, call, t.inputs)
    finish(t, y, outside, has_aux)
    return t


def finish(t, y, outside, has_aux=False):
    """What the function returned, looked at."""
    t.aux = None
    if has_aux:
        if not isinstance(y, (tuple, list)) or len(y) != 2:
            raise TypeError(f"{t.name}: under has_aux the function returns (value, aux), not {_kind(y)}")
        y, t.aux = y
    t.outputs, t.output_form = flatten(y)
    check_outputs(t.name, y, t.outputs, t.output_form)
    t.connected = outside and (
        t.has_variables() or reaches_others(_variables(t), t.inputs) or _depends_on_followed(_variables(t))
    )
    _core.mark_closed_inputs(t.inputs)


def _depends_on_followed(ys):
    """Whether Variables depend on constants that a recording for replay follows."""
    if not _core.following():
        return False
    waiting, seen = [_core.latest(y) for y in ys], set()
    for v in waiting:  # and those that are appended meanwhile
        node, f = _core.node_identity(v)
        if node not in seen:
            seen.add(node)
            if _core.is_constant(v) and _core.follows(v):
                return True
            waiting += () if f is None else f.inputs
    return False


def _variables(t):
    """The Variables that the function returned, those in aux too."""
    leaves = t.outputs if t.aux is None else t.outputs + flatten(t.aux)[0]
    return [y for y in leaves if isinstance(y, Variable)]


def check_outputs(name, y, leaves, form):
    if y is None:
        raise TypeError(f"{name}: the function returned None; did it forget to return a value?")
    for k, leaf in enumerate(leaves):
        if not isinstance(leaf, (Variable, np.ndarray, np.generic, int, float, complex)):
            place = list(form.places())[k]
            raise TypeError(
                f"{name}: the function returned {_kind(leaf)}{place and ' at '}{place}, which is no number "
                "or array"
            )


def _kind(x):
    if isinstance(x, Variable):
        return f"a Variable of shape {x.shape}"
    if isinstance(x, (tuple, list)):
        return f"a {type(x).__name__} of {len(x)}"
    return "None" if x is None else f"a {type(x).__name__}"


def must_be_callable(name, f):
    if not callable(f):
        raise TypeError(f"{name}: expected a function, not {_kind(f)}; write {name}(f)(x)")
