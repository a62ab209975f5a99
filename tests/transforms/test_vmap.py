"""`vmap`: its meaning, under other transforms, in them, and in compiled functions."""

import pickle
from dataclasses import dataclass, field
from functools import partial

import numpy as np
import pytest

from leopard import (
    Function,
    Variable,
    checkpoint,
    compile,
    custom_jvp,
    custom_vjp,
    fori_loop,
    grad,
    hessian,
    hvp,
    jacfwd,
    jacobian,
    jacrev,
    jvp,
    linearize,
    no_grad,
    scan,
    stop_gradient,
    value_and_grad,
    vjp,
    vmap,
    while_loop,
)
from leopard.transforms.batching.mapping import _Call

RNG = np.random.default_rng(17)
X, W, A = RNG.normal(size=(5, 3)), RNG.normal(size=3), RNG.normal(size=(5, 3, 3))


def stacked(f, *columns):
    """f of each example, stacked."""
    return np.stack([f(*row) for row in zip(*columns, strict=True)])


def close(found, wanted, tolerance=1e-12):
    assert type(found) is np.ndarray
    assert found.shape == wanted.shape
    assert found.dtype == wanted.dtype
    np.testing.assert_allclose(found, wanted, rtol=tolerance, atol=tolerance)


@pytest.fixture
def calls(monkeypatch):
    """How often a mapped function was called for each example."""
    found = []
    one_by_one = _Call.one_by_one

    def counted(self, out_axes):
        found.append(self)
        return one_by_one(self, out_axes)

    monkeypatch.setattr(_Call, "one_by_one", counted)
    return found


def loss(w, x):
    return np.sum(np.tanh(w * x) @ w) ** 2 + np.max(x * w)


# -- Axes ------------------------------------------------------------------------------------------------


def test_axes_in_front():
    close(vmap(np.sin)(X), np.sin(X))
    close(vmap(np.dot, (0, None))(X, W), X @ W)
    close(vmap(np.dot, (None, 0))(W, X), X @ W)
    close(vmap(np.dot)(X, X), np.sum(X * X, 1))


@pytest.mark.parametrize("axis", [0, 1, 2, -1, -2, -3, np.int64(1)])
def test_any_axis_in_and_out(axis):
    f = partial(np.cumsum, axis=0)
    wanted = np.stack([f(a) for a in np.moveaxis(A, axis, 0)])
    close(vmap(f, axis)(A), wanted)
    close(vmap(f, axis, axis)(A), np.moveaxis(wanted, 0, axis))


def test_structures_and_prefixes():
    def f(p, x, scale):
        return {"y": x @ p["w"][0] + p["w"][1] * scale, "both": (x, p["b"])}

    p = {"w": [RNG.normal(size=(5, 3)), RNG.normal(size=(2, 5))], "b": RNG.normal(size=2)}
    axes = ({"w": [0, 1], "b": None}, 0, None)
    found = vmap(f, axes, out_axes={"y": 1, "both": (0, None)})(p, X, 2.0)
    wanted = [f({"w": [p["w"][0][r], p["w"][1][:, r]], "b": p["b"]}, X[r], 2.0) for r in range(5)]
    close(found["y"], np.stack([y["y"] for y in wanted], axis=1))
    close(found["both"][0], X)
    close(found["both"][1], p["b"])
    close(vmap(f, axes)(p, X, 2.0)["both"][1], np.stack([p["b"]] * 5))
    q = {"w": [p["w"][0], RNG.normal(size=(5, 2))], "b": X}
    close(vmap(lambda p: p["w"][0] @ p["b"])(q), np.sum(p["w"][0] * X, 1))
    close(vmap(lambda p, x: p["w"][0] @ p["b"] * x, [0, None])(q, 2.0), 2 * np.sum(p["w"][0] * X, 1))


@dataclass
class Layer:
    w: np.ndarray
    b: np.ndarray
    name: str = field(default="", metadata={"static": True})


def test_dataclasses():
    layer = Layer(A, X, "first")
    found = vmap(lambda layer, x: Layer(layer.w @ x, layer.b, layer.name))(layer, X)
    assert found.name == "first"
    close(found.w, stacked(lambda a, x: a @ x, A, X))
    close(found.b, X)


