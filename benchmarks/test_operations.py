"""Every operation of the register, and the seed's functions: NumPy's forward, leopard's, and the walk back.

Every operation of the register has a sample call, and so a benchmark.
"""

import functools
import time
import warnings

import numpy as np
import pytest
from programs import SEED

from leopard import Variable
from tests.laws import ELEMENTWISE, ENTRIES, filled, numbered, value_of, variables_of

LONG = 0.05  # operations that take more seconds in NumPy alone are measured at smaller sizes only
SIZES = [(), (10,), (100,), (10_000,), (1_000_000,)]


def elementwise(cls):
    def make(shape):
        rng = np.random.default_rng(0)
        return [rng.uniform(low, high, shape) for low, high in cls.domain], cls.operation, value_of(cls)

    return make


def of_entry(entry):
    """The first sample call of a function, with longer arrays where the call allows them."""
    sample = entry.cases[0]
    drawn = []
    args, keywords = numbered(sample.args, drawn), numbered(sample.keywords, drawn)

    def make(shape):
        rng = np.random.default_rng(0)
        wanted = np.prod(shape)
        for longer in (longer_to(drawn, wanted), lambda d: d.shape):
            arrays = [draw_one(d, longer(d), rng) for d in drawn]
            try:
                with np.errstate(all="ignore"), warnings.catch_warnings(action="ignore"):
                    theirs(*arrays)
            except (ValueError, IndexError, TypeError, np.linalg.LinAlgError):
                continue  # an option, an index or a mask fixes the lengths
            return arrays, ours, theirs
        raise RuntimeError(f"{entry.function.__name__} does not take its own sample call")

    def ours(*xs):
        return entry.function(*filled(args, xs), **filled(keywords, xs))

    def theirs(*xs):
        return entry.plain(*filled(args, xs), **filled(keywords, xs))

    return make


def total(y):
    """The sum of all results as one real Variable, from which the walk back starts."""
    ys = [np.real(part) if part.dtype.kind == "c" else part for part in variables_of(y)]
    return ys[0] if len(ys) == 1 else functools.reduce(np.add, [np.sum(part) for part in ys])


def longer_to(drawn, size):
    """A function that makes all axes longer by one factor, except those of length 1, to about this size."""
    largest = max([d.shape for d in drawn], key=np.prod)
    n_axes = sum(n > 1 for n in largest) or 1
    factor = max((size / max(np.prod(largest), 1)) ** (1 / n_axes), 1e-9)
    return lambda d: tuple([max(round(n * factor), 1) if n > 1 else n for n in d.shape])


def draw_one(d, shape, rng):
    x = rng.uniform(d.low, d.high, shape)
    return x + 1j * rng.uniform(d.low, d.high, shape) if d.dtype is complex else x


def table():
    """A maker of arrays and functions for each operation, except those that change an array in place."""
    made = {cls.__name__: elementwise(cls) for cls in ELEMENTWISE}
    return made | {entry.function.__name__: of_entry(entry) for entry in ENTRIES if not entry.changes}


TABLE = table()


@pytest.mark.parametrize("shape", SIZES, ids=str)
@pytest.mark.parametrize("way", ["numpy", "forward", "forward and backward"])
@pytest.mark.parametrize("name", TABLE)
def test_operation(benchmark, name, way, shape):
    arrays, ours, theirs = TABLE[name](shape)
    start = time.perf_counter()
    theirs(*arrays)
    if time.perf_counter() - start > LONG:
        pytest.skip(f"NumPy alone takes more than {LONG} s")
    benchmark.group = f"{name} of {shape}"
    benchmark.extra_info.update(operation=name, way=way, size=int(np.prod(shape)))
    if way == "numpy":
        benchmark(theirs, *arrays)
        return
    xs = [Variable(a) for a in arrays]
    if way == "forward":
        benchmark(ours, *xs)
        return

    def both():
        total(ours(*xs)).backward()
        for x in xs:
            x.cleargrad()

    benchmark(both)


@pytest.mark.parametrize("way", ["numpy", "forward", "forward and backward"])
@pytest.mark.parametrize("program", SEED, ids=lambda p: p.name)
def test_seed_function(benchmark, program, way):
    benchmark.group = program.name

    def numpys():
        program.call(np, *[np.array(x) for x in program.point])

    def forward():
        return program.call(np, *[Variable(np.array(x)) for x in program.point])

    def both():
        forward().backward()

    benchmark({"numpy": numpys, "forward": forward, "forward and backward": both}[way])
