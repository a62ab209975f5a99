"""`vmap`: a function is recorded for one example, and its operations are computed for all at once."""

import operator

import numpy as np

from leopard import _core
from leopard._core import Variable
from leopard._pytrees import flatten, flatten_as, unflatten
from leopard.functions._followed import recorder
from leopard.transforms._trace import must_be_callable
from leopard.transforms._transformed import dressed, transform
from leopard.transforms.batching._axes import leaf_axes, number_of_rows, with_rows_at, with_rows_first
from leopard.transforms.batching._steps import NotBatched, evaluate, mapped_values, plain, repeated

__all__ = ["vmap"]

_NUMERIC = Variable, np.ndarray, np.generic, bool, int, float, complex


@transform
def vmap(f, in_axes=0, out_axes=0):
    """A function that computes f for many examples at once, along an axis of its arguments.

    f is recorded for the first example; each operation is then computed for all, by its batched rule.

    Parameters
    ----------
    f : callable
        Of arrays and numbers, in nested structures; it may compute derivatives by other transforms. It
        should have no side effects.
    in_axes : int, None, or a sequence of these
        The axis of each positional argument along which the examples are; None for one that is the same for
        all. For a structure an int stands for all its arrays, a structure of ints and None for these.
        Keyword arguments are mapped along their axis 0.
    out_axes : int, None, or a structure of these
        The same for the results; None for one that does not depend on the example.

    Returns
    -------
    callable
        It takes and returns what f does, with one more axis. A result that is the same for all examples is
        repeated. Variables are returned where one is among the arguments, or f reads one.

    Raises
    ------
    TypeError
        When `in_axes` or `out_axes` holds anything but axes, or what is mapped is not numeric.
    ValueError
        When nothing is mapped, the mapped axes differ in length, an argument has no such axis, or a
        structure of axes does not fit. When a result differs in shape from example to example, or depends on
        the example although `out_axes` is None.

    Notes
    -----
    Where the course of f differs from example to example (a branch), or it makes a Python number of a value,
    f is called for each example and the results are stacked. Otherwise what it does beside its operations
    happens once: random numbers are the same for all. What it writes into an argument does not reach the
    caller. ``docs/vmap.md`` says more, and which operations are computed example by example.

    Examples
    --------
    >>> x, w = np.array([[1.0, 2.0], [3.0, 4.0]]), np.array([1.0, -1.0])
    >>> vmap(np.dot, in_axes=(0, None))(x, w)
    array([-1., -1.])
    >>> vmap(grad(lambda w, x: np.dot(w, x) ** 2), in_axes=(None, 0))(w, x)
    array([[-2., -4.],
           [-6., -8.]])
    """
    must_be_callable("vmap", f)
    axes = _checked(in_axes)

    def mapped(*args, **kwargs):
        return _Call(f, args, kwargs, axes).result(out_axes)

    return dressed(mapped, f, "vmap")


def _checked(in_axes):
    if isinstance(in_axes, list):
        in_axes = tuple(in_axes)
    if in_axes is not None and not isinstance(in_axes, tuple):
        try:
            return operator.index(in_axes)
        except TypeError:
            raise TypeError(
                f"vmap: in_axes is an int, None, or a tuple with an axis or a structure of axes for each "
                f"argument, not {in_axes!r}"
            ) from None
    return in_axes


