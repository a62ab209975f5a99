"""`leopard.scipy.optimize`: SciPy's solvers find what they find, with exact derivatives and structures."""

import dataclasses
import inspect
import pickle
from typing import NamedTuple

import numpy as np
import pytest

so = pytest.importorskip("scipy.optimize")

import leopard  # noqa: E402
from leopard import Variable  # noqa: E402
from leopard.scipy.optimize import (  # noqa: E402
    curve_fit,
    least_squares,
    minimize,
    minimizing,  # noqa: E402
    root,
)
from leopard.scipy.optimize._derivatives import Scalar, Vector  # noqa: E402
from leopard.scipy.optimize._unknowns import Unknowns  # noqa: E402

START = np.array([-1.2, 1.0, 0.7])
WITH_GRADIENT = ["CG", "BFGS", "L-BFGS-B", "TNC", "SLSQP"]
SECOND_ORDER = ["Newton-CG", "dogleg", "trust-ncg", "trust-krylov", "trust-exact", "trust-constr"]
FREE = ["Nelder-Mead", "Powell", "COBYLA", "COBYQA"]


def rosenbrock(x):
    return np.sum(100 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2)


def bowl(x, center=1.0):
    return np.sum(np.cosh(x - center))


# -- minimize ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("method", [*WITH_GRADIENT, *SECOND_ORDER])
def test_every_method_takes_the_steps_that_it_takes_with_derivatives_by_hand(method):
    given = {"jac": so.rosen_der}
    if method in ("dogleg", "trust-exact", "trust-constr"):
        given["hess"] = so.rosen_hess
    elif method in SECOND_ORDER:
        given["hessp"] = so.rosen_hess_prod
    start = np.array([1.1, 1.2, 1.4]) if method == "dogleg" else START  # it needs a convex function
    if method == "TNC":
        given["options"] = {"maxfun": 1000}
    wanted = so.minimize(so.rosen, start, method=method, **given)
    found = minimize(rosenbrock, start, method=method, options=given.get("options"))
    np.testing.assert_allclose(found.x, wanted.x, rtol=1e-3)
    assert found.success == wanted.success and (method == "TNC" or abs(found.nit - wanted.nit) <= 2)
    assert set(found) == set(wanted) and type(found.fun) is type(wanted.fun)


@pytest.mark.parametrize("method", FREE)
def test_methods_without_derivatives_are_given_none(method, monkeypatch):
    monkeypatch.setattr(Scalar, "value_and_gradient", None)
    assert minimize(bowl, np.zeros(2), method=method, tol=1e-4).fun < 2.001


def test_only_what_a_method_uses_is_compiled():
    made = []

    def note(self, what, make, *args, **options):
        made.append(what)
        return called(self, what, make, *args, **options)

    called = Scalar.called
    wanted = {
        "BFGS": {"gradient"},
        "Newton-CG": {"gradient", "product"},
        "trust-exact": {"gradient", "hessian"},
    }
    wanted |= {"Powell": set(), "trust-constr": {"gradient", "hessian"}}
    for method, names in wanted.items():
        made.clear()
        try:
            Scalar.called = note
            minimize(bowl, np.zeros(2), method=method)
        finally:
            Scalar.called = called
        assert set(made) == names


def test_trust_constr_uses_products_where_there_are_many_unknowns(monkeypatch):
    monkeypatch.setattr(Scalar, "hessian", None)
    found = minimize(bowl, np.zeros(60), method="trust-constr")
    np.testing.assert_allclose(found.x, np.ones(60), atol=1e-5)


def test_without_a_method_scipys_choice_is_made():
    chosen = []
    for given in (
        {},
        {"bounds": [(0, 3)] * 2},
        {"constraints": {"type": "eq", "fun": lambda x: x[0] - x[1]}},
    ):
        found = minimize(bowl, np.array([0.0, 0.5]), **given)
        chosen.append(found.message)
        np.testing.assert_allclose(found.x, [1, 1], atol=1e-3)
    assert len(set(chosen)) == 3


def test_the_function_is_replayed():
    f = Scalar("minimize", lambda x: rosenbrock(x), Unknowns("minimize", START))
    for k in range(5):
        value, g = f.value_and_gradient(START + k)
        np.testing.assert_array_equal(value, rosenbrock(START + k))
        np.testing.assert_allclose(g, so.rosen_der(START + k))
    assert f.compiled["gradient"].info().hits == 3