def test_keyword_arguments_are_mapped_along_their_first_axis():
    close(vmap(lambda x, *, y: x * y, None)(W, y=X), W * X)
    close(vmap(lambda x, y=2.0: x * y)(X), X * 2)


def test_results_that_are_the_same_for_all():
    found = vmap(lambda x: (x, W, 1.5, 2, True, W[0]))(X)
    wanted = [X, np.stack([W] * 5), np.full(5, 1.5), np.full(5, 2), np.full(5, True), np.full(5, W[0])]
    for y, z in zip(found, wanted, strict=True):
        close(y, z)
        y[...] = 0  # it is its own
    assert W.all()
    assert X.all()
    assert vmap(lambda x: (None, x))(X)[0] is None
    close(vmap(lambda x: W, out_axes=None)(X), W)


def test_results_share_no_memory():
    x = X.copy()
    a, b, c = vmap(lambda x: (x, x[::-1], x))(x)
    a[...] = 0
    close(b, X[:, ::-1])
    close(c, X)
    close(x, X)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: vmap(3), TypeError, "vmap"),
        (lambda: vmap(np.sin, "0"), TypeError, "in_axes is an int, None"),
        (lambda: vmap(np.sin, 1.5), TypeError, "in_axes is an int, None"),
        (lambda: vmap(np.dot, (0, "a"))(X, X), TypeError, "an axis is an int"),
        (lambda: vmap(np.dot, (0, True))(X, X), TypeError, "an axis is an int"),
        (lambda: vmap(np.dot, (0,))(X, X), ValueError, "in_axes has 1 entries, and 2"),
        (
            lambda: vmap(np.dot)(X, X[:4]),
            ValueError,
            "differ in length: argument 0 has 5 .*1 has 4",
        ),
        (lambda: vmap(np.dot, None)(X, X), ValueError, "no argument is mapped"),
        (lambda: vmap(np.sin, 2)(X), ValueError, r"in_axes is 2 for argument 0, which has shape \(5, 3\)"),
        (lambda: vmap(np.dot)(X, 2.0), ValueError, "argument 1 has no axis"),
        (
            lambda: vmap(lambda p: p["w"])({"w": [X, np.float64(2)]}),
            ValueError,
            r"0\['w'\]\[1\] has no",
        ),
        (lambda: vmap(np.sin)(np.array(["a", "b"])), TypeError, "not numeric"),
        (lambda: vmap(np.sin, ({"a": 0},))(X), ValueError, "prefix"),
        (lambda: vmap(lambda p: p["a"], ({"b": 0},))({"a": X}), ValueError, "prefix"),
        (lambda: vmap(np.sin, 0, None)(X), ValueError, "out_axes is None for the result, which depends"),
        (lambda: vmap(np.sin, 0, 2)(X), ValueError, "out_axes is 2 for the result, which has 2 axes"),
        (lambda: vmap(lambda x: (x, x), 0, (0, 1, 2))(X), ValueError, "out_axes"),
        (lambda: vmap(lambda x: "text")(X), TypeError, "no number or array"),
        (lambda: vmap(lambda x: float(np.sum(x)), 0, None)(X), ValueError, "out_axes is None"),
        (lambda: vmap(lambda x: x[: int(x[0] > 0)])(X), ValueError, r"has shape \(.\,\) for example 0, and"),
        (lambda: vmap(lambda x: x[: int(x[0])])(X[:0]), ValueError, "there is no example"),
    ],
)
def test_errors(call, error, message):
    with pytest.raises(error, match=message):
        call()


def test_error_within_the_function_names_the_example():
    def f(x):
        if x > 3:
            raise ArithmeticError("too large")
        return x

    with pytest.raises(ArithmeticError, match="too large") as caught:
        vmap(f)(np.arange(6.0))
    assert caught.value.__notes__ == ["vmap: of example 4 of 6"]


def test_no_and_one_example():
    close(vmap(lambda x: np.sum(np.sin(x) * W))(X[:0]), np.zeros(0))
    close(vmap(grad(lambda x: np.sum(np.sin(x) * W)))(X[:0]), np.zeros((0, 3)))
    close(vmap(lambda x: np.sum(np.sin(x) * W))(X[:1]), np.sum(np.sin(X[:1]) * W, 1))


