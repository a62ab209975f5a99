"""`solve_ivp` and `odeint`: values are SciPy's, gradients those of the exact solution, within an error."""

import numpy as np
import pytest

si = pytest.importorskip("scipy.integrate")

import leopard  # noqa: E402
from leopard import Variable, grad, hessian, jacobian, jvp, value_and_grad  # noqa: E402
from leopard.scipy.integrate import odeint, solve_ivp  # noqa: E402
from tests.rivals import jax_in_doubles  # noqa: E402

WAYS = ["sensitivities", "adjoint", "steps"]
TIGHT = {"rtol": 1e-10, "atol": 1e-12}
TIMES = np.array([0.3, 0.8, 1.5])


def predators(t, y, p):
    return np.stack([p[0] * y[0] - p[1] * y[0] * y[1], -p[2] * y[1] + p[3] * y[0] * y[1]])


P, Y0 = np.array([1.5, 1.0, 3.0, 1.0]), np.array([2.0, 1.0])


def driven(t, y, k, rest):
    """A linear equation that depends on time: y' = -k y + c sin(w t), of which the solution is known."""
    return -k * y + rest["c"] * np.sin(rest["w"] * t)


def driven_solution(t0, y0, t, k, c, w):
    def particular(t):
        return c * (k * np.sin(w * t) - w * np.cos(w * t)) / (k**2 + w**2)

    return (y0 - particular(t0)) * np.exp(-k * (t - t0)) + particular(t)


# -- Values --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("method", ["RK45", "RK23", "DOP853", "LSODA", "Radau", "BDF"])
def test_values_are_scipys(method):
    jac = {"jac": jacobian(predators, 1)} if method in ("Radau", "BDF") else {}
    for given in ({"t_eval": TIMES}, {}, {"dense_output": True}):
        wanted = si.solve_ivp(predators, (0, 2), Y0, method, args=(P,), **given, **jac)
        found = solve_ivp(predators, (0, 2), Y0, method, args=(P,), **given)
        np.testing.assert_array_equal(found.y, wanted.y)
        np.testing.assert_array_equal(found.t, wanted.t)
        for name in ("nfev", "njev", "status", "message", "success"):
            assert found[name] == wanted[name]
        if given.get("dense_output"):
            np.testing.assert_array_equal(found.sol(0.7), wanted.sol(0.7))


def test_recording_does_not_change_values():
    p = Variable(P)
    for way in WAYS:
        found = solve_ivp(predators, (0, 2), Y0, t_eval=TIMES, args=(p,), gradient=way)
        np.testing.assert_array_equal(
            found.y.data, si.solve_ivp(predators, (0, 2), Y0, t_eval=TIMES, args=(P,)).y
        )
    with leopard.no_grad():
        assert type(solve_ivp(predators, (0, 2), Y0, args=(p,)).y) is np.ndarray


def test_events_give_values():
    def crossing(t, y, p):
        return y[0] - y[1] * p[1]

    crossing.terminal = True
    wanted = si.solve_ivp(predators, (0, 5), Y0, events=[crossing], args=(P,))
    found = solve_ivp(predators, (0, 5), Y0, events=[crossing], args=(Variable(P),))
    np.testing.assert_array_equal(found.t_events[0], wanted.t_events[0])
    np.testing.assert_array_equal(found.y_events[0], wanted.y_events[0])
    assert found.status == 1 and isinstance(found.y, Variable)
    assert solve_ivp(predators, (0, 5), Y0, events=crossing, args=(P,)).status == 1


