"""A value that is being differentiated does not become a number unseen; the ways out are listed."""

import array
import concurrent.futures
import copy
import math
import pickle
import statistics

import numpy as np
import pytest

import leopard
from leopard import Variable, checkpoint, grad, hvp, jacfwd, jacobian, jvp, linearize, stop_gradient, vjp

X = np.array([0.3, 0.7])
A = np.arange(3.0)


def filled(v):
    a = np.zeros(3)
    a.fill(v)
    return a


# What loses the derivative of the scalar v: it is a plain number, or an array, afterwards.
LOSSES = {
    "float": float,
    "complex": complex,
    "math.sin": math.sin,
    "math.erf": math.erf,
    "math.hypot": lambda v: math.hypot(v, 1.0),
    "math.fsum": lambda v: math.fsum([v, v]),
    "statistics.fmean": lambda v: statistics.fmean([v, v]),
    "array.array": lambda v: np.asarray(array.array("d", [v])),
    "initial of a sum": lambda v: np.sum(A, initial=v),
    "initial of a maximum": lambda v: np.max(A, initial=v),
    "initial of reduce": lambda v: np.add.reduce(A, initial=v),
    "left of interp": lambda v: np.interp(-1.0, A, A, left=v),
    "fill": filled,
    "fromiter": lambda v: np.fromiter([v, v], float),
    "vectorize": lambda v: np.vectorize(lambda a: a * v, otypes=[float])(A),
    "astype of objects": lambda v: np.frompyfunc(lambda a: a * v, 1, 1)(A).astype(float),
    "a full array": lambda v: np.full(3, v),
    "an array": lambda v: np.array([v, v]),
    "a NumPy number": np.float64,
    "setitem": lambda v: A.copy().__setitem__(0, v),
    "pickle": lambda v: pickle.loads(pickle.dumps(v)),
    "pickle of a list": lambda v: pickle.loads(pickle.dumps([v]))[0],
    "random numbers": lambda v: np.random.default_rng(0).normal(v),
}
TRANSFORMS = {
    "grad": lambda f: grad(f)(X),
    "grad of a number": lambda f: grad(lambda s: f(np.stack([s, s])))(0.3),
    "grad of a keyword": lambda f: grad(lambda a, x: f(x), argnums="x")(1, x=X),
    "grad of a list": lambda f: grad(lambda xs: f(np.stack(xs)))([0.3, 0.7]),
    "grad of a Variable": lambda f: grad(f)(Variable(X)),
    "grad without recording": lambda f: without_recording(grad(f), X),
    "jacobian": lambda f: jacobian(f)(X),
    "jacfwd": lambda f: jacfwd(f)(X),
    "jvp": lambda f: jvp(f, (X,), (X,)),
    "vjp": lambda f: vjp(f, X)[1](1.0),
    "linearize": lambda f: linearize(f, X)[1](X),
    "hvp": lambda f: hvp(f, X, X),
    "a transform inside another": lambda f: grad(lambda x: np.sum(grad(f)(x)))(X),
    "checkpoint": lambda f: grad(checkpoint(f))(X),
    "sparse_jacobian": lambda f: leopard.sparse_jacobian(lambda x: np.stack([f(x)]))(X),
}


def without_recording(f, x):
    with leopard.no_grad():
        return f(x)


@pytest.mark.parametrize("loss", LOSSES)
def test_what_would_lose_a_derivative_is_an_error(loss):
    for take in (lambda x: x[0], lambda x: np.sum(x * x), lambda x: np.tanh(x[:1] * 2.0)[0]):
        with pytest.raises(TypeError, match="lose"):
            grad(lambda x, take=take: np.sum(LOSSES[loss](take(x))) * x[1])(X)


@pytest.mark.parametrize("transform", TRANSFORMS)
def test_every_transform_refuses_a_conversion_and_names_the_line(transform):
    def f(x):
        return x[1] * math.sin(x[0])  # this line

    with pytest.raises(
        TypeError, match=r"test_conversions.py, line \d+.*math.sin.*# this line.*stop_gradient"
    ):
        TRANSFORMS[transform](f)


def test_an_assignment_passes_on_what_is_differentiated():
    def f(x):
        y = Variable(np.zeros(2))
        y[0] = x[1]
        return x[0] * float(y[0])

    with pytest.raises(TypeError, match="lose its derivative"):
        grad(f)(X)

    def through_a_view(x):
        y = x * 1.0
        row = y[:1]
        row *= 2.0
        return x[0] * float(y[0])

    with pytest.raises(TypeError, match="lose its derivative"):
        grad(through_a_view)(X)


