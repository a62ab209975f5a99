"""The cases of the laws: each is a call on Variables and the same call in NumPy alone.

All are made from the register. An elementwise class states its value, domain, smoothness and further sample
calls; any other class its options; a function its sample calls. The reference is stated there, too, where it
is not their own value for arrays.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from leopard import Elementwise, Variable, as_variable
from leopard.functions import _registry, fft  # noqa: F401 (it enters the register)
from leopard.functions._primitives import Primitive, value_of
from tests.laws.drawing import draw
from tests.laws.measuring import graph, outputs, variables_of


def classes_of(package):
    """The classes of operations in a package of leopard; `leopard.scipy` is apart from the others."""
    return [c for c in _registry.classes.values() if _belongs(c, package) and c.__name__[0] != "_"]


def entries_of(package):
    """The functions in a package of leopard."""
    return [e for e in _registry.entries.values() if _belongs(e.function, package)]


def _belongs(statement, package):
    module, _ = _registry.place_of(statement)
    if hasattr(statement, "func"):  # of a functools.partial
        module = statement.func.__module__
    first = module.split(".")
    return first[: 2 if first[1:2] == ["scipy"] else 1] == package.split(".")


CLASSES = classes_of("leopard")
ELEMENTWISE = [c for c in CLASSES if issubclass(c, Elementwise)]
ENTRIES = entries_of("leopard")

REAL_TYPES = [np.float64, np.float32, np.float16, np.longdouble]

anywhere = (-2.0, 2.0)
positive = (0.2, 2.0)

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
TRIPLES = [(*pair, shape) for pair, shape in zip(PAIRS, [(), (2, 3), (2, 1), (), (3,), (1,)], strict=False)]
SHAPES = {1: [(shape,) for shape in SINGLES], 2: PAIRS, 3: TRIPLES}


@dataclass(frozen=True)
class Case:
    """`call` on Variables has the value of `plain` on ndarrays of these shapes, drawn from `domain`.

    `name` is the public function that is called, or "" where only a class is; `operation` is what the
    register calls the function or the class.
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
    operation: str = ""

    def __str__(self):
        return f"{self.label} of {' '.join(map(str, self.shapes))}"


def own_case(label, shapes, call, plain=None, domain=anywhere):
    """Any expression; its first word is the public function it calls."""
    name = label.split()[0]
    return Case(name, label, call, plain or call, tuple(shapes), (domain,) * len(shapes), operation=name)


# -- Classes -------------------------------------------------------------------------------------


def elementwise_cases(cls):
    """One elementwise class, with its operands in many shapes."""
    return [_elementwise_case(cls, cls.__name__, shapes) for shapes in SHAPES[cls.n_inputs]]


def _elementwise_case(cls, label, shapes, dtypes=()):
    return Case(
        cls.name, label, cls.operation, plain_of(cls), shapes, tuple(cls.domain), cls.smooth, cls.exact,
        dtypes=dtypes, operation=cls.name,
    )  # fmt: skip


def plain_of(cls):
    """What an elementwise class is held against."""
    return cls.plain or value_of(cls)


def takes(cls, dtype):
    """Whether the value of an elementwise class is defined in a type."""
    dtype = np.dtype(dtype)
    if isinstance(cls.ufunc, np.ufunc):
        return any(types.startswith(dtype.char * cls.n_inputs + "->") for types in cls.ufunc.types)
    try:
        return value_of(cls)(*[np.full(1, 0.5, dtype)] * cls.n_inputs).dtype == dtype
    except TypeError:
        return False


def complex_cases(cls):
    """The same of complex numbers, where there are such values."""
    if takes(cls, complex):
        shapes = {1: ((2, 3),), 2: ((2, 3), (3,))}[cls.n_inputs]
        yield _elementwise_case(cls, f"{cls.__name__}, complex", shapes, (complex,) * cls.n_inputs)


def sample_cases(cls):
    """What an elementwise class is to be called with besides."""
    samples = [sample for sample in cls.cases if isinstance(sample, _registry.Call)]
    return calls(cls.operation, plain_of(cls), samples, smooth=cls.smooth, exact=cls.exact)


def class_cases(cls):
    """The sample calls that any other class states, through its own constructor and in NumPy."""
    n = cls.n_inputs
    for sample in cls.cases:

        def call(*xs, options=sample[n:]):
            return cls(*options)(*xs)

        def plain(*xs, options=sample[n:]):
            if cls.plain is None:
                return cls(*options).forward(*xs)
            return cls.plain(*xs, **dict(zip(cls.options, options, strict=True)))

        label = f"{cls.__name__}{sample[n:]}"
        yield Case("", label, call, plain, sample[:n], (anywhere,) * n, operation=cls.name)


# -- Functions -----------------------------------------------------------------------------------