@pytest.mark.parametrize("way", WAYS)
def test_a_solution_that_an_event_ends_early_has_gradients_at_the_times_that_it_reached(way):
    def low(t, y, k):
        return y[0] - 0.5

    low.terminal = True

    def total(k, times, way=way, end=low):
        given = {"t_eval": times, "args": (k,), "events": end, "gradient": way, **TIGHT}
        return solve_ivp(lambda t, y, k: -k * y, (0, 50), [1.0], **given).y

    assert total(1.0, TIMES).shape == (1, 1)
    np.testing.assert_allclose(grad(lambda k: np.sum(total(k, TIMES)))(1.0), -0.3 * np.exp(-0.3), rtol=1e-8)
    np.testing.assert_allclose(grad(lambda k: np.sum(total(k, None)[0, -2:] * 0 + 1))(1.0), 0.0)
    assert grad(lambda k: np.sum(total(k, np.array([10.0, 20.0]))))(1.0) == 0.0
    if way != "steps":
        found = grad(lambda times: np.sum(total(1.0, times)))(TIMES)
        np.testing.assert_allclose(found, [-np.exp(-0.3), 0, 0], rtol=1e-8)


# -- Gradients -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("way", WAYS)
def test_gradients_in_the_start_parameters_and_times_are_those_of_the_known_solution(way):
    def end(solve, t0, y0, times, k, c, w):
        y = solve(t0, y0, times, k, c, w)
        return np.sum(y * np.array([1.0, -2.0, 0.7]))

    def ours(t0, y0, times, k, c, w):
        given = {"t_eval": times, "args": (k, {"c": c, "w": w}), "gradient": way, **TIGHT}
        return solve_ivp(driven, (t0, 1.6), y0, **given).y[0]

    point = (0.1, np.array([0.6]), TIMES, 0.7, 1.3, 2.0)
    places = (0, 1, 2, 3, 4, 5) if way != "steps" else (1, 3, 4, 5)
    found = grad(lambda *x: end(ours, *x), places)(*point)
    wanted = grad(lambda *x: end(driven_solution, *x), places)(*point)
    for a, b in zip(found, wanted, strict=True):
        np.testing.assert_allclose(a, b, rtol=2e-7, atol=1e-9)


@pytest.mark.parametrize("way", ["sensitivities", "adjoint"])
def test_gradients_in_the_span_where_the_solver_chooses_the_times(way):
    def end(t0, t1, k):
        y = solve_ivp(driven, (t0, t1), [0.6], args=(k, {"c": 1.3, "w": 2.0}), gradient=way, **TIGHT).y[0]
        return 2 * y[-1] + y[0] ** 2

    def wanted(t0, t1, k):
        return 2 * driven_solution(t0, 0.6, t1, k, 1.3, 2.0)

    for a, b in zip(grad(end, (0, 1, 2))(0.1, 1.5, 0.7), grad(wanted, (0, 1, 2))(0.1, 1.5, 0.7), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-7)


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("method", ["RK45", "RK23", "DOP853", "LSODA", "Radau", "BDF"])
def test_every_method_has_gradients(way, method):
    if way == "steps" and method not in ("RK45", "RK23"):
        with pytest.raises(ValueError, match="steps.*RK45"):
            solve_ivp(predators, (0, 2), Y0, method, args=(Variable(P),), gradient=way)
        return

    def loss(p, y0, method=method, **tolerances):
        y = solve_ivp(predators, (0, 2), y0, method, TIMES, args=(p,), gradient=way, **tolerances).y
        return np.sum(y**2)

    found = grad(loss, (0, 1))(P, Y0, rtol=1e-6, atol=1e-8)
    way = "sensitivities"
    wanted = grad(loss, (0, 1))(P, Y0, "DOP853", **TIGHT)
    for a, b in zip(found, wanted, strict=True):
        np.testing.assert_allclose(a, b, rtol=3e-4)


