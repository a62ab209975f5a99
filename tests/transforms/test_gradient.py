"""Gradients of scalars, with all options."""

import dataclasses
from collections import namedtuple
from typing import Any

import numpy as np
import pytest

import leopard
from leopard import (
    Variable,
    elementwise_grad,
    grad,
    grad_and_aux,
    holomorphic_grad,
    transforms,
    value_and_grad,
)
from leopard._transform_names import TRANSFORMS
from tests.processes import run
from tests.transforms.rivals import assert_same, complex_step, jax_in_doubles, slope

X = np.array([0.5, -1.0, 2.0])


def f(x, y):
    return np.sum(np.sin(x) * y) + np.sum(y**3)


# -- Values, types, arguments ---------------------------------------------------------------------


def test_the_gradient_is_the_slope():
    v = np.random.default_rng(0).standard_normal(3)
    g = grad(f)(X, X + 1)
    assert_same(g @ v, slope(lambda x: f(x, X + 1), X, v), rtol=1e-7)
    assert_same(g @ v, complex_step(lambda x: f(x, X + 1), X, v))


@pytest.mark.parametrize("argnums", [0, 1, -1, (0, 1), (1, 0), (1,), [0, 1], np.int64(1)], ids=repr)
def test_argnums_choose_the_arguments(argnums):
    with jax_in_doubles() as jax:
        theirs = jax.grad(
            lambda x, y: jax.numpy.sum(jax.numpy.sin(x) * y) + jax.numpy.sum(y**3), argnums=argnums
        )(X, X + 1)
    value, ours = value_and_grad(f, argnums)(X, X + 1)
    assert value == f(X, X + 1)
    assert isinstance(ours, tuple) == isinstance(argnums, (tuple, list))
    if not isinstance(ours, tuple):
        ours, theirs = (ours,), (theirs,)
    for a, b in zip(ours, theirs, strict=True):
        assert_same(a, b)


def test_argnums_may_name_keyword_arguments():
    both = grad(f, (0, "y"))(X, y=X + 1)
    for ours, theirs in zip(both, grad(f, (0, 1))(X, X + 1), strict=True):
        assert_same(ours, theirs)
    assert_same(grad(f, "y")(X, y=X + 1), both[1])


@pytest.mark.parametrize(
    "x, kind",
    [
        (0.5, float),
        (np.float64(0.5), np.float64),
        (np.float32(0.5), np.float32),
        (np.array(0.5), np.ndarray),
        (np.float16([0.5, 1]), np.ndarray),
        (np.float32([0.5, 1]), np.ndarray),
        (np.longdouble([0.5, 1]), np.ndarray),
        (Variable(np.array(0.5)), Variable),
    ],
    ids=lambda x: f"{type(x).__name__} {getattr(x, 'dtype', '')}",
)
def test_a_gradient_has_the_type_of_what_it_belongs_to(x, kind):
    g = grad(lambda x: np.sum(x**2))(x)
    assert type(g) is kind
    assert np.shape(g) == np.shape(x)
    assert getattr(g, "dtype", float) == getattr(x, "dtype", float)
    assert_same(
        np.asarray(g.data if kind is Variable else g, float),
        2 * np.asarray(getattr(x, "data", x) if kind is Variable else x, float),
        1e-3,
    )


def test_the_value_is_what_numpy_returns():
    value, _ = value_and_grad(lambda x: np.sum(x))(X)
    assert type(value) is np.float64


def test_what_is_not_differentiated_is_passed_as_it_is():
    seen = []

    def g(x, n, *, mode, y=None):
        seen.append((n, mode, y))
        return x**n

    assert grad(g)(2.0, 3, mode="any") == 12.0
    assert seen == [(3, "any", None)]


def test_no_reference_keeps_the_gradient():
    a = X.copy()
    g = grad(lambda x: np.sum(x))(a)
    g[0] = 7.0
    assert_same(grad(lambda x: np.sum(x))(a), np.ones(3))
    assert_same(a, X)


def test_a_function_that_returns_its_argument_has_slope_one():
    assert grad(lambda x: x)(3.0) == 1.0
    assert value_and_grad(lambda x: x)(3.0) == (3.0, 1.0)


@pytest.mark.parametrize(
    "constant", [1.0, np.float64(1.0), np.array(1.0), Variable(np.array(1.0)), 3, np.array(3)], ids=repr
)
def test_what_does_not_depend_on_x_has_gradient_zero(constant):
    g = grad(lambda x: constant)(X)
    g = g.data if isinstance(g, Variable) else g
    assert g.dtype == X.dtype
    assert_same(g, np.zeros(3))
    assert grad(lambda x: 1.0)(2.0) == 0.0


def test_an_argument_that_is_not_used_has_gradient_zero():
    gx, gy = grad(lambda x, y: np.sum(x), (0, 1))(X, np.ones((2, 0), np.float32))
    assert gy.shape == (2, 0) and gy.dtype == np.float32


