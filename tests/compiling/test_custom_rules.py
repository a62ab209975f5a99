"""Functions with user-defined rules in compiled functions: each replay calls them and their rules."""

import warnings

import numpy as np
import pytest

import leopard
from leopard import ReplayWarning, custom_jvp, custom_vjp


@custom_jvp
def by_tangents(x):
    return x * x


by_tangents.defjvp(lambda primals, ts: (by_tangents(*primals), 2 * primals[0] * ts[0]))


@custom_vjp
def by_cotangents(x):
    return np.asarray(x) ** 3


by_cotangents.defvjp(lambda x: (by_cotangents(x), x), lambda x, g: (3 * x**2 * g,))


@custom_vjp
def of_several(p, k):
    return {"a": p["x"] * k, "b": p["y"] + p["x"]}


of_several.defvjp(
    lambda p, k: (of_several(p, k), (p, k)),
    lambda kept, g: ({"x": g["a"] * kept[1] + g["b"], "y": g["b"]}, np.sum(g["a"] * kept[0]["x"])),
)


@pytest.mark.parametrize("f", [by_tangents, by_cotangents])
@pytest.mark.parametrize("transform", [lambda f: f, leopard.grad, leopard.hessian, leopard.jacfwd])
def test_replays_call_the_rule(f, transform):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        g = leopard.compile(transform(lambda x: np.sum(np.sin(f(x)))))
        for size in (1.0, 2.0, 3.0, 0.5):
            x = np.arange(3.0) * size + 0.1
            np.testing.assert_array_equal(g(x), transform(lambda x: np.sum(np.sin(f(x))))(x))
    assert g.info().hits == 2


def test_structures_go_in_and_out():
    def f(x, y, k):
        found = of_several({"x": x, "y": y}, k)
        return np.sum(found["a"] * np.exp(found["b"]))

    gradient = leopard.grad(f, (0, 1, 2))
    g = leopard.compile(gradient)
    for size in (1.0, 2.0, 3.0, 0.5):
        given = np.array([0.1, 0.2]) * size, np.array([0.3, -0.2]) * size, 2.0 * size
        for found, wanted in zip(g(*given), gradient(*given), strict=True):
            np.testing.assert_array_equal(found, wanted)
    assert g.info().hits == 2


def test_one_that_closes_over_what_changes_is_not_replayed():
    def outer(a):
        @custom_jvp
        def f(x):
            return x * a

        f.defjvp(lambda primals, ts: (f(*primals), ts[0]))
        return f(2.0 * a)

    g = leopard.compile(outer)
    with pytest.warns(ReplayWarning):
        for size in (1.0, 2.0, 3.0):
            np.testing.assert_array_equal(g(size * np.ones(2)), outer(size * np.ones(2)))
