"""Guards of a lowered recording: a run stops where a value differs, before what Python computes behind it."""

import numpy as np
import pytest

from leopard import Variable
from leopard._numeric.replay import ReplayProgram
from leopard.compiling.lowering import lower
from leopard.compiling.plan import reference_run
from leopard.compiling.recording import from_graph, record


def lowered(f, *arrays):
    recorded = record(lambda xs: f(*xs), list(arrays))
    return lower(from_graph(recorded.inputs, recorded.leaves, recorded.recorder))


def outcomes(plan, *arrays):
    """The outcome of both ways to run a plan, and the outputs of the first."""
    outcome, ys = reference_run(plan, arrays)
    assert ReplayProgram(plan).run(list(arrays))[0] == outcome
    return outcome, ys


def test_a_branch_is_guarded():
    plan = lowered(lambda x: x * x if x > 0 else -x, np.array(2.0))
    assert outcomes(plan, np.array(3.0)) == (0, [9.0])
    assert outcomes(plan, np.array(-3.0))[0] == 1
    assert outcomes(plan, np.array(np.nan))[0] == 1


def test_branches_on_elements_of_arrays_are_guarded_in_their_order():
    def f(x):
        y = np.exp(x)
        if np.sum(y) > 3:
            y = y * 2
        if y[0] < 100:
            y = y + 1
        return y

    plan = lowered(f, np.array([1.0, 2.0]))
    assert outcomes(plan, np.array([1.5, 2.0]))[0] == 0
    assert outcomes(plan, np.array([-9.0, -9.0]))[0] == 1
    assert outcomes(plan, np.array([8.0, 2.0]))[0] == 2
    assert outcomes(plan, np.array([-np.inf, 0.0]))[0] == 1


def test_a_number_that_python_reads_is_guarded_by_equality():
    plan = lowered(lambda x, n: x * int(n), np.array([1.0, 2.0]), np.array(3.0))
    outcome, (y,) = outcomes(plan, np.array([5.0, 6.0]), np.array(3.0))
    assert outcome == 0
    assert y.tolist() == [15.0, 18.0]
    assert outcomes(plan, np.array([5.0, 6.0]), np.array(4.0))[0] == 1


def test_what_python_computes_behind_a_guard_does_not_run_where_the_guard_fails():
    def f(x):
        if x[0, 0] > 0:
            return np.linalg.inv(x)
        return x

    plan = lowered(f, np.eye(2))
    assert outcomes(plan, 2 * np.eye(2))[0] == 0
    assert outcomes(plan, np.zeros((2, 2)))[0] == 1  # no LinAlgError


def test_a_loop_that_ends_at_a_condition_has_a_guard_for_each_step():
    def f(x):
        n = 0
        while x > 1:
            x = x / 2
            n += 1
        return x + n

    plan = lowered(f, np.array(10.0))
    assert outcomes(plan, np.array(9.0))[0] == 0
    assert outcomes(plan, np.array(3.0))[0] == 3
    assert outcomes(plan, np.array(0.5))[0] == 1
    assert outcomes(plan, np.array(100.0))[0] == 5


def test_errors_of_a_step_in_python_propagate():
    plan = lowered(lambda x: np.linalg.inv(x), np.eye(2))
    with pytest.raises(np.linalg.LinAlgError):
        ReplayProgram(plan).run([np.zeros((2, 2))])


def test_captured_variables_are_read_when_the_plan_runs():
    a = np.array([1.0, 2.0])
    v = Variable(np.array([3.0, 4.0]))
    plan = lower(from_graph([v], [v * a], is_captured=lambda array: array is a))
    a[:] = 10.0
    assert reference_run(plan, [v.data])[1][0].tolist() == [30.0, 40.0]
    assert ReplayProgram(plan).run([v.data, a])[1][0].tolist() == [30.0, 40.0]


def test_elements_of_a_captured_array_that_goes_backward():
    a = np.array([1.0, 2.0, 3.0])
    b = a[::-1]
    v = Variable(np.array([3.0, 4.0, 5.0]))
    w = Variable(b)
    plan = lower(from_graph([v], [v - w, v[0] * w[1]], is_captured=lambda array: array is b))
    a[:] = [10.0, 20.0, 30.0]
    for ys in (reference_run(plan, [v.data])[1], ReplayProgram(plan).run([v.data, b])[1]):
        assert [y.tolist() for y in ys] == [[-27.0, -16.0, -5.0], 60.0]
