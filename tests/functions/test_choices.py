"""What a choice has left out contributes nothing: no nan, no warning, at any order."""

import numpy as np
import pytest

import leopard
from leopard import Variable, using_config

LEFT_OUT = {
    "where": lambda x: np.where(x > 0, np.log(x), 0.0),
    "where, the other way": lambda x: np.where(~(x > 0), 0.0, np.log(x)),
    "a mask": lambda x: np.log(x)[x.data > 0],
    "indices": lambda x: np.log(x)[np.flatnonzero(x.data > 0)],
    "maximum": lambda x: np.maximum(np.log(x), -700.0),
    "minimum": lambda x: -np.minimum(-np.log(x), 700.0),
    "a longer way": lambda x: np.where(x > 0, np.tanh(np.log(x) * 0.0) + np.log(x) * 1.0, 0.0),
}


def chosen(name, x):
    with np.errstate(all="ignore"):
        return np.sum(LEFT_OUT[name](x))


@pytest.mark.parametrize("compiled", [True, False])
@pytest.mark.parametrize("dtype", [np.float64, np.float32, np.float16])
@pytest.mark.parametrize("n", [1, 3, 300, 40_000])
@pytest.mark.parametrize("name", LEFT_OUT)
def test_it_contributes_nothing(name, n, dtype, compiled):
    a = np.zeros(n, dtype)
    a[-1] = 2
    if n > 1 and not name.endswith("imum"):
        a[0] = -1.0
    if n > 2 and not name.endswith("imum"):
        a[1] = np.nan  # which maximum and minimum take
    for create_graph in (False, True):
        x = Variable(a)
        with using_config("compiled", compiled):
            chosen(name, x).backward(create_graph=create_graph)
        wanted = np.zeros(n)
        wanted[-1] = 0.5
        np.testing.assert_array_equal(x.grad.data, wanted)
    g = x.grad
    x.cleargrad()
    with using_config("compiled", compiled):
        g.backward()
    wanted[-1] = -0.25
    np.testing.assert_array_equal(x.grad.data, wanted)


@pytest.mark.parametrize("shape", [(), (1,), (3,)])
@pytest.mark.parametrize("name", ["where", "maximum"])
def test_a_gradient_that_is_0_by_chance_has_a_derivative(name, shape):
    """Of sin(x)**2 at 0: 0, then 2, then 0, then -8."""
    call = {
        "where": lambda x: np.where(np.array(True), np.sin(x), 0.0),
        "maximum": lambda x: np.maximum(np.sin(x), -5.0),
    }[name]
    x = Variable(np.zeros(shape))
    y = np.sum(call(x) ** 2)
    for wanted in [0.0, 2.0, 0.0, -8.0]:
        y.backward(create_graph=True)
        y = x.grad
        x.cleargrad()
        np.testing.assert_array_equal(y.data, np.full(shape, wanted))


@pytest.mark.parametrize(("value", "slope"), [(0.0, 0.0), (2.0, 0.5), (np.nan, 0.0)])
@pytest.mark.parametrize("create_graph", [False, True])
def test_a_scalar_contributes_nothing_either(value, slope, create_graph):
    x = Variable(np.array(value))
    chosen("where", x * 1.0).backward(create_graph=create_graph)
    assert x.grad.data == slope


def test_what_is_taken_is_warned_of():
    x = Variable(np.array([0.0, 0.0, 2.0]))
    y = np.where([True, False, True], np.sqrt(x), 0.0)
    with pytest.warns(RuntimeWarning, match="divide by zero encountered in divide"):
        y.backward()
    np.testing.assert_array_equal(x.grad.data, [np.inf, 0.0, 1 / (2 * np.sqrt(2.0))])


def test_where_nothing_was_chosen_numpys_numbers_stand():
    x = Variable(np.array([0.0, 1.0]))
    y = np.sqrt(x)
    y.grad = np.array([0.0, 1.0])
    with pytest.warns(RuntimeWarning, match="invalid value"):
        y.backward()
    np.testing.assert_array_equal(x.grad.data, [np.nan, 0.5])


