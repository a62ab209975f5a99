"""Loops with a carry: their values, derivatives, and what they refuse."""

import collections
import gc
import tracemalloc

import numpy as np
import pytest

from leopard import (
    Variable,
    fori_loop,
    grad,
    hessian,
    jacfwd,
    jvp,
    no_grad,
    scan,
    value_and_grad,
    vjp,
    while_loop,
)
from tests.processes import run
from tests.rivals import jax_in_doubles
from tests.transforms.rivals import assert_same, slope

A = np.array([[0.5, -0.3, 0.1], [0.2, 0.4, -0.6], [-0.1, 0.3, 0.2]])
X = np.array([0.5, -1.0, 2.0])
XS = np.linspace(-1.0, 1.0, 15).reshape(5, 3)


def as_array(x):
    return x.data if isinstance(x, Variable) else x


KEPT = pytest.mark.parametrize("checkpoint", [False, True])


# Each program is written with leopard's loop, with Python's, and with JAX's. All take (A, x) and return a
# number; `more` holds the keyword arguments of leopard's loop.


def power(A, x, **more):
    return np.sum(fori_loop(4, lambda i, c: np.tanh(A @ c) + 0.1 * i, x, **more) ** 2)


def power_by_hand(A, x):
    for i in range(4):
        x = np.tanh(A @ x) + 0.1 * i
    return np.sum(x**2)


def power_of_jax(jax, A, x):
    np = jax.numpy
    return np.sum(jax.lax.fori_loop(0, 4, lambda i, c: np.tanh(A @ c) + 0.1 * i, x) ** 2)


def recurrence(A, x, xs=XS, **more):
    def step(carry, x):
        h, total = carry["h"], carry["total"]
        h = np.tanh(A @ h + x)
        return {"total": total + np.sum(h), "h": h}, (h, np.exp(total))

    carry, (hs, ys) = scan(step, {"h": x, "total": 0.0}, xs, **more)
    return carry["total"] + np.sum(hs**2) + np.sum(ys[1:] * ys[:-1])


def recurrence_by_hand(A, x, xs=XS):
    total, loss, before = 0.0, 0.0, None
    for row in xs:
        y = np.exp(total)
        x = np.tanh(A @ x + row)
        total = total + np.sum(x)
        loss = loss + np.sum(x**2) + (0.0 if before is None else y * before)
        before = y
    return total + loss


def recurrence_of_jax(jax, A, x, xs=XS):
    np = jax.numpy

    def step(carry, x):
        h, total = carry["h"], carry["total"]
        h = np.tanh(A @ h + x)
        return {"total": total + np.sum(h), "h": h}, (h, np.exp(total))

    carry, (hs, ys) = jax.lax.scan(step, {"h": x, "total": 0.0}, xs)
    return carry["total"] + np.sum(hs**2) + np.sum(ys[1:] * ys[:-1])


def settling(A, x, **more):
    """Steps until the change is small."""

    def step(c):
        x, _, n = c
        return 0.5 * np.sin(A @ x), x, n + 1

    return np.sum(while_loop(lambda c: np.sum((c[0] - c[1]) ** 2) > 1e-4, step, (x, x + 1.0, 0), **more)[0])


def settling_by_hand(A, x):
    before = x + 1.0
    while np.sum((x - before) ** 2) > 1e-4:
        x, before = 0.5 * np.sin(A @ x), x
    return np.sum(x)


def settling_of_jax(jax, A, x):
    np = jax.numpy

    def step(c):
        x, _, n = c
        return 0.5 * np.sin(A @ x), x, n + 1

    return np.sum(jax.lax.while_loop(lambda c: np.sum((c[0] - c[1]) ** 2) > 1e-4, step, (x, x + 1.0, 0))[0])


PROGRAMS = {
    "fori_loop": (power, power_by_hand, power_of_jax),
    "scan": (recurrence, recurrence_by_hand, recurrence_of_jax),
    "while_loop": (settling, settling_by_hand, settling_of_jax),
}
EACH = pytest.mark.parametrize("program", PROGRAMS)

DERIVATIVES = {
    "value": lambda f: f(A, X),
    "gradients": lambda f: np.concatenate([np.ravel(g) for g in grad(f, (0, 1))(A, X)]),
    "jvp": lambda f: jvp(f, (A, X), (A.T, X[::-1]))[1],
    "jacfwd": lambda f: jacfwd(f, 1)(A, X),
    "Hessian": lambda f: hessian(f, 1)(A, X),
    "reverse over forward": lambda f: grad(lambda x: jvp(lambda x: f(A, x), (x,), (X[::-1],))[1])(X),
    "third": lambda f: grad(lambda x: np.sum(hessian(f, 1)(A, x)))(X),
}


