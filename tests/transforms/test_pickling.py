"""Transformed functions travel to other processes where the functions that they were made of do."""

import concurrent.futures
import functools
import inspect
import multiprocessing
import pickle

import numpy as np
import pytest

import leopard
from leopard.compat import autograd

X = np.array([0.3, 0.7])


def energy(x, scale=1.0):
    """A function that pickle finds by its name."""
    return np.sum(np.sin(x) ** 2) * scale


def pair(x):
    return energy(x), x * 2


@leopard.custom_vjp
def doubled(x):
    return np.sum(x)


def doubled_forward(x):
    return doubled(x), x


def doubled_backward(x, g):
    return (2 * g * np.ones_like(x),)


doubled.defvjp(doubled_forward, doubled_backward)

CALLS = {
    "grad": (leopard.grad(energy), (X,)),
    "grad of a keyword": (functools.partial(leopard.grad(energy, argnums="scale"), scale=2.0), (X,)),
    "value_and_grad": (leopard.value_and_grad(energy, argnums=(0, 1)), (X, 2.0)),
    "grad_and_aux": (leopard.grad_and_aux(pair), (X,)),
    "holomorphic_grad": (leopard.holomorphic_grad(np.sin), (1j,)),
    "elementwise_grad": (leopard.elementwise_grad(np.sin), (X,)),
    "jacobian": (leopard.jacobian(np.sin), (X,)),
    "jacrev": (leopard.jacrev(np.sin), (X,)),
    "jacfwd": (leopard.jacfwd(np.sin), (X,)),
    "hessian": (leopard.hessian(energy), (X,)),
    "laplacian": (leopard.laplacian(energy), (X,)),
    "checkpoint": (leopard.checkpoint(energy), (X,)),
    "one of another": (leopard.grad(leopard.checkpoint(leopard.laplacian(energy))), (X,)),
    "a rule of one's own": (leopard.grad(doubled), (X,)),
    "autograd's grad": (autograd.grad(energy), (X,)),
    "autograd's hessian": (autograd.hessian(energy), (X,)),
    "autograd's elementwise_grad": (autograd.elementwise_grad(np.sin), (X,)),
}
BYTES = {name: pickle.dumps(f(*args)) for name, (f, args) in CALLS.items()}


@pytest.mark.parametrize("name", CALLS)
@pytest.mark.parametrize("protocol", [2, pickle.HIGHEST_PROTOCOL])
def test_a_transformed_function_is_pickled(name, protocol):
    f, args = CALLS[name]
    assert pickle.dumps(pickle.loads(pickle.dumps(f, protocol))(*args)) == BYTES[name]


def test_every_transform_of_a_local_function_travels_with_cloudpickle():
    cloudpickle = pytest.importorskip("cloudpickle")
    pytest.importorskip("scipy")
    scale = 3.0

    def local(x):
        return np.sum(np.sin(x) ** 2) * scale

    for name in "grad value_and_grad jacobian jacrev jacfwd hessian laplacian checkpoint".split():
        f = getattr(leopard, name)(local)
        assert pickle.dumps(cloudpickle.loads(cloudpickle.dumps(f))(X)) == pickle.dumps(f(X))
    for name in "sparse_jacobian sparse_hessian".split():
        f = getattr(leopard, name)(local)
        again = cloudpickle.loads(cloudpickle.dumps(f))
        np.testing.assert_array_equal(again(X).toarray(), f(X).toarray())


@leopard.grad
def slope(x):
    return energy(x)


def test_a_decorated_function_is_pickled_by_its_name():
    assert pickle.loads(pickle.dumps(slope)) is slope
    assert pickle.loads(pickle.dumps(doubled)) is doubled


def test_another_process_computes_the_same():
    """Of a function that the other process can import; a pool of the executor's kind ends where it cannot."""
    f, context = leopard.grad(np.linalg.norm), multiprocessing.get_context("spawn")
    with concurrent.futures.ProcessPoolExecutor(1, context) as pool:
        found = list(pool.map(f, [X, 2 * X], timeout=60))
    np.testing.assert_array_equal(found, [f(X), f(2 * X)])


@pytest.mark.parametrize("name", ["vjp", "linearize"])
def test_what_holds_a_graph_is_not_pickled(name):
    cloudpickle = pytest.importorskip("cloudpickle")
    _, pushed_or_pulled = getattr(leopard, name)(energy, X)
    with pytest.raises(TypeError, match=f"what {name} returned holds the graph of a recorded call"):
        cloudpickle.dumps(pushed_or_pulled)


def test_a_transformed_function_has_the_name_and_the_signature_of_its_function():
    f = leopard.grad(energy)
    assert (f.__name__, f.__wrapped__, f.__doc__) == ("grad(energy)", energy, energy.__doc__)
    assert repr(f) == "<grad(energy)>"
    assert inspect.signature(f) == inspect.signature(energy)
    assert leopard.checkpoint(functools.partial(energy, scale=2.0)).__name__ == "partial"


def test_a_transformed_method_is_bound():
    class Model:
        scale = 2.0

        @functools.partial(leopard.grad, argnums=1)
        def slope(self, x):
            return energy(x, self.scale)

        @leopard.checkpoint
        def value(self, x):
            return energy(x, self.scale)

    np.testing.assert_array_equal(Model().slope(X), leopard.grad(energy)(X, 2.0))
    assert leopard.value_and_grad(Model().value)(X)[0] == energy(X, 2.0)
    assert Model.slope is Model.__dict__["slope"]
