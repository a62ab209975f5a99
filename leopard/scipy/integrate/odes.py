"""`solve_ivp` and `odeint`: SciPy's solvers of initial value problems, with derivatives of the solution."""

import functools

import numpy as np

from leopard._config import recording, using_config
from leopard._core import Variable, call_unfollowed, following
from leopard._pytrees import flatten, map_leaves
from leopard.functions._followed import note_exit_of
from leopard.scipy._closures import key_of
from leopard.scipy.integrate._rates import rates_of
from leopard.scipy.integrate._solvers import IvpSolver, OdeintSolver
from leopard.scipy.integrate._steps import METHODS
from leopard.scipy.integrate._trajectories import FEW, InitialValueProblem, check_closure, trajectory
from leopard.transforms._values import value_of

__all__ = ["odeint", "solve_ivp"]

WAYS = "sensitivities", "adjoint", "steps"


def solve_ivp(
    fun, t_span, y0, method="RK45", t_eval=None, dense_output=False, events=None, vectorized=False, args=None,
    *, gradient=None, **options,
):  # fmt: skip
    """Solve an initial value problem by `scipy.integrate.solve_ivp`, with derivatives of the solution.

    The solution y of dy/dt = fun(t, y, *args), y(t0) = y0, is SciPy's, to the last bit. It has derivatives in
    y0, in Variables in `args` and in the closure of `fun`, and in the times, when it is called with
    Variables, as inside `leopard.grad`. The right-hand side is recorded once and replayed.

    Parameters
    ----------
    fun : callable
        ``fun(t, y, *args)`` returns dy/dt, an array or a list of numbers. Variables that it closes over are
        inputs; what else it uses of Variables (globals, attributes of objects) raises TypeError.
    t_span : (float or Variable, float or Variable)
    y0 : array_like, Variable, or list of numbers and Variables, of shape (n,)
        Real; computed with in float64.
    method : str or OdeSolver
        As in SciPy. Radau and BDF have the exact Jacobian.
    t_eval : array_like or Variable, optional
        The times of the result, by default the solver's steps, which count as constants, except for both
        ends.
    dense_output, events
        As in SciPy. They give values, and so do times and states of events: times count as constants.
    vectorized : bool
        Is not used.
    args : tuple, optional
        Numbers, arrays, Variables and structures of them.
    gradient : {"sensitivities", "adjoint", "steps"}, optional
        How derivatives are computed, when they are asked for; by default by sensitivities for up to 20
        differentiated numbers, otherwise by the adjoint.

        - "sensitivities": dS/dt = df/dy S + df/dp is integrated with y forward in time, by the same method
          with the same tolerances. Its cost grows with the number of parameters; its error is controlled as
          that of y.
        - "adjoint": dw/dt = -w df/dy is integrated backwards, between each two times, with y from the dense
          output of the solution. Its cost does not grow with the number of parameters, but with that of the
          times. The tolerances hold for w, relative to the largest gradient that comes down.
        - "steps": the accepted steps are computed again, recorded, with their sizes as constants: the
          derivative of the numbers that the solver returned. It is for RK23 and RK45, and has none in the
          times.

        Forward mode uses the sensitivity in the one direction. Second and higher derivatives are those of the
        sensitivities, or of the steps.
    **options
        As in SciPy: `rtol`, `atol`, `max_step`, `first_step`, `jac`, ...

    Returns
    -------
    OdeResult
        SciPy's. `y`, of shape (n, times), is a Variable where something is differentiated.

    Raises
    ------
    TypeError
        When y0 is complex, args is no tuple, or `fun` uses Variables that are no inputs.
    ValueError
        When y0 is no vector, or `gradient` is unknown or does not fit the method.
    RuntimeError
        In the walk, when the equations of the derivatives could not be solved.

    Notes ----- The adjoint is that of L. S. Pontryagin; as here in R. T. Q. Chen et al., Neural Ordinary
    Differential Equations, 2018. With w(t), which jumps by the gradient g[i] at t[i]: the gradient of y0 is
    w(t0), that of a parameter p the integral of w df/dp, that of t[i] is g[i] f(t[i], y[i]), and that of t0
    is -w(t0) f(t0, y0).

    Examples
    --------
    >>> from leopard import grad
    >>> def decay(t, y, rate):
    ...     return -rate * y
    >>> def last(rate):
    ...     return solve_ivp(decay, (0, 1), [1.0], args=(rate,), rtol=1e-8, atol=1e-8).y[0, -1]
    >>> float(last(2.0).round(6)), round(grad(last)(2.0), 6)  # exp(-2) and -exp(-2)
    (0.135335, -0.135335)
    """
    name = "solve_ivp"
    args = _args(name, args)
    key = key_of(fun)
    rates, closed = rates_of(fun)
    y0 = _start(name, y0)
    t0, t1 = t_span
    times = t_eval if t_eval is None or isinstance(t_eval, Variable) else np.asarray(t_eval, float)
    problem = InitialValueProblem(rates, y0, args, closed, t0, t1, times)
    solver = IvpSolver(method, options.pop("rtol", 1e-3), options.pop("atol", 1e-6), options)
    solver.dense_output = dense_output
    jac = options.pop("jac", None)
    solver.jac = jac
    if events is not None or callable(jac):
        plain_args = map_leaves(value_of, args)
        solver.events = _plain_events(events, plain_args)
        solver.jac = (lambda t, y: jac(t, y, *plain_args)) if callable(jac) else jac
    rows, found = _solved(name, problem, solver, gradient)
    if key_of(fun) != key:
        raise RuntimeError(
            f"{name}: a name that the right-hand side closes over was assigned during the solution, of which "
            "it sees nothing; let it be a state of y, or solve from event to event"
        )
    found.y = np.transpose(rows)
    if following():
        found = _FollowedResult(found, t_eval is not None)
    return found


