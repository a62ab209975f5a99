"""`autograd.extend`: primitives and their rules."""

import functools
from collections.abc import MutableMapping

import numpy as np

from leopard._config import recording, using_config
from leopard._core import Variable, of_function, of_ufunc, set_function, set_ufunc
from leopard._pytrees import LEAF, flatten, flatten_as, map_leaves, unflatten
from leopard.compat.autograd._boxes import Box, getval, values_read
from leopard.compat.autograd._nodes import VJPNode
from leopard.compat.autograd._vspaces import VSpace, vspace
from leopard.functions.basic.complex import conj
from leopard.transforms._arguments import PLAIN, Arguments
from leopard.transforms._custom import Call, transposed, zero_like
from leopard.transforms._trace import must_be_callable
from leopard.transforms._values import constant, vectors

__all__ = [
    "Box",
    "SparseObject",
    "VJPNode",
    "VSpace",
    "def_linear",
    "defjvp",
    "defjvp_argnum",
    "defjvp_argnums",
    "defvjp",
    "defvjp_argnum",
    "defvjp_argnums",
    "notrace_primitive",
    "primitive",
    "register_notrace",
    "vspace",
]


class primitive:  # noqa: N801 (autograd's name)
    """A decorator for functions of arrays whose rules are set by `defvjp` or `defjvp`.

    Examples
    --------
    >>> from leopard.compat.autograd import grad
    >>> from leopard.compat.autograd.extend import defvjp, primitive
    >>> @primitive
    ... def cube(x):
    ...     return x**3
    >>> defvjp(cube, lambda ans, x: lambda g: g * 3 * x**2)
    >>> grad(cube)(2.0)
    np.float64(12.0)
    """

    def __init__(self, fun, ours=None):
        must_be_callable("primitive", fun)
        functools.update_wrapper(self, fun)
        self.fun = fun
        self.ours = ours  # what is called with Variables until a rule is set
        self.traced = True
        self.vjp = None  # (argnums, ans, args, kwargs) -> g -> gradients of these arguments
        self.jvp = None  # (argnums, gs, ans, args, kwargs) -> tangent
        self.same = ()  # arguments in which the function is linear, so that its jvp is the function itself

    @property
    def name(self):
        return f"primitive {getattr(self.fun, '__name__', '')}".rstrip()

    def __get__(self, instance, owner):
        return self if instance is None else functools.partial(self, instance)

    def __call__(self, *args, **kwargs):
        if not kwargs and PLAIN.issuperset(map(type, args)):
            return self.fun(*args)
        arguments = Arguments(args)
        if self.ours is not None and self.vjp is None and self.jvp is None:
            chosen = self.ours if arguments.variables or Arguments(kwargs.values()).variables else self.fun
            return chosen(*args, **kwargs)
        if not arguments.variables or not recording() or not self.traced:
            return self.fun(*arguments.replaced(map(getval, arguments.variables))[0], **kwargs)
        call = PrimitiveCall()
        PrimitiveCall.made += 1
        call.rule, call.arguments, call.keywords = self, arguments, kwargs
        ys = call(*arguments.variables)
        return ys if call.form is LEAF else unflatten(call.form, ys if isinstance(ys, list) else [ys])


