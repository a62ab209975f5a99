"""Loops of a compiled function whose step is one program that runs again and again, beside the same loops."""

import gc
import signal
import threading

import numpy as np
import pytest

import leopard
from leopard import _core, compile, fori_loop, scan, value_and_grad, while_loop
from leopard.compiling.rolling import ignores_its_first_argument
from tests.compiling.following import Quiet, assert_follows

N = 40
TABLE = np.linspace(-1.0, 1.0, 3 * N).reshape(N, 3)


def steps_recorded(g):
    """How many operations the recordings of a compiled function have, without those within steps."""
    return sum(len(p.recording.nodes) for p in g.replays())


def leapfrog(q, p):
    def step(_, state):
        q, p = state
        q = q + 0.01 * p
        return q, p - 0.01 * leopard.grad(lambda q: np.sum(q**4 - q**2))(q)

    return fori_loop(N, step, (q, p))


def closes_over_arguments(x, a, b):
    y = np.sin(a)
    return fori_loop(N, lambda _, c: np.tanh(c * y + b[0]), x)


def of_numbers(x):
    return fori_loop(N, lambda _, c: (c[0] * 0.9 + c[1], c[1] * 0.5), (x, 1.0))


def rows_of_an_argument(x, table):
    return scan(lambda c, row: (0.9 * c + row, (c * row, np.sum(c))), x, table)


def rows_backward(x, table):
    return scan(lambda c, row: (0.9 * c - row, c), x, table, reverse=True)


def rows_from_outside(x):
    return scan(lambda c, row: (0.9 * c + row, {"c": c}), x, TABLE)


def several_tables(x, table):
    def step(c, rows):
        return c + rows[0] * rows[1]["s"], rows[0] - c

    return scan(step, x, (table, {"s": table[:, 0]}))


def no_tables(x):
    return scan(lambda c, _: (np.cos(c), None), x, length=N)


def a_carry_that_does_not_change(x, table):
    return scan(lambda c, row: ((c[0] * c[1] + row, c[1]), None), (x, np.array([0.5, 0.6, 0.7])), table)


def a_total_of_pythons(table):
    return scan(lambda c, row: (c + np.sum(row), c), 0.0, table)


def loops_in_loops(x, a):
    def outer(_, c):
        return fori_loop(N, lambda _, d: 0.5 * d + np.sin(a) * c, c)

    return fori_loop(N, outer, x)


def products_and_indices(x, a):
    def step(_, c):
        y = a @ c
        return np.concatenate([y[1:], y[:1]]) / (1 + np.sqrt(np.sum(y**2)))

    return fori_loop(N, step, x)


def single(x):
    return fori_loop(N, lambda _, c: c * np.float32(0.9) + np.float32(0.1), x)


def complex_numbers(x):
    return fori_loop(N, lambda _, c: c * (0.9 + 0.1j), x)


def powers_of_integers(x):
    return fori_loop(N, lambda _, c: (c * 3 + 1) % 1000, x)


def newton(x):
    return while_loop(lambda s: np.abs(s * s - x) > 1e-12 * x, lambda s: 0.5 * (s + x / s), x)


def counted_newton(x):
    def step(c):
        s, n = c
        return 0.5 * (s + x / s), n + 1.0

    return while_loop(lambda c: np.abs(c[0] * c[0] - x) > 1e-12 * x, step, (x, np.zeros(())))


def power_iteration(a, x):
    def step(c):
        x, _ = c
        y = a @ x
        y = y / np.sqrt(np.sum(y**2))
        return y, np.max(np.abs(y - x))

    return while_loop(lambda c: c[1] > 1e-10, step, (x, np.ones(())))


RNG = np.random.default_rng(0)
MATRICES = [(lambda a: a @ a.T + 3 * np.diag([1.0, 2.0, 4.0]))(RNG.normal(size=(3, 3))) for _ in range(4)]
VECTORS = [RNG.normal(size=3) for _ in range(4)]