def test_what_is_compiled_is_kept_for_the_next_solver_with_the_same_function():
    scale = 2.0
    f = lambda x: scale * rosenbrock(x)  # noqa: E731

    def solver(f, x0):
        return Scalar("minimize", f, Unknowns("minimize", x0))

    first = solver(f, START)
    assert solver(f, START).compiled is first.compiled
    assert solver(lambda x: scale * rosenbrock(x), START).compiled is not first.compiled
    assert solver(f, {"a": START}).compiled is not first.compiled
    for scale in (2.0, 3.0, 2.0, np.array(4.0)):
        assert solver(f, START).value_and_gradient(START)[0] == scale * rosenbrock(START)


def test_names_that_a_callback_rebinds_are_read_at_each_call():
    center = 0.0

    def move(x):
        nonlocal center
        center = 1.0

    found = minimize(lambda x: np.sum((x - center) ** 4), np.full(2, 3.0), callback=move)
    np.testing.assert_allclose(found.x, [1, 1], atol=0.1)


def test_what_is_given_is_used():
    gradients, hessians, products = [], [], []

    def jac(x):
        gradients.append(x)
        return so.rosen_der(x)

    def hess(x):
        hessians.append(x)
        return so.rosen_hess(x)

    def hessp(x, v):
        products.append(v)
        return so.rosen_hess_prod(x, v)

    minimize(so.rosen, START, jac=jac, hess=hess, method="trust-exact")
    minimize(so.rosen, START, jac=jac, hessp=hessp, method="trust-ncg")
    assert gradients and hessians and products
    both = minimize(lambda x: (so.rosen(x), so.rosen_der(x)), START, jac=True)
    np.testing.assert_allclose(both.x, np.ones(3), atol=1e-4)
    differences = minimize(so.rosen, START, jac="3-point", method="L-BFGS-B")
    np.testing.assert_allclose(differences.x, np.ones(3), atol=1e-3)
    quasi = minimize(rosenbrock, START, method="trust-constr", hess=so.BFGS())
    np.testing.assert_allclose(quasi.x, np.ones(3), atol=1e-3)


def test_a_given_value_and_gradient_has_a_hessian():
    f = lambda x: (np.sum(np.cosh(x - 1)), np.sinh(x - 1))  # noqa: E731
    found = minimize(f, START, jac=True, method="trust-exact")
    np.testing.assert_allclose(found.x, np.ones(3), atol=1e-3)


def test_a_solver_of_ones_own_is_given_the_derivatives():
    def descend(fun, x0, args=(), jac=None, hess=None, hessp=None, **options):
        for _ in range(100):
            x0 = x0 - 0.3 * jac(x0)
        return so.OptimizeResult(x=x0, fun=fun(x0), success=True)

    np.testing.assert_allclose(minimize(bowl, np.zeros(2), method=descend).x, [1, 1])


@dataclasses.dataclass
class Model:
    weights: np.ndarray
    bias: float
    name: str = dataclasses.field(default="model", metadata={"static": True})


class Pair(NamedTuple):
    left: np.ndarray
    right: float


def distance(a, b):
    return np.sum((a - np.arange(6.0).reshape(2, 3)) ** 2) + (b + 2.0) ** 2


STRUCTURES = {
    "dict": ({"a": np.zeros((2, 3)), "b": 1.0}, lambda p: distance(p["a"], p["b"])),
    "named tuple": (Pair(np.zeros((2, 3)), 1.0), lambda p: distance(p.left, p.right)),
    "dataclass": (Model(np.zeros((2, 3)), 1.0), lambda p: distance(p.weights, p.bias)),
    "list": ([np.zeros((2, 3)), 1.0], lambda p: distance(*p)),
    "nested": ({"a": [np.zeros(3), np.zeros(3)], "b": (1,)}, lambda p: distance(np.stack(p["a"]), p["b"][0])),
}


@pytest.mark.parametrize("name", STRUCTURES)
def test_unknowns_of_any_structure(name):
    x0, f = STRUCTURES[name]
    for method in ("BFGS", "Newton-CG", "trust-exact", "Powell"):
        found = minimize(f, x0, method=method)
        assert type(found.x) is type(x0)
        assert f(found.x) < 1e-5
        if method != "Powell":
            assert type(found.jac) is type(x0)
    leaves, _ = leopard._pytrees.flatten(found.x)
    assert type(leaves[-1]) is float


