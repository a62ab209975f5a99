"""The callable that replays: what it takes, what it returns, and what it leaves to Python."""

import functools
import gc
import sys
import threading
import tracemalloc
import weakref

import numpy as np
import pytest

from leopard._numeric import replay
from leopard._numeric.replay import Front, ReplayProgram
from tests.numeric.plans import FLOAT64, code, plan, same_bits

N = 5
MISSED = object()


def sums():
    """(a + b, a * b, a) of two numbers."""
    step = code(
        ("load", 0, 1, 0),
        ("load", 8, 2, 0),
        ("add", 16, 0, 8),
        ("multiply", 24, 0, 8),
        ("store", 3, 16, 0),
        ("store", 4, 24, 0),
        ("store", 5, 0, 0),
    )
    return ReplayProgram(plan([step], inputs=[0.0, 0.0], outputs=[((), FLOAT64)] * 3))


def product(captured=None):
    """x * y of two arrays; y may be captured."""
    x, row = np.zeros(N), (8,)
    more = {"captured": [captured]} if captured is not None else {}
    return ReplayProgram(
        plan(
            [("loop", 0, (N,), [(1, 0, row), (2, 0, row), (3, 0, row)])],
            inputs=[x] if more else [x, x],
            outputs=[((N,), FLOAT64)],
            loops=[(np.multiply, "dd->d")],
            **more,
        )
    )


def front(*entries):
    """A Front with one entry for each tuple of arguments of `add`; what it misses it lists."""
    missed = []

    def miss(args, kwargs):
        missed.append((args, kwargs))
        return MISSED

    f = Front(miss)
    for entry in entries:
        f.add(*entry)
    return f, missed


NUMBERS = [("float",), ("float",)]
NESTED = ("tuple", [("float", 0), ("tuple", [("float", 1), ("scalar", 2)])])
ARRAYS = [("array",), ("array",)]
ONE = ("array", 0)


# -- Arguments and results -------------------------------------------------------------------------


def test_numbers_come_in_and_go_out_in_a_structure():
    f, missed = front((sums(), NUMBERS, NESTED))
    value, rest = f(2.0, 3.0)
    assert (value, rest) == (5.0, (6.0, 2.0))
    assert [type(x) for x in (value, *rest)] == [float, float, np.float64]
    assert not missed and f.hits() == 1


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        (("list", [("float", 1), ("scalar", 0)]), [6.0, 5.0]),
        (("dict", [("a", ("float", 0)), ("b", ("tuple", []))]), {"a": 5.0, "b": ()}),
        (("constant", MISSED), MISSED),
        (("argument", 1), 3.0),
        (("call", max, [("float", 0), ("float", 1)]), 6.0),
        (("tuple", [("float", 0), ("float", 0)]), (5.0, 5.0)),
        (("array", 0), np.array(5.0)),
    ],
    ids=["list", "dict", "constant", "argument", "call", "tuple", "array"],
)
def test_templates(template, expected):
    f, _ = front((sums(), NUMBERS, template))
    for _ in range(2):
        result = f(2.0, 3.0)
        assert type(result) is type(expected)
        assert result == expected


def test_an_argument_is_returned_as_the_object_that_was_given():
    f, _ = front((product(), ARRAYS, ("tuple", [ONE, ("argument", 1)])))
    x, y = np.ones(N), np.arange(float(N))
    result = f(x, y)
    assert result[1] is y
    same_bits(result[0], y)


def test_other_numbers_are_taken_by_their_own_types():
    f, missed = front((sums(), [("float64",), ("float",)], ("float", 0)))
    assert f(np.float64(1), 2.0) == 3.0
    for args in [(1.0, 2.0), (np.float64(1), np.float64(2)), (np.float32(1), 2.0), (1, 2.0), (True, 2.0)]:
        assert f(*args) is MISSED
    assert len(missed) == 5


