"""The laws that every operation keeps, as functions of a case, and the cases they are tried on.

A case is a call on Variables beside the same call in NumPy alone. Most cases are made from the
registry: an elementwise class states its ufunc, domain and smoothness, the others their sample
calls. What no class states (the public functions' own arguments) is added here.
"""

import warnings
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from leopard import Elementwise, Variable, as_variable, functions, no_grad
from leopard.functions import _registry
from leopard.testing import check_grads

CLASSES = [c for c in _registry.classes if c.__module__.startswith("leopard.") and c.__name__[0] != "_"]
ELEMENTWISE = [c for c in CLASSES if issubclass(c, Elementwise)]

anywhere = (-2.0, 2.0)
positive = (0.2, 2.0)

SPECIAL = [0.0, -0.0, 1.0, -1.0, 2.0, 0.5, -0.5, 3.0, 5e-324, -1e-310, 1e-200, 1e200, -1e308, 710.0, -745.5]
SPECIAL += [np.inf, -np.inf, np.nan]

SINGLES = [(), (1,), (3,), (2, 3), (2, 1, 3)]
PAIRS = [
    ((), ()),
    ((2, 3), (2, 3)),
    ((2, 3), (3,)),
    ((3,), (2, 3)),
    ((2, 1), (1, 3)),
    ((), (2, 3)),
    ((2, 3), ()),
    ((1,), (2, 2)),
    ((4, 1, 3), (2, 1)),
]


@dataclass(frozen=True)
class Case:
    """`call` on Variables has the value of `plain` on ndarrays of these shapes, drawn from `domain`.

    `name` is the public function that is called, or "" where only a class is.
    """

    name: str
    label: str
    call: Callable
    plain: Callable
    shapes: tuple
    domain: tuple
    smooth: bool = True
    exact: bool = True
    order: int = 3
    dtypes: tuple = ()

    def __str__(self):
        return f"{self.label} of {' '.join(map(str, self.shapes))}"


# -- The cases -----------------------------------------------------------------------------------


def elementwise_cases(cls):
    """One elementwise class, with its operands in many shapes."""
    shapes = [(shape,) for shape in SINGLES] if cls.ufunc.nin == 1 else PAIRS
    return [
        Case(cls.name, cls.__name__, cls.operation, cls.ufunc, s, tuple(cls.domain), cls.smooth)
        for s in shapes
    ]


def complex_case(cls):
    """The same of complex numbers."""
    (shapes,) = [c.shapes for c in elementwise_cases(cls) if c.shapes in [((2, 3),), ((2, 3), (3,))]]
    n = cls.ufunc.nin
    domain = tuple(cls.domain)
    return Case(
        cls.name, f"{cls.__name__}, complex", cls.operation, cls.ufunc, shapes, domain, dtypes=(complex,) * n
    )


def plain_sum_to(x, shape):
    lead = x.ndim - len(shape)
    axes = [i for i in range(x.ndim) if i < lead or shape[i - lead] != x.shape[i]]
    return np.sum(x, axis=tuple(axes), keepdims=True).reshape(shape)


def plain_setitem(x, index, v):
    y = x.copy()
    y[index] = v
    return y


# What NumPy alone does with a class's options: class name -> (number of arrays, callable).
PLAIN = {
    "GetItem": (1, lambda x, index: x[index]),
    "Reshape": (1, np.reshape),
    "Transpose": (1, np.transpose),
    "BroadcastTo": (1, np.broadcast_to),
    "SumTo": (1, plain_sum_to),
    "Astype": (1, np.astype),
    "Duplicate": (1, np.copy),
    "MatMul": (2, np.matmul),
    "Sum": (1, lambda x, axis, keepdims: np.sum(x, axis=axis, keepdims=keepdims)),
    "Mean": (1, lambda x, axis, keepdims: np.mean(x, axis=axis, keepdims=keepdims)),
}


def class_cases(cls):
    """The sample calls that a class states, through its own constructor and in NumPy."""
    for sample in cls.cases:
        n, plain = PLAIN[cls.__name__]

        def call(*xs, options=sample[n:]):
            return cls(*options)(*xs)

        def same_in_numpy(*xs, options=sample[n:], plain=plain):
            return plain(*xs, *options)

        label = f"{cls.__name__}{sample[n:]}"
        yield Case("", label, call, same_in_numpy, sample[:n], (anywhere,) * n)