@EACH
@KEPT
@pytest.mark.parametrize("derivative", DERIVATIVES)
def test_a_loop_is_the_loop_written_by_hand(program, checkpoint, derivative):
    ours, by_hand, _ = PROGRAMS[program]
    found = DERIVATIVES[derivative](lambda A, x: ours(A, x, checkpoint=checkpoint))
    assert_same(found, DERIVATIVES[derivative](by_hand))


@EACH
@KEPT
def test_the_gradient_is_the_slope(program, checkpoint):
    ours = PROGRAMS[program][0]
    g = grad(lambda x: ours(A, x, checkpoint=checkpoint))(X)
    v = np.array([0.3, -0.2, 0.7])
    assert_same(g @ v, slope(lambda x: ours(A, x), X, v), rtol=1e-6)


@pytest.fixture
def jax():
    with jax_in_doubles() as jax:
        yield jax


@EACH
def test_the_same_as_jaxs(program, jax):
    ours, _, theirs = PROGRAMS[program]
    along = (A, X), (A.T, X[::-1].copy())

    def all_of(f, jvp, jacfwd, grad, hessian):
        found = [f(A, X), jvp(f, *along)[1], jacfwd(f, 1)(A, X)]
        if program != "while_loop":  # JAX's has no reverse mode
            found += [*grad(f, (0, 1))(A, X), hessian(f, 1)(A, X)]
        return found

    def of_jax():
        return all_of(lambda A, x: theirs(jax, A, x), jax.jvp, jax.jacfwd, jax.grad, jax.hessian)

    for y, wanted in zip(all_of(ours, jvp, jacfwd, grad, hessian), jax.jit(of_jax)(), strict=True):
        assert_same(y, wanted)
    assert_same(grad(ours, 1)(A, X), jacfwd(ours, 1)(A, X))


@pytest.mark.parametrize("reverse", [False, True])
def test_scan_stacks_as_jaxs_does(reverse, jax):
    xs = {"a": XS, "b": np.arange(5)}

    def step(carry, x):
        carry = 0.5 * carry + x["a"]
        return carry, (carry[0], {"n": x["b"] * 2, "none": None}, carry)

    ours = scan(step, X, xs, reverse=reverse)
    theirs = jax.lax.scan(step, X, xs, reverse=reverse)
    assert jax.tree.structure(ours) == jax.tree.structure(theirs)
    for y, wanted in zip(jax.tree.leaves(ours), jax.tree.leaves(theirs), strict=True):
        assert_same(y, wanted)
        assert y.dtype == wanted.dtype


@KEPT
def test_the_rows_of_xs_get_their_gradients(checkpoint):
    g = grad(lambda xs: recurrence(A, X, xs, checkpoint=checkpoint))(XS)
    assert_same(g, grad(lambda xs: recurrence_by_hand(A, X, xs))(XS))


@KEPT
def test_variables_that_a_step_closes_over_get_their_gradients(checkpoint):
    w, b = Variable(A), Variable(X)

    def outer():
        y = fori_loop(3, lambda i, c: np.tanh(w @ c + b), X, checkpoint=checkpoint)
        y = while_loop(lambda c: c[0] < 1.0, lambda c: c + b**2, y, checkpoint=checkpoint)
        return np.sum(scan(lambda c, x: (w @ c * x, c), y, XS, checkpoint=checkpoint)[1])

    def by_hand(w, b):
        y, total = X, 0.0
        for _ in range(3):
            y = np.tanh(w @ y + b)
        while y[0] < 1.0:
            y = y + b**2
        for x in XS:
            total, y = total + np.sum(y), w @ y * x
        return total

    outer().backward()
    gw, gb = grad(by_hand, (0, 1))(A, X)
    assert_same(w.grad.data, gw)
    assert_same(b.grad.data, gb)


# -- What is kept ----------------------------------------------------------------------------------


def test_a_checkpointed_loop_keeps_the_carries_alone():
    def step(i, c):
        for _ in range(50):
            c = np.sin(c) + 0.1
        return c

    def peak(checkpoint):
        f = grad(lambda x: np.sum(fori_loop(6, step, x, checkpoint=checkpoint)))
        f(np.ones(20_000))
        gc.collect()
        tracemalloc.start()
        g = f(np.ones(20_000))
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return g, most

    (g, most), (wanted, ordinary) = peak(True), peak(False)
    assert_same(g, wanted)
    assert most < 0.5 * ordinary


def test_with_arrays_nothing_is_recorded():
    assert type(fori_loop(2, lambda i, c: c * 2.0, X)) is np.ndarray
    (c, ys) = scan(lambda c, x: (c + x, c), X, XS)
    assert type(c) is type(ys) is np.ndarray
    with no_grad():
        y = while_loop(lambda c: c < 9.0, lambda c: c * c, Variable(np.array(2.0)))
    assert y.data == 16.0 and y.creator is None