def test_a_matrix_keeps_its_shape():
    found = minimize(lambda m: np.sum((m @ m.T - np.eye(2)) ** 2), np.full((2, 3), 0.3) + np.eye(2, 3))
    assert found.x.shape == (2, 3)
    np.testing.assert_allclose(found.x @ found.x.T, np.eye(2), atol=1e-4)


def test_lists_of_numbers_and_numbers_are_vectors():
    assert minimize(bowl, [0.0, 0]).x.shape == (2,)
    assert minimize(bowl, (0, 0)).x.shape == (2,)
    assert minimize(bowl, 0.0).x.shape == (1,)
    assert minimize(lambda x: (x - 2) ** 2, [0.0]).x.shape == (1,)  # a value of shape (1,), as in SciPy


def test_given_derivatives_of_structures():
    x0 = {"a": np.zeros(2), "b": 0.0}

    def f(p, scale):
        return np.sum((p["a"] - 1) ** 2) * scale + p["b"] ** 2

    def jac(p, scale):
        return {"b": 2 * p["b"], "a": 2 * scale * (p["a"] - 1)}

    def hessp(p, v, scale):
        return {"a": 2 * scale * v["a"], "b": 2 * v["b"]}

    def hess(p, scale):
        return np.diag([2 * scale, 2 * scale, 2.0])

    for given in ({"hessp": hessp}, {"hess": hess}):
        found = minimize(f, x0, (3.0,), jac=jac, method="trust-ncg", **given)
        np.testing.assert_allclose(found.x["a"], [1, 1], atol=1e-6)
    with pytest.raises(TypeError, match="minimize: the gradient.*expected a dict"):
        minimize(f, x0, (3.0,), jac=lambda p, scale: {"a": p["a"]})


@pytest.mark.parametrize("method", ["L-BFGS-B", "TNC", "SLSQP", "trust-constr", "Powell", "Nelder-Mead"])
def test_bounds_in_the_structure_of_the_unknowns(method):
    x0 = {"a": np.full(2, 0.3), "b": 0.5, "c": 0.0}
    f = lambda p: np.sum((p["a"] - 2) ** 2) + (p["b"] - 2) ** 2 + (p["c"] - 2) ** 2  # noqa: E731
    bounds = {"a": (0, np.array([1.0, 3.0])), "b": (None, 1.0)}
    found = minimize(f, x0, method=method, bounds=bounds)
    np.testing.assert_allclose(found.x["a"], [1, 2], atol=2e-3)
    np.testing.assert_allclose([found.x["b"], found.x["c"]], [1, 2], atol=2e-3)
    flat = minimize(f, x0, method=method, bounds=[(0, 1), (0, 3), (None, 1), (None, None)])
    sides = minimize(f, x0, method=method, bounds=so.Bounds([0, 0, -np.inf, -np.inf], [1, 3, 1, np.inf]))
    for other in (flat, sides):
        np.testing.assert_allclose(other.x["a"], found.x["a"], atol=1e-6)


def test_bounds_that_do_not_fit():
    x0 = {"a": np.zeros(2), "b": 0.0}
    f = lambda p: np.sum(p["a"] ** 2) + p["b"] ** 2  # noqa: E731
    for bounds, message in [
        ({"a": (0, 1), "z": (0, 1)}, "'z'"),
        ({"a": (0, np.ones(3))}, "to be a pair"),
        ({"a": 3.0}, "to be a pair"),
        ([(0, 1)] * 2, "2 bounds for 3 unknowns"),
    ]:
        with pytest.raises(ValueError, match=message):
            minimize(f, x0, bounds=bounds)


# -- constraints ---------------------------------------------------------------------------------------

CIRCLE = {"type": "ineq", "fun": lambda x: 1 - x[0] ** 2 - x[1] ** 2}
LINE = {"type": "eq", "fun": lambda x, c: x[0] - c * x[1], "args": (2.0,)}


@pytest.mark.parametrize("method", ["SLSQP", "trust-constr", "COBYLA", "COBYQA"])
def test_constraints_of_every_kind(method, monkeypatch):
    f = lambda x: (x[0] - 2) ** 2 + (x[1] - 1) ** 2  # noqa: E731
    corner = np.array([2, 1]) / np.sqrt(5)
    kinds = {
        "dict": [CIRCLE, LINE],
        "objects": [
            so.NonlinearConstraint(lambda x: x[0] ** 2 + x[1] ** 2, -np.inf, 1.0),
            so.LinearConstraint([[1.0, -2.0]], 0.0, 0.0),
        ],
        "one": so.NonlinearConstraint(lambda x: [np.sum(x**2), x[0] - 2 * x[1]], [-1.0, 0.0], [1.0, 0.0]),
    }
    if method == "SLSQP":
        del kinds["one"]  # SciPy warns of equations and inequalities in one constraint
    for constraints in kinds.values():
        found = minimize(f, np.array([0.5, 0.5]), method=method, constraints=constraints)
        np.testing.assert_allclose(found.x, corner, atol=2e-3)


