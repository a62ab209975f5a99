"""Arrays padded with borders."""

import numpy as np

from leopard._config import recording, using_config
from leopard._core import Variable, as_variable, narrow_gradients
from leopard.functions._primitives import Primitive
from leopard.functions._registry import call, drawn, implements
from leopard.functions.basic.indexing import AddAt, gather
from leopard.functions.basic.shape import operand
from leopard.functions.manipulation.joining import joined

__all__ = ["pad"]

# With Variables these call leopard's functions, by NumPy's dispatch.
_statistics = {"maximum": np.max, "minimum": np.min, "mean": np.mean, "median": np.median}


class Pad(Primitive):
    """Borders that depend linearly on what they surround, axis after axis; or statistics of integers."""

    options = ("pad_width", "mode", "given", "widths")

    def forward(self, x):
        return np.pad(x, self.pad_width, self.mode, **self.given)

    def backward(self, gy):
        (x,) = self.inputs
        if self.mode in _statistics and x.size:
            return self.of_statistics(x, gy)
        for axis, n in enumerate(x.shape):
            gy = self.folded(gy, axis, n)
        return gy

    def of_statistics(self, x, gy):
        """The gradient of statistics over the reals; NumPy has rounded them to integers."""
        recorded = recording()
        with using_config("enable_backprop", True):
            y = _padded_with_statistics(x, self.widths, self.mode, self.given)
        return narrow_gradients([y], [gy], [x], recorded)[0]

    def folded(self, gy, axis, n):
        """gy without the borders of an axis, whose gradients are added to those of their sources."""
        before, after = self.widths[axis]
        rows = (slice(None),) * axis
        gx = gy[(*rows, slice(before, before + n))]
        if self.mode in ("constant", "empty") or n == 0:
            return gx
        if before or after:
            sources = self.sources(axis, n, gy.dtype)
        for border in (slice(0, before), slice(before + n, before + n + after)):
            if border.start < border.stop:
                g = gy[(*rows, border)]
                for places, weights in sources:
                    w = weights[border].reshape((-1,) + (1,) * (gy.ndim - axis - 1))
                    gx = gx + AddAt.operation(g * w, (*rows, places[border]), gx.shape)
        return gx

    def sources(self, axis, n, dtype):
        """For each element of a padded row its sources in the row, and their weights.

        Each element depends on one source; where the border is odd or a ramp, on the first and the last
        element as well. NumPy's own `pad` finds them, applied to element numbers and to rows of zeros and
        ones.
        """
        ramp, widths = self.mode == "linear_ramp", self.widths[axis]
        places = np.pad(np.arange(n), widths, "edge" if ramp else self.mode)
        if not ramp and self.given.get("reflect_type") != "odd":
            return [(places, np.ones(places.size, dtype))]
        given = {} if ramp else self.given
        first, last, others = np.zeros(n, dtype), np.zeros(n, dtype), np.zeros(n, dtype)
        first[0] = last[-1] = others[1:-1] = 1
        rows = [(0, first), (n - 1, last), (places, others)] if n > 1 else [(0, first)]
        return [
            (np.broadcast_to(source, places.shape), np.pad(row, widths, self.mode, **given))
            for source, row in rows
        ]


def _pairs(x, n):
    """`x` as a pair for each of n axes, one for either end."""
    if not isinstance(x, dict):
        return [(None, None)] * n if x is None else np.broadcast_to(x, (n, 2)).tolist()
    pairs = [(0, 0)] * n
    for axis, width in x.items():
        pairs[axis] = width if isinstance(width, tuple) else (width, width)
    return pairs


def _padded_with_statistics(x, widths, mode, given):
    """Borders of a statistic of so many elements at each end of an axis."""
    function, lengths = _statistics[mode], _pairs(given.get("stat_length"), x.ndim)
    for axis, ((before, after), (first, last)) in enumerate(zip(widths, lengths, strict=True)):
        n, rows = x.shape[axis], (slice(None),) * axis
        first, last = [n if k is None else min(int(np.round(k)), n) for k in (first, last)]
        left = function(x[(*rows, slice(0, first))], axis=axis, keepdims=True)
        right = (
            left if first == last == n else function(x[(*rows, slice(n - last, n))], axis=axis, keepdims=True)
        )
        borders = []
        for part, width in ((left, before), (right, after)):
            borders.append(np.broadcast_to(part, (*x.shape[:axis], width, *x.shape[axis + 1 :])))
        x = np.concatenate([borders[0], x, borders[1]], axis)
    return x


