"""Calls of every operation in forms drawn at random, made from the sample calls of the register.

A form is a sample call that has been changed once to three times: an argument by its name, another axis, a
keyword more, another layout, type or shape of an array, a list or a constant in its place. `fault` makes it
with arrays and with Variables and says what differs.
"""

import copy
import inspect
import warnings
from dataclasses import dataclass, replace

import numpy as np

from leopard import Variable, _core
from leopard.functions import _registry
from tests import laws
from tests.laws import directions, gradients, inner, measure, outputs, variables_of
from tests.laws.cases import Place, filled, numbered, plain_of

#: Methods of ndarray that change it and return nothing.
IN_PLACE = {"sort", "partition", "resize", "put", "fill", "setfield", "byteswap"}


@dataclass
class Form:
    """A call of a function, with `Place` where its arrays stand."""

    name: str
    function: object  # takes Variables
    plain: object  # takes arrays
    args: list
    keywords: dict
    arrays: list
    exact: bool
    smooth: bool
    numpys: bool = True
    words: tuple = ()

    def __str__(self):
        arrays = ", ".join([f"{a.dtype} {a.shape} strides {a.strides}" for a in self.arrays])
        shown = [*map(repr, self.args), *[f"{k}={v!r}" for k, v in self.keywords.items()]]
        return f"{self.name}({', '.join(shown)}) of {arrays} [{'; '.join(self.words)}]"

    def call(self, function, xs):
        # NumPy's rollaxis writes into an array that is given as an axis.
        args, keywords = copy.deepcopy(self.args), copy.deepcopy(self.keywords)
        return function(*filled(args, xs), **filled(keywords, xs))


# -- Where forms come from -------------------------------------------------------------------------------


def subjects():
    """For each operation its name, what is called with Variables and with arrays, its samples, and facts."""
    for entry in laws.ENTRIES:
        pairs = [(f, f) for f in entry.callables] or [(entry.function, entry.plain)]
        name = entry.function.__name__
        if hasattr(np.ndarray, name) and hasattr(Variable, name) and name not in IN_PLACE:
            pairs.append((method(name),) * 2)
        for function, plain in pairs:
            if entry.cases:
                facts = entry.exact, entry.smooth, function is plain
                yield name_of(function, name), function, plain, entry.cases, facts
    for cls in laws.ELEMENTWISE:
        function = cls.ufunc if isinstance(cls.ufunc, np.ufunc) else cls.operation
        shapes = [((2, 3), (2, 3)), ((2, 3), (3,)), ((2, 1), (1, 3)), ((), (2,))]
        samples = [
            _registry.call(
                *[
                    _registry.drawn(*s, low=low, high=high)
                    for s, (low, high) in zip(shape, cls.domain, strict=False)
                ]
            )
            for shape in shapes
        ]
        plain = function if isinstance(function, np.ufunc) else plain_of(cls)
        yield cls.name, function, plain, samples, (cls.exact, cls.smooth, function is plain)


def method(name):
    def call(x, *args, **keywords):
        return getattr(x, name)(*args, **keywords)

    call.__name__ = name
    return call


def name_of(function, otherwise):
    owner = getattr(function, "__self__", None)
    word = getattr(function, "__name__", otherwise)
    return f"{owner.__name__}.{word}" if isinstance(owner, np.ufunc) else word


UFUNC = ["out", "where", "dtype", "casting", "order", "subok"]
UFUNC_METHODS = {
    "reduce": ["array", "axis", "dtype", "out", "keepdims", "initial", "where"],
    "accumulate": ["array", "axis", "dtype", "out"],
    "reduceat": ["array", "indices", "axis", "dtype", "out"],
}


