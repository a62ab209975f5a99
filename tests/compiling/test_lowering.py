"""A lowered recording has the bits of eager code."""

import numpy as np
import pytest

import leopard
from leopard import Variable
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


@pytest.mark.parametrize("n", [1, 2, 3, 7, 8, 31, 32, 33, 100, 1023, 5000])
def test_products_of_vectors_are_those_of_dot(n, rng):
    a, b = rng.standard_normal((2, n))
    x, y = Variable(a), Variable(b)
    ys = [np.dot(x, y), x @ y, np.dot(x[::-1], y), np.inner(x, y), np.dot(np.stack([x, y], 1)[:, 0], y)]
    assert_replayed(from_graph([x, y], ys), [a, b], [y.data for y in ys])


def test_small_arrays_are_scalar_code(rng):
    a, b = rng.standard_normal((2, 3))

    def f(x, y):
        z = np.cross(x, y) * x[0] - leopard.array([y[2], 0.0, x[1]])
        return np.sum(z * z) + z[1] / y[0], z, np.stack([z[0], x @ y, z[2]])

    x, y = Variable(a), Variable(b)
    ys = f(x, y)
    recording = from_graph([x, y], list(ys))
    assert_replayed(recording, [a, b], [y.data for y in ys])
    kinds = [step[0] for step in lower(recording).steps]
    assert set(kinds) <= {"scalars", "matmul"}


@pytest.mark.parametrize("shape", [(2, 2), (1, 3), (3, 1), (3, 5), (17, 18), (40, 60)])
def test_sums_are_added_in_the_order_of_memory(shape, rng):
    def f(x):
        ys = [x.T, np.sin(x.T), np.sin(x).T * 3.0, x[::-1] * 2.0, np.exp(x[::-1, ::-1].T), x.T * np.sin(x.T)]
        ys += [y.reshape(-1) for y in ys] + [y + 1.0 for y in ys]
        return [np.sum(y) for y in ys] + [np.mean(y) for y in ys] + [np.sum(y[1:]) for y in ys]

    x = Variable(rng.uniform(-1, 1, shape))
    recording = from_graph([x], f(x))
    for _ in range(8):
        a = rng.uniform(-1, 1, shape)
        assert_replayed(recording, [a], f(a))


def test_slices_and_tuples_of_the_same_numbers_are_different_indices(rng):
    a = rng.standard_normal((6, 6, 6))
    x = Variable(a)
    ys = [x[1:4:2], x[1, 4, 2], x[1, 4], x[1:4], x[(slice(1, 4), 2)], x[1:4, 2:3]]
    assert_replayed(from_graph([x], ys), [a], [y.data for y in ys])


def test_hessian_of_rosenbrock(rng):
    h = leopard.hessian(lambda x: np.sum(100 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2))
    x = Variable(rng.standard_normal(50))
    recording = from_graph([x], [h(x)])
    for _ in range(2):
        a = rng.standard_normal(50)
        assert_replayed(recording, [a], [h(Variable(a)).data])
