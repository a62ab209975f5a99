"""`check_grads`: derivatives of every order compared with slopes that are computed from values alone."""

from typing import NamedTuple

import numpy as np

from leopard.testing._levels import level_of
from leopard.testing._slopes import FIRST, NEARER, central, complex_step, roughness
from leopard.transforms._trace import must_be_callable

__all__ = ["check_grads"]

__tracebackhide__ = True  # in pytest's reports

_MODES = {"fwd": "forward mode", "rev": "reverse mode"}
_RTOL = {2: 5e-2, 4: 1e-3}  # by the bytes of a real number; 1e-6 for more


def check_grads(f, args, order=2, modes=("fwd", "rev"), kwargs=None, rtol=None, atol=None, eps=None, seed=0):
    """Assert that the derivatives of f at a point are right, in both modes and to a given order.

    The derivative of order k along a direction drawn at random is compared with the slope of the derivative
    of order k - 1 (of f itself, for k = 1) along that direction. The slope is computed by central
    differences, extrapolated to the step 0; or by a complex step, where f takes complex numbers and that
    agrees with them. Where a derivative is wrong, single elements are tried until one can be named.

    Parameters
    ----------
    f : callable
        It takes arrays and numbers or Variables, and returns arrays and numbers. Arguments and results may be
        nested structures.
    args : tuple or list
        The arguments of f. Those that are not floating-point are passed as they are.
    order : int
        The highest order of derivative that is checked.
    modes : tuple of "fwd" and "rev"
        Forward mode, reverse mode. For orders above the first all compositions of the modes are checked.
    kwargs : dict, optional
        Passed to f as they are.
    rtol : float, optional
        Tolerance relative to the largest derivative in the same array. By default 1e-6 (1e-9 for a complex
        step), 1e-3 for float32 and 5e-2 for float16, whose slopes are computed in float64.
    atol : float, optional
        Absolute tolerance; by default 1e-12.
    eps : float, optional
        The step of the differences, relative to elements larger than 1. By default steps from 0.02 down are
        tried until the slope converges.
    seed : int
        Seed of the random directions.

    Raises
    ------
    AssertionError
        When a derivative is wrong. The message has the result, the argument and the element, the order, the
        mode, the expected and the found number. Also when f or a derivative is not finite there.
    TypeError, ValueError
        When `args`, or what f returns, has no floating-point numbers.

    Notes
    -----
    The gradient with respect to complex numbers is the one that ``docs/conventions.md`` defines; steps are
    taken in the real and in the imaginary parts.

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
        """The largest allowed error of derivatives of these sizes."""
        exact = slope.by == "a complex step" and self.rtol is None and level.bytes > 4
        rtol = 1e-9 if exact else self.relative(level)
        return rtol * sizes + (1e-12 if self.atol is None else self.atol)


def _fault(level, order, modes, tolerance, rng):
    """A description of the first wrong derivative up to this order, or ""."""
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
    """Products of the derivative with directions: the expected ones, from slopes, and those found."""

    def __init__(self, level, tolerance):
        self.level, self.tolerance = level, tolerance
        types = level.before.dtypes + level.after.dtypes
        self.may_be_holomorphic = "rev" not in level.modes and all(t.kind == "f" for t in types)

    def slope(self, u, first=FIRST):
        """The slope of the level's values along u, by the more accurate of the two methods."""
        level, tolerance = self.level, self.tolerance
        found = central(level.values, level.x, u, tolerance.relative(level), tolerance.eps, first)
        if self.may_be_holomorphic:
            exact = complex_step(level.values, level.x, u)
            if exact is not None and np.all(abs(exact.values - found.values) <= self.allowed(found)):
                return exact
            self.may_be_holomorphic = False
        return found

    def allowed(self, slope):
        """The largest allowed distance of each element of a tangent from the slope."""
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
        """A description of where the derivative differs from the slopes, or ""."""
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
            return ""  # the difference came from the function's behaviour within a larger step
        w = where
        u = _narrowed(u, lambda part: self.product(mode, part, w, self.slope(part))[2])
        slope = self.slope(u)
        w = _narrowed(w, lambda part: self.product(mode, u, part, slope)[2])
        return self.report(mode, u, w, slope)

    def disagreement(self, mode, u, w, slope):
        """Weights of the results for which the derivative is not the slope, or None."""
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
        """Other possible reasons for the difference."""
        level, x = self.level, self.level.x
        if not np.array_equal(level.values(x), level.values(x)):
            yield "    The function returns other values each time it is called: fix its random numbers."
            return
        rough = roughness(lambda x: w @ level.values(x), x, u)
        if rough:
            yield f"    No derivative: it {rough}."
        elif abs(w) @ slope.spread > 0.1 * abs(w) @ abs(slope.values):
            yield "    The differences have not converged: is it smooth here? Choose eps, or another point."


def _times(difference, allowed):
    """The largest ratio of a difference to the allowed one; infinite for nan."""
    with np.errstate(all="ignore"):
        return np.nan_to_num(abs(difference) / np.maximum(allowed, np.finfo(float).tiny), nan=np.inf)


def _narrowed(v, miss):
    """The direction reduced to one element, made 1, for which the miss is too large; to more if necessary."""
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
