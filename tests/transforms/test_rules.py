"""Rules of one's own: in every transform, at every order."""

import numpy as np
import pytest

import leopard
from leopard import (
    Variable,
    custom_jvp,
    custom_vjp,
    grad,
    hessian,
    hvp,
    jacfwd,
    jacobian,
    jacrev,
    jvp,
    linearize,
    no_grad,
    stop_gradient,
    vjp,
)
from tests.transforms.rivals import assert_same, jax_in_doubles

X = np.array([0.5, -1.0, 2.0])


def backward_rule(np=np, custom=custom_vjp):
    """sin(x) * y, with a rule backward; the same code for leopard and JAX."""

    @custom
    def f(x, y):
        return np.sin(x) * y

    def fwd(x, y):
        return f(x, y), (np.cos(x), np.sin(x), y)

    def bwd(kept, g):
        cos, sin, y = kept
        return cos * y * g, sin * g

    f.defvjp(fwd, bwd)
    return f


def forward_rule(np=np, custom=custom_jvp):
    """The same, with a rule forward."""

    @custom
    def f(x, y):
        return np.sin(x) * y

    @f.defjvp
    def rule(primals, tangents):
        x, y = primals
        tx, ty = tangents
        return f(x, y), np.cos(x) * y * tx + np.sin(x) * ty

    return f


def forward_rules():
    f = custom_jvp(lambda x, y: np.sin(x) * y)
    f.defjvps(lambda t, ans, x, y: np.cos(x) * y * t, lambda t, ans, x, y: ans / y * t)
    return f


@pytest.mark.parametrize("made", [backward_rule, forward_rule, forward_rules])
def test_a_rule_works_in_every_transform_and_at_every_order(made):
    f, plain = made(), lambda x, y: np.sin(x) * y
    total, plain_total = (lambda x, y, g=g: np.sum(g(x, y) ** 2) for g in (f, plain))
    y = X + 3
    for transform in (
        lambda f, total: grad(total, (0, 1))(X, y),
        lambda f, total: grad(lambda x: np.sum(grad(total, 1)(x, y) ** 2))(X),
        lambda f, total: grad(lambda x: np.sum(grad(lambda x: np.sum(grad(total)(x, y) ** 2))(x)))(X),
        lambda f, total: hessian(total, (0, 1))(X, y),
        lambda f, total: jacfwd(f, (0, 1))(X, y),
        lambda f, total: jacrev(f, (0, 1))(X, y),
        lambda f, total: jacobian(jacobian(f))(X, y),
        lambda f, total: jvp(f, (X, y), (y, X)),
        lambda f, total: jvp(lambda x: jvp(f, (x, y), (y, X))[1], (X,), (y,)),
        lambda f, total: grad(lambda x: np.sum(jvp(f, (x, y), (y, X))[1]))(X),
        lambda f, total: vjp(f, X, y)[1](X),
        lambda f, total: linearize(f, X, y)[1](y, X),
        lambda f, total: hvp(lambda x: total(x, y), X, y),
    ):
        ours, wanted = transform(f, total), transform(plain, plain_total)
        for a, b in zip(np.ravel(flat(ours)), np.ravel(flat(wanted)), strict=True):
            assert a == pytest.approx(b, rel=1e-10, abs=1e-12)


def flat(x):
    return np.concatenate([flat(part) for part in x]) if isinstance(x, tuple) else np.ravel(x)


def test_a_rule_written_for_jax_gives_what_it_gives_there():
    with jax_in_doubles() as jax:
        theirs = backward_rule(jax.numpy, jax.custom_vjp)
        assert_same(
            hessian(lambda x: np.sum(backward_rule()(x, x)))(X),
            jax.jit(jax.jacrev(jax.grad(lambda x: jax.numpy.sum(theirs(x, x)))))(X),
        )
        theirs = forward_rule(jax.numpy, jax.custom_jvp)
        assert_same(
            hessian(lambda x: np.sum(forward_rule()(x, x)))(X),
            jax.jit(jax.hessian(lambda x: jax.numpy.sum(theirs(x, x))))(X),
        )


@pytest.mark.parametrize("made", [backward_rule, forward_rule])
def test_the_rule_is_taken_and_not_what_f_does(made):
    f = made()
    real, f.f = f.f, lambda x, y: np.floor(np.asarray(real(x, y)))  # of which the slope is 0
    assert grad(f)(0.5, 2.0) == pytest.approx(2 * np.cos(0.5))


