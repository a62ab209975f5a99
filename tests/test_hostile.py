"""What a program may do to the core, by malice or mistake, neither crashes it nor gives wrong numbers."""

import gc
import inspect
import itertools
import mmap
import pathlib
import sys
import textwrap
import threading
import weakref

import numpy as np
import pytest

import leopard
from leopard import Elementwise, Function, Variable, using_config
from leopard._numeric.loops import Recipe
from tests.laws import ELEMENTWISE, same, value_of
from tests.processes import run
from tests.versions import BEFORE_2_4


class Does(Function):
    """The identity, whose rule does something first."""

    def __init__(self, act):
        self.act = act

    def forward(self, x):
        return x * 1

    def backward(self, gy):
        self.act()
        return gy


# -- Functions in a process of their own ---------------------------------------------------------

OURS = ("import pytest", "from tests")
IMPORTS = [
    line
    for line in pathlib.Path(__file__).read_text().splitlines()
    if line.startswith(("import ", "from ")) and not line.startswith(OURS)
]


def program(*functions):
    """What defines these functions, with the imports of this file."""
    return "\n".join([*IMPORTS, *[textwrap.dedent(inspect.getsource(f)) for f in (Does, *functions)]])


def survive(*cases, using=()):
    """Call functions in one process. It names each before: its last word is the one that it died of."""
    calls = [f"print({case.__name__!r}, flush=True)\n{case.__name__}()\n" for case in cases]
    assert run(program(*using, *cases) + "".join(calls)) == [case.__name__ for case in cases]


# -- Data that is replaced while a graph is walked -----------------------------------------------


def kernels():
    """Every way in which an operation is walked without Python."""
    return {
        "sum": leopard.sum,
        "sum with axes kept": lambda x: leopard.sum(x, keepdims=True),
        "sum over an axis": lambda x: leopard.sum(x, 0),
        "mean": leopard.mean,
        "mean over an axis": lambda x: leopard.mean(x, 0),
        "element": lambda x: x[1, 2],
        "slice": lambda x: x[1:, ::-1],
        "elements": lambda x: x[[0, 0, 1]],
        "reshape": lambda x: x.reshape(3, 2),
        "transpose": lambda x: x.T,
        "order of axes": lambda x: leopard.transpose(x, (1, 0)),
        "sum_to": lambda x: leopard.sum_to(x, (1, 3)),
        "sum_to a scalar": lambda x: leopard.sum_to(x, ()),
        "broadcast_to": lambda x: leopard.broadcast_to(x, (4, 2, 3)),
        "matmul": lambda x: x @ np.ones((3, 2), x.dtype),
        "matmul of two": lambda x: x @ x.T,
        "matmul with a vector": lambda x: x @ np.ones(3, x.dtype),
        "matmul of vectors": lambda x: x[0] @ x[1],
        "a loop": leopard.tanh,
        "a loop of two": lambda x: x * x,
    }


def walk_while_replacing(kernel, new, where, first, more, dtype=np.float64, compiled=True):
    """Walk back through `kernel` after a rule has replaced data: the leaf, or the error.

    Replaced, by `new` of what it was, is the data of the kernel's "output", of its "input", or of "all",
    the leaf included. `first` says how the gradients came that output and input have by then; `more`,
    whether the output gets another one afterwards.
    """

    class Ends(Function):
        def forward(self, *xs):
            return np.zeros(())

        def backward(self, gy):
            return tuple([np.ones_like(x.data) for x in self.inputs])

    def replace():
        for v in {"output": [s], "input": [h], "all": [x, h, s]}[where]:
            v.data = new(v.data)

    x = Variable(np.arange(1, 7).reshape(2, 3).astype(dtype))
    h = x * dtype(1)
    s = kernel(h)
    ends = []
    for v, how in zip((s, h), first, strict=True):
        if how == "repeated":
            ends.append(leopard.sum(v))
        elif how == "looped":
            ends.append(v * v)
        elif how == "by rule":
            ends.append(leopard.where(np.ones(v.shape, bool), v, dtype(0)))
    ends.append(Does(replace)(Variable(np.ones(3))))
    if more:
        ends.append(s * dtype(2))
    ends.insert(0, Ends()(*ends))
    for y, generation in zip(ends, range(99, 0, -1), strict=False):  # they are walked in this order
        y.creator.generation = generation
    with using_config("compiled", compiled), np.errstate(all="ignore"):
        try:
            ends[0].backward()
        except Exception as error:
            assert x.grad is None
            return error
    return x


def cases_of_replacing(news):
    firsts = itertools.product(("repeated", "looped", "by rule", None), ("repeated", "looped", None))
    return itertools.product(kernels(), news, ("output", "input", "all"), firsts, (False, True))


