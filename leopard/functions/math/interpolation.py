"""Linear interpolation between points."""

import numpy as np

from leopard._core import Variable, array_of_any
from leopard.functions._primitives import Primitive
from leopard.functions._registry import call, drawn, implements
from leopard.functions.basic.complex import conj
from leopard.functions.basic.indexing import AddAt, where
from leopard.functions.basic.shape import floating, operand, reshape
from leopard.functions.math.sums import sum

__all__ = ["interp"]


def _moved(x, to):
    """x plus a constant such that its value is `to`."""
    return x + (to - array_of_any(x))


class Interp(Primitive):
    n_inputs = 5
    options = ("period",)
    selects_elements = True

    def forward(self, x, xp, fp, left, right):
        return np.asarray(np.interp(x, xp, fp, left.item(), right.item(), self.period))

    def knots(self):
        """The points, the knots in increasing order, and the indices of the knots in xp."""
        x, xp = [array_of_any(x).astype(float) for x in self.inputs[:2]]
        which = np.arange(len(xp))
        if self.period is not None:
            period = np.abs(self.period)
            x, xp = x % period, xp % period
            which = np.argsort(xp)
            which = np.concatenate((which[-1:], which, which[:1]))
            xp = xp[which]
            xp[0] -= period
            xp[-1] += period
        return x.reshape(-1), xp, which

    def backward(self, gy):
        x, xp, fp, left, right = self.inputs
        at, knots, which = self.knots()
        gy = reshape(gy, (-1,))
        points, xp, fp = floating(reshape(x, (-1,))), floating(xp), floating(fp)

        def interval(k):
            """Where the points are, given the number k of knots below each.

            For those between the first and the last knot: their indices; the knots at the ends of their
            intervals; their places in these, from 0 to 1; the widths of the intervals.
            """
            inside = np.flatnonzero((k > 0) & (k < len(knots)))
            k = k[inside]
            lower, upper = which[k - 1], which[k]
            width = _moved(xp[upper] - xp[lower], knots[k] - knots[k - 1])
            into = _moved(points[inside] - xp[lower], at[inside] - knots[k - 1])
            return inside, lower, upper, into / width, width

        moves = self.wanted[0] or self.wanted[1]

        def to_ends(g, t, lower, upper):
            """g, distributed to the ends of the intervals."""
            lower_share, upper_share = _share(g, 1 - t, moves), _share(g, t, moves)
            return AddAt.operation(lower_share, lower, xp.shape) + AddAt.operation(
                upper_share, upper, xp.shape
            )

        gx = gxp = gfp = gleft = gright = None
        above_left, above = [np.searchsorted(knots, at, side) for side in ("left", "right")]
        if moves:
            # A point on a knot belongs to both intervals, half to each.
            sides = [above] if np.array_equal(above_left, above) else [above_left, above]
            gx, gxp = 0.0, 0.0
            for k in sides:
                inside, lower, upper, t, width = interval(k)
                g = gy[inside] * conj(fp[upper] - fp[lower]) / width * (1 / len(sides))
                gx = gx + AddAt.operation(g, inside, points.shape)
                gxp = gxp - to_ends(g, t, lower, upper)
            gx = reshape(gx, x.shape)
        if self.wanted[2]:
            inside, lower, upper, t, _ = interval(above)
            last = np.flatnonzero(at == knots[-1])
            gfp = to_ends(gy[inside], t, lower, upper)
            gfp = gfp + AddAt.operation(gy[last], np.repeat(which[-1:], len(last)), xp.shape)
        if self.wanted[3]:
            gleft = sum(gy[np.flatnonzero(at < knots[0])])
        if self.wanted[4]:
            gright = sum(gy[np.flatnonzero(at > knots[-1])])
        return gx, gxp, gfp, gleft, gright


def _share(g, t, moves):
    """g * t, and 0 where t is 0, even for infinite g. Where t has a gradient (`moves`), finite g are kept."""
    lost = array_of_any(t) == 0
    if moves and lost.any():
        lost &= ~np.isfinite(array_of_any(g))
    return (where(lost, 0.0, g) if lost.any() else g) * t


def _sorted(x):
    return x[np.argsort(x)]


_knots = np.array([-1.5, -0.4, 0.3, 1.6])
_calls = [
    call(drawn(5), _knots, drawn(4)),
    call(drawn(2, 3), _knots, drawn(4), left=-1.0, right=3),
    call(drawn(), _knots, drawn(4, dtype=complex)),
    call(drawn(5), drawn(4, made=_sorted), [1, 3, 2, 5]),
    call(np.linspace(-3, 3, 8), drawn(4, made=_sorted), drawn(4)),
    call(drawn(6, low=-5, high=5), drawn(4), drawn(4), period=3),
    call(drawn(2, 2), _knots, drawn(4, dtype=complex), period=-2.5),
    call(drawn(3), [0.0], drawn(1)),
    call(drawn(0), _knots, drawn(4)),
    call(0.5, _knots, drawn(4)),
    call(drawn(4, low=-4, high=4), _knots, drawn(4), drawn(), drawn()),
]


@implements(np.interp, cases=_calls)
def interp(x, xp, fp, left=None, right=None, period=None):
    """Linear interpolation between the points (xp, fp), at x.

    With s the slope of the interval that x is in, and t the place of x in it from 0 to 1, the gradients are
    gy * s for x; -gy * s * (1 - t) and -gy * s * t for the two knots; gy * (1 - t) and gy * t for their
    values. On a knot, where the slope changes, s is the mean of both slopes. Beyond the ends the slope is 0.

    Parameters
    ----------
    x : Variable or ndarray
    xp : Variable or ndarray
        The knots, increasing; with a `period` in any order. NumPy does not check it.
    fp : Variable or ndarray
        The values at the knots, real or complex.
    left, right : Variable or number, optional
        The values below and above all knots; by default the first and the last value.
    period : float, optional
        x and xp are taken modulo this number, so that no x is beyond the ends. It takes no gradient.

    Returns
    -------
    Variable
        Of type float64 or complex128, as NumPy's.

    Raises
    ------
    ValueError
        When there are no knots, the number of values differs, or the period is 0.

    Examples
    --------
    >>> x = Variable(np.array([0.5, 1.0, 3.0]))
    >>> y = np.interp(x, [0.0, 1.0, 2.0], [0.0, 2.0, 8.0])
    >>> y
    variable([1. 2. 8.])
    >>> y.backward()
    >>> x.grad
    variable([2. 4. 0.])
    """
    if isinstance(period, Variable):
        raise TypeError("interp has no derivative with respect to the period; give it period.data")
    if not isinstance(fp, Variable):
        fp = operand(fp)
    ends = (fp[0], fp[-1]) if fp.ndim == 1 and fp.size and period is None else (0.0, 0.0)
    left, right = [end if given is None else given for given, end in zip((left, right), ends, strict=True)]
    return Interp.operation(x, xp, fp, left, right, period)
