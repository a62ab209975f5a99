"""Assignment to Variables: ``x[index] = v``, ``x += v``, through views, and NumPy's functions that do it."""

import copy
import gc
import pickle
import weakref

import numpy as np
import pytest

import leopard
from leopard import Function, Variable, _core, no_grad
from leopard._core import gradients
from tests.threads import in_threads


def test_the_old_value_is_read_before_and_the_new_one_after():
    x, v = Variable(np.array([1.0, 2.0, 3.0])), Variable(np.array(10.0))
    y = x * 1.0
    before = y**2
    y[1] = v
    after = y**2
    (before.sum() + 3 * after.sum()).backward()
    np.testing.assert_array_equal(y.data, [1.0, 10.0, 3.0])
    np.testing.assert_array_equal(x.grad.data, [2.0 + 6.0, 4.0, 6.0 + 18.0])
    assert v.grad.data == 60.0


def test_a_graph_from_before_gives_its_own_gradient_alone():
    x = Variable(np.array([1.0, 2.0]))
    loss = (x**3).sum()
    x[0] = 7.0
    loss.backward()
    assert x.grad is None  # x is another by now
    np.testing.assert_array_equal(x.creator.inputs[0].grad.data, [3.0, 12.0])


def test_what_a_leaf_has_become_keeps_its_gradient():
    x = Variable(np.array([1.0, 2.0]))
    x[0] = 5.0
    (x**2).sum().backward()
    np.testing.assert_array_equal(x.grad.data, [10.0, 4.0])
    np.testing.assert_array_equal(x.creator.inputs[0].grad.data, [0.0, 4.0])
    (x**2).sum().backward()  # a leaf's gradients add up
    np.testing.assert_array_equal(x.grad.data, [20.0, 8.0])
    x.cleargrad()
    assert x.grad is None


@pytest.mark.parametrize("n", [3, 1000])
def test_what_a_leaf_has_become_by_loops_keeps_its_gradient(n):
    x = Variable(np.ones(n))
    x *= 2.0
    (np.sin(x) ** 2).sum().backward()
    np.testing.assert_allclose(x.grad.data, 2 * np.sin(2.0) * np.cos(2.0))
    np.testing.assert_allclose(x.creator.inputs[0].grad.data, 4 * np.sin(2.0) * np.cos(2.0))


def test_a_new_version_of_an_intermediate_keeps_no_gradient_by_default():
    x = Variable(np.array([1.0, 2.0]))
    for retain in (False, True):
        y = x * 2.0
        y[0] = 5.0
        (y**2).sum().backward(retain_grad=retain)
        assert (y.grad is not None) == retain


def test_a_container_is_filled_by_elements():
    w = Variable(np.array(2.0))
    x = Variable(np.zeros(5))
    x[0] = w
    for i in range(1, 5):
        x[i] = x[i - 1] * w
    x.sum().backward()
    assert w.grad.data == 1 + 4 + 12 + 32 + 80


def test_the_array_that_a_variable_was_made_of_keeps_its_numbers():
    a = np.ones(3)
    x = Variable(a)
    x[0] = 2.0
    x += 1.0
    np.testing.assert_array_equal(a, np.ones(3))
    np.testing.assert_array_equal(x.data, [3.0, 2.0, 2.0])


def test_all_names_of_a_variable_see_an_update():
    x = Variable(np.ones(3))
    other = x
    x += 1.0
    assert other is x
    np.testing.assert_array_equal(other.data, 2.0 * np.ones(3))
    y = x * 1.0
    other = y
    y *= 3.0
    np.testing.assert_array_equal(other.data, 6.0 * np.ones(3))


def test_a_number_is_rebound_as_in_python():
    x = Variable(np.array(1.0))
    other = x
    x += 1.0
    assert other.data == 1.0 and x.data == 2.0
    x.backward()
    assert other.grad.data == 1.0


@pytest.mark.parametrize("operator", ["+=", "-=", "*=", "/=", "**=", "//=", "%="])
def test_each_operator_updates_as_numpy_does(operator):
    a, b = np.array([1.5, 2.5, -3.0]), np.array([2.0, 0.5, 3.0])
    x, y = Variable(a.copy()), Variable(b)
    with np.errstate(all="ignore"):
        held = x
        space = {"x": x, "y": y}
        exec(f"x {operator} y", space)
        wanted = {"x": a.copy(), "y": b}
        exec(f"x {operator} y", wanted)
    assert space["x"] is held
    np.testing.assert_array_equal(held.data, wanted["x"])


