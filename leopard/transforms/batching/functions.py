"""Batched rules of functions that a recording calls as one: without a derivative, or reading values."""

import inspect

import numpy as np

from leopard import _core
from leopard.functions import emath
from leopard.functions._followed import Applied, OfFunction, Opaque, PlainCall, Pullback
from leopard.functions._registry import place_of
from leopard.functions.basic.shape import reshape
from leopard.functions.linalg import decompositions, norms
from leopard.functions.math import hyperbolic
from leopard.functions.protocols import ufunc_methods
from leopard.transforms.batching._steps import Node, Step, batched, rule_of
from leopard.transforms.batching.reductions import behind

#: Those that act element by element.
ELEMENTWISE = {np.isclose, np.iscomplex, np.isreal, np.isposinf, np.isneginf}
ELEMENTWISE |= {getattr(np.emath, name) for name in np.emath.__all__}
ELEMENTWISE |= {place_of(f) for f in (hyperbolic.sech, hyperbolic.csch)}
ELEMENTWISE |= {place_of(getattr(emath, name)) for name in emath.__all__}
#: Those of the last axes of the first argument.
STACKED = {np.linalg.cond, np.linalg.svd, np.linalg.matrix_rank}
STACKED |= {place_of(f) for f in (decompositions.svd, norms.cond)}
#: Those over the axes `axis` of the first argument.
OVER_AXES = {
    np.argmax, np.argmin, np.nanargmax, np.nanargmin, np.argsort, np.argpartition, np.all, np.any,
    np.count_nonzero,
}  # fmt: skip
#: The parameters of the methods of ufuncs, which have no signature.
METHODS = {
    "reduce": ("array", "axis", "dtype", "out", "keepdims", "initial", "where"),
    "accumulate": ("array", "axis", "dtype", "out"),
    "reduceat": ("array", "indices", "axis", "dtype", "out"),
}


@batched(PlainCall)
def plain_call(step):
    function = batched_function(step.option, step.inputs, step.mapped, step.n, step.outputs)
    return NotImplemented if function is None else function(*step.xs)


@batched(Opaque)
def opaque(step):
    """A function that reads values; or the gradients of one: those of its batched rule, with rows for all."""
    option = step.option
    if type(option) is not Pullback:
        return plain_call(step)
    n = len(option.wanted)
    mapped = [m or w for m, w in zip(step.mapped, option.wanted, strict=False)]
    inputs, outputs = step.inputs[:n], step.inputs[n:]
    function = batched_function(option.function, inputs, mapped, step.n, outputs)
    if function is None:
        return NotImplemented
    xs = [step.rows(k) if k >= n or mapped[k] else x for k, x in enumerate(step.xs)]
    return list(Pullback(function, option.wanted)(*xs))


def batched_function(made, inputs, mapped, n, outputs):
    """The batched rule of a function that a recording calls; None where there is none.

    Parameters
    ----------
    made : Applied or OfFunction
    inputs, outputs : list of Form
        Of one example.
    mapped : list of bool
        Which inputs are mapped.
    n : int
        The number of examples.

    Returns
    -------
    callable or None
        Of the operands of all examples.
    """
    if type(made) is OfFunction:
        rule = rule_of(made.cls)
        if rule is None or made.attributes:
            return None
        node = Node(made.cls, inputs, outputs)

        def by_rule(*xs):
            ys = rule(Step(node, n, list(xs), mapped, made.option))
            return Step(node, n, list(xs), mapped, made.option).by_row() if ys is NotImplemented else ys

        return by_rule
    if type(made) is not Applied:
        return None
    rule = _rule_of(made.function)
    if rule is None or made.arguments.form.parts[0].kind is not tuple:
        return None
    return rule(made, inputs, mapped, n, outputs)


def _rule_of(function):
    if isinstance(function, np.ufunc):
        return _elementwise if function.signature is None and function.nout == 1 else None
    known = {function, place_of(function)} if hasattr(function, "__module__") else {function}
    if known & ELEMENTWISE:
        return _elementwise
    if known & STACKED:
        return _stacked
    if function in OVER_AXES or _method(function):
        return _over_axes
    if function is np.searchsorted:
        return _second_alone
    if getattr(function, "__name__", "") == "_is_finite":
        return _of_all
    if function in (np.digitize, np.isin):
        return _first_alone
    return None


def _method(function):
    """The parameters of a method of a ufunc, or of what implements one for Variables; None for others."""
    if not isinstance(getattr(function, "__self__", None), np.ufunc):
        if getattr(getattr(function, "func", function), "__module__", None) != ufunc_methods.__name__:
            return None
    return METHODS.get(function.__name__.rpartition("_")[2])


def _elementwise(made, inputs, mapped, n, outputs):
    ndim = outputs[0].ndim  # there may be arrays among the other arguments

    def of_rows(*xs):
        return made(*[_aligned(x, ndim, m) for x, m in zip(xs, mapped, strict=True)])

    return of_rows


def _aligned(x, ndim, is_mapped):
    missing = ndim + 1 - np.ndim(x) if is_mapped else 0
    return reshape(x, (x.shape[0], *(1,) * missing, *x.shape[1:])) if missing else x


def _stacked(made, inputs, mapped, n, outputs):
    return made if len(inputs) == 1 else None


def _over_axes(made, inputs, mapped, n, outputs):
    if not mapped[0] or any(mapped[1:]) or len(outputs) != 1:
        return None
    shape = (n, *outputs[0].shape)

    def of_rows(*xs):
        args, options = made.arguments.filled(xs)
        if names := _method(made.function):
            given = dict(zip(names, args, strict=False)) | options
            x, axis = given.pop("array"), given.get("axis", 0)
        else:
            bound = inspect.signature(made.function).bind(*args, **options)
            bound.apply_defaults()
            given = {k: v for k, v in bound.arguments.items() if v is not np._NoValue}
            x = given.pop(next(iter(bound.arguments)))
            axis = given.get("axis")
        ndim = inputs[0].ndim
        if axis is None or ndim == 0:
            x, axis = reshape(x, (n, inputs[0].size)), 1
            given.pop("keepdims", None)
        else:
            axis = behind(axis, ndim) if isinstance(axis, tuple) else axis % ndim + 1
        given["axis"] = axis
        y = made.function(x, *[given.pop(k) for k in ("indices",) if k in given], **given)
        return y if y.shape == shape else reshape(y, shape)

    return of_rows


def _of_all(made, inputs, mapped, n, outputs):
    """Of a test that all elements pass: where those of all examples pass, each example does."""

    def of_rows(*xs):
        y = made(*xs)
        return np.broadcast_to(y, (n,)) if _core.call_unfollowed(bool, y) else NotImplemented

    return of_rows


def _first_alone(made, inputs, mapped, n, outputs):
    return made if mapped[0] and not any(mapped[1:]) else None


def _second_alone(made, inputs, mapped, n, outputs):
    """Of `searchsorted`: points of each example among the same sorted numbers."""
    return made if len(mapped) == 1 or not mapped[0] and not any(mapped[2:]) else None
