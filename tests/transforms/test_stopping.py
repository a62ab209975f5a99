"""Where derivatives end."""

import numpy as np

from leopard import Variable, detach, grad, hessian, jvp, stop_gradient


def test_no_derivative_goes_through():
    assert grad(lambda x: x * stop_gradient(x))(3.0) == 3.0
    assert jvp(lambda x: x * stop_gradient(x), (3.0,), (1.0,))[1] == 3.0
    assert hessian(lambda x: x**2 * stop_gradient(x))(3.0) == 6.0
    assert grad(lambda x: stop_gradient(x))(3.0) == 0.0


def test_values_stay_and_memory_is_shared():
    v = Variable(np.ones(3))
    w = stop_gradient(v * 1.0)
    assert isinstance(w, Variable) and w.creator is None
    u = stop_gradient(v)
    u.data[0] = 5.0
    assert v.data[0] == 5.0


def test_structures_keep_their_form():
    v = Variable(np.array(2.0))
    d = stop_gradient({"a": v, "b": [v * 2.0, "text", None], "c": 3})
    assert d["b"][1:] == ["text", None] and d["c"] == 3
    y = v * d["a"] * d["b"][0]
    y.backward()
    assert v.grad.data == 8.0


def test_results_of_what_is_stopped_are_arrays():
    w = Variable(np.array(2.0))
    assert grad(lambda x: stop_gradient(w) * x)(3.0) == 2.0
    assert type(grad(lambda x: stop_gradient(w) * x)(3.0)) is float


def test_detach_is_another_name():
    assert detach is stop_gradient