ROLLED = [
    (leapfrog, [(x, x[::-1].copy()) for x in VECTORS]),
    (closes_over_arguments, [(x, 0.3, x + 1) for x in VECTORS]),
    (of_numbers, [(0.5,), (1.5,), (-2.5,), (np.inf,)]),
    (of_numbers, [(np.float64(0.5),), (np.float64(1.5),), (np.float64(np.nan),)]),
    (rows_of_an_argument, [(x, TABLE + k) for k, x in enumerate(VECTORS)]),
    (rows_backward, [(x, TABLE + k) for k, x in enumerate(VECTORS)]),
    (rows_from_outside, [(x,) for x in VECTORS]),
    (several_tables, [(x, TABLE + k) for k, x in enumerate(VECTORS)]),
    (no_tables, [(x,) for x in VECTORS]),
    (a_carry_that_does_not_change, [(x, TABLE + k) for k, x in enumerate(VECTORS)]),
    (a_total_of_pythons, [(TABLE + k,) for k in range(4)]),
    (loops_in_loops, [(x, np.float64(k)) for k, x in enumerate(VECTORS)]),
    (products_and_indices, list(zip(VECTORS, MATRICES, strict=True))),
    (single, [(x.astype(np.float32),) for x in VECTORS]),
    (complex_numbers, [(x + 1j,) for x in VECTORS]),
    (powers_of_integers, [(np.arange(3) + k,) for k in range(4)]),
    (newton, [(2.0,), (9.0,), (1e6,), (1e-3,), (1e12,)]),
    (counted_newton, [(np.float64(x),) for x in (2.0, 9.0, 1e6, 1e-3)]),
    (power_iteration, list(zip(MATRICES, VECTORS, strict=True))),
]


@pytest.mark.parametrize(("f", "calls"), ROLLED, ids=[f"{k}-{f.__name__}" for k, (f, _) in enumerate(ROLLED)])
def test_a_loop_is_one_operation_and_computes_what_it_did(f, calls):
    with Quiet() as quiet:
        g = assert_follows(f, calls)
    assert not quiet.said
    info = g.info()
    assert info.hits == len(calls) - 2
    assert steps_recorded(g) < N


def test_an_array_from_outside_is_read_at_each_call():
    table, a = TABLE.copy(), np.array([0.1, 0.2, 0.3])

    def f(x):
        return scan(lambda c, row: (c * a + row, c), x, table)

    def between(k):
        table[...] = TABLE * k
        a[...] = 0.1 * k

    g = assert_follows(f, [(x,) for x in VECTORS] * 2, between=between)
    assert g.info().hits == 6 and steps_recorded(g) < N


def test_an_array_from_outside_that_changes_its_form():
    held = {"a": np.array([0.1, 0.2, 0.3])}

    def f(x):
        return fori_loop(N, lambda _, c: c * held["a"], x)

    def between(k):
        if k == 3:
            held["a"] = held["a"][::-1]
        if k == 6:
            held["a"] = np.float64(0.5)

    assert_follows(f, [(x,) for x in VECTORS] * 3, between=between)


def appends(x):
    trace = []

    def step(_, c):
        trace.append(c)
        return c * 0.5

    fori_loop(N, step, x)
    return trace


def assigns_outside(x):
    total = x * 0

    def step(_, c):
        total[...] = total + c
        return c * 0.5

    return fori_loop(N, step, x), total + 1


def branches(x):
    return fori_loop(N, lambda _, c: c * 0.5 if c[0] > 1e-3 else c + 1, x)


def writes_into_its_carry(x):
    def step(_, c):
        c[0] = c[1] * 0.5
        return c * 0.9

    return fori_loop(N, step, x)


def looks_at_the_number(x):
    return fori_loop(N, lambda i, c: c * 0.5 + i, x)


def alternates(x):
    factors = iter([0.5, 0.25] * N)
    return fori_loop(N, lambda _, c: c * next(factors), x)


def changes_layout(x):
    return fori_loop(N, lambda _, c: 0.5 * c.T, np.outer(x, x + 1))


def grows_a_type(x):
    return scan(lambda c, row: (c + row, c), x, TABLE.astype(np.float32))


UNROLLED = [appends, assigns_outside, branches, writes_into_its_carry, looks_at_the_number, alternates,
            changes_layout, grows_a_type]  # fmt: skip


@pytest.mark.parametrize("f", UNROLLED)
def test_any_other_loop_is_recorded_step_by_step(f):
    assert_follows(f, [(x,) for x in VECTORS] * 2)


