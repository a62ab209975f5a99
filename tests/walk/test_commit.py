"""Gradients are added to those that leaves have already, also where other code writes there meanwhile."""

import numpy as np
import pytest

import leopard
from leopard import Variable, using_config
from tests.threads import in_threads

N_THREADS, N_WALKS = 4, 40


LEAVES = {
    "a number": np.array(1.0),
    "a float32": np.array(1.0, np.float32),
    "three elements": np.ones(3),
    "a thousand": np.ones(1000),
    "float32": np.ones(1000, np.float32),
    "complex": np.ones(10, complex),
    "so many that NumPy lets other threads run": np.ones(100_000),
}


@pytest.mark.parametrize("create_graph", [False, True])
@pytest.mark.parametrize("leaf", LEAVES)
def test_no_gradient_of_another_thread_is_lost(leaf, create_graph):
    x = Variable(LEAVES[leaf])
    shared = Variable(np.array(2.0))

    def work(k):
        for _ in range(N_WALKS):
            np.real(np.sum(x * shared)).backward(create_graph=create_graph)

    in_threads(work)
    n = N_THREADS * N_WALKS
    assert x.grad.dtype == x.dtype
    np.testing.assert_array_equal(x.grad.data, np.full_like(x.data, 2 * n))
    assert shared.grad.data == n * x.size


def test_reading_a_gradient_while_it_is_added_to_loses_nothing():
    x = Variable(np.array(1.0))

    def work(k):
        for _ in range(10 * N_WALKS):
            if k % 2:
                assert x.grad is None or x.grad.data >= 0
            else:
                (3 * x).backward()

    in_threads(work)
    assert x.grad.data == 3 * 10 * N_WALKS * N_THREADS / 2


def test_clearing_a_gradient_while_it_is_added_to_leaves_whole_gradients():
    x = Variable(np.ones(50))

    def work(k):
        for _ in range(10 * N_WALKS):
            if k:
                np.sum(x).backward()
            else:
                x.cleargrad()
            g = x.grad
            assert g is None or (g.data == g.data[0]).all() and g.data[0] >= 1

    in_threads(work)


# -- The same without chance ---------------------------------------------------------------------
# NumPy reports an overflow by a call, here in the middle of the commit: before `x` is added to, and after.


def meanwhile(act, x, create_graph=False):
    """Walk to `x` and to two leaves whose gradients overflow when they are added to."""
    calls = []

    def called(kind, flag):
        calls.append(kind)
        with using_config("enable_backprop", True):  # a walk that runs rules in Python has it off
            act()

    first, last = Variable(np.array(0.0)), Variable(np.array(0.0))
    loss = first * 1e308 + np.sum(x) + (last + 0) * 1e308
    first.grad = last.grad = np.array(1.5e308)
    with np.errstate(over="call", call=called):
        loss.backward(create_graph=create_graph)
    assert len(calls) == 2


@pytest.mark.parametrize("create_graph", [False, True])
@pytest.mark.parametrize("before", [None, 10.0])
@pytest.mark.parametrize("made", [np.array(1.0), np.ones(3), np.ones(3, np.float32)], ids=str)
def test_a_walk_within_the_commit_is_added(made, before, create_graph):
    x = Variable(made)
    if before is not None:
        x.grad = np.full_like(made, before)

    def act():
        np.sum(5 * x).backward(create_graph=create_graph)
        if create_graph:
            x.grad = leopard.mul(x.grad, 1)

    meanwhile(act, x, create_graph)
    np.testing.assert_array_equal(x.grad.data, np.full_like(made, 11 + (before or 0)))
    assert x.grad.dtype == made.dtype


@pytest.mark.parametrize("made", [np.array(1.0), np.ones(3)], ids=str)
def test_a_gradient_that_is_cleared_within_the_commit_does_not_come_back(made):
    x = Variable(made)
    x.grad = np.full_like(made, 10)
    meanwhile(x.cleargrad, x)
    np.testing.assert_array_equal(x.grad.data, np.ones_like(made))


def test_a_gradient_of_another_shape_set_within_the_commit_is_refused():
    x = Variable(np.ones(3))

    def act():
        x.grad = np.ones(4)

    with pytest.raises(ValueError, match="cleargrad"):
        meanwhile(act, x)
    assert x.grad.shape == (4,)


def test_a_gradient_that_was_assigned_to_is_added_to():
    x = Variable(np.array(1.0))
    x.grad = np.array(2.0, np.float32)
    x.grad[...] = Variable(np.array(3.0, np.float32))
    meanwhile(lambda: None, x)
    assert x.grad.data == 4