def test_the_derivatives_of_constraints_are_exact_and_none_is_a_difference():
    rows, seconds = [], []

    def note(self, x, *more, **options):
        found = jacobian(self, x, *more, **options)
        rows.append(found)
        return found

    def note_hessian(self, x, v):
        found = hessian(self, x, v)
        seconds.append(found)
        return found

    jacobian, hessian = Vector.jacobian, Vector.hessian
    try:
        Vector.jacobian, Vector.hessian = note, note_hessian
        circle = so.NonlinearConstraint(lambda x: np.sum(x**2), -np.inf, 1.0)
        found = minimize(lambda x: -np.sum(x), [0.1, 0.2], method="trust-constr", constraints=circle)
    finally:
        Vector.jacobian, Vector.hessian = jacobian, hessian
    np.testing.assert_allclose(found.x, np.full(2, 0.5**0.5), atol=1e-4)
    np.testing.assert_array_equal(rows[0], [[0.2, 0.4]])
    assert seconds and all(abs(s[0, 1]) < 1e-12 and s[0, 0] == s[1, 1] for s in seconds)


def test_given_derivatives_of_constraints_are_used():
    used = []

    def jac(x):
        used.append("jac")
        return np.array([-2 * x])

    def hess(x, v):
        used.append("hess")
        return -2 * v[0] * np.eye(2)

    f = lambda x: -np.sum(x)  # noqa: E731
    minimize(f, [0.1, 0.2], constraints={"type": "ineq", "fun": lambda x: 1 - np.sum(x**2), "jac": jac})
    assert used == ["jac"] * len(used) and used
    given = so.NonlinearConstraint(lambda x: 1 - np.sum(x**2), 0, np.inf, jac=jac, hess=hess)
    minimize(f, [0.1, 0.2], method="trust-constr", constraints=given)
    assert "hess" in used


def test_constraints_of_structures():
    x0 = {"a": np.array([0.5, 0.5]), "b": 0.1}
    f = lambda p: np.sum((p["a"] - 2) ** 2) + (p["b"] - 1) ** 2  # noqa: E731
    for method in ("SLSQP", "trust-constr"):
        found = minimize(
            f, x0, method=method, constraints={"type": "ineq", "fun": lambda p: 1 - np.sum(p["a"] ** 2)}
        )
        np.testing.assert_allclose(found.x["a"], np.full(2, 0.5**0.5), atol=1e-3)
        np.testing.assert_allclose(found.x["b"], 1, atol=1e-3)


def test_a_large_constraint_has_a_sparse_jacobian_and_products_for_hessians():
    n = 600
    chain = so.NonlinearConstraint(lambda x: x[1:] ** 2 - x[:-1], -0.5, 0.5)
    found = minimize(
        lambda x: np.sum((x - 1.2) ** 2), np.full(n, 0.9), method="trust-constr", constraints=chain,
        options={"maxiter": 15},
    )  # fmt: skip
    assert hasattr(found.jac[0], "tocsr") and found.jac[0].nnz == 2 * (n - 1)
    assert found.fun < 30


# -- covariance ----------------------------------------------------------------------------------------


def test_the_covariance_of_a_likelihood():
    data = np.random.default_rng(0).normal(3.0, 2.0, 200)

    def loss(p):
        return np.sum((data - p["mean"]) ** 2) / (2 * np.exp(2 * p["log"])) + len(data) * p["log"]

    found = minimize(loss, {"mean": 0.0, "log": 0.0}, tol=1e-8)
    deviation = data.std()
    np.testing.assert_allclose(found.x["mean"], data.mean(), rtol=1e-5)
    np.testing.assert_allclose(found.stderr["mean"], deviation / np.sqrt(200), rtol=1e-4)
    np.testing.assert_allclose(found.stderr["log"], 1 / np.sqrt(400), rtol=1e-4)
    assert found.covariance is found.covariance and "covariance" not in found
    again = pickle.loads(pickle.dumps(found))
    np.testing.assert_array_equal(again.covariance, found.covariance)
    assert again.stderr == found.stderr
    unread = pickle.loads(pickle.dumps(minimize(rosenbrock, START)))
    with pytest.raises(ValueError, match="pickled"):
        unread.covariance  # noqa: B018