@pytest.mark.parametrize("way", WAYS)
def test_the_error_of_the_gradient_falls_with_the_tolerance(way):
    def loss(p, way, rtol):
        y = solve_ivp(
            predators, (0, 4), Y0, t_eval=np.linspace(0, 4, 9), args=(p,), gradient=way, rtol=rtol, atol=rtol
        )
        return np.sum(y.y**2)

    wanted = grad(loss)(P, "sensitivities", 1e-12)
    errors = []
    for rtol in (1e-4, 1e-6, 1e-8):
        found = grad(loss)(P, way, rtol)
        errors.append(np.abs(found - wanted).max() / np.abs(wanted).max())
    assert errors[0] < 3e-2 and errors[1] < 1e-3 and errors[2] < 1e-5
    assert errors[2] < errors[1] < errors[0]


def test_gradients_agree_with_jaxs_odeint():
    times = np.linspace(0.0, 2.0, 5)
    with jax_in_doubles() as jax:
        from jax.experimental.ode import odeint as jax_odeint

        def rate(y, t, p):
            return jax.numpy.stack([p[0] * y[0] - p[1] * y[0] * y[1], -p[2] * y[1] + p[3] * y[0] * y[1]])

        def theirs(y0, p):
            return jax.numpy.sum(jax_odeint(rate, y0, times, p, rtol=1e-10, atol=1e-10) ** 2)

        wanted = jax.grad(theirs, (0, 1))(Y0, P)
    for way in ("sensitivities", "adjoint"):

        def loss(y0, p, way=way):
            return np.sum(odeint(predators, y0, times, (p,), gradient=way, tfirst=True) ** 2)

        ours = grad(loss, (0, 1))(Y0, P)
        for a, b in zip(ours, wanted, strict=True):
            np.testing.assert_allclose(a, b, rtol=1e-5)


@pytest.mark.parametrize("way", WAYS)
def test_gradients_are_the_slopes_of_the_solution(way):
    def loss(p, y0):
        y = solve_ivp(predators, (0, 2), y0, t_eval=TIMES, args=(p,), gradient=way, **TIGHT).y
        return np.sum(np.sin(y))

    found = grad(loss, (0, 1))(P, Y0)
    for k, (x, g) in enumerate(zip((P, Y0), found, strict=True)):
        for i in range(len(x)):
            point = [P, Y0]
            values = []
            for sign in (1, -1):
                point[k] = x + sign * 1e-4 * np.eye(len(x))[i]
                values.append(loss(*point))
            np.testing.assert_allclose(g[i], (values[0] - values[1]) / 2e-4, rtol=1e-5, atol=1e-7)


def test_a_stiff_equation():
    def robertson(t, y, k):
        a, b, c = k[0] * y[0], k[1] * y[1] * y[2], k[2] * y[1] ** 2
        return np.stack([-a + b, a - b - c, c])

    k = np.array([0.04, 1e4, 3e7])

    def end(log_k, way):
        given = {"t_eval": [4.0, 40.0], "gradient": way, "rtol": 1e-7, "atol": 1e-10}
        return solve_ivp(robertson, (0, 40), [1.0, 0, 0], "Radau", args=(np.exp(log_k),), **given).y[2, -1]

    found = [grad(end)(np.log(k), way) for way in ("sensitivities", "adjoint")]
    np.testing.assert_allclose(found[0], found[1], rtol=1e-3)
    step = 1e-3 * np.eye(3)
    slopes = [(end(np.log(k) + h, "adjoint") - end(np.log(k) - h, "adjoint")) / 2e-3 for h in step]
    np.testing.assert_allclose(found[0], slopes, rtol=1e-3)


# -- Forward mode and higher orders --------------------------------------------------------------------


