"""What other code does in the middle of an operation: the collector, a finalizer, another thread.

Nothing here may crash, so each test runs in a process of its own. Values may be those of before or of after.
"""

import numpy as np
import pytest

from leopard import Function, Variable, jacrev
from tests.processes import run

# -- At every place where the collector may run: before Python 3.12 that is every allocation --------

COLLECTIONS = """
import copy
import gc

import numpy as np

import leopard
from leopard import Function, Variable

gc.disable()


class Twice(Function):
    def forward(self, x):
        return 2 * x

    def backward(self, gy):
        return gy * 2


class World:
    '''A Variable, views of it, and what is computed of these.'''

    def __init__(self):
        self.leaf = Variable(np.ones(6))
        self.x = self.leaf * 2.0
        self.view = self.x[1:]
        self.matrix = self.x.reshape(2, 3)
        self.deep = self.matrix.T[0]
        self.large = np.tanh(Variable(np.ones((30, 20)))) * 1.0
        self.rows = self.large[3:]
        self.y = np.sum(self.view * self.view) + np.sum(self.deep) + np.sum(Twice()(self.rows))
        self.function = self.view.creator

    def drop(self):
        for name in ("leaf", "x", "view", "matrix", "deep", "large", "rows"):
            setattr(self, name, None)


ACTS = {
    "assign": lambda w: w.x.__setitem__(0, w.leaf[1]),
    "assign to a view": lambda w: w.view.__setitem__(1, 5.0),
    "assign to a view of a view": lambda w: w.deep.__setitem__(0, w.leaf[1]),
    "assign to a large view": lambda w: w.rows.__setitem__(0, 5.0),
    "replace": lambda w: setattr(w.x, "data", np.ones(6)),
    "replace a view": lambda w: setattr(w.view, "data", np.ones(5)),
    "replace a large one": lambda w: setattr(w.large, "data", np.ones((30, 20))),
    "unchain": lambda w: (w.view.unchain(), w.matrix.unchain(), w.x.unchain(), w.rows.unchain()),
    "unchain all": lambda w: w.y.unchain_backward(),
    "hook": lambda w: [v.register_hook(lambda g: None) for v in (w.x, w.view, w.rows, w.leaf)],
    "drop": lambda w: w.drop(),
    "walk": lambda w: w.y.backward(),
    "clear": lambda w: [v.cleargrad() for v in (w.leaf, w.x)],
    "grad": lambda w: setattr(w.leaf, "grad", np.ones(6)),
}
OPERATIONS = ACTS | {
    "read": lambda w: (w.x.data, w.view.data, w.deep.data, w.rows.data, w.leaf.grad),
    "inputs": lambda w: [(f.inputs, f.outputs, f.wanted) for f in (w.function, w.y.creator, w.rows.creator)],
    "name": lambda w: (setattr(w.x, "name", "x"), w.x.name, w.view.name),
    "walk, recorded": lambda w: w.y.backward(create_graph=True),
    "walk, all kept": lambda w: w.y.backward(retain_grad=True),
    "add in place": lambda w: (w.x.__iadd__(1.0), w.view.__imul__(w.leaf[1:]), w.deep.__iadd__(1.0)),
    "copy": lambda w: copy.deepcopy((w.x, w.view, w.leaf)),
    "compute": lambda w: (np.sin(w.view) * w.x[:5] + w.deep[0], w.rows @ w.large.T, Twice()(w.deep)),
    "forward": lambda w: leopard.jvp(lambda x: np.sum(x * w.view), (np.ones(5),), (np.ones(5),)),
    "hook of a function": lambda w: w.function.register_hook(lambda gxs, gys: None),
    "names of inputs": lambda w: [(v.name, v.register_hook(lambda g: None)) for v in w.y.creator.inputs],
}


# So many are in use that a new list or tuple is allocated, and none that was freed used again.
in_use = [[] for _ in range(100)] + [tuple([0] * n) for n in (1, 2, 3) for _ in range(2100)]

gc.freeze()


def run_with(operate, act, assigned, shift, k):
    '''Whether the collector has run more than `k` times during an operation; the last time it acts.'''
    world = World()
    if assigned:
        world.view[0] = world.leaf[0]
    count = 0

    def called(phase, info):
        nonlocal count
        count += phase == "start"
        if phase == "start" and count == k + 1:
            attempt(act, world)

    gc.callbacks.append(called)
    gc.set_threshold(1, 10**6, 10**6)   # at every second allocation: the first, third, ...
    gc.enable()
    if shift:                           # or the second, fourth, ...
        gc.collect()
        count = 0
    attempt(operate, world)
    gc.disable()
    gc.callbacks.remove(called)
    attempt(lambda w: (w.x.data, w.view.data, w.deep.data, w.y.backward(), w.leaf.grad), world)
    return count > k


def attempt(function, world):
    try:
        function(world)
    except Exception:
        pass


for name in {names}:
    for act in ACTS.values():
        for assigned in (False, True):
            for shift in (0, 1):
                k = 0
                while run_with(OPERATIONS[name], act, assigned, shift, k) and k < 60:
                    k += 1
    print(name.replace(" ", "_"))
"""

