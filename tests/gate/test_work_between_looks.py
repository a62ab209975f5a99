"""The work that a walk does between two looks for Ctrl-C, counted and not timed.

`_core.looks_for_signals` says how often walks have looked, and the most work that they had counted before one
look: no more than `LOOK`, and what one call of a loop or of BLAS adds to it. That all work is counted shows
beside: the Functions of the graph have at least so many elements, and the walk must have looked at least so
often as that takes. A signal that its handler raises anew is handled at every look, so the looks are real.
"""

import signal
import threading

import numpy as np
import pytest

import leopard
from leopard import Function, Variable, _core, using_config
from leopard._core import gradients, tangents
from tests.laws import graph
from tests.walk.test_signals import LOOK, most_work

N = 512
SIZE = N * N
WAYS = ["walk", "recorded", "compiled off", "forward", "rows"]

STEPS = {
    "sine": np.sin,
    "tanh": np.tanh,
    "square": lambda v: np.square(v) * 0.1,
    "sum and difference": lambda v: v - v.mean(0),
    "largest": lambda v: v - v.max(1, keepdims=True),
    "product": lambda v: v @ v * 1e-3,
    "product with a vector": lambda v: v * (v @ v[0])[:, None] * 1e-3,
    "transpose": lambda v: leopard.ascontiguousarray(v.T),
    "slices": lambda v: np.concatenate([v[1:], v[:1]]),
    "rows by number": lambda v: v[np.arange(N)[::-1]],
    "cumsum": lambda v: np.cumsum(v, 1) / N,
    "sort": lambda v: np.sort(v, 0),
    "where": lambda v: np.where(v > 0, v, 0.1 * v),
    "flip and roll": lambda v: np.roll(np.flip(v, 0), 3, 1),
    "einsum": lambda v: np.einsum("ij,jk->ik", v, v) * 1e-3,
    "reshape": lambda v: v.reshape(4, -1).reshape(v.shape) * 0.9,
    "norm": lambda v: v / np.sqrt(np.sum(v * v)),
}
LONGEST_CALL = {"product": N**3 // 4, "einsum": N**3 // 4}


def chain(rng, names, n):
    """A program of so many steps, each chosen at random."""
    x = Variable(rng.standard_normal((N, N)) * 0.5)
    y, made = x, []
    for _ in range(n):
        name = names[rng.integers(len(names))]
        made.append(name)
        y = STEPS[name](y)
    return x, y, made


def elements_of(y):
    """At least so much work is a walk through the graph: an element of each output that takes a gradient."""
    return sum(out().size for f in graph(y) for out in f.outputs if out() is not None)


def walk_through(x, y, way):
    if way == "forward":
        tangents([y], [x], [np.ones(x.shape)])
    elif way == "rows":
        gradients([y], [np.ones((3, *y.shape))], [x], batched=True)
    else:
        with using_config("compiled", way != "compiled off"):
            gradients([y], [np.ones(y.shape)], [x], create_graph=way == "recorded")


def fault(x, y, way, longest=0):
    """What is wrong with the looks of a walk, or None."""
    work = elements_of(y) * (3 if way == "rows" else 1)
    looks, most = most_work(lambda: walk_through(x, y, way))
    calls = 8 * SIZE * (3 if way == "rows" else 1)  # of one Function, with its inputs
    if most > LOOK + longest * (3 if way == "rows" else 1) + calls:
        return f"{most} units of work before one look"
    if looks < work // max(most, LOOK + longest):
        return f"{looks} looks in {work} units of work"
    return None


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("name", STEPS)
def test_a_walk_through_one_operation_many_times_looks_as_often_as_it_must(name, way):
    x, y, _ = chain(np.random.default_rng(0), [name], 6 if name in LONGEST_CALL else 36)
    assert fault(x, y, way, LONGEST_CALL.get(name, 0)) is None


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("seed", range(3))
def test_so_does_a_program_of_all_of_them(seed, way):
    x, y, made = chain(np.random.default_rng(seed), [*STEPS], 24)
    assert fault(x, y, way, N**3 // 4) is None, made


@pytest.mark.parametrize("way", ["walk", "forward"])
def test_so_does_a_long_compiled_program(way):
    x = Variable(np.linspace(-1.0, 1.0, 1 << 21))
    y = x
    for _ in range(24):
        y = np.sin(y) * 1.1
    assert fault(x, y, way) is None
    looks, most = most_work(lambda: walk_through(x, y, way))
    assert looks > 20
    assert most < LOOK + (1 << 21)  # inside of the program, between two of its blocks


def test_so_does_a_chain_of_numbers():
    x = Variable(np.array(1.0))
    y = x
    for _ in range(30_000):
        y = y * x
    looks, most = most_work(y.backward)
    assert looks >= 25
    assert most <= LOOK


@pytest.mark.skipif(not hasattr(signal, "SIGUSR1"), reason="this system has no signal for users")
@pytest.mark.parametrize("way", ["walk", "forward"])
def test_a_look_handles_the_signals_that_have_come(way):
    """Another thread sends signals during the walk; a handler runs inside of it, between two looks."""
    x, y, _ = chain(np.random.default_rng(1), [*STEPS], 24)
    within, handled = threading.Event(), []

    def send():
        while not handled and not within.is_set():
            signal.pthread_kill(threading.main_thread().ident, signal.SIGUSR1)
            within.wait(0.001)

    def handler(*_):
        handled.append(_core.looks_for_signals())

    before = signal.signal(signal.SIGUSR1, handler)
    sender = threading.Thread(target=send)
    try:
        sender.start()
        walk_through(x, y, way)
        within.set()
        sender.join()
    finally:
        signal.signal(signal.SIGUSR1, before)
    assert handled


# -- Faults put in on purpose ----------------------------------------------------------------------------


class Lingering(Function):
    """The identity; its rule passes over its array a hundred times, and has counted one pass."""

    def forward(self, x):
        return x.copy()

    def backward(self, gy):
        for _ in range(100):
            gy.data.sum()
        return gy


def linger(x, k):
    y = x
    for _ in range(k):
        y = Lingering()(y)
    return y


def test_a_rule_that_works_more_than_it_counts_is_found():
    """Its hidden passes are work of the program here, and the looks are too few for them."""
    x = Variable(np.ones((N, N)))
    y = linger(x, 20)
    work = 100 * elements_of(y)
    looks, _ = most_work(y.backward)
    assert looks < work // LOOK - 1
    assert fault(x, linger(x, 20), "walk") is None  # one pass for each Function is counted


def test_a_walk_that_does_not_look_is_found():
    """In another thread walks do not look inside, as if this one did not."""
    x, y, _ = chain(np.random.default_rng(0), ["sine"], 100)

    def elsewhere(*args):
        thread = threading.Thread(target=walk_through, args=args)
        thread.start()
        thread.join()

    assert fault(x, y, "walk") is None
    looks, _ = most_work(lambda: elsewhere(x, y, "walk"))
    assert looks < elements_of(y) // LOOK - 1


def test_work_that_is_too_much_before_one_look_is_found():
    """A product that is not known as a long call."""
    n = 700
    x = Variable(np.ones((n, n)))
    y = x
    for _ in range(4):
        y = y @ x * 1e-3
    assert "before one look" in fault(x, y, "walk")
    assert fault(x, y, "walk", n**3 // 4) is None
