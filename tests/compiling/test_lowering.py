"""A lowered recording has the bits of eager code."""

import numpy as np
import pytest

from benchmarks.programs import ARRAYS, SCALARS
from leopard import Variable, value_and_grad
from leopard._numeric.replay import ReplayProgram
from leopard.compiling.lowering import lower
from leopard.compiling.plan import reference_run
from leopard.compiling.recording import from_graph
from tests.laws import EVERY_CASE, draw, few, variables
from tests.laws.measuring import measure, variables_of


def bits(x):
    """The bytes of an array, where every nan is the same one."""
    x = np.array(x)
    if x.dtype.kind in "fc":
        x[np.isnan(x)] = np.nan
    return x.dtype, x.shape, x.tobytes()


def assert_replayed(recording, arrays, wanted):
    """Compare, with memory used again and without."""
    for reuse, groups in ((True, False), (False, False), (True, True)):
        plan = lower(recording, reuse, groups)
        outcome, got = reference_run(plan, arrays)
        assert outcome == 0
        for k, (y, w) in enumerate(zip(got, wanted, strict=True)):
            assert bits(y) == bits(w), f"output {k}, reuse={reuse}: {y!r} is not {w!r}"
        with np.errstate(all="ignore"):
            outcome, got = ReplayProgram(plan).run(arrays)
        assert outcome == 0
        for k, (y, w) in enumerate(zip(got, wanted, strict=True)):
            assert bits(y) == bits(w), f"engine, output {k}, reuse={reuse}: {y!r} is not {w!r}"


@pytest.mark.parametrize("program", [*SCALARS, *ARRAYS], ids=lambda p: p.name)
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
        value, gradients = f(*moved)
        assert_replayed(recording, moved, [value, *gradients])


@pytest.mark.parametrize("case", EVERY_CASE, ids=str)
def test_every_operation_and_its_gradient(case, rng):
    arrays = draw(case, rng)
    xs = variables(arrays)
    ys = variables_of(case.call(*xs))
    if not ys:
        return
    weights = [rng.standard_normal(y.shape) for y in ys]
    total = measure(ys, weights)
    total.backward(create_graph=True)
    wanted = [*ys, total, *[x.grad for x in xs if x.grad is not None]]
    recording = from_graph(xs, wanted)
    assert_replayed(recording, arrays, [y.data for y in wanted])


@pytest.mark.parametrize("case", few([c for c in EVERY_CASE if not c.dtypes or float in c.dtypes]), ids=str)
def test_other_types_and_layouts(case, rng):
    """Single precision, and arrays that are in Fortran's order or strided."""
    for made in (
        lambda a: a.astype(np.float32) if a.dtype == float else a,
        lambda a: np.asfortranarray(a) if a.ndim else a,
        lambda a: np.repeat(a[..., None], 2, -1)[..., 0],
        lambda a: a.T.copy().T[::-1][::-1] if a.ndim else a,
    ):
        arrays = [np.asarray(made(a)) for a in draw(case, rng)]
        xs = [Variable(a) for a in arrays]
        with np.errstate(all="ignore"):
            try:
                ys = variables_of(case.call(*xs))
            except TypeError:  # it takes no other type
                continue
            if not ys:
                return
            total = measure(ys, [rng.standard_normal(y.shape) for y in ys])
            total.backward(create_graph=True)
        wanted = [*ys, total, *[x.grad for x in xs if x.grad is not None]]
        assert_replayed(from_graph(xs, wanted), arrays, [y.data for y in wanted])