def test_f_is_called_with_arrays_and_numbers_alone():
    special = pytest.importorskip("scipy.special")
    loggamma, digamma = custom_jvp(special.gammaln), custom_jvp(special.digamma)
    loggamma.defjvps(lambda t, ans, x: t * digamma(x))
    digamma.defjvps(lambda t, ans, x: t * special.polygamma(1, x))
    assert_same(grad(lambda x: np.sum(loggamma(x)))(X**2), special.digamma(X**2))
    assert_same(jvp(loggamma, (2.0,), (1.0,))[1], special.digamma(2.0))
    assert grad(grad(loggamma))(2.0) == pytest.approx(special.polygamma(1, 2.0))


def test_constants_and_no_grad_call_f_itself():
    calls = []
    f = custom_vjp(lambda x: calls.append(type(x)) or x)
    f.defvjp(lambda x: (_ for _ in ()).throw(AssertionError), lambda kept, g: (g,))
    assert f(2.0) == 2.0
    with no_grad():
        f(Variable(np.array(2.0)))
    assert calls == [float, Variable]


def test_arguments_may_be_structures_and_have_defaults():
    @custom_vjp
    def f(p, x, scale=2.0):
        return {"y": p["W"] @ x * scale, "z": (np.sum(x),)}

    def fwd(p, x, scale):
        return f(p, x, scale), (p, x, scale)

    def bwd(kept, g):
        p, x, scale = kept
        return {"b": None, "W": np.outer(g["y"], x) * scale}, p["W"].T @ g["y"] * scale + g["z"][0], None

    f.defvjp(fwd, bwd)
    W, given = np.arange(6.0).reshape(2, 3), []
    given.append(
        grad(
            lambda W, x: np.sum(f({"W": W, "b": None}, x=x)["y"]) + f({"W": W, "b": None}, x)["z"][0], (0, 1)
        )(W, X)
    )
    given.append(grad(lambda W, x: np.sum(W @ x * 2) + np.sum(x), (0, 1))(W, X))
    for a, b in zip(*given, strict=True):
        assert_same(a, b)


def test_what_is_not_differentiated_comes_first():
    @lambda f: custom_vjp(f, nondiff_argnums=(0, 2))
    def power(name, x, n):
        assert type(n) is int
        return x**n

    def bwd(name, n, x, g):
        assert (name, type(n)) == ("name", int)
        return (n * power("name", x, n - 1) * g,)

    power.defvjp(lambda name, x, n: (power(name, x, n), x), bwd)
    assert grad(grad(lambda x: power("name", x, 3)))(2.0) == 12.0

    @lambda f: custom_jvp(f, nondiff_argnums=[-1])
    def other(x, n):
        return x**n

    @other.defjvp
    def rule(n, primals, tangents):
        return other(*primals, n), n * other(*primals, n - 1) * tangents[0]

    assert grad(grad(lambda x: other(x, 3)))(2.0) == 12.0


def test_none_is_no_gradient():
    f = custom_vjp(lambda x, y: x * y)
    f.defvjp(lambda x, y: (x * y, y), lambda y, g: (y * g, None))
    assert grad(f, (0, 1))(2.0, 3.0) == (3.0, 0.0)
    f = custom_jvp(lambda x, y: x * y)
    f.defjvps(lambda t, ans, x, y: y * t, None)
    assert grad(f, (0, 1))(2.0, 3.0) == (3.0, 0.0)
    assert jvp(f, (2.0, 3.0), (1.0, 1.0))[1] == 3.0


def test_a_method_may_have_a_rule():
    class Scale:
        def __init__(self, a):
            self.a = a

        @custom_vjp
        def __call__(self, x):
            return self.a * x

        __call__.defvjp(lambda self, x: (self.a * x, self.a), lambda a, g: (None, a * g))

    assert grad(Scale(3.0))(1.0) == 3.0


def test_with_a_variable_backward_runs_the_rule():
    v = Variable(X)
    np.sum(backward_rule()(v, 2.0)).backward()
    assert_same(v.grad.data, 2 * np.cos(X))


@pytest.mark.parametrize("kind", [custom_vjp, custom_jvp])
def test_closing_over_a_variable_is_refused(kind):
    w = Variable(np.array(2.0))
    f = kind(lambda x: w * x)
    if kind is custom_vjp:
        f.defvjp(lambda x: (w * x, None), lambda kept, g: (w * g,))
    else:
        f.defjvps(lambda t, ans, x: w * t)
    with pytest.raises(TypeError, match="closes over a Variable.*stop_gradient"):
        grad(f)(1.0)
    with pytest.raises(TypeError, match="closes over a Variable"):
        grad(lambda v: custom_of(kind, v)(v))(1.0)
    c = stop_gradient(w)
    g = custom_vjp(lambda x: c * x)
    g.defvjp(lambda x: (c * x, None), lambda kept, g: (c * g,))
    assert grad(g)(1.0) == 2.0