def replace_by_anything():
    news = {
        "nothing": lambda a: None,
        "no elements": lambda a: np.ones((0,) * max(a.ndim, 1)),
        "a scalar": lambda a: np.ones(()),
        "one element": lambda a: np.ones((1,) * max(a.ndim, 1)),
        "more rows than there is memory": lambda a: np.broadcast_to(1.0, (10**14, *a.shape[1:])),
        "another type": lambda a: a.astype(np.float32),
        "integers": lambda a: np.ones(a.shape, int),
        "objects": lambda a: a.astype(object),
        "fields": lambda a: np.zeros(a.shape, [("a", "f8")]),
    }
    for kernel, new, *how in cases_of_replacing(news):
        print(f"{kernel}, {new} in {how}", flush=True)
        walk_while_replacing(kernels()[kernel], news[new], *how)


def replace_by_the_same_shape():
    news = {
        "nothing": lambda a: None,
        "float32": lambda a: a.astype(np.float32),
        "float64": lambda a: a.astype(np.float64),
        "integers": lambda a: np.ones(a.shape, int),
        "the same, backward": lambda a: np.flip(np.flip(a).copy()),
    }
    wrong = []
    for case in cases_of_replacing(news):
        kernel, new, *how = case
        for dtype in (np.float32, np.float64):
            x = walk_while_replacing(kernels()[kernel], news[new], *how, dtype)
            if isinstance(x, Exception):
                continue
            y = walk_while_replacing(kernels()[kernel], news[new], *how, dtype, compiled=False)
            gx, gy = getattr(x, "grad", x), getattr(y, "grad", y)
            if isinstance(gx, Variable) and isinstance(gy, Variable):
                right = gx.shape == gy.shape == (2, 3) and np.allclose(gx.data, gy.data, rtol=1e-3)
            else:
                right = gx is gy is None
            if not right:
                wrong.append((*case, dtype.__name__, gx, gy))
    assert not wrong, "\n".join([f"{len(wrong)} are wrong:", *map(repr, wrong[:: len(wrong) // 20 + 1])])


def test_data_may_be_replaced_by_anything_before_it_is_walked_through():
    assert run(
        program(kernels, walk_while_replacing, cases_of_replacing, replace_by_anything)
        + "replace_by_anything()"
    )


def test_a_gradient_in_the_shape_that_data_had_is_none_in_the_shape_that_they_have():
    def with_more_rows():
        for kernel, rows, more in itertools.product(("a loop", "a loop of two"), (3, 1000), (False, True)):
            how = "all", ("repeated", "looped"), more
            error = walk_while_replacing(kernels()[kernel], lambda a, rows=rows: np.ones((rows, 3)), *how)
            assert isinstance(error, (ValueError, RuntimeError)), (kernel, rows, more, error)

    survive(with_more_rows, using=[kernels, walk_while_replacing])


def test_gradients_through_replaced_data_of_the_same_shape_are_those_of_the_rules_or_an_error():
    survive(replace_by_the_same_shape, using=[kernels, walk_while_replacing, cases_of_replacing])


def test_data_may_be_replaced_while_a_rule_is_read_or_an_error_is_reported():
    def while_a_rule_is_read():
        class Doubles(Function):
            elementwise = True

            def forward(self, x):
                return x * 2

            def backward(self, gy):
                while waiting:
                    waiting.pop().data = np.ones(3)
                    taken.extend([np.ones((2, 2)) for _ in range(100)])  # in the place of what was let go
                return gy * 2.0

        for shape in ((), (300,), (200_000,)):
            x = Variable(np.ones(shape))
            y = Doubles()(x)
            waiting, taken = [y], []
            leopard._core.operation_of(Doubles).forget_recipes()
            try:
                leopard.sum(y).backward()
            except ValueError as error:
                assert "(2, 2)" not in str(error), error
            else:
                assert np.array_equal(x.grad.data, np.full(shape, 2.0))
            assert taken

    def while_trouble_is_told():
        def replace(kind, flag):
            s.data = new
            taken.extend([np.ones((2, 2)) for _ in range(100)])

        for new in (np.ones((3, 400)), np.ones(3), None, np.ones((3, 400), np.float32)):
            r = Variable(np.ones((3, 400)))
            s = r + np.ones((3, 400))
            first = leopard.sum(leopard.tanh(leopard.sqrt(Variable(np.zeros(500)))))
            second = leopard.sum(s)
            second.creator.generation = first.creator.generation  # it is walked before the trouble is told
            taken = []
            with np.errstate(all="call", call=replace):
                try:
                    (first + second).backward()
                except (ValueError, RuntimeError) as error:
                    assert "(2, 2)" not in str(error), error
                    assert new is None or new.shape != r.shape, error
                else:
                    assert np.array_equal(r.grad.data, np.ones((3, 400)))
            assert taken

    survive(while_a_rule_is_read, while_trouble_is_told)


def test_arrays_are_kept_while_another_thread_replaces_them():
    def during_a_product():
        """The other thread waits for the interpreter's lock; it has it when a product lets it go."""
        sys.setswitchinterval(100)

        def replace():
            gate.acquire()
            w.data = np.ones(3)

        for _ in range(3):
            memory = mmap.mmap(-1, 100 * 4000 * 8)  # its memory is unmapped when it is freed
            w, x = Variable(np.frombuffer(memory).reshape(100, 4000)), Variable(np.ones((4000, 100)))
            del memory
            y = leopard.sum(w @ x)
            gate = threading.Lock()
            gate.acquire()
            other = threading.Thread(target=replace)
            other.start()
            gate.release()
            try:
                y.backward()
            except ValueError:
                pass  # the gradient does not fit any more
            other.join()
            assert w.shape == (3,)

    survive(during_a_product)


# -- Lifetimes -----------------------------------------------------------------------------------


def test_freed_records_are_not_revived():
    def meet(reach):
        def callback(_):
            try:
                found.append(reach(f))
            except ReferenceError:
                found.append(None)

        y = Variable(np.ones(3)) * 2
        f, found, reference = y.creator, [], weakref.ref(y, callback)
        del y
        others = [Variable(np.full(3, 7.0)) for _ in range(10)]  # in the memory of the freed one
        assert len(found) == 1 and found[0] is None and reference() is None and others

    def by_their_creator():
        meet(lambda f: f.output)
        meet(lambda f: f.outputs[0]())

    survive(by_their_creator, using=[meet])


def test_functions_of_many_inputs_are_let_go():
    def of_a_thousand():
        class Total(Function):
            def forward(self, *xs):
                return sum(xs)

            def backward(self, gy):
                return (gy,) * len(self.inputs)

        for n in (1, 2, 3, 31, 32, 33, 34, 64, 65, 1000):
            before = leopard._core.count_records()
            xs = [Variable(np.ones(300)) for _ in range(n)]
            for make in (Total(), lambda *ys: leopard.concatenate(ys), lambda *ys: leopard.stack(ys)):
                z = make(*[x * 2.0 for x in xs])
                z.backward(retain_grad=True)
                for x in xs:
                    assert np.array_equal(x.grad.data, np.full(300, 2.0))
                    x.cleargrad()
            del xs, x, make, z
            gc.collect()
            assert leopard._core.count_records() <= before

    def of_three_in_a_cycle():
        class Three(Function):
            elementwise = True

            def forward(self, a, b, c):
                return a * b * c

            def backward(self, gy):
                a, b, c = self.inputs
                return gy * b * c, gy * a * c, gy * a * b

        class Named(Variable):
            pass

        for i in range(3):
            xs = [Variable(np.ones(300)), Variable(np.ones(300)), Variable(np.ones(300))]
            xs[i] = Named(np.ones(300))
            xs[i].result = Three()(*xs)
            leopard.sum(xs[i].result).backward()
            reference = weakref.ref(xs[i])
            del xs
            gc.collect()
            assert reference() is None, i

    survive(of_a_thousand, of_three_in_a_cycle)


def test_a_graph_may_be_cut_and_walked_while_a_walk_begins():
    def cut_by_a_collection():
        """During each of the first allocations of a walk; one that begins in a rule makes them all."""

        def cut(phase, info):
            y.unchain()

        def begin():
            nonlocal y
            for n, y in enumerate(waiting):
                gc.callbacks.append(cut)
                gc.set_threshold(gc.get_count()[0] + n)
                y.backward()
                gc.set_threshold(0)
                gc.callbacks.remove(cut)
                gc.collect()

        waiting = [leopard.exp(Variable(np.array(1.0))) * 2.0 for _ in range(8)]
        y = None
        gc.collect()
        gc.freeze()
        Does(begin)(Variable(np.ones(3))).backward()

    def walked_by_another_thread():
        """The second walk begins during an allocation of the first, and goes on until that has ended."""

        def stop():
            in_rule.set()
            go_on.wait(20)

        def begin(phase="start", info=None):
            if phase == "start" and not threads:
                threads.append(threading.Thread(target=second.backward))
                threads[0].start()
                in_rule.wait(20)

        in_rule, go_on, threads = threading.Event(), threading.Event(), []
        x = Variable(np.array(2.0))
        z = x * x * 1.0
        late = Variable(np.array(3.5)) * 2.0
        for _ in range(9):
            late = late * 1.0
        first, second = z * 1.0 + z * 2.0, Does(stop)(z * 1.0) + x * late
        long = Variable(np.array(1.0))
        for _ in range(140_000):
            long = long * 1.0
        long.backward()  # its slots are too many to be kept: the next walk makes new ones
        gc.collect()
        gc.freeze()
        gc.callbacks.append(begin)
        gc.set_threshold(gc.get_count()[0] + 1)
        first.backward()
        gc.set_threshold(0)
        begin()
        go_on.set()
        threads[0].join()
        assert x.grad.data == 12 + 4 + 7, x.grad

    survive(cut_by_a_collection, walked_by_another_thread)


def test_a_class_is_freed_with_its_functions():
    def make():
        class Own(Function):
            elementwise = True

            def forward(self, x):
                return x * 1

            def backward(self, gy):
                return gy * 1.0

        leopard.sum(Own()(Variable(np.ones(3)))).backward()
        return weakref.ref(Own)

    classes = [make() for _ in range(5)]
    gc.collect()
    assert [c() for c in classes] == [None] * 5


# -- Rules and recipes ---------------------------------------------------------------------------


def test_recipes_may_change_while_they_are_read():
    def emptied_by_the_rule():
        class Radians(Elementwise, listed=False):
            ufunc = np.deg2rad

            def backward(self, gy):
                Radians.operation.recipes.clear()
                return gy * 0.5

        for shape in ((), (3,)):
            x = Variable(np.ones(shape))
            Radians.operation(x).backward()
            assert np.array_equal(x.grad.data, np.full(shape, 0.5))

    def written_again():
        recipe = leopard.tanh.recipe("float64", 1)
        before = str(recipe)
        try:
            recipe.__init__(3, [1.0], [(np.add, (4, 3))], [5, 6, 6], "float64")
        except TypeError:
            pass
        assert str(recipe) == before
        x = Variable(np.ones(300))
        leopard.tanh(x).backward()
        assert np.allclose(x.grad.data, 1 - np.tanh(1) ** 2)

    survive(emptied_by_the_rule, written_again)


def test_lists_may_shrink_and_grow_while_a_recipe_is_made_of_them():
    class Acts:
        """A number that does something when it is read."""

        def __init__(self, act):
            self.act = act

        def __float__(self):
            self.act()
            return 1.0

        def __int__(self):
            self.act()
            return 0

    def constants_that_shrink():
        constants = [Acts(lambda: constants.clear()), *[2.0] * 20]
        recipe = Recipe(1, constants, [(np.multiply, (0, 3))], [4])
        assert str(recipe) == "r1 = multiply(gy, 1)\ngradient of x: r1"

    def results_that_shrink():
        results = [Acts(lambda: results.clear()), 0, 0]
        recipe = Recipe(3, [], [(np.negative, (0,))], results)
        assert str(recipe) == "r1 = negative(gy)\ngradient of x0: gy"

    def grow(constants, steps, results):
        """More steps, as one of these is read."""
        try:
            recipe = Recipe(1, constants, steps, results)
        except ValueError:
            return
        assert len(str(recipe).splitlines()) == 2

    def steps_that_grow_with_a_constant():
        steps = [(np.negative, (0,))]
        grow([Acts(lambda: steps.extend(steps * 1000))], steps, [4])

    def steps_that_grow_with_a_register():
        steps = [(np.negative, (Acts(lambda: steps.extend([(np.negative, (0,))] * 1000)),))]
        grow([], steps, [3])

    def steps_that_grow_with_a_result():
        steps = [(np.negative, (0,))]
        grow([], steps, [Acts(lambda: steps.extend(steps * 1000))])

    def results_that_grow():
        results = [Acts(lambda: results.extend([0] * 1000))]
        grow([], [(np.negative, (0,))], results)

    survive(
        constants_that_shrink,
        results_that_shrink,
        steps_that_grow_with_a_constant,
        steps_that_grow_with_a_register,
        steps_that_grow_with_a_result,
        results_that_grow,
        using=[Acts, grow],
    )


def test_a_recorded_walk_records_what_its_recipe_calls_and_nothing_else():
    def other_operations():
        for operation in (leopard.add, leopard.sum, leopard.sin, None, 3):
            recipe = Recipe(1, [], [(np.negative, (0,))], [3], "float64", (operation,))
            leopard.neg.recipes[:] = [recipe] * len(leopard.neg.recipes)
            for shape in ((), (3,)):
                x = Variable(np.ones(shape))
                try:
                    leopard.neg(x).backward(create_graph=True)
                except (TypeError, ValueError):
                    continue
                assert np.array_equal(x.grad.data, np.full(shape, -1.0)), (operation, x.grad)

    survive(other_operations)


def test_a_rule_may_catch_and_look_at_what_it_likes():
    def everything_is_caught():
        for caught in (Exception, BaseException):

            class Asks(Function):
                elementwise = True

                def forward(self, x):
                    return x * 1.0

                def backward(self, gy, caught=caught):
                    (x,) = self.inputs
                    try:
                        return gy * (5.0 if np.any(x.data > 1) else 3.0)
                    except caught:
                        return gy * 2.0

            for shape in ((), (3,)):
                x = Variable(np.full(shape, 4.0))
                Asks()(x).backward()
                assert np.array_equal(x.grad.data, np.full(shape, 5.0)), x.grad

    def the_value_of_a_number():
        class LogAddExp2(Elementwise, listed=False):
            ufunc = np.logaddexp2
            look = None

            def backward(self, gy):
                x0, x1 = self.inputs
                self.look(x0, x1)
                p = 1.0 / (1.0 + np.exp((x1 - x0) * np.log(2.0)))
                return gy * p, gy * (1.0 - p)

        looks = (lambda x0, x1: x1.data, lambda x0, x1: repr(x1), lambda x0, x1: x0 > x1, lambda x0, x1: None)
        for LogAddExp2.look in map(staticmethod, looks):
            LogAddExp2.operation.forget_recipes()
            x = Variable(np.ones(3, np.float32))
            LogAddExp2.operation(x, 5.0).backward()
            assert np.allclose(x.grad.data, 1 / 17), x.grad

    def a_value_that_is_computed_again():
        class Radians(Elementwise, listed=False):
            ufunc = np.deg2rad

            def forward(self, x):
                for v in watched:
                    v.data = None
                return np.deg2rad(x)

            def backward(self, gy):
                return gy * 0.5

        watched = []
        y = leopard.sum(Radians.operation(Variable(np.ones(300))))
        (h,) = y.creator.inputs
        watched.append(h)
        assert h.data is None

    survive(everything_is_caught, the_value_of_a_number, a_value_that_is_computed_again)


@pytest.mark.parametrize("inputs", [(1, 2, "a"), [None], (object,), (), 3, None], ids=repr)
def test_the_error_of_a_rule_is_raised_whatever_else_is_named_inputs(inputs):
    class Own(Function):
        def forward(self, x):
            return x * 1

        def backward(self, gy):
            raise KeyError("on purpose")

    Own.inputs = inputs
    with pytest.raises(KeyError, match="on purpose") as error:
        Own()(Variable(np.ones(3))).backward()
    assert "in Own.backward" in error.value.__notes__[0]


# -- Arrays, indices and options that are not what they seem -------------------------------------


def test_an_array_is_taken_for_what_it_is():
    def with_a_view_of_its_own():
        class Strange(np.ndarray):
            def view(self, *_):
                return 7

        class Gives(Function):
            def forward(self, x):
                return strange

            def backward(self, gy):
                return strange

        strange = np.ndarray.__new__(Strange, (3,))
        strange[...] = [1.0, 2.0, 3.0]
        x = Variable(strange)
        x.grad = strange
        y = Gives()(Variable(np.ones(3)))
        y.backward()
        for v in (x, x.grad, y, y.creator.inputs[0].grad):
            assert type(v.data) is np.ndarray
            assert np.array_equal((v * 2.0).data, [2.0, 4.0, 6.0])

    survive(with_a_view_of_its_own)


def test_arrays_may_have_more_axes_than_numpys_loops_know():
    def walk_back_to(a, index):
        x = Variable(a)
        y = x[index]
        leopard.sum(y * y).backward()
        wanted = np.zeros(a.size)
        np.add.at(wanted, np.arange(a.size).reshape(a.shape)[index].ravel(), 2 * a[index].ravel())
        assert np.array_equal(x.grad.data.ravel(), wanted), index

    def parts():
        a = np.arange(16.0).reshape(*[2] * 4 + [1] * 29)
        for index in (0, (..., 0), None, slice(1, 2), (slice(None, None, -1), None), (1, 0, 1, np.int64(1))):
            walk_back_to(a, index)

    def elements():
        a = np.arange(16.0).reshape(*[2] * 4 + [1] * 29)
        for compiled in (True, False):
            for index in ([0, 1], [1, 1], np.array([True, False]), ([0, 1], slice(None), [1, 1])):
                with using_config("compiled", compiled):
                    try:
                        walk_back_to(a, index)
                    except (ValueError, IndexError, NotImplementedError):
                        pass

    survive(parts, elements, using=[walk_back_to])


def test_an_index_may_change_what_it_is_an_index_of():
    def indices(bound):
        return slice(bound, 4), slice(0, bound), slice(0, 4, bound), (slice(bound, None), None), bound

    def by_another_array():
        class Bound:
            def __index__(self):
                x.data = np.ones(2)
                return 1

        for index, plain in zip(indices(Bound()), indices(1), strict=True):
            x = Variable(np.ones(5))
            y = x[index]
            assert np.array_equal(y.data, np.ones(5)[plain])
            x.data = np.ones(5)
            leopard.sum(y).backward()
            wanted = np.zeros(5)
            wanted[plain] = 1.0
            assert np.array_equal(x.grad.data, wanted), index

    def to_fewer_elements():
        class Bound:
            def __index__(self):
                a.resize((2,), refcheck=False)  # more would be too much for NumPy itself
                return 1

        for index in indices(Bound()):
            a = np.ones(2_000_000)
            wanted = a[index].shape
            a = np.ones(2_000_000)
            assert Variable(a)[index].shape == wanted, index

    survive(by_another_array, to_fewer_elements, using=[indices])


def test_a_shape_is_looked_at_before_a_sum():
    def of_no_such_shape():
        for x in (np.ones(1), np.ones((2, 3)), np.broadcast_to(2.0, (2, 3)), np.array(2.0), np.ones((0, 3))):
            for shape in ((0,), (5,), (2,), (0, 0), (1, 1, 1, 1), (-1,), (10**15,)):
                try:
                    y = leopard.sum_to(Variable(x), shape)
                except ValueError:
                    continue
                raise AssertionError((x.shape, shape, y))

    survive(of_no_such_shape)


@pytest.mark.parametrize("keepdims", [-1, 2, True, np.True_, np.int8(-3), "yes", 0, None], ids=repr)
def test_keepdims_is_true_or_false(keepdims):
    x = Variable(np.arange(48.0).reshape(3, 4, 4))
    for axis in (0, 1, (0, 2), -1):
        try:
            wanted = np.sum(x.data, axis, keepdims=keepdims)
        except TypeError as error:
            with pytest.raises(TypeError, match=str(error)):
                leopard.sum(x, axis, keepdims=keepdims)
            continue
        y = leopard.sum(x, axis, keepdims=keepdims)
        assert same(y.data, wanted)
        x.cleargrad()
        leopard.sum(y * y).backward()
        assert same(x.grad.data, np.broadcast_to(2 * np.sum(x.data, axis, keepdims=True), x.shape))


def test_a_gradient_may_have_any_layout():
    unaligned = np.zeros(9, np.uint8)[1:].view(np.float64).reshape(())
    for g in (unaligned, np.zeros((), ">f8"), np.zeros((), np.float32), np.zeros(3)[1:2].reshape(())):
        g[...] = 2.0
        for f in (leopard.sum, leopard.mean, lambda x: x[1], lambda x: x @ x, lambda x: leopard.tanh(x[0])):
            x, y = Variable(np.arange(1.0, 4.0)), Variable(np.arange(1.0, 4.0))
            f(x).backward()
            z = f(y)
            z.grad = g
            z.backward()
            assert same(y.grad.data, 2 * x.grad.data)


def test_what_a_function_was_called_with_may_change_afterwards():
    for f, option in (
        (leopard.reshape, [20, 20]),
        (leopard.broadcast_to, [2, 400]),
        (leopard.sum_to, [1]),
        (leopard.getitem, [1, 2, 3]),
        (leopard.getitem, np.array([1, 2, 3])),
        (lambda x, axes: leopard.transpose(x.reshape(20, 20), axes), [1, 0]),
        (lambda x, axes: x.reshape(20, 20).transpose(axes), [1, 0]),
        (lambda x, shape: x.reshape(shape), [20, 20]),
        (lambda x, mask: leopard.where(mask, x, 0.0), np.arange(400) % 2 == 0),
    ):
        gradients = []
        for change in (False, True):
            x = Variable(np.arange(400.0))
            wanted = f(x, option).data
            y = leopard.sum(f(x + 0, option) * 1)
            if change:
                option[:] = [0] * len(option)
            h = y.creator.inputs[0].creator.inputs[0]
            assert h.shape == wanted.shape
            assert same(h.data, wanted)
            y.backward()
            gradients.append(x.grad.data)
        assert same(*gradients)


def test_what_is_assigned_is_the_value():
    def assign(h):
        h.data = np.full(300, 5.0)

    def write(h):
        h.data[...] = 5.0

    def write_later(h):
        held.append(h.data)

    for change in (assign, write, write_later):
        x, held = Variable(np.ones(300)), []
        h = x + 1
        change(h)
        y = leopard.sum(h)
        del h
        for a in held:
            a[...] = 5.0
        (h,) = y.creator.inputs
        assert np.all(h.data == 5.0)
        leopard.sum(h * h).backward()
        assert np.all(x.grad.data == 10.0)


def test_an_array_used_again_has_nothing_of_its_first_user():
    for dtype in (np.float64, np.float32):
        x = Variable(np.ones(7, np.dtype(dtype, metadata={"secret": 1})))
        del x
        y = Variable(np.ones(7, dtype)) * dtype(2)
        assert y.data.dtype.metadata is None


# -- Trouble with numbers ------------------------------------------------------------------------


def trouble(call, *arguments):
    """What a call raises where all trouble is raised, or None."""
    with np.errstate(all="raise"):
        try:
            call(*arguments)
        except FloatingPointError as error:
            return str(error)


def test_a_floating_point_error_in_one_element_is_reported():
    def on_the_way_back():
        for shape in ((), (1,), (1, 1)):
            for take in (lambda x: x, lambda x: x[...], lambda x: x[None], lambda x: x.T[(0,) * x.ndim]):
                x, told = Variable(np.zeros(shape)), []
                y = take(leopard.sqrt(x))
                with np.errstate(divide="call", call=lambda *said, told=told: told.append(said)):
                    y.backward()
                assert len(told) == 1 and np.isinf(x.grad.data).all(), (shape, told, x.grad)

    survive(on_the_way_back)


@pytest.mark.parametrize("cls", ELEMENTWISE, ids=lambda cls: cls.__name__)
def test_floating_point_errors_in_float32_are_numpys(cls):
    numbers = [0.0, -1.0, 100.0, -110.0, 1e-30, 3e38, -np.inf, np.nan]
    for n, operands in itertools.product((1, 3, 300), itertools.product(numbers, repeat=cls.n_inputs)):
        arrays = [np.full(n, x, np.float32) for x in operands]
        told = trouble(cls.operation, *map(Variable, arrays))
        assert told == trouble(value_of(cls), *arrays), (n, operands)


def test_floating_point_errors_in_large_float32_arrays_are_reported():
    for number, kind in ((100.0, "overflow"), (-110.0, "underflow")):
        x = Variable(np.full(40_000, number, np.float32))
        assert trouble(leopard.exp, x) == f"{kind} encountered in exp"


@pytest.mark.parametrize("dtype, large", [(np.float64, 1e307), (np.float32, 1e37)])
def test_an_overflow_of_a_repeated_number_is_reported(dtype, large):
    for f in (
        lambda x: leopard.broadcast_to(x, (300,)),
        lambda x: leopard.broadcast_to(x, (10, 30)),
        lambda x: x + np.zeros(300, dtype),
    ):
        for shape, compiled in itertools.product(((), (1,)), (True, False)):
            y = f(Variable(np.ones(shape, dtype))) * dtype(large)
            with using_config("compiled", compiled):
                assert trouble(y.backward) == "overflow encountered in reduce"
    repeated = Variable(np.broadcast_to(dtype(large), (300,)))
    for shape in ((), (1,)):
        assert trouble(leopard.sum_to, repeated, shape) == "overflow encountered in reduce"


# -- NumPy's values, and one gradient on every path ----------------------------------------------


def test_a_number_with_float32_equals_what_numpy_makes_of_it():
    pairs = ((0.1, 0.1), (1e-300, 0.0), (16777217, 16777216.0), (0.1, 0.2))
    for f, (number, value) in itertools.product((np.maximum, np.minimum), pairs):
        slopes = []
        for options, compiled in (({}, True), ({}, False), ({"create_graph": True}, True)):
            x = Variable(np.full(5, value, np.float32))
            with using_config("compiled", compiled), np.errstate(under="ignore"):
                leopard.sum(f(x, number)).backward(**options)
            slopes.append(x.grad.data[0])
        assert len(set(slopes)) == 1, (f, number, value, slopes)
        assert (slopes[0] == 0.5) == (np.float32(value) == number), (f, number, value, slopes)


@pytest.mark.parametrize(
    "power", [-1, -2, 0, 1, 2, 3, 0.5, -1.0, 2.0, True, False, np.float64(0.5), np.int64(-1)], ids=repr
)
def test_powers_are_numpys_in_every_type(power):
    for dtype in (np.int64, np.int8, bool, np.float64, np.float32, np.complex128):
        if BEFORE_2_4 and dtype is bool and power == 2:
            continue  # was of int64, and is of int8
        for a in (np.array([0, 1, 3]).astype(dtype), np.array(2).astype(dtype)):
            with np.errstate(all="ignore"):
                try:
                    wanted = np.asarray(a**power)
                except (ValueError, TypeError) as error:
                    with pytest.raises(type(error)):
                        Variable(a) ** power
                else:
                    assert same((Variable(a) ** power).data, wanted), a


def test_a_truth_value_is_a_power():
    for power, slope in ((True, 1.0), (False, 0.0)):
        x = Variable(np.array([2.0, 3.0]))
        leopard.sum(x**power).backward()
        assert np.all(x.grad.data == slope)


def test_one_element_of_negative_stride_has_the_bits_of_numpys():
    def arccos():
        class Arccos(Elementwise, listed=False):
            ufunc = np.arccos

            def backward(self, gy):
                return None

        for v in np.linspace(-0.99, 0.99, 500).astype(np.float32):
            for a in (np.array([v]), np.array([v, v]), np.array([[v]])):
                assert np.array_equal(Arccos.operation(Variable(a[::-1])).data, np.arccos(a[::-1])), v

    survive(arccos)


def test_powers_of_scattered_numbers_have_the_bits_of_numpys():
    rng = np.random.default_rng(0)
    for _ in range(50):
        a = np.repeat(rng.normal(size=(64, 3)) + 1j * rng.normal(size=(64, 3)), 2, -1)[..., ::2]
        for power in (0.5, 2.0, 0.3):
            assert same(np.power(Variable(a), power).data, np.power(a, power))
        b = rng.uniform(size=1)[::-1]
        assert same(np.power(Variable(b), 0.3).data, np.power(b, 0.3))


def test_every_program_has_room_for_its_sums():
    class Reads(Function):
        """The rule reads all that there is, whatever it may mean."""

        elementwise = True

        def forward(self, a, b, c):
            return a + b + c

        def backward(self, gy):
            a, b, c = self.inputs
            y = self.output
            return gy * a * y, gy * b * y, gy * c * y

    rng = np.random.default_rng(0)
    arrays = rng.uniform(size=600)[::2], rng.uniform(size=300), rng.uniform(size=300)  # one has gaps
    for n_steps, n_more in itertools.product(range(48, 58), range(3)):
        xs = [Variable(a) for a in arrays]
        y, z = Reads()(*xs), Variable(rng.uniform(size=300))
        for _ in range(n_steps):
            z = z * 0.5
        for _ in range(n_more):
            z = -z
        total = leopard.sum(leopard.tanh(z))
        for v in (y, *xs):
            q = leopard.sum(v)
            q.creator.generation = n_steps + n_more + 1
            w = q * 3.0
            w.creator.generation = n_steps + n_more + 2
            total = total + w
        total.backward()
        for x in xs:
            np.testing.assert_allclose(x.grad.data, 3 * x.data * y.data + 3)


# -- Assignment ----------------------------------------------------------------------------------


def test_what_runs_in_the_middle_of_an_assignment_may_assign():
    def by_an_index():
        class Index:
            def __index__(self):
                x[1] = Variable(np.array(5.0))
                return 1

        for index, plain in (
            (slice(0, Index()), slice(0, 1)),
            (slice(None, None, Index()), slice(None)),
            ((Index(), ...), 1),
            (Index(), 1),
        ):
            a = np.array([0.0, 5.0, 1.0])
            a[plain] = 3.0
            x = Variable(np.zeros(3)) * 1.0
            x[2] = 1.0
            x[index] = 3.0
            assert np.array_equal(x.data, a), index
            (x * x).sum().backward()

    def by_a_number():
        class Number(int):
            def __float__(self):
                x[1] = Variable(np.array(5.0))
                return 3.0

            def __int__(self):
                return int(float(self))

            __index__ = __int__

        x = Variable(np.zeros(3)) * 1.0
        x[2] = 1.0
        x[0] = Number(3)
        assert x.data[1] in (0.0, 5.0) and x.data[2] == 1.0
        (x * x).sum().backward()

    def by_a_finalizer():
        class Last(Variable):
            def __del__(self):
                x[1] = 9.0
                str(x)

        for n in (3, 300):
            x = Variable(np.zeros(n)) * 1.0
            view = x[1:]
            for k in range(20):
                x[0] = Last(np.array(2.0)) * 1.0
                view[1] = view[0] * 2.0
                if k % 5 == 0:
                    x.unchain_backward()
            assert np.array_equal(view.data, x.data[1:])

    def by_a_rule():
        class Rule(Function):
            def forward(self, x):
                other[0] = Variable(np.array(3.0))
                return x * 1

            def backward(self, gy):
                other[1] = Variable(np.array(4.0))
                part[1] = other[1] * 2.0
                return gy

        for n, create_graph in itertools.product((4, 400), (False, True)):
            x = Variable(np.ones(n))
            other = Variable(np.ones(n)) * 1.0
            part = other[1:]
            (Rule()(x * 1.0) * x).sum().backward(create_graph=create_graph)
            assert np.array_equal(x.grad.data, np.full(n, 2.0))
            assert np.array_equal(part.data, other.data[1:]) and other.data[2] == 8.0

    survive(by_an_index, by_a_number, by_a_finalizer, by_a_rule)


def test_views_of_views_cost_no_stack():
    def assigned_to():
        x = Variable(np.ones(4)) * 1.0
        v = x
        for _ in range(30_000):
            v = v[0:]
        v[0] = Variable(np.array(2.0))
        x[1] = 3.0
        assert v.data.tolist() == x.data.tolist() == [2.0, 3.0, 1.0, 1.0]
        del v, x

    def all_held():
        views = [Variable(np.ones(4)) * 1.0]
        for _ in range(30_000):
            views.append(views[-1][0:])
        views[-1][0] = Variable(np.array(2.0))
        assert views[7].data[0] == 2.0
        views.reverse()
        del views[:-1]

    survive(assigned_to, all_held)


def test_the_collector_may_find_what_was_assigned_to():
    def cycles():
        class Own(Variable):
            pass

        for _ in range(100):
            x = Own(np.ones(3))
            x[0] = 1.0
            v = x[1:]
            v[0] = x.sum()
            u = Variable(np.ones(2)) * 1.0
            x.held = [x, v, u, weakref.ref(u, lambda r, x=x: x.data)]
            gone = weakref.ref(x)
        del x, v, u
        gc.collect()
        assert gone() is None

    def weak_references():
        for n in (4, 400):
            x = Variable(np.ones(n)) * 1.0
            z = x + 1.0
            x[0] = 5.0
            x = weakref.ref(x)
            gc.collect()
            assert x() is None or x().data[0] == 5.0
            del z
            gc.collect()
            assert x() is None

    survive(cycles, weak_references)
