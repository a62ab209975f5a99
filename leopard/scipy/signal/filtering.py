"""Recursive filters: their outputs and their states, forwards, and forwards and backwards."""

import numpy as np
import scipy.signal as ss

from leopard._core import Variable, as_variable
from leopard.functions._primitives import Primitive
from leopard.functions._registry import call, drawn, implements
from leopard.functions.basic.complex import conj
from leopard.functions.basic.indexing import AddAt
from leopard.functions.basic.shape import broadcast_to, floating, form_of, plain, reshape
from leopard.functions.linalg.solving import solve
from leopard.functions.manipulation.axes import at_least, moveaxis
from leopard.functions.manipulation.joining import concatenate, stack
from leopard.functions.manipulation.padding import pad
from leopard.functions.math.sums import sum
from leopard.scipy._convolution import convolved, first_of, lags, reversed_along
from leopard.scipy._parts import along, axis_of, column, same_dtype
from leopard.scipy.linalg.special_matrices import companion
from leopard.scipy.signal.convolution import convolve

__all__ = [
    "deconvolve", "filtfilt", "lfilter", "lfilter_zi", "lfiltic", "sosfilt", "sosfilt_zi", "sosfiltfilt",
]  # fmt: skip


class Recursion(Primitive):
    """The y for which sum over k of a[k] * y[n - k] = w[n] along an axis, a filter that has poles alone.

    The matrix of the map from w to y is the inverse of a triangular Toeplitz matrix; its transpose is the
    same filter, run backwards.
    """

    n_inputs = 2
    options = ("axis",)

    def forward(self, a, w):
        return ss.lfilter(np.ones(1, a.dtype), a, w, self.axis)

    def backward(self, gy):
        a, w = self.inputs
        back = [self.axis]
        gw = reversed_along(Recursion.operation(conj(a), reversed_along(gy, back), self.axis), back)
        ga = -lags(gw, self.output, a.shape[0], self.axis) if self.wants(0) else None
        return ga, gw if self.wants(1) else None


def _signal(x):
    x = floating(x)
    if x.ndim == 0:
        raise ValueError("x must be at least 1-D")
    return x


def _coefficients(x, name):
    x = at_least(1, floating(x))
    if x.ndim != 1 or x.shape[0] == 0:
        raise ValueError(f"Parameter {name} is not a non-empty 1d array, since {name}.shape={x.shape}!")
    return x


def _over_first(b, a):
    """Coefficients over the first of a, which is then 1."""
    if isinstance(a, Variable) or a[0] != 1:
        return b / a[0], a / a[0]
    return b, a


def _lengthened(x, n, axis):
    """x with zeros behind it along an axis, n elements together."""
    if x.shape[axis] == n:
        return x
    shape = (*x.shape[:axis], n, *x.shape[axis + 1 :])
    return AddAt.operation(x, along(axis, 0, x.shape[axis]), shape)


def _of_denominator(a):
    return a * 0.3 + (np.arange(a.shape[0]) == 0)


_A = drawn(3, made=_of_denominator)


