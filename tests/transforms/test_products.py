"""Cotangents pulled back, tangents pushed forward, products with Hessians."""

import numpy as np
import pytest

from leopard import (
    Function,
    Variable,
    ggnvp,
    grad,
    hessian,
    hvp,
    jacobian,
    jvp,
    linearize,
    no_grad,
    vjp,
)
from tests.threads import in_threads
from tests.transforms.rivals import assert_same, complex_step, jax_in_doubles, slope

RNG = np.random.default_rng(1)
A, X, V = RNG.standard_normal((2, 3)), RNG.standard_normal(3), RNG.standard_normal(3)


def f(np):
    def of(A, x):
        return {"y": np.tanh(A @ x), "z": (np.sum(A * x), x[::-1] * np.exp(x))}

    return of


def leaves(y):
    return [y["y"], y["z"][0], y["z"][1]]


def test_pulled_back_cotangents_are_those_of_jax():
    cotangent = {"y": np.array([1.0, -2.0]), "z": (0.5, np.array([1.0, 2.0, 3.0]))}
    y, pullback = vjp(f(np), A, X)
    with jax_in_doubles() as jax:
        theirs, their_pullback = jax.vjp(f(jax.numpy), A, X)
        wanted = their_pullback(jax.tree_util.tree_map(jax.numpy.asarray, cotangent))
        for a, b in zip(leaves(y), leaves(theirs), strict=True):
            assert_same(a, b)
        for _ in range(2):  # it may be called again
            for a, b in zip(pullback(cotangent), wanted, strict=True):
                assert type(a) is np.ndarray
                assert_same(a, b)


def test_pushed_tangents_are_those_of_jax_and_slopes():
    y, t = jvp(f(np), (A, X), (A + 1, V))
    with jax_in_doubles() as jax:
        _, theirs = jax.jvp(f(jax.numpy), (A, X), (A + 1, V))
        for a, b in zip(leaves(t), leaves(theirs), strict=True):
            assert_same(a, b)
    assert_same(y["y"], np.tanh(A @ X))
    assert_same(jvp(np.sin, (X,), (V,))[1], slope(np.sin, X, V), rtol=1e-7)
    assert_same(jvp(np.exp, (X,), (V,))[1], complex_step(np.exp, X, V))


def test_a_linearized_function_is_called_once():
    calls = []
    y, push = linearize(lambda x: calls.append(1) or np.sin(x), X)
    for k in range(3):
        assert_same(push(k * V), np.cos(X) * k * V)
    assert_same(y, np.sin(X))
    assert calls == [1]


def test_pull_and_push_are_adjoint():
    def f(x):
        return np.real(np.fft.rfft(np.outer(x, x).ravel()))

    y, pullback = vjp(f, X)
    u = np.random.default_rng(2).standard_normal(y.shape)
    _, t = jvp(f, (X,), (V,))
    assert u @ t == pytest.approx(pullback(u)[0] @ V)


@pytest.mark.parametrize(
    "call, wanted",
    [
        (lambda: vjp(np.sin, 1.0)[1](2.0)[0], float),
        (lambda: vjp(np.sin, np.float32(1.0))[1](2.0)[0], np.float32),
        (lambda: vjp(np.sin, 1.0)[0], np.float64),
        (lambda: jvp(np.sin, (1.0,), (2,))[1], np.float64),
        (lambda: jvp(np.sin, (np.float32([1.0]),), (np.float64([2.0]),))[1].dtype.type, np.float32),
        (lambda: jvp(lambda x: 3.0, (1.0,), (2.0,))[1], np.float64),
        (lambda: jvp(lambda x: 3.0, (1.0,), (2.0,))[0], float),
    ],
)
def test_types_are_those_of_what_was_given(call, wanted):
    found = call()
    assert found is wanted or type(found) is wanted


def test_what_does_not_depend_has_zeros():
    y, pullback = vjp(lambda x, y: (np.ones(2), x), X, 1.0)
    assert [np.shape(g) for g in pullback((np.ones(2), np.zeros(3)))] == [(3,), ()]
    _, t = jvp(lambda x: (np.ones(2, np.float32), np.arange(3), Variable(np.ones(4))), (X,), (V,))
    assert [a.shape for a in t] == [(2,), (3,), (4,)]
    assert t[0].dtype == np.float32
    assert not any(np.any(a) for a in t)


