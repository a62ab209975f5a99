"""Is a derivative right? It is held against slopes that come from the values alone."""

from typing import NamedTuple

import numpy as np

from leopard._slopes import central, complex_step, roughness
from leopard._structure import flatten, unflatten
from leopard.transforms import jvp, vjp
from leopard.transforms._trace import check_outputs, must_be_callable
from leopard.transforms._values import refuse, value_of

__all__ = ["check_grads"]

__tracebackhide__ = True  # in pytest's reports of this module's frames

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
    fault = _fault(_level_of(f, tuple(args), kwargs or {}), order, modes, tolerance, rng)
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


# -- Points and results as vectors of real numbers ---------------------------------------------------


class _Space:
    """Arrays and numbers as one vector of real numbers: of each the real parts, then the imaginary.

    Attributes
    ----------
    names : list of str
        What to call each of them.
    size : int
    """

    def __init__(self, leaves, names):
        self.names = list(names)
        self.kinds = [type(x) for x in leaves]
        self.shapes = [np.shape(x) for x in leaves]
        self.dtypes = [np.asarray(x).dtype for x in leaves]
        self.wide = np.result_type(np.float64, *[np.empty(0, t).real.dtype for t in self.dtypes])
        self.sizes = [
            int(np.prod(shape)) * (1 + (t.kind == "c"))
            for shape, t in zip(self.shapes, self.dtypes, strict=True)
        ]
        self.size = sum(self.sizes)

    def __add__(self, other):
        both = _Space([], self.names + other.names)
        for name in ("kinds", "shapes", "dtypes", "sizes"):
            setattr(both, name, getattr(self, name) + getattr(other, name))
        both.wide, both.size = np.result_type(self.wide, other.wide), self.size + other.size
        return both

    def vector(self, leaves):
        """The vector of these arrays, which have its shapes; complex where they are and should be real."""
        parts = [np.zeros(0, self.wide)]
        for x, name, shape, dtype in zip(leaves, self.names, self.shapes, self.dtypes, strict=True):
            x = np.asarray(value_of(x))
            if x.shape != shape:
                raise ValueError(f"check_grads: {name} has shape {shape}, and beside the point {x.shape}")
            parts += [x.real.ravel(), x.imag.ravel()] if dtype.kind == "c" else [x.ravel()]
        return np.concatenate(parts)

    def leaves(self, vector, wide=False):
        """The arrays of a vector: of their own types, or of those that slopes are computed in."""
        found = []
        for x, shape, dtype, kind in zip(
            self._parts(vector), self.shapes, self.dtypes, self.kinds, strict=True
        ):
            if dtype.kind == "c":
                real, imaginary = x.reshape(2, *shape)
                x = real + 1j * imaginary
            x = np.array(x.reshape(shape) if wide else x.reshape(shape).astype(dtype))
            found.append(
                x if issubclass(kind, np.ndarray) else x.item() if kind in (float, complex) else x[()]
            )
        return found

    def _parts(self, vector):
        return np.split(vector, np.cumsum(self.sizes)[:-1])

    def direction(self, rng, x):
        """One drawn at random, in the proportions of x."""
        return self.rounded(rng.standard_normal(self.size) * np.maximum(1, abs(x)))

    def rounded(self, vector):
        """As its own types can hold it."""
        return self.vector(self.leaves(vector)).astype(self.wide)

    def place(self, k):
        """What to call the k-th number of a vector."""
        for name, shape, dtype, size in zip(self.names, self.shapes, self.dtypes, self.sizes, strict=True):
            if k < size:
                part = ""
                if dtype.kind == "c":
                    n = size // 2
                    part, k = (" (imaginary part)" if k >= n else " (real part)"), k % n
                index = ", ".join([str(int(i)) for i in np.unravel_index(k, shape)]) if shape else ""
                return f"{name}{index and f', element [{index}]'}{part}"
            k -= size
        raise IndexError(k)