@pytest.mark.parametrize("dtype", [np.float32, np.float16, np.int64, np.int8, bool, complex, np.complex64])
def test_types(dtype):
    x = (4 * X).astype(dtype)
    f = lambda x: (x * 2, x + 1.5, np.sum(x), np.sum(x) * x[0], x[0] > x[1], np.argmax(x), x * x)  # noqa: E731
    for y, *rows in zip(vmap(f)(x), *map(f, x), strict=True):
        close(y, np.stack(rows), 1e-2 if dtype == np.float16 else 1e-6)


def test_name_and_pickle():
    assert vmap(loss).__name__ == "vmap(loss)"
    assert vmap(loss).__wrapped__ is loss
    close(pickle.loads(pickle.dumps(vmap(loss, (None, 0))))(W, X), stacked(partial(loss, W), X))


# -- Under other transforms, and in them -----------------------------------------------------------------


def total(w, x):
    return np.sum(vmap(loss, (None, 0))(w, x) ** 2)


def total_by_loop(w, x):
    return sum(loss(w, row) ** 2 for row in x)


def test_derivatives_of_a_mapped_function():
    close(grad(total)(W, X), grad(total_by_loop)(W, X), 1e-10)
    close(grad(total, 1)(W, X), grad(total_by_loop, 1)(W, X), 1e-10)
    close(hessian(total)(W, X), hessian(total_by_loop)(W, X), 1e-9)
    close(jacfwd(total)(W, X), jacrev(total_by_loop)(W, X), 1e-10)
    close(hvp(lambda w: total(w, X), W, W), hvp(lambda w: total_by_loop(w, X), W, W), 1e-9)
    y, t = jvp(total, (W, X), (W, X))
    z, s = jvp(total_by_loop, (W, X), (W, X))
    np.testing.assert_allclose([y, t], [z, s])
    _, pull = vjp(partial(vmap(loss, (None, 0))), W, X)
    weights = np.arange(5.0)
    close(pull(weights)[0], sum(c * grad(loss)(W, x) for c, x in zip(weights, X, strict=True)), 1e-10)


@pytest.mark.parametrize(
    "derivative",
    [
        grad(loss),
        grad(loss, 1),
        hessian(loss),
        jacfwd(loss, 1),
        jacobian(grad(loss), 1),
        lambda w, x: value_and_grad(loss)(w, x)[0],
        lambda w, x: jvp(loss, (w, x), (x, w))[1],
        lambda w, x: vjp(loss, w, x)[1](2.0)[1],
        lambda w, x: linearize(partial(loss, w), x)[1](w),
        lambda w, x: hvp(partial(loss, w), x, w),
        lambda w, x: grad(lambda w: np.sum(grad(loss, 1)(w, x) ** 2))(w),
    ],
)
def test_mapped_derivatives(derivative, calls):
    wanted = stacked(partial(derivative, W), X)
    close(vmap(derivative, (None, 0))(W, X), wanted, 1e-10)
    close(vmap(derivative)(np.stack([W] * 5), X), wanted, 1e-10)
    found = grad(lambda w: np.sum(vmap(derivative, (None, 0))(w, X) ** 2))(W)
    close(found, grad(lambda w: sum(np.sum(derivative(w, x) ** 2) for x in X))(W), 1e-8)
    assert not calls


def test_nested():
    k = lambda a, b: np.exp(-np.sum((a - b) ** 2)) * np.max(a * b)  # noqa: E731
    b = RNG.normal(size=(4, 3))
    wanted = np.array([[k(x, y) for y in b] for x in X])
    close(vmap(vmap(k, (None, 0)), (0, None))(X, b), wanted)
    close(vmap(vmap(k, (0, None)), (None, 0))(X, b), wanted.T)
    close(vmap(vmap(k, (0, None)), (None, 0), 1)(X, b), wanted)
    inner = lambda a, b: grad(lambda a: np.sum(vmap(k, (None, 0))(a, b)))(a)  # noqa: E731
    found = vmap(inner, (0, None))(X, b)
    close(found, stacked(lambda a: grad(lambda a: sum(k(a, y) for y in b))(a), X), 1e-10)
    close(vmap(vmap(vmap(np.multiply)))(A, A), A * A)


