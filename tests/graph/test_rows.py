"""The memory and the gradients of arrays whose rows are computed one from another and assigned."""

import gc
import sys
import tracemalloc

import numpy as np
import pytest

import leopard
from leopard import Variable


def times(u, t, w):
    u[t + 1] = u[t] * w


def two_before(u, t, w):
    u[t + 1] = u[t] * w + u[max(t - 1, 0)] * 0.1


def added_in_place(u, t, w):
    u[t + 1] += u[t] * w


def elements(u, t, w):
    row = u[t + 1]
    row[1:] = u[t][:-1] * w[1:]
    row[0] = u[t, 0] * w[0]


def slices(u, t, w):
    u[t + 1 : t + 2] = np.tanh(u[t : t + 1]) * w


def columns(u, t, w):
    u.T[:, t + 1] = u.T[:, t] * w


RECURRENCES = [times, two_before, added_in_place, elements, slices]


def filled(rule, n, w):
    u = Variable(np.zeros((n, 16)))
    u[0] = 1.0
    for t in range(n - 1):
        rule(u, t, w)
    return u


def weights():
    return Variable(np.linspace(0.6, 0.9, 16))


def memory_of(rule, n):
    """Bytes that the record of a recurrence of `n` rows holds, and that its walk needs beside these."""
    gc.collect()
    tracemalloc.start()
    try:
        w = weights()
        u = filled(rule, n, w)
        loss = leopard.sum(u * u)
        forward = tracemalloc.get_traced_memory()[1]
        held = tracemalloc.get_traced_memory()[0]
        tracemalloc.reset_peak()
        loss.backward()
        return forward, tracemalloc.get_traced_memory()[1] - held
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("rule", RECURRENCES)
def test_the_memory_of_rows_by_recurrence_grows_as_the_rows(rule):
    memory_of(rule, 20)
    forward, backward = memory_of(rule, 1000)
    table = 1000 * 16 * 8
    assert forward < 30 * table  # of a thousand tables
    assert backward < 20 * table


@pytest.mark.parametrize("rule", [*RECURRENCES, columns])
@pytest.mark.parametrize("create_graph", [False, True])
def test_rows_by_recurrence_have_the_gradient_of_a_list_of_rows(rule, create_graph):
    w, v = weights(), weights()
    n = 40
    u = filled(rule, n, w)
    rows = [Variable(np.ones(16))]
    for t in range(n - 1):
        if rule is two_before:
            rows.append(rows[t] * v + rows[max(t - 1, 0)] * 0.1)
        elif rule is elements:
            rows.append(leopard.concatenate([rows[t][:1], rows[t][:-1]]) * v)
        elif rule is slices:
            rows.append(np.tanh(rows[t]) * v)
        else:
            rows.append(rows[t] * v)
    want = leopard.stack(rows)
    np.testing.assert_array_equal(u.data, want.data)
    for loss in (leopard.sum(u * u), leopard.sum(want * want)):
        loss.backward(create_graph=create_graph)
    np.testing.assert_allclose(w.grad.data, v.grad.data, rtol=1e-12)
    if create_graph:
        second = []
        for x in (w, v):
            g = x.grad
            x.cleargrad()
            leopard.sum(g * g).backward()
            second.append(x.grad.data)
        np.testing.assert_allclose(*second, rtol=1e-11)


def test_what_was_read_of_rows_before_they_were_assigned_to_stays():
    w = weights()
    u = filled(times, 30, w)
    row, part = u[3], u[3][2:5]
    data, view, elsewhere = row.data, u[4].data, u.data[5]
    before = [a.copy() for a in (data, view, elsewhere)]
    y = row * part.sum()
    u[3] = 7.0
    u[4] = 8.0
    u[5] = 9.0
    for a, b in zip((data, view, elsewhere), before, strict=True):
        np.testing.assert_array_equal(a, b)
    np.testing.assert_array_equal(row.data, np.full(16, 7.0))
    np.testing.assert_array_equal(part.data, np.full(3, 7.0))
    row += 1.0
    np.testing.assert_array_equal(u.data[3], np.full(16, 8.0))
    np.testing.assert_array_equal(u[3, 2:5].data, part.data)
    leopard.sum(y).backward()
    np.testing.assert_allclose(y.data, before[0] * before[0][2:5].sum())
    assert np.all(w.grad.data[2:5] != 0)


def test_many_views_of_rows_that_nobody_holds_are_forgotten():
    u = filled(times, 300, weights())
    gc.collect()
    before = sys.getallocatedblocks()
    for t in range(10_000):
        u[t % 300] * 2.0
    gc.collect()
    assert sys.getallocatedblocks() - before < 200


def test_views_that_hold_most_of_the_array_are_not_copied_one_by_one():
    u = filled(times, 300, weights())
    views = [u[k:] for k in range(100)]
    before = [v.data.copy() for v in views]
    taken = [v * 2.0 for v in views]
    u[250] = 1.0
    for y, b in zip(taken, before, strict=True):
        np.testing.assert_array_equal(y.data, b * 2.0)
    for k, v in enumerate(views):
        np.testing.assert_array_equal(v.data, u.data[k:])
