"""Slopes of a function computed from its values: central differences and complex steps."""

import warnings
from typing import NamedTuple

import numpy as np

FIRST, NEARER = 0.02, 1e-4  # steps to begin with
_LEVELS, _MOST_LEVELS, _COLUMNS = 11, 40, 5
_SHRINK = 1.9  # not 2: where the first step is a multiple of a period, its half often is one, too
_TINY = 1e-20

__tracebackhide__ = True  # in pytest's reports


class Slope(NamedTuple):
    """The derivative of a function from vectors to vectors along a direction.

    Attributes
    ----------
    values : ndarray
        One number for each element of the result; nan where no step is small enough for finite values.
    rounding : ndarray
        The error of each that rounding in the function's values can cause.
    spread : ndarray
        The distance of the last two estimates of each.
    step : ndarray
        The step that each was found with, in units of the direction.
    by : str
        The name of the method.
    """

    values: np.ndarray
    rounding: np.ndarray
    spread: np.ndarray
    step: np.ndarray
    by: str


def central(f, x, u, rtol, eps=None, first=FIRST):
    """The slope of f at x along u by central differences, extrapolated to the step 0.

    Parameters
    ----------
    f : callable
        A function from a vector of real numbers to a vector of real numbers.
    x, u : ndarray
    rtol : float
        Relative to the largest slope: the search ends when the error is a fiftieth of this.
    eps : float, optional
        The step, taken again at about half its size. By default steps from `first` down are tried,
        until two orders of extrapolation agree.

    Notes
    -----
    C. J. F. Ridders, Accurate computation of F'(x) and F'(x)F''(x), Advances in Engineering Software 4
    (1982).
    """
    h = first if eps is None else eps
    reach = np.max(abs(x), initial=0.0) / max(np.max(abs(u), initial=0.0), np.finfo(x.dtype).tiny)
    rows, found, largest = [], None, 0.0
    for level in range(_MOST_LEVELS if eps is None else 2):
        with np.errstate(all="ignore"):
            high, low = f(x + h * u), f(x - h * u)
            ends = np.concatenate([high, low])
            largest = max(largest, np.max(abs(ends[np.isfinite(ends)]), initial=0.0))
            row = [(high - low) / (2 * h)]
            if found is None:
                found = _nothing(row[0])
            for order, before in enumerate(rows, 1):
                row.append(row[-1] + (row[-1] - before) / (_SHRINK ** (2 * order) - 1))
                spread = np.maximum(abs(row[-1] - row[-2]), abs(row[-1] - before))
                rounding = 16 * np.finfo(x.dtype).eps * (largest + reach * abs(row[-1])) / h
                found = _better(found, (row[-1], rounding, spread, np.full(spread.shape, h)))
        rows, h = row[: _COLUMNS - 1], h / _SHRINK
        values, rounding, spread, _ = found
        near = (0.02 if level < _LEVELS else 1) * rtol
        if level > 1 and np.all(spread <= near * np.max(abs(values), initial=0.0) + rounding):
            break
    return Slope(*found, "central differences")


def _nothing(like):
    return np.full(like.shape, np.nan, like.dtype), *(np.full(like.shape, np.inf) for _ in range(3))


def _better(first, second):
    """The estimate of smaller error, for each element: (values, rounding, spread, step)."""
    with np.errstate(all="ignore"):
        take = _doubt(*second) < _doubt(*first)
    return [np.where(take, b, a) for a, b in zip(first, second, strict=True)]


def _doubt(values, rounding, spread, _):
    """A number that orders estimates by their errors: those whose relative error is below 0.1 come first."""
    error, size = spread + rounding, abs(values)
    return np.where(error < 0.1 * size, error / size - 1, np.where(np.isfinite(values), error, np.inf))


def complex_step(f, x, u):
    """The slope of f at x along u from its imaginary part beside the real line, or None.

    None where f takes no complex numbers. Exact to rounding where f is holomorphic; where it is not, the
    result is meaningless, so callers compare it with `central`.
    """
    try:
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("error")
            y = f(x + 1j * _TINY * u)
            values = y.imag / _TINY
    except Exception:  # a function of real numbers may raise anything for complex ones
        return None
    if y.dtype.kind != "c" or not np.all(np.isfinite(values)):
        return None
    rounding = np.full(y.shape, 16 * np.finfo(x.dtype).eps * np.max(abs(y), initial=0.0))
    return Slope(values, rounding, np.zeros(y.shape), np.full(y.shape, _TINY), "a complex step")


def roughness(f, x, u):
    """Why a function to one real number has no slope at x along u (a jump, a kink), or ""."""
    with np.errstate(all="ignore"):
        y, large, small = f(x), 1e-6, 1e-7
        (left, right), (nearer_left, nearer_right) = [
            ((y - f(x - h * u)) / h, (f(x + h * u) - y) / h) for h in (large, small)
        ]
    noise = 1e3 * np.finfo(x.dtype).eps * abs(y) / small
    steepest, nearer = max(abs(left), abs(right)), max(abs(nearer_left), abs(nearer_right))
    if nearer > 5 * steepest + noise:
        return "jumps here"
    gap, nearer_gap = abs(right - left), abs(nearer_right - nearer_left)
    if nearer_gap > 0.5 * gap and nearer_gap > 1e-3 * nearer + noise:
        return (
            f"has a kink here: its slope is {nearer_left:.6g} on one side and {nearer_right:.6g} on the other"
        )
    return ""
