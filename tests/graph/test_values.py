"""The memory of arrays: which values a graph keeps, which are computed again, and which arrays are pooled."""

import copy
import gc
import pickle
import sys
import threading
import tracemalloc
import weakref

import numpy as np
import pytest

import leopard
from leopard import Function, Variable, no_grad, using_config
from leopard._core import count_records, holds_value
from leopard._numeric import arrays
from tests.threads import in_threads

N = 1000  # elements: enough for a value to be worth dropping


def behind(y):
    """Every Variable behind `y`, by the name of its creator; several of one name in order of generation."""
    found, waiting, seen = {}, [y], set()
    while waiting:
        v = waiting.pop()
        if id(v) in seen or v.creator is None:
            continue
        seen.add(id(v))
        found.setdefault(type(v.creator).__name__, []).append(v)
        waiting.extend(v.creator.inputs)
    return {name: sorted(vs, key=lambda v: v.generation) for name, vs in found.items()}


def chain(x):
    return leopard.sum(leopard.exp(leopard.tanh(x * 2.0 + 1.0) * 3.0))


def chain_in_numpy(x):
    values = {"Mul": [x * 2.0]}
    values["Add"] = [values["Mul"][0] + 1.0]
    values["Tanh"] = [np.tanh(values["Add"][0])]
    values["Mul"].append(values["Tanh"][0] * 3.0)
    values["Exp"] = [np.exp(values["Mul"][1])]
    return values


@pytest.fixture
def x():
    return Variable(np.linspace(-1.0, 1.0, N))


# -- What a graph keeps --------------------------------------------------------------------------


def test_a_graph_keeps_the_values_that_its_rules_read_and_no_others(x):
    found = behind(chain(x))
    kept = {name: [holds_value(v) for v in vs] for name, vs in found.items()}
    assert kept == {"Sum": [True], "Exp": [True], "Mul": [False, False], "Tanh": [True], "Add": [False]}


def test_a_dropped_value_is_computed_again_when_it_is_read(x):
    found = behind(chain(x))
    for name, values in chain_in_numpy(x.data).items():
        for v, wanted in zip(found[name], values, strict=True):
            assert (v.shape, v.dtype, v.ndim, v.size, len(v)) == ((N,), np.float64, 1, N, N)
            np.testing.assert_array_equal(v.data, wanted)
            assert holds_value(v)


def test_the_last_of_a_chain_of_dropped_values_is_computed_without_recursion(x):
    y = x
    for _ in range(20_000):
        y = y + 0.001
    z = y * 1.0
    del y
    y = z.creator.inputs[0]
    assert not holds_value(y)
    np.testing.assert_allclose(y.data, x.data + 20.0)


def test_a_variable_that_is_referenced_keeps_its_value(x):
    a = x * 2.0
    b = a + 1.0
    c = leopard.sum(b)
    assert holds_value(a)
    assert holds_value(b)
    del a
    assert [holds_value(v) for v in behind(c)["Mul"]] == [False]
    assert holds_value(b)


def test_small_values_are_kept():
    found = behind(chain(Variable(np.linspace(-1, 1, 20))))
    assert all(holds_value(v) for vs in found.values() for v in vs)


def test_gradients_do_not_depend_on_references_to_variables(x):
    held = [a := x * 2.0, b := a + 1.0, c := leopard.tanh(b), d := c * 3.0, e := leopard.exp(d)]
    y = leopard.sum(e)
    y.backward()
    wanted = x.grad.data
    assert all(map(holds_value, held))
    for options in ({}, {"retain_grad": True}, {"create_graph": True}):
        x.cleargrad()
        chain(x).backward(**options)
        np.testing.assert_array_equal(x.grad.data, wanted)
    x.cleargrad()
    with using_config("compiled", False):
        chain(x).backward()
    np.testing.assert_array_equal(x.grad.data, wanted)


def test_a_second_walk_and_a_second_derivative_over_dropped_values(x):
    y = chain(x)
    y.backward(create_graph=True)
    gx = x.grad
    x.cleargrad()
    leopard.sum(gx * gx).backward()
    second = x.grad.data
    held = [a := x * 2.0, b := a + 1.0, c := leopard.tanh(b), d := c * 3.0, e := leopard.exp(d)]
    x.cleargrad()
    leopard.sum(e).backward(create_graph=True)
    gx = x.grad
    x.cleargrad()
    leopard.sum(gx * gx).backward()
    np.testing.assert_array_equal(x.grad.data, second)
    assert held
    y.backward()
    y.backward()