def test_a_structure_of_one_leaf_stays_one():
    x, f = {"a": [X]}, lambda d: ({"y": d["a"][0] ** 2},)
    assert_same(jvp(f, (x,), ({"a": [V]},))[1][0]["y"], 2 * X * V)
    y, pullback = vjp(f, x)
    assert_same(y[0]["y"], X**2)
    assert_same(pullback(({"y": V},))[0]["a"][0], 2 * X * V)
    assert grad(lambda d, xs: d["a"] * xs[0], (0, 1))({"a": 2.0}, [3.0]) == ({"a": 3.0}, [2.0])
    with pytest.raises(TypeError, match="the tangent at \\[0\\]: expected a dict of 'a'"):
        jvp(f, (x,), (X,))


def test_aux_comes_third():
    y, pullback, aux = vjp(lambda x: (x**2, "aux"), 3.0, has_aux=True)
    assert (y, pullback(1.0), aux) == (9.0, (6.0,), "aux")
    assert jvp(lambda x: (x**2, {"x": x}), (3.0,), (1.0,), has_aux=True) == (9.0, 6.0, {"x": 3.0})
    y, push, aux = linearize(lambda x: (x**2, None), 3.0, has_aux=True)
    assert (push(1.0), aux) == (6.0, None)


# -- Second derivatives ---------------------------------------------------------------------------


def g(x):
    return np.sum(np.tanh(x) * np.prod(x))


def test_each_nesting_gives_the_product_with_the_hessian():
    h = hessian(g)(X) @ V
    assert_same(hvp(g, X, V), h)
    assert_same(jvp(grad(g), (X,), (V,))[1], h)
    assert_same(vjp(grad(g), X)[1](V)[0], h)
    assert_same(grad(lambda x: jvp(g, (x,), (V,))[1])(X), h)
    assert_same(grad(lambda x: np.sum(vjp(g, x)[1](1.0)[0] * V))(X), h)
    assert_same(jvp(lambda x: vjp(g, x)[1](1.0)[0], (X,), (V,))[1], h)
    assert_same(linearize(grad(g), X)[1](V), h)
    assert_same(jvp(lambda x: linearize(g, x)[1](V), (X,), (V,))[1], V @ h)
    assert_same(jvp(lambda x: jvp(g, (x,), (V,))[1], (X,), (V,))[1], V @ h)
    assert_same(slope(grad(g), X, V), h, rtol=1e-6)


def test_third_derivatives_by_every_nesting():
    third = complex_step(lambda x: np.einsum("ij,i,j", hessian_of_cube(x), V, V), X, V)
    assert_same(jvp(lambda x: jvp(lambda x: jvp(cube, (x,), (V,))[1], (x,), (V,))[1], (X,), (V,))[1], third)
    assert_same(grad(lambda x: jvp(lambda x: jvp(cube, (x,), (V,))[1], (x,), (V,))[1])(X) @ V, third)
    assert_same(jvp(lambda x: hvp(cube, x, V) @ V, (X,), (V,))[1], third)
    assert_same(hvp(lambda x: jvp(cube, (x,), (V,))[1], X, V) @ V, third)


def cube(x):
    return np.sum(x) ** 3 + np.sum(x**4)


def hessian_of_cube(x):
    return 6 * np.sum(x) * np.ones((3, 3)) + 12 * np.diag(x**2)


def test_products_with_hessians_of_structures():
    x, v = {"a": X, "b": 2.0}, {"a": V, "b": 1.0}
    found = hvp(lambda d: np.sum(d["a"] ** 2) * d["b"] ** 2, x, v)
    assert_same(found["a"], 2 * V * 4 + 2 * X * 4.0)
    assert found["b"] == pytest.approx(2 * np.sum(X**2) + 4 * np.sum(2 * X * V))


def test_the_gauss_newton_product():
    J = jacobian(lambda x: np.tanh(A @ x))(X)
    assert_same(ggnvp(lambda x: np.tanh(A @ x), X, V), J.T @ (J @ V))

    def loss(y):
        return np.sum(np.exp(y)) * y[0]

    H = hessian(loss)(np.tanh(A @ X))
    assert_same(ggnvp(lambda x: np.tanh(A @ x), X, V, loss), J.T @ (H @ (J @ V)))