@pytest.mark.parametrize(
    ("message", "solve"),
    [
        ("at a bound", lambda: minimize(bowl, [0.0, 0.0], bounds=[(0, 0.5), (None, None)])),
        ("constraints", lambda: minimize(bowl, [0.0, 0.0], constraints=LINE)),
        ("positive definite", lambda: minimize(lambda x: (x[0] - x[1]) ** 2, [0.0, 1.0])),
        ("2 residuals, and 2 unknowns", lambda: least_squares(lambda x: x - 1, [0.0, 0.0])),
        ("another loss", lambda: least_squares(lambda x: np.sin(x[0] + np.arange(4)), [0.0], loss="huber")),
        ("at a bound", lambda: least_squares(lambda x: x[0] - np.arange(4.0), [0.1], bounds=(0, 0.2))),
        ("singular", lambda: least_squares(lambda x: (x[0] - x[1]) * np.arange(1.0, 5), [0.0, 1.0])),
        ("singular", lambda: least_squares(lambda x: x[0] * np.arange(1.0, 5), [0.0, 1.0])),
        ("equations", lambda: root(lambda x: x - 1, [0.0])),
    ],
)
def test_where_the_covariance_is_not_defined_it_says_why(message, solve):
    with pytest.raises(ValueError, match=message):
        solve().covariance  # noqa: B018


# -- callbacks and errors ------------------------------------------------------------------------------


def test_callbacks():
    seen = []
    found = minimize(rosenbrock, START, callback=seen.append)
    assert len(seen) == found.nit and seen[-1].shape == (3,)
    seen.clear()
    minimize(rosenbrock, START, callback=lambda intermediate_result: seen.append(intermediate_result.fun))
    assert seen[-1] < seen[0]
    x0 = {"a": np.zeros(2)}
    seen.clear()
    minimize(lambda p: bowl(p["a"]), x0, callback=seen.append)
    assert set(seen[0]) == {"a"} and seen[0]["a"].shape == (2,)
    seen.clear()
    minimize(
        lambda p: bowl(p["a"]), x0, callback=lambda intermediate_result: seen.append(intermediate_result.x)
    )
    assert set(seen[0]) == {"a"}
    minimize(lambda p: bowl(p["a"]), x0, method="trust-constr", callback=lambda x, state: seen.append(x))
    assert set(seen[-1]) == {"a"}

    def stop(x):
        raise StopIteration

    stopped = minimize(lambda p: rosenbrock(p["a"]), {"a": START}, callback=stop)
    assert stopped.nit == 1 and not stopped.success


@pytest.mark.parametrize(
    ("error", "message", "x0"),
    [
        (TypeError, "float32.*x0.astype", np.zeros(2, np.float32)),
        (TypeError, r"x0\['a'\] is float32", {"a": np.zeros(2, np.float32)}),
        (TypeError, "complex128.*real and imaginary", np.zeros(2, complex)),
        (TypeError, "bool", np.array([True, False])),
        (TypeError, "<U1", "a"),
        (TypeError, r"a Variable.*leopard.implicit", Variable(np.zeros(2))),
        (TypeError, r"x0\['a'\]", {"a": Variable(np.zeros(2))}),
        (ValueError, "nan or infinite", np.array([np.nan, 1.0])),
        (ValueError, "no elements", {}),
        (ValueError, "no elements", []),
    ],
)
def test_first_guesses_that_are_refused(error, message, x0):
    for solve in (minimize, root, least_squares):
        with pytest.raises(error, match=message):
            solve(lambda x: x, x0)


