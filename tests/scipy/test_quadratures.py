"""`quad` and `quad_vec`: values are SciPy's, derivatives those of the known integral."""

import numpy as np
import pytest

si = pytest.importorskip("scipy.integrate")

import leopard  # noqa: E402
from leopard import Variable, grad, hessian, jacobian, jvp, value_and_grad  # noqa: E402
from leopard.scipy.integrate import quad, quad_vec  # noqa: E402


def wave(x, k, p):
    return np.exp(-k * x) * np.cos(p["w"] * x)


def wave_integral(a, b, k, w):
    def f(x):
        return np.exp(-k * x) * (w * np.sin(w * x) - k * np.cos(w * x)) / (k**2 + w**2)

    return f(b) - f(a)


POINT = (0.2, 1.7, 0.6, 2.0)


def ours(a, b, k, w):
    return quad(wave, a, b, args=(k, {"w": w}))[0]


def test_values_are_scipys():
    wanted, found = si.quad(wave, 0, 1, args=(0.6, {"w": 2.0})), quad(wave, 0, 1, args=(0.6, {"w": 2.0}))
    assert found == wanted and type(found[0]) is np.float64
    y, error = quad(wave, 0, Variable(np.array(1.0)), args=(0.6, {"w": 2.0}))
    assert isinstance(y, Variable) and (y.data, error) == wanted
    for given in (
        {"full_output": True}, {"points": [0.3]}, {"weight": "cos", "wvar": 2.0},
        {"weight": "alg", "wvar": (-0.5, 0)}, {"limit": 9, "epsabs": 1e-4},
    ):  # fmt: skip
        wanted = si.quad(wave, 0, 1, args=(0.6, {"w": 2.0}), **given)
        found = quad(wave, 0, 1, args=(0.6, {"w": 2.0}), **given)
        assert found[:2] == wanted[:2] and len(found) == len(wanted)
    wanted = si.quad_vec(lambda x: np.array([x, x**2]), 0, 1, full_output=True)
    found = quad_vec(lambda x: np.stack([x, x**2]), 0, 1, full_output=True)
    np.testing.assert_array_equal(found[0], wanted[0])
    assert found[1] == wanted[1] and found[2].neval == wanted[2].neval


def test_gradients_in_limits_and_parameters():
    for a, b in zip(grad(ours, (0, 1, 2, 3))(*POINT), grad(wave_integral, (0, 1, 2, 3))(*POINT), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-10)


