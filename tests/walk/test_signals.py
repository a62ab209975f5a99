"""Ctrl-C: the work that a walk does between two looks for signals, and what it leaves where one raises."""

import signal
import threading

import numpy as np
import pytest

import leopard
from leopard import Variable, _core, using_config
from leopard._core import gradients, tangents

LOOK = 1 << 22  # units of work: elements, for each call of a loop, or eight operations of a product


def most_work(call):
    """Call something; return how often it looked for signals, and the most work before one look."""
    _core.looks_for_signals()
    call()
    return _core.looks_for_signals()


def sines(n, k=12):
    x = Variable(np.linspace(0.0, 1.0, n))
    y = x
    for _ in range(k):
        y = np.sin(y)
    return x, y


def test_a_long_program_looks_for_signals_between_its_blocks():
    n, k = 1_000_000, 24
    _, y = sines(n, k)
    looks, most = most_work(y.backward)
    assert looks >= 2 * n * k // LOOK  # a cosine and a product for each sine
    assert most < LOOK + 1024 * 128


@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("shape", [(200_000, 5), (500, 2000)])
def test_so_do_programs_over_rows(shape, order):
    x = Variable(np.asarray(np.ones(shape), order=order))
    b = Variable(np.linspace(0.0, 1.0, shape[1]))
    y = x
    for _ in range(12):
        y = np.sin(y) * b
    looks, most = most_work(y.backward)
    assert looks >= 12 * 3 * x.size // LOOK
    assert most < LOOK + 2 * x.size  # in a sum to the shape of b, which is one call


def test_so_does_forward_mode():
    n, k = 1_000_000, 24
    x, y = sines(n, k)
    looks, most = most_work(lambda: tangents([y], [x], [np.ones(n)]))
    assert looks >= 2 * n * k // LOOK
    assert most < LOOK + 1024 * 128


def products(n, k):
    a = Variable(np.eye(n))
    y = a
    for _ in range(k):
        y = y @ a
    return a, y


@pytest.mark.parametrize("forward", [False, True])
def test_products_count_as_the_operations_that_they_take(forward):
    n, k = 300, 10
    a, y = products(n, k)
    work = n**3 // 4  # more than LOOK
    if forward:
        looks, most = most_work(lambda: tangents([y], [a], [np.ones((n, n))]))
    else:
        looks, most = most_work(y.backward)
    assert looks >= 2 * k - 2  # after each of two products for each Function
    assert most < work + 10 * n**2


CALLS = {
    "sum": lambda x: np.sum(x, 0).sum(),
    "take": lambda x: x[1:],
    "reshape": lambda x: x.reshape(-1),
    "transpose": lambda x: x.T,
    "broadcast": lambda x: np.broadcast_to(x, (2, *x.shape)),
    "sort": lambda x: np.sort(x, 0),  # by its rule in Python
    "cumsum": lambda x: np.cumsum(x, 0),
}


@pytest.mark.parametrize("way", ["walk", "recorded", "compiled off", "forward", "rows"])
@pytest.mark.parametrize("name", CALLS)
def test_every_operation_counts_its_elements(name, way):
    x = Variable(np.linspace(0.0, 1.0, 1 << 18).reshape(512, 512))
    ys = [CALLS[name](x * float(k)) for k in range(1, 41)]
    ones = [np.ones(y.shape) for y in ys]

    def walk():
        if way == "forward":
            tangents(ys, [x], [np.ones(x.shape)])
        elif way == "rows":
            gradients(ys[:8], [np.ones((4, *y.shape)) for y in ys[:8]], [x], batched=True)
        else:
            with using_config("compiled", way != "compiled off"):
                gradients(ys, ones, [x], create_graph=way == "recorded")

    looks, most = most_work(walk)
    assert looks >= 2
    assert most < 3 * LOOK


def test_the_commit_looks_too():
    xs = [Variable(np.ones(1 << 18)) for _ in range(40)]
    for x in xs:
        x.grad = np.ones(1 << 18)
    y = leopard.sum(leopard.stack([x[:1] for x in xs]))
    looks, most = most_work(y.backward)
    assert (
        looks >= 2 * len(xs) * xs[0].size // LOOK - 1
    )  # zeros to add the gradient of the slice into, and the sum
    assert most <= LOOK + (1 << 19)
    assert all(x.grad.data[0] == 2.0 and x.grad.data[1] == 1.0 for x in xs)


def test_a_chain_of_numbers_looks_as_often_as_before():
    x = Variable(np.array(1.0))
    y = x
    for _ in range(20_000):
        y = y * x
    looks, most = most_work(y.backward)
    assert 18 <= looks <= 20
    assert most == LOOK


def test_other_threads_do_not_look_inside_a_program():
    _, y = sines(1_000_000, 24)
    thread = threading.Thread(target=y.backward)
    looks, _ = most_work(lambda: (thread.start(), thread.join()))
    assert looks == 0


# -- A signal that comes ---------------------------------------------------------------------------


class Stop(Exception):
    """What the handler raises."""


@pytest.fixture
def alarm():
    """Have a function called at the first look for signals that a walk makes once it is in its work."""
    before = signal.getsignal(signal.SIGALRM)

    def set_alarm(handler):
        signal.signal(signal.SIGALRM, handler)
        signal.setitimer(signal.ITIMER_REAL, 0.001)

    yield set_alarm
    signal.setitimer(signal.ITIMER_REAL, 0)
    signal.signal(signal.SIGALRM, before)


def stop(*_):
    raise Stop


PROGRAMS = {
    "program": lambda: sines(4_000_000, 16),
    "products": lambda: products(500, 12),
}


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="this system has no interval timers")
@pytest.mark.parametrize("name", PROGRAMS)
@pytest.mark.parametrize("forward", [False, True])
def test_a_signal_inside_leaves_every_gradient_as_it_was(name, forward, alarm):
    x, y = PROGRAMS[name]()
    x.grad = np.full(x.shape, 5.0)
    kept = x.grad.data
    with pytest.raises(Stop):
        alarm(stop)  # (in here: on a busy machine it comes before the walk begins)
        if forward:
            tangents([y], [x], [np.ones(x.shape)])
        else:
            y.backward()
    assert x.grad.data is kept
    assert np.all(kept == 5.0)
    x.cleargrad()
    y.backward()  # and the next walk finds all in order
    (want,), _ = gradients([y], [np.ones(y.shape)], [x])
    np.testing.assert_array_equal(x.grad.data, want.data)


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="this system has no interval timers")
def test_a_handler_may_itself_walk_and_divide_by_zero(alarm):
    x, y = sines(2_000_000, 12)
    (want,), _ = gradients([y], [np.ones(y.shape)], [x])
    found = []

    def handler(*_):
        v = Variable(np.linspace(1.0, 2.0, 100_000))
        np.sum(np.tanh(v) * v).backward()
        with np.errstate(all="ignore"):
            np.ones(3) / np.zeros(3)
        found.append(v.grad.data)

    alarm(handler)
    with np.errstate(all="raise"):
        y.backward()
    assert len(found) == 1
    np.testing.assert_array_equal(x.grad.data, want.data)
