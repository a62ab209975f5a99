"""Solutions of initial value problems as one recorded operation, with derivatives by further problems.

A. The values are SciPy's, with the right-hand side replayed. For each time t[i] there is a row y[i].
B. Derivatives in a direction obey the sensitivity equation dS/dt = df/dy S + df/dp D, which is integrated
   together with y, by its method and with its tolerances: forward mode, and reverse mode for few parameters.
C. For a loss with gradients g[i] in y[i], the adjoint w obeys dw/dt = -w df/dy, and g[i] is added to it at
   t[i]. The gradient of the parameters is the integral of w df/dp. Between the times y is the solver's dense
   output.
D. The derivative of y[i] in t[i] is f, and that in the first time is the one of y0 in the direction -f.
E. In a walk that is recorded all this is recorded: the sensitivities are a solution of this kind themselves,
   which gives derivatives of all orders.
"""

import numpy as np

from leopard._config import recording, using_config
from leopard._core import Variable, call_traced, constant, mark_closed_inputs, reaches_others
from leopard._pytrees import flatten
from leopard.functions._followed import FormChanged
from leopard.scipy.integrate._problems import Problem, Solution
from leopard.scipy.integrate._solvers import path_of
from leopard.transforms._values import plain, value_of

__all__ = ["FEW", "InitialValueProblem", "trajectory"]

#: Up to so many differentiated numbers the gradient is computed by sensitivities, otherwise by the adjoint.
FEW = 20


class InitialValueProblem(Problem):
    """An initial value problem, whose parts are values or Variables.

    Attributes
    ----------
    rates : Rates
    y0 : ndarray or Variable, of shape (n,)
    args : object
        The further arguments of the right-hand side, a structure.
    closed : list
        The Variables that it closes over, or values for them.
    t0, t1 : float or Variable
    times : ndarray or Variable, or None
        Where the solution is wanted; None for the solver's own steps.
    """

    __slots__ = ("rates", "y0", "args", "closed", "t0", "t1", "times", "form")  # `compile` compares them
    heads = ("y0", "t0", "t1", "times")

    def __init__(self, rates, y0, args, closed, t0, t1, times):
        self.rates, self.y0, self.args, self.closed = rates, y0, args, list(closed)
        self.t0, self.t1, self.times = t0, t1, times


def trajectory(problem, solver, way):
    """(rows, found): the solution at the times as one array or Variable, and what the solver returned.

    Parameters
    ----------
    problem : InitialValueProblem
    solver : Solver
    way : str
        "sensitivities", "adjoint" or "steps".
    """
    call, inputs = Trajectory.of(problem, solver=solver, way=way)
    if call is None:
        found = solver.solve(problem.values())
        return _rows(found), found
    rows = call(*inputs)
    return rows, call.first.found


def _rows(found):
    """The values of a solution, one row for each time; SciPy returns a list where there is no time."""
    y = np.asarray(found.y)
    return np.ascontiguousarray(y.T) if y.ndim == 2 else np.zeros((0, 1))


