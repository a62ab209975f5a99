"""Derivatives through the steps of a method of Runge and Kutta: those of the computed solution itself.

The steps that the solver has accepted are computed again, recorded, with their sizes as constants. The result
is the exact derivative of the numbers that the solver returned, to any order; the sizes of the steps, which
depend on the parameters, too, do not count, since the solution does not depend on them within its tolerance.
"""

import numpy as np
import scipy.integrate as si

from leopard._config import recording, using_config
from leopard._core import Variable, call_traced, constant, gradients, mark_closed_inputs
from leopard._core import tangents as push
from leopard.compiling import compile
from leopard.transforms._values import alias_of, plain, value_of

__all__ = ["METHODS", "pulled_through_steps", "pushed_through_steps"]

METHODS = {"RK23": si.RK23, "RK45": si.RK45}


def _step_of(rates, method):
    """One step as a compiled function: (y at the end, the coefficients of the interpolant)."""
    tableau = METHODS[method]

    def step(t, h, y, args, closed):
        stages = [rates.of(t, y, args, closed)]
        for a, c in zip(tableau.A[1:], tableau.C[1:], strict=True):
            between = y
            for weight, k in zip(a, stages, strict=False):
                if weight:
                    between = between + (h * weight) * k
            stages.append(rates.of(t + c * h, between, args, closed))
        end = y
        for weight, k in zip(tableau.B, stages, strict=True):
            if weight:
                end = end + (h * weight) * k
        stages.append(rates.of(t + h, end, args, closed))
        return end, np.transpose(np.stack(stages)) @ tableau.P

    key = "step", method
    if key not in rates.compiled:
        rates.compiled[key] = compile(step)
    return rates.compiled[key]


def _rows(problem, method, steps):
    """The solution at the times of a problem, by these steps."""
    step = _step_of(problem.rates, method)
    times = [float(t) for t in value_of(problem.times)]
    y, rows, k = problem.y0, {}, 0
    forwards = steps[-1] >= steps[0]
    order = range(len(times))
    for t, end in zip(steps[:-1], steps[1:], strict=True):
        h = end - t
        y_end, q = step(t, h, y, problem.args, problem.closed)
        while k < len(times) and (times[k] <= end if forwards else times[k] >= end):
            x = (times[k] - t) / h
            rows[k] = (
                y_end
                if times[k] == end
                else y
                if x == 0
                else y + h * (q @ np.cumprod(np.full(q.shape[1], x)))
            )
            k += 1
        y = y_end
    for i in order:
        rows.setdefault(i, y)
    return np.stack([rows[i] for i in order])


def _recorded(trajectory):
    """(rows, inputs): the solution recorded from its inputs, which are closed for other walks."""
    if recording():
        aliases = [alias_of(x) for x in trajectory.inputs]
    else:
        aliases = [Variable(plain(x)) for x in trajectory.inputs]
    problem = trajectory.reached(trajectory.filled(aliases))
    with using_config("enable_backprop", True):
        rows = call_traced(aliases, _rows, problem, trajectory.solver.method, trajectory.found.sol.ts)
    mark_closed_inputs(aliases)
    return rows, aliases


def pulled_through_steps(trajectory, gy):
    rows, inputs = _recorded(trajectory)
    if not isinstance(rows, Variable):
        return tuple([None] * len(inputs))
    found, _ = gradients([rows], [gy if isinstance(gy, Variable) else constant(gy)], inputs, recording())
    return tuple(found)


def pushed_through_steps(trajectory, ts):
    rows, inputs = _recorded(trajectory)
    if not isinstance(rows, Variable):
        return (None,)
    return tuple(push([rows], inputs, list(ts), recording())[0])