@pytest.mark.parametrize("way", WAYS)
def test_forward_mode(way):
    def f(t0, y0, times, k):
        given = {"t_eval": times, "args": (k, {"c": 1.3, "w": 2.0}), "gradient": way, **TIGHT}
        return solve_ivp(driven, (t0, 1.6), y0, **given).y[0]

    def known(t0, y0, times, k):
        return driven_solution(t0, y0, times, k, 1.3, 2.0)

    point = (0.1, np.array([0.6]), TIMES, 0.7)
    directions = (0.3, np.array([-1.0]), np.array([1.0, 0.5, -0.2]), 0.4)
    if way == "steps":
        fixed = point
        f0, known0 = f, known
        f = lambda y0, k: f0(fixed[0], y0, fixed[2], k)  # noqa: E731
        known = lambda y0, k: known0(fixed[0], y0, fixed[2], k)  # noqa: E731
        point, directions = (point[1], point[3]), (directions[1], directions[3])
    np.testing.assert_allclose(jvp(f, point, directions)[1], jvp(known, point, directions)[1], rtol=1e-7)


@pytest.mark.parametrize("way", WAYS)
def test_second_derivatives(way):
    def loss(solve, x):
        return np.sum(solve(x) ** 2)

    def ours(x):
        given = {"t_eval": TIMES, "args": (x[1], {"c": x[2], "w": 2.0}), "gradient": way, **TIGHT}
        return solve_ivp(driven, (0.1, 1.6), x[:1], **given).y[0]

    def known(x):
        return driven_solution(0.1, x[0], TIMES, x[1], x[2], 2.0)

    x = np.array([0.6, 0.7, 1.3])
    found = hessian(lambda x: loss(ours, x))(x)
    np.testing.assert_allclose(found, hessian(lambda x: loss(known, x))(x), rtol=1e-6)
    reverse = jacobian(grad(lambda x: loss(ours, x)))(x)
    np.testing.assert_allclose(reverse, found, rtol=1e-6)


def test_second_derivatives_in_the_times():
    def ours(x):
        given = {"t_eval": x[1:], "args": (0.7, {"c": 1.3, "w": 2.0}), **TIGHT}
        return np.sum(solve_ivp(driven, (x[0], 1.6), [0.6], **given).y ** 2)

    def known(x):
        return np.sum(driven_solution(x[0], 0.6, x[1:], 0.7, 1.3, 2.0) ** 2)

    x = np.array([0.1, 0.3, 0.8])
    np.testing.assert_allclose(hessian(ours)(x), hessian(known)(x), rtol=1e-6, atol=1e-8)


def test_third_derivatives_by_sensitivities():
    def ours(k):
        return solve_ivp(lambda t, y, k: -k * y, (0, 1), [1.0], t_eval=[1.0], args=(k,), **TIGHT).y[0, 0]

    np.testing.assert_allclose(grad(grad(grad(ours)))(0.5), -np.exp(-0.5), rtol=1e-6)


def test_the_way_is_chosen_by_the_number_of_parameters(monkeypatch):
    import leopard.scipy.integrate._trajectories as trajectories

    chosen = []
    monkeypatch.setattr(
        trajectories, "_by_sensitivities", lambda *x: chosen.append("sensitivities") or (x[0].y0, [])
    )
    monkeypatch.setattr(trajectories, "_by_adjoint", lambda *x: chosen.append("adjoint") or (x[0].y0, []))
    for n in (20, 21):
        grad(lambda y0: np.sum(solve_ivp(lambda t, y: -y, (0, 1), y0).y))(np.ones(n))
    assert chosen == ["sensitivities", "adjoint"]


def test_many_parameters():
    rng = np.random.default_rng(0)
    w = 0.3 * rng.normal(size=(8, 8))

    def loss(w, way):
        y = solve_ivp(
            lambda t, y, w: np.tanh(w @ y),
            (0, 1),
            np.ones(8),
            t_eval=[0.5, 1.0],
            args=(w,),
            gradient=way,
            **TIGHT,
        )
        return np.sum(y.y**3)

    found = grad(loss)(w, None)
    np.testing.assert_allclose(found, grad(loss)(w, "sensitivities"), rtol=1e-6, atol=1e-8)


# -- Arguments and closures ----------------------------------------------------------------------------


