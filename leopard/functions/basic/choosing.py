"""Elements selected from several arrays, and values kept within bounds."""

import numpy as np

from leopard import _core
from leopard._core import Variable
from leopard.functions._primitives import Primitive
from leopard.functions._registry import call, drawn, implements
from leopard.functions.basic.arithmetic import maximum, minimum, positive
from leopard.functions.basic.indexing import beside, choice
from leopard.functions.basic.shape import operand, plain

__all__ = ["choose", "clip", "piecewise", "select"]

_mask = np.array([[True, False, True], [False, False, True]])


@implements(
    np.choose,
    method="choose",
    cases=[
        call(np.array([0, 1, 1]), [drawn(3), drawn(3, dtype=complex)]),
        call(np.array([[0], [2]]), (drawn(3), 1.0, drawn())),
        call([1, 0], drawn(2, 2)),
        call(np.array([3, -1]), [drawn(), drawn()], mode="wrap"),
        call([3, -1, 1], [drawn(3), drawn(3)], mode="clip"),
        call(np.array(1), [drawn(), drawn()]),
    ],
)
def choose(a, choices, *, mode="raise"):
    """For each element of `a` the element at the same place in the array ``choices[a]``.

    The gradient of each choice is gy where it was chosen, and 0 elsewhere.

    Parameters
    ----------
    a : array of int
        The numbers. They take no gradient.
    choices : sequence of Variable, ndarray or scalar
        All are broadcast together.
    mode : {"raise", "wrap", "clip"}
        Whether a number out of bounds is an error, taken modulo the number of choices, or clipped.

    Returns
    -------
    Variable

    Raises
    ------
    ValueError
        When a number is out of bounds, and the mode is "raise".

    Examples
    --------
    >>> choose([0, 1, 0], [Variable(np.array([1.0, 2.0, 3.0])), 0.0])
    variable([1. 0. 3.])
    """
    a = np.array(plain(a))
    if isinstance(choices, (Variable, np.ndarray)):
        return choice(lambda x: np.choose(a, x, mode=mode), choices)
    return choice(lambda *xs: np.choose(a, xs, mode=mode), *beside(*choices))


@implements(
    np.select,
    cases=[
        call([_mask, ~_mask], [drawn(2, 3), drawn(3)]),
        call([_mask, _mask[0]], [drawn(2, 3), drawn(2, 1)], default=drawn()),
        call([_mask], [1.0], drawn(2, 3, dtype=complex)),
        call([np.array(True)], [drawn()], 2),
        call([_mask[0], _mask[1]], [drawn(3), 0]),
    ],
)
def select(condlist, choicelist, default=0):
    """Each element from the array in `choicelist` whose condition is the first to hold there.

    The gradient of each choice is gy where it was chosen, and 0 elsewhere.

    Parameters
    ----------
    condlist : sequence of arrays of bool
        They take no gradient.
    choicelist : sequence of Variable, ndarray or scalar
        One for each condition; all are broadcast together.
    default : Variable, ndarray or scalar
        The value where no condition holds.

    Returns
    -------
    Variable

    Raises
    ------
    ValueError
        When there are not as many choices as conditions, or there is none.
    TypeError
        When a condition is not of bool.

    Examples
    --------
    >>> x = Variable(np.array([-2.0, 0.5, 3.0]))
    >>> select([x < 0, x > 1], [0.0, x], default=x * x)
    variable([0.   0.25 3.  ])
    """
    condlist = [np.array(plain(condition)) for condition in condlist]
    xs = beside(*choicelist, default)
    return choice(lambda *xs: np.select(condlist, xs[:-1], xs[-1]), *xs)


@implements(
    np.piecewise,
    cases=[
        call(drawn(2, 3), [_mask], [lambda x: x * x, lambda x: -x]),
        call(drawn(3), [_mask[0], _mask[1]], [lambda x: x * x, 2.0]),
        call(drawn(3), [_mask[0], ~_mask[0]], [drawn(), lambda x, a, k: a * x + k], 3.0, k=1.0),
        call(drawn(3), _mask[0], [lambda x: x, lambda x: x * x]),
        call(drawn(), [True], [lambda x: x * x]),
        call(drawn(2, dtype=complex), [[True, False], [True, True]], [lambda x: x, lambda x: x * x]),
        call(drawn(2), [[False, False]], [lambda x: 1 / 0, lambda x: x]),
    ],
    reads_values=True,
)
def piecewise(x, condlist, funclist, *args, **kw):
    """A function in pieces: each element is mapped by the function of the last condition that holds for it.

    The gradient is that of this function; the others are not called with the element.

    Parameters
    ----------
    x : Variable or ndarray
    condlist : sequence of arrays of bool
        They take no gradient.
    funclist : sequence of functions and scalars
        One for each condition, and optionally one more for the elements where none holds, which are 0
        otherwise. A function is called with a vector of elements, and returns as many, or one.
    *args, **kw
        Passed to the functions.

    Returns
    -------
    Variable
        Of the type of x.

    Raises
    ------
    ValueError
        When there are neither as many functions as conditions nor one more.

    Examples
    --------
    >>> x = Variable(np.array([-2.0, 3.0]))
    >>> piecewise(x, [x < 0, x >= 0], [lambda x: -x, lambda x: x * x])
    variable([2. 9.])
    """
    x, condlist = operand(x), plain(condlist)
    if np.isscalar(condlist) or (not isinstance(condlist[0], (list, np.ndarray)) and x.ndim != 0):
        condlist = [condlist]
    condlist = np.array(condlist, dtype=bool)
    n = len(condlist)
    if len(funclist) == n + 1:
        condlist = np.concatenate([condlist, ~np.any(condlist, axis=0, keepdims=True)])
    elif len(funclist) != n:
        raise ValueError(f"with {n} condition(s), either {n} or {n + 1} functions are expected")
    masks, pieces = [], []
    for mask, function in zip(condlist, funclist, strict=True):
        if callable(function) and not mask.any():
            continue
        masks.append(mask)
        pieces.append(operand(function(x[mask], *args, **kw) if callable(function) else function))

    def put(y, *pieces):
        y = y.copy()
        for mask, piece in zip(masks, pieces, strict=True):
            y[mask] = piece
        return y

    return choice(put, np.zeros_like(plain(x)), *pieces)


