"""Compiled functions that several threads call at first, that a signal interrupts, and of odd arrays."""

import signal
import sys

import numpy as np
import pytest

import leopard
from leopard import Function, Variable, grad, value_and_grad
from tests.compiling.following import Quiet, assert_follows, assert_same_bits
from tests.threads import in_threads

X = np.array([0.5, -1.0, 2.0])


def of_branches(x, y):
    if x[0] > 0:
        return np.sum(np.tanh(x) * y)
    if x[1] > 0:
        return np.sum(x * y[::-1])
    return np.sum(x**2) * y[0]


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("n", [2, 8])
@pytest.mark.parametrize("size", [3, 30_000])
def test_threads_call_a_function_that_none_has_called_before(size, n, threads):
    f = value_and_grad(of_branches, argnums=(0, 1))
    rng = np.random.default_rng(0)
    arrays = [rng.normal(size=(2, size)) for _ in range(20)]
    wanted = [f(x, y) for x, y in arrays]
    g = leopard.compile(f, threads=threads)

    def work(k):
        for j in range(20):
            x, y = arrays[(j + 7 * k) % 20]
            assert_same_bits(g(x, y), wanted[(j + 7 * k) % 20])

    with Quiet() as quiet:
        in_threads(work, n)
    assert not quiet.said
    assert g.info().hits > 0


def test_threads_differentiate_a_function_that_none_has_called_before():
    g = leopard.compile(of_branches)
    rng = np.random.default_rng(0)
    arrays = [rng.normal(size=(2, 3)) for _ in range(10)]
    wanted = [grad(of_branches)(x, y) for x, y in arrays]

    def work(k):
        for j in range(20):
            x, y = arrays[(j + k) % 10]
            np.testing.assert_allclose(grad(g)(x, y), wanted[(j + k) % 10], rtol=1e-13)

    in_threads(work, 8)


class Stop(Exception):
    pass


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="no timers here")
@pytest.mark.parametrize("threads", [1, 2])
def test_a_signal_ends_a_long_replay_and_the_next_is_right(threads):
    f = lambda x: np.sum(np.tanh(np.exp(np.sin(x))) * x)  # noqa: E731
    g = leopard.compile(value_and_grad(f), threads=threads)
    x = np.linspace(-1.0, 1.0, 2_000_000)
    for _ in range(3):
        wanted = g(x)

    def stop(*_):
        raise Stop

    before = signal.signal(signal.SIGALRM, stop)
    try:
        signal.setitimer(signal.ITIMER_REAL, 0.02)
        with pytest.raises(Stop):
            for _ in range(500):
                g(x)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    for _ in range(2):
        assert_same_bits(g(x), wanted)


class Interrupted(Function):
    """A step in Python that Ctrl-C interrupts at large numbers."""

    def forward(self, x):
        if x[0] > 100.0:
            raise KeyboardInterrupt
        return x * 2.0

    def backward(self, gy):
        return gy * 2.0


def test_an_interrupt_in_a_step_of_python_comes_through():
    f = value_and_grad(lambda x: np.sum(np.tanh(Interrupted()(np.exp(x))) * x))
    g = leopard.compile(f)
    for k in range(6):  # while it is recorded, and in replays
        with pytest.raises(KeyboardInterrupt):
            g(X + 10.0)
        assert_same_bits(g(X * k), f(X * k))
    assert not g.info().fallbacks and g.info().hits > 0


def test_what_changes_at_every_call_is_found_out():
    box = {"n": 0.0}

    def f(x):
        box["n"] += 1.0
        return x * box["n"]

    def g(x):
        return x * step[0]

    step = [0.0]
    with Quiet() as quiet:
        compiled = leopard.compile(f)
        for k in range(1, 40):
            assert_same_bits(compiled(X), X * float(k))
        assert_follows(g, [(X * k,) for k in range(40)], between=lambda k: step.__setitem__(0, k * 0.5))
    assert len(quiet.said) == 2


def test_attributes_of_the_function_itself_change():
    def f(x):
        return x * f.scale + f.shift

    def between(k):
        if k in (0, 3, 5):
            f.scale, f.shift = float(k + 1), X * k
        if k == 7:
            f.shift[0] = 10.0

    with Quiet():
        assert_follows(f, [(X * k,) for k in range(1, 12)], between=between)


@pytest.mark.parametrize("n", [8, 9, 16, 32])
def test_arrays_of_many_axes(n):
    x = np.arange(8.0).reshape((1,) * (n - 3) + (2, 2, 2))
    f = value_and_grad(lambda x: np.sum(np.tanh(x) * x.T.reshape(x.shape)) + np.sum(x[..., 0] ** 2))
    with Quiet():
        assert_follows(f, [(x * k,) for k in range(1, 6)])
        assert_follows(lambda x: (x.T * 2.0, x + 1.0, x.sum(axis=-1)), [(x * k,) for k in range(1, 6)])


@pytest.mark.parametrize("shape", [(0,), (0, 3), (3, 0), (2, 0, 2), (1, 0)])
def test_arrays_of_no_elements(shape):
    def f(x):
        return np.sum(np.tanh(x) * x), x.T * 2.0, np.concatenate([x, x]), x.reshape(-1)

    with Quiet():
        assert_follows(f, [(np.zeros(shape),)] * 4)
        assert_follows(value_and_grad(lambda x: np.sum(np.tanh(x) * x)), [(np.zeros(shape),)] * 4)


def test_out_is_what_is_captured_or_another_argument():
    a = X * 3.0
    f = lambda x, y: x * a + y[::-1]  # noqa: E731
    g = leopard.compile(f)
    for k in range(6):
        x, y = X + k, X * k
        wanted = f(x, y)
        assert g(x, y, out=y) is y
        assert_same_bits(y, wanted)
        y = X * k
        wanted = f(x, y)
        g(x, y, out=a)
        assert_same_bits(a, wanted)
        both = np.arange(5.0)
        wanted = f(both[:3], both[2:])
        g(both[:3], both[2:], out=both[1:4])
        assert_same_bits(both[1:4].copy(), wanted)


def test_references_are_those_of_before():
    g = leopard.compile(value_and_grad(of_branches, argnums=(0, 1)))
    x, y, v = X.copy(), X.copy(), Variable(X.copy())
    for sign in (1.0, -1.0) * 4:
        g(x * sign, y)
    counts = [sys.getrefcount(o) for o in (x, y, v, g)]
    for _ in range(50):
        g(x, y)
        g(x, y, out=(np.zeros(()), (np.zeros(3), np.zeros(3))))
    assert [sys.getrefcount(o) for o in (x, y, v, g)] == counts
