"""What is freed, when, and by whom; and that depth costs no stack."""

import gc
import sys
import threading
import weakref

import numpy as np
import pytest

import leopard
from leopard import Function, Variable
from leopard._core import count_records, is_tracked
from leopard._numeric import arrays
from tests.processes import run


class Plus(Function):
    def forward(self, x):
        return x + 1

    def backward(self, gy):
        return gy


class Named(Variable):
    pass


@pytest.fixture
def uncollected():
    """Reference counting alone."""
    gc.collect()
    gc.disable()
    yield
    gc.enable()


def chain(n, x=None):
    x = Variable(np.array(1.0)) if x is None else x
    z = x
    for _ in range(n):
        z = z * x
    return x, z


def scalar_graph():
    x = Variable(np.array(2.0))
    ((x * 2 + 1) ** 3 / leopard.exp(x)).backward()


def array_graph():
    x, w = Variable(np.ones(3)), Variable(np.ones((3, 3)))
    leopard.sum(leopard.tanh(w @ x) * x[[0, 0, 2]]).backward()


def own_graph():
    x = Variable(np.array(2.0))
    Plus()(Plus()(x)).backward()


def failing_graph():
    class Fails(Function):
        def forward(self, x):
            return x

        def backward(self, gy):
            raise ValueError

    x = Variable(np.array(2.0))
    try:
        (Fails()(x * 2) * 3).backward()
    except ValueError:
        pass


@pytest.mark.parametrize(
    ("graph", "n"), [(scalar_graph, 100_000), (array_graph, 3_000), (own_graph, 20_000), (failing_graph, 300)]
)
@pytest.mark.usefixtures("uncollected")
def test_graphs_are_freed_by_counting_alone(graph, n):
    if graph is failing_graph:
        gc.enable()  # an exception and its traceback make cycles of their own
    for _ in range(50):
        graph()
    gc.collect()
    arrays.empty_pool()
    alive, blocks = count_records(), sys.getallocatedblocks()
    for _ in range(n):
        graph()
    gc.collect()
    arrays.empty_pool()
    assert count_records() == alive
    assert sys.getallocatedblocks() - blocks < 200


@pytest.mark.usefixtures("uncollected")
def test_an_unwalked_graph_is_freed_too():
    alive = count_records()
    for _ in range(1000):
        chain(100)
    assert count_records() == alive


def test_the_collector_does_not_know_ordinary_graphs():
    x, z = chain(100)
    w = Variable(np.ones((2, 3)))
    y = leopard.sum(leopard.transpose(w) * 2 + z) + leopard.mean(w[0])
    y.backward()
    todo, seen = [y], set()
    while todo:
        v = todo.pop()
        assert not is_tracked(v)
        assert not gc.is_tracked(v)
        f = v.creator
        if f is not None and id(f) not in seen:
            seen.add(id(f))
            assert not is_tracked(f)
            assert not gc.is_tracked(f)
            todo += f.inputs
    assert len(seen) > 100
    assert not is_tracked(x)


def record_cycle():
    x = Variable(np.array(2.0))
    (x**4).backward(create_graph=True)
    return x


def deep_record_cycle():
    x, z = chain(20_000)
    z.backward(create_graph=True)
    return x


def array_record_cycle():
    x = Variable(np.ones(3))
    leopard.sum(leopard.tanh(x) * x).backward(create_graph=True, retain_grad=True)
    return x


def own_gradient():
    x = Variable(np.array(2.0))
    x.grad = x
    return x


def each_others_gradient():
    x, y = Variable(np.array(2.0)), Variable(np.array(2.0))
    x.grad, y.grad = y, x
    return x


def gradient_downstream():
    x = Variable(np.array(2.0))
    x.grad = leopard.sin(x * 2)
    return x


def attribute_of_a_variable():
    x = Named(np.array(2.0))
    x.later = leopard.sin(x * 2)
    return x


def attribute_of_a_function():
    x = Variable(np.array(2.0))
    f = Plus()
    f.later = f(x) * 2
    return x, f


def attribute_through_ordinary_ones():
    x = Variable(np.array(2.0))
    y = Plus()(x)
    z = leopard.sum(leopard.tanh(y * 2) * 3)
    y.creator.later = [z]
    return z


def creator_set_by_hand():
    x = Variable(np.array(2.0))
    f = Plus()
    y = f(x)
    x2 = Variable(np.array(2.0))
    x2.set_creator(f)
    f.later = x2
    return y


@pytest.mark.parametrize(
    "make",
    [
        record_cycle, deep_record_cycle, array_record_cycle, own_gradient, each_others_gradient,
        gradient_downstream, attribute_of_a_variable, attribute_of_a_function,
        attribute_through_ordinary_ones, creator_set_by_hand,
    ],
)  # fmt: skip
def test_cycles_are_collected(make):
    gc.collect()
    alive = count_records()
    kept = make()
    assert count_records() > alive or isinstance(kept, Named)
    gc.collect()
    del kept
    gc.collect()
    assert count_records() == alive


