"""The laws that every operation keeps, as functions of a case."""

import numpy as np

from leopard import Variable, functions, no_grad
from leopard.testing import check_grads
from tests.laws.cases import has_values
from tests.laws.drawing import directions, draw, variables, weights_for
from tests.laws.measuring import (
    assert_slope,
    data_of_gradients,
    gradients,
    outputs,
    same,
    tower,
    variables_of,
)


def derivatives_are_checked(case, rng):
    """Both modes, and at the second order each over each, beside slopes of NumPy's values."""

    def f(*xs):
        return (case.call if any(isinstance(x, Variable) for x in xs) else case.plain)(*xs)

    arrays = draw(case, rng)
    if all(np.asarray(y).dtype.kind not in "fc" for y in outputs(case.plain(*arrays))):
        return  # of empty arrays NumPy may return integers
    check_grads(f, arrays, min(case.order, 2))


def value_is_numpys(case, rng, dtype=np.float64):
    arrays = draw(case, rng, dtype)
    wanted = outputs(case.plain(*arrays))
    got = outputs(case.call(*variables(arrays)))
    assert len(got) == len(wanted)
    assert variables_of(got) or not got
    for y, w in zip(got, wanted, strict=True):
        if not isinstance(y, Variable):
            assert same(y, w), f"{y!r} is not {w!r}"
        elif case.exact:
            assert same(y.data, np.asarray(w)), f"{y.data!r} is not {w!r}"
        else:
            assert y.dtype == np.asarray(w).dtype
            if dtype == np.float64:
                np.testing.assert_allclose(y.data, w, rtol=1e-12, atol=1e-14)


def gradient_is_the_slope(case, rng, create_graph=False):
    """First order, against the values of NumPy in its longest type, or in the longest that there is."""
    longest = np.longdouble if has_values(case, np.longdouble) else np.float64
    arrays = draw(case, rng)
    weights = weights_for(case, arrays, rng)
    us = directions(arrays, rng)
    (f,) = tower(case, weights, [])
    gxs = gradients(f, variables(arrays), create_graph=create_graph)

    def plain(*xs):
        y = case.plain(*[x.astype(longest) for x in xs])
        (w,) = weights
        return np.sum(w * y * y) + np.sum(w * y)

    wide = [a.astype(longest) for a in arrays]
    assert_slope(
        [g.astype(longest) for g in gxs], wide, us, plain, 1e-9 if longest is np.longdouble else 1e-8
    )
    for g, a in zip(gxs, arrays, strict=True):
        assert g.dtype == a.dtype


def integers_have_the_gradients_of_floats(case, rng, create_graph=False):
    """The slopes of the same formula over the reals, in float64, wherever NumPy takes integers."""
    integers = [np.asarray(np.ceil(5 * a)).astype(np.int64) for a in draw(case, rng)]
    with np.errstate(all="ignore"):
        try:
            values = outputs(case.plain(*integers))
        except (TypeError, ValueError):
            return
        weights = [rng.standard_normal(np.shape(y)) for y in values]
        error, wanted = _gradients_of_weighted(
            case, [a.astype(np.float64) for a in integers], weights, create_graph
        )
        got_error, got = _gradients_of_weighted(case, integers, weights, create_graph)
    assert got_error is error
    for g, w, a in zip(got, wanted, integers, strict=True):
        assert g is None or g.dtype == np.float64
        g, w = [np.zeros(a.shape) if x is None else x.data for x in (g, w)]
        np.testing.assert_allclose(g, w, rtol=1e-9, atol=1e-12)


def _gradients_of_weighted(case, arrays, weights, create_graph):
    """The type of the error, or None, and the gradients of the weighted sum of a call's outputs."""
    xs = variables(arrays)
    try:
        ys = [np.sum(np.real(y * w)) for y, w in zip(outputs(case.call(*xs)), weights, strict=True)]
        for y in variables_of(ys):
            y.backward(create_graph=create_graph)
    except (ValueError, np.linalg.LinAlgError) as error:
        return type(error), [None] * len(xs)
    return None, [x.grad for x in xs]