class Trajectory(Solution):
    """One solution, by a `solver` and differentiated in one `way`."""

    def forward(self, *xs):
        problem = self.filled([x if x.ndim else x[()] for x in xs])
        found = self.solver.solve(problem, dense=self.way != "sensitivities")
        y = _rows(found)
        if self.first.found is None:
            self.first.found, self.first.shape = found, y.shape
        elif self.first.shape != y.shape:
            raise FormChanged(f"the solution has shape {y.shape}, and had another one when it was recorded")
        self.found, self.t = found, found.t
        return y

    def __reduce__(self):
        raise TypeError("a solution of a differential equation with a graph cannot be pickled: take its data")

    # -- Derivatives -------------------------------------------------------------------------------

    def now(self):
        """The problem with Variables where the walk is recorded, else with values."""
        return self.reached(self.filled(self.inputs if recording() else map(value_of, self.inputs)))

    def reached(self, problem):
        """A problem whose times are those of the solution, which may have ended early."""
        problem.times = self.t if problem.times is None else problem.times[: len(self.t)]
        if self.found.status != 0 and len(self.t):
            problem.t1 = self.t[-1]
        return problem

    def time_parts(self):
        """Which rows have a time that is an input: (row, number of the part) pairs."""
        rows = []
        if 3 in self.places:
            rows += [(slice(None), 3)]
        elif self.problem.times is None:
            rows += [(0, 1)] * (1 in self.places)
            if 2 in self.places and len(self.t) > 1 and self.found.status == 0:
                rows += [(len(self.t) - 1, 2)]
        return rows

    def backward(self, *gys):
        (gy,) = gys
        if not len(self.t):
            return (None,) * len(self.places)
        gy = gy if recording() else plain(gy)
        if self.way == "steps":
            from leopard.scipy.integrate._steps import pulled_through_steps

            return pulled_through_steps(self, gy)
        wanted = dict(zip(self.places, self.wanted, strict=True))
        parts = self.filled(self.inputs).parts()
        problem, which = self.now(), self.chosen(self.wanted)
        of_y0 = wanted.get(0, False) or wanted.get(1, False)
        if recording() or self.way == "sensitivities":
            w, found = _by_sensitivities(problem, self.solver, which, of_y0, gy)
        else:
            w, found = _by_adjoint(problem, self.solver, which, gy, self.found.sol)
        found = iter(found)
        result = {k: next(found) for k in self.places if k >= 4 and wanted[k]}
        if wanted.get(0):
            result[0] = w
        self._add_times(result, wanted, problem, parts, w, gy)
        return tuple([_as_gradient(result.get(k)) for k in self.places])

    def _add_times(self, result, wanted, problem, parts, w, gy):
        """Put the gradients of the times into `result`."""
        f = _rate(problem)
        if wanted.get(1):
            result[1] = -(w @ f(problem.t0, problem.y0))
        y = self.outputs[0]() if recording() else plain(self.outputs[0]())
        for row, k in self.time_parts():
            if not wanted.get(k):
                continue
            if k == 3:
                slopes = np.stack([gy[i] @ f(problem.times[i], y[i]) for i in range(len(y))])
                rest = np.zeros(len(value_of(parts[3])) - len(y))
                result[3] = np.concatenate([slopes, rest]) if len(rest) else slopes
            else:
                slope = gy[row] @ f(parts[k], y[row])
                result[k] = result[k] + slope if k in result else slope

    def tangent(self, *ts):
        if not len(self.t):
            return (None,)
        ts = [None if t is None else t if recording() else plain(t) for t in ts]
        if self.way == "steps":
            from leopard.scipy.integrate._steps import pushed_through_steps

            return pushed_through_steps(self, ts)
        given = dict(zip(self.places, ts, strict=True))
        problem = self.now()
        parts = problem.parts()
        f = _rate(problem)
        start = given.get(0)
        if start is None:
            start = np.zeros(len(problem.values().y0))
        if given.get(1) is not None:
            start = start - f(problem.t0, problem.y0) * given[1]
        which = self.chosen([t is not None for t in ts])
        directions = [
            np.reshape(given[k], (1, *np.shape(given[k])))
            for k in self.places
            if k >= 4 and given[k] is not None
        ]
        y = self.outputs[0]() if recording() else plain(self.outputs[0]())
        s = sensitivities(problem, self.solver, which, np.reshape(start, (1, -1)), directions)[:, 0]
        for row, k in self.time_parts():
            t = given.get(k)
            if t is None:
                continue
            if k == 3:
                s = s + np.stack([f(problem.times[i], y[i]) * t[i] for i in range(len(y))])
            else:
                unit = np.zeros((len(y), 1))
                unit[row] = 1.0
                s = s + unit * f(parts[k], y[row]) * t
        return (_as_gradient(s),)


def _as_gradient(g):
    return g if g is None or isinstance(g, Variable) else constant(np.asarray(g, float))


def _rate(problem):
    """f as a function of t and y, recorded where the walk is."""
    if recording():
        return lambda t, y: problem.rates.of(t, y, problem.args, problem.closed)
    return problem.rates.value(problem.args, problem.closed)


# -- Sensitivities ---------------------------------------------------------------------------------