# -- The gradient of what was not taken is 0, however large that of the result is ----------------

TWO = {
    "maximum": lambda lost, taken: np.maximum(lost - 5, taken),
    "maximum, the other way": lambda lost, taken: np.maximum(taken, lost - 5),
    "minimum": lambda lost, taken: np.minimum(lost + 5, taken),
    "fmax": lambda lost, taken: np.fmax(lost - 5, taken),
    "fmin": lambda lost, taken: np.fmin(taken, lost + 5),
    "fmax of nan": lambda lost, taken: np.fmax(lost * np.nan, taken),
    "clip below": lambda lost, taken: np.clip(lost - 5, taken, 9.0),
    "clip above": lambda lost, taken: np.clip(lost + 5, -9.0, taken),
    "clip, a bound": lambda lost, taken: np.clip(taken, lost - 5, 9.0),
    "where": lambda lost, taken: np.where(taken == taken, taken, lost),
    "heaviside": lambda lost, taken: taken + np.heaviside(1.0, lost),
    "interp at a node": lambda lost, taken: np.interp(1.0, [0, 1, 2], np.stack([lost, taken, lost])),
    "interp beyond": lambda lost, taken: np.interp(7.0, [0, 1, 2], np.stack([lost, lost, taken])),
    "a logarithm of a sum": lambda lost, taken: np.logaddexp(lost - 3e4, taken),
    "and of powers of two": lambda lost, taken: np.logaddexp2(taken, lost - 3e4),
    "logaddexp.reduce": lambda lost, taken: np.logaddexp.reduce(np.stack([lost - 3e4, taken])),
    "the largest": lambda lost, taken: np.max(np.stack([lost - 5, taken])),
    "the largest of sizes": lambda lost, taken: np.linalg.norm(np.stack([lost / 9, taken]), np.inf),
    "the largest sum": lambda lost, taken: np.linalg.norm(np.stack([lost / 9, taken]).reshape(2, 1), np.inf),
    "the middle": lambda lost, taken: np.median(np.stack([lost - 5, taken, lost + 5])),
    "a quantile": lambda lost, taken: np.quantile(np.stack([lost - 5, taken]), 1.0),
    "a running maximum": lambda lost, taken: np.maximum.accumulate(np.stack([lost - 5, taken]))[1],
    "a remainder": lambda lost, taken: np.fmax(np.remainder(taken, 5.0), lost - 5),
}


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("compiled", [True, False])
@pytest.mark.parametrize("create_graph", [False, True])
@pytest.mark.parametrize("slope", [np.inf, -np.inf, np.nan])
@pytest.mark.parametrize("name", TWO)
def test_what_was_not_taken_has_the_gradient_0(name, slope, create_graph, compiled):
    for dtype in [np.float64, np.float32, np.float16, np.longdouble]:
        if dtype == np.longdouble and name.startswith("interp"):
            continue  # NumPy has none
        lost, taken = [Variable(np.array(number, dtype)) for number in (0.5, 1.0)]
        with using_config("compiled", compiled), np.errstate(invalid="ignore"):
            y = TWO[name](lost, taken)
            y.grad = np.array(slope, y.dtype)
            y.backward(create_graph=create_graph)
        assert lost.grad is None or lost.grad.data == 0
        assert lost.grad is None or lost.grad.dtype == dtype
        np.testing.assert_array_equal(taken.grad.data, slope)


def in_layout(a, layout):
    a = np.broadcast_to(a, (40, 30)).copy()
    return {
        "C": a,
        "F": np.asfortranarray(a),
        "gaps": np.repeat(a, 2, 1)[:, ::2],
        "row": a[0],
        "column": a[:, :1],
    }[layout]