def test_closures_over_variables_get_gradients():
    w = Variable(W)
    u = w * 2.0
    y = vmap(lambda x: np.dot(np.sin(x), u) + w[0])(X)
    assert isinstance(y, Variable)
    np.sum(y).backward()
    np.testing.assert_allclose(w.grad.data, 2 * np.sin(X).sum(0) + [5, 0, 0])
    close(grad(lambda w: np.sum(vmap(lambda x: np.sin(x) * w)(X)))(W), np.sin(X).sum(0))
    close(
        grad(lambda w: np.sum(vmap(lambda x: grad(lambda x: np.sum(np.sin(x) * w))(x))(X)))(W),
        np.cos(X).sum(0),
    )


def test_variables_as_arguments():
    w, x = Variable(W), Variable(X)
    y = vmap(loss, (None, 0))(w, x)
    np.sum(y).backward()
    close(w.grad.data, grad(lambda w: sum(loss(w, x) for x in X))(W), 1e-10)
    close(x.grad.data, stacked(grad(loss, 1), [W] * 5, X), 1e-10)
    assert isinstance(vmap(lambda w: 1.0)(x), Variable)
    z = vmap(lambda x: x)(x)
    z[0] = 0.0
    close(x.data, X)
    with no_grad():
        assert vmap(np.sin)(x).creator is None


def test_constants_stay_constant():
    def stopped(x, w):
        return stop_gradient(x * w) * w

    def unrecorded(x, w):
        with no_grad():
            y = np.sin(x * w)
        return y * w

    for f in (stopped, unrecorded):
        for k in (0, 1):
            found = grad(lambda *xs, f=f: np.sum(vmap(f, (0, None))(*xs)), k)(X, W)
            wanted = grad(lambda *xs, f=f: np.sum(np.stack([f(x, xs[1]) for x in xs[0]])), k)(X, W)
            close(found, wanted)


@custom_vjp
def clipped(x):
    return np.sin(x)


clipped.defvjp(lambda x: (clipped(x), x), lambda x, g: (g * 3.0 * x,))


@custom_jvp
def leaning(x):
    return np.cos(x)


leaning.defjvp(lambda primals, tangents: (leaning(*primals), tangents[0] * 5.0))


class Doubled(Function):
    def forward(self, x):
        return 2 * x

    def backward(self, gy):
        return 7.0 * gy


@pytest.mark.parametrize("f", [clipped, leaning, lambda x: Doubled()(x), checkpoint(np.sin)], ids=range(4))
def test_rules_of_the_users(f):
    def g(x, w):
        return np.sum(f(x) * w * x)

    close(vmap(grad(g), (0, None))(X, W), stacked(lambda x: grad(g)(x, W), X))
    close(grad(lambda x: np.sum(vmap(g, (0, None))(x, W)))(X), stacked(lambda x: grad(g)(x, W), X))


# -- What f may do ---------------------------------------------------------------------------------------


def test_branches(calls):
    f = lambda x: np.sin(x) if np.sum(x) > 0 else x * x  # noqa: E731
    close(vmap(f)(X), stacked(f, X))
    assert len(calls) == 1
    close(vmap(grad(lambda x: np.sum(f(x))))(X), stacked(grad(lambda x: np.sum(f(x))), X))
    close(grad(lambda x: np.sum(vmap(f)(x)))(X), stacked(grad(lambda x: np.sum(f(x))), X))
    del calls[:]
    close(vmap(f)(np.abs(X)), np.sin(np.abs(X)))  # all take the same branch
    close(vmap(lambda x, s: x * 2 if s > 0 else x, (0, None))(X, 1.0), X * 2)
    assert not calls


def test_loops_of_pythons_and_numbers():
    def newton(a):
        x = a
        while abs(x * x - a) > 1e-12:
            x = (x + a / x) / 2
        return x

    a = np.array([2.0, 9.0, 5.0])
    close(vmap(newton)(a), np.sqrt(a), 1e-10)
    f = lambda x: sum(x[k] ** k for k in range(int(abs(x[0]) * 3) % 3 + 1))  # noqa: E731
    close(vmap(f)(X), stacked(f, X))
    f = lambda x: np.sort(x)[::-1] * float(x[0])  # noqa: E731
    close(vmap(f)(X), stacked(f, X))
    f = lambda x: x[x > 0].sum()  # noqa: E731
    close(vmap(f)(X), stacked(f, X))
    f = lambda x: x[np.argsort(-x)] * x[np.argmax(x)]  # noqa: E731
    close(vmap(f)(X), stacked(f, X))


