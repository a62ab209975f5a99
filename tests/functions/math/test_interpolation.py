"""What is particular to interpolation: knots, ends, periods, and what it leaves alone."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leopard import Variable
from tests.laws import same

XP, FP = np.array([0.0, 1.0, 3.0, 4.0]), np.array([0.0, 2.0, 4.0, 1.0])  # slopes 2, 1, -3


def gradients(x, xp=XP, fp=FP, create_graph=False, **options):
    """Of the sum of the values: with respect to x, xp and fp."""
    xs = [Variable(np.array(a, float)) for a in (x, xp, fp)]
    np.interp(*xs, **options).backward(create_graph=create_graph)
    return [v.grad.data for v in xs]


@pytest.mark.parametrize("create_graph", [False, True])
def test_between_knots_the_gradient_is_the_slope_and_the_shares(create_graph):
    gx, gxp, gfp = gradients([0.25, 2.0, 3.5], create_graph=create_graph)
    assert same(gx, np.array([2.0, 1.0, -3.0]))
    assert same(gxp, np.array([-1.5, -0.5 - 0.5, -0.5 + 1.5, 1.5]))
    assert same(gfp, np.array([0.75, 0.25 + 0.5, 0.5 + 0.5, 0.5]))


def test_on_a_knot_it_is_the_mean_of_the_slopes_on_both_sides():
    gx, gxp, gfp = gradients([1.0, 3.0])
    assert same(gx, np.array([1.5, -1.0]))
    assert same(gxp, np.array([0.0, -1.5, 1.0, 0.0]))
    assert same(gfp, np.array([0.0, 1.0, 1.0, 0.0]))


def test_at_the_ends_beyond_which_nothing_rises_it_is_half_the_slope():
    gx, gxp, gfp = gradients([0.0, 4.0])
    assert same(gx, np.array([1.0, -1.5]))
    assert same(gxp, np.array([-1.0, 0.0, 0.0, 1.5]))
    assert same(gfp, np.array([1.0, 0.0, 0.0, 1.0]))


def test_the_value_at_a_knot_is_the_knots_own_also_beside_left_and_right():
    gx, gxp, gfp = gradients([0.0, 4.0], left=-7.0, right=7.0)
    assert same(gfp, np.array([1.0, 0.0, 0.0, 1.0]))


def test_beyond_the_ends_the_end_values_take_it_all():
    gx, gxp, gfp = gradients([-1.0, -2.0, 5.0])
    assert same(gx, np.zeros(3))
    assert np.all(gxp == 0)
    assert same(gfp, np.array([2.0, 0.0, 0.0, 1.0]))


def test_left_and_right_take_it_instead_where_they_are_given():
    left, right, fp = Variable(np.array(5.0)), Variable(np.array(6.0)), Variable(FP)
    y = np.interp(np.array([-1.0, -2.0, 9.0, 1.0]), XP, fp, left, right)
    assert same(y.data, np.array([5.0, 5.0, 6.0, 2.0]))
    y.backward()
    assert (left.grad.data, right.grad.data) == (2.0, 1.0)
    assert same(fp.grad.data, np.array([0.0, 1.0, 0.0, 0.0]))


def test_one_knot_is_a_constant():
    gx, gxp, gfp = gradients([0.0, 1.0, 2.0], xp=[1.0], fp=[3.0])
    assert same(gx, np.zeros(3))
    assert np.all(gxp == 0)
    assert same(gfp, np.array([3.0]))


def test_an_interval_without_points_contributes_nothing():
    fp = np.array([0.0, 1.0, np.inf, np.nan])
    gx, gxp, gfp = gradients([0.5], fp=fp)
    assert same(gx, np.array([1.0]))
    assert same(gfp, np.array([0.5, 0.5, 0.0, 0.0]))
    assert np.all(np.isfinite(gxp))


def test_a_jump_is_read_from_the_intervals_beside_it():
    gx, gxp, gfp = gradients([0.5, 1.5], xp=[0.0, 1.0, 1.0, 2.0], fp=[0.0, 2.0, 5.0, 6.0])
    assert same(gx, np.array([2.0, 1.0]))
    assert same(gfp, np.array([0.5, 0.5, 0.5, 0.5]))


def test_where_x_is_nan_there_is_no_gradient():
    gx, gxp, gfp = gradients([np.nan, 0.5])
    assert same(gx, np.array([0.0, 2.0]))
    assert same(gfp, np.array([0.5, 0.5, 0.0, 0.0]))


@pytest.mark.parametrize("dtype", [np.uint8, np.int64, bool])
def test_values_of_integers_are_not_subtracted_as_such(dtype):
    x = Variable(np.array([0.5, 1.5]))
    fp = np.array([1, 0, 1]).astype(dtype)
    np.interp(x, np.array([0, 1, 2], np.uint8), fp).backward()
    assert same(x.grad.data, np.array([-1.0, 1.0]))


@settings(max_examples=100, deadline=None)
@given(st.integers(0, 10**6), st.integers(1, 6), st.booleans(), st.sampled_from([None, 2.5, -1.75, 4]))
def test_every_form_has_the_slope_of_numpys_values(seed, n, is_complex, period):
    rng = np.random.default_rng(seed)
    x, xp, fp = rng.uniform(-3, 3, (2, 3)), rng.uniform(-2, 2, n), rng.standard_normal(n)
    fp = fp + 1j * rng.standard_normal(n) if is_complex else fp
    xp = xp if period else np.sort(xp)
    modulo = xp if period is None else xp % abs(period)
    if np.min(np.abs(np.subtract.outer(modulo, modulo)) + np.eye(n), initial=1) < 1e-3:
        return
    arrays = [x, xp, fp]
    us = [rng.standard_normal(a.shape) for a in arrays]
    w = rng.standard_normal((2, 2, 3))

    def measure(y):
        return np.sum(w[0] * np.real(y)) + (np.sum(w[1] * np.imag(y)) if is_complex else 0.0)

    def at(k):
        return measure(np.interp(*[a + k * 1e-7 * u for a, u in zip(arrays, us, strict=True)], period=period))

    xs = [Variable(a) for a in arrays]
    measure(np.interp(*xs, period=period)).backward()
    got = sum(np.sum(np.real(np.conj(v.grad.data) * u)) for v, u in zip(xs, us, strict=True))
    size = 1 + sum(np.abs(v.grad.data).sum() for v in xs)
    assert abs(got - (at(1) - at(-1)) / 2e-7) < 1e-5 * size**2


@pytest.mark.parametrize(
    ("xp", "fp", "options"),
    [
        ([], [], {}),
        ([1.0, 2.0], [1.0], {}),
        ([1.0, 2.0], [1.0], {"period": 2.0}),
        ([1.0, 2.0], [1.0, 2.0], {"period": 0}),
        ([[1.0, 2.0]], [1.0, 2.0], {"period": 1}),
    ],
    ids=str,
)
def test_an_error_is_numpys(xp, fp, options):
    with pytest.raises(ValueError) as theirs:  # noqa: PT011 (the whole message is compared)
        np.interp(np.ones(2), np.array(xp), np.array(fp), **options)
    with pytest.raises(ValueError) as ours:  # noqa: PT011
        np.interp(Variable(np.ones(2)), np.array(xp), np.array(fp), **options)
    assert str(ours.value) == str(theirs.value)


def test_a_complex_end_of_real_values_is_an_error():
    with pytest.raises(TypeError):
        np.interp(np.ones(2), XP, FP, left=1j)
    with pytest.raises(TypeError):
        np.interp(Variable(np.ones(2)), XP, FP, left=1j)


def test_a_period_takes_no_gradient_and_an_unknown_keyword_is_an_error():
    x = Variable(np.ones(2))
    with pytest.raises(TypeError, match="period"):
        np.interp(x, XP, FP, period=Variable(np.array(2.0)))
    with pytest.raises(TypeError, match="unexpected keyword"):
        np.interp(x, XP, FP, out=None)


@pytest.mark.parametrize("options", [{}, {"left": -2.0, "right": 3.0}, {"period": 5.5}], ids=str)
def test_first_and_second_derivatives_are_jaxs(options, jax):
    rng = np.random.default_rng(4)
    x = rng.uniform(-1, 5, 7)

    def loss(xp, x, knots, values):
        return xp.sum(xp.interp(x, knots, values, **options) ** 3)

    def squares(*arrays):
        return sum((g**2).sum() for g in first(*arrays))

    first = jax.grad(lambda *a: loss(jax.numpy, *a), (0, 1, 2))
    firsts, seconds = jax.jit(lambda *a: (first(*a), jax.grad(squares, (0, 1, 2))(*a)))(x, XP, FP)
    xs = [Variable(a) for a in (x, XP, FP)]
    loss(np, *xs).backward(create_graph=True)
    gs = [v.grad for v in xs]
    for g, theirs in zip(gs, firsts, strict=True):
        np.testing.assert_allclose(g.data, theirs, rtol=1e-9, atol=1e-9)
    for v in xs:
        v.cleargrad()
    sum(np.sum(g**2) for g in gs).backward()
    for v, theirs in zip(xs, seconds, strict=True):
        np.testing.assert_allclose(v.grad.data, theirs, rtol=1e-8, atol=1e-8)