def test_of_a_linear_function_the_hessian_is_zero():
    assert_same(hvp(lambda x: np.sum(x), X, V), np.zeros(3))
    assert_same(hvp(lambda x: 1.0, X, V), np.zeros(3))


# -- Connected ------------------------------------------------------------------------------------


def test_pulled_back_gradients_depend_on_the_cotangent():
    _, pullback = vjp(np.sin, X)
    assert_same(jacobian(lambda u: pullback(u)[0])(V), np.diag(np.cos(X)))
    assert type(grad(lambda u: pullback(u)[0])) is not np.ndarray
    u = Variable(V)
    (t,) = pullback(u)
    np.sum(t).backward()
    assert_same(u.grad.data, np.cos(X))


def test_tangents_depend_on_the_direction():
    v = Variable(V)
    _, t = jvp(np.sin, (X,), (v,))
    np.sum(t).backward()
    assert_same(v.grad.data, np.cos(X))
    _, push = linearize(np.sin, X)
    assert_same(jacobian(push)(V), np.diag(np.cos(X)))


def test_all_are_connected_with_variables_that_f_closes_over():
    for product in (
        lambda w: vjp(lambda x: w * x, 3.0)[1](1.0)[0],
        lambda w: vjp(lambda x: w * x, 3.0)[0] / 3,
        lambda w: jvp(lambda x: w * x, (3.0,), (1.0,))[1],
        lambda w: linearize(lambda x: w * x, 3.0)[1](1.0),
        lambda w: hvp(lambda x: w * x**2 / 2, 3.0, 1.0),
        lambda w: ggnvp(lambda x: w * x, 3.0, 1.0) / w,
    ):
        w = Variable(np.array(2.0))
        y = product(w)
        assert isinstance(y, Variable) and y.data == 2.0
        y.backward()
        assert w.grad.data == pytest.approx(1.0)
        assert grad(product)(2.0) == pytest.approx(1.0)
        assert jvp(product, (2.0,), (1.0,))[1] == pytest.approx(1.0)


def test_under_no_grad_nothing_is_connected():
    w = Variable(np.array(2.0))
    with no_grad():
        assert vjp(lambda x: w * x, 3.0)[1](1.0) == (2.0,)
        assert jvp(lambda x: w * x, (3.0,), (1.0,))[1] == 2.0
        y, t = jvp(np.sin, (w,), (1.0,))
    assert isinstance(t, Variable) and t.creator is None


def test_what_is_kept_does_not_see_what_is_written_later():
    for f, slope_of in ((np.exp, np.exp), (np.sin, np.cos)):  # a rule that reads the value, one that reads x
        x = X.copy()
        y, pullback = vjp(f, x)
        z, push = linearize(f, x)
        x[:], y[:], z[:] = 0, 0, 0
        assert_same(pullback(V)[0], slope_of(X) * V)
        assert_same(push(V), slope_of(X) * V)


def test_a_pullback_serves_several_threads():
    _, pullback = vjp(lambda x: np.tanh(x) ** 2, X)
    wanted = pullback(V)[0]
    wrong = []

    def work(_):
        wrong.extend(1 for _ in range(200) if not np.array_equal(pullback(V)[0], wanted))

    in_threads(work)
    assert not wrong


# -- A user's Function ----------------------------------------------------------------------------


class Cube(Function):
    def forward(self, x):
        return x**3

    def backward(self, gy):
        (x,) = self.inputs
        return 3 * x**2 * gy


class ElementwiseCube(Cube):
    elementwise = True


@pytest.mark.parametrize("kind", [Cube, ElementwiseCube])
def test_a_function_of_ones_own_works_in_every_transform(kind):
    def y(x):
        return np.sum(kind()(x))

    assert_same(grad(y)(X), 3 * X**2)
    assert_same(jvp(lambda x: kind()(x), (X,), (V,))[1], 3 * X**2 * V)
    assert_same(hessian(y)(X), np.diag(6 * X))
    assert_same(hvp(y, X, V), 6 * X * V)
    assert_same(grad(lambda x: hvp(y, x, V) @ V)(X), 6 * V**2)
    assert_same(jacobian(lambda x: kind()(x))(X), np.diag(3 * X**2))