def test_loops_of_leopards(calls):
    f = lambda x: fori_loop(0, 30, lambda k, s: np.tanh(s * W) + x, x)  # noqa: E731
    close(vmap(f)(X), stacked(f, X))
    g = lambda x: scan(lambda s, w: (np.sin(s + w), s * w), x, np.linspace(0, 1, 20))[1]  # noqa: E731
    close(vmap(g)(X), stacked(g, X))
    assert not calls
    h = lambda x: while_loop(lambda s: np.sum(s) < 5, lambda s: s * 1.5 + 1, x)  # noqa: E731
    close(vmap(h)(X), stacked(h, X))


def test_assignment():
    def f(x):
        x[0] = np.sin(x[1])
        x[1:] *= 2.0
        return x * x

    before = X.copy()
    found = vmap(f)(X)
    close(X, before)
    close(found, stacked(lambda x: f(x.copy()), X))
    close(vmap(grad(lambda x: np.sum(f(x))))(X), stacked(grad(lambda x: np.sum(f(x))), X))
    close(grad(lambda x: np.sum(vmap(f)(x)))(X), stacked(grad(lambda x: np.sum(f(x))), X))

    def filled(x):
        y = np.zeros(3)
        y[1] = x[0]
        return y

    close(vmap(filled)(X), stacked(filled, X))

    def overwritten(x):  # in place, where nothing else refers to the array
        x[0] = W[1]
        x[1] = W[2]
        return x

    close(vmap(overwritten)(X), stacked(lambda x: overwritten(x.copy()), X))

    def buffered(x):
        buffer, y = np.zeros(3), 0.0
        for k in range(3):
            buffer[k] = k + 1.0
            y = y + x * buffer
        return y

    close(vmap(buffered)(X), stacked(buffered, X))

    def view(x):
        y = x[::-1]
        x[1] = 5.0 * x[0]
        return y, x[:2]

    for k, y in enumerate(vmap(view)(X)):
        close(y, stacked(lambda x, k=k: view(x.copy())[k], X))

    def scattered(x, i):
        y = x * 1.0
        y[i] = x[-1]
        y[i - 1] += 3.0
        return y

    i = np.array([0, 2, 1, 1, 0])
    close(vmap(scattered)(X, i), stacked(scattered, X, i))
    close(vmap(scattered, (None, 0))(W, i), stacked(partial(scattered, W), i))


def test_indices_of_each_example():
    a = RNG.normal(size=(4, 3, 5))
    i, j = RNG.integers(0, 3, (4, 2)), RNG.integers(0, 3, 4)
    for f in (
        lambda a, i, j: a[i],
        lambda a, i, j: a[:, i],
        lambda a, i, j: a[i, i + 1],
        lambda a, i, j: a[i, :, None],
        lambda a, i, j: a[j],
        lambda a, i, j: a[..., j],
        lambda a, i, j: a[j, i],
        lambda a, i, j: a[
            j,
            :,
        ][i],
        lambda a, i, j: a[:, [0, 1]][i, [1, 0]],
        lambda a, i, j: np.take(a, i, axis=1),
        lambda a, i, j: np.take_along_axis(a, i[:, None], 0),
        lambda a, i, j: np.where(a > 0, a, i[0]),
    ):
        close(vmap(f)(a, i, j), stacked(f, a, i, j))
        close(vmap(f, (None, 0, 0))(a[0], i, j), stacked(partial(f, a[0]), i, j))
        g = lambda a, i, j, f=f: np.sum(f(a, i, j) ** 3)  # noqa: E731
        close(vmap(grad(g))(a, i, j), stacked(grad(g), a, i, j))


def test_what_happens_once():
    rng = np.random.default_rng(3)
    found = vmap(lambda x: x + rng.normal(size=3))(X)
    close(found, X + np.random.default_rng(3).normal(size=3))
    y = Variable(np.zeros(3))
    with pytest.raises(ValueError, match="read-only"):
        vmap(lambda x, y: y.__setitem__(0, 1.0), (0, None))(X, np.zeros(3))
    with pytest.raises(ValueError, match="vmap: f assigns to an argument"):
        vmap(lambda x, y: y.__setitem__(0, x[0]), (0, None))(X, y)


