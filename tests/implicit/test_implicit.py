"""Solutions and their derivatives: against finite differences of the solution, closed forms, and JAX."""

import dataclasses
import warnings

import numpy as np
import pytest

import leopard
from leopard import Variable, implicit


def cubic(x, a):
    return x**3 + a[0] * x + a[1] * np.sin(x) - a[2]


def coupled(x, p):
    return np.stack([x[0] ** 2 + p["a"] * x[1] - 3.0, np.exp(x[1]) * p["b"][0] + x[0] - p["b"][1]])


POINT = np.array([1.5, -0.4, 2.0])
PARAMETERS = {"a": 0.7, "b": np.array([0.5, 2.5])}


def root_of_cubic(a):
    return implicit.root(cubic, 1.0, a)


def root_of_coupled(p):
    x = implicit.root(coupled, np.array([1.0, 0.5]), p)
    return np.sum(np.sin(x) * np.array([1.0, 2.0]))


def contraction(a):
    return np.sum(
        implicit.fixed_point(lambda x, a: 0.5 * np.cos(x * a) + 0.1 * np.roll(x, 1), np.ones(3), a) ** 2
    )


def ridge(a):
    t = np.linspace(0.0, 1.0, 7)
    x = implicit.minimize(
        lambda x, a: (
            np.sum((x[0] * t + x[1] - np.sin(a[0] * t)) ** 2) + a[1] ** 2 * np.sum(x**2) + 0.1 * np.sum(x**4)
        ),
        np.zeros(2),
        a,
    )
    return x[0] * np.exp(x[1])


def decay(a):
    t = np.linspace(0.0, 2.0, 9)
    y = np.exp(-0.8 * t) * a[0] + 0.3 * np.sin(3 * t) * a[1]
    p = implicit.least_squares(lambda p, y: p["k"] * np.exp(-p["r"] * t) - y, {"k": 1.0, "r": 0.5}, y)
    return p["k"] + p["r"] ** 2


def within_bounds(a):
    x = implicit.minimize(
        lambda x, a: np.sum((x - a) ** 2) + x[0] * x[1], np.zeros(3), a, bounds=(-0.5, a[2] + 1.0)
    )
    return np.sum(x**3 * np.array([1.0, 2.0, 3.0]))


def by_operator(a):
    def system(x, a):
        return a[0] * x + a[1] * np.roll(x, 1) + 4.0 * x

    return np.sum(implicit.solve(system, np.array([1.0, 2.0, 3.0]) * a[2], a) ** 2)


def by_iterations(product, b):
    """The solution of a linear system by SciPy's GMRES."""
    from scipy.sparse.linalg import LinearOperator, gmres

    return gmres(LinearOperator((b.size, b.size), product, dtype=b.dtype), b, rtol=1e-13, atol=0.0)


def matrix_free(a):
    pytest.importorskip("scipy")
    x = implicit.root(
        lambda x, a: x**3 + a[0] * x + 0.1 * np.roll(x, 1) - a[1:3].sum(), np.ones(4), a, linear=by_iterations
    )
    return np.sum(np.exp(x) * np.arange(4.0))


def elementwise(a):
    mean = np.linspace(0.1, 3.0, 5) * a[2]
    e = implicit.root(lambda e, m, a: e - 0.3 * a[0] * np.sin(e) - m, np.ones(5), mean, a, linear="diagonal")
    return np.sum(np.cos(e) * np.arange(5.0))


OF_VECTORS = [root_of_cubic, contraction, ridge, decay, within_bounds, by_operator, matrix_free, elementwise]


def differences(f, x, h=1e-4):
    """Central differences of the fourth order."""
    found = []
    for e in np.eye(len(x)):
        at = [np.asarray(f(x + k * h * e)) for k in (-2, -1, 1, 2)]
        found.append((at[0] - 8 * at[1] + 8 * at[2] - at[3]) / (12 * h))
    return np.array(found)


@pytest.mark.parametrize("f", OF_VECTORS, ids=lambda f: f.__name__)
def test_first_and_second_derivatives_are_those_of_differences(f):
    gradient = leopard.grad(f)
    np.testing.assert_allclose(gradient(POINT), differences(f, POINT), rtol=2e-7, atol=1e-9)
    for second in (
        leopard.hessian,
        lambda f: leopard.jacrev(leopard.grad(f)),
        lambda f: leopard.jacfwd(leopard.jacfwd(f)),
    ):
        np.testing.assert_allclose(second(f)(POINT), differences(gradient, POINT), rtol=2e-6, atol=1e-8)