@implements(
    plain=ss.lfilter,
    exact=False,
    cases=[
        call(drawn(2), _A, drawn(5)),
        call(drawn(3), drawn(2, made=_of_denominator), drawn(2, 4)),
        call(drawn(2), np.array([2.0, 0.5]), drawn(4, 2), axis=0),
        call(np.array([1.0, 0.5]), np.array([1.0, -0.3, 0.1]), drawn(2, 5)),
        call(drawn(2), _A, drawn(2, 4), zi=drawn(2, 2)),
        call(drawn(4), drawn(2, made=_of_denominator), drawn(2, 3), 0, drawn(3, 1)),
        call(drawn(3), _A, drawn(1), zi=drawn(2)),
        call(drawn(3), drawn(1, low=0.5), drawn(4)),
        call(drawn(3), drawn(1, low=0.5), drawn(4), zi=drawn(2)),
        call(drawn(2, dtype=complex), drawn(2, dtype=complex, made=_of_denominator), drawn(4, dtype=complex)),
        call(drawn(2), _A, drawn(3, dtype=complex), zi=drawn(2)),
    ],
)
def lfilter(b, a, x, axis=-1, zi=None):
    """A signal through the filter whose transfer function has the numerator b and the denominator a.

    The output solves sum over k of a[k] * y[n - k] = sum over k of b[k] * x[n - k]. The gradient of x is gy
    through the filter of the conjugate coefficients, run backwards. With w, gy backwards through the filter
    1 / conj(a), that of b[k] is the sum of w[n] * conj(x[n - k]), and that of a[k] is the negative sum of
    w[n] * conj(y[n - k]); that of the state zi is w at its first elements.

    Parameters
    ----------
    b, a : Variable or ndarray
        Vectors of the coefficients; a[0] is not 0.
    x : Variable or ndarray
    axis : int
    zi : Variable or ndarray, optional
        The state of the delays at the beginning, max(len(a), len(b)) - 1 numbers along the axis.

    Returns
    -------
    y : Variable
    zf : Variable
        The state at the end, if zi is given.

    Raises
    ------
    ValueError
        When the coefficients are no vectors, or zi has another shape.
    """
    b, a, x = _coefficients(b, "b"), _coefficients(a, "a"), _signal(x)
    axis = axis_of(axis, x.ndim)
    if zi is None:
        b, a, x = same_dtype(b, a, x)
    else:
        b, a, x, zi = same_dtype(b, a, x, zi)
        b, a = _over_first(b, a)
    n, order = x.shape[axis], max(a.shape[0], b.shape[0]) - 1
    w = convolved(b, x, axis)
    if zi is None:
        return Recursion.operation(a, first_of(w, n, axis), axis)
    state = (*x.shape[:axis], order, *x.shape[axis + 1 :])
    if zi.ndim != x.ndim or any(k not in (1, m) for k, m in zip(zi.shape, state, strict=True)):
        raise ValueError(f"Unexpected shape for parameter zi: expected {state}, found {zi.shape}.")
    if zi.shape[axis] != order:
        raise ValueError(f"Unexpected shape for parameter zi: expected {state}, found {zi.shape}.")
    zi = zi if zi.shape == state else broadcast_to(zi, state)
    w = _lengthened(w, n + order, axis) + _lengthened(zi, n + order, axis)
    y = Recursion.operation(a, first_of(w, n, axis), axis)
    past = _lengthened(convolved(a, y, axis), n + order, axis)
    rest = along(axis, n, None)
    return y, w[rest] - past[rest]


@implements(
    plain=ss.lfilter_zi,
    exact=False,
    cases=[call(drawn(3), _A), call(drawn(2), _A), call(drawn(3), np.array([2.0, 0.5]))],
)
def lfilter_zi(b, a):
    """The state of `lfilter` in which the response to a step is steady from the beginning.

    The gradients are those of the solution z of z = A.T @ z + b[1:] - a[1:] * b[0], where A is the companion
    matrix of a.

    Parameters
    ----------
    b, a : Variable or ndarray
        Vectors of the coefficients.

    Returns
    -------
    Variable

    Raises
    ------
    ValueError
        When they are no vectors, or a is 0.
    """
    b, a = same_dtype(_coefficients(b, "b"), _coefficients(a, "a"))
    while a.shape[0] > 1 and plain(a)[0] == 0:
        a = a[1:]
    b, a = _over_first(b, a)
    n = max(a.shape[0], b.shape[0])
    b, a = _lengthened(b, n, 0), _lengthened(a, n, 0)
    if n == 1:
        return as_variable(np.zeros(0, b.dtype))
    matrix = np.eye(n - 1, dtype=form_of(a).dtype) - companion(a).T
    return solve(matrix, b[1:] - a[1:] * b[0])


@implements(
    plain=ss.lfiltic,
    exact=False,
    cases=[
        call(drawn(3), _A, drawn(2), drawn(2)),
        call(drawn(2), _A, drawn(1)),
        call(drawn(3), _A, drawn(3), drawn(1)),
    ],
)
def lfiltic(b, a, y, x=None):
    """The state of `lfilter` after the given outputs and inputs, the latest first.

    The gradients are those of the sums of b[k + j] * x[j] less those of a[k + j] * y[j], over a[0].

    Parameters
    ----------
    b, a : Variable or ndarray
        Vectors of the coefficients.
    y, x : Variable or ndarray
        Past outputs, and inputs, which are 0 if they are not given.

    Returns
    -------
    Variable
    """
    b, a = _coefficients(b, "b"), _coefficients(a, "a")
    if plain(a)[0] == 0:
        raise ValueError("First `a` filter coefficient must be non-zero.")
    x = np.zeros(b.shape[0] - 1, b.dtype) if x is None else x
    b, a, y, x = same_dtype(b, a, y, x)
    order = max(b.shape[0], a.shape[0]) - 1

    def past(c, x):
        m = c.shape[0] - 1
        x = _lengthened(first_of(x, m, 0), m, 0)
        sums = [sum(c[k + 1 :] * x[: m - k]) for k in range(m)]
        return _lengthened(stack(sums), order, 0) if sums else np.zeros(order, x.dtype)

    return as_variable((past(b, x) - past(a, y)) / a[0])


