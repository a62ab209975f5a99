"""The programs of the benchmarks, lowered and replayed, have the bits of eager code."""

import numpy as np
import pytest

from leopard import Variable, value_and_grad
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