def sensitivities(problem, solver, which, start, directions):
    """The derivatives of the solution in directions, of shape (times, directions, n).

    Parameters
    ----------
    problem : InitialValueProblem
        With times.
    which : (tuple of int, tuple of int)
        The parameters that the directions are of.
    start : array of shape (directions, n)
        The derivatives of y0.
    directions : list of arrays
        For each parameter its part of the directions, along a first axis.
    """
    count, n = start.shape
    rates = problem.rates.sensitivities(which, count)
    y0 = np.concatenate([problem.y0, np.reshape(start, (-1,))])
    args = (list(directions), problem.args)
    augmented = InitialValueProblem(rates, y0, args, problem.closed, problem.t0, problem.t1, problem.times)
    rows, found = trajectory(
        augmented, solver.of_sensitivities(problem, which, start, directions), "sensitivities"
    )
    if found.status < 0 or rows.shape[0] != problem.times.shape[0]:
        raise RuntimeError(
            "solve_ivp: the solver did not reach all times of the solution when it integrated the "
            "sensitivities; choose smaller tolerances, or gradient='adjoint'"
        )
    return np.reshape(rows[:, n:], (-1, count, n))


def _by_sensitivities(problem, solver, which, of_y0, gy):
    """(gradient of y0, gradients of the chosen parameters) by unit directions."""
    n = problem.y0.shape[0]
    values = problem.values()
    leaves = flatten(values.args)[0]
    parameters = [leaves[k] for k in which[0]] + [values.closed[k] for k in which[1]]
    sizes = [n * of_y0, *[np.size(x) for x in parameters]]
    count, ends = sum(sizes), np.cumsum([0, *sizes])
    if count == 0:
        return None, []
    start = np.zeros((count, n))
    start[: sizes[0]] = np.eye(n)[: sizes[0]]
    directions = []
    for x, a, size in zip(parameters, ends[1:], sizes[1:], strict=False):
        units = np.zeros((count, size))
        units[a : a + size] = np.eye(size)
        directions.append(units.reshape(count, *np.shape(x)))
    s = sensitivities(problem, solver, which, start, directions)
    g = np.einsum("ikj,ij->k", s, gy)
    found = [
        np.reshape(g[a : a + np.size(x)], np.shape(x)) for x, a in zip(parameters, ends[1:], strict=False)
    ]
    return (g[:n] if of_y0 else None), found


# -- The adjoint -----------------------------------------------------------------------------------


def _by_adjoint(problem, solver, which, gy, sol):
    """(gradient of y0, gradients of the chosen parameters) by the adjoint equation, of values."""
    leaves = flatten(problem.args)[0]
    parameters = [leaves[k] for k in which[0]] + [problem.closed[k] for k in which[1]]
    n, times = gy.shape[1], problem.times
    sizes = [np.size(x) for x in parameters]
    scale = np.abs(gy).max(initial=0.0)
    state = np.zeros(n + sum(sizes))  # w, and the integrals
    if scale > 0:
        pulled = problem.rates.pulled(which, problem.args, problem.closed)
        path = path_of(solver.dense(problem) if sol is None else sol)

        def slope(t, state):
            return -pulled(t, path(t), state[:n])

        step = None
        for i in range(len(times) - 1, -1, -1):
            state[:n] += gy[i] / scale
            end = times[i - 1] if i else problem.t0
            if end != times[i]:
                state, step = solver.integrated(slope, times[i], end, state, step)
    state = state * scale
    ends = n + np.cumsum([0, *sizes])
    found = [state[a : a + np.size(x)].reshape(np.shape(x)) for x, a in zip(parameters, ends, strict=False)]
    return state[:n], found


def check_closure(problem):
    """A TypeError where the right-hand side uses Variables that are no inputs, and would get no gradient."""
    parts = problem.parts()
    leaves = {}
    if any(isinstance(x, Variable) for x in parts):
        parts = list(map(value_of, parts))
        of_f = [(k, x) for k, x in enumerate(parts) if k == 0 or k >= 4]
        doubles = [(k, np.asarray(x)) for k, x in of_f if isinstance(x, (float, np.ndarray))]
        leaves = {k: Variable(x) for k, x in doubles if x.dtype == np.float64}
    tried = problem.with_parts([leaves.get(k, x) for k, x in enumerate(parts)])
    leaves = list(leaves.values())
    with using_config("enable_backprop", True):
        dy = call_traced(leaves, tried.rates.of, tried.t0, tried.y0, tried.args, tried.closed)
    mark_closed_inputs(leaves)
    if isinstance(dy, Variable) and reaches_others([dy], leaves):
        raise TypeError(
            "the right-hand side uses a Variable that is neither in args nor in its closure, and that would "
            "get no gradient; pass it in args"
        )