@pytest.mark.parametrize("value", [3, "adam", None, True, 0.5, -0.0, b"x", 2j])
def test_a_static_argument_is_compared(value):
    f, _ = front((sums(), [("float",), ("equal", value), ("float",)], ("float", 0)))
    assert f(1.0, value, 2.0) == 3.0
    for other in (4, "sgd", False, 1, 0.0, b"y", [], MISSED, 3.0, np.float64(0.5)):
        assert f(1.0, other, 2.0) is MISSED


def test_an_object_is_compared_by_identity():
    a, b = [1], [1]
    f, _ = front((sums(), [("float",), ("same", a), ("float",)], ("float", 0)))
    assert f(1.0, a, 2.0) == 3.0
    assert f(1.0, b, 2.0) is MISSED


def test_structures_of_arguments():
    form = [("dict", [("w", ("array",)), ("more", ("list", [("tuple", [("array",)])]))])]
    f, missed = front((product(), form, ONE))
    x, y = np.full(N, 2.0), np.arange(float(N))
    same_bits(f({"w": x, "more": [(y,)]}), x * y)
    wrong = [
        {"more": [(y,)], "w": x},
        {"w": x},
        {"w": x, "more": [(y,)], "z": 1},
        {"w": x, "less": [(y,)]},
        {"w": x, "more": ((y,),)},
        {"w": x, "more": [[y]]},
        {"w": x, "more": [(y, y)]},
        {"w": x, "more": []},
        [x, y],
        None,
    ]
    for given in wrong:
        assert f(given) is MISSED
    assert len(missed) == len(wrong)
    same_bits(f({"".join(["w"]): x, "more": [(y,)]}), x * y)


class Sub(np.ndarray):
    pass


@pytest.mark.parametrize(
    "x",
    [None, 1.0, "x", [0.0] * N, np.zeros(N, np.float32), np.zeros((N, 1)), np.zeros(N + 1),
     np.zeros(2 * N)[::2], np.zeros(N).view(Sub), np.zeros(N, ">f8"),
     np.frombuffer(bytes(8 * N + 1), np.uint8)[1:].view(float),
     np.float64(1)],
    ids=repr,
)  # fmt: skip
def test_an_array_of_another_form_goes_to_python(x):
    f, missed = front((product(), ARRAYS, ONE))
    y = np.ones(N)
    assert f(x, y) is MISSED and f(y, x) is MISSED
    assert missed[0][0][0] is x and missed[0][0][1] is y and missed[0][1] == {}
    same_bits(f(y, y), y)


def test_another_number_of_arguments_goes_to_python():
    f, missed = front((sums(), NUMBERS, ("float", 0)))
    for args in [(), (1.0,), (1.0, 2.0, 3.0), tuple(map(float, range(100)))]:
        assert f(*args) is MISSED
        assert missed.pop() == (args, {})


def test_keywords():
    f, missed = front((sums(), NUMBERS, ("float", 0), (), (), ("b",)))
    assert f(1.0, b=2.0) == 3.0
    assert f(1.0, c=2.0) is MISSED
    assert f(1.0, 2.0) is MISSED
    assert f(1.0, b=2.0, c=3.0) is MISSED
    assert f(b=2.0, a=1.0) is MISSED
    assert missed[-1] == ((), {"b": 2.0, "a": 1.0})
    assert f(**{f"k{i}": 1.0 for i in range(100)}) is MISSED
    two, _ = front((sums(), NUMBERS, ("float", 0), (), (), ("a", "b")))
    assert two(a=1.0, b=2.0) == 3.0
    assert two(b=1.0, a=2.0) is MISSED


# -- out= ------------------------------------------------------------------------------------------


def test_results_are_written_into_given_arrays():
    f, missed = front((sums(), NUMBERS, NESTED))
    out = (np.zeros(()), (np.zeros(()), np.zeros(())))
    result = f(2.0, 3.0, out=out)
    assert result[0] is out[0] and result[1][0] is out[1][0] and result[1][1] is out[1][1]
    assert [float(x) for x in (out[0], *out[1])] == [5.0, 6.0, 2.0]
    assert type(f(2.0, 3.0)[0]) is float
    assert not missed
    g, _ = front((product(), ARRAYS, ONE))
    y = np.zeros(N)
    assert g(np.ones(N), np.ones(N), out=y) is y
    same_bits(y, np.ones(N))


