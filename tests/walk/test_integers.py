"""Integers and truth values: gradients are float64, the slopes of the same formula over the reals."""

import copy

import numpy as np
import pytest

import leopard
from leopard import Function, Variable, using_config
from leopard._core import gradients, tangents
from tests.laws import same

each_way = pytest.mark.parametrize(
    "compiled, create_graph", [(True, False), (False, False), (True, True), (False, True)]
)
FLOATS, TABLE = np.array([0.5, 1.5]), [[1, 2, 3], [4, 5, 6]]


def slopes(f, *data, compiled=True, create_graph=False):
    """The gradients of the sum of a function of integers, None where there is none; all are float64."""
    xs = [Variable(np.array(x)) for x in data]
    with using_config("compiled", compiled):
        f(*xs).backward(create_graph=create_graph)
    assert all(x.grad is None or (x.grad.dtype, x.grad.shape) == (np.float64, x.shape) for x in xs)
    return [None if x.grad is None else x.grad.data.tolist() for x in xs]


ARITHMETIC = [
    (lambda x: x * 0.5, [3], [0.5]),
    (lambda x: x * x, [3], [6.0]),
    (lambda x: x**3, [3], [27.0]),
    (lambda x: x**-1.0, [2], [-0.25]),
    (lambda x: 1 / x, [[2, 4]], [[-0.25, -0.0625]]),
    (np.reciprocal, [[2, 4]], [[-0.25, -0.0625]]),
    (lambda x: x * 2.5, [True], [2.5]),
    (lambda x: x + FLOATS, [[1, 2]], [[1.0, 1.0]]),
    (lambda x: FLOATS - x * FLOATS, [[1, 2]], [[-0.5, -1.5]]),
    (lambda x, y: x + y, [[1, 2, 3], [10]], [[1.0] * 3, [3.0]]),
    (lambda x, y: x**y, [[2, 3], [0, 2]], [[0.0, 6.0], [np.log(2), 9 * np.log(3)]]),
    (lambda x: np.sum(np.sin(x), 0), [TABLE], [np.cos(TABLE).tolist()]),
    (lambda x: x.reshape(6).T.sum(), [TABLE], [np.ones((2, 3)).tolist()]),
    (lambda x: np.mean(x.T, 0), [TABLE], [np.full((2, 3), 1 / 3).tolist()]),
    (lambda x, y: x @ y, [TABLE, [1, 2, 3]], [[[1.0, 2.0, 3.0]] * 2, [5.0, 7.0, 9.0]]),
    (lambda x: x[[0, 0, 1]] * 2, [[1, 2]], [[4.0, 2.0]]),
    (lambda x: np.maximum(x, 2), [[1, 2, 3]], [[0.0, 0.5, 1.0]]),
    (np.prod, [[100, 200, 10**17, 0]], [[0.0, 0.0, 0.0, 2e21]]),
    (lambda x: x % 3, [7], [1.0]),
    (lambda x: x * 2, [np.uint8(200)], [2.0]),
    (lambda x: abs(x * (3 + 4j)), [2], [5.0]),
    (np.ldexp, [[1.0, 2.0], [1, 2]], [[2.0, 4.0], [2 * np.log(2), 8 * np.log(2)]]),
]


@each_way
@pytest.mark.parametrize("f, data, wanted", ARITHMETIC)
def test_arithmetic_is_over_the_reals(f, data, wanted, compiled, create_graph):
    found = slopes(f, *data, compiled=compiled, create_graph=create_graph)
    for g, w in zip(found, wanted, strict=True):
        np.testing.assert_allclose(g, w, rtol=1e-14)


@each_way
def test_what_overflows_has_the_slope_of_its_formula(compiled, create_graph):
    (g,) = slopes(np.prod, np.array([200, 200, 2], np.uint8), compiled=compiled, create_graph=create_graph)
    assert g == [400.0, 400.0, 40000.0]
    assert slopes(lambda x: x * x, np.int8(100), compiled=compiled, create_graph=create_graph) == [200.0]