def test_a_product_of_matrices_updates():
    a = np.arange(4.0).reshape(2, 2)
    x = Variable(a.copy())
    held = x
    x @= Variable(2 * np.eye(2))
    np.testing.assert_array_equal(held.data, 2 * a)


def test_views_see_what_is_assigned_to_their_base():
    x = Variable(np.arange(6.0).reshape(2, 3)) * 1.0
    row, turned, flat, part = x[1], x.T, x.reshape(-1), x[:, 1:][0]
    x[1, 2] = 50.0
    x[0] = -1.0
    np.testing.assert_array_equal(row.data, [3.0, 4.0, 50.0])
    np.testing.assert_array_equal(turned.data, [[-1.0, 3.0], [-1.0, 4.0], [-1.0, 50.0]])
    np.testing.assert_array_equal(flat.data, [-1.0, -1.0, -1.0, 3.0, 4.0, 50.0])
    np.testing.assert_array_equal(part.data, [-1.0, -1.0])


def test_what_is_assigned_to_a_view_is_in_its_base_and_in_other_views():
    a = Variable(np.arange(6.0).reshape(2, 3))
    x = a * 1.0
    row, turned = x[1], x.T
    row[0] = 10 * a[0, 0] + 7.0
    turned[2, 1] = 20.0
    row *= 2.0
    np.testing.assert_array_equal(x.data, [[0.0, 1.0, 2.0], [14.0, 8.0, 40.0]])
    np.testing.assert_array_equal(row.data, [14.0, 8.0, 40.0])
    np.testing.assert_array_equal(turned.data, x.data.T)
    x.sum().backward()
    np.testing.assert_array_equal(a.grad.data, [[21.0, 1.0, 1.0], [0.0, 2.0, 0.0]])


def test_rows_that_are_iterated_over_can_be_assigned_to():
    w = Variable(np.array([1.0, 2.0]))
    x = Variable(np.zeros((2, 2)))
    for k, row in enumerate(x):
        row[k] = w[k] ** 2
        row += 1.0
    np.testing.assert_array_equal(x.data, [[2.0, 1.0], [1.0, 5.0]])
    (x**2).sum().backward()
    np.testing.assert_array_equal(w.grad.data, [2 * 2 * 2, 2 * 5 * 4])


def test_a_copy_is_no_view():
    x = Variable(np.ones(3)) * 1.0
    copies = [x.copy(), x[[0, 1, 2]], x + 0.0, np.where(True, x, 0.0), x.T.copy()]
    x[0] = 9.0
    for c in copies:
        np.testing.assert_array_equal(c.data, np.ones(3))


def test_a_view_of_a_view_outlives_the_one_between():
    for n in (6, 600):
        x = Variable(np.arange(float(n))) * 1.0
        view = x[1:]
        view[0] = 50.0
        view = view[1:]
        view[0] = 60.0
        x[3] = 70.0
        np.testing.assert_array_equal(x.data[:5], [0.0, 50.0, 60.0, 70.0, 4.0])
        np.testing.assert_array_equal(view.data[:3], [60.0, 70.0, 4.0])


@pytest.mark.parametrize("order", ["C", "F"])
def test_a_view_that_was_assigned_to_shares_memory_with_its_base(order):
    x = Variable(np.zeros((2, 3), order=order))
    rows, whole = x[1:], x.T.reshape(-1) if order == "F" else x.reshape(-1)
    rows[0, 0] = Variable(np.array(1.0))
    x += np.zeros((3, 2)).T
    whole[5] = Variable(np.array(2.0))
    with no_grad():
        rows[0, 1] = 3.0
        whole[0] = 4.0
        x[0, 1] = 5.0
    rows.data[0, 0] = 6.0
    np.testing.assert_array_equal(x.data, [[4.0, 5.0, 0.0], [6.0, 3.0, 2.0]])
    np.testing.assert_array_equal(rows.data, x.data[1:])
    np.testing.assert_array_equal(whole.data, x.data.reshape(-1, order=order))