def numpy_case(name, shapes, *options, **keywords):
    """A public function whose arguments are those of NumPy's function of the same name."""
    function, plain = getattr(functions, name), getattr(np, name)
    shown = ", ".join([*map(str, options), *(f"{k}={v}" for k, v in keywords.items())])
    return Case(
        name,
        f"{name}({shown})",
        lambda *xs: function(*xs, *options, **keywords),
        lambda *xs: plain(*xs, *options, **keywords),
        tuple(shapes),
        (anywhere,) * len(shapes),
    )


def own_case(label, shapes, call, plain=None, domain=anywhere):
    """Any expression; its first word is the public function it calls."""
    name = label.split()[0]
    return Case(name, label, call, plain or call, tuple(shapes), (domain,) * len(shapes))


def joining_case(name, shapes, axis, constant=None):
    """`concatenate` or `stack` of Variables, and of a constant between them."""
    function, plain = getattr(functions, name), getattr(np, name)

    def put(xs):
        return list(xs) if constant is None else [xs[0], constant, *xs[1:]]

    label = f"{name} axis={axis}" + (", a constant between" if constant is not None else "")
    return own_case(label, shapes, lambda *xs: function(put(xs), axis), lambda *xs: plain(put(xs), axis))


def power_case(shape, c):
    return own_case(f"pow {c!r}", [shape], lambda x: functions.pow(x, c), lambda x: x**c, positive)


def entry_cases(entry):
    """The sample calls of a function that NumPy's callables mean: through NumPy's name, and leopard's own."""
    plain = entry.callables[0]
    for sample in entry.cases:
        drawn = []
        args, keywords = numbered(sample.args, drawn), numbered(sample.keywords, drawn)

        def call(*xs, f=entry.function, args=args, keywords=keywords):
            return f(*filled(args, xs), **filled(keywords, xs))

        def same_in_numpy(*xs, f=plain, args=args, keywords=keywords):
            return f(*filled(args, xs), **filled(keywords, xs))

        yield Case(
            entry.function.__name__,
            f"{entry.function.__name__}({sample})",
            call,
            same_in_numpy,
            tuple([d.shape for d in drawn]),
            tuple([(d.low, d.high) for d in drawn]),
            entry.smooth,
            entry.exact,
            entry.order,
            tuple([d.dtype for d in drawn]),
        )


@dataclass(frozen=True)
class Place:
    """Where the i-th array goes in a sample call."""

    i: int
    made: Callable | None


def numbered(x, drawn):
    """A sample call with places for what it draws, which is appended to the list."""
    if isinstance(x, _registry.Drawn):
        drawn.append(x)
        return Place(len(drawn) - 1, x.made)
    if isinstance(x, dict):
        return {k: numbered(v, drawn) for k, v in x.items()}
    return type(x)([numbered(v, drawn) for v in x]) if type(x) in (list, tuple) else x


def filled(x, xs):
    """A sample call with arrays, or Variables, in its places."""
    if isinstance(x, Place):
        return xs[x.i] if x.made is None else x.made(xs[x.i])
    if isinstance(x, dict):
        return {k: filled(v, xs) for k, v in x.items()}
    return type(x)([filled(v, xs) for v in x]) if type(x) in (list, tuple) else x


MASK = np.array([[True, False, True], [False, False, True]])
STEPS = np.array([0.0, -1.0, 2.0, -0.0])
WHOLE = slice(None)


