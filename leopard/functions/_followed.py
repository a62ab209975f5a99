"""What a recording for replay follows although it has no derivative: comparisons, masks, indices.

While a call is recorded for replay (`leopard.compile`), what is computed from its arguments without a
derivative is a constant Variable with a record, so that it is computed again at each replay. Where a value
leaves the graph the recorder of the thread is notified: for a Python number or truth value it supposes that
value from then on, by a guard; for anything else the call cannot be replayed.
"""

import functools
import operator
import sys
import threading
import types
from itertools import compress

import numpy as np

from leopard import _core
from leopard._core import Variable
from leopard._pytrees import Open, flatten, unflatten
from leopard.functions._primitives import Primitive

_of_thread = threading.local()
_LIBRARIES = "leopard", "numpy", "scipy"


class Recorder:
    """What is noticed while a call is recorded.

    Attributes
    ----------
    guards : list of (Variable, array)
        Values that Python has looked at, and what they were.
    exits : list of str
        Where a value has left the graph in another way; the call cannot be replayed then.
    kinds : dict
        By the identity of a Variable, what it is where nothing is recorded: "float", or "array" for an array
        that may have no axes.
    read : list of Variable
        Variables from outside of the call whose arrays the user's code has taken.
    lines : dict
        The user's line that has made each Function, as `call_followed` notes it.
    is_captured : callable
        Whether an array is there outside of the function that is recorded.
    rolls_loops : bool
        Whether a step of a loop may be recorded for all steps, see `leopard.compiling.rolling`.
    loops : int
        How many loops it was tried for: such a step has been called less often than without a recording.
    """

    def __init__(self, is_captured=lambda array: False, rolls_loops=True, outside=()):
        self.is_captured, self.rolls_loops, self.loops = is_captured, rolls_loops, 0
        self.guards, self.exits, self.read = [], [], []
        self.outside = {id(_core.latest(v)): v for v in outside}
        self.kinds, self.kept, self.lines = {}, [], {}

    def __enter__(self):
        self.outer = getattr(_of_thread, "recorder", None)
        _of_thread.recorder = self
        return self

    def __exit__(self, *exception):
        _of_thread.recorder = self.outer


def recorder():
    """The recorder of the call that is recorded for replay in this thread, or None."""
    return getattr(_of_thread, "recorder", None) if _core.following() else None


def note_exit(v):
    """Note that the value of a followed Variable is read by code that is not followed.

    The user's code may take the array of a Variable from outside: the array is there outside, too.
    """
    recorder = _of_thread.recorder
    if id(v) in recorder.outside and not _is_librarys(sys._getframe(1)):
        recorder.read.append(recorder.outside[id(v)])
    else:
        recorder.exits.append(_where())


def _is_librarys(frame):
    return frame.f_globals.get("__name__", "").partition(".")[0] in _LIBRARIES


def note_exit_of(what):
    """Note that something which depends on the arguments is not followed."""
    if _core.following():
        _of_thread.recorder.exits.append(f"{what}, {_where()}")


def note_number(v, array, made):
    """Note that a followed Variable becomes a number: what follows holds for this value alone."""
    _of_thread.recorder.guards.append((v, np.array(array, copy=True), made, _where()))


def note_gradient(g, x):
    """Note that g is of the kind of x, which is followed: a Python number, or an array."""
    recorder = _of_thread.recorder
    kind = recorder.kinds.get(id(x))
    if kind == "float":
        _core.become_python_number(g)
    if kind is not None:
        recorder.kinds[id(g)] = kind
        recorder.kept += g, x


def _where():
    from leopard._refusals import users_line

    return users_line()


#: What these return depends on shapes and types alone.
OF_FORMS = {
    np.shape, np.ndim, np.size, np.zeros_like, np.ones_like, np.empty_like, np.iscomplexobj, np.isrealobj,
    np.result_type, np.can_cast, np.common_type, np.may_share_memory, np.shares_memory, np.diag_indices_from,
    np.tril_indices_from, np.triu_indices_from, np.einsum_path,
}  # fmt: skip
#: These return a tuple of arrays.
_TUPLES = {np.nonzero, np.unravel_index}
#: These return an array or a number, or a tuple of arrays, without a derivative.
OF_VALUES = _TUPLES | {
    np.argmax, np.argmin, np.nanargmax, np.nanargmin, np.argsort, np.lexsort, np.argpartition, np.argwhere,
    np.flatnonzero, np.count_nonzero, np.searchsorted, np.digitize, np.allclose, np.isclose, np.array_equal,
    np.array_equiv, np.all, np.any, np.iscomplex, np.isreal, np.isposinf, np.isneginf, np.isin,
    np.linalg.matrix_rank, np.ravel_multi_index, np.packbits, np.unpackbits,
}  # fmt: skip