def test_assignment_to_a_variable_from_outside_is_an_error():
    total = Variable(np.zeros(3))

    def f(x):
        total[0] += x[0]
        return total * x

    with pytest.raises(ValueError, match="vmap: f assigns to a Variable from outside"):
        vmap(f)(X)
    w = Variable(np.zeros(3))
    w[1] = 2.0  # before
    found = vmap(lambda x: np.sum(w * x))(X)
    close(found.data, 2 * X[:, 1])
    np.sum(found).backward()
    close(w.grad.data, X.sum(0))


def test_functions_of_scipy():
    pytest.importorskip("scipy")
    from leopard.scipy import special

    f = lambda x: special.gammaln(np.abs(x) + 1) * special.expit(x)  # noqa: E731
    close(vmap(f)(X), f(X).data, 1e-12)
    g = lambda x: np.sum(f(x))  # noqa: E731
    close(vmap(grad(g))(X), stacked(grad(g), X), 1e-12)


# -- In compiled functions -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "f",
    [
        lambda w, x: vmap(grad(loss), (None, 0))(w, x),
        lambda w, x: grad(total)(w, x),
        lambda w, x: vmap(vmap(lambda a, b: np.exp(-np.sum((a - b) ** 2)), (None, 0)), (0, None))(x, x * w),
        lambda w, x: vmap(lambda x: np.sin(x) * w if np.sum(w) > -50 else x)(x),
        lambda w, x: vmap(lambda x: x[np.argsort(x)] * w)(x),
        lambda w, x: vmap(lambda x: np.clip(x, -0.5, w[0]))(x),
        lambda w, x: vmap(hessian(loss), (None, 0))(w, x),
    ],
)
def test_compiled(f):
    g = compile(f)
    for k in range(5):
        close(g(W + 0.1 * k, X - 0.1 * k), f(W + 0.1 * k, X - 0.1 * k), 1e-10)


def test_compiled_branches_are_taken_again():
    f = lambda x: vmap(lambda x: np.sin(x) if np.sum(x) > 0 else x * x)(x)  # noqa: E731
    g = compile(f)
    for x in (X, np.abs(X), -np.abs(X), X, X, np.abs(X), np.abs(X), -X, -X, -X):
        close(g(x), f(x))


def test_a_compiled_function_is_mapped():
    f = compile(loss)
    close(vmap(f, (None, 0))(W, X), stacked(partial(loss, W), X))
    close(vmap(grad(f), (None, 0))(W, X), stacked(partial(grad(loss), W), X), 1e-10)


def test_jax_agrees():
    jax = pytest.importorskip("jax")
    jax.config.update("jax_enable_x64", True)
    jnp = jax.numpy

    def net(np, p, x, y):
        h = np.tanh(x @ p["w"][0] + p["b"][0])
        return np.sum((h @ p["w"][1] + p["b"][1] - y) ** 2)

    p = {
        "w": [RNG.normal(size=(3, 4)), RNG.normal(size=(4, 2))],
        "b": [RNG.normal(size=4), RNG.normal(size=2)],
    }
    y = RNG.normal(size=(2, 5))
    axes = (None, 0, 1)
    found = vmap(grad(partial(net, np)), axes, {"w": [0, 1], "b": -1})(p, X, y)
    wanted = jax.vmap(jax.grad(partial(net, jnp)), axes, {"w": [0, 1], "b": -1})(p, X, y)
    for name in ("w", "b"):
        for a, b in zip(found[name], wanted[name], strict=True):
            close(a, np.asarray(b), 1e-10)
    scaled = vmap(lambda p, x: x * p["b"][0][0], ({"w": None, "b": [0, None]}, 0))
    q = {"w": [None, None], "b": [X, p["b"][1]]}
    close(scaled(q, X), X * X[:, :1])


def test_numbers_that_are_differentiated_within_a_compiled_function():
    def offset_loss(b, x):
        return np.sum((x + b) ** 2 * b)

    x = np.linspace(-1, 1, 12).reshape(4, 3)
    for transform in (grad, hessian):
        mapped = vmap(transform(offset_loss), (None, 0))
        compiled = compile(mapped)
        for b in (0.1, 0.2, 0.3, -1.5):
            close(compiled(b, x), np.array([transform(offset_loss)(b, row) for row in x]), 1e-12)
        assert compiled.info().hits