def test_forward_mode_and_second_order():
    f = lambda x: ours(x[0], x[1], x[2], x[3]) ** 2  # noqa: E731
    g = lambda x: wave_integral(x[0], x[1], x[2], x[3]) ** 2  # noqa: E731
    x, v = np.array(POINT), np.array([0.3, -0.2, 1.0, 0.5])
    np.testing.assert_allclose(jvp(f, (x,), (v,))[1], jvp(g, (x,), (v,))[1], rtol=1e-10)
    np.testing.assert_allclose(hessian(f)(x), hessian(g)(x), rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(jacobian(grad(f))(x), hessian(g)(x), rtol=1e-9, atol=1e-12)
    third = grad(grad(grad(lambda k: quad(lambda x: np.exp(-k * x), 0, np.inf)[0])))(2.0)
    np.testing.assert_allclose(third, -6 / 2.0**4, rtol=1e-8)


def test_infinite_limits():
    def mass(k, a, b):
        return quad(lambda x: np.exp(-k * x**2), a, b)[0]

    k = 0.7
    np.testing.assert_allclose(grad(mass)(k, -np.inf, np.inf), -0.5 * np.sqrt(np.pi) * k**-1.5, rtol=1e-8)
    found = grad(mass, (0, 1, 2))(k, -np.inf, 0.5)
    assert found[1] == 0.0 and found[2] == np.exp(-k * 0.25)
    found = grad(mass, (0, 1, 2))(k, 0.5, np.inf)
    assert found[2] == 0.0 and found[1] == -np.exp(-k * 0.25)


def test_singular_derivatives():
    found = grad(lambda p: quad(lambda x: x**p, 0, 1)[0])(-0.5)  # of 1 / (1 + p)
    np.testing.assert_allclose(found, -4.0, rtol=1e-7)


def test_breakpoints_and_weights():
    f = lambda x, c: abs(x - c) * c  # noqa: E731
    found = grad(lambda c: quad(f, 0, 1, args=(c,), points=[0.3])[0])(0.3)
    np.testing.assert_allclose(found, (0.09 + 0.49) / 2 + 0.3 * (0.3 - 0.7), rtol=1e-8)
    weighted = lambda b, k: quad(lambda x: np.exp(-k * x), 0, b, weight="cos", wvar=2.0)[0]  # noqa: E731
    for a, b in zip(
        grad(weighted, (0, 1))(1.7, 0.6),
        grad(lambda b, k: wave_integral(0, b, k, 2.0), (0, 1))(1.7, 0.6),
        strict=True,
    ):
        np.testing.assert_allclose(a, b, rtol=1e-9)
    with pytest.raises(TypeError, match="derivative in b with weight='alg'"):
        grad(lambda b: quad(np.exp, 0, b, weight="alg", wvar=(-0.5, 0))[0])(1.0)


def test_arrays_of_parameters():
    w = np.array([0.3, -0.2, 0.5])
    f = lambda w: quad(lambda x: np.exp(w[0] + w[1] * x + w[2] * x**2), 0, 1)[0]  # noqa: E731
    steps = 1e-5 * np.eye(3)
    np.testing.assert_allclose(grad(f)(w), [(f(w + h) - f(w - h)) / 2e-5 for h in steps], rtol=1e-8)


POWERS = np.arange(3)


def test_quad_vec():
    def f(x, k):
        return np.exp(-k * x) * np.stack([x**n for n in POWERS])

    def ours(a, b, k):
        return quad_vec(f, a, b, args=(k,))[0]

    def each(a, b, k):
        return np.stack([quad(lambda x, k: f(x, k)[n], a, b, args=(k,))[0] for n in POWERS])  # noqa: B023

    point = (0.2, 1.7, 0.6)
    for k in range(3):
        np.testing.assert_allclose(jacobian(ours, k)(*point), jacobian(each, k)(*point), rtol=1e-9)
        np.testing.assert_allclose(
            jacobian(jacobian(ours, k), 2)(*point), jacobian(jacobian(each, k), 2)(*point), rtol=1e-9
        )
    tangent = jvp(ours, point, (0.1, 0.2, 0.3))[1]
    np.testing.assert_allclose(tangent, jvp(each, point, (0.1, 0.2, 0.3))[1], rtol=1e-9)
    matrix = lambda p: np.sum(quad_vec(lambda x: np.outer(p["u"], p["v"]) * x, 0, 2)[0] ** 2)  # noqa: E731
    p = {"u": np.array([1.0, 2.0]), "v": np.array([0.5, -1.0, 2.0])}
    np.testing.assert_allclose(grad(matrix)(p)["u"], 2 * 4 * p["u"] * np.sum(p["v"] ** 2))


OUTSIDE = Variable(np.array(2.0))


def test_errors():
    with pytest.raises(TypeError, match="neither in args nor in its closure"):
        quad(lambda x: OUTSIDE * x, 0, 1)
    with leopard.no_grad():
        assert quad(lambda x: OUTSIDE * x, 0, 1)[0] == pytest.approx(1.0)
    with pytest.raises(TypeError, match="epsabs"):
        quad(np.sin, 0, 1, epsabs=Variable(np.array(1e-8)))
    with pytest.raises(ValueError, match="b is a number"):
        quad(np.sin, 0, np.ones(2))
    with pytest.raises(ValueError, match="complex"):
        quad(np.sin, 0, 1, complex_func=True)
    with pytest.raises(ValueError, match="workers"):
        quad_vec(np.sin, 0, 1, workers=2)


def test_compiled_integrals():
    compiled = leopard.compile(value_and_grad(lambda k: ours(0.2, 1.7, k, 2.0) ** 2))
    for k in (0.5, 0.6, 0.7, 0.8):
        found, wanted = compiled(k), value_and_grad(lambda k: wave_integral(0.2, 1.7, k, 2.0) ** 2)(k)
        np.testing.assert_allclose(found, wanted, rtol=1e-9)
    error = leopard.compile(lambda b: quad(wave, 0.0, b, args=(0.6, {"w": 2.0}), epsabs=1e-3, epsrel=1e-3)[1])
    for b in (1.0, 3.0, 20.0, 50.0):
        assert error(b) == si.quad(wave, 0, b, args=(0.6, {"w": 2.0}), epsabs=1e-3, epsrel=1e-3)[1]