# -- Complex numbers ------------------------------------------------------------------------------

Z = np.array([1 + 2j, -0.5j, 2.0 + 0j])


def test_tangents_of_complex_numbers_are_those_of_jax():
    with jax_in_doubles() as jax:
        _, theirs = jax.jvp(lambda z: jax.numpy.sin(z) * z, (Z,), (1j * Z,))
    assert_same(jvp(lambda z: np.sin(z) * z, (Z,), (1j * Z,))[1], theirs)


def test_cotangents_of_complex_numbers_are_the_conjugates_of_jaxs():
    with jax_in_doubles() as jax:
        (theirs,) = jax.vjp(lambda z: jax.numpy.sin(z) * z, jax.numpy.asarray(Z))[1](
            jax.numpy.asarray(np.conj(1j * Z))
        )
    assert_same(vjp(lambda z: np.sin(z) * z, Z)[1](1j * Z)[0], np.conj(theirs))


# -- Errors ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "call, error, said",
    [
        (lambda: vjp(3.0, 1.0), TypeError, "vjp: expected a function"),
        (lambda: vjp(np.sin, 1), TypeError, "vjp: primal 0 is 1, an int"),
        (lambda: vjp(lambda x, y: x, 1.0, {"a": "b"}), TypeError, r"primal 1 at \['a'\] is a str"),
        (lambda: vjp(np.sin, X)[1](1.0), ValueError, r"vjp: the cotangent has shape \(\), .* \(3,\)"),
        (
            lambda: vjp(np.sin, X)[1]([X]),
            TypeError,
            "vjp: the cotangent: expected an array or number, not a list of 1",
        ),
        (
            lambda: vjp(lambda x: (x, {"a": x}), X)[1]((X, {"b": X})),
            TypeError,
            r"at \[1\]: expected a dict of 'a', not a dict of 'b'",
        ),
        (
            lambda: vjp(lambda x: (x, {"a": x}), X)[1]((X, {"a": 1.0})),
            ValueError,
            r"cotangent at \[1\]\['a'\] has shape \(\)",
        ),
        (
            lambda: vjp(np.sin, 1.0)[1](1j),
            TypeError,
            "the cotangent is complex128, .* float64; take its np.real",
        ),
        (lambda: vjp(np.sin, 1.0)[1]("a"), TypeError, "the cotangent is a str, not a number or array"),
        (lambda: vjp(np.sin, X)[1](np.array(["a", "b", "c"])), TypeError, "is of <U1, which is not numeric"),
        (lambda: vjp(np.sin, 1.0)[1](None), TypeError, "expected an array or number, not None"),
        (lambda: jvp(np.sin, 1.0, (1.0,)), TypeError, "jvp: primals is a tuple"),
        (lambda: jvp(np.sin, (1.0,), 1.0), TypeError, "jvp: tangents is a tuple"),
        (lambda: jvp(np.sin, (1.0,), (1.0, 1.0)), TypeError, "1 primals and 2 tangents"),
        (lambda: jvp(np.sin, (X,), (1.0,)), ValueError, r"jvp: the tangent at \[0\] has shape \(\)"),
        (lambda: jvp(np.sin, (1.0,), (1j,)), TypeError, "take its np.real"),
        (lambda: linearize(np.sin, 1.0)[1](), TypeError, "1 primals, and 0 tangents"),
        (lambda: linearize(np.sin, 1.0)[1](X), ValueError, "linearize: the tangent"),
        (lambda: hvp(np.sin, X, X), TypeError, "hvp: the function returned shape"),
        (lambda: hvp(np.sum, X, 1.0), ValueError, r"hvp: the vector at \[0\] has shape"),
        (lambda: ggnvp(np.sin, X, X, np.sin), TypeError, "hvp: the function returned shape"),
        (lambda: vjp(lambda x: None, 1.0), TypeError, "returned None"),
        (lambda: jvp(lambda x: x, (1.0,), (1.0,), has_aux=True), TypeError, r"\(value, aux\)"),
    ],
)
def test_errors_name_the_argument_and_the_remedy(call, error, said):
    with pytest.raises(error, match=said):
        call()