def test_the_function_is_called_once():
    calls = []
    value_and_grad(lambda x: calls.append(1) or x * x)(2.0)
    assert calls == [1]


# -- Structures -----------------------------------------------------------------------------------

Pair = namedtuple("Pair", "a b")


@dataclasses.dataclass
class Model:
    W: Any
    pair: Any
    name: str = dataclasses.field(default="m", metadata={"static": True})


def test_gradients_have_the_structure_of_what_they_belong_to():
    def energy(model, others):
        assert model.name == "mine"
        return np.sum(model.W @ model.pair.a) * model.pair.b + sum(np.sum(x**2) for x in others["x"])

    model = Model(np.ones((2, 3)), Pair(X, 2.0), "mine")
    g, h = grad(energy, (0, 1))(model, {"x": [X, (1.0)], "none": None})
    assert type(g) is Model and type(g.pair) is Pair and g.name == "mine"
    assert_same(g.W, np.stack([2 * X, 2 * X]))
    assert_same(g.pair.a, np.full(3, 4.0))
    assert g.pair.b == pytest.approx(2 * X.sum())
    assert h["none"] is None and h["x"][1] == 2.0
    assert_same(h["x"][0], 2 * X)


def test_structures_have_the_gradients_of_jax():
    rng = np.random.default_rng(0)
    params = [{"W": rng.standard_normal((3, 3)), "b": rng.standard_normal(3)} for _ in range(3)]

    def loss(np):
        def of(params, x):
            for layer in params:
                x = np.tanh(layer["W"] @ x + layer["b"])
            return np.sum(x**2)

        return of

    ours = grad(loss(np))(params, X)
    with jax_in_doubles() as jax:
        theirs = jax.grad(loss(jax.numpy))(params, X)
    for a, b in zip(ours, theirs, strict=True):
        assert_same(a["W"], b["W"])
        assert_same(a["b"], b["b"])


# -- Aux ------------------------------------------------------------------------------------------


def test_aux_is_handed_on():
    assert grad(lambda x: (x**2, "aux"), has_aux=True)(3.0) == (6.0, "aux")
    assert value_and_grad(lambda x: (x**2, {"y": x}), has_aux=True)(3.0) == ((9.0, {"y": 3.0}), 6.0)
    assert grad_and_aux(lambda x: (x**2, None))(3.0) == (6.0, None)


def test_aux_holds_no_variables_where_none_were_given():
    _, aux = grad(lambda x: (np.sum(x), [x * 2, "text"]), has_aux=True)(X)
    assert type(aux[0]) is np.ndarray and aux[1] == "text"


def test_aux_is_connected_where_it_depends_on_an_outer_variable():
    w = Variable(np.array(2.0))
    _, aux = grad(lambda x: (x**2, w * x), has_aux=True)(3.0)
    aux.backward()
    assert w.grad.data == 3.0


# -- Element by element ---------------------------------------------------------------------------


def test_the_derivative_of_each_element_is_that_of_hips_autograd():
    autograd = pytest.importorskip("autograd")
    anp = pytest.importorskip("autograd.numpy")
    g, theirs = np.tanh, anp.tanh
    for _ in range(3):
        g, theirs = elementwise_grad(g), autograd.elementwise_grad(theirs)
        assert_same(g(X), theirs(X))


def test_derivatives_element_by_element_of_structures_and_aux():
    g, aux = elementwise_grad(lambda d: ({"a": np.sin(d["x"]), "b": d["x"] ** 2}, "aux"), has_aux=True)(
        {"x": X}
    )
    assert_same(g["x"], np.cos(X) + 2 * X)
    assert aux == "aux"


def test_integers_among_the_outputs_have_no_derivative():
    assert_same(elementwise_grad(lambda x: (np.sin(x), np.arange(3)))(X), np.cos(X))


# -- Complex numbers ------------------------------------------------------------------------------

Z = np.array([1 + 2j, -0.5j, 3.0 + 0j])


def test_a_step_against_the_gradient_of_complex_numbers_descends():
    def loss(z):
        return np.sum(np.abs(z - (1 + 1j)) ** 2)

    g = grad(loss)(Z)
    assert g.dtype == complex
    assert loss(Z - 1e-3 * g) < loss(Z)
    assert_same(g, 2 * (Z - (1 + 1j)))


def test_gradients_of_complex_numbers_are_the_conjugates_of_jaxs():
    with jax_in_doubles() as jax:
        theirs = jax.grad(lambda z: jax.numpy.sum(jax.numpy.imag(jax.numpy.sin(z) * z)))(Z)
    assert_same(grad(lambda z: np.sum(np.imag(np.sin(z) * z)))(Z), np.conj(theirs))


