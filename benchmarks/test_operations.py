"""Every operation of the register, and the seed's functions: NumPy's forward, ours, and the walk back.

An operation without a benchmark stops the collection.
"""

import numpy as np
import pytest
from programs import SEED

import leopard
from leopard import Variable
from leopard.functions import _registry

SIZES = [(), (10,), (100,), (10_000,), (1_000_000,)]


def elementwise(cls):
    def make(shape):
        rng = np.random.default_rng(0)
        return [rng.uniform(low, high, shape) for low, high in cls.domain], cls.operation, cls.ufunc

    return make


def of_one(ours, theirs):
    def make(shape):
        return [np.random.default_rng(0).normal(size=shape or (1,))], ours, theirs

    return make


# What has no ufunc: leopard's function and NumPy's, both of one array.
OTHERS = {
    "Reshape": of_one(lambda x: leopard.reshape(x, (-1, 1)), lambda x: x.reshape(-1, 1)),
    "Transpose": of_one(leopard.transpose, np.transpose),
    "BroadcastTo": of_one(
        lambda x: leopard.broadcast_to(x, (2, *x.shape)), lambda x: np.broadcast_to(x, (2, *x.shape))
    ),
    "SumTo": of_one(lambda x: leopard.sum_to(x, ()), lambda x: x.sum()),
    "Astype": of_one(lambda x: leopard.astype(x, np.float32), lambda x: x.astype(np.float32)),
    "Duplicate": of_one(leopard.duplicate, np.copy),
    "Concatenate": of_one(lambda x: leopard.concatenate([x, x]), lambda x: np.concatenate([x, x])),
    "Sum": of_one(leopard.sum, np.sum),
    "Mean": of_one(leopard.mean, np.mean),
    "MatMul": of_one(lambda x: x @ x, lambda x: x @ x),
    "GetItem": of_one(lambda x: x[::2], lambda x: x[::2]),
    "AddAt": of_one(lambda x: x[[0, 0, -1]], lambda x: x[[0, 0, -1]]),  # its adjoint, in the walk back
    "Where": of_one(lambda x: leopard.where(x > 0, x, 0.0), lambda x: np.where(x > 0, x, 0.0)),
}


def table():
    made, missing = {}, []
    for cls in _registry.classes:
        if issubclass(cls, leopard.Elementwise):
            made[cls.__name__] = elementwise(cls)
        elif cls.__name__ in OTHERS:
            made[cls.__name__] = OTHERS[cls.__name__]
        elif cls.__module__.startswith("leopard."):
            missing.append(cls.__name__)
    if missing:
        raise RuntimeError(f"operations without a benchmark: {', '.join(missing)}")
    return made


TABLE = table()


@pytest.mark.parametrize("shape", SIZES, ids=str)
@pytest.mark.parametrize("way", ["numpy", "forward", "forward and backward"])
@pytest.mark.parametrize("name", TABLE)
def test_operation(benchmark, name, way, shape):
    arrays, ours, theirs = TABLE[name](shape)
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
        y = ours(*xs)
        y.backward()
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