def public_cases():
    """Public functions that are no ufunc, and the forms that their arguments take."""
    f = functions
    yield own_case("rsub x1 - x0", [(2, 3), (3,)], f.rsub, lambda x0, x1: x1 - x0)
    yield own_case("rsub x1 - x0", [(), ()], f.rsub, lambda x0, x1: x1 - x0)
    yield own_case("rdiv x1 / x0", [(2, 3), (3,)], f.rdiv, lambda x0, x1: x1 / x0, positive)
    yield own_case("rdiv x1 / x0", [(), ()], f.rdiv, lambda x0, x1: x1 / x0, positive)
    for shape in [(), (2, 3)]:
        for c in [2, 3, -1, 0.5, 1, 0, -2, 2.5, 1.0]:
            yield power_case(shape, c)
        yield own_case("pow of 2.0", [shape], lambda x: f.pow(2.0, x), lambda x: 2.0**x)
    yield own_case(
        "where mask", [(2, 3), (3,)], lambda a, b: f.where(MASK, a, b), lambda a, b: np.where(MASK, a, b)
    )
    yield own_case(
        "where row of a mask",
        [(2, 1), (3,)],
        lambda a, b: f.where(MASK[0], a, b),
        lambda a, b: np.where(MASK[0], a, b),
    )
    yield own_case(
        "heaviside at 0", [(4,)], lambda h: f.heaviside(STEPS, h), lambda h: np.heaviside(STEPS, h)
    )
    yield own_case(
        "histogram weights",
        [(4,)],
        lambda w: as_variable(f.histogram(STEPS, 2, weights=w)[0]),
        lambda w: np.histogram(STEPS, 2, weights=w)[0],
    )
    yield numpy_case("sum", [(2, 3)])
    yield numpy_case("sum", [(2, 3, 4)], axis=(0, -1), keepdims=True)
    yield numpy_case("mean", [(2, 3)])
    yield numpy_case("mean", [(2, 3, 4)], axis=1)
    yield numpy_case("matmul", [(2, 3), (3, 2)])
    for shape, new in [((2, 3), (3, -1)), ((2, 3), 6), ((2, 3), [6, 1]), ((), (1, 1)), ((1, 1), ())]:
        yield numpy_case("reshape", [shape], new)
    yield numpy_case("transpose", [(2, 3, 4)])
    yield numpy_case("transpose", [(2, 3, 4)], (2, 0, 1))
    yield numpy_case("transpose", [(2, 3, 4)], [-1, 0, 1])
    for shape, new in [((3,), (2, 3)), ((), 3), ((2, 1), (4, 2, 3)), ((2, 1), [2, 3])]:
        yield numpy_case("broadcast_to", [shape], new)
    yield own_case(
        "sum_to (2, 1)", [(4, 2, 3)], lambda x: f.sum_to(x, (2, 1)), lambda x: plain_sum_to(x, (2, 1))
    )
    yield numpy_case("astype", [(2, 3)], "float64")
    yield own_case("duplicate", [(2, 3)], f.duplicate, np.copy)
    yield own_case("duplicate", [()], f.duplicate, np.copy)
    for index in [[0, 0, 2], (slice(None, None, -1), 1), (WHOLE, [1, 1]), (None, 2), (0, 2), ()]:
        yield own_case(
            f"getitem {index}",
            [(4, 3)],
            lambda x, index=index: f.getitem(x, index),
            lambda x, index=index: x[index],
        )
    yield own_case("getitem mask", [(2, 3)], lambda x: f.getitem(x, MASK), lambda x: x[MASK])
    for index, shape in [
        (1, (3,)), (1, ()), ((slice(None, None, -2), slice(0, 2)), (2, 2)), (Ellipsis, (4, 1)),
        ([0, 2, 2], (3, 3)), ([0, 2, 2], (3,)), (np.array([True, False, True, False]), (2, 3)),
        ((2, slice(1, None)), (1, 2)), (3, (1, 1, 3)), (([3, 1], [0, 2]), (2,)), ((WHOLE, [1, 1]), (4, 2)),
    ]:  # fmt: skip
        yield own_case(
            f"setitem {index} of {shape}",
            [(4, 3), shape],
            lambda x, v, index=index: f.setitem(x, index, v),
            lambda x, v, index=index: plain_setitem(x, index, v),
        )
    yield joining_case("concatenate", [(2, 3), (1, 3)], 0)
    yield joining_case("concatenate", [(2, 3), (2, 1)], -1, np.ones((2, 2)))
    yield joining_case("concatenate", [(2, 3), (4,)], None)
    yield joining_case("stack", [(2, 3), (2, 3)], 0)
    yield joining_case("stack", [(2, 3), (2, 3)], -1, np.ones((2, 3)))
    yield joining_case("stack", [(), ()], 0)