def custom_of(kind, v):
    f = kind(lambda x: v * x)
    if kind is custom_vjp:
        f.defvjp(lambda x: (v * x, None), lambda kept, g: (g,))
    else:
        f.defjvps(lambda t, ans, x: t)
    return f


def ruled(fwd=lambda x: (x, None), bwd=lambda kept, g: (g,)):
    f = custom_vjp(lambda x: x)
    f.defvjp(fwd, bwd)
    return f


def pushed(rule):
    f = custom_jvp(lambda x: x)
    f.defjvp(rule)
    return f


@pytest.mark.parametrize(
    "call, error, said",
    [
        (lambda: custom_vjp(1.0), TypeError, "custom_vjp: expected a function"),
        (
            lambda: custom_vjp(np.sin)(1.0),
            AttributeError,
            r"custom_vjp sin has no rule yet; give it one: f\.defvjp\(fwd",
        ),
        (lambda: custom_jvp(np.sin)(1.0), AttributeError, r"custom_jvp sin has no rule yet; .*f\.defjvps"),
        (lambda: ruled(bwd=1.0), TypeError, "defvjp: expected a function"),
        (lambda: pushed(1.0), TypeError, "defjvp: expected a function"),
        (
            lambda: grad(ruled(fwd=lambda x: x))(1.0),
            TypeError,
            r"its fwd returns \(outputs, residuals\), not a float64",
        ),
        (
            lambda: grad(ruled(fwd=lambda x: ("a", 0)))(1.0),
            TypeError,
            "returned a str, which is no number or array",
        ),
        (lambda: grad(ruled(fwd=lambda x: (None, 0)))(1.0), TypeError, "returned None"),
        (
            lambda: grad(ruled(bwd=lambda kept, g: g))(1.0),
            TypeError,
            "its bwd returns a tuple of 1, .* not a float64",
        ),
        (
            lambda: grad(ruled(bwd=lambda kept, g: (g, g)))(1.0),
            TypeError,
            "a tuple of 1, one for each argument, not 2",
        ),
        (
            lambda: grad(ruled(bwd=lambda kept, g: ([g],)))(1.0),
            TypeError,
            "the gradient of argument 0: expected an array or number",
        ),
        (lambda: grad(ruled(bwd=lambda kept, g: (np.ones(2),)))(1.0), ValueError, "shape"),
        (lambda: grad(ruled())(1.0, 2.0), TypeError, "too many positional"),
        (
            lambda: jvp(pushed(lambda p, t: t[0]), (1.0,), (1.0,)),
            TypeError,
            r"returns \(value, tangent\), not a float64",
        ),
        (
            lambda: jvp(pushed(lambda p, t: (p[0], t)), (1.0,), (1.0,)),
            TypeError,
            "the tangent: expected an array or number",
        ),
        (
            lambda: jvp(pushed(lambda p, t: (p[0], np.ones(2))), (1.0,), (1.0,)),
            ValueError,
            r"the tangent has shape \(2,\)",
        ),
        (
            lambda: custom_jvp(np.sin, nondiff_argnums=(0,)).defjvps(None),
            TypeError,
            "nondiff_argnums are for defjvp",
        ),
    ],
)
def test_errors_name_the_argument_and_the_remedy(call, error, said):
    with pytest.raises(error, match=said):
        call()


def test_keyword_only_arguments_are_refused():
    f = custom_vjp(lambda x, *, y: x)
    f.defvjp(lambda x: (x, None), lambda kept, g: (g,))
    with pytest.raises(TypeError, match=r"keyword-only arguments \(y\)"):
        grad(lambda x: f(x, y=1))(1.0)


def test_the_number_of_rules_is_the_number_of_arguments():
    f = custom_jvp(lambda x, y: x)
    f.defjvps(lambda t, ans, x, y: t)
    with pytest.raises(TypeError, match="1 rules were given for 2 arguments"):
        grad(f)(1.0, 2.0)


def test_a_rule_that_assigns_has_its_jacobian():
    second = leopard.custom_vjp(lambda a: a[1])

    def backward(residuals, gy):
        g = Variable(np.zeros(3))
        g[1] = gy
        return (g,)

    second.defvjp(lambda a: (a[1], ()), backward)
    x = np.array([1.0, 2.0, 3.0])
    np.testing.assert_array_equal(leopard.jacobian(lambda x: second(x) ** 3)(x), [0.0, 12.0, 0.0])
    pair = leopard.jacobian(lambda x: leopard.stack([second(x), second(x * x)]))
    np.testing.assert_array_equal(pair(x), [[0.0, 1.0, 0.0], [0.0, 4.0, 0.0]])
    np.testing.assert_array_equal(leopard.hessian(lambda x: second(x) ** 3)(x), np.diag([0.0, 12.0, 0.0]))