def _sections(sos):
    sos = at_least(2, floating(sos))
    if sos.ndim != 2:
        raise ValueError("sos array must be 2D")
    if sos.shape[1] != 6:
        raise ValueError("sos array must be shape (n_sections, 6)")
    return sos


def with_one(sos):
    sos = _sections(sos)
    if not np.all(plain(sos)[:, 3] == 1):
        raise ValueError("sos[:, 3] should be all ones")
    return sos


def _of_sections(sos):
    return sos * np.array([1, 1, 1, 0, 0.2, 0.2]) + np.array([0, 0, 0, 1.0, 0, 0])


_SOS = drawn(2, 6, made=_of_sections)


@implements(
    plain=ss.sosfilt,
    exact=False,
    cases=[
        call(_SOS, drawn(4)),
        call(_SOS, drawn(3, 2), axis=0),
        call(_SOS, drawn(2, 3), zi=drawn(2, 2, 2)),
        call(drawn(1, 6, made=_of_sections), drawn(3, dtype=complex)),
    ],
)
def sosfilt(sos, x, axis=-1, zi=None):
    """A signal through a cascade of filters of second order: `lfilter`, of one section after another.

    The gradient of x is gy through the sections backwards; that of the coefficients is in each section the
    one of `lfilter`. The column of ones, sos[:, 3], is not read and has the gradient 0.

    Parameters
    ----------
    sos : Variable or ndarray
        A row for each section: three coefficients of the numerator and three of the denominator.
    x : Variable or ndarray
    axis : int
    zi : Variable or ndarray, optional
        The states of the sections: their axis in front, and two numbers along `axis`.

    Returns
    -------
    y : Variable
    zf : Variable
        The states at the end, if zi is given.

    Raises
    ------
    ValueError
        When sos or zi has another shape.
    """
    sos, x = with_one(sos), _signal(x)
    axis = axis_of(axis, x.ndim)
    states = (sos.shape[0], *x.shape[:axis], 2, *x.shape[axis + 1 :])
    if zi is None:
        sos, x = same_dtype(sos, x)
    else:
        sos, x, zi = same_dtype(sos, x, zi)
        if zi.shape != states:
            raise ValueError(
                f"Invalid zi shape. With axis={axis!r}, an input with shape {x.shape!r}, and an sos array "
                f"with {sos.shape[0]} sections, zi must have shape {states!r}, got {zi.shape!r}."
            )
    after = []
    for k in range(sos.shape[0]):
        a = concatenate([np.ones(1, sos.dtype), sos[k, 4:]])
        if zi is None:
            x = lfilter(sos[k, :3], a, x, axis)
        else:
            x, zf = lfilter(sos[k, :3], a, x, axis, zi[k])
            after.append(zf)
    return x if zi is None else (x, stack(after))


@implements(plain=ss.sosfilt_zi, exact=False, cases=[call(_SOS)])
def sosfilt_zi(sos):
    """The states of `sosfilt` in which the response to a step is steady from the beginning.

    The gradient is that of `lfilter_zi` of each section, times the gain of the sections before it.
    """
    sos = _sections(sos)
    states, gain = [], 1.0
    for k in range(sos.shape[0]):
        b, a = sos[k, :3], sos[k, 3:]
        states.append(gain * lfilter_zi(b, a))
        gain = gain * (sum(b) / sum(a))
    return stack(states)


def extended(x, n, kind, axis):
    """A signal continued at both ends by n elements, as SciPy's filters have it."""
    if kind is None or n < 1:
        return x
    if n > x.shape[axis] - 1 and kind in ("odd", "even"):
        raise ValueError(f"The extension length n ({n}) is too big. It must not exceed {x.shape[axis] - 1}.")
    widths = [(0, 0)] * x.ndim
    widths[axis] = (n, n)
    how = {
        "odd": {"mode": "reflect", "reflect_type": "odd"},
        "even": {"mode": "reflect"},
        "constant": {"mode": "edge"},
        "zeros": {"mode": "constant"},
    }
    return pad(x, widths, **how[kind])


def _edges(x, padtype, padlen, axis, taps):
    if padtype not in ("even", "odd", "constant", None):
        raise ValueError(
            f"Unknown value '{padtype}' given to padtype. padtype must be 'even', 'odd', 'constant', or None."
        )
    edge = 0 if padtype is None else 3 * taps if padlen is None else int(padlen)
    if x.shape[axis] <= edge:
        raise ValueError(f"The length of the input vector x must be greater than padlen, which is {edge}.")
    return edge, extended(x, edge, padtype, axis)