@pytest.mark.filterwarnings("ignore:invalid value:RuntimeWarning", "ignore:divide by zero:RuntimeWarning")
def test_functions_that_are_refused():
    with pytest.raises(ValueError, match="nan or infinite at x0"):
        minimize(lambda x: np.sum(np.log(x)), np.array([-1.0, 2.0]), method="BFGS")
    with pytest.raises(ValueError, match=r"derivative with respect to x\['a'\]\[1\] is nan or infinite"):
        minimize(lambda p: np.sum(np.sqrt(p["a"])), {"a": np.array([1.0, 0.0])})
    with pytest.raises(TypeError, match="complex"):
        minimize(lambda x: np.sum(x) * 1j, np.zeros(2))
    with pytest.raises(ValueError, match=r"shape \(2,\), not a number"):
        minimize(lambda x: x**2, np.zeros(2))
    with pytest.raises(TypeError, match="NoneType"):
        minimize(lambda x: None, np.zeros(2))
    with pytest.raises(TypeError, match="return a value"):
        root(lambda x: None, np.zeros(2))
    with pytest.raises(ValueError, match="3 values for 2 unknowns"):
        root(lambda x: [x[0], x[1], x[0]], np.zeros(2))
    with pytest.raises(TypeError, match="args holds a Variable"):
        minimize(lambda x, w: np.sum(w * x**2), np.zeros(2), (Variable(np.ones(2)),))
    with pytest.raises(TypeError, match="expected a function, not int"):
        minimize(3, np.zeros(2))


def test_a_solver_within_a_transform_loses_no_gradient_silently():
    def solution(a, hold=lambda v: v):
        b = hold(2 * a)
        return np.sum(minimize(lambda x: np.sum((x - b) ** 2), np.zeros(2)).x)

    with pytest.raises(TypeError, match="uses a Variable that is being differentiated.*leopard.implicit"):
        leopard.grad(solution)(1.0)
    assert leopard.grad(lambda a: solution(a, leopard.stop_gradient) * a)(1.0) == pytest.approx(4.0)
    with pytest.raises(TypeError, match="args holds a Variable"):
        leopard.grad(lambda a: root(lambda x, a: x - a, np.zeros(1), (a,)).x[0])(1.0)
    with pytest.raises(TypeError, match="ydata holds a Variable"):
        leopard.grad(lambda a: curve_fit(lambda x, p: p * x, T, a * Y)[0][0])(1.0)


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_a_line_search_may_look_where_the_function_is_not_finite():
    found = minimize(lambda x: np.sum(x - np.log(x)), np.array([5.0, 0.1]), method="BFGS")
    np.testing.assert_allclose(found.x, [1, 1], atol=1e-4)


def test_functions_may_close_over_variables_and_return_them():
    w = Variable(np.array([1.0, 2.0]))
    found = minimize(lambda x: np.sum(w * (x - 1) ** 2), np.zeros(2))
    assert type(found.x) is np.ndarray and type(found.fun) is np.float64
    np.testing.assert_allclose(found.x, [1, 1], atol=1e-5)
    free = minimize(lambda x: np.sum(w * (x - 1) ** 2), np.zeros(2), method="Nelder-Mead")
    np.testing.assert_allclose(free.x, [1, 1], atol=1e-3)
    assert w.grad is None


def test_arrays_from_outside_are_read_at_each_call():
    target = np.zeros(2)

    def move(x):
        target[:] = 1.0

    found = minimize(lambda x: np.sum((x - target) ** 4), np.full(2, 3.0), callback=move)
    np.testing.assert_allclose(found.x, [1, 1], atol=0.1)
    fit = least_squares(lambda x: (x - target) ** 3, np.full(2, 3.0), callback=lambda x: target.fill(2.0))
    np.testing.assert_allclose(fit.x, [2, 2], atol=0.1)


def test_functions_that_branch_and_that_cannot_be_replayed():
    found = minimize(lambda x: x[0] ** 4 if x[0] > 0.5 else (x[0] - 1) ** 2, [3.0], method="BFGS")
    assert found.nfev
    rng = np.random.default_rng(0)

    def noisy(x):
        return np.sum((x - 1) ** 2) + 0 * rng.standard_normal()

    with pytest.warns(leopard.ReplayWarning):
        found = minimize(noisy, np.zeros(2))
    np.testing.assert_allclose(found.x, [1, 1], atol=1e-4)


# -- root, least_squares, curve_fit --------------------------------------------------------------------


def equations(x):
    return [0.3 * np.cos(x[1]) - x[0], 0.3 * np.sin(x[0]) - x[1]]


@pytest.mark.parametrize(
    "method",
    ["hybr", "lm", "broyden1", "broyden2", "anderson", "linearmixing", "diagbroyden", "krylov", "df-sane"],
)
def test_every_method_of_root(method):
    found = root(equations, [0.0, 0.0], method=method)
    np.testing.assert_allclose(equations(found.x), [0, 0], atol=1e-4)
    parts = root(lambda p: {"u": equations([p["a"], p["b"]])}, {"a": 0.0, "b": 0.0}, method=method)
    np.testing.assert_allclose([parts.x["a"], parts.x["b"]], found.x, rtol=1e-3)