def test_what_cannot_be_written_to_goes_to_python():
    f, missed = front((product(), ARRAYS, ONE))
    x, y, wide = np.ones(N), np.ones(N), np.zeros(2 * N)
    frozen = np.zeros(N)
    frozen.flags.writeable = False
    wrong = [
        x, y, x[::-1], wide[:N].reshape(N, 1), np.zeros(N, np.float32), wide[::2], frozen, "x", 1.0, [],
        [wide[:N]] * 2, np.zeros(N).view(Sub), {"a": y},
    ]  # fmt: skip
    for out in wrong:
        assert f(x, y, out=out) is MISSED
        assert missed.pop()[1]["out"] is out
    same_bits(x, np.ones(N))
    assert f(wide[:N], y, out=wide[N:]) is not MISSED
    assert f(wide[:N], y, out=wide[N - 1 : -1]) is MISSED
    assert f(x, y, out=None) is not MISSED
    g, _ = front((sums(), NUMBERS, NESTED))
    one = np.zeros(())
    assert g(1.0, 2.0, out=(one, (one, np.zeros(())))) is MISSED
    assert g(1.0, 2.0, out=(one, (np.zeros(()),))) is MISSED


def test_arguments_may_be_one_array():
    f, missed = front((product(), ARRAYS, ONE))
    x = np.arange(float(N))
    same_bits(f(x, x), x * x)
    assert not missed


# -- What the function reads outside ---------------------------------------------------------------


def test_a_captured_array_is_read_at_each_call():
    w = np.arange(float(N))
    f, missed = front((product(w), [("array",)], ONE, [w]))
    x = np.full(N, 2.0)
    same_bits(f(x), x * w)
    w[:] = 7.0
    same_bits(f(x), x * w)
    w.resize(2 * N, refcheck=False)
    assert f(x) is MISSED
    w.resize(N, refcheck=False)
    same_bits(f(x), x * w)
    if hasattr(np.ndarray, "_set_dtype"):
        w._set_dtype(np.dtype(np.int64))
        assert f(x) is MISSED
    assert f(x, out=w) is MISSED


def test_a_captured_array_lives_as_long_as_the_entry():
    w = np.arange(float(N))
    f, _ = front((product(w), [("array",)], ONE, [w]))
    expected = 2 * w
    del w
    gc.collect()
    same_bits(f(np.full(N, 2.0)), expected)


def test_names_and_cells_are_checked():
    a, b = object(), object()
    names = {"w": a}

    def outer():
        held = a

        def inner():
            return held

        def change(x):
            nonlocal held
            held = x

        return inner.__closure__[0], change

    cell, change = outer()
    f, _ = front((sums(), NUMBERS, ("float", 0), (), [(names, "w", a), ("cell", cell, a)]))
    assert f(1.0, 2.0) == 3.0
    names["w"] = b
    assert f(1.0, 2.0) is MISSED
    del names["w"]
    assert f(1.0, 2.0) is MISSED
    names["w"] = a
    assert f(1.0, 2.0) == 3.0
    change(b)
    assert f(1.0, 2.0) is MISSED
    change(a)
    assert f(1.0, 2.0) == 3.0
    del cell.cell_contents
    assert f(1.0, 2.0) is MISSED


class Base:
    shift = 1.0

    def method(self):
        return self.shift


class Derived(Base):
    pass


