"""Is a derivative right? It is held against slopes that come from the values alone."""

from typing import NamedTuple

import numpy as np

from leopard.testing._levels import level_of
from leopard.testing._slopes import FIRST, NEARER, central, complex_step, roughness
from leopard.transforms._trace import must_be_callable

__all__ = ["check_grads"]

__tracebackhide__ = True  # in pytest's reports

_MODES = {"fwd": "forward mode", "rev": "reverse mode"}
_RTOL = {2: 5e-2, 4: 1e-3}  # by the bytes of a number; 1e-6 for more


def check_grads(f, args, order=2, modes=("fwd", "rev"), kwargs=None, rtol=None, atol=None, eps=None, seed=0):
    """Assert that the derivatives of f at a point are the slopes of what lies below them.

    The first derivatives are held against the values of f, the second against the first, and so on: along a
    direction drawn at random, by central differences, extrapolated to the step 0; by a complex step where f
    takes complex numbers, too, and that agrees. Where a derivative is wrong, elements are tried until one
    can be named.

    Parameters
    ----------
    f : callable
        Of arrays and numbers as of Variables, to arrays and numbers; of both it may have nested structures.
    args : tuple or list
        The arguments of f. Those that are no floating-point numbers are left as they are.
    order : int
        Up to which derivative.
    modes : tuple of "fwd" and "rev"
        Forward mode, reverse mode. Of every order above the first each is tried over each.
    kwargs : dict, optional
        Passed to f as they are.
    rtol : float, optional
        How far off a derivative may be, relative to the largest beside it. By default 1e-6 (1e-9 by a
        complex step), 1e-3 of float32 and 5e-2 of float16, whose slopes are taken in float64.
    atol : float, optional
        The same, absolute; by default 1e-12.
    eps : float, optional
        The step of the differences, relative to elements larger than 1. By default steps from 0.02 down are
        tried until the slope settles.
    seed : int
        Of the directions.

    Raises
    ------
    AssertionError
        When a derivative is wrong: of which result, with respect to which argument and element, the order,
        the mode, expected and found. When f or its derivative is not finite there.
    TypeError, ValueError
        When there is nothing to differentiate in `args`, or in what f returns.

    Notes
    -----
    The gradient of complex numbers is leopard's, see ``docs/conventions.md``; steps are taken in both parts.

    Examples
    --------
    >>> from leopard.testing import check_grads
    >>> check_grads(lambda x, y: np.sum(np.sin(x) * y), (np.array([1.0, 2.0]), 3.0), order=3)
    """
    rng = np.random.default_rng(seed)
    modes = _checked(f, args, order, modes)
    tolerance = _Tolerance(rtol, atol, eps)
    fault = _fault(level_of(f, tuple(args), kwargs or {}), order, modes, tolerance, rng)
    if fault:
        raise AssertionError(f"check_grads: {fault}")


def _checked(f, args, order, modes):
    must_be_callable("check_grads", f)
    if not isinstance(args, (tuple, list)):
        raise TypeError(
            f"check_grads: args is a tuple with one element for each argument of f, not {type(args)}"
        )
    if not isinstance(order, (int, np.integer)) or order < 1:
        raise ValueError(f"check_grads: order is 1 or more, not {order!r}")
    modes = (modes,) if isinstance(modes, str) else tuple(modes)
    if not modes or not set(modes) <= set(_MODES):
        raise ValueError(f'check_grads: modes are "fwd", "rev" or both, not {modes!r}')
    return modes


class _Tolerance(NamedTuple):
    rtol: float | None
    atol: float | None
    eps: float | None

    def relative(self, level):
        return self.rtol if self.rtol is not None else _RTOL.get(level.bytes, 1e-6)

    def of(self, slope, level, sizes):
        """How far off derivatives of these sizes may be."""
        exact = slope.by == "a complex step" and self.rtol is None and level.bytes > 4
        rtol = 1e-9 if exact else self.relative(level)
        return rtol * sizes + (1e-12 if self.atol is None else self.atol)


def _fault(level, order, modes, tolerance, rng):
    """What is wrong with the derivatives up to this order, or nothing."""
    y = level.values(level.x)
    if not np.all(np.isfinite(y)):
        k = int(np.argmin(np.isfinite(y)))
        return f"{level.after.place(k)} is {y[k]} at this point, where no derivative can be checked"
    u = level.before.direction(rng, level.x)
    w = level.after.direction(rng, np.zeros(level.after.size))
    trial = _Trial(level, tolerance)
    slope = trial.slope(u)
    for mode in modes:
        try:
            fault = trial.fault(mode, u, w, slope)
        except Exception as error:
            error.add_note(f"check_grads: at order {len(level.modes) + 1}, {_chain(mode, level)}")
            raise
        if fault:
            return fault
    for mode in modes if order > 1 else ():
        above = level.derived(mode, u if mode == "fwd" else w)
        fault = _fault(above, order - 1, modes, tolerance, rng)
        if fault:
            return fault
    return ""


def _chain(mode, level):
    return " over ".join([_MODES[m] for m in (mode, *level.modes)])