@implements(
    np.pad,
    cases=[
        call(drawn(3), 2),
        call(drawn(2, 3), ((1, 0), (0, 2))),
        call(drawn(2, 3), [[1], [2]], constant_values=((1, 2), (3, 4))),
        call(drawn(2, 3), (1, 2), "constant", constant_values=drawn(2, 2)),
        call(drawn(2), 1, constant_values=[drawn(), 1.0]),
        call(drawn(2, 3, dtype=complex), 1, "edge"),
        call(drawn(3, 4), (2, 1), "reflect"),
        call(drawn(3), (5, 7), "reflect"),
        call(drawn(3, 4), (2, 1), "reflect", reflect_type="odd"),
        call(drawn(3), (5, 7), "reflect", reflect_type="odd"),
        call(drawn(3, 1), (2, 1), "reflect", reflect_type="odd"),
        call(drawn(3, 2), (1, 3), "symmetric"),
        call(drawn(3), (5, 7), "symmetric", reflect_type="odd"),
        call(drawn(1, 2), (2, 1), "symmetric", reflect_type="odd"),
        call(drawn(3, 2), (2, 5), "wrap"),
        call(drawn(3, 2), (3, 1), "linear_ramp"),
        call(drawn(2, 1, dtype=complex), ((2, 0), (1, 2)), "linear_ramp", end_values=(1.0, -2.0)),
        call(drawn(3, 2), (2, 1), "mean"),
        call(drawn(3, 4), (2, 1), "mean", stat_length=((2, 3), (1, 9))),
        call(drawn(3, 2), (2, 1), "maximum"),
        call(drawn(3, 4), (1, 2), "minimum", stat_length=2),
        call(drawn(3, 4), ((1, 0), (2, 1)), "median", stat_length=((3, 9), (2, 4))),
        call(drawn(2, 3), 0),
        call(drawn(0, 2), ((1, 0), (0, 0))),
        call(drawn(), 3),
    ],
)
def pad(array, pad_width, mode="constant", **kwargs):
    """An array padded with borders along its axes.

    The gradient of an element is gy at its place, plus gy at the places of the borders that depend on it,
    times the weight with which they do. In a maximum, minimum or median equal elements share equally.

    Parameters
    ----------
    array : Variable or ndarray
    pad_width : int, (before, after), a pair for each axis, or a dict of them
    mode : str
        "constant", "edge", "linear_ramp", "maximum", "mean", "median", "minimum", "reflect", "symmetric",
        "wrap" or "empty". The gradient of "empty" is that of zeros.
    constant_values : scalar, pair, or a pair for each axis
        For "constant"; they may be or hold Variables.
    end_values : scalar, pair, or a pair for each axis
        For "linear_ramp"; numbers.
    stat_length : int, pair, or a pair for each axis
        For "maximum", "mean", "median" and "minimum": of how many elements at the end; by default of all.
    reflect_type : {"even", "odd"}
        For "reflect" and "symmetric".

    Returns
    -------
    Variable

    Raises
    ------
    TypeError
        When `mode` is a function: it would write into an array.

    Examples
    --------
    >>> pad(Variable(np.array([1.0, 2.0])), 1, "wrap")
    variable([2. 1. 2. 1.])
    """
    if callable(mode):
        raise TypeError("pad: a function as the mode writes into an array, which would lose the gradient")
    x, pad_width = operand(array), dict(pad_width) if isinstance(pad_width, dict) else np.array(pad_width)
    values = joined(kwargs.get("constant_values"))
    if mode == "constant" and isinstance(values, Variable):
        others = {k: v for k, v in kwargs.items() if k != "constant_values"}
        np.pad(np.zeros(0), 0, mode, **others)  # raises NumPy's errors
        return gather(lambda x, values: np.pad(x, pad_width, constant_values=values), x, values)
    widths = _pairs(pad_width, x.ndim)
    if mode not in _statistics or x.size == 0 or x.dtype.kind not in "fc":
        return Pad.operation(x, pad_width, mode, kwargs, widths)
    np.pad(np.zeros((1,) * x.ndim), np.minimum(widths, 1), mode, **kwargs)  # raises NumPy's errors
    return as_variable(_padded_with_statistics(x, widths, mode, kwargs))
