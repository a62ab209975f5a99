"""Functions that move elements are applied to element numbers, which show where the gradients must go."""

import numpy as np
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from leopard import functions
from tests.laws import data_of_gradients, outputs, same, variables

shapes = hnp.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=3)
proper_shapes = hnp.array_shapes(min_dims=1, max_dims=4, min_side=1, max_side=4)
seeds = st.integers(0, 2**32 - 1)


@st.composite
def arrays(draw, shape=shapes):
    """Different numbers of a shape, lying in memory in C order, in Fortran order, or any way."""
    shape = draw(shape) if isinstance(shape, st.SearchStrategy) else shape
    rng = np.random.default_rng(draw(seeds))
    a = rng.permutation(int(np.prod(shape))).reshape(shape) + rng.uniform(0.1, 0.9, shape)
    layout = draw(st.sampled_from("CFRT"))
    if layout == "F" or a.ndim == 0:
        return np.asfortranarray(a) if a.ndim else np.asarray(a)
    if layout == "R":
        return np.repeat(a[::-1], 2, axis=0)[::-2]
    if layout == "T":
        axes = rng.permutation(a.ndim)
        return np.ascontiguousarray(a.transpose(axes)).transpose(np.argsort(axes))
    return a


def axes_of(a):
    """One axis of an array."""
    return st.integers(-a.ndim, a.ndim - 1)


def assert_moved(call, *xs, views=True):
    """`call` is NumPy's on Variables: its values, its views, and, by their numbers, where the elements go.

    The gradients are tried to second order, walked and recorded.
    """
    plain = [y if isinstance(y, np.ndarray) else np.asarray(y) for y in outputs(call(*xs))]
    vs = variables(xs)
    ys = outputs(call(*vs))
    assert len(ys) == len(plain)
    for y, p in zip(ys, plain, strict=True):
        assert same(y.data, p), f"{y.data!r} is not {p!r}"
        if views and p.size:
            for v, x in zip(vs, xs, strict=True):
                assert np.may_share_memory(y.data, v.data) == np.may_share_memory(p, x)
            assert y.data.flags.c_contiguous == p.flags.c_contiguous
            assert y.data.flags.f_contiguous == p.flags.f_contiguous

    rng = np.random.default_rng(3)
    weights = [rng.standard_normal(y.shape) for y in ys]
    for create_graph in (False, True):
        weighed(ys, weights).backward(create_graph=create_graph)
        wanted = returned(call, xs, [2 * w * p for w, p in zip(weights, plain, strict=True)])
        assert_close(data_of_gradients(vs), wanted)
        if create_graph and any(v.grad is not None for v in vs):
            us = [like(x, rng.standard_normal(x.shape)) for x in xs]
            slope = sum(functions.sum(v.grad * u) for v, u in zip(vs, us, strict=True) if v.grad is not None)
            for v in vs:
                v.cleargrad()
            slope.backward()
            moved = [np.asarray(y) for y in outputs(call(*us))]
            assert_close(
                data_of_gradients(vs),
                returned(call, xs, [2 * w * u for w, u in zip(weights, moved, strict=True)]),
            )
        for v in vs:
            v.cleargrad()
        ys = outputs(call(*vs))


def weighed(ys, weights):
    return sum(functions.sum(w * y * y) for w, y in zip(weights, ys, strict=True))


def returned(call, xs, gys):
    """What the elements of gys are for the elements of xs, by their numbers."""
    stops = np.cumsum([x.size for x in xs])
    numbers = [like(x, np.arange(stop - x.size, stop)) for x, stop in zip(xs, stops, strict=True)]
    total = np.zeros(stops[-1])
    for places, gy in zip(outputs(call(*numbers)), gys, strict=True):
        np.add.at(total, np.ravel(places).astype(np.intp), np.ravel(gy))
    return [total[stop - x.size : stop].reshape(x.shape) for x, stop in zip(xs, stops, strict=True)]


def like(x, numbers):
    """The numbers in the shape of x, and lying in memory as it does."""
    y = np.empty_like(x, dtype=numbers.dtype)
    y[...] = numbers.reshape(x.shape)
    return y


def assert_close(got, wanted):
    """Equal but for the order in which terms were summed, which errs in proportion to the largest of them."""
    for g, w in zip(got, wanted, strict=True):
        assert g.shape == w.shape
        scale = np.abs(w).max(initial=1.0)
        np.testing.assert_allclose(g, w, rtol=1e-12, atol=1e-15 * w.size * scale)


@st.composite
def equal_elements(draw):
    shape = draw(proper_shapes)
    rng = np.random.default_rng(draw(seeds))
    return rng.integers(0, 3, shape).astype(float)