class _Trial:
    """Products of the derivative with directions, expected and found."""

    def __init__(self, level, tolerance):
        self.level, self.tolerance = level, tolerance
        types = level.before.dtypes + level.after.dtypes
        self.may_be_holomorphic = "rev" not in level.modes and all(t.kind == "f" for t in types)

    def slope(self, u, first=FIRST):
        """The slope of the level's values along u, as good as it can be had."""
        level, tolerance = self.level, self.tolerance
        found = central(level.values, level.x, u, tolerance.relative(level), tolerance.eps, first)
        if self.may_be_holomorphic:
            exact = complex_step(level.values, level.x, u)
            if exact is not None and np.all(abs(exact.values - found.values) <= self.allowed(found)):
                return exact
            self.may_be_holomorphic = False
        return found

    def allowed(self, slope):
        """How far each element of a tangent may be from the slope."""
        size = np.max(abs(slope.values), initial=0.0)
        return self.tolerance.of(slope, self.level, size) + slope.rounding

    def product(self, mode, u, w, slope):
        """(expected, found, by how many times the allowed they differ), of w times the derivative times u."""
        expected = w @ slope.values
        sizes = np.sum(abs(w * slope.values))
        if mode == "fwd":
            found = w @ self.level.forward(u)
        else:
            g = self.level.reverse(w)
            found, sizes = g @ u, max(sizes, np.sum(abs(g * u)))
        allowed = self.tolerance.of(slope, self.level, sizes) + abs(w) @ slope.rounding
        return expected, found, _times(found - expected, allowed)

    def fault(self, mode, u, w, slope):
        """Say where the derivative differs from the slopes, if it does."""
        if not np.all(np.isfinite(slope.values)):
            k = int(np.argmin(np.isfinite(slope.values)))
            return (
                f"{self.level.after.place(k)} is not finite beside this point: no differences can be taken; "
                "choose another point, or a smaller eps"
            )
        where = self.disagreement(mode, u, w, slope)
        if where is None:
            return ""
        if self.disagreement(mode, u, w, self.slope(u, NEARER)) is None:
            return ""  # what it does within a larger step is another matter
        w = where
        u = _narrowed(u, lambda part: self.product(mode, part, w, self.slope(part))[2])
        slope = self.slope(u)
        w = _narrowed(w, lambda part: self.product(mode, u, part, slope)[2])
        return self.report(mode, u, w, slope)

    def disagreement(self, mode, u, w, slope):
        """A weighing of the results in which the derivative is not the slope, or None."""
        if mode == "rev":
            return None if self.product(mode, u, w, slope)[2] <= 1 else w
        miss = _times(self.level.forward(u) - slope.values, self.allowed(slope))
        if np.all(miss <= 1):
            return None
        unit = np.zeros(len(w), w.dtype)
        unit[np.argmax(miss)] = 1
        return unit

    def report(self, mode, u, w, slope):
        level = self.level
        expected, found, _ = self.product(mode, u, w, slope)
        of = level.after.place(np.argmax(abs(w))) if np.count_nonzero(w) == 1 else "a sum of the results"
        to = level.before.place(np.argmax(abs(u))) if np.count_nonzero(u) == 1 else "a sum of the arguments"
        lines = [
            f"a derivative of order {len(level.modes) + 1} is wrong, in {_chain(mode, level)}:",
            f"    of {of}",
            f"    with respect to {to}",
            f"    expected {expected!s}, by {slope.by} (step {slope.step[np.argmax(abs(w))]:.3g})",
            f"    found    {found!s}",
        ]
        return "\n".join([*lines, *self.hints(u, w, slope)])

    def hints(self, u, w, slope):
        """What else may be the reason."""
        level, x = self.level, self.level.x
        if not np.array_equal(level.values(x), level.values(x)):
            yield "    The function returns other values each time it is called: fix its random numbers."
            return
        rough = roughness(lambda x: w @ level.values(x), x, u)
        if rough:
            yield f"    No derivative: it {rough}."
        elif abs(w) @ slope.spread > 0.1 * abs(w) @ abs(slope.values):
            yield "    The differences have not settled: is it smooth here? Choose eps, or another point."


def _times(difference, allowed):
    """How many times the allowed; without end for nan."""
    with np.errstate(all="ignore"):
        return np.nan_to_num(abs(difference) / np.maximum(allowed, np.finfo(float).tiny), nan=np.inf)


def _narrowed(v, miss):
    """The direction with one element left where the miss is still too large, made 1; with more if need be."""
    places = np.flatnonzero(v)
    while len(places) > 1:
        halves = [places[: len(places) // 2], places[len(places) // 2 :]]
        parts = [np.where(np.isin(np.arange(len(v)), half), v, 0) for half in halves]
        misses = list(map(miss, parts))
        k = int(np.argmax(misses))
        if misses[k] <= 1:
            return v
        places, v = halves[k], parts[k]
    one = np.where(v != 0, 1, 0).astype(v.dtype)
    return one if miss(one) > 1 else v