def _both_ways(filtered, x, edge, axis):
    """Through a filter forwards and backwards, without the edges."""
    back = [axis]
    y = reversed_along(filtered(reversed_along(filtered(x), back)), back)
    return y[along(axis, edge, y.shape[axis] - edge)]


_paddings = [{}, {"padtype": "even"}, {"padtype": "constant", "padlen": 2}, {"padtype": None}]


@implements(
    plain=ss.filtfilt,
    exact=False,
    cases=[
        *[call(drawn(2), drawn(2, made=_of_denominator), drawn(8), **options) for options in _paddings],
        call(drawn(2), np.array([1.0, -0.4]), drawn(8, 2), axis=0),
        call(drawn(3), 1.0, drawn(2, 4), padlen=0),
    ],
)
def filtfilt(b, a, x, axis=-1, padtype="odd", padlen=None, method="pad", irlen=None):
    """A signal through a filter forwards and backwards, so that no phase is changed.

    The gradients are those of `lfilter`, of both passes, through the steady states that they begin with and
    the continuation of the signal at its ends.

    Parameters
    ----------
    b, a : Variable or ndarray
        Vectors of the coefficients.
    x : Variable or ndarray
    axis : int
    padtype : {"odd", "even", "constant", None}
        How the signal is continued at its ends.
    padlen : int, optional
        By how many elements; by default three times the number of coefficients.
    method : {"pad"}
        The method "gust" has no derivative here.
    irlen : None
        Of the method "gust".

    Returns
    -------
    Variable

    Raises
    ------
    ValueError
        When the signal is too short, or padtype or the method is unknown.
    TypeError
        When the method is "gust".
    """
    if method == "gust":
        raise TypeError('method="gust" has no derivative in leopard; method="pad" has one')
    if method != "pad":
        raise ValueError("method must be 'pad' or 'gust'.")
    b, a, x = same_dtype(_coefficients(b, "b"), _coefficients(a, "a"), _signal(x))
    axis = axis_of(axis, x.ndim)
    edge, x = _edges(x, padtype, padlen, axis, max(a.shape[0], b.shape[0]))
    state = column(lfilter_zi(b, a), axis, x.ndim)
    return _both_ways(lambda x: lfilter(b, a, x, axis, state * first_of(x, 1, axis))[0], x, edge, axis)


@implements(
    plain=ss.sosfiltfilt,
    exact=False,
    cases=[
        call(_SOS, drawn(18)),
        call(_SOS, drawn(4, 2), axis=0, padtype="even", padlen=2),
        call(_SOS, drawn(3), padtype=None),
    ],
)
def sosfiltfilt(sos, x, axis=-1, padtype="odd", padlen=None):
    """A signal through a cascade of filters of second order, forwards and backwards.

    The gradients are those of `sosfilt`, of both passes. The parameters are those of `sosfilt` and
    `filtfilt`.
    """
    sos, x = same_dtype(with_one(sos), _signal(x))
    axis = axis_of(axis, x.ndim)
    values = plain(sos)
    taps = 2 * sos.shape[0] + 1 - min((values[:, 2] == 0).sum(), (values[:, 5] == 0).sum())
    edge, x = _edges(x, padtype, padlen, axis, int(taps))
    state = sosfilt_zi(sos)
    state = reshape(state, (sos.shape[0], *(1,) * axis, 2, *(1,) * (x.ndim - 1 - axis)))
    return _both_ways(lambda x: sosfilt(sos, x, axis, state * first_of(x, 1, axis))[0], x, edge, axis)


@implements(
    plain=ss.deconvolve,
    exact=False,
    cases=[call(drawn(5), drawn(3, made=_of_denominator)), call(drawn(3), np.array([2.0, 1.0]))],
)
def deconvolve(signal, divisor):
    """The quotient and the remainder of two polynomials: signal = convolve(divisor, quotient) + remainder.

    The gradient is that of `lfilter`: the quotient is the response of signal / divisor to an impulse.

    Parameters
    ----------
    signal, divisor : Variable or ndarray
        Vectors, neither of them empty.

    Returns
    -------
    quotient, remainder : Variable
        The quotient is an empty list where the divisor is longer.

    Raises
    ------
    ValueError
        When one is no vector, or empty.
    """
    num, den, _ = same_dtype(_coefficients(signal, "signal"), _coefficients(divisor, "divisor"), np.zeros(0))
    n = num.shape[0] - den.shape[0] + 1
    if n < 1:
        return [], as_variable(num)
    quotient = Recursion.operation(den, num[:n], 0)
    return quotient, num - convolve(den, quotient)


def to_the_last(x, axis):
    """x with an axis moved to the end."""
    return moveaxis(x, axis, -1)