def followed_call(function, args, options):
    """A function of NumPy's without a derivative, called with Variables; what it returns is followed.

    Parameters
    ----------
    function : callable
    args : sequence
    options : dict
    """
    leaves, form = flatten((tuple(args), dict(options)))
    leaves = [x.variable if type(x) is FollowedArray else x for x in leaves]
    places = [k for k, x in enumerate(leaves) if isinstance(x, Variable) or type(x) is np.ndarray]
    if function in OF_FORMS or not any(_core.follows(leaves[k]) for k in places):
        return _core.call_unfollowed(_plainly, function, leaves, form)
    if not isinstance(function, np.ufunc) and function not in OF_VALUES:
        note_exit(None)
        return _core.call_unfollowed(_plainly, function, leaves, form)
    ys = _constants(function, leaves, form, places)
    return tuple(ys) if function in _TUPLES else ys[0]


def _constants(function, leaves, form, places):
    """What a function returns for arguments with Variables in these places; each replay calls it."""
    call = PlainCall(Applied(function, Open(form, leaves, places)))
    return _core.record_constant(call, *[leaves[k] for k in places])


def _plainly(function, leaves, form):
    args, options = unflatten(form, [_core.array_of_any(x) if isinstance(x, Variable) else x for x in leaves])
    return function(*args, **options)


_COMPARISONS = [np.less, np.less_equal, np.equal, np.not_equal, np.greater, np.greater_equal]
_OF_NUMBERS = [operator.lt, operator.le, operator.eq, operator.ne, operator.gt, operator.ge]


def follow_comparison(op, a, b):
    """What a comparison of Variables returns while a call is recorded for replay."""
    for x in (a, b):
        if not isinstance(x, (Variable, np.ndarray, np.generic, int, float, complex)):
            note_exit(None)
            return _OF_NUMBERS[op](_value(a), _value(b))
    return followed_call(_COMPARISONS[op], (a, b), {})


def _value(x):
    return _core.call_unfollowed(_core.array_of_any, x) if isinstance(x, Variable) else x


class FollowedArray(np.ndarray):
    """An array among the options of a Function that was computed from the arguments of a recorded call.

    Attributes
    ----------
    variable : Variable
        What holds its value, and has the record of it.
    """

    variable = None

    def __reduce__(self):
        return np.asarray(self).__reduce__()


def as_option(x):
    """A copy of the value of a Variable or array, for an option that later changes do not reach.

    Of a Variable that a recording for replay follows it is a `FollowedArray`.
    """
    if _core.follows(x):
        array = _core.call_unfollowed(_core.array_of_any, x).copy("K").view(FollowedArray)
        array.variable = x
        return array
    return np.array(_core.array_of_any(x) if isinstance(x, Variable) else x)


def is_followed(option):
    """Whether a followed array stands in an option."""
    if isinstance(option, tuple):
        return any(map(is_followed, option))
    return type(option) is FollowedArray


# -- What is not followed, but called ---------------------------------------------------------------


class Opaque(Primitive, listed=False):
    """A function of arrays that each replay calls in Python, as are its derivatives."""

    n_inputs = -1
    options = ("function",)

    def forward(self, *xs):
        y = self.function(*xs)
        if isinstance(y, (tuple, list)):
            return tuple([_core.as_array(_value(part)) for part in y])
        return _core.as_array(_value(y))

    def backward(self, *gys):
        return _pulled_back(self.function, self.wanted, self.inputs, gys)


def _pulled_back(function, wanted, inputs, gys):
    """The gradients of the wanted inputs, None for the others; each replay calls the function in Python."""
    found = Opaque.operation(*inputs, *gys, Pullback(function, wanted))
    return spread(found if isinstance(found, list) else [found], wanted)


def spread(found, wanted):
    """These in the places that are wanted, and None in the others."""
    found = iter(found)
    return tuple([next(found) if w else None for w in wanted])


class PlainCall(Opaque, listed=False):
    """A function of NumPy's that has no derivative, called with values."""

    def backward(self, *gys):
        raise RuntimeError("a function without a derivative was differentiated")


class FormChanged(ValueError):
    """In a replay: a shape that depends on values is another one."""


