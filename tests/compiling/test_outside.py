"""What a compiled function reads from outside, in many kinds of objects, is changed between its calls."""

import array
import collections
import contextvars
import ctypes
import dataclasses
import enum
import functools
import queue
import random
import threading
import types
import weakref

import numpy as np
import pytest

import leopard
from tests.compiling.following import Quiet, assert_follows

X = np.ones(2)

# Each returns a function, and another that changes what the first reads: by the number of the call.


def a_bytearray():
    b = bytearray(np.ones(2).tobytes())

    def change(k):
        b[:] = np.full(2, float(k)).tobytes()

    return (lambda x: x * np.frombuffer(b)), change


def an_array_of_pythons():
    b = array.array("d", [1.0, 2.0])

    def change(k):
        b[0] = float(k)

    return (lambda x: x * np.frombuffer(b)), change


def an_element_of_one():
    b = array.array("d", [1.0, 2.0])

    def change(k):
        b[0] = float(k)

    return (lambda x: x * b[0]), change


def a_deque():
    d = collections.deque([1.0, 2.0])

    def change(k):
        d.append(float(k))

    return (lambda x: x * d[-1]), change


def an_ordered_dict():
    d = collections.OrderedDict(a=1.0)

    def change(k):
        d["a"] = float(k)

    return (lambda x: x * d["a"]), change


def a_defaultdict():
    d = collections.defaultdict(float, a=1.0)

    def change(k):
        d["a"] = float(k)

    return (lambda x: x * d["a"]), change


def a_namespace():
    d = types.SimpleNamespace(a=1.0)

    def change(k):
        d.a = float(k)

    return (lambda x: x * d.a), change


def a_context_variable():
    d = contextvars.ContextVar("c", default=1.0)

    def change(k):
        d.set(float(k))

    return (lambda x: x * d.get()), change


def a_thread_local():
    d = threading.local()
    d.a = 1.0

    def change(k):
        d.a = float(k)

    return (lambda x: x * d.a), change


def a_ctypes_array():
    d = (ctypes.c_double * 2)(1.0, 2.0)

    def change(k):
        d[0] = float(k)

    return (lambda x: x * d[0]), change


def a_subclass_of_list():
    class L(list):
        pass

    d = L([1.0])

    def change(k):
        d[0] = float(k)

    return (lambda x: x * d[0]), change


def a_subclass_of_dict():
    class D(dict):
        pass

    d = D(a=1.0)

    def change(k):
        d["a"] = float(k)

    return (lambda x: x * d["a"]), change


def a_set():
    d = {1.0, 2.0}

    def change(k):
        d.add(float(k))

    return (lambda x: x * sum(d)), change


def a_dataclass():
    @dataclasses.dataclass
    class P:
        a: float = 1.0
        w: object = None

    d = P(1.0, np.ones(2))

    def change(k):
        d.a = float(k)
        d.w = np.full(2, float(k))

    return (lambda x: x * d.a + d.w), change


def slots():
    class P:
        __slots__ = ("a",)

    d = P()
    d.a = 1.0

    def change(k):
        d.a = float(k)

    return (lambda x: x * d.a), change


def a_property():
    class P:
        @property
        def a(self):
            return store[0]

    store = [1.0]
    d = P()

    def change(k):
        store[0] = float(k)

    return (lambda x: x * d.a), change


def a_cached_function():
    store = [1.0]

    @functools.lru_cache
    def h():
        return store[0]

    def change(k):
        store[0] = float(k)
        h.cache_clear()

    return (lambda x: x * h()), change


def a_computed_attribute():
    store = [1.0]

    class M:
        def __getattr__(self, n):
            return store[0]

    d = M()

    def change(k):
        store[0] = float(k)

    return (lambda x: x * d.zzz), change


def globals_by_name():
    globals()["GG"] = 1.0

    def change(k):
        globals()["GG"] = float(k)

    return (lambda x: x * globals()["GG"]), change


def a_module():
    mod = types.ModuleType("mymod")
    mod.a = 1.0
    mod.sub = types.SimpleNamespace(b=1.0)

    def change(k):
        mod.a = float(k)
        mod.sub.b = float(k)

    return (lambda x: x * mod.a * mod.sub.b), change


def getattr_of_a_module():
    mod = types.ModuleType("mymod")
    mod.a = 1.0

    def change(k):
        mod.a = float(k)

    return (lambda x: x * getattr(mod, "a")), change  # noqa: B009


def a_weak_reference():
    d = np.array([1.0, 2.0])
    r = weakref.ref(d)

    def change(k):
        d[0] = float(k)

    return (lambda x, r=r: x * r()), change


def a_record():
    d = np.rec.array([(1.0, 2.0)], dtype=[("a", float), ("b", float)])

    def change(k):
        d.a[0] = float(k)

    return (lambda x: x * d.a[0]), change


def a_structured_array():
    d = np.zeros(2, [("a", float)])

    def change(k):
        d["a"] = float(k)

    return (lambda x: x * d["a"]), change