@pytest.mark.parametrize("f", OF_VECTORS, ids=lambda f: f.__name__)
def test_forward_mode_agrees_with_reverse_mode(f):
    gradient = leopard.grad(f)(POINT)
    for e in np.eye(3):
        _, t = leopard.jvp(f, (POINT,), (e,))
        np.testing.assert_allclose(t, gradient @ e, rtol=1e-9, atol=1e-12)


def test_structures_of_parameters():
    found = leopard.grad(root_of_coupled)(PARAMETERS)
    assert set(found) == {"a", "b"}
    flat = np.array([0.7, 0.5, 2.5])
    wanted = differences(lambda z: root_of_coupled({"a": z[0], "b": z[1:]}), flat)
    np.testing.assert_allclose([found["a"], *found["b"]], wanted, rtol=1e-7)


def test_a_third_derivative():
    third = leopard.grad(leopard.grad(leopard.grad(lambda a: implicit.root(lambda x, a: x * x - a, 1.0, a))))
    assert third(4.0) == pytest.approx(3 / 8 * 4.0**-2.5, rel=1e-10)


def test_jax_agrees():
    jax = pytest.importorskip("jax")
    jax.config.update("jax_enable_x64", True)
    jnp = jax.numpy

    def residual(xp, x, a):
        return xp.stack([x[0] ** 2 + a[0] * x[1] - 3.0, xp.exp(x[1]) * a[1] + x[0] - a[2]])

    def of_jax(a):
        def solve(f, x):
            for _ in range(30):
                x = x - jnp.linalg.solve(jax.jacobian(f)(x), f(x))
            return x

        x = jax.lax.custom_root(
            lambda x: residual(jnp, x, a), jnp.array([1.0, 0.5]), solve,
            lambda g, y: jnp.linalg.solve(jax.jacobian(g)(y), y),
        )  # fmt: skip
        return jnp.sum(jnp.sin(x) * jnp.array([1.0, 2.0]))

    def ours(a):
        x = implicit.root(lambda x, a: residual(np, x, a), np.array([1.0, 0.5]), a)
        return np.sum(np.sin(x) * np.array([1.0, 2.0]))

    a = np.array([0.7, 0.5, 2.5])
    np.testing.assert_allclose(leopard.grad(ours)(a), jax.grad(of_jax)(a), rtol=1e-10)
    np.testing.assert_allclose(leopard.hessian(ours)(a), jax.jacrev(jax.grad(of_jax))(a), rtol=1e-9)


def test_variables_that_are_closed_over_take_a_gradient():
    a, b = Variable(np.array(4.0)), Variable(np.array(3.0))
    x = implicit.root(lambda x, b: x * x - a * b, 1.0, b)
    (x * 2).backward()
    assert a.grad.data == pytest.approx(3 / np.sqrt(12.0))
    assert b.grad.data == pytest.approx(4 / np.sqrt(12.0))


def test_without_variables_the_result_is_like_the_start():
    assert type(implicit.root(lambda x: x * x - 2.0, 1.0)) is float
    assert type(implicit.root(lambda x: x * x - 2.0, np.ones(2))) is np.ndarray

    @dataclasses.dataclass
    class Line:
        slope: float
        offset: np.ndarray

    found = implicit.minimize(
        lambda p: (p.slope - 1.0) ** 2 + np.sum((p.offset - 2.0) ** 2), Line(0.0, np.zeros(2))
    )
    assert isinstance(found, Line)
    np.testing.assert_allclose(found.offset, [2.0, 2.0])


def test_without_recording_there_is_no_graph():
    a = Variable(np.array(4.0))
    with leopard.no_grad():
        x = implicit.root(lambda x, a: x * x - a, 1.0, a)
    assert isinstance(x, Variable) and x.creator is None
    assert x.data == pytest.approx(2.0)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_dtypes_are_kept(dtype):
    a = np.array([2.0, 3.0], dtype)
    f = lambda a: np.sum(implicit.root(lambda x, a: x * x - a, np.ones(2, dtype), a))  # noqa: E731
    found = leopard.grad(f)(a)
    assert found.dtype == dtype
    np.testing.assert_allclose(found, 0.5 / np.sqrt(a), rtol=1e-5)


def test_solvers_of_scipys():
    so = pytest.importorskip("scipy.optimize")

    def solver(f, x0, *args):
        return so.root(f, x0, args=args, tol=1e-13)

    def of(a):
        return np.sum(implicit.root(lambda x, a: x**3 + x - a, np.ones(3), a, solver=solver))

    a = np.array([1.0, 2.0, 3.0])
    np.testing.assert_allclose(leopard.grad(of)(a), differences(of, a), rtol=1e-7)


def test_a_solver_is_given_values():
    kinds = []

    def solver(f, x, a):
        kinds.extend([type(x), type(a), type(f(x, a))])
        return np.sqrt(a)

    b = Variable(np.array(1.0))
    leopard.grad(lambda a: np.sum(implicit.root(lambda x, a: x * x - a * b, np.ones(2), a, solver=solver)))(
        np.ones(2)
    )
    assert kinds == [np.ndarray] * 3