def test_parts_of_complex_numbers_are_views():
    z = Variable(np.ones(2) + 2j) * 1.0
    real, imag = np.real(z), z.imag
    z[0] = 5.0 + 6j
    np.testing.assert_array_equal([real.data, imag.data], [[5.0, 1.0], [6.0, 2.0]])
    with pytest.raises(TypeError, match="assign to the array"):
        real[0] = 1.0


def test_plus_is_a_copy():
    x = Variable(np.ones(2))
    y = +x
    x[0] = 5.0
    np.testing.assert_array_equal(y.data, [1.0, 1.0])


@pytest.mark.parametrize("n", [4, 400])
def test_what_is_cut_off_or_given_other_data_is_a_view_no_longer(n):
    def unchain(v):
        v.unchain()

    def unchain_behind(v):
        (v * 2.0).unchain_backward()

    def replace(v):
        v.data = v.data.copy()

    for cut in (unchain, unchain_behind, replace):
        for first in (False, True):
            x = Variable(np.ones(n)) * 1.0
            v = x[1:]
            if first and cut is not unchain_behind:
                v[1] = 3.0
            cut(v)
            v[0] = Variable(np.array(2.0))
            assert v.data[0] == 2.0 and x.data[1] == 1.0
            x[2] = 4.0
            assert v.data[1] == (3.0 if first and cut is not unchain_behind else 1.0)


def test_a_view_whose_array_is_freed_is_an_error():
    x = Variable(np.ones(3000)) * 1.0
    view = x[1:]
    x[1] = 5.0
    del x
    with pytest.raises(RuntimeError, match="take the view"):
        view + 1.0


def test_a_view_of_an_unreferenced_base_can_be_assigned_to():
    a = Variable(np.arange(4.0))
    view = (a * 2.0)[1:]
    other = view[1:]
    view[1] = 100.0
    np.testing.assert_array_equal(view.data, [2.0, 100.0, 6.0])
    np.testing.assert_array_equal(other.data, [100.0, 6.0])
    (view**2).sum().backward()
    np.testing.assert_array_equal(a.grad.data, [0.0, 8.0, 0.0, 24.0])


def test_a_view_that_was_not_recorded_takes_no_recorded_assignment():
    x = Variable(np.arange(4.0)) * 1.0
    with no_grad():
        view, number, copied = x[1:], x[1], x[1:].copy()
        view[0] = 7.0
    assert x.data[1] == 7.0
    for assign in (lambda: view.__setitem__(0, 1.0), lambda: view.__iadd__(x[0])):
        with pytest.raises(TypeError, match="nothing was recorded"):
            assign()
    copied[0] = x[0]
    number += x[0]
    view.data = np.zeros(3)
    view[0] = x[3]
    np.testing.assert_array_equal(x.data, [0.0, 7.0, 2.0, 3.0])


def test_a_view_that_no_index_made_cannot_be_assigned_to():
    x = Variable(np.ones((2, 2))) * 1.0
    with pytest.raises(ValueError, match="read-only"):
        np.broadcast_to(x, (3, 2, 2))[0, 0, 0] = 1.0

    class Same(Function):
        def forward(self, x):
            return x

        def backward(self, gy):
            return gy

    same = Same()(x)
    with pytest.raises(TypeError, match="assign to the array"):
        same[0] = 1.0
    np.testing.assert_array_equal(x.data, np.ones((2, 2)))


def test_a_view_of_a_function_of_several_is_no_view_of_freed_data():
    class First(Function):
        def forward(self, x0, x1):
            return x0[1:]

        def backward(self, gy):
            return None, None

    view = First()(Variable(np.ones(3)), Variable(np.ones(3)))
    view.data = np.zeros(2)
    view[0] = 5.0
    np.testing.assert_array_equal(view.data, [5.0, 0.0])


def test_what_a_function_was_called_with_is_not_assigned_to():
    x = Variable(np.ones(3))
    f = (x * x).creator
    x[0] = 5.0
    for change in (lambda v: v.__setitem__(0, 1.0), lambda v: v.__iadd__(1.0), lambda v: np.exp(v, out=v)):
        with pytest.raises(RuntimeError, match="an earlier version"):
            change(f.inputs[0])
    np.testing.assert_array_equal(f.inputs[0].data, np.ones(3))
    y = x * np.ones(3)
    z = Variable(np.ones(300)) * 1.0
    f = (z + 1.0).creator
    del z
    z = f.inputs[0]  # which nobody but Functions had
    z[0] = 5.0
    np.testing.assert_array_equal(z.data[:2], [5.0, 1.0])
    np.testing.assert_array_equal(y.data, [5.0, 1.0, 1.0])