def parameters(function):
    """The names of the parameters that may be given by position, and of all."""
    if isinstance(function, np.ufunc):
        return [], UFUNC
    if isinstance(getattr(function, "__self__", None), np.ufunc):
        names = UFUNC_METHODS.get(function.__name__, [])
        return names, names
    try:
        known = inspect.signature(function).parameters.values()
    except ValueError:
        return [], []
    positional = [p.name for p in known if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
    return positional, [p.name for p in known if p.kind not in (p.VAR_POSITIONAL, p.VAR_KEYWORD)]


def form_of(subject, rng):
    """One of the sample calls, its arrays drawn, changed at random; None where the sample does not work."""
    name, function, plain, samples, (exact, smooth, numpys) = subject
    sample = samples[rng.integers(len(samples))]
    drawn = []
    args, keywords = numbered(list(sample.args), drawn), numbered(dict(sample.keywords), drawn)
    if not drawn:
        return None
    facts = [d.dtype for d in drawn]
    case = laws.Case("", "", None, None, tuple([d.shape for d in drawn]),
                     tuple([(d.low, d.high) for d in drawn]), dtypes=tuple(facts))  # fmt: skip
    form = Form(name, function, plain, args, keywords, laws.draw(case, rng), exact, smooth, numpys)
    for _ in range(rng.integers(1, 4)):
        change = CHANGES[rng.integers(len(CHANGES))]
        changed = change(form, rng)
        if changed is not None:
            form = replace(changed, words=(*form.words, change.__name__))
    return form if form.arrays else None


# -- How they are changed --------------------------------------------------------------------------------


def pick(rng, choices):
    return choices[rng.integers(len(choices))]


def by_name(form, rng):
    """Arguments from some place on by name."""
    names, _ = parameters(form.plain)
    if not form.args or len(names) < len(form.args):
        return None
    k = rng.integers(len(form.args))
    named = dict(zip(names[k : len(form.args)], form.args[k:], strict=True))
    if set(named) & set(form.keywords):
        return None
    return replace(form, args=form.args[:k], keywords=named | form.keywords)


def by_position(form, rng):
    """A keyword by position, where it comes next."""
    names, _ = parameters(form.plain)
    following = names[len(form.args)] if len(names) > len(form.args) else None
    if following not in form.keywords:
        return None
    rest = dict(form.keywords)
    return replace(form, args=[*form.args, rest.pop(following)], keywords=rest)


def another_axis(form, rng):
    """Another axis or axes, also ones that there are not, in any type."""
    names, every = parameters(form.plain)
    keyword = next((n for n in ("axis", "axes") if n in every), None)
    if keyword is None:
        return None
    n = form.arrays[0].ndim
    axis = int(rng.integers(-n - 1, n + 1))
    value = pick(
        rng,
        [axis, axis, axis, np.int64(axis), np.array(axis), (axis,), [axis], None, (), (0, -1), (-1, 0),
         (0, 0), [0, 1], float(axis), True, np.array([0, -1]), tuple(range(n)), n, -n - 1],
    )  # fmt: skip
    place = names.index(keyword) if keyword in names else len(form.args)
    if place < len(form.args):
        return replace(form, args=[*form.args[:place], value, *form.args[place + 1 :]])
    return replace(form, keywords=form.keywords | {keyword: value})


def another_keyword(form, rng):
    """A keyword that NumPy's function has, or in one of many forms one that it has not."""
    names, every = parameters(form.plain)
    shape = form.arrays[0].shape
    choices = {
        "keepdims": [True, False, 1, np.True_, None],
        "dtype": [None, float, np.float32, complex, "f8", np.longdouble, int],
        "out": [None],
        "where": [True, np.ones(shape, bool), [True]],
        "initial": [0.5, 1, np.float64(2), 1j],
        "ddof": [0, 1, 0.5],
        "correction": [1],
        "order": ["C", "F", "A", "K", None],
        "casting": ["unsafe", "same_kind", "no"],
        "subok": [True, False],
        "overwrite_input": [True],
        "method": ["linear", "lower", "hazen", "none such"],
        "mode": ["full", "same", "valid", "wrap", "clip", "edge", "reflect", "none such"],
        "norm": ["ortho", "forward", "backward", None],
        "n": [0, 1, 2, 3, 5, -1],
        "k": [0, 1, -1, 7],
        "offset": [0, 1, -1, 7],
        "prepend": [0.5],
        "append": [0.5],
        "rowvar": [False, True],
        "bias": [True],
        "include_initial": [True],
        "stable": [True],
        "kind": ["stable"],
        "copy": [True, False, None],
        "indexing": ["ij", "xy"],
        "endpoint": [True, False],
        "hermitian": [True],
        "full_matrices": [False],
        "UPLO": ["U", "L", "X"],
        "nan": [1.0],
        "deg": [True],
    }
    if not isinstance(form.plain, np.ufunc):  # which leaves what is not chosen as it finds it in memory
        choices["where"] += [rng.random(shape) < 0.7, rng.random(shape[-1:]) < 0.7]
    known = [name for name in choices if name in every and name not in names[: len(form.args)]]
    if not known or rng.random() < 0.05:
        return replace(form, keywords=form.keywords | {"no_such_keyword": 1})
    name = pick(rng, known)
    return replace(form, keywords=form.keywords | {name: pick(rng, choices[name])})


def with_array(form, k, array):
    arrays = list(form.arrays)
    arrays[k] = np.asarray(array)
    return replace(form, arrays=arrays)


def another_layout(form, rng):
    """The same numbers otherwise in memory; or one of them many times over."""
    k = rng.integers(len(form.arrays))
    a = form.arrays[k]
    if not a.ndim:
        return None
    axis = rng.integers(a.ndim)
    word = pick(rng, ["F", "reversed", "strided", "axes", "once", "once", "read-only"])
    if word == "F":
        a = np.asfortranarray(a)
    elif word == "reversed":
        a = np.flip(np.flip(a, axis).copy(), axis)
    elif word == "strided":
        a = np.repeat(a, 2, axis)[(slice(None),) * axis + (slice(None, None, 2),)]
    elif word == "axes":
        a = np.moveaxis(np.moveaxis(a, axis, 0).copy(), 0, axis)
    elif word == "once":
        a = np.broadcast_to(np.take(a, [0], axis), a.shape) if a.size else a
        form = replace(form, smooth=False)
    else:
        a = a.copy()
        a.flags.writeable = False
    return with_array(form, k, a)


def another_type(form, rng):
    k = rng.integers(len(form.arrays))
    dtype = pick(rng, [np.float32, np.float32, complex, np.complex64, np.float16, np.longdouble, int, bool])
    a = form.arrays[k]
    with np.errstate(all="ignore"):
        a = a.real if a.dtype.kind == "c" and np.dtype(dtype).kind != "c" else a
        a = a.astype(dtype)
    if np.dtype(dtype).kind == "c":
        form = replace(form, smooth=False)  # it may be at a branch cut
    return with_array(form, k, a + 0.25j if dtype in (complex, np.complex64) and dtype != a.dtype else a)


def another_shape(form, rng):
    k = rng.integers(len(form.arrays))
    a = form.arrays[k]
    word = pick(rng, ["longer", "stacked", "first", "empty", "number", "one"])
    if word == "longer":
        return with_array(form, k, a[None])
    if word == "stacked":
        return with_array(form, k, np.stack([a, 0.9 * a]).astype(a.dtype))
    if not a.ndim:
        return None
    axis = rng.integers(a.ndim)
    if word == "number":
        return with_array(form, k, np.array(a.flat[0])) if a.size else None
    if word == "first":
        return with_array(form, k, a[0]) if len(a) else None
    return with_array(form, k, a[(slice(None),) * axis + (slice(0, word == "one"),)])


def a_constant(form, rng):
    """An array, a list or a number in the place of an array that was to be differentiated by."""
    if len(form.arrays) < 2:
        return None
    k = int(rng.integers(len(form.arrays)))
    a = form.arrays[k]
    a = pick(rng, [a, a.tolist(), a[()]])
    arrays = form.arrays[:k] + form.arrays[k + 1 :]

    def put(x):
        if isinstance(x, Place):
            if x.i == k:
                return a if x.made is None else x.made(np.asarray(a))
            return Place(x.i - (x.i > k), x.made)
        if isinstance(x, dict):
            return {key: put(v) for key, v in x.items()}
        return type(x)([put(v) for v in x]) if type(x) in (list, tuple) else x

    return replace(form, args=put(form.args), keywords=put(form.keywords), arrays=arrays)


def other_containers(form, rng):
    """A tuple for a list, an integer of NumPy's, a list for an array, ... in the constants."""

    def other(x):
        if isinstance(x, Place):
            return x
        if type(x) in (list, tuple):
            made = [other(v) for v in x]
            return made if type(x) is tuple else tuple(made)
        if isinstance(x, np.ndarray):
            return x.tolist() if rng.random() < 0.5 else x.astype(x.dtype.newbyteorder())
        if type(x) is bool:
            return np.bool_(x)
        if type(x) is int:
            return pick(rng, [np.int64(x), np.int8(x) if abs(x) < 100 else x, np.array(x)])
        return np.float64(x) if type(x) is float else x

    keywords = {k: other(v) for k, v in form.keywords.items()}
    return replace(form, args=[other(x) for x in form.args], keywords=keywords)


def a_list_of_rows(form, rng):
    """A list of the rows of an array: of Variables, or of arrays."""
    places = [k for k, x in enumerate(form.args) if isinstance(x, Place) and x.made is None]
    if not places:
        return None
    k = pick(rng, places)
    if not form.arrays[form.args[k].i].ndim:
        return None
    args = list(form.args)
    args[k] = Place(args[k].i, list)
    return replace(form, args=args)


def one_less(form, rng):
    return replace(form, args=form.args[:-1]) if len(form.args) > 1 and rng.random() < 0.5 else None


CHANGES = [
    *[by_name, by_position, another_axis, another_axis, another_keyword, another_keyword, another_layout],
    *[another_layout, another_type, another_type, another_shape, another_shape, a_constant, other_containers],
    *[a_list_of_rows, one_less],
]


# -- What a form must give -------------------------------------------------------------------------------


def outcome(form, function, xs):
    """The value of a call, or its exception."""
    try:
        return form.call(function, xs)
    except Exception as error:
        return error


#: Words of a refusal: leopard's own, and Python's of an argument that a function has not.
REFUSAL = [
    *["write", "would lose", "of a Variable takes", "takes no", "takes a", "takes one", "a Variable has no"],
    *["unexpected keyword", "positional argument", "required", "cannot be interpreted"],
    *["not supported for the input types", "is unsupported in linalg"],
]


def error_fault(form, got, wanted):
    """What is wrong where NumPy raises or leopard does, or None.

    Of a wrong value leopard raises what NumPy raises. Where NumPy refuses the type of an argument, leopard
    may take it. Where leopard refuses what NumPy takes, it says so in a TypeError of its own.
    """
    if isinstance(wanted, Exception):
        if isinstance(got, Exception):
            alike = isinstance(got, (type(wanted), TypeError)) or isinstance(wanted, (type(got), TypeError))
            return None if alike or not form.numpys else f"{got!r}, where NumPy raises {wanted!r}"
        if isinstance(wanted, (TypeError, AttributeError)) or not form.numpys:
            return None
        return f"a value, where NumPy raises {wanted!r}"
    says = isinstance(got, (TypeError, AttributeError)) and any(word in str(got) for word in REFUSAL)
    says = says or (not form.numpys and isinstance(got, ValueError))
    return None if says else f"{got!r}, where NumPy has a value"


#: What differs and is known: the function, words of what is wrong, and why.
KNOWN = [
    ("gradient", "the value is", "distances of 0 are divided by, and inf - inf is nan by one formula alone"),
    ("modf", "the slope", "it jumps where an element passes an integer"),
    ("polyder", "a value", "NumPy refuses several axes where the first is short"),
    ("cumulative_sum", "multiple axes", "no axes are the axes of a number"),
    ("cumulative_prod", "multiple axes", "no axes are the axes of a number"),
    ("polydiv", "index 0 is out of bounds", "a polynomial without coefficients is 0"),
    ("polydiv", "expected one axis each", "NumPy takes a matrix with one row, and means nothing by it"),
    ("logsumexp", "nan", "the sign of a sum of no terms but with the weight 0"),
    (
        "dot",
        "float64 (2,), not float32",
        "an empty list has no type for NumPy's dot, and is float64 elsewhere",
    ),
    ("qr", "Unrecognized mode", "NumPy deprecates the mode, and leopard has none of the deprecated ones"),
    *[(name, "to the last bit", "of two types: cast at first") for name in ("polydiv", "matvec", "vecmat")],
    *[(name, "cannot reshape", "a mean of more axes than the array's") for name in ("var", "std")],
    *[(name, "cannot reshape", "a mean of more axes than the array's") for name in ("nanvar", "nanstd")],
]


def is_known(form, words):
    return any(form.name == name and part in words for name, part, _ in KNOWN)


def value_fault(form, got, wanted):
    """Where the values differ, or None."""
    got, wanted = outputs(got), outputs(wanted)
    if len(got) != len(wanted):
        return f"{len(got)} results, not {len(wanted)}"
    for y, w in zip(got, wanted, strict=True):
        y, w = [np.asarray(a.data if isinstance(a, Variable) else a) for a in (y, w)]
        if form.numpys and y.dtype != w.dtype or y.shape != w.shape:
            return f"the value is {y.dtype} {y.shape}, not {w.dtype} {w.shape}"
        if w.dtype.kind not in "fc" or y.dtype.kind not in "fc":
            if not np.array_equal(y, w):
                return f"the value is {y}, not {w}"
        elif form.exact:
            if not np.array_equal(y, w, equal_nan=True):
                return f"the value is {y}, not {w} to the last bit"
        else:
            eps = max([np.finfo(a.dtype).eps for a in [y, w, *form.arrays] if a.dtype.kind in "fc"])
            if any(a.dtype.kind not in "fc" for a in form.arrays) and not form.numpys:
                eps = np.finfo(np.float16).eps  # as NumPy computes with bools
            tolerance = max(1e-12, 64 * float(eps))
            if not np.allclose(np.where(np.isfinite(w), y, w), w, tolerance, tolerance, equal_nan=True):
                return f"the value is {y}, not {w}"
    return None


def differentiable(xs, ys, wanted):
    if any(x.dtype.kind not in "fc" for x in xs) or not ys:
        return False
    found = [np.asarray(w) for w in outputs(wanted)]
    return all(w.dtype.kind in "fc" and np.all(np.isfinite(w)) for w in found)


def gradient_fault(form, xs, wanted, rng, differences):
    """Where reverse mode, the recorded walk, forward mode and differences differ, or None."""
    weights = [rng.uniform(0.5, 1.5, np.shape(w)) for w in outputs(wanted)]

    def number(*xs):
        return measure(form.call(form.function, xs), weights)

    walked = gradients(number, xs)
    for x in xs:
        x.cleargrad()
    recorded = gradients(number, xs, create_graph=True)
    for x in xs:
        x.cleargrad()
    us = directions(form.arrays, rng)
    us = [u.astype(a.dtype) for u, a in zip(us, form.arrays, strict=True)]
    total = number(*xs)
    (forward,), _ = _core.tangents([total], xs, us)
    types = {np.asarray(a).dtype for a in [*xs_data(xs), *outputs(wanted)]}
    least = max([float(np.finfo(dtype).eps) for dtype in types])
    size = sum(np.sum(np.abs(np.asarray(g * u))) for g, u in zip(walked, us, strict=True))
    size = float(size) + abs(float(total.data)) + 1e-3
    reverse = sum(np.sum(inner(u, g)) for g, u in zip(walked, us, strict=True))
    if not np.isfinite(size):
        return None
    for x, g, again in zip(xs, walked, recorded, strict=True):
        if g.dtype != x.dtype or g.shape != x.shape:
            return f"the gradient is {g.dtype} {g.shape}, not {x.dtype} {x.shape}"
        if not np.allclose(g, again, 1e3 * least, 1e3 * least * size):
            return f"walked {g}, recorded {again}"
    forward = 0.0 if forward is None else forward.data
    if not abs(reverse - forward) <= 1e3 * least * size:
        return f"by reverse mode {reverse}, by forward mode {forward}"
    if differences and form.smooth and least < 1e-15:

        def at(*arrays):
            ys = outputs(form.call(form.plain, arrays))
            return float(sum([_share(y, w) for y, w in zip(ys, weights, strict=True)]))

        slope, value = laws.differences(at, form.arrays, us)
        if not abs(reverse - slope) <= 1e-6 * (size + value):
            return f"the gradient is {reverse}, the slope {slope}"
    return None


def xs_data(xs):
    return [x.data for x in xs]


def _share(y, w):
    y = np.asarray(y)
    if y.dtype.kind != "c":
        return np.sum(w * y * y) + np.sum(w * y)
    v = w[::-1] if w.ndim else w + 0.5
    return np.sum(w * y.real**2 + w * y.real) + np.sum(v * y.imag**2 + v * y.imag)


def fault(form, rng, differences=False):
    """What is wrong with a form, or None; and whether it was refused, or had a value, or a gradient too."""
    words, kind = _fault(form, rng, differences)
    return (None if words is None or is_known(form, words) else words), kind


def _fault(form, rng, differences):
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        wanted = outcome(form, form.plain, form.arrays)
        xs = [Variable(a) for a in form.arrays]
        got = outcome(form, form.function, xs)
        if isinstance(wanted, Exception) or isinstance(got, Exception):
            return error_fault(form, got, wanted), "refused"
        found = value_fault(form, got, wanted)
        if found or not differentiable(xs, variables_of(got), wanted):
            return found, "value"
        try:
            return gradient_fault(form, xs, wanted, rng, differences), "gradient"
        except (RuntimeError, np.linalg.LinAlgError) as error:
            return None if "no derivative" in str(error) else f"{error!r}", "gradient"
        except TypeError as error:  # of types that a rule's functions do not take, as complex long doubles
            refused = "not supported for the input types" in str(error) or "unsupported in linalg" in str(
                error
            )
            return None if refused else f"{error!r} while it is differentiated", "gradient"
        except Exception as error:
            return f"{error!r} while it is differentiated", "gradient"


def forms(subject, seed, n):
    """So many forms of an operation, and for each the generator of random numbers to go on with."""
    for k in range(n):
        rng = np.random.default_rng([seed, k])
        form = form_of(subject, rng)
        if form is not None:
            yield form, rng