def test_a_rule_in_python_finds_every_value(x):
    class Looks(Function):
        def forward(self, a):
            return a * 1.0

        def backward(self, gy):
            (a,) = self.inputs
            seen.append((a.data.copy(), a.creator.inputs[0].data.copy()))
            return gy

    seen = []
    leopard.sum(Looks()(x * 2.0 + 1.0)).backward()
    np.testing.assert_array_equal(seen[0][0], x.data * 2.0 + 1.0)
    np.testing.assert_array_equal(seen[0][1], x.data * 2.0)


def test_a_weak_reference_is_valid_as_long_as_the_graph(x):
    gone = []
    a = x * 2.0
    watched = weakref.ref(a, gone.append)
    y = leopard.sum(a + 1.0)
    del a
    assert watched() is behind(y)["Mul"][0]
    assert not gone
    assert y.creator.inputs[0].creator.outputs[0]() is not None
    del y
    assert len(gone) == 1
    assert watched() is None


def test_the_link_from_a_function_to_a_dropped_output_holds(x):
    y = chain(x)
    (v,) = behind(y)["Add"]
    assert v.creator.output is v
    assert v.creator.outputs[0]() is v


def test_a_dropped_value_survives_the_cut_of_its_history(x):
    y = chain(x)
    (v,) = behind(y)["Add"]
    v.unchain()
    np.testing.assert_array_equal(v.data, x.data * 2.0 + 1.0)
    y = chain(x)
    found = behind(y)
    y.unchain_backward()
    for name, values in chain_in_numpy(x.data).items():
        for v, wanted in zip(found[name], values, strict=True):
            assert v.creator is None
            np.testing.assert_array_equal(v.data, wanted)


@pytest.mark.parametrize("copier", [copy.copy, copy.deepcopy, lambda v: pickle.loads(pickle.dumps(v))])
def test_a_copy_of_a_dropped_value_is_the_value(x, copier):
    (v,) = behind(chain(x))["Add"]
    np.testing.assert_array_equal(copier(v).data, x.data * 2.0 + 1.0)


def test_a_dropped_value_may_be_set_and_shown_and_used_again(x):
    y = chain(x)
    (v,) = behind(y)["Add"]
    assert not holds_value(v)
    assert repr(v).startswith("variable([-1.")
    y = chain(x)
    (v,) = behind(y)["Add"]
    v.data = np.ones(N)
    assert holds_value(v)
    y = chain(x)
    (v,) = behind(y)["Add"]
    x.cleargrad()
    leopard.sum(v * v).backward()
    np.testing.assert_array_equal(x.grad.data, (x.data * 2.0 + 1.0) * 2 * 2)


def test_views_of_dropped_values_and_values_of_views(x):
    y = leopard.sum((x * 2.0)[1:].reshape(27, 37).T + 1.0)
    found = behind(y)
    np.testing.assert_array_equal(found["Transpose"][0].data, (x.data * 2.0)[1:].reshape(27, 37).T)
    y.backward()
    np.testing.assert_array_equal(x.grad.data, np.r_[0.0, np.full(N - 1, 2.0)])


def test_tracked_functions_own_their_inputs(x):
    class Named(Variable):
        pass

    v = Named(x.data)
    y = chain(v)
    assert all(holds_value(u) for us in behind(y).values() for u in us)
    y.backward()
    assert v.grad is not None


def test_nothing_is_borrowed_without_a_record(x):
    with no_grad():
        a = x * 2.0
        b = a + 1.0
    del a
    np.testing.assert_array_equal(b.data, x.data * 2.0 + 1.0)


def test_graphs_with_dropped_values_are_freed_by_reference_counting(x):
    chain(x)
    before = count_records()
    for _ in range(5):
        y = chain(x)
        y.backward()
        x.cleargrad()
    del y
    assert count_records() == before