def entry_cases(entry):
    """The sample calls of a function: leopard's own, and what it is held against."""
    return calls(
        entry.function, entry.plain, entry.cases, smooth=entry.smooth, exact=entry.exact, order=entry.order
    )


def calls(function, plain, samples, **facts):
    for sample in samples:
        drawn = []
        args, keywords = numbered(sample.args, drawn), numbered(sample.keywords, drawn)

        def made(f, args=args, keywords=keywords):
            return lambda *xs: f(*filled(args, xs), **filled(keywords, xs))

        yield Case(
            function.__name__,
            f"{function.__name__}({sample})",
            made(function),
            made(plain),
            tuple([d.shape for d in drawn]),
            tuple([(d.low, d.high) for d in drawn]),
            dtypes=tuple([d.dtype for d in drawn]),
            operation=function.__name__,
            **facts,
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


def as_one_operation(case):
    """The case, if its call of real arrays records one Function, of them and constants; else None.

    The Function is elementwise, or linear in its inputs, and NumPy computes it in any real type. Arrays that
    are returned beside its output are left away.
    """
    if complex in case.dtypes or not (case.smooth and case.exact and case.order == 3 and case.shapes):
        return None
    xs = [Variable(a) for a in draw(case, np.random.default_rng(0))]
    y = case.call(*xs)
    places = [k for k, y in enumerate(outputs(y)) if isinstance(y, Variable)]
    f = outputs(y)[places[0]].creator if len(places) == 1 else None
    if not isinstance(f, Primitive) or len(f.outputs) > 1:
        return None
    if {id(x) for x in xs} - {id(x) for x in f.inputs} or any(x.creator for x in f.inputs):
        return None
    if not (isinstance(f, Elementwise) or f.linear or f.multilinear):
        return None
    case = case if isinstance(y, Variable) else _output(case, places[0])
    return case if all(map(partial(_is_real, case), REAL_TYPES)) else None


def _is_real(case, dtype):
    """Whether there are values in a real type, and in no shorter one."""
    if not has_values(case, dtype):
        return False
    found = case.plain(*draw(case, np.random.default_rng(0), dtype)).dtype
    return found.kind == "f" and np.promote_types(found, dtype) == found


def has_values(case, dtype):
    """Whether what a case is held against takes a type. Not every ufunc takes a long double."""
    with np.errstate(all="ignore"):
        try:
            case.plain(*draw(case, np.random.default_rng(0), dtype))
        except TypeError:
            return False
    return True


def _output(case, k):
    return replace(
        case,
        call=lambda *xs: as_variable(outputs(case.call(*xs))[k]),
        plain=lambda *xs: outputs(case.plain(*xs))[k],
    )


# -- All of them ---------------------------------------------------------------------------------

ELEMENTWISE_CASES = [case for cls in ELEMENTWISE for case in elementwise_cases(cls)]
COMPLEX_CASES = [case for cls in ELEMENTWISE for case in complex_cases(cls)]
CLASS_CASES = [case for cls in CLASSES if cls not in ELEMENTWISE for case in class_cases(cls)]
ENTRY_CASES = [case for cls in ELEMENTWISE for case in sample_cases(cls)]
ENTRY_CASES += [case for entry in ENTRIES for case in entry_cases(entry)]

#: Calls that are one operation, for which the laws of a single node and of its rule hold, too.
ARRAY_CASES = CLASS_CASES + [case for case in map(as_one_operation, ENTRY_CASES) if case]
CASES = ELEMENTWISE_CASES + ARRAY_CASES
COMPOSED_CASES = [case for case in ENTRY_CASES if case not in set(ARRAY_CASES)]
EVERY_CASE = CASES + COMPOSED_CASES
CASE_LISTS = [
    ELEMENTWISE_CASES,
    COMPLEX_CASES,
    CLASS_CASES,
    ENTRY_CASES,
    ARRAY_CASES,
    CASES,
    COMPOSED_CASES,
    EVERY_CASE,
]


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


def select(name):
    """Leave only the cases of one operation, and the classes that take part in them, in all lists above.

    Raises
    ------
    LookupError
        When the register has no operation of this name.
    """
    for cases in CASE_LISTS:
        cases[:] = [case for case in cases if name in (case.name, case.operation)]
    if not EVERY_CASE:
        raise LookupError(f"the register has no operation that is called {name}")
    entered = set()
    for case in EVERY_CASE:
        ys = variables_of(case.call(*[Variable(a) for a in draw(case, np.random.default_rng(0))]))
        entered |= {type(f) for y in ys for f in graph(y)}
    for classes in (CLASSES, ELEMENTWISE):
        classes[:] = [cls for cls in classes if cls in entered or cls.name == name]
    ENTRIES[:] = [entry for entry in ENTRIES if entry.function.__name__ == name]