def test_compiled_functions_replay_the_solver():
    f = leopard.compile(leopard.value_and_grad(root_of_cubic))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for k in range(5):
            a = POINT + 0.1 * k
            y, g = f(a)
            np.testing.assert_allclose(y, root_of_cubic(a))
            np.testing.assert_allclose(g, leopard.grad(root_of_cubic)(a))
    assert f.info().hits == 3


def test_a_compiled_function_whose_equations_close_over_its_arguments():
    f = leopard.compile(lambda a: implicit.root(lambda x: x * x - a, 1.0))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", leopard.ReplayWarning)
        for a in (4.0, 9.0, 16.0, 25.0):
            assert f(a) == pytest.approx(np.sqrt(a))


# -- Errors ----------------------------------------------------------------------------------------


def test_a_singular_system_says_so():
    with pytest.raises(np.linalg.LinAlgError, match="root: the matrix of derivatives .* is singular"):
        leopard.grad(lambda a: implicit.root(lambda x, a: (x - a) ** 2, 1.0, a, solver=lambda f, x, a: a))(
            2.0
        )
    with pytest.raises(np.linalg.LinAlgError, match="minimize: .* is singular"):
        leopard.grad(lambda a: np.sum(implicit.minimize(lambda x, a: (x[0] + x[1] - a) ** 2, np.zeros(2), a, solver=lambda f, x, a: np.array([a, 0.0]))))(2.0)  # fmt: skip  # noqa: E501
    with pytest.raises(np.linalg.LinAlgError, match="diagonal"):
        leopard.grad(
            lambda a: np.sum(implicit.solution(lambda x, a: x**2 * a, np.zeros(2), a, linear="diagonal"))
        )(2.0)


def test_what_is_no_solution_is_refused():
    with pytest.raises(ValueError, match="it is no solution"):
        leopard.grad(lambda a: implicit.solution(lambda x, a: x * x - a, 1.9, a))(4.0)


def test_equations_that_are_not_diagonal_are_refused():
    def f(a):
        x = implicit.root(lambda x, a: a * x + np.roll(x, 1) - 1.0, np.zeros(3), a, linear="diagonal")
        return np.sum(x)

    with pytest.raises(ValueError, match="depends on more than the unknown in its place"):
        leopard.grad(f)(3.0)


@pytest.mark.parametrize(
    "call, error, match",
    [
        (lambda: implicit.root(3.0, 1.0), TypeError, "root: expected a function"),
        (
            lambda: implicit.root(lambda x: x * x + 1.0, 1.0),
            RuntimeError,
            "root: Newton's method has not converged",
        ),
        (lambda: implicit.root(lambda x: np.log(x), -1.0), RuntimeError, "root: the function is not finite"),
        (lambda: implicit.root(lambda x: x, 1j), TypeError, "root: x0 holds .* real"),
        (lambda: implicit.root(lambda x: np.ones(3) * x[0], np.ones(2)), ValueError, "root: "),
        (
            lambda: implicit.fixed_point(lambda x: 2 * x + 1.0, 1.0),
            RuntimeError,
            "fixed_point: the iteration",
        ),
        (lambda: implicit.minimize(lambda x: x, 0.0, bounds=3.0), TypeError, "minimize: bounds is"),
        (
            lambda: implicit.minimize(lambda x: x * x, 0.0, bounds=(2.0, 1.0)),
            ValueError,
            "minimize: a lower bound",
        ),
        (lambda: implicit.root(lambda x: x, 1.0, linear="lu"), ValueError, "root: linear is"),
        (lambda: implicit.solve(lambda x: 0.0 * x, np.ones(2)), np.linalg.LinAlgError, "ingular"),
    ],
)
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_wrong_input(call, error, match):
    with pytest.raises(error, match=match):
        call()


def test_a_solver_that_failed_is_an_error():
    so = pytest.importorskip("scipy.optimize")
    with pytest.raises(RuntimeError, match="root: the solver did not converge"):
        implicit.root(lambda x: x * x + 1.0, np.ones(1), solver=lambda f, x0: so.root(f, x0))


def test_equations_may_be_of_another_shape_than_the_unknowns():
    def f(x, a):
        return {"first": x[0] ** 2 - a, "second": np.reshape(x[1] - 2 * x[0], (1, 1))}

    np.testing.assert_allclose(implicit.root(f, np.ones(2), 4.0), [2.0, 4.0])
    jacobian = leopard.jacobian(lambda a: implicit.root(f, np.ones(2), a))
    np.testing.assert_allclose(jacobian(4.0), [0.25, 0.5])