def test_the_jacobian_of_root_is_exact_or_given():
    wanted = so.root(equations, [0.0, 0.0], jac=leopard.jacobian(lambda x: np.stack(equations(x))))
    found = root(equations, [0.0, 0.0])
    np.testing.assert_allclose(found.x, wanted.x, rtol=1e-12)
    assert found.nfev == wanted.nfev and found.njev == wanted.njev
    used = []

    def jac(x):
        used.append(x)
        return np.eye(2)

    root(lambda x: x - 1, [0.0, 0.0], jac=jac)
    assert used
    np.testing.assert_allclose(root(lambda x: (x - 1, np.eye(2)), [0.0, 0.0], jac=True).x, [1, 1])


T = np.linspace(0.0, 3.0, 12)
Y = 2.0 * np.exp(-1.3 * T) + 0.1 * np.cos(9 * T)


def residuals(p):
    return p[0] * np.exp(-p[1] * T) - Y


@pytest.mark.parametrize("method", ["trf", "dogbox", "lm"])
def test_every_method_of_least_squares(method):
    wanted = so.least_squares(residuals, [1.0, 1.0], method=method, jac=leopard.jacobian(residuals))
    found = least_squares(residuals, [1.0, 1.0], method=method)
    np.testing.assert_allclose(found.x, wanted.x, rtol=1e-8)
    assert found.nfev == wanted.nfev and set(found) == set(wanted)
    np.testing.assert_allclose(found.jac, leopard.jacobian(residuals)(found.x))
    named = least_squares(
        lambda p: {"all": [residuals([p["scale"], p["rate"]])]}, {"scale": 1.0, "rate": 1.0}, method=method,
        x_scale={"scale": 1.0, "rate": 2.0},
    )  # fmt: skip
    np.testing.assert_allclose([named.x["scale"], named.x["rate"]], wanted.x, rtol=1e-5)


def test_covariances_of_fits_agree_with_each_other():
    popt, pcov = curve_fit(lambda t, a, k: a * np.exp(-k * t), T, Y, [1.0, 1.0])
    found = least_squares(residuals, [1.0, 1.0])
    np.testing.assert_allclose(found.covariance, pcov, rtol=1e-4)
    np.testing.assert_allclose(found.stderr, np.sqrt(np.diag(pcov)), rtol=1e-4)
    variance = 2 * found.cost / (len(T) - 2)
    likelihood = minimize(lambda p: np.sum(residuals(p) ** 2) / (2 * variance), popt, tol=1e-10)
    np.testing.assert_allclose(
        likelihood.stderr, found.stderr, rtol=0.2
    )  # its Hessian is not Gauss and Newton's


def test_bounds_of_structures_in_fits():
    f = lambda p: residuals([p["scale"], p["rate"]])  # noqa: E731
    x0 = {"scale": 1.0, "rate": 1.0}
    found = least_squares(f, x0, bounds=({"scale": 0.0, "rate": 0.0}, {"scale": 1.5, "rate": np.inf}))
    assert found.x["scale"] == pytest.approx(1.5)
    wanted = so.least_squares(residuals, [1.0, 1.0], bounds=([0, 0], [1.5, np.inf]))
    np.testing.assert_allclose(found.x["rate"], wanted.x[1], rtol=1e-5)
    assert least_squares(f, x0, bounds=(0, np.inf)).x["rate"] > 1
    assert least_squares(f, x0, bounds=so.Bounds([0, 0], [1.5, np.inf])).x["scale"] == pytest.approx(1.5)


def test_sparse_jacobians_where_a_pattern_is_given_or_the_jacobian_is_large():
    import scipy.sparse as sparse

    n = 700
    f = lambda x: np.concatenate([x[1:] - x[:-1] ** 2, x - 0.5])  # noqa: E731
    small = least_squares(f, np.full(20, 0.3))
    assert type(small.jac) is np.ndarray
    large = least_squares(f, np.full(n, 0.3))
    assert sparse.issparse(large.jac) and large.jac.nnz <= 3 * n
    pattern = sparse.vstack([sparse.eye(n - 1, n) + sparse.eye(n - 1, n, 1), sparse.eye(n)])
    given = least_squares(f, np.full(n, 0.3), jac_sparsity=pattern)
    np.testing.assert_allclose(given.x, large.x, atol=1e-7)
    assert large.covariance.shape == (n, n)
    dense = least_squares(f, np.full(n, 0.3), tr_solver="exact")
    np.testing.assert_allclose(dense.x, large.x, atol=1e-5)
    np.testing.assert_allclose(dense.covariance, large.covariance, rtol=1e-3, atol=1e-6)