@pytest.mark.parametrize("order", [0, 1, 2])
def test_cycles_through_borrowed_variables_are_collected(x, order):
    """A gradient with a graph that leads back to what it is stored in."""
    gc.collect()
    before = count_records()
    for _ in range(3):
        u = Variable(np.linspace(-1, 1, N))
        a = u * 2.0
        b = a + 1.0
        c = leopard.tanh(b)
        y = leopard.sum(c * 3.0)
        y.backward(create_graph=True)
        z = leopard.sum(u.grad * b)
        if order == 0:
            del a, b, c, y, z, u
        elif order == 1:
            a.grad = z * a
            del z, y, u, c, a, b
        else:
            b.grad = leopard.sum(u.grad) * b
            del b, a, z, c
            gc.collect()
            u.cleargrad()
            y.backward()
            del u, y
    gc.collect()
    assert count_records() == before


def test_a_collection_frees_no_borrowed_input(x):
    """A borrowed Variable is not garbage while a Function still leads to it."""

    class Holder:
        pass

    a = x * 2.0
    b = a + 1.0
    y = leopard.sum(leopard.tanh(b))
    holder = Holder()
    holder.me, holder.a, holder.b = holder, a, b
    del holder, a, b
    gc.collect()
    y.backward()
    np.testing.assert_allclose(x.grad.data, 2 * (1 - np.tanh(x.data * 2 + 1) ** 2), rtol=1e-14)


def test_peak_memory_of_a_chain_is_what_its_rules_read():
    n = 100_000
    x = Variable(np.linspace(-1, 1, n))

    def fifty(x):
        for _ in range(10):
            x = leopard.tanh(leopard.sin(x * 1.1) + 0.1) * 0.9
        return leopard.sum(x)

    fifty(x).backward()
    x.cleargrad()
    arrays.empty_pool()
    tracemalloc.start()
    fifty(x).backward()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 25 * 8 * n  # 20 are read: the input of each sine, the output of each tanh


# -- The pool ------------------------------------------------------------------------------------


def pools():
    """Whether there is a pool: not in a build for tools that watch memory."""
    leopard.sum(Variable(np.ones(N)) * 2.0).backward()
    return arrays.pooled_bytes() > 0


def test_an_array_that_is_referenced_elsewhere_is_not_pooled():
    rng = np.random.default_rng(3)
    seen, x = [], Variable(rng.standard_normal(N))
    for k in range(200):
        y = x * 1.5 + k
        z = leopard.tanh(y) if k % 2 else y[1:]
        w = leopard.sum(z * z)
        w.backward(retain_grad=k % 3 == 0)
        for v in (y, z, x.grad, y.grad):
            if v is not None:
                array = v.data
                holder = [array, array[:0].base if k % 2 else array[::2], memoryview(array), array.T][k % 4]
                seen.append((holder, np.array(holder)))
        x.cleargrad()
    for holder, wanted in seen:
        np.testing.assert_array_equal(np.asarray(holder), wanted)


def test_an_array_with_a_weak_reference_is_freed():
    x = Variable(np.ones(N))
    y = x * 2.0
    gone = []
    watched = weakref.ref(y.data, gone.append)
    del y
    assert gone
    assert watched() is None


def test_a_users_gradient_array_is_not_overwritten():
    start = np.full(N, 2.0)
    x = Variable(np.ones(N))
    y = x * 3.0 + x
    y.grad = start
    y.backward()
    assert np.all(start == 2.0)
    kept = x.grad.data
    y.grad = start
    y.backward()
    assert np.all(kept == 8.0)
    assert np.all(x.grad.data == 16.0)


def test_an_array_that_a_rule_returns_and_keeps_is_not_overwritten():
    kept = []

    class Keeps(Function):
        def forward(self, a):
            return a + 0.0

        def backward(self, gy):
            kept.append(np.full(N, 7.0))
            return kept[-1]

    x = Variable(np.ones(N))
    a = x * 1.0
    leopard.sum(Keeps()(a) + a * 2.0 + Keeps()(a)).backward()
    assert all(np.all(k == 7.0) for k in kept)
    assert np.all(x.grad.data == 16.0)


def test_the_pool_has_a_limit_and_can_be_emptied():
    x = Variable(np.ones(10))
    for n in [*range(1, 300), 10**5, 10**6, 2 * 10**6, 3 * 10**6]:
        v = Variable(np.ones(n))
        leopard.sum(v * 2.0 + 1.0).backward()
        assert arrays.pooled_bytes() <= 1 << 26
    arrays.empty_pool()
    assert arrays.pooled_bytes() == 0
    leopard.sum(x * 2.0).backward()
    assert np.all(x.grad.data == 2.0)