def test_a_rule_in_python_reads_what_its_function_was_called_with():
    class Square(Function):
        def forward(self, x):
            return x**2

        def backward(self, gy):
            (x,) = self.inputs
            return 2 * x * gy

    class Exp(Function):
        def forward(self, x):
            return np.exp(x)

        def backward(self, gy):
            return gy * self.outputs[0]()

    x = Variable(np.array([1.0, 2.0]))
    y, z = Square()(x), Exp()(x)
    held = np.exp(x.data)
    x[0], z[:] = 100.0, 0.0
    y.sum().backward(create_graph=True)
    first = x.creator.inputs[0].grad
    np.testing.assert_array_equal(first.data, [2.0, 4.0])
    z.creator.inputs[0].sum().backward()
    np.testing.assert_allclose(x.creator.inputs[0].grad.data, np.array([2.0, 4.0]) + held)


def test_assignment_is_differentiated_to_any_order():
    x = Variable(np.array([0.5, 1.5]))
    y = x * 1.0
    y[0] = x[1] ** 3
    y *= y
    g = y.sum()  # x1**6 + x1**2
    for wanted in (6 * 1.5**5 + 3.0, 30 * 1.5**4 + 2, 120 * 1.5**3, 360 * 1.5**2):
        x.cleargrad()
        g.backward(create_graph=True)
        g = x.grad[1]
        np.testing.assert_allclose(g.data, wanted, rtol=1e-14)


def test_elements_named_twice_take_the_last():
    v = Variable(np.array([1.0, 2.0, 3.0]))
    x = Variable(np.zeros(2))
    x[[0, 0, 1]] = v
    (x * np.array([10.0, 1.0])).sum().backward()
    np.testing.assert_array_equal(v.grad.data, [0.0, 10.0, 1.0])


def test_a_list_of_variables_is_assigned_as_their_stack():
    v = Variable(np.array(2.0))
    x = Variable(np.zeros((2, 2)))
    x[0] = [v, 1.0]
    x[1, :] = (v * v, v)
    x.sum().backward()
    assert v.grad.data == 1 + 4 + 1


def test_an_index_may_be_a_variable():
    x = Variable(np.zeros(3)) * 1.0
    x[Variable(np.array(1))] = 5.0
    x[Variable(np.array([True, False, False]))] = 3.0
    np.testing.assert_array_equal(x.data, [3.0, 5.0, 0.0])


@pytest.mark.parametrize(
    ("index", "value", "error"),
    [
        (5, 1.0, IndexError),
        ((0, 0), 1.0, IndexError),
        (slice(None), np.ones(2), ValueError),
        ([0, 9], 1.0, IndexError),
    ],
)
def test_an_assignment_that_numpy_refuses_changes_nothing(index, value, error):
    x = Variable(np.arange(3.0)) * 1.0
    for _ in range(2):  # the second time x has been assigned to, and is written into
        with pytest.raises(error):
            x[index] = value
        np.testing.assert_array_equal(x.data[1:], [1.0, 2.0])
        x[0] = 8.0
    x.sum().backward()


def test_what_an_update_refuses_is_what_numpy_refuses():
    x = Variable(np.ones(2))
    with pytest.raises(ValueError, match="non-broadcastable output operand with shape"):
        x += np.ones((3, 2))
    whole = Variable(np.ones(2, int))
    with pytest.raises(TypeError, match="Cannot cast .* with casting rule 'same_kind'"):
        whole += 0.5
    whole += 1
    assert whole.dtype == int and whole.data.tolist() == [2, 2]
    single = Variable(np.ones(2, np.float32))
    single += np.ones(2)
    assert single.dtype == np.float32


def test_under_no_grad_the_array_itself_is_written():
    a = np.zeros(3)
    x = Variable(a)
    view = x[1:]
    with no_grad():
        x[0] = 1.0
        x += 1.0
        view[0] = 9.0
    assert x.creator is None
    np.testing.assert_array_equal(a, [2.0, 9.0, 1.0])
    assert x.data is a


def test_what_is_no_number_cannot_be_assigned():
    x = Variable(np.zeros(3)) * 1.0
    for wrong in ("text", None, object()):
        with pytest.raises(TypeError, match=type(wrong).__name__):
            x[0] = wrong