class _Level(NamedTuple):
    """A function of arrays whose derivatives are checked, at a point.

    Attributes
    ----------
    f : callable
        Of the leaves of its arguments, to a tuple of arrays.
    x : ndarray
        The point.
    before, after : _Space
        Of the arguments, of the results.
    modes : tuple of str
        That it was derived by, the last first.
    bytes : int
        Of the shortest number in it.
    """

    f: object
    x: np.ndarray
    before: _Space
    after: _Space
    modes: tuple
    bytes: int

    def values(self, x):
        """The results at a point beside this one."""
        space = self.before
        if x.dtype.kind == "c":
            leaves = [
                v.reshape(shape)[()] if shape == () else v.reshape(shape)
                for v, shape in zip(space._parts(x), space.shapes, strict=True)
            ]
        else:
            leaves = space.leaves(x, wide=True)
        with np.errstate(all="ignore"):
            return self.after.vector(self.f(*leaves))

    def forward(self, u):
        leaves = self.before.leaves
        return self.after.vector(jvp(self.f, leaves(self.x), leaves(u))[1])

    def reverse(self, w):
        _, pull = vjp(self.f, *self.before.leaves(self.x))
        return self.before.vector(pull(tuple(self.after.leaves(w))))

    def derived(self, mode, v):
        """The level above: the tangent along v, or the gradient of the results weighed by v."""
        f, n = self.f, len(self.before.names)
        if mode == "fwd":
            vs, after, of = self.before, self.after, "the tangent of"

            def above(*leaves):
                return tuple(jvp(f, leaves[:n], leaves[n:])[1])
        else:
            vs, after, of = self.after, self.before, "the gradient of"

            def above(*leaves):
                return tuple(vjp(f, *leaves[:n])[1](tuple(leaves[n:])))

        named = _Space([], [f"{of} {name}" for name in after.names])
        after = _renamed(after, named.names)
        vector = "the tangent" if mode == "fwd" else "the cotangent"
        vs = _renamed(vs, [f"{vector} of {name}" for name in vs.names])
        x = np.concatenate([self.x, v])
        return self._replace(f=above, x=x, before=self.before + vs, after=after, modes=(mode, *self.modes))


def _renamed(space, names):
    other = _Space([], []) + space
    other.names = names
    return other


def _level_of(f, args, kwargs):
    """The function itself, of those arguments that have derivatives."""
    leaves, form = flatten(args)
    leaves = [value_of(x) for x in leaves]
    names = list(map(_argument, form.places()))
    floating = [k for k, x in enumerate(leaves) if _is_floating(x)]
    if not floating:
        if leaves:
            refuse("check_grads", leaves[0], names[0])
        raise TypeError("check_grads: there are no arguments to differentiate with respect to")

    def call(*xs):
        filled = list(leaves)
        for k, x in zip(floating, xs, strict=True):
            filled[k] = x
        y = f(*unflatten(form, filled), **kwargs)
        found, form_of_y = flatten(y)
        check_outputs("check_grads", y, found, form_of_y)
        return found, form_of_y

    before = _Space([leaves[k] for k in floating], [names[k] for k in floating])
    x = before.vector([leaves[k] for k in floating]).astype(before.wide)
    with np.errstate(all="ignore"):
        ys, form_of_y = call(*before.leaves(x))
    ys = [np.asarray(value_of(y)) for y in ys]
    given = [k for k, y in enumerate(ys) if y.dtype.kind in "fc"]
    if not given:
        types = ", ".join(sorted({str(y.dtype) for y in ys})) or "nothing"
        raise TypeError(f"check_grads: the function returned {types}, which has no derivative")
    places = list(form_of_y.places())
    after = _Space([ys[k] for k in given], [f"the result{places[k] and ' at '}{places[k]}" for k in given])

    def floating_results(*xs):
        found, _ = call(*xs)
        if len(found) != len(ys):
            raise ValueError(
                f"check_grads: the function returned {len(ys)} arrays, and {len(found)} when called again"
            )
        return tuple([found[k] for k in given])

    shortest = min([np.empty(0, t).real.itemsize for t in before.dtypes + after.dtypes])
    return _Level(floating_results, x, before, after, (), shortest)


def _argument(place):
    first, _, rest = place[1:].partition("]")
    return f"argument {first}{rest and ' at '}{rest}"


def _is_floating(x):
    return isinstance(x, (float, complex, np.ndarray, np.generic)) and np.asarray(x).dtype.kind in "fc"


# -- Derivatives beside slopes -----------------------------------------------------------------------


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

    def slope(self, u):
        """The slope of the level's values along u, as good as it can be had."""
        level, tolerance = self.level, self.tolerance
        found = central(level.values, level.x, u, tolerance.relative(level), tolerance.eps)
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
        if mode == "fwd":
            miss = _times(self.level.forward(u) - slope.values, self.allowed(slope))
            if not np.any(miss > 1):
                return ""
            w = np.zeros(len(w), w.dtype)
            w[np.argmax(miss)] = 1
        elif self.product(mode, u, w, slope)[2] <= 1:
            return ""
        u = _narrowed(u, lambda part: self.product(mode, part, w, self.slope(part))[2])
        slope = self.slope(u)
        w = _narrowed(w, lambda part: self.product(mode, u, part, slope)[2])
        return self.report(mode, u, w, slope)

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
