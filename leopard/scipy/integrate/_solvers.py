"""SciPy's solvers of initial value problems, called for a problem and for those of its derivatives."""

import bisect
import copy

import numpy as np
import scipy.integrate as si
from scipy.integrate._ivp.ivp import METHODS, OdeResult
from scipy.integrate._ivp.rk import RkDenseOutput

from leopard._pytrees import flatten
from leopard.transforms._values import value_of

__all__ = ["IvpSolver", "OdeintSolver", "path_of"]


class IvpSolver:
    """A method of `scipy.integrate.solve_ivp` with its options.

    Attributes
    ----------
    method : str or OdeSolver
    rtol : float or ndarray
    atol : float or ndarray
    options : dict
        Further options of `solve_ivp`.
    """

    __slots__ = (
        "method",
        "rtol",
        "atol",
        "options",
        "events",
        "dense_output",
        "jac",
    )  # `compile` compares them

    def __init__(self, method, rtol, atol, options):
        self.method, self.rtol, self.atol, self.options = method, rtol, atol, options
        self.events, self.dense_output, self.jac = None, False, None

    @property
    def is_implicit(self):
        return self.method in ("Radau", "BDF")

    def solve(self, problem, dense=False):
        """The result of `solve_ivp` for a problem of values."""
        options = {"rtol": self.rtol, "atol": self.atol, **self.options}
        if self.jac is not None:
            options["jac"] = self.jac
        elif self.is_implicit and "jac_sparsity" not in options:
            options["jac"] = problem.rates.jacobian(problem.args, problem.closed)
        span = float(problem.t0), float(problem.t1)
        rate = problem.rates.value(problem.args, problem.closed)
        return si.solve_ivp(
            rate,
            span,
            problem.y0,
            self.method,
            problem.times,
            dense or self.dense_output,
            self.events,
            **options,
        )

    def of_sensitivities(self, problem, which, start, directions):
        """The solver of a problem's sensitivities: of the same method, with tolerances for them, too."""
        values = problem.values()
        leaves = flatten(values.args)[0]
        parameters = [leaves[k] for k in which[0]] + [values.closed[k] for k in which[1]]
        count, n = start.shape
        size = np.abs(value_of(start)).max(1, initial=0.0)
        for x, d in zip(parameters, directions, strict=True):
            x = np.abs(x)
            scaled = np.abs(value_of(d)) / np.where(x > 0, x, 1.0)
            size = np.maximum(size, scaled.reshape(count, -1).max(1, initial=0.0))
        atol = np.broadcast_to(self.atol, n)
        again = copy.copy(self)
        again.atol = np.concatenate([atol, (np.where(size > 0, size, 1.0)[:, None] * atol).ravel()])
        again.rtol = self.rtol if np.ndim(self.rtol) == 0 else np.tile(self.rtol, 1 + count)
        again.events, again.dense_output, again.jac = None, False, None
        again.options = {k: v for k, v in self.options.items() if k not in ("jac_sparsity", "lband", "uband")}
        return again

    def dense(self, problem):
        """The solution as a function of time."""
        again = copy.copy(self)
        again.events = None
        return again.solve(problem, dense=True).sol

    def integrated(self, slope, t0, t1, state, first_step=None):
        """(the state at t1, a size for the next step), with the smallest of this solver's tolerances."""
        options = {k: v for k, v in self.options.items() if k in ("max_step", "min_step")}
        if first_step is not None:
            options["first_step"] = min(first_step, abs(t1 - t0))
        rtol, atol = np.min(self.rtol), np.min(self.atol)
        cls = METHODS.get(self.method, self.method)
        solver = cls(slope, t0, state, t1, rtol=rtol, atol=atol, **options)
        while solver.status == "running":
            message = solver.step()
        if solver.status == "failed":
            raise RuntimeError(f"solve_ivp: the adjoint equation was not solved: {message}")
        return solver.y, getattr(solver, "h_abs", None)


def path_of(sol):
    """The dense output of SciPy, as a function of one time, without what SciPy does for arrays of times."""
    ascending = bool(sol.ascending)
    bounds, last = [float(t) for t in sol.ts_sorted], sol.n_segments - 1

    def path(t):
        k = min(max(bisect.bisect_left(bounds, t) - 1, 0), last)
        segment = sol.interpolants[k if ascending else last - k]
        if type(segment) is not RkDenseOutput:
            return segment(t)
        x = (t - segment.t_old) / segment.h
        powers = x ** np.arange(1, segment.order + 2)
        return segment.y_old + segment.h * (segment.Q @ powers)

    return path


class OdeintSolver(IvpSolver):
    """SciPy's `odeint`; where the solution is needed between the times, its method in `solve_ivp`."""

    __slots__ = ("given",)

    def __init__(self, options):
        tolerances = [1.49012e-8 if options.get(k) is None else options[k] for k in ("rtol", "atol")]
        limits = {"hmax": "max_step", "hmin": "min_step", "h0": "first_step"}
        named = {limits[k]: v for k, v in options.items() if k in limits and v}
        super().__init__("LSODA", *tolerances, named)
        self.given = {**options, "rtol": self.rtol, "atol": self.atol}

    def solve(self, problem, dense=False):
        rate = problem.rates.value(problem.args, problem.closed)
        given = {"full_output": True, "tfirst": True, **self.given}
        y, info = si.odeint(rate, problem.y0, problem.times, **given)
        done = "Integration successful.", "Nothing was done; the integration time was 0."
        status = 0 if info["message"] in done else -1
        return OdeResult(t=np.asarray(problem.times), y=y.T, status=status, sol=None, info=info)

    def of_sensitivities(self, *given):
        again = super().of_sensitivities(*given)
        names = ("Dfun", "ml", "mu", "col_deriv")
        again.given = {k: v for k, v in self.given.items() if k not in names}
        again.given |= {"rtol": again.rtol, "atol": again.atol}
        return again

    def dense(self, problem):
        solver = IvpSolver("LSODA", self.rtol, self.atol, self.options)
        problem = copy.copy(problem)
        problem.t1 = problem.times[-1]
        return solver.solve(problem, dense=True).sol