class Pullback:
    """The gradients of the wanted inputs, as a function of all inputs and the gradients of the outputs."""

    __slots__ = ("function", "wanted")

    def __init__(self, function, wanted):
        self.function, self.wanted = function, wanted

    def __call__(self, *xs):
        n = len(self.wanted)
        is_recorded = any(isinstance(x, Variable) for x in xs)
        inputs = [_alias(x) if w else x for w, x in zip(self.wanted, xs, strict=False)]
        chosen = list(compress(inputs, self.wanted))
        ys = _core.call_traced(chosen, self.function, *inputs)
        ys = list(ys) if isinstance(ys, (tuple, list)) else [ys]
        if [y.shape for y in ys] != [gy.shape for gy in xs[n:]]:
            raise FormChanged("the function returned an array of another shape than when it was recorded")
        pairs = [(y, gy) for y, gy in zip(ys, xs[n:], strict=True) if _is_differentiable(y)]
        found, _ = _core.gradients([y for y, _ in pairs], [gy for _, gy in pairs], chosen, is_recorded)
        _core.mark_closed_inputs(chosen)
        return tuple(
            [
                _core.constant(np.zeros(x.shape, x.dtype)) if g is None else g
                for g, x in zip(found, chosen, strict=True)
            ]
        )


def _alias(x):
    """A Variable with respect to which a function is differentiated."""
    return _core.differentiable_alias(x) if isinstance(x, Variable) else Variable(x)


def _is_differentiable(y):
    return isinstance(y, Variable) and y.dtype.kind in "fc"


class Applied:
    """A function with all arguments but the arrays in some places.

    Attributes
    ----------
    function : callable
    arguments : Open
        Of the positional arguments and the options.
    weak : sequence of bool
        Which of the arrays stand for Python numbers.
    """

    __slots__ = ("function", "arguments", "weak")

    def __init__(self, function, arguments, weak=()):
        self.function, self.arguments, self.weak = function, arguments, weak

    def __call__(self, *xs):
        if any(self.weak):
            pairs = zip(xs, self.weak, strict=True)
            xs = [x.item() if is_weak and isinstance(x, np.ndarray) else x for x, is_weak in pairs]
        args, options = self.arguments.filled(xs)
        y = self.function(*args, **options)
        leaves, form = flatten(y)
        return leaves if form.kind is not None else y


class OfFunction:
    """A Function of a class, with its option or its attributes, as a function of its inputs."""

    __slots__ = ("cls", "option", "attributes")

    def __init__(self, function):
        self.cls, self.option = type(function), function.option
        self.attributes = dict(getattr(function, "__dict__", {}))

    def __call__(self, *xs):
        function = self.cls.__new__(self.cls)
        if self.attributes:
            function.__dict__.update(self.attributes)
        if self.option is not None:
            function.option = self.option
        return function(*xs)


def follow_rule(function, gys):
    """The gradients that a rule returns; where it reads values, each replay calls it in Python."""
    exits = _of_thread.recorder.exits
    n = len(exits)
    try:
        gxs = function.backward(*gys)
    except Exception:  # it may be of arrays alone, or raise for arrays, too
        gxs = _core.call_unfollowed(function.backward, *gys)
    else:
        if len(exits) == n:
            return gxs
    del exits[n:]
    wanted = tuple([w and g is not None for w, g in zip(function.wanted, _as_tuple(gxs), strict=True)])
    return _pulled_back(OfFunction(function), wanted, function.inputs, gys)


def _as_tuple(gxs):
    return tuple(gxs) if isinstance(gxs, (tuple, list)) else (gxs,)


def follow_class(function, variables):
    """The outputs of a Function of a user's class: each replay calls it in Python."""
    return Opaque.operation(*variables, OfFunction(function))


def follow_function(ours, arguments, function, method):
    """The result of a function of NumPy's; where leopard's own reads values, each replay calls it in Python.

    Parameters
    ----------
    ours : callable
        What computes it for Variables.
    arguments : tuple
        (ufunc, method, inputs, options) or (function, args, options).
    function : callable
    method : str or None
        Of a ufunc.
    """
    args, options = arguments[-2], dict(arguments[-1])
    given = args, dict(options)
    target = function if method in (None, "__call__") else getattr(function, method)
    if method or ours.__name__ == "array_function":
        return _as_one_if_read(target, given, lambda: ours(*arguments))
    return _as_one_if_read(target, given, lambda: ours(*args, **options))


def follow_own_function(function, args, options):
    """The result of a function of leopard's; where it reads values, each replay calls it in Python."""
    leaves, _ = flatten((args, options))
    if not any(map(_core.follows, leaves)):
        return function(*args, **options)
    return _as_one_if_read(function, (args, options), lambda: function(*args, **options))