class PrimitiveCall(Call):
    """One call of a `primitive`."""

    made = 0  # how many there have been

    def forward(self, *xs):
        args = self.arguments.replaced([x if x.ndim else x[()] for x in xs])[0]
        self.result = self.rule.fun(*args, **self.keywords)
        return self.taken(self.result)

    def value(self, args):
        """The result of the function, as Variables with a graph where the rule is recorded."""
        if not recording():
            return self.result
        outputs = [y() for y in self.outputs]
        if any(y is None for y in outputs):
            return self.rule(*args, **self.keywords)
        return unflatten(self.form, outputs)

    @property
    def argnums(self):
        """The positions of the arguments that are a Variable or hold some."""
        return tuple(self.arguments.places)

    def backward(self, *gys):
        if self.rule.vjp is not None:
            args = self.given()
            given = [conj(gy) for gy in gys]
            ans, g = self.value(args), self.structure_of(given)
            if not recording():
                return self.pulled(ans, args, g)
            gxs, read = values_read(given, self.pulled, ans, args, g)
            if read:
                _take_values(gys)
            return gxs
        if self.rule.jvp is None or any(i in self.rule.same for i in self.argnums):
            raise NotImplementedError(f"VJP of {self.rule.name} not defined; state one by defvjp")
        recorded, args = recording(), self.given()
        ans = self.value(args)
        ts = [Variable(np.zeros(x.shape, x.dtype)) for x in self.inputs]
        with using_config("enable_backprop", True):
            pushed, read = values_read(ts, self.pushed, ans, args, ts)
        if read:
            raise NotImplementedError(
                f"VJP of {self.rule.name} not defined, and none follows from its jvp, which takes the value "
                "of its argument; state one by defvjp"
            )
        pairs = [(t, gy) for t, gy in zip(pushed, gys, strict=True) if isinstance(t, Variable)]
        return transposed(pairs, ts, recorded)

    def tangent(self, *ts):
        recorded, args = recording(), self.given()
        ans = self.value(args)
        if self.rule.jvp is not None:
            return self.pushed(ans, args, ts)
        if self.rule.vjp is None:
            raise NotImplementedError(f"JVP of {self.rule.name} not defined; state one by defjvp or defvjp")
        gys = [Variable(np.zeros(*like)) for like in self.like]
        given = [conj(gy) for gy in gys]
        with using_config("enable_backprop", True):
            gxs, read = values_read(given, self.pulled, ans, args, unflatten(self.form, given))
        if read:
            raise NotImplementedError(
                f"JVP of {self.rule.name} not defined, and none follows from its vjp, which takes the value "
                "of its argument; state one by defjvp"
            )
        pairs = [(gx, t) for gx, t in zip(gxs, ts, strict=True) if gx is not None and t is not None]
        return transposed(pairs, gys, recorded)

    def pulled(self, ans, args, g):
        """The gradients of the Variables, by the user's rule, in leopard's complex convention."""
        argnums, found = self.argnums, []
        for i, gx in zip(argnums, self.rule.vjp(argnums, ans, args, self.keywords)(g), strict=True):
            if type(gx) is np.ndarray and i not in self.arguments.nested:  # most of the time
                found.append(_as_gradient(gx))
                continue
            part = self.arguments.part(i)
            gx = gx.dense() if isinstance(gx, SparseObject) else gx
            what = f"{self.rule.name}: the gradient of argument {i}"
            pairs = zip(_taken_apart(part.form, gx, what), part.leaves, strict=True)
            found += [_as_gradient(gx) for gx, x in pairs if isinstance(x, Variable)]
        return tuple(found)

    def pushed(self, ans, args, ts):
        """The tangents of the outputs, by the user's rule."""
        ts, argnums, gs = iter(ts), [], []
        for i in self.argnums:
            part = self.arguments.part(i)
            taken = [next(ts) if isinstance(x, Variable) else None for x in part.leaves]
            if all(t is None for t in taken):
                continue
            leaves = [zero_like(x) if t is None else t for t, x in zip(taken, part.leaves, strict=True)]
            argnums.append(i)
            gs.append(unflatten(part.form, leaves if recording() else map(getval, leaves)))
        pushed = self.rule.jvp(tuple(argnums), tuple(gs), ans, args, self.keywords)
        like = [np.zeros(*form) for form in self.like]
        return tuple(vectors(self.form, pushed, like, f"{self.rule.name}: the tangent")[0])


def _take_values(gys):
    """Let a walk that carries placeholders of many gradients know that a rule has taken their values.

    It then calls the rule with each gradient.
    """
    for gy in gys:
        if gy.creator is not None and not np.any(getval(gy)):
            gy.data  # noqa: B018 (a placeholder is zeros; that it is read is noticed)


def _taken_apart(form, gx, what):
    """The gradients of the leaves of an argument; that of a list may be any sequence, as in autograd."""
    if form.kind is None:
        return [gx]
    if gx is not None and len(gx) != len(form.parts):
        raise TypeError(f"{what}: expected {form}, not {gx!r}")
    places = form.names if isinstance(gx, dict) else range(len(form.parts))
    parts = [None if gx is None else gx[i] for i in places]
    return [leaf for part, g in zip(form.parts, parts, strict=True) for leaf in _taken_apart(part, g, what)]


def _as_gradient(gx):
    """What a rule of autograd's has returned, in leopard's complex convention."""
    return gx if gx is None else conj(gx if isinstance(gx, Variable) else constant(np.asarray(gx)))


#: Rules that were given to functions that are no primitives.
_of_others = {}


class _Stated(MutableMapping):
    """The rules of one kind that were stated, by function; an entry that is put in or taken out is a rule."""

    def __init__(self, kind, state):
        self.kind, self.state, self.makers = kind, state, {}

    def __getitem__(self, fun):
        return self.makers[fun]

    def __setitem__(self, fun, maker):
        self.state(fun, maker)

    def __delitem__(self, fun):
        del self.makers[fun]
        setattr(_rules_of("primitive_vjps", fun), self.kind, None)

    def __iter__(self):
        return iter(self.makers)

    def __len__(self):
        return len(self.makers)


def _rules_of(name, fun):
    """The primitive that takes the rules of a function.

    A rule for a function of NumPy's is one for its calls on Variables. One for any other function is kept,
    and changes nothing, as in autograd: what it computes is differentiated.
    """
    if isinstance(fun, primitive):
        return fun
    must_be_callable(name, fun)
    fun = getattr(fun, "numpys", fun)
    if fun not in _of_others:
        _of_others[fun] = primitive(fun)
    return _of_others[fun]


def _connected(fun, rules, also_known):
    """Let calls of a function of NumPy's on Variables follow rules; where leopard has one, if asked to."""
    if rules is fun:
        return
    fun = getattr(fun, "numpys", fun)
    ufunc = isinstance(fun, np.ufunc)
    known = (of_ufunc if ufunc else of_function)(fun)
    if known is not rules and (known is None or also_known):
        (set_ufunc if ufunc else set_function)(fun, rules)