CASTS = [
    (lambda x: np.astype(x, int) * 2.0, 3.7, None),
    (lambda x: np.astype(x, float) * 2.0, 3, 2.0),
    (lambda x: np.astype(x, np.int8) * 2.0, 3, 2.0),
    (lambda x: np.astype(x, int) * 2.0, True, 2.0),
    (lambda x: np.astype(x, bool) * 2.0, 3, None),
    (lambda x: x // 2 * 1.0, 3, None),
    (lambda x: np.sum(x, dtype=int) * 1.0, 3.5, None),
    (lambda x: np.astype(x, int) * 2.0 + x, 3.7, 1.0),
    (lambda x: np.astype(np.log(x), int) * 1.0 + x, 1e-300, 1.0),
    (lambda x: np.astype(x * 0.5, int) * 1.0 + x, 3, 1.0),
]


@each_way
@pytest.mark.parametrize("f, x, wanted", CASTS)
def test_a_cast_to_integers_has_the_slope_0_and_one_from_them_the_slope_1(
    f, x, wanted, compiled, create_graph
):
    assert slopes(f, x, compiled=compiled, create_graph=create_graph) == [wanted]


CHOICES = [
    (lambda x, i: x[i], [[1.0, 2.0, 3.0], [0, 0, 2]], [[2.0, 0.0, 1.0], None]),
    (lambda x, m: x[m], [[1.0, 2.0, 3.0], [True, False, True]], [[1.0, 0.0, 1.0], None]),
    (lambda x, i: np.take(x, i), [[1.0, 2.0], [1, 1]], [[0.0, 2.0], None]),
    (lambda x, n: np.repeat(x, n), [[1, 2], [2, 3]], [[2.0, 3.0], None]),
    (lambda c, x, y: np.where(c, x, y), [[True, False], [1, 2], [3, 4]], [None, [1.0, 0.0], [0.0, 1.0]]),
    (lambda i, x: np.choose(i, [x, 2 * x]), [[0, 1], [3, 4]], [None, [1.0, 2.0]]),
    (lambda x, n: x * (n & 6) * (n << 1) * (n > 3), [2, 5], [40.0, None]),
]


@pytest.mark.parametrize("f, data, wanted", CHOICES)
def test_what_chooses_takes_no_gradient(f, data, wanted):
    assert slopes(f, *data) == wanted


def assigned(x, v):
    x = x * 1
    x[0] = v
    return x * 2.0


@each_way
@pytest.mark.parametrize(
    "x, v, wanted",
    [([1, 2], 5.5, [[0.0, 2.0], None]), ([1, 2], 5, [[0.0, 2.0], 2.0]), ([1.0, 2.0], 5, [[0.0, 2.0], 2.0])],
)
def test_what_is_assigned_to_integers_is_cast(x, v, wanted, compiled, create_graph):
    assert slopes(assigned, x, v, compiled=compiled, create_graph=create_graph) == wanted


def test_a_leaf_of_integers_keeps_its_gradient_as_it_is_assigned_to():
    x = Variable(np.array([1, 2]))
    x[0] = 7
    (x * x).sum().backward()
    assert x.grad.data.tolist() == [14.0, 4.0]
    assert x.creator.inputs[0].grad.data.tolist() == [0.0, 4.0]


def test_derivatives_of_integers_are_differentiated_again():
    x = Variable(np.array(3))
    y, wanted = x**3, [27.0, 18.0, 6.0]
    for slope in wanted:
        y.backward(create_graph=True)
        y = x.grad
        assert same(y.data, np.array(slope))
        x.cleargrad()


def test_gradients_add_up_and_may_be_set():
    for value in (3, [3, 4]):
        x = Variable(np.array(value))
        x.grad = np.full(x.shape, 0.25)
        (x * 2).backward()
        (x * 0.5).backward(create_graph=True)
        for v in (x, copy.deepcopy(x)):
            assert same(v.grad.data, np.full(x.shape, 2.75))


def test_gradients_between_are_kept_and_hooked():
    x = Variable(np.array([3, 4]))
    y = x * x
    y.register_hook(lambda g: 10 * g)
    x.register_hook(lambda g: g + 0.5)
    (y * 2).backward(retain_grad=True)
    assert same(y.grad.data, np.array([20.0, 20.0]))
    assert same(x.grad.data, np.array([120.5, 160.5]))
    x.register_hook(lambda g: np.array([1, 2]))
    with pytest.raises(ValueError, match="gradient of int64"):
        (x * 2).backward()


def test_a_walk_starts_from_integers():
    x = Variable(np.array([1, 2]))
    y = x * 3
    y.backward(gradient=np.array([1, 0.5]))
    assert same(x.grad.data, np.array([3.0, 1.5]))
    x.cleargrad()
    x.backward(gradient=np.array([1, 2]))
    assert same(x.grad.data, np.array([1.0, 2.0]))
    leaf = Variable(np.array(True))
    leaf.backward()
    assert same(leaf.grad.data, np.array(1.0))
    with pytest.raises(TypeError, match="numbers, not <U1"):
        Variable(np.array("a")).backward()


def test_gradients_between_given_variables():
    x = Variable(np.array([1, 2]))
    y = x * 3
    (gx, gy), _ = gradients([y * x], [np.ones(2)], [x, y])
    assert same(gx.data, np.array([3.0, 6.0]))
    assert same(gy.data, np.array([1.0, 2.0]))
    (rows,), _ = gradients([y * y], [np.eye(2)], [x], batched=True)
    assert same(rows.data, np.diag([18.0, 36.0]))
    with pytest.raises(TypeError, match="floating-point"):
        tangents([y], [x], [np.ones(2)])


def test_transforms_lead_back_to_integers_that_they_close_over():
    w, x, v = Variable(np.array([2, 3])), np.array([1.0, 2.0]), np.array([1.0, 10.0])

    def f(x):
        return np.sum(x * x * w) + np.sum(np.astype(x, int) * w)

    for found, wanted in [
        (leopard.grad(f)(x), [2.0, 4.0]),
        (leopard.jvp(f, (x,), (v,))[1], [2.0, 40.0]),
        (leopard.vjp(f, x)[1](2.0)[0], [4.0, 8.0]),
        (leopard.jacobian(f)(x), [2.0, 4.0]),
        (leopard.hessian(f)(x), [2.0, 2.0]),
    ]:
        w.cleargrad()
        found.sum().backward()
        assert same(w.grad.data, np.array(wanted))


def test_integers_of_what_is_differentiated_become_numbers():
    def f(x):
        n = np.astype(x, int)
        return x * float(n) * int(n) * (n + 1) * abs(complex(n))

    assert leopard.grad(f)(2.5) == 24.0
    with pytest.raises(TypeError, match="stored"):
        np.zeros(2)[0] = Variable(np.array(3))


def test_transforms_by_integers_say_what_to_write():
    with pytest.raises(TypeError, match=r"write 3\.0"):
        leopard.grad(lambda x: x * x)(3)
    with pytest.raises(TypeError, match="floating"):
        leopard.grad(lambda x: np.sum(x * x))(np.array([1, 2]))


class Cube(Function):
    def forward(self, x):
        return x**3

    def backward(self, gy):
        (x,) = self.inputs
        return 3 * gy * x**4 * x**-2


class ReadCube(Cube):
    elementwise = True

    def forward(self, x):
        return x**3


class CubeOfValues(Cube):
    def backward(self, gy):
        x = self.inputs[0].data
        assert x.dtype == np.float64
        return gy * 3 * x**4 * x**-2


@each_way
@pytest.mark.parametrize("cls", [Cube, ReadCube, CubeOfValues])
def test_rules_of_ones_own_get_floats(cls, compiled, create_graph):
    found = slopes(lambda x: cls()(x), [1, 2], compiled=compiled, create_graph=create_graph)
    assert found == [[3.0, 12.0]]
    y = cls()(Variable(np.array([1, 2])))
    assert y.creator.inputs[0].dtype == y.creator.output.dtype == np.int64


def test_other_functions_show_their_inputs_as_they_are():
    seen = []

    class Looks(Function):
        def forward(self, x):
            return x * 2

        def backward(self, gy):
            other.backward()
            seen.append((self.inputs[0].dtype, other.creator.inputs[0].dtype))
            return gy * 2

    other = Variable(np.array([1])) * 2
    Looks()(Variable(np.array([1]))).backward()
    assert seen == [(np.float64, np.int64)]
