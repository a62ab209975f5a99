"""Bounds of the unknowns, in SciPy's forms or in the structure of the unknowns."""

import numpy as np
from scipy.optimize import Bounds

__all__ = ["flat_bounds", "flat_limits", "is_at_a_bound"]


def flat_bounds(unknowns, bounds):
    """The bounds of `minimize`: in SciPy's forms as they are, in a structure as the pairs of all elements.

    In a structure there is a pair (low, high) in the place of each leaf, of numbers, arrays or None.
    """
    if bounds is None or unknowns.form is None:
        return bounds
    name = unknowns.name
    if isinstance(bounds, Bounds):
        keep = unknowns.broadcast(bounds.keep_feasible, "keep_feasible")
        return Bounds(*[_limit(unknowns, x, "bounds") for x in (bounds.lb, bounds.ub)], keep)
    pairs = _pairs(unknowns.form, bounds, "", name)
    if pairs is None:
        if len(bounds) != len(unknowns):
            raise ValueError(f"{name}: {len(bounds)} bounds for {len(unknowns)} unknowns")
        return bounds
    found = []
    for (place, pair), shape in zip(pairs, unknowns.pieces.shapes, strict=True):
        try:
            low, high = (None, None) if pair is None else pair
            sides = [
                np.broadcast_to(infinite if x is None else np.asarray(x, float), shape).ravel()
                for x, infinite in ((low, -np.inf), (high, np.inf))
            ]
        except (TypeError, ValueError):
            raise ValueError(
                f"{name}: bounds{place} is to be a pair (low, high) for x0{place} of shape {shape}, "
                f"not {pair!r}"
            ) from None
        found += zip(*sides, strict=True)
    return found


def _pairs(form, bounds, place, name):
    """[(place, pair)] for each leaf; None where the bounds are built otherwise."""
    if form.kind is None:
        return [(place, bounds)]
    if issubclass(form.kind, dict):
        if not isinstance(bounds, dict):
            return None
        if strange := set(bounds) - set(form.names):
            raise ValueError(
                f"{name}: bounds{place} has {sorted(map(str, strange))}, which x0{place} has not"
            )
        parts = [bounds.get(key) for key in form.names]
    elif issubclass(form.kind, (list, tuple)):
        if not isinstance(bounds, (list, tuple)) or len(bounds) != len(form.parts):
            return None
        parts = list(bounds)
    elif form.kind is type(None):
        return []
    elif isinstance(bounds, form.kind):
        parts = [getattr(bounds, key) for key in form.names]
    else:
        return None
    found = []
    for key, part, inner in zip(form.names, parts, form.parts, strict=True):
        pairs = _unbounded(inner, place + form.step(key)) if part is None else None
        if pairs is None:
            pairs = _pairs(inner, part, place + form.step(key), name)
        if pairs is None:
            return None
        found += pairs
    return found


def _unbounded(form, place):
    return [(place + inner, None) for inner in form.places()]


def flat_limits(unknowns, bounds):
    """The bounds of `least_squares` and `curve_fit`, whose two sides may be structures."""
    if unknowns.form is None or isinstance(bounds, Bounds):
        return flat_bounds(unknowns, bounds)
    if not isinstance(bounds, (list, tuple)) or len(bounds) != 2:
        raise ValueError(f"{unknowns.name}: bounds is a pair (low, high) of numbers, arrays or structures")
    return tuple([_limit(unknowns, x, "bounds") for x in bounds])


def _limit(unknowns, x, what):
    if isinstance(x, np.ndarray) and x.size == 1:
        x = x.item()
    return unknowns.broadcast(x, what)


def is_at_a_bound(x, low, high):
    """Which elements of a solution are at a bound, within a relative distance that solvers may keep."""
    near = 1e-8 * np.maximum(1, np.abs(x))
    return (x <= np.asarray(low, float) + near) | (x >= np.asarray(high, float) - near)