def derivative_is_the_slope_of_the_one_below(case, rng, order):
    arrays = draw(case, rng)
    weights = weights_for(case, arrays, rng)
    floors = tower(case, weights, [directions(arrays, rng) for _ in range(order - 1)])
    us = directions(arrays, rng)
    gxs = gradients(floors[-1], variables(arrays))
    assert_slope(gxs, arrays, us, lambda *xs: floors[-1](*variables(xs)).data, 1e-8)


def three_ways(cls, operands, start):
    """The gradients of an elementwise function: walked, by its rule, and recorded.

    An operand that is a float or an int stays one: it takes no gradient.
    """

    def record():
        xs = [x if isinstance(x, (float, int)) else Variable(x) for x in operands]
        return [x for x in xs if isinstance(x, Variable)], cls.operation(*xs)

    xs, y = record()
    y.grad = np.array(start, y.dtype)
    y.backward()
    walked = data_of_gradients(xs)

    xs, y = record()
    with no_grad():
        gxs = y.creator.backward(Variable(np.array(start, y.dtype)))
    gxs = gxs if isinstance(gxs, tuple) else (gxs,)
    gxs = [g for g, wanted in zip(gxs, y.creator.wanted, strict=True) if wanted]
    ruled = [
        np.zeros_like(x.data) if g is None else functions.sum_to(g, x.shape).data.astype(x.dtype)
        for g, x in zip(gxs, xs, strict=True)
    ]

    xs, y = record()
    y.grad = np.array(start, y.dtype)
    y.backward(create_graph=True)
    return walked, ruled, data_of_gradients(xs)


def loops_and_rule_agree(cls, operands, start):
    """To the last bit: by loops, by the rule in Python, and by the recorded rule."""
    walked, ruled, recorded = three_ways(cls, operands, start)
    shapes = " ".join(str(getattr(x, "shape", x)) for x in operands)
    for a, b, c in zip(walked, ruled, recorded, strict=True):
        assert same(a, b), f"{cls.__name__} of {shapes}: walked {a}, by the rule {b}"
        assert same(a, c), f"{cls.__name__} of {shapes}: walked {a}, recorded {c}"


def kernel_and_rule_agree(case, rng, dtype=np.float64):
    """The gradients of one operation, by the core and by the rule of its class in Python."""
    arrays = draw(case, rng, dtype)
    xs = variables(arrays)
    y = case.call(*xs)
    if y.creator is None or [*map(id, y.creator.inputs)] != [*map(id, xs)]:
        return  # it is made of several operations
    start = rng.standard_normal(y.shape).astype(y.dtype)
    walked = gradients(case.call, xs, start.copy())
    for x in xs:
        x.cleargrad()
    with no_grad():
        gxs = y.creator.backward(Variable(start))
    gxs = gxs if isinstance(gxs, tuple) else (gxs,)
    for x, a, g in zip(xs, walked, gxs, strict=True):
        g = np.zeros_like(x.data) if g is None else functions.sum_to(g, x.shape).data.real.astype(x.dtype)
        np.testing.assert_array_equal(a, g, strict=True)


def compiled_and_recorded_rules_agree(cls, rng, n=50):
    for _ in range(n):
        numbers = [np.array(rng.uniform(*d)) for d in cls.domain]
        loops_and_rule_agree(cls, numbers, rng.standard_normal())


def gradients_have_the_dtype_and_the_memory_of_their_own(case, rng, dtypes=(np.float32, np.float64)):
    """Of read-only inputs, in walks that are recorded and that are not."""
    for dtype in dtypes:
        if not has_values(case, dtype):
            continue
        arrays = draw(case, rng, dtype)
        for a in arrays:
            a.flags.writeable = False
        for recorded in (False, True):
            gxs = gradients(lambda *xs: first_real(case.call(*xs)), variables(arrays), create_graph=recorded)
            for g, a in zip(gxs, arrays, strict=True):
                assert (g.dtype, g.shape) == (a.dtype, a.shape)
                assert g.flags.owndata and g.flags.writeable


def first_real(y):
    """The first result of numbers with fractions; the real part of a complex one."""
    (y, *_) = [v for v in variables_of(y) if v.dtype.kind in "fc"]
    return np.real(y) if y.dtype.kind == "c" else y