def test_read_only_data_cannot_be_assigned_to():
    a = np.zeros(3)
    a.flags.writeable = False
    x = Variable(a)
    for on in (True, False):
        with leopard.using_config("enable_backprop", on), pytest.raises(ValueError, match="read-only"):
            x[0] = 1.0


def test_a_variable_without_data_cannot_be_assigned_to():
    x = Variable(None)
    with pytest.raises((ValueError, TypeError)):
        x[0] = 1.0
    with pytest.raises((NotImplementedError, TypeError)):
        del x[0]


def test_names_copies_and_pickles_are_of_what_it_is_now():
    x = Variable(np.zeros(2), name="x")
    x[0] = 1.0
    assert x.name == "x"
    x.name = "y"
    x[1] = 2.0
    assert x.name == "y" and repr(x) == "variable([1. 2.])" and len(x) == 2 and x.shape == (2,)
    again = pickle.loads(pickle.dumps(x))
    assert again.name == "y" and again.data.tolist() == [1.0, 2.0]
    for copied in (copy.copy(x), copy.deepcopy(x)):
        assert copied.data.tolist() == [1.0, 2.0] and copied.creator is None
    x.name = None
    assert x.name is None


def test_unchaining_cuts_what_it_has_become():
    x = Variable(np.zeros(2))
    w = Variable(np.array(3.0))
    x[0] = w
    x.unchain()
    x.sum().backward()
    assert w.grad is None and x.grad.data.tolist() == [1.0, 1.0]
    y = w * np.ones(3)
    y[1] = 0.0
    z = y * 2
    z.unchain_backward()
    z.sum().backward()
    assert w.grad is None


def test_what_became_a_leaf_keeps_its_gradient():
    a = Variable(np.ones(2))
    x = a * 1.0
    x[0] = 2.0
    x.unchain()
    x[1] = 3.0
    (x * x).sum().backward()
    np.testing.assert_array_equal(x.grad.data, [4.0, 6.0])
    assert a.grad is None


def test_existing_views_have_the_present_values():
    x = Variable(np.array([1, 2]))
    x[0] = Variable(np.array(7))
    np.testing.assert_array_equal(~x, [-8, -3])
    x.__init__(np.zeros(2), "x")
    assert x.data.tolist() == [0.0, 0.0] and x.name == "x"
    x.__setstate__((np.ones(3), None, "y", None, {}))
    assert x.data.tolist() == [1.0] * 3 and x.name == "y"
    x.data = None
    assert repr(x) == "variable(None)"


def test_leaves_that_are_referenced_elsewhere_are_reported():
    x, p, q = (Variable(np.ones(3)) for _ in range(3))
    p[0] = 1.0
    assert gradients([(x * p).sum()], [1.0], [x])[1]
    w = q * q * q
    q[0] = w.sum()
    y = (x * w).sum()
    assert gradients([y], [1.0], [x])[1]
    del q, p
    assert not gradients([y], [1.0], [x])[1]


def test_a_subclass_can_be_assigned_to():
    class Parameter(Variable):
        pass

    p = Parameter(np.array([1.0, 2.0]))
    q = (p * p).sum()
    p[0] = q
    (p * p).sum().backward()
    assert type(p) is Parameter
    np.testing.assert_array_equal(p.grad.data, [10.0, 4.0])
    np.testing.assert_array_equal(p.creator.inputs[0].grad.data, [10 * 2.0, 10 * 4.0 + 4.0])
    gone = weakref.ref(p)
    del p, q
    gc.collect()
    assert gone() is None


def programs():
    def from_itself(x):
        x[1:] += x[:-1]
        x[x > 0] *= 2.0
        return x

    def from_before(x):
        y = x * 2.0
        z = y * y
        y[0] = 1.0
        y[1] = z[0]
        return y

    def one_from_the_other(x):
        y, z = x * 2.0, x * 3.0
        u, w = y * y, z * z
        y[0] = w.sum()
        z[0] = u.sum()
        y[1] = z.sum()
        return y

    def view_from_itself(x):
        v = x[1:]
        w = v * v
        v[0] = 1.0
        x[0] = w.sum()
        v += x[1:] * w
        return v

    def view_that_is_read(x):
        v = x[1:]
        w = v * v
        x[0] = w.sum()
        return x + v.sum()

    def whole_from_a_view_of_nobody(x):
        v = (x * 1.0)[1:]
        w = v * v
        v[0] = 1.0
        v *= w
        return v

    def views(x):
        rows = (x * 1.0).reshape(2, -1)
        for row in rows:
            row[0] = row[1] ** 2
            row -= row[::-1]
        return rows.T

    def filled(x):
        y = Variable(np.zeros(x.size))
        for i in range(x.size):
            y[i] = x[i] + y[i - 1]
        return y

    of_views = [view_from_itself, view_that_is_read, whole_from_a_view_of_nobody, views]
    return [from_itself, from_before, one_from_the_other, *of_views, filled]