def test_a_vjp_and_a_value():
    y, pullback = vjp(lambda x: scan(lambda c, x: (c * x, c), 2.0, x)[1], X)
    assert_same(y, [2.0, 1.0, -1.0])
    assert_same(pullback(np.ones(3))[0], [2.0 + 2.0 * X[1], 2.0 * X[0], 0.0])
    assert value_and_grad(lambda x: fori_loop(1, 3, lambda i, c: c * x * i, 1.0))(3.0) == (18.0, 12.0)


# -- The carry and what is beside it ---------------------------------------------------------------


def test_loops_without_steps():
    calls = []

    def step(*args):
        calls.append(args)
        return args[-1] / 0.0, 1.0

    assert fori_loop(0, step, 1.5) == fori_loop(3, 3, step, 1.5) == fori_loop(-2, step, 1.5) == 1.5
    assert while_loop(lambda c: False, step, (1, X)) == (1, pytest.approx(X))
    assert not calls
    carry, ys = scan(lambda c, x: (X, step(x)), X, np.zeros((0, 4), np.float32))
    assert_same(carry, X)
    ((x,),) = calls
    assert x.shape == (4,) and x.dtype == np.float32


def test_the_stacked_results_of_no_step_have_their_shapes():
    carry, ys = scan(lambda c, x: (c, {"y": x[:2] * 1j, "n": 1}), 1.0, np.zeros((0, 4)))
    assert carry == 1.0
    assert ys["y"].shape == (0, 2) and ys["y"].dtype == complex
    assert ys["n"].shape == (0,) and ys["n"].dtype == int


def test_a_scan_without_xs():
    carry, ys = scan(lambda c, x: (c + 1, (x, c)), 0, length=4)
    assert carry == 4 and ys[0] is None
    assert_same(ys[1], [0, 1, 2, 3])
    carry, ys = scan(lambda c, x: (c + 1, c), 0, None, 4, reverse=True)
    assert_same(ys, [3, 2, 1, 0])
    assert scan(lambda c, x: (c + 1, None), 0, {"a": [], "b": None}, 2) == (2, None)


Point = collections.namedtuple("Point", "q p")


def test_structures_are_kept():
    def step(i, point):
        assert type(point) is Point
        return Point(point.q + point.p["v"], {"v": point.p["v"] * 2})

    end = fori_loop(2, step, Point(X, {"v": 1.0}))
    assert type(end) is Point and end.p == {"v": 4.0}
    assert_same(end.q, X + 3.0)


def test_a_python_number_takes_a_dtype_that_holds_it():
    x = np.float32(1.5)
    assert fori_loop(2, lambda i, c: c * x, 1.0).dtype == np.float32
    assert fori_loop(2, lambda i, c: c * x, 1).dtype == np.float32
    assert fori_loop(2, lambda i, c: c * 1j, True) == -1
    with pytest.raises(TypeError, match="dtype int64, and the one before shape .. and dtype float64"):
        fori_loop(2, lambda i, c: np.int64(2), 1.0)
    with pytest.raises(TypeError, match="dtype float64, and the one before shape .. and dtype float32"):
        fori_loop(2, lambda i, c: c * x if i == 0 else c.astype(float), 1.0)


def in_place(i, c):
    c += 1.0
    c[0] *= 2.0
    return c


@pytest.mark.parametrize("made", [np.array, lambda x: Variable(x.copy()), lambda x: Variable(x.copy()) * 1.0])
@KEPT
def test_steps_that_write_into_their_carry(made, checkpoint):
    x = made(X)
    wanted = [in_place(0, X.copy())]
    for _ in range(2):
        wanted.append(in_place(0, wanted[-1].copy()))
    assert_same(as_array(fori_loop(3, in_place, x, checkpoint=checkpoint)), wanted[-1])
    y, ys = scan(lambda c, _: (in_place(0, c),) * 2, x, length=3, checkpoint=checkpoint)
    assert_same(as_array(ys), wanted)
    assert_same(as_array(y), wanted[-1])
    y = while_loop(lambda c: c[1] < 1.5, lambda c: in_place(0, c), x, checkpoint=checkpoint)
    assert_same(as_array(y), wanted[-1])
    assert_same(as_array(x), X)


@KEPT
def test_gradients_through_steps_that_write_into_their_carry(checkpoint):
    def f(x):
        ys = scan(lambda c, _: (in_place(0, c),) * 2, x, length=3, checkpoint=checkpoint)[1]
        return np.sum(ys**2)

    def by_hand(x):
        total = 0.0
        for _ in range(3):
            x = (x + 1.0) * np.array([2.0, 1.0, 1.0])
            total = total + np.sum(x**2)
        return total

    assert_same(grad(f)(X), grad(by_hand)(X))
    assert_same(hessian(f)(X), hessian(by_hand)(X))