def _args(name, args):
    if args is None:
        return ()
    if not isinstance(args, (tuple, list)):
        raise TypeError(f"{name}: args is a tuple, not {type(args).__name__}: write args=(p,)")
    return tuple(args)


def _solved(name, problem, solver, gradient):
    """(rows, found), after the choice of a way to the gradient."""
    if gradient not in (None, *WAYS):
        raise ValueError(f"{name}: gradient is one of {', '.join(map(repr, WAYS))}, not {gradient!r}")
    if recording():
        call_unfollowed(check_closure, problem)
    if gradient is None:
        count = sum([x.size for x in problem.parts() if isinstance(x, Variable)])
        gradient = "sensitivities" if count <= FEW else "adjoint"
    if gradient == "steps":
        if getattr(solver, "method", None) not in METHODS or name == "odeint":
            raise ValueError(
                f"{name}: gradient='steps' is for the methods {' and '.join(sorted(METHODS))} of solve_ivp; "
                "the others have 'sensitivities' and 'adjoint'"
            )
        if any(isinstance(x, Variable) for x in (problem.t0, problem.t1, problem.times)):
            raise ValueError(
                f"{name}: gradient='steps' has no derivative in the times, which are constants of the steps; "
                "choose 'sensitivities' or 'adjoint'"
            )
    return trajectory(problem, solver, gradient)


def _start(name, y0):
    """The initial value: a vector of float64."""
    if isinstance(y0, (list, tuple)) and any(isinstance(x, Variable) for x in flatten(y0)[0]):
        y0 = np.stack(list(y0))
    if not isinstance(y0, Variable):
        y0 = np.atleast_1d(np.asarray(y0))
    if y0.dtype.kind == "c":
        raise TypeError(f"{name}: y0 is complex; write the real and imaginary parts as one real vector")
    if y0.dtype.kind not in "fiu":
        raise TypeError(f"{name}: y0 is {y0.dtype}, not numbers")
    if y0.ndim == 0:
        y0 = np.reshape(y0, (1,))
    if y0.ndim != 1:
        raise ValueError(f"{name}: y0 must be a vector, and has shape {y0.shape}")
    return y0 if y0.dtype == np.float64 else y0.astype(float)