def defvjp_argnums(fun, vjpmaker):
    """Set a vjp for all arguments: ``vjpmaker(argnums, ans, args, kwargs)`` returns g -> gradients."""
    rules = _rules_of("defvjp_argnums", fun)
    rules.vjp = primitive_vjps.makers[fun] = vjpmaker
    _connected(fun, rules, also_known=True)


def defvjp_argnum(fun, vjpmaker):
    """Set a vjp for any argument: ``vjpmaker(argnum, ans, args, kwargs)`` returns g -> gradient."""

    def of_all(argnums, ans, args, kwargs):
        vjps = [vjpmaker(argnum, ans, args, kwargs) for argnum in argnums]
        return lambda g: tuple([vjp(g) for vjp in vjps])

    defvjp_argnums(fun, of_all)


def defvjp(fun, *vjpmakers, argnums=None):
    """Set a vjp for each argument: ``vjpmaker(ans, *args, **kwargs)`` returns g -> gradient."""
    makers = dict(zip(range(len(vjpmakers)) if argnums is None else argnums, vjpmakers, strict=False))

    def of_one(argnum, ans, args, kwargs):
        if argnum not in makers:
            name = _rules_of("defvjp", fun).name
            raise NotImplementedError(f"VJP of {name} wrt argnum {argnum} not defined")
        maker = makers[argnum]
        return (lambda g: None) if maker is None else maker(ans, *args, **kwargs)

    defvjp_argnum(fun, of_one)


def defjvp_argnums(fun, jvpmaker):
    """Set a jvp for all arguments: ``jvpmaker(argnums, gs, ans, args, kwargs)`` returns the tangent."""
    rules = _rules_of("defjvp_argnums", fun)
    rules.jvp = primitive_jvps.makers[fun] = jvpmaker
    rules.same = ()
    _connected(fun, rules, also_known=False)


primitive_vjps, primitive_jvps = _Stated("vjp", defvjp_argnums), _Stated("jvp", defjvp_argnums)


def defjvp_argnum(fun, jvpmaker):
    """Set a jvp for any argument: ``jvpmaker(argnum, g, ans, args, kwargs)`` returns the tangent."""

    def of_all(argnums, gs, ans, args, kwargs):
        tangents = [jvpmaker(i, g, ans, args, kwargs) for i, g in zip(argnums, gs, strict=True)]
        return functools.reduce(_sum, tangents)

    defjvp_argnums(fun, of_all)


def _sum(x, y):
    leaves, form = flatten(x)
    others = flatten_as(form, y, "the tangents of a primitive")
    return unflatten(form, [a + b for a, b in zip(leaves, others, strict=True)])


def defjvp(fun, *jvpfuns, argnums=None):
    """Set a jvp for each argument: ``jvpfun(g, ans, *args, **kwargs)`` returns the tangent.

    In the place of a jvp, "same" marks an argument in which the function is linear.
    """
    rules = dict(zip(range(len(jvpfuns)) if argnums is None else argnums, jvpfuns, strict=False))

    def of_one(argnum, g, ans, args, kwargs):
        if argnum not in rules:
            name = _rules_of("defjvp", fun).name
            raise NotImplementedError(f"JVP of {name} wrt argnum {argnum} not defined")
        rule = rules[argnum]
        if isinstance(rule, str) and rule == "same":
            return fun(*args[:argnum], g, *args[argnum + 1 :], **kwargs)
        return map_leaves(zero_like, ans) if rule is None else rule(g, ans, *args, **kwargs)

    defjvp_argnum(fun, of_one)
    _rules_of("defjvp", fun).same = {i for i, rule in rules.items() if isinstance(rule, str)}


def def_linear(fun):
    """Set the jvp of a function that is linear in each of its arguments: the function itself."""

    def of_one(argnum, g, ans, args, kwargs):
        return fun(*args[:argnum], g, *args[argnum + 1 :], **kwargs)

    defjvp_argnum(fun, of_one)
    _rules_of("def_linear", fun).same = range(1 << 30)


def notrace_primitive(fun):
    """A decorator for functions without a derivative, which are called with arrays."""

    @functools.wraps(fun)
    def call(*args, **kwargs):
        arguments = Arguments(args)
        return fun(*arguments.replaced(map(getval, arguments.variables))[0], **kwargs)

    return call


def register_notrace(trace_type, primitive_fun):
    """Let a primitive be called with arrays, and its result have no gradient."""
    if isinstance(primitive_fun, primitive):
        primitive_fun.traced = False


class SparseObject:
    """A gradient that is added into an array: ``mut_add(array)`` returns the sum, `vs` its `VSpace`."""

    def __init__(self, vs, mut_add):
        self.vs, self.mut_add = vs, mut_add

    def dense(self):
        """The gradient as an array."""
        return self.mut_add(self.vs.zeros())


VSpace.register(SparseObject, lambda x: x.vs)