@pytest.mark.parametrize("kind", ["list", "dict", "function", "class"])
def test_what_is_held_is_checked(kind, monkeypatch):
    a, b = object(), object()
    items, pairs = [a, b], {"a": a, "b": b}

    def held(x, y=a, *, z=a):
        return x

    other = type(held)(held.__code__.replace(co_name="other"), {})
    checks = {
        "list": ("items", items, (a, b)),
        "dict": ("items", pairs, ("a", a, "b", b)),
        "function": ("function", held, held.__code__, held.__defaults__, held.__kwdefaults__),
        "class": ("class", Base, "method", vars(Base)["method"]),
    }
    changes = {
        "list": [
            (lambda: items.append(a), lambda: items.pop()),
            (lambda: items.reverse(), lambda: items.reverse()),
            (lambda: items.clear(), lambda: items.extend([a, b])),
        ],
        "dict": [
            (lambda: pairs.update(c=a), lambda: pairs.pop("c")),
            (lambda: pairs.update(b=a), lambda: pairs.update(b=b)),
            (lambda: pairs.clear(), lambda: pairs.update(a=a, b=b)),
        ],
        "function": [
            (functools.partial(setattr, held, name, wrong), functools.partial(setattr, held, name, right))
            for name, wrong, right in [
                ("__code__", other.__code__, held.__code__),
                ("__defaults__", None, held.__defaults__),
                ("__defaults__", (b,), held.__defaults__),
                ("__kwdefaults__", None, held.__kwdefaults__),
                ("__kwdefaults__", {"z": b}, held.__kwdefaults__),
            ]
        ],
        "class": [
            (lambda: setattr(Base, "method", b), lambda: setattr(Base, "method", method)),
            (lambda: delattr(Base, "method"), lambda: setattr(Base, "method", method)),
        ],
    }
    method = vars(Base)["method"]
    f, _ = front((sums(), NUMBERS, ("float", 0), (), [checks[kind]]))
    for change, undo in changes[kind]:
        assert f(1.0, 2.0) == 3.0
        change()
        assert f(1.0, 2.0) is MISSED
        undo()
    assert f(1.0, 2.0) == 3.0


def test_what_had_no_defaults_gets_some():
    def held(x):
        return x

    f, _ = front((sums(), NUMBERS, ("float", 0), (), [("function", held, held.__code__, None, None)]))
    assert f(1.0, 2.0) == 3.0
    held.__defaults__ = (1.0,)
    assert f(1.0, 2.0) is MISSED


def test_a_function_is_asked_whether_all_is_as_it_was():
    answers = [True, False]

    def valid():
        answer = answers.pop(0)
        if answer is None:
            raise KeyError("valid")
        return answer

    f, _ = front((sums(), NUMBERS, ("float", 0), (), [("true", valid)]))
    assert f(1.0, 2.0) == 3.0
    assert f(1.0, 2.0) is MISSED
    answers.append(None)
    with pytest.raises(KeyError):
        f(1.0, 2.0)


# -- Entries ---------------------------------------------------------------------------------------


def guarded(name):
    """a, where a comparison of a with 0 holds."""
    step = code(
        ("load", 0, 1, 0), (name, 8, 0, 64), ("guard_true", 0, 8, 0), ("store", 2, 0, 0)
    )  # fmt: skip
    return ReplayProgram(plan([step], inputs=[0.0], outputs=[((), FLOAT64)], guards=[None]))


def test_the_entry_whose_guards_hold_is_run():
    up, down = guarded("greater"), guarded("less")
    f, missed = front(
        (up, [("float",)], ("tuple", [("constant", "up"), ("float", 0)])),
        (down, [("float",)], ("tuple", [("constant", "down"), ("float", 0)])),
    )
    for k in range(10):
        assert f(1.0 + k) == ("up", 1.0 + k)
        assert f(-1.0 - k) == ("down", -1.0 - k)
    assert f(0.0) is MISSED and len(missed) == 1
    assert f.hits(up) == f.hits(down) == 10 and f.hits() == 20
    f.remove(up)
    assert len(f) == 1 and f(1.0) is MISSED
    f.clear()
    assert len(f) == 0 and f and f(-1.0) is MISSED