NAMES = [line.split('"')[1] for line in COLLECTIONS.splitlines() if line.startswith('    "')]


@pytest.mark.parametrize("name", NAMES)
def test_the_collector_may_run_any_code_in_the_middle(name):
    assert run(COLLECTIONS.replace("{names}", repr([name]))) == [name.replace(" ", "_")]


def test_a_variable_is_assigned_to_while_a_hook_is_registered():
    """The label that holds the hooks took the place of the versions that the assignment had made."""
    said = run("""
        import gc

        import numpy as np

        from leopard import Variable


        def hooked(k, shift):
            x = Variable(np.ones(3)) * 2.0
            calls, count = [], 0

            def called(phase, info):
                nonlocal count
                count += phase == "start"
                if phase == "start" and count == k:
                    x[0] = 5.0
                    x[1] = Variable(np.array(3.0))

            gc.callbacks.append(called)
            gc.set_threshold(1, 10**6, 10**6)
            gc.enable()
            if shift:
                gc.collect()
            x.register_hook(calls.append)
            gc.disable()
            gc.callbacks.remove(called)
            if count >= k:
                assert x.data.tolist() == [5, 3, 2] and x.name is None
            x[2] = 1.0
            np.sum(x).backward()
            assert len(calls) == 1


        for k in range(1, 12):
            for shift in (0, 1):
                hooked(k, shift)
        print("ended")
    """)
    assert said == ["ended"]


# -- Four threads that share everything --------------------------------------------------------------