@pytest.mark.parametrize("way", WAYS)
def test_closures_over_variables(way):
    def loss(k, c):
        scale = 2.0

        def inner(t):
            return c * np.sin(scale * t)

        return np.sum(
            solve_ivp(
                lambda t, y: -k * y + inner(t), (0.1, 1.6), [0.6], t_eval=TIMES, gradient=way, **TIGHT
            ).y
        )

    found = grad(loss, (0, 1))(0.7, 1.3)
    wanted = grad(lambda k, c: np.sum(driven_solution(0.1, 0.6, TIMES, k, c, 2.0)), (0, 1))(0.7, 1.3)
    np.testing.assert_allclose(found, wanted, rtol=1e-7)


def test_closures_that_change_are_not_taken_for_each_other():
    def loss(k, scale):
        return np.sum(solve_ivp(lambda t, y: -k * y * scale, (0, 1), [1.0], t_eval=[1.0], **TIGHT).y)

    for scale in (1.0, 2.0, 3.0, np.array(4.0)):
        for k in (0.3, 0.5, 0.7):
            np.testing.assert_allclose(grad(loss)(k, scale), -scale * np.exp(-k * scale), rtol=1e-8)
    table = np.array([1.0])
    f = lambda t, y, k: -k * table * y  # noqa: E731
    for factor in (1.0, 2.0, 3.0, 5.0):
        table[0] = factor
        end = grad(lambda k: solve_ivp(f, (0, 1), [1.0], t_eval=[1.0], args=(k,), **TIGHT).y[0, 0])(0.5)
        np.testing.assert_allclose(end, -factor * np.exp(-0.5 * factor), rtol=1e-8)


def test_closures_over_structures_of_variables():
    def loss(p):
        f = lambda t, y: -p["k"] * y + p["rest"][0] * np.sin(p["rest"][1] * t)  # noqa: E731
        return np.sum(solve_ivp(f, (0.1, 1.6), [0.6], t_eval=TIMES, **TIGHT).y)

    for k in (0.7, 0.8, 0.9):
        found = grad(loss)({"k": k, "rest": [1.3, 2.0]})
        wanted = grad(lambda k, c, w: np.sum(driven_solution(0.1, 0.6, TIMES, k, c, w)), (0, 1, 2))(
            k, 1.3, 2.0
        )
        np.testing.assert_allclose([found["k"], *found["rest"]], wanted, rtol=1e-7)


def test_names_that_are_assigned_before_the_walk_and_during_the_solution():
    rate, total = 1.0, 0.0
    k = Variable(np.array(0.5))
    for rate in (1.0, 2.0, 3.0):
        for way in WAYS:
            f = lambda t, y, k: -k * rate * y  # noqa: B023, E731
            total = (
                total + solve_ivp(f, (0, 1), [1.0], t_eval=[1.0], args=(k,), gradient=way, **TIGHT).y[0, 0]
            )
    total.backward()
    wanted = sum(-3 * rate * np.exp(-0.5 * rate) for rate in (1.0, 2.0, 3.0))
    np.testing.assert_allclose(k.grad.data, wanted, rtol=1e-8)

    def switch(t, y):
        nonlocal rate
        rate = 5.0 if t > 0.5 else 1.0
        return t - 0.5

    with pytest.raises(RuntimeError, match="closes over was assigned during the solution"):
        solve_ivp(lambda t, y: -rate * y, (0, 1), [1.0], events=switch)
    calls = 0

    def counted(t, y):
        nonlocal calls
        calls += 1
        return -y

    with pytest.warns(leopard.ReplayWarning):
        found = solve_ivp(counted, (0, 1), [1.0], **TIGHT)
    assert calls >= found.nfev


OUTSIDE = Variable(np.array(2.0))


class Held:
    rate = Variable(np.array(2.0))