def test_a_name_closes_no_cycle():
    class Text(str):
        pass

    name = Text("x")
    x = Variable(np.array(1.0), name=name)
    name.variable = x
    assert type(x.name) is str
    gone = weakref.ref(name)
    del name
    gc.collect()
    assert x.name == "x"
    del x
    gc.collect()
    assert gone() is None


def test_a_leaf_with_a_cleared_gradient_makes_ordinary_graphs():
    x = record_cycle()
    x.cleargrad()
    y = x * 2
    assert not is_tracked(y)


@pytest.mark.parametrize("create_graph", [False, True])
def test_deep_chain(create_graph):
    n = 100_000 if create_graph else 1_000_000
    x, z = chain(n)
    z.backward(create_graph=create_graph)
    assert x.grad.data == n + 1.0
    alive = count_records()
    del z, x
    gc.collect()
    assert count_records() <= alive - 2 * n


def test_many_branches_meet():
    x = Variable(np.array(2.0))
    y = leopard.sum(leopard.stack([x * float(i) for i in range(100_000)]))
    y.backward()
    assert x.grad.data == 99_999 * 100_000 / 2


def test_doubling_sixty_times():
    x = Variable(np.array(1.0))
    y = x
    for _ in range(60):
        y = y + y
    y.backward()
    assert x.grad.data == 2.0**60


def deep_things():
    x, z = chain(300_000)
    z.backward()
    assert x.grad.data == 300_001.0
    del z
    chain(300_000)
    v = Variable(np.array(0.0))
    for _ in range(100_000):
        v = Plus()(v)
    v.backward()
    del v
    v = Named(np.array(1.0))
    for _ in range(50_000):
        w = Named(np.array(1.0))
        w.set_creator((v * 1.0).creator)
        v = w
    del v, w
    x, z = chain(100_000)
    z.backward(create_graph=True)
    del x, z
    gc.collect()


def test_deep_graphs_on_a_small_stack():
    old = threading.stack_size(512 * 1024)
    failures = []

    def work():
        try:
            deep_things()
        except BaseException as error:
            failures.append(error)

    try:
        thread = threading.Thread(target=work)
        thread.start()
        thread.join()
    finally:
        threading.stack_size(old)
    assert not failures


@pytest.mark.parametrize("walk", ["", "z.backward()", "z.backward(create_graph=True)"])
def test_deep_graphs_at_interpreter_exit(walk):
    program = f"""
        import numpy as np
        from leopard import Variable
        x = Variable(np.array(1.0))
        z = x
        for _ in range(200_000):
            z = z * x
        {walk}
        print("done")
    """
    assert run(program) == ["done"]


@pytest.mark.parametrize("n", [1000, 2000, 4000])
def test_records_grow_with_operations_and_no_faster(n):
    alive = count_records()
    kept = chain(n)
    assert count_records() - alive == 2 * n + 1
    del kept
    assert count_records() == alive


def test_a_callback_of_a_dying_variable_may_make_and_drop_graphs():
    seen = []
    x, z = chain(1000)

    def callback(_):
        seen.append(chain(1000)[1].shape)

    references = []
    v = z
    while v.creator is not None:
        references.append(weakref.ref(v, callback))
        v = v.creator.inputs[0]
    del v, z
    assert len(seen) == 1000
    assert x.grad is None


class Attributed(Function):
    """It has attributes, as a user's Function may."""

    def forward(self, x):
        return x * 2

    def backward(self, gy):
        return gy * 2


def gradient_that_leads_to_an_older_result():
    x, w = Variable(np.array(1.0)), Named(np.array(2.0))
    w.penalty = x * x
    (w * x).backward(create_graph=True)


def the_same_of_arrays():
    x, w = Variable(np.ones(3)), Named(np.ones(3))
    w.penalty = x * x
    leopard.sum(w * x).backward(create_graph=True)


def function_that_keeps_an_older_result():
    x, f = Variable(np.array(1.0)), Attributed()
    f.penalty = leopard.exp(x)
    (f(x) * x).backward(create_graph=True)


def gradient_set_by_hand():
    x, f = Variable(np.array(1.0)), Attributed()
    f.older = x * 2
    x.grad = f(Variable(np.array(1.0)))


@pytest.mark.parametrize(
    "make",
    [
        gradient_that_leads_to_an_older_result,
        the_same_of_arrays,
        function_that_keeps_an_older_result,
        gradient_set_by_hand,
    ],
)
def test_cycles_through_results_older_than_the_gradient_are_collected(make):
    make()
    gc.collect()
    alive = count_records()
    for _ in range(20):
        make()
    gc.collect()
    assert count_records() == alive