def _plain_events(events, args):
    """Events that are called with the arguments, and return plain numbers."""
    if events is None:
        return None
    single = callable(events)

    def wrapped(event):
        @functools.wraps(event)
        def called(t, y):
            with using_config("enable_backprop", False):
                return value_of(event(t, y, *args))

        return called

    return wrapped(events) if single else [wrapped(event) for event in events]


class _FollowedResult:
    """A result within a recording for replay: its values can be followed, what else is read ends the
    replay."""

    def __init__(self, found, has_times):
        self.__dict__["_found"], self.__dict__["_followed"] = found, {"y"} | ({"t"} if has_times else set())

    def __getattr__(self, name):
        found = self.__dict__["_found"]
        if name not in found:
            raise AttributeError(name)
        if name not in self._followed:
            note_exit_of(f"solve_ivp: what it says of the solution ({name})")
        return found[name]

    __getitem__ = __getattr__


def odeint(
    func, y0, t, args=(), Dfun=None, col_deriv=0, full_output=0, ml=None, mu=None, rtol=None, atol=None,  # noqa: N803
    tcrit=None, h0=0.0, hmax=0.0, hmin=0.0, ixpr=0, mxstep=0, mxhnil=0, mxordn=12, mxords=5, printmessg=0,
    tfirst=False, *, gradient=None,
):  # fmt: skip
    """Solve an initial value problem by `scipy.integrate.odeint`, with derivatives of the solution.

    Parameters
    ----------
    func : callable
        ``func(y, t, *args)``, or with `tfirst` ``func(t, y, *args)``, returns dy/dt. As for `solve_ivp`.
    y0 : array_like or Variable, of shape (n,)
    t : array_like or Variable
        Increasing or decreasing times, the first one that of y0.
    args : tuple
        Numbers, arrays, Variables and structures of them.
    Dfun : callable, optional
        As in SciPy.
    gradient : {"sensitivities", "adjoint"}, optional
        As for `solve_ivp`.
    full_output, tfirst, rtol, atol and the others
        As in SciPy.

    Returns
    -------
    y : ndarray or Variable, of shape (times, n)
    info : dict
        Under `full_output`.

    Raises
    ------
    TypeError, ValueError, RuntimeError
        As `solve_ivp`.

    Examples
    --------
    >>> from leopard import grad
    >>> decay = lambda y, t, rate: -rate * y
    >>> float(round(grad(lambda rate: odeint(decay, [1.0], [0.0, 1.0], (rate,))[-1, 0])(2.0), 6))  # -exp(-2)
    -0.135335
    """
    name = "odeint"
    rates, closed = rates_of(func, tfirst)
    times = t if isinstance(t, Variable) else np.asarray(t, float)
    args = tuple(args) if isinstance(args, (tuple, list)) else (args,)
    problem = InitialValueProblem(rates, _start(name, y0), args, closed, times[0], times[-1], times)
    options = {
        "ml": ml, "mu": mu, "rtol": rtol, "atol": atol, "tcrit": tcrit, "h0": h0, "hmax": hmax, "hmin": hmin,
        "ixpr": ixpr, "mxstep": mxstep, "mxhnil": mxhnil, "mxordn": mxordn, "mxords": mxords,
        "printmessg": printmessg, "col_deriv": col_deriv,
    }  # fmt: skip
    if Dfun is not None:
        plain_args = map_leaves(value_of, args)
        options["Dfun"] = lambda t, y: value_of(Dfun(*((t, y) if tfirst else (y, t)), *plain_args))
    solver = OdeintSolver(options)
    rows, found = _solved(name, problem, solver, gradient)
    return (rows, found.info) if full_output else rows