def test_a_floating_point_exception_goes_to_python():
    f, missed = front((sums(), NUMBERS, ("float", 1)))
    with np.errstate(over="raise"):
        assert f(1e300, 1e300) is MISSED
        assert f(1e300, 1.0) == 1e300
    with np.errstate(over="ignore"):
        assert f(1e300, 1e300) == np.inf
    assert len(missed) == 1


def test_calls_go_to_python_while_replay_is_suspended():
    f, _ = front((sums(), NUMBERS, ("float", 0)))
    replay.suspend()
    replay.suspend()
    assert f(1.0, 2.0) is MISSED
    replay.resume()
    assert f(1.0, 2.0) is MISSED
    replay.resume()
    assert f(1.0, 2.0) == 3.0
    with pytest.raises(RuntimeError):
        replay.resume()


def test_a_front_changes_its_entries_while_it_runs():
    f, _ = front()
    f.add(sums(), NUMBERS, ("call", lambda x: f.clear() or x, [("float", 0)]))
    assert f(1.0, 2.0) == 3.0
    assert f(1.0, 2.0) is MISSED


def test_exceptions_of_a_template_and_of_miss_come_through():
    f, _ = front((sums(), NUMBERS, ("call", lambda x: 1 / 0, [("float", 0)])))
    for _ in range(3):
        with pytest.raises(ZeroDivisionError):
            f(1.0, 2.0)

    def miss(args, kwargs):
        raise LookupError(args)

    with pytest.raises(LookupError):
        Front(miss)(1.0)


def test_a_subclass_is_called_in_the_same_way():
    class Compiled(Front):
        """A Front with attributes."""

        def __init__(self, f):
            super().__init__(self.slow)
            self.__wrapped__ = f

        def slow(self, args, kwargs):
            return self.__wrapped__(*args, **kwargs)

    g = Compiled(lambda a, b: (a, b))
    assert g("a", b="b") == ("a", "b")
    g.add(sums(), NUMBERS, ("float", 0))
    assert g(1.0, 2.0) == 3.0
    assert g.__call__(1.0, 2.0) == 3.0
    assert list(map(g, [1.0], [5.0])) == [6.0]
    reference = weakref.ref(g)
    del g
    gc.collect()
    assert reference() is None


# -- Doors -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"program": None}, TypeError),
        ({"program": "x"}, TypeError),
        ({"arguments": None}, TypeError),
        ({"arguments": [("float",)]}, ValueError),
        ({"arguments": [("unknown",), ("float",)]}, ValueError),
        ({"arguments": [("equal", []), ("float",), ("float",)]}, ValueError),
        ({"arguments": [("equal",), ("float",), ("float",)]}, IndexError),
        ({"arguments": [("same", 1)] * 63 + NUMBERS}, ValueError),
        ({"arguments": [(), ()]}, IndexError),
        ({"arguments": [None, None]}, TypeError),
        ({"template": None}, TypeError),
        ({"template": ("float", 3)}, ValueError),
        ({"template": ("float", -1)}, ValueError),
        ({"template": ("float", None)}, TypeError),
        ({"template": ("argument", 2)}, ValueError),
        ({"template": ("tuple", None)}, TypeError),
        ({"template": ("dict", [1])}, TypeError),
        ({"captured": [np.zeros(3)]}, ValueError),
        ({"captured": None}, TypeError),
        ({"checks": [(1, 2, 3)]}, TypeError),
        ({"checks": [("cell", 2, 3)]}, TypeError),
        ({"checks": [("true",)]}, IndexError),
        ({"checks": [("items", (), ())]}, TypeError),
        ({"checks": [("items", [], [])]}, TypeError),
        ({"checks": [("items", {}, (1,))]}, TypeError),
        ({"checks": [("function", len, None, None, None)]}, TypeError),
        ({"checks": [("function", front, None)]}, IndexError),
        ({"checks": [("class", {}, "x", None)]}, TypeError),
        ({"checks": [("class", int, "x")]}, IndexError),
        ({"checks": [({}, "x")]}, IndexError),
        ({"checks": None}, TypeError),
        ({"keywords": [1]}, ValueError),
        ({"keywords": "abc"}, ValueError),
        ({"keywords": None}, TypeError),
    ],
    ids=lambda c: str(c)[:40],
)
def test_an_entry_that_is_none_is_refused(change, error):
    f, _ = front()
    given = {"program": sums(), "arguments": NUMBERS, "template": ("float", 0)} | change
    with pytest.raises(error):
        f.add(**given)
    assert f(1.0, 2.0) is MISSED