def test_variables_that_are_no_inputs_are_refused():
    held = Held()
    for f in (lambda t, y: -OUTSIDE * y, lambda t, y: -held.rate * y):
        with pytest.raises(TypeError, match="neither in args nor in its closure"):
            solve_ivp(f, (0, 1), [1.0])
        with leopard.no_grad():
            assert solve_ivp(f, (0, 1), [1.0], t_eval=[1.0], **TIGHT).y[0, 0] == pytest.approx(np.exp(-2))


def test_backward_of_variables():
    k, y0 = Variable(np.array(0.5)), Variable(np.array([1.0, 2.0]))
    y = solve_ivp(lambda t, y, k: -k * y, (0, 1), y0, t_eval=[1.0], args=(k,), **TIGHT).y
    np.sum(y).backward()
    np.testing.assert_allclose(k.grad.data, -3 * np.exp(-0.5), rtol=1e-8)
    np.testing.assert_allclose(y0.grad.data, np.full(2, np.exp(-0.5)), rtol=1e-8)


def test_lists_and_starts_of_numbers_and_variables():
    def loss(a):
        y = solve_ivp(lambda t, y: [y[1], -y[0]], (0, 1), [a, 2.0], t_eval=[1.0], **TIGHT).y
        return y[0, 0]

    np.testing.assert_allclose(value_and_grad(loss)(1.0), [np.cos(1) + 2 * np.sin(1), np.cos(1)], rtol=1e-8)


def test_backwards_in_time():
    def end(k, way):
        y = solve_ivp(
            driven,
            (1.6, 0.1),
            [0.6],
            t_eval=TIMES[::-1],
            args=(k, {"c": 1.3, "w": 2.0}),
            gradient=way,
            **TIGHT,
        ).y
        return np.sum(y)

    wanted = grad(lambda k: np.sum(driven_solution(1.6, 0.6, TIMES, k, 1.3, 2.0)))(0.7)
    for way in WAYS:
        np.testing.assert_allclose(grad(end)(0.7, way), wanted, rtol=1e-7)


def test_parameters_of_any_structure():
    p = {"rates": [0.5, np.array([0.3])], "mode": "fast", "n": 2}

    def f(t, y, p):
        return -p["rates"][0] * y ** p["n"] - p["rates"][1] * t if p["mode"] == "fast" else y

    def loss(rates):
        y = solve_ivp(f, (0, 1), [1.0], t_eval=[0.5, 1.0], args=({**p, "rates": rates},), **TIGHT).y
        return np.sum(y)

    found = grad(loss)(p["rates"])
    for k in range(2):
        values = []
        for h in (1e-4, -1e-4):
            moved = list(p["rates"])
            moved[k] = moved[k] + h
            values.append(loss(moved))
        np.testing.assert_allclose(np.ravel(found[k]), (values[0] - values[1]) / 2e-4, rtol=1e-6)


def test_right_hand_sides_that_cannot_be_recorded_have_values():
    swing = lambda t, y: np.array([y[1], -y[0]])  # noqa: E731
    with pytest.warns(leopard.ReplayWarning, match="write leopard.array"):
        found = solve_ivp(swing, (0, 1), Y0)
    np.testing.assert_array_equal(found.y, si.solve_ivp(swing, (0, 1), Y0).y)
    with pytest.raises(TypeError, match="write leopard.array"):
        grad(lambda y0: np.sum(solve_ivp(swing, (0, 1), y0).y))(Y0)


def test_right_hand_sides_that_branch():
    def f(t, y, k):
        return -k * y if t < 0.5 else -2 * k * y

    loss = lambda k: solve_ivp(f, (0, 1), [1.0], t_eval=[1.0], args=(k,), max_step=0.05, **TIGHT).y[0, 0]  # noqa: E731
    np.testing.assert_allclose(grad(loss)(0.4), -1.5 * np.exp(-0.6), rtol=1e-4)