class _Call:
    """A call of a mapped function.

    Attributes
    ----------
    leaves : list
        Of all arguments; those that are mapped with the examples along the first axis.
    form : Form
        Of (args, kwargs).
    places : list of int
        The leaves that are mapped.
    n : int
        The number of examples.
    """

    def __init__(self, f, args, kwargs, in_axes):
        self.f = f
        if isinstance(in_axes, tuple) and len(in_axes) != len(args):
            raise ValueError(
                f"vmap: in_axes has {len(in_axes)} entries, and {len(args)} positional arguments were given"
            )
        args = tuple(args)
        axes = leaf_axes(in_axes, args, "vmap: in_axes") + leaf_axes(0, kwargs, "vmap: in_axes")
        self.leaves, self.form = flatten((args, kwargs))
        self.places = [k for k, axis in enumerate(axes) if axis is not None]
        names = [_name(place) for place in self.form.places()]
        for k in self.places:
            self.leaves[k] = with_rows_first(self.leaves[k], axes[k], names[k])
        for k, x in enumerate(self.leaves):
            if axes[k] is None and type(x) is np.ndarray:  # all examples would see what f writes into it
                self.leaves[k] = x = x.view()
                x.flags.writeable = False
        given = [[of[k] for k in self.places] for of in (self.leaves, axes, names)]
        self.n = number_of_rows(*given)

    def result(self, out_axes):
        """What the mapped function returns."""
        found = self.at_once(out_axes)
        return self.one_by_one(out_axes) if found is None else found

    def call(self, xs):
        """f of these in the places of the leaves that are mapped."""
        leaves = list(self.leaves)
        for k, x in zip(self.places, xs, strict=True):
            leaves[k] = x
        args, kwargs = unflatten(self.form, leaves)
        return self.f(*args, **kwargs)

    def call_to_end(self, xs):
        """f of these; views of what was assigned to afterwards are taken again while the call is recorded."""
        y = self.call(xs)
        for leaf in flatten(y)[0]:
            if isinstance(leaf, Variable):
                _core.latest(leaf)
        return y

    # -- By batched rules ----------------------------------------------------------------------------

    def at_once(self, out_axes):
        """The results by batched rules; None where f is to be called for each example."""
        from leopard.compiling.recording import from_graph, record
        from leopard.transforms.batching import rules  # noqa: F401 (it enters them)

        outer = recorder()
        is_captured = (lambda array: False) if outer is None else outer.is_captured
        examples = [_example(self.leaves[k]) for k in self.places]
        versions = [(x, _core.latest(x)) for x in self.leaves if isinstance(x, Variable)]
        try:
            recorded = record(self.call_to_end, examples, is_captured, rolls_loops=False)
        except Exception:  # f may not be one that can be recorded; else it raises again, for one example
            recorded = None
        if any(_core.latest(x) is not version for x, version in versions):
            raise ValueError("vmap: f assigns to an argument; let it assign to a copy and return that")
        if recorded is None or recorded.recorder.exits or not _are_numeric(recorded.leaves):
            return None
        recording = from_graph(
            recorded.inputs, recorded.leaves, recorded.recorder, is_captured, is_part=True, takes_leaves=True
        )
        if any(_core.latest(v) is not v for v in recording.before):
            raise ValueError("vmap: f assigns to a Variable from outside; let it return what it computes")
        mapped = mapped_values(recording, recording.inputs[: len(self.places)])
        for guard, (v, *_) in zip(recording.guards, recorded.recorder.guards, strict=True):
            if guard.made is not bool and (guard.value in mapped or _core.reaches_gradient(v)):
                return None  # a number loses its derivative
        made = set(map(id, recorded.recorder.made))
        before = [plain(v) if id(v) in made else v for v in recording.before]
        given = [self.leaves[k] for k in self.places] + before
        try:
            found = evaluate(recording, self.n, given, mapped)
        except NotBatched:
            return None
        for guard in recording.guards:
            if not self.holds(guard, found.get(guard.value), guard.value in mapped, outer):
                return None
        is_connected = any(isinstance(x, Variable) for x in self.leaves + before)
        ys = [found[y] if y in found else y.array for y in recording.outputs]
        if self.n and not all(
            map(_is_example, ys, recorded.leaves, [y in mapped for y in recording.outputs])
        ):
            return None  # f has written into an array after it was used
        return self.results(ys, [y in mapped for y in recording.outputs], recorded, out_axes, is_connected)

    def holds(self, guard, value, is_mapped, outer):
        """Whether a value that f has looked at is the same for all examples.

        An outer recording notes what was looked at for this, in the same order for all outcomes.
        """
        if not isinstance(value, (Variable, np.ndarray)):
            return True
        if not is_mapped:
            if _core.follows(value):
                outer.guards.append((value, guard.expected, guard.made, guard.line))
            return True
        if _is_true(np.all(value), guard, outer):
            return bool(guard.expected)
        return not _is_true(np.any(value), guard, outer) and not guard.expected

    def results(self, ys, are_mapped, recorded, out_axes, is_connected):
        """The results in the structure and the types that the caller gets."""
        axes, names = self.of_result(out_axes, recorded.result, recorded.form)
        taken = [x for x in self.leaves if isinstance(x, (Variable, np.ndarray))]
        for k, (y, axis, is_mapped) in enumerate(zip(ys, axes, are_mapped, strict=True)):
            if is_mapped and axis is None:
                raise ValueError(
                    f"vmap: out_axes is None for {names[k]}, which depends on the example; give it an axis"
                )
            if not is_mapped and axis is not None:
                y = repeated(y, self.n)
            if isinstance(y, Variable) and not is_connected and not _core.follows(y):
                y = plain(y)
            if not is_mapped or any(np.may_share_memory(plain(y), plain(x)) for x in taken):
                y = y.copy() if isinstance(y, Variable) else np.array(y)
            taken.append(y)
            ys[k] = y if axis is None else with_rows_at(y, axis, names[k])
        return unflatten(recorded.form, ys)

    def of_result(self, out_axes, result, form):
        """For each leaf of the result its axis, and what to call it in an error."""
        axes = leaf_axes(out_axes, result, "vmap: out_axes")
        return axes, [f"the result{place and ' at '}{place}" for place in form.places()]

    # -- Example by example --------------------------------------------------------------------------

    def one_by_one(self, out_axes):
        """The results of calls for each example, stacked."""
        if self.n == 0:
            raise ValueError(
                "vmap: there is no example, and f cannot be recorded: its course depends on the values of an "
                "example, or it raises"
            )
        rows, form = [], None
        for r in range(self.n):
            y = self.call_of(r)
            if form is None:
                leaves, form = flatten(y)
                axes, names = self.of_result(out_axes, y, form)
                if not _are_numeric(leaves):
                    raise TypeError("vmap: f returned what is no number or array")
            else:
                leaves = flatten_as(form, y, f"vmap: the result for example {r}")
            rows.append(leaves)
        return unflatten(
            form, [self.stacked(*column) for column in zip(zip(*rows, strict=True), axes, names, strict=True)]
        )

    def call_of(self, r):
        try:
            return self.call([x[r].copy() for x in (self.leaves[k] for k in self.places)])
        except Exception as error:
            error.add_note(f"vmap: of example {r} of {self.n}")
            raise

    def stacked(self, rows, axis, name):
        shape = np.shape(rows[0])
        for r, row in enumerate(rows):
            if np.shape(row) != shape:
                raise ValueError(
                    f"vmap: {name} has shape {shape} for example 0, and {np.shape(row)} for example {r}; f "
                    "must return the same shapes for all"
                )
        if axis is not None:
            return with_rows_at(np.stack(rows), axis, name)
        if any(not np.array_equal(plain(row), plain(rows[0]), equal_nan=True) for row in rows):
            raise ValueError(
                f"vmap: out_axes is None for {name}, which depends on the example; give it an axis"
            )
        return rows[0]


