"""Random programs of NumPy's functions: lowered, they have the bits of eager code at other inputs."""

import numpy as np
import pytest

from leopard import Variable, value_and_grad
from leopard._numeric.replay import ReplayProgram
from leopard.compiling.lowering import lower
from leopard.compiling.plan import reference_run
from leopard.compiling.recording import from_graph, record
from tests.compiling.test_lowering import assert_replayed, bits

UNARY = [
    np.sin,
    np.exp,
    np.tanh,
    np.negative,
    np.square,
    np.abs,
    lambda x: 1.0 * x,
    lambda x: x / 3,
    np.arctan,
]
BINARY = [
    np.add,
    np.subtract,
    np.multiply,
    np.maximum,
    lambda a, b: a / (1 + b * b),
    lambda a, b: a - 0.5 * b,
]


def shaped(x, rng):
    """A view or another arrangement of an array, or a sum of it."""
    n = x.ndim
    ways = [lambda x: x.T, lambda x: np.sum(x), lambda x: x.reshape(-1), lambda x: x + 0.0]
    if n:
        ways += [
            lambda x: x[1:] if x.shape[0] > 1 else x,
            lambda x: x[::2],
            lambda x: x[:-1] + x[1:] if x.shape[0] > 1 else x,
            lambda x: np.mean(x, axis=-1),
            lambda x: np.sum(x, axis=0),
            lambda x: np.concatenate([x, x[:1]]),
            lambda x: x[0],
            lambda x: np.where(np.arange(x.shape[-1]) % 2 == 0, x, -x),
        ]
    if n == 2:
        ways += [lambda x: x @ x.T, lambda x: x[:, 0], lambda x: x.sum(axis=1, keepdims=True)]
    return ways[rng.integers(len(ways))](x)


def program(seed):
    """A function of arrays, made at random; every call of it computes the same operations."""

    def f(*xs):
        rng = np.random.default_rng(seed)
        values = list(xs)
        for _ in range(rng.integers(4, 30)):
            kind = rng.integers(5)
            x = values[rng.integers(len(values))]
            if kind == 0:
                y = UNARY[rng.integers(len(UNARY))](x)
            elif kind < 4:
                others = [v for v in values if fits(x.shape, v.shape)]
                y = BINARY[rng.integers(len(BINARY))](x, others[rng.integers(len(others))])
            else:
                y = shaped(x, rng)
            values.append(0.1 * y if rng.integers(4) == 0 else y)
        return sum(np.sum(np.tanh(v)) for v in values[-4:])

    return f


def fits(a, b):
    try:
        return np.prod(np.broadcast_shapes(a, b)) < 10**5
    except ValueError:
        return False


def inputs(seed, rng):
    """Arrays of a few shapes; among them zeros of both signs."""
    shapes = [
        [(), (3,), (2, 3)],
        [(1500,), (1500,), ()],
        [(40, 50), (50,), (40, 1)],
        [(4, 4), (4,)],
        [(), ()],
    ]
    arrays = [np.asarray(rng.standard_normal(shape)) for shape in shapes[seed % len(shapes)]]
    for x in arrays:
        if x.ndim:
            x[rng.random(x.shape) < 0.1] = 0.0
            x[rng.random(x.shape) < 0.1] = -0.0
    return arrays


@pytest.mark.parametrize("seed", range(150))
def test_replayed_equals_eager(seed):
    rng = np.random.default_rng(seed)
    arrays = inputs(seed, rng)
    f = value_and_grad(program(seed), argnums=tuple(range(len(arrays))))
    recorded = record(lambda xs: f(*xs), arrays)
    recording = from_graph(recorded.inputs, recorded.leaves, recorded.recorder)
    for _ in range(3):
        value, gradients = f(*map(Variable, arrays))  # by rules that are recorded, too
        assert_replayed(recording, arrays, [value.data, *[g.data for g in gradients]])
        arrays = inputs(seed, rng)


@pytest.mark.parametrize(
    "shape", [(3, 5), (1, 7), (20, 3, 50), (9000, 2), (2, 9000), (7, 1, 30000), (300, 300), (5, 1)]
)
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_sums_over_axes_are_added_in_numpys_order(shape, dtype, rng):
    x = rng.standard_normal(shape).astype(dtype)
    v = Variable(x)
    n = len(shape)
    axes = [*range(n), (0, n - 1), (n - 2, n - 1), None]
    ys = [np.sum(v, axis=axis, keepdims=keepdims) for axis in axes for keepdims in (False, True)]
    ys += [np.mean(v, axis=axis) for axis in axes]
    plan = lower(from_graph([v], ys))
    outcome, got = ReplayProgram(plan).run([x])
    assert outcome == 0
    for y, w in zip(got, ys, strict=True):
        assert bits(y) == bits(w.data)
    assert [bits(y) for y in reference_run(plan, [x])[1]] == [bits(y) for y in got]