def test_rows_cannot_be_written():
    def step(c, x):
        x += 1.0
        return c, x

    with pytest.raises(ValueError, match="read-only"):
        scan(step, 0.0, XS)
    assert XS.flags.writeable


def test_a_masked_array_keeps_its_mask():
    x = np.ma.masked_array([1.0, 2.0], [False, True])
    assert fori_loop(2, lambda i, c: c * 2.0, x).mask.tolist() == [False, True]


# -- Errors ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (
            lambda: fori_loop(2, lambda i, c: {"a": c["a"]}, {"a": 1.0, "b": 2.0}),
            "expected a dict of 'a', 'b'",
        ),
        (
            lambda: fori_loop(2, lambda i, c: {"a": [1.0, X]}, {"a": [1.0, 2.0]}),
            r"at \['a'\]\[1\] has shape \(3,\)",
        ),
        (
            lambda: fori_loop(2, lambda i, c: c[1:], X),
            r"has shape \(2,\) .*, and the one before shape \(3,\)",
        ),
        (lambda: fori_loop(2, lambda i, c: c * 1j, X), "dtype complex128, and the one before .*float64"),
        (lambda: fori_loop(2, lambda i, c: None, X), "expected an array or number, not None"),
        (lambda: fori_loop(2, lambda i, c: "text", X), "the carry that the step returned is a str"),
        (lambda: fori_loop(2, lambda i, c: c, {"a": "text"}), r"fori_loop: the carry at \['a'\] is a str"),
        (lambda: fori_loop(2, X, X), "fori_loop: expected a function for the step, not a ndarray"),
        (lambda: fori_loop(2, X), "fori_loop.n, step, carry.* not with 2 arguments"),
        (lambda: fori_loop(2.0, lambda i, c: c, X), "float"),
        (lambda: scan(lambda c, x: c, 0.0, XS), "the step returns .carry, y., not a float"),
        (lambda: scan(lambda c, x: (c, c, c), 0.0, XS), "the step returns .carry, y., not a tuple of 3"),
        (
            lambda: scan(lambda c, x: (x, c), 0.0, XS),
            r"scan: the carry that the step returned has shape \(3,\)",
        ),
        (
            lambda: scan(lambda c, x: (c + 1, [x] * c), 0, XS),
            "the y that the step returned: expected a list of 0",
        ),
        (
            lambda: scan(lambda c, x: (c + 1, x[c:]), 0, XS),
            r"has shape \(2,\) .*, and the first shape \(3,\)",
        ),
        (
            lambda: scan(lambda c, x: (c + 1, 1j if c else 1), 0, XS),
            "dtype complex128, and the first .* dtype int64",
        ),
        (
            lambda: scan(lambda c, x: (c, x), 0.0, {"a": XS, "b": 1.0}),
            r"xs at \['b'\] is a float without a first",
        ),
        (lambda: scan(lambda c, x: (c, x), 0.0, np.array(1.0)), "xs is a ndarray without a first axis"),
        (lambda: scan(lambda c, x: (c, x), 0.0), "without an array in xs it needs length"),
        (lambda: while_loop(True, lambda c: c, 0.0), "expected a function for the condition, not a bool"),
        (lambda: while_loop(lambda c: True, 1.0, 0.0), "while_loop: expected a function for the step"),
        (
            lambda: while_loop(lambda c: True, lambda c: (c, c), 0.0),
            "expected an array or number, not a tuple of 2",
        ),
    ],
)
def test_errors_name_the_place(call, said):
    with pytest.raises(TypeError, match=said):
        call()


def test_rows_are_counted():
    with pytest.raises(ValueError, match=r"scan: xs at \['b'\] has 3 rows, and xs at \['a'\] is of 5"):
        scan(lambda c, x: (c, x), 0.0, {"a": XS, "b": X})
    with pytest.raises(ValueError, match="scan: xs has 5 rows, and length is of 4"):
        scan(lambda c, x: (c, x), 0.0, XS, 4)
    with pytest.raises(ValueError, match="length is -1"):
        scan(lambda c, x: (c, x), 0.0, None, -1)


@KEPT
def test_an_error_of_a_step_comes_through(checkpoint):
    with pytest.raises(ZeroDivisionError):
        grad(lambda x: fori_loop(3, lambda i, c: c + 1 // (2 - i), x, checkpoint=checkpoint))(1.0)


# -- The names -------------------------------------------------------------------------------------


def test_leopard_has_their_names_and_imports_them_when_first_used():
    run("""
        import sys
        import leopard
        assert "leopard.compiling" not in sys.modules and "leopard.transforms" not in sys.modules
        assert "scan" in dir(leopard)
        assert leopard.fori_loop(2, lambda i, c: c + i, 1) == 2
        from leopard import *
        assert leopard.scan is scan and callable(while_loop)
    """)