ELEMENTWISE_CASES = [case for cls in ELEMENTWISE for case in elementwise_cases(cls)]
COMPLEX_CASES = [complex_case(cls) for cls in ELEMENTWISE if any(t[0] == "D" for t in cls.ufunc.types)]
ARRAY_CASES = [case for cls in CLASSES if cls not in ELEMENTWISE for case in class_cases(cls)]
ARRAY_CASES += public_cases()
CASES = ELEMENTWISE_CASES + ARRAY_CASES
ENTRY_CASES = [case for entry in _registry.entries for case in entry_cases(entry)]


def few(cases, n=3):
    """At most n cases of each function, or of each class where no function is called: the first, the last."""
    found = {}
    for case in cases:
        found.setdefault(case.name or case.label.partition("(")[0], []).append(case)
    chosen = []
    for own in found.values():
        places = np.linspace(0, len(own) - 1, min(n, len(own)))
        chosen += [own[int(i)] for i in places]
    return chosen


# -- What the laws are made of -------------------------------------------------------------------


def draw(case, rng, dtype=np.float64):
    """Arrays of the case's shapes. No two of their elements are close, and none is close to 0."""
    if complex in case.dtypes:
        parts = replace(case, dtypes=())
        pairs = zip(draw(parts, rng), draw(parts, rng), case.dtypes, strict=True)
        return [np.asarray(x + 1j * y) if dtype is complex else x for x, y, dtype in pairs]
    sizes = [int(np.prod(shape)) for shape in case.shapes]
    n = sum(sizes) + sum(sizes) % 2
    places = (rng.permutation(n) + 0.25 + 0.5 * rng.random(n)) / max(n, 1)
    arrays, start = [], 0
    for (low, high), size, shape in zip(case.domain, sizes, case.shapes, strict=True):
        arrays.append((low + (high - low) * places[start : start + size]).reshape(shape).astype(dtype))
        start += size
    return arrays


def same(a, b):
    """Equal to the last bit, in dtype and shape too; nan is nan, and -0.0 is not 0.0."""
    return (
        type(a) is type(b) is np.ndarray
        and a.dtype == b.dtype
        and a.shape == b.shape
        and bool(np.all((a == b) | (a != a) & (b != b)))
        and (a.dtype.kind != "f" or bool(np.all((np.signbit(a) == np.signbit(b)) | (a != a))))
    )


def data_of_gradients(xs):
    return [np.zeros_like(x.data) if x.grad is None else x.grad.data for x in xs]


def variables(arrays):
    return [Variable(a) for a in arrays]


def gradients(call, xs, start=None, **options):
    """The gradients of `call` at Variables, as ndarrays; of a sum of its elements without `start`."""
    y = call(*xs)
    if start is not None:
        y.grad = start
    y.backward(**options)
    return data_of_gradients(xs)


def outputs(y):
    """All arrays of a result, which may be a list, a tuple or a dict of them."""
    if isinstance(y, (list, tuple)):
        return [part for item in y for part in outputs(item)]
    return [y]


def variables_of(y):
    """Those of a result that are Variables: there may be plain arrays besides."""
    return [part for part in outputs(y) if isinstance(part, Variable)]


def graph(y):
    """Every Function behind a Variable."""
    seen, waiting = set(), [y.creator]
    while waiting:
        f = waiting.pop()
        if f is not None and f not in seen:
            seen.add(f)
            waiting.extend(x.creator for x in f.inputs)
    return seen


def measure(y, weights):
    """A real number that every part of a result, also of a complex one, has its own share in.

    What comes in a plain array besides has no derivative, and no share.
    """
    total = 0.0
    for array, w in zip(outputs(y), weights, strict=True):
        if not isinstance(array, Variable):
            continue
        parts = [(array, w)]
        if array.dtype.kind == "c":
            parts = [(np.real(array), w), (np.imag(array), w[::-1] if w.ndim else w + 0.5)]
        for part, share in parts:
            total = total + functions.sum(share * part * part) + functions.sum(share * part)
    return total