def test_keyword_arguments_and_callbacks_of_least_squares():
    def f(x, shift, scale=1.0):
        return scale * (x - shift)

    found = least_squares(f, np.zeros(3), args=(2.0,), kwargs={"scale": 3.0})
    np.testing.assert_allclose(found.x, [2, 2, 2])
    seen = []
    least_squares(lambda p: f(p["a"], 2.0), {"a": np.zeros(3)}, callback=seen.append)
    assert all(set(x) == {"a"} for x in seen) and seen


def test_curve_fit_gives_what_scipy_gives():
    def model(t, scale, rate):
        return scale * np.exp(-rate * t)

    sigma = np.linspace(0.1, 0.3, len(T))
    for given in (
        {},
        {"p0": [1.0, 2.0]},
        {"sigma": sigma},
        {"sigma": sigma, "absolute_sigma": True},
        {"sigma": np.diag(sigma) + 0.01},
        {"bounds": (0, [1.9, 5.0])},
        {"method": "dogbox"},
        {"loss": "soft_l1", "method": "trf"},
    ):
        wanted, found = so.curve_fit(model, T, Y, **given), curve_fit(model, T, Y, **given)
        np.testing.assert_allclose(found[0], wanted[0], rtol=1e-4)
        np.testing.assert_allclose(found[1], wanted[1], rtol=1e-2)
    full = curve_fit(model, T, Y, full_output=True)
    assert len(full) == 5 and full[2]["nfev"] < 20
    holes = Y.copy()
    holes[3] = np.nan
    wanted = so.curve_fit(model, T, holes, nan_policy="omit", check_finite=False)
    found = curve_fit(model, T, holes, nan_policy="omit", check_finite=False)
    np.testing.assert_allclose(found[0], wanted[0], rtol=1e-5)


def test_curve_fit_of_structures():
    model = lambda t, p: p["scale"] * np.exp(-p["rate"] * t) + p["rest"][0]  # noqa: E731
    p0 = {"scale": 1.0, "rate": 1.0, "rest": np.zeros(1)}
    popt, pcov = curve_fit(model, T, Y, p0)
    flat, _ = so.curve_fit(lambda t, a, k, c: a * np.exp(-k * t) + c, T, Y, [1.0, 1.0, 0.0])
    np.testing.assert_allclose([popt["scale"], popt["rate"], popt["rest"][0]], flat, rtol=1e-4)
    assert pcov.shape == (3, 3)
    bounded, _ = curve_fit(model, T, Y, p0, bounds=({"scale": 0, "rate": 0, "rest": 0}, np.inf))
    assert bounded["rest"][0] >= 0
    with pytest.raises(ValueError, match="number of parameters"):
        curve_fit(lambda t, *p: t, T, Y)


def test_curve_fit_of_several_independent_variables():
    model = lambda xy, a, b: a * xy[0] + b * xy[1] ** 2  # noqa: E731
    x, y = np.arange(8.0), np.sin(np.arange(8.0))
    popt, _ = curve_fit(model, (x, y), 2 * x + 3 * y**2 + 0.01 * np.cos(7 * x))
    np.testing.assert_allclose(popt, [2, 3], atol=0.02)


def test_places_of_unknowns_in_errors():
    unknowns = Unknowns("minimize", {"a": np.zeros((2, 3)), "b": [1.0]})
    assert [unknowns.place(i) for i in (0, 5, 6)] == ["x['a'][0, 0]", "x['a'][1, 2]", "x['b'][0]"]


def test_names_and_parameters_are_those_of_scipy():
    for name in leopard.scipy.optimize.__all__:
        ours, theirs = [
            inspect.signature(getattr(module, name)).parameters for module in (leopard.scipy.optimize, so)
        ]
        assert [*ours] == [*theirs]
        different = [
            p for p in ours if (ours[p].default, ours[p].kind) != (theirs[p].default, theirs[p].kind)
        ]
        assert different == (["jac"] if name == "least_squares" else [])
    assert set(leopard.scipy.optimize.__all__) == {"minimize", "least_squares", "root", "curve_fit"}
    assert minimizing.WITH_HESSIAN | minimizing.WITH_PRODUCTS <= {m.lower() for m in SECOND_ORDER}
