"""Functions with user-defined rules: the base of `custom_vjp`, `custom_jvp` and autograd's `primitive`."""

import functools
import inspect

import numpy as np

from leopard._config import recording
from leopard._core import Function, Variable, following, narrow_gradients, reaches_others
from leopard._pytrees import LEAF, flatten, unflatten
from leopard.functions._followed import follow_as_one
from leopard.transforms._arguments import Arguments
from leopard.transforms._trace import check_outputs, must_be_callable
from leopard.transforms._transformed import name_in_place_of
from leopard.transforms._values import plain, value_of


class Custom:
    """The base class of `custom_vjp` and `custom_jvp`: a function with a user-defined rule."""

    def __init__(self, f, nondiff_argnums=()):
        must_be_callable(type(self).__name__, f)
        functools.update_wrapper(self, f)
        self.f = f
        self.nondiff_argnums = tuple(nondiff_argnums)

    def __get__(self, instance, owner):
        return self if instance is None else functools.partial(self, instance)

    def __reduce_ex__(self, protocol):
        return name_in_place_of(self, self.f) or super().__reduce_ex__(protocol)

    def positional(self, args, kwargs):
        """All arguments in the order of the function's parameters, defaults included."""
        try:
            signature = None if isinstance(self.f, np.ufunc) else inspect.signature(self.f)
        except ValueError:
            signature = None
        if signature is None:
            if kwargs:
                raise TypeError(f"{self.name}: give the arguments by position; the signature was not found")
            return args
        bound = signature.bind(*args, **kwargs)
        if bound.kwargs:
            names = ", ".join(bound.kwargs)
            raise TypeError(f"{self.name}: keyword-only arguments ({names}) cannot have a rule")
        bound.apply_defaults()
        return bound.args

    @property
    def name(self):
        return f"{type(self).__name__} {getattr(self.f, '__name__', '')}".rstrip()

    def __call__(self, *args, **kwargs):
        if not self.has_rule():
            raise AttributeError(f"{self.name} has no rule yet; give it one: {self.how_to_state}")
        args = self.positional(args, kwargs)
        if following():
            return follow_as_one(self, args, {})
        arguments = Arguments(args)
        if not arguments.variables or not recording():
            return self.f(*args)
        call = self.function()
        call.rule, call.arguments = self, arguments
        ys = call(*arguments.variables)
        return unflatten(call.form, ys if isinstance(ys, list) else [ys])

    def fixed(self, n):
        """The positions of the arguments, of which there are n, that are not differentiated."""
        return {i % n for i in self.nondiff_argnums}

    def split(self, args):
        """(the arguments that are not differentiated, those that are)."""
        fixed = self.fixed(len(args))
        return [args[i] for i in sorted(fixed)], [x for i, x in enumerate(args) if i not in fixed]


class Call(Function):
    """One call of a function with a user-defined rule. Its inputs are the Variables in the arguments."""

    def values(self):
        """The arguments with the Variables replaced by their values."""
        return self.arguments.replaced(map(value_of, self.inputs))[0]

    def given(self):
        """The arguments that are passed to the rule: Variables where it is recorded, else values."""
        return self.arguments.replaced(self.inputs)[0] if recording() else self.values()

    def taken(self, y):
        """The arrays that the function returned; raises where they depend on a Variable of its closure."""
        if type(y) is np.ndarray or isinstance(y, np.generic):  # most of the time
            self.form, self.like = LEAF, [(y.shape, y.dtype)]
            return (np.asarray(y),)
        outputs, self.form = flatten(y)
        check_outputs(self.rule.name, y, outputs, self.form)
        variables = [v for v in outputs if isinstance(v, Variable)]
        if recording() and reaches_others(variables, []):
            raise TypeError(
                f"{self.rule.name} closes over a Variable, which its rule does not differentiate; make it an "
                "argument, or close over stop_gradient of it"
            )
        self.like = [
            (np.shape(y), np.asarray(plain(y) if isinstance(y, Variable) else y).dtype) for y in outputs
        ]
        return tuple([plain(y) if isinstance(y, Variable) else np.asarray(y) for y in outputs])

    def structure_of(self, gys):
        return unflatten(self.form, gys if recording() else map(value_of, gys))


def transposed(pairs, inputs, recorded):
    """The transpose of a linear map that is recorded from `inputs`, applied to (output, cotangent) pairs."""
    return tuple(narrow_gradients([y for y, _ in pairs], [gy for _, gy in pairs], inputs, recorded))


def zero_like(x):
    """The tangent of an argument that has none: zeros, or None for one that is not numeric."""
    if not isinstance(x, (Variable, np.ndarray, np.generic, int, float, complex)):
        return None
    dtype = getattr(x, "dtype", np.dtype(type(x)))
    return np.zeros(np.shape(x), dtype if dtype.kind in "fc" else float)[()]
