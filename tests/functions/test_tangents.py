"""The laws of tangents, over every sample call: forward mode agrees with differences and with gradients."""

from functools import partial

import numpy as np
import pytest

from leopard import using_config
from leopard._core import gradients, tangents
from tests import laws
from tests.laws import CASES, EVERY_CASE, draw, variables

each_case = pytest.mark.parametrize("case", EVERY_CASE, ids=str)


def floating(ys):
    return [y for y in laws.variables_of(ys) if y.dtype.kind in "fc"]


def random_like(x, rng):
    t = rng.standard_normal(x.shape)
    if x.dtype.kind == "c":
        t = t + 1j * rng.standard_normal(x.shape)
    return np.asarray(t).astype(x.dtype)


def inner(gs, ts):
    """The sum of Re(conj(g) t), and its size."""
    terms = [(np.conj(g) * t).real for g, t in zip(gs, ts, strict=True) if g is not None and t is not None]
    return sum(np.sum(term) for term in terms), sum(np.sum(np.abs(term)) for term in terms)


def values(vs):
    return [None if v is None else v.data for v in vs]


def drawn(case, rng):
    xs = variables(draw(case, rng))
    ys = floating(case.call(*xs))
    return xs, ys, [random_like(x, rng) for x in xs]


@each_case
def test_a_tangent_is_the_transpose_of_the_gradient(case, rng):
    xs, ys, ts = drawn(case, rng)
    gys = [random_like(y, rng) for y in ys]
    gxs, _ = gradients(ys, gys, xs)
    back, _ = inner(values(gxs), ts)
    for create_graph in (False, True):
        tys, _ = tangents(ys, xs, ts, create_graph)
        for ty, y in zip(tys, ys, strict=True):
            assert ty is None or ty.shape == y.shape and ty.dtype == y.dtype
        forward, size = inner(gys, values(tys))
        assert abs(forward - back) <= 1e-11 * (size + 1)
    if case.smooth and case.order > 1:
        second_derivatives_agree(xs, ys, tys, ts, gys, rng)


def second_derivatives_agree(xs, ys, tys, us, gys, rng):
    """Of the recorded tangents along u: along v by pushing again, by walking back, and in the other order."""
    vs = [random_like(x, rng) for x in xs]
    moved = [(ty, gy) for ty, gy in zip(tys, gys, strict=True) if ty is not None]
    tys, gys = [ty for ty, _ in moved], [gy for _, gy in moved]
    if not tys:
        return
    twice = values(tangents(tys, xs, vs)[0])
    walked, _ = gradients(tys, gys, xs)
    forward, size = inner(gys, twice)
    back, _ = inner(values(walked), vs)
    assert abs(forward - back) <= 1e-9 * (size + 1)
    tys = [ty for ty in tangents(ys, xs, vs, True)[0] if ty is not None]
    for a, b in zip(twice, values(tangents(tys, xs, us)[0]), strict=True):
        if a is None or b is None:
            assert a is b
            continue
        np.testing.assert_allclose(a, b, rtol=1e-8, atol=1e-8 * (1 + np.max(np.abs(a), initial=0.0)))


@pytest.mark.parametrize("case", laws.few([c for c in EVERY_CASE if c.smooth and c.order]), ids=str)
def test_derivatives_in_both_modes_are_slopes(case, rng):
    laws.derivatives_are_checked(case, rng)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_recipes_kernels_and_rules_agree(case, rng):
    xs, ys, ts = drawn(case, rng)
    fast = values(tangents(ys, xs, ts)[0])
    with using_config("compiled", False):
        slow = values(tangents(ys, xs, ts)[0])
    for a, b in zip(fast, slow, strict=True):
        if a is None or b is None:
            assert a is b
            continue
        np.testing.assert_allclose(a, b, rtol=1e-13, atol=1e-15, strict=True)


@pytest.mark.parametrize("case", [c for c in CASES if complex not in c.dtypes], ids=str)
def test_a_tangent_has_the_dtype_of_its_output(case, rng):
    for dtype in filter(partial(laws.has_values, case), (np.float32, np.float16, np.longdouble)):
        xs = variables(draw(case, rng, dtype))
        ys = floating(case.call(*xs))
        with np.errstate(all="ignore"):
            tys, _ = tangents(ys, xs, [random_like(x, rng) for x in xs])
        for ty, y in zip(tys, ys, strict=True):
            assert ty is None or (ty.dtype == y.dtype and ty.shape == y.shape)


@pytest.mark.parametrize("case", [c for c in CASES if complex not in c.dtypes], ids=str)
def test_layout_in_memory_makes_no_difference(case, rng):
    arrays = draw(case, rng)
    ts = [rng.standard_normal(a.shape) for a in arrays]
    results = []
    for lay in (
        lambda a: a,
        lambda a: np.asfortranarray(a) if a.ndim else a,
        lambda a: np.repeat(a[::-1], 2, axis=0)[::-2] if a.ndim else a,
    ):
        xs = variables([lay(a) for a in arrays])
        results.append(values(tangents(floating(case.call(*xs)), xs, [lay(t) for t in ts])[0]))
    for other in results[1:]:
        for a, b in zip(results[0], other, strict=True):
            assert (a is None) == (b is None)
            if a is not None:
                np.testing.assert_allclose(a, b, rtol=1e-12, atol=1e-13)


# -- Many at once --------------------------------------------------------------------------------


def stacked(results, shapes):
    """What several calls returned, one on the other."""
    return [
        np.stack([np.zeros(shape) if row[k] is None else row[k].data for row in results])
        for k, shape in enumerate(shapes)
    ]


def assert_close(got, wanted):
    for g, w in zip(got, wanted, strict=True):
        if g is None:
            assert not w.any()
        else:
            assert g.shape == w.shape
            np.testing.assert_allclose(g.data, w, rtol=1e-10, atol=1e-12)


@each_case
def test_many_tangents_at_once_are_each_of_them(case, rng):
    xs, ys, _ = drawn(case, rng)
    rows = [[random_like(x, rng) for x in xs] for _ in range(2)]
    wanted = stacked([tangents(ys, xs, ts)[0] for ts in rows], [y.shape for y in ys])
    batch = [np.stack(ts) for ts in zip(*rows, strict=True)]
    for create_graph in (False, True):
        assert_close(tangents(ys, xs, batch, create_graph, True)[0], wanted)


@each_case
def test_many_gradients_at_once_are_each_of_them(case, rng):
    xs, ys, _ = drawn(case, rng)
    rows = [[random_like(y, rng) for y in ys] for _ in range(2)]
    wanted = stacked([gradients(ys, gys, xs)[0] for gys in rows], [x.shape for x in xs])
    batch = [np.stack(gys) for gys in zip(*rows, strict=True)]
    for create_graph in (False, True):
        assert_close(gradients(ys, batch, xs, create_graph, True)[0], wanted)