def test_the_holomorphic_derivative_is_the_derivative():
    assert holomorphic_grad(lambda z: np.sin(z) * z)(1 + 2j) == pytest.approx(
        np.cos(1 + 2j) * (1 + 2j) + np.sin(1 + 2j)
    )
    g = grad(lambda z: np.exp(2 * z), holomorphic=True)
    assert grad(g, holomorphic=True)(0.3 + 1j) == pytest.approx(4 * np.exp(2 * (0.3 + 1j)))


# -- Errors ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "call, error, said",
    [
        (lambda: grad(3.0), TypeError, "grad: expected a function, not a float"),
        (lambda: grad(lambda x: x)(X), TypeError, r"returned shape \(3,\), not a scalar; use jacobian"),
        (
            lambda: grad(lambda x: [x, x])(1.0),
            TypeError,
            "returned a list of 2, not a scalar; .*has_aux=True",
        ),
        (lambda: grad(lambda x: None)(1.0), TypeError, "returned None; did it forget to return a value"),
        (lambda: grad(lambda x: "text")(1.0), TypeError, "returned a str, which is no number or array"),
        (
            lambda: grad(lambda x: {"a": [x, len]})(1.0),
            TypeError,
            r"a builtin.* at \['a'\]\[1\], which is no number or array",
        ),
        (lambda: grad(lambda x: x)(3), TypeError, "argument 0 is 3, an int; write 3.0"),
        (lambda: grad(lambda x: x)(True), TypeError, "argument 0 is True, a bool; write 1.0"),
        (lambda: grad(lambda x: x)(np.arange(3)), TypeError, "argument 0 is int64.*astype"),
        (lambda: grad(lambda x: x)(np.bool_(True)), TypeError, "argument 0 is bool"),
        (lambda: grad(lambda x: x)(Variable(np.array(2))), TypeError, "argument 0 is int64"),
        (lambda: grad(lambda x: x)("text"), TypeError, "argument 0 is a str; .*floating-point"),
        (lambda: grad(lambda x: x)(np.array(["a"])), TypeError, "argument 0 is an array of <U1"),
        (lambda: grad(lambda x: x)({"a": [1.0, 2]}), TypeError, r"argument 0 at \['a'\]\[1\] is 2, an int"),
        (lambda: grad(lambda x, y: x, (0, 1))(1.0, [2]), TypeError, r"argument 1 at \[0\] is 2, an int"),
        (lambda: grad(lambda x, y: x, "y")(1.0, y=2), TypeError, "argument 'y' is 2, an int"),
        (lambda: grad(lambda x: x)(Variable(None)), ValueError, "argument 0 holds no data"),
        (lambda: grad(lambda x: x, 1)(1.0), TypeError, "argnums is 1, and 1 positional arguments were given"),
        (lambda: grad(lambda x: x, "y")(1.0), TypeError, "argnums names 'y', and no keyword"),
        (
            lambda: grad(lambda x: x, 1.5),
            TypeError,
            "argnums is an int, a name, or a tuple of these, not 1.5",
        ),
        (lambda: grad(lambda x: x, True), TypeError, "not True"),
        (lambda: grad(lambda x: x, ()), ValueError, "argnums is empty"),
        (
            lambda: grad(lambda x: x, has_aux=True)(1.0),
            TypeError,
            r"returns \(value, aux\), not a Variable of shape",
        ),
        (lambda: grad(lambda z: z**2)(1j), TypeError, "returned complex128; take its np.real.*holomorphic"),
        (lambda: grad(lambda x: x, holomorphic=True)(1.0), TypeError, "needs complex arguments, not float64"),
        (lambda: grad(np.abs, holomorphic=True)(1j), TypeError, "needs a complex value, not float64"),
        (
            lambda: elementwise_grad(np.sqrt)(np.array([1j])),
            TypeError,
            "elementwise_grad: the function returned complex",
        ),
        (lambda: value_and_grad(lambda x: x)(X), TypeError, "value_and_grad: the function returned shape"),
    ],
)
def test_errors_name_the_argument_and_the_remedy(call, error, said):
    with pytest.raises(error, match=said):
        call()


def test_a_transformed_function_has_a_name():
    def energy(x):
        return x

    assert grad(energy).__name__ == "grad(energy)"
    assert grad(energy).__wrapped__ is energy
    assert set(leopard.transforms.__all__) <= set(leopard.__all__)


def test_leopard_names_every_transform_and_imports_them_when_first_used():
    modules = [
        m for name, m in vars(transforms).items() if hasattr(m, "__all__") and not name.startswith("_")
    ]
    assert sorted(TRANSFORMS) == sorted(name for m in modules for name in m.__all__)
    run("""
        import sys
        import leopard
        assert "leopard.transforms" not in sys.modules
        assert "grad" in dir(leopard) and not hasattr(leopard, "nothing")
        from leopard import *
        assert callable(grad) and leopard.transforms.hessian is hessian
    """)