def test_gradients_through_a_loop():
    def f(x, a):
        return value_and_grad(lambda x: np.sum(fori_loop(N, lambda _, c: np.tanh(a * c), x)))(x)

    g = assert_follows(f, [(x, 0.5 + k) for k, x in enumerate(VECTORS)])
    assert g.info().hits == 2


def test_gradients_of_a_compiled_function_with_a_loop():
    g = compile(lambda x: np.sum(fori_loop(N, lambda _, c: np.tanh(1.1 * c), x)))
    for x in VECTORS:
        wanted = value_and_grad(g.__wrapped__)(x)
        for _ in range(3):
            found = value_and_grad(g)(x)
            np.testing.assert_allclose(found[1], wanted[1], rtol=1e-13)


def test_a_step_that_raises_a_floating_point_exception():
    def f(x):
        return fori_loop(N, lambda _, c: np.sqrt(c) - 0.01, x)

    g = compile(f)
    for _ in range(3):
        assert np.array_equal(g(np.ones(3)), f(np.ones(3)))
    assert g.info().hits == 1
    with pytest.warns(RuntimeWarning, match="invalid value"):
        found = g(np.zeros(3))
    with np.errstate(all="ignore"):
        assert np.array_equal(found, f(np.zeros(3)), equal_nan=True)
    with np.errstate(invalid="raise"), pytest.raises(FloatingPointError):
        g(np.zeros(3))
    assert np.array_equal(g(np.ones(3)), f(np.ones(3)))


def test_a_step_that_raises():
    def step(_, c):
        if c.shape == (2,):
            raise ValueError("two")
        return c * 0.5

    assert_follows(lambda x: fori_loop(N, step, x), [(np.ones(3),), (np.ones(2),), (np.ones(3),)] * 2)


def test_a_step_that_calls_python():
    def f(x):
        return fori_loop(N, lambda _, c: np.sort(c * 0.9)[::-1] + np.median(c), x)

    assert_follows(f, [(x,) for x in VECTORS])


def test_a_long_loop_is_interrupted():
    g = compile(lambda x: while_loop(lambda c: np.sum(c) > 0.0, lambda c: c * 1.0, x))
    g.__wrapped__(-np.ones(3))
    h = compile(
        lambda x, n: while_loop(lambda c: c[1] < n, lambda c: (c[0] * 1.0, c[1] + 1.0), (x, np.zeros(())))
    )
    for n in (40.0, 50.0, 60.0):
        h(np.ones(3), n)
    assert h.info().hits == 1
    before = signal.signal(signal.SIGINT, signal.default_int_handler)  # a job in the background ignores it
    timer = threading.Timer(0.2, signal.raise_signal, [signal.SIGINT])
    timer.start()
    try:
        with pytest.raises(KeyboardInterrupt):
            h(np.ones(3), 1e15)
    finally:
        timer.join()
        signal.signal(signal.SIGINT, before)
    assert np.array_equal(h(np.ones(3), 40.0)[0], np.ones(3))


def test_threads_run_one_loop():
    f = lambda x: fori_loop(1000, lambda _, c: np.sin(c) + 0.1, x)  # noqa: E731
    g, wrong = compile(f), []
    wanted = {k: f(np.full(5, float(k))) for k in range(8)}

    def run(k):
        for _ in range(20):
            if not np.array_equal(g(np.full(5, float(k))), wanted[k]):
                wrong.append(k)

    threads = [threading.Thread(target=run, args=(k,)) for k in range(8)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert not wrong and g.info().hits


def test_a_program_keeps_no_variables_of_the_call():
    before = _core.count_records()
    g = compile(lambda x, y: fori_loop(N, lambda _, c: np.tanh(c * y), x))
    for _ in range(3):
        g(np.ones(3), np.ones(3))
    gc.collect()
    assert g.info().hits and _core.count_records() <= before


def test_functions_that_ignore_their_first_argument():
    y = 1
    assert ignores_its_first_argument(lambda _, c: c + y)
    assert not ignores_its_first_argument(lambda i, c: c + i)
    assert not ignores_its_first_argument(lambda i, c: (lambda: i)())
    assert not ignores_its_first_argument(lambda i, c: locals()["i"])
    assert not ignores_its_first_argument(lambda *all: all[1])
    assert not ignores_its_first_argument(np.add)

    def sets_it(i, c):
        i = 2
        return c + i

    assert not ignores_its_first_argument(sets_it)
