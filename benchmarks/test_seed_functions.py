"""The seed's functions and every operation of the registry, beside NumPy's forward.

`extra_info` says of each benchmark what it measures: kind "function" or "operation", its name, the
size, and the pass: "numpy", "forward" (recorded) or "both" (recorded and walked back).
"""

import inspect

import numpy as np
import programs
import pytest

import leopard
from leopard import Elementwise, Variable
from leopard.functions import _registry

SIZES = (1, 100, 10_000)
PASSES = ("numpy", "forward", "both")

# -- Every operation has a sample call -----------------------------------------------------------

# Those that state no `cases`: class name -> (arguments of the class, shapes of the inputs).
SAMPLES = {
    "AddAt": (([0, 2, 2, -1], (100, 100)), [(4, 100)]),
    "Concatenate": ((0,), [(50, 100), (50, 100)]),
    "Where": ((np.arange(100) % 2 == 0,), [(100, 100), (100, 100)]),
}


def operations():
    """Every class of leopard's own that is an operation: those with `_` are only inherited from."""
    return [
        cls for cls in _registry.classes if cls.__module__.startswith("leopard.") and cls.__name__[0] != "_"
    ]


def elementwise():
    return [cls for cls in operations() if issubclass(cls, Elementwise)]


def others():
    return [cls for cls in operations() if not issubclass(cls, Elementwise)]


def sample(cls):
    """The arguments of the class and the shapes of its inputs; LookupError when nothing states them."""
    if cls.__name__ in SAMPLES:
        return SAMPLES[cls.__name__]
    if not cls.cases:
        raise LookupError(cls.__name__)
    inputs = inspect.signature(cls.forward).parameters.values()
    if any(p.kind is p.VAR_POSITIONAL for p in inputs):
        raise LookupError(cls.__name__)
    n = len(inputs) - 1  # without self
    return cls.cases[0][n:], cls.cases[0][:n]


def unmeasured():
    """The names of the operations without a sample call."""
    names = []
    for cls in others():
        try:
            sample(cls)
        except LookupError:
            names.append(cls.__name__)
    return names


if unmeasured():
    raise RuntimeError(f"no benchmark for {', '.join(unmeasured())}: give it `cases`, or a line in SAMPLES")


def draw(cls, size):
    """Inputs from the domain of an elementwise class: 0-d for size 1."""
    rng = np.random.default_rng(0)
    shape = () if size == 1 else (size,)
    domain = cls.domain if len(cls.domain) == cls.ufunc.nin else cls.domain * cls.ufunc.nin
    return [np.asarray(rng.uniform(low, high, shape)) for low, high in domain]


# -- The calls that are timed --------------------------------------------------------------------


def forward(function, arrays):
    return function(*[Variable(x) for x in arrays])


def both(function, arrays):
    variables = [Variable(x) for x in arrays]
    function(*variables).backward()
    return [x.grad for x in variables]


def numpy_forward(function, arrays):
    return function(*arrays)


TIMED = {"numpy": numpy_forward, "forward": forward, "both": both}


@pytest.mark.benchmark(max_time=0.2, warmup=True, warmup_iterations=10)
@pytest.mark.parametrize("timed", PASSES)
@pytest.mark.parametrize("program", programs.SEED, ids=lambda program: program.name)
def test_function(benchmark, program, timed):
    xp = np if timed == "numpy" else leopard
    arrays = [np.array(value) for value in program.point]
    benchmark.group = f"function {program.name}"
    benchmark.extra_info.update(kind="function", name=program.name, timed=timed)
    benchmark(TIMED[timed], lambda x, y: program.call(xp, x, y), arrays)


@pytest.mark.benchmark(max_time=0.1, warmup=True, warmup_iterations=10)
@pytest.mark.parametrize("timed", PASSES)
@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("cls", elementwise(), ids=lambda cls: cls.__name__)
def test_elementwise(benchmark, cls, size, timed):
    benchmark.group = f"operation {cls.name}, size {size}"
    benchmark.extra_info.update(kind="operation", name=cls.name, size=size, timed=timed)
    benchmark(TIMED[timed], cls.ufunc if timed == "numpy" else cls.operation, draw(cls, size))


@pytest.mark.benchmark(max_time=0.1, warmup=True, warmup_iterations=10)
@pytest.mark.parametrize("timed", ["forward", "both"])
@pytest.mark.parametrize("cls", others(), ids=lambda cls: cls.__name__)
def test_operation(benchmark, cls, timed):
    options, shapes = sample(cls)
    arrays = [np.ones(shape) for shape in shapes]
    benchmark.group = f"operation {cls.__name__}"
    benchmark.extra_info.update(kind="array operation", name=cls.__name__, shapes=shapes, timed=timed)
    benchmark(TIMED[timed], lambda *xs: cls(*options)(*xs), arrays)
