"""A checkpoint changes what is kept, and nothing else."""

import functools
import tracemalloc

import numpy as np
import pytest

import leopard
from leopard import (
    Variable,
    checkpoint,
    grad,
    hessian,
    jacfwd,
    jacobian,
    jvp,
    no_grad,
    value_and_grad,
)
from tests.transforms.rivals import assert_same

X = np.array([0.5, -1.0, 2.0])


def f(x, scale=2.0, *, more=0.0):
    return {"y": np.tanh(x) * scale, "z": np.sum(np.exp(x)) + more}


def total(d):
    return np.sum(d["y"] ** 2) * d["z"]


@pytest.mark.parametrize(
    "transform",
    [
        lambda f: grad(lambda x: total(f(x)))(X),
        lambda f: grad(lambda s: total(f(X, s)))(0.5),
        lambda f: grad(lambda s: total(f(X, more=s)))(0.5),
        lambda f: hessian(lambda x: total(f(x)))(X),
        lambda f: jacobian(hessian(lambda x: total(f(x))))(X),
        lambda f: jacfwd(lambda x: f(x)["y"])(X),
        lambda f: jvp(lambda x: f(x)["y"], (X,), (X,))[1],
        lambda f: grad(lambda x: np.sum(jvp(lambda x: f(x)["y"], (x,), (X,))[1]))(X),
        lambda f: f(X)["y"],
    ],
)
def test_values_and_derivatives_of_every_order_are_the_same(transform):
    assert_same(transform(checkpoint(f)), transform(f))
    assert_same(transform(checkpoint(checkpoint(f))), transform(f))


def test_the_function_runs_again_when_the_walk_comes():
    calls = []
    g = checkpoint(lambda x: calls.append(1) or np.sin(x))
    grad(g)(1.0)
    assert len(calls) == 2
    with no_grad():
        g(Variable(np.array(1.0)))
    assert len(calls) == 3


def test_what_is_between_is_not_kept():
    def deep(x):
        for _ in range(50):
            x = np.sin(x) + 0.1
        return x

    def peak(step):
        def f(x):
            for _ in range(6):
                x = step(x)
            return np.sum(x)

        leopard.grad(f)(np.ones(20000))
        tracemalloc.start()
        g = leopard.grad(f)(np.ones(20000))
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return g, most

    (g, most), (wanted, ordinary) = peak(checkpoint(deep)), peak(deep)
    assert_same(g, wanted)
    assert most < 0.4 * ordinary


def test_variables_that_are_closed_over_get_their_gradients():
    Ws = [Variable(np.full((3, 3), 0.1 * i)) for i in range(1, 4)]

    def net(wrapped):
        h = X
        for W in Ws:
            h = wrapped(lambda h: np.tanh(W @ h))(h)  # noqa: B023 (it is bound anew before the walk)
        return np.sum(h)

    found = []
    for wrapped in (checkpoint, lambda f: f):
        net(wrapped).backward()
        found.append([W.grad.data for W in Ws])
        for W in Ws:
            W.cleargrad()
    for a, b in zip(*found, strict=True):
        assert_same(a, b)


class Layer:
    def __init__(self, W):
        self.W = W
        self.within = {"b": W * 2.0}

    def __call__(self, x):
        return np.tanh(self.W * x) + self.within["b"]

    def method(self, x):
        return self(x)


@pytest.mark.parametrize(
    "of",
    [
        lambda layer: checkpoint(layer),
        lambda layer: checkpoint(layer.method),
        lambda layer: checkpoint(lambda x: layer(x)),
        lambda layer: checkpoint(lambda x: layer.method(x)),
        lambda layer: checkpoint(functools.partial(Layer.method, layer)),
        lambda layer: checkpoint(lambda x, layer=layer: layer(x)),
        lambda layer: checkpoint(lambda x: (lambda: layer(x))()),
    ],
)
def test_variables_of_objects_get_their_gradients_too(of):
    def f(w, wrapped):
        return wrapped(Layer(w))(0.5)

    wanted = grad(lambda w: f(w, lambda layer: layer))(0.3)
    assert grad(lambda w: f(w, of))(0.3) == pytest.approx(wanted)
    assert grad(grad(lambda w: f(w, of)))(0.3) == pytest.approx(
        grad(grad(lambda w: f(w, lambda layer: layer)))(0.3)
    )
    assert jvp(lambda w: f(w, of), (0.3,), (1.0,))[1] == pytest.approx(wanted)


def test_a_function_that_closes_over_itself():
    def f(x, n=3):
        return np.sin(f(x, n - 1)) if n else x

    assert grad(checkpoint(f))(0.5) == pytest.approx(grad(f)(0.5))


held = []


def test_a_variable_that_comes_otherwise_is_refused():
    held[:] = [Variable(np.array(2.0))]
    with pytest.raises(TypeError, match="neither an argument of it nor closed over.*make it an argument"):
        grad(checkpoint(lambda x: held[0] * x))(1.0)


def test_another_computation_at_the_second_time_is_refused():
    box = [Variable(np.array(2.0))]
    x = Variable(np.array(1.0))
    y = checkpoint(lambda x: box[0] * x)(x)
    box[0] = Variable(np.array(3.0))
    with pytest.raises(RuntimeError, match="other Variables than in its first call"):
        y.backward()


def test_constants_are_computed_as_ever():
    assert checkpoint(np.sin)(0.0) == 0.0
    assert checkpoint(lambda: 3.0)() == 3.0
    w = Variable(np.array(2.0))
    y = checkpoint(lambda: w * 3.0)()
    y.backward()
    assert w.grad.data == 3.0


def test_an_output_that_does_not_depend_has_zeros():
    g = grad(lambda x: np.sum(checkpoint(lambda x: (x, np.ones(2), 3))(x)[1]))(X)
    assert_same(g, np.zeros(3))


def test_errors_name_what_was_given():
    with pytest.raises(TypeError, match="checkpoint: expected a function"):
        checkpoint(1.0)
    with pytest.raises(TypeError, match="checkpoint: the function returned a str"):
        grad(checkpoint(lambda x: "text"))(1.0)
    assert checkpoint(f).__name__ == "f"


def test_threads_and_value_and_grad():
    assert value_and_grad(checkpoint(lambda x: x**3))(2.0) == (8.0, 12.0)


@pytest.mark.parametrize("outer", [False, True])
def test_a_variable_that_the_function_makes_may_be_kept_elsewhere(outer):
    kept = []

    def f(x):
        kept.append(Variable(np.zeros(2)))
        return np.sum(np.sin(x * (kept[-1] + 1.0)))

    x = np.array([0.5, 1.0])
    if outer:
        found = grad(checkpoint(f))(x)
    else:
        v = Variable(x)
        checkpoint(f)(v).backward()
        found = v.grad.data
    np.testing.assert_allclose(found, np.cos(x))
    assert len(kept) == 2