WAYS_OUT = {
    "an int": int,
    "a truth": bool,
    "an index": lambda v: A[: int(v * 10)].size,
    "a comparison": lambda v: 1.0 if v > 0.2 else 2.0,
    "floor": math.floor,
    "ceil": math.ceil,
    "trunc": math.trunc,
    "round": round,
    "item": lambda v: v.item(),
    "tolist": lambda v: v.tolist(),
    "data": lambda v: float(v.data),
    "a format": lambda v: float(f"{v:.3f}"),
    "str": lambda v: len(str(v)) * 0 + 1.0,
    "stop_gradient": lambda v: float(stop_gradient(v)),
    "an integer": lambda v: float((v * 10).astype(int)),
}


@pytest.mark.parametrize("way", WAYS_OUT)
def test_a_way_out_is_a_constant(way):
    out = WAYS_OUT[way](Variable(np.array(0.3)))
    np.testing.assert_array_equal(grad(lambda x: np.sum(x * x) * WAYS_OUT[way](x[0]))(X), 2 * X * out)


def test_rounding_to_digits_is_numpys():
    v = round(Variable(np.array(0.345)), 2)
    assert isinstance(v, Variable) and v.data == np.round(0.345, 2)
    assert round(Variable(np.array(2.5))) == 2 and round(Variable(np.array(-1.5))) == -2
    with pytest.raises(ValueError, match="NaN"):
        math.floor(Variable(np.array(np.nan)))


def test_what_does_not_depend_on_the_inputs_may_become_a_number():
    w = Variable(np.array(2.0))
    np.testing.assert_array_equal(
        grad(lambda x: np.sum(x) * float(w * w) * math.sin(w))(X), [4 * math.sin(2.0)] * 2
    )
    inner = grad(lambda x: np.sum(x) * float(grad(lambda s: s**3)(2.0)))
    np.testing.assert_array_equal(inner(X), [12.0, 12.0])


def test_where_nothing_is_recorded_a_conversion_is_free():
    def f(x):
        with leopard.no_grad():
            size = float(np.sum(x))
        return np.sum(x) * size

    np.testing.assert_array_equal(grad(f)(X), [1.0, 1.0])


def test_without_a_transform_a_result_may_become_a_number():
    x = Variable(X)
    y = np.sum(x * x)
    assert float(y) == complex(y) == np.sum(X * X)
    value, _ = leopard.value_and_grad(lambda x: np.sum(x * x))(x)
    assert float(value) == np.sum(X * X)
    kept = []
    grad(lambda x: kept.append(x[0] * 2.0) or np.sum(x))(X)
    assert float(kept[0]) == 0.6
    assert pickle.loads(pickle.dumps(kept[0])).data == 0.6


def test_a_transform_that_fails_leaves_conversions_free():
    def f(x):
        kept.append(x[0])
        raise KeyError("f")

    kept = []
    with pytest.raises(KeyError):
        grad(f)(X)
    assert float(kept[0]) == 0.3


def test_a_thread_that_the_function_starts_is_seen():
    def f(x):
        with concurrent.futures.ThreadPoolExecutor(1) as pool:
            return x[1] * pool.submit(lambda: math.sin(x[0])).result()

    with pytest.raises(TypeError, match="lose its derivative"):
        grad(f)(X)


def test_what_a_transform_returned_is_free_while_another_thread_is_in_one():
    x = Variable(X)
    value, g = leopard.value_and_grad(lambda x: np.sum(x * x))(x)
    (value2, aux), _ = leopard.value_and_grad(lambda x: (np.sum(x * x), np.sum(x)), has_aux=True)(x)

    def f(x):
        with concurrent.futures.ThreadPoolExecutor(1) as pool:
            return (
                np.sum(x)
                * pool.submit(lambda: float(value) + float(value2) + float(aux) + float(g[0])).result()
            )

    assert grad(f)(X)[0] == 2 * np.sum(X * X) + np.sum(X) + 2 * X[0]


def test_a_copy_of_parameters_is_independent():
    params = {"w": Variable(X.copy()), "b": [Variable(np.array(1.0))]}
    best = copy.deepcopy(params)
    np.sum(params["w"] * params["b"][0]).backward()
    assert best["w"].grad is None
    params["w"].data[:] = 0
    np.testing.assert_array_equal(best["w"].data, X)


@pytest.mark.parametrize("copier", [copy.copy, copy.deepcopy])
def test_a_walk_from_a_copy_of_a_result_leaves_the_original_alone(copier):
    x = Variable(X)
    loss = np.sum(x * x)
    copied = copier([loss])[0] if copier is copy.deepcopy else copier(loss)
    (copied * 2.0).backward()
    assert x.grad is None and copied.grad.data == 2.0