class Clip(Primitive):
    n_inputs = 3
    broadcasts = True
    selects_elements = True
    takes_arrays = True

    def forward(self, x, low, high):
        return np.clip(x, low, high)

    def backward(self, gy):
        x, low, high = map(plain, self.inputs)  # the shares are locally constant, except at ties
        if self.wanted == (True, False, False) and not ((x == low) | (x == high)).any():
            return np.where((x > low) & (x < high), gy, np.zeros((), gy.dtype)), None, None
        raised = np.maximum(x, low)
        g = _share(gy, raised < high, raised == high) if any(self.wanted[:2]) else None
        return (
            _share(g, x > low, x == low) if self.wanted[0] else None,
            _share(g, x < low, x == low) if self.wanted[1] else None,
            _share(gy, raised > high, raised == high) if self.wanted[2] else None,
        )


def _share(g, whole, half):
    """g where the mask `whole` holds, half of g where `half` holds, and 0 elsewhere, even for infinite g."""
    if not half.any():
        return np.where(whole, g, np.zeros((), g.dtype))
    g = np.where(whole | half, g, np.zeros((), g.dtype))
    return g * np.where(half, 0.5, 1.0).astype(g.dtype, copy=False)


@implements(
    np.clip,
    cases=[
        call(drawn(2, 3), -0.5, 0.5),
        call(drawn(2, 3), None, 0.5),
        call(drawn(2, 3), -0.5, None),
        call(drawn(2, 3), drawn(3), drawn(2, 1)),
        call(drawn(), min=drawn(), max=drawn()),
        call(drawn(2, 3), max=drawn(3)),
        call(drawn(2, 3), min=0),
        call(drawn(3), None, None),
        call(drawn(3), np.zeros(3), [1, 0, -1]),
        call(np.ones(2), drawn(2), 5),
    ],
)
def clip(a, a_min=np._NoValue, a_max=np._NoValue, *, min=np._NoValue, max=np._NoValue):
    """Values kept within bounds: min(max(a, a_min), a_max).

    The gradient is gy for that one of the three which is the result, and 0 for the others. At a tie, where a
    value is on a bound, each gets half, as in `maximum` and `minimum`. Where the lower bound exceeds the
    upper, the upper one is the result.

    Parameters
    ----------
    a : Variable or ndarray
    a_min, a_max : Variable, ndarray, scalar or None
        The bounds; None for no bound.
    min, max : Variable, ndarray, scalar or None
        The same by another name. As a method: ``x.clip(min, max)``.

    Returns
    -------
    Variable

    Raises
    ------
    TypeError
        When only one of `a_min` and `a_max` is given.
    ValueError
        When bounds are given by both names.

    Examples
    --------
    >>> clip(Variable(np.array([-1.0, 0.5, 2.0])), 0.0, 1.0)
    variable([0.  0.5 1. ])
    """
    if a_min is np._NoValue and a_max is np._NoValue:
        a_min, a_max = min, max
    elif a_min is np._NoValue or a_max is np._NoValue:
        missing = "a_min" if a_min is np._NoValue else "a_max"
        raise TypeError(f"clip() missing 1 required positional argument: '{missing}'")
    elif min is not np._NoValue or max is not np._NoValue:
        raise ValueError(
            "Passing `min` or `max` keyword argument when `a_min` and `a_max` are provided is forbidden."
        )
    return _clip_method(a, a_min, a_max)


def _clip_method(self, min=None, max=None):
    """Values kept within bounds: ``x.clip(0, 1)``."""
    x = operand(self)
    low, high = [None if bound is np._NoValue else bound for bound in (min, max)]
    if x.dtype.kind in "iu":  # as NumPy: a bound that no such integer goes beyond is none
        low = None if type(low) is int and low < np.iinfo(x.dtype).min else low
        high = None if type(high) is int and high > np.iinfo(x.dtype).max else high
    if high is None:
        return positive(x) if low is None else maximum(x, low)
    return minimum(x, high) if low is None else Clip.operation(*beside(x, low, high))


_core.add_method("clip", _clip_method)
