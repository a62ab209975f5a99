"""What interpolants have in common: the register of their classes, operands, and the axes of results."""

import numpy as np

from leopard.functions._registry import implements
from leopard.functions.basic.indexing import where
from leopard.functions.basic.shape import floating, plain, transpose

__all__ = ["as_doubles", "enter", "in_place_of_axis", "nan_outside", "periodic"]


def enter(theirs, cases, **facts):
    """A decorator that enters a class of interpolants, or a function that returns one, by its values.

    A sample call has the positional arguments of the class; then the places at which the interpolant is
    called, or a function of the interpolant.
    """

    def values_of(cls):
        def value(*args, **options):
            *made, at = args
            interpolant = cls(*made, **options)
            return at(interpolant) if callable(at) else interpolant(at)

        return value

    def register(cls):
        function = values_of(cls)
        for name in ("__name__", "__qualname__", "__module__", "__doc__"):
            setattr(function, name, getattr(cls, name))
        function.__wrapped__ = cls
        implements(plain=values_of(theirs), exact=False, cases=cases, **facts)(function)
        return cls

    return register


def as_doubles(x):
    """An operand of float64 or complex128, in which SciPy computes interpolants."""
    x = floating(x)
    dtype = np.complex128 if x.dtype.kind == "c" else np.float64
    return x if x.dtype == dtype else x.astype(dtype)


def in_place_of_axis(y, ndim, axis):
    """The first `ndim` axes of a result, those of the places, moved to where the axis of the data was."""
    if axis == 0:
        return y
    order = list(range(y.ndim))
    return transpose(y, tuple(order[ndim : ndim + axis] + order[:ndim] + order[ndim + axis :]))


def nan_outside(y, x, low, high):
    """A result that is nan where a place is outside an interval; its first axes are those of the places."""
    inside = (plain(x) >= low) & (plain(x) <= high)
    if inside.all():
        return y
    return where(np.reshape(inside, np.shape(inside) + (1,) * (y.ndim - np.ndim(inside))), y, np.nan)


def periodic(x, low, high):
    """Places moved by whole periods into an interval."""
    period = high - low
    turns = np.floor((plain(x) - plain(low)) / plain(period))
    return x - turns * period if turns.any() else x