def test_the_pool_keeps_no_array_that_leopard_has_not_made():
    arrays.empty_pool()
    kept = arrays.pooled_bytes()
    for _ in range(10):
        x = Variable(np.ones(100_000))
        y = x[1:]
        z = Variable(x.data * 2.0)
        del x, y, z
    assert arrays.pooled_bytes() == kept
    for _ in range(10):
        x = Variable(np.ones(100_000))
        leopard.sum(x * 2.0 + 1.0).backward()
        held = arrays.pooled_bytes()
    assert held <= 3 * 800_000  # of the gradient, which a user might hold, and two values


def test_the_pool_is_known_by_nothing_in_an_array():
    made, plain = (Variable(np.ones(100)) * 2.0).data, np.full(100, 2.0)
    assert made.flags == plain.flags
    made.resize(1000, refcheck=False)  # its memory is managed as that of any other
    assert np.all(made[:100] == 2.0)
    del made
    assert np.all((Variable(np.ones(1000)) * 3.0).data == 3.0)


def test_the_pool_shrinks_when_less_is_asked_of_it():
    arrays.empty_pool()
    x = Variable(np.ones(100_000))
    leopard.sum(leopard.tanh(leopard.sin(x * 2.0) * x) * x).backward()
    x.cleargrad()
    before = arrays.pooled_bytes()
    assert before >= 800_000 or not pools()
    v = Variable(np.array(0.5))
    for _ in range(64 * 8):
        (v * v).backward()
    assert arrays.pooled_bytes() <= before / 4
    x = v = None
    arrays.empty_pool()
    rows = [Variable(np.ones(5000)) * 1.5 for _ in range(200)]
    del rows
    assert arrays.pooled_bytes() >= 200 * 40_000 or not pools()
    for _ in range(10 * 4096):
        Variable(np.ones(3)) * 2.0
    assert arrays.pooled_bytes() <= 40_000


def test_the_pool_keeps_what_is_asked_for_again():
    x = Variable(np.ones(50_000))

    def step():
        leopard.sum(leopard.tanh(leopard.sin(x * 2.0) * x) * x).backward()
        x.cleargrad()

    arrays.empty_pool()
    step()
    held = arrays.pooled_bytes()
    for _ in range(1000):
        step()
    assert arrays.pooled_bytes() == held


def test_repeated_work_leaks_no_memory():
    x = Variable(np.linspace(0.5, 1.5, N))

    def work():
        for f in (chain, lambda v: leopard.mean((v[1:] - v[:-1] ** 2) ** 2), lambda v: v @ v):
            f(x).backward()
            f(x).backward(create_graph=True)
            x.cleargrad()
        gc.collect()
        arrays.empty_pool()

    work()
    work()
    counts = []
    for _ in range(6):
        work()
        counts.append(sys.getallocatedblocks())
    assert counts[-1] - counts[1] <= 8


# -- Threads -------------------------------------------------------------------------------------


def test_two_threads_walk_graphs_of_large_arrays():
    n = 200_000
    shared = Variable(np.linspace(0.1, 1.0, n))
    wrong = []

    def work(seed):
        own = Variable(np.random.default_rng(seed).uniform(0.1, 1.0, n))
        for _ in range(6):
            y = leopard.sum(leopard.tanh(leopard.exp(own * shared.data) * 0.5) * own)
            y.backward()
            e = np.exp(own.data * shared.data)
            t = np.tanh(e * 0.5)
            wanted = t + own.data * (1 - t * t) * 0.5 * e * shared.data
            if not np.allclose(own.grad.data, wanted, rtol=1e-12):
                wrong.append(seed)
            own.cleargrad()

    in_threads(work, 2)
    assert not wrong


def test_values_may_be_replaced_by_another_thread_while_loops_run():
    n = 300_000
    x = Variable(np.linspace(0.1, 1.0, n))
    stop = []

    def replace():
        while not stop:
            for a in held:
                a.data = np.full(n, 0.5)
                a.data = np.full(3, 0.5)
                a.data = np.full(n, 0.25)

    held = [Variable(np.ones(n)) for _ in range(3)]
    other = threading.Thread(target=replace)
    other.start()
    try:
        for _ in range(10):
            try:
                y = x
                for a in held:
                    y = leopard.tanh(y * a) + a
                leopard.sum(y).backward()
            except (ValueError, TypeError, RuntimeError):
                pass  # shapes that do not meet: NumPy's own error, never a crash
            x.cleargrad()
    finally:
        stop.append(1)
        other.join()