def _example(x):
    """The first example of an array or Variable; ones where there is none."""
    x = plain(x)
    return x[0] if len(x) else np.ones(x.shape[1:], x.dtype)[()]


def _is_example(y, x, is_mapped):
    """Whether the first row of a result is what f has returned for the first example, to rounding errors."""
    y, x = plain(y), np.asarray(plain(x))
    y = np.asarray(y[0] if is_mapped else y)
    if x.dtype.kind not in "fc" or y.dtype != x.dtype:
        return np.array_equal(x, y)
    finite = np.isfinite(x)
    if not np.array_equal(finite, np.isfinite(y)):
        return False
    error = np.sqrt(np.finfo(x.dtype).eps) * max(1.0, np.max(np.abs(x[finite]), initial=0.0))
    return bool(np.all(np.abs(x - y)[finite] <= error))


def _is_true(value, guard, outer):
    """The truth value of a Variable or array, which an outer recording supposes from now on."""
    found = bool(plain(value))
    if _core.follows(value):
        outer.guards.append((value, np.array(found), bool, guard.line))
    return found


def _are_numeric(leaves):
    return all(isinstance(x, _NUMERIC) for x in leaves)


def _name(place):
    """What to call a leaf of (args, kwargs): ``argument 0['w']``."""
    return "argument " + place.partition("][")[2].replace("]", "", 1)