@pytest.mark.parametrize(
    ("error", "message", "call"),
    [
        (
            ValueError,
            "gradient is one of",
            lambda: solve_ivp(predators, (0, 1), Y0, args=(P,), gradient="exact"),
        ),
        (TypeError, "args is a tuple.*args=\\(p,\\)", lambda: solve_ivp(predators, (0, 1), Y0, args=P)),
        (TypeError, "complex", lambda: solve_ivp(lambda t, y: 1j * y, (0, 1), np.ones(1, complex))),
        (ValueError, "vector", lambda: solve_ivp(lambda t, y: y, (0, 1), np.ones((2, 2)))),
        (
            ValueError,
            "gradient is one of",
            lambda: odeint(lambda y, t: y, [1.0], [0.0, 1.0], gradient="exact"),
        ),
    ],
)
def test_errors(error, message, call):
    with pytest.raises(error, match=message):
        call()


# -- odeint --------------------------------------------------------------------------------------------


def test_odeint_is_scipys_and_has_gradients():
    times = np.array([0.1, 0.3, 0.8, 1.5])
    rate = lambda y, t, k: driven(t, y, k, {"c": 1.3, "w": 2.0})  # noqa: E731
    np.testing.assert_array_equal(odeint(rate, [0.6], times, (0.7,)), si.odeint(rate, [0.6], times, (0.7,)))
    y, info = odeint(rate, [0.6], times, (0.7,), full_output=True)
    assert info["nst"][0] > 0 and y.shape == (4, 1)
    for way in ("sensitivities", "adjoint"):
        loss = lambda k, y0, t: np.sum(odeint(rate, y0, t, (k,), gradient=way) ** 2)  # noqa: B023, E731
        known = lambda k, y0, t: np.sum(driven_solution(t[0], y0, t, k, 1.3, 2.0) ** 2)  # noqa: E731
        found = grad(loss, (0, 1, 2))(0.7, np.array([0.6]), times)
        wanted = grad(known, (0, 1, 2))(0.7, np.array([0.6]), times)
        for a, b in zip(found, wanted, strict=True):
            np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-7)


# -- Within compiled functions -------------------------------------------------------------------------


@pytest.mark.parametrize("way", WAYS)
def test_compiled_losses(way):
    def loss(p):
        given = {"t_eval": TIMES, "args": (p,), "rtol": 1e-8, "atol": 1e-8, "gradient": way}
        return np.sum(solve_ivp(predators, (0, 2), Y0, **given).y ** 2)

    compiled = leopard.compile(value_and_grad(loss))
    for factor in (1.0, 1.01, 1.02, 1.03):
        value, g = compiled(factor * P)
        wanted = value_and_grad(loss)(factor * P)
        np.testing.assert_allclose(value, wanted[0], rtol=1e-12)
        np.testing.assert_allclose(g, wanted[1], rtol=1e-10)


def test_what_a_compiled_function_reads_of_a_solution_is_not_frozen():
    def loss(k):
        found = solve_ivp(lambda t, y, k: -k * y, (0, 1), [1.0], args=(k,))
        return np.sum(found.y) * (found.nfev if found.success else 0)

    compiled = leopard.compile(value_and_grad(loss))
    with pytest.warns(leopard.ReplayWarning):
        compiled(0.1)
    for k in (0.1, 3.0, 30.0):
        np.testing.assert_allclose(compiled(k)[0], value_and_grad(loss)(k)[0], rtol=1e-12)


@pytest.mark.parametrize("method", ["RK45", "RK23", "DOP853", "LSODA", "Radau"])
def test_the_path_between_the_steps_is_scipys_dense_output(method):
    from leopard.scipy.integrate._solvers import path_of

    for span in ((0, 3), (3, 0)):
        sol = si.solve_ivp(predators, span, Y0, method, args=(P,), dense_output=True, rtol=1e-6).sol
        path = path_of(sol)
        for t in [*np.linspace(0, 3, 31), *sol.ts]:
            np.testing.assert_allclose(path(t), sol(t), rtol=1e-13)