@pytest.mark.parametrize("compiled", [True, False])
@pytest.mark.parametrize("dtype", [np.float64, np.float32, np.complex128, np.complex64])
@pytest.mark.parametrize("layouts", ["C C", "F F", "C gaps", "C row", "column C"])
@pytest.mark.parametrize("f", [np.maximum, np.minimum, np.fmax, np.fmin, np.clip], ids=lambda f: f.__name__)
def test_in_every_layout_what_was_not_taken_has_the_gradient_0(f, layouts, dtype, compiled):
    mine, bound = [
        in_layout(np.array(x, dtype), layout) for x, layout in zip((0.5, 1.0), layouts.split(), strict=True)
    ]
    slope = (
        complex(np.inf, np.nan)
        if dtype(1j * 0 if np.dtype(dtype).kind == "c" else 0).dtype.kind == "c"
        else np.inf
    )
    for create_graph in (False, True):
        x, low = Variable(mine), Variable(bound)
        with using_config("compiled", compiled), np.errstate(invalid="ignore"):
            y = f(x, low, low + 1) if f is np.clip else f(x, low)
            y.grad = np.full(y.shape, slope, y.dtype)
            y.backward(create_graph=create_graph)
        lost, taken = (low, x) if f in (np.minimum, np.fmin) else (x, low)
        np.testing.assert_array_equal(lost.grad.data, np.zeros(lost.shape))
        assert not np.isfinite(taken.grad.data).any()


CASES = {
    "arccos of clip": (lambda x: np.arccos(np.clip(x, -1, 1)), 1.5, 0.0),
    "log of clip": (lambda x: np.log(np.clip(x, 0, None)), -1.0, 0.0),
    "root of maximum": (lambda x: np.sqrt(np.maximum(x, 0.0)), -1.0, 0.0),
    "root of the winner": (lambda x: np.sqrt(np.maximum(-1.0, x)), 0.0, np.inf),
    "root of fmin": (lambda x: np.sqrt(-np.fmin(x, 0.0)), 1.0, 0.0),
    "relu of a root": (lambda x: np.maximum(np.sqrt(x), 1.0), 0.0, 0.0),
    "root of hypot": (lambda x: np.sqrt(np.hypot(x, 0.0)), 0.0, 0.0),
    "root of a norm": (lambda x: np.sqrt(np.linalg.norm(np.stack([x, 0 * x]))), 0.0, 0.0),
    "root of a deviation": (lambda x: np.sqrt(np.std(np.stack([x, x]))), 1.0, 0.0),
    "root of an angle": (lambda x: np.sqrt(np.arctan2(x, 0.0)), 0.0, 0.0),
    "heaviside of a root": (lambda x: np.heaviside(1.0, np.sqrt(x)), 0.0, 0.0),
}


@pytest.mark.parametrize("compiled", [True, False])
@pytest.mark.parametrize("shape", [(), (3,), (2, 600)])
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("name", CASES)
def test_an_infinite_slope_meets_only_what_was_taken(name, dtype, shape, compiled):
    f, at, wanted = CASES[name]
    if shape and name in ("root of a norm", "root of a deviation"):
        return  # these reduce
    x = np.full(shape, at, dtype)
    with using_config("compiled", compiled), np.errstate(divide="ignore"):
        gradients = [leopard.grad(lambda x: np.sum(f(x)))(x)]
        if not np.isinf(wanted):
            gradients.append(leopard.jvp(leopard.grad(lambda x: np.sum(f(x))), (x,), (np.ones_like(x),))[0])
    for g in gradients:
        assert np.asarray(g).dtype == dtype
        np.testing.assert_array_equal(g, np.full(shape, wanted))


@pytest.mark.parametrize("compiled", [True, False])
def test_a_term_of_a_reduction_is_not_left_out_because_its_gradient_is_0_by_chance(compiled):
    with using_config("compiled", compiled), np.errstate(all="ignore"):
        for f in (
            lambda x: np.hypot.reduce(np.sqrt(x)),
            lambda x: np.logaddexp.reduce(np.log(x)),
            lambda x: np.logaddexp2.reduce(np.log2(x)),
        ):
            first, second = leopard.grad(f)(np.array([0.0, 1.0]))
            assert np.isnan(first) or first == pytest.approx(second)  # 0 would be wrong without a word
            assert np.isfinite(second)