def test_the_doors_of_a_front():
    with pytest.raises(TypeError):
        Front(None)
    with pytest.raises(TypeError):
        Front()
    with pytest.raises(TypeError, match="not been made"):
        Front.__new__(Front)(1.0)
    wrong, _ = front((product(np.zeros(N)), [("array",)], ONE, [np.zeros(N)]))
    with pytest.raises(TypeError, match="ndarray"):
        wrong.add(product(np.zeros(N)), [("array",)], ONE, ["x"])


# -- References ------------------------------------------------------------------------------------


def test_a_call_keeps_no_reference():
    x, y, out = np.ones(N), np.ones(N), np.zeros(N)
    f, _ = front((product(), ARRAYS, ("tuple", [ONE, ("argument", 0)])))
    g, missed = front((product(), ARRAYS, ONE))
    before = [sys.getrefcount(a) for a in (x, y, out)]
    for _ in range(100):
        f(x, y)
        g(x, y, out=out)
        g(x, "no")
        g(x, y, out="no")
    missed.clear()
    assert [sys.getrefcount(a) for a in (x, y, out)] == before
    assert sys.getrefcount(f(x, y)[0]) == 1 + 1 * (sys.version_info < (3, 14))


@pytest.mark.parametrize("call", ["numbers", "arrays", "out", "misses", "raises"])
def test_calls_leave_no_memory_behind(call):
    def fails(*_):
        raise ValueError

    f, missed = front((sums(), NUMBERS, NESTED), (product(), ARRAYS, ONE))
    g, _ = front((product(), ARRAYS, ("call", fails, [ONE, ("argument", 0)])))
    x, out = np.ones(N), np.zeros(N)

    def once():
        if call == "numbers":
            f(1.0, 2.0)
        elif call == "arrays":
            f(x, x)
        elif call == "out":
            f(x, x, out=out)
        elif call == "misses":
            f(x, None)
            missed.clear()
        else:
            with pytest.raises(ValueError):
                g(x, x)

    for _ in range(10):
        once()
    gc.collect()
    tracemalloc.start()
    try:
        first = tracemalloc.get_traced_memory()[0]
        for _ in range(2000):
            once()
        gc.collect()
        grown = tracemalloc.get_traced_memory()[0] - first
    finally:
        tracemalloc.stop()
    assert grown < 20_000


def test_entries_release_what_they_hold():
    class Thing:
        pass

    thing = Thing()
    w = np.zeros(N)
    references = [weakref.ref(thing), weakref.ref(w)]
    f, _ = front(
        (
            product(w),
            [("array",), ("same", thing)],
            ("tuple", [("constant", thing)]),
            [w],
            [({"x": thing}, "x", thing)],
        )
    )
    del thing, w
    gc.collect()
    assert all(r() is not None for r in references)
    f.clear()
    gc.collect()
    assert all(r() is None for r in references)


def test_threads_call_one_front():
    f, missed = front((sums(), NUMBERS, NESTED), (product(), ARRAYS, ONE))
    wrong = []

    def work(scale):
        x = np.full(N, scale)
        for _ in range(3000):
            if f(scale, 2.0) != (scale + 2.0, (scale * 2.0, scale)) or f(x, x)[0] != scale * scale:
                wrong.append(scale)

    threads = [threading.Thread(target=work, args=(float(s),)) for s in range(1, 4)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert not wrong and not missed