def weights_for(case, arrays, rng):
    return [rng.uniform(0.5, 1.5, np.shape(y)) for y in outputs(case.plain(*arrays))]


def tower(case, weights, directions):
    """For each order a scalar function of Variables: the one below's slope in its direction.

    The lowest is the weighted sum of squares of the case's outputs, so that the upstream gradient,
    too, depends on the inputs.
    """

    def lowest(*xs):
        return measure(case.call(*xs), weights)

    def above(f, direction):
        def slope(*xs):
            for x in xs:
                x.cleargrad()
            f(*xs).backward(create_graph=True)
            terms = [
                functions.sum(inner(u, x.grad))
                for u, x in zip(direction, xs, strict=True)
                if x.grad is not None
            ]
            for x in xs:
                x.cleargrad()
            total = Variable(np.array(0.0)) * 1.0
            for term in terms:
                total = total + term
            return total

        return slope

    floors = [lowest]
    for direction in directions:
        floors.append(above(floors[-1], direction))
    return floors


def inner(u, g):
    """What a step along u adds, to first order, where the gradient is g: of each element."""
    if g.dtype.kind != "c":
        return u * g
    return np.real(u) * np.real(g) + np.imag(u) * np.imag(g)


def directions(arrays, rng):
    us = [rng.standard_normal(a.shape) for a in arrays]
    us = [
        u + 1j * rng.standard_normal(a.shape) if a.dtype.kind == "c" else u
        for u, a in zip(us, arrays, strict=True)
    ]
    norm = np.sqrt(sum(np.sum(np.abs(u) ** 2) for u in us))
    return [u / norm for u in us]


def differences(f, arrays, us, h=1e-4):
    """Slope of `f` at the arrays along `us` by five points, and how large `f` is there."""

    def at(k):
        return f(*[np.asarray(a + k * h * u) for a, u in zip(arrays, us, strict=True)])

    low, lower, upper, high = map(at, (-2, -1, 1, 2))
    return (8 * (upper - lower) - (high - low)) / (12 * h), max(np.abs([low, lower, upper, high]))


def assert_slope(gxs, arrays, us, f, tolerance):
    """The gradients, put together along `us`, are the slope of `f`."""
    for gx, a in zip(gxs, arrays, strict=True):
        assert gx.shape == a.shape
        assert gx.dtype == a.dtype
    got = sum(np.sum(inner(u, g)) for g, u in zip(gxs, us, strict=True))
    size = sum(np.sum(np.abs(g * u)) for g, u in zip(gxs, us, strict=True))
    wanted, value = differences(f, arrays, us)
    assert abs(got - wanted) <= tolerance * (size + value + 1e-3), f"{got} is not the slope, {wanted}"


# -- The laws ------------------------------------------------------------------------------------


def derivatives_are_checked(case, rng):
    """Both modes, and at the second order each over each, beside slopes of NumPy's values."""

    def f(*xs):
        return (case.call if any(isinstance(x, Variable) for x in xs) else case.plain)(*xs)

    arrays = draw(case, rng)
    if all(np.asarray(y).dtype.kind not in "fc" for y in outputs(case.plain(*arrays))):
        return  # of empty arrays NumPy may return integers
    check_grads(f, arrays, min(case.order, 2))


def value_is_numpys(case, rng, dtype=np.float64):
    arrays = draw(case, rng, dtype)
    wanted = outputs(case.plain(*arrays))
    got = outputs(case.call(*variables(arrays)))
    assert len(got) == len(wanted)
    assert variables_of(got) or not got
    for y, w in zip(got, wanted, strict=True):
        if not isinstance(y, Variable):
            assert same(y, w), f"{y!r} is not {w!r}"
        elif case.exact:
            assert same(y.data, np.asarray(w)), f"{y.data!r} is not {w!r}"
        else:
            assert y.dtype == np.asarray(w).dtype
            np.testing.assert_allclose(y.data, w, rtol=1e-12, atol=1e-14)