def a_queue():
    q = queue.Queue()
    q.put(1.0)

    def change(k):
        q.queue[0] = float(k)

    return (lambda x: x * q.queue[0]), change


def an_enum():
    class E(enum.Enum):
        A = 1.0

    d = [E.A]

    def change(k):
        d[0]._value_ = float(k)

    return (lambda x: x * d[0].value), change


def an_inherited_attribute():
    class B:
        s = 1.0

    class C(B):
        pass

    def change(k):
        C.s = float(k)

    return (lambda x: x * C.s), change


def an_attribute_above_the_class():
    class B:
        s = 1.0

    class C(B):
        pass

    d = C()

    def change(k):
        d.s = float(k)

    return (lambda x: x * d.s), change


def a_memoryview():
    it = [np.ones(2)]
    mv = memoryview(it[0])

    def change(k):
        mv[0] = float(k)

    return (lambda x: x * np.asarray(mv)), change


def a_view():
    a = np.ones(4)
    v = a[:2]

    def change(k):
        a[0] = float(k)

    return (lambda x: x * v * 2 + np.exp(v)), change


def a_seeded_random_number():
    state = random.Random(0).getstate()

    def change(k):
        pass

    return (lambda x: (random.setstate(state), x * random.random())[1]), change


def nested_containers():
    d = {"k": {"deep": [{"w": 1.0}]}}

    def change(k):
        d["k"]["deep"][0]["w"] = float(k)

    return (lambda x: x * d["k"]["deep"][0]["w"]), change


def a_mapping_proxy():
    box = types.MappingProxyType(inner := {"a": 1.0})

    def change(k):
        inner["a"] = float(k)

    return (lambda x: x * box["a"]), change


def a_chain_map():
    cm = collections.ChainMap(inner := {"a": 1.0})

    def change(k):
        inner["a"] = float(k)

    return (lambda x: x * cm["a"]), change


def containers_of_a_class():
    class C:
        w = [1.0]
        d = {"a": np.ones(2)}

    def change(k):
        C.w[0] = float(k)
        C.d["a"][0] = k

    return (lambda x: x * C.w[0] + np.exp(C.d["a"])), change


KINDS = [
    a_bytearray,
    an_array_of_pythons,
    an_element_of_one,
    a_deque,
    an_ordered_dict,
    a_defaultdict,
    a_namespace,
    a_context_variable,
    a_thread_local,
    a_ctypes_array,
    a_subclass_of_list,
    a_subclass_of_dict,
    a_set,
    a_dataclass,
    slots,
    a_property,
    a_cached_function,
    a_computed_attribute,
    globals_by_name,
    a_module,
    getattr_of_a_module,
    a_weak_reference,
    a_record,
    a_structured_array,
    a_queue,
    an_enum,
    an_inherited_attribute,
    an_attribute_above_the_class,
    a_memoryview,
    a_view,
    a_seeded_random_number,
    nested_containers,
    a_mapping_proxy,
    a_chain_map,
    containers_of_a_class,
]


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_no_change_is_missed(kind):
    f, change = kind()
    with Quiet():
        g = assert_follows(
            f, [(X * k,) for k in range(1, 10)], between=lambda k: change(k) if k in (3, 6) else None
        )
    assert g.info().hits or g.info().fallbacks


def test_the_constants_of_rules_compare_no_array_from_outside():
    data = np.linspace(0.1, 1.0, 6).reshape(3, 2)
    labels = np.array([1.0, -1.0, 1.0])

    def loss(w):
        return np.mean(np.log(1 + np.exp(labels * (data @ np.tanh(w)))))

    g = leopard.compile(leopard.value_and_grad(loss))
    for k in range(4):
        data[0, 0] = k
        wanted = leopard.value_and_grad(loss)(X)
        found = g(X)
        assert found[0] == wanted[0] and np.array_equal(found[1], wanted[1])
    assert g.info().recordings == 1 and g.info().hits == 2  # a change of the data records nothing again


class Scaled(leopard.Function):
    """A rule of a user's that reads an array from outside."""

    factor = np.array([2.0, 3.0])

    def forward(self, x):
        return x * self.factor[0]

    def backward(self, gy):
        return gy * float(self.factor[0])


def test_what_a_rule_of_a_users_reads_from_outside():
    def f(x):
        return leopard.grad(lambda x: np.sum(Scaled()(x) ** 2))(x)

    def change(k):
        Scaled.factor[0] = 2.0 + k

    assert_follows(f, [(X * k,) for k in range(1, 7)], between=change)


def test_what_a_checkpointed_function_reads_from_outside():
    factor = np.array([2.0, 3.0])

    @leopard.checkpoint
    def part(x):
        return np.sin(x) * float(factor[0])

    def f(x):
        return leopard.grad(lambda x: np.sum(part(x) ** 2))(x)

    def change(k):
        factor[0] = 2.5 + max(k - 2, 0)

    assert_follows(f, [(X * k,) for k in range(1, 7)], between=change)