def _as_one_if_read(function, given, call):
    """The result of a call of a function; where values were read in it, each replay calls it in Python."""
    recorder = _of_thread.recorder
    exits, guards = recorder.exits, recorder.guards
    n, m = len(exits), len(guards)
    try:
        y = call()
    except Exception:  # it may be of arrays alone, or raise for arrays, too
        y = _core.call_unfollowed(call)
    else:
        if len(exits) == n:
            return y
    others_are_known, ys = _called_again(function, given, y)
    if others_are_known:
        del exits[n:], guards[m:]
    else:
        note_exit(None)
    return ys


def follow_as_one(function, args, options):
    """The result of a call that each replay makes again in Python, as it does with the derivatives of it.

    Parameters
    ----------
    function : callable
        It is differentiable by operations or rules of its own, which are not followed.
    args : sequence
    options : dict
    """
    y = _core.call_unfollowed(function, *args, **options)
    if not any(map(_core.follows, flatten((tuple(args), options))[0])):
        return y
    others_are_known, ys = _called_again(function, (tuple(args), options), y)
    if not others_are_known:
        note_exit(None)
    return ys


def _called_again(function, given, y):
    """(Whether all that may change is an argument, the result y as a replay computes it by another call)."""
    leaves, form = flatten(given)
    found, form_of_result = flatten(y)
    places = [k for k, x in enumerate(leaves) if isinstance(x, Variable)]
    others = [x for k, x in enumerate(leaves) if k not in places]
    if "out" in given[1] or not all(map(_is_output, found)) or _may_hold_followed([function, *others]):
        return False, y
    applied = Applied(function, Open(form, leaves, places), [_is_weak(leaves[k]) for k in places])
    ys = Opaque.operation(*[leaves[k] for k in places], applied)
    ys = ys if isinstance(ys, list) else [ys]
    return True, unflatten(form_of_result, list(map(_as_was_found, ys, found)))


def looked_at(function, *xs):
    """The truth value that a function of arrays returns for these; a guard where they are followed.

    Parameters
    ----------
    function : callable
        Each replay calls it.
    *xs : Variable, ndarray or number

    Returns
    -------
    bool
    """
    if not any(map(_core.follows, xs)):
        return bool(function(*map(_value, xs)))
    leaves, form = flatten((tuple(xs), {}))
    places = [k for k, x in enumerate(leaves) if isinstance(x, Variable)]
    return bool(_constants(function, leaves, form, places)[0])


def _is_output(x):
    """Whether a leaf of a result can be computed again as an array."""
    return isinstance(x, (Variable, np.ndarray, np.generic, bool, int, float, complex))


def _as_was_found(y, x):
    """What stands for a leaf x of a result that each replay computes as y."""
    recorder = _of_thread.recorder
    if isinstance(x, (bool, int, float, complex)) and not isinstance(x, np.generic):
        recorder.guards.append((y, np.array(x), type(x), _where()))
        return x
    if isinstance(x, np.ndarray) and not isinstance(x, Variable):
        recorder.kinds[id(y)] = "array"
        recorder.kept.append(y)
    return y


def _is_weak(x):
    return _core.is_python_number(_core.latest(x))


_PLAIN = (
    type(None), bool, int, float, complex, str, bytes, np.generic, np.ndarray, np.dtype, np.ufunc, slice,
    range, type, type(Ellipsis), type(np._NoValue), types.BuiltinFunctionType,
)  # fmt: skip


def _may_hold_followed(x, depth=12, seen=None):
    """Whether an object may hold a followed Variable, which a later call would not know."""
    if isinstance(x, Variable):
        return _core.follows(x)
    if isinstance(x, _PLAIN):
        return isinstance(x, np.ndarray) and x.dtype.hasobject
    seen = {} if seen is None else seen
    if id(x) in seen:
        return False
    if depth == 0:
        return True
    seen[id(x)] = x  # kept, so that its id is not reused
    if isinstance(x, (list, tuple, set, frozenset)):
        held = list(x)
    elif isinstance(x, dict):
        held = list(x.values())
    elif isinstance(x, types.FunctionType):
        held = [cell.cell_contents for cell in x.__closure__ or ()]
        held += [x.__defaults__, x.__kwdefaults__]
        if x.__module__.partition(".")[0] not in _LIBRARIES:
            held += [x.__globals__[name] for name in x.__code__.co_names if name in x.__globals__]
    elif isinstance(x, types.MethodType):
        held = [x.__self__, x.__func__]
    elif isinstance(x, functools.partial):
        held = [x.func, x.args, x.keywords]
    elif isinstance(x, types.ModuleType) or type(x).__module__.partition(".")[0] in ("numpy", "scipy"):
        return False
    elif type(getattr(x, "__dict__", None)) is dict and not hasattr(type(x), "__slots__"):
        held = list(vars(x).values())
    else:
        return True
    return any(_may_hold_followed(part, depth - 1, seen) for part in held)
