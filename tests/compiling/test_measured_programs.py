"""The programs of the benchmarks, lowered and replayed, have the bits of eager code."""

import numpy as np
import pytest

from leopard import Variable, compile, hessian, value_and_grad
from leopard.compiling.recording import from_graph
from tests.compiling.test_lowering import assert_replayed

programs = pytest.importorskip("benchmarks.programs", reason="the benchmarks are not beside the tests")
PROGRAMS = [*programs.SCALARS, *programs.ARRAYS, programs.ROSENBROCK_LARGE, *programs.ADBENCH]


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda p: p.name)
def test_programs_have_the_bits_of_eager_code(program, rng):
    n = len(program.point)
    f = value_and_grad(lambda *xs: program.call(np, *xs, *program.constants), argnums=tuple(range(n)))
    xs = [Variable(np.array(x)) for x in program.point]
    value, gradients = f(*xs)
    recording = from_graph(xs, [value, *gradients])
    for scale in (0, 0.1, 0.1):
        moved = [
            np.asarray(np.array(x) * (1 + scale * rng.standard_normal(np.shape(x)))) for x in program.point
        ]
        value, gradients = f(*map(Variable, moved))
        assert_replayed(recording, moved, [y.data for y in (value, *gradients)])


def test_results_lie_in_memory_as_those_of_eager_code():
    def f(x, y):
        z = x * y
        return (
            z,
            z.T,
            np.transpose(z * 2.0, (1, 0)) + 1.0,
            np.sum(z.T, axis=1),
            z[:, ::2],
            z.T[1:],
            hessian(h)(x[0]),
        )

    def h(v):
        return np.sum(np.tanh(v[1:]) * v[:-1] ** 2)

    g = compile(f)
    for k in range(4):
        x, y = np.linspace(0.1, 1.0, 12).reshape(3, 4) + k, np.linspace(1.0, 2.0, 12).reshape(3, 4)
        for a, b in zip(g(x, y), f(x, y), strict=True):
            assert np.array_equal(a, b) and a.flags.owndata | (a.base is not None)
            if b.flags.c_contiguous or b.flags.f_contiguous:
                assert a.strides == b.strides
        for a, b in zip(g(np.asfortranarray(x), y), f(np.asfortranarray(x), y), strict=True):
            assert np.array_equal(a, b)
        out = [np.zeros(np.shape(b)) for b in f(x, y)]
        for a, b in zip(g(x, y, out=tuple(out)), f(x, y), strict=True):
            assert np.array_equal(a, b)
    assert g.info().hits > 6
