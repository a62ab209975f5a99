"""Random programs: the walk by loops and kernels, by the rules in Python, and recorded, gives the same.

Each program is NumPy code; it is run once on ndarrays and once on Variables. What single operations keep is
in `tests/functions`; here they meet in any order, in shapes that broadcast, as views, and used several times.
"""

import numpy as np
import pytest

from leopard import Variable, using_config

N = 150


class Program:
    """A list of steps drawn at random; `run(*inputs)` gives all values on the way, the last one a scalar."""

    def __init__(self, seed, length=14, dtype=np.float64):
        self.rng = rng = np.random.default_rng(seed)
        n = int(rng.choice([1, 3, 5, 130]))
        self.arrays = [
            self.shaped(rng.normal(size=shape).astype(dtype))
            for shape in [(n,), (4, n), (4, 1), (n, 3)]
            if rng.random() < 0.7 or shape == (4, n)
        ]
        self.constants = [rng.normal(size=(4, n)).astype(dtype), rng.normal(size=(n,)).astype(dtype)]
        self.steps = []
        shapes = [a.shape for a in self.arrays]
        while len(self.steps) < length:
            step, shape = self.draw(shapes)
            if step is not None:
                self.steps.append(step)
                shapes.append(shape)

    def shaped(self, a):
        """The same numbers, sometimes in another layout."""
        kind = self.rng.integers(5)
        if kind == 0:
            return np.asfortranarray(a)
        if kind == 1:
            return np.repeat(a, 2, axis=-1)[..., ::2]
        return a

    def draw(self, shapes):
        rng = self.rng
        i = int(rng.integers(len(shapes)))
        if rng.random() < 0.5:
            i = len(shapes) - 1
        j = int(rng.integers(len(shapes)))
        s, t = shapes[i], shapes[j]
        kind = rng.integers(16)
        if kind < 3:
            f = [np.tanh, np.sin, np.cos, np.negative, np.square, np.absolute, lambda x: np.exp(np.tanh(x))]
            f = f[rng.integers(len(f))]
            return (lambda v: f(v[i])), s
        if kind < 5:
            c = [2.0, -0.5, 3, 1.0, 0.25][rng.integers(5)]
            f = [
                lambda x: c * x,
                lambda x: x + c,
                lambda x: c - x,
                lambda x: np.power(np.tanh(x), 2.0),
                lambda x: np.power(1 + np.square(x), -0.5),
                lambda x: x / c,
            ]
            f = f[rng.integers(len(f))]
            return (lambda v: f(v[i])), s
        if kind < 9:
            try:
                shape = np.broadcast_shapes(s, t)
            except ValueError:
                return None, None
            f = [
                lambda x, y: x + y,
                lambda x, y: x - y,
                lambda x, y: x * np.tanh(y),
                lambda x, y: x / (2 + np.sin(y)),
                np.maximum,
                np.minimum,
            ]
            f = f[rng.integers(len(f))]
            return (lambda v: f(v[i], v[j])), shape
        if kind == 9:
            c = self.constants[rng.integers(2)]
            try:
                shape = np.broadcast_shapes(s, c.shape)
            except ValueError:
                return None, None
            return [(lambda v: v[i] * c), (lambda v: c - v[i])][rng.integers(2)], shape
        if kind == 10 and len(s):
            index = [
                slice(1, None),
                slice(None, None, -1),
                0,
                (Ellipsis, 0),
                (Ellipsis, slice(None, None, 2)),
                [0, -1, 0],
                (None, Ellipsis),
            ]
            index = index[rng.integers(len(index))]
            shape = np.zeros(s)[index].shape
            return ((lambda v: v[i][index]), shape) if 0 not in shape else (None, None)
        if kind == 11:
            shape = (-1,) if rng.random() < 0.5 else (1, *s)
            return (lambda v: v[i].reshape(shape)), np.zeros(s).reshape(shape).shape
        if kind == 12:
            return (lambda v: v[i].T), s[::-1]
        if kind == 13 and len(s):
            axis = int(rng.integers(len(s)))
            keepdims = bool(rng.integers(2))
            f = [np.sum, np.mean][rng.integers(2)]
            return (lambda v: f(v[i], axis=axis, keepdims=keepdims)), np.sum(
                np.zeros(s), axis=axis, keepdims=keepdims
            ).shape
        if kind == 14 and len(s) and len(t) and s[-1] == t[-2 if len(t) > 1 else 0]:
            return (lambda v: np.tanh(v[i]) @ np.tanh(v[j]) / s[-1]), (np.zeros(s) @ np.zeros(t)).shape
        if kind == 15:
            return (lambda v: np.concatenate([v[i].reshape(-1), v[j].reshape(-1)])), (
                int(np.prod(s, dtype=int) + np.prod(t, dtype=int)),
            )
        return None, None

    def run(self, *inputs):
        values = list(inputs)
        for step in self.steps:
            values.append(step(values))
        total = np.sum(values[-1]) + np.mean(np.square(values[len(inputs)]))
        for v in values[-3:-1]:
            total = total + np.sum(v * np.tanh(v))
        return [*values, total]