THREADS = """
import copy
import faulthandler
import gc
import random
import sys
import threading
import time

import numpy as np

from leopard import Function, Variable

SECONDS, SEED = 4, 1
faulthandler.dump_traceback_later(100, exit=True)
sys.setswitchinterval(1e-6)
gc.set_threshold(50, 2, 2)
shared, hooks, errors = {}, [], []


class Twice(Function):
    def forward(self, x):
        return 2 * x

    def backward(self, gy):
        return gy * 2


def begin(r):
    x = shared["x"] = Variable(np.ones(6))
    y = shared["y"] = r.choice([lambda: x * 2.0, lambda: Twice()(x), lambda: np.sin(x)])()
    shared["view"] = y[1:5]
    shared["deep"] = shared["view"][1:]
    shared["matrix"] = y.reshape(2, 3)
    shared["row"] = shared["matrix"].T[0]
    shared["large"] = np.tanh(Variable(np.ones((40, 10)))) * 1.0
    shared["rows"] = shared["large"][3:]
    shared["sum"] = np.sum(y * y) + np.sum(shared["deep"])


def act(r):
    v, w, name = shared[r.choice(NAMES)], shared[r.choice(NAMES)], r.choice(NAMES)
    choice = r.randrange(20)
    if choice == 0:
        begin(r)
    elif choice == 1:
        v[r.randrange(2)] = r.choice([1.0, Variable(np.array(3.0)), np.sum(w)])
    elif choice == 2:
        v[1:] = v[:-1]
    elif choice == 3:
        v += 1.0
    elif choice == 4:
        v.data = np.array(v.data)
    elif choice == 5:
        hooks.append(v.register_hook(r.choice([lambda g: None, lambda g: g * 1])))
    elif choice == 6 and hooks:
        hooks.pop(r.randrange(len(hooks))).remove()
    elif choice == 7:
        np.sum(v).backward(create_graph=r.random() < 0.3)
    elif choice == 8:
        v.backward(r.random() < 0.5)
    elif choice == 9:
        shared[name] = copy.deepcopy(v)
    elif choice == 10:
        gc.collect(r.randrange(3))
    elif choice == 11:
        v.cleargrad()
    elif choice == 12:
        v.grad = r.choice([None, np.ones(v.shape)])
    elif choice == 13:
        v.unchain()
    elif choice == 14:
        v.unchain_backward()
    elif choice == 15:
        for x in v.creator.inputs:
            x.name, x.data, x.grad, x.creator, x.register_hook(lambda g: None)
    elif choice == 16:
        shared[name] = v[1:]
    elif choice == 17:
        v.name = r.choice(["name", None])
        v.name, v.data, v.grad, v.shape
    elif choice == 18:
        f = Twice()
        several = [threading.Thread(target=attempt, args=(lambda r: f(v), r)) for _ in range(2)]
        for thread in several:
            thread.start()
        for thread in several:
            thread.join()
    elif choice == 19:
        np.add(v, 1.0, out=v)


def attempt(function, r):
    try:
        function(r)
    except Exception as error:          # of shapes, of views whose base is gone, of a Function called twice
        errors.append(type(error))


def work(k):
    r = random.Random(10 * SEED + k)
    end = time.monotonic() + SECONDS
    while time.monotonic() < end:
        attempt(act, r)
        if r.random() < 0.02:
            attempt(begin, r)


begin(random.Random(SEED))
NAMES = list(shared)
threads = [threading.Thread(target=work, args=(k,)) for k in range(4)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
print("ended")
assert SystemError not in errors
"""


def test_threads_that_share_everything_do_not_crash():
    assert run(THREADS) == ["ended"]


# -- What was found beside ---------------------------------------------------------------------------


def version_of_a_variable_that_is_gone(hooked=False):
    """An input of a Function whose Variable has been assigned to, and no longer exists."""
    x = Variable(np.ones(3)) * 1.0
    if hooked:
        x.register_hook(lambda g: None)
    x[0] = 5.0
    y = x * 2.0
    del x
    return y.creator.inputs[0], y


def test_a_hook_on_a_version_of_a_variable_that_is_gone():
    v, y = version_of_a_variable_that_is_gone()
    calls = []
    assert v.name is None
    v.register_hook(calls.append)
    np.sum(y).backward()
    assert [g.data.tolist() for g in calls] == [[2, 2, 2]]


def test_the_name_of_a_version_with_hooks_of_a_variable_that_is_gone():
    v, _ = version_of_a_variable_that_is_gone(hooked=True)
    assert v.name is None
    v.register_hook(lambda g: None)


def test_a_list_that_a_rule_returns_may_change():
    given = []

    class Listed(Function):
        def forward(self, x, y):
            return x + y

        def backward(self, gy):
            given[:] = [gy, gy]
            return given

    x, y = Variable(np.ones(3)), Variable(np.ones(3))
    z = Listed()(x, y)
    z.creator.register_hook(lambda gxs, gys: given.clear())
    z.backward()
    assert x.grad.data.tolist() == y.grad.data.tolist() == [1, 1, 1]


def test_a_creator_that_has_computed_nothing_is_an_error_in_a_batched_walk():
    class Square(Function):
        def forward(self, x):
            return x * x

    v = Variable(np.ones(2))
    v.set_creator(Square())
    with pytest.raises(RuntimeError, match="has computed nothing"):
        jacrev(lambda x: x * v)(np.ones(2))