def gradient_is_the_slope(case, rng, create_graph=False):
    """First order, against the values of NumPy in its longest type."""
    arrays = draw(case, rng)
    weights = weights_for(case, arrays, rng)
    us = directions(arrays, rng)
    (f,) = tower(case, weights, [])
    gxs = gradients(f, variables(arrays), create_graph=create_graph)

    def plain(*xs):
        y = case.plain(*[x.astype(np.longdouble) for x in xs])
        (w,) = weights
        return np.sum(w * y * y) + np.sum(w * y)

    wide = [a.astype(np.longdouble) for a in arrays]
    assert_slope([g.astype(np.longdouble) for g in gxs], wide, us, plain, 1e-9)
    for g, a in zip(gxs, arrays, strict=True):
        assert g.dtype == a.dtype


def derivative_is_the_slope_of_the_one_below(case, rng, order):
    arrays = draw(case, rng)
    weights = weights_for(case, arrays, rng)
    floors = tower(case, weights, [directions(arrays, rng) for _ in range(order - 1)])
    us = directions(arrays, rng)
    gxs = gradients(floors[-1], variables(arrays))
    assert_slope(gxs, arrays, us, lambda *xs: floors[-1](*variables(xs)).data, 1e-8)


def outcome(call, *args):
    """What a call says and returns: its value or exception, and the warnings on the way."""
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        try:
            value = call(*args)
        except FloatingPointError as error:
            return "raised", str(error)
    return value, [(w.category, str(w.message)) for w in said]


def three_ways(cls, operands, start):
    """The gradients of an elementwise function: walked, by its rule, and recorded.

    An operand that is a float or an int stays one: it takes no gradient.
    """

    def record():
        xs = [x if isinstance(x, (float, int)) else Variable(x) for x in operands]
        return [x for x in xs if isinstance(x, Variable)], cls.operation(*xs)

    xs, y = record()
    y.grad = np.array(start, y.dtype)
    y.backward()
    walked = data_of_gradients(xs)

    xs, y = record()
    with no_grad():
        gxs = y.creator.backward(Variable(np.array(start, y.dtype)))
    gxs = gxs if isinstance(gxs, tuple) else (gxs,)
    gxs = [g for g, wanted in zip(gxs, y.creator.wanted, strict=True) if wanted]
    ruled = [
        np.zeros_like(x.data) if g is None else functions.sum_to(g, x.shape).data.astype(x.dtype)
        for g, x in zip(gxs, xs, strict=True)
    ]

    xs, y = record()
    y.grad = np.array(start, y.dtype)
    y.backward(create_graph=True)
    return walked, ruled, data_of_gradients(xs)


def loops_and_rule_agree(cls, operands, start):
    """To the last bit: by loops, by the rule in Python, and by the recorded rule."""
    walked, ruled, recorded = three_ways(cls, operands, start)
    shapes = " ".join(str(getattr(x, "shape", x)) for x in operands)
    for a, b, c in zip(walked, ruled, recorded, strict=True):
        assert same(a, b), f"{cls.__name__} of {shapes}: walked {a}, by the rule {b}"
        assert same(a, c), f"{cls.__name__} of {shapes}: walked {a}, recorded {c}"


def kernel_and_rule_agree(case, rng, dtype=np.float64):
    """The gradients of one operation: as the core walks them, and as its class's rule says."""
    arrays = draw(case, rng, dtype)
    xs = variables(arrays)
    y = case.call(*xs)
    if y.creator is None or [*map(id, y.creator.inputs)] != [*map(id, xs)]:
        return  # it is made of several operations
    start = rng.standard_normal(y.shape).astype(y.dtype)
    walked = gradients(case.call, xs, start.copy())
    for x in xs:
        x.cleargrad()
    with no_grad():
        gxs = y.creator.backward(Variable(start))
    gxs = gxs if isinstance(gxs, tuple) else (gxs,)
    for x, a, g in zip(xs, walked, gxs, strict=True):
        g = np.zeros_like(x.data) if g is None else functions.sum_to(g, x.shape).data.astype(x.dtype)
        np.testing.assert_array_equal(a, g, strict=True)


def compiled_and_recorded_rules_agree(cls, rng, n=50):
    for _ in range(n):
        numbers = [np.array(rng.uniform(*d)) for d in cls.domain]
        loops_and_rule_agree(cls, numbers, rng.standard_normal())
