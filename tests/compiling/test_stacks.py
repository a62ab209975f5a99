"""Products of stacks of matrices, and elements at integers of an argument, without Python in the replay."""

import io
from contextlib import redirect_stdout

import numpy as np
import pytest

import leopard

SHAPES = [
    ((2, 2), (3, 2, 2)),
    ((3, 2, 4), (4, 5)),
    ((3, 2, 4), (3, 4, 5)),
    ((3, 1, 2, 4), (2, 4, 2)),
    ((2, 3, 4), (1, 4, 2)),
    ((3, 1, 4), (3, 4, 1)),
    ((16, 3, 3), (3, 3)),
    ((17, 3, 3), (3, 3)),
    ((2, 3, 0), (2, 0, 3)),
    ((0, 3, 3), (3, 3)),
    ((3,), (2, 3, 4)),
    ((2, 4, 3), (3,)),
]


def program(g):
    said = io.StringIO()
    with redirect_stdout(said):
        leopard.explain(g)
    return said.getvalue()


@pytest.mark.parametrize("dtype", [np.float64, np.float32, complex])
@pytest.mark.parametrize(("first", "second"), SHAPES)
@pytest.mark.parametrize("turned", [False, True])
def test_products_of_stacks_have_the_bits_of_numpy(first, second, dtype, turned):
    random = np.random.default_rng(0)
    a, b = random.standard_normal(first).astype(dtype), random.standard_normal(second).astype(dtype)
    if turned and a.ndim > 2:
        a = np.ascontiguousarray(a.swapaxes(-1, -2)).swapaxes(-1, -2)

    def f(a, b):
        return np.sin(a @ b) * 1.5

    g = leopard.compile(f)
    for _ in range(3):
        found = g(a, b)
    np.testing.assert_array_equal(found, f(a, b))
    assert found.strides == f(a, b).strides
    if dtype is np.float64:
        both = leopard.grad(lambda a, b: np.sum(f(a, b)), (0, 1))
        compiled = leopard.compile(both)
        for _ in range(3):
            gradients = compiled(a, b)
        for found, wanted in zip(gradients, both(a, b), strict=True):
            np.testing.assert_array_equal(found, wanted)


def test_a_small_stack_is_multiplied_without_python():
    g = leopard.compile(lambda a, b: a @ b)
    for _ in range(3):
        g(np.ones((3, 2, 2)), np.ones((2, 2)))
    assert "in Python" not in program(g)


def test_elements_at_integers_of_an_argument_are_guarded_parts():
    def f(table, places):
        total = 0.0
        for k in places:
            total = total + np.log(np.sum(table[:, k]) + table[k, k])
        return total

    gradient = leopard.value_and_grad(f)
    g = leopard.compile(gradient)
    table = np.random.default_rng(0).uniform(1, 2, (5, 5))
    for places in ([1, 4, 0], [1, 4, 0], [1, 4, 0], [2, 2, 3], [1, 4, 0], [-1, 0, 0]):
        for found, wanted in zip(g(table, np.array(places)), gradient(table, np.array(places)), strict=True):
            np.testing.assert_array_equal(found, wanted)
    assert "GetItem" not in program(g)