def walk(program, **options):
    """Gradients of the inputs, and of every value on the way where they were kept."""
    xs = [Variable(a) for a in program.arrays]
    values = program.run(*xs)
    values[-1].backward(**options)
    return [None if v.grad is None else v.grad.data for v in values]


def assert_alike(got, wanted, rtol=1e-11):
    scale = max(np.max(np.abs(w), initial=0.0) for w in wanted if w is not None)
    for g, w in zip(got, wanted, strict=True):
        assert (g is None) == (w is None)
        if g is not None:
            assert (g.shape, g.dtype) == (w.shape, w.dtype)
            np.testing.assert_allclose(g, w, rtol=rtol, atol=rtol * scale)


@pytest.mark.parametrize("seed", range(N))
def test_values_are_numpys_to_the_last_bit(seed):
    program = Program(seed)
    plain = program.run(*program.arrays)
    recorded = program.run(*[Variable(a) for a in program.arrays])
    for p, r in zip(plain, recorded, strict=True):
        p = np.asarray(p)
        assert r.shape == p.shape
        np.testing.assert_array_equal(r.data, p)


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("seed", range(N))
def test_loops_and_rules_give_the_same_gradients(seed, dtype):
    program = Program(seed, dtype=dtype)
    before = [a.copy() for a in program.arrays]
    rtol = 1e-11 if dtype == np.float64 else 2e-4
    with using_config("compiled", False):
        wanted = walk(program, retain_grad=True)
        leaves = walk(program)
    assert_alike(walk(program, retain_grad=True), wanted, rtol)
    assert_alike(walk(program), leaves, rtol)
    if dtype == np.float64:
        assert_alike(walk(program, create_graph=True), leaves, rtol)
    for a, b in zip(program.arrays, before, strict=True):
        np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize("seed", range(N))
def test_gradients_are_the_slope(seed):
    program = Program(seed)
    rng = np.random.default_rng(seed)
    us = [rng.choice([-1.0, 1.0], a.shape) for a in program.arrays]
    got = walk(program)[: len(us)]
    h = 1e-6
    ends = [
        program.run(*[a + s * h * u for a, u in zip(program.arrays, us, strict=True)])[-1] for s in (1, -1)
    ]
    slope = sum(np.sum(g * u) for g, u in zip(got, us, strict=True) if g is not None)
    size = sum(np.sum(np.abs(g)) for g in got if g is not None)
    assert abs(slope - (ends[0] - ends[1]) / (2 * h)) <= 1e-5 * size + 1e-9 * abs(ends[0]) / h


@pytest.mark.parametrize("seed", range(0, N, 3))
def test_what_is_kept_and_what_is_computed_again(seed):
    """Values that only the graph holds may be dropped; when they are read, they are NumPy's."""
    program = Program(seed)
    plain = program.run(*program.arrays)
    xs = [Variable(a) for a in program.arrays]
    y = program.run(*xs)[-1]  # all values between are dropped here
    wanted = walk(program)[: len(xs)]
    y.backward()
    assert_alike([None if x.grad is None else x.grad.data for x in xs], wanted)
    known = {}
    for p in plain:
        known.setdefault(np.shape(p), []).append(np.asarray(p))
    waiting, seen, met = [y.creator], set(), 0
    while waiting:
        f = waiting.pop()
        if f is None or id(f) in seen:
            continue
        seen.add(id(f))
        for x in f.inputs:
            if x.creator is not None and x.shape in known:
                value = x.data
                met += any(np.array_equal(value, p) for p in known[x.shape])
            waiting.append(x.creator)
    assert met > 0
    y.backward()
    twice = [None if w is None else 2 * w for w in wanted]
    assert_alike([None if x.grad is None else x.grad.data for x in xs], twice)


@pytest.mark.parametrize("seed", range(0, N, 3))
def test_retained_gradients_share_no_memory(seed):
    program = Program(seed)
    xs = [Variable(a) for a in program.arrays]
    values = program.run(*xs)
    values[-1].backward(retain_grad=True)
    gradients = [v.grad.data for v in values if v.grad is not None]
    for k, g in enumerate(gradients):
        assert g.flags.owndata
        assert g.flags.writeable
        assert not any(np.shares_memory(g, other) for other in gradients[:k])
        assert not any(np.shares_memory(g, v.data) for v in values)