@pytest.mark.parametrize("program", programs(), ids=lambda f: f.__name__)
@pytest.mark.parametrize("n", [4, 512])  # small arrays are owned, large ones lent
def test_nothing_is_left_behind_without_the_collector(program, n):
    def run():
        x = Variable(np.linspace(-1, 1, n)) * 1.0
        y = program(x)
        (y * y).sum().backward()

    run()
    gc.collect()
    gc.disable()
    try:
        before = _core.count_records()
        for _ in range(5):
            run()
        assert _core.count_records() == before
    finally:
        gc.enable()


def test_a_cycle_that_is_too_large_to_look_for_is_left_to_the_collector():
    def run():
        x = Variable(np.ones(3)) * 1.0
        y = x.sum()
        for _ in range(3000):
            y = y * 1.0
        x[0] = y
        x[1] = y * y
        x.sum().backward()
        return weakref.ref(x)

    run()
    gc.collect()
    before = _core.count_records()
    gone = [run() for _ in range(3)]
    gc.collect()
    assert [r() for r in gone] == [None] * 3
    assert _core.count_records() == before


def test_a_loop_of_assignments_grows_as_it_should():
    """Each is written into the array of the one before: no copy, no look at all that came before."""

    def steps(n):
        x = Variable(np.zeros(n))
        x[0] = 1.0
        for i in range(1, n):
            x[i] = x[i - 1] * 1.0
        held = [v for v in (x.creator.inputs[0],) if _core.holds_value(v)]
        return held

    assert steps(1000) == []  # the one before holds no array of its own


def test_a_loop_over_rows_looks_at_no_more_than_is_new():
    x, y = (Variable(np.ones((2000, 2))) * 1.0 for _ in range(2))
    for r, q in zip(x, y, strict=True):
        s = r.sum() + q.sum()
        r /= s
        q *= r
    assert not _core.is_tracked(x) and not _core.is_tracked(y)


def test_threads_assign_to_elements_of_one():
    x = Variable(np.zeros((4, 20_000))) * 1.0

    def work(k):
        row = x[k]
        for i in range(10):
            row[i] = Variable(np.array(1.0)) * 1.0
            x[k, 100 + i] = 1.0

    in_threads(work)
    assert x.data.sum() == 80.0


def test_threads_assign_to_variables_of_their_own():
    def work(k):
        for _ in range(30):
            x = Variable(np.arange(5.0) + k) * 1.0
            v = x[1:]
            v *= 2.0
            x[0] = v[0]
            loss = (x * x).sum()
            loss.backward()
            want = np.arange(5.0) + k
            want[1:] *= 2
            want[0] = want[1]
            np.testing.assert_array_equal(x.data, want)

    in_threads(work)


@pytest.mark.parametrize("create_graph", [False, True])
@pytest.mark.parametrize("assign", ["element", "whole", "in place", "through a view"])
def test_a_gradient_that_is_retained_is_that_of_what_it_has_become(assign, create_graph):
    x = Variable(np.array([1.0, 2.0, 3.0]))
    y = x * 2.0
    y.retain_grad()
    view = y[1:]
    if assign == "element":
        y[0] = 0.0
    elif assign == "whole":
        y[...] = x * 5.0
    elif assign == "in place":
        y *= 3.0
    else:
        view[0] = x[0]
    np.sum(y * y).backward(create_graph=create_graph)
    np.testing.assert_array_equal(y.grad.data, 2 * y.data)
    y.cleargrad()
    y[2] = 1.0
    y[1] = 1.0
    np.sum(y * y * y).backward()
    np.testing.assert_array_equal(y.grad.data, 3 * y.data**2)
